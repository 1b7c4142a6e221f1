"""The pieces that the description of the API is made of: parameters, shared schemas, answers and bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.filtering import FILTER
from guanxi.schema.model import Field
from guanxi.schema.query import FUNCTIONS, GRAINS
from guanxi.schema.types import type_of

Json = dict[str, Any]

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


def answers(status: str, description: str, reference: str | None) -> Json:
    """One good answer with the schema that is referred to, and the problem."""
    content = {"content": {"application/json": {"schema": {"$ref": reference}}}} if reference else {}
    return {status: {"description": description, **content}, "default": {"$ref": "#/components/responses/Problem"}}


def body_of(schema: Json) -> Json:
    """A body that must be there."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def or_null(schema: Mapping[str, Any]) -> Json:
    """The schema of a value that may be empty."""
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [dict(schema), {"type": "null"}]}


def written(f: Field) -> Json:
    """The schema of a field's value as it is written."""
    return type_of(f).json_schema(f)


def in_query(name: str, **form: Any) -> Json:
    """A text in the query string."""
    return {"name": name, "in": "query", "schema": {"type": "string", **form}}
