"""Two pools with something in them: one of customers, one of leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi import pools
from guanxi.base.json import loads
from guanxi.records import Context, Create, find, write
from guanxi.schema.query import read_query

POOLS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "account": {
        "en": ("Open customers", "Nobody in touch for 60 days", "Customers that wait for somebody who cares."),
        "zh": ("客户公海", "60 天无有效跟进", "等待认领的客户，领取后可见联系方式。"),
    },
    "lead": {
        "en": ("Open leads", "Nobody in touch for 30 days", "Leads that nobody follows yet."),
        "zh": ("线索公海", "30 天无有效跟进", "尚无人跟进的线索。"),
    },
}
"""By object and language: name, rule, description."""
CHOSEN: Mapping[str, tuple[Mapping[str, Any], int, int]] = {
    "account": ({"and": [{"field": "status", "op": "eq", "value": "prospect"}, {"none": "opportunities"}]}, 9, 60),
    "lead": ({"field": "status", "op": "in", "value": ["new", "contacted"]}, 7, 30),
}
"""Which records are in it, how many, and after how many days others fall."""


async def fill(ctx: Context, language: str, team: str | None) -> int:
    """Make the pools of whatever the workspace has, with the first team and all below it as members; how many."""
    made = 0
    for name, words in POOLS.items():
        entity = ctx.catalog.entities.get(name)
        if entity is None or not entity.pool or not {"status", "phone", "email"} <= entity.fields.keys():
            continue
        title, rule, description = words.get(language, words["en"])
        filter, most, days = CHOSEN[name]
        [outcome] = await write(
            ctx,
            "pool",
            [
                Create(
                    {
                        "name": title,
                        "holds": name,
                        "description": description,
                        "position": made + 1,
                        "teams": [team] if team else [],
                        "claims_per_day": 5,
                        "held_most": 200,
                        "cooldown_days": 7,
                        "masked": [n for n in ("phone", "mobile", "email", "address") if n in entity.fields],
                        "views_per_day": 10,
                        "recycling": [
                            {"name": rule, "idle_days": days, "active": False}
                        ],  # who looks around loses nothing
                        "warn_days": 7,
                    }
                )
            ],
        )
        made += 1
        page = await find(
            ctx, read_query(name, {"filter": filter, "fields": ["id"], "sort": "created_at", "limit": most})
        )
        ids = [loads(row)["id"] for row in page.rows]
        if ids and outcome.id:
            await pools.release(ctx, name, ids, outcome.id, "no_answer")
            if team and len(ids) > 3:  # so that there is something to compare
                await pools.assign(ctx, name, ids[:2])
    return made
