"""Notifications as their user sees them now: what they may not see is left out, and not counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from guanxi import identity, records
from guanxi.base import Invalid, Label, say
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.base.shape import mapping
from guanxi.base.text import noun
from guanxi.notify.kinds import KINDS
from guanxi.pg import quote
from guanxi.records import Context, access
from guanxi.records.cursor import make_cursor, open_cursor
from guanxi.records.journal import titles_of, who
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Query

COUNTED = 50
"""How many unread ones are counted; of more it is told that they are more."""
REFILL = 10
"""Of how many more it is asked at least what of them is seen, where some were not."""
EXCERPT = 280
SOMEBODY = {"en": "Somebody", "zh": "有人"}
PROGRAM = {"en": "The system", "zh": "系统"}
FLOW = {"en": "A flow", "zh": "自动化流程"}
COLUMNS = "id::text, at, kind, object, record::text, actor::text, count, data, read_at, change_set::text"
"""Of a stored notification, as :class:`Row` has them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A stored notification."""

    id: str
    at: datetime
    kind: str
    object: str | None
    record: str | None
    actor: str | None
    count: int
    data: Mapping[str, Any]
    read_at: datetime | None
    change_set: str | None

    @property
    def records(self) -> list[str]:
        """The records that it is known to be about."""
        return list(self.data.get("records") or ([self.record] if self.record else ()))

    def briefly(self) -> Row:
        """Of what it is about, one record and one change."""
        few = {"records": self.records[:1], "seqs": list(self.data.get("seqs") or ())[-1:]}
        return replace(self, data={**self.data, **few})


async def listing(
    ctx: Context, limit: int = 20, cursor: str | None = None, fresh: bool = False, kind: str | None = None
) -> dict[str, Any]:
    """``{"data": [...], "next", "unread", "more"}``, newest first; ``fresh`` leaves what is not read yet.

    Each is ``{"id", "at", "kind", "read", "text", "actor", "record", "records", "body", "changes", "count", "filter", "link"}``: ``text`` says
    it in the reader's language, ``record`` is the place to go to, else ``link`` (an import, an undoing), ``records`` the ids of several
    (null where they are more than are kept; then ``filter`` finds them), ``changes`` are as in history.
    """
    if kind is not None and kind not in KINDS:
        raise Invalid.one("kind", "not_an_option", value=kind[:60])
    after = open_cursor(cursor, Query("notifications"))[1:] if cursor else None
    data: list[dict[str, Any]] = []
    shown: dict[str, dict[str, Any] | None] = {}
    last: Row | None = None
    more = True
    while more and len(data) < limit:  # what is not seen leaves room for others
        size = limit if last is None else max(limit - len(data), REFILL)
        rows = await _rows(ctx, size + 1, after, fresh, kind)
        more, rows = len(rows) > size, rows[:size]
        seen = await told(ctx, rows)
        shown |= {row.id: seen.get(row.id) for row in rows}
        for row in rows:
            last, after = row, [row.at.isoformat(), row.id]
            if row.id in seen:
                data.append(seen[row.id])
            if len(data) == limit:
                more = more or row is not rows[-1]
                break
    waiting = await _rows(ctx, COUNTED + 1, None, True, None)
    unseen = sum(bool(shown.get(r.id)) for r in waiting[:COUNTED])
    unseen += await _seen(ctx, [r for r in waiting[:COUNTED] if r.id not in shown])
    following = make_cursor(dumps([0, last.at.isoformat(), last.id]), Query("notifications")) if more and last else None
    return {"data": data, "next": following, "unread": unseen, "more": len(waiting) > COUNTED}


async def _rows(ctx: Context, n: int, after: Sequence[Any] | None, fresh: bool, kind: str | None) -> list[Row]:
    at, id = after or (None, None)
    rows = await ctx.db.fetch(
        f"SELECT {COLUMNS} FROM {quote(ctx.workspace.schema)}._notification WHERE user_id = %(me)s::uuid AND page"
        " AND (NOT %(fresh)s OR read_at IS NULL) AND (%(kind)s::text IS NULL OR kind = %(kind)s)"
        " AND (%(id)s::uuid IS NULL OR (at, id) < (%(at)s::timestamptz, %(id)s::uuid)) ORDER BY at DESC, id DESC LIMIT %(n)s",
        {"me": ctx.actor.id, "fresh": fresh, "kind": kind, "at": at, "id": id, "n": n},
    )
    return [Row(*row) for row in rows]


async def unread(ctx: Context) -> tuple[int, bool]:
    """How many are not read yet, of those that the reader may see; and whether there are more than were counted."""
    rows = await _rows(ctx, COUNTED + 1, None, True, None)
    return await _seen(ctx, rows[:COUNTED]), len(rows) > COUNTED


@dataclass(frozen=True, slots=True)
class _About:
    """What notifications of one object are about, as far as the reader sees it: records by id, and changes by their number."""

    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    changes: Mapping[int, Mapping[str, Any]] = field(default_factory=dict[int, Mapping[str, Any]])

    def told(self, row: Row) -> list[Mapping[str, Any]]:
        """What changed."""
        return [c for s in row.data.get("seqs") or () if (c := self.changes.get(s)) and c["changes"]]


async def _about(ctx: Context, rows: Sequence[Row], spoken: bool) -> dict[str | None, _About]:
    """What notifications are about, by object; ``spoken`` with what is said of it, else only what there is to be counted."""
    out: dict[str | None, _About] = {None: _About()}
    for name in {r.object for r in rows if r.object in ctx.catalog.entities}:
        assert name is not None  # noqa: S101 - no object is called None
        mine = [r for r in rows if r.object == name]
        ids = sorted({i for r in mine for i in r.records})
        shown = await records.shown(ctx, name, ids, _spoken(ctx, name) if spoken else ())
        seqs = [s for r in mine for s in r.data.get("seqs") or ()]
        out[name] = _About(
            {i: loads(b) if spoken else {} for i, b in shown.items()}, await records.changes(ctx, name, seqs, spoken)
        )
    return out


def _shows(row: Row, about: _About | None) -> bool:
    """Whether there is anything of a notification that the reader may see."""
    if row.kind not in KINDS or about is None or (row.records and not any(i in about.records for i in row.records)):
        return False
    return bool(about.told(row)) or not row.data.get("seqs")  # else everything that changed is hidden from the reader


async def _seen(ctx: Context, rows: Sequence[Row]) -> int:
    """How many of these there are for the reader. All that one is about is asked for only where its first is not seen."""
    unseen = await _unseen(ctx, [row.briefly() for row in rows])
    unseen = unseen and await _unseen(ctx, [row for row in rows if row.id in unseen])
    return len(rows) - len(unseen)


async def _unseen(ctx: Context, rows: Sequence[Row]) -> set[str]:
    about = await _about(ctx, rows, False)
    return {row.id for row in rows if not _shows(row, about.get(row.object))}


async def told(ctx: Context, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """What the reader may see of these, by id."""
    about = await _about(ctx, rows, True)
    people = {r.actor for r in rows if r.actor} | {u for r in rows for u in r.data.get("names") or ()}
    titles = await titles_of(ctx, "user", people) if "user" in ctx.catalog.entities else {}
    shown = ((row, about.get(row.object)) for row in rows)
    return {row.id: _one(ctx, row, what, titles) for row, what in shown if what and _shows(row, what)}


def _spoken(ctx: Context, name: str) -> tuple[str, ...]:
    """What a notification says of a record, as far as the reader sees it: its title, text, and what it is about."""
    entity = ctx.catalog.entities[name]
    about = next((n for n in entity.fields if entity.types[n].anywhere), "")
    names = (n for n in (entity.title, "body", about) if n in entity.fields)
    return tuple(n for n in names if access.visible(ctx.actor, entity, entity.fields[n]))


def _nobody(row: Row) -> Label:
    """What did it where nobody did."""
    return FLOW if row.data.get("by") == "flow" else PROGRAM


def _one(ctx: Context, row: Row, what: _About, titles: Mapping[str, str]) -> dict[str, Any]:
    kind, language = KINDS[row.kind], ctx.actor.language
    entity = ctx.catalog.entities.get(row.object or "")
    mine = [i for i in row.records if i in what.records]
    record = what.records[mine[0]] if mine else {}
    told = what.told(row)
    title, place, body = "", None, ""
    if entity is not None and mine:
        title = _title(record.get(entity.title))
        place = {"object": entity.name, "id": mine[0], "title": title}
        about = next((n for n in entity.fields if entity.types[n].anywhere), None)
        where = mapping(record.get(about)) if about and entity.definition.activity else None
        if where and where.get("title"):
            place = {"object": where["object"], "id": where["id"], "title": where["title"]}
            spoken = row.kind not in ("assigned", "due")  # there what is said is the sentence's already
            body = (str(record.get("body") or title) if spoken else str(where["title"]))[:EXCERPT]
    count = row.count if len(mine) == len(row.records) else len(mine)
    text = row.data.get("text") or ""
    filling: dict[str, Any] = {
        "who": titles.get(row.actor, say(SOMEBODY, language)) if row.actor else say(_nobody(row), language),
        "record": place["title"] if place else "",
        "object": entity.definition.label if entity else "",
        "objects": noun(entity.definition.plural, language) if entity else "",
        "n": count,
        "names": "、".join(titles.get(u, say(SOMEBODY, language)) for u in row.data.get("names") or ()),
        "text": say(text, language) if isinstance(text, Mapping) else text,
    }
    if entity is not None and entity.definition.activity and row.kind in ("assigned", "due"):
        filling["record"] = title
    return {
        "id": row.id,
        "at": row.at,
        "kind": row.kind,
        "read": row.read_at is not None,
        "text": _filled(say(kind.many if count > 1 else kind.said, language), filling, language),
        "actor": who(row.actor, titles),
        "object": row.object,
        "record": place,
        "records": mine if 1 < count == len(mine) else None,
        "body": body,
        "changes": _merged(told) if told else None,
        "count": count,
        "filter": _all_of(entity, row) if entity is not None and count > max(len(mine), 1) else None,
        "link": row.data.get("link"),
    }


def _all_of(entity: Entity, row: Row) -> dict[str, Any] | None:
    """The filter of what a notification is about, where that is more than is kept of it by name: all that was done at once, and of what
    was given to the reader what is still theirs."""
    if row.change_set is None:
        return None
    together: dict[str, Any] = {"in_change_set": row.change_set}
    if row.kind == "assigned" and entity.owner:
        return {"and": [together, {"field": entity.owner, "op": "eq", "value": "$me"}]}
    return together


def _filled(template: str, filling: Mapping[str, Any], language: str) -> str:
    """All places are filled at once: what somebody wrote is never read as a place."""
    parts = template.split("{")
    out = parts[0]
    for part in parts[1:]:
        name, _, rest = part.partition("}")
        value = filling.get(name, "")
        out += (say(value, language) if isinstance(value, Mapping) else str(value)) + rest
    return out


def _title(value: Any) -> str:
    return str(value) if value is not None else ""


def _merged(entries: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Changes one after the other as one: each field from what it was first to what it became last."""
    out: dict[str, list[Any]] = {}
    for entry in entries:
        for name, (before, after) in entry["changes"].items():
            out[name] = [out[name][0] if name in out else before, after]
    return out


async def mark(ctx: Context, ids: Sequence[str] | None, read: bool = True) -> None:
    """One's own notifications (all, when none are named) are read, or not read after all."""
    if ids is not None and (wrong := next((i for i in ids if not is_id(i)), None)) is not None:
        raise Invalid.one("ids", "not_an_id", value=wrong[:50])
    await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._notification SET read_at = CASE WHEN %(read)s THEN now() END"
        " WHERE user_id = %(me)s::uuid AND (read_at IS NULL) = %(read)s AND (%(ids)s::uuid[] IS NULL OR id = ANY(%(ids)s::uuid[]))",
        {"me": ctx.actor.id, "read": read, "ids": None if ids is None else list(ids)},
    )
    await identity.tell(ctx.db, ctx.workspace.id, "told", users=[ctx.actor.id])
