"""Webhooks: who is told of changes, what became of each message, and secrets that are sent along. For who may change settings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from guanxi import vault, webhooks
from guanxi.api.edge import Answer, edit_of
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/webhooks", tags=["webhooks"])
secrets = APIRouter(route_class=Route, prefix="/api/v1/secrets", tags=["webhooks"])

Names = Annotated[list[str], Field(max_length=100)]
Moment = Annotated[datetime, Field(strict=False)]


Kinds = Annotated[list[Literal["created", "changed", "removed"]], Field(min_length=1, max_length=3)]


class _Webhook(Body):
    objects: Names | None = Field(default=None, description="None: all that its owner may read")
    fields: Names | None = Field(default=None, description="Only changes of one of these")
    filter: dict[str, Any] | None = Field(default=None, description="Only records that it takes, as they stand then")
    thin: bool | None = Field(default=None, description="Tell which record it was and not what stands in it")
    headers: dict[str, str] | None = Field(default=None, description="Sent along; may hold `{secret.name}`")
    active: bool | None = None


class WebhookChange(_Webhook):
    """What may be changed of a webhook. `fields` and `filter` take a single object."""

    name: str | None = Field(default=None, max_length=100)
    url: str | None = Field(default=None, max_length=2000)
    kinds: Kinds | None = None


class WebhookBody(_Webhook):
    """A new webhook. `fields` and `filter` take a single object."""

    name: str = Field(min_length=1, max_length=100)
    url: str = Field(min_length=1, max_length=2000)
    kinds: Kinds | None = Field(default=None, description="None: all three")


class ReplayBody(Body):
    """Messages by their ids, or a span of time."""

    messages: list[str] | None = Field(default=None, max_length=10_000)
    since: Moment | None = None
    until: Moment | None = None
    state: Literal["waiting", "done", "failed"] | None = Field(
        default=None, description="Only messages that are so; without it also what was never queued"
    )


class SecretBody(Body):
    """What is kept under a name."""

    value: str = Field(min_length=1, max_length=8000)


def _webhook(found: dict[str, Any], status: int = 200) -> Answer:
    return Answer.of(found, status, (b"etag", b'"%d"' % found["edit"]))


@router.get("", summary="Webhooks")
@needs("admin")
async def list_webhooks(x: X) -> Response:
    """With how they fare, and how many of their messages wait, failed, and arrived in the last seven days."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await webhooks.webhooks(ctx)}))


@router.post("", status_code=201, summary="Make a webhook")
@needs("admin")
async def create_webhook(x: X, body: WebhookBody) -> Response:
    """It tells what you may see. The answer holds its `secret`, with which messages are signed; it cannot be had again."""

    async def work(ctx: Context) -> Answer:
        made, secret = await webhooks.create(ctx, {"kinds": webhooks.KINDS, **body.model_dump(exclude_none=True)})
        return _webhook({**made, "secret": secret}, 201)

    return reply(await x.edge.write(x, work, body.model_dump_json().encode(), secret=True))


@router.get("/{id}", summary="A webhook")
@needs("admin")
async def read_webhook(x: X, id: str) -> Response:
    """`off` says why the program switched it off, if it did."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(_webhook(await webhooks.get(ctx, id)))


@router.patch("/{id}", summary="Change a webhook")
@needs("admin")
async def change_webhook(x: X, id: str, body: WebhookChange) -> Response:
    """Only what is given changes; from then on it tells what you may see. `If-Match` takes `edit`."""
    edit = edit_of(x)

    async def work(ctx: Context) -> Answer:
        wanted = body.model_dump(exclude_unset=True)
        return _webhook(await webhooks.change(ctx, id, wanted, edit))

    return reply(await x.edge.write(x, work))


@router.delete("/{id}", status_code=204, summary="Drop a webhook")
@needs("admin")
async def drop_webhook(x: X, id: str) -> Response:
    """With its messages."""

    async def work(ctx: Context) -> Answer:
        await webhooks.remove(ctx, id)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work))


@router.post("/{id}/rotate", summary="A new secret")
@needs("admin")
async def rotate_webhook(x: X, id: str) -> Response:
    """The answer holds it, once. For 24 hours messages are signed with the earlier one as well."""

    async def work(ctx: Context) -> Answer:
        found, secret = await webhooks.rotate(ctx, id)
        return _webhook({**found, "secret": secret})

    return reply(await x.edge.write(x, work, secret=True))


@router.post("/{id}/test", status_code=202, summary="Send a trial")
@needs("admin")
async def test_webhook(x: X, id: str) -> Response:
    """A message of type `test`, the way that all others go. Answers its id."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await webhooks.try_out(ctx, id), 202)

    return reply(await x.edge.write(x, work))


@router.get("/{id}/deliveries", summary="What became of messages")
@needs("admin")
async def list_deliveries(x: X, id: str, state: str | None = None, cursor: str | None = None) -> Response:
    """The newest first, each with how its last attempt ended. Kept for 30 days after their end."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await webhooks.listing(ctx, id, state, cursor)))


@router.get("/{id}/deliveries/{message}", summary="A message")
@needs("admin")
async def read_delivery(x: X, id: str, message: str) -> Response:
    """What was sent, and `log`: every attempt with its headers, the answer's beginning, and the time that it took."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await webhooks.delivery(ctx, id, message)))


@router.post("/{id}/replay", summary="Send again")
@needs("admin")
async def replay_webhook(x: X, id: str, body: ReplayBody) -> Response:
    """Under the ids that the messages had. A span of time also brings what happened while the webhook was off."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await webhooks.replay(ctx, id, body.messages, body.since, body.until, body.state))

    return reply(await x.edge.write(x, work, body.model_dump_json().encode()))


@secrets.get("", summary="Names of secrets")
@needs("admin")
async def list_secrets(x: X) -> Response:
    """What they are is never told."""
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of({"data": await vault.listing(ctx)}))


@secrets.put("/{name}", summary="Keep a secret")
@needs("admin")
async def keep_secret(x: X, name: str, body: SecretBody) -> Response:
    """In place of the one with that name, if there is one."""

    async def work(ctx: Context) -> Answer:
        return Answer.of(await vault.put(ctx, name, body.value))

    return reply(await x.edge.write(x, work))


@secrets.delete("/{name}", status_code=204, summary="Drop a secret")
@needs("admin")
async def drop_secret(x: X, name: str) -> Response:
    """What uses it fails from then on."""

    async def work(ctx: Context) -> Answer:
        await vault.remove(ctx, name)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work))
