"""Days, moments and amounts as people write them, for what is read and not computed with: alerts, paper, texts of flows."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

_SIGNS = {
    "CNY": "¥", "JPY": "¥", "USD": "$", "HKD": "HK$", "TWD": "NT$", "SGD": "S$", "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "EUR": "€",
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
