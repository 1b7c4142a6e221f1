"""Values that follow from others: formulas over the record and what it links to."""

from __future__ import annotations

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


def _bound(kind: type[FieldType], outer: type[Follows]) -> FieldType:
    """The type of derived values that are otherwise those of ``kind``."""
    return type(f"{outer.__name__}Of{kind.__name__}", (outer, kind), {"__doc__": outer.__doc__})()


_KINDS: tuple[type[FieldType], ...] = (Number, Integer, Percent, Money, Text, Day, Moment, Boolean, Duration)

FORMULAS: dict[str, FieldType] = {kind.name: _bound(kind, Formula) for kind in _KINDS}
"""The type of a formula's values by the name of the type that they are shown as."""
