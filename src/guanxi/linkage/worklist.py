"""What was found, as somebody may see it: groups of records that may be one, with the reasons, and deciding about them.

A reader sees a pair of records that they may both see, and for reasons that they may see: what stands in a field that is
hidden from them counts neither for nor against, so that the list tells nothing about it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from guanxi.base import Forbidden, Invalid, NotFound
from guanxi.base.ids import is_id
from guanxi.base.json import fragment, loads
from guanxi.linkage.finding import ask
from guanxi.linkage.forms import columns
from guanxi.linkage.model import LIKELY
from guanxi.pg import quote
from guanxi.records import Context, access, note, shown
from guanxi.records.compile import Compiler
from guanxi.records.journal import veils
from guanxi.schema.catalog import Entity

PAIRS = 10_000
"""Pairs that groups are made of, the likeliest: what comes after them is there once they are decided."""
TOGETHER = 5
"""Records that are shown side by side in one group: as many as are merged side by side."""

Decision = Literal["same", "different"]


async def overview(ctx: Context) -> list[dict[str, Any]]:
    """``[{"object", "state", "asked_at", "ended_at", "records", "pairs"}]`` of the objects that the reader may read and that
    have something to compare; ``state`` None: nobody has looked yet. ``pairs`` are counted for who may read all of them."""
    rows = {
        r[0]: r[1:]
        for r in await ctx.db.fetch(
            f"SELECT object, state, asked_at, ended_at, records, pairs FROM {quote(ctx.workspace.schema)}._linkage"
        )
    }
    out: list[dict[str, Any]] = []
    for entity in ctx.catalog.entities.values():
        listed = entity.definition.area and not entity.definition.activity
        if entity.name not in rows and not (listed and columns(entity)):
            continue
        if not access.may(ctx.actor, entity, "read"):
            continue
        state, asked, ended, many, pairs = rows.get(entity.name, (None, None, None, 0, 0))
        everything = access.scope_of(ctx.actor, entity, "read") == "all"
        out.append(
            {
                "object": entity.name,
                "state": state,
                "asked_at": asked,
                "ended_at": ended,
                "records": many if everything else None,
                "pairs": pairs if everything else None,
                "may_find": access.may(ctx.actor, entity, "update"),
            }
        )
    return out


async def begin(ctx: Context, object_name: str, full: bool) -> dict[str, Any]:
    """Have an object looked at; what :func:`overview` says of it. Raises NotFound, Forbidden, Invalid for one that has nothing
    to compare."""
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "update")
    if not columns(entity):
        raise Invalid.one("object", "nothing_to_compare")
    await ask(ctx, entity, full=full)
    return next(o for o in await overview(ctx) if o["object"] == object_name)


async def groups(
    ctx: Context, object_name: str, record: str | None = None, limit: int = 20, offset: int = 0
) -> dict[str, Any]:
    """``{"data": [group], "count", "fields"}``, the likeliest first, after the ``offset`` likeliest. A group is ``{"ids", "score", "records", "pairs"}``, a pair
    ``{"a", "b", "score", "decision", "why": [{"field", "grade", "bits"}]}``; with ``record`` only the group that it is in."""
    entity = ctx.catalog.object(object_name)
    found = await _found(ctx, entity, record)
    seen = {c.name for c in columns(entity) if access.readable(ctx.actor, entity, entity.fields[c.name])}
    fields = [entity.title, *(c.name for c in columns(entity) if c.name in seen and c.name != entity.title)]
    extra = [n for n in (entity.owner,) if n and access.readable(ctx.actor, entity, entity.fields[n])]
    told = found[offset : offset + limit]
    ids = [i for ids, _ in told for i in ids]
    wanted = tuple(
        n
        for n in dict.fromkeys((*fields, *extra, "created_at", "updated_at"))
        if n in seen or n not in fields or n == entity.title
    )
    if not access.readable(ctx.actor, entity, entity.fields[entity.title]):
        wanted = tuple(n for n in wanted if n != entity.title)
    records = await shown(ctx, object_name, ids, wanted) if ids else {}
    return {
        "data": [
            {
                "ids": ids,
                "score": max(p["score"] for p in those),
                "records": [fragment(records[i]) for i in ids if i in records],
                "pairs": those,
            }
            for ids, those in told
        ],
        "count": len(found),
        "fields": [n for n in wanted if n in seen or n in extra],
    }


async def likely(ctx: Context, object_name: str, least: float) -> list[list[str]]:
    """The ids of each group that :func:`groups` tells of and of which every pair that is told is at least so likely (0.5 to 1).
    Raises NotFound, Forbidden, Invalid."""
    entity = ctx.catalog.object(object_name)
    if least < LIKELY:
        raise Invalid.one("likely", "too_small", min=LIKELY)
    if least > 1:
        raise Invalid.one("likely", "too_big", max=1)
    found = await _found(ctx, entity)
    return [ids for ids, those in found if min(p["score"] for p in those) >= least]


async def _found(
    ctx: Context, entity: Entity, record: str | None = None
) -> list[tuple[list[str], list[dict[str, Any]]]]:
    """The groups that the reader may see, with their pairs, the likeliest first."""
    access.require(ctx.actor, entity, "read")
    if record is not None and not is_id(record):
        raise NotFound
    seen = {c.name for c in columns(entity) if access.readable(ctx.actor, entity, entity.fields[c.name])}
    rows = await _rows(ctx, entity, record)
    behind = await veils(ctx, entity, list({i for r in rows for i in r[:2]}))
    pairs = [p for p in [_pair(r, seen, behind) for r in rows] if p["score"] >= LIKELY]
    pairs.sort(key=lambda p: (-p["score"], p["a"], p["b"]))
    return _grouped(pairs)


async def _rows(ctx: Context, entity: Entity, record: str | None) -> list[Any]:
    """The open pairs both of whose records the reader may see."""
    c = Compiler(ctx)
    source, visible = c.source(entity, "x")
    within, inside = c.source(entity, "y")
    mine = ""
    if record is not None:
        id = c.bind(record, "uuid")
        near = f"SELECT {id} UNION SELECT a FROM {c.table('_twin')} WHERE b = {id} UNION SELECT b FROM {c.table('_twin')} WHERE a = {id}"
        mine = f" AND w.a IN ({near}) AND w.b IN ({near})"
    return await ctx.db.fetch(
        f"SELECT w.a, w.b, w.bits, w.why, w.decision FROM {c.table('_twin')} AS w JOIN {source} ON x.id = w.a JOIN {within} ON y.id = w.b"
        f" WHERE w.object = {c.bind(entity.name, 'text')} AND w.decision IS DISTINCT FROM 'different' AND {visible} AND {inside}"
        f"{mine} ORDER BY w.score DESC, w.a, w.b LIMIT {PAIRS}",
        c.args,
    )


def _pair(row: Sequence[Any], seen: set[str], behind: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """A pair by what the reader may see of it."""
    a, b, bits, raw, decision = row
    seen = seen - behind.get(a, frozenset()) - behind.get(b, frozenset())
    told: Mapping[str, Sequence[Any]] = loads(raw) if isinstance(raw, bytes | str) else raw
    why = [{"field": n, "grade": grade, "bits": weight} for n, (grade, weight, *_) in told.items() if n in seen]
    weight = max(-60.0, min(60.0, bits + sum(w["bits"] for w in why)))
    why.sort(key=lambda w: -abs(w["bits"]))
    return {"a": a, "b": b, "score": round(1 / (1 + math.pow(2, -weight)), 4), "decision": decision, "why": why}


def _grouped(pairs: Sequence[dict[str, Any]]) -> list[tuple[list[str], list[dict[str, Any]]]]:
    """Pairs that have a record in common, together, as long as a group can be looked at."""
    of: dict[str, int] = {}
    members: list[list[str]] = []
    for p in pairs:
        one, other = of.get(p["a"]), of.get(p["b"])
        if one is None and other is None:
            of[p["a"]] = of[p["b"]] = len(members)
            members.append([p["a"], p["b"]])
        elif one is None or other is None:
            at, new = (other, p["a"]) if one is None else (one, p["b"])
            if at is not None and len(members[at]) < TOGETHER:
                of[new] = at
                members[at].append(new)
        elif one != other and len(members[one]) + len(members[other]) <= TOGETHER:
            for id in members[other]:
                of[id] = one
            members[one] += members[other]
            members[other] = []
    within: dict[int, list[dict[str, Any]]] = {}
    for p in pairs:
        at = of.get(p["a"])
        if at is not None and at == of.get(p["b"]):
            within.setdefault(at, []).append(p)
    return [(members[at], those) for at, those in within.items()]


async def decide(ctx: Context, object_name: str, ids: Sequence[str], decision: Decision | None) -> dict[str, Any]:
    """Say of records that they are one, or are not; None takes it back. ``{"decided", "merge"}``, the latter the page on which
    those that are one become one.

    Who decides may change all of the records. Raises NotFound, Forbidden, Invalid.
    """
    entity = ctx.catalog.object(object_name)
    access.require(ctx.actor, entity, "update")
    ids = sorted(dict.fromkeys(ids))
    if len(ids) < 2 or len(ids) > 50 or not all(map(is_id, ids)):
        raise Invalid.one("ids", "two_or_more")
    visible = await shown(ctx, object_name, ids, ())
    if len(visible) < len(ids):
        raise NotFound
    c = Compiler(ctx)
    source, may = c.source(entity, "t", "update")
    changeable = await ctx.db.fetch(f"SELECT t.id FROM {source} WHERE {c.among('t.id', ids)} AND {may}", c.args)
    if len(changeable) < len(ids):
        raise Forbidden("forbidden_scope")
    pairs = [{"a": a, "b": b} for i, a in enumerate(ids) for b in ids[i + 1 :]]
    schema = quote(ctx.workspace.schema)
    args = {
        "o": object_name,
        "d": decision,
        "by": None if ctx.actor.system else ctx.actor.id,
        "a": [p["a"] for p in pairs],
        "b": [p["b"] for p in pairs],
    }
    if decision is None:
        await ctx.db.execute(
            f"WITH gone AS (DELETE FROM {schema}._twin AS w USING unnest(%(a)s::uuid[], %(b)s::uuid[]) AS p(a, b)"
            " WHERE w.a = p.a AND w.b = p.b AND w.object = %(o)s AND w.why = '{}')"
            f" UPDATE {schema}._twin AS w SET decision = NULL, decided_by = NULL, decided_at = NULL"
            " FROM unnest(%(a)s::uuid[], %(b)s::uuid[]) AS p(a, b) WHERE w.a = p.a AND w.b = p.b AND w.object = %(o)s AND w.why <> '{}'",
            args,
        )
    else:
        await ctx.db.execute(
            f"INSERT INTO {schema}._twin (a, b, object, score, bits, why, decision, decided_by, decided_at)"
            " SELECT p.a, p.b, %(o)s, 0, 0, '{}', %(d)s, %(by)s::uuid, now() FROM unnest(%(a)s::uuid[], %(b)s::uuid[]) AS p(a, b)"
            " ON CONFLICT (a, b) DO UPDATE SET decision = excluded.decision, decided_by = excluded.decided_by, decided_at = now()",
            args,
        )
    await note(ctx, "settings", object=object_name, name="duplicates", act=decision or "open", records=ids)
    return {"decided": len(pairs), "merge": f"/merge/{object_name}?ids={','.join(ids)}" if decision == "same" else None}
