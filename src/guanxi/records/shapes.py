"""What is asked around one record is asked around the next as well, with other ids. Such a query is compiled once for a reader:
with a place for each id, which is filled when the statement is sent.

Places are ids that no record has. Ids that are the same have the same place, and a list of ids has one for each kind of record
that its reader is known to see (:attr:`guanxi.records.context.Context.known`), so that whatever is compiled from them is what
would have been compiled from the ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    """The places of a filter: of ``one`` id by the id, of a list by its ids; and what is known of them."""

    ctx: Context
    one: dict[str, str] = field(default_factory=dict[str, str])
    many: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict[tuple[str, ...], tuple[str, ...]])
    known: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    count: int = 0

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
            return Condition(what.path, what.op, self._of_one(what.value))
        ids = sequence(what.value) if what.op == "in" else None
        if ids and all(is_id(id) for id in ids):
            return Condition(what.path, what.op, self._of_many(tuple(ids)))
        return what

    def _next(self, of: Sequence[str]) -> str:
        self.count += 1
        place = f"{_HEAD}{self.count:012x}"
        self.known.update((o, place) for o in of)
        return place

    def _of_one(self, id: str) -> str:
        if id not in self.one:
            self.one[id] = self._next([o for o, known in self.ctx.known if known == id])
        return self.one[id]

    def _of_many(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        if len(ids) == 1:
            return (self._of_one(ids[0]),)
        if ids not in self.many:
            of: dict[str, set[str]] = {id: set() for id in ids}
            for o, id in self.ctx.known:
                if id in of:
                    of[id].add(o)
            kinds = sorted({tuple(sorted(those)) for those in of.values()})
            kinds = kinds * 2 if len(kinds) == 1 else kinds
            self.many[ids] = tuple(self._next(kind) for kind in kinds)
        return self.many[ids]


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
    known = frozenset(places.known)
    # as text, for values may be lists
    key = ("around", kind, ctx.catalog.version, ctx.env.today, ctx.actor.timezone, ctx.few, repr(shape), known)

    def made() -> _Made:
        statement = make(Compiler(replace(ctx, known=known)), shape)
        holes = tuple(n for n, v in statement.args.items() if _HEAD in str(v))
        plain = _HEAD not in statement.sql and all(_plain(statement.args[n], one, many) for n in holes)
        return _Made(statement, holes if plain else None, statement.fresh)

    one = {place: id for id, place in places.one.items()}
    many = {place: ids for ids, those in places.many.items() for place in those}
    found: _Made = ctx.actor.kept(key, made)
    if found.open is None:
        return make(Compiler(ctx), what)
    filled = {n: _filled(found.statement.args[n], one, many) for n in found.open}
    return replace(found.statement, args={**found.statement.args, **filled})


def _plain(value: Any, one: Mapping[str, str], many: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether an argument is a place, or a list of nothing but places."""
    if isinstance(value, str):
        return value in one
    several = sequence(value)
    return several is not None and all(v in one or v in many for v in several)


def _filled(value: Any, one: Mapping[str, str], many: Mapping[str, tuple[str, ...]]) -> Any:
    """An argument with its ids: a place alone, or a list of places."""
    if isinstance(value, str):
        return one[value]
    out: dict[str, None] = {}
    for place in value:
        out.update(dict.fromkeys(many[place]) if place in many else {one[place]: None})
    return list(out)
