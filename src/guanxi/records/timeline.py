"""The timeline of everything around a record: what was done about it, what came of it, and its own changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.base import Invalid
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, fragment, loads
from guanxi.records import access, merges, worded
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.cursor import make_cursor, open_cursor
from guanxi.records.journal import changes, titles_of, who
from guanxi.records.read import shown, visible
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import where
from guanxi.schema.query import Query

CHANGES = {"created", "change", "stage"}
"""What the journal tells of a record itself."""

ORDER = "at DESC, id DESC, coalesce(seq, 0) DESC"


async def timeline(
    ctx: Context,
    object_name: str,
    id: str,
    limit: int = 30,
    cursor: str | None = None,
    kinds: Sequence[str] | None = None,
    q: str | None = None,
    user: str | None = None,
    team: str | None = None,
    channel: str | None = None,
    counted: bool = False,
) -> dict[str, Any]:
    """Activities and moments of the record and of what belongs to it, and the record's own changes, newest first.

    A kind is an activity (note, task, call), an object whose records have a moment (order, opportunity), or one of ``created``,
    ``change``, ``stage``; of what a flow did ``by`` says so, and of a record that was brought in ``origin`` who created it
    where it comes from, and when. ``q`` leaves what was written with these words, ``user`` and ``team`` what they did, ``channel`` what came by it.
    What is about another record that belongs to this one says so in ``"about"``. ``counted`` adds ``"counts"`` (by kind), ``"channels"``, ``"users"`` and ``"teams"`` (who did how much) of everything, whatever
    is asked for. Raises Invalid for a filter that names nothing.
    """
    entity = ctx.catalog.object(object_name)
    ctx = await visible(ctx, object_name, id)
    known = kinds_of(ctx)
    for kind in kinds or ():
        if kind not in known:
            raise Invalid.one("kinds", "not_an_option", value=kind)
    for name, value in (("user", user), ("team", team)):
        if value is not None and not is_id(value):
            raise Invalid.one(name, "not_an_id", value=value[:50])
    after = open_cursor(cursor, Query(f"timeline:{id}"))[1:] if cursor else None
    hidden = user and user not in await titles_of(ctx, "user", [user])
    c = Compiler(ctx)
    gathering = Gathering(c, entity, id)
    head, asked, wanted = gathering.head, list[str](), set(kinds) if kinds else known
    if counted:
        head += f", found AS MATERIALIZED ({' UNION ALL '.join(gathering.parts(known, None))}) "
        asked.append(
            "SELECT NULL::timestamptz, kind, NULL::text, NULL::uuid, actor, NULL::bigint, channel, count(*)"
            " FROM found GROUP BY GROUPING SETS ((kind), (channel), (actor))"
        )
    if counted and not q:  # what is counted has been read
        parts = [f"SELECT * FROM found WHERE kind = ANY({c.bind(sorted(wanted), 'text[]')})"]
    else:
        parts = gathering.parts(wanted, q)
    only: list[str] = []
    if after:
        only.append(
            f"(at, id, coalesce(seq, 0)) < ({c.bind(after[0])}::timestamptz, {c.bind(after[1])}::uuid, {c.bind(after[2])}::bigint)"
        )
    if user:
        only.append(f"actor = {c.bind(user, 'uuid')}")
    if team:
        users, alias = ctx.catalog.entities["user"], c.alias()
        source, seen = c.source(users, alias)
        member = c.where(users, alias, where("teams", "contains", team))
        only.append(f"actor IN (SELECT {alias}.id FROM {source} WHERE {member} AND {seen})")
    if channel:
        only.append(f"channel = {c.bind(channel, 'text')}")
    if parts and not hidden:
        # Each part alone has enough, so that nothing is sorted but what may be shown.
        narrowed = f" WHERE {' AND '.join(only)}" if only else ""
        each = f"{narrowed} ORDER BY {ORDER} LIMIT {limit + 1}"
        together = " UNION ALL ".join(f"(SELECT * FROM ({p}) AS x{each})" for p in parts)
        asked.append(
            f"(SELECT at, kind, object, id, actor, seq, NULL::text, NULL::bigint FROM ({together}) AS x ORDER BY {ORDER} LIMIT {limit + 1})"
        )
    found = await ctx.db.fetch(c.said(head + " UNION ALL ".join(asked)), c.args) if asked else []
    answer = await _tally(ctx, [(r[1], r[6], r[4], r[7]) for r in found if r[7] is not None]) if counted else {}
    rows = sorted((r[:6] for r in found if r[7] is None), key=lambda r: (r[0], r[3], r[5] or 0), reverse=True)
    more = len(rows) > limit
    rows = rows[:limit]
    entries = await _items(ctx, entity, id, rows)
    own = [{**e, "kind": e["change"], "item": e} for e in entries if e.get("change_set")]
    await merges.told(ctx, entity, id, own)
    for e in own:
        e["item"] |= {n: e[n] for n in ("merged", "into") if n in e}
    following = None
    if more:
        last = rows[-1]
        following = make_cursor(dumps([0, last[0].isoformat(), last[3], last[5] or 0]), Query(f"timeline:{id}"))
    return {"data": entries, "next": following, **answer}


def kinds_of(ctx: Context) -> set[str]:
    """All kinds of entries that there are."""
    return {kind for e in ctx.catalog.entities.values() if (kind := kind_of(e))} | CHANGES


def kind_of(entity: Entity) -> str:
    """The kind of entry that records of an object are on a timeline; empty where they are none."""
    return entity.definition.activity or (entity.name if entity.definition.moment in entity.fields else "")


async def _tally(ctx: Context, found: Sequence[tuple[str | None, str | None, str | None, int]]) -> dict[str, Any]:
    """How much there is of each kind, by which channel and by whom; users whom the reader may not see are left out."""
    rows = sorted(found, key=lambda r: (-r[3], *(name or "" for name in r[:3])))
    by = {actor: n for _, _, actor, n in rows if actor}
    users = {u: loads(r) for u, r in (await shown(ctx, "user", list(by), _named(ctx, "user", "teams"))).items()}
    teams: dict[str, dict[str, Any]] = {}
    for u, user in users.items():
        for team in user.get("teams") or ():
            teams.setdefault(team["id"], {**team, "count": 0})["count"] += by[u]
    return {
        "counts": {kind: n for kind, _, _, n in rows if kind},
        "channels": {channel: n for _, channel, _, n in rows if channel},
        "users": [{"id": u, "title": users[u].get("name"), "count": n} for u, n in by.items() if u in users],
        "teams": sorted(teams.values(), key=lambda team: -team["count"]),
    }


def _named(ctx: Context, object_name: str, *more: str) -> tuple[str, ...]:
    """An object's title and these fields, as far as the reader sees them."""
    entity = ctx.catalog.entities[object_name]
    return tuple(n for n in (entity.title, *more) if access.visible(ctx.actor, entity, entity.fields[n]))


