"""A flow's definition: read into a program of steps, and checked against kinds and catalog.

``{"object", "trigger": {"kind", ...}, "steps": [{"id", "kind", ...}], "limits": {"runs_per_hour"}}``; steps may hold steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guanxi.base import FieldError
from guanxi.base.json import dumps
from guanxi.base.shape import mapping, sequence
from guanxi.flows import parameters
from guanxi.flows.asking import CONSENT
from guanxi.flows.kinds import StepKind, steps, triggers
from guanxi.flows.paths import Scope
from guanxi.schema.catalog import Catalog

MAX_STEPS = 200
MAX_DEPTH = 8
MAX_SIZE = 200_000
TOP = ("object", "trigger", "steps", "limits", "layout")
OWN = frozenset({"id", "kind", "name"})
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a definition: at a step (None: at the flow or, as ``trigger``, at what starts it)."""

    step: str | None
    error: FieldError

    def told(self, language: str) -> dict[str, Any]:
        """``{"step", "field", "code", "message"}``."""
        return {
            "step": self.step,
            "field": self.error.field,
            "code": self.error.code,
            "message": self.error.message(language),
        }


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a program. ``next`` is what follows (None: the end of what it is in), ``into`` the first step of each nested
    list, ``loop`` the loop that it stands in."""

    id: str
    kind: StepKind
    given: Mapping[str, Any]
    next: str | None
    into: Mapping[str, str | None]
    loop: str | None
    scope: Scope


@dataclass(frozen=True, slots=True)
class Program:
    """A definition ready to be carried out."""

    object: str | None
    trigger: Mapping[str, Any]
    limits: Mapping[str, Any]
    first: str | None
    steps: Mapping[str, Step] = field(default_factory=dict[str, Step])

    def writes(self) -> set[str]:
        """Kinds of steps in it."""
        return {s.kind.name for s in self.steps.values()}


def nested(kind: StepKind, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The nested lists of a step: ``("otherwise", [...])``, ``("cases.0", [...])``."""
    for name in kind.nested:
        if name == "cases":
            for i, case in enumerate(sequence(given.get("cases")) or ()):
                yield f"cases.{i}", (mapping(case) or {}).get("steps")
        else:
            yield name, given.get(name)


def read(definition: Mapping[str, Any], catalog: Catalog) -> Program:
    """The program of a definition that :func:`check` finds nothing wrong with."""
    object = definition.get("object")
    trigger = mapping(definition.get("trigger")) or {}
    out: dict[str, Step] = {}
    scope = begin(definition, catalog)
    first = _flatten(sequence(definition.get("steps")) or (), None, None, scope, out)
    return Program(object, trigger, mapping(definition.get("limits")) or {}, first, out)


def begin(definition: Mapping[str, Any], catalog: Catalog) -> Scope:
    """What can be named before the first step."""
    object = definition.get("object")
    objects = {"record": object} if isinstance(object, str) and object in catalog.entities else {}
    trigger = mapping(definition.get("trigger")) or {}
    kind = triggers.get(str(trigger.get("kind")))
    asks = kind is not None and any(p.type == "form" for p in kind.parameters)
    fields = [mapping(one) or {} for one in sequence(trigger.get("fields")) or ()]
    inputs = frozenset([CONSENT, *(str(one.get("name")) for one in fields)]) if asks else None
    return Scope(catalog, objects, inputs=inputs)


def _flatten(
    listed: Sequence[Any], after: str | None, loop: str | None, scope: Scope, out: dict[str, Step]
) -> str | None:
    """Put steps into ``out``; the id of the first, or of what comes after when there are none."""
    scopes = [scope]
    for raw in listed:
        scopes.append(then(scopes[-1], steps[raw["kind"]], raw))
    following = after
    for raw, here in zip(reversed(listed), reversed(scopes[:-1]), strict=True):
        kind = steps[raw["kind"]]
        id = raw["id"]
        looped = kind.name == "loop"
        into: dict[str, str | None] = {}
        for name, inner in nested(kind, raw):
            rest = (None, id, inside(here, raw)) if looped else (following, loop, gave(here, kind, raw))
            into[name] = _flatten(sequence(inner) or (), rest[0], rest[1], rest[2], out)
        out[id] = Step(id, kind, raw, following, into, loop, here)
        following = id
    return following


