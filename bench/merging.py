"""What it costs to make records one: ``python -m bench.merging --rows 1000000``. Each act is rolled back.

Single merges of two accounts with their contacts and deals, each in a transaction of its own; what taking them apart costs; and a
thousand pairs made one by a rule. Printed are milliseconds (p50, p95) and seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.seed import seed
from bench.times import spread
from guanxi import merging, records
from guanxi.merging.many import PORTION, portion
from guanxi.merging.rules import Rule
from guanxi.pg import Connection, Database, quote
from guanxi.pg.server import Server
from guanxi.records import Context
from guanxi.records.moving import places


class _Done(Exception):
    """Nothing of it stays."""


def main() -> None:
    """Seed, measure, print as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.merging", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--merges", type=int, default=200, help="single merges")
    parser.add_argument("--pairs", type=int, default=1_000, help="pairs made one by a rule")
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where seeded data folders are kept")
    given = parser.parse_args()
    folder = given.data.absolute() / str(given.rows)
    print(json.dumps(asyncio.run(_measured(folder, given.rows, given.merges, given.pairs)), indent=1))


async def _measured(folder: Path, rows: int, merges: int, pairs: int) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": rows}
    with Server(folder) as server:
        await seed(server.url, folder, rows, lambda text: print(text, file=sys.stderr))
        db = await Database.open(server.url, max_size=2)
        try:
            await _times(db, found, merges, pairs)
        finally:
            await db.close()
    return found


async def _times(db: Database, found: dict[str, Any], merges: int, pairs: int) -> None:
    async with db.connection() as c:
        [workspace] = await records.workspaces(c)
        catalog = await records.load_catalog(c, workspace)
        found["links without an index"] = await _bare(c, workspace.schema, catalog)
        ids = [
            r[0]
            for r in await c.fetch(
                f"SELECT id FROM {quote(workspace.schema)}.account WHERE deleted_at IS NULL ORDER BY md5(id::text) LIMIT %(n)s",
                {"n": 2 * max(merges, pairs)},
            )
        ]
    actor = records.system_actor(workspace)
    times: dict[str, list[float]] = {"preview": [], "merge": [], "unmerge": []}

    for first, second in zip(ids[: 2 * merges : 2], ids[1 : 2 * merges : 2], strict=True):
        try:
            async with db.transaction(workspace.role) as c:
                ctx = Context(c, workspace, catalog, actor, "bench")
                for name, work in (
                    ("preview", merging.preview(ctx, "account", first, [second])),
                    ("merge", merging.merge(ctx, "account", first, [second])),
                    ("unmerge", merging.unmerge(Context(c, workspace, catalog, actor, "bench"), "account", first)),
                ):
                    begin = time.perf_counter()
                    await work
                    times[name].append((time.perf_counter() - begin) * 1000)
                raise _Done  # noqa: TRY301 - it takes all back
        except _Done:
            pass
    for name, mine in times.items():
        p50, p95 = spread(mine)
        found[name] = {"p50 ms": round(p50, 1), "p95 ms": round(p95, 1)}
    groups = [ids[i : i + 2] for i in range(0, 2 * pairs, 2)]
    begin = time.perf_counter()
    try:
        async with db.transaction(workspace.role, timeout=0) as c:
            ctx = Context(c, workspace, catalog, actor, "bench", bulk="merge")
            entity = catalog.object("account")
            for start in range(0, pairs, PORTION):
                _, refused = await portion(ctx, entity, groups[start : start + PORTION], Rule())
                assert not refused, refused[0][1]
            found[f"{pairs} pairs s"] = round(time.perf_counter() - begin, 2)
            raise _Done  # noqa: TRY301 - it takes all back
    except _Done:
        pass


async def _bare(c: Connection, schema: str, catalog: Any) -> list[str]:
    """Links to accounts whose column is not the first of any index."""
    rows = await c.fetch(
        "SELECT t.relname, a.attname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] WHERE n.nspname = %(s)s",
        {"s": schema},
    )
    have = {(r[0], r[1]) for r in rows}
    return [p.name for p in places(catalog, "account") if (p.object, p.field) not in have]


if __name__ == "__main__":
    main()
