"""From one catalog to another: the changes that lead there, in the form in which the API takes them.

What a pack brings, how two workspaces differ and how a change is taken back are all this one question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from guanxi.base.shape import mapping, sequence
from guanxi.schema.catalog import Catalog
from guanxi.schema.changes import apply
from guanxi.schema.changes.registry import Change, Objects, Pipelines
from guanxi.schema.model import Field, Object, Pipeline, Rule

OF_OBJECT = ("label", "plural", "icon", "area", "subtitle", "title", "owner")
"""What ``change_object`` changes."""
OF_FIELD = ("label", "help", "required", "unique", "index", "default", "track", "search", "options", "config")
"""What ``change_field`` changes."""
PARTS = {
    "views": ("view", "add_view", "change_view", "retire_view"),
    "rules": ("rule", "put_rule", "put_rule", "retire_rule"),
}
"""What an object has several of, by name: how a change names one, and the ops that add, change and retire it."""
INNER: Mapping[type, frozenset[str]] = {
    Object: frozenset({"custom", "retired", "actions", "measures", "activity", "inherits"}),
    Field: frozenset({"of", "right", "system", "custom", "retired", "firm"}),
    Pipeline: frozenset({"custom"}),
    Rule: frozenset({"custom"}),
}
"""What no change names: the engine's own, and what only code declares."""


def changes_between(before: Catalog, after: Catalog) -> list[Change]:
    """The changes that make of ``before`` what ``after`` is; none where they are the same.

    What is live counts: a part that is missing and one that is retired are the same. Raises Invalid where no change
    leads there, as when a standard part is missing.
    """
    way = _Way(dict(before.objects), dict(before.pipelines))
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
            if name not in there:
                self.do("add_field", object=o, **plain(f))
            elif there[name].retired:
                self.do("restore_field", object=o, field=name)
            self.adjust(o, f)
        if differing := different(self.objects[o], new, OF_OBJECT):
            self.do("change_object", object=o, **differing)
        for name, f in there.items():
            if name not in wanted and not f.retired:
                self.do("retire_field", object=o, field=name)

    def adjust(self, o: str, new: Field) -> None:
        """A field that is there is as wanted."""
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
        if self.objects[o].layout != new.layout:
            self.do("set_layout", object=o, layout=plain(new.layout))
        mine = self.objects[o].layouts
        for role in [*new.layouts, *(r for r in mine if r not in new.layouts)]:
            if mine.get(role) != (layout := new.layouts.get(role)):
                self.do("set_layout", object=o, role=role, layout=None if layout is None else plain(layout))


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
