"""What the journal starts: flows that begin with a record being created, changed or removed, and steps that wait for that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from guanxi.base import Conflict, Problem
from guanxi.base.shape import mapping, names
from guanxi.flows.starting import Active, Start, active, actor_of, begin, fire, refuse, wake
from guanxi.pg import Connection, quote
from guanxi.records import Context, Delivery, Entry, Workspace, catalog_of, subscriber, system_actor
from guanxi.records.happened import held
from guanxi.records.moves import Moved, hears_of_moves
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.filter import TRUE, parse
from guanxi.schema.types import Bad

KINDS: Mapping[str, tuple[str, ...]] = {
    "created": ("create", "restore"),
    "changed": ("update",),
    "removed": ("delete",),
}
"""Kinds of entries that a trigger hears of."""


class Span(NamedTuple):
    """A part of the journal: after a moment, up to a moment, and no later than an entry."""

    since: datetime
    until: datetime
    last: int


async def _wanted(db: Connection, workspace: Workspace) -> Collection[str]:
    """Objects that a flow or a waiting step hears of."""
    schema = quote(workspace.schema)
    rows = await db.fetch(
        f"SELECT DISTINCT object FROM {schema}._flow WHERE active AND kind IN ('created', 'changed', 'removed') AND object IS NOT NULL"
        f" UNION SELECT DISTINCT split_part(token, ':', 2) FROM {schema}._flow_run WHERE state = 'waiting' AND token LIKE 'event:%%'"
    )
    return [r[0] for r in rows]


@subscriber("flows", wants=_wanted)
async def hear(delivery: Delivery) -> None:
    """Begin what the entries start, in the transaction in which they count as handled."""
    db, workspace = delivery.db, delivery.workspace
    catalog = await catalog_of(db, workspace)
    chains = await _chains(db, workspace, {e.change_set for e in delivery.entries if e.cause.startswith("flow:")})
    for flow in await active(db, workspace, catalog, tuple(KINDS)):
        mine = [e for e in delivery.entries if e.object == flow.object and e.at >= flow.clock]
        try:
            hits = await matched(db, workspace, catalog, flow, mine)
        except Problem as problem:  # the catalog changed under it: the other flows go on
            await refuse(db, workspace, flow, Start(str(mine[0].seq), mine[0].object, mine[0].record), problem)
            continue
        starts = [
            Start(
                str(e.seq),
                e.object,
                e.record,
                None,
                chains.get(e.change_set, []),
                None if e.cause.startswith("flow:") else e.actor,
            )
            for e in hits
        ]
        await begin(db, workspace, flow, starts)
    await _events(delivery, catalog)


@hears_of_moves
async def moved(db: Connection, workspace: Workspace, what: Moved) -> None:
    """Begin what somebody's entering or leaving a segment starts, each move once."""
    chains = await _chains(db, workspace, {made for _, _, made in what.moves if made})
    starts = [
        Start(f"segment {n}", what.object, record, None, chains.get(change_set or "", []))
        for n, record, change_set in what.moves
    ]
    way = "entered" if what.entered else "left"
    await fire(db, workspace, "segment", starts, object_name=what.object, where={"segment": what.segment, "way": way})


async def _chains(db: Connection, workspace: Workspace, sets: Collection[str]) -> dict[str, list[Any]]:
    """By change set of a run: the runs that led to it, and itself."""
    if not sets:
        return {}
    rows = await db.fetch(
        f"SELECT id, chain, flow, record FROM {quote(workspace.schema)}._flow_run WHERE id = ANY(%(ids)s::uuid[])",
        {"ids": list(sets)},
    )
    return {id: [*chain, [flow, record]] for id, chain, flow, record in rows}


async def matched(
    db: Connection,
    workspace: Workspace,
    catalog: Catalog,
    flow: Active,
    entries: Sequence[Entry],
    *,
    later: bool = False,
) -> list[Entry]:
    """The entries by which a flow begins: of now as they come, of the past when it is tried, which is ``later`` than they were."""
    entity = catalog.entities.get(flow.object or "")
    if entity is None or not entries:
        return []
    if not any(e.kind in KINDS[flow.kind] for e in entries):
        return []
    actor = await actor_of(db, workspace, flow)
    if actor is None:
        raise Conflict("flow_actor_gone")
    ctx = Context(db, workspace, catalog, actor, f"flow:{flow.name}", "")
    return await meant(ctx, entity, flow.trigger, entries, later=later)


