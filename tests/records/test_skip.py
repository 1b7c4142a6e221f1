"""Jumps into a list: what ``skip`` passes over, and how the cursor goes on from there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.records.menagerie import Menagerie, fill
from tests.world import Desk, World, exact

from guanxi import records
from guanxi.base import Invalid
from guanxi.records import Context
from guanxi.schema.query import MAX_SKIP, read_query


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def zoo(world: World) -> Menagerie:
    return await fill(world)


@pytest_asyncio.fixture
async def at(zoo: Menagerie) -> AsyncIterator[Desk]:
    async with zoo.world.desk() as desk:
        yield desk


async def ids(ctx: Context, **query: object) -> tuple[list[str], str | None]:
    page = await records.find(ctx, read_query("zoo", {"fields": ["id"], **query}))
    return [exact(row)["id"] for row in page.rows], page.next


@pytest.mark.parametrize("sort", ["", "integer", "-integer,name", "keeper.name"])
async def test_a_jump_lands_where_scrolling_would(zoo: Menagerie, at: Desk, sort: str) -> None:
    ctx = at.as_()
    whole, more = await ids(ctx, sort=sort, limit=200)
    assert more is None
    for skip in (0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 1, len(whole), len(whole) + 5):
        there, onward = await ids(ctx, sort=sort, limit=4, skip=skip)
        assert there == whole[skip : skip + 4]
        if onward:
            assert (await ids(ctx, sort=sort, limit=4, cursor=onward))[0] == whole[skip + 4 : skip + 8]
        else:
            assert skip + 4 >= len(whole)


@pytest.mark.parametrize("skip", [-1, "x", 1.5, True, MAX_SKIP + 1])
def test_a_jump_is_a_number(skip: object) -> None:
    with pytest.raises(Invalid) as refused:
        read_query("zoo", {"skip": skip})
    assert refused.value.errors[0].code == "bad_skip"
