"""Looking at runs, and seeing to those that need somebody: retry, skip, cancel, resume, undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi import records
from guanxi.base import Conflict, Invalid, NotFound
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.base.shape import mapping
from guanxi.flows.approvals import lapse
from guanxi.flows.kinds import Done
from guanxi.flows.running import COLUMNS, Carrier, Moving, passes_ended
from guanxi.flows.shaping import may_shape, schema
from guanxi.flows.starting import call
from guanxi.records import Context
from guanxi.records.cursor import make_cursor, open_cursor
from guanxi.records.journal import titles_of
from guanxi.schema.query import Query

SHOWN = (
    "CASE WHEN r.state = 'ready' THEN CASE WHEN r.due_at <= now() THEN 'running' ELSE 'waiting' END ELSE r.state END"
)
STATES = ("running", "waiting", "done", "failed", "cancelled", "unknown", "stopped")
FIELDS = "r.id, r.flow, f.name, f.label, r.version, r.object, r.record, r.parent, r.step, r.due_at, r.started_at, r.ended_at, r.error, r.undone_by, r.chain"
ACTS = {
    "retry": ("failed", "unknown", "stopped"),
    "skip": ("failed", "unknown", "waiting"),
    "resume": ("waiting",),
    "cancel": ("ready", "running", "waiting", "failed", "unknown", "stopped"),
    "undo": ("done", "failed", "cancelled", "unknown", "stopped"),
}
"""What can be done by hand, and with runs in which states."""
LINES = 500
"""Lines of a run's log that are shown."""


def _said(error: Any, language: str) -> dict[str, Any] | None:
    form = mapping(error)
    if form is None:
        return None
    first = mapping(form.get("first"))
    more = {"first": first.get(language) or first.get("en")} if first else {}
    return {"code": form.get("code"), "message": form.get(language) or form.get("en"), **more}


