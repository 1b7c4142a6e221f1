"""A company whose customers are graded and go through stages: the plans, and what tests do to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.world import World

from guanxi import records, standing
from guanxi.base.json import loads
from guanxi.records import Create, Update, deliver

SHARE = {"kind": "percentile"}
WON = {"field": "stage_kind", "op": "eq", "value": "won"}


def factor(
    name: str, input: Mapping[str, Any] | str, scale: Mapping[str, Any], weight: float = 1, empty: float | None = 0
) -> dict[str, Any]:
    looks = {"formula": input} if isinstance(input, str) else input
    return {"name": name, "weight": weight, "input": looks, "scale": scale, "empty": empty}


def bands(*pairs: tuple[float, float]) -> dict[str, Any]:
    return {"kind": "bands", "bands": [{"from": a, "points": b} for a, b in pairs]}


DEALS = {"children": "opportunities", "function": "sum", "field": "amount", "where": WON}
GRADES: dict[str, Any] = {
    "axes": [
        {"name": "value", "weight": 2, "factors": [factor("people", "employees", bands((1, 20), (100, 60), (1000, 100))), factor("deals", DEALS, {"kind": "linear", "low": 0, "high": 1000})]},
        {"name": "potential", "weight": 1, "factors": [factor("industry", "industry", {"kind": "options", "options": {"finance": 100, "retail": 50}}, empty=None)]},
    ],
    "grades": [
        {"name": "strategic", "from": 70, "every": {"talk": 10}, "response": 4},
        {"name": "important", "from": 40, "every": {"talk": 30}},
        {"name": "ordinary", "from": 0},
    ],
    "contacts": [{"name": "talk", "label": {"en": "Talk", "zh": "联系"}, "input": {"children": "meetings", "function": "max", "field": "starts_at"}}],
}  # fmt: skip
STAGES: dict[str, Any] = {
    "stages": [
        {"name": "first_touch", "label": {"en": "First touch", "zh": "初次接触"}, "color": "gray"},
        {"name": "opportunity", "when": {"any": "opportunities"}},
        {"name": "active", "when": {"field": "employees", "op": "gte", "value": 10}},
        {"name": "lost", "kind": "lost", "when": {"field": "status", "op": "eq", "value": "inactive"}},
        {"name": "won_back", "when": {"field": "employees", "op": "gte", "value": 10}, "after": ["lost"], "days": 30},
    ]
}


async def put(
    world: World, kind: str, raw: Mapping[str, Any], active: bool = True, object: str = "account"
) -> list[dict[str, Any]]:
    async with world.db.transaction() as c:
        _, changes = await standing.put(world.context(c), object, kind, raw, active)
    async with world.db.connection() as c:
        world.catalog = await records.load_catalog(c, world.workspace)
    return changes


async def all_of_it(world: World, **more: Any) -> dict[str, int]:
    return await standing.everything(world.db, world.workspace, **more)


async def heard(world: World) -> None:
    await deliver(world.db, world.workspace, "standing")


async def make(world: World, *rows: Mapping[str, Any], object: str = "account", by: str = "admin") -> list[str]:
    async with world.act(by) as ctx:
        return [o.id or "" for o in await records.write(ctx, object, [Create(r) for r in rows])]


async def change(world: World, id: str, object: str = "account", by: str = "admin", **values: Any) -> None:
    async with world.act(by) as ctx:
        await records.write(ctx, object, [Update(id, values)])


async def one(world: World, id: str, object: str = "account") -> dict[str, Any]:
    async with world.act() as ctx:
        return loads(await records.get(ctx, object, id))


async def told(world: World, id: str, by: str = "admin", object: str = "account") -> dict[str, Any]:
    async with world.act(by) as ctx:
        return await standing.standing(ctx, object, id)
