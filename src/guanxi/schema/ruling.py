"""The rules of an object as the engine works with them, and what is wrong with them in a catalog as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guanxi.base import FieldError, Invalid, bad_config
from guanxi.base.shape import mapping, names
from guanxi.schema.conditions import ENV, faults
from guanxi.schema.filter import Filter, beyond, parse, reads
from guanxi.schema.formula import Wrong, understand
from guanxi.schema.formula.meaning import result_of
from guanxi.schema.model import Field, Match, Rule
from guanxi.schema.types import TYPES, Bad

if TYPE_CHECKING:
    from guanxi.schema.catalog import Catalog, Entity


@dataclass(frozen=True, slots=True)
class Ruled:
    """An active rule, its condition read, and the fields whose change wakes it (None: any change does)."""

    rule: Rule
    when: Filter
    wakes: frozenset[str] | None


class Ruling:
    """The active rules of one object, by what they do. Fields that are gone make a rule go without them."""

    def __init__(self, entity: Entity) -> None:
        self.all: list[Ruled] = []
        for rule in entity.definition.rules:
            if not rule.active:
                continue
            try:
                when = parse(rule.when)
            except Invalid:  # it was right in another version
                continue
            parts = {n: c for n, f in entity.fields.items() if f.of and (c := f.of)}
            own = {n for n in rule.fields if n in entity.fields}
            rule = replace(rule, fields=tuple(n for n in rule.fields if n in own))
            wakes: frozenset[str] | None = frozenset({*own, *reads(when), *({rule.by} & set(entity.fields))})
            if rule.kind == "readonly":  # what accompanies a locked field is locked with it
                rule = replace(rule, fields=(*rule.fields, *(n for n, whole in parts.items() if whole in own)))
                wakes = frozenset(rule.fields)
            elif rule.kind == "gate":
                stage = entity.stage
                wakes = frozenset({stage.name, str(stage.config.get("pipeline", "pipeline"))} if stage else ())
            elif rule.kind == "duplicate":
                wakes = (wakes or frozenset()) | {n for m in rule.match for n in m.fields}
            elif beyond(when):
                wakes = None
            if wakes is not None:  # what is computed changes with what it is made of
                wakes = frozenset[str]().union(*(entity.origins(n) for n in wakes))
            self.all.append(Ruled(rule, when, wakes))
        self.defaults = [r for r in self.all if r.rule.kind == "default"]
        self.judged = [r for r in self.all if r.rule.kind != "default"]
        self.standard = tuple(
            dict.fromkeys(n for r in self.all for m in r.rule.match if m.how == "standard" for n in keyed(entity, m))
        )
        """Fields whose standard form some rule compares."""
        self.blocking = [r for r in self.all if r.rule.kind == "duplicate" and r.rule.act == "block"]
        asked_for = {n for r in self.all if r.rule.kind == "require" for n in r.rule.fields}
        self.written = [
            r
            for r in self.judged
            if (r.rule.kind != "duplicate" or r.rule.act == "block")
            and (r.rule.kind != "show" or asked_for.intersection(r.rule.fields))
        ]
        """Those that may refuse what is written, and what shows the fields that these ask for; what only warns or shows is asked
        for by forms."""
        woken = [r.wakes for r in self.written if r.rule.kind != "show"]
        self.watched: frozenset[str] | None = (
            None if None in woken else frozenset[str]().union(*(w for w in woken if w is not None))
        )
        """Fields whose change matters to some rule; None for any."""


_TEXT_HOWS = {
    "folded": ("text", "person", "email", "url", "phone", "autonumber"),
    "phone": ("phone", "text"),
    "email": ("email", "text"),
    "standard": ("text", "person", "email", "url", "phone", "address"),
}


def comparable(f: Field, how: str) -> bool:
    """Whether values of this field can be compared in this way."""
    kind = TYPES[f.type]
    if how == "similar":
        return kind.sql == "text" and kind.readable
    if how == "exact":
        return "eq" in kind.operators and not kind.many and kind.readable and kind.sql != "jsonb"
    return f.type in _TEXT_HOWS[how]


def rule_problems(catalog: Catalog, entity: Entity) -> Iterator[FieldError]:
    """Everything that is wrong with the rules of an object; places are ``object.rule.part``."""
    for rule in entity.definition.rules:
        place = f"{entity.name}.{rule.name}"
        yield from faults(catalog, entity, rule.when, f"{place}.when", rule.kind in ("validate", "require", "gate"))
        for name in rule.fields:
            f = entity.fields.get(name)
            if f is None:
                yield FieldError(f"{place}.fields", "unknown_field", {"field": name})
            elif f.system or TYPES[f.type].made:
                yield FieldError(f"{place}.fields", "read_only", {"field": name})
            elif f.of and rule.kind != "validate":
                yield bad_config(
                    f"{place}.fields", f"name the field {f.of} that it belongs to", f"请选择它所属的字段 {f.of}"
                )
        if rule.kind in ("require", "show", "readonly", "default", "options") and not rule.fields:
            yield FieldError(f"{place}.fields", "required")
        if rule.kind == "validate" and rule.when is None:
            yield FieldError(f"{place}.when", "required")
        if rule.kind in ("validate", "gate") and not rule.message:
            yield FieldError(f"{place}.message", "required")
        match rule.kind:
            case "default":
                for name in rule.fields:
                    if name in entity.fields:
                        yield from _value_problems(catalog, entity, rule, entity.fields[name], place)
            case "options":
                allowed = _offered(entity, rule)
                if rule.by and allowed is None:
                    en, zh = f"{rule.by} is no choice with these options", f"{rule.by} 不是含有这些选项的单选字段"
                    yield bad_config(f"{place}.by", en, zh)
                    continue
                for name in rule.fields:
                    f = entity.fields.get(name)
                    known = {o.name for o in f.options} if f and f.type in ("select", "multiselect") else set[str]()
                    if not allowed:
                        yield FieldError(f"{place}.value", "required")
                    elif not known.issuperset(allowed):
                        wrong, those = (", ".join(sorted(names)) or "–" for names in (set(allowed) - known, known))
                        en, zh = (
                            f"{wrong} is no option of {name}: it has {those}",
                            f"{wrong} 不是 {name} 的选项，可用：{those}",
                        )
                        yield bad_config(f"{place}.value", en, zh)
            case "gate":
                yield from _gate_problems(catalog, entity, rule, place)
            case "duplicate":
                yield from _match_problems(entity, rule, place)
            case _:
                pass


def _offered(entity: Entity, rule: Rule) -> tuple[str, ...] | None:
    """All options that an options rule lists; None where it goes by what is no choice of the record, or no option of that."""
    if not rule.by:
        return names(rule.value)
    by, table = entity.fields.get(rule.by), mapping(rule.value)
    if by is None or by.type != "select" or rule.by in rule.fields or not table:
        return None
    lists = [names(allowed) for allowed in table.values()]
    if not {o.name for o in by.options}.issuperset(table) or None in lists:
        return None
    return tuple(n for allowed in lists for n in allowed or ())


def allowed(rule: Rule, values: Mapping[str, Any]) -> Sequence[str] | None:
    """The options that an options rule whose condition holds leaves to a record of these values; None: all."""
    return rule.value if not rule.by else rule.value.get(values.get(rule.by))


def _gate_problems(catalog: Catalog, entity: Entity, rule: Rule, place: str) -> Iterator[FieldError]:
    pipelines = {p.name: p for p in catalog.pipelines_of(entity.name)}
    if entity.stage is None:
        yield bad_config(f"{place}.kind", "the object has no stages", "该对象没有阶段")
        return
    if rule.pipeline and rule.pipeline not in pipelines:
        yield FieldError(f"{place}.pipeline", "not_an_option", {"value": rule.pipeline, "field": "pipeline"})
        return
    known = {s.name for p in pipelines.values() if p.name == rule.pipeline or not rule.pipeline for s in p.stages}
    for name in rule.stages:
        if name not in known:
            yield FieldError(f"{place}.stages", "not_an_option", {"value": name, "field": "stages"})
    if not rule.stages:
        yield FieldError(f"{place}.stages", "required")


def _match_problems(entity: Entity, rule: Rule, place: str) -> Iterator[FieldError]:
    if not rule.match or any(not m.fields for m in rule.match):
        yield FieldError(f"{place}.match", "required")
    for part in rule.match:
        for name in part.fields:
            f = entity.fields.get(name)
            if f is None or f.system or entity.follows(name):
                yield FieldError(f"{place}.match", "unknown_field", {"field": name})
            elif not comparable(f, part.how):
                en, zh = f"{name} cannot be compared as {part.how}", f"{name} 不能按 {part.how} 方式比较"
                yield bad_config(f"{place}.match", en, zh)
    if any(m.how == "similar" for m in rule.match) and (rule.act == "block" or len(rule.match) > 1):
        en, zh = "what is only similar is told alone, and not refused", "仅相似的记录只能提示，不能拒绝，且须单独成规则"
        yield bad_config(f"{place}.act", en, zh)


def formula_of(rule: Rule) -> str | None:
    """The formula that a default rule's value is worked out by, if it is one: ``{"formula": "amount * 2"}``."""
    form = mapping(rule.value)
    text = form.get("formula") if form is not None and len(form) == 1 else None
    return text if isinstance(text, str) else None


