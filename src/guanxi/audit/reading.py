"""Reading the audit: by who, what, where and when, a page at a time or all of it as a file; and the heads of the days."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from guanxi.base import Forbidden, Invalid, Label, say
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.base.text import guard
from guanxi.pg import quote
from guanxi.records import Context, access, note
from guanxi.records.audit import KINDS
from guanxi.records.compile import Compiler
from guanxi.records.cursor import make_cursor, open_cursor
from guanxi.records.journal import titles_of, who
from guanxi.schema.query import Query

FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
COLUMNS = ("seq", "at", "kind", "actor", "cause", "object", "record", "details")
READABLE = ("actor_name", "record_name", "names")
"""Beside them in a file: who and what by name, and a name for each id that the details hold."""
THIS = Query("audit")
NAMED = ("user", "team", "role", "pool")
"""Objects whose records give rights: by their names details are read and searched."""
MOST = 100
"""As many of an object are looked for by a name."""


def require(ctx: Context) -> None:
    """Only whose role has the right ``audit``."""
    if not ctx.actor.system and "audit" not in ctx.actor.grants.system:
        raise Forbidden


def _where(ctx: Context, asked: Mapping[str, Any], called: Sequence[str] = ()) -> tuple[str, dict[str, Any]]:
    """SQL of what is asked for: ``kinds, user, object, record, from, to, q``; ``called`` are ids of what `q` is the name of."""
    parts: list[str] = []
    args: dict[str, Any] = {"called": list(called)}
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
        "q": "(guanxi.fold(details::text) LIKE '%%' || guanxi.like(%(q)s) || '%%' OR record = ANY(%(called)s::uuid[])"
        " OR details::text LIKE ANY(SELECT '%%' || c || '%%' FROM unnest(%(called)s::text[]) c))",
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
    """``{"data": [{"seq", "at", "kind", "actor", "cause", "object", "record", "details", "names"}], "next"}``, newest first.

    Looking is itself told, once for the first page. Raises Forbidden without the right.
    """
    require(ctx)
    wanted, args = _where(ctx, asked, await _called(ctx, asked.get("q")))
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
    """Entries with the titles that the reader may see: of who, of what, and of all that the details name by id."""
    parts = [{i for i in (r[3], r[6], *_ids(r[7])) if i} for r in rows]
    titles = await _titles(ctx, {r[5] for r in rows}, set().union(*parts))
    return [
        {
            **dict(zip(COLUMNS, r, strict=True)),
            "actor": {"id": r[3], "title": titles.get(r[3])} if r[3] else who(None, {}),
            "record": {"id": r[6], "title": titles.get(r[6])} if r[6] else None,
            "names": {i: titles[i] for i in _ids(r[7]) if i in titles},
        }
        for r in rows
    ]


def _ids(value: Any) -> Iterator[str]:
    """All ids within details."""
    if isinstance(value, str):
        if is_id(value):
            yield value
    elif isinstance(value, Mapping):
        for one in cast("Mapping[str, Any]", value).values():
            yield from _ids(one)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _ids(one)


async def _called(ctx: Context, text: str | None) -> list[str]:
    """Ids of the people and of what gives rights whose name has the text, as far as the reader may see them."""
    found: list[str] = []
    for name in NAMED if text else ():
        entity = ctx.catalog.entities.get(name)
        if entity and access.may(ctx.actor, entity, "read"):
            c = Compiler(ctx)
            source, seen = c.source(entity, "t", of="kept")
            rows = await ctx.db.fetch(
                f"SELECT t.id FROM {source} WHERE {seen}"
                f" AND guanxi.fold({c.title(entity, 't')}) LIKE '%%' || guanxi.like({c.bind(text, 'text')}) || '%%' LIMIT {MOST}",
                c.args,
            )
            found += [r[0] for r in rows]
    return found


async def _titles(ctx: Context, objects: set[str | None], ids: set[str]) -> dict[str, Any]:
    """What the ids are called, as text or as a label: people and what gives rights, records, and what a workspace has set up."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys((*NAMED, *sorted(o for o in objects if o))):
        if (left := ids - found.keys()) and name in ctx.catalog.entities:
            found |= await titles_of(ctx, name, left)
    if left := ids - found.keys():
        schema = quote(ctx.workspace.schema)
        found |= dict(
            await ctx.db.fetch(
                f"SELECT id::text, label FROM {schema}._flow WHERE id = ANY(%(ids)s::uuid[])"
                f" UNION ALL SELECT id::text, label FROM {schema}._segment WHERE id = ANY(%(ids)s::uuid[])"
                f" UNION ALL SELECT id::text, to_jsonb(name) FROM {schema}._webhook WHERE id = ANY(%(ids)s::uuid[])",
                {"ids": sorted(left)},
            )
        )
    return found


async def export(ctx: Context, form: str, **asked: Any) -> AsyncIterator[bytes]:
    """All of it as CSV or JSON Lines, oldest first, ids beside what they are called as far as the reader may see it; needs an
    open transaction. The caller tells of it before."""
    wanted, args = _where(ctx, asked, await _called(ctx, asked.get("q")))
    sql = f"SELECT {', '.join(COLUMNS)} FROM {quote(ctx.workspace.schema)}._audit WHERE {wanted} ORDER BY seq"
    if form == "csv":
        yield b"\xef\xbb\xbf" + ",".join((*COLUMNS, *READABLE)).encode() + b"\r\n"
    async for rows in ctx.db.stream(sql, args, 1000):
        told = [_readable(ctx, r, one) for r, one in zip(rows, await _named(ctx, rows), strict=True)]
        if form == "jsonl":
            yield b"".join(dumps(one) + b"\n" for one in told)
            continue
        out = io.StringIO()
        csv.writer(out).writerows(
            [
                *(one[name] for name in COLUMNS[:-1]),
                dumps(one["details"]).decode(),
                *(guard(one[name] or "") for name in READABLE[:-1]),
                guard("; ".join(f"{title} ({i})" for i, title in one["names"].items())),
            ]
            for one in told
        )
        yield out.getvalue().encode()


def _readable(ctx: Context, row: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as it stands, and in the reader's language what its ids are called."""

    def words(title: Any) -> str | None:
        return say(cast("Label", title), ctx.actor.language) if isinstance(title, Mapping) else title

    sides = [words(named[side]["title"]) if named[side] else None for side in ("actor", "record")]
    names = {i: words(title) for i, title in named["names"].items()}
    return dict(zip((*COLUMNS, *READABLE), (*row, *sides, names), strict=True))


async def heads(ctx: Context, limit: int = 400) -> list[dict[str, Any]]:
    """``[{"day", "block", "rows", "chain", "at"}]``, newest first: the chain at the end of each day, to be kept elsewhere."""
    require(ctx)
    rows = await ctx.db.fetch(
        f"SELECT day::text, block, rows, encode(chain, 'hex'), at FROM {quote(ctx.workspace.schema)}._head"
        f" ORDER BY day DESC LIMIT {limit}"
    )
    return [dict(zip(("day", "block", "rows", "chain", "at"), r, strict=True)) for r in rows]
