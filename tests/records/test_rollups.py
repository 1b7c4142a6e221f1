"""Roll-ups: right at every commit, through every door, beside others who write, and mended where they are not."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest
from tests.records.test_evolve import evolve, refused
from tests.world import Desk, World

from guanxi.base import Invalid, new_id
from guanxi.records import Create, Delete, Restore, Update, bydifference, mass, write
from guanxi.records.rollups import repair
from guanxi.records.sweep import sweep
from guanxi.records.undo import undo
from guanxi.schema.filter import where
from guanxi.schema.query import Query


def rollup(name: str, children: str, function: str, object: str = "account", **config: Any) -> dict[str, Any]:
    """The change that adds a roll-up."""
    settings = {"children": children, "function": function, **config}
    return {"op": "add_field", "object": object, "name": name, "type": "rollup", "config": settings}


DEALS = [
    rollup("deals", "opportunities", "count"),
    rollup("big", "opportunities", "count", where={"field": "amount", "op": "gte", "value": 100}),
    rollup("total", "opportunities", "sum", field="amount"),
    rollup("least", "opportunities", "min", field="amount"),
    rollup("mean", "opportunities", "average", field="amount"),
    rollup("closes", "opportunities", "max", field="close_date"),
    rollup("newest", "opportunities", "latest", field="name", by="close_date"),
]


async def account_of(desk: Desk, id: str) -> dict[str, Any]:
    """The figures of an account."""
    record = await desk.get("account", id)
    return {c["name"]: record[c["name"]] for c in DEALS}


def deal(account: str | None, amount: int | None, day: str = "2026-03-01", **more: Any) -> dict[str, Any]:
    """An opportunity."""
    return {"name": f"{amount}", "account": account, "amount": amount, "close_date": day, **more}


async def test_figures_follow_a_sweep_from_one_to_another(own_world: World) -> None:
    await evolve(own_world, *DEALS, rollup("guests", "stays", "count", "keeper"), rollup("work", "tasks", "count"))
    async with own_world.desk() as desk:
        a, b = await desk.make("account", {"name": "A"}, {"name": "B"})
        await desk.make("opportunity", deal(a, 50), deal(a, 150))
        entity = own_world.catalog.object("opportunity")
        ctx = replace(desk.system(), change_set=new_id())
        chosen = f'SELECT id FROM "{own_world.workspace.schema}".opportunity'
        assert await sweep(ctx, entity, chosen, {}, (), {"account": b}) == 2
        assert [(await account_of(desk, i))["deals"] for i in (a, b)] == [0, 2]
        assert [(await account_of(desk, i))["total"] for i in (a, b)] == [0, 200]
        c, d = await desk.make("keeper", {"name": "C"}, {"name": "D"})
        await desk.make("zoo", {"name": "Z", "friends": [c]}, {"name": "Y", "friends": [c, d]})
        await desk.make("task", {"subject": "T", "about": {"object": "account", "id": a}})
        for name, values in (("zoo", {"friends": [d]}), ("task", {"about": b})):
            ctx = replace(desk.system(), change_set=new_id())
            chosen = f'SELECT id FROM "{own_world.workspace.schema}".{name}'
            assert await sweep(ctx, own_world.catalog.object(name), chosen, {}, (), values)
        assert [(await desk.get("keeper", i))["guests"] for i in (c, d)] == [0, 2]
        assert [(await desk.get("account", i))["work"] for i in (a, b)] == [0, 1]


async def test_figures_follow_every_change(own_world: World) -> None:
    await evolve(own_world, *DEALS)
    async with own_world.desk() as desk:
        a, b = await desk.make("account", {"name": "A"}, {"name": "B"})
        none = {"deals": 0, "big": 0, "total": 0, "least": None, "mean": None, "closes": None, "newest": None}
        assert await account_of(desk, a) == none
        one, two, three = await desk.make(
            "opportunity", deal(a, 50, "2026-03-01"), deal(a, 150, "2026-05-01"), deal(b, 7, "2026-04-01")
        )
        both = {"deals": 2, "big": 1, "total": 200, "least": 50, "mean": 100, "closes": "2026-05-01", "newest": "150"}
        assert await account_of(desk, a) == both
        assert (await desk.get("account", a))["total_currency"] == "USD"
        await write(desk.as_(), "opportunity", [Update(one, {"amount": 350})])
        assert await account_of(desk, a) == {**both, "big": 2, "total": 500, "least": 150, "mean": 250}
        await write(desk.as_(), "opportunity", [Update(two, {"account": b})])
        assert (await account_of(desk, a))["deals"] == 1
        assert (await account_of(desk, b))["total"] == 157
        await write(desk.as_(), "opportunity", [Delete(one)])
        assert await account_of(desk, a) == none
        await write(desk.as_(), "opportunity", [Restore(one)])
        assert (await account_of(desk, a))["total"] == 350
        ctx = desk.as_(bulk="mass")
        assert await mass(ctx, Query("opportunity", where("account", "eq", b)), {"amount": 1}) == (2, 2)
        assert (await account_of(desk, b))["total"] == 2
        await undo(desk.as_(), ctx.change_set)
        assert (await account_of(desk, b))["total"] == 157
        assert [
            r["name"]
            for r in await desk.find("account", sort="-total", filter={"field": "deals", "op": "gt", "value": 0})
        ] == ["A", "B"]
        [all_of_them] = await desk.aggregate("account", measures=[{"fn": "sum", "field": "total", "as": "t"}])
        assert all_of_them["values"]["t"] == 507
        # what is computed is in no history and makes no version
        before = (await desk.get("account", b))["version"]
        await write(desk.as_(), "opportunity", [Update(three, {"amount": 8})])
        assert (await desk.get("account", b))["version"] == before
        assert all(not set(j["after"] or {}) & set(none) for j in await desk.journal(b))


@pytest.mark.parametrize("seed", range(3))
async def test_figures_of_very_many_are_those_that_would_be_taken_anew(
    own_world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is written, of parents that count as large from the second child on: nothing is wrong afterwards."""
    monkeypatch.setattr(bydifference, "MANY", 1)
    moves = [c for c in DEALS if c["config"]["function"] in ("count", "sum")]
    count = {"op": "add_field", "object": "account", "name": "priced", "type": "rollup"}
    moves.append({**count, "config": {"children": "opportunities", "function": "count", "field": "amount"}})
    moves += [rollup("closes", "opportunities", "max", field="close_date"), rollup("jobs", "tasks", "count")]
    await evolve(own_world, *moves)
    moved: list[int] = []
    real = bydifference.move

    async def counted(*args: Any) -> bydifference.Moved:
        done = await real(*args)
        moved.append(len(done.settled))
        return done

    monkeypatch.setattr(bydifference, "move", counted)
    rng = random.Random(seed)
    async with own_world.act() as ctx:
        made = await write(ctx, "account", [Create({"name": n}) for n in "ABC"])
    accounts = [*(o.id or "" for o in made), None]
    known: list[str] = []
    for _ in range(25):
        async with own_world.act(bulk="batch") as ctx:
            amount, day = rng.choice([None, -5, 5, 100, 250]), f"2026-0{rng.randint(1, 9)}-01"
            some = rng.sample(known, min(len(known), 3))
            kind = rng.choice(["create", "create", "update", "move", "delete", "restore", "undo", "task"])
            currency = {"amount_currency": rng.choice(["USD"] * 6 + ["EUR"])} if amount else {}
            operations: dict[str, list[Any]] = {
                "create": [Create(deal(rng.choice(accounts), amount, day, **currency)) for _ in range(3)],
                "update": [Update(i, {"amount": amount, "close_date": day}) for i in some],
                "move": [Update(i, {"account": rng.choice(accounts)}) for i in some],
                "delete": [Delete(i) for i in some],
                "restore": [Restore(i) for i in some],
            }
            if kind == "task":
                about = {"object": "account", "id": accounts[0]}
                await write(ctx, "task", [Create({"subject": "T", "about": about}) for _ in range(2)])
            elif kind == "undo" and known:
                done = await write(ctx, "opportunity", [Create(deal(accounts[0], 7)), Create(deal(accounts[1], 8))])
                assert (await undo(ctx.__class__(ctx.db, ctx.workspace, ctx.catalog, ctx.actor), ctx.change_set))[
                    "undone"
                ] == 2
            else:
                done = await write(ctx, "opportunity", operations.get(kind) or operations["create"], atomic=False)
                known += [o.id or "" for o in done if o.status == 201]
        assert await repair(own_world.db, own_world.workspace, own_world.catalog, check=True) == [], kind
    assert sum(moved) > 5


