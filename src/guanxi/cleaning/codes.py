"""Numbers with a check digit: of organisations (GB 32100-2015) and of people (GB 11643-1999)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT = re.compile(rf"[{_SIGNS}]{{2}}[0-9]{{6}}[{_SIGNS}]{{10}}")
_VALUES = {sign: value for value, sign in enumerate(_SIGNS)}
_WEIGHTS = tuple(pow(3, at, 31) for at in range(17))
_IDENTITY = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)


def compact(text: str) -> str:
    """Plain capital letters and digits, without spaces and dashes."""
    return re.sub(r"[\s\-‐‑–—]+", "", unicodedata.normalize("NFKC", text)).upper()


def credit_code(text: str) -> str | None:
    """The unified social credit code that ``text`` is meant to be: 18 letters and digits, whether or not they check; else None."""
    code = compact(text)
    return code if re.fullmatch(r"[0-9A-Z]{18}", code) and re.match(r"[1-9ANY][0-9A-Z][0-9]{6}", code) else None


def credit_code_ok(text: str) -> bool:
    """Whether the text is a unified social credit code: its form, and the check digit modulo 31."""
    code = compact(text)
    if not _CREDIT.fullmatch(code):
        return False
    total = sum(_VALUES[sign] * weight for sign, weight in zip(code, _WEIGHTS, strict=False))
    return _SIGNS[-total % 31] == code[17]


def identity_ok(text: str) -> bool:
    """Whether the text is a number of an identity card (GB 11643-1999): 18 places, a day of birth that was, the check digit (ISO 7064 mod 11-2)."""
    number = compact(text)
    if not _IDENTITY.fullmatch(number):
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(number[:17]))
    return born.year >= 1850 and "10X98765432"[total % 11] == number[17]
