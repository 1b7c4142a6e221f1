"""The job behind a change of type that goes over many records: beside the work of others, in portions.

First all records are gone through, then again and again those that were written meanwhile, until so few are left that the
tables can be held for the last of them. Only then is the change in force, at one moment for everybody.
"""

from __future__ import annotations

from typing import Any

from guanxi.base import Invalid
from guanxi.base.json import dumps
from guanxi.pg import Connection
from guanxi.pg.jobs import Job, task
from guanxi.records import tables
from guanxi.records.compile import quote
from guanxi.records.context import Workspace
from guanxi.records.evolve import declared, evolve, hold, load_catalog, workspace_of
from guanxi.records.retype import Turning, turns_of
from guanxi.records.row import NOBODY
from guanxi.schema.catalog import fold

FEW = 200
"""Records that may be left for the moment in which everybody waits."""

PASSES = 50


@task("records.turn", retries=5, process=True)
async def make_ready(job: Job) -> None:
    """Make the values of pending changes, and carry the changes out."""
    async with job.db.connection() as db:
        workspace = await workspace_of(db, job.args["workspace"])
        if workspace is None:
            return
        waiting = await _state(db, workspace, job.args["pending"])
    if waiting is None:
        return
    try:
        await _make(job, workspace, *waiting)
    except Invalid as invalid:
        errors = [{"field": e.field, "code": e.code, "values": dict(e.values)} for e in invalid.errors]
        await _end(job, workspace, "failed", errors)


async def _state(db: Connection, workspace: Workspace, id: str) -> tuple[list[dict[str, Any]], str | None] | None:
    """The changes and who wanted them; None when they are not to be carried out any more."""
    row = await db.row(
        f"SELECT changes, actor FROM {quote(workspace.schema)}._pending WHERE id = %(id)s::uuid AND state IN ('waiting', 'running')",
        {"id": id},
    )
    return (row[0], row[1]) if row else None


async def _make(job: Job, workspace: Workspace, changes: list[dict[str, Any]], actor: str | None) -> None:
    pending = f"{quote(workspace.schema)}._pending"
    id = {"id": job.args["pending"]}
    async with job.db.transaction() as db:
        await job.fence(db)
        before = await load_catalog(db, workspace)
        stored = await db.fetch(f"SELECT change FROM {quote(workspace.schema)}._layer ORDER BY seq")
        after = fold(declared(), [r[0] for r in stored], before.version + 1, changes)
        work = [Turning(db, workspace, before, t) for t in turns_of(before, after, changes)]
        await hold(db, workspace.schema, {t.turn.object for t in work}, set(), {t.turn.object for t in work})
        for turning in work:
            await turning.begin()
    since = [""] * len(work)
    done = 0
    for i, turning in enumerate(work):
        since[i] = await _oldest(job)
        last: str | None = NOBODY
        while last is not None:
            async with job.db.transaction(timeout=0) as db:
                await job.fence(db)
                n, last = await turning.portion(db, "id > %(after)s::uuid", {"after": last}, wait=False)
                done += n
                state = await db.value(
                    f"UPDATE {pending} SET state = 'running', done = %(n)s, total = greatest(total, %(n)s)"
                    " WHERE id = %(id)s::uuid AND state IN ('waiting', 'running') RETURNING state",
                    {**id, "n": done},
                )
            if state is None:
                await _end(job, workspace, "cancelled", [])
                return
        for _ in range(PASSES):
            start, left = await _oldest(job), 0
            n = 1
            while n:
                async with job.db.transaction(timeout=0) as db:
                    await job.fence(db)
                    n, _ = await turning.portion(db, _behind(turning), {"since": since[i]}, wait=False)
                left += n
            since[i] = start
            if left < FEW:
                break

    async def ready(mine: list[Turning]) -> None:
        for turning, at in zip(mine, since, strict=True):
            n = 1
            while n:
                n, _ = await turning.portion(turning.db, _behind(turning), {"since": at})

    async with job.db.transaction(timeout=0) as db:
        await job.fence(db)
        if not await db.execute(
            f"UPDATE {pending} SET state = 'done', done = total WHERE id = %(id)s::uuid AND state = 'running'", id
        ):
            raise _Cancelled
        await evolve(db, workspace, changes, actor=actor, ready=ready)


class _Cancelled(Invalid):
    """Given up at the last moment."""


def _behind(turning: Turning) -> str:
    """Which records were written after their value was made."""
    return f"updated_at >= %(since)s::timestamptz AND {quote(turning.turn.seen)} IS DISTINCT FROM version"


async def _oldest(job: Job) -> str:
    """When the oldest transaction began that still runs: what it writes bears this time or a later one."""
    async with job.db.connection() as db:
        return await db.value(
            "SELECT coalesce(min(xact_start), now())::text FROM pg_stat_activity WHERE datname = current_database()"
        )


async def _end(job: Job, workspace: Workspace, state: str, errors: list[dict[str, Any]]) -> None:
    """Note how it ended, and leave no trace of what was begun."""
    async with job.db.transaction() as db:
        await job.fence(db)
        schema = quote(workspace.schema)
        changes = await db.value(
            f"UPDATE {schema}._pending SET state = CASE WHEN state = 'cancelled' THEN state ELSE %(state)s END, error = %(e)s::jsonb"
            " WHERE id = %(id)s::uuid RETURNING changes",
            {"id": job.args["pending"], "state": state, "e": dumps(errors).decode()},
        )
        have, _ = await tables.actual(db, workspace.schema)
        for name in {c["object"] for c in changes if c.get("op") == "change_type"} & set(have):
            begun = [f"DROP {quote(c)}" for c in have[name] if c.startswith("_new.")]
            if begun:
                await hold(db, workspace.schema, {name}, set(), have)
                await db.execute(f"ALTER TABLE {schema}.{quote(name)} {', '.join(begun)}")
