"""From one catalog to another: the changes that lead there, in the form in which the API takes them.

What a pack brings, how two workspaces differ and how a change is taken back are all this one question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any

from guanxi.base.shape import mapping, sequence
from guanxi.schema.catalog import Catalog
from guanxi.schema.changes import apply
from guanxi.schema.changes.registry import Change, Objects, Pipelines
from guanxi.schema.model import Field, Layout, Object, Pipeline, Rule
from guanxi.schema.types import TYPES

OF_OBJECT = ("label", "plural", "icon", "area", "subtitle", "title", "owner", "moment", "channel")
"""What ``change_object`` changes."""
OF_FIELD = (
    "label",
    "help",
    "required",
    "unique",
    "index",
    "default",
    "track",
    "search",
    "options",
    "config",
    "readonly",
)
"""What ``change_field`` changes."""
OF_TYPE = ("type", "options", "target", "config", "default", "search")
"""What ``change_type`` says of the field as it will be."""
OF_ACCESS = ("name", "label", "when", "to", "level")
"""What ``put_access_rule`` names beside the object and its kind."""
PARTS = {
    "views": ("view", "add_view", "change_view", "retire_view"),
    "rules": ("rule", "put_rule", "put_rule", "retire_rule"),
}
"""What an object has several of, by name: how a change names one, and the ops that add, change and retire it."""
INNER: Mapping[type, frozenset[str]] = {
    Object: frozenset(
        {"custom", "retired", "actions", "measures", "activity", "inherits", "access", "cascades", "archivable"}
    ),
    Field: frozenset({"of", "right", "system", "custom", "retired", "firm", "former"}),
    Pipeline: frozenset({"custom"}),
    Rule: frozenset({"custom"}),
}
"""What no change names: the engine's own, and what only code declares."""


def changes_between(before: Catalog, after: Catalog) -> list[Change]:
    """The changes that make of ``before`` what ``after`` is; none where they are the same.

    What is live counts: a part that is missing and one that is retired are the same. Raises Invalid where no change
    leads there, as when a standard part is missing.
    """
    way = _Way(Objects(before.objects), dict(before.pipelines))
    live = [o for o in after.objects.values() if not o.retired]
    for new in live:
        way.bring(new)
    for new in live:
        way.shape(new)
    for pipeline in after.pipelines.values():
        way.run(pipeline)
    for name in [n for n in way.pipelines if n not in after.pipelines]:
        way.do("retire_pipeline", name=name)
    for new in live:
        way.lay_out(new)
    for gone in [o for o in way.objects.values() if not o.retired and o.name not in {x.name for x in live}]:
        way.do("retire_object", object=gone.name)
    return way.changes


