"""API tokens of one's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from guanxi import identity, vault
from guanxi.api.edge import Answer, bad
from guanxi.api.route import Body, Route, X, needs, reply
from guanxi.base import Forbidden, NotFound
from guanxi.base.ids import is_id
from guanxi.pg import as_installation
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1/tokens", tags=["tokens"])


class TokenBody(Body):
    """A token to make. Without `scopes` it may all that its owner may; it never may more."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: list[str] | None = Field(default=None, max_length=20)
    expires_at: Annotated[datetime, Field(strict=False)] | None = None
    per_minute: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Requests a minute, beside the limit of its owner"
    )


@router.get("", summary="One's tokens")
@needs("admin")
async def list_tokens(x: X, everybody: bool = False) -> Response:
    """Without their secrets, which are shown once only. `everybody`: also those of others, each with its `user`, for who
    manages people."""
    caller = x.signed_in
    if everybody and "users" not in caller.actor.grants.system:
        raise Forbidden
    async with x.edge.database.connection() as db:
        found = await (identity.all_tokens if everybody else identity.list_tokens)(
            db, caller.workspace.id, *(() if everybody else (caller.actor.id,))
        )
    if everybody:
        async with x.edge.reading(caller) as ctx:
            known = await vault.people(ctx, (one["user"] for one in found))
        found = [{**one, "user": known[one["user"]]} for one in found]
    return reply(Answer.of({"data": found, "scopes": identity.SCOPES}))


@router.post("", status_code=201, summary="Make a token")
@needs("admin")
async def create_token(x: X, body: TokenBody) -> Response:
    """Answers the token's secret; it cannot be had again."""
    caller = x.signed_in
    if body.expires_at is not None and (body.expires_at.tzinfo is None or body.expires_at <= datetime.now(UTC)):
        raise bad("expires_at", "not_a_datetime", value=str(body.expires_at))
    if caller.scopes is not None:
        beyond = {s for s in body.scopes or identity.SCOPES if not {s, s.rpartition(":")[0]} & caller.scopes}
        if beyond or body.scopes is None:
            raise Forbidden("scope_missing", scope=", ".join(sorted(beyond)))

    async def work(ctx: Context) -> Answer:
        async with as_installation(ctx.db):
            made = await identity.create_token(
                ctx.db,
                caller.workspace.id,
                caller.actor.id,
                body.name,
                body.scopes,
                body.expires_at,
                body.per_minute,
                caller.catalog.entities,
            )
        return Answer.of({"id": made.id, "name": body.name, "scopes": body.scopes, "token": made.secret}, 201)

    return reply(await x.edge.write(x, work, body.model_dump_json().encode(), secret=True))


@router.delete("/{id}", status_code=204, summary="Revoke a token")
@needs("admin")
async def revoke_token(x: X, id: str) -> Response:
    """It stops working at once. Whoever manages people may end everybody's."""
    if not is_id(id):
        raise NotFound
    caller = x.signed_in
    async with x.edge.database.transaction() as db:
        anybodys = "users" in caller.actor.grants.system
        await identity.revoke_token(db, caller.workspace.id, caller.actor.id, id, anybodys)
    x.edge.gate.forget(caller.workspace.id)
    return reply(Answer(204, b""))
