"""Customers graded: ``python -m bench.standing --rows 1000000``. Prints seconds and milliseconds.

Told is how long it takes to reckon all accounts of a seeded workspace for the first time (every one gets a grade and a stage) and
again in the night, what a preview costs, and what it takes until one change has moved a customer and to explain one.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from bench.seed import seed
from bench.times import told
from guanxi import records, standing
from guanxi.pg import Database, as_installation, quote
from guanxi.pg.server import Server
from guanxi.records import Context, Update, deliver, load_catalog, system_actor, workspaces
from guanxi.standing.schemes import begin

ROUNDS = 40


async def run(folder: Path, rows: int) -> None:
    """All of it, on the seeded data folder, which is kept."""
    folder = folder / str(rows)
    folder.mkdir(parents=True, exist_ok=True)
    with Server(folder) as server:
        await seed(server.url, folder, rows, print)
        database = await Database.open(server.url, statement_timeout=0)
        async with database.connection() as db:
            [workspace] = await workspaces(db)
        schema = quote(workspace.schema)
        async with database.transaction() as db:
            for table in ("_standing_scheme", "_standing_passage", "_standing_override"):
                await db.execute(f"DELETE FROM {schema}.{table}")
            async with as_installation(db):
                await begin(db, workspace)
            catalog = await load_catalog(db, workspace)
        for name in ("first time", "again"):
            start = time.perf_counter()
            done = await standing.everything(database, workspace)
            print(f"{name}: {time.perf_counter() - start:.1f} s, {done}", flush=True)
        async with database.transaction(workspace.role, timeout=0) as db:
            ctx = Context(db, workspace, catalog, system_actor(workspace), "bench")
            for kind in standing.KINDS:
                draft = (await standing.get(ctx, "account", kind))["plan"]
                start = time.perf_counter()
                await standing.preview(ctx, "account", kind, draft)
                print(f"preview of {kind}: {time.perf_counter() - start:.1f} s", flush=True)
        async with database.connection(workspace.role) as db:
            ids = [r[0] for r in await db.fetch(f"SELECT record FROM {schema}._standing_passage LIMIT {ROUNDS}")]
        moved: list[float] = []
        explained: list[float] = []
        await deliver(database, workspace, "standing")
        for i, id in enumerate(ids):
            async with database.transaction(workspace.role) as db:
                ctx = Context(db, workspace, catalog, system_actor(workspace), "bench")
                await records.write(ctx, "account", [Update(id, {"employees": 10 + i})], render=False)
            start = time.perf_counter()
            await deliver(database, workspace, "standing")
            moved.append((time.perf_counter() - start) * 1000)
            async with database.connection(workspace.role) as db:
                ctx = Context(db, workspace, catalog, system_actor(workspace), "bench")
                start = time.perf_counter()
                await standing.standing(ctx, "account", id)
                explained.append((time.perf_counter() - start) * 1000)
        told("moved after a change", moved)
        told("explained", explained)
        await database.close()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where the seeded data folder is kept")
    given = parser.parse_args()
    asyncio.run(run(given.data.absolute(), given.rows))


if __name__ == "__main__":
    main()
