"""What shows or asks for a field, and would not work any more once the catalog is another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from guanxi.base import Invalid, NotFound
from guanxi.pg import Connection
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import EVERYTHING, Actor, Context, Workspace
from guanxi.records.row import NOBODY
from guanxi.schema.catalog import Catalog
from guanxi.schema.query import Query, read_query

Users = Callable[[Connection, Workspace, Catalog, Catalog], Awaitable[list[dict[str, Any]]]]
"""Answers what of one's own works under the first catalog and not under the second, as :func:`broken` does."""

_users: list[Users] = []


def uses(find: Users) -> Users:
    """Makes a function one that is asked what a change of the catalog would break."""
    _users.append(find)
    return find


def stops(what: str, name: str, label: Mapping[str, str], code: str) -> dict[str, Any]:
    """One thing of a kind (``what``) that would not work any more, and the message that says why."""
    return {"step": f"{what} {name}", "label": label, "breaks": code, "later": False, "rows": 0}


async def broken(db: Connection, workspace: Workspace, before: Catalog, after: Catalog) -> list[dict[str, Any]]:
    """``[{"step": "view account.hot", "label", "breaks"}]``: the views, declared and saved, that work now and would not, and what
    else uses the catalog."""
    found = [
        (o.name, v.name, dict(v.label), {"filter": v.filter, "sort": v.sort, "columns": v.columns, "card": v.card, "by": v.by, "sum": v.sum})
        for o in before.objects.values()
        for v in o.views
    ]  # fmt: skip
    rows = await db.fetch(f"SELECT object, id::text, definition FROM {quote(workspace.schema)}._view")
    found += [(object, id, definition.get("label") or {}, definition) for object, id, definition in rows]
    out: list[dict[str, Any]] = []
    for object, name, label, view in found:
        if object in after.entities and _wrong(db, workspace, before, object, view) is None:
            reason = _wrong(db, workspace, after, object, view)
            if reason is not None:
                out.append(stops("view", f"{object}.{name}", label, reason))
    for find in _users:
        out += await find(db, workspace, before, after)
    return out


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
        Compiler(Context(db, workspace, catalog, actor)).list(Query(object, query.filter, query.sort, query.fields, 1))
    except Invalid as invalid:
        return invalid.errors[0].code if invalid.errors else invalid.code
    except NotFound:
        return "unknown_object"
    return None
