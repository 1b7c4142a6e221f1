"""What a pool gave to whom, what came of it, and how one stands in one's pools today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from guanxi.base import Forbidden, NotFound
from guanxi.base.ids import is_id
from guanxi.pg import quote
from guanxi.pools.acts import STANDS, manages, pools_of, room
from guanxi.records import Context, access
from guanxi.records.audit import today
from guanxi.records.journal import titles_of
from guanxi.records.read import count_of, visible
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Query

COUNTED = ("claimed", "assigned", "released", "recycled", "won")


async def my_pools(ctx: Context) -> dict[str, Any]:
    """``{"data": [{"id", "name", "object", "admin", "member", "count", "count_estimate", "masked", "claims", "held", "capacity", "views"}]}``
    of the pools that one is in or manages. ``claims``, ``held`` and ``views`` are ``{"limit", "used"}`` (limit null: none);
    ``capacity`` is ``[{"option", "limit", "used"}]``.
    """
    out: list[dict[str, Any]] = []
    seats = {s.pool: s for s in ctx.actor.seats}
    looked = await _looked(ctx)
    for entity in ctx.catalog.entities.values():
        if not entity.pool or not access.may(ctx.actor, entity, "read"):
            continue
        pools = await pools_of(ctx, entity)
        mine = [p for p in pools.values() if p.id in seats or manages(ctx, p.id)]
        if not mine:
            continue
        held = (await room(ctx, entity, pools, (ctx.actor.id,))).get(ctx.actor.id)
        for p in mine:
            seat = seats.get(p.id)
            boss = manages(ctx, p.id)
            n, guess = await count_of(ctx, Query(entity.name, access.pooled(entity, (p.id,))))
            limits = not boss and held is not None
            out.append(
                {
                    "id": p.id,
                    "name": p.name,
                    "object": entity.name,
                    "owner_field": entity.owner,
                    "pool_field": entity.pool,
                    "admin": boss,
                    "member": seat is not None,
                    "count": n,
                    "count_estimate": guess,
                    "masked": sorted(seat.masked) if seat and _behind(ctx, entity) and not seat.admin else [],
                    "claims": {
                        "limit": p.claims_per_day if limits else None,
                        "used": held.today.get(p.id, 0) if held else 0,
                    },
                    "held": {"limit": p.held_most if limits else None, "used": held.held if held else 0},
                    "capacity": [
                        {"option": o, "limit": most, "used": held.by.get((p.capacity_by, o), 0)}
                        for o, most in p.capacity.items()
                        if limits and p.capacity_by and held
                    ],
                    "views": {"limit": seat.views if limits and seat else None, "used": looked.get(p.id, 0)},
                }
            )
    return {"data": out}


def _behind(ctx: Context, entity: Entity) -> bool:
    return access.scope_of(ctx.actor, entity, "read") != "all"


async def _looked(ctx: Context) -> dict[str, int]:
    """At how many records of each pool one looked behind the mask today."""
    begin, _ = today(ctx.actor, ctx.now)
    rows = await ctx.db.fetch(
        f"SELECT details->>'pool', count(DISTINCT record)::int FROM {quote(ctx.workspace.schema)}._audit WHERE kind = 'reveal'"
        " AND actor = %(me)s::uuid AND at >= %(begin)s AND details ? 'pool' GROUP BY 1",
        {"me": ctx.actor.id, "begin": begin},
    )
    return dict(rows)


async def standing(ctx: Context, object_name: str, id: str) -> dict[str, Any]:
    """How a record that one may see stands with the pools: ``{"pool": {"id", "title"}, "since", "member", "admin", "last": {"kind", "at",
    "rule", "reason", "giver"}}``; ``pool`` is null where it is in none."""
    entity = ctx.catalog.object(object_name)
    await visible(ctx, object_name, id)
    pools = await pools_of(ctx, entity)
    schema = quote(ctx.workspace.schema)
    since = "t.pool_since" if "pool_since" in entity.fields else "NULL::timestamptz"
    row = await ctx.db.row(
        f"SELECT t.{quote(entity.owner)}, t.{quote(entity.pool)}, {since} FROM {schema}.{quote(entity.name)} AS t WHERE t.id = %(id)s::uuid",
        {"id": id},
    )
    last = await ctx.db.row(
        f"SELECT kind, at, rule, reason, note, giver FROM {schema}._pool_move AS m WHERE m.record = %(id)s::uuid AND"
        f" {STANDS.replace('{s}', schema)} ORDER BY seq DESC LIMIT 1",
        {"id": id},
    )
    owner, pool, at = row or (None, None, None)
    inside = pools.get(pool or "") if owner is None else None
    people = await titles_of(ctx, "user", [last[5]] if last and last[5] else [])
    return {
        "pool": {"id": inside.id, "title": inside.name} if inside else None,
        "since": at if inside else None,
        "member": inside is not None and any(s.pool == inside.id for s in ctx.actor.seats),
        "admin": inside is not None and manages(ctx, inside.id),
        "last": {
            "kind": last[0], "at": last[1], "rule": last[2], "reason": last[3], "note": last[4],
            "giver": {"id": last[5], "title": people[last[5]]} if last[5] in people else None,
        } if last and inside else None,
    }  # fmt: skip


async def report(ctx: Context, pool: str, since: datetime, until: datetime) -> dict[str, Any]:
    """``{"pool": {"id", "title"}, "quality_by", "people": [{"user": {"id", "title"}, "claimed", "assigned", "released", "recycled", "won",
    "quality", "share", "held"}], "total": {...}}`` of a span of time, who got most first.

    ``won``: of what one got, how much has been won since (a deal of it, or itself). ``quality``: the average of what one got, 1 the
    least grade and so on up. ``share``: percent of all that was given out. Administrators see everybody, members themselves.
    """
    row = await ctx.db.row(
        f"SELECT name, holds FROM {quote(ctx.workspace.schema)}.pool WHERE id = %(id)s::uuid AND deleted_at IS NULL",
        {"id": pool if is_id(pool) else None},
    )
    entity = ctx.catalog.entities.get(row[1]) if row else None
    boss = manages(ctx, pool)
    if row is None or entity is None or not entity.pool or not (boss or any(s.pool == pool for s in ctx.actor.seats)):
        raise NotFound
    if not access.may(ctx.actor, entity, "read"):
        raise Forbidden
    schema = quote(ctx.workspace.schema)
    grade = _grade(ctx, entity)
    rank = "NULL::numeric"
    if grade is not None:
        options = [o.name for o in entity.fields[grade].options]
        cases = " ".join(
            f"WHEN '{o.replace(chr(39), chr(39) * 2)}' THEN {len(options) - i}" for i, o in enumerate(options)
        )
        rank = f"(CASE t.{quote(grade)} {cases} END)::numeric".replace("%", "%%")
    won = " OR ".join(_won(ctx, entity)) or "FALSE"
    stands = STANDS.replace("{s}", schema)
    rows = await ctx.db.fetch(
        f"WITH m AS MATERIALIZED (SELECT m.* FROM {schema}._pool_move AS m WHERE m.pool = %(pool)s::uuid AND m.at >= %(since)s"
        f" AND m.at < %(until)s AND {stands}),"
        " got AS (SELECT m.taker AS person, m.kind, m.record, m.at FROM m WHERE m.taker IS NOT NULL AND m.kind IN ('claim', 'assign', 'return')),"
        " counts AS (SELECT person, sum(claimed) AS claimed, sum(assigned) AS assigned, sum(released) AS released, sum(recycled) AS recycled FROM"
        " (SELECT person, (kind = 'claim')::int AS claimed, (kind = 'assign')::int AS assigned, 0 AS released, 0 AS recycled FROM got"
        " UNION ALL SELECT giver, 0, 0, (kind = 'release')::int, (kind = 'recycle')::int FROM m WHERE giver IS NOT NULL) AS x GROUP BY 1),"
        f" came AS (SELECT g.person, count(DISTINCT t.id) FILTER (WHERE {won}) AS won, avg({rank}) AS quality FROM got AS g"
        f" JOIN {schema}.{quote(entity.name)} AS t ON t.id = g.record AND t.deleted_at IS NULL GROUP BY 1)"
        " SELECT c.person, c.claimed::int, c.assigned::int, c.released::int, c.recycled::int, coalesce(k.won, 0)::int, round(k.quality, 2),"
        f" (SELECT count(*)::int FROM {schema}.{quote(entity.name)} AS h WHERE h.{quote(entity.owner)} = c.person"
        f" AND h.{quote(entity.pool)} = %(pool)s::uuid AND h.deleted_at IS NULL)"
        " FROM counts AS c LEFT JOIN came AS k ON k.person = c.person ORDER BY c.claimed + c.assigned DESC, c.person",
        {"pool": pool, "since": since, "until": until},
    )
    people = await titles_of(ctx, "user", [r[0] for r in rows])
    total = {n: sum(r[i + 1] for r in rows) for i, n in enumerate(COUNTED)}
    given = total["claimed"] + total["assigned"]
    told = [
        {
            "user": {"id": r[0], "title": people.get(r[0])},
            **dict(zip(COUNTED, r[1:6], strict=True)),
            "quality": r[6],
            "share": round(100 * (r[1] + r[2]) / given, 1) if given else 0,
            "held": r[7],
        }
        for r in rows
        if boss or r[0] == ctx.actor.id
    ]
    whole = {"total": total} if boss else {}
    return {"pool": {"id": pool, "title": row[0]}, "quality_by": grade, "people": told, **whole}


def _grade(ctx: Context, entity: Entity) -> str | None:
    f = entity.fields.get("grade")
    return f.name if f is not None and f.options and access.readable(ctx.actor, entity, f) else None


def _won(ctx: Context, entity: Entity) -> Iterator[str]:
    """SQL: since ``g.at`` a deal of the record ``t`` was won, by each way that leads to deals."""
    schema = quote(ctx.workspace.schema)

    def closed(of: Entity, link: str) -> str:
        stage = of.stage.name if of.stage else ""
        return (
            f"EXISTS (SELECT FROM {schema}.{quote(of.name)} AS w WHERE {link} AND w.deleted_at IS NULL"
            f" AND w.{quote(stage + '_kind')} = 'won' AND w.{quote(stage + '_since')} >= g.at)"
        )

    for child in entity.children.values():
        of = ctx.catalog.entities[child.object]
        if child.kind == "link" and of.stage is not None:
            yield closed(of, f"w.{quote(child.field)} = t.id")
    for name, f in entity.fields.items():
        of = ctx.catalog.entities.get(f.target or "")
        if of is not None and of.stage is not None and not entity.types[name].many:
            yield closed(of, f"w.id = t.{quote(name)}")
    if entity.stage is not None:
        stage = entity.stage.name
        yield f"(t.{quote(stage + '_kind')} = 'won' AND t.{quote(stage + '_since')} >= g.at)"
