"""``python -m bench.quality FOLDER``: each figure beside its baseline; FOLDER holds the open data sets by name."""

from __future__ import annotations

import csv
import gzip
import random
import re
import sys
import unicodedata
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from bench.quality import duplicates, orders, tables
from guanxi import cleaning
from guanxi.records.grams import spell, surname
from guanxi.transfer.reading import batches, inspect

Figure = tuple[str, float, str]
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def lines(path: Path) -> list[str]:
    """The lines of a file of text that hold something."""
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]


def addresses(folder: Path) -> Iterator[Figure]:
    """Divisions told apart, of whole addresses and from the district on; stored addresses that say something else."""
    with (folder / "cn_addresses/labelled_open.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    whole = district = sure = wrong = 0
    for row in rows:
        found = cleaning.place(row["address"])
        whole += (found.province, found.city, found.district) == (
            row["province"],
            row["city"] or row["province"],
            row["district"],
        )
        found = cleaning.place(row["district"] + row["detail"])
        right = (found.province, found.district) == (row["province"], row["district"])
        district += right
        sure += found.sure
        wrong += found.sure and not right
    yield "addresses: province, city and district", whole / len(rows), "cpca 0.5.5: 0.998"
    yield "addresses from the district on, with guesses", district / len(rows), "cpca 0.5.5: 0.789"
    yield "  of them filled in without asking", sure / len(rows), "the rest is offered"
    yield "  of those filled in, wrong", wrong / max(sure, 1), "-"
    bare = [(cleaning.place(row["detail"]).province, row["province"]) for row in rows]
    told = [(found, province) for found, province in bare if found]
    yield "addresses from the street on: province guessed", len(told) / len(bare), "-"
    yield "  of those guessed, right", sum(a == b for a, b in told) / len(told), "-"
    raw = lines(folder / "cn_addresses/company_addresses_open.txt")
    places = [cleaning.place(text) for text in raw]
    yield "raw addresses: province found", sum(bool(p.province) for p in places) / len(raw), "cpca 0.5.5: 0.868"
    yield "raw addresses: district found", sum(bool(p.district) for p in places) / len(raw), "cpca 0.5.5: 0.649"


def companies(folder: Path) -> Iterator[Figure]:
    """Brands, against names that the lists were not made by; names in their standard form; and keys over the whole list: every
    brand with a region, a trade and a form, and pairs of forms that are two companies."""
    at = folder / "cn_company_names"
    brands = [(n, b) for n, _, b in (s.partition(" ") for s in lines(at / "brand_groundtruth_open.txt"))]
    right = sum(cleaning.company_parts(name).brand == brand for name, brand in brands)
    yield "company names: brand (102, seen by who made the rules)", right / len(brands), "companynameparser: 0.980"
    with gzip.open(at / "brand.txt.gz", "rt", encoding="utf-8") as file:
        every = list(dict.fromkeys(cleaning.company_name(line) for line in file if line.strip()))
    suffixes = lines(at / "suffix.txt")
    unseen = list(composed(at, every, suffixes))
    right = sum(cleaning.company_parts(name).brand == brand for name, brand in unseen)
    yield f"company names: brand ({len(unseen)} put together)", right / len(unseen), "-"
    made = [brand + suffixes[i % len(suffixes)] for i, brand in enumerate(every)]
    names = list(dict.fromkeys([*(n for n, _ in brands), *every, *made]))
    once = [cleaning.company_name(n) for n in names]
    idempotent = sum(cleaning.company_name(n) == n for n in once)
    yield f"company names: idempotent ({len(names)})", idempotent / len(names), "1"
    keys: dict[str, set[str]] = {}
    for name in once:
        keys.setdefault(cleaning.company_key(name), set()).add(name)
    merged = [group for group in keys.values() if len(group) > 1]
    false = [group for group in merged if len({alike(name) for name in group}) > 1]
    yield "company names: one key for several spellings", len(merged), "-"
    yield "company names: falsely one", len(false), "0"
    for group in false[:5]:
        print("   ", sorted(group), file=sys.stderr)
    forms = [form for form in dict.fromkeys(suffixes) if len(form) > 1]
    keyed: dict[str, set[str]] = {}
    for form in forms:
        keyed.setdefault(cleaning.company_key(f"上海巨海咨询{form}"), set()).add(
            form.replace("有限责任公司", "有限公司")
        )
    yield f"company names: legal forms taken for one ({len(forms)})", sum(len(v) - 1 for v in keyed.values()), "0"


def composed(at: Path, brands: list[str], suffixes: list[str]) -> Iterator[tuple[str, str]]:
    """Names put together at random of region, brand, trade and form, with their brands; brands that end in a word of trade are left
    out, for where they end is nowhere to be read."""
    rng = random.Random(5)
    trades = lines(at / "trade.txt")
    short = [b for b in brands if 2 <= len(b) <= 4 and re.fullmatch("[\u4e00-\u9fff]+", b)]
    regions = [p for p in lines(at / "china_place.txt") if re.fullmatch("[\u4e00-\u9fff]{2,5}[省市区县]", p)]
    for brand in rng.sample([b for b in short if not b.endswith(tuple(t for t in trades if len(t) > 1))], 3_000):
        form = rng.choice(
            ["有限公司", "有限责任公司", "股份有限公司", "集团有限公司", "厂", "店", rng.choice(suffixes)]
        )
        yield rng.choice(regions) + brand + rng.choice(trades) + form, brand


def alike(name: str) -> str:
    """A name by its characters alone: what two spellings of one company have in common, made without the key."""
    text = cleaning.simplified(unicodedata.normalize("NFKC", name)).casefold().replace("有限责任公司", "有限公司")
    bare = "".join(c for c in text if c.isalnum())
    for kind in ("市", "省", "县", "区", "自治区", "自治州", "特别行政区", "壮族", "回族", "维吾尔"):
        bare = bare.replace(kind, "")
    return bare


def codes(folder: Path) -> Iterator[Figure]:
    """Credit codes as they are, and each with every other sign at every place."""
    valid = lines(folder / "cn_uscc/valid_uscc.txt")
    spoilt = [c[:at] + s + c[at + 1 :] for c in valid for at in range(18) for s in SIGNS if s != c[at]]
    yield "credit codes: valid ones taken", sum(map(cleaning.credit_code_ok, valid)) / len(valid), "python-stdnum: 1"
    yield f"credit codes: spoilt ones taken (of {len(spoilt)})", sum(map(cleaning.credit_code_ok, spoilt)), "0"


def people(folder: Path) -> Iterator[Figure]:
    """Family names that are read in another way than the character, as search and sort have them."""
    with (folder / "cn_surnames_pinyin/surname_polyphones.csv").open(encoding="utf-8-sig") as file:
        rows = [(row["surname"], row["pinyin_as_surname"]) for row in csv.DictReader(file)]

    def bare(text: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))

    right = sum(" ".join(surname(name) or spell(name)[0]) == bare(read) for name, read in rows)
    yield "family names as they are read", right, f"{len(rows)} of {len(rows)}"


