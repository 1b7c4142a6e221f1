"""Duplicates: records that have in common what a rule says. Refused when it blocks, told to a form when it warns.

A value is compared by its key (:data:`KEYS`), which an index of the table holds where a rule blocks. What the writer may not
see is refused without a word about it, unless the rule says whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import product
from typing import Any

from guanxi.base.json import dumps, loads
from guanxi.base.shape import mapping
from guanxi.records import access, imagined, read, standard
from guanxi.records.compile import Compiler, Statement, quote
from guanxi.records.context import Context
from guanxi.records.row import Row
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE, Search, both
from guanxi.schema.model import Match, Rule
from guanxi.schema.query import Query
from guanxi.schema.ruling import Ruled, keyed

KEYS: Mapping[str, str] = {
    "exact": "{0}",
    "folded": "nullif(replace(guanxi.fold({0}), ' ', ''), '')",
    "phone": "nullif(right(regexp_replace(split_part({0}, ';', 1), '[^0-9]', '', 'g'), 10), '')",
    "email": "nullif(regexp_replace(guanxi.fold({0}), '[+][^@]*@', '@'), '')",
}
"""SQL of the key of a column ``{0}`` by how it is compared; null for what is no value."""
SHOWN = 3
"""Duplicates that a form is told of, for each rule."""
FOUND = 5
"""Duplicates of a record that are looked at."""
MARKED = 20
"""Records with a mark in common of which those are picked that have the standard form in common."""
MANY_LOCKS = 200
NOTHING: Mapping[str, object] = {}
POOL = "pool"
"""The object whose records are pools: a link to it says in which one a record is."""


@dataclass(frozen=True, slots=True)
class Holder:
    """What a rule may tell of whose a record is that the writer may not see: ``owner`` (as far as it is told), ``pool``."""

    owner: str
    pool: str

    @property
    def code(self) -> str:
        """The message that tells it."""
        return "duplicate_of_pool" if self.pool else "duplicate_of"

    @property
    def told(self) -> Mapping[str, object]:
        """What the message is filled with."""
        return {"owner": self.owner, "pool": self.pool} if self.pool else {"owner": self.owner}


def key(how: str, column: str) -> str:
    """SQL of the key of a column; ``%`` and braces do not occur in it."""
    return KEYS[how].format(column)


def indexed(entity: Entity) -> Iterable[tuple[str, str]]:
    """The fields that are looked up by their key, each with how: what a rule compares and no other index serves. Without one a
    form that only warns would go through all records for every word that is typed."""
    for ruled in entity.ruling.all:
        for part in ruled.rule.match:
            for name in keyed(entity, part) if part.how in KEYS else ():
                f = entity.fields[name]
                served = part.how == "exact" and (
                    f.index or f.unique or entity.types[name].link or name == entity.title
                )
                if not served:
                    yield name, part.how


def _compared(ctx: Context, entity: Entity, part: Match) -> list[str]:
    """The fields of a part that are compared for this writer: whether others have a value tells it, so what is hidden or masked
    is not among them."""
    return [n for n in keyed(entity, part) if access.readable(ctx.actor, entity, entity.fields[n])]


def _keys(ctx: Context, entity: Entity, part: Match, alias: str) -> str:
    """SQL: the keys of a record for one part of a rule, as an array of texts."""
    if part.how not in KEYS:
        return "ARRAY[]::text[]"
    found = ", ".join(f"{key(part.how, f'{alias}.{quote(n)}')}::text" for n in _compared(ctx, entity, part))
    return f"array_remove(ARRAY[{found}]::text[], NULL)"


def _meets(ctx: Context, entity: Entity, ruled: Ruled, part: Match, image: str, alias: str) -> str:
    """SQL: the stored record ``alias`` has a key of one part in common with the record ``image``, or may have one."""
    names = _compared(ctx, entity, part)
    if part.how == "standard":
        schema, at = quote(ctx.workspace.schema), ruled.rule.match.index(part)
        return (
            f"{alias}.id = ANY(ARRAY(SELECT g.id FROM {schema}._search AS g WHERE g.grams && (SELECT k.marks FROM"
            f" json_to_recordset(%(marks)s::json) AS k(id uuid, part int, marks int[]) WHERE k.id = i.id AND k.part = {at})))"
        )
    tests: list[str] = []
    for name in names:
        mine = ", ".join(key(part.how, f"{image}.{quote(n)}") for n in names if _same_kind(entity, n, name))
        tests.append(f"{key(part.how, f'{alias}.{quote(name)}')} = ANY(ARRAY[{mine}])")
    return "(" + " OR ".join(tests) + ")" if tests else "FALSE"


def _same_kind(entity: Entity, one: str, other: str) -> bool:
    return entity.types[one].sql == entity.types[other].sql


def _statement(ctx: Context, entity: Entity, ruled: Ruled) -> Statement:
    """For each image its id and the ids of its duplicates, a few."""

    def make() -> Statement:
        c = imagined.judge(ctx)
        stored, there = c.source(entity, "e")
        those = imagined.source(ctx, entity)
        most = FOUND if all(m.how in KEYS for m in ruled.rule.match) else MARKED
        met = " AND ".join(_meets(ctx, entity, ruled, part, "t", "e") for part in ruled.rule.match)
        within = "" if ruled.when == TRUE else f" AND ({c.where(entity, 'e', ruled.when, trusted=True)}) IS TRUE"
        return c.done(
            f"SELECT i.id, ARRAY(SELECT e.id FROM {stored} WHERE {there} AND e.id <> i.id AND {met}{within} LIMIT {most})"
            f" FROM {those}"
        )

    return ctx.kept(("alike", ctx.catalog.version, entity.name, ruled.rule.name), make)


def _standard(ctx: Context, entity: Entity, ruled: Ruled, values: Mapping[str, Any]) -> list[set[str] | None]:
    """The standard forms of a record for each part of a rule; None for a part that compares in another way."""
    return [
        {k for n in _compared(ctx, entity, part) if (k := standard.key(entity, n, values.get(n))) is not None}
        if part.how == "standard"
        else None
        for part in ruled.rule.match
    ]


async def _duplicates(ctx: Context, entity: Entity, ruled: Ruled, rows: Sequence[Row]) -> dict[str, list[str]]:
    """The ids of the duplicates of records as they are to be, a few each, by their ids."""
    statement, args = _statement(ctx, entity, ruled), {"images": imagined.images(ctx, entity, rows)}
    parts = [(at, part) for at, part in enumerate(ruled.rule.match) if part.how == "standard"]
    if not parts:
        return dict(await ctx.db.fetch(statement.sql, {**statement.args, **args}))
    told = [
        {"id": r.id, "part": at, "marks": standard.marks(entity, _compared(ctx, entity, p), r.new.get)}
        for r in rows
        for at, p in parts
    ]
    found = dict(await ctx.db.fetch(statement.sql, {**statement.args, **args, "marks": dumps(told).decode()}))
    names = list(dict.fromkeys(n for _, p in parts for n in _compared(ctx, entity, p)))
    c = Compiler(ctx.as_system("rules"))
    source, there = c.source(entity, "s")
    those = c.among("s.id", sorted({i for ids in found.values() for i in ids}))
    columns = ", ".join(f"s.{quote(n)}" for n in names)
    stored = {
        id: dict(zip(names, values, strict=True))
        for id, *values in await ctx.db.fetch(f"SELECT s.id, {columns} FROM {source} WHERE {those} AND {there}", c.args)
    }
    theirs = {id: _standard(ctx, entity, ruled, values) for id, values in stored.items()}
    out: dict[str, list[str]] = {}
    for row in rows:
        mine = _standard(ctx, entity, ruled, row.new)
        out[row.id] = [
            i
            for i in found[row.id]
            if i in theirs and all(a is None or a & (b or set()) for a, b in zip(mine, theirs[i], strict=True))
        ][:FOUND]
    return out


async def met(ctx: Context, entity: Entity, ruled: Ruled, rows: Sequence[Row]) -> dict[str, dict[str, str | None]]:
    """Of records as they are to be, by their ids, the stored ones that the actor sees and that a rule takes for the same: ids and
    titles. A rule that only finds what is similar says nothing."""
    if any(m.how == "similar" for m in ruled.rule.match):
        return {}
    found = await _duplicates(ctx, entity, ruled, rows)
    seen = await _seen(ctx, entity, ruled.rule, [i for ids in found.values() for i in ids])
    return {id: mine for id, ids in found.items() if (mine := {i: seen[i] for i in ids if i in seen})}


async def refuse(ctx: Context, entity: Entity, ruled: Ruled, rows: Sequence[Row]) -> None:
    """Refuse rows that are duplicates of stored records, or of rows before them in the batch.

    Two writers with the same key wait for each other: the second sees what the first has stored.
    """
    rule, told = ruled.rule, imagined.images(ctx, entity, rows)
    arrays = ", ".join(_keys(ctx, entity, part, "t") for part in rule.match)
    those = imagined.source(ctx, entity)
    keys = await ctx.db.fetch(f"SELECT i.id, {arrays} FROM {those}", {"images": told})
    forms = {row.id: _standard(ctx, entity, ruled, row.new) for row in rows}
    marks = {
        id: list(
            product(*(sorted(made) if made is not None else had for made, had in zip(forms[id], lists, strict=True)))
        )
        for id, *lists in keys
    }
    await _wait(ctx, f"{entity.name}.{rule.name}", {m for some in marks.values() for m in some})
    found = await _duplicates(ctx, entity, ruled, rows)
    seen = await _seen(ctx, entity, rule, [i for ids in found.values() for i in ids])
    holders = await _holders(ctx, entity, rule, [i for ids in found.values() for i in ids if i not in seen])
    taken: dict[tuple[str, ...], str] = {}
    for row in rows:
        place = next((n for part in rule.match for n in part.fields if n in row.touched), None)
        ids = found.get(row.id, [])
        visible = next((i for i in ids if i in seen), None)
        if visible is not None:
            _fail(ruled, row, place, "duplicate", {"title": seen[visible] or "—"})
        elif ids and rule.hidden != "ignore":
            holder = next((holders[i] for i in ids if i in holders), None)
            _fail(ruled, row, place, *((holder.code, holder.told) if holder else ("duplicate_hidden", NOTHING)))
        elif any(taken.get(m, row.id) != row.id for m in marks[row.id]):
            _fail(ruled, row, place, "duplicate_in_batch")
        else:
            for m in marks[row.id]:
                taken[m] = row.id


def _fail(ruled: Ruled, row: Row, place: str | None, code: str, values: Mapping[str, object] = NOTHING) -> None:
    rule = ruled.rule
    if rule.message and not code.startswith("duplicate_of"):
        row.fail(place, "rule", message=rule.message)
    else:
        row.fail(place, code, rule=rule.label, **values)


async def _wait(ctx: Context, name: str, marks: set[tuple[str, ...]]) -> None:
    """Wait for others who are writing the same keys, until this transaction ends; for many keys at once, for all."""
    whole = _number(ctx.workspace.schema, name)
    numbers = sorted({_number(ctx.workspace.schema, name, *m) for m in marks})
    if len(numbers) > MANY_LOCKS:
        await ctx.db.fetch("SELECT pg_advisory_xact_lock(%(n)s::bigint)", {"n": whole})
    elif numbers:
        await ctx.db.fetch(
            "SELECT pg_advisory_xact_lock_shared(%(whole)s::bigint), count(*) FROM"
            " (SELECT pg_advisory_xact_lock(n) FROM unnest(%(numbers)s::bigint[]) AS n) AS held",
            {"whole": whole, "numbers": numbers},
        )


def _number(*parts: str) -> int:
    return int.from_bytes(blake2b("\0".join(parts).encode(), digest_size=8).digest(), "big", signed=True)


async def _seen(ctx: Context, entity: Entity, rule: Rule, ids: Sequence[str]) -> dict[str, str | None]:
    """The titles of those records that the actor may see, and of which the rule compares nothing that a pool masks."""
    ids = await _clear(ctx, entity, rule, ids)
    if not ids:
        return {}
    title = (entity.title,) if access.readable(ctx.actor, entity, entity.fields[entity.title]) else ()
    found = await read.shown(ctx, entity.name, list(dict.fromkeys(ids)), title)
    return {id: loads(record).get(entity.title) for id, record in found.items()}


async def _clear(ctx: Context, entity: Entity, rule: Rule, ids: Sequence[str]) -> list[str]:
    """Without those records of which a pool masks what the rule compares: whose value it is stays untold."""
    c = Compiler(ctx)
    veils = {v for part in rule.match for n in keyed(entity, part) if (v := c.veil(entity, "t", n))}
    if not veils or not ids:
        return list(ids)
    source, visible = c.source(entity, "t")
    rows = await ctx.db.fetch(
        f"SELECT t.id FROM {source} WHERE {c.among('t.id', ids)} AND {visible} AND ({' OR '.join(sorted(veils))}) IS NOT TRUE",
        c.args,
    )
    return [r[0] for r in rows]


async def _holders(ctx: Context, entity: Entity, rule: Rule, ids: Sequence[str]) -> dict[str, Holder]:
    """Whose records are, by their ids: what the rule tells of records that the writer may not see."""
    masked = rule.hidden == "masked"
    pool = (
        next((n for n, f in entity.fields.items() if entity.types[n].link and f.target == POOL), "") if masked else ""
    )
    fields = tuple(filter(None, (entity.owner, pool)))
    if not ids or not fields or rule.hidden not in ("owner", "masked"):
        return {}
    found = await read.shown(ctx.as_system("rules"), entity.name, list(dict.fromkeys(ids)), fields)
    out: dict[str, Holder] = {}
    for id, record in found.items():
        shown = loads(record)
        owner, within = (_title(shown.get(n)) if n else "" for n in (entity.owner, pool))
        if owner or within:
            out[id] = Holder(f"{owner[:1]}**" if masked and owner else owner or "—", within)
    return out


def _title(link: Any) -> str:
    """The title of a link as records carry it; empty for none."""
    return str((mapping(link) or {}).get("title") or "")


async def likely(
    ctx: Context, entity: Entity, ruled: Ruled, row: Row, subtitle: Sequence[str]
) -> dict[str, Any] | None:
    """What a form is told of a record's duplicates by one rule: ``{"rule", "field", "act", "how", "records", "hidden",
    "holders"}``; those that the writer may not see are ``hidden``, with ``[{"owner", "pool"}]`` as far as the rule tells."""
    rule = ruled.rule
    told = {
        n
        for n, f in entity.fields.items()
        if row.new.get(n) not in (None, "") and access.readable(ctx.actor, entity, f)
    }
    place = next((n for part in rule.match for n in part.fields if n in told), None)
    if place is None or not all(told.intersection(part.fields) for part in rule.match):
        return None
    names = tuple(dict.fromkeys((entity.title, *subtitle)))
    fields = tuple(n for n in names if n in entity.fields and access.readable(ctx.actor, entity, entity.fields[n]))
    if rule.match[0].how == "similar":
        text = str(row.new.get(place))
        wanted = both(Search(text), ruled.when)
        page = await read.find(ctx, Query(entity.name, wanted, fields=fields, limit=SHOWN + 1))
        near = [r for r in map(loads, page.rows) if r["id"] != row.id][:SHOWN]
        return _told(ruled, place, near, 0) if near else None
    ids = (await _duplicates(ctx, entity, ruled, [row]))[row.id]
    shown = await read.shown(ctx, entity.name, await _clear(ctx, entity, rule, ids), fields)
    unseen = [i for i in ids if i not in shown]
    tells = rule.hidden in ("owner", "masked") or (rule.act == "block" and rule.hidden == "refuse")
    holders = await _holders(ctx, entity, rule, unseen) if tells else {}
    if not shown and not (unseen and tells):
        return None
    records = [loads(r) for r in list(shown.values())[:SHOWN]]
    return _told(ruled, place, records, len(unseen) if tells else 0, list(dict.fromkeys(holders.values()))[:SHOWN])


def _told(ruled: Ruled, place: str, records: list[Any], hidden: int, holders: Sequence[Holder] = ()) -> dict[str, Any]:
    rule = ruled.rule
    return {
        "holders": [{"owner": h.owner, "pool": h.pool or None} for h in holders],
        "rule": rule.name,
        "field": place,
        "act": rule.act,
        "how": rule.match[0].how,
        "records": records,
        "hidden": hidden > 0,
    }
