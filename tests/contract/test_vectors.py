"""Filters mean the same in PostgreSQL and in the browser: a file of values, conditions and what holds, that both are held to.

``GUANXI_VECTORS=write`` writes the file anew from what PostgreSQL says.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.records.menagerie import DAYS, MOMENTS, SPACE, TEXTS
from tests.world import NOW, OPTIONS, Desk, one_example

from guanxi.base.json import dumps
from guanxi.records import ruling
from guanxi.records.row import Row
from guanxi.records.write import parse
from guanxi.schema.filter import parse as read
from guanxi.schema.model import Field, Rule
from guanxi.schema.ruling import Ruled
from guanxi.schema.types import TYPES

FILE = Path(__file__).parent / "vectors" / "filters.json"
SOME = [
    "01900000-0000-7000-8000-00000000000a",
    "01900000-0000-7000-8000-00000000000b",
    "01900000-0000-7000-8000-00000000000c",
]
MACROS: list[Any] = ["today", "yesterday", "tomorrow", *(f"{w}_{u}" for w in ("this", "last", "next") for u in ("week", "month", "quarter", "year")),
                     {"last_days": 30}, {"next_weeks": 2}, {"ago_months": 1}, {"in_days": 0}, {"last_years": 1}]  # fmt: skip
MORE: dict[str, list[Any]] = {
    "text": ["😀", "😀 a", "z", "Ａ", "ΣΑΣ", "σας", "İ", "a  b"],
    "integer": [0, 1, -1, 5, 100_000],
    "decimal": [0, 1, 0.5, -0.000001, 10, 1234.5],
    "money": [0, 1, 0.5, 19.99, -5],
    "percent": [0, 50, 33.33],
    "date": DAYS,
    "datetime": [m for m in MOMENTS if "999999" not in m] + ["2026-03-05T09:30:00+08:00"],
    "email": ["a@example.com", "ab@example.com"],
    "phone": ["+8613800138000", "+8613800138001"],
    "url": ["https://example.com", "https://example.com/a"],
    "person": ["张伟", "Anna", "anna"],
}


def values_of(f: Field) -> list[Any]:
    """Values in the form in which records carry them."""
    kind, rng = TYPES[f.type], random.Random(f.name)
    if f.type == "text":
        return TEXTS + MORE["text"]
    if f.type in MORE:
        return MORE[f.type]
    if kind.link:
        return [[SOME[0]], SOME[:2], [SOME[1], SOME[0]]] if kind.many else SOME[:2]
    if f.type == "file":
        return []
    if f.type in ("longtext", "select", "multiselect", "tags", "boolean", "rating", "duration"):
        return [v for v in SPACE[f.type] if v not in ("", [])]
    return [one_example(f, rng, {}) for _ in range(3)]


def conditions_of(f: Field, values: list[Any]) -> list[dict[str, Any]]:
    """Every operator of the type with values that meet the others."""
    kind = TYPES[f.type]
    ones = [v[0] for v in values if isinstance(v, list) and v] if kind.many else values
    if f.type in ("text", "longtext"):
        ones = ["a", "A", "ab", "ａ", "é", "国", "%", "_", "😀", "ß", "σας", "i", " "]
    if kind.grains:
        ones = [*values[:4], *MACROS, *(["2026-03-05", "2025-12-31"] if f.type == "datetime" else [])]
    if f.type in ("select", "multiselect"):
        ones = OPTIONS[:3]
    if f.type == "user":
        ones = [*ones, "$me"]
    if f.type == "richtext":
        ones = ["more", "Kick", "strong"]
    if f.type == "address":
        ones = ["a", "市", "no such place"]
    if f.type == "email":
        ones = [*ones, "A@Example.com", "example"]
    out: list[dict[str, Any]] = []
    for op in kind.operators:
        match op:
            case "is_empty":
                asked: list[Any] = [True, False, None]
            case "in" | "not_in":
                asked = [ones[:2], [], ones[1:4], [None, ones[0]]]
            case "between":
                asked = [[ones[0], ones[-1]], [ones[-1], ones[0]], ones[1:3] if len(ones) > 2 else [ones[0], ones[0]]]
            case "eq" | "ne" if kind.many:
                asked = [*values[:3], []] if f.type == "tags" else values[:3]
            case _:
                asked = [*ones, None]
        out += [{"op": op, "value": v} for v in asked if v != [] or op in ("in", "not_in")]
    return out


async def vectors(desk: Desk) -> dict[str, Any]:
    """For each type values, conditions, and for each condition a digit for each value, the empty one first: 1 where it holds."""
    ctx = replace(desk.as_(), now=NOW)
    entity = desk.world.catalog.object("zoo")
    types: dict[str, Any] = {}
    for f in entity.fields.values():
        kind = TYPES[f.type]
        if f.system or f.of or kind.derived or not kind.operators or f.type in types or f.name in ("code", "parent"):
            continue
        values = values_of(f)
        conditions = conditions_of(f, values)
        rows = [Row(entity, i, "create", f"01900000-0000-7000-8000-{i:012x}", {}) for i in range(len(values) + 1)]
        if not (kind.made or kind.link):
            for row, value in zip(rows[1:], values, strict=True):
                row.given = {f.name: value}
            await parse(ctx, entity, rows)
        for row, value in zip(rows[1:], values, strict=True):
            if kind.made or kind.link:
                row.new[f.name] = value
        rows[0].new.pop(f.name, None)
        asked = [Ruled(Rule("r", "validate", {}), read({"field": f.name, **c}), None) for c in conditions]
        found = await ruling.truths(ctx, entity, asked, rows, f"vectors {f.name}")
        held = ["".join("01"[found[row.id][i]] for row in rows) for i in range(len(conditions))]
        types[f.type] = {
            "field": {"name": f.name, "type": f.type, "options": [{"name": o.name} for o in f.options]},
            "values": [None, *values],
            "conditions": [[c["op"], c["value"], h] for c, h in zip(conditions, held, strict=True)],
        }
    return {"now": NOW.isoformat(), "timezone": ctx.actor.timezone, "me": SOME[0], "types": types}


async def test_the_vectors_are_what_postgresql_says(desk: Desk) -> None:
    me = desk.world.actors["admin"]
    desk.world.actors["admin"] = replace(me, id=SOME[0], timezone="Asia/Shanghai", statements={})
    try:
        found = json.loads(dumps(await vectors(desk)))
    finally:
        desk.world.actors["admin"] = me
    if os.environ.get("GUANXI_VECTORS") == "write":
        parts = [f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in found["types"].items()]
        head = {k: v for k, v in found.items() if k != "types"}
        text = json.dumps(head)[:-1] + ',\n"types": {\n' + ",\n".join(parts) + "\n}}\n"
        FILE.write_text(text)
    assert json.loads(FILE.read_text()) == found
    assert set(found["types"]) == {k.name for k in TYPES.values() if k.operators and k.custom and not k.derived}


def test_the_vectors_tell_things_apart() -> None:
    """No operator of a type always or never holds."""
    for name, one in json.loads(FILE.read_text())["types"].items():
        if len(one["values"]) < 3:
            continue
        for op in {c[0] for c in one["conditions"]}:
            held = "".join(c[2] for c in one["conditions"] if c[0] == op)
            assert {"0", "1"} <= set(held), f"{name} {op}"
