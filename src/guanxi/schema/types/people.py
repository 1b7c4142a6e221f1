"""Names of people: told apart into family and given name, and put together again, in Chinese and Western order."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any, cast

from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Env
from guanxi.schema.types.standards import bare
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


_FAMILIES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方"
    "邹熊白孟秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包"
    "宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷"
    "晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘"
    "闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁都芮普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯"
    "張劉陳楊黃趙吳孫馬鄭許韓鄧馮蕭呂鐘譚陸範賈鄒閆嚴龔錢龍顧湯"
)
"""Characters that family names consist of. What begins with another is no name before a form of address."""
_ADDRESSED = re.compile(
    r"(.+?)(副?(?:董事长|总经理|总监|总裁|总工程师|总工|总|经理|主任|主席|院长|校长|处长|科长|局长|部长|厂长|店长|所长|会长|行长|队长|秘书长|秘书|书记|主管)"
    r"|先生|女士|小姐|太太|夫人|老师|教授|博士|医生|大夫|律师|会计|工程师|师傅|老板|同志|工|董|处|局|队|哥|姐|叔|姨)"
)
_SURE = re.compile(r".{2,}|总")
_NO_NAMES = frozenset(
    "项目 区域 高级 华东 华南 华北 华中 安全 全国 国际 国内 平台 门店 计划 海外 商务 文员 管理 车间 成本".split()
)
_MISTER = re.compile(r"((?:(?:mr|mrs|ms|miss|mx|dr|prof|sir|madam|herr|frau|mme|mlle)\b\.?\s+)+)(\S.*)", re.IGNORECASE)


def split_salutation(full: str) -> tuple[str, str]:
    """A name without the form of address, and that: ``张伟先生``, ``王总``, ``Dr. Anna Röder``. Empty where there is none."""
    text = " ".join(full.split())
    if _EASTERN.fullmatch(text):
        found = _ADDRESSED.fullmatch(text)
        name, said = (found[1], found[2]) if found else ("", "")
        family = name if name in _COMPOUND else name[:2] if name[:2] in _COMPOUND else name[:1]
        known = family in _COMPOUND or (family and family in _FAMILIES)
        if not known or len(name) > 4 or name in _NO_NAMES or (name != family and not _SURE.fullmatch(said)):
            return text, ""
        return name, said
    found = _MISTER.fullmatch(text)
    return (found[2], found[1].strip()) if found else (text, "")


def _told(full: str) -> tuple[str, str, str, str]:
    """The whole name as it is shown, family and given name, form of address. It is shown with that where there is no more than
    a family name: 王总, Mr. Smith."""
    name, said = split_salutation(full)
    family, given = split_name(name)
    if said and (name in _COMPOUND or not family):
        family, given = name, ""
    return (name if given or not said else full), family, given, said


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
    capitals = next((n for n, w in enumerate(words) if not (len(w) > 1 and w.isupper() and w.isalpha())), 0)
    if capitals and not any(len(w) > 1 and w.isupper() for w in words[capitals:]):  # ZHANG Wei, VAN DER BERG Jan
        return " ".join(words[:capitals]), " ".join(words[capitals:])
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


PARTS = ("family", "given", "full", "salutation")


class Person(TextType):
    """The name of a person.

    Stored as ``text``: the whole name as it is shown. The companions ``<name>_family`` and ``<name>_given`` hold its parts:
    told apart when only the whole is written, put together when ``{"family", "given"}`` is written (with ``"full"`` where
    the name is shown in another way). A form of address before or after it (``张伟先生``, ``Dr. Anna Röder``) goes into
    ``<name>_salutation``; where only the family name is known, as in ``王总``, it stays in the whole name too. From a
    spreadsheet also ``Zhang, Wei``.
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

        return (
            part("family", "Family name", "姓"),
            part("given", "Given name", "名"),
            part("salutation", "Salutation", "称呼"),
        )

    sorted_apart = True

    def sort_sql(self, field: Field, column: str) -> str:
        """Chinese names by their pinyin, the family name as it is read there."""
        return f"guanxi.by_pinyin({column})"

    def mask_sql(self, field: Field, text: str) -> str:
        """``张**``: of a Chinese name mostly the family name."""
        return f"left({text}, 1) || '**'"

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if isinstance(value, str):
            text = super().parse(field, value, env)
            return _told(text)[0] if text else None
        family, given, full, _ = self._parts(value)
        return super().parse(field, full or full_name(family, given), env)

    def standardises(self, field: Field) -> bool:
        return True

    def typed(self, field: Field, value: Any, stored: Any) -> Any:
        return value if isinstance(value, str) and bare(value) != bare(stored or "") else None

    def _parts(self, value: Any) -> tuple[str, str, str, str]:
        if not isinstance(value, Mapping):
            raise Bad("wrong_type", expected=self.expected)
        form = cast("Mapping[Any, Any]", value)
        parts = [form.get(key) for key in PARTS]
        if not set(form) <= set(PARTS) or not all(p is None or isinstance(p, str) for p in parts):
            raise Bad("wrong_type", expected=self.expected)
        family, given, full, said = (one_line(p or "") for p in parts)
        if max(len(family), len(given), len(said)) > self.longest:
            raise Bad("too_long", max=self.longest)
        return family, given, full, said

    def implied(self, field: Field, value: Any, env: Env) -> dict[str, Any]:
        family, given, full, said = ("", "", one_line(value), "") if isinstance(value, str) else self._parts(value)
        if full and not family and not given:
            _, family, given, found = _told(full)
            said = said or found
        parts = {"family": family, "given": given, "salutation": said}
        return {f"{field.name}_{part}": text or None for part, text in parts.items()}

    def composed(self, field: Field, value: Any, parts: Mapping[str, Any], before: Mapping[str, Any]) -> Any:
        """The name made of its parts, in the order that it had."""

        def pair(values: Mapping[str, Any]) -> tuple[str, str]:
            return values.get(f"{field.name}_family") or "", values.get(f"{field.name}_given") or ""

        (family, given), old = pair(parts), pair(before)
        if value and (family, given) == old:
            return value
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
            "properties": dict.fromkeys(PARTS, text),
            "additionalProperties": False,
        }
        return {"anyOf": [text, parts]}

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.choice(
            ["张伟", "欧阳娜娜", "王总", "Anna Röder", "Ludwig van Beethoven", "王 小明", "O'Neil", {"family": "李", "given": "雷"},
             {"family": "Curie", "given": "Marie"}, {"family": "Nagy", "given": "Éva", "full": "Nagy Éva"}]
        )  # fmt: skip
