"""When what has been warned of falls into a pool, and by which rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from guanxi.pg import quote
from guanxi.pools.falling import Plan, falling, moved, plans, tonight
from guanxi.records import Context
from guanxi.schema.catalog import Entity


@dataclass(frozen=True, slots=True)
class Fall:
    """A record falls ``on`` a day into ``pool`` (its name) by ``rule``, unless something happens before."""

    on: date
    pool: str
    rule: str


async def falls(ctx: Context, entity: Entity, mine: Sequence[Plan], ids: Sequence[str]) -> dict[str, Fall]:
    """Those of these records that fall within the days that the pools warn ahead."""
    found: dict[str, Fall] = {}
    known = {p.id: p for p in mine}
    base = tonight(ctx)
    for ahead in range(1 + max((p.warn_days for p in mine), default=0)):
        left = [id for id in ids if id not in found]
        if not left:
            break
        for working in {p.working_days for p in mine}:
            some = [p for p in mine if p.working_days == working]
            at = moved(base, ahead, working)
            sql, args = falling(ctx, entity, some, at, among=left)
            rows = await ctx.db.fetch(f"SELECT f.id::text, f.pool::text, f.rule FROM ({sql}) AS f", args)
            found |= {id: Fall(at.date(), known[pool].name, rule) for id, pool, rule in rows}
    return found


async def warned(ctx: Context, object_name: str, ids: Sequence[str]) -> Mapping[str, Fall]:
    """Those of these records whose owner was told that they fall, and that still do."""
    entity = ctx.catalog.entities.get(object_name)
    if entity is None or not entity.pool:
        return {}
    rows = await ctx.db.fetch(
        f"SELECT record::text FROM {quote(ctx.workspace.schema)}._pool_warning"
        " WHERE object = %(object)s AND record = ANY(%(ids)s::uuid[])",
        {"object": object_name, "ids": list(ids)},
    )
    told = [row[0] for row in rows]
    return await falls(ctx, entity, await plans(ctx, object_name), told) if told else {}