async def test_a_refused_write_leaves_figures_alone(own_world: World) -> None:
    await evolve(own_world, *DEALS)
    async with own_world.desk() as desk:
        a = await desk.one("account", name="A")
        await desk.refused(desk.as_(), "opportunity", Create(deal(a, 5)), Create(deal(a, None) | {"name": None}))
        assert (await account_of(desk, a))["deals"] == 0
        await write(desk.as_(), "opportunity", [Create(deal(a, 5)), Create({"name": None, "account": a})], atomic=False)
        assert (await account_of(desk, a))["total"] == 5
        for ctx in (desk.as_(), desk.system()):
            problem = await desk.refused(ctx, "account", Update(a, {"total": 3}))
            assert [(e.field, e.code) for e in problem.errors] == [("total", "read_only")]


async def test_amounts_of_several_currencies_make_no_sum(own_world: World) -> None:
    await evolve(own_world, *DEALS)
    async with own_world.desk() as desk:
        a = await desk.one("account", name="A")
        await desk.make("opportunity", deal(a, 5), deal(a, 6, amount_currency="EUR"))
        record = await desk.get("account", a)
        assert (record["total"], record["total_currency"], record["deals"]) == (None, None, 2)


async def test_figures_of_figures_and_of_formulas(own_world: World) -> None:
    """Regions over accounts over opportunities; tasks are about any object."""
    await evolve(
        own_world,
        {"op": "add_object", "name": "zone", "label": {"en": "Zone"}, "fields": [{"name": "name", "type": "text"}]},
        {
            "op": "add_field",
            "object": "account",
            "name": "zone",
            "type": "link",
            "target": "zone",
            "inverse": "accounts",
        },
        {
            "op": "add_field",
            "object": "opportunity",
            "name": "twice",
            "type": "formula",
            "config": {"expression": "amount * 2", "result": "decimal"},
        },
        rollup("twice_total", "opportunities", "sum", field="twice"),
        rollup("zone_total", "accounts", "sum", "zone", field="twice_total"),
        rollup("work", "tasks", "count"),
    )
    async with own_world.desk() as desk:
        r, s = await desk.make("zone", {"name": "R"}, {"name": "S"})
        a, b = await desk.make("account", {"name": "A", "zone": r}, {"name": "B", "zone": r})
        await desk.make("opportunity", deal(a, 1), deal(b, 10))
        assert (await desk.get("zone", r))["zone_total"] == 22
        await write(desk.as_(), "account", [Update(b, {"zone": s})])
        assert [(await desk.get("zone", i))["zone_total"] for i in (r, s)] == [2, 20]
        task = await desk.one("task", subject="T", about={"object": "account", "id": a})
        assert (await desk.get("account", a))["work"] == 1
        await write(desk.as_(), "task", [Update(task, {"about": {"object": "account", "id": b}})])
        assert [(await desk.get("account", i))["work"] for i in (a, b)] == [0, 1]