class Gathering:
    """SELECTs of when, what, by which channel and by whom, around one record. ``head`` stands before the statement that they are put into."""

    def __init__(self, c: Compiler, entity: Entity, id: str) -> None:
        self.c, self.entity = c, entity
        c.few = True
        self.record = c.bind(id, "uuid")
        # Once for all parts, and as an array: each finds its records by the index of its link.
        self.head = f"WITH around AS MATERIALIZED (SELECT array_agg(b.id) AS ids FROM ({self._belonging()}) AS b(id)) "

    def parts(self, wanted: set[str], q: str | None) -> list[str]:
        """Those of the wanted kinds, with these words if any are given."""
        found = [self._of(other, q) for other in self.c.catalog.entities.values() if kind_of(other) in wanted]
        return [part for part in (*found, self._own(wanted) if not q else "") if part]

    def _of(self, other: Entity, q: str | None) -> str:
        """Of the records of one object."""
        c, definition = self.c, other.definition
        if not access.may(c.actor, other, "read"):
            return ""
        open_fields = set(access.readable_fields(c.actor, other))
        alias = c.alias()
        ways = [
            n
            for n, f in other.fields.items()
            if n in open_fields and (other.types[n].anywhere or self._gathered(other, n)) and f.inverse
        ]
        if len(ways) == 1 and other.types[ways[0]].anywhere:
            c.led[alias, ways[0]] = frozenset({self.entity.name, *self.belonging})
        if all(n in other.cascades for n in ways):
            c.below.add(alias)  # what is gathered around is visible
        source, seen = c.source(other, alias)
        at = _at(c, other, alias, open_fields)
        if not at:
            return ""
        leads = " OR ".join(f"{alias}.{quote(n)} = ANY((SELECT ids FROM around)::uuid[])" for n in ways)
        if not leads:
            return ""
        channel = "NULL"
        if definition.channel in open_fields:
            channel = f"{alias}.{quote(definition.channel)}::text"
        elif definition.channel not in other.fields:
            channel = c.bind(definition.channel or None, "text")
        owner = f"{alias}.{quote(other.owner if other.owner in open_fields else 'created_by')}"
        happened = "" if definition.activity else f" AND {at} IS NOT NULL"
        said = f" AND {worded.holds(c, other, alias, q)}" if q else ""
        return (
            f"SELECT {at} AS at, {c.bind(kind_of(other), 'text')} AS kind, {c.bind(other.name, 'text')} AS object, {alias}.id,"
            f" {owner} AS actor, {channel}::text AS channel, NULL::bigint AS seq FROM {source} WHERE ({leads}) AND {seen}{happened}{said}"
        )

    def _gathered(self, other: Entity, name: str) -> bool:
        """Whether a link leads to what a timeline gathers: its own record, or one that belongs to that."""
        kind = other.types[name]
        if not kind.link or kind.many:
            return False
        target = self.c.catalog.entities.get(other.fields[name].target or "")
        return target is self.entity or (target is not None and target.name in self.belonging)

    def _own(self, wanted: set[str]) -> str:
        """Of the record's own changes."""
        if not wanted & CHANGES:
            return ""
        c, stage = self.c, "FALSE"
        if self.entity.stage and access.readable(c.actor, self.entity, self.entity.stage):
            stage = f"j.kind = 'update' AND j.after ? {c.bind(self.entity.stage.name, 'text')}"
        kind = f"CASE WHEN j.kind = 'create' THEN 'created' WHEN {stage} THEN 'stage' ELSE 'change' END"
        return (
            f"SELECT j.at, {kind} AS kind, {c.bind(self.entity.name, 'text')} AS object, j.record AS id, j.actor, NULL::text AS channel, j.seq"
            f" FROM {c.table('_journal')} AS j WHERE j.record = {self.record} AND ({kind}) = ANY({c.bind(sorted(wanted), 'text[]')})"
        )

    def _belonging(self) -> str:
        """SQL of the ids that a timeline gathers: the record's own and those of visible records that point to it by one link."""
        c = self.c
        parts = [f"SELECT {self.record}"]
        self.belonging: set[str] = set()
        for child in self.entity.children.values():
            other = c.catalog.entities[child.object]
            if child.kind != "link" or other.definition.activity or not other.definition.area or other is self.entity:
                continue  # others of its kind, such as the companies below one, have timelines of their own
            if not access.may(c.actor, other, "read"):
                continue
            if not access.readable(c.actor, other, other.fields[child.field]):
                continue
            alias = c.alias()
            c.hangs(other, child.field, alias)
            source, seen = c.source(other, alias)
            belongs = c.belongs(self.entity, child.kind, child.field, self.record, alias)
            parts.append(f"SELECT {alias}.id FROM {source} WHERE {belongs} AND {seen}")
            self.belonging.add(other.name)
        return " UNION ALL ".join(parts)


