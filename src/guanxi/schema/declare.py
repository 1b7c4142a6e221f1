"""Declaring an object in Python: one class a noun, fields as attributes, nothing else.

::

    class Opportunity(Record, label=("Opportunity", "商机"), area="sales", owner="owner"):
        name = Text("Name", "商机名称", required=True, search="A")
        account = Link("account", "Account", "客户", inverse="opportunities")

On the class an attribute is the declared field (``Opportunity.stage``); on an instance it is the value, so that a type
checker catches both a misspelt field and a wrong type. An instance wraps the row that a rule works on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Generic, Self, TypeVar, overload

from guanxi.base import Label
from guanxi.schema import model
from guanxi.schema.model import How, Layout, Match, Object, Option, Rule, Section, View

T = TypeVar("T")


def both_languages(en: str, zh: str) -> Label:
    """A label in English and Chinese."""
    return {"en": en, "zh": zh}


class Declared(Generic[T]):
    """A field as it is declared; the descriptor behind an attribute."""

    type: ClassVar[str]

    def __init__(self, en: str, zh: str, **settings: Any) -> None:
        known = {k: settings.pop(k) for k in list(settings) if k in model.Field.__dataclass_fields__ and k != "config"}
        for key in ("help", "inverse_label"):
            if isinstance(known.get(key), tuple):
                known[key] = both_languages(*known[key])
        known["firm"] = tuple(k for k in ("required", "unique", "readonly") if known.get(k))
        self.definition = model.Field(name="", type=self.type, label=both_languages(en, zh), config=settings, **known)
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Record, owner: type) -> T | None: ...
    def __get__(self, instance: Record | None, owner: type) -> Self | T | None:
        return self if instance is None else instance.row.get(self.name)

    def __set__(self, instance: Record, value: T | None) -> None:
        instance.row[self.name] = value


class Text(Declared[str]):
    """One line of text; ``max`` characters."""

    type = "text"


class LongText(Declared[str]):
    """Several lines of plain text."""

    type = "longtext"


class RichText(Declared[str]):
    """Formatted text, kept as sanitised HTML."""

    type = "richtext"


class Integer(Declared[int]):
    """A whole number."""

    type = "integer"


class Number(Declared[Decimal]):
    """An exact decimal number."""

    type = "decimal"


class Money(Declared[Decimal]):
    """An amount with its currency beside it."""

    type = "money"


class Percent(Declared[Decimal]):
    """A share, 0–100."""

    type = "percent"


class YesNo(Declared[bool]):
    """Yes or no."""

    type = "boolean"


class Date(Declared[date]):
    """A day."""

    type = "date"


class DateTime(Declared[datetime]):
    """A moment."""

    type = "datetime"


class Email(Declared[str]):
    """An e-mail address."""

    type = "email"


class Phone(Declared[str]):
    """A phone number."""

    type = "phone"


class Url(Declared[str]):
    """A web address."""

    type = "url"


class Person(Declared[str]):
    """A person's name, with family and given name beside it."""

    type = "person"


class Address(Declared[Mapping[str, str]]):
    """A postal address."""

    type = "address"


class Tags(Declared[list[str]]):
    """Free words."""

    type = "tags"


class Rating(Declared[int]):
    """Stars."""

    type = "rating"


class Duration(Declared[int]):
    """A length of time in seconds."""

    type = "duration"


class File(Declared[Mapping[str, Any]]):
    """A file or image."""

    type = "file"


class AutoNumber(Declared[str]):
    """A running number."""

    type = "autonumber"


class Json(Declared[Any]):
    """Any JSON."""

    type = "json"


class SealedText(Declared[str]):
    """A number or word that is kept sealed and shown masked."""

    type = "sealed"


class Password(Declared[str]):
    """A secret that is written and never read."""

    type = "password"


class Rollup(Declared[Any]):
    """A figure over what points to the record: ``children`` names the related list; never written."""

    type = "rollup"


class Formula(Declared[Any]):
    """A value computed whenever it is read: ``expression`` is the formula."""

    type = "formula"


class PipelineOf(Declared[str]):
    """The pipeline that a record runs through."""

    type = "pipeline"


