"""Changes to what is stored: objects, their fields and the options of these.

Standard parts may be presented differently but not stored differently: their types, targets and names stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from guanxi.base import FieldError, Invalid, say
from guanxi.base.shape import mapping, sequence
from guanxi.base.text import LANGUAGES
from guanxi.schema.changes.parts import (
    read_field,
    read_flag,
    read_label,
    read_layout,
    read_name,
    read_names,
    read_options,
    read_search,
    read_text,
    read_view,
)
from guanxi.schema.changes.registry import Change, Objects, Pipelines, fail, named, op, unfit
from guanxi.schema.model import Field, Layout, Object, Option, Section, View
from guanxi.schema.types import TYPES, FieldType
from guanxi.schema.types.text import TextType


def find_object(objects: Objects, change: Change) -> Object:
    """The live object that a change speaks of."""
    name = change.get("object")
    found = objects.get(name) if isinstance(name, str) else None
    if found is None or found.retired:
        raise fail("object", "unknown_object", object=name)
    return found


def find_field(owner: Object, change: Change, *, retired: bool = False) -> Field:
    """The field that a change speaks of, among the live ones or among the retired."""
    name = change.get("field")
    for f in owner.fields:
        if f.name == name and f.retired == retired:
            return f
    raise fail("field", "unknown_field", field=name)


def needed(f: Field) -> Invalid:
    """The refusal to take away, or make another, what stands for a record or says whose it is."""
    return unfit("field", "the object needs it as its title or owner", "对象以它作为标题或负责人", f.label)


def put_field(objects: Objects, owner: Object, f: Field) -> None:
    """Put a field in place of the one of its name."""
    objects[owner.name] = replace(owner, fields=tuple(f if x.name == f.name else x for x in owner.fields))


def titles(kind: FieldType) -> bool:
    """Whether fields of this type can stand for a record: lines of text."""
    return isinstance(kind, TextType) and kind.sortable and kind.readable


@op("add_object", keys="name label plural fields title subtitle owner icon area inherits moment channel layout views")
def add_object(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A new object; without a title field a name is added, without an owner field an owner."""
    name = read_name(change.get("name"), "name")
    if name in objects:
        raise fail("name", "name_taken", value=name)
    raw = sequence(change.get("fields") or [])
    if raw is None:
        raise fail("fields", "wrong_type", expected="a list of fields")
    fields: list[Field] = []
    errors: list[FieldError] = []
    for i, f in enumerate(raw):
        try:
            fields.append(read_field(f, f"fields.{i}"))
        except Invalid as invalid:
            errors += invalid.errors
    if errors:
        raise Invalid(errors=errors)
    able = [f.name for f in fields if titles(TYPES[f.type])]
    title = change.get("title") or ("name" if "name" in able or not able else able[0])
    if title == "name" and not any(f.name == title for f in fields):
        fields.insert(
            0,
            Field(
                "name",
                "text",
                {"en": "Name", "zh": "名称"},
                required=True,
                search="A",
                config={"max": 255},
                custom=True,
            ),
        )
    fields = [replace(f, search=f.search or "A") if f.name == title else f for f in fields]
    owner = change.get("owner")
    if owner is None and any(f.name == "owner" and f.type == "user" for f in fields):
        owner = "owner"
    elif owner is None and not any(f.name == "owner" for f in fields):
        fields.append(
            Field("owner", "user", {"en": "Owner", "zh": "负责人"}, target="user", default="$me", custom=True)
        )
        owner = "owner"
    label = read_label(change.get("label"), "label", name)
    listed = tuple(f.name for f in fields)
    objects[name] = Object(
        name=name,
        label=label,
        plural=read_label(change.get("plural"), "plural", label["en"]) if change.get("plural") else label,
        fields=tuple(fields),
        title=read_text(title, "title"),
        subtitle=read_names(change.get("subtitle") or [], "subtitle"),
        owner=read_text(owner or "", "owner"),
        inherits=read_text(change.get("inherits") or "", "inherits"),
        icon=read_text(change.get("icon") or "box", "icon"),
        area=read_text(change.get("area") or "custom", "area"),
        moment=read_text(change.get("moment") or "", "moment"),
        channel=read_text(change.get("channel") or "", "channel"),
        layout=read_layout(change["layout"], "layout")
        if change.get("layout")
        else Layout((Section({"en": "Details", "zh": "详情"}, listed),), header=None),
        views=tuple(read_view(v, f"views.{i}") for i, v in enumerate(change.get("views") or []))
        or (View("all", {"en": "All", "zh": "全部"}, columns=(*listed[:6], "updated_at")),),
        custom=True,
    )


