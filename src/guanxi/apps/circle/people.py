"""Who at a customer decides, who of ours knows them, and who stands in which relation to it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from guanxi.apps.circle.asking import Row, among, both, eq, rows, sees, since
from guanxi.records import Context, met, panel, panel_everywhere, reached

MOST = 200
"""People of one decision chain."""

PERSON = "job_title department role influence attitude reports_to"
PLACE = "department role influence attitude"
"""What a person is at an account."""


@panel("account", "chain", "Decision chain", "决策链")
async def chain(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"people": [{"id", "title", ..., "place", "times", "last"}]}``: who reports to whom, decides what, and was met when.

    Those whose account it is, and those who have a role here in force: what they are here is said by that affiliation, whose id
    ``place`` is.
    """
    if not sees(ctx, "contact", "account"):
        return None
    people = await rows(ctx, "contact", eq("account", id), PERSON, "created_at", MOST)
    people += await _in_roles(ctx, id, {one["id"] for one in people})
    if not people:
        return None
    ids = [one["id"] for one in people]
    seen = await met(ctx.around("contact", ids), "contact", ids)
    for one in people:
        one["times"], one["last"] = seen.get(one["id"], (0, None))
    return {"people": people}


async def _in_roles(ctx: Context, id: str, known: Set[str]) -> list[Row]:
    """Who has a role in force at the account, beside those who are known to be its people."""
    if not sees(ctx, "affiliation", "account", "contact", "until"):
        return []
    lasts = {"or": [{"field": "until", "op": "is_empty", "value": True}, since("until", ctx.env.today.isoformat())]}
    found = await rows(ctx, "affiliation", both(eq("account", id), lasts), f"contact {PLACE}", "created_at", MOST)
    places = {one["contact"]["id"]: one for one in reversed(found) if one.get("contact")}
    wanted = [one for one in reversed(places) if one not in known]
    if not wanted:
        return []
    people = await rows(ctx, "contact", among("id", wanted), "reports_to", "created_at", MOST)
    return [{**one, **_at(places[one["id"]])} for one in people]


def _at(place: Row) -> Row:
    """What a person is by an affiliation."""
    return {"job_title": place["title"], "place": place["id"], **{n: place[n] for n in PLACE.split() if n in place}}


@panel("account", "known", "Who knows them", "谁熟悉客户")
async def known(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"users": [{"id", "title", "times", "last"}]}``: colleagues by how often they reached the customer or its people."""
    users = await reached(ctx, "account", id)
    if not users:
        return None
    return {"users": [{"id": u, "title": title, "times": n, "last": last} for u, title, n, last in users[:8]]}


@panel_everywhere("relations", "Relations", "关系网")
async def relations(ctx: Context, object_name: str, id: str) -> Mapping[str, Any] | None:
    """``{"rows": [{"id", "role", "out", "other": {"object", "id", "title"}, "since", "until"}]}``: named relations in both directions,
    those in force first."""
    if not sees(ctx, "relation", "from_record", "to_record", "role"):
        return None
    out: list[Row] = []
    for field, other in (("from_record", "to_record"), ("to_record", "from_record")):
        wanted = both(eq(field, id), eq(f"{field}_object", object_name))
        found = await rows(ctx, "relation", wanted, f"role {other} since until", "-created_at", 20)
        out += [{**row, "out": field == "from_record", "other": row[other]} for row in found if row.get(other)]
    today = ctx.now.date().isoformat()
    return {"rows": sorted(out, key=lambda row: bool(row.get("until")) and row["until"] < today)}
