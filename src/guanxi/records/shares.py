"""Records shared with a user or a team beyond what roles give, for good or until a moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from guanxi.base import Forbidden, Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.pg import Connection
from guanxi.records import access
from guanxi.records.attached import Attached, attached
from guanxi.records.audit import note
from guanxi.records.belongings import Belonging, belongs
from guanxi.records.compile import quote
from guanxi.records.context import Context
from guanxi.records.explain import truths
from guanxi.records.journal import beside, titles_of
from guanxi.records.read import visible

LISTED = 200
"""Shares that a list has at most."""
LIVE = "(until IS NULL OR until > now())"


async def shares(ctx: Context, object_name: str, id: str) -> list[dict[str, Any]]:
    """With whom a record is shared: ``[{"id", "user" or "team": {"id", "title"}, "level", "at", "until"}]``."""
    await visible(ctx, object_name, id)
    rows = await ctx.db.fetch(
        f"SELECT id, grantee, write, at, until FROM {quote(ctx.workspace.schema)}._share"
        f" WHERE record = %(id)s::uuid AND object = %(o)s AND {LIVE} ORDER BY at",
        {"id": id, "o": object_name},
    )
    users = await titles_of(ctx, "user", [r[1] for r in rows])
    teams = await titles_of(ctx, "team", [r[1] for r in rows])
    return [
        {
            "id": r[0],
            **_grantee(r[1], users, teams),
            "level": "update" if r[2] else "read",
            "at": r[3],
            "until": r[4],
        }
        for r in rows
    ]


async def share(
    ctx: Context, object_name: str, id: str, grantee: str, kind: str, level: str = "read", until: datetime | None = None
) -> dict[str, Any]:
    """Share a record that one may change with a user or a team, for good or ``until`` a moment to come; a share never gives
    more than the sharer has, and what somebody has by a share that ends is shared on for no longer."""
    await visible(ctx, object_name, id)
    try:
        await visible(ctx, object_name, id, "update")
    except NotFound:
        raise Forbidden from None
    if level not in ("read", "update"):
        raise Invalid.one("level", "not_an_option", value=level)
    if until is not None and until <= ctx.now:
        raise Invalid.one("until", "not_to_come")
    if (ends := await _own_end(ctx, object_name, id)) is not None and (until is None or until > ends):
        raise Invalid.one("until", "share_ends", until=ends.isoformat())
    if kind not in ("user", "team") or grantee not in await titles_of(ctx, kind, [grantee]):
        raise Invalid.one(kind, "reference_not_found")
    schema = quote(ctx.workspace.schema)
    row = await ctx.db.row(
        f"INSERT INTO {schema}._share (id, record, object, grantee, write, by, until) VALUES (%(new)s::uuid, %(id)s::uuid, %(o)s, %(g)s::uuid,"
        " %(w)s, %(by)s::uuid, %(until)s::timestamptz) ON CONFLICT (record, grantee) DO UPDATE SET write = excluded.write,"
        " until = excluded.until, by = excluded.by RETURNING id",
        {
            "new": new_id(),
            "id": id,
            "o": object_name,
            "g": grantee,
            "w": level == "update",
            "by": ctx.actor.id,
            "until": until,
        },
    )
    told = f"{kind}:{grantee}:{level}" + (f":{until.isoformat()}" if until else "")
    await note_share(ctx, object_name, id, {"shared_with": None}, {"shared_with": told})
    await note(
        ctx, "share", object=object_name, record=id, **{kind: grantee}, level=level, until=until and until.isoformat()
    )
    return {"id": row[0] if row else None, "level": level, kind: {"id": grantee}, "until": until}


async def _own_end(ctx: Context, object_name: str, id: str) -> datetime | None:
    """When the actor's own leave to change the record ends, where nothing but a share gives it."""
    entity = ctx.catalog.object(object_name)
    grounds = access.rules(ctx.actor, entity, "update")
    [true] = await truths(ctx, entity, id, [(ctx.actor, grounds)])
    if any(t and not g.limit and g.kind != "share" for g, t in zip(grounds, true, strict=True)):
        return None
    ends = await ctx.db.fetch(
        f"SELECT until FROM {quote(ctx.workspace.schema)}._share WHERE record = %(id)s::uuid AND grantee = ANY(%(mine)s::uuid[]) AND write AND {LIVE}",
        {"id": id, "mine": [ctx.actor.id, *ctx.actor.teams]},
    )
    return None if not ends or any(r[0] is None for r in ends) else max(r[0] for r in ends)


async def unshare(ctx: Context, object_name: str, id: str, share_id: str) -> None:
    """Take a share back."""
    await visible(ctx, object_name, id)
    try:
        await visible(ctx, object_name, id, "update")
    except NotFound:
        raise Forbidden from None
    row = is_id(share_id) and await ctx.db.row(
        f"DELETE FROM {quote(ctx.workspace.schema)}._share WHERE id = %(s)s::uuid AND record = %(id)s::uuid RETURNING grantee",
        {"s": share_id, "id": id},
    )
    if not row:
        raise NotFound
    await note_share(ctx, object_name, id, {"shared_with": str(row[0])}, {"shared_with": None})
    await note(ctx, "share", object=object_name, record=id, grantee=str(row[0]), level="none")


