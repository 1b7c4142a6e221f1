"""Taking back many entries of the journal at once: what PostgreSQL alone can say is still as the change set made it never goes
through Python row by row.

It is the write path for what undo does to thousands of records alike: the same predicate, locks, uniqueness, figures, search
entries and books, and the same entries in the journal. Whatever needs a second look (records that were written since, rules
that are code, values that were of another type) is left to the ordinary road, which decides about it one record at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi.pg import CheckViolation, ForeignKeyViolation, UniqueViolation
from guanxi.records import access, circles, entries, rollups, rules
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.row import NOBODY, VERB, Kind, Row
from guanxi.records.store import Beyond, beyond
from guanxi.records.sweep import told
from guanxi.records.write import count
from guanxi.schema.catalog import Entity

LEAST = 50
"""Fewer entries than this are quicker one by one."""


async def take_back(ctx: Context, entity: Entity, back: Kind, change_set: str, seqs: Sequence[int]) -> set[str]:
    """Take back by ``back`` these entries of a change set, which all did the same, each to another record of one object; the ids
    of the records of which it is taken back. The others are as they were."""
    if ctx.actor.viewer or not access.may(ctx.actor, entity, VERB[back]):
        return set()
    args: dict[str, Any] = {"set": change_set, "seqs": list(seqs), "own": ctx.change_set}
    names = await _written(ctx, args) if back == "update" else []
    names = [n for n in names if n in entity.fields]
    if (back == "update" and not names) or not _plain(ctx, entity, back, names):
        return set()
    refused: set[str] = set()
    for _ in range(2):
        try:
            async with ctx.db.savepoint():
                rows = await _turn(ctx, entity, back, names, args, refused)
                if await beyond(ctx, entity, rows):
                    refused |= {r.id for r in rows if not r.good}
                    raise Beyond  # noqa: TRY301 - it undoes this attempt
                await _follow(ctx, entity, back, rows, names)
        except Beyond:
            continue
        except (UniqueViolation, ForeignKeyViolation, CheckViolation):
            return set()  # whose fault it is shows one by one
        return {r.id for r in rows}
    return set()


async def _written(ctx: Context, args: Mapping[str, Any]) -> list[str]:
    """The fields that these entries tell of."""
    found = await ctx.db.fetch(
        f"SELECT DISTINCT k FROM {quote(ctx.workspace.schema)}._journal AS j, jsonb_object_keys(j.before) AS k"
        " WHERE j.change_set = %(set)s::uuid AND j.seq = ANY(%(seqs)s::bigint[])",
        args,
    )
    return [r[0] for r in found]


def _plain(ctx: Context, entity: Entity, back: Kind, names: Sequence[str]) -> bool:
    """Whether nothing but PostgreSQL has to look at the records or at these fields of theirs."""
    if back != "update":
        return not rules.afters(entity.name)
    touched = set(names)
    if touched & set(circles.trees(entity)):
        return False
    if any(not r.fields or r.fields & touched for r in (*rules.checks(entity.name), *rules.afters(entity.name))):
        return False
    return all(
        n in entity.stored
        and not entity.fields[n].former
        and entity.types[n].readable
        and not entity.types[n].sealed
        and access.may_write(ctx.actor, entity, n)
        for n in names
    )


def _free(entity: Entity, c: Compiler, back: Kind) -> str:
    """SQL, after an AND, of what must hold of a record ``t`` and its entry ``e`` besides."""
    more = "" if c.actor.system else f" AND NOT EXISTS (SELECT FROM {c.table('_lock')} AS l WHERE l.record = t.id)"
    # Every write makes another version: where it is that of the entry, nobody has written since.
    more += (
        f" AND (t.version = e.version OR NOT EXISTS (SELECT FROM {c.table('_journal')} AS s WHERE s.record = e.record"
        " AND s.seq > e.seq AND s.change_set <> %(set)s::uuid AND s.change_set <> %(own)s::uuid))"
    )
    if back == "delete":  # what others must not lose; each is looked for by the index of the link
        for other in c.catalog.entities.values():
            for f in other.fields.values():
                if f.target == entity.name and f.on_delete == "restrict" and not other.types[f.name].many:
                    more += (
                        f" AND NOT EXISTS (SELECT FROM {c.table(other.name)} AS x WHERE x.{quote(f.name)} = t.id"
                        " AND (x.deleted_at IS NULL OR x._archived) OFFSET 0)"
                    )
    return more


def _fit(entity: Entity, c: Compiler, names: Sequence[str]) -> str:
    """SQL, after an AND, of what must hold of the image ``r`` of a record: fields that are required are not empty, and its stage
    is one that there is."""
    more = ""
    for n in names:
        if n in entity.required:
            more += f" AND (r._new).{quote(n)} IS NOT NULL AND (r._new).{quote(n)}::text NOT IN ('', '[]', '{{}}')"
    stage = entity.stage
    if stage is not None and {stage.name, through := str(stage.config.get("pipeline", "pipeline"))} & set(names):
        kind = quote(f"{stage.name}_kind")
        there = [(p.name, s.name, s.kind) for p in c.catalog.pipelines_of(entity.name) for s in p.stages]
        of = ", ".join(c.bind([t[i] for t in there], "text[]") for i in range(3))
        touched, since = c.bind([stage.name, through], "text[]"), c.bind(f"{stage.name}_since", "text")
        more += (
            f" AND (NOT r._before ?| {touched} OR (r._before ? {since}"
            f" AND ((r._new).{quote(through)}, (r._new).{quote(stage.name)}, (r._new).{kind}) IN (SELECT * FROM unnest({of}))))"
        )
    return more


def _list(parts: Sequence[str]) -> str:
    """SQL of an array of all of these; a function takes no more than a hundred arguments."""
    some = [f"jsonb_build_array({', '.join(parts[i : i + 100])})" for i in range(0, len(parts) or 1, 100)]
    return f"({' || '.join(some)})"


async def _turn(
    ctx: Context, entity: Entity, back: Kind, names: Sequence[str], given: Mapping[str, Any], refused: set[str]
) -> list[Row]:
    """Choose, lock, store and journal in one statement; the records as far as what follows wants to know them."""
    c = Compiler(ctx)
    source, visible = c.source(entity, "t", VERB[back], of="away" if back == "restore" else "live")
    schema, table = quote(ctx.workspace.schema), c.table(entity.name)
    restriction = _free(entity, c, back)
    if refused:
        restriction += f" AND t.id <> ALL({c.bind(sorted(refused), 'uuid[]')})"
    wanted = sorted(rollups.needed(ctx.catalog, entity))
    if back == "restore":
        wanted = sorted({*wanted, *(n for n in entity.stored if entity.types[n].link or entity.types[n].anywhere)})
    was = "r" if back == "update" else "o"
    before = [f"({was}._old).{quote(n)}" for n in wanted]
    args = {
        **given,
        "object": entity.name,
        "kind": back,
        "actor": None if ctx.actor.id == NOBODY else ctx.actor.id,
        "cause": ctx.cause,
    }
    chosen = (
        f"WITH e AS MATERIALIZED (SELECT j.seq, j.record, j.version, j.before FROM {schema}._journal AS j"
        " WHERE j.change_set = %(set)s::uuid AND j.seq = ANY(%(seqs)s::bigint[])),"
        f" o AS MATERIALIZED (SELECT t.id, t AS _old, e.before AS _before FROM {source} JOIN e ON e.record = t.id"
        f" WHERE {visible}{restriction} ORDER BY t.id FOR NO KEY UPDATE OF t),"
    )
    entry = f"INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version"
    said = "%(object)s, up.id, %(kind)s, %(actor)s::uuid, %(cause)s, %(own)s::uuid, up.version"
    if back == "update":
        new = {n: f"(r._new).{quote(n)}" for n in names}
        old = {n: f"(r._old).{quote(n)}" for n in names}
        kinds = {n: entity.types[n].column(entity.fields[n]) for n in names}
        differ = {n: f"{old[n]} IS DISTINCT FROM {new[n]}" for n in names}

        def said_of(side: Mapping[str, str]) -> str:
            parts = [
                f"CASE WHEN {differ[n]} THEN jsonb_build_object('{n}', {told(side[n], kinds[n])}) ELSE '{{}}' END"
                for n in names
            ]
            return " || ".join(parts)

        after = [f"t.{quote(n)}" for n in wanted]
        sets = ", ".join(f"{quote(n)} = {sql}" for n, sql in new.items())
        rows = await ctx.db.fetch(
            f"{chosen} r AS MATERIALIZED (SELECT o.*, p AS _new FROM o CROSS JOIN LATERAL jsonb_populate_record(o._old, o._before) AS p),"
            f" up AS (UPDATE {table} AS t SET {sets}, version = t.version + 1, updated_at = now(), updated_by = %(actor)s::uuid"
            f" FROM r WHERE t.id = r.id AND ({' OR '.join(differ.values())}){_fit(entity, c, names)}"
            f" RETURNING t.id, t.version, {said_of(old)} AS _was, {said_of(new)} AS _is, {_list((*before, *after))} AS _needed),"
            f" told AS ({entry}, before, after) SELECT {said}, up._was, up._is FROM up)"
            " SELECT id, _needed FROM up",
            {**c.args, **args},
        )
    else:
        sets = (
            "deleted_at = now(), deleted_by = %(actor)s::uuid"
            if back == "delete"
            else "deleted_at = NULL, deleted_by = NULL, _archived = FALSE, updated_at = now(), updated_by = %(actor)s::uuid"
        )
        rows = await ctx.db.fetch(
            f"{chosen} up AS (UPDATE {table} AS t SET {sets}, version = t.version + 1 FROM o WHERE t.id = o.id"
            f" RETURNING t.id, t.version, {_list(before)} AS _needed),"
            f" told AS ({entry}) SELECT {said} FROM up)"
            " SELECT id, _needed FROM up",
            {**c.args, **args},
        )
    n, out = len(wanted), list[Row]()
    for i, (id, needed) in enumerate(rows):
        image = dict(zip(wanted, needed[:n], strict=True))
        now = dict(zip(wanted, needed[n:], strict=True)) if back == "update" else image
        out.append(Row(entity, i, back, id, {}, old=image, new=now, touched=set(names)))
    return out


async def _follow(ctx: Context, entity: Entity, back: Kind, rows: list[Row], names: Sequence[str]) -> None:
    """What comes after storing: search entries, figures, who looks after restored records, the books."""
    if not rows:
        return
    if set(names) & set(entity.indexed):
        await entries.remake(ctx.db, ctx.workspace, entity, "id = ANY(%(ids)s::uuid[])", {"ids": [r.id for r in rows]})
    await rollups.follow(ctx, entity, rows)
    if back == "restore":
        for function in rules.restorings():
            await function(ctx, entity, rows)
    await count(ctx, entity, rows)
