"""Days, moments and currencies as people write them, for what is read and not computed with: alerts, paper."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

_SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$", "TWD": "NT$"}


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
