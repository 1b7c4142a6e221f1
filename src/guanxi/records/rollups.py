"""Figures over what points to a record, kept right at every commit.

After each batch of the write path the parents that it touches, old and new, are locked in the order of their ids and their
figures taken anew, in one statement for each link. Two writers under the same parent so follow each other, and the second
sees what the first has written. What others see of a record does not count here: a roll-up counts all that there is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from guanxi.pg import Connection, Database, quote
from guanxi.records import bydifference, rolled
from guanxi.records.compile import Compiler
from guanxi.records.context import Context, Workspace, system_actor
from guanxi.records.row import Row
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.derive import Roll

ALL = "TRUE"

CHUNK = 500
"""Parents that are looked at in one go by a job or a repair, without holding any."""

HELD = 0.04
"""Seconds for which those that are put right are held, about: who writes one of them waits so long."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A roll-up that was not right for ``count`` records, some of which are ``examples`` (ids)."""

    object: str
    field: str
    count: int
    examples: list[str]


def _grouped(rolls: Iterable[Roll]) -> list[list[Roll]]:
    """Roll-ups that are taken in one statement: over the same link."""

    def link(r: Roll) -> tuple[str, str, str]:
        return r.parent, r.child, r.link

    return [list(group) for _, group in groupby(sorted(rolls, key=link), link)]


def needed(catalog: Catalog, entity: Entity) -> set[str]:
    """Names of the columns of an object's records that :func:`follow` wants to know of what was written."""
    rolls = catalog.rolls.get(entity.name, ())
    used = {origin for r in rolls for name in r.uses for origin in entity.origins(name)}
    return {r.link for r in rolls} | {f"{r.link}_object" for r in rolls if r.kind == "reference"} | used


async def follow(ctx: Context, entity: Entity, rows: Sequence[Row]) -> None:
    """Take the figures anew that the stored rows of a batch have changed."""
    for group in _grouped(ctx.catalog.rolls.get(entity.name, ())):
        link, kind, parent = group[0].link, group[0].kind, group[0].parent
        uses = {origin for r in group for name in r.uses for origin in entity.origins(name)}
        ids: set[str] = set()
        for row in rows:
            if not row.good:
                continue
            if row.kind == "update" and not row.touched & {link, f"{link}_object", *uses}:
                continue
            for image in (row.old, row.new):
                value = image.get(link)
                if value and (kind != "reference" or image.get(f"{link}_object") == parent):
                    ids.update(value if kind == "links" else (value,))
        done = await bydifference.move(ctx, entity, group, rows, ids)
        await above(ctx, group, done.changed)
        await take(ctx, group, ids - done.settled)


async def take(ctx: Context, group: Sequence[Roll], ids: Iterable[str]) -> None:
    """Take the figures of one link anew for these parents, and then those that are made of them."""
    wanted = sorted(ids)
    if not wanted:
        return
    parent = ctx.catalog.entities[group[0].parent]
    table = f"{quote(ctx.workspace.schema)}.{quote(parent.name)}"
    await ctx.db.fetch(
        f"SELECT id FROM {table} WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE", {"ids": wanted}
    )
    # A statement of its own: it sees what those have written that the lock has waited for.
    c = Compiler(ctx.as_system("roll-up"))
    names, wrong = _wrong(c, parent, group, f"t.id = ANY({c.bind(wanted, 'uuid[]')})")
    sets = ", ".join(f"{quote(n)} = s.{quote(n)}" for n in names)
    changed = await ctx.db.fetch(
        f"UPDATE {table} AS p SET {sets} FROM ({wrong}) AS s WHERE p.id = s.id RETURNING p.id", c.args
    )
    await above(ctx, group, [r[0] for r in changed])


async def above(ctx: Context, group: Sequence[Roll], changed: Sequence[str]) -> None:
    """These parents have other figures of the group: tell of it, and take the figures that are made of them."""
    if not changed:
        return
    parent = ctx.catalog.entities[group[0].parent]
    names = {r.name for r in group} | {c.name for r in group for c in parent.fields.values() if c.of == r.name}
    ctx.moved.extend((parent.name, id) for id in changed)
    higher_ones = [r for r in ctx.catalog.rolls.get(parent.name, ()) if any(parent.origins(n) & names for n in r.uses)]
    for higher in _grouped(higher_ones):
        link, kind = higher[0].link, higher[0].kind
        of = "unnest" if kind == "links" else ""
        only = f" AND {quote(link + '_object')} = %(object)s" if kind == "reference" else ""
        found = await ctx.db.fetch(
            f"SELECT DISTINCT {of}({quote(link)}) FROM {quote(ctx.workspace.schema)}.{quote(parent.name)}"
            f" WHERE id = ANY(%(ids)s::uuid[]) AND {quote(link)} IS NOT NULL{only}",
            {"ids": list(changed), "object": higher[0].parent},
        )
        await take(ctx, higher, [r[0] for r in found])


