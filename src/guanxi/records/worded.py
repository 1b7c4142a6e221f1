"""Words that records have in the fields by which they are searched, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guanxi.base import Invalid
from guanxi.records import access, grams
from guanxi.schema.catalog import Entity

if TYPE_CHECKING:
    from guanxi.records.compile import Compiler


def holds(c: Compiler, entity: Entity, alias: str, text: str) -> str:
    """SQL: the search box would find the record for every word of ``text``, in fields that the reader may see."""
    if c.moment is not None:
        raise Invalid.one("q", "not_of_the_past")
    words = grams.words(text)
    names = [n for n in entity.searched if access.readable(c.actor, entity, entity.fields[n])]
    if not words or not names:
        return "FALSE"
    veils = {v for n in names if (v := c.veil(entity, alias, n))}
    if not veils:
        return _found(c, entity, alias, words, names)
    clear = [n for n in names if access.veil(c.actor, entity, n) is None]
    open_ = _found(c, entity, alias, words, clear) if clear else "FALSE"
    return f"({_found(c, entity, alias, words, names)} AND (({' OR '.join(sorted(veils))}) IS NOT TRUE OR {open_}))"


def _found(c: Compiler, entity: Entity, alias: str, words: Sequence[str], names: Sequence[str]) -> str:
    """SQL: the search entry of the record has every word in these fields."""
    rare = grams.of_words(entity.name, words)
    parts = " || E'\\n' || ".join(f"coalesce(g.parts->>{c.bind(n, 'text')}, '')" for n in names)
    checks = " AND ".join(f"({parts}) LIKE {c.bind('%' + grams.escape(w) + '%', 'text')}" for w in words)
    if rare and c.common(rare):
        looked = f"(SELECT {checks} FROM {c.table('_search')} AS g WHERE g.id = {alias}.id)"
        # To the planner a CASE has even odds; what is combined by AND it takes for too rare to walk in order.
        return f"CASE WHEN {signed(c, alias, rare)} THEN {looked} ELSE FALSE END"
    narrow = f"{narrowed(c, rare)} AND " if rare else ""
    only = c.bind(entity.name, "text")
    return f"{alias}.id IN (SELECT g.id FROM {c.table('_search')} AS g WHERE {narrow}g.object = {only} AND {checks})"


def signed(c: Compiler, alias: str, words: Sequence[grams.Word]) -> str:
    """SQL: the record may have all words, as its signature tells without a look at its search entry. One that was not written since
    there are signatures may have any."""
    parts: list[str] = []
    for word in words:
        ways = dict.fromkeys(grams.signature(way) for way in (word.text, *word.spelt))
        bits = [c.bind(way, grams.SIGNATURE) for way in ways]
        parts.append(f"({' OR '.join(f'{alias}._signature & {b} = {b}' for b in bits)})")
    return f"({alias}._signature IS NULL OR {' AND '.join(parts)})" if parts else "TRUE"


def narrowed(c: Compiler, words: Sequence[grams.Word]) -> str:
    """SQL: the search entry ``g`` has the grams of all words."""
    parts = [f"g.grams @> {c.bind(list(w.text), 'int[]')}" for w in words]
    for i, word in enumerate(words):
        if word.spelt:
            spelt = [f"g.grams @> {c.bind(list(way), 'int[]')}" for way in word.spelt if len(way) > 1]
            if single := [way[0] for way in word.spelt if len(way) == 1]:
                spelt.append(f"g.grams && {c.bind(single, 'int[]')}")
            parts[i] = f"({' OR '.join((parts[i], *spelt))})"
    return " AND ".join(parts)
