"""What changed between two moments is the difference of what the two moments tell."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.records.test_past import act, now
from tests.world import World, exact, pages

from guanxi import records
from guanxi.base import Invalid
from guanxi.base.json import dumps
from guanxi.records import Create, Delete, Update
from guanxi.schema.query import read_query

FIELDS = ["name", "integer", "money", "money_currency", "keeper", "select", "tags"]
FILTERS: list[Any] = [
    None,
    {"field": "integer", "op": "gte", "value": 0},
    {"field": "keeper.skill", "op": "eq", "value": "gold"},
]


async def told(
    world: World, start: datetime, end: datetime | None, name: str = "admin", **query: Any
) -> dict[str, Any]:
    """All pages as one, with the summary."""
    out: dict[str, Any] = {"data": []}
    cursor = None
    async with world.desk() as desk:
        while True:
            asked = read_query("zoo", {"limit": 3, **query, "include": "totals", "totals": ["integer", "money"]})
            asked = replace(asked, cursor=cursor)
            page = exact(dumps(await records.between(desk.as_(name), asked, start, end, summary=True)))
            out = {**page, "data": out["data"] + page["data"]}
            cursor = page["next"]
            if cursor is None:
                return out


async def at(world: World, moment: datetime | None, **query: Any) -> dict[str, dict[str, Any]]:
    stamp = {"as_of": moment.isoformat()} if moment else {}
    async with world.desk() as desk:
        return {r["id"]: r for r in await pages(desk.as_(), "zoo", {**query, **stamp})}


@pytest.mark.parametrize("seed", range(3))
async def test_the_difference_of_two_moments_is_told(own_world: World, seed: int) -> None:
    rng = random.Random(seed)
    known: dict[str, list[str]] = {"zoo": [], "keeper": []}
    async with own_world.act() as ctx:
        for name in ("keeper", "zoo"):
            made = await records.write(ctx, name, [Create({"name": f"{name} {w}"}) for w in ("ant", "bee", "cow")])
            known[name] = [o.id or "" for o in made]
    moments: list[datetime | None] = [await now(own_world)]
    for _ in range(4):
        for _ in range(4):
            await act(own_world, rng, known, [])
        moments.append(await now(own_world))
    moments.append(None)
    for start, end in [(moments[0], moments[2]), (moments[1], moments[4]), (moments[2], None)]:
        assert start
        for wanted in FILTERS:
            before, after = [await at(own_world, m, filter=wanted, fields=FIELDS) for m in (start, end)]
            found = await told(own_world, start, end, filter=wanted, fields=FIELDS)
            expected: dict[str, Any] = {}
            for id in before.keys() | after.keys():
                old, new = before.get(id, {}), after.get(id, {})
                changes = {n: [old.get(n), new.get(n)] for n in FIELDS if old.get(n) != new.get(n)}
                if changes or not (old and new):
                    expected[id] = ("changed" if old and new else "new" if new else "gone", changes)
            # a link's title may have changed without the record having been written
            keeper = {"keeper"} if wanted is None else {"keeper", *FIELDS}
            assert {c["id"] for c in found["data"]} <= expected.keys()
            for c in found["data"]:
                kind, changes = expected[c["id"]]
                assert c["kind"] == kind
                assert c["changes"] == {n: v for n, v in changes.items() if n in c["changes"]}
                assert changes.keys() - c["changes"].keys() <= {"keeper"}
                assert c["at"]
                assert c["actor"]["title"] == "Admin"
            for id in expected.keys() - {c["id"] for c in found["data"]}:
                assert expected[id][1].keys() <= keeper
            if wanted is not None and "keeper" in str(wanted):
                continue
            count = found["summary"]["count"]
            assert (count["before"], count["after"]) == (len(before), len(after))
            assert count["before"] + count["new"] + count["gone"] == count["after"]
            for field, unit in (("integer", None), ("money", "money_currency")):
                sums = found["summary"]["sums"][field]
                for key, rows in (("before", before), ("after", after)):
                    whole: dict[str, Any] = {}
                    for row in rows.values():
                        u = (row[unit] if unit else "") or ""
                        whole[u] = whole.get(u, 0) + (row[field] or 0)
                    for u in sums.keys() | whole.keys():
                        assert Decimal(sums.get(u, {}).get(key, 0)) == whole.get(u, 0), (field, u, key)
                for s in sums.values():
                    assert s["before"] + s["new"] + s["gone"] + s["changed"] == s["after"]


async def test_a_record_that_left_the_list_is_gone_and_one_that_may_not_be_seen_is_nothing(own_world: World) -> None:
    w = own_world
    async with w.act() as ctx:
        values = [{"name": "Stays", "integer": 1}, {"name": "Leaves", "integer": 5}, {"name": "Deleted", "integer": 7}]
        stays, leaves, deleted = [o.id or "" for o in await records.write(ctx, "zoo", [Create(v) for v in values])]
    start = await now(w)
    async with w.act("rep1") as ctx:
        system = ctx.as_system("test")
        await records.write(
            system, "zoo", [Update(stays, {"integer": 2}), Update(leaves, {"integer": -5}), Delete(deleted)]
        )
        await records.write(system, "zoo", [Create({"name": "New", "integer": 9})])
    only = {"field": "integer", "op": "gt", "value": 0}
    found = await told(w, start, None, filter=only, fields=["integer"])
    assert {(c["title"], c["kind"], tuple(c["changes"]["integer"])) for c in found["data"]} == {
        ("Stays", "changed", (1, 2)), ("Leaves", "gone", (5, None)), ("Deleted", "gone", (7, None)), ("New", "new", (None, 9)),
    }  # fmt: skip
    assert found["summary"]["sums"]["integer"] == {"": {"before": 13, "new": 9, "gone": -12, "changed": 1, "after": 11}}
    assert found["summary"]["count"] == {"before": 3, "new": 1, "gone": -2, "changed": 0, "after": 2}
    hidden = await told(w, start, None, "rep3", filter=only)
    assert hidden["data"] == []
    assert not any(hidden["summary"]["count"].values())


async def test_what_a_link_leads_to_is_called_anew_and_that_is_no_change_of_the_record(own_world: World) -> None:
    async with own_world.act() as ctx:
        [keeper] = await records.write(ctx, "keeper", [Create({"name": "Before"})])
        [zoo] = await records.write(ctx, "zoo", [Create({"name": "Here", "integer": 1, "keeper": keeper.id})])
    start = await now(own_world)
    async with own_world.act() as ctx:
        await records.write(ctx, "keeper", [Update(keeper.id or "", {"name": "After"})])
        await records.write(ctx, "zoo", [Update(zoo.id or "", {"integer": 2})])
    [changed] = (await told(own_world, start, None, fields=FIELDS))["data"]
    assert changed["changes"] == {"integer": [1, 2]}


async def test_the_end_comes_after_the_beginning(own_world: World) -> None:
    moment = await now(own_world)
    with pytest.raises(Invalid) as refusal:
        await told(own_world, moment, moment)
    assert (refusal.value.errors[0].field, refusal.value.errors[0].code) == ("to", "not_after")