async def test_what_cannot_be_kept_right_is_refused(own_world: World) -> None:
    for bad, code in [
        (rollup("x", "nothing", "count"), "rollup_children"),
        (rollup("x", "opportunities", "sum"), "rollup_unknown"),
        (rollup("x", "opportunities", "sum", field="name"), "rollup_field"),
        (rollup("x", "opportunities", "sum", field="nothing"), "rollup_unknown"),
        (rollup("x", "opportunities", "latest", field="name", by="amount"), "rollup_field"),
        (rollup("x", "opportunities", "max", field="updated_at"), "rollup_moves"),
        (rollup("x", "opportunities", "median", field="amount"), "bad_config"),
        (
            rollup("x", "opportunities", "count", where={"field": "close_date", "op": "lt", "value": "today"}),
            "rollup_where",
        ),
        (rollup("x", "opportunities", "count", where={"field": "owner", "op": "eq", "value": "$me"}), "rollup_where"),
        (
            rollup("x", "opportunities", "count", where={"field": "account.name", "op": "eq", "value": "x"}),
            "rollup_where",
        ),
        (rollup("x", "opportunities", "count", where={"formula": "close_date < today()"}), "rollup_where"),
        (rollup("x", "opportunities", "count", where={"field": "nothing", "op": "eq", "value": 1}), "rollup_unknown"),
        (rollup("x", "opportunities", "count", where={"search": "a"}), "rollup_where"),
    ]:
        assert code in (await refused(own_world, bad)).values(), bad
    circle = [
        {
            "op": "add_field",
            "object": "account",
            "name": "above",
            "type": "link",
            "target": "account",
            "inverse": "under",
        },
        rollup("x", "under", "sum", field="x"),
    ]
    assert "formula_circle" in (await refused(own_world, *circle)).values()
    await evolve(own_world, rollup("total", "opportunities", "sum", field="amount"))
    other = {
        "op": "change_field",
        "object": "account",
        "field": "total",
        "config": {"function": "max", "field": "close_date"},
    }
    assert "rollup_other_type" in (await refused(own_world, other)).values()


