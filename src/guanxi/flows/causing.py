"""Which flow did something, and who had set it off: for the history of what it changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from guanxi.pg import quote
from guanxi.records import Context, Through, through


@through("flow")
async def runs(ctx: Context, change_sets: Collection[str]) -> Mapping[str, Through]:
    """By the change sets of runs."""
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"SELECT r.id, f.label, r.started_by FROM {schema}._flow_run AS r JOIN {schema}._flow AS f ON f.id = r.flow"
        " WHERE r.id = ANY(%(sets)s::uuid[])",
        {"sets": list(change_sets)},
    )
    return {id: Through(label, by) for id, label, by in rows}
