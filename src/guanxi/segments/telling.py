"""What moved is told once: to flows that begin by it, and to the owner who asked to hear of it."""

from __future__ import annotations

from itertools import groupby

from guanxi.pg import Connection, Database, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Workspace, load_workspace, workspaces
from guanxi.records.moves import Moved, moved

BATCH = 500
"""Moves that are told in one transaction."""

KEPT_DAYS = 400
"""How long it is known who entered and left."""


@task("segments.tell")
async def tell(job: Job) -> None:
    """Tell what moved in a workspace, in the order in which it did."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
    if workspace is not None:
        await tell_all(job.db, workspace)


async def tell_all(database: Database, workspace: Workspace) -> int:
    """Tell all moves that were not told yet; how many."""
    total = 0
    while True:
        async with database.transaction(workspace.role) as db:
            n = await _tell(db, workspace)
        total += n
        if n < BATCH:
            return total


async def _tell(db: Connection, workspace: Workspace) -> int:
    schema = quote(workspace.schema)
    rows = await db.fetch(
        f"WITH due AS (SELECT id FROM {schema}._segment_move WHERE NOT told ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED),"
        f" now AS (UPDATE {schema}._segment_move AS m SET told = TRUE WHERE m.id IN (SELECT id FROM due)"
        " RETURNING m.id, m.segment, m.record, m.entered, m.change_set)"
        f" SELECT n.segment, n.entered, n.id, n.record, n.change_set, s.label, s.object, CASE WHEN s.tells THEN s.owner END"
        f" FROM now AS n, {schema}._segment AS s WHERE s.id = n.segment ORDER BY n.segment, n.entered, n.id"
    )
    for (segment, entered), group in groupby(rows, lambda r: (r[0], r[1])):
        several = list(group)
        _, _, _, _, _, label, object, owner = several[0]
        moves = [(r[2], r[3], r[4]) for r in several]
        await moved(db, workspace, Moved(segment, label, object, entered, moves, owner))
    return len(rows)


@task("segments.tidy", every=86_400.0)
async def tidy(job: Job) -> None:
    """Forget moves of long ago."""
    async with job.db.connection() as db:
        known = await workspaces(db)
    for workspace in known:
        async with job.db.transaction(workspace.role, timeout=0) as db:
            await db.execute(
                f"DELETE FROM {quote(workspace.schema)}._segment_move WHERE told AND at < now() - make_interval(days => {KEPT_DAYS})"
            )
