"""Changes to how records are shown and move: layouts, views, pipelines."""

from __future__ import annotations

from dataclasses import replace

from guanxi.schema.changes.objects import find_object
from guanxi.schema.changes.parts import read_label, read_layout, read_name, read_stages, read_view
from guanxi.schema.changes.registry import Change, Objects, Pipelines, fail, op
from guanxi.schema.model import Pipeline
from guanxi.schema.types import TYPES


@op("set_layout", keys="object layout role")
def set_layout(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """How a form and a record page are laid out, for everybody or for one `role`; null takes a role's own away."""
    o = find_object(objects, change)
    role = change.get("role")
    if role is not None and (not isinstance(role, str) or not 0 < len(role) <= 100):
        raise fail("role", "bad_name", value=str(role)[:60])
    if role is not None and change.get("layout") is None:
        objects[o.name] = replace(o, layouts={r: v for r, v in o.layouts.items() if r != role})
        return
    layout = read_layout(change.get("layout"), "layout")
    known = {f.name for f in o.fields} | {c.name for f in o.fields for c in TYPES[f.type].companions(f)}
    for s in layout.sections:
        for name in s.fields:
            if name not in known:
                raise fail(name, "unknown_field")
    named = {"layout": layout} if role is None else {"layouts": {**o.layouts, role: layout}}
    objects[o.name] = replace(o, **named)


@op("add_view", "change_view", keys="object view")
def put_view(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A list view of an object, added or put in place of the one of its name."""
    o = find_object(objects, change)
    view = read_view(change.get("view"), "view")
    known = any(v.name == view.name for v in o.views)
    views = tuple(view if v.name == view.name else v for v in o.views)
    objects[o.name] = replace(o, views=views if known else (*views, view))


@op("retire_view", keys="object view")
def retire_view(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A list view goes."""
    o = find_object(objects, change)
    if all(v.name != change.get("view") for v in o.views):
        raise fail("view", "unknown_field")
    objects[o.name] = replace(o, views=tuple(v for v in o.views if v.name != change["view"]))


@op("add_pipeline", "change_pipeline", keys="name object label stages")
def put_pipeline(objects: Objects, pipelines: Pipelines, change: Change) -> None:
    """A pipeline with its stages, added or put in place of the one of its name."""
    o = find_object(objects, change)
    name = read_name(change.get("name"), "name")
    before = pipelines.get(name)
    if before and before.object != o.name:
        raise fail("name", "name_taken", value=name)
    pipelines[name] = Pipeline(
        name,
        o.name,
        read_label(change.get("label"), "label", name),
        read_stages(change.get("stages"), "stages"),
        custom=before is None or before.custom,
    )


@op("retire_pipeline", keys="name")
def retire_pipeline(_objects: Objects, pipelines: Pipelines, change: Change) -> None:
    """A pipeline of the workspace's own goes; no record may be in it."""
    found = pipelines.get(str(change.get("name")))
    if found is None:
        raise fail("name", "not_an_option", value=change.get("name"))
    if not found.custom:
        raise fail("name", "standard_part", value=found.name)
    del pipelines[found.name]
