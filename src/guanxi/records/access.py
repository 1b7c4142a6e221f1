"""Who may do what with which records: one answer for every door, as a filter and as an explanation.

``rules`` lists every ground on which an actor may reach records of an object, each with its reason, and every limit that
holds besides; ``predicate`` is any of the grounds and all of the limits, as a filter that the compiler puts beside every
FROM and JOIN. ``explain`` prints the same list with each one's truth for one record, so that "may I" and "why" can never
differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guanxi.base import Forbidden, Label, say
from guanxi.base.text import noun
from guanxi.records.context import SCOPES, Actor, Seat
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.changes import OPS
from guanxi.schema.filter import FALSE, TRUE, Filter, Inherited, Not, Shared, both, either, where
from guanxi.schema.model import AccessRule, Field

VERB_LABELS = {
    "read": {"en": "read", "zh": "查看"},
    "create": {"en": "create", "zh": "新建"},
    "update": {"en": "change", "zh": "修改"},
    "delete": {"en": "delete", "zh": "删除"},
    "export": {"en": "export", "zh": "导出"},
    "import": {"en": "import", "zh": "导入"},
}


SCOPE_LABELS = {
    "own": {"en": "one's own", "zh": "本人的"},
    "team": {"en": "one's team's", "zh": "本团队的"},
    "below": {"en": "those of one's teams and the teams below", "zh": "本团队及下级团队的"},
    "all": {"en": "all", "zh": "全部"},
    "none": {"en": "no", "zh": "无"},
}
WHY: dict[str, Label] = {
    "system": {"en": "the system acts", "zh": "由系统执行"},
    "never": {"en": "role {role} may not {verb} {object}", "zh": "角色“{role}”不能{verb}“{object}”"},
    "scope": {"en": "role {role} may {verb} records: {scope}", "zh": "角色“{role}”可{verb}的记录：{scope}"},
    "self": {"en": "it is oneself", "zh": "就是本人"},
    "share": {"en": "it is shared with one or one's team", "zh": "已共享给本人或本人的团队"},
    "cascade": {
        "en": "“{field}” points to a record that one may {verb}",
        "zh": "“{field}”所指的记录可由本人{verb}",
    },
    "pool": {
        "en": "it is in the pool “{pool}”, which one is a member of",
        "zh": "在公海“{pool}”中，本人是该公海的成员",
    },
    "seat": {"en": "one is a member of it", "zh": "本人是其成员"},
    "rule": {"en": "rule “{rule}”", "zh": "规则“{rule}”"},
    "only": {
        "en": "rule “{rule}”: what it speaks of is for others only",
        "zh": "规则“{rule}”：符合该规则的记录仅限指定人员",
    },
}
"""What is said of each kind of ground; ``only`` is the one kind of limit."""

RANK = {"read": 0, "export": 0, "update": 1, "delete": 2}


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground for access: records that satisfy ``filter``. A ``limit`` is no ground by itself but must hold besides.

    ``kind`` is one of :data:`WHY`, ``values`` are what its sentence is filled with, ``part`` is the name of the link or rule.
    """

    kind: str
    filter: Filter
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    part: str = ""

    @property
    def limit(self) -> bool:
        """Whether it takes away instead of giving."""
        return self.kind == "only"

    def reason(self, language: str) -> str:
        """Why, in a sentence."""
        return say(WHY[self.kind], language, **self.values)


def scope_of(actor: Actor, entity: Entity, verb: str) -> str:
    """The scope in which the actor may ``verb``; nothing reaches records further than reading them does."""
    granted = actor.grants.scope(entity.name, verb)
    if verb in ("read", "create", "import"):
        return granted
    return min(granted, actor.grants.scope(entity.name, "read"), key=SCOPES.index)


