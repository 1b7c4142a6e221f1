"""From the journal to messages: who wants to hear of what happened, and what may they be told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from guanxi.base import Problem, new_id
from guanxi.base.json import dumps, fragment, loads
from guanxi.pg import Connection, quote
from guanxi.records import (
    Actor,
    Context,
    Delivery,
    Entry,
    Workspace,
    access,
    catalog_of,
    load_actor,
    note_in,
    paging,
    subscriber,
)
from guanxi.records.compile import Compiler
from guanxi.schema.catalog import Catalog
from guanxi.schema.filter import both, parse, where
from guanxi.schema.query import Query
from guanxi.webhooks.shaping import KINDS, get

CHANNEL = "guanxi_webhook"
"""Told to senders: there is something for a workspace."""
LARGEST = 256_000
"""Bytes of a message; of a record that is larger only is told which it is."""
EVENTS: Mapping[str, str] = {
    "create": "created",
    "restore": "created",
    "update": "changed",
    "delete": "removed",
    "archive": "removed",
    "unarchive": "created",
}

__all__ = ["CHANNEL", "KINDS", "queue", "try_out"]


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as far as queueing needs it."""

    id: str
    owner: str
    objects: frozenset[str]
    kinds: frozenset[str]
    fields: frozenset[str]
    filter: Any
    thin: bool

    def wants(self, entry: Entry) -> bool:
        """Whether it asked for this kind of thing."""
        if (self.objects and entry.object not in self.objects) or EVENTS[entry.kind] not in self.kinds:
            return False
        return not self.fields or entry.kind != "update" or not self.fields.isdisjoint(entry.after or ())


async def hooks(db: Connection, workspace: Workspace, id: str | None = None) -> list[Hook]:
    """Those that are switched on, or this one whether or not."""
    rows = await db.fetch(
        f"SELECT id, owner, objects, kinds, fields, filter, thin FROM {quote(workspace.schema)}._webhook"
        " WHERE (%(id)s::uuid IS NULL AND active) OR id = %(id)s::uuid ORDER BY id",
        {"id": id},
    )
    return [Hook(i, o, frozenset(objects), frozenset(k), frozenset(f), w, t) for i, o, objects, k, f, w, t in rows]


async def _wanted(db: Connection, workspace: Workspace) -> Collection[str] | None:
    found = await hooks(db, workspace)
    return None if any(not h.objects for h in found) else {name for h in found for name in h.objects}


@subscriber("webhooks", _wanted)
async def _hear(delivery: Delivery) -> None:
    known = await hooks(delivery.db, delivery.workspace)
    if known:
        await queue(delivery.db, delivery.workspace, known, delivery.entries)


async def queue(db: Connection, workspace: Workspace, known: Sequence[Hook], entries: Sequence[Entry]) -> int:
    """Messages of these entries for those that want them, each entry once for each webhook; how many are new."""
    catalog = await catalog_of(db, workspace)
    total = 0
    for hook in known:
        wanted = [e for e in entries if e.object in catalog.entities and hook.wants(e)]
        if not wanted:
            continue
        owner = await load_actor(db, workspace, hook.owner)
        if owner is None:
            await switch_off(db, workspace, hook.id, "owner_gone")
            continue
        ctx = Context(db, workspace, catalog, owner, "webhook", "")
        for name in dict.fromkeys(e.object for e in wanted):
            total += await _queue(ctx, hook, name, [e for e in wanted if e.object == name])
    if total:
        await db.execute("SELECT pg_notify(%(c)s, %(w)s)", {"c": CHANNEL, "w": workspace.id})
    return total


async def _queue(ctx: Context, hook: Hook, name: str, entries: Sequence[Entry]) -> int:
    try:
        records = await _visible(ctx, hook, name, {e.record for e in entries})
    except Problem:  # its filter names what is no longer there, or its owner may not read this
        return 0
    messages: list[dict[str, Any]] = []
    for entry in entries:
        record = records.get(entry.record)
        if record is None:
            continue
        payload = _payload(ctx.actor, ctx.catalog, ctx.workspace, hook, entry, record)
        messages.append(
            {
                "id": new_id(),
                "seq": entry.seq,
                "event": f"{name}.{EVENTS[entry.kind]}",
                "object": name,
                "record": entry.record,
                "payload": payload.decode(),
            }
        )
    return await insert(ctx.db, ctx.workspace, hook.id, messages) if messages else 0


