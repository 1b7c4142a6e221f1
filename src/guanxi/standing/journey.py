"""The journey of all: how many are in each stage, how many came there in a time, how many went on, and how long they stayed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guanxi.base import Invalid, NotFound
from guanxi.pg import quote
from guanxi.records import Context, access
from guanxi.records.compile import Compiler
from guanxi.standing.model import Grading
from guanxi.standing.schemes import load


async def journey(
    ctx: Context,
    object_name: str,
    kind: str = "lifecycle",
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, Any]:
    """``{"field", "stages": [{"name", "kind", "now", "entered", "went_on", "conversion", "days"}], "moves": [{"from", "to", "count"}]}`` of the
    records that the reader may see.

    ``now`` counts who is there; ``entered`` who came between ``since`` and ``until``; ``went_on`` who of those came, then or later, to
    a stage further on the path (of grades: to a better one), ``conversion`` their share (0–1, None for none); ``days`` is the
    median stay of those who left in that time.
    """
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "read")
    found = [s for s in await load(ctx.db, ctx.workspace, ctx.catalog, object_name, kind) if s.active]
    if not found:
        raise NotFound
    plan = found[0].plan
    if plan.field not in entity.fields or not access.readable(ctx.actor, entity, entity.fields[plan.field]):
        raise NotFound
    if since and until and since >= until:
        raise Invalid.one("until", "bad_config", reason="until comes after since")
    if isinstance(plan, Grading):
        names, kinds = [g.name for g in reversed(plan.grades)], {}
    else:
        names, kinds = [s.name for s in plan.stages], {s.name: s.kind for s in plan.stages}
    path = [n for n in names if kinds.get(n, "path") == "path"]
    c = Compiler(ctx)
    source, visible = c.source(entity, "t")
    column = c.column(entity, "t", plan.field)
    span = f"tstzrange({c.bind(since, 'timestamptz')}, {c.bind(until, 'timestamptz')})"
    schema, args = quote(ctx.workspace.schema), {"o": object_name, "k": kind, "path": path}
    c.args |= args
    rank = "array_position(%(path)s::text[], {}.value)"
    sql = f"""
        WITH seen AS MATERIALIZED (SELECT t.id, {column} AS value FROM {source} WHERE {visible}),
        p AS (SELECT p.record, p.came_from, p.value, p.at, p.left_at FROM {schema}._standing_passage AS p JOIN seen ON seen.id = p.record
              WHERE p.object = %(o)s AND p.kind = %(k)s),
        entered AS (SELECT p.record, p.value, min(p.at) AS at FROM p WHERE p.value IS NOT NULL AND p.at <@ {span} GROUP BY 1, 2),
        reached AS (SELECT e.value, count(*) AS entered, count(*) FILTER (WHERE EXISTS (
              SELECT FROM p WHERE p.record = e.record AND p.at > e.at AND {rank.format("p")} > {rank.format("e")})) AS went_on
              FROM entered AS e GROUP BY 1),
        stays AS (SELECT p.value, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM (p.left_at - p.at))::float8 / 86400) AS days
              FROM p WHERE p.left_at <@ {span} GROUP BY 1)
        SELECT n.name, coalesce(s.n, 0), coalesce(r.entered, 0), coalesce(r.went_on, 0), d.days
        FROM unnest({c.bind(names, "text[]")}) AS n(name) LEFT JOIN (SELECT value, count(*) AS n FROM seen GROUP BY 1) AS s ON s.value = n.name
        LEFT JOIN reached AS r ON r.value = n.name LEFT JOIN stays AS d ON d.value = n.name"""
    rows = {r[0]: r[1:] for r in await ctx.db.fetch(sql, c.args)}
    moved = await ctx.db.fetch(
        f"SELECT p.came_from, p.value, count(*) FROM {schema}._standing_passage AS p JOIN {source} ON t.id = p.record"
        f" WHERE p.object = %(o)s AND p.kind = %(k)s AND p.at <@ {span} AND {visible} GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 200",
        c.args,
    )
    stages = [
        {
            "name": n,
            "kind": kinds.get(n, "path"),
            "now": rows[n][0],
            "entered": rows[n][1],
            "went_on": rows[n][2],
            "conversion": round(rows[n][2] / rows[n][1], 4) if rows[n][1] and n in path[:-1] else None,
            "days": None if rows[n][3] is None else round(rows[n][3], 1),
        }
        for n in names
    ]
    return {
        "field": plan.field,
        "stages": stages,
        "moves": [dict(zip(("from", "to", "count"), r, strict=True)) for r in moved],
    }
