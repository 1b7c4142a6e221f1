"""What others feel while an object is shaped: ``python -m bench.shaping --rows 1000000``. Prints milliseconds.

Readers and writers go on one record after the other while a field, an index, a formula and a roll-up are added to their big
table, jobs included; of each phase the longest that one of them waited, beside a phase in which nothing is shaped. Then a
workspace gets 300 objects and one of them 500 fields: how long the catalog takes to be read and told, a list, one more field.
All that is added is taken away again, but for the 300 objects, which are in a database of their own.

It needs nothing beforehand: the folder of so many rows (``--data``) is seeded where there is none. Of its jobs only those of a
catalog's change are done, first those that another bench or a killed worker has left; what else a workspace does by night would
be felt as well. A job that fails is told, and not waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.seed import ADMIN, seed
from guanxi import identity, records
from guanxi.base import Unavailable
from guanxi.pg import Database, quote
from guanxi.pg.jobs import Worker
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server
from guanxi.records import Context, Update, load_catalog, system_actor, workspaces
from guanxi.records.workspaces import Workspace
from guanxi.schema.query import read_query

WRITERS, READERS = 2, 2
ADDED: Mapping[str, Mapping[str, Any]] = {
    "a field": {"name": "bench_note", "type": "text"},
    "a field with an index": {"name": "bench_code", "type": "text", "index": True},
    "a formula": {
        "name": "bench_twice",
        "type": "formula",
        "config": {"expression": "employees * 2", "result": "decimal"},
    },
    "a roll-up": {
        "name": "bench_deals",
        "type": "rollup",
        "config": {"children": "opportunities", "function": "count"},
    },
}


async def big(folder: Path, rows: int) -> None:
    """Readers and writers of a big table while it is shaped."""
    with Server(folder) as server:
        await seed(server.url, folder, rows, print)
        database = await Database.open(server.url, statement_timeout=0, max_size=WRITERS + READERS + 6)
        async with database.connection() as db:
            [workspace] = await workspaces(db)
            table = f"{quote(workspace.schema)}.account"
            ids = [r[0] for r in await db.fetch(f"SELECT id FROM {table} WHERE deleted_at IS NULL LIMIT 5000")]
        async with database.transaction(timeout=0) as db:
            await records.evolve(db, workspace)  # the folder may be of an earlier version
        suffix = f"_{int(time.time())}"  # what was retired keeps its name
        async with database.connection() as db:  # what was put off, or was held by a worker that is no more
            free = "due_at = now(), lease_until = now() WHERE name = ANY(%(names)s) AND state IN ('waiting', 'running')"
            await db.execute(f"UPDATE guanxi.job SET {free}", JOBS)
        ended = asyncio.Event()
        worker = asyncio.create_task(Worker(database, names=JOBS["names"]).run(ended))
        await idle(database)

        async def nothing() -> None:
            await asyncio.sleep(10)

        print(f"nothing: {await felt(database, workspace, ids, nothing)}", flush=True)
        for label, f in ADDED.items():
            add = {"op": "add_field", "object": "account", **f, "name": f["name"] + suffix}

            async def shape(change: Mapping[str, Any] = add) -> None:
                begun, tries = time.perf_counter(), 1
                while True:
                    with suppress(Unavailable):  # rather than that others wait: whoever asked is told to ask again
                        async with database.transaction(timeout=0) as db:
                            await records.evolve(db, workspace, [change])
                        break
                    tries += 1
                print(f"  in force after {time.perf_counter() - begun:.2f} s, asked {tries} times", flush=True)
                await idle(database)
                print(f"  all done after {time.perf_counter() - begun:.2f} s", flush=True)

            print(f"{label}: {await felt(database, workspace, ids, shape)}", flush=True)
        async with database.transaction(timeout=0) as db:
            gone = [{"op": "retire_field", "object": "account", "field": f["name"] + suffix} for f in ADDED.values()]
            await records.evolve(db, workspace, gone)
        ended.set()
        await worker
        await database.close()


JOBS = {"names": ["records.index", "records.rollups", "records.entries", "records.turn"]}
MOVING = "(state = 'waiting' AND due_at < now() + interval '3 seconds' OR state = 'running' AND lease_until > now())"


async def idle(database: Database) -> None:
    """Until the jobs of a catalog's change are done. One that failed and waits for another try is not waited for."""
    left = f"SELECT count(*) FROM guanxi.job WHERE name = ANY(%(names)s) AND {MOVING}"
    failing = "SELECT name, error FROM guanxi.job WHERE name = ANY(%(names)s) AND error IS NOT NULL AND state <> 'done'"
    while True:
        async with database.connection() as db:
            if not await db.value(left, JOBS):
                for name, error in await db.fetch(failing, JOBS):
                    print(f"  {name} failed: {error}", flush=True)
                return
        await asyncio.sleep(0.2)


