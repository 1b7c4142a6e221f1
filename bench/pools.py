"""Pools of many customers: ``python -m bench.pools --rows 1000000 --fall 100000``. Prints seconds and milliseconds.

Told is how long the next night's simulation and the night itself take when so many of all accounts fall, how long a member's
claim of one record takes, what the first page of a pool costs its member, how long an undoing of the night takes, and the pool's report after it.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.seed import seed
from bench.times import told
from guanxi import pools, records
from guanxi.pg import Connection, Database, quote
from guanxi.pg.server import Server
from guanxi.records import Context, Create, Workspace, load_actor, load_catalog, system_actor, workspaces
from guanxi.schema.catalog import Catalog
from guanxi.schema.query import read_query

CLAIMS = 200


async def _made(db: Connection, workspace: Workspace, catalog: Catalog, fall: int) -> str:
    """The pool, with every sales rep in it; as many accounts as shall fall are theirs, and old."""
    schema = quote(workspace.schema)
    ctx = Context(db, workspace, catalog, system_actor(workspace))
    await db.execute(f"DELETE FROM {schema}._pool_move")
    await db.execute(f"UPDATE {schema}.account SET pool = NULL WHERE pool IS NOT NULL")
    await db.execute(f"DELETE FROM {schema}.pool")
    role = await db.value(f"SELECT id FROM {schema}.role WHERE name = 'rep'")
    rule = {
        "name": "idle",
        "idle_days": 30,
        "when": {"none": "opportunities", "where": {"field": "stage_kind", "op": "eq", "value": "won"}},
    }
    values = {
        "name": "Sea",
        "holds": "account",
        "roles": [role],
        "masked": ["phone", "email"],
        "claims_per_day": 100_000,
        "held_most": 10_000_000,
    }
    [made] = await records.write(
        ctx,
        "pool",
        [Create({**values, "recycling": [rule], "capacity_by": "grade", "capacity": {"strategic": 10_000_000}})],
    )
    await db.execute(f"UPDATE {schema}.account SET held_since = now() WHERE owner IS NOT NULL")
    await db.execute(
        f"WITH mine AS (SELECT a.id, row_number() OVER () AS n FROM {schema}.account AS a"
        f" WHERE NOT EXISTS (SELECT FROM {schema}.opportunity AS o WHERE o.account = a.id AND o.stage_kind = 'won') LIMIT %(fall)s),"
        f' reps AS (SELECT id, row_number() OVER () - 1 AS k, count(*) OVER () AS c FROM {schema}."user" WHERE role = %(role)s::uuid)'
        f" UPDATE {schema}.account AS a SET owner = r.id, pool = NULL, held_since = now() - interval '90 days', last_contact_at = NULL,"
        " created_at = now() - interval '90 days' FROM mine AS m JOIN reps AS r ON r.k = m.n %% r.c WHERE a.id = m.id",
        {"fall": fall, "role": role},
    )
    return made.id or ""


async def run(folder: Path, rows: int, fall: int) -> None:
    """All of it, on the seeded data folder, which is kept."""
    folder = folder / str(rows)
    folder.mkdir(parents=True, exist_ok=True)
    with Server(folder) as server:
        await seed(server.url, folder, rows, print)
        database = await Database.open(server.url, statement_timeout=0)
        async with database.connection() as db:
            [workspace] = await workspaces(db)
            catalog = await load_catalog(db, workspace)
        async with database.transaction(workspace.role, timeout=0) as db:
            sea = await _made(db, workspace, catalog, fall)
        async with database.connection() as db:
            await db.execute(f"VACUUM ANALYZE {quote(workspace.schema)}.account")
            rep = await db.value(f"SELECT id FROM {quote(workspace.schema)}.\"user\" WHERE email = 'rep0@example.com'")
            actor = await load_actor(db, workspace, rep)
        assert actor is not None
        async with database.transaction(workspace.role, timeout=0) as db:
            begun = time.perf_counter()
            found = await pools.simulate(Context(db, workspace, catalog, system_actor(workspace)))
            print(f"{found['count']:,} of {rows:,} would fall: told in {time.perf_counter() - begun:.1f} s", flush=True)
        begun = time.perf_counter()
        async with database.transaction(workspace.role, timeout=0) as db:
            [night] = await pools.recycle(Context(db, workspace, catalog, system_actor(workspace), "bench"))
        print(f"{night.fell:,} fell in {time.perf_counter() - begun:.1f} s, with the commit", flush=True)
        async with database.connection(workspace.role) as db:
            rows_ = await db.fetch(
                f"SELECT id FROM {quote(workspace.schema)}.account WHERE owner IS NULL AND pool = %(p)s::uuid LIMIT {CLAIMS}",
                {"p": sea},
            )
        times: list[float] = []
        for (id,) in rows_:
            begun = time.perf_counter()
            async with database.transaction(workspace.role) as db:
                await pools.claim(Context(db, workspace, catalog, actor, now=datetime.now(UTC)), "account", [id])
            times.append((time.perf_counter() - begun) * 1000)
        told("a claim", times)
        times = []
        query = read_query(
            "account",
            {
                "filter": {"and": [{"field": "pool", "op": "eq", "value": sea}, {"field": "owner", "op": "is_empty"}]},
                "sort": "-pool_since",
                "limit": 100,
            },
        )
        async with database.connection(workspace.role) as db:
            for _ in range(40):
                begun = time.perf_counter()
                await records.find(Context(db, workspace, catalog, actor), query)
                times.append((time.perf_counter() - begun) * 1000)
        told("the first page of a pool, as its member", times)
        begun = time.perf_counter()
        async with database.transaction(workspace.role, timeout=0) as db:
            back = await records.undo(
                replace(Context(db, workspace, catalog, system_actor(workspace), "bench")), night.change_set
            )
        print(f"{back['undone']:,} taken back in {time.perf_counter() - begun:.1f} s", flush=True)
        begun = time.perf_counter()
        async with database.connection(workspace.role) as db:
            ctx = Context(db, workspace, catalog, system_actor(workspace), "bench")
            now = datetime.now(UTC)
            await pools.report(ctx, sea, now - timedelta(days=30), now)
        print(f"what the pool gave to whom, told in {time.perf_counter() - begun:.2f} s", flush=True)
        await database.close()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="bench.pools", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--fall", type=int, default=100_000)
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where the seeded data folder is kept")
    given = parser.parse_args()
    asyncio.run(run(given.data.absolute(), given.rows, given.fall))


if __name__ == "__main__":
    main()
