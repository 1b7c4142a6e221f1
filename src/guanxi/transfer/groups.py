"""Rows that are parts of one record: an order and its lines. Rows with one key make one record; each brings what belongs to it.

What is there already is known again by what it says, so that the same file once more changes nothing: of the records below one
that was there, those that say the same stay, those of the same name or number are changed, and the rest is new.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Any

from guanxi.base import FieldError
from guanxi.base.json import dumps, loads
from guanxi.pg import quote
from guanxi.records import Context, Create, Operation, Update, find
from guanxi.records.links import find as find_by_keys
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.filter import where
from guanxi.schema.query import Query
from guanxi.schema.types import Bad
from guanxi.transfer.convert import Converted, Converter, Note
from guanxi.transfer.filling import only_what_is_empty
from guanxi.transfer.linking import Linker
from guanxi.transfer.mapping import REFERENCE, Assignment
from guanxi.transfer.storing import Result, Store, new
from guanxi.transfer.table import Batch, Column

LARGEST = 4_000
"""Rows of one record that are kept together; what is more goes in as further rows of a record that is there."""


def whole(batches: Iterator[Batch], columns: Sequence[int]) -> Iterator[Batch]:
    """The same rows, cut where the text of ``columns`` changes."""
    held = Batch()
    for batch in batches:
        batch = held.joined(batch)
        last = [batch.cells[-1][c] for c in columns] if batch.cells else []
        at = len(batch.cells)
        while at and [batch.cells[at - 1][c] for c in columns] == last:
            at -= 1
        if not at and len(batch.cells) < LARGEST:
            held = batch
            continue
        held = Batch() if not at else batch.cut(batch.lines[at])
        yield batch
    if len(held):
        yield held


class _Kind:
    """One kind of records that rows bring along: ``link`` is their field that points to the row's record."""

    def __init__(
        self, catalog: Catalog, entity: Entity, name: str, mapping: Mapping[int, Assignment], like: Converter
    ) -> None:
        self.name = name
        child = entity.children[name.partition(".")[0]]
        below = catalog.object(child.object)
        own = {
            i: replace(a, target=replace(a.target, child="", path=a.target.path.removeprefix(f"{name}.")))
            for i, a in mapping.items()
        }
        self.object, self.link, self.title, self.entity = child.object, child.field, below.title, below
        self.converter = Converter(below, own, like.env)
        self.linker = Linker(below, own, False)
        self.fed = {a.target.field.name for a in own.values() if a.value is None}
        self.needed = {
            f.name
            for a in own.values()
            if (f := a.target.field).name in self.fed
            and (a.needed or (f.required and f.default is None and f.name != below.title))
        }
        self.priced = any(below.fields[n].type == "money" for n in self.fed)
        codes = [n for n, f in below.fields.items() if f.type == "text" and f.index and n != below.title]
        self.identity = next((n for n in codes if n in self.fed), below.title)
        self.telling = {*codes, *(n for n, f in below.fields.items() if f.type == "money")}
        """Fields that say more of what a row brings than how it is called."""
        self.once = self.identity == REFERENCE
        """Whether the same said in several rows is one: a payment that stands in every line of its order."""

    def convert(self, batch: Batch, converted: Converted) -> Converted:
        """What rows say of these; what cannot be read refuses the row."""
        said = self.converter.convert(batch)
        for i, errors in said.errors.items():
            for e in errors:
                converted.fail(i, e.column, e.value, replace(e.error, field=f"{self.name}.{e.error.field}"))
        converted.notes += self.told(said)
        return said

    def told(self, said: Converted) -> list[Note]:
        """What was noted of these, as it is told of the row."""
        return [n._replace(error=replace(n.error, field=f"{self.name}.{n.error.field}")) for n in said.notes]

    def brought(self, said: Converted, row: int, key: str) -> dict[str, Any] | None:
        """What a row says of one; None where it brings none."""
        values = {n: v for n, v in said.values[row].items() if v is not None and v != ""}
        if not self.fed & values.keys() or any(_none(values.get(n)) for n in self.needed):
            return None
        if not values.get(self.title):
            other = values.get(self.identity)
            values[self.title] = other if isinstance(other, str) and other else key
        return values

    def lists(self, marks: Mapping[str, str], other: Mapping[str, str]) -> bool:
        """Whether one only names what another says in full: the titles of all that was bought, without codes and prices."""
        name = other.get(self.title)
        if not name or any(marks.get(n) for n in self.telling) or not any(other.get(n) for n in self.telling):
            return False
        listed = rf"(?:^|[，,、;；])\s*{re.escape(name)}\s*(?:$|[，,、;；])"
        return re.search(listed, marks.get(self.title, "")) is not None


