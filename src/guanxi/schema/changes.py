"""Changes to a catalog, as the API takes them and a workspace's layer keeps them: flat objects with an ``op``.

:func:`apply` carries out one change on plain dictionaries of objects and pipelines. Standard parts may be presented
differently (labels, help, layout, views, options) but not stored differently: their types, targets and names stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from guanxi.base import FieldError, Invalid
from guanxi.base.shape import mapping, names, sequence
from guanxi.schema.model import RESERVED, Field, Layout, Object, Option, Pipeline, Section, Stage, View
from guanxi.schema.types import TYPES, FieldType
from guanxi.schema.types.text import TextType

Change = Mapping[str, Any]
Objects = dict[str, Object]
Pipelines = dict[str, Pipeline]
Carry = Callable[[Objects, Pipelines, Change], None]

SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""Names that PostgreSQL keeps for itself in every table."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

FIELD_KEYS = {"name", "type", "label", "help", "required", "unique", "index", "default", "track", "search", "options",
              "target", "inverse", "inverse_label", "on_delete", "config", "readonly"}  # fmt: skip
OBJECT_KEYS = {
    "name",
    "label",
    "plural",
    "fields",
    "title",
    "subtitle",
    "owner",
    "icon",
    "area",
    "inherits",
    "layout",
    "views",
}


def fail(place: str | None, code: str, **values: object) -> Invalid:
    """An Invalid for one place of a change."""
    return Invalid(errors=[FieldError(place, code, values)])


def apply(objects: Objects, pipelines: Pipelines, change: Change) -> None:
    """Carry out one change; raises Invalid naming the part that cannot be accepted."""
    if mapping(change) is None:
        raise fail(None, "wrong_type", expected="a change")
    op = change.get("op")
    handler = OPS.get(op) if isinstance(op, str) else None
    if handler is None:
        raise fail("op", "unknown_change", value=op)
    handler(objects, pipelines, {k: v for k, v in change.items() if k != "op"})


# -- reading parts ---------------------------------------------------------------------------------------------------


def _keys(what: Mapping[str, Any], allowed: set[str], place: str) -> None:
    unknown = sorted(str(k) for k in set(what) - allowed)
    if unknown:
        raise Invalid(errors=[FieldError(f"{place}.{k}" if place else k, "unknown_parameter") for k in unknown])


def _name(value: Any, place: str) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise fail(place, "bad_name", value=value)
    return value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or len(value) > 500 or "\0" in value:
        raise fail(place, "wrong_type", expected="a text")
    return value


def _label(value: Any, place: str, fallback: str) -> dict[str, str]:
    if value is None:
        return {"en": fallback}
    if isinstance(value, str):
        return {"en": value[:120], "zh": value[:120]}
    found = mapping(value)
    if not found or set(found) - {"en", "zh"} or not all(isinstance(v, str) and len(v) <= 500 for v in found.values()):
        raise fail(place, "wrong_type", expected='{"en": …, "zh": …}')
    label = {k: str(v).strip() for k, v in found.items() if v.strip()}
    return {"en": label.get("en") or next(iter(label.values()), fallback), **label}


def _flag(what: Mapping[str, Any], key: str, place: str, default: bool = False) -> bool:
    value = what.get(key, default)
    if not isinstance(value, bool):
        raise fail(f"{place}.{key}", "wrong_type", expected="true or false")
    return value


def _names(value: Any, place: str) -> tuple[str, ...]:
    found = names(value)
    if found is None:
        raise fail(place, "wrong_type", expected="a list of names")
    return found


def _options(value: Any, place: str) -> tuple[Option, ...]:
    entries = sequence(value)
    if entries is None or len(entries) > 2000:
        raise fail(place, "wrong_type", expected="a list of options (at most 2000)")
    out: list[Option] = []
    for i, raw in enumerate(entries):
        here = f"{place}.{i}"
        entry = mapping({"name": raw} if isinstance(raw, str) else raw)
        if entry is None:
            raise fail(here, "wrong_type", expected="an option")
        _keys(entry, {"name", "label", "color", "active"}, here)
        name = entry.get("name")
        if not isinstance(name, str) or not name.strip() or len(name) > 100 or "\0" in name:
            raise fail(f"{here}.name", "bad_name", value=name)
        if any(o.name == name for o in out):
            raise fail(f"{here}.name", "name_taken", value=name)
        out.append(
            Option(
                name,
                _label(entry.get("label"), here, name),
                _text(entry.get("color", ""), here),
                _flag(entry, "active", here, True),
            )
        )
    return tuple(out)


def _search(value: Any, place: str) -> str:
    weight = "C" if value is True else value or ""
    if weight not in ("", "A", "B", "C"):
        raise fail(place, "not_an_option", value=weight)
    return str(weight)


def read_field(raw: Any, place: str, *, custom: bool = True) -> Field:
    """A Field from its JSON; raises Invalid naming the part that is wrong."""
    what = mapping(raw)
    if what is None:
        raise fail(place, "wrong_type", expected="a field")
    _keys(what, FIELD_KEYS, place)
    name = _name(what.get("name"), f"{place}.name")
    if name in RESERVED | SYSTEM_COLUMNS:
        raise fail(f"{place}.name", "name_taken", value=name)
    type_name = what.get("type")
    if not isinstance(type_name, str) or type_name not in TYPES or not TYPES[type_name].custom:
        raise fail(f"{place}.type", "unknown_type", value=type_name)
    config = mapping(what.get("config") or {})
    if config is None:
        raise fail(f"{place}.config", "wrong_type", expected="an object")
    target = what.get("target")
    if target is None and type_name == "user":
        target = "user"
    if target is not None and not isinstance(target, str):
        raise fail(f"{place}.target", "wrong_type", expected="an object's name")
    inverse = what.get("inverse")
    on_delete = what.get("on_delete", "clear")
    if on_delete not in ("clear", "restrict"):
        raise fail(f"{place}.on_delete", "not_an_option", value=on_delete)
    search = _search(what.get("search", ""), f"{place}.search")
    return Field(
        name=name,
        type=type_name,
        label=_label(what.get("label"), f"{place}.label", name),
        help=_label(what["help"], f"{place}.help", "") if what.get("help") else {},
        required=_flag(what, "required", place),
        unique=_flag(what, "unique", place),
        index=_flag(what, "index", place),
        readonly=_flag(what, "readonly", place),
        default=what.get("default"),
        track=_flag(what, "track", place),
        search=search,
        options=_options(what.get("options") or [], f"{place}.options"),
        target=target,
        inverse=_name(inverse, f"{place}.inverse") if inverse is not None else None,
        inverse_label=_label(what["inverse_label"], place, "") if what.get("inverse_label") else {},
        on_delete=on_delete,
        config=dict(config),
        custom=custom,
    )


def _layout(raw: Any, place: str) -> Layout:
    value = mapping(raw)
    if value is None:
        raise fail(place, "wrong_type", expected="a layout")
    _keys(value, {"sections", "related", "header"}, place)
    sections: list[Section] = []
    for i, part in enumerate(sequence(value.get("sections") or []) or ()):
        s = mapping(part)
        if s is None:
            raise fail(f"{place}.sections.{i}", "wrong_type", expected="a section")
        _keys(s, {"label", "fields"}, f"{place}.sections.{i}")
        sections.append(Section(_label(s.get("label"), place, ""), _names(s.get("fields") or [], place)))
    return Layout(tuple(sections), _names(value.get("related") or [], place), _names(value.get("header") or [], place))


def read_view(raw: Any, place: str) -> View:
    """A View from its JSON."""
    value = mapping(raw)
    if value is None:
        raise fail(place, "wrong_type", expected="a view")
    _keys(value, {"name", "label", "kind", "columns", "filter", "sort", "by", "card", "sum"}, place)
    kind = value.get("kind", "table")
    if kind not in ("table", "board", "calendar", "chart"):
        raise fail(f"{place}.kind", "not_an_option", value=kind)
    wanted = mapping(value.get("filter"))
    if wanted is None and value.get("filter") is not None:
        raise fail(f"{place}.filter", "wrong_type", expected="a filter")
    return View(
        name=_name(value.get("name"), f"{place}.name"),
        label=_label(value.get("label"), f"{place}.label", str(value.get("name"))),
        kind=kind,
        columns=_names(value.get("columns") or [], f"{place}.columns"),
        filter=wanted,
        sort=_text(value.get("sort") or "", f"{place}.sort"),
        by=_text(value.get("by") or "", f"{place}.by"),
        card=_names(value.get("card") or [], f"{place}.card"),
        sum=_text(value.get("sum") or "", f"{place}.sum"),
    )


def _stages(value: Any, place: str) -> tuple[Stage, ...]:
    entries = sequence(value)
    if not entries or len(entries) > 100:
        raise fail(place, "wrong_type", expected="a list of stages")
    out: list[Stage] = []
    for i, raw in enumerate(entries):
        here = f"{place}.{i}"
        s = mapping(raw)
        if s is None:
            raise fail(here, "wrong_type", expected="a stage")
        _keys(s, {"name", "label", "kind", "probability", "color", "required"}, here)
        name = _name(s.get("name"), f"{here}.name")
        kind = s.get("kind", "open")
        if kind not in ("open", "won", "lost"):
            raise fail(f"{here}.kind", "not_an_option", value=kind)
        chance = s.get("probability", {"open": 50, "won": 100, "lost": 0}[kind])
        if not isinstance(chance, int) or isinstance(chance, bool) or not 0 <= chance <= 100:
            raise fail(f"{here}.probability", "wrong_type", expected="0 … 100")
        color = _text(s.get("color") or "", here)
        out.append(
            Stage(name, _label(s.get("label"), here, name), kind, chance, color, _names(s.get("required") or [], here))
        )
    return tuple(out)


# -- the changes -----------------------------------------------------------------------------------------------------


def _object(objects: Objects, change: Change) -> Object:
    name = change.get("object")
    found = objects.get(name) if isinstance(name, str) else None
    if found is None or found.retired:
        raise fail("object", "unknown_object", object=name)
    return found


def _field(owner: Object, change: Change, *, retired: bool = False) -> Field:
    name = change.get("field")
    for f in owner.fields:
        if f.name == name and f.retired == retired:
            return f
    raise fail("field", "unknown_field", field=name)


def _put(objects: Objects, owner: Object, f: Field) -> None:
    objects[owner.name] = replace(owner, fields=tuple(f if x.name == f.name else x for x in owner.fields))


def _taken(owner: Object, f: Field) -> None:
    mine = {x.name for x in owner.fields} | {c.name for x in owner.fields for c in TYPES[x.type].companions(x)}
    for name in (f.name, *(c.name for c in TYPES[f.type].companions(f))):
        if name in mine:
            raise fail(f"{owner.name}.{name}", "name_taken", value=name)


def titles(kind: FieldType) -> bool:
    """Whether fields of this type can stand for a record: lines of text."""
    return isinstance(kind, TextType) and kind.sortable and kind.readable


def _add_object(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, OBJECT_KEYS, "")
    name = _name(change.get("name"), "name")
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
    label = _label(change.get("label"), "label", name)
    listed = tuple(f.name for f in fields)
    objects[name] = Object(
        name=name,
        label=label,
        plural=_label(change.get("plural"), "plural", label["en"]) if change.get("plural") else label,
        fields=tuple(fields),
        title=_text(title, "title"),
        subtitle=_names(change.get("subtitle") or [], "subtitle"),
        owner=_text(owner or "", "owner"),
        inherits=_text(change.get("inherits") or "", "inherits"),
        icon=_text(change.get("icon") or "box", "icon"),
        area=_text(change.get("area") or "custom", "area"),
        layout=_layout(change["layout"], "layout")
        if change.get("layout")
        else Layout((Section({"en": "Details", "zh": "详情"}, listed),)),
        views=tuple(read_view(v, f"views.{i}") for i, v in enumerate(change.get("views") or []))
        or (View("all", {"en": "All", "zh": "全部"}, columns=(*listed[:6], "updated_at")),),
        custom=True,
    )


def _change_object(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object", "label", "plural", "icon", "area", "subtitle"}, "")
    o = _object(objects, change)
    objects[o.name] = replace(
        o,
        label=_label(change["label"], "label", o.name) if "label" in change else o.label,
        plural=_label(change["plural"], "plural", o.name) if "plural" in change else o.plural,
        icon=_text(change.get("icon", o.icon), "icon"),
        area=_text(change.get("area", o.area), "area"),
        subtitle=_names(change.get("subtitle", o.subtitle), "subtitle"),
    )


def _retire_object(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object"}, "")
    o = _object(objects, change)
    if not o.custom:
        raise fail("object", "standard_part", value=o.name)
    for other in objects.values():
        for f in other.fields:
            if f.target == o.name and other.name != o.name and not f.retired and not other.retired:
                raise fail("object", "bad_config", reason=f"{other.name}.{f.name} points to it", field=o.name)
    objects[o.name] = replace(o, retired=True)


def _restore_object(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object"}, "")
    name = change.get("object")
    found = objects.get(name) if isinstance(name, str) else None
    if found is None or not found.retired:
        raise fail("object", "unknown_object", object=name)
    objects[found.name] = replace(found, retired=False)


def _add_field(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    o = _object(objects, change)
    f = read_field({k: v for k, v in change.items() if k != "object"}, o.name)
    _taken(o, f)
    sections = o.layout.sections or (Section({"en": "Details", "zh": "详情"}, ()),)
    last = replace(sections[-1], fields=(*sections[-1].fields, f.name))
    objects[o.name] = replace(o, fields=(*o.fields, f), layout=replace(o.layout, sections=(*sections[:-1], last)))


def _change_field(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(
        change,
        {
            "object",
            "field",
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
        },
        "",
    )
    o = _object(objects, change)
    f = _field(o, change)
    if not f.custom and any(change.get(k) is False and getattr(f, k) for k in ("required", "unique")):
        raise fail("field", "standard_part", value=f"{o.name}.{f.name}")
    _put(objects, o, replace(
        f,
        label=_label(change["label"], "label", f.name) if "label" in change else f.label,
        help=_label(change["help"], "help", "") if change.get("help") else f.help,
        required=_flag(change, "required", "", f.required),
        unique=_flag(change, "unique", "", f.unique),
        index=_flag(change, "index", "", f.index),
        default=change.get("default", f.default),
        track=_flag(change, "track", "", f.track),
        search=_search(change.get("search", f.search), "search"),
        options=_options(change["options"], "options") if "options" in change else f.options,
        config={**f.config, **(mapping(change.get("config")) or {})},
    ))  # fmt: skip


def _retire_field(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object", "field"}, "")
    o = _object(objects, change)
    f = _field(o, change)
    if not f.custom:
        raise fail("field", "standard_part", value=f"{o.name}.{f.name}")
    if f.name in (o.title, o.owner):
        raise fail("field", "bad_config", reason="the object needs it as its title or owner", field=f.name)
    _put(objects, o, replace(f, retired=True))


def _restore_field(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object", "field"}, "")
    o = _object(objects, change)
    _put(objects, o, replace(_field(o, change, retired=True), retired=False))


def _add_option(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object", "field", "option"}, "")
    o = _object(objects, change)
    f = _field(o, change)
    if f.type not in ("select", "multiselect"):
        raise fail("field", "bad_config", reason="only a select has options", field=f.name)
    _put(objects, o, replace(f, options=_options([*map(_option_json, f.options), change.get("option")], "option")))


def _change_option(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object", "field", "option"}, "")
    o = _object(objects, change)
    f = _field(o, change)
    new = _options([change.get("option")], "option")[0]
    if all(x.name != new.name for x in f.options):
        raise fail("option", "not_an_option", value=new.name, field=f.name)
    _put(objects, o, replace(f, options=tuple(new if x.name == new.name else x for x in f.options)))


def _retire_option(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object", "field", "option"}, "")
    o = _object(objects, change)
    f = _field(o, change)
    name = change.get("option")
    if all(x.name != name for x in f.options):
        raise fail("option", "not_an_option", value=name, field=f.name)
    _put(objects, o, replace(f, options=tuple(replace(x, active=False) if x.name == name else x for x in f.options)))


def _option_json(o: Option) -> dict[str, Any]:
    return {"name": o.name, "label": o.label, "color": o.color, "active": o.active}


def _set_layout(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object", "layout"}, "")
    o = _object(objects, change)
    layout = _layout(change.get("layout"), "layout")
    known = {f.name for f in o.fields} | {c.name for f in o.fields for c in TYPES[f.type].companions(f)}
    for s in layout.sections:
        for name in s.fields:
            if name not in known:
                raise fail(name, "unknown_field")
    objects[o.name] = replace(o, layout=layout)


def _put_view(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object", "view"}, "")
    o = _object(objects, change)
    view = read_view(change.get("view"), "view")
    others = tuple(v for v in o.views if v.name != view.name)
    objects[o.name] = replace(o, views=(*others, view))


def _retire_view(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"object", "view"}, "")
    o = _object(objects, change)
    if all(v.name != change.get("view") for v in o.views):
        raise fail("view", "unknown_field")
    objects[o.name] = replace(o, views=tuple(v for v in o.views if v.name != change["view"]))


def _put_pipeline(objects: Objects, pipelines: Pipelines, change: Change) -> None:
    _keys(change, {"name", "object", "label", "stages"}, "")
    o = _object(objects, change)
    name = _name(change.get("name"), "name")
    before = pipelines.get(name)
    if before and before.object != o.name:
        raise fail("name", "name_taken", value=name)
    pipelines[name] = Pipeline(
        name, o.name, _label(change.get("label"), "label", name), _stages(change.get("stages"), "stages"), custom=True
    )


OPS: dict[str, Carry] = {
    "add_object": _add_object,
    "change_object": _change_object,
    "retire_object": _retire_object,
    "restore_object": _restore_object,
    "add_field": _add_field,
    "change_field": _change_field,
    "retire_field": _retire_field,
    "restore_field": _restore_field,
    "add_option": _add_option,
    "change_option": _change_option,
    "retire_option": _retire_option,
    "set_layout": _set_layout,
    "add_view": _put_view,
    "change_view": _put_view,
    "retire_view": _retire_view,
    "add_pipeline": _put_pipeline,
    "change_pipeline": _put_pipeline,
}
"""Every change that the API takes, by its ``op``."""
