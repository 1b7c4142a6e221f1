"""The one statement behind every grade and every stage: for one record or for all, as it is now or as a draft would have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from guanxi.base import Invalid
from guanxi.pg import quote
from guanxi.records import Context
from guanxi.records.compile import Compiler
from guanxi.schema.catalog import Entity
from guanxi.standing import inputs
from guanxi.standing.model import Grading, Lifecycle, Stage

STEPS = 100
"""Percentiles that a factor is compared with."""


def system(ctx: Context) -> Context:
    """The program itself, reckoning: days begin where the workspace is, whoever asks."""
    made = ctx.as_system("standing")
    return replace(made, actor=replace(made.actor, timezone=ctx.workspace.timezone))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: SQL of a condition on ``t``, after the id ``after`` in the order of ids, at most ``most``."""

    ids: Sequence[str] | None = None
    after: str | None = None
    most: int | None = None

    def sql(self, c: Compiler) -> str:
        """SQL of the condition."""
        parts = ["TRUE"]
        if self.ids is not None:
            parts.append(c.among("t.id", list(self.ids)) if self.ids else "FALSE")
        if self.after is not None:
            parts.append(f"t.id > {c.bind(self.after, 'uuid')}")
        return " AND ".join(parts)


def held(c: Compiler, entity: Entity, kind: str) -> str:
    """SQL of a join with what somebody has laid down by hand, as long as it lasts, as ``o``."""
    return (
        f" LEFT JOIN {c.table('_standing_override')} AS o ON o.record = b.id AND o.object = {c.bind(entity.name, 'text')}"
        f" AND o.kind = {c.bind(kind, 'text')} AND (o.until IS NULL OR o.until > {c.bind(c.env.now, 'timestamptz')})"
    )


def _stood(c: Compiler, entity: Entity) -> str:
    """SQL of a join with the grade that a record has had since a moment, as ``h``."""
    return (
        f" LEFT JOIN {c.table('_standing_passage')} AS h ON h.record = b.id AND h.object = {c.bind(entity.name, 'text')}"
        " AND h.kind = 'grade' AND h.left_at IS NULL"
    )


def _base(c: Compiler, entity: Entity, when: Any, wanted: Wanted, columns: Sequence[str]) -> str:
    """SQL of the records with what is read of each; the OFFSET keeps PostgreSQL from reading it again for every use."""
    source, visible = c.source(entity, "t")
    applies = c.where(entity, "t", when, trusted=True)
    order = f" ORDER BY t.id LIMIT {wanted.most}" if wanted.most else ""
    listed = ", ".join(["t.id", f"({applies}) AS applies", *columns])
    return f"(SELECT {listed} FROM {source} WHERE {visible} AND {wanted.sql(c)}{order} OFFSET 0) AS b"


def _now(entity: Entity, name: str, kind: str) -> str:
    """SQL of what stands in a field, if there is one."""
    return f"t.{quote(name)}" if name in entity.fields else f"NULL::{kind}"


@dataclass(frozen=True, slots=True)
class Graded:
    """SQL that gives for each record ``id``, ``grade`` (``ruled``: without what was laid down by hand) and ``now_grade``, ``total``
    and ``now_total``, ``due`` and ``now_due``, for each axis ``x<i>`` and ``now_x<i>``, for each factor ``p<i>`` and for each input
    ``i<i>``; ``faults`` are the factors and contacts (by place among the inputs) that make no sense any more."""

    sql: str
    args: dict[str, Any]
    readings: list[inputs.Reading | None]
    faults: dict[int, Invalid]


