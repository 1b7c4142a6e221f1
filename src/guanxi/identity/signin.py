"""Signing in and out.

A wrong password, an unknown user, a locked account and an inactive user get the same answer after the same work. An
attempt counts before the password is looked at, so that many at once gain nothing; a success takes it back.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

from guanxi.base import TooMany, Unauthorized, fold, log
from guanxi.identity import passwords
from guanxi.identity.gate import IDLE_DAYS, Caller, Gate, hashed, remember, tell
from guanxi.pg import Connection, Database, quote
from guanxi.records import note_in

_log = log.get(__name__)

WINDOW_MINUTES = 15
ACCOUNT_FROM_ADDRESS = 10
"""Failures of one account from one address, in the window, after which it is locked for that address."""
ACCOUNT = 100
"""Failures of one account from anywhere after which it is locked: high, so that a stranger cannot lock somebody out."""
ADDRESS = 60
"""Failures from one address after which it is asked to wait (429)."""


async def sign_in(gate: Gate, email: str, password: str, address: str, agent: str) -> str:
    """A new session for this user: its secret, for the cookie. Raises Unauthorized, TooMany."""
    account = sha256(fold(email.strip()).encode()).digest()
    async with gate.database.connection() as db:
        await db.execute(
            "INSERT INTO guanxi.sign_in_failure (account, address) VALUES (%(account)s, %(address)s)",
            {"account": account, "address": address},
        )
        row = await db.row(
            "SELECT count(*) FILTER (WHERE account = %(account)s AND address = %(address)s),"
            " count(*) FILTER (WHERE account = %(account)s), count(*) FILTER (WHERE address = %(address)s),"
            " ceil(extract(epoch FROM min(at) + make_interval(mins => %(window)s) - now()))::int"
            " FROM guanxi.sign_in_failure WHERE at > now() - make_interval(mins => %(window)s)"
            " AND (account = %(account)s OR address = %(address)s)",
            {"account": account, "address": address, "window": WINDOW_MINUTES},
        )
        here, anywhere, from_address, wait = row or (0, 0, 0, 0)
        if from_address > ADDRESS:
            raise TooMany(retry_after=max(1, wait))
        candidates = await _candidates(db, email)
    locked = here > ACCOUNT_FROM_ADDRESS or anywhere > ACCOUNT
    user = None
    for workspace, user_id, stored in candidates or [("", "", None)]:
        if await passwords.matches(stored, password) and not locked:
            user = (workspace, user_id)
            break
    if user is None:
        _log.info("sign-in refused", address=address, locked=locked)
        await _failed(gate.database, candidates, email, address, locked)
        raise Unauthorized("wrong_credentials")
    async with gate.database.transaction() as db:
        await db.execute(
            "DELETE FROM guanxi.sign_in_failure WHERE account = %(account)s AND address = %(address)s",
            {"account": account, "address": address},
        )
        return await open_session(db, *user, address, agent)


async def _failed(
    database: Database, candidates: list[tuple[str, str, str]], email: str, address: str, locked: bool
) -> None:
    """Tell it to whom it concerns: the workspaces of whoever has this address, else the only one that there is.

    What nobody is known by is told masked: people type their password into the wrong field.
    """
    async with database.connection() as db:
        for workspace, user, _ in candidates:
            await remember(db, workspace, "sign_in_failed", user, "page", address=address, locked=locked or None)
        known = [] if candidates else await db.fetch("SELECT schema FROM guanxi.workspace LIMIT 2")
        if len(known) == 1:
            name, _, domain = email.strip().replace("\0", "")[:254].partition("@")
            typed = f"{name[:1]}***{'@' + domain if domain else ''}"
            await note_in(db, known[0][0], "sign_in_failed", None, "page", address=address, email=typed)


async def _candidates(db: Connection, email: str) -> list[tuple[str, str, str]]:
    """(workspace, user, hash) of everybody with this e-mail address who may sign in."""
    found: list[tuple[str, str, str]] = []
    wanted = email.strip().lower()
    if not wanted or "\0" in wanted:
        return found
    for workspace, schema in await db.fetch("SELECT id, schema FROM guanxi.workspace ORDER BY id"):
        rows = await db.fetch(
            f'SELECT id, password FROM {quote(schema)}."user" WHERE lower(email) = %(email)s'
            " AND active AND deleted_at IS NULL AND password IS NOT NULL",
            {"email": wanted},
        )
        found += [(workspace, user, stored) for user, stored in rows]
    return found


async def is_password(database: Database, caller: Caller, password: str) -> bool:
    """Whether this is the caller's current password."""
    async with database.connection() as db:
        stored = await db.value(
            f'SELECT password FROM {quote(caller.workspace.schema)}."user" WHERE id = %(id)s', {"id": caller.actor.id}
        )
    return await passwords.matches(stored, password)


