"""The words of fields of tags: counted, renamed, merged, taken away."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from guanxi import records
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/tags", tags=["tags"])


class RetagBody(Body):
    """`to` in the place of any of `words`, in every record; null takes them away. `new`: it may be a word that is not allowed yet."""

    words: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=100)]
    to: Annotated[str, Field(max_length=100)] | None = None
    new: bool = False


@router.get("/{object}/{field}", summary="The words of a field of tags")
@needs("records:read")
async def list_tags(x: X, object: str, field: str) -> Response:
    """`{"data": [{"tag", "count"}]}` over the records that the caller may see, the most frequent first."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await records.tags(ctx, object, field)}))


@router.post("/{object}/{field}", summary="Rename, merge or remove words in all records")
@needs("catalog")
async def retag(x: X, object: str, field: str, body: RetagBody) -> Response:
    """`{"changed", "change_set"}`: one change set, which can be undone. Where only certain words are allowed (`words` of the
    field), `to` must be one of them or `new`, and what it takes the place of is allowed no longer."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await records.retag(ctx, object, field, body.words, body.to, new=body.new))

    return reply(await x.edge.write(x, work, body.model_dump_json().encode(), news="catalog"))
