"""Taking apart what was merged, however long ago: those that went in come back with their values and with what was led away from
them. What came since, and what was changed since, is decided by whoever does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guanxi.base import Conflict, FieldError, Invalid, NotFound
from guanxi.base.ids import is_id
from guanxi.base.json import loads
from guanxi.base.shape import mapping
from guanxi.base.text import say
from guanxi.merging.combining import units
from guanxi.pg import quote
from guanxi.records import access, merges, moving
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.records.journal import resolve, titles_of, veiled, who
from guanxi.records.moving import Place, Pointer
from guanxi.records.read import visible
from guanxi.records.row import Operation, Restore, Row, Update
from guanxi.records.write import parse, write
from guanxi.schema.catalog import Entity
from guanxi.schema.types.former import fitting

LISTED = 200
"""Records that came since and are named, for each list."""

SIDES = ("before", "after", "now")


async def merged(ctx: Context, object_name: str, id: str) -> list[dict[str, Any]]:
    """What went into a record and is still in it, the latest first: ``[{"id", "at", "actor", "change_set", "lost": [{"id",
    "title"}]}]``; titles that one may not see are null."""
    entity = ctx.catalog.object(object_name)
    await visible(ctx, object_name, id)
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"SELECT m.id, m.at, m.actor, m.change_set, array_agg(l.lost ORDER BY l.lost) FROM {schema}._merge AS m"
        f" JOIN {schema}._merged AS l ON l.merge = m.id AND l.ended_by IS NULL"
        " WHERE m.survivor = %(id)s::uuid AND m.object = %(object)s GROUP BY m.id ORDER BY m.at DESC, m.id DESC",
        {"id": id, "object": object_name},
    )
    users = await titles_of(ctx, "user", {r[2] for r in rows if r[2]})
    titles = await merges.lost_titles(ctx, entity, [i for r in rows for i in r[4]])
    return [
        {
            "id": r[0],
            "at": r[1],
            "actor": who(r[2], users),
            "change_set": r[3],
            "lost": [{"id": i, "title": titles.get(i)} for i in r[4]],
        }
        for r in rows
    ]


async def into(ctx: Context, object_name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Where those of these records in the bin are that went into others: ``[{"id", "into": {"id", "title"}}]``; null for one that
    the reader may not see."""
    at = await merges.whereabouts(ctx, ids)
    known = await merges.lost_titles(ctx, ctx.catalog.object(object_name), list(at))
    titles = await titles_of(ctx, object_name, {at[i] for i in known})
    return [{"id": i, "into": {"id": at[i], "title": titles[at[i]]} if at[i] in titles else None} for i in known]


@dataclass(frozen=True, slots=True)
class Parting:
    """A merge that is to be taken apart: the one that stays and its values now, those that come out (``lost``) and those that
    were in it (``all``), the values that the merge changed, before and after it, and where they came from."""

    id: str
    survivor: str
    at: Any
    lost: tuple[str, ...]
    all: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    sources: Mapping[str, str]
    now: Mapping[str, Any]

    @property
    def whole(self) -> bool:
        """Whether all that went in comes out."""
        return set(self.lost) == set(self.all)


async def taking_apart(
    ctx: Context, object_name: str, id: str, merge: str | None = None, lost: Sequence[str] | None = None
) -> dict[str, Any]:
    """What :func:`unmerge` would do: ``{"merge", "at", "lost": [{"id", "title"}], "version", "fields": [{"name", "before", "after",
    "now", "choice"}], "moved": [{"name", "label", "count"}], "since": [{"name", "object", "field", "label", "count", "records":
    [{"id", "title", "created_at"}]}]}``. ``choice`` is what a field gets unless one says otherwise."""
    entity = ctx.catalog.object(object_name)
    parting = await _load(ctx, entity, id, merge, lost)
    titles = await merges.lost_titles(ctx, entity, parting.lost)
    pointers = await _led(ctx, entity, parting)
    moved: list[dict[str, Any]] = []
    for place in dict.fromkeys(p.place for p in pointers):
        seen = await moving.seen(ctx, place.object, [p.id for p in pointers if p.place == place])
        if seen and access.readable(ctx.actor, e := ctx.catalog.entities[place.object], e.fields[place.field]):
            moved.append({"name": place.name, "label": _label(ctx, entity, place), "count": len(seen)})
    return {
        "merge": parting.id,
        "at": parting.at,
        "lost": [{"id": i, "title": titles.get(i)} for i in parting.lost],
        "version": parting.now["version"],
        "fields": await _sides(ctx, entity, parting),
        "moved": moved,
        "since": await _since(ctx, entity, parting),
    }


