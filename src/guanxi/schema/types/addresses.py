"""Postal addresses, Chinese and Western: told apart into their parts as far as that is sure, and printed."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, cast

from guanxi.cleaning import complete, country_in, lettered, place
from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Bind, Env, FieldType
from guanxi.schema.types.standards import bare
from guanxi.schema.types.text import REFUSED, one_line

PARTS = ("country", "province", "city", "district", "street", "postal_code")
_LIMITS = {"country": 100, "province": 100, "city": 100, "district": 100, "street": 500, "postal_code": 20}

_HAN = re.compile(r"[\u3400-\u9fff]")
_CN_POSTAL = re.compile(r"(?<![0-9A-Za-z#-])([0-9]{6})(?![0-9A-Za-z号室楼栋#-])")
_CN_COUNTRY = re.compile(r"(?:中华人民共和国|中国)")
_COUNTRIES = frozenset(
    "usa|us|u.s.a.|u.s.|united states|united states of america|uk|u.k.|united kingdom|great britain|england|scotland|wales|"
    "germany|deutschland|france|italy|italia|spain|españa|portugal|netherlands|the netherlands|nederland|belgium|austria|"
    "österreich|switzerland|schweiz|suisse|sweden|norway|denmark|finland|iceland|ireland|poland|polska|czech republic|czechia|"
    "slovakia|hungary|romania|bulgaria|greece|turkey|türkiye|ukraine|russia|japan|china|p.r. china|p.r.china|pr china|p.r.c.|prc|people's republic of china|hong kong|"
    "macau|taiwan|korea|south korea|republic of korea|india|pakistan|bangladesh|sri lanka|nepal|singapore|malaysia|indonesia|"
    "thailand|vietnam|philippines|cambodia|laos|myanmar|mongolia|australia|new zealand|canada|mexico|brazil|brasil|argentina|chile|"
    "colombia|peru|south africa|egypt|nigeria|kenya|morocco|israel|saudi arabia|united arab emirates|uae|qatar|kuwait|luxembourg|"
    "croatia|slovenia|serbia|estonia|latvia|lithuania|kazakhstan|panama|costa rica|jordan".split("|")
)
_PIECES = re.compile(r",|(?<=\d)\s+(?=(?:P\.?\s?R\.?\s?)?China\Z)|(?<=China)\s+(?=\d{6}\Z)", re.IGNORECASE)
_US = re.compile(r"([A-Z]{2})\s+([0-9]{5}(?:-[0-9]{4})?)")
_CANADA = re.compile(r"([A-Z]{2})\s+([A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])")
_UK = re.compile(r"(?:(\D.*?)\s+)?([A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2})")
_EUROPE = re.compile(r"((?:[A-Z]{1,2}-)?[0-9]{4,5}(?: [A-Z]{2})?)\s+(\D+)")


def read_address(text: str) -> dict[str, str]:
    """The parts of an address on one or several lines. What is not sure stays in ``street``: nothing is lost."""
    if REFUSED.search(text):
        raise Bad("control_characters")
    lines = [one_line(line) for line in re.split(r"[\r\n]+", text)]
    return _chinese(" ".join(filter(None, lines))) if _HAN.search(text) else _western(", ".join(filter(None, lines)))


def _chinese(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    postal = [
        m
        for m in _CN_POSTAL.finditer(text)
        if not text[: m.start()].strip("(（ 邮编码:：") or not text[m.end() :].strip(")） ")
    ]
    if len(postal) == 1:
        parts["postal_code"] = postal[0][1]
        rest = text[: postal[0].start()] + " " + text[postal[0].end() :]
        text = re.sub(
            r"[(（]?\s*(?:邮编|邮政编码)?\s*[:：]?\s*[)）]?\s*\Z|\A\s*[(（]?\s*(?:邮编|邮政编码)?\s*[:：]?\s*[)）]?",
            "",
            rest,
        )
    rest = text.strip()
    if country := _CN_COUNTRY.match(rest):
        parts["country"] = country[0]
        rest = rest[country.end() :].lstrip(" ,，、·-")
    found = place(rest)
    if found.sure and found.province:
        told = {"province": found.province, "city": found.city, "district": found.district, "street": found.street}
        return parts | {part: text for part, text in told.items() if text}
    return parts | {"street": rest} if rest else parts


def _western(text: str) -> dict[str, str]:
    split = _PIECES.split(unicodedata.normalize("NFC", text))
    pieces = [p for p in (piece.strip() for piece in split) if p]
    parts: dict[str, str] = {}
    if len(pieces) > 2 and re.search(r"china\Z", pieces[-2], re.IGNORECASE) and re.fullmatch("[0-9]{6}", pieces[-1]):
        parts["postal_code"] = pieces.pop()
    if len(pieces) > 1 and pieces[-1].casefold() in _COUNTRIES:
        parts["country"] = pieces.pop()
    chinese = re.search(r"china|\Ap\.?r", parts.get("country", ""), re.IGNORECASE) is not None
    if (chinese or not parts) and (inner := lettered(pieces, chinese)):
        return parts | inner
    last = pieces[-1] if len(pieces) > 1 else ""
    if len(pieces) > 2 and (found := _US.fullmatch(last) or _CANADA.fullmatch(last)):
        parts |= {"province": found[1], "postal_code": found[2], "city": pieces[-2]}
        pieces = pieces[:-2]
    elif found := _UK.fullmatch(last):
        parts |= {"postal_code": found[2]}
        pieces.pop()
        if found[1]:
            parts["city"] = found[1]
        elif len(pieces) > 1:
            parts["city"] = pieces.pop()
    elif found := _EUROPE.fullmatch(last):
        parts |= {"postal_code": found[1], "city": found[2]}
        pieces.pop()
    if pieces:
        parts["street"] = ", ".join(pieces)
    return parts


def print_address(parts: Mapping[str, str]) -> str:
    """An address on one line: in Chinese from the country down, else from the street up."""
    get = parts.get
    if any(_HAN.search(value) for value in parts.values()):
        city = get("city", "") if get("city") != get("province") else ""
        text = "".join((get("country", ""), get("province", ""), city, get("district", ""), get("street", "")))
        return f"{text} {get('postal_code', '')}".strip()
    postal, province, city = get("postal_code", ""), get("province", ""), get("city", "")
    if province or not re.match(r"(?:[A-Z]{1,2}-)?[0-9]", postal):
        place = ", ".join(filter(None, (get("district", ""), city, f"{province} {postal}".strip())))
    else:
        place = ", ".join(filter(None, (get("district", ""), f"{postal} {city}".strip())))
    return ", ".join(filter(None, (get("street", ""), place, get("country", ""))))


class Address(FieldType):
    """A postal address.

    Stored as ``jsonb``: an object with some of ``country province city district street postal_code``. Written as such an
    object or as one text, Chinese (in its own signs or in Latin letters) or Western, which is told apart as far as that is
    sure; the rest stays in ``street``.
    What follows for sure from a Chinese division is added (a district that there is once names its city and province).
    ``contains`` looks into the printed address.
    """

    name = "address"
    label = {"en": "Address", "zh": "地址"}
    expected = {
        "en": 'an address: {"country", "province", "city", "district", "street", "postal_code"} or a text',
        "zh": "地址对象或文本",
    }
    sql = "jsonb"
    operators = ("contains", "is_empty")
    aggregates = ("count",)
    sortable = False
    groupable = False
    index = ""

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if isinstance(value, str):
            value = read_address(value)
        elif not isinstance(value, Mapping) or not set(cast("Mapping[Any, Any]", value)) <= set(PARTS):
            raise Bad("wrong_type", expected=self.expected)
        given = cast("Mapping[str, Any]", value)
        parts: dict[str, str] = {}
        for part in PARTS:
            text = given.get(part)
            if text is None:
                continue
            if not isinstance(text, str):
                raise Bad("wrong_type", expected=self.expected)
            text = one_line(text)
            if len(text) > _LIMITS[part]:
                raise Bad("too_long", max=_LIMITS[part])
            if text:
                parts[part] = text
        return complete(parts) if any(_HAN.search(part) for part in parts.values()) else parts or None

    def standardises(self, field: Field) -> bool:
        return True

    def typed(self, field: Field, value: Any, stored: Any) -> Any:
        """Nothing, where only what follows from it was added."""
        if isinstance(value, str):
            printed = iter(bare(print_address(stored or {})))
            return None if all(sign in printed for sign in bare(value)) else value
        given = {part: bare(text) for part, text in cast("Mapping[str, str | None]", value).items() if text}
        kept = {part: bare(text) for part, text in cast("Mapping[str, str]", stored or {}).items()}
        same = all(kept.get(part, "").startswith(text) for part, text in given.items())
        return None if same else print_address(given)

    def guess(self, field: Field, stored: Any) -> Any:
        """The best known of several places of the name of a district, e.g. 西湖区."""
        found = place("".join(stored.get(part, "") for part in ("province", "city", "district", "street")))
        if found.sure or not found.code or stored.get("city"):
            return None
        known = {part: getattr(found, part) for part in ("province", "city", "district", "street")}
        return {**stored, **{part: text for part, text in known.items() if text}}

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return print_address(value)

    def search_text(self, field: Field, value: Any) -> str:
        return print_address(value)

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        if not isinstance(value, str):
            raise Bad("wrong_type", expected={"en": "a text", "zh": "文本"})
        if REFUSED.search(value):
            raise Bad("control_characters")
        return value

    def condition(self, field: Field, op: str, column: str, value: Any, bind: Bind) -> str:
        """Either way of printing may hold the text: Chinese addresses run together, Western ones have commas."""
        if op != "contains":
            raise Bad("unknown_operator", op=op)
        down = ", ".join(f"{column}->>'{part}'" for part in ("country", "province", "city", "district", "street"))
        up = ", ".join(
            f"{column}->>'{part}'" for part in ("street", "district", "city", "province", "postal_code", "country")
        )
        wanted = f"'%%' || guanxi.like({bind(value, 'text')}) || '%%'"
        held = f"guanxi.fold(concat({down})) LIKE {wanted} OR guanxi.fold(concat_ws(', ', {up})) LIKE {wanted}"
        return f"({column} IS NOT NULL AND ({held}))"

    def json_schema(self, field: Field) -> dict[str, Any]:
        parts = {part: {"type": ["string", "null"], "maxLength": limit} for part, limit in _LIMITS.items()}
        return {"anyOf": [{"type": "object", "properties": parts, "additionalProperties": False}, {"type": "string"}]}

    def country(self, field: Field, stored: Any) -> str:
        return stored.get("country") or country_in(stored)

    def example(self, field: Field, rng: random.Random) -> Any:
        return rng.choice(
            [
                {
                    "country": "中国",
                    "province": "浙江省",
                    "city": "杭州市",
                    "district": "西湖区",
                    "street": "文三路 90 号",
                    "postal_code": "310012",
                },
                {"province": "北京市", "city": "北京市", "district": "朝阳区", "street": "建国路 1 号"},
                {
                    "street": "1 Main St",
                    "city": "Springfield",
                    "province": "IL",
                    "postal_code": "62701",
                    "country": "USA",
                },
                {"street": "Marienplatz 8", "city": "München", "postal_code": "80331", "country": "Germany"},
                "广东省深圳市南山区科技园 5 栋",
                "10 Downing Street, London SW1A 2AA, UK",
            ]
        )
