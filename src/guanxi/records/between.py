"""What changed between two moments: the records of a list that came, went or have other values, and what that did to sums."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from guanxi.base import Invalid
from guanxi.base.ids import is_id
from guanxi.base.json import loads
from guanxi.records import access, figures
from guanxi.records.compile import Compiler, quote
from guanxi.records.context import Context
from guanxi.records.journal import titles_of, who
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Aggregation, Group, Measure, Query
from guanxi.schema.types.base import quoted

BOOKS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")
"""What follows from there having been a change; it is told beside the changes."""

Moments = tuple[datetime, datetime | None]


async def between(
    ctx: Context, query: Query, start: datetime, end: datetime | None, summary: bool = False
) -> dict[str, Any]:
    """``{"data": [{"kind", "id", "title", "at", "actor", "changes"}], "next"}``, the newest record first.

    ``kind`` is ``new`` for a record that is in the list at ``end`` (None: now) and was not at ``start``, ``gone`` for the
    opposite, ``changed`` where values differ; ``changes`` is ``{field: [then, later]}``. A page may be shorter than asked for.
    With ``summary`` also ``{"summary": {"count": {...}, "sums": {field: {currency: {...}}}}}`` of the whole list, each
    ``{"before", "new", "gone", "changed", "after"}``; numbers that are no amounts stand under the currency ``""``.
    """
    if end is not None and end <= start:
        raise Invalid.one("to", "not_after")
    entity = ctx.catalog.object(query.object)
    access.require(ctx.actor, entity, "read")
    if query.deleted:
        raise Invalid.one("bin", "not_of_the_past")
    if query.cursor and not is_id(query.cursor):
        raise Invalid.one("cursor", "bad_cursor")
    moments = (start, end)
    data, following = await _page(ctx, entity, query, moments)
    answer: dict[str, Any] = {"data": data, "next": following}
    if summary:
        answer["summary"] = await _summary(ctx, entity, query, moments)
    return answer


def _side(c: Compiler, entity: Entity, query: Query, moment: datetime | None, moments: Moments, columns: str) -> str:
    """SELECT of records that were written between the moments and are in the list at ``moment``; ``{0}`` is the alias."""
    c.moment = moment
    alias = c.alias()
    source, visible = c.source(entity, alias, of=query.of)
    wanted = c.where(entity, alias, query.filter)
    return f"SELECT {columns.replace('{0}', alias)} FROM {source} WHERE {alias}.id IN ({_written(c, entity, moments)}) AND {visible} AND {wanted}"


def _written(c: Compiler, entity: Entity, moments: Moments) -> str:
    return f"SELECT j.record FROM {c.table('_journal')} AS j WHERE j.object = {c.bind(entity.name, 'text')} AND {_inside(c, moments)}"


def _inside(c: Compiler, moments: Moments) -> str:
    start, end = moments
    until = f" AND j.at <= {c.bind(end, 'timestamptz')}" if end else ""
    return f"j.at > {c.bind(start, 'timestamptz')}{until}"


async def _page(
    ctx: Context, entity: Entity, query: Query, moments: Moments
) -> tuple[list[dict[str, Any]], str | None]:
    c = Compiler(ctx)
    limit = query.limit or 50
    seen = access.readable_fields(ctx.actor, entity)
    names = [n for n in seen if n not in BOOKS] if query.fields is None else list(query.fields)
    if entity.title in seen and entity.title not in names:
        names.append(entity.title)
    # Who was there later than what points to him (history that was brought along) is no change of it.
    links = [n for n in names if n in entity.stored and entity.types[n].link]
    held = ", ".join(f"{quoted(n)}, p.{quote(n)}" for n in links)
    sides: list[str] = []
    for moment in moments:
        c.moment = moment
        items, used = c.shown(entity, "p", names)
        used = {*used, *links}
        columns = ", ".join(f"{{0}}.{quote(n)}" for n in sorted(used))
        side = _side(c, entity, query, moment, moments, columns)
        after = f" AND s.id < {c.bind(query.cursor, 'uuid')}" if query.cursor else ""
        # Of two orders by the same key the first so many together are among the first so many of each.
        cut = f"SELECT * FROM ({side}) AS s WHERE TRUE{after} ORDER BY s.id DESC LIMIT {limit + 1}"
        sides.append(
            f"SELECT p.id, row_to_json(_r) AS row, json_build_object({held}) AS held FROM ({cut}) AS p CROSS JOIN LATERAL (SELECT {items}) AS _r"
        )
    c.moment = None
    last = f"SELECT j.at, j.actor FROM {c.table('_journal')} AS j WHERE j.record = coalesce(a.id, b.id) AND {_inside(c, moments)}"
    rows = await ctx.db.fetch(
        f"WITH older AS ({sides[0]}), newer AS ({sides[1]})"
        f" SELECT coalesce(a.id, b.id), a.row, b.row, l.at, l.actor, a.held, b.held FROM older AS a FULL JOIN newer AS b ON b.id = a.id"
        f" LEFT JOIN LATERAL ({last} ORDER BY j.seq DESC LIMIT 1) AS l ON TRUE ORDER BY 1 DESC LIMIT {limit + 1}",
        c.args,
    )
    more = len(rows) > limit
    users = await titles_of(ctx, "user", {r[4] for r in rows if r[4]})
    data: list[dict[str, Any]] = []
    for id, before, after, at, actor, *held in rows[:limit]:
        old: dict[str, Any] = loads(before, exact=True) if before else {}
        new: dict[str, Any] = loads(after, exact=True) if after else {}
        led, leads = (_links(one) for one in held)
        same = {n for n in links if n in led and led[n] == leads.get(n)}
        changes = {
            n: [old.get(n), new.get(n)] for n in names if old.get(n) != new.get(n) and n not in BOOKS and n not in same
        }
        kind = "changed" if before and after else "new" if after else "gone"
        if changes or kind != "changed":
            title = (new or old).get(entity.title)
            data.append(
                {"kind": kind, "id": id, "title": title, "at": at, "actor": who(actor, users), "changes": changes}
            )
    return data, rows[limit - 1][0] if more else None


def _links(held: bytes | None) -> dict[str, Any]:
    return loads(held) if held else {}


async def _summary(ctx: Context, entity: Entity, query: Query, moments: Moments) -> dict[str, Any]:
    names = query.totals
    if names == ("*",):
        seen = access.readable_fields(ctx.actor, entity)
        names = tuple(n for n in seen if "sum" in entity.types[n].aggregates and not entity.fields[n].system)
    count = await _bridge(ctx, entity, query, moments, None)
    sums = {n: await _bridge(ctx, entity, query, moments, n) for n in names}
    return {"count": count.get("", _NOTHING), "sums": sums}


_NOTHING = dict.fromkeys(("before", "new", "gone", "changed", "after"), 0)


async def _bridge(
    ctx: Context, entity: Entity, query: Query, moments: Moments, name: str | None
) -> dict[str, dict[str, Any]]:
    """From the sum before to the sum after, for each unit; without a name from the number of records."""
    c = Compiler(ctx)
    groups: tuple[Group, ...] = ()
    columns = "{0}.id, 1 AS v, '' AS u"
    if name is not None:
        _, kind = c.field(entity, name, (name,))
        if "sum" not in kind.aggregates:
            raise Invalid.one(name, "unknown_function", fn="sum")
        if kind.unit:
            groups = (Group((f"{name}_{kind.unit}",)),)
    sides: list[str] = []
    for moment in moments:
        if name is not None:
            c.moment = moment
            value = c.column(entity, "{0}", name)
            unit = f"coalesce({c.column(entity, '{0}', groups[0].path[0])}, '')" if groups else "''"
            columns = f"{{0}}.id, coalesce({value}, 0) AS v, {unit} AS u"
        sides.append(_side(c, entity, query, moment, moments, columns))
    c.moment = None
    flow = (
        f"WITH older AS MATERIALIZED ({sides[0]}), newer AS MATERIALIZED ({sides[1]})"
        " SELECT x.u, sum(x.old), sum(x.later), sum(x.later) FILTER (WHERE x.other IS NULL), sum(x.old) FILTER (WHERE x.other IS NULL)"
        " FROM (SELECT a.u, a.v AS old, NULL AS later, b.id AS other FROM older AS a LEFT JOIN newer AS b ON b.id = a.id"
        " UNION ALL SELECT b.u, NULL, b.v, a.id FROM newer AS b LEFT JOIN older AS a ON a.id = b.id) AS x GROUP BY x.u"
    )
    flows = {u: [n or 0 for n in sums] for u, *sums in await ctx.db.fetch(flow, c.args)}
    measure = Measure("sum", (name,), "n") if name is not None else Measure("count", None, "n")
    wholes: dict[str, Any] = {}
    for row in await figures.aggregate(
        ctx, Aggregation(query.object, query.filter, groups, (measure,), of=query.of, as_of=moments[0])
    ):
        whole = loads(row, exact=True)
        wholes[(whole["group"].get(groups[0].path[0]) if groups else "") or ""] = whole["values"]["n"]
    out: dict[str, dict[str, Any]] = {}
    for u in sorted({*flows, *wholes}):
        old, later, new, gone = flows.get(u, [0, 0, 0, 0])
        before = wholes.get(u) or 0
        changed = later - old - new + gone
        out[u] = {"before": before, "new": new, "gone": -gone, "changed": changed, "after": before + later - old}
        out[u] = {n: _plain(v) for n, v in out[u].items()}
        if not any(out[u].values()):
            del out[u]
    return out


def _plain(value: Any) -> Any:
    return (value.normalize() + 0 if value else 0) if isinstance(value, Decimal) else value
