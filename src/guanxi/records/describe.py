"""The catalog as the page and programs read it: only what this actor may see, with what the actor may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.base import Invalid
from guanxi.records import access, rules
from guanxi.records.around import laid_out, panels_of, watched
from guanxi.records.compile import Compiler
from guanxi.records.context import SYSTEM_RIGHTS, VERBS, Actor, Context
from guanxi.records.evolve import roles
from guanxi.schema.catalog import Entity
from guanxi.schema.changes import rule_json
from guanxi.schema.filter import And, Condition, Filter, Not, Or, parse
from guanxi.schema.model import Field, Layout, Object, Rule, View
from guanxi.schema.types import TYPES, type_of


async def describe(ctx: Context) -> dict[str, Any]:
    """``{"version", "workspace", "me", "objects", "pipelines", "types", "roles"}``; hidden parts do not appear at all."""
    actor, workspace, catalog = ctx.actor, ctx.workspace, ctx.catalog
    seen = [e for e in catalog.entities.values() if access.may(actor, e, "read")]
    names = {e.name for e in seen}
    system = set[str](SYSTEM_RIGHTS if actor.system else actor.grants.system)
    for right in ("import", "export"):
        if any(access.may(actor, e, right) for e in seen if e.definition.area):
            system.add(right)
    return {
        "version": catalog.version,
        "workspace": {
            "id": workspace.id,
            "name": workspace.name,
            "language": workspace.language,
            "currency": workspace.currency,
            "timezone": workspace.timezone,
        },
        "me": {
            "id": actor.id,
            "name": actor.name,
            "email": actor.email,
            "role": actor.role,
            "language": actor.language,
            "timezone": actor.timezone,
            "can": sorted(system),
        },
        "objects": [describe_object(ctx, e, names) for e in seen],
        "pipelines": [
            {
                "name": p.name,
                "object": p.object,
                "label": p.label,
                "custom": p.custom,
                "stages": [
                    {
                        "name": s.name,
                        "label": s.label,
                        "kind": s.kind,
                        "probability": s.probability,
                        "color": s.color,
                        "required": [r for r in s.required if _shown(ctx, catalog.entities.get(p.object), r)],
                    }
                    for s in p.stages
                ],
            }
            for p in catalog.pipelines.values()
            if p.object in names
        ],
        "types": [
            {
                "name": t.name,
                "label": t.label,
                "operators": t.operators,
                "custom": t.custom,
                "many": t.many,
                "config": dict(t.config),
                "choices": {n: dict(known) for n, known in t.choices.items()},
            }
            for t in TYPES.values()
        ],
        "roles": await role_titles(ctx),
        **(
            {"retired_objects": [_retired(o) for o in catalog.objects.values() if o.retired]}
            if _may_shape(actor)
            else {}
        ),
    }


async def role_titles(ctx: Context) -> list[dict[str, Any]]:
    """``[{"id", "name", "title"}]`` of the roles that the reader may see, titles in their language."""
    entity = ctx.catalog.entities.get("role")
    if entity is None or not access.may(ctx.actor, entity, "read"):
        return []
    c = Compiler(ctx)
    source, visible = c.source(entity, "t")
    rows = await ctx.db.fetch(
        f"SELECT t.id, t.name, t.label FROM {source} WHERE {visible} ORDER BY t.created_at, t.id", c.args
    )
    # A role that came with the program, and that nobody has renamed, is called as the reader's language has it.
    seeded = {role.name: role.label for role in roles()}

    def title(name: str, label: str) -> str:
        own = seeded.get(name, {})
        return own.get(ctx.actor.language, label) if label in own.values() else label

    return [{"id": i, "name": n, "title": title(n, label)} for i, n, label in rows]


def _shown(ctx: Context, entity: Entity | None, name: str) -> bool:
    return entity is not None and name in entity.fields and access.readable(ctx.actor, entity, entity.fields[name])


def figures(o: Object, layout: Layout) -> tuple[str, ...]:
    """What stands beside the title: what was laid out, or the first amount, the first share or mark, and the first day."""
    if layout.header is not None:
        return layout.header
    kinds = [(f.name, TYPES[f.type]) for f in o.fields if not f.retired and not f.of]
    summed = [n for n, kind in kinds if "sum" in kind.aggregates]
    marks = [n for n, kind in kinds if "avg" in kind.aggregates and n not in summed]
    return (*summed[:1], *marks[:1], *[n for n, kind in kinds if kind.grains][:1])


def describe_object(ctx: Context, entity: Entity, names: set[str]) -> dict[str, Any]:
    """One object as the actor may see it."""
    o, actor = entity.definition, ctx.actor
    shown = [
        n
        for n in access.visible_fields(ctx.actor, entity)
        if not entity.fields[n].target or entity.fields[n].target in names
    ]
    known = set(shown)
    clear = {n for n in known if not access.masked(actor, entity, entity.fields[n])}
    # What can be written and not read (a password) is described too, so that forms can show it.
    fields = [
        n
        for n in entity.fields
        if n in known or (n in entity.secret and access.writable(ctx.actor, entity, entity.fields[n]))
    ]

    def keep(wanted: tuple[str, ...]) -> list[str]:
        return [n for n in wanted if n.split(".")[0] in fields]

    def laid(layout: Layout) -> dict[str, Any]:
        return {
            "sections": [{"label": s.label, "fields": keep(s.fields)} for s in layout.sections],
            "related": [r for r in layout.related if r in entity.children and entity.children[r].object in names],
            "header": [n for n in figures(o, layout) if n.split(".")[0] in fields or _sums(ctx, entity, n, names)],
            "actions": None if layout.actions is None else list(layout.actions),
            "panels": laid_out(layout.panels, o),
            "flows": layout.flows,
        }

    return {
        "name": o.name,
        "label": o.label,
        "plural": o.plural,
        "icon": o.icon,
        "area": o.area,
        "custom": o.custom,
        "title": o.title,
        "subtitle": keep(o.under),
        "owner": o.owner if o.owner in known else "",
        "activity": o.activity,
        "moment": o.moment if o.moment in known else "",
        "channel": o.channel if o.channel in known or o.channel not in entity.fields else "",
        "can": {verb: access.may(ctx.actor, entity, verb) for verb in VERBS},
        "fields": [describe_field(ctx, entity, entity.fields[n]) for n in fields],
        "layout": laid(o.layouts.get(actor.role, o.layout)),
        "views": [describe_view(v, known, clear) for v in o.views],
        "related": [
            {"name": c.name, "object": c.object, "field": c.field, "label": c.label, "kind": c.kind}
            for c in entity.children.values()
            if c.object in names and _shown(ctx, ctx.catalog.entities[c.object], c.field)
        ],
        "actions": [
            {
                "name": verb.name,
                "label": verb.label,
                "input": [describe_field(ctx, None, f) for f in verb.input],
                "when": filter_json(when) if when else None,
                **({"quiet": True} if verb.quiet else {}),
            }
            for verb in rules.actions(entity).values()
            if access.may(ctx.actor, entity, "update")
            if (when := verb.narrow(ctx) if verb.narrow else verb.when) or not verb.narrow
        ],
        "rules": [r for rule in o.rules if (r := describe_rule(ctx, entity, rule, known)) is not None],
        "panels": [{"name": p.name, "label": p.label} for p in panels_of(o).values()],
        "watched": watched(o.name),
        "measures": dict(o.measures),
        **({"pool": entity.pool, "pools": _pools(ctx, entity)} if entity.pool else {}),
        **(
            {
                "retired": [_retired(f) for f in o.fields if f.retired],
                "layouts": {"": laid(o.layout), **{r: laid(v) for r, v in o.layouts.items()}},
            }
            if _may_shape(actor)
            else {}
        ),
        **({"access": _rights(entity)} if actor.system or "roles" in actor.grants.system else {}),
    }


def _pools(ctx: Context, entity: Entity) -> list[dict[str, Any]]:
    """The pools that the actor is in, and what of their records they see masked."""
    return [
        {
            "id": s.pool,
            "name": s.name,
            "admin": s.admin,
            "masked": [n for n in entity.fields if access.veil(ctx.actor, entity, n) and n in s.masked and not s.admin],
            "views": s.views,
        }
        for s in ctx.actor.seats
        if s.object == entity.name
    ]


def _rights(entity: Entity) -> dict[str, Any]:
    """The rules of access of an object, and by which links it comes or could come."""
    return {
        "rules": [
            {
                "name": r.name,
                "label": r.label,
                "when": r.when,
                "to": list(r.to),
                "level": r.level,
                "kind": "only" if r.only else "grant",
            }
            for r in entity.definition.access
        ],
        "cascades": [
            {"field": n, "level": entity.cascades.get(n, "none")}
            for n, f in entity.fields.items()
            if (entity.types[n].link and not entity.types[n].many and f.target != "user" and not f.system)
            or entity.types[n].anywhere
        ],
    }


def describe_rule(ctx: Context, entity: Entity, rule: Rule, known: set[str]) -> dict[str, Any] | None:
    """A rule as the actor may see it: who shapes the catalog sees all; others what a form needs to obey it, its condition only
    where they may see all that it looks at (else ``asks`` says that the server is to be asked)."""
    if _may_shape(ctx.actor):
        return {**rule_json(rule), "custom": rule.custom, "asks": False}
    if not rule.active:
        return None
    fields = [n for n in rule.fields if n in known]
    if rule.fields and not fields:
        return None
    asks = (rule.when is not None and not _seen(ctx, entity, rule.when)) or bool(rule.by and rule.by not in known)
    return {
        **rule_json(rule),
        "fields": fields,
        **({"by": "", "value": []} if asks and rule.kind == "options" else {}),
        "when": None if asks else rule.when,
        **(
            {
                "match": [
                    {"fields": seen, "how": m.how} for m in rule.match if (seen := [n for n in m.fields if n in known])
                ]
            }
            if rule.kind == "duplicate"
            else {}
        ),
        "custom": rule.custom,
        "asks": asks,
    }


def _seen(ctx: Context, entity: Entity, when: Mapping[str, Any]) -> bool:
    """Whether the actor may see all that a condition looks at."""
    c = Compiler(ctx)
    c.image = ("t", "o")
    try:
        c.where(entity, "t", parse(when))
    except Invalid:
        return False
    return True


def _sums(ctx: Context, entity: Entity, name: str, names: set[str]) -> bool:
    """Whether a figure is the sum of a related list: ``opportunities.open``, by one of the related object's views."""
    related, _, view = name.partition(".")
    child = entity.children.get(related)
    if child is None or child.object not in names:
        return False
    other = ctx.catalog.entities[child.object]
    return _shown(ctx, other, child.field) and any(v.name == view for v in other.definition.views)


