"""Updates that only fill what is empty: what somebody has entered is not overwritten by a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guanxi.base.json import loads
from guanxi.records import Context, Operation, Update, access, find
from guanxi.schema.filter import where
from guanxi.schema.query import Query


async def only_what_is_empty(ctx: Context, object: str, operations: Mapping[int, Operation]) -> Mapping[int, Operation]:
    """The operations, of whose updates those values are left that meet an empty field.

    What the actor cannot read counts as filled.
    """
    updates = {i: op for i, op in operations.items() if isinstance(op, Update)}
    entity = ctx.catalog.object(object)
    readable = set(access.readable_fields(ctx.actor, entity))
    names = sorted({entity.fields[n].of or n for op in updates.values() for n in op.values} & readable)
    if not names:
        return {i: replace(op, values={}) if isinstance(op, Update) else op for i, op in operations.items()}
    wanted = where("id", "in", sorted({op.id for op in updates.values()}))
    page = await find(ctx, Query(object, wanted, fields=("id", *names), limit=None))
    there: dict[str, dict[str, Any]] = {record["id"]: record for record in map(loads, page.rows)}

    def empty(id: str, name: str) -> bool:
        name = entity.fields[name].of or name
        return name in readable and there.get(id, {}).get(name, True) in (None, "", [])

    return {
        i: replace(op, values={n: v for n, v in op.values.items() if empty(op.id, n)}) if isinstance(op, Update) else op
        for i, op in operations.items()
    }
