"""Trying a flow before it is switched on: on one record, and on the past. Everything is done, and taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi import records
from guanxi.base import Invalid, NotFound, Problem, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.flows import definition as definitions
from guanxi.flows.clocks import coming, moments
from guanxi.flows.hearing import KINDS, matched, past
from guanxi.flows.kinds import steps as kinds
from guanxi.flows.pressing import checked_input
from guanxi.flows.running import Carrier, take
from guanxi.flows.shaping import faults, get, may_shape, schema
from guanxi.flows.starting import Active, Start
from guanxi.flows.tending import run as shown_run
from guanxi.pg import quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.records import Context, Entry, Operation, Restore, Update, catalog_of
from guanxi.records.journal import titles_of
from guanxi.schema.types.former import fitting

MOST_ENTRIES = 50_000
"""Entries of the journal that are looked at, the newest."""
TRIED = 1_000
"""Runs that are tried of those that would have begun."""
SAMPLE = 20
LARGE = 3_000
"""Entries from which on the past is tried by a worker, and not in the request."""
PORTION = 200


class _TakeBack(Exception):
    """Undoes what was only tried."""


async def _drafted(ctx: Context, id: str) -> Active:
    """The flow as it is edited, acting as whoever tries it. Raises Invalid for what is wrong with it."""
    found = await get(ctx, id)
    what = found["definition"]
    wrong = await faults(ctx, what)
    if wrong:
        raise Invalid("flow_faulty", [f.error for f in wrong], count=len(wrong))
    program = definitions.read(what, ctx.catalog)
    kind = str(program.trigger["kind"])
    begun = datetime.fromtimestamp(0, UTC)
    return Active(found["id"], found["name"], found["label"], 0, kind, program.object, ctx.actor.id, begun, program)


async def _carried(ctx: Context, flow: Active, what: Any, starts: Sequence[Start]) -> list[str]:
    """Carry out runs in the caller's transaction, which must be taken back; their ids."""
    await ctx.db.execute(
        f"INSERT INTO {schema(ctx)}._flow_version (flow, version, definition) VALUES (%(flow)s::uuid, 0, %(what)s::jsonb)",
        {"flow": flow.id, "what": dumps(what).decode()},
    )
    rows = [{"id": new_id(), "object": s.object, "record": s.record, "input": s.input} for s in starts]
    await ctx.db.execute(
        f"INSERT INTO {schema(ctx)}._flow_run (id, flow, version, root, object, record, host_object, host_record, change_set, runs_as, input, step)"
        " SELECT r.id, %(flow)s::uuid, 0, r.id, r.object, r.record, r.object, r.record, r.id, %(as)s::uuid, r.input, %(first)s"
        " FROM json_to_recordset(%(rows)s::json) AS r(id uuid, object text, record uuid, input jsonb)",
        {"flow": flow.id, "as": flow.runs_as, "first": flow.program.first, "rows": dumps(rows).decode()},
    )
    ids = [r["id"] for r in rows]
    while moving := await take(ctx.db, ctx.workspace, within=ids):
        carrier = await Carrier.open(ctx.db, ctx.workspace, moving, dry=True)
        await carrier.carry(moving)
        await carrier.save()
    return ids


async def trial(ctx: Context, id: str, record: str | None, given: Any = None) -> dict[str, Any]:
    """What the flow as it is edited would do with a record: ``{"state", "steps": [{"id", "kind", "state", "would", "output",
    "error", "iteration"}], "changes": [{"object", "id", "title", "kind", "fields"}]}``. Nothing is kept and nobody waits."""
    flow = await _drafted(ctx, id)
    if flow.object is not None:
        await _there(ctx, flow, record)
    begun = Start(
        None,
        flow.object,
        record if flow.object else None,
        checked_input(flow, given) if flow.kind in ("form", "button") else given,
    )
    out: dict[str, Any] = {}
    with suppress(_TakeBack):
        async with ctx.db.savepoint():
            [tried] = await _carried(ctx, flow, (await get(ctx, id))["definition"], [begun])
            found = await shown_run(ctx, tried)
            out = {
                "state": found["state"],
                "error": found["error"],
                "steps": [
                    {
                        "id": line["step"],
                        "kind": line["kind"],
                        "iteration": line["iteration"],
                        "state": line["state"],
                        "would": line["input"] or {},
                        "output": line["output"],
                        "error": line["error"],
                    }
                    for line in found["steps"]
                ],
                "changes": await _changes(ctx, tried),
            }
            raise _TakeBack
    return out


async def _there(ctx: Context, flow: Active, record: str | None) -> None:
    if not is_id(record):
        raise Invalid.one("record", "required" if not record else "not_an_id", value=str(record)[:60])
    found = await records.ask(ctx, flow.object or "", [str(record)], deleted=flow.kind == "removed")
    if not found:
        raise NotFound


async def _changes(ctx: Context, run: str) -> list[dict[str, Any]]:
    rows = await ctx.db.fetch(
        f"SELECT object, record, kind, before, after FROM {schema(ctx)}._journal WHERE change_set = %(id)s::uuid ORDER BY seq LIMIT 200",
        {"id": run},
    )
    titles = {name: await titles_of(ctx, name, [r[1] for r in rows if r[0] == name]) for name in {r[0] for r in rows}}
    return [
        {
            "object": object,
            "id": id,
            "title": titles[object].get(id),
            "kind": kind,
            "fields": {n: [(before or {}).get(n), v] for n, v in (after or {}).items()},
        }
        for object, id, kind, before, after in rows
    ]


