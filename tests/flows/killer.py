"""Workers that are killed: forked from a process that has loaded everything, so that none has a start to wait for.

``python killer.py URL FILE KILLS SEED MODE``: kills so many, each after a moment, then lets one work until its standard input
ends. In the mode ``torn`` a run is moved on in a transaction of its own, after what it wrote: what must not be. In ``told`` and
``again`` each is killed at a line on standard input, since the test knows the moment; in ``again`` a call of which nobody knows
whether it arrived is made once more: what must not be either.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import guanxi.main
from guanxi import egress, flows, records
from guanxi.flows import kinds, running
from guanxi.flows.kinds import Done, StepContext
from guanxi.pg import Database, quote
from guanxi.pg.jobs import Worker
from guanxi.records import Deliveries

LEASE = 0.5
SECONDS = 1.0
ANSWERED = 4.0
"""For how long a call may wait: over it a worker is killed, however slow the machine."""

assert guanxi.main.flows is flows


def register(place: Path) -> None:
    """Kinds of steps: two of which the effect is a line in a file, ``kill_test`` that can tell by its key whether the line is
    there, and ``blind_test`` that cannot; and ``pause_test``, which waits for a moment."""

    def lines() -> list[str]:
        return place.read_text().splitlines() if place.exists() else []

    async def out(step: StepContext) -> kinds.Next:
        with place.open("a") as file:
            file.write(f"{step.key} {step.input['text']}\n")
        await asyncio.sleep(0.03)  # so that some are killed between what they did and saying so
        return Done()

    async def certain(key: str, ctx: Any, _given: Any) -> kinds.Next | None:
        return Done() if any(line.startswith(f"{key} ") for line in lines()) else None

    async def pause(step: StepContext) -> kinds.Next:
        return Done() if step.late else kinds.Wait(step.within.now + timedelta(milliseconds=150))

    text = flows.parameter("text", "words", ("Text", "文"))
    flows.step("kill_test", ("Kill", "杀"), text, outside=True, seconds=SECONDS, certain=certain)(out)
    flows.step("blind_test", ("Blind", "盲"), text, outside=True, seconds=SECONDS)(out)
    flows.step("pause_test", ("Pause", "停"))(pause)
    running.GRACE = 1.0


def call(again: bool) -> None:
    """The real step that calls another system, which is over soon: here it is killed."""
    egress.allow((ip_network("127.0.0.0/8"),))

    async def once_more(_key: str, _ctx: Any, _given: Any) -> kinds.Next | None:
        return None

    usual = kinds.steps["http"]
    kinds.steps["http"] = replace(usual, seconds=ANSWERED, certain=once_more if again else usual.certain)


def torn(save: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    """Effects are committed, and where the run is only a moment later."""

    async def in_two(carrier: Any) -> None:
        await carrier.db.execute("COMMIT")
        await asyncio.sleep(0.03)
        await carrier.db.execute("BEGIN")
        await carrier.db.execute(f"SET LOCAL ROLE {quote(carrier.workspace.role)}")
        await save(carrier)

    return in_two


async def work(url: str) -> None:
    """A worker, until it is killed."""
    database = await Database.open(url, max_size=8)
    stop = asyncio.Event()

    async def ticking() -> None:
        async with database.connection() as db:
            [workspace] = await records.workspaces(db)
        while True:
            await flows.tick(database, workspace)
            await asyncio.sleep(0.1)

    await asyncio.gather(
        Worker(database, lease=LEASE, concurrency=2).run(stop), Deliveries(database).run(stop), ticking()
    )


def main(url: str, file: str, kills: str, seed: str, mode: str) -> None:
    """Kill, and then let one work."""
    register(Path(file))
    if mode == "torn":
        running.Carrier.save = torn(running.Carrier.save)  # type: ignore[method-assign, assignment]
    told = mode in ("told", "again")
    if told:
        call(mode == "again")
    rng = random.Random(int(seed))
    for n in range(int(kills) + 1):
        pid = os.fork()
        if pid == 0:
            os.close(0)
            try:
                asyncio.run(work(url))
            finally:
                os._exit(0)
        if n == int(kills):
            sys.stdout.write("killed\n")
            sys.stdout.flush()
            sys.stdin.read()
        elif told:
            sys.stdin.readline()
        else:
            time.sleep(rng.uniform(0.03, 0.2))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
