"""Mail that went out, how it is signed, and a test of the server; for whose role has the right ``settings``."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from guanxi import mail
from guanxi.api.edge import Answer, Exchange
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.base import Conflict, Forbidden, new_id, say
from guanxi.mail import Letter, Result
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/mail", tags=["mail"])

TEST = {"en": "A test from Guanxi", "zh": "关系 CRM 测试邮件"}
TEST_TEXT = {"en": "Mail works: this came from {name}.", "zh": "发信正常：这封邮件来自{name}。"}


class SenderBody(Body):
    """The name that mail comes from, and where answers to it go."""

    name: str = Field(min_length=1, max_length=100)
    reply_to: str = Field(default="", max_length=254)


def _allowed(x: Exchange) -> None:
    if "settings" not in x.signed_in.actor.grants.system:
        raise Forbidden


async def _settings(ctx: Context) -> dict[str, object]:
    server = mail.outgoing()
    told = {"host": server.host, "port": server.port, "tls": server.tls, "from": server.sender} if server else None
    return {"server": told, **await mail.read_sender(ctx.db, ctx.workspace)}


@router.get("/settings", summary="How mail goes out")
@needs("admin")
async def settings(x: X) -> Response:
    """The installation's server (null: no mail is sent), and how mail of this workspace is signed."""
    _allowed(x)
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await _settings(ctx)))


@router.put("/settings", summary="Say how mail is signed")
@needs("admin")
async def set_settings(x: X, body: SenderBody) -> Response:
    """The server is the installation's: `GUANXI_MAIL`, `GUANXI_MAIL_FROM`."""
    _allowed(x)

    async def work(ctx: Context) -> Answer:
        await mail.save_sender(ctx, body.name, body.reply_to)
        return Answer.of(await _settings(ctx))

    return reply(await x.edge.write(x, work))


@router.post("/test", summary="Send a test mail to oneself")
@needs("admin")
async def test(x: X) -> Response:
    """At once, not through the queue: 409 with what the server said when it does not take it."""
    _allowed(x)
    server, actor = mail.outgoing(), x.signed_in.actor
    if server is None:
        raise mail.MailOff
    async with x.edge.reading(x.signed_in) as ctx:
        sender = await mail.read_sender(ctx.db, ctx.workspace)
    text = say(TEST_TEXT, actor.language, name=sender["name"])
    letter = Letter("test", actor.email, say(TEST, actor.language), text, name=actor.name, reply_to=sender["reply_to"])
    data = mail.message(letter, new_id(), datetime.now(UTC), server.sender, sender["name"])
    result, said = await asyncio.to_thread(mail.deliver, server, actor.email, data)
    if result is not Result.SENT:
        raise Conflict("mail_failed", reason=said)
    return reply(Answer.of({"to": actor.email, "answer": said}))


@router.get("", summary="Mail that went out")
@needs("admin")
async def listing(
    x: X,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    state: Literal["queued", "sending", "sent", "failed", "unknown", "withheld"] | None = None,
) -> Response:
    """What became of each letter, newest first; subjects of what one may not see are left out."""
    _allowed(x)
    async with x.edge.reading(x.signed_in) as ctx:
        return reply(Answer.of(await mail.listing(ctx, limit, cursor, state)))


@router.post("/{id}/retry", status_code=204, summary="Send a letter again")
@needs("admin")
async def retry(x: X, id: str) -> Response:
    """One that failed, or of which nobody knows whether it arrived; its Message-ID stays the same."""
    _allowed(x)

    async def work(ctx: Context) -> Answer:
        await mail.retry(ctx, id)
        return Answer(204, b"")

    return reply(await x.edge.write(x, work))
