"""Reads one sheet of a workbook in a process of its own and prints its rows: JSON, one batch on a line.

It is started by path, imports nothing of ours and holds itself to the limits that it is given, so that a workbook made to
unfold without end costs a refusal and not the server. XLSX is streamed: a row is forgotten as soon as it is printed, and
shared strings lie in a temporary file. The older binary formats are small and go through calamine.

Cells come as text that reads in one way only: numbers without grouping, dates as ISO, percentages with their sign,
formulas as the value that they had when the workbook was saved.
"""

from __future__ import annotations

import codecs
import contextlib
import html
import json
import re
import resource
import sys
import tempfile
import zipfile
from array import array
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any
from xml.parsers import expat

_CHUNK = 1 << 18
_MERGES = 20_000
_SHARED_MEMORY = 32 << 20
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Refused(Exception):
    """The workbook is not taken; ``code`` is a key of the messages."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


class _Enough(Exception):
    """As many rows were read as were asked for."""


def check_zip(archive: zipfile.ZipFile, limits: dict[str, int]) -> None:
    """Refuse an archive by its directory alone, before anything is unfolded."""
    entries = archive.infolist()
    if len(entries) > limits["entries"]:
        raise Refused("workbook_too_large", reason=f"{len(entries)} parts")
    total = sum(e.file_size for e in entries)
    if total > limits["unfolded"]:
        raise Refused("workbook_too_large", reason=f"{total >> 20} MB")
    for e in entries:
        if e.flag_bits & 1:
            raise Refused("workbook_encrypted")
        if e.file_size > limits["ratio_from"] and e.file_size > limits["ratio"] * max(e.compress_size, 1):
            raise Refused("workbook_too_large", reason=f"1 : {e.file_size // max(e.compress_size, 1)}")


# -- XML -------------------------------------------------------------------------------------------------------------


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 1 << 16

    def doctype(*_: object) -> None:
        raise Refused("workbook_doctype")

    parser.StartDoctypeDeclHandler = doctype
    return parser


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _part(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    """The part of this name; some writers do not keep to its case, or separate folders as Windows does."""
    wanted = name.lower()
    return next((e for e in archive.infolist() if e.filename.replace("\\", "/").lower() == wanted), None)


def _elements(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The start tags of a small part, by local names."""
    info = _part(archive, name)
    if info is None:
        return
    if info.file_size > 64 << 20:
        raise Refused("workbook_too_large", reason=name)
    found: list[tuple[str, dict[str, str]]] = []
    parser = _parser()

    def start(tag: str, attributes: dict[str, str]) -> None:
        found.append((_local(tag), {_local(k): v for k, v in attributes.items()}))
        if len(found) > 500_000:
            raise Refused("workbook_too_large", reason=name)

    parser.StartElementHandler = start
    parser.Parse(archive.read(info), True)
    yield from found


_STRING = re.compile(r"<si><t(?: xml:space=\"preserve\")?>([^<]*)</t></si>|<si><t/></si>")


class _Blocks:
    """The text of a part in pieces that each end where an element of one name ends; the first also has what precedes it."""

    def __init__(self, stream: IO[bytes], end: str) -> None:
        self.stream, self.end = stream, end
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.rest = ""
        self.done = 0

    def __iter__(self) -> Iterator[str]:
        while chunk := self.stream.read(_CHUNK):
            self.done += len(chunk)
            text = self.rest + self.decoder.decode(chunk)
            cut = text.rfind(self.end)
            if cut < 0 and (prefixed := re.search(rf"</\w+:{self.end[2:]}", text)):
                self.end = prefixed[0]
                cut = text.rfind(self.end)
            if cut < 0:
                if len(text) > 16 << 20:
                    raise Refused("workbook_too_large", reason="> 16 MB")
                self.rest = text
                continue
            cut += len(self.end)
            self.rest, text = text[cut:], text[:cut]
            # Line ends as XML means them.
            yield text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _plain_utf8(stream: IO[bytes]) -> bool:
    """Whether a part is in UTF-8 and without a document type, by its beginning."""
    head = stream.read(4096)
    stream.seek(0)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise Refused("workbook_doctype")
    named = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9_-]+)", head.removeprefix(b"\xef\xbb\xbf"))
    return head[:2] not in (b"\xff\xfe", b"\xfe\xff") and (named is None or named[1].lower() in (b"utf-8", b"us-ascii"))


