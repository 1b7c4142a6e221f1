"""What flows cost: ``python -m bench.flows``. Runs of a flow of five steps, beside bare jobs of the queue that do the same writes.

Both write through the one write path as the same user: a job makes its four writes in one transaction of its own; a run has in
addition its branch, its log, its state and the trigger that began it. One worker each, one after the other, on one database.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from guanxi import apps, flows, identity, records
from guanxi.pg import Database
from guanxi.pg.jobs import Job, Worker, defer, task
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server
from guanxi.records import Context, Create, Deliveries, Update

FLOW: dict[str, Any] = {
    "object": "lead",
    "trigger": {"kind": "created"},
    "steps": [
        {"id": "s1", "kind": "update", "record": "record", "values": {"job_title": {"text": "Seen: {name}"}}},
        {
            "id": "s2",
            "kind": "branch",
            "cases": [
                {
                    "name": "all",
                    "filter": {"field": "name", "op": "is_empty", "value": False},
                    "steps": [
                        {
                            "id": "s3",
                            "kind": "create",
                            "object": "task",
                            "values": {"subject": {"text": "Call {name}"}, "about": {"from": "record"}},
                        }
                    ],
                }
            ],
        },
        {"id": "s4", "kind": "update", "record": "steps.s3.record", "values": {"priority": "high"}},
        {"id": "s5", "kind": "update", "record": "record", "values": {"status": "contacted"}},
    ],
}


@task("bench.same")
async def same(job: Job) -> None:
    """The writes of a run, without a flow."""
    workspace, catalog, actor = STATE["workspace"], STATE["catalog"], STATE["actor"]
    async with job.db.transaction(workspace.role) as db:
        await job.fence(db)
        ctx = Context(db, workspace, catalog, actor, "bench")
        id, name = job.args["id"], job.args["name"]
        await records.write(ctx, "lead", [Update(id, {"job_title": f"Seen: {name}"})], render=False)
        about = {"object": "lead", "id": id}
        [made] = await records.write(ctx, "task", [Create({"subject": f"Call {name}", "about": about})], render=False)
        await records.write(ctx, "task", [Update(made.id or "", {"priority": "high"})], render=False)
        await records.write(ctx, "lead", [Update(id, {"status": "contacted"})], render=False)


STATE: dict[str, Any] = {}


def main() -> None:
    """Measure, print the rates as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.flows", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args()
    assert apps.NOUNS
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        print(json.dumps(asyncio.run(_measured(server.url, given.runs)), indent=1))


async def _measured(url: str, runs: int) -> dict[str, Any]:
    await migrate(url)
    database = await Database.open(url, max_size=16, statement_timeout=0)
    await identity.set_up(database, identity.FirstRun("Bench", "Admin", "a@example.com", "Corr3ct-horse-battery"))
    async with database.connection() as db:
        [workspace] = await records.workspaces(db)
        catalog = await records.load_catalog(db, workspace)
        [actor] = await records.load_actors(db, workspace)
    STATE.update(workspace=workspace, catalog=catalog, actor=actor)

    async def leads(n: int) -> list[tuple[str, str]]:
        out: list[tuple[str, str]] = []
        for start in range(0, n, 1000):
            names = [f"Lead {start + i}" for i in range(min(1000, n - start))]
            async with database.transaction(workspace.role) as db:
                ctx = Context(db, workspace, catalog, actor, "bench")
                made = await records.write(
                    ctx, "lead", [Create({"name": x, "company": "C"}) for x in names], render=False
                )
            out += [(o.id or "", x) for o, x in zip(made, names, strict=True)]
        return out

    ready = await leads(runs)
    async with database.transaction() as db:
        for id, name in ready:
            await defer(db, "bench.same", {"id": id, "name": name})
    bare = await _until(database, "SELECT count(*) FROM guanxi.job WHERE name = 'bench.same' AND state <> 'done'")
    print(f"bare jobs: {runs / bare:.0f}/s", file=sys.stderr)

    async with database.transaction(workspace.role) as db:
        ctx = Context(db, workspace, catalog, actor, "bench")
        made = await flows.create(ctx, "bench", FLOW)
        await flows.activate(ctx, made["id"], True)
    await records.deliver(database, workspace, "flows")
    await leads(runs)
    begin = time.monotonic()
    left = f"SELECT {runs} - count(*) FROM \"{workspace.schema}\"._flow_run WHERE state = 'done'"
    spent = await _until(database, left)
    print(f"runs: {runs / spent:.0f}/s", file=sys.stderr)
    async with database.connection() as db:
        wrote = await db.value(
            f"SELECT count(*) FROM \"{workspace.schema}\"._journal WHERE cause = 'flow:bench'",
        )
    assert wrote == 4 * runs, wrote
    return {
        "runs": runs,
        "bare_jobs_per_second": round(runs / bare, 1),
        "runs_per_second": round(runs / spent, 1),
        "ratio": round(bare / spent, 2),
        "seconds": [round(bare, 1), round(time.monotonic() - begin, 1)],
    }


async def _until(database: Database, left: str) -> float:
    """Seconds that a worker takes until nothing is left."""
    stop = asyncio.Event()
    begin = time.monotonic()
    working = [
        asyncio.create_task(Worker(database).run(stop)),
        asyncio.create_task(Deliveries(database).run(stop)),
    ]
    async with database.connection() as db:
        while await db.value(left):  # noqa: ASYNC110 - another process's rows
            await asyncio.sleep(0.1)
    spent = time.monotonic() - begin
    stop.set()
    await asyncio.gather(*working)
    return spent


if __name__ == "__main__":
    main()
