"""``python -m bench``: seed, measure, report. The parts (:data:`PARTS`) run one after the other on the folder of the last size, each
as ``python -m bench.<part>`` would; what they print stands in a file of their name beside the table."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench import load, servers
from bench.importing import imports
from bench.report import markdown
from bench.scenarios import Scenario, scenarios
from bench.seed import ADMIN, seed
from guanxi import identity, records
from guanxi.pg import Connection, Database, quote
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server

PARTS = ("pages", "access", "segments", "standing", "pools", "merging", "computed", "shaping")
"""Measurements of a part each, on the one seeded folder; those that change most come last."""


def main() -> None:
    """Seed, measure, report."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rows", default="100000,1000000", help="sizes: accounts, and as many opportunities and activities"
    )
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where seeded data folders are kept")
    parser.add_argument("--seconds", type=float, default=4, help="length of each run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the quietest is reported")
    parser.add_argument("--only", default="", help="part of a scenario's name")
    parser.add_argument("--out", type=Path, default=Path("bench/results"), help="folder of the table and the figures")
    parser.add_argument("--imported", type=int, default=0, help="rows of the import; by default the last size")
    parser.add_argument("--skip", default="", help="import, start, driver: what is not measured")
    parser.add_argument("--parts", default="", help=f"also these, with commas between them, or all: {', '.join(PARTS)}")
    given = parser.parse_args()
    sizes = [int(r) for r in given.rows.split(",")]
    skip = set(filter(None, given.skip.split(",")))
    runs = [asyncio.run(_size(given.data.absolute() / str(rows), rows, given, skip)) for rows in sizes]
    if "import" not in skip and not given.only:
        runs[-1]["import"] = asyncio.run(_imported(given.data.absolute(), given.imported or sizes[-1]))
    found = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": _machine(), "runs": runs}
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "latest.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    text = markdown(found)
    (given.out / "latest.md").write_text(text)
    print(text)
    for part in PARTS if given.parts == "all" else filter(None, given.parts.split(",")):
        _say(f"bench.{part}")
        told = _part(part, sizes[-1], given.data.absolute())
        (given.out / f"{part}.txt").write_text(told)
        print(told)


