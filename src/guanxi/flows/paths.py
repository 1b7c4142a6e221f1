"""What a flow calls things by: the record that started it, the one that a loop is at, what earlier steps made, what came in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from guanxi.schema.catalog import Catalog
from guanxi.schema.model import Field
from guanxi.schema.types import type_of

PLACE = re.compile(r"\{([A-Za-z_][\w.]*)\}")
"""A place in a text: ``{account.name}``."""

MAX_HOPS = 4


@dataclass(frozen=True, slots=True)
class Path:
    """A path taken apart: ``root`` is ``record``, ``loop``, ``steps.<id>.<output>``, ``input``, ``trigger`` or ``run``; ``rest``
    the names from there on."""

    root: str
    rest: tuple[str, ...]


def split(text: str) -> Path:
    """``account.name`` is ``record.account.name``; ``loop.record.name`` begins at the loop's record."""
    parts = tuple(text.split("."))
    match parts[0]:
        case "record":
            return Path("record", parts[1:])
        case "loop" if parts[1:2] == ("record",):
            return Path("loop", parts[2:])
        case "steps" if len(parts) > 2:
            return Path(".".join(parts[:3]), parts[3:])
        case "input" | "trigger" | "run":
            return Path(parts[0], parts[1:])
        case _:
            return Path("record", parts)


@dataclass(frozen=True, slots=True)
class Scope:
    """What can be named at a place in a flow: roots that are records with their objects, and roots that are plain values."""

    catalog: Catalog
    objects: Mapping[str, str] = field(default_factory=dict[str, str])
    values: frozenset[str] = frozenset()
    inputs: frozenset[str] | None = None
    """What can come in, by name, where that is known."""

    def object(self, text: str) -> str | None:
        """The object of what a path points to, following links; None where it points to no record."""
        path = split(text)
        at = self.objects.get(path.root)
        for name in path.rest:
            entity = self.catalog.entities.get(at or "")
            f = entity.fields.get(name) if entity else None
            if entity is None or f is None or not entity.types[name].link or entity.types[name].many:
                return None
            at = f.target
        return at if len(path.rest) <= MAX_HOPS and at in self.catalog.entities else None

    def known(self, text: str) -> bool:
        """Whether a path names something that can be shown."""
        path = split(text)
        if path.root in self.values:
            return True
        if path.root in ("input", "trigger", "run") and path.rest:
            return path.root == "run" or self.inputs is None or path.rest[0] in self.inputs
        if path.root not in self.objects:
            return False
        return not path.rest or path.rest == ("id",) or self.field(text) is not None

    def field(self, text: str) -> Field | None:
        """The field that a path ends in."""
        path = split(text)
        at = self.objects.get(path.root)
        if not path.rest or len(path.rest) > MAX_HOPS + 1:
            return None
        for name in path.rest[:-1]:
            entity = self.catalog.entities.get(at or "")
            f = entity.fields.get(name) if entity else None
            if entity is None or f is None or not entity.types[name].link:
                return None
            at = f.target
        entity = self.catalog.entities.get(at or "")
        f = entity.fields.get(path.rest[-1]) if entity else None
        return f if entity is not None and f is not None and entity.types[f.name].readable else None

    def unit(self, text: str) -> str | None:
        """The path of what the number at a path is in, such as the currency of an amount."""
        f = self.field(text)
        unit = type_of(f).unit if f is not None else ""
        beside = f"{text}_{unit}"
        return beside if unit and self.field(beside) is not None else None


def places(text: str) -> list[str]:
    """The paths in a text."""
    return PLACE.findall(text)
