"""Which grams of the search index are common. A rare one is looked up in the index; with only common ones it is quicker to
walk the records in the order that is asked for and compare, because every few rows there is a hit.

PostgreSQL's own estimate multiplies the shares of grams as if they were independent, which those of one word are not, and
so takes every long word for rare. The statistics that ANALYZE keeps are read here, once in a while for each process.
"""

from __future__ import annotations

import time

from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.schema.filter import And, Children, Condition, Filter, Not, Or, Search

AGE = 300.0
"""Seconds that what was read is good for."""

MANY = 5_000
"""Records from which on a gram is common."""

_known: dict[str, tuple[float, frozenset[int]]] = {}


def textual(what: Filter) -> bool:
    """Whether a filter looks into texts, so that it matters which grams are common."""
    match what:
        case Search():
            return True
        case Condition(_, op, _):
            return op in ("contains", "starts_with")
        case And(parts) | Or(parts):
            return any(textual(p) for p in parts)
        case Not(part) | Children(_, part, _):
            return textual(part)
        case _:
            return False


async def learn(ctx: Context) -> None:
    """Read which grams are common in the workspace, unless that is known."""
    now = time.monotonic()
    known = _known.get(ctx.workspace.id)
    if known is not None and now - known[0] < AGE:
        return
    rows = await ctx.db.fetch(
        "SELECT unnest(s.most_common_elems::text::int[]), unnest(s.most_common_elem_freqs::real[]), c.reltuples FROM pg_stats s"
        " JOIN pg_class c ON c.oid = %(table)s::regclass"
        " WHERE s.schemaname = %(schema)s AND s.tablename = '_search' AND s.attname = 'grams'",
        {"schema": ctx.workspace.schema, "table": f"{quote(ctx.workspace.schema)}._search"},
    )
    found = frozenset(g for g, share, n in rows if g is not None and share * n > MANY)
    _known[ctx.workspace.id] = (now, found)


async def compiler(ctx: Context, what: Filter) -> Compiler:
    """A compiler that knows which grams are common, if ``what`` makes that matter."""
    if not textual(what):
        return Compiler(ctx)
    await learn(ctx)
    return Compiler(ctx, _known[ctx.workspace.id][1].issuperset)
