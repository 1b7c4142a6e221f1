"""A worker is killed again and again at random points, and no effect is lost or happens twice.

GUANXI_KILLS says how often (100 unless given). The negative control moves runs on in a transaction of its own, after what they
wrote: then effects are doubled, and what this test asserts does not hold.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import Office

from guanxi import flows, records
from guanxi.flows import kinds

KILLS = int(os.environ.get("GUANXI_KILLS", "100"))
BATCH = 5
MOST = 40
"""Batches that are begun at most, so that there is always something at which to be killed."""
KILLER = Path(__file__).with_name("killer.py")

COUNT = {"formula": "ifempty(integer, 0) + 1"}
FLOW: dict[str, Any] = {
    "object": "zoo",
    "trigger": {"kind": "created", "filter": {"field": "name", "op": "starts_with", "value": "Bear"}},
    "steps": [
        {"id": "s1", "kind": "update", "record": "record", "values": {"integer": COUNT}},
        {"id": "s2", "kind": "create", "object": "keeper", "values": {"name": {"text": "of {name}"}}},
        {"id": "s3", "kind": "kill_test", "text": "{name}"},
        {
            "id": "s4",
            "kind": "loop",
            "object": "zoo",
            "via": "parent",
            "steps": [{"id": "s5", "kind": "update", "record": "loop.record", "values": {"integer": COUNT}}],
        },
        {"id": "s6", "kind": "update", "record": "record", "values": {"integer": {"formula": "integer + 1"}}},
    ],
}


@pytest.fixture
def kill_test() -> Any:
    @flows.step("kill_test", ("Kill", "杀"), flows.parameter("text", "words", ("Text", "文")), outside=True)
    async def out(step: flows.StepContext) -> kinds.Next:
        raise AssertionError("this process carries out nothing")

    yield
    del kinds.steps["kill_test"]


async def storm(office: Office, place: Path, kills: int, mode: str) -> list[str]:
    """Kill workers while there is work, let it be finished; what is wrong then."""
    await office.flow(FLOW)
    killer = await asyncio.create_subprocess_exec(
        *(sys.executable, str(KILLER), office.world.db.url, str(place), str(kills), "7", mode),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert killer.stdout is not None
    assert killer.stdin is not None
    ended = asyncio.create_task(killer.stdout.readline())
    bears: list[str] = []
    cubs: list[str] = []
    try:
        while not ended.done() and len(bears) < MOST * BATCH:
            names = [f"Bear {len(bears) + i}" for i in range(BATCH)]
            # The cubs are there before what starts the flow is committed.
            async with office.world.act() as ctx:
                made = await office.write(ctx, "zoo", [{"name": n} for n in names])
                cubs += await office.write(
                    ctx, "zoo", [{"name": f"Cub {n}", "parent": made[i]} for i, n in enumerate(names)]
                )
            bears += made
            await asyncio.wait((ended,), timeout=kills * 0.12 / MOST)
        assert await ended == b"killed\n"
        for _ in range(600):
            if await unfinished(office, len(bears)) == 0:
                break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError(f"{await unfinished(office, len(bears))} of {len(bears)} runs do not end")
    finally:
        killer.stdin.close()
        await killer.wait()
    return await wrong(office, bears, cubs, place)


async def unfinished(office: Office, begun: int) -> int:
    async with office.world.act() as ctx:
        done = await ctx.db.value(
            f'SELECT count(*) FROM "{office.world.workspace.schema}"._flow_run WHERE parent IS NULL'
            " AND state NOT IN ('ready', 'running', 'waiting')"
        )
    return begun - int(done)


def lines_of(place: Path) -> list[str]:
    """What was done outside."""
    return place.read_text().splitlines()


async def wrong(office: Office, bears: list[str], cubs: list[str], place: Path) -> list[str]:
    """Effects that are missing, or there more than once."""
    out: list[str] = []
    async with office.world.act() as ctx:
        found = await records.ask(ctx, "zoo", bears + cubs, ("integer",))
    for ids, times in ((bears, 2), (cubs, 1)):
        out += [f"{id}: {n} instead of {times}" for id in ids if (n := found[id].values["integer"]) != times]
    lines = Counter(line.split(" ", 1)[1] for line in lines_of(place))
    out += [f"{name}: {lines[name]} lines" for i in range(len(bears)) if lines[name := f"Bear {i}"] != 1]
    async with office.world.act() as ctx:
        rows = await ctx.db.fetch(f'SELECT name, count(*) FROM "{office.world.workspace.schema}".keeper GROUP BY 1')
        states = await ctx.db.fetch(
            f'SELECT state, count(*) FROM "{office.world.workspace.schema}"._flow_run GROUP BY 1'
        )
    keepers = dict(rows)
    out += [f"{n} keepers of Bear {i}" for i in range(len(bears)) if (n := keepers.get(f"of Bear {i}", 0)) != 1]
    out += [f"{n} runs are {state}" for state, n in states if state != "done"]
    return out


async def test_workers_are_killed_and_nothing_is_lost_or_doubled(
    office: Office, kill_test: Any, tmp_path: Path
) -> None:
    assert await storm(office, tmp_path / "lines", KILLS, "whole") == []


async def test_without_the_protection_the_same_test_fails(office: Office, kill_test: Any, tmp_path: Path) -> None:
    assert await storm(office, tmp_path / "lines", 20, "torn") != []
