"""How panels and alerts ask: lists and figures as their reader, with what is missing or hidden left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi import records
from guanxi.base import Label
from guanxi.base.json import loads
from guanxi.records import Context, access
from guanxi.schema.query import read_aggregation, read_query

Filter = Mapping[str, Any]
Row = dict[str, Any]


def eq(field: str, value: Any) -> Filter:
    """The field is this."""
    return {"field": field, "op": "eq", "value": value}


def among(field: str, values: Sequence[Any]) -> Filter:
    """The field is one of these."""
    return {"field": field, "op": "in", "value": list(values)}


def since(field: str, value: Any) -> Filter:
    """The field is this day or moment, or later."""
    return {"field": field, "op": "gte", "value": value}


def until(field: str, value: Any) -> Filter:
    """The field is this day or moment, or earlier."""
    return {"field": field, "op": "lte", "value": value}


def filled(field: str) -> Filter:
    """The field is not empty."""
    return {"field": field, "op": "is_empty", "value": False}


def both(*parts: Filter) -> Filter:
    """All of these."""
    return {"and": list(parts)}


def sees(ctx: Context, object_name: str, *fields: str) -> bool:
    """Whether the object is there for the reader, and these fields of it in clear."""
    entity = ctx.catalog.entities.get(object_name)
    if entity is None or not access.may(ctx.actor, entity, "read"):
        return False
    return all(n in entity.fields and access.readable(ctx.actor, entity, entity.fields[n]) for n in fields)


def options(ctx: Context, object_name: str, field: str) -> dict[str, Label]:
    """The labels of a choice by name, in its order; empty where there is no such field."""
    entity = ctx.catalog.entities.get(object_name)
    found = entity.fields.get(field) if entity else None
    return {o.name: o.label for o in found.options} if found else {}


def shown(ctx: Context, object_name: str, fields: str) -> list[str]:
    """Those of these fields that the reader sees, masked ones among them, and the title."""
    entity = ctx.catalog.object(object_name)
    names = dict.fromkeys((entity.title, *fields.split()))
    return [n for n in names if n in entity.fields and access.visible(ctx.actor, entity, entity.fields[n])]


async def rows(
    ctx: Context, object_name: str, filter: Filter, fields: str, sort: str = "", limit: int = 5
) -> list[Row]:
    """Records with the fields that the reader sees, and ``title``; none where the object is not there for the reader.

    Raises Invalid where the filter or the order asks for a hidden field.
    """
    if not sees(ctx, object_name):
        return []
    names = shown(ctx, object_name, fields)
    page = await records.find(
        ctx, read_query(object_name, {"filter": filter, "fields": names, "sort": sort or None, "limit": limit})
    )
    title = ctx.catalog.object(object_name).title
    return [{**row, "title": row.get(title) or "", "object": object_name} for row in map(loads, page.rows)]


async def figures(
    ctx: Context,
    object_name: str,
    filter: Filter,
    measures: Mapping[str, str],
    group: Sequence[Any] = (),
    sort: str = "",
    limit: int = 100,
) -> list[Row]:
    """Groups as ``{"group": {...}, name: figure, ...}`` with what each figure is in beside it; ``measures`` are ``"sum amount"`` by name.

    A measure of a hidden field is left out. Raises Invalid where the filter or a group asks for one.
    """
    if not sees(ctx, object_name):
        return []
    wanted: list[dict[str, str]] = []
    for name, text in measures.items():
        function, _, field = text.partition(" ")
        if not field:
            wanted.append({"fn": function, "as": name})
        elif sees(ctx, object_name, field):
            wanted.append({"fn": function, "field": field, "as": name})
    if not wanted:
        return []
    known = {w["as"] for w in wanted}
    asked = {"filter": filter, "group": list(group), "measures": wanted, "limit": limit}
    if sort and sort.lstrip("-") in known:
        asked["sort"] = sort
    found = await records.aggregate(ctx, read_aggregation(object_name, asked))
    return [{"group": one["group"], **one["values"], **one.get("currencies", {})} for one in map(loads, found)]


async def total(ctx: Context, object_name: str, filter: Filter, measures: Mapping[str, str]) -> Row | None:
    """The figures of all records of a filter; None where the object is not there for the reader."""
    found = await figures(ctx, object_name, filter, measures)
    return {k: v for k, v in found[0].items() if k != "group"} if found else None


def about(ids: Sequence[str]) -> Filter:
    """What is about an account or its people and deals (:func:`around`). That it is about nothing else is said as well: who may see
    what it leads to is then not asked of every object that there is."""
    return both(among("about", ids), among("about_object", ("account", "contact", "opportunity")))


async def around(ctx: Context, id: str) -> tuple[Context, list[str]]:
    """The ids of an account and of its people and deals that the reader sees: what its tasks and meetings are about. With the
    context that knows that they are seen."""
    found: tuple[Context, list[str]] | None = ctx.memo.get(f"around {id}")
    if found is None:
        knowing, ids = ctx, [id]
        for name in ("contact", "opportunity"):
            if sees(ctx, name, "account"):
                more = [r["id"] for r in await rows(ctx, name, eq("account", id), "", "-updated_at", 200)]
                knowing, ids = knowing.around(name, more), ids + more
        found = ctx.memo[f"around {id}"] = (knowing, ids)
    return found