def grades(
    ctx: Context, plan: Grading, quantiles: Mapping[str, list[float]], object_name: str, wanted: Wanted
) -> Graded:
    """The statement of a scheme of grades. What cannot be read any more counts as a factor that is not there."""
    ctx = system(ctx)
    c, entity = Compiler(ctx), ctx.catalog.object(object_name)
    readings: list[inputs.Reading | None] = []
    broken: dict[int, Invalid] = {}
    factors = [f for a in plan.axes for f in a.factors]
    for i, what in enumerate(plan.inputs):
        try:
            found = inputs.reading(c, entity, "t", what, trusted=True)
            if i < len(factors) and (found.kind == "choice") != (factors[i].scale.kind == "options"):
                raise Invalid.one("scale", "bad_config", reason="it does not fit what the field is now")
            readings.append(found)
        except Invalid as invalid:
            broken[i] = invalid
            readings.append(None)
    columns = [f"{_now(entity, plan.field, 'text')} AS now_grade", f"{_now(entity, plan.score, 'bigint')} AS now_total"]
    columns.append(f"{_now(entity, plan.due, 'date')} AS now_due")
    columns += [f"{_now(entity, a.field, 'bigint')} AS now_x{i}" for i, a in enumerate(plan.axes)]
    last = len(factors)
    for i, r in enumerate(readings):
        if r is None:
            columns.append(f"NULL::{'numeric' if i < last else 'timestamptz'} AS i{i}")
        else:
            columns.append(f"{inputs.value(c, r) if i < last else r.sql} AS i{i}")
            if r.kind == "moment" and i < last:
                columns.append(f"{r.sql} AS m{i}")
    points = [
        "NULL::numeric" if readings[i] is None else inputs.points(c, f"b.i{i}", f.scale, f.empty, quantiles.get(str(i)))
        for i, f in enumerate(factors)
    ]
    listed = ", ".join(f"{p} AS p{i}" for i, p in enumerate(points))
    at = 0
    sides: list[str] = []
    for a in plan.axes:
        sides.append(_mean(c, [(f"p.p{at + i}", f.weight) for i, f in enumerate(a.factors)]))
        at += len(a.factors)
    axes = ", ".join(f"{s} AS x{i}" for i, s in enumerate(sides))
    total = _mean(c, [(f"x.x{i}", a.weight) for i, a in enumerate(plan.axes)])
    grade = " ".join(f"WHEN s.total >= {c.bind(g.least, 'numeric')} THEN {c.bind(g.name, 'text')}" for g in plan.grades)
    those = _base(c, entity, plan.when, wanted, columns)
    sql = (
        f"SELECT b.*, p.*, x.*, s.total, g.grade, g.ruled, o.value AS laid, d.* FROM {those}"
        f"{held(c, entity, 'grade')}{_stood(c, entity)} CROSS JOIN LATERAL (SELECT {listed} OFFSET 0) AS p"
        f" CROSS JOIN LATERAL (SELECT {axes} OFFSET 0) AS x CROSS JOIN LATERAL (SELECT CASE WHEN b.applies THEN {total} END AS total) AS s"
        f" CROSS JOIN LATERAL (SELECT r.ruled, coalesce(o.value, r.ruled) AS grade FROM (SELECT CASE {grade} END AS ruled) AS r) AS g"
        f" CROSS JOIN LATERAL (SELECT {_dues(c, plan)}) AS d"
    )
    return Graded(sql, c.args, readings, broken)


def _mean(c: Compiler, parts: Sequence[tuple[str, float]]) -> str:
    """SQL of the weighted mean, a whole number, of those that are there."""
    above = " + ".join(f"coalesce({p} * {c.bind(w, 'numeric')}, 0)" for p, w in parts)
    below = " + ".join(f"CASE WHEN {p} IS NULL THEN 0 ELSE {c.bind(w, 'numeric')} END" for p, w in parts)
    return f"round(({above}) / nullif({below}, 0))::bigint"


def _dues(c: Compiler, plan: Grading) -> str:
    """SQL of the day on which each kind of contact is due, and of the first of them: so long after the last one as the grade says;
    where there was none, after it got this grade."""
    first = sum(len(a.factors) for a in plan.axes)
    zone, now, each = c.bind(c.ctx.workspace.timezone, "text"), c.bind(c.env.now, "timestamptz"), list[str]()
    for i, contact in enumerate(plan.contacts):
        days = " ".join(
            f"WHEN {c.bind(g.name, 'text')} THEN {c.bind(g.every[contact.name], 'int')}"
            for g in plan.grades
            if contact.name in g.every
        )
        start = f"coalesce(b.i{first + i}, CASE WHEN h.value = g.grade THEN h.at ELSE {now} END)"
        each.append(f"(({start} AT TIME ZONE {zone})::date + CASE g.grade {days} END)" if days else "NULL::date")
    listed = "".join(f"{day} AS due{i}, " for i, day in enumerate(each))
    return f"{listed}least({', '.join(each)}) AS due" if each else "NULL::date AS due"