async def unmerge(
    ctx: Context,
    object_name: str,
    id: str,
    merge: str | None = None,
    lost: Sequence[str] | None = None,
    fields: Mapping[str, Any] | None = None,
    children: Sequence[Mapping[str, Any]] = (),
    version: int | None = None,
) -> dict[str, Any]:
    """Take records out of the one that they went into: ``{"id", "lost", "moved": [{"object", "count"}], "change_set"}``.

    ``fields`` says of what the merge changed what it is to be: ``before``, ``after`` or ``now``, or ``{"value": …}``; of the others it
    is what it was before, unless it was changed since. ``children`` are records that came since and go with one of those that come
    out: ``{"object", "field", "id", "to"}``; the actor must have the right to change them. It is a change set, which can be undone.
    """
    entity = ctx.catalog.object(object_name)
    own = replace(ctx, bulk=merges.APART)
    parting = await _load(own, entity, id, merge, lost, lock=True)
    if version is not None and version != parting.now["version"]:
        raise Conflict("stale")
    values = await _values(own, entity, parting, fields or {})
    pointers = await _led(own, entity, parting)
    later = _later(own, entity, parting, children)
    values = {n: v for n, v in values.items() if not entity.types[n].same(v, parting.now.get(n))}
    if values:
        exact = all(entity.types[n].same(parting.after.get(n), parting.now.get(n)) for n in parting.after)
        await write(own, object_name, [Update(id, values, trusted=True, exact=exact)], render=False)
    else:
        await visible(own, object_name, id, "update")
    await write(own, object_name, [Restore(i) for i in parting.lost], render=False)
    await moving.lead(own, pointers)
    for (name, field), to in later.items():
        many = ctx.catalog.entities[name].types[field].many
        lists = await _lists(own, name, field, id, to) if many else {}
        operations: list[Operation] = [
            Update(i, {field: lists[i]}, trusted=True)
            if many
            else Update(i, {field: _link(own, name, field, entity, t)})
            for i, t in to.items()
        ]
        await write(own, name, operations, render=False)
    await merges.settle(own, entity, parting.lost)
    ctx.moved.extend((object_name, i) for i in (id, *parting.lost))
    by_object: dict[str, set[str]] = {}
    for p in pointers:
        by_object.setdefault(p.place.object, set()).add(p.id)
    told = [
        {"object": name, "count": len(seen)}
        for name, ids in by_object.items()
        if (seen := await moving.seen(own, name, ids))
    ]
    return {"id": id, "lost": list(parting.lost), "moved": told, "change_set": own.change_set}


# -- what there is -----------------------------------------------------------------------------------------------------