class _Way:
    """The changes so far, and what they have made of the catalog."""

    def __init__(self, objects: Objects, pipelines: Pipelines) -> None:
        self.objects, self.pipelines = objects, pipelines
        self.changes: list[Change] = []

    def do(self, op: str, **what: Any) -> None:
        change = {"op": op, **what}
        apply(self.objects, self.pipelines, change)
        self.changes.append(change)

    def bring(self, new: Object) -> None:
        """The object is there."""
        old = self.objects.get(new.name)
        if old is None:
            whole = plain(new) | {"title": new.title, "owner": new.owner}
            whole = {k: v for k, v in whole.items() if k not in (*PARTS, "layouts")}
            self.do("add_object", **whole | {"fields": [plain(f) for f in new.fields if not f.retired]})
        elif old.retired:
            self.do("restore_object", object=new.name)

    def shape(self, new: Object) -> None:
        """Its settings and fields are as wanted."""
        o = new.name
        there = {f.name: f for f in self.objects[o].fields}
        wanted = {f.name: f for f in new.fields if not f.retired}
        for name, f in wanted.items():
            there = {x.name: x for x in self.objects[o].fields}  # a change of type keeps what was as a field
            if name not in there:
                self.do("add_field", object=o, **plain(f))
            elif there[name].retired:
                self.do("restore_field", object=o, field=name)
            self.adjust(o, f)
        if differing := different(self.objects[o], new, OF_OBJECT):
            self.do("change_object", object=o, **differing)
        for name in [x.name for x in self.objects[o].fields if not x.retired]:
            if name not in wanted:
                self.do("retire_field", object=o, field=name)

    def adjust(self, o: str, new: Field) -> None:
        """A field that is there is as wanted."""
        there = {f.name: f for f in self.objects[o].fields}
        old = there[new.name]
        if old.type != new.type:
            kept = there.get(old.former)
            former = {"former": kept.name} if kept and kept.type == new.type else {}
            told = {k: v for k, v in plain(new).items() if k in OF_TYPE}
            flags = {k: getattr(new, k) for k in ("required", "unique", "index")}
            self.do("change_type", object=o, field=new.name, **told | flags | former, on_failure="empty")
            old = next(f for f in self.objects[o].fields if f.name == new.name)
        if differing := different(old, new, OF_FIELD):
            if "config" in differing:  # what is not named stays, and null takes away
                gone = dict.fromkeys(old.config.keys() - new.config.keys())
                differing["config"] = {k: v for k, v in new.config.items() if old.config.get(k) != v} | gone
            self.do("change_field", object=o, field=new.name, **differing)

    def run(self, new: Pipeline) -> None:
        """The pipeline is as wanted."""
        old = self.pipelines.get(new.name)
        if old is None or different(old, new, ("label", "stages")):
            op = "change_pipeline" if old else "add_pipeline"
            self.do(op, name=new.name, object=new.object, **both(new, ("label", "stages")))

    def lay_out(self, new: Object) -> None:
        """Its named parts and its layout are as wanted; they may name what came with another object or pipeline."""
        o = new.name
        for attribute, (key, add, change, retire) in PARTS.items():
            old = {p.name: p for p in getattr(self.objects[o], attribute)}
            wanted = {p.name: p for p in getattr(new, attribute)}
            for name, part in wanted.items():
                if old.get(name) != part:
                    self.do(change if name in old else add, object=o, **{key: plain(part)})
            for name in [n for n in old if n not in wanted]:
                self.do(retire, object=o, **{key: name})
        now, seen = self.objects[o], (names_of(self.objects[o]), names_of(new))
        known = {n for f in now.fields for n in (f.name, *(c.name for c in TYPES[f.type].companions(f)))}
        if laid_out(now.layout, seen[0]) != laid_out(new.layout, seen[1]):
            self.do("set_layout", object=o, layout=plain(laid_out(new.layout, known)))
        mine = now.layouts
        for role in [*new.layouts, *(r for r in mine if r not in new.layouts)]:
            old, layout = mine.get(role), new.layouts.get(role)
            if (old and laid_out(old, seen[0])) != (layout and laid_out(layout, seen[1])):
                told = None if layout is None else plain(laid_out(layout, known))
                self.do("set_layout", object=o, role=role, layout=told)
        self.open_up(new)

    def open_up(self, new: Object) -> None:
        """Its rules of access and cascades are as wanted."""
        o, old = new.name, self.objects[new.name]
        rules = {r.name: r for r in old.access}
        for r in new.access:
            if rules.get(r.name) != r:
                self.do("put_access_rule", object=o, kind="only" if r.only else "grant", **both(r, OF_ACCESS))
        for name in sorted(rules.keys() - {r.name for r in new.access}):
            self.do("retire_access_rule", object=o, name=name)
        for name in sorted({*old.cascades, *new.cascades}):
            usual = "read" if name == new.inherits else "none"
            level = new.cascades.get(name, usual)
            if old.cascades.get(name, usual) != level:
                self.do("set_cascade", object=o, field=name, level=level)


def names_of(o: Object) -> set[str]:
    """The names of an object's live fields, with what they bring along."""
    return {n for f in o.fields if not f.retired for n in (f.name, *(c.name for c in TYPES[f.type].companions(f)))}


def laid_out(layout: Layout, names: set[str]) -> Layout:
    """A layout with these fields only; it may go on naming what is retired."""
    sections = (replace(s, fields=tuple(n for n in s.fields if n in names)) for s in layout.sections)
    return replace(layout, sections=tuple(sections))


def different(old: Any, new: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Those of the attributes ``names`` that are not the same, with their new values as JSON."""
    return both(new, tuple(n for n in names if getattr(old, n) != getattr(new, n)))


def both(what: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Attributes of a part of a catalog as JSON."""
    return {n: plain(getattr(what, n)) for n in names}


def plain(value: Any) -> Any:
    """A part of a catalog as the JSON in which a change names it; what is as it is by default is left out."""
    if is_dataclass(value):
        return dict(_told(value))
    if (several := sequence(value)) is not None:
        return [plain(v) for v in several]
    if (pairs := mapping(value)) is not None:
        return {k: plain(v) for k, v in pairs.items()}
    return value


def _told(part: Any) -> Iterator[tuple[str, Any]]:
    inner = next((names for kind, names in INNER.items() if isinstance(part, kind)), frozenset[str]())
    for f in fields(part):
        value = getattr(part, f.name)
        usual: Any = f.default_factory() if f.default_factory is not MISSING else f.default
        if f.name not in inner and (usual is MISSING or value != usual):
            yield f.name, plain(value)
