"""When grades and stages are reckoned: after changes of what they are made of, every night, and when a scheme changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from guanxi.base.json import dumps
from guanxi.base.shape import sequence
from guanxi.pg import Connection, Database, quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.records import (
    Context,
    Delivery,
    Entry,
    Workspace,
    catalog_of,
    load_catalog,
    load_workspace,
    subscriber,
    system_actor,
    workspaces,
)
from guanxi.records.compile import Compiler
from guanxi.records.outbox import follow
from guanxi.schema.catalog import Catalog
from guanxi.standing import reckoning
from guanxi.standing.inputs import Link
from guanxi.standing.model import Grading, Scheme
from guanxi.standing.reckoning import Wanted
from guanxi.standing.schemes import RECKON, load, ways
from guanxi.standing.settling import CHUNK, settle

NIGHT = 2
"""The hour, by the clock of the workspace, from which on a day's figures are taken."""
CAUSE = "standing"


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
    for scheme in await load(db, workspace, catalog):
        if not scheme.active:
            continue
        ids: set[str] = set()
        for way in ways(catalog, scheme.object, scheme.plan):
            ids |= await _reached(ctx, scheme.object, way, entries)
        wanted = sorted(ids)
        for start in range(0, len(wanted), CHUNK):
            await settle(ctx, scheme, Wanted(ids=wanted[start : start + CHUNK]))


async def _reached(ctx: Context, object_name: str, way: Sequence[Link], entries: Iterable[Entry]) -> set[str]:
    """The records that changed ones point to, on one of the ways; also those that they pointed to before."""
    start = way[0][0] if way else object_name
    mine = [e for e in entries if e.object == start]
    ids = {e.record for e in mine}
    for step, (of, field, kind, parent) in enumerate(way):
        if not ids:
            return ids
        column = quote(field)
        value = f"unnest(t.{column})" if kind == "links" else f"t.{column}"
        found: set[str] = set()
        for kept in ("live", "away"):  # what was put into the bin counts no more where it pointed to
            c = Compiler(ctx)
            source, visible = c.source(ctx.catalog.object(of), "t", of=kept)
            these = f"t.id = ANY({c.bind(sorted(ids), 'uuid[]')}) AND t.{column} IS NOT NULL"
            only = f" AND t.{quote(field + '_object')} = {c.bind(parent, 'text')}" if kind == "reference" else ""
            rows = await ctx.db.fetch(
                f"SELECT DISTINCT {value} FROM {source} WHERE {visible} AND {these}{only}", c.args
            )
            found |= {r[0] for r in rows}
        ids = found
        for entry in mine if step == 0 else ():
            for image in (entry.before, entry.after):
                before = (image or {}).get(field)
                ids |= set(sequence(before) or ([before] if isinstance(before, str) else []))
    return ids


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
    async with database.connection() as db:
        catalog = await load_catalog(db, workspace)
    async with database.connection(workspace.role) as db:
        schemes = [s for s in await load(db, workspace, catalog, object_name, kind) if s.active]
    for scheme in sorted(schemes, key=lambda s: (s.object, s.kind)):
        if day is not None and await _done(database, workspace, scheme, day):
            continue
        scheme = await _compared(database, workspace, catalog, scheme)
        after: str | None = None
        while True:
            async with database.transaction(workspace.role, timeout=0) as db:
                ctx = _context(db, workspace, catalog, now)
                ids, n = await settle(ctx, scheme, Wanted(after=after, most=CHUNK), why)
            seen, moved = seen + len(ids), moved + n
            if len(ids) < CHUNK:
                break
            after = ids[-1]
        async with database.transaction(workspace.role) as db:
            await db.execute(
                f"UPDATE {_schema(workspace)}._standing_scheme SET reckoned_at = now() WHERE object = %(o)s AND kind = %(k)s"
                " AND edit = %(edit)s",
                {"o": scheme.object, "k": scheme.kind, "edit": scheme.edit},
            )
    return {"seen": seen, "moved": moved}


def _context(db: Connection, workspace: Workspace, catalog: Catalog, now: datetime | None) -> Context:
    ctx = Context(db, workspace, catalog, system_actor(workspace), CAUSE)
    return replace(ctx, now=now) if now else ctx


async def _done(database: Database, workspace: Workspace, scheme: Scheme, day: str) -> bool:
    async with database.connection(workspace.role) as db:
        sql = (
            f"SELECT (reckoned_at AT TIME ZONE %(zone)s)::date >= %(day)s::date FROM {_schema(workspace)}._standing_scheme"
            " WHERE object = %(o)s AND kind = %(k)s"
        )
        args = {"zone": workspace.timezone, "day": day, "o": scheme.object, "k": scheme.kind}
        return bool(await db.value(sql, args))


async def _compared(database: Database, workspace: Workspace, catalog: Catalog, scheme: Scheme) -> Scheme:
    """The scheme with the percentiles of today, kept so that a single record is told the same until the next night."""
    if not isinstance(scheme.plan, Grading):
        return scheme
    async with database.transaction(workspace.role, timeout=0) as db:
        ctx = _context(db, workspace, catalog, None)
        found = await reckoning.quantiles(ctx, scheme.plan, scheme.object)
        await db.execute(
            f"UPDATE {_schema(workspace)}._standing_scheme SET quantiles = %(q)s::jsonb WHERE object = %(o)s AND kind = %(k)s",
            {"q": dumps(found).decode(), "o": scheme.object, "k": scheme.kind},
        )
    return replace(scheme, quantiles=found)
