"""OpenAPI 3.1 of what this caller can use: the system endpoints from the framework, the record endpoints from the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from guanxi import __version__
from guanxi.api.filtering import FILTER
from guanxi.api.merging import BODIES
from guanxi.api.transfer import ImportBody
from guanxi.base import Label
from guanxi.base import say as label_in
from guanxi.identity import Caller
from guanxi.records import access, rules
from guanxi.schema.catalog import Entity
from guanxi.schema.model import Field
from guanxi.schema.query import FUNCTIONS, GRAINS
from guanxi.schema.types import type_of

Json = dict[str, Any]

DESCRIPTION = """Everything that the page can do, the API can do.

Timestamps are RFC 3339 in UTC, dates `YYYY-MM-DD`, decimals are numbers with their exact digits, ids UUIDs. Parameters and
fields that are not known are errors. Sign in with a cookie (then what changes something carries `X-CSRF-Token`) or with
`Authorization: Bearer gx_...`. Errors are `application/problem+json`."""

ID: Json = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
LIMIT: Json = {
    "name": "limit",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
}
CURSOR: Json = {
    "name": "cursor",
    "in": "query",
    "schema": {"type": "string"},
    "description": "`next` of the page before",
}
SKIP: Json = {
    "name": "skip",
    "in": "query",
    "schema": {"type": "integer", "minimum": 0, "default": 0},
    "description": "Records to pass over: a jump into a long list; to go on from there, `cursor` is quicker",
}
KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The first answer is given again for 24 hours",
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "description": "The version that was read; another one is refused with 412",
}
AS_OF: Json = {
    "name": "as_of",
    "in": "query",
    "schema": {"type": "string", "format": "date-time"},
    "description": "As it was then; not with `q` and `bin`",
}

LIST_PARAMETERS: list[Json] = [
    {
        "name": "filter",
        "in": "query",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Filter"}}},
    },
    {"name": "sort", "in": "query", "schema": {"type": "string"}, "description": "`-amount,name`"},
    {
        "name": "fields",
        "in": "query",
        "schema": {"type": "string"},
        "description": "Names between commas; links may be followed",
    },
    {
        "name": "q",
        "in": "query",
        "schema": {"type": "string", "maxLength": 200},
        "description": "As the search box finds",
    },
    {"name": "include", "in": "query", "schema": {"type": "string"}, "description": "`count`, `totals`"},
    {
        "name": "totals",
        "in": "query",
        "schema": {"type": "string"},
        "description": "Fields to sum; all that can be without it",
    },
    {
        "name": "bin",
        "in": "query",
        "schema": {"type": "boolean"},
        "description": "The recycle bin instead: `deleted_at` and `deleted_by` are shown, and may be filtered and sorted by",
    },
    {
        "name": "archived",
        "in": "query",
        "schema": {"enum": ["with", "only"], "description": "With those in the archive, or only those"},
    },
    AS_OF,
    LIMIT,
    CURSOR,
    SKIP,
]

NAMED_LINK: Json = {
    "type": ["object", "null"],
    "properties": {"id": {"type": "string", "format": "uuid"}, "title": {"type": ["string", "null"]}},
}

SHARED: dict[str, Json] = {
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "request_id": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "field": {"type": ["string", "null"]},
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                        "row": {"type": "integer", "description": "Index of the operation in a batch"},
                    },
                },
            },
        },
    },
    "Filter": FILTER,
    "Query": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "filter": {"$ref": "#/components/schemas/Filter"},
            "sort": {"type": "string"},
            "fields": {"type": "array", "items": {"type": "string"}},
            "limit": {"type": "integer", "minimum": 1, "maximum": 200},
            "cursor": {"type": "string"},
            "skip": {"type": "integer", "minimum": 0, "description": "Records to pass over: a jump into a long list"},
            "include": {"type": "array", "items": {"enum": ["count", "totals"]}},
            "totals": {"type": "array", "items": {"type": "string"}},
            "q": {"type": "string", "maxLength": 200},
            "bin": {"type": "boolean"},
            "archived": {"enum": ["with", "only"]},
            "as_of": {"type": "string", "format": "date-time"},
        },
    },
    "Aggregation": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "filter": {"$ref": "#/components/schemas/Filter"},
            "q": {"type": "string"},
            "group": {
                "type": "array",
                "maxItems": 5,
                "items": {
                    "oneOf": [
                        {"type": "string"},
                        {
                            "type": "object",
                            "required": ["field"],
                            "additionalProperties": False,
                            "properties": {"field": {"type": "string"}, "grain": {"enum": list(GRAINS)}},
                        },
                    ]
                },
            },
            "measures": {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "items": {
                    "type": "object",
                    "required": ["fn"],
                    "additionalProperties": False,
                    "properties": {
                        "fn": {"enum": list(FUNCTIONS)},
                        "field": {"type": "string"},
                        "as": {"type": "string", "minLength": 1, "maxLength": 60},
                    },
                },
            },
            "sort": {"type": "string"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 10000},
            "as_of": {"type": "string", "format": "date-time"},
        },
    },
    "Groups": {
        "type": "object",
        "properties": {
            "data": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "group": {"type": "object"},
                        "values": {
                            "type": "object",
                            "description": "Figures by name; one of an amount over several currencies is null.",
                        },
                        "currencies": {
                            "type": "object",
                            "description": "Of figures of amounts: the currency in `<name>_currency`, or what there is of each in"
                            " `<name>_by_currency`.",
                        },
                    },
                },
            }
        },
    },
    "Said": {
        "type": "object",
        "properties": {
            "field": {"type": ["string", "null"]},
            "rule": {"type": "string"},
            "message": {"type": "string"},
        },
    },
    "Ruling": {
        "type": "object",
        "properties": {
            "hidden": {"type": "array", "items": {"type": "string"}},
            "required": {"type": "array", "items": {"$ref": "#/components/schemas/Said"}},
            "readonly": {"type": "array", "items": {"$ref": "#/components/schemas/Said"}},
            "problems": {"type": "array", "items": {"$ref": "#/components/schemas/Said"}},
            "defaults": {"type": "object"},
            "options": {"type": "array", "items": {"type": "object"}},
            "alike": {"type": "array", "items": {"type": "object"}},
        },
    },
    "Entries": {
        "type": "object",
        "properties": {"data": {"type": "array", "items": {"type": "object"}}, "next": {"type": ["string", "null"]}},
    },
}


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
            "responses": _answers("200", "Best first", "#/components/schemas/Entries"),
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


def _answers(status: str, description: str, reference: str | None) -> Json:
    content = {"content": {"application/json": {"schema": {"$ref": reference}}}} if reference else {}
    return {status: {"description": description, **content}, "default": {"$ref": "#/components/responses/Problem"}}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _or_null(schema: Mapping[str, Any]) -> Json:
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [dict(schema), {"type": "null"}]}


def written(f: Field) -> Json:
    """The schema of a field's value as it is written."""
    return type_of(f).json_schema(f)


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
                read[name] = {**_or_null(written(f)), **about}
        if not f.system and access.writable(caller.actor, entity, f):
            write[name] = {**_or_null(written(f)), **about}
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