async def shared(ctx: Context, whose: Literal["with_me", "by_me"]) -> list[dict[str, Any]]:
    """What was shared with the actor or the actor's teams, or by the actor, the newest first:
    ``[{"id", "object", "record": {"id", "title"}, "user" or "team", "by", "level", "at", "until"}]``."""
    mine = [ctx.actor.id, *ctx.actor.teams]
    rows = await ctx.db.fetch(
        f"SELECT id, object, record, grantee, by, write, at, until FROM {quote(ctx.workspace.schema)}._share"
        f" WHERE {'grantee = ANY(%(mine)s::uuid[])' if whose == 'with_me' else 'by = %(me)s::uuid'} AND {LIVE} ORDER BY at DESC, id DESC LIMIT {LISTED}",
        {"mine": mine, "me": ctx.actor.id},
    )
    titles: dict[str, dict[str, str]] = {}
    for name in {r[1] for r in rows} & ctx.catalog.entities.keys():
        if access.may(ctx.actor, ctx.catalog.entities[name], "read"):
            titles[name] = await titles_of(ctx, name, [r[2] for r in rows if r[1] == name])
    users = await titles_of(ctx, "user", [i for r in rows for i in (r[3], r[4]) if i])
    teams = await titles_of(ctx, "team", [r[3] for r in rows])
    return [
        {
            "id": r[0],
            "object": r[1],
            "record": {"id": r[2], "title": titles[r[1]][r[2]]},
            **_grantee(r[3], users, teams),
            "by": {"id": r[4], "title": users[r[4]]} if r[4] in users else None,
            "level": "update" if r[5] else "read",
            "at": r[6],
            "until": r[7],
        }
        for r in rows
        if r[2] in titles.get(r[1], {})
    ]


def _grantee(id: str, users: dict[str, str], teams: dict[str, str]) -> dict[str, Any]:
    if id in users:
        return {"user": {"id": id, "title": users[id]}}
    if id in teams:
        return {"team": {"id": id, "title": teams[id]}}
    return {"user": {"id": None, "title": None}}  # somebody who may not be seen


async def note_share(ctx: Context, object_name: str, id: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """A line in the record's history; a share is not a field, so nothing is there to undo."""
    await beside(ctx, "share", object_name, id, before, after)


# -- for as long as something is asked of somebody -----------------------------------------------------------------------


async def lend(ctx: Context, object_name: str, id: str, users: Collection[str], via: str) -> None:
    """Let users read a record, which the actor may see, until :func:`take` with the same ``via``. What they hold by another
    share stays as it is."""
    await visible(ctx, object_name, id)
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        f"INSERT INTO {schema}._share (id, record, object, grantee, write, by, via) SELECT gen_random_uuid(), %(id)s::uuid, %(o)s, g,"
        " FALSE, %(by)s::uuid, %(via)s::uuid FROM unnest(%(users)s::uuid[]) AS g ON CONFLICT (record, grantee) DO NOTHING RETURNING grantee",
        {"id": id, "o": object_name, "by": ctx.actor.id, "via": via, "users": list(users)},
    )
    for (user,) in rows:
        await note_share(ctx, object_name, id, {"shared_with": None}, {"shared_with": f"user:{user}:read"})


async def take(ctx: Context, via: str) -> None:
    """End what was lent."""
    rows = await ctx.db.fetch(
        f"DELETE FROM {quote(ctx.workspace.schema)}._share WHERE via = %(via)s::uuid RETURNING object, record, grantee",
        {"via": via},
    )
    for object_name, id, user in rows:
        await note_share(ctx, object_name, id, {"shared_with": f"user:{user}:read"}, {"shared_with": None})


# -- with the hand-over of a leaver -------------------------------------------------------------------------------------


async def _count(ctx: Context, user: str) -> int:
    return await ctx.db.value(
        f"SELECT count(*) FROM {quote(ctx.workspace.schema)}._share WHERE grantee = %(user)s::uuid AND {LIVE}",
        {"user": user},
    )


async def _give(ctx: Context, user: str, to: str) -> int:
    """What is shared with one is shared with another too, for as long."""
    table = f"{quote(ctx.workspace.schema)}._share"
    return await ctx.db.execute(
        f"INSERT INTO {table} (id, record, object, grantee, write, by, until, via) SELECT gen_random_uuid(), record, object,"
        f" %(to)s::uuid, write, %(by)s::uuid, until, %(set)s::uuid FROM {table} WHERE grantee = %(user)s::uuid AND {LIVE}"
        " ON CONFLICT (record, grantee) DO NOTHING",
        {"user": user, "to": to, "by": ctx.actor.id, "set": ctx.change_set},
    )


async def _back(db: Connection, schema: str, change_set: str) -> None:
    await db.execute(f"DELETE FROM {schema}._share WHERE via = %(set)s::uuid", {"set": change_set})


attached(Attached("_share", {"en": "Shared with", "zh": "共享对象"}, ("grantee",)))
belongs(Belonging("shares", {"en": "Records shared with them", "zh": "共享给其本人的记录"}, _count, _give, _back))
