"""The SQL of what a factor looks at. It stands in a SELECT over the records and is the same for one of them and for all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from guanxi.records import formulas
from guanxi.records.compile import Compiler
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.filter import And, Filter, Formula, Related
from guanxi.schema.formula import Wrong, understand
from guanxi.schema.touching import Touch, look
from guanxi.standing.model import Input, Scale


@dataclass(frozen=True, slots=True)
class Reading:
    """SQL of an input: a ``number``, a ``moment`` (a timestamp) or a ``choice`` (a text); ``whole`` where it is counted in days."""

    sql: str
    kind: str
    unit: str = ""


def reading(c: Compiler, entity: Entity, alias: str, what: Input, trusted: bool) -> Reading:
    """The input as it is; raises Invalid where the catalog does not have what it names any more."""
    if what.children:
        return _figure(c, entity, alias, what, trusted)
    see = c.catalog.see if trusted else c.see
    try:
        tree = understand(what.formula, entity.name, see)
    except Wrong as wrong:
        raise wrong.invalid() from None
    value = formulas.Maker(c, trusted).made(tree, entity, alias)
    match tree.kind:
        case "date":
            return Reading(f"({value.sql})::timestamp AT TIME ZONE {_zone(c)}", "moment", "date")
        case "datetime":
            return Reading(value.sql, "moment", "datetime")
        case "boolean":
            return Reading(f"(CASE WHEN {value.sql} THEN 1 ELSE 0 END)::numeric", "number", "boolean")
        case "choice" | "text":
            return Reading(f"({value.sql})::text", "choice", "choice")
        case _:
            unit = "money" if tree.money else tree.kind
            return Reading(_own(c, value.sql, value.currency), "number", unit)


def _own(c: Compiler, sql: str, currency: str) -> str:
    """Amounts in another currency than the workspace's are not comparable: they count as empty."""
    if not currency:
        return f"({sql})::numeric"
    return f"(CASE WHEN coalesce({currency}, '') IN ('', {c.bind(c.ctx.workspace.currency, 'text')}) THEN {sql} END)::numeric"


def _zone(c: Compiler) -> str:
    return c.bind(c.ctx.workspace.timezone, "text")


def _figure(c: Compiler, entity: Entity, alias: str, what: Input, trusted: bool) -> Reading:
    """A figure over children: counts and sums of none are 0."""
    child = entity.children.get(what.children)
    if child is None:
        raise Wrong("rollup_children", 0, 0, name=what.children).invalid()
    target = c.catalog.entities[child.object]
    c.field(target, child.field, (what.children,), trusted=trusted)
    inner = c.alias()
    c.hangs(target, child.field, inner)
    source, visible = c.source(target, inner, trusted=trusted)
    match = c.belongs(entity, child.kind, child.field, f"{alias}.id", inner)
    wanted = c.where(target, inner, what.where, trusted)
    rest = f" FROM {source} WHERE {match} AND {visible} AND {wanted})"
    if what.function == "count":
        return Reading(f"((SELECT count(*){rest})::numeric", "number", "number")
    found, kind = c.field(target, what.field, (what.field,), trusted=trusted)
    column = kind.formula_sql(found, c.column(target, inner, what.field, trusted))
    if kind.formula in ("date", "datetime"):
        if kind.formula == "date":
            column = f"({column})::timestamp AT TIME ZONE {_zone(c)}"
        return Reading(f"(SELECT {what.function}({column}){rest}", "moment", kind.formula)
    value = _own(c, column, c.column(target, inner, f"{what.field}_{kind.unit}", trusted) if kind.unit else "")
    function = {"average": "avg"}.get(what.function, what.function)
    figure = f"{function}({value})" if what.function != "sum" else f"coalesce(sum({value}), 0)"
    return Reading(f"(SELECT {figure}{rest}", "number", "money" if kind.unit else kind.formula)


def value(c: Compiler, read: Reading) -> str:
    """SQL of what is compared: a number (of a moment the whole days since then), or the name of an option."""
    if read.kind != "moment":
        return read.sql
    c.fresh = True
    now, zone = c.bind(c.env.now, "timestamptz"), _zone(c)
    return f"(({now} AT TIME ZONE {zone})::date - (({read.sql}) AT TIME ZONE {zone})::date)::numeric"


def points(c: Compiler, value: str, scale: Scale, empty: float | None, quantiles: list[float] | None) -> str:
    """SQL of the points that a value has; null where the factor does not count."""
    none = "NULL::numeric" if empty is None else c.bind(empty, "numeric")
    match scale.kind:
        case "bands":
            found = " ".join(
                f"WHEN {value} >= {c.bind(low, 'numeric')} THEN {c.bind(p, 'numeric')}"
                for low, p in reversed(scale.bands)
            )
            sql = f"CASE {found} ELSE 0 END"
        case "linear":
            low, span = c.bind(scale.low, "numeric"), c.bind(scale.high - scale.low, "numeric")
            sql = f"round(greatest(0, least(100, ({value} - {low}) * 100 / {span})), 1)"
        case "percentile":
            if not quantiles or quantiles[0] == quantiles[-1]:  # all are alike: it tells nothing of anybody
                return "NULL::numeric"
            # Of the hundred steps those that lie below; whoever has what most have is not above them.
            steps = sorted(quantiles[1:]) if scale.down else sorted(-q for q in quantiles[:-1])
            at = value if scale.down else f"(- {value})"
            sql = f"({len(steps)} - width_bucket({at}, {c.bind(steps, 'numeric[]')}))::numeric * 100 / {len(steps)}"
        case "options":
            found = " ".join(
                f"WHEN {value} = {c.bind(n, 'text')} THEN {c.bind(p, 'numeric')}" for n, p in scale.options.items()
            )
            sql = f"CASE {found} ELSE 0 END" if found else "0"
    return f"(CASE WHEN {value} IS NULL THEN {none} ELSE {sql} END)"


# -- what it depends on ------------------------------------------------------------------------------------------------


def touches(
    catalog: Catalog, entity: Entity, inputs: Iterable[Input], filters: Iterable[Filter], said: Collection[str]
) -> list[Touch]:
    """Which changes may alter the inputs or conditions of which records, or what is ``said`` of them.

    What a link of the record leads to is not followed: one change there can alter all records at once, and is heard of at
    night.
    """
    found = _asked(catalog, entity, inputs, filters)
    own = _of_itself(found)
    itself = Touch(entity.name, None if own is None else own | frozenset(said), ())
    return [itself, *(t for t in found if t.way and all(h.up for h in t.way))]


def of_itself(
    catalog: Catalog, entity: Entity, inputs: Iterable[Input], filters: Iterable[Filter]
) -> frozenset[str] | None:
    """The fields of the record itself that are asked for; None: any."""
    return _of_itself(_asked(catalog, entity, inputs, filters))


def _of_itself(found: Iterable[Touch]) -> frozenset[str] | None:
    fields = [t.fields for t in found if not t.way]
    return None if None in fields else frozenset[str]().union(*(f for f in fields if f))


def _asked(catalog: Catalog, entity: Entity, inputs: Iterable[Input], filters: Iterable[Filter]) -> tuple[Touch, ...]:
    asked = [Related(w.children, w.where, field=w.field) if w.children else Formula(w.formula) for w in inputs]
    return look(catalog, entity, And((*asked, *filters)))[0]
