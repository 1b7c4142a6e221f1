"""Exports of everything as the API knows them: asked for, looked at, stopped, fetched until they expire. The work is a job."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.base import Conflict, FieldError, Forbidden, NotFound, Problem, Unavailable, log, new_id
from guanxi.base.ids import is_id
from guanxi.pg import Retry, quote
from guanxi.pg.jobs import Job, Lost, defer, task
from guanxi.records import Context, load_actor, load_catalog, load_workspace, note, spend, workspaces
from guanxi.whole.leaving import Stopped, put_together, rows_of

KEPT_DAYS = 7
"""How long an archive can be fetched."""
LOOK = 1.0
"""Seconds between notes of how far it is."""

_log = log.get(__name__)
_NAMES = ("id", "at", "owner", "status", "rows", "done", "size", "ended_at", "expires_at", "error")


def path_of(folder: Path, id: str) -> Path:
    """Where an archive lies."""
    return folder / "everything" / f"{id}.zip"


def _require(ctx: Context) -> None:
    if not (ctx.actor.system or "settings" in ctx.actor.grants.system):
        raise Forbidden


async def start(ctx: Context, folder: Path, files: Path) -> dict[str, Any]:
    """Put an export of everything that the caller may see into the queue: its status. It counts against the role's rows a day and
    stands in the audit. Raises Forbidden for who is no administrator, Conflict while one of theirs is under way."""
    _require(ctx)
    schema = quote(ctx.workspace.schema)
    under_way = f"SELECT 1 FROM {schema}._whole WHERE owner = %(me)s::uuid AND status IN ('queued', 'running')"
    if await ctx.db.value(under_way, {"me": ctx.actor.id}):
        raise Conflict("export_under_way")
    rows, id = await rows_of(ctx), new_id()
    await spend(ctx, "export", rows)
    await note(ctx, "export", id=id, rows=rows, format="zip", asked={"everything": True})
    job = await defer(
        ctx.db, "whole.put_together", {"workspace": ctx.workspace.id, "whole": id}, lock=f"whole:{ctx.workspace.id}"
    )
    await ctx.db.execute(
        f"INSERT INTO {schema}._whole (id, owner, folder, files, job, rows)"
        " VALUES (%(id)s::uuid, %(me)s::uuid, %(folder)s, %(files)s, %(job)s, %(rows)s)",
        {"id": id, "me": ctx.actor.id, "folder": str(folder), "files": str(files), "job": job, "rows": rows},
    )
    return await status(ctx, id)


async def status(ctx: Context, id: str) -> dict[str, Any]:
    """How one of the caller's own stands; NotFound for any other."""
    _require(ctx)
    row = is_id(id) and await ctx.db.row(
        f"SELECT {', '.join(_NAMES)} FROM {quote(ctx.workspace.schema)}._whole WHERE id = %(id)s::uuid AND owner = %(me)s::uuid",
        {"id": id, "me": ctx.actor.id},
    )
    if not row:
        raise NotFound
    return _described(ctx, row)


async def listing(ctx: Context) -> dict[str, Any]:
    """The caller's own, the newest first: ``{"data"}``."""
    _require(ctx)
    rows = await ctx.db.fetch(
        f"SELECT {', '.join(_NAMES)} FROM {quote(ctx.workspace.schema)}._whole WHERE owner = %(me)s::uuid"
        " ORDER BY at DESC, id DESC LIMIT 50",
        {"me": ctx.actor.id},
    )
    return {"data": [_described(ctx, row) for row in rows]}


def _described(ctx: Context, row: Sequence[Any]) -> dict[str, Any]:
    told: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    if told["status"] == "done" and told["expires_at"] <= ctx.now:
        told["status"] = "expired"
    told["error"] = FieldError(None, told["error"]).message(ctx.actor.language) if told["error"] else None
    return told


async def cancel(ctx: Context, id: str) -> dict[str, Any]:
    """Stop one of the caller's own."""
    await status(ctx, id)
    await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._whole SET stop = true,"
        " status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END"
        " WHERE id = %(id)s::uuid AND status IN ('queued', 'running')",
        {"id": id},
    )
    return await status(ctx, id)


