"""Groups with their figures, and totals of lists.

Amounts of several currencies are never added up: beside a figure over one currency stands which (``<name>_currency``);
over several the figure is null, and ``<name>_by_currency`` has it for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from guanxi.base import Invalid
from guanxi.base.json import dumps, loads
from guanxi.records import access, pointing, reach, shapes
from guanxi.records.compile import Compiler, Scope, Statement
from guanxi.records.context import Context
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Aggregation, Group, Measure, Query

IN_UNITS = frozenset({"sum", "avg", "min", "max", "median"})
"""Functions whose result is in the unit of what they are taken of."""

PAIRS = 50
"""Names with values that one call of a function takes; PostgreSQL allows a hundred arguments."""

MOST = 100_000
"""Groups by currency at most."""


@dataclass(frozen=True, slots=True)
class _Figure:
    """SQL of a measure, of its JSON with ``{}`` for its column, and of the unit of each value, if it has one."""

    sql: str
    json: str
    column: str = ""
    unit: str = ""
    suffix: str = ""


class _Told(NamedTuple):
    """A group as JSON: its key, its figures, and what these are in (None where no figure is in a unit)."""

    group: bytes
    values: bytes
    units: bytes | None


async def aggregate(ctx: Context, what: Aggregation, key: object = None) -> list[bytes]:
    """Groups as JSON objects ``{"group", "values", "currencies"}``, the last only where there are amounts. ``key`` identifies what is
    asked cheaply (its raw text), so that its statement is kept for the actor."""
    return [
        b'{"group":' + t.group + b',"values":' + t.values + (b',"currencies":' + t.units if t.units else b"") + b"}"
        for t in await _figures(ctx, what, key)
    ]


async def totals(ctx: Context, entity: Entity, query: Query) -> tuple[bytes, bytes | None]:
    """Sums of the named number fields (``*``: all that can be summed) over the whole query, and their currencies, as JSON."""
    names: Sequence[str] = query.totals
    if query.totals == ("*",):
        seen = access.readable_fields(ctx.actor, entity)
        names = [n for n in seen if "sum" in entity.types[n].aggregates and not entity.fields[n].system]
    if not names:
        return b"{}", None
    measures = tuple(Measure("sum", (n,), n) for n in names)
    [told] = await _figures(ctx, Aggregation(query.object, query.filter, (), measures, of=query.of))
    return told.values, told.units


async def _figures(ctx: Context, what: Aggregation, key: object = None) -> list[_Told]:
    ctx = ctx.then(what.as_of)
    access.require(ctx.actor, ctx.catalog.object(what.object), "read")
    await reach.learn(ctx)
    if key is None:
        statement = shapes.compiled(ctx, "figures", what, compiled)
    else:
        statement = ctx.kept(("figures", ctx.catalog.version, key), lambda: compiled(Compiler(ctx), what))
    rows = await ctx.db.fetch(statement.sql, statement.args)
    told = [_Told(*row[:3]) for row in rows]
    return await _told_apart(ctx, what, told) if any(row[3] for row in rows) else told


def compiled(c: Compiler, what: Aggregation) -> Statement:
    """Rows of the parts of a group, and whether a figure of it mixes units."""
    entity = c.catalog.object(what.object)
    scope = Scope(entity, c.alias())
    pointing.pin(c, entity, what.filter, scope.alias)
    source, visible = c.source(entity, scope.alias, of=what.of)
    wanted = c.where(entity, scope.alias, what.filter)
    keys: dict[str, tuple[str, str, str]] = {}
    for group in what.group:
        name = ".".join(group.path)
        if name in keys:
            raise Invalid.one(name, "name_taken", value=name)
        keys[name] = key_of(c, scope, group, len(keys))
    figures = {m.name: _figure(c, scope, m.function, m.path) for m in what.measures}
    for name, _ in what.sort:  # a key may have the name of a figure, unless it is sorted by
        if name in figures and name in keys:
            raise Invalid.one(name, "name_taken", value=name)
    inner = [f"{sql} AS g{i}" for i, (sql, _, _) in enumerate(keys.values())]
    values: list[tuple[str, str]] = []
    units: list[tuple[str, str]] = []
    mixed: list[str] = []
    for i, (name, f) in enumerate(figures.items()):
        sql = f.sql
        values.append((name, f.json.format(f"q.m{i}")))
        if f.unit:
            low, high = (f"{fn}({f.unit}) FILTER (WHERE {f.column} IS NOT NULL)" for fn in ("min", "max"))
            inner += [f"{low} AS l{i}", f"{high} AS h{i}"]
            sql = f"CASE WHEN coalesce({low} = {high}, TRUE) THEN {sql} END"
            units.append((f"{name}_{f.suffix}", f"nullif(CASE WHEN q.l{i} = q.h{i} THEN q.l{i} END, '')"))
            mixed.append(f"coalesce(q.l{i} <> q.h{i}, FALSE)")
        inner.append(f"{sql} AS m{i}")
    group_by = f" GROUP BY {', '.join(str(i + 1) for i in range(len(keys)))}" if keys else ""
    order: list[str] = []
    for name, descending in what.sort:
        if name in figures:
            at = f"m{list(figures).index(name)}"
        elif name in keys:
            at = keys[name][2]
        else:
            raise Invalid.one(name, "not_sortable")
        order.append(f"{at} {'DESC' if descending else 'ASC'} NULLS LAST")
    order += [f"{k} ASC NULLS LAST" for _, _, k in keys.values()]
    parts = [_object(c, [(n, j) for n, (_, j, _) in keys.items()]), _object(c, values)]
    parts += [_object(c, units) if units else "NULL::json", " OR ".join(mixed) or "FALSE"]
    order_by = f" ORDER BY {', '.join(order)}" if order else ""
    return c.done(
        f"SELECT {', '.join(parts)} FROM ("
        f"SELECT {', '.join(inner)} FROM {source}{''.join(scope.text)} WHERE {visible} AND {wanted}{group_by}"
        f") AS q{order_by} LIMIT {what.limit}"
    )


def _object(c: Compiler, pairs: Sequence[tuple[str, str]]) -> str:
    """SQL of a JSON object; of many pairs it is put together of parts."""
    parts = [
        "json_build_object(" + ", ".join(f"{c.bind(n, 'text')}, {j}" for n, j in pairs[at : at + PAIRS]) + ")"
        for at in range(0, max(len(pairs), 1), PAIRS)
    ]
    return parts[0] if len(parts) == 1 else "(" + " || ".join(f"{p}::jsonb" for p in parts) + ")::json"


def key_of(c: Compiler, scope: Scope, group: Group, i: int) -> tuple[str, str, str]:
    """SQL of (the key, its JSON from ``q``, what to order by) for one group."""
    entity, alias, name = c.reach(scope, group.path)
    found, kind = c.field(entity, name, group.path)
    whole = ".".join(group.path)
    if not kind.groupable:
        raise Invalid.one(whole, "not_groupable")
    column = c.column(entity, alias, name)
    if group.grain:
        if not kind.grains:
            raise Invalid.one(whole, "not_groupable")
        if kind.column(found) == "timestamptz":
            column = f"({column} AT TIME ZONE {c.bind(ZoneInfo(c.env.timezone).key, 'text')})"
        return f"date_trunc('{group.grain}', {column}::timestamp)::date", f"q.g{i}", f"q.g{i}"
    if kind.link:
        target = c.catalog.entities.get(found.target or "")
        if target is None:
            raise Invalid.one(whole, "not_groupable")
        shown = c.show_link(target, f"q.g{i}", False)
        return pointing.value(c, scope, found, kind, alias), shown, f"({shown})->>'title'"
    return column, kind.json_sql(found, f"q.g{i}"), kind.sort_sql(found, f"q.g{i}")


def _figure(c: Compiler, scope: Scope, function: str, path: Sequence[str] | None) -> _Figure:
    if path is None:
        return _Figure("count(*)", "{}")
    entity, alias, name = c.reach(scope, path)
    found, kind = c.field(entity, name, path)
    if function not in kind.aggregates:
        raise Invalid.one(".".join(path), "unknown_function", fn=function)
    column = c.column(entity, alias, name)
    if kind.link or kind.anywhere:
        column = pointing.value(c, scope, found, kind, alias)
    sql, shown = {
        "count": (f"count({column})", "{}"),
        "count_distinct": (f"count(DISTINCT {column})", "{}"),
        "median": (
            f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {column})::numeric",
            "trim_scale(round({}, 6))",
        ),
        "avg": (f"avg({column})", "trim_scale(round({}, 6))"),
        "sum": (f"coalesce(sum({column}), 0)", "trim_scale({}::numeric)"),
    }.get(function) or (f"{function}({column})", kind.json_sql(found, "{}"))
    if not kind.unit or function not in IN_UNITS:
        return _Figure(sql, shown)
    unit = f"coalesce({c.column(entity, alias, f'{name}_{kind.unit}')}, '')"
    return _Figure(sql, shown, column, unit, kind.unit)


async def _told_apart(ctx: Context, what: Aggregation, told: Sequence[_Told]) -> list[_Told]:
    """The groups with the figures that mix units for each unit: one more question for each field that they are of."""
    figures: dict[bytes, dict[str, Any]] = {dumps(loads(t.group, exact=True)): loads(t.values) for t in told}
    added: dict[bytes, dict[str, dict[str, Any]]] = {key: {} for key in figures}
    fields: dict[tuple[str, ...], list[Measure]] = {}
    for m in what.measures:
        if m.path and m.function in IN_UNITS and _unit(ctx, what.object, m.path):
            fields.setdefault(m.path, []).append(m)
    for path, measures in fields.items():
        suffix = _unit(ctx, what.object, path)
        unit = (*path[:-1], f"{path[-1]}_{suffix}")
        if any(g.path == unit for g in what.group):
            continue
        apart = replace(what, group=(*what.group, Group(unit)), measures=tuple(measures), sort=(), limit=MOST)
        statement = compiled(Compiler(ctx), apart)
        for group, values, units, _ in await ctx.db.fetch(statement.sql, statement.args):
            part = loads(group, exact=True)
            code = part.pop(".".join(unit)) or ""
            key = dumps(part)
            found, known = loads(values, exact=True), loads(units)
            for m in measures:
                figure: Any = found[m.name]
                # The sum of nothing is zero in no currency.
                there = known[f"{m.name}_{suffix}"] is not None or figure not in (None, 0)
                if there and key in figures and figures[key][m.name] is None:
                    number = Decimal(figure) if isinstance(figure, int) else figure
                    added[key].setdefault(f"{m.name}_by_{suffix}", {})[code] = number
    return [
        t._replace(units=dumps(loads(t.units or b"{}") | more)) if more else t
        for t, more in zip(told, added.values(), strict=True)
    ]


def _unit(ctx: Context, object_name: str, path: Sequence[str]) -> str:
    """What the field's companion of the unit is called after the field's name; empty when it has none."""
    c = Compiler(ctx)
    entity, _, name = c.reach(Scope(c.catalog.object(object_name), c.alias()), path)
    return entity.types[name].unit
