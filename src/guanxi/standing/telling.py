"""Why a record has its grade and its stage: each factor with what it looked at, and what would raise it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from guanxi.base import Invalid
from guanxi.pg import Settled, quote
from guanxi.records import Context, access, visible
from guanxi.records.compile import Compiler
from guanxi.records.journal import titles_of
from guanxi.schema.catalog import Entity
from guanxi.schema.formula import names
from guanxi.standing import inputs, reckoning
from guanxi.standing.model import Factor, Grading, Input, Lifecycle, Scheme
from guanxi.standing.reckoning import Wanted
from guanxi.standing.schemes import load

RAISES = 3
"""How many ways up are told."""
PASSAGES = 50


async def standing(ctx: Context, object_name: str, id: str) -> dict[str, Any]:
    """``{"grade", "lifecycle", "passages"}`` of a record that the reader may see; None for a scheme that is not in force.

    A grade is ``{"field", "value", "may", "points", "override", "axes": [{"name", "label", "weight", "points", "factors": [{"name",
    "label", "weight", "input", "value", "at", "unit", "falls", "points", "hidden"}]}], "next", "raises", "service", "contacts": [{"name", "label",
    "last", "due", "days"}]}``: ``value`` is what a factor looked at (a number, days since ``at``, an option), ``hidden`` where the reader may
    not see all that it is taken of, ``falls`` where less is better. ``raises`` are the factors that would lift it most. ``may``: the reader may lay it down by hand.
    Figures of fields that are hidden from the reader, and of an axis of which a factor is hidden, are None and in no passage.
    """
    entity = ctx.catalog.object(object_name)
    ctx = await visible(replace(ctx, few=True), object_name, id)
    out: dict[str, Any] = {"grade": None, "lifecycle": None, "passages": []}
    hidden: dict[str, Collection[str]] = {}
    for scheme in await load(ctx.db, ctx.workspace, ctx.catalog, object_name):
        if not scheme.active or not _reads(ctx, entity, scheme.plan.field):
            continue
        overridden = await _override(ctx, object_name, id, scheme.kind)
        tell = _grade if isinstance(scheme.plan, Grading) else _stage
        told, hidden[scheme.kind] = await tell(ctx, entity, scheme, id)
        out[scheme.kind] = {**told, "may": may_lay_down(ctx, entity, scheme.plan), "override": overridden}
    out["passages"] = await _passages(ctx, object_name, id, hidden)
    return out


def may_lay_down(ctx: Context, entity: Entity, plan: Grading | Lifecycle) -> bool:
    """Whether the actor may decide by hand what a scheme reckons: it is the scheme that nobody else writes the field for, so what
    counts is what the role gives on it."""
    if ctx.actor.system:
        return True
    return access.may(ctx.actor, entity, "update") and ctx.actor.grants.field(entity.name, plan.field) == "write"


def _reads(ctx: Context, entity: Entity, name: str) -> bool:
    f = entity.fields.get(name)
    return f is not None and access.readable(ctx.actor, entity, f)


def _hidden(ctx: Context, entity: Entity, plan: Grading | Lifecycle, seen: Mapping[int, bool]) -> set[str]:
    """Which of the figures ``points``, ``due``, ``since`` and ``axes.<name>`` the reader may not see: their field is hidden, or a
    factor of the axis is; ``seen`` by the place of a factor."""
    if isinstance(plan, Lifecycle):
        fields = {"since": plan.since}
    else:
        fields = {"points": plan.score, "due": plan.due, **{f"axes.{a.name}": a.field for a in plan.axes}}
    out = {name for name, field in fields.items() if not _reads(ctx, entity, field)}
    if isinstance(plan, Grading):
        places = ((a.name, i) for i, a in enumerate(a for a in plan.axes for _ in a.factors))
        out |= {f"axes.{name}" for name, i in places if not seen.get(i, False)}
    return out


async def _override(ctx: Context, object_name: str, id: str, kind: str) -> dict[str, Any] | None:
    row = await ctx.db.row(
        f"SELECT value, reason, until, at, by FROM {quote(ctx.workspace.schema)}._standing_override"
        " WHERE object = %(o)s AND record = %(id)s::uuid AND kind = %(k)s AND (until IS NULL OR until > now())",
        {"o": object_name, "id": id, "k": kind},
    )
    if row is None:
        return None
    value, reason, until, at, by = row
    titles = await titles_of(ctx, "user", [by] if by else [])
    return {
        "value": value,
        "reason": reason,
        "until": until,
        "at": at,
        "by": {"id": by, "title": titles.get(by)} if by else None,
    }


async def _row(ctx: Context, sql: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The one row of a statement, by column."""
    found = await ctx.db.value(Settled(f"SELECT to_jsonb(q) FROM ({sql}) AS q"), args)
    return found or {}


