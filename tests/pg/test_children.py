"""Processes that wait, loaded, for the next task."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import Process

from guanxi.pg.children import Spare

ECHO = (sys.executable, "-c", "import sys; print(sys.stdin.readline().strip(), flush=True)")


async def loaded(spare: Spare) -> Process:
    """The process that waits, as soon as there is one."""
    async with asyncio.timeout(30):
        while spare._child is None:
            await asyncio.sleep(0.01)
    return spare._child


async def answer(spare: Spare, text: str) -> tuple[int, str]:
    """Which process took the order, and what it said."""
    child = await spare.take(ECHO)
    said, _ = await child.communicate(text.encode() + b"\n")
    return child.pid, said.decode().strip()


async def test_the_next_task_takes_the_process_that_waits() -> None:
    spare = Spare("postgresql://nowhere")
    first, said = await answer(spare, "one")
    assert said == "one"
    spare.prepare(ECHO)
    waiting = (await loaded(spare)).pid
    assert waiting != first
    assert await answer(spare, "two") == (waiting, "two")
    # Each process does one task: the next is another, whether it was loaded before or not.
    spare.prepare(ECHO)
    third = (await loaded(spare)).pid
    assert third not in (first, waiting)
    await spare.close()


async def test_nobody_waits_for_ever_and_nobody_is_left_behind() -> None:
    spare = Spare("postgresql://nowhere", idle=0.05)
    spare.prepare(ECHO)
    left = await loaded(spare)
    await left.wait()  # it was asked to end
    await spare.close()
    patient = Spare("postgresql://nowhere")
    patient.prepare(ECHO)
    kept = await loaded(patient)
    await patient.close()
    assert kept.returncode is not None


async def test_a_process_that_died_waiting_is_replaced() -> None:
    spare = Spare("postgresql://nowhere")
    spare.prepare(ECHO)
    child = await loaded(spare)
    child.kill()
    await child.wait()
    assert (await answer(spare, "still"))[1] == "still"
    await spare.close()
