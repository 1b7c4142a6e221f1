"""What a link is to its reader: where what it points to may not be seen, or lies in the recycle bin, it is empty.

Conditions, measures and groups of links are made here, so that none of them tells hidden records apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from guanxi.base.shape import sequence
from guanxi.pg import quote
from guanxi.records import access
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE, And, Condition, Filter
from guanxi.schema.model import Field
from guanxi.schema.types import FieldType

if TYPE_CHECKING:
    from guanxi.records.compile import Compiler, Scope


def targets(c: Compiler, f: Field, kind: FieldType, alias: str) -> list[tuple[Entity, str]]:
    """The entities that a link may lead to, each with SQL (ending in AND) that says that this one's does."""
    if not kind.anywhere:
        target = c.catalog.entities.get(f.target or "")
        return [(target, "")] if target is not None and access.may(c.actor, target, "read") else []
    named = f"{alias}.{quote(f.name + '_object')}"
    return [
        (e, f"{named} = {c.bind(e.name, 'text')} AND ")
        for e in c.catalog.entities.values()
        if not e.definition.activity and access.may(c.actor, e, "read") and c.may_lead(alias, f.name, e)
    ]


def leads(c: Compiler, f: Field, kind: FieldType, alias: str, match: Callable[[str], str]) -> str:
    """SQL: a record that the reader may see, where the link may lead, has an id that satisfies ``match``."""
    parts: list[str] = []
    for target, named in targets(c, f, kind, alias):
        inner = c.alias()
        source, visible = c.source(target, inner, of="kept")
        parts.append(f"({named}EXISTS (SELECT 1 FROM {source} WHERE {match(f'{inner}.id')} AND {visible}))")
    return "(" + " OR ".join(parts) + ")" if len(parts) > 1 else parts[0] if parts else "FALSE"


def there(c: Compiler, f: Field, kind: FieldType, alias: str, column: str) -> str:
    """SQL: the link points to something that the reader may see."""
    if (alias, f.name) in c.sure:
        return "TRUE"
    if kind.many:
        return leads(c, f, kind, alias, lambda id: f"{id} = ANY({column})")
    found = targets(c, f, kind, alias)
    if not kind.anywhere and found and access.predicate(c.actor, found[0][0], "read") == TRUE:
        return f"({column} IS NOT NULL AND {column} NOT IN ({_gone(c, found[0][0])}))"
    return leads(c, f, kind, alias, lambda id: f"{id} = {column}")


def nowhere(c: Compiler, entity: Entity, f: Field, kind: FieldType, alias: str) -> str:
    """SQL: the link is empty to the reader."""
    column = f"{alias}.{quote(f.name)}"
    target = c.catalog.entities.get(f.target or "")
    if kind.many or kind.anywhere or target is None or access.predicate(c.actor, target, "read") != TRUE:
        return f"NOT {there(c, f, kind, alias, column)}"
    return f"({column} IS NULL OR {lost(c, entity, f, alias)})"


def lost(c: Compiler, entity: Entity, f: Field, alias: str) -> str:
    """SQL: the link to one record leads into the bin, to what the reader could see. The few that do by id, so that both sides of an
    OR can use their index."""
    target = c.catalog.entities.get(f.target or "")
    if target is None or not access.may(c.actor, target, "read"):
        return "FALSE"
    inner, binned = c.alias(), c.alias()
    source, visible = c.source(entity, inner, of=c.of.get(alias, "live"))
    lost, gone = c.source(target, binned, of="bin")
    pointing = f"SELECT {inner}.id FROM {source} JOIN {lost} ON {binned}.id = {inner}.{quote(f.name)} WHERE {visible} AND {gone}"
    return f"{alias}.id = ANY(ARRAY({pointing}))"


def _gone(c: Compiler, target: Entity) -> str:
    """SQL of the ids in the bin: all that is hidden from who sees every record, and few."""
    inner = c.alias()
    source, gone = c.source(target, inner, of="bin")
    return f"SELECT {inner}.id FROM {source} WHERE {gone}"


def condition(c: Compiler, f: Field, kind: FieldType, alias: str, op: str, operand: Any) -> str:
    """SQL of a comparison of a link with ids."""
    column = f"{alias}.{quote(f.name)}"
    if of := _known(c, f, kind, op, operand):
        plain = kind.condition(f, op, column, operand, c.bind)
        among = f" AND {alias}.{quote(f.name + '_object')} = ANY({c.bind(sorted(of), 'text[]')})"
        return f"({plain}{among})" if kind.anywhere else plain
    if kind.many:
        return _of_many(c, f, kind, alias, op, operand)
    plain = kind.condition(f, op, column, operand, c.bind)
    if op == "eq" and isinstance(operand, str):
        if operand == c.actor.id and targets(c, f, kind, alias) and f.target == "user":
            return plain  # everybody who sees users sees themselves
        known = leads(c, f, kind, alias, lambda id: c.among(id, [operand]))
        return f"({plain} AND {known})"
    return f"({plain} AND {there(c, f, kind, alias, column)})"


