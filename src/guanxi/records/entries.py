"""Search entries of records that are there already, made anew when what they are made of has changed.

Every write makes the entry of its record. Another label of an option, a field that is searched from now on, or another
form of the index concerns records that nobody writes: a job walks through them, beside the work of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any

from guanxi.base.json import dumps
from guanxi.pg import Connection, Retry
from guanxi.pg.jobs import Job, defer
from guanxi.records import standard
from guanxi.records.compile import quote
from guanxi.records.context import Workspace
from guanxi.records.row import NOBODY, Row
from guanxi.records.store import SEARCH, rows_text, search_rows
from guanxi.schema.catalog import Catalog, Entity

FORM = 5
"""To be raised when the same text makes other grams, or these another signature."""

CHUNK = 1000
"""Records in one transaction."""


def made_of(entity: Entity) -> str:
    """What the search entries of an object depend on, as a short text."""
    parts: list[tuple[Any, ...]] = [
        (
            name,
            f.type,
            f.search == "A" or name == entity.title,
            [(o.name, sorted(o.label.items())) for o in f.options],
            sorted(f.config.items()),
        )
        for name in sorted(entity.searched)
        for f in (entity.fields[name],)
    ]
    marked = [(n, entity.fields[n].type) for n in sorted(entity.ruling.standard)]
    parts += [(standard.FORM, marked)] if marked else []
    return sha256(dumps([FORM, entity.title, parts])).hexdigest()[:16]


async def stale(db: Connection, workspace: Workspace, catalog: Catalog) -> list[str]:
    """The objects whose entries were made for another catalog or index."""
    made = dict(await db.fetch(f"SELECT object, made_for FROM {quote(workspace.schema)}._entries"))
    return [e.name for e in catalog.entities.values() if made.get(e.name) != made_of(e)]


async def renew(db: Connection, workspace: Workspace, catalog: Catalog, names: list[str]) -> None:
    """Have the entries of these objects made anew by a job; where there are no records, that is all."""
    full = False
    for name in names:
        if await db.value(f"SELECT EXISTS (SELECT FROM {quote(workspace.schema)}.{quote(name)})"):
            full = True
        else:
            await _made(db, workspace, catalog.entities[name])
    lock = f"entries {workspace.id}"
    waits = "SELECT EXISTS (SELECT FROM guanxi.job WHERE lock = %(lock)s AND state = 'waiting')"
    if full and not await db.value(waits, {"lock": lock}):
        await defer(db, "records.entries", {"workspace": workspace.id}, lock=lock)


async def _made(db: Connection, workspace: Workspace, entity: Entity) -> None:
    await db.execute(
        f"INSERT INTO {quote(workspace.schema)}._entries (object, made_for) VALUES (%(o)s, %(m)s)"
        " ON CONFLICT (object) DO UPDATE SET made_for = excluded.made_for",
        {"o": entity.name, "m": made_of(entity)},
    )


async def make(job: Job, workspace: Workspace, entity: Entity) -> None:
    """Make the entries of all records of an object, also of those in the bin. What is right already is not written."""
    after: str | None = NOBODY
    while after is not None:
        # Of one moment: where somebody writes an entry meanwhile, the portion is made again instead of undoing that.
        with suppress(Retry):
            async with job.db.transaction(timeout=0) as db:
                await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                await job.fence(db)
                last = await _portion(db, workspace, entity, after)
                if last is None:
                    await _made(db, workspace, entity)
            after = last


async def _portion(db: Connection, workspace: Workspace, entity: Entity, after: str) -> str | None:
    """Make the entries of the next records; the id of the last one, None when there are no more."""
    return await remake(db, workspace, entity, f"id > %(after)s::uuid ORDER BY id LIMIT {CHUNK}", {"after": after})


async def remake(
    db: Connection, workspace: Workspace, entity: Entity, which: str, args: Mapping[str, Any]
) -> str | None:
    """Make the entries of the records that the SQL ``which`` names, from what is stored; the id of the last one, if any."""
    schema = quote(workspace.schema)
    columns = ", ".join(quote(n) for n in entity.indexed)
    found = await db.fetch(f"SELECT id, {columns} FROM {schema}.{quote(entity.name)} WHERE {which}", args)
    if not found:
        return None
    rows = [
        Row(entity, i, "update", id, {}, new=dict(zip(entity.indexed, values, strict=True)))
        for i, (id, *values) in enumerate(found)
    ]
    args = search_rows(entity, rows)
    table = f"{schema}.{quote(entity.name)}"
    await db.execute(
        f"WITH found AS (INSERT INTO {schema}.{SEARCH} ON CONFLICT (id) DO UPDATE SET title = excluded.title, parts = excluded.parts,"
        " grams = excluded.grams WHERE (_search.title, _search.parts, _search.grams)"
        " IS DISTINCT FROM (excluded.title, excluded.parts, excluded.grams))"
        f" UPDATE {table} AS t SET _signature = r._signature FROM json_populate_recordset(NULL::{table}, %(rows)s::json) AS r"
        " WHERE t.id = r.id AND t._signature IS DISTINCT FROM r._signature",
        {"object": entity.name, "rows": rows_text([{"id": r.id, "_signature": r.signature} for r in rows]), **args},
    )
    return found[-1][0]
