"""Periods that conditions on dates name: ``"today"``, ``"this_quarter"``, ``{"last_days": 30}``. Weeks start on Monday."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from guanxi.schema.types.base import Bad, shown

DAY = timedelta(days=1)
UNITS = ("day", "week", "month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` to just before ``end``: two dates, or two moments."""

    start: Any
    end: Any


def add_months(day: date, months: int) -> date:
    """``day`` moved by whole months; the last day of the month when the month has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError
    last = 31 if month == 12 else (date(year, month + 1, 1) - DAY).day
    return date(year, month, min(day.day, last))


def shift(day: date, unit: str, count: int) -> date:
    """``day`` moved by ``count`` of a unit."""
    if unit in _MONTHS:
        return add_months(day, count * _MONTHS[unit])
    return day + timedelta(days=count * (7 if unit == "week" else 1))


def start_of(day: date, unit: str) -> date:
    """The first day of the unit that ``day`` is in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "day":
        return day
    months = _MONTHS[unit]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def read_period(value: object, today: date) -> Period | None:
    """The days that a macro names, or None when ``value`` is no macro; raises Bad for a macro that is wrong.

    ``today yesterday tomorrow``; ``this_ last_ next_`` with ``week month quarter year``; ``{"last_days": n}`` (n days
    before today, and today), ``{"next_days": n}`` (today, and n days after it), ``{"ago_days": n}`` and ``{"in_days": n}``
    (that one day); the same with weeks, months, quarters and years.
    """
    try:
        if isinstance(value, str):
            return _named(value, today)
        if isinstance(value, Mapping):
            return _counted(cast("Mapping[Any, Any]", value), today)
    except OverflowError:
        raise Bad("bad_period", value=shown(str(today))) from None
    return None


def _named(name: str, today: date) -> Period | None:
    if name in ("today", "now"):
        return Period(today, today + DAY)
    if name == "yesterday":
        return Period(today - DAY, today)
    if name == "tomorrow":
        return Period(today + DAY, today + 2 * DAY)
    which, _, unit = name.partition("_")
    offset = {"this": 0, "last": -1, "next": 1}.get(which)
    if offset is None or unit not in UNITS:
        return None
    start = shift(start_of(today, unit), unit, offset)
    return Period(start, shift(start, unit, 1))


def _counted(macro: Mapping[Any, Any], today: date) -> Period:
    name, count = next(iter(macro.items()), ("", None))
    which, _, units = name.partition("_") if isinstance(name, str) else ("", "", "")
    unit = units.removesuffix("s")
    known = which in ("last", "next", "ago", "in") and unit in UNITS and units == unit + "s"
    if len(macro) != 1 or not known or type(count) is not int or not 0 <= count <= 100_000:
        raise Bad("bad_period", value=shown(name))
    if which == "last":
        return Period(shift(today, unit, -count), today + DAY)
    if which == "next":
        return Period(today, shift(today, unit, count) + DAY)
    day = shift(today, unit, count if which == "in" else -count)
    return Period(day, day + DAY)


def moments(period: Period, timezone: str) -> Period:
    """A period of days as one of moments: midnight to midnight in ``timezone``."""
    zone = ZoneInfo(timezone)
    try:
        return Period(*(datetime.combine(day, time(), zone).astimezone(UTC) for day in (period.start, period.end)))
    except OverflowError:
        raise Bad("bad_period", value=shown(f"{period.start}")) from None
