"""How runs begin: something fires a trigger, another system calls, something outside wakes what waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guanxi import records
from guanxi.base import Conflict, Problem, new_id
from guanxi.base.json import dumps
from guanxi.flows import definition as definitions
from guanxi.flows.definition import Program
from guanxi.flows.kinds import triggers
from guanxi.flows.running import LONGEST, explained
from guanxi.pg import Connection, quote
from guanxi.pg.jobs import defer
from guanxi.records import Actor, Context, Workspace, catalog_of
from guanxi.schema.catalog import Catalog
from guanxi.schema.filter import parse

AGAIN = 5
"""Times that a flow may occur in a chain of runs in which one leads to the next."""


@dataclass(slots=True)
class Active:
    """A flow that is switched on, and what of it decides whether it begins."""

    id: str
    name: str
    label: Mapping[str, str]
    version: int
    kind: str
    object: str | None
    runs_as: str
    clock: datetime
    program: Program

    @property
    def trigger(self) -> Mapping[str, Any]:
        """Its trigger with the parameters."""
        return self.program.trigger


@dataclass(slots=True)
class Start:
    """A run to begin. ``key``: what of there is one run at most; ``chain`` what led to it, as ``[[flow, record], ...]``; ``by``
    the user who set it off, where it was one."""

    key: str | None
    object: str | None = None
    record: str | None = None
    input: Mapping[str, Any] | None = None
    chain: Sequence[Any] = field(default_factory=list[Any])
    by: str | None = None


async def active(
    db: Connection,
    workspace: Workspace,
    catalog: Catalog,
    kinds: Sequence[str],
    object_name: str | None = None,
    id: str | None = None,
) -> list[Active]:
    """Flows that are switched on, of these kinds of triggers."""
    schema = quote(workspace.schema)
    rows = await db.fetch(
        f"SELECT f.id, f.name, f.label, f.version, f.kind, f.object, f.runs_as, f.clock, v.definition FROM {schema}._flow AS f"
        f" JOIN {schema}._flow_version AS v ON v.flow = f.id AND v.version = f.version WHERE f.active AND f.deleted_at IS NULL"
        " AND f.kind = ANY(%(kinds)s::text[]) AND (%(object)s::text IS NULL OR f.object = %(object)s::text)"
        " AND (%(id)s::uuid IS NULL OR f.id = %(id)s::uuid) ORDER BY f.created_at, f.id",
        {"kinds": list(kinds), "object": object_name, "id": id},
    )
    out: list[Active] = []
    for flow, name, label, version, kind, object, runs_as, clock, what in rows:
        if not definitions.shape(what):
            program = definitions.read(what, catalog)
            out.append(Active(flow, name, label, version, kind, object, runs_as, clock, program))
    return out


async def begin(db: Connection, workspace: Workspace, flow: Active, starts: Sequence[Start]) -> int:
    """Begin runs, as many as the flow may in an hour and the others later; how many. In the caller's transaction, to which
    belongs that a worker hears of it. A flow that comes round to where it was is stopped, and that is shown."""
    if not starts:
        return 0
    schema = quote(workspace.schema)
    most = flow.program.limits.get("runs_per_hour")
    used = 0
    if most is not None:
        used = await db.value(
            f"SELECT count(*) FROM {schema}._flow_run WHERE flow = %(id)s::uuid AND parent IS NULL"
            " AND started_at > now() - interval '1 hour'",
            {"id": flow.id},
        )
    rows: list[dict[str, Any]] = []
    for start in starts:
        looped = _looped(flow.id, start)
        if looped is None:
            continue
        late = 0 if most is None or most == 0 else (used + len(rows)) // most
        rows.append(
            {
                "id": new_id(),
                "key": start.key,
                "object": start.object,
                "record": start.record,
                "chain": list(start.chain),
                "by": start.by,
                "input": start.input,
                "state": "stopped" if looped or most == 0 else "ready",
                "error": explained(Conflict("flow_loop" if looped else "flow_limit")) if looped or most == 0 else None,
                "late": late,
            }
        )
    begun = await db.execute(
        f"INSERT INTO {schema}._flow_run (id, flow, version, key, root, object, record, host_object, host_record, change_set, runs_as, started_by, chain,"
        " input, state, step, error, due_at, started_at, ended_at) SELECT r.id, %(flow)s::uuid, %(version)s, r.key, r.id, r.object, r.record, r.object,"
        " r.record, r.id, %(as)s::uuid, r.by, r.chain, r.input, r.state, %(first)s, r.error,"
        " CASE WHEN r.state = 'ready' THEN now() + make_interval(hours => r.late) END,"
        # What is put off begins then, and takes a place in that hour: what comes meanwhile waits behind it.
        " now() + CASE WHEN r.state = 'ready' THEN make_interval(hours => r.late) ELSE interval '0' END, CASE WHEN r.state = 'stopped' THEN now() END"
        " FROM json_to_recordset(%(rows)s::json) AS r(id uuid, key text, object text, record uuid, by uuid, chain jsonb, input jsonb, state text,"
        " error jsonb, late int) ON CONFLICT (flow, key) DO NOTHING",
        {
            "flow": flow.id,
            "version": flow.version,
            "as": flow.runs_as,
            "first": flow.program.first,
            "rows": dumps(rows).decode(),
        },
    )
    if begun:
        await call(db, workspace)
    return begun


async def refuse(db: Connection, workspace: Workspace, flow: Active, start: Start, problem: Problem) -> None:
    """The flow cannot say whether it begins: that is shown as a run that failed, of which retrying is no use before the flow is
    mended."""
    await db.execute(
        f"INSERT INTO {quote(workspace.schema)}._flow_run (id, flow, version, key, root, object, record, host_object, host_record, change_set,"
        " runs_as, state, step, error, due_at, ended_at) VALUES (%(id)s::uuid, %(flow)s::uuid, %(version)s, %(key)s, %(id)s::uuid, %(object)s,"
        " %(record)s::uuid, %(object)s, %(record)s::uuid, %(id)s::uuid, %(as)s::uuid, 'failed', %(first)s, %(error)s::jsonb, NULL, now())"
        " ON CONFLICT (flow, key) DO NOTHING",
        {
            "id": new_id(),
            "flow": flow.id,
            "version": flow.version,
            "key": start.key,
            "object": start.object,
            "record": start.record,
            "as": flow.runs_as,
            "first": flow.program.first,
            "error": dumps(explained(problem)).decode(),
        },
    )


def _looped(flow: str, start: Start) -> bool | None:
    """Whether a flow has come round to where it was; None: it hears of what it did itself, and that is no beginning."""
    chain = [tuple(link) for link in start.chain]
    if chain and chain[-1] == (flow, start.record):
        return None
    return (flow, start.record) in chain or sum(f == flow for f, _ in chain) >= AGAIN or len(chain) >= LONGEST


async def call(db: Connection, workspace: Workspace) -> None:
    """Have a worker carry on what is ready."""
    await defer(db, "flows.advance", {"workspace": workspace.id})


async def fire(
    db: Connection,
    workspace: Workspace,
    kind: str,
    starts: Sequence[Start],
    *,
    object_name: str | None = None,
    where: Mapping[str, Any] | None = None,
) -> int:
    """Something happened that flows with the trigger ``kind`` begin by: those whose trigger has the values of ``where``, for
    each record that their filter takes. In the caller's transaction; how many runs began."""
    catalog = await catalog_of(db, workspace)
    total = 0
    for flow in await active(db, workspace, catalog, [kind], object_name):
        defaults = {p.name: p.default for p in triggers[kind].parameters}
        if any((flow.trigger.get(n) or defaults.get(n)) != v for n, v in (where or {}).items()):
            continue
        try:
            total += await begin(db, workspace, flow, await taken(db, workspace, catalog, flow, starts))
        except Problem as problem:
            await refuse(db, workspace, flow, starts[0], problem)
    return total


