"""How many requests somebody may make: buckets in the database that every process draws from in portions.

A request costs a look into a dictionary; one in a second's worth of them costs a statement. The bucket holds a minute's worth,
so that a burst is no offence. Together the processes never give more than there is.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field

from guanxi.base import TooMany
from guanxi.pg import Database

PORTION = 500
"""Requests that a process draws at once at most; of a smaller limit a second's worth."""
KEPT = 20_000


@dataclass(slots=True)
class _Purse:
    """What this process holds of a bucket. ``closed_until`` is by the monotonic clock."""

    left: int = 0
    beyond: float = 0.0
    closed_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Allowance:
    """All buckets as this process knows them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._purses: dict[str, _Purse] = {}

    async def spend(self, key: str, per_minute: int) -> int:
        """Take one of ``per_minute``; about how many are left. Raises TooMany, which says when to come again."""
        purse = self._purses.get(key)
        if purse is None:
            if len(self._purses) >= KEPT:
                self._purses.clear()
            purse = self._purses[key] = _Purse()
        if not purse.left:
            await self._draw(key, per_minute, purse)
        purse.left -= 1
        return purse.left + int(purse.beyond)

    async def _draw(self, key: str, per_minute: int, purse: _Purse) -> None:
        async with purse.lock:
            if purse.left > 0:
                return
            wait = purse.closed_until - time.monotonic()
            if wait <= 0:
                portion = min(PORTION, max(1, per_minute // 60))
                async with self._database.connection() as db:
                    row = await db.row(
                        "SELECT drawn, amount_left FROM guanxi.draw(%(key)s, %(limit)s, %(n)s)",
                        {"key": key, "limit": per_minute, "n": portion},
                    )
                purse.left, purse.beyond = row or (portion, 0.0)
                if purse.left > 0:
                    return
                purse.left = 0
                wait = max(0.05, (1 - purse.beyond) * 60 / per_minute)
                purse.closed_until = time.monotonic() + wait
            raise TooMany(retry_after=math.ceil(wait))
