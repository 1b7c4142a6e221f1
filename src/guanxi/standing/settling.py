"""What was reckoned is put into the records: figures beside them, grades and stages as changes that everybody hears of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from guanxi.base.json import dumps
from guanxi.pg import Connection, quote
from guanxi.records import MAX_BATCH, Context, Operation, Update, Workspace, write
from guanxi.records.compile import Compiler
from guanxi.records.kept import keep
from guanxi.standing import reckoning
from guanxi.standing.model import Grading, Scheme
from guanxi.standing.reckoning import Wanted

CHUNK = 2000
"""Records of one transaction."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A record passes from one grade or stage (``came_from``, None for none) to another, and why."""

    record: str
    came_from: str | None
    value: str | None
    reason: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fall:
    """A record has a lesser grade than before; ``points`` before and now; ``set``: the change set that it came with."""

    object: str
    record: str
    came_from: str
    value: str
    points: tuple[int | None, int | None]
    set: str


Hear = Callable[[Connection, Workspace, Scheme, Sequence[Fall]], Awaitable[None]]
_hearers: list[Hear] = []


def on_fall(hear: Hear) -> Hear:
    """Makes ``async def f(db, workspace, scheme, falls)`` hear of falling grades, in the transaction in which they fall; not where
    it was the scheme that changed."""
    _hearers.append(hear)
    return hear


@dataclass(frozen=True, slots=True)
class _Found:
    """What was reckoned by one scheme: figures of some records, by field, and who passes to another grade or stage."""

    scheme: Scheme
    ids: Sequence[str]
    figures: Mapping[str, Sequence[Any]]
    passages: Sequence[Passage]


async def settle(
    ctx: Context, scheme: Scheme, wanted: Wanted, why: str = "rule", reason: Mapping[str, Any] | None = None
) -> tuple[list[str], int]:
    """Reckon these records (by id, or a chunk in the order of ids) and put the result into them, in the caller's transaction: the
    ids that were looked at, and how many have another grade or stage. ``why``: ``rule``, ``scheme``, ``override`` or ``released``."""
    ctx = _system(ctx)
    ids = await _hold(ctx, scheme.object, wanted)
    if not ids:
        return [], 0
    (passages,) = await _put(ctx, [await _found(ctx, scheme, Wanted(ids=ids), why, reason or {})])
    return ids, len(passages)


async def settle_changed(ctx: Context, object_name: str, changed: Sequence[tuple[Scheme, Sequence[str]]]) -> set[str]:
    """Reckon records of one object by several schemes, by each those that are named with it; which have another grade or stage.
    A record is written once. No scheme may ask for what another of them says."""
    ctx = _system(ctx)
    held = set(await _hold(ctx, object_name, Wanted(ids=sorted({id for _, ids in changed for id in ids}))))
    found: list[_Found] = []
    for scheme, ids in changed:
        if there := [id for id in ids if id in held]:
            found.append(await _found(ctx, scheme, Wanted(ids=there), "rule", {}))
    return {p.record for passages in await _put(ctx, found) for p in passages} if found else set()


def _system(ctx: Context) -> Context:
    return replace(reckoning.system(ctx), cause=f"{ctx.cause} > standing" if "standing" not in ctx.cause else ctx.cause)


async def _found(ctx: Context, scheme: Scheme, wanted: Wanted, why: str, reason: Mapping[str, Any]) -> _Found:
    return await (_graded if isinstance(scheme.plan, Grading) else _staged)(ctx, scheme, wanted, why, reason)


async def _hold(ctx: Context, object_name: str, wanted: Wanted) -> list[str]:
    """Lock the records, in the order of their ids as roll-ups do, so that what is read of them is what stands there."""
    c = Compiler(ctx)
    source, visible = c.source(ctx.catalog.object(object_name), "t")
    limit = f" LIMIT {wanted.most}" if wanted.most else ""
    sql = f"SELECT t.id FROM {source} WHERE {visible} AND {wanted.sql(c)} ORDER BY t.id{limit} FOR NO KEY UPDATE"
    return [r[0] for r in await ctx.db.fetch(sql, c.args)]


async def _graded(ctx: Context, scheme: Scheme, wanted: Wanted, why: str, reason: Mapping[str, Any]) -> _Found:
    plan = scheme.plan
    assert isinstance(plan, Grading)  # noqa: S101 - the caller looked
    g = reckoning.grades(ctx, plan, scheme.quantiles, scheme.object, wanted)
    axes = range(len(plan.axes))
    sides, were = (", ".join(f"q.{p}x{i}" for i in axes) for p in ("", "now_"))
    rows = await ctx.db.fetch(
        f"SELECT q.id, q.now_grade, q.grade, q.now_total, q.total, q.due, q.laid, {sides}, {were} FROM ({g.sql}) AS q"
        f" WHERE (q.grade, q.total, q.due, {sides}) IS DISTINCT FROM (q.now_grade, q.now_total, q.now_due, {were})",
        g.args,
    )
    figures: dict[str, list[Any]] = {plan.score: [r[4] for r in rows], plan.due: [r[5] for r in rows]}
    n = len(plan.axes)
    for i, a in enumerate(plan.axes):
        figures[a.field] = [r[7 + i] for r in rows]
    passages: list[Passage] = []
    for r in rows:
        if r[1] == r[2]:
            continue
        by = "override" if r[6] is not None else why
        told = {"by": by, "points": [r[3], r[4]]}
        told["axes"] = {a.name: [r[7 + n + i], r[7 + i]] for i, a in enumerate(plan.axes) if r[7 + n + i] != r[7 + i]}
        passages.append(Passage(r[0], r[1], r[2], {**told, **reason}))
    return _Found(scheme, [r[0] for r in rows], figures, passages)


