"""Carrying runs on: many of one flow at a time, step by step, in the transaction that also moves them on.

What a step writes and that it was written are kept together or not at all, so that a worker may die anywhere. A step that acts
outside is committed as intended first, carried out with a key of its own, and noted; where the worker died in between, how it
ended is asked for, or said to be unknown.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from guanxi import records
from guanxi.base import Conflict, Problem, log, new_id
from guanxi.base.clock import zone
from guanxi.base.json import dumps
from guanxi.base.shape import mapping
from guanxi.flows import definition as definitions
from guanxi.flows.definition import Program, Step
from guanxi.flows.kinds import Done, Fail, Next, Run, Spawn, StepContext, Stop, Unknown, Wait
from guanxi.flows.resolving import Place, clocked, resolve
from guanxi.identity import tell
from guanxi.pg import Connection, quote
from guanxi.records import Actor, Context, Workspace, catalog_of
from guanxi.schema.catalog import Catalog

PORTION = 500
"""Runs that are carried on in one transaction."""
SPENT = 4_000
"""Steps after which a transaction ends, wherever its runs are."""
AT_ONCE = 16
"""Steps outside that are carried out at the same time."""
GRACE = 30.0
"""Seconds that a step outside has beyond its own until its worker counts as dead."""
OUTPUT = 20_000
"""Characters of a step's output that are kept."""

_log = log.get(__name__)


@dataclass(slots=True)
class Live:
    """A flow as its runs need it."""

    id: str
    name: str
    label: Mapping[str, str]
    version: int
    program: Program


@dataclass(slots=True)
class Moving:
    """A run under way: its row, and what is to be written of it."""

    id: str
    flow: str
    version: int
    parent: str | None
    parent_step: str | None
    nth: int | None
    root: str
    object: str | None
    record: str | None
    host_object: str | None
    host_record: str | None
    change_set: str
    runs_as: str
    chain: list[Any]
    input: Any
    outputs: dict[str, Any]
    state: str
    step: str | None
    attempt: int
    steps: int
    waits: dict[str, Any] | None
    started_at: datetime
    due_at: datetime | None = None
    token: str | None = None
    children: int = 0
    error: Any = None
    ended: bool = False
    logs: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])


COLUMNS = (
    "id, flow, version, parent, parent_step, pass, root, object, record, host_object, host_record, change_set, runs_as, chain, input,"
    " outputs, state, step, attempt, steps, waits, started_at"
)

_programs: dict[tuple[str, str, int, int], Program] = {}


async def live(db: Connection, workspace: Workspace, catalog: Catalog, flow: str, version: int) -> Live | None:
    """A version of a flow, ready to be carried out; None when the flow is gone or a kind in it is not known here."""
    schema = quote(workspace.schema)
    row = await db.row(
        f"SELECT f.name, f.label, v.definition FROM {schema}._flow AS f JOIN {schema}._flow_version AS v ON v.flow = f.id"
        " WHERE f.id = %(flow)s::uuid AND v.version = %(version)s",
        {"flow": flow, "version": version},
    )
    if row is None:
        return None
    key = (workspace.id, flow, version, catalog.version)
    program = _programs.get(key)
    if program is None:
        if definitions.shape(row[2]):
            return None
        program = definitions.read(row[2], catalog)
        if version:
            if len(_programs) > 500:
                _programs.clear()
            _programs[key] = program
    return Live(flow, row[0], row[1], version, program)


@dataclass(slots=True)
class Outside:
    """A step whose intent is committed, to be carried out now."""

    run: Moving
    live: Live
    step: Step
    input: Mapping[str, Any]
    attempt: int
    key: str
    until: float
    """By :func:`time.monotonic`: when it must have begun, lest its worker counts as dead while it is at it."""


