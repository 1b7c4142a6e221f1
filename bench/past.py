"""Time travel and undo on many records: ``python -m bench.past --rows 1000000``. Prints milliseconds and rows a second.

Accounts are created as one bulk act, some are changed, the list as it was is asked for with few and with many changes since.
Then the history is sealed and verified, what it takes on disk is told beside the data, and at last everything is taken back,
portion by portion as the job does it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.seed import ADMIN
from bench.times import told
from guanxi import audit, identity, records
from guanxi.base import new_id
from guanxi.pg import Database, quote
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server
from guanxi.records import Context, Create, Operation, Update, load_actor, load_catalog, workspaces
from guanxi.records.undo import portion, undoing
from guanxi.schema.query import read_query

BATCH = 5_000
LISTS = {"by name": "name", "by last change": "-updated_at", "by number": "-employees,name"}


async def run(rows: int, many: int) -> None:
    """All of it, in a database of its own."""
    with tempfile.TemporaryDirectory(prefix="past") as folder, Server(Path(folder)) as server:
        await migrate(server.url)
        database = await Database.open(server.url)
        await identity.set_up(database, ADMIN)
        async with database.connection() as db:
            [workspace] = await workspaces(db)
            catalog = await load_catalog(db, workspace)
            id = await db.value(f'SELECT id FROM "{workspace.schema}"."user" WHERE email = %(e)s', {"e": ADMIN.email})
            actor = await load_actor(db, workspace, id)
        assert actor is not None
        change_set = new_id()

        async def write(operations: list[Operation], act: str, bulk: str) -> str:
            for at in range(0, len(operations), BATCH):
                async with database.transaction(workspace.role) as db:
                    ctx = Context(db, workspace, catalog, actor, "bench", change_set=act, bulk=bulk)
                    done = await records.write(ctx, "account", operations[at : at + BATCH], render=False)
                    ids.extend(o.id or "" for o in done if o.kind == "create")
            return act

        async def ask(label: str, moment: str) -> None:
            for name, sort in LISTS.items():
                query = read_query("account", {"sort": sort, "limit": 50, "as_of": moment})
                times: list[float] = []
                async with database.connection(workspace.role) as db:
                    ctx = Context(db, workspace, catalog, actor)
                    for _ in range(20):
                        begun = time.perf_counter()
                        await records.find(ctx, query)
                        times.append((time.perf_counter() - begun) * 1000)
                told(f"list {name}, {label}", times)

        ids: list[str] = []
        await write(
            [Create({"name": f"Account {i * 7919 % rows}", "employees": i % 1000}) for i in range(rows)],
            change_set,
            "import",
        )
        async with database.connection() as db:
            moment = (await db.value("SELECT clock_timestamp()")).isoformat()
            await db.execute(f'ANALYZE "{workspace.schema}".account')
            await db.execute(f'ANALYZE "{workspace.schema}"._journal')
        await write([Update(i, {"employees": 5000}) for i in ids[:: max(1, rows // 100)]], new_id(), "mass")
        await ask("100 changed since", moment)
        await write([Update(i, {"employees": 7000}) for i in ids[:many]], new_id(), "mass")
        async with database.connection() as db:
            await db.execute(f'ANALYZE "{workspace.schema}"._journal')
        await ask(f"{min(many, rows)} changed since", moment)
        begun = time.perf_counter()
        sealed = await audit.seal(database, workspace)
        between = time.perf_counter()
        report = await audit.verify(database, workspace)
        ended = time.perf_counter()
        print(
            f"seal of {sealed} entries: {between - begun:.1f} s; verify: {ended - between:.1f} s, {'ok' if report.ok else 'NOT ok'}"
        )
        async with database.connection() as db:
            size = {
                t: await db.value(f"SELECT pg_total_relation_size('{quote(workspace.schema)}.{quote(t)}')")
                for t in ("account", "_search", "_journal", "_seal")
            }
        kept = (size["_journal"] + size["_seal"]) / (size["account"] + size["_search"])
        print(
            "storage: " + ", ".join(f"{t} {n / 1e6:.0f} MB" for t, n in size.items()) + f"; history / data {kept:.2f}"
        )
        begun, below, own = time.perf_counter(), None, new_id()
        while True:
            async with database.transaction(workspace.role) as db:
                ctx = undoing(Context(db, workspace, catalog, actor, "bench"), change_set, own)
                done = await portion(replace(ctx), change_set, below, force=True)
            if done is None:
                break
            below = done.below
        seconds = time.perf_counter() - begun
        print(f"undo of {rows} created: {seconds:.1f} s, {rows / seconds:.0f} rows/s")
        await database.close()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="bench.past", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--many", type=int, default=100_000)
    given = parser.parse_args()
    asyncio.run(run(given.rows, given.many))


if __name__ == "__main__":
    main()
