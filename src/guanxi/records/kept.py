"""Figures that the program takes of records and keeps beside what is written in them, as roll-ups are kept.

They follow from other records and from the time that goes by, so no history has them and a record's version stands for what
people wrote. Only read-only fields hold such figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi.pg import quote
from guanxi.records.context import Context


async def keep(ctx: Context, object_name: str, ids: Sequence[str], figures: Mapping[str, Sequence[Any]]) -> int:
    """Put figures (by field, in stored form, one for each of ``ids``) where they differ; how many records had others."""
    entity = ctx.catalog.object(object_name)
    if not ids or not figures:
        return 0
    for name in figures:
        assert entity.fields[name].readonly, name  # noqa: S101 - what people write is written through the write path
    columns = {n: entity.types[n].column(entity.fields[n]) for n in figures}
    names = ", ".join(quote(n) for n in columns)
    arrays = ", ".join(f"%({n})s::{kind}[]" for n, kind in columns.items())
    sets = ", ".join(f"{quote(n)} = s.{quote(n)}" for n in columns)
    have, want = (", ".join(f"{side}.{quote(n)}" for n in columns) for side in ("t", "s"))
    return await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}.{quote(object_name)} AS t SET {sets}"
        f" FROM unnest(%(id)s::uuid[], {arrays}) AS s(id, {names}) WHERE t.id = s.id AND ({have}) IS DISTINCT FROM ({want})",
        {"id": list(ids), **{n: list(v) for n, v in figures.items()}},
    )
