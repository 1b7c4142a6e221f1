"""One box over everything that the reader may see: Chinese substrings, pinyin, initials, accents, digits of phones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from guanxi.base import Invalid
from guanxi.base.json import loads
from guanxi.base.shape import mapping, sequence
from guanxi.pg import Quick
from guanxi.records import access, grams, reach
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.frequent import MANY, Known, learn
from guanxi.records.read import shown
from guanxi.records.worded import narrowed, signed
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import Inherited, walk

CANDIDATES = 200
"""Hits that are ranked for each object that has many; titles that begin with the text are always among them."""

GATHERED = 300
"""Hits of an object up to which all are gathered, before it is asked which of them may be seen."""

GATHERED_OF_OTHERS = 1_000
"""The same for who sees their own only, and what goes with other records: that many of others are passed over sooner than all of
one's own are gone through and compared."""

OWN, RANKED = 2_000, 500
"""Hits of all that are listed at most for who sees their own, and hits that are ranked when what is one's own is gone through."""

EVERYWHERE = 50_000
"""Records from which on looking a word up takes longer than going through the newest records for it."""

NEWEST = 5_000
"""Records that are gone through for a text that seems to be everywhere, and of one's own: then their hits are as good as any."""


async def search(
    ctx: Context, text: str, objects: Sequence[str] | None = None, limit: int = 20, archived: bool = False
) -> list[dict[str, Any]]:
    """``[{"object", "id", "title", "subtitle", "matched"}]``, best first.

    Rank: the title is the text, begins with it, contains it, is spelt like it; then other fields. Shorter titles first,
    newer records first. ``matched`` names the field that was hit. With ``archived`` also what is in the archive, which then has
    ``"archived": true``.
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
    whole = grams.fold(text.replace("\0", " ").strip()[:200])
    known = await learn(ctx)
    await reach.learn(ctx)
    rare = {e.name: tuple(grams.of_words(e.name, words)) for e in entities}
    asked = _Asked(words, rare, whole, limit, "kept" if archived else "live")
    await _gather(ctx, entities, asked, known)
    entities = [e for e in entities if asked.gathered.get(e.name) != []]
    ways: dict[str, Way] = {e.name: _way(ctx, e, known.most(rare[e.name]), e.name in asked.gathered) for e in entities}
    if any(e.name not in asked.gathered for e in entities):
        await _name(ctx, entities, asked)
    # What people do is looked through where records do not fill the answer; what is called just so is always among it.
    later = {e.name for e in entities if e.definition.activity and e.name not in asked.gathered}
    rounds: tuple[dict[str, Way], ...] = (
        {name: "named" if name in later else way for name, way in ways.items()},
        {name: ways[name] for name in ways if name in later},
        {name: "index" for name, way in ways.items() if way == "newest"},
    )
    rows: list[Any] = []
    for these in rounds:
        if these and len({row[1] for row in rows}) < limit:
            rows += await _hits(ctx, [e for e in entities if e.name in these], asked, these)
    rows.sort(key=lambda row: (row[4], len(row[2])))
    hits: dict[str, dict[str, Any]] = {}
    for object_name, id, title, matched, _, away in rows:
        hit = {"object": object_name, "id": id, "title": title, "subtitle": "", "matched": matched}
        hits.setdefault(id, {**hit, "archived": True} if away else hit)
    found = list(hits.values())[:limit]
    await _subtitles(ctx, found)
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """A search: ``words`` that must be found, what narrows them in each object (``rare``), the ``whole`` of the text, and where
    (``of``); what was found for it without asking who may see it: all that an object has, where that is little, and the records
    that are ``named`` just so."""

    words: list[str]
    rare: Mapping[str, tuple[grams.Word, ...]]
    whole: str
    limit: int
    of: str
    gathered: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    named: list[str] = field(default_factory=list[str])


Way = Literal["index", "newest", "own", "mine", "seen", "named"]
"""Where hits are looked for: by their grams in the index, among the newest records, in what is one's own first or only, in all that one
sees, or among those that are called just so."""


def _way(ctx: Context, entity: Entity, many: float, gathered: bool) -> Way:
    """How an object is searched for words that ``many`` records have at most, as far as is known, and more than can be ``gathered``."""
    if not gathered and _only_own(ctx, entity):
        return "seen" if _listed(ctx, entity) else "mine" if many > EVERYWHERE else "own"
    return "newest" if many > EVERYWHERE else "index"


def _listed(ctx: Context, entity: Entity) -> bool:
    """Whether all that the reader sees of an object can be gone through: it is not much, and what is seen along with other records
    is not among it, for those are compared one by one."""
    what = access.predicate(ctx.actor, entity, "read")
    return not Compiler(ctx).wide(entity, "read") and not any(isinstance(part, Inherited) for part in walk(what))


def _only_own(ctx: Context, entity: Entity) -> bool:
    return access.scope_of(ctx.actor, entity, "read") == "own" and not ctx.actor.system


async def _gather(ctx: Context, entities: Sequence[Entity], asked: _Asked, known: Known) -> None:
    """Gathers all that has the words, of each object that has little of it, as far as is known.

    Conditions of access are then asked of those objects only in which something was found: to plan them for every object
    takes PostgreSQL far longer than to look.
    """
    c = Compiler(ctx)
    parts: list[str] = []
    most = {e.name: GATHERED_OF_OTHERS if _only_own(ctx, e) and not _listed(ctx, e) else GATHERED for e in entities}
    for entity in entities:
        rare = asked.rare[entity.name]
        if known.most(rare) > MANY or known.least.get(rare, 0) > most[entity.name]:
            continue
        texts = _texts(c, entity, asked.words)
        if texts and rare:
            parts.append(
                f"SELECT {c.bind(entity.name, 'text')} AS object, array_agg(id::text) AS ids, bool_or(n > {OWN}) AS more FROM (WITH found AS"
                f" MATERIALIZED (SELECT g.id, g.parts, row_number() OVER () AS n FROM {c.table('_search')} AS g WHERE {narrowed(c, rare)})"
                f" SELECT id, n FROM found AS g WHERE {texts.checks}{f' OR n > {OWN}' if _only_own(ctx, entity) else ''} LIMIT {most[entity.name] + 1}) AS few"
            )
    if parts:
        for name, ids, more in await ctx.db.fetch(Quick(" UNION ALL ".join(parts)), c.args):
            if len(ids or ()) > most[name] or (more and _only_own(ctx, ctx.catalog.entities[name])):
                known.least[asked.rare[name]] = most[name] + 1
            else:
                asked.gathered[name] = ids or []


async def _name(ctx: Context, entities: Sequence[Entity], asked: _Asked) -> None:
    """Looks for the records that are called just so."""
    # WITH ... MATERIALIZED is planned for all rows and read no further than needed; a LIMIT beside the condition makes the
    # planner expect the first hits soon, and go through the table for them.
    found = await ctx.db.fetch(
        Quick(
            f"WITH found AS MATERIALIZED (SELECT id FROM {quote(ctx.workspace.schema)}._search WHERE grams && %(marks)s::int[])"
            f" SELECT id FROM found LIMIT {CANDIDATES}"
        ),
        {"marks": [grams.of_title(e.name, asked.whole) for e in entities]},
    )
    asked.named.extend(id for (id,) in found)


@dataclass(frozen=True, slots=True)
class _Texts:
    """What of a search entry ``g`` may be read: the fields' ``keys`` as SQL by name, and the condition that all words are there."""

    keys: dict[str, str]
    checks: str


