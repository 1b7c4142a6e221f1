"""Trying a flow on the past before it is switched on: how often it would have begun, and what it would have done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from guanxi import records
from guanxi.base import Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.flows.clocks import coming, moments
from guanxi.flows.hearing import KINDS, matched, past
from guanxi.flows.kinds import steps as kinds
from guanxi.flows.replaying import Replay, Then, own
from guanxi.flows.shaping import get, may_shape, schema
from guanxi.flows.starting import Active, Start
from guanxi.flows.tending import run as shown_run
from guanxi.flows.trying import TakeBack, drafted
from guanxi.pg import quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.records import Context, Entry, catalog_of

MOST_ENTRIES = 50_000
"""Entries of the journal that are looked at, the newest."""
TRIED = 1_000
"""Runs that are tried of those that would have begun."""
SAMPLE = 20
LARGE = 1_000
"""Entries from which on the past is tried by a worker, and not in the request."""
PORTION = 200


async def backtest(ctx: Context, id: str, days: int = 90) -> dict[str, Any]:
    """What the flow as it is edited would have done in the last days: ``{"fired", "records", "tried", "records_created",
    "records_changed", "failed", "waiting", "mails", "messages", "calls", "today", "partial", "sample": [{"record", "state",
    "error"}]}``; of a past that is :data:`LARGE`, ``{"trial": id}``, which a worker sees to (:func:`progress`).

    What would have begun it, and what it would have done, is judged on each record as it was then, the latter on at most
    :data:`TRIED` of them. A run waits until what it waits for came, as the journal tells, or its time was up, and goes on with the
    record as it was at that moment; ``waiting`` counts those that would wait to this day. Approvals count as given. ``today``
    counts records that could not be put back and were tried as they are now. What lies around a record, such as its account, is
    as it is now.
    """
    flow = await drafted(ctx, id)
    if flow.kind not in (*KINDS, "date", "schedule"):
        raise Invalid.one("trigger", "flow_no_past")
    entries = await past(ctx.db, ctx.workspace, flow.object, days, LARGE) if flow.object else []
    if len(entries) < LARGE:
        return await _tried(ctx, flow, days)
    trial = new_id()
    await ctx.db.execute(
        f"INSERT INTO {schema(ctx)}._flow_trial (id, flow, days, actor) VALUES (%(id)s::uuid, %(flow)s::uuid, %(days)s, %(me)s::uuid)",
        {"id": trial, "flow": flow.id, "days": days, "me": ctx.actor.id},
    )
    await defer(ctx.db, "flows.backtest", {"workspace": ctx.workspace.id, "trial": trial})
    return {"trial": trial}


async def progress(ctx: Context, trial: str, *, cancel: bool = False) -> dict[str, Any]:
    """How far a back-test is: ``{"state": running|done|failed|cancelled, "done", "total", "result"}``. NotFound."""
    may_shape(ctx)
    about, s = {"id": trial if is_id(trial) else None}, schema(ctx)
    if cancel:
        sql = f"UPDATE {s}._flow_trial SET state = 'cancelled' WHERE id = %(id)s::uuid AND state = 'running'"
        await ctx.db.execute(sql, about)
    row = await ctx.db.row(f"SELECT state, done, total, result FROM {s}._flow_trial WHERE id = %(id)s::uuid", about)
    if row is None:
        raise NotFound
    return dict(zip(("state", "done", "total", "result"), row, strict=True))


@task("flows.backtest", retries=0)
async def run_trial(job: Job) -> None:
    """A back-test of a large past, in portions; each begins with a look whether it is still wanted."""
    async with job.db.connection() as db:
        workspace = await records.load_workspace(db, job.args["workspace"])
    if workspace is None:
        return
    about = {"id": job.args["trial"]}
    s = quote(workspace.schema)

    async def noted(done: int, total: int) -> bool:
        async with job.db.transaction(workspace.role) as other:
            sql = f"UPDATE {s}._flow_trial SET done = %(done)s, total = %(total)s WHERE id = %(id)s::uuid AND state = 'running'"
            return bool(await other.execute(sql, {**about, "done": done, "total": total}))

    found, state = None, "failed"
    try:
        async with job.db.transaction(workspace.role, timeout=0) as db:
            row = await db.row(f"SELECT flow, days, actor FROM {s}._flow_trial WHERE id = %(id)s::uuid", about)
            actor = await records.load_actor(db, workspace, row[2]) if row else None
            if row is not None and actor is not None:
                ctx = Context(db, workspace, await catalog_of(db, workspace), actor, "flows", new_id())
                found = await _tried(ctx, await drafted(ctx, row[0]), row[1], noted)
                state = "done"
    except _Unwanted:
        return
    finally:
        async with job.db.transaction(workspace.role) as db:
            await db.execute(
                f"UPDATE {s}._flow_trial SET state = %(state)s, result = %(result)s::jsonb WHERE id = %(id)s::uuid AND state = 'running'",
                {**about, "state": state, "result": dumps(found).decode()},
            )


class _Unwanted(Exception):
    """A back-test was cancelled."""


async def _tried(
    ctx: Context, flow: Active, days: int, noted: Callable[[int, int], Awaitable[bool]] | None = None
) -> dict[str, Any]:
    """Carry out a back-test, a portion at a time; ``noted(done, total)`` answers whether to go on."""
    if flow.kind in KINDS:
        entries = await past(ctx.db, ctx.workspace, flow.object or "", days, MOST_ENTRIES)
        hits: list[Entry] = []
        for at in range(0, len(entries), PORTION * 5):
            portion = entries[at : at + PORTION * 5]
            hits += await matched(ctx.db, ctx.workspace, ctx.catalog, flow, portion, later=True)
            if noted and not await noted(0, 0):
                raise _Unwanted
        begun = [Then(Start(None, e.object, e.record), e.at, e.seq) for e in hits if not own(flow, e.cause)]
        partial = len(entries) == MOST_ENTRIES
    else:
        passed = moments(flow.trigger, ctx.now - timedelta(days=days), ctx.now, ctx.workspace.timezone)
        begun, partial = list[Then](), False
        for moment in passed:
            begun += [Then(s, moment) for s in await coming(ctx.then(moment), flow, moment)]
            if noted and not await noted(0, 0):
                raise _Unwanted
    tried = begun[-TRIED:]
    out: dict[str, Any] = {
        "fired": len(begun),
        "records": len({t.start.record for t in begun if t.start.record}),
        "tried": len(tried),
        "partial": partial or len(tried) < len(begun),
    }
    what = (await get(ctx, flow.id))["definition"]
    touched: dict[str, bool] = {}
    done = 0
    for some in _portions(tried, PORTION if noted else TRIED) or [[]]:
        figures: dict[str, Any] = {}
        with suppress(TakeBack):
            async with ctx.db.savepoint():
                replay = await Replay.begin(ctx, flow, what, some)
                await replay.play()
                touched |= await _touched(ctx, replay.runs)
                figures = {**await _figures(ctx, replay.runs), "today": len(replay.missed)}
                raise TakeBack
        out = {**out, **{n: (out[n] + v if n in out else v) for n, v in figures.items()}}
        done += len(some)
        if noted and not await noted(done, len(tried)):
            raise _Unwanted
    made = sum(touched.values())
    return {
        **out,
        "records_created": made,
        "records_changed": len(touched) - made,
        "sample": out["sample"][:SAMPLE],
    }


def _portions(tried: Sequence[Then], size: int) -> list[list[Then]]:
    """Runs that can be tried side by side: no record is in one portion at two moments."""
    rounds: list[list[Then]] = []
    seen: dict[str | None, int] = {}
    for one in tried:
        n = seen[one.start.record] = seen.get(one.start.record, -1) + 1 if one.start.record else 0
        if n == len(rounds):
            rounds.append([])
        rounds[n].append(one)
    return [some[at : at + size] for some in rounds for at in range(0, len(some), size)]


async def _touched(ctx: Context, ids: Sequence[str]) -> dict[str, bool]:
    """By record that runs touched, whether they made it. One that several portions change is still one."""
    rows = await ctx.db.fetch(
        f"SELECT record, bool_or(kind = 'create') FROM {schema(ctx)}._journal WHERE change_set = ANY(%(ids)s::uuid[]) GROUP BY record",
        {"ids": list(ids)},
    )
    return dict(rows)


async def _figures(ctx: Context, ids: Sequence[str]) -> dict[str, Any]:
    args = {"ids": list(ids)}
    failed, waiting = await ctx.db.row(
        "SELECT count(*) FILTER (WHERE state NOT IN ('done', 'waiting')), count(*) FILTER (WHERE state = 'waiting')"
        f" FROM {schema(ctx)}._flow_run WHERE id = ANY(%(ids)s::uuid[])",
        args,
    ) or (0, 0)
    rows = await ctx.db.fetch(
        f"SELECT s.kind, count(*) FROM {schema(ctx)}._flow_step AS s JOIN {schema(ctx)}._flow_run AS r ON r.id = s.run"
        " WHERE r.root = ANY(%(ids)s::uuid[]) AND s.state = 'done' GROUP BY 1",
        args,
    )
    counts = {"mails": 0, "messages": 0, "calls": 0}
    for kind, n in rows:
        if kind in kinds and kinds[kind].counts:
            counts[kinds[kind].counts] = counts.get(kinds[kind].counts, 0) + n
    sample = await ctx.db.fetch(
        f"SELECT id FROM {schema(ctx)}._flow_run WHERE id = ANY(%(ids)s::uuid[]) ORDER BY state = 'done', id DESC LIMIT {SAMPLE}",
        args,
    )
    shown = [await shown_run(ctx, r[0]) for r in sample]
    return {
        "failed": failed,
        "waiting": waiting,
        **counts,
        "sample": [{"record": s["record"], "state": s["state"], "error": s["error"]} for s in shown],
    }
