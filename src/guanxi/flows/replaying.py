"""The past played again: runs that begin when they would have begun, wait until what they wait for came, and find their record as it
was then. All of it in a transaction that is taken back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from guanxi import records
from guanxi.base import Problem, new_id
from guanxi.base.json import dumps, loads
from guanxi.flows.hearing import Span, between, meant
from guanxi.flows.running import Trying
from guanxi.flows.shaping import schema
from guanxi.flows.starting import Active, Start
from guanxi.flows.trying import begun, carry
from guanxi.records import Context, Delete, Entry, Operation, Restore, Update, system_actor
from guanxi.records.compile import quote
from guanxi.schema.types.former import fitting

EVENTS = 50_000
"""Entries of the journal that are looked at for what a step waits for, the first after it began to wait."""

GONE, BACK = ("delete", "archive"), ("restore", "unarchive")
"""Kinds of entries that take a record out of use, and into it."""


@dataclass(frozen=True, slots=True)
class Then:
    """When a run began or goes on, and by which entry of the journal where there is one."""

    start: Start
    at: datetime
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A run that waits: until when at most, and for which event."""

    id: str
    parent: str | None
    root: str
    until: datetime | None
    event: dict[str, Any] | None


def own(flow: Active, cause: str) -> bool:
    """Whether an entry was written by this very flow."""
    return cause.split(" > ", maxsplit=1)[0] == f"flow:{flow.name}"