def _may_shape(actor: Actor) -> bool:
    return actor.system or "catalog" in actor.grants.system


def _retired(part: Field | Object) -> dict[str, Any]:
    """A field or an object that waits to be restored."""
    return {
        "name": part.name,
        "label": part.label,
        **({"type": part.type} if isinstance(part, Field) else {"icon": part.icon}),
    }


def describe_field(ctx: Context, entity: Entity | None, f: Field) -> dict[str, Any]:
    """One field; ``entity`` None for an input of an action."""
    kind = type_of(f)
    right = access.level(ctx.actor, entity, f) if entity else "write"
    masked = right in ("masked", "reveal")
    asked = kind.readable and not masked
    return {
        "name": f.name,
        "type": f.type,
        "label": f.label,
        "help": f.help,
        "required": f.required,
        "readonly": entity is not None and (f.readonly or kind.made or not access.writable(ctx.actor, entity, f)),
        "unique": f.unique,
        "index": f.index,
        "track": f.track,
        "system": f.system,
        "custom": f.custom,
        "of": f.of,
        "standard": entity is not None and kind.standardises(f) and not masked,
        "sortable": kind.sortable and not kind.many and asked,
        "groupable": kind.groupable and asked and not kind.anywhere,
        "search": bool(f.search) and not masked,
        "operators": (*kind.operators, *(("invalid",) if entity and f.name in entity.checked else ())) if asked else (),
        "aggregates": kind.aggregates if asked else (),
        **({"masked": right} if masked else {}),
        "options": [{"name": o.name, "label": o.label, "color": o.color, "active": o.active} for o in f.options],
        "target": f.target,
        "inverse": f.inverse,
        "default": f.default,
        # A formula may name what its reader may not see behind a link.
        "config": dict(f.config)
        if not kind.derived or _may_shape(ctx.actor)
        else {n: f.config[n] for n in ("result", "scale") if n in f.config},
    }


def describe_view(view: View, known: set[str], clear: set[str]) -> dict[str, Any]:
    """A standard view, without the columns that the actor may not see; what is masked is not sorted by."""

    def keep(names: tuple[str, ...]) -> list[str]:
        return [n for n in names if n.split(".")[0] in known]

    return {
        "id": None,
        "name": view.name,
        "label": view.label,
        "kind": view.kind,
        "columns": keep(view.columns),
        "filter": view.filter,
        "sort": ",".join(s for s in view.sort.split(",") if s.lstrip("-").split(".")[0] in clear),
        "by": view.by,
        "card": keep(view.card),
        "sum": view.sum,
        "scope": "standard",
    }


def filter_json(what: Filter) -> Mapping[str, Any]:
    """The JSON form of a filter that code has written."""
    match what:
        case And(parts):
            return {"and": [filter_json(p) for p in parts]}
        case Or(parts):
            return {"or": [filter_json(p) for p in parts]}
        case Not(part):
            return {"not": filter_json(part)}
        case Condition(path, op, value):
            return {"field": ".".join(path), "op": op, "value": value}
        case _:
            raise TypeError(f"{type(what).__name__} has no JSON form")
