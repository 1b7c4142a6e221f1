"""Types of parameters: what may stand in each, checked against the catalog and against what can be named at that place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from guanxi.base import FieldError, Label
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.base.shape import mapping, names, sequence
from guanxi.flows import asking
from guanxi.flows.kinds import Parameter
from guanxi.flows.paths import Scope, places
from guanxi.records.rules import actions
from guanxi.records.workspaces import is_zone
from guanxi.schema.catalog import Entity
from guanxi.schema.conditions import faults
from guanxi.schema.formula import Wrong, understand
from guanxi.schema.types import Bad
from guanxi.schema.types.base import Env

MAX_TEXT = 20_000
MAX_LEVELS = 19
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = ("minutes", "hours", "days", "weeks")
WHO = ("user", "role", "team", "field", "manager_of")

Given = Mapping[str, Any]
Check = Callable[[Parameter, Any, Given, Scope], Iterator[FieldError]]


def object_of(p: Parameter, given: Given, scope: Scope) -> str | None:
    """The object whose fields a parameter is about."""
    if p.of == "flow":
        return scope.objects.get("record")
    value = given.get(p.of)
    if value is None:
        return scope.objects.get("record") if p.of == "record" else None
    if isinstance(value, str) and value in scope.catalog.entities and p.of != "record":
        return value
    return scope.object(value) if isinstance(value, str) else None


def _entity(p: Parameter, given: Given, scope: Scope) -> Entity | None:
    return scope.catalog.entities.get(object_of(p, given, scope) or "")


def _wrong(p: Parameter, en: str, zh: str) -> Iterator[FieldError]:
    expected: Label = {"en": en, "zh": zh}
    yield FieldError(p.name, "wrong_type", {"field": p.label, "expected": expected})


def _text(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if not isinstance(value, str):
        yield from _wrong(p, "a text", "文本")
    elif len(value) > MAX_TEXT:
        yield FieldError(p.name, "too_long", {"field": p.label, "max": MAX_TEXT})


def _path(p: Parameter, path: str, scope: Scope) -> Iterator[FieldError]:
    if not scope.known(path):
        yield FieldError(p.name, "flow_unknown_path", {"field": p.label, "path": path[:100]})


def _words(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    both = mapping(value)
    texts = list(both.values()) if both is not None else [value]
    for text in texts:
        if not isinstance(text, str):
            yield from _wrong(p, "a text", "文本")
            return
        yield from _text(p, text, given, scope)
        for path in places(text):
            yield from _path(p, path, scope)


def _number(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if type(value) is not int:
        yield from _wrong(p, "a whole number", "整数")
    elif p.low is not None and value < p.low:
        yield FieldError(p.name, "too_small", {"field": p.label, "min": p.low})
    elif p.high is not None and value > p.high:
        yield FieldError(p.name, "too_big", {"field": p.label, "max": p.high})


def _boolean(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if not isinstance(value, bool):
        yield from _wrong(p, "true or false", "true 或 false")


def _choice(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if value not in [name for name, _ in p.options]:
        yield FieldError(p.name, "not_an_option", {"field": p.label, "value": str(value)[:60]})


def _choices(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    several = names(value)
    if several is None:
        yield from _wrong(p, "a list", "列表")
    for one in several or ():
        yield from _choice(p, one, given, scope)


def _time(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        yield from _wrong(p, "a time such as 09:00", "时间，例如 09:00")


def _zone(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if not isinstance(value, str) or not is_zone(value):
        yield from _wrong(p, "a time zone such as Asia/Shanghai", "时区，例如 Asia/Shanghai")


def _label(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    form = mapping(value)
    if form is None or not form or not all(isinstance(v, str) and 0 < len(v) <= (p.high or 100) for v in form.values()):
        yield from _wrong(p, 'a text by language, {"en", "zh"}', "各语言的文本 {“en”, “zh”}")


def _object(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if not isinstance(value, str) or value not in scope.catalog.entities:
        yield FieldError(p.name, "unknown_object", {"object": str(value)[:60]})


def _one_field(p: Parameter, value: Any, entity: Entity | None) -> Iterator[FieldError]:
    f = entity.fields.get(value) if entity and isinstance(value, str) else None
    if entity is None or f is None or not entity.types[f.name].readable:
        yield FieldError(p.name, "flow_unknown_field", {"field": p.label, "name": str(value)[:60]})
    elif p.kinds and not {f.type, entity.types[f.name].name} & set(p.kinds):
        yield FieldError(p.name, "flow_field_kind", {"field": p.label, "name": f.label})


def _field(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    yield from _one_field(p, value, _entity(p, given, scope))


def _fields(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    several = names(value)
    if several is None:
        yield from _wrong(p, "a list of names of fields", "字段名列表")
    for one in several or ():
        yield from _one_field(p, one, _entity(p, given, scope))


def _filter(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    entity = _entity(p, given, scope)
    if entity is None:
        yield FieldError(p.name, "flow_no_record", {"field": p.label})
        return
    form = mapping(value)
    if form is None:
        yield from _wrong(p, "a filter", "筛选条件")
        return
    yield from faults(scope.catalog, entity, form, p.name, p.name == "filter" and given.get("kind") == "changed")


def _ref(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if not isinstance(value, str) or scope.object(value) is None:
        yield FieldError(p.name, "flow_no_record", {"field": p.label})


def checked_value(p: Parameter, value: Any, scope: Scope) -> Iterator[FieldError]:
    """What is wrong with a literal, ``{"formula": text}``, ``{"from": path}`` or ``{"text": words}``."""
    form = mapping(value)
    if form is None:
        if len(dumps(value)) > MAX_TEXT:
            yield FieldError(p.name, "too_long", {"field": p.label, "max": MAX_TEXT})
    elif set(form) == {"from"}:
        if isinstance(form["from"], str):
            yield from _path(p, form["from"], scope)
        else:
            yield from _wrong(p, "a path", "路径")
    elif set(form) == {"formula"}:
        about = scope.objects.get("loop") or scope.objects.get("record")
        if about is None or not isinstance(form["formula"], str):
            yield FieldError(p.name, "flow_no_record", {"field": p.label})
            return
        try:
            understand(form["formula"], about, scope.catalog.see)
        except Wrong as wrong:
            yield FieldError(p.name, wrong.code, {**wrong.told, "field": p.label})
    elif set(form) == {"text"}:
        yield from _words(p, form["text"], {}, scope)


def _value(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    yield from checked_value(p, value, scope)


def _values(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    entity, form = _entity(p, given, scope), mapping(value)
    if form is None:
        yield from _wrong(p, "fields with their values", "字段及其值")
        return
    for name, one in form.items():
        f = entity.fields.get(name) if entity else None
        if entity is None or f is None:
            yield FieldError(p.name, "flow_unknown_field", {"field": p.label, "name": name[:60]})
            continue
        if f.readonly or f.system or entity.types[name].made or entity.types[name].derived:
            yield FieldError(p.name, "read_only", {"field": f.label})
            continue
        made = mapping(one)
        if made is not None and (set(made) & {"from", "formula", "text"}):
            yield from checked_value(p, one, scope)
        elif one is not None and one != "" and not entity.types[name].link and not entity.types[name].anywhere:
            try:
                entity.types[name].parse(f, one, Env())
            except Bad as bad:
                yield FieldError(p.name, bad.code, {**bad.values, "field": f.label})
            except (NotImplementedError, LookupError):
                continue


def _input(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    form = mapping(value)
    if form is None:
        yield from _wrong(p, "names with their values", "名称及其值")
        return
    for one in form.values():
        yield from checked_value(p, one, scope)


def _who(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    several = sequence(value)
    if not several:
        yield FieldError(p.name, "flow_who", {"field": p.label})
        return
    if len(several) > 50:
        yield from _wrong(p, "at most 50 people, roles and teams", "不超过 50 个人员、角色或团队")
        return
    record = scope.objects.get("loop") or scope.objects.get("record")
    for one in several:
        form = mapping(one)
        if form is None or len(form) != 1 or not set(form) <= set(WHO):
            yield from _wrong(
                p, "a user, role, team, field of people, or the manager of one", "用户、角色、团队、人员字段或其上级"
            )
            continue
        [(how, what)] = form.items()
        if how in ("user", "team") and not is_id(what):
            yield FieldError(p.name, "not_an_id", {"field": p.label, "value": str(what)[:60]})
        elif how == "role" and not isinstance(what, str):
            yield from _wrong(p, "the name of a role", "角色名")
        elif how in ("field", "manager_of"):
            path = what if isinstance(what, str) else ""
            entity = scope.catalog.entities.get(record or "")
            whole = (
                path
                if path.split(".")[0] in ("record", "loop", "steps")
                else f"{'loop.' if 'loop' in scope.objects else ''}record.{path}"
            )
            f = scope.field(whole) if entity else None
            if f is None or f.target != "user":
                yield FieldError(p.name, "flow_unknown_field", {"field": p.label, "name": path[:60]})


def _id(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if not is_id(value):
        yield FieldError(p.name, "not_an_id", {"field": p.label, "value": str(value)[:60]})


def _ids(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    several = sequence(value)
    if several is None or len(several) > 500:
        yield from _wrong(p, "a list of ids", "编号列表")
    for one in several or ():
        yield from _id(p, one, given, scope)


def _duration(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    form = mapping(value)
    sound = form is not None and form and set(form) <= set(UNITS)
    if not sound or not all(type(v) is int and 0 <= v <= 100_000 for v in (form or {}).values()):
        yield from _wrong(p, 'a duration such as {"days": 3}', "时长，例如 {“days”: 3}")


def _words_by_name(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    form = mapping(value)
    if form is None or len(form) > 100:
        yield from _wrong(p, "names with texts", "名称与文本")
        return
    for one in form.values():
        yield from _words(p, one, given, scope)


def _form(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    yield from asking.faults(p.name, p.label, value, scope.catalog)


def _names(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    several = names(value)
    if several is None or len(several) > 50 or not all(0 < len(v) <= 300 for v in several):
        yield from _wrong(p, "a list of texts", "文本列表")


def _event(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    form = mapping(value)
    if form is None or form.get("kind") not in ("created", "changed", "removed"):
        yield from _wrong(p, "what happens: created, changed or removed", "发生的事：created、changed 或 removed")
        return
    if not set(form) <= {"kind", "object", "record", "fields", "filter"}:
        yield from _wrong(p, "kind, object, record, fields and filter", "kind、object、record、fields 和 filter")
        return
    record, name = form.get("record"), form.get("object")
    at = (
        scope.object(record)
        if isinstance(record, str)
        else name
        if isinstance(name, str)
        else scope.objects.get("record")
    )
    if at is None or at not in scope.catalog.entities:
        yield FieldError(p.name, "flow_no_record", {"field": p.label})
        return
    entity = scope.catalog.entities[at]
    for one in names(form.get("fields") or ()) or ():
        yield from _one_field(p, one, entity)
    if form.get("filter") is not None:
        yield from faults(scope.catalog, entity, mapping(form["filter"]) or {"": 0}, p.name, True)


def _levels(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    several = sequence(value)
    if not several:
        yield FieldError(p.name, "required", {"field": p.label})
        return
    if len(several) > MAX_LEVELS:
        yield from _wrong(p, f"at most {MAX_LEVELS} levels", f"不超过 {MAX_LEVELS} 级")
        return
    for n, one in enumerate(several, 1):
        form = mapping(one)
        if (
            form is None
            or not set(form) <= {"name", "who", "need", "filter"}
            or form.get("need", "any") not in ("any", "all")
        ):
            yield from _wrong(
                p, "levels of who, need (any or all) and filter", "由 who、need（any 或 all）和 filter 组成的级次"
            )
            return
        yield from _who(replace(p, label={"en": f"Level {n}", "zh": f"第 {n} 级"}), form.get("who"), given, scope)
        if form.get("filter") is not None:
            yield from _filter(replace(p, of="flow"), form["filter"], given, scope)


def _literal(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    entity = scope.catalog.entities.get(scope.objects.get("record") or "")
    f = entity.fields.get(next(iter(names(given.get(p.of)) or ()), "")) if entity else None
    if entity is None or f is None:
        yield FieldError(p.name, "flow_unknown_field", {"field": p.label, "name": ""})
    elif mapping(value) is None and not entity.types[f.name].link and not entity.types[f.name].anywhere:
        try:
            entity.types[f.name].parse(f, value, Env())
        except Bad as bad:
            yield FieldError(p.name, bad.code, {**bad.values, "field": f.label})
        except (NotImplementedError, LookupError):
            return


def _sort(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    if not isinstance(value, str):
        yield from _wrong(p, "a text", "文本")
        return
    for one in value.split(","):
        yield from _one_field(p, one.strip().removeprefix("-"), _entity(p, given, scope))


def _action(p: Parameter, value: Any, given: Given, scope: Scope) -> Iterator[FieldError]:
    entity = _entity(p, given, scope)
    if entity is None or not isinstance(value, str) or value not in actions(entity):
        yield FieldError(p.name, "not_an_option", {"field": p.label, "value": str(value)[:60]})


TYPES: Mapping[str, Check] = {
    "text": _text,
    "secret": _text,
    "words": _words,
    "number": _number,
    "days": _number,
    "boolean": _boolean,
    "choice": _choice,
    "choices": _choices,
    "time": _time,
    "zone": _zone,
    "label": _label,
    "object": _object,
    "field": _field,
    "fields": _fields,
    "filter": _filter,
    "ref": _ref,
    "value": _value,
    "values": _values,
    "input": _input,
    "who": _who,
    "flow": _id,
    "team": _id,
    "segment": _id,
    "users": _ids,
    "duration": _duration,
    "texts": _words_by_name,
    "form": _form,
    "names": _names,
    "event": _event,
    "levels": _levels,
    "literal": _literal,
    "sort": _sort,
    "action": _action,
}
"""By name: ``text`` plain; ``words`` a text with places like ``{account.name}`` (or one by language); ``number`` whole; ``days`` before (negative) or after something; ``choice``
and ``choices`` of the options; ``time`` HH:MM; ``zone``; ``label`` by language (of ``high`` characters at most); ``names`` a list of texts; ``object``; ``field``, ``fields``, ``filter``,
``values`` of the object that ``of`` says; ``ref`` a record; ``value`` a literal, ``{"from": path}``, ``{"formula": text}`` or
``{"text": words}``; ``input`` values by name; ``who`` people; ``flow``, ``team``, ``segment``, ``users`` ids; ``duration`` ``{"days": 3}``;
``texts`` words by name; ``form`` fields of a form; ``event`` something to wait for; ``levels``
of an approval; ``literal`` a value of the first of the fields that ``of`` names; ``sort`` fields in whose order, ``-`` before one that falls; ``action`` a verb of the object."""


def wanted(p: Parameter, given: Given) -> bool:
    """Whether a parameter is asked for, by what others are set to."""
    return all(given.get(n) in values for n, values in p.when.items())


def check(p: Parameter, given: Given, scope: Scope) -> Iterator[FieldError]:
    """What is wrong with one parameter of a trigger or step."""
    value = given.get(p.name)
    if value is None or value == "" or value == [] or value == {}:
        if p.required and wanted(p, given):
            yield FieldError(p.name, "required", {"field": p.label})
        return
    yield from TYPES[p.type](p, value, given, scope)
