"""Notifications, how one wants them, and following records."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import notify
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.base import NotFound
from guanxi.base.ids import is_id
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["notifications"])


class MarkBody(Body):
    """Which ones: `ids`, or all when there are none; `read` false takes it back."""

    ids: Annotated[list[str], Field(max_length=1000)] | None = None
    read: bool = True


class PreferencesBody(Body):
    """What is left out stays. `kinds`: `{"mention": {"page": true, "mail": "now" | "digest" | "never"}}`; `quiet`:
    `{"from": "22:00", "to": "08:00"}` of one's own clock, in which nothing is mailed, or null; `digest`: when it comes;
    `follow`: what is followed by itself (`own`, `created`, `mentioned`, `commented`)."""

    kinds: dict[str, dict[str, Any]] = Field(default_factory=dict[str, dict[str, Any]])
    quiet: dict[str, str] | None = None
    digest: str | None = None
    follow: dict[str, Any] = Field(default_factory=dict[str, Any])


class FollowBody(Body):
    """Whether one wants to hear of it."""

    following: bool


@router.get("/notifications", summary="What one is told")
@needs("records:read")
async def listing(
    x: X,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    unread: bool = False,
    kind: Annotated[str | None, Query(max_length=60)] = None,
) -> Response:
    """Newest first, each with its sentence and the record to go to; `unread` is how many are not read yet (`more`: at least)."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await notify.listing(ctx, limit, cursor, unread, kind)))


@router.post("/notifications/read", summary="They are read")
@needs("records:write")
async def mark(x: X, body: MarkBody) -> Response:
    """Or not, after all; answers how many are unread now."""

    async def work(ctx: Context) -> Answer:
        await notify.mark(ctx, body.ids, body.read)
        n, more = await notify.unread(ctx)
        return Answer.of({"unread": n, "more": more})

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@router.get("/notifications/preferences", summary="How one wants to be told")
@needs("records:read")
async def preferences(x: X) -> Response:
    """Each kind in the page and by mail, the hour of the digest, quiet hours, what is followed by itself."""
    async with x.edge.reading(x.signed_in) as ctx:
        me = ctx.actor.id
        found = (await notify.load_preferences(ctx.db, ctx.workspace, [me]))[me]
        return reply(Answer.of(found.told(ctx.actor.language)))


@router.patch("/notifications/preferences", summary="Say how one wants to be told")
@needs("records:write")
async def set_preferences(x: X, body: PreferencesBody) -> Response:
    """What is left out stays."""
    given = body.model_dump(exclude_unset=True)
    wanted = notify.read_preferences({k: v for k, v in given.items() if v is not None or k == "quiet"})

    async def work(ctx: Context) -> Answer:
        return Answer.of((await notify.save_preferences(ctx, wanted)).told(ctx.actor.language))

    return reply(await x.edge.write(x, work))


@router.get("/following/{object}/{id}", summary="Who follows a record")
@needs("records:read")
async def followers(x: X, object: str, id: str) -> Response:
    """Whether one does oneself, how many do, and those whom one may see, with why: `chosen`, `own`, `created`."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await notify.followers_of(ctx, object, _id(id))))


@router.put("/following/{object}/{id}", summary="Follow a record, or follow it no more")
@needs("records:write")
async def follow(x: X, object: str, id: str, body: FollowBody) -> Response:
    """Its changes, comments and activities are then told."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await notify.follow(ctx, object, _id(id), body.following))

    return reply(await x.edge.write(x, work))


@router.get("/following/{object}/{id}/people", summary="Whom one may mention")
@needs("records:read")
async def people(
    x: X,
    object: str,
    id: str,
    q: Annotated[str, Query(max_length=60)] = "",
    limit: Annotated[int, Query(ge=1, le=20)] = 8,
) -> Response:
    """Active users whose name or address fits, and whether they can see the record: others are not told of a mention."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await notify.people(ctx, object, _id(id), q, limit)}))


def _id(text: str) -> str:
    if not is_id(text):
        raise NotFound
    return text
