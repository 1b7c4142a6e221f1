"""A list is as quick right after very many changes as it is a day later: the planner is told of them at once."""

from __future__ import annotations

from dataclasses import replace

from tests.world import World

from guanxi.base import new_id
from guanxi.pg.jobs import Job
from guanxi.records import Create, settling, system_actor, write
from guanxi.records.piecemeal import piecemeal
from guanxi.records.sweep import sweep


async def settled(world: World) -> float:
    """What the worker does; for how many accounts the planner takes the table then."""
    async with world.db.transaction() as db:
        row = await db.row("SELECT id, name, args, attempt FROM guanxi.job WHERE name = 'records.settle'")
        assert row is not None
        await settling.carry_out(Job(*row, world.db))
        await db.execute("UPDATE guanxi.job SET state = 'done' WHERE id = %(id)s", {"id": row[0]})
        return await db.value(
            "SELECT reltuples FROM pg_class WHERE oid = to_regclass(%(t)s)",
            {"t": f'"{world.workspace.schema}".account'},
        )


async def waiting(world: World) -> int:
    async with world.db.connection() as db:
        return await db.value("SELECT count(*) FROM guanxi.job WHERE name = 'records.settle' AND state = 'waiting'")


async def swept(world: World, chosen: str, size: str) -> int:
    async with world.act() as ctx:
        program = replace(ctx, actor=system_actor(world.workspace), change_set=new_id())
        return await sweep(program, world.catalog.object("account"), chosen, {}, (), {"size": size})


async def test_many_changes_at_once_are_counted_right_after(own_world: World) -> None:
    every, many = f'SELECT id FROM "{own_world.workspace.schema}".account', settling.MANY + 1
    async with own_world.act() as ctx:
        await piecemeal(ctx, "account", [Create({"name": f"N{n}"}) for n in range(many)])
    assert await swept(own_world, f"{every} LIMIT 1", "small") == 1
    assert await waiting(own_world) == 0
    assert await swept(own_world, every, "large") == many
    assert await waiting(own_world) == 1
    assert await settled(own_world) == many


async def test_what_was_written_does_not_wait_for_the_search_index(own_world: World) -> None:
    """A search reads what waits once for each object and word."""
    async with own_world.act() as ctx:
        await write(ctx, "account", [Create({"name": f"Waiting {i}"}) for i in range(20)])
    await settling.tidy(Job("", "records.tidy", {}, 1, own_world.db))
    async with own_world.db.connection() as db:
        index = f'"{own_world.workspace.schema}"._search_grams'
        assert await db.value("SELECT gin_clean_pending_list(%(i)s::regclass)", {"i": index}) == 0
