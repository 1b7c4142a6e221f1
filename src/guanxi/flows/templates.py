"""Flows to begin with: each a definition that is changed as one likes. Only those are offered that the catalog has everything for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from guanxi.base import Label
from guanxi.base.json import loads
from guanxi.flows import definition as definitions
from guanxi.schema.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Template:
    """A flow to begin with."""

    name: str
    label: Label
    hint: Label
    definition: Mapping[str, Any]


templates: Mapping[str, Template] = {
    one["name"]: Template(**one) for one in loads((files("guanxi.flows") / "templates.json").read_bytes())
}
"""Those that come with the program, by name."""


def offered(catalog: Catalog) -> list[dict[str, Any]]:
    """The templates with which nothing is wrong in this catalog."""
    return [
        {"name": t.name, "label": t.label, "hint": t.hint, "definition": t.definition}
        for t in templates.values()
        if not definitions.check(t.definition, catalog)
    ]
