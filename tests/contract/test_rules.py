"""Every kind of rule holds at every door through which records are written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from tests.world import CUSTOM, Desk, World

from guanxi import records
from guanxi.base import Problem
from guanxi.records import Context, Create, Update, Upsert
from guanxi.records.evolve import declared
from guanxi.records.read import everything
from guanxi.schema.catalog import fold
from guanxi.schema.filter import parse
from guanxi.schema.model import RULE_KINDS
from guanxi.transfer.convert import Converted
from guanxi.transfer.storing import Result, Store

VERSIONS = count(2_000_000)
SAID = {"en": "No.", "zh": "不。"}
WON = {"field": "stage", "op": "eq", "value": "proposal"}
MOVE = {"stage": "proposal"}

RULES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "validate": ({"when": WON, "message": SAID}, MOVE),
    "require": ({"when": WON, "fields": ["next_step"]}, MOVE),
    "gate": (
        {"when": {"field": "next_step", "op": "is_empty", "value": False}, "stages": ["proposal"], "message": SAID},
        MOVE,
    ),
    "readonly": ({"when": None, "fields": ["next_step"]}, {"next_step": "Call"}),
    "options": (
        {"when": {"field": "stage", "op": "eq", "value": "qualification"}, "fields": ["source"], "value": ["website"]},
        {"source": "referral"},
    ),
    "duplicate": ({"match": [{"fields": ["next_step"], "how": "folded"}], "act": "block"}, {"next_step": "CALL "}),
}
"""For each kind that refuses: a rule of opportunities, and values that break it."""


class Door:
    """One way to write; ``refused`` says whether what it was given did not go in."""

    def __init__(self, ctx: Context, desk: Desk, start: Mapping[str, Any], id: str) -> None:
        self.ctx, self.desk, self.start, self.id = ctx, desk, start, id

    async def tried(self, *operations: records.Operation, atomic: bool = True) -> bool:
        try:
            async with self.desk.connection.savepoint():
                outcomes = await records.write(self.ctx, "opportunity", list(operations), atomic=atomic)
        except Problem as problem:
            return problem.status == 422
        return all(o.problem is not None and o.problem.status == 422 for o in outcomes[:1])


async def create(door: Door, values: Mapping[str, Any]) -> bool:
    return await door.tried(Create({**door.start, **values}))


async def update(door: Door, values: Mapping[str, Any]) -> bool:
    return await door.tried(Update(door.id, values))


async def upsert(door: Door, values: Mapping[str, Any]) -> bool:
    return await door.tried(Upsert({"name": "Here"}, values))


async def batch(door: Door, values: Mapping[str, Any]) -> bool:
    return await door.tried(Create({**door.start, **values}), Create(door.start), atomic=False)


async def mass(door: Door, values: Mapping[str, Any]) -> bool:
    wanted = replace(everything("opportunity"), filter=parse({"field": "name", "op": "eq", "value": "Here"}))
    try:
        async with door.desk.connection.savepoint():
            await records.mass(door.ctx, wanted, values)
    except Problem as problem:
        return problem.status == 422
    return False


async def program(door: Door, values: Mapping[str, Any]) -> bool:
    """What an action of the program writes in somebody's name."""
    ctx, door.ctx = door.ctx, replace(door.ctx, bulk="action", label="act")
    try:
        return await door.tried(Update(door.id, values))
    finally:
        door.ctx = ctx


async def imported(door: Door, values: Mapping[str, Any]) -> bool:
    """The rows of a file: the bad one is told with its line, the other goes in."""
    rows = [{**door.start, **values}, dict(door.start)]
    store = Store("opportunity", "create", "", _Columns())  # type: ignore[arg-type]
    converted = Converted([2, 3], [["x"], ["y"]], rows)
    result = Result()
    ctx = replace(door.ctx, bulk="import", cause="import")
    await store.write(ctx, converted, result)
    assert result.counts.created == (1 if converted.errors else 2)
    return list(converted.errors) == [0]


class _Columns:
    by_field: Mapping[str, int] = {}
    booked: tuple[str, ...] = ()
    person = ""


DOORS: dict[str, Callable[[Door, Mapping[str, Any]], Awaitable[bool]]] = {
    "create": create, "update": update, "upsert": upsert, "batch": batch, "mass": mass, "action": program, "import": imported,
}  # fmt: skip


@pytest_asyncio.fixture
async def door(desk: Desk) -> AsyncIterator[Door]:
    account = await desk.one("account", name="A")
    start = {
        "name": "New",
        "account": account,
        "close_date": "2026-06-01",
        "pipeline": "sales",
        "stage": "qualification",
    }
    await desk.one("opportunity", **{**start, "name": "Before", "next_step": "call"})
    id = await desk.one("opportunity", **{**start, "name": "Here"})
    yield Door(desk.as_(), desk, start, id)


def ruled(world: World, kind: str, rule: Mapping[str, Any]) -> Any:
    put = {"op": "put_rule", "object": "opportunity", "rule": {"name": "r", "kind": kind, "label": {"en": "R"}, **rule}}
    assert world.catalog.objects["opportunity"]
    return fold(declared(), CUSTOM, next(VERSIONS), [put])


@pytest.mark.parametrize("way", DOORS)
@pytest.mark.parametrize("kind", RULES)
async def test_every_rule_holds_at_every_door(door: Door, kind: str, way: str) -> None:
    rule, values = RULES[kind]
    door.ctx = replace(door.ctx, catalog=ruled(door.desk.world, kind, rule))
    assert await DOORS[way](door, values)
    door.ctx = replace(door.ctx, catalog=ruled(door.desk.world, kind, {**rule, "active": False}))
    assert not await DOORS[way](door, values)


@pytest.mark.parametrize("way", ["create", "batch", "import"])
async def test_every_door_fills_in_what_new_records_begin_with(door: Door, way: str) -> None:
    begins = {"when": {"field": "amount", "op": "gt", "value": 100}, "fields": ["next_step"], "value": "Ask the boss"}
    door.ctx = replace(door.ctx, catalog=ruled(door.desk.world, "default", begins))
    assert not await DOORS[way](door, {"amount": 101})
    found = await door.desk.find("opportunity", filter={"field": "amount", "op": "eq", "value": 101})
    assert [f["next_step"] for f in found] == ["Ask the boss"]


def test_every_kind_of_rule_is_tried() -> None:
    assert {*RULES, "default", "show"} == set(RULE_KINDS)


async def test_a_condition_on_what_a_reader_may_not_see_is_not_told(desk: Desk) -> None:
    """The clerk sees no amounts: the rule's condition stays with the server, which answers with its truth alone."""
    rule = {"when": {"field": "amount", "op": "gt", "value": 4711}, "fields": ["next_step"]}
    catalog = ruled(desk.world, "require", rule)
    for name, asks in (("rep1", False), ("clerk", True)):
        ctx = replace(desk.as_(name), catalog=catalog)
        told = next(o for o in (await records.describe(ctx))["objects"] if o["name"] == "opportunity")["rules"]
        [shown] = [r for r in told if r["name"] == "r"]
        assert (shown["asks"], shown["when"]) == (asks, None if asks else rule["when"])
    account = await desk.one("account", name="A")
    start = {"name": "O", "account": account, "close_date": "2026-06-01", "pipeline": "sales", "stage": "qualification"}
    for amount, wanted in ((5000, ["next_step"]), (1, [])):
        id = await desk.one("opportunity", **start, amount=amount)
        said = await records.consult(replace(desk.as_("clerk"), catalog=catalog), "opportunity", {}, id)
        assert [r["field"] for r in said["required"]] == wanted
        assert "4711" not in str(said)
