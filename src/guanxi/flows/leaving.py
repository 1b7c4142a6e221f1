"""Flows of somebody who leaves go on with the rights of whoever takes over, who also signs what waits for their signature."""

from __future__ import annotations

from guanxi.flows.approvals import ask_now
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


# -- signatures --------------------------------------------------------------------------------------------------------

ASKED = "v.state IN ('waiting', 'later')"


async def _count_votes(ctx: Context, user: str) -> int:
    return await ctx.db.value(
        f"SELECT count(*) FROM {quote(ctx.workspace.schema)}._approval_vote AS v WHERE v.signer = %(user)s::uuid AND {ASKED}",
        {"user": user},
    )


async def _give_votes(ctx: Context, user: str, to: str) -> int:
    """Who is still to sign on the same level is not asked twice; who has signed there is asked once more, for the one who leaves."""
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"WITH due AS (SELECT v.* FROM {schema}._approval_vote AS v WHERE v.signer = %(user)s::uuid AND {ASKED} FOR UPDATE),"
        f" gone AS (UPDATE {schema}._approval_vote AS v SET state = 'delegated', at = now(), via = %(via)s::uuid FROM due WHERE v.id = due.id),"
        f" come AS (INSERT INTO {schema}._approval_vote (id, approval, level, need, signer, must, state, added_by, via) SELECT gen_random_uuid(),"
        " approval, level, need, %(to)s::uuid, must, state, %(user)s::uuid, %(via)s::uuid FROM due WHERE NOT EXISTS (SELECT FROM"
        f" {schema}._approval_vote AS o WHERE o.approval = due.approval AND o.level = due.level AND o.signer = %(to)s::uuid AND o.state IN ('waiting', 'later'))"
        " RETURNING approval, state) SELECT approval, state FROM come UNION ALL SELECT approval, NULL FROM due",
        {"user": user, "to": to, "via": ctx.change_set},
    )
    for id in {approval for approval, state in rows if state == "waiting"}:
        await ask_now(ctx, id, to)
    return sum(state is None for _, state in rows)


async def _votes_back(db: Connection, schema: str, change_set: str) -> None:
    args = {"via": change_set}
    await db.execute(  # those who are asked on one level are asked now, or all later
        f"UPDATE {schema}._approval_vote AS l SET state = o.state, via = NULL, at = NULL FROM (SELECT DISTINCT v.approval, v.level, v.state"
        f" FROM {schema}._approval_vote AS v WHERE {ASKED} AND v.approval IN (SELECT g.approval FROM {schema}._approval_vote AS g"
        " WHERE g.via = %(via)s::uuid)) AS o WHERE l.via = %(via)s::uuid AND l.state = 'delegated' AND o.approval = l.approval"
        " AND o.level = l.level",
        args,
    )
    await db.execute(
        f"UPDATE {schema}._approval_vote AS v SET state = 'void' WHERE v.via = %(via)s::uuid AND v.added_by IS NOT NULL AND {ASKED}",
        args,
    )


belongs(
    Belonging(
        "approvals",
        {"en": "Approvals that wait for them", "zh": "待其审批的事项"},
        _count_votes,
        _give_votes,
        _votes_back,
    )
)
