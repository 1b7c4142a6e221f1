"""The time, always with its zone.

What must be ordered is ordered by the database (versions, sequences, its own clock), never by this process's clock;
what measures a duration uses :func:`time.monotonic`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The current instant, in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The IANA time zone ``name``; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"no time zone {name!r}") from None


def today(timezone: str) -> date:
    """The current day in the IANA time zone ``timezone``."""
    return datetime.now(zone(timezone)).date()
