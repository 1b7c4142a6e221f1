"""What follows from other fields: every formula and roll-up of a catalog understood, in the order in which they use each other.

One that cannot be understood (any more) is kept with what is wrong with it; its field is then empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guanxi.base import FieldError, Invalid, Label, say
from guanxi.base.text import LANGUAGES
from guanxi.schema.filter import Filter, parse, reads
from guanxi.schema.formula import Typed, Wrong, understand
from guanxi.schema.formula.meaning import Called, result_of
from guanxi.schema.model import Field
from guanxi.schema.types import FieldType, type_of

if TYPE_CHECKING:
    from guanxi.schema.catalog import Child

MAX_SIZE = 1500
"""Parts of a formula with those of the formulas that it uses."""

Fields = Mapping[str, Mapping[str, Field]]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Roll:
    """A roll-up: the figure ``function`` of ``field`` over the records of ``child`` whose link ``link`` (of ``kind`` link, links or
    reference) holds the id of a record of ``parent``, and that satisfy ``where``; kept in the parent's field ``name``."""

    parent: str
    name: str
    child: str
    link: str
    kind: str
    function: str
    field: str
    by: str
    where: Filter
    uses: frozenset[str]
    """Names of the child's fields that it depends on, but for the link."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derived field: ``field`` with its result settled, the formula's ``tree`` or the ``roll``, or else the ``error``.

    ``needs`` are the fields (object, name) that it is made of, ``size`` the parts of all that is computed for it.
    """

    field: Field
    tree: Typed | None = None
    roll: Roll | None = None
    error: FieldError | None = None
    needs: frozenset[Key] = frozenset()
    size: int = 0

    @property
    def uses(self) -> set[str]:
        """Names of the fields of its own object that it is made of."""
        return {path[0] for path in self.tree.paths} if self.tree else set()


