"""Looking at a filter before anybody asks it: what it reads, and what of it makes no sense for an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from guanxi.base import FieldError, Invalid, Label
from guanxi.base.shape import sequence
from guanxi.schema.asking import asked
from guanxi.schema.filter import And, Changed, Condition, Filter, Formula, Member, Not, Or, Related, Search, Was, parse
from guanxi.schema.formula import Wrong, calls, names
from guanxi.schema.formula.meaning import CLOCKS, condition
from guanxi.schema.types import Bad, Env

if TYPE_CHECKING:
    from guanxi.schema.catalog import Catalog, Entity

SOMEBODY = "00000000-0000-0000-0000-000000000000"
ENV = Env(now=datetime(2026, 1, 1, tzinfo=UTC), me=SOMEBODY, team=(SOMEBODY,))
"""A reader for looking at values that depend on one."""


def unsteady(entity: Entity, what: Filter) -> Label | None:
    """Why the truth of a filter can change without the record itself; None when it cannot."""
    match what:
        case And(parts) | Or(parts):
            return next((found for p in parts if (found := unsteady(entity, p))), None)
        case Not(part):
            return unsteady(entity, part)
        case Formula(text):
            clocked = (calls(text) & CLOCKS) or any(len(path) > 1 for path in names(text))
            return MOVES if clocked else None
        case Condition(path, op, value) if len(path) == 1:
            kind = entity.types.get(path[0])
            given: Sequence[Any] = sequence(value) or [value]
            macro = any(isinstance(v, str) and v.startswith("$") for v in given) or (
                kind is not None
                and kind.grains
                and op != "is_empty"
                and not all(isinstance(v, str) and v[:1].isdigit() for v in given)
            )
            return MOVES if macro else None
        case _:
            return MOVES


MOVES: Label = {
    "en": "only the fields of the record itself, compared with fixed values",
    "zh": "只能用该记录自身的字段与固定值比较",
}


def faults(
    catalog: Catalog, entity: Entity, raw: Mapping[str, Any] | None, place: str, old: bool
) -> Iterator[FieldError]:
    """What is wrong with a condition on records of ``entity``; ``old`` says that it may ask what was before."""
    try:
        what = parse(raw)
    except Invalid as invalid:
        yield from (FieldError(place, e.code, {**e.values, "field": e.field}) for e in invalid.errors)
        return
    for name, code, values in _faults(catalog, entity, what, old):
        yield FieldError(place, code, {"field": name, **values})


def _faults(
    catalog: Catalog, entity: Entity, what: Filter, old: bool
) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    match what:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _faults(catalog, entity, part, old)
        case Not(part):
            yield from _faults(catalog, entity, part, old)
        case Was(part) if old:
            yield from _faults(catalog, entity, part, False)
        case Changed(name, way) if old:
            kind = entity.types.get(name)
            if kind is None or not kind.readable:
                yield name, "unknown_field", {}
            elif way and (not kind.sortable or kind.many or kind.link):
                yield name, "not_sortable", {}
        case Was() | Changed():
            yield "", "bad_filter", {"reason": "what was before is known to validate, require and gate only"}
        case Search():
            yield "", "bad_filter", {"reason": "the search box cannot be asked of a record that is being written"}
        case Related():
            try:
                asked(catalog, entity, what)
            except Invalid as invalid:
                yield from ((e.field or what.name, e.code, e.values) for e in invalid.errors)
                return
            yield from _faults(catalog, catalog.entities[entity.children[what.name].object], what.where, False)
            if later := what.after:
                of = entity.children[later.name].object
                yield from _faults(catalog, catalog.entities[of], later.where, False)
        case Member():
            pass
        case Formula(text):
            try:
                condition(text, entity.name, catalog.see, catalog.called)
            except Wrong as wrong:
                yield "", wrong.code, wrong.told
        case Condition(path, op, value):
            for name in path[:-1]:
                f = entity.fields.get(name)
                target = catalog.entities.get(f.target or "") if f is not None and entity.types[name].link else None
                if target is None or len(path) > 5:
                    yield ".".join(path), "unknown_field", {}
                    return
                entity = target
            yield from _comparison(entity, path, op, value)
        case _:
            yield "", "bad_filter", {"reason": "this is no condition of a rule"}


def _comparison(
    entity: Entity, path: tuple[str, ...], op: str, value: Any
) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    whole, name = ".".join(path), path[-1]
    kind = entity.types.get(name)
    if kind is None or not kind.readable:
        yield whole, "unknown_field", {}
        return
    if op not in kind.operators:
        yield whole, "unknown_operator", {"op": op}
        return
    if op == "is_empty":
        if value is not None and not isinstance(value, bool):
            yield whole, "bad_value", {"value": str(value)[:60]}
        return
    f = entity.fields[name]
    values = (sequence(value) or []) if op in ("in", "not_in", "between") else [value]
    if None in values:
        yield whole, "required", {}
        return
    try:
        for one in values:
            inner = {"in": "eq", "not_in": "eq", "between": "gte"}.get(op, op)
            kind.operand(f, "contains" if kind.many and inner == "eq" and op != "eq" else inner, one, ENV)
    except Bad as bad:
        yield whole, bad.code, bad.values
