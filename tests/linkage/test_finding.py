"""Records that are one are found in a company's own data, with reasons; what is decided stays; nobody is told what they may not see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from bench.quality.duplicates import people
from tests.world import World, renewed

from guanxi import linkage, records
from guanxi.base import Forbidden, Invalid, NotFound, new_id
from guanxi.pg import quote
from guanxi.pg.jobs import Job
from guanxi.records import Context, Create, Update

PEOPLE = 120


async def look(world: World, object_name: str, full: bool = False) -> None:
    """What the worker does when somebody asks."""
    async with world.act() as ctx:
        await linkage.begin(ctx, object_name, full)
    async with world.db.transaction() as db:
        row = await db.row(
            "UPDATE guanxi.job SET state = 'running', attempt = attempt + 1, lease_until = now() + interval '1 hour'"
            " WHERE name = 'linkage.find' AND state = 'waiting' RETURNING id, name, args, attempt"
        )
    assert row is not None
    await linkage.find(Job(*row, world.db))
    async with world.db.transaction() as db:
        await db.execute("UPDATE guanxi.job SET state = 'done' WHERE id = %(id)s", {"id": row[0]})


async def listed(world: World, name: str = "admin", **more: Any) -> dict[str, Any]:
    async with world.act(name) as ctx:
        return await linkage.groups(ctx, "contact", limit=100, **more)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def found(world: World) -> AsyncIterator[tuple[World, dict[str, str], set[tuple[str, str]]]]:
    """The company with contacts of whom some are there twice, after a look; their ids by those of the truth, and the truth."""
    rows, true = people(PEOPLE, 7)
    kept = [
        {n: v for n, v in values.items() if n in ("name", "mobile", "email", "birthday") and v} for _, values in rows
    ]
    async with world.act() as ctx:
        done = await records.write(ctx, "contact", [Create(v) for v in kept])
    ids = {id: o.id or "" for (id, _), o in zip(rows, done, strict=True)}
    await look(world, "contact")
    yield world, ids, {(min(ids[a], ids[b]), max(ids[a], ids[b])) for a, b in true}
    async with world.act() as ctx:
        await ctx.db.execute(f"DELETE FROM {quote(world.workspace.schema)}._twin")
        await records.write(ctx, "contact", [records.Delete(i) for i in ids.values()])


Found = tuple[World, dict[str, str], set[tuple[str, str]]]


async def test_most_of_those_that_are_one_are_found_and_few_others(found: Found) -> None:
    world, _, true = found
    answer = await listed(world)
    told = {(p["a"], p["b"]) for g in answer["data"] for p in g["pairs"]}
    assert len(told & true) >= 0.8 * len(true)
    assert len(told & true) >= 0.9 * len(told)
    why = {w["field"]: w for w in answer["data"][0]["pairs"][0]["why"]}
    assert {w["grade"] for w in why.values()} <= {"equal", "similar", "close", "different", None}
    assert any(w["grade"] == "equal" and w["bits"] > 3 for w in why.values())
    assert all(w["bits"] == 0 for w in why.values() if w["grade"] is None)


async def test_the_list_is_paged(found: Found) -> None:
    world, _, _ = found
    whole = await listed(world)
    async with world.act() as ctx:
        parts = [await linkage.groups(ctx, "contact", limit=7, offset=at) for at in range(0, whole["count"] + 7, 7)]
    assert [g["ids"] for part in parts for g in part["data"]] == [g["ids"] for g in whole["data"]]
    assert {part["count"] for part in parts} == {whole["count"]}


async def test_groups_that_are_likely_enough_are_made_one_by_their_own_rule(found: Found) -> None:
    world, _, _ = found
    answer = await listed(world)
    async with world.act() as ctx:
        sure = await linkage.likely(ctx, "contact", 0.95)
        assert sure == [g["ids"] for g in answer["data"] if min(p["score"] for p in g["pairs"]) >= 0.95]
        assert 0 < len(sure) <= len(await linkage.likely(ctx, "contact", 0.5))
        for wrong in (0.4, 1.1):
            with pytest.raises(Invalid):
                await linkage.likely(ctx, "contact", wrong)


async def test_who_sees_one_of_two_is_told_of_neither(found: Found) -> None:
    world, _, _ = found
    answer = await listed(world)
    group = next(g for g in answer["data"] if len(g["ids"]) == 2)
    async with world.act() as ctx:
        await records.write(ctx, "contact", [Update(group["ids"][0], {"owner": world.id("peeper")})])
    async with world.act("peeper") as ctx:
        grants = replace(ctx.actor.grants, objects={"*": {"read": "own", "update": "own"}})
        mine = replace(ctx, actor=renewed(ctx.actor, grants=grants))
        told = await linkage.groups(mine, "contact", limit=100)
        assert all(i not in repr(told) for g in answer["data"] for i in g["ids"])
        with pytest.raises(NotFound):
            await linkage.decide(mine, "contact", group["ids"], "different")
        assert [o for o in await linkage.overview(mine) if o["pairs"] is not None] == []


async def test_no_more_are_shown_together_than_become_one_side_by_side(world: World) -> None:
    page = (Path(__file__).parents[2] / "web/src/merging/model.ts").read_text()
    async with world.desk() as desk:
        ids = sorted(await desk.make("contact", *({"name": f"Chain {i}"} for i in range(9))))
        await desk.connection.execute(
            f"INSERT INTO {quote(world.workspace.schema)}._twin (a, b, object, score, bits, why)"
            " SELECT p.a, p.b, 'contact', 1, 20, '{}' FROM unnest(%(a)s::uuid[], %(b)s::uuid[]) AS p(a, b)",
            {"a": ids[:-1], "b": ids[1:]},
        )
        sizes = [len(g["ids"]) for g in (await linkage.groups(desk.as_(), "contact", limit=100))["data"]]
    assert f"MOST = {max(sizes)};" in page


async def test_what_is_hidden_is_no_reason(found: Found) -> None:
    world, _, _ = found
    pair = next(p for g in (await listed(world))["data"] for p in g["pairs"])
    strong = pair["why"][0]["field"]
    async with world.act() as ctx:
        grants = replace(ctx.actor.grants, fields={f"contact.{strong}": "none"})
        told = await linkage.groups(replace(ctx, actor=renewed(ctx.actor, grants=grants)), "contact", limit=100)
    assert strong not in told["fields"]
    assert f'"{strong}"' not in repr(told).replace("'", '"')
    again = [p for g in told["data"] for p in g["pairs"] if (p["a"], p["b"]) == (pair["a"], pair["b"])]
    assert all(p["score"] <= pair["score"] for p in again)


async def test_what_is_not_the_same_stays_so_and_can_be_taken_back(found: Found) -> None:
    world, _, _ = found
    group = (await listed(world))["data"][0]
    ids, record = group["ids"], group["ids"][0]
    async with world.act() as ctx:
        await linkage.decide(ctx, "contact", ids, "different")
        assert (await linkage.groups(ctx, "contact", record))["data"] == []
    async with world.act() as ctx:
        await records.write(ctx, "contact", [Update(record, {"job_title": "Buyer"})])
    await look(world, "contact")
    assert (await listed(world, record=record))["data"] == []
    async with world.act() as ctx:
        await linkage.decide(ctx, "contact", ids, None)
    [back] = (await listed(world, record=record))["data"]
    assert sorted(back["ids"]) == sorted(ids)
    async with world.act() as ctx:
        answer = await linkage.decide(ctx, "contact", ids, "same")
    assert answer["merge"] == f"/merge/contact?ids={','.join(sorted(ids))}"
    [back] = (await listed(world, record=record))["data"]
    assert {p["decision"] for p in back["pairs"]} == {"same"}


async def test_a_later_look_finds_what_came_since(found: Found) -> None:
    world, ids, _ = found
    first = next(iter(ids.values()))
    async with world.act() as ctx:
        [row] = await ctx.db.fetch(
            f"SELECT name, mobile, email FROM {quote(world.workspace.schema)}.contact WHERE id = %(id)s::uuid",
            {"id": first},
        )
        values = {n: v for n, v in zip(("name", "mobile", "email"), row, strict=True) if v}
        [made] = await records.write(ctx, "contact", [Create(values)])
    await look(world, "contact")
    async with world.act() as ctx:
        [group] = (await linkage.groups(ctx, "contact", made.id))["data"]
        assert first in group["ids"]
        await records.write(ctx, "contact", [records.Delete(made.id or "")])
        assert all(made.id not in g["ids"] for g in (await linkage.groups(ctx, "contact", limit=100))["data"])


async def test_the_next_look_has_learnt_from_what_was_decided(found: Found) -> None:
    world, _, _ = found
    pair = (await listed(world))["data"][0]["pairs"][0]
    table = f"{quote(world.workspace.schema)}._twin"
    async with world.act() as ctx:
        # What was decided in the course of time, of records that are merged since: those alike in this way never were one.
        gone = [sorted((new_id(), new_id())) for _ in range(80)]
        await ctx.db.execute(
            f"INSERT INTO {table} (a, b, object, score, bits, why, decision) SELECT p.a, p.b, object, score, bits, why,"
            f" CASE WHEN p.n <= 12 THEN 'same' ELSE 'different' END FROM {table} AS w, unnest(%(i)s::uuid[], %(j)s::uuid[])"
            " WITH ORDINALITY AS p(a, b, n) WHERE w.a = %(a)s::uuid AND w.b = %(b)s::uuid",
            {"a": pair["a"], "b": pair["b"], "i": [g[0] for g in gone], "j": [g[1] for g in gone]},
        )
    await look(world, "contact")
    after = [p for g in (await listed(world))["data"] for p in g["pairs"] if (p["a"], p["b"]) == (pair["a"], pair["b"])]
    assert after == [] or after[0]["decision"] == "same" or after[0]["score"] < pair["score"]
    async with world.act() as ctx:
        [[lesson]] = await ctx.db.fetch(
            f"SELECT model->'lesson'->>'decisions' FROM {quote(world.workspace.schema)}._linkage WHERE object = 'contact'"
        )
        await ctx.db.execute(f"DELETE FROM {table} WHERE decision IS NOT NULL")
    assert int(lesson) >= 80


async def test_refusals_name_what_is_wrong(found: Found) -> None:
    world, ids, _ = found
    one, other = list(ids.values())[:2]
    async with world.act() as ctx:
        for wrong in ([one], [one, "x"], []):
            with pytest.raises(Invalid):
                await linkage.decide(ctx, "contact", wrong, "different")
        with pytest.raises(NotFound):
            await linkage.groups(ctx, "contact", "x")
        with pytest.raises(NotFound):
            await linkage.groups(ctx, "nowhere")
    async with world.act("peeper") as ctx:
        grants = replace(ctx.actor.grants, objects={"*": {"read": "all"}})
        reader: Context = replace(ctx, actor=renewed(ctx.actor, grants=grants))
        for call in (linkage.begin(reader, "contact", False), linkage.decide(reader, "contact", [one, other], "same")):
            with pytest.raises(Forbidden):
                await call
