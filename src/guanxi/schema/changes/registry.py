"""The changes that there are: each op by its name with the keys that it takes, and the one function that carries one out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from guanxi.base import FieldError, Invalid, Label
from guanxi.base.shape import mapping
from guanxi.schema.model import Field, Object, Pipeline
from guanxi.schema.types import TYPES

Change = Mapping[str, Any]


class Objects(dict[str, Object]):
    """Objects by their names, and of those that only get fields which names they have given away: asked for every field anew
    that would be the square of them."""

    def __init__(self, *given: Mapping[str, Object]) -> None:
        super().__init__(*given)
        self._used: dict[str, set[str]] = {}

    def __setitem__(self, name: str, value: Object) -> None:
        super().__setitem__(name, value)
        self._used.pop(name, None)

    def used(self, owner: Object) -> set[str]:
        """The names of an object's fields and of what comes along with them."""
        if owner.name not in self._used:
            self._used[owner.name] = {n for f in owner.fields for n in named(f)}
        return self._used[owner.name]

    def add(self, whole: Object, f: Field) -> None:
        """Put an object that has one field more than before."""
        used = self.used(self[whole.name])
        self[whole.name] = whole
        self._used[whole.name] = used
        used.update(named(f))


def named(f: Field) -> tuple[str, ...]:
    """The name of a field and those of what comes along with it."""
    return (f.name, *(c.name for c in TYPES[f.type].companions(f)))


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


def unfit(place: str, en: str, zh: str, field: Label) -> Invalid:
    """An Invalid for what cannot be said of ``field`` (or of an object), with the reason in both languages."""
    return fail(place, "bad_config", reason={"en": en, "zh": zh}, field=field)


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
