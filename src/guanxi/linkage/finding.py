"""Looking for records that are one: a task for each object, at night and whenever somebody asks; what it finds is kept.

The first look compares all records and learns. Later ones compare what is new or changed with all, by what was learnt, until
half as many more records are there, half as many more decisions are made or other fields are compared; then everything is
looked at anew, with what the decisions teach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from guanxi.base.json import dumps, loads
from guanxi.linkage.forms import Column, columns
from guanxi.linkage.model import GRADES, Linkage, Model, Pair
from guanxi.linkage.teaching import ENOUGH, Decided, Lesson, Weight
from guanxi.pg import Connection, quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.records import Context, load_catalog, load_workspace, stream, system_actor, workspaces
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Query

FORM = 8
"""To be raised when values are compared in another way."""
FEW = 30
"""Records below which nothing can be learnt."""
MORE = 1.5
"""How many times more records there must be for a model to be learnt anew."""
MOST = 200_000
"""Pairs that are kept of one look, the likeliest."""
NIGHT = 24 * 3600.0


def made_for(compared: Sequence[Column]) -> str:
    """What a model is about, as a short text."""
    return sha256(dumps([FORM, GRADES, [(c.name, c.kind) for c in compared]])).hexdigest()[:16]


async def ask(ctx: Context, entity: Entity, *, full: bool = False) -> None:
    """Have the records of an object looked at; while one look waits another is not begun."""
    schema = quote(ctx.workspace.schema)
    asked = await ctx.db.execute(
        f"INSERT INTO {schema}._linkage AS l (object, state, asked_by) VALUES (%(o)s, 'waiting', %(by)s::uuid)"
        " ON CONFLICT (object) DO UPDATE SET state = 'waiting', asked_by = excluded.asked_by, asked_at = now(), error = NULL"
        " WHERE l.state IN ('done', 'failed') OR l.asked_at < now() - interval '1 hour'",
        {"o": entity.name, "by": None if ctx.actor.system else ctx.actor.id},
    )
    if asked:
        args = {"workspace": ctx.workspace.id, "object": entity.name, "full": full}
        await defer(ctx.db, "linkage.find", args, lock=f"linkage {ctx.workspace.id} {entity.name}")


@task("linkage.nightly", every=NIGHT)
async def nightly(job: Job) -> None:
    """Look at what has changed of the objects that have a rule about duplicates."""
    async with job.db.connection() as db:
        known = await workspaces(db)
    for workspace in known:
        async with job.db.transaction() as db:
            catalog = await load_catalog(db, workspace)
            for entity in catalog.entities.values():
                if any(r.rule.kind == "duplicate" for r in entity.ruling.all):
                    ctx = Context(db, workspace, catalog, system_actor(workspace), "duplicates")
                    await ask(ctx, entity)


@task("linkage.find", retries=1, process=True)
async def find(job: Job) -> None:
    """Look at the records of an object."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
        catalog = await load_catalog(db, workspace) if workspace else None
    entity = catalog.entities.get(job.args["object"]) if catalog else None
    if workspace is None or catalog is None or entity is None:
        return
    schema, name = quote(workspace.schema), entity.name
    compared = columns(entity)
    async with job.db.transaction(timeout=0) as db:
        await job.fence(db)
        await db.execute(f"UPDATE {schema}._linkage SET state = 'running' WHERE object = %(o)s", {"o": name})
        decided = await _decided(db, schema, name)
        known = await db.row(
            f"SELECT upto, made_for, model, records FROM {schema}._linkage WHERE object = %(o)s", {"o": name}
        )
    began = datetime.now(UTC)
    try:
        upto, about, learnt, before = known or (None, None, None, 0)
        with Linkage(compared, entity.title) as linkage:
            async with job.db.transaction(timeout=0) as db:
                await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                ctx = Context(db, workspace, catalog, system_actor(workspace), "duplicates")
                async for portion in stream(
                    ctx, Query(name, fields=("updated_at", *(c.name for c in compared))), size=5_000
                ):
                    linkage.add(_values(portion, upto))
            full = bool(job.args.get("full")) or not learnt or about != made_for(compared)
            full = full or linkage.count > before * MORE
            if learnt and len(decided) >= ENOUGH:
                full = full or len(decided) > (learnt.get("lesson") or {}).get("decisions", 0) * MORE
            fresh, pairs = [], list[Pair]()
            model = _model(learnt) if learnt and not full else None
            if linkage.count >= FEW:
                linkage.prepare()
                model = model or linkage.teach(linkage.learn(), decided)
                pairs = sorted(linkage.pairs(model, full=full), key=lambda p: -p.score)[:MOST]
                fresh = [] if full else linkage.fresh()
        async with job.db.transaction(workspace.role, timeout=0) as db:
            await job.fence(db)
            await _keep(db, schema, name, pairs, None if full else fresh)
            await db.execute(
                f"UPDATE {schema}._linkage SET state = 'done', ended_at = now(), upto = %(upto)s, made_for = %(for)s,"
                " model = coalesce(%(model)s::jsonb, model), records = CASE WHEN %(full)s THEN %(n)s ELSE records END, pairs ="
                f" (SELECT count(*) FROM {schema}._twin WHERE object = %(o)s AND decision IS NULL) WHERE object = %(o)s",
                {
                    "o": name,
                    "upto": began,
                    "for": made_for(compared),
                    "model": dumps(_stored(model)).decode() if model else None,
                    "full": full,
                    "n": linkage.count,
                },
            )
    except Exception as error:
        async with job.db.transaction(workspace.role) as db:
            await db.execute(
                f"UPDATE {schema}._linkage SET state = 'failed', ended_at = now(), error = %(e)s WHERE object = %(o)s",
                {"o": name, "e": type(error).__name__},
            )
        raise


