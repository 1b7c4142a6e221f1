"""Saved views: lists as somebody keeps them, personal or shared with everybody.

A view is checked by being used: what it shows, filters and sorts by must be readable by whoever saves it. Who opens it
later reads with their own rights; columns that they may not see are left out by the page's own query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from guanxi import records
from guanxi.base import FieldError, Forbidden, Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.pg import Connection, quote
from guanxi.records import Context
from guanxi.records.belongings import Belonging, belongs
from guanxi.schema.model import VIEW_KINDS
from guanxi.schema.query import Query, read_query

Scope = Literal["personal", "shared"]
SHARING = frozenset({"catalog", "settings"})
"""Any of these system rights allows to share views and to change everybody's."""

MOST = 200
"""Personal views of one user, or shared views, of one object."""

KEYS = ("label", "kind", "columns", "filter", "sort", "group", "by", "card", "sum", "look", "first")

LOOK = 4_000
"""Characters of the look: how the page draws a view (widths, a chart's shape), which is the page's own business."""


def _table(ctx: Context) -> str:
    return f"{quote(ctx.workspace.schema)}._view"


def _may_share(ctx: Context) -> bool:
    return ctx.actor.system or bool(SHARING & ctx.actor.grants.system)


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    id, object_name, owner, definition = row
    return {
        "id": id,
        "object": object_name,
        "name": id,
        **{k: definition.get(k) for k in KEYS},
        "scope": "shared" if owner is None else "personal",
    }


async def listing(ctx: Context) -> list[dict[str, Any]]:
    """The caller's own views and the shared ones, of all objects, in the order in which they were made."""
    rows = await ctx.db.fetch(
        f"SELECT id, object, owner, definition FROM {_table(ctx)}"
        " WHERE owner = %(me)s OR owner IS NULL ORDER BY object, owner IS NULL DESC, position, id",
        {"me": ctx.actor.id},
    )
    return [_shown(row) for row in rows if row[1] in ctx.catalog.entities]


