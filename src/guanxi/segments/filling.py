"""Static segments by hand, and what can be said of any: members of a past day, the overlap of two, how many there were each day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from guanxi.base import Conflict, Invalid
from guanxi.base.ids import is_id
from guanxi.identity import tell
from guanxi.pg import quote
from guanxi.records import Context
from guanxi.records.attached import Attached, attached
from guanxi.records.compile import Compiler
from guanxi.schema.filter import Filter, Member, both, parse, where
from guanxi.schema.query import Query, read_query
from guanxi.segments.finding import Move, call, counted
from guanxi.segments.following import make_due, spread
from guanxi.segments.keeping import get, mine
from guanxi.segments.knowing import load

MOST = 10_000
"""Records that may be named one by one."""
LARGEST = 1_000_000
"""Members that a static segment takes at a time, and a sample has."""
DAYS = 400

BY_HAND = "EXISTS (SELECT FROM {schema}._segment AS s WHERE s.id = {a}.segment AND s.kind = 'static')"
attached(Attached("_segment_member", {"en": "Static segments", "zh": "静态客群"}, ("segment",), only=BY_HAND))


async def put(ctx: Context, id: str, what: Mapping[str, Any], *, entered: bool = True) -> dict[str, Any]:
    """Put records into a static segment, or take them out of it: those of ``what`` that the caller may see, ``{"ids"}``,
    ``{"filter", "q"}``, or ``{"change_set"}`` (what an import brought); ``sample``: so many of them, by chance.

    ``{"moved", "size"}``. Raises NotFound, Forbidden, Invalid, Conflict for a dynamic one.
    """
    found = await mine(ctx, id)
    if found["kind"] != "static":
        raise Conflict("segment_dynamic")
    schema = quote(ctx.workspace.schema)
    those, args = _those(ctx, found["object"], what)
    args |= {"_s": id, "_set": ctx.change_set or None, "_entered": entered}
    if entered:
        moving = (
            f"INSERT INTO {schema}._segment_member (segment, record, since) SELECT %(_s)s::uuid, w.id, now() FROM ({those}) AS w"
            " ON CONFLICT DO NOTHING RETURNING record"
        )
    else:
        moving = f"DELETE FROM {schema}._segment_member AS m USING ({those}) AS w WHERE m.segment = %(_s)s::uuid AND m.record = w.id RETURNING m.record"
    rows = await ctx.db.fetch(
        f"WITH moving AS ({moving}) INSERT INTO {schema}._segment_move (segment, record, entered, at, change_set)"
        " SELECT %(_s)s::uuid, g.record, %(_entered)s, now(), %(_set)s::uuid FROM moving AS g RETURNING record",
        args,
    )
    if rows:
        await counted(ctx.db, ctx.workspace, {id: len(rows) if entered else -len(rows)})
        await call(ctx.db, ctx.workspace)
        segments = await load(ctx.db, ctx.workspace, ctx.catalog)
        made = {s.id for s in segments if any(u.segment == id for u in s.uses)}
        if made and len(rows) > MOST:
            await make_due(ctx.db, ctx.workspace, made)
        elif made:
            moves = [Move(id, r[0], entered, ctx.change_set or None) for r in rows]
            wide = await spread(ctx.db, ctx.workspace, ctx.catalog, [s for s in segments if s.dynamic], moves)
            if wide:
                await make_due(ctx.db, ctx.workspace, wide)
        await tell(ctx.db, ctx.workspace.id, "records", object=found["object"])
    return {"moved": len(rows), "size": found["size"] + (len(rows) if entered else -len(rows))}


def _those(ctx: Context, object_name: str, what: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """SQL of the ids that are meant, with its arguments."""
    ways = [n for n in ("ids", "filter", "change_set") if what.get(n) is not None]
    if len(ways) != 1:
        raise Invalid.one("ids", "required")
    c = Compiler(ctx)
    limit = LARGEST
    if what.get("sample") is not None:
        limit = what["sample"]
        if type(limit) is not int or not 0 < limit <= LARGEST:
            raise Invalid.one("sample", "bad_limit", max=LARGEST)
    wanted: Filter
    only = ""
    if ways == ["ids"]:
        ids = what["ids"]
        if len(ids) > MOST:
            raise Invalid.one("ids", "too_complex", limit=MOST)
        if (wrong := next((i for i in ids if not is_id(i)), None)) is not None:
            raise Invalid.one("ids", "not_an_id", value=str(wrong)[:60])
        wanted = where("id", "in", list(ids))
    elif ways == ["change_set"]:
        if not is_id(what["change_set"]):
            raise Invalid.one("change_set", "not_an_id", value=str(what["change_set"])[:60])
        wanted = parse(None)
        only = (
            f" WHERE o.id IN (SELECT j.record FROM {quote(ctx.workspace.schema)}._journal AS j WHERE j.change_set ="
            f" {c.bind(what['change_set'], 'uuid')} AND j.object = {c.bind(object_name, 'text')})"
        )
    else:
        wanted = read_query(object_name, {"filter": what["filter"], "q": what.get("q")}).filter
    statement = c.ids(Query(object_name, wanted))
    order = "ORDER BY random() " if what.get("sample") is not None else ""
    return f"SELECT o.id FROM ({statement.sql}) AS o{only} {order}LIMIT {limit}", statement.args


async def count(ctx: Context, object_name: str, *parts: Filter) -> int:
    """How many records the caller sees that satisfy all of these, exactly."""
    statement = Compiler(ctx).count(Query(object_name, both(*parts)), LARGEST * 1000)
    return int(await ctx.db.value(statement.sql, statement.args))


async def overlap(ctx: Context, id: str, other: str) -> dict[str, int]:
    """``{"this", "other", "both"}``: members that the caller sees, of two segments of one object. Raises NotFound, Invalid."""
    a, b = await get(ctx, id), await get(ctx, other)
    if a["object"] != b["object"]:
        raise Invalid.one("with", "segment_other", object=ctx.catalog.entities[b["object"]].definition.plural)
    one, two = Member(id), Member(other)
    return {
        "this": await count(ctx, a["object"], one),
        "other": await count(ctx, a["object"], two),
        "both": await count(ctx, a["object"], one, two),
    }


async def trend(ctx: Context, id: str, days: int = 90) -> list[dict[str, Any]]:
    """``[{"day", "size", "entered", "left"}]``, oldest first; a day without an entry is as the one before it."""
    await get(ctx, id)
    schema = quote(ctx.workspace.schema)
    rows = await ctx.db.fetch(
        "SELECT d.day, d.size, coalesce(m.entered, 0)::int, coalesce(m.gone, 0)::int"
        f" FROM {schema}._segment_day AS d LEFT JOIN (SELECT (v.at AT TIME ZONE %(zone)s)::date AS day,"
        " count(*) FILTER (WHERE v.entered) AS entered, count(*) FILTER (WHERE NOT v.entered) AS gone"
        f" FROM {schema}._segment_move AS v WHERE v.segment = %(id)s::uuid AND coalesce(v.change_set <> v.segment, TRUE) GROUP BY 1) AS m ON m.day = d.day"
        " WHERE d.segment = %(id)s::uuid AND d.day > (now() AT TIME ZONE %(zone)s)::date - %(days)s ORDER BY d.day",
        {"id": id, "zone": ctx.workspace.timezone, "days": min(days, DAYS)},
    )
    return [dict(zip(("day", "size", "entered", "left"), row, strict=True)) for row in rows]


async def past(ctx: Context, id: str, moment: datetime) -> dict[str, int]:
    """Whom a dynamic segment's filter would have found at a moment: ``{"then", "now", "stayed"}``, of what the caller sees.

    Raises NotFound; Conflict for a static one, Invalid where the past cannot be asked.
    """
    found = await get(ctx, id)
    if found["kind"] != "dynamic":
        raise Conflict("segment_static")
    what = parse(found["filter"])
    c = Compiler(ctx)
    now = c.ids(Query(found["object"], what)).sql
    earlier = Compiler(ctx.then(moment))
    earlier.args, earlier.aliases = c.args, c.aliases
    then = earlier.ids(Query(found["object"], what)).sql
    row = await ctx.db.row(
        "SELECT count(p.id)::int, count(n.id)::int, count(*) FILTER (WHERE p.id = n.id)::int"
        f" FROM ({then}) AS p FULL JOIN ({now}) AS n ON n.id = p.id",
        c.args,
    )
    return dict(zip(("then", "now", "stayed"), row or (0, 0, 0), strict=True))
