"""Days, moments, amounts and phone numbers as people write them, for what is read and not computed with: alerts, paper, texts of flows."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

_SIGNS = {
    "CNY": "¥", "JPY": "JP¥", "USD": "$", "HKD": "HK$", "TWD": "NT$", "SGD": "S$", "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "EUR": "€",
    "GBP": "£", "KRW": "₩", "INR": "₹", "RUB": "₽", "THB": "฿", "VND": "₫", "TRY": "₺", "ILS": "₪", "PHP": "₱", "UAH": "₴",
}  # fmt: skip


def day(value: Any, language: str, timezone: str = "UTC") -> str:
    """A day as people write it: 3 Mar 2026, 2026年3月3日. ``value`` is a date, a moment, or either as API text."""
    found: date
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    found = value.astimezone(ZoneInfo(timezone)).date() if isinstance(value, datetime) else value
    if language == "zh":
        return f"{found.year}年{found.month}月{found.day}日"
    return f"{found.day} {found:%b} {found.year}"


def moment(value: datetime, language: str, timezone: str) -> str:
    """A day and the time of it, by somebody's clock."""
    return f"{day(value, language, timezone)} {value.astimezone(ZoneInfo(timezone)):%H:%M}"


# Beside these there are 1 and 7, and all other codes of countries have three digits.
_COUNTRY_OF_TWO = re.compile(r"2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")


# Mobiles, hotlines, and numbers with an area code, before which a nought is dialled at home.
_CHINESE = [
    (re.compile(r"\+86(1\d{2})(\d{4})(\d{4})", re.ASCII), ""),
    (re.compile(r"\+86([48]00)(\d{3})(\d{4})", re.ASCII), ""),
    (re.compile(r"\+86(10|2\d|[3-9]\d{2})(\d{3,4})(\d{4})", re.ASCII), "0"),
]


def phone(value: str, language: str) -> str:
    """A number in international form as it is read aloud: 138 1234 5678 转 8, +1 206 555 0174. Others stay as they are."""
    number, _, extension = value.partition(";ext=")
    tail = (f" 转 {extension}" if language == "zh" else f" ext. {extension}") if extension else ""
    for pattern, trunk in _CHINESE:
        if found := pattern.fullmatch(number):
            return (trunk if language == "zh" else "+86 ") + " ".join(found.groups()) + tail
    if not re.fullmatch(r"\+\d{7,15}", number, re.ASCII):
        return value
    digits = number[1:]
    code = 1 if digits[0] in "17" else 2 if _COUNTRY_OF_TWO.match(digits) else 3
    groups, rest = [digits[:code]], digits[code:]
    while rest:
        take = len(rest) if len(rest) <= 4 else 2 if len(rest) == 5 else 3
        groups.append(rest[:take])
        rest = rest[take:]
    return f"+{' '.join(groups)}{tail}"


def sign(currency: str | None) -> str:
    """What stands before an amount of this currency."""
    return _SIGNS.get(currency or "", f"{currency} " if currency else "")


def grouped(value: Decimal | int) -> str:
    """A number in groups of three digits: 1,280,000.5."""
    return f"{value:,}"


def amount(value: Decimal | float, currency: str | None) -> str:
    """An amount with its currency: ¥1,280,000.50, -$3, CHF 12."""
    digits = f"{abs(value):,.0f}" if value == int(value) else f"{abs(value):,.2f}"
    return f"{'-' if value < 0 else ''}{sign(currency)}{digits}"