async def felt(
    database: Database, workspace: Workspace, ids: Sequence[str], what: Callable[[], Awaitable[None]]
) -> str:
    """How long single reads and writes took while something is done: the longest, and nearly all."""
    times: dict[str, list[float]] = {"read": [], "write": []}
    over = asyncio.Event()

    async def again(kind: str, one: Callable[[], Awaitable[None]]) -> None:
        while not over.is_set():
            begun = time.perf_counter()
            await one()
            times[kind].append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.01)

    async def read() -> None:
        async with database.connection(workspace.role) as db:
            catalog = await known(database, workspace)
            query = read_query("account", {"sort": "-updated_at", "limit": 50, "fields": "name,phone"})
            await records.find(Context(db, workspace, catalog, system_actor(workspace)), query)

    async def write() -> None:
        catalog = await known(database, workspace)
        async with database.transaction(workspace.role) as db:
            ctx = Context(db, workspace, catalog, system_actor(workspace), "bench")
            change = Update(random.choice(ids), {"description": f"{random.random()}"})
            await records.write(ctx, "account", [change], render=False)

    work = [asyncio.create_task(again("read", read)) for _ in range(READERS)]
    work += [asyncio.create_task(again("write", write)) for _ in range(WRITERS)]
    await what()
    over.set()
    await asyncio.gather(*work)
    parts: list[str] = []
    for kind, all_ in times.items():
        all_.sort()
        parts.append(f"{kind} longest {all_[-1]:.0f} ms, p99 {all_[int(len(all_) * 0.99)]:.0f} ms of {len(all_)}")
    return "; ".join(parts)


_catalog: dict[str, Any] = {}


async def known(database: Database, workspace: Workspace) -> Any:
    """The catalog, kept until there is another, as the server keeps it."""
    async with database.connection() as db:
        sql = "SELECT catalog_version FROM guanxi.workspace WHERE id = %(id)s::uuid"
        version = await db.value(sql, {"id": workspace.id})
        if _catalog.get("version") != version:
            _catalog.update(version=version, catalog=await load_catalog(db, workspace))
    return _catalog["catalog"]


async def wide(objects: int, fields: int) -> None:
    """A workspace with very many objects, one of them with very many fields."""
    with tempfile.TemporaryDirectory(prefix="shaping") as folder, Server(Path(folder)) as server:
        await migrate(server.url)
        database = await Database.open(server.url, statement_timeout=0)
        await identity.set_up(database, ADMIN)
        async with database.connection() as db:
            [workspace] = await workspaces(db)

        async def shape(changes: Sequence[Mapping[str, Any]]) -> float:
            begun = time.perf_counter()
            async with database.transaction(timeout=0) as db:
                await records.evolve(db, workspace, changes)
            return time.perf_counter() - begun

        title = {"name": "name", "type": "text", "required": True}
        kinds = ("text", "integer", "date", "boolean", "decimal")
        for first in range(0, objects, 50):
            some = [
                {"op": "add_object", "name": f"thing_{i}", "label": {"en": f"Thing {i}"}, "fields": [title]}
                for i in range(first, min(first + 50, objects))
            ]
            await report(database, workspace, f"{first + len(some)} objects more", await shape(some))
        for first in range(0, fields, 100):
            more = [
                {"op": "add_field", "object": "thing_0", "name": f"field_{i}", "type": kinds[i % len(kinds)]}
                for i in range(first, min(first + 100, fields))
            ]
            await report(database, workspace, f"{first + len(more)} fields more", await shape(more))
        one = {"op": "add_field", "object": "thing_1", "name": "one_more", "type": "text"}
        print(f"one field more: {await shape([one]) * 1000:.0f} ms")
        await database.close()


async def report(database: Database, workspace: Workspace, label: str, seconds: float) -> None:
    """What the catalog costs now."""
    async with database.connection() as db:
        times = [time.perf_counter()]
        catalog = await load_catalog(db, workspace)
        times.append(time.perf_counter())
        ctx = Context(db, workspace, catalog, system_actor(workspace))
        await records.describe(ctx)
        times.append(time.perf_counter())
        await records.find(ctx, read_query("thing_0", {"limit": 50}))
        times.append(time.perf_counter())
    load, told, page = ((b - a) * 1000 for a, b in pairwise(times))
    print(
        f"{label}: {seconds:.1f} s; catalog read {load:.0f} ms, told {told:.0f} ms, first page {page:.0f} ms",
        flush=True,
    )


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="bench.shaping", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="0: only the workspace with many objects")
    parser.add_argument("--objects", type=int, default=300, help="0: only the big table")
    parser.add_argument("--fields", type=int, default=500)
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where seeded data folders are kept")
    given = parser.parse_args()
    if given.rows:
        folder = given.data.absolute() / str(given.rows)
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(big(folder, given.rows))
    if given.objects:
        asyncio.run(wide(given.objects, given.fields))


if __name__ == "__main__":
    main()
