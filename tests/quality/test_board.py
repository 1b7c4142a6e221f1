"""The board tells each reader how good the records are that they see; every figure is the length of the list that it leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.world import Desk, World, renewed

from guanxi import quality, records
from guanxi.base import Forbidden, Invalid, NotFound
from guanxi.pg import jobs, quote
from guanxi.pg.jobs import Job
from guanxi.quality.scheme import objects, scheme
from guanxi.records import Context, Create, Delete, Update
from guanxi.schema.catalog import Catalog
from guanxi.schema.filter import both, parse
from guanxi.schema.query import Query

WHO = ("admin", "captain", "rep1", "mate", "clerk", "peeper", "viewer")
OLD = datetime.now(UTC) - timedelta(days=400)


def table(desk: Desk, name: str) -> str:
    return f"{quote(desk.world.workspace.schema)}.{quote(name)}"


async def count(ctx: Context, name: str, *filters: Any) -> int:
    n, _ = await records.count_of(ctx, Query(name, both(*(parse(f) for f in filters))))
    return n or 0


async def four(desk: Desk) -> list[str]:
    """Four companies: one good, one that lacks much, one with values that are wrong by now, one twice; the last two old."""
    good = {
        "kind": "company",
        "industry": "it",
        "phone": "+86 21 8888 6666",
        "email": "a@example.cn",
        "website": "example.cn",
    }
    rows: list[dict[str, Any]] = [
        {"name": "恒达有限公司", "source": "event", **good},
        {"name": "远航有限公司", "kind": "company"},
        {"name": "明德有限公司", "kind": "company", "source": "event"},
        {"name": "明德公司", "kind": "company", "source": "web"},
    ]
    rows = [{n: v for n, v in r.items() if n in desk.world.catalog.object("account").fields} for r in rows]
    options = desk.world.catalog.object("account").fields
    for r in rows:
        for n in ("industry", "source"):
            names = [o.name for o in options[n].options]
            if n in r and r[n] not in names:
                r[n] = names[0] if r[n] != "web" else names[1]
    ids = await desk.make("account", *rows)
    schema = quote(desk.world.workspace.schema)
    await desk.connection.execute(
        f"UPDATE {table(desk, 'account')} SET phone = '12345', email = 'x@', registration = '91350100M000100Y44'"
        " WHERE id = %(id)s::uuid",
        {"id": ids[2]},
    )
    await desk.connection.execute(
        f"UPDATE {table(desk, 'account')} SET created_at = %(at)s WHERE id = ANY(%(ids)s::uuid[])",
        {"at": OLD, "ids": ids[2:]},
    )
    a, b = sorted(ids[2:])
    await desk.connection.execute(
        f"INSERT INTO {schema}._twin (a, b, object, score, bits, why) VALUES (%(a)s, %(b)s, 'account', 0.9, -5, '{{\"name\": [\"similar\", 9]}}')",
        {"a": a, "b": b},
    )
    await desk.connection.execute(
        f"INSERT INTO {schema}._linkage (object, state, upto) VALUES ('account', 'done', now())"
    )
    return ids


async def test_every_figure_is_the_length_of_the_list_it_leads_to(desk: Desk) -> None:
    await four(desk)
    for name in WHO:
        ctx = desk.as_(name)
        for entity in objects(desk.world.catalog):
            try:
                told = await quality.board(ctx, entity.name, by=None)
            except Forbidden:
                continue
            n = await count(ctx, entity.name)
            assert told["total"]["records"] == n, (name, entity.name)
            counts = {f["field"]: f for f in told["scheme"]["fields"]}
            asked, valid = told["scheme"]["invalid"], told["total"]["valid"]
            wrong = await count(ctx, entity.name, asked) if asked else 0
            assert valid is None or valid == pytest.approx(100 - 100 * wrong / (n or 1), abs=0.06), (name, entity.name)
            if lacking := told["scheme"]["incomplete"]:
                some = await count(ctx, entity.name, lacking)
                assert max(f["missing"] for f in told["fields"]) <= some <= n, (name, entity.name)
                assert (some == 0) is (told["total"]["complete"] in (None, 100)), (name, entity.name)
            hidden = {f for f in entity.fields if not records.access.readable(ctx.actor, entity, entity.fields[f])}
            assert not hidden & counts.keys(), (name, entity.name)
            for f in told["fields"]:
                asked = counts[f["field"]]
                assert f["missing"] == await count(ctx, entity.name, asked["missing"]), (name, entity.name, f)
                if asked["invalid"]:
                    assert f["invalid"] == await count(ctx, entity.name, asked["invalid"]), (name, entity.name, f)
                assert 0 <= f["missing"] <= f["of"] <= n
            for key, part in (("stale", "fresh"), ("duplicate", "unique")):
                if n and told["scheme"][key] and told["total"][part] is not None:
                    those = await count(ctx, entity.name, told["scheme"][key])
                    assert told["total"][part] == pytest.approx(100 - 100 * those / n, abs=0.06), (
                        name,
                        entity.name,
                        key,
                    )
            for some in told["groups"].values():
                assert sum(g["records"] for g in some) == n


async def test_what_is_wrong_stale_or_there_twice_costs_points_and_says_so(desk: Desk) -> None:
    good, poor, wrong, twice = await four(desk)
    ctx = desk.as_("admin")
    scores = {id: await quality.explained(ctx, "account", id) for id in (good, poor, wrong, twice)}
    states = {f["field"]: f["state"] for f in scores[wrong]["fields"]}
    assert {n for n, s in states.items() if s == "invalid"} == {"phone", "email", "registration"}
    assert "gender" not in states, "what a rule does not show is not asked for"
    assert scores[wrong]["stale"]
    assert scores[wrong]["duplicate"]
    assert scores[twice]["duplicate"]
    assert not scores[good]["stale"]
    assert not scores[good]["duplicate"]
    assert scores[good]["score"] > scores[poor]["score"] > scores[wrong]["score"]
    for told in scores.values():
        assert sum(p["of"] for p in told["parts"]) == pytest.approx(100, abs=0.2)
        assert told["score"] == pytest.approx(sum(p["points"] for p in told["parts"]), abs=0.2)
        lost = sum(f["lost"] for f in told["fields"])
        assert told["parts"][0]["points"] == pytest.approx(told["parts"][0]["of"] - lost, abs=1)
    mean = (await quality.board(ctx, "account", parse({"field": "id", "op": "in", "value": list(scores)})))["total"]
    assert mean["score"] == pytest.approx(sum(t["score"] for t in scores.values()) / 4, abs=0.2)
    assert mean["valid"] == 75
    await desk.connection.execute(f"DELETE FROM {table(desk, '_linkage')}")
    unseen = await quality.explained(ctx, "account", good)
    assert [p["part"] for p in unseen["parts"]] == ["fields", "fresh"], "nobody has looked for what is there twice"
    assert sum(p["of"] for p in unseen["parts"]) == pytest.approx(100, abs=0.2)
    board = (await quality.board(ctx, "account"))["total"]
    assert (board["unique"], board["valid"]) == (None, 75)
    assert mean["fresh"] == 50
    assert mean["unique"] == 50
    await records.write(ctx, "account", [Update(wrong, {"phone": "+86 21 8888 6666", "email": None})])
    states = {f["field"]: f["state"] for f in (await quality.explained(ctx, "account", wrong))["fields"]}
    assert states["phone"] == "ok"
    assert states["email"] == "missing"
    with pytest.raises(NotFound):
        await quality.explained(desk.as_("peeper"), "account", wrong)


async def test_a_link_into_the_bin_and_what_must_not_be_empty_are_wrong(desk: Desk) -> None:
    [good, _, parent, _] = await four(desk)
    ctx = desk.as_("admin")
    await records.write(ctx, "account", [Update(good, {"parent": parent})])
    invalid = {"field": "parent", "op": "invalid"}
    assert await count(ctx, "account", invalid) == 0
    await records.write(ctx, "account", [Delete(parent)])
    assert await count(ctx, "account", invalid) == 1
    assert await count(desk.as_("peeper"), "account", invalid) == 0
    account = ctx.catalog.objects["account"]
    fields = tuple(replace(f, required=True) if f.name == "website" else f for f in account.fields)
    stricter = Catalog(
        ctx.catalog.version + 1,
        {**ctx.catalog.objects, "account": replace(account, fields=fields)},
        ctx.catalog.pipelines,
    )
    now = replace(ctx, catalog=stricter)
    empty = await count(ctx, "account", {"field": "website", "op": "is_empty"})
    assert empty > 0
    assert await count(now, "account", {"field": "website", "op": "invalid"}) == empty
    assert await count(now, "account", {"field": "website", "op": "invalid", "value": False}) == await count(
        ctx, "account", {"field": "website", "op": "is_empty", "value": False}
    )
    with pytest.raises(Invalid):
        await count(ctx, "account", {"field": "orders_count", "op": "invalid"})
    with pytest.raises(Invalid):
        await count(ctx, "account", {"field": "phone", "op": "invalid", "value": "x"})


async def test_of_two_that_may_be_one_nobody_learns_who_sees_one_or_no_reason(desk: Desk) -> None:
    ids = await four(desk)
    ctx, doubled = desk.as_("admin"), {"duplicate": True}
    assert await count(ctx, "account", doubled) == 2
    blind = renewed(ctx.actor, grants=replace(ctx.actor.grants, fields={"account.name": "none"}), system=False)
    assert await count(replace(ctx, actor=blind), "account", doubled) == 0
    await records.write(desk.system(), "account", [Update(ids[2], {"owner": desk.world.id("rep1")})])
    await records.write(desk.system(), "account", [Update(ids[3], {"owner": desk.world.id("rep3")})])
    own = renewed(
        desk.as_("rep1").actor, grants=replace(ctx.actor.grants, objects={"*": {"read": "own"}}, system=frozenset())
    )
    assert await count(replace(ctx, actor=own), "account", doubled) == 0
    await desk.connection.execute(f"UPDATE {quote(desk.world.workspace.schema)}._twin SET decision = 'different'")
    assert await count(ctx, "account", doubled) == 0


async def test_administrators_say_what_counts_and_only_they(desk: Desk) -> None:
    [good, *_] = await four(desk)
    ctx = desk.as_("admin")
    entity = ctx.catalog.object("account")
    with pytest.raises(Forbidden):
        await quality.put(desk.as_("rep1"), "account", {"days": 30})
    for wrong in (
        {"weights": {"nothing": 1}},
        {"weights": {"phone": 11}},
        {"days": 0},
        {"since": "name"},
        {"source": "name"},
        {"parts": {"fields": 0, "fresh": 0, "unique": 0}},
        {"what": 1},
    ):
        with pytest.raises(Invalid):
            await quality.put(ctx, "account", wrong)
    counts = {f.name: f.weight for f in (await scheme(ctx, entity)).fields}
    assert counts["phone"] > 0 == counts.get("protected_until", 0) == counts.get("contact_hours", 0), (
        "what is rightly empty is no fault"
    )
    only = dict.fromkeys([f.name for f in (await scheme(ctx, entity)).fields], 0) | {"phone": 5}
    parts = {"fields": 100, "fresh": 0, "unique": 0}
    await quality.put(ctx, "account", {"weights": only, "days": 500, "parts": parts})
    told = await quality.explained(ctx, "account", good)
    assert [f["field"] for f in told["fields"]] == ["phone"]
    assert told["score"] == 100
    assert (await quality.board(ctx, "account"))["scheme"]["days"] == 500
    await quality.put(ctx, "account", {})
    assert len((await scheme(ctx, entity)).fields) > 10


async def test_the_trend_is_for_who_sees_everything(desk: Desk) -> None:
    await four(desk)
    assert await quality.take(desk.system()) > 0
    ctx = desk.as_("admin")
    [day] = await quality.trend(ctx, "account", 30) or []
    assert day["records"] == await count(ctx, "account")
    assert 0 < day["score"] < 100
    assert await quality.take(desk.system()) > 0, "a second look on a day takes the place of the first"
    assert len(await quality.trend(ctx, "account", 30) or []) == 1
    mine = {o["object"]: o for o in await quality.overview(ctx)}
    assert mine["account"]["records"] == day["records"]
    for name in ("rep1", "clerk"):
        assert await quality.trend(desk.as_(name), "account", 30) is None
        assert all(o["score"] is None for o in await quality.overview(desk.as_(name)) if o["object"] == "account")


async def test_what_records_cannot_be_told_apart_by_is_refused_with_what_can(desk: Desk) -> None:
    ctx = desk.as_("admin")
    grants = replace(ctx.actor.grants, fields={"account.source": "none"})
    blind = replace(ctx, actor=renewed(ctx.actor, grants=grants))
    for who, by in ((ctx, "name"), (ctx, "no_such"), (blind, "source")):
        with pytest.raises(Invalid) as refused:
            await quality.board(who, "account", by=["owner", by])
        [error] = refused.value.errors
        assert (error.field, error.code, error.values["value"]) == ("by", "not_among", by)
        assert "owner" in error.message("en")
        assert ("source" in str(error.values["options"])) is (who is ctx)


async def test_every_workspace_has_its_night(own_world: World) -> None:
    world = own_world
    async with world.act() as ctx:
        await records.write(ctx, "account", [Create({"name": "A"})])
    await quality.nightly(Job(1, "quality.nightly", {}, 1, world.db))
    async with world.db.connection() as db:
        [(id, args)] = await db.fetch("SELECT id, args FROM guanxi.job WHERE name = 'quality.take'")
    await jobs.tasks["quality.take"].run(Job(id, "quality.take", args, 1, world.db))
    async with world.act() as ctx:
        [day] = await quality.trend(ctx, "account", 5) or []
    assert day["records"] == 1


async def test_of_many_records_a_part_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await four(desk)
    monkeypatch.setattr("guanxi.quality.measuring.WHOLE", 100)
    monkeypatch.setattr("guanxi.quality.measuring._about", _many)
    told = await quality.board(desk.as_("admin"), "account")
    assert told["sampled"] == 0.5
    assert told["total"]["records"] >= 0


async def _many(*_: object) -> float:
    return 200.0
