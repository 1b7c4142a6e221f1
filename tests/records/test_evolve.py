"""The road to another catalog: what an administrator adds works at once on every door; what is bad changes nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import Any

import pytest
from tests.world import Desk, World, digest, exact, one_example

from guanxi import records
from guanxi.base import Invalid
from guanxi.base.json import dumps
from guanxi.records import Create, Delete, Restore, Update
from guanxi.records.workspaces import migrate
from guanxi.schema.changes import OPS, SYSTEM_COLUMNS
from guanxi.schema.model import RESERVED
from guanxi.schema.query import read_query
from guanxi.schema.types import TYPES


async def evolve(world: World, *changes: Any, **more: Any) -> records.Evolution:
    """Carry out changes for good; the world works with the new catalog afterwards."""
    async with world.db.transaction() as c:
        evolution = await records.evolve(c, world.workspace, list(changes), actor=world.id("admin"), **more)
    if not more.get("dry_run"):
        world.catalog = evolution.catalog
    return evolution


async def refused(world: World, *changes: Any) -> dict[str | None, str]:
    """Place to code of a refusal that must leave everything as it was."""
    async with world.db.connection() as c:
        before = await digest(c, world.workspace)
        version = await c.value("SELECT catalog_version FROM guanxi.workspace")
    with pytest.raises(Invalid) as refusal:
        await evolve(world, *changes)
    async with world.db.connection() as c:
        assert await digest(c, world.workspace) == before
        assert await c.value("SELECT catalog_version FROM guanxi.workspace") == version
    return {e.field: e.code for e in refusal.value.errors}


# -- what is added works at once ---------------------------------------------------------------------------------------

NAMES = ["order", "select", "group", "table", "all", "null", "true", "default", "user_id", "x", "count", "r", "p", "t1", "g", "s",
         "ins", "up", "found", "limit", "value", "field", "k0", "part", "g0", "op", "tag", "oid", "seq", "at", "record", "object",
         "a" * 40]  # fmt: skip
"""Names that mean something in SQL or in the statements of the engine."""
KINDS = [k for k in TYPES if TYPES[k].custom and not TYPES[k].derived]
TAKEN = {"name", "owner", *SYSTEM_COLUMNS, *RESERVED}


def some_name(rng: random.Random, taken: set[str]) -> str:
    """A name that nothing has yet."""
    while True:
        letters = "abcdefghijklmnopqrstuvwxyz0123456789_"
        made = rng.choice(letters[:26]) + "".join(rng.choice(letters) for _ in range(rng.randint(0, 39)))
        name = rng.choice(NAMES) if rng.random() < 0.6 else made
        if name not in taken:
            return name


def some_field(rng: random.Random, taken: set[str]) -> dict[str, Any]:
    """A custom field as an administrator may ask for it."""
    kind = TYPES[rng.choice(KINDS)]
    name = some_name(rng, taken)
    out: dict[str, Any] = {"name": name, "type": kind.name, "label": {"en": f"L {name}", "zh": f"标签{name}"}}
    taken |= {out["name"], *(f"{out['name']}_{s}" for s in ("currency", "family", "given"))}
    if kind.name in ("select", "multiselect"):
        out["options"] = rng.sample(["a", "b b", "c%s", "'d", '"e', "中", "%(x)s"], rng.randint(1, 7))
    if kind.name in ("link", "links"):
        out["target"] = rng.choice(["account", "user", "contact"])
    out |= {flag: True for flag in ("required", "index", "track", "unique") if rng.random() < 0.2}
    if rng.random() < 0.5:
        out["search"] = rng.choice(["A", "B", "C", True])
    return out


def some_object(rng: random.Random, there: Iterable[str]) -> dict[str, Any]:
    """A custom object with some fields."""
    taken = set(TAKEN)
    fields = [some_field(rng, taken) for _ in range(rng.randint(0, 6))]
    return {
        "op": "add_object",
        "name": some_name(rng, set(there)),
        "label": {"en": "Thing", "zh": "东西"},
        "fields": [{"name": "name", "type": "text"}, *fields],
    }


@pytest.mark.parametrize("seed", range(25))
async def test_a_custom_object_works_at_once_on_every_door(world: World, seed: int) -> None:
    change = some_object(random.Random(seed), world.catalog.objects)
    before = world.catalog
    async with Rolled(world) as c:
        try:
            evolution = await records.evolve(c, world.workspace, [change])
        except Invalid as invalid:
            if {e.code for e in invalid.errors} != {"bad_config"}:
                raise
            return
        world.catalog = evolution.catalog
        for actor in world.actors.values():  # what is rolled back gives its version to the next
            actor.statements.clear()
        try:
            await c.execute(f'SET LOCAL ROLE "{world.workspace.role}"')
            await every_door(Desk(world, c), change["name"])
        finally:
            world.catalog = before


class Rolled:
    """A transaction of the owner that is rolled back."""

    def __init__(self, world: World) -> None:
        self.transaction = world.db.transaction()

    async def __aenter__(self) -> Any:
        return await self.transaction.__aenter__()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        await self.transaction.__aexit__(_Back, error or _Back(), trace)
        return False


class _Back(Exception):
    pass


async def every_door(desk: Desk, object_name: str) -> None:
    """Create, read, list, filter, sort, group, search, change, history, undo, delete and restore a record of an object."""
    entity = desk.world.catalog.object(object_name)
    ctx = desk.as_(bulk="batch")
    rng = random.Random(1)
    account = await desk.one("account", name="A")
    links = {"account": [account], "user": [desk.world.id("rep1")], "contact": [await desk.one("contact", name="C")]}
    values = {}
    for name, f in entity.fields.items():
        if f.system or f.of or f.readonly or entity.types[name].made:
            continue
        value = one_example(f, rng, links)
        if value not in (None, [], ""):
            values[name] = value
    if any(
        f.required and n not in values and not entity.types[n].made and n != "owner" for n, f in entity.fields.items()
    ):
        return  # a required file: there is none to give
    [made] = await records.write(ctx, object_name, [Create(values)])
    shown = exact(made.record or b"")
    id = shown["id"]
    assert set(shown) == set(entity.fields)
    assert exact(await records.get(ctx, object_name, id)) == shown
    for name, kind in entity.types.items():
        await records.find(ctx, read_query(object_name, {"fields": [name]}))
        if kind.sortable and not kind.many:
            assert await desk.ids(object_name, sort=f"-{name}") == [id]
        if kind.groupable:
            assert len(await desk.aggregate(object_name, group=[name])) == 1
        for fn in kind.aggregates:
            await desk.aggregate(object_name, measures=[{"fn": fn, "field": name}])
        if "is_empty" in kind.operators:
            filled = shown[name] not in (None, [])
            assert await desk.ids(object_name, filter={"field": name, "op": "is_empty", "value": not filled}) == [id]
    await records.find(ctx, read_query(object_name, {"include": ["count", "totals"]}))
    if shown.get(entity.title):
        assert id in {h["id"] for h in await records.search(ctx, str(shown[entity.title]), [object_name])}
    [changed] = await records.write(desk.as_(), object_name, [Update(id, {n: shown[n] for n in values})])
    assert exact(changed.record or b"") == shown
    history = await records.history(ctx, object_name, id)
    assert set(values) <= set(history["data"][0]["changes"])
    await records.get(ctx.then(ctx.now.replace(year=2100)), object_name, id)
    await records.timeline(ctx, object_name, id)
    await records.write(desk.as_(), object_name, [Delete(id)])
    await records.write(desk.as_(), object_name, [Restore(id)])
    assert (await records.undo(desk.as_(), ctx.change_set, force=True))["kept"] == []
    assert await desk.ids(object_name) == []
    for child, field in (
        (c, c.field) for c in desk.world.catalog.object("account").children.values() if c.object == object_name
    ):
        assert await desk.ids("account", filter={"any": child.name, "where": {"field": field, "op": "is_empty"}}) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_custom_field_on_a_standard_object_works_at_once(own_world: World, kind: str) -> None:
    more: dict[str, Any] = {}
    if kind in ("select", "multiselect"):
        more["options"] = ["a", "b"]
    if kind in ("link", "links"):
        more["target"] = "contact"
    async with own_world.act() as ctx:
        [old] = await records.write(ctx, "account", [Create({"name": "Old"})])
    await evolve(
        own_world,
        {"op": "add_field", "object": "account", "name": "extra", "type": kind, "label": {"en": "Extra"}, **more},
    )
    async with own_world.desk() as desk:
        assert (await desk.get("account", old.id or ""))["extra"] in (None, [])
        await every_door_of_field(desk, kind)


async def every_door_of_field(desk: Desk, kind: str) -> None:
    f = desk.world.catalog.object("account").fields["extra"]
    contact = await desk.one("contact", name="C")
    value = (
        None
        if TYPES[kind].made
        else ["a"]
        if kind == "multiselect"
        else one_example(f, random.Random(3), {"contact": [contact], "user": [desk.world.id("rep1")], "_file": []})
    )
    id = await desk.one("account", name="New", **({"extra": value} if value is not None else {}))
    found = await desk.get("account", id)
    assert found["extra"] not in (None, [])
    if TYPES[kind].operators:
        assert [
            r["id"] for r in await desk.find("account", filter={"field": "extra", "op": "is_empty", "value": False})
        ] == [id]
    hidden = records.Context(
        desk.connection, desk.world.workspace, desk.world.catalog,
        records.Actor("x" * 0 or desk.world.id("clerk"), "C", grants=records.Grants({"*": {"read": "all"}}, {"account.extra": "none"})), "test",
    )  # fmt: skip
    assert "extra" not in exact(await records.get(hidden, "account", id))


# -- retire and restore ------------------------------------------------------------------------------------------------


async def test_an_object_has_five_hundred_fields_of_ones_own(own_world: World) -> None:
    kinds = ("text", "integer", "date", "boolean")
    examples = {"text": "T", "integer": 7, "date": "2026-03-01", "boolean": True}
    fields = [{"name": f"f{i}", "type": kinds[i % len(kinds)]} for i in range(500)]
    await evolve(own_world, {"op": "add_object", "name": "wide", "fields": [{"name": "name", "type": "text"}, *fields]})
    values = {f["name"]: examples[f["type"]] for f in fields}
    async with own_world.act() as ctx:
        full, bare = await records.write(ctx, "wide", [Create({"name": "Full", **values}), Create({"name": "Bare"})])
        await records.write(ctx, "wide", [Update(bare.id or "", {"f497": 9})])
    await evolve(
        own_world,
        {"op": "add_field", "object": "wide", "name": "f500", "type": "integer"},
        {"op": "retire_field", "object": "wide", "field": "f250"},
    )
    async with own_world.desk() as desk:
        told = await desk.get("wide", full.id or "")
        assert {n: told[n] for n in values if n != "f250"} == {n: v for n, v in values.items() if n != "f250"}
        assert "f250" not in told
        assert told["f500"] is None
        above = {"field": "f497", "op": "gt", "value": 7}
        assert await desk.ids("wide", filter=above, sort="f493") == [bare.id]
        assert await desk.ids("wide", filter={"not": above}) == [full.id]


async def test_what_is_retired_is_gone_and_comes_back_with_its_data(own_world: World) -> None:
    async with own_world.act() as ctx:
        [keeper] = await records.write(ctx, "keeper", [Create({"name": "K"})])
        values = {"name": "N", "text": "kept", "money": 5, "code": "U", "keeper": keeper.id}
        [made] = await records.write(ctx, "zoo", [Create(values)])
    id = made.id or ""
    for name in ("text", "money", "code", "keeper"):
        await evolve(own_world, {"op": "retire_field", "object": "zoo", "field": name})
    async with own_world.desk() as desk:
        found = await desk.get("zoo", id)
        assert not {"text", "money", "money_currency", "code", "keeper"} & set(found)
        with pytest.raises(Invalid):
            await desk.find("zoo", sort="text")
        history = (await records.history(desk.as_(), "zoo", id))["data"][0]
        assert "text" not in history["changes"]
        assert (await desk.refused(desk.as_(), "zoo", Update(id, {"text": "x"}))).status == 422
    async with own_world.act() as ctx:
        await records.write(ctx, "zoo", [Update(id, {"name": "N2"}), Create({"name": "M"})])
    for name in ("text", "money", "code", "keeper"):
        await evolve(own_world, {"op": "restore_field", "object": "zoo", "field": name})
    async with own_world.desk() as desk:
        found = await desk.get("zoo", id)
        assert (found["text"], found["money"], found["money_currency"], found["code"]) == ("kept", 5, "USD", "U")
        assert found["keeper"] == {"id": keeper.id, "title": "K"}
        assert (await desk.refused(desk.as_(), "zoo", Create({"name": "X", "code": "U"}))).errors[
            0
        ].code == "not_unique"


async def test_a_retired_object_comes_back_with_its_records(own_world: World) -> None:
    await evolve(
        own_world,
        {"op": "add_object", "name": "site", "label": {"en": "Site"}, "fields": [{"name": "name", "type": "text"}]},
    )
    async with own_world.act() as ctx:
        [made] = await records.write(ctx, "site", [Create({"name": "S"})])
        change_set = ctx.change_set
    await evolve(own_world, {"op": "retire_object", "object": "site"})
    assert "site" not in own_world.catalog.entities
    async with own_world.desk() as desk:
        assert [k["reason"] for k in (await records.undo(desk.as_(), change_set))["kept"]] == ["object_retired"]
        assert await records.search(desk.as_(), "S") == []
    await evolve(own_world, {"op": "restore_object", "object": "site"})
    async with own_world.desk() as desk:
        assert await desk.ids("site") == [made.id]


async def test_nothing_points_to_what_is_retired(own_world: World) -> None:
    assert set((await refused(own_world, {"op": "retire_object", "object": "keeper"})).values()) == {"bad_config"}
    for name in ("name", "owner"):
        assert await refused(own_world, {"op": "retire_field", "object": "zoo", "field": name})


# -- plans and refusals ------------------------------------------------------------------------------------------------


async def test_a_dry_run_tells_the_plan_and_changes_nothing(own_world: World) -> None:
    change = {
        "op": "add_field",
        "object": "account",
        "name": "tier",
        "type": "select",
        "options": ["gold"],
        "index": True,
    }
    async with own_world.db.connection() as c:
        before = await digest(c, own_world.workspace)
    plan = await evolve(own_world, change, dry_run=True)
    assert [s["step"] for s in plan.steps] == ["add account.tier", "index account.tier.filled.order"]
    assert "tier" in plan.catalog.object("account").fields
    async with own_world.db.connection() as c:
        assert await digest(c, own_world.workspace) == before
        assert "tier" not in (await records.load_catalog(c, own_world.workspace)).object("account").fields
    done = await evolve(own_world, change)
    assert done.steps == plan.steps


async def test_what_is_there_is_not_made_again(own_world: World) -> None:
    async with own_world.db.transaction() as c:
        before = await c.value("SELECT catalog_version FROM guanxi.workspace")
        assert await migrate(c, own_world.workspace) == []
        assert await c.value("SELECT catalog_version FROM guanxi.workspace") == before


def field(**more: Any) -> dict[str, Any]:
    return {"op": "add_field", "object": "account", "name": "extra", "type": "text", **more}


def thing(**more: Any) -> dict[str, Any]:
    return {"op": "add_object", "name": "thing", "fields": [{"name": "name", "type": "text"}], **more}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"op": "drop_everything"},
        {"op": ["add_field"]},
        field(object="nothing"),
        field(object=None),
        field(name="name"),
        field(name="revenue_currency"),
        field(name="Extra"),
        field(name="1x"),
        field(name="a" * 41),
        field(name="x; drop table account"),
        field(name="äpfel"),
        field(name=5),
        *(
            field(name=n)
            for n in ("id", "version", "created_at", "deleted_at", "ctid", "xmin", "tableoid", "cmax", "match", "and")
        ),
        field(type="nothing"),
        field(type="password"),
        field(type="stage"),
        field(type=["text"]),
        field(type="link"),
        field(type="link", target="nothing"),
        field(type="link", target=5),
        field(type="select", options="a"),
        field(type="select", options=["a", "a"]),
        field(type="select", options=[""]),
        field(type="select", options=[{"name": "a", "x": 1}]),
        field(type="select", options=["a"], default="b"),
        field(type="integer", default="many"),
        field(type="date", default="someday"),
        field(required="yes"),
        field(config={"nothing": 1}),
        field(config={"max": -1}),
        field(config=[1]),
        field(config={"max": 10**9}),
        field(search="Z"),
        field(on_delete="cascade"),
        field(extra=1),
        field(label={"en": 5}),
        field(label={"fr": "x"}),
        field(type="json", index=True),
        field(type="longtext", unique=True),
        field(type="tags", unique=True),
        field(type="autonumber", config={"pattern": "no place"}),
        field(inverse="No Name"),
        thing(name="account"),
        thing(name="Thing"),
        thing(fields="name"),
        thing(fields=[{"name": "name", "type": "text"}, {"name": "name", "type": "text"}]),
        thing(fields=[{"name": "m", "type": "money"}, {"name": "m_currency", "type": "text"}]),
        thing(owner="nothing"),
        thing(owner="name"),
        thing(inherits="nothing"),
        thing(inherits="name"),
        thing(title="owner", fields=[{"name": "owner", "type": "user"}]),
        thing(title="parent", fields=[{"name": "parent", "type": "link", "target": "thing"}]),
        thing(title="n", fields=[{"name": "n", "type": "integer"}]),
        thing(title="a", fields=[{"name": "a", "type": "address"}]),
        thing(custom=False),
        {"op": "change_field", "object": "account", "field": "name", "required": False},
        {"op": "change_field", "object": "account", "field": "name", "type": "integer"},
        {"op": "change_field", "object": "account", "field": "name", "search": "Z"},
        {"op": "change_field", "object": "account", "field": "employees", "default": "x"},
        {"op": "change_field", "object": "account", "field": "nothing", "label": "x"},
        {"op": "retire_field", "object": "account", "field": "phone"},
        {"op": "retire_object", "object": "account"},
        {"op": "restore_field", "object": "account", "field": "phone"},
        {"op": "restore_object", "object": "account"},
        {"op": "add_option", "object": "account", "field": "name", "option": "x"},
        {"op": "add_option", "object": "account", "field": "grade", "option": "strategic"},
        {"op": "change_option", "object": "account", "field": "grade", "option": {"name": "nothing"}},
        {"op": "retire_option", "object": "account", "field": "grade", "option": "nothing"},
        {"op": "set_layout", "object": "account", "layout": {"sections": [{"label": "x", "fields": ["nothing"]}]}},
        {"op": "set_layout", "object": "account", "layout": []},
        {"op": "add_view", "object": "account", "view": {"name": "x", "kind": "film"}},
        {"op": "retire_view", "object": "account", "view": "nothing"},
        {"op": "add_pipeline", "object": "opportunity", "name": "p", "stages": []},
        {"op": "add_pipeline", "object": "opportunity", "name": "p", "stages": [{"name": "won", "kind": "won"}]},
        {"op": "add_pipeline", "object": "opportunity", "name": "p", "stages": [{"name": "a"}, {"name": "a"}]},
        {"op": "add_pipeline", "object": "opportunity", "name": "p", "stages": [{"name": "a", "probability": 101}]},
        {
            "op": "add_pipeline",
            "object": "opportunity",
            "name": "p",
            "stages": [{"name": "a", "required": ["nothing"]}],
        },
        {"op": "add_pipeline", "object": "nothing", "name": "p", "stages": [{"name": "a"}]},
        {"op": "put_rule", "object": "account", "rule": []},
        {"op": "put_rule", "object": "account", "rule": {"name": "r", "kind": "wish"}},
        {"op": "put_rule", "object": "account", "rule": {"name": "r", "kind": ["show"], "fields": ["phone"]}},
        {"op": "put_rule", "object": "account", "rule": {"name": "R", "kind": "show", "fields": ["phone"]}},
        {"op": "put_rule", "object": "account", "rule": {"name": "r", "kind": "show", "fields": "phone"}},
        {"op": "put_rule", "object": "account", "rule": {"name": "r", "kind": "show", "fields": ["phone"], "value": 1}},
        {
            "op": "put_rule",
            "object": "account",
            "rule": {"name": "r", "kind": "show", "fields": ["phone"], "when": [1]},
        },
        {"op": "put_rule", "object": "account", "rule": {"name": "r", "kind": "duplicate", "match": ["phone"]}},
        {
            "op": "put_rule",
            "object": "account",
            "rule": {"name": "r", "kind": "duplicate", "match": [{"fields": ["phone"], "how": []}]},
        },
        {"op": "retire_rule", "object": "account", "rule": "nothing"},
        {"op": "retire_rule", "object": "account", "rule": ["same_name"]},
        {"op": "retire_rule", "object": "account", "rule": "same_name"},
    ],
    ids=lambda c: str(c)[:90],
)
async def test_a_bad_change_is_refused_whole(world: World, change: dict[str, Any]) -> None:
    name = f"fine{random.Random(repr(change)).getrandbits(32)}"
    told = await refused(world, {"op": "add_field", "object": "account", "name": name, "type": "text"}, change)
    assert told
    assert f"account.{name}" not in told


async def test_every_change_is_known() -> None:
    assert set(OPS) == {"add_object", "change_object", "retire_object", "restore_object", "add_field", "change_field", "retire_field",
                        "restore_field", "add_option", "change_option", "retire_option", "set_layout", "add_view", "change_view",
                        "retire_view", "add_pipeline", "change_pipeline", "retire_pipeline", "put_rule", "retire_rule", "change_type",
                        "put_access_rule", "retire_access_rule", "set_cascade"}  # fmt: skip


async def test_all_errors_of_all_changes_are_said_at_their_place(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        await evolve(
            world,
            field(name="Bad Name"),
            field(name="good"),
            field(name="other", type="nothing"),
            thing(
                fields=[
                    {"name": "a", "type": "text"},
                    {"name": "B", "type": "text"},
                    {"name": "c", "type": "nope"},
                    {"name": "d", "type": "link"},
                ]
            ),
        )
    assert {(e.row, e.field, e.code) for e in refusal.value.errors} >= {
        (0, "account.name", "bad_name"),
        (2, "account.type", "unknown_type"),
        (3, "fields.1.name", "bad_name"),
        (3, "fields.2.type", "unknown_type"),
    }


async def test_a_unique_field_over_values_that_are_not_is_refused(own_world: World) -> None:
    async with own_world.act() as ctx:
        await records.write(ctx, "zoo", [Create({"name": "A", "text": "same"}), Create({"name": "B", "text": "same"})])
    told = await refused(own_world, {"op": "change_field", "object": "zoo", "field": "text", "unique": True})
    assert set(told) == {"zoo.text"}


async def test_two_evolutions_at_once_follow_each_other(own_world: World) -> None:
    async def add(name: str) -> int:
        async with own_world.db.transaction() as c:
            done = await records.evolve(c, own_world.workspace, [field(name=name)])
            return done.catalog.version

    versions = await asyncio.gather(*(add(f"f{i}") for i in range(4)))
    assert len(set(versions)) == 4
    async with own_world.db.connection() as c:
        catalog = await records.load_catalog(c, own_world.workspace)
    assert {f"f{i}" for i in range(4)} <= set(catalog.object("account").fields)
    assert catalog.version == max(versions)


async def test_nobody_waits_while_a_table_is_tended(own_world: World) -> None:
    """What looks after a table (a vacuum, an index in the making) is waited for without anybody waiting behind."""
    db, schema = own_world.db, own_world.workspace.schema
    waiting = (
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = %(t)s::regclass AND mode = %(mode)s)"
    )
    wanted = {"t": f'"{schema}".account', "mode": "ShareUpdateExclusiveLock"}
    async with db.transaction() as tending, db.connection() as looking:
        await tending.execute(f'LOCK TABLE "{schema}".account IN SHARE UPDATE EXCLUSIVE MODE')
        shaping = asyncio.create_task(evolve(own_world, field(name="late")))
        while not await looking.value(waiting, wanted):
            assert not shaping.done(), await shaping
            await asyncio.sleep(0.01)
        async with own_world.act() as ctx:
            await ctx.db.execute("SET LOCAL lock_timeout = '1ms'")
            await records.write(ctx, "account", [Create({"name": "Written meanwhile"})])
        assert not shaping.done()
    assert "late" in (await shaping).catalog.object("account").fields


async def test_a_running_number_starts_where_it_was_told(own_world: World) -> None:
    for start, name in ((1000, "number"), (0, "zero")):
        await evolve(own_world, field(name=name, type="autonumber", config={"pattern": "A-{00}", "start": start}))
    async with own_world.desk() as desk:
        ids = await desk.make("account", {"name": "A"}, {"name": "B"})
        assert [(r["number"], r["zero"]) for i in ids for r in [await desk.get("account", i)]] == [
            ("A-1000", "A-00"),
            ("A-1001", "A-01"),
        ]


async def test_options_are_added_changed_and_retired(own_world: World) -> None:
    grade = {"object": "account", "field": "grade"}
    await evolve(
        own_world, {"op": "add_option", **grade, "option": {"name": "new", "label": {"en": "New"}, "color": "red"}}
    )
    async with own_world.act() as ctx:
        [made] = await records.write(ctx, "account", [Create({"name": "A", "grade": "new"})])
    await evolve(
        own_world,
        {"op": "change_option", **grade, "option": {"name": "new", "label": {"en": "Newer"}}},
        {"op": "retire_option", **grade, "option": "new"},
    )
    option = own_world.catalog.object("account").fields["grade"].options[-1]
    assert (option.name, option.label["en"], option.active) == ("new", "Newer", False)
    async with own_world.desk() as desk:
        assert (await desk.get("account", made.id or ""))["grade"] == "new"


async def test_a_pipeline_of_ones_own(own_world: World) -> None:
    stages = [
        {"name": "hello"},
        {"name": "yes", "kind": "won", "required": ["next_step"]},
        {"name": "no", "kind": "lost"},
    ]
    await evolve(
        own_world,
        {"op": "add_pipeline", "object": "opportunity", "name": "mine", "label": {"en": "Mine"}, "stages": stages},
    )
    async with own_world.desk() as desk:
        id = await desk.one("opportunity", name="O", pipeline="mine")
        assert ((await desk.get("opportunity", id))["stage"], (await desk.get("opportunity", id))["probability"]) == (
            "hello",
            50,
        )
        problem = await desk.refused(desk.as_(), "opportunity", Update(id, {"stage": "yes"}))
        assert problem.errors[0].field == "next_step"


async def test_a_long_name_keeps_its_indexes(own_world: World) -> None:
    name, column = "o" * 40, "f" * 40
    await evolve(
        own_world,
        {
            "op": "add_object",
            "name": name,
            "fields": [
                {"name": "name", "type": "text"},
                {"name": column, "type": "text", "unique": True, "index": True},
            ],
        },
    )
    async with own_world.desk() as desk:
        await desk.one(name, name="A", **{column: "x"})
        problem = await desk.refused(desk.as_(), name, Create({"name": "B", column: "x"}))
        assert problem.errors[0].code == "not_unique"
    await evolve(own_world, {"op": "change_field", "object": name, "field": column, "unique": False, "index": False})
    async with own_world.desk() as desk:
        await desk.make(name, {"name": "A", column: "x"}, {"name": "B", column: "x"})


async def test_changes_are_kept_as_they_were_asked_for(own_world: World) -> None:
    asked = field(label={"en": "Extra “%s”", "zh": "额外"}, help={"en": "Why\nnot"})
    await evolve(own_world, asked)
    async with own_world.db.connection() as c:
        [kept] = (await c.fetch(f'SELECT change FROM "{own_world.workspace.schema}"._layer ORDER BY seq DESC LIMIT 1'))[
            0
        ]
        assert dumps(kept) == dumps(asked) or kept == asked
        catalog = await records.load_catalog(c, own_world.workspace)
    assert catalog.object("account").fields["extra"].label["zh"] == "额外"
    async with own_world.desk() as desk:
        entry = (await records.change_sets(desk.as_()))["data"][0]
        assert (entry["kind"], entry["undoable"]) == ("catalog", True)


DEVICE: list[dict[str, Any]] = [
    {"name": "name", "type": "text"},
    {"name": "serial", "type": "autonumber"},
    {"name": "account", "type": "link", "target": "account"},
    {"name": "kind", "type": "select", "options": [{"name": "pump", "label": {"en": "Pump", "zh": "泵"}}]},
    {"name": "price", "type": "money"},
    {"name": "hours", "type": "integer"},
    {"name": "bought", "type": "date"},
    {"name": "health", "type": "percent"},
]


async def device_of(world: World) -> dict[str, Any]:
    async with world.desk() as desk:
        return next(o for o in (await records.describe(desk.as_()))["objects"] if o["name"] == "device")


async def test_what_nobody_laid_out_is_found_and_what_somebody_did_is_kept(own_world: World) -> None:
    await evolve(own_world, {"op": "add_object", "name": "device", "label": "Device", "fields": DEVICE})
    device = await device_of(own_world)
    assert device["layout"]["header"] == ["price", "health", "bought"]
    assert device["subtitle"] == ["account", "kind"]
    async with own_world.desk() as desk:
        account = await desk.one("account", name="Heron Pumps")
        await records.write(desk.as_(), "device", [Create({"name": "DX-7", "account": account, "kind": "pump"})])
        [hit] = await records.search(desk.as_(), "DX-7", limit=5)
        assert hit["subtitle"] == "Heron Pumps · Pump"
    await evolve(
        own_world,
        {"op": "set_layout", "object": "device", "layout": {"sections": device["layout"]["sections"], "header": []}},
        {"op": "change_object", "object": "device", "subtitle": ["serial"]},
    )
    device = await device_of(own_world)
    assert (device["layout"]["header"], device["subtitle"]) == ([], ["serial"])
