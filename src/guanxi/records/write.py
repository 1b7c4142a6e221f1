"""The one way in: nine steps on a batch, always these, always in this order. One record is a batch of one.

1 open (the caller's transaction and Context), 2 may, 3 parse, 4 load, 5 rules, 6 store, 7 still may, 8 journal, 9 react.
Steps 6 and 8 are one statement each for creating, changing, deleting and restoring. Nothing commits here: that is the
caller's, at the edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from guanxi.base import Conflict, Forbidden, Invalid, NotFound, Stale, new_id
from guanxi.base.ids import is_id
from guanxi.base.shape import mapping
from guanxi.pg import CheckViolation, ForeignKeyViolation, UniqueViolation
from guanxi.records import access, circles, links, merges, rollups, rules, ruling
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.row import (
    NOBODY,
    VERB,
    Archive,
    Create,
    Delete,
    Operation,
    Outcome,
    Restore,
    Row,
    Update,
    Upsert,
    settle,
)
from guanxi.records.store import blame, final, store
from guanxi.schema.catalog import Entity
from guanxi.schema.model import Field
from guanxi.schema.types import Bad, FieldType

MAX_DEPTH = 8
MAX_BATCH = 5000


async def write(
    ctx: Context, object_name: str, operations: Sequence[Operation], *, atomic: bool = True, render: bool = True
) -> list[Outcome]:
    """Carry out operations on one object, in order of kind (create, update, restore, delete), answering in the order sent.

    ``atomic``: the first refusal raises its Problem with the errors of all rows; the caller's transaction must then roll
    back. Otherwise refused rows are answered one by one and the others are stored. ``render`` adds each record as JSON.
    """
    if ctx.actor.viewer:
        raise Forbidden("viewing_as", user=ctx.actor.name)
    if len(operations) > MAX_BATCH:
        raise Invalid.one("operations", "too_complex", limit=MAX_BATCH)
    if ctx.depth > MAX_DEPTH:
        raise Conflict("too_deep", cause=ctx.cause)
    entity = ctx.catalog.object(object_name)
    if not operations:
        return []
    rows = await _may(ctx, entity, operations)
    await parse(ctx, entity, rows)
    await _load(ctx, entity, rows, atomic)
    in_their_country(ctx, entity, [r for r in rows if r.kind == "update" and r.good])
    for row in rows:
        if row.kind == "create":
            for name in row.foreign:
                row.fail(name, "reference_not_found")
            for name, _ in row.away:
                row.fail(name, "reference_archived")
    await ruling.fill(ctx, entity, rows)
    _rules(ctx, entity, rows)
    await ruling.judge(ctx, entity, rows)
    await _unique(ctx, entity, rows)
    await circles.refuse(ctx, entity, rows)
    settle(rows, atomic)
    rows[0].answers = render and final(ctx, entity, rows)
    try:
        await store(ctx, entity, rows, atomic)
    except (UniqueViolation, ForeignKeyViolation, CheckViolation) as violation:
        blame(entity, violation, rows)
        settle(rows, atomic=True)
    await rollups.follow(ctx, entity, rows)
    if restored := [r for r in rows if r.kind == "restore" and r.good]:
        for function in rules.restorings():
            await function(ctx, entity, restored)
    await count(ctx, entity, rows)
    await _react(ctx, entity, rows)
    return await _outcomes(ctx, entity, rows, render)


# -- 2 may -------------------------------------------------------------------------------------------------------------


async def _may(ctx: Context, entity: Entity, operations: Sequence[Operation]) -> list[Row]:
    """The verb is granted; unknown and unwritable fields are refused together."""
    rows: list[Row] = []
    upserts: list[tuple[Row, Upsert]] = []
    for i, op in enumerate(operations):
        match op:
            case Create(values, id, book):
                rows.append(Row(entity, i, "create", id or new_id(), values, book=book))
            case Update(id, values, version, trusted, exact):
                rows.append(Row(entity, i, "update", id, values, version, trusted, exact))
            case Upsert(key, values):
                rows.append(Row(entity, i, "create", new_id(), {**key, **values}))
                upserts.append((rows[-1], op))
            case Delete(id, version):
                rows.append(Row(entity, i, "delete", id, {}, version))
            case Archive(id, version):
                rows.append(Row(entity, i, "archive", id, {}, version))
            case Restore(id):
                rows.append(Row(entity, i, "restore", id, {}))
    for row, change_set in zip(rows, ctx.sets, strict=False):
        row.change_set = change_set
    if upserts:
        await _find_keys(ctx, entity, upserts)
    if not entity.archivable and any(r.kind == "archive" for r in rows):
        raise Conflict("not_archivable")
    for verb in dict.fromkeys(VERB[r.kind] for r in rows):
        access.require(ctx.actor, entity, verb)
    writable: dict[str, str] = {}
    for row in rows:
        if not row.trusted:
            for name in row.given:
                code = writable.get(name)
                if code is None:
                    code = writable[name] = _refusal(ctx, entity, name)
                if code:
                    row.fail(name, code)
        if row.kind != "create" and not is_id(row.id):
            row.problem = NotFound()
    return rows


def _refusal(ctx: Context, entity: Entity, name: str) -> str:
    """Why a field cannot be written: a message code, or empty when it can."""
    found = entity.fields.get(name)
    if found is None or not (access.visible(ctx.actor, entity, found) or not entity.types[name].readable):
        return "unknown_field"
    return "" if access.writable(ctx.actor, entity, found) else "read_only"


async def _find_keys(ctx: Context, entity: Entity, upserts: list[tuple[Row, Upsert]]) -> None:
    """Turn each upsert whose key is found into an update; a key that fits several records is refused."""
    seen: dict[str, Row] = {}
    by_names: dict[tuple[str, ...], list[tuple[Row, Upsert]]] = {}
    for row, op in upserts:
        by_names.setdefault(tuple(sorted(op.key)), []).append((row, op))
    for names, group in by_names.items():
        if not names:
            raise Invalid.one("key", "required")
        found = await links.find(ctx, entity, [dict(op.key) for _, op in group], verb="read")
        for (row, op), ids in zip(group, found, strict=True):
            key = repr(sorted(links.parsed(ctx, entity, op.key).items())) if not isinstance(ids, Bad) else repr(op.key)
            if isinstance(ids, Bad):
                row.fail(names[0], ids.code, **ids.values)
            elif len(ids) > 1:
                row.fail(names[0], "reference_ambiguous")
            elif ids:
                row.kind, row.id = "update", ids[0]
                row.given = op.values
            elif key in seen:
                row.fail(names[0], "not_unique")
            if key not in seen:
                seen[key] = row
            elif ids and not isinstance(ids, Bad) and seen[key].id == row.id:
                row.fail(names[0], "not_unique")


# -- 3 parse -----------------------------------------------------------------------------------------------------------


async def parse(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """Values to stored form, a field at a time over all rows; defaults; links looked up once per target, as the actor."""
    env = ctx.env
    columns: dict[str, list[Row]] = {}
    for row in rows:
        refused = {e.field for e in row.errors}
        for name in row.given:
            if name in entity.fields and name not in refused:
                columns.setdefault(name, []).append(row)
    pending = links.Pending(ctx, entity)
    for name, having in columns.items():
        f, kind = entity.fields[name], entity.types[name]
        parse = kind.parse
        brings = bool(kind.companions(f))
        standard = kind.standardises(f)
        for row in having:
            value = row.given[name]
            row.touched.add(name)
            if value is None or value == "":
                row.new[name] = None
                continue
            if (kind.link or kind.anywhere) and row.trusted:
                row.new[name] = value
                continue
            if kind.link or kind.anywhere:
                pending.add(row, f, kind, value)
                continue
            try:
                stored = row.new[name] = parse(f, value, env)
                if standard and not row.trusted and (typed := kind.typed(f, value, stored)) is not None:
                    row.typed = {**(row.typed or {}), name: typed}
                if brings and not row.trusted:  # an undo names the companions that had other values
                    for companion, implied in kind.implied(f, value, env).items():
                        if companion not in row.given:
                            if isinstance(value, str):
                                row.derived.setdefault(name, []).append(companion)
                            inner = entity.fields[companion]
                            row.new[companion] = (
                                None if implied is None else entity.types[companion].parse(inner, implied, env)
                            )
            except Bad as bad:
                if row.trusted:
                    row.new[name] = value
                elif kind.sealed and row.kind == "update" and bad.code == "masked_value":
                    row.masks.append(name)  # as it was shown, perhaps: then it stays
                else:
                    row.fail(name, bad.code, **bad.values)
    creates = [r for r in rows if r.kind == "create"]
    if creates:
        for name, value in ruling.declared(ctx, entity).items():
            for row in creates:
                if name not in row.given:
                    row.new.setdefault(name, value)
    await pending.resolve()
    await _files(ctx, entity, rows)
    in_their_country(ctx, entity, rows)


def in_their_country(ctx: Context, entity: Entity, rows: Sequence[Row]) -> None:
    """Numbers that were written without a country code are those of the country that their record names, first of all fields."""
    names = [n for n in entity.stored if type(entity.types[n]).country is not FieldType.country]
    numbers = [n for n in entity.stored if type(entity.types[n]).in_country is not FieldType.in_country]
    for row in rows if names and numbers else ():
        written = [n for n in numbers if n in row.touched and not row.trusted and isinstance(row.given.get(n), str)]
        here = {**row.old, **row.new} if written else {}
        told = (entity.types[n].country(entity.fields[n], here[n]) for n in names if here.get(n))
        country = next(filter(None, told), "")
        for name in written if country else ():
            f, kind = entity.fields[name], entity.types[name]
            number = kind.in_country(f, row.given[name], country, ctx.env)
            if number is not None and number != row.new.get(name):
                row.new[name] = number
                row.typed = {n: t for n, t in (row.typed or {}).items() if n != name}
                if (typed := kind.typed(f, row.given[name], number)) is not None:
                    row.typed[name] = typed


async def _files(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """A file in a field is one that the actor uploaded, and is what it was found to be; one that stays may stay."""
    names = [n for n in entity.stored if entity.types[n].holds_file]
    wanted: dict[str, list[tuple[Row, str]]] = {}
    for row in rows:
        for name in names:
            value = row.new.get(name) if name in row.touched and not row.trusted else None
            if value is not None:
                wanted.setdefault(value["id"], []).append((row, name))
    if not wanted:
        return
    found = await ctx.db.fetch(
        f"SELECT id, name, size, type FROM {quote(ctx.workspace.schema)}._file WHERE id = ANY(%(ids)s::uuid[]) AND by = %(by)s::uuid",
        {"ids": list(wanted), "by": ctx.actor.id},
    )
    mine = {id: {"id": id, "name": name, "size": size, "type": kind} for id, name, size, kind in found}
    for id, places in wanted.items():
        for row, name in places:
            if id in mine:
                kind, f = entity.types[name], entity.fields[name]
                try:
                    row.new[name] = kind.parse(f, mine[id], ctx.env)
                except Bad as bad:
                    row.fail(name, bad.code, **bad.values)
            else:
                row.foreign.append(name)


# -- 4 load ------------------------------------------------------------------------------------------------------------


async def _load(ctx: Context, entity: Entity, rows: list[Row], atomic: bool) -> None:
    """Lock and read what is changed, with the verb's predicate; what is missing is 404, what is only visible is 403."""
    for kind in ("update", "delete", "archive", "restore"):
        mine = [r for r in rows if r.kind == kind and r.problem is None]
        if not mine:
            continue
        c = Compiler(ctx)
        source, visible = c.source(entity, "t", VERB[kind], "away" if kind == "restore" else "live")
        names = ("version", *entity.stored)
        these = c.among("t.id", [r.id for r in mine])
        columns = ", ".join(f"t.{quote(n)}" for n in names)
        locks = f"(SELECT jsonb_build_array(l.holder, l.fields) FROM {quote(ctx.workspace.schema)}._lock AS l WHERE l.record = t.id)"
        found = await ctx.db.fetch(
            f"SELECT t.id, {columns}, t._archived, {locks} FROM {source} WHERE {these} AND {visible} ORDER BY t.id FOR NO KEY UPDATE OF t",
            c.args,
        )
        images = {r[0]: dict(zip(names, r[1:-2], strict=True)) for r in found}
        archived = {r[0] for r in found if r[-2]}
        locked: dict[str, Sequence[Any]] = {r[0]: r[-1] for r in found if r[-1] is not None}
        missing = {r.id for r in mine if r.id not in images}
        seen: dict[str, bool] = {}
        if missing and kind != "restore":
            c = Compiler(ctx)
            source, visible = c.source(entity, "t", of="kept")
            these = c.among("t.id", list(missing))
            seen = dict(
                await ctx.db.fetch(f"SELECT t.id, t._archived FROM {source} WHERE {these} AND {visible}", c.args)
            )
        guided = kind == "restore" and ctx.undoes is None and ctx.bulk != merges.APART
        inside = await merges.in_others(ctx, list(images)) if guided else set[str]()
        taken: set[str] = set()
        for row in mine:
            image = images.get(row.id)
            if image is None:
                row.problem = (
                    NotFound() if row.id not in seen else Conflict("archived") if seen[row.id] else Forbidden()
                )
                continue
            if row.version is not None and row.version != image["version"]:
                row.problem = Stale()
            if row.id in locked and _locked(ctx, row, *locked[row.id]):
                row.problem = Conflict("record_locked")
            if row.id in inside:
                row.problem = Conflict("merged_away")
            if row.good:
                if row.id in taken:
                    row.fail("id", "not_unique")
                taken.add(row.id)
            row.old = image
            row.archived = row.id in archived
            row.version = image["version"]
            row.new = {**image, **row.new}
            for name in row.masks:
                if row.given[name] != entity.types[name].dump(entity.fields[name], image[name] or ""):
                    row.fail(name, "masked_value")
            for name, parts in row.derived.items():
                if row.new[name] == image[name]:  # the same name written again is not told apart again
                    row.new |= {part: image[part] for part in parts}
            for name, id in row.away:
                if id not in links.ids_in(image[name]):
                    row.fail(name, "reference_archived")
            for name in row.foreign:
                held = mapping(image[name])
                if held is not None and held.get("id") == row.new[name]["id"]:
                    row.new[name] = held
                else:
                    row.fail(name, "reference_not_found")
        settle([r for r in mine if r.problem is not None], atomic)


