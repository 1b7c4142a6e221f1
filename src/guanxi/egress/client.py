"""The client: it resolves names itself, looks at every address it gets, and connects to one that it looked at.

There is no second resolution between look and connection, so that a name which answers differently the second time gains
nothing. Redirects are not followed, proxies and credentials of the environment not used; answers are read up to a limit.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import certifi
import httpcore
from httpcore import AnyIOBackend, AsyncHTTPConnection, AsyncNetworkBackend, AsyncNetworkStream

from guanxi.base import FieldError, Invalid, Problem
from guanxi.egress.addresses import allowed

SECONDS = 15.0
"""How long a whole exchange may take."""
LIMIT = 64 << 10
"""Bytes of an answer that are read."""
LONGEST = 2_000
"""Characters of a URL."""
KEPT, IDLE = 100, 20.0
"""Connections that are kept open for the next request, and seconds for which one is."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"})
"""Headers that are the client's own."""


class Unreached(Problem):
    """There was no answer; ``code`` says why, without a word about what lies behind a closed door."""

    status, code = 502, "egress_failed"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other server said. ``body`` is cut at the limit, ``cut`` says so; ``ms`` are milliseconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool
    ms: int

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace").replace("\0", "")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: ``host`` in ASCII, ``authority`` for the Host header, ``path`` with its query."""

    scheme: str
    host: str
    port: int
    authority: str
    path: str


def _target(url: str) -> Target:
    """Raises ValueError for what is no address of a web server."""
    if len(url) > LONGEST or any(ord(c) <= 32 or ord(c) == 127 for c in url) or "\\" in url:
        raise ValueError(url)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError(url)
    host = parts.hostname
    if not host.isascii():
        host = host.encode("idna").decode()
    if not re.fullmatch(r"[0-9A-Za-z._:%-]{1,253}", host):
        raise ValueError(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    shown = f"[{host}]" if ":" in host else host
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    usual = port == (443 if parts.scheme == "https" else 80)
    return Target(parts.scheme, host, port, shown if usual else f"{shown}:{port}", path)


async def checked(url: Any, field: str = "url") -> str:
    """The URL, if something may be sent there. Raises Invalid about ``field``: not a web address, or one of an inner network.

    A name that cannot be resolved now is taken: it is looked at again whenever something is sent.
    """
    try:
        target = _target(url if isinstance(url, str) else "")
    except ValueError:
        raise Invalid.one(field, "egress_url") from None
    try:
        await _resolve(target.host, target.port)
    except Unreached as refusal:
        if refusal.code == "egress_closed":
            raise Invalid(errors=[FieldError(field, "egress_closed")]) from None
    return str(url)


def header_faults(headers: Mapping[str, Any], field: str) -> Iterator[FieldError]:
    """What is wrong with headers that somebody wants to send."""
    for name, text in headers.items():
        if (
            not _NAME.fullmatch(name)
            or name.lower() in OURS
            or not isinstance(text, str)
            or len(text) > 4_000
            or any(c in text for c in "\r\n\0")
        ):
            yield FieldError(field, "egress_header", {"name": name[:60]})


async def _resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, all of which may be reached. Raises Unreached."""
    try:
        async with asyncio.timeout(5):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise Unreached("egress_name", host=host[:100]) from None
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    # One closed address among open ones is how a guard is tried out: then none is used.
    if not addresses or not all(allowed(a) for a in addresses):
        raise Unreached("egress_closed")
    return addresses


class _Guard(AsyncNetworkBackend):
    """Connects to looked-at addresses only."""

    def __init__(self) -> None:
        self._inner = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        failed: Exception = Unreached("egress_refused")
        for address in (await _resolve(host, port))[:4]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - the library's signature
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the same
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - the same
    ) -> AsyncNetworkStream:
        raise Unreached("egress_closed")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Connections:
    """Connections of an event loop, kept open for a while by where they lead, so that nobody waits for what another does."""

    def __init__(self) -> None:
        self._trust = ssl.create_default_context()  # what the system trusts, a company's own authority included
        self._trust.load_verify_locations(certifi.where())
        self._guard = _Guard()
        self._idle: deque[tuple[httpcore.Origin, AsyncHTTPConnection]] = deque()

    @asynccontextmanager
    async def lent(self, origin: httpcore.Origin) -> AsyncGenerator[AsyncHTTPConnection]:
        """One that is free, or a new one."""
        found = None
        # Closing waits, and others take from the same meanwhile: it is looked anew each time.
        while one := next((pair for pair in self._idle if pair[0] == origin), None):
            self._idle.remove(one)
            if one[1].is_idle() and not one[1].has_expired():
                found = one[1]
                break
            with suppress(Exception):  # what is broken already need not be closed well
                await one[1].aclose()
        if found is None:
            found = AsyncHTTPConnection(origin, self._trust, keepalive_expiry=IDLE, network_backend=self._guard)
        try:
            yield found
        finally:
            if found.is_idle() and not found.is_closed():
                self._idle.append((origin, found))
                if len(self._idle) > KEPT:
                    await self._idle.popleft()[1].aclose()
            else:
                await found.aclose()

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop()[1].aclose()


_connections: WeakKeyDictionary[asyncio.AbstractEventLoop, _Connections] = WeakKeyDictionary()


def _here() -> _Connections:
    loop = asyncio.get_running_loop()
    if loop not in _connections:
        _connections[loop] = _Connections()
    return _connections[loop]


async def close() -> None:
    """Close what is open in this event loop."""
    found = _connections.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()


async def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float = SECONDS,
    limit: int = LIMIT,
) -> Reply:
    """One request and its answer, whatever its status. Raises Unreached when there is none."""
    try:
        target = _target(url)
    except ValueError:
        raise Unreached("egress_url") from None
    given = {"user-agent": "Guanxi", "accept": "*/*", **{k.lower(): v for k, v in (headers or {}).items()}}
    if any(True for _ in header_faults(given, "headers")):
        raise Unreached("egress_header", name="…")
    given |= {"host": target.authority, "accept-encoding": "identity"}
    if body or method in ("POST", "PUT", "PATCH"):
        given["content-length"] = str(len(body))
    scheme, host = target.scheme.encode(), target.host.encode()
    request = httpcore.Request(
        method,
        httpcore.URL(scheme=scheme, host=host, port=target.port, target=target.path.encode("utf-8")),
        headers=[(k.encode(), v.encode()) for k, v in given.items()],
        content=body,
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
    )
    began = time.perf_counter()
    try:
        async with asyncio.timeout(seconds), _here().lent(httpcore.Origin(scheme, host, target.port)) as connection:
            response = await connection.handle_async_request(request)
            try:
                answer, cut = await _read(response, limit)
            finally:
                await response.aclose()
    except (TimeoutError, httpcore.TimeoutException):
        raise Unreached("egress_late", seconds=round(seconds)) from None
    except httpcore.ConnectError as error:
        raise Unreached("egress_tls" if _untrusted(error) else "egress_refused") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError, ValueError):
        raise Unreached("egress_broke") from None
    said = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
    return Reply(response.status, said, answer, cut, round((time.perf_counter() - began) * 1000))


def _untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _read(response: httpcore.Response, limit: int) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_stream():
        parts.append(part)
        size += len(part)
        if size > limit:
            return b"".join(parts)[:limit], True
    return b"".join(parts), False
