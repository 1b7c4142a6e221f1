"""What follows from other fields: every formula of a catalog understood, in the order in which they use each other.

A formula that cannot be understood (any more) is kept with what is wrong with it; its field is then empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from guanxi.base import FieldError
from guanxi.schema.formula import Typed, Wrong, understand
from guanxi.schema.formula.meaning import result_of
from guanxi.schema.model import Field
from guanxi.schema.types import type_of

MAX_SIZE = 1500
"""Parts of a formula with those of the formulas that it uses."""

Fields = Mapping[str, Mapping[str, Field]]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derived field: ``field`` with its result settled, the formula's ``tree``, or the ``error``.

    ``needs`` are the fields (object, name) that it is made of, ``size`` the parts of all that is computed for it.
    """

    field: Field
    tree: Typed | None = None
    error: FieldError | None = None
    needs: frozenset[Key] = frozenset()
    size: int = 0

    @property
    def uses(self) -> set[str]:
        """Names of the fields of its own object that it is made of."""
        return {path[0] for path in self.tree.paths} if self.tree else set()


class Deriver:
    """Settles the derived fields ``wanted`` of a catalog whose other live fields are ``plain``, by object and name."""

    def __init__(self, plain: Fields, wanted: Mapping[Key, Field]) -> None:
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
            raise Wrong("formula_circle", 0, 0, path=" → ".join(f"{o}.{n}" for o, n in loop))
        self.open.append(key)
        try:
            found = self.formula(key, self.wanted[key])
        except Wrong as wrong:
            if wrong.code == "formula_circle" and len(self.open) > 1:
                raise
            found = Derivation(self.wanted[key], error=FieldError(".".join(key), wrong.code, wrong.told))
        finally:
            self.open.pop()
        self.found[key] = found
        return found

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

        tree = understand(text if isinstance(text, str) else "", key[0], see)
        result = result_of(tree, str(f.config.get("result") or ""))
        size = sum(1 for _ in tree.walk()) + sum(self.found[k].size for k in needs if k in self.found)
        if size > MAX_SIZE:
            raise Wrong("too_complex", tree.at, tree.end, limit=MAX_SIZE)
        return Derivation(replace(f, config={**f.config, "result": result}), tree, None, frozenset(needs), size)