async def _listed(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    titles: dict[str, Mapping[str, str]] = {}
    links = {link[0] for row in rows for link in row[14]}
    labels = dict(
        await ctx.db.fetch(
            f"SELECT id, label FROM {schema(ctx)}._flow WHERE id = ANY(%(ids)s::uuid[])", {"ids": list(links)}
        )
        if links
        else ()
    )
    for name in {r[5] for r in rows if r[5] in ctx.catalog.entities}:
        titles[name] = await titles_of(ctx, name, [r[6] for r in rows if r[5] == name and r[6]])
    return [
        {
            "id": id,
            "flow": {"id": flow, "name": name, "label": label},
            "version": version,
            "state": state,
            "record": {"object": object, "id": record, "title": titles.get(object, {}).get(record)} if record else None,
            "parent": parent,
            "step": step,
            "due_at": due,
            "started_at": started,
            "ended_at": ended,
            "error": _said(error, ctx.actor.language),
            "undone_by": undone,
            "cause": [{"flow": link[0], "label": labels.get(link[0]), "record": link[1]} for link in chain],
        }
        for id, flow, name, label, version, object, record, parent, step, due, started, ended, error, undone, chain, state in rows
    ]


async def runs(
    ctx: Context,
    flow: str,
    state: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
    record: str | None = None,
) -> dict[str, Any]:
    """``{"data", "next"}``: the runs of a flow, newest first; passes of loops are shown with their run."""
    may_shape(ctx)
    if not is_id(flow):
        raise NotFound
    if state is not None and state not in STATES:
        raise Invalid.one("state", "not_an_option", value=state[:60])
    if record is not None and not is_id(record):
        raise Invalid.one("record", "not_an_id", value=record[:60])
    after = open_cursor(cursor, Query("flow_runs"))[1:] if cursor else [None, None]
    rows = await ctx.db.fetch(
        f"SELECT {FIELDS}, {SHOWN} FROM {schema(ctx)}._flow_run AS r JOIN {schema(ctx)}._flow AS f ON f.id = r.flow"
        f" WHERE r.flow = %(flow)s::uuid AND r.pass IS NULL AND (%(state)s::text IS NULL OR {SHOWN} = %(state)s::text)"
        " AND (%(record)s::uuid IS NULL OR r.record = %(record)s::uuid)"
        " AND (%(at)s::timestamptz IS NULL OR (r.started_at, r.id) < (%(at)s::timestamptz, %(id)s::uuid))"
        " ORDER BY r.started_at DESC, r.id DESC LIMIT %(n)s",
        {"flow": flow, "state": state, "record": record, "at": after[0], "id": after[1], "n": limit + 1},
    )
    more = len(rows) > limit
    rows = rows[:limit]
    following = make_cursor(dumps([0, rows[-1][10].isoformat(), rows[-1][0]]), Query("flow_runs")) if more else None
    return {"data": await _listed(ctx, rows), "next": following}


async def run(ctx: Context, id: str) -> dict[str, Any]:
    """A run with its log, passes of its loops included (at most :data:`LINES` lines, those that went wrong first)."""
    may_shape(ctx)
    row = None
    if is_id(id):
        row = await ctx.db.row(
            f"SELECT {FIELDS}, {SHOWN} FROM {schema(ctx)}._flow_run AS r JOIN {schema(ctx)}._flow AS f ON f.id = r.flow WHERE r.id = %(id)s::uuid",
            {"id": id},
        )
    if row is None:
        raise NotFound
    [out] = await _listed(ctx, [row])
    lines = await ctx.db.fetch(
        f"WITH RECURSIVE down AS (SELECT id, pass, record FROM {schema(ctx)}._flow_run WHERE id = %(id)s::uuid UNION ALL"
        f" SELECT c.id, c.pass, c.record FROM {schema(ctx)}._flow_run AS c JOIN down AS o ON c.parent = o.id)"
        " SELECT * FROM (SELECT s.run, s.seq, s.step, s.kind, o.pass, s.state, s.input, s.output, s.error, s.started_at, s.ended_at, s.attempt,"
        f" o.record FROM down AS o JOIN {schema(ctx)}._flow_step AS s ON s.run = o.id"
        " ORDER BY s.run <> %(id)s::uuid, s.state = 'done', s.started_at, s.run, s.seq LIMIT %(n)s) AS q"
        " ORDER BY q.started_at, q.pass NULLS FIRST, q.run, q.seq",
        {"id": id, "n": LINES},
    )
    language = ctx.actor.language
    names = [
        "run", "seq", "step", "kind", "iteration", "state", "input", "output", "error", "started_at", "ended_at",
        "attempt", "record",
    ]  # fmt: skip
    out["steps"] = [dict(zip(names, line, strict=True)) | {"error": _said(line[8], language)} for line in lines]
    stands = await ctx.db.row(
        f"SELECT r.change_set, r.state, r.token, r.children, EXISTS (SELECT FROM {schema(ctx)}._journal AS j WHERE j.change_set = r.change_set)"
        f" FROM {schema(ctx)}._flow_run AS r WHERE r.id = %(id)s::uuid",
        {"id": id},
    )
    if stands is None:
        raise NotFound
    out["change_set"], state, token, children, wrote = stands
    fits = {"resume": _resumable(token, children), "undo": wrote and out["undone_by"] is None}
    out["acts"] = [act for act, states in ACTS.items() if state in states and fits.get(act, True)]
    return out


def _resumable(token: str | None, children: int) -> bool:
    """Whether a waiting run can wait no longer: what waits for somebody's decision, or for other runs, goes on by that alone."""
    return not children and (token is None or token.startswith("event:"))


async def figures(ctx: Context, flow: str) -> dict[str, Any]:
    """``{"steps": {id: {"running", "waiting", "done", "failed", ...}}}`` of the runs that began in the last 30 days."""
    may_shape(ctx)
    rows = await ctx.db.fetch(
        f"SELECT s.step, s.state, count(*) FROM {schema(ctx)}._flow_step AS s JOIN {schema(ctx)}._flow_run AS r ON r.id = s.run"
        " WHERE r.flow = %(flow)s::uuid AND r.started_at > now() - interval '30 days' GROUP BY 1, 2",
        {"flow": flow if is_id(flow) else None},
    )
    out: dict[str, dict[str, int]] = {}
    for step, state, n in rows:
        out.setdefault(step, {"running": 0, "waiting": 0, "done": 0, "failed": 0})[state] = n
    return {"steps": out}


# -- by hand -----------------------------------------------------------------------------------------------------------


async def _locked(ctx: Context, id: str, act: str) -> Moving:
    """A run to be seen to, locked; Conflict when it is in a state in which this cannot be done."""
    may_shape(ctx)
    row = None
    if is_id(id):
        row = await ctx.db.row(
            f"SELECT {COLUMNS} FROM {schema(ctx)}._flow_run WHERE id = %(id)s::uuid FOR UPDATE", {"id": id}
        )
    if row is None:
        raise NotFound
    found = Moving(*row)
    if found.state not in ACTS[act]:
        raise Conflict("flow_state")
    return found


async def _ready(ctx: Context, run: Moving, waits: Mapping[str, Any] | None) -> None:
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow_run SET state = 'ready', due_at = now(), token = NULL, ended_at = NULL, error = NULL,"
        " waits = %(waits)s::jsonb WHERE id = %(id)s::uuid",
        {"id": run.id, "waits": dumps(waits).decode() if waits else None},
    )
    await _revive(ctx, run.parent)
    await call(ctx.db, ctx.workspace)


async def _revive(ctx: Context, parent: str | None) -> None:
    """A run that failed because of another waits for it again."""
    while parent is not None:
        row = await ctx.db.row(
            f"UPDATE {schema(ctx)}._flow_run SET state = 'waiting', children = children + 1, ended_at = NULL, error = NULL"
            " WHERE id = %(id)s::uuid AND state IN ('failed', 'waiting') RETURNING parent, children",
            {"id": parent},
        )
        # Above one that waits already nothing has changed.
        parent = row[0] if row and row[1] == 1 else None


