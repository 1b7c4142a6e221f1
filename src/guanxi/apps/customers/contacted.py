"""When somebody last got through to a customer: a call that was answered, a meeting held, a visit made, an answer that came. What
is planned, written down or sent is no contact.

The moment follows from the activities as a roll-up does: it is taken anew for all customers of a batch in one statement, and is
no change of the customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guanxi.apps.customers.contact import Contact
from guanxi.apps.sales.opportunity import Opportunity
from guanxi.apps.work.call import Call
from guanxi.apps.work.interaction import Interaction
from guanxi.apps.work.meeting import Meeting
from guanxi.apps.work.visit import Visit
from guanxi.pg import quote, settled
from guanxi.records import Context
from guanxi.records.rules import Saved, after_save
from guanxi.schema.catalog import Entity

EFFECTIVE: Mapping[str, tuple[str, str, str]] = {
    "call": ("starts_at", "result", "reached"),
    "meeting": ("starts_at", "status", "held"),
    "visit": ("starts_at", "status", "done"),
    "interaction": ("at", "direction", "in"),
}
"""By activity: when it was, and which field says with which value that somebody was reached."""


def _kept(ctx: Context) -> Iterable[Entity]:
    """The objects that keep the moment."""
    return (e for e in ctx.catalog.entities.values() if "last_contact_at" in e.stored)


def _ways(ctx: Context, kept: Entity) -> list[tuple[str, str]]:
    """Objects whose activities count for ``kept``, each with SQL of what their records ``r`` belong to: itself, and what is its own."""
    out = [(kept.name, "r.id")]
    for child in kept.children.values():
        other = ctx.catalog.entities[child.object]
        if (
            child.kind == "link"
            and not other.definition.activity
            and other.definition.area
            and child.field in ("account", "lead")
        ):
            out.append((other.name, f"r.{quote(child.field)}"))
    return out


async def _contacted(ctx: Context, saved: list[Saved]) -> None:
    about: dict[str, set[str]] = {}
    for s in saved:
        for image in (s.before, s.after):
            if (id := image.get("about")) and (name := image.get("about_object")):
                about.setdefault(name, set()).add(id)
    schema = quote(ctx.workspace.schema)
    for kept in _kept(ctx):
        ids: set[str] = set()
        for name, owner in _ways(ctx, kept):
            if found := about.get(name):
                rows = await ctx.db.fetch(
                    f"SELECT DISTINCT {owner} FROM {schema}.{quote(name)} AS r WHERE r.id = ANY(%(ids)s::uuid[]) AND {owner} IS NOT NULL",
                    {"ids": sorted(found)},
                )
                ids.update(r[0] for r in rows)
        if ids:
            await refresh(ctx, kept, sorted(ids))


async def refresh(ctx: Context, kept: Entity, ids: list[str]) -> None:
    """Take the moment anew for these records; of two writers the second waits and sees what the first has written."""
    schema, table = quote(ctx.workspace.schema), f"{quote(ctx.workspace.schema)}.{quote(kept.name)}"
    await ctx.db.fetch(
        f"SELECT id FROM {table} WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE", {"ids": ids}
    )
    parts: list[str] = []
    for name, owner in _ways(ctx, kept):
        place = (
            "" if owner == "r.id" else f" JOIN {schema}.{quote(name)} AS r ON r.id = a.about AND r.deleted_at IS NULL"
        )
        of = "a.about" if owner == "r.id" else owner
        for activity, (at, field, value) in EFFECTIVE.items():
            if activity in ctx.catalog.entities:
                parts.append(
                    f"SELECT {of} AS id, a.{quote(at)} AS at FROM {schema}.{quote(activity)} AS a{place} WHERE a.deleted_at IS NULL"
                    f" AND a.about_object = '{name}' AND {of} = ANY(%(ids)s::uuid[]) AND a.{quote(field)} = '{value}' AND a.{quote(at)} <= %(now)s"
                )
    anew = (
        f"UPDATE {table} AS k SET last_contact_at = s.at FROM (SELECT i.id, max(x.at) AS at FROM unnest(%(ids)s::uuid[]) AS i(id)"
        f" LEFT JOIN ({' UNION ALL '.join(parts)}) AS x ON x.id = i.id GROUP BY 1) AS s"
        " WHERE k.id = s.id AND k.last_contact_at IS DISTINCT FROM s.at RETURNING k.id"
    )
    changed = await ctx.db.fetch(settled(anew, len(ids)), {"ids": ids, "now": ctx.now})
    ctx.moved.extend((kept.name, r[0]) for r in changed)


@after_save(Call, Call.about, Call.result, Call.starts_at)
async def after_a_call(ctx: Context, saved: list[Saved]) -> None:
    """An answered call is a contact."""
    await _contacted(ctx, saved)


@after_save(Meeting, Meeting.about, Meeting.status, Meeting.starts_at)
async def after_a_meeting(ctx: Context, saved: list[Saved]) -> None:
    """A meeting that was held is a contact."""
    await _contacted(ctx, saved)


@after_save(Visit, Visit.about, Visit.status, Visit.starts_at)
async def after_a_visit(ctx: Context, saved: list[Saved]) -> None:
    """A visit that was made is a contact."""
    await _contacted(ctx, saved)


@after_save(Interaction, Interaction.about, Interaction.direction, Interaction.at)
async def after_an_answer(ctx: Context, saved: list[Saved]) -> None:
    """What comes from the customer is a contact."""
    await _contacted(ctx, saved)


async def _moved(ctx: Context, saved: list[Saved]) -> None:
    moved = [s for s in saved if s.kind in ("delete", "restore") or (s.before and s.changed("account"))]
    ids = {image.get("account") for s in moved for image in (s.before, s.after)}
    if of := sorted(filter(None, ids)):
        for kept in _kept(ctx):
            if kept.name == "account":
                await refresh(ctx, kept, of)


@after_save(Contact, Contact.account)
async def after_a_contact_moved(ctx: Context, saved: list[Saved]) -> None:
    """Whom somebody reached goes along to another customer, or into the bin, with the calls and meetings."""
    await _moved(ctx, saved)


@after_save(Opportunity, Opportunity.account)
async def after_a_deal_moved(ctx: Context, saved: list[Saved]) -> None:
    """So does what a deal was talked about."""
    await _moved(ctx, saved)
