"""What somebody began and did not wait for is over: whoever tells people registers here, whoever ends it says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from guanxi.pg import Connection
from guanxi.records.context import Workspace


@dataclass(frozen=True, slots=True)
class Ended:
    """``what`` (``import``, ``undo``) with its ``id``, that ``user`` began, ended as ``status``; ``facts`` are counts and names."""

    what: str
    id: str
    user: str
    status: Literal["done", "failed"]
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


Hear = Callable[[Connection, Workspace, Ended], Awaitable[None]]
hearers: list[Hear] = []


def hears_of_ends(hear: Hear) -> Hear:
    """Makes ``async def f(db, workspace, ended)`` one who is told, in the transaction in which it ends."""
    hearers.append(hear)
    return hear


async def ended(db: Connection, workspace: Workspace, what: Ended) -> None:
    """Tell all who want to hear of it."""
    for hear in hearers:
        await hear(db, workspace, what)
