from __future__ import annotations

import asyncio

import pytest

from guanxi.pg import Database
from guanxi.pg.migrate import MigrationError, known, migrate, pending


async def test_a_migrated_database_has_nothing_pending(database: Database) -> None:
    async with database.connection() as c:
        assert await pending(c, "pre") == []
        assert await pending(c, "post") == []


async def test_again_changes_nothing(database: Database) -> None:
    assert await migrate(database.url) == []


async def test_two_at_once_apply_each_once(server_url: str, fresh_url: str) -> None:
    first, second = await asyncio.gather(migrate(fresh_url), migrate(fresh_url))
    assert sorted(first + second) == [m.name for m in known()]


async def test_a_newer_version_is_refused(database: Database) -> None:
    async with database.connection() as c:
        await c.execute("insert into guanxi.migration (name) values ('9999_pre_future')")
    with pytest.raises(MigrationError, match="newer version"):
        await migrate(database.url)


async def test_an_empty_database_says_what_is_pending(fresh_url: str) -> None:
    database = await Database.open(fresh_url)
    async with database.connection() as c:
        assert await pending(c, "pre") == [m.name for m in known() if m.phase == "pre"]
    await database.close()
