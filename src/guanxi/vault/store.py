"""A workspace's secrets by name. They are put in, used, and taken out; nobody reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from guanxi.base import FieldError, Forbidden, Invalid, NotFound
from guanxi.base.sealing import reseal, seal, unseal
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace, note
from guanxi.records.journal import titles_of
from guanxi.records.resealing import reseal_fields
from guanxi.schema.catalog import Catalog

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
PLACE = re.compile(r"\{secret\.([a-z][a-z0-9_]{0,39})\}")
"""Where a secret stands in a text that is sent out."""
MOST, LONGEST = 200, 8_000


def may_keep(ctx: Context) -> None:
    """Raise Forbidden unless the actor may change settings."""
    if not ctx.actor.system and "settings" not in ctx.actor.grants.system:
        raise Forbidden


def about(workspace: Workspace, name: str) -> str:
    """What a sealed secret is bound to."""
    return f"{workspace.id}:secret:{name}"


async def people(ctx: Context, ids: Iterable[str | None]) -> dict[str | None, dict[str, Any]]:
    """Users by id as ``{"id", "title"}``, of those whom the reader may see their names as well."""
    wanted = {id for id in ids if id}
    titles = await titles_of(ctx, "user", wanted)
    return {id: {"id": id, "title": titles.get(id)} for id in wanted}


async def listing(ctx: Context) -> list[dict[str, Any]]:
    """Names, with when each was set and used; never what they are."""
    may_keep(ctx)
    rows = await ctx.db.fetch(f"SELECT name, at, used_at, by FROM {quote(ctx.workspace.schema)}._secret ORDER BY name")
    known = await people(ctx, (row[3] for row in rows))
    return [{"name": name, "set_at": at, "set_by": known.get(by), "used_at": used} for name, at, used, by in rows]


async def put(ctx: Context, name: str, secret: str) -> dict[str, Any]:
    """Keep a secret, in place of the one with that name if there is one. Raises Invalid."""
    may_keep(ctx)
    if not NAME.fullmatch(name):
        raise Invalid.one("name", "flow_name")
    if not secret or len(secret) > LONGEST or any(c in secret for c in "\r\n\0"):
        raise Invalid.one("value", "bad_secret", max=LONGEST)
    s = quote(ctx.workspace.schema)
    if await ctx.db.value(f"SELECT count(*) FROM {s}._secret WHERE name <> %(name)s", {"name": name}) >= MOST:
        raise Invalid.one(None, "too_complex", limit=MOST)
    await ctx.db.execute(
        f"INSERT INTO {s}._secret (name, value, by) VALUES (%(name)s, %(value)s, %(me)s::uuid)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = now(), by = excluded.by",
        {"name": name, "value": seal(secret.encode(), about(ctx.workspace, name)), "me": ctx.actor.id},
    )
    await note(ctx, "settings", name="secret", act="set", secret=name)
    return next(one for one in await listing(ctx) if one["name"] == name)


async def remove(ctx: Context, name: str) -> None:
    """Drop a secret; what uses it fails from now on. Raises NotFound."""
    may_keep(ctx)
    if not await ctx.db.execute(
        f"DELETE FROM {quote(ctx.workspace.schema)}._secret WHERE name = %(name)s", {"name": name}
    ):
        raise NotFound
    await note(ctx, "settings", name="secret", act="removed", secret=name)


async def value(db: Connection, workspace: Workspace, name: str) -> str:
    """The secret, for whatever sends it out and nobody else. Raises Invalid when there is none, Sealed."""
    found = await db.value(
        f"UPDATE {quote(workspace.schema)}._secret SET used_at = now() WHERE name = %(name)s RETURNING value",
        {"name": name},
    )
    if found is None:
        raise Invalid(errors=[FieldError("secret", "no_such_secret", {"name": name[:40]})])
    return unseal(found, about(workspace, name)).decode()


async def filled(db: Connection, workspace: Workspace, texts: dict[str, str]) -> dict[str, str]:
    """Texts (headers by name) with their ``{secret.name}`` places filled. Raises Invalid, Sealed."""
    wanted = sorted({name for text in texts.values() for name in PLACE.findall(text)})
    known = {name: await value(db, workspace, name) for name in wanted}
    return {k: PLACE.sub(lambda m: known[m[1]], text) for k, text in texts.items()}


async def renew(db: Connection, workspace: Workspace, catalog: Catalog) -> int:
    """Seal anew what was sealed under an earlier secret of the installation, values of records too; how many."""
    done = await reseal_fields(db, workspace, catalog)
    for name, sealed in await db.fetch(f"SELECT name, value FROM {quote(workspace.schema)}._secret"):
        if (anew := reseal(sealed, about(workspace, name))) is not None:
            await db.execute(
                f"UPDATE {quote(workspace.schema)}._secret SET value = %(v)s WHERE name = %(name)s",
                {"name": name, "v": anew},
            )
            done += 1
    return done
