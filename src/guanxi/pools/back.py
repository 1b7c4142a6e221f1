"""Taking back what was done with pools: who gets a record again must have room for it, as if they took it, and a pool that gets one
again must be in use. Administrators of a pool take back what was done in it, whoever did it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.base import Conflict, Problem
from guanxi.pg import quote
from guanxi.pools.acts import LATELY, graded, holding, manages, one_by_one, pools_of, room
from guanxi.records import Context
from guanxi.records.undo import leads_back
from guanxi.schema.catalog import Entity


async def hindered(ctx: Context, entity: Entity, before: Mapping[str, Mapping[str, Any]]) -> dict[str, Problem]:
    """Records, by the values that they are to get again, that must stay as they are: for their former owners may hold no more
    (administrators of the pool decide), or because they would lie where nobody looks."""
    if not entity.pool:
        return {}
    owners = {id: user for id, was in before.items() if (user := was.get(entity.owner))}
    pools = await pools_of(ctx, entity)
    await one_by_one(ctx, entity, owners.values())
    now = await holding(ctx, entity, pools, list(before))
    rooms = await room(ctx, entity, pools, sorted(set(owners.values())))
    kept: dict[str, Problem] = {}
    for id, row in now.items():
        into = pools.get(before[id].get(entity.pool, row["pool"]) or "")
        if id not in owners:
            if into is None and entity.owner in before[id]:
                kept[id] = Conflict("pool_not_in_use")
            continue
        owner = rooms.get(owners[id])
        if into is None or owner is None or row["owner"] == owner.user or manages(ctx, into.id):
            continue
        if full := owner.full(ctx, entity, into, row):
            kept[id] = full
        else:
            owner.take(graded(row), None)
    return kept


async def manages_all(ctx: Context, change_set: str) -> bool:
    """Whether the actor administers every pool in which the change set moved something."""
    rows = await ctx.db.fetch(
        f"SELECT DISTINCT pool FROM {quote(ctx.workspace.schema)}._pool_move WHERE change_set = %(id)s::uuid",
        {"id": change_set},
    )
    return bool(rows) and all(manages(ctx, pool) for (pool,) in rows)


# Members may change neither the owner nor the pool of a record, so that what they did is taken back for them.
leads_back("claim", "release", "assign", "transfer", "return", within=LATELY, judge=hindered, others=manages_all)
