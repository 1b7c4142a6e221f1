"""Records as they are to be, before they are stored: rows that PostgreSQL can look at as if they were in the table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from guanxi.base.json import dumps
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.row import Row
from guanxi.schema.catalog import Entity


def images(ctx: Context, entity: Entity, rows: Iterable[Row]) -> str:
    """Rows as they are to be, for :func:`source`: of a new one all its values, of others what changes. What was refused
    already is left out."""
    now = ctx.now.isoformat()
    out: list[dict[str, Any]] = []
    for row in rows:
        refused = {e.field for e in row.errors}
        image: dict[str, Any] = {"updated_at": now, "updated_by": ctx.actor.id}
        if row.kind == "create":
            image |= {"id": row.id, "version": 1, "created_at": now, "created_by": ctx.actor.id}
        image |= {n: row.new.get(n) for n in changes(entity, row) if n not in refused}
        out.append({"id": row.id, "image": image})
    return dumps(out).decode()


def changes(entity: Entity, row: Row) -> set[str]:
    """The fields that the row gives another value."""
    new, old = row.new, row.old
    if row.kind == "create":
        return {n for n in entity.stored if new.get(n) is not None}
    return {
        n for n in entity.stored if new.get(n) is not old.get(n) and not entity.types[n].same(new.get(n), old.get(n))
    }


def source(ctx: Context, entity: Entity) -> str:
    """SQL to select from: ``t`` is a record as it is to be, ``o`` as it is stored (all null for a new one)."""
    table = f"{quote(ctx.workspace.schema)}.{quote(entity.name)}"
    return (
        f"json_to_recordset(%(images)s::json) AS i(id uuid, image json) LEFT JOIN {table} AS o ON o.id = i.id"
        " CROSS JOIN LATERAL json_populate_record(o, i.image) AS t"
    )


def judge(ctx: Context) -> Compiler:
    """A compiler for conditions on images: with the system's eyes, and without the search index, which does not know them."""
    c = Compiler(ctx.as_system("rules"), common=lambda _words: True)
    c.image = ("t", "o")
    return c
