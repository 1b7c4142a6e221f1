"""Any file as a table: what it is (by its content, whatever its name says), what its columns hold, and its rows."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from guanxi.base import FieldError, Invalid, TooLarge
from guanxi.transfer import csvfile, htmlfile, sheetfile, vcard
from guanxi.transfer.table import LIMITS, Batch, Column, Inspection, Limits, flatten, refuse, unguard

OPTIONS = ("encoding", "delimiter", "quote", "sheet", "header_row", "date_order", "language", "empty", "existing")
"""What a caller may state about a file, and when records are updated what empty cells do (``empty``) and whether what is
there is overwritten (``existing``)."""

_PREVIEW = 5
_SAMPLES = 5

# What a table is not, by the bytes that such files begin with.
_NOT_TABLES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"BZh",
    b"\x7fELF",
    b"MZ\x90",
    b"SQLite",
)


_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*"')


def kind_of(path: Path) -> str:
    """``csv``, ``vcard``, ``html``, ``xlsx``, ``xlsb``, ``ods`` or ``xls``; raises Invalid for what is no table."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as archive:
                names = {name.replace("\\", "/").lower() for name in archive.namelist()[:5_000]}
        except (zipfile.BadZipFile, NotImplementedError):
            raise refuse("workbook_broken", reason="zip") from None
        if "xl/workbook.bin" in names:
            return "xlsb"
        if "content.xml" in names and "mimetype" in names:
            return "ods"
        if "[content_types].xml" in names:
            return "xlsx"
        raise refuse("not_a_table")
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") or head[:4] in (b"\x09\x08\x10\x00", b"\x09\x08\x08\x00"):
        return "xls"
    if head.startswith(_NOT_TABLES) or _JSON.match(head):
        raise refuse("not_a_table")
    if vcard.is_card(head):
        return "vcard"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<head", b"<meta")):
        return "html"
    return "csv"


