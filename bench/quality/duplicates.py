"""Duplicates in open data sets, found as the product finds them: columns typed as a user would, the truth left out.

Nothing is set for one data set: kinds of comparison follow from the types, all else from the records. Of a list of pairs only
those are judged that are for the test. Where a set has labels for training, as those have that the published figures learnt
from, the product takes them as what people have decided; what it finds without any stands beside it.
"""

from __future__ import annotations

import csv
import gzip
import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

from guanxi.linkage import Column, Linkage
from guanxi.linkage.forms import KINDS
from guanxi.linkage.teaching import Decided
from guanxi.schema.model import Field
from guanxi.schema.types import TYPES, Bad, Env

Pairs = set[tuple[str, str]]
Records = list[tuple[str, Mapping[str, Any]]]
ENV = Env(language="en", currency="USD")

FEBRL = {
    "name": "person", "street_number": "text", "address_1": "text", "address_2": "text", "suburb": "text", "postcode": "text",
    "state": "text", "date_of_birth": "text", "soc_sec_id": "text",
}  # fmt: skip
FAKE = {"name": "person", "dob": "date", "city": "text", "email": "email"}
MAGELLAN: Mapping[str, tuple[Mapping[str, str], str]] = {
    "Beer": ({"ABV": "percent"}, "Magellan 0.788"),
    "iTunes-Amazon": ({"Price": "decimal", "Released": "date"}, "Magellan 0.912"),
    "Fodors-Zagats": ({"phone": "phone"}, "Magellan 1.000"),
    "DBLP-ACM": ({"year": "integer"}, "Magellan 0.984"),
    "Amazon-Google": ({"price": "decimal"}, "Magellan 0.491"),
}


def read(kind: str, text: str | None) -> Any:
    """A cell as the import reads it; None for what a field of this type does not take."""
    if not text or not text.strip():
        return None
    f, t = Field("x", kind, {}), TYPES[kind]
    try:
        return t.parse(f, t.read_text(f, text.strip(), ENV), ENV)
    except Bad:
        return None


def found(
    types: Mapping[str, str], records: Records, title: str, decided: Mapping[tuple[str, str], bool]
) -> tuple[Pairs, Pairs]:
    """The pairs that the product tells of: before anybody has decided about any, and after these decisions."""
    with Linkage([Column(n, KINDS[t]) for n, t in types.items()], title) as linkage:
        linkage.add((id, True, values) for id, values in records)
        linkage.prepare()
        model = linkage.learn()
        before = {(p.a, p.b) for p in linkage.pairs(model)}
        if not decided:
            return before, before
        every = linkage.compared(model)
        taught = linkage.teach(model, [Decided(decided[k], p.weights) for p in every if (k := (p.a, p.b)) in decided])
        return before, {(p.a, p.b) for p in linkage.pairs(taught)}


def f1(told: Pairs, true: Pairs) -> float:
    """Of precision and recall the harmonic mean."""
    hit = len(told & true)
    return 2 * hit / (len(told) + len(true)) if hit else 0.0


