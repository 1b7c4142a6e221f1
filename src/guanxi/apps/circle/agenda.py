"""What is open with a customer, what was promised to it, and what comes next."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from guanxi.apps.circle.asking import Row, about, around, both, eq, filled, rows, sees, since, total, until
from guanxi.apps.customers.account import OPEN_CASE, OPEN_ORDER
from guanxi.flows.clocks import lunar, solar
from guanxi.records import Context, panel

SOON = 90
"""Days that count as soon for a contract's end and a birthday."""


@panel("account", "open", "Open", "未结事项")
async def unfinished(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"rows": [{"object", "view", "filter", "count", "amount"?}]}``: what is open, by kind, with the filter that lists it."""
    mine, today = eq("account", id), ctx.env.today
    kinds = [
        ("deals", "opportunity", both(mine, eq("stage_kind", "open")), "sum amount"),
        ("cases", "case", both(mine, OPEN_CASE), ""),
        ("unpaid", "payment", both(mine, eq("status", "planned")), "sum amount"),
        ("orders", "order", both(mine, OPEN_ORDER), "sum amount"),
        (
            "ending",
            "contract",
            both(mine, eq("status", "active"), until("ends_on", (today + timedelta(SOON)).isoformat())),
            "sum amount",
        ),
    ]
    out: list[Row] = []
    for name, object_name, filter, amount in kinds:
        found = await total(ctx, object_name, filter, {"count": "count"} | ({"amount": amount} if amount else {}))
        if found and found["count"]:
            out.append({"name": name, "object": object_name, "filter": filter, **found})
    ctx, here = await around(ctx, id)
    tasks = both(about(here), eq("status", "open"))
    found = await total(ctx, "task", tasks, {"count": "count"})
    if found and found["count"]:
        out.append({"name": "tasks", "object": "task", "filter": tasks, **found})
    return {"rows": out} if out else None


@panel("account", "promised", "Promised", "已承诺")
async def promised(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"rows": [{"object", "id", "title", "text", "at", "owner"}]}``: open tasks by their day, then next steps."""
    ctx, here = await around(ctx, id)
    tasks = both(about(here), eq("status", "open"))
    deals = both(eq("account", id), eq("stage_kind", "open"), filled("next_step"))
    visits = both(about(here), eq("status", "done"), filled("next_step"))
    out = [line(r, r["title"], r.get("due_at")) for r in await rows(ctx, "task", tasks, "due_at owner", "due_at", 6)]
    for name, wanted, fields, sort, n in (
        ("opportunity", deals, "next_step close_date owner", "close_date", 4),
        ("visit", visits, "next_step owner", "-starts_at", 2),
    ):
        out += [line(r, r["next_step"], r.get("close_date")) for r in await rows(ctx, name, wanted, fields, sort, n)]
    return {"rows": out} if out else None


def line(row: Row, text: str, at: Any) -> Row:
    """A line of an agenda."""
    return {
        "object": row["object"],
        "id": row["id"],
        "title": row["title"],
        "text": text,
        "at": at,
        "owner": row.get("owner"),
    }


@panel("account", "next", "What comes next", "接下来")
async def coming(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"rows": [{"kind", "object", "id", "title", "at"}]}`` by day: meetings, visits and calls that are planned, ends of contracts, birthdays."""
    ctx, here = await around(ctx, id)
    today = ctx.env.today
    out: list[Row] = []
    for name, state in (("meeting", "status"), ("visit", "status"), ("call", "result")):
        if sees(ctx, name, "about", "starts_at", state):
            planned = both(about(here), eq(state, "planned"), since("starts_at", today.isoformat()))
            found = await rows(ctx, name, planned, "starts_at owner", "starts_at", 4)
            out += [{"kind": name, **line(row, "", row.get("starts_at"))} for row in found]
    ends = both(
        eq("account", id),
        eq("status", "active"),
        since("ends_on", today.isoformat()),
        until("ends_on", (today + timedelta(SOON)).isoformat()),
    )
    if sees(ctx, "contract", "account", "status", "ends_on"):
        found = await rows(ctx, "contract", ends, "ends_on owner", "ends_on", 3)
        out += [{"kind": "contract", **line(row, "", row["ends_on"])} for row in found]
    out += [{"kind": "birthday", **one} for one in await birthdays(ctx, id)]
    out.sort(key=lambda one: str(one["at"]))
    return {"rows": out[:8]} if out else None


async def birthdays(ctx: Context, id: str) -> list[Row]:
    """The birthdays of the customer, if it is a person, and of its people within the coming days."""
    people: list[Row] = []
    for name, filter in (("account", eq("id", id)), ("contact", eq("account", id))):
        if sees(ctx, name, "birthday"):
            found = both(filter, filled("birthday"))
            people += await rows(ctx, name, found, "birthday birthday_calendar", "", 200)
    out: list[Row] = []
    for one in people:
        born = date.fromisoformat(one["birthday"])
        by_moon = one.get("birthday_calendar") == "lunar"
        day = next_birthday(born, ctx.env.today, by_moon)
        if day and (day - ctx.env.today).days <= SOON:
            out.append({**line(one, "", day.isoformat()), "lunar": by_moon})
    return out


def next_birthday(born: date, today: date, by_moon: bool) -> date | None:
    """The next day on which a birthday is kept, today among them; ``by_moon`` by the Chinese calendar.

    A day that a year does not have is kept on the one before it. None for a birth that the Chinese calendar here does not reach.
    """
    if by_moon:
        found = lunar(born)
        if found is None:
            return None
        month, day, _ = found
        # The Chinese year begins a month or two after the other one.
        years = range(today.year - 1, today.year + 2)
        days = [solar(y, month, day) or solar(y, month, day - 1) for y in years]
    else:
        last = 28 if (born.month, born.day) == (2, 29) else born.day
        days = [
            date(y, born.month, born.day if born.day == last or isleap(y) else last)
            for y in (today.year, today.year + 1)
        ]
    return next((d for d in days if d and d >= today), None)
