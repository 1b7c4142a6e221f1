"""Who asked to hear of a segment of theirs is told who entered it and who left."""

from __future__ import annotations

from guanxi.base import new_id
from guanxi.notify.making import Told, tell
from guanxi.pg import Connection
from guanxi.records import Workspace
from guanxi.records.moves import Moved, hears_of_moves


@hears_of_moves
async def moved(db: Connection, workspace: Workspace, what: Moved) -> None:
    """What moved together is one notification."""
    if what.tell is None:
        return
    kind, together = "entered" if what.entered else "left", new_id()
    link = {"to": "segment", "id": what.segment, "object": what.object}
    data = {"text": dict(what.label), "link": link}
    await tell(
        db,
        workspace,
        [Told(what.tell, kind, what.object, record, change_set=together, data=data) for _, record, _ in what.moves],
    )