def _stored(model: Model) -> dict[str, Any]:
    lesson = model.lesson.kept() if model.lesson else None
    return {"settings": model.settings, "share": model.share, "lesson": lesson}


def _model(stored: Mapping[str, Any]) -> Model:
    lesson = stored.get("lesson")
    return Model(stored["settings"], stored["share"], Lesson(**lesson) if lesson else None)


async def _decided(db: Connection, schema: str, name: str) -> list[Decided]:
    """What people said of pairs that had been compared."""
    rows = await db.fetch(
        f"SELECT decision = 'same', why FROM {schema}._twin WHERE object = %(o)s AND decision IS NOT NULL AND why <> '{{}}'",
        {"o": name},
    )
    out: list[Decided] = []
    for same, raw in rows:
        why = loads(raw) if isinstance(raw, bytes | str) else raw
        known = {field: Weight(*told) for field, told in why.items() if len(told) >= len(Weight._fields) - 1}
        if known:
            out.append(Decided(same, known))
    return out


def _values(portion: Sequence[bytes], upto: datetime | None) -> list[tuple[str, bool, Mapping[str, Any]]]:
    """Records as :meth:`Linkage.add` takes them."""
    out: list[tuple[str, bool, Mapping[str, Any]]] = []
    for raw in portion:
        record = loads(raw)
        fresh = upto is None or datetime.fromisoformat(record["updated_at"]) >= upto
        out.append((record["id"], fresh, record))
    return out


async def _keep(db: Connection, schema: str, name: str, pairs: Sequence[Pair], fresh: Sequence[str] | None) -> None:
    """Put what was found in place of what was there: of all records, or of those that are new or changed."""
    await db.execute(
        f"DELETE FROM {schema}._twin WHERE object = %(o)s AND decision IS NULL"
        " AND (%(fresh)s::uuid[] IS NULL OR a = ANY(%(fresh)s::uuid[]) OR b = ANY(%(fresh)s::uuid[]))",
        {"o": name, "fresh": fresh},
    )
    for start in range(0, len(pairs), 2_000):
        rows = [
            {"a": p.a, "b": p.b, "score": p.score, "bits": p.prior, "why": {n: list(w) for n, w in p.weights.items()}}
            for p in pairs[start : start + 2_000]
        ]
        await db.execute(
            f"INSERT INTO {schema}._twin (a, b, object, score, bits, why) SELECT r.a, r.b, %(o)s, r.score, r.bits, r.why"
            " FROM json_to_recordset(%(rows)s::json) AS r(a uuid, b uuid, score real, bits real, why jsonb)"
            " ON CONFLICT (a, b) DO UPDATE SET score = excluded.score, bits = excluded.bits, why = excluded.why",
            {"o": name, "rows": dumps(rows).decode()},
        )
