"""The sheets of an XLSX file, row by row: what nearly all writers write by pattern, whatever else by the parser.

Part of the reading process of workbooks: imports nothing but the standard library and its siblings there.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from guanxi.transfer.parts import (
    CHUNK,
    Blocks,
    Refused,
    Shared,
    elements,
    local,
    parser_of,
    part,
    plain_utf8,
    resolve,
    unescape,
)
from guanxi.transfer.serials import BUILTIN, PERCENT, PLAIN, kind_of, moment, number, percent

MERGES = 20_000
"""Merged cells that are looked at."""


def _styles(archive: zipfile.ZipFile, name: str) -> list[int]:
    own: dict[int, int] = {}
    kinds: list[int] = []
    inside = False
    for tag, attributes in elements(archive, name):
        if tag == "numFmt":
            own[int(attributes.get("numFmtId", "0"))] = kind_of(attributes.get("formatCode", ""))
        elif tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            wanted = int(attributes.get("numFmtId", "0"))
            kinds.append(own.get(wanted, BUILTIN.get(wanted, PLAIN)))
        elif tag in ("cellStyles", "dxfs"):
            inside = False
    return kinds


class Xlsx:
    """A workbook in the XML format."""

    def __init__(self, archive: zipfile.ZipFile, limits: dict[str, int]) -> None:
        self.archive, self.limits = archive, limits
        main = next(
            (
                a.get("Target", "")
                for t, a in elements(archive, "_rels/.rels")
                if a.get("Type", "").endswith("/officeDocument")
            ),
            "xl/workbook.xml",
        ).lstrip("/")
        folder = main.rpartition("/")[0]
        targets: dict[str, tuple[str, str]] = {}
        for tag, a in elements(archive, f"{folder}/_rels/{main.rpartition('/')[2]}.rels"):
            if tag == "Relationship" and a.get("TargetMode") != "External":
                target = a.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
                targets[a.get("Id", "")] = (path, a.get("Type", "").rpartition("/")[2])
        self.sheets: list[tuple[str, str, bool]] = []
        self.epoch_1904 = False
        for tag, a in elements(archive, main):
            if tag == "sheet":
                path, kind = targets.get(a.get("id", ""), ("", ""))
                if kind == "worksheet":
                    self.sheets.append((a.get("name", ""), path, a.get("state", "visible") == "visible"))
            elif tag == "workbookPr":
                self.epoch_1904 = a.get("date1904", "0") in ("1", "true")
        by_kind = {kind: path for path, kind in targets.values()}
        self.strings_path = by_kind.get("sharedStrings", "")
        self.kinds = _styles(archive, by_kind.get("styles", ""))
        self.strings: Shared | None = None

    def names(self) -> list[str]:
        """Names of the sheets, those that are shown first."""
        return [n for n, _, shown in self.sheets if shown] + [n for n, _, shown in self.sheets if not shown]

    def rows(self, name: str, emit: Callable[[int, list[str]], None], about: dict[str, Any]) -> None:
        """Every row of the sheet that has a value, in order: ``emit(row number from 1, cells)``."""
        path = next(path for n, path, _ in self.sheets if n == name)
        info = part(self.archive, path)
        if info is None:
            return
        if self.strings is None:
            self.strings = Shared(self.archive, self.strings_path, self.limits["cell"])
        merges = self._merges(info, about)
        sheet = _Sheet(self, self.strings, emit, merges, about)
        with self.archive.open(info) as stream:
            if plain_utf8(stream):
                blocks = Blocks(stream, "</row>")
                for text in blocks:
                    about["share"] = blocks.done / max(info.file_size, 1)
                    sheet.block(text)
            else:
                parser = sheet.parser()
                while chunk := stream.read(CHUNK):
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)

    def _merges(self, info: zipfile.ZipInfo, about: dict[str, Any]) -> dict[int, list[tuple[int, int]]]:
        """Cells merged downwards, by first row: (column, last row). They stand after the rows, so this is a pass of its own."""
        found: dict[int, list[tuple[int, int]]] = {}
        if info.file_size > 64 << 20:
            return found
        count, tail = 0, b""
        pattern = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?ref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')
        with self.archive.open(info) as stream:
            while chunk := stream.read(CHUNK):
                text = tail + chunk
                last = 0
                for m in pattern.finditer(text):
                    last = m.end()
                    first, end = int(m[2]), int(m[3])
                    if end > first:
                        found.setdefault(first, []).append((column_of(m[1].decode()), end))
                    count += 1
                tail = text[max(last, len(text) - 200) :]
                if count > MERGES:
                    break
        about["merged"] = max((end for cells in found.values() for _, end in cells), default=0)
        return found


_ROW = re.compile(r"<row([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
_CELL = re.compile(
    r"<c(?: r=\"([A-Z]{1,3})\d{1,7}\")?(?: s=\"(\d+)\")?(?: t=\"(\w+)\")?(?: [a-z]+=\"[^\"]*\")*"
    r"(?:/>|>(?:<f[^>]*(?:/>|>[^<]*</f>))?"
    r"(?:<v(?: xml:space=\"preserve\")?>([^<]*)</v>|<v/>|<is><t(?: xml:space=\"preserve\")?>([^<]*)</t></is>)?</c>)"
)
_UNRECKONED = re.compile(r"<c(?![^>]* t=\"str\")[^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>")
"""A formula without the value that it had; that of a text may be empty."""
_ROW_NUMBER = re.compile(r"\br=\"(\d{1,7})\"")
_DIMENSION = re.compile(r"<dimension ref=\"\$?[A-Z]{1,3}\$?\d+:\$?[A-Z]{1,3}\$?(\d{1,7})\"")


class _Sheet:
    """The rows of one sheet. Rows as nearly all writers write them are taken apart by pattern; any other by the parser."""

    def __init__(
        self,
        book: Xlsx,
        strings: Shared,
        emit: Callable[[int, list[str]], None],
        merges: dict[int, list[tuple[int, int]]],
        about: dict[str, Any],
    ) -> None:
        self.strings, self.kinds, self.epoch_1904 = strings, book.kinds, book.epoch_1904
        self.widest, self.longest = book.limits["columns"], book.limits["cell"]
        self.emit, self.merges, self.about = emit, merges, about
        self.number = 0
        self.columns: dict[str, int] = {}
        self.moments: dict[tuple[str, int], str] = {}
        self.filled: dict[int, tuple[str, int]] = {}
        self.seen_first = False

    def block(self, text: str) -> None:
        """Some whole rows, and before the first of them what a sheet begins with."""
        if not self.seen_first:
            self.seen_first = True
            at = text.find("<sheetData")
            if "<!DOCTYPE" in text[:at]:
                raise Refused("workbook_doctype")
            if at < 0 or ":row" in text[at : at + 200]:  # a prefix on every name: undo it, and go on as usual
                self.prefix = re.compile(r"(</?)\w+:")
            else:
                self.prefix = None
            m = _DIMENSION.search(text)
            self.about["last"] = int(m[1]) if m else 0
        if self.prefix is not None:
            text = self.prefix.sub(r"\1", text)
        if "<f" in text and _UNRECKONED.search(text):
            self.about["unreckoned"] = True
        for m in _ROW.finditer(text):
            attributes, body = m.groups()
            given = _ROW_NUMBER.search(attributes)
            self.number = int(given[1]) if given else self.number + 1
            if not body:
                continue
            found = _CELL.findall(body)
            if len(found) == body.count("<c ") + body.count("<c>") + body.count("<c/>"):
                self.row(found)
            else:
                self.parser().Parse(f'<row r="{self.number}">{body}</row>'.encode(), True)

    def row(self, found: list[tuple[str, str, str, str, str]]) -> None:
        """Cells as (column's letters, style, type, value, inline text)."""
        cells: list[str] = []
        columns, strings, kinds = self.columns, self.strings, self.kinds
        column = -1
        for letters, style, cell_type, value, inline in found:
            if letters:
                at = columns.get(letters)
                column = columns.setdefault(letters, column_of(letters)) if at is None else at
            else:
                column += 1
            if cell_type == "s":
                text = strings[int(value)] if value.isdecimal() else ""
            elif not cell_type or cell_type == "n":
                if not value:
                    continue
                kind = kinds[int(style)] if style and int(style) < len(kinds) else PLAIN
                text = number(value) if kind == PLAIN else self.formatted(value, kind)
            else:
                text = self.other(cell_type, resolve(value or inline))
            if not text:
                continue
            missing = column - len(cells)
            if missing == 0:
                cells.append(text)
            elif missing > 0:
                if column >= self.widest:
                    raise Refused("too_many_columns", count=column + 1, max=self.widest)
                cells.extend([""] * missing)
                cells.append(text)
            else:
                cells[column] = text
        if len(cells) > self.widest:
            raise Refused("too_many_columns", count=len(cells), max=self.widest)
        self.finish(cells)

    def formatted(self, value: str, kind: int) -> str:
        """A number as its format shows it: a date, a time, a percentage."""
        text = self.moments.get((value, kind))
        if text is None:
            text = percent(value) if kind == PERCENT else moment(value, kind, self.epoch_1904)
            if len(self.moments) >= 20_000:
                self.moments.clear()
            self.moments[value, kind] = text
        return text

    def other(self, cell_type: str, value: str) -> str:
        """The text of a cell that is neither a number nor a shared string."""
        if cell_type == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE" if value else ""
        if cell_type == "e":
            return ""
        if cell_type == "d":
            return value.replace("T", " ").removesuffix("Z").removesuffix(" 00:00:00")
        return unescape(value)[: self.longest + 1]

    def finish(self, cells: list[str]) -> None:
        """A row is complete: fill what is merged from above, and hand it on if there is anything in it."""
        row, filled = self.number, self.filled
        if row in self.merges:
            for at, last in self.merges[row]:
                if at < len(cells) and cells[at]:
                    filled[at] = (cells[at], last)
        elif filled:
            for at, (text, last) in list(filled.items()):
                if row > last:
                    del filled[at]
                elif cells and (at >= len(cells) or not cells[at]):
                    cells.extend([""] * (at + 1 - len(cells)))
                    cells[at] = text
        if cells:
            self.emit(row, cells)

    def parser(self) -> expat.XMLParserType:
        """A parser that reads rows of any shape."""
        parser = parser_of()
        found: list[tuple[str, str, str, str, str]] = []
        parts: list[str] = []
        cell = ("", "", "")
        taking = phonetic = False
        length = 0

        def start(tag: str, a: dict[str, str]) -> None:
            nonlocal cell, taking, phonetic, length
            name = local(tag)
            if name == "c":
                cell = (a.get("r", "").rstrip("0123456789"), a.get("s", ""), a.get("t", ""))
                parts.clear()
                length = 0
            elif name in ("v", "t"):
                taking = not phonetic
            elif name == "rPh":
                phonetic = True
            elif name == "row":
                self.number = int(a["r"]) if a.get("r", "").isdecimal() else self.number + 1
                found.clear()

        def data(text: str) -> None:
            nonlocal length
            if taking and length <= self.longest:
                parts.append(text)
                length += len(text)

        def finish(tag: str) -> None:
            nonlocal taking, phonetic
            name = local(tag)
            if name in ("v", "t"):
                taking = False
            elif name == "rPh":
                phonetic = False
            elif name == "c":
                # What is resolved here must not be resolved again.
                found.append((cell[0], cell[1], cell[2], "".join(parts).replace("&", "&amp;"), ""))
                if len(found) > self.widest:
                    raise Refused("too_many_columns", count=len(found), max=self.widest)
            elif name == "row":
                self.row(found)

        parser.StartElementHandler = start
        parser.EndElementHandler = finish
        parser.CharacterDataHandler = data
        return parser


def column_of(letters: str) -> int:
    """The index of a column by its letters."""
    n = 0
    for c in letters.lstrip("$").rstrip("$"):
        n = n * 26 + ord(c) - 64
        if n > 1 << 20:
            break
    return n - 1
