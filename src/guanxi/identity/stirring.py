"""Open pages hear of what workers wrote: nights of pools, gradings, mergers. What came through the edge was told there already."""

from __future__ import annotations

from guanxi.identity.gate import tell
from guanxi.records import Delivery, subscriber

TOLD = ("page", "api", "import")
"""Beginnings of causes whose changes are told where they are made."""
MOST = 50
"""Records told one by one; of more only the object is told."""


@subscriber("stream")
async def hear(delivery: Delivery) -> None:
    """Tell every process which records changed, in the transaction in which the entries count as handled."""
    moved: dict[str, dict[str, None]] = {}
    for entry in delivery.entries:
        if not entry.cause.startswith(TOLD):
            moved.setdefault(entry.object, {})[entry.record] = None
    for name, ids in moved.items():
        more = {"ids": list(ids)} if len(ids) <= MOST else {}
        await tell(delivery.db, delivery.workspace.id, "records", object=name, **more)