async def meant(
    ctx: Context, entity: Entity, what: Mapping[str, Any], entries: Sequence[Entry], *, later: bool = False
) -> list[Entry]:
    """Those entries of an object that a trigger or a waiting step means, judged on the record as it was right after each. ``later``:
    the record may have been deleted or restored since."""
    hits = [e for e in entries if e.kind in KINDS[what["kind"]] and fits(ctx, entity, what, e)]
    if not hits:
        return []
    wanted = parse(what.get("filter")) if what.get("filter") else TRUE
    of = "bin" if what["kind"] == "removed" else "live"
    if later and (ctx.actor.system or "bin" in ctx.actor.grants.system):
        of = "any"
    found = await held(ctx, entity.name, [e.seq for e in hits], wanted, of=of)
    return [e for e in hits if e.seq in found]


def fits(ctx: Context, entity: Entity, what: Mapping[str, Any], entry: Entry) -> bool:
    """Whether an entry changed one of the fields, from and to what is asked for."""
    if what["kind"] != "changed":
        return True
    fields = names(what.get("fields") or ()) or ()
    after, before = entry.after or {}, entry.before or {}
    if fields and not any(n in after for n in fields):
        return False
    for side, image in (("from", before), ("to", after)):
        if what.get(side) is not None and fields and not _same(ctx, entity, fields[0], what[side], image):
            return False
    return True


def _same(ctx: Context, entity: Entity, name: str, wanted: Any, image: Mapping[str, Any]) -> bool:
    """Whether a field's value in an image is this one."""
    if name not in image:
        return False
    f, kind, value = entity.fields[name], entity.types[name], image[name]
    form = mapping(wanted)
    if form is not None and "id" in form:
        wanted = form["id"]
    if kind.link or value is None or wanted == value:
        return wanted == value
    try:
        return kind.same(kind.parse(f, wanted, ctx.env), kind.parse(f, value, ctx.env))
    except (Bad, TypeError, ValueError):
        return str(wanted) == str(value)


async def _events(delivery: Delivery, catalog: Catalog) -> None:
    """Wake the steps that wait for one of the entries."""
    db, workspace = delivery.db, delivery.workspace
    tokens = {f"event:{e.object}:{e.record}" for e in delivery.entries} | {
        f"event:{e.object}:*" for e in delivery.entries
    }
    rows = await db.fetch(
        f"SELECT id, token, waits->'event', started_at, change_set FROM {quote(workspace.schema)}._flow_run"
        " WHERE state = 'waiting' AND token = ANY(%(tokens)s::text[]) LIMIT 10000",
        {"tokens": list(tokens)},
    )
    if not rows:
        return
    ctx = Context(db, workspace, catalog, system_actor(workspace), "flows", "")
    for id, token, event, since, own in rows:
        entity = catalog.entities.get(event["object"])
        mine = [
            e
            for e in delivery.entries
            if e.object == event["object"]
            and e.record == (event.get("record") or e.record)
            and e.at >= since
            and e.change_set != own
        ]
        try:
            hits = await meant(ctx, entity, event, mine) if entity else []
        except Problem:  # it waits for something that cannot be asked any more, and goes on when its time is up
            continue
        if hits:
            await wake(ctx, id, token, {"object": hits[0].object, "id": hits[0].record, "kind": hits[0].kind})


ENTRY = "seq, at, object, record::text, kind, actor::text, cause, change_set::text, version, before, after"


async def past(db: Connection, workspace: Workspace, object_name: str, days: int, most: int) -> list[Entry]:
    """The entries of an object in the last days, the newest ``most`` of them, oldest first."""
    rows = await db.fetch(
        f"SELECT {ENTRY} FROM"
        f" (SELECT j.* FROM {quote(workspace.schema)}._journal AS j WHERE j.object = %(object)s"
        " AND j.at > now() - make_interval(days => %(days)s) ORDER BY j.seq DESC LIMIT %(most)s) AS q ORDER BY seq",
        {"object": object_name, "days": days, "most": most},
    )
    return [Entry(*row) for row in rows]


async def between(
    db: Connection, workspace: Workspace, what: Mapping[str, Any], records: Sequence[str], span: Span, most: int
) -> list[Entry]:
    """The entries of an object of the kind that an event names, after and up to a moment, of these records or (none) of any; the
    first ``most`` of them."""
    about = " AND j.record = ANY(%(records)s::uuid[])" if records else ""
    rows = await db.fetch(
        f"SELECT {ENTRY} FROM {quote(workspace.schema)}._journal AS j WHERE j.object = %(object)s{about}"
        " AND j.kind = ANY(%(kinds)s::text[]) AND j.seq <= %(last)s AND j.at > %(since)s AND j.at <= %(until)s"
        " ORDER BY j.seq LIMIT %(most)s",
        {
            "object": what["object"],
            "records": list(records),
            "kinds": list(KINDS[what["kind"]]),
            "last": span.last,
            "since": span.since,
            "until": span.until,
            "most": most,
        },
    )
    return [Entry(*row) for row in rows]
