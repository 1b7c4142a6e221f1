"""By rules records go into the archive or the bin, and from there for good: told before, protected, capped, taken back as one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.audit.test_retention import keep
from tests.audit.test_seals import look, run
from tests.world import World

from guanxi import audit, notify, records
from guanxi.base import Invalid, NotFound
from guanxi.base.json import loads
from guanxi.records import Create
from guanxi.schema.query import read_query

OLD = {"what": "to_archive", "object": "account", "since": "created_at", "days": 365}
RUNNING = {"any": "opportunities", "where": {"field": "stage_kind", "op": "eq", "value": "open"}}


async def made(world: World) -> dict[str, str]:
    """Accounts of two years ago: five that nobody needs, one with an open deal; and one of today."""
    async with world.act() as ctx:
        rows = await records.write(
            ctx,
            "account",
            [Create({"name": n, "owner": world.id("rep1")}) for n in ("A", "B", "C", "D", "E", "busy", "new")],
        )
        ids = {n: o.id or "" for n, o in zip(("A", "B", "C", "D", "E", "busy", "new"), rows, strict=True)}
        deal = {"name": "Deal", "account": ids["busy"], "close_date": "2030-01-01"}
        await records.write(ctx, "opportunity", [Create(deal)])
        await records.write(ctx, "contact", [Create({"name": "张三", "account": ids["A"]})])
    old = [i for n, i in ids.items() if n != "new"]
    await run(
        world,
        "UPDATE SCHEMA.account SET created_at = now() - interval '800 days' WHERE id = ANY(%(ids)s::uuid[]) RETURNING 1",
        ids=old,
    )
    return ids


async def there(world: World, **asked: Any) -> set[str]:
    async with world.act() as ctx:
        page = await records.find(ctx, read_query("account", {"limit": 200, "fields": ["name"], **asked}))
        return {loads(r)["name"] for r in page.rows}


async def test_old_records_are_archived_and_then_go_for_good(own_world: World) -> None:
    world = own_world
    ids = await made(world)
    rule = {**OLD, "filter": {"field": "name", "op": "ne", "value": "E"}, "protect": RUNNING, "cap": 3}
    wanted = audit.read_keeping({"rules": [rule]}, world.catalog)
    async with world.act() as ctx:
        audit.check(ctx, wanted)
        [told] = await audit.preview(ctx.db, world.workspace, world.catalog, wanted)
    assert told["rows"] == 4
    assert {r["title"] for r in told["records"]} == {"A", "B", "C", "D"}
    assert [(o["id"], o["count"]) for o in told["owners"]] == [(world.id("rep1"), 4)]
    assert {"object": "contact", "count": 1} in told["below"]
    assert await there(world) >= set(ids), "nothing was done"

    await keep(world, rule)
    assert await audit.apply(world.db, world.workspace) == 3, "no more in one night"
    assert await audit.apply(world.db, world.workspace) == 1
    assert await audit.apply(world.db, world.workspace) == 0
    assert await there(world, archived="only") == {"A", "B", "C", "D"}
    assert {"E", "busy", "new"} <= await there(world)
    noted = await run(
        world,
        "SELECT (details->>'rows')::int, details->>'change_set' FROM SCHEMA._audit WHERE kind = 'retention' ORDER BY seq",
    )
    assert [n for n, _ in noted] == [3, 1]
    async with world.act() as ctx:
        heard = (await notify.listing(ctx))["data"]
        assert any(h["kind"] == "night" and "3 " in h["text"] for h in heard)
        assert (await records.undo(ctx, noted[0][1]))["undone"] == 3
    assert len(await there(world, archived="only")) == 1

    await audit.apply(world.db, world.workspace)
    await run(
        world,
        "UPDATE SCHEMA.account SET deleted_at = now() - interval '90 days' WHERE _archived RETURNING 1",
    )
    spare = {"field": "name", "op": "eq", "value": "D"}
    gone = {"what": "archived", "object": "account", "days": 60, "protect": spare}
    await keep(world, gone, {"what": "bin", "days": 1}, holds=("account",))
    assert await audit.apply(world.db, world.workspace) == 0, "on hold nothing goes"
    await keep(world, gone, {"what": "bin", "days": 1})
    async with world.act() as ctx:
        wanted = audit.read_keeping({"rules": [gone]}, world.catalog)
        assert (await audit.preview(ctx.db, world.workspace, world.catalog, wanted))[0]["rows"] == 3
    assert await audit.apply(world.db, world.workspace) == 3
    assert await there(world, archived="only") == {"D"}
    async with world.act() as ctx:
        with pytest.raises(NotFound):
            await records.get(ctx, "account", ids["A"])
    [(object_name, n, some)] = await run(
        world,
        "SELECT object, (details->>'rows')::int, details->'records' FROM SCHEMA._audit WHERE details ? 'records' AND kind = 'retention'",
    )
    assert (object_name, n, set(some)) == ("account", 3, {ids["A"], ids["B"], ids["C"]})
    assert (await look(world)).ok


async def test_rules_that_mean_nothing_are_refused(world: World) -> None:
    for wrong, field in (
        ({**OLD, "object": "*"}, "rules.0.object"),
        ({**OLD, "object": "user"}, "rules.0.object"),
        ({**OLD, "since": "name"}, "rules.0.since"),
        ({**OLD, "cap": -1}, "rules.0.cap"),
        ({**OLD, "filter": {"what": 1}}, "rules.0.filter"),
        ({"what": "bin", "days": 3, "filter": {"and": []}, "since": "x"}, "rules.0.since"),
        ({"what": "bin", "days": 3, "protect": {"field": "name", "op": "is_empty"}}, "rules.0.protect"),
    ):
        with pytest.raises(Invalid) as refused:
            audit.read_keeping({"rules": [wrong]}, world.catalog)
        assert field in [e.field for e in refused.value.errors], wrong
    unknown = audit.read_keeping({"rules": [{**OLD, "filter": {"field": "nothing", "op": "is_empty"}}]}, world.catalog)
    async with world.act() as ctx:
        with pytest.raises(Invalid) as refused:
            audit.check(ctx, unknown)
    assert refused.value.errors[0].field == "rules.0.filter"
