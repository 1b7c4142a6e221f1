"""The one way in: nine steps on a batch, always these, always in this order. One record is a batch of one.

1 open (the caller's transaction and Context), 2 may, 3 parse, 4 load, 5 rules, 6 store, 7 still may, 8 journal, 9 react.
Steps 6 and 8 are one statement each for creating, changing, deleting and restoring. Nothing commits here: that is the
caller's, at the edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from guanxi.base import Conflict, FieldError, Forbidden, Invalid, NotFound, Problem, Stale, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.base.shape import mapping
from guanxi.pg import CheckViolation, ForeignKeyViolation, UniqueViolation
from guanxi.records import access, grams, links, rules
from guanxi.records.compile import Compiler, Statement, quote
from guanxi.records.context import Context
from guanxi.records.tables import index_name, sequence_name
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE, both, where
from guanxi.schema.model import Field
from guanxi.schema.query import Query
from guanxi.schema.types import Bad
from guanxi.schema.types.internal import AutoNumber

MAX_DEPTH = 8
NUMBERING = AutoNumber()
MAX_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Create:
    """A new record. ``id`` may be given by trusted callers; ``stored`` says that values are already in stored form."""

    values: Mapping[str, Any]
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """A change; with ``version`` it is refused as stale when the record has another.

    ``trusted`` values are in stored form and may name any field; ``exact`` says that they make an image whole that the
    record once had, so that nothing is computed from them.
    """

    id: str
    values: Mapping[str, Any]
    version: int | None = None
    trusted: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Upsert:
    """A change of the one record whose fields equal ``key``, or a new one with ``key`` and ``values``."""

    key: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delete:
    """To the recycle bin."""

    id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """Back from the recycle bin."""

    id: str


Operation = Create | Update | Upsert | Delete | Restore
Kind = Literal["create", "update", "delete", "restore"]
VERB: Mapping[Kind, str] = {"create": "create", "update": "update", "delete": "delete", "restore": "delete"}


@dataclass(slots=True)
class Outcome:
    """What became of one operation: ``status`` as HTTP says it; ``problem`` when it was refused."""

    status: int
    id: str | None = None
    kind: Kind = "create"
    problem: Problem | None = None
    record: bytes | None = None


@dataclass(slots=True)
class Row:
    """One record on its way through the steps. ``new`` is the whole image in stored form, ``given`` what was sent."""

    entity: Entity
    index: int
    kind: Kind
    id: str
    given: Mapping[str, Any]
    version: int | None = None
    trusted: bool = False
    exact: bool = False
    old: dict[str, Any] = field(default_factory=dict[str, Any])
    new: dict[str, Any] = field(default_factory=dict[str, Any])
    touched: set[str] = field(default_factory=set[str])
    errors: list[FieldError] = field(default_factory=list[FieldError])
    foreign: list[str] = field(default_factory=list[str])
    derived: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    problem: Problem | None = None
    answers: bool = False
    record: bytes | None = None
    """The record as JSON, when ``answers`` let the storing statement tell it."""

    @property
    def good(self) -> bool:
        """Whether nothing has been refused so far."""
        return self.problem is None and not self.errors

    def fail(self, name: str | None, code: str, **values: object) -> None:
        """Refuse a field; the message calls it by its label, unless it is to stay unknown."""
        known = self.entity.fields.get(name or "") if code != "unknown_field" else None
        self.errors.append(FieldError(name, code, {"field": known.label, **values} if known else values))


async def write(
    ctx: Context, object_name: str, operations: Sequence[Operation], *, atomic: bool = True, render: bool = True
) -> list[Outcome]:
    """Carry out operations on one object, in order of kind (create, update, restore, delete), answering in the order sent.

    ``atomic``: the first refusal raises its Problem with the errors of all rows; the caller's transaction must then roll
    back. Otherwise refused rows are answered one by one and the others are stored. ``render`` adds each record as JSON.
    """
    if len(operations) > MAX_BATCH:
        raise Invalid.one("operations", "too_complex", limit=MAX_BATCH)
    if ctx.depth > MAX_DEPTH:
        raise Conflict("too_deep", cause=ctx.cause)
    entity = ctx.catalog.object(object_name)
    if not operations:
        return []
    rows = await _may(ctx, entity, operations)
    await _parse(ctx, entity, rows)
    await _load(ctx, entity, rows, atomic)
    for row in rows:
        if row.kind == "create":
            for name in row.foreign:
                row.fail(name, "reference_not_found")
    _rules(ctx, entity, rows)
    await _unique(ctx, entity, rows)
    _settle(rows, atomic)
    rows[0].answers = render and _final(ctx, entity, rows)
    try:
        await _store(ctx, entity, rows, atomic)
    except (UniqueViolation, ForeignKeyViolation, CheckViolation) as violation:
        _blame(entity, violation, rows)
        _settle(rows, atomic=True)
    await _count(ctx, entity, rows)
    await _react(ctx, entity, rows)
    return await _outcomes(ctx, entity, rows, render)


def _settle(rows: Sequence[Row], atomic: bool) -> None:
    """In an atomic batch any refusal ends it: raise the first row's kind of refusal with the errors of all rows."""
    if not atomic:
        return
    bad = [r for r in rows if not r.good]
    if not bad:
        return
    first = min(bad, key=lambda r: r.index)
    if first.problem is not None:
        raise first.problem
    raise Invalid(errors=[replace(e, row=None if len(rows) == 1 else r.index) for r in bad for e in r.errors])


