"""What is told of acts that matter and change no record: looking behind a mask, taking data out, signing in, permitting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.base import TooMany
from guanxi.base.json import dumps
from guanxi.pg import Connection, quote
from guanxi.records.context import Actor, Context
from guanxi.records.row import NOBODY

KINDS = (
    "sign_in", "sign_in_failed", "sign_out", "token_made", "token_used", "token_revoked", "reveal", "export",
    "import", "permission", "share", "hand_over", "catalog", "settings", "view_as", "report_run", "backup", "restore",
    "audit_read", "audit_export", "audit_verify", "retention", "flow",
)  # fmt: skip


async def note(
    ctx: Context, kind: str, *, object: str | None = None, record: str | None = None, **details: Any
) -> None:
    """An entry of the audit in the caller's transaction; ``details`` are what JSON can carry."""
    assert kind in KINDS, kind  # noqa: S101 - the kinds are ours
    if ctx.actor.viewer:
        details["as"] = ctx.actor.id
    actor = ctx.actor.viewer or ctx.actor.id
    await note_in(ctx.db, ctx.workspace.schema, kind, actor, ctx.cause, object=object, record=record, **details)


async def note_in(
    db: Connection,
    schema: str,
    kind: str,
    actor: str | None,
    cause: str,
    *,
    object: str | None = None,
    record: str | None = None,
    **details: Any,
) -> None:
    """The same where there is no Context: at the door, and from the command line."""
    told: Mapping[str, Any] = {n: v for n, v in details.items() if v is not None}
    await db.execute(
        f"INSERT INTO {quote(schema)}._audit (kind, actor, cause, object, record, details)"
        " VALUES (%(kind)s, %(actor)s::uuid, %(cause)s, %(object)s, %(record)s::uuid, %(details)s::jsonb)",
        {
            "kind": kind,
            "actor": None if actor == NOBODY else actor,
            "cause": cause,
            "object": object,
            "record": record,
            "details": dumps(told).decode(),
        },
    )


async def spend(ctx: Context, kind: str, amount: int) -> None:
    """Refuse (429) what would go beyond a role's limit for the day: the sum of ``rows`` in today's entries of this kind.

    Of requests at the same time one is looked at after the other; the entry itself is the caller's to make, in the same
    transaction. A day is one of the actor's time zone.
    """
    limit = ctx.actor.grants.limits.get(kind)
    if limit is None or ctx.actor.system:
        return
    await ctx.db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(who)s, 7))", {"who": f"{kind} {ctx.actor.id}"}
    )
    begin, end = today(ctx.actor, ctx.now)
    used = await ctx.db.value(
        f"SELECT coalesce(sum((details->>'rows')::bigint), 0)::bigint FROM {quote(ctx.workspace.schema)}._audit"
        " WHERE kind = %(kind)s AND actor = %(actor)s::uuid AND at >= %(begin)s",
        {"kind": kind, "actor": ctx.actor.id, "begin": begin},
    )
    if used + amount > limit:
        raise TooMany(
            f"{kind}_limit",
            retry_after=max(1, int((end - ctx.now).total_seconds())),
            limit=limit,
            left=max(0, limit - used),
            amount=amount,
        )


def today(actor: Actor, now: datetime) -> tuple[datetime, datetime]:
    """When the actor's day began and when it ends."""
    begin = now.astimezone(ZoneInfo(actor.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return begin, begin + timedelta(days=1)