async def _grade(ctx: Context, entity: Entity, scheme: Scheme, id: str) -> tuple[dict[str, Any], Collection[str]]:
    plan = scheme.plan
    assert isinstance(plan, Grading)  # noqa: S101 - the caller looked
    made = reckoning.grades(ctx, plan, scheme.quantiles, scheme.object, Wanted(ids=[id]))
    row = await _row(ctx, made.sql, made.args)
    # What is at fault tells nothing.
    seen = {**await _seen(ctx, entity, plan, id), **dict.fromkeys(made.faults, True)}
    hidden = _hidden(ctx, entity, plan, seen)
    axes: list[dict[str, Any]] = []
    ways: list[dict[str, Any]] = []
    total, place = row.get("total"), 0
    grade = next((g for g in plan.grades if g.name == row.get("grade")), None)
    better = [g for g in plan.grades if total is not None and g.least > total]
    for n, a in enumerate(plan.axes):
        factors: list[dict[str, Any]] = []
        for i, f in enumerate(a.factors, place):
            reading = made.readings[i]
            told = {"name": f.name, "label": f.label, "weight": f.weight, "points": row.get(f"p{i}")}
            if i in made.faults:
                told["fault"] = made.faults[i].errors[0].message(ctx.actor.language)
            elif not seen.get(i, False):
                told |= {"points": None, "hidden": True}
            elif reading is not None:
                told |= {
                    "value": row.get(f"i{i}"),
                    "at": row.get(f"m{i}"),
                    "unit": reading.unit,
                    "falls": f.scale.falls,
                }
                if total is not None and (way := _raise(plan, row, n, i, f, scheme.quantiles.get(str(i)))):
                    ways.append({"axis": a.name, "factor": f.name, "label": f.label, **way})
            factors.append({**told, "input": _said(f.input)})
        place += len(a.factors)
        points = None if f"axes.{a.name}" in hidden else row.get(f"x{n}")
        axes.append({"name": a.name, "label": a.label, "weight": a.weight, "points": points, "factors": factors})
    ways.sort(key=lambda w: -w["gain"])
    lifted = better[-1] if better else None
    for way in ways:
        reached = (g.name for g in better if total + way["gain"] >= g.least and "points" not in hidden)
        way["reaches"] = next(reached, None)
    contacts = _contacts(ctx, plan, row, place, grade.every if grade else {}, seen)
    if "due" in hidden:
        contacts = [{**one, "due": None, "late": 0} for one in contacts]
    told = {
        "field": plan.field,
        "value": row.get("now_grade"),
        "reckoned": row.get("ruled"),
        "points": None if "points" in hidden else total,
        "due": None if "due" in hidden else row.get("due"),
        "axes": axes,
        "grades": [{"name": g.name, "from": g.least} for g in plan.grades],
        "next": {"name": lifted.name, "from": lifted.least} if lifted else None,
        "raises": ways[:RAISES],
        "service": {"every": grade.every, "response": grade.response, "text": grade.service} if grade else None,
        "contacts": contacts,
    }
    return told, hidden


def _said(what: Input) -> dict[str, str]:
    if what.children:
        return {"children": what.children, "function": what.function, "field": what.field}
    return {"formula": what.formula}


async def _seen(ctx: Context, entity: Entity, plan: Grading, id: str) -> dict[int, bool]:
    """By place, whether the reader sees of an input just what the program sees: what they may not see does not show through it."""
    mine = replace(ctx, actor=replace(ctx.actor, timezone=ctx.workspace.timezone))
    c, s = Compiler(mine), Compiler(reckoning.system(ctx))
    s.args = c.args  # one statement, one set of names
    parts: list[tuple[int, str]] = []
    for i, what in enumerate(plan.inputs):
        try:
            own = inputs.reading(c, entity, "t", what, trusted=False)
            whole = inputs.reading(s, entity, "t", what, trusted=True)
        except Invalid:
            continue
        if own.kind == whole.kind and _may(ctx, entity, what):
            parts.append((i, f"(({own.sql}) IS NOT DISTINCT FROM ({whole.sql}))"))
    if not parts:
        return {}
    source, visible_too = c.source(entity, "t")
    listed = ", ".join(sql for _, sql in parts)
    row = await ctx.db.row(
        c.said(f"SELECT {listed} FROM {source} WHERE t.id = {c.bind(id, 'uuid')} AND {visible_too}"), c.args
    )
    return {i: bool(v) for (i, _), v in zip(parts, row or (), strict=False)}


def _may(ctx: Context, entity: Entity, what: Input) -> bool:
    """Whether the reader may read the fields that an input names."""
    if what.children:
        child = entity.children.get(what.children)
        return child is not None and access.may(ctx.actor, ctx.catalog.entities[child.object], "read")
    used = {path[0] for path in names(what.formula)}
    return all(n in entity.fields and access.readable(ctx.actor, entity, entity.fields[n]) for n in used)


