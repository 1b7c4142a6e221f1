"""Something to do on the first day for whoever looks first."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.base.json import loads
from guanxi.records import Context, Create, find, write
from guanxi.sample.tongue import Line, Tongue
from guanxi.schema.query import read_query

DUE = (-1, 0, 0)
"""From today, the days on which tasks are due: one of them is late."""
EVENING, AFTERNOON = time(18), time(16)
OTHER = re.compile(r"\{(?!person|firm)")
"""A place for something else than the deal's person and company."""


async def fill(ctx: Context, tongue: Tongue, owner: str, rng: random.Random) -> dict[str, int]:
    """Tasks and a meeting about open deals of ``owner``; how many of each, none where there are no such deals."""
    deals = ctx.catalog.entities.get("opportunity")
    if deals is None or not {"account", "contact", "stage_kind", "owner"} <= deals.fields.keys():
        return {}
    mine = [("stage_kind", "eq", "open"), ("owner", "eq", owner), ("contact", "is_empty", False)]
    page = await find(
        ctx,
        read_query(
            "opportunity",
            {
                "filter": {"and": [{"field": f, "op": op, "value": v} for f, op, v in mine]},
                "fields": ["id", "account", "contact"],
                "sort": "close_date",
                "limit": len(DUE) + 1,
            },
        ),
    )
    found = [loads(row) for row in page.rows]
    today, zone = ctx.env.today, ZoneInfo(ctx.workspace.timezone)

    def at(days: int, hour: time) -> str:
        return datetime.combine(today + timedelta(days=days), hour, zone).isoformat()

    def about(deal: dict[str, Any], line: Line) -> dict[str, Any]:
        words = {"person": deal["contact"]["title"], "firm": (deal["account"] or {}).get("title") or ""}
        return {
            "subject": line.subject.format(**words),
            "body": line.body.format(**words),
            "about": {"object": "opportunity", "id": deal["id"]},
            "owner": owner,
        }

    def lines(every: Sequence[Line]) -> Iterator[Line]:
        fitting = [one for one in every if not one.won and not OTHER.search(one.subject + one.body)]
        return iter(rng.sample(fitting, len(fitting)))

    tasks = [
        {**about(deal, line), "due_at": at(days, EVENING), "status": "open"}
        for deal, days, line in zip(found, DUE, lines(tongue.tasks), strict=False)
    ]
    meetings = [
        {**about(deal, line), "starts_at": at(0, AFTERNOON), "status": "planned", "place": rng.choice(tongue.places)}
        for deal, line in zip(found[len(DUE) :], lines(tongue.meetings), strict=False)
    ]  # fmt: skip
    made = {"task": tasks, "meeting": meetings}
    for name, rows in made.items():
        await write(ctx, name, [Create(values) for values in rows], render=False)
    return {name: len(rows) for name, rows in made.items()}
