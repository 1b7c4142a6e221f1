"""What a change of access would mean, before it is made: who would see how many records more, or fewer.

Changes of the catalog (rules, cascades) are folded into a catalog beside the one in force; changes of people, teams and
roles are written in earnest and rolled back. Then every person's predicate before is held against the one after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from guanxi.base import Forbidden, Invalid
from guanxi.records import access
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Actor, Context
from guanxi.records.evolve import declared
from guanxi.records.row import Operation
from guanxi.records.workspaces import load_actors
from guanxi.records.write import write
from guanxi.schema.catalog import Catalog, fold

MOST_PEOPLE = 500
AT_ONCE = 20
"""People whom one statement counts for; each object is gone over once for so many."""
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Side:
    """Who somebody is, before or after, under the catalog of that side; ``actor`` is None where they may not sign in."""

    catalog: Catalog
    actor: Actor | None

    def sees(self, name: str) -> object:
        """What decides whom they see of an object, but for what hangs on records: comparable."""
        if self.actor is None:
            return None
        entity = self.catalog.entities[name]
        grounds = access.rules(self.actor, entity, "read")
        shared = self.actor.teams if any(g.kind == "share" for g in grounds) else ()
        return [(g.limit, g.filter) for g in grounds], shared


class _Tried(Exception):
    """Undoes what was only tried."""


async def simulate(
    ctx: Context, changes: Sequence[Mapping[str, Any]], people: Mapping[str, Sequence[Operation]] | None = None
) -> dict[str, Any]:
    """``{"objects": [{"object", "people", "gains", "losses", "each": [{"user": {"id", "title"}, "gains", "losses"}]}], "fields":
    [{"object", "field", "before", "after", "people"}]}``.

    Of each object whose access ``changes`` of the catalog or operations on ``people`` (by object: user, team, role) touch: how
    many records people would read that they cannot read now, and the other way round, most first; and which fields they would
    see otherwise. Raises Invalid for changes that cannot be accepted. For who manages roles and people; ``ctx`` is in a
    transaction where ``people`` are given.
    """
    if not ctx.actor.system and not {"roles", "users"} <= set(ctx.actor.grants.system):
        raise Forbidden
    schema = quote(ctx.workspace.schema)
    will = ctx.catalog
    if changes:
        layer = [r[0] for r in await ctx.db.fetch(f"SELECT change FROM {schema}._layer ORDER BY seq")]
        will = fold(declared(), layer, ctx.catalog.version, changes)
    before = {a.id: a for a in await load_actors(ctx.db, ctx.workspace)}
    after = before
    if people:
        with suppress(_Tried):
            async with ctx.db.savepoint():
                for name, operations in people.items():
                    await write(ctx, name, operations, render=False)
                after = {a.id: a for a in await load_actors(ctx.db, ctx.workspace)}
                raise _Tried
    if len(before.keys() | after.keys()) > MOST_PEOPLE:
        raise Invalid.one("changes", "too_complex", limit=f"{MOST_PEOPLE} people")
    pairs = [(Side(ctx.catalog, before.get(i)), Side(will, after.get(i))) for i in {**before, **after}]
    differing = [_differing(*p) for p in pairs]
    out: list[dict[str, Any]] = []
    for name in ctx.catalog.entities:
        each: list[dict[str, Any]] = []
        mine = [p for p, names in zip(pairs, differing, strict=True) if name in names]
        for start in range(0, len(mine), AT_ONCE):
            some = mine[start : start + AT_ONCE]
            for (was, now), (gains, losses) in zip(some, await _count(ctx, name, some), strict=True):
                actor = now.actor or was.actor
                if actor and (gains or losses):
                    each.append({"user": {"id": actor.id, "title": actor.name}, "gains": gains, "losses": losses})
        if mine:
            each.sort(key=lambda one: (-one["gains"] - one["losses"], one["user"]["title"]))
            sums = {k: sum(one[k] for one in each) for k in ("gains", "losses")}
            out.append({"object": name, "people": len(each), **sums, "each": each[:SHOWN]})
    return {"objects": out, "fields": _fields(pairs)}


def _differing(was: Side, now: Side) -> set[str]:
    """The objects of which somebody may see something else, by what decides over them or over what their access comes from."""
    if was.actor == now.actor and was.catalog is now.catalog:
        return set()
    both = was.catalog.entities.keys() & now.catalog.entities.keys()
    found = {n for n in both if was.sees(n) != now.sees(n)}
    grown = True
    while grown:
        grown = False
        for name in both - found:
            e = now.catalog.entities[name]
            if any(e.types[f].anywhere or e.fields[f].target in found for f in e.cascades) and found:
                found.add(name)
                grown = True
    return found


async def _count(ctx: Context, name: str, pairs: Sequence[tuple[Side, Side]]) -> list[tuple[int, int]]:
    """Of each person, how many records would come into sight and how many go."""
    args: dict[str, Any] = {}
    aliases = 0
    shown: list[str] = []
    counts: list[str] = []
    for n, pair in enumerate(pairs):
        for side, mark in zip(pair, ("was", "will"), strict=True):
            if side.actor is None or not access.may(side.actor, side.catalog.entities[name], "read"):
                shown.append(f"FALSE AS {mark}{n}")
                continue
            c = Compiler(Context(ctx.db, ctx.workspace, side.catalog, side.actor, now=ctx.now))
            c.args, c.aliases = args, aliases
            shown.append(f"({c.source(side.catalog.entities[name], 't')[1]}) IS TRUE AS {mark}{n}")
            aliases = c.aliases
        counts += [f"count(*) FILTER (WHERE will{n} AND NOT was{n})", f"count(*) FILTER (WHERE was{n} AND NOT will{n})"]
    source, there = Compiler(ctx).source(ctx.catalog.entities[name], "t", trusted=True)
    # OFFSET keeps PostgreSQL from writing each condition out wherever it is counted by, and planning it as often.
    inner = f"SELECT {', '.join(shown)} FROM {source} WHERE {there} OFFSET 0"
    found = await ctx.db.row(f"SELECT {', '.join(counts)} FROM ({inner}) AS s", args)
    row = list(found or ())
    return [(row[2 * i], row[2 * i + 1]) for i in range(len(pairs))]


def _fields(pairs: Sequence[tuple[Side, Side]]) -> list[dict[str, Any]]:
    """The fields that people would see otherwise, with how many people; a new object has none yet."""
    people: dict[tuple[str, str, str, str], int] = {}
    roles: list[dict[str, dict[tuple[str, str], str]]] = [{}, {}]
    for pair in pairs:
        told: list[dict[tuple[str, str], str]] = []
        for side, known in zip(pair, roles, strict=True):
            if side.actor is not None and side.actor.role not in known:  # those of one role see the same fields
                known[side.actor.role] = _levels(side.catalog, side.actor)
            told.append(known[side.actor.role] if side.actor else {})
        was, now = told
        for place, level in now.items() if was is not now else ():
            if was.get(place, level) != level:
                key = (*place, was[place], level)
                people[key] = people.get(key, 0) + 1
    names = ("object", "field", "before", "after")
    return [{**dict(zip(names, key, strict=True)), "people": n} for key, n in people.items()]


def _levels(catalog: Catalog, actor: Actor) -> dict[tuple[str, str], str]:
    """What a role gives on each field of the objects that it reads."""
    return {
        (name, f.name): access.level(actor, entity, f)
        for name, entity in catalog.entities.items()
        if access.may(actor, entity, "read")
        for f in entity.fields.values()
        if not f.of and not f.system
    }
