"""Segments kept fresh: ``python -m bench.segments --rows 1000000 --segments 200``. Prints seconds and milliseconds.

Filters of every kind over accounts: fields, links, opportunities and tasks that point to them (numbers, sums, none since), each
other. Told is how long finding all of them takes at first and again, how long it takes until one change of an account or an
opportunity has moved its members, and what a list of members costs.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any

from bench.seed import seed
from bench.times import told
from guanxi import records, segments
from guanxi.pg import Database, quote
from guanxi.pg.server import Server
from guanxi.records import Context, Update, deliver, load_catalog, system_actor, workspaces
from guanxi.schema.query import read_query

ROUNDS = 40


def _is(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def filters(n: int) -> list[dict[str, Any]]:
    """So many different filters on accounts."""
    out: list[dict[str, Any]] = []
    for i in range(n):
        least = _is("employees", "gte", 100 * (1 + i))
        amount = _is("amount", "gte", 50_000 * (1 + i % 20))
        kinds: list[dict[str, Any]] = [
            least,
            {"and": [least, _is("status", "eq", "customer")]},
            {"related": "opportunities", "where": amount, "count": {"gte": 2}},
            {"related": "opportunities", "sum": {"field": "amount", "gt": 100_000 * (1 + i)}},
            {"and": [least, {"none": "tasks", "where": _is("due_at", "within", {"last_days": 30 + i})}]},
            {"and": [least, {"any": "opportunities", "where": _is("close_date", "within", {"next_days": 30 + i})}]},
            {"and": [_is("owner.active", "eq", True), least]},
            {"related": "opportunities", "max": {"field": "close_date", "lt": {"ago_days": 10 * i}}},
        ]
        out.append(kinds[i % len(kinds)])
    return out


async def run(folder: Path, rows: int, many: int) -> None:
    """All of it, on the seeded data folder, which is kept."""
    folder = folder / str(rows)
    folder.mkdir(parents=True, exist_ok=True)
    with Server(folder) as server:
        await seed(server.url, folder, rows, print)
        database = await Database.open(server.url, statement_timeout=0)
        async with database.connection() as db:
            [workspace] = await workspaces(db)
            catalog = await load_catalog(db, workspace)
        actor, schema = system_actor(workspace), quote(workspace.schema)
        async with database.transaction(workspace.role) as db:
            await db.execute(f"DELETE FROM {schema}._segment")
        ids: list[str] = []
        for i, wanted in enumerate(filters(many)):
            async with database.transaction(workspace.role, timeout=0) as db:
                ctx = Context(db, workspace, catalog, actor)
                made = await segments.create(ctx, "account", {"label": f"S{i}", "filter": wanted, "scope": "shared"})
                ids.append(made["id"])
        times: list[float] = []
        for name in ("found at first", "found again"):
            begun = time.perf_counter()
            async with database.transaction(workspace.role) as db:
                await db.execute(f"UPDATE {schema}._segment SET due_at = now()")
            n = await segments.find_due(database, workspace)
            took = time.perf_counter() - begun
            print(f"{n} segments of {rows:,} accounts {name}: {took:.1f} s, {took / max(1, n):.2f} s each", flush=True)
        async with database.connection(workspace.role) as db:
            found = await db.row(f"SELECT count(*)::int, count(DISTINCT segment)::int FROM {schema}._segment_member")
            accounts = [r[0] for r in await db.fetch(f"SELECT id FROM {schema}.account ORDER BY id LIMIT {ROUNDS}")]
            deals = [r[0] for r in await db.fetch(f"SELECT id FROM {schema}.opportunity ORDER BY id LIMIT {ROUNDS}")]
        print(f"{found[0] if found else 0:,} members", flush=True)
        await deliver(database, workspace, "segments")
        for name, those, values in (
            ("account", accounts, lambda i: {"employees": 7 + 400 * i}),
            ("opportunity", deals, lambda i: {"amount": 11 + 90_000 * i}),
        ):
            times = []
            for i, id in enumerate(those):
                async with database.transaction(workspace.role) as db:
                    await records.write(Context(db, workspace, catalog, actor), name, [Update(id, values(i))])
                begun = time.perf_counter()
                await deliver(database, workspace, "segments")
                times.append((time.perf_counter() - begun) * 1000)
            told(f"one {name} changed, {many} segments", times)
        async with database.connection(workspace.role) as db:
            ctx = Context(db, workspace, catalog, actor)
            times = []
            for id in (ids * ROUNDS)[:ROUNDS]:
                query = read_query("account", {"filter": {"in_segment": id}, "sort": "-updated_at", "limit": 50})
                begun = time.perf_counter()
                await records.find(ctx, query)
                times.append((time.perf_counter() - begun) * 1000)
            told("a list of members", times)
        await database.close()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="bench.segments", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--segments", type=int, default=200)
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where the seeded data folder is kept")
    given = parser.parse_args()
    asyncio.run(run(given.data.absolute(), given.rows, given.segments))


if __name__ == "__main__":
    main()
