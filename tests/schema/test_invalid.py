"""What a type would not take today is told by the database as by the type itself, of values that were stored before."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from tests.schema.test_types_sql import ENV, NAMES, Table, field

from guanxi.pg import Database
from guanxi.schema.model import Field, Option
from guanxi.schema.types import TYPES, Bad
from guanxi.schema.types.standards import STANDARDS

WRITTEN = [
    "上海巨海企业管理顾问有限公司", "上海 巨海有限公司", "巨海(上海)有限公司", "巨海（上海）有限公司", "ＡＢＣ有限公司", "Acme  Ltd", "Acme Ltd.", "Acme,",
    "91310000MA1K35XX0U", "91310115MA1K4AAA1X", "91350100M000100Y43", "91350100M000100Y44", "9135 0100 M000 100Y43", "91350100m000100Y43",
    "913101156074", "91310115607419", "11010519491231002X", "110105194912310021", "110105194913310020", "440524188001010014", "DE 123456789",
    "example.com", "www.example.com", "Example.com", "例子.中国", "a_b.example.com", "-a.example.com", "a-.example.com", "a.b", "a.b1", "a.1b", "a", "https://x.cn",
    "li.wei@example.cn", "li wei@example.cn", "li@example", "li@@example.cn", "li@ex..cn", "张伟@müller.example", "li@example.cn.", "a@b.c", "x@1.2",
    "+8613812345678", "13812345678", "+8602112345678", "+862112345678", "+14155552671", "+4930123456", "12345", "+8613812345678;ext=801", "021-12345678",
    "+864001234567", "+861234", "型号 Ａ-1", "GTX-1080", "K\u200b9", " 前", "（ x", "浦 东 A B", "㈱日立", "ﾃｽﾄ",
]  # fmt: skip

GOOD = ("+8613812345678", "+862112345678", "+14155552671", "+4930123456", "+8613812345678;ext=801")
"""Numbers among these."""


async def told(db: Database, f: Field, values: list[Any]) -> set[int]:
    """Which of the values the database takes for none of the type's."""
    sql = TYPES[f.type].invalid_sql(f, "t.x")
    async with db.connection() as c:
        rows = await c.fetch(
            f"SELECT t.n FROM unnest(%(v)s::text[]) WITH ORDINALITY AS t(x, n) WHERE {sql}", {"v": values}
        )
    return {n - 1 for (n,) in rows}


def refused(f: Field, value: str) -> bool:
    """Whether the type makes something else of the value, or nothing."""
    try:
        return TYPES[f.type].parse(f, value, ENV) != value
    except Bad:
        return True


@pytest.mark.parametrize("f", [Field("x", "text", {}, config={"standard": s}) for s in STANDARDS] + [field("email"), field("phone")])  # fmt: skip
async def test_the_database_tells_what_the_type_would_not_take(database: Database, f: Field) -> None:
    rng = random.Random(5)
    values = list(WRITTEN)
    for _ in range(400):  # and what becomes of these with a character changed
        text = list(rng.choice(WRITTEN))
        text[rng.randrange(len(text))] = rng.choice("09AXz @.-（( 中")
        values.append("".join(text).strip() or "x")
    found = await told(database, f, values)
    for n, value in enumerate(values):
        if f.type == "phone":  # what is no number is kept as it was typed
            assert n in found or not refused(f, value), value
            assert n not in found or value not in GOOD, value
        else:
            assert (n in found) == refused(f, value), value


@pytest.mark.parametrize("name", [n for n in NAMES if TYPES[n].invalid_sql(field(n), "t.x")])
async def test_what_a_type_takes_is_right(database: Database, name: str) -> None:
    table = Table(name)
    async with database.transaction() as db:
        await table.fill(db)
        sql = table.kind.invalid_sql(table.field, "t.x")
        wrong = {table.values[r[0]] for r in await db.fetch(f"SELECT n FROM t WHERE {sql}", {})}
    assert all(name == "phone" and not v.startswith("+") for v in wrong), wrong


async def test_what_came_later_makes_values_wrong(database: Database) -> None:
    options = (Option("gold", {}), Option("silver", {}, active=False))
    select = Field("x", "select", {}, options=options)
    assert await told(database, select, ["gold", "silver", "it's", None]) == {1, 2}
    short = Field("x", "text", {}, config={"max": 3})
    assert await told(database, short, ["abc", "abcd"]) == {1}
    async with database.connection() as c:

        async def which(f: Field, values: str) -> list[int]:
            sql = TYPES[f.type].invalid_sql(f, "t.x")
            rows = await c.fetch(f"SELECT t.n FROM ({values}) AS t(x, n) WHERE {sql} ORDER BY 1", {})
            return [r[0] for r in rows]

        several = replace(select, type="multiselect")
        assert await which(several, "VALUES ('{gold}'::text[], 1), ('{gold,silver}', 2)") == [2]
        limited = Field("x", "integer", {}, config={"min": 0, "max": 10})
        assert await which(limited, "VALUES (-1, 1), (0, 2), (10, 3), (11, 4)") == [1, 4]
        assert await which(replace(limited, type="decimal"), "VALUES (-0.1, 1), (0, 2), (10.1, 4)") == [1, 4]
        words = Field("x", "tags", {}, config={"words": ["a", "b%"]})
        assert await which(words, "VALUES ('{a,b%%}'::text[], 1), ('{c}', 2)") == [2]
