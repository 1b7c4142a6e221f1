"""One box over everything that the reader may see: Chinese substrings, pinyin, initials, accents, digits of phones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.base import Invalid
from guanxi.base.json import loads
from guanxi.base.shape import mapping, sequence
from guanxi.records import access, grams
from guanxi.records.compile import Compiler
from guanxi.records.context import Context
from guanxi.records.frequent import together
from guanxi.records.read import shown
from guanxi.schema.catalog import Entity

CANDIDATES = 200
"""Hits that are ranked for each object; titles that begin with the text are always among them."""

NEWEST = 50
"""Hits of a text that is everywhere: then those of the newest records are as good as any."""


async def search(
    ctx: Context, text: str, objects: Sequence[str] | None = None, limit: int = 20
) -> list[dict[str, Any]]:
    """``[{"object", "id", "title", "subtitle", "matched"}]``, best first.

    Rank: the title is the text, begins with it, contains it, is spelt like it; then other fields. Shorter titles first,
    newer records first. ``matched`` names the field that was hit.
    """
    words = grams.words(text)
    if objects is not None:
        for name in objects:
            if name not in ctx.catalog.entities or not access.may(ctx.actor, ctx.catalog.entities[name], "read"):
                raise Invalid.one("objects", "unknown_object", object=name)
    entities = [
        e
        for e in ctx.catalog.entities.values()
        if (e.name in objects if objects is not None else e.definition.area or e.definition.activity)
        and access.may(ctx.actor, e, "read")
    ]
    if not words or not entities:
        return []
    c = Compiler(ctx, await together(ctx, [_wanted(e, words) for e in entities]))
    parts = [p for e in entities for p in _branches(c, e, words, text)]
    if not parts:
        return []
    sql = (
        "SELECT object, id, title, matched, min(rank) AS best FROM ("
        + " UNION ALL ".join(parts)
        + ") AS hits GROUP BY object, id, title, matched ORDER BY best, length(title), id DESC LIMIT "
        + str(limit * 2)
    )
    rows = await ctx.db.fetch(sql, c.args)
    hits: list[dict[str, Any]] = []
    seen: set[str] = set()
    for object_name, id, title, matched, _ in rows:
        if id not in seen:
            seen.add(id)
            hits.append({"object": object_name, "id": id, "title": title, "subtitle": "", "matched": matched})
    hits = hits[:limit]
    await _subtitles(ctx, hits)
    return hits


def _wanted(entity: Entity, words: list[str]) -> list[int]:
    """The grams that a record of the object must have to be found by all of the words."""
    return sorted({g for w in words for g in grams.of_word(entity.name, w)})


def _branches(c: Compiler, entity: Entity, words: list[str], text: str) -> list[str]:
    names = [n for n in entity.searched if access.readable(c.actor, entity, entity.fields[n])]
    if not names:
        return []
    wanted = _wanted(entity, words)
    whole = grams.fold(text.replace("\0", " ").strip()[:200])
    out: list[str] = []
    title_first = entity.title in names and len(whole) >= 2
    for start in (True, False) if title_first else (False,):
        grams_of = sorted({*wanted, grams.of_start(entity.name, whole)}) if start else wanted
        if not grams_of:
            continue
        alias = c.alias()
        source, visible = c.source(entity, alias)
        keys = {n: c.bind(n, "text") for n in names}
        joined = " || E'\\n' || ".join(f"coalesce(g.parts->>{keys[n]}, '')" for n in names)
        checks = " AND ".join(f"({joined}) LIKE {c.bind('%' + grams.escape(w) + '%', 'text')}" for w in words)
        first = c.bind("%" + grams.escape(words[0]) + "%", "text")
        matched = (
            "CASE "
            + " ".join(f"WHEN g.parts->>{keys[n]} LIKE {first} THEN {keys[n]}" for n in names)
            + f" ELSE {keys[names[0]]} END"
        )
        if c.common(grams_of):  # hits are everywhere: the newest ones are found by walking back
            within, inside = c.source(entity, "w")
            walked = f"SELECT w.id FROM {within} WHERE {inside} AND (SELECT {checks} FROM {c.table('_search')} AS g WHERE g.id = w.id)"
            found = f"g.id IN ({walked} ORDER BY w.id DESC LIMIT {NEWEST})"
        else:
            found = f"g.grams @> {c.bind(grams_of, 'int[]')} AND {checks}"
        shown_title = c.title(entity, alias)
        if entity.title in names:
            key = keys[entity.title]
            rank = (
                f"CASE WHEN g.title = {c.bind(whole, 'text')} THEN 0 WHEN g.title LIKE {c.bind(grams.escape(whole) + '%', 'text')} THEN 1"
                f" WHEN g.title LIKE {c.bind('%' + grams.escape(whole) + '%', 'text')} THEN 2"
                f" WHEN g.parts->>{key} LIKE {c.bind('%' + chr(10) + grams.escape(words[0]) + '%', 'text')} THEN 3"
                f" WHEN g.parts->>{key} LIKE {first} THEN 4 ELSE 5 END"
            )
        else:
            rank = "5"
        out.append(
            f"(SELECT {c.bind(entity.name, 'text')} AS object, {alias}.id, coalesce({shown_title}, '') AS title, {matched} AS matched,"
            f" {rank} + {1 if entity.definition.activity else 0} AS rank"
            f" FROM {c.table('_search')} AS g JOIN {source} ON {alias}.id = g.id"
            f" WHERE {found} AND {visible} LIMIT {CANDIDATES})"
        )
    return out


async def _subtitles(ctx: Context, hits: list[dict[str, Any]]) -> None:
    """What tells records of like titles apart: the object's subtitle fields."""
    for name in dict.fromkeys(h["object"] for h in hits):
        entity = ctx.catalog.entities[name]
        fields = tuple(
            n
            for n in entity.definition.subtitle
            if n in entity.fields and access.readable(ctx.actor, entity, entity.fields[n])
        )
        if not fields:
            continue
        records = await shown(ctx, name, [h["id"] for h in hits if h["object"] == name], fields)
        for hit in hits:
            if hit["object"] == name and hit["id"] in records:
                record = loads(records[hit["id"]])
                texts = [_text(ctx, entity, n, record.get(n)) for n in fields]
                hit["subtitle"] = " · ".join(t for t in texts if t)


def _text(ctx: Context, entity: Entity, name: str, value: Any) -> str:
    if value is None or value == []:
        return ""
    if (form := mapping(value)) is not None:
        return str(form.get("title") or "")
    for option in entity.fields[name].options:
        if option.name == value:
            return option.label.get(ctx.actor.language) or option.label.get("en", option.name)
    several = sequence(value)
    return ", ".join(str(v) for v in several) if several is not None else str(value)
