"""Tables as workbooks (XLSX, XLSM, XLSB, XLS, ODS): the side of the parent, which starts the reading process and trusts none of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from guanxi.transfer.table import BadRow, Batch, Column, Inspection, Limits, find_header, headings, refuse

_START = (
    "import sys, types\n"
    "for name, folder in (('guanxi', sys.argv[1]), ('guanxi.transfer', sys.argv[1] + '/transfer')):\n"
    "    sys.modules[name] = types.ModuleType(name)\n"
    "    sys.modules[name].__path__ = [folder]\n"
    "from guanxi.transfer.workbook import main\n"
    "sys.exit(main(sys.argv[2]))"
)
"""Starts the reading process with its few modules alone: importing our packages whole would cost more than most workbooks."""
_LOOKED = 1_200
"""Rows that are read to see what a sheet holds; a sheet with fewer is counted exactly."""
TABLE = 3
"""How many columns a sheet has that is taken for the table before one of lines of text."""
_FOLDER = Path(__file__).parents[1]
_ANSWER = 64 << 20
"""How long one line of the reading process may be, in bytes."""


def _read(path: Path, sheet: str, limits: Limits, rows: int = 0, batch: int = 2_000) -> Iterator[dict[str, Any]]:
    """What the reading process says: batches of rows, then a summary; raises Invalid for what it refuses.

    The process is stopped when the caller stops asking.
    """
    ask = {"path": str(path), "sheet": sheet, "rows": rows, "batch": batch, "limits": asdict(limits)}
    command = [sys.executable, "-I", "-X", "utf8", "-c", _START, str(_FOLDER), json.dumps(ask)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    ) as process:
        stream = process.stdout
        try:
            while line := stream.readline(_ANSWER) if stream else b"":
                try:
                    said = json.loads(line)
                except ValueError:
                    break
                if "error" in said:
                    raise refuse(said["error"], **said["values"])
                yield said
                if "read" in said:
                    return
            raise refuse("workbook_too_large", reason=f"> {limits.memory >> 20} MB")
        finally:
            process.kill()


def _look(path: Path, sheet: str, limits: Limits) -> tuple[list[tuple[int, list[str]]], dict[str, Any]]:
    """The first rows of a sheet that say something, and the summary."""
    rows: list[tuple[int, list[str]]] = []
    end: dict[str, Any] = {}
    for said in _read(path, sheet, limits, rows=_LOOKED):
        if "read" in said:
            end = said
        else:
            rows += zip(said["lines"], said["cells"], strict=True)
    return [(line, cells) for line, cells in rows if any(c.strip() for c in cells)], end


def _width(rows: Sequence[tuple[int, list[str]]]) -> int:
    """The most cells that a row fills."""
    return max(sum(1 for c in cells if c.strip()) for _, cells in rows)


def inspect(
    path: Path, limits: Limits, kind: str, *, sheet: str = "", header_row: int | None = None
) -> tuple[Inspection, list[list[str]]]:
    """What a sheet holds, and its first data rows; the first sheet that is shown and has rows, unless one is named. Lines of text
    alone, as on a sheet that explains the others, are no table where a later sheet has one."""
    rows, end = _look(path, sheet, limits)
    if rows and not sheet and _width(rows) == 1:
        for other in end["sheets"][:10]:
            others, found_there = _look(path, other, limits) if other != end["sheet"] else ([], {})
            if len(others) > 1 and _width(others) >= TABLE:
                rows, end = others, found_there
                break
    found = Inspection(kind, sheet=end["sheet"], sheets=end["sheets"])
    if not rows:
        raise refuse("empty_file")
    if header_row is None:
        at, start = find_header(rows)
        found.header_row = rows[at][0] if at >= 0 else 0
        found.start = rows[start][0]
    else:
        if header_row < 0 or header_row > rows[-1][0]:
            raise refuse("no_such_header_row", value=header_row)
        found.header_row, found.start = header_row, header_row or rows[0][0]
    table = [cells for line, cells in rows if line >= found.start]
    head = table[0] if found.header_row and table else []
    width = max((i + 1 for cells in table for i, c in enumerate(cells) if c.strip()), default=0)
    if width > limits.columns:
        raise refuse("too_many_columns", count=width, max=limits.columns)
    found.columns = [Column(i, name) for i, name in enumerate(headings(head, width))]
    data = table[1:] if found.header_row else table
    last = end.get("last") or 0
    if end["read"] < _LOOKED:
        found.rows = len(data)
    elif last > rows[-1][0]:
        found.rows = last - found.start + (0 if found.header_row else 1)
    else:
        found.rows = round(len(rows) / max(end.get("share", 1.0), 1e-6))
    if end.get("merged", 0) > (found.header_row or found.start - 1):  # the last row that is filled from above
        found.warnings.append("merged_cells")
    if end.get("unreckoned"):
        found.warnings.append("no_values")
    return found, [cells[:width] + [""] * (width - len(cells)) for cells in data]


def batches(path: Path, inspection: Inspection, limits: Limits, size: int = 2_000, skip: int = 0) -> Iterator[Batch]:
    """The data rows, ``size`` at a time, after leaving out the first ``skip``."""
    width, first = inspection.width, inspection.start + (1 if inspection.header_row else 0)
    batch = Batch()
    for said in _read(path, inspection.sheet, limits, batch=size):
        for line, cells in zip(said.get("lines", ()), said.get("cells", ()), strict=True):
            if line < first or not any(cells):
                continue
            if skip:
                skip -= 1
                continue
            if len(cells) > width and any(cells[width:]):
                batch.bad.append(BadRow(line, "too_many_cells", cells))
            elif sum(map(len, cells)) > limits.cell and max(map(len, cells)) > limits.cell:
                batch.bad.append(BadRow(line, "cell_too_long", [c[:200] for c in cells]))
            else:
                batch.lines.append(line)
                batch.cells.append(cells if len(cells) == width else cells[:width] + [""] * (width - len(cells)))
            if len(batch.lines) + len(batch.bad) >= size:
                yield batch
                batch = Batch()
    if len(batch):
        yield batch
