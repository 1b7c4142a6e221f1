"""What uses the catalog, and what of it would not work any more, or names an option that is going, once the catalog is another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guanxi.base import Invalid, NotFound
from guanxi.base.shape import mapping, sequence
from guanxi.pg import Connection
from guanxi.records import paging
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import EVERYTHING, Actor, Context, Workspace
from guanxi.records.row import NOBODY
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.changes.ruling import rule_json
from guanxi.schema.query import Query, read_query


@dataclass(frozen=True, slots=True)
class Use:
    """Something of a kind (``what``) that is about the records of an object and says ``said`` (JSON) of them. ``wrong`` answers the
    code of why it does not work under a catalog, None where it does."""

    what: str
    name: str
    label: Mapping[str, str]
    object: str
    said: Any
    wrong: Callable[[Catalog], Awaitable[str | None]]


Users = Callable[[Connection, Workspace, Catalog], Awaitable[list[Use]]]
_users: list[Users] = []


def uses(find: Users) -> Users:
    """Makes a function one that is asked for what of one's own uses the catalog."""
    _users.append(find)
    return find


async def _right(_: Catalog) -> str | None:
    return None


async def broken(db: Connection, workspace: Workspace, before: Catalog, after: Catalog) -> list[dict[str, Any]]:
    """``[{"step": "view account.hot", "label", "breaks"}]``: what works now and would not, with the code of why; and, with ``names``
    for ``breaks``, what goes on and names an option or a stage that would be gone (``["account.tier", "gold"]``)."""
    gone, out = _gone(before, after), list[dict[str, Any]]()
    found = _declared(before) + await _views(db, workspace, before)
    for find in _users:
        found += await find(db, workspace, before)
    for use in found:
        entity = before.entities.get(use.object)
        step = {"step": f"{use.what} {use.name}", "label": use.label, "later": False, "rows": 0}
        if await use.wrong(before) is not None:
            continue
        if (code := await use.wrong(after)) is not None:
            out.append({**step, "breaks": code})
        elif entity and gone and (named := sorted(set(_named(before, entity, use.said, gone)))):
            out.append({**step, "names": named})
    return out


# -- options that go ---------------------------------------------------------------------------------------------------

Gone = Mapping[tuple[str, str], set[str]]
"""By object and field, the options and stages that can be chosen now and could not be."""


def _choices(catalog: Catalog) -> dict[tuple[str, str], set[str]]:
    out = {
        (e.name, n): {o.name for o in f.options if o.active}
        for e in catalog.entities.values()
        for n, f in e.fields.items()
        if f.options
    }
    for e in catalog.entities.values():
        if e.stage is not None:
            out[e.name, e.stage.name] = {s.name for p in catalog.pipelines_of(e.name) for s in p.stages}
    return out


def _gone(before: Catalog, after: Catalog) -> Gone:
    there = _choices(after)
    return {k: less for k, had in _choices(before).items() if k in there and (less := had - there[k])}


def _named(catalog: Catalog, entity: Entity, said: Any, gone: Gone) -> Iterator[tuple[str, str]]:
    """The options among these that a piece of JSON about an object's records names: ``("account.tier", "gold")``. Conditions name
    them by ``field`` and ``value``, values and points by the field's own key; a part may be about another object."""
    for one in sequence(said) or ():
        yield from _named(catalog, entity, one, gone)
    if (what := mapping(said)) is None:
        return
    down = entity.children.get(str(what.get("any") or what.get("none")))
    entity = catalog.entities.get(down.object if down else str(what.get("object")), entity)
    if isinstance(what.get("field"), str):
        *links, name = what["field"].split(".")
        at: Entity | None = entity
        for link in links:
            at = catalog.entities.get(at.fields[link].target or "") if at and link in at.fields else None
        if at is not None:
            yield from _held(at.name, name, what.get("value"), gone)
    for key, value in what.items():
        yield from _held(entity.name, key, value, gone)
        yield from _named(catalog, entity, value, gone)


def _held(object_name: str, name: str, value: Any, gone: Gone) -> Iterator[tuple[str, str]]:
    for option in gone.get((object_name, name), ()):
        if option == value or option in (sequence(value) or ()) or option in (mapping(value) or ()):
            yield f"{object_name}.{name}", option


# -- what the catalog itself says of its fields ------------------------------------------------------------------------


def _declared(catalog: Catalog) -> list[Use]:
    """Defaults, rules, rules of access and roll-ups: with what would not work in them a change is refused."""
    out: list[Use] = []
    for e in catalog.entities.values():
        for f in e.fields.values():
            if f.default is not None:
                out.append(Use("default", f"{e.name}.{f.name}", f.label, e.name, {f.name: f.default}, _right))
            if children := e.children.get(str(f.config.get("children"))):
                about = {"object": children.object, "where": f.config.get("where")}
                out.append(Use("rollup", f"{e.name}.{f.name}", f.label, e.name, about, _right))
        for rule in e.definition.rules:
            said: list[Any] = [rule_json(rule), dict.fromkeys(rule.fields, rule.value)]
            if rule.by:
                said = [{rule.by: rule.value}, *({n: v} for v in rule.value.values() for n in rule.fields)]
            if rule.pipeline or rule.stages:
                said.append({e.stage.name: list(rule.stages)} if e.stage else {})
            out.append(Use("rule", f"{e.name}.{rule.name}", rule.label, e.name, said, _right))
        out += [Use("access", f"{e.name}.{a.name}", a.label, e.name, a.when, _right) for a in e.definition.access]
    return out


async def _views(db: Connection, workspace: Workspace, before: Catalog) -> list[Use]:
    """The views, declared and saved, of objects."""
    found: list[tuple[str, str, Mapping[str, str], Mapping[str, Any]]] = [
        (o.name, v.name, dict(v.label), {"filter": v.filter, "sort": v.sort, "columns": v.columns, "card": v.card, "by": v.by, "sum": v.sum})
        for o in before.objects.values()
        for v in o.views
    ]  # fmt: skip
    rows = await db.fetch(f"SELECT object, id::text, definition FROM {quote(workspace.schema)}._view")
    found += [(object, id, definition.get("label") or {}, definition) for object, id, definition in rows]

    def use(object: str, name: str, label: Mapping[str, str], view: Mapping[str, Any]) -> Use:
        async def wrong(catalog: Catalog) -> str | None:
            return _wrong(db, workspace, catalog, object, view) if object in catalog.entities else None

        return Use("view", f"{object}.{name}", label, object, view.get("filter"), wrong)

    return [use(*one) for one in found]


def _wrong(db: Connection, workspace: Workspace, catalog: Catalog, object: str, view: Mapping[str, Any]) -> str | None:
    """What is wrong with a view under this catalog; None when nothing is."""
    actor = Actor(
        NOBODY, "system", language=workspace.language, timezone=workspace.timezone, grants=EVERYTHING, system=True
    )
    single = [v for k in ("by", "sum", "group") if (v := view.get(k))]
    shown = [*dict.fromkeys([*(view.get("columns") or ()), *(view.get("card") or ()), *single])]
    try:
        query = read_query(
            object, {"filter": view.get("filter"), "sort": view.get("sort") or "", "fields": shown or None, "limit": 1}
        )
        paging.page(
            Compiler(Context(db, workspace, catalog, actor)), Query(object, query.filter, query.sort, query.fields, 1)
        )
    except Invalid as invalid:
        return invalid.errors[0].code if invalid.errors else invalid.code
    except NotFound:
        return "unknown_object"
    return None
