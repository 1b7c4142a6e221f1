"""Where a customer stands: schemes of grades and lifecycles, why a record has its grade, and the journey of all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, Field

from guanxi import standing
from guanxi.api.edge import Answer, bad, edit_of
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.base import Forbidden
from guanxi.pg import as_installation
from guanxi.records import Context, access

router = APIRouter(route_class=Route, prefix="/api/v1/standing", tags=["standing"])

Name = Annotated[str, Field(max_length=40)]
Moment = Annotated[AwareDatetime, Field(strict=False)]


Plan = Annotated[
    dict[str, Any],
    Field(
        description="Of grades: `axes` `[{name, label, weight, field, factors: [{name, label, weight, input, scale, empty}]}]`, `grades`"
        " `[{name, label, color, from, every, response, service}]` best first, `contacts` `[{name, label, input}]`. Of a lifecycle: `stages`"
        " `[{name, label, color, kind, when, after, days}]` in the order of the journey. `input` is `{formula}` or `{children, function,"
        " field, where}`; `scale` is `{kind: bands, bands: [{from, points}]}`, `{kind: linear, low, high}`, `{kind: percentile, down}` or"
        " `{kind: options, options: {name: points}}`. `when` says which records it is about; the fields that hold what is reckoned"
        " (`field`, `score`, `due`, `since`) are made where they are not there."
    ),
]


class SchemeBody(Body):
    """A scheme; while it is `active`, nobody writes by hand what it reckons."""

    plan: Plan
    active: bool = True


class TrialBody(Body):
    """A scheme that is not kept."""

    plan: Plan


class OverrideBody(Body):
    """What shall hold whatever the rules say, why, and until when (null: until it is released)."""

    value: Name
    reason: str = Field(min_length=1, max_length=1000)
    until: Moment | None = None


def _shaper(x: X) -> None:
    if "catalog" not in x.signed_in.actor.grants.system:
        raise Forbidden


@router.get("", summary="Schemes")
@needs("catalog")
async def list_schemes(x: X) -> Response:
    """Those that there are and those that are offered, with when all records were last reckoned."""
    _shaper(x)
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await standing.known(ctx)}))


@router.get("/schemes/{object}/{kind}", summary="A scheme")
@needs("catalog")
async def read_scheme(x: X, object: str, kind: str) -> Response:
    """`kind` is `grade` or `lifecycle`. Where there is none yet (`edit` 0), the one that is offered. `faults` say what of it the catalog
    does not have any more."""
    _shaper(x)
    async with x.edge.reading(x.signed_in) as ctx:
        found = await standing.get(ctx, object, kind)
        return reply(Answer.of(found, 200, (b"etag", b'"%d"' % found["edit"])))


@router.put("/schemes/{object}/{kind}", summary="Keep a scheme")
@needs("catalog")
async def keep_scheme(x: X, object: str, kind: str, body: SchemeBody) -> Response:
    """Its fields and options are made; all records are reckoned in the background. `If-Match` takes `edit`."""
    caller = x.signed_in
    _shaper(x)
    edit = edit_of(x)

    async def work(ctx: Context) -> Answer:
        async with as_installation(ctx.db):  # tables belong to the installation's own role
            found, changes = await standing.put(ctx, object, kind, body.plan, body.active, edit)
        access.require_shape(caller.actor, caller.catalog, changes)
        return Answer.of(found, 200, (b"etag", b'"%d"' % found["edit"]))

    return reply(await x.edge.write(x, work, news="catalog"))


@router.post("/schemes/{object}/{kind}/preview", summary="What a scheme would mean")
@needs("catalog")
async def preview_scheme(x: X, object: str, kind: str, body: TrialBody) -> Response:
    """How many records would have which grade or stage, and how many rise and fall; nothing is changed."""
    _shaper(x)

    async def work(ctx: Context) -> Answer:
        return Answer.of(await standing.preview(ctx, object, kind, body.plan))

    return reply(await x.edge.write(x, work, b"preview " + body.model_dump_json().encode()))


@router.get("/records/{object}/{id}", summary="Why a record stands where it stands")
@needs("records:read")
async def read_standing(x: X, object: str, id: str) -> Response:
    """Its grade with each factor's input, points and weight and what would raise it, the contacts that are due, its stage, and the
    passages so far. A factor is `hidden` where the reader may not see all that it is taken of."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await standing.standing(ctx, object, id)))


@router.put("/records/{object}/{id}/override/{kind}", summary="Lay a grade or stage down by hand")
@needs("records:write")
async def override_standing(x: X, object: str, id: str, kind: str, body: OverrideBody) -> Response:
    """For who may change the record and write the field; it is kept who said so, and why."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await standing.override(ctx, object, id, kind, body.value, body.reason, body.until))

    return reply(await x.edge.write(x, work))


@router.delete("/records/{object}/{id}/override/{kind}", summary="Let the rules decide again")
@needs("records:write")
async def release_standing(x: X, object: str, id: str, kind: str) -> Response:
    """Answers where the record stands then."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await standing.release(ctx, object, id, kind))

    return reply(await x.edge.write(x, work))


@router.get("/journey/{object}", summary="The journey of all")
@needs("records:read")
async def read_journey(
    x: X, object: str, kind: str = "lifecycle", since: datetime | None = None, until: datetime | None = None
) -> Response:
    """For each stage: how many are there, how many came in the time between, how many of those went on, and how many days
    they stayed (median). Of the records that the caller may see."""
    for name, moment in (("since", since), ("until", until)):
        if moment is not None and moment.tzinfo is None:
            raise bad(name, "not_a_datetime", value=moment.isoformat())
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await standing.journey(ctx, object, kind, since, until)))
