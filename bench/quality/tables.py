"""Files of tables: spoilt in the ways of the Pollock benchmark, and those of csv-spectrum."""

from __future__ import annotations

import csv
import json
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from guanxi.base import Problem
from guanxi.transfer.reading import inspect, rows

Table = list[list[str]]
SCORES = ("success", "header P", "header R", "header F1", "record P", "record R", "record F1", "cell P", "cell R", "cell F1")  # fmt: skip


def read(path: Path) -> Table | None:
    """A file as the import reads it, headings first; None when it is refused."""
    try:
        found = inspect(path)
        headings = [[c.name for c in found.columns]] if found.header_row else []
        return headings + [cells for _, cells in rows(path, found)]
    except Problem:
        return None


def _share(loaded: Counter[str], clean: Counter[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 of two bags."""
    common, n, m = (loaded & clean).total(), loaded.total(), clean.total()
    if not n and not m:
        return 1.0, 1.0, 1.0
    p, r = (common / n if n else 0.0), (common / m if m else 0.0)
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


def score(loaded: Table | None, clean: Table) -> tuple[float, ...]:
    """The ten parts of the Pollock score (0 to 1 each): whether it was loaded, and precision, recall and F1 of header, records and cells."""
    if loaded is None:
        return (0.0,) * 10
    heads = [Counter(c.strip() for c in t[0]) if t else Counter[str]() for t in (loaded, clean)]
    records = [Counter("".join(c.strip() for c in r) for r in t[1:]) for t in (loaded, clean)]
    cells = [Counter(c.strip() for r in t[1:] for c in r) for t in (loaded, clean)]
    return (1.0, *_share(*heads), *_share(*records), *_share(*cells))


def pollock(folder: Path) -> Iterator[tuple[str, tuple[float, ...], float]]:
    """(file, the parts of its score, its weight) of all polluted files."""
    weights = json.loads((folder / "pollock_weights.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="guanxi-pollock-") as into:
        with tarfile.open(folder / "polluted_files.tar.xz") as archive:
            archive.extractall(into, filter="data")
        at = Path(into) / "polluted_files"
        for path in sorted((at / "csv").iterdir()):
            with (at / "clean" / path.name).open(encoding="utf-8", newline="") as file:
                clean = list(csv.reader(file))
            yield path.name, score(read(path), clean), float(weights.get(path.name, 0))


def totals(scored: Iterable[tuple[str, tuple[float, ...], float]]) -> tuple[float, float]:
    """The simple score (every file counts alike) and the weighted one, at most 10 each."""
    every = list(scored)
    simple = sum(sum(parts) for _, parts, _ in every) / len(every)
    weight = sum(w for _, _, w in every)
    return simple, sum(sum(parts) * w for _, parts, w in every) / weight


def spectrum(folder: Path) -> tuple[int, int]:
    """How many files of csv-spectrum are read as they should be, of how many."""
    right = 0
    files: Sequence[Path] = sorted((folder / "csvs").glob("*.csv"))
    for path in files:
        wanted = json.loads((folder / "json" / f"{path.stem}.json").read_text("utf-8"))
        table = read(path) or [[]]
        told = [dict(zip(table[0], (c.strip() for c in r), strict=True)) for r in table[1:]]
        wanted = [wanted] if isinstance(wanted, dict) else wanted
        meant = [{k: v.strip().replace("\r\n", "\n") for k, v in row.items()} for row in wanted]
        right += [{k: v.replace("\r\n", "\n") for k, v in row.items()} for row in told] == meant
    return right, len(files)