def files(folder: Path) -> Iterator[Figure]:
    """Spoilt CSV files, and cards."""
    simple, weighted = tables.totals(tables.pollock(folder / "csv_pollock_polluted"))
    yield "Pollock, every file alike (of 10)", simple, "DuckDB 1.2: 9.961 (told the dialect); 9.075 without"
    yield "Pollock, weighted (of 10)", weighted, "DuckDB 1.2: 9.599 (told the dialect); 8.440 without"
    right, of = tables.spectrum(folder / "csv_spectrum")
    yield "csv-spectrum", right, f"{of} of {of}, but the JSON of one has another phone number than its CSV"
    cards = sum(len(b) for path in (folder / "vcard_clients").glob("*.vcf") for b in batches(path, inspect(path)))
    yield "cards of contacts read", cards, "vobject 0.9.9: 7 of 8 files; all"


def measure(folder: Path) -> Iterator[Figure]:
    """What was measured, the figure, and what it is to be compared with."""
    for part in (addresses, companies, codes, people, files):
        yield from part(folder)


if __name__ == "__main__":
    for what, figure, beside in chain(
        *(part(Path(sys.argv[1])) for part in (measure, duplicates.measure, orders.measure))
    ):
        print(f"{what:55} {figure:10.4f}   {beside}", flush=True)
