"""What the clock starts: dates that come, once or every year in the solar or the Chinese lunar calendar, and schedules."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from guanxi.base import Conflict, Problem
from guanxi.base.clock import zone
from guanxi.flows.parameters import DAYS
from guanxi.flows.starting import Active, Start, active, actor_of, begin, refuse
from guanxi.flows.steering import matching
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace, catalog_of
from guanxi.schema.filter import Filter, both, either, parse, where

YEARS = range(1900, 2101)
MOST = 100_000
"""Records for which one moment starts a flow at most."""


def lunar(day: date) -> tuple[int, int, bool] | None:
    """Month, day, and whether it is the leap month, in the Chinese calendar; None outside of 31 January 1900 to the end of 2100."""
    from borax.calendars.lunardate import LunarDate  # pyright: ignore - loaded where somebody keeps lunar birthdays only

    try:
        found: Any = LunarDate.from_solar_date(day.year, day.month, day.day)
    except ValueError:
        return None
    return found.month, found.day, bool(found.leap)


def solar(year: int, month: int, day: int, leap: bool = False) -> date | None:
    """The solar date of a day in the Chinese calendar; None where that year has no such day."""
    from borax.calendars.lunardate import LunarDate  # pyright: ignore - see above

    try:
        return LunarDate(year, month, day, int(leap)).to_solar_date()
    except ValueError:
        return None


def anniversaries(today: date, calendar: str = "solar") -> list[date]:
    """The dates of which today is the anniversary, from 1900 to 2100.

    A day that this year does not have is kept on the last day of its month: who was born on 29 February on the 28th, who was
    born on the thirtieth of a lunar month on the twenty-ninth where it is short. A leap month's days are kept in the month
    of the same number, and in a leap month nobody's are.
    """
    if calendar == "lunar":
        here, tomorrow = lunar(today), lunar(today + timedelta(days=1))
        if here is None or here[2]:
            return []
        month, day, _ = here
        days = [day]
        if day == 29 and tomorrow and tomorrow[1] == 1:
            days.append(30)
        found = [solar(y, month, d, extra) for y in YEARS for d in days for extra in (False, True)]
        return [d for d in found if d is not None]
    days = [today.day]
    if (today.month, today.day) == (2, 28) and monthrange(today.year, 2)[1] == 28:
        days.append(29)
    return [date(y, today.month, d) for y in YEARS for d in days if d <= monthrange(y, today.month)[1]]


def moments(what: Mapping[str, Any], since: datetime, until: datetime, timezone: str) -> list[datetime]:
    """When a schedule comes, after ``since`` up to ``until``: each day at its time, as the clocks of its zone show it.

    What a clock passes over comes as much later as the clock is put forward, and what it shows twice comes once.
    """
    local = zone(str(what.get("zone") or timezone))
    hour, minute = (int(part) for part in str(what.get("at") or "09:00").split(":"))
    out: list[datetime] = []
    day, last = (since.astimezone(local) - timedelta(days=1)).date(), until.astimezone(local).date()
    while day <= last:
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=local).astimezone(UTC)
        if since < moment <= until and _on(what, day):
            out.append(moment)
        day += timedelta(days=1)
    return out


def _on(what: Mapping[str, Any], day: date) -> bool:
    days, nth = what.get("days"), what.get("month_day")
    if days and DAYS[day.weekday()] not in days:
        return False
    return not nth or day.day == min(int(nth), monthrange(day.year, day.month)[1])


def condition(what: Mapping[str, Any], day: date, timezone: str, kind: str) -> Filter:
    """Which records' date comes on ``day``, with the days that lie between."""
    target = day - timedelta(days=int(what.get("offset_days") or 0))
    dates = anniversaries(target, str(what.get("calendar") or "solar")) if what.get("yearly") else [target]
    name = str(what["field"])
    if kind == "date":
        return where(name, "in", [d.isoformat() for d in dates])
    local = zone(str(what.get("zone") or timezone))

    def within(d: date) -> Filter:
        start = datetime(d.year, d.month, d.day, tzinfo=local)
        end = start + timedelta(days=1, microseconds=-1)
        return where(name, "between", [start.isoformat(), end.isoformat()])

    return either([within(d) for d in dates])


async def coming(ctx: Context, flow: Active, moment: datetime) -> list[Start]:
    """What a moment starts: a run for each record that its date or its filter takes, or one without a record."""
    what, timezone = flow.trigger, ctx.workspace.timezone
    at = moment.isoformat(timespec="minutes")
    if flow.object is None:
        return [Start(at)]
    wanted = parse(what.get("filter")) if what.get("filter") else None
    if flow.kind == "date":
        day = moment.astimezone(zone(str(what.get("zone") or timezone))).date()
        entity = ctx.catalog.object(flow.object)
        wanted = both(wanted, condition(what, day, timezone, entity.types[str(what["field"])].name))
    ids = await matching(ctx, flow.object, both(wanted), "", MOST)
    return [Start(f"{at}:{id}", flow.object, id) for id in ids]


async def due(db: Connection, workspace: Workspace, now: datetime) -> int:
    """Begin what the clock has come to since it was last looked at, once each; how many runs. Of a schedule's moments that
    nobody was there for, the last counts."""
    catalog = await catalog_of(db, workspace)
    total = 0
    for flow in await active(db, workspace, catalog, ("date", "schedule")):
        passed: Sequence[datetime] = moments(flow.trigger, flow.clock, now, workspace.timezone)
        if not passed:
            continue
        moved = await db.execute(
            f"UPDATE {quote(workspace.schema)}._flow SET clock = %(now)s WHERE id = %(id)s::uuid AND clock = %(was)s",
            {"now": now, "id": flow.id, "was": flow.clock},
        )
        actor = await actor_of(db, workspace, flow)
        if not moved:
            continue
        if actor is None:
            await refuse(db, workspace, flow, Start(f"{passed[-1].isoformat()}!"), Conflict("flow_actor_gone"))
            continue
        ctx = Context(db, workspace, catalog, actor, f"flow:{flow.name}", "", now=now)
        for moment in passed if flow.kind == "date" else passed[-1:]:
            try:
                total += await begin(db, workspace, flow, await coming(ctx, flow, moment))
            except Problem as problem:
                await refuse(db, workspace, flow, Start(f"{moment.isoformat()}!"), problem)
    return total
