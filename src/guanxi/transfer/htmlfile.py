"""Tables as HTML: what many systems hand out under the name of an Excel file. Only the largest table of it is read."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from guanxi.transfer.encoding import detect, known
from guanxi.transfer.table import BadRow, Batch, Column, Inspection, Limits, find_header, headings, refuse

_LARGEST = 64 << 20
"""Beyond this many bytes a file of HTML is not taken: it is held in memory."""


class _Tables(HTMLParser):
    """Collects rows of cells, table by table; the rows of an inner table count as its own."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.tables: list[list[list[str]]] = []
        self.open: list[list[list[str]]] = []
        self.parts: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's signature
        if tag == "table":
            self.tables.append([])
            self.open.append(self.tables[-1])
        elif tag == "tr" and self.open:
            self._close()
            self.open[-1].append([])
        elif tag in ("td", "th") and self.open:
            self._close()
            if not self.open[-1]:
                self.open[-1].append([])
            if len(self.open[-1][-1]) > self.limits.columns:
                raise refuse("too_many_columns", count=len(self.open[-1][-1]), max=self.limits.columns)
            self.parts = []
        elif tag == "br" and self.parts is not None:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close()
        if tag == "table" and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.parts is not None:
            self.parts.append(data)

    def _close(self) -> None:
        if self.parts is not None:
            self.open[-1][-1].append(
                " ".join("".join(self.parts).replace("\xa0", " ").split(" ")).strip()[: self.limits.cell]
            )
            self.parts = None


def _rows(path: Path, encoding: str, limits: Limits) -> list[tuple[int, list[str]]]:
    if path.stat().st_size > _LARGEST:
        raise refuse("workbook_too_large", reason=f"HTML > {_LARGEST >> 20} MB")
    parser = _Tables(limits)
    parser.feed(path.read_text(encoding, errors="replace"))
    parser.close()
    largest = max(parser.tables, key=len, default=[])
    return [(i + 1, cells) for i, cells in enumerate(largest) if any(cells)]


def inspect(
    path: Path, limits: Limits, *, encoding: str = "", header_row: int | None = None
) -> tuple[Inspection, list[list[str]]]:
    """What the largest table holds, and its first data rows."""
    found = Inspection("html", encoding=known(encoding) if encoding else detect(path))
    rows = _rows(path, found.encoding, limits)
    if not rows:
        raise refuse("empty_file")
    at, start = find_header(rows[:300]) if header_row is None else (0, 0)
    found.header_row = header_row if header_row is not None else rows[at][0] if at >= 0 else 0
    found.start = found.header_row or rows[start][0]
    table = [cells for line, cells in rows if line >= found.start]
    if not table:
        raise refuse("no_such_header_row", value=header_row)
    width = max(len(cells) for cells in table[:300])
    found.columns = [Column(i, name) for i, name in enumerate(headings(table[0] if found.header_row else [], width))]
    data = table[1:] if found.header_row else table
    found.rows = len(data)
    return found, [cells[:width] + [""] * (width - len(cells)) for cells in data[:300]]


def batches(path: Path, inspection: Inspection, limits: Limits, size: int = 2_000, skip: int = 0) -> Iterator[Batch]:
    """The data rows, ``size`` at a time, after leaving out the first ``skip``."""
    width, first = inspection.width, inspection.start + (1 if inspection.header_row else 0)
    rows = [(line, cells) for line, cells in _rows(path, inspection.encoding, limits) if line >= first][skip:]
    for at in range(0, len(rows), size):
        batch = Batch()
        for line, cells in rows[at : at + size]:
            if len(cells) > width and any(cells[width:]):
                batch.bad.append(BadRow(line, "too_many_cells", cells))
            else:
                batch.lines.append(line)
                batch.cells.append(cells[:width] + [""] * (width - len(cells)))
        yield batch
