"""How far rules of access and pools reach for somebody: whether they give so many records of an object that those are better compared
one by one in the order that is asked for, or so few that they are listed first.

PostgreSQL's planner estimates it from its statistics without looking at a record; asked once in a while for an actor, and only of
objects of which rules or pools give.
"""

from __future__ import annotations

import time
from dataclasses import replace

from guanxi.base.json import loads
from guanxi.records import access
from guanxi.records.compile import Compiler, estimate
from guanxi.records.context import Context

MANY = 10_000
"""Records from which on a reach is wide."""
AGE = 300.0
"""Seconds that an estimate is good for: pools fill and empty."""


async def learn(ctx: Context) -> None:
    """Ask of all objects with rules or pools that give, for this actor; nothing where that is known, or where there are none."""
    actor, catalog = ctx.actor, ctx.catalog
    if actor.system or not (catalog.ruled or actor.seats):
        return
    mark, now = ("reach", catalog.version), time.monotonic()
    if mark in actor.statements and actor.statements[mark] > now - AGE:
        return
    found: dict[tuple[str, str], bool] = {}
    for entity in catalog.entities.values():
        for verb in ("read", "update"):
            if access.may(actor, entity, verb) and access.given(actor, catalog, entity, verb):
                key = (entity.name, verb)
                # asked of what can use indexes
                c = Compiler(replace(ctx, actor=replace(actor, statements={}, reach=found | {key: False})))
                source, visible = c.source(entity, "t", verb)
                plan = await ctx.db.value(f"EXPLAIN (FORMAT JSON) SELECT t.id FROM {source} WHERE {visible}", c.args)
                found[key] = estimate(loads(plan) if isinstance(plan, bytes) else plan) > MANY
    if actor.reach != found:  # what was made says otherwise
        actor.statements.clear()
    actor.reach.update(found)
    actor.statements[mark] = now