async def retry(ctx: Context, id: str) -> dict[str, Any]:
    """The step that failed once more; of a loop, those passes that failed. One whose outcome is unknown keeps its key."""
    found = await _locked(ctx, id, "retry")
    again = await ctx.db.fetch(
        f"SELECT {', '.join('c.' + n.strip() for n in COLUMNS.split(','))} FROM {schema(ctx)}._flow_run AS c WHERE c.parent = %(id)s::uuid"
        " AND c.parent_step = %(step)s AND c.state IN ('failed', 'unknown', 'stopped') FOR UPDATE",
        {"id": id, "step": found.step},
    )
    for row in again:
        child = Moving(*row)
        await _ready(ctx, child, {"seq": (child.waits or {}).get("seq")} if child.state == "unknown" else None)
    if not again:
        await _ready(ctx, found, {"seq": (found.waits or {}).get("seq")} if found.state == "unknown" else None)
    return await run(ctx, id)


async def skip(ctx: Context, id: str) -> dict[str, Any]:
    """Go on after the step as if it had been done."""
    found = await _locked(ctx, id, "skip")
    await _cancel_below(ctx, id)
    carrier = await Carrier.open(ctx.db, ctx.workspace, [found])
    step = carrier.step_of(found)
    if step is None:
        raise Conflict("flow_gone")
    revived = found.state != "waiting"
    if found.state == "failed":
        found.waits = None
    found.children = 0
    carrier.apply(found, step, Done(), None)
    for line in found.logs.values():
        line["state"] = "skipped"
    await carrier.save()
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow_run SET error = NULL, ended_at = NULL WHERE id = %(id)s::uuid", {"id": id}
    )
    if revived:
        await _revive(ctx, found.parent)
    await lapse(ctx)
    await call(ctx.db, ctx.workspace)
    return await run(ctx, id)


async def cancel(ctx: Context, id: str) -> dict[str, Any]:
    """End it where it is; what it wrote stays, and can be undone."""
    found = await _locked(ctx, id, "cancel")
    counted = found.state in ("ready", "running", "waiting")
    await _cancel_below(ctx, id)
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow_run SET state = 'cancelled', due_at = NULL, token = NULL, children = 0, ended_at = now()"
        " WHERE id = %(id)s::uuid",
        {"id": id},
    )
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow_step SET state = 'cancelled', ended_at = now() WHERE run = %(id)s::uuid AND state IN ('waiting', 'running')",
        {"id": id},
    )
    if found.parent and counted:
        left = await ctx.db.value(
            f"UPDATE {schema(ctx)}._flow_run SET children = greatest(children - 1, 0) WHERE id = %(id)s::uuid RETURNING children",
            {"id": found.parent},
        )
        if left == 0:
            await passes_ended(ctx.db, ctx.workspace, found.parent)
            await call(ctx.db, ctx.workspace)
    await lapse(ctx)
    return await run(ctx, id)


async def _cancel_below(ctx: Context, id: str) -> None:
    await ctx.db.execute(
        f"WITH RECURSIVE down AS (SELECT id FROM {schema(ctx)}._flow_run WHERE parent = %(id)s::uuid UNION ALL"
        f" SELECT c.id FROM {schema(ctx)}._flow_run AS c JOIN down AS b ON c.parent = b.id)"
        f" UPDATE {schema(ctx)}._flow_run SET state = 'cancelled', due_at = NULL, token = NULL, ended_at = now()"
        " WHERE id IN (SELECT id FROM down) AND state NOT IN ('done', 'cancelled')",
        {"id": id},
    )


async def resume(ctx: Context, id: str) -> dict[str, Any]:
    """Wait no longer."""
    found = await _locked(ctx, id, "resume")
    mine = await ctx.db.row(f"SELECT token, children FROM {schema(ctx)}._flow_run WHERE id = %(id)s::uuid", {"id": id})
    if mine is None or not _resumable(*mine):
        raise Conflict("flow_state")
    await _ready(ctx, found, {**(found.waits or {}), "woken": {"by": ctx.actor.id}})
    return await run(ctx, id)


async def undo(ctx: Context, id: str, *, force: bool = False) -> dict[str, Any]:
    """Take back what the run wrote, with what it started; what somebody edited since is kept and listed, unless forced."""
    found = await _locked(ctx, id, "undo")
    taken = await ctx.db.value(
        f"SELECT undone_by FROM {schema(ctx)}._flow_run WHERE id = %(id)s::uuid", {"id": found.root}
    )
    if taken and not force:
        raise Conflict("already_undone")
    done = await records.undo(ctx, found.change_set, force=force)
    await ctx.db.execute(
        f"UPDATE {schema(ctx)}._flow_run SET undone_by = %(by)s::uuid WHERE id = %(id)s::uuid",
        {"by": done["change_set"], "id": found.root},
    )
    return done
