"""Who is calling: a session's cookie or an API token becomes a :class:`Caller`, mostly without asking the database.

What was found is kept in this process until the database says that it may have changed (a notification on the channel
``guanxi``). While nobody listens there, as after a lost connection, nothing is kept and everything is asked for anew.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, cast

from guanxi.base import Unauthorized, Unavailable, log
from guanxi.pg import Connection, Database, quote
from guanxi.records import Actor, Workspace, load_actor, load_catalog, load_workspace, note_in
from guanxi.schema.catalog import Catalog

_log = log.get(__name__)

CHANNEL = "guanxi"
IDLE_DAYS, LONGEST_DAYS = 14, 90
"""A session ends after so many days without a request, and after so many days in any case."""

TOUCH_SECONDS = 300
"""How stale "last seen" may get: a request does not write for it."""

KEPT = 20_000
"""Callers kept at most; past that the process forgets them all and begins again."""

SCOPES = ("records:read", "records:write", "catalog", "admin", "metrics")
"""What a token can be limited to. ``admin`` covers users, teams, roles, tokens; nothing widens what its owner may.
The first two may end in an object's name (``records:read:account``): then they cover its records alone."""

PEOPLE = frozenset({"user", "team", "role", "pool"})
"""Objects whose change alters what somebody may do."""

News = Mapping[str, Any]
"""A notification: ``w`` the workspace, ``kind`` one of records, catalog, access, session, jobs; more by kind."""


@dataclass(slots=True)
class Caller:
    """Somebody who was recognised. ``csrf`` is set for sessions, ``scopes`` for limited tokens. ``viewer`` is whose session it is
    while that sees the workspace as ``actor``.

    ``memo`` is for what is derived of a caller alone; it is forgotten together with it.
    """

    workspace: Workspace
    catalog: Catalog
    actor: Actor
    key: bytes
    csrf: str | None
    scopes: frozenset[str] | None
    expires: float
    touched: float
    token: str | None = None
    theme: str = "system"
    pins: list[dict[str, str]] = field(default_factory=list)
    """Favourites: records and views, by their names and ids."""
    starts: dict[str, str] = field(default_factory=dict[str, str])
    """The view that a list begins with, by object."""
    memo: dict[str, Any] = field(default_factory=dict)
    viewer: Actor | None = None
    per_minute: int | None = None
    """Requests that the token may make, where it has a limit of its own."""

    def may(self, scope: str) -> bool:
        """Whether the credential covers ``scope``, be it for some objects; what its owner may is another question."""
        return self.scopes is None or scope in self.scopes or any(s.startswith(f"{scope}:") for s in self.scopes)


def narrowed(actor: Actor, scopes: frozenset[str]) -> Actor:
    """The actor as far as a token with these scopes reaches, whichever door it is used at."""
    objects: dict[str, Mapping[str, Any]] = {}
    single = {s.split(":")[2] for s in scopes if s.count(":") == 2}
    for name in {*actor.grants.objects, *PEOPLE, *single, "*"}:
        verbs = actor.grants.objects.get(name, actor.grants.objects.get("*", {}))
        writes = covers(scopes, "records:write", name) and ("admin" in scopes or name not in PEOPLE)
        reads = writes or not single or covers(scopes, "records:read", name)
        objects[name] = verbs if writes else {v: verbs[v] for v in ("read", "export") if v in verbs and reads}
    return replace(actor, grants=replace(actor.grants, objects=objects), role_grants=actor.grants)


def covers(scopes: frozenset[str], area: str, object_name: str) -> bool:
    """Whether scopes reach an object's records."""
    return area in scopes or f"{area}:{object_name}" in scopes


def may_view_as(actor: Actor, other: Actor, catalog: Catalog) -> bool:
    """Whether ``actor`` may see the workspace as ``other``: a right of its own, and never as somebody whose role gives more."""
    return (
        actor.id != other.id
        and "view_as" in actor.grants.system
        and actor.grants.covers(other.grants, catalog.entities)
    )


def hashed(secret: bytes) -> bytes:
    """What is stored of a secret."""
    return sha256(secret).digest()


async def tell(db: Connection, workspace: str, kind: str, **more: Any) -> None:
    """Notify every process, when the transaction commits."""
    await db.execute(
        "SELECT pg_notify(%(c)s, %(p)s)", {"c": CHANNEL, "p": json.dumps({"w": workspace, "kind": kind, **more})}
    )