def same(groups: Iterable[Sequence[str]]) -> Pairs:
    """All pairs within groups."""
    return {(min(p), max(p)) for group in groups for p in combinations(group, 2)}


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by its heading."""
    with path.open(encoding="utf-8") as file:
        return [{k.strip(): (v or "").strip() for k, v in r.items()} for r in csv.DictReader(file)]


def grouped(records: Iterable[tuple[str, str]]) -> Pairs:
    """The pairs of the ids that belong to one."""
    groups: dict[str, list[str]] = {}
    for id, of in records:
        groups.setdefault(of, []).append(id)
    return same(groups.values())


def febrl(path: Path) -> tuple[Records, Pairs]:
    """People, of whom each has up to five spoilt copies."""
    told = rows(path)
    for r in told:
        r["name"] = f"{r['given_name']} {r['surname']}".strip()
    records: Records = [(r["rec_id"], {n: read(t, r[n]) for n, t in FEBRL.items()}) for r in told]
    return records, grouped((r["rec_id"], r["rec_id"].split("-")[1]) for r in told)


def fake(path: Path) -> tuple[Records, Pairs]:
    """People with few fields, many of them empty."""
    told = rows(path)
    for r in told:
        r["name"] = f"{r['first_name']} {r['surname']}".strip()
    records: Records = [(r["unique_id"], {n: read(t, r[n]) for n, t in FAKE.items()}) for r in told]
    return records, grouped((r["unique_id"], r["cluster"]) for r in told)


def magellan(
    folder: Path, types: Mapping[str, str]
) -> tuple[dict[str, str], Records, Pairs, Pairs, dict[tuple[str, str], bool]]:
    """Types, the records of both lists, the pairs of the test, which of them are one, and what is said of other pairs."""
    ids: dict[tuple[str, str], str] = {}
    records: Records = []
    judged, true, typed = Pairs(), Pairs(), dict[str, str]()
    decided: dict[tuple[str, str], bool] = {}

    def record(side: str, text: str) -> str:
        if (side, text) not in ids:
            ids[side, text] = f"{side}{len(ids):06d}"
            values: dict[str, Any] = {}
            for part in text.split("COL ")[1:]:
                name, _, value = part.partition(" VAL")
                kind = typed.setdefault(name, types.get(name, "text"))
                values[name] = read(kind, re.sub(r"[`'\\]", "", value))
            records.append((ids[side, text], values))
        return ids[side, text]

    for part in ("train", "valid", "test"):
        with gzip.open(folder / f"{part}.txt.gz", "rt", encoding="utf-8") as file:
            for line in file:
                a, b, is_one = line.rstrip("\n").split("\t")
                pair = tuple(sorted((record("a", a), record("b", b))))
                if part != "test":
                    decided[pair[0], pair[1]] = is_one == "1"
                    continue
                judged.add((pair[0], pair[1]))
                if is_one == "1":
                    true.add((pair[0], pair[1]))
    return typed, records, judged, true, {k: v for k, v in decided.items() if k not in judged}


# -- a set of our own, of Chinese companies and people -------------------------------------------------------------------

_REGIONS = ("北京", "上海", "深圳", "广州", "杭州", "成都", "武汉", "苏州", "西安", "青岛", "厦门", "长沙")
_BRANDS = (
    "恒远华盛鼎泰瑞丰宏达嘉禾腾云万象金鹏东海明德永信博雅天润国安联创中科新锐凯越龙源晨光安泰百川同济隆昌盈科立信宝利"
)
_TRADES = (
    "科技",
    "信息技术",
    "贸易",
    "食品",
    "机械设备",
    "电子商务",
    "建筑工程",
    "医疗器械",
    "文化传媒",
    "物流",
    "新材料",
    "环保",
)
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红玲国庆建新志文海波晓东雪梅春光"
_STREETS = ("中山路", "人民路", "解放大道", "科技园路", "建设街", "长江路", "文化路", "学院路")
TYPES_OF_COMPANIES = {
    "name": "text",
    "registration": "text",
    "phone": "phone",
    "email": "email",
    "website": "url",
    "address": "address",
}
TYPES_OF_PEOPLE = {
    "name": "person",
    "company": "text",
    "mobile": "phone",
    "email": "email",
    "city": "text",
    "birthday": "date",
}


def _traditional() -> dict[str, str]:
    lines = (files("guanxi.cleaning") / "simplified.txt").read_text("utf-8").split()
    return {line[0]: line[1] for line in lines if len(line) > 1}


def _typo(text: str, rng: random.Random, of: str) -> str:
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(of) + text[at + 1 :]


def companies(count: int, seed: int) -> tuple[Records, Pairs]:
    """Companies, a third of them twice or three times and written otherwise; sisters of one brand share what sisters share."""
    rng, old = random.Random(seed), str.maketrans(_traditional())
    records, groups = Records(), list[list[str]]()
    zh = Env(language="zh", currency="CNY")
    phone = TYPES["phone"]

    def add(values: Mapping[str, Any]) -> str:
        kept = dict(values)
        kept["phone"] = phone.parse(Field("x", "phone", {}), kept["phone"], zh) if kept["phone"] else None
        records.append((f"{len(records):06d}", kept))
        return records[-1][0]

    while len(groups) < count:
        brand, trade = "".join(rng.sample(_BRANDS, 2)), rng.choice(_TRADES)
        domain = f"{rng.choice(['www.', ''])}{''.join(rng.choices('abcdefghklmnprstwxyz', k=6))}.com.cn"
        for region in rng.sample(_REGIONS, rng.choice((1, 1, 1, 2))):
            area = rng.choice(("010", "021", "0755", "020", "0571"))
            first: dict[str, Any] = {
                "name": f"{region}{rng.choice(['市', ''])}{brand}{trade}{rng.choice(['有限公司', '有限责任公司', '股份有限公司'])}",
                "registration": f"91{rng.randrange(10**6):06d}MA{''.join(rng.choices('0123456789ABCDEFGHJKL', k=8))}"[
                    :18
                ],
                "phone": f"{area}-{rng.randrange(2 * 10**7, 9 * 10**7)}",
                "email": f"info@{domain.removeprefix('www.')}",
                "website": f"https://{domain}",
                "address": {"city": f"{region}市", "street": f"{rng.choice(_STREETS)}{rng.randrange(1, 300)}号"},
            }
            group = [add(first)]
            for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2))):
                name = first["name"]
                match rng.randrange(6):
                    case 0:
                        name = f"{brand}{trade}（{region}）有限公司"
                    case 1:
                        name = name.translate(old)
                    case 2:
                        name = f"{brand}{trade}"
                    case 3:
                        name = _typo(name, rng, _BRANDS)
                    case 4:
                        name = f"{region}{brand}"
                    case _:
                        name = name.replace("有限责任公司", "有限公司")
                other = {**first, "name": name}
                for part, gone in (
                    ("registration", 0.7),
                    ("phone", 0.4),
                    ("email", 0.5),
                    ("website", 0.6),
                    ("address", 0.4),
                ):
                    if rng.random() < gone:
                        other[part] = None
                if other["phone"] and rng.random() < 0.3:
                    other["phone"] = (
                        _typo(other["phone"], rng, "123456789")
                        if rng.random() < 0.4
                        else f"{area}-{rng.randrange(2 * 10**7, 9 * 10**7)}"
                    )
                group.append(add(other))
            groups.append(group)
    return records, same(groups)


def people(count: int, seed: int) -> tuple[Records, Pairs]:
    """People, a third of them twice or three times: in traditional characters, in pinyin, mistyped, with less known of them."""
    from pypinyin import lazy_pinyin

    rng, old = random.Random(seed), str.maketrans(_traditional())
    records, groups = Records(), list[list[str]]()
    firms = [
        f"{rng.choice(_REGIONS)}{''.join(rng.sample(_BRANDS, 2))}{rng.choice(_TRADES)}有限公司"
        for _ in range(count // 4)
    ]
    while len(groups) < count:
        family, given = rng.choice(_SURNAMES), "".join(rng.sample(_GIVEN, rng.choice((1, 2, 2))))
        spelt = "".join(lazy_pinyin(given))
        first: dict[str, Any] = {
            "name": family + given,
            "company": rng.choice(firms),
            "mobile": f"+861{rng.choice('3578')}{rng.randrange(10**9):09d}",
            "email": f"{spelt}.{lazy_pinyin(family)[0]}{rng.choice(['', rng.randrange(100)])}@{rng.choice(['qq.com', '163.com', 'example.cn'])}",
            "city": rng.choice(_REGIONS),
            "birthday": f"19{rng.randrange(60, 99)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}",
        }
        records.append((f"{len(records):06d}", first))
        group = [records[-1][0]]
        for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2))):
            other = dict(first)
            match rng.randrange(5):
                case 0:
                    other["name"] = first["name"].translate(old)
                case 1:
                    other["name"] = f"{spelt.title()} {lazy_pinyin(family)[0].title()}"
                case 2:
                    other["name"] = family + _typo(given, rng, _GIVEN)
                case _:
                    pass
            for part, gone in (("company", 0.3), ("mobile", 0.3), ("email", 0.4), ("city", 0.3), ("birthday", 0.6)):
                if rng.random() < gone:
                    other[part] = None
            if other["mobile"] and rng.random() < 0.3:
                other["mobile"] = other["mobile"][:4] + _typo(other["mobile"][4:], rng, "0123456789")
            records.append((f"{len(records):06d}", other))
            group.append(records[-1][0])
        groups.append(group)
    return records, same(groups)


_LAWS = (
    ("GmbH", "GmbH & Co. KG"),
    ("Ltd", "Limited", "Ltd."),
    ("Inc.", "LLC", "Corp"),
    ("SAS", "S.A."),
    ("B.V.", "BV"),
)
_WORDS = [
    "Nordic",
    "Alpine",
    "Sterling",
    "Granite",
    "Harbor",
    "Cobalt",
    "Vertex",
    "Summit",
    "Lumen",
    "Orchid",
    "Cedar",
    "Falcon",
    "Aurora",
    "Beacon",
]
_LINES = [
    "Logistics",
    "Foods",
    "Systems",
    "Robotics",
    "Textiles",
    "Energy",
    "Pharma",
    "Consulting",
    "Software",
    "Metals",
    "Media",
    "Packaging",
]


def sisters(count: int, seed: int) -> tuple[Records, Pairs]:
    """Companies with their branches, their group and those of the same name under other laws, which share a number or a site and
    are not one; a third of all are there again, written otherwise and with less known of them."""
    rng = random.Random(seed)
    records, groups = Records(), list[list[str]]()
    while len(groups) < count:
        site = f"https://www.{''.join(rng.choices('abcdefghklmnprstwxyz', k=7))}.com"
        if rng.random() < 0.5:
            brand, trade, city = "".join(rng.sample(_BRANDS, 2)), rng.choice(_TRADES), rng.choice(_REGIONS)
            own = f"{city}{brand}{trade}有限公司"
            more = rng.choice(((), (), (f"{own}第一分公司", f"{own}第二分公司"), (f"{brand}集团有限公司",)))
            ways = [
                (name, (name.replace(city, f"{city}市", 1), name.replace("有限公司", "有限责任公司"), name))
                for name in (own, *more)
            ]
        else:
            name = f"{rng.choice(_WORDS)} {rng.choice(_WORDS)} {rng.choice(_LINES)}"
            laws = rng.sample(_LAWS, rng.choice((1, 1, 1, 2)))
            ways = [
                (
                    f"{name} {law[0]}",
                    (name, f"{name.upper()} {rng.choice(law)}", f"{name.replace(' ', '-', 1)} {law[-1]}"),
                )
                for law in laws
            ]
        phone = f"+86{rng.choice(('25', '571', '10', '21'))}{rng.randrange(2 * 10**7, 9 * 10**7)}"
        for first, others in ways:
            values = {
                "name": first,
                "phone": phone if rng.random() < 0.7 else None,
                "website": site if rng.random() < 0.7 else None,
            }
            told = [values]
            if rng.random() < 0.35:
                less = {n: v for n, v in values.items() if n == "name" or rng.random() < 0.7}
                told.append({**dict.fromkeys(values), **less, "name": rng.choice(others)})
            groups.append([f"{len(records) + i:06d}" for i in range(len(told))])
            records += zip(groups[-1], told, strict=True)
    return records, same(groups)


# -- all of them -----------------------------------------------------------------------------------------------------------


Decisions = Mapping[tuple[str, str], bool]


def sets(
    folder: Path,
) -> Iterator[tuple[str, Mapping[str, str], Records, str, Pairs | None, Pairs, Decisions, str]]:
    """Name, types, records, title, the pairs that are judged (None: all), those that are one, decisions, what is published."""
    for n, published in ((1, "0.999"), (2, "0.9953"), (3, "0.9967")):
        records, true = febrl(folder / f"er_febrl123/dataset{n}.csv")
        yield f"Febrl {n}", FEBRL, records, "name", None, true, {}, f"recordlinkage {published}"
    records, true = fake(folder / "er_splink_fake1000/fake_1000.csv")
    yield "Splink fake 1000", FAKE, records, "name", None, true, {}, "Splink 4 0.834"
    for name, (types, published) in MAGELLAN.items():
        typed, records, judged, true, decided = magellan(folder / "er_magellan_open" / name, types)
        yield name, typed, records, next(iter(typed)), judged, true, decided, published
    records, true = companies(2000, 20261128)
    yield "Chinese companies (made)", TYPES_OF_COMPANIES, records, "name", None, true, {}, "our own set"
    records, true = people(2000, 20261129)
    yield "Chinese people (made)", TYPES_OF_PEOPLE, records, "name", None, true, {}, "our own set"
    records, true = sisters(2000, 20261130)
    types = {n: TYPES_OF_COMPANIES[n] for n in ("name", "phone", "website")}
    yield "sisters (made)", types, records, "name", None, true, {}, "our own set"


def measure(folder: Path, only: Sequence[str] = ()) -> Iterator[tuple[str, float, str]]:
    """F1 of each set, beside what is published; how long it took stands with it."""
    for name, types, records, title, judged, true, decided, published in sets(folder):
        if only and not any(o.lower() in name.lower() for o in only):
            continue
        began = time.monotonic()
        for taught, told in zip(("", ", taught"), found(types, records, title, decided), strict=True):
            if taught and not decided:
                continue
            told = told if judged is None else told & judged
            hit = len(told & true)
            exact = f"P {hit / max(1, len(told)):.3f} R {hit / max(1, len(true)):.3f}, {time.monotonic() - began:.0f} s"
            yield f"duplicates: {name}{taught}", f1(told, true), f"{published} ({exact})"
