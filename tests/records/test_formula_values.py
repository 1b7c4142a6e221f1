"""What formulas answer, held to a second evaluator in Python; and that no formula fails, whatever it reckons with."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.world import Desk

from guanxi.base.text import fold
from guanxi.records.compile import Compiler
from guanxi.records.formulas import Maker
from guanxi.schema.formula import understand
from guanxi.schema.formula.meaning import result_of
from guanxi.schema.model import Field
from guanxi.schema.types import type_of

Value = Any
EXACT = Context(prec=400)


async def answers(desk: Desk, texts: list[str]) -> list[Value]:
    """What PostgreSQL answers for formulas without fields."""
    c = Compiler(desk.as_())
    entity = c.catalog.object("account")
    parts: list[str] = []
    for text in texts:
        tree = understand(text, "account", c.catalog.see)
        f = Field("x", "formula", {}, config={"expression": text, "result": result_of(tree)})
        kind = type_of(f)
        parts.append(f"({Maker(c, False).result(tree, f, kind, entity, 't')})::{kind.column(f)}")
    row = await desk.connection.row(f"SELECT {', '.join(parts)}", c.args)
    return list(row or ())


# -- the second evaluator ----------------------------------------------------------------------------------------------
# Each strategy makes pairs of a formula and its value.


def lift(function: Callable[..., Value], *values: Value) -> Value:
    """Empty where something is empty."""
    return None if any(v is None for v in values) else function(*values)


def rounded(n: Decimal, digits: int) -> Decimal:
    return n.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, EXACT)


numbers = st.one_of(
    st.just(("empty + 0", None)),
    st.integers(0, 10**6).map(lambda n: (str(n), Decimal(n))),
    st.decimals(0, 10**12, places=3).map(lambda n: (format(n, "f"), n)),
)


def number_ops(inner: st.SearchStrategy[tuple[str, Value]]) -> st.SearchStrategy[tuple[str, Value]]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda p: (f"({p[0][0]} + {p[1][0]})", lift(EXACT.add, p[0][1], p[1][1]))),
        pair.map(lambda p: (f"({p[0][0]} - {p[1][0]})", lift(EXACT.subtract, p[0][1], p[1][1]))),
        pair.map(lambda p: (f"({p[0][0]} * {p[1][0]})", lift(EXACT.multiply, p[0][1], p[1][1]))),
        inner.map(lambda a: (f"abs({a[0]})", lift(abs, a[1]))),
        inner.map(lambda a: (f"(-{a[0]})", lift(EXACT.minus, a[1]))),
        inner.map(lambda a: (f"floor({a[0]})", lift(lambda x: Decimal(math.floor(x)), a[1]))),
        inner.map(lambda a: (f"ceil({a[0]})", lift(lambda x: Decimal(math.ceil(x)), a[1]))),
        inner.map(lambda a: (f"round({a[0]}, 1)", lift(lambda x: rounded(x, 1), a[1]))),
        pair.map(lambda p: (f"ifempty({p[0][0]}, {p[1][0]})", p[1][1] if p[0][1] is None else p[0][1])),
        pair.map(lambda p: (f"max({p[0][0]}, {p[1][0]})", max((v for _, v in p if v is not None), default=None))),
        pair.map(
            lambda p: (
                f"mod({p[0][0]}, {p[1][0]})",
                lift(lambda a, b: EXACT.remainder(a, b) if b else None, p[0][1], p[1][1]),
            )
        ),
    )


exact_numbers = st.recursive(numbers, number_ops, max_leaves=6)


def compare(p: tuple[tuple[str, Value], tuple[str, Value], str]) -> tuple[str, bool]:
    (a, x), (b, y), sign = p
    tests = {"=": x == y, "<>": x != y, "<": lambda: x < y, ">=": lambda: x >= y}
    found = tests[sign]
    return f"({a} {sign} {b})", False if x is None or y is None else bool(found() if callable(found) else found)


comparisons = st.tuples(exact_numbers, exact_numbers, st.sampled_from(["=", "<>", "<", ">="])).map(compare)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: (f"({p[0][0]} and {p[1][0]})", p[0][1] and p[1][1])),
        st.tuples(inner, inner).map(lambda p: (f"({p[0][0]} or {p[1][0]})", p[0][1] or p[1][1])),
        inner.map(lambda a: (f"(not {a[0]})", not a[1])),
    ),
    max_leaves=4,
)

letters = st.text("aBc é关系ＡＢ'\"%_\\0", max_size=8)
texts = letters.map(lambda t: ("'" + t.replace("'", "''") + "'", t or None)).filter(lambda t: t[1] is not None)
counts = st.integers(0, 6)


def text_ops(inner: st.SearchStrategy[tuple[str, Value]]) -> st.SearchStrategy[tuple[str, Value]]:
    return st.one_of(
        st.tuples(inner, inner).map(
            lambda p: (f"({p[0][0]} & {p[1][0]})", ((p[0][1] or "") + (p[1][1] or "")) or None)
        ),
        st.tuples(inner, counts).map(lambda p: (f"left({p[0][0]}, {p[1]})", (p[0][1] or "")[: p[1]] or None)),
        st.tuples(inner, counts).map(
            lambda p: (f"right({p[0][0]}, {p[1]})", (p[0][1] or "")[-p[1] :] or None if p[1] else None)
        ),
        st.tuples(inner, counts).map(lambda p: (f"mid({p[0][0]}, 2, {p[1]})", (p[0][1] or "")[1 : 1 + p[1]] or None)),
        st.tuples(inner, texts, texts).map(
            lambda p: (f"replace({p[0][0]}, {p[1][0]}, {p[2][0]})", (p[0][1] or "").replace(p[1][1], p[2][1]) or None)
        ),
    )


some_texts = st.recursive(texts, text_ops, max_leaves=5)
text_tests = st.one_of(
    st.tuples(some_texts, texts).map(
        lambda p: (f"contains({p[0][0]}, {p[1][0]})", p[0][1] is not None and fold(p[1][1]) in fold(p[0][1]))
    ),
    st.tuples(some_texts, texts).map(
        lambda p: (f"startswith({p[0][0]}, {p[1][0]})", p[0][1] is not None and fold(p[0][1]).startswith(fold(p[1][1])))
    ),
    st.tuples(some_texts, texts).map(
        lambda p: (f"find({p[0][0]}, {p[1][0]})", lift(lambda a: a.find(p[1][1]) + 1, p[0][1]))
    ),
    some_texts.map(lambda t: (f"len({t[0]})", len(t[1] or ""))),
)

days = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(lambda d: (f"date({d.year}, {d.month}, {d.day})", d))


def shifted(d: date, days: int) -> date | None:
    try:
        return d + timedelta(days)
    except OverflowError:
        return None


def months_later(d: date, n: int) -> date | None:
    year, month = divmod(d.year * 12 + d.month - 1 + n, 12)
    if not 1 <= year <= 9999:
        return None
    return date(year, month + 1, min(d.day, calendar.monthrange(year, month + 1)[1]))


def end_of_month(d: date) -> date:
    return d.replace(day=calendar.monthrange(d.year, d.month)[1])


def workdays(a: date, b: date) -> int:
    low, high = sorted((a, b))
    full, rest = divmod((high - low).days + 1, 7)
    n = full * 5 + sum((low.weekday() + i) % 7 < 5 for i in range(rest))
    return -n if b < a else n


shifts = st.integers(-4_000_000, 4_000_000)
day_values = st.one_of(
    st.tuples(days, shifts).map(
        lambda p: (f"{p[0][0]} + {p[1]}" if p[1] >= 0 else f"{p[0][0]} - {-p[1]}", shifted(p[0][1], p[1]))
    ),
    st.tuples(days, st.integers(-150_000, 150_000)).map(
        lambda p: (f"addmonths({p[0][0]}, {p[1]})", months_later(p[0][1], p[1]))
    ),
    days.map(lambda d: (f"startof({d[0]}, 'quarter')", d[1].replace(month=(d[1].month - 1) // 3 * 3 + 1, day=1))),
    days.map(lambda d: (f"endof({d[0]}, 'month')", end_of_month(d[1]))),
    st.tuples(days, days).map(lambda p: (f"{p[0][0]} - {p[1][0]}", (p[0][1] - p[1][1]).days)),
    st.tuples(days, days).map(lambda p: (f"workdays({p[0][0]}, {p[1][0]})", workdays(p[0][1], p[1][1]))),
    days.map(lambda d: (f"weekday({d[0]})", d[1].isoweekday())),
    days.map(lambda d: (f"month({d[0]}) + quarter({d[0]}) * 100", d[1].month + (d[1].month + 2) // 3 * 100)),
    st.tuples(st.integers(0, 10_001), st.integers(0, 14), st.integers(0, 33)).map(
        lambda p: (f"date({p[0]}, {p[1]}, {p[2]})", day_of(*p))
    ),
)


def day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def as_field(value: Value) -> Value:
    """A number as the field shows it: six digits, empty from 18 before the point on."""
    if not isinstance(value, Decimal):
        return value
    with localcontext(EXACT):
        found = rounded(value, 6)
    return None if abs(found) >= 10**18 else found


SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    "made",
    [exact_numbers, conditions, some_texts, text_tests, day_values],
    ids=["numbers", "conditions", "texts", "tests", "days"],
)
async def test_postgresql_and_the_second_evaluator_agree(
    desk: Desk, made: st.SearchStrategy[tuple[str, Value]]
) -> None:
    found: list[tuple[str, Value]] = []

    @SETTINGS
    @given(st.lists(made, min_size=1, max_size=10))
    def collect(pairs: list[tuple[str, Value]]) -> None:
        found.extend(pairs)

    collect()
    for at in range(0, len(found), 20):
        pairs = found[at : at + 20]
        for (text, wanted), answer in zip(pairs, await answers(desk, [t for t, _ in pairs]), strict=True):
            assert answer == as_field(wanted), text


WILD = [
    "1 / 0", "0 / 0", "mod(1, 0)", "10 ^ 400", "0 ^ -1", "(-8) ^ 0.5", "2 ^ 0.5", "(-2) ^ 3", "999999999999999999 * 999999999999999999",
    "sqrt(-1)", "number('12x')", "number('')", "date(2026, 2, 30)", "date(0, 1, 1)", "date(9999, 12, 31) + 1", "date(1, 1, 1) - 1",
    "todatetime(date(1, 1, 1)) - 5000000", "todatetime(date(9999, 12, 31)) + days(99999999999)", "addmonths(date(9999, 1, 1), 99)",
    "days(999999999999999999)", "left('abc', -5)", "mid('abc', -5, 100000000000)", "round(1.5, 400)",
    "endof(date(9999, 12, 31), 'year')", "replace('aaaa', 'a', 'bbbb') & text(1 / 3)", "months(date(1, 1, 1), date(9999, 12, 31))",
    "max(empty, empty)", "ifempty(empty, empty)", "if(empty = 1, 'a')", "text(days(3) + hours(30))", "weekday(empty)", "switch(1, 2, 'x')",
    "'\U0001f600' & upper('straße')", "indays(todatetime(date(9999, 1, 1)) - todatetime(date(1, 1, 1)))", "todate(todatetime(date(1, 1, 1)))",
]  # fmt: skip


@pytest.mark.parametrize("text", WILD)
async def test_no_formula_fails(desk: Desk, text: str) -> None:
    await answers(desk, [text])


async def test_what_grows_is_cut_and_never_fails(desk: Desk) -> None:
    grown = "999999999999999999"
    for _ in range(12):
        grown = f"({grown} * 999999999999999999)"
    text = "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'"
    for _ in range(8):
        text = f"replace({text}, 'x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')"
    assert await answers(desk, [grown, f"len({text})"]) == [None, 10_000]


async def test_values_that_people_know(desk: Desk) -> None:
    known = {
        "1 / 3 * 3 = 1": False, "round(2.5)": 3, "round(-2.5)": -3, "2 ^ 3 ^ 2": 512, "-2 ^ 2": -4, "10 - 4 - 3": 3, "not true or true": True,
        "1 + 2 & ''": "3", "'a' & empty & 'b'": "ab", "lower('ÄÖ')": "äö",
        "months(date(2026, 1, 31), date(2026, 2, 28))": 0, "months(date(2026, 1, 28), date(2026, 2, 28))": 1, "addmonths(date(2024, 2, 29), 12)": date(2025, 2, 28),
        "text(date(2026, 3, 5))": "2026-03-05", "text(hours(1) + minutes(5))": "1:05:00", "text(12.50)": "12.5", "（1 ＋ 2）× 3": 9, "number('12.5') + 1": Decimal("13.5"),
        "switch('b', 'a', 1, 'b', 2, 3)": 2, "ifs(false, 1, true, 2)": 2, "'x' in ('a', 'x')": True, "sqrt(16)": 4, "inhours(minutes(90))": Decimal("1.5"),
    }  # fmt: skip
    assert dict(zip(known, await answers(desk, list(known)), strict=True)) == known
