"""Acts about people: handing over what a leaver has; what was shared with oneself or by oneself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field, model_validator

from guanxi import identity, records
from guanxi.api.edge import Answer
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.base import NotFound
from guanxi.base.ids import is_id
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["people"])


class Where(Body):
    """One user, or a team whose active members take in turn."""

    user: str | None = None
    team: str | None = None

    @model_validator(mode="after")
    def one(self) -> Where:
        """Exactly one of both."""
        if (self.user is None) is (self.team is None):
            raise ValueError("user or team")
        return self

    def told(self) -> dict[str, str]:
        """As the engine takes it."""
        return {"user": self.user} if self.user is not None else {"team": self.team or ""}


class RuleBody(Body):
    """Where an object's records go (those of one field that names people, those that satisfy a filter); `to` null: they stay."""

    object: Annotated[str, Field(max_length=63)]
    field: Annotated[str | None, Field(max_length=63)] = None
    filter: dict[str, Any] | None = None
    to: Where | None = None


class HandOverBody(Body):
    """What goes where. The first rule that fits holds, `to` is for everything else; `to` null leaves it where it is."""

    to: Where | None = None
    rules: Annotated[list[RuleBody], Field(default_factory=list[RuleBody], max_length=200)]
    deactivate: bool = True
    dry_run: bool = False
    background: bool = False


@router.post("/users/{id}/hand_over", summary="Hand over what somebody has who leaves")
@needs("admin")
async def hand_over(x: X, id: str, body: HandOverBody) -> Response:
    """`{"user", "objects": [{"object", "field", "records", "stays", "to": [{"user", "records"}]}], "belongings", "sessions", "tokens",
    "change_set"}`: all records that name the person as owner, or in another field of one person, get a new one; shares and
    views go along; the person is deactivated, signed out and loses their tokens. One change set, which can be undone (tokens
    stay revoked). With `dry_run` it is only said; with `background` a job carries it out (202), and the person is out at once."""
    if not is_id(id):
        raise NotFound
    wanted = {
        "to": body.to and body.to.told(),
        "rules": [{**r.model_dump(exclude={"to"}), "to": r.to and r.to.told()} for r in body.rules],
        "deactivate": body.deactivate,
    }

    async def work(ctx: Context) -> Answer:
        if body.background and not body.dry_run:
            return Answer.of(await identity.begin_hand_over(ctx, id, wanted), 202)
        done = await identity.hand_over(ctx, id, wanted, dry_run=body.dry_run)
        mark = () if body.dry_run else ((b"guanxi-change-set", ctx.change_set.encode()),)
        return Answer.of(done, 200, *mark)

    news = "" if body.dry_run else "access"
    return reply(await x.edge.write(x, work, body.model_dump_json().encode(), news=news))


@router.get("/users/{id}/hand_over", summary="How a hand-over by a job stands")
@needs("admin")
async def hand_over_status(x: X, id: str) -> Response:
    """`{"status", "total", "done", "objects", "at", "ended_at", "change_set"}` of this person's last one with `background`: records in
    all and done, and what went where so far."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await identity.hand_over_status(ctx, id)))


@router.delete("/users/{id}/hand_over", summary="Stop a hand-over by a job")
@needs("admin")
async def stop_hand_over(x: X, id: str) -> Response:
    """It ends after its portion; what went until then is a change set that can be undone."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await identity.stop_hand_over(ctx, id))

    return reply(await x.edge.write(x, work, b""))


@router.get("/shares", summary="What was shared")
@needs("records:read")
async def list_shares(x: X, whose: Literal["with_me", "by_me"] = "with_me") -> Response:
    """`{"data": [{"id", "object", "record": {"id", "title"}, "user" or "team", "by", "level", "at", "until"}]}`: with oneself or one's
    teams, or by oneself; of records that one may see."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await records.shared(ctx, whose)}))
