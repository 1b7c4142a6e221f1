"""Data in and out in bulk: uploads, imports, exports."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote as percent

from fastapi import APIRouter, Query, Response
from pydantic import Field
from starlette.responses import FileResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from guanxi import transfer
from guanxi.api.edge import Answer, Exchange, bad
from guanxi.api.form import Upload, described, reading_form
from guanxi.api.route import Body, Route, X, body_of, needs, reply, streams, writes
from guanxi.api.wire import SYSTEM_LIMIT, Header, parse_json, parse_object, read_body
from guanxi.base import Malformed, NotFound
from guanxi.base.ids import is_id
from guanxi.records import Context
from guanxi.schema.query import read_query

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["import and export"])

FORM = frozenset({"object", "mapping", "mode", "key", "options", "dry_run"})
Text = Annotated[str | None, Query(max_length=100)]


class ImportBody(Body):
    """An import of a file that was uploaded before."""

    upload: str = Field(max_length=60)
    object: str = Field(min_length=1, max_length=60)
    mapping: dict[str, Any] | None = None
    mode: Literal["create", "update", "upsert"] = "create"
    key: str | None = Field(default=None, max_length=100)
    options: dict[str, Any] | None = None
    dry_run: bool = False


class ExportBody(Body):
    """What to export: a list as it is asked for, without a cap. `ids` puts the id of each link beside its title; with `as_of` it
    is as it was then."""

    object: str = Field(min_length=1, max_length=60)
    format: Literal["csv", "xlsx", "jsonl", "vcf"] = "csv"
    filter: dict[str, Any] | None = None
    sort: str | None = Field(default=None, max_length=500)
    fields: Annotated[list[str], Field(max_length=1000)] | None = None
    q: str | None = Field(default=None, max_length=200)
    as_of: str | None = Field(default=None, max_length=40)
    headings: Literal["label", "name"] = "label"
    ids: bool = False


class Download(StreamingResponse):
    """A file that is made while it is sent; what it needed is let go when it is over, however it ended."""

    def __init__(self, pieces: AsyncIterator[bytes], media_type: str, name: str, needed: AsyncExitStack) -> None:
        super().__init__(pieces, media_type=media_type)
        self.headers["content-disposition"] = f"attachment; filename*=UTF-8''{percent(name, safe='')}"
        self.headers["cache-control"] = "no-store"
        self._needed = needed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._needed.aclose()


def download(
    first: bytes,
    rest: AsyncIterator[bytes],
    media_type: str,
    name: str,
    needed: AsyncExitStack,
    headers: Sequence[Header] = (),
) -> Download:
    """A file whose first piece is made already, so that what is refused was refused before the answer began."""

    async def pieces() -> AsyncGenerator[bytes]:
        yield first
        async for piece in rest:
            yield piece

    answer = Download(pieces(), media_type, name, needed)
    answer.raw_headers.extend(headers)
    return answer


def _folder(x: Exchange) -> Path:
    return x.edge.settings.data / "transfer"


def _options(**given: str | int | None) -> dict[str, Any] | None:
    return {k: v for k, v in given.items() if v is not None} or None


@router.post(
    "/uploads",
    status_code=201,
    summary="Upload a table to look at before it is imported",
    openapi_extra=described("object", "options"),
)
@needs("records:write")
@streams
async def upload(x: X, object: Text = None) -> Response:
    """Encoding, columns, a preview, and a suggested mapping."""
    async with reading_form(x, _folder(x), FORM) as form:
        name = object or form.fields.get("object")
        options = _json(form, "options")

        async def work(ctx: Context) -> Answer:
            return Answer.of(await transfer.receive(ctx, _folder(x), form.name, form.chunks(), name, options), 201)

        return reply(await x.edge.write(x, work, form.digest, form.name.encode()))


@router.get("/uploads/{id}", summary="Look at an upload again, read in another way")
@needs("records:read")
async def look(
    x: X,
    id: str,
    object: Text = None,
    encoding: Text = None,
    delimiter: Text = None,
    sheet: Text = None,
    header_row: Annotated[int | None, Query(ge=0, le=1000)] = None,
    date_order: Text = None,
    language: Text = None,
) -> Response:
    """The same answer, after choosing another sheet, encoding or delimiter."""
    options = _options(
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        header_row=header_row,
        date_order=date_order,
        language=language,
    )

    async def work(ctx: Context) -> Answer:
        return Answer.of(await transfer.upload(ctx, _folder(x), id, object, options))

    return reply(await x.edge.write(x, work))


@router.post(
    "/imports",
    status_code=202,
    summary="Import a table",
    openapi_extra=described(*sorted(FORM), json_of="ImportBody"),
)
@needs("records:write")
@streams
async def start(x: X) -> Response:
    """As a form with the file, or as JSON naming an upload. Runs as a job: look at `/imports/{id}`."""
    if not x.headers.get(b"content-type", b"").lower().startswith(b"multipart/"):
        return await _start_upload(x)
    async with reading_form(x, _folder(x), FORM) as form:
        given = form.fields
        if not given.get("object"):
            raise bad("object", "required")
        mode = given.get("mode") or "create"
        if mode not in ("create", "update", "upsert"):
            raise bad("mode", "not_an_option", value=mode[:50])
        if given.get("dry_run", "false") not in ("true", "false", "1", "0", ""):
            raise bad("dry_run", "must_be_boolean")
        mapping, options = _json(form, "mapping"), _json(form, "options")
        writes(x.signed_in, given["object"])

        async def work(ctx: Context) -> Answer:
            seen = await transfer.receive(ctx, _folder(x), form.name, form.chunks(), given["object"], options)
            begun = await transfer.start(
                ctx,
                _folder(x),
                upload=seen["id"],
                object=given["object"],
                mapping=mapping,
                mode=mode,
                key=given.get("key") or None,
                options=options,
                dry_run=given.get("dry_run") in ("true", "1"),
            )
            return Answer.of(begun, 202)

        parts = [f"{k}={v}".encode() for k, v in sorted(given.items())]
        return reply(await x.edge.write(x, work, form.digest, *parts))


async def _start_upload(x: Exchange) -> Response:
    raw = await read_body(x.receive, x.headers, SYSTEM_LIMIT)
    body = body_of(ImportBody, parse_object(raw, x.headers))
    writes(x.signed_in, body.object)

    async def work(ctx: Context) -> Answer:
        begun = await transfer.start(
            ctx,
            _folder(x),
            upload=body.upload,
            object=body.object,
            mapping=body.mapping,
            mode=body.mode,
            key=body.key,
            options=body.options,
            dry_run=body.dry_run,
        )
        return Answer.of(begun, 202)

    return reply(await x.edge.write(x, work, raw))


def _json(form: Upload, name: str) -> dict[str, Any] | None:
    text = form.fields.get(name)
    if not text:
        return None
    try:
        value = parse_json(text.encode())
    except Malformed:
        raise bad(name, "must_be_json") from None
    if not isinstance(value, dict):
        raise bad(name, "must_be_object")
    return value


@router.get("/imports", summary="Imports")
@needs("records:read")
async def list_imports(
    x: X,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    dry_run: bool | None = None,
) -> Response:
    """One's own, or everybody's for administrators; the newest first. `dry_run=false` leaves out what was only tried."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await transfer.listing(ctx, limit=limit, cursor=cursor, dry_run=dry_run)))