async def create(ctx: Context, object_name: str, definition: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Save a view; answers it with its id. Raises Invalid naming what cannot be used."""
    if scope == "shared" and not _may_share(ctx):
        raise Forbidden
    checked = await _checked(ctx, object_name, definition)
    owner = None if scope == "shared" else ctx.actor.id
    many = await ctx.db.value(
        f"SELECT count(*) FROM {_table(ctx)} WHERE object = %(object)s AND owner IS NOT DISTINCT FROM %(owner)s::uuid",
        {"object": object_name, "owner": owner},
    )
    if many >= MOST:
        raise Invalid(errors=[FieldError(None, "too_complex", {"limit": MOST})])
    if checked["first"]:
        await _only_first(ctx, object_name, owner)
    id = new_id()
    await ctx.db.execute(
        f"INSERT INTO {_table(ctx)} (id, object, owner, created_by, position, definition)"
        " VALUES (%(id)s, %(object)s, %(owner)s::uuid, %(me)s, %(position)s, %(definition)s)",
        {"id": id, "object": object_name, "owner": owner, "me": ctx.actor.id, "position": many, "definition": checked},
    )
    return _shown((id, object_name, owner, checked))


async def change(
    ctx: Context, view_id: str, definition: Mapping[str, Any], scope: Scope | None = None
) -> dict[str, Any]:
    """Change some keys of a view, or share it; answers it. Raises NotFound, Forbidden, Invalid."""
    object_name, owner, before = await _mine(ctx, view_id)
    if scope is not None and scope != ("shared" if owner is None else "personal"):
        if not _may_share(ctx):
            raise Forbidden
        owner = None if scope == "shared" else ctx.actor.id
    checked = await _checked(ctx, object_name, {**before, **definition})
    if definition.get("first"):
        await _only_first(ctx, object_name, owner)
    await ctx.db.execute(
        f"UPDATE {_table(ctx)} SET definition = %(definition)s, owner = %(owner)s::uuid WHERE id = %(id)s",
        {"id": view_id, "definition": checked, "owner": owner},
    )
    return _shown((view_id, object_name, owner, checked))


async def _only_first(ctx: Context, object_name: str, owner: str | None) -> None:
    """Takes the mark from the view that opened first until this one does."""
    await ctx.db.execute(
        f"UPDATE {_table(ctx)} SET definition = definition || '{{\"first\": false}}'"
        " WHERE object = %(object)s AND owner IS NOT DISTINCT FROM %(owner)s::uuid AND definition->>'first' = 'true'",
        {"object": object_name, "owner": owner},
    )


async def remove(ctx: Context, view_id: str) -> None:
    """Drop a view. Raises NotFound, Forbidden."""
    await _mine(ctx, view_id)
    await ctx.db.execute(f"DELETE FROM {_table(ctx)} WHERE id = %(id)s", {"id": view_id})


async def _mine(ctx: Context, view_id: str) -> tuple[str, str | None, dict[str, Any]]:
    """A view that the caller may change: one's own, or a shared one with the right to share."""
    row = None
    if is_id(view_id):
        row = await ctx.db.row(
            f"SELECT object, owner, created_by, definition FROM {_table(ctx)}"
            " WHERE id = %(id)s AND (owner = %(me)s OR owner IS NULL) FOR UPDATE",
            {"id": view_id, "me": ctx.actor.id},
        )
    if row is None:
        raise NotFound
    object_name, owner, author, definition = row
    if owner is None and author != ctx.actor.id and not _may_share(ctx):
        raise Forbidden
    return object_name, owner, definition


async def _checked(ctx: Context, object_name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The definition in one form, after trying it. ``label`` is a text, or one by language."""
    entity = ctx.catalog.object(object_name)
    definition = {k: raw.get(k) for k in KEYS}
    label = definition["label"]
    if isinstance(label, str):
        label = {"en": label.strip()}
    if (
        not isinstance(label, Mapping)
        or not all(isinstance(v, str) and 0 < len(v) <= 100 for v in label.values())
        or not label
    ):
        raise Invalid(errors=[FieldError("label", "required")])
    kind = definition["kind"] or "table"
    if kind not in VIEW_KINDS:
        raise Invalid(errors=[FieldError("kind", "not_an_option", {"value": kind})])
    columns, card = definition["columns"] or [], definition["card"] or []
    for name, value in (("columns", columns), ("card", card)):
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value) or len(value) > 100:
            raise Invalid(errors=[FieldError(name, "must_be_list")])
    by, total, group = definition["by"] or "", definition["sum"] or "", definition["group"] or ""
    for name, value in (("by", by), ("sum", total), ("group", group)):
        if not isinstance(value, str):
            raise Invalid(errors=[FieldError(name, "must_be_text")])
    look = definition["look"] or {}
    if not isinstance(look, Mapping):
        raise Invalid(errors=[FieldError("look", "wrong_type", {"expected": "an object"})])
    if len(dumps(look)) > LOOK:
        raise Invalid(errors=[FieldError("look", "too_complex", {"limit": LOOK})])
    sort = definition["sort"] or ""
    shown = [*dict.fromkeys([*columns, *card, *(v for v in (by, total, group) if v)])]
    query = read_query(object_name, {"filter": definition["filter"], "sort": sort, "fields": shown or None, "limit": 1})
    await records.find(ctx, Query(entity.name, query.filter, query.sort, query.fields, 1))
    return {
        "label": dict(label),
        "kind": kind,
        "columns": list(columns),
        "filter": definition["filter"],
        "sort": sort if isinstance(sort, str) else ",".join(sort),
        "group": group,
        "by": by,
        "card": list(card),
        "sum": total,
        "look": dict(look),
        "first": bool(definition["first"]),
    }


# -- with the hand-over of a leaver -------------------------------------------------------------------------------------


async def _count(ctx: Context, user: str) -> int:
    return await ctx.db.value(f"SELECT count(*) FROM {_table(ctx)} WHERE owner = %(user)s::uuid", {"user": user})


async def _give(ctx: Context, user: str, to: str) -> int:
    """A copy of each personal view; which list opens first stays each one's own choice."""
    return await ctx.db.execute(
        f"INSERT INTO {_table(ctx)} (id, object, owner, created_by, position, definition, via) SELECT gen_random_uuid(), object,"
        " %(to)s::uuid, created_by, position, definition || '{\"first\": false}', %(set)s::uuid"
        f" FROM {_table(ctx)} WHERE owner = %(user)s::uuid",
        {"user": user, "to": to, "set": ctx.change_set},
    )


async def _back(db: Connection, schema: str, change_set: str) -> None:
    await db.execute(f"DELETE FROM {schema}._view WHERE via = %(set)s::uuid", {"set": change_set})


belongs(Belonging("views", {"en": "Their own views", "zh": "个人视图"}, _count, _give, _back))
