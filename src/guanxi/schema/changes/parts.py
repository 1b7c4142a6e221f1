"""The parts of a change from their JSON: names, labels, fields, options, layouts, views, stages.

Each raises Invalid that names the place in the change that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from guanxi.base.shape import mapping, names, sequence
from guanxi.schema.changes.registry import check_keys, fail
from guanxi.schema.model import CHANCES, RESERVED, VIEW_KINDS, Field, Layout, Option, Section, Stage, View
from guanxi.schema.types import TYPES

SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""Names that PostgreSQL keeps for itself in every table."""

MAX_NAME = 40
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

FIELD_KEYS = {"name", "type", "label", "help", "required", "unique", "index", "default", "track", "search", "options",
              "target", "inverse", "inverse_label", "on_delete", "config", "readonly"}  # fmt: skip


def read_name(value: Any, place: str) -> str:
    """An API name."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise fail(place, "bad_name", value=value)
    return value


def read_text(value: Any, place: str) -> str:
    """A text of at most 500 characters."""
    if not isinstance(value, str) or len(value) > 500 or "\0" in value:
        raise fail(place, "wrong_type", expected="a text")
    return value


def read_label(value: Any, place: str, fallback: str) -> dict[str, str]:
    """A label: a text for both languages, or one for each; the fallback where there is none."""
    if value is None or value == {}:
        return {"en": fallback}
    if isinstance(value, str):
        return {"en": value[:120], "zh": value[:120]}
    found = mapping(value)
    if not found or set(found) - {"en", "zh"} or not all(isinstance(v, str) and len(v) <= 500 for v in found.values()):
        raise fail(place, "wrong_type", expected='{"en": …, "zh": …}')
    label = {k: str(v).strip() for k, v in found.items() if v.strip()}
    return {"en": label.get("en") or next(iter(label.values()), fallback), **label}


def read_flag(what: Mapping[str, Any], key: str, place: str, default: bool = False) -> bool:
    """True or false."""
    value = what.get(key, default)
    if not isinstance(value, bool):
        raise fail(f"{place}.{key}", "wrong_type", expected="true or false")
    return value


def read_names(value: Any, place: str) -> tuple[str, ...]:
    """A list of names."""
    found = names(value)
    if found is None:
        raise fail(place, "wrong_type", expected="a list of names")
    return found


def read_options(value: Any, place: str) -> tuple[Option, ...]:
    """The options of a select."""
    entries = sequence(value)
    if entries is None or len(entries) > 2000:
        raise fail(place, "wrong_type", expected="a list of options (at most 2000)")
    out: list[Option] = []
    for i, raw in enumerate(entries):
        here = f"{place}.{i}"
        entry = mapping({"name": raw} if isinstance(raw, str) else raw)
        if entry is None:
            raise fail(here, "wrong_type", expected="an option")
        check_keys(entry, {"name", "label", "color", "active"}, here)
        name = entry.get("name")
        if not isinstance(name, str) or not name.strip() or len(name) > 100 or "\0" in name:
            raise fail(f"{here}.name", "bad_name", value=name)
        if any(o.name == name for o in out):
            raise fail(f"{here}.name", "name_taken", value=name)
        out.append(
            Option(
                name,
                read_label(entry.get("label"), here, name),
                read_text(entry.get("color", ""), here),
                read_flag(entry, "active", here, True),
            )
        )
    return tuple(out)


def read_search(value: Any, place: str) -> str:
    """A weight of the search."""
    weight = "C" if value is True else value or ""
    if weight not in ("", "A", "B", "C"):
        raise fail(place, "not_an_option", value=weight)
    return str(weight)


def read_field(raw: Any, place: str, *, custom: bool = True) -> Field:
    """A Field from its JSON; raises Invalid naming the part that is wrong."""
    what = mapping(raw)
    if what is None:
        raise fail(place, "wrong_type", expected="a field")
    check_keys(what, FIELD_KEYS, place)
    name = read_name(what.get("name"), f"{place}.name")
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
    search = read_search(what.get("search", ""), f"{place}.search")
    return Field(
        name=name,
        type=type_name,
        label=read_label(what.get("label"), f"{place}.label", name),
        help=read_label(what["help"], f"{place}.help", "") if what.get("help") else {},
        required=read_flag(what, "required", place),
        unique=read_flag(what, "unique", place),
        index=read_flag(what, "index", place),
        readonly=read_flag(what, "readonly", place),
        default=what.get("default"),
        track=read_flag(what, "track", place),
        search=search,
        options=read_options(what.get("options") or [], f"{place}.options"),
        target=target,
        inverse=read_name(inverse, f"{place}.inverse") if inverse is not None else None,
        inverse_label=read_label(what["inverse_label"], place, "") if what.get("inverse_label") else {},
        on_delete=on_delete,
        config=dict(config),
        custom=custom,
    )


def read_layout(raw: Any, place: str) -> Layout:
    """A Layout from its JSON."""
    value = mapping(raw)
    if value is None:
        raise fail(place, "wrong_type", expected="a layout")
    check_keys(value, {"sections", "related", "header", "actions", "panels", "flows"}, place)
    sections: list[Section] = []
    for i, part in enumerate(sequence(value.get("sections") or []) or ()):
        s = mapping(part)
        if s is None:
            raise fail(f"{place}.sections.{i}", "wrong_type", expected="a section")
        check_keys(s, {"label", "fields"}, f"{place}.sections.{i}")
        sections.append(Section(read_label(s.get("label"), place, ""), read_names(s.get("fields") or [], place)))
    return Layout(
        tuple(sections),
        read_names(value.get("related") or [], place),
        None if value.get("header", ()) is None else read_names(value.get("header") or [], place),
        None if value.get("actions") is None else read_names(value["actions"], f"{place}.actions"),
        None if value.get("panels") is None else read_names(value["panels"], f"{place}.panels"),
        read_flag(value, "flows", place, True),
    )


def read_view(raw: Any, place: str) -> View:
    """A View from its JSON."""
    value = mapping(raw)
    if value is None:
        raise fail(place, "wrong_type", expected="a view")
    check_keys(value, {"name", "label", "kind", "columns", "filter", "sort", "by", "card", "sum"}, place)
    kind = value.get("kind", "table")
    if kind not in VIEW_KINDS:
        raise fail(f"{place}.kind", "not_an_option", value=kind)
    wanted = mapping(value.get("filter"))
    if wanted is None and value.get("filter") is not None:
        raise fail(f"{place}.filter", "wrong_type", expected="a filter")
    return View(
        name=read_name(value.get("name"), f"{place}.name"),
        label=read_label(value.get("label"), f"{place}.label", str(value.get("name"))),
        kind=kind,
        columns=read_names(value.get("columns") or [], f"{place}.columns"),
        filter=wanted,
        sort=read_text(value.get("sort") or "", f"{place}.sort"),
        by=read_text(value.get("by") or "", f"{place}.by"),
        card=read_names(value.get("card") or [], f"{place}.card"),
        sum=read_text(value.get("sum") or "", f"{place}.sum"),
    )


def read_stages(value: Any, place: str) -> tuple[Stage, ...]:
    """The stages of a pipeline."""
    entries = sequence(value)
    if not entries or len(entries) > 100:
        raise fail(place, "wrong_type", expected="a list of stages")
    out: list[Stage] = []
    for i, raw in enumerate(entries):
        here = f"{place}.{i}"
        s = mapping(raw)
        if s is None:
            raise fail(here, "wrong_type", expected="a stage")
        check_keys(s, {"name", "label", "kind", "probability", "color", "required"}, here)
        name = read_name(s.get("name"), f"{here}.name")
        kind = s.get("kind", "open")
        if kind not in tuple(CHANCES):
            raise fail(f"{here}.kind", "not_an_option", value=kind)
        chance = s.get("probability", CHANCES[kind])
        if not isinstance(chance, int) or isinstance(chance, bool) or not 0 <= chance <= 100:
            raise fail(f"{here}.probability", "wrong_type", expected="0 … 100")
        color = read_text(s.get("color") or "", here)
        out.append(
            Stage(
                name,
                read_label(s.get("label"), here, name),
                kind,
                chance,
                color,
                read_names(s.get("required") or [], here),
            )
        )
    return tuple(out)
