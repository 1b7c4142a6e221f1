"""Schemes of a workspace: kept, put into force, tried before that, and what a new workspace begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from guanxi.base import Conflict, Invalid, Label, NotFound, Stale
from guanxi.base.json import dumps
from guanxi.pg import Connection, quote
from guanxi.pg.jobs import defer
from guanxi.records import Context, Workspace, evolve, load_catalog, note, system_actor
from guanxi.records.uses import Use, uses
from guanxi.records.workspaces import begins
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.touching import Touch
from guanxi.standing import inputs, reckoning
from guanxi.standing.model import KINDS, Grading, Kind, Lifecycle, Scheme
from guanxi.standing.reckoning import Wanted
from guanxi.standing.shaping import read

RECKON = "standing.reckon"
PLANS = 200
"""Schemes kept as they were understood."""
Template = Callable[[Catalog], Mapping[str, Any]]
_templates: dict[tuple[str, Kind], Template] = {}

PLAIN: Mapping[Kind, Mapping[str, Any]] = {
    "grade": {
        "axes": [],
        "grades": [
            {"name": "a", "label": {"en": "A", "zh": "A"}, "from": 70},
            {"name": "b", "label": {"en": "B", "zh": "B"}, "from": 40},
            {"name": "c", "label": {"en": "C", "zh": "C"}, "from": 0},
        ],
    },
    "lifecycle": {"stages": []},
}
"""What a scheme begins with where nobody has made a template."""


def template(object_name: str, kind: Kind) -> Callable[[Template], Template]:
    """Makes ``f(catalog)`` the scheme that an object has from the beginning. What of it the catalog does not have is left out."""

    def register(make: Template) -> Template:
        _templates[object_name, kind] = make
        return make

    return register


def _kind(kind: str) -> Kind:
    for known in KINDS:
        if known == kind:
            return known
    raise NotFound


def offered(catalog: Catalog, object_name: str, kind: Kind) -> dict[str, Any]:
    """The template of an object, as far as the catalog has what it names."""
    make = _templates.get((object_name, kind))
    raw: Any = make(catalog) if make else PLAIN[kind]
    return {
        **raw,
        **{key: _fitting(catalog, object_name, kind, raw, key) for key in ("axes", "stages", "contacts") if key in raw},
    }


def _fitting(catalog: Catalog, object_name: str, kind: Kind, raw: Mapping[str, Any], key: str) -> list[Any]:
    """The entries (of axes their factors) that can be read here."""

    def reads(part: Mapping[str, Any]) -> bool:
        try:
            read(catalog, object_name, kind, {**PLAIN[kind], **part})
        except Invalid as invalid:
            return not any(e.field and e.field.startswith(key) for e in invalid.errors)
        return True

    if key == "axes":
        axes = [
            {**a, "factors": [f for f in a["factors"] if reads({"axes": [{**a, "factors": [f]}]})]} for a in raw["axes"]
        ]
        return [a for a in axes if a["factors"]]
    return [
        one
        for one in raw[key]
        if (key == "contacts" and reads({key: [one]}))
        or (key == "stages" and reads({key: [{**one, "after": [], "days": None}]}))
    ]


# -- kept --------------------------------------------------------------------------------------------------------------


async def load(
    db: Connection, workspace: Workspace, catalog: Catalog, object_name: str | None = None, kind: str | None = None
) -> list[Scheme]:
    """The schemes that there are; what the catalog does not have any more is left out when they are reckoned."""
    rows = await db.fetch(
        f"SELECT object, kind, plan, active, edit, quantiles, watches, md5(plan::text) FROM {quote(workspace.schema)}._standing_scheme"
        " WHERE (%(object)s::text IS NULL OR object = %(object)s) AND (%(kind)s::text IS NULL OR kind = %(kind)s) ORDER BY object, kind",
        {"object": object_name, "kind": kind},
    )
    return [
        Scheme(o, _kind(k), plan, raw, active, edit, quantiles, tuple(watches))
        for o, k, raw, active, edit, quantiles, watches, text in rows
        if o in catalog.entities and (plan := _understood(catalog, o, _kind(k), raw, text)) is not None
    ]


_plans: dict[tuple[object, str, str, str], Grading | Lifecycle | None] = {}
"""Schemes as they were understood, by catalog, object, kind and text: to read one takes longer than to ask where a record stands."""


def _understood(
    catalog: Catalog, object_name: str, kind: Kind, raw: Mapping[str, Any], text: str
) -> Grading | Lifecycle | None:
    key = (catalog.mark, object_name, kind, text)
    if key not in _plans:
        if len(_plans) >= PLANS:
            _plans.clear()
        _plans[key] = _lenient(catalog, object_name, kind, raw)
    return _plans[key]


@uses
async def used(db: Connection, workspace: Workspace, now: Catalog) -> list[Use]:
    """The schemes: one is wrong of which a part would be left out."""
    rows = await db.fetch(
        f"SELECT object, kind, plan FROM {quote(workspace.schema)}._standing_scheme WHERE active ORDER BY object, kind"
    )

    def use(object_name: str, kind: str, raw: Mapping[str, Any]) -> Use:
        async def wrong(catalog: Catalog) -> str | None:
            try:
                read(catalog, object_name, _kind(kind), raw)
            except NotFound:
                return "unknown_object"
            except Invalid as invalid:
                return invalid.errors[0].code
            return None

        label = now.entities[object_name].definition.label if object_name in now.entities else {}
        points = [
            {f["input"].get("formula", ""): f["scale"].get("options")}  # what is given for an option
            for axis in raw.get("axes", ())
            for f in axis.get("factors", ())
        ]
        return Use(kind, object_name, label, object_name, [raw, points], wrong)

    return [use(*row) for row in rows]


def _lenient(catalog: Catalog, object_name: str, kind: Kind, raw: Mapping[str, Any]) -> Grading | Lifecycle | None:
    """A kept scheme; what of it has lost its ground since (a field that was retired) is taken away."""
    try:
        return read(catalog, object_name, kind, raw)
    except Invalid:
        keys = [k for k in ("axes", "stages", "contacts") if k in raw]
        less = {**raw, **{k: _fitting(catalog, object_name, kind, raw, k) for k in keys}}
        known = {c["name"] for c in less.get("contacts", ())}
        if "grades" in less:
            less["grades"] = [
                {**g, "every": {n: d for n, d in (g.get("every") or {}).items() if n in known}} for g in less["grades"]
            ]
        stages = {s["name"] for s in less.get("stages", ())}
        if "stages" in less:
            less["stages"] = [{**s, "after": [n for n in s.get("after") or () if n in stages]} for s in less["stages"]]
        try:
            return read(catalog, object_name, kind, less)
        except Invalid:
            return None


async def in_force(ctx: Context) -> dict[str, list[str]]:
    """The kinds of schemes that are in force, by object."""
    rows = await ctx.db.fetch(
        f"SELECT object, kind FROM {quote(ctx.workspace.schema)}._standing_scheme WHERE active ORDER BY 1, 2"
    )
    out: dict[str, list[str]] = {}
    for object_name, kind in rows:
        out.setdefault(object_name, []).append(kind)
    return out


async def known(ctx: Context) -> list[dict[str, Any]]:
    """All schemes, with those that are offered: ``[{"object", "kind", "active", "edit", "reckoned_at"}]``."""
    rows = await ctx.db.fetch(
        f"SELECT object, kind, active, edit, reckoned_at FROM {quote(ctx.workspace.schema)}._standing_scheme ORDER BY object, kind"
    )
    found: dict[tuple[str, str], dict[str, Any]] = {
        (r[0], r[1]): dict(zip(("object", "kind", "active", "edit", "reckoned_at"), r, strict=True)) for r in rows
    }
    for object_name, kind in _templates:
        if object_name in ctx.catalog.entities:
            empty = {"object": object_name, "kind": kind, "active": False, "edit": 0, "reckoned_at": None}
            found.setdefault((object_name, kind), empty)
    return [found[key] for key in sorted(found) if key[0] in ctx.catalog.entities]


async def get(ctx: Context, object_name: str, kind: str) -> dict[str, Any]:
    """One scheme: ``{"object", "kind", "active", "edit", "reckoned_at", "plan", "faults"}``; where there is none yet, the one that is
    offered (``edit`` 0)."""
    ctx.catalog.object(object_name)
    which = _kind(kind)
    row = await ctx.db.row(
        f"SELECT active, edit, reckoned_at, plan FROM {quote(ctx.workspace.schema)}._standing_scheme"
        " WHERE object = %(object)s AND kind = %(kind)s",
        {"object": object_name, "kind": kind},
    )
    active, edit, at, plan = row or (False, 0, None, offered(ctx.catalog, object_name, which))
    errors: list[dict[str, str | None]] = []
    if edit:
        try:
            read(ctx.catalog, object_name, which, plan)
        except Invalid as invalid:
            errors = [{"field": e.field, "message": e.message(ctx.actor.language)} for e in invalid.errors]
    return {
        "object": object_name,
        "kind": kind,
        "active": active,
        "edit": edit,
        "reckoned_at": at,
        "plan": plan,
        "faults": errors,
    }


def shape(entity: Entity, plan: Grading | Lifecycle, active: bool) -> Iterator[dict[str, Any]]:
    """Changes of the catalog that a scheme needs: its fields, the options, and that nobody writes them while it is in force."""
    if isinstance(plan, Grading):
        label: Label = {"en": "Grade", "zh": "等级"}
        wanted = [{"name": g.name, "label": g.label, "color": g.color} for g in plan.grades]
        numbers: list[tuple[str, str, Label]] = [(plan.score, "integer", {"en": "Score", "zh": "综合得分"})]
        numbers += [
            (a.field, "integer", {k: f"{v}{' score' if k == 'en' else '得分'}" for k, v in a.label.items()})
            for a in plan.axes
        ]
        numbers.append((plan.due, "date", {"en": "Contact due", "zh": "应联系日期"}))
    else:
        label = {"en": "Lifecycle", "zh": "生命周期"}
        wanted = [{"name": s.name, "label": s.label, "color": s.color} for s in plan.stages]
        numbers = [(plan.since, "datetime", {"en": "In this stage since", "zh": "进入当前阶段时间"})]
    base = {"object": entity.name}
    f = entity.fields.get(plan.field)
    if f is None:
        yield {
            "op": "add_field", **base, "name": plan.field, "type": "select", "label": label, "options": wanted,
            "index": True, "track": True, "readonly": active,
        }  # fmt: skip
    else:
        have = {o.name: o for o in f.options}
        for option in wanted:
            there = have.get(option["name"])
            if there is None:
                yield {"op": "add_option", **base, "field": f.name, "option": option}
            elif (
                not there.active
                or there.label != option["label"]
                or (option["color"] and there.color != option["color"])
            ):
                yield {
                    "op": "change_option", **base, "field": f.name, "option": {**option, "color": option["color"] or there.color},
                }  # fmt: skip
        for name, there in have.items():
            if there.active and active and all(o["name"] != name for o in wanted):
                yield {"op": "retire_option", **base, "field": f.name, "option": name}
        if f.readonly != active and "readonly" not in f.firm:
            yield {"op": "change_field", **base, "field": f.name, "readonly": active}
    for name, kind, text in numbers:
        if name not in entity.fields:
            yield {
                "op": "add_field", **base, "name": name, "type": kind, "label": text, "readonly": True,
                "index": name == getattr(plan, "due", ""),
            }  # fmt: skip


async def put(
    ctx: Context, object_name: str, kind: str, raw: Mapping[str, Any], active: bool, edit: int | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Keep a scheme and, where it is active, put it into force: its fields are made and all records are reckoned by a job. Answers
    the scheme and the changes of the catalog, whose right the caller looks at. ``ctx.db`` is a transaction of the installation's
    owner. Raises Invalid, and Stale where ``edit`` is not what is there."""
    which = _kind(kind)
    entity = ctx.catalog.object(object_name)
    if entity.definition.activity or (entity.definition.area in ("", "settings") and not entity.definition.custom):
        raise Conflict("standing_not_for")
    plan = read(ctx.catalog, object_name, which, raw)
    schema = quote(ctx.workspace.schema)
    args = {"object": object_name, "kind": kind}
    there = await ctx.db.value(
        f"SELECT edit FROM {schema}._standing_scheme WHERE object = %(object)s AND kind = %(kind)s FOR UPDATE", args
    )
    if edit is not None and edit != (there or 0):
        raise Stale
    changes = list(shape(entity, plan, active)) if active or there else []
    if changes:
        by = None if ctx.actor.system else ctx.actor.id
        done = await evolve(ctx.db, ctx.workspace, changes, actor=by)
        ctx = replace(ctx, catalog=done.catalog)
    watches = sorted({t.object for t in touches(ctx.catalog, object_name, plan)})
    await ctx.db.execute(
        f"INSERT INTO {schema}._standing_scheme AS s (object, kind, active, plan, watches, updated_by) VALUES"
        " (%(object)s, %(kind)s, %(active)s, %(plan)s::jsonb, %(watches)s, %(by)s::uuid) ON CONFLICT (object, kind) DO UPDATE SET"
        " active = excluded.active, plan = excluded.plan, watches = excluded.watches, quantiles = '{}', edit = s.edit + 1,"
        " reckoned_at = NULL, updated_at = now(), updated_by = excluded.updated_by",
        {
            **args,
            "active": active,
            "plan": dumps(raw).decode(),
            "watches": watches,
            "by": None if ctx.actor.system else ctx.actor.id,
        },
    )
    await note(ctx, "settings", object=object_name, name="standing", scheme=kind, active=active)
    if active:
        job = {"workspace": ctx.workspace.id, "object": object_name, "kind": kind, "why": "scheme"}
        await defer(ctx.db, RECKON, job, lock=f"standing {ctx.workspace.id}")
    return await get(ctx, object_name, kind), changes


