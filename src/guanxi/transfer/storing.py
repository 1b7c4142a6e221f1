"""Converted rows through the one write path: new ones, changes of those that their key finds, and what is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from guanxi.base import FieldError, log
from guanxi.base.json import loads
from guanxi.records import Context, Create, Operation, Outcome, Update, access, find, piecemeal
from guanxi.records.links import find as find_by_keys
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import And, where
from guanxi.schema.query import Query
from guanxi.schema.types import Bad, Env
from guanxi.transfer.convert import Converted, Converter, Note
from guanxi.transfer.filling import only_what_is_empty
from guanxi.transfer.mapping import REFERENCE, Assignment
from guanxi.transfer.suggesting import means_one
from guanxi.transfer.synonyms import loose
from guanxi.transfer.table import Batch

_log = log.get(__name__)


@dataclass(slots=True)
class Counts:
    """How many rows have become what."""

    read: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0

    def add(self, other: Counts) -> None:
        """Add another batch's."""
        for name in ("read", "created", "updated", "skipped", "failed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Result:
    """What became of a batch: counts, notes, and the ids of the records by index of their rows."""

    counts: Counts = field(default_factory=Counts)
    notes: list[Note] = field(default_factory=list)
    ids: dict[int, str] = field(default_factory=dict)
    marks: set[tuple[str, ...]] = field(default_factory=set)
    """Keys and unique values of a dry run's rows."""


def new(values: Mapping[str, Any], converter: Converter) -> Create:
    """A new record, with what is booked of it elsewhere: when and by whom it was made. Who has an address and no name goes by it."""
    book = {n: str(values[n]) for n in converter.booked if values.get(n)}
    made = {n: v for n, v in values.items() if n not in converter.booked}
    if converter.person and not made.get(converter.person) and made.get("email"):
        made[converter.person] = made["email"]
    return Create(made, book=book or None)


def fallbacks(entity: Entity, mapping: Mapping[int, Assignment], env: Env) -> tuple[dict[str, Any], Converted]:
    """What rows get that leave a field empty where it must not be, by field; and how it was read."""
    same = {i: replace(a, value=a.otherwise, values={}) for i, a in mapping.items() if a.otherwise}
    said = Converter(entity, same, env).convert(Batch([0], [[]]))
    return said.values[0], said


def other_ways(entity: Entity, taken: Collection[str], key: str) -> tuple[tuple[str, ...], ...]:
    """Fields of those that a file gives that tell a record without its key: what no two share, and how it is called, where names mean
    one thing, or together with a telephone number or whom it belongs to."""
    fields = [f for n, f in entity.fields.items() if n in taken and n != key and "in" in entity.types[n].operators]
    title, person = entity.title, entity.types[entity.title].name == "person"
    ways = [(f.name,) for f in fields if f.unique or f.type == "email" or f.name == REFERENCE]
    if any(f.name == title for f in fields):
        if means_one(entity):
            ways.append((title,))
        elif person:
            beside = [f for f in fields if f.type == "phone" or (f.type == "link" and f.target != "user")]
            ways += [(title, f.name) for f in beside]
    return tuple(ways)


class Store:
    """Writes rows of one import: ``mode`` is create, update or upsert, ``key`` the field that finds what is there."""

    def __init__(
        self, object: str, mode: str, key: str, converter: Converter, unique: frozenset[str] | None = None
    ) -> None:
        self.object, self.mode, self.key, self.converter = object, mode, key, converter
        self.unique = unique
        """In a dry run the unique fields: what earlier rows had in them is remembered, for their records are gone again."""
        self.seen: set[tuple[str, ...]] = set()
        self.otherwise: Mapping[str, Any] = {}
        """What rows get that are refused because they leave a field empty."""
        self.fill = False
        """Of what is there only empty fields are changed."""
        self.others: tuple[tuple[str, ...], ...] = ()
        """By what a row is known that leaves the key empty: fields that together tell one record, the surest first."""

    def marks(self, values: Mapping[str, Any]) -> list[tuple[str, ...]]:
        """By what a row may be known, the surest first: names of fields and what they hold."""
        ways = ((self.key,), *self.others) if self.key else ()
        return [
            (*names, *(loose(str(values[n])) if len(names) > 1 else str(values[n]) for n in names))
            for names in ways
            if all(values.get(n) not in (None, "") for n in names)
        ]

    async def write(self, ctx: Context, converted: Converted, result: Result) -> None:
        """The good rows through the one write path. Rows with the same key go in one after the other."""
        good = [i for i in range(len(converted.values)) if i not in converted.errors]
        if self.unique is not None:
            good = [i for i in good if not self._seen_before(converted, result, i)]
        values = converted.values
        if not self.key:
            for v in values:
                v.pop("id", None)
            await self._write_rows(ctx, converted, result, {i: new(values[i], self.converter) for i in good})
            return
        turns: list[list[int]] = []
        seen: dict[tuple[str, ...], int] = {}
        for i in good:
            marks, keyed = self.marks(values[i]), self._keyed_by(values[i])
            if self.mode == "update" and not keyed:
                converted.fail(i, self.column(self.key), "", FieldError(self.key, "key_missing"))
                continue
            turn = max((seen.get(mark, 0) for mark in (marks[:1] if keyed else marks)), default=0)
            seen |= {mark: max(seen.get(mark, 0), turn + 1) for mark in marks}
            while len(turns) <= turn:
                turns.append([])
            turns[turn].append(i)
        for rows in turns:
            operations = await self._keyed(ctx, converted, result, rows)
            if self.fill:
                operations = await only_what_is_empty(ctx, self.object, operations)
            await self._write_rows(ctx, converted, result, operations)

    def _seen_before(self, converted: Converted, result: Result, row: int) -> bool:
        """In a dry run: whether an earlier row of the file has settled what becomes of this one."""
        values, known = converted.values[row], self.marks(converted.values[row])
        there = self.seen | result.marks
        alike = {
            n: (n, str(values[n])) for n in (self.unique or frozenset()) - {self.key} if values.get(n) not in (None, "")
        }
        again = {n for n, mark in alike.items() if mark in there}
        met = next((mark for mark in (known[:1] if self._keyed_by(values) else known) if mark in there), None)
        result.marks |= {*alike.values(), *known}
        if met and self.mode == "upsert":
            result.counts.updated += 1
        elif met and self.mode == "create":
            self._leave(converted, result, row, met[0], "already_there")
        elif again:
            for name in sorted(again):
                column = self.column(name)
                cell = converted.cells[row][column] if column >= 0 else ""
                converted.fail(row, column, cell, FieldError(name, "not_unique"))
        else:
            return False
        return True

    def _keyed_by(self, values: Mapping[str, Any]) -> bool:
        return values.get(self.key) not in (None, "")

    def _leave(self, converted: Converted, result: Result, row: int, name: str, code: str) -> None:
        """Pass over a row for what it has in a field, and tell it."""
        column = self.column(name)
        text = converted.cells[row][column] if column >= 0 else str(converted.values[row].get(name, ""))
        result.counts.skipped += 1
        result.notes.append(Note(converted.lines[row], column, text, FieldError(name, code, {"value": text})))

    async def _keyed(
        self, ctx: Context, converted: Converted, result: Result, rows: Sequence[int]
    ) -> Mapping[int, Operation]:
        """What is to be done with rows, by whether a record with their key is there."""
        key, values = self.key, converted.values
        entity = ctx.catalog.object(self.object)
        column = self.column(key)
        keyed = [i for i in rows if self._keyed_by(values[i])]
        by = await self._known_otherwise(ctx, entity, {i: values[i] for i in rows if not self._keyed_by(values[i])})
        found: dict[int, list[str] | Bad] = {i: [id] for i, (_, id) in by.items()}
        found |= dict(zip(keyed, await find_by_keys(ctx, entity, [{key: values[i][key]} for i in keyed]), strict=True))
        operations: dict[int, Operation] = {}
        for i in rows:
            ids = found.get(i, [])
            text = converted.cells[i][column] if column >= 0 else ""
            rest = {n: v for n, v in values[i].items() if n != "id"}
            if isinstance(ids, Bad):
                converted.fail(i, column, text, FieldError(key, ids.code, ids.values))
            elif len(ids) > 1:
                converted.fail(i, column, text, FieldError(key, "key_ambiguous", {"value": text}))
            elif ids and self.mode == "create":
                self._leave(converted, result, i, by[i][0] if i in by else key, "already_there")
            elif ids:
                operations[i] = Update(
                    ids[0], {n: v for n, v in rest.items() if n != key and n not in self.converter.booked}
                )
            elif self.mode == "update":
                self._leave(converted, result, i, key, "key_not_found")
            else:
                operations[i] = new(rest, self.converter)
        return operations

    async def _known_otherwise(
        self, ctx: Context, entity: Entity, rows: Mapping[int, Mapping[str, Any]]
    ) -> dict[int, tuple[str, str]]:
        """Of rows without a key those that mean one record by what else tells it: (the field that does, id)."""
        out: dict[int, tuple[str, str]] = {}
        for names in self.others:
            wanted: dict[tuple[str, ...], list[int]] = {}
            fields = [entity.fields[n] for n in names]
            open_ = all(access.readable(ctx.actor, entity, f) for f in fields)
            for i in rows.keys() - out.keys() if open_ else ():
                with suppress(Bad):  # it will be refused when it is written
                    kinds = [(f, entity.types[f.name], rows[i].get(f.name)) for f in fields]
                    told = [v if not v or kind.link else kind.parse(f, v, ctx.env) for f, kind, v in kinds]
                    if all(told):
                        wanted.setdefault(tuple(map(str, told)), []).append(i)
            if not wanted:
                continue
            conditions = tuple(where(n, "in", sorted({told[at] for told in wanted})) for at, n in enumerate(names))
            page = await find(ctx, Query(self.object, And(conditions), fields=("id", *names), limit=None))
            there: dict[tuple[str, ...], list[str]] = {}
            for record in map(loads, page.rows):
                held = (record[n] for n in names)
                told = tuple(str(v["id"] if isinstance(v, Mapping) else v) for v in held)
                there.setdefault(told, []).append(record["id"])
            out |= {
                i: (names[0], ids[0])
                for told, meant in wanted.items()
                for i in meant
                if len(ids := there.get(told, [])) == 1
            }
        return out

    async def _write_rows(
        self, ctx: Context, converted: Converted, result: Result, operations: Mapping[int, Operation]
    ) -> None:
        for i, outcome in (await self.carried_out(ctx, converted, result, operations)).items():
            if outcome.kind == "create":
                result.counts.created += 1
            elif outcome.changed:
                result.counts.updated += 1
            else:
                result.counts.skipped += 1
            result.ids[i] = outcome.id or ""

    async def carried_out(
        self, ctx: Context, converted: Converted, result: Result, operations: Mapping[int, Operation]
    ) -> dict[int, Outcome]:
        """Carry out the operations of rows; the outcomes of those that were not refused. The others refuse their rows."""
        rows, done = list(operations), dict[int, Outcome]()
        outcomes = await self.outcomes(ctx, list(operations.values()))
        if self.otherwise:
            await self._fall_back(ctx, converted, operations, outcomes)
        for i, outcome in zip(rows, outcomes, strict=True):
            if outcome.problem is None:
                done[i] = outcome
                for name, (typed, stored) in (outcome.typed or {}).items():
                    self._tell(ctx, converted, result, i, name, typed, stored)
                continue
            errors = outcome.problem.errors or [FieldError(None, outcome.problem.code, outcome.problem.values)]
            for e in errors:
                column = self.column(e.field or "")
                converted.fail(i, column, converted.cells[i][column] if column >= 0 else "", replace(e, row=None))
        return done

    async def _fall_back(
        self, ctx: Context, converted: Converted, operations: Mapping[int, Operation], outcomes: list[Outcome]
    ) -> None:
        """Write once more, with what was said for it, what is refused only because it leaves something empty."""
        again: dict[int, tuple[int, Operation, list[str]]] = {}
        for at, (row, operation) in enumerate(operations.items()):
            problem = outcomes[at].problem
            empty = (
                [e.field for e in problem.errors if e.code == "required" and e.field in self.otherwise]
                if problem
                else []
            )
            if problem and isinstance(operation, Create | Update) and 0 < len(empty) == len(problem.errors):
                names = [n for n in empty if n]
                given = {n: self.otherwise[n] for n in names}
                again[at] = row, replace(operation, values={**operation.values, **given}), names
        for (at, (row, _, names)), outcome in zip(
            again.items(), await self.outcomes(ctx, [op for _, op, _ in again.values()]), strict=True
        ):
            outcomes[at] = outcome
            if outcome.problem is None:
                for name in names:
                    self._tell_otherwise(ctx, converted, row, name)

    def _tell_otherwise(self, ctx: Context, converted: Converted, row: int, name: str) -> None:
        entity = ctx.catalog.object(self.object)
        f = entity.fields[name]
        text = entity.types[name].to_text(f, self.otherwise[name], ctx.env)
        error = FieldError(name, "used_otherwise", {"field": f.label, "value": text})
        converted.notes.append(Note(converted.lines[row], self.column(name), text, error))

    def _tell(
        self, ctx: Context, converted: Converted, result: Result, row: int, name: str, typed: object, stored: object
    ) -> None:
        """A value that was put into its standard form is told with both."""
        entity = ctx.catalog.object(self.object)
        f, column = entity.fields[name], self.column(name)
        text = converted.cells[row][column] if column >= 0 else str(typed)
        near = "" if stored is None else entity.types[name].to_text(f, stored, ctx.env)
        error = FieldError(name, "written_so", {"field": f.label, "value": text, "near": near})
        result.notes.append(Note(converted.lines[row], column, text, error))

    async def outcomes(self, ctx: Context, operations: list[Operation], object: str = "") -> list[Outcome]:
        """What became of each; a refusal of the whole is narrowed down to the rows that caused it."""
        return await piecemeal(ctx, object or self.object, operations)

    def column(self, name: str) -> int:
        """The column that goes into a field; -1 when none does."""
        found = self.converter.by_field.get(name, self.converter.by_field.get(name.partition("_currency")[0], -1))
        return max(found, -1)  # a value for all rows is in no column
