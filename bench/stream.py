"""What live news cost: ``python -m bench.stream``. Many open event streams of two applications on one database, as two processes have;
records are changed at the first one, and the time is taken until every stream has heard of it.

The streams are called in this process without a network between, half of them at each application. Each asks the database anew what
its reader may see: that is the part which grows with them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from guanxi import apps, identity, records
from guanxi.api import App, create_app
from guanxi.api.live import STREAMS
from guanxi.base.settings import Settings
from guanxi.pg import Database
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server
from guanxi.records import Context, Create, Update

PASSWORD = "Corr3ct-horse-battery"


def main() -> None:
    """Measure, print the times as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.stream", description=__doc__)
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=10)
    given = parser.parse_args()
    assert apps.NOUNS
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        print(json.dumps(asyncio.run(_measured(server.url, Path(folder), given.listeners, given.changes)), indent=1))


async def _measured(url: str, folder: Path, listeners: int, changes: int) -> dict[str, Any]:
    await migrate(url)
    database = await Database.open(url, max_size=8, statement_timeout=0)
    await identity.set_up(database, identity.FirstRun("Bench", "Admin", "a@example.com", PASSWORD))
    async with database.connection() as db:
        [workspace] = await records.workspaces(db)
        catalog = await records.load_catalog(db, workspace)
        [admin] = await records.load_actors(db, workspace)
    people = [f"u{n}@example.com" for n in range(-(-listeners // (STREAMS // 2) // 2))]
    async with database.transaction(workspace.role) as db:
        ctx = Context(db, workspace, catalog, admin, "bench")
        role = {"match": {"name": "read_only"}}
        await records.write(ctx, "user", [Create({"name": p, "email": p, "role": role}) for p in people], render=False)
        [made] = await records.write(ctx, "account", [Create({"name": "Changing"})])
    tokens: list[str] = []
    for person in people:
        async with database.transaction() as db:
            tokens.append(await identity.create_token_for(db, person, "bench"))
    apps_of = [create_app(Settings(data=folder / f"app{n}", secret="s" * 40), url=url) for n in range(2)]
    for app in apps_of:
        await app.open()
    heard: asyncio.Queue[float] = asyncio.Queue()
    gone = asyncio.Event()
    tasks = [
        asyncio.create_task(_listen(apps_of[n % 2], tokens[n // 2 % len(tokens)], heard, gone))
        for n in range(listeners)
    ]
    while sum(app.watch.streams for app in apps_of) < listeners:  # noqa: ASYNC110 - counts in two applications
        await asyncio.sleep(0.05)
    first: list[float] = []
    last: list[float] = []
    for n in range(changes + 1):
        begin = time.perf_counter()
        async with database.transaction(workspace.role) as db:
            ctx = Context(db, workspace, catalog, admin, "bench")
            await records.write(ctx, "account", [Update(made.id or "", {"name": f"Changed {n}"})], render=False)
        apps_of[0].edge.outbox.records(workspace.id, "account", [made.id or ""])
        times = [await heard.get() - begin for _ in range(listeners)]
        if n:  # the first one makes every reader known
            first.append(min(times))
            last.append(max(times))
    gone.set()
    for app in apps_of:
        app.close_streams()
    await asyncio.gather(*tasks, return_exceptions=True)
    for app in apps_of:
        await app.close()
    await database.close()
    return {
        "listeners": listeners,
        "changes": changes,
        "first_heard_ms": round(statistics.median(first) * 1000, 1),
        "last_heard_ms": round(statistics.median(last) * 1000, 1),
        "heard_per_second": round(listeners / statistics.median(last)),
    }


async def _listen(app: App, token: str, heard: asyncio.Queue[float], gone: asyncio.Event) -> None:
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if b"event: records" in message.get("body", b""):
            heard.put_nowait(time.perf_counter())

    headers = [(b"authorization", b"Bearer " + token.encode())]
    scope = {"type": "http", "method": "GET", "path": "/api/v1/stream", "query_string": b"", "headers": headers}
    await app({**scope, "client": ("127.0.0.1", 1), "http_version": "1.1"}, receive, send)


if __name__ == "__main__":
    main()
