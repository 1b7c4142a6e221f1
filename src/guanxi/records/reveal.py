"""Looking behind a mask: one record at a time, only for roles that may, and never without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guanxi.base import FieldError, Forbidden, Invalid, NotFound
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.records import access
from guanxi.records.audit import note, spend
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.schema.types import sealed


async def reveal(ctx: Context, object_name: str, id: str, fields: Sequence[str], reason: str = "") -> bytes:
    """``{"id", "version", field: value}`` in clear, as JSON. The entry in the audit stands in the same transaction.

    Raises Invalid for fields that are not masked for the actor, Forbidden where the role may not look behind the mask,
    TooMany when its limit for the day is used up; each field of a record counts.
    """
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    names = tuple(dict.fromkeys(fields))
    if not names:
        raise Invalid.one("fields", "required")
    levels = {n: access.level(ctx.actor, entity, entity.fields[n]) if n in entity.fields else "none" for n in names}
    if unknown := [n for n, right in levels.items() if right == "none"]:
        raise Invalid(errors=[FieldError(n, "unknown_field") for n in unknown])
    if closed := [n for n, right in levels.items() if right == "masked"]:
        raise Forbidden("forbidden_reveal", errors=[FieldError(n, "masked_field") for n in closed])
    if not is_id(id):
        raise NotFound
    # The same lock as at every other door: what stands beside the FROM is the actor's, only the fields are open.
    open_fields = {**ctx.actor.grants.fields, **{f"{object_name}.{n}": "read" for n in names}}
    actor = replace(ctx.actor, grants=replace(ctx.actor.grants, fields=open_fields), statements={})
    c = Compiler(replace(ctx, actor=actor))
    c.clear = frozenset(n for n in names if entity.types[n].sealed)
    statement = c.one(entity, id, names)
    found = await ctx.db.value(statement.sql, statement.args)
    if found is None:
        raise NotFound
    masked = [n for n, right in levels.items() if right == "reveal"]
    if masked:
        await spend(ctx, "reveal", len(masked))
        await note(ctx, "reveal", object=object_name, record=id, fields=masked, rows=len(masked), reason=reason or None)
    return (
        dumps({n: sealed.clear(v) if v and n in c.clear else v for n, v in loads(found).items()}) if c.clear else found
    )