def _wrong(c: Compiler, parent: Entity, group: Sequence[Roll], which: str) -> tuple[list[str], str]:
    """The columns of a group's figures, and SQL of the parents ``t`` whose figures are not right, with the right ones."""
    first = group[0]
    child = c.catalog.entities[first.child]
    columns: dict[str, str] = {}
    for roll in group:
        columns |= rolled.figures(c, parent.fields[roll.name], parent.types[roll.name], child, roll, "k", trusted=True)
    match = c.belongs(parent, first.kind, first.link, "t.id", "k")
    figures = ", ".join(f"{sql} AS {quote(name)}" for name, sql in columns.items())
    table, children = c.table(parent.name), c.table(child.name)
    have = ", ".join(f"t.{quote(n)}" for n in columns)
    if which == ALL and first.kind == "link":  # of everything it is quicker to sort the children once
        link = f"k.{quote(first.link)}"
        zero = {r.name: "0" for r in group if r.function in ("count", "sum")}
        want = ", ".join(
            f"CASE WHEN f._of IS NULL THEN {zero.get(n, 'NULL')} ELSE f.{quote(n)} END AS {quote(n)}" for n in columns
        )
        named = ", ".join(f"w.{quote(n)}" for n in columns)
        return list(columns), (
            f"SELECT w.* FROM (SELECT t.id, {want} FROM {table} AS t LEFT JOIN (SELECT {link} AS _of, {figures}"
            f" FROM {children} AS k WHERE k.deleted_at IS NULL GROUP BY 1) AS f ON f._of = t.id) AS w JOIN {table} AS t ON t.id = w.id"
            f" WHERE ({have}) IS DISTINCT FROM ({named})"
        )
    want = ", ".join(f"f.{quote(n)}" for n in columns)
    return list(columns), (
        f"SELECT t.id, {want} FROM {table} AS t CROSS JOIN LATERAL (SELECT {figures} FROM {children} AS k"
        f" WHERE {match} AND k.deleted_at IS NULL) AS f WHERE {which} AND ({have}) IS DISTINCT FROM ({want})"
    )


# -- all of them -------------------------------------------------------------------------------------------------------


def changed(before: Catalog, after: Catalog, steps: Iterable[str]) -> list[Roll]:
    """The roll-ups that are to be filled: new ones, those that say something else now, and those whose column is new."""
    columns = {step.partition(" ")[2] for step in steps if step.startswith(("add ", "restore "))}
    had = {(r.parent, r.name): r for rolls in before.rolls.values() for r in rolls}
    return [
        r
        for d in after.derived.values()
        if (r := d.roll) and (had.get((r.parent, r.name)) != r or f"{r.parent}.{r.name}" in columns)
    ]


def acting(db: Connection, workspace: Workspace, catalog: Catalog) -> Context:
    """The program itself, taking figures."""
    return Context(db, workspace, catalog, system_actor(workspace), "roll-up")


async def fill(db: Connection, workspace: Workspace, catalog: Catalog, rolls: Iterable[Roll]) -> None:
    """Take figures for every parent in the caller's transaction; nobody writes children meanwhile."""
    ctx = acting(db, workspace, catalog)
    for (_, name, _), group in groupby(
        rolls, lambda r: (r.parent, r.child, r.link)
    ):  # in order: some are made of others
        child = f"{quote(ctx.workspace.schema)}.{quote(name)}"
        await ctx.db.execute(f"LOCK TABLE {child} IN SHARE MODE")
        await _set(ctx, list(group), ALL)


async def _set(ctx: Context, group: Sequence[Roll], which: str, **args: Any) -> list[str]:
    """Put roll-ups over one link right where they are wrong; the ids of those records."""
    parent = ctx.catalog.entities[group[0].parent]
    c = Compiler(ctx.as_system("roll-up"))
    names, wrong = _wrong(c, parent, group, which)
    sets = ", ".join(f"{quote(n)} = s.{quote(n)}" for n in names)
    found = await ctx.db.fetch(
        f"UPDATE {c.table(parent.name)} AS p SET {sets} FROM ({wrong}) AS s WHERE p.id = s.id RETURNING p.id",
        {**c.args, **args},
    )
    return [r[0] for r in found]


async def repair(
    database: Database,
    workspace: Workspace,
    catalog: Catalog,
    rolls: Sequence[Roll] | None = None,
    *,
    check: bool = False,
) -> list[Flaw]:
    """Look through all roll-ups (or these) in portions, and put right what is wrong unless it is only to be told."""
    flaws: list[Flaw] = []
    wanted = [r for d in catalog.derived.values() if (r := d.roll)] if rolls is None else rolls
    size = 50
    for roll in wanted:
        table = f"{quote(workspace.schema)}.{quote(roll.parent)}"
        wrong: list[str] = []
        after: str | None = None
        while True:
            async with database.connection(workspace.role) as db:
                ids = await db.fetch(
                    f"SELECT id FROM {table} WHERE %(after)s::uuid IS NULL OR id > %(after)s::uuid ORDER BY id LIMIT {CHUNK}",
                    {"after": after},
                )
                if not ids:
                    break
                after = ids[-1][0]
                c = Compiler(acting(db, workspace, catalog).as_system("roll-up"))
                _, sql = _wrong(c, catalog.entities[roll.parent], [roll], "t.id = ANY(%(ids)s::uuid[])")
                found = [r[0] for r in await db.fetch(sql, {**c.args, "ids": [r[0] for r in ids]})]
            if check:
                wrong += found
            while found and not check:
                begun, some = time.perf_counter(), found[:size]
                async with database.transaction(workspace.role) as db:
                    await db.fetch(
                        f"SELECT id FROM {table} WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE",
                        {"ids": some},
                    )
                    wrong += await _set(acting(db, workspace, catalog), [roll], "t.id = ANY(%(ids)s::uuid[])", ids=some)
                found = found[size:]
                # As many the next time as take about as long as others may wait.
                size = round(min(CHUNK, max(10, size * min(2, HELD / (time.perf_counter() - begun)))))
        if wrong:
            flaws.append(Flaw(roll.parent, roll.name, len(wrong), wrong[:5]))
    return flaws
