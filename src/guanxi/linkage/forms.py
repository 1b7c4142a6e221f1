"""What records are compared by: for each field, by its type, the value in its standard form and what is like it.

A function of the catalog: objects and fields that are made tomorrow are compared as those that are declared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import permutations
from typing import Any, Literal
from zlib import crc32

from guanxi.base.shape import mapping
from guanxi.cleaning import company_parts, credit_code, domain_of, place, simplified, tidy
from guanxi.cleaning.addresses import division, places
from guanxi.cleaning.characters import HAN
from guanxi.records import grams
from guanxi.schema.catalog import Entity
from guanxi.schema.types.people import split_name

Kind = Literal["name", "text", "email", "phone", "web", "date", "number", "choice", "place"]

KINDS: Mapping[str, Kind] = {
    "person": "name",
    "text": "text",
    "email": "email",
    "phone": "phone",
    "url": "web",
    "date": "date",
    "integer": "number",
    "decimal": "number",
    "percent": "number",
    "money": "number",
    "duration": "number",
    "select": "choice",
    "link": "choice",
    "address": "place",
}
"""How values of a field are compared, by its type; the others say nothing about who a record is."""

_LAWS: Mapping[str, frozenset[str]] = {
    law: frozenset(of.split())
    for law, of in {  # of several the first: Pte. Ltd. is another law's than Ltd.
        "sg": "pte", "au": "pty", "my": "sdn bhd", "us": "inc incorporated corp corporation llc", "uk": "ltd limited plc llp",
        "de": "gmbh ag kg ug", "fr": "sa sas sarl", "it": "srl spa", "nl": "bv nv", "fi": "oy", "se": "ab", "dk": "aps", "jp": "kk",
    }.items()
}  # fmt: skip
"""Laws by the forms of company that are theirs alone: one name under two of them is two companies."""
_BRANCH = re.compile(r"(.*公司)(.*?)(?:第?([一二三四五六七八九十\d]{1,3}))?(分公司|支公司|分行|支行|分店|分厂)")
"""A company and its branch: where, which, and of what kind."""
_WORD = re.compile(
    r"[0-9a-z\u00e0-\u024f\u0370-\u03ff\u0400-\u04ff\uac00-\ud7a3\u3040-\u30ff]+|[\u3400-\u9fff\uf900-\ufaff]+"
)
_PLUS = re.compile(r"\+[^@]*@")


@dataclass(frozen=True, slots=True)
class Column:
    """A field that records are compared by."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Form:
    """A value as it is compared. ``std`` is equal for what is written differently and meant alike; ``alt`` is equal for what
    may be meant alike (a name in pinyin, an address before its ``@``); ``words`` are what the value is made of; ``number`` is
    the number that it is, of a company's name the region in it, or the law that it is a company of."""

    std: str
    alt: str = ""
    words: tuple[str, ...] = field(default=())
    number: float | None = None


def columns(entity: Entity) -> list[Column]:
    """The fields that the records of an object are compared by. Files, flags, stages, what is computed and what the program writes are not among them."""
    return [
        Column(n, KINDS[f.type])
        for n, f in entity.fields.items()
        if n in entity.stored and f.type in KINDS and not f.system and not f.of and entity.types[n].readable
        if not f.unique and not f.readonly and (f.type != "link" or f.target != entity.name) and n != entity.owner
    ]


def form(kind: Kind, value: Any) -> Form | None:
    """A stored value as it is compared; None for none, and for what says nothing."""
    made = _MAKERS[kind](value) if value is not None and value != "" else None
    return made if made is not None and made.std else None


def words(text: str) -> tuple[str, ...]:
    """The words of a folded text; of Chinese each two characters that follow one another."""
    out: list[str] = []
    for run in _WORD.findall(text):
        if HAN.match(run) and len(run) > 1:
            out += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            out.append(run)
    return tuple(dict.fromkeys(out))


def folded(text: str) -> str:
    """Simplified, plain, in small letters, words apart."""
    return " ".join(_WORD.findall(grams.fold(simplified(tidy(text)))))


def _text(value: Any) -> Form:
    text = str(value)
    if (code := credit_code(text)) is not None:
        return Form(code)
    if HAN.search(text) and (key := company(text)) is not None:
        return key
    std = folded(text)
    body, law = _western(text)
    return Form(std, folded(body) if law else "", words(std), float(crc32(law.encode())) if law else None)


def _western(text: str) -> tuple[str, str]:
    """A name without its legal form, and the law that it is a form of; empty where it has none."""
    parts = company_parts(text) if not HAN.search(text) else None
    signs = re.sub(r"[^a-z ]", "", parts.form.lower().replace(".", "")) if parts else ""
    return parts.brand if parts else text, next((law for law, of in _LAWS.items() if of & set(signs.split())), "")


