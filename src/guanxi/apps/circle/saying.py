"""Days and amounts in words, in both languages: for alerts and for what is printed."""

from __future__ import annotations

from datetime import date
from typing import Any

from guanxi.base import Label, said
from guanxi.base.said import day

__all__ = ["amount", "day", "days_between", "labelled"]


def labelled(en: str, zh: str) -> Label:
    """A text in both languages."""
    return {"en": en, "zh": zh}


def amount(value: Any, currency: str | None, language: str) -> str:
    """An amount at a glance: ¥128.0 万, $1.28M."""
    number = float(value or 0)
    steps = ((1e8, " 亿", 2), (1e4, " 万", 1)) if language == "zh" else ((1e9, "B", 2), (1e6, "M", 2), (1e3, "K", 1))
    for size, unit, places in steps:
        if abs(number) >= size:
            return f"{said.sign(currency)}{number / size:,.{places}f}{unit}"
    return said.amount(number, currency)


def days_between(first: date, last: date, language: str) -> str:
    """A number of days: 3 days, 3 天."""
    n = (last - first).days
    return f"{n} 天" if language == "zh" else f"{n} day" if n == 1 else f"{n} days"
