"""Segments: who is in them is asked of the records themselves, by the filter `{"in_segment": id}`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import segments
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.records import Context
from guanxi.schema.query import read_moment

router = APIRouter(route_class=Route, prefix="/api/v1/segments", tags=["segments"])


class _Those(Body):
    ids: list[str] | None = Field(default=None, max_length=10_000)
    filter: dict[str, Any] | None = Field(
        default=None, description='All records that it finds; `{"and": []}` finds all'
    )
    q: str | None = Field(default=None, max_length=1000, description="With `filter`: and that the search box finds")
    change_set: str | None = Field(default=None, description="What an import brought, by its change set")
    sample: int | None = Field(default=None, ge=1, description="Only so many of them, by chance")


class MembersBody(_Those):
    """Which records, by one of `ids`, `filter` and `change_set`."""


class _Segment(Body):
    about: str | None = Field(default=None, max_length=2000)
    filter: dict[str, Any] | None = Field(default=None, description="Of a dynamic one: who is in it")
    scope: Literal["personal", "shared"] | None = None
    tells: bool | None = Field(default=None, description="Its owner is told who enters and leaves")


class SegmentChange(_Segment):
    """What may be changed."""

    label: str | dict[str, str] | None = None


class SegmentBody(_Segment):
    """A new segment."""

    object: str = Field(min_length=1, max_length=60)
    label: str | dict[str, str]
    kind: Literal["dynamic", "static"] = "dynamic"
    members: MembersBody | None = Field(default=None, description="Of a static one: whom it begins with")


@router.get("", summary="Segments")
@needs("records:read")
async def listing(x: X, object: Annotated[str | None, Query(max_length=60)] = None) -> Response:
    """One's own and those that are shared, each with how many are in it."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await segments.listing(ctx, object)}))


@router.post("", status_code=201, summary="Make a segment")
@needs("records:write")
async def create(x: X, body: SegmentBody) -> Response:
    """A dynamic one by a filter, a static one of records that are named; of one's own, or shared where that is granted."""
    given = body.model_dump(exclude_unset=True, exclude={"object", "members"})
    members = body.members.model_dump(exclude_none=True) if body.members else None

    async def work(ctx: Context) -> Answer:
        made = await segments.create(ctx, body.object, given)
        if members:
            await segments.put(ctx, made["id"], members)
            made = await segments.get(ctx, made["id"])
        return Answer.of(made, 201)

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@router.get("/{id}", summary="A segment")
@needs("records:read")
async def get(x: X, id: str) -> Response:
    """With how many are in it, and when that was found."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await segments.get(ctx, id)))


@router.patch("/{id}", summary="Change a segment")
@needs("records:write")
async def change(x: X, id: str, body: SegmentChange) -> Response:
    """Only what is given changes. Whom another filter brings or loses is told to nobody."""
    given = body.model_dump(exclude_unset=True)

    async def work(ctx: Context) -> Answer:
        return Answer.of(await segments.change(ctx, id, given))

    return reply(await x.edge.write(x, work))


@router.delete("/{id}", status_code=204, summary="Drop a segment")
@needs("records:write")
async def drop(x: X, id: str) -> Response:
    """Not one that others are made of."""

    async def work(ctx: Context) -> Answer:
        await segments.remove(ctx, id)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work))


@router.post("/{id}/members", summary="Put records into a static segment")
@needs("records:write")
async def put(x: X, id: str, body: MembersBody) -> Response:
    """Those of them that one may see; answers how many came in."""
    what = body.model_dump(exclude_none=True)

    async def work(ctx: Context) -> Answer:
        return Answer.of(await segments.put(ctx, id, what))

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@router.post("/{id}/members/remove", summary="Take records out of a static segment")
@needs("records:write")
async def take(x: X, id: str, body: MembersBody) -> Response:
    """Answers how many went."""
    what = body.model_dump(exclude_none=True)

    async def work(ctx: Context) -> Answer:
        return Answer.of(await segments.put(ctx, id, what, entered=False))

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@router.get("/{id}/trend", summary="How many were in it each day")
@needs("records:read")
async def trend(x: X, id: str, days: Annotated[int, Query(ge=1, le=400)] = 90) -> Response:
    """And how many entered and left. A day that is not there is as the one before."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await segments.trend(ctx, id, days)}))


@router.get("/{id}/overlap", summary="Who is in two segments")
@needs("records:read")
async def overlap(x: X, id: str, with_: Annotated[str, Query(alias="with", max_length=60)]) -> Response:
    """How many are in this one, in the other, and in both, of those that one may see."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await segments.overlap(ctx, id, with_)))


@router.get("/{id}/past", summary="Whom it would have found at a moment")
@needs("records:read")
async def past(x: X, id: str, as_of: Annotated[str, Query(max_length=40)]) -> Response:
    """A dynamic segment's filter asked of records as they were: how many then, how many now, and how many of those still."""
    moment: datetime | None = read_moment("as_of", as_of)
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await segments.past(ctx, id, moment or ctx.now)))