def _texts(c: Compiler, entity: Entity, words: Sequence[str]) -> _Texts | None:
    keys = {n: c.bind(n, "text") for n in entity.searched if access.readable(c.actor, entity, entity.fields[n])}
    return _Texts(keys, _has(c, list(keys.values()), words)) if keys else None


def _has(c: Compiler, keys: Sequence[str], words: Sequence[str]) -> str:
    """SQL: the fields have all words."""
    joined = " || E'\\n' || ".join(f"coalesce(g.parts->>{key}, '')" for key in keys) or "''"
    return " AND ".join(f"({joined}) LIKE {c.bind('%' + grams.escape(w) + '%', 'text')}" for w in words)


async def _hits(ctx: Context, entities: Sequence[Entity], asked: _Asked, ways: Mapping[str, Way]) -> list[Any]:
    """Rows of object, id, title, field and rank, best first."""
    c = Compiler(ctx)
    parts = [part for e in entities for part in _branches(c, e, asked, ways[e.name])]
    if not parts:
        return []
    sql = (
        "SELECT object, id, title, matched, min(rank) AS best, bool_or(away) FROM ("
        + " UNION ALL ".join(parts)
        + ") AS hits GROUP BY object, id, title, matched ORDER BY best, length(title), id DESC LIMIT "
        + str(asked.limit * 2)
    )
    return await ctx.db.fetch(Quick(sql), c.args)


