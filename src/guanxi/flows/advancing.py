"""Workers at runs: portions of what is ready, each in one transaction, and between them what acts outside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from guanxi.base import Conflict, Problem, Unavailable, log
from guanxi.flows.kinds import Fail, Next, Run, StepContext, Unknown
from guanxi.flows.running import COLUMNS, Carrier, Moving, Outside, take
from guanxi.pg import Database, Retry, quote
from guanxi.records import Context, Workspace

_log = log.get(__name__)


async def advance(database: Database, workspace: Workspace) -> int:
    """Carry on everything that is ready; how many runs were moved."""
    total, failures = 0, 0
    alone: list[str] = []
    while True:
        try:
            moved, outside = await portion(database, workspace, only=alone[:1])
        except Unavailable:
            raise
        except Retry:
            failures += 1
            if failures > 5:
                return total
            await asyncio.sleep(0.02 * 2**failures)
            continue
        except _Broken as broken:
            # One of them brings down the others: each has a transaction of its own, and the one that fails is told so.
            if len(broken.ids) == 1:
                await _give_up(database, workspace, broken.ids[0])
                alone = alone[1:]
            else:
                alone = broken.ids
            continue
        failures = 0
        if outside:
            await asyncio.gather(*(_act(database, workspace, one) for one in outside))
        total += moved
        if alone:
            alone = alone[1:]
        elif not moved:
            return total


class _Broken(Exception):
    """A portion failed for a reason that nobody expected."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__(f"{len(ids)} runs")
        self.ids = ids


async def portion(database: Database, workspace: Workspace, only: Sequence[str] = ()) -> tuple[int, list[Outside]]:
    """One transaction: some runs of one flow, as far as they come. How many, and the steps outside that wait at their end."""
    taken: list[str] = []
    try:
        async with database.transaction(workspace.role, timeout=0) as db:
            runs = await take(db, workspace, only)
            if not runs:
                return 0, []
            taken = [r.id for r in runs]
            carrier = await Carrier.open(db, workspace, runs)
            outside = await carrier.carry(runs)
            await carrier.save()
            return len(runs), outside
    except (Unavailable, Retry):
        raise
    except Exception as error:
        _log.error("runs of a flow failed", error, runs=len(taken))
        if not taken:
            raise
        raise _Broken(taken) from error


async def _give_up(database: Database, workspace: Workspace, id: str) -> None:
    """A run at which the program itself fails is failed, with a retry by hand."""
    async with database.transaction(workspace.role) as db:
        runs = await take(db, workspace, [id])
        if runs:
            carrier = await Carrier.open(db, workspace, runs)
            for run in runs:
                carrier.apply(run, carrier.step_of(run), Fail(Problem()), None)
            await carrier.save()


async def _act(database: Database, workspace: Workspace, one: Outside) -> None:
    """Carry out a step outside and note how it ended, unless somebody else took it for dead meanwhile."""
    kind, run = one.step.kind, one.run
    if time.monotonic() > one.until:
        return
    assert kind.run is not None  # noqa: S101 - a step outside is carried out one by one

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Context]:
        async with database.transaction(workspace.role) as db:
            carrier = await Carrier.open(db, workspace, [run])
            yield carrier.context(run)

    about = Run(run.id, run.root, run.flow, one.live.name, one.live.label, run.version, run.object, run.record, run.change_set, run.started_at)  # fmt: skip
    handed = StepContext(one.step.id, kind.name, one.input, one.key, about, None, opened)
    answer: Next
    try:
        async with asyncio.timeout(kind.seconds):
            answer = await kind.run(handed)
    except Problem as problem:
        answer = Fail(problem)
    except Exception as error:  # noqa: BLE001 - nobody knows how far it came
        _log.error("a step of a flow broke off", error, kind=kind.name)
        answer = Unknown(Conflict("flow_unknown"))
    await settle(database, workspace, run.id, one.attempt, answer)


async def settle(database: Database, workspace: Workspace, id: str, attempt: int, answer: Next) -> bool:
    """Note how an attempt outside ended; False when it is not the current one any more."""
    async with database.transaction(workspace.role) as db:
        row = await db.row(
            f"SELECT {COLUMNS} FROM {quote(workspace.schema)}._flow_run WHERE id = %(id)s::uuid AND attempt = %(attempt)s"
            " AND state = 'running' FOR UPDATE",
            {"id": id, "attempt": attempt},
        )
        if row is None:
            return False
        run = Moving(*row)
        carrier = await Carrier.open(db, workspace, [run])
        carrier.apply(run, carrier.step_of(run), answer, None)
        await carrier.save()
    return True


async def lost(database: Database, workspace: Workspace) -> int:
    """Steps outside whose worker died: how they ended is asked for where that can be known, and unknown where not."""
    schema = quote(workspace.schema)
    async with database.connection(workspace.role) as db:
        rows = await db.fetch(
            f"SELECT id, attempt FROM {schema}._flow_run WHERE state = 'running' AND due_at < now() LIMIT 500"
        )
    for id, attempt in rows:
        answer: Next | None = Unknown(Conflict("flow_unknown"))
        async with database.transaction(workspace.role) as db:
            row = await db.row(f"SELECT {COLUMNS} FROM {schema}._flow_run WHERE id = %(id)s::uuid", {"id": id})
            if row is None:
                continue
            run = Moving(*row)
            carrier = await Carrier.open(db, workspace, [run])
            step = carrier.step_of(run)
            if step is not None and step.kind.certain is not None and carrier.actor is not None:
                key = f"{run.id}:{step.id}:{(run.waits or {}).get('seq', run.steps)}"
                answer = await step.kind.certain(key, carrier.context(run), step.given)
        if answer is not None:
            await settle(database, workspace, id, attempt, answer)
            continue
        async with database.transaction(workspace.role) as db:  # it never took place: once more
            await db.execute(
                f"UPDATE {schema}._flow_run SET state = 'ready', due_at = now() WHERE id = %(id)s::uuid AND attempt = %(attempt)s"
                " AND state = 'running'",
                {"id": id, "attempt": attempt},
            )
    return len(rows)
