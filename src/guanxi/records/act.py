"""Carrying out a verb of the domain on one record: its input is read by the same types as fields are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.base import FieldError, Invalid, NotFound
from guanxi.records import rules
from guanxi.records.context import Context
from guanxi.records.read import visible
from guanxi.schema.types import TYPES, Bad


async def begin(ctx: Context, object_name: str, id: str, verb_name: str) -> dict[str, Any]:
    """What the form of a verb begins with on this record: ``{"input": {...}}``, links as records carry them."""
    verb = await _verb(ctx, object_name, id, verb_name)
    return {"input": dict(await verb.begin(ctx, id)) if verb.begin else {}}


async def act(ctx: Context, object_name: str, id: str, verb_name: str, given: Mapping[str, Any]) -> Any:
    """What the verb answers. NotFound for an unknown verb or an invisible record; Invalid for the input, all at once."""
    verb = await _verb(ctx, object_name, id, verb_name)
    fields = {f.name: f for f in verb.input}
    values: dict[str, Any] = {}
    errors = [FieldError(name, "unknown_field") for name in given if name not in fields]
    for name, f in fields.items():
        value = given.get(name)
        if value is None or value == "":
            if f.required:
                errors.append(FieldError(name, "required", {"field": f.label}))
            values[name] = None
            continue
        kind = TYPES[f.type]
        if kind.link:
            values[name] = value  # the verb writes it to a link, and writing looks it up as the caller
            continue
        try:
            values[name] = kind.parse(f, value, ctx.env)
        except Bad as bad:
            errors.append(FieldError(name, bad.code, {"field": f.label, **bad.values}))
    if errors:
        raise Invalid(errors=errors)
    return await verb.run(ctx, id, values)


async def _verb(ctx: Context, object_name: str, id: str, name: str) -> rules.Verb:
    verb = rules.actions(ctx.catalog.object(object_name)).get(name)
    if verb is None:
        raise NotFound
    if not verb.sees:
        await visible(ctx, object_name, id)
    return verb