def rules(actor: Actor, entity: Entity, verb: str) -> list[Ground]:
    """Every ground on which ``actor`` may ``verb`` records of ``entity``, then every limit; an empty list means never."""
    if actor.system:
        return [Ground("system", TRUE)]
    scope = scope_of(actor, entity, verb)
    if scope == "none":
        return []
    told = {"role": actor.role, "verb": VERB_LABELS[verb], "scope": SCOPE_LABELS[scope]}
    rank = RANK.get(verb, 0)
    limits = [
        Ground("only", _spared(entity, actor, rule, when), {"rule": rule.label or rule.name}, rule.name)
        for rule, when in ((b.rule, b.filter) for b in entity.rights)
        if rule.only and RANK[rule.level] <= rank and not _names(actor, rule)
    ]
    if scope == "all":
        return [Ground("scope", TRUE, told), *limits]
    grounds = [Ground("scope", where(_owner(entity), "in", list(actor.owners(scope))), told)]
    if entity.name == "user":
        grounds.append(Ground("self", where("id", "eq", actor.id)))
    if entity.name == "pool" and verb == "read" and actor.seats:
        grounds.append(Ground("seat", where("id", "in", [s.pool for s in actor.seats])))
    if entity.pool:
        grounds += [
            Ground("pool", pooled(entity, (s.pool,)), {"pool": s.name}, s.pool) for s in seated(actor, entity, verb)
        ]
    if rank < RANK["delete"]:
        grounds.append(Ground("share", Shared(write=verb == "update")))
    for name, level in entity.cascades.items():
        if RANK[level] >= rank:
            by = "update" if rank else "read"
            values = {"field": entity.fields[name].label, "verb": VERB_LABELS[by]}
            grounds.append(Ground("cascade", Inherited(name, by), values, name))
    for b in entity.rights:
        if not b.rule.only and RANK[b.rule.level] >= rank:
            named = TRUE if _names(actor, b.rule) else _owned(entity, actor) if _to_owner(b.rule) else None
            if named is not None:
                filter = both(b.filter, None if named == TRUE else named)
                grounds.append(Ground("rule", filter, {"rule": b.rule.label or b.rule.name}, b.rule.name))
    return grounds + limits


def given(actor: Actor, catalog: Catalog, entity: Entity, verb: str) -> bool:
    """Whether rules or pools give the actor records of the object beside those of their scope: nobody knows how many."""
    return entity in catalog.ruled or bool(actor.seats and seated(actor, entity, verb))


def seated(actor: Actor, entity: Entity, verb: str) -> list[Seat]:
    """The pools of this object by which the actor may ``verb`` what is in them: members see it, administrators change it."""
    able = ("read",) if verb == "read" else ()
    return [s for s in actor.seats if s.object == entity.name and (able or (s.admin and verb in ("update", "export")))]


def pooled(entity: Entity, pools: Sequence[str]) -> Filter:
    """Records that are in one of these pools: they belong to it, and nobody owns them."""
    return both(where(entity.owner, "is_empty"), where(entity.pool, "in", list(pools)))


def veil(actor: Actor, entity: Entity, name: str) -> Filter | None:
    """The records of which this field is masked for the actor for as long as they are in a pool; None where there are none.

    Who reads all records of the object sees them without the pool.
    """
    if not actor.seats or actor.system or not entity.pool or name not in entity.fields or name == entity.title:
        return None
    led = entity.fields[name].of or name
    pools = [s.pool for s in actor.seats if s.object == entity.name and led in s.masked and not s.admin]
    return pooled(entity, pools) if pools and scope_of(actor, entity, "read") != "all" else None


def _names(actor: Actor, rule: AccessRule) -> bool:
    """Whether the rule is for this actor, whatever the record."""
    for one in rule.to:
        [(kind, value)] = one.items()
        if (
            kind == "everyone"
            or (kind == "role" and value == actor.role)
            or (kind == "team" and value in actor.teams)
            or (kind == "user" and value == actor.id)
        ):
            return True
    return False


def _to_owner(rule: AccessRule) -> bool:
    return any("owner" in one for one in rule.to)


def _owned(entity: Entity, actor: Actor) -> Filter:
    return where(_owner(entity), "eq", actor.id)


def _spared(entity: Entity, actor: Actor, rule: AccessRule, when: Filter) -> Filter:
    """What a rule leaves to those whom it does not name; nobody is hidden from oneself."""
    spared: list[Filter] = [Not(when)]
    if _to_owner(rule):
        spared.append(_owned(entity, actor))
    if entity.name == "user":
        spared.append(where("id", "eq", actor.id))
    return either(spared)


