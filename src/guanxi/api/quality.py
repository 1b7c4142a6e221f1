"""The quality of records: figures by owner and source, their trend, the score of one record, and what counts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import quality
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.records import Context
from guanxi.schema.filter import parse

router = APIRouter(route_class=Route, prefix="/api/v1/quality", tags=["quality"])


class BoardBody(Body):
    """`filter`: of which records; `by`: users, links or choices that they are told apart by; by default whose they are and
    what is said to be their source."""

    filter: dict[str, Any] | None = None
    by: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=3)] | None = None


class CountsBody(Body):
    """What is not given is as the catalog has it; nothing at all goes back to that."""

    weights: dict[str, int] | None = Field(default=None, description="Of fields, 0 (does not count) to 10")
    since: str | None = Field(default=None, max_length=60, description="The date by which a record is fresh")
    days: int | None = Field(default=None, description="For how long it is")
    source: str | None = Field(default=None, max_length=60, description="The choice that says where records come from")
    parts: dict[str, int] | None = Field(
        default=None, description="Points for `fields`, `fresh` and `unique`, 0 to 100 each"
    )


@router.get("", summary="Quality of all objects")
@needs("records:read")
async def overview(x: X) -> Response:
    """The objects that you may read with the figures of last night; null where you do not see all that they are made of."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await quality.overview(ctx)}))


@router.post("/{object}", summary="Quality of an object")
@needs("records:read")
async def board(x: X, object: str, body: BoardBody) -> Response:
    """Of the records and fields that you may see: how complete, valid, fresh and unique they are, per field what is missing or
    invalid, each with the filter that finds those records in a list. Of very many records a part is read (`sampled`)."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await quality.board(ctx, object, parse(body.filter), body.by)))


@router.get("/{object}/trend", summary="Quality day by day")
@needs("records:read")
async def trend(x: X, object: str, days: Annotated[int, Query(ge=1, le=800)] = 90) -> Response:
    """The figures of every night; null for who does not see all that they are made of."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await quality.trend(ctx, object, days)}))


@router.get("/{object}/records/{id}", summary="The score of a record, explained")
@needs("records:read")
async def explained(x: X, object: str, id: str) -> Response:
    """What each part and each field gives or loses, in points of a hundred."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await quality.explained(ctx, object, id)))


@router.put("/{object}", summary="Say what counts")
@needs("admin")
async def put(x: X, object: str, body: CountsBody) -> Response:
    """Takes the right to the settings; answers what counts now."""
    given = body.model_dump(exclude_none=True)

    async def work(ctx: Context) -> Answer:
        return Answer.of((await quality.put(ctx, object, given)).told())

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))
