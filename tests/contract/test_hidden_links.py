"""A link to what its reader may not see is empty on every door: no filter, order, group, figure or text tells it from
one that points nowhere. For every link of every object.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.world import CUSTOM, Desk, exact, example, renewed

from guanxi import records
from guanxi.base import new_id
from guanxi.base.json import dumps
from guanxi.records import Context, Delete, Grants, links
from guanxi.records.evolve import declared
from guanxi.schema.catalog import fold
from guanxi.schema.query import Query, read_aggregation, read_query

CATALOG = fold(declared(), CUSTOM)
WRITERS = {"account", "task", "order_line", "user", "zoo"}
"""Objects of which it is also asked who made and changed a record: one of each way to be seen, as all have these two alike."""
LINKS = [
    (e.name, n)
    for e in CATALOG.entities.values()
    for n, t in e.types.items()
    if (t.link or t.anywhere) and (e.name in WRITERS or not e.fields[n].system)
]
READER = "rep3"


@dataclass
class Scene:
    """Records with a link: to something hidden, to nothing, to something that may be seen; and to both, if it holds many."""

    desk: Desk
    ctx: Context
    object: str
    field: str
    hidden: str
    seen: str
    held: dict[str, list[str]]
    """What each record's link holds to its reader."""

    async def ids(self, wanted: Any, **more: Any) -> list[str]:
        everything = {"and": [{"field": "id", "op": "in", "value": sorted(self.held)}, wanted or {"and": []}]}
        page = await records.find(
            self.ctx, read_query(self.object, {"filter": everything, "fields": ["id"], "limit": 200, **more})
        )
        return [exact(r)["id"] for r in page.rows]


async def stage(desk: Desk, object_name: str, name: str) -> Scene:
    """Set the scene: the reader sees all of the object (or what is the reader's own, where links stay inside of it)."""
    entity, world = desk.world.catalog.object(object_name), desk.world
    kind, f = entity.types[name], entity.fields[name]
    target = "account" if kind.anywhere else f.target or ""
    grants = {"*": {}, object_name: {"read": "all", "export": True}, target: {"read": "own", "export": True}}
    actor = renewed(world.actors[READER], grants=Grants(grants))
    ctx = Context(desk.connection, world.workspace, world.catalog, actor, "test")

    async def make(what: str, by: str, **values: Any) -> str:
        other = world.catalog.object(what)
        given = example(other, random.Random(7), {"role": [world.roles["rep"]], "account": [], "user": [world.id(by)]})
        needed = {n: v for n, v in given.items() if other.fields[n].required}
        if other.owner:
            needed[other.owner] = world.id(by)
        if "email" in needed:
            needed["email"] = f"{new_id()}@example.com"
        for n, g in other.fields.items():
            kind = other.types[n]
            if g.required and n not in values and (kind.link or kind.anywhere) and n not in needed:
                id = await make(g.target or "account", by)
                needed[n] = {"object": "account", "id": id} if kind.anywhere else id
            elif g.unique and n in needed and g.type == "text":
                needed[n] = f"r{new_id()}"
        return await desk.one(what, by=by, **{**needed, **values})

    if target == "user":
        hidden, seen = world.id("admin"), world.id(READER)
    else:
        hidden, seen = await make(target, "admin"), await make(target, READER)
    held: dict[str, list[str]] = {}

    async def point(*ids: str) -> None:
        if f.system:  # who made it is who made it
            id = await make(object_name, "admin" if hidden in ids else READER)
            if object_name == target == "user" and hidden in ids:
                return  # a user whom somebody else made is not seen
        else:
            value: Any = list(ids) if kind.many else ids[0] if ids else None
            if kind.anywhere and value:
                value = {"object": target, "id": value}
            id = await make(object_name, READER, **{name: value})
        held[id] = [i for i in ids if i == seen]

    await point(hidden)
    await point(seen)
    if not f.system and not f.required:
        await point()
    if kind.many:
        await point(hidden, seen)
        await point(seen, hidden)
    return Scene(desk, ctx, object_name, name, hidden, seen, held)


def comparisons(scene: Scene, kind: Any) -> Iterator[tuple[str, Any]]:
    """Every operator with the hidden record, the one that may be seen, and one that there is not."""
    single = [scene.hidden, scene.seen, new_id()]
    several = [[], *([i] for i in single), single[:2], single]
    for op in kind.operators:
        if op == "is_empty":
            yield from ((op, True), (op, False))
        elif op in ("in", "not_in") or (kind.many and op in ("eq", "ne")):
            yield from ((op, v) for v in several if v or op in ("in", "not_in"))
        else:
            yield from ((op, v) for v in single)


def means(held: list[str], op: str, value: Any) -> bool:
    """What a comparison says of what a reader sees."""
    wanted = set(value if isinstance(value, list) else [value])
    if op == "is_empty":
        return (not held) is value
    if not held:
        return False
    if op in ("eq", "ne"):
        return (set(held) == wanted) is (op == "eq")
    return bool(set(held) & wanted) is (op != "not_in")


