"""From cells to API values, a column at a time: what a type reads leniently, what is an option, what has parts.

Nothing here asks the database: cells of links stay text, for :mod:`guanxi.transfer.linking`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from guanxi.base import FieldError
from guanxi.mail import letter
from guanxi.schema.catalog import Entity
from guanxi.schema.types import Bad, Env, FieldType
from guanxi.schema.types.choices import split_list
from guanxi.schema.types.contacts import Phone, country_of
from guanxi.schema.types.numbers import about
from guanxi.transfer.mapping import REFERENCE, Assignment, booked
from guanxi.transfer.serials import DATE, moment
from guanxi.transfer.synonyms import called, loose
from guanxi.transfer.table import Batch, unguard

_MARKUP = re.compile(r"\s*<(p|div|span|br|ul|ol|table|h[1-6]|b|strong|em|i|a|html|body)\b[^<>]*>", re.IGNORECASE)
"""How a text begins that an editor wrote as HTML."""
_ADDRESS = re.compile(r"\s*[(（<][^()（）<>]*@[^()（）<>]*[)）>]$")
"""An e-mail address behind the name of whose it is."""
_PLAIN_NUMBER = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
_SECONDS = re.compile(r"1\d{9}(?:\d{3})?")
_STAMP = re.compile(r"(20\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")
_NOBODY = re.compile(r"0{15}(?:AAA)?")
"""The number that Salesforce writes where a record is linked to none."""
_NONE = re.compile(
    r"[-–—－/\\.。*×]{1,3}|无|暂无|没有|未填写?|未知|不详|空|n/a|#n/a|null|none|nil|nan|nat"
    r"|0{1,4}[-/.]0{1,2}[-/.]0{1,4}(?: 00:00(?::00)?)?",
    re.IGNORECASE,
)
"""What people, and programs, write where there is nothing; of a text it may be the text."""
_AMONG = re.compile(r"\s*[;；,，、|/\n]\s*|\s+(?=[^\s<]+@)")
"""What stands between e-mail addresses."""
_SHORTENED = re.compile(r"(\d)(?:\.(\d+))?E\+(\d{1,2})|(\d{5,})\.0+", re.IGNORECASE)
"""How a spreadsheet writes long numbers that it took for amounts, and a program those of a column with gaps."""
_CACHED = 50_000


class CellError(NamedTuple):
    """What is wrong with a cell: ``column`` is its index (-1: no cell of its own), ``value`` the text of it."""

    column: int
    value: str
    error: FieldError


class Note(NamedTuple):
    """Something that was done about a value and is to be told; the row went in."""

    line: int
    column: int
    value: str
    error: FieldError


@dataclass(slots=True)
class Tally:
    """How many records of which object have become what (``account created``), each counted once: ``seen`` are marks of those of
    batches before, ``marks`` of this one's."""

    seen: set[int] = field(default_factory=set[int])
    counts: Counter[str] = field(default_factory=Counter[str])
    marks: set[int] = field(default_factory=set[int])

    def count(self, object: str, what: str, *known: object) -> None:
        """Count a record by what it is known by, unless it was."""
        marks = {hash((object, k)) for k in known}
        if not marks or not any(m in self.seen or m in self.marks for m in marks):
            self.counts[f"{object} {what}"] += 1
        self.marks |= marks


