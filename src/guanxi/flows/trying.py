"""Trying a flow on one record before it is switched on: everything is done, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from guanxi import records
from guanxi.base import Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.flows import definition as definitions
from guanxi.flows.pressing import checked_input
from guanxi.flows.running import Carrier, Trying, take
from guanxi.flows.shaping import faults, get, schema
from guanxi.flows.starting import Active, Start
from guanxi.flows.tending import run as shown_run
from guanxi.records import Context
from guanxi.records.journal import titles_of


class TakeBack(Exception):
    """Undoes what was only tried."""


async def drafted(ctx: Context, id: str) -> Active:
    """The flow as it is edited, acting as whoever tries it. Raises Invalid for what is wrong with it."""
    found = await get(ctx, id)
    what = found["definition"]
    wrong = await faults(ctx, what)
    if wrong:
        raise Invalid("flow_faulty", [f.error for f in wrong], count=len(wrong))
    program = definitions.read(what, ctx.catalog)
    kind = str(program.trigger["kind"])
    clock = datetime.fromtimestamp(0, UTC)
    return Active(found["id"], found["name"], found["label"], 0, kind, program.object, ctx.actor.id, clock, program)


async def begun(ctx: Context, flow: Active, what: Any, starts: Sequence[Start], at: Sequence[datetime]) -> list[str]:
    """Begin runs, at these moments, in the caller's transaction, which must be taken back; their ids."""
    await ctx.db.execute(
        f"INSERT INTO {schema(ctx)}._flow_version (flow, version, definition) VALUES (%(flow)s::uuid, 0, %(what)s::jsonb)",
        {"flow": flow.id, "what": dumps(what).decode()},
    )
    rows = [
        {"id": new_id(), "object": s.object, "record": s.record, "input": s.input, "at": moment.isoformat()}
        for s, moment in zip(starts, at, strict=True)
    ]
    await ctx.db.execute(
        f"INSERT INTO {schema(ctx)}._flow_run (id, flow, version, root, object, record, host_object, host_record, change_set, runs_as, input, step,"
        " started_at) SELECT r.id, %(flow)s::uuid, 0, r.id, r.object, r.record, r.object, r.record, r.id, %(as)s::uuid, r.input, %(first)s, r.at"
        " FROM json_to_recordset(%(rows)s::json) AS r(id uuid, object text, record uuid, input jsonb, at timestamptz)",
        {"flow": flow.id, "as": flow.runs_as, "first": flow.program.first, "rows": dumps(rows).decode()},
    )
    return [r["id"] for r in rows]


async def carry(ctx: Context, runs: Sequence[str], how: Trying) -> None:
    """Carry runs on, with those that they start, as far as they come."""
    while moving := await take(ctx.db, ctx.workspace, within=runs):
        carrier = await Carrier.open(ctx.db, ctx.workspace, moving, how)
        await carrier.carry(moving)
        await carrier.save()


async def trial(ctx: Context, id: str, record: str | None, given: Any = None, *, late: bool = False) -> dict[str, Any]:
    """What the flow as it is edited would do with a record: ``{"state", "steps": [{"id", "kind", "state", "would", "output",
    "error", "iteration"}], "changes": [{"object", "id", "title", "kind", "fields"}]}``. Nothing is kept and nobody waits: what is
    waited for counts as happened, or with ``late`` as not come in time."""
    flow = await drafted(ctx, id)
    if flow.object is not None:
        await _there(ctx, flow, record)
    first = Start(
        None,
        flow.object,
        record if flow.object else None,
        checked_input(flow, given) if flow.kind in ("form", "button") else given,
    )
    out: dict[str, Any] = {}
    with suppress(TakeBack):
        async with ctx.db.savepoint():
            [tried] = await begun(ctx, flow, (await get(ctx, id))["definition"], [first], [ctx.now])
            await carry(ctx, [tried], Trying(late))
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
            raise TakeBack
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
