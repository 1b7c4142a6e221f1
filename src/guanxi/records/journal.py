"""What happened: the history of a record, and the timeline of everything around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from guanxi.base import Invalid
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, fragment, loads
from guanxi.base.shape import sequence
from guanxi.records import access
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.cursor import make_cursor, open_cursor
from guanxi.records.read import shown, visible
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Query
from guanxi.schema.types.base import quoted
from guanxi.schema.types.former import fitting


def _columns(ctx: Context, entity: Entity) -> str:
    """What is read of an entry. Values that are masked for the reader leave the database in their masked form only."""
    value = "(e.value #>> '{}')"
    masks = " ".join(
        f"WHEN {quoted(n)} THEN to_jsonb({entity.types[n].mask_sql(f, value)})"
        for n, f in entity.fields.items()
        if access.masked(ctx.actor, entity, f)
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
    is, by field, what was written where another standard form of it was stored.
    """
    entity = ctx.catalog.object(object_name)
    await visible(ctx, object_name, id)
    before = _cursor(cursor, f"history:{id}")
    rows = await ctx.db.fetch(
        f"SELECT {_columns(ctx, entity)} FROM {_journal(ctx)} WHERE record = %(id)s::uuid AND seq < %(before)s ORDER BY seq DESC LIMIT %(n)s",
        {"id": id, "before": before or 2**62, "n": limit + 1},
    )
    more = len(rows) > limit
    entries = [_entry(ctx, entity, r) for r in rows[:limit]]
    await resolve(ctx, entity, entries)
    return {
        "data": entries,
        "next": make_cursor(dumps([0, rows[limit - 1][0]]), Query(f"history:{id}")) if more else None,
    }


