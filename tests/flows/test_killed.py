"""A worker is killed again and again at random points, and no effect is lost or happens twice.

What is killed is amid writing, waiting for a moment, an event and a signature, a loop of several portions, and effects outside of
which one can tell afterwards whether it took place and one cannot: that one is shown as unknown and never repeated.

And workers are killed at the one moment that matters to a call: the other system has it, and has not answered yet.

GUANXI_KILLS says how often (100 unless given), GUANXI_CUBS how long the longest loop is (600). Negative controls take a
protection away each, and then what these tests assert does not hold.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import Office
from tests.receiver import receiver

from guanxi import flows, records
from guanxi.base import Conflict, new_id
from guanxi.flows import kinds
from guanxi.records import Update

KILLS = int(os.environ.get("GUANXI_KILLS", "100"))
CUBS = int(os.environ.get("GUANXI_CUBS", "600"))
BATCH = 3
MOST = 0.4
"""Batches that are begun at most for a kill, so that there is always something at which to be killed."""
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
            "kind": "wait",
            "how": "event",
            "event": {"kind": "changed", "record": "record", "fields": ["text"]},
        },
        {
            "id": "s5",
            "kind": "loop",
            "object": "zoo",
            "via": "parent",
            "steps": [{"id": "s6", "kind": "update", "record": "loop.record", "values": {"integer": COUNT}}],
        },
        {"id": "s7", "kind": "pause_test"},
        {
            "id": "s8",
            "kind": "approval",
            "title": "{name}",
            "levels": [{"who": [], "need": "any"}],
            "approved": [
                {"id": "s9", "kind": "update", "record": "record", "values": {"integer": {"formula": "integer + 1"}}}
            ],
        },
        {"id": "s10", "kind": "blind_test", "text": "blind {name}"},
    ],
}


@pytest.fixture
def kill_test() -> Any:
    """The kinds of :mod:`tests.flows.killer`, of which this process carries out nothing."""
    text = flows.parameter("text", "words", ("Text", "文"))
    made = {"kill_test": [text], "blind_test": [text], "pause_test": []}

    async def none(step: flows.StepContext) -> kinds.Next:
        raise AssertionError("this process carries out nothing")

    for name, parameters in made.items():
        flows.step(name, (name, name), *parameters, outside=name != "pause_test")(none)
    yield
    for name in made:
        del kinds.steps[name]


async def storm(office: Office, place: Path, kills: int, mode: str, longest: int = 1) -> list[str]:
    """Kill workers while there is work, let it be finished; what is wrong then."""
    what = deepcopy(FLOW)
    what["steps"][6]["levels"][0]["who"] = [{"user": office.world.id("admin")}]
    flow = await office.flow(what)
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
    trouble: list[str] = []
    try:
        while not ended.done() and len(bears) < MOST * kills * BATCH:
            names = [f"Bear {len(bears) + i}" for i in range(BATCH)]
            # The cubs are there before what starts the flow is committed.
            async with office.world.act() as ctx:
                made = await office.write(ctx, "zoo", [{"name": n} for n in names])
                many = [made[0]] * (longest - 1 if not bears else 0)
                young = [{"name": "Cub", "parent": one} for one in made + many]
                for at in range(0, len(young), 1000):
                    cubs += await office.write(ctx, "zoo", young[at : at + 1000])
            bears += made
            await asyncio.wait((ended,), timeout=0.12 / MOST)
            trouble += await tend(office, flow)
        while not ended.done():
            trouble += await tend(office, flow)
            await asyncio.wait((ended,), timeout=0.1)
        assert await ended == b"killed\n"
        for _ in range(600):
            if trouble or await unfinished(office, len(bears)) == 0:
                break
            trouble += await tend(office, flow)
            await asyncio.sleep(0.1)
        else:
            raise AssertionError(f"{await unfinished(office, len(bears))} of {len(bears)} runs do not end")
    finally:
        killer.stdin.close()
        await killer.wait()
    return trouble + await wrong(office, bears, cubs, place)


async def tend(office: Office, flow: str) -> list[str]:
    """Do that for which runs wait: something happens to the record, and somebody signs; signatures that were not asked for."""
    out: list[str] = []
    async with office.world.act() as ctx:
        rows = await ctx.db.fetch(
            f"SELECT record FROM \"{ctx.workspace.schema}\"._flow_run WHERE flow = %(flow)s::uuid AND state = 'waiting'"
            " AND step = 's4' AND parent IS NULL",
            {"flow": flow},
        )
        await records.write(ctx, "zoo", [Update(r[0], {"text": new_id()}) for r in rows])
    async with office.world.act() as ctx:
        asked = await flows.approvals.approvals(ctx)
    for one in asked:
        try:
            async with office.world.act() as ctx:
                await flows.approvals.decide(ctx, one["id"], "approve")
        except Conflict as problem:
            out.append(f"{one['title']}: {problem.code}")
    return out


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
    for ids, times in ((bears, 2), (cubs, 1)):  # a bear: at first, and when it was approved
        out += [f"{id}: {n} instead of {times}" for id in ids if (n := found[id].values["integer"]) != times]
    lines = Counter(line.split(" ", 1)[1] for line in lines_of(place))
    out += [f"{name}: {lines[name]} lines" for i in range(len(bears)) if lines[name := f"Bear {i}"] != 1]
    async with office.world.act() as ctx:
        roots = await ctx.db.fetch(
            f'SELECT record, state, step FROM "{office.world.workspace.schema}"._flow_run WHERE parent IS NULL'
        )
        signed = await ctx.db.fetch(
            f"SELECT record, count(*) FROM \"{office.world.workspace.schema}\"._approval WHERE state = 'approved' GROUP BY 1"
        )
    blind = {id: lines[f"blind Bear {i}"] for i, id in enumerate(bears)}
    for id, state, step in roots:
        known, there = state == "done", blind[id]
        if not (there == 1 if known else (state, step) == ("unknown", "s10") and there <= 1):
            out.append(f"{there} blind lines of a run that is {state} at {step}")
    out += [f"{id}: signed {n} times" for id in bears if (n := dict(signed).get(id, 0)) != 1]
    async with office.world.act() as ctx:
        rows = await ctx.db.fetch(f'SELECT name, count(*) FROM "{office.world.workspace.schema}".keeper GROUP BY 1')
        states = await ctx.db.fetch(
            f'SELECT state, count(*) FROM "{office.world.workspace.schema}"._flow_run WHERE parent IS NOT NULL GROUP BY 1'
        )
    keepers = dict(rows)
    out += [f"{n} keepers of Bear {i}" for i in range(len(bears)) if (n := keepers.get(f"of Bear {i}", 0)) != 1]
    out += [f"{n} passes are {state}" for state, n in states if state != "done"]
    return out


async def test_workers_are_killed_and_nothing_is_lost_or_doubled(
    office: Office, kill_test: Any, tmp_path: Path
) -> None:
    assert await storm(office, tmp_path / "lines", KILLS, "whole", CUBS) == []


async def test_without_the_protection_the_same_test_fails(office: Office, kill_test: Any, tmp_path: Path) -> None:
    assert await storm(office, tmp_path / "lines", 20, "torn") != []


CALLED = 2
"""Workers that are killed while the other system has calls and has not answered."""


async def called(office: Office, place: Path, mode: str) -> dict[str, list[tuple[list[str], str]]]:
    """Of each run of a flow whose call must not be made twice, and of one whose call may: the keys with which the other system was
    called, and how the run ended."""
    flows_of: dict[str, str] = {}
    async with receiver() as other:
        for path, repeatable in (("once", False), ("again", True)):
            url = f"{other.url}/{path}/{{name}}"
            step = {"id": "s1", "kind": "http", "url": url, "values": {}, "repeatable": repeatable}
            started = {"kind": "created", "filter": {"field": "name", "op": "starts_with", "value": "Ring"}}
            flows_of[path] = await office.flow({"object": "zoo", "trigger": started, "steps": [step]}, path)
        killer = await asyncio.create_subprocess_exec(
            *(sys.executable, str(KILLER), office.world.db.url, str(place), str(CALLED), "7", mode),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert killer.stdin is not None
        assert killer.stdout is not None
        try:
            async with asyncio.timeout(120):
                other.gate = asyncio.Event()
                for n in range(CALLED):
                    await office.make("zoo", {"name": f"Ring{n}"})
                    while not {f"/{path}/Ring{n}" for path in flows_of} <= {one.path for one in other.got}:
                        other.waiting.clear()
                        await other.waiting.wait()
                    killer.stdin.write(b"now\n")
                other.gate.set()
                other.gate = None
                assert await killer.stdout.readline() == b"killed\n"
                while await unfinished(office, 2 * CALLED):
                    await asyncio.sleep(0.1)
        finally:
            killer.stdin.close()
            await killer.wait()
    out: dict[str, list[tuple[list[str], str]]] = {}
    for path, flow in flows_of.items():
        keys = [
            [one.headers["idempotency-key"] for one in other.got if one.path == f"/{path}/Ring{n}"]
            for n in range(CALLED)
        ]
        out[path] = [(mine, run["state"]) for mine, run in zip(keys, await office.runs(flow), strict=True)]
    return out


async def test_a_call_that_a_worker_died_over_is_unknown_and_not_made_again(
    office: Office, kill_test: Any, tmp_path: Path
) -> None:
    found = await called(office, tmp_path / "lines", "told")
    assert [(len(keys), state) for keys, state in found["once"]] == [(1, "unknown")] * CALLED
    assert [(len(set(keys)), state) for keys, state in found["again"]] == [(1, "done")] * CALLED
    assert all(len(keys) > 1 for keys, _ in found["again"])


async def test_without_the_protection_the_other_system_is_called_twice(
    office: Office, kill_test: Any, tmp_path: Path
) -> None:
    found = await called(office, tmp_path / "lines", "again")
    assert all(len(keys) > 1 for keys, _ in found["once"])
