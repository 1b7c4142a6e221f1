"""Followers of the journal get every entry once, whatever fails and whoever is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from tests.world import World

from guanxi import records
from guanxi.records import Create, Delete, Delivery, Update, deliver, outbox, subscriber


@pytest.fixture
def follow() -> Iterator[Any]:
    """Makes a follower for one test: the titles it was told of, in order; it fails while ``fails`` says so."""
    made: list[str] = []

    def make(name: str, fails: Any = lambda _: False, wants: Any = None) -> list[str]:
        told: list[str] = []

        async def handle(delivery: Delivery) -> None:
            titles = [(e.after or e.before or {}).get("name", e.kind) for e in delivery.entries]
            if any(fails(t) for t in titles):
                raise RuntimeError("not now")
            told.extend(titles)

        subscriber(name, wants)(handle)
        made.append(name)
        return told

    yield make
    for name in made:
        del outbox.followers[name]


async def make(world: World, *names: str, object: str = "account") -> list[str]:
    async with world.act() as ctx:
        return [o.id or "" for o in await records.write(ctx, object, [Create({"name": n}) for n in names])]


async def test_what_is_committed_is_told_once_and_in_order(world: World, follow: Any) -> None:
    told, other = follow("first"), follow("second")
    await make(world, "before")
    assert await deliver(world.db, world.workspace) == 0, "a follower begins with what comes"
    [id] = await make(world, "甲")
    async with world.act() as ctx:
        await records.write(ctx, "account", [Update(id, {"name": "乙"})])
        await records.write(ctx, "account", [Delete(id)])
    await asyncio.gather(*(deliver(world.db, world.workspace) for _ in range(4)))
    assert told == other == ["甲", "乙", "delete"]
    assert await deliver(world.db, world.workspace) == 0


@pytest.mark.parametrize("batch", [1, 3, outbox.BATCH])
async def test_a_slow_transaction_is_not_passed_over(
    world: World, follow: Any, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(outbox, "BATCH", batch)
    told = follow("slow")
    await deliver(world.db, world.workspace)
    async with world.act() as ctx:
        await records.write(ctx, "account", [Create({"name": f"slow {n}"}) for n in range(5)])
        for n in range(4):
            await make(world, *(f"quick {n} {m}" for m in range(5)))
            await deliver(world.db, world.workspace)
        assert told == [f"quick {n} {m}" for n in range(4) for m in range(5)]
    await deliver(world.db, world.workspace)
    assert told[20:] == [f"slow {n}" for n in range(5)]
    for n in range(4):  # each look may move the place
        await make(world, f"later {n}")
        await deliver(world.db, world.workspace)
    assert told[25:] == [f"later {n}" for n in range(4)]
    async with world.db.connection() as db:
        settled, done = (
            await db.row(
                f"SELECT settled, done = '{{}}' OR lower(done) > settled FROM \"{world.workspace.schema}\"._outbox WHERE follower = 'slow'"
            )
            or ()
        )
    assert settled > 0
    assert done, "what is settled need not be told apart any more"


async def test_who_fails_is_told_again_and_one_bad_entry_stops_nobody(world: World, follow: Any) -> None:
    told = follow("picky", lambda title: title == "bad")
    calm = follow("calm")
    await deliver(world.db, world.workspace)
    await make(world, "good", "bad", "fine")
    for _ in range(12):
        await deliver(world.db, world.workspace)
        async with world.act() as ctx:  # the wait after a failure is over
            await ctx.db.execute(f'UPDATE "{world.workspace.schema}"._outbox SET due_at = now()')
    assert told == ["good", "fine"]
    assert calm == ["good", "bad", "fine"]
    async with world.db.connection() as db:
        aside = await db.fetch(f'SELECT follower, error FROM "{world.workspace.schema}"._outbox_aside')
    assert [tuple(row) for row in aside] == [("picky", "RuntimeError: not now")]


async def test_who_wants_some_objects_hears_of_those(world: World, follow: Any) -> None:
    wanted: list[str] = []

    async def wants(*_: Any) -> list[str]:
        return wanted

    told = follow("choosy", wants=wants)
    await deliver(world.db, world.workspace)
    await make(world, "unheard")
    await deliver(world.db, world.workspace)
    wanted.append("lead")
    await make(world, "an account")
    await make(world, "a lead", object="lead")
    await deliver(world.db, world.workspace)
    assert told == ["a lead"]


async def test_processes_hear_of_what_others_commit(world: World, follow: Any) -> None:
    told = follow("live")
    await deliver(world.db, world.workspace)
    stop = asyncio.Event()
    here = [asyncio.create_task(outbox.Deliveries(world.db).run(stop)) for _ in range(2)]
    await make(world, *(f"n{i}" for i in range(20)))
    async with asyncio.timeout(30):
        while len(told) < 20:
            async with world.db.connection() as db:
                await db.execute(
                    "SELECT pg_notify('guanxi', %(p)s)",
                    {"p": f'{{"w": "{world.workspace.id}", "kind": "records"}}'},
                )
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*here)
    assert sorted(told) == sorted(f"n{i}" for i in range(20))
