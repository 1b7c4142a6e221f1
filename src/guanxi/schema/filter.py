"""Filters as values: the one language of lists, views, permissions, conditions and rules.

:func:`parse` reads the JSON form of the contract; the tree knows nothing of a catalog yet. What its names mean, and
whether the reader may use them, is decided where it is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanxi.base import Invalid
from guanxi.base.shape import mapping, sequence

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
class Children:
    """Whether any (or, with ``none``, no) record that points here by the inverse ``name`` satisfies ``where``."""

    name: str
    where: Filter
    none: bool = False


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


Filter = And | Or | Not | Condition | Children | Search | Shared | Inherited | Changed | Was | Formula

TRUE = And(())
FALSE = Or(())


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
        return Children(
            name, _parse(what["where"], depth + 1, count) if what.get("where") is not None else TRUE, "none" in keys
        )
    raise bad('use "and", "or", "not", "any", "none", "formula" or {"field", "op", "value"}')


def _condition(what: Mapping[str, Any], keys: set[str]) -> Filter:
    if not keys <= {"field", "op", "value"}:
        raise bad("a condition has field, op and value only")
    path, op, value = what["field"], what.get("op"), what.get("value")
    if not isinstance(path, str) or not path or len(path) > 200:
        raise bad("field is a name")
    if not isinstance(op, str):
        raise Invalid.one(path, "unknown_operator", op=str(op))
    if op in ("in", "not_in"):
        several = sequence(value)
        if several is None:
            raise Invalid.one(path, "bad_value", value=str(value)[:60])
        if len(several) > MAX_VALUES:
            raise Invalid.one("filter", "too_complex", limit=f"{MAX_VALUES} values")
    if op == "between" and len(sequence(value) or ()) != 2:
        raise Invalid.one(path, "bad_value", value=str(value)[:100])
    return Condition(tuple(path.split(".")), op, value)


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
