"""Filters as values: the one language of lists, views, permissions, conditions and rules.

:func:`parse` reads the JSON form of the contract; the tree knows nothing of a catalog yet. What its names mean, and
whether the reader may use them, is decided where it is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanxi.base import Invalid
from guanxi.base.ids import is_id
from guanxi.base.shape import mapping, sequence
from guanxi.schema.formula import names

MAX_DEPTH = 20
MAX_NODES = 500
MAX_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts; no parts is true."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the parts; no parts is false."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Where the part is not true; what is unknown counts as not true."""

    part: Filter


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of what ``path`` leads to; ``account.industry`` follows the link ``account``."""

    path: tuple[str, ...]
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class After:
    """Of what points here by one inverse only what is later, by its date ``field``, than the latest date ``of`` those that point
    here by the inverse ``name`` and satisfy ``where``; where there are none of these, nothing is."""

    field: str
    name: str
    of: str
    where: Filter


@dataclass(frozen=True, slots=True)
class Related:
    """What holds of all records together that point here by the inverse ``name`` and satisfy ``where``: their number, or the
    ``figure`` (of :data:`FIGURES`) of their ``field``, compared with ``value``. ``by`` is the date by which one is the latest."""

    name: str
    where: Filter
    figure: str = "count"
    field: str = ""
    op: str = "gte"
    value: Any = 1
    by: str = ""
    after: After | None = None

    @property
    def there(self) -> bool | None:
        """Whether it only asks that there is one (True) or none (False); None when it asks for more."""
        if self.figure != "count" or self.field:
            return None
        asked = (self.op, self.value) if type(self.value) is int else None
        return {("gte", 1): True, ("gt", 0): True, ("eq", 0): False, ("lt", 1): False, ("lte", 0): False}.get(
            asked or ("", 0)
        )


@dataclass(frozen=True, slots=True)
class Member:
    """Records that are in a segment, by its id."""

    segment: str


@dataclass(frozen=True, slots=True)
class Touched:
    """Records that were created or changed by a change set, by its id."""

    change_set: str


@dataclass(frozen=True, slots=True)
class Doubled:
    """Records that may be one with another that the reader sees too, which nobody has decided about otherwise."""


@dataclass(frozen=True, slots=True)
class Search:
    """Records that the search box would find for ``text``."""

    text: str


@dataclass(frozen=True, slots=True)
class Shared:
    """Records shared with the reader or one of the reader's teams; ``write`` asks for a share that allows changes."""

    write: bool = False


@dataclass(frozen=True, slots=True)
class Inherited:
    """Records whose link ``field`` points to a record that the reader may ``verb``."""

    field: str
    verb: str = "read"


@dataclass(frozen=True, slots=True)
class Changed:
    """The field has another value than before; with ``way`` a greater one (up) or a lesser (down), in the order in which its
    values sort. Only rules know what was before."""

    field: str
    way: str = ""


@dataclass(frozen=True, slots=True)
class Was:
    """The record, as it was before the change, satisfies ``where``; false for a new one."""

    where: Filter


@dataclass(frozen=True, slots=True)
class Formula:
    """Records of which a formula is true (empty counts as false): ``amount > 10000 and account.industry = 'media'``."""

    text: str


Filter = (
    And
    | Or
    | Not
    | Condition
    | Related
    | Member
    | Touched
    | Doubled
    | Search
    | Shared
    | Inherited
    | Changed
    | Was
    | Formula
)

FIGURES = ("count", "sum", "min", "max", "average", "latest")
"""What may be asked of related records together, as roll-ups tell it."""
COMPARISONS = ("eq", "ne", "gt", "gte", "lt", "lte", "between", "in", "not_in", "within", "is_empty")

TRUE = And(())
FALSE = Or(())


def momentary(value: Any) -> bool:
    """Whether what a date is compared with is this very moment, or has it among others."""
    return value == "now" or "now" in (sequence(value) or ())


