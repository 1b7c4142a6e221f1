"""Everything of the workspace as one archive: asked for, looked at, fetched while it has not expired."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response
from starlette.responses import FileResponse

from guanxi import whole
from guanxi.api.edge import Answer, Exchange
from guanxi.api.route import Route, X, needs, reply
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/exports/everything", tags=["import and export"])


def _folder(x: Exchange) -> Path:
    return x.edge.settings.data / "transfer"


@router.post("", status_code=202, summary="Export everything")
@needs("admin")
async def start(x: X) -> Response:
    """A ZIP of all records that the caller may take out, as tables and as exact lines, with files, people, the shape of the workspace
    and a manifest. Runs as a job; for administrators. It counts against the role's rows a day, and stands in the audit."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await whole.start(ctx, _folder(x), Path(x.edge.settings.files)), 202)

    return reply(await x.edge.write(x, work))


@router.get("", summary="Exports of everything")
@needs("admin")
async def listing(x: X) -> Response:
    """One's own, the newest first: `{"data": [{"id", "status", "rows", "done", "size", "expires_at"}]}`."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await whole.listing(ctx)))


@router.get("/{id}", summary="How an export of everything goes")
@needs("admin")
async def status(x: X, id: str) -> Response:
    """`status` is queued, running, done, failed, cancelled or expired; `done` of `rows` records are in."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await whole.status(ctx, id)))


@router.post("/{id}/cancel", summary="Stop an export of everything")
@needs("admin")
async def cancel(x: X, id: str) -> Response:
    """What was put together so far is thrown away."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await whole.cancel(ctx, id))

    return reply(await x.edge.write(x, work))


@router.get("/{id}/file", summary="Fetch an export of everything")
@needs("admin")
async def fetch(x: X, id: str) -> Response:
    """The ZIP, for who asked for it, until it expires; 404 after that."""
    async with x.edge.reading(x.signed_in) as ctx:
        path, name = await whole.file_of(ctx, _folder(x), id)
    return FileResponse(path, media_type="application/zip", filename=name, headers={"cache-control": "no-store"})