def _at(c: Compiler, other: Entity, alias: str, open_fields: set[str]) -> str:
    """SQL of when a record happened; empty where its reader may not know."""
    moment, noted = other.definition.moment, f"{alias}.created_at"
    if moment not in open_fields:
        return noted if other.definition.activity else ""
    column = c.column(other, alias, moment)
    if other.types[moment].column(other.fields[moment]) == "date":
        column = f"({column}::timestamp AT TIME ZONE {c.bind(ZoneInfo(c.env.timezone).key, 'text')})"
    return f"coalesce({column}, {noted})" if other.definition.activity else column


async def reached(ctx: Context, object_name: str, id: str) -> list[tuple[str, str, int, datetime]]:
    """Who of ours reached a record and what belongs to it, by activities that have a channel: ``(id, title, times, last)``, most first.

    Users whom the reader may not see are left out, and what lies ahead is not counted.
    """
    c = Compiler(ctx)
    gathering = Gathering(c, ctx.catalog.object(object_name), id)
    parts = gathering.parts({kind_of(e) for e in _reaching(ctx)}, None)
    if not parts:
        return []
    rows = await ctx.db.fetch(
        c.said(
            f"{gathering.head}SELECT actor, count(*), max(at) FROM ({' UNION ALL '.join(parts)}) AS x"
            f" WHERE at <= {c.bind(ctx.now, 'timestamptz')} GROUP BY actor ORDER BY 2 DESC, 3 DESC"
        ),
        c.args,
    )
    titles = await titles_of(ctx, "user", [r[0] for r in rows if r[0]])
    return [(actor, titles[actor], n, last) for actor, n, last in rows if actor in titles]


