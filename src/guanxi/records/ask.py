"""Several questions about records at once: what stands at paths, what formulas make of them, which conditions hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanxi.base import Forbidden
from guanxi.base.json import loads
from guanxi.records import access
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.records.formulas import Maker
from guanxi.schema.filter import Filter
from guanxi.schema.formula import Wrong, understand
from guanxi.schema.formula.meaning import result_of
from guanxi.schema.model import Field
from guanxi.schema.types import type_of


@dataclass(frozen=True, slots=True)
class Told:
    """What is true of one record, in the order of the questions; values are as records are read."""

    values: Mapping[str, Any]
    formulas: Sequence[Any]
    holds: Sequence[bool]


async def ask(
    ctx: Context,
    object_name: str,
    ids: Sequence[str],
    paths: Sequence[str] = (),
    formulas: Sequence[str] = (),
    filters: Sequence[Filter] = (),
    *,
    deleted: bool = False,
) -> dict[str, Told]:
    """By id, of those records that the actor may see; ``deleted`` asks of those in the recycle bin.

    Raises Invalid for what cannot be asked (any more): a field that there is not, a formula that cannot be understood.
    """
    entity = ctx.catalog.object(object_name)
    if not ids or not access.may(ctx.actor, entity, "read"):
        return {}
    if deleted and not (ctx.actor.system or "bin" in ctx.actor.grants.system):
        raise Forbidden
    c = Compiler(ctx)
    c.few = True
    source, visible = c.source(entity, "t", of="bin" if deleted else "live")
    items: list[str] = []
    for i, path in enumerate(paths):
        names = path.split(".")
        items.append(f"{c.show(entity, 'p', names, names, set())} AS p{i}")
    for i, text in enumerate(formulas):
        try:
            tree = understand(text, object_name, c.see)
            f = Field("formula", "formula", {}, config={"expression": text, "result": result_of(tree, "")})
        except Wrong as wrong:
            raise wrong.invalid() from None
        kind = type_of(f)
        value = f"({Maker(c, False).result(tree, f, kind, entity, 'p')})::{kind.column(f)}"
        items.append(f"(SELECT {kind.json_sql(f, 'q.v')} FROM (SELECT {value} AS v) AS q) AS f{i}")
    items += [f"coalesce({c.where(entity, 'p', what)}, FALSE) AS w{i}" for i, what in enumerate(filters)]
    rows = await ctx.db.fetch(
        c.said(
            f"SELECT p.id, row_to_json(_r) FROM (SELECT t.* FROM {source} WHERE {c.among('t.id', list(ids))} AND {visible}) AS p"
            f" CROSS JOIN LATERAL (SELECT {', '.join(items) or 'NULL AS none'}) AS _r"
        ),
        c.args,
    )
    out: dict[str, Told] = {}
    for id, found in rows:
        read = loads(found, exact=True)
        out[id] = Told(
            {path: read[f"p{i}"] for i, path in enumerate(paths)},
            [read[f"f{i}"] for i in range(len(formulas))],
            [read[f"w{i}"] for i in range(len(filters))],
        )
    return out
