"""Invitations: a link by which somebody sets a first (or a forgotten) password. Kept as a hash, used once, for a week."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from guanxi import records
from guanxi.base import Forbidden, NotFound
from guanxi.base.ids import is_id
from guanxi.identity.gate import Gate, hashed, tell
from guanxi.identity.passwords import refuse_weak
from guanxi.identity.people import User
from guanxi.identity.signin import close_sessions, open_session
from guanxi.pg import Connection, Database, as_installation, quote
from guanxi.records import Context
from guanxi.records.rules import action

DAYS = 7


async def invite(ctx: Context, user_id: str) -> dict[str, Any]:
    """A new invitation for this user, in place of any older one: ``{"link", "days"}``; the link is a path of the page.

    Who holds it can become that user, so only somebody who may manage users and may all that the user may gets one.
    """
    actor = ctx.actor
    if "users" not in actor.grants.system and not actor.system:
        raise Forbidden
    user = await records.load_actor(ctx.db, ctx.workspace, user_id) if is_id(user_id) else None
    if user is None:
        raise NotFound
    if not actor.system and not actor.grants.covers(user.grants, ctx.catalog.entities):
        raise Forbidden
    secret = secrets.token_urlsafe(32)
    async with as_installation(ctx.db):
        await ctx.db.execute(
            "WITH old AS (DELETE FROM guanxi.invitation WHERE workspace = %(w)s AND user_id = %(u)s)"
            " INSERT INTO guanxi.invitation (hash, workspace, user_id, expires)"
            " VALUES (%(hash)s, %(w)s, %(u)s, now() + make_interval(days => %(days)s))",
            {"hash": hashed(secret.encode()), "w": ctx.workspace.id, "u": user_id, "days": DAYS},
        )
    return {"link": f"/invitation/{secret}", "days": DAYS}


@action(User, "invite", ("Invite", "邀请"))
async def _invite(ctx: Context, id: str, given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no input
    return await invite(ctx, id)


async def look_at_invitation(database: Database, token: str) -> dict[str, Any]:
    """Whom it is for: ``{"name", "email", "company", "language"}``. Raises NotFound."""
    async with database.connection() as db:
        workspace_id, user_id = await _find(db, token)
        workspace = await records.load_workspace(db, workspace_id)
        user = await records.load_actor(db, workspace, user_id) if workspace else None
    if workspace is None or user is None:
        raise NotFound
    return {"name": user.name, "email": user.email, "company": workspace.name, "language": user.language}


async def accept_invitation(gate: Gate, token: str, password: str, address: str, agent: str) -> str:
    """Set the password, use the invitation up, end other sessions; the secret of a new session."""
    refuse_weak(password)
    async with gate.database.transaction() as db:
        workspace_id, user_id = await _find(db, token, lock=True)
        workspace, catalog = await gate.workspace(db, workspace_id)
        user = await records.load_actor(db, workspace, user_id)
        if user is None:
            raise NotFound
        await db.execute(f"SET LOCAL ROLE {quote(workspace.role)}")
        ctx = Context(db, workspace, catalog, user, "invitation").as_system("invitation accepted")
        await records.write(ctx, "user", [records.Update(user_id, {"password": password})], render=False)
        await db.execute("SET LOCAL ROLE NONE")
        await db.execute("DELETE FROM guanxi.invitation WHERE hash = %(hash)s", {"hash": hashed(token.encode())})
        await close_sessions(db, workspace_id, user_id)
        secret = await open_session(db, workspace_id, user_id, address, agent)
        await tell(db, workspace_id, "access")
    gate.forget(workspace_id)
    return secret


async def _find(db: Connection, token: str, *, lock: bool = False) -> tuple[str, str]:
    row = await db.row(
        "SELECT workspace, user_id FROM guanxi.invitation WHERE hash = %(hash)s AND expires > now()"
        + (" FOR UPDATE" if lock else ""),
        {"hash": hashed(token.encode())},
    )
    if row is None:
        raise NotFound
    return row[0], row[1]
