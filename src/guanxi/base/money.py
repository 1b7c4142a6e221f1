"""Amounts as people read them."""

from __future__ import annotations

from decimal import Decimal

SIGNS = {
    "CNY": "¥", "JPY": "¥", "USD": "$", "HKD": "$", "TWD": "$", "SGD": "$", "AUD": "$", "CAD": "$", "NZD": "$", "EUR": "€",
    "GBP": "£", "KRW": "₩", "INR": "₹", "RUB": "₽", "THB": "฿", "VND": "₫", "TRY": "₺", "ILS": "₪", "PHP": "₱", "UAH": "₴",
}  # fmt: skip
"""The signs that stand before amounts; other currencies are named by their code."""


def grouped(value: Decimal | int) -> str:
    """A number in groups of three digits: 1,280,000.5."""
    return f"{value:,}"


def amount(value: Decimal | int, currency: str | None) -> str:
    """An amount with its currency: ¥1,280,000.50, -$3, CHF 12."""
    whole = value == int(value)
    digits = f"{abs(value):,.0f}" if whole else f"{abs(value):,.2f}"
    sign = SIGNS.get(currency or "", f"{currency} " if currency else "")
    return f"{'-' if value < 0 else ''}{sign}{digits}"
