"""What belongs to a person beside the records that name them: shares, saved views, and whatever a feature keeps for somebody.

A feature registers its kind here; the hand-over of a leaver counts and gives all of them, and undoing it takes them back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from guanxi.base import Label
from guanxi.pg import Connection
from guanxi.records.context import Context


@dataclass(frozen=True, slots=True)
class Belonging:
    """A kind of belonging. ``count(ctx, user)`` says how many there are. ``give(ctx, user, to)`` gives them to a user too, marked
    with the context's change set, and says how many; ``back(db, schema, change_set)`` takes away
    what came by that change set (``schema`` is the quoted name of the workspace's)."""

    name: str
    label: Label
    count: Callable[[Context, str], Awaitable[int]]
    give: Callable[[Context, str, str], Awaitable[int]]
    back: Callable[[Connection, str, str], Awaitable[None]]


_kinds: dict[str, Belonging] = {}


def belongs(kind: Belonging) -> None:
    """Register a kind of belonging."""
    _kinds[kind.name] = kind


def belongings() -> list[Belonging]:
    """All kinds, in the order in which they were registered."""
    return list(_kinds.values())


async def take_back(db: Connection, schema: str, change_set: str) -> None:
    """Take away what came with a change set."""
    for kind in _kinds.values():
        await kind.back(db, schema, change_set)
