"""Changes to what records keep to: rules, added, put in place of the one of their name, or retired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guanxi.base.shape import mapping, sequence
from guanxi.schema.changes.objects import find_object
from guanxi.schema.changes.parts import read_flag, read_label, read_name, read_names, read_text
from guanxi.schema.changes.registry import Change, Objects, Pipelines, check_keys, fail, op
from guanxi.schema.model import HIDDEN, HOWS, RULE_KINDS, Match, Rule

KEYS = {
    "validate": "when fields message",
    "require": "when fields message",
    "show": "when fields",
    "readonly": "when fields message",
    "default": "when fields value",
    "gate": "when message pipeline stages way",
    "duplicate": "when message match act hidden",
    "options": "when fields value message by",
}
"""What each kind of rule takes beside ``name kind label active``."""
MAX_RULES = 200


def _one_of(what: Mapping[str, Any], key: str, place: str, allowed: tuple[str, ...]) -> Any:
    value = what.get(key, allowed[0])
    if value not in allowed:
        raise fail(f"{place}.{key}", "not_an_option", value=str(value)[:60])
    return value


def read_rule(raw: Any, place: str) -> Rule:
    """A Rule from its JSON; what its names mean is looked at in the catalog as a whole."""
    what = mapping(raw)
    if what is None:
        raise fail(place, "wrong_type", expected="a rule")
    name = read_name(what.get("name"), f"{place}.name")
    kind = what.get("kind")
    if kind not in RULE_KINDS:
        raise fail(f"{place}.kind", "not_an_option", value=str(kind)[:60])
    check_keys(what, {"name", "kind", "label", "active", *KEYS[kind].split()}, place)
    when = what.get("when")
    if when is not None and mapping(when) is None:
        raise fail(f"{place}.when", "wrong_type", expected="a filter")
    message = read_label(what["message"], f"{place}.message", "") if what.get("message") else {}
    return Rule(
        name=name,
        kind=kind,
        label=read_label(what.get("label"), f"{place}.label", name),
        when=mapping(when),
        fields=read_names(what.get("fields") or [], f"{place}.fields"),
        message={k: v for k, v in message.items() if v},
        value=what.get("value"),
        pipeline=read_text(what.get("pipeline") or "", f"{place}.pipeline"),
        stages=read_names(what.get("stages") or [], f"{place}.stages"),
        way=_one_of(what, "way", place, ("enter", "leave")),
        match=tuple(_match(m, f"{place}.match.{i}") for i, m in enumerate(sequence(what.get("match") or []) or ())),
        act=_one_of(what, "act", place, ("warn", "block")),
        hidden=_one_of(what, "hidden", place, HIDDEN),
        active=read_flag(what, "active", place, True),
        custom=True,
        by=read_text(what.get("by") or "", f"{place}.by"),
    )


def _match(raw: Any, place: str) -> Match:
    what = mapping(raw)
    if what is None:
        raise fail(place, "wrong_type", expected='{"fields", "how"}')
    check_keys(what, {"fields", "how"}, place)
    return Match(read_names(what.get("fields"), f"{place}.fields"), _one_of(what, "how", place, HOWS))


def rule_json(rule: Rule) -> dict[str, Any]:
    """The JSON form of a rule, as :func:`read_rule` takes it."""
    out: dict[str, Any] = {"name": rule.name, "kind": rule.kind, "label": rule.label, "active": rule.active}
    for key in KEYS[rule.kind].split():
        value = getattr(rule, key)
        if key == "match":
            value = [{"fields": list(m.fields), "how": m.how} for m in rule.match]
        elif key in ("fields", "stages"):
            value = list(value)
        out[key] = value
    return out


@op("put_rule", keys="object rule")
def put_rule(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A rule of an object, added at the end or put in place of the one of its name: what records are refused, what a form
    shows, asks for and locks, what new records begin with, what a stage wants, which records are duplicates."""
    o = find_object(objects, change)
    rule = read_rule(change.get("rule"), "rule")
    before = next((r for r in o.rules if r.name == rule.name), None)
    if before is None:
        if len(o.rules) >= MAX_RULES:
            raise fail("rule", "too_complex", limit=f"{MAX_RULES} rules")
        objects[o.name] = replace(o, rules=(*o.rules, rule))
    else:
        rule = replace(rule, custom=before.custom)
        objects[o.name] = replace(o, rules=tuple(rule if r.name == rule.name else r for r in o.rules))


@op("retire_rule", keys="object rule")
def retire_rule(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A rule of an object goes. One that comes with the program is switched off instead, by `active` false."""
    o = find_object(objects, change)
    name = change.get("rule")
    found = next((r for r in o.rules if r.name == name), None)
    if found is None:
        raise fail("rule", "unknown_field", field=str(name)[:60])
    if not found.custom:
        raise fail("rule", "standard_part", value=found.name)
    objects[o.name] = replace(o, rules=tuple(r for r in o.rules if r.name != name))
