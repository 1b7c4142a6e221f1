"""Values that follow from others: formulas over the record and what it links to, figures over what points to it."""

from __future__ import annotations

from collections.abc import Mapping

from guanxi.base import Label
from guanxi.schema.model import Field
from guanxi.schema.types.base import FieldType, one_of, setting
from guanxi.schema.types.choices import Boolean
from guanxi.schema.types.dates import Day, Moment
from guanxi.schema.types.numbers import Duration, Integer, Money, Number, Percent
from guanxi.schema.types.text import Text


class Follows(FieldType):
    """What the types share whose values follow from others."""

    made = True
    derived = True
    index = ""

    def problems(self, field: Field) -> list[Label]:
        found = FieldType.problems(self, field) + setting(field, "scale", 0, 6)
        for name in ("required", "unique", "track"):
            if getattr(field, name):
                found.append({"en": f"what is computed cannot be {name}", "zh": f"计算字段不能设 {name}"})
        if field.default is not None:
            found.append({"en": "what is computed has no default", "zh": "计算字段没有默认值"})
        if field.search:
            found.append({"en": "what is computed is not searched", "zh": "计算字段不参与搜索"})
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

    def problems(self, field: Field) -> list[Label]:
        found = super().problems(field)
        text = field.config.get("expression", "")
        if not isinstance(text, str) or "\0" in text:
            found.append({"en": "expression is a text", "zh": "expression 应为文本"})
        if str(field.config.get("result", "text")) not in FORMULAS:
            found.append(one_of("result", FORMULAS))
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

    def problems(self, field: Field) -> list[Label]:
        found = super().problems(field)
        if str(field.config.get("function", "count")) not in ROLLED:
            found.append(one_of("function", ROLLED))
        for name in ("children", "field", "by"):
            text = "" if field.config.get(name) is None else field.config[name]
            if not isinstance(text, str) or "\0" in text:
                found.append({"en": f"{name} is a name", "zh": f"{name} 应为名称"})
        where = field.config.get("where")
        if where is not None and not (where and isinstance(where, Mapping)):
            found.append({"en": "where is a filter", "zh": "where 应为筛选条件"})
        if str(field.config.get("result", "integer")) not in ROLLUPS:
            found.append(one_of("result", ROLLUPS))
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
