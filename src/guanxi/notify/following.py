"""Who wants to hear of a record: who said so, and by their preferences whoever owns or made it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from guanxi import records
from guanxi.base.json import loads
from guanxi.notify.preferences import load_preferences
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace
from guanxi.records.attached import Attached, attached
from guanxi.records.journal import titles_of
from guanxi.schema.filter import both, where
from guanxi.schema.query import read_query

AMONG = 30
"""People of whom it is asked whether they may see a record, when somebody is to be mentioned."""
SHOWN = 100
"""Followers told of a record."""


attached(Attached("_follow", {"en": "Followers", "zh": "关注者"}, ("user_id",)))


async def followers(ctx: Context, object_name: str, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """By record who follows it, and why: ``chosen``, ``own`` or ``created``. ``ctx`` sees everything."""
    entity = ctx.catalog.object(object_name)
    said: dict[str, dict[str, bool]] = {}
    for record, user, following in await ctx.db.fetch(
        f"SELECT record::text, user_id::text, following FROM {quote(ctx.workspace.schema)}._follow"
        " WHERE record = ANY(%(ids)s::uuid[])",
        {"ids": list(ids)},
    ):
        said.setdefault(record, {})[user] = following
    names = tuple(n for n in (entity.owner, "created_by") if n)
    theirs: dict[str, dict[str, str]] = {}
    for id, raw in (await records.shown(ctx, object_name, list(ids), names)).items():
        row = loads(raw)
        for name in names:
            if row.get(name):
                why = "created" if name == "created_by" else "own"
                theirs.setdefault(id, {}).setdefault(row[name]["id"], why)
    preferences = await load_preferences(ctx.db, ctx.workspace, {u for who in theirs.values() for u in who})
    out: dict[str, dict[str, str]] = {}
    for id in ids:
        mine = said.get(id, {})
        out[id] = {u: "chosen" for u, following in mine.items() if following} | {
            u: why for u, why in theirs.get(id, {}).items() if u not in mine and preferences[u].follow[why]
        }
    return out


async def begin_following(
    db: Connection, workspace: Workspace, object_name: str, pairs: Iterable[tuple[str, str]]
) -> None:
    """These users follow these records (record, user) from now on, unless they said that they do not want to."""
    pairs = list(pairs)
    await db.execute(
        f"INSERT INTO {quote(workspace.schema)}._follow (record, user_id, object, following)"
        " SELECT r, u, %(object)s, TRUE FROM unnest(%(r)s::uuid[], %(u)s::uuid[]) AS x(r, u) ON CONFLICT DO NOTHING",
        {"object": object_name, "r": [p[0] for p in pairs], "u": [p[1] for p in pairs]},
    )


async def follow(ctx: Context, object_name: str, id: str, following: bool) -> dict[str, Any]:
    """Follow a record, or follow it no more; answers as :func:`followers_of`. NotFound unless the actor may see it."""
    await records.visible(ctx, object_name, id)
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._follow (record, user_id, object, following)"
        " VALUES (%(id)s::uuid, %(me)s::uuid, %(object)s, %(following)s)"
        " ON CONFLICT (record, user_id) DO UPDATE SET following = excluded.following, at = now()",
        {"id": id, "me": ctx.actor.id, "object": object_name, "following": following},
    )
    return await followers_of(ctx, object_name, id)


async def followers_of(ctx: Context, object_name: str, id: str) -> dict[str, Any]:
    """``{"following": bool, "count", "data": [{"id", "title", "why"}]}`` of a record that the actor may see; users whom the
    actor may not see are counted only."""
    await records.visible(ctx, object_name, id)
    found = (await followers(ctx.as_system("followers"), object_name, [id]))[id]
    titles = await titles_of(ctx, "user", found)
    data = [{"id": u, "title": titles[u], "why": why} for u, why in found.items() if u in titles]
    data.sort(key=lambda one: one["title"])
    return {"following": ctx.actor.id in found, "count": len(found), "data": data[:SHOWN]}


async def people(ctx: Context, object_name: str, id: str, q: str, limit: int = 8) -> list[dict[str, Any]]:
    """``[{"id", "title", "can_see"}]``: other active users whose name or address fits, those first who may see the record."""
    await records.visible(ctx, object_name, id)
    how = {"q": q} if q else {"sort": "name"}
    asked = read_query("user", {"fields": ["name"], "limit": AMONG, **how})
    page = await records.find(
        ctx, replace(asked, filter=both(asked.filter, where("active", "ne", False), where("id", "ne", ctx.actor.id)))
    )
    rows = [loads(r) for r in page.rows]
    able = await records.readers(ctx, object_name, id, [r["id"] for r in rows])
    found = [{"id": r["id"], "title": r["name"], "can_see": r["id"] in able} for r in rows]
    return sorted(found, key=lambda one: not one["can_see"])[:limit]
