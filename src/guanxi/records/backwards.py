"""Back from what changed to the records that it may concern, along the ways on which filters look (:mod:`guanxi.schema.touching`)."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.base.shape import sequence
from guanxi.pg import Connection
from guanxi.records.compile import quote
from guanxi.records.context import Workspace
from guanxi.records.outbox import Entry
from guanxi.schema.touching import Hop, Way

MOST = 5_000
"""Records that a change is followed to, unless its follower takes more."""

Changes = dict[str, str | None]
"""Records, each with the change set that makes it worth a look."""


def concerns(entry: Entry, fields: frozenset[str] | None) -> bool:
    """Whether an entry is about one of these fields (None: any); that a record comes or goes is about all."""
    if entry.kind != "update" or fields is None:
        return True
    return not fields.isdisjoint(entry.after or ()) or not fields.isdisjoint(entry.before or ())


async def back(
    db: Connection, workspace: Workspace, way: Way, entries: Sequence[Entry], most: int = MOST
) -> Changes | None:
    """The records at the end of a way from what the entries changed, also those at the end of it before; None where these are
    more than ``most``."""
    at: Changes | None = {e.record: e.change_set or None for e in entries}
    if way and way[0].up:  # what it pointed to before has one less
        first, *rest = way
        before: Changes = {}
        for e in entries:
            for image in (e.before, e.after):
                value = (image or {}).get(first.field)
                for id in sequence(value) or ([value] if value else []):
                    before[str(id)] = e.change_set or None
        found = await hop(db, workspace, first, at, most)
        at = None if found is None else before | found
        way = tuple(rest)
    for step in way:
        if at is None or len(at) > most:
            return None
        at = await hop(db, workspace, step, at, most)
    return None if at is None or len(at) > most else at


async def hop(db: Connection, workspace: Workspace, step: Hop, at: Changes, most: int = MOST) -> Changes | None:
    """One step back, from all of these; None where it leads to more than ``most``."""
    if not at:
        return {}
    table, link = f"{quote(workspace.schema)}.{quote(step.child)}", f"c.{quote(step.field)}"
    only = f" AND c.{quote(step.field + '_object')} = %(parent)s" if step.kind == "reference" else ""
    if step.up:
        target = f"unnest({link})" if step.kind == "links" else link
        sql = f"SELECT DISTINCT ON (1) {target}, i.change_set FROM unnest(%(ids)s::uuid[], %(sets)s::uuid[]) AS i(id, change_set) JOIN {table} AS c ON c.id = i.id WHERE {link} IS NOT NULL{only}"
    else:
        match = f"{link} @> ARRAY[i.id]" if step.kind == "links" else f"{link} = i.id"
        sql = f"SELECT DISTINCT ON (1) c.id, i.change_set FROM unnest(%(ids)s::uuid[], %(sets)s::uuid[]) AS i(id, change_set) JOIN {table} AS c ON {match}{only}"
    rows = await db.fetch(
        f"{sql} LIMIT {most + 1}", {"ids": list(at), "sets": list(at.values()), "parent": step.parent}
    )
    return None if len(rows) > most else dict(rows)
