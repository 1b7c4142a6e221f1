"""The doors for behaviour: what the engine calls, and when. Objects register free functions here by decoration.

``before_save`` computes on the same row, purely; ``check`` refuses; ``after_save`` writes other rows in the same
transaction; ``action`` is a verb of the domain, from which route, button, flow step and assistant tool derive; ``on_merge`` says
what becomes of values when records become one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanxi.base import Label
from guanxi.records.context import Context
from guanxi.records.row import Row
from guanxi.schema.catalog import Entity
from guanxi.schema.declare import Declared, Record
from guanxi.schema.filter import Filter
from guanxi.schema.model import Field

Before = Callable[[Any, Context], None]
Check = Callable[[Any, Context], tuple[str, str, Mapping[str, object]] | None]


@dataclass(frozen=True, slots=True)
class Saved:
    """One written record as ``after_save`` sees it: stored values before (empty for a new one) and after."""

    id: str
    kind: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def changed(self, name: str) -> bool:
        """Whether this write changed the field."""
        return self.before.get(name) != self.after.get(name)


After = Callable[[Context, list[Saved]], Awaitable[None]]
Merging = Callable[[Any, Sequence[Any], Context], None]
Restored = Callable[[Context, Entity, Sequence[Row]], Awaitable[None]]
Run = Callable[[Context, str, Mapping[str, Any]], Awaitable[Any]]
Begin = Callable[[Context, str], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A registered function, the fields that wake it (none: any), and the class that its rows are wrapped in."""

    function: Any
    fields: frozenset[str]
    wrap: type[Record] | None


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of the domain on one record."""

    object: str
    name: str
    label: Label
    input: tuple[Field, ...]
    when: Filter | None
    run: Run
    begin: Begin | None = None
    """What its form begins with on a record, in the form in which records are read."""
    narrow: Callable[[Context], Filter | None] | None = None
    """For which records it is offered to somebody, instead of ``when``; None for none at all."""
    quiet: bool = False
    """It stands in the menu of a record, never among its buttons."""
    sees: bool = False
    """It looks by itself whether its caller may see the record."""


_before: dict[str, list[Rule]] = {}
_checks: dict[str, list[Rule]] = {}
_after: dict[str, list[Rule]] = {}
_restored: list[Restored] = []
_merging: dict[str, list[Rule]] = {}
_actions: dict[str, dict[str, Verb]] = {}
_everywhere: list[Callable[[Entity], Iterable[Verb]]] = []


def _names(fields: tuple[Declared[Any], ...]) -> frozenset[str]:
    return frozenset(f.name for f in fields)


def before_save(record: type[Record], *fields: Declared[Any]) -> Callable[[Before], Before]:
    """Compute on the row before it is stored, when one of ``fields`` is touched (none given: always)."""

    def register(function: Before) -> Before:
        _before.setdefault(record.object.name, []).append(Rule(function, _names(fields), record))
        return function

    return register


def check(record: type[Record], *fields: Declared[Any]) -> Callable[[Check], Check]:
    """Refuse a row: the function answers None or ``(field, message code, values)``."""

    def register(function: Check) -> Check:
        _checks.setdefault(record.object.name, []).append(Rule(function, _names(fields), record))
        return function

    return register


def after_save(record: type[Record], *fields: Declared[Any]) -> Callable[[After], After]:
    """React to stored rows in the same transaction, once a batch."""

    def register(function: After) -> After:
        _after.setdefault(record.object.name, []).append(Rule(function, _names(fields), record))
        return function

    return register


def on_merge(record: type[Record]) -> Callable[[Merging], Merging]:
    """Work out values when records become one: ``function(merged, lost, ctx)`` gets the one that stays, with the values that it
    is to have, and those that go into it. What somebody chose for a field stands all the same. It may raise a Problem."""

    def register(function: Merging) -> Merging:
        _merging.setdefault(record.object.name, []).append(Rule(function, frozenset(), record))
        return function

    return register


def when_restored(function: Restored) -> Restored:
    """Look after records of any object that came back from the bin, in the same transaction."""
    _restored.append(function)
    return function


def action(
    record: type[Record],
    name: str,
    label: tuple[str, str],
    input: tuple[Field, ...] = (),
    when: Filter | None = None,
    begin: Begin | None = None,
) -> Callable[[Run], Run]:
    """Declare a verb of the domain: ``run(ctx, id, input)`` answers what the caller gets.

    ``begin(ctx, id)`` answers what the form begins with.
    """

    def register(function: Run) -> Run:
        verb = Verb(record.object.name, name, {"en": label[0], "zh": label[1]}, input, when, function, begin)
        _actions.setdefault(record.object.name, {})[name] = verb
        return function

    return register


def befores(object_name: str) -> list[Rule]:
    """The before-save rules of an object in declaration order."""
    return _before.get(object_name, [])


def checks(object_name: str) -> list[Rule]:
    """The checks of an object."""
    return _checks.get(object_name, [])


def afters(object_name: str) -> list[Rule]:
    """The reactions of an object."""
    return _after.get(object_name, [])


def actions_of(verbs: Callable[[Entity], Iterable[Verb]]) -> Callable[[Entity], Iterable[Verb]]:
    """Declare verbs of every object that is fit for them: ``verbs(entity)`` answers those of one."""
    _everywhere.append(verbs)
    return verbs


def restorings() -> list[Restored]:
    """Who looks after restored records."""
    return _restored


def mergings(object_name: str) -> list[Rule]:
    """What is worked out when records of an object become one."""
    return _merging.get(object_name, [])


def actions(entity: Entity) -> Mapping[str, Verb]:
    """The verbs of an object by name."""
    return {**_actions.get(entity.name, {}), **{v.name: v for verbs in _everywhere for v in verbs(entity)}}
