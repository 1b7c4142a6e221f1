"""Steps 6 to 8 of the write path: storing and journalling a batch in one statement for each kind of operation, and looking
whether what was written still lies within its writer's reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from guanxi.base import Conflict, Forbidden
from guanxi.base.json import dumps
from guanxi.pg import CheckViolation, ForeignKeyViolation, Integers, UniqueViolation
from guanxi.records import access, grams, rules, standard
from guanxi.records.compile import Compiler, Statement, quote
from guanxi.records.context import Context
from guanxi.records.row import NOBODY, Row, settle
from guanxi.records.tables import index_name, sequence_name
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE
from guanxi.schema.types.internal import AutoNumber

NUMBERING = AutoNumber()


class Beyond(Exception):
    """Rows that their writer could not reach any more; they are marked."""


async def store(ctx: Context, entity: Entity, rows: list[Row], atomic: bool) -> None:
    """Steps 6 to 8. Rows that only the database can refuse are found one by one, unless the batch is atomic."""
    good = [r for r in rows if r.good]
    if atomic:
        await _store_all(ctx, entity, good, atomic)
        if await beyond(ctx, entity, good):
            raise Forbidden("forbidden_scope")
        return
    while good:
        try:
            async with ctx.db.savepoint():
                await _store_all(ctx, entity, good, atomic)
                if await beyond(ctx, entity, good):
                    raise Beyond  # noqa: TRY301 - it undoes this attempt
            return
        except Beyond:  # nothing of this attempt stays; the others go in without them
            good = [r for r in good if r.good]
        except (UniqueViolation, ForeignKeyViolation, CheckViolation) as violation:
            if len(good) == 1:
                blame(entity, violation, good)
                return
            for row in good:
                await store(ctx, entity, [row], atomic)
            return


async def _store_all(ctx: Context, entity: Entity, rows: list[Row], atomic: bool) -> None:
    creates = [r for r in rows if r.kind == "create"]
    updates = [r for r in rows if r.kind == "update"]
    if creates:
        await _number(ctx, entity, creates)
        await _insert(ctx, entity, creates)
    if updates:
        await _update(ctx, entity, updates)
    deletes = [r for r in rows if r.kind == "delete"]
    await _hold(ctx, entity, deletes)
    settle(deletes, atomic)
    for kind in ("restore", "unarchive", "delete", "archive"):
        mine = [r for r in rows if r.good and kind == ("unarchive" if r.kind == "restore" and r.archived else r.kind)]
        if mine:
            await _bin(ctx, entity, mine, kind)


async def _number(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """Allot the next numbers of auto-number fields; a gap is left when the write is refused afterwards."""
    for f in entity.autonumbers:
        sequence = f"{quote(ctx.workspace.schema)}.{quote(sequence_name(entity.name, f.name))}"
        numbers = await ctx.db.fetch(
            f"SELECT nextval('{sequence.replace(chr(39), chr(39) * 2)}') FROM generate_series(1, %(n)s)",
            {"n": len(rows)},
        )
        for row, (n,) in zip(rows, numbers, strict=True):
            row.new[f.name] = NUMBERING.write(f, n, ctx.env.today)


def _journal_columns(ctx: Context, entity: Entity, kind: str) -> tuple[str, dict[str, Any]]:
    own = "s.own" if ctx.sets else "%(set)s::uuid"
    return (
        f"%(object)s, {{id}}, %(kind)s, %(actor)s::uuid, %(cause)s, {own}",
        {
            "object": entity.name,
            "kind": kind,
            "actor": None if ctx.actor.id == NOBODY else ctx.actor.id,
            "cause": ctx.cause,
            "set": ctx.change_set,
        },
    )


def _sets(ctx: Context, rows: Sequence[Row], args: dict[str, Any]) -> str:
    """SQL that joins the change set of each record, where they are different ones."""
    if not ctx.sets:
        return ""
    args |= {"own_ids": [r.id for r in rows], "own_sets": [r.change_set or ctx.change_set for r in rows]}
    return " JOIN unnest(%(own_ids)s::uuid[], %(own_sets)s::uuid[]) AS s(id, own) ON s.id = j.id"


def search_rows(entity: Entity, rows: Iterable[Row]) -> dict[str, Any]:
    """Index entries of records as two arguments: JSON rows, and the grams of all one after the other, of which each row has
    ``first`` to ``last``. PostgreSQL reads one array much faster than one for each row. Each row is given its signature."""
    searched = [
        (n, entity.types[n].search_text, entity.fields[n], entity.fields[n].search == "A" or n == entity.title)
        for n in entity.searched
    ]
    rows, marked = list(rows), entity.ruling.standard
    found = grams.index(
        entity.name,
        (
            [(n, text(f, v), spelt) for n, text, f, spelt in searched if (v := row.new.get(n)) is not None]
            for row in rows
        ),
        entity.title,
        [standard.marks(entity, marked, row.new.get) for row in rows] if marked else (),
    )
    for row, signature in zip(rows, found.signatures(), strict=True):
        row.signature = signature
    out = [
        {"id": row.id, "title": title, "parts": parts, "first": first + 1, "last": last}
        for row, title, parts, first, last in zip(
            rows, found.titles, found.parts, [0, *found.ends], found.ends, strict=False
        )
    ]
    return {"search": rows_text(out), "grams": Integers.of(found.grams)}


def rows_text(rows: list[dict[str, Any]]) -> str:
    """Rows as one JSON argument, from which PostgreSQL makes a table."""
    return dumps(rows).decode()


def final(ctx: Context, entity: Entity, rows: Sequence[Row]) -> bool:
    """Whether the one record is, once stored, what the answer shows: then the same statement can tell it."""
    row = rows[0]
    return (
        len(rows) == 1
        and row.kind in ("create", "update")
        and entity.name not in ctx.catalog.rolls  # what follows from it is not there yet
        and not rules.afters(entity.name)
        and access.may(ctx.actor, entity, "read")
        and access.predicate(ctx.actor, entity, "read") == TRUE
        and row.id not in row.new.values()  # a link to itself would show the title that it had
    )


def _items(ctx: Context, entity: Entity) -> Statement:
    """The SELECT list of a record's JSON out of ``p``."""

    def make() -> Statement:
        c = Compiler(ctx)
        return c.done(c.shown(entity, "p", None)[0])

    return ctx.kept(("items", ctx.catalog.version, entity.name), make)


