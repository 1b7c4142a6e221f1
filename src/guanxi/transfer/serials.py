"""Numbers of spreadsheets as text: what a number format makes of them. A date is a count of days, a percentage a fraction.

Part of the reading process of workbooks: imports nothing but the standard library.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

PLAIN, DATE, DATETIME, TIME, ELAPSED, PERCENT = range(6)

BUILTIN = (
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


def percent(text: str) -> str:
    """A fraction as a percentage."""
    try:
        return number(repr(float(format(float(text) * 100, ".14g")))) + "%"
    except ValueError:
        return text