async def take(
    db: Connection, workspace: Workspace, only: Sequence[str] = (), within: Sequence[str] = ()
) -> list[Moving]:
    """Ready runs of one flow at one step, locked; nobody waits for those that somebody else carries on."""
    schema = quote(workspace.schema)
    args: dict[str, Any] = {"only": list(only), "within": list(within), "n": PORTION}
    ready = "state = 'ready' AND due_at <= now()"
    if only:
        ready += " AND id = ANY(%(only)s::uuid[])"
    if within:
        ready += " AND root = ANY(%(within)s::uuid[])"
    first = await db.row(
        f"SELECT flow, version, runs_as, step FROM {schema}._flow_run WHERE {ready} ORDER BY due_at, id LIMIT 1"
        " FOR UPDATE SKIP LOCKED",
        args,
    )
    if first is None:
        return []
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM {schema}._flow_run WHERE {ready} AND flow = %(flow)s::uuid AND version = %(version)s"
        " AND runs_as = %(as)s::uuid AND step IS NOT DISTINCT FROM %(step)s ORDER BY due_at, id LIMIT %(n)s FOR UPDATE SKIP LOCKED",
        {**args, "flow": first[0], "version": first[1], "as": first[2], "step": first[3]},
    )
    return [Moving(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Trying:
    """A trial: nothing of it will be kept, steps outside are only told, and nobody waits."""

    late: bool = False
    """What is waited for does not come in time; else it counts as happened."""
    clock: dict[str, datetime] | None = None
    """By run, when it is for it: of what is tried on the past. There runs do wait, until somebody looks up what came."""


class Carrier:
    """Carries runs of one flow in one transaction, in earnest or ``trying``."""

    def __init__(
        self,
        db: Connection,
        workspace: Workspace,
        catalog: Catalog,
        actor: Actor | None,
        live: Live | None,
        trying: Trying | None,
    ) -> None:
        self.db, self.workspace, self.catalog, self.actor, self.live = db, workspace, catalog, actor, live
        self.dry, self.late = trying is not None, trying is not None and trying.late
        self.clock = trying.clock if trying else None
        self.touched: dict[str, Moving] = {}
        self.spawned: list[dict[str, Any]] = []
        self.finished: list[Moving] = []
        self.written: set[str] = set()
        self.now = datetime.now(UTC)

    @classmethod
    async def open(
        cls, db: Connection, workspace: Workspace, runs: Sequence[Moving], trying: Trying | None = None
    ) -> Carrier:
        """For the flow and the user of ``runs``."""
        catalog = await catalog_of(db, workspace)
        first = runs[0]
        actor = await records.load_actor(db, workspace, first.runs_as)
        return cls(db, workspace, catalog, actor, await live(db, workspace, catalog, first.flow, first.version), trying)

    def context(self, run: Moving) -> Context:
        """What steps of a run act with."""
        assert self.actor is not None  # noqa: S101 - runs without one have failed
        assert self.live is not None  # noqa: S101 - so have these
        cause = f"flow:{self.live.name}"
        ctx = Context(self.db, self.workspace, self.catalog, self.actor, cause, run.change_set, depth=0)
        return ctx if self.clock is None else replace(ctx, now=self.when(run))

    def when(self, run: Moving) -> datetime:
        """When it is for a run: of one that another started, when it was for that one."""
        if self.clock is None:
            return self.now
        return self.clock.setdefault(run.id, self.clock[run.parent or run.root])

    def alike(self, step: Step, group: Sequence[Moving]) -> Sequence[Sequence[Moving]]:
        """A group in parts for which it is the same time, as far as the step can tell: the same day, or moment where it asks."""
        if self.clock is None:
            return [group]
        exact, zoned = clocked(step), zone(self.workspace.timezone)
        parts: dict[datetime | date, list[Moving]] = {}
        for run in group:
            at = self.when(run)
            parts.setdefault(at if exact else at.astimezone(zoned).date(), []).append(run)
        return list(parts.values())

    def step_of(self, run: Moving) -> Step | None:
        """The step at which a run is."""
        return self.live.program.steps.get(run.step or "") if self.live else None

    def place(self, run: Moving) -> Place:
        """What can be named where a run is."""
        found: dict[str, tuple[str, str]] = {}
        if run.host_object and run.host_record:
            found["record"] = (run.host_object, run.host_record)
        if run.nth is not None and run.object and run.record:
            found["loop"] = (run.object, run.record)
        for step, output in run.outputs.items():
            for name, value in (mapping(output) or {}).items():
                form = mapping(value)
                if form and set(form) == {"object", "id"} and form["object"] and form["id"]:
                    found[f"steps.{step}.{name}"] = (form["object"], form["id"])
        values = {"input": run.input, "trigger": run.input, "steps": run.outputs, "run": {"id": run.root}}
        return Place(found, values, found.get("loop") or found.get("record"))

    async def carry(self, runs: Sequence[Moving]) -> list[Outside]:
        """Move runs on until they wait, act outside, or end."""
        outside: list[Outside] = []
        for run in runs:
            self.touched[run.id] = run
        if self.live is None or self.actor is None:
            code = "flow_gone" if self.live is None else "flow_actor_gone"
            for run in runs:
                self.apply(run, None, Fail(Conflict(code)), None)
            return outside
        work: dict[str | None, list[Moving]] = {}
        for run in runs:
            work.setdefault(run.step, []).append(run)
        spent = 0
        while work:
            at = next(iter(work))
            group = work.pop(at)
            step = self.live.program.steps.get(at or "")
            if at is not None and step is None:
                for run in group:
                    self.apply(run, None, Fail(Conflict("flow_gone")), None)
                continue
            if step is None:
                for run in group:
                    self.end(run, "done")
                continue
            if spent and spent + len(group) > SPENT and not self.dry:
                for run in group:
                    run.state, run.due_at = "ready", self.now
                continue
            if (
                step.kind.outside and not self.dry
            ):  # no more than are carried out at once, so that none waits longer than its lease
                room = AT_ONCE - len(outside)
                for run in group[room:]:
                    run.state, run.due_at = "ready", self.now
                group = group[:room]
                if not group:
                    continue
            spent += len(group)
            for part in self.alike(step, group):
                outside += await self.perform(step, part)
            for run in group:
                if run.state == "ready" and not run.ended:
                    work.setdefault(run.step, []).append(run)
        return outside

    async def perform(self, step: Step, group: Sequence[Moving]) -> list[Outside]:
        """One step of many runs."""
        live = self.live
        assert live is not None  # noqa: S101 - see carry()
        places = [self.place(run) for run in group]
        deleted = live.program.trigger.get("kind") == "removed" and group[0].parent is None
        ctx = self.context(group[0])
        try:
            inputs = await resolve(ctx, step, places, deleted=deleted)
        except Problem as problem:
            inputs = [problem] * len(group)
        good: list[tuple[Moving, StepContext]] = []
        for run, given in zip(group, inputs, strict=True):
            if isinstance(given, Problem):
                self.apply(run, step, Fail(given), None)
                continue
            own = replace(ctx, change_set=run.change_set, now=self.when(run) if self.clock else ctx.now)
            good.append((run, self.handed(run, step, given, own)))
        if not good:
            return []
        if step.kind.outside and not self.dry:
            return [self.intend(run, step, one) for run, one in good]
        if step.kind.outside:
            answers: Sequence[Next] = [Done({"would": True})] * len(good)
        else:
            answers = await self.called(step, [one for _, one in good])
        for (run, one), answer in zip(good, answers, strict=True):
            self.apply(run, step, answer, one.input)
        return []

    def handed(self, run: Moving, step: Step, given: Mapping[str, Any], ctx: Context | None) -> StepContext:
        """What a step gets."""
        assert self.live is not None  # noqa: S101 - see carry()
        waits = run.waits or {}
        seq = waits.get("seq", run.steps)
        about = Run(run.id, run.root, run.flow, self.live.name, self.live.label, run.version, run.object, run.record, run.change_set, run.started_at)  # fmt: skip

        @asynccontextmanager
        async def none() -> AsyncGenerator[Context]:
            assert ctx is not None  # noqa: S101 - a step inside has one
            yield ctx

        return StepContext(
            step.id,
            step.kind.name,
            given,
            f"{run.id}:{step.id}:{seq}",
            about,
            ctx,
            none,
            self.dry,
            waits.get("woken"),
            bool(waits.get("late")) or self.late,
            waits.get("memo"),
        )

    async def called(self, step: Step, given: Sequence[StepContext]) -> Sequence[Next]:
        """Call a kind of step inside; a refusal is an answer, and takes back what was written on the way to it."""
        if step.kind.bulk is not None:
            try:
                async with self.db.savepoint():
                    return await step.kind.bulk(given)
            except Problem as problem:
                return [Fail(problem)] * len(given)
        assert step.kind.run is not None  # noqa: S101 - a kind has one of both
        out: list[Next] = []
        for one in given:
            try:
                async with self.db.savepoint():
                    out.append(await step.kind.run(one))
            except Problem as problem:
                out.append(Fail(problem))
        return out

    # -- what becomes of a run --------------------------------------------------------------------------------------

    def note(
        self, run: Moving, step: Step | None, state: str, given: Any, output: Any = None, error: Any = None
    ) -> None:
        """A line of the run's log; a step that waited or was under way has one already."""
        waits = run.waits or {}
        seq = waits.get("seq")
        if seq is None:
            seq, run.steps = run.steps, run.steps + 1
        kept = run.logs.get(seq, {})
        run.logs[seq] = {
            "run": run.id,
            "seq": seq,
            "step": step.id if step else run.step or "",
            "kind": step.kind.name if step else "",
            "state": state,
            "attempt": max(run.attempt, 1),
            "input": told(given) if given is not None else kept.get("input"),
            "output": output,
            "error": error,
            "started_at": self.now,
            "ended_at": None if state in ("waiting", "running") else self.now,
        }
        run.waits = {**waits, "seq": seq}

    def intend(self, run: Moving, step: Step, one: StepContext) -> Outside:
        """A step outside is about to be carried out: that is committed before it is."""
        assert self.live is not None  # noqa: S101 - see carry()
        run.attempt += 1
        run.state, run.due_at = "running", self.now + timedelta(seconds=step.kind.seconds + GRACE)
        self.note(run, step, "running", one.input)
        return Outside(run, self.live, step, one.input, run.attempt, one.key, time.monotonic() + GRACE / 2)

    def apply(self, run: Moving, step: Step | None, answer: Next, given: Any) -> None:
        """Move a run on by what its step answered."""
        self.touched[run.id] = run
        match answer:
            case Done(output, into):
                kept = output if len(dumps(output)) <= OUTPUT else {}
                self.note(run, step, "done", given, kept or None)
                if kept and step is not None:
                    run.outputs[step.id] = dict(kept)
                    for value in kept.values():
                        form = mapping(value)
                        if form and step.kind.group == "records" and isinstance(form.get("object"), str):
                            self.written.add(form["object"])
                if step is not None:
                    run.step = step.into[into] if into is not None and into in step.into else step.next
                run.state, run.waits, run.token, run.due_at = "ready", None, None, self.now
            case Wait():
                self.wait(run, step, answer, given)
            case Spawn():
                self.spawn(run, step, answer, given)
            case Fail(problem):
                error = explained(problem)
                self.note(run, step, "failed", given, error=error)
                self.end(run, "failed", error)
            case Unknown(problem):
                error = explained(problem)
                self.note(run, step, "unknown", given, error=error)
                self.end(run, "unknown", error)
            case Stop(failed, text):
                error = explained(Conflict("flow_stopped", note=text)) if failed else None
                self.note(run, step, "failed" if failed else "done", given, {"note": text} if text else None, error)
                run.step = None if not failed else run.step
                self.end(run, "failed" if failed else "done", error)

    def wait(self, run: Moving, step: Step | None, answer: Wait, given: Any) -> None:
        """The step will be called again."""
        until = answer.until.astimezone(UTC) if answer.until else None
        told_of = {"until": until} if until else {"event": answer.event} if answer.event else {}
        if self.dry and self.clock is None:  # nobody waits for a trial: it goes on as if it had happened
            self.apply(run, step, Done({"would_wait": told_of}), given)
            return
        self.note(run, step, "waiting", given, told_of or None)
        token = answer.token
        if answer.event is not None:
            token = f"event:{answer.event['object']}:{answer.event.get('record') or '*'}"
        run.state, run.due_at, run.token = "waiting", until, token
        run.waits = {**(run.waits or {}), "memo": answer.memo, "event": answer.event, "woken": None, "late": None}

    def spawn(self, run: Moving, step: Step | None, answer: Spawn, given: Any) -> None:
        """Runs of their own, for whose end this one waits."""
        assert step is not None  # noqa: S101 - only a step spawns
        body = step.into.get("steps") if answer.flow is None else None
        if answer.flow is None and body is None:
            self.apply(run, step, Done({"count": len(answer.records), "failed": 0}), given)
            return
        self.note(run, step, "waiting", given, {"count": len(answer.records)})
        run.state, run.due_at, run.token = "waiting", None, None
        run.children = len(answer.records)
        for i, record in enumerate(answer.records):
            self.spawned.append(
                {
                    "id": new_id(),
                    "parent": run.id,
                    "parent_step": step.id,
                    "pass": i if answer.flow is None else None,
                    "object": answer.object,
                    "record": record,
                    "step": body,
                    "flow": answer.flow,
                    "input": dict(answer.input) if answer.flow else None,
                }
            )

    def end(self, run: Moving, state: str, error: Any = None) -> None:
        """The run has ended, well or not."""
        self.touched[run.id] = run
        run.state, run.due_at, run.token, run.error, run.ended = state, None, None, error, True
        if state == "done":
            run.step, run.waits = None, None
        self.finished.append(run)

    # -- writing it down --------------------------------------------------------------------------------------------

    async def save(self) -> None:
        """Write down where all runs are, their logs, and whom they started; wake parents whose children have all ended."""
        db, schema = self.db, quote(self.workspace.schema)
        moved = list(self.touched.values())
        for run in moved:
            run.ended = False
        await self._rows(moved)
        await self._logs([one for run in moved for one in run.logs.values()])
        if self.spawned:
            await self._children()
        parents: dict[str, int] = {}
        for run in self.finished:
            if run.parent:
                parents[run.parent] = parents.get(run.parent, 0) + 1
        self.finished, self.touched, self.spawned = [], {}, []
        for parent, n in sorted(parents.items()):
            left = await db.value(
                f"UPDATE {schema}._flow_run SET children = greatest(children - %(n)s, 0) WHERE id = %(id)s::uuid RETURNING children",
                {"id": parent, "n": n},
            )
            if left == 0:
                await passes_ended(db, self.workspace, parent)
        if not self.dry and moved:
            await tell(
                db, self.workspace.id, "flow", flow=moved[0].flow, run=moved[0].root if len(moved) == 1 else None
            )
            for name in self.written:
                await tell(db, self.workspace.id, "records", object=name)
        self.written = set()

    async def _rows(self, moved: Sequence[Moving]) -> None:
        kept = ["id", "outputs", "state", "step", "due_at", "attempt", "steps", "token", "waits", "children", "error"]
        rows = [
            {
                **{name: getattr(r, name) for name in kept},
                "ended_at": self.now if r.state not in ("ready", "waiting", "running") else None,
            }
            for r in moved
        ]
        await self.db.execute(
            f"UPDATE {quote(self.workspace.schema)}._flow_run AS t SET outputs = r.outputs, state = r.state, step = r.step, due_at = r.due_at,"
            " attempt = r.attempt, steps = r.steps, token = r.token, waits = r.waits, children = r.children, error = r.error,"
            " ended_at = r.ended_at FROM json_to_recordset(%(rows)s::json) AS r(id uuid, outputs jsonb, state text, step text,"
            " due_at timestamptz, attempt int, steps int, token text, waits jsonb, children int, error jsonb, ended_at timestamptz)"
            " WHERE t.id = r.id",
            {"rows": dumps(rows).decode()},
        )

    async def _logs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        await self.db.execute(
            f"INSERT INTO {quote(self.workspace.schema)}._flow_step AS s (run, seq, step, kind, state, attempt, input, output, error,"
            " started_at, ended_at) SELECT r.run, r.seq, r.step, r.kind, r.state, r.attempt, r.input, r.output, r.error, r.started_at,"
            " r.ended_at FROM json_to_recordset(%(rows)s::json) AS r(run uuid, seq int, step text, kind text, state text, attempt int,"
            " input jsonb, output jsonb, error jsonb, started_at timestamptz, ended_at timestamptz)"
            " ON CONFLICT (run, seq) DO UPDATE SET state = excluded.state, attempt = excluded.attempt,"
            " input = coalesce(excluded.input, s.input), output = coalesce(excluded.output, s.output), error = excluded.error,"
            " ended_at = excluded.ended_at",
            {"rows": dumps(list(rows)).decode()},
        )

    async def _children(self) -> None:
        """Insert spawned runs; what all of a loop's have in common comes from their parent's row."""
        schema = quote(self.workspace.schema)
        others = {s["flow"] for s in self.spawned if s["flow"]}
        begun: dict[str, tuple[int, str | None, str]] = {}
        for flow in others:
            row = await self.db.row(
                f"SELECT version, runs_as FROM {schema}._flow WHERE id = %(id)s::uuid AND active AND deleted_at IS NULL AND kind = 'flow'",
                {"id": flow},
            )
            started = await live(self.db, self.workspace, self.catalog, flow, row[0]) if row else None
            if row and started:
                begun[flow] = (row[0], started.program.first, row[1])
        rows: list[dict[str, Any]] = []
        failed: dict[str, str] = {}
        for s in self.spawned:
            if s["flow"] is None:
                rows.append(s | {"version": None, "runs_as": None})
            elif s["flow"] in begun:
                version, first, user = begun[s["flow"]]
                rows.append(s | {"version": version, "step": first, "runs_as": user})
            else:
                failed[s["parent"]] = "flow_not_startable"
        await self.db.execute(
            f"INSERT INTO {schema}._flow_run (id, flow, version, parent, parent_step, pass, root, object, record, host_object, host_record,"
            " change_set, runs_as, chain, input, outputs, step) SELECT r.id, coalesce(r.flow, p.flow), coalesce(r.version, p.version), p.id,"
            " r.parent_step, r.pass, p.root, r.object, r.record, CASE WHEN r.flow IS NULL THEN p.host_object ELSE r.object END,"
            " CASE WHEN r.flow IS NULL THEN p.host_record ELSE r.record END, p.change_set, coalesce(r.runs_as, p.runs_as),"
            " p.chain || jsonb_build_array(jsonb_build_array(p.flow, p.record)), CASE WHEN r.flow IS NULL THEN p.input ELSE r.input END,"
            " CASE WHEN r.flow IS NULL THEN p.outputs ELSE '{}'::jsonb END, r.step"
            ' FROM json_to_recordset(%(rows)s::json) AS r(id uuid, flow uuid, version int, parent uuid, parent_step text, "pass" int,'
            f" object text, record uuid, step text, input jsonb, runs_as uuid) JOIN {schema}._flow_run AS p ON p.id = r.parent",
            {"rows": dumps(rows).decode()},
        )
        deep = await self.db.fetch(
            f"SELECT id, parent FROM {schema}._flow_run WHERE id = ANY(%(ids)s::uuid[]) AND jsonb_array_length(chain) > %(most)s",
            {"ids": [s["id"] for s in rows], "most": LONGEST},
        )
        if deep:  # flows that start each other without end
            await self.db.execute(
                f"UPDATE {schema}._flow_run SET state = 'stopped', error = %(error)s::jsonb, due_at = NULL, ended_at = now()"
                " WHERE id = ANY(%(ids)s::uuid[])",
                {"ids": [d[0] for d in deep], "error": dumps(explained(Conflict("flow_loop"))).decode()},
            )
            failed |= {d[1]: "flow_loop" for d in deep}
        for parent, code in failed.items():
            await self.db.execute(
                f"UPDATE {schema}._flow_run SET state = 'failed', error = %(error)s::jsonb, children = 0, ended_at = now()"
                " WHERE id = %(id)s::uuid",
                {"id": parent, "error": dumps(explained(Conflict(code))).decode()},
            )


LONGEST = 12
"""Runs in a chain in which one leads to the next."""


async def passes_ended(db: Connection, workspace: Workspace, parent: str) -> None:
    """All that a run waited for have ended: it goes on, or fails with how many of them did."""
    schema = quote(workspace.schema)
    row = await db.row(
        f"SELECT count(*), count(*) FILTER (WHERE c.state NOT IN ('done', 'cancelled')), (jsonb_agg(c.error) FILTER (WHERE c.error IS NOT NULL))->0"
        f" FROM {schema}._flow_run AS c JOIN {schema}._flow_run AS p ON p.id = c.parent AND p.step = c.parent_step WHERE p.id = %(id)s::uuid",
        {"id": parent},
    )
    count, failed, error = row or (0, 0, None)
    if failed:
        told_of = explained(Conflict("flow_passes_failed", failed=failed, count=count)) | {"first": error}
        ended = await db.row(
            f"UPDATE {schema}._flow_run SET state = 'failed', error = %(error)s::jsonb, ended_at = now()"
            " WHERE id = %(id)s::uuid AND state = 'waiting' RETURNING parent",
            {"id": parent, "error": dumps(told_of).decode()},
        )
        if ended and ended[0]:
            left = await db.value(
                f"UPDATE {schema}._flow_run SET children = greatest(children - 1, 0) WHERE id = %(id)s::uuid RETURNING children",
                {"id": ended[0]},
            )
            if left == 0:
                await passes_ended(db, workspace, ended[0])
        return
    await db.execute(
        f"UPDATE {schema}._flow_run SET state = 'ready', due_at = now(), waits = coalesce(waits, '{{}}') ||"
        " jsonb_build_object('woken', jsonb_build_object('count', %(n)s::int, 'failed', 0)) WHERE id = %(id)s::uuid AND state = 'waiting'",
        {"id": parent, "n": count},
    )


def explained(problem: Problem) -> dict[str, Any]:
    """A problem as a run keeps it: in both languages, to be read by whoever looks."""
    return {
        "code": problem.code,
        **{language: str(problem.body(language)["detail"])[:2000] for language in ("en", "zh")},
    }


def told(given: Any) -> Any:
    """A step's input as its log shows it: what JSON can carry, and not too much of it."""
    form = {n: v for n, v in (mapping(given) or {}).items() if plain(v)}
    return form if len(dumps(form)) <= OUTPUT else {n: v for n, v in form.items() if len(dumps(v)) < 500}


def plain(value: Any) -> bool:
    """Whether JSON can carry it; a filter that was understood cannot be told."""
    try:
        dumps(value)
    except TypeError:
        return False
    return True