def _resolve(text: str) -> str:
    """Character data with its references resolved."""
    return html.unescape(text) if "&" in text else text


class _Shared:
    """The shared strings, read as far as they are asked for: in a temporary file, asked for mostly in order."""

    def __init__(self, archive: zipfile.ZipFile, name: str, cell: int) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(_SHARED_MEMORY)  # noqa: SIM115 - lives as long as this process
        self.offsets = array("Q", [0])
        self.cache: dict[int, str] = {}
        self.window, self.window_at = b"", 0
        self.cell = cell
        info = _part(archive, name) if name else None
        self.more: Iterator[list[str]] = iter(()) if info is None else self._strings(archive, info)

    def _strings(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[list[str]]:
        with archive.open(info) as stream:
            if not _plain_utf8(stream):
                yield self._parse(stream.read(64 << 20))
                return
            first = True
            for text in _Blocks(stream, "</si>"):
                if first:
                    text, first = text[max(text.find("<si>"), 0) :], False
                strings = _STRING.findall(text)
                if len(strings) == text.count("<si"):
                    yield [_resolve(t) for t in strings] if "&" in text else strings
                else:
                    yield self._parse(f"<sst>{text}</sst>".encode())

    def _parse(self, xml: bytes) -> list[str]:
        """Every string, those in several formats joined, without the reading aids of Japanese."""
        strings: list[str] = []
        parts: list[str] = []
        taking = phonetic = False

        def start(tag: str, _: dict[str, str]) -> None:
            nonlocal taking, phonetic
            tag = _local(tag)
            if tag == "t":
                taking = not phonetic
            elif tag == "rPh":
                phonetic = True

        def data(text: str) -> None:
            if taking:
                parts.append(text)

        def finish(tag: str) -> None:
            nonlocal taking, phonetic
            tag = _local(tag)
            if tag == "t":
                taking = False
            elif tag == "rPh":
                phonetic = False
            elif tag == "si":
                strings.append("".join(parts))
                parts.clear()

        parser = _parser()
        parser.StartElementHandler = start
        parser.EndElementHandler = finish
        parser.CharacterDataHandler = data
        parser.Parse(xml, True)
        return strings

    def __getitem__(self, index: int) -> str:
        text = self.cache.get(index)
        if text is not None:
            return text
        while index >= len(self.offsets) - 1:
            block = next(self.more, None)
            if block is None:
                return ""
            self._store(block)
        start, end = self.offsets[index], self.offsets[index + 1]
        at = self.window_at
        if start < at or end > at + len(self.window):
            self.file.seek(start)
            self.window, self.window_at = self.file.read(max(1 << 18, end - start)), start
            at = start
        text = self.window[start - at : end - at].decode()
        if len(self.cache) >= 50_000:
            self.cache.clear()
        if len(text) <= 200:
            self.cache[index] = text
        return text

    def _store(self, block: list[str]) -> None:
        end = self.offsets[-1]
        self.file.seek(end)
        for text in block:
            if "_x" in text:
                text = _unescape(text)
            raw = text[: self.cell + 1].encode("utf-8", "replace")
            self.file.write(raw)
            end += len(raw)
            self.offsets.append(end)


def _unescape(text: str) -> str:
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda m: "" if m[1].upper() == "000D" else chr(int(m[1], 16)), text)


# -- numbers and dates -----------------------------------------------------------------------------------------------

PLAIN, DATE, DATETIME, TIME, ELAPSED, PERCENT = range(6)

_BUILTIN = (
    {9: PERCENT, 10: PERCENT, 22: DATETIME, 46: ELAPSED}
    | dict.fromkeys((14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), DATE)
    | dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56), TIME)
)


def kind_of(code: str) -> int:
    """What a number format makes of a number."""
    code = code.partition(";")[0]
    if re.search(r"\[(h+|m+|s+)\]", code, re.IGNORECASE):
        return ELAPSED
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.', "", code).lower()
    if "general" in bare:
        return PLAIN
    if "%" in bare:
        return PERCENT
    if re.search(r"[0#?]", bare.replace("ss.0", "ss")):
        return PLAIN
    day, hour = re.search(r"[ydeg]", bare), re.search(r"[hs]", bare)
    if day or ("m" in bare and not hour):
        return DATETIME if hour else DATE
    return TIME if hour else PLAIN


