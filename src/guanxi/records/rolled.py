"""The figure of a roll-up as SQL: what is stored of it, and what a reader is told who may not see all that it is taken of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guanxi.records import access
from guanxi.schema.catalog import Entity
from guanxi.schema.derive import Roll
from guanxi.schema.filter import TRUE
from guanxi.schema.formula.functions import within
from guanxi.schema.model import Field
from guanxi.schema.types import FieldType

if TYPE_CHECKING:
    from guanxi.records.compile import Compiler


def figures(
    c: Compiler, f: Field, kind: FieldType, child: Entity, roll: Roll, alias: str, trusted: bool = False
) -> dict[str, str]:
    """SQL of the columns of one roll-up, the field ``f`` with its type, over the children ``alias``: its value, of money also
    its currency."""
    wanted = c.where(child, alias, roll.where, trusted)
    if not roll.field:
        return {roll.name: f"count(*) FILTER (WHERE {wanted})"}
    value = c.column(child, alias, roll.field, trusted)
    only = f"FILTER (WHERE {wanted} AND {value} IS NOT NULL)"
    order = f"ORDER BY {c.column(child, alias, roll.by, trusted)} DESC NULLS LAST, {alias}.id DESC" if roll.by else ""
    scale = 0 if kind.column(f) == "bigint" else int(f.config.get("scale", 6))
    figure = {
        "count": f"count({value}) {only}",
        "sum": within(f"coalesce(sum({value}) {only}, 0)", "-1e18", "1e18"),
        "average": within(f"round(avg({value}) {only}, {scale})", "-1e18", "1e18"),
        "latest": f"(array_agg({value} {order}) {only})[1]",
    }.get(roll.function) or f"{roll.function}({value}) {only}"
    if kind.sql == "text":
        figure = f"left({figure}, 500)"
    if not kind.unit or roll.function == "count":
        return {roll.name: f"({figure})::{kind.column(f)}"}
    unit = f"coalesce({c.column(child, alias, f'{roll.field}_{kind.unit}', trusted)}, '')"
    name = f"{roll.name}_{kind.unit}"
    if roll.function == "latest":
        return {roll.name: f"({figure})::{kind.column(f)}", name: f"nullif((array_agg({unit} {order}) {only})[1], '')"}
    low, high = (f"{fn}({unit}) {only}" for fn in ("min", "max"))
    return {  # amounts of several currencies are never added up
        roll.name: f"(CASE WHEN coalesce({low} = {high}, TRUE) THEN {figure} END)::{kind.column(f)}",
        name: f"nullif(CASE WHEN {low} = {high} THEN {low} END, '')",
    }


def _whole(c: Compiler, child: Entity, roll: Roll) -> bool:
    """Whether the reader sees all that the figure is taken of, and that those figures are taken of in turn."""
    inner = {origin for name in roll.uses for origin in child.origins(name)} & child.rolled.keys()
    below = c.moment is None and roll.link in child.cascades
    return access.predicate(c.actor, child, "read", mine=below) == TRUE and all(
        _whole(c, *child.rolled[n]) for n in inner
    )


def seen(c: Compiler, entity: Entity, alias: str, name: str) -> str:
    """SQL of the column ``name`` of a roll-up for this reader; empty for who reads what is stored.

    A hidden record changes nothing of what one is told: who may not see all children is told the figure of those that are
    seen, taken as it is read.
    """
    child, roll = entity.rolled[entity.fields[name].of or name]
    if c.moment is None and _whole(c, child, roll):  # of the past nothing is stored
        return ""
    inner = c.alias()
    c.hangs(child, roll.link, inner)
    source, visible = c.source(child, inner)
    match = c.belongs(entity, roll.kind, roll.link, f"{alias}.id", inner)
    figure = figures(c, entity.fields[roll.name], entity.types[roll.name], child, roll, inner)[name]
    return f"(SELECT {figure} FROM {source} WHERE {match} AND {visible})"
