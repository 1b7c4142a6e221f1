"""The page of one busy customer among many: ``python -m bench.circle --companies 1000000 --entries 10000``. Prints milliseconds.

Sample companies are made, then one customer gets that many orders, payments, notes and calls. Its timeline is read from the
start and from the middle, counted, narrowed and searched; its panels and alerts are read, by who sees all and by a sales rep.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.seed import ADMIN
from bench.times import told
from guanxi import identity, records, sample
from guanxi.pg import Database
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server
from guanxi.records import Context, Create, Operation, load_actor, load_catalog, system_actor, workspaces

BATCH = 1_000
ROUNDS = 20


def entries(account: str, owner: str, n: int) -> dict[str, list[Operation]]:
    """Orders, payments, notes and calls of one account over the last years."""
    now = datetime.now(UTC)
    about = {"about": {"object": "account", "id": account}, "owner": owner}
    out: dict[str, list[Operation]] = {"order": [], "payment": [], "note": [], "call": []}
    for i in range(n):
        at = now - timedelta(hours=i * 2)
        name = ("order", "note", "call", "order", "payment")[i % 5]
        values: dict[str, Any] = {
            "order": {
                "number": f"B{i}",
                "account": account,
                "amount": 100 + i,
                "ordered_at": at.isoformat(),
                "owner": owner,
            },
            "payment": {
                "reference": f"P{i}",
                "account": account,
                "amount": 90,
                "paid_on": at.date().isoformat(),
                "owner": owner,
            },
            "note": {"body": f"Talked about delivery {i}", **about},
            "call": {"subject": f"Call {i}", "starts_at": at.isoformat(), **about},
        }[name]
        out[name].append(Create(values))
    return out


async def run(companies: int, n: int) -> None:
    """All of it, in a database of its own."""
    with tempfile.TemporaryDirectory(prefix="circle") as folder, Server(Path(folder)) as server:
        await migrate(server.url)
        database = await Database.open(server.url)
        await identity.set_up(database, ADMIN)
        async with database.connection() as db:
            [workspace] = await workspaces(db)
            catalog = await load_catalog(db, workspace)
        await sample.load(database, workspace, companies)
        async with database.connection() as db:
            rep = await db.value(f'SELECT owner FROM "{workspace.schema}".account LIMIT 1')
            admin = await db.value(
                f'SELECT id FROM "{workspace.schema}"."user" WHERE email = %(e)s', {"e": ADMIN.email}
            )
            people = {"all": await load_actor(db, workspace, admin), "rep": await load_actor(db, workspace, rep)}

        async def write(name: str, operations: list[Operation]) -> list[str]:
            ids: list[str] = []
            for at in range(0, len(operations), BATCH):
                async with database.transaction(workspace.role) as db:
                    ctx = Context(db, workspace, catalog, system_actor(workspace), "bench")
                    ids += [
                        o.id or "" for o in await records.write(ctx, name, operations[at : at + BATCH], render=False)
                    ]
            return ids

        [account] = await write("account", [Create({"name": "Busy", "owner": rep})])
        for name, operations in entries(account, rep, n).items():
            await write(name, operations)
        async with database.connection() as db:
            for name in ("order", "payment", "note", "call", "_journal"):
                await db.execute(f'ANALYZE "{workspace.schema}"."{name}"')
        for who, actor in people.items():
            assert actor is not None
            async with database.connection(workspace.role) as db:
                ctx = Context(db, workspace, catalog, actor)

                async def ask(what: str, work: Callable[[], Awaitable[Any]], who: str = who) -> None:
                    times: list[float] = []
                    for _ in range(ROUNDS):
                        begun = time.perf_counter()
                        await work()
                        times.append((time.perf_counter() - begun) * 1000)
                    told(f"{who}: {what}", times)

                def page(ctx: Context = ctx, **more: Any) -> Callable[[], Awaitable[Any]]:
                    return lambda: records.timeline(ctx, "account", account, limit=20, **more)

                cursor = None
                for _ in range(n // 400):
                    cursor = (await records.timeline(ctx, "account", account, limit=200, cursor=cursor))[
                        "next"
                    ] or cursor
                await ask("timeline, first page", page())
                await ask("timeline, from the middle", page(cursor=cursor))
                await ask("timeline, orders", page(kinds=["order"]))
                await ask("timeline, by phone", page(channel="phone"))
                await ask("timeline, words", page(q="delivery 77"))
                await ask("timeline, counted", page(counted=True))
                await ask("panels", lambda ctx=ctx: records.panels(ctx, "account", account))
                await ask("alerts", lambda ctx=ctx: records.alerts(ctx, "account", [account]))
        await database.close()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="bench.circle", description=__doc__)
    parser.add_argument("--companies", type=int, default=20_000)
    parser.add_argument("--entries", type=int, default=10_000)
    given = parser.parse_args()
    asyncio.run(run(given.companies, given.entries))


if __name__ == "__main__":
    main()
