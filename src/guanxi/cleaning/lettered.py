"""Chinese addresses in Latin letters: which of their pieces are province, city and district, by the pinyin of the divisions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product

from guanxi.cleaning.addresses import Division, depth_of, place, tree, within
from guanxi.cleaning.characters import HAN
from guanxi.cleaning.lists import listed

_KIND = re.compile(
    r"(?P<name>.+?)[\s-]+(?P<kind>autonomous\s(?:region|prefecture|county|banner)|new\s(?:area|district)|province|city|municipality"
    r"|district|county|prefecture|banner|sheng|shi|qu|xian)",
    re.IGNORECASE,
)
_ENDS = {
    "province": "省", "sheng": "省", "city": "市", "shi": "市", "municipality": "市", "district": "区", "qu": "区", "area": "区",
    "region": "区", "county": "县", "xian": "县", "prefecture": "州区盟", "banner": "旗",
}  # fmt: skip
"""How the names end of what is called so; 地区 is a prefecture."""
_POSTAL = re.compile(r"(?:\A|\s)([0-9]{6})\Z|\A([0-9]{6})\s")
SHORT = 3
"""Characters of a name that is looked for in all its readings."""

_ELSEWHERE = {"台湾省": "TW", "香港特别行政区": "HK", "澳门特别行政区": "MO"}
"""Spelt in another way, and dialled in another way."""


def _key(text: str) -> str:
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", text).casefold())


@cache
def _spelt() -> dict[str, list[Division]]:
    """Divisions by their short names in pinyin, without marks and spaces, and by those that are usual in English."""
    from pypinyin import Style, lazy_pinyin, pinyin

    found: dict[str, list[Division]] = {}
    english: dict[str, str] = {}
    for pair in listed("lettered"):
        said, _, name = pair.partition(":")
        english[name] = said
    for root in tree():
        if root.name in _ELSEWHERE:
            continue
        for one in (root, *root.under()):
            keys = {"".join(lazy_pinyin(one.short))}
            if len(one.short) <= SHORT:  # 朝阳 is Chaoyang as a place and Zhaoyang as a word
                each = [pinyin(sign, Style.NORMAL, heteronym=True)[0] for sign in one.short]
                keys |= {"".join(read) for read in product(*each)}
            keys |= {key.replace("v", vowel) for key in keys for vowel in ("u", "yu")}
            keys |= {english[one.name]} if one.name in english else set()
            for key in keys:
                found.setdefault(key, []).append(one)
    return found


def _called(piece: str) -> list[Division]:
    """The divisions that a piece may be the name of."""
    kind = _KIND.fullmatch(piece)
    words = (kind["name"] if kind else piece).split()
    ends = _ENDS[kind["kind"].casefold().split()[-1]] if kind else ""
    most = len(words) if kind and "auto" in kind["kind"].casefold() else 1
    for drop in range(most):  # Guangxi Zhuang Autonomous Region
        known = _spelt().get(_key("".join(words[: len(words) - drop])), ())
        if fitting := [one for one in known if not ends or one.name[-1] in ends]:
            return fitting
    return []


def lettered(pieces: Sequence[str], said: bool) -> dict[str, str]:
    """The parts of an address whose pieces stood between commas, as they are written; ``{}`` where it is not surely Chinese. ``said``
    says that its country is China.
    """
    rest = list(pieces)
    parts: dict[str, str] = {}
    above: list[Division] = []
    taken: list[str] = []
    while rest:
        piece = rest[-1]
        if "postal_code" not in parts and (code := _POSTAL.search(piece)):
            parts["postal_code"] = code[1] or code[2]
            piece = (piece[: code.start()] + piece[code.end() :]).strip(" -")
            if not piece:
                rest.pop()
                continue
        known = [one for one in _called(piece) if not above or any(within(one, up) for up in above)]
        again = bool(taken) and _key(piece) == _key(taken[-1]) and "province" not in parts  # Beijing, Beijing
        if again and not known:
            parts["province"] = parts["city"]
        elif not known:
            break
        else:
            least = min(map(depth_of, known))
            known = [one for one in known if depth_of(one) == least]
            town = known[0].name.endswith("市")
            part = ("city" if town else "province", "city", "district")[least]
            if least > 1 and not above and not (said and town):
                break
            if least > 1 and "city" not in parts and town:
                part = "city"
            if part in parts:
                break
            above = known
            parts[part] = piece
        taken.append(piece)
        rest.pop()
    best = len(taken) == 1 and any(one.name in listed("cities") for one in above)
    if not taken or not (said or len(taken) > 1 or "postal_code" in parts or best):
        return {}
    if rest:
        parts["street"] = ", ".join(rest)
    return parts


def country_in(parts: Mapping[str, str]) -> str:
    """The code of the country in whose province or city an address surely lies that names none; empty where that is not known."""
    named = [text for part in ("province", "city") if (text := parts.get(part, ""))]
    if any(HAN.search(text) for text in named):
        found = place("".join(dict.fromkeys(named)))
        return _ELSEWHERE.get(found.province, "CN") if found.province and found.sure else ""
    known = [one for text in named for one in _called(text)]
    return "CN" if any(depth_of(one) == 0 or one.name in listed("cities") for one in known) else ""
