"""Every refusal that a caller can meet, in both languages, with the HTTP status that says it.

A :class:`Problem` is raised anywhere below the API and printed by the API as ``application/problem+json`` (RFC 9457).
A :class:`FieldError` names the field and the remedy; all of a request's field errors are reported together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guanxi.base.messages import MESSAGES
from guanxi.base.text import say


@dataclass(frozen=True, slots=True)
class Among:
    """Which of many records a refusal is about: how many, what the first of them are called, and whether more were not looked
    at."""

    count: int
    first: tuple[str, ...] = ()
    on: bool = False

    def said(self, language: str) -> str:
        """The sentence for the user, in ``language``."""
        english = language != "zh"
        many = f"{self.count:,}"
        if english:
            text = (
                f"{'At least ' if self.on else ''}{many} {'record is' if self.count == 1 else 'records are'} concerned"
            )
        else:
            text = f"{'至少' if self.on else ''}涉及 {many} 条记录"
        if not self.first:
            return text + ("." if english else "。")
        names = (", " if english else "、").join(self.first)
        rest = self.count > len(self.first)
        return f"{text}: {names}{', …' if rest else '.'}" if english else f"{text}：{names}{'等' if rest else ''}。"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field's error: ``code`` is a key of :data:`guanxi.base.messages.MESSAGES`; ``values`` fill its placeholders.

    ``row`` is the index of the row in a batch, where that matters; ``among`` says it of a change of many at once.
    """

    field: str | None
    code: str
    values: Mapping[str, object] = dataclasses.field(default_factory=dict[str, object])
    row: int | None = None
    among: Among | None = None

    def message(self, language: str) -> str:
        """The sentence for the user, in ``language``."""
        label = MESSAGES.get(self.code)
        text = say(label, language, **{"field": self.field or "", **self.values}) if label else self.code
        return _and(text, self.among, language)


def _and(text: str, among: Among | None, language: str) -> str:
    return f"{text}{'' if language == 'zh' else ' '}{among.said(language)}" if among else text


def bad_config(place: str | None, en: str, zh: str) -> FieldError:
    """What is wrong with a setting at a place, as a part of a sentence in both languages."""
    return FieldError(place, "bad_config", {"reason": {"en": en, "zh": zh}})


class Problem(Exception):
    """A refusal with an HTTP ``status``; ``code`` is a key of MESSAGES, whose text becomes the title."""

    status = 500
    code = "internal"

    def __init__(
        self,
        code: str | None = None,
        errors: Iterable[FieldError] = (),
        *,
        retry_after: int | None = None,
        **values: object,
    ) -> None:
        self.code = code or type(self).code
        self.errors = list(errors)
        self.values = values
        self.retry_after = retry_after
        self.ids: list[str] = []
        """Of a batch: the record of each error, or where there are none those that it is about."""
        self.among: Among | None = None
        super().__init__(self.code)

    def __str__(self) -> str:
        return "; ".join([self.title("en"), *(e.message("en") for e in self.errors)])

    def title(self, language: str) -> str:
        """What happened, in ``language``."""
        label = MESSAGES.get(self.code)
        return _and(say(label, language, **self.values) if label else self.code, self.among, language)

    def body(self, language: str) -> dict[str, object]:
        """The problem+json object."""
        title = self.title(language)
        body: dict[str, object] = {
            "type": f"https://guanxi.dev/problems/{self.code}",
            "title": title,
            "status": self.status,
            "detail": title,
            "code": self.code,
        }
        if self.errors:
            body["errors"] = [
                {"field": e.field, "code": e.code, "message": e.message(language)}
                | ({"row": e.row} if e.row is not None else {})
                for e in self.errors
            ]
            body["detail"] = " ".join(e.message(language) for e in self.errors[:5])
        return body


class Malformed(Problem):
    """The request itself cannot be read."""

    status, code = 400, "malformed"


class Unauthorized(Problem):
    """Nobody is signed in, or the credentials are wrong."""

    status, code = 401, "unauthorized"


class Forbidden(Problem):
    """The caller is known and may not."""

    status, code = 403, "forbidden"


class NotFound(Problem):
    """Not there, or not visible: the two look alike on purpose."""

    status, code = 404, "not_found"


class Conflict(Problem):
    """The request contradicts what is there."""

    status, code = 409, "conflict"


class Stale(Problem):
    """Somebody changed the record since the caller read it."""

    status, code = 412, "stale"


class TooLarge(Problem):
    """More than is taken in one request."""

    status, code = 413, "too_large"


class Invalid(Problem):
    """Values that cannot be accepted; ``errors`` holds all of them at once."""

    status, code = 422, "invalid"

    @classmethod
    def one(cls, field_name: str | None, code: str, **values: object) -> Invalid:
        """An Invalid with a single field error."""
        return cls(errors=[FieldError(field_name, code, values)])

    def within(self, place: str) -> Invalid:
        """The same errors, of values that stand at a place of something larger."""
        named = (f"{place}.{e.field}" if e.field else place for e in self.errors)
        return Invalid(errors=[dataclasses.replace(e, field=n) for e, n in zip(self.errors, named, strict=True)])


class TooMany(Problem):
    """Too many requests; ``retry_after`` is in seconds."""

    status, code = 429, "too_many"


class Unavailable(Problem):
    """The database is away or full; nothing was written. ``retry_after`` is in seconds."""

    status, code = 503, "unavailable"
