"""Records entered or left a segment: whoever keeps segments says so here, whoever wants to hear of it registers here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from guanxi.base import Label
from guanxi.pg import Connection
from guanxi.records.context import Workspace


@dataclass(frozen=True, slots=True)
class Moved:
    """Records of ``object`` that entered a segment, or left it. ``moves`` are (number of the move, record, the change set that
    made it move or None); ``tell`` is who wants to be told."""

    segment: str
    label: Label
    object: str
    entered: bool
    moves: Sequence[tuple[int, str, str | None]]
    tell: str | None = None


Hear = Callable[[Connection, Workspace, Moved], Awaitable[None]]
_hearers: list[Hear] = []


def hears_of_moves(hear: Hear) -> Hear:
    """Makes ``async def f(db, workspace, moved)`` one who hears of each move once, in the transaction in which it counts as told."""
    _hearers.append(hear)
    return hear


async def moved(db: Connection, workspace: Workspace, what: Moved) -> None:
    """Tell all who want to hear of it."""
    for hear in _hearers:
        await hear(db, workspace, what)
