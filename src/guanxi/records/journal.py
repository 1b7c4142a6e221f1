"""What happened to a record: its history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from guanxi.base import Label, NotFound
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.base.shape import sequence
from guanxi.records import access, merges
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.cursor import make_cursor, open_cursor
from guanxi.records.read import visible
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Query
from guanxi.schema.types.base import quoted
from guanxi.schema.types.former import fitting


@dataclass(frozen=True, slots=True)
class Through:
    """What did something of itself: how it is called, and the user who had set it off, where it was one."""

    label: Label
    by: str | None = None


Telling = Callable[[Context, Collection[str]], Awaitable[Mapping[str, Through]]]
_telling: dict[str, Telling] = {}


def through(kind: str) -> Callable[[Telling], Telling]:
    """Declare who tells, by change set, what did that of which the cause begins with ``kind:``, with the rights of whoever switched
    it on, who did nothing there."""

    def register(telling: Telling) -> Telling:
        _telling[kind] = telling
        return telling

    return register


def _columns(ctx: Context, entity: Entity, veiled: frozenset[str]) -> str:
    """What is read of an entry. Values that are masked for the reader leave the database in their masked form only."""
    value = "(e.value #>> '{}')"
    masks = " ".join(
        f"WHEN {quoted(n)} THEN to_jsonb({entity.types[n].mask_sql(f, value)})"
        for n, f in entity.fields.items()
        if n in veiled or access.masked(ctx.actor, entity, f)
    )
    if not masks:
        return "seq, at, kind, actor, cause, change_set, version, before::json, after::json, typed::json"
    shown = f"json_object_agg(e.key, CASE e.key {masks} ELSE e.value END)"
    before, after = (f"(SELECT {shown} FROM jsonb_each({image}) AS e)" for image in ("before", "after"))
    return f"seq, at, kind, actor, cause, change_set, version, {before}, {after}, typed::json"


async def history(
    ctx: Context, object_name: str, id: str, limit: int = 50, cursor: str | None = None
) -> dict[str, Any]:
    """``{"data": [{"at", "actor", "cause", "kind", "changes", "change_set", "version"}], "next"}``, newest first.

    ``changes`` is ``{field: [before, after]}`` of the fields that the reader may see; ``hidden`` counts the others. ``typed``
    is, by field, what was written where another standard form of it was stored. What the program did of itself, as a flow, has
    ``through``: ``{"label", "by"}``, what it was and who had set it off. Where others went into the record, ``merged`` names
    them; their own history can be read by their ids, and its last entry says ``into`` what.
    """
    entity = ctx.catalog.object(object_name)
    try:
        await visible(ctx, object_name, id)
    except NotFound:
        await merges.past_visible(ctx, entity, id)
    before = _cursor(cursor, f"history:{id}")
    behind = await veiled(ctx, entity, [id])
    rows = await ctx.db.fetch(
        f"SELECT {_columns(ctx, entity, behind)} FROM {_journal(ctx)} WHERE record = %(id)s::uuid AND seq < %(before)s ORDER BY seq DESC LIMIT %(n)s",
        {"id": id, "before": before or 2**62, "n": limit + 1},
    )
    more = len(rows) > limit
    entries = [_entry(ctx, entity, r, behind) for r in rows[:limit]]
    await resolve(ctx, entity, entries)
    await merges.told(ctx, entity, id, entries)
    return {
        "data": entries,
        "next": make_cursor(dumps([0, rows[limit - 1][0]]), Query(f"history:{id}")) if more else None,
    }


async def histories(ctx: Context, object_name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """All entries of records that the reader is known to see, oldest first, as :func:`history` tells them, each with ``record``."""
    entity = ctx.catalog.object(object_name)
    behind = await veiled(ctx, entity, ids)
    rows = await ctx.db.fetch(
        f"SELECT {_columns(ctx, entity, behind)}, record::text FROM {_journal(ctx)} WHERE record = ANY(%(ids)s::uuid[]) ORDER BY seq",
        {"ids": list(ids)},
    )
    entries = [{"record": r[-1], **_entry(ctx, entity, r[:-1], behind)} for r in rows]
    await resolve(ctx, entity, entries)
    return entries


async def changes(ctx: Context, object_name: str, seqs: Sequence[int], said: bool = True) -> dict[int, dict[str, Any]]:
    """Entries of records that the reader is known to see, as :func:`history` tells them, by their numbers; not ``said``, links in
    them may stay ids, where something is left to be seen in any case, and nothing is masked for lying in a pool."""
    if not seqs:
        return {}
    entity = ctx.catalog.object(object_name)
    about: list[str] = []
    if said and ctx.actor.seats:
        found = await ctx.db.fetch(
            f"SELECT DISTINCT record FROM {_journal(ctx)} WHERE seq = ANY(%(seqs)s)", {"seqs": list(seqs)}
        )
        about = [r[0] for r in found]
    behind = await veiled(ctx, entity, about)
    rows = await ctx.db.fetch(
        f"SELECT {_columns(ctx, entity, behind)} FROM {_journal(ctx)} WHERE seq = ANY(%(seqs)s) AND object = %(object)s",
        {"seqs": list(seqs), "object": object_name},
    )
    entries = {r[0]: _entry(ctx, entity, r, behind) for r in rows}
    links = {n for n, t in entity.types.items() if t.link or t.anywhere}
    doubtful = (e for e in entries.values() if said or all(n.removesuffix("_object") in links for n in e["changes"]))
    await resolve(ctx, entity, doubtful)
    return entries


async def last_change(
    ctx: Context, object_name: str, ids: Sequence[str], name: str
) -> dict[str, tuple[datetime, Any, Any]]:
    """The last change of a field of each of these records, which the reader is known to see: ``{id: (at, before, after)}``.

    Empty where the field is hidden from the reader, in clear.
    """
    entity = ctx.catalog.object(object_name)
    if name not in entity.fields or not access.readable(ctx.actor, entity, entity.fields[name]):
        return {}
    if name in await veiled(ctx, entity, ids):
        return {}
    rows = await ctx.db.fetch(
        f"SELECT DISTINCT ON (record) record, at, (before->%(name)s)::json, (after->%(name)s)::json FROM {_journal(ctx)} WHERE record = ANY(%(ids)s::uuid[])"
        " AND kind = 'update' AND after ? %(name)s ORDER BY record, seq DESC",
        {"ids": list(ids), "name": name},
    )
    return {
        record: (at, loads(before) if before else None, loads(after) if after else None)
        for record, at, before, after in rows
    }


async def veils(ctx: Context, entity: Entity, ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """The fields that are masked for the reader in each of these records, for as long as it is in a pool, by id; of one in the
    bin it counts where it was. Records without such fields are left out."""
    c = Compiler(replace(ctx, as_of=None))
    tests = {n: v for n in entity.fields if (v := c.veil(entity, "t", n))} if ids and ctx.actor.seats else {}
    if not tests:
        return {}
    told, these = ", ".join(f"({v}) IS TRUE" for v in tests.values()), c.among("t.id", ids)
    source, there = c.source(entity, "t", of="any", trusted=True)
    rows = await ctx.db.fetch(f"SELECT t.id, {told} FROM {source} WHERE {these} AND {there}", c.args)
    found = {r[0]: frozenset(n for n, true in zip(tests, r[1:], strict=True) if true) for r in rows}
    return {id: names for id, names in found.items() if names}


async def veiled(ctx: Context, entity: Entity, ids: Sequence[str]) -> frozenset[str]:
    """The fields that are masked for the reader in any of these records: see :func:`veils`."""
    return frozenset(n for names in (await veils(ctx, entity, ids)).values() for n in names)


def _journal(ctx: Context) -> str:
    return f"{quote(ctx.workspace.schema)}._journal"


def _cursor(cursor: str | None, what: str) -> Any:
    return open_cursor(cursor, Query(what))[1] if cursor else None


def _entry(ctx: Context, entity: Entity, row: Sequence[Any], behind: frozenset[str]) -> dict[str, Any]:
    _, at, kind, actor, cause, change_set, version, before, after, typed = row
    old: dict[str, Any] = loads(before, exact=True) if before else {}
    new: dict[str, Any] = loads(after, exact=True) if after else {}
    changes: dict[str, list[Any]] = {}
    hidden = 0
    for name in dict.fromkeys((*old, *new)):
        found = entity.fields.get(name)
        if found is None or not access.visible(ctx.actor, entity, found):
            hidden += 1
            continue
        changes[name] = [fitting(found, _plain(side.get(name)), ctx.env) for side in (old, new)]
    entry = {
        "at": at,
        "actor": actor,
        "cause": cause,
        "kind": kind,
        "changes": changes,
        "change_set": change_set,
        "version": version,
    }
    if hidden:
        entry["hidden"] = hidden
    written: dict[str, Any] = loads(typed) if typed else {}
    if shown := {
        n: v
        for n, v in written.items()
        if n not in behind and (f := entity.fields.get(n)) and access.readable(ctx.actor, entity, f)
    }:
        entry["typed"] = shown
    return entry


def _plain(value: Any) -> Any:
    """A number without the zeros that its column added."""
    return value.normalize() if isinstance(value, Decimal) else value


async def resolve(ctx: Context, entity: Entity, entries: Iterable[dict[str, Any]]) -> None:
    """Ids of links become ``{"id", "title"}`` where the reader may see what they point to, as in a record; else null.

    A change of which nothing can be seen counts as hidden. The actor is shown by title where it can be.
    """
    entries = list(entries)
    done: dict[str, Through] = {}
    for kind, telling in _telling.items():
        # What a merge kept, or an undo compares, is no entry and has neither.
        sets = {e["change_set"] for e in entries if e.get("change_set") and str(e.get("cause")).startswith(f"{kind}:")}
        done |= await telling(ctx, sets) if sets else {}
    acting = {d.by for d in done.values() if d.by}
    wanted: dict[str, set[str]] = {"user": acting | {e["actor"] for e in entries if e["actor"]}}
    links: dict[str, list[str]] = {}
    for name, f in entity.fields.items():
        if entity.types[name].anywhere:
            links[name] = [e.name for e in ctx.catalog.entities.values() if not e.definition.activity]
        elif entity.types[name].link and f.target and f.target in ctx.catalog.entities:
            links[name] = [f.target]
    for entry in entries:
        for name in entry["changes"].keys() & links.keys():
            for side in entry["changes"][name]:
                for target in links[name]:
                    wanted.setdefault(target, set()).update(sequence(side) or ([side] if side else []))
    titles = {target: await titles_of(ctx, target, ids) for target, ids in wanted.items() if ids}

    def show(value: Any, targets: Sequence[str], anywhere: bool) -> Any:
        if (several := sequence(value)) is not None:
            return [one for v in several if (one := show(v, targets, anywhere))]
        for target in targets:
            if value in titles.get(target, {}):
                return ({"object": target} if anywhere else {}) | {"id": value, "title": titles[target][value]}
        return None

    for entry in entries:
        if entry["actor"]:
            entry["actor"] = who(entry["actor"], titles.get("user", {}))
        if did := done.get(entry.get("change_set", "")):
            entry["through"] = {"label": did.label, "by": who(did.by, titles.get("user", {}))}
        for name, sides in list(entry["changes"].items()):
            if name in links:
                entry["changes"][name] = [show(s, links[name], entity.types[name].anywhere) for s in sides]
                if (kinds := entry["changes"].pop(f"{name}_object", None)) and any(entry["changes"][name]):
                    seen = [k if s else None for k, s in zip(kinds, entry["changes"][name], strict=True)]
                    entry["changes"][f"{name}_object"] = seen
                if any(sides) and not any(entry["changes"][name]):
                    del entry["changes"][name]
                    entry["hidden"] = entry.get("hidden", 0) + 1


def who(actor: str | None, users: Mapping[str, str]) -> dict[str, str | None] | None:
    """Who did something, among ``users`` by title: without id and title when the reader may not see them; null for the program."""
    return {"id": actor if actor in users else None, "title": users.get(actor)} if actor else None


async def beside(
    ctx: Context, what: str, object_name: str, id: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """A line in a record's history about what is kept beside its fields; the record stays of the version that it has."""
    schema = quote(ctx.workspace.schema)
    await ctx.db.execute(
        f"INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version, before, after)"
        f" SELECT %(o)s, id, 'update', %(a)s::uuid, %(cause)s, %(set)s::uuid, version, %(b)s::jsonb, %(n)s::jsonb"
        f" FROM {schema}.{quote(object_name)} WHERE id = %(id)s::uuid",
        {
            "o": object_name,
            "a": ctx.actor.id,
            "cause": f"{ctx.cause} > {what}",
            "set": ctx.change_set,
            "b": dumps(before).decode(),
            "n": dumps(after).decode(),
            "id": id,
        },
    )


async def titles_of(ctx: Context, object_name: str, ids: Iterable[str]) -> dict[str, str]:
    """The titles of those records that the reader may see, by id."""
    entity = ctx.catalog.entities[object_name]
    if not access.may(ctx.actor, entity, "read"):
        return {}
    c = Compiler(ctx)
    source, seen = c.source(entity, "t", of="kept")
    rows = await ctx.db.fetch(
        f"SELECT t.id, {c.title(entity, 't')} FROM {source} WHERE t.id = ANY({c.bind([i for i in ids if is_id(i)], 'uuid[]')}) AND {seen}",
        c.args,
    )
    return dict(rows)
