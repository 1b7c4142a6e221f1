"""The type of a field changed: the field under its name becomes another, and what it was is kept beside it.

Here are only the definitions; what becomes of the values, ``guanxi.records.retype`` knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from guanxi.schema.changes.naming import free_label
from guanxi.schema.changes.objects import find_field, find_object, needed, put_field
from guanxi.schema.changes.parts import MAX_NAME, read_field, read_name
from guanxi.schema.changes.registry import Change, Objects, Pipelines, fail, op, unfit
from guanxi.schema.model import Field, Layout, Object
from guanxi.schema.types import TYPES

ON_FAILURE = ("refuse", "empty", "keep_old")
TAKEN_OVER = ("required", "unique", "index", "track", "search", "inverse", "inverse_label")


@op(
    "change_type",
    keys="object field type options target config default required unique index search on_failure former",
)
def change_type(objects: Objects, _pipelines: Pipelines, change: Change) -> None:
    """A field's values become values of another type. `former` is what the field is kept as (of a field that there is, the
    values come back); `on_failure` says what is done where a value cannot: `refuse`, `empty`, or `keep_old` in sight."""
    o = find_object(objects, change)
    f = find_field(o, change)
    if not f.custom:
        raise fail("field", "standard_part", value=f"{o.name}.{f.name}")
    if f.name == o.owner:
        raise needed(f)
    on_failure = change.get("on_failure", "refuse")
    if on_failure not in ON_FAILURE:
        raise fail("on_failure", "not_an_option", value=on_failure)
    name = read_name(change.get("former") or free_former(o, f), "former")
    kept = next((x for x in o.fields if x.name == name), None)
    new = replace(_new_field(f, kept, change), former=name)
    for kind, place in ((TYPES[f.type], "field"), (TYPES[new.type], "type")):
        if kind.made or kind.holds_file or not kind.readable:
            raise unfit(place, "values of this type cannot become others", "此类型的值不能转换", f.label)
    if kept is not None and (kept.type != new.type or not kept.custom):
        raise fail("former", "name_taken", value=name)
    seen = on_failure == "keep_old" and kept is None
    former = replace(f, name=name, retired=not seen, **(_only_kept(o, f) if seen else {}))
    mine = {n for x in o.fields if x.name not in (f.name, name) for n in _names(x)}
    for other in (*_names(new), *_names(former)):
        if other in mine or (other != f.name and other in _names(new) and other in _names(former)):
            raise fail(f"{o.name}.{other}", "name_taken", value=other)
    fields = tuple(x for x in o.fields if x.name != name)
    known = {n for x in (*fields, new) for n in _names(x)} - (set(_names(f)) - set(_names(new)))
    beside = {f.name: (f.name, name)} if seen else {}

    def shown(layout: Layout) -> Layout:
        """The layout without what the field brings along no more, and with what it was beside it."""
        wanted = [(s, [n for own in s.fields for n in beside.get(own, (own,))]) for s in layout.sections]
        return replace(
            layout,
            sections=tuple(replace(s, fields=tuple(n for n in names if n in known | {name})) for s, names in wanted),
        )

    layouts = {role: shown(layout) for role, layout in o.layouts.items()}
    put_field(objects, replace(o, fields=(*fields, former), layout=shown(o.layout), layouts=layouts), new)


def _new_field(f: Field, kept: Field | None, change: Change) -> Field:
    """The field as it will be: as it was kept, else with what the two types have in common, and as the change says."""
    kind = TYPES.get(str(change.get("type")))
    base = kept or f
    raw: dict[str, Any] = {key: getattr(base, key) for key in TAKEN_OVER}
    if kind is not None and kept is None:
        raw["index"] = f.index and bool(kind.index)
        raw["unique"] = f.unique and kind.index == "btree"
    if kept is not None:
        raw |= {"target": kept.target, "config": dict(kept.config), "default": kept.default}
    raw |= {key: value for key, value in change.items() if key not in ("object", "field", "on_failure", "former")}
    new = read_field({**raw, "name": f.name, "label": dict(f.label), "help": dict(f.help)}, "")
    options = kept.options if kept and "options" not in change else new.options
    return replace(new, options=options, on_delete=base.on_delete)


def _only_kept(o: Object, f: Field) -> dict[str, Any]:
    """What makes a field one that only shows what was."""
    return {
        "label": free_label(o, f.label, {"en": (" (before", ")"), "zh": ("（原", "）")}),
        "required": False,
        "unique": False,
        "index": False,
        "readonly": True,
        "default": None,
        "inverse": None,
    }


def _names(f: Field) -> Iterator[str]:
    """The columns of a field."""
    yield f.name
    yield from (c.name for c in TYPES[f.type].companions(f))


def free_former(o: Object, f: Field) -> str:
    """A name under which a field can be kept: ``tier_was``."""
    taken = {n for x in o.fields for n in _names(x)}
    for n in count(1):
        end = f"_was{n if n > 1 else ''}"
        name = f.name[: MAX_NAME - len(end)] + end
        if taken.isdisjoint(_names(replace(f, name=name))):
            return name
    raise AssertionError("a number was free")  # pragma: no cover
