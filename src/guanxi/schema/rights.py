"""Access by what stands in records: rules and cascades as the engine works with them, and what may be wrong with them.

A rule is looked at once for each catalog. One that says nothing any more (the field that it speaks of is gone after an
upgrade) fails on the safe side: it gives nobody anything, and ``only`` then means no record at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guanxi.schema.conditions import faults
from guanxi.schema.filter import FALSE, TRUE, And, Condition, Filter, Or, parse
from guanxi.schema.model import AccessRule

if TYPE_CHECKING:
    from guanxi.schema.catalog import Catalog, Entity


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule with its filter in read form."""

    rule: AccessRule
    filter: Filter


def bind(catalog: Catalog, entity: Entity) -> tuple[Bound, ...]:
    """The rules of an object."""
    out: list[Bound] = []
    for rule in entity.definition.access:
        broken = next(faults(catalog, entity, rule.when, rule.name, False), None)
        out.append(Bound(rule, parse(rule.when) if broken is None else TRUE if rule.only else FALSE))
    return tuple(out)


def narrowing(what: Filter) -> Iterator[str]:
    """Fields of the record itself whose index can find what satisfies the filter."""
    match what:
        case And(parts) | Or(parts):
            for part in parts:
                yield from narrowing(part)
        case Condition((name,), op):
            if op in ("eq", "in", "gt", "gte", "lt", "lte", "between", "within", "contains"):
                yield name
        case _:
            return
