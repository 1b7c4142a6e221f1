"""Being told, on this machine: ``python -m bench.telling``. Prints messages and events a second.

Webhooks: ten receivers of which one is down for an hour (time is moved, nothing sleeps), thousands of changes meanwhile; how
fast the nine are told, how often the one is bothered, and how fast it gets everything afterwards. The stream: a change is told
to a thousand listeners of a real server; how long until the first and the last of them have heard of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from ipaddress import ip_network
from pathlib import Path

from tests.receiver import receiver

from bench import servers
from bench.seed import ADMIN
from guanxi import egress, identity, records, vault, webhooks
from guanxi.pg import Database
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server
from guanxi.records import Context, Create, deliver, load_actor, load_catalog, workspaces

RECEIVERS, STREAMS = 10, 20
BATCH = 500


async def hooks(rows: int) -> None:
    """Webhooks with one receiver that is down for an hour."""
    vault.unlock("bench" * 8)
    egress.allow((ip_network("127.0.0.0/8"),))
    with tempfile.TemporaryDirectory(prefix="telling") as folder, Server(Path(folder)) as server:
        await migrate(server.url)
        database = await Database.open(server.url, max_size=20)
        await identity.set_up(database, ADMIN)
        async with database.connection() as db:
            [workspace] = await workspaces(db)
            catalog = await load_catalog(db, workspace)
            id = await db.value(f'SELECT id FROM "{workspace.schema}"."user" WHERE email = %(e)s', {"e": ADMIN.email})
            actor = await load_actor(db, workspace, id)
        assert actor is not None
        async with receiver() as up, receiver() as down:
            down.answer = lambda _: (503, {}, b"down")
            await deliver(database, workspace, "webhooks")
            async with database.transaction(workspace.role) as db:
                ctx = Context(db, workspace, catalog, actor, "bench")
                for n in range(RECEIVERS):
                    url = down.url if n == 0 else f"{up.url}/{n}"
                    await webhooks.create(
                        ctx, {"name": str(n), "url": url, "kinds": webhooks.KINDS, "objects": ["account"]}
                    )
            begun = time.perf_counter()
            for at in range(0, rows, BATCH):
                async with database.transaction(workspace.role) as db:
                    ctx = Context(db, workspace, catalog, actor, "bench")
                    made = [Create({"name": f"A{i}"}) for i in range(at, min(rows, at + BATCH))]
                    await records.write(ctx, "account", made, render=False)
            wrote = time.perf_counter() - begun
            begun = time.perf_counter()
            queued = await deliver(database, workspace, "webhooks")
            seconds = time.perf_counter() - begun
            print(f"queued: {queued} changes for {RECEIVERS} in {seconds:.1f} s ({queued * RECEIVERS / seconds:.0f}/s; written in {wrote:.1f} s)")  # fmt: skip
            begun = time.perf_counter()
            await webhooks.send_due(database, workspace)
            seconds = time.perf_counter() - begun
            print(f"delivered to {RECEIVERS - 1} while one is down: {len(up.got)} in {seconds:.1f} s ({len(up.got) / seconds:.0f}/s)")  # fmt: skip
            first = len(down.got)
            asked: list[int] = []
            for minute in range(1, 61):
                before = len(down.got)
                await _later(database, workspace, 1)
                await webhooks.send_due(database, workspace)
                asked += [minute] * (len(down.got) - before)
            print(f"requests to the one that was down in its hour: {len(down.got)} for {rows} messages: {first} at once, then in the minutes {asked}")  # fmt: skip
            down.answer = lambda _: (200, {}, b"")
            down.got.clear()
            await _later(database, workspace, 6)
            begun = time.perf_counter()
            await webhooks.send_due(database, workspace)
            seconds = time.perf_counter() - begun
            await _later(database, workspace, 2)
            await webhooks.send_due(database, workspace)
            print(f"afterwards: {len({r.headers['webhook-id'] for r in down.got})} of {rows} in {seconds:.1f} s ({len(down.got) / seconds:.0f}/s)")  # fmt: skip
            lost, twice, late = 0, 0, 0
            for got in (down.got, *([r for r in up.got if r.path == f"/{n}"] for n in range(1, RECEIVERS))):
                ids = {r.headers["webhook-id"] for r in got}
                lost, twice = lost + rows - len(ids), twice + len(got) - len(ids)
                places = [r.json["sequence"] for r in got]
                late = max(
                    late, *(abs(at - n) for at, n in enumerate(sorted(range(len(places)), key=places.__getitem__)))
                )
            print(f"of {rows * RECEIVERS} deliveries {lost} were lost, {twice} came twice; the farthest from its place was {late} away")  # fmt: skip
            assert lost == 0, "nothing is lost"
        await egress.close()
        await database.close()


async def _later(database: Database, workspace: records.Workspace, minutes: int) -> None:
    async with database.transaction(workspace.role) as db:
        s, ago = f'"{workspace.schema}"', {"m": minutes}
        await db.execute(f"UPDATE {s}._webhook SET paused_until = paused_until - make_interval(mins => %(m)s)", ago)
        await db.execute(
            f"UPDATE {s}._webhook_message SET due_at = due_at - make_interval(mins => %(m)s) WHERE state = 'waiting'",
            ago,
        )


async def stream(listeners: int, changes: int) -> None:
    """A change and everybody who hears of it."""
    with tempfile.TemporaryDirectory(prefix="telling") as name:
        folder = Path(name)
        with Server(folder) as server:
            await migrate(server.url)
            database = await Database.open(server.url)
            await identity.set_up(database, ADMIN)
            async with database.connection() as db:
                [workspace] = await workspaces(db)
                catalog = await load_catalog(db, workspace)
            people = -(-listeners // STREAMS)
            async with database.transaction(workspace.role) as db:
                ctx = Context(db, workspace, catalog, records.system_actor(workspace), "bench")
                role = {"match": {"name": "administrator"}}
                rows = [{"name": f"u{n}", "email": f"u{n}@example.com", "role": role} for n in range(people)]
                made = await records.write(ctx, "user", [Create(r) for r in rows])
                [account] = await records.write(ctx, "account", [Create({"name": "A"})])
            async with database.transaction() as db:
                made_of = [await identity.create_token(db, workspace.id, one.id or "", "bench") for one in made]
            tokens = [one.secret for one in made_of]
            await database.close()
        with servers.guanxi(folder) as (port, _, process), Server(folder) as server:
            heard: list[float] = []
            ready = asyncio.Semaphore(0)

            async def listen(token: str) -> None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(
                    f"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
                )
                await reader.readuntil(b"retry:")
                ready.release()
                while line := await reader.readline():
                    if line.startswith(b"data:") and b'"account"' in line:
                        heard.append(time.perf_counter())

            tasks = [asyncio.create_task(listen(tokens[n // STREAMS])) for n in range(listeners)]
            for _ in range(listeners):
                await ready.acquire()
            before = servers.spent(process, folder)
            for n in range(changes):
                heard.clear()
                body = json.dumps({"values": {"name": f"A{n}"}}).encode()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                begun = time.perf_counter()
                writer.write(
                    f"PATCH /api/v1/records/account/{account.id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization:"
                    f" Bearer {tokens[0]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                answer = await reader.read()
                assert b" 200 " in answer[:20], answer[:300]
                writer.close()
                async with asyncio.timeout(60):
                    while len(heard) < listeners:  # noqa: ASYNC110 - a look costs nothing here
                        await asyncio.sleep(0.01)
                told = sorted(t - begun for t in heard)
                print(f"told {listeners}: first {told[0]:.2f} s, median {told[listeners // 2]:.2f} s, last {told[-1]:.2f} s")  # fmt: skip
            used = servers.spent(process, folder) - before
            print(f"processor: {used / changes / listeners * 1e6:.0f} µs for a listener and a change")
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    """Both, or one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--listeners", type=int, default=1_000)
    parser.add_argument("--changes", type=int, default=5)
    parser.add_argument("--only", choices=("hooks", "stream"))
    given = parser.parse_args()
    if given.only != "stream":
        asyncio.run(hooks(given.rows))
    if given.only != "hooks":
        asyncio.run(stream(given.listeners, given.changes))


if __name__ == "__main__":
    main()
