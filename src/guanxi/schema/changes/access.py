"""Changes to who may see and do what, by what stands in records and along links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guanxi.base.ids import is_id
from guanxi.base.shape import mapping, sequence
from guanxi.schema.changes.objects import find_field, find_object
from guanxi.schema.changes.parts import read_label, read_name
from guanxi.schema.changes.registry import Change, Objects, Pipelines, fail, op, unfit
from guanxi.schema.model import AccessRule
from guanxi.schema.types import TYPES

CASCADES = ("none", "read", "update")
LEVELS = ("read", "update", "delete")
MOST = 50
"""Rules of one object."""


@op("put_access_rule", keys="object name label when to level kind", right="roles")
def put_access_rule(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """Records that satisfy `when` may be read, changed or deleted (`level`) by whom `to` names, or (`kind` `only`) by nobody
    else; added or put in place of the one of its name."""
    o = find_object(objects, change)
    name = read_name(change.get("name"), "name")
    when = mapping(change.get("when"))
    if not when:
        raise fail("when", "required" if change.get("when") is None else "wrong_type", expected="a filter")
    level, kind = change.get("level", "read"), change.get("kind", "grant")
    if level not in LEVELS:
        raise fail("level", "not_an_option", value=level)
    if kind not in ("grant", "only"):
        raise fail("kind", "not_an_option", value=kind)
    rule = AccessRule(
        name,
        read_label(change.get("label"), "label", name),
        dict(when),
        _grantees(change.get("to"), kind == "only"),
        level,
        kind == "only",
    )
    rules = [r for r in o.access if r.name != name]
    if len(rules) >= MOST:
        raise fail("name", "too_complex", limit=MOST)
    at = next((i for i, r in enumerate(o.access) if r.name == name), len(rules))
    objects[o.name] = replace(o, access=(*rules[:at], rule, *rules[at:]))


def _grantees(raw: Any, only: bool) -> tuple[Mapping[str, Any], ...]:
    whole = mapping(raw)
    listed: list[Any] | None = [whole] if whole is not None else sequence(raw)
    if not listed or len(listed) > 100:
        raise fail("to", "required" if not listed else "too_complex", limit=100)
    out: list[Mapping[str, Any]] = []
    for one in listed:
        entry = mapping(one)
        if entry is None or len(entry) != 1:
            raise fail(
                "to",
                "wrong_type",
                expected='{"role": …}, {"team": …}, {"user": …}, {"owner": true} or {"everyone": true}',
            )
        [(kind, value)] = entry.items()
        if kind in ("owner", "everyone"):
            if value is not True or (kind == "everyone" and only):
                raise fail("to", "not_an_option", value=kind)
        elif kind not in ("role", "team", "user") or not isinstance(value, str):
            raise fail("to", "not_an_option", value=kind)
        elif kind != "role" and not is_id(value):
            raise fail("to", "not_an_id", value=value[:50])
        out.append({kind: value})
    return tuple(out)


@op("retire_access_rule", keys="object name", right="roles")
def retire_access_rule(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A rule of access goes."""
    o = find_object(objects, change)
    if all(r.name != change.get("name") for r in o.access):
        raise fail("name", "not_an_option", value=change.get("name"))
    objects[o.name] = replace(o, access=tuple(r for r in o.access if r.name != change["name"]))


@op("set_cascade", keys="object field level", right="roles")
def set_cascade(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """Who may read (or change: `update`) what a link points to may do so with the record too; `none`: not."""
    o = find_object(objects, change)
    f = find_field(o, change)
    kind = TYPES[f.type]
    if f.target == "user" or not ((kind.link and not kind.many) or kind.anywhere):
        raise unfit("field", "access comes by links to one record", "权限只能沿指向单条记录的关联传递", f.label)
    level = change.get("level")
    if level not in CASCADES:
        raise fail("level", "not_an_option", value=level)
    objects[o.name] = replace(o, cascades={**o.cascades, f.name: str(level)})
