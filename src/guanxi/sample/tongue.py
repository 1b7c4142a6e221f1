"""What a language contributes to invented data: names, places, products, and what people write about their work."""

from __future__ import annotations

import random
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from guanxi.base.json import loads


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in parts; ``slug`` is how it looks in an e-mail address."""

    family: str
    given: str
    full: str
    slug: str


@dataclass(frozen=True, slots=True)
class Firm:
    """A company's names: as registered, as people say it, and as it looks in a web address."""

    name: str
    short: str
    slug: str


@dataclass(frozen=True, slots=True)
class Line:
    """Something that people write: ``subject`` and ``body`` with places for ``{person} {firm} {product} {amount} {day}``.

    ``won`` says that it makes sense with customers only.
    """

    subject: str
    body: str = ""
    won: bool = False


@dataclass(frozen=True, slots=True)
class Good:
    """Something that is sold: its name, its short name in deals, code, family, list price and unit."""

    name: str
    short: str
    code: str
    family: str
    price: int
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class Squad:
    """A team of the sample's own people: its name, its lead and its members."""

    name: str
    lead: Name
    members: tuple[Name, ...]


class Tongue(ABC):
    """A language. Everything is drawn from the random source that is passed in, so that a seed fixes it."""

    language: str
    department: str
    """Name of the team above all others."""
    head: Name
    squads: Sequence[Squad]
    goods: Sequence[Good]
    titles: Sequence[tuple[str, str, str]]
    """Job title, department, and buying role."""
    deals: Sequence[str]
    renewals: Sequence[str]
    steps: Sequence[str]
    needs: Sequence[str]
    tags: Sequence[str]
    places: Sequence[str]
    notes: Sequence[Line]
    calls: Sequence[Line]
    missed: Sequence[Line]
    meetings: Sequence[Line]
    tasks: Sequence[Line]
    about: Mapping[str, Sequence[str]]
    """Sentences that describe a company, by industry."""
    date_format: str

    def __init_subclass__(cls) -> None:
        """What is only said, and not worked out, stands in a file of the language."""
        said = loads((files("guanxi.sample") / f"{cls.language}.json").read_bytes())
        cls.goods = [Good(**one) for one in said.pop("goods")]
        for name in ("notes", "calls", "missed", "meetings", "tasks"):
            setattr(cls, name, [Line(**one) for one in said.pop(name)])
        for name, value in said.items():
            setattr(cls, name, value)

    @abstractmethod
    def person(self, rng: random.Random) -> Name:
        """Somebody."""

    @abstractmethod
    def firm(self, rng: random.Random, industry: str, place: Mapping[str, str]) -> Firm:
        """A company of an industry at a place."""

    @abstractmethod
    def called(self, name: Name, title: str) -> str:
        """What colleagues call somebody in a note."""

    @abstractmethod
    def money(self, amount: int) -> str:
        """An amount as people write it in passing."""

    @abstractmethod
    def address(self, rng: random.Random) -> dict[str, str]:
        """A postal address as its parts."""

    @abstractmethod
    def mobile(self, rng: random.Random, place: Mapping[str, str]) -> str:
        """A mobile number that belongs to nobody."""

    @abstractmethod
    def phone(self, rng: random.Random, place: Mapping[str, str]) -> str:
        """A fixed line's number that belongs to nobody."""


def slug(text: str) -> str:
    """Latin letters and digits of a text in small letters, accents off."""
    bare = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("ł", "l").replace("Ø", "O"))
    return "".join(c for c in bare.lower() if c.isascii() and c.isalnum())