# -- 2 may -------------------------------------------------------------------------------------------------------------


async def _may(ctx: Context, entity: Entity, operations: Sequence[Operation]) -> list[Row]:
    """The verb is granted; unknown and unwritable fields are refused together."""
    rows: list[Row] = []
    upserts: list[tuple[Row, Upsert]] = []
    for i, op in enumerate(operations):
        match op:
            case Create(values, id):
                rows.append(Row(entity, i, "create", id or new_id(), values))
            case Update(id, values, version, trusted, exact):
                rows.append(Row(entity, i, "update", id, values, version, trusted, exact))
            case Upsert(key, values):
                rows.append(Row(entity, i, "create", new_id(), {**key, **values}))
                upserts.append((rows[-1], op))
            case Delete(id, version):
                rows.append(Row(entity, i, "delete", id, {}, version))
            case Restore(id):
                rows.append(Row(entity, i, "restore", id, {}))
    if upserts:
        await _find_keys(ctx, entity, upserts)
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
    if found is None or not (access.readable(ctx.actor, entity, found) or not entity.types[name].readable):
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


async def _parse(ctx: Context, entity: Entity, rows: list[Row]) -> None:
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
                row.new[name] = parse(f, value, env)
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
                else:
                    row.fail(name, bad.code, **bad.values)
    creates = [r for r in rows if r.kind == "create"]
    if creates:
        for name, value in _defaults(ctx, entity).items():
            for row in creates:
                if name not in row.given:
                    row.new.setdefault(name, value)
    await pending.resolve()
    await _files(ctx, entity, rows)


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


def _defaults(ctx: Context, entity: Entity) -> dict[str, Any]:
    """Stored defaults of the fields that have one."""
    out: dict[str, Any] = {}
    for name in entity.stored:
        f = entity.fields[name]
        if f.default is None:
            continue
        kind = entity.types[name]
        try:
            value = kind.default(f, ctx.env)
            if value is None or value == NOBODY:
                continue
            out[name] = kind.operand(f, "eq", value, ctx.env) if kind.grains else kind.parse(f, value, ctx.env)
        except Bad:
            continue
    return out


NOBODY = "00000000-0000-0000-0000-000000000000"


# -- 4 load ------------------------------------------------------------------------------------------------------------