class Replay:
    """Some runs of a flow, none of which is about the record of another."""

    def __init__(self, ctx: Context, flow: Active, runs: Sequence[str], some: Sequence[Then], last: int) -> None:
        self.ctx, self.flow, self.runs, self.last = ctx, flow, runs, last
        self.now = dict(zip(runs, some, strict=True))
        """By run, when it is for it and its record."""
        self.clock = {run: then.at for run, then in self.now.items()}
        """The same for the runs that these start as well."""
        self.missed: set[str] = set()
        """Records that could not get the values that they had."""
        self.idle: set[str] = set()
        """Runs that wait to this day."""

    @classmethod
    async def begin(cls, ctx: Context, flow: Active, what: Any, some: Sequence[Then]) -> Replay:
        """Put the records back to when the runs of the definition ``what`` would have begun, and begin them."""
        last = await ctx.db.value(f"SELECT coalesce(max(seq), 0) FROM {schema(ctx)}._journal")
        runs = await begun(ctx, flow, what, [t.start for t in some], [t.at for t in some])
        made = cls(ctx, flow, runs, some, last)
        await made._back(some)
        return made

    async def play(self) -> None:
        """Carry the runs on to where they end, or wait to this day."""
        while True:
            await carry(self.ctx, self.runs, Trying(clock=self.clock))
            if not await self._elapse():
                return

    # -- what runs wait for -----------------------------------------------------------------------------------------

    async def _elapse(self) -> bool:
        """Let those that wait go on when they would have gone on; whether there are any."""
        rows = await self.ctx.db.fetch(
            f"SELECT id, parent, root, due_at, waits->'event' FROM {schema(self.ctx)}._flow_run WHERE root = ANY(%(runs)s::uuid[])"
            " AND state = 'waiting' AND (due_at IS NOT NULL OR token IS NOT NULL) AND NOT id = ANY(%(idle)s::uuid[])",
            {"runs": list(self.runs), "idle": list(self.idle)},
        )
        waiting = [_Waiting(*row) for row in rows]
        came = await self._came([one for one in waiting if one.event])
        woken: list[dict[str, Any]] = []
        reached: dict[str, Then] = {}
        for one in waiting:
            entry = came.get(one.id)
            if entry is not None:
                at, seq = entry.at, entry.seq
                why = {"woken": {"object": entry.object, "id": entry.record, "kind": entry.kind}}
            elif one.until is not None and one.until <= self.ctx.now:
                at, seq, why = one.until, None, {"late": True}
            else:
                self.idle.add(one.id)
                continue
            woken.append({"id": one.id, "more": why})
            self.clock[one.id] = at
            host = self.now[one.root]
            if at > reached.get(one.root, host).at:
                on = entry is not None and entry.record == host.start.record
                reached[one.root] = Then(host.start, at, seq if on else None)
        if not woken:
            return False
        await self._parents([one for one in waiting if one.parent and one.id not in self.idle])
        await self._forward(reached)
        await self.ctx.db.execute(
            f"UPDATE {schema(self.ctx)}._flow_run AS t SET state = 'ready', due_at = now(), token = NULL, waits = coalesce(t.waits, '{{}}') || r.more"
            " FROM json_to_recordset(%(rows)s::json) AS r(id uuid, more jsonb) WHERE t.id = r.id",
            {"rows": dumps(woken).decode()},
        )
        return True

    async def _parents(self, moved: Sequence[_Waiting]) -> None:
        """Who waits for runs goes on no earlier than they end."""
        if not moved:
            return
        above: dict[str, str | None] = dict(
            await self.ctx.db.fetch(
                f"SELECT id, parent FROM {schema(self.ctx)}._flow_run WHERE root = ANY(%(runs)s::uuid[]) AND children > 0",
                {"runs": list(self.runs)},
            )
        )
        for one in moved:
            at = one.parent
            while at is not None:
                self.clock[at] = max(self.clock[at], self.clock[one.id])
                at = above.get(at)

    async def _came(self, waiting: Sequence[_Waiting]) -> dict[str, Entry]:
        """By run, the first entry that it waits for, where one came in time."""
        alike: dict[bytes, list[_Waiting]] = {}
        for one in waiting:
            alike.setdefault(dumps({**(one.event or {}), "record": bool((one.event or {}).get("record"))}), []).append(
                one
            )
        out: dict[str, Entry] = {}
        for some in alike.values():
            out |= await self._first(some[0].event or {}, some)
        return out

    async def _first(self, event: Mapping[str, Any], waiting: Sequence[_Waiting]) -> dict[str, Entry]:
        """The same for runs that wait for the same event, each of a record of its own or all of any."""
        ctx = replace(self.ctx, actor=system_actor(self.ctx.workspace), cause="flows")
        entity = ctx.catalog.entities.get(event["object"])
        if entity is None:
            return {}
        until = {one.id: min(one.until or ctx.now, ctx.now) for one in waiting}
        span = Span(min(self.clock[one.id] for one in waiting), max(until.values()), self.last)
        about = {one.id: (one.event or {}).get("record") for one in waiting}
        entries = await between(ctx.db, ctx.workspace, event, list({id for id in about.values() if id}), span, EVENTS)
        try:
            hits = await meant(ctx, entity, event, [e for e in entries if not own(self.flow, e.cause)], later=True)
        except Problem:  # what cannot be asked any more does not come
            return {}
        of: dict[str | None, list[Entry]] = {}
        for e in sorted(hits, key=lambda e: (e.at, e.seq)):
            for key in (e.record, None):
                of.setdefault(key, []).append(e)
        out: dict[str, Entry] = {}
        for one in waiting:
            listed = of.get(about[one.id], [])
            at = bisect_right(listed, self.clock[one.id], key=lambda e: e.at)
            if at < len(listed) and listed[at].at <= until[one.id]:
                out[one.id] = listed[at]
        return out

    # -- records as they were ---------------------------------------------------------------------------------------

    async def _back(self, some: Sequence[Then]) -> None:
        """Give records the values that they had when the runs began."""
        rows = await self.ctx.db.fetch(
            "SELECT j.record, (guanxi.merged(j.before ORDER BY j.seq DESC) FILTER (WHERE j.kind = 'update'))::json,"
            # What happened first tells where a record was, what happened last where it is.
            " array_agg(j.kind ORDER BY j.seq) FILTER (WHERE j.kind = ANY(%(whole)s::text[]))"
            f" FROM {schema(self.ctx)}._journal AS j"
            " JOIN json_to_recordset(%(wanted)s::json) AS w(record uuid, seq bigint, at timestamptz) ON w.record = j.record"
            " AND CASE WHEN w.seq IS NULL THEN j.at > w.at ELSE j.seq > w.seq END GROUP BY 1",
            {"wanted": _told(some), "whole": [*GONE, *BACK]},
        )
        was = [(id, values, _undone(kinds) if kinds else None) for id, values, kinds in rows]
        await self._put(was, some)

    async def _forward(self, reached: Mapping[str, Then]) -> None:
        """Write to records what was written of them until their runs go on."""
        some = [{**_place(then), "was": _place(self.now[run])} for run, then in reached.items() if then.start.record]
        rows = await self.ctx.db.fetch(
            "SELECT j.record, (guanxi.merged(j.after ORDER BY j.seq) FILTER (WHERE j.kind = 'update'))::json,"
            " (array_agg(j.kind ORDER BY j.seq DESC) FILTER (WHERE j.kind = ANY(%(whole)s::text[])))[1]"
            f" FROM {schema(self.ctx)}._journal AS j JOIN json_to_recordset(%(wanted)s::json) AS w(record uuid, seq bigint, at timestamptz,"
            " was json) ON w.record = j.record AND j.seq <= %(last)s"
            " AND CASE WHEN w.seq IS NULL THEN j.at <= w.at ELSE j.seq <= w.seq END"
            " AND CASE WHEN w.was->>'seq' IS NULL THEN j.at > (w.was->>'at')::timestamptz ELSE j.seq > (w.was->>'seq')::bigint END GROUP BY 1",
            {"wanted": dumps(some).decode(), "last": self.last, "whole": [*GONE, *BACK]},
        )
        await self._put(rows, list(reached.values()))
        self.now |= reached

    async def _put(self, rows: Sequence[tuple[str, Any, str | None]], some: Sequence[Then]) -> None:
        """Write values of the past, and when they were written."""
        ctx, entity = self.ctx, self.ctx.catalog.entities.get(self.flow.object or "")
        if entity is None:
            return
        mine = replace(ctx.as_system("as it was"), change_set=new_id(), bulk="")
        back: list[Operation] = []
        changed: list[Operation] = []
        gone: list[Operation] = []
        for id, raw, kind in rows:
            found: dict[str, Any] = (loads(raw, exact=True) if isinstance(raw, bytes | str) else raw) or {}
            values = {n: fitting(entity.fields[n], v, ctx.env) for n, v in found.items() if n in entity.fields}
            back += [Restore(id)] if kind in BACK else []
            changed += [Update(id, values, trusted=True)] if values else []
            gone += [Delete(id)] if kind in GONE else []
        for operations in filter(None, (back, changed, gone)):  # what is in the bin cannot be changed
            try:
                async with ctx.db.savepoint():
                    outcomes = await records.write(mine, entity.name, operations, atomic=False, render=False)
            except Problem:
                self.missed |= {id for id, _, _ in rows}
            else:
                self.missed |= {o.id for o in outcomes if o.problem is not None and o.id}
        await ctx.db.execute(
            f"UPDATE {schema(ctx)}.{quote(entity.name)} AS t SET updated_at = x.at FROM (SELECT j.record, max(j.at) AS at FROM {schema(ctx)}._journal AS j"
            " JOIN json_to_recordset(%(wanted)s::json) AS w(record uuid, seq bigint, at timestamptz) ON w.record = j.record AND j.seq <= %(last)s"
            " AND CASE WHEN w.seq IS NULL THEN j.at <= w.at ELSE j.seq <= w.seq END GROUP BY 1) AS x WHERE t.id = x.record",
            {"wanted": _told(some), "last": self.last},
        )


def _undone(kinds: Sequence[str]) -> str | None:
    """What puts a record back to where it was before these befell it as a whole."""
    if (kinds[0] in GONE) != (kinds[-1] in GONE):
        return None
    return BACK[0] if kinds[0] in GONE else GONE[0]


def _place(then: Then) -> dict[str, Any]:
    return {"record": then.start.record, "seq": then.seq, "at": then.at.isoformat()}


def _told(some: Sequence[Then]) -> str:
    return dumps([_place(then) for then in some if then.start.record]).decode()
