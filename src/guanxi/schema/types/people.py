"""Names of people: told apart into family and given name, and put together again, in Chinese and Western order."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any, cast

from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Env
from guanxi.schema.types.text import REFUSED, TextType, one_line

_COMPOUND = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 "
    "仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 "
    "段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五 歐陽 司馬 東方 獨孤 南宮 諸葛 尉遲 宇文 皇甫 慕容 長孫 鍾離 "
    "선우 황보 남궁 제갈 사공 서문 독고".split()
)
_EAST = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\uac00-\ud7a3"
_EASTERN = re.compile(rf"[{_EAST}〇々]+")
_KANA = re.compile(r"[\u3040-\u30ff]")
_PARTICLES = frozenset(
    "van von der den de del della di da dos das du la le ter ten bin ibn al el ben mac st st. zu zur af av".split()
)
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|md|m\.d|phd|ph\.d|mba|esq|cpa|dds|cfa)\.?", re.IGNORECASE)


def split_name(full: str) -> tuple[str, str]:
    """Family and given name; either may be empty.

    ``张伟`` and ``欧阳娜娜`` by the family names of Chinese, ``Zhang, Wei`` by its comma, ``Wei Zhang`` and ``Ludwig van
    Beethoven`` by the last word and the particles before it, ``山田 太郎`` by its space.
    """
    text = " ".join(full.split())
    if _EASTERN.fullmatch(text):
        size = 2 if text[:2] in _COMPOUND and len(text) > 2 else 1
        return (text[:size], text[size:]) if len(text) > 1 else (text, "")
    comma = re.search(r"\s*[,，]\s*", text)
    if comma and text[: comma.start()] and text[comma.end() :]:
        before, after = text[: comma.start()], text[comma.end() :]
        if not _SUFFIX.fullmatch(after):
            return before, after
        family, given = split_name(before)
        return family, f"{given}, {after}".lstrip(", ")
    words = text.split(" ")
    if len(words) == 1:
        for dot in "·・•":
            given, sign, family = text.rpartition(dot)
            if sign and given and family:
                return family, given
        return "", text
    if _EASTERN.fullmatch(words[0]) or _KANA.search(text):
        return words[0], " ".join(words[1:])
    at = len(words) - 1
    while at > 1 and words[at - 1].lower() in _PARTICLES:
        at -= 1
    return " ".join(words[at:]), " ".join(words[:at])


def full_name(family: str, given: str) -> str:
    """The name as it is shown: ``张伟``, ``Wei Zhang``."""
    if not family or not given:
        return family or given
    if _EASTERN.fullmatch(family + given):
        return family + given
    if _KANA.search(family + given) or (_EASTERN.match(family) and _EASTERN.match(given)):
        return f"{family} {given}"
    return f"{given} {family}"


class Person(TextType):
    """The name of a person.

    Stored as ``text``: the whole name as it is shown. The companions ``<name>_family`` and ``<name>_given`` hold its parts:
    told apart when only the whole is written, put together when ``{"family", "given"}`` is written (with ``"full"`` where
    the name is shown in another way). From a spreadsheet also ``Zhang, Wei``.
    """

    name = "person"
    label = {"en": "Name of a person", "zh": "姓名"}
    expected = {"en": 'a name, or {"family": …, "given": …}', "zh": '姓名，或 {"family": …, "given": …}'}
    longest = 200
    config = {}

    def companions(self, field: Field) -> tuple[Field, ...]:
        def part(suffix: str, en: str, zh: str) -> Field:
            return Field(
                f"{field.name}_{suffix}", "text", {"en": en, "zh": zh}, of=field.name, config={"max": self.longest}
            )

        return part("family", "Family name", "姓"), part("given", "Given name", "名")

    def mask_sql(self, field: Field, text: str) -> str:
        """``张**``: of a Chinese name mostly the family name."""
        return f"left({text}, 1) || '**'"

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if isinstance(value, str):
            return super().parse(field, value, env)
        family, given, full = self._parts(value)
        return super().parse(field, full or full_name(family, given), env)

    def _parts(self, value: Any) -> tuple[str, str, str]:
        if not isinstance(value, Mapping):
            raise Bad("wrong_type", expected=self.expected)
        form = cast("Mapping[Any, Any]", value)
        parts = [form.get(key) for key in ("family", "given", "full")]
        if not set(form) <= {"family", "given", "full"} or not all(p is None or isinstance(p, str) for p in parts):
            raise Bad("wrong_type", expected=self.expected)
        family, given, full = (one_line(p or "") for p in parts)
        if max(len(family), len(given)) > self.longest:
            raise Bad("too_long", max=self.longest)
        return family, given, full

    def implied(self, field: Field, value: Any, env: Env) -> dict[str, Any]:
        if isinstance(value, str):
            family, given = split_name(one_line(value))
        else:
            family, given, full = self._parts(value)
            if full and not family and not given:
                family, given = split_name(full)
        return {f"{field.name}_family": family or None, f"{field.name}_given": given or None}

    def composed(self, field: Field, value: Any, parts: Mapping[str, Any], before: Mapping[str, Any]) -> Any:
        """The name made of its parts, in the order that it had."""

        def pair(values: Mapping[str, Any]) -> tuple[str, str]:
            return values.get(f"{field.name}_family") or "", values.get(f"{field.name}_given") or ""

        (family, given), old = pair(parts), pair(before)
        if value and all(old) and family and given:
            for order in ("{0}{1}", "{0} {1}", "{1} {0}"):
                if order.format(*old) == value and full_name(*old) != value:
                    return order.format(family, given)
        return full_name(family, given)[: self.longest] or None

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        if ("," not in text and "，" not in text) or REFUSED.search(text):
            return text
        family, given = split_name(text)
        return {"family": family, "given": given} if family and not re.search(r"[,，]", family + given) else text

    def json_schema(self, field: Field) -> dict[str, Any]:
        text = {"type": "string", "maxLength": self.longest}
        parts = {
            "type": "object",
            "properties": dict.fromkeys(("family", "given", "full"), text),
            "additionalProperties": False,
        }
        return {"anyOf": [text, parts]}

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.choice(
            ["张伟", "欧阳娜娜", "Anna Röder", "Ludwig van Beethoven", "王 小明", "O'Neil", {"family": "李", "given": "雷"},
             {"family": "Curie", "given": "Marie"}, {"family": "Nagy", "given": "Éva", "full": "Nagy Éva"}]
        )  # fmt: skip
