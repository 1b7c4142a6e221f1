"""Flows in the queue: carrying on what is ready, and looking at the clock."""

from __future__ import annotations

from datetime import UTC, datetime

from guanxi import records
from guanxi.base import new_id
from guanxi.flows.advancing import advance, lost
from guanxi.flows.approvals import stand_in_for_all
from guanxi.flows.clocks import due
from guanxi.flows.starting import call
from guanxi.pg import Database, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Workspace, catalog_of

EVERY = 10.0
"""Seconds between looks at the clock: so much later than asked for a run may go on after a wait."""


@task("flows.advance")
async def carry_on(job: Job) -> None:
    """Carry on everything that is ready in a workspace."""
    async with job.db.connection() as db:
        workspace = await records.load_workspace(db, job.args["workspace"])
    if workspace is not None:
        await advance(job.db, workspace)


@task("flows.tick", every=EVERY)
async def look(job: Job) -> None:
    """What the clock starts and ends in all workspaces."""
    async with job.db.connection() as db:
        known = await records.workspaces(db)
    for workspace in known:
        await tick(job.db, workspace)


async def tick(database: Database, workspace: Workspace, now: datetime | None = None) -> None:
    """Begin what is due, let go on what waited long enough, and see to steps outside whose worker died."""
    schema = quote(workspace.schema)
    async with database.transaction(workspace.role) as db:
        await due(db, workspace, now or datetime.now(UTC))
        await db.execute(
            f"UPDATE {schema}._flow_run SET state = 'ready', due_at = now(), token = NULL, waits = coalesce(waits, '{{}}') || '{{\"late\": true}}'"
            " WHERE state = 'waiting' AND due_at <= coalesce(%(now)s, now())",
            {"now": now},
        )
    await lost(database, workspace)
    await _deputies(database, workspace)
    async with database.transaction(workspace.role) as db:
        if await db.value(f"SELECT exists (SELECT FROM {schema}._flow_run WHERE state = 'ready' AND due_at <= now())"):
            await call(db, workspace)


async def _deputies(database: Database, workspace: Workspace) -> None:
    """Who has gone away since is stood in for."""
    schema = quote(workspace.schema)
    async with database.transaction(workspace.role) as db:
        if await db.value(
            f"SELECT exists (SELECT FROM {schema}._absence AS b JOIN {schema}._approval_vote AS v ON v.signer = b.person"
            " AND v.state = 'waiting' WHERE now() >= b.since AND now() < b.until)"
        ):
            actor = records.system_actor(workspace)
            ctx = records.Context(db, workspace, await catalog_of(db, workspace), actor, "approvals", new_id())
            await stand_in_for_all(ctx)
