"""Taking back large change sets by a job: portion by portion, each committed together with how far it is, so that nobody
waits, and it can be stopped, goes on after a crash, and is one change set that can be taken back itself.
"""

from __future__ import annotations

from typing import Any, Literal

from guanxi.base import Conflict, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.pg import Connection
from guanxi.pg.jobs import Job, defer, in_portions, task
from guanxi.records.compile import quote
from guanxi.records.context import Context, Workspace
from guanxi.records.ended import Ended, ended
from guanxi.records.evolve import load_catalog
from guanxi.records.settling import settle
from guanxi.records.undo import MAX_KEPT, claim, may_see_all, named, portion, turn, undoing
from guanxi.records.workspaces import load_actor, load_workspace

NAMES = ("id", "status", "stop", "total", "done", "undone", "kept_count", "kept", "at", "ended_at")
UNDER_WAY = ("queued", "running")


async def begin_undo(ctx: Context, change_set: str, force: bool = False) -> dict[str, Any]:
    """Have a change set taken back by a job, or go on where one was stopped; how it stands. Conflict while it is under way."""
    total = await claim(ctx, change_set, force)
    schema = quote(ctx.workspace.schema)
    last = await ctx.db.row(
        f"SELECT u.id, u.status, u.force, c.undone_by FROM {schema}._undo u LEFT JOIN {schema}._change_set c ON c.id = u.id"
        " WHERE u.change_set = %(id)s::uuid ORDER BY u.at DESC LIMIT 1",
        {"id": change_set},
    )
    if last and last[1] in UNDER_WAY:
        raise Conflict("undo_under_way")
    id = last[0] if last and last[1] != "done" and last[2] == force and last[3] is None else new_id()
    args = {"workspace": ctx.workspace.id, "undo": id, "cause": ctx.cause}
    job = await defer(ctx.db, "records.undo", args, lock=f"undo {change_set}")
    await ctx.db.execute(
        f"INSERT INTO {schema}._undo (id, change_set, owner, force, total, job) VALUES"
        " (%(id)s::uuid, %(set)s::uuid, %(owner)s::uuid, %(force)s, %(total)s, %(job)s) ON CONFLICT (id) DO UPDATE"
        " SET status = 'queued', stop = FALSE, ended_at = NULL, owner = excluded.owner, job = excluded.job",
        {"id": id, "set": change_set, "owner": ctx.actor.id, "force": force, "total": total, "job": job},
    )
    return await undo_status(ctx, change_set)


async def undo_status(ctx: Context, change_set: str) -> dict[str, Any]:
    """``{"change_set", "status", "total", "done", "undone", "kept_count", "kept", ...}`` of the last undoing by a job.

    ``status`` is queued, running, done, failed or cancelled; ``total`` and ``done`` count changes. NotFound for what is
    somebody else's, as for the change set itself.
    """
    if not is_id(change_set):
        raise NotFound
    row = await ctx.db.row(
        f"SELECT {', '.join(NAMES)} FROM {quote(ctx.workspace.schema)}._undo WHERE change_set = %(id)s::uuid"
        " AND (%(all)s OR owner = %(me)s::uuid) ORDER BY at DESC LIMIT 1",
        {"id": change_set, "all": may_see_all(ctx), "me": ctx.actor.id},
    )
    if row is None:
        raise NotFound
    told: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    told["kept"] = loads(kept, exact=True) if isinstance(kept := told["kept"], bytes) else kept
    await named(ctx, told["kept"])
    told["change_set"] = told.pop("id") if told["undone"] else told.pop("id") and None
    return told


async def stop_undo(ctx: Context, change_set: str) -> dict[str, Any]:
    """Ask an undoing to stop after its portion. What it has taken back stays so, as a change set of its own."""
    await undo_status(ctx, change_set)
    await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._undo SET stop = true WHERE change_set = %(id)s::uuid AND status IN ('queued', 'running')",
        {"id": change_set},
    )
    return await undo_status(ctx, change_set)


@task("records.undo")
async def carry_out(job: Job) -> None:
    """Take back what is left, portion by portion."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
        if workspace is None:
            return
        row = await db.row(
            f"SELECT change_set, owner, force, below FROM {quote(workspace.schema)}._undo"
            " WHERE id = %(id)s::uuid AND job = %(job)s AND status IN ('queued', 'running')",
            {"id": job.args["undo"], "job": job.id},
        )
        if row is None:
            return
        change_set, owner, force, below = row
        catalog, actor = await load_catalog(db, workspace), await load_actor(db, workspace, owner)

    async def failed(db: Connection) -> bool:
        await _end(db, workspace, job.args["undo"], "failed")
        return False

    async def step(db: Connection) -> bool:
        nonlocal below
        if actor is None:
            return await failed(db)
        ctx = undoing(Context(db, workspace, catalog, actor, job.args["cause"]), change_set, job.args["undo"])
        below = await _go_on(ctx, change_set, below, force)
        return below is not None

    await in_portions(job, workspace.role, step, failed)


async def _go_on(own: Context, change_set: str, below: int | None, force: bool) -> int | None:
    """A portion, and the books of it; None at the end."""
    schema, id = quote(own.workspace.schema), own.change_set
    [(stop, told, stays)] = await own.db.fetch(
        "SELECT stop, jsonb_array_length(kept), ARRAY(SELECT DISTINCT k->>'object' FROM jsonb_array_elements(kept) AS k)"
        f" FROM {schema}._undo WHERE id = %(id)s::uuid",
        {"id": id},
    )
    done = None if stop else await portion(own, change_set, below, force, set(stays))
    if done is None:
        if not stop and await own.db.value(f"SELECT undone FROM {schema}._undo WHERE id = %(id)s::uuid", {"id": id}):
            await turn(own.db, schema, change_set, id)
        await _end(own.db, own.workspace, id, "cancelled" if stop else "done")
        return None
    # One of each object first, which is told however many are: what it is about stays in later portions.
    first = {k["object"]: k for k in done.kept if k["object"] not in stays}
    kept = [*first.values(), *(k for k in done.kept if first.get(k["object"]) is not k)]
    await own.db.execute(
        f"UPDATE {schema}._undo SET status = 'running', done = done + %(n)s, undone = undone + %(undone)s, below = %(below)s,"
        " kept_count = kept_count + %(kept_n)s, kept = kept || %(kept)s::jsonb WHERE id = %(id)s::uuid",
        {
            "n": done.entries,
            "undone": done.undone,
            "below": done.below,
            "kept_n": len(done.kept),
            "kept": dumps(kept[: max(MAX_KEPT - told, len(first))]).decode(),
            "id": id,
        },
    )
    return done.below


async def _end(db: Connection, workspace: Workspace, id: str, status: Literal["done", "failed", "cancelled"]) -> None:
    row = await db.row(
        f"UPDATE {quote(workspace.schema)}._undo AS u SET status = %(status)s, ended_at = now() WHERE id = %(id)s::uuid"
        " RETURNING u.owner::text, undone, kept_count, u.change_set::text,"
        f" (SELECT s.object FROM {quote(workspace.schema)}._change_set AS s WHERE s.id = u.change_set)",
        {"id": id, "status": status},
    )
    if row is not None and row[4] is not None:
        await settle(db, workspace, row[4], row[1])
    if row is not None and status != "cancelled":  # who stopped it knows
        await ended(db, workspace, Ended("undo", row[3], row[0], status, {"n": row[1], "failed": row[2]}))
