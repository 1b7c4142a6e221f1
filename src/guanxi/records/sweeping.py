"""Looking after workspaces: after one soon after it is told of, and after all of them every few seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from guanxi.base import Unavailable, log
from guanxi.pg import Database, DatabaseError
from guanxi.records.context import Workspace
from guanxi.records.workspaces import workspaces

SWEEP = 5.0
"""Seconds after which all workspaces are looked at, told or not."""

_log = log.get(__name__)


class Sweep:
    """One loop over workspaces; ``name`` is what the log calls it."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name
        self._told: set[str] = set()
        self._all = 0.0
        self._wake = asyncio.Event()

    def tell(self, workspace: str | None) -> None:
        """There is something in a workspace (an id), or in any (None)."""
        if workspace is None:
            self._all = 0.0
        else:
            self._told.add(workspace)
        self._wake.set()

    async def run(self, look: Callable[[Workspace], Awaitable[object]]) -> None:
        """For ever; while the database is away it goes on waiting, and looks at all of them then."""
        while True:
            told, self._told = self._told, set[str]()
            self._wake.clear()
            everything = time.monotonic() >= self._all
            if everything:
                self._all = time.monotonic() + SWEEP
            try:
                async with self._database.connection() as db:
                    known = await workspaces(db)
                for workspace in known:
                    if everything or workspace.id in told:
                        await look(workspace)
            except (Unavailable, DatabaseError) as error:
                _log.warning("workspaces cannot be looked after", of=self._name, reason=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._all - time.monotonic())):
                    await self._wake.wait()


async def beside(stop: asyncio.Event, *work: Coroutine[Any, Any, None]) -> None:
    """Do all of it side by side until ``stop``; what is under way then is broken off."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await stop.wait()
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
