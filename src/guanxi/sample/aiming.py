"""Targets of the month for everybody who sells, and for all of them together."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from guanxi.base.json import loads
from guanxi.records import Context, Create, aggregate, find, write
from guanxi.schema.query import read_aggregation, read_query

MONTHS = 6
"""Months whose sales a target is made of."""
MORE = Decimal("1.2")
"""How much more than they sold on average people are to sell."""
LEAST, STEP = 20_000, 10_000
VISITS = 8


async def fill(ctx: Context, owners: Sequence[str], team: str | None) -> int:
    """Targets of this month, where there are none yet; how many. A workspace without deals gets none."""
    deals = ctx.catalog.entities.get("opportunity")
    if deals is None or not {"amount", "closed_on", "stage_kind"} <= deals.fields.keys():
        return 0
    if "target" not in ctx.catalog.entities or await _first(ctx, "target"):
        return 0
    today = ctx.env.today
    sold = await _sold(ctx, (today.replace(day=1) - timedelta(days=30 * MONTHS)).isoformat())
    amounts = {one: _amount(sold.get(one, Decimal(0))) for one in owners}
    month = {
        "starts_on": today.replace(day=1).isoformat(),
        "ends_on": today.replace(day=monthrange(today.year, today.month)[1]).isoformat(),
    }
    wanted: list[dict[str, Any]] = []
    for owner, amount in amounts.items():
        wanted.append({"measure": "won", "amount": amount, "owner": owner})
        wanted.append({"measure": "visits", "amount": VISITS, "owner": owner})
    if team:
        lead = ((await _first(ctx, "team", id=team)) or {}).get("lead")
        wanted.append(
            {
                "measure": "won",
                "amount": _amount(sum(sold.values(), Decimal(0))),
                "team": team,
                "owner": lead and lead["id"],
            }
        )
    await write(ctx, "target", [Create({**one, **month}) for one in wanted], render=False)
    return len(wanted)


async def _first(ctx: Context, name: str, **equal: str) -> dict[str, Any] | None:
    """Some record with these values."""
    filter = {"and": [{"field": f, "op": "eq", "value": v} for f, v in equal.items()]}
    page = await find(ctx, read_query(name, {**({"filter": filter} if equal else {}), "limit": 1}))
    return loads(page.rows[0]) if page.rows else None


async def _sold(ctx: Context, since: str) -> dict[str, Decimal]:
    """What everybody sold from a day on."""
    asked = {
        "filter": {
            "and": [
                {"field": "stage_kind", "op": "eq", "value": "won"},
                {"field": "closed_on", "op": "gte", "value": since},
            ]
        },
        "group": ["owner"],
        "measures": [{"fn": "sum", "field": "amount", "as": "sum"}],
        "limit": 1000,
    }
    found = [loads(row) for row in await aggregate(ctx, read_aggregation("opportunity", asked))]
    return {(one["group"]["owner"] or {}).get("id", ""): Decimal(str(one["values"]["sum"] or 0)) for one in found}


def _amount(sold: Decimal) -> int:
    """A round number somewhat above what a month brought."""
    return max(LEAST, int(sold * MORE / MONTHS) // STEP * STEP)
