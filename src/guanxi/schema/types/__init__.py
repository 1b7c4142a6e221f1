"""The registry of field types: everything that differs between kinds of value, by type name."""

from __future__ import annotations

from guanxi.schema.model import Field
from guanxi.schema.types.addresses import Address
from guanxi.schema.types.base import Bad, Bind, Env, FieldType
from guanxi.schema.types.choices import Boolean, MultiSelect, PipelineChoice, Select, Stage, Tags
from guanxi.schema.types.contacts import Email, Phone, Url
from guanxi.schema.types.currencies import Currency
from guanxi.schema.types.dates import Day, Moment
from guanxi.schema.types.derived import FORMULAS, ROLLUPS
from guanxi.schema.types.internal import AutoNumber, Password
from guanxi.schema.types.links import Id, Link, Links, Reference, User
from guanxi.schema.types.numbers import Duration, Integer, Money, Number, Percent, Rating
from guanxi.schema.types.people import Person
from guanxi.schema.types.sealed import SealedText
from guanxi.schema.types.structured import File, Json
from guanxi.schema.types.text import LongText, RichText, Text

TYPES: dict[str, FieldType] = {
    kind.name: kind()
    for kind in (
        Text, LongText, RichText, Integer, Number, Money, Percent, Boolean, Day, Moment, Select, MultiSelect, Tags, Email,
        Phone, Url, Address, Person, Link, Links, User, File, AutoNumber, Rating, Duration, Json, SealedText,
        Id, Currency, Reference, Stage, PipelineChoice, Password,
    )
} | {"formula": FORMULAS["text"], "rollup": ROLLUPS["integer"]}  # fmt: skip
"""One instance of every type, in the order in which an administrator is offered them."""


def type_of(field: Field) -> FieldType:
    """The type of a field's values."""
    return TYPES[field.type].bound(field)


__all__ = ["TYPES", "Bad", "Bind", "Env", "FieldType", "type_of"]