async def file_of(ctx: Context, folder: Path, id: str) -> tuple[Path, str]:
    """(where it lies, its name) of an archive that is ready and has not expired; only who asked for it may fetch it."""
    found = await status(ctx, id)
    path = path_of(folder, id)
    if found["status"] != "done" or not await asyncio.to_thread(path.exists):
        raise NotFound
    day = found["at"].astimezone(ZoneInfo(ctx.actor.timezone)).date()
    return path, f"guanxi-{day.isoformat()}-{id[-8:]}.zip"


@task("whole.put_together", queue="import", retries=1, process=True)
async def run(job: Job) -> None:
    """Put an archive together, in a process of its own."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
        if workspace is None:
            return
        schema, mine = quote(workspace.schema), {"id": job.args["whole"], "job": job.id}
        row = await db.row(
            f"UPDATE {schema}._whole SET status = 'running', done = 0 WHERE id = %(id)s::uuid AND job = %(job)s"
            " AND status IN ('queued', 'running') RETURNING owner, folder, files",
            mine,
        )
        if row is None:
            return
        catalog, actor = await load_catalog(db, workspace), await load_actor(db, workspace, row[0])
    last = 0.0

    async def tell(done: int) -> None:
        nonlocal last
        if time.monotonic() - last < LOOK:
            return
        last = time.monotonic()
        async with job.db.connection() as other:
            stop = await other.value(
                f"UPDATE {schema}._whole SET done = %(done)s WHERE id = %(id)s::uuid AND job = %(job)s RETURNING stop",
                {**mine, "done": done},
            )
        if stop is None:
            raise Lost
        if stop:
            raise Stopped

    path = path_of(Path(row[1]), mine["id"])
    part = path.with_suffix(f".{job.attempt}.part")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    ended, error, done = "failed", None, 0
    try:
        if actor is None:
            error = "import_no_user"
        else:
            async with job.db.transaction(workspace.role, snapshot=True, timeout=0) as db:
                await db.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                ctx = Context(db, workspace, catalog, actor, "export")
                manifest = await put_together(ctx, Path(row[2]), part, tell)
            part.chmod(0o600)
            part.rename(path)
            ended = "done"
            done = sum(sum(manifest[place].values()) for place in ("records", "archive", "bin"))
    except Stopped:
        ended = "cancelled"
    except (Lost, Unavailable, Retry):
        raise
    except Problem as problem:
        error = problem.code
    except Exception as failure:  # noqa: BLE001 - whatever it was, the export says that it failed
        _log.error("an export of everything failed", failure)
        error = "internal"
    finally:
        part.unlink(missing_ok=True)
    async with job.db.transaction() as db:
        await job.fence(db)
        await db.execute(
            f"UPDATE {schema}._whole SET status = %(status)s, error = %(error)s, ended_at = now(), done = greatest(done, %(done)s),"
            f" size = %(size)s, expires_at = now() + make_interval(days => {KEPT_DAYS}) WHERE id = %(id)s::uuid AND job = %(job)s",
            {
                **mine,
                "status": ended,
                "error": error,
                "done": done,
                "size": path.stat().st_size if ended == "done" else 0,
            },
        )


@task("whole.tidy", every=6 * 3600)
async def tidy(job: Job) -> None:
    """Remove archives that have expired, and say of exports whose job is over without a word that they failed."""
    async with job.db.connection() as db:
        for workspace in await workspaces(db):
            schema = quote(workspace.schema)
            gone = await db.fetch(
                f"UPDATE {schema}._whole SET status = 'expired' WHERE status = 'done' AND expires_at < now() RETURNING id, folder"
            )
            for id, folder in gone:
                await asyncio.to_thread(path_of(Path(folder), id).unlink, True)
            await db.execute(
                f"UPDATE {schema}._whole w SET status = 'failed', error = 'export_interrupted', ended_at = now()"
                " FROM guanxi.job j WHERE j.id = w.job AND j.state IN ('failed', 'done') AND w.status IN ('queued', 'running')"
            )
