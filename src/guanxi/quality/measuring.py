"""The figures of the board, as its reader may see records; and the score of one record, explained field by field.

One pass over the records tells of each which fields it lacks and which are wrong; everything else is counted from that. Of
more records than :data:`WHOLE` a part is read, block by block, and the answer says which part it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi.base import Invalid, NotFound
from guanxi.base.ids import is_id
from guanxi.base.json import loads
from guanxi.quality.scheme import Scheme, groups, scheme
from guanxi.records import Context, access
from guanxi.records.compile import Compiler, Scope, quote
from guanxi.records.figures import key_of
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import TRUE, Filter, parse
from guanxi.schema.query import Group

WHOLE = 20_000
"""Records up to which every one is looked at."""
SEED = 7
GROUPS = 200
SHARES = ("score", "complete", "valid", "fresh", "unique")


async def board(
    ctx: Context, object_name: str, what: Filter = TRUE, by: Sequence[str] | None = (), whole: Scheme | None = None
) -> dict[str, Any]:
    """``{"object", "scheme", "sampled", "total": figures, "fields": [{"field", "weight", "of", "missing", "invalid"}], "groups":
    {field: [{"key", …figures}]}}`` of the records that satisfy ``what``; figures are ``records`` and, in percent, ``score``,
    ``complete`` (weighted part of fields that are filled), ``valid``, ``fresh`` and ``unique`` (records that are so), null where
    there is nothing to tell it by. ``by`` None: whose they are, and where they come from. ``sampled``: the part of
    the table that was read, 1 for all. Raises NotFound, Forbidden, Invalid.
    """
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    counts = whole or await scheme(ctx, entity)
    offered = [n for n, f in entity.fields.items() if groups(entity, n) and access.readable(ctx.actor, entity, f)]
    names = [n for n in (entity.owner, counts.source) if n in offered] if by is None else list(dict.fromkeys(by))
    if wrong := [n for n in names if n not in offered]:
        raise Invalid.one("by", "not_among", value=wrong[0][:60], options=", ".join(offered))
    part = 1.0 if whole else min(1.0, WHOLE / max(1.0, await _about(ctx, entity)))
    c = Compiler(ctx)
    rows, shown = _rows(c, entity, counts, what, names, part)
    figures = _figures(counts)
    fields = ", ".join(
        f"json_build_array(count(*) FILTER (WHERE r.h{i}), count(*) FILTER (WHERE r.e{i}), count(*) FILTER (WHERE r.w{i}))"
        for i in range(len(counts.fields))
    )
    grouped = [
        f"(SELECT coalesce(json_agg(g), '[]'::json) FROM (SELECT {shown[i]} AS key, q.* FROM (SELECT r.k{i} AS k, {figures}"
        f" FROM r GROUP BY r.k{i} ORDER BY count(*) DESC LIMIT {GROUPS}) AS q) AS g)"
        for i in range(len(names))
    ]
    parts = [f"(SELECT row_to_json(t) FROM (SELECT {figures} FROM r) AS t)"]
    parts.append(f"(SELECT to_json(ARRAY[{fields}]) FROM r)" if fields else "'[]'::json")
    row = await ctx.db.row(f"WITH r AS MATERIALIZED ({rows}) SELECT {', '.join([*parts, *grouped])}", c.args)
    total, told, *lists = [loads(v) if isinstance(v, bytes | str) else v for v in row or ()]
    return {
        "object": object_name,
        "scheme": counts.told(),
        "sampled": round(part, 4),
        "total": _scaled(total, part),
        "fields": [
            {
                "field": f.name,
                "weight": f.weight,
                "of": round(of / part),
                "missing": round(missing / part),
                "invalid": round(wrong / part) if f.wrong else None,
            }
            for f, (of, missing, wrong) in zip(counts.fields, told, strict=True)
        ],
        "groups": {
            n: [{k: v for k, v in _scaled(g, part).items() if k != "k"} for g in those]
            for n, those in zip(names, lists, strict=True)
        },
    }


def _scaled(figures: Mapping[str, Any], part: float) -> dict[str, Any]:
    return {**figures, "records": round(figures["records"] / part)}


async def _about(ctx: Context, entity: Entity) -> float:
    """About how many records the table has, as PostgreSQL knows it."""
    name = f"{quote(ctx.workspace.schema)}.{quote(entity.name)}"
    return await ctx.db.value("SELECT reltuples FROM pg_class WHERE oid = %(t)s::regclass", {"t": name})


def _rows(
    c: Compiler, entity: Entity, counts: Scheme, what: Filter, names: Sequence[str], part: float, id: str = ""
) -> tuple[str, list[str]]:
    """SQL of a row for each record: ``h`` has, ``e`` lacks, ``w`` is wrong in each field by its place, ``s`` stale, ``d`` there
    twice, ``k`` its groups, ``ok`` and ``all`` the weights of good and of all fields; and of the JSON of the groups."""
    scope = Scope(entity, c.alias())
    alias = scope.alias
    source, visible = c.source(entity, alias)
    if part < 1:
        source += f" TABLESAMPLE SYSTEM ({c.bind(100 * part, 'float')}) REPEATABLE ({SEED})"
    columns: list[str] = []
    for i, f in enumerate(counts.fields):
        has = "TRUE" if f.has is None else f"({c.where(entity, alias, parse(f.has))}) IS TRUE"
        columns.append(f"{has} AS h{i}")
        columns.append(f"({c.where(entity, alias, parse(f.missing))}) IS TRUE AS e{i}")
        columns.append(f"{c.where(entity, alias, parse(f.wrong)) if f.wrong else 'FALSE'} AND {has} AS w{i}")
    stale = c.where(entity, alias, parse(counts.stale)) if counts.stale else "NULL::boolean"
    columns.append(f"{stale} AS s")
    columns.append(f"{c.where(entity, alias, parse({'duplicate': True}))} AS d")
    shown: list[str] = []
    for i, name in enumerate(names):
        sql, json, _ = key_of(c, scope, Group((name,)), i)
        columns.append(f"{sql} AS k{i}")
        shown.append(json.replace(f"q.g{i}", "q.k"))
    wanted = c.where(entity, alias, what)
    one = f" AND {c.among(f'{alias}.id', [id])}" if id else ""
    plain = f"SELECT {', '.join(columns)} FROM {source}{''.join(scope.text)} WHERE {visible} AND {wanted}{one} OFFSET 0"
    weights = {i: f.weight for i, f in enumerate(counts.fields)}
    every = " + ".join(f"x.h{i}::int * {w}" for i, w in weights.items()) or "0"
    filled = " + ".join(f"(x.h{i} AND NOT x.e{i})::int * {w}" for i, w in weights.items()) or "0"
    good = " + ".join(f"(x.h{i} AND NOT x.e{i} AND NOT x.w{i})::int * {w}" for i, w in weights.items()) or "0"
    bad = " OR ".join(f"x.w{i}" for i in weights) or "FALSE"
    return f'SELECT x.*, {every} AS "all", {filled} AS filled, {good} AS ok, ({bad}) AS bad FROM ({plain}) AS x', shown


def _figures(counts: Scheme) -> str:
    """SQL of the figures of rows ``r``."""
    fields, fresh, unique = (counts.counted.get(n, 0) for n in ("fields", "fresh", "unique"))
    full = fields + fresh + unique
    score = (
        f'{fields} * CASE WHEN r."all" = 0 THEN 1 ELSE r.ok::float / r."all" END'
        f" + {fresh} * (r.s IS NOT TRUE)::int + {unique} * (NOT r.d)::int"
    )
    return (
        f"count(*) AS records, round((100 * avg(({score}) / {full or 1}))::numeric, 1) AS score,"
        ' round((100 * avg(r.filled::float / nullif(r."all", 0)))::numeric, 1) AS complete,'
        " round((100 * avg((NOT r.bad)::int))::numeric, 1) AS valid,"
        f" {'round((100 * avg((r.s IS NOT TRUE)::int))::numeric, 1)' if counts.since else 'NULL::numeric'} AS fresh,"
        f' {"round((100 * avg((NOT r.d)::int))::numeric, 1)" if counts.compared else "NULL::numeric"} AS "unique"'
    )


async def explained(ctx: Context, object_name: str, id: str) -> dict[str, Any]:
    """``{"score", "parts": [{"part", "points", "of"}], "fields": [{"field", "weight", "state": ok | missing | invalid, "lost"}],
    "since", "days", "stale", "duplicate"}`` of one record; ``lost``: points of a hundred. Raises NotFound, Forbidden."""
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    if not is_id(id):
        raise NotFound
    counts = await scheme(ctx, entity)
    c = Compiler(ctx)
    c.few = True
    rows, _ = _rows(c, entity, counts, TRUE, (), 1.0, id)
    flags = ", ".join(f"ARRAY[r.h{i}, r.e{i}, r.w{i}]" for i in range(len(counts.fields)))
    row = await ctx.db.row(
        f'SELECT to_json(ARRAY[{flags}]::boolean[]), r.s, r.d, r.ok, r."all" FROM ({rows}) AS r', c.args
    )
    if row is None:
        raise NotFound
    told, stale, twice, ok, every = row
    told = loads(told) if isinstance(told, bytes | str) else told
    of = counts.counted
    full = sum(of.values()) or 1
    got = {"fields": ok / every if every else 1.0, "fresh": float(not stale), "unique": float(not twice)}
    fields: list[dict[str, Any]] = []
    for f, (has, missing, wrong) in zip(counts.fields, told, strict=True):
        if has:
            state = "missing" if missing else "invalid" if wrong else "ok"
            lost = 0.0 if state == "ok" else round(100 * of["fields"] / full * f.weight / every, 1)
            fields.append({"field": f.name, "weight": f.weight, "state": state, "lost": lost})
    return {
        "score": round(sum(100 * p / full * got[n] for n, p in of.items()), 1),
        "parts": [
            {"part": n, "points": round(100 * p / full * got[n], 1), "of": round(100 * p / full, 1)}
            for n, p in of.items()
        ],
        "fields": fields,
        "since": counts.since or None,
        "days": counts.days,
        "stale": bool(stale),
        "duplicate": bool(twice),
    }
