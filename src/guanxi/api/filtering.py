"""Filters as the API describes them."""

from __future__ import annotations

from typing import Any

from guanxi.schema.filter import FIGURES

FILTER: dict[str, Any] = {
    "description": "`{and: [...]}`, `{or: [...]}`, `{not: ...}`, `{field, op, value}`, `{any|none: children, where}`, `{related, where, count}`, `{in_segment}`, `{duplicate: true}`",
    "type": ["object", "null"],
    "oneOf": [
        {"type": "null"},
        {
            "required": ["and"],
            "properties": {"and": {"type": "array", "items": {"$ref": "#/components/schemas/Filter"}}},
        },
        {
            "required": ["or"],
            "properties": {"or": {"type": "array", "items": {"$ref": "#/components/schemas/Filter"}}},
        },
        {"required": ["not"], "properties": {"not": {"$ref": "#/components/schemas/Filter"}}},
        {
            "required": ["field", "op"],
            "properties": {"field": {"type": "string"}, "op": {"type": "string"}, "value": {}},
        },
        {
            "required": ["any"],
            "properties": {"any": {"type": "string"}, "where": {"$ref": "#/components/schemas/Filter"}},
        },
        {
            "required": ["none"],
            "properties": {"none": {"type": "string"}, "where": {"$ref": "#/components/schemas/Filter"}},
        },
        {
            "required": ["related"],
            "description": "All records of a related list together: their number, or a figure of a field, with one comparison",
            "properties": {
                "related": {"type": "string"},
                "where": {"$ref": "#/components/schemas/Filter"},
                "count": {"type": "object"},
                **{
                    figure: {
                        "type": "object",
                        "required": ["field"],
                        "properties": {"field": {"type": "string"}, "by": {"type": "string"}},
                    }
                    for figure in FIGURES
                    if figure != "count"
                },
                "after": {
                    "type": "object",
                    "description": "Only what is later than the latest of another related list",
                    "required": ["field", "related", "latest"],
                    "properties": {
                        **{n: {"type": "string"} for n in ("field", "related", "latest")},
                        "where": {"$ref": "#/components/schemas/Filter"},
                    },
                },
            },
        },
        {"required": ["duplicate"], "properties": {"duplicate": {"const": True}}},
        {"required": ["in_change_set"], "properties": {"in_change_set": {"type": "string", "format": "uuid"}}},
        {"required": ["in_segment"], "properties": {"in_segment": {"type": "string", "format": "uuid"}}},
    ],
}
