"""A connection never goes on as somebody else after a transaction was rolled back."""

from __future__ import annotations

import uuid

import pytest

from guanxi.pg import Database


async def test_the_role_after_a_rollback_is_the_one_asked_for(database_url: str) -> None:
    database = await Database.open(database_url, max_size=1)
    role = f"r_{uuid.uuid4().hex[:10]}"
    try:
        async with database.connection() as c:
            await c.execute(f"create role {role}")
            owner = await c.value("select current_user")
        for first, then in ((role, None), (None, role)):
            async with database.connection(first) as c:
                await c.value("select current_user")
            with pytest.raises(KeyError):
                async with database.transaction(then) as c:
                    assert await c.value("select current_user") == (then or owner)
                    raise KeyError
            for wanted in (then, first, None, role):
                async with database.transaction(wanted) as c:
                    assert await c.value("select current_user") == (wanted or owner)
                async with database.connection(wanted) as c:
                    assert await c.value("select current_user") == (wanted or owner)
    finally:
        async with database.connection() as c:
            await c.execute(f"drop role {role}")
        await database.close()
