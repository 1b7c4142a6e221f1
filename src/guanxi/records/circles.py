"""No record is above itself: links to the own object that are declared as a tree (``tree``) never lead back to where they begin."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from guanxi.records.compile import quote
from guanxi.records.context import Context
from guanxi.records.row import REASON, Row
from guanxi.schema.catalog import Entity

_ABOVE = (
    "WITH RECURSIVE up(id, above) AS (SELECT id, {link} FROM {table} WHERE id = ANY(%(ids)s::uuid[])"
    " UNION SELECT t.id, t.{link} FROM up JOIN {table} t ON t.id = up.above) SELECT id, above FROM up WHERE above IS NOT NULL"
)


async def refuse(ctx: Context, entity: Entity, rows: Sequence[Row]) -> None:
    """Refuse the rows of a batch by which a record would come to be above itself, whoever sees what is between.

    What is in the recycle bin counts, for it may come back. Of two at the same time the second sees what the first has written.
    What is led along when records become one is not judged step by step: merging cuts what would be a circle in the end.
    """
    if ctx.actor.system and ctx.cause.endswith(f"system: {REASON}"):
        return
    for name in trees(entity):
        mine = {
            r.id: r for r in rows if r.good and r.kind in ("create", "update") and name in r.touched and r.new.get(name)
        }
        held = {i: r for i, r in mine.items() if r.kind == "update" or r.new[name] in mine or r.new[name] == i}
        if not held:
            continue
        await ctx.db.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%(what)s, 11))",
            {"what": f"{ctx.workspace.schema}.{entity.name}.{name}"},
        )
        table = f"{quote(ctx.workspace.schema)}.{quote(entity.name)}"
        found = await ctx.db.fetch(
            _ABOVE.format(table=table, link=quote(name)), {"ids": list({r.new[name] for r in mine.values()})}
        )
        was: dict[str, str] = dict(found)
        now = was | {r.id: r.new.get(name) or "" for r in rows if r.good and name in r.touched}
        for row in sorted(held.values(), key=lambda r: -r.index):
            if _leads_back(row.id, now):
                row.fail(name, "above_itself")
                now[row.id] = was.get(row.id, "")


async def above(ctx: Context, entity: Entity, name: str, ids: Collection[str]) -> dict[str, set[str]]:
    """Of each of these records itself and all that are above it by a link of the own object."""
    if not ids:
        return {}
    table = f"{quote(ctx.workspace.schema)}.{quote(entity.name)}"
    up = dict(await ctx.db.fetch(_ABOVE.format(table=table, link=quote(name)), {"ids": list(ids)}))
    out: dict[str, set[str]] = {}
    for id in ids:
        at: str | None = id
        mine = out[id] = set[str]()
        while at and at not in mine:
            mine.add(at)
            at = up.get(at)
    return out


def trees(entity: Entity) -> list[str]:
    """The links of an object to itself that are trees."""
    return [n for n, f in entity.fields.items() if f.target == entity.name and f.config.get("tree")]


def _leads_back(id: str, above: Mapping[str, str]) -> bool:
    """Whether the way up from a record comes to it again."""
    seen: set[str] = set()
    at = above.get(id, "")
    while at and at not in seen:
        if at == id:
            return True
        seen.add(at)
        at = above.get(at, "")
    return False
