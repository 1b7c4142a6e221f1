"""Bulk acts: what was done as one, and can be undone as one."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import records
from guanxi.api.catalog import take_back
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.base import NotFound
from guanxi.base import json as codec
from guanxi.base.ids import is_id
from guanxi.records import Context


class _TakeBack(Exception):
    """Undoes what was only tried."""


router = APIRouter(route_class=Route, prefix="/api/v1/change_sets", tags=["change sets"])


class UndoBody(Body):
    """`force` also takes back what somebody changed since; `dry_run` only says what would be done and what kept;
    `background` leaves it to a job."""

    force: bool = False
    background: bool = False
    dry_run: bool = False


@router.get("", summary="Bulk acts")
@needs("records:read")
async def list_change_sets(
    x: X,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    object: Annotated[str | None, Query(max_length=60)] = None,
    mine: bool = False,
    q: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Imports, batches, mass changes and undoings, the newest first; narrowed by kind, object, whose they are and a text."""
    async with x.edge.reading(x.signed_in) as ctx:
        found = await records.change_sets(ctx, limit=limit, cursor=cursor, kind=kind, object=object, mine=mine, q=q)
        return reply(Answer.of(found))


@router.post("/{id}/undo", summary="Undo a bulk act")
@needs("records:write")
async def undo(x: X, id: str, body: Annotated[UndoBody, Field()] | None = None) -> Response:
    """Takes back what was created, changed and deleted; what somebody edited since is kept and listed, unless forced.
    With `dry_run` it is only said what would happen. Of a change of the catalog also `changes` and `plan` are answered:
    those that take it back."""
    if not is_id(id):
        raise NotFound
    force = body is not None and body.force
    dry = body is not None and body.dry_run

    async with x.edge.reading(x.signed_in) as ctx:
        shape = await records.reshapes(ctx.db, ctx.workspace, id)

    async def work(ctx: Context) -> Answer:
        if shape:
            return await take_back(ctx, id, force=force, dry_run=dry)
        if body is not None and body.background and not dry:
            return Answer.of(await records.begin_undo(ctx, id, force=force), 202)
        if dry:
            done: dict[str, Any] = {}
            with suppress(_TakeBack):
                async with ctx.db.savepoint():
                    done = await records.undo(ctx, id, force=force)
                    raise _TakeBack
            return Answer.of({**done, "change_set": None})
        done = await records.undo(ctx, id, force=force)
        return Answer(
            200,
            codec.dumps(done),
            [(b"content-type", b"application/json"), (b"guanxi-change-set", ctx.change_set.encode())],
        )

    asked = b"dry " * dry + b"background " * (body is not None and body.background) + b"force" * force
    return reply(await x.edge.write(x, work, asked, news="" if dry else "catalog" if shape else "access"))


@router.get("/{id}/undo", summary="How an undoing by a job stands")
@needs("records:read")
async def undo_status(x: X, id: str) -> Response:
    """Progress and result of the last one with `background`: changes in all and done, what was taken back and what kept."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await records.undo_status(ctx, id)))


@router.delete("/{id}/undo", summary="Stop an undoing by a job")
@needs("records:write")
async def stop_undo(x: X, id: str) -> Response:
    """It ends after its portion; what it took back until then stays so, and is a change set that can be undone."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await records.stop_undo(ctx, id))

    return reply(await x.edge.write(x, work, b""))
