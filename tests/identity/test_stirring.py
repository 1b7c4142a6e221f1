"""Open pages hear of what a worker wrote."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from tests.world import World

from guanxi import records
from guanxi.identity.gate import CHANNEL
from guanxi.pg import listen
from guanxi.records import Create, deliver


async def test_what_a_worker_wrote_is_told_and_what_the_edge_told_is_not(world: World) -> None:
    await deliver(world.db, world.workspace, "stream")
    made: dict[str, str] = {}
    notices = listen(world.db.url, CHANNEL)
    assert await anext(notices) is None
    for cause in ("page", "pools night"):
        async with world.act() as ctx:
            [done] = await records.write(replace(ctx, cause=cause), "account", [Create({"name": cause})])
            made[cause] = done.id or ""
    assert await deliver(world.db, world.workspace, "stream") >= 2
    told: list[str] = []
    while made["pools night"] not in told:
        notice = await asyncio.wait_for(anext(notices), 20)
        news = json.loads(notice.payload) if notice is not None else {}
        if news.get("kind") == "records":
            told += news.get("ids") or []
    assert made["page"] not in told
