"""Bulk acts: what was done as one, and can be undone as one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import records
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.base import NotFound
from guanxi.base import json as codec
from guanxi.base.ids import is_id
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/change_sets", tags=["change sets"])


class UndoBody(Body):
    """`force` also takes back what somebody changed since."""

    force: bool = False


@router.get("", summary="Bulk acts")
@needs("records:read")
async def list_change_sets(
    x: X, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str | None, Query(max_length=500)] = None
) -> Response:
    """Imports, batches, mass changes and undoings, the newest first."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await records.change_sets(ctx, limit=limit, cursor=cursor)))


@router.post("/{id}/undo", summary="Undo a bulk act")
@needs("records:write")
async def undo(x: X, id: str, body: Annotated[UndoBody, Field()] | None = None) -> Response:
    """Takes back what was created, changed and deleted; what somebody edited since is kept and listed, unless forced."""
    if not is_id(id):
        raise NotFound
    force = body is not None and body.force

    async def work(ctx: Context) -> Answer:
        done = await records.undo(ctx, id, force=force)
        return Answer(
            200,
            codec.dumps(done),
            [(b"content-type", b"application/json"), (b"guanxi-change-set", ctx.change_set.encode())],
        )

    return reply(await x.edge.write(x, work, b"force" if force else b"", news="access"))