@lru_cache(maxsize=20_000)
def company(text: str) -> Form | None:
    """A company by the parts of its name, wherever its region stands in it; None for what does not look like one.

    ``深圳市腾讯计算机系统有限公司`` and ``腾讯计算机系统(深圳)有限公司`` have one ``std``; without the region they have one ``alt``.
    """
    branch = _BRANCH.fullmatch(text)
    parts = company_parts(branch[1] if branch else text)
    if not (parts.form and (parts.brand or parts.trade) and len(parts.brand + parts.trade) > 1):
        return None
    kind = f"{branch[3] or ''}{branch[4]}" if branch else re.sub("股份|有限|责任|公司", "", parts.form)
    region = last = _last_region(parts.region) or parts.region
    brand = parts.brand or last  # 新华百货 and 昆山水泥 are called by their region
    if not parts.brand and parts.region == last and (of := division(last)) and of.name[-1] in "区县旗":
        region = ""  # a word like any other: 上海新华百货 is no other
    region = _last_region(branch[2] if branch else "") or region
    body = "".join(_WORD.findall(grams.fold(brand + parts.trade)))
    return Form(
        f"{body}|{kind}|{region}",
        f"{body}|{kind}",
        tuple(dict.fromkeys((*words(grams.fold(brand)), *words(parts.trade), *((region,) if region else ())))),
        float(crc32(region.encode())) if region else None,
    )


def _last_region(text: str) -> str:
    """The last, and narrowest, of the regions of a name, without its kind: ``深圳`` of ``广东省深圳市``."""
    last = ""
    while text:
        for size in range(len(text), 1, -1):
            if (found := places().get(text[:size])) is not None:
                last, text = found, text[size:]
                break
        else:
            text = text[1:]
    return last


def _name(value: Any) -> Form:
    text = simplified(tidy(str(value)))
    std = " ".join(_WORD.findall(grams.fold(text)))
    return Form(std, spelt(text), words(std))


def spelt(name: str) -> str:
    """A person's name in letters, family and given name in the order of the alphabet: one for 张伟, Zhang Wei and Wei Zhang."""
    family, given = split_name(name)
    if HAN.search(name):
        way = ["".join(grams.spell(part)[0]) for part in (family, given) if part]
        if family in grams.surnames():
            way[0] = "".join(grams.surnames()[family])
    else:
        # a given name of two syllables is written in one, in two or with a dash: what is together is the family's
        way = ["".join(_WORD.findall(grams.fold(part))) for part in (family, given)]
    return " ".join(sorted(filter(None, way)))


def spells(value: Form | None, name: Form | None) -> bool:
    """Whether a value is the name in letters, as many an address is and what somebody is called elsewhere."""
    if value is None or name is None:
        return False
    letters = re.sub("[^a-z]", "", value.std.partition("@")[0])
    return letters in {"".join(way) for way in permutations(name.alt.split())} - {""}


def _email(value: Any) -> Form:
    std = _PLUS.sub("@", grams.fold(unicodedata.normalize("NFKC", str(value))))
    return Form(std, std.partition("@")[0])


def _phone(value: Any) -> Form:
    number = re.sub(r"[^0-9+]", "", str(value).partition(";")[0])
    digits = re.sub(r"\D", "", number)
    return Form(number if number.startswith("+") else digits, digits[-8:])


def _web(value: Any) -> Form:
    text = str(value).strip().lower()
    host = re.sub(r"\A(?:\w+://)?(?:www\.)?", "", text).partition("/")[0].partition(":")[0]
    return Form(domain_of(text) or host)


def _date(value: Any) -> Form:
    return Form(value.isoformat() if isinstance(value, date) else str(value)[:10])


def _number(value: Any) -> Form:
    number = float(value)
    return Form(f"{number:.6g}", number=number)


def _choice(value: Any) -> Form:
    link = mapping(value)  # as records carry one
    return Form(str(link["id"] if link else value))


def _place(value: Any) -> Form:
    parts = mapping(value) or {}
    given = "".join(str(parts.get(p) or "") for p in ("province", "city", "district", "street"))
    if HAN.search(given):
        found = place(given)
        regions = [places().get(p, p) for p in (found.province, found.city, found.district) if p]
        street = grams.fold(simplified(tidy(found.street)))
        std = "".join([*dict.fromkeys(regions), *_WORD.findall(street)])
        return Form(std, found.code, (*regions, *words(street)))
    std = folded(" ".join(str(parts.get(p) or "") for p in ("street", "city", "province", "postal_code")))
    return Form(std, str(parts.get("postal_code") or ""), words(std))


_MAKERS = {
    "name": _name,
    "text": _text,
    "email": _email,
    "phone": _phone,
    "web": _web,
    "date": _date,
    "number": _number,
    "choice": _choice,
    "place": _place,
}


def tokens(form: Form) -> Iterator[str]:
    """The words of a value, each once, at most forty."""
    return iter(form.words[:40])
