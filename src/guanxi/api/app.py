"""The application: one ASGI callable that knows which door a request goes through.

Records and search take a hand-written path, since they are nearly all of the traffic; everything else of the API is
the framework's; all other addresses are the built page.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

from guanxi import egress, identity, vault
from guanxi.api.edge import Edge, Exchange
from guanxi.api.records import RecordRoutes
from guanxi.api.static import Pages
from guanxi.api.system import System
from guanxi.api.watch import Watch
from guanxi.api.wire import Gone, Receive, Scope, Send, answer
from guanxi.base import NotFound, Unavailable, log
from guanxi.base.settings import Settings
from guanxi.pg import Database
from guanxi.records.cursor import set_cursor_secret

_log = log.get(__name__)

WEB = Path(__file__).resolve().parents[1] / "web_dist"
TIDY_SECONDS = 3600


class App:
    """The ASGI application. Its database is opened at the start of the lifespan, unless one is given."""

    def __init__(
        self,
        settings: Settings,
        database: Database | None = None,
        *,
        url: str | None = None,
        web: Path = WEB,
    ) -> None:
        self.settings = settings
        self.watch = Watch()
        self.pages = Pages(web)
        self._given = database
        self._url = url or settings.database_url
        self._edge: Edge | None = None
        self._records: RecordRoutes | None = None
        self._system: System | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def edge(self) -> Edge:
        """What all routes share; there from the start of the lifespan."""
        if self._edge is None:
            raise Unavailable
        return self._edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        kind = scope["type"]
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "lifespan":
            await self._lifespan(receive, send)
        elif kind == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    # -- life ----------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the database if none was given, begin to listen for changes, start what runs beside requests."""
        database = self._given
        if database is None:
            if self._url is None:
                raise RuntimeError("no database was given, neither open nor by its URL")
            database = await Database.open(self._url)
        set_cursor_secret(self.settings.secret)
        vault.unlock(self.settings.secret, self.settings.earlier_secrets)
        egress.allow(self.settings.networks)
        edge = self._edge = Edge(self.settings, database)
        self._records = RecordRoutes(edge)
        self._system = System(edge, self.watch)
        identity.warm()
        await edge.gate.start()
        self._tasks = [asyncio.create_task(self.watch.run()), asyncio.create_task(self._tidy(edge))]

    def close_streams(self) -> None:
        """End the open event streams, which would keep a server from stopping."""
        if self._system is not None:
            self._system.close()

    async def close(self) -> None:
        """Undo :meth:`open`."""
        if self._edge is None:
            return
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.close_streams()
        await self._edge.outbox.close()
        await self._edge.gate.stop()
        if self._given is None:
            await self._edge.database.close()
        self._edge = self._records = self._system = None

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.open()
                except Exception as error:  # noqa: BLE001 - the server is told, whatever it was
                    _log.error("could not start", error)
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _tidy(self, edge: Edge) -> None:
        while True:
            # Several processes do this; they need not do it in the same second.
            await asyncio.sleep(TIDY_SECONDS * (0.5 + random.random()))  # noqa: S311 - spreads attempts only
            try:
                async with edge.database.connection() as db:
                    await identity.tidy(db)
            except Unavailable:
                continue
            except Exception as error:  # noqa: BLE001 - tidying must not end the process
                _log.error("tidying failed", error)

    # -- requests ------------------------------------------------------------------------------------------------

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        edge, records = self._edge, self._records
        if edge is None or records is None or self._system is None:
            await answer(send, 503, b"", [(b"retry-after", b"1")])
            return
        x = Exchange(edge, scope, receive)
        path = x.path
        try:
            x.open()
            if path.startswith("/api/v1/records/") or path == "/api/v1/search":
                await edge.send(x, send, await records.answer(x))
            elif (
                path[:5].lower() in ("/api", "/api/")
                or path.startswith("/f/")
                or path in ("/healthz", "/readyz", "/metrics")
            ):
                await self._system.serve(x, send)
            else:
                await self._page(x, send)
        except Gone:
            x.status = 499
        except Exception as error:
            if x.status:
                # Part of the answer is on its way: all that can be done is to end it in the middle.
                _log.error("an answer broke off", error, request=x.reference.decode(), method=x.method, path=path)
                raise
            await edge.send_problem(x, send, error)
        finally:
            client = scope.get("client")
            self.watch.note(
                x.method if x.method in _METHODS else "OTHER",
                x.route,
                x.status,
                time.perf_counter() - x.started,
                x.reference,
                # Some addresses are secrets: whoever reads logs must not be able to use them.
                x.route if "invitation" in path or path.startswith(("/f/", "/api/v1/hooks/")) else path,
                x.caller.actor.id if x.caller else "",
                client[0] if client else "",
            )

    async def _page(self, x: Exchange, send: Send) -> None:
        x.route = "page"
        if x.method not in ("GET", "HEAD"):
            raise NotFound("no_such_address")
        found = await self.pages.answer(x.path, x.headers)
        if found is None:
            raise NotFound("no_such_address")
        x.status, body, headers = found
        headers.append((b"x-request-id", x.reference))
        if x.method == "HEAD":
            headers.append((b"content-length", str(len(body)).encode()))
            body = b""
            await send({"type": "http.response.start", "status": x.status, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await answer(send, x.status, body, headers)


_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


def create_app(settings: Settings, database: Database | None = None, *, url: str | None = None, web: Path = WEB) -> App:
    """The ASGI callable.

    With ``database`` the caller owns it; else the lifespan opens ``url`` (or the settings' database) in the process
    that serves.
    """
    return App(settings, database, url=url, web=web)
