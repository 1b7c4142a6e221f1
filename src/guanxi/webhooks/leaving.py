"""Webhooks of somebody who leaves: they tell what whoever takes over may see."""

from __future__ import annotations

from guanxi.pg import Connection, quote
from guanxi.records import Context
from guanxi.records.belongings import Belonging, belongs


async def _count(ctx: Context, user: str) -> int:
    return await ctx.db.value(
        f"SELECT count(*) FROM {quote(ctx.workspace.schema)}._webhook WHERE owner = %(user)s::uuid", {"user": user}
    )


async def _give(ctx: Context, user: str, to: str) -> int:
    return await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._webhook SET owner = %(to)s::uuid, given_by = %(user)s::uuid, via = %(via)s::uuid"
        " WHERE owner = %(user)s::uuid",
        {"user": user, "to": to, "via": ctx.change_set},
    )


async def _back(db: Connection, schema: str, change_set: str) -> None:
    await db.execute(
        f"UPDATE {schema}._webhook SET owner = given_by, given_by = NULL, via = NULL WHERE via = %(via)s::uuid",
        {"via": change_set},
    )


belongs(Belonging("webhooks", {"en": "Webhooks", "zh": "Webhook"}, _count, _give, _back))
