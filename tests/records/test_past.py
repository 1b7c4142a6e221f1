"""The past: every record, list and figure at a moment is what it was at that moment, whatever was done since."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.world import Desk, World, exact, example, pages

from guanxi import records
from guanxi.base import Invalid, NotFound, Problem, new_id
from guanxi.records import Create, Delete, Restore, Update
from guanxi.schema.query import read_aggregation, read_query

QUERIES: list[dict[str, Any]] = [
    {"sort": "name"},
    {"sort": "-updated_at", "limit": 3},
    {"sort": "-integer,name", "limit": 2},
    {"sort": "keeper.name,-id", "limit": 3, "fields": ["name", "keeper", "keeper.skill", "friends.name", "parent"]},
    {"sort": "integer,-name", "limit": 2, "filter": {"field": "integer", "op": "gte", "value": 0}},
    {"sort": "updated_at", "limit": 2, "filter": {"field": "name", "op": "contains", "value": "a"}},
    {"sort": "-created_at", "limit": 1, "filter": {"field": "keeper.skill", "op": "eq", "value": "gold"}},
    {"sort": "id", "filter": {"field": "keeper", "op": "is_empty"}},
    {"sort": "-text", "limit": 2, "filter": {"not": {"field": "select", "op": "in", "value": ["gold", "silver"]}}},
    {"sort": "id", "filter": {"any": "kids", "where": {"field": "integer", "op": "lt", "value": 50}}},
]
FIGURES: list[dict[str, Any]] = [
    {"measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "integer", "as": "s"}]},
    {"group": ["select"], "measures": [{"fn": "sum", "field": "money", "as": "m"}, {"fn": "count", "as": "n"}]},
    {"group": ["keeper", {"field": "date", "grain": "month"}]},
    {"group": ["keeper.skill"], "measures": [{"fn": "count_distinct", "field": "keeper", "as": "k"}]},
]


async def seen(world: World, name: str, moment: datetime | None = None) -> dict[str, Any]:
    """Everything that somebody is told: each list page by page, each figure, each record; now or then."""
    out: dict[str, Any] = {}
    async with world.desk() as desk:
        ctx = desk.as_(name)
        stamp = {"as_of": moment.isoformat()} if moment else {}
        for i, query in enumerate(QUERIES):
            out[f"list {i}"] = await pages(ctx, "zoo", {**query, **stamp})
            whole = {n: v for n, v in query.items() if n == "filter"} | {"include": ["count", "totals"], "limit": 1}
            found = exact((await records.find(ctx, read_query("zoo", {**whole, **stamp}))).body())
            out[f"count {i}"] = {n: found.get(n) for n in ("count", "totals", "currencies")}
        for i, what in enumerate(FIGURES):
            rows = await records.aggregate(ctx, read_aggregation("zoo", {**what, **stamp}))
            out[f"figures {i}"] = [exact(r) for r in rows]
        out["keepers"] = await pages(ctx, "keeper", {"sort": "name", **stamp})
        for row in out["list 0"]:
            out[row["id"]] = exact(await records.get(ctx.then(moment), "zoo", row["id"]))
    return out


async def act(world: World, rng: random.Random, known: dict[str, list[str]], sets: list[str]) -> None:
    """One random act, committed."""
    name = rng.choice(["zoo", "zoo", "zoo", "keeper"])
    entity = world.catalog.object(name)
    links = {"keeper": known["keeper"], "zoo": known["zoo"], "user": [world.id("rep1"), world.id("rep2")]}
    kind = rng.choice(["create", "update", "update", "delete", "restore", "batch", "mass", "undo"])
    ids = rng.sample(known[name], min(len(known[name]), 3))

    def values() -> dict[str, Any]:
        return example(entity, rng, links)

    async with world.act(bulk="batch", change_set=new_id()) as ctx:
        if kind == "undo" and sets:
            try:
                await records.undo(ctx, sets[-1], force=rng.random() < 0.5)
            except Problem:
                return
            return
        if kind == "mass":
            wanted = read_query(name, {"filter": {"field": "name", "op": "contains", "value": "a"}})
            change = {"integer": rng.randrange(100)} if name == "zoo" else {"salary": rng.randrange(100)}
            await records.mass(replace(ctx, bulk="mass"), wanted, change)
        else:
            operations: dict[str, list[Any]] = {
                "update": [Update(i, dict(rng.sample(sorted(values().items()), 3))) for i in ids[:1]],
                "delete": [Delete(i) for i in ids[:1]],
                "restore": [Restore(i) for i in known[name]],
                "batch": [Create(values()), *(Update(i, values()) for i in ids[:2]), *(Delete(i) for i in ids[2:])],
            }
            done = await records.write(ctx, name, operations.get(kind) or [Create(values())], atomic=False)
            known[name] += [o.id or "" for o in done if o.status == 201]
        sets.append(ctx.change_set)


async def now(world: World) -> datetime:
    async with world.db.connection() as c:
        return await c.value("SELECT clock_timestamp()")


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
async def test_every_moment_is_told_as_it_was(own_world: World, seed: int) -> None:
    rng = random.Random(seed)
    known: dict[str, list[str]] = {"zoo": [], "keeper": []}
    sets: list[str] = []
    async with own_world.act() as ctx:
        for name in ("keeper", "zoo"):
            made = await records.write(
                ctx, name, [Create({"name": f"{name} {w}"}) for w in ("ant", "bee", "cow", "Äffin")]
            )
            known[name] = [o.id or "" for o in made]
    moments: list[tuple[datetime, dict[str, Any]]] = []
    for _ in range(8):
        await act(own_world, rng, known, sets)
        moments.append((await now(own_world), await seen(own_world, "admin")))
    for moment, told in moments:
        then = await seen(own_world, "admin", moment)
        for question, answer in told.items():
            assert then[question] == answer, question
        assert then.keys() == told.keys()


async def test_pieces_of_names_are_looked_for_in_what_things_were_called_then(own_world: World) -> None:
    """The search index knows the names of today alone: it helps with what has not been written since, and misleads nowhere."""
    w = own_world
    async with w.act() as ctx:
        names = ("Lumen Works", "Lumen Still", "Plain Works", "Lumen Gone")
        made = [o.id or "" for o in await records.write(ctx, "account", [Create({"name": n}) for n in names])]
    moment = await now(w)
    async with w.act() as ctx:
        renamed = [Update(made[0], {"name": "Called otherwise"}), Update(made[2], {"name": "Lumen Late"})]
        await records.write(ctx, "account", [*renamed, Delete(made[3])])
    async with w.desk() as desk:
        ctx = desk.as_("admin").then(moment)
        for op, value in (("contains", "umen"), ("starts_with", "Lumen")):
            query = {"filter": {"field": "name", "op": op, "value": value}, "sort": "name"}
            assert [r["name"] for r in await pages(ctx, "account", query)] == [
                "Lumen Gone",
                "Lumen Still",
                "Lumen Works",
            ]
            others = await pages(ctx, "account", {"filter": {"not": query["filter"]}, "sort": "name"})
            assert [r["name"] for r in others] == ["Plain Works"]


async def test_who_may_not_see_it_now_does_not_see_it_then(own_world: World) -> None:
    """Rights are those of today: what one owned once is not shown, and what one owns today is shown from its beginning."""
    w = own_world
    async with w.act() as ctx:
        given = {"name": "Given away", "owner": w.id("rep3")}
        made = await records.write(ctx, "account", [Create(given), Create({"name": "Taken", "owner": w.id("rep1")})])
        lost, gained = (o.id or "" for o in made)
        [contract] = await records.write(ctx, "contract", [Create({"name": "Terms", "account": lost})])
        about = {"object": "contract", "id": contract.id}
        [note] = await records.write(ctx, "note", [Create({"body": "Signed", "about": about})])
    moment = await now(w)
    async with w.act() as ctx:
        [later] = await records.write(ctx, "account", [Create({"name": "Later", "owner": w.id("rep3")})])
        await records.write(ctx, "contract", [Update(contract.id or "", {"account": later.id})])
        await records.write(
            ctx,
            "account",
            [Update(lost, {"owner": w.id("rep1")}), Update(gained, {"owner": w.id("rep3"), "name": "Mine"})],
        )
    async with w.desk() as desk:
        ctx = desk.as_("rep3").then(moment)
        assert [r["name"] for r in await pages(ctx, "account", {})] == ["Taken"]
        assert exact((await records.aggregate(ctx, read_aggregation("account", {})))[0])["values"]["count"] == 1
        with pytest.raises(NotFound):
            await records.get(ctx, "account", lost)
        assert exact(await records.get(ctx, "account", gained))["name"] == "Taken"
        # Also where they come from further away: the note is about a contract of what is one's own today, and was not there then.
        assert exact(await records.get(ctx, "note", note.id or ""))["body"] == "Signed"


@pytest.mark.parametrize("query", [{"q": "a"}, {"bin": True}, {"filter": {"any": "kids", "where": {"search": "a"}}}])
async def test_what_is_only_known_of_now_is_refused_of_the_past(desk: Desk, query: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refusal:
        await records.find(desk.as_(), read_query("zoo", {**query, "as_of": "2026-01-01T00:00:00Z"}))
    assert refusal.value.errors[0].code == "not_of_the_past"


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", 5, ["x"], "9999-12-31T23:59:59-23:00"]
)
async def test_a_moment_is_a_time_with_its_offset(moment: Any) -> None:
    for read in (read_query, read_aggregation):
        with pytest.raises(Invalid) as refusal:
            read("zoo", {"as_of": moment})
        assert (refusal.value.errors[0].field, refusal.value.errors[0].code) == ("as_of", "not_a_datetime")