async def taken(
    db: Connection, workspace: Workspace, catalog: Catalog, flow: Active, starts: Sequence[Start]
) -> list[Start]:
    """Those starts whose record the flow's user may see and its filter takes, as it is now. Raises Conflict where that user is not
    active any more."""
    wanted = flow.trigger.get("filter")
    if flow.object is None:
        return list(starts)
    actor = await records.load_actor(db, workspace, flow.runs_as)
    if actor is None:
        raise Conflict("flow_actor_gone")
    ctx = Context(db, workspace, catalog, actor, f"flow:{flow.name}", "")
    ids = [s.record for s in starts if s.record]
    found = await records.ask(ctx, flow.object, ids, (), (), (parse(wanted),))
    return [s for s in starts if s.record in found and found[s.record].holds[0]]


async def wake(ctx: Context, run: str, token: str, payload: Mapping[str, Any] | None = None) -> bool:
    """Let a waiting step go on, in the caller's transaction; False when the run does not wait for this (any more)."""
    woken = await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._flow_run SET state = 'ready', due_at = now(), token = NULL,"
        " waits = coalesce(waits, '{}') || jsonb_build_object('woken', %(payload)s::jsonb)"
        " WHERE id = %(id)s::uuid AND state = 'waiting' AND token = %(token)s",
        {"id": run, "token": token, "payload": dumps(dict(payload or {})).decode()},
    )
    if woken:
        await call(ctx.db, ctx.workspace)
    return bool(woken)


async def called(
    db: Connection,
    workspace: Workspace,
    secret: str,
    given: Any,
    key: str | None,
    admit: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> bool:
    """Another system called a flow's address; a call with a ``key`` that came before begins nothing. False: no such address.

    ``admit`` is shown the trigger and raises what refuses the caller."""
    catalog = await catalog_of(db, workspace)
    id = await db.value(
        f"SELECT id FROM {quote(workspace.schema)}._flow WHERE secret = %(secret)s AND active", {"secret": secret}
    )
    found = await active(db, workspace, catalog, ["webhook"], id=id) if id else []
    for flow in found:
        await admit(flow.trigger)
        await begin(db, workspace, flow, [Start(key or new_id(), input=given)])
    return bool(found)


async def actor_of(db: Connection, workspace: Workspace, flow: Active) -> Actor | None:
    """Who the flow acts as."""
    return await records.load_actor(db, workspace, flow.runs_as)
