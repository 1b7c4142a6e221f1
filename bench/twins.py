"""Duplicates among many accounts, on this machine: ``python -m bench.twins --rows 1000000``.

How long a form waits for what the rules say of a company that is there under another way to write its name, and of one that is
not; what the marks cost where records are written; how long a look at all of them takes, and one at what changed since.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path

from bench.quality.duplicates import companies
from bench.seed import ADMIN
from bench.times import told
from guanxi import identity, linkage, records
from guanxi.base.json import loads
from guanxi.pg import Database
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server
from guanxi.records import Context, Create, analyze, load_catalog, workspaces
from guanxi.records.consult import consult
from guanxi.schema.query import Query

BATCH = 2_000
TRIES = 60


async def main(rows: int, look: bool) -> None:
    """Fill, ask, and compare."""
    with tempfile.TemporaryDirectory(prefix="twins") as folder, Server(Path(folder)) as server:
        await migrate(server.url)
        database = await Database.open(server.url, max_size=4, statement_timeout=0)
        await identity.set_up(database, ADMIN)
        async with database.connection() as db:
            [workspace] = await workspaces(db)
            catalog = await load_catalog(db, workspace)
        names: list[str] = []
        begun, seed = time.perf_counter(), 0
        while len(names) < rows:
            made, seed = companies(BATCH, seed)[0][: rows - len(names)], seed + 1
            values = [{n: v for n, v in r.items() if v and n in ("name", "phone", "email", "website")} for _, r in made]
            async with database.transaction(workspace.role, timeout=0) as db:
                ctx = Context(db, workspace, catalog, records.system_actor(workspace), "bench")
                await records.write(ctx, "account", [Create(v) for v in values], render=False)
            names += [v["name"] for v in values]
        seconds = time.perf_counter() - begun
        print(f"written: {rows} accounts in {seconds:.0f} s ({rows / seconds:.0f}/s), with their marks")
        async with database.connection() as db:
            await analyze(db, workspace, "account")
        rng = random.Random(1)
        known = [
            n for n in rng.sample(names, TRIES * 3) if linkage.key("text", n).endswith(("|", "|深圳", "|上海", "|北京"))
        ]  # type: ignore[union-attr]
        asked = {"the same": known[:TRIES], "nobody": [f"无名{rng.randrange(10**6)}科技有限公司" for _ in range(TRIES)]}
        for what, those in asked.items():
            took: list[float] = []
            for name in those:
                async with database.transaction(workspace.role) as db:
                    ctx = Context(db, workspace, catalog, records.system_actor(workspace), "bench")
                    start = time.perf_counter()
                    await consult(ctx, "account", {"name": name})
                    took.append((time.perf_counter() - start) * 1000)
            told(f"asked while typing, {what}", took)
        if look:
            entity = catalog.entities["account"]
            with linkage.Linkage(linkage.columns(entity), entity.title) as found:
                begun = time.perf_counter()
                async with database.transaction(workspace.role, timeout=0) as db:
                    ctx = Context(db, workspace, catalog, records.system_actor(workspace), "bench")
                    fields = ("updated_at", *(c.name for c in found.columns))
                    async for portion in records.stream(ctx, Query("account", fields=fields), size=5_000):
                        found.add((r["id"], False, r) for r in map(loads, portion))
                read = time.perf_counter()
                found.prepare()
                laid = time.perf_counter()
                model = found.learn()
                learnt = time.perf_counter()
                pairs = sum(1 for _ in found.pairs(model))
                print(
                    f"a look: read {read - begun:.0f} s, laid out {laid - read:.0f} s, learnt {learnt - laid:.0f} s,"
                    f" {pairs} pairs in {time.perf_counter() - learnt:.0f} s"
                )
        await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.twins", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--look", action="store_true", help="also compare all records")
    given = parser.parse_args()
    asyncio.run(main(given.rows, given.look))
