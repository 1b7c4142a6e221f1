"""Deciding for many records at once: which one stays, and where each field's value comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanxi.base import FieldError, Invalid
from guanxi.base.shape import mapping
from guanxi.merging.combining import Cluster, Image, empty, units
from guanxi.records import Context, access
from guanxi.schema.catalog import Entity
from guanxi.schema.types import Bad

SURVIVORS = ("oldest", "latest", "complete", "children")
"""Who stays: the record made first, the one changed last, the one with the most values, the one that most points to."""

PICKS = ("survivor", "frequent", "latest", "longest", "join")


@dataclass(frozen=True, slots=True)
class Rule:
    """``survivor`` is one of :data:`SURVIVORS`; ``fields`` says by name (``*``: all others) one of :data:`PICKS`, or
    ``{"first": {"field": name, "value": value}}``: from the first record of which that is so."""

    survivor: str = "oldest"
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def read(cls, ctx: Context, entity: Entity, raw: Any) -> Rule:
        """A rule from JSON; raises Invalid with all that is wrong with it."""
        form = mapping(raw if raw is not None else {})
        errors: list[FieldError] = []
        if form is None or form.keys() - {"survivor", "fields"}:
            raise Invalid.one("rule", "must_be_object")
        survivor, fields = form.get("survivor", "oldest"), mapping(form.get("fields", {}))
        if survivor not in SURVIVORS:
            errors.append(FieldError("rule.survivor", "not_an_option", {"value": str(survivor)[:50]}))
        if fields is None:
            raise Invalid.one("rule.fields", "must_be_object")
        known = units(entity)
        found: dict[str, Any] = {}
        for name, pick in fields.items():
            f = entity.fields.get(name)
            form_of = mapping(pick)
            first = mapping(form_of.get("first")) if form_of is not None else None
            if name != "*" and (f is None or name not in known or not access.readable(ctx.actor, entity, f)):
                errors.append(FieldError(name[:100], "unknown_field"))
            elif name != "*" and f is not None and not access.writable(ctx.actor, entity, f):
                errors.append(FieldError(name, "read_only"))
            elif first is not None and set(first) == {"field", "value"}:
                of = entity.fields.get(str(first["field"]))
                if of is None or of.name not in known or not access.readable(ctx.actor, entity, of):
                    errors.append(FieldError(str(first["field"])[:100], "unknown_field"))
                    continue
                try:
                    kind = entity.types[of.name]
                    found[name] = (of.name, kind.operand(of, "eq", first["value"], ctx.env))
                except Bad as bad:
                    errors.append(FieldError(of.name, bad.code, bad.values))
            elif pick not in PICKS:
                errors.append(FieldError(name, "not_an_option", {"value": str(pick)[:50]}))
            elif pick == "join" and (name == "*" or not entity.types[name].many):
                errors.append(FieldError(name, "merge_no_list"))
            else:
                found[name] = pick
        if errors:
            raise Invalid(errors=errors)
        return cls(str(survivor), found)

    def choose(self, members: Sequence[str], images: Mapping[str, Image], children: Mapping[str, int]) -> Cluster:
        """The cluster of these records, with the one that stays."""
        by: Mapping[str, Callable[[str], Any]] = {
            "oldest": lambda i: (images[i]["created_at"], i),
            "latest": lambda i: (-images[i]["updated_at"].timestamp(), i),
            "complete": lambda i: (-sum(not empty(v) for v in images[i].values()), i),
            "children": lambda i: (-children.get(i, 0), i),
        }
        first, *rest = sorted(members, key=by[self.survivor])
        return Cluster(first, tuple(rest))

    def decide(self, ctx: Context, entity: Entity, cluster: Cluster, images: Mapping[str, Image]) -> None:
        """Say for each field that the rule speaks of where its value comes from."""
        choices: dict[str, Any] = {}
        for name in units(entity):
            pick = self.fields.get(name, self.fields.get("*"))
            f = entity.fields[name]
            open_ = access.readable(ctx.actor, entity, f) and access.writable(ctx.actor, entity, f)
            looked_at = {name, pick[0]} if isinstance(pick, tuple) else {name}
            if pick is None or pick == "survivor" or not open_ or looked_at & cluster.veiled:
                continue
            if pick == "join":
                choices[name] = {"join": True}
                continue
            source = _source(pick, [i for i in cluster.members if not empty(images[i][name])], name, images)
            if source is not None and not (entity.types[name].many and name not in self.fields):
                choices[name] = {"from": source}
        cluster.choices = choices


def _source(pick: Any, members: Sequence[str], name: str, images: Mapping[str, Image]) -> str | None:
    """The record whose value a field gets, of those that have one."""
    if not members:
        return None
    if isinstance(pick, tuple):
        of, value = pick
        return next((i for i in members if images[i][of] == value), None)
    if pick == "latest":
        return max(members, key=lambda i: images[i]["updated_at"])
    if pick == "longest":
        return max(members, key=lambda i: len(str(images[i][name])))
    often = Counter(repr(images[i][name]) for i in members)
    return max(members, key=lambda i: often[repr(images[i][name])])
