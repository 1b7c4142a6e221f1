"""Values that follow from others: formulas over the record and what it links to, figures over what points to it."""

from __future__ import annotations

from collections.abc import Mapping

from guanxi.schema.model import Field
from guanxi.schema.types.base import FieldType, setting
from guanxi.schema.types.choices import Boolean
from guanxi.schema.types.dates import Day, Moment
from guanxi.schema.types.numbers import Duration, Integer, Money, Number, Percent
from guanxi.schema.types.text import Text


class Follows(FieldType):
    """What the types share whose values follow from others."""

    made = True
    derived = True
    index = ""

    def problems(self, field: Field) -> list[str]:
        found = FieldType.problems(self, field) + setting(field, "scale", 0, 6)
        for name in ("required", "unique", "track"):
            if getattr(field, name):
                found.append(f"what is computed cannot be {name}")
        if field.default is not None:
            found.append("what is computed has no default")
        if field.search:
            found.append("what is computed is not searched")
        return found

    def companions(self, field: Field) -> tuple[Field, ...]:
        if field.config.get("result") != "money":
            return ()
        label = {lang: f"{text}{'币种' if lang == 'zh' else ' currency'}" for lang, text in field.label.items()}
        return (Field(f"{field.name}_currency", "currency", label, readonly=True, of=field.name),)


class Formula(Follows):
    """A value that is computed from the record and what it links to, whenever it is read.

    Stored as nothing: PostgreSQL computes it where a column would stand, in lists, filters, sorts, groups and exports. ``expression``
    is the formula; its result is a number, an amount, a text, a date, a date and time, a duration, or yes and no. Who may not
    see a field that it uses does not see it either; what a link leads to and is hidden is empty.
    """

    name = "formula"
    label = {"en": "Formula", "zh": "公式"}
    stored = False
    config = {
        "expression": "The formula.",
        "result": "Type of its values, where the formula leaves a choice: decimal, integer, percent or money for numbers.",
        "scale": "Digits after the point, 0 to 6.",
    }

    def bound(self, field: Field) -> FieldType:
        return FORMULAS.get(str(field.config.get("result")), FORMULAS["text"])

    def problems(self, field: Field) -> list[str]:
        found = super().problems(field)
        text = field.config.get("expression", "")
        if not isinstance(text, str) or "\0" in text:
            found.append("expression is a text")
        if str(field.config.get("result", "text")) not in FORMULAS:
            found.append(f"result is one of {', '.join(FORMULAS)}")
        return found


class Rollup(Follows):
    """A figure over the records that point to this one: how many, their sum, least, greatest, average or latest value.

    Stored as the type of its figure, and kept right with every change of those records, in the same transaction. ``where`` is
    a filter on their own fields. A sum of amounts in several currencies is empty. It counts all records that there are, whoever
    looks; who may not see the field that it is taken of does not see it.
    """

    name = "rollup"
    label = {"en": "Roll-up", "zh": "汇总"}
    index = "btree"
    config = {
        "children": "Name of the related list.",
        "function": "count, sum, min, max, average or latest.",
        "field": "The field of those records that the figure is taken of; for count it may be left out.",
        "by": "For latest: the date by which a record is the latest; created_at unless set.",
        "where": "A filter on those records.",
        "scale": "Digits after the point, 0 to 6.",
        "result": "Type of its values; settled by the engine.",
    }

    def bound(self, field: Field) -> FieldType:
        return ROLLUPS.get(str(field.config.get("result")), ROLLUPS["integer"])

    def ddl(self, field: Field) -> str:
        return super().ddl(field) + (" DEFAULT 0" if field.config.get("function") in ("count", "sum") else "")

    def problems(self, field: Field) -> list[str]:
        found = super().problems(field)
        if str(field.config.get("function", "count")) not in ROLLED:
            found.append(f"function is one of {', '.join(ROLLED)}")
        for name in ("children", "field", "by"):
            text = "" if field.config.get(name) is None else field.config[name]
            if not isinstance(text, str) or "\0" in text:
                found.append(f"{name} is a name")
        where = field.config.get("where")
        if where is not None and not (where and isinstance(where, Mapping)):
            found.append("where is a filter")
        if str(field.config.get("result", "integer")) not in ROLLUPS:
            found.append(f"result is one of {', '.join(ROLLUPS)}")
        return found


ROLLED = ("count", "sum", "min", "max", "average", "latest")
"""What a roll-up can tell."""


def _bound(kind: type[FieldType], outer: type[Follows]) -> FieldType:
    """The type of derived values that are otherwise those of ``kind``."""
    return type(f"{outer.__name__}Of{kind.__name__}", (outer, kind), {"__doc__": outer.__doc__})()


_KINDS: tuple[type[FieldType], ...] = (Number, Integer, Percent, Money, Text, Day, Moment, Boolean, Duration)

FORMULAS: dict[str, FieldType] = {kind.name: _bound(kind, Formula) for kind in _KINDS}
"""The type of a formula's values by the name of the type that they are shown as."""

ROLLUPS: dict[str, FieldType] = {kind.name: _bound(kind, Rollup) for kind in _KINDS}
"""The type of a roll-up's values, likewise."""