async def _load(
    ctx: Context, entity: Entity, id: str, merge: str | None, lost: Sequence[str] | None, lock: bool = False
) -> Parting:
    """The merge, the latest unless one is named. NotFound where there is none, or the actor sees not all of it."""
    await visible(ctx, entity.name, id)
    schema = quote(ctx.workspace.schema)
    if merge is not None and not is_id(merge):
        raise NotFound
    names = ("version", *entity.stored)
    columns = ", ".join(f"t.{quote(n)}" for n in names)
    now = await ctx.db.row(
        f"SELECT {columns} FROM {schema}.{quote(entity.name)} AS t WHERE t.id = %(id)s::uuid{' FOR NO KEY UPDATE' if lock else ''}",
        {"id": id},
    )
    row = await ctx.db.row(
        f"SELECT m.id, m.at::text, m.before::json, m.after::json, m.sources FROM {schema}._merge AS m"
        " WHERE m.survivor = %(id)s::uuid AND m.object = %(object)s AND (%(merge)s::uuid IS NULL OR m.id = %(merge)s::uuid)"
        f" AND EXISTS (SELECT 1 FROM {schema}._merged AS l WHERE l.merge = m.id AND l.ended_by IS NULL)"
        " ORDER BY m.at DESC, m.id DESC LIMIT 1",
        {"id": id, "object": entity.name, "merge": merge},
    )
    if row is None or now is None:
        raise NotFound("not_merged")
    inside = await ctx.db.fetch(
        f"SELECT lost FROM {schema}._merged WHERE merge = %(merge)s::uuid AND ended_by IS NULL ORDER BY lost",
        {"merge": row[0]},
    )
    every = tuple(r[0] for r in inside)
    chosen = tuple(dict.fromkeys(every if lost is None else lost))
    known = await merges.lost_titles(ctx, entity, every)
    if not chosen or set(chosen) - known.keys() or set(chosen) - set(every):
        raise NotFound("not_merged")
    env = ctx.env
    sides = (
        {
            n: fitting(entity.fields[n], v, env)
            for n, v in loads(side, exact=True).items()
            if n in entity.fields and n in names
        }
        for side in (row[2], row[3])
    )
    before, after = (_as_stored(entity, side, ctx) for side in sides)
    image = dict(zip(names, now, strict=True))
    return Parting(row[0], id, row[1], chosen, every, before, after, dict(row[4]), image)


def _as_stored(entity: Entity, side: Mapping[str, Any], ctx: Context) -> dict[str, Any]:
    """Values from JSON in the form in which a column gives them."""
    out: dict[str, Any] = {}
    for name, value in side.items():
        f, kind = entity.fields[name], entity.types[name]
        out[name] = value
        if value is not None and not kind.link and not kind.anywhere:
            try:
                out[name] = kind.parse(f, value, ctx.env)
            except ValueError:
                out[name] = value
    return out


def _whole(entity: Entity, name: str) -> str:
    """The field that a column belongs to."""
    return next((whole for whole, parts in units(entity).items() if name in parts), entity.fields[name].of or name)


def _default(entity: Entity, parting: Parting, whole: str, parts: Iterable[str]) -> str:
    """What a field gets unless one says otherwise: what it was, unless it was changed since, or came with one that stays in."""
    if any(not entity.types[p].same(parting.now.get(p), parting.after.get(p)) for p in parts):
        return "now"
    return "before" if parting.whole or parting.sources.get(whole) in parting.lost else "now"


def _changed(entity: Entity, parting: Parting) -> dict[str, list[str]]:
    """The fields that the merge changed, each with the columns that it changed."""
    out: dict[str, list[str]] = {}
    for name in parting.after:
        out.setdefault(_whole(entity, name), []).append(name)
    return out


async def _sides(ctx: Context, entity: Entity, parting: Parting) -> list[dict[str, Any]]:
    """The fields with their three values as a reader is told them."""
    found, behind = _changed(entity, parting), await veiled(ctx, entity, parting.all)
    told = {
        n: parts
        for n, parts in found.items()
        if n not in behind and access.readable(ctx.actor, entity, entity.fields[n])
    }
    changes: dict[str, list[Any]] = {}
    for whole, parts in told.items():
        for name in dict.fromkeys((whole, *parts)):
            sides = (parting.before, parting.after, parting.now)
            values = [s[name] if name in s else parting.now.get(name) for s in sides]
            kind, f = entity.types[name], entity.fields[name]
            changes[name] = [v if v is None or kind.link or kind.anywhere else kind.dump(f, v) for v in values]
    entry: dict[str, Any] = {"actor": None, "changes": changes}
    await resolve(ctx, entity, [entry])
    return [
        {
            "name": whole,
            **dict(zip(SIDES, entry["changes"][whole], strict=True)),
            "choice": _default(entity, parting, whole, parts),
            "writable": access.writable(ctx.actor, entity, entity.fields[whole]),
        }
        for whole, parts in told.items()
        if whole in entry["changes"]
    ]


