"""Flows of somebody who leaves: they go on with the rights of whoever takes over."""

from __future__ import annotations

from guanxi.flows.starting import call
from guanxi.pg import Connection, quote
from guanxi.records import Context
from guanxi.records.belongings import Belonging, belongs

OPEN = "state NOT IN ('done', 'cancelled', 'stopped')"


async def _count(ctx: Context, user: str) -> int:
    return await ctx.db.value(
        f"SELECT count(*) FROM {quote(ctx.workspace.schema)}._flow WHERE runs_as = %(user)s::uuid AND active",
        {"user": user},
    )


async def _give(ctx: Context, user: str, to: str) -> int:
    """Runs that have not ended go on with the new rights too."""
    schema = quote(ctx.workspace.schema)
    args = {"user": user, "to": to, "via": ctx.change_set}
    given = await ctx.db.execute(
        f"UPDATE {schema}._flow SET runs_as = %(to)s::uuid, given_by = %(user)s::uuid, via = %(via)s::uuid"
        " WHERE runs_as = %(user)s::uuid AND active",
        args,
    )
    await ctx.db.execute(
        f"UPDATE {schema}._flow_run SET runs_as = %(to)s::uuid WHERE runs_as = %(user)s::uuid AND {OPEN} AND flow IN"
        f" (SELECT id FROM {schema}._flow WHERE via = %(via)s::uuid)",
        args,
    )
    await call(ctx.db, ctx.workspace)
    return given


async def _back(db: Connection, schema: str, change_set: str) -> None:
    await db.execute(
        f"UPDATE {schema}._flow_run AS r SET runs_as = f.given_by FROM {schema}._flow AS f WHERE f.id = r.flow"
        f" AND f.via = %(via)s::uuid AND r.runs_as = f.runs_as AND r.{OPEN}",
        {"via": change_set},
    )
    await db.execute(
        f"UPDATE {schema}._flow SET runs_as = given_by, given_by = NULL, via = NULL WHERE via = %(via)s::uuid",
        {"via": change_set},
    )


belongs(
    Belonging("flows", {"en": "Flows that act with their rights", "zh": "以其权限执行的流程"}, _count, _give, _back)
)
