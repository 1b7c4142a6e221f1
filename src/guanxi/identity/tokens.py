"""API tokens: made once, shown once, kept as a hash; limited by scopes, an end, and what their owner may."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
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
    per_minute: int | None = None,
    objects: Collection[str] = (),
) -> NewToken:
    """Make a token of this user. ``scopes`` None: all that the user may; ``objects`` are those that a scope may name."""
    unknown = [s for s in scopes or () if not _is_scope(s, objects)]
    if unknown:
        raise Invalid(errors=[FieldError("scopes", "not_an_option", {"value": s}) for s in unknown])
    token = NewToken(new_id(), PREFIX + secrets.token_urlsafe(32))
    await db.execute(
        "INSERT INTO guanxi.token (id, hash, workspace, user_id, name, scopes, expires, per_minute)"
        " VALUES (%(id)s, %(hash)s, %(w)s, %(u)s, %(name)s, %(scopes)s::text[], %(expires)s, %(limit)s)",
        {
            "id": token.id,
            "hash": hashed(token.secret.encode()),
            "w": workspace,
            "u": user_id,
            "name": name,
            "scopes": None if scopes is None else sorted(set(scopes)),
            "expires": expires,
            "limit": per_minute,
        },
    )
    await remember(db, workspace, "token_made", user_id, "api", token=token.id, name=name, scopes=scopes)
    return token


def _is_scope(scope: str, objects: Collection[str]) -> bool:
    area, _, name = scope.rpartition(":")
    return scope in SCOPES or (area in ("records:read", "records:write") and name in objects)


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
    return [{k: v for k, v in one.items() if k != "user"} for one in await all_tokens(db, workspace, user_id)]


async def all_tokens(db: Connection, workspace: str, user_id: str | None = None) -> list[dict[str, Any]]:
    """Everybody's tokens, or one user's, the newest first, without those revoked; ``user`` is the owner's id."""
    rows = await db.fetch(
        "SELECT id, name, scopes, created, last_used, expires, per_minute, user_id FROM guanxi.token"
        " WHERE workspace = %(w)s AND (%(u)s::uuid IS NULL OR user_id = %(u)s::uuid) AND revoked IS NULL ORDER BY id DESC",
        {"w": workspace, "u": user_id},
    )
    keys = ("id", "name", "scopes", "created_at", "last_used_at", "expires_at", "per_minute", "user")
    return [dict(zip(keys, row, strict=True)) for row in rows]


async def revoke_token(db: Connection, workspace: str, user_id: str, token_id: str, anybodys: bool = False) -> None:
    """End one of the user's tokens, or ``anybodys``; raises NotFound."""
    owner = await db.value(
        "UPDATE guanxi.token SET revoked = now() WHERE id = %(id)s AND workspace = %(w)s AND (%(any)s OR user_id = %(u)s)"
        " AND revoked IS NULL RETURNING user_id",
        {"id": token_id, "w": workspace, "u": user_id, "any": anybodys},
    )
    if owner is None:
        raise NotFound
    await remember(db, workspace, "token_revoked", user_id, "api", token=token_id, owner=owner)
    await tell(db, workspace, "session", user=owner)


async def revoke_all(db: Connection, workspace: str, user_id: str, by: str) -> int:
    """End all tokens of a user; answers how many ended. ``by`` is who did it."""
    ended = await db.fetch(
        "UPDATE guanxi.token SET revoked = now() WHERE workspace = %(w)s AND user_id = %(u)s AND revoked IS NULL RETURNING id, name",
        {"w": workspace, "u": user_id},
    )
    for id, name in ended:
        await remember(db, workspace, "token_revoked", by, "api", token=id, name=name, user=user_id)
    return len(ended)