def options_of(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The stated options, checked; raises Invalid naming all that cannot be used."""
    errors: list[FieldError] = []
    options: dict[str, Any] = {}
    for name, value in (given or {}).items():
        if name not in OPTIONS:
            errors.append(FieldError(f"options.{name}", "unknown_parameter"))
        elif value is None or value == "":
            continue
        elif name == "header_row":
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_000_000:
                errors.append(FieldError("options.header_row", "wrong_type", {"expected": "0 … 1000000"}))
            options[name] = value
        elif not isinstance(value, str) or len(value) > 255:
            errors.append(FieldError(f"options.{name}", "wrong_type", {"expected": "a text"}))
        elif name in ("delimiter", "quote") and len(value) != 1:
            errors.append(FieldError(f"options.{name}", "wrong_type", {"expected": "a character"}))
        elif name == "date_order" and value not in ("ymd", "dmy", "mdy"):
            errors.append(FieldError("options.date_order", "not_an_option", {"value": value}))
        elif name == "empty" and value not in ("keep", "clear"):
            errors.append(FieldError("options.empty", "not_an_option", {"value": value}))
        elif name == "existing" and value not in ("overwrite", "fill"):
            errors.append(FieldError("options.existing", "not_an_option", {"value": value}))
        elif name == "language" and value not in ("en", "zh"):
            errors.append(FieldError("options.language", "not_an_option", {"value": value}))
        else:
            options[name] = value
    if errors:
        raise Invalid(errors=errors)
    return options


def inspect(path: Path, options: Mapping[str, Any] | None = None, limits: Limits = LIMITS) -> Inspection:
    """What the file is and holds. Blocking: run it in a thread. Raises Invalid for what is not taken."""
    stated = options_of(options)
    size = path.stat().st_size
    if size > limits.file:
        raise TooLarge(limit=f"{limits.file >> 20} MB")
    if size == 0:
        raise refuse("empty_file")
    kind = kind_of(path)
    if kind == "csv":
        found, data = csvfile.inspect(
            path,
            limits,
            encoding=stated.get("encoding", ""),
            delimiter=stated.get("delimiter", ""),
            quote=stated.get("quote"),
            header_row=stated.get("header_row"),
        )
    elif kind == "vcard":
        found, data = vcard.inspect(path, limits, encoding=stated.get("encoding", ""))
    elif kind == "html":
        found, data = htmlfile.inspect(
            path, limits, encoding=stated.get("encoding", ""), header_row=stated.get("header_row")
        )
    else:
        found, data = sheetfile.inspect(
            path, limits, kind, sheet=stated.get("sheet", ""), header_row=stated.get("header_row")
        )
    data = [[unguard(cell) for cell in row] for row in data]  # as the run will read them
    for column in found.columns:
        _describe(column, [row[column.index].strip() for row in data])
    found.date_order = stated.get("date_order", "") or _date_order(found.columns, data)
    found.preview = [[cell[:200] for cell in row[:200]] for row in data[:_PREVIEW]]
    return found


def batches(
    path: Path, inspection: Inspection, limits: Limits = LIMITS, size: int = 2_000, skip: int = 0
) -> Iterator[Batch]:
    """The data rows, ``size`` at a time, after leaving out the first ``skip``. Blocking; streams in constant memory."""
    if inspection.format == "csv":
        return csvfile.batches(path, inspection, limits, size, skip)
    if inspection.format == "vcard":
        return vcard.batches(path, inspection, limits, size, skip)
    if inspection.format == "html":
        return htmlfile.batches(path, inspection, limits, size, skip)
    return sheetfile.batches(path, inspection, limits, size, skip)


def rows(path: Path, inspection: Inspection, limits: Limits = LIMITS) -> Iterator[tuple[int, list[str]]]:
    """Every good data row: (line, cells). What cannot be read as a row is left out; :func:`batches` reports it."""
    return flatten(batches(path, inspection, limits))


# -- what a column holds ---------------------------------------------------------------------------------------------

_DATE = re.compile(r"(?:(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{1,2})[-/.](\d{1,2})[-/.](\d{2}|\d{4}))")
_TIME = re.compile(r"[ T]\s?\d{1,2}[:时]\d{1,2}")
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("integer", re.compile(r"[+-]?\d{1,15}")),
    (
        "decimal",
        re.compile(r"[+-]?\d{1,3}(?:,\d{3})*(?:\.\d+)?|[+-]?\d*\.\d+|[+-]?\d+,\d+|\d+\s?[人名个家件台套次年+]?"),
    ),
    ("percent", re.compile(r"[+-]?\d+(?:[.,]\d+)?\s?[%％]")),
    (
        "money",
        re.compile(
            r"[+-]?\s?(?:[$€£¥￥]|US\$|RMB|CNY|USD|EUR)?\s?[+-]?\d[\d,.]*\s?(?:[万亿]?[元美欧]?元?|[$€£]|RMB|CNY|USD|EUR)",
            re.IGNORECASE,
        ),
    ),
    ("email", re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")),
    (
        "url",
        re.compile(
            r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)*\.(?:com|cn|net|org|io|de|co|eu|uk|fr)(?:/\S*)?", re.IGNORECASE
        ),
    ),
    (
        "phone",
        re.compile(r"(?=(?:\D*\d){7})[+(（]?\d[\d ()（）./-]{5,22}(?:(?:x|ext\.?|转)\s?\d{1,6})?", re.IGNORECASE),
    ),
)
_AMOUNT = re.compile(r"[^\d,.]{0,6}(\d[\d., '\u00a0\u202f]*)[^\d,.]{0,6}")
_DECIMALS = re.compile(r"^[^.,]*([.,])(?!\d{3}$)\d+$|\.[^,]*(,)\d+$|,[^.]*(\.)\d+$")
"""What is a decimal sign whatever language the number is written in."""
_YES = frozenset(
    (
        "true",
        "false",
        "yes",
        "no",
        "y",
        "n",
        "t",
        "f",
        "on",
        "off",
        "是",
        "否",
        "真",
        "假",
        "对",
        "错",
        "有",
        "无",
        "√",
        "×",
        "✓",
    )
)


def _describe(column: Column, values: list[str]) -> None:
    """Fill in samples, the guessed type and how much is empty."""
    filled = [v for v in values if v]
    column.empty = 1 - len(filled) / len(values) if values else 0.0
    column.samples = [v[:200] for v in dict.fromkeys(filled)][:_SAMPLES]
    column.type = _guess(filled)
    column.decimal_comma = _decimal_comma(filled)


def _decimal_comma(values: list[str]) -> bool:
    """Whether these are numbers of which some can only have a decimal comma, and none a point."""
    digits = [m[1].rstrip() for v in values if (m := _AMOUNT.fullmatch(v))]
    told = {next(filter(None, m.groups())) for d in digits if (m := _DECIMALS.search(d))}
    return told == {","} and len(digits) >= len(values) * 0.9


def _guess(values: list[str]) -> str:
    if not values:
        return "text"
    need = len(values) * 0.9
    distinct = {v.casefold() for v in values}
    if len(distinct) <= 2 and distinct <= _YES:
        return "boolean"
    # A bare run of eleven or more digits, or one with a leading zero, is a number to call, not to add up.
    digits = [v for v in values if v.isdecimal()]
    if len(digits) >= need and sum(len(v) >= 11 or (v[0] == "0" and len(v) > 1) for v in digits) >= need:
        return "phone" if all(7 <= len(v) <= 15 for v in digits) else "text"
    dates = [v for v in values if _DATE.match(v)]
    if len(dates) >= need:
        return "datetime" if sum(1 for v in dates if _TIME.search(v)) >= need else "date"
    for kind, pattern in _KINDS:
        if sum(1 for v in values if pattern.fullmatch(v)) >= need:
            return kind
    if any("\n" in v or len(v) > 255 for v in values):
        return "longtext"
    if len(values) >= 20 and len(distinct) <= max(12, len(values) // 20) and max(map(len, values)) <= 40:
        return "select"
    return "text"


def _date_order(columns: list[Column], data: list[list[str]]) -> str:
    """The order of day, month and year that the dates of the file allow, when they allow only one."""
    first = second = short = 0
    for column in columns:
        if column.type not in ("date", "datetime"):
            continue
        for row in data:
            m = _DATE.match(row[column.index].strip())
            if m and m[4]:
                short += 1
                first, second = max(first, int(m[4])), max(second, int(m[5]))
    if not short:
        return ""
    if first > 31:
        return "ymd"
    if first > 12:
        return "dmy"
    return "mdy" if second > 12 else ""
