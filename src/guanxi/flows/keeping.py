"""For how long what flows leave behind is kept: what was sent by forms, and runs with their logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi import records
from guanxi.pg import Connection, Database, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Workspace

KEPT_DAYS = 400
"""After its end a run is forgotten with its log; what it wrote stays, and so does the history of that."""
HELD_DAYS = 30
"""For so long is kept what looks like a machine's, and nobody said was none, and what was sent by a form whose flow is dropped."""
PORTION = 2_000


async def forget(db: Connection, schema: str, which: str, args: Mapping[str, Any]) -> int:
    """Drop what was sent (``s``) where ``which`` holds and no run is under way with it, also from the runs that began with it;
    how many. A run that had failed cannot be retried any more."""
    return await db.value(
        f"WITH gone AS (DELETE FROM {schema}._flow_submission AS s USING {schema}._flow AS f LEFT JOIN {schema}._flow_version AS v"
        f" ON v.flow = f.id AND v.version = f.version WHERE f.id = s.flow AND ({which}) AND NOT EXISTS (SELECT FROM {schema}._flow_run AS r"
        " WHERE r.flow = s.flow AND r.key = s.id::text AND r.state IN ('ready', 'running', 'waiting')) RETURNING s.id::text AS key, s.flow),"
        f" down AS (SELECT d.id FROM gone JOIN {schema}._flow_run AS r ON r.flow = gone.flow AND r.key = gone.key JOIN {schema}._flow_run AS d"
        " ON d.root = r.id),"
        f" steps AS (UPDATE {schema}._flow_step SET input = NULL, output = NULL WHERE run IN (SELECT id FROM down)),"
        f" runs AS (UPDATE {schema}._flow_run SET input = NULL, outputs = '{{}}', waits = NULL, state = CASE WHEN state = 'done' THEN state"
        " ELSE 'cancelled' END WHERE id IN (SELECT id FROM down)) SELECT count(*) FROM gone",
        args,
    )


async def tidy(database: Database, workspace: Workspace) -> None:
    """Forget what was kept for long enough."""
    schema = quote(workspace.schema)
    days = "CASE WHEN jsonb_typeof(v.definition->'trigger'->'keep_days') = 'number' THEN (v.definition->'trigger'->>'keep_days')::int END"
    async with database.transaction(workspace.role) as db:
        old = (
            f"s.at < now() - make_interval(days => {days}) OR (s.held AND s.at < now() - make_interval(days => %(held)s))"
            " OR f.deleted_at < now() - make_interval(days => %(held)s)"
        )
        await forget(db, schema, old, {"held": HELD_DAYS})
        await db.execute(f"DELETE FROM {schema}._flow_trial WHERE at < now() - make_interval(days => {HELD_DAYS})")
    while True:
        async with database.transaction(workspace.role) as db:
            rows = await db.fetch(
                f"SELECT id FROM {schema}._flow_run WHERE parent IS NULL AND ended_at < now() - make_interval(days => %(days)s) LIMIT %(n)s",
                {"days": KEPT_DAYS, "n": PORTION},
            )
            args = {"ids": [r[0] for r in rows]}
            await db.execute(
                f"WITH gone AS (DELETE FROM {schema}._flow_run WHERE root = ANY(%(ids)s::uuid[]) RETURNING id)"
                f" DELETE FROM {schema}._flow_step WHERE run IN (SELECT id FROM gone)",
                args,
            )
        if len(rows) < PORTION:
            return


@task("flows.tidy", every=6 * 3600)
async def _tidy(job: Job) -> None:
    async with job.db.connection() as db:
        known = await records.workspaces(db)
    for workspace in known:
        await tidy(job.db, workspace)
