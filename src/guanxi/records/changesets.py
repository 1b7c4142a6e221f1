"""Bulk acts as a list: what was done to many records as one, by whom, to which objects; newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi.base.json import dumps
from guanxi.records import access
from guanxi.records.compile import quote
from guanxi.records.context import Context
from guanxi.records.cursor import make_cursor, open_cursor
from guanxi.records.journal import titles_of, who
from guanxi.records.undo import may_see_all, untold
from guanxi.schema.query import Query

COUNTED = 2_000
"""Changes up to which a set is said by the objects that it touched; counting larger ones would cost more than it tells."""

_VERBS = {
    "create": "created",
    "restore": "created",
    "update": "updated",
    "delete": "deleted",
    "archive": "deleted",
    "unarchive": "created",
}


async def change_sets(
    ctx: Context,
    limit: int = 50,
    cursor: str | None = None,
    *,
    kind: str | None = None,
    object: str | None = None,
    mine: bool = False,
    q: str | None = None,
) -> dict[str, Any]:
    """``{"data", "next"}``: one's own, or everybody's for those who may see all; narrowed to a kind, an object, ``mine``,
    and to what has ``q`` in its label."""
    after = open_cursor(cursor, Query("change_sets"))[1:] if cursor else [None, None]
    rows = await ctx.db.fetch(
        "SELECT id, at, actor, kind, label, object, created, updated, deleted, undoes, undone_by, version"
        f" FROM {quote(ctx.workspace.schema)}._change_set WHERE (%(all)s OR actor = %(me)s::uuid)"
        " AND (%(kind)s::text IS NULL OR kind = %(kind)s::text) AND (%(object)s::text IS NULL OR object = %(object)s::text)"
        " AND (%(q)s::text IS NULL OR guanxi.fold(label) LIKE '%%' || guanxi.like(%(q)s::text) || '%%')"
        " AND (%(at)s::timestamptz IS NULL OR (at, id) < (%(at)s::timestamptz, %(id)s::uuid)) ORDER BY at DESC, id DESC LIMIT %(n)s",
        {
            "all": may_see_all(ctx) and not mine,
            "me": ctx.actor.id,
            "kind": kind,
            "object": object,
            "q": q or None,
            "at": after[0],
            "id": after[1],
            "n": limit + 1,
        },
    )
    more = len(rows) > limit
    rows = rows[:limit]
    users = await titles_of(ctx, "user", {r[2] for r in rows if r[2]})
    touched = await _touched(ctx, rows)
    data = [
        {
            "id": r[0],
            "at": r[1],
            "actor": who(r[2], users),
            "kind": r[3],
            "label": r[4],
            "object": r[5],
            "objects": touched.get(r[0], []),
            "counts": {"created": r[6], "updated": r[7], "deleted": r[8]},
            "undoes": r[9],
            "undone_by": r[10],
            "undoable": r[10] is None and (_reshapable(ctx, r[11]) if r[3] == "catalog" else sum(r[6:9]) > 0),
        }
        for r in rows
    ]
    following = make_cursor(dumps([0, rows[-1][1].isoformat(), rows[-1][0]]), Query("change_sets")) if more else None
    return {"data": data, "next": following}


def _reshapable(ctx: Context, version: int | None) -> bool:
    return version is not None and (ctx.actor.system or "catalog" in ctx.actor.grants.system)


async def _touched(ctx: Context, rows: Sequence[Sequence[Any]]) -> Mapping[str, list[dict[str, Any]]]:
    """By set: the objects of which the reader may see records, each with what was done to how many."""
    small = [r[0] for r in rows if 0 < sum(r[6:9]) <= COUNTED]
    found = await ctx.db.fetch(
        f"SELECT change_set, object, kind, count(DISTINCT record) FROM {quote(ctx.workspace.schema)}._journal"
        " WHERE change_set = ANY(%(ids)s::uuid[]) AND cause NOT LIKE ALL(%(led)s) GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2",
        {"ids": small, "led": untold()},  # some of it one may not see
    )
    out: dict[str, dict[str, dict[str, Any]]] = {}
    for id, name, kind, n in found:
        entity = ctx.catalog.entities.get(name)
        if entity is None or not access.may(ctx.actor, entity, "read") or kind not in _VERBS:
            continue
        counts = out.setdefault(id, {}).setdefault(name, {"object": name, "created": 0, "updated": 0, "deleted": 0})
        counts[_VERBS[kind]] += n
    return {id: list(objects.values()) for id, objects in out.items()}