async def insert(db: Connection, workspace: Workspace, hook: str, messages: Sequence[Mapping[str, Any]]) -> int:
    """Put messages into the queue; how many were not there yet."""
    return await db.execute(
        f"INSERT INTO {quote(workspace.schema)}._webhook_message (id, webhook, seq, event, object, record, payload)"
        " SELECT m.id, %(hook)s::uuid, m.seq, m.event, m.object, m.record, m.payload FROM json_to_recordset(%(m)s::json)"
        " AS m(id uuid, seq bigint, event text, object text, record uuid, payload text) ON CONFLICT (webhook, seq) DO NOTHING",
        {"hook": hook, "m": dumps(list(messages)).decode()},
    )


async def _visible(ctx: Context, hook: Hook, name: str, ids: Iterable[str]) -> dict[str, bytes]:
    """Those records that the owner may see and the filter takes, as they stand, in the bin or not, as JSON by id."""
    entity = ctx.catalog.entities[name]
    if not access.may(ctx.actor, entity, "read"):
        return {}
    left, found = set(ids), dict[str, bytes]()
    fields = ("id",) if hook.thin else None
    for query in (Query(name), Query(name, deleted=True), Query(name, archived="only")):
        if left:
            wanted = both(where("id", "in", sorted(left)), parse(hook.filter))
            statement = paging.page(Compiler(ctx), replace(query, filter=wanted, fields=fields, limit=None))
            for row in await ctx.db.fetch(statement.sql, statement.args):
                found[loads(row[0])["id"]] = row[0]
            left -= set(found)
    return found


def _payload(actor: Actor, catalog: Catalog, workspace: Workspace, hook: Hook, entry: Entry, record: bytes) -> bytes:
    entity = catalog.entities[entry.object]
    changed = [
        n for n in entry.after or () if n in entity.fields and access.level(actor, entity, entity.fields[n]) != "none"
    ]
    message: dict[str, Any] = {
        "type": f"{entry.object}.{EVENTS[entry.kind]}",
        "timestamp": entry.at,
        "sequence": entry.seq,
        "workspace": workspace.id,
        "object": entry.object,
    }
    if entry.kind == "update":
        message["changed"] = sorted(changed)
    thin = hook.thin or len(record) > LARGEST
    return dumps({**message, "data": {"id": entry.record} if thin else fragment(record)})


async def try_out(ctx: Context, id: str) -> dict[str, Any]:
    """A message that says only that this is a trial; it takes the way of all others. Answers its id."""
    found = await get(ctx, id)
    now = datetime.now(UTC)
    payload = dumps({"type": "test", "timestamp": now, "workspace": ctx.workspace.id, "data": {"webhook": found["id"]}})
    message = {"id": new_id(), "event": "test", "payload": payload.decode()}
    await insert(ctx.db, ctx.workspace, id, [message])
    await hurry(ctx, id)
    return {"id": message["id"]}


async def hurry(ctx: Context, id: str) -> None:
    """What waits for a webhook is sent now, however long its receiver is being left alone: somebody asked for it."""
    await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._webhook SET paused_until = NULL WHERE id = %(id)s::uuid AND paused_until IS NOT NULL",
        {"id": id},
    )
    await ctx.db.execute("SELECT pg_notify(%(c)s, %(w)s)", {"c": CHANNEL, "w": ctx.workspace.id})


Off = Callable[[Connection, Workspace, str, str], Awaitable[None]]
_off: list[Off] = []


def on_off(told: Off) -> Off:
    """Makes ``async def f(db, workspace, webhook, reason)`` hear of every webhook that the program switches off."""
    _off.append(told)
    return told


async def switch_off(db: Connection, workspace: Workspace, id: str, reason: str) -> None:
    """The program's own act: it is shown with its reason until somebody switches it on again, and told to the audit."""
    if await db.execute(
        f"UPDATE {quote(workspace.schema)}._webhook SET active = false, off_reason = %(reason)s, off_at = now(), edit = edit + 1"
        " WHERE id = %(id)s::uuid AND active",
        {"id": id, "reason": reason},
    ):
        await note_in(
            db, workspace.schema, "settings", None, "webhook", name="webhook", act="off", webhook=id, reason=reason
        )
        for told in _off:
            await told(db, workspace, id, reason)