def parse(what: Any) -> Filter:
    """The filter of a JSON value; None is :data:`TRUE`. Raises Invalid ``bad_filter`` or ``too_complex``."""
    if what is None:
        return TRUE
    return _parse(what, 0, [0])


def bad(reason: str) -> Invalid:
    """An Invalid about the filter as a whole."""
    return Invalid.one("filter", "bad_filter", reason=reason)


def _parse(raw: Any, depth: int, count: list[int]) -> Filter:
    count[0] += 1
    if depth > MAX_DEPTH or count[0] > MAX_NODES:
        raise Invalid.one("filter", "too_complex", limit=f"{MAX_DEPTH} levels, {MAX_NODES} conditions")
    what = mapping(raw)
    if what is None:
        raise bad("an object is expected")
    keys = set(what)
    if keys == {"and"} or keys == {"or"}:
        key = "and" if "and" in keys else "or"
        parts = sequence(what[key])
        if parts is None:
            raise bad(f'"{key}" takes a list')
        inner = tuple(_parse(p, depth + 1, count) for p in parts)
        return And(inner) if key == "and" else Or(inner)
    if keys == {"not"}:
        return Not(_parse(what["not"], depth + 1, count))
    if keys == {"search"} and isinstance(what["search"], str):
        return Search(what["search"])
    if keys == {"formula"} and isinstance(what["formula"], str):
        count[0] += len(what["formula"]) // 20  # a formula of 4,000 characters costs as much as 200 conditions
        return Formula(what["formula"])
    if "field" in keys:
        return _condition(what, keys)
    if keys == {"was"}:
        return Was(_parse(what["was"], depth + 1, count))
    if "changed" in keys and keys <= {"changed", "way"}:
        if not isinstance(what["changed"], str) or what.get("way", "") not in ("", "up", "down"):
            raise bad('"changed" takes the name of a field, "way" up or down')
        return Changed(what["changed"], what.get("way", ""))
    if ("any" in keys) != ("none" in keys) and keys <= {"any", "none", "where"}:
        name = what.get("any", what.get("none"))
        if not isinstance(name, str):
            raise bad("the name of a list of children is expected")
        wanted = _where(what, depth, count)
        return Related(name, wanted) if "any" in keys else Related(name, wanted, op="eq", value=0)
    if "related" in keys:
        return _related(what, keys, depth, count)
    if keys == {"duplicate"} and what["duplicate"] is True:
        return Doubled()
    if keys == {"in_segment"}:
        if not is_id(what["in_segment"]):
            raise Invalid.one("in_segment", "not_an_id", value=str(what["in_segment"])[:60])
        return Member(what["in_segment"])
    if keys == {"in_change_set"}:
        if not is_id(what["in_change_set"]):
            raise Invalid.one("in_change_set", "not_an_id", value=str(what["in_change_set"])[:60])
        return Touched(what["in_change_set"])
    raise bad(
        'use "and", "or", "not", "any", "none", "related", "in_segment", "in_change_set", "duplicate", "formula" or {"field", "op", "value"}'
    )


def _where(what: Mapping[str, Any], depth: int, count: list[int]) -> Filter:
    return _parse(what["where"], depth + 1, count) if what.get("where") is not None else TRUE


