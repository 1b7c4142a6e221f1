"""Tables as text: finding out how a file is written, and reading it row by row, whatever is wrong with some of them.

A row that does not follow the rules spoils itself and no other: a stray quote is taken literally where that gives the
right number of cells, else the row is reported and reading goes on at the next line.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal, TypedDict

from guanxi.transfer.encoding import UNDECODABLE, detect, known
from guanxi.transfer.table import BadRow, Batch, Column, Inspection, Limits, find_header, headings, refuse

DELIMITERS = (",", ";", "\t", "|", "，", "；", "、", "\x1f", "^", "~", ":", " ")
_IN_TEXT = " :、"
"""Those that stand in ordinary text, too."""
SAMPLE_LINES = 300
_SAMPLE_CHARS = 1 << 18
_SEP = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)


class _Format(TypedDict):
    delimiter: str
    quotechar: str | None
    quoting: Literal[0, 3]
    escapechar: str | None
    skipinitialspace: bool
    doublequote: bool


def _format(inspection: Inspection) -> _Format:
    return {
        "delimiter": inspection.delimiter,
        "quotechar": inspection.quote or None,
        "quoting": csv.QUOTE_MINIMAL if inspection.quote else csv.QUOTE_NONE,
        "escapechar": inspection.escape or None,
        "skipinitialspace": inspection.skip_space,
        "doublequote": True,
    }


def _open(path: Path, encoding: str) -> io.TextIOWrapper:
    raw = io.BufferedReader(io.FileIO(path), 1 << 18)  # closed together with the wrapper
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding  # it may have a mark or not
    return io.TextIOWrapper(raw, encoding=encoding, errors="guanxi.mark", newline="")


# -- finding out -----------------------------------------------------------------------------------------------------


def inspect(
    path: Path,
    limits: Limits,
    *,
    encoding: str = "",
    delimiter: str = "",
    quote: str | None = None,
    header_row: int | None = None,
) -> tuple[Inspection, list[list[str]]]:
    """How the file is written, and its first data rows. What the caller states is not guessed.

    Raises Invalid when the file is no table or too wide.
    """
    encoding = known(encoding) if encoding else detect(path)
    found = Inspection("csv", encoding=encoding)
    lines = _first_lines(path, encoding, limits)
    if not any(line.strip("\r\n\t ,;") for line in lines):
        raise refuse("empty_file")
    skip = 0
    if stated := _SEP.match(lines[0].lstrip("\ufeff")):
        skip, delimiter = 1, delimiter or stated[1]
    body = lines[skip:]
    found.delimiter, found.quote, found.escape, found.skip_space = _dialect(body, delimiter, quote)
    rows, starts = _sample_rows(body, _format(found), skip, limits)
    if header_row is None:
        at, start = find_header(rows)
        found.header_row = rows[at][0] if at >= 0 else 0
        found.start = rows[start][0]
    else:
        if header_row < 0 or header_row > len(lines):
            raise refuse("no_such_header_row", value=header_row)
        found.header_row, found.start = header_row, max(header_row, skip + 1)
    table = [cells for line, cells in rows if line >= found.start] if found.start <= rows[-1][0] else []
    if not table:
        table = [next(csv.reader(lines[found.start - 1 : found.start], **_format(found)), [""])]
    widths = Counter(len(cells) for cells in table)
    usual = max(widths, key=lambda n: (widths[n], n))
    width = max(len(table[0]), usual if widths[usual] > len(table) * 0.8 else 0) if found.header_row else usual
    if width > limits.columns:
        raise refuse("too_many_columns", count=width, max=limits.columns)
    names = headings(table[0] if found.header_row else [], width)
    found.rows = _count_rows(path, lines, starts, found)
    data = table[1:] if found.header_row else table
    while (
        names
        and found.header_row
        and names[-1] == f"Column {len(names)}"
        and not any(len(r) >= len(names) and r[-1] for r in data)
    ):
        names.pop()  # a delimiter at the end of every line
    found.columns = [Column(i, name) for i, name in enumerate(names)]
    if any(UNDECODABLE in cell for row in table for cell in row):
        found.warnings.append("undecodable")
    return found, [_fit(row, len(names)) for row in data if any(row)]


def _first_lines(path: Path, encoding: str, limits: Limits) -> list[str]:
    lines: list[str] = []
    total = 0
    with _open(path, encoding) as stream:
        while total < _SAMPLE_CHARS and len(lines) < SAMPLE_LINES:
            line = stream.readline(limits.line)
            if not line:
                break
            if len(line) >= limits.line:
                raise refuse("line_too_long", max=limits.line)
            lines.append(line)
            total += len(line)
    return lines or [""]


def _count_rows(path: Path, first: list[str], starts: list[int], found: Inspection) -> int:
    """How many rows of data the file has: counted when it is small, else as many to a line as among the first ones, for a cell
    may hold several lines."""
    data = [line for line in starts if line >= found.start][1 if found.header_row else 0 :]
    total = _count_lines(path, first)
    # What was read may end within a row: its last quarter says nothing.
    sure = [line for line in data if line <= len(first) * 3 // 4]
    if total > len(first) and len(sure) > 1:
        return round((total - sure[0] + 1) * (len(sure) - 1) / (sure[-1] - sure[0]))
    return len(data)


def _count_lines(path: Path, first: list[str]) -> int:
    """How many lines the file has: counted when it is small, else estimated from the first ones."""
    size = path.stat().st_size
    if len(first) < SAMPLE_LINES and sum(map(len, first)) < _SAMPLE_CHARS:
        return len(first)
    with path.open("rb") as file:
        head = file.read(1 << 24)
    ends = max(head.count(b"\n"), head.count(b"\r"), 1)
    return ends if size <= len(head) else round(ends * size / len(head))


def _dialect(lines: list[str], delimiter: str, quote: str | None) -> tuple[str, str, str, bool]:
    """(delimiter, quote, escape, whether a space follows the delimiter) under which the lines look most like a table."""
    text = "".join(lines)
    delimiters = [delimiter] if delimiter else [d for d in DELIMITERS if d in text]
    if not delimiters:
        return ",", '"', "", False
    quotes = [quote] if quote is not None else ['"'] + (["'"] if re.search(r"(^|[,;\t|])'", text, re.MULTILINE) else [])
    best: tuple[float, str, str, str] = (0.0, delimiter or ",", quotes[0], "")
    for d in delimiters:
        for q in quotes:
            escapes = [""] + [e for e in "\\\0" if q and e + q in text]
            for e in escapes:
                score = _score(lines, d, q, e)
                if not delimiter and e == "\\" and re.search(rf'\\"(?!["\r\n]|{re.escape(d)})', text):
                    score *= 1.05  # no other way of writing has a quote behind it within a cell
                if score > best[0] + 1e-9:
                    best = (score, d, q, e)
    _, d, q, e = best
    if quote is None and '"' not in text:
        q = next((other for other in "'`" if _wrapped(lines, d, other)), q)
    plain = text.count(d)
    spaced = (
        plain > 0
        and d != " "
        and text.count(d + " ") + sum(line.rstrip("\r\n").endswith(d) for line in lines) >= plain * 0.6
    )
    quoted_after_space = bool(q) and f"{d} {q}" in text
    return d, q, e, spaced and (quoted_after_space or text.count(d + " ") >= plain * 0.95)


def _wrapped(lines: list[str], delimiter: str, quote: str) -> bool:
    """Whether nearly every cell stands between two of these signs."""
    cells = [c.strip() for line in lines[:100] for c in line.rstrip("\r\n").split(delimiter) if c.strip()]
    return sum(len(c) > 1 and c[0] == c[-1] == quote for c in cells) > len(cells) * 0.8


_CLEAN = re.compile(
    r"""\s*(?:
        [+-]?[$€£¥￥]?\s?\d[\d,.]*\s?[%万亿元]?            # numbers and money
      | \d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?(?:[T ]\d{1,2}:\d\d(?::\d\d)?.*)?   # dates
      | \d{1,2}:\d\d(?::\d\d)?
      | [^\s@]+@[^\s@]+\.\w+ | https?://\S+
      | [+(]?\d[\d() .-]{5,20}
      | [\w'’&().·/-]+(?:[ ][\w'’&().·/-]+){0,5}         # a few words
    )\s*""",
    re.VERBOSE,
)


def _score(lines: list[str], delimiter: str, quote: str, escape: str) -> float:
    """How much the lines look like a table under this dialect: even rows of many cells that each are one value."""
    rows: list[list[str]] = []
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=escape or None,
        skipinitialspace=delimiter != " ",
        strict=False,
    )
    try:
        for row in reader:
            if row and any(row):
                rows.append(row)
            if len(rows) >= 200:
                break
    except csv.Error:
        if not rows:
            return 0.0
    widths = Counter(len(r) for r in rows)
    wide = Counter({n: count for n, count in widths.items() if n > 1})
    if not wide:
        return 0.0
    width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
    even = count / len(rows)
    if widths[1] > 2 * count or (delimiter in _IN_TEXT and (width < 3 or even < 0.9)):
        return 0.0  # a list of names, or of addresses
    cells = [c for r in rows[:100] if len(r) == width for c in r]
    clean = sum(1 for c in cells if not c or _CLEAN.fullmatch(c)) / len(cells)
    # An escape or a quote must earn its place; spaces, colons and commas of another script stand in ordinary text, too.
    doubt = {" ": 0.55, ":": 0.5, "、": 0.7, "^": 0.9, "~": 0.9}.get(delimiter, 1.0) * (0.97 if quote == "'" else 1.0)
    return even**1.5 * (0.3 + clean) * (1 - 1 / (width + 0.5)) * doubt * (0.98 if escape else 1.0)


def _sample_rows(
    lines: list[str], how: _Format, skip: int, limits: Limits
) -> tuple[list[tuple[int, list[str]]], list[int]]:
    """The first rows with the numbers of their lines; and the numbers of those that cannot be read too."""
    widths: Counter[int] = Counter()
    reader = csv.reader(lines, strict=False, **how)
    while True:
        try:
            widths[len(next(reader))] += 1
        except StopIteration:
            break
        except csv.Error:
            continue
    width = max(widths, key=lambda n: (n > 1, widths[n], n))
    text = iter(lines)
    parsed = [p for p in _parse(lambda: next(text, ""), skip + 1, width, how, limits) if any(c.strip() for c in p[1])]
    rows = [(line, row) for line, row, problem in parsed if problem != "bad_quotes"]
    return rows or [(skip + 1, [""])], [line for line, _, _ in parsed]


# -- reading ---------------------------------------------------------------------------------------------------------


class _Swallowed(Exception):
    """A quoted cell goes on for longer than cells do."""


def batches(path: Path, inspection: Inspection, limits: Limits, size: int = 2_000, skip: int = 0) -> Iterator[Batch]:
    """The data rows, ``size`` at a time, after leaving out the first ``skip``."""
    width = inspection.width
    batch = Batch()
    for line, cells, problem in _records(path, inspection, limits):
        if skip:
            skip -= 1
            continue
        if problem:
            batch.bad.append(BadRow(line, problem, [c.replace(UNDECODABLE, "�") for c in cells]))
        elif len(cells) == width:
            batch.lines.append(line)
            batch.cells.append(cells)
        else:
            if len(cells) < width:
                batch.short.append(line)
            batch.lines.append(line)
            batch.cells.append(_fit(cells, width))
        if len(batch.lines) + len(batch.bad) >= size:
            yield batch
            batch = Batch()
    if len(batch):
        yield batch


def _odd(row: list[str], width: int) -> bool:
    """Whether a row of another width lacks cells or has more than empty ones."""
    return bool(row) and (len(row) < width or any(row[width:]))


def _fit(cells: list[str], width: int) -> list[str]:
    return cells[:width] if len(cells) >= width else cells + [""] * (width - len(cells))


def _records(path: Path, inspection: Inspection, limits: Limits) -> Iterator[tuple[int, list[str], str]]:
    """(line, cells, problem) of every data row that is not empty; problem is empty or a code."""
    with _open(path, inspection.encoding) as stream:
        for _ in range(inspection.start - 1):
            if not stream.readline(limits.line):
                return
        rows = _parse(
            partial(stream.readline, limits.line), inspection.start, inspection.width, _format(inspection), limits
        )
        heading = next(rows, (0, [""], ""))[1] if inspection.header_row else [""]
        heading[0] = heading[0].lstrip("\ufeff")
        for line, cells, problem in rows:
            if cells != heading or inspection.width < 2:  # said again on every page of a report
                yield line, cells, problem


def _parse(
    readline: Callable[[], str], line: int, width: int, how: _Format, limits: Limits
) -> Iterator[tuple[int, list[str], str]]:
    """(line, cells, problem) of every row that is not empty, for a table of ``width`` columns."""
    quote = how["quotechar"]
    lookahead = 1_000
    patience = 1_000  # how many rows may be looked at closely in vain
    pending: list[str] = []
    back: deque[str] = deque()

    def feed() -> Iterator[str]:
        while True:
            text = back.popleft() if back else readline()
            if not text:
                return
            pending.append(text)
            if len(pending) > lookahead:
                raise _Swallowed
            yield text

    # The limit is the module's, not the reader's; ours is the larger of the two whenever it was changed elsewhere.
    csv.field_size_limit(max(csv.field_size_limit(), limits.cell))
    reader = csv.reader(feed(), strict=bool(quote), **how)
    while True:
        problem = ""
        try:
            row = next(reader)
        except StopIteration:
            return
        except (_Swallowed, csv.Error):
            row = None
        at, used = line, len(pending)
        # A row of one line that follows the rules is never mended: what looks like a better reading would be a guess.
        if row is None or (used > 1 and quote and _odd(row, width)):
            mended, lines = _repair(pending, width, how) if patience else (None, 0)
            if mended is not None:
                row, used = mended, lines
            elif row is None:
                patience = max(patience - 1, 0)
                row, used, problem = _plain(pending[0], how), 1, "bad_quotes"
                lookahead = max(lookahead // 2, 8)
            back.extendleft(reversed(pending[used:]))
            reader = csv.reader(feed(), strict=bool(quote), **how)
        elif len(row) > width and used == 1 and len(pending[0]) >= limits.line:
            problem = "line_too_long"
        line += used
        pending.clear()
        if not row or not any(row):
            continue
        if len(row) != width and not problem:
            if len(row) == 1 and width > 2:
                problem = "too_few_cells"
            elif len(row) > width and any(row[width:]):
                problem = "too_many_cells"
        if not problem and sum(map(len, row)) > limits.cell and max(map(len, row)) > limits.cell:
            problem, row = "cell_too_long", [c[:200] for c in row]
        joined = "" if problem else "".join(row)
        if not joined.isascii() and UNDECODABLE in joined:
            problem = "undecodable"
        yield at, row, problem


def _repair(lines: list[str], width: int, how: _Format) -> tuple[list[str] | None, int]:
    """A row of the right width from the first lines when one quote is taken literally; (None, 0) if there is none.

    Tried are the first line alone, then as many lines as the row may have been meant to have.
    """
    quote = how["quotechar"]
    if not quote:
        return None, 0
    sloppy: tuple[list[str] | None, int] = (None, 0)
    for used in range(1, min(len(lines), 20) + 1):
        text = "".join(lines[:used])
        if len(text) > 1 << 16:
            break
        row = _lenient(text, how, -1)
        if row is not None and len(row) == width:
            return row, used
        places = [m.start() for m in re.finditer(re.escape(quote), text)]
        if len(places) <= 60:
            for place in places:
                row = _lenient(text, how, place)
                if row is not None and len(row) == width:
                    return row, used
        if used == 1 and row is not None and len(row) < width:
            sloppy = (row, 1)
    return sloppy if sloppy[0] is not None and len(lines) == 1 else (None, 0)


def _lenient(text: str, how: _Format, literal: int) -> list[str] | None:
    """Cells of one record: a quote opens only at the start of a cell and closes only at its end; others are literal.

    The quote at ``literal`` is an ordinary character. None when a cell is left open.
    """
    quote, delimiter = how["quotechar"] or "", how["delimiter"]
    text = text.rstrip("\r\n")
    cells: list[str] = []
    i, n = 0, len(text)
    while True:
        begins = n - len(text[i:].lstrip(" "))
        if how["skipinitialspace"] or text[begins : begins + 1] == quote:
            i = begins
        if i < n and text[i] == quote and i != literal:
            i += 1
            out: list[str] = []
            while True:
                j = text.find(quote, i)
                if j < 0:
                    return None
                out.append(text[i:j])
                follows = text[j + 1 : j + 2]
                ends = n - len(text[j + 1 :].lstrip(" "))  # blanks may stand between a quote and what ends the cell
                if j == literal:
                    out.append(quote)
                    i = j + 1
                elif follows == quote and j + 1 != literal:
                    out.append(quote)
                    i = j + 2
                elif text[ends : ends + 1] in ("", delimiter):
                    i = ends
                    break
                else:
                    out.append(quote)
                    i = j + 1
            cells.append("".join(out))
        else:
            j = text.find(delimiter, i)
            j = n if j < 0 else j
            cells.append(text[i:j])
            i = j
        if i >= n:
            return cells
        i += 1  # past the delimiter


def _plain(line: str, how: _Format) -> list[str]:
    """The cells of a line that no reading makes sense of, for the report."""
    return [cell.strip(how["quotechar"] or "") for cell in line.rstrip("\r\n").split(how["delimiter"])][:100]
