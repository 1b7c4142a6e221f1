"""Reading the audit: by who, what, where and when, a page at a time or all of it as a file; and the heads of the days."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from guanxi.base import Forbidden, Invalid
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.pg import quote
from guanxi.records import Context, note
from guanxi.records.audit import KINDS
from guanxi.records.cursor import make_cursor, open_cursor
from guanxi.records.journal import titles_of, who
from guanxi.schema.query import Query

FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
COLUMNS = ("seq", "at", "kind", "actor", "cause", "object", "record", "details")
THIS = Query("audit")


def require(ctx: Context) -> None:
    """Only whose role has the right ``audit``."""
    if not ctx.actor.system and "audit" not in ctx.actor.grants.system:
        raise Forbidden


def _where(ctx: Context, asked: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """SQL of what is asked for: ``kinds, user, object, record, from, to, q``."""
    parts: list[str] = []
    args: dict[str, Any] = {}
    for kind in asked.get("kinds") or ():
        if kind not in KINDS:
            raise Invalid.one("kinds", "not_an_option", value=kind[:60])
    for name in ("user", "record"):
        if asked.get(name) and not is_id(asked[name]):
            raise Invalid.one(name, "not_an_id", value=asked[name][:60])
    if (name := asked.get("object")) and name not in ctx.catalog.entities:
        raise Invalid.one("object", "unknown_object", object=name)
    tests = {
        "kinds": "kind = ANY(%(kinds)s::text[])",
        "user": "actor = %(user)s::uuid",
        "object": "object = %(object)s",
        "record": "record = %(record)s::uuid",
        "from": "at >= %(from)s::timestamptz",
        "to": "at < %(to)s::timestamptz",
        "q": "guanxi.fold(details::text) LIKE '%%' || guanxi.like(%(q)s) || '%%'",
    }
    for name, test in tests.items():
        if value := asked.get(name):
            parts.append(test)
            args[name] = value
    return " AND ".join(parts) or "TRUE", args


def checked(ctx: Context, asked: Mapping[str, Any]) -> None:
    """Raise what is wrong with filters, before an answer begins."""
    require(ctx)
    _where(ctx, asked)


async def entries(ctx: Context, *, limit: int = 50, cursor: str | None = None, **asked: Any) -> dict[str, Any]:
    """``{"data": [{"seq", "at", "kind", "actor", "cause", "object", "record", "details"}], "next"}``, newest first.

    Looking is itself told, once for the first page. Raises Forbidden without the right.
    """
    require(ctx)
    wanted, args = _where(ctx, asked)
    before = open_cursor(cursor, THIS)[1] if cursor else 2**62
    rows = await ctx.db.fetch(
        f"SELECT {', '.join(COLUMNS)} FROM {quote(ctx.workspace.schema)}._audit WHERE seq < %(before)s AND {wanted}"
        f" ORDER BY seq DESC LIMIT {limit + 1}",
        {**args, "before": before},
    )
    if cursor is None:
        await note(ctx, "audit_read", **_told(asked))
    more = len(rows) > limit
    rows = rows[:limit]
    return {
        "data": await _named(ctx, rows),
        "next": make_cursor(dumps([0, rows[-1][0]]), THIS) if more else None,
    }


def _told(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v.isoformat() if isinstance(v, datetime) else v for n, v in asked.items() if v}


async def _named(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Entries with the titles that the reader may see."""
    users = await titles_of(ctx, "user", {r[3] for r in rows if r[3]})
    wanted: dict[str, set[str]] = {}
    for r in rows:
        if r[6] and r[5] in ctx.catalog.entities:
            wanted.setdefault(r[5], set()).add(r[6])
    titles = {name: await titles_of(ctx, name, ids) for name, ids in wanted.items()}
    return [
        {
            **dict(zip(COLUMNS, r, strict=True)),
            "actor": {"id": r[3], "title": users.get(r[3])} if r[3] else who(None, users),
            "record": {"id": r[6], "title": titles.get(r[5], {}).get(r[6])} if r[6] else None,
        }
        for r in rows
    ]


async def export(ctx: Context, form: str, **asked: Any) -> AsyncIterator[bytes]:
    """All of it as CSV or JSON Lines, oldest first; needs an open transaction. The caller tells of it before."""
    wanted, args = _where(ctx, asked)
    sql = f"SELECT {', '.join(COLUMNS)} FROM {quote(ctx.workspace.schema)}._audit WHERE {wanted} ORDER BY seq"
    if form == "csv":
        yield b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"
    async for rows in ctx.db.stream(sql, args, 1000):
        if form == "jsonl":
            yield b"".join(dumps(dict(zip(COLUMNS, r, strict=True))) + b"\n" for r in rows)
            continue
        out = io.StringIO()
        csv.writer(out).writerows([*r[:7], dumps(r[7]).decode()] for r in rows)
        yield out.getvalue().encode()


async def heads(ctx: Context, limit: int = 400) -> list[dict[str, Any]]:
    """``[{"day", "block", "rows", "chain", "at"}]``, newest first: the chain at the end of each day, to be kept elsewhere."""
    require(ctx)
    rows = await ctx.db.fetch(
        f"SELECT day::text, block, rows, encode(chain, 'hex'), at FROM {quote(ctx.workspace.schema)}._head"
        f" ORDER BY day DESC LIMIT {limit}"
    )
    return [dict(zip(("day", "block", "rows", "chain", "at"), r, strict=True)) for r in rows]
