"""Who is away, until when, and who signs meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from guanxi import records
from guanxi.base import Forbidden, Invalid
from guanxi.base.ids import is_id
from guanxi.flows.approvals import stand_in_for_all
from guanxi.pg import quote
from guanxi.records import Context
from guanxi.records.audit import note
from guanxi.records.journal import titles_of

Told = Callable[[Context, str, datetime | None], Awaitable[None]]
"""``told(ctx, deputy, until)``: somebody is asked to sign for the actor until then, or (None) no longer."""
tellers: list[Told] = []


async def absence(ctx: Context) -> dict[str, Any] | None:
    """When the actor is away, if that is set and not over: ``{"since", "until", "deputy": {"id", "title"}}``."""
    row = await ctx.db.row(
        f"SELECT since, until, deputy FROM {quote(ctx.workspace.schema)}._absence WHERE person = %(me)s::uuid AND until > now()",
        {"me": ctx.actor.id},
    )
    if row is None:
        return None
    names = await titles_of(ctx, "user", [row[2]])
    return {"since": row[0], "until": row[1], "deputy": {"id": row[2], "title": names.get(row[2])}}


async def away(ctx: Context, since: datetime, until: datetime, deputy: str) -> dict[str, Any] | None:
    """The actor is away from ``since`` until ``until``: what waits for the actor's signature then waits for the deputy's."""
    if ctx.actor.viewer:
        raise Forbidden("viewing_as", user=ctx.actor.name)
    if until <= max(since, ctx.now):
        raise Invalid.one("until", "not_to_come")
    found = await records.ask(ctx, "user", [deputy], ("active",)) if is_id(deputy) else {}
    if deputy not in found or found[deputy].values["active"] is False or deputy == ctx.actor.id:
        raise Invalid.one("deputy", "reference_not_found")
    before = await absence(ctx)
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._absence (person, since, until, deputy) VALUES (%(me)s::uuid, %(since)s, %(until)s,"
        " %(deputy)s::uuid) ON CONFLICT (person) DO UPDATE SET since = excluded.since, until = excluded.until, deputy = excluded.deputy",
        {"me": ctx.actor.id, "since": since, "until": until, "deputy": deputy},
    )
    await note(ctx, "permission", absence=f"{since.isoformat()} {until.isoformat()}", deputy=deputy)
    if before and before["deputy"]["id"] != deputy:
        await _tell(ctx, before["deputy"]["id"], None)
    await _tell(ctx, deputy, until)
    await stand_in_for_all(ctx)
    return await absence(ctx)


async def back(ctx: Context) -> None:
    """The actor is there again. What the deputy was asked meanwhile stays with the deputy, who can hand it on."""
    if ctx.actor.viewer:
        raise Forbidden("viewing_as", user=ctx.actor.name)
    before = await absence(ctx)
    await ctx.db.execute(
        f"DELETE FROM {quote(ctx.workspace.schema)}._absence WHERE person = %(me)s::uuid", {"me": ctx.actor.id}
    )
    if before:
        await note(ctx, "permission", absence=None)
        await _tell(ctx, before["deputy"]["id"], None)


async def _tell(ctx: Context, deputy: str, until: datetime | None) -> None:
    for tell in tellers:
        await tell(ctx, deputy, until)
