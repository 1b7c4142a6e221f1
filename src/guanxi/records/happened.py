"""Conditions asked of changes in the journal: of each record as it was right after the change, and right before it."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.base import Forbidden
from guanxi.pg import quote
from guanxi.records import access
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.schema.filter import Filter


async def held(ctx: Context, object_name: str, seqs: Sequence[int], what: Filter, *, of: str = "live") -> set[int]:
    """Those entries (by their numbers) of one object after which ``what`` was true of the record, whatever was written since.

    ``changed`` and ``was`` in it look at what was before. Only records that the actor may see; ``of`` says where they are now: in
    use, in the ``bin``, or ``any`` where. Raises Invalid for what cannot be asked.
    """
    entity = ctx.catalog.object(object_name)
    if not seqs or not access.may(ctx.actor, entity, "read"):
        return set()
    if of != "live" and not (ctx.actor.system or "bin" in ctx.actor.grants.system):
        raise Forbidden
    c = Compiler(ctx, common=lambda _words: True)
    c.image = ("t", "o")
    source, visible = c.source(entity, "r", of=of)
    # What was written later is taken back: of each field by the first entry that changed it since.
    rows = await ctx.db.fetch(
        f"SELECT j.seq FROM {quote(ctx.workspace.schema)}._journal AS j JOIN {source} ON r.id = j.record"
        f" CROSS JOIN LATERAL (SELECT guanxi.merged(k.before ORDER BY k.seq DESC) AS image FROM {quote(ctx.workspace.schema)}._journal AS k"
        " WHERE k.record = j.record AND k.seq > j.seq AND k.kind = 'update') AS later"
        " CROSS JOIN LATERAL jsonb_populate_record(r, coalesce(later.image, '{}')) AS t"
        " CROSS JOIN LATERAL jsonb_populate_record(t, coalesce(j.before, '{}')) AS o"
        f" WHERE j.seq = ANY({c.bind(list(seqs), 'bigint[]')}) AND {visible} AND {c.where(entity, 't', what)}",
        c.args,
    )
    return {r[0] for r in rows}