async def _carry_out(
    ctx: Context, entity: Entity, rows: Sequence[Row], begun: str, stored: str, journal: str, args: dict[str, Any]
) -> None:
    """The storing statement: ``begun`` are its CTEs, ``stored`` the one that has the records, ``journal`` the end."""
    if not rows[0].answers:
        await ctx.db.execute(f"{begun} {journal}", args)
        return
    items = _items(ctx, entity)
    # Nothing is looked at or counted after this statement: see final() and beyond().
    ctx.db.ending = ctx.last and not ctx.bulk and access.predicate(ctx.actor, entity, "update") == TRUE
    rows[0].record = await ctx.db.value(
        f"{begun}, told AS ({journal}) SELECT row_to_json(_r) FROM {stored} AS p CROSS JOIN LATERAL (SELECT {items.sql}) AS _r",
        {**items.args, **args},
    )


SEARCH = (
    "_search (id, object, title, parts, grams) SELECT s.id, %(object)s, s.title, s.parts, (%(grams)s::int[])[s.first:s.last]"
    " FROM json_to_recordset(%(search)s::json) AS s(id uuid, title text, parts jsonb, first int, last int)"
)


async def _insert(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    schema = quote(ctx.workspace.schema)
    table = f"{schema}.{quote(entity.name)}"
    names = [n for n in entity.stored if any(r.new.get(n) is not None for r in rows)]
    listed = "".join(f", {quote(n)}" for n in names)
    picked = "".join(f", r.{quote(n)}" for n in names)
    images = [{n: v for n in names if (v := r.new.get(n)) is not None} for r in rows]
    secret = set(entity.secret) & set(names)
    told = [{n: v for n, v in i.items() if n not in secret} for i in images] if secret else images
    journal, args = _journal_columns(ctx, entity, "create")
    args |= search_rows(entity, rows)
    args |= {
        "rows": rows_text(
            [
                {"id": r.id, "_signature": r.signature, **image, **(r.book or {})}
                for r, image in zip(rows, images, strict=True)
            ]
        ),
        "after": rows_text(
            [
                {"id": r.id, "after": image} | ({"typed": r.typed} if r.typed else {})
                for r, image in zip(rows, told, strict=True)
            ]
        ),
    }
    sets = _sets(ctx, rows, args)
    await _carry_out(
        ctx,
        entity,
        rows,
        f"WITH ins AS (INSERT INTO {table} (id, created_at, created_by, updated_by, _signature{listed})"
        f" SELECT r.id, coalesce(r.created_at, now()), coalesce(r.created_by, %(actor)s::uuid), %(actor)s::uuid, r._signature{picked} FROM json_populate_recordset(NULL::{table}, %(rows)s::json) AS r"
        f" RETURNING *), found AS (INSERT INTO {schema}.{SEARCH})",
        "ins",
        f"INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version, after, typed)"
        f" SELECT {journal.format(id='j.id')}, 1, j.after, j.typed"
        f" FROM json_to_recordset(%(after)s::json) AS j(id uuid, after jsonb, typed jsonb){sets}",
        args,
    )


async def _update(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    changes: list[dict[str, Any]] = []
    changed: set[str] = set()
    really: list[Row] = []
    secret = set(entity.secret)
    for row in rows:
        keys = [n for n in entity.stored if not entity.types[n].same(row.new.get(n), row.old.get(n))]
        row.touched = set(keys)
        if not keys:
            continue
        changed |= row.touched
        really.append(row)
        open_keys = [n for n in keys if n not in secret]
        changes.append(
            {
                "id": row.id,
                "before": {n: row.old.get(n) for n in open_keys},
                "after": {n: row.new.get(n) for n in open_keys},
                "typed": {n: t for n, t in row.typed.items() if n in row.touched} or None if row.typed else None,
            }
        )
    if not really:
        return
    schema = quote(ctx.workspace.schema)
    table = f"{schema}.{quote(entity.name)}"
    names = [n for n in entity.stored if n in changed]
    journal, args = _journal_columns(ctx, entity, "update")
    found = signed = ""
    searched = [r for r in really if r.touched & set(entity.indexed)]
    if searched:
        args |= search_rows(entity, searched)
        signed = "_signature = coalesce(r._signature, t._signature), "
        found = (
            f", found AS (INSERT INTO {schema}.{SEARCH}"
            " ON CONFLICT (id) DO UPDATE SET title = excluded.title, parts = excluded.parts, grams = excluded.grams)"
        )
    args |= {
        "rows": rows_text(
            [{"id": r.id, "_signature": r.signature, **{n: r.new.get(n) for n in names}} for r in really]
        ),
        "changes": rows_text(changes),
    }
    values = ", ".join(f"{quote(n)} = r.{quote(n)}" for n in names)
    sets = _sets(ctx, really, args)
    await _carry_out(
        ctx,
        entity,
        rows,
        f"WITH up AS (UPDATE {table} AS t SET {signed}{values}, version = t.version + 1, updated_at = now(), updated_by = %(actor)s::uuid"
        f" FROM json_populate_recordset(NULL::{table}, %(rows)s::json) AS r WHERE t.id = r.id RETURNING t.*){found}",
        "up",
        f"INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version, before, after, typed)"
        f" SELECT {journal.format(id='up.id')}, up.version, j.before, j.after, j.typed FROM up"
        f" JOIN json_to_recordset(%(changes)s::json) AS j(id uuid, before jsonb, after jsonb, typed jsonb) ON j.id = up.id{sets}",
        args,
    )


async def _hold(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """Refuse to delete what others must not lose (``on_delete`` restrict)."""
    if not rows:
        return
    schema = quote(ctx.workspace.schema)
    by_id = {r.id: r for r in rows}
    for other in ctx.catalog.entities.values():
        for f in other.fields.values():
            if f.target == entity.name and f.on_delete == "restrict" and not other.types[f.name].many:
                held = await ctx.db.fetch(
                    f"SELECT DISTINCT {quote(f.name)} FROM {schema}.{quote(other.name)}"
                    f" WHERE {quote(f.name)} = ANY(%(ids)s::uuid[]) AND (deleted_at IS NULL OR _archived) AND id <> ALL(%(ids)s::uuid[])",
                    {"ids": list(by_id)},
                )
                for (id,) in held:
                    by_id[id].problem = Conflict("still_referenced", objects=other.definition.plural)


async def _bin(ctx: Context, entity: Entity, rows: list[Row], kind: str) -> None:
    """Into the recycle bin or the archive, or back."""
    if ctx.sets:
        for own in dict.fromkeys(r.change_set for r in rows):
            one = replace(ctx, sets=(), change_set=own or ctx.change_set)
            await _bin(one, entity, [r for r in rows if r.change_set == own], kind)
        return
    schema = quote(ctx.workspace.schema)
    table = f"{schema}.{quote(entity.name)}"
    ids = [r.id for r in rows]
    journal, args = _journal_columns(ctx, entity, kind)
    args["ids"] = ids
    when = (
        f"deleted_at = now(), deleted_by = %(actor)s::uuid, _archived = {kind == 'archive'}"
        if kind in ("delete", "archive")
        else "deleted_at = NULL, deleted_by = NULL, _archived = FALSE, updated_at = now(), updated_by = %(actor)s::uuid"
    )
    await ctx.db.execute(
        f"WITH up AS (UPDATE {table} SET {when}, version = version + 1 WHERE id = ANY(%(ids)s::uuid[]) RETURNING id, version)"
        f" INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version)"
        f" SELECT {journal.format(id='up.id')}, up.version FROM up",
        args,
    )


def blame(entity: Entity, violation: UniqueViolation | ForeignKeyViolation | CheckViolation, rows: list[Row]) -> None:
    """A constraint's name becomes a field's error."""
    suffix, code = "check", "invalid"
    if isinstance(violation, UniqueViolation):
        suffix, code = "unique", "not_unique"
    elif isinstance(violation, ForeignKeyViolation):
        suffix, code = "fkey", "reference_not_found"
    name = next((n for n in entity.stored if index_name(entity.name, n, suffix) == violation.constraint), None)
    for row in rows:
        if row.good:
            row.fail(name, code)


async def beyond(ctx: Context, entity: Entity, rows: list[Row]) -> bool:
    """Mark the rows whose written image lies outside of what the actor may reach; whether there are any."""
    found = False
    for kind, verb in (("create", "read"), ("update", "update")):
        mine = [r for r in rows if r.kind == kind and r.good]
        if not mine or access.predicate(ctx.actor, entity, verb) == TRUE:
            continue
        c = Compiler(ctx)
        source, visible = c.source(entity, "t", verb)
        these = c.among("t.id", [r.id for r in mine])
        reached = {r[0] for r in await ctx.db.fetch(f"SELECT t.id FROM {source} WHERE {these} AND {visible}", c.args)}
        for row in mine:
            if row.id not in reached:
                row.problem = Forbidden("forbidden_scope")
                found = True
    return found
