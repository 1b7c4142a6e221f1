"""One page of a query, in its order: the statement that lists are made of.

Empty values sort last either way. So that an index serves both directions, records without the first key are a part of
their own, read after the others and only when those run out. A cursor holds the keys of the last row of a page, and the
next begins right behind it, however deep that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.base import Invalid
from guanxi.records import past, pointing
from guanxi.records.compile import Compiler, Scope, Statement, quote
from guanxi.records.cursor import open_cursor
from guanxi.schema.query import Query, Sort

NEVER_NULL = frozenset({"id", "version", "created_at", "updated_at"})


def page(c: Compiler, query: Query, verb: str = "read", few: bool = False) -> Statement:
    """Rows of (record as JSON, its sort keys as JSON). One row more than the limit says that there is more. With ``few``, of
    those in the argument ``few``. Raises Invalid for a cursor of another query and for what cannot be sorted by."""
    entity = c.catalog.object(query.object)
    scope = Scope(entity, c.alias())
    c.few |= few
    pointing.pin(c, entity, query.filter, scope.alias, "p")
    sort = query.sort or (Sort(("id",), True),)
    for i, key in enumerate(sort):
        if key.path == ("id",):
            sort = sort[: i + 1]
            break
    else:
        sort = (*sort, Sort(("id",), sort[0].descending))
    sources = c.sources(entity, scope.alias, verb, query.of)
    keys = [_key(c, scope, k) for k in sort]
    wanted = f"{scope.alias}.id = ANY(%(few)s::uuid[])" if few else c.where(entity, scope.alias, query.filter)
    c.unchanged = scope.alias if len(sources) > 1 else ""
    filters = [
        c.where(entity, scope.alias, query.filter) if c.unchanged else wanted,
        *([wanted] * (len(sources) - 1)),
    ]
    c.unchanged = ""
    items, used = c.shown(entity, "p", query.fields, query.of)
    columns = ", ".join(f"{scope.alias}.{quote(n)}" for n in sorted(used))
    named = ", ".join(f"{k} AS _k{i}" for i, k in enumerate(keys))
    most = f" LIMIT {query.limit + 1}" if query.limit is not None else ""
    skip = f" OFFSET {query.skip}" if query.skip else ""
    # Each part alone may have to fill what is passed over as well.
    enough = f" LIMIT {query.limit + query.skip + 1}" if query.limit is not None else ""
    after = open_cursor(query.cursor, query) if query.cursor else None
    if after and len(after) != len(keys) + 1:
        raise Invalid.one("cursor", "bad_cursor")
    head = f"SELECT {columns}, {named}"
    joins = "".join(scope.text)
    bodies = [
        f"FROM {source}{joins} WHERE {visible} AND {w}" for (source, visible), w in zip(sources, filters, strict=True)
    ]
    parts: list[str] = []
    sure = _never_null(sort[0])
    for part in (0, 1):
        if (part and sure) or (after and part < after[0]):
            continue
        conditions = "" if sure else f" AND {keys[0]} IS {'' if part else 'NOT '}NULL"
        if after and part == after[0]:
            first = int(part == 1)
            conditions += f" AND {_after(c, keys[first:], sort[first:], after[1 + first :], sure_first=not part)}"
        order: list[str] = []
        for i, (k, s) in enumerate(zip(keys, sort, strict=True)):
            if part and i == 0:
                continue
            plain = i == 0 or _never_null(s)
            order.append(f"{k} {'DESC' if s.descending else 'ASC'}{'' if plain else ' NULLS LAST'}")
        tails = [f"{part} AS _part {b}{conditions} ORDER BY {', '.join(order)}" for b in bodies]
        ordered = [f"{head}, {tail}" for tail in tails]
        if len(ordered) == 1:
            parts.append(ordered[0])
        elif part or query.limit is None:
            parts.append(_merged(ordered, sort, part, enough))
        else:
            tail = f"{''.join(scope.text)} WHERE {wanted}{conditions} ORDER BY {', '.join(order)}{enough}"
            beside = (f"{head}, {part} AS _part", tail)
            first = (
                f"SELECT {columns}, {', '.join(f'f._k{i}' for i in range(len(keys)))}, f._part",
                f"SELECT {scope.alias}.id, {named}, {tails[0]}{enough}",
            )
            ctes, ordered = past.closer(c, entity, scope.alias, verb, sort[0], ordered, first, beside, enough)
            parts.append(ctes + _merged(ordered, sort, part, enough))
    inner = f"({parts[0]}{enough}) UNION ALL ({parts[1]}{enough})" if len(parts) == 2 else parts[0]
    inner += most + skip
    shown_keys = ", ".join(f"p._k{i}::text" for i in range(len(keys)))
    return c.done(
        f"SELECT row_to_json(_r), json_build_array(p._part, {shown_keys}) FROM ({inner}) AS p CROSS JOIN LATERAL (SELECT {items}) AS _r"
    )


def _merged(parts: Sequence[str], sort: Sequence[Sort], first: int, enough: str) -> str:
    """SQL of parts that are in one order, together in that order; it begins with the key ``first``."""
    together = " UNION ALL ".join(f"({p}{enough})" for p in parts)
    order = [f"_k{i} {'DESC' if s.descending else 'ASC'} NULLS LAST" for i, s in enumerate(sort)][first:]
    return f"SELECT * FROM ({together}) AS m ORDER BY {', '.join(order)}"


def _after(c: Compiler, keys: Sequence[str], sort: Sequence[Sort], values: Sequence[Any], sure_first: bool) -> str:
    """SQL: the row comes after ``values`` in the order of ``keys``."""
    key, value, rest = keys[0], values[0], keys[1:]
    beyond = "<" if sort[0].descending else ">"
    if value is None:
        return f"({key} IS NULL AND {_after(c, rest, sort[1:], values[1:], False)})" if rest else "FALSE"
    bound = c.bind(value)
    sure = sure_first or _never_null(sort[0])
    if not rest:
        return f"{key} {beyond} {bound}"
    if sure and len(rest) == 1 and sort[1].descending == sort[0].descending and sort[1].path == ("id",):
        return f"({key}, {rest[0]}) {beyond} ({bound}, {c.bind(values[1])})"
    then = _after(c, rest, sort[1:], values[1:], False)
    if sure:  # the bound on the first key lets an index start here
        return f"({key} {beyond}= {bound} AND ({key} {beyond} {bound} OR {then}))"
    return f"({key} {beyond} {bound} OR {key} IS NULL OR ({key} = {bound} AND {then}))"


def _key(c: Compiler, scope: Scope, key: Sort) -> str:
    """SQL to sort by; a link sorts by the title of what it points to."""
    entity, alias, name = c.reach(scope, key.path)
    found, kind = c.field(entity, name, key.path, alias)
    if not kind.sortable or kind.many:
        raise Invalid.one(".".join(key.path), "not_sortable")
    if kind.link:
        target = c.catalog.entities.get(found.target or "")
        if target is None:
            raise Invalid.one(".".join(key.path), "not_sortable")
        return _key(c, scope, Sort((*key.path, target.title), key.descending))
    return kind.sort_sql(found, c.column(entity, alias, name))


def _never_null(key: Sort) -> bool:
    """Whether every record has a value to sort by; what a link leads to may be missing."""
    return len(key.path) == 1 and key.path[0] in NEVER_NULL
