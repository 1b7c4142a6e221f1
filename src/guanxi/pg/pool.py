"""Connections, pooled.

A pool of our own instead of psycopg's, for two things: a dead connection is noticed before it is lent, by one poll of
its socket, and a database that is away is an immediate :class:`guanxi.base.Unavailable`; the first request after it is
back finds it, with no back-off to wait out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from guanxi.base import Unavailable
from guanxi.pg.connection import Connection, Notice, quote

_IDLE = 300.0  # seconds after which a connection beyond the minimum is closed
_WAIT = 10.0  # seconds a caller waits for a free connection
_RETRY = 0.5  # seconds between attempts of a listener to reach the database again


class Database:
    """A pool of connections to one database."""

    def __init__(self, url: str, *, min_size: int, max_size: int, settings: Mapping[str, str]) -> None:
        self.url = url
        self.max_size = max_size
        self._min = min_size
        self._settings = settings
        self._free: list[Connection] = []  # the last used is lent first, so that the others can go
        self._places = asyncio.Semaphore(max_size)
        self._lent = 0
        self._closed = False

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        min_size: int = 1,
        max_size: int = 16,
        statement_timeout: float = 60,
        lock_timeout: float = 10,
        idle_timeout: float = 60,
    ) -> Database:
        """A pool whose first ``min_size`` connections are open; Unavailable when the database cannot be reached.

        Timeouts are in seconds, 0 for none; ``idle_timeout`` ends a transaction in which nothing happens.
        """
        settings = {
            "statement_timeout": str(int(statement_timeout * 1000)),
            "lock_timeout": str(int(lock_timeout * 1000)),
            "idle_in_transaction_session_timeout": str(int(idle_timeout * 1000)),
            "jit": "off",
            "enable_parallel_append": "off",
        }
        database = cls(url, min_size=min_size, max_size=max_size, settings=settings)
        database._free = [await Connection.open(url, **settings) for _ in range(min_size)]
        return database

    async def close(self) -> None:
        """Closes what is free now, and what is lent when it comes back."""
        self._closed = True
        free, self._free = self._free, []
        for connection in free:
            await connection.close()

    def connection(self, role: str | None = None) -> AbstractAsyncContextManager[Connection]:
        """A connection whose session acts as ``role``; each statement is its own transaction."""
        return _Lent(self, role)

    def transaction(
        self, role: str | None = None, *, snapshot: bool = False, timeout: float | None = None
    ) -> AbstractAsyncContextManager[Connection]:
        """A transaction that acts as ``role``: committed at the end, rolled back on an exception.

        ``snapshot``: read only, all statements see the same instant. ``timeout``: another limit for its statements, in
        seconds, 0 for none.
        """
        return _Transaction(self, role, "isolation level repeatable read read only" if snapshot else "", timeout)

    def stats(self) -> dict[str, int]:
        """``lent``, ``free`` and ``max`` connections, for the metrics."""
        return {"lent": self._lent, "free": len(self._free), "max": self.max_size}

    async def take(self, role: str | None) -> Connection:
        """A live connection; Unavailable when none is to be had. Give it back with :meth:`give`."""
        if self._closed:
            raise Unavailable(retry_after=1)
        if self._places.locked():
            try:
                async with asyncio.timeout(_WAIT):
                    await self._places.acquire()
            except TimeoutError:
                raise Unavailable(retry_after=2) from None
        else:
            await self._places.acquire()
        try:
            connection = await self._live(role)
        except BaseException:
            self._places.release()
            raise
        self._lent += 1
        connection.statements = 0
        return connection

    async def give(self, connection: Connection) -> None:
        """Takes a connection back."""
        self._lent -= 1
        try:
            if self._closed or not await connection.clean():
                await connection.close()
                return
            self._free.append(connection)
            oldest = self._free[0]
            if len(self._free) > self._min and oldest.idle_for() > _IDLE:
                await self._free.pop(0).close()
        finally:
            self._places.release()

    async def _live(self, role: str | None) -> Connection:
        while self._free:
            alike = (i for i in range(len(self._free) - 1, -1, -1) if self._free[i].role == role)
            connection = self._free.pop(next(alike, -1))
            if connection.alive():
                return connection
            await connection.close()
        return await Connection.open(self.url, **self._settings)


class _Lent:
    __slots__ = ("_connection", "_database", "_role")

    def __init__(self, database: Database, role: str | None) -> None:
        self._database = database
        self._role = role

    async def __aenter__(self) -> Connection:
        self._connection = connection = await self._database.take(self._role)
        connection.be(self._role)
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._database.give(self._connection)


class _Transaction:
    __slots__ = ("_connection", "_database", "_mode", "_role", "_timeout")

    def __init__(self, database: Database, role: str | None, mode: str, timeout: float | None) -> None:
        self._database = database
        self._role = role
        self._mode = mode
        self._timeout = timeout

    async def __aenter__(self) -> Connection:
        self._connection = connection = await self._database.take(self._role)
        connection.begin(self._role, self._mode, self._timeout)
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection = self._connection
        try:
            if kind is None:
                await connection.commit()
            else:
                await connection.rollback()
        finally:
            await self._database.give(connection)


async def listen(url: str, *channels: str) -> AsyncGenerator[Notice | None]:
    """What is notified on ``channels``, for ever, across losses of the database.

    None comes first, and again after every reconnection: something may have been missed, read afresh what you keep.
    """
    while True:
        try:
            connection = await Connection.open(url)
        except Unavailable:
            await asyncio.sleep(_RETRY)
            continue
        try:
            await connection.script("; ".join(f"listen {quote(channel)}" for channel in channels))
            yield None
            async for notice in connection.notices():
                yield notice
        except Unavailable:
            await asyncio.sleep(_RETRY)
        finally:
            await connection.close()