async def _load(ctx: Context, entity: Entity, rows: list[Row], atomic: bool) -> None:
    """Lock and read what is changed, with the verb's predicate; what is missing is 404, what is only visible is 403."""
    for kind in ("update", "delete", "restore"):
        mine = [r for r in rows if r.kind == kind and r.problem is None]
        if not mine:
            continue
        c = Compiler(ctx)
        source, visible = c.source(entity, "t", VERB[kind], deleted=kind == "restore")
        names = ("version", *entity.stored)
        these = c.among("t.id", [r.id for r in mine])
        columns = ", ".join(f"t.{quote(n)}" for n in names)
        found = await ctx.db.fetch(
            f"SELECT t.id, {columns} FROM {source} WHERE {these} AND {visible} ORDER BY t.id FOR UPDATE OF t",
            c.args,
        )
        images = {r[0]: dict(zip(names, r[1:], strict=True)) for r in found}
        missing = {r.id for r in mine if r.id not in images}
        seen: set[str] = set()
        if missing and kind != "restore":
            c = Compiler(ctx)
            source, visible = c.source(entity, "t")
            these = c.among("t.id", list(missing))
            seen = {r[0] for r in await ctx.db.fetch(f"SELECT t.id FROM {source} WHERE {these} AND {visible}", c.args)}
        taken: set[str] = set()
        for row in mine:
            image = images.get(row.id)
            if image is None:
                row.problem = Forbidden() if row.id in seen else NotFound()
                continue
            if row.version is not None and row.version != image["version"]:
                row.problem = Stale()
            if row.good:
                if row.id in taken:
                    row.fail("id", "not_unique")
                taken.add(row.id)
            row.old = image
            row.version = image["version"]
            row.new = {**image, **row.new}
            for name, parts in row.derived.items():
                if row.new[name] == image[name]:  # the same name written again is not told apart again
                    row.new |= {part: image[part] for part in parts}
            for name in row.foreign:
                held = mapping(image[name])
                if held is not None and held.get("id") == row.new[name]["id"]:
                    row.new[name] = held
                else:
                    row.fail(name, "reference_not_found")
        _settle([r for r in mine if r.problem is not None], atomic)


# -- 5 rules -----------------------------------------------------------------------------------------------------------


