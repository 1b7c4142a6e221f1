"""Why somebody may or may not: every ground of access with its truth for one record; and shares, which add grounds."""

from __future__ import annotations

from typing import Any

from guanxi.base import Forbidden, Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.records import access
from guanxi.records.audit import note
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import LEVELS, VERBS, Actor, Context
from guanxi.records.journal import titles_of
from guanxi.records.read import visible
from guanxi.records.workspaces import load_actor


async def explain(ctx: Context, object_name: str, id: str, user: str | None = None) -> dict[str, Any]:
    """``{"object", "id", "user", "verbs": {verb: {"may", "grounds": [{"reason", "true"}]}}, "fields": {name: right}}``.

    For oneself, or for another user where the actor may manage users; the asker must see the record.
    """
    entity = ctx.catalog.object(object_name)
    await visible(ctx, object_name, id)
    actor: Actor | None = ctx.actor
    if user is not None and user != ctx.actor.id:
        if not ctx.actor.system and "users" not in ctx.actor.grants.system:
            raise Forbidden
        actor = await load_actor(ctx.db, ctx.workspace, user) if is_id(user) else None
    if actor is None:
        raise NotFound
    other = Context(ctx.db, ctx.workspace, ctx.catalog, actor, ctx.cause)
    verbs: dict[str, Any] = {}
    for verb in VERBS:
        if verb in ("create", "import"):
            verbs[verb] = {"may": access.may(actor, entity, verb), "grounds": []}
            continue
        grounds = access.rules(actor, entity, verb)
        truths: list[bool] = []
        if grounds:
            c = Compiler(other)
            tests = ", ".join(f"coalesce({c.where(entity, 't', g.filter, trusted=True)}, FALSE)" for g in grounds)
            row = await ctx.db.row(
                f"SELECT {tests} FROM {c.table(entity.name)} AS t WHERE t.id = {c.bind(id, 'uuid')}", c.args
            )
            truths = list(row or ())
        verbs[verb] = {
            "may": any(truths),
            "grounds": [{"reason": g.reason, "true": t} for g, t in zip(grounds, truths, strict=False)]
            or [{"reason": f"role {actor.role} may not {verb} {entity.name}", "true": False}],
        }
    fields = {
        n: "write"
        if access.writable(actor, entity, f)
        else min(access.level(actor, entity, f), "read", key=LEVELS.index)
        for n, f in entity.fields.items()
        if access.visible(ctx.actor, entity, f)
    }
    return {
        "object": object_name,
        "id": id,
        "user": {"id": actor.id, "title": actor.name, "role": actor.role},
        "verbs": verbs,
        "fields": fields,
    }


async def shares(ctx: Context, object_name: str, id: str) -> list[dict[str, Any]]:
    """With whom a record is shared: ``[{"id", "user" or "team": {"id", "title"}, "level", "at"}]``."""
    await visible(ctx, object_name, id)
    rows = await ctx.db.fetch(
        f"SELECT id, grantee, write, at FROM {quote(ctx.workspace.schema)}._share WHERE record = %(id)s::uuid AND object = %(o)s ORDER BY at",
        {"id": id, "o": object_name},
    )
    users = await titles_of(ctx, "user", [r[1] for r in rows])
    teams = await titles_of(ctx, "team", [r[1] for r in rows])
    return [
        {
            "id": r[0],
            **(
                {"user": {"id": r[1], "title": users[r[1]]}}
                if r[1] in users
                else {"team": {"id": r[1], "title": teams[r[1]]}}
                if r[1] in teams
                else {"user": {"id": None, "title": None}}  # somebody who may not be seen
            ),
            "level": "update" if r[2] else "read",
            "at": r[3],
        }
        for r in rows
    ]


async def share(
    ctx: Context, object_name: str, id: str, grantee: str, kind: str, level: str = "read"
) -> dict[str, Any]:
    """Share a record that one may change with a user or a team; a share never gives more than the sharer has."""
    await visible(ctx, object_name, id)
    try:
        await visible(ctx, object_name, id, "update")
    except NotFound:
        raise Forbidden from None
    if level not in ("read", "update"):
        raise Invalid.one("level", "not_an_option", value=level)
    if kind not in ("user", "team") or grantee not in await titles_of(ctx, kind, [grantee]):
        raise Invalid.one(kind, "reference_not_found")
    schema = quote(ctx.workspace.schema)
    row = await ctx.db.row(
        f"INSERT INTO {schema}._share (id, record, object, grantee, write, by) VALUES (%(new)s::uuid, %(id)s::uuid, %(o)s, %(g)s::uuid,"
        " %(w)s, %(by)s::uuid) ON CONFLICT (record, grantee) DO UPDATE SET write = excluded.write RETURNING id",
        {"new": new_id(), "id": id, "o": object_name, "g": grantee, "w": level == "update", "by": ctx.actor.id},
    )
    await _note(ctx, object_name, id, {"shared_with": None}, {"shared_with": f"{kind}:{grantee}:{level}"})
    await note(ctx, "share", object=object_name, record=id, **{kind: grantee}, level=level)
    return {"id": row[0] if row else None, "level": level, kind: {"id": grantee}}


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
    await _note(ctx, object_name, id, {"shared_with": str(row[0])}, {"shared_with": None})
    await note(ctx, "share", object=object_name, record=id, grantee=str(row[0]), level="none")


async def _note(ctx: Context, object_name: str, id: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """A line in the record's history; a share is not a field, so nothing is there to undo."""
    schema = quote(ctx.workspace.schema)
    await ctx.db.execute(
        f"INSERT INTO {schema}._journal (object, record, kind, actor, cause, change_set, version, before, after)"
        f" SELECT %(o)s, id, 'update', %(a)s::uuid, %(cause)s, %(set)s::uuid, version, %(b)s::jsonb, %(n)s::jsonb"
        f" FROM {schema}.{quote(object_name)} WHERE id = %(id)s::uuid",
        {
            "o": object_name,
            "a": ctx.actor.id,
            "cause": f"{ctx.cause} > share",
            "set": ctx.change_set,
            "b": dumps(before).decode(),
            "n": dumps(after).decode(),
            "id": id,
        },
    )
