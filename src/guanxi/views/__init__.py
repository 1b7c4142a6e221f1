"""Saved views: lists as somebody keeps them, personal, shared with a team or with everybody.

One column says whose a view is: a user's, a team's, or nobody's and so everybody's. What a team has is seen by its members, by who
leads it and by whoever made it.

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

Scope = Literal["personal", "team", "shared"]
SHARING = frozenset({"catalog", "settings"})
"""Any of these system rights allows to share views and to change what is shared; who leads a team may do so in it."""

MOST = 200
"""Views of one user, of one team, or of everybody, of one object."""

KEYS = ("label", "kind", "columns", "filter", "sort", "group", "by", "card", "sum", "look", "first")

LOOK = 4_000
"""Characters of the look: how the page draws a view (widths, a chart's shape), which is the page's own business."""


def _table(ctx: Context) -> str:
    return f"{quote(ctx.workspace.schema)}._view"


def _may_share(ctx: Context) -> bool:
    return ctx.actor.system or bool(SHARING & ctx.actor.grants.system)


_SEEN = "v.owner IS NULL OR v.owner = ANY(%(mine)s::uuid[]) OR t.id IS NOT NULL AND v.created_by = %(me)s"

_MINE = "(v.owner = %(me)s OR v.created_by = %(me)s OR t.lead = %(me)s) IS TRUE"


def _seen(ctx: Context) -> tuple[str, dict[str, Any]]:
    """FROM and WHERE of the views that the caller sees, with the teams whose they are."""
    teams = f"{quote(ctx.workspace.schema)}.team"
    return (
        f"{_table(ctx)} v LEFT JOIN {teams} t ON t.id = v.owner WHERE ({_SEEN})",
        {"me": ctx.actor.id, "mine": [ctx.actor.id, *ctx.actor.teams]},
    )


def _shown(ctx: Context, row: tuple[Any, ...], mine: bool = True) -> dict[str, Any]:
    id, object_name, owner, definition = row
    scope: Scope = "shared" if owner is None else "personal" if owner == ctx.actor.id else "team"
    return {
        "id": id,
        "object": object_name,
        "name": id,
        **{k: definition.get(k) for k in KEYS},
        "scope": scope,
        "team": owner if scope == "team" else None,
        "mine": mine,
    }


async def listing(ctx: Context) -> list[dict[str, Any]]:
    """The views that the caller sees, of all objects: everybody's, the teams' and the caller's own, each in the order in which they
    were made. ``mine`` are those that the caller may change."""
    seen, values = _seen(ctx)
    rows = await ctx.db.fetch(
        f"SELECT v.id, v.object, v.owner, v.definition, {_MINE} FROM {seen} ORDER BY v.object, v.owner IS NULL DESC, v.owner = %(me)s, v.owner, v.position, v.id",
        values,
    )
    free = _may_share(ctx)
    return [_shown(ctx, row[:4], free or row[4]) for row in rows if row[1] in ctx.catalog.entities]


async def _whose(ctx: Context, scope: Scope, team: str | None) -> str | None:
    """Whose a view is that is shared so. Raises Forbidden, and Invalid for a team that is none."""
    if team is None and scope == "team":
        raise Invalid.one("team", "required")
    if team is None and scope == "personal":
        return ctx.actor.id
    led: bool | None = False
    if team is not None:
        led = await ctx.db.value(
            f"SELECT (lead = %(me)s) IS TRUE FROM {quote(ctx.workspace.schema)}.team WHERE id = %(team)s::uuid AND deleted_at IS NULL",
            {"me": ctx.actor.id, "team": team if is_id(team) else None},
        )
    if not led and not _may_share(ctx):
        raise Forbidden
    if led is None:
        raise Invalid.one("team", "reference_not_found")
    return team


async def create(
    ctx: Context, object_name: str, definition: Mapping[str, Any], scope: Scope, team: str | None = None
) -> dict[str, Any]:
    """Save a view; answers it with its id. With ``team`` it is that team's. Raises Invalid naming what cannot be used."""
    owner = await _whose(ctx, scope, team)
    checked = await _checked(ctx, object_name, definition)
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
    return _shown(ctx, (id, object_name, owner, checked))


async def change(
    ctx: Context, view_id: str, definition: Mapping[str, Any], scope: Scope | None = None, team: str | None = None
) -> dict[str, Any]:
    """Change some keys of a view, or whose it is; answers it. Raises NotFound, Forbidden, Invalid."""
    object_name, owner, before = await _mine(ctx, view_id)
    now = _shown(ctx, (view_id, object_name, owner, before))
    asked = ("team" if team else scope or now["scope"], team or now["team"])
    if asked[0] != now["scope"] or (asked[0] == "team" and asked[1] != owner):
        owner = await _whose(ctx, asked[0], team)
    checked = await _checked(ctx, object_name, {**before, **definition})
    if definition.get("first"):
        await _only_first(ctx, object_name, owner)
    await ctx.db.execute(
        f"UPDATE {_table(ctx)} SET definition = %(definition)s, owner = %(owner)s::uuid WHERE id = %(id)s",
        {"id": view_id, "definition": checked, "owner": owner},
    )
    return _shown(ctx, (view_id, object_name, owner, checked))


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
    """A view that the caller sees and may change."""
    seen, values = _seen(ctx)
    row = None
    if is_id(view_id):
        row = await ctx.db.row(
            f"SELECT v.object, v.owner, v.definition, {_MINE} FROM {seen} AND v.id = %(id)s FOR UPDATE OF v",
            {**values, "id": view_id},
        )
    if row is None:
        raise NotFound
    if not row[3] and not _may_share(ctx):
        raise Forbidden
    return row[:3]


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
