"""What somebody does not want, kept at the one place where mail leaves: preferences, and consents that were taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi import mail
from guanxi.apps.customers.consent import refused
from guanxi.base.json import loads
from guanxi.mail import Letter
from guanxi.records import Context, find
from guanxi.schema.query import read_query

MOST = 200
"""Records with one address that are looked at."""


async def unwanted(ctx: Context, channel: str, address: str, purpose: str) -> str | None:
    """Why nothing goes to this address by this channel for this purpose, or None: ``opted_out`` (a preference), ``withdrawn``
    (the latest consent), ``lapsed`` (it held until a day that is past). Of several records with the address the strictest counts.

    ``ctx`` is the system's: a wish counts, whoever may see it.
    """
    parties: list[str] = []
    for entity in ctx.catalog.entities.values():
        names = [n for n, f in entity.fields.items() if f.type == channel and not f.retired]
        flags = [n for n in (f"do_not_{channel}", "unwanted_channels") if n in entity.fields]
        if not names or not flags:
            continue
        wanted = {"or": [{"field": n, "op": "eq", "value": address} for n in names]}
        for row in await _rows(ctx, entity.name, wanted, flags):
            if row.get(flags[0]) is True or channel in (row.get("unwanted_channels") or ()):
                return "opted_out"
            parties.append(row["id"])
    return await _consent(ctx, channel, purpose, parties) if parties and "consent" in ctx.catalog.entities else None


async def _consent(ctx: Context, channel: str, purpose: str, parties: Sequence[str]) -> str | None:
    told = {"and": [
        {"field": "party", "op": "in", "value": list(parties)},
        {"field": "purpose", "op": "eq", "value": purpose},
        {"field": "channel", "op": "in", "value": ["any", channel]},
    ]}  # fmt: skip
    said: dict[str, list[dict[str, Any]]] = {}
    for row in await _rows(ctx, "consent", told, ["party", "channel", "state", "until"], "-at"):
        said.setdefault(row["party"]["id"] if row.get("party") else "", []).append(row)
    found = {why[0] for rows in said.values() if (why := refused(rows, channel, ctx.env.today))}
    return next((why for why in ("withdrawn", "lapsed") if why in found), None)


async def _rows(
    ctx: Context, name: str, wanted: Any, fields: Sequence[str], sort: str | None = None
) -> list[dict[str, Any]]:
    query = read_query(name, {"filter": wanted, "fields": ["id", *fields], "sort": sort, "limit": MOST})
    return [loads(row) for row in (await find(ctx, query)).rows]


@mail.guard
async def asked(ctx: Context, letter: Letter) -> str | None:
    """Letters to customers say what for; those to our own people do not."""
    return await unwanted(ctx, "email", letter.to, letter.purpose) if letter.purpose else None
