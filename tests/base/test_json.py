from __future__ import annotations

import datetime as dt
import json as stdlib_json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.base import json


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**25), max_value=10**25))
def test_decimals_keep_their_digits(value: Decimal) -> None:
    assert json.loads(json.dumps({"v": value}), exact=True)["v"] == value
    assert Decimal(json.dumps(value).decode()) == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_what_goes_in_comes_out(value: object) -> None:
    assert json.loads(json.dumps(value)) == json.loads(json.dumps(value), exact=True) == value


def test_instants_are_utc_and_days_are_days() -> None:
    china = dt.timezone(dt.timedelta(hours=8))
    value = {"at": dt.datetime(2026, 3, 5, 10, tzinfo=china), "on": dt.date(2026, 3, 5), "raw": json.fragment(b"[1,2]")}
    assert stdlib_json.loads(json.dumps(value)) == {"at": "2026-03-05T02:00:00Z", "on": "2026-03-05", "raw": [1, 2]}


@pytest.mark.parametrize("value", [dt.datetime(2026, 3, 5), Decimal("NaN"), Decimal("Infinity"), object()])  # noqa: DTZ001
def test_what_json_cannot_say(value: object) -> None:
    with pytest.raises(TypeError):
        json.dumps({"v": value})


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", "{", "", "1e999999999.5", "0." + "1" * 300, "[" * 100_000, "1.0e5000"]
)
def test_what_is_no_json_of_ours(text: str) -> None:
    with pytest.raises(ValueError):
        json.loads(text, exact=True)


def test_exact_reads_bytes_with_a_mark() -> None:
    assert json.loads("\ufeff{}".encode(), exact=True) == {}
