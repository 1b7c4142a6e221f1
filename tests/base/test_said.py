"""Amounts as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guanxi.base.said import amount


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        (1280000, "CNY", "¥1,280,000"),
        (Decimal("1280000.5"), "EUR", "€1,280,000.50"),
        (Decimal("-3.00"), "USD", "-$3"),
        (12, "CHF", "CHF 12"),
        (1234, None, "1,234"),
    ],
)
def test_an_amount_has_its_currency(value: Decimal | int, currency: str | None, said: str) -> None:
    assert amount(value, currency) == said