def inside(scope: Scope, given: Mapping[str, Any]) -> Scope:
    """What can be named inside a loop."""
    name = given.get("object")
    return replace(scope, objects={**scope.objects, "loop": name}) if isinstance(name, str) else scope


def gave(scope: Scope, kind: StepKind, given: Mapping[str, Any]) -> Scope:
    """What can be named once a step itself is done, as in the branches that follow from it."""
    objects, values = dict(scope.objects), set(scope.values)
    for name, of in kind.outputs.items():
        root = f"steps.{given.get('id')}.{name}"
        at = given.get(of[1:]) if of.startswith("=") else of
        if of.startswith("=") and isinstance(at, str) and at not in scope.catalog.entities:
            at = scope.object(at)
        if of and isinstance(at, str) and at in scope.catalog.entities:
            objects[root] = at
        else:
            values.add(root)
    return replace(scope, objects=objects, values=frozenset(values))


def then(scope: Scope, kind: StepKind, given: Mapping[str, Any]) -> Scope:
    """What can be named after a step: also what a branch of it made, which is empty where another was taken."""
    out = gave(scope, kind, given)
    if kind.name != "loop":
        for _, inner in nested(kind, given):
            for raw in sequence(inner) or ():
                out = then(out, steps[raw["kind"]], raw)
    return out


# -- checking ----------------------------------------------------------------------------------------------------------


def check(definition: Any, catalog: Catalog) -> list[Fault]:
    """Everything that keeps a definition from being switched on; an empty list: nothing."""
    return list(_check(definition, catalog))


def shape(definition: Any) -> list[Fault]:
    """What keeps a definition from being kept at all: a draft may be unfinished, but it has the shape of one."""
    return list(_shape(definition))


def _shape(definition: Any) -> Iterator[Fault]:
    form = mapping(definition)
    if form is None:
        yield Fault(None, FieldError("definition", "must_be_object"))
        return
    if len(dumps(form)) > MAX_SIZE:
        yield Fault(None, FieldError("definition", "too_complex", {"limit": MAX_SIZE}))
        return
    for name in form:
        if name not in TOP:
            yield Fault(None, FieldError(name[:60], "unknown_parameter"))
    if form.get("object") is not None and not isinstance(form["object"], str):
        yield Fault(None, FieldError("object", "must_be_text"))
    for name in ("trigger", "limits"):
        if form.get(name) is not None and mapping(form[name]) is None:
            yield Fault(None, FieldError(name, "must_be_object"))
    yield from _shapes(form.get("steps"), 0, set())


def _shapes(listed: Any, depth: int, seen: set[str]) -> Iterator[Fault]:
    if listed is None:
        return
    several = sequence(listed)
    if several is None:
        yield Fault(None, FieldError("steps", "must_be_list"))
        return
    if depth > MAX_DEPTH or len(seen) + len(several) > MAX_STEPS:
        yield Fault(None, FieldError("steps", "too_complex", {"limit": f"{MAX_STEPS} / {MAX_DEPTH}"}))
        return
    for raw in several:
        form = mapping(raw)
        id = form.get("id") if form else None
        if form is None or not isinstance(id, str) or not ID.fullmatch(id) or id in seen:
            yield Fault(None, FieldError("steps", "flow_step_id", {"id": str(id)[:60]}))
            return
        seen.add(id)
        kind = steps.get(str(form.get("kind")))
        if kind is None:
            yield Fault(id, FieldError("kind", "not_an_option", {"value": str(form.get("kind"))[:60]}))
            continue
        cases = form.get("cases") if "cases" in kind.nested else None
        if cases is not None and (sequence(cases) is None or any(mapping(c) is None for c in sequence(cases) or ())):
            yield Fault(id, FieldError("cases", "must_be_list"))
            continue
        for _, inner in nested(kind, form):
            yield from _shapes(inner, depth + 1, seen)


