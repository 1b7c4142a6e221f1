"""The changes that there are: each op by its name with the keys that it takes, and the one function that carries one out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from guanxi.base import FieldError, Invalid
from guanxi.base.shape import mapping
from guanxi.schema.model import Object, Pipeline

Change = Mapping[str, Any]
Objects = dict[str, Object]
Pipelines = dict[str, Pipeline]
Carry = Callable[[Objects, Pipelines, Change], None]


@dataclass(frozen=True, slots=True)
class Op:
    """One kind of change: the keys beside ``op``, what it does to the objects and pipelines, and the system right that it
    takes."""

    carry: Carry
    keys: tuple[str, ...]
    right: str = "catalog"


OPS: dict[str, Op] = {}
"""Every change that the API takes, by its ``op``; the modules of this package add theirs."""


def op(*names: str, keys: str, right: str = "catalog") -> Callable[[Carry], Carry]:
    """Register a function as the change of these names; ``keys`` are the keys that it takes, separated by blanks."""

    def register(carry: Carry) -> Carry:
        for name in names:
            OPS[name] = Op(carry, tuple(keys.split()), right)
        return carry

    return register


def fail(place: str | None, code: str, **values: object) -> Invalid:
    """An Invalid for one place of a change."""
    return Invalid(errors=[FieldError(place, code, values)])


def apply(objects: Objects, pipelines: Pipelines, change: Change) -> None:
    """Carry out one change; raises Invalid naming the part that cannot be accepted."""
    if mapping(change) is None:
        raise fail(None, "wrong_type", expected="a change")
    name = change.get("op")
    found = OPS.get(name) if isinstance(name, str) else None
    if found is None:
        raise fail("op", "unknown_change", value=name)
    rest = {k: v for k, v in change.items() if k != "op"}
    check_keys(rest, found.keys, "")
    found.carry(objects, pipelines, rest)


def check_keys(what: Mapping[str, Any], allowed: Collection[str], place: str) -> None:
    """Refuse keys that nobody would look at."""
    unknown = sorted(str(k) for k in what if k not in allowed)
    if unknown:
        raise Invalid(errors=[FieldError(f"{place}.{k}" if place else k, "unknown_parameter") for k in unknown])
