"""What is asked around one record is asked around the next as well, with other ids. Such a query is compiled once for a reader:
with a place for each id, which is filled when the statement is sent.

Places are ids that no record has. Ids that are the same have the same place, and a list of ids has one for each kind of record
that its reader is known to see (:attr:`guanxi.records.context.Context.known`), so that whatever is compiled from them is what
would have been compiled from the ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from guanxi.base.ids import is_id
from guanxi.base.shape import sequence
from guanxi.records.compile import Compiler, Statement
from guanxi.records.context import Context
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import And, Condition, Filter, Not, Or, Related
from guanxi.schema.query import Aggregation, Query

Asked = TypeVar("Asked", Query, Aggregation)

_HEAD = "00000000-0000-0000-0000-"
"""How places begin."""


@dataclass(slots=True)
class _Places:
    """The places of a filter by the ids that they are for, and what is known of them."""

    ctx: Context
    of: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict[tuple[str, ...], tuple[str, ...]])
    known: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def filter(self, entity: Entity, what: Filter) -> Filter:
        """The filter with places for ids that links and ids are compared with."""
        match what:
            case And(parts):
                return And(tuple(self.filter(entity, part) for part in parts))
            case Or(parts):
                return Or(tuple(self.filter(entity, part) for part in parts))
            case Not(part):
                return Not(self.filter(entity, part))
            case Related() if child := entity.children.get(what.name):
                return replace(what, where=self.filter(self.ctx.catalog.object(child.object), what.where))
            case Condition():
                return self._condition(entity, what)
            case _:
                return what

    def _condition(self, entity: Entity, what: Condition) -> Condition:
        *links, name = what.path
        for link in links:
            target = self.ctx.catalog.entities.get(entity.fields[link].target or "") if link in entity.fields else None
            if target is None:
                return what
            entity = target
        found = entity.types.get(name)
        if not (name == "id" or (found and (found.link or found.anywhere))):
            return what
        if what.op in ("eq", "contains") and is_id(what.value) and what.value != self.ctx.actor.id:
            return Condition(what.path, what.op, self._places((what.value,))[0])
        if what.op == "in" and (ids := sequence(what.value)) and all(is_id(id) for id in ids):
            return Condition(what.path, what.op, self._places(tuple(ids)))
        return what

    def _places(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        if ids not in self.of:
            objects: dict[str, set[str]] = {id: set() for id in ids}
            for o, id in self.ctx.known:
                if id in objects:
                    objects[id].add(o)
            kinds = sorted({tuple(sorted(those)) for those in objects.values()})
            kinds = kinds * 2 if len(kinds) == 1 < len(ids) else kinds
            last = sum(map(len, self.of.values()))
            self.of[ids] = tuple(f"{_HEAD}{last + n:012x}" for n in range(1, len(kinds) + 1))
            self.known.update((o, place) for place, kind in zip(self.of[ids], kinds, strict=True) for o in kind)
        return self.of[ids]


@dataclass(frozen=True, slots=True)
class _Made:
    """A statement with places, and which of its arguments have some: None where one has a place as a part of something else.
    ``fresh`` when it must not be kept."""

    statement: Statement
    open: tuple[str, ...] | None
    fresh: bool


def compiled(ctx: Context, kind: str, what: Asked, make: Callable[[Compiler, Asked], Statement]) -> Statement:
    """What ``make`` compiles from a query; around a record that is named (``few`` or ``known``) it is made once for its shape."""
    if ctx.as_of is not None or not (ctx.few or ctx.known):
        return make(Compiler(ctx), what)
    places = _Places(ctx)
    shape = replace(what, filter=places.filter(ctx.catalog.object(what.object), what.filter))
    known, ids = frozenset(places.known), {place: ids for ids, those in places.of.items() for place in those}
    # as text, for values may be lists
    key = ("around", kind, ctx.catalog.version, ctx.env.today, ctx.actor.timezone, ctx.few, repr(shape), known)

    def made() -> _Made:
        statement = make(Compiler(replace(ctx, known=known)), shape)
        holes = tuple(n for n, v in statement.args.items() if _HEAD in str(v))
        try:
            for n in holes:
                _filled(statement.args[n], ids)
        except (KeyError, TypeError, ValueError):
            return _Made(statement, None, statement.fresh)
        return _Made(statement, holes, statement.fresh)

    found: _Made = ctx.actor.kept(key, made)
    if found.open is None:
        return make(Compiler(ctx), what)
    filled = {n: _filled(found.statement.args[n], ids) for n in found.open}
    return replace(found.statement, args={**found.statement.args, **filled})


def _filled(value: Any, ids: Mapping[str, tuple[str, ...]]) -> Any:
    """An argument with its ids: a place alone, or a list of places."""
    if isinstance(value, str):
        [id] = ids[value]
        return id
    return list(dict.fromkeys(id for place in value for id in ids[place]))
