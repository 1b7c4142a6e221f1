"""Looking behind a mask: one record at a time, only for roles that may, and never without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guanxi.base import FieldError, Forbidden, Invalid, NotFound, TooMany
from guanxi.base.ids import is_id
from guanxi.base.json import dumps, loads
from guanxi.records import access
from guanxi.records.audit import note, spend, today
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.journal import veiled
from guanxi.schema.catalog import Entity
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
    behind = await veiled(ctx, entity, [id]) if is_id(id) else frozenset[str]()
    levels = {n: access.level(ctx.actor, entity, entity.fields[n]) if n in entity.fields else "none" for n in names}
    if unknown := [n for n, right in levels.items() if right == "none"]:
        raise Invalid(errors=[FieldError(n, "unknown_field") for n in unknown])
    if closed := [n for n, right in levels.items() if right == "masked"]:
        raise Forbidden("forbidden_reveal", errors=[FieldError(n, "masked_field") for n in closed])
    if not is_id(id):
        raise NotFound
    # The same lock as at every other door: what stands beside the FROM is the actor's, only the fields are open.
    open_fields = {**ctx.actor.grants.fields, **{f"{object_name}.{n}": "read" for n in names}}
    open_seats = tuple(replace(s, masked=frozenset[str]()) for s in ctx.actor.seats)
    actor = replace(ctx.actor, grants=replace(ctx.actor.grants, fields=open_fields), seats=open_seats, statements={})
    c = Compiler(replace(ctx, actor=actor))
    c.clear = frozenset(n for n in names if entity.types[n].sealed)
    statement = c.one(entity, id, names)
    found = await ctx.db.value(statement.sql, statement.args)
    if found is None:
        raise NotFound
    masked = [n for n, right in levels.items() if right == "reveal" or n in behind]
    if masked:
        pool = await _viewed(ctx, entity, id) if behind & set(masked) else None
        await spend(ctx, "reveal", len(masked))
        await note(
            ctx,
            "reveal",
            object=object_name,
            record=id,
            fields=masked,
            rows=len(masked),
            reason=reason or None,
            pool=pool,
        )
    return (
        dumps({n: sealed.clear(v) if v and n in c.clear else v for n, v in loads(found).items()}) if c.clear else found
    )


async def _viewed(ctx: Context, entity: Entity, id: str) -> str:
    """The pool that the record is in. Raises TooMany where its member has looked at as many of its records today as it allows:
    one that was looked at already may be looked at again."""
    schema = quote(ctx.workspace.schema)
    c = Compiler(ctx)
    source, visible = c.source(entity, "t")
    pool = await ctx.db.value(
        f"SELECT t.{quote(entity.pool)} FROM {source} WHERE {c.among('t.id', [id])} AND {visible}", c.args
    )
    views = next((s.views for s in ctx.actor.seats if s.pool == pool), None)
    if views is None:
        return pool
    await ctx.db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(who)s, 7))", {"who": f"pool {ctx.actor.id}"})
    begin, end = today(ctx.actor, ctx.now)
    seen = await ctx.db.fetch(
        f"SELECT DISTINCT record FROM {schema}._audit WHERE kind = 'reveal' AND actor = %(me)s::uuid AND at >= %(begin)s"
        " AND details->>'pool' = %(pool)s",
        {"me": ctx.actor.id, "begin": begin, "pool": pool},
    )
    if len(seen) >= views and (id,) not in seen:
        left = max(1, int((end - ctx.now).total_seconds()))
        raise TooMany("pool_views", retry_after=left, limit=views)
    return pool
