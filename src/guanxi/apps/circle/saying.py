"""Days and amounts in words, in both languages: for alerts and for what is printed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.base import Label

SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$", "TWD": "NT$"}


def labelled(en: str, zh: str) -> Label:
    """A text in both languages."""
    return {"en": en, "zh": zh}


def day(value: Any, language: str, timezone: str = "UTC") -> str:
    """A day as people write it: 3 Mar 2026, 2026年3月3日. ``value`` is a date, a moment, or either as API text."""
    found: date
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    found = value.astimezone(ZoneInfo(timezone)).date() if isinstance(value, datetime) else value
    if language == "zh":
        return f"{found.year}年{found.month}月{found.day}日"
    return f"{found.day} {found:%b} {found.year}"


def amount(value: Any, currency: str | None, language: str) -> str:
    """An amount at a glance: ¥128.0 万, $1.28M."""
    sign = SIGNS.get(currency or "", f"{currency} " if currency else "")
    number = float(value or 0)
    steps = ((1e8, " 亿", 2), (1e4, " 万", 1)) if language == "zh" else ((1e9, "B", 2), (1e6, "M", 2), (1e3, "K", 1))
    for size, unit, places in steps:
        if abs(number) >= size:
            return f"{sign}{number / size:,.{places}f}{unit}"
    return f"{sign}{number:,.0f}" if number == int(number) else f"{sign}{number:,.2f}"


def days_between(first: date, last: date, language: str) -> str:
    """A number of days: 3 days, 3 天."""
    n = (last - first).days
    return f"{n} 天" if language == "zh" else f"{n} day" if n == 1 else f"{n} days"
