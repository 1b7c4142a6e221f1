"""What is known of records that went into others: where they are now, what was merged, and what follows when one comes back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from guanxi.base import NotFound
from guanxi.base.ids import is_id
from guanxi.pg import quote
from guanxi.records import access, attached
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.schema.catalog import Entity

APART = "unmerge"
"""The kind of bulk act by which records are taken apart."""

CAUSE = " > merge"
"""What the cause of what a merge writes ends with: where it is missing, history needs not ask what was merged."""


def merging(ctx: Context) -> Context:
    """The same request, as it makes records one."""
    return replace(ctx, bulk="merge", cause=ctx.cause + CAUSE)


async def whereabouts(ctx: Context, ids: Iterable[str]) -> dict[str, str]:
    """Where records that went into others are now, by id; the others are left out."""
    table = f"{quote(ctx.workspace.schema)}._merged"
    rows = await ctx.db.fetch(
        f"WITH RECURSIVE way(lost, at, n) AS (SELECT lost, survivor, 1 FROM {table}"
        " WHERE lost = ANY(%(ids)s::uuid[]) AND ended_by IS NULL UNION ALL SELECT w.lost, m.survivor, w.n + 1 FROM way AS w"
        f" JOIN {table} AS m ON m.lost = w.at AND m.ended_by IS NULL WHERE w.n < 1000)"
        " SELECT DISTINCT ON (lost) lost, at FROM way ORDER BY lost, n DESC",
        {"ids": [i for i in ids if is_id(i)]},
    )
    return dict(rows)


async def gone_into(ctx: Context, object_name: str, id: str) -> str | None:
    """The id of the record that this one went into, if it did and the actor may see that one."""
    at = (await whereabouts(ctx, [id])).get(id) if is_id(id) else None
    entity = ctx.catalog.object(object_name)
    if at is None or not access.may(ctx.actor, entity, "read"):
        return None
    c = Compiler(ctx)
    source, seen = c.source(entity, "t")
    return await ctx.db.value(f"SELECT t.id FROM {source} WHERE {c.among('t.id', [at])} AND {seen}", c.args)


async def lost_titles(ctx: Context, entity: Entity, ids: Sequence[str]) -> dict[str, str | None]:
    """The titles, by id, of those records in the bin that the actor could see if they were not there."""
    if not ids or not access.may(ctx.actor, entity, "read"):
        return {}
    c = Compiler(ctx)
    source, seen = c.source(entity, "t", of="bin")
    return dict(
        await ctx.db.fetch(
            f"SELECT t.id, {c.title(entity, 't')} FROM {source} WHERE {c.among('t.id', list(ids))} AND {seen}", c.args
        )
    )


async def past_visible(ctx: Context, entity: Entity, id: str) -> None:
    """NotFound unless the record went into one that the actor may see, and could be seen itself."""
    if await gone_into(ctx, entity.name, id) is None or id not in await lost_titles(ctx, entity, [id]):
        raise NotFound


async def told(ctx: Context, entity: Entity, record: str, entries: Iterable[dict[str, Any]]) -> None:
    """Say with those entries of a record's history that stand for a merge what went into it: ``"merged": [{"id", "title"}]``;
    with those by which it went into another, ``"into"``."""
    entries = list(entries)
    if not any(CAUSE in (e.get("cause") or "") for e in entries):
        return
    rows = await ctx.db.fetch(
        "SELECT m.change_set, l.lost, l.survivor, l.ended_by FROM {0}._merged AS l JOIN {0}._merge AS m ON m.id = l.merge"
        " WHERE m.change_set = ANY(%(sets)s::uuid[]) AND (m.survivor = %(id)s::uuid OR l.lost = %(id)s::uuid)".format(
            quote(ctx.workspace.schema)
        ),
        {"sets": list({e["change_set"] for e in entries if e["kind"] in ("update", "delete")}), "id": record},
    )
    titles = await lost_titles(ctx, entity, [r[1] for r in rows if r[1] != record]) if rows else {}
    for entry in entries:
        mine = [r for r in rows if r[0] == entry["change_set"]]
        if entry["kind"] == "update" and (lost := [r[1] for r in mine if r[2] == record]):
            entry["merged"] = [{"id": i, "title": titles.get(i)} for i in lost]
        elif entry["kind"] == "delete" and any(r[1] == record for r in mine):
            entry["into"] = {"id": next(r[2] for r in mine if r[1] == record)}


async def in_others(ctx: Context, ids: Sequence[str]) -> set[str]:
    """Those records of the bin that are there because they went into others: they come back by being taken apart."""
    rows = await ctx.db.fetch(
        f"SELECT lost FROM {quote(ctx.workspace.schema)}._merged WHERE lost = ANY(%(ids)s::uuid[]) AND ended_by IS NULL",
        {"ids": [i for i in ids if is_id(i)]},
    )
    return {r[0] for r in rows}


async def settle(ctx: Context, entity: Entity, ids: Sequence[str], undone: str | None = None) -> None:
    """Put merges right with what became of records: what came back is out of them again, and has what was attached to it; what an
    undo of that (of the change set ``undone``) took away is in them again."""
    schema = quote(ctx.workspace.schema)
    state = (
        f"SELECT m.merge, m.lost, m.survivor FROM {schema}._merged AS m JOIN {schema}.{quote(entity.name)} AS t ON t.id = m.lost"
        # A join, not a list: of thousands each row would be compared with all of them.
        " WHERE m.lost IN (SELECT unnest(%(ids)s::uuid[])) AND m.object = %(object)s"
    )
    args = {"ids": list(ids), "object": entity.name, "undone": undone, "by": ctx.change_set}
    out = await ctx.db.fetch(f"{state} AND m.ended_by IS NULL AND t.deleted_at IS NULL", args)
    if out:
        await attached.back(ctx.db, schema, [r[1] for r in out], [r[0] for r in out])
        await ctx.db.execute(
            f"UPDATE {schema}._merged SET ended_by = %(by)s::uuid WHERE lost = ANY(%(lost)s::uuid[]) AND ended_by IS NULL",
            {**args, "lost": [r[1] for r in out]},
        )
    again = (
        await ctx.db.fetch(f"{state} AND m.ended_by = %(undone)s::uuid AND t.deleted_at IS NOT NULL", args)
        if undone
        else []
    )
    if again:
        await ctx.db.execute(
            f"UPDATE {schema}._merged SET ended_by = NULL WHERE lost = ANY(%(lost)s::uuid[]) AND ended_by = %(undone)s::uuid",
            {**args, "lost": [r[1] for r in again]},
        )
        merges_, lost, to = zip(*again, strict=True)
        await attached.lead(ctx.db, schema, merges_, lost, to)