class StageOf(Declared[str]):
    """The stage that a record has reached."""

    type = "stage"


class Reference(Declared[str]):
    """A link to a record of any object."""

    type = "reference"


class _Choice(Declared[T]):
    def __init__(self, en: str, zh: str, options: str, **settings: Any) -> None:
        super().__init__(en, zh, options=read_options(options), **settings)


class Select(_Choice[str]):
    """One of several options, written ``"media Media 传媒 blue | retail Retail 零售"``."""

    type = "select"


class MultiSelect(_Choice[list[str]]):
    """Some of several options."""

    type = "multiselect"


class _Linked(Declared[T]):
    def __init__(self, target: str, en: str, zh: str, **settings: Any) -> None:
        super().__init__(en, zh, target=target, **settings)


class Link(_Linked[str]):
    """A link to one record of ``target``; stored as its id."""

    type = "link"


class Links(_Linked[list[str]]):
    """Links to several records of ``target``."""

    type = "links"


class User(Declared[str]):
    """A user."""

    type = "user"

    def __init__(self, en: str, zh: str, **settings: Any) -> None:
        super().__init__(en, zh, target="user", **settings)


def read_options(text: str) -> tuple[Option, ...]:
    """Options from ``name English 中文 [color]`` between bars; words of the English label are joined by ``_``."""
    out: list[Option] = []
    for part in text.split("|"):
        name, en, zh, *color = part.split()
        out.append(Option(name, {"en": en.replace("_", " "), "zh": zh.replace("_", " ")}, color[0] if color else ""))
    return tuple(out)


def form(*sections: tuple[str, str, str], related: str = "", header: str = "", panels: str = "") -> Layout:
    """A layout from ``("Deal", "商机信息", "name account amount")`` sections."""
    return Layout(
        tuple(Section(both_languages(en, zh), tuple(names.split())) for en, zh, names in sections),
        tuple(related.split()),
        tuple(header.split()),
        panels=tuple(panels.split()) or None,
    )


def table(name: str, en: str, zh: str, columns: str, **more: Any) -> View:
    """A table view."""
    return View(name, both_languages(en, zh), "table", tuple(columns.split()), **more)


def board(name: str, en: str, zh: str, by: str, card: str, **more: Any) -> View:
    """A board view, a column for each value of ``by``."""
    return View(
        name, both_languages(en, zh), "board", by=by, card=tuple(card.split()), columns=tuple(card.split()), **more
    )


def alike(name: str, en: str, zh: str, fields: str, how: How = "exact", **more: Any) -> Rule:
    """A duplicate rule: records with a common value in any of ``fields``."""
    return Rule(name, "duplicate", both_languages(en, zh), match=(Match(tuple(fields.split()), how),), **more)


class Record:
    """The base of declared objects. An instance wraps the row that a rule reads and writes (stored values by name)."""

    object: ClassVar[Object]
    layout: ClassVar[Layout] = Layout()
    views: ClassVar[tuple[View, ...]] = ()
    rules: ClassVar[tuple[Rule, ...]] = ()
    __slots__ = ("id", "old", "row")

    def __init__(self, row: dict[str, Any], old: Mapping[str, Any] | None = None, id: str = "") -> None:
        self.row, self.old, self.id = row, old or {}, id

    def __init_subclass__(
        cls,
        name: str = "",
        label: tuple[str, str] | None = None,
        plural: tuple[str, str] | None = None,
        **settings: Any,
    ) -> None:
        if label is None:  # an abstract part: its fields come first in the classes that build on it
            return
        fields: dict[str, model.Field] = {}
        for base in reversed(cls.__mro__):
            for key, value in vars(base).items():
                if isinstance(value, Declared):
                    d: model.Field = value.definition
                    fields[key] = replace(d, name=key)
        cls.object = Object(
            name=name or cls.__name__.lower(),
            label=both_languages(*label),
            plural=both_languages(*(plural or label)),
            fields=tuple(fields.values()),
            layout=cls.layout,
            views=tuple(cls.views),
            rules=tuple(cls.rules),
            **settings,
        )
