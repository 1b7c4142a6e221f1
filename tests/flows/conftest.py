"""The company that the tests of this folder live in, and flows that run in it when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest_asyncio
from tests.company import company, desk, own_world, world
from tests.world import World, exact

from guanxi import flows, records
from guanxi.records import Context, Create, Update, deliver
from guanxi.schema.query import read_query

__all__ = ["company", "desk", "office", "own_world", "world"]


class Office:
    """A workspace in which flows run when :meth:`settle` says so."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def flow(self, what: dict[str, Any], name: str = "f") -> str:
        """A flow that is switched on; its id."""
        async with self.world.act() as ctx:
            made = await flows.create(ctx, name, what)
            await flows.activate(ctx, made["id"], True)
        return made["id"]

    async def make(self, object_name: str, *rows: dict[str, Any]) -> list[str]:
        async with self.world.act() as ctx:
            return await self.write(ctx, object_name, rows)

    async def write(self, ctx: Context, object_name: str, rows: Sequence[dict[str, Any]]) -> list[str]:
        """New records in a transaction of the test's own."""
        done = await records.write(ctx, object_name, [Create(r) for r in rows])
        return [o.id or "" for o in done]

    async def change(self, object_name: str, id: str, by: str = "admin", **values: Any) -> None:
        async with self.world.act(by) as ctx:
            await records.write(ctx, object_name, [Update(id, values)])

    async def age(self, *ids: str, days: float) -> None:
        """As if what was written of records until now had been written so much earlier."""
        schema = self.world.workspace.schema
        async with self.world.db.transaction() as db:  # a workspace's own role cannot change what happened
            for table, of, columns in (("_journal", "record", ("at",)), ("zoo", "id", ("created_at", "updated_at"))):
                sets = ", ".join(f"{name} = {name} - make_interval(secs => %(s)s)" for name in columns)
                sql = f'UPDATE "{schema}".{table} SET {sets} WHERE {of} = ANY(%(ids)s::uuid[])'
                await db.execute(sql, {"s": days * 86400, "ids": list(ids)})

    async def settle(self) -> None:
        """Hand over the journal and carry on until nothing moves."""
        moved = 1
        while moved:
            moved = await deliver(self.world.db, self.world.workspace, "flows")
            moved += await flows.advance(self.world.db, self.world.workspace)

    async def runs(self, flow: str) -> list[dict[str, Any]]:
        """The runs of a flow with their logs, oldest first."""
        async with self.world.act() as ctx:
            listed = (await flows.runs(ctx, flow, limit=200))["data"]
            return [await flows.run(ctx, r["id"]) for r in reversed(listed)]

    async def get(self, object_name: str, id: str) -> dict[str, Any]:
        async with self.world.act() as ctx:
            return exact(await records.get(ctx, object_name, id))

    async def find(self, object_name: str, **filter: Any) -> list[dict[str, Any]]:
        async with self.world.act() as ctx:
            return [exact(r) for r in (await records.find(ctx, read_query(object_name, {"limit": 200, **filter}))).rows]

    async def call(self, what: Any, *args: Any, **more: Any) -> Any:
        async with self.world.act() as ctx:
            return await what(ctx, *args, **more)


@pytest_asyncio.fixture
async def office(world: World) -> AsyncIterator[Office]:
    """The company with no flows but those of the test."""
    office = Office(world)
    await office.settle()  # who follows from here on hears of what comes
    yield office
    async with world.act() as ctx:
        for name in (
            "_flow",
            "_flow_version",
            "_flow_run",
            "_flow_step",
            "_flow_memory",
            "_flow_trial",
            "_flow_submission",
            "_approval_vote",
            "_approval",
            "_lock",
            "_absence",
        ):
            await ctx.db.execute(f'DELETE FROM "{world.workspace.schema}".{name}')