@pytest.mark.parametrize(("object_name", "name"), LINKS)
async def test_no_filter_tells_a_hidden_link_from_an_empty_one(desk: Desk, object_name: str, name: str) -> None:
    scene = await stage(desk, object_name, name)
    kind = desk.world.catalog.object(object_name).types[name]
    for op, value in comparisons(scene, kind):
        wanted = {"field": name, "op": op, "value": value}
        expected = {i for i, held in scene.held.items() if means(held, op, value)}
        assert set(await scene.ids(wanted)) == expected, wanted
        assert set(await scene.ids({"or": [wanted, {"or": []}]})) == expected, wanted
        assert set(await scene.ids({"not": wanted})) == set(scene.held) - expected, wanted
    if kind.anywhere:
        named = {"field": f"{name}_object", "op": "is_empty"}
        assert set(await scene.ids(named)) == {i for i, held in scene.held.items() if not held}
        assert await scene.ids({"field": f"{name}_object", "op": "eq", "value": "account"}) == [
            i for i, held in scene.held.items() if held
        ]
    else:
        target = desk.world.catalog.object(desk.world.catalog.object(object_name).fields[name].target or "")
        through = {"field": f"{name}.{target.title}", "op": "is_empty"}
        assert set(await scene.ids(through)) == {i for i, held in scene.held.items() if not held}


@pytest.mark.parametrize(("object_name", "name"), LINKS)
async def test_no_answer_tells_a_hidden_link_from_an_empty_one(desk: Desk, object_name: str, name: str) -> None:
    """Records, orders, groups, figures, exports, history, the past, keys and related lists."""
    scene = await stage(desk, object_name, name)
    entity, ctx = desk.world.catalog.object(object_name), scene.ctx
    kind, f = entity.types[name], entity.fields[name]
    only = {"field": "id", "op": "in", "value": sorted(scene.held)}
    told: list[Any] = []
    page = await records.find(ctx, read_query(object_name, {"filter": only, "include": ["count", "totals"]}))
    exported = [r async for part in records.stream(ctx, read_query(object_name, {"filter": only})) for r in part]
    for row in (*page.rows, *exported):
        value = exact(row)[name]
        shown = [v["id"] for v in value] if isinstance(value, list) else [value["id"]] if value else []
        assert shown == scene.held[exact(row)["id"]]
        if kind.anywhere:
            assert (exact(row)[f"{name}_object"] is None) is not shown
    told.append(page.body())
    filled = sum(bool(h) for h in scene.held.values())
    if kind.sortable:
        for sign in ("", "-"):
            assert (await scene.ids(None, sort=sign + name))[:filled] == [i for i, h in scene.held.items() if h]
    if kind.groupable:
        groups = await desk_groups(scene, only)
        assert groups == {scene.seen: filled} | ({None: len(scene.held) - filled} if len(scene.held) > filled else {})
    for function, expected in (("count", filled), ("count_distinct", 1)):
        if function in kind.aggregates:
            measures = [{"fn": function, "field": name, "as": "n"}]
            [row] = await records.aggregate(ctx, read_aggregation(object_name, {"filter": only, "measures": measures}))
            assert exact(row)["values"]["n"] == expected
    for id, held in scene.held.items():
        if kind.anywhere:
            past = exact(await records.get(ctx.then(ctx.now.replace(year=2100)), object_name, id))
            assert (past[f"{name}_object"], bool(past[name])) == (("account", True) if held else (None, False))
            [made] = (await records.history(ctx, object_name, id))["data"]
            assert made["changes"].get(f"{name}_object") == ([None, "account"] if held else None)
        told.append(dumps(await records.history(ctx, object_name, id)))
        told.append(dumps(await records.timeline(ctx, object_name, id)))
        told.append(await records.get(ctx.then(ctx.now.replace(year=2100)), object_name, id))
    if not kind.many and "eq" in kind.operators:
        found = await links.find(ctx, entity, [{name: scene.hidden}, {name: scene.seen}, {name: new_id()}])
        assert [bool(i) for i in found] == [False, True, False]
    if not kind.anywhere:
        for child in desk.world.catalog.object(f.target or "").children.values():
            if (child.object, child.field) == (object_name, name):
                _, wanted = records.related(ctx, f.target or "", child.name, scene.hidden)
                assert (await records.find(ctx, Query(object_name, wanted))).rows == []
    assert not [t for t in told if scene.hidden.encode() in t]


async def desk_groups(scene: Scene, only: Any) -> dict[str | None, int]:
    """How many records there are of each value of the link."""
    found = await records.aggregate(scene.ctx, read_aggregation(scene.object, {"filter": only, "group": [scene.field]}))
    rows = [exact(r) for r in found]
    out = {(k := r["group"][scene.field]) and k["id"]: r["values"]["count"] for r in rows}
    assert len(out) == len(rows)
    return out


@pytest.mark.parametrize(
    ("object_name", "name"), [(o, n) for o, n in LINKS if CATALOG.object(o).fields[n].target != "user"]
)
async def test_what_lies_in_the_bin_is_hidden_from_everybody(desk: Desk, object_name: str, name: str) -> None:
    scene = await stage(desk, object_name, name)
    entity = desk.world.catalog.object(object_name)
    target = "account" if entity.types[name].anywhere else entity.fields[name].target or ""
    if entity.fields[name].on_delete == "restrict" and not entity.types[name].many:
        return
    await records.write(desk.system(), target, [Delete(scene.hidden)])
    scene.ctx = desk.as_("admin")
    for op, value in comparisons(scene, entity.types[name]):
        wanted = {"field": name, "op": op, "value": value}
        assert set(await scene.ids(wanted)) == {i for i, held in scene.held.items() if means(held, op, value)}, wanted
