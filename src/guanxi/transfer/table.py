"""What reading a file gives: its limits, the batches of rows, and what is known of the table before it is imported."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from guanxi.base import FieldError, Invalid
from guanxi.base.text import GUARDED


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before it costs anything; sizes in bytes, lengths in characters."""

    file: int = 1 << 30
    columns: int = 2_000
    cell: int = 32_767 * 4
    line: int = 8 << 20
    unfolded: int = 2 << 30
    """Sum of what the parts of a workbook claim to unfold to."""
    ratio: int = 100
    """How many times its size a part of a workbook may unfold to, once it is larger than ``ratio_from``."""
    ratio_from: int = 8 << 20
    entries: int = 2_000
    memory: int = 400 << 20
    """Address space of the child process that reads a workbook."""
    seconds: int = 1_800
    """Processor time of that child process."""


LIMITS = Limits()


class BadRow(NamedTuple):
    """A row that could not be read as one: ``code`` is a key of the messages, ``cells`` what was there."""

    line: int
    code: str
    cells: list[str]


@dataclass(slots=True)
class Batch:
    """Rows that were read: ``cells[i]`` are the values of the row on line ``lines[i]``, as many as there are columns."""

    lines: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    """Lines of rows that had fewer cells than there are columns; the missing ones count as empty."""

    aside: list[tuple[int, str, str]] = field(default_factory=list)
    """What a card has and no column: (line, name, value); it stands in the note."""
    gone: list[tuple[int, FieldError, str]] = field(default_factory=list)
    """Rows that are not taken: (line, why, value)."""

    def __len__(self) -> int:
        return len(self.lines) + len(self.bad) + len(self.gone)

    def joined(self, other: Batch) -> Batch:
        """These rows and those of another."""
        return Batch(*(getattr(self, n) + getattr(other, n) for n in self.__slots__))

    def cut(self, line: int) -> Batch:
        """Take the rows from a line on out of this batch, with what is said of them."""
        at = next((i for i, n in enumerate(self.lines) if n >= line), len(self.lines))
        rest = Batch(self.lines[at:], self.cells[at:])
        self.lines, self.cells = self.lines[:at], self.cells[:at]
        self.bad, rest.bad = ([b for b in self.bad if (b.line >= line) is late] for late in (False, True))
        self.short, rest.short = ([n for n in self.short if (n >= line) is late] for late in (False, True))
        self.aside, rest.aside = ([a for a in self.aside if (a[0] >= line) is late] for late in (False, True))
        self.gone, rest.gone = ([g for g in self.gone if (g[0] >= line) is late] for late in (False, True))
        return rest

    def leave_out(self, line: int, why: FieldError, value: str) -> None:
        """The row on a line is no longer taken."""
        if line in self.lines:
            at = self.lines.index(line)
            del self.lines[at], self.cells[at]
        self.bad = [b for b in self.bad if b.line != line]
        self.short = [n for n in self.short if n != line]
        self.gone.append((line, why, value))


@dataclass(slots=True)
class Column:
    """A column of the file: ``index`` from 0, ``type`` a guess by the samples, ``empty`` the share of empty cells (0–1); its numbers
    have a ``decimal_comma``."""

    index: int
    name: str
    samples: list[str] = field(default_factory=list)
    type: str = "text"
    empty: float = 0.0
    decimal_comma: bool = False


