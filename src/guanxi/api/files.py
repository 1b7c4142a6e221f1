"""Files: brought once, then named in a field of a record, then read by whoever may see that field."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Response
from starlette.responses import FileResponse

from guanxi import files
from guanxi.api.edge import Answer, Exchange
from guanxi.api.form import described, reading_form
from guanxi.api.route import Route, X, needs, reply, streams
from guanxi.files.small import small
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/files", tags=["files"])


def _folder(x: Exchange) -> Path:
    return Path(x.edge.settings.files or x.edge.settings.data / "files")


@router.post("", status_code=201, summary="Upload a file", openapi_extra=described())
@needs("records:write")
@streams
async def upload(x: X) -> Response:
    """`{"id", "name", "size", "type"}`: the value that a field of type file takes. The type is what the content says."""
    async with reading_form(x, x.edge.settings.data / "transfer", frozenset()) as form:

        async def work(ctx: Context) -> Answer:
            return Answer.of((await files.receive(ctx, _folder(x), form.name, form.chunks())).value(), 201)

        return reply(await x.edge.write(x, work, form.digest, form.name.encode()))


@router.get("/{id}", summary="Read a file")
@needs("records:read")
async def read(x: X, id: str, size: Literal["small"] | None = None) -> Response:
    """Pictures are shown in place; everything else is offered for saving. With `size=small` a picture has at most 480 dots a side."""
    async with x.edge.reading(x.signed_in) as ctx:
        stored = await files.open_file(ctx, _folder(x), id)
    if size:
        stored = await small(stored)
    return FileResponse(
        stored.path,
        media_type=stored.type,
        filename=stored.name,
        content_disposition_type="inline" if stored.type in files.SHOWN else "attachment",
        headers={
            "cache-control": "private, max-age=3600",
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-type-options": "nosniff",
        },
    )
