"""API tokens: made once, shown once, kept as a hash; limited by scopes, an end, and what their owner may."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.base import FieldError, Invalid, NotFound, new_id
from guanxi.identity.gate import SCOPES, hashed, remember, tell
from guanxi.pg import Connection, quote

PREFIX = "gx_"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; ``secret`` is never to be had again."""

    id: str
    secret: str


async def create_token(
    db: Connection,
    workspace: str,
    user_id: str,
    name: str,
    scopes: Sequence[str] | None = None,
    expires: datetime | None = None,
) -> NewToken:
    """Make a token of this user. ``scopes`` None: all that the user may."""
    unknown = [s for s in scopes or () if s not in SCOPES]
    if unknown:
        raise Invalid(errors=[FieldError("scopes", "not_an_option", {"value": s}) for s in unknown])
    token = NewToken(new_id(), PREFIX + secrets.token_urlsafe(32))
    await db.execute(
        "INSERT INTO guanxi.token (id, hash, workspace, user_id, name, scopes, expires)"
        " VALUES (%(id)s, %(hash)s, %(w)s, %(u)s, %(name)s, %(scopes)s::text[], %(expires)s)",
        {
            "id": token.id,
            "hash": hashed(token.secret.encode()),
            "w": workspace,
            "u": user_id,
            "name": name,
            "scopes": None if scopes is None else sorted(set(scopes)),
            "expires": expires,
        },
    )
    await remember(db, workspace, "token_made", user_id, "api", token=token.id, name=name, scopes=scopes)
    return token


async def create_token_for(db: Connection, email: str, name: str) -> str:
    """A token that may all that the user with this e-mail address may: its secret. Raises NotFound."""
    for workspace, schema in await db.fetch("SELECT id, schema FROM guanxi.workspace ORDER BY id"):
        user = await db.value(
            f'SELECT id FROM {quote(schema)}."user" WHERE lower(email) = lower(%(email)s) AND active AND deleted_at IS NULL',
            {"email": email.strip()},
        )
        if user is not None:
            return (await create_token(db, workspace, user, name)).secret
    raise NotFound


async def list_tokens(db: Connection, workspace: str, user_id: str) -> list[dict[str, Any]]:
    """A user's tokens, the newest first, without those revoked."""
    rows = await db.fetch(
        "SELECT id, name, scopes, created, last_used, expires FROM guanxi.token"
        " WHERE workspace = %(w)s AND user_id = %(u)s AND revoked IS NULL ORDER BY id DESC",
        {"w": workspace, "u": user_id},
    )
    return [
        dict(zip(("id", "name", "scopes", "created_at", "last_used_at", "expires_at"), row, strict=True))
        for row in rows
    ]


async def revoke_token(db: Connection, workspace: str, user_id: str, token_id: str) -> None:
    """End one of the user's tokens; raises NotFound."""
    found = await db.execute(
        "UPDATE guanxi.token SET revoked = now() WHERE id = %(id)s AND workspace = %(w)s AND user_id = %(u)s AND revoked IS NULL",
        {"id": token_id, "w": workspace, "u": user_id},
    )
    if not found:
        raise NotFound
    await remember(db, workspace, "token_revoked", user_id, "api", token=token_id)
    await tell(db, workspace, "session", user=user_id)


async def revoke_all(db: Connection, workspace: str, user_id: str, by: str) -> int:
    """End all tokens of a user; answers how many ended. ``by`` is who did it."""
    ended = await db.fetch(
        "UPDATE guanxi.token SET revoked = now() WHERE workspace = %(w)s AND user_id = %(u)s AND revoked IS NULL RETURNING id, name",
        {"w": workspace, "u": user_id},
    )
    for id, name in ended:
        await remember(db, workspace, "token_revoked", by, "api", token=id, name=name, user=user_id)
    return len(ended)
