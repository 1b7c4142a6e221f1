"""Reads one sheet of a workbook in a process of its own and prints its rows: JSON, one batch on a line.

It is started without the rest of the program and holds itself to the limits that it is given, so that a workbook made to
unfold without end costs a refusal and not the server. XLSX is streamed: a row is forgotten as soon as it is printed, and
shared strings lie in a temporary file. The older binary formats are small and go through calamine.

Cells come as text that reads in one way only: numbers without grouping, dates as ISO, percentages with their sign,
formulas as the value that they had when the workbook was saved.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.parsers import expat

from guanxi.transfer.parts import Refused, check_zip
from guanxi.transfer.serials import ELAPSED, moment, number
from guanxi.transfer.xlsx import MERGES, Xlsx


class _Enough(Exception):
    """As many rows were read as were asked for."""


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
        for (r1, c1), (r2, _) in (sheet.merged_cell_ranges or [])[:MERGES]:
            if r2 > r1:
                about["merged"] = max(about.get("merged", 0), r2 + 1)
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


def main(request: str) -> int:
    """Print the sheets and the rows of the workbook that ``request`` (JSON) names."""
    ask = json.loads(request)
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
