"""One change of all records that a query finds: all or nothing, and a refusal says which they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from guanxi.base import Among, FieldError, Problem
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.records.journal import titles_of
from guanxi.records.row import Archive, Delete, Operation, Restore, Update
from guanxi.records.write import MAX_BATCH, write
from guanxi.schema.filter import both, where
from guanxi.schema.query import Query

FIRST = 3
"""Of many records that a refusal is about, so many are said by name."""


async def mass(
    ctx: Context,
    query: Query,
    values: Mapping[str, Any] | type[Delete | Archive | Restore],
    ids: Sequence[str] | None = None,
) -> tuple[int, int]:
    """Change (or delete, archive, restore) every record of a query that the actor may; (matched, changed).

    Records are taken in chunks in one transaction, so that it is all or nothing; what is visible but may not be changed
    makes a Forbidden.
    """
    wanted = query.filter if ids is None else both(query.filter, where("id", "in", list(ids)))
    statement = Compiler(ctx).ids(replace(query, filter=wanted, limit=None))
    found = [r[0] for r in await ctx.db.fetch(statement.sql, statement.args)]
    changed = 0
    for start in range(0, len(found), MAX_BATCH):
        chunk = found[start : start + MAX_BATCH]
        operations: list[Operation] = [values(i) if isinstance(values, type) else Update(i, values) for i in chunk]
        try:
            async with ctx.db.savepoint():
                outcomes = await write(ctx, query.object, operations, render=False)
        except Problem as refused:
            if len(found) > 1:
                await _say_which(ctx, query.object, refused, chunk, len(found) > start + len(chunk))
            raise
        changed += sum(o.problem is None and o.changed for o in outcomes)
    return len(found), changed


async def _say_which(ctx: Context, object_name: str, refused: Problem, ids: Sequence[str], on: bool) -> None:
    """Say which records a refused change of many is about: each reason once, with how many and the first by name."""
    # What is wrong with the change itself is of no record; what it leads to elsewhere is refused for others than were to be changed.
    if len(refused.errors or refused.ids) != len(refused.ids) or not set(ids).issuperset(refused.ids):
        return
    grouped: dict[tuple[object, ...], tuple[FieldError | None, list[str]]] = {}
    for e, id in zip(refused.errors or [None] * len(refused.ids), refused.ids, strict=True):
        key = (e.field, e.code, repr(e.values)) if e else ()
        grouped.setdefault(key, (e, []))[1].append(id)
    titles = await titles_of(ctx, object_name, {i for _, those in grouped.values() for i in those[:FIRST]})
    errors: list[FieldError] = []
    for e, those in grouped.values():
        among = Among(len(those), tuple(filter(None, map(titles.get, those[:FIRST]))), on)
        if e:
            errors.append(replace(e, row=None, among=among))
        else:
            refused.among = among
    refused.errors = errors
