"""Figures of parents with very many children, moved by what a write makes of them instead of being taken anew.

To take a figure anew is to read all children; of a hundred thousand that is long for each of them that is written. Counts and
sums move by what came and what went, and the least and the greatest stay unless the one that they are goes. Where that
cannot be said of a parent (its amounts are of several currencies, its sum is nothing, its least is gone), the figures are
taken anew as those of all others are, which also keeps what was wrong from staying so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanxi.pg import quote
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.records.row import Row
from guanxi.records.store import rows_text
from guanxi.schema.catalog import Entity
from guanxi.schema.derive import Roll

MANY = 1000
"""Children from which on figures are moved."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Parents whose figures are right now, and those of them that have others than before."""

    settled: set[str] = field(default_factory=set[str])
    changed: list[str] = field(default_factory=list[str])


async def move(ctx: Context, child: Entity, group: Sequence[Roll], rows: Sequence[Row], ids: Collection[str]) -> Moved:
    """Move the figures of one link of those parents among ``ids`` that have many children."""
    first = group[0]
    parent = ctx.catalog.entities[first.parent]
    if not ids or first.kind == "links" or not all(_moves(child, parent, r) for r in group):
        return Moved()
    schema = quote(ctx.workspace.schema)
    table, children = f"{schema}.{quote(parent.name)}", f"{schema}.{quote(child.name)}"
    large = [
        r[0]
        for r in await ctx.db.fetch(
            f"SELECT p.id FROM unnest(%(ids)s::uuid[]) AS p(id) WHERE (SELECT count(*) FROM (SELECT FROM {children} AS k"
            f" WHERE k.{quote(first.link)} = p.id LIMIT {MANY + 1}) AS c) > {MANY}",
            {"ids": sorted(ids)},
        )
    ]
    if not large:
        return Moved()
    # All of them in one order, as those do who take figures anew.
    await ctx.db.fetch(
        f"SELECT id FROM {table} WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE", {"ids": sorted(ids)}
    )
    c = Compiler(ctx.as_system("roll-up"))
    parts = [_parts(c, parent, child, r) for r in group]
    selected = ", ".join(f"{sql} AS {name}" for p in parts for name, sql in p.select.items())
    of = quote(first.link)
    only = (
        f" AND k.{quote(first.link + '_object')} = {c.bind(parent.name, 'text')}" if first.kind == "reference" else ""
    )

    def side(name: str) -> str:
        images = f"json_populate_recordset(NULL::{children}, %({name})s::json)"
        return f"(SELECT k.{of} AS _of, {selected} FROM {images} AS k WHERE k.{of} = ANY(%(large)s::uuid[]){only} GROUP BY 1)"

    fit = " AND ".join(f"coalesce({p.fit}, FALSE)" for p in parts)
    want = {name: sql for p in parts for name, sql in p.want.items()}
    sets = ", ".join(f"{quote(n)} = d.{quote(n)}" for n in want)
    have, new = (", ".join(f"{a}.{quote(n)}" for n in want) for a in ("p", "d"))
    names = {first.link, f"{first.link}_object", *(o for r in group for n in r.uses for o in child.origins(n))}
    good = [r for r in rows if r.good]

    def told(images: list[dict[str, Any]]) -> str:
        return rows_text([{n: v for n in names if (v := image.get(n)) is not None} for image in images])

    found = await ctx.db.fetch(
        f"WITH d AS MATERIALIZED (SELECT t.id, {', '.join(f'{sql} AS {quote(n)}' for n, sql in want.items())}"
        f" FROM {table} AS t LEFT JOIN {side('came')} AS a ON a._of = t.id LEFT JOIN {side('went')} AS b ON b._of = t.id"
        f" WHERE t.id = ANY(%(large)s::uuid[]) AND {fit}),"
        f" up AS (UPDATE {table} AS p SET {sets} FROM d WHERE p.id = d.id AND ({have}) IS DISTINCT FROM ({new}) RETURNING p.id)"
        " SELECT d.id, up.id IS NOT NULL FROM d LEFT JOIN up ON up.id = d.id",
        {
            **c.args,
            "large": large,
            "came": told([r.new for r in good if r.kind not in ("delete", "archive")]),
            "went": told([r.old for r in good if r.kind in ("update", "delete", "archive")]),
        },
    )
    return Moved({r[0] for r in found}, [r[0] for r in found if r[1]])


