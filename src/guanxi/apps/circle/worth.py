"""What a customer is worth, what it bought, and how it feels about us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from guanxi.apps.circle.asking import Row, both, eq, figures, filled, rows, since, total
from guanxi.apps.customers.account import BOUGHT, OPEN_CASE
from guanxi.records import Context, panel

MONTHS = 24


def bought(id: str) -> Mapping[str, Any]:
    """The orders of an account that count."""
    return both(eq("account", id), BOUGHT)


def months_back(today: date, n: int) -> date:
    """The first day of the month ``n`` months before this one."""
    at = today.year * 12 + today.month - 1 - n
    return date(at // 12, at % 12 + 1, 1)


@panel("account", "worth", "Worth", "客户价值")
async def worth(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"all", "year", "before", "months"}``: figures of all orders, of this year, of the same part of the last; amounts by month."""
    measures = {"orders": "count", "amount": "sum amount", "mean": "avg amount"}
    whole = await total(ctx, "order", bought(id), {**measures, "first": "min ordered_at", "last": "max ordered_at"})
    if not whole or not whole["orders"]:
        return None
    today = ctx.env.today
    first = months_back(today, MONTHS - 1)
    by_month = await figures(
        ctx,
        "order",
        both(bought(id), since("ordered_at", first.isoformat())),
        {"orders": "count", "amount": "sum amount"},
        [{"field": "ordered_at", "grain": "month"}],
        limit=MONTHS + 1,
    )
    known = {one["group"]["ordered_at"][:7]: one for one in by_month}
    months = [months_back(today, n).isoformat()[:7] for n in reversed(range(MONTHS))]
    return {
        "all": whole,
        "year": await _of_year(ctx, id, today),
        "before": await _of_year(ctx, id, year_before(today)),
        "months": [{"month": m, "amount": (known.get(m) or {}).get("amount") or 0} for m in months],
    }


def year_before(day: date) -> date:
    """The same day of the last year; of 29 February the day before it."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


async def _of_year(ctx: Context, id: str, last: date) -> Row | None:
    """The orders of a year, up to this day of it."""
    start = date(last.year, 1, 1)
    span = {"field": "ordered_at", "op": "between", "value": [start.isoformat(), last.isoformat()]}
    return await total(ctx, "order", both(bought(id), span), {"orders": "count", "amount": "sum amount"})


@panel("account", "bought", "What they bought", "购买构成")
async def mix(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"families", "channels", "products"}``: groups with their amounts, the largest first."""
    lines = both(eq("order.account", id), {**BOUGHT, "field": "order.status"})
    amount = {"amount": "sum amount", "quantity": "sum quantity"}
    families = await figures(ctx, "order_line", lines, amount, ["product.family"], "-amount", 6)
    products = await figures(ctx, "order_line", lines, amount, ["product"], "-amount", 5)
    channels = await figures(
        ctx, "order", bought(id), {"amount": "sum amount", "orders": "count"}, ["channel"], "-amount", 7
    )
    if not (families or channels):
        return None
    return {"families": families, "channels": channels, "products": products}


@panel("account", "feelings", "How they feel", "满意与态度")
async def feelings(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"satisfaction", "rated", "complaints", "open", "last", "attitudes"}``."""
    mine = eq("account", id)
    rated = await total(
        ctx, "case", both(mine, filled("satisfaction")), {"satisfaction": "avg satisfaction", "rated": "count"}
    )
    complaints = both(mine, eq("kind", "complaint"))
    by_status = await figures(ctx, "case", complaints, {"n": "count"}, ["status"])
    last = await rows(ctx, "case", complaints, "status opened_at", "-opened_at", 1)
    attitudes = await figures(ctx, "contact", both(mine, filled("attitude")), {"n": "count"}, ["attitude"], "-n")
    n = sum(one["n"] for one in by_status)
    if not (n or attitudes or (rated or {}).get("rated")):
        return None
    return {
        **(rated or {}),
        "complaints": n,
        "open": sum(one["n"] for one in by_status if one["group"]["status"] in OPEN_CASE["value"]),
        "last": last[0] if last else None,
        "attitudes": [{"attitude": one["group"]["attitude"], "n": one["n"]} for one in attitudes],
    }