async def remember(
    db: Connection,
    workspace: str,
    kind: str,
    actor: str,
    cause: str,
    *,
    object: str | None = None,
    record: str | None = None,
    **details: Any,
) -> None:
    """An entry in the audit of a workspace that is known by its id; ``db`` acts as the installation."""
    schema = await db.value("SELECT schema FROM guanxi.workspace WHERE id = %(id)s", {"id": workspace})
    await note_in(db, schema, kind, actor, cause, object=object, record=record, **details)


class Gate:
    """Recognises callers; one for each process."""

    def __init__(self, database: Database, *, cookie: str = "guanxi", secure: bool = False) -> None:
        self.database = database
        self.cookie = cookie
        self.secure = secure
        self._prefix = cookie.encode() + b"="
        self._callers: dict[bytes, Caller] = {}
        self._catalogs: dict[str, Catalog] = {}
        self._live = False
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[News], None]] = []
        self._ready = asyncio.Event()

    # -- recognising ---------------------------------------------------------------------------------------------

    def secret_of(self, cookie: bytes) -> bytes | None:
        """Our cookie's value among all cookies of a request."""
        prefix = self._prefix
        if cookie.startswith(prefix) and b";" not in cookie:
            return cookie[len(prefix) :]
        for part in cookie.split(b";"):
            stripped = part.strip()
            if stripped.startswith(prefix):
                return stripped[len(prefix) :]
        return None

    async def caller(self, authorization: bytes | None, cookie: bytes | None) -> Caller:
        """Who sent these headers; raises Unauthorized. A token goes before a cookie."""
        if authorization is not None:
            secret = authorization[7:] if authorization[:7].lower() == b"bearer " else b""
            token = True
        else:
            secret = self.secret_of(cookie) if cookie else None
            token = False
        if not secret or len(secret) > 200:
            raise Unauthorized
        key = sha256(secret).digest()
        found = self._callers.get(key)
        now = time.time()
        if found is None or (found.csrf is None) is not token:
            found = await self._load(key, token)
        if found.expires < now:
            self._callers.pop(key, None)
            raise Unauthorized
        if now - found.touched > TOUCH_SECONDS:
            found.touched = now
            self._spawn(self._touch(key, token))
        return found

    async def _load(self, key: bytes, token: bool) -> Caller:
        turn = self._turn
        async with self.database.connection() as db:
            if token:
                row = await db.row(
                    "SELECT workspace, user_id, NULL, extract(epoch FROM coalesce(expires, 'infinity'))::float8,"
                    " extract(epoch FROM coalesce(last_used, 'epoch'))::float8, scopes, id, NULL, per_minute"
                    " FROM guanxi.token WHERE hash = %(key)s AND revoked IS NULL AND (expires IS NULL OR expires > now())",
                    {"key": key},
                )
            else:
                row = await db.row(
                    "SELECT workspace, user_id, csrf, extract(epoch FROM expires)::float8,"
                    " extract(epoch FROM last_seen)::float8, NULL, NULL, viewing, NULL"
                    " FROM guanxi.session WHERE token_hash = %(key)s AND expires > now()",
                    {"key": key},
                )
            if row is None:
                raise Unauthorized
            workspace_id, user_id, csrf, expires, seen, scopes, token_id, viewing, per_minute = row
            workspace, catalog = await self.workspace(db, workspace_id)
            actor, viewer = await load_actor(db, workspace, user_id), None
            seen_as = await load_actor(db, workspace, viewing) if actor and viewing else None
            if actor and seen_as and may_view_as(actor, seen_as, catalog):
                actor, viewer, user_id = replace(seen_as, viewer=actor.id), actor, seen_as.id
            own = await db.row(
                f'SELECT theme, pins, starts FROM {quote(workspace.schema)}."user" WHERE id = %(id)s', {"id": user_id}
            )
        if actor is None or own is None:
            raise Unauthorized
        limit = None if scopes is None else frozenset(scopes)
        if limit is not None:
            actor = narrowed(actor, limit)
        caller = Caller(
            workspace,
            catalog,
            actor,
            key,
            csrf,
            limit,
            expires,
            seen,
            token_id,
            own[0] or "system",
            own[1] or [],
            own[2] or {},
            viewer=viewer,
            per_minute=per_minute,
        )
        # Something may have changed while we read: only what was read in one quiet stretch is kept.
        if self._live and turn == self._turn:
            if len(self._callers) >= KEPT:
                self._callers.clear()
            self._callers[key] = caller
        return caller

    async def workspace(self, db: Connection, workspace_id: str) -> tuple[Workspace, Catalog]:
        """The workspace with its catalog at the version that is in force."""
        workspace = await load_workspace(db, workspace_id)
        if workspace is None:
            raise Unauthorized
        version = await db.value("SELECT catalog_version FROM guanxi.workspace WHERE id = %(id)s", {"id": workspace_id})
        catalog = self._catalogs.get(workspace_id)
        if catalog is None or catalog.version != version:
            catalog = self._catalogs[workspace_id] = await load_catalog(db, workspace)
        return workspace, catalog

    async def _touch(self, key: bytes, token: bool) -> None:
        async with self.database.connection() as db:
            if token:
                first = await db.row(
                    "UPDATE guanxi.token t SET last_used = now() FROM guanxi.workspace w WHERE t.hash = %(key)s"
                    " AND t.last_used IS NULL AND w.id = t.workspace RETURNING w.schema, t.user_id, t.id, t.name",
                    {"key": key},
                )
                if first:
                    schema, user, id, name = first
                    await note_in(db, schema, "token_used", user, "api", token=id, name=name)
                else:
                    await db.execute("UPDATE guanxi.token SET last_used = now() WHERE hash = %(key)s", {"key": key})
            else:
                await db.execute(
                    "UPDATE guanxi.session SET last_seen = now(), expires = least(created + make_interval(days => %(longest)s),"
                    " now() + make_interval(days => %(idle)s)) WHERE token_hash = %(key)s",
                    {"key": key, "longest": LONGEST_DAYS, "idle": IDLE_DAYS},
                )

    # -- forgetting ----------------------------------------------------------------------------------------------

    def forget(self, workspace: str | None = None) -> None:
        """Forget the callers of a workspace, or all; what is being read just now will not be kept either."""
        self._turn += 1
        if workspace is None:
            self._callers.clear()
        else:
            for key in [k for k, c in self._callers.items() if c.workspace.id == workspace]:
                del self._callers[key]

    def heard(self, news: News) -> None:
        """Act on a notification: what it says has changed is forgotten; then everybody who asked is told."""
        if news.get("kind") in ("access", "catalog", "session"):
            self.forget(news.get("w"))
        self._announce(news)

    def _announce(self, news: News) -> None:
        for listener in tuple(self._listeners):
            listener(news)

    def subscribe(self, listener: Callable[[News], None]) -> Callable[[], None]:
        """Call ``listener`` with every notification; answers how to stop that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    @property
    def live(self) -> bool:
        """Whether notifications arrive."""
        return self._live

    async def start(self, wait: float = 5.0) -> None:
        """Begin to listen; answers when notifications arrive, or after ``wait`` seconds."""
        self._spawn(self._listen())
        try:
            async with asyncio.timeout(wait):
                await self._ready.wait()
        except TimeoutError:
            _log.warning("not listening for changes yet; callers are looked up at each request")

    async def stop(self) -> None:
        """Stop listening and whatever runs beside requests."""
        self._live = False
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self) -> None:
        pause = 0.1
        while True:
            try:
                connection = await Connection.open(self.database.url)
                try:
                    await connection.script(f"LISTEN {CHANNEL}")
                    self.forget()
                    self._live, pause = True, 0.1
                    self._ready.set()
                    self._announce({"kind": "listening"})
                    async for notice in connection.notices():
                        self._take(notice.payload)
                finally:
                    self._live = False
                    self.forget()
                    await connection.close()
            except Unavailable:
                _log.warning("lost the connection that brings changes; trying again")
            except Exception as error:  # noqa: BLE001 - whatever it was, the process must go on listening
                _log.error("listening for changes failed; trying again", error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    def _take(self, payload: str) -> None:
        try:
            news = json.loads(payload)
        except ValueError:
            return
        if isinstance(news, dict):
            self.heard(cast("News", news))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(self, work: Any) -> None:
        try:
            await work
        except Unavailable:
            _log.info("the database is away; work beside a request was dropped")
