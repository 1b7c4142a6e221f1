"""What conditions compare with, and the SQL that they become."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.schema.model import Field
from guanxi.schema.types import TYPES, Bad, Env
from guanxi.schema.types.periods import UNITS, Period, add_months, read_period, shift, start_of

ME = "0190f3a0-0000-7000-8000-000000000001"
YOU = "0190f3a0-0000-7000-8000-000000000002"
ENV = Env(
    "zh", "Asia/Shanghai", "CNY", datetime(2026, 3, 4, 17, 30, tzinfo=UTC), me=ME, team=(ME, YOU)
)  # Thursday 5 March, 1:30
TODAY = date(2026, 3, 5)


def field(name: str) -> Field:
    return Field("x", name, {"en": "X"})


def sql(name: str, op: str, value: Any, env: Env = ENV) -> str:
    """The condition with its arguments printed in their places."""
    kind, f = TYPES[name], field(name)
    if op in ("in", "not_in"):
        operand: Any = [kind.operand(f, op, v, env) for v in value]
    elif op == "between":
        operand = tuple(kind.operand(f, op, v, env) for v in value)
    else:
        operand = kind.operand(f, op, value, env)
    return kind.condition(f, op, "x", operand, lambda v, cast: f"<{v}>::{cast}")


@pytest.mark.parametrize(
    ("macro", "start", "end"),
    [
        ("today", "2026-03-05", "2026-03-06"),
        ("yesterday", "2026-03-04", "2026-03-05"),
        ("tomorrow", "2026-03-06", "2026-03-07"),
        ("this_week", "2026-03-02", "2026-03-09"),
        ("last_week", "2026-02-23", "2026-03-02"),
        ("next_week", "2026-03-09", "2026-03-16"),
        ("this_month", "2026-03-01", "2026-04-01"),
        ("last_month", "2026-02-01", "2026-03-01"),
        ("next_month", "2026-04-01", "2026-05-01"),
        ("this_quarter", "2026-01-01", "2026-04-01"),
        ("last_quarter", "2025-10-01", "2026-01-01"),
        ("next_quarter", "2026-04-01", "2026-07-01"),
        ("this_year", "2026-01-01", "2027-01-01"),
        ("last_year", "2025-01-01", "2026-01-01"),
        ("next_year", "2027-01-01", "2028-01-01"),
        ({"last_days": 30}, "2026-02-03", "2026-03-06"),
        ({"last_days": 0}, "2026-03-05", "2026-03-06"),
        ({"next_days": 7}, "2026-03-05", "2026-03-13"),
        ({"last_months": 1}, "2026-02-05", "2026-03-06"),
        ({"ago_days": 3}, "2026-03-02", "2026-03-03"),
        ({"in_weeks": 1}, "2026-03-12", "2026-03-13"),
        ({"last_years": 1}, "2025-03-05", "2026-03-06"),
    ],
)
def test_periods(macro: Any, start: str, end: str) -> None:
    assert read_period(macro, TODAY) == Period(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    "macro", [{}, {"last_days": -1}, {"last_days": True}, {"last_days": "3"}, {"last_day": 3}, {"last_days": 1, "next_days": 1}, {"x": 1}, {1: 2}, {"last_years": 9999}]
)  # fmt: skip
def test_periods_that_are_none(macro: Any) -> None:
    with pytest.raises(Bad) as bad:
        read_period(macro, TODAY)
    assert bad.value.code == "bad_period"
    for name in ("", "this", "this_", "this_century", "_week", "2026-03-05"):
        assert read_period(name, TODAY) is None


@given(st.dates(date(1, 2, 1), date(9998, 1, 1)), st.sampled_from(UNITS))
def test_units_cover_the_calendar_without_gaps(day: date, unit: str) -> None:
    start = start_of(day, unit)
    assert start <= day < shift(start, unit, 1)
    assert start_of(start, unit) == start
    assert start_of(shift(start, unit, 1), unit) == shift(start, unit, 1)


def test_months_end_on_their_last_day() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 3, 31), -13) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("eq", "2026-03-05", "x = <2026-03-05>::date"),
        ("eq", "this_month", "(x >= <2026-03-01>::date AND x < <2026-04-01>::date)"),
        ("within", "this_month", "(x >= <2026-03-01>::date AND x < <2026-04-01>::date)"),
        ("within", ["2026-01-01", "2026-01-31"], "(x >= <2026-01-01>::date AND x < <2026-02-01>::date)"),
        ("ne", "this_month", "NOT (x >= <2026-03-01>::date AND x < <2026-04-01>::date)"),
        ("gt", "this_month", "x >= <2026-04-01>::date"),
        ("gte", "this_month", "x >= <2026-03-01>::date"),
        ("lt", "this_month", "x < <2026-03-01>::date"),
        ("lte", "this_month", "x < <2026-04-01>::date"),
        ("gt", "2026-03-05", "x > <2026-03-05>::date"),
        ("between", ["last_month", "2026-03-05"], "(x >= <2026-02-01>::date AND x <= <2026-03-05>::date)"),
        ("between", ["2026-01-01", "2026-01-31"], "x BETWEEN <2026-01-01>::date AND <2026-01-31>::date"),
        (
            "in",
            ["2026-03-05", "2026-03-07"],
            "(x = ANY(<[datetime.date(2026, 3, 5), datetime.date(2026, 3, 7)]>::date[]))",
        ),
        (
            "not_in",
            ["yesterday", "2026-03-05"],
            "NOT ((x >= <2026-03-04>::date AND x < <2026-03-05>::date) OR x = ANY(<[datetime.date(2026, 3, 5)]>::date[]))",
        ),
    ],
)
def test_days(op: str, value: Any, expected: str) -> None:
    assert sql("date", op, value) == expected


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        (
            "eq",
            "today",
            "(x >= <2026-03-04 16:00:00+00:00>::timestamptz AND x < <2026-03-05 16:00:00+00:00>::timestamptz)",
        ),
        (
            "eq",
            "2026-03-05",
            "(x >= <2026-03-04 16:00:00+00:00>::timestamptz AND x < <2026-03-05 16:00:00+00:00>::timestamptz)",
        ),
        ("gt", "2026-03-05", "x >= <2026-03-05 16:00:00+00:00>::timestamptz"),
        ("lte", "now", "x <= <2026-03-04 17:30:00+00:00>::timestamptz"),
        ("gt", "2026-03-05T10:00:00+08:00", "x > <2026-03-05 02:00:00+00:00>::timestamptz"),
        (
            "within",
            ["2026-01-01", "2026-01-31"],
            "(x >= <2025-12-31 16:00:00+00:00>::timestamptz AND x < <2026-01-31 16:00:00+00:00>::timestamptz)",
        ),
        (
            "between",
            ["2026-01-01", "2026-01-31"],
            "(x >= <2025-12-31 16:00:00+00:00>::timestamptz AND x < <2026-01-31 16:00:00+00:00>::timestamptz)",
        ),
    ],
)
def test_moments(op: str, value: Any, expected: str) -> None:
    assert sql("datetime", op, value) == expected


def test_a_day_is_as_long_as_the_clock_makes_it() -> None:
    env = replace(ENV, timezone="Europe/Berlin")
    assert sql("datetime", "eq", "2026-10-25", env) == (
        "(x >= <2026-10-24 22:00:00+00:00>::timestamptz AND x < <2026-10-25 23:00:00+00:00>::timestamptz)"
    )


@pytest.mark.parametrize(
    ("name", "op", "value"),
    [
        ("date", "eq", "soon"), ("date", "eq", ""), ("date", "within", ["2026-01-01"]), ("date", "eq", {"last_days": "x"}), ("date", "eq", 5),
        ("datetime", "eq", "2026-02-30"), ("datetime", "eq", {}), ("integer", "eq", "x"), ("integer", "eq", True), ("money", "gt", []),
        ("text", "eq", 5), ("text", "contains", "\0"), ("select", "eq", ""), ("select", "eq", "nope"), ("boolean", "eq", 1), ("user", "eq", "me"),
        ("link", "eq", {"match": {"a": 1}}), ("tags", "contains", ""), ("tags", "contains", ["a"]), ("links", "contains", "x"), ("json", "eq", 1),
        ("address", "contains", 5), ("reference", "eq", "x"), ("date", "eq", {"last_years": 9000}), ("datetime", "eq", "9999-12-31"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(name: str, op: str, value: Any) -> None:
    with pytest.raises(Bad):
        sql(name, op, value)


def test_texts_are_compared_as_they_are() -> None:
    assert sql("text", "eq", " a ") == "x = < a >::text"
    assert sql("text", "contains", "50%_\\") == "guanxi.fold(x) LIKE '%%' || guanxi.like(<50%_\\>::text) || '%%'"
    assert sql("text", "starts_with", "A") == "guanxi.fold(x) LIKE guanxi.like(<A>::text) || '%%'"
    assert sql("phone", "eq", "138 1234 5678") == "x = <+8613812345678>::text"
    assert sql("phone", "eq", "none") == "x = <none>::text"
    assert sql("phone", "contains", "138 1") == "guanxi.fold(x) LIKE '%%' || guanxi.like(<138 1>::text) || '%%'"
    assert sql("email", "in", ["A@B.cn"]) == "x = ANY(<['a@b.cn']>::text[])"


def test_users_stand_for_me_and_my_team() -> None:
    assert sql("user", "eq", "$me") == f"x = <{ME}>::uuid"
    assert sql("user", "eq", "$my_team") == f"x = ANY(<['{ME}', '{YOU}']>::uuid[])"
    assert sql("user", "ne", "$my_team") == f"x <> ALL(<['{ME}', '{YOU}']>::uuid[])"
    assert sql("user", "in", ["$my_team", "$me"]) == f"x = ANY(<['{ME}', '{YOU}', '{ME}']>::uuid[])"
    assert sql("user", "not_in", ["$me"]) == f"x <> ALL(<['{ME}']>::uuid[])"
    assert sql("user", "eq", "$my_team", replace(ENV, team=())) == "x = ANY(<[]>::uuid[])"


def test_lists_are_compared_as_sets() -> None:
    assert sql("tags", "contains", "vip") == "x @> ARRAY[<vip>::text]"
    assert sql("tags", "in", ["a", "b"]) == "(x && <['a', 'b']>::text[])"
    assert sql("tags", "not_in", ["a"]) == "NOT (x && <['a']>::text[])"
    assert sql("tags", "eq", ["b", "a"]) == "(x @> <['b', 'a']>::text[] AND x <@ <['b', 'a']>::text[])"
    assert sql("links", "ne", ME) == f"NOT (x @> <['{ME}']>::uuid[] AND x <@ <['{ME}']>::uuid[])"
    assert TYPES["tags"].empty_sql(field("tags"), "x") == "(x IS NULL OR x = '{}')"
    assert TYPES["text"].empty_sql(field("text"), "x") == "x IS NULL"


def test_defaults_that_move_with_time_and_user() -> None:
    for name, default, value in (
        ("date", "today", "2026-03-05"),
        ("date", {"in_days": 7}, "2026-03-12"),
        ("date", "2026-01-01", "2026-01-01"),
        ("datetime", "now", "2026-03-04T17:30:00Z"),
        ("datetime", "today", "2026-03-04T16:00:00Z"),
        ("user", "$me", ME),
        ("integer", 5, 5),
        ("date", None, None),
    ):
        assert TYPES[name].default(replace(field(name), default=default), ENV) == value
