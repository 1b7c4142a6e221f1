"""The parts of an XLSX file: its directory checked, its XML read without entities, its shared strings kept out of memory.

Part of the reading process of workbooks: imports nothing but the standard library.
"""

from __future__ import annotations

import codecs
import html
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

CHUNK = 1 << 18
_SHARED_MEMORY = 32 << 20
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Refused(Exception):
    """The workbook is not taken; ``code`` is a key of the messages."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


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


def parser_of() -> expat.XMLParserType:
    """A parser that refuses document types, and with them entities."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 1 << 16

    def doctype(*_: object) -> None:
        raise Refused("workbook_doctype")

    parser.StartDoctypeDeclHandler = doctype
    return parser


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def part(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    """The part of this name; some writers do not keep to its case, or separate folders as Windows does."""
    wanted = name.lower()
    return next((e for e in archive.infolist() if e.filename.replace("\\", "/").lower() == wanted), None)


def elements(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The start tags of a small part, by local names."""
    info = part(archive, name)
    if info is None:
        return
    if info.file_size > 64 << 20:
        raise Refused("workbook_too_large", reason=name)
    found: list[tuple[str, dict[str, str]]] = []
    parser = parser_of()

    def start(tag: str, attributes: dict[str, str]) -> None:
        found.append((local(tag), {local(k): v for k, v in attributes.items()}))
        if len(found) > 500_000:
            raise Refused("workbook_too_large", reason=name)

    parser.StartElementHandler = start
    parser.Parse(archive.read(info), True)
    yield from found


_STRING = re.compile(r"<si><t(?: xml:space=\"preserve\")?>([^<]*)</t></si>|<si><t/></si>")


class Blocks:
    """The text of a part in pieces that each end where an element of one name ends; the first also has what precedes it."""

    def __init__(self, stream: IO[bytes], end: str) -> None:
        self.stream, self.end = stream, end
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.rest = ""
        self.done = 0

    def __iter__(self) -> Iterator[str]:
        while chunk := self.stream.read(CHUNK):
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


def plain_utf8(stream: IO[bytes]) -> bool:
    """Whether a part is in UTF-8 and without a document type, by its beginning."""
    head = stream.read(4096)
    stream.seek(0)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise Refused("workbook_doctype")
    named = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9_-]+)", head.removeprefix(b"\xef\xbb\xbf"))
    return head[:2] not in (b"\xff\xfe", b"\xfe\xff") and (named is None or named[1].lower() in (b"utf-8", b"us-ascii"))


def resolve(text: str) -> str:
    """Character data with its references resolved."""
    return html.unescape(text) if "&" in text else text


class Shared:
    """The shared strings, read as far as they are asked for: in a temporary file, asked for mostly in order."""

    def __init__(self, archive: zipfile.ZipFile, name: str, cell: int) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(_SHARED_MEMORY)  # noqa: SIM115 - lives as long as this process
        self.offsets = array("Q", [0])
        self.cache: dict[int, str] = {}
        self.window, self.window_at = b"", 0
        self.cell = cell
        info = part(archive, name) if name else None
        self.more: Iterator[list[str]] = iter(()) if info is None else self._strings(archive, info)

    def _strings(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[list[str]]:
        with archive.open(info) as stream:
            if not plain_utf8(stream):
                yield self._parse(stream.read(64 << 20))
                return
            first = True
            for text in Blocks(stream, "</si>"):
                if first:
                    text, first = text[max(text.find("<si>"), 0) :], False
                strings = _STRING.findall(text)
                if len(strings) == text.count("<si"):
                    yield [resolve(t) for t in strings] if "&" in text else strings
                else:
                    yield self._parse(f"<sst>{text}</sst>".encode())

    def _parse(self, xml: bytes) -> list[str]:
        """Every string, those in several formats joined, without the reading aids of Japanese."""
        strings: list[str] = []
        parts: list[str] = []
        taking = phonetic = False

        def start(tag: str, _: dict[str, str]) -> None:
            nonlocal taking, phonetic
            tag = local(tag)
            if tag == "t":
                taking = not phonetic
            elif tag == "rPh":
                phonetic = True

        def data(text: str) -> None:
            if taking:
                parts.append(text)

        def finish(tag: str) -> None:
            nonlocal taking, phonetic
            tag = local(tag)
            if tag == "t":
                taking = False
            elif tag == "rPh":
                phonetic = False
            elif tag == "si":
                strings.append("".join(parts))
                parts.clear()

        parser = parser_of()
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
                text = unescape(text)
            raw = text[: self.cell + 1].encode("utf-8", "replace")
            self.file.write(raw)
            end += len(raw)
            self.offsets.append(end)


def unescape(text: str) -> str:
    """Characters that XML cannot hold, as the format writes them."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda m: "" if m[1].upper() == "000D" else chr(int(m[1], 16)), text)