def _value_problems(catalog: Catalog, entity: Entity, rule: Rule, f: Field, place: str) -> Iterator[FieldError]:
    text = formula_of(rule)
    if text is None:
        if not fits(f, rule.value):
            yield bad_config(f"{place}.value", f"this is no value of {f.name}", f"这不是 {f.name} 的有效值")
        return
    try:
        result_of(understand(text, entity.name, catalog.see, catalog.called), f.type)
    except Wrong as wrong:
        yield FieldError(f"{place}.value", wrong.code, wrong.told)


def fits(f: Field, value: Any) -> bool:
    """Whether a rule's value, which may be a macro of the type, is one that the field takes."""
    kind = TYPES[f.type]
    if value is None or value == "" or kind.anywhere or kind.holds_file:
        return False
    try:
        return not isinstance(given(f, value, ENV), dict if kind.link else type(None))
    except Bad:
        return False


def given(f: Field, value: Any, env: Any) -> Any:
    """The stored form of a declared value: a macro (``$me``, ``today``) as it is meant now. Raises Bad."""
    kind = TYPES[f.type]
    shown = kind.default(replace(f, default=value), env)
    return kind.operand(f, "eq", shown, env) if kind.grains else kind.parse(f, shown, env)


def keyed(entity: Entity, part: Match) -> list[str]:
    """The fields of a match that there are and that can be compared so."""
    return [n for n in part.fields if n in entity.fields and comparable(entity.fields[n], part.how)]
