"""What was written all at once is counted right after, instead of when autovacuum comes by: until then the planner would take
the tables for what they were, and read a list of fifty from half a million."""

from __future__ import annotations

from guanxi.pg import Connection, quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.records.context import Workspace
from guanxi.records.workspaces import load_workspace, workspaces

MANY = 1_000
"""Records of an object from which on a change of so many at once is settled."""


async def settle(db: Connection, workspace: Workspace, object_name: str, count: int) -> None:
    """Have it counted, if so many were written, once the caller's transaction is done; nobody waits for it."""
    if count > MANY:
        args = {"workspace": workspace.id, "object": object_name}
        await defer(db, "records.settle", args, lock=f"settle {workspace.id}")


@task("records.settle", retries=2)
async def carry_out(job: Job) -> None:
    """Count what was written of one object."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
        if workspace is not None:
            await analyze(db, workspace, job.args["object"])


async def analyze(db: Connection, workspace: Workspace, object_name: str) -> None:
    """Sort in what waits for the search index and take the planner's statistics. ``db`` is a connection of the schema's owner."""
    schema = quote(workspace.schema)
    await sort_in(db, workspace)
    for name in (object_name, "_search", "_journal"):
        await db.execute(f"ANALYZE {schema}.{quote(name)}")


@task("records.tidy", every=15)
async def tidy(job: Job) -> None:
    """Sort in what was written since: each search reads what waits once for each object and word, which takes longer
    than all else that it does when that is more than a few records."""
    async with job.db.connection() as db:
        for workspace in await workspaces(db):
            await sort_in(db, workspace)


async def sort_in(db: Connection, workspace: Workspace) -> None:
    """Sort in what waits for the search index. ``db`` is a connection of the schema's owner."""
    await db.fetch("SELECT gin_clean_pending_list(%(i)s::regclass)", {"i": f"{quote(workspace.schema)}._search_grams"})
