"""The edge of a request: who is calling, in what transaction the work happens, what a failure looks like.

A request that writes is one transaction, committed here: after its answer is made, before the first byte of it is sent.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import random
import re
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from guanxi.api.wire import (
    DATA,
    JSON,
    Header,
    Receive,
    Scope,
    Send,
    accepted_language,
    answer,
    headers_of,
    problem_answer,
    request_id,
)
from guanxi.base import Conflict, FieldError, Forbidden, Invalid, Malformed, Problem, Unavailable, log
from guanxi.base import json as codec
from guanxi.base.settings import Settings
from guanxi.identity import Allowance, Caller, Gate, tell
from guanxi.pg import (
    BadValue,
    CheckViolation,
    Connection,
    Database,
    DatabaseError,
    ForeignKeyViolation,
    Moved,
    NotNullViolation,
    Retry,
    Timeout,
    UniqueViolation,
    quote,
)
from guanxi.records import Context

_log = log.get(__name__)

READING = frozenset({"GET", "HEAD", "OPTIONS"})
NEWS_SECONDS = 0.02
"""How long the answer to a change of access or catalog waits for other processes to hear of it; both are rare."""

_WHILE_VIEWING = re.compile(
    r"^POST /api/v1/(records/[^/]+/(query|aggregate|rules)|formula/check)$|^DELETE /api/v1/session(/view_as)?$"
)
"""What is posted and yet only reads, and the ways out."""

_UNLIMITED = frozenset({"/api/v1/stream", "/metrics"})
"""What is opened once and stays, and what watches over us."""

ATTEMPTS = 4
"""How often a write that collided with another is tried in all."""


@dataclass(slots=True)
class Answer:
    """What goes back: ``headers`` besides those of every answer."""

    status: int
    body: bytes
    headers: list[Header] = field(default_factory=list)

    @classmethod
    def of(cls, value: object, status: int = 200, *headers: Header) -> Answer:
        """``value`` as JSON."""
        return cls(status, codec.dumps(value), [JSON, *headers])


class Exchange:
    """One request on its way through: what was asked, who asked, what is to be remembered of it."""

    __slots__ = (
        "caller",
        "edge",
        "headers",
        "limits",
        "method",
        "path",
        "receive",
        "reference",
        "route",
        "scope",
        "started",
        "status",
    )

    def __init__(self, edge: Edge, scope: Scope, receive: Receive) -> None:
        self.edge = edge
        self.scope = scope
        self.receive = receive
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = {}
        self.reference = b""
        self.caller: Caller | None = None
        self.route = "other"
        self.status = 0
        self.limits: tuple[Header, ...] = ()
        self.started = time.perf_counter()

    def open(self) -> None:
        """Look at the headers; raises Malformed."""
        self.headers = headers_of(self.scope)
        self.reference = request_id(self.headers)

    @property
    def language(self) -> str:
        """What to speak: the user's language, else the one that the browser asks for."""
        if self.caller is not None:
            return self.caller.actor.language
        return accepted_language(self.headers)

    @property
    def address(self) -> str:
        """Where the request comes from; behind a proxy of one's own (an installation with a base URL), what it says."""
        client = self.scope.get("client")
        peer = str(client[0]) if client else ""
        forwarded = self.headers.get(b"x-forwarded-for")
        if forwarded and self.edge.settings.base_url and _near(peer):
            return forwarded.rsplit(b",", 1)[-1].strip()[:64].decode("latin-1")
        return peer

    @property
    def signed_in(self) -> Caller:
        """The caller, who is known here."""
        assert self.caller is not None  # noqa: S101 - routes that are not public begin with `identify`
        return self.caller

    def signature(self, *parts: bytes) -> bytes:
        """What an Idempotency-Key stands for: the method, the address, and the body in ``parts``."""
        digest = sha256(self.method.encode() + b"\0" + self.path.encode() + b"\0" + self.scope.get("query_string", b""))
        for part in parts:
            digest.update(b"\0")
            digest.update(part)
        return digest.digest()


