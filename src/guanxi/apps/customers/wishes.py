"""What somebody does not want, kept at the one place where mail leaves: preferences, and consents that were taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from guanxi import mail
from guanxi.apps.customers.consent import refused
from guanxi.apps.customers.reachable import FLAGS, next_hour
from guanxi.base.json import loads
from guanxi.mail import Letter
from guanxi.records import Context, find
from guanxi.schema.query import read_query

MOST = 200
"""Records with one address that are looked at."""


async def unwanted(ctx: Context, channel: str, address: str, purpose: str) -> str | datetime | None:
    """Why nothing goes to this address by this channel for this purpose: ``opted_out`` (a preference), ``withdrawn`` (the latest
    consent), ``lapsed`` (it held until a day that is past); or the moment until which it waits; or None. Of several records with the
    address the strictest counts, those in the archive too.

    ``ctx`` is the system's: a wish counts, whoever may see it.
    """
    parties: list[str] = []
    hours: list[Sequence[str]] = []
    for entity in ctx.catalog.entities.values():
        names = [n for n, f in entity.fields.items() if f.type == channel and not f.retired]
        if not names or entity.name == "user":
            continue
        flag = FLAGS.get(channel, "")
        wanted = {"or": [{"field": n, "op": "eq", "value": address} for n in names]}
        kept = [n for n in (flag, "unwanted_channels", "contact_hours") if n in entity.fields]
        for row in await _rows(ctx, entity.name, wanted, kept):
            if row.get(flag) is True or channel in (row.get("unwanted_channels") or ()):
                return "opted_out"
            parties.append(row["id"])
            hours.append(row.get("contact_hours") or ())
    if parties and "consent" in ctx.catalog.entities and (why := await _consent(ctx, channel, purpose, parties)):
        return why
    return next_hour(ctx.now, hours, ctx.workspace.timezone)


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
    asked = {"filter": wanted, "fields": ["id", *fields], "sort": sort, "limit": MOST, "archived": "with"}
    return [loads(row) for row in (await find(ctx, read_query(name, asked))).rows]


@mail.guard
async def asked(ctx: Context, letter: Letter) -> str | datetime | None:
    """Whoever is none of our own people is asked, whatever the letter says of itself: where it names no purpose it is service."""
    purpose = letter.purpose
    if not purpose:
        ours = {"field": "email", "op": "eq", "value": letter.to}
        purpose = "" if await _rows(ctx, "user", ours, ()) else "service"
    return await unwanted(ctx, "email", letter.to, purpose) if purpose else None
