"""OpenAPI 3.1 of what this caller can use: the system endpoints from the framework, the record endpoints from the catalog."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from guanxi import __version__
from guanxi.api.merging import BODIES
from guanxi.api.openapi_parts import (
    AS_OF,
    CURSOR,
    ID,
    IF_MATCH,
    KEY,
    LIMIT,
    LIST_PARAMETERS,
    NAMED_LINK,
    SHARED,
    Json,
    answers,
    body_of,
    in_query,
    or_null,
    written,
)
from guanxi.api.transfer import ImportBody
from guanxi.base import Label
from guanxi.base import say as label_in
from guanxi.identity import Caller
from guanxi.records import access, rules
from guanxi.schema.catalog import Entity
from guanxi.schema.model import Field

DESCRIPTION = """Everything that the page can do, the API can do.

Timestamps are RFC 3339 in UTC, dates `YYYY-MM-DD`, decimals are numbers with their exact digits, ids UUIDs. Parameters and
fields that are not known are errors. Sign in with a cookie (then what changes something carries `X-CSRF-Token`) or with
`Authorization: Bearer gx_...`. Errors are `application/problem+json`."""


def document(api: FastAPI, caller: Caller | None, base_url: str) -> Json:
    """The whole document; without a caller with one generic object in place of the catalog's."""
    spec = get_openapi(
        title="Guanxi", version=__version__, openapi_version="3.1.0", description=DESCRIPTION, routes=api.routes
    )
    components = spec.setdefault("components", {})
    schemas: dict[str, Json] = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas |= SHARED
    # Bodies that their endpoints read themselves.
    schemas["ImportBody"] = ImportBody.model_json_schema(ref_template="#/components/schemas/{model}")
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token, `gx_...`"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "guanxi",
            "description": "The cookie of a signed-in browser",
        },
    }
    components["responses"] = {
        "Problem": {
            "description": "A refusal (RFC 9457)",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
    spec["security"] = [{"token": []}, {"session": []}]
    spec["servers"] = [{"url": base_url or "/"}]
    paths: dict[str, Json] = spec["paths"]
    for operations in paths.values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    paths["/api/v1/search"] = {
        "get": {
            "operationId": "search",
            "tags": ["records"],
            "summary": "One box over everything that one may see",
            "parameters": [
                {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "maxLength": 200}},
                {"name": "objects", "in": "query", "schema": {"type": "string"}, "description": "Names between commas"},
                {
                    "name": "limit",
                    "in": "query",
                    "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                },
            ],
            "responses": answers("200", "Best first", "#/components/schemas/Entries"),
        }
    }
    if caller is None:
        schemas["Record"] = {"type": "object", "required": ["id", "version"]}
        _paths(paths, "{object}", "Record", "Record", "record", {}, {})
        return spec
    language = caller.actor.language
    for entity in caller.catalog.entities.values():
        if access.may(caller.actor, entity, "read"):
            schemas |= _schemas(caller, entity, language)
            related = {c.name: c.object for c in entity.children.values() if c.object in caller.catalog.entities}
            verbs = {v.name: (v.label, v.input) for v in rules.actions(entity).values()}
            _paths(
                paths,
                entity.name,
                entity.name,
                f"{entity.name}_values",
                _text(entity.definition.label, language),
                related,
                verbs,
            )
    return spec


def _text(label: Label, language: str) -> str:
    return label_in(label, language)


def _schemas(caller: Caller, entity: Entity, language: str) -> dict[str, Json]:
    read: dict[str, Json] = {}
    write: dict[str, Json] = {}
    for name, f in entity.fields.items():
        kind = entity.types[name]
        about = {"title": _text(f.label, language)} | ({"description": _text(f.help, language)} if f.help else {})
        if access.masked(caller.actor, entity, f):
            read[name] = {"type": ["string", "null"], "readOnly": True, **about}
        elif access.readable(caller.actor, entity, f):
            if kind.link:
                read[name] = {
                    **({"type": ["array", "null"], "items": NAMED_LINK} if kind.many else NAMED_LINK),
                    **about,
                }
            elif f.type == "reference":
                read[name] = {"type": ["object", "null"], **about}
            else:
                read[name] = {**or_null(written(f)), **about}
        if not f.system and access.writable(caller.actor, entity, f):
            write[name] = {**or_null(written(f)), **about}
    return {
        entity.name: {"type": "object", "title": _text(entity.definition.label, language), "properties": read},
        f"{entity.name}_values": {"type": "object", "additionalProperties": False, "properties": write},
        f"{entity.name}_new": {
            "type": "object",
            "additionalProperties": False,
            "properties": write,
            "required": [n for n in entity.required if n in write and entity.fields[n].default is None],
        },
    }


def _paths(
    paths: dict[str, Json],
    name: str,
    schema: str,
    values: str,
    label: str,
    related: Mapping[str, str],
    verbs: Mapping[str, tuple[Label, tuple[Field, ...]]],
) -> None:
    generic = name == "{object}"
    root = f"/api/v1/records/{name}"
    tag = "records" if generic else name
    of = "record" if generic else name
    record = f"#/components/schemas/{schema}"
    page: Json = {
        "type": "object",
        "required": ["data", "next"],
        "properties": {
            "data": {"type": "array", "items": {"$ref": record}},
            "next": {"type": ["string", "null"]},
            "count": {"type": ["integer", "null"]},
            "count_estimate": {"type": "integer"},
            "totals": {"type": "object"},
            "currencies": {"type": "object", "description": "Of totals that are amounts, as those of an aggregate."},
        },
    }
    pages: Json = {
        "200": {"description": "A page", "content": {"application/json": {"schema": page}}},
        "default": {"$ref": "#/components/responses/Problem"},
    }
    given = {"$ref": f"#/components/schemas/{values}"}
    new = given if generic else {"$ref": f"#/components/schemas/{name}_new"}

    def wrapped(schema: Json) -> Json:
        return {
            "type": "object",
            "required": ["values"],
            "additionalProperties": False,
            "properties": {"values": schema},
        }

    which = [{"name": "object", "in": "path", "required": True, "schema": {"type": "string"}}] if generic else []

    def add(
        path: str, method: str, id: str, summary: str, responses: Json, parameters: list[Json], body: Json | None = None
    ) -> None:
        operation: Json = {
            "operationId": f"{id}_{of}",
            "tags": [tag],
            "summary": f"{label}: {summary}",
            "parameters": [*which, *parameters, *([KEY] if method == "post" else [])],
            "responses": responses,
        }
        if body is not None:
            operation["requestBody"] = body_of(body)
        paths.setdefault(path, {})[method] = operation

    one = answers("200", "The record", record)
    entries = answers("200", "Newest first", "#/components/schemas/Entries")
    operation = {
        "type": "object",
        "required": ["op"],
        "properties": {
            "op": {"enum": ["create", "update", "upsert", "delete", "archive", "restore"]},
            "id": {"type": "string", "format": "uuid"},
            "key": {"type": ["object", "string", "array"]},
            "values": given,
            "version": {"type": "integer"},
        },
        "additionalProperties": False,
    }
    add(root, "get", "list", "list", pages, LIST_PARAMETERS)
    between = [p for p in LIST_PARAMETERS if p.get("name") in ("filter", "fields", "totals")]
    between += [
        {"name": n, "in": "query", "required": n == "from", "schema": {"type": "string", "format": "date-time"}}
        for n in ("from", "to")
    ]
    told = in_query("include", enum=["summary"])
    add(
        f"{root}/changes",
        "get",
        "changes",
        "what changed between two moments",
        entries,
        [*between, told, LIMIT, CURSOR],
    )
    add(root, "post", "create", "create one", answers("201", "The record", record), [], wrapped(new))
    add(f"{root}/query", "post", "query", "list, asked in the body", pages, [], {"$ref": "#/components/schemas/Query"})
    add(
        f"{root}/batch",
        "post",
        "batch",
        "up to 1,000 operations",
        answers("200", "Results in the order sent", "#/components/schemas/Entries"),
        [],
        {
            "type": "object",
            "required": ["operations"],
            "additionalProperties": False,
            "properties": {
                "operations": {"type": "array", "maxItems": 1000, "items": operation},
                **{flag: {"type": "boolean", "default": flag == "atomic"} for flag in ("atomic", "dry_run")},
            },
        },
    )
    groups = answers("200", "Groups", "#/components/schemas/Groups")
    add(
        f"{root}/aggregate",
        "post",
        "aggregate",
        "group and measure",
        groups,
        [],
        {"$ref": "#/components/schemas/Aggregation"},
    )
    add(
        f"{root}/rules",
        "post",
        "rules",
        "what the rules say of values that are being written; nothing is changed",
        answers(
            "200",
            "Hidden, required and read-only fields, problems, defaults, duplicates",
            "#/components/schemas/Ruling",
        ),
        [],
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {"values": given, "id": {"type": "string", "format": "uuid"}},
        },
    )
    add(
        f"{root}/mass",
        "post",
        "mass",
        "change or delete all that match, as one act",
        answers("200", "How many", "#/components/schemas/Entries"),
        [],
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "filter": {"$ref": "#/components/schemas/Filter"},
                "q": {"type": "string"},
                "ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
                "values": given,
                **{act: {"type": "boolean"} for act in ("delete", "archive", "restore")},
            },
        },
    )
    out = one | {"200": {"description": "What came out, or would come out"}}
    add(f"{root}/merge", "post", "merge", "make records one, as one act", out, [], BODIES["merge"])
    add(f"{root}/merge_many", "post", "merge_many", "make groups one by a rule", out, [], BODIES["merge_many"])
    add(f"{root}/{{id}}/merge_run", "get", "merge_run", "how a job that merges stands", out, [ID])
    merge = {"name": "merge", "in": "query", "schema": {"type": "string", "format": "uuid"}}
    lost = {"name": "lost", "in": "query", "schema": {"type": "string"}, "description": "Ids between commas"}
    ids = {
        "name": "ids",
        "in": "query",
        "required": True,
        "schema": {"type": "string"},
        "description": "Between commas",
    }
    add(f"{root}/merged", "get", "merged", "where those of the bin are that went into others", entries, [ids])
    add(f"{root}/{{id}}/merges", "get", "merges", "what went into it", entries, [ID])
    add(f"{root}/{{id}}/unmerge", "get", "parting", "what taking it apart would do", out, [ID, merge, lost])
    add(f"{root}/{{id}}/unmerge", "post", "unmerge", "take out what went into it", out, [ID], BODIES["unmerge"])
    add(f"{root}/{{id}}", "get", "get", "one", one, [ID, in_query("fields"), AS_OF])
    add(f"{root}/{{id}}", "patch", "update", "change", one, [ID, IF_MATCH], wrapped(given))
    add(f"{root}/{{id}}", "delete", "delete", "to the recycle bin", answers("204", "Done", None), [ID, IF_MATCH])
    add(f"{root}/{{id}}/restore", "post", "restore", "back from the recycle bin or the archive", one, [ID])
    add(
        f"{root}/{{id}}/archive",
        "post",
        "archive",
        "out of all lists, kept",
        answers("204", "Done", None),
        [ID, IF_MATCH],
    )
    add(f"{root}/{{id}}/history", "get", "history", "changes", entries, [ID, LIMIT, CURSOR])
    user, team = (in_query(n, format="uuid") for n in ("user", "team"))
    kinds, words, channel, counts = (
        in_query("kinds"),
        in_query("q"),
        in_query("channel"),
        in_query("include", enum=["count"]),
    )
    asked = [ID, LIMIT, CURSOR, kinds, words, user, team, channel, counts]
    add(f"{root}/{{id}}/timeline", "get", "timeline", "everything that happened", entries, asked)
    told_around = one | {"200": {"description": "What each panel shows, by name"}}
    add(f"{root}/{{id}}/panels", "get", "panels", "what is told around it", told_around, [ID, in_query("names")])
    paper = {"200": {"description": "One page", "content": {"application/pdf": {}}}, "default": one["default"]}
    add(f"{root}/{{id}}/brief.pdf", "post", "brief", "a brief on paper; it is logged as an export", paper, [ID])
    matters = one | {"200": {"description": "What one must know first: title, text, tone, where to look"}}
    add(f"{root}/{{id}}/alerts", "get", "alerts", "what is the matter with it", matters, [ID])
    add(
        f"{root}/{{id}}/explain",
        "get",
        "explain",
        "who may do what with it, and why",
        one | {"200": {"description": "Grounds"}},
        [ID, user],
    )
    behind = {
        "type": "object",
        "additionalProperties": False,
        "required": ["fields"],
        "properties": {
            "fields": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 50},
            "reason": {"type": "string", "maxLength": 500},
        },
    }
    add(f"{root}/{{id}}/reveal", "post", "reveal", "look behind the mask; it is logged", one, [ID], behind)
    everybody = one | {"200": {"description": "Users with what they may, and why"}}
    add(f"{root}/{{id}}/access", "get", "access", "everybody who may read it, and why", everybody, [ID])
    add(f"{root}/{{id}}/shares", "get", "shares", "with whom it is shared", entries, [ID])
    share = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "user": {"type": "string", "format": "uuid"},
            "team": {"type": "string", "format": "uuid"},
            "level": {"enum": ["read", "update"]},
            "until": {"type": ["string", "null"], "format": "date-time", "description": "When it ends by itself"},
        },
    }
    add(f"{root}/{{id}}/shares", "post", "share", "share it", answers("201", "The share", None), [ID], share)
    which_share = {"name": "share", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    add(
        f"{root}/{{id}}/shares/{{share}}",
        "delete",
        "unshare",
        "take a share back",
        answers("204", "Done", None),
        [ID, which_share],
    )
    if generic:
        inverse = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
        add(f"{root}/{{id}}/related/{{name}}", "get", "related", "children", pages, [ID, inverse, *LIST_PARAMETERS])
        by_name = {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Query"}}
        several = {
            "type": "object",
            "required": ["lists"],
            "additionalProperties": False,
            "properties": {"lists": by_name},
        }
        listed: Json = {
            "type": "object",
            "required": ["data"],
            "properties": {"data": {"type": "object", "additionalProperties": page}},
        }
        lists: Json = {
            "200": {"description": "A page of each, by name", "content": {"application/json": {"schema": listed}}},
            "default": {"$ref": "#/components/responses/Problem"},
        }
        add(f"{root}/{{id}}/related", "post", "several", "several lists of children", lists, [ID], several)
        action = {"type": "object", "properties": {"input": {"type": "object"}}}
        begun = answers("200", "What its form begins with", None)
        add(f"{root}/{{id}}/actions/{{name}}", "get", "begin", "what a verb's form begins with", begun, [ID, inverse])
        add(f"{root}/{{id}}/actions/{{name}}", "post", "act", "a verb of the domain", one, [ID, inverse], action)
    for inverse, child in related.items():
        listed = {
            "type": "object",
            "properties": {"data": {"type": "array", "items": {"$ref": f"#/components/schemas/{child}"}}},
        }
        responses = {
            "200": {"description": "A page", "content": {"application/json": {"schema": listed}}},
            "default": {"$ref": "#/components/responses/Problem"},
        }
        add(f"{root}/{{id}}/related/{inverse}", "get", f"related_{inverse}", inverse, responses, [ID, *LIST_PARAMETERS])
    for verb, (_, fields_of) in verbs.items():
        inputs: Json = {
            "type": "object",
            "additionalProperties": False,
            "properties": {f.name: or_null(written(f)) for f in fields_of},
            "required": [f.name for f in fields_of if f.required],
        }
        action = {"type": "object", "additionalProperties": False, "properties": {"input": inputs}}
        done = {"200": {"description": "What it did"}, "default": {"$ref": "#/components/responses/Problem"}}
        add(f"{root}/{{id}}/actions/{verb}", "post", f"act_{verb}", verb, done, [ID], action)