async def test_a_new_rollup_is_filled_and_a_changed_one_anew(own_world: World) -> None:
    async with own_world.act() as ctx:
        a, b, c = await write(ctx, "account", [Create({"name": n}) for n in "ABC"])
        await write(ctx, "opportunity", [Create(deal(a.id, n)) for n in (1, 2, 3)])
        await write(ctx, "opportunity", [Create(deal(c.id, 5)), Create(deal(c.id, 6, amount_currency="EUR"))])
    await evolve(own_world, *DEALS)
    async with own_world.desk() as desk:
        none = {"deals": 0, "big": 0, "total": 0, "least": None, "mean": None, "closes": None, "newest": None}
        assert await account_of(desk, b.id or "") == none
        mixed = await account_of(desk, c.id or "")
        assert (mixed["deals"], mixed["total"]) == (2, None)
    assert await repair(own_world.db, own_world.workspace, own_world.catalog, check=True) == []

    async def told() -> dict[str, Any]:
        async with own_world.desk() as desk:
            return await account_of(desk, a.id or "")

    assert (await told())["total"] == 6
    smaller = {"where": {"field": "amount", "op": "lt", "value": 3}}
    await evolve(own_world, {"op": "change_field", "object": "account", "field": "total", "config": smaller})
    assert (await told())["total"] == 3
    await evolve(own_world, {"op": "retire_field", "object": "account", "field": "total"})
    async with own_world.act() as ctx:
        await write(ctx, "opportunity", [Create(deal(a.id, 2))])
    await evolve(own_world, {"op": "restore_field", "object": "account", "field": "total"})
    assert (await told())["total"] == 5, "what happened while it was retired is counted"


@pytest.mark.parametrize("rolls", [DEALS, DEALS[:3]])
async def test_writers_beside_each_other_lose_nothing(
    own_world: World, rolls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether figures are taken anew, or moved."""
    monkeypatch.setattr(bydifference, "MANY", 2)
    await evolve(own_world, *rolls)
    async with own_world.act() as ctx:
        made = await write(ctx, "account", [Create({"name": n}) for n in "AB"])
    a, b = (o.id or "" for o in made)

    async def work(n: int) -> None:
        async with own_world.act() as ctx:
            outcomes = await write(ctx, "opportunity", [Create(deal(a, 1)), Create(deal(b, 1))])
        async with own_world.act() as ctx:
            await write(ctx, "opportunity", [Update(outcomes[n % 2].id or "", {"amount": 10})])

    await asyncio.gather(*(work(n) for n in range(12)))
    async with own_world.desk() as desk:
        found = [await desk.get("account", i) for i in (a, b)]
        assert [(r["total"], r["deals"]) for r in found] == [(66, 12), (66, 12)]


async def test_the_repair_names_and_mends(own_world: World) -> None:
    await evolve(own_world, *DEALS)
    async with own_world.act() as ctx:
        [a] = await write(ctx, "account", [Create({"name": "A"})])
        await write(ctx, "opportunity", [Create(deal(a.id, 4))])
    assert await repair(own_world.db, own_world.workspace, own_world.catalog, check=True) == []
    async with own_world.db.transaction(own_world.workspace.role) as c:
        await c.execute(f'UPDATE "{own_world.workspace.schema}".account SET total = 99')
    [flaw] = await repair(own_world.db, own_world.workspace, own_world.catalog, check=True)
    assert (flaw.object, flaw.field, flaw.examples) == ("account", "total", [a.id])
    assert await repair(own_world.db, own_world.workspace, own_world.catalog) == [flaw]
    assert await repair(own_world.db, own_world.workspace, own_world.catalog) == []
    async with own_world.desk() as desk:
        assert (await account_of(desk, a.id or ""))["total"] == 4


async def test_a_rollup_tells_nobody_what_is_hidden(own_world: World) -> None:
    """The clerk may not see an opportunity's amount, nor its account."""
    await evolve(own_world, *DEALS, rollup("people", "contacts", "count"))
    async with own_world.desk() as desk:
        await desk.one("account", name="A")
        [seen] = await desk.find("account", "clerk")
        assert not set(seen) & {"deals", "total", "total_currency", "big"}
        assert seen["people"] == 0
        with pytest.raises(Invalid):
            await desk.find("account", "clerk", sort="total")


async def test_who_sees_some_is_told_of_these(own_world: World) -> None:
    """A hidden record changes nothing of what one is told."""
    await evolve(own_world, *DEALS)
    async with own_world.desk() as desk:
        mine = own_world.id("rep1")
        a = await desk.one("account", by="rep1", name="A", owner=mine)
        await desk.make("opportunity", deal(a, 5, owner=mine), by="rep1")
        await desk.make("opportunity", deal(a, 100, owner=own_world.id("rep3")))
        assert (await desk.get("account", a))["total"] == 105
        seen = await desk.get("account", a, "rep1")
        assert (seen["total"], seen["total_currency"], seen["deals"], seen["big"]) == (5, "USD", 1, 0)
        assert await desk.ids("account", "rep1", filter={"field": "total", "op": "gt", "value": 50}) == []
        assert await desk.ids("account", "rep1", filter={"formula": "total = 5"}) == [a]
        assert [r["id"] for r in await desk.find("account", "rep1", sort="-total")] == [a]
