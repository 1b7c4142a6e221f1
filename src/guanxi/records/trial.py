"""Trying a formula before it is anybody's field."""

from __future__ import annotations

from typing import Any

from guanxi.base import FieldError
from guanxi.base.json import loads
from guanxi.records import access
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.formulas import Maker
from guanxi.schema.formula import Wrong, understand
from guanxi.schema.formula.meaning import result_of
from guanxi.schema.model import Field
from guanxi.schema.types import type_of

SAMPLES = 5


async def check_formula(ctx: Context, object_name: str, text: str, result: str = "") -> dict[str, Any]:
    """What a formula is to this reader: ``{"type", "kind", "fields", "samples": [{"id", "title", "value"}], "error"}``.

    ``error`` is None or ``{"code", "message", "at", "end"}``, counted in characters from 0; then the rest is empty.
    ``samples`` are the formula's values for the records that were changed last.
    """
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    c = Compiler(ctx)
    try:
        tree = understand(text, object_name, c.see)
        shown = result_of(tree, result)
    except Wrong as wrong:
        error = FieldError("expression", wrong.code, wrong.told)
        told = {"code": wrong.code, "message": error.message(ctx.actor.language), "at": wrong.at, "end": wrong.end}
        return {"type": None, "kind": None, "fields": [], "samples": [], "error": told}
    f = Field("formula", "formula", {}, config={"expression": text, "result": shown})
    kind = type_of(f)
    source, visible = c.source(entity, "t")
    value = f"({Maker(c, False).result(tree, f, kind, entity, 't')})::{kind.column(f)}"
    rows = await ctx.db.fetch(
        f"SELECT q.id, q.title, to_json({kind.json_sql(f, 'q.value')}) FROM (SELECT t.id, {c.title(entity, 't')} AS title,"
        f" {value} AS value FROM {source} WHERE {visible} ORDER BY t.{quote('updated_at')} DESC, t.id DESC LIMIT {SAMPLES}) AS q",
        c.args,
    )
    samples = [
        {"id": id, "title": title, "value": loads(v, exact=True) if v is not None else None} for id, title, v in rows
    ]
    fields = sorted(".".join(path) for path in tree.paths)
    return {"type": shown, "kind": tree.kind, "fields": fields, "samples": samples, "error": None}
