"""How long things are kept: history and audit by kind, the recycle bin and the archive by object. What is over is gone for good, which is
told; its seals stay, so that the rest can still be verified."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanxi.audit.living import acting, carry_out, forecast, protected
from guanxi.audit.ruling import ACTS, AWAY, Keeping, Rule, keeping
from guanxi.audit.sealing import digest, plain_forms, seal
from guanxi.audit.verifying import numbers
from guanxi.base import Problem, log
from guanxi.pg import Connection, Database, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Context, Workspace, load_catalog, note_in, workspaces
from guanxi.records.compile import WHERE
from guanxi.schema.catalog import Catalog, Entity

PEOPLE = frozenset({"user", "team", "role"})
"""Who acted must be known for as long as what they did: these are never purged."""
CHUNK = 500
_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """``count`` records of ``object`` that a rule moved (``what``, into ``change_set``) or took away in a night."""

    what: str
    object: str
    count: int
    change_set: str


Hear = Callable[[Connection, Workspace, Sequence[Done]], Awaitable[None]]
_hearers: list[Hear] = []


def on_night(hear: Hear) -> Hear:
    """Makes ``async def f(db, workspace, done)`` the one who tells people what a night did to records."""
    _hearers.append(hear)
    return hear


def _rows(rule: Rule, keep: Keeping) -> tuple[str, dict[str, Any]]:
    """SQL over a row ``r`` of journal or audit: the rule says that it goes."""
    parts = ["r.at < now() - make_interval(days => %(days)s)"]
    args: dict[str, Any] = {"days": rule.days}
    if rule.what == "audit":
        own = [r.kind for r in keep.rules if r.what == "audit" and r.kind != "*"] if rule.kind == "*" else []
        args["except"] = ["retention", *own]
        parts.append("r.kind <> ALL(%(except)s::text[])")
        parts.append("coalesce(r.object, '') <> ALL(%(holds)s::text[])")
    else:
        own = (
            {r.object for r in keep.rules if r.what == "history" and r.object != "*"}
            if rule.object == "*"
            else set[str]()
        )
        args["except"] = sorted({*own, *keep.holds})
        parts.append("r.object <> ALL(%(except)s::text[])")
        if rule.object != "*":
            args["object"] = rule.object
            parts.append("r.object = %(object)s")
        if rule.kind == "*":
            kinds = [r.kind for r in keep.rules if (r.what, r.object) == ("history", rule.object) and r.kind != "*"]
            args["kinds"] = kinds
            parts.append("r.kind <> ALL(%(kinds)s::text[])")
    if rule.kind != "*":
        args["kind"] = rule.kind
        parts.append("r.kind = %(kind)s")
    args["holds"] = list(keep.holds)
    return " AND ".join(parts), args


def _binned(rule: Rule, keep: Keeping, catalog: Catalog) -> list[Entity]:
    own = {r.object for r in keep.rules if r.what == rule.what and r.object != "*"}
    return [
        e
        for e in catalog.entities.values()
        if e.name not in PEOPLE | set(keep.holds)
        and (e.name == rule.object or (rule.object == "*" and e.name not in own))
    ]


def _over(ctx: Context, entity: Entity, rule: Rule) -> tuple[str, dict[str, Any]]:
    """SQL: the record ``r`` lay where the rule says for long enough. What went into another one is kept with that one, and what
    is protected stays."""
    held = f"SELECT FROM {quote(ctx.workspace.schema)}._merged AS m WHERE m.lost = r.id AND m.ended_by IS NULL"
    safe, args = protected(ctx, entity, rule, "r")
    where = WHERE["archive" if rule.what == "archived" else "bin"].format("r")
    over = (
        f"{where} AND r.deleted_at < now() - make_interval(days => %(days)s) AND NOT EXISTS ({held}) AND NOT ({safe})"
    )
    return over, {**args, "days": rule.days}


async def preview(db: Connection, workspace: Workspace, catalog: Catalog, keep: Keeping) -> list[dict[str, Any]]:
    """What each rule would do now: ``[{..., "rows", "oldest"}]``, for records in use more (:func:`living.forecast`)."""
    schema = quote(workspace.schema)
    ctx = acting(db, workspace, catalog)
    out: list[dict[str, Any]] = []
    for rule in keep.rules:
        n, oldest = 0, None
        if rule.what in ACTS:
            held = rule.object in keep.holds or rule.object not in catalog.entities
            out.append({**rule.told(), **({"rows": 0, "oldest": None} if held else await forecast(ctx, rule))})
            continue
        if rule.what in AWAY:
            for entity in _binned(rule, keep, catalog):
                over, args = _over(ctx, entity, rule)
                row = await db.row(
                    f"SELECT count(*), min(r.deleted_at) FROM {schema}.{quote(entity.name)} AS r WHERE {over}", args
                )
                if row and row[0]:
                    n, oldest = n + row[0], min(filter(None, (oldest, row[1])))
        else:
            table = f"{schema}.{'_audit' if rule.what == 'audit' else '_journal'}"
            wanted, args = _rows(rule, keep)
            row = await db.row(f"SELECT count(*), min(r.at) FROM {table} AS r WHERE {wanted}", args)
            n, oldest = row or (0, None)
        out.append({**rule.told(), "rows": n, "oldest": oldest})
    return out


async def apply(database: Database, workspace: Workspace) -> int:
    """Take away what is over, in transactions of some hundred rows; how many rows of journal, audit and bin."""
    await seal(database, workspace)
    async with database.connection() as db:
        keep = await keeping(db, workspace)
        catalog = await load_catalog(db, workspace)
    total = 0
    nights: list[Done] = []
    for rule in keep.rules:
        if rule.what in ACTS:
            try:
                n, change_set = (
                    (0, "") if rule.object in keep.holds else await carry_out(database, workspace, catalog, rule)
                )
            except Problem as problem:  # its filter names what is no longer there
                _log.warning("a rule cannot be carried out", what=rule.what, object=rule.object, code=problem.code)
                continue
            if n:
                async with database.transaction() as db:
                    told = rule.told()
                    await note_in(
                        db, workspace.schema, "retention", None, "retention", object=rule.object, rule=told, rows=n, change_set=change_set
                    )  # fmt: skip
                nights.append(Done(rule.what, rule.object, n, change_set))
            total += n
            continue
        if rule.what in AWAY:
            for entity in _binned(rule, keep, catalog):
                n = await _purge(database, workspace, catalog, entity, rule)
                total += n
                nights += [Done(rule.what, entity.name, n, "")] if n else []
            continue
        source = "audit" if rule.what == "audit" else "journal"
        wanted, args = _rows(rule, keep)
        n, after = 1, 0
        while n:
            async with database.transaction(timeout=0) as db:
                n, gone, after = await take_away(db, workspace, source, wanted, args, after)
                if n and gone:
                    await _tell(db, workspace, rule, n, {source: gone})
            total += n
    if nights:
        async with database.transaction() as db:
            for hear in _hearers:
                await hear(db, workspace, nights)
    return total


async def _tell(db: Connection, workspace: Workspace, rule: Rule, n: int, gone: Mapping[str, str]) -> None:
    await note_in(db, workspace.schema, "retention", None, "retention", rule=rule.told(), rows=n, gone=gone)


async def take_away(
    db: Connection, workspace: Workspace, source: str, wanted: str, args: Mapping[str, Any], after: int = 0
) -> tuple[int, str, int]:
    """Delete rows ``r`` of one sealed block that satisfy ``wanted``; (how many, which, the block). Blocks up to ``after`` are
    passed over. The block keeps the hashes of what goes, until all of it has gone."""
    schema = quote(workspace.schema)
    await plain_forms(db)
    found = await db.row(
        f"SELECT s.block, s.seqs::text, s.gone::text, s.digests FROM {schema}._seal AS s WHERE s.source = %(source)s"
        f" AND s.block > %(after)s AND EXISTS (SELECT 1 FROM unnest(s.seqs) AS u JOIN {schema}._{source} AS r"
        f" ON r.seq >= lower(u) AND r.seq < upper(u) WHERE {wanted}) ORDER BY s.block LIMIT 1 FOR UPDATE OF s",
        {**args, "source": source, "after": after},
    )
    if found is None:
        return 0, "", after
    block, seqs, gone, kept = found
    rows = await db.fetch(
        f"DELETE FROM {schema}._{source} AS r USING {schema}._seal AS s WHERE s.block = %(block)s AND r.seq <@ s.seqs"
        f" AND {wanted} RETURNING r.seq, {digest(source)}",
        {**args, "block": block},
    )
    old = bytes(kept)
    digests = {seq: old[32 * i : 32 * i + 32] for i, seq in enumerate(numbers(gone))} | {s: bytes(d) for s, d in rows}
    whole = len(digests) == sum(1 for _ in numbers(seqs))
    await db.execute(
        f"UPDATE {schema}._seal SET digests = %(digests)s, gone = (SELECT range_agg(int8range(n, n, '[]'))"
        " FROM unnest(%(seqs)s::bigint[]) AS n) WHERE block = %(block)s",
        {
            "block": block,
            "seqs": sorted(digests),
            "digests": b"" if whole else b"".join(digests[s] for s in sorted(digests)),
        },
    )
    told = await db.value(
        "SELECT range_agg(int8range(n, n, '[]'))::text FROM unnest(%(seqs)s::bigint[]) AS n",
        {"seqs": [r[0] for r in rows]},
    )
    return len(rows), told, block


async def _purge(database: Database, workspace: Workspace, catalog: Catalog, entity: Entity, rule: Rule) -> int:
    """Records that lay in the bin or the archive for long enough, with their history; links to them become empty."""
    schema = quote(workspace.schema)
    total = 0
    while True:
        async with database.transaction(timeout=0) as db:
            over, args = _over(acting(db, workspace, catalog), entity, rule)
            ids = [
                r[0]
                for r in await db.fetch(
                    f"SELECT r.id FROM {schema}.{quote(entity.name)} AS r WHERE {over} ORDER BY r.id LIMIT {CHUNK} FOR UPDATE OF r",
                    args,
                )
            ]
            if not ids:
                return total
            await _let_go(db, workspace, catalog, entity, ids)
            pieces: list[str] = []
            n, after = 1, 0
            while n:
                n, gone, after = await take_away(
                    db, workspace, "journal", "r.record = ANY(%(ids)s::uuid[])", {"ids": ids}, after
                )
                pieces += [gone] if gone else []
            for table, column in (("_search", "id"), ("_share", "record"), ("_merge", "survivor"), ("_merged", "lost")):
                await db.execute(f"DELETE FROM {schema}.{table} WHERE {column} = ANY(%(ids)s::uuid[])", {"ids": ids})
            await db.execute(f"DELETE FROM {schema}.{quote(entity.name)} WHERE id = ANY(%(ids)s::uuid[])", {"ids": ids})
            gone = "{" + ",".join(p.strip("{}") for p in pieces) + "}"
            await note_in(
                db, workspace.schema, "retention", None, "retention", object=entity.name, rule=rule.told(), rows=len(ids),
                records=ids, gone={"journal": gone},
            )  # fmt: skip
        total += len(ids)


async def _let_go(db: Connection, workspace: Workspace, catalog: Catalog, entity: Entity, ids: Sequence[str]) -> None:
    """Nothing points to them any more; the history of what did says so."""
    schema = quote(workspace.schema)
    for other in catalog.entities.values():
        for name in other.stored:
            f, kind = other.fields[name], other.types[name]
            if f.target != entity.name or not kind.link:
                continue
            column = quote(name)
            held = f"{column} && %(ids)s::uuid[]" if kind.many else f"{column} = ANY(%(ids)s::uuid[])"
            rest = (
                f"ARRAY(SELECT u FROM unnest(t.{column}) AS u WHERE u <> ALL(%(ids)s::uuid[]))" if kind.many else "NULL"
            )
            await db.execute(
                f"WITH old AS (SELECT id, {column} AS was FROM {schema}.{quote(other.name)} WHERE {held} FOR UPDATE),"
                f" up AS (UPDATE {schema}.{quote(other.name)} AS t SET {column} = {rest}, version = t.version + 1, updated_at = now()"
                f" FROM old WHERE old.id = t.id AND t.id <> ALL(%(ids)s::uuid[]) RETURNING t.id, t.version, old.was, t.{column} AS now)"
                f" INSERT INTO {schema}._journal (object, record, kind, cause, change_set, version, before, after)"
                " SELECT %(object)s, id, 'update', 'retention', gen_random_uuid(), version, jsonb_build_object(%(field)s::text, was),"
                " jsonb_build_object(%(field)s::text, now) FROM up",
                {"ids": list(ids), "object": other.name, "field": name},
            )


@task("audit.retention", every=24 * 3600)
async def retain(job: Job) -> None:
    """Every night, in every workspace."""
    async with job.db.connection() as db:
        known = await workspaces(db)
    for workspace in known:
        await apply(job.db, workspace)