@dataclass(slots=True)
class _Group:
    """The rows of one record: ``id`` once it is there, ``old`` if it was before this import."""

    key: str
    rows: list[int]
    values: dict[str, Any]
    id: str = ""
    old: bool = False
    changed: str = ""


class Groups(Store):
    """Writes records with what belongs to them."""

    def prepare(self, catalog: Catalog, entity: Entity, mapping: Mapping[int, Assignment]) -> None:
        """Lay out what rows bring along, from the mapping."""
        names = dict.fromkeys(a.target.child for a in mapping.values() if a.target.child)
        self.kinds = [
            _Kind(catalog, entity, n, {i: a for i, a in mapping.items() if a.target.child == n}, self.converter)
            for n in names
        ]
        self.sums = list(self._sums(entity))
        self.charges: list[int] = []

    def _sums(self, entity: Entity) -> Iterator[tuple[str, str, str]]:
        """Amounts of a record that are the sum of an amount of what belongs to it: (field, roll-up, kind)."""
        for name, f in entity.fields.items():
            kind = next((k for k in self.kinds if k.name == f.config.get("children")), None)
            total = entity.fields.get(str(f.config.get("field") or ""))
            summed = f.config.get("function") == "sum" and not f.config.get("where")
            if kind and total and summed and total.type == "money" and kind.priced:
                yield total.name, name, kind.object

    def convert(self, batch: Batch, converted: Converted) -> None:
        """What the rows of a batch say of what belongs to their records; blocking, without the database."""
        converted.below = [kind.convert(batch, converted) for kind in self.kinds]

    async def write(self, ctx: Context, converted: Converted, result: Result) -> None:
        """All records of a batch, then what belongs to them, then their sums."""
        for kind, said in zip(self.kinds, converted.below, strict=True):
            said.errors.clear()
            said.notes.clear()
            await kind.linker.link(ctx, said)
            converted.notes += kind.told(said)
            for i, errors in said.errors.items():
                for e in errors:
                    converted.fail(i, e.column, e.value, replace(e.error, field=f"{kind.name}.{e.error.field}"))
        groups = self._grouped(converted)
        await self._heads(ctx, converted, result, groups)
        touched: dict[str, _Group] = {}
        named = await self._amounts(ctx, [g.id for g in groups if g.old])
        made = {g.rows[0] for g in groups if g.changed == "create"}
        changed = {g.rows[0] for g in groups if g.changed == "update"}
        for kind, said in zip(self.kinds, converted.below, strict=True):
            for i, how, group in await self._below(ctx, converted, kind, said, groups):
                (made if how == "create" else changed).add(i)
                touched[group.id] = group
        await self._add_up(ctx, converted, touched, named)
        for group in groups:
            for i in group.rows:
                if i in converted.errors or not group.id:
                    continue
                result.ids[i] = group.id
                result.counts.created += i in made
                result.counts.updated += i in changed and i not in made
                result.counts.skipped += i not in made and i not in changed

    def _grouped(self, converted: Converted) -> list[_Group]:
        """The rows of each record; what a row leaves empty a later one may say."""
        found: dict[bytes, _Group] = {}
        for i, values in enumerate(converted.values):
            if i in converted.errors:
                continue
            value = values.get(self.key)
            if value in (None, ""):
                converted.fail(i, self.column(self.key), "", FieldError(self.key, "key_missing"))
                continue
            group = found.setdefault(dumps(value), _Group(str(value), [], {}))
            group.rows.append(i)
            group.values = {n: v for n, v in values.items() if v is not None and n not in group.values} | group.values
        return list(found.values())

    async def _heads(self, ctx: Context, converted: Converted, result: Result, groups: list[_Group]) -> None:
        entity, column = ctx.catalog.object(self.object), self.column(self.key)
        keys = [{self.key: g.values[self.key]} for g in groups]
        found = await find_by_keys(ctx, entity, keys)
        there = [i for ids in found if not isinstance(ids, Bad) for i in ids]
        own = await self._made_here(ctx, self.object, there)
        operations: dict[int, Operation] = {}
        heads: dict[int, _Group] = {}

        def leave(group: _Group, code: str, **values: object) -> None:
            for i in group.rows:
                text = converted.cells[i][column] if column >= 0 else group.key
                error = FieldError(self.key, code, {"value": group.key, **values})
                if code in ("already_there", "key_not_found"):
                    result.counts.skipped += 1
                    converted.notes.append(Note(converted.lines[i], column, text, error))
                else:
                    converted.fail(i, column, text, error)

        for group, ids in zip(groups, found, strict=True):
            head = group.rows[0]
            if isinstance(ids, Bad):
                leave(group, ids.code, **ids.values)
            elif len(ids) > 1:
                leave(group, "key_ambiguous")
            elif ids and ids[0] in own:  # further rows of what this import has made
                group.id = ids[0]
            elif ids and self.mode == "create":
                leave(group, "already_there")
            elif not ids and self.mode == "update":
                leave(group, "key_not_found")
            else:
                rest = {n: v for n, v in group.values.items() if n != "id"}
                group.old, heads[head] = bool(ids), group
                operations[head] = (
                    Update(ids[0], {n: v for n, v in rest.items() if n != self.key and n not in self.converter.booked})
                    if ids
                    else new(rest, self.converter)
                )
        if self.fill:
            operations = dict(await only_what_is_empty(ctx, self.object, operations))
        done = await self.carried_out(ctx, converted, result, operations)
        for head, group in heads.items():
            if head in done:
                group.id = done[head].id or ""
                group.changed = done[head].kind if done[head].changed else ""
                what = {"create": "created", "update": "updated"}.get(group.changed, "found")
                converted.tally.count(self.object, what, group.key)
            else:
                for i in group.rows[1:]:
                    converted.errors[i] = list(converted.errors[head])

    async def _made_here(self, ctx: Context, object: str, ids: Sequence[str]) -> set[str]:
        """Which of these records this import has made."""
        if not ids:
            return set()
        rows = await ctx.db.fetch(
            f"SELECT record FROM {quote(ctx.workspace.schema)}._journal WHERE record = ANY(%(ids)s::uuid[])"
            " AND change_set = %(set)s::uuid AND kind = 'create' AND object = %(object)s",
            {"ids": list(ids), "set": ctx.change_set, "object": object},
        )
        return {r[0] for r in rows}

    async def _below(
        self, ctx: Context, converted: Converted, kind: _Kind, said: Converted, groups: Sequence[_Group]
    ) -> list[tuple[int, str, _Group]]:
        """Make and change what belongs to the records: (row, what was done, its record)."""
        there = await self._there(ctx, kind, [g.id for g in groups if g.id and (g.old or kind.once)])
        operations: dict[int, Operation] = {}
        of: dict[int, _Group] = {}
        currency = next((n for n in self.converter.by_field if n.endswith("_currency")), "")
        for group in groups:
            rows = {
                i: values
                for i in group.rows
                if group.id and i not in converted.errors and (values := kind.brought(said, i, group.key))
            }
            for values in rows.values():
                self._same_currency(kind, values, group.values.get(currency))
            of |= dict.fromkeys(rows, group)
            for i, id in self._new(ctx, kind, rows, there.get(group.id, [])).items():
                operations[i] = Update(id, rows[i]) if id else Create({**rows[i], kind.link: group.id})
        out: list[tuple[int, str, _Group]] = []
        rows = list(operations)
        for i, outcome in zip(rows, await self.outcomes(ctx, list(operations.values()), kind.object), strict=True):
            if outcome.problem is None:
                if outcome.kind == "create" or outcome.changed:
                    out.append((i, outcome.kind, of[i]))
                    converted.tally.count(kind.object, f"{outcome.kind}d")
                continue
            for e in outcome.problem.errors or [FieldError(None, outcome.problem.code, outcome.problem.values)]:
                column = kind.converter.by_field.get(e.field or "", -1)
                text = converted.cells[i][column] if column >= 0 else ""
                converted.fail(i, max(column, -1), text, replace(e, field=f"{kind.name}.{e.field}", row=None))
        return out

    def _new(
        self, ctx: Context, kind: _Kind, rows: Mapping[int, Mapping[str, Any]], there: list[dict[str, Any]]
    ) -> dict[int, str]:
        """Of a record's rows those that say what is not ``there``: by row the id of what they change, or empty."""
        fresh: dict[int, dict[str, str]] = {}
        before: list[dict[str, str]] = []
        for i, values in rows.items():
            wanted = self._marks(ctx, kind, values)
            if kind.once and wanted in before:
                continue
            before.append(wanted)
            same = next((r for r in there if all(r["marks"].get(n) == m for n, m in wanted.items())), None)
            if same is None:
                fresh[i] = wanted
            else:
                there.remove(same)
        left, out = [r for r in there if not r["own"]], dict[int, str]()
        for i, wanted in fresh.items():
            if any(kind.lists(wanted, r["marks"]) for r in left):
                continue
            name = wanted.get(kind.identity)
            same = next((r for r in left if name is not None and r["marks"].get(kind.identity) == name), None)
            same = same or next((r for r in left if kind.lists(r["marks"], wanted)), None)
            if same is not None:
                left.remove(same)
            out[i] = same["id"] if same else ""
        return out

    def _same_currency(self, kind: _Kind, values: dict[str, Any], currency: Any) -> None:
        """Amounts are in the currency of the record that they belong to, unless the row says another."""
        for name in [n for n in values if kind.entity.fields[n].type == "money"] if currency else ():
            values.setdefault(f"{name}_currency", currency)

    async def _there(self, ctx: Context, kind: _Kind, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """What belonged to records before this import, in its order, with what is compared of each; of what the same may say in
        several rows also what this import has made."""
        out: dict[str, list[dict[str, Any]]] = {}
        if not ids:
            return out
        names = sorted({kind.title, kind.identity, *kind.fed, *kind.telling} & kind.entity.fields.keys())
        query = Query(kind.object, where(kind.link, "in", list(ids)), fields=("id", kind.link, *names), limit=None)
        records: list[dict[str, Any]] = [loads(row, exact=True) for row in (await find(ctx, query)).rows]
        own = await self._made_here(ctx, kind.object, [r["id"] for r in records])
        for record in sorted(records, key=lambda r: r["id"]):
            if kind.once or record["id"] not in own:
                marks = {n: _mark(record.get(n)) for n in names}
                one = {"id": record["id"], "marks": marks, "own": record["id"] in own}
                out.setdefault(record[kind.link]["id"], []).append(one)
        return out

    def _marks(self, ctx: Context, kind: _Kind, values: Mapping[str, Any]) -> dict[str, str]:
        """What a row says, in the form in which it would be stored."""
        out: dict[str, str] = {}
        for name in {kind.title, kind.identity, *kind.fed} & values.keys():
            f, own = kind.entity.fields[name], kind.entity.types[name]
            if own.link or own.anywhere:
                out[name] = str(values[name])
                continue
            try:
                out[name] = _mark(own.dump(f, own.parse(f, values[name], ctx.env)))
            except Bad:  # it will be refused when it is written
                out[name] = str(values[name])
        return out

    async def _amounts(self, ctx: Context, ids: Sequence[str]) -> set[tuple[str, str]]:
        """Of which records which amounts are not the sum, as another file gave them, or a person."""
        names = {n for total, rolled, _ in self.sums if total not in self.converter.by_field for n in (total, rolled)}
        if not ids or not names:
            return set()
        page = await find(ctx, Query(self.object, where("id", "in", list(ids)), fields=("id", *names), limit=None))
        return {
            (record["id"], total)
            for record in (loads(row, exact=True) for row in page.rows)
            for total, rolled, _ in self.sums
            if (whole := record.get(total)) is not None and Decimal(whole) != Decimal(record.get(rolled) or 0)
        }

    async def _add_up(
        self, ctx: Context, converted: Converted, touched: Mapping[str, _Group], named: set[tuple[str, str]]
    ) -> None:
        """An amount that nothing gives is the sum; one that the file gives is compared with it."""
        if not touched or not self.sums:
            return
        entity = ctx.catalog.object(self.object)
        names = {n for total, rolled, _ in self.sums for n in (total, rolled)}
        given = {n for n in names if n in self.converter.by_field}
        extra = {n for n in self.converter.by_field if n not in names and entity.fields[n].type == "money"}
        query = Query(self.object, where("id", "in", list(touched)), fields=("id", *names, *extra), limit=None)
        operations: list[Operation] = []
        for row in (await find(ctx, query)).rows:
            record: dict[str, Any] = loads(row, exact=True)
            group = touched[record["id"]]
            for total, rolled, _ in self.sums:
                whole, sum_ = record.get(total), record.get(rolled)
                if sum_ is None:
                    continue
                if (record["id"], total) in named:
                    continue
                if total not in given:
                    if whole is None or Decimal(whole) != Decimal(sum_):
                        operations.append(Update(record["id"], {total: sum_}))
                elif whole is not None and abs(Decimal(whole) - Decimal(sum_)) > CENT:
                    less = sum(Decimal(record[n] or 0) for n in extra)
                    more = self._charged(converted, group)
                    if not any(
                        abs(Decimal(whole) + off - add - Decimal(sum_)) <= CENT for off in (0, less) for add in more
                    ):
                        values = {"value": f"{group.key}: {whole} ≠ {sum_}"}
                        line = converted.lines[group.rows[0]]
                        converted.notes.append(
                            Note(line, -1, values["value"], FieldError(total, "total_differs", values))
                        )
        await self.outcomes(ctx, operations)

    def _charged(self, converted: Converted, group: _Group) -> set[Decimal]:
        """What a record's rows may add to its lines: any of the charges that stand beside it, such as shipping without a tax that the
        prices include."""
        found: list[Decimal] = []
        for column in self.charges:
            cell = next((c for i in group.rows if (c := converted.cells[i][column].strip())), "")
            if number := _AMOUNT.fullmatch(cell):
                found.append(Decimal(number[1].replace(",", "")))
        return {sum(some, Decimal()) for n in range(len(found[:MOST]) + 1) for some in combinations(found[:MOST], n)}


_CHARGE = re.compile(
    r"\b(?:shipping|delivery|postage|freight|handling|tax|taxes|vat|duty|tip)\b|运费|邮费|快递费|税|手续费|服务费",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"[^\d,.-]{0,4}(-?\d[\d,]*(?:\.\d+)?)[^\d,.]{0,4}")
MOST = 6
CENT = Decimal("0.01")


def charges(columns: Sequence[Column], taken: Collection[int]) -> list[int]:
    """The columns that go nowhere and hold what is paid beside the lines."""
    amounts = ("integer", "decimal", "money")
    return [c.index for c in columns if c.index not in taken and c.type in amounts and _CHARGE.search(c.name)]


def _none(value: Any) -> bool:
    """Whether an amount, or whatever else, is none."""
    amount = value.get("amount") if isinstance(value, Mapping) else value
    return amount is None or (isinstance(amount, int | float | Decimal) and not amount)


def _mark(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("id") or value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return "" if value is None else str(value)
    return format(Decimal(str(value)).normalize(), "f")
