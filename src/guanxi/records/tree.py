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
    (first, seen), (above, seen_above), (below, seen_below) = (c.source(entity, alias) for alias in ("f", "u", "d"))
    title = c.title(entity, "t")
    shown, seen_shown = c.source(entity, "t")
    rows = await ctx.db.fetch(
        f"WITH RECURSIVE up AS (SELECT f.id, f.{column} AS parent, 0 AS height FROM {first} WHERE f.id = {start} AND {seen}"
        f" UNION ALL SELECT u.id, u.{column}, up.height + 1 FROM up JOIN {above} ON u.id = up.parent WHERE {seen_above}"
        ") CYCLE id SET again USING trail,"
        " top AS (SELECT id FROM up WHERE NOT again ORDER BY height DESC LIMIT 1),"
        " down AS (SELECT id, NULL::uuid AS parent, 0 AS depth FROM top"
        f" UNION ALL SELECT d.id, d.{column}, down.depth + 1 FROM down JOIN {below} ON d.{column} = down.id WHERE {seen_below}"
        ") SEARCH BREADTH FIRST BY id SET place CYCLE id SET again USING trail"
        f" SELECT t.id, {title}, down.parent, down.depth FROM (SELECT * FROM down WHERE NOT again ORDER BY place LIMIT {most + 1}) AS down"
        f" JOIN {shown} ON t.id = down.id WHERE {seen_shown} ORDER BY down.place",
        c.args,
    )
    nodes = [Node(i, t if isinstance(t, str) else "", p or "", depth) for i, t, p, depth in rows]
    return nodes[:most], len(nodes) > most
