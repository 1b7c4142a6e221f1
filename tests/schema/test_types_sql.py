"""The types in PostgreSQL: what is stored comes back, JSON shows it, conditions find it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from guanxi.base import fold, json
from guanxi.pg import Database
from guanxi.schema.model import Field, Option
from guanxi.schema.types import TYPES, Env
from guanxi.schema.types.text import plain

ENV = Env(
    "zh", "Asia/Shanghai", "CNY", datetime(2026, 3, 5, 1, 30, tzinfo=UTC), me="0190f3a0-0000-7000-8000-000000000001"
)
OPTIONS = tuple(Option(name, {"en": name}) for name in ("gold", "silver", "bronze", "it's 100%", "华东"))
NAMES = [name for name in TYPES if TYPES[name].readable]


def field(name: str) -> Field:
    options = OPTIONS if name in ("select", "multiselect", "stage", "pipeline") else ()
    return Field("x", name, {"en": "X"}, options=options)


class Table:
    """A table with one column of a type, filled with examples (one of them null)."""

    def __init__(self, name: str) -> None:
        self.kind, self.field = TYPES[name], field(name)
        rng = random.Random(11)
        self.values: list[Any] = [
            self.kind.parse(self.field, self.kind.example(self.field, rng), ENV) for _ in range(30)
        ]
        self.values.append(None)

    def sent(self, value: Any) -> Any:
        return json.dumps(value).decode() if self.kind.sql == "jsonb" and value is not None else value

    async def fill(self, db: Any) -> None:
        await db.execute(f"CREATE TEMP TABLE t (n int, x {self.kind.ddl(self.field)})")
        for n, value in enumerate(self.values):
            cast = self.kind.column(self.field)
            await db.execute(f"INSERT INTO t VALUES (%(n)s, %(v)s::{cast})", {"n": n, "v": self.sent(value)})

    async def found(self, db: Any, op: str, value: Any) -> set[int]:
        """The rows for which the condition is true."""
        arguments: dict[str, Any] = {}

        def bind(one: Any, cast: str) -> str:
            arguments[f"a{len(arguments)}"] = one
            return f"%(a{len(arguments) - 1})s::{cast}"

        test = self.kind.condition(self.field, op, "t.x", value, bind)
        return {row[0] for row in await db.fetch(f"SELECT n FROM t WHERE {test}", arguments)}

    def expected(self, test: Any) -> set[int]:
        return {n for n, value in enumerate(self.values) if value is not None and test(value)}


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_stored_comes_back_and_is_shown(name: str, database: Database) -> None:
    table = Table(name)
    kind, f = table.kind, table.field
    async with database.transaction() as db:
        await table.fill(db)
        column = "t.x"
        rows = await db.fetch(
            f"SELECT x, json_build_object('x', {kind.json_sql(f, column)}), {kind.empty_sql(f, column)} FROM t ORDER BY n"
        )
        for value, (stored, shown, empty) in zip(table.values, rows, strict=True):
            assert kind.same(stored, value)
            assert empty is (value is None)
            printed = json.loads(shown)["x"]
            if value is None:
                assert printed in (None, [])
            elif name == "datetime":
                assert datetime.fromisoformat(printed) == value
            else:
                assert printed == json.loads(json.dumps(kind.dump(f, value)))
        if kind.sortable:
            order = [
                row[0] for row in await db.fetch(f"SELECT n FROM t ORDER BY {kind.sort_sql(f, column)} NULLS LAST, n")
            ]
            place: dict[str, Any] = {option.name: i for i, option in enumerate(OPTIONS)}
            if name == "person":  # by pinyin, which is the order of GB 18030 for the names of the examples
                place = {v: v.lower().encode("gb18030") for v in table.values if v is not None}
            numbers = sorted(
                range(len(table.values) - 1),
                key=lambda n: (place.get(v, v) if isinstance(v := table.values[n], str) else v, n),
            )
            assert order == [*numbers, len(table.values) - 1]


COMPARES = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


@pytest.mark.parametrize("name", [n for n in NAMES if not TYPES[n].many and TYPES[n].sql != "jsonb"])
async def test_conditions_on_single_values(name: str, database: Database) -> None:
    table = Table(name)
    kind = table.kind
    a, b, c = table.values[0], table.values[1], table.values[2]
    async with database.transaction() as db:
        await table.fill(db)
        for op, test in COMPARES.items():
            if op in kind.operators:
                assert await table.found(db, op, a) == table.expected(lambda v, test=test: test(v, a)), op
        if "in" in kind.operators:
            assert await table.found(db, "in", [a, b]) == table.expected(lambda v: v in (a, b))
            assert await table.found(db, "not_in", [a, b]) == table.expected(lambda v: v not in (a, b))
            assert await table.found(db, "in", []) == set()
            assert await table.found(db, "not_in", []) == table.expected(lambda _: True)
        if "between" in kind.operators:
            low, high = sorted((b, c))
            assert await table.found(db, "between", (low, high)) == table.expected(lambda v: low <= v <= high)
        if "contains" in kind.operators:
            for part in (a[1:4], a[:2].upper(), "%", "_", "\\", "ａ"):
                assert await table.found(db, "contains", part) == table.expected(
                    lambda v, part=part: fold(part) in fold(plain(v) if name == "richtext" else v)
                )
                if "starts_with" in kind.operators:
                    assert await table.found(db, "starts_with", part) == table.expected(
                        lambda v, part=part: fold(v).startswith(fold(part))
                    )


MARKUP = [
    "<p>Kick-off <strong>strong</strong>ly</p><p>next</p>",
    '<a href="https://x.example/?p=strong" title="a > b, strong">link</a> after',
    "Tom &amp;amp; Jerry &lt;p&gt; 5 > 3",
    "<ul><li>one</li><li>two</li></ul><br>three<hr>four",
    "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>",
    '<img src="https://x.example/p.png" alt="picture">',
    "a\u00a0b   c\n\td &copy; &quot;q&quot; 中文，<em>强调</em>",
    "<h1>H</h1><blockquote>q</blockquote><pre>x  y</pre><code>if (a<b) { p }</code>",
    "no tags at all < or > here",
]


async def test_formatted_text_is_its_words(database: Database) -> None:
    """The database reads formatted text as the search index does, and finds no names of tags and no addresses."""
    kind, f = TYPES["richtext"], field("richtext")
    stored = [kind.parse(f, m, ENV) for m in MARKUP]
    table = Table("richtext")
    table.values = stored
    async with database.transaction() as db:
        await table.fill(db)
        rows = await db.fetch("SELECT guanxi.plain(x) FROM t ORDER BY n")
        assert [r[0] for r in rows] == [plain(s) for s in stored]
        assert await table.found(db, "contains", "strong") == {0}
        assert await table.found(db, "contains", "strongly next") == {0}
        for part in ("href", "x.example", "<p", "&amp;", "td"):
            assert await table.found(db, "contains", part) == table.expected(lambda v, p=part: p in plain(v)), part


@pytest.mark.parametrize("name", [n for n in NAMES if TYPES[n].many])
async def test_conditions_on_lists(name: str, database: Database) -> None:
    table = Table(name)
    a, b = next(v for v in table.values if v and len(v) > 1)[:2]
    async with database.transaction() as db:
        await table.fill(db)
        assert await table.found(db, "contains", a) == table.expected(lambda v: a in v)
        assert await table.found(db, "in", [a, b]) == table.expected(lambda v: {a, b} & set(v))
        assert await table.found(db, "not_in", [a, b]) == table.expected(lambda v: not {a, b} & set(v))
        assert await table.found(db, "eq", [b, a]) == table.expected(lambda v: {a, b} == set(v))
        assert await table.found(db, "ne", [b, a]) == table.expected(lambda v: {a, b} != set(v))


@pytest.mark.parametrize("name", ["date", "datetime"])
async def test_conditions_on_periods(name: str, database: Database) -> None:
    table = Table(name)
    kind, f = table.kind, table.field
    async with database.transaction() as db:
        await table.fill(db)
        for macro in ("this_year", "last_month", {"last_days": 200}, "today"):
            period = kind.operand(f, "within", macro, ENV)

            def inside(v: Any, period: Any = period) -> bool:
                return period.start <= v < period.end

            assert (
                await table.found(db, "within", period) == await table.found(db, "eq", period) == table.expected(inside)
            )
            assert await table.found(db, "ne", period) == table.expected(lambda v, inside=inside: not inside(v))
            assert await table.found(db, "gt", period) == table.expected(lambda v, period=period: v >= period.end)
            assert await table.found(db, "lte", period) == table.expected(lambda v, period=period: v < period.end)
            assert await table.found(db, "not_in", [period, table.values[0]]) == table.expected(
                lambda v, inside=inside: not inside(v) and v != table.values[0]
            )


async def test_addresses_are_found_as_they_are_printed(database: Database) -> None:
    table = Table("address")
    async with database.transaction() as db:
        await table.fill(db)
        for part in ("杭州市西湖区", "München", "münchen", "62701", "%", "springfield, il"):
            expected = table.expected(lambda v, part=part: fold(part) in fold(table.kind.to_text(table.field, v, ENV)))
            assert await table.found(db, "contains", part) == expected


async def test_money_keeps_its_digits_in_json(database: Database) -> None:
    async with database.transaction() as db:
        for text, shown in (
            ("2000", b"2000"),
            ("1234.50", b"1234.5"),
            ("-0.10", b"-0.1"),
            ("0", b"0"),
            ("123456789012345678.12", b"123456789012345678.12"),
        ):
            sql = f"SELECT to_json({TYPES['money'].json_sql(field('money'), '%(v)s::numeric(24,6)')})"
            assert await db.value(sql, {"v": TYPES["money"].parse(replace(field("money")), text, ENV)}) == shown
