"""Filters mean what a reference in Python says, for every type and operator, nested in every way."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests.records.menagerie import COUNTED, DAYS, MOMENTS, PERIODS, SPACE, TEXTS, Menagerie, Reference, fill
from tests.world import NOW, Desk, World

from guanxi import records
from guanxi.base import Invalid
from guanxi.schema.filter import COMPARISONS
from guanxi.schema.filter import parse as read
from guanxi.schema.model import Field
from guanxi.schema.query import read_query
from guanxi.schema.types import TYPES


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def zoo(world: World) -> Menagerie:
    return await fill(world)


@pytest_asyncio.fixture
async def at(zoo: Menagerie) -> AsyncIterator[Desk]:
    async with zoo.world.desk() as desk:
        yield desk


async def matches(desk: Desk, object_name: str, wanted: Any, name: str = "admin") -> set[str]:
    ctx = desk.as_(name, now=NOW)
    page = await records.find(ctx, read_query(object_name, {"filter": wanted, "fields": ["id"], "limit": 200}))
    assert page.next is None
    return {r[7:43].decode() for r in page.rows}


# -- any filter --------------------------------------------------------------------------------------------------------

PATHS = {
    "zoo": ("keeper.name", "keeper.skill", "keeper.salary", "keeper.since", "parent.decimal", "parent.tags", "parent.datetime",
            "parent.keeper.salary", "parent.parent.text", "friends.salary", "friends.skill", "friends.since", "parent.friends.name",
            "owner.name", "keeper.created_at", "parent.version"),
    "keeper": ("owner.email",),
}  # fmt: skip
CHILDREN = {"zoo": {"kids": "zoo"}, "keeper": {"animals": "zoo", "stays": "zoo"}}


def value(zoo: Menagerie, f: Field, op: str, rng: random.Random) -> Any:
    """What a condition on this field may compare with: values that there are, and near ones."""
    kind = f.type
    if op == "is_empty":
        return rng.choice([True, False, None])
    if TYPES[kind].many and op in ("eq", "ne") and not TYPES[kind].link:
        pool = choices(zoo, f, op)
        return rng.choice([None, rng.sample(pool, rng.randint(1, min(3, len(pool))))])
    pool = choices(zoo, f, op)
    if op in ("in", "not_in"):
        nothing = [] if kind in ("multiselect", "tags") else [None]
        return [rng.choice([*pool, *nothing]) for _ in range(rng.randint(0, 4))]
    if op == "between":
        return [rng.choice(pool), rng.choice(pool)]
    if op == "within":
        pool = [v for v in pool if v != "now"]
        return rng.choice([rng.choice(pool), [rng.choice(pool), rng.choice(pool)]])
    return rng.choice(pool) if op == "contains" or rng.random() < 0.9 else None


def choices(zoo: Menagerie, f: Field, op: str) -> list[Any]:
    """Single values that mean something to a condition on this field."""
    kind = f.type
    if kind in ("date", "datetime"):
        return [*PERIODS, *({k: n} for k, n in COUNTED), *DAYS] + (["now", *MOMENTS] if kind == "datetime" else [])
    if TYPES[kind].link:
        ids = sorted(zoo.raw.get(f.target or "", {})) or [zoo.world.id(n) for n in ("admin", "rep1", "rep2")]
        return [*ids, *(["$me", "$my_team"] if kind == "user" else [])]
    if kind == "id":
        return sorted(zoo.raw["zoo"])
    if TYPES[kind].many:
        return sorted({x for v in SPACE[kind] for x in v})
    if op in ("contains", "starts_with"):
        seen = [r[f.name] for o in ("zoo", "keeper") for r in zoo.all(o).values() if isinstance(r.get(f.name), str)]
        slices = random.Random(len(seen))
        parts = [t[slices.randint(0, len(t)) :][: slices.randint(0, 12)] for t in [*seen, *TEXTS]]
        return [*parts, "", "%", "_", "\\", "A", "Ａ", "É", "nothing like it", "北京", "jing"]
    seen = [r[f.name] for o in ("zoo", "keeper", "user") for r in zoo.all(o).values() if r.get(f.name) is not None]
    return [*seen, *SPACE.get(kind, ())] or [o.name for o in f.options]


def condition(zoo: Menagerie, object_name: str, rng: random.Random) -> dict[str, Any]:
    """A condition on any field, also of what links lead to."""
    entity = zoo.entity(object_name)
    names = [n for n, t in entity.types.items() if t.operators and t.readable]
    path = rng.choice(names) if rng.randint(0, 3) else rng.choice(PATHS[object_name])
    at = entity
    *links, last = path.split(".")
    for link in links:
        at = zoo.entity(at.fields[link].target or "")
    op = rng.choice(at.types[last].operators)
    return {"field": path, "op": op, "value": value(zoo, at.fields[last], op, rng)}


def any_filter(zoo: Menagerie, object_name: str, rng: random.Random, depth: int = 3) -> dict[str, Any]:
    """Any filter."""
    what = rng.randint(0, 9) if depth else 9
    if what in (0, 1):
        parts = [any_filter(zoo, object_name, rng, depth - 1) for _ in range(rng.randint(0, 3))]
        return {("and", "or")[what]: parts}
    if what in (2, 3):
        return {"not": any_filter(zoo, object_name, rng, depth - 1)}
    if what in (4, 5):
        name = rng.choice(sorted(CHILDREN[object_name]))
        inner = {"where": any_filter(zoo, CHILDREN[object_name][name], rng, depth - 1)} if rng.random() < 0.8 else {}
        return {("any", "none")[what - 4]: name} | inner
    if what == 6:
        return together(zoo, object_name, rng, depth - 1)
    return condition(zoo, object_name, rng)


OF_ALL = {
    "sum": ["decimal", "money", "rating", "duration"],
    "average": ["decimal", "rating"],
    "min": ["decimal", "money", "date", "datetime"],
    "max": ["decimal", "money", "date", "datetime"],
    "latest": ["decimal", "date", "select", "boolean"],
}


def together(zoo: Menagerie, object_name: str, rng: random.Random, depth: int) -> dict[str, Any]:
    """Something about all related records together: how many, or a figure of them."""
    name = rng.choice(sorted(CHILDREN[object_name]))
    out: dict[str, Any] = {"related": name}
    if rng.random() < 0.6:
        out["where"] = any_filter(zoo, CHILDREN[object_name][name], rng, depth)
    if rng.random() < 0.2:
        out["after"] = {"field": "datetime", "related": rng.choice(sorted(CHILDREN[object_name])), "latest": "datetime"}
    figure = rng.choice(["count", "count", *OF_ALL])
    if figure == "count":
        op = rng.choice(["eq", "ne", "gt", "gte", "lt", "lte", "between", "in", "not_in", "is_empty"])
        n = [rng.randint(0, 4), rng.randint(0, 6)]
        value: Any = n if op in ("between", "in", "not_in") else True if op == "is_empty" else n[0]
        return out | {"count": {op: value} | ({"field": "date"} if rng.random() < 0.3 else {})}
    field = rng.choice(OF_ALL[figure])
    kind = TYPES["text"] if field == "select" else TYPES[field]
    op = rng.choice([o for o in kind.operators if o in COMPARISONS])
    out[figure] = {"field": field, op: value_of(zoo, field, op, rng)}
    if figure == "latest":
        out[figure]["by"] = "date"
    return out


def value_of(zoo: Menagerie, name: str, op: str, rng: random.Random) -> Any:
    """What a figure of a field may be compared with."""
    found = value(zoo, zoo.entity("zoo").fields[name], op, rng)
    return "gold" if name == "select" and isinstance(found, str) else found


# -- tests -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(15))
async def test_filters_of_any_shape_equal_the_reference(zoo: Menagerie, at: Desk, seed: int) -> None:
    rng = random.Random(seed)
    reference = Reference(zoo, "admin")
    for _ in range(12):
        object_name = rng.choice(["zoo", "zoo", "keeper"])
        wanted = any_filter(zoo, object_name, rng)
        assert await matches(at, object_name, wanted) == reference.matches(object_name, wanted), wanted


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_asked_of_related_records_together_equals_the_reference(
    zoo: Menagerie, at: Desk, seed: int
) -> None:
    """Of a whole list, where it is taken in one pass, and of records that are named, where it is taken of each."""
    rng = random.Random(f"together {seed}")
    reference = Reference(zoo, "admin")
    ctx = at.as_(now=NOW)
    for _ in range(15):
        object_name = rng.choice(["zoo", "keeper"])
        wanted = together(zoo, object_name, rng, 2)
        found = reference.matches(object_name, wanted)
        assert await matches(at, object_name, wanted) == found, wanted
        each = await records.ask(ctx, object_name, sorted(zoo.all(object_name)), filters=[read(wanted)])
        assert {i for i, told in each.items() if told.holds[0]} == found, wanted


CELLS = [(kind, op) for kind in sorted(TYPES) for op in TYPES[kind].operators if TYPES[kind].custom or kind == "id"]


@pytest.mark.parametrize(("kind", "op"), CELLS)
async def test_every_type_with_every_operator(zoo: Menagerie, at: Desk, kind: str, op: str) -> None:
    rng = random.Random(f"{kind} {op}")
    entity = zoo.entity("zoo")
    name = next(n for n, f in entity.fields.items() if f.type == kind)
    if op not in entity.types[name].operators:  # what is computed compares as what it is
        with pytest.raises(Invalid, match=op):
            await at.find("zoo", filter={"field": name, "op": op, "value": "x"})
        return
    reference = Reference(zoo, "admin")
    for _ in range(12):
        condition: dict[str, Any] = {"field": name, "op": op, "value": value(zoo, entity.fields[name], op, rng)}
        for wanted in (condition, {"not": condition}):
            assert await matches(at, "zoo", wanted) == reference.matches("zoo", wanted), wanted


@pytest.mark.parametrize("kind", [k for k in sorted(TYPES) if "not_in" in TYPES[k].operators and TYPES[k].custom])
async def test_an_empty_value_is_in_nothing_and_not_outside_of_anything(zoo: Menagerie, at: Desk, kind: str) -> None:
    name = next(n for n, f in zoo.entity("zoo").fields.items() if f.type == kind)
    filled = {i for i, r in zoo.all("zoo").items() if r[name] not in (None, [])}
    assert await matches(at, "zoo", {"field": name, "op": "in", "value": []}) == set()
    assert await matches(at, "zoo", {"field": name, "op": "not_in", "value": []}) == filled
    assert await matches(at, "zoo", {"field": name, "op": "not_in", "value": [None]}) == filled
    assert (
        await matches(at, "zoo", {"not": {"field": name, "op": "not_in", "value": []}}) == set(zoo.all("zoo")) - filled
    )


async def test_my_team_of_somebody_without_a_team_is_oneself(zoo: Menagerie, at: Desk) -> None:
    mine = {i for i, r in zoo.raw["zoo"].items() if r["owner"] == zoo.world.id("admin") and i in zoo.all("zoo")}
    others = {
        i for i, r in zoo.raw["zoo"].items() if r["owner"] not in (None, zoo.world.id("admin")) and i in zoo.all("zoo")
    }
    assert await matches(at, "zoo", {"field": "owner", "op": "eq", "value": "$my_team"}) == mine
    assert await matches(at, "zoo", {"field": "owner", "op": "ne", "value": "$my_team"}) == others


BAD = [
    ({"field": "nothing", "op": "eq", "value": 1}, "nothing", "unknown_field"),
    ({"field": "keeper.nothing", "op": "eq", "value": 1}, "keeper.nothing", "unknown_field"),
    ({"field": "name.first", "op": "eq", "value": 1}, "name.first", "unknown_field"),
    (
        {"field": "parent.parent.parent.parent.parent.parent.name", "op": "is_empty"},
        "parent.parent.parent.parent.parent.parent.name",
        "unknown_field",
    ),
    ({"field": "name..x", "op": "eq", "value": 1}, "name..x", "unknown_field"),
    ({"field": "password", "op": "eq", "value": 1}, "password", "unknown_field"),
    ({"field": "deleted_at", "op": "is_empty"}, "deleted_at", "unknown_field"),
    ({"field": "name", "op": "LIKE '%' UNION SELECT", "value": 1}, "name", "unknown_operator"),
    ({"field": "name", "op": "within", "value": "today"}, "name", "unknown_operator"),
    ({"field": "name", "op": "eq", "value": {"$ne": 1}}, "name", "wrong_type"),
    ({"field": "name", "op": "eq", "value": ["a"]}, "name", "wrong_type"),
    ({"field": "name", "op": "eq", "value": "\0"}, "name", "control_characters"),
    ({"field": "name", "op": "contains", "value": "\ud800"}, "name", "control_characters"),
    ({"field": "name", "op": "in", "value": "a"}, "name", "bad_value"),
    ({"field": "name", "op": "between", "value": ["a"]}, "name", "bad_value"),
    ({"field": "name", "op": "is_empty", "value": "no"}, "name", "bad_value"),
    ({"field": "name", "op": "is_empty", "value": 0}, "name", "bad_value"),
    ({"field": "keeper.name", "op": "is_empty", "value": "no"}, "keeper.name", "bad_value"),
    ({"field": "integer", "op": "gt", "value": 1.5}, "integer", "wrong_type"),
    ({"field": "integer", "op": "gt", "value": 10**30}, "integer", "too_big"),
    ({"field": "decimal", "op": "gt", "value": 1e300}, "decimal", "too_many_digits"),
    ({"field": "date", "op": "gt", "value": "2026-02-30"}, "date", "not_a_date"),
    ({"field": "date", "op": "within", "value": {"last_days": 10**9}}, "date", "bad_period"),
    ({"field": "select", "op": "eq", "value": "platinum"}, "select", "not_an_option"),
    ({"field": "keeper", "op": "eq", "value": "x' OR 1=1"}, "keeper", "not_an_id"),
    ({"any": "nothing"}, "nothing", "unknown_field"),
    ({"any": "kids", "none": "kids"}, "filter", "bad_filter"),
    ({"related": "nothing", "count": {"gte": 2}}, "nothing", "unknown_field"),
    ({"related": "kids", "sum": {"field": "nothing", "gt": 1}}, "kids.nothing", "unknown_field"),
    ({"related": "kids", "sum": {"field": "text", "gt": 1}}, "kids.text", "rollup_field"),
    ({"related": "kids", "sum": {"gt": 1}}, "filter", "bad_filter"),
    ({"related": "kids", "count": {"gte": 1, "lte": 2}}, "filter", "bad_filter"),
    ({"related": "kids", "count": 2}, "filter", "bad_filter"),
    ({"related": "kids", "count": {"gte": 1}, "sum": {"field": "decimal", "gte": 1}}, "filter", "bad_filter"),
    ({"related": "kids", "count": {"gte": "two"}}, "kids", "wrong_type"),
    ({"related": "kids", "count": {"gte": 1.5}}, "kids", "wrong_type"),
    ({"related": "kids", "count": {"contains": 1}}, "kids", "unknown_operator"),
    ({"related": "kids", "max": {"field": "date", "lt": {"ago_days": -1}}}, "date", "bad_period"),
    ({"related": "kids", "latest": {"field": "decimal", "by": "text", "lt": 1}}, "kids.text", "wrong_type"),
    ({"related": "kids", "after": {"field": "date", "related": "kids", "latest": "text"}}, "kids.text", "wrong_type"),
    ({"related": "kids", "after": {"field": "date"}}, "filter", "bad_filter"),
    ({"related": "kids", "where": {"field": "nothing", "op": "eq", "value": 1}}, "nothing", "unknown_field"),
    ({"in_segment": "vip"}, "in_segment", "not_an_id"),
    ({"in_change_set": "last"}, "in_change_set", "not_an_id"),
    ({"any": "kids", "where": {"field": "nothing", "op": "eq", "value": 1}}, "nothing", "unknown_field"),
    ({"and": {}}, "filter", "bad_filter"),
    ({"xor": []}, "filter", "bad_filter"),
    ({"field": "name", "op": "eq", "value": "a", "sql": "1=1"}, "filter", "bad_filter"),
    (["name"], "filter", "bad_filter"),
    ({"shared": True}, "filter", "bad_filter"),
    ({"inherited": "owner"}, "filter", "bad_filter"),
    ({"or": [{"field": "name", "op": "eq", "value": "a"}] * 600}, "filter", "too_complex"),
    ({"field": "name", "op": "in", "value": ["a"] * 10_001}, "filter", "too_complex"),
]


@pytest.mark.parametrize(("wanted", "place", "code"), BAD)
async def test_a_filter_that_makes_no_sense_is_refused_at_its_place(
    at: Desk, wanted: Any, place: str, code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await matches(at, "zoo", wanted)
    assert [(e.field, e.code) for e in refusal.value.errors] == [(place, code)]


async def test_a_filter_200_levels_deep_is_refused(at: Desk) -> None:
    wanted: dict[str, Any] = {"field": "name", "op": "is_empty"}
    for _ in range(200):
        wanted = {"not": wanted}
    with pytest.raises(Invalid) as refusal:
        await matches(at, "zoo", wanted)
    assert refusal.value.errors[0].code == "too_complex"
