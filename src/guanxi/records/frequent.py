"""Which grams of the search index are common. A rare one is looked up in the index; with only common ones it is quicker to
walk the records in the order that is asked for and compare, because every few rows there is a hit.

PostgreSQL's own estimate multiplies the shares of grams as if they were independent, which those of one word are not, and
so takes every long word for rare. The statistics that ANALYZE keeps are read here, once in a while for each process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.grams import Word
from guanxi.records.worded import narrowed
from guanxi.schema.filter import Condition, Filter, Member, Search, walk

AGE = 300.0
"""Seconds that what was read is good for."""

SMALL = 2_000
"""Members up to which a segment is listed; of a larger one each record is looked for in it, in the order that is asked for."""

MANY = 5_000
"""Records from which on a gram is common."""


@dataclass(slots=True)
class Known:
    """What one process knows of a workspace: how many records have those grams that are common, of sets of such grams
    whether they are common together, and of words that were searched how many records must be looked at for them at least."""

    until: float
    single: dict[int, float]
    together: dict[tuple[Word, ...], bool]
    least: dict[tuple[Word, ...], int]

    def most(self, words: Sequence[Word]) -> float:
        """How many records have all of the words at most, as far as is known; 0 when they are few."""
        return min((self._records(word) for word in words), default=0)

    def common(self, words: Sequence[Word]) -> bool:
        """Whether each of the words is common; they need not be so together."""
        return all(self._records(word) > MANY for word in words)

    def _records(self, word: Word) -> float:
        return sum(min(self.single.get(g, 0) for g in way) for way in (word.text, *word.spelt))


_known: dict[str, Known] = {}


def textual(what: Filter) -> bool:
    """Whether a filter looks into texts or segments, so that it matters which grams are common, or how large those are."""
    return any(
        isinstance(p, Search | Member) or (isinstance(p, Condition) and p.op in ("contains", "starts_with"))
        for p in walk(what)
    )


async def compiler(ctx: Context, object_name: str, what: Filter) -> Compiler:
    """A compiler for a query of ``object_name`` by ``what`` that knows which texts are common, if that matters."""
    if not textual(what):
        return Compiler(ctx)
    members = [p.segment for p in walk(what) if isinstance(p, Member)]
    small = await ctx.db.fetch(
        f"SELECT id FROM {quote(ctx.workspace.schema)}._segment WHERE id = ANY(%(ids)s::uuid[]) AND size <= {SMALL}",
        {"ids": members},
    )
    asked: list[tuple[Word, ...]] = []

    def note(words: Sequence[Word]) -> bool:
        asked.append(tuple(words))
        return False

    Compiler(ctx, note).where(ctx.catalog.object(object_name), "t", what)
    c = Compiler(ctx, await _together(ctx, asked))
    c.small = frozenset(r[0] for r in small)
    return c


async def _together(ctx: Context, asked: Sequence[tuple[Word, ...]]) -> Callable[[Sequence[Word]], bool]:
    """A function that says of the ``asked`` words whether many records have all of them."""
    known = await learn(ctx)
    for words in set(asked) - known.together.keys():
        if known.common(words):
            c = Compiler(ctx)
            sql = f"SELECT count(*) FROM (SELECT FROM {_table(ctx)} AS g WHERE {narrowed(c, words)} LIMIT {MANY + 1}) AS s"
            known.together[words] = await ctx.db.value(sql, c.args) > MANY
    return lambda words: known.together.get(tuple(words), False)


def _table(ctx: Context) -> str:
    return f"{quote(ctx.workspace.schema)}._search"


async def learn(ctx: Context) -> Known:
    """What is known, read afresh once in a while."""
    now = time.monotonic()
    known = _known.get(ctx.workspace.id)
    if known is None or now > known.until:
        rows = await ctx.db.fetch(
            "SELECT unnest(s.most_common_elems::text::int[]), unnest(s.most_common_elem_freqs::real[]), c.reltuples FROM pg_stats s"
            " JOIN pg_class c ON c.oid = %(table)s::regclass"
            " WHERE s.schemaname = %(schema)s AND s.tablename = '_search' AND s.attname = 'grams'",
            {"schema": ctx.workspace.schema, "table": _table(ctx)},
        )
        single = {g: share * n for g, share, n in rows if g is not None and share * n > MANY}
        known = _known[ctx.workspace.id] = Known(now + AGE, single, {}, {})
    return known