def _part(name: str, rows: int, data: Path) -> str:
    """What a part prints; where it breaks off, up to there and why."""
    command = [sys.executable, "-m", f"bench.{name}", "--rows", str(rows), "--data", str(data)]
    if name == "shaping":
        command += ["--objects", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + (done.stderr[-2000:] if done.returncode else "")


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


def _machine() -> dict[str, Any]:
    return {
        "processors": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "client": "wrk" if load.shutil.which("wrk") else "python",
    }


async def _size(folder: Path, rows: int, given: argparse.Namespace, skip: set[str]) -> dict[str, Any]:
    run: dict[str, Any] = {"rows": rows, "scenarios": []}
    with Server(folder) as server:
        await seed(server.url, folder, rows, _say)
    if "start" not in skip:
        run["start"] = servers.cold_starts(folder)
        _say(f"start to first 200: {', '.join(f'{s:.2f}' for s in run['start'])} s")
    with servers.guanxi(folder) as (port, _, process), Server(folder) as server:
        database = await Database.open(server.url, statement_timeout=0)
        async with database.connection() as db:
            [workspace] = await records.workspaces(db)
            token = await identity.create_token_for(db, ADMIN.email, "bench")
            await _tidied(db, workspace.schema)
            wanted = [s for s in await scenarios(db, workspace.schema, rows) if given.only in s.name]
        await asyncio.sleep(3)
        run["memory_at_rest"] = servers.memory(process, folder)
        with servers.ceiling(server.url, workspace.schema) as (bare_port, bare):
            spent = (lambda: servers.spent(process, folder), lambda: servers.spent(bare, folder))
            for scenario in wanted:
                row = await _scenario(scenario, port, bare_port, token, spent, database, given, skip)
                run["scenarios"].append(row)
                _say(_line(row))
        load_ = load.Request("GET", wanted[0].ours[0].path) if wanted else None
        if load_ and wanted[0].ours[0].method == "GET":
            load.run(port, wanted[0].ours, 64, given.seconds, token)
        run["memory_under_load"] = servers.memory(process, folder)
        run["load_1m"] = os.getloadavg()[0]
        await database.close()
    return run


async def _imported(folder: Path, rows: int) -> dict[str, Any]:
    """A big file into a fresh workspace."""
    with tempfile.TemporaryDirectory(prefix="import", dir=folder) as name:
        with Server(Path(name)) as server:
            await migrate(server.url)
            database = await Database.open(server.url)
            await identity.set_up(database, ADMIN)
            async with database.connection() as db:
                token = await identity.create_token_for(db, ADMIN.email, "bench")
            await database.close()
        with servers.guanxi(Path(name)) as (port, _, process):
            return await imports(port, token, rows, lambda: servers.memory(process, Path(name)), _say)


async def _scenario(
    scenario: Scenario,
    port: int,
    bare_port: int,
    token: str,
    spent: tuple[Callable[[], float], Callable[[], float]],
    database: Database,
    given: argparse.Namespace,
    skip: set[str],
) -> dict[str, Any]:
    """Ours, the ceiling and the driver in turn, several rounds; of each the quietest."""
    row: dict[str, Any] = {
        "name": scenario.name,
        "target": scenario.target,
        "limit": scenario.limit,
        "pages": scenario.pages,
    }
    for connections in (1, 16):
        best: dict[str, load.Result] = {}
        for _ in range(given.rounds):
            for name, asked, at, key, used in (
                ("ours", scenario.ours, port, token, spent[0]),
                ("bare", scenario.bare, bare_port, "", spent[1]),
            ):
                # Many at once of what takes long: a longer run, and no warm-up whose leftovers would stand in its way.
                slow = connections > 1 and best_of(row, "c1", name, "p50") > 50
                seconds = given.seconds * (3 if slow else 1)
                result = await asyncio.to_thread(
                    load.run, at, asked, connections, seconds, key, warm=not slow, spent=used
                )
                await _drained(database)
                if name not in best or result.rate > best[name].rate:
                    best[name] = result
            if scenario.sql and "driver" not in skip:
                result = await driver(database, scenario, connections, min(2, given.seconds))
                if "driver" not in best or result.rate > best["driver"].rate:
                    best["driver"] = result
        row[f"c{connections}"] = {n: r.to_json() for n, r in best.items()}
    return row


async def _tidied(db: Connection, schema: str) -> None:
    """Takes away what earlier runs created: thousands of newest records that are all alike are like nothing real."""
    s = quote(schema)
    made = f"SELECT id FROM {s}.account WHERE name LIKE '%%恒锐精密机械%% %%'"
    await db.execute(f"DELETE FROM {s}._search WHERE id IN ({made})")
    await db.execute(f"DELETE FROM {s}._journal WHERE record IN ({made})")
    if await db.execute(f"DELETE FROM {s}.account WHERE id IN ({made})"):
        for name in ("account", "_search"):
            await db.script(f"VACUUM (ANALYZE) {s}.{name}")


def best_of(row: dict[str, Any], connections: str, name: str, key: str) -> float:
    """A figure that has been measured already, or 0."""
    return row.get(connections, {}).get(name, {}).get(key, 0.0)


async def _drained(database: Database) -> None:
    """What a client that left had asked for is done with before the next run begins."""
    async with asyncio.timeout(120), database.connection() as db:
        while await db.value(  # noqa: ASYNC110 - nothing tells of it
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ):
            await asyncio.sleep(0.05)


async def driver(database: Database, scenario: Scenario, connections: int, seconds: float) -> load.Result:
    """The statement alone, on the driver, in this process."""
    times: list[float] = []
    until = time.perf_counter() + seconds

    async def ask(i: int) -> None:
        async with database.connection() as db:
            while (begin := time.perf_counter()) < until:
                await db.fetch(scenario.sql, scenario.args[i % len(scenario.args)])
                times.append(time.perf_counter() - begin)
                i += connections

    begin = time.perf_counter()
    await asyncio.gather(*(ask(i) for i in range(connections)))
    seconds = time.perf_counter() - begin
    times.sort()
    pick = lambda q: times[min(len(times) - 1, int(len(times) * q))] * 1000  # noqa: E731
    return load.Result(pick(0.5), pick(0.95), pick(0.99), len(times) / seconds)


def _line(row: dict[str, Any]) -> str:
    one, many = row["c1"], row["c16"]
    ratio = many["ours"]["rate"] / (many["bare"]["rate"] or 1)
    return (
        f"{row['name']}: p50 {one['ours']['p50']:.2f} / {one['bare']['p50']:.2f} ms, p95 {one['ours']['p95']:.2f} / {one['bare']['p95']:.2f} ms,"
        f" {many['ours']['rate']:.0f} / {many['bare']['rate']:.0f} a second = {ratio:.0%},"
        f" CPU {many['ours']['cpu']:.0f} / {many['bare']['cpu']:.0f} µs"
    )


if __name__ == "__main__":
    main()