def _moves(child: Entity, parent: Entity, roll: Roll) -> bool:
    """Whether the figure can be moved: of what was written in the children themselves."""
    if roll.function not in ("count", "sum", "min", "max") or (roll.function in ("min", "max") and _unit(parent, roll)):
        return False
    if parent.types[roll.name].column(parent.fields[roll.name]) == "text":
        return False
    own = {o for n in roll.uses for o in child.origins(n)}
    return roll.uses <= set(child.stored) and not any(
        n not in child.stored or child.fields[n].readonly or child.follows(n) or child.types[n].sealed for n in own
    )


def _unit(parent: Entity, roll: Roll) -> str:
    return parent.types[roll.name].unit if roll.function != "count" else ""


@dataclass(frozen=True, slots=True)
class _Parts:
    """SQL of one figure: what is asked of the images that came (``a``) and went (``b``), what the parent ``t`` is to have, and
    whether that is known."""

    select: dict[str, str]
    want: dict[str, str]
    fit: str


def _parts(c: Compiler, parent: Entity, child: Entity, roll: Roll) -> _Parts:
    f, kind = parent.fields[roll.name], parent.types[roll.name]
    wanted = c.where(child, "k", roll.where, trusted=True)
    n, have = quote(f"_{roll.name}"), f"t.{quote(roll.name)}"
    if not roll.field:
        return _moved({n: f"count(*) FILTER (WHERE {wanted})"}, n, have, roll.name, kind.column(f))
    value = c.column(child, "k", roll.field, trusted=True)
    only = f"FILTER (WHERE {wanted} AND {value} IS NOT NULL)"
    if roll.function == "count":
        return _moved({n: f"count({value}) {only}"}, n, have, roll.name, kind.column(f))
    if roll.function in ("min", "max"):
        pick, beyond = ("least", "<") if roll.function == "min" else ("greatest", ">")
        return _Parts(
            {n: f"{roll.function}({value}) {only}"},
            {roll.name: f"{pick}({have}, a.{n})::{kind.column(f)}"},
            f"(b.{n} IS NULL OR {have} {beyond} b.{n})",
        )
    moved = _moved({n: f"sum({value}) {only}"}, n, have, roll.name, kind.column(f))
    if not _unit(parent, roll):
        return moved
    unit, at = (
        f"coalesce({c.column(child, 'k', f'{roll.field}_{kind.unit}', trusted=True)}, '')",
        f"t.{quote(f'{roll.name}_{kind.unit}')}",
    )
    low, high = quote(f"_{roll.name}_low"), quote(f"_{roll.name}_high")
    same = " AND ".join(f"coalesce({side}.{edge}, {at}) = {at}" for side in "ab" for edge in (low, high))
    # A sum that is nothing may be one of no amounts, which are in no currency.
    fit = f"((a.{n} IS NULL AND b.{n} IS NULL) OR ({same} AND {moved.want[roll.name]} <> 0)) AND {moved.fit}"
    return _Parts({**moved.select, low: f"min({unit}) {only}", high: f"max({unit}) {only}"}, moved.want, fit)


def _moved(select: dict[str, str], n: str, have: str, name: str, column: str) -> _Parts:
    new = f"({have} + coalesce(a.{n}, 0) - coalesce(b.{n}, 0))"
    return _Parts(select, {name: f"{new}::{column}"}, f"abs({new}) < 1e18")