@op("change_object", keys="object label plural icon area subtitle title owner moment channel")
def change_object(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """How an object is called and where it stands; of the workspace's own also what stands for it and whose it is."""
    o = find_object(objects, change)
    if not o.custom and {"title", "owner"} & change.keys():
        raise fail("object", "standard_part", value=o.name)
    objects[o.name] = replace(
        o,
        label=read_label(change["label"], "label", o.name) if "label" in change else o.label,
        plural=read_label(change["plural"], "plural", o.name) if "plural" in change else o.plural,
        icon=read_text(change.get("icon", o.icon), "icon"),
        area=read_text(change.get("area", o.area), "area"),
        subtitle=read_names(change.get("subtitle", o.subtitle), "subtitle"),
        title=read_text(change.get("title", o.title), "title"),
        owner=read_text(change.get("owner", o.owner) or "", "owner"),
        moment=read_text(change.get("moment", o.moment) or "", "moment"),
        channel=read_text(change.get("channel", o.channel) or "", "channel"),
    )


@op("retire_object", keys="object")
def retire_object(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """An object goes; its records wait in their table."""
    o = find_object(objects, change)
    if not o.custom:
        raise fail("object", "standard_part", value=o.name)
    for other in objects.values():
        for f in other.fields:
            if f.target == o.name and other.name != o.name and not f.retired and not other.retired:
                en, zh = (f"{say(other.label, lang)} › {say(f.label, lang)}" for lang in LANGUAGES)
                en, zh = f"{en} points to it; retire that field first", f"“{zh}”指向它，请先停用该字段"
                raise unfit("object", en, zh, o.label)
    objects[o.name] = replace(o, retired=True)


@op("restore_object", keys="object")
def restore_object(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A retired object comes back with its records."""
    name = change.get("object")
    found = objects.get(name) if isinstance(name, str) else None
    if found is None or not found.retired:
        raise fail("object", "unknown_object", object=name)
    objects[found.name] = replace(found, retired=False)


@op(
    "add_field",
    keys="object name type label help required unique index default track search options target inverse inverse_label on_delete config readonly",
)
def add_field(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A new field, put last on the layout."""
    o = find_object(objects, change)
    f = read_field({k: v for k, v in change.items() if k != "object"}, o.name)
    for name in named(f):
        if name in objects.used(o):
            raise fail(f"{o.name}.{name}", "name_taken", value=name)
    sections = o.layout.sections or (Section({"en": "Details", "zh": "详情"}, ()),)
    last = replace(sections[-1], fields=(*sections[-1].fields, f.name))
    layout = replace(o.layout, sections=(*sections[:-1], last))
    objects.add(replace(o, fields=(*o.fields, f), layout=layout), f)


@op("change_field", keys="object field label help required unique index default track search options config readonly")
def change_field(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """What may be said about a field without storing it differently; a setting that is null is taken away."""
    o = find_object(objects, change)
    f = find_field(o, change)
    if any(change.get(k) is False for k in f.firm):
        raise fail("field", "standard_part", value=f"{o.name}.{f.name}")
    put_field(objects, o, replace(
        f,
        label=read_label(change["label"], "label", f.name) if "label" in change else f.label,
        help=(read_label(change["help"], "help", "") if change["help"] else {}) if "help" in change else f.help,
        required=read_flag(change, "required", "", f.required),
        unique=read_flag(change, "unique", "", f.unique),
        index=read_flag(change, "index", "", f.index),
        default=change.get("default", f.default),
        track=read_flag(change, "track", "", f.track),
        search=read_search(change.get("search", f.search), "search"),
        options=read_options(change["options"], "options") if "options" in change else f.options,
        readonly=read_flag(change, "readonly", "", f.readonly),
        config={k: v for k, v in {**f.config, **(mapping(change.get("config")) or {})}.items() if v is not None},
    ))  # fmt: skip


@op("retire_field", keys="object field")
def retire_field(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A field goes; its values wait in their column."""
    o = find_object(objects, change)
    f = find_field(o, change)
    if not f.custom:
        raise fail("field", "standard_part", value=f"{o.name}.{f.name}")
    if f.name in (o.title, o.owner):
        raise needed(f)
    put_field(objects, o, replace(f, retired=True))


@op("restore_field", keys="object field")
def restore_field(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A retired field comes back with its values."""
    o = find_object(objects, change)
    put_field(objects, o, replace(find_field(o, change, retired=True), retired=False))


@op("add_option", keys="object field option")
def add_option(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """One more option of a select."""
    o = find_object(objects, change)
    f = find_field(o, change)
    if f.type not in ("select", "multiselect"):
        raise unfit("field", "only a choice has options", "只有单选和多选字段有选项", f.label)
    put_field(
        objects, o, replace(f, options=read_options([*map(_option_json, f.options), change.get("option")], "option"))
    )


@op("change_option", keys="object field option")
def change_option(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """An option is called or shown differently."""
    o = find_object(objects, change)
    f = find_field(o, change)
    new = read_options([change.get("option")], "option")[0]
    if all(x.name != new.name for x in f.options):
        raise fail("option", "not_an_option", value=new.name, field=f.name)
    put_field(objects, o, replace(f, options=tuple(new if x.name == new.name else x for x in f.options)))


@op("retire_option", keys="object field option")
def retire_option(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """An option is offered no more; records that have it keep it, and the API and imports still take it, for what is older."""
    o = find_object(objects, change)
    f = find_field(o, change)
    name = change.get("option")
    if all(x.name != name for x in f.options):
        raise fail("option", "not_an_option", value=name, field=f.name)
    put_field(
        objects, o, replace(f, options=tuple(replace(x, active=False) if x.name == name else x for x in f.options))
    )


def _option_json(o: Option) -> dict[str, Any]:
    return {"name": o.name, "label": o.label, "color": o.color, "active": o.active}