async def open_session(db: Connection, workspace: str, user_id: str, address: str, agent: str) -> str:
    """Store a new session; answers its secret."""
    secret = secrets.token_urlsafe(32)
    await db.execute(
        "INSERT INTO guanxi.session (token_hash, workspace, user_id, csrf, expires, ip, agent) VALUES"
        " (%(hash)s, %(workspace)s, %(user)s, %(csrf)s, now() + make_interval(days => %(days)s), %(ip)s, %(agent)s)",
        {
            "hash": hashed(secret.encode()),
            "workspace": workspace,
            "user": user_id,
            "csrf": secrets.token_urlsafe(24),
            "days": IDLE_DAYS,
            "ip": address,
            "agent": agent[:300].replace("\0", ""),
        },
    )
    await remember(db, workspace, "sign_in", user_id, "page", address=address, agent=agent[:300].replace("\0", ""))
    return secret


async def close_session(db: Connection, workspace: str, key: bytes) -> None:
    """Sign out the session with this hash."""
    await view_as(db, workspace, key, None)
    user = await db.value("DELETE FROM guanxi.session WHERE token_hash = %(key)s RETURNING user_id", {"key": key})
    if user is not None:
        await remember(db, workspace, "sign_out", user, "page")
    await tell(db, workspace, "session")


async def view_as(db: Connection, workspace: str, key: bytes, user: str | None) -> None:
    """Let the session with this hash see the workspace as another user, or (None) as its own again; both are told to the audit."""
    row = await db.row(
        "UPDATE guanxi.session s SET viewing = %(user)s::uuid FROM guanxi.session o WHERE s.token_hash = %(key)s AND o.token_hash ="
        " s.token_hash AND o.viewing IS DISTINCT FROM %(user)s::uuid RETURNING s.user_id, o.viewing",
        {"key": key, "user": user},
    )
    if row is not None:
        own, before = row
        if before is not None:
            await remember(db, workspace, "view_as", own, "page", object="user", record=before, act="end")
        if user is not None:
            await remember(db, workspace, "view_as", own, "page", object="user", record=user, act="begin")
        await tell(db, workspace, "session")


async def close_sessions(db: Connection, workspace: str, user_id: str, but: bytes = b"") -> int:
    """Sign a user out everywhere, but for one session; answers how many ended."""
    ended = await db.execute(
        "DELETE FROM guanxi.session WHERE workspace = %(w)s AND user_id = %(u)s AND token_hash <> %(but)s",
        {"w": workspace, "u": user_id, "but": but},
    )
    await tell(db, workspace, "session", user=user_id)
    return ended


async def drop_invitations(db: Connection, workspace: str, user_id: str) -> None:
    """Make a user's invitations worthless."""
    await db.execute(
        "DELETE FROM guanxi.invitation WHERE workspace = %(w)s AND user_id = %(u)s", {"w": workspace, "u": user_id}
    )


async def tidy(db: Connection) -> None:
    """Drop what has run out: sessions, attempts, invitations, answers kept for repeated requests."""
    await db.execute("DELETE FROM guanxi.session WHERE expires < now()")
    await db.execute("DELETE FROM guanxi.sign_in_failure WHERE at < now() - interval '1 day'")
    await db.execute("DELETE FROM guanxi.invitation WHERE expires < now()")
    await db.execute("DELETE FROM guanxi.idempotency WHERE at < now() - interval '24 hours'")
    await db.execute("DELETE FROM guanxi.allowance WHERE at < now() - interval '1 hour'")
