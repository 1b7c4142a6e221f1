"""What buttons and forms ask for: fields of the engine's types, checked alike whoever fills them in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from guanxi.base import FieldError, Invalid, Label
from guanxi.base.json import dumps
from guanxi.base.shape import mapping, names, sequence
from guanxi.schema.catalog import Catalog
from guanxi.schema.model import Field, Option
from guanxi.schema.types import Bad, Env, type_of

INPUTS: Mapping[str, str] = {
    "text": "text",
    "long_text": "longtext",
    "email": "email",
    "phone": "phone",
    "url": "url",
    "number": "decimal",
    "date": "date",
    "boolean": "boolean",
    "select": "select",
    "multi_select": "multiselect",
    "user": "user",
    "link": "link",
}
"""What a field of a form may be, and the engine's type of it."""

INSIDE = frozenset({"user", "link"})
"""What strangers cannot be asked: to choose one has to see them."""

CHOICES = frozenset({"select", "multi_select"})
CONSENT = "consent"
"""The name under which steps find whether the sender agreed."""

KEYS = frozenset({"name", "type", "label", "help", "required", "options", "target", "when"})
MOST_FIELDS, MOST_OPTIONS, MOST_BYTES = 50, 200, 50_000
_LONG = {"text": 255, "long_text": 5_000}


def _label(value: Any, fallback: str) -> Label:
    form = mapping(value)
    return {k: str(v) for k, v in form.items()} if form else {"en": str(value or fallback)}


def options_of(one: Mapping[str, Any]) -> tuple[Option, ...]:
    """The options of a field to choose from."""
    return tuple(Option(o["name"], _label(o.get("label"), o["name"])) for o in sequence(one.get("options")) or ())


def field_of(one: Mapping[str, Any]) -> Field:
    """A field of a form as one of an object; ``config.when`` is the condition under which it is asked for."""
    said = str(one.get("type") or "text")
    config: dict[str, Any] = {"max": _LONG[said]} if said in _LONG else {}
    if one.get("when"):
        config["when"] = one["when"]
    return Field(
        one["name"],
        INPUTS[said],
        _label(one.get("label"), one["name"]),
        help=_label(one.get("help"), "") if one.get("help") else {},
        required=bool(one.get("required")),
        options=options_of(one),
        target="user" if said == "user" else one.get("target"),
        config=config,
    )


