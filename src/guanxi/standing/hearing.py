"""When grades and stages are reckoned: after changes of what they are made of, every night, and when a scheme changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from guanxi.base.json import dumps
from guanxi.pg import Connection, Database, DatabaseError, quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.records import (
    Context,
    Delivery,
    Workspace,
    catalog_of,
    load_workspace,
    subscriber,
    system_actor,
    workspaces,
)
from guanxi.records.backwards import back, concerns
from guanxi.records.outbox import follow
from guanxi.schema.catalog import Catalog
from guanxi.standing import inputs, reckoning
from guanxi.standing.model import Grading, Scheme
from guanxi.standing.reckoning import Wanted
from guanxi.standing.schemes import RECKON, load, touches
from guanxi.standing.settling import CHUNK, settle, settle_changed

NIGHT = 2
"""The hour, by the clock of the workspace, from which on a day's figures are taken."""
CAUSE = "standing"
EVERYBODY = 1 << 30
"""Changes of others lead up to one record each: to however many, they are reckoned."""
GONE = ("42703", "42P01")
"""What PostgreSQL says of columns and tables that have been retired since."""


def _schema(workspace: Workspace) -> str:
    return quote(workspace.schema)


# -- after changes -----------------------------------------------------------------------------------------------------


async def _wanted(db: Connection, workspace: Workspace) -> Collection[str]:
    rows = await db.fetch(f"SELECT DISTINCT unnest(watches) FROM {_schema(workspace)}._standing_scheme WHERE active")
    return [r[0] for r in rows]


@subscriber("standing", wants=_wanted)
async def hear(delivery: Delivery) -> None:
    """Reckon those anew whom the entries concern."""
    db, workspace = delivery.db, delivery.workspace
    entries = [e for e in delivery.entries if CAUSE not in e.cause]
    if not entries:
        return
    catalog = await catalog_of(db, workspace)
    ctx = Context(db, workspace, catalog, system_actor(workspace), CAUSE)
    schemes = [s for s in await load(db, workspace, catalog) if s.active]
    moved: dict[str, set[str]] = {}
    for apart in _apart(catalog, schemes):
        object_name = apart[0].object
        changed: list[tuple[Scheme, set[str]]] = []
        for scheme in apart:
            ids = set(moved.get(object_name, ()))
            for touch in touches(catalog, scheme.object, scheme.plan):
                hit = [e for e in entries if e.object == touch.object and concerns(e, touch.fields)]
                ids |= (await back(db, workspace, touch.way, hit, EVERYBODY) or {}).keys() if hit else set()
            changed.append((scheme, ids))
        wanted = sorted({id for _, ids in changed for id in ids})
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            mine = [(scheme, [id for id in part if id in ids]) for scheme, ids in changed]
            found = await settle_changed(ctx, object_name, [(s, ids) for s, ids in mine if ids])
            moved.setdefault(object_name, set()).update(found)


def _apart(catalog: Catalog, schemes: Sequence[Scheme]) -> list[list[Scheme]]:
    """Schemes of one object that are reckoned together: none of them asks for what one before it says."""
    apart: list[list[Scheme]] = []
    for scheme in schemes:
        asked = inputs.of_itself(catalog, catalog.object(scheme.object), scheme.plan.inputs, scheme.plan.conditions)
        last = apart[-1] if apart and apart[-1][0].object == scheme.object else []
        if last and asked is not None and asked.isdisjoint(n for s in last for n in s.plan.fields):
            last.append(scheme)
            continue
        apart.append([scheme])
    return apart


# -- all of them -------------------------------------------------------------------------------------------------------


@task("standing.look", every=600)
async def look(job: Job) -> None:
    """In the night of each workspace all its records are reckoned: time has passed, and others have changed."""
    async with job.db.connection() as db:
        known = await workspaces(db)
    for workspace in known:
        now = datetime.now(UTC).astimezone(ZoneInfo(workspace.timezone))
        async with job.db.transaction(workspace.role) as db:
            if now.hour < NIGHT:
                continue
            rows = await db.fetch(
                f"SELECT object, kind FROM {_schema(workspace)}._standing_scheme WHERE active"
                " AND (reckoned_at IS NULL OR (reckoned_at AT TIME ZONE %(zone)s)::date < %(today)s)",
                {"zone": workspace.timezone, "today": now.date()},
            )
            for object_name, kind in rows:
                args = {"workspace": workspace.id, "object": object_name, "kind": kind, "why": "rule"}
                await defer(db, RECKON, {**args, "day": now.date().isoformat()}, lock=f"standing {workspace.id}")


