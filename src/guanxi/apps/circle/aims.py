"""How far targets are: what counts for each measure, and what there should be by today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from guanxi import records
from guanxi.apps.circle.asking import Filter, Row, among, both, eq, figures, options, rows, sees, since, total
from guanxi.apps.circle.worth import months_back
from guanxi.apps.customers.account import BOUGHT
from guanxi.apps.sales.target import RUNNING
from guanxi.base import Invalid
from guanxi.records import Context, panel

MOST = 6
"""Targets that are shown at once."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Which records count, on which day of theirs, and what is added up of them."""

    object: str
    at: str
    value: str
    where: Filter | None = None


MEASURES: Mapping[str, Measure] = {
    "won": Measure("opportunity", "closed_on", "sum amount", eq("stage_kind", "won")),
    "ordered": Measure("order", "ordered_at", "sum amount", BOUGHT),
    "received": Measure("payment", "paid_on", "sum amount", eq("status", "received")),
    "visits": Measure("visit", "starts_at", "count", eq("status", "done")),
    "calls": Measure("call", "starts_at", "count", eq("result", "reached")),
    "customers": Measure("account", "created_at", "count"),
}
"""By the name of the option."""

FIELDS = "measure amount starts_on ends_on team owner"


@panel("target", "progress", "Progress", "进度")
async def progress(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"rows": [one]}``, as :func:`reached` answers it."""
    found = await reached(ctx, await seen(ctx, eq("id", id)))
    return {"rows": found} if found else None


@panel("user", "targets", "Targets", "目标")
async def of_person(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"rows": [...]}``: somebody's own targets that run today; without any, what they won against the periods before."""
    own = both(eq("owner", id), {"field": "team", "op": "is_empty", "value": True})
    found = await reached(ctx, await running(ctx, own)) or await as_before(ctx, [eq("owner", id)])
    return {"rows": found} if found else None


@panel("user", "team_targets", "Targets of teams", "团队目标")
async def of_teams(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"rows": [...]}``: the targets of teams that the reader sees and that run today; where there are none, those of single people
    added up by measure and time, against what all that the reader sees comes to; without any, what was won against the periods
    before. Told of the reader alone."""
    if id != ctx.actor.id:
        return None
    teams = await running(ctx, {"field": "team", "op": "is_empty", "value": False})
    found = await reached(ctx, teams or await together(ctx)) or await as_before(ctx, [])
    return {"rows": found} if found else None


async def running(ctx: Context, filter: Filter) -> list[Row]:
    """Targets that run today."""
    return await seen(ctx, both(RUNNING, filter))


async def seen(ctx: Context, filter: Filter) -> list[Row]:
    """Targets, those that end first before the others; none for who does not see all that is reckoned with."""
    if not sees(ctx, "target", *FIELDS.split()):
        return []
    return await rows(ctx, "target", filter, FIELDS, "ends_on,-amount", MOST)


async def together(ctx: Context) -> list[Row]:
    """The targets of several people as one for each measure and time."""
    if not sees(ctx, "target", *FIELDS.split()):
        return []
    keys = ["measure", "starts_on", "ends_on"]
    found = await figures(ctx, "target", RUNNING, {"amount": "sum amount"}, keys, "-amount", MOST)
    return [{"id": None, "amount": one["amount"], **one["group"]} for one in found]


async def reached(ctx: Context, targets: Sequence[Row]) -> list[Row]:
    """``[{"id", "title", "measure", "amount", "done", "by", "from", "to", "team", "money", "object", "filter", "before"}]``: what is to be reached,
    what is, and what would be by the end of today if every day brought the same; the filter lists what counted. Left out is what
    counts records, or by fields, that the reader does not see."""
    names = options(ctx, "target", "measure")
    out: list[Row] = []
    for one in targets:
        how = MEASURES.get(one["measure"])
        if how is None or not sees(ctx, how.object, how.at, "owner"):
            continue
        span = {"field": how.at, "op": "between", "value": [one["starts_on"], one["ends_on"]]}
        try:
            counts = both(*([how.where] if how.where else []), span, *await whose(ctx, one))
            found = await total(ctx, how.object, counts, {"done": how.value})
        except Invalid:  # it hangs on a field that the reader does not see
            continue
        if found is None:
            continue
        out.append(
            {
                "id": one["id"],
                "title": names.get(one["measure"], {}),
                "measure": one["measure"],
                "amount": one["amount"],
                "done": found["done"] or 0,
                "by": one["amount"] * passed(one["starts_on"], one["ends_on"], ctx.env.today),
                "from": one["starts_on"],
                "to": one["ends_on"],
                "team": one.get("team"),
                "money": how.value != "count",
                "object": how.object,
                "filter": counts,
                "before": False,
            }
        )
    return out


async def whose(ctx: Context, target: Row) -> list[Filter]:
    """Whose records count: its owner's, or those of a team and the teams below it; everybody's where targets were added up."""
    if team := target.get("team"):
        nodes, _ = await records.tree(ctx, "team", "parent", team["id"])
        within = [team["id"]]
        for node in nodes:  # whoever is over comes first
            if node.parent in within:
                within.append(node.id)
        return [among("owner.teams", within)]
    return [eq("owner", target["owner"]["id"])] if target["id"] else []


async def as_before(ctx: Context, mine: Sequence[Filter]) -> list[Row]:
    """What was won this month and this quarter, in the form of :func:`reached`: the amount is all of the period before, and by now it
    should be what that had on the same day."""
    how, today = MEASURES["won"], ctx.env.today
    if not sees(ctx, how.object, how.at, "stage"):
        return []
    money = sees(ctx, how.object, "amount")
    first = months_back(today, (today.month - 1) % 3 + 3)
    span = {"field": how.at, "op": "between", "value": [first.isoformat(), today.isoformat()]}
    won = both(eq("stage_kind", "won"), *mine)
    days = await figures(
        ctx,
        how.object,
        both(won, span),
        {"done": how.value if money else "count"},
        [{"field": how.at, "grain": "day"}],
        limit=200,
    )

    def within(start: date, end: date) -> float:
        return sum(one["done"] or 0 for one in days if start.isoformat() <= one["group"][how.at] <= end.isoformat())

    out: list[Row] = []
    for months in (1, 3):
        start = months_back(today, (today.month - 1) % months)
        before = months_back(start, months)
        last = start - timedelta(days=1)
        out.append(
            {
                "id": None,
                "title": options(ctx, "target", "measure").get("won", {}),
                "measure": "won",
                "amount": within(before, last),
                "done": within(start, today),
                "by": within(before, min(last, before + (today - start))),
                "from": start.isoformat(),
                "to": (months_back(start, -months) - timedelta(days=1)).isoformat(),
                "team": None,
                "money": money,
                "object": how.object,
                "filter": both(won, since(how.at, start.isoformat())),
                "before": True,
            }
        )
    return out


def passed(start: str, end: str, today: date) -> float:
    """Which part of a time is over when today is: 0 to 1."""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    return min(1.0, max(0.0, ((today - first).days + 1) / max(1, (last - first).days + 1)))