async def _staged(ctx: Context, scheme: Scheme, wanted: Wanted, why: str, reason: Mapping[str, Any]) -> _Found:
    plan = scheme.plan
    assert not isinstance(plan, Grading)  # noqa: S101 - the caller looked
    s = reckoning.stages(ctx, plan, scheme.object, wanted)
    rows = await ctx.db.fetch(
        f"SELECT q.id, q.now_stage, q.stage, q.laid FROM ({s.sql}) AS q WHERE (q.stage) IS DISTINCT FROM (q.now_stage)",
        s.args,
    )
    passages = [
        Passage(id, was, now, {"by": "override" if laid is not None else why, **reason}) for id, was, now, laid in rows
    ]
    return _Found(scheme, (), {}, passages)


async def _put(ctx: Context, found: Sequence[_Found]) -> list[list[Passage]]:
    """Figures beside the records, grades and stages into them, and who falls is told; the passages that were made, of each scheme."""
    for one in found:
        await keep(ctx, one.scheme.object, one.ids, one.figures)
    done = await _write(ctx, found)
    for one, passages in zip(found, done, strict=True):
        await note(ctx, one.scheme, passages, ctx.now)
        falls = _falls(ctx, one.scheme, passages)
        for hear in _hearers if falls else ():
            await hear(ctx.db, ctx.workspace, one.scheme, falls)
    return done


async def _write(ctx: Context, found: Sequence[_Found]) -> list[list[Passage]]:
    """Change the records through the one write path: the passages that were made, of each scheme. Those that a rule of the object
    refuses stay as they are, and come again; what is refused together is tried one by one."""
    by_record: dict[str, list[tuple[int, Passage]]] = {}
    for i, one in enumerate(found):
        for p in one.passages:
            by_record.setdefault(p.record, []).append((i, p))
    done: list[list[Passage]] = [[] for _ in found]
    waiting = list(by_record.values())
    while waiting:
        part, waiting = waiting[:MAX_BATCH], waiting[MAX_BATCH:]
        operations: list[Operation] = [
            Update(
                some[0][1].record,
                {n: v for i, p in some for n, v in _values(ctx, found[i].scheme, p).items()},
                trusted=True,
            )
            for some in part
        ]
        outcomes = await write(ctx, found[0].scheme.object, operations, atomic=False, render=False)
        for some, outcome in zip(part, outcomes, strict=True):
            if outcome.problem is None:
                for i, p in some:
                    done[i].append(p)
            elif len(some) > 1:
                waiting += [[one] for one in some]
    return done


def _values(ctx: Context, scheme: Scheme, passage: Passage) -> dict[str, Any]:
    plan = scheme.plan
    if isinstance(plan, Grading):
        return {plan.field: passage.value}
    return {plan.field: passage.value, plan.since: ctx.now if passage.value else None}


def _falls(ctx: Context, scheme: Scheme, passages: Sequence[Passage]) -> list[Fall]:
    plan = scheme.plan
    if not isinstance(plan, Grading):
        return []
    rank = {g.name: i for i, g in enumerate(plan.grades)}
    return [
        Fall(scheme.object, p.record, p.came_from, p.value, tuple(p.reason["points"]), ctx.change_set)
        for p in passages
        if p.came_from in rank and p.value in rank and rank[p.value] > rank[p.came_from] and p.reason["by"] == "rule"
    ]


async def note(ctx: Context, scheme: Scheme, passages: Sequence[Passage], at: datetime) -> None:
    """Note passages at a moment: the stay before ends then."""
    if not passages:
        return
    schema = quote(ctx.workspace.schema)
    args = {"object": scheme.object, "kind": scheme.kind, "at": at, "ids": [p.record for p in passages]}
    await ctx.db.execute(
        f"UPDATE {schema}._standing_passage SET left_at = %(at)s WHERE left_at IS NULL AND object = %(object)s AND kind = %(kind)s"
        " AND record = ANY(%(ids)s::uuid[])",
        args,
    )
    await ctx.db.execute(
        f"INSERT INTO {schema}._standing_passage (object, kind, at, record, came_from, value, reason)"
        " SELECT %(object)s, %(kind)s, %(at)s, s.record, s.came_from, s.value, s.reason"
        " FROM json_to_recordset(%(rows)s::json) AS s(record uuid, came_from text, value text, reason jsonb)",
        {
            **args,
            "rows": dumps(
                [{"record": p.record, "came_from": p.came_from, "value": p.value, "reason": p.reason} for p in passages]
            ).decode(),
        },
    )
