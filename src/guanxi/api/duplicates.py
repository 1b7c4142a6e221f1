"""Duplicates: having them looked for, what was found with its reasons, and deciding about it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import linkage
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/duplicates", tags=["duplicates"])


class FindBody(Body):
    """`full` compares everything anew and learns anew; else what is new or changed is compared with all."""

    full: bool = False


class DecideBody(Body):
    """`different`: not the same, never shown again. `same`: they are to be merged. Null takes it back."""

    ids: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=50)]
    decision: Literal["same", "different"] | None


@router.get("", summary="Looks for duplicates")
@needs("records:read")
async def list_looks(x: X) -> Response:
    """The objects that you may read: when their records were last compared, and how many pairs may be one."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await linkage.overview(ctx)}))


@router.get("/{object}", summary="Duplicates of an object")
@needs("records:read")
async def list_duplicates(
    x: X,
    object: str,
    record: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> Response:
    """Groups of records that may be one, the likeliest first (`offset`: after so many of them), each pair with its reasons: per field `equal`, `similar`,
    `close`, `different` or null where one has no value, and the `bits` that this says for or against."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await linkage.groups(ctx, object, record, limit, offset)))


@router.post("/{object}/find", status_code=202, summary="Look for duplicates")
@needs("records:write")
async def find_duplicates(x: X, object: str, body: FindBody) -> Response:
    """A job compares the records; `GET /api/v1/duplicates` says when it is done."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await linkage.begin(ctx, object, body.full), 202)

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@router.post("/{object}/decide", summary="Decide about duplicates")
@needs("records:write")
async def decide_duplicates(x: X, object: str, body: DecideBody) -> Response:
    """About all pairs of these records. You must be allowed to change each of them. `merge` is the page on which they are
    merged."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await linkage.decide(ctx, object, body.ids, body.decision))

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))
