"""Who is in a segment: found by one statement that compares what its filter says with what is kept, and notes the difference.

Of all records of a segment, or of those alone whose membership may have changed; then many segments are asked at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from guanxi import identity
from guanxi.base import Invalid
from guanxi.pg import Connection, quote
from guanxi.pg.jobs import defer
from guanxi.records import Context, Workspace
from guanxi.records.compile import Compiler
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.filter import Condition, Filter, Formula, Related, momentary, walk
from guanxi.schema.formula import calls
from guanxi.schema.formula.meaning import CLOCKS
from guanxi.schema.query import Query
from guanxi.segments.knowing import Segment, eyes, load

TOGETHER = 50
"""Segments that one statement asks of the same records."""


@dataclass(frozen=True, slots=True)
class Move:
    """A record entered a segment or left it."""

    segment: str
    record: str
    entered: bool
    change_set: str | None = None


async def again(
    db: Connection, workspace: Workspace, catalog: Catalog, segments: Sequence[Segment], wanted: Mapping[str, Mapping[str, str | None]]
) -> list[Move]:  # fmt: skip
    """Look at some records again: ``wanted`` has their ids by segment, each with the change set that made it necessary."""
    mine = [s for s in segments if s.dynamic and s.found and not s.fault and wanted.get(s.id)]
    if not mine:
        return []
    # Locked in one order; what is read afterwards is what others have left.
    mine = await load(db, workspace, catalog, sorted(s.id for s in mine), lock=True)
    moves: list[Move] = []

    def alike(s: Segment) -> tuple[str, str]:
        return s.object, s.eyes

    for (object, user), group in groupby(sorted(mine, key=alike), alike):
        several = list(group)
        ctx = await eyes(db, workspace, catalog, user)
        if ctx is None:  # a full look says so; until then its members stay as they are
            continue
        for start in range(0, len(several), TOGETHER):
            some = several[start : start + TOGETHER]
            ids: dict[str, str | None] = {}
            for one in some:
                ids |= wanted[one.id]
            moves += await _compare(ctx, catalog.entities[object], some, ids)
    await _settle(db, workspace, {s.id: s for s in mine}, moves)
    return moves


async def _compare(
    ctx: Context, entity: Entity, segments: Sequence[Segment], ids: Mapping[str, str | None]
) -> list[Move]:
    """What moved, of these records in these segments, which share their eyes."""
    schema = quote(ctx.workspace.schema)
    c = Compiler(ctx)
    c.few = True
    source, visible = c.source(entity, "t")
    tests: list[str] = []
    for one in segments:
        try:
            tests.append(f"({c.where(entity, 't', one.what)}) IS TRUE")
        except Invalid:  # as above
            tests.append("NULL")
    held = f"SELECT t.id, ARRAY[{', '.join(tests)}] AS h FROM {source} WHERE {c.among('t.id', list(ids))} AND {visible}"
    rows = await ctx.db.fetch(
        "WITH i AS (SELECT * FROM unnest(%(_ids)s::uuid[], %(_sets)s::uuid[]) AS i(id, change_set)),"
        " s AS (SELECT * FROM unnest(%(_segments)s::uuid[]) WITH ORDINALITY AS s(segment, n)),"
        f" r AS MATERIALIZED ({held}),"
        " want AS (SELECT s.segment, i.id, i.change_set, CASE WHEN r.id IS NULL THEN FALSE ELSE r.h[s.n] END AS holds"
        " FROM s CROSS JOIN i LEFT JOIN r ON r.id = i.id),"
        f" gone AS (DELETE FROM {schema}._segment_member AS m USING want AS w WHERE m.segment = w.segment AND m.record = w.id"
        " AND NOT w.holds RETURNING m.segment, m.record, w.change_set),"
        f" come AS (INSERT INTO {schema}._segment_member (segment, record, since) SELECT w.segment, w.id, now() FROM want AS w"
        " WHERE w.holds ON CONFLICT DO NOTHING RETURNING segment, record)"
        f" INSERT INTO {schema}._segment_move (segment, record, entered, at, change_set)"
        " SELECT g.segment, g.record, FALSE, now(), g.change_set FROM gone AS g"
        " UNION ALL SELECT c.segment, c.record, TRUE, now(), i.change_set FROM come AS c JOIN i ON i.id = c.record"
        " RETURNING segment, record, entered, change_set",
        {**c.args, "_ids": list(ids), "_sets": list(ids.values()), "_segments": [s.id for s in segments]},
    )
    return [Move(*row) for row in rows]


async def _settle(db: Connection, workspace: Workspace, segments: Mapping[str, Segment], moves: Iterable[Move]) -> None:
    """Count what moved, and have it told."""
    by: dict[str, int] = {}
    for move in moves:
        by[move.segment] = by.get(move.segment, 0) + (1 if move.entered else -1)
    if by:
        await counted(db, workspace, by)
        await call(db, workspace)
        for name in {segments[id].object for id in by}:
            await identity.tell(db, workspace.id, "records", object=name)


async def counted(db: Connection, workspace: Workspace, by: Mapping[str, int]) -> None:
    """Note how many more (or fewer) members segments have, and how many that is today."""
    schema = quote(workspace.schema)
    await db.execute(
        f"WITH s AS (UPDATE {schema}._segment AS s SET size = s.size + d.n FROM unnest(%(ids)s::uuid[], %(n)s::int[]) AS d(id, n)"
        " WHERE s.id = d.id RETURNING s.id, s.size)"
        f" INSERT INTO {schema}._segment_day (segment, day, size) SELECT s.id, (now() AT TIME ZONE %(zone)s)::date, s.size FROM s"
        " ON CONFLICT (segment, day) DO UPDATE SET size = excluded.size",
        {"ids": list(by), "n": list(by.values()), "zone": workspace.timezone},
    )


async def call(db: Connection, workspace: Workspace) -> None:
    """Have a worker tell what moved."""
    await defer(db, "segments.tell", {"workspace": workspace.id}, lock=f"segments.tell:{workspace.id}")


async def find_all(db: Connection, workspace: Workspace, catalog: Catalog, id: str, now: datetime) -> bool:
    """Find all members of a dynamic segment, in the caller's transaction; whether anything moved. What its filter brings at first
    enters without being told."""
    schema = quote(workspace.schema)
    found = await load(db, workspace, catalog, [id], lock=True)
    if not found or not found[0].dynamic:
        return False
    [one] = found
    ctx = await eyes(db, workspace, catalog, one.eyes)
    fault = one.fault or ("" if ctx else "owner_gone")
    statement, timed = None, False
    if ctx is not None and not fault:
        c = Compiler(ctx)
        try:
            statement = c.ids(Query(one.object, one.what))
            timed = c.dated
        except Invalid as invalid:
            fault = invalid.errors[0].code if invalid.errors else invalid.code
    moved = (0, 0)
    if statement is not None:
        moved = await db.row(
            f"WITH want AS MATERIALIZED ({statement.sql}),"
            f" gone AS (DELETE FROM {schema}._segment_member AS m WHERE m.segment = %(_s)s::uuid"
            " AND NOT EXISTS (SELECT FROM want AS w WHERE w.id = m.record) RETURNING m.record),"
            f" come AS (INSERT INTO {schema}._segment_member (segment, record, since) SELECT %(_s)s::uuid, w.id, now() FROM want AS w"
            f" WHERE NOT EXISTS (SELECT FROM {schema}._segment_member AS m WHERE m.segment = %(_s)s::uuid AND m.record = w.id)"
            " ON CONFLICT DO NOTHING RETURNING record),"
            f" moves AS (INSERT INTO {schema}._segment_move (segment, record, entered, at, told, change_set)"
            " SELECT %(_s)s::uuid, g.record, FALSE, now(), %(_told)s, %(_set)s::uuid FROM gone AS g"
            " UNION ALL SELECT %(_s)s::uuid, e.record, TRUE, now(), %(_told)s, %(_set)s::uuid FROM come AS e RETURNING entered)"
            " SELECT count(*) FILTER (WHERE m.entered)::int, count(*) FILTER (WHERE NOT m.entered)::int FROM moves AS m",
            # What a definition brings and takes stands under the segment's own id.
            {**statement.args, "_s": id, "_told": not one.found, "_set": None if one.found else id},
        ) or (0, 0)
    zone = ctx.env.timezone if ctx else workspace.timezone
    await db.execute(
        f"UPDATE {schema}._segment SET found_at = CASE WHEN %(fault)s::text IS NULL THEN now() ELSE found_at END, fault = %(fault)s,"
        " due_at = %(due)s WHERE id = %(id)s::uuid",
        {"id": id, "fault": fault or None, "due": _due(one.what, timed, zone, now)},
    )
    await counted(db, workspace, {id: moved[0] - moved[1]})
    if any(moved):
        if one.found:
            await call(db, workspace)
        # What is made of it follows.
        await db.execute(
            f"UPDATE {schema}._segment SET due_at = now() WHERE kind = 'dynamic' AND id = ANY(%(ids)s::uuid[])",
            {"ids": await dependents(db, workspace, catalog, id)},
        )
    await identity.tell(db, workspace.id, "records", object=one.object)
    return any(moved)


async def dependents(db: Connection, workspace: Workspace, catalog: Catalog, id: str) -> list[str]:
    """The segments whose filter asks for this one."""
    return [s.id for s in await load(db, workspace, catalog) if any(u.segment == id for u in s.uses)]


def _due(what: Filter, timed: bool, zone: str, now: datetime) -> datetime:
    """When all of it is to be found anew: where it asks for the time of day within the hour, where for the day at midnight, else in a
    day, for what no change of a record tells (rights, for one)."""
    if not timed:
        return now + timedelta(days=1)
    if any(_momentary(part) for part in walk(what)):
        return now + timedelta(hours=1)
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def _momentary(part: Filter) -> bool:
    match part:
        case Condition(_, _, value):
            return momentary(value)
        case Formula(text):
            return bool(calls(text) & CLOCKS)
        case Related():
            return momentary(part.value)
        case _:
            return False
