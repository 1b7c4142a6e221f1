"""The audit, its proof, and how long things are kept; for whose role has the right ``audit``."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import audit, records
from guanxi.api.edge import Answer, Exchange, bad
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.api.transfer import download
from guanxi.base import Forbidden
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["audit"])

Name = Annotated[str | None, Query(max_length=60)]


class ExportBody(Body):
    """A file of the audit: `csv` or `jsonl`, of what the same filters leave."""

    format: Literal["csv", "jsonl"]
    kinds: list[str] = Field(default_factory=list[str], max_length=50)
    user: str | None = None
    object: str | None = None
    record: str | None = None
    since: Annotated[datetime, Field(strict=False)] | None = None
    until: Annotated[datetime, Field(strict=False)] | None = None
    q: Annotated[str | None, Field(max_length=200)] = None


class VerifyBody(Body):
    """Heads that were kept elsewhere, by day (`2026-11-28`), in hex digits."""

    heads: dict[str, str] = Field(default_factory=dict[str, str], max_length=4000)


class RetentionBody(Body):
    """Rules `{"what": "history" | "audit" | "bin" | "archived", "days", "object"?, "kind"?, "protect"?}` by which things go for good,
    `{"what": "to_archive" | "to_bin", "days", "object", "since", "filter"?, "protect"?, "cap"?}` by which records leave what is in
    use, and objects on hold."""

    rules: Annotated[list[dict[str, Any]], Field(max_length=200)]
    holds: list[str] = Field(default_factory=list[str], max_length=200)
    dry_run: bool = False


def _allowed(x: Exchange) -> None:
    if "audit" not in x.signed_in.actor.grants.system:
        raise Forbidden


def _moments(**given: datetime | None) -> dict[str, Any]:
    """Moments with their zone, as the engine takes them."""
    for name, value in given.items():
        if value is not None and value.tzinfo is None:
            raise bad(name, "not_a_datetime", value=str(value))
    return {{"since": "from", "until": "to"}[n]: v for n, v in given.items()}


@router.get("/audit", summary="The audit")
@needs("admin")
async def entries(
    x: X,
    kinds: Annotated[str | None, Query(max_length=500)] = None,
    user: Name = None,
    object: Name = None,
    record: Name = None,
    since: datetime | None = None,
    until: datetime | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Sign-ins, tokens, looks behind masks, exports, imports, shares, changes of rights and of the catalog; newest first."""
    _allowed(x)
    async with x.edge.reading(x.signed_in) as ctx:
        found = await audit.entries(
            ctx,
            limit=limit,
            cursor=cursor,
            kinds=kinds.split(",") if kinds else None,
            user=user,
            object=object,
            record=record,
            q=q,
            **_moments(since=since, until=until),
        )
        return reply(Answer.of(found))


@router.get("/audit/heads", summary="Heads of the days")
@needs("admin")
async def heads(x: X) -> Response:
    """The chain over journal and audit at the end of each day. Kept elsewhere, it proves that nothing was made anew."""
    _allowed(x)
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await audit.heads(ctx)}))


@router.get("/audit/verify", summary="How the last verification went")
@needs("admin")
async def verified(x: X) -> Response:
    """`status` is queued, running or done; then also what was found."""
    _allowed(x)
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await audit.last_verify(ctx) or {"status": "never"}))


@router.post("/audit/verify", status_code=202, summary="Verify journal and audit")
@needs("admin")
async def verify(x: X, body: VerifyBody) -> Response:
    """A worker looks whether every entry is as it was sealed."""
    _allowed(x)

    async def work(ctx: Context) -> Answer:
        return Answer.of(await audit.begin_verify(ctx, body.heads), 202)

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@router.post("/audit/export", summary="Export the audit")
@needs("admin")
async def export(x: X, body: ExportBody) -> Response:
    """A file of it; the export is itself told."""
    _allowed(x)
    asked: dict[str, Any] = {
        **body.model_dump(include={"kinds", "user", "object", "record", "q"}),
        **_moments(since=body.since, until=body.until),
    }

    async def work(ctx: Context) -> Answer:
        told = {n: v.isoformat() if isinstance(v, datetime) else v for n, v in asked.items() if v}
        audit.checked(ctx, asked)
        await records.note(ctx, "audit_export", format=body.format, asked=told)
        return Answer(200, b"")

    await x.edge.write(x, work)
    caller = x.signed_in
    async with AsyncExitStack() as needed:
        db = await needed.enter_async_context(
            x.edge.database.transaction(caller.workspace.role, snapshot=True, timeout=0)
        )
        pieces = audit.export(x.edge.reader(db, caller), body.format, **asked)
        first = await anext(pieces, b"")
        return download(first, pieces, audit.FORMATS[body.format], f"audit.{body.format}", needed.pop_all())


@router.get("/retention", summary="How long things are kept")
@needs("admin")
async def retention(x: X) -> Response:
    """The rules in force, each with what it would take away now."""
    _allowed(x)
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await _keeping(ctx, await audit.keeping(ctx.db, ctx.workspace))))


@router.put("/retention", summary="Say how long things are kept")
@needs("admin")
async def set_retention(x: X, body: RetentionBody) -> Response:
    """All rules at once; `dry_run` only answers what they would take away. What is over goes in the night, for good."""
    _allowed(x)
    wanted = audit.read_keeping(body.model_dump(include={"rules", "holds"}), x.signed_in.catalog)
    if body.dry_run:
        async with x.edge.reading(x.signed_in) as ctx:
            audit.check(ctx, wanted)
            return reply(Answer.of(await _keeping(ctx, wanted)))

    async def work(ctx: Context) -> Answer:
        audit.check(ctx, wanted)
        await audit.save_keeping(ctx, wanted)
        return Answer.of(await _keeping(ctx, wanted))

    return reply(await x.edge.write(x, work))


async def _keeping(ctx: Context, keep: audit.Keeping) -> dict[str, Any]:
    return {
        **keep.told(),
        "preview": await audit.preview(ctx.db, ctx.workspace, ctx.catalog, keep),
    }