def number(text: str) -> str:
    """A number as Excel means it: 15 digits, no exponent."""
    if text.isdecimal() and len(text) <= 15 and (text[0] != "0" or len(text) == 1):
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    short = format(value, ".15g")
    return format(Decimal(short), "f") if "e" in short and "n" not in short and abs(value) < 1e40 else short


def moment(text: str, kind: int, epoch_1904: bool) -> str:
    """The date, date and time, time or duration that a serial number stands for; the number when it stands for none."""
    try:
        serial = float(text)
    except ValueError:
        return text
    if kind == ELAPSED and 0 <= serial < 1e6:
        seconds = round(serial * 86_400)
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if not 0 <= serial < 2_958_466:
        return number(text)
    days, fraction = divmod(serial, 1)
    seconds = round(fraction * 86_400)
    if seconds == 86_400:
        days, seconds = days + 1, 0
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if kind == TIME and days == 0:
        return clock
    if epoch_1904:
        day = date(1904, 1, 1) + timedelta(days)
    else:  # Excel counts a 29 February 1900 that never was
        day = date(1899, 12, 30 if days >= 60 else 31) + timedelta(days)
    return f"{day.isoformat()} {clock}" if seconds or kind == DATETIME else day.isoformat()


def _styles(archive: zipfile.ZipFile, name: str) -> list[int]:
    own: dict[int, int] = {}
    kinds: list[int] = []
    inside = False
    for tag, attributes in _elements(archive, name):
        if tag == "numFmt":
            own[int(attributes.get("numFmtId", "0"))] = kind_of(attributes.get("formatCode", ""))
        elif tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            wanted = int(attributes.get("numFmtId", "0"))
            kinds.append(own.get(wanted, _BUILTIN.get(wanted, PLAIN)))
        elif tag in ("cellStyles", "dxfs"):
            inside = False
    return kinds


# -- XLSX ------------------------------------------------------------------------------------------------------------


class Xlsx:
    """A workbook in the XML format."""

    def __init__(self, archive: zipfile.ZipFile, limits: dict[str, int]) -> None:
        self.archive, self.limits = archive, limits
        main = next(
            (
                a.get("Target", "")
                for t, a in _elements(archive, "_rels/.rels")
                if a.get("Type", "").endswith("/officeDocument")
            ),
            "xl/workbook.xml",
        ).lstrip("/")
        folder = main.rpartition("/")[0]
        targets: dict[str, tuple[str, str]] = {}
        for tag, a in _elements(archive, f"{folder}/_rels/{main.rpartition('/')[2]}.rels"):
            if tag == "Relationship" and a.get("TargetMode") != "External":
                target = a.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
                targets[a.get("Id", "")] = (path, a.get("Type", "").rpartition("/")[2])
        self.sheets: list[tuple[str, str, bool]] = []
        self.epoch_1904 = False
        for tag, a in _elements(archive, main):
            if tag == "sheet":
                path, kind = targets.get(a.get("id", ""), ("", ""))
                if kind == "worksheet":
                    self.sheets.append((a.get("name", ""), path, a.get("state", "visible") == "visible"))
            elif tag == "workbookPr":
                self.epoch_1904 = a.get("date1904", "0") in ("1", "true")
        by_kind = {kind: path for path, kind in targets.values()}
        self.strings_path = by_kind.get("sharedStrings", "")
        self.kinds = _styles(archive, by_kind.get("styles", ""))
        self.strings: _Shared | None = None

    def names(self) -> list[str]:
        """Names of the sheets, those that are shown first."""
        return [n for n, _, shown in self.sheets if shown] + [n for n, _, shown in self.sheets if not shown]

    def rows(self, name: str, emit: Callable[[int, list[str]], None], about: dict[str, Any]) -> None:
        """Every row of the sheet that has a value, in order: ``emit(row number from 1, cells)``."""
        path = next(path for n, path, _ in self.sheets if n == name)
        info = _part(self.archive, path)
        if info is None:
            return
        if self.strings is None:
            self.strings = _Shared(self.archive, self.strings_path, self.limits["cell"])
        merges = self._merges(info, about)
        sheet = _Sheet(self, self.strings, emit, merges, about)
        with self.archive.open(info) as stream:
            if _plain_utf8(stream):
                blocks = _Blocks(stream, "</row>")
                for text in blocks:
                    about["share"] = blocks.done / max(info.file_size, 1)
                    sheet.block(text)
            else:
                parser = sheet.parser()
                while chunk := stream.read(_CHUNK):
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
            while chunk := stream.read(_CHUNK):
                text = tail + chunk
                last = 0
                for m in pattern.finditer(text):
                    last = m.end()
                    first, end = int(m[2]), int(m[3])
                    if end > first:
                        found.setdefault(first, []).append((_column(m[1].decode()), end))
                    count += 1
                tail = text[max(last, len(text) - 200) :]
                if count > _MERGES:
                    break
        about["merged"] = count
        return found