def _of_many(c: Compiler, f: Field, kind: FieldType, alias: str, op: str, operand: Any) -> str:
    """The same for a list of links, of which only those count that the reader may see."""
    column = f"{alias}.{quote(f.name)}"
    plain = kind.condition(f, op, column, operand, c.bind)
    if op == "contains":
        known = leads(c, f, kind, alias, lambda id: c.among(id, [operand]))
        return f"({plain} AND {known})"
    if op in ("in", "not_in"):
        among = leads(c, f, kind, alias, lambda id: f"{id} = ANY({column}) AND {c.among(id, list(operand))}")
        if op == "in":
            return f"({plain} AND {among})" if operand else "FALSE"
        return f"({there(c, f, kind, alias, column)} AND NOT {among})" if operand else there(c, f, kind, alias, column)
    held = seen_of_many(c, f, kind, alias)
    same = kind.condition(f, op, "h.seen", operand, c.bind)
    narrow = f"{column} @> {c.bind(operand, 'uuid[]')} AND " if op == "eq" else ""
    return f"({narrow}(SELECT {same} FROM (SELECT {held} AS seen) AS h WHERE h.seen <> '{{}}'))"


def seen_of_many(c: Compiler, f: Field, kind: FieldType, alias: str) -> str:
    """SQL of those ids of a list of links that the reader may see, in one order."""
    [(target, _)] = targets(c, f, kind, alias) or [(None, "")]
    if target is None:
        return "ARRAY[]::uuid[]"
    inner = c.alias()
    source, visible = c.source(target, inner, of="kept")
    column = f"{alias}.{quote(f.name)}"
    return f"ARRAY(SELECT {inner}.id FROM {source} WHERE {inner}.id = ANY({column}) AND {visible} ORDER BY 1)"


def value(c: Compiler, scope: Scope, f: Field, kind: FieldType, alias: str) -> str:
    """SQL of a link to count: null where it is empty to the reader."""
    column = f"{alias}.{quote(f.name)}"
    if kind.many:
        return f"nullif({seen_of_many(c, f, kind, alias)}, '{{}}')"
    if kind.anywhere:
        return f"CASE WHEN {there(c, f, kind, alias, column)} THEN {column} END"
    target = c.catalog.entities.get(f.target or "")
    if target is None or not access.may(c.actor, target, "read"):
        return "NULL::uuid"
    if access.predicate(c.actor, target, "read") == TRUE:
        return f"CASE WHEN {column} NOT IN ({_gone(c, target)}) THEN {column} END"
    inner = c.alias()
    source, visible = c.source(target, inner, of="kept")
    scope.text.append(f" LEFT JOIN {source} ON {inner}.id = {column} AND {visible}")
    return f"{inner}.id"


def _known(c: Compiler, f: Field, kind: FieldType, op: str, operand: Any) -> frozenset[str]:
    """The objects of the records that a comparison says a link leads to, where the reader is known to see all of them; else none."""
    if not c.ctx.known or op not in (("contains",) if kind.many else ("eq", "in")) or not (kind.link or kind.anywhere):
        return frozenset()
    ids = {operand} if isinstance(operand, str) else set(sequence(operand) or ())
    found = {(o, id) for o, id in c.ctx.known if id in ids and f.target in (None, "", o)}
    return frozenset(o for o, _ in found) if {id for _, id in found} == ids else frozenset()


def pin(c: Compiler, entity: Entity, what: Filter, *aliases: str) -> None:
    """Note where a filter says whose records are wanted, or to which objects a link to any object leads: of the other grounds
    and objects nothing needs to be asked. A filter of the past says nothing about who may read today."""
    if c.moment is not None:
        return
    for part in what.parts if isinstance(what, And) else (what,):
        if isinstance(part, And):
            pin(c, entity, part, *aliases)
        elif isinstance(part, Condition) and part.op in ("eq", "in") and len(part.path) == 1:
            if part.op == "eq" and part.path[0] == entity.owner and part.value in ("$me", c.actor.id):
                c.mine.add(aliases[0])
            f = entity.fields.get(part.path[0])
            if f is None:
                continue
            if _known(c, f, entity.types[f.name], part.op, part.value):
                c.sure.update((alias, f.name) for alias in aliases)
                if f.name in entity.cascades:
                    c.below.update(aliases[:1])
            if f.of and entity.types[f.of].anywhere and f.name == f"{f.of}_object":
                values = frozenset(sequence(part.value) or (part.value,))
                for alias in aliases:
                    c.led[alias, f.of] = c.led.get((alias, f.of), values) & values
