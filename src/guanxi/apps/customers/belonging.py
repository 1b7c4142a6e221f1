"""To which account a lead probably belongs, before anybody has converted it: that of which an account with what the lead tells would
be a duplicate, else that of a contact whom the lead would be.

What of a lead is masked or hidden for the reader tells nothing, and what account they do not see is not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi import records
from guanxi.base.json import loads
from guanxi.records import Alert, Context, access, alert
from guanxi.records.journal import veils

TOLD = ("company", "phone", "mobile", "email", "website")
_AS: Mapping[str, Mapping[str, str]] = {
    "account": {"company": "name", "phone": "phone"},
    "contact": {"phone": "phone", "mobile": "mobile", "email": "email"},
}
"""What of a lead an account and a contact would have."""


async def accounts_of(ctx: Context, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """``{"id", "title", "rule": why}`` of the probable account of each of those of these leads that have no account yet."""
    entity = ctx.catalog.object("lead")
    names = [n for n in TOLD if n in entity.fields and access.readable(ctx.actor, entity, entity.fields[n])]
    fields = (*names, *(n for n in ("account",) if access.readable(ctx.actor, entity, entity.fields[n])))
    behind = await veils(ctx, entity, ids)
    leads = {id: loads(r) for id, r in (await records.shown(ctx, entity.name, ids, fields)).items()}
    open_ = {
        id: {n: lead[n] for n in names if lead.get(n) and n not in behind.get(id, frozenset())}
        for id, lead in leads.items()
        if not lead.get("account")
    }
    found = await records.akin(ctx, "account", _drafts(ctx, "account", open_))
    people = await records.akin(
        ctx, "contact", _drafts(ctx, "contact", {i: v for i, v in open_.items() if i not in found})
    )
    if people:
        theirs = await records.shown(ctx, "contact", [p["id"] for p in people.values()], ("account",))
        for id, person in people.items():
            if person["id"] in theirs and (account := loads(theirs[person["id"]]).get("account")):
                found[id] = {"id": account["id"], "title": account["title"], "rule": person["rule"]}
    return found


def _drafts(ctx: Context, object_name: str, leads: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    known = ctx.catalog.object(object_name).fields
    made = {
        id: {to: lead[n] for n, to in _AS[object_name].items() if n in lead and to in known}
        for id, lead in leads.items()
    }
    return {id: values for id, values in made.items() if values}


@alert("lead", "belongs")
async def belongs(ctx: Context, ids: Sequence[str]) -> Mapping[str, Alert]:
    """It is probably of a customer that is there already."""
    out: dict[str, Alert] = {}
    for id, account in (await accounts_of(ctx, ids)).items():
        text = {language: f"{account['title'] or '—'} · {why}" for language, why in account["rule"].items()}
        title = {"en": "Probably of a customer that you have", "zh": "可能属于已有客户"}
        out[id] = Alert(title, text, "warn", "belongs", "account", account["id"])
    return out