async def _values(ctx: Context, entity: Entity, parting: Parting, given: Mapping[str, Any]) -> dict[str, Any]:
    """The stored values that the one that stays gets."""
    found, behind = _changed(entity, parting), await veiled(ctx, entity, parting.all)
    errors: list[FieldError] = []
    out: dict[str, Any] = {}
    typed: dict[str, Any] = {}
    for name, choice in given.items():
        form = mapping(choice)
        if name not in found or not access.readable(ctx.actor, entity, entity.fields[name]):
            errors.append(FieldError(name[:100], "unknown_field"))
        elif name in behind:
            errors.append(FieldError(name, "masked_field"))
        elif not access.writable(ctx.actor, entity, entity.fields[name]):
            errors.append(FieldError(name, "read_only"))
        elif form is not None and set(form) == {"value"}:
            typed[name] = form["value"]
        elif choice not in SIDES:
            errors.append(FieldError(name, "not_an_option", {"value": str(choice)[:50]}))
    for whole, parts in found.items():
        side = given.get(whole, _default(entity, parting, whole, parts))
        if side in ("before", "after"):
            out |= {p: (parting.before if side == "before" else parting.after)[p] for p in parts}
    if typed and not errors:
        row = Row(entity, 0, "update", parting.survivor, typed, old=dict(parting.now))
        await parse(ctx, entity, [row])
        errors += row.errors + [FieldError(n, "reference_not_found") for n in row.foreign]
        out |= row.new
    if errors:
        raise Invalid(errors=errors)
    return out


# -- what points to it -------------------------------------------------------------------------------------------------


async def _led(ctx: Context, entity: Entity, parting: Parting) -> list[Pointer]:
    """What was led away from those that come out and still is where it was led: with the ids that its links get again."""
    schema = quote(ctx.workspace.schema)
    noted = await ctx.db.fetch(
        f"SELECT place, record, was, became FROM {schema}._merge_moved WHERE merge = %(merge)s::uuid AND record IS NOT NULL"
        " AND was && %(lost)s::uuid[]",
        {"merge": parting.id, "lost": list(parting.lost)},
    )
    by_place = {p.name: p for p in moving.places(ctx.catalog, entity.name)}
    out: list[Pointer] = []
    for name in {r[0] for r in noted} & by_place.keys():
        place = by_place[name]
        mine = {r[1]: (tuple(r[2]), tuple(r[3])) for r in noted if r[0] == name}
        found = await ctx.db.fetch(
            f"SELECT t.id, {place.held('t')} FROM {schema}.{quote(place.object)} AS t WHERE t.id = ANY(%(ids)s::uuid[])"
            f" AND {place.holds('t', '%(survivor)s::uuid[]', '%(object)s')} AND t.deleted_at IS NULL",
            {"ids": list(mine), "survivor": [parting.survivor], "object": entity.name},
        )
        stay = {i: parting.survivor for i in parting.all if i not in parting.lost}
        for id, held in found:
            was, became = mine[id]
            target = moving.led(was, stay, id)
            now = tuple(held)
            if now != became:  # something else was put in or taken out since, and stays so
                back = [i for i in was if i in parting.lost]
                kept = [i for i in now if i != parting.survivor or parting.survivor in target]
                target = tuple(dict.fromkeys((*kept, *back)))
            out.append(Pointer(place, id, now, target))
    return out