@task(RECKON, retries=5)
async def reckon(job: Job) -> None:
    """Reckon all records of one scheme, or none where that was done on the job's day already."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, str(job.args["workspace"]))
    if workspace is not None:
        day = job.args.get("day")
        await everything(
            job.db,
            workspace,
            str(job.args["object"]),
            str(job.args["kind"]),
            str(job.args["why"]),
            str(day) if day else None,
        )


async def everything(
    database: Database,
    workspace: Workspace,
    object_name: str | None = None,
    kind: str | None = None,
    why: str = "rule",
    day: str | None = None,
    now: datetime | None = None,
) -> dict[str, int]:
    """Reckon all records of the active schemes (or of one), a chunk in a transaction: percentiles first, then record by record in
    the order of ids. How many records were looked at (``seen``) and have another grade or stage (``moved``)."""
    seen = moved = 0
    async with database.transaction(workspace.role) as db:
        await follow(db, workspace, "standing")
        found = await load(db, workspace, await catalog_of(db, workspace), object_name, kind)
    for scheme in sorted((s for s in found if s.active), key=lambda s: (s.object, s.kind)):
        if day is None or not await _done(database, workspace, scheme, day):
            n, m = await _all(database, workspace, scheme, why, now)
            seen, moved = seen + n, moved + m
    return {"seen": seen, "moved": moved}


async def _all(
    database: Database, workspace: Workspace, scheme: Scheme, why: str, now: datetime | None
) -> tuple[int, int]:
    """Reckon all records of one scheme. Where the shape of the workspace changes meanwhile, a portion begins again by what is
    left of the scheme; where the scheme itself does, another job is there for it."""
    seen, moved, after, version = 0, 0, None, -1
    while True:
        try:
            async with database.transaction(workspace.role, timeout=0) as db:
                ctx = Context(db, workspace, await catalog_of(db, workspace), system_actor(workspace), CAUSE)
                ctx = replace(ctx, now=now) if now else ctx
                if ctx.catalog.version != version:
                    version = ctx.catalog.version
                    same = [
                        s
                        for s in await load(db, workspace, ctx.catalog, scheme.object, scheme.kind)
                        if s.active and s.edit == scheme.edit
                    ]
                    if not same:
                        return seen, moved
                    scheme = await _compared(ctx, same[0])
                ids, n = await settle(ctx, scheme, Wanted(after=after, most=CHUNK), why)
                if len(ids) < CHUNK:
                    await db.execute(
                        f"UPDATE {_schema(workspace)}._standing_scheme SET reckoned_at = now()"
                        " WHERE object = %(o)s AND kind = %(k)s AND edit = %(edit)s",
                        {"o": scheme.object, "k": scheme.kind, "edit": scheme.edit},
                    )
        except DatabaseError as error:
            if error.sqlstate not in GONE:
                raise
            async with database.transaction(workspace.role) as db:
                if (await catalog_of(db, workspace)).version == version:
                    raise
            continue
        seen, moved = seen + len(ids), moved + n
        if len(ids) < CHUNK:
            return seen, moved
        after = ids[-1]


async def _done(database: Database, workspace: Workspace, scheme: Scheme, day: str) -> bool:
    async with database.connection(workspace.role) as db:
        sql = (
            f"SELECT (reckoned_at AT TIME ZONE %(zone)s)::date >= %(day)s::date FROM {_schema(workspace)}._standing_scheme"
            " WHERE object = %(o)s AND kind = %(k)s"
        )
        args = {"zone": workspace.timezone, "day": day, "o": scheme.object, "k": scheme.kind}
        return bool(await db.value(sql, args))


async def _compared(ctx: Context, scheme: Scheme) -> Scheme:
    """The scheme with the percentiles of today, kept so that a single record is told the same until the next night."""
    if not isinstance(scheme.plan, Grading):
        return scheme
    found = await reckoning.quantiles(ctx, scheme.plan, scheme.object)
    await ctx.db.execute(
        f"UPDATE {_schema(ctx.workspace)}._standing_scheme SET quantiles = %(q)s::jsonb WHERE object = %(o)s AND kind = %(k)s",
        {"q": dumps(found).decode(), "o": scheme.object, "k": scheme.kind},
    )
    return replace(scheme, quantiles=found)
