"""Pages hold every record once and in order; counts, totals and groups equal what Python makes of the same rows."""

from __future__ import annotations

import functools
import random
import statistics
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import pytest_asyncio
from tests.records.menagerie import OPTIONS, ZONE, Menagerie, fill, moment
from tests.world import NOW, Desk, World, exact, pages

from guanxi import records
from guanxi.base import Forbidden, Invalid
from guanxi.records import Create, Delete
from guanxi.schema.query import read_aggregation, read_query
from guanxi.schema.types import TYPES


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def zoo(world: World) -> Menagerie:
    return await fill(world)


@pytest_asyncio.fixture
async def at(zoo: Menagerie) -> AsyncIterator[Desk]:
    async with zoo.world.desk() as desk:
        yield desk


# -- order -------------------------------------------------------------------------------------------------------------

PATHS = ("keeper.name", "keeper.skill", "keeper.salary", "keeper.version", "keeper.created_at", "parent.decimal", "parent.keeper.since",
         "parent.id", "owner.email", "parent.keeper", "parent.version")  # fmt: skip


def shown(zoo: Menagerie, object_name: str, id: str, path: list[str]) -> Any:
    """What a list shows at the end of a path; a link is its id."""
    name, *rest = path
    value = zoo.all(object_name)[id].get(name)
    field = zoo.entity(object_name).fields[name]
    if not rest:
        return value["id"] if TYPES[field.type].link and value else value
    return shown(zoo, field.target or "", value["id"], rest) if value else None


def sort_value(zoo: Menagerie, object_name: str, id: str, path: list[str]) -> Any:
    at = zoo.entity(object_name)
    for link in path[:-1]:
        at = zoo.entity(at.fields[link].target or "")
    field = at.fields[path[-1]]
    value = shown(zoo, object_name, id, path)
    if value is None:
        return None
    if TYPES[field.type].link:
        target = zoo.entity(field.target or "")
        field, value = target.fields[target.title], zoo.all(target.name)[value][target.title]
    if field.type == "person":  # by pinyin
        return value.lower().encode("gb18030")
    if field.type == "select":
        return OPTIONS.index(value)
    return moment(value) if field.type == "datetime" else value


def before(a: list[Any], b: list[Any], descending: list[bool]) -> int:
    for x, y, down in zip(a, b, descending, strict=True):
        if x == y:
            continue
        if x is None or y is None:
            return 1 if x is None else -1
        return (1 if x > y else -1) * (-1 if down else 1)
    return 0


def some_sort(zoo: Menagerie, rng: random.Random) -> list[str]:
    """Up to four keys to sort by, of records or of what their links lead to."""
    names = [n for n, k in zoo.entity("zoo").types.items() if k.sortable and not k.many and k.readable]
    return [
        rng.choice(["", "-"]) + rng.choice(names if rng.random() < 0.6 else PATHS) for _ in range(rng.randint(0, 4))
    ]