async def quantiles(ctx: Context, plan: Grading, object_name: str) -> dict[str, list[float]]:
    """The percentiles (0 to 100) of the inputs of each factor that is told by them, over all records that are graded."""
    ctx = system(ctx)
    c, entity = Compiler(ctx), ctx.catalog.object(object_name)
    wanted: list[tuple[int, str]] = []
    for i, f in enumerate(f for a in plan.axes for f in a.factors):
        if f.scale.kind == "percentile":
            try:
                wanted.append((i, inputs.value(c, inputs.reading(c, entity, "t", f.input, trusted=True))))
            except Invalid:
                continue
    if not wanted:
        return {}
    those = _base(c, entity, plan.when, Wanted(), [f"{sql} AS i{i}" for i, sql in wanted])
    steps = c.bind([n / STEPS for n in range(STEPS + 1)], "float8[]")
    found = ", ".join(f"percentile_disc({steps}) WITHIN GROUP (ORDER BY b.i{i})" for i, _ in wanted)
    [row] = await ctx.db.fetch(f"SELECT {found} FROM {those} WHERE b.applies", c.args)
    known: dict[str, list[float]] = {}
    for (i, _), steps_of in zip(wanted, row, strict=True):
        if steps_of and steps_of[0] is not None:
            known[str(i)] = [float(v) for v in steps_of]
    return known


@dataclass(frozen=True, slots=True)
class Staged:
    """SQL that gives for each record ``id``, ``stage`` (``ruled``: without what was laid down by hand) and ``now_stage``."""

    sql: str
    args: dict[str, Any]
    faults: dict[str, Invalid]


@dataclass(frozen=True, slots=True)
class Then:
    """A moment of the past, and where records stood shortly before it: their ids, stages, and since when."""

    moment: datetime
    ids: Sequence[str] = ()
    stages: Sequence[str | None] = ()
    since: Sequence[datetime | None] = ()


def stages(ctx: Context, plan: Lifecycle, object_name: str, wanted: Wanted, then: Then | None = None) -> Staged:
    """The statement of a lifecycle: the furthest stage that applies; where none does, a record stays where it is.

    With ``then`` rules look at the past, and what was laid down by hand does not count.
    """
    ctx = system(ctx).then(then.moment if then else None)
    c, entity = Compiler(ctx), ctx.catalog.object(object_name)
    c.few = wanted.ids is not None
    now, since, broken, cases = "b.now_stage", "b.since", dict[str, Invalid](), list[str]()
    tests: list[tuple[Stage, str]] = []
    columns = [
        f"{_now(entity, plan.field, 'text')} AS now_stage",
        f"{_now(entity, plan.since, 'timestamptz')} AS since",
    ]
    for i, s in enumerate(plan.stages):
        try:
            columns.append(f"({c.where(entity, 't', s.when, trusted=True)}) AS c{i}")
            tests.append((s, f"b.c{i}"))
        except Invalid as invalid:
            broken[s.name] = invalid
    join, laid = held(c, entity, "lifecycle"), "o.value"
    if then is not None:
        arrays = f"{c.bind(list(then.ids), 'uuid[]')}, {c.bind(list(then.stages), 'text[]')}, {c.bind(list(then.since), 'timestamptz[]')}"
        join, laid = f" LEFT JOIN unnest({arrays}) AS w(id, stage, since) ON w.id = b.id", "NULL::text"
        now, since = "w.stage", "w.since"
    for s, holds in reversed(tests):
        test = holds
        if s.after:
            stays = f"{now} = {c.bind(s.name, 'text')}"
            if s.days is not None:
                stays += f" AND {since} > {c.bind(c.env.now, 'timestamptz')} - make_interval(days => {c.bind(s.days, 'int')})"
            test = f"({holds} AND ({now} = ANY({c.bind(list(s.after), 'text[]')}) OR ({stays})))"
        cases.append(f"WHEN {test} THEN {c.bind(s.name, 'text')}")
    case = f"CASE {' '.join(cases)} ELSE {now} END" if cases else now
    those = _base(c, entity, plan.when, wanted, columns)
    sql = (
        f"SELECT b.id, {now} AS now_stage, {since} AS since, {laid} AS laid, r.ruled, coalesce({laid}, r.ruled) AS stage"
        f" FROM {those}{join} CROSS JOIN LATERAL (SELECT CASE WHEN b.applies THEN {case} END AS ruled) AS r"
    )
    return Staged(sql, c.args, broken)