_ROW = re.compile(r"<row([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
_CELL = re.compile(
    r"<c(?: r=\"([A-Z]{1,3})\d{1,7}\")?(?: s=\"(\d+)\")?(?: t=\"(\w+)\")?(?: [a-z]+=\"[^\"]*\")*"
    r"(?:/>|>(?:<f[^>]*(?:/>|>[^<]*</f>))?"
    r"(?:<v(?: xml:space=\"preserve\")?>([^<]*)</v>|<v/>|<is><t(?: xml:space=\"preserve\")?>([^<]*)</t></is>)?</c>)"
)
_ROW_NUMBER = re.compile(r"\br=\"(\d{1,7})\"")
_DIMENSION = re.compile(r"<dimension ref=\"\$?[A-Z]{1,3}\$?\d+:\$?[A-Z]{1,3}\$?(\d{1,7})\"")


class _Sheet:
    """The rows of one sheet. Rows as nearly all writers write them are taken apart by pattern; any other by the parser."""

    def __init__(
        self,
        book: Xlsx,
        strings: _Shared,
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
                column = columns.setdefault(letters, _column(letters)) if at is None else at
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
                text = self.other(cell_type, _resolve(value or inline))
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
            text = _percent(value) if kind == PERCENT else moment(value, kind, self.epoch_1904)
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
        return _unescape(value)[: self.longest + 1]

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
        parser = _parser()
        found: list[tuple[str, str, str, str, str]] = []
        parts: list[str] = []
        cell = ("", "", "")
        taking = phonetic = False
        length = 0

        def start(tag: str, a: dict[str, str]) -> None:
            nonlocal cell, taking, phonetic, length
            name = _local(tag)
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
            name = _local(tag)
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


def _column(letters: str) -> int:
    n = 0
    for c in letters.lstrip("$").rstrip("$"):
        n = n * 26 + ord(c) - 64
        if n > 1 << 20:
            break
    return n - 1


def _percent(text: str) -> str:
    try:
        return number(repr(float(format(float(text) * 100, ".14g")))) + "%"
    except ValueError:
        return text


# -- the other formats -----------------------------------------------------------------------------------------------


def _text(value: object, epoch_1904: bool = False) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number(repr(value))
    if isinstance(value, datetime):
        value = value.replace(microsecond=0)
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return moment(repr(value.total_seconds() / 86_400), ELAPSED, epoch_1904)
    return ""


class Binary:
    """A workbook in a binary or the open document format."""

    def __init__(self, path: str, limits: dict[str, int]) -> None:
        import python_calamine as calamine  # only where it is needed: it is a third of this process

        self.limits = limits
        try:
            self.book = calamine.load_workbook(path)
        except calamine.PasswordError:
            raise Refused("workbook_encrypted") from None
        except calamine.CalamineError:
            raise Refused("not_a_table") from None
        shown = calamine.SheetVisibleEnum.Visible
        sheets = [m for m in self.book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
        self.sheets = [m.name for m in sheets if m.visible == shown] + [m.name for m in sheets if m.visible != shown]

    def names(self) -> list[str]:
        """Names of the sheets, those that are shown first."""
        return self.sheets

    def rows(self, name: str, emit: Callable[[int, list[str]], None], about: dict[str, Any]) -> None:
        """Every row of the sheet that has a value, in order."""
        sheet = self.book.get_sheet_by_name(name)
        if sheet.total_width > self.limits["columns"]:
            raise Refused("too_many_columns", count=sheet.total_width, max=self.limits["columns"])
        about["last"] = sheet.total_height
        top, left = sheet.start or (0, 0)
        merges: dict[int, list[tuple[int, int]]] = {}
        for (r1, c1), (r2, _) in (sheet.merged_cell_ranges or [])[:_MERGES]:
            about["merged"] = about.get("merged", 0) + 1
            if r2 > r1:
                merges.setdefault(r1, []).append((c1, r2))
        filled: dict[int, tuple[str, int]] = {}
        for i, values in enumerate(sheet.iter_rows()):
            cells = [""] * left + [_text(v) for v in values]
            row = top + i
            for at, (text, last) in list(filled.items()):
                if row > last:
                    del filled[at]
                elif at < len(cells) and not cells[at] and any(cells):
                    cells[at] = text
            for at, last in merges.get(row, ()):
                if at < len(cells) and cells[at]:
                    filled[at] = (cells[at], last)
            if any(cells):
                emit(row + 1, cells)


def _open(path: str, limits: dict[str, int]) -> Xlsx | Binary:
    with open(path, "rb") as file:
        magic = file.read(4)
    if magic != b"PK\x03\x04":
        return Binary(path, limits)
    try:
        archive = zipfile.ZipFile(path)
        names = {name.replace("\\", "/").lower() for name in archive.namelist()}
        check_zip(archive, limits)
        if "xl/workbook.bin" in names or "content.xml" in names:
            check_zip(archive, limits | {"unfolded": limits["memory"] // 4})
            return Binary(path, limits)
        if "[content_types].xml" not in names:
            raise Refused("not_a_table")
        return Xlsx(archive, limits)
    except zipfile.BadZipFile:
        raise Refused("workbook_broken") from None


def _chosen(names: list[str], wanted: str) -> str:
    if not names:
        raise Refused("empty_file")
    if wanted and wanted not in names:
        raise Refused("no_such_sheet", value=wanted)
    return wanted or names[0]


def main() -> int:
    """Print the sheets and the rows of the workbook that the first argument (JSON) names."""
    ask = json.loads(sys.argv[1])
    limits: dict[str, int] = ask["limits"]
    memory, seconds = limits["memory"], limits["seconds"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout

    def say(what: dict[str, Any]) -> None:
        out.write(json.dumps(what, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode())
        out.write("\n")

    lines: list[int] = []
    rows: list[list[str]] = []
    weight = count = 0
    about: dict[str, Any] = {}

    def emit(line: int, cells: list[str]) -> None:
        nonlocal weight, count
        lines.append(line)
        rows.append(cells)
        weight += 40 * len(cells) if len(cells) < 50 else sum(map(len, cells))
        count += 1
        if count >= ask["rows"] > 0:
            raise _Enough
        if len(lines) >= ask["batch"] or weight > 4 << 20:
            flush()

    def flush() -> None:
        nonlocal weight
        if lines:
            say({"lines": lines, "cells": rows})
            lines.clear()
            rows.clear()
            weight = 0

    try:
        book = _open(ask["path"], limits)
        names = book.names()
        wanted = ask["sheet"]
        chosen = _chosen(names, wanted)
        for name in [wanted] if wanted else names[:10]:
            with contextlib.suppress(_Enough):
                book.rows(name, emit, about)
            if count:
                chosen = name
                break
        flush()
        say({"sheets": names[:500], "sheet": chosen, "read": count, **about})
    except Refused as refused:
        say({"error": refused.code, "values": refused.values})
    except MemoryError:
        lines.clear()
        rows.clear()
        say({"error": "workbook_too_large", "values": {"reason": f"> {memory >> 20} MB"}})
    except (
        expat.ExpatError,
        zipfile.BadZipFile,
        EOFError,
        ValueError,
        KeyError,
        OSError,
        NotImplementedError,
    ) as error:
        say({"error": "workbook_broken", "values": {"reason": str(error)[:200]}})
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
