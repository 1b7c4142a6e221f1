"""Approvals: what waits for somebody's decision, and deciding it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field

from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.flows import absence, approvals
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/approvals", tags=["approvals"])


@router.get("", summary="Approvals")
@needs("records:read")
async def list_approvals(
    x: X,
    box: Annotated[Literal["mine", "asked", "all"], Query()] = "mine",
    record: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """`mine` wait for you, `asked` were asked by you, `all` concern you; or those of a `record` that you may see."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await approvals.approvals(ctx, box, record)}))


class AbsenceBody(Body):
    """From when until when you are away, and the user who signs meanwhile."""

    since: Annotated[AwareDatetime, Field(strict=False)]
    until: Annotated[AwareDatetime, Field(strict=False)]
    deputy: Annotated[str, Field(max_length=40)]


@router.get("/absence", summary="When you are away")
@needs("records:read")
async def read_absence(x: X) -> Response:
    """`{"absence": {"since", "until", "deputy": {"id", "title"}}}`, or null."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"absence": await absence.absence(ctx)}))


@router.put("/absence", summary="Be away")
@needs("records:write")
async def put_absence(x: X, body: AbsenceBody) -> Response:
    """What waits for your signature then waits for the deputy's, who is told."""

    async def work(ctx: Context) -> Answer:
        return Answer.of({"absence": await absence.away(ctx, body.since, body.until, body.deputy)})

    return reply(await x.edge.write(x, work))


@router.delete("/absence", status_code=204, summary="Be back")
@needs("records:write")
async def drop_absence(x: X) -> Response:
    """What the deputy was asked meanwhile stays with the deputy, who can hand it on."""

    async def work(ctx: Context) -> Answer:
        await absence.back(ctx)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work))


@router.get("/{id}", summary="An approval")
@needs("records:read")
async def read_approval(x: X, id: str) -> Response:
    """With its votes, and of what was asked about what you may see."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await approvals.one_approval(ctx, id)))


class DecisionBody(Body):
    """Rejecting and returning need a `note`; delegating and adding a signer need a user to do it: `to`."""

    act: Literal["approve", "reject", "return", "delegate", "add", "withdraw", "remind"]
    note: Annotated[str, Field(max_length=2000)] = ""
    to: Annotated[str | None, Field(max_length=40)] = None


@router.post("/{id}", summary="Decide an approval")
@needs("records:write")
async def decide_approval(x: X, id: str, body: DecisionBody) -> Response:
    """As a signer: `approve`, `reject`, `return`, `delegate`, `add` a signer. As who asked: `withdraw`, `remind`."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await approvals.decide(ctx, id, body.act, body.note, body.to))

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))
