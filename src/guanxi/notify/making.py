"""Notifications are made: by code that calls :func:`tell`, and of the journal, from which they follow by themselves.

What is kept is who is told of which entries of the journal and which records. Whether they may see them is asked when they
read it, and what they see is what they may see then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi import identity, mail, records
from guanxi.base import new_id
from guanxi.base.json import dumps
from guanxi.base.shape import names
from guanxi.notify.following import begin_following, followers
from guanxi.notify.preferences import load_preferences
from guanxi.pg import Connection, quote
from guanxi.pg.jobs import defer
from guanxi.records import Context, Delivery, Workspace, catalog_of, subscriber, system_actor
from guanxi.records.outbox import Entry
from guanxi.records.workspaces import zones_of
from guanxi.schema.catalog import Catalog, Entity

TOGETHER = timedelta(minutes=30)
"""What one person does to one record within this time is one notification, as long as it was not read."""
KEPT = 50
"""Entries and records that a notification names."""
NAMED = 150
"""Users to whom the news is addressed by name; for more everybody looks."""
COLUMNS = {
    "id": "uuid",
    "user_id": "uuid",
    "kind": "text",
    "object": "text",
    "record": "uuid",
    "actor": "uuid",
    "change_set": "uuid",
    "count": "int",
    "data": "text",
    "key": "text",
    "page": "bool",
    "mail_at": "timestamptz",
}
"""What is written of a notification, and the type in which it is sent."""


@dataclass(frozen=True, slots=True)
class Told:
    """One user is to be told. ``data`` may have ``text`` (by language or not), ``seqs``, ``names``, ``by`` (a flow, where no
    ``actor`` did it), ``asks`` (what waits for an answer: :func:`settle`); what has a ``key`` is told once."""

    user: str
    kind: str
    object: str | None = None
    record: str | None = None
    actor: str | None = None
    change_set: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    key: str | None = None


async def tell(db: Connection, workspace: Workspace, told: Sequence[Told]) -> int:
    """Tell users in the caller's transaction, as their preferences say; how many notifications were made or grew.

    Many records of one change set are one notification, and so are changes of a record one after the other.
    """
    zones = await zones_of(db, workspace, {t.user for t in told})
    preferences = await load_preferences(db, workspace, zones)
    now = datetime.now(UTC)
    gathered: dict[tuple[Any, ...], list[Told]] = {}
    for t in told:
        if t.user in zones:
            alone = t.key or (t.change_set is None and new_id())
            gathered.setdefault((t.user, t.kind, t.object, t.actor, t.change_set, alone), []).append(t)
    schema = quote(workspace.schema)
    known = await _unread(db, schema, gathered, now)
    made: dict[str, tuple[Told, dict[str, Any], bool, datetime | None]] = {}
    grown: dict[str, tuple[_Known, str | None, datetime | None]] = {}
    heard: set[str] = set()
    for group in gathered.values():
        first = group[0]
        wants = preferences[first.user]
        page = wants.page(first.kind)
        mail_at = None if mail.off() else wants.mail_at(first.kind, now, zones[first.user])
        if not page and mail_at is None:
            continue
        same = next((k for k in known if _belongs(k, first)), None)
        if same is None:
            made[new_id()] = (first, _joined({}, group), page, mail_at)
            continue
        same.data = _joined(same.data, group)
        grown[same.id] = (same, first.change_set, mail_at)
        if page:
            heard.add(first.user)
    await _grow(db, schema, grown)
    new = await _make(db, schema, made)
    heard |= {made[id][0].user for id in new if made[id][2]}
    if heard:
        named = {"users": sorted(heard)} if len(heard) <= NAMED else {}
        await identity.tell(db, workspace.id, "told", **named)
    if any(at is not None and at <= now for *_, at in (made[id] for id in new)):
        await defer(db, "notify.mail", {"workspace": workspace.id}, lock=f"notify.mail:{workspace.id}")
    return len(grown) + len(new)


async def _grow(db: Connection, schema: str, grown: Mapping[str, tuple[_Known, str | None, datetime | None]]) -> None:
    """Those that stand there already say more."""
    if not grown:
        return
    rows = [(id, dumps(k.data).decode(), _count(k.data), by, at) for id, (k, by, at) in grown.items()]
    ids, data, counts, sets, mails = map(list, zip(*rows, strict=True))
    await db.execute(
        f"UPDATE {schema}._notification AS n SET at = now(), count = greatest(1, g.count), data = g.data::jsonb, change_set = g.set,"
        # What was mailed goes out again, with what came since, but not at every portion of something large.
        " mail_at = CASE WHEN n.mailed_at IS NULL THEN n.mail_at ELSE greatest(g.mail, n.mailed_at + %(together)s) END, mailed_at = NULL"
        " FROM unnest(%(ids)s::uuid[], %(data)s::text[], %(counts)s::int[], %(sets)s::uuid[], %(mails)s::timestamptz[])"
        " AS g(id, data, count, set, mail) WHERE n.id = g.id",
        {"ids": ids, "data": data, "counts": counts, "sets": sets, "mails": mails, "together": TOGETHER},
    )


async def _make(
    db: Connection, schema: str, made: Mapping[str, tuple[Told, dict[str, Any], bool, datetime | None]]
) -> list[str]:
    """Those that are new; the ids of those that were not told before under their key."""
    if not made:
        return []
    rows = [
        (
            id,
            t.user,
            t.kind,
            t.object,
            t.record,
            t.actor,
            t.change_set,
            _count(data),
            dumps(data).decode(),
            t.key,
            page,
            at,
        )
        for id, (t, data, page, at) in made.items()
    ]
    lists = ", ".join(f"%({name})s::{kind}[]" for name, kind in COLUMNS.items())
    found = await db.fetch(
        f"INSERT INTO {schema}._notification ({', '.join(COLUMNS)}) SELECT id, user_id, kind, object, record, actor, change_set,"
        f" greatest(1, count), data::jsonb, key, page, mail_at FROM unnest({lists}) AS m({', '.join(COLUMNS)})"
        " ON CONFLICT (user_id, key) DO NOTHING RETURNING id::text",
        dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True)),
    )
    return [r[0] for r in found]


async def settle(db: Connection, workspace: Workspace, users: Sequence[str], asks: str) -> None:
    """Users need not answer any more: what asked them counts as read, and is not mailed."""
    if await db.execute(
        f"UPDATE {quote(workspace.schema)}._notification SET read_at = now() WHERE user_id = ANY(%(users)s::uuid[])"
        " AND read_at IS NULL AND data->>'asks' = %(asks)s",
        {"users": list(users), "asks": asks},
    ):
        await identity.tell(db, workspace.id, "told", users=list(users))


@dataclass(slots=True)
class _Known:
    id: str
    user: str
    kind: str
    object: str | None
    record: str | None
    actor: str | None
    change_set: str | None
    data: dict[str, Any]


async def _unread(
    db: Connection, schema: str, gathered: Mapping[tuple[Any, ...], Sequence[Told]], now: datetime
) -> list[_Known]:
    """What these users were told lately of the same changes, or of other changes of these records, and did not read yet."""
    first = [group[0] for group in gathered.values()]
    rows = await db.fetch(
        "SELECT id::text, user_id::text, kind, object, record::text, actor::text, change_set::text, data"
        f" FROM {schema}._notification WHERE user_id = ANY(%(users)s::uuid[]) AND read_at IS NULL AND at > %(since)s AND key IS NULL"
        " AND (change_set = ANY(%(sets)s::uuid[]) OR kind = 'changed' AND record = ANY(%(records)s::uuid[])) FOR UPDATE",
        {
            "users": sorted({t.user for t in first}),
            "sets": sorted({t.change_set for t in first if t.change_set}),
            "records": sorted({t.record for t in first if t.record and t.kind == "changed"}),
            "since": now - TOGETHER,
        },
    )
    return [_Known(*row) for row in rows]


def _belongs(known: _Known, t: Told) -> bool:
    if t.key or (known.user, known.kind, known.object, known.actor) != (t.user, t.kind, t.object, t.actor):
        return False
    if t.change_set is not None and known.change_set == t.change_set:
        return True
    return t.kind == "changed" and known.record == t.record and _count(known.data) <= 1


def _joined(data: Mapping[str, Any], group: Sequence[Told]) -> dict[str, Any]:
    """The data of a notification with more told: the entries and records it is about, and how many they are."""
    seen: list[str] = list(data.get("records", ()))
    seqs: list[int] = list(data.get("seqs", ()))
    n = data.get("n", len(seen))
    out = dict(data)
    for t in group:
        out.update({k: v for k, v in t.data.items() if k != "seqs"})
        seqs += t.data.get("seqs", ())
        if t.record and t.record not in seen:
            n += 1
            if len(seen) < KEPT:
                seen.append(t.record)
    out |= {"records": seen, "n": n} if seen else {}
    return out | ({"seqs": seqs[-KEPT:]} if seqs else {})


def _count(data: Mapping[str, Any]) -> int:
    return int(data.get("n", 1))


# -- from the journal ------------------------------------------------------------------------------------------------------


@subscriber("notify")
async def hear(delivery: Delivery) -> None:
    """Tells those whom what happened concerns."""
    db, workspace = delivery.db, delivery.workspace
    catalog = await catalog_of(db, workspace)
    ctx = Context(db, workspace, catalog, system_actor(workspace), "notify", "")
    told: list[Told] = []
    about: dict[
        str, dict[str, list[tuple[Entry, Told]]]
    ] = {}  # what followers of records are told, by object and record
    for entry in delivery.entries:
        entity = catalog.entities.get(entry.object)
        if entity is None or entry.kind not in ("create", "update"):
            continue
        after, before = entry.after or {}, entry.before or {}
        by_flow = entry.cause.startswith("flow:")
        doer = None if by_flow else entry.actor  # a flow has the rights of whoever switched it on, who did nothing here
        base = Told("", "", entry.object, entry.record, doer, entry.change_set, {"by": "flow"} if by_flow else {})
        owner = after.get(entity.owner) if entity.owner else None
        if owner and owner not in (doer, before.get(entity.owner)):
            told.append(replace(base, user=owner, kind="assigned"))
        named: list[str] = []
        if "mentions" in entity.fields and (added := _added(before, after)):
            told += await _mentioned(ctx, base, added)
            named = added
        if entity.definition.activity:
            place = _place(catalog, entity, after)
            if place and entry.kind == "create":
                kind = "comment" if entity.definition.activity == "comment" else "activity"
                about.setdefault(place[0], {}).setdefault(place[1], []).append((entry, replace(base, kind=kind)))
                if kind == "comment" and doer:
                    named = [*named, doer]
            if place and named:
                await _joins(ctx, place, entry, named)
        elif entry.kind == "update" and (entity.definition.area or entity.definition.custom):
            if _first_derived(entity, before):
                continue
            change = replace(base, kind="changed", data={**base.data, "seqs": [entry.seq]})
            about.setdefault(entry.object, {}).setdefault(entry.record, []).append((entry, change))
    spoken = {(t.user, t.record) for t in told}
    for object_name, by_record in about.items():
        follow = await followers(ctx, object_name, list(by_record))
        spoken |= await _heard(ctx, by_record, sorted({u for who in follow.values() for u in who}))
        for record, who in follow.items():
            for _, one in by_record[record]:
                told += [
                    replace(one, user=u)
                    for u in who
                    if u != one.actor and (u, one.record) not in spoken  # whom it names hears of it once
                ]
    if told:
        await tell(db, workspace, told)


async def _heard(
    ctx: Context, by_record: Mapping[str, Sequence[tuple[Entry, Told]]], users: Sequence[str]
) -> set[tuple[str, str | None]]:
    """Which of these users was told already, in words of its own, of what the program did to which record."""
    sets = {e.change_set for many in by_record.values() for e, t in many if not t.actor and e.change_set}
    if not sets or not users:
        return set()
    rows = await ctx.db.fetch(
        f"SELECT user_id::text, record::text FROM {quote(ctx.workspace.schema)}._notification WHERE page"
        " AND user_id = ANY(%(users)s::uuid[]) AND at > now() - interval '1 day' AND kind <> 'changed'"
        " AND record IS NOT NULL AND change_set = ANY(%(sets)s::uuid[])",
        {"users": users, "sets": sorted(sets)},
    )
    return {(user, record) for user, record in rows}


def _first_derived(entity: Entity, before: Mapping[str, Any]) -> bool:
    """Whether only the program's own fields got their first values, as the grade of a new record: news to nobody."""
    return all(value is None and n in entity.fields and entity.fields[n].readonly for n, value in before.items())


