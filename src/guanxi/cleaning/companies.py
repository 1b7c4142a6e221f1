"""Names of companies: one way of writing them, a key by which they compare, and the parts they are made of.

A Chinese name is region, brand, trade and legal form: 上海 · 巨海 · 企业管理顾问 · 有限公司. ``trades.txt`` holds words of trades;
it is made of the list of companynameparser (Apache-2.0).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from guanxi.cleaning.addresses import division, is_city, places
from guanxi.cleaning.characters import HAN, simplified, tidy
from guanxi.cleaning.lists import listed

_FORMS = listed("forms")
_WORDS = listed("words")
_DIGITS = "〇一二三四五六七八九"
_BRACKETS = re.compile(r"（([^（）]*)）")
_DROPPED = re.compile(r"[^\w]+|_+")
_WESTERN = re.compile(
    r"[\s,.]*\b(?:(?:co|company|corp|corporation|inc|incorporated|limited|ltd|llc|llp|lp|plc|gmbh|ag|kg|ug|sa|s\.a|sas|sarl|s\.a\.s|s\.a\.r\.l|s\.p\.a|aps|srl|s\.r\.l|spa|bv|b\.v|nv|oy|ab"
    r"|pty|pte|sdn|bhd|kk|k\.k)\b\.?[\s,.&]*)+\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a name is made of, each in the standard form; empty where it has none."""

    region: str
    brand: str
    trade: str
    form: str


def company_name(text: str) -> str:
    """The name as it should be written: plain widths, full-width brackets in Chinese, no stray spaces. Traditional characters
    stay; :func:`company_key` compares them."""
    return tidy(text).strip(" ,，。;；、")


def company_key(text: str) -> str:
    """What is equal for two ways to write one name: without signs and case, one spelling for 有限责任公司, regions without their kind."""
    name = simplified(company_name(text))
    if not HAN.search(name):
        key = _DROPPED.sub(" ", name.casefold().replace("&", " and ")).strip()
        for long, short in (("limited", "ltd"), ("incorporated", "inc"), ("corporation", "corp"), ("company", "co")):
            key = re.sub(rf"\b{long}\b", short, key)
        return key
    regions, rest = _regions(name)
    form = re.sub(r"有限责任(?=公司)", "有限", rest)
    form = re.sub(r"第([〇零一二三四五六七八九十]+)(?!\w*[百千万])", _numbered, form)
    return _DROPPED.sub("", ("".join(_bare(r) for r in regions) + form).casefold())


def _numbered(number: re.Match[str]) -> str:
    """``第12`` for 第十二, ``第151`` for 第一五一; what is no number stays."""
    tens, ten, ones = number[1].replace("零", "〇").rpartition("十")
    if not ten:
        return "第" + "".join(str(_DIGITS.index(digit)) for digit in ones)
    if len(tens) > 1 or len(ones) > 1 or tens == "十":
        return number[0]
    return f"第{(_DIGITS.index(tens) or 1) * 10 + _DIGITS.index(ones)}"


def _bare(region: str) -> str:
    known = places()
    return known.get(region) or known.get(region.removesuffix("市"), region)


_ZONE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,4}?(?:镇|乡|街道))?(?:经济技术|高新技术产业|高新|综合|出口加工)?(?:保税区|开发区|高新区|工业园区?|产业园区?)"
    r"|[\u4e00-\u9fff]{2}新区|[\u4e00-\u9fff]{2,4}?(?:镇|街道)"
)
_OLD = re.compile(r"[\u4e00-\u9fff]{2,3}?(?:自治县|(?<![小社园校街厂])区|县)")
"""A district or county that is no more, or that is called so by people alone."""
_LANDS = frozenset(listed("lands"))
_BRANCHES = ("分公司", "支公司", "分行", "支行")
_BEGIN = tuple(listed("begin"))
"""Words and brands that begin as the short name of a division does."""


_CITY = re.compile("市(?!场|政(?!府)|民(?:中心|广场|卡)|郊|立|属|话)")
"""A city's kind, and not the beginning of a word: 北京市政, 上海市场."""


def _regions(name: str) -> tuple[list[str], str]:
    """The regions with which a name begins, each within the one before, and the rest, of at least two characters."""
    found: list[str] = []
    at = None
    while not name.startswith(_BEGIN):
        for size in range(min(12, len(name) - 2), 1, -1):
            if name[size - 1] == "市" and not _CITY.match(name, size - 1):
                continue
            elsewhere = is_city(name[:size]) and name[size - 1] in "省市"
            below = division(name[:size], at) or (division(name[:size]) if elsewhere else None)
            if below is not None and not (found and found[-1][:2] == name[:2] and size == 2):
                if _CITY.match(name, size) and name[:size] == below.short and len(name) > size + 4:
                    size += 1  # 海门市, which is a district now
                found.append(name[:size])
                name, at = name[size:], below
                break
        else:
            break
    return found, name


