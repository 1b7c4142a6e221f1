"""``python -m bench.quality FOLDER``: each figure beside its baseline; FOLDER holds the open data sets by name."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from guanxi import cleaning


def lines(path: Path) -> list[str]:
    """The lines of a file of text that hold something."""
    return [line for line in path.read_text("utf-8").splitlines() if line.strip()]


def measure(folder: Path) -> list[tuple[str, float, str]]:
    """What was measured, the figure, and what it is to be compared with."""
    with (folder / "cn_addresses/labelled_open.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    whole = district = 0
    for row in rows:
        found = cleaning.place(row["address"])
        wanted = (row["province"], row["city"] or row["province"], row["district"])
        whole += (found.province, found.city, found.district) == wanted
        found = cleaning.place(row["district"] + row["detail"])
        district += (found.province, found.district) == (row["province"], row["district"])
    brands = [
        (name, brand)
        for name, _, brand in (s.partition(" ") for s in lines(folder / "cn_company_names/brand_groundtruth_open.txt"))
    ]
    right = sum(cleaning.company_parts(name).brand == brand for name, brand in brands)
    names = {name for name, _ in brands}
    idempotent = sum(cleaning.company_name(cleaning.company_name(n)) == cleaning.company_name(n) for n in names)
    codes = lines(folder / "cn_uscc/valid_uscc.txt")
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    spoilt = [c[:at] + s + c[at + 1 :] for c in codes for at in range(18) for s in signs if s != c[at]]
    return [
        ("addresses: province, city and district", whole / len(rows), "cpca 0.5.5: 0.998"),
        ("addresses from the district on", district / len(rows), "cpca 0.5.5: 0.789"),
        ("company names: brand", right / len(brands), "companynameparser: 0.980"),
        ("company names: idempotent", idempotent / len(names), "1"),
        ("company names: falsely one", len(names) - len({cleaning.company_key(n) for n in names}), "0"),
        ("credit codes: valid ones taken", sum(map(cleaning.credit_code_ok, codes)) / len(codes), "python-stdnum: 1"),
        ("credit codes: spoilt ones taken", sum(map(cleaning.credit_code_ok, spoilt)), "0"),
    ]


if __name__ == "__main__":
    for what, figure, beside in measure(Path(sys.argv[1])):
        print(f"{what:45} {figure:8.4f}   {beside}")