def _rules(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """The engine's own rules (stages, required), then the object's: before_save once in declaration order, then checks."""
    for row in rows:
        if row.kind not in ("create", "update") or row.problem is not None:
            continue
        create = row.kind == "create"
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


# -- 6 store, 8 journal ------------------------------------------------------------------------------------------------


class _Beyond(Exception):
    """Rows that their writer could not reach any more; they are marked."""


async def _store(ctx: Context, entity: Entity, rows: list[Row], atomic: bool) -> None:
    """Steps 6 to 8. Rows that only the database can refuse are found one by one, unless the batch is atomic."""
    good = [r for r in rows if r.good]
    if atomic:
        await _store_all(ctx, entity, good, atomic)
        if await _beyond(ctx, entity, good):
            raise Forbidden("forbidden_scope")
        return
    while good:
        try:
            async with ctx.db.savepoint():
                await _store_all(ctx, entity, good, atomic)
                if await _beyond(ctx, entity, good):
                    raise _Beyond  # noqa: TRY301 - it undoes this attempt
            return
        except _Beyond:  # nothing of this attempt stays; the others go in without them
            good = [r for r in good if r.good]
        except (UniqueViolation, ForeignKeyViolation, CheckViolation) as violation:
            if len(good) == 1:
                _blame(entity, violation, good)
                return
            for row in good:
                await _store(ctx, entity, [row], atomic)
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
    _settle(deletes, atomic)
    for kind in ("restore", "delete"):
        mine = [r for r in rows if r.kind == kind and r.good]
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


def _journal_columns(ctx: Context, entity: Entity, kind: Kind) -> tuple[str, dict[str, Any]]:
    return (
        "%(object)s, {id}, %(kind)s, %(actor)s::uuid, %(cause)s, %(set)s::uuid",
        {
            "object": entity.name,
            "kind": kind,
            "actor": None if ctx.actor.id == NOBODY else ctx.actor.id,
            "cause": ctx.cause,
            "set": ctx.change_set,
        },
    )


def _search_rows(entity: Entity, rows: Iterable[Row]) -> str:
    """Index entries of records, as JSON rows."""
    out: list[dict[str, Any]] = []
    names = entity.searched
    spelt = {n for n in names if entity.fields[n].search == "A" or n == entity.title}
    for row in rows:
        parts: dict[str, str] = {}
        for name in names:
            value = row.new.get(name)
            if value is not None:
                text = entity.types[name].search_text(entity.fields[name], value)
                if text:
                    parts[name] = grams.index_text(text, spelt=name in spelt)
        title = parts.get(entity.title, "")
        found = grams.of_index(entity.name, parts.values(), title)
        # the array as PostgreSQL writes it: it reads that twice as fast as an array in JSON
        out.append(
            {
                "id": row.id,
                "title": title.partition("\n")[0],
                "parts": parts,
                "grams": "{" + ",".join(map(str, found)) + "}",
            }
        )
    return rows_text(out)


def rows_text(rows: list[dict[str, Any]]) -> str:
    """Rows as one JSON argument, from which PostgreSQL makes a table."""
    return dumps(rows).decode()


def _final(ctx: Context, entity: Entity, rows: Sequence[Row]) -> bool:
    """Whether the one record is, once stored, what the answer shows: then the same statement can tell it."""
    row = rows[0]
    return (
        len(rows) == 1
        and row.kind in ("create", "update")
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

    return ctx.actor.kept(("items", ctx.catalog.version, entity.name), make)


async def _carry_out(
    ctx: Context, entity: Entity, rows: Sequence[Row], begun: str, stored: str, journal: str, args: dict[str, Any]
) -> None:
    """The storing statement: ``begun`` are its CTEs, ``stored`` the one that has the records, ``journal`` the end."""
    if not rows[0].answers:
        await ctx.db.execute(f"{begun} {journal}", args)
        return
    items = _items(ctx, entity)
    rows[0].record = await ctx.db.value(
        f"{begun}, told AS ({journal}) SELECT row_to_json(_r) FROM {stored} AS p CROSS JOIN LATERAL (SELECT {items.sql}) AS _r",
        {**items.args, **args},
    )


SEARCH_COLUMNS = "(id uuid, title text, parts jsonb, grams text)"


async def _insert(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    schema = quote(ctx.workspace.schema)
    table = f"{schema}.{quote(entity.name)}"
    names = [n for n in entity.stored if any(r.new.get(n) is not None for r in rows)]
    listed = "".join(f", {quote(n)}" for n in names)
    picked = "".join(f", r.{quote(n)}" for n in names)
    journal, args = _journal_columns(ctx, entity, "create")
    args |= {
        "rows": rows_text([{"id": r.id, **{n: r.new[n] for n in names if r.new.get(n) is not None}} for r in rows]),
        "drop": [
            "id",
            "version",
            "created_at",
            "updated_at",
            "created_by",
            "updated_by",
            "deleted_at",
            "deleted_by",
            *entity.secret,
        ],
        "search": _search_rows(entity, rows),
    }
    await _carry_out(
        ctx,
        entity,
        rows,
        f"WITH ins AS (INSERT INTO {table} (id, created_by, updated_by{listed})"
        f" SELECT r.id, %(actor)s::uuid, %(actor)s::uuid{picked} FROM json_populate_recordset(NULL::{table}, %(rows)s::json) AS r"
        f" RETURNING *), found AS (INSERT INTO {schema}._search (id, object, title, parts, grams)"
        f" SELECT s.id, %(object)s, s.title, s.parts, s.grams::int[] FROM json_to_recordset(%(search)s::json) AS s{SEARCH_COLUMNS})",
        "ins",
        f"INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version, after)"
        f" SELECT {journal.format(id='ins.id')}, 1, jsonb_strip_nulls(to_jsonb(ins.*) - %(drop)s::text[]) FROM ins",
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
            }
        )
    if not really:
        return
    schema = quote(ctx.workspace.schema)
    table = f"{schema}.{quote(entity.name)}"
    names = [n for n in entity.stored if n in changed]
    journal, args = _journal_columns(ctx, entity, "update")
    args |= {
        "rows": rows_text([{"id": r.id, **{n: r.new.get(n) for n in names}} for r in really]),
        "changes": rows_text(changes),
    }
    found = ""
    searched = [r for r in really if r.touched & set(entity.searched)]
    if searched:
        args["search"] = _search_rows(entity, searched)
        found = (
            f", found AS (INSERT INTO {schema}._search (id, object, title, parts, grams)"
            f" SELECT s.id, %(object)s, s.title, s.parts, s.grams::int[] FROM json_to_recordset(%(search)s::json) AS s{SEARCH_COLUMNS}"
            " ON CONFLICT (id) DO UPDATE SET title = excluded.title, parts = excluded.parts, grams = excluded.grams)"
        )
    sets = ", ".join(f"{quote(n)} = r.{quote(n)}" for n in names)
    await _carry_out(
        ctx,
        entity,
        rows,
        f"WITH up AS (UPDATE {table} AS t SET {sets}, version = t.version + 1, updated_at = now(), updated_by = %(actor)s::uuid"
        f" FROM json_populate_recordset(NULL::{table}, %(rows)s::json) AS r WHERE t.id = r.id RETURNING t.*){found}",
        "up",
        f"INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version, before, after)"
        f" SELECT {journal.format(id='up.id')}, up.version, j.before, j.after FROM up"
        f" JOIN json_to_recordset(%(changes)s::json) AS j(id uuid, before jsonb, after jsonb) ON j.id = up.id",
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
                    f" WHERE {quote(f.name)} = ANY(%(ids)s::uuid[]) AND deleted_at IS NULL",
                    {"ids": list(by_id)},
                )
                for (id,) in held:
                    by_id[id].problem = Conflict("still_referenced")


async def _bin(ctx: Context, entity: Entity, rows: list[Row], kind: Literal["delete", "restore"]) -> None:
    """Into the recycle bin, or back."""
    schema = quote(ctx.workspace.schema)
    table = f"{schema}.{quote(entity.name)}"
    ids = [r.id for r in rows]
    journal, args = _journal_columns(ctx, entity, kind)
    args["ids"] = ids
    when = (
        "deleted_at = now(), deleted_by = %(actor)s::uuid"
        if kind == "delete"
        else "deleted_at = NULL, deleted_by = NULL"
    )
    await ctx.db.execute(
        f"WITH up AS (UPDATE {table} SET {when}, version = version + 1 WHERE id = ANY(%(ids)s::uuid[]) RETURNING id, version)"
        f" INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version)"
        f" SELECT {journal.format(id='up.id')}, up.version FROM up",
        args,
    )


def _blame(entity: Entity, violation: UniqueViolation | ForeignKeyViolation | CheckViolation, rows: list[Row]) -> None:
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


# -- 7 still may -------------------------------------------------------------------------------------------------------


async def _beyond(ctx: Context, entity: Entity, rows: list[Row]) -> bool:
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


# -- 9 react, answer ---------------------------------------------------------------------------------------------------


async def _count(ctx: Context, entity: Entity, rows: list[Row]) -> None:
    """Keep the books of a bulk act."""
    if not ctx.bulk:
        return
    good = [r for r in rows if r.good]
    counts = {
        "created": sum(r.kind in ("create", "restore") for r in good),
        "updated": sum(r.kind == "update" and bool(r.touched) for r in good),
        "deleted": sum(r.kind == "delete" for r in good),
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
    saved = [rules.Saved(r.id, r.kind, r.old, r.new) for r in rows if r.good]
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
    wanted = [r.id for r in rows if r.good and r.kind != "delete"] if render else []
    if wanted and access.may(ctx.actor, entity, "read"):
        if rows[0].record is not None:
            shown = {rows[0].id: rows[0].record}
        elif len(wanted) == 1:  # PostgreSQL keeps the plan of this; with a list of ids it plans anew each time
            statement = ctx.actor.kept(
                ("one", ctx.catalog.version, entity.name, None), lambda: Compiler(ctx).one(entity, wanted[0])
            )
            found = await ctx.db.value(statement.sql, {**statement.args, "id": wanted[0]})
            shown = {wanted[0]: found} if found is not None else {}
        else:
            statement = ctx.actor.kept(("many", ctx.catalog.version, entity.name), lambda: Compiler(ctx).many(entity))
            shown = dict(await ctx.db.fetch(statement.sql, {**statement.args, "ids": wanted}))
    out: list[Outcome] = []
    for row in rows:
        if row.good:
            status = {"create": 201, "update": 200, "delete": 204, "restore": 200}[row.kind]
            out.append(Outcome(status, row.id, row.kind, record=shown.get(row.id)))
        else:
            problem = row.problem or Invalid(errors=row.errors)
            out.append(Outcome(problem.status, row.id if row.kind != "create" else None, row.kind, problem))
    return out


async def mass(
    ctx: Context, query: Query, values: Mapping[str, Any] | None, ids: Sequence[str] | None = None
) -> tuple[int, int]:
    """Change (or, with ``values`` None, delete) every record of a query that the actor may; (matched, changed).

    Records are taken in chunks in one transaction, so that it is all or nothing; what is visible but may not be changed
    makes a Forbidden.
    """
    wanted = query.filter if ids is None else both(query.filter, where("id", "in", list(ids)))
    statement = Compiler(ctx).ids(replace(query, filter=wanted, limit=None))
    found = [r[0] for r in await ctx.db.fetch(statement.sql, statement.args)]
    changed = 0
    for start in range(0, len(found), MAX_BATCH):
        chunk = found[start : start + MAX_BATCH]
        operations: list[Operation] = [Delete(i) if values is None else Update(i, values) for i in chunk]
        outcomes = await write(ctx, query.object, operations, render=False)
        changed += sum(o.problem is None for o in outcomes)
    return len(found), changed
