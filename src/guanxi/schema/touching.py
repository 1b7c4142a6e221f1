"""What a filter looks at beyond the record itself, and the way from there back to the records that it is about.

A change of a field matters where a filter reads that field; the records of which it may then say something else are found by
going the links of the filter backwards (:mod:`guanxi.records.backwards`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guanxi.schema.catalog import Catalog, Child, Entity
from guanxi.schema.filter import And, Condition, Filter, Formula, Member, Not, Or, Related, Search
from guanxi.schema.formula import names


@dataclass(frozen=True, slots=True)
class Hop:
    """One step back: from records of ``child`` to what their link ``field`` points to (``up``), a record of ``parent``; or from
    records of ``parent`` to those of ``child`` that point to them."""

    child: str
    field: str
    kind: str
    parent: str
    up: bool

    @property
    def start(self) -> str:
        """The object that it begins at."""
        return self.child if self.up else self.parent


Way = tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Touch:
    """A change of one of ``fields`` (None: of any) of a record of ``object`` may matter to the records at the end of ``way``; that
    it comes or goes matters always."""

    object: str
    fields: frozenset[str] | None
    way: Way


@dataclass(frozen=True, slots=True)
class Use:
    """A filter asks whether a record of ``object`` is in a segment."""

    segment: str
    object: str
    way: Way


Found = Touch | Use


def look(catalog: Catalog, entity: Entity, what: Filter) -> tuple[tuple[Touch, ...], tuple[Use, ...]]:
    """Everything that a filter on ``entity`` looks at; of each object and way once."""
    touched: dict[tuple[str, Way], frozenset[str] | None] = {}
    used: dict[Use, None] = {}
    for found in _look(catalog, entity, what, ()):
        if isinstance(found, Use):
            used[found] = None
            continue
        key = (found.object, found.way)
        known = touched.get(key, frozenset())
        touched[key] = None if known is None or found.fields is None else known | found.fields
    return tuple(Touch(o, fields, way) for (o, way), fields in touched.items()), tuple(used)


def _look(catalog: Catalog, entity: Entity, what: Filter, way: Way) -> Iterator[Found]:
    match what:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _look(catalog, entity, part, way)
        case Not(part):
            yield from _look(catalog, entity, part, way)
        case Condition(path):
            yield from _path(catalog, entity, path, way)
        case Formula(text):
            for path in names(text):
                yield from _path(catalog, entity, path, way)
        case Related():
            child = entity.children[what.name]
            yield from _children(catalog, entity, child, what.where, (what.field, what.by), way)
            if later := what.after:
                yield from _children(catalog, entity, child, And(()), (later.field,), way)
                yield from _children(catalog, entity, entity.children[later.name], later.where, (later.of,), way)
        case Member(segment):
            yield Use(segment, entity.name, way)
        case Search():
            yield Touch(entity.name, frozenset(entity.searched), way)
        case _:
            yield Touch(entity.name, None, way)


def _children(
    catalog: Catalog, entity: Entity, child: Child, where: Filter, fields: Sequence[str], way: Way
) -> Iterator[Found]:
    of = catalog.entities[child.object]
    here = (Hop(child.object, child.field, child.kind, entity.name, True), *way)
    yield Touch(child.object, frozenset((child.field, f"{child.field}_object")), here)
    for name in fields:
        if name:
            yield from _path(catalog, of, (name,), here)
    yield from _look(catalog, of, where, here)


def _path(catalog: Catalog, entity: Entity, path: Sequence[str], way: Way) -> Iterator[Found]:
    name = path[0]
    f = entity.fields.get(name)
    if f is None:
        return
    made = entity.derived.get(f.of or name)
    if made and made.tree:
        for inner in made.tree.paths:
            yield from _path(catalog, entity, inner, way)
        return
    if rolled := entity.rolled.get(f.of or name):
        child, roll = rolled
        inverse = Child("", child.name, roll.link, {}, roll.kind)  # type: ignore[arg-type]
        yield from _children(catalog, entity, inverse, roll.where, tuple(roll.uses), way)
        return
    # What the engine notes of every change stands in no entry of the journal.
    yield Touch(
        entity.name, None if name in ("version", "updated_at", "updated_by") else frozenset(entity.origins(name)), way
    )
    kind = entity.types[name]
    targets = list(catalog.entities) if kind.anywhere else [f.target or ""] if kind.link else []
    for target in targets:
        if target not in catalog.entities or (kind.anywhere and catalog.entities[target].definition.activity):
            continue
        of = "reference" if kind.anywhere else "links" if kind.many else "link"
        back = (Hop(entity.name, name, of, target, False), *way)
        yield Touch(target, frozenset(), back)  # what is in the bin is as if nothing pointed there
        if len(path) > 1:
            yield from _path(catalog, catalog.entities[target], path[1:], back)
