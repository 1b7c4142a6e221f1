"""The company that the tests of this folder live in, with segments that follow when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from tests.company import company, desk, own_world, world
from tests.world import World, exact

from guanxi import flows, notify, records, segments
from guanxi.records import Create, Delete, Update, deliver
from guanxi.schema.query import read_query

__all__ = ["company", "desk", "own_world", "shop", "world"]


class Shop:
    """A workspace whose segments are kept when :meth:`settle` says so."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def segment(self, filter: Any = None, by: str = "admin", **more: Any) -> str:
        """A segment of accounts; its id."""
        given = {"label": "S", "kind": "dynamic" if filter is not None else "static", "filter": filter, **more}
        object_name = given.pop("object", "account")
        async with self.world.act(by) as ctx:
            return (await segments.create(ctx, object_name, given))["id"]

    async def call(self, what: Any, *args: Any, by: str = "admin", **more: Any) -> Any:
        async with self.world.act(by) as ctx:
            return await what(ctx, *args, **more)

    async def make(self, object_name: str, *rows: dict[str, Any], by: str = "admin") -> list[str]:
        async with self.world.act(by) as ctx:
            return [o.id or "" for o in await records.write(ctx, object_name, [Create(r) for r in rows])]

    async def change(self, object_name: str, id: str, by: str = "admin", **values: Any) -> None:
        async with self.world.act(by) as ctx:
            await records.write(ctx, object_name, [Update(id, values)])

    async def drop(self, object_name: str, *ids: str) -> None:
        async with self.world.act() as ctx:
            await records.write(ctx, object_name, [Delete(i) for i in ids])

    async def follow(self) -> None:
        """What the journal says of segments."""
        await deliver(self.world.db, self.world.workspace, "segments")

    async def settle(self) -> None:
        """Everything that follows from everything, until nothing moves."""
        await self.follow()
        await segments.find_due(self.world.db, self.world.workspace)
        moved = 1
        while moved:
            moved = await deliver(self.world.db, self.world.workspace, "flows", "segments")
            moved += await segments.tell_all(self.world.db, self.world.workspace)
            moved += await flows.advance(self.world.db, self.world.workspace)

    async def kept(self, id: str) -> set[str]:
        """Who is in a segment, as it is kept."""
        async with self.world.act() as ctx:
            rows = await ctx.db.fetch(
                f'SELECT record FROM "{ctx.workspace.schema}"._segment_member WHERE segment = %(s)s::uuid', {"s": id}
            )
        return {r[0] for r in rows}

    async def seen(self, id: str, by: str = "admin", object_name: str = "account", **query: Any) -> set[str]:
        """Who is in it, as somebody sees it in a list."""
        async with self.world.act(by) as ctx:
            asked = {"filter": {"in_segment": id}, "fields": ["id"], "limit": 200, **query}
            return {exact(r)["id"] for r in (await records.find(ctx, read_query(object_name, asked))).rows}

    async def told(self, who: str) -> list[dict[str, Any]]:
        async with self.world.act(who) as ctx:
            return (await notify.listing(ctx))["data"]


@pytest_asyncio.fixture
async def shop(world: World) -> AsyncIterator[Shop]:
    """The company with no segments but those of the test."""
    shop = Shop(world)
    await shop.settle()
    await shop.settle()
    yield shop
    async with world.act() as ctx:
        for name in ("_segment", "_flow", "_flow_version", "_flow_run", "_flow_step", "_notification"):
            await ctx.db.execute(f'DELETE FROM "{world.workspace.schema}".{name}')
