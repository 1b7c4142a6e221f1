"""What a change of access would mean, before it is made: who would see how many more records, or fewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi.base import Forbidden, Invalid
from guanxi.pg import Connection
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Actor, Context, Workspace
from guanxi.records.evolve import declared
from guanxi.records.workspaces import load_actors
from guanxi.schema.catalog import Catalog, fold

MOST_PEOPLE = 500
AT_ONCE = 20
"""People whom one statement counts for; each object is gone over once for so many."""
SHOWN = 50


async def simulate(ctx: Context, changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``{"objects": [{"object", "people", "gains", "losses", "each": [{"user": {"id", "title"}, "gains", "losses"}]}]}``.

    Of each object whose access the changes touch: how many records people would read that they cannot read now, and the other
    way round, most first. Raises Invalid for changes that cannot be accepted. For who manages roles and people.
    """
    if not ctx.actor.system and not {"roles", "users"} <= set(ctx.actor.grants.system):
        raise Forbidden
    schema = quote(ctx.workspace.schema)
    layer = [r[0] for r in await ctx.db.fetch(f"SELECT change FROM {schema}._layer ORDER BY seq")]
    after = fold(declared(), layer, ctx.catalog.version, changes)
    people = await load_actors(ctx.db, ctx.workspace)
    if len(people) > MOST_PEOPLE:
        raise Invalid.one("changes", "too_complex", limit=f"{MOST_PEOPLE} people")
    out: list[dict[str, Any]] = []
    for name in touched(ctx.catalog, after):
        each: list[dict[str, Any]] = []
        for start in range(0, len(people), AT_ONCE):
            some = people[start : start + AT_ONCE]
            for actor, gains, losses in await _count(ctx.db, ctx.workspace, ctx.catalog, after, name, some):
                if gains or losses:
                    each.append({"user": {"id": actor.id, "title": actor.name}, "gains": gains, "losses": losses})
        each.sort(key=lambda one: (-one["gains"] - one["losses"], one["user"]["title"]))
        sums = {k: sum(one[k] for one in each) for k in ("gains", "losses")}
        out.append({"object": name, "people": len(each), **sums, "each": each[:SHOWN]})
    return {"objects": out}


def touched(before: Catalog, after: Catalog) -> list[str]:
    """The objects whose rules of access or cascades differ, and those that come by links to one of them."""
    found = [
        n
        for n, e in after.entities.items()
        if n in before.entities
        and (e.definition.access, e.cascades) != (before.entities[n].definition.access, before.entities[n].cascades)
    ]
    for name in found:
        for other, e in after.entities.items():
            leads = any(e.fields[f].target == name or e.types[f].anywhere for f in e.cascades)
            if leads and other not in found and other in before.entities:
                found.append(other)
    return found


async def _count(
    db: Connection, workspace: Workspace, before: Catalog, after: Catalog, name: str, people: Sequence[Actor]
) -> list[tuple[Actor, int, int]]:
    """Of each person, how many records would come into sight and how many go."""
    first = Compiler(Context(db, workspace, before, people[0]))
    counts: list[str] = []
    source = ""
    for actor in people:
        sides: list[str] = []
        for catalog in (before, after):
            c = Compiler(Context(db, workspace, catalog, actor))
            c.args, c.aliases = first.args, first.aliases
            source, visible = c.source(catalog.entities[name], "t")
            first.aliases = c.aliases
            sides.append(visible)
        was, will = sides
        counts += [
            f"count(*) FILTER (WHERE ({will}) AND ({was}) IS NOT TRUE)",
            f"count(*) FILTER (WHERE ({was}) AND ({will}) IS NOT TRUE)",
        ]
    gone = "t.deleted_at IS NULL"
    row = await db.row(f"SELECT {', '.join(counts)} FROM {source} WHERE {gone}", first.args)
    found = list(row or ())
    return [(actor, found[2 * i], found[2 * i + 1]) for i, actor in enumerate(people)]
