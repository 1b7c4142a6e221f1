"""Segments kept as records change: of each entry of the journal only the segments that look at what it changed, and only the
records that it may concern. What the clock changes is found anew when it is due.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from guanxi.pg import Connection, Database, quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.records import Delivery, Workspace, catalog_of, load_workspace, subscriber, workspaces
from guanxi.records.backwards import Changes, back, concerns, hop
from guanxi.schema.catalog import Catalog
from guanxi.schema.touching import Way
from guanxi.segments.finding import Move, again, find_all
from guanxi.segments.knowing import Segment, load

EVERY = 60.0
"""Seconds between looks at what is due."""


async def _wanted(db: Connection, workspace: Workspace) -> Collection[str]:
    catalog = await catalog_of(db, workspace)
    return {
        o for s in await load(db, workspace, catalog) if s.dynamic for o in (s.object, *(t.object for t in s.touches))
    }


@subscriber("segments", wants=_wanted)
async def hear(delivery: Delivery) -> None:
    """Look at the records that entries may move, in the transaction in which they count as handled."""
    db, workspace = delivery.db, delivery.workspace
    catalog = await catalog_of(db, workspace)
    segments = [s for s in await load(db, workspace, catalog) if s.dynamic and not s.fault]
    wanted: dict[str, Changes] = {s.id: {} for s in segments}
    ways: dict[tuple[str, Way, frozenset[int]], list[Segment]] = {}
    for one in segments:
        # What it does not look at may still decide who sees it, where it is found with somebody's eyes.
        any_of_it = bool(one.eyes)
        known = [(t.object, t.way, t.fields) for t in one.touches]
        known.append((one.object, (), None if any_of_it else frozenset()))
        for object, way, fields in known:
            hit = frozenset(i for i, e in enumerate(delivery.entries) if e.object == object and concerns(e, fields))
            if hit:
                ways.setdefault((object, way, hit), []).append(one)
    wide: set[str] = set()
    for (_, way, hit), some in ways.items():
        entries = [delivery.entries[i] for i in sorted(hit)]
        found = await back(db, workspace, way, entries)
        for one in some:
            if found is None:
                wide.add(one.id)
            else:
                wanted[one.id] |= found
    moves = await again(db, workspace, catalog, segments, {k: v for k, v in wanted.items() if k not in wide})
    wide |= await spread(db, workspace, catalog, segments, moves)
    if wide:
        await make_due(db, workspace, wide)


async def spread(
    db: Connection, workspace: Workspace, catalog: Catalog, segments: Sequence[Segment], moves: Sequence[Move]
) -> set[str]:
    """Look again, in the segments that are made of others, at who moved there; what is to be found anew as a whole."""
    wide: set[str] = set()
    pending = list(moves)
    for _ in range(len(segments)):
        if not pending:
            break
        moved: dict[str, Changes] = {}
        for move in pending:
            moved.setdefault(move.segment, {})[move.record] = move.change_set
        wanted: dict[str, Changes] = {}
        for one in segments:
            for use in one.uses:
                found: Changes | None = moved.get(use.segment)
                for step in use.way if found else ():
                    found = await hop(db, workspace, step, found) if found is not None else None
                if found is None and use.segment in moved:
                    wide.add(one.id)
                elif found:
                    wanted.setdefault(one.id, {}).update(found)
        pending = await again(db, workspace, catalog, segments, wanted) if wanted else []
    return wide


async def make_due(db: Connection, workspace: Workspace, ids: Collection[str]) -> None:
    """Have these found anew, by a worker and soon."""
    await db.execute(
        f"UPDATE {quote(workspace.schema)}._segment SET due_at = now() WHERE kind = 'dynamic' AND id = ANY(%(ids)s::uuid[])",
        {"ids": list(ids)},
    )
    await defer(db, "segments.find", {"workspace": workspace.id})


# -- by the clock --------------------------------------------------------------------------------------------------------


@task("segments.find")
async def find(job: Job) -> None:
    """Find what is due in a workspace."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
    if workspace is not None:
        await find_due(job.db, workspace)


@task("segments.tick", every=EVERY)
async def tick(job: Job) -> None:
    """Find what is due in all workspaces."""
    async with job.db.connection() as db:
        known = await workspaces(db)
    for workspace in known:
        await find_due(job.db, workspace)


async def find_due(database: Database, workspace: Workspace, now: datetime | None = None) -> int:
    """Find all members of the segments that are due, each in a transaction of its own; how many there were."""
    now = now or datetime.now(UTC)
    done: set[str] = set()
    while True:
        async with database.transaction(workspace.role, timeout=0) as db:
            catalog = await catalog_of(db, workspace)
            rows = await db.fetch(
                f"SELECT id FROM {quote(workspace.schema)}._segment WHERE kind = 'dynamic' AND due_at <= greatest(%(now)s, now())",
                {"now": now},
            )
            due = {r[0] for r in rows} - done
            following = next((s for s in await load(db, workspace, catalog) if s.id in due), None)
            if following is None:
                break
            await find_all(db, workspace, catalog, following.id, now)
            done.add(following.id)
    schema = quote(workspace.schema)
    async with database.transaction(workspace.role) as db:  # a day on which nothing moved has a size as well
        await db.execute(
            f"INSERT INTO {schema}._segment_day (segment, day, size) SELECT s.id, t.day, s.size FROM {schema}._segment AS s"
            " CROSS JOIN (SELECT (now() AT TIME ZONE %(zone)s)::date AS day) AS t"
            f" WHERE NOT EXISTS (SELECT FROM {schema}._segment_day AS d WHERE d.segment = s.id AND d.day = t.day)"
            " FOR KEY SHARE OF s ON CONFLICT DO NOTHING",
            {"zone": workspace.timezone},
        )
    return len(done)