def _near(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return not peer
    return address.is_loopback or address.is_private


class Outbox:
    """Tells other processes which records changed, a moment after the change and many at once.

    Telling is a hint to refresh a screen, so it may be late or get lost with the process; in exchange no commit waits for
    it (NOTIFY inside a transaction makes commits queue up behind each other).
    """

    PAUSE = 0.05
    MOST = 50
    """Ids told one by one; of more only the object is told."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[tuple[str, str], list[str] | None] = {}
        self._task: asyncio.Task[None] | None = None

    def records(self, workspace: str, object_name: str, ids: list[str]) -> None:
        """These records of an object changed (none named: some did)."""
        key = (workspace, object_name)
        known = self._waiting.get(key, [])
        self._waiting[key] = None if not ids or known is None or len(known) + len(ids) > self.MOST else [*known, *ids]
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        await asyncio.sleep(self.PAUSE)
        waiting, self._waiting = self._waiting, {}
        try:
            async with self._database.connection() as db:
                for (workspace, object_name), ids in waiting.items():
                    more = {"ids": list(dict.fromkeys(ids))} if ids else {}
                    await tell(db, workspace, "records", object=object_name, **more)
        except (Unavailable, DatabaseError) as error:
            _log.warning("changes were not told", reason=str(error))
        if self._waiting:
            self._task = asyncio.get_running_loop().create_task(self._flush())

    async def close(self) -> None:
        """Tell what waits."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)


class Edge:
    """What all routes share in this process."""

    KEPT = 100
    """Callers of whom something large is kept."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        https = settings.base_url.startswith("https://")
        self.outbox = Outbox(database)
        self.allowance = Allowance(database)
        self._kept: deque[Caller] = deque()
        self.gate = Gate(database, cookie="__Host-guanxi" if https else "guanxi", secure=https)

    def keep(self, caller: Caller, name: str, value: Any) -> Any:
        """Keep what was derived of a caller until the caller is forgotten, or many others were derived of since."""
        if not caller.memo:
            self._kept.append(caller)
            if len(self._kept) > self.KEPT:
                self._kept.popleft().memo.clear()
        caller.memo[name] = value
        return value

    # -- who ---------------------------------------------------------------------------------------------------

    async def identify(self, x: Exchange) -> Caller:
        """Recognise the caller; a cookie that is to change something must come with its CSRF token."""
        headers = x.headers
        caller = await self.gate.caller(headers.get(b"authorization"), headers.get(b"cookie"))
        x.caller = caller
        if caller.csrf is not None and x.method not in READING:
            given = headers.get(b"x-csrf-token", b"")
            if not hmac.compare_digest(given, caller.csrf.encode()):
                raise Forbidden("csrf")
        if caller.viewer is not None and x.method not in READING and not _WHILE_VIEWING.search(f"{x.method} {x.path}"):
            raise Forbidden("viewing_as", user=caller.actor.name)
        if x.path not in _UNLIMITED:
            await self._spend(x, caller)
        return caller

    async def _spend(self, x: Exchange, caller: Caller) -> None:
        """Count a request against the limits of its user and its token; raises TooMany. What is left is told in headers."""
        limits: list[tuple[bytes, str, int]] = []
        if caller.per_minute is not None:
            limits.append((b"token", f"t:{caller.token}", caller.per_minute))
        if self.settings.rate:
            limits.append((b"user", f"u:{(caller.viewer or caller.actor).id}", self.settings.rate))
        for name, key, limit in limits:
            left = 0
            try:
                left = await self.allowance.spend(key, limit)
            finally:
                if not x.limits or left == 0:
                    x.limits = (
                        (b"ratelimit-policy", b'"%b";q=%d;w=60' % (name, limit)),
                        (b"ratelimit", b'"%b";r=%d;t=%d' % (name, left, -(-(limit - left) * 60 // limit))),
                    )

    # -- work ----------------------------------------------------------------------------------------------------

    def context(
        self, db: Connection, caller: Caller, last: bool = False, moved: list[tuple[str, str]] | None = None
    ) -> Context:
        """The engine's context of this caller; ``moved`` learns what changes beside what is written."""
        cause = "api" if caller.csrf is None else "page"
        beside: list[tuple[str, str]] = [] if moved is None else moved
        return Context(db, caller.workspace, caller.catalog, caller.actor, cause, last=last, moved=beside)

    def reader(self, db: Connection, caller: Caller) -> Context:
        """A context to read with: it needs no id of a change set, which is the dearest part of making one."""
        return Context(db, caller.workspace, caller.catalog, caller.actor, "read", "")

    @asynccontextmanager
    async def reading(self, caller: Caller) -> AsyncGenerator[Context]:
        """A connection and a context to read with: every statement stands for itself."""
        async with self.database.connection(caller.workspace.role) as db:
            yield self.reader(db, caller)

    async def write(
        self,
        x: Exchange,
        work: Callable[[Context], Awaitable[Answer]],
        *parts: bytes,
        secret: bool = False,
        news: str = "",
        last: bool = False,
    ) -> Answer:
        """Run ``work`` in one transaction and commit it; again when it collided with another.

        A POST with an Idempotency-Key is done once: ``parts`` is its body, and its first answer is given again for a
        day. ``secret`` answers are not kept: then the repeated request is a conflict. ``news`` says what kind of thing
        this makes old: callers are forgotten here at once, and in other processes as soon as they hear of it. ``last``:
        the work is one write, which may end the transaction.
        """
        caller = x.signed_in
        if caller.viewer is not None:
            raise Forbidden("viewing_as", user=caller.actor.name)
        if news:
            work = _telling(work, caller.workspace.id, news)
        key = _key(x) if x.method == "POST" else None
        for attempt in range(ATTEMPTS):
            moved: list[tuple[str, str]] = []
            try:
                if key is None:
                    async with self.database.transaction(caller.workspace.role) as db:
                        result = await work(self.context(db, caller, last and not news, moved))
                else:
                    result = await self._once(x, caller, key, x.signature(*parts), work, secret, moved)
                for name in dict.fromkeys(n for n, _ in moved):
                    self.outbox.records(caller.workspace.id, name, [i for n, i in moved if n == name])
                if news:
                    self.gate.forget(caller.workspace.id)
                    # What was changed holds for the next request wherever it goes: the others hear of it by then.
                    await asyncio.sleep(NEWS_SECONDS)
                return result
            except Retry:
                if attempt == ATTEMPTS - 1:
                    raise Unavailable("busy", retry_after=1) from None
                await asyncio.sleep(0.01 * 2**attempt * (1 + random.random()))  # noqa: S311 - spreads attempts only
        raise AssertionError("unreachable")

    async def _once(
        self,
        x: Exchange,
        caller: Caller,
        key: str,
        signature: bytes,
        work: Callable[[Context], Awaitable[Answer]],
        secret: bool,
        moved: list[tuple[str, str]],
    ) -> Answer:
        mine = {"w": caller.workspace.id, "u": caller.actor.id, "key": key, "hash": signature}
        take = (
            "INSERT INTO guanxi.idempotency AS i (workspace, user_id, key, request_hash) VALUES (%(w)s, %(u)s, %(key)s, %(hash)s)"
            " ON CONFLICT (workspace, user_id, key) DO UPDATE SET request_hash = excluded.request_hash, at = now(),"
            " status = NULL, headers = NULL, body = NULL WHERE i.at < now() - interval '24 hours'"
        )
        keep = (
            "UPDATE guanxi.idempotency SET status = %(status)s, headers = %(headers)s::jsonb, body = %(body)s"
            " WHERE workspace = %(w)s AND user_id = %(u)s AND key = %(key)s"
        )
        begun = False
        try:
            async with self.database.transaction() as db:
                # Whoever comes second waits here until the first has committed or given up.
                begun = bool(await db.execute(take, mine))
                if not begun:
                    return await self._again(db, mine)
                await db.execute(f"SET LOCAL ROLE {quote(caller.workspace.role)}")
                result = await work(self.context(db, caller, moved=moved))
                await db.execute("SET LOCAL ROLE NONE")
                await db.execute(keep, mine | _kept(result, secret))
                return result
        except Problem as problem:
            # A refusal is an answer too, but the work it refused is gone with its transaction.
            if begun and 400 <= problem.status < 500:
                status, body, headers = problem_answer(problem, x.language, x.reference)
                async with self.database.transaction() as db:
                    if not await db.execute(take, mine):
                        return await self._again(db, mine)
                    await db.execute(keep, mine | _kept(Answer(status, body, headers), secret=False))
            raise

    async def _again(self, db: Connection, mine: dict[str, Any]) -> Answer:
        row = await db.row(
            "SELECT request_hash, status, headers, body FROM guanxi.idempotency"
            " WHERE workspace = %(w)s AND user_id = %(u)s AND key = %(key)s",
            mine,
        )
        if row is None or bytes(row[0]) != mine["hash"] or row[1] is None or row[3] is None:
            raise Conflict("idempotency_conflict")
        headers = [(name.encode(), value.encode()) for name, value in row[2]]
        return Answer(row[1], bytes(row[3]), [*headers, (b"idempotency-replayed", b"true")])

    # -- answers -------------------------------------------------------------------------------------------------

    def problem_of(self, error: Exception, x: Exchange) -> Problem:
        """The refusal that an exception means; what nobody expected is logged and becomes a 500 with a reference."""
        if isinstance(error, Problem):
            if error.status >= 500:
                _log.error("a request failed", error, request=x.reference.decode(), method=x.method, path=x.path)
            return error
        if isinstance(error, Retry):
            return Unavailable("busy", retry_after=1)
        if isinstance(error, (Timeout, TimeoutError)):
            return Unavailable("timeout", retry_after=5)
        if isinstance(error, (UniqueViolation, ForeignKeyViolation)):
            return Conflict()
        if isinstance(error, (CheckViolation, NotNullViolation, BadValue)):
            return Invalid()
        _log.error("a request failed", error, request=x.reference.decode(), method=x.method, path=x.path)
        # Asked again it is asked of the catalog that is in force by now.
        return Unavailable("busy", retry_after=1) if isinstance(error, Moved) else Problem()

    async def send(self, x: Exchange, send: Send, result: Answer) -> None:
        """Send an answer with the headers of every answer."""
        x.status = result.status
        body = b"" if x.method == "HEAD" else result.body
        headers = [*DATA, (b"x-request-id", x.reference), *x.limits, *result.headers]
        if x.method == "HEAD":
            headers.append((b"content-length", str(len(result.body)).encode()))
            await send({"type": "http.response.start", "status": result.status, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await answer(send, result.status, body, headers)

    async def send_problem(self, x: Exchange, send: Send, error: Exception) -> None:
        """Send a refusal in the caller's language."""
        status, body, headers = problem_answer(self.problem_of(error, x), x.language, x.reference)
        await self.send(x, send, Answer(status, body, headers))


def _telling(
    work: Callable[[Context], Awaitable[Answer]], workspace: str, kind: str
) -> Callable[[Context], Awaitable[Answer]]:
    async def told(ctx: Context) -> Answer:
        result = await work(ctx)
        await tell(ctx.db, workspace, kind)
        return result

    return told


def _key(x: Exchange) -> str | None:
    given = x.headers.get(b"idempotency-key")
    if given is None:
        return None
    try:
        key = given.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed("not_a_key") from None
    if not 0 < len(key) <= 255 or not key.isprintable():
        raise Malformed("not_a_key")
    return key


def _kept(result: Answer, secret: bool) -> dict[str, Any]:
    return {
        "status": result.status,
        "headers": codec.dumps([[name.decode(), value.decode()] for name, value in result.headers]).decode(),
        "body": None if secret else result.body,
    }


def squeezed(x: Exchange, plain: bytes, packed: bytes) -> tuple[bytes, list[Header]]:
    """The body in the form that the caller takes, with the headers that say so."""
    if b"gzip" in x.headers.get(b"accept-encoding", b""):
        return packed, [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
    return plain, [(b"vary", b"accept-encoding")]


def edit_of(x: Exchange) -> int | None:
    """The ``edit`` that a change was made on, by If-Match; None where none is said. Raises Invalid."""
    text = x.headers.get(b"if-match", b"").decode("latin-1").strip('"')
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise bad("If-Match", "wrong_type", expected='"<edit>"')
    return int(text) if text else None


def bad(field_name: str, code: str, **values: object) -> Invalid:
    """An Invalid about one parameter."""
    return Invalid(errors=[FieldError(field_name, code, values)])