async def backtest(ctx: Context, id: str, days: int = 90) -> dict[str, Any]:
    """What the flow as it is edited would have done in the last days: ``{"fired", "records", "tried", "records_created",
    "records_changed", "failed", "mails", "messages", "calls", "today", "partial", "sample": [{"record", "state", "error"}]}``; of a past
    that is :data:`LARGE`, ``{"trial": id}``, which a worker sees to (:func:`progress`).

    What would have begun it, and what it would have done, is judged on each record as it was then, the latter on at most
    :data:`TRIED` of them; ``today`` counts those that could not be put back and were tried as they are now. What lies around a
    record, such as its account, is as it is now.
    """
    flow = await _drafted(ctx, id)
    if flow.kind not in (*KINDS, "date", "schedule"):
        raise Invalid.one("trigger", "flow_no_past")
    entries = await past(ctx.db, ctx.workspace, flow.object or "", days, LARGE) if flow.kind in KINDS else []
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
                found = await _tried(ctx, await _drafted(ctx, row[0]), row[1], noted)
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
            hits += await matched(ctx.db, ctx.workspace, ctx.catalog, flow, entries[at : at + PORTION * 5])
            if noted and not await noted(0, 0):
                raise _Unwanted
        begun = [Then(Start(None, e.object, e.record), e.at, e.seq) for e in hits if not _own(flow, e.cause)]
        partial = len(entries) == MOST_ENTRIES
    else:
        passed = moments(flow.trigger, ctx.now - timedelta(days=days), ctx.now, ctx.workspace.timezone)
        begun, partial = [Then(s, moment) for moment in passed for s in await coming(ctx, flow, moment)], False
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
        with suppress(_TakeBack):
            async with ctx.db.savepoint():
                today = await _put_back(ctx, some)
                ids = await _carried(ctx, flow, what, [t.start for t in some])
                touched |= await _touched(ctx, ids)
                figures = {**await _figures(ctx, ids), "today": today}
                raise _TakeBack
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


@dataclass(frozen=True, slots=True)
class Then:
    """A run that would have begun, at which moment, and by which entry of the journal where there is one."""

    start: Start
    at: datetime
    seq: int | None = None


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


async def _put_back(ctx: Context, some: Sequence[Then]) -> int:
    """Give records the values that they had then, within what is taken back anyway; how many could not get them."""
    wanted = [{"record": t.start.record, "seq": t.seq, "at": t.at.isoformat()} for t in some if t.start.record]
    rows = await ctx.db.fetch(
        f"SELECT j.object, j.record, (guanxi.merged(j.before ORDER BY j.seq DESC) FILTER (WHERE j.kind = 'update'))::json,"
        f" (array_agg(j.kind ORDER BY j.seq DESC) FILTER (WHERE j.kind <> 'update'))[1] FROM {schema(ctx)}._journal AS j"
        " JOIN json_to_recordset(%(wanted)s::json) AS w(record uuid, seq bigint, at timestamptz) ON w.record = j.record"
        " AND CASE WHEN w.seq IS NULL THEN j.at > w.at ELSE j.seq > w.seq END GROUP BY 1, 2",
        {"wanted": dumps(wanted).decode()},
    )
    own = replace(ctx.as_system("as it was"), change_set=new_id(), bulk="")
    missed: set[str] = set()
    for name in {r[0] for r in rows}:
        entity = ctx.catalog.entities.get(name)
        operations: list[Operation] = []
        for _, id, raw, last in (r for r in rows if r[0] == name):
            before: dict[str, Any] = (loads(raw, exact=True) if isinstance(raw, bytes | str) else raw) or {}
            known = entity.fields if entity else {}
            values = {n: fitting(known[n], v, ctx.env) for n, v in before.items() if n in known}
            operations += [Restore(id)] if last in ("delete", "archive") else []
            operations += [Update(id, values, trusted=True)] if values else []
        try:
            async with ctx.db.savepoint():
                outcomes = await records.write(own, name, operations, atomic=False, render=False)
        except Problem:
            missed |= {r[1] for r in rows if r[0] == name}
        else:
            missed |= {o.id for o in outcomes if o.problem is not None and o.id}
    return len(missed)


def _own(flow: Active, cause: str) -> bool:
    return cause.split(" > ", maxsplit=1)[0] == f"flow:{flow.name}"


async def _touched(ctx: Context, ids: Sequence[str]) -> dict[str, bool]:
    """By record that runs touched, whether they made it. One that several portions change is still one."""
    rows = await ctx.db.fetch(
        f"SELECT record, bool_or(kind = 'create') FROM {schema(ctx)}._journal WHERE change_set = ANY(%(ids)s::uuid[]) GROUP BY record",
        {"ids": list(ids)},
    )
    return dict(rows)


async def _figures(ctx: Context, ids: Sequence[str]) -> dict[str, Any]:
    args = {"ids": list(ids)}
    failed = await ctx.db.value(
        f"SELECT count(*) FROM {schema(ctx)}._flow_run WHERE id = ANY(%(ids)s::uuid[]) AND state NOT IN ('done', 'waiting')",
        args,
    )
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
        **counts,
        "sample": [{"record": s["record"], "state": s["state"], "error": s["error"]} for s in shown],
    }