async def _since(ctx: Context, entity: Entity, parting: Parting) -> list[dict[str, Any]]:
    """What the actor sees that came to the one that stays after the merge."""
    schema = quote(ctx.workspace.schema)
    out: list[dict[str, Any]] = []
    for place in moving.places(ctx.catalog, entity.name):
        other = ctx.catalog.entities[place.object]
        if not access.may(ctx.actor, other, "read") or not access.readable(ctx.actor, other, other.fields[place.field]):
            continue
        c = Compiler(ctx)
        source, seen = c.source(other, "t")
        at = c.bind(parting.at, "timestamptz")
        holds = place.holds("t", c.bind([parting.survivor], "uuid[]"), c.bind(entity.name, "text"))
        field = c.bind(place.field, "text")
        pointed = (
            f"t.updated_at >= {at} AND EXISTS (SELECT 1 FROM {schema}._journal AS j WHERE j.record = t.id AND j.at >= {at}"
            f" AND j.kind = 'update' AND j.after ? {field})"
        )
        led = (
            f"SELECT 1 FROM {schema}._merge_moved AS m JOIN {schema}._merge AS h ON h.id = m.merge WHERE m.record = t.id"
            f" AND h.survivor = {c.bind(parting.survivor, 'uuid')} AND m.place = {c.bind(place.name, 'text')}"
        )
        rows = await ctx.db.fetch(
            f"SELECT t.id, {c.title(other, 't')}, t.created_at, count(*) OVER () FROM {source} WHERE {holds} AND {seen}"
            f" AND t.id <> ALL({c.bind(list(parting.all), 'uuid[]')}) AND (t.created_at >= {at} OR ({pointed}))"
            f" AND NOT EXISTS ({led}) ORDER BY t.created_at, t.id LIMIT {LISTED}",
            c.args,
        )
        if rows:
            out.append(
                {
                    "name": place.name,
                    "object": place.object,
                    "field": place.field,
                    "label": _label(ctx, entity, place),
                    "count": rows[0][3],
                    "records": [{"id": r[0], "title": r[1], "created_at": r[2]} for r in rows],
                }
            )
    return out


def _later(
    ctx: Context, entity: Entity, parting: Parting, children: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], dict[str, str]]:
    """Which record that came since goes with which of those that come out, by object and field."""
    known = {(p.object, p.field): p for p in moving.places(ctx.catalog, entity.name)}
    out: dict[tuple[str, str], dict[str, str]] = {}
    for i, child in enumerate(children):
        at = str(child.get("object")), str(child.get("field"))
        id, to = child.get("id"), child.get("to")
        if at not in known or not isinstance(id, str) or not is_id(id):
            raise Invalid(errors=[FieldError("children", "reference_not_found", row=i)])
        if to not in parting.lost:
            raise Invalid(errors=[FieldError("children", "merge_not_member", row=i)])
        out.setdefault(at, {})[id] = str(to)
    return out


async def _lists(ctx: Context, name: str, field: str, id: str, to: Mapping[str, str]) -> dict[str, list[str]]:
    """What a field that holds several links is to hold in records: those that come out in the place of the one that stays. What
    else is in it is left alone, whether the actor may see it or not."""
    other = ctx.catalog.entities[name]
    if not access.writable(ctx.actor, other, other.fields[field]):
        raise Invalid.one("children", "read_only")
    rows = await ctx.db.fetch(
        f"SELECT id, {quote(field)} FROM {quote(ctx.workspace.schema)}.{quote(name)} WHERE id = ANY(%(ids)s::uuid[])"
        f" AND {quote(field)} @> ARRAY[%(id)s::uuid] AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE",
        {"ids": list(to), "id": id},
    )
    if len(rows) < len(to):
        raise NotFound
    return {child: list(moving.led(held, {id: to[child]})) for child, held in rows}


def _link(ctx: Context, name: str, field: str, entity: Entity, to: str) -> Any:
    return {"object": entity.name, "id": to} if ctx.catalog.entities[name].types[field].anywhere else to


def _label(ctx: Context, entity: Entity, place: Place) -> str:
    return say(moving.place_label(ctx.catalog, entity, place), ctx.actor.language)
