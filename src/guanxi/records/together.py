"""What records have that point to them, together, and the segments that they are in: conditions beyond one record, as SQL.

Only what the reader may see counts. Where a statement names its few records each is asked by itself; else the figures are
taken in one pass over what points there, and those that have none are told by their absence.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from guanxi.base import Invalid
from guanxi.pg import quote
from guanxi.records import access, rolled
from guanxi.schema.asking import Asked, asked
from guanxi.schema.catalog import Child, Entity
from guanxi.schema.filter import After, Related
from guanxi.schema.types import Bad

if TYPE_CHECKING:
    from guanxi.records.compile import Compiler


ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    n: getattr(operator, to)
    for n, to in {"eq": "eq", "ne": "ne", "gt": "gt", "gte": "ge", "lt": "lt", "lte": "le"}.items()
}


def holds(c: Compiler, entity: Entity, alias: str, what: Related, trusted: bool) -> str:
    """SQL of a condition on related records."""
    found = asked(c.catalog, entity, what, c.catalog.see if trusted else c.see)
    if what.there is not None:
        inner, source, wanted = _those(c, entity, what, found, f"{alias}.id", trusted)
        match = c.belongs(entity, found.child.kind, found.child.field, f"{alias}.id", inner)
        return f"{'' if what.there else 'NOT '}EXISTS (SELECT 1 FROM {source} WHERE {match} AND {wanted})"
    if what.value is None and what.op != "is_empty":
        return "FALSE"
    operand = _operand(c, what, found)
    if c.few or c.image is not None or found.child.kind == "links":
        inner, source, wanted = _those(c, entity, what, found, f"{alias}.id", trusted)
        match = c.belongs(entity, found.child.kind, found.child.field, f"{alias}.id", inner)
        figure = _figure(c, found, inner, trusted)
        test = _test(c, what, found, operand, "q.v")
        return f"(SELECT {test} FROM (SELECT {figure} AS v FROM {source} WHERE {match} AND {wanted}) AS q)"
    # Those of which there is nothing are not among the groups: where it would hold of them, the others are left out.
    nothing = _of_nothing(what, operand)
    inner = c.alias()
    link = f"{inner}.{quote(found.child.field)}"
    inner, source, wanted = _those(c, entity, what, found, link, trusted, inner)
    only = (
        c.belongs(entity, found.child.kind, found.child.field, link, inner)
        if found.child.kind == "reference"
        else "TRUE"
    )
    figure, group = _figure(c, found, inner, trusted), c.alias()
    test = _test(c, what, found, operand, f"{group}.v")
    grouped = f"SELECT {link} AS id, {figure} AS v FROM {source} WHERE {only} AND {wanted} GROUP BY 1"
    told = f"({test}) IS NOT TRUE" if nothing else test
    return f"{'NOT ' if nothing else ''}EXISTS (SELECT 1 FROM ({grouped}) AS {group} WHERE {group}.id = {alias}.id AND {told})"


def _those(
    c: Compiler, entity: Entity, what: Related, found: Asked, parent: str, trusted: bool, alias: str = ""
) -> tuple[str, str, str]:
    """The alias of related records, SQL to read them from, and of what holds of those that count; ``parent`` is the id of
    whom they belong to."""
    inner = alias or c.alias()
    child = c.catalog.entities[found.child.object]
    c.hangs(child, found.child.field, inner)
    source, visible = c.source(child, inner, trusted=trusted)
    wanted = [visible, c.where(child, inner, what.where, trusted)]
    if what.after:
        wanted.append(_later(c, entity, child, what.after, parent, inner, trusted))
    return inner, source, " AND ".join(wanted)


def _later(c: Compiler, entity: Entity, child: Entity, after: After, parent: str, inner: str, trusted: bool) -> str:
    """SQL: the record ``inner`` is later than the latest of others that belong to ``parent``."""
    other: Child = entity.children[after.name]
    of, o = c.catalog.entities[other.object], c.alias()
    c.hangs(of, other.field, o)
    source, visible = c.source(of, o, trusted=trusted)
    match = c.belongs(entity, other.kind, other.field, parent, o)
    latest = f"max({c.column(of, o, after.of, trusted)})"
    wanted = c.where(of, o, after.where, trusted)
    date = c.column(child, inner, after.field, trusted)
    return f"{date} > (SELECT {latest} FROM {source} WHERE {match} AND {visible} AND {wanted})"


def _figure(c: Compiler, found: Asked, inner: str, trusted: bool) -> str:
    """SQL of the figure over the records ``inner``, all of which count."""
    child = c.catalog.entities[found.child.object]
    return rolled.figures(c, found.field, found.kind, child, found.roll, inner, trusted)[found.field.name]


def _operand(c: Compiler, what: Related, found: Asked) -> Any:
    """What the figure is compared with. Raises Invalid for what it cannot be."""
    place = what.field or what.name
    if what.op == "is_empty":
        if what.value is not None and not isinstance(what.value, bool):
            raise Invalid.one(place, "bad_value", value=str(what.value)[:100])
        return None
    c.clocked(found.kind, what.value)
    try:
        return c.operand(found.field, found.kind, what.op, what.value)
    except Bad as bad:
        raise Invalid.one(place, bad.code, **bad.values) from None


def _test(c: Compiler, what: Related, found: Asked, operand: Any, column: str) -> str:
    f, kind = found.field, found.kind
    if what.op == "is_empty":
        empty = kind.empty_sql(f, column)
        return f"NOT ({empty})" if what.value is False else f"({empty})"
    return kind.condition(f, what.op, column, operand, c.bind)


def _of_nothing(what: Related, operand: Any) -> bool:
    """Whether the condition holds where there are no such records: their number and sum is 0, all else is empty."""
    if what.op == "is_empty":
        return (what.value is False) is (what.figure in ("count", "sum"))
    if what.figure not in ("count", "sum"):
        return False
    match what.op:
        case "between":
            return operand[0] <= 0 <= operand[1]
        case "in" | "not_in":
            return (0 in operand) is (what.op == "in")
        case _:
            return ORDERED[what.op](0, operand)


def doubled(c: Compiler, entity: Entity, alias: str) -> str:
    """SQL: the record is one of two that may be one, both of which the reader sees, by what the reader may see of them."""
    if c.moment is not None:
        raise Invalid.one("duplicate", "not_of_the_past")
    hidden = [n for n, f in entity.fields.items() if not access.readable(c.actor, entity, f)]
    parts: list[str] = []
    for this, that in (("a", "b"), ("b", "a")):
        other = c.alias()
        source, visible = c.source(entity, other)
        # What a pool masks in either of them is no reason, as in the list of duplicates.
        veiled = [
            f"(e.key = {c.bind(n, 'text')} AND (({veil}) OR ({c.veil(entity, other, n)})) IS TRUE)"
            for n in entity.fields
            if n not in hidden and (veil := c.veil(entity, alias, n))
        ]
        likely = "TRUE"
        if hidden or veiled:
            told = " AND ".join((f"e.key <> ALL({c.bind(hidden, 'text[]')})", *(f"NOT {v}" for v in veiled)))
            seen = f"SELECT sum((e.value->>1)::float) FROM jsonb_each(w.why) AS e WHERE {told}"
            likely = f"w.bits + coalesce(({seen}), 0) >= 0"
        pairs = (
            f"SELECT w.{this} FROM {c.table('_twin')} AS w JOIN {source} ON {other}.id = w.{that}"
            f" WHERE w.object = {c.bind(entity.name, 'text')} AND w.decision IS DISTINCT FROM 'different' AND {visible} AND {likely}"
        )
        # Where it depends on the record itself, each is looked up by the pairs' index.
        parts.append(f"EXISTS ({pairs} AND w.{this} = {alias}.id)" if veiled else f"{alias}.id IN ({pairs})")
    return f"({' OR '.join(parts)})"


def touched(c: Compiler, entity: Entity, alias: str, change_set: str) -> str:
    """SQL: the record was created or changed by a change set; its history says as much to everybody who sees it."""
    those = f"SELECT j.record FROM {c.table('_journal')} AS j WHERE j.change_set = {c.bind(change_set, 'uuid')}"
    return f"{alias}.id IN ({those} AND j.object = {c.bind(entity.name, 'text')} AND j.kind IN ('create', 'update'))"


def member(c: Compiler, alias: str, segment: str, trusted: bool) -> str:
    """SQL: the record is in a segment, if it is one that the reader may use; at the moment that is read, where that is past."""
    id = c.bind(segment, "uuid")
    # What holds for everybody alike, a rule or a shared segment, knows what is shared.
    mine = "" if trusted or c.actor.system else f" OR s.owner = {c.bind(c.actor.id, 'uuid')}"
    known = f"EXISTS (SELECT 1 FROM {c.table('_segment')} AS s WHERE s.id = {id} AND (s.shared{mine}))"
    if c.moment is None:
        those = f"SELECT m.record FROM {c.table('_segment_member')} AS m WHERE m.segment = {id}"
        return f"({alias}.id {f'= ANY(ARRAY({those}))' if segment in c.small else f'IN ({those})'} AND {known})"
    moved = (
        f"SELECT m.entered FROM {c.table('_segment_move')} AS m WHERE m.segment = {id} AND m.record = {alias}.id"
        f" AND m.at > {c.then()} ORDER BY m.at, m.id LIMIT 1"
    )
    now = f"EXISTS (SELECT 1 FROM {c.table('_segment_member')} AS m WHERE m.segment = {id} AND m.record = {alias}.id)"
    return f"({known} AND coalesce(NOT ({moved}), {now}))"
