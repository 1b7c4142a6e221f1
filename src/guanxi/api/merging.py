"""Records that become one, and taking them apart: doors beside those of single records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi import linkage, merging, records
from guanxi.api.edge import Answer, Edge, Exchange, bad
from guanxi.api.route import require, writes
from guanxi.api.wire import RECORD_LIMIT, only, parse_object, parse_query, read_body
from guanxi.base.ids import is_id
from guanxi.base.shape import mapping, names, sequence
from guanxi.identity import Caller
from guanxi.records import Context
from guanxi.schema.query import read_query

MERGE = frozenset({"survivor", "ids", "choices", "versions", "dry_run"})
MANY = frozenset({"clusters", "filter", "q", "key", "likely", "rule", "dry_run"})
SOURCES = ("clusters", "key", "likely")
APART = frozenset({"merge", "lost", "fields", "children", "version"})
NONE: frozenset[str] = frozenset()

_UUID = {"type": "string", "format": "uuid"}
_UUIDS = {"type": "array", "items": _UUID, "minItems": 1}
_CHOICES = {
    "type": "object",
    "description": "By field: a record's id, a value, or that lists are joined; of the others it is decided",
    "additionalProperties": {
        "oneOf": [
            {"type": "object", "required": [key], "additionalProperties": False, "properties": {key: of}}
            for key, of in (("from", _UUID), ("value", {}), ("join", {"const": True}))
        ]
    },
}
_SIDES = {
    "type": "object",
    "description": "By field that the merge changed: `before`, `after`, `now`, or a value",
    "additionalProperties": {
        "oneOf": [
            {"enum": ["before", "after", "now"]},
            {"type": "object", "required": ["value"], "additionalProperties": False, "properties": {"value": {}}},
        ]
    },
}
_CHILD = {
    "type": "object",
    "required": ["object", "field", "id", "to"],
    "additionalProperties": False,
    "properties": {"object": {"type": "string"}, "field": {"type": "string"}, "id": _UUID, "to": _UUID},
}
BODIES: Mapping[str, dict[str, Any]] = {
    "merge": {
        "type": "object",
        "required": ["survivor", "ids"],
        "additionalProperties": False,
        "properties": {
            "survivor": _UUID,
            "ids": _UUIDS,
            "choices": _CHOICES,
            "versions": {
                "type": "object",
                "description": "Those that were read, by id; others are refused with 409",
                "additionalProperties": {"type": "integer"},
            },
            "dry_run": {"type": "boolean", "default": False, "description": "Only say what would come out"},
        },
    },
    "merge_many": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "clusters": {"type": "array", "items": {**_UUIDS, "minItems": 2}, "maxItems": 10000},
            "filter": {"$ref": "#/components/schemas/Filter"},
            "q": {"type": "string"},
            "key": {
                "type": "object",
                "description": "Instead of clusters: records with the same value, as duplicates are compared",
                "properties": {"field": {"type": "string"}, "how": {"enum": ["exact", "folded", "phone", "email"]}},
            },
            "likely": {
                "type": "number",
                "minimum": 0.5,
                "maximum": 1,
                "description": "Instead of clusters: the groups of the duplicates list of which every pair is at least so likely",
            },
            "rule": {
                "type": "object",
                "properties": {
                    "survivor": {"enum": ["oldest", "latest", "complete", "children"]},
                    "fields": {
                        "type": "object",
                        "description": "By field (`*`: all others) `survivor`, `frequent`, `latest`, `longest`, `join`, or"
                        " `{first: {field, value}}`",
                    },
                },
            },
            "dry_run": {"type": "boolean", "default": False, "description": "Only say which groups there are"},
        },
    },
    "unmerge": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "merge": _UUID,
            "lost": _UUIDS,
            "fields": _SIDES,
            "children": {
                "type": "array",
                "items": _CHILD,
                "description": "What came since and goes with one that comes out",
            },
            "version": {"type": "integer"},
        },
    },
}
"""What the doors take, for the API's description."""


