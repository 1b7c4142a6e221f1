"""Packs: how a workspace is shaped, as a readable file, to be kept, compared and put over another workspace.

A pack is JSON: ``{"guanxi": "pack/1", "name", "label", "description", "changes": [...], "sample": {...}}``. Its changes are
those of ``POST /api/v1/catalog/changes``, and say in what it differs from the standard. The packs of industries lie beside
this module as such files.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from guanxi.base import Invalid, Label
from guanxi.base.json import loads
from guanxi.base.shape import mapping, sequence
from guanxi.records import declared
from guanxi.schema.catalog import Catalog, fold
from guanxi.schema.difference import changes_between
from guanxi.schema.merging import Kept, merged

FORMAT = "pack/1"
KEYS = {"guanxi", "name", "label", "description", "icon", "changes", "sample"}
MOST = 5_000
"""Changes that a pack may hold."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A shape: ``changes`` from the standard, and with what invented data it is shown (``sample``)."""

    name: str
    label: Label
    description: Label
    changes: Sequence[Mapping[str, Any]]
    icon: str = "box"
    sample: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def file(self) -> dict[str, Any]:
        """The pack as JSON."""
        whole = {
            "guanxi": FORMAT,
            "name": self.name,
            "label": self.label,
            "description": self.description,
            "icon": self.icon,
            "changes": list(self.changes),
        }
        return whole | ({"sample": self.sample} if self.sample else {})


@dataclass(frozen=True, slots=True)
class Comparison:
    """What leads from a workspace to a pack: changes, and what of the pack stays out because it does not fit."""

    changes: list[Mapping[str, Any]]
    kept: list[Kept]


def read(raw: Any) -> Pack:
    """A pack from its JSON; raises Invalid naming the part that is wrong. Its changes are judged by :func:`shape`."""
    what = mapping(raw)
    if what is None or what.get("guanxi") != FORMAT:
        raise Invalid.one("pack", "not_a_pack", format=FORMAT)
    if unknown := sorted(what.keys() - KEYS):
        raise Invalid.one(unknown[0], "unknown_parameter")
    name, changes = what.get("name"), sequence(what.get("changes"))
    if not isinstance(name, str) or not 0 < len(name) <= 100:
        raise Invalid.one("name", "bad_name", value=name)
    if changes is None or len(changes) > MOST:
        raise Invalid.one("changes", "wrong_type", expected=f"a list of at most {MOST} changes")
    found = [c for c in changes if mapping(c) is not None]
    if len(found) < len(changes):
        raise Invalid.one("changes", "wrong_type", expected="a change")
    return Pack(
        name,
        _words(what.get("label"), name, "label"),
        _words(what.get("description"), "", "description"),
        found,
        str(what.get("icon") or "box"),
        mapping(what.get("sample")) or {},
    )


def _words(value: Any, fallback: str, place: str) -> Label:
    found = mapping({"en": value} if isinstance(value, str) else value or {"en": fallback})
    if not found or set(found) - {"en", "zh"} or not all(isinstance(v, str) and len(v) <= 2000 for v in found.values()):
        raise Invalid.one(place, "wrong_type", expected='{"en": …, "zh": …}')
    return {k: str(v) for k, v in found.items()}


@cache
def shipped() -> Mapping[str, Pack]:
    """The packs of industries that come with the program, by name."""
    folder = files(__name__)
    found = [read(loads(f.read_bytes())) for f in folder.iterdir() if f.name.endswith(".json")]
    return {p.name: p for p in sorted(found, key=lambda p: p.name)}


def find(name: str) -> Pack:
    """A shipped pack; raises Invalid ``unknown_pack``."""
    found = shipped().get(name)
    if found is None:
        raise Invalid.one("pack", "unknown_pack", value=name, known=", ".join(shipped()))
    return found


def standard() -> Catalog:
    """What a workspace is before anybody shaped it."""
    return fold(declared())


def shape(pack: Pack) -> Catalog:
    """The catalog of a workspace with nothing but this pack; raises Invalid with all that is wrong with its changes."""
    return fold(declared(), (), 0, list(pack.changes))


def export(catalog: Catalog, name: str, label: Label) -> Pack:
    """The shape of a workspace as a pack. What names people or records of this workspace alone is left out."""
    changes = [_portable(c) for c in _changes(standard(), catalog) if not _local(c)]
    return Pack(name, label, {"en": "", "zh": ""}, changes)


def _changes(before: Catalog, after: Catalog) -> list[Mapping[str, Any]]:
    """The changes that lead from one to the other. Whether people write a standard field is left as it is: where a scheme of grades
    fills it, they do not."""
    out: list[Mapping[str, Any]] = []
    for change in changes_between(before, after):
        if change["op"] == "change_field" and "readonly" in change:
            entity = before.entities.get(change["object"])
            old = entity.fields.get(change["field"]) if entity else None
            if old and not old.custom:
                change = {k: v for k, v in change.items() if k != "readonly"}
                if change.keys() <= {"op", "object", "field"}:
                    continue
        out.append(change)
    return out


def _local(change: Mapping[str, Any]) -> bool:
    """Whether a rule of access names teams or people, who are of this workspace alone."""
    return change["op"] == "put_access_rule" and any({"team", "user"} & to.keys() for to in change["to"])


def _portable(change: Mapping[str, Any]) -> Mapping[str, Any]:
    """A change without a default that is the id of a record here."""
    if "fields" in change:
        return {**change, "fields": [_portable(f) for f in change["fields"]]}
    default = change.get("default")
    points = isinstance(default, str) and len(default) == 36 and default.count("-") == 4
    return {k: v for k, v in change.items() if k != "default"} if points else change


def compare(
    mine: Catalog, pack: Pack, *, whole: bool = False, standing: Mapping[str, Collection[str]] | None = None
) -> Comparison:
    """What puts the pack over a workspace; with ``whole`` what makes it the same as the pack, own parts retired. ``standing`` are by
    pipeline the stages that records are in, which stay.

    Raises Invalid with what is wrong with the pack, or names the part that cannot go.
    """
    theirs = shape(pack)
    if whole:
        return Comparison(_changes(mine, theirs), [])
    wanted, kept = merged(mine, standard(), theirs, standing)
    return Comparison(_changes(mine, wanted), kept)


def fitting(catalog: Catalog) -> Pack | None:
    """The shipped pack that a workspace was shaped by: one of which it has every object and field."""

    def has(change: Mapping[str, Any]) -> bool:
        match change["op"]:
            case "add_object":
                return change["name"] in catalog.entities
            case "add_field":
                entity = catalog.entities.get(change["object"])
                return entity is not None and change["name"] in entity.fields
            case _:
                return True

    return next((p for p in shipped().values() if all(has(c) for c in p.changes)), None)