async def met(ctx: Context, object_name: str, ids: Sequence[str]) -> dict[str, tuple[int, datetime]]:
    """How often each of these records was reached, and when last: by activities with a channel about it, or that name it."""
    c = Compiler(ctx)
    c.few = True
    known = all((object_name, id) in ctx.known for id in ids)
    among, parts = c.bind(list(ids), "uuid[]"), list[str]()
    for other in _reaching(ctx):
        open_fields = set(access.readable_fields(c.actor, other))
        for name in (n for n in other.fields if n in open_fields):
            kind = other.types[name]
            if not kind.anywhere and other.fields[name].target != object_name:
                continue
            alias = c.alias()
            if kind.anywhere:
                c.led[alias, name] = frozenset({object_name})
            if known and name in other.cascades:
                c.below.add(alias)
            source, seen = c.source(other, alias)
            column = f"{alias}.{quote(name)}"
            of, is_one = (
                (f"unnest({column})", f"{column} && {among}") if kind.many else (column, f"{column} = ANY({among})")
            )
            parts.append(
                f"SELECT {of} AS of, {alias}.id, {_at(c, other, alias, open_fields)} AS at FROM {source} WHERE {is_one} AND {seen}"
            )
    if not parts:
        return {}
    rows = await ctx.db.fetch(
        c.said(
            f"SELECT of, count(DISTINCT id), max(at) FROM ({' UNION ALL '.join(parts)}) AS x WHERE of = ANY({among})"
            f" AND at <= {c.bind(ctx.now, 'timestamptz')} GROUP BY of"
        ),
        c.args,
    )
    return {of: (n, last) for of, n, last in rows}


def _reaching(ctx: Context) -> list[Entity]:
    """The activities by which people are reached."""
    found = [e for e in ctx.catalog.entities.values() if e.definition.activity and e.definition.channel]
    return [e for e in found if access.may(ctx.actor, e, "read")]


async def _items(ctx: Context, entity: Entity, here: str, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    records: dict[str, bytes] = {}
    for name in dict.fromkeys(r[2] for r in rows if r[5] is None):
        records |= await shown(ctx, name, [r[3] for r in rows if r[2] == name and r[5] is None])
    told = await changes(ctx, entity.name, [r[5] for r in rows if r[5] is not None])
    brought = any(r[1] == "created" and r[5] in told and told[r[5]]["cause"].startswith("import") for r in rows)
    origin = await _origin(ctx, entity, here) if brought else None
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
            if entry["cause"].startswith("flow:"):  # with the rights of whoever switched it on, who did nothing here
                item["by"] = "flow"
                item["through"] = entry.get("through")
            if kind == "created" and origin and origin["at"] not in (None, at):
                item["origin"] = origin
        elif id in records:
            record, other = loads(records[id]), ctx.catalog.entities[object_name]
            words = next((n for n in other.fields if other.types[n].name == "longtext" and n in record), "")
            of = record.get(other.definition.inherits or "about")
            item |= {
                "title": _line(record.get(other.title)),
                "body": record.get(words) or "",
                "record": fragment(records[id]),
            }
            if isinstance(of, dict) and of["id"] != here:
                item["about"] = {"object": other.fields[other.definition.inherits or "about"].target, **of}
        out.append(item)
    return out


async def _origin(ctx: Context, entity: Entity, id: str) -> dict[str, Any]:
    """Who created a record, and when, as the record says it: of one that came from elsewhere, that was there."""
    record = loads((await shown(ctx, entity.name, [id], ("created_at", "created_by"))).get(id, b"{}"))
    at = record.get("created_at")
    return {"actor": record.get("created_by"), "at": datetime.fromisoformat(at) if at else None}


def _line(title: Any) -> str:
    return title if isinstance(title, str) else ""