def _asked(name: str, **form: Any) -> Json:
    return {"name": name, "in": "query", "schema": {"type": "string", **form}}


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
            operation["requestBody"] = _body(body)
        paths.setdefault(path, {})[method] = operation

    one = _answers("200", "The record", record)
    entries = _answers("200", "Newest first", "#/components/schemas/Entries")
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
    told = _asked("include", enum=["summary"])
    add(
        f"{root}/changes",
        "get",
        "changes",
        "what changed between two moments",
        entries,
        [*between, told, LIMIT, CURSOR],
    )
    add(root, "post", "create", "create one", _answers("201", "The record", record), [], wrapped(new))
    add(f"{root}/query", "post", "query", "list, asked in the body", pages, [], {"$ref": "#/components/schemas/Query"})
    add(
        f"{root}/batch",
        "post",
        "batch",
        "up to 1,000 operations",
        _answers("200", "Results in the order sent", "#/components/schemas/Entries"),
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
    groups = _answers("200", "Groups", "#/components/schemas/Groups")
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
        _answers(
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
        _answers("200", "How many", "#/components/schemas/Entries"),
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
    add(f"{root}/{{id}}/merges", "get", "merges", "what went into it", entries, [ID])
    add(f"{root}/{{id}}/unmerge", "get", "parting", "what taking it apart would do", out, [ID, merge, lost])
    add(f"{root}/{{id}}/unmerge", "post", "unmerge", "take out what went into it", out, [ID], BODIES["unmerge"])
    add(f"{root}/{{id}}", "get", "get", "one", one, [ID, _asked("fields"), AS_OF])
    add(f"{root}/{{id}}", "patch", "update", "change", one, [ID, IF_MATCH], wrapped(given))
    add(f"{root}/{{id}}", "delete", "delete", "to the recycle bin", _answers("204", "Done", None), [ID, IF_MATCH])
    add(f"{root}/{{id}}/restore", "post", "restore", "back from the recycle bin or the archive", one, [ID])
    add(
        f"{root}/{{id}}/archive",
        "post",
        "archive",
        "out of all lists, kept",
        _answers("204", "Done", None),
        [ID, IF_MATCH],
    )
    add(f"{root}/{{id}}/history", "get", "history", "changes", entries, [ID, LIMIT, CURSOR])
    user, team = (_asked(n, format="uuid") for n in ("user", "team"))
    kinds, words, channel, counts = (_asked("kinds"), _asked("q"), _asked("channel"), _asked("include", enum=["count"]))
    asked = [ID, LIMIT, CURSOR, kinds, words, user, team, channel, counts]
    add(f"{root}/{{id}}/timeline", "get", "timeline", "everything that happened", entries, asked)
    told_around = one | {"200": {"description": "What each panel shows, by name"}}
    add(f"{root}/{{id}}/panels", "get", "panels", "what is told around it", told_around, [ID, _asked("names")])
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
    add(f"{root}/{{id}}/shares", "post", "share", "share it", _answers("201", "The share", None), [ID], share)
    which_share = {"name": "share", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    add(
        f"{root}/{{id}}/shares/{{share}}",
        "delete",
        "unshare",
        "take a share back",
        _answers("204", "Done", None),
        [ID, which_share],
    )
    if generic:
        inverse = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
        add(f"{root}/{{id}}/related/{{name}}", "get", "related", "children", pages, [ID, inverse, *LIST_PARAMETERS])
        action = {"type": "object", "properties": {"input": {"type": "object"}}}
        begun = _answers("200", "What its form begins with", None)
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
            "properties": {f.name: _or_null(written(f)) for f in fields_of},
            "required": [f.name for f in fields_of if f.required],
        }
        action = {"type": "object", "additionalProperties": False, "properties": {"input": inputs}}
        done = {"200": {"description": "What it did"}, "default": {"$ref": "#/components/responses/Problem"}}
        add(f"{root}/{{id}}/actions/{verb}", "post", f"act_{verb}", verb, done, [ID], action)
