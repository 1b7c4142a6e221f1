"""Records that belong to one another by a link to their own kind: up to the first, and down to the last that the reader sees."""

from __future__ import annotations

from dataclasses import dataclass

from guanxi.base import Invalid
from guanxi.records import access
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context

MOST = 500
"""Records of one tree."""


@dataclass(frozen=True, slots=True)
class Node:
    """A record of a tree, with its parent's id (empty for the first) and how far it is below the first."""

    id: str
    title: str
    parent: str
    depth: int


async def tree(ctx: Context, object_name: str, link: str, id: str, most: int = MOST) -> tuple[list[Node], bool]:
    """All records over and under one by ``link``, parents first, ``most`` of them at most, and whether there are more.

    What the reader may not see is not there, nor what could only be reached through it. Links that run in a circle are followed
    once. Raises Invalid where the link is hidden.
    """
    entity = ctx.catalog.object(object_name)
    found = entity.fields.get(link)
    if found is None or found.target != object_name or not access.readable(ctx.actor, entity, found):
        raise Invalid.one(link, "unknown_field")
    c = Compiler(ctx)
    c.few = True
    column, start = quote(link), c.bind(id, "uuid")
    source, seen = c.source(entity, "f")
    itself = f"SELECT f.id, f.{column} AS parent, 0 AS height FROM {source} WHERE f.id = {start} AND {seen}"
    source, seen = c.source(entity, "u")
    over = f"SELECT u.id, u.{column}, up.height + 1 FROM up JOIN {source} ON u.id = up.parent WHERE {seen}"
    source, seen = c.source(entity, "d")
    under = f"SELECT d.id, d.{column}, down.depth + 1 FROM down JOIN {source} ON d.{column} = down.id WHERE {seen}"
    source, seen = c.source(entity, "t")
    rows = await ctx.db.fetch(
        f"WITH RECURSIVE up AS ({itself} UNION ALL {over}) CYCLE id SET again USING trail,"
        " top AS (SELECT id FROM up WHERE NOT again ORDER BY height DESC LIMIT 1),"
        f" down AS (SELECT id, NULL::uuid AS parent, 0 AS depth FROM top UNION ALL {under})"
        " CYCLE id SET again USING trail,"
        f" found AS (SELECT id, parent, depth FROM down WHERE NOT again ORDER BY depth, id LIMIT {most + 1})"
        f" SELECT t.id, {c.title(entity, 't')}, found.parent, found.depth FROM found JOIN {source} ON t.id = found.id"
        f" WHERE {seen} ORDER BY found.depth, 2, 1",
        c.args,
    )
    nodes = [Node(i, t if isinstance(t, str) else "", p or "", depth) for i, t, p, depth in rows]
    return nodes[:most], len(nodes) > most
