"""Saved views."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from guanxi import views
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.records import Context
from guanxi.schema.model import ViewKind

router = APIRouter(route_class=Route, prefix="/api/v1/views", tags=["views"])

NEWS = "access"
"""The answer of the catalog holds the views: it is made anew for whoever asks."""

Columns = Annotated[list[str], Field(max_length=100)]


class _View(Body):
    kind: ViewKind | None = None
    columns: Columns | None = None
    filter: dict[str, Any] | None = None
    sort: str | None = Field(default=None, max_length=500)
    by: str | None = Field(default=None, max_length=200)
    card: Columns | None = None
    sum: str | None = Field(default=None, max_length=200)
    group: str | None = Field(default=None, max_length=200, description="The field that makes a table's sections")
    look: dict[str, Any] | None = Field(default=None, description="How it is drawn: the page's own settings")
    first: bool | None = Field(default=None, description="Opens before all others for whom it is")
    scope: Literal["personal", "team", "shared"] | None = None
    team: str | None = Field(default=None, max_length=40, description="The team that it is shared with")


class ViewChange(_View):
    """What may be changed of a view."""

    label: str | dict[str, str] | None = None


class ViewBody(_View):
    """A view to save."""

    object: str = Field(min_length=1, max_length=60)
    label: str | dict[str, str]


@router.post("", status_code=201, summary="Save a view")
@needs("records:write")
async def save(x: X, body: ViewBody) -> Response:
    """Of one's own, or shared with a team or with everybody where that is granted."""
    given = body.model_dump(exclude_unset=True, exclude={"object", "scope", "team"})

    async def work(ctx: Context) -> Answer:
        return Answer.of(await views.create(ctx, body.object, given, body.scope or "personal", body.team), 201)

    return reply(await x.edge.write(x, work, body.model_dump_json().encode(), news=NEWS))


@router.patch("/{id}", summary="Change a view")
@needs("records:write")
async def change(x: X, id: str, body: ViewChange) -> Response:
    """Only what is given changes."""
    given = body.model_dump(exclude_unset=True, exclude={"scope", "team"})

    async def work(ctx: Context) -> Answer:
        return Answer.of(await views.change(ctx, id, given, body.scope, body.team))

    return reply(await x.edge.write(x, work, news=NEWS))


@router.delete("/{id}", status_code=204, summary="Drop a view")
@needs("records:write")
async def drop(x: X, id: str) -> Response:
    """One's own, or a shared one with the right to share."""

    async def work(ctx: Context) -> Answer:
        await views.remove(ctx, id)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work, news=NEWS))