@router.get("/imports/{id}", summary="How an import goes")
@needs("records:read")
async def status(x: X, id: str) -> Response:
    """Rows read, created, updated, skipped, failed, and the rate."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await transfer.status(ctx, _id(id))))


@router.get("/imports/{id}/errors.csv", summary="Rows that did not go in")
@needs("records:read")
async def errors(x: X, id: str) -> Response:
    """With line, column and reason, as CSV."""
    async with x.edge.reading(x.signed_in) as ctx:
        path = await transfer.errors_path(ctx, _folder(x), _id(id))
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename="errors.csv")


@router.post("/imports/{id}/cancel", summary="Stop an import")
@needs("records:write")
async def cancel(x: X, id: str) -> Response:
    """It stops after the rows that it is at; what is in can be undone."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await transfer.cancel(ctx, _id(id)))

    return reply(await x.edge.write(x, work))


@router.post("/imports/{id}/resume", summary="Go on with an import that stopped")
@needs("records:write")
async def resume(x: X, id: str) -> Response:
    """From where it was."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await transfer.resume(ctx, _id(id)))

    return reply(await x.edge.write(x, work))


@router.post("/exports", summary="Export a list")
@needs("records:read")
async def export(x: X, body: ExportBody) -> Response:
    """A file of all that the list holds, as CSV, workbook or JSON Lines.

    The audit tells of it before the first row: who, what was asked for, how many rows. `Guanxi-Export` is its id there, which
    the file's name ends with; a workbook carries it on its last sheet. What goes beyond the role's rows a day is 429.
    """
    asked = body.model_dump(include={"filter", "sort", "fields", "q", "as_of"}, exclude_none=True)
    caller = x.signed_in
    async with AsyncExitStack() as needed:
        db = await needed.enter_async_context(
            x.edge.database.transaction(caller.workspace.role, snapshot=True, timeout=0)
        )
        # Whoever reads slowly may: the file is made no faster than it is taken.
        await db.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
        ctx = x.edge.reader(db, caller)
        caller.catalog.object(body.object)
        query = replace(read_query(body.object, asked), limit=None)
        rows = await transfer.count_rows(ctx, query)
        async with x.edge.database.transaction(caller.workspace.role) as other:
            mark = await transfer.register(x.edge.context(other, caller), query, body.format, asked, rows)
        pieces = transfer.export(
            ctx, query, body.format, headings=body.headings, ids=body.ids, mark=mark, files=Path(x.edge.settings.files)
        )
        # What cannot be exported is refused now, before the answer begins.
        first = await anext(pieces, b"")
        name, kind = transfer.export_file(ctx, body.object, body.format, mark)
        return download(first, pieces, kind, name, needed.pop_all(), ((b"guanxi-export", mark.id.encode()),))


def _id(text: str) -> str:
    if not is_id(text):
        raise NotFound
    return text