def _related(what: Mapping[str, Any], keys: set[str], depth: int, count: list[int]) -> Filter:
    """``{"related": "orders", "where": {...}, "count": {"gte": 2}}``, ``"sum": {"field": "amount", "gte": 1000}``."""
    figures = keys & set(FIGURES)
    name = what["related"]
    if len(figures) > 1 or keys - figures - {"related", "where", "after"} or not isinstance(name, str):
        raise bad(f'"related" names a list of children, beside it stand where, after and one of {", ".join(FIGURES)}')
    wanted = _where(what, depth, count)
    after = mapping(what.get("after"))
    later = None
    if "after" in keys:
        names = [after.get(n) for n in ("field", "related", "latest")] if after else []
        if after is None or not set(after) <= {"field", "related", "latest", "where"}:
            raise bad('"after" has field, related, latest and where')
        if not all(isinstance(n, str) and n for n in names):
            raise bad('"after" names a date field, other related records and their latest date')
        count[0] += 1
        later = After(after["field"], after["related"], after["latest"], _where(after, depth, count))
    if not figures:
        return Related(name, wanted, after=later)
    [figure] = figures
    form = dict(mapping(what[figure]) or {})
    field, by = form.pop("field", ""), form.pop("by", "")
    if not isinstance(field, str) or not isinstance(by, str) or len(form) != 1 or (by and figure != "latest"):
        raise bad(f'"{figure}" takes a field and one comparison, such as {{"field": "amount", "gte": 1000}}')
    if figure != "count" and not field:
        raise bad(f'"{figure}" needs a field')
    [(op, value)] = form.items()
    if op not in COMPARISONS:
        raise Invalid.one(field or name, "unknown_operator", op=str(op)[:60])
    _sized(field or name, op, value)
    return Related(name, wanted, figure, field, op, value, by, later)


def _condition(what: Mapping[str, Any], keys: set[str]) -> Filter:
    if not keys <= {"field", "op", "value"}:
        raise bad("a condition has field, op and value only")
    path, op, value = what["field"], what.get("op"), what.get("value")
    if not isinstance(path, str) or not path or len(path) > 200:
        raise bad("field is a name")
    if not isinstance(op, str):
        raise Invalid.one(path, "unknown_operator", op=str(op))
    _sized(path, op, value)
    return Condition(tuple(path.split(".")), op, value)


def _sized(path: str, op: str, value: Any) -> None:
    """Refuse a value that is no list, or too long a one, where the operator takes one."""
    if op in ("in", "not_in"):
        several = sequence(value)
        if several is None:
            raise Invalid.one(path, "bad_value", value=str(value)[:60])
        if len(several) > MAX_VALUES:
            raise Invalid.one("filter", "too_complex", limit=f"{MAX_VALUES} values")
    if op == "between" and len(sequence(value) or ()) != 2:
        raise Invalid.one(path, "bad_value", value=str(value)[:100])


def walk(what: Filter) -> Iterator[Filter]:
    """A filter and all of its parts, those on related records among them."""
    yield what
    match what:
        case And(parts) | Or(parts):
            for part in parts:
                yield from walk(part)
        case Not(part) | Was(part):
            yield from walk(part)
        case Related():
            yield from walk(what.where)
            if what.after:
                yield from walk(what.after.where)
        case _:
            pass


def where(path: str, op: str, value: Any = None) -> Condition:
    """A condition, written in code: ``where("account.industry", "eq", "media")``."""
    return Condition(tuple(path.split(".")), op, value)


def both(*parts: Filter | None) -> Filter:
    """All of the parts that are there; nested Ands are flattened."""
    flat: list[Filter] = []
    for part in parts:
        if isinstance(part, And):
            flat.extend(part.parts)
        elif part is not None:
            flat.append(part)
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def either(parts: Sequence[Filter]) -> Filter:
    """Any of the parts; :data:`TRUE` if one of them is."""
    if TRUE in parts:
        return TRUE
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def reads(what: Filter) -> frozenset[str]:
    """Names of the record's own fields that a filter looks at; of a path the link that it begins with."""
    match what:
        case And(parts) | Or(parts):
            return frozenset[str]().union(*(reads(p) for p in parts))
        case Not(part) | Was(part):
            return reads(part)
        case Condition(path):
            return frozenset(path[:1])
        case Changed(name):
            return frozenset((name,))
        case Formula(text):
            return frozenset(path[0] for path in names(text))
        case _:
            return frozenset()


def beyond(what: Filter) -> bool:
    """Whether a filter looks at other records, so that no field of the record itself says when its truth changes."""
    return any(isinstance(p, Related | Member | Touched | Doubled) for p in walk(what))
