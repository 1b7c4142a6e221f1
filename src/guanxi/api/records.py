"""Records and search: nearly all traffic, so by hand. Path, query string and body are read here, the engine does the
work, and what PostgreSQL rendered goes out as it is.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from guanxi import flows, records, transfer
from guanxi.api.edge import Answer, Edge, Exchange, bad
from guanxi.api.merging import MergeRoutes
from guanxi.api.route import MethodNotAllowed, require, writes
from guanxi.api.wire import (
    BATCH_LIMIT,
    JSON,
    RECORD_LIMIT,
    Header,
    only,
    parse_json,
    parse_object,
    parse_query,
    problem_answer,
    read_body,
)
from guanxi.base import FieldError, Invalid, Malformed, NotFound, Problem, TooLarge
from guanxi.base import json as codec
from guanxi.base.ids import is_id
from guanxi.base.shape import mapping, names
from guanxi.identity import Caller
from guanxi.records import Archive, Context, Create, Delete, Operation, Outcome, Restore, Update, Upsert
from guanxi.records.act import act, begin
from guanxi.schema.filter import both
from guanxi.schema.query import Query, read_aggregation, read_limit, read_moment, read_query

ROOT = len("/api/v1/records/")
BATCH = 1000
"""Operations in one batch."""

MASS = 10_000
"""Ids in one mass change; for more there are filters."""

LISTS = 50
"""Related lists that are asked for at once."""

LONG = 4096
"""Bytes from which on what is asked is read and compiled each time."""

KEPT = 2000
"""Queries kept in read form, by the text that they came in."""

LIST = frozenset(
    {"filter", "sort", "fields", "limit", "cursor", "skip", "include", "q", "bin", "archived", "totals", "as_of"}
)
ONE = frozenset({"fields", "as_of"})
CHANGES = frozenset({"from", "to", "filter", "fields", "limit", "cursor", "include", "totals"})
PAGED = frozenset({"limit", "cursor"})
TIMELINE = frozenset({"limit", "cursor", "kinds", "q", "user", "team", "channel", "include"})
EXPLAIN = frozenset({"user"})
PANELS = frozenset({"names"})
SEARCH = frozenset({"q", "objects", "limit", "archived"})
NONE: frozenset[str] = frozenset()

ACTS: dict[str, type[Delete | Archive | Restore]] = {"delete": Delete, "archive": Archive, "restore": Restore}
"""What may be done to all that match beside changing values; restored is what is in the archive."""

_VERSION = re.compile(rb'"version" ?: ?(\d+)')

Work = Callable[[Context], Awaitable[Answer]]


class RecordRoutes:
    """The doors to records."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self._merging = MergeRoutes(edge)
        self._queries: dict[tuple[str, bytes], Query] = {}
        self._collection: dict[str, Callable[[Exchange, Caller, str], Awaitable[Answer]]] = {
            "GET": self._list,
            "POST": self._create,
        }
        self._bulk: dict[str, Callable[[Exchange, Caller, str], Awaitable[Answer]]] = {
            "query": self._query,
            "batch": self._batch,
            "aggregate": self._aggregate,
            "mass": self._mass,
            "rules": self._consult,
            "merge": self._merging.merge,
            "merge_many": self._merging.merge_many,
        }
        self._told: dict[str, Callable[[Exchange, Caller, str], Awaitable[Answer]]] = {
            "changes": self._changes,
            "merged": self._merging.into,
        }
        self._one: dict[str, Callable[[Exchange, Caller, str, str], Awaitable[Answer]]] = {
            "GET": self._get,
            "PATCH": self._patch,
            "DELETE": self._delete,
        }
        self._of_one: dict[str, dict[str, Callable[[Exchange, Caller, str, str], Awaitable[Answer]]]] = {
            "restore": {"POST": self._restore},
            "archive": {"POST": self._archive},
            "history": {"GET": self._history},
            "timeline": {"GET": self._timeline},
            "panels": {"GET": self._panels},
            "brief.pdf": {"POST": self._brief},
            "alerts": {"GET": self._alerts},
            "related": {"POST": self._several},
            "explain": {"GET": self._explain},
            "access": {"GET": self._access},
            "shares": {"GET": self._shares, "POST": self._share},
            "reveal": {"POST": self._reveal},
            "merge_run": {"GET": self._merging.run},
            "merges": {"GET": self._merging.merges},
            "unmerge": {"GET": self._merging.parting, "POST": self._merging.unmerge},
        }

    async def answer(self, x: Exchange) -> Answer:
        """The answer to a request below ``/api/v1/records/`` or to ``/api/v1/search``."""
        caller = await self.edge.identify(x)
        method = "GET" if x.method == "HEAD" else x.method
        if x.path == "/api/v1/search":
            x.route = "/api/v1/search"
            return await self._search(x, caller) if method == "GET" else _wrong(x, "GET, HEAD")
        parts = x.path[ROOT:].split("/")
        name = parts[0]
        match len(parts):
            case 1:
                x.route = "/api/v1/records/{object}"
                door = self._collection.get(method)
                return await door(x, caller, name) if door else _wrong(x, "GET, HEAD, POST")
            case 2 if parts[1] in self._bulk:
                x.route = f"/api/v1/records/{{object}}/{parts[1]}"
                return await self._bulk[parts[1]](x, caller, name) if method == "POST" else _wrong(x, "POST")
            case 2 if parts[1] in self._told:
                x.route = f"/api/v1/records/{{object}}/{parts[1]}"
                return await self._told[parts[1]](x, caller, name) if method == "GET" else _wrong(x, "GET, HEAD")
            case 2:
                x.route = "/api/v1/records/{object}/{id}"
                one = self._one.get(method)
                return await one(x, caller, name, parts[1]) if one else _wrong(x, "GET, HEAD, PATCH, DELETE")
            case 3 if parts[2] in self._of_one:
                x.route = f"/api/v1/records/{{object}}/{{id}}/{parts[2]}"
                doors = self._of_one[parts[2]]
                one = doors.get(method)
                allowed = ", ".join(["GET", "HEAD", *(m for m in doors if m != "GET")] if "GET" in doors else doors)
                return await one(x, caller, name, parts[1]) if one else _wrong(x, allowed)
            case 4 if parts[2] == "actions":
                x.route = "/api/v1/records/{object}/{id}/actions/{name}"
                acts = {"GET": self._begin, "POST": self._act}.get(method)
                return await acts(x, caller, name, parts[1], parts[3]) if acts else _wrong(x, "GET, HEAD, POST")
            case 4 if parts[2] == "related":
                x.route = "/api/v1/records/{object}/{id}/related/{name}"
                return (
                    await self._related(x, caller, name, parts[1], parts[3])
                    if method == "GET"
                    else _wrong(x, "GET, HEAD")
                )
            case 4 if parts[2] == "shares":
                x.route = "/api/v1/records/{object}/{id}/shares/{share}"
                return (
                    await self._unshare(x, caller, name, parts[1], parts[3])
                    if method == "DELETE"
                    else _wrong(x, "DELETE")
                )
            case _:
                raise NotFound("no_such_address")

    # -- reading -------------------------------------------------------------------------------------------------

    async def _list(self, x: Exchange, caller: Caller, name: str) -> Answer:
        require(caller, "records:read")
        raw = x.scope["query_string"]
        return await self._page(caller, name, raw, lambda: _from_text(parse_query(raw, LIST)))

    async def _query(self, x: Exchange, caller: Caller, name: str) -> Answer:
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        return await self._page(caller, name, b"{" + raw, lambda: parse_object(raw, x.headers))

    async def _page(self, caller: Caller, name: str, raw: bytes, read: Callable[[], Mapping[str, Any]]) -> Answer:
        """A page of a list. Reading a query is a function of its text alone, so what was read is kept."""
        query = self._queries.get((name, raw))
        if query is None:
            caller.catalog.object(name)
            query = read_query(name, read())
            if len(raw) < LONG:
                if len(self._queries) >= KEPT:
                    self._queries.clear()
                self._queries[name, raw] = query
        # A page in the middle is asked for once; only first pages come again and again.
        key = (name, raw) if query.cursor is None and not query.skip and len(raw) < LONG else None
        async with self.edge.database.connection(caller.workspace.role) as db:
            page = await records.find(self.edge.reader(db, caller), query, key)
        return Answer(200, page.body(), [JSON])

    async def _get(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        asked = parse_query(x.scope["query_string"], ONE)
        fields = _names(asked.get("fields"))
        async with self.edge.database.connection(caller.workspace.role) as db:
            ctx = self.edge.reader(db, caller).then(read_moment("as_of", asked.get("as_of")))
            try:
                found = await records.get(ctx, name, id, fields)
            except NotFound:
                if ctx.as_of is None and (elsewhere := await self._merging.gone(ctx, name, id)):
                    return elsewhere
                raise
        return Answer(200, found, [JSON, *(_etag(found) if ctx.as_of is None else ())])

    async def _aggregate(self, x: Exchange, caller: Caller, name: str) -> Answer:
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        body = parse_object(raw, x.headers)
        caller.catalog.object(name)
        what = read_aggregation(name, body)
        key = (name, raw) if len(raw) < LONG else None
        async with self.edge.reading(caller) as ctx:
            groups = await records.aggregate(ctx, what, key)
        return Answer(200, b'{"data":[' + b",".join(groups) + b"]}", [JSON])

    async def _consult(self, x: Exchange, caller: Caller, name: str) -> Answer:
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        body = parse_object(await read_body(x.receive, x.headers, RECORD_LIMIT), x.headers)
        only(body, frozenset({"values", "id"}))
        values, id = body.get("values", {}), body.get("id")
        if not isinstance(values, dict):
            raise bad("values", "must_be_object")
        if id is not None and not isinstance(id, str):
            raise bad("id", "not_an_id", value=str(id)[:50])
        async with self.edge.reading(caller) as ctx:
            return Answer.of(await records.consult(ctx, name, values, id))

    async def _changes(self, x: Exchange, caller: Caller, name: str) -> Answer:
        require(caller, "records:read")
        asked = _from_text(parse_query(x.scope["query_string"], CHANGES))
        start, end = (read_moment(n, asked.pop(n, None)) for n in ("from", "to"))
        if start is None:
            raise bad("from", "required")
        summary = asked.pop("include", None)
        if summary not in (None, "summary"):
            raise bad("include", "not_an_option", value=summary)
        cursor = asked.pop("cursor", None)
        query = read_query(name, {**asked, **({"include": "totals"} if "totals" in asked else {})})
        async with self.edge.reading(caller) as ctx:
            found = await records.between(ctx, replace(query, cursor=cursor or None), start, end, summary is not None)
        return Answer.of(found)

    async def _related(self, x: Exchange, caller: Caller, name: str, id: str, inverse: str) -> Answer:
        require(caller, "records:read")
        asked = _from_text(parse_query(x.scope["query_string"], LIST))
        async with self.edge.reading(caller) as ctx:
            child, wanted = records.related(ctx, name, inverse, id)
            query = read_query(child.object, asked)
            query = replace(query, filter=both(query.filter, wanted))
            page = await records.find(await records.visible(ctx.then(query.as_of), name, id), query)
        return Answer(200, page.body(), [JSON])

    async def _several(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        """Pages of several lists of what belongs to a record: who asks is asked once whether they see it."""
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        body = parse_object(await read_body(x.receive, x.headers, RECORD_LIMIT), x.headers)
        only(body, frozenset({"lists"}))
        lists = mapping(body.get("lists"))
        if not lists or len(lists) > LISTS:
            raise bad("lists", "wrong_type", expected=f"an object of 1 to {LISTS} lists")
        pages: list[bytes] = []
        async with self.edge.reading(caller) as ctx:
            around = await records.visible(ctx, name, id)
            for inverse, asked in lists.items():
                child, wanted = records.related(ctx, name, inverse, id)
                try:
                    query = read_query(child.object, asked)
                    query = replace(query, filter=both(query.filter, wanted))
                    then = await records.visible(ctx.then(query.as_of), name, id) if query.as_of else around
                    page = await records.find(then, query)
                except Invalid as invalid:
                    raise invalid.within(f"lists.{inverse}") from None
                pages.append(codec.dumps(inverse) + b":" + page.body())
        return Answer(200, b'{"data":{' + b",".join(pages) + b"}}", [JSON])

    async def _history(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        asked = parse_query(x.scope["query_string"], PAGED)
        limit = read_limit(asked.get("limit"))
        async with self.edge.reading(caller) as ctx:
            return Answer.of(await records.history(ctx, name, id, limit=limit, cursor=asked.get("cursor")))

    async def _timeline(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        asked = parse_query(x.scope["query_string"], TIMELINE)
        limit = read_limit(asked.get("limit"))
        if asked.get("include") not in (None, "count"):
            raise bad("include", "not_an_option", value=asked["include"])
        async with self.edge.reading(caller) as ctx:
            found = await records.timeline(
                ctx,
                name,
                id,
                limit=limit,
                cursor=asked.get("cursor"),
                kinds=_names(asked.get("kinds")),
                q=asked.get("q"),
                user=asked.get("user"),
                team=asked.get("team"),
                channel=asked.get("channel"),
                counted=asked.get("include") == "count",
            )
            return Answer.of(found)

    async def _panels(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        asked = parse_query(x.scope["query_string"], PANELS)
        async with self.edge.reading(caller) as ctx:
            return Answer.of({"data": await records.panels(ctx, name, id, _names(asked.get("names")))})

    async def _brief(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)

        async def work(ctx: Context) -> Answer:
            told = await transfer.brief(ctx, name, id)
            # Before the commit: what cannot be printed is neither an export nor counted as one.
            data = await transfer.printed("brief.typ", told)
            named = f"attachment; filename*=UTF-8''{quote(told['title'][:80].rstrip(' .'), safe='')}.pdf".encode()
            return Answer(200, data, [(b"content-type", b"application/pdf"), (b"content-disposition", named)])

        return await self.edge.write(x, work, secret=True)

    async def _alerts(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        async with self.edge.reading(caller) as ctx:
            await records.visible(ctx, name, id)
            return Answer.of({"data": (await records.alerts(ctx, name, [id])).get(id, [])})

    async def _explain(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        asked = parse_query(x.scope["query_string"], EXPLAIN)
        async with self.edge.reading(caller) as ctx:
            return Answer.of(await records.explain(ctx, name, id, user=asked.get("user")))

    async def _reveal(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        body = parse_object(raw, x.headers)
        only(body, frozenset({"fields", "reason"}))
        fields, reason = names(body.get("fields")), body.get("reason") or ""
        if not fields or len(fields) > 50:
            raise bad("fields", "must_be_list")
        if not isinstance(reason, str) or len(reason) > 500 or "\0" in reason:
            raise bad("reason", "too_long", max=500)

        async def work(ctx: Context) -> Answer:
            return Answer(200, await records.reveal(ctx, name, id, fields, reason), [JSON])

        return await self.edge.write(x, work, raw, secret=True)

    async def _access(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        async with self.edge.reading(caller) as ctx:
            return Answer.of(await records.who(ctx, name, id))

    async def _search(self, x: Exchange, caller: Caller) -> Answer:
        require(caller, "records:read")
        asked = parse_query(x.scope["query_string"], SEARCH)
        text = asked.get("q")
        if text is None:
            raise bad("q", "required")
        if len(text) > 200:
            raise bad("q", "too_long", max=200)
        limit = read_limit(asked.get("limit"), 20, 100)
        if (archived := asked.get("archived", "")) not in ("", "with"):
            raise bad("archived", "not_an_option", value=archived[:60])
        async with self.edge.reading(caller) as ctx:
            found = await records.search(ctx, text, _names(asked.get("objects")), limit, bool(archived))
            return Answer.of({"data": found})

    # -- writing -------------------------------------------------------------------------------------------------

    async def _write(
        self, x: Exchange, caller: Caller, name: str, operation: Operation, raw: bytes = b"", status: int = 0
    ) -> Answer:
        """Carry out one operation and answer with the record."""
        news = "access" if writes(caller, name) else ""
        ids: list[str] = []

        async def work(ctx: Context) -> Answer:
            [outcome] = await records.write(ctx, name, [operation])
            ids[:] = [outcome.id] if outcome.id else []
            mark = (b"guanxi-change-set", ctx.change_set.encode())
            if outcome.record is None:
                return Answer(204, b"", [mark])
            return Answer(status or outcome.status, outcome.record, [JSON, mark, *_etag(outcome.record)])

        result = await self.edge.write(x, work, raw, news=news, last=True)
        self.edge.outbox.records(caller.workspace.id, name, ids)
        return result

    async def _create(self, x: Exchange, caller: Caller, name: str) -> Answer:
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        return await self._write(x, caller, name, Create(_values(parse_object(raw, x.headers))), raw, 201)

    async def _patch(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        values = _values(parse_object(raw, x.headers))
        return await self._write(x, caller, name, Update(id, values, _if_match(x.headers)), raw, 200)

    async def _delete(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        parse_query(x.scope["query_string"], NONE)
        return await self._write(x, caller, name, Delete(id, _if_match(x.headers)))

    async def _restore(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        parse_query(x.scope["query_string"], NONE)
        return await self._write(x, caller, name, Restore(id), status=200)

    async def _archive(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        parse_query(x.scope["query_string"], NONE)
        return await self._write(x, caller, name, Archive(id, _if_match(x.headers)))

    async def _batch(self, x: Exchange, caller: Caller, name: str) -> Answer:
        news = "access" if writes(caller, name) else ""
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, BATCH_LIMIT)
        body = parse_object(raw, x.headers)
        only(body, frozenset({"operations", "atomic", "dry_run"}))
        caller.catalog.object(name)
        operations = _operations(body.get("operations"))
        for flag in ("atomic", "dry_run"):
            if not isinstance(body.get(flag, False), bool):
                raise bad(flag, "must_be_boolean")
        atomic, dry = body.get("atomic", True), body.get("dry_run", False)
        ids: list[str] = []

        async def work(ctx: Context) -> Answer:
            ctx = replace(ctx, bulk="batch")
            if dry:
                outcomes: list[Outcome] = []
                with suppress(_Tried):
                    async with ctx.db.savepoint():
                        outcomes = await records.write(ctx, name, operations, atomic=atomic)
                        raise _Tried
                results = b",".join(_result(o, x.language) for o in outcomes)
                return Answer(200, b'{"results":[' + results + b'],"change_set":null}', [JSON])
            outcomes = await records.write(ctx, name, operations, atomic=atomic)
            results = b",".join(_result(o, x.language) for o in outcomes)
            ids[:] = [o.id for o in outcomes if o.id and o.problem is None]
            change_set = ctx.change_set.encode()
            content = b'{"results":[' + results + b'],"change_set":"' + change_set + b'"}'
            return Answer(200, content, [JSON, (b"guanxi-change-set", change_set)])

        result = await self.edge.write(x, work, raw, news="" if dry else news)
        self.edge.outbox.records(caller.workspace.id, name, ids)
        return result

    async def _mass(self, x: Exchange, caller: Caller, name: str) -> Answer:
        news = "access" if writes(caller, name) else ""
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        body = parse_object(raw, x.headers)
        only(body, frozenset({"filter", "q", "ids", "values", *ACTS}))
        if ("ids" in body) is ("filter" in body or "q" in body):
            raise bad("filter" if "ids" in body else "ids", "one_of")
        for verb in ACTS:
            if not isinstance(body.get(verb, False), bool):
                raise bad(verb, "must_be_boolean")
        acts = [done for verb, done in ACTS.items() if body.get(verb)]
        if len(acts) + ("values" in body) != 1:
            raise bad("values", "one_of")
        ids, values = body.get("ids"), body.get("values")
        if ids is not None and (not isinstance(ids, list) or not all(isinstance(i, str) and is_id(i) for i in ids)):
            raise bad("ids", "must_be_list")
        if ids is not None and len(ids) > MASS:
            raise TooLarge(limit=MASS)
        if values is not None and not isinstance(values, dict):
            raise bad("values", "must_be_object")
        caller.catalog.object(name)
        query = read_query(name, {k: body[k] for k in ("filter", "q") if k in body})
        query = replace(query, archived="only" if acts == [Restore] else "")

        async def work(ctx: Context) -> Answer:
            ctx = replace(ctx, bulk="mass")
            matched, changed = await records.mass(ctx, query, acts[0] if acts else values or {}, ids)
            done = {"matched": matched, "changed": changed, "change_set": ctx.change_set}
            return Answer.of(done, 200, (b"guanxi-change-set", ctx.change_set.encode()))

        result = await self.edge.write(x, work, raw, news=news)
        self.edge.outbox.records(caller.workspace.id, name, ids or [])
        return result

    async def _begin(self, x: Exchange, caller: Caller, name: str, id: str, verb: str) -> Answer:
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        async with self.edge.reading(caller) as ctx:
            if verb.startswith("flow_"):
                await records.visible(ctx, name, id)
                return Answer.of({"input": {}})
            return Answer.of(await begin(ctx, name, id, verb))

    async def _act(self, x: Exchange, caller: Caller, name: str, id: str, verb: str) -> Answer:
        news = "access" if writes(caller, name) else ""
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        body = parse_object(raw, x.headers)
        only(body, frozenset({"input"}))
        given = body.get("input") or {}
        if not isinstance(given, dict):
            raise bad("input", "must_be_object")

        async def work(ctx: Context) -> Answer:
            if verb.startswith("flow_"):
                return Answer.of(await flows.press(ctx, name, id, verb, given))
            done = await act(replace(ctx, bulk="action", label=verb), name, id, verb, given)
            return Answer.of(done, 200, (b"guanxi-change-set", ctx.change_set.encode()))

        result = await self.edge.write(x, work, raw, news=news, secret=(name, verb) == ("user", "invite"))
        self.edge.outbox.records(caller.workspace.id, name, [id])
        return result

    # -- shares --------------------------------------------------------------------------------------------------

    async def _shares(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        async with self.edge.reading(caller) as ctx:
            return Answer.of({"data": await records.shares(ctx, name, id)})

    async def _share(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        require(caller, "records:write")
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        body = parse_object(raw, x.headers)
        only(body, frozenset({"user", "team", "level", "until"}))
        kind = "user" if "user" in body else "team"
        grantee = body.get(kind)
        if len(body.keys() & {"user", "team"}) != 1:
            raise bad("user", "one_of")
        if not isinstance(grantee, str) or not is_id(grantee):
            raise bad(kind, "not_an_id", value=str(grantee)[:50])
        until = read_moment("until", body.get("until"))

        async def work(ctx: Context) -> Answer:
            return Answer.of(await records.share(ctx, name, id, grantee, kind, body.get("level", "read"), until), 201)

        return await self.edge.write(x, work, raw)

    async def _unshare(self, x: Exchange, caller: Caller, name: str, id: str, share: str) -> Answer:
        require(caller, "records:write")
        parse_query(x.scope["query_string"], NONE)

        async def work(ctx: Context) -> Answer:
            await records.unshare(ctx, name, id, share)
            return Answer(204, b"")

        return await self.edge.write(x, work)


# -- small parts -------------------------------------------------------------------------------------------------------


def _wrong(x: Exchange, allowed: str) -> Answer:
    """What a method gets that the address does not take; OPTIONS is answered with those it does."""
    allow: Header = (b"allow", allowed.encode())
    if x.method == "OPTIONS":
        return Answer(204, b"", [allow])
    status, body, headers = problem_answer(MethodNotAllowed(method=x.method, allowed=allowed), x.language, x.reference)
    return Answer(status, body, [*headers, allow])


def _from_text(asked: dict[str, str]) -> dict[str, Any]:
    """A list's parameters from the query string in the form that a body has."""
    out: dict[str, Any] = dict(asked)
    if "filter" in out:
        try:
            out["filter"] = parse_json(out["filter"].encode()) if out["filter"] else None
        except Malformed:
            raise bad("filter", "must_be_json") from None
    return out


def _names(text: str | None) -> tuple[str, ...] | None:
    if not text:
        return None
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _values(body: dict[str, Any]) -> dict[str, Any]:
    values = body.get("values")
    if len(body) != 1 or not isinstance(values, dict):
        only(body, frozenset({"values"}))
        raise bad("values", "required" if values is None else "must_be_object")
    return values


def _etag(record: bytes) -> tuple[Header, ...]:
    found = _VERSION.search(record, 0, 400)
    return ((b"etag", b'"' + found[1] + b'"'),) if found else ()


def _if_match(headers: Mapping[bytes, bytes]) -> int | None:
    given = headers.get(b"if-match")
    if given is None or given.strip() == b"*":
        return None
    text = given.strip().removeprefix(b"W/").strip(b'"')
    if not text.isdigit() or len(text) > 9:
        raise Malformed("not_a_version")
    return int(text)


def _operations(raw: Any) -> list[Operation]:
    """The operations of a batch; all that is wrong with their form is refused together."""
    if not isinstance(raw, list):
        raise bad("operations", "required" if raw is None else "must_be_list")
    if len(raw) > BATCH:
        raise TooLarge(limit=BATCH)
    out: list[Operation] = []
    errors: list[FieldError] = []
    for i, item in enumerate(raw):
        try:
            out.append(read_operation(item))
        except Invalid as invalid:
            errors += [replace(e, row=i) for e in invalid.errors]
    if errors:
        raise Invalid(errors=errors[:200])
    return out


_KEYS = {
    "create": frozenset({"op", "values"}),
    "update": frozenset({"op", "id", "values", "version"}),
    "upsert": frozenset({"op", "key", "values"}),
    "delete": frozenset({"op", "id", "version"}),
    "archive": frozenset({"op", "id", "version"}),
    "restore": frozenset({"op", "id"}),
}


def read_operation(item: Any) -> Operation:
    """One operation in the form of a batch; raises Invalid."""
    if not isinstance(item, dict):
        raise bad("operations", "must_be_object")
    op = item.get("op")
    if not isinstance(op, str) or op not in _KEYS:
        raise bad("op", "not_an_option", value=str(op)[:50])
    only(item, _KEYS[op])
    values = item.get("values", {} if op in ("delete", "archive", "restore") else None)
    if not isinstance(values, dict):
        raise bad("values", "required" if values is None else "must_be_object")
    if op == "create":
        return Create(values)
    if op == "upsert":
        return Upsert(_key(item.get("key"), values), values)
    id, version = item.get("id"), item.get("version")
    if not isinstance(id, str):
        raise bad("id", "required" if id is None else "not_an_id", value=str(id)[:50])
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise bad("version", "must_be_number")
    if op == "update":
        return Update(id, values, version)
    if op == "restore":
        return Restore(id)
    return Delete(id, version) if op == "delete" else Archive(id, version)


def _key(key: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The key of an upsert: ``{field: value}``, or the names of fields among ``values``."""
    if isinstance(key, dict) and key:
        return key
    names = [key] if isinstance(key, str) else key
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise bad("key", "required")
    missing = [n for n in names if values.get(n) in (None, "")]
    if missing:
        raise Invalid(errors=[FieldError(n, "required") for n in missing])
    return {n: values[n] for n in names}


class _Tried(Exception):
    """Undoes what was only tried."""


def _result(outcome: Outcome, language: str) -> bytes:
    """One answer among those of a batch."""
    status = str(outcome.status).encode()
    if outcome.problem is not None:
        return codec.dumps(_refusal(outcome.problem, language))
    same = b"" if outcome.changed else b',"changed":false'
    if outcome.record is None:
        return b'{"status":' + status + same + b',"id":' + codec.dumps(outcome.id) + b"}"
    return b'{"status":' + status + same + b',"record":' + outcome.record + b"}"


def _refusal(problem: Problem, language: str) -> dict[str, Any]:
    body = problem.body(language)
    errors = body.get("errors") or [{"field": None, "code": problem.code, "message": body["title"]}]
    return {"status": problem.status, "title": body["title"], "errors": errors}