@pytest.mark.parametrize("seed", range(12))
async def test_pages_of_any_order_hold_every_record_once(zoo: Menagerie, at: Desk, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(10):
        sort, limit = some_sort(zoo, rng), rng.randint(1, 30)
        found = await pages(at.as_(), "zoo", {"sort": ",".join(sort), "limit": limit, "fields": ["id"]})
        ids = [r["id"] for r in found]
        assert sorted(ids) == sorted(zoo.all("zoo")), sort
        keys = [k.lstrip("-").split(".") for k in sort] or [["id"]]
        down = [k.startswith("-") for k in sort] or [True]
        values = [[sort_value(zoo, "zoo", i, k) for k in keys] for i in ids]
        expected = sorted(values, key=functools.cmp_to_key(lambda a, b, down=down: before(a, b, down)))
        assert values == expected, sort


@pytest.mark.parametrize("seed", range(12))
async def test_pages_hold_every_record_once_while_others_are_made_and_deleted(
    zoo: Menagerie, at: Desk, seed: int
) -> None:
    rng = random.Random(seed)
    sort, limit = ",".join(some_sort(zoo, rng)), rng.randint(3, 12)
    seen: list[str] = []
    cursor = None
    ctx = at.as_()
    mine = set(zoo.all("zoo"))
    while True:
        query = read_query("zoo", {"sort": sort, "limit": limit, "cursor": cursor, "fields": ["id"]})
        page = await records.find(ctx, query)
        seen += [exact(r)["id"] for r in page.rows]
        if page.next is None:
            break
        cursor = page.next
        rows = [{"name": n, "integer": i, "select": s} for n, i, s in (("A", None, None), ("zz", 5, "gold"))]
        made = await records.write(ctx, "zoo", [Create(r) for r in rows], render=False)
        await records.write(ctx, "zoo", [Delete(made[0].id or "")], render=False)
    assert [i for i in seen if i in mine] == list(dict.fromkeys(i for i in seen if i in mine))
    assert mine <= set(seen)
    assert len(seen) == len(set(seen))


async def test_a_cursor_is_bound_to_its_list_and_cannot_be_made_up(at: Desk) -> None:
    page = await records.find(at.as_(), read_query("zoo", {"sort": "-integer", "limit": 5}))
    assert page.next
    changed = page.next[:-3] + ("AAA" if not page.next.endswith("AAA") else "BBB")
    for query in (
        {"sort": "integer", "cursor": page.next},
        {"sort": "-integer,name", "cursor": page.next},
        {"sort": "-integer", "cursor": changed},
        {"sort": "-integer", "cursor": "x"},
        {"sort": "-integer", "cursor": "é"},
        {"sort": "-integer", "cursor": "WzAsMV0"},
    ):
        with pytest.raises(Invalid) as refusal:
            await records.find(at.as_(), read_query("zoo", query))
        assert refusal.value.errors[0].code == "bad_cursor"
    with pytest.raises(Invalid):
        await records.find(at.as_(), read_query("keeper", {"sort": "-salary", "cursor": page.next}))


@pytest.mark.parametrize("sort", ["nothing", "name;select 1", "tags", "json", "friends", "parent.friends.name", "friends.name", "password",
                                  "name,name,name,name,name,name", "deleted_at", "keeper.password", "address", "file"])  # fmt: skip
async def test_an_order_that_makes_no_sense_is_refused(at: Desk, sort: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await records.find(at.as_(), read_query("zoo", {"sort": sort}))
    assert refusal.value.errors[0].code in ("unknown_field", "not_sortable", "too_complex")


@pytest.mark.parametrize("limit", [0, -1, 201, 1e9, "1e9", "x", True, [1], "９", "1\n"])
async def test_a_limit_out_of_bounds_is_refused(limit: Any) -> None:
    with pytest.raises(Invalid):
        read_query("zoo", {"limit": limit})


async def test_fields_are_those_that_were_asked_for(zoo: Menagerie, at: Desk) -> None:
    wanted = ["name", "keeper", "keeper.name", "parent.keeper.salary", "friends.name", "money"]
    for row in await at.find("zoo", fields=wanted):
        assert set(row) == {"id", "version", *wanted}
        full = zoo.all("zoo")[row["id"]]
        assert row["keeper"] == full["keeper"]
        assert row["keeper.name"] == (full["keeper"] and full["keeper"]["title"])
        assert row["parent.keeper.salary"] == shown(zoo, "zoo", row["id"], ["parent", "keeper", "salary"])
        assert row["friends.name"] == [f["title"] for f in full["friends"]]


async def test_several_values_are_a_list_and_links_are_shown_with_title(zoo: Menagerie) -> None:
    for id, row in zoo.all("zoo").items():
        assert all(isinstance(row[n], list) for n in ("tags", "multiselect", "friends"))
        raw = zoo.raw["zoo"][id]
        assert [f["id"] for f in row["friends"]] == [i for i in raw["friends"] if i in zoo.all("keeper")]
        link = raw["keeper"] if raw["keeper"] in zoo.all("keeper") else None
        assert row["keeper"] == (link and {"id": link, "title": zoo.all("keeper")[link]["name"]})


# -- counts and totals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [None, {"field": "integer", "op": "gt", "value": 0}, {"or": []}])
async def test_count_and_totals_are_of_the_whole_list(zoo: Menagerie, at: Desk, wanted: Any) -> None:
    rows = [r for r in zoo.all("zoo").values() if wanted is None or (wanted != {"or": []} and (r["integer"] or 0) > 0)]
    query = {"filter": wanted, "limit": 2, "include": ["count", "totals"]}
    body = exact((await records.find(at.as_(), read_query("zoo", query))).body())
    assert body["count"] == len(rows)
    summed = [n for n, t in zoo.entity("zoo").types.items() if "sum" in t.aggregates and n != "version"]
    apart: dict[str, Any] = defaultdict(int)
    for r in rows:
        if r["money"] is not None:
            apart[r["money_currency"]] += r["money"]
    money = {"money": None} if apart else {}
    assert body["totals"] == {n: sum(r[n] or 0 for r in rows) for n in summed} | money
    assert body["currencies"] == {"money_currency": None} | ({"money_by_currency": apart} if apart else {})
    query = {"filter": wanted, "include": ["totals"], "totals": ["money", "decimal"]}
    body = exact((await records.find(at.as_(), read_query("zoo", query))).body())
    assert set(body["totals"]) == {"money", "decimal"}
    query = {"filter": wanted, "include": ["totals"], "totals": ["decimal"]}
    assert "currencies" not in exact((await records.find(at.as_(), read_query("zoo", query))).body())


async def test_a_total_of_what_cannot_be_summed_is_refused(at: Desk) -> None:
    for name in ("nothing", "name", "tags"):
        with pytest.raises(Invalid) as refusal:
            await records.find(at.as_(), read_query("zoo", {"include": "totals", "totals": [name]}))
        assert refusal.value.errors[0].field == name


async def test_the_bin_lists_what_was_deleted_and_by_whom(zoo: Menagerie, at: Desk) -> None:
    gone = set(zoo.raw["zoo"]) - set(zoo.all("zoo"))
    found = await at.find("zoo", bin=True, include="count")
    assert {r["id"] for r in found} == gone
    assert all(r["deleted_by"] == {"id": zoo.world.id("admin"), "title": "Admin"} and r["deleted_at"] for r in found)
    body = exact(
        (await records.find(at.as_(), read_query("zoo", {"bin": True, "include": ["count", "totals"]}))).body()
    )
    assert body["count"] == len(gone)
    assert body["totals"].get("rating", True)
    assert body["totals"]["integer"] == sum(r["integer"] or 0 for r in found)


async def test_the_bin_is_narrowed_by_who_and_when(zoo: Menagerie, at: Desk) -> None:
    gone = set(zoo.raw["zoo"]) - set(zoo.all("zoo"))

    async def ids(*conditions: dict[str, object], sort: str = "-deleted_at") -> list[str]:
        return [r["id"] for r in await at.find("zoo", bin=True, filter={"and": list(conditions)}, sort=sort)]

    mine = {"field": "deleted_by", "op": "eq", "value": zoo.world.id("admin")}
    assert set(await ids(mine, {"field": "deleted_at", "op": "within", "value": "today"})) == gone
    assert await ids({"not": mine}) == []
    assert await ids({"field": "deleted_at", "op": "lt", "value": "2001-01-01T00:00:00Z"}) == []
    assert await ids(mine, sort="deleted_by,deleted_at") == (await ids(mine, sort="-deleted_by,-deleted_at"))[::-1]
    # Who is not in the bin was deleted by nobody: there the names mean nothing.
    for what in ({"filter": mine}, {"sort": "deleted_at"}):
        with pytest.raises(Invalid) as refusal:
            await at.find("zoo", **what)
        assert refusal.value.errors[0].code == "unknown_field"


# -- groups ------------------------------------------------------------------------------------------------------------

GROUPS = ("select", "boolean", "rating", "keeper", "owner", "keeper.skill", "parent.select", "text", "money_currency",
          "parent.keeper", "name")  # fmt: skip
TIMES = ("date", "datetime", "keeper.since", "parent.datetime")
MEASURES = [("count", None)] + [
    (fn, name)
    for name in (
        "integer",
        "decimal",
        "money",
        "percent",
        "rating",
        "duration",
        "date",
        "datetime",
        "text",
        "parent.decimal",
        "keeper.salary",
    )
    for fn in ("count", "count_distinct", "sum", "avg", "min", "max", "median")
]


def cut(kind: str, value: Any, grain: str) -> str | None:
    if value is None:
        return None
    day = moment(value).astimezone(ZONE).date() if kind == "datetime" else date.fromisoformat(value)
    start = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": day.replace(month=1, day=1),
    }[grain]
    return start.isoformat()


def kind_of(zoo: Menagerie, path: str) -> Any:
    at = zoo.entity("zoo")
    *links, last = path.split(".")
    for link in links:
        at = zoo.entity(at.fields[link].target or "")
    return at.fields[last]


def key_values(zoo: Menagerie, id: str, group: Any) -> list[Any]:
    """The groups of a record for one key: several for what has several values."""
    path = group if isinstance(group, str) else group["field"]
    field = kind_of(zoo, path)
    value = shown(zoo, "zoo", id, path.split("."))
    if isinstance(group, dict):
        return [cut(field.type, value, group["grain"])]
    if isinstance(value, list):
        return value or [None]
    return [value]


def rounded(value: Any) -> Any:
    return Decimal(value).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def figure(function: str, values: list[Any]) -> Any:
    filled = [v for v in values if v is not None]
    if function == "count":
        return len(filled)
    if function == "count_distinct":
        return len(set(filled))
    if function == "sum":
        return sum(filled)
    if not filled:
        return None
    if function == "avg":
        return rounded(sum(Decimal(v) for v in filled) / len(filled))
    if function == "median":
        return rounded(statistics.median(Decimal(v) for v in filled))
    return min(filled) if function == "min" else max(filled)


@pytest.mark.parametrize("seed", range(16))
async def test_groups_equal_those_of_python(zoo: Menagerie, at: Desk, seed: int) -> None:
    rng = random.Random(seed)
    grains = ["day", "week", "month", "quarter", "year"]
    able = [(f, n) for f, n in MEASURES if n is None or f in TYPES[kind_of(zoo, n).type].aggregates]
    money = [(f, n) for f, n in able if n == "money"]
    for _ in range(6):
        keys = rng.sample([*GROUPS, *TIMES], rng.randint(0, 3))
        groups = [{"field": k, "grain": rng.choice(grains)} if k in TIMES else k for k in keys]
        measures = [*rng.sample(able, rng.randint(1, 4)), rng.choice(money)]
        await compare(zoo, at, groups, list(dict.fromkeys(measures)))


async def compare(zoo: Menagerie, at: Desk, groups: list[Any], measures: list[tuple[str, str | None]]) -> None:
    """The answer of the engine with what Python makes of the rows."""
    what = {
        "group": groups,
        "measures": [{"fn": f, "as": f"m{i}"} | ({"field": n} if n else {}) for i, (f, n) in enumerate(measures)],
    }
    found = [exact(r) for r in await records.aggregate(at.as_(now=NOW), read_aggregation("zoo", what))]
    expected: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for id in zoo.all("zoo"):
        keys: list[tuple[Any, ...]] = [()]
        for group in groups:
            keys = [(*k, v) for k in keys for v in key_values(zoo, id, group)]
        for key in keys:
            expected[key].append(id)
    names = [g if isinstance(g, str) else g["field"] for g in groups]
    got = {}
    for row in found:
        key = tuple(v["id"] if isinstance(v := row["group"][n], dict) else v for n in names)
        assert key not in got, "a group is answered twice"
        assert set(row["values"]) == {f"m{i}" for i in range(len(measures))}
        got[key] = row["values"] | row.get("currencies", {})
    assert set(got) == set(expected) or not groups
    for key, ids in expected.items():
        for i, (function, name) in enumerate(measures):
            value = got[key][f"m{i}"]
            if name is None:
                assert value == len(ids)
                continue
            path = name.split(".")
            values = [shown(zoo, "zoo", x, path) for x in ids]
            if TYPES[kind_of(zoo, name).type].unit and function not in ("count", "count_distinct"):
                units = [shown(zoo, "zoo", x, [*path[:-1], f"{path[-1]}_currency"]) for x in ids]
                apart: dict[str, list[Any]] = defaultdict(list)
                for unit, v in zip(units, values, strict=True):
                    if v is not None:
                        apart[unit].append(v)
                assert got[key][f"m{i}_currency"] == (next(iter(apart)) if len(apart) == 1 else None)
                if len(apart) > 1:
                    assert value is None
                    assert set(got[key][f"m{i}_by_currency"]) == set(apart)
                    for unit, part in apart.items():
                        agrees(function, got[key][f"m{i}_by_currency"][unit], part)
                    continue
                assert f"m{i}_by_currency" not in got[key]
            if kind_of(zoo, name).type == "datetime":
                values = [v and moment(v) for v in values]
                value = moment(value) if isinstance(value, str) else value
            agrees(function, value, values)


def agrees(function: str, value: Any, values: list[Any]) -> None:
    """Whether a figure is that of the values, as exactly as it can be."""
    wanted = figure(function, values)
    if function == "median" and wanted is not None:
        assert abs(value - wanted) <= max(abs(wanted) * Decimal("1e-12"), Decimal("1e-6"))
    elif function == "avg" and wanted is not None:
        assert abs(value - wanted) <= max(abs(wanted) * Decimal("1e-15"), Decimal("0.000001"))
    else:
        assert value == wanted


async def test_groups_are_sorted_by_measures_and_keys_and_limited(zoo: Menagerie, at: Desk) -> None:
    what = {"group": ["select"], "measures": [{"fn": "count", "as": "n"}]}
    plain = await at.aggregate("zoo", **what)
    assert [g["group"]["select"] for g in plain] == [*OPTIONS, None]
    down = await at.aggregate("zoo", **what, sort="-n", limit=3)
    assert [g["values"]["n"] for g in down] == sorted((g["values"]["n"] for g in plain), reverse=True)[:3]
    assert [g["group"]["select"] for g in await at.aggregate("zoo", **what, sort="-select")] == [
        *reversed(OPTIONS),
        None,
    ]


@pytest.mark.parametrize(
    "what",
    [
        {"group": ["nothing"]},
        {"group": ["json"]},
        {"group": ["longtext"]},
        {"group": [{"field": "text", "grain": "month"}]},
        {"group": [{"field": "date", "grain": "day'); select 1 --"}]},
        {"group": [{"field": "date", "tz": "UTC"}]},
        {"group": ["select", "select"]},
        {"group": ["friends.name"]},
        {"group": ["a"] * 6},
        {"measures": [{"fn": "sum(1)) from users--", "field": "integer"}]},
        {"measures": [{"fn": "sum", "field": "name"}]},
        {"measures": [{"fn": "sum", "field": "percent"}]},
        {"measures": [{"fn": "sum"}]},
        {"measures": [{"fn": "count", "as": "a"}, {"fn": "count", "as": "a"}]},
        {"measures": [{"fn": "count", "as": "x" * 61}]},
        {"measures": [{"fn": "count", "as": "select"}], "group": ["select"], "sort": "select"},
        {"measures": []},
        {"sort": "nothing"},
        {"limit": 10_001},
        {"having": 1},
        {"group": [["select"]]},
        {"measures": [{"fn": ["sum"], "field": "integer"}]},
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(at: Desk, what: dict[str, Any]) -> None:
    if what == {"measures": []}:
        return  # none means the count
    with pytest.raises(Invalid):
        await at.aggregate("zoo", **what)


async def test_a_name_of_a_measure_is_only_a_label(at: Desk) -> None:
    name = 'a" , (select 1) as "b%s %(x)s '
    [row] = await at.aggregate("zoo", measures=[{"fn": "count", "as": name}])
    assert list(row["values"]) == [name]


async def test_a_measure_may_have_the_name_of_another_ones_currency(at: Desk) -> None:
    measures = [{"fn": "max", "field": "money", "as": "m"}, {"fn": "count", "as": "m_currency"}]
    [row] = await at.aggregate("zoo", measures=measures)
    assert set(row["values"]) == {"m", "m_currency"}
    assert isinstance(row["values"]["m_currency"], int)
    assert "m_currency" in row["currencies"]


async def test_the_recycle_bin_is_for_those_who_may_see_it(at: Desk) -> None:
    with pytest.raises(Forbidden):
        await records.find(at.as_("viewer"), read_query("zoo", {"bin": True}))