def touches(catalog: Catalog, object_name: str, plan: Grading | Lifecycle) -> list[Touch]:
    """Which changes may move which records of a scheme."""
    return inputs.touches(catalog, catalog.object(object_name), plan.inputs, plan.conditions, plan.fields)


@begins
async def begin(db: Connection, workspace: Workspace) -> None:
    """A new workspace grades from the first day on: what the templates say, as far as its shape allows."""
    for (object_name, kind), _ in sorted(_templates.items()):
        catalog = await load_catalog(db, workspace)
        if object_name in catalog.entities:
            ctx = Context(db, workspace, catalog, system_actor(workspace), "setup", "")
            try:
                await put(ctx, object_name, kind, offered(catalog, object_name, kind), active=True)
            except Invalid:  # a pack has taken a field's name for something else: the company decides
                continue


# -- tried -------------------------------------------------------------------------------------------------------------


async def preview(ctx: Context, object_name: str, kind: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What a scheme would do to all records, reckoned as it would be in force: ``{"total", "moves": [{"from", "to", "count"}], "before",
    "after" (counts by name), "risen", "fallen"}``."""
    which = _kind(kind)
    plan = read(ctx.catalog, object_name, which, raw)
    await ctx.db.execute("SET LOCAL statement_timeout = '120s'")
    if isinstance(plan, Grading):
        found = await reckoning.quantiles(ctx, plan, object_name)
        made = reckoning.grades(ctx, plan, found, object_name, Wanted())
        was, now, order = "now_grade", "grade", [g.name for g in plan.grades]
    else:
        made = reckoning.stages(ctx, plan, object_name, Wanted())
        was, now, order = "now_stage", "stage", [s.name for s in reversed(plan.stages)]
    rows = await ctx.db.fetch(
        f"SELECT q.{was}, q.{now}, count(*) FROM ({made.sql}) AS q GROUP BY 1, 2 ORDER BY 3 DESC", made.args
    )
    rank = {name: i for i, name in enumerate(order)}
    before, after = dict[str, int](), dict[str, int]()
    risen = fallen = 0
    for old, new, n in rows:
        for side, name in ((before, old), (after, new)):
            if name is not None:
                side[name] = side.get(name, 0) + n
        if old in rank and new in rank:
            risen += n if rank[new] < rank[old] else 0
            fallen += n if rank[new] > rank[old] else 0
    return {
        "total": sum(r[2] for r in rows),
        "moves": [{"from": old, "to": new, "count": n} for old, new, n in rows if old != new],
        "before": before,
        "after": after,
        "risen": risen,
        "fallen": fallen,
    }
