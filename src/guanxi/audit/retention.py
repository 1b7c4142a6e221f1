"""How long things are kept: history and audit by kind, the recycle bin by object. What is over is gone for good, which is
told; its seals stay, so that the rest can still be verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from guanxi.audit.sealing import digest, plain_forms, seal
from guanxi.audit.verifying import numbers
from guanxi.base import FieldError, Invalid
from guanxi.base.json import dumps
from guanxi.base.shape import mapping, names, sequence
from guanxi.pg import Connection, Database, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Context, Workspace, load_catalog, note, note_in, workspaces
from guanxi.records.audit import KINDS
from guanxi.schema.catalog import Catalog, Entity

NAME = "retention"
CHANGES = ("create", "update", "delete", "restore", "archive", "unarchive")
PEOPLE = frozenset({"user", "team", "role"})
"""Who acted must be known for as long as what they did: these are never purged."""
LONGEST = 36_500
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Rule:
    """``what`` is kept for ``days``: ``history`` of an object by kind of change, ``audit`` by kind, the ``bin`` of an object.
    ``*`` stands for all that have no rule of their own."""

    what: str
    days: int
    object: str = "*"
    kind: str = "*"


@dataclass(frozen=True, slots=True)
class Keeping:
    """The rules, and objects of which nothing is taken away whatever the rules say (a legal hold)."""

    rules: tuple[Rule, ...] = ()
    holds: tuple[str, ...] = ()


def read_keeping(raw: Mapping[str, Any], catalog: Catalog) -> Keeping:
    """Rules as a caller sends them; raises Invalid with everything that is wrong."""
    errors: list[FieldError] = []
    rules: list[Rule] = []
    for i, one in enumerate(sequence(raw.get("rules")) or ()):
        form = mapping(one) or {}
        place = f"rules.{i}"
        what, days = form.get("what"), form.get("days")
        object_name, kind = form.get("object", "*"), form.get("kind", "*")
        kinds = {"history": CHANGES, "audit": tuple(k for k in KINDS if k != "retention"), "bin": ()}
        errors += [
            FieldError(f"{place}.{n}", "unknown_parameter") for n in form if n not in ("what", "days", "object", "kind")
        ]
        if what not in kinds:
            errors.append(FieldError(f"{place}.what", "not_an_option", {"value": str(what)[:60]}))
            continue
        if type(days) is not int or not 1 <= days <= LONGEST:
            errors.append(FieldError(f"{place}.days", "too_small", {"min": 1}))
            continue
        if object_name != "*" and (what == "audit" or object_name not in catalog.entities):
            errors.append(FieldError(f"{place}.object", "not_an_option", {"value": str(object_name)[:60]}))
        if kind != "*" and kind not in kinds[what]:
            errors.append(FieldError(f"{place}.kind", "not_an_option", {"value": str(kind)[:60]}))
        rule = Rule(what, days, str(object_name), str(kind))
        if any((r.what, r.object, r.kind) == (rule.what, rule.object, rule.kind) for r in rules):
            errors.append(FieldError(place, "not_unique"))
        rules.append(rule)
    holds = names(raw.get("holds", ()))
    if holds is None or any(h not in catalog.entities for h in holds):
        errors.append(FieldError("holds", "not_an_option", {"value": str(raw.get("holds"))[:60]}))
    if errors:
        raise Invalid(errors=errors)
    return Keeping(tuple(rules), holds or ())


async def keeping(db: Connection, workspace: Workspace) -> Keeping:
    """What is in force: nothing is taken away until somebody says so."""
    raw = await db.value(f"SELECT value FROM {quote(workspace.schema)}._setting WHERE name = %(n)s", {"n": NAME})
    form = raw or {}
    return Keeping(tuple(Rule(**r) for r in form.get("rules", ())), tuple(form.get("holds", ())))


async def save_keeping(ctx: Context, wanted: Keeping) -> None:
    """Put it in force; the audit tells what it was before."""
    before = await keeping(ctx.db, ctx.workspace)
    value = {"rules": [asdict(r) for r in wanted.rules], "holds": list(wanted.holds)}
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._setting (name, value, by) VALUES (%(n)s, %(v)s::jsonb, %(by)s::uuid)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = now(), by = excluded.by",
        {"n": NAME, "v": dumps(value).decode(), "by": ctx.actor.id},
    )
    old = {"rules": [asdict(r) for r in before.rules], "holds": list(before.holds)}
    await note(ctx, "settings", name=NAME, before=old, after=value)


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
    own = {r.object for r in keep.rules if r.what == "bin" and r.object != "*"}
    return [
        e
        for e in catalog.entities.values()
        if e.name not in PEOPLE | set(keep.holds)
        and (e.name == rule.object or (rule.object == "*" and e.name not in own))
    ]


def _over(schema: str) -> str:
    """SQL: the record ``r`` lay in the bin for long enough. What went into another one is kept with that one."""
    held = f"SELECT FROM {schema}._merged AS m WHERE m.lost = r.id AND m.ended_by IS NULL"
    return f"NOT r._archived AND r.deleted_at < now() - make_interval(days => %(days)s) AND NOT EXISTS ({held})"


async def preview(db: Connection, workspace: Workspace, catalog: Catalog, keep: Keeping) -> list[dict[str, Any]]:
    """What each rule would take away now: ``[{..., "rows", "oldest"}]``."""
    schema = quote(workspace.schema)
    out: list[dict[str, Any]] = []
    for rule in keep.rules:
        n, oldest = 0, None
        if rule.what == "bin":
            for entity in _binned(rule, keep, catalog):
                row = await db.row(
                    f"SELECT count(*), min(r.deleted_at) FROM {schema}.{quote(entity.name)} AS r WHERE {_over(schema)}",
                    {"days": rule.days},
                )
                if row and row[0]:
                    n, oldest = n + row[0], min(filter(None, (oldest, row[1])))
        else:
            table = f"{schema}.{'_audit' if rule.what == 'audit' else '_journal'}"
            wanted, args = _rows(rule, keep)
            row = await db.row(f"SELECT count(*), min(r.at) FROM {table} AS r WHERE {wanted}", args)
            n, oldest = row or (0, None)
        out.append({**asdict(rule), "rows": n, "oldest": oldest})
    return out


async def apply(database: Database, workspace: Workspace) -> int:
    """Take away what is over, in transactions of some hundred rows; how many rows of journal, audit and bin."""
    await seal(database, workspace)
    async with database.connection() as db:
        keep = await keeping(db, workspace)
        catalog = await load_catalog(db, workspace)
    total = 0
    for rule in keep.rules:
        if rule.what == "bin":
            for entity in _binned(rule, keep, catalog):
                total += await _purge(database, workspace, catalog, entity, rule)
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
    return total


async def _tell(db: Connection, workspace: Workspace, rule: Rule, n: int, gone: Mapping[str, str]) -> None:
    await note_in(db, workspace.schema, "retention", None, "retention", rule=asdict(rule), rows=n, gone=gone)


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
    """Records that lay in the bin for long enough, with their history; links to them become empty."""
    schema = quote(workspace.schema)
    total = 0
    while True:
        async with database.transaction(timeout=0) as db:
            ids = [
                r[0]
                for r in await db.fetch(
                    f"SELECT r.id FROM {schema}.{quote(entity.name)} AS r WHERE {_over(schema)} ORDER BY r.id LIMIT {CHUNK} FOR UPDATE",
                    {"days": rule.days},
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
                db, workspace.schema, "retention", None, "retention", object=entity.name, rule=asdict(rule), rows=len(ids),
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
