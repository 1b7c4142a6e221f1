"""A field's type changed with its data: what can be read as the new type is, what cannot is said, and all of it can come back."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.records.test_evolve import evolve
from tests.world import Desk, World, exact

from guanxi import records
from guanxi.base import Invalid
from guanxi.pg.jobs import Job
from guanxi.records import Update
from guanxi.records.making import make_ready
from guanxi.schema.types import TYPES


@asynccontextmanager
async def working(world: World) -> AsyncIterator[Desk]:
    """A desk whose work stays."""
    async with world.db.transaction(world.workspace.role) as c:
        yield Desk(world, c)


async def told(world: World, ids: list[str], name: str) -> list[Any]:
    """A field of records, as they are read."""
    async with working(world) as desk:
        return [exact(await records.get(desk.as_(), "account", id))[name] for id in ids]


async def field_of(world: World, name: str, kind: str, given: list[Any], **more: Any) -> list[str]:
    """Accounts with a new field of this type and these values."""
    change = {"op": "add_field", "object": "account", "name": name, "type": kind, "label": {"en": name}, **more}
    await evolve(world, change)
    async with working(world) as desk:
        return [await desk.one("account", name=f"{name} {i}", **{name: v}) for i, v in enumerate(given)]


def to(name: str, kind: str, **more: Any) -> dict[str, Any]:
    """The change of a field to another type."""
    return {"op": "change_type", "object": "account", "field": name, "type": kind, **more}


PAIRS: list[tuple[str, str, list[Any], list[Any]]] = [
    ("text", "integer", ["12", "1,204", "x"], [12, 1204, None]),
    ("text", "select", ["gold", "silver", "gold"], ["gold", "silver", "gold"]),
    ("text", "date", ["2026-02-03", "2026/2/3", "never"], ["2026-02-03", "2026-02-03", None]),
    ("text", "longtext", ["a", "b", None], ["a", "b", None]),
    ("text", "boolean", ["yes", "否", "maybe"], [True, False, None]),
    ("text", "tags", ["a, b", "c", "d"], [["a", "b"], ["c"], ["d"]]),
    ("integer", "text", [1, 20, 300], ["1", "20", "300"]),
    ("integer", "money", [1, 2, 3], [1, 2, 3]),
    ("tags", "text", [["a", "b"], ["c"]], ["a, b", "c"]),
]


@pytest.mark.parametrize(("old", "new", "given", "wanted"), PAIRS)
async def test_values_become_those_of_another_type_and_come_back(
    world: World, old: str, new: str, given: list[Any], wanted: list[Any]
) -> None:
    name = f"t_{old}_{new}"
    ids = await field_of(world, name, old, given)
    bad = sum(g is not None and w is None for g, w in zip(given, wanted, strict=True))
    [plan] = (await evolve(world, to(name, new), dry_run=True)).turns
    assert (plan["impossible"], plan["values"]) == (bad, sum(g is not None for g in given))
    if bad:
        with pytest.raises(Invalid) as refusal:
            await evolve(world, to(name, new))
        assert [(e.field, e.code) for e in refusal.value.errors] == [(f"account.{name}", "cannot_become")]
    await evolve(world, to(name, new, on_failure="empty"))
    assert await told(world, ids, name) == wanted
    async with working(world) as desk:
        await records.history(desk.as_(), "account", ids[0])
    former = world.catalog.object("account").fields[name].former
    await evolve(world, to(name, old, former=former))
    assert await told(world, ids, name) == given


async def test_what_was_written_since_is_turned_and_the_rest_comes_back(world: World) -> None:
    ids = await field_of(world, "t_since", "text", ["7", "x", "9"])
    await evolve(world, to("t_since", "integer", on_failure="empty"))
    async with working(world) as desk:
        await records.write(desk.as_(), "account", [Update(ids[2], {"t_since": 10})])
    former = world.catalog.object("account").fields["t_since"].former
    await evolve(world, to("t_since", "text", former=former))
    assert await told(world, ids, "t_since") == ["7", "x", "10"]


async def test_a_text_becomes_a_link_by_titles(world: World) -> None:
    async with working(world) as desk:
        target = await desk.one("contact", name="Ann Lee of t_link")
    ids = await field_of(world, "t_link", "text", ["Ann Lee of t_link", "Nobody"])
    [plan] = (await evolve(world, to("t_link", "link", target="contact"), dry_run=True)).turns
    assert (plan["unchanged"], plan["impossible"]) == (1, 1)
    await evolve(world, to("t_link", "link", target="contact", on_failure="keep_old"))
    assert [v and v["id"] for v in await told(world, ids, "t_link")] == [target, None]
    assert await told(world, ids, "t_link_was") == ["Ann Lee of t_link", "Nobody"]


async def test_samples_are_of_records_that_the_asker_may_see(world: World) -> None:
    ids = await field_of(world, "t_seen", "text", ["5", "secret"])
    async with world.db.transaction() as c:
        asker = world.context(c)
        plan = (await records.evolve(c, world.workspace, [to("t_seen", "integer")], dry_run=True, asker=asker)).turns[0]
        [sample] = plan["samples"]["impossible"]
        assert (sample["before"], sample["records"][0]["id"]) == ("secret", ids[1])
        rows = await records.failures(asker, [to("t_seen", "integer")])
        assert [r[2] for r in rows[1:]] == ["secret"]
    async with world.db.transaction() as c:
        asker = world.context(c, "rep1")
        plan = (await records.evolve(c, world.workspace, [to("t_seen", "integer")], dry_run=True, asker=asker)).turns[0]
        assert plan["impossible"] == 1
        assert plan["samples"]["impossible"] == []


async def test_views_that_would_break_are_named(world: World) -> None:
    await field_of(world, "t_view", "integer", [1])
    view = {"name": "high", "filter": {"field": "t_view", "op": "gt", "value": 3}, "columns": ["name", "t_view"]}
    await evolve(world, {"op": "add_view", "object": "account", "view": view})
    steps = (await evolve(world, to("t_view", "boolean"), dry_run=True)).steps
    assert "view account.high" in [s["step"] for s in steps]


KINDS = [k for k, t in TYPES.items() if t.custom and t.readable and not t.made and not t.holds_file]


@pytest.mark.parametrize("old", KINDS)
async def test_every_type_can_be_tried_as_every_other(world: World, old: str) -> None:
    """Whatever there is, a trial answers or refuses; nothing breaks."""
    async with world.db.transaction() as c:
        zoo = world.catalog.object("zoo")
        for f in [f for f in zoo.fields.values() if f.type == old and f.custom and not f.of]:
            for new in KINDS:
                change = {"op": "change_type", "object": "zoo", "field": f.name, "type": new, "target": "account"}
                try:
                    await records.evolve(c, world.workspace, [change], dry_run=True)
                except Invalid:
                    continue


async def test_many_records_are_turned_by_a_job_while_others_write(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await field_of(world, "t_job", "text", ["1", "2", "3"])
    monkeypatch.setattr(sys.modules["guanxi.records.evolve"], "AT_ONCE", -1)
    done = await evolve(world, to("t_job", "integer"))
    assert done.pending
    with pytest.raises(Invalid) as refusal:
        await evolve(world, to("t_job", "date"))
    assert [e.code for e in refusal.value.errors] == ["being_changed"]
    async with working(world) as desk:
        await records.write(desk.as_(), "account", [Update(ids[1], {"t_job": "22"})])
    await run(world, done.pending)
    async with working(world) as desk:
        [pending] = [p for p in await records.pendings(desk.as_()) if p["id"] == done.pending]
        assert (pending["state"], pending["errors"]) == ("done", [])
    async with world.db.connection() as c:
        world.catalog = await records.load_catalog(c, world.workspace)
    assert await told(world, ids, "t_job") == [1, 22, 3]


async def test_a_job_that_meets_what_cannot_be_turned_leaves_all_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await field_of(world, "t_fail", "text", ["1", "x"])
    monkeypatch.setattr(sys.modules["guanxi.records.evolve"], "AT_ONCE", -1)
    done = await evolve(world, to("t_fail", "integer"))
    await run(world, done.pending or "")
    async with working(world) as desk:
        [pending] = [p for p in await records.pendings(desk.as_()) if p["id"] == done.pending]
    assert (pending["state"], [e["code"] for e in pending["errors"]]) == ("failed", ["cannot_become"])
    assert await told(world, ids, "t_fail") == ["1", "x"]
    async with world.db.connection() as c:
        assert not await c.value(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attname LIKE '\\_new.%%' AND NOT attisdropped)"
        )


async def run(world: World, pending: str) -> None:
    """Do the job of these pending changes here and now."""

    async with world.db.connection() as c:
        id = await c.value(
            "UPDATE guanxi.job SET state = 'running', attempt = 1 WHERE args->>'pending' = %(p)s RETURNING id",
            {"p": pending},
        )
    await make_ready(Job(id, "records.turn", {"workspace": world.workspace.id, "pending": pending}, 1, world.db))
    async with world.db.connection() as c:
        await c.execute("UPDATE guanxi.job SET state = 'done' WHERE id = %(id)s", {"id": id})


async def test_it_is_taken_back_like_any_change(world: World) -> None:
    ids = await field_of(world, "t_back", "text", ["1", "x"])
    done = await evolve(world, to("t_back", "integer", on_failure="empty"))
    async with world.db.transaction() as c:
        back = await records.take_back(c, world.workspace, done.change_set or "", actor=world.id("admin"))
        world.catalog = await records.load_catalog(c, world.workspace)
    assert back["kept"] == []
    assert await told(world, ids, "t_back") == ["1", "x"]


async def test_the_past_is_told_across_a_change_of_type(world: World) -> None:
    ids = await field_of(world, "t_past", "text", ["1", "x"])
    async with working(world) as desk:
        await records.write(desk.as_(), "account", [Update(ids[0], {"t_past": "2"}), Update(ids[1], {"t_past": "y"})])
        moment = await desk.connection.value(
            "SELECT min(at) FROM " + f'"{world.workspace.schema}"._journal WHERE record = %(id)s', {"id": ids[0]}
        )
    await evolve(world, to("t_past", "integer", on_failure="empty"))
    query = {
        "fields": ["t_past"],
        "as_of": moment.isoformat(),
        "sort": "created_at",
        "filter": {"field": "id", "op": "in", "value": ids},
    }
    async with working(world) as desk:
        assert [r["t_past"] for r in await desk.find("account", **query)] == [1, None]
