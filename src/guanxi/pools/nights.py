"""The night: what the rules say falls into the pools, whoever will lose something is told ahead; and what would fall, asked before."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from guanxi import records
from guanxi.base import Forbidden, log, new_id
from guanxi.base.json import loads
from guanxi.pg import Connection, Database, quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.pools.ahead import falls
from guanxi.pools.falling import HOUR, Plan, falling, plans, tonight
from guanxi.records import Context, Workspace, system_actor, workspaces
from guanxi.records.journal import titles_of
from guanxi.records.sweep import sweep
from guanxi.schema.catalog import Entity

NAMED = 50
"""Records that a simulation lists of each owner."""
TOLD = 500
"""Records that a warning counts."""
OWNERS = 500
_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Warned:
    """``count`` records of ``object`` (some of which are ``records``) that ``user`` owns fall into ``pool`` (its name; ``into``
    is its id) within ``days``, the first of them ``on`` a day, or, where there is none, fell this night; what is told in one night has
    the same ``set``."""

    user: str
    object: str
    pool: str
    days: int
    count: int
    records: Sequence[str]
    set: str
    into: str
    on: date | None = None


Hear = Callable[[Connection, Workspace, Sequence[Warned]], Awaitable[None]]
_hearers: list[Hear] = []


def on_warning(hear: Hear) -> Hear:
    """Makes ``async def f(db, workspace, warnings)`` the one who tells people what they are about to lose, and what they lost."""
    _hearers.append(hear)
    return hear


@dataclass(frozen=True, slots=True)
class Night:
    """What a night did with one object."""

    object: str
    fell: int
    warned: int
    seconds: float
    change_set: str


def _pooled(ctx: Context, found: Sequence[Plan]) -> list[Entity]:
    """The objects that these pools are of."""
    known = dict.fromkeys(p.object for p in found)
    return [e for n in known if (e := ctx.catalog.entities.get(n)) is not None and e.pool]


async def recycle(ctx: Context, object_name: str | None = None) -> list[Night]:
    """Let fall what the rules say falls now, all of an object as one change set, and warn of what will fall; in the caller's
    transaction, as the program. ``ctx.actor`` is who asked for it, or the system."""
    asked = None if ctx.actor.system else ctx.actor.id
    found = await plans(ctx, object_name)
    out: list[Night] = []
    for entity in _pooled(ctx, found):
        mine = [p for p in found if p.object == entity.name]
        begun = time.monotonic()
        own = replace(ctx.as_system("recycle"), change_set=new_id(), bulk="recycle", label="", sets=())
        fell = await _fall(own, entity, mine)
        warned = await _warn(own, entity, mine)
        seconds = time.monotonic() - begun
        out.append(Night(entity.name, fell, warned, seconds, own.change_set))
        await ctx.db.execute(
            f"INSERT INTO {quote(ctx.workspace.schema)}._pool_run (id, day, object, fell, warned, seconds, actor)"
            " VALUES (%(id)s::uuid, %(day)s, %(object)s, %(fell)s, %(warned)s, %(seconds)s, %(actor)s::uuid)",
            {
                "id": own.change_set,
                "day": ctx.now.astimezone(ZoneInfo(ctx.workspace.timezone)).date(),
                "object": entity.name,
                "fell": fell,
                "warned": warned,
                "seconds": seconds,
                "actor": asked,
            },
        )
    return out


async def _fall(ctx: Context, entity: Entity, mine: Sequence[Plan]) -> int:
    sql, args = falling(ctx, entity, mine, ctx.now)
    schema = quote(ctx.workspace.schema)
    chosen = f"SELECT f.id, f.owner AS giver, f.pool AS {quote(entity.pool)}, f.rule FROM ({sql}) AS f"
    values: dict[str, Any] = {entity.owner: None}
    values |= {n: v for n, v in (("pool_since", ctx.now), ("held_since", None)) if n in entity.fields}
    fell = await sweep(
        ctx, entity, chosen, args, (entity.pool,), values,
        still=f"o.{quote(entity.owner)} = c.giver",
        beside=f"INSERT INTO {schema}._pool_move (pool, object, record, kind, actor, giver, rule, change_set)"
        f" SELECT c.{quote(entity.pool)}, %(object)s, up.id, 'recycle', %(actor)s::uuid, c.giver, c.rule, %(set)s::uuid"
        " FROM up JOIN c ON c.id = up.id",
    )  # fmt: skip
    if fell:
        rows = await ctx.db.fetch(
            f"SELECT giver, pool, count(*)::int, (array_agg(record ORDER BY record))[1:{TOLD}] FROM {schema}._pool_move"
            " WHERE change_set = %(set)s::uuid GROUP BY 1, 2 ORDER BY 1, 2",
            {"set": ctx.change_set},
        )
        await _tell(
            ctx, [Warned(o, entity.name, p.name, 0, n, ids, ctx.change_set, p.id) for o, p, n, ids in _of(mine, rows)]
        )
    return fell


def _of(mine: Sequence[Plan], rows: Sequence[Any]) -> list[tuple[str, Plan, int, list[str]]]:
    """Rows of owner, pool, count and records, with the pools themselves."""
    known = {p.id: p for p in mine}
    return [(o, known[p], n, ids) for o, p, n, ids in rows if p in known]


async def _tell(ctx: Context, told: Sequence[Warned]) -> None:
    for hear in _hearers if told else ():
        await hear(ctx.db, ctx.workspace, told)


async def _warn(ctx: Context, entity: Entity, mine: Sequence[Plan]) -> int:
    """Who will lose something hears of it once; a record that is safe again may be warned of again."""
    sql, args = falling(ctx, entity, mine, ctx.now, ahead=True)
    warning = f"{quote(ctx.workspace.schema)}._pool_warning"
    rows = await ctx.db.fetch(
        f"WITH f AS MATERIALIZED ({sql}), gone AS (DELETE FROM {warning} AS w WHERE w.object = %(object)s"
        " AND NOT EXISTS (SELECT FROM f WHERE f.id = w.record)),"
        f" told AS (INSERT INTO {warning} AS w (record, object, owner, pool) SELECT f.id, %(object)s, f.owner, f.pool FROM f"
        f" WHERE NOT EXISTS (SELECT FROM {warning} AS k WHERE k.record = f.id AND k.owner = f.owner)"
        " ON CONFLICT (record) DO UPDATE SET owner = excluded.owner, pool = excluded.pool, at = now() RETURNING w.record, w.owner, w.pool)"
        f" SELECT owner, pool, count(*)::int, (array_agg(record ORDER BY record))[1:{TOLD}] FROM told GROUP BY 1, 2 ORDER BY 1, 2",
        {**args, "object": entity.name},
    )
    told = [
        Warned(o, entity.name, p.name, p.warn_days, n, ids, ctx.change_set, p.id) for o, p, n, ids in _of(mine, rows)
    ]
    first = await falls(ctx, entity, mine, [id for t in told for id in t.records])
    told = [replace(t, on=min((first[id].on for id in t.records if id in first), default=None)) for t in told]
    await _tell(ctx, told)
    return sum(t.count for t in told)


# -- before it happens ---------------------------------------------------------------------------------------------------


async def simulate(ctx: Context, object_name: str | None = None) -> dict[str, Any]:
    """``{"at", "count", "owners": [{"owner": {"id", "title"}, "count", "records": [{"id", "title", "pool", "rule"}]}], "rules":
    [{"pool", "rule", "count"}]}``: what the next night lets fall, most first, as the rules stand. For who may change settings;
    they see the titles that they may see.
    """
    if not ctx.actor.system and not {"settings", "roles"} <= ctx.actor.grants.system:
        raise Forbidden
    at = tonight(ctx)
    found = await plans(ctx, object_name)
    pool_names = {p.id: p.name for p in found}
    owners: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    for entity in _pooled(ctx, found):
        mine = [p for p in found if p.object == entity.name]
        sql, args = falling(ctx, entity, mine, at)
        rows = await ctx.db.fetch(
            "WITH f AS MATERIALIZED (SELECT *, row_number() OVER (PARTITION BY owner ORDER BY id) AS n FROM"
            f" ({sql}) AS x) SELECT owner, NULL, NULL, count(*)::int, json_agg(json_build_array(id, pool, rule) ORDER BY n)"
            f" FILTER (WHERE n <= {NAMED}) FROM f GROUP BY owner UNION ALL"
            " SELECT NULL, pool::text, rule, count(*)::int, NULL FROM f GROUP BY pool, rule ORDER BY 4 DESC",
            args,
        )
        by_owner = [(*r[:4], loads(r[4])) for r in rows if r[0] is not None]
        rules += [
            {"object": entity.name, "pool": pool_names.get(r[1] or "", ""), "rule": r[2], "count": r[3]}
            for r in rows
            if r[0] is None
        ]
        people = await titles_of(ctx, "user", [r[0] for r in by_owner])
        listed = [id for r in by_owner[:OWNERS] for id, _, _ in r[4]]
        titles = await titles_of(ctx, entity.name, listed)
        owners += [
            {
                "object": entity.name,
                "owner": {"id": r[0], "title": people.get(r[0])},
                "count": r[3],
                "records": [
                    {"id": id, "title": titles[id], "pool": pool_names.get(pool or "", ""), "rule": rule}
                    for id, pool, rule in r[4]
                    if id in titles
                ],
            }
            for r in by_owner
        ]
    owners.sort(key=lambda one: -int(one["count"]))
    return {
        "at": at.astimezone(UTC),
        "count": sum(o["count"] for o in owners),
        "owners": owners[:OWNERS],
        "rules": rules,
    }


async def runs(ctx: Context, limit: int = 30) -> dict[str, Any]:
    """The nights, newest first: ``{"data": [{"id" (its change set), "at", "object", "fell", "warned", "seconds", "undone"}]}``."""
    if not ctx.actor.system and "settings" not in ctx.actor.grants.system:
        raise Forbidden
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"SELECT r.id, r.at, r.object, r.fell, r.warned, r.seconds, s.undone_by IS NOT NULL FROM {schema}._pool_run AS r"
        f" LEFT JOIN {schema}._change_set AS s ON s.id = r.id ORDER BY r.at DESC LIMIT %(n)s",
        {"n": limit},
    )
    names = ("id", "at", "object", "fell", "warned", "seconds", "undone")
    return {"data": [dict(zip(names, r, strict=True)) for r in rows]}


# -- by itself -------------------------------------------------------------------------------------------------------------


@task("pools.tick", every=600)
async def look(job: Job) -> None:
    """Have the night looked at in every workspace where it has come."""
    async with job.db.connection() as db:
        known = await workspaces(db)
    now = datetime.now(UTC)
    for workspace in known:
        async with job.db.transaction() as db:
            if await _due(db, workspace, now):
                await defer(db, "pools.night", {"workspace": workspace.id}, lock=f"pools:{workspace.id}")


async def _due(db: Connection, workspace: Workspace, now: datetime) -> bool:
    """Whether the night has come, there were pools with rules then, and nobody has looked at it yet."""
    schema, here = quote(workspace.schema), now.astimezone(ZoneInfo(workspace.timezone))
    if here.hour < HOUR:
        return False
    return await db.value(
        f"SELECT EXISTS (SELECT FROM {schema}.pool WHERE deleted_at IS NULL AND active AND created_at < %(begun)s"
        " AND jsonb_array_length(coalesce(recycling, '[]')) > 0)"
        f" AND NOT EXISTS (SELECT FROM {schema}._pool_run WHERE day = %(day)s AND actor IS NULL)",
        {"day": here.date(), "begun": here.replace(hour=HOUR, minute=0, second=0, microsecond=0)},
    )


@task("pools.night", retries=1)
async def carry_out(job: Job) -> None:
    """The night of one workspace."""
    async with job.db.connection() as db:
        workspace = await records.load_workspace(db, job.args["workspace"])
    if workspace is not None:
        for done in await night(job.db, workspace, job):
            _log.info("records fell into their pools", object=done.object, fell=done.fell, warned=done.warned)


async def night(
    database: Database, workspace: Workspace, job: Job | None = None, now: datetime | None = None
) -> list[Night]:
    """Look at the night of a workspace, once a day."""
    now = now or datetime.now(UTC)
    async with database.connection() as db:
        catalog = await records.load_catalog(db, workspace)
    async with database.transaction(workspace.role) as db:
        if job is not None:
            await job.fence(db)
        await db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(n)s, 11))", {"n": f"pools {workspace.id}"})
        if not await _due(db, workspace, now):
            return []
        await db.execute("SET LOCAL statement_timeout = 0")
        ctx = Context(db, workspace, catalog, system_actor(workspace), "pools", now=now)
        return await recycle(ctx)
