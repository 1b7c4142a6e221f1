"""The words of a field of tags: which there are and how often, and one for several in all records at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from guanxi.base import Forbidden, Invalid, NotFound
from guanxi.pg import as_installation
from guanxi.records import access
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.evolve import evolve
from guanxi.records.row import Operation, Update
from guanxi.records.write import MAX_BATCH, write
from guanxi.schema.catalog import Entity
from guanxi.schema.model import Field
from guanxi.schema.types import Bad

MOST = 1_000
"""Words that are told, the most frequent first."""


def _field(ctx: Context, object_name: str, name: str) -> tuple[Entity, Field]:
    """The field of tags that the actor may read. Raises NotFound, Invalid for one of another type."""
    entity = ctx.catalog.object(object_name)
    f = entity.fields.get(name)
    if f is None or not access.may(ctx.actor, entity, "read") or not access.readable(ctx.actor, entity, f):
        raise NotFound
    if not entity.types[name].worded:
        raise Invalid.one(name, "not_tags")
    return entity, f


async def tags(ctx: Context, object_name: str, name: str) -> list[dict[str, Any]]:
    """``[{"tag", "count"}]`` over the records that the actor may see; words that are allowed and in no record count 0."""
    entity, f = _field(ctx, object_name, name)
    c = Compiler(ctx)
    source, visible = c.source(entity, "t")
    rows = await ctx.db.fetch(
        f"SELECT u.tag, count(*) FROM {source} CROSS JOIN LATERAL unnest({c.column(entity, 't', name)}) AS u(tag) WHERE {visible}"
        f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST}",
        c.args,
    )
    used = {tag for tag, _ in rows}
    unused = [word for word in f.config.get("words") or () if word not in used]
    return [{"tag": tag, "count": n} for tag, n in [*rows, *((word, 0) for word in unused)]]


async def retag(
    ctx: Context, object_name: str, name: str, words: Sequence[str], to: str | None, *, new: bool = False
) -> dict[str, Any]:
    """Put ``to`` in the place of any of ``words`` in every record (None: take them away): ``{"changed", "change_set"}``.

    It is one change set, that of the context. It takes the right to shape the catalog, and reaches all records, like a change
    of the name of an option. Where only certain words are allowed, ``words`` are so no longer, and ``to`` is one of them, or
    becomes so (``new``). Raises Forbidden, Invalid for a word that the field does not take.
    """
    entity, f = _field(ctx, object_name, name)
    if not (ctx.actor.system or "catalog" in ctx.actor.grants.system):
        raise Forbidden
    told = ", ".join(words)
    label = f"{told} → {to or '∅'}"[:200]
    kind = entity.types[name]
    try:
        free = replace(f, config={**f.config, "words": None}) if new else f
        to = (kind.parse(free, [to], ctx.env) or [None])[0] if to else None
    except Bad as bad:
        raise Invalid.one("to", bad.code, field=f.label, **bad.values) from None
    old = set(words) - {to}
    if (allowed := f.config.get("words")) is not None:
        left = [w for w in dict.fromkeys((*allowed, *([to] if to else ()))) if w not in old]
        if left != list(allowed):
            ctx = await _allow(ctx, entity, f, left)
    own = replace(ctx.as_system("tags"), bulk="mass", label=label)
    changed, after = 0, None
    while True:
        c = Compiler(own)
        source, _ = c.source(entity, "t")
        beyond = f" AND t.id > {c.bind(after, 'uuid')}" if after else ""
        rows = await ctx.db.fetch(
            f"SELECT t.id, t.{quote(name)} FROM {source} WHERE t.{quote(name)} && {c.bind(sorted(old), 'text[]')}"
            f" AND t.deleted_at IS NULL{beyond} ORDER BY t.id LIMIT {MAX_BATCH}",
            c.args,
        )
        if not rows:
            return {"changed": changed, "change_set": ctx.change_set if changed else None}
        after = rows[-1][0]
        operations: list[Operation] = [
            Update(id, {name: list(dict.fromkeys(w for tag in held if (w := to if tag in old else tag)))})
            for id, held in rows
        ]
        changed += sum(o.changed for o in await write(own, object_name, operations, render=False))


async def _allow(ctx: Context, entity: Entity, f: Field, words: Sequence[str]) -> Context:
    """From here on these words alone are taken (none: all are)."""
    change = {"op": "change_field", "object": entity.name, "field": f.name, "config": {"words": list(words) or None}}
    async with as_installation(ctx.db):
        done = await evolve(ctx.db, ctx.workspace, [change], actor=None if ctx.actor.system else ctx.actor.id)
    return replace(ctx, catalog=done.catalog)