async def changes(ctx: Context, object_name: str, seqs: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Entries of records that the reader is known to see, as :func:`history` tells them, by their numbers."""
    if not seqs:
        return {}
    entity = ctx.catalog.object(object_name)
    rows = await ctx.db.fetch(
        f"SELECT {_columns(ctx, entity)} FROM {_journal(ctx)} WHERE seq = ANY(%(seqs)s) AND object = %(object)s",
        {"seqs": list(seqs), "object": object_name},
    )
    entries = {r[0]: _entry(ctx, entity, r) for r in rows}
    await resolve(ctx, entity, entries.values())
    return entries


def _journal(ctx: Context) -> str:
    return f"{quote(ctx.workspace.schema)}._journal"


def _cursor(cursor: str | None, what: str) -> Any:
    return open_cursor(cursor, Query(what))[1] if cursor else None


def _entry(ctx: Context, entity: Entity, row: Sequence[Any]) -> dict[str, Any]:
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
        n: v for n, v in written.items() if (f := entity.fields.get(n)) and access.readable(ctx.actor, entity, f)
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
    wanted: dict[str, set[str]] = {"user": {e["actor"] for e in entries if e["actor"]}}
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


async def titles_of(ctx: Context, object_name: str, ids: Iterable[str]) -> dict[str, str]:
    """The titles of those records that the reader may see, by id."""
    entity = ctx.catalog.entities[object_name]
    if not access.may(ctx.actor, entity, "read"):
        return {}
    c = Compiler(ctx)
    source, seen = c.source(entity, "t")
    rows = await ctx.db.fetch(
        f"SELECT t.id, {c.title(entity, 't')} FROM {source} WHERE t.id = ANY({c.bind([i for i in ids if is_id(i)], 'uuid[]')}) AND {seen}",
        c.args,
    )
    return dict(rows)


# -- timeline ----------------------------------------------------------------------------------------------------------

WHEN = ("done_at", "starts_at", "due_at")

CHANGES = {"created", "change", "stage"}
"""What the journal tells of a record itself."""


async def timeline(
    ctx: Context,
    object_name: str,
    id: str,
    limit: int = 30,
    cursor: str | None = None,
    kinds: Sequence[str] | None = None,
    q: str | None = None,
    user: str | None = None,
    counted: bool = False,
) -> dict[str, Any]:
    """Activities on the record and on what belongs to it, and the record's own changes, newest first.

    Kinds are the activities' (note, task, call, meeting) and ``created``, ``change``, ``stage``. ``q`` leaves what was
    written with these words, ``user`` what this user did. ``counted`` adds ``"counts"`` (by kind) and ``"users"`` (who
    did how much) of everything, whatever is asked for.
    """
    entity = ctx.catalog.object(object_name)
    await visible(ctx, object_name, id)
    known = {e.definition.activity for e in ctx.catalog.entities.values() if e.definition.activity} | CHANGES
    for kind in kinds or ():
        if kind not in known:
            raise Invalid.one("kinds", "not_an_option", value=kind)
    if user is not None and not is_id(user):
        raise Invalid.one("user", "not_an_id", value=user)
    after = open_cursor(cursor, Query(f"timeline:{id}"))[1:] if cursor else None
    answer = await _tally(ctx, entity, id, known) if counted else {}
    if user and user not in await titles_of(ctx, "user", [user]):
        return {"data": [], "next": None, **answer}
    c = Compiler(ctx)
    parts = _gathered(c, entity, id, set(kinds) if kinds else known, q)
    if not parts:
        return {"data": [], "next": None, **answer}
    wanted: list[str] = []
    if after:
        wanted.append(
            f"(at, id, coalesce(seq, 0)) < ({c.bind(after[0])}::timestamptz, {c.bind(after[1])}::uuid, {c.bind(after[2])}::bigint)"
        )
    if user:
        wanted.append(f"actor = {c.bind(user, 'uuid')}")
    only = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    rows = await ctx.db.fetch(
        f"SELECT at, kind, object, id, actor, seq FROM ({' UNION ALL '.join(parts)}) AS x{only}"
        f" ORDER BY at DESC, id DESC, coalesce(seq, 0) DESC LIMIT {limit + 1}",
        c.args,
    )
    more = len(rows) > limit
    rows = rows[:limit]
    entries = await _items(ctx, entity, rows)
    following = None
    if more:
        last = rows[-1]
        following = make_cursor(dumps([0, last[0].isoformat(), last[3], last[5] or 0]), Query(f"timeline:{id}"))
    return {"data": entries, "next": following, **answer}


async def _tally(ctx: Context, entity: Entity, id: str, known: set[str]) -> dict[str, Any]:
    """How much there is of each kind, and by whom; users whom the reader may not see are left out."""
    c = Compiler(ctx)
    parts = _gathered(c, entity, id, known, None)
    rows = await ctx.db.fetch(
        f"SELECT kind, actor, count(*) FROM ({' UNION ALL '.join(parts)}) AS x GROUP BY GROUPING SETS ((kind), (actor))"
        " ORDER BY count(*) DESC, actor",
        c.args,
    )
    by = {actor: n for kind, actor, n in rows if kind is None and actor}
    titles = await titles_of(ctx, "user", by)
    return {
        "counts": {kind: n for kind, _, n in rows if kind is not None},
        "users": [{"id": u, "title": titles[u], "count": n} for u, n in by.items() if u in titles],
    }


def _gathered(c: Compiler, entity: Entity, id: str, wanted: set[str], q: str | None) -> list[str]:
    """SELECTs of when, what and by whom: activities of the wanted kinds, and the record's own changes."""
    c.few = True
    parts: list[str] = []
    record = c.bind(id, "uuid")
    about = _belonging(c, entity, record)
    for activity in c.catalog.entities.values():
        kind = activity.definition.activity
        link = next((f for n, f in activity.fields.items() if activity.types[n].anywhere), None)
        if not kind or kind not in wanted or link is None or not access.may(c.actor, activity, "read"):
            continue
        open_fields = set(access.readable_fields(c.actor, activity))
        if link.name not in open_fields:
            continue
        alias = c.alias()
        source, seen = c.source(activity, alias)
        when = next(
            (f"coalesce({alias}.{quote(n)}, {alias}.created_at)" for n in WHEN if n in open_fields),
            f"{alias}.created_at",
        )
        owner = f"{alias}.{quote(activity.owner if activity.owner in open_fields else 'created_by')}"
        said = f" AND {c.search(activity, alias, q)}" if q else ""
        parts.append(
            f"SELECT {when} AS at, {c.bind(kind, 'text')} AS kind, {c.bind(activity.name, 'text')} AS object, {alias}.id, {owner} AS actor,"
            f" NULL::bigint AS seq FROM {source} WHERE {alias}.{quote(link.name)} IN ({about}) AND {seen}{said}"
        )
    if wanted & CHANGES and not q:
        stage = "FALSE"
        if entity.stage and access.readable(c.actor, entity, entity.stage):
            stage = f"j.kind = 'update' AND j.after ? {c.bind(entity.stage.name, 'text')}"
        shown_kind = f"CASE WHEN j.kind = 'create' THEN 'created' WHEN {stage} THEN 'stage' ELSE 'change' END"
        parts.append(
            f"SELECT j.at, {shown_kind} AS kind, {c.bind(entity.name, 'text')} AS object, j.record AS id, j.actor, j.seq FROM {_journal(c.ctx)} AS j"
            f" WHERE j.record = {record} AND ({shown_kind}) = ANY({c.bind(sorted(wanted), 'text[]')})"
        )
    return parts


def _belonging(c: Compiler, entity: Entity, record: str) -> str:
    """SQL of the ids that a record's timeline gathers: itself and the visible records that point to it by one link."""
    parts = [f"SELECT {record}"]
    for child in entity.children.values():
        other = c.catalog.entities[child.object]
        if (
            child.kind != "link"
            or other.definition.activity
            or not other.definition.area
            or not access.may(c.actor, other, "read")
        ):
            continue
        if not access.readable(c.actor, other, other.fields[child.field]):
            continue
        alias = c.alias()
        source, seen = c.source(other, alias)
        parts.append(
            f"SELECT {alias}.id FROM {source} WHERE {c.belongs(entity, child.kind, child.field, record, alias)} AND {seen}"
        )
    return " UNION ALL ".join(parts)


async def _items(ctx: Context, entity: Entity, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    records: dict[str, bytes] = {}
    for name in dict.fromkeys(r[2] for r in rows if r[5] is None):
        records |= await shown(ctx, name, [r[3] for r in rows if r[2] == name and r[5] is None])
    seqs = [r[5] for r in rows if r[5] is not None]
    told = await changes(ctx, entity.name, seqs)
    users = await titles_of(ctx, "user", {r[4] for r in rows if r[4]})
    out: list[dict[str, Any]] = []
    for at, kind, object_name, id, actor, seq in rows:
        item: dict[str, Any] = {
            "kind": kind,
            "at": at,
            "actor": who(actor, users),
            "object": object_name,
            "id": id,
            "title": "",
            "body": "",
            "record": None,
            "changes": None,
        }
        if seq is not None:
            entry = told[seq]
            item |= {
                "changes": entry["changes"] if kind != "created" else None,
                "change_set": entry["change_set"],
                "change": entry["kind"],
            }
        elif id in records:
            record = loads(records[id])
            activity = ctx.catalog.entities[object_name]
            item |= {
                "title": record.get(activity.title) or "",
                "body": record.get("body") or "",
                "record": fragment(records[id]),
            }
        out.append(item)
    return out
