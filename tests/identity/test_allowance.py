"""Requests are counted over all processes; whoever makes too many is told when to come again."""

from __future__ import annotations

import asyncio

from guanxi.base import TooMany
from guanxi.identity import Allowance
from guanxi.pg import Database


async def taken(allowances: list[Allowance], key: str, limit: int, tries: int) -> int:
    """How many of so many requests at once went through."""

    async def one(n: int) -> bool:
        try:
            await allowances[n % len(allowances)].spend(key, limit)
        except TooMany as refused:
            return not 0 < (refused.retry_after or 0) <= 60
        return True

    return sum(await asyncio.gather(*(one(n) for n in range(tries))))


async def test_processes_together_give_no_more_than_there_is(database_url: str) -> None:
    db = await Database.open(database_url, max_size=6)
    try:
        processes = [Allowance(db) for _ in range(3)]
        for limit in (5, 60, 600):
            went = await taken(processes, f"k{limit}", limit, limit * 3)
            assert limit - 3 * max(1, limit // 60) <= went <= limit + max(2, limit // 20)
        async with db.connection() as c:
            await c.execute("UPDATE guanxi.allowance SET at = at - interval '30 seconds' WHERE key = 'k60'")
        fresh = [Allowance(db)]
        assert 29 <= await taken(fresh, "k60", 60, 200) <= 32, "half a minute fills half of it"
        assert await taken(fresh, "another", 5, 5) == 5
    finally:
        await db.close()
