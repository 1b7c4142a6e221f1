"""What quality was, day by day: figures of all records of each object, taken every night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.pg import quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.quality.measuring import SHARES, board
from guanxi.quality.scheme import Scheme, objects, scheme, seen, set_to, stored
from guanxi.records import Context, access, catalog_of, load_workspace, system_actor, workspaces
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE

NIGHT = 24 * 3600.0
_COLUMNS = ("records", *SHARES)
_NAMES = ", ".join(map(quote, _COLUMNS))


def _whole(ctx: Context, entity: Entity, set_now: dict[str, Any]) -> bool:
    """Whether figures of all records tell the reader nothing that is hidden: all records and all fields that count are seen."""
    if access.scope_of(ctx.actor, entity, "read") != "all" and not ctx.actor.system:
        return False
    counts: Scheme = set_to(entity, set_now.get(entity.name, {}))
    mine = seen(ctx, entity, counts)
    told = [f.name for f in counts.fields if f.weight]
    limits = not ctx.actor.system and any(g.limit for g in access.rules(ctx.actor, entity, "read"))
    return [f.name for f in mine.fields] == told and mine.since == counts.since and not limits


async def overview(ctx: Context) -> list[dict[str, Any]]:
    """``[{"object", "day", "records", "score", "complete", "valid", "fresh", "unique"}]`` of the objects that the reader may read:
    the figures of last night for who sees all that they are made of, else null."""
    rows = await ctx.db.fetch(
        f"SELECT DISTINCT ON (object) object, day, {_NAMES} FROM {quote(ctx.workspace.schema)}._quality_day ORDER BY object, day DESC"
    )
    kept = {r[0]: dict(zip(("day", *_COLUMNS), r[1:], strict=True)) for r in rows}
    now = await stored(ctx.db, ctx.workspace)
    nothing = dict.fromkeys(("day", *_COLUMNS))
    return [
        {"object": e.name, **(kept.get(e.name, nothing) if _whole(ctx, e, now) else nothing)}
        for e in objects(ctx.catalog)
        if access.may(ctx.actor, e, "read")
    ]


async def trend(ctx: Context, object_name: str, days: int) -> list[dict[str, Any]] | None:
    """The figures of an object by day, the oldest first; None for who does not see all that they are made of. Raises NotFound,
    Forbidden."""
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    if not _whole(ctx, entity, await stored(ctx.db, ctx.workspace)):
        return None
    rows = await ctx.db.fetch(
        f"SELECT day, {_NAMES} FROM {quote(ctx.workspace.schema)}._quality_day WHERE object = %(o)s AND day > %(since)s ORDER BY day",
        {"o": object_name, "since": (ctx.now - timedelta(days=days)).date()},
    )
    return [dict(zip(("day", *_COLUMNS), r, strict=True)) for r in rows]


async def take(ctx: Context) -> int:
    """Keep the figures of today, of all records of each object; of how many objects."""
    day = datetime.now(UTC).astimezone(ZoneInfo(ctx.workspace.timezone)).date()
    n = 0
    for entity in objects(ctx.catalog):
        told = (await board(ctx, entity.name, TRUE, (), await scheme(ctx, entity)))["total"]
        if not told["records"]:
            continue
        sets = ", ".join(f"{quote(c)} = excluded.{quote(c)}" for c in _COLUMNS)
        await ctx.db.execute(
            f"INSERT INTO {quote(ctx.workspace.schema)}._quality_day (object, day, {_NAMES})"
            f" VALUES (%(object)s, %(day)s, {', '.join(f'%({c})s' for c in _COLUMNS)}) ON CONFLICT (object, day) DO UPDATE SET {sets}",
            {"object": entity.name, "day": day, **{c: told[c] for c in _COLUMNS}},
        )
        n += 1
    return n


@task("quality.nightly", every=NIGHT)
async def nightly(job: Job) -> None:
    """Have the figures of every workspace kept, each by a job of its own."""
    async with job.db.transaction() as db:
        for workspace in await workspaces(db):
            await defer(db, "quality.take", {"workspace": workspace.id}, lock=f"quality:{workspace.id}")


@task("quality.take")
async def taken(job: Job) -> None:
    """Keep the figures of one workspace."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, str(job.args["workspace"]))
    if workspace is not None:
        async with job.db.transaction(workspace.role, timeout=0) as db:
            await take(Context(db, workspace, await catalog_of(db, workspace), system_actor(workspace), "quality"))
