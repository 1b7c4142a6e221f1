"""Questions about related records in filters, understood: each is a roll-up that nobody declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guanxi.base import Invalid, Label
from guanxi.schema.derive import Roll, figure_type
from guanxi.schema.filter import Related
from guanxi.schema.formula import Wrong
from guanxi.schema.model import Field
from guanxi.schema.types import FieldType, type_of

if TYPE_CHECKING:
    from guanxi.schema.catalog import Catalog, Child, Entity

See = Callable[[str, str], Field | None]
DATE: Label = {"en": "a date field", "zh": "日期字段"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about related records, understood: ``roll`` is the figure, ``field`` is what its values are, of the type
    ``kind``."""

    child: Child
    roll: Roll
    field: Field
    kind: FieldType


def asked(catalog: Catalog, entity: Entity, what: Related, see: See | None = None) -> Asked:
    """What a filter on related records means. Raises Invalid for what there is not, or ``see`` does not show.

    ``see(object, name)`` answers a field, None where there is none.
    """
    see = see or catalog.see

    def found(child: Child | None, name: str, field: str, *, date: bool = False) -> Field:
        f = see(child.object, field) if child else None
        if f is None or not type_of(f).readable or (child and see(child.object, child.field) is None):
            raise Invalid.one(f"{name}.{field}" if child else name, "unknown_field")
        if date and not type_of(f).grains:
            raise Invalid.one(f"{name}.{field}", "wrong_type", expected=DATE)
        return f

    child = entity.children.get(what.name)
    if child is None or see(child.object, child.field) is None:
        raise Invalid.one(what.name, "unknown_field")
    result = "integer"
    if what.field or what.figure != "count":
        try:
            result = figure_type(what.figure, type_of(found(child, what.name, what.field)), what.field)
        except Wrong as wrong:
            raise Invalid.one(f"{what.name}.{what.field}", wrong.code, **wrong.values) from None
    by = (what.by or "created_at") if what.figure == "latest" else ""
    if by:
        found(child, what.name, by, date=True)
    if what.after:
        found(child, what.name, what.after.field, date=True)
        found(entity.children.get(what.after.name), what.after.name, what.after.of, date=True)
    f = Field("_figure", "rollup", {}, config={"function": what.figure, "result": result})
    kind = type_of(f)
    if what.op not in kind.operators:
        raise Invalid.one(what.field or what.name, "unknown_operator", op=what.op)
    roll = Roll(
        entity.name, f.name, child.object, child.field, child.kind, what.figure, what.field, by, what.where, frozenset()
    )
    return Asked(child, roll, f, kind)
