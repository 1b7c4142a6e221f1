"""The event stream: what changes while somebody looks, as far as they may see it.

Every event is checked against what its reader may see *now*; a stream ends with its session. Events are hints to read
again, never data: ``records {"object", "ids"}`` (``ids`` null: many), ``catalog {"version"}``, ``job {...}``,
``notification {}`` (what one is told changed), ``flow {"flow", "run"}`` for who shapes flows.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from guanxi.api.edge import Edge
from guanxi.api.route import Route, X, needs
from guanxi.api.watch import Watch
from guanxi.base import Problem, TooMany
from guanxi.base import json as codec
from guanxi.identity import Caller, News
from guanxi.records import access
from guanxi.records.compile import Compiler
from guanxi.schema import query
from guanxi.schema.filter import where

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["live"])

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, and the session looked at again."""
GATHER = 0.15
"""Seconds for which events are gathered, so that a batch is one event."""
STREAMS = 20
"""Open streams of one user."""
QUEUE = 200
"""Events that may wait for a slow reader; past that it is only told to read everything again."""
KEPT = 1000
"""News that are kept for a page that has read already and was not listening."""


class Stream:
    """One open stream: what waits to be sent."""

    def __init__(self, caller: Caller) -> None:
        self.workspace = caller.workspace.id
        self.user = caller.actor.id
        self.waiting: list[News] = []
        self.overflow = False
        self.closed = False
        self.wake = asyncio.Event()

    def hear(self, news: News) -> None:
        """Take a notification that may concern this reader."""
        if news.get("w") not in (None, self.workspace):
            return
        if news.get("user") not in (None, self.user) and news.get("kind") == "jobs":
            return
        if self.user not in news.get("users", (self.user,)):
            return
        if len(self.waiting) < QUEUE:
            self.waiting.append(news)
        else:
            self.overflow = True
        self.wake.set()


class Live:
    """All open streams of this process."""

    def __init__(self, edge: Edge, watch: Watch) -> None:
        self.edge = edge
        self.watch = watch
        self.streams: set[Stream] = set()
        self._closed = False
        self._begun = time.monotonic()
        self._lately: deque[tuple[float, News]] = deque(maxlen=KEPT)
        self._stop = edge.gate.subscribe(self._hear)

    def _hear(self, news: News) -> None:
        self._lately.append((time.monotonic(), news))
        for stream in self.streams:
            stream.hear(news)

    def open(self, caller: Caller, ago: int = 0) -> Stream:
        """A new stream, which begins with what was told in the last ``ago`` milliseconds; TooMany when the user has too many."""
        if sum(s.user == caller.actor.id for s in self.streams) >= STREAMS:
            raise TooMany(retry_after=30)
        stream = Stream(caller)
        stream.closed = self._closed
        if ago:
            since = time.monotonic() - ago / 1000
            stream.overflow = since < (self._lately[0][0] if len(self._lately) == KEPT else self._begun)
            for at, news in self._lately:
                if at > since:
                    stream.hear(news)
            if stream.overflow:
                stream.wake.set()
        self.streams.add(stream)
        self.watch.streams = len(self.streams)
        return stream

    def drop(self, stream: Stream) -> None:
        """A stream is over."""
        self.streams.discard(stream)
        self.watch.streams = len(self.streams)

    def close(self) -> None:
        """End all streams, and those that are opened from now on."""
        self._closed = True
        self._stop()
        for stream in self.streams:
            stream.closed = True
            stream.wake.set()


@router.get("/stream", summary="Server-sent events")
@needs("records:read")
async def stream(x: X, request: Request, ago: Annotated[int, Query(ge=0, le=10**12)] = 0) -> Response:
    """Catalog and record changes that the user may see, notifications, progress of jobs. ``ago``: milliseconds; what was
    told since then comes first, so that nothing is missed between reading and listening."""
    if x.method == "HEAD":
        return Response(media_type="text/event-stream")
    live: Live = request.app.state.live
    mine = live.open(x.signed_in, ago)
    authorization, cookie = x.headers.get(b"authorization"), x.headers.get(b"cookie")
    body = _events(live, mine, authorization, cookie)
    return StreamingResponse(
        body, media_type="text/event-stream", headers={"x-accel-buffering": "no", "cache-control": "no-store"}
    )


async def _events(live: Live, mine: Stream, authorization: bytes | None, cookie: bytes | None) -> AsyncGenerator[bytes]:
    gate = live.edge.gate
    version: int | None = None
    try:
        yield b"retry: 3000\n\n"
        while not mine.closed:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await mine.wake.wait()
                await asyncio.sleep(GATHER)
            except TimeoutError:
                pass
            mine.wake.clear()
            waiting, mine.waiting = mine.waiting, []
            overflow, mine.overflow = mine.overflow, False
            try:
                caller = await gate.caller(authorization, cookie)
            except Problem as problem:
                if problem.status == 401:
                    yield _event("signed_out", {})
                    return
                yield b": the database is away\n\n"
                continue
            if version is None and not overflow:
                version = caller.catalog.version
            if caller.catalog.version != version or any(n.get("kind") in ("catalog", "access") for n in waiting):
                version = caller.catalog.version
                yield _event("catalog", {"version": version})
            if overflow or any(n.get("kind") == "listening" for n in waiting):
                # Something was missed: let the reader look at everything again.
                yield _event("records", {"object": None, "ids": None})
            else:
                try:
                    for event in await _records(live.edge, caller, waiting):
                        yield event
                except Problem:
                    yield _event("records", {"object": None, "ids": None})
            for news in waiting:
                if news.get("kind") == "jobs":
                    yield _event("job", {k: v for k, v in news.items() if k not in ("w", "kind", "user")})
                if news.get("kind") == "flow" and "catalog" in caller.actor.grants.system:
                    yield _event("flow", {"flow": news.get("flow"), "run": news.get("run")})
            if overflow or any(n.get("kind") in ("told", "listening") for n in waiting):
                yield _event("notification", {})
            if not waiting:
                yield b": \n\n"
    finally:
        live.drop(mine)


async def _records(edge: Edge, caller: Caller, waiting: list[News]) -> list[bytes]:
    """An event for each object of which the caller can see changed records."""
    changed: dict[str, set[str] | None] = {}
    for news in waiting:
        name = news.get("object")
        if news.get("kind") != "records" or not isinstance(name, str):
            continue
        ids, known = news.get("ids"), changed.get(name, set())
        changed[name] = None if not ids or known is None else known | set(ids)
    out: list[bytes] = []
    for name, ids in changed.items():
        entity = caller.catalog.entities.get(name)
        if entity is None or not access.may(caller.actor, entity, "read"):
            continue
        if ids is None:
            out.append(_event("records", {"object": name, "ids": None}))
            continue
        wanted = where("id", "in", sorted(ids))
        async with edge.reading(caller) as ctx:
            seen: list[str] = []
            # What was deleted is told to whoever could see it, also without the bin.
            for one in (query.Query(name, wanted, archived="with"), query.Query(name, wanted, deleted=True)):
                statement = Compiler(ctx).ids(one)
                seen += [row[0] for row in await ctx.db.fetch(statement.sql, statement.args)]
        if seen:
            out.append(_event("records", {"object": name, "ids": seen}))
    return out


def _event(kind: str, data: dict[str, Any]) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + codec.dumps(data) + b"\n\n"