@dataclass(slots=True)
class Converted:
    """Rows on their way: ``values[i]`` by field, ``errors`` by index of the row, ``links[column][i]`` the text of a link."""

    lines: list[int]
    cells: list[list[str]]
    values: list[dict[str, Any]]
    errors: dict[int, list[CellError]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    links: dict[int, list[list[str]]] = field(default_factory=dict)
    unknown: dict[int, dict[str, list[int]]] = field(default_factory=dict)
    """Texts that are no option yet and are to become one: by column, with the rows that have them."""
    pictures: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    """What cells of pictures hold, by column."""
    below: list[Converted] = field(default_factory=list["Converted"])
    """What the rows say of records that belong to theirs, by kind."""
    tally: Tally = field(default_factory=Tally)

    def fail(self, row: int, column: int, value: str, error: FieldError) -> None:
        """Refuse a row for one of its cells."""
        self.errors.setdefault(row, []).append(CellError(column, value, error))


class _Bad(NamedTuple):
    code: str
    values: Mapping[str, object]


class _Unknown(NamedTuple):
    """Not an option: ``near`` is the one that was most likely meant, or empty; ``rest`` what else the cell holds."""

    text: str
    near: str
    rest: list[str] | None


class _About(NamedTuple):
    """A number of which the cell says that it is not the exact one."""

    value: Any


_NOTHING: Any = object()
_EMPTY: Any = object()


class _Column:
    """How the cells of one column are read."""

    def __init__(self, index: int, assigned: Assignment, kind: FieldType) -> None:
        self.index, self.assigned, self.kind = index, assigned, kind
        self.at = index if assigned.source is None else assigned.source
        self.starts = sorted(
            ((k[:-1], v) for k, v in assigned.values.items() if k.endswith("*")), key=lambda s: -len(s[0])
        )
        self.blank = assigned.values.get("")
        self.field = assigned.target.field
        self.part = assigned.target.part
        self.name = self.field.name
        self.cache: dict[str, Any] = {}
        self.hits = self.misses = 0
        self.links = (kind.link or kind.anywhere) and not self.part
        self.plain = bool(self.part) or type(kind).read_text is FieldType.read_text
        self.mark = re.compile(re.escape(assigned.first)) if assigned.first else None
        if kind.name == "email" and not self.mark:
            self.mark = _AMONG
        self.numbers = kind.name == "phone" or (kind.name == "text" and (self.field.unique or self.name == REFERENCE))
        self.strict = assigned.unknown == "empty" and not self.part
        """What the field would not take is left empty here, not refused when it is written."""
        self.learn()

    def learn(self) -> None:
        """Lay out the options."""
        options = self.field.options if not self.part else ()
        self.options = {o.name: o for o in options}
        self.near = called(self.name, options)
        self.cache.clear()

    def texts(self, batch: Batch) -> list[str]:
        """What each row says for this field."""
        if self.assigned.value is not None:
            return [self.assigned.value] * len(batch.cells)
        texts = [cells[self.at] for cells in batch.cells]
        for index, between in self.assigned.joined:
            more = (cells[index] for cells in batch.cells)
            texts = [
                b if self.nothing(a) else a if between is None or not b.strip() else a + between + b
                for a, b in zip(texts, more, strict=True)
            ]
        if self.mark:
            texts = [self._first(text) for text in texts]
        if (
            around := (self.assigned.prefix, self.assigned.suffix)
            if self.assigned.prefix or self.assigned.suffix
            else None
        ):
            texts = ["" if self.nothing(text) else unguard(text).strip().join(around) for text in texts]
        for index, meant in self.assigned.over:
            texts = [meant.get(cells[index].strip()) or text for cells, text in zip(batch.cells, texts, strict=True)]
        return texts

    def nothing(self, text: str) -> bool:
        """Whether nothing stands in a cell, or what is said to mean nothing."""
        text = unguard(text.strip())
        return not text or not self._meaning(text)

    def _meaning(self, text: str) -> str:
        """What a text is said to mean, else itself."""
        meant = self.assigned.values.get(text)
        return next((v for start, v in self.starts if text.startswith(start)), text) if meant is None else meant

    def _listed(self, text: str) -> list[str]:
        """What a cell lists."""
        if self.mark is None or (self.mark is _AMONG and text.count("@") < 2):
            return [text]
        return [part.strip() for part in self.mark.split(text) if part.strip()]

    def _first(self, text: str) -> str:
        """The first of several that a cell lists; of a person's name and address the name."""
        one = next(iter(self._listed(text)), "")
        return _ADDRESS.sub("", one) if self.kind.name in ("person", "text") else one

    def left(self, batch: Batch) -> list[Note]:
        """What cells list behind their first, which is not taken."""
        return [
            Note(
                line, self.index, cells[self.at], FieldError(self.name, "first_taken", {"value": cells[self.at][:200]})
            )
            for line, cells in zip(batch.lines, batch.cells, strict=True)
            if self.at >= 0 and len(self._listed(cells[self.at])) > 1
        ]

    def read(self, text: str, env: Env) -> Any:
        """The API value of a stripped cell that is not empty; a _Bad or an _Unknown when there is none."""
        value = self._read(text, env)
        none = _NONE.fullmatch(text) is not None
        if (self.strict or (none and not self.part)) and not isinstance(value, _Bad | _Unknown) and value is not _EMPTY:
            try:
                self.kind.parse(self.field, value.value if isinstance(value, _About) else value, env)
            except Bad as bad:
                value = _Bad(bad.code, bad.values)
        return _EMPTY if none and isinstance(value, _Bad | _Unknown) else value

    def _read(self, text: str, env: Env) -> Any:
        if self.assigned.values:
            text = self._meaning(text)
            if not text:
                return _EMPTY
        return self._value(text, env)

    def empty(self, env: Env) -> Any:
        """What a cell without anything in it means."""
        return self._value(self.blank, env) if self.blank else _EMPTY

    def _value(self, text: str, env: Env) -> Any:
        if self.kind.name == "longtext" and _MARKUP.match(text):
            text = letter.words(text)
        if self.numbers and (found := _SHORTENED.fullmatch(text)):
            whole, digits, zeros, plain = found.groups()
            if not plain and len(digits or "") < int(zeros):
                return _Bad("digits_lost", {"value": text})
            text = plain or whole + (digits or "")[: int(zeros)]
        if self.plain:
            return text
        try:
            value = self.kind.read_text(self.field, text, env)
        except Bad as bad:
            value = self._serial(text, env)
            if value is None:
                return self._about(text, env) or _Bad(bad.code, bad.values)
        if not self.options:
            return value
        if isinstance(value, list):
            return self._several(value)
        return value if value in self.options else self._option(text, None)

    def _serial(self, text: str, env: Env) -> Any:
        """A moment that a spreadsheet left as its number, or a program as its digits or as seconds since 1970."""
        if not self.kind.grains:
            return None
        if _PLAIN_NUMBER.fullmatch(text):
            text = moment(text, DATE, False)
        elif _SECONDS.fullmatch(text):
            at = datetime.fromtimestamp(int(text[:10]), UTC)
            if at.hour or at.minute or at.second:  # else a day
                at = at.astimezone(ZoneInfo(env.timezone))
            text = at.isoformat(" ")
        elif stamp := _STAMP.fullmatch(text):
            text = "{}-{}-{} {}:{}:{}".format(*stamp.groups())
        else:
            return None
        try:
            return self.kind.read_text(self.field, text, env)
        except Bad:
            return None

    def _about(self, text: str, env: Env) -> _About | None:
        """What is written of a number that nobody counted: ``5,000+``, ``约200人``, ``51-200``."""
        if self.kind.formula != "number" or (bare := about(text)) == text:
            return None
        try:
            return _About(self.kind.read_text(self.field, bare, env))
        except Bad:
            return None

    def _option(self, text: str, rest: list[str] | None) -> Any:
        name = self.near.get(loose(text))
        if name is not None:
            return name if rest is None else [*rest, name]
        found = get_close_matches(loose(text), list(self.near), 1, 0.8)
        return _Unknown(text, self.near[found[0]] if found else "", rest)

    def _several(self, values: list[Any]) -> Any:
        known = [v for v in values if v in self.options]
        for value in values:
            if value not in self.options:
                found = self._option(value, known)
                if isinstance(found, _Unknown):
                    return found if len(values) > 1 else found._replace(text=str(value))
                known = found
        return list(dict.fromkeys(known))


class Converter:
    """Reads batches of cells for one import. ``clear``: an empty cell empties the field, instead of leaving it alone."""

    def __init__(self, entity: Entity, mapping: Mapping[int, Assignment], env: Env, clear: bool = False) -> None:
        self.env, self.clear, self.booked = env, clear, booked(entity)
        self.person = entity.title if entity.types[entity.title].name == "person" and "email" in entity.fields else ""
        """The field of people's names, where one has an address too."""
        self.columns = [
            _Column(i, a, entity.types[a.target.field.name])
            for i, a in sorted(mapping.items())
            if not (a.target.via or a.target.child or a.value == "")
        ]
        self.by_field = {c.name: c.index for c in reversed(self.columns)}
        own = {n: f.of for n in self.by_field if (f := entity.fields[n]).of and entity.types[f.of].name == "money"}
        self.currency = next(iter(own)) if len(own) == 1 else ""
        """The one column of currencies: amounts beside it are in that, too."""
        self.beside = [n for n in self.by_field if entity.types[n].name == "money" and n not in own.values()]
        self.countries = [
            i if a.source is None else a.source
            for i, a in sorted(mapping.items())
            if a.value is None and "country" in (a.target.part, a.target.field.name)
        ]

    def column_of(self, name: str) -> tuple[int, ...]:
        """The columns of the file that make a field, in turn."""
        found = next(c for c in self.columns if c.name == name)
        return (found.at, *(i for i, _ in found.assigned.joined))

    def relearn(self, entity: Entity) -> None:
        """Take the options of a catalog that has changed."""
        for column in self.columns:
            if column.name in entity.fields:
                column.field = entity.fields[column.name]
                column.learn()

    def convert(self, batch: Batch) -> Converted:
        """The values of a batch; blocking, without the database."""
        out = Converted(batch.lines, batch.cells, [{} for _ in batch.cells])
        parts: dict[str, dict[int, dict[str, str]]] = {}
        for column in self.columns:
            texts = column.texts(batch)
            if column.mark:
                out.notes += column.left(batch)
            if column.kind.holds_file:
                out.pictures[column.index] = texts
            elif column.links:
                out.links[column.index] = [self._names(column, text) for text in texts]
            elif column.part:
                held = parts.setdefault(column.name, {})
                for i, value in enumerate(self._read(column, texts)):
                    if value is not _EMPTY:
                        held.setdefault(i, {})[column.part] = value
            else:
                self._fill(column, texts, out)
        for name, held in parts.items():
            for i, value in held.items():
                whole = out.values[i].get(name)
                if isinstance(whole, str):  # a person's name, whole and in parts
                    if (title := value.get("salutation")) and whole.startswith(title):
                        whole = whole.removeprefix(title).strip()  # the title stands in its own column
                    value = {**value, "full": whole}
                out.values[i][name] = value
        self._numbers(batch, out)
        for values in out.values if self.beside else ():
            if currency := values.get(self.currency):
                amounts = [n for n in self.beside if values.get(n) is not None and not isinstance(values[n], Mapping)]
                values |= {f"{n}_currency": currency for n in amounts if f"{n}_currency" not in values}
        return out

    def _numbers(self, batch: Batch, out: Converted) -> None:
        """Telephone numbers are those of the country that their row names first."""
        phones = [(c, c.kind) for c in self.columns if isinstance(c.kind, Phone)]
        for cells, values in zip(batch.cells, out.values, strict=True) if phones and self.countries else ():
            region = country_of(next((t for i in self.countries if (t := cells[i].strip())), ""))
            for column, kind in phones if region else ():
                if isinstance(text := values.get(column.name), str):
                    values[column.name] = kind.of_country(column.field, text, region, self.env)

    def _names(self, column: _Column, text: str) -> list[str]:
        text = unguard(text).strip()
        if not text or _NOBODY.fullmatch(text) or (_NONE.fullmatch(text) and text not in column.assigned.values):
            return []
        named = column.assigned.values
        texts = split_list(text) if column.kind.many and text not in named else [text]
        return [t for t in (named.get(t, t) for t in texts) if t]

    def _read(self, column: _Column, texts: list[str]) -> list[Any]:
        cache, env, read = column.cache, self.env, column.read
        if column.assigned.decimal_comma:
            env = replace(env, decimal_comma=True)
        if column.misses > 20_000 and column.hits < column.misses // 10:
            cache = None  # every row has another value
        empty = column.empty(env)
        out: list[Any] = []
        for text in texts:
            if not text:
                out.append(empty)
                continue
            value = cache.get(text, _NOTHING) if cache is not None else _NOTHING
            if value is _NOTHING:
                bare = (unguard(text) if text[0] in "'=" else text).strip()
                value = read(bare, env) if bare else empty
                column.misses += 1
                if cache is not None and len(cache) < _CACHED:
                    cache[text] = value
            else:
                column.hits += 1
            out.append(value)
        return out

    def _fill(self, column: _Column, texts: list[str], out: Converted) -> None:
        name, policy = column.name, column.assigned.unknown
        for i, (value, row) in enumerate(zip(self._read(column, texts), out.values, strict=True)):
            kind = value.__class__
            if value is _EMPTY:
                if self.clear:
                    row[name] = None
            elif kind is _Bad and policy != "empty":
                out.fail(i, column.index, texts[i], FieldError(name, value.code, value.values))
            elif kind is _Bad or kind is _Unknown:
                if policy == "add" and value.text.isprintable() and len(value.text) <= 100:
                    out.unknown.setdefault(column.index, {}).setdefault(value.text, []).append(i)
                elif policy == "empty":
                    text, rest = (value.text, value.rest) if kind is _Unknown else (texts[i], None)
                    if rest:
                        row[name] = rest
                    elif self.clear:
                        row[name] = None
                    error = FieldError(name, "left_empty", {"value": text})
                    out.notes.append(Note(out.lines[i], column.index, text, error))
                else:
                    code = "not_an_option_but_near" if value.near else "not_an_option"
                    out.fail(
                        i, column.index, texts[i], FieldError(name, code, {"value": value.text, "near": value.near})
                    )
            elif kind is _About:
                row[name] = value.value
                error = FieldError(name, "taken_as_exact", {"value": texts[i]})
                out.notes.append(Note(out.lines[i], column.index, texts[i], error))
            else:
                row[name] = value