def _check(definition: Any, catalog: Catalog) -> Iterator[Fault]:
    wrong = shape(definition)
    if wrong:
        yield from wrong
        return
    object = definition.get("object")
    trigger = mapping(definition.get("trigger")) or {}
    kind = triggers.get(str(trigger.get("kind")))
    if kind is None:
        yield Fault("trigger", FieldError("kind", "required" if not trigger.get("kind") else "not_an_option", {"value": str(trigger.get("kind"))[:60]}))  # fmt: skip
        return
    if object is not None and object not in catalog.entities:
        yield Fault(None, FieldError("object", "unknown_object", {"object": object[:60]}))
        return
    if object is None and kind.about == "must":
        yield Fault("trigger", FieldError("object", "required"))
        return
    scope = begin(definition, catalog)
    known = {p.name: p for p in kind.parameters}
    for name in trigger:
        if name not in known and name not in ("kind", "filter"):
            yield Fault("trigger", FieldError(name[:60], "unknown_parameter"))
    for p in kind.parameters:
        for error in parameters.check(p, trigger, scope):
            yield Fault("trigger", error)
    if kind.faults is not None:
        for error in kind.faults(trigger):
            yield Fault("trigger", error)
    if "filter" not in known and trigger.get("filter") is not None:
        for error in parameters.check(FILTER, trigger, scope):
            yield Fault("trigger", error)
    limits = mapping(definition.get("limits")) or {}
    most = limits.get("runs_per_hour")
    if set(limits) - {"runs_per_hour"} or (most is not None and (type(most) is not int or not 0 < most <= 1_000_000)):
        yield Fault(None, FieldError("limits", "must_be_number"))
    listed = sequence(definition.get("steps")) or []
    if not listed:
        yield Fault(None, FieldError("steps", "flow_no_steps"))
    yield from _steps(listed, scope)


FILTER = parameters.Parameter("filter", "filter", {"en": "Only if", "zh": "仅当"})
NAME = parameters.Parameter("name", "label", {"en": "Name", "zh": "名称"})
"""Of a step: a text, or one by language."""


def _steps(listed: Sequence[Any], scope: Scope) -> Iterator[Fault]:
    for raw in listed:
        kind = steps[raw["kind"]]
        known = {p.name for p in kind.parameters} | OWN | set(kind.nested)
        for name in raw:
            if name not in known:
                yield Fault(raw["id"], FieldError(name[:60], "unknown_parameter"))
        for p in (replace(NAME, type="text") if isinstance(raw.get("name"), str) else NAME, *kind.parameters):
            for error in parameters.check(p, raw, scope):
                yield Fault(raw["id"], error)
        if kind.faults is not None:
            for error in kind.faults(raw):
                yield Fault(raw["id"], error)
        if "cases" in kind.nested:
            for i, case in enumerate(sequence(raw.get("cases")) or ()):
                p = replace(FILTER, name=f"cases.{i}.filter", required=True)
                for error in parameters.check(p, {p.name: case.get("filter")}, about(scope)):
                    yield Fault(raw["id"], error)
        for _, inner in nested(kind, raw):
            within = inside(scope, raw) if kind.name == "loop" else gave(scope, kind, raw)
            yield from _steps(sequence(inner) or (), within)
        scope = then(scope, kind, raw)


def about(scope: Scope) -> Scope:
    """The scope as a condition sees it: in a loop, ``record`` is the loop's."""
    at = scope.objects.get("loop")
    return replace(scope, objects={**scope.objects, "record": at}) if at else scope
