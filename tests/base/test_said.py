"""Amounts as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guanxi.base.said import amount, phone


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        (1280000, "CNY", "¥1,280,000"),
        (Decimal("1280000.5"), "EUR", "€1,280,000.50"),
        (Decimal("-3.00"), "USD", "-$3"),
        (12, "CHF", "CHF 12"),
        (500, "JPY", "JP¥500"),
        (1234, None, "1,234"),
    ],
)
def test_an_amount_has_its_currency(value: Decimal | int, currency: str | None, said: str) -> None:
    assert amount(value, currency) == said


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        ("+8613812345678", "+86 138 1234 5678", "138 1234 5678"),
        ("+861088886666;ext=8", "+86 10 8888 6666 ext. 8", "010 8888 6666 转 8"),
        ("+864008001234", "+86 400 800 1234", "400 800 1234"),
        ("+12065550174", "+1 206 555 0174", "+1 206 555 0174"),
        ("+85221234567", "+852 212 34 567", "+852 212 34 567"),
        ("12345 ask for Li", "12345 ask for Li", "12345 ask for Li"),
        ("138****5678", "138****5678", "138****5678"),
    ],
)
def test_a_phone_number_is_grouped_as_it_is_read_aloud(value: str, en: str, zh: str) -> None:
    assert (phone(value, "en"), phone(value, "zh")) == (en, zh)
