"""Who may do what with which records: one answer for every door, as a filter and as an explanation.

``rules`` lists every ground on which an actor may reach records of an object, each with its reason; ``predicate`` is any
of them, as a filter that the compiler puts beside every FROM and JOIN. ``explain`` prints the same list with each
ground's truth for one record, so that "may I" and "why" can never differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from guanxi.base import Forbidden, say
from guanxi.records.context import SCOPES, Actor
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import FALSE, TRUE, Filter, Inherited, Shared, either, where
from guanxi.schema.model import Field

VERB_LABELS = {
    "read": {"en": "read", "zh": "查看"},
    "create": {"en": "create", "zh": "新建"},
    "update": {"en": "change", "zh": "修改"},
    "delete": {"en": "delete", "zh": "删除"},
    "export": {"en": "export", "zh": "导出"},
    "import": {"en": "import", "zh": "导入"},
}


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground for access: records that satisfy ``filter``, because of ``reason``."""

    reason: str
    filter: Filter


def scope_of(actor: Actor, entity: Entity, verb: str) -> str:
    """The scope in which the actor may ``verb``; nothing reaches records further than reading them does."""
    granted = actor.grants.scope(entity.name, verb)
    if verb in ("read", "create", "import"):
        return granted
    return min(granted, actor.grants.scope(entity.name, "read"), key=SCOPES.index)


def rules(actor: Actor, entity: Entity, verb: str) -> list[Ground]:
    """Every ground on which ``actor`` may ``verb`` records of ``entity``; an empty list means never."""
    if actor.system:
        return [Ground("the system acts", TRUE)]
    scope = scope_of(actor, entity, verb)
    if scope == "none":
        return []
    if scope == "all":
        return [Ground(f"role {actor.role} may {verb} all records", TRUE)]
    grounds = [
        Ground(
            f"role {actor.role} may {verb} records of: {scope}", where(_owner(entity), "in", list(actor.owners(scope)))
        )
    ]
    if entity.name == "user":
        grounds.append(Ground("it is oneself", where("id", "eq", actor.id)))
    if verb in ("read", "export", "update"):
        grounds.append(Ground("it is shared", Shared(write=verb == "update")))
    if entity.inherits and verb in ("read", "export"):
        grounds.append(Ground(f"what {entity.inherits} points to may be read", Inherited(entity.inherits)))
    return grounds


def _owner(entity: Entity) -> str:
    return entity.owner or "created_by"


def predicate(actor: Actor, entity: Entity, verb: str) -> Filter:
    """The filter of the records of ``entity`` that ``actor`` may ``verb``."""
    grounds = rules(actor, entity, verb)
    return either([g.filter for g in grounds]) if grounds else FALSE


def may(actor: Actor, entity: Entity, verb: str) -> bool:
    """Whether the verb is granted at all, on whatever records."""
    return actor.system or scope_of(actor, entity, verb) != "none"


def require(actor: Actor, entity: Entity, verb: str) -> None:
    """Raise Forbidden ``forbidden_verb`` unless the verb is granted."""
    if not may(actor, entity, verb):
        language = actor.language
        raise Forbidden(
            "forbidden_verb", verb=say(VERB_LABELS[verb], language), object=say(entity.definition.label, language)
        )


def level(actor: Actor, entity: Entity, field: Field) -> str:
    """What the actor's role gives on this field: one of :data:`guanxi.records.context.LEVELS`."""
    if not entity.types[field.name].readable:
        return "none"
    if actor.system:
        return "write"
    if field.right and field.right not in actor.grants.system:
        return "none"
    # A formula tells what it is made of; what lies behind a link is empty in it where it is hidden.
    made_of = entity.derived.get(field.of or field.name)
    if made_of and not all(n in entity.fields and readable(actor, entity, entity.fields[n]) for n in made_of.uses):
        return "none"
    if rolled := entity.rolled.get(field.of or field.name):  # and a roll-up likewise
        child, roll = rolled
        if not may(actor, child, "read") or not all(
            n in child.fields and readable(actor, child, child.fields[n]) for n in {*roll.uses, roll.link}
        ):
            return "none"
    return actor.grants.field(entity.name, field.of or field.name)


def readable(actor: Actor, entity: Entity, field: Field) -> bool:
    """Whether the actor may see this field in clear; what is not readable cannot be filtered, sorted or grouped by."""
    return level(actor, entity, field) in ("read", "write")


def masked(actor: Actor, entity: Entity, field: Field) -> bool:
    """Whether the actor sees only the masked form of this field: shown, exported, in history, and nothing else."""
    return level(actor, entity, field) in ("masked", "reveal")


def visible(actor: Actor, entity: Entity, field: Field) -> bool:
    """Whether the actor sees this field at all, in clear or masked."""
    return level(actor, entity, field) != "none"


def writable(actor: Actor, entity: Entity, field: Field) -> bool:
    """Whether the actor may write this field; what the engine makes nobody writes."""
    if entity.follows(field.name) or ((field.readonly or entity.types[field.name].made) and not actor.system):
        return False
    return actor.system or actor.grants.field(entity.name, field.of or field.name) == "write"


def readable_fields(actor: Actor, entity: Entity) -> list[str]:
    """Names of all fields that the actor may see in clear, in declaration order."""
    return [name for name, f in entity.fields.items() if readable(actor, entity, f)]


def visible_fields(actor: Actor, entity: Entity) -> list[str]:
    """Names of all fields that the actor sees, masked ones among them, in declaration order."""
    return [name for name, f in entity.fields.items() if visible(actor, entity, f)]
