"""What is asked of the write path and what becomes of it: operations, outcomes, and a record on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from guanxi.base import FieldError, Invalid, Problem
from guanxi.schema.catalog import Entity

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id of the program when it acts by itself; it is written nowhere."""


@dataclass(frozen=True, slots=True)
class Create:
    """A new record. Trusted callers may give its ``id``, and as ``book`` when and by whom it was made elsewhere
    (``created_at`` as text, ``created_by``)."""

    values: Mapping[str, Any]
    id: str | None = None
    book: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """A change; with ``version`` it is refused as stale when the record has another.

    ``trusted`` values are in stored form and may name any field; ``exact`` says that they make an image whole that the
    record once had, or lead its links to where what they point to has gone: nothing is computed from them, and no rule judges.
    """

    id: str
    values: Mapping[str, Any]
    version: int | None = None
    trusted: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Upsert:
    """A change of the one record whose fields equal ``key``, or a new one with ``key`` and ``values``."""

    key: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delete:
    """To the recycle bin."""

    id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """Out of all lists, kept whole: links to it still lead there, and nothing of it changes until it is restored."""

    id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """Back from the recycle bin, or from the archive."""

    id: str


REASON = "merge"
"""The program leads what points to a record, whoever may see it: that is the reason it states in the journal."""

Operation = Create | Update | Upsert | Delete | Archive | Restore
Kind = Literal["create", "update", "delete", "archive", "restore"]
VERB: Mapping[Kind, str] = {
    "create": "create",
    "update": "update",
    "delete": "delete",
    "archive": "delete",
    "restore": "delete",
}


@dataclass(slots=True)
class Outcome:
    """What became of one operation: ``status`` as HTTP says it; ``problem`` when it was refused; ``changed`` is false for
    an update that says what is there already."""

    status: int
    id: str | None = None
    kind: Kind = "create"
    problem: Problem | None = None
    record: bytes | None = None
    changed: bool = True
    typed: Mapping[str, tuple[Any, Any]] | None = None
    """What was written and what was stored of values that were put into their standard form."""


# An import makes six containers for each of a million rows, and ``dict[str, Any]()`` takes six times as long as these.
def _image() -> dict[str, Any]:
    return {}


def _parts() -> dict[str, list[str]]:
    return {}


def _names() -> set[str]:
    return set()


def _errors() -> list[FieldError]:
    return []


def _foreign() -> list[str]:
    return []


def _away() -> list[tuple[str, str]]:
    return []


@dataclass(slots=True)
class Row:
    """One record on its way through the steps. ``new`` is the whole image in stored form, ``given`` what was sent."""

    entity: Entity
    index: int
    kind: Kind
    id: str
    given: Mapping[str, Any]
    version: int | None = None
    trusted: bool = False
    exact: bool = False
    old: dict[str, Any] = field(default_factory=_image)
    new: dict[str, Any] = field(default_factory=_image)
    touched: set[str] = field(default_factory=_names)
    errors: list[FieldError] = field(default_factory=_errors)
    foreign: list[str] = field(default_factory=_foreign)
    away: list[tuple[str, str]] = field(default_factory=_away)
    """Links that were written to records in the archive: those that stand may stay."""
    masks: list[str] = field(default_factory=_foreign)
    """Sealed fields that were written as they are shown; that is no value, and none where it is the one that stands."""
    derived: dict[str, list[str]] = field(default_factory=_parts)
    typed: dict[str, Any] | None = None
    """What was written of values whose standard form says more or other; the journal keeps it."""
    problem: Problem | None = None
    answers: bool = False
    change_set: str | None = None
    """Where it is another than that of the whole batch."""
    record: bytes | None = None
    """The record as JSON, when ``answers`` let the storing statement tell it."""
    book: Mapping[str, str] | None = None
    """When and by whom it was made elsewhere."""
    archived: bool = False
    """Whether it was in the archive."""
    signature: str | None = None
    """Of what it can be found by, once that is made."""

    @property
    def good(self) -> bool:
        """Whether nothing has been refused so far."""
        return self.problem is None and not self.errors

    def fail(self, name: str | None, code: str, **values: object) -> None:
        """Refuse a field; the message calls it by its label, unless it is to stay unknown."""
        known = self.entity.fields.get(name or "") if code != "unknown_field" else None
        self.errors.append(FieldError(name, code, {"field": known.label, **values} if known else values))


def settle(rows: Sequence[Row], atomic: bool) -> None:
    """In an atomic batch any refusal ends it: raise the first row's kind of refusal with the errors of all rows."""
    if not atomic:
        return
    bad = [r for r in rows if not r.good]
    if not bad:
        return
    first = min(bad, key=lambda r: r.index)
    if first.problem is not None:
        first.problem.ids = [r.id for r in bad if type(r.problem) is type(first.problem)]
        raise first.problem
    refused = Invalid(errors=[replace(e, row=None if len(rows) == 1 else r.index) for r in bad for e in r.errors])
    refused.ids = [r.id for r in bad for _ in r.errors]
    raise refused