@dataclass(slots=True)
class Inspection:
    """What was found out about a file; enough to read it again in the same way.

    ``header_row`` is the line (sheets: the row) of the headings, 0 when there are none; ``start`` the one where the
    table begins. ``rows`` is an estimate. ``date_order`` is what dates such as 13/2/26 tell, or empty.
    """

    format: str
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    escape: str = ""
    skip_space: bool = False
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    header_row: int = 1
    start: int = 1
    rows: int = 0
    columns: list[Column] = field(default_factory=list)
    preview: list[list[str]] = field(default_factory=list)
    date_order: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.columns)

    def to_json(self) -> dict[str, Any]:
        """As the API shows it and the upload keeps it."""
        return {
            name: getattr(self, name)
            for name in ("format", "encoding", "delimiter", "quote", "escape", "skip_space", "sheet", "sheets", "header_row",
                         "start", "rows", "preview", "date_order", "warnings")
        } | {
            "escape": "NUL" if self.escape == "\0" else self.escape,
            "columns": [
                {"index": c.index, "name": c.name, "samples": c.samples, "type": c.type, "empty": round(c.empty, 4),
                 "decimal_comma": c.decimal_comma}
                for c in self.columns
            ]
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Inspection:
        """The inspection that :meth:`to_json` wrote; unknown keys are ignored."""
        known = {k: v for k, v in value.items() if k in cls.__dataclass_fields__ and k != "columns"}
        known["escape"] = "\0" if known.get("escape") == "NUL" else known.get("escape", "")
        names = Column.__dataclass_fields__.keys()
        columns = [Column(**{k: v for k, v in c.items() if k in names}) for c in value["columns"]]
        return cls(**known, columns=columns)


def refuse(code: str, **values: object) -> Invalid:
    """The refusal of a whole file."""
    return Invalid.one("file", code, **values)


_UNSEEN = re.compile(r"[\u200b-\u200f\u2060\ufeff\0]")
_FORCED = re.compile(r'="([^"]*)"')
_NUMBER_AS_TEXT = re.compile(r"'[\d(][\d\s()-]{3,}")


def unguard(text: str) -> str:
    """The cell without what keeps a spreadsheet from computing it: an apostrophe, before digits too, or ``="0012"``, as
    shops write their orders and phones."""
    if text[:1] == "'" and (GUARDED.match(text) or _NUMBER_AS_TEXT.fullmatch(text)):
        return text[1:]
    forced = _FORCED.fullmatch(text) if text[:1] == "=" else None
    return forced[1] if forced else text


def headings(cells: list[str], width: int) -> list[str]:
    """Names of the columns: every one has one, and no two have the same."""
    names: list[str] = []
    seen: set[str] = set()
    for i in range(width):
        name = " ".join(_UNSEEN.sub("", cells[i]).split()) if i < len(cells) else ""
        name = unguard(name) or f"Column {i + 1}"
        unique, n = name, 1
        while unique in seen:
            n += 1
            unique = f"{name} ({n})"
        seen.add(unique)
        names.append(unique)
    return names


def find_header(rows: list[tuple[int, list[str]]]) -> tuple[int, int]:
    """Where in the first rows the headings stand: (index into ``rows``, or -1 for none; index where the table begins).

    Headings are the first row that is about as wide as the table and is words where the rows below hold numbers or
    dates. What stands above (a title, the date of the report) is narrower.
    """
    filled = [sum(1 for c in cells if c.strip()) for _, cells in rows]
    usual = Counter(n for n in filled if n)
    if not usual:
        return (0, 0) if rows else (-1, 0)
    width = max(usual, key=lambda n: (usual[n], n))
    start = next((i for i, n in enumerate(filled) if n >= max(1, width * 0.6) and (n > 1 or width <= 1)), 0)
    above = rows[start - 1][1] if start else []
    words = len(above) >= width and sum(1 for c in above if c.strip()) > 1 and not any(map(_datalike, above))
    if words and any(a.strip() and _datalike(b.strip()) for a, b in zip(above, rows[start][1], strict=False)):
        return start - 1, start - 1  # some columns have no heading; what stands above a number or a date is no title
    first = rows[start][1]
    values = [c.strip() for c in first if c.strip()]
    if any(len(v) > 200 for v in values):
        return -1, start
    datalike = sum(1 for v in values if _datalike(v))
    if datalike and (datalike >= len(values) * 0.3 or len(values) <= 3) and len(rows) > start + 1:
        # Headings may be years or numbers; then the row below does not have the same look.
        below = [rows[start + 1][1][i].strip() if i < len(rows[start + 1][1]) else "" for i in range(len(first))]
        alike = sum(1 for a, b in zip(first, below, strict=True) if _datalike(a.strip()) and _datalike(b))
        if alike >= datalike * 0.6:
            return -1, start
    return start, start


def _datalike(value: str) -> bool:
    """Whether a value is a number, a date, an address of e-mail or web: not a heading."""
    bare = value.lstrip("+-$€£¥￥ ").replace(",", "").replace("%", "")
    if not value:
        return False
    if bare.replace(".", "", 1).isdigit():
        return True
    digits = sum(c.isdigit() for c in value)
    return "@" in value[1:] or "://" in value or (digits >= 4 and digits >= len(value) / 2)


def flatten(batches: Iterator[Batch]) -> Iterator[tuple[int, list[str]]]:
    """The good rows of batches, one by one: (line, cells)."""
    for batch in batches:
        yield from zip(batch.lines, batch.cells, strict=True)
