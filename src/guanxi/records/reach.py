"""How far rules of access reach for somebody: whether they give so many records of an object that those are better compared
one by one in the order that is asked for, or so few that they are listed first.

PostgreSQL's planner estimates it from its statistics without looking at a record; asked once for an actor, and only of
objects that have rules.
"""

from __future__ import annotations

from guanxi.base.json import loads
from guanxi.records import access
from guanxi.records.compile import Compiler, estimate
from guanxi.records.context import Context

MANY = 2_000
"""Records from which on a reach is wide."""


async def learn(ctx: Context) -> None:
    """Ask of all objects with rules that give, for this actor; nothing where that is known, or where there are none."""
    known = ctx.actor.statements
    mark = ("reach", ctx.catalog.version)
    if ctx.actor.system or mark in known:
        return
    for entity in ctx.catalog.ruled:
        for verb in ("read", "update"):
            if access.may(ctx.actor, entity, verb):
                key = ("wide", ctx.catalog.version, entity.name, verb)
                known[key] = False  # asked of what can use indexes
                c = Compiler(ctx)
                source, visible = c.source(entity, "t", verb)
                plan = await ctx.db.value(f"EXPLAIN (FORMAT JSON) SELECT t.id FROM {source} WHERE {visible}", c.args)
                known[key] = estimate(loads(plan) if isinstance(plan, bytes) else plan) > MANY
    known[mark] = True