class Deriver:
    """Settles the derived fields ``wanted`` of a catalog whose other live fields are ``plain``, by object and name."""

    def __init__(
        self, plain: Fields, wanted: Mapping[Key, Field], children: Mapping[str, Mapping[str, Child]], called: Called
    ) -> None:
        self.children = children
        self.called = called
        self.plain = plain
        self.wanted = wanted
        self.found: dict[Key, Derivation] = {}
        self.open: list[Key] = []

    def all(self) -> dict[Key, Derivation]:
        """Every derived field by object and name."""
        for key in self.wanted:
            self.settle(key)
        return self.found

    def see(self, object_name: str, name: str) -> Field | None:
        """The field, with its result if it is derived."""
        plain = self.plain.get(object_name, {}).get(name)
        if plain is not None:
            return plain
        if (object_name, name) in self.wanted:
            return self.settle((object_name, name)).field
        whole = name.removesuffix("_currency")
        if whole != name and (object_name, whole) in self.wanted:
            f = self.settle((object_name, whole)).field
            return next((replace(c, of=whole) for c in type_of(f).companions(f) if c.name == name), None)
        return None

    def settle(self, key: Key) -> Derivation:
        """The derivation of one field."""
        if key in self.found:
            return self.found[key]
        if key in self.open:
            loop = [*self.open[self.open.index(key) :], key]
            raise Wrong("formula_circle", 0, 0, path=self.path(loop))
        self.open.append(key)
        try:
            f = self.wanted[key]
            found = self.formula(key, f) if f.type == "formula" else self.rollup(key, f)
        except Wrong as wrong:
            if wrong.code == "formula_circle" and len(self.open) > 1:
                raise
            found = Derivation(self.wanted[key], error=FieldError(".".join(key), wrong.code, wrong.told))
        finally:
            self.open.pop()
        self.found[key] = found
        return found

    def path(self, keys: Sequence[Key]) -> Label:
        """Fields one after the other, in each language."""
        return {language: " → ".join(f"{say(self.called(o), language)}.{n}" for o, n in keys) for language in LANGUAGES}

    def formula(self, key: Key, f: Field) -> Derivation:
        """A formula field."""
        text: Any = f.config.get("expression")
        needs: list[Key] = []

        def see(object_name: str, name: str) -> Field | None:
            found = self.see(object_name, name)
            used = self.found.get((object_name, name))
            if used and used.error:  # what is made of it cannot be either, for the same reason
                raise Wrong(used.error.code, 0, 0, **used.error.values)
            if found is not None:
                needs.append((object_name, name))
            return found

        tree = understand(text if isinstance(text, str) else "", key[0], see, self.called)
        result = result_of(tree, str(f.config.get("result") or ""))
        size = sum(1 for _ in tree.walk()) + sum(self.found[k].size for k in needs if k in self.found)
        if size > MAX_SIZE:
            raise Wrong("too_complex", tree.at, tree.end, limit=MAX_SIZE)
        return Derivation(replace(f, config={**f.config, "result": result}), tree, None, None, frozenset(needs), size)

    def rollup(self, key: Key, f: Field) -> Derivation:
        """A roll-up: what it is taken of must be stored with the child, or follow from what is."""
        config = f.config
        child = self.children.get(key[0], {}).get(str(config.get("children")))
        if child is None:
            raise Wrong("rollup_children", 0, 0, name=str(config.get("children") or "")[:60])
        function, of = str(config.get("function") or "count"), str(config.get("field") or "")
        by = str(config.get("by") or "created_at") if function == "latest" else ""
        result = "integer"
        if of or function != "count":
            kind = type_of(self.own(child.object, of))
            result = figure_type(function, kind, of)
        if by and type_of(self.own(child.object, by)).formula not in ("date", "datetime"):
            raise Wrong("rollup_field", 0, 0, name=by, function=function)
        try:
            where = parse(config.get("where"))
        except Invalid as invalid:
            error = invalid.errors[0]
            raise Wrong(error.code, 0, 0, **error.values) from None
        uses = frozenset({of, by} | reads(where)) - {""}
        for name in uses:
            self.own(child.object, name)
        roll = Roll(key[0], f.name, child.object, child.field, child.kind, function, of, by, where, uses)
        needs = frozenset((child.object, n) for n in {*uses, child.field})
        return Derivation(replace(f, config={**config, "result": result}), None, roll, None, needs)

    def own(self, object_name: str, name: str) -> Field:
        """A field of a child that changes with the child alone. Raises Wrong."""
        f = self.see(object_name, name)
        if f is None or not type_of(f).readable:
            raise Wrong("rollup_unknown", 0, 0, name=name, object=self.called(object_name))
        derived = self.found.get((object_name, name))
        if derived and derived.error:
            raise Wrong(derived.error.code, 0, 0, **derived.error.values)
        if name in ("version", "updated_at", "updated_by") or (
            derived and derived.tree and not self.still(object_name, derived.tree)
        ):
            raise Wrong("rollup_moves", 0, 0, name=name)
        return f

    def still(self, object_name: str, tree: Typed) -> bool:
        """Whether a formula changes with its record alone: it follows no link and asks for neither the time nor the reader."""
        if tree.clock or any(len(path) > 1 for path in tree.paths):
            return False
        used = [self.found.get((object_name, path[0])) for path in tree.paths]
        return all(d is None or d.tree is None or self.still(object_name, d.tree) for d in used)


def figure_type(function: str, kind: FieldType, name: str) -> str:
    """The type of a figure of values of ``kind``. Raises Wrong where there is no such figure."""
    of = kind.formula
    numbers = of in ("number", "duration")
    shown = "money" if kind.unit else {"number": "decimal", "choice": "text"}.get(of, of)
    if of == "number" and kind.sql == "bigint":
        shown = "integer"
    fits = {
        "count": not kind.many,
        "sum": numbers,
        "average": numbers,
        "min": numbers or of in ("date", "datetime"),
        "max": numbers or of in ("date", "datetime"),
        "latest": numbers or of in ("date", "datetime", "text", "choice", "boolean"),
    }
    if not fits.get(function):
        raise Wrong("rollup_field", 0, 0, name=name, function=function)
    if function == "count":
        return "integer"
    return "decimal" if function == "average" and shown == "integer" else shown