@cache
def _trades() -> frozenset[str]:
    listed = (files("guanxi.cleaning") / "trades.txt").read_text("utf-8").split()
    return frozenset(w for w in (*listed, *_WORDS) if len(w) > 1)


_BY_LENGTH = tuple(sorted(set(_FORMS), key=len, reverse=True))


_MARKS = re.compile(r"[“”\"'‘’《》「」]|[.。,，;；、\s]+\Z")


def company_parts(text: str) -> Parts:
    """Region, brand, trade and legal form of a name. A name of trades alone has no brand."""
    name = simplified(company_name(text))
    if not HAN.search(name):
        found = _WESTERN.search(name)
        return Parts(
            "", name[: found.start()] if found else name, "", name[found.start() :].strip(" ,.") if found else ""
        )
    name = _MARKS.sub("", re.sub(r"[〔【\[]([^〕】\]]*)[〕】\]]", r"（\1）", name))
    inner = [region for region in _BRACKETS.findall(name) if region in places() or region in _LANDS]
    name = _BRACKETS.sub(lambda m: "" if m[1] in inner else m[1], name)
    regions, rest = _regions(name)
    if regions and (zone := _ZONE.match(rest)) and len(rest) - zone.end() > 3:
        regions.append(zone[0])
        rest = rest[zone.end() :]
    elif not regions and (land := next((w for w in _LANDS if rest.startswith(w) and len(rest) - len(w) > 2), "")):
        regions, rest = [land], rest[len(land) :]
    elif not regions and (old := _OLD.match(rest)) and len(rest) - old.end() > 3:
        regions, rest = [old[0]], rest[old.end() :]
    if regions and _bare(regions[-1]) == regions[-1] and (kind := re.match("新?区|县", rest)) and len(rest) > 5:
        regions[-1] += kind[0]  # 芜湖县, which is a district now
        rest = rest[kind.end() :]
    form = next((f for f in _BY_LENGTH if rest.endswith(f) and len(rest) > len(f)), "")
    rest = rest[: len(rest) - len(form)]
    if rest.endswith("分") or re.search(r"第[一二三四五六七八九十]+\Z", rest):
        rest = re.sub(r"第?[一二三四五六七八九十]*分?\Z", "", rest)
    if (
        form in (*_BRANCHES, "公司", "有限公司")
        and (again := re.fullmatch(r"(.{4,}?)([\u4e00-\u9fff]{2,4})", rest))
        and again[2] in places()
        and not any(rest.endswith(w) for w in _trades() if len(w) >= len(again[2]))
    ):
        inner.append(again[2])
        rest = again[1]
    # A city that lies elsewhere is one where a brand is left without it: 山西咸阳五龙饮料, but 上海安顺物流.
    size = next((n for n in (4, 3, 2) if regions and is_city(rest[:n]) and not rest.startswith(_BEGIN)), 0)
    if size and _trade_start(rest[size:]) > 1:
        regions.append(rest[:size])
        rest = rest[size:]
    # A city may also stand behind the brand: 中节能秦皇岛环保, 环球国际航运青岛.
    for at in range(2, len(rest) - 1):
        size = next((n for n in (4, 3, 2) if is_city(rest[at : at + n])), 0)
        if size and (at + size == len(rest) or _trade_start(rest[at + size :]) == 0):
            inner.append(rest[at : at + size])
            rest = rest[:at] + rest[at + size :]
            break
    if regions and 1 in _ends(rest) and 0 not in _ends(rest) and _bare(regions[-1]) == regions[-1]:
        rest = regions.pop() + rest  # a brand has two characters: 栖霞山, not 山 in 栖霞
    start = _trade_start(rest)
    brand, trade = rest[:start], rest[start:]
    if not brand and regions and (len(regions) > 1 or inner) and form not in _BRANCHES:
        last, of = regions[-1], division(regions[-2] if len(regions) > 1 else inner[0])
        if _bare(last) == last and (at := division(last)) and at.up and division(last, of) is None:
            brand = regions.pop()  # 瑞昌科技（厦门）: of Xiamen, and called by another place
    return Parts("".join(regions + inner), brand, trade, form)


def _trade_start(text: str) -> int:
    """Where the words of trades begin that reach to the end: as early as can be, leaving a brand of two characters or none."""
    return min((at for at in _ends(text) if at != 1), default=len(text))


def _ends(text: str) -> set[int]:
    """Where words of trades begin that reach to the end."""
    ends = {len(text)}
    for at in range(len(text) - 2, -1, -1):
        if any(
            at + size in ends and text[at : at + size] in _trades() for size in range(2, min(10, len(text) - at) + 1)
        ):
            ends.add(at)
    return ends
