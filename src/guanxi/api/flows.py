"""Flows: making, trying, switching on, and looking at what became of their runs. For whose role may change the catalog."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field

from guanxi import flows
from guanxi.api.edge import Answer, bad
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/flows", tags=["flows"])

NEWS = "access"
"""The answer of the catalog holds the buttons of flows: it is made anew for whoever asks."""

Text = str | dict[str, str]


class FlowBody(Body):
    """A new flow. `name` (small letters) stands in the journal as `flow:name`; without one it is made of the label."""

    label: Text
    definition: dict[str, Any] | None = None
    name: str | None = Field(default=None, max_length=40)


class FlowChange(Body):
    """What may be changed of a flow: its label, and the draft of its definition."""

    label: Text | None = None
    definition: dict[str, Any] | None = None


class ActivateBody(Body):
    """On or off."""

    active: bool


def _edit(x: X) -> int | None:
    given = x.headers.get(b"if-match")
    if given is None:
        return None
    text = given.decode("latin-1").strip('"')
    if not text.isdigit() or len(text) > 9:
        raise bad("If-Match", "wrong_type", expected='"<edit>"')
    return int(text)


def _flow(found: dict[str, Any], status: int = 200) -> Answer:
    return Answer.of(found, status, (b"etag", b'"%d"' % found["edit"]))


@router.get("", summary="Flows")
@needs("admin")
async def list_flows(x: X) -> Response:
    """All flows of the workspace, with how many of their runs run, wait, failed, and ended well in the last 30 days."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await flows.listing(ctx)}))


@router.post("", status_code=201, summary="Make a flow")
@needs("admin")
async def create_flow(x: X, body: FlowBody) -> Response:
    """It is switched off; its definition may be unfinished."""

    async def work(ctx: Context) -> Answer:
        return _flow(await flows.create(ctx, body.label, body.definition, body.name), 201)

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@router.get("/kinds", summary="Kinds of triggers and steps")
@needs("records:read")
async def list_kinds() -> Response:
    """Each with its parameters, from which a form can be made."""
    return reply(Answer.of(flows.described()))


@router.get("/{id}", summary="A flow")
@needs("admin")
async def read_flow(x: X, id: str) -> Response:
    """`definition` is the draft where there is one, `live` what is in force."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(_flow(await flows.get(ctx, id)))


@router.patch("/{id}", summary="Change a flow")
@needs("admin")
async def change_flow(x: X, id: str, body: FlowChange) -> Response:
    """The label, or the draft; what is switched on goes on as it is until it is switched on anew. `If-Match` takes `edit`."""
    edit = _edit(x)

    async def work(ctx: Context) -> Answer:
        return _flow(await flows.change(ctx, id, label=body.label, definition=body.definition, edit=edit))

    return reply(await x.edge.write(x, work))


@router.delete("/{id}", status_code=204, summary="Drop a flow")
@needs("admin")
async def drop_flow(x: X, id: str) -> Response:
    """Runs that have not ended are cancelled; all stay to be looked at."""

    async def work(ctx: Context) -> Answer:
        await flows.remove(ctx, id)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work, news=NEWS))


@router.post("/{id}/check", summary="What is wrong with a flow")
@needs("admin")
async def check_flow(x: X, id: str) -> Response:
    """`{"problems": [{"step", "field", "code", "message"}]}`: all that keeps it from being switched on."""
    async with x.edge.reading(x.signed_in) as ctx:
        found = await flows.problems(ctx, id)
        return reply(Answer.of({"problems": [f.told(ctx.actor.language) for f in found]}))


@router.post("/{id}/activate", summary="Switch a flow on or off")
@needs("admin")
async def activate_flow(x: X, id: str, body: Annotated[ActivateBody, Field()]) -> Response:
    """On: the draft becomes a version, which acts with your rights. Runs end on the version that they began with."""

    async def work(ctx: Context) -> Answer:
        return _flow(await flows.activate(ctx, id, body.active))

    return reply(await x.edge.write(x, work, body.model_dump_json().encode(), news=NEWS))
