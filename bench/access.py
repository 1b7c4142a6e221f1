"""Lists under rules of access: ``python -m bench.access --rows 1000000``. Prints milliseconds and rows found, and plans on demand.

A sales rep reads accounts under ten rules by what stands in them (eight that give, two that leave to others only), beside
the own records and some hundreds that are shared; and opportunities and tasks that come along the account. ``--plan``
prints how PostgreSQL goes about the slowest.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

from bench.seed import seed
from guanxi import records
from guanxi.pg import Connection, Database, quote
from guanxi.pg.server import Server
from guanxi.records import Context, load_actor, load_catalog, paging, workspaces
from guanxi.records.compile import Compiler
from guanxi.schema.query import read_query

ROUNDS = 20
SHARED = 500


def _rule(name: str, when: dict[str, Any], to: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"op": "put_access_rule", "object": "account", "name": name, "when": when, "to": to, **more}


def _is(field: str, value: Any, op: str = "eq") -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def rules(team: str, user: str) -> list[dict[str, Any]]:
    """Ten rules and two cascades."""
    strategic = _is("grade", "strategic")
    return [
        _rule("strategic", strategic, {"role": "rep"}),
        _rule("big", _is("employees", 5000, "gt"), {"role": "rep"}),
        _rule("rich", {"and": [_is("revenue", 5_000_000_000, "gt"), _is("status", "customer")]}, {"team": team}),
        _rule("old", _is("founded", 1951, "lt"), {"user": user}),
        _rule("young", {"and": [_is("founded", 2024, "gt"), _is("grade", "important")]}, {"team": team}),
        _rule("web", {"and": [_is("source", "website"), strategic]}, {"role": "rep"}, level="update"),
        _rule("fair", {"and": [_is("source", "exhibition"), _is("grade", "important")]}, {"role": "rep"}),
        _rule("mine", _is("status", "inactive"), {"owner": True}, level="update"),
        _rule("board", {"and": [_is("employees", 20_000, "gt"), _is("status", "customer")]}, {"role": "manager"}, kind="only"),
        _rule("secret", {"and": [_is("founded", 1990), strategic]}, {"role": "manager"}, kind="only"),
        {"op": "set_cascade", "object": "opportunity", "field": "account", "level": "read"},
        {"op": "set_cascade", "object": "contact", "field": "account", "level": "read"},
    ]  # fmt: skip


LISTS: list[tuple[str, dict[str, Any]]] = [
    ("account", {"sort": "-updated_at"}),
    ("account", {"sort": "name"}),
    ("account", {"sort": "-created_at", "filter": _is("industry", "machinery")}),
    ("account", {"sort": "-updated_at", "include": "count"}),
    ("opportunity", {"sort": "-updated_at"}),
    ("opportunity", {"sort": "-amount", "filter": _is("stage", "proposal")}),
    ("task", {"sort": "-updated_at"}),
    ("task", {"sort": "due_at", "filter": _is("status", "open")}),
]


async def run(folder: Path, rows: int, plans: float) -> None:
    """All of it, on the seeded data folder, which is kept."""
    folder = folder / str(rows)
    folder.mkdir(parents=True, exist_ok=True)
    with Server(folder) as server:
        await seed(server.url, folder, rows, print)
        database = await Database.open(server.url, statement_timeout=0)
        async with database.connection() as db:
            [workspace] = await workspaces(db)
            schema = quote(workspace.schema)
            user = await db.value(f'SELECT id FROM {schema}."user" WHERE email = %(e)s', {"e": "rep7@example.com"})
            team = await db.value(f"SELECT id FROM {schema}.team ORDER BY name LIMIT 1")
            await _share(db, schema, user)
        async with database.transaction() as db:
            await records.evolve(db, workspace, rules(team, user))
        async with database.connection() as db:
            await db.script(f"ANALYZE {schema}.account; ANALYZE {schema}._share")
            catalog, actor = await load_catalog(db, workspace), await load_actor(db, workspace, user)
        assert actor is not None
        async with database.connection(workspace.role) as db:
            for name, asked in LISTS:
                ctx = Context(db, workspace, catalog, actor)
                query = read_query(name, {"limit": 50, **asked})
                times: list[float] = []
                page = await records.find(ctx, query, str(asked))
                for _ in range(ROUNDS):
                    begun = time.perf_counter()
                    await records.find(ctx, query, str(asked))
                    times.append((time.perf_counter() - begun) * 1000)
                times.sort()
                p95 = times[int(ROUNDS * 0.95) - 1]
                said = f"{name} {asked}: p50 {statistics.median(times):.1f} ms, p95 {p95:.1f} ms"
                print(f"{said}, {len(page.rows)} rows, of {page.count or page.estimate or '?'}", flush=True)
                if p95 > plans:
                    statement = paging.page(Compiler(ctx), query)
                    explained = await db.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {statement.sql}", statement.args)
                    print("\n".join(r[0] for r in explained))
        await database.close()


async def _share(db: Connection, schema: str, user: str) -> None:
    """Some accounts and opportunities, shared with the reader."""
    for name in ("account", "opportunity"):
        await db.execute(
            f"INSERT INTO {schema}._share (id, record, object, grantee) SELECT gen_random_uuid(), id, %(o)s, %(u)s::uuid"
            f" FROM {schema}.{quote(name)} TABLESAMPLE SYSTEM (5) LIMIT {SHARED} ON CONFLICT DO NOTHING",
            {"o": name, "u": user},
        )


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="bench.access", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where the seeded data folder is kept")
    parser.add_argument(
        "--plan", type=float, default=1e9, help="print the plan of lists slower than so many milliseconds"
    )
    given = parser.parse_args()
    asyncio.run(run(given.data.absolute(), given.rows, given.plan))


if __name__ == "__main__":
    main()