def _raise(
    plan: Grading, row: Mapping[str, Any], n: int, i: int, f: Factor, quantiles: list[float] | None
) -> dict[str, Any] | None:
    """The next step up of a factor: ``{"to", "points", "gain"}``, the input that it takes and what it adds to the whole score."""
    value, points = row.get(f"i{i}"), row.get(f"p{i}")
    if points is None or points >= 100:
        return None
    step: tuple[float | str, float] | None = None
    match f.scale.kind:
        case "bands":
            above = [(low, p) for low, p in f.scale.bands if p > points and (value is None or low > value)]
            # Where less is better, the way up is below.
            below = [
                (end - 1, p)
                for (_, p), (end, _) in zip(f.scale.bands, f.scale.bands[1:], strict=False)
                if p > points and value is not None and end <= value
            ]
            step = above[0] if above else below[-1] if below else None
        case "linear":
            step = (f.scale.high, 100)
        case "percentile":
            if quantiles and value is not None:
                at = min(100, (int(points) // 10 + 1) * 10)
                place = 100 - at if f.scale.down else at
                bound = quantiles[max(0, min(place, len(quantiles) - 1))]
                if bound != value and (bound < value) == f.scale.down:
                    step = (bound, at)
        case "options":
            best = max(f.scale.options.items(), key=lambda o: o[1], default=None)
            step = best if best and best[1] > points else None
    if step is None:
        return None
    a = plan.axes[n]
    at = sum(len(other.factors) for other in plan.axes[:n])
    counted = sum(g.weight for k, g in enumerate(a.factors, at) if row.get(f"p{k}") is not None)
    axes = sum(x.weight for k, x in enumerate(plan.axes) if row.get(f"x{k}") is not None)
    gain = (step[1] - points) * f.weight / counted * a.weight / axes if counted and axes else 0
    return {"to": step[0], "points": step[1], "gain": round(gain, 1)} if gain >= 0.5 else None


def _contacts(
    ctx: Context, plan: Grading, row: Mapping[str, Any], place: int, every: Mapping[str, int], seen: Mapping[int, bool]
) -> list[dict[str, Any]]:
    """Each kind of contact that the grade asks for: when the last was, when the next is due, and by how many days it is late."""
    out: list[dict[str, Any]] = []
    today: date = ctx.env.today
    for i, contact in enumerate(plan.contacts, place):
        days = every.get(contact.name)
        if days is None:
            continue
        last, due = row.get(f"i{i}"), row.get(f"due{i - place}")
        late = max(0, (today - date.fromisoformat(due)).days) if due else 0
        shown = last if seen.get(i, False) else None
        out.append(
            {"name": contact.name, "label": contact.label, "every": days, "due": due, "last": shown, "late": late}
        )
    return out


async def _stage(ctx: Context, entity: Entity, scheme: Scheme, id: str) -> tuple[dict[str, Any], Collection[str]]:
    plan = scheme.plan
    assert isinstance(plan, Lifecycle)  # noqa: S101 - the caller looked
    made = reckoning.stages(ctx, plan, scheme.object, Wanted(ids=[id]))
    row = await _row(ctx, made.sql, made.args)
    times = await ctx.db.fetch(
        f"SELECT value, min(at), sum(extract(epoch FROM coalesce(left_at, now()) - at))::float8"
        f" FROM {quote(ctx.workspace.schema)}._standing_passage WHERE object = %(o)s AND record = %(id)s::uuid AND kind = 'lifecycle'"
        " GROUP BY 1",
        {"o": scheme.object, "id": id},
    )
    hidden = _hidden(ctx, entity, plan, {})
    entered = {} if "since" in hidden else {r[0]: (r[1], r[2] / 86400) for r in times}
    told = {
        "field": plan.field,
        "value": row.get("now_stage"),
        "reckoned": row.get("ruled"),
        "since": None if "since" in hidden else row.get("since"),
        "stages": [
            {
                "name": s.name,
                "kind": s.kind,
                "entered": entered[s.name][0] if s.name in entered else None,
                "days": round(entered[s.name][1], 1) if s.name in entered else None,
            }
            for s in plan.stages
        ],
    }
    return told, hidden


async def _passages(
    ctx: Context, object_name: str, id: str, hidden: Mapping[str, Collection[str]]
) -> list[dict[str, Any]]:
    """The last passages of these schemes, newest first, without the figures that are hidden in each."""
    rows = await ctx.db.fetch(
        f"SELECT kind, came_from, value, at, left_at, reason FROM {quote(ctx.workspace.schema)}._standing_passage"
        " WHERE object = %(o)s AND record = %(id)s::uuid AND kind = ANY(%(kinds)s::text[]) ORDER BY at DESC, id DESC LIMIT %(n)s",
        {"o": object_name, "id": id, "kinds": list(hidden), "n": PASSAGES},
    )
    names = ("kind", "from", "to", "at", "left_at", "reason")
    titles = await titles_of(ctx, "user", {r[5]["user"] for r in rows if "user" in r[5]})
    out: list[dict[str, Any]] = [dict(zip(names, r, strict=True)) for r in rows]
    for one in out:
        if "points" in hidden[one["kind"]]:
            one["reason"].pop("points", None)
        if axes := one["reason"].get("axes"):
            one["reason"]["axes"] = {n: v for n, v in axes.items() if f"axes.{n}" not in hidden[one["kind"]]}
        if user := one["reason"].get("user"):
            one["reason"]["user"] = {"id": user, "title": titles.get(user)}
    return out