def _added(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Users who are mentioned now and were not before."""
    old = names(before.get("mentions")) or ()
    return [u for u in names(after.get("mentions")) or () if u not in old]


def _place(catalog: Catalog, entity: Entity, after: Mapping[str, Any]) -> tuple[str, str] | None:
    """What an activity is about: object and id."""
    link = next((n for n in entity.fields if entity.types[n].anywhere), None)
    if link is None:
        return None
    name, id = after.get(f"{link}_object"), after.get(link)
    return (str(name), id) if name in catalog.entities and id else None


async def _mentioned(ctx: Context, base: Told, users: Sequence[str]) -> list[Told]:
    """Who may see it is told that they are mentioned; for the others the writer is told that they are not."""
    assert base.object is not None  # noqa: S101 - entries have one
    assert base.record is not None  # noqa: S101 - and are of one
    able = await records.readers(ctx, base.object, base.record, users)
    out = [replace(base, user=u, kind="mention", change_set=None) for u in users if u in able and u != base.actor]
    if base.actor and (others := [u for u in users if u not in able]):
        out.append(replace(base, user=base.actor, kind="not_told", actor=None, change_set=None, data={"names": others}))
    return out


async def _joins(ctx: Context, place: tuple[str, str], entry: Entry, users: Sequence[str]) -> None:
    """Who writes or is named there follows what it is about, where that is wanted."""
    wants = await load_preferences(ctx.db, ctx.workspace, users)
    able = await records.readers(ctx, place[0], place[1], users)
    joining = [u for u in users if u in able and wants[u].follow["commented" if u == entry.actor else "mentioned"]]
    if joining:
        await begin_following(ctx.db, ctx.workspace, place[0], [(place[1], u) for u in joining])