def _branches(c: Compiler, entity: Entity, asked: _Asked, way: Way) -> list[str]:
    """SELECTs of hits: what is named so, what begins so, and what has the words anywhere."""
    texts = _texts(c, entity, asked.words)
    if texts is None:
        return []
    keys, checks, whole, first = texts.keys, texts.checks, asked.whole, asked.words[0]
    found: list[str] = []
    most = CANDIDATES
    if (gathered := asked.gathered.get(entity.name)) is not None:
        found.append(f"g.id = ANY({c.bind(gathered, 'uuid[]')})")
        most = len(gathered)
    elif way != "seen":
        if entity.title in keys and asked.named:
            found.append(f"g.id = ANY({c.bind(asked.named, 'uuid[]')}) AND g.title = {c.bind(whole, 'text')}")
        if entity.title in keys and len(whole) >= 2 and way not in ("own", "mine", "named"):
            begins = narrowed(c, [grams.Word(tuple(grams.of_start(entity.name, whole, asked.words)))])
            found.append(f"{begins} AND g.title LIKE {c.bind(grams.escape(whole) + '%', 'text')}")
        if way == "newest":
            within, inside = c.source(entity, "w")
            newest = f"SELECT w.id, w._signature FROM {within} WHERE {inside} ORDER BY w.id DESC LIMIT {NEWEST}"
            may = f"SELECT n.id FROM ({newest}) AS n WHERE {signed(c, 'n', asked.rare[entity.name])}"
            found.append(f"g.id IN ({may}) AND {checks}")
        elif way == "index" and (rare := asked.rare[entity.name]):
            found.append(f"{narrowed(c, rare)} AND {checks}")
    hit = c.bind("%" + grams.escape(first) + "%", "text")
    matched = (
        "CASE "
        + " ".join(f"WHEN g.parts->>{keys[n]} LIKE {hit} THEN {keys[n]}" for n in keys)
        + f" ELSE {keys[next(iter(keys))]} END"
    )
    rank = "5"
    if entity.title in keys:
        key = keys[entity.title]
        rank = (
            f"CASE WHEN g.title = {c.bind(whole, 'text')} THEN 0 WHEN g.title LIKE {c.bind(grams.escape(whole) + '%', 'text')} THEN 1"
            f" WHEN g.title LIKE {c.bind('%' + grams.escape(whole) + '%', 'text')} THEN 2"
            f" WHEN g.parts->>{key} LIKE {c.bind('%' + chr(10) + grams.escape(first) + '%', 'text')} THEN 3"
            f" WHEN g.parts->>{key} LIKE {hit} THEN 4 ELSE 5 END"
        )

    def told(begun: str, those: str, where: str, limit: int, own: bool = False) -> str:
        alias = c.alias()
        if own:
            c.mine.add(alias)
        source, visible = c.source(entity, alias, of=asked.of)
        if veils := {v for n in keys if (v := c.veil(entity, alias, n))}:
            clear = [n for n in keys if access.veil(c.actor, entity, n) is None]
            said = _has(c, [keys[n] for n in clear], asked.words)
            visible += f" AND (({' OR '.join(sorted(veils))}) IS NOT TRUE OR ({said}))"
        return (
            f"({begun}SELECT {c.bind(entity.name, 'text')} AS object, {alias}.id, coalesce({c.title(entity, alias)}, '') AS title,"
            f" {matched} AS matched, {rank} + {int(bool(entity.definition.activity))} AS rank, {alias}._archived AS away FROM {those} JOIN {source} ON {alias}.id = g.id"
            f" WHERE {where.format(alias=alias)}{visible} LIMIT {limit})"
        )

    def listed(those: str, few: str = "") -> str:
        return f"WITH found AS MATERIALIZED (SELECT g.id, g.title, g.parts FROM {c.table('_search')} AS g WHERE {those}{few})"

    out = [told(f"{listed(those)} ", "found AS g", "", most) for those in found]
    has = f"{checks.replace('{', '{{').replace('}', '}}')} AND "
    if way == "seen":
        may = signed(c, "{alias}", asked.rare[entity.name])
        out.append(told("", f"{c.table('_search')} AS g", f"{may} AND {has}", RANKED))
    elif way in ("own", "mine"):
        rare = asked.rare[entity.name] if way == "own" else ()
        begun = listed(f"{narrowed(c, rare) if rare else 'FALSE'} AND {checks}", f" LIMIT {OWN}")
        # Where there are more of others that have the words, or none is known, one's own are gone through besides; of the others some.
        begun += f", others AS MATERIALIZED (SELECT * FROM found LIMIT (SELECT CASE count(*) WHEN {OWN} THEN {GATHERED} ELSE {OWN} END FROM found))"
        c.mine.add(inner := c.alias())
        source, visible = c.source(entity, inner, of=asked.of)
        more = f"{inner}.{quote(entity.owner or 'created_by')} = {c.bind(c.actor.id, 'uuid')} AND {visible}"
        more += (
            f" AND (SELECT count(*) = {OWN if rare else 0} FROM found) AND {signed(c, inner, asked.rare[entity.name])}"
        )
        begun += f", mine AS MATERIALIZED (SELECT {inner}.id FROM {source} WHERE {more} LIMIT {NEWEST})"
        own = f"mine JOIN {c.table('_search')} AS g ON g.id = mine.id"
        out.append(f"({begun} {told('', 'others AS g', '', OWN)} UNION ALL {told('', own, has, RANKED, True)})")
    return out


async def _subtitles(ctx: Context, hits: list[dict[str, Any]]) -> None:
    """What tells records of like titles apart: the object's subtitle fields."""
    for name in dict.fromkeys(h["object"] for h in hits):
        entity = ctx.catalog.entities[name]
        fields = tuple(
            n
            for n in entity.definition.under
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
