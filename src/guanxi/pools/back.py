"""Taking back what was done with pools: who gets a record again must have room for it, as if they took it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.base import Problem
from guanxi.pools.acts import LATELY, graded, holding, manages, one_by_one, pools_of, room
from guanxi.records import Context
from guanxi.records.undo import leads_back
from guanxi.schema.catalog import Entity


async def without_room(ctx: Context, entity: Entity, before: Mapping[str, Mapping[str, Any]]) -> dict[str, Problem]:
    """Records, by the values that they are to get again, whose former owners may hold no more; administrators of the pool decide."""
    owners = {id: user for id, was in before.items() if (user := was.get(entity.owner))}
    if not owners or not entity.pool:
        return {}
    pools = await pools_of(ctx, entity)
    await one_by_one(ctx, entity, owners.values())
    now = await holding(ctx, entity, pools, list(owners))
    rooms = await room(ctx, entity, pools, sorted(set(owners.values())))
    kept: dict[str, Problem] = {}
    for id, row in now.items():
        into, owner = pools.get(before[id].get(entity.pool, row["pool"]) or ""), rooms.get(owners[id])
        if into is None or owner is None or row["owner"] == owner.user or manages(ctx, into.id):
            continue
        if full := owner.full(ctx, entity, into, row):
            kept[id] = full
        else:
            owner.take(graded(row), None)
    return kept


# Members may change neither the owner nor the pool of a record, so that what they did is taken back for them.
leads_back("claim", "release", "assign", "transfer", "return", within=LATELY, judge=without_room)