class MergeRoutes:
    """The doors to merging."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    async def merge(self, x: Exchange, caller: Caller, name: str) -> Answer:
        """Make records one, or with ``dry_run`` say what that would do."""
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        body = parse_object(raw, x.headers)
        only(body, MERGE)
        survivor, ids = _id(body, "survivor"), names(body.get("ids"))
        if ids is None:
            raise bad("ids", "must_be_list")
        choices, versions = (_object(body, n) for n in ("choices", "versions"))
        if not all(type(v) is int for v in versions.values()):
            raise bad("versions", "must_be_number")
        dry = body.get("dry_run", False)
        if not isinstance(dry, bool):
            raise bad("dry_run", "must_be_boolean")
        lost = [i for i in ids if i != survivor]
        if dry:
            require(caller, "records:read")
            async with self.edge.reading(caller) as ctx:
                return Answer.of(await merging.preview(ctx, name, survivor, lost, choices, versions))
        writes(caller, name)

        async def work(ctx: Context) -> Answer:
            done = await merging.merge(ctx, name, survivor, lost, choices, versions)
            return Answer.of(done, 200, (b"guanxi-change-set", ctx.change_set.encode()))

        return await self.edge.write(x, work, raw)

    async def merge_many(self, x: Exchange, caller: Caller, name: str) -> Answer:
        """Make many groups one each by a rule, as one act."""
        writes(caller, name)
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        body = parse_object(raw, x.headers)
        only(body, MANY)
        caller.catalog.object(name)
        if sum(n in body for n in SOURCES) != 1:
            raise bad("clusters", "one_of")
        likely = body.get("likely")
        if likely is not None and (isinstance(likely, bool) or not isinstance(likely, int | float)):
            raise bad("likely", "must_be_number")
        given = merging.read_groups(body["clusters"]) if "clusters" in body else None
        by = _object(body, "key")
        query = read_query(name, {k: body[k] for k in ("filter", "q") if k in body})
        dry = body.get("dry_run", False)
        if not isinstance(dry, bool):
            raise bad("dry_run", "must_be_boolean")

        async def wanted(ctx: Context) -> list[list[str]]:
            if given is not None:
                return given
            if likely is not None:
                return await linkage.likely(ctx, name, likely)
            return await merging.groups_of(ctx, query, by)

        if dry:
            async with self.edge.reading(caller) as ctx:
                groups = await wanted(ctx)
                return Answer.of({"total": len(groups), "records": sum(map(len, groups)), "clusters": groups[:200]})

        async def work(ctx: Context) -> Answer:
            done = await merging.merge_many(ctx, name, await wanted(ctx), body.get("rule"))
            mark = ((b"guanxi-change-set", ctx.change_set.encode()),) if done.get("merged") else ()
            return Answer.of(done, 202 if done["status"] == "queued" else 200, *mark)

        return await self.edge.write(x, work, raw)

    async def run(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        """How a job that merges stands."""
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        async with self.edge.reading(caller) as ctx:
            return Answer.of(await merging.run_status(ctx, name, id))

    async def merges(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        """What went into a record and can be taken out again."""
        require(caller, "records:read")
        parse_query(x.scope["query_string"], NONE)
        async with self.edge.reading(caller) as ctx:
            return Answer.of({"data": await merging.merged(ctx, name, id)})

    async def into(self, x: Exchange, caller: Caller, name: str) -> Answer:
        """Where records in the bin are that went into others."""
        require(caller, "records:read")
        ids = parse_query(x.scope["query_string"], frozenset({"ids"})).get("ids", "").split(",")
        async with self.edge.reading(caller) as ctx:
            return Answer.of({"data": await merging.into(ctx, name, ids)})

    async def parting(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        """What taking records out of this one would do."""
        require(caller, "records:read")
        asked = parse_query(x.scope["query_string"], frozenset({"merge", "lost"}))
        lost = asked["lost"].split(",") if asked.get("lost") else None
        async with self.edge.reading(caller) as ctx:
            return Answer.of(await merging.taking_apart(ctx, name, id, asked.get("merge"), lost))

    async def unmerge(self, x: Exchange, caller: Caller, name: str, id: str) -> Answer:
        """Take records out of this one."""
        writes(caller, name)
        parse_query(x.scope["query_string"], NONE)
        raw = await read_body(x.receive, x.headers, RECORD_LIMIT)
        body = parse_object(raw, x.headers)
        only(body, APART)
        merge = _id(body, "merge") if body.get("merge") is not None else None
        lost = None if body.get("lost") is None else names(body["lost"])
        if body.get("lost") is not None and lost is None:
            raise bad("lost", "must_be_list")
        version = body.get("version")
        if version is not None and type(version) is not int:
            raise bad("version", "must_be_number")
        children = [mapping(c) for c in sequence(body.get("children", [])) or ()]
        if sequence(body.get("children", [])) is None or None in children:
            raise bad("children", "must_be_list")
        fields = _object(body, "fields")

        async def work(ctx: Context) -> Answer:
            later = [c for c in children if c is not None]
            done = await merging.unmerge(ctx, name, id, merge, lost, fields, later, version)
            return Answer.of(done, 200, (b"guanxi-change-set", ctx.change_set.encode()))

        return await self.edge.write(x, work, raw)

    async def gone(self, ctx: Context, name: str, id: str) -> Answer | None:
        """Where a record is that went into another one: a redirect, which may not be kept, since it can be taken out again."""
        at = await records.gone_into(ctx, name, id)
        if at is None:
            return None
        place = f"/api/v1/records/{name}/{at}".encode()
        return Answer.of({"merged_into": {"object": name, "id": at}}, 307, (b"location", place))


def _id(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not is_id(value):
        raise bad(name, "required" if value is None else "not_an_id", value=str(value)[:50])
    return value


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = mapping(body.get(name, {}))
    if value is None:
        raise bad(name, "must_be_object")
    return value