def asked_for(one: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a field is asked for beside these values."""
    when = mapping(one.get("when"))
    if when is None:
        return True
    held, wanted = values.get(when["field"]), when["value"]
    return held in wanted if when["op"] == "in" else (held or False) == (wanted or False)


def checked(fields: Sequence[Mapping[str, Any]], given: Any, env: Env) -> dict[str, Any]:
    """The values as steps find them. Raises Invalid with all that is missing, not asked for, or not of its type."""
    form, out, errors = mapping(given) or {}, dict[str, Any](), list[FieldError]()
    known = {one["name"] for one in fields}
    errors += [FieldError(name[:60], "unknown_field") for name in form if name not in known]
    for one in fields:
        f, value = field_of(one), form.get(one["name"])
        if not asked_for(one, out):
            continue
        kind = type_of(f)
        try:
            stored = None if value is None or value in ("", []) else kind.parse(f, value, env)
        except Bad as bad:
            errors.append(FieldError(f.name, bad.code, {**bad.values, "field": f.label}))
            continue
        if isinstance(stored, Mapping):
            errors.append(FieldError(f.name, "not_an_id", {"field": f.label, "value": str(value)[:60]}))
        elif stored is None or (one.get("type") == "boolean" and not stored):
            if f.required:
                errors.append(FieldError(f.name, "required", {"field": f.label}))
            elif stored is not None:
                out[f.name] = stored
        else:
            out[f.name] = kind.dump(f, stored)
    if len(dumps(form)) > MOST_BYTES:
        errors = [FieldError(None, "too_complex", {"limit": MOST_BYTES})]
    if errors:
        raise Invalid(errors=errors)
    return out


# -- whether a form can be one -----------------------------------------------------------------------------------------


def faults(name: str, label: Label, value: Any, catalog: Catalog) -> Iterator[FieldError]:
    """What is wrong with the fields of a form."""

    def wrong(en: str, zh: str) -> FieldError:
        return FieldError(name, "wrong_type", {"field": label, "expected": {"en": en, "zh": zh}})

    several = sequence(value)
    if several is None or len(several) > MOST_FIELDS:
        yield wrong("a list of fields", "字段列表")
        return
    seen: dict[str, str] = {}
    for raw in several:
        one = mapping(raw)
        own = one.get("name") if one else None
        if one is None or not isinstance(own, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", own) or own in seen:
            yield wrong("fields with different names of small letters", "名称为小写字母且互不相同的字段")
            return
        said = str(one.get("type") or "text")
        if said not in INPUTS:
            yield FieldError(name, "not_an_option", {"field": label, "value": said[:60]})
        elif own == CONSENT:
            yield FieldError(name, "form_reserved", {"field": label, "name": CONSENT})
        elif set(one) - KEYS or not _texts(one.get("label"), 200) or not _texts(one.get("help"), 500):
            yield wrong(
                "fields of name, type, label, help, required, options and when",
                "由名称、类型、标签、说明、必填、选项和条件组成的字段",
            )
        elif said in CHOICES and not _options(one.get("options")):
            yield wrong("options with different names for a choice", "选择类字段须有名称互不相同的选项")
        elif said == "link" and one.get("target") not in catalog.entities:
            yield FieldError(name, "unknown_object", {"object": str(one.get("target"))[:60]})
        elif one.get("when") and not _condition(one["when"], seen):
            yield wrong("a condition on a choice that stands above", "以上方的选择类字段为条件")
        seen[own] = said


def _texts(value: Any, most: int) -> bool:
    form = mapping(value)
    return value is None or all(
        isinstance(v, str) and len(v) <= most for v in (form.values() if form is not None else [value])
    )


def _options(value: Any) -> bool:
    several = [mapping(one) for one in sequence(value) or ()]
    called = [str(one.get("name")) if one else "" for one in several]
    return (
        0 < len(called) <= MOST_OPTIONS
        and len({*called}) == len(called)
        and all(re.fullmatch(r"[^\s,;、]{1,60}", n) for n in called)
        and all(_texts(one.get("label"), 200) for one in several if one)
    )


def _condition(value: Any, above: Mapping[str, str]) -> bool:
    when = mapping(value) or {}
    of, wanted = above.get(str(when.get("field"))), when.get("value")
    if set(when) != {"field", "op", "value"}:
        return False
    if when["op"] == "eq":
        return (of == "boolean" and isinstance(wanted, bool)) or (of == "select" and isinstance(wanted, str))
    return when["op"] == "in" and of == "select" and bool(names(wanted))


def address_faults(trigger: Mapping[str, Any]) -> Iterator[FieldError]:
    """What is wrong with where a form may stand and leads: origins are ``https://host``, the redirect lies in one of them."""
    origins = names(trigger.get("origins") or ())
    if origins is None or not all(_origin(o) == o for o in origins):
        yield FieldError("origins", "form_origin")
    elif (redirect := str(trigger.get("redirect") or "")) and (
        re.search(r"[^\x21-\x7e]", redirect) or _origin(redirect) not in origins
    ):
        yield FieldError("redirect", "form_redirect")


def _origin(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    host = parts.hostname or ""
    local = host in ("localhost", "127.0.0.1")
    if parts.scheme not in (("https", "http") if local else ("https",)) or not re.fullmatch(r"[a-z0-9.-]{1,253}", host):
        return None
    return f"{parts.scheme}://{host}{port}"
