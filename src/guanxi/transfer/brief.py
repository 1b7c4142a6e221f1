"""A brief: one record on paper, with what its reader sees of it and around it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from guanxi.base import say
from guanxi.base.json import loads
from guanxi.base.said import amount, day, moment
from guanxi.records import Context, access, alerts, get, note, spend, timeline, visible
from guanxi.records.around import panels, panels_of, said_on_paper
from guanxi.records.describe import figures
from guanxi.records.timeline import CHANGES, kinds_of
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Query
from guanxi.transfer.exports import columns, worded

EVENTS = 10
LINES = 5
"""Lines of one panel."""
WORDS = {
    "timeline": {"en": "Lately", "zh": "最近动态"},
    "footer": {
        "en": "{company} · printed {at} by {by} · confidential",
        "zh": "{company} · {by} 打印于 {at} · 内部资料",
    },
}


async def brief(ctx: Context, object_name: str, id: str) -> dict[str, Any]:
    """What stands in the brief of a record, in the reader's language. It is an export of one row, told to the audit and counted
    against the role's limit; needs a transaction. NotFound where the record is not visible."""
    entity, language = ctx.catalog.object(object_name), ctx.actor.language
    await visible(ctx, object_name, id)
    await spend(ctx, "export", 1)
    await note(ctx, "export", object=object_name, record=id, rows=1, format="pdf")
    definition = entity.definition
    layout = definition.layouts.get(ctx.actor.role, definition.layout)
    seen = [n for n in access.visible_fields(ctx.actor, entity) if not entity.fields[n].of]
    names = [n for n in dict.fromkeys((*(f for s in layout.sections for f in s.fields), entity.title)) if n in seen]
    words = await _words(ctx, entity, id, names)
    told = await panels(ctx, object_name, id)
    matters = (await alerts(ctx, object_name, [id])).get(id, [])
    kinds = sorted(kinds_of(ctx) - CHANGES)
    newest = (await timeline(ctx, object_name, id, limit=2 * EVENTS, kinds=kinds))["data"]
    events = [one for one in newest if one["at"] <= ctx.now][:EVENTS]  # what is planned stands in its panel
    labels = {n: say(entity.fields[n].label, language) for n in names}
    return {
        "lang": language,
        "by": ctx.actor.name,
        "title": words.get(entity.title) or say(definition.label, language),
        "subtitle": " · ".join(words[n] for n in (*definition.under, definition.owner) if words.get(n)),
        "figures": [[labels[n], words[n]] for n in figures(definition, layout) if words.get(n)][:4],
        "alerts": [[say(a["title"], language), say(a["text"], language) if a["text"] else ""] for a in matters],
        "sections": [
            {"label": say(s.label, language), "rows": rows}
            for s in layout.sections
            if (rows := [[labels[n], words[n]] for n in s.fields if words.get(n) and n != entity.title])
        ],
        "panels": [
            {"label": say(p.label, language), "rows": lines[:LINES]}
            for p, data in ((panels_of(definition)[n], data) for n, data in told.items())
            if data and (on := said_on_paper(object_name, p.name)) and (lines := [list(one) for one in on(ctx, data)])
        ],
        "timeline": say(WORDS["timeline"], language),
        "events": [_event(ctx, one) for one in events],
        "footer": say(
            WORDS["footer"],
            language,
            company=ctx.workspace.name,
            by=ctx.actor.name,
            at=moment(ctx.now, language, ctx.actor.timezone),
        ),
    }


async def _words(ctx: Context, entity: Entity, id: str, names: list[str]) -> dict[str, str]:
    """The record's values in words by field; what is masked for the reader is masked here, and an amount has its currency."""
    shown = columns(ctx, Query(entity.name, fields=tuple(names)))
    units = {n: f"{n}_{entity.types[n].unit}" for n in names if entity.types[n].unit}
    record: Mapping[str, Any] = loads(await get(ctx, entity.name, id, (*names, *units.values())), exact=True)
    out: dict[str, str] = {}
    language = ctx.actor.language
    for column in shown:
        value = record.get(column.path)
        if value is None or value in ("", []):
            continue
        if not column.masked and column.path in units and isinstance(value, int | Decimal):
            out[column.path] = amount(value, record.get(units[column.path]))
        elif not column.masked and column.kind.grains and len(str(value)) > len("2026-03-05"):
            out[column.path] = moment(datetime.fromisoformat(value), language, ctx.actor.timezone)
        elif not column.masked and column.kind.grains and len(str(value)) == len("2026-03-05"):
            out[column.path] = day(value, language)
        else:
            out[column.path] = column.kind.aloud(worded(column, ctx.env)(value).strip(), language)
    return out


def _event(ctx: Context, item: Mapping[str, Any]) -> list[str]:
    """When, what and by whom, and in which words."""
    what = say(ctx.catalog.object(item["object"]).definition.label, ctx.actor.language)
    who = (item["actor"] or {}).get("title") or ""
    body = " ".join(str(item["body"]).split())
    text = " · ".join(p for p in (item["title"], body if body != item["title"] else "") if p)
    at = day(item["at"], ctx.actor.language, ctx.actor.timezone)
    return [at, " · ".join(p for p in (what, who) if p), text if len(text) <= 160 else text[:159] + "…"]
