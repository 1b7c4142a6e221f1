"""Hand-overs of very much by a job: portion by portion, each committed together with how far it is, so that nobody waits, and it
can be stopped, goes on after a crash, and is one change set that can be undone. Whoever leaves is out when it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

from guanxi.base import Conflict, Forbidden, NotFound
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.identity import handover
from guanxi.identity.handover import Progress
from guanxi.pg import Connection
from guanxi.pg.jobs import Job, defer, in_portions, task
from guanxi.records import Context, Ended, Workspace, ended, load_actor, load_catalog, load_workspace
from guanxi.records.compile import quote

UNDER_WAY = "status IN ('queued', 'running')"


async def begin_hand_over(ctx: Context, user: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Have it carried out by a job; how it stands. Conflict while one of this person is under way; else as
    :func:`guanxi.identity.handover.hand_over` raises."""
    own, plan = await handover.begin(ctx, user, wanted)
    schema = quote(ctx.workspace.schema)
    total = 0
    for entity, name in handover.parts(own):
        total += sum((await handover.counted(own, entity, name, user, plan)).values())
    begun = await ctx.db.value(
        f"INSERT INTO {schema}._hand_over (id, person, owner, wanted, total) VALUES"
        " (%(id)s::uuid, %(person)s::uuid, %(owner)s::uuid, %(wanted)s::jsonb, %(total)s)"
        f" ON CONFLICT (person) WHERE {UNDER_WAY} DO NOTHING RETURNING id",
        {"id": own.change_set, "person": user, "owner": ctx.actor.id, "wanted": dumps(wanted).decode(), "total": total},
    )
    if begun is None:
        raise Conflict("hand_over_under_way")
    await handover.leave(own, user, plan)
    args = {"workspace": ctx.workspace.id, "id": own.change_set, "cause": ctx.cause}
    job = await defer(ctx.db, "identity.hand_over", args, lock=f"hand_over {user}")
    await ctx.db.execute(
        f"UPDATE {schema}._hand_over SET job = %(job)s WHERE id = %(id)s::uuid", {"id": own.change_set, "job": job}
    )
    return await hand_over_status(ctx, user)


async def hand_over_status(ctx: Context, user: str) -> dict[str, Any]:
    """``{"status", "total", "done", "objects", "at", "ended_at", "change_set"}`` of a person's last one by a job; ``total`` and
    ``done`` count records, ``objects`` says what went where so far. NotFound where there was none."""
    if "users" not in ctx.actor.grants.system and not ctx.actor.system:
        raise Forbidden
    row = is_id(user) and await ctx.db.row(
        "SELECT id, status, total, state, at, ended_at"
        f" FROM {quote(ctx.workspace.schema)}._hand_over WHERE person = %(id)s::uuid ORDER BY at DESC LIMIT 1",
        {"id": user},
    )
    if not row:
        raise NotFound
    id, status, total, state, at, over = row
    progress = _progress(state)
    told = {"total": max(total, progress.done), "done": progress.done, "objects": await handover.told(ctx, progress)}
    return {"status": status, **told, "at": at, "ended_at": over, "change_set": id}


async def stop_hand_over(ctx: Context, user: str) -> dict[str, Any]:
    """Ask it to stop after its portion. What went until then stays where it is, as a change set that can be undone."""
    await hand_over_status(ctx, user)
    await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._hand_over SET stop = TRUE WHERE person = %(id)s::uuid AND {UNDER_WAY}",
        {"id": user},
    )
    return await hand_over_status(ctx, user)


def _progress(state: Any) -> Progress:
    return Progress(**(loads(state) if isinstance(state, bytes | str) else state))


@task("identity.hand_over")
async def carry_out(job: Job) -> None:
    """Hand over what is left, portion by portion."""
    id = job.args["id"]
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
        if workspace is None:
            return
        row = await db.row(
            f"SELECT person, owner, wanted FROM {quote(workspace.schema)}._hand_over"
            f" WHERE id = %(id)s::uuid AND job = %(job)s AND {UNDER_WAY}",
            {"id": id, "job": job.id},
        )
        if row is None:
            return
        person, owner, wanted = row
        catalog, actor = await load_catalog(db, workspace), await load_actor(db, workspace, owner)

    async def failed(db: Connection) -> bool:
        await _end(db, workspace, id, "failed")
        return False

    async def step(db: Connection) -> bool:
        if actor is None:
            return await failed(db)
        return await _go_on(
            replace(Context(db, workspace, catalog, actor, job.args["cause"]), change_set=id), person, wanted
        )

    await in_portions(job, workspace.role, step, failed)


async def _go_on(ctx: Context, person: str, wanted: Mapping[str, Any]) -> bool:
    """A portion, and the books of it; False at the end. What is undone meanwhile is not gone on with."""
    schema, mine = quote(ctx.workspace.schema), {"id": ctx.change_set}
    row = await ctx.db.row(
        f"SELECT h.state, h.stop OR EXISTS (SELECT FROM {schema}._undo AS u WHERE u.change_set = h.id AND {UNDER_WAY})"
        f" OR EXISTS (SELECT FROM {schema}._change_set AS c WHERE c.id = h.id AND c.undone_by IS NOT NULL)"
        f" FROM {schema}._hand_over AS h WHERE h.id = %(id)s::uuid FOR UPDATE OF h",
        mine,
    )
    if row is None or row[1]:
        await _end(ctx.db, ctx.workspace, ctx.change_set, "cancelled")
        return False
    progress = _progress(row[0])
    own, plan = await handover.begin(ctx, person, wanted)
    going = await handover.portion(own, person, plan, progress)
    await ctx.db.execute(
        f"UPDATE {schema}._hand_over SET status = 'running', state = %(state)s::jsonb WHERE id = %(id)s::uuid",
        {**mine, "state": dumps(asdict(progress)).decode()},
    )
    if not going:
        await handover.end(own, person, plan, progress)
        await _end(ctx.db, ctx.workspace, ctx.change_set, "done", name=own.label, n=progress.done)
    return going


async def _end(
    db: Connection, workspace: Workspace, id: str, status: Literal["done", "failed", "cancelled"], **facts: Any
) -> None:
    owner = await db.value(
        f"UPDATE {quote(workspace.schema)}._hand_over SET status = %(status)s, ended_at = now() WHERE id = %(id)s::uuid"
        " RETURNING owner::text",
        {"id": id, "status": status},
    )
    if owner is not None and status != "cancelled":  # who stopped it knows
        await ended(db, workspace, Ended("hand_over", id, owner, status, facts))
