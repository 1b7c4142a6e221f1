"""The lifecycle that there would have been, had it been kept all along: passages for records that have none yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from guanxi.pg import Connection, quote
from guanxi.records import MAX_BATCH, Context, Operation, Update, Workspace, load_catalog, system_actor, write
from guanxi.standing import reckoning
from guanxi.standing.model import Lifecycle
from guanxi.standing.reckoning import Then, Wanted
from guanxi.standing.schemes import load
from guanxi.standing.settling import Passage, note


async def trace(db: Connection, workspace: Workspace, object_name: str, moments: Sequence[datetime]) -> int:
    """Ask the rules what they would have said at these moments of the past, oldest first, and note the passages of records that
    have none; how many there were. Each record then stands where it stood last. Roll-ups are those of today: what a rule wants
    to know of the past it must ask of the records themselves."""
    catalog = await load_catalog(db, workspace)
    ctx = Context(db, workspace, catalog, system_actor(workspace), "standing")
    total = 0
    for scheme in await load(db, workspace, catalog, object_name, "lifecycle"):
        plan = scheme.plan
        if not scheme.active or not isinstance(plan, Lifecycle):
            continue
        rows = await db.fetch(
            f"SELECT record FROM {quote(workspace.schema)}._standing_passage WHERE object = %(o)s AND kind = 'lifecycle'",
            {"o": object_name},
        )
        known = {r[0] for r in rows}
        stood: dict[str, tuple[str, datetime]] = {}
        for moment in sorted(moments):
            ids = list(stood)
            then = Then(moment, ids, [stood[i][0] for i in ids], [stood[i][1] for i in ids])
            s = reckoning.stages(ctx, plan, object_name, Wanted(), then)
            found = await db.fetch(
                f"SELECT q.id, q.now_stage, q.stage FROM ({s.sql}) AS q WHERE (q.stage) IS DISTINCT FROM (q.now_stage)",
                s.args,
            )
            passages = [Passage(id, was, now, {"by": "rule"}) for id, was, now in found if id not in known]
            await note(ctx, scheme, passages, moment)
            stood |= {p.record: (p.value, moment) for p in passages if p.value is not None}
            total += len(passages)
        # In the order of ids, as whoever else reckons many goes: two that lock in different orders would wait for each other.
        operations: list[Operation] = [
            Update(id, {plan.field: stage, plan.since: since}, trusted=True)
            for id, (stage, since) in sorted(stood.items())
        ]
        for start in range(0, len(operations), MAX_BATCH):
            part = operations[start : start + MAX_BATCH]
            await write(replace(ctx, cause="standing"), object_name, part, atomic=False, render=False)
    return total