def _owner(entity: Entity) -> str:
    return entity.owner or "created_by"


def predicate(actor: Actor, entity: Entity, verb: str, mine: bool = False) -> Filter:
    """The filter of the records of ``entity`` that ``actor`` may ``verb``; ``mine``: of those for which the actor is known to have
    a ground, such as that they own them, for which every scope is enough."""
    found = rules(actor, entity, verb)
    grounds = TRUE if mine and found else either([g.filter for g in found if not g.limit]) if found else FALSE
    limits = [g.filter for g in found if g.limit]
    return both(grounds, *limits) if limits else grounds


def may(actor: Actor, entity: Entity, verb: str) -> bool:
    """Whether the verb is granted at all, on whatever records."""
    return actor.system or scope_of(actor, entity, verb) != "none"


def require(actor: Actor, entity: Entity, verb: str) -> None:
    """Raise Forbidden ``forbidden_verb`` unless the verb is granted; ``beyond_token`` where only a token keeps it back."""
    if not may(actor, entity, verb):
        language = actor.language
        whole = actor.role_grants is not None and may(replace(actor, grants=actor.role_grants), entity, verb)
        raise Forbidden(
            "beyond_token" if whole else "forbidden_verb",
            verb=say(VERB_LABELS[verb], language),
            object=noun(entity.definition.plural, language),
        )


def require_shape(actor: Actor, catalog: Catalog, changes: Sequence[Mapping[str, Any]]) -> None:
    """Raise Forbidden unless the actor may change the catalog so. What decides over access takes the right to roles, and
    nobody gives by a rule or a cascade what they do not have themselves: all records of the object, for the verb in question."""
    if actor.system:
        return
    for change in changes:
        name, about = change.get("op"), change.get("object")
        found = OPS.get(name) if isinstance(name, str) else None
        right = found.right if found else "catalog"
        if right not in actor.grants.system:
            raise Forbidden
        entity = catalog.entities.get(about) if isinstance(about, str) else None
        if right == "roles" and entity is not None:
            rank = RANK.get(str(change.get("level")), 0)
            if any(RANK[v] <= rank and scope_of(actor, entity, v) != "all" for v in ("read", "update", "delete")):
                raise Forbidden("more_than_own")
    if not changes and "catalog" not in actor.grants.system:
        raise Forbidden


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
    given = actor.grants.field(entity.name, field.of or field.name)
    return "reveal" if entity.types[field.name].sealed and given in ("read", "write") else given


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


def may_write(actor: Actor, entity: Entity, name: str) -> bool:
    """Whether the actor may still write this field, or what the engine writes beside the field that it accompanies."""
    f = entity.fields[name]
    if actor.system:
        return True
    seen = readable(actor, entity, f) or entity.types[name].sealed
    return seen and actor.grants.field(entity.name, f.of or name) == "write"


def held(actor: Actor, entity: Entity, f: Field) -> str:
    """Why a field is hidden from the actor or cannot be written: ``role``, ``mask``, ``right`` (a system right is missing),
    ``made`` (the engine makes it) or ``secret``; empty where nothing keeps it."""
    if not entity.types[f.name].readable:
        return "" if writable(actor, entity, f) else "secret"
    if masked(actor, entity, f):
        return "mask"
    if not readable(actor, entity, f):
        return "right" if f.right and f.right not in actor.grants.system else "role"
    if writable(actor, entity, f):
        return ""
    return "made" if f.readonly or entity.follows(f.name) or entity.types[f.name].made else "role"


def readable_fields(actor: Actor, entity: Entity) -> list[str]:
    """Names of all fields that the actor may see in clear, in declaration order."""
    return [name for name, f in entity.fields.items() if readable(actor, entity, f)]


def visible_fields(actor: Actor, entity: Entity) -> list[str]:
    """Names of all fields that the actor sees, masked ones among them, in declaration order."""
    return [name for name, f in entity.fields.items() if visible(actor, entity, f)]
