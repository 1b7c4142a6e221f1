"""What names its few records is planned once on a connection; everything else is planned for its values."""

from __future__ import annotations

import pytest

from guanxi.pg import Database, DatabaseError, Settled, Tailored

TEXT = "SELECT relname FROM pg_class WHERE oid = %(id)s::oid"
ONCE, EACH, ALIKE = Settled(TEXT + " AND 1 = 1"), Tailored(TEXT + " AND 2 = 2"), TEXT + " AND 3 = 3"


async def plans(db: object) -> dict[str, tuple[int, int]]:
    """By the end of each text, how often it was carried out by a plan for any values, and by one for its own."""
    rows = await db.fetch(  # type: ignore[attr-defined]
        "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%%pg_class WHERE oid%%'"
    )
    return {text[-5:]: (int(once), int(each)) for text, once, each in rows}


@pytest.mark.parametrize("broken", [False, True])
async def test_each_statement_is_planned_as_it_asks_to_be(server_url: str, broken: bool) -> None:
    database = await Database.open(server_url, max_size=1)
    try:
        if broken:  # what a transaction has set is gone with it
            with pytest.raises(RuntimeError):
                async with database.transaction() as db:
                    await db.fetch(ONCE, {"id": 1})
                    raise RuntimeError
        async with database.connection() as db:
            for id in range(4):
                for text in (ONCE, EACH, EACH, ALIKE, ALIKE, ALIKE, ONCE):
                    await db.fetch(text, {"id": id})
            seen = await plans(db)
        assert seen["1 = 1"] == (9 if broken else 8, 0)
        assert seen["2 = 2"] == (0, 7)  # the first time it is not prepared
        assert seen["3 = 3"] == (6, 5)  # after five times PostgreSQL takes the plan for any values where it is as good
    finally:
        await database.close()


@pytest.mark.parametrize("refused", [False, True])
async def test_a_savepoint_that_is_given_up_takes_the_setting_back(server_url: str, refused: bool) -> None:
    database = await Database.open(server_url, max_size=1)
    try:
        async with database.transaction() as db:
            await db.fetch(EACH, {"id": 1})
            with pytest.raises((ZeroDivisionError, DatabaseError)):
                async with db.savepoint():
                    await db.fetch(ONCE, {"id": 1})
                    if refused:  # by the database: nothing but going back is possible then
                        await db.fetch(Settled("SELECT 1 / %(n)s::int"), {"n": 0})
                    raise ZeroDivisionError
            await db.fetch(ONCE, {"id": 1})
            await db.fetch(EACH, {"id": 1})
            seen = await plans(db)
        assert seen == {"1 = 1": (2, 0), "2 = 2": (0, 1)}
    finally:
        await database.close()


async def test_long_statements_do_not_pile_up(server_url: str) -> None:
    database = await Database.open(server_url, max_size=1)
    try:
        async with database.connection() as db:
            for n in range(30):
                text = f"SELECT {n}::int AS n /* {'x' * 50_000} */"
                for _ in range(2):
                    assert await db.value(Settled(text)) == n
            letters, number = (
                await db.fetch(
                    "SELECT sum(length(statement)), count(*) FROM pg_prepared_statements WHERE from_sql IS FALSE"
                )
            )[0]
            assert letters < 900_000
            assert number >= 10
            assert await db.value(Settled(f"SELECT 0::int AS n /* {'x' * 50_000} */")) == 0
    finally:
        await database.close()