def _locked(ctx: Context, row: Row, holder: str, fields: Sequence[str] | None) -> bool:
    """Whether somebody decides about the record, or about what is to be changed of it, and this is not their own act."""
    if ctx.actor.system or ctx.change_set == holder:
        return False
    return fields is None or row.kind != "update" or bool(set(fields) & row.given.keys())


# -- 5 rules -----------------------------------------------------------------------------------------------------------


def _rules(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """The engine's own rules (stages, required), then the object's: before_save once in declaration order, then checks."""
    for row in rows:
        if row.kind not in ("create", "update") or row.problem is not None:
            continue
        create = row.kind == "create"
        if not row.trusted:
            _compose(entity, row)
        if entity.stage is not None:
            _stage(ctx, entity, entity.stage, row)
        written = {n: row.new[n] for n in row.given if n in row.new} if row.trusted else {}
        for rule in () if row.exact else rules.befores(entity.name):
            if create or not rule.fields or rule.fields & row.touched:
                wrapped = rule.wrap(row.new, row.old, row.id) if rule.wrap else row.new
                rule.function(wrapped, ctx)
        row.new |= written
        refused = {e.field for e in row.errors}
        for name in entity.required:
            if (create or name in row.touched) and _empty(row.new.get(name)) and name not in refused:
                row.fail(name, "required")
        if row.errors:
            continue
        for rule in rules.checks(entity.name):
            if create or not rule.fields or rule.fields & row.touched:
                wrapped = rule.wrap(row.new, row.old, row.id) if rule.wrap else row.new
                answer = rule.function(wrapped, ctx)
                if answer is not None:
                    row.fail(answer[0], answer[1], **answer[2])


def _compose(entity: Entity, row: Row) -> None:
    """A value of which only parts were written is made of its parts."""
    for name in {entity.fields[n].of for n in row.touched} - {None} - row.given.keys():
        f, kind = entity.fields[name or ""], entity.types[name or ""]
        parts = [c.name for c in kind.companions(f)]
        whole = kind.composed(f, row.new.get(f.name), *({p: side.get(p) for p in parts} for side in (row.new, row.old)))
        if whole != row.new.get(f.name):
            row.new[f.name] = whole
            row.touched.add(f.name)


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def _stage(ctx: Context, entity: Entity, f: Field, row: Row) -> None:
    """A record is in a stage of its pipeline; while it is there it wants the stage's fields; its kind and time are kept."""
    name = f.name
    through = str(f.config.get("pipeline", "pipeline"))
    new = row.new
    if row.kind == "update" and not row.touched & {name, through}:
        stage = ctx.catalog.find_stage(entity.name, new.get(through), new.get(name))
        _wanted(entity, stage.required if stage else (), row, entered=False)
        return
    choices = ctx.catalog.pipelines_of(entity.name)
    if not choices or any(e.field in (name, through) for e in row.errors):
        return
    if new.get(through) is None:
        wanted = new.get(name)
        fits = [p for p in choices if any(s.name == wanted for s in p.stages)]
        new[through] = (fits or choices)[0].name
    chosen = next((p for p in choices if p.name == new[through]), choices[0])
    moved = through in row.touched and name not in row.touched and row.kind == "update"
    if (new.get(name) is None or moved) and ctx.catalog.find_stage(entity.name, chosen.name, new.get(name)) is None:
        new[name] = next(s.name for s in chosen.stages if s.kind == "open")
    stage = ctx.catalog.find_stage(entity.name, chosen.name, new[name])
    if stage is None:
        row.fail(name, "not_an_option", value=new[name])
        return
    entered = row.old.get(name) != new[name] or row.old.get(through) != new[through]
    if entered:
        new[f"{name}_kind"] = stage.kind
        if f"{name}_since" not in row.given:
            new[f"{name}_since"] = ctx.now
        row.touched.add(name)
    _wanted(entity, stage.required, row, entered)


def _wanted(entity: Entity, names: Iterable[str], row: Row, entered: bool) -> None:
    """A stage's fields may be empty neither when it is entered nor by being emptied there."""
    for name in names:
        if name in entity.fields and (entered or name in row.touched) and _empty(row.new.get(name)) and not row.trusted:
            row.fail(name, "required")


async def _unique(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """Values of unique fields that are taken, by stored records or inside the batch; the constraint has the last word."""
    for name in entity.stored:
        f = entity.fields[name]
        if not f.unique:
            continue
        mine = [r for r in rows if r.good and r.kind in ("create", "update") and r.new.get(name) is not None]
        mine = [r for r in mine if r.new[name] != r.old.get(name)]
        if not mine:
            continue
        table = f"{quote(ctx.workspace.schema)}.{quote(entity.name)}"
        taken = dict(
            await ctx.db.fetch(
                f"SELECT {quote(name)}, id FROM {table} WHERE {quote(name)} = ANY(%(values)s::{entity.types[name].column(f)}[])"
                " AND deleted_at IS NULL",
                {"values": [r.new[name] for r in mine]},
            )
        )
        for row in mine:
            value = row.new[name]
            if taken.get(value, row.id) != row.id:
                row.fail(name, "not_unique")
            else:
                taken[value] = row.id


# -- 9 react, answer ---------------------------------------------------------------------------------------------------


async def count(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """Keep the books of a bulk act."""
    if not ctx.bulk:
        return
    good = [r for r in rows if r.good]
    counts = {
        "created": sum(r.kind in ("create", "restore") for r in good),
        "updated": sum(r.kind == "update" and bool(r.touched) for r in good),
        "deleted": sum(r.kind in ("delete", "archive") for r in good),
    }
    if not any(counts.values()):
        return
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._change_set AS c (id, actor, kind, label, object, created, updated, deleted, undoes)"
        " VALUES (%(id)s::uuid, %(actor)s::uuid, %(bulk)s, %(label)s, %(object)s, %(created)s, %(updated)s, %(deleted)s, %(undoes)s::uuid)"
        " ON CONFLICT (id) DO UPDATE SET created = c.created + excluded.created, updated = c.updated + excluded.updated,"
        " deleted = c.deleted + excluded.deleted",
        {
            "id": ctx.change_set,
            "actor": None if ctx.actor.id == NOBODY else ctx.actor.id,
            "bulk": ctx.bulk,
            "label": ctx.label,
            "object": entity.name,
            "undoes": ctx.undoes,
            **counts,
        },
    )


async def _react(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """After-save rules, once a batch, one level deeper."""
    registered = rules.afters(entity.name)
    if not registered:
        return
    # What is archived counts no more, as what is deleted does.
    saved = [rules.Saved(r.id, "delete" if r.kind == "archive" else r.kind, r.old, r.new) for r in rows if r.good]
    for rule in registered:
        mine = [
            s
            for s in saved
            if not rule.fields or any(s.changed(n) for n in rule.fields) or s.kind in ("delete", "restore")
        ]
        if mine:
            await rule.function(ctx.caused_by(rule.function.__name__), mine)


async def _outcomes(ctx: Context, entity: Entity, rows: list[Row], render: bool) -> list[Outcome]:
    shown: dict[str, bytes] = {}
    wanted = [r.id for r in rows if r.good and r.kind not in ("delete", "archive")] if render else []
    if wanted and access.may(ctx.actor, entity, "read"):
        if rows[0].record is not None:
            shown = {rows[0].id: rows[0].record}
        elif len(wanted) == 1:  # PostgreSQL keeps the plan of this; with a list of ids it plans anew each time
            statement = ctx.kept(
                ("one", ctx.catalog.version, entity.name, None), lambda: Compiler(ctx).one(entity, wanted[0])
            )
            found = await ctx.db.value(statement.sql, {**statement.args, "id": wanted[0]})
            shown = {wanted[0]: found} if found is not None else {}
        else:
            statement = ctx.kept(("many", ctx.catalog.version, entity.name), lambda: Compiler(ctx).many(entity))
            shown = dict(await ctx.db.fetch(statement.sql, {**statement.args, "ids": wanted}))
    out: list[Outcome] = []
    for row in rows:
        if row.good:
            status = {"create": 201, "update": 200, "delete": 204, "archive": 204, "restore": 200}[row.kind]
            changed = row.kind != "update" or bool(row.touched)
            typed = {n: (t, row.new.get(n)) for n, t in row.typed.items()} if row.typed else None
            out.append(Outcome(status, row.id, row.kind, record=shown.get(row.id), changed=changed, typed=typed))
        else:
            problem = row.problem or Invalid(errors=row.errors)
            out.append(Outcome(problem.status, row.id if row.kind != "create" else None, row.kind, problem))
    return out
