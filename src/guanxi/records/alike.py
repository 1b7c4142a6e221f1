"""Duplicates: records that have in common what a rule says. Refused when it blocks, told to a form when it warns.

A value is compared by its key (:data:`KEYS`), which an index of the table holds where a rule blocks. What the writer may not
see is refused without a word about it, unless the rule says whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import product
from typing import Any

from guanxi.base.json import loads
from guanxi.records import access, imagined, read
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
MANY_LOCKS = 200


def key(how: str, column: str) -> str:
    """SQL of the key of a column; ``%`` and braces do not occur in it."""
    return KEYS[how].format(column)


def indexed(entity: Entity) -> Iterable[tuple[str, str]]:
    """The fields that are looked up by their key, each with how: what a rule that blocks compares, or one that warns and that
    neither another index nor the search box serves."""
    for ruled in entity.ruling.all:
        for part in ruled.rule.match:
            for name in keyed(entity, part) if part.how != "similar" else ():
                f = entity.fields[name]
                served = part.how == "exact" and (
                    f.index or f.unique or entity.types[name].link or name == entity.title
                )
                if not served and (ruled.rule.act == "block" or name not in entity.searched):
                    yield name, part.how


def _compared(ctx: Context, entity: Entity, part: Match) -> list[str]:
    """The fields of a part that are compared for this writer: whether others have a value tells it, so what is hidden or masked
    is not among them."""
    return [n for n in keyed(entity, part) if access.readable(ctx.actor, entity, entity.fields[n])]


def _keys(ctx: Context, entity: Entity, part: Match, alias: str) -> str:
    """SQL: the keys of a record for one part of a rule, as an array of texts."""
    found = ", ".join(f"{key(part.how, f'{alias}.{quote(n)}')}::text" for n in _compared(ctx, entity, part))
    return f"array_remove(ARRAY[{found}]::text[], NULL)"


def _meets(ctx: Context, entity: Entity, part: Match, image: str, alias: str) -> str:
    """SQL: the stored record ``alias`` has a key of one part in common with the record ``image``."""
    names = _compared(ctx, entity, part)
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
        met = " AND ".join(_meets(ctx, entity, part, "t", "e") for part in ruled.rule.match)
        within = "" if ruled.when == TRUE else f" AND ({c.where(entity, 'e', ruled.when, trusted=True)}) IS TRUE"
        return c.done(
            f"SELECT i.id, ARRAY(SELECT e.id FROM {stored} WHERE {there} AND e.id <> i.id AND {met}{within} LIMIT 5)"
            f" FROM {those}"
        )

    return ctx.kept(("alike", ctx.catalog.version, entity.name, ruled.rule.name), make)


async def refuse(ctx: Context, entity: Entity, ruled: Ruled, rows: Sequence[Row]) -> None:
    """Refuse rows that are duplicates of stored records, or of rows before them in the batch.

    Two writers with the same key wait for each other: the second sees what the first has stored.
    """
    rule, told = ruled.rule, imagined.images(ctx, entity, rows)
    arrays = ", ".join(_keys(ctx, entity, part, "t") for part in rule.match)
    those = imagined.source(ctx, entity)
    keys = await ctx.db.fetch(f"SELECT i.id, {arrays} FROM {those}", {"images": told})
    marks = {id: list(product(*lists)) for id, *lists in keys}
    await _wait(ctx, f"{entity.name}.{rule.name}", {m for some in marks.values() for m in some})
    statement = _statement(ctx, entity, ruled)
    found = dict(await ctx.db.fetch(statement.sql, {**statement.args, "images": told}))
    seen = await _seen(ctx, entity, rule, [i for ids in found.values() for i in ids])
    owners = (
        await _owners(ctx, entity, [i for ids in found.values() for i in ids if i not in seen])
        if rule.hidden == "owner"
        else {}
    )
    taken: dict[tuple[str, ...], str] = {}
    for row in rows:
        place = next((n for part in rule.match for n in part.fields if n in row.touched), None)
        ids = found.get(row.id, [])
        visible = next((i for i in ids if i in seen), None)
        if visible is not None:
            _fail(ruled, row, place, "duplicate", title=seen[visible] or "—")
        elif ids and rule.hidden != "ignore":
            owner = next((owners[i] for i in ids if i in owners), None)
            _fail(ruled, row, place, "duplicate_of" if owner else "duplicate_hidden", owner=owner or "")
        elif any(taken.get(m, row.id) != row.id for m in marks[row.id]):
            _fail(ruled, row, place, "duplicate_in_batch")
        else:
            for m in marks[row.id]:
                taken[m] = row.id


def _fail(ruled: Ruled, row: Row, place: str | None, code: str, **values: object) -> None:
    rule = ruled.rule
    if rule.message and code != "duplicate_of":
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


async def _owners(ctx: Context, entity: Entity, ids: Sequence[str]) -> dict[str, str]:
    """Who owns records, by their ids: what a rule may tell of records that the writer may not see."""
    if not ids or not entity.owner:
        return {}
    system = ctx.as_system("rules")
    found = await read.shown(system, entity.name, list(dict.fromkeys(ids)), (entity.owner,))
    named = {id: loads(record).get(entity.owner) for id, record in found.items()}
    return {id: owner["title"] for id, owner in named.items() if owner and owner.get("title")}


async def likely(
    ctx: Context, entity: Entity, ruled: Ruled, row: Row, subtitle: Sequence[str]
) -> dict[str, Any] | None:
    """What a form is told of a record's duplicates by one rule: ``{"rule", "field", "act", "how", "records", "hidden"}``."""
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
    statement = _statement(ctx, entity, ruled)
    [(_, ids)] = await ctx.db.fetch(statement.sql, {**statement.args, "images": imagined.images(ctx, entity, [row])})
    shown = await read.shown(ctx, entity.name, await _clear(ctx, entity, rule, ids), fields)
    hidden = len(ids) - len(shown) if rule.act == "block" and rule.hidden != "ignore" else 0
    if not shown and not hidden:
        return None
    return _told(ruled, place, [loads(r) for r in list(shown.values())[:SHOWN]], hidden)


def _told(ruled: Ruled, place: str, records: list[Any], hidden: int) -> dict[str, Any]:
    rule = ruled.rule
    return {
        "rule": rule.name,
        "field": place,
        "act": rule.act,
        "how": rule.match[0].how,
        "records": records,
        "hidden": hidden > 0,
    }
