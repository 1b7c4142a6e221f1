"""How long things are kept: what is over goes for good, is told, and leaves the proof of the rest whole."""

from __future__ import annotations

from typing import Any

import pytest
from tests.audit.test_seals import look, run
from tests.world import World

from guanxi import audit, records
from guanxi.base import Invalid, NotFound
from guanxi.records import Create, Delete, Update


async def aged(world: World) -> dict[str, str]:
    """Accounts with a past: notes changed two years ago and just now, one account long in the bin."""
    async with world.act() as ctx:
        made = await records.write(ctx, "account", [Create({"name": n}) for n in ("A", "B", "C")])
        ids = dict(zip("ABC", (o.id or "" for o in made), strict=True))
        [contact] = await records.write(ctx, "contact", [Create({"name": "张三"})])
        ids["contact"] = contact.id or ""
        for n in range(3):
            await records.write(ctx, "account", [Update(ids["A"], {"name": f"A{n}"})])
        await records.write(ctx, "account", [Delete(ids["B"]), Delete(ids["C"])])
    schema = world.workspace.schema
    async with world.db.transaction() as db:  # a link into the bin, as an earlier version or an import left it
        await db.execute(
            f'UPDATE "{schema}".contact SET account = %(b)s::uuid WHERE id = %(c)s::uuid',
            {"b": ids["B"], "c": ids["contact"]},
        )
        await db.execute(
            f"UPDATE \"{schema}\".account SET deleted_at = now() - interval '40 days' WHERE id = %(b)s::uuid",
            {"b": ids["B"]},
        )
        await db.execute(
            f"UPDATE \"{schema}\"._journal SET at = now() - interval '800 days' WHERE kind = 'update' AND record = %(a)s::uuid"
            " AND after->>'name' <> 'A2'",
            {"a": ids["A"]},
        )
        await db.execute(
            f"INSERT INTO \"{schema}\"._audit (at, kind, cause) SELECT now() - interval '400 days', k, 'test' FROM unnest(ARRAY['sign_in','sign_in','export']) AS k"
        )
    await audit.seal(world.db, world.workspace)
    return ids


async def keep(world: World, *rules: dict[str, Any], holds: tuple[str, ...] = ()) -> None:
    async with world.act() as ctx:
        await audit.save_keeping(ctx, audit.read_keeping({"rules": list(rules), "holds": list(holds)}, world.catalog))


async def test_what_is_over_goes_and_the_rest_still_proves_itself(own_world: World) -> None:
    ids = await aged(own_world)
    await keep(
        own_world,
        {"what": "history", "object": "account", "kind": "update", "days": 730},
        {"what": "audit", "kind": "sign_in", "days": 365},
        {"what": "bin", "days": 30},
    )
    async with own_world.db.connection() as db:
        wanted = await audit.keeping(db, own_world.workspace)
        seen = await audit.preview(db, own_world.workspace, own_world.catalog, wanted)
    assert [r["rows"] for r in seen] == [2, 2, 1]
    assert await audit.apply(own_world.db, own_world.workspace) == 5
    report = await look(own_world)
    assert (report.ok, report.problems) == (True, [])
    assert report.removed == 2 + 2 + 2, "of the purged account two entries went as well"
    rows = await run(
        own_world,
        "SELECT kind, after->>'name' FROM SCHEMA._journal WHERE record = %(a)s::uuid ORDER BY seq",
        a=ids["A"],
    )
    assert rows == [("create", "A"), ("update", "A2")]
    assert not await run(own_world, "SELECT 1 FROM SCHEMA._journal WHERE record = %(b)s::uuid", b=ids["B"])
    assert not await run(own_world, "SELECT 1 FROM SCHEMA._search WHERE id = %(b)s::uuid", b=ids["B"])
    async with own_world.act() as ctx:
        with pytest.raises(NotFound):
            await records.get(ctx, "account", ids["B"])
        history = await records.history(ctx, "contact", ids["contact"])
    assert history["data"][0]["cause"] == "retention"
    told = await run(
        own_world,
        "SELECT details->'rule'->>'what', (details->>'rows')::int FROM SCHEMA._audit WHERE kind = 'retention' ORDER BY seq",
    )
    assert told == [("history", 2), ("audit", 2), ("bin", 1)]
    assert await audit.apply(own_world.db, own_world.workspace) == 0


async def test_a_removal_that_nobody_told_is_a_problem(own_world: World) -> None:
    await aged(own_world)
    await keep(own_world, {"what": "audit", "kind": "sign_in", "days": 365})
    await audit.apply(own_world.db, own_world.workspace)
    await audit.seal(own_world.db, own_world.workspace)
    await run(own_world, "DELETE FROM SCHEMA._audit WHERE kind = 'retention'")
    assert {p.what for p in (await look(own_world)).problems} == {"missing"}


async def test_a_hold_keeps_everything(own_world: World) -> None:
    await aged(own_world)
    rules = ({"what": "history", "days": 1}, {"what": "bin", "days": 1})
    await keep(own_world, *rules, holds=("account",))
    assert await audit.apply(own_world.db, own_world.workspace) == 0


def test_rules_are_refused_together(world: World) -> None:
    wrong = {
        "rules": [
            {"what": "beer", "days": 3},
            {"what": "audit", "days": 0},
            {"what": "audit", "days": 3, "kind": "retention"},
            {"what": "bin", "days": 3, "object": "nothing"},
        ],
        "holds": ["nothing"],
    }
    with pytest.raises(Invalid) as refused:
        audit.read_keeping(wrong, world.catalog)
    assert [e.field for e in refused.value.errors] == [
        "rules.0.what",
        "rules.1.days",
        "rules.2.kind",
        "rules.3.object",
        "holds",
    ]
