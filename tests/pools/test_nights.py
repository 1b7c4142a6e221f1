"""Nights: what falls is what was said to fall, all at once, told ahead, and taken back by one click."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.pools.test_pools import pool, row, seated
from tests.world import Desk, World

from guanxi import notify, pools, records
from guanxi.base import Forbidden, said
from guanxi.pools.nights import HOUR, Warned, _hearers, on_warning
from guanxi.records import Context, Update, system_actor
from guanxi.records.context import Actor

WEST = ("rep3", "mate")


def program(desk: Desk, **more: Any) -> Context:
    """The program, at some moment."""
    return replace(desk.as_("admin"), actor=system_actor(desk.world.workspace), cause="pools", **more)


async def aged(desk: Desk, days: int, **values: Any) -> str:
    """An account that nobody has touched for so long."""
    id = await desk.one("account", **{"name": "Old", **values})
    table = f'"{desk.world.workspace.schema}".account'
    sets = "created_at = now() - make_interval(days => %(d)s), held_since = now() - make_interval(days => %(d)s)"
    await desk.connection.execute(f"UPDATE {table} SET {sets} WHERE id = %(id)s::uuid", {"id": id, "d": days})
    return id


async def fell(desk: Desk, at: Any) -> dict[str, tuple[str, str]]:
    """What a night lets fall: by record its pool and rule, as the books have it."""
    done = await pools.recycle(program(desk, now=at))
    rows = await desk.connection.fetch(
        f'SELECT record, pool, rule FROM "{desk.world.workspace.schema}"._pool_move WHERE change_set = ANY(%(s)s::uuid[])',
        {"s": [n.change_set for n in done]},
    )
    assert sum(n.fell for n in done) == len(rows)
    return {r: (p, rule) for r, p, rule in rows}


async def test_what_is_simulated_is_what_happens(desk: Desk) -> None:
    world = desk.world
    rep, mate = world.id("rep3"), world.id("mate")
    sea = await pool(
        desk,
        name="West",
        grace_days=3,
        spared={"field": "tags", "op": "contains", "value": "keep"},
        recycling=[
            {"name": "no deal", "idle_days": 30, "when": {"none": "opportunities", "where": {"field": "stage_kind", "op": "eq", "value": "won"}}},
            {"name": "ordinary", "idle_days": 10, "when": {"field": "grade", "op": "eq", "value": "ordinary"}},
            {"name": "off", "idle_days": 1, "active": False},
        ],
    )  # fmt: skip
    other = await pool(desk, name="Rest", position=9, teams=[world.teams["west"], world.teams["east"]],
                       within={"field": "industry", "op": "eq", "value": "finance"}, grace_days=0,
                       recycling=[{"name": "finance", "when": {"field": "industry", "op": "eq", "value": "finance"}}])  # fmt: skip
    falls = {
        await aged(desk, 40, owner=rep): (sea, "no deal"),
        await aged(desk, 15, owner=mate, grade="ordinary"): (sea, "ordinary"),
        await aged(desk, 40, owner=mate, grade="ordinary"): (sea, "no deal"),  # the first rule is the reason
        await aged(desk, 1, owner=world.id("rep1"), industry="finance"): (other, "finance"),
        await aged(desk, 40, owner=rep, industry="finance"): (sea, "no deal"),  # West has no order and comes after
    }
    falls[list(falls)[4]] = (other, "finance")
    stays = [
        await aged(desk, 15, owner=rep),
        await aged(desk, 5, owner=mate, grade="ordinary"),
        await aged(desk, 40, owner=rep, tags=["keep"]),
        await aged(desk, 40, owner=rep, protected=True),
        await aged(desk, 40, owner=rep, protected=True, protected_until="2100-01-01"),
        await aged(desk, 40, owner=world.id("rep1")),  # whose owner is in no pool that takes it
        await aged(desk, 40),  # the administrator's
    ]
    falls[await aged(desk, 40, owner=rep, protected=True, protected_until="2020-01-01")] = (sea, "no deal")
    won = await aged(desk, 40, owner=rep)
    await desk.one("opportunity", name="D", account=won, stage="won", amount=1, owner=rep)
    begun = await aged(desk, 40, owner=world.id("rep1"))
    await records.write(desk.system(), "account", [Update(begun, {"owner": rep})])  # has it since today
    ctx = await seated(desk, "admin")
    told = await pools.simulate(ctx)
    said = {r["id"]: ({"West": sea, "Rest": other}[r["pool"]], r["rule"]) for o in told["owners"] for r in o["records"]}
    happened = await fell(desk, told["at"])
    assert said == happened == falls
    assert (told["count"], sum(r["count"] for r in told["rules"])) == (len(falls), len(falls))
    for id in (*stays, won, begun):
        assert (await row(desk, id))["owner"] is not None
    for id, (into, _) in falls.items():
        stored = await row(desk, id)
        assert (stored["owner"], stored["pool"]["id"], stored["version"]) == (None, into, 2)
    entry = (await desk.journal(next(iter(falls))))[-1]
    assert entry["before"]["owner"] == rep
    assert entry["after"] | {"pool_since": 0} == {"owner": None, "pool": sea, "pool_since": 0, "held_since": None}
    assert (entry["actor"], entry["cause"]) == (None, "pools > system: recycle")
    assert await fell(desk, told["at"]) == {}
    with pytest.raises(Forbidden):
        await pools.simulate(await seated(desk, "captain"))


class Tried(Exception):
    """Takes back what was only tried."""


async def test_rules_are_tried_before_they_are_saved(desk: Desk) -> None:
    world, sea = desk.world, await pool(desk, recycling=[{"name": "long", "idle_days": 60}])
    ids = [await aged(desk, days, owner=world.id("rep3")) for days in (20, 40, 80)]
    ctx = await seated(desk, "admin")
    assert (await pools.simulate(ctx))["count"] == 1
    with pytest.raises(Tried):
        async with desk.connection.savepoint():  # as the page has it tried
            await records.write(desk.as_(), "pool", [Update(sea, {"recycling": [{"name": "short", "idle_days": 30}]})])
            told = await pools.simulate(ctx)
            raise Tried
    assert {r["id"] for o in told["owners"] for r in o["records"]} == set(ids[1:])
    assert (await pools.simulate(ctx))["count"] == 1
    await records.write(desk.as_(), "pool", [Update(sea, {"recycling": [{"name": "short", "idle_days": 30}]})])
    assert set(await fell(desk, told["at"])) == set(ids[1:])


async def test_a_night_is_taken_back_as_one(desk: Desk) -> None:
    world = desk.world
    sea = await pool(desk, recycling=[{"name": "idle", "idle_days": 30}])
    ids = [await aged(desk, 40, owner=world.id(n), name=f"No {i}") for i, n in enumerate((*WEST, *WEST))]
    before = [await row(desk, i) for i in ids]
    [done] = await pools.recycle(program(desk))
    rep = await seated(desk, "rep3", now=await desk.connection.value("SELECT now()"))
    await pools.claim(rep, "account", [ids[1]])
    [listed] = [s for s in (await records.change_sets(desk.as_()))["data"] if s["id"] == done.change_set]
    assert (listed["kind"], listed["counts"]["updated"], listed["undoable"]) == ("recycle", 4, True)
    taken = await records.undo(desk.as_(), done.change_set)
    assert (taken["undone"], [k["id"] for k in taken["kept"]]) == (
        3,
        [ids[1]],
    )  # what was claimed since stays where it is
    for id, old in zip(ids, before, strict=True):
        now = await row(desk, id)
        assert now["owner"]["id"] == (world.id("rep3") if id == ids[1] else old["owner"]["id"])
        if id != ids[1]:
            assert (now["pool"], now["held_since"]) == (old["pool"], old["held_since"])
    [run] = (await pools.runs(desk.as_()))["data"]
    assert (run["fell"], run["undone"]) == (4, True)
    boss, day = await seated(desk, "captain", now=rep.now), timedelta(days=1)
    lines = (await pools.report(boss, sea, rep.now - day, rep.now + day))["people"]
    lost = {line["user"]["id"]: line["recycled"] for line in lines}
    assert {who: n for who, n in lost.items() if n} == {world.id(WEST[1]): 1}, "who lost what stayed, lost it"


async def test_owners_are_warned_ahead_and_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    world, told = desk.world, list[Warned]()

    async def hear(_db: Any, _workspace: Any, warnings: Any) -> None:
        told.extend(warnings)

    monkeypatch.setattr("guanxi.pools.nights._hearers", [*_hearers])
    on_warning(hear)
    await pool(desk, recycling=[{"name": "idle", "idle_days": 30}], warn_days=5)
    soon = await aged(desk, 27, owner=world.id("rep3"))
    await aged(desk, 20, owner=world.id("rep3"))
    ctx = program(desk)
    now = await desk.connection.value("SELECT now()")
    [night] = await pools.recycle(replace(ctx, now=now))
    assert (night.fell, night.warned) == (0, 1)
    assert [(w.user, w.records, w.days) for w in told] == [(world.id("rep3"), [soon], 5)]
    # It is named the day of the first night by which thirty days have passed.
    zone = ZoneInfo(world.workspace.timezone)
    due = (now + timedelta(days=3)).astimezone(zone)
    assert told[0].on == due.date() + timedelta(days=due.hour >= HOUR)
    # The record itself says so to whoever sees it: into which pool, when, by which rule.
    [falls] = [
        one for one in (await records.alerts(desk.as_("rep3"), "account", [soon]))[soon] if one["name"] == "falls"
    ]
    assert falls["text"]["en"] == f"East sea · {said.day(told[0].on, 'en')} · idle"
    assert [n.warned for n in await pools.recycle(replace(ctx, now=now + timedelta(days=1)))] == [0]
    # Handed on, it is another's to hear of; kept out of danger, it may be told of again.
    await desk.connection.execute(
        f'UPDATE "{world.workspace.schema}".account SET owner = %(u)s::uuid WHERE id = %(id)s::uuid',
        {"u": world.id("mate"), "id": soon},
    )
    assert [n.warned for n in await pools.recycle(replace(ctx, now=now + timedelta(days=1)))] == [1]
    assert told[-1].user == world.id("mate")
    [night] = await pools.recycle(replace(ctx, now=now + timedelta(days=4)))
    assert (night.fell, (await row(desk, soon))["owner"]) == (1, None)
    assert (told[-1].user, told[-1].records, told[-1].days) == (
        world.id("mate"),
        [soon],
        0,
    )  # and hears that it is gone
    seen = await notify.listing(desk.as_("mate"), kind="fallen")
    assert [n["text"] for n in seen["data"]] == ["1 account of yours fell into “East sea”"]


async def test_the_report_says_who_got_what(desk: Desk) -> None:
    world, sea = desk.world, await pool(desk)
    now = await desk.connection.value("SELECT now()")
    rep, boss = await seated(desk, "rep3", now=now), await seated(desk, "captain", now=now)
    ids = [
        await aged(desk, 40, name=f"No {i}", owner=world.id("rep3"), grade=g)
        for i, g in enumerate(("strategic", "ordinary", None, "important"))
    ]
    await pools.release(rep, "account", ids, reason="no_need")
    await pools.claim(rep, "account", ids[:2])
    await pools.assign(boss, "account", [ids[3]], [world.id("mate")])
    await desk.one("opportunity", name="D", account=ids[0], stage="won", amount=1, owner=world.id("rep3"))
    told = await pools.report(boss, sea, now - timedelta(days=1), now + timedelta(days=1))
    by = {p["user"]["id"]: p for p in told["people"]}
    mine = by[world.id("rep3")]
    assert (mine["claimed"], mine["released"], mine["won"], float(mine["quality"]), mine["share"], mine["held"]) == (
        2,
        4,
        1,
        2.0,
        66.7,
        2,
    )
    assert by[world.id("mate")]["assigned"] == 1
    assert told["total"] == {"claimed": 2, "assigned": 1, "released": 4, "recycled": 0, "won": 1}
    own = await pools.report(rep, sea, now - timedelta(days=1), now + timedelta(days=1))
    assert [p["user"]["id"] for p in own["people"]] == [world.id("rep3")]
    assert "total" not in own


async def test_a_night_comes_once_a_day(own_world: World) -> None:
    world = own_world
    async with world.db.transaction(world.workspace.role) as c:
        desk = Desk(world, c)
        await pool(desk, recycling=[{"name": "idle", "idle_days": 30}])
        id = await aged(desk, 40, owner=world.id("rep3"))
    now = datetime.now(ZoneInfo(world.workspace.timezone))
    begun = now.replace(hour=HOUR, minute=0)
    for early in (now, begun - timedelta(hours=1)):  # a pool's first night is the next one
        assert await pools.night(world.db, world.workspace, now=early) == []
    later = begun + timedelta(days=1)
    assert await pools.night(world.db, world.workspace, now=later - timedelta(hours=1)) == []
    assert [n.fell for n in await pools.night(world.db, world.workspace, now=later)] == [1]
    assert await pools.night(world.db, world.workspace, now=later) == []
    async with world.db.transaction(world.workspace.role) as c:
        actor: Actor | None = await records.load_actor(c, world.workspace, world.id("mate"))
        assert actor is not None
        ctx = replace(world.context(c, "mate"), actor=actor)
        await records.get(ctx, "account", id)


async def test_only_who_was_reached_was_contacted(desk: Desk) -> None:
    rep = desk.world.id("rep3")
    id = await desk.one("account", name="A", owner=rep)
    person = await desk.one("contact", name="Li", account=id, owner=rep)
    about = {"object": "account", "id": id}

    async def last() -> Any:
        return (await row(desk, id))["last_contact_at"]

    await desk.one("note", subject="x", body="x", about=about)
    await desk.one("call", subject="x", about=about, result="missed", starts_at="2026-01-02T08:00:00Z")
    await desk.one("interaction", subject="x", about=about, kind="email", direction="out", at="2026-01-02T08:00:00Z")
    await desk.one("meeting", subject="x", about=about, status="held", starts_at="2199-01-02T08:00:00Z")
    assert await last() is None
    calls = await desk.make(
        "call",
        *(
            {"subject": "x", "about": about, "result": "reached", "starts_at": f"2026-01-0{d}T08:00:00Z"}
            for d in (3, 5)
        ),
    )
    assert (await last())[:10] == "2026-01-05"
    version = (await row(desk, id))["version"]
    visit = await desk.one(
        "visit",
        subject="x",
        about={"object": "contact", "id": person},
        status="planned",
        starts_at="2026-01-07T08:00:00Z",
    )
    assert (await last())[:10] == "2026-01-05"
    await records.write(desk.system(), "visit", [Update(visit, {"status": "done"})])
    assert (await last())[:10] == "2026-01-07"
    # Who was reached goes along to another customer, and back.
    other = await desk.one("account", name="B", owner=rep)
    await records.write(desk.system(), "contact", [Update(person, {"account": other})])
    assert (await last())[:10] == "2026-01-05"
    assert (await row(desk, other))["last_contact_at"][:10] == "2026-01-07"
    await records.write(desk.system(), "contact", [Update(person, {"account": id})])
    assert (await last())[:10] == "2026-01-07"
    assert (await row(desk, other))["last_contact_at"] is None
    await records.write(desk.system(), "account", [records.Delete(other)])
    # Who is put into the bin takes along when they were reached, and brings it back.
    await records.write(desk.system(), "contact", [records.Delete(person)])
    assert (await last())[:10] == "2026-01-05"
    await records.write(desk.system(), "contact", [records.Restore(person)])
    assert (await last())[:10] == "2026-01-07"
    await records.write(desk.system(), "visit", [records.Delete(visit)])
    assert (await last())[:10] == "2026-01-05"
    await records.write(desk.system(), "call", [Update(calls[1], {"result": "missed"})])
    assert (await last())[:10] == "2026-01-03"
    assert (await row(desk, id))["version"] == version
    # It decides: who was reached lately does not fall.
    await pool(desk, recycling=[{"name": "idle", "idle_days": 30}])
    await desk.connection.execute(
        f"UPDATE \"{desk.world.workspace.schema}\".account SET created_at = now() - interval '99 days', held_since = created_at"
        " WHERE id = %(id)s::uuid",
        {"id": id},
    )
    now = await desk.connection.value("SELECT now()")
    await desk.one(
        "interaction", subject="x", about=about, kind="email", direction="in", at=(now - timedelta(days=2)).isoformat()
    )
    assert await fell(desk, now) == {}
    assert set(await fell(desk, now + timedelta(days=40))) == {id}
