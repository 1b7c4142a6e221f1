"""Linked records that are known by what a row says of them: a number, an e-mail address, a telephone number; never by a name alone.

Where the mapping lets the name count too, it comes last, and a row with a number means by it only what has no number yet.
What a shop has masked (``138****1234``, ``##…``) is nothing to be known by, and is not written. What is known nowhere is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guanxi.base import FieldError, Problem
from guanxi.base.ids import is_id
from guanxi.base.json import loads
from guanxi.records import Context, Create, Operation, Update, access, find, piecemeal, write
from guanxi.records.links import find as find_by_keys
from guanxi.schema.catalog import Entity
from guanxi.schema.filter import And, where
from guanxi.schema.query import Query
from guanxi.schema.types import Bad
from guanxi.transfer.convert import Converted, Converter, Note
from guanxi.transfer.mapping import Assignment
from guanxi.transfer.synonyms import loose
from guanxi.transfer.table import Batch

MASKS = ("*", "＊", "●")
SEALED = ("##", "$$")
"""How texts begin that a shop gives out enciphered."""
REMEMBERED = 200_000
_SHARED = ("email", "phone")
"""Types of what is looked at after numbers: several may have the same."""

FREE = "~"
"""Before the field of a name: only what has no number yet is meant."""

Key = tuple[str, str]


@dataclass(slots=True)
class _New:
    """A record that is to be made: what is said of it, the rows that mean it and what it is known by."""

    values: dict[str, Any]
    rows: list[int] = field(default_factory=list[int])
    keys: dict[Key, None] = field(default_factory=dict[Key, None])


class Known:
    """The records behind one link. ``told`` are the columns that say something of them, by index."""

    def __init__(self, entity: Entity, link: str, told: Mapping[int, Assignment]) -> None:
        self.name, self.object, self.label = link, entity.fields[link].target or "", entity.fields[link].label
        self.others = {f.target: n for n, f in entity.fields.items() if f.type == "link" and n != link}
        """Links of the row's record, by the object that they lead to: a new contact belongs to the account of its deal."""
        self.meant = {i: {t: v for t, v in a.values.items() if is_id(v)} for i, a in told.items() if a.known}
        """Which record was chosen for a text, by column."""
        self.told = {
            i: replace(a, values={t: v for t, v in a.values.items() if not is_id(v)}, unknown="empty")
            for i, a in told.items()
        }
        keys = [i for i, a in told.items() if a.known]
        self.keys = sorted(
            keys, key=lambda i: (_SHARED.index(t) + 1 if (t := told[i].target.field.type) in _SHARED else 0, i)
        )
        self.missing = told[self.keys[0]].missing
        self.makes = self.missing == "create"
        self.there: dict[Key, list[str]] = {}
        self.who: dict[str, Mapping[str, Any]] = {}
        """The numbers and the names of those found by what several may have."""
        self.made: list[Key] = []

    def forget_made(self) -> None:
        """What was made is not there any more."""
        for key in self.made:
            self.there.pop(key, None)
        self.made.clear()

    async def link(self, ctx: Context, converted: Converted) -> None:
        """The id of each row's record; records that are not there are made of what the first rows say of them."""
        entity = ctx.catalog.object(self.object)
        self.title = entity.title
        self._numbers = sorted(
            {f.name for i in self.keys if (f := self.told[i].target.field).type not in _SHARED} - {entity.title}
        )
        chosen, cells = self._cells(converted)
        said = Converter(entity, self.told, ctx.env).convert(Batch(converted.lines, cells))
        for note in said.notes:
            converted.notes.append(note._replace(error=replace(note.error, field=f"{self.name}.{note.error.field}")))
        keys = [self._known_by(said, i, entity.title) for i in range(len(cells))]
        await self._look(ctx, entity, keys)
        new: list[_New] = []
        waiting: dict[Key, _New] = {}
        numbered: dict[str, dict[str, str]] = {}
        for i, mine in enumerate(keys):
            if i in converted.errors or not (mine or i in chosen):
                continue
            told = said.values[i]
            ids = [chosen[i]] if i in chosen else self._ids(mine, told)
            if len(ids) > 1:
                self._missed(converted, i, [k for k in mine if self.there.get(k)], "known_several")
            elif ids:
                converted.values[i][self.name] = ids[0]
                converted.tally.count(self.object, "found", ids[0])
                if mine and mine[-1][0].startswith(FREE) and self.there.get(mine[-1]) == ids:
                    numbered.setdefault(ids[0], dict(k for k in mine[:-1] if self._decides(k)))
            elif self.missing == "create":
                own = [k for k in mine if not k[0].startswith(FREE)]
                one = next(
                    (waiting[k] for k in own if k in waiting and not self._another(waiting[k].values, told)), None
                )
                if one is None:
                    one = _New({})
                    new.append(one)
                one.values = {n: v for n, v in told.items() if v is not None} | one.values
                one.rows.append(i)
                one.keys |= dict.fromkeys(own)
                waiting |= dict.fromkeys(own, one)
            elif self.missing == "fail":
                self._missed(converted, i, mine, "link_not_found")
        if new:
            await self._make(ctx, entity, converted, new)
        if numbered:  # what was known by its name is known by its number from now on, where the actor may write it
            updates: list[Operation] = [Update(id, values) for id, values in numbered.items()]
            for (id, values), outcome in zip(numbered.items(), await piecemeal(ctx, self.object, updates), strict=True):
                if outcome.problem is None:
                    self.there |= {key: [id] for key in values.items()}
                    self.made += values.items()

    def _cells(self, converted: Converted) -> tuple[dict[int, str], list[list[str]]]:
        """The records that were chosen for rows, and the cells without what is masked or says which record was chosen."""
        columns = [
            (i, at)
            for i, a in self.told.items()
            if a.value is None
            for at in (i if a.source is None else a.source, *(more for more, _ in a.joined))
        ]
        chosen: dict[int, str] = {}
        out: list[list[str]] = []
        for row, cells in enumerate(converted.cells):
            hidden: list[int] = []
            for i, at in columns:
                text = cells[at].strip()
                if id := self.meant.get(i, {}).get(text):
                    chosen[row] = id
                    hidden.append(at)
                elif at not in hidden and (text.startswith(SEALED) or any(sign in text for sign in MASKS)):
                    hidden.append(at)
                    if i in self.keys:
                        path = f"{self.name}.{self.told[i].target.field.name}"
                        converted.notes.append(
                            Note(converted.lines[row], at, text, FieldError(path, "masked", {"value": text}))
                        )
            if hidden:
                cells = list(cells)
                for at in hidden:
                    cells[at] = ""
            out.append(cells)
        return chosen, out

    def _known_by(self, said: Converted, row: int, title: str) -> list[Key]:
        values = said.values[row]
        names = (self.told[i].target.field.name for i in self.keys)
        keys = [(name, str(v).strip()) for name in names if isinstance(v := values.get(name), str) and v.strip()]
        called = [k for k in keys if k[0] == title]
        keys = [k for k in keys if k[0] != title]
        numbered = any(self._decides(k) for k in keys)
        return keys + [(FREE + n if numbered else n, text) for n, text in called]

    async def _look(self, ctx: Context, entity: Entity, rows: Sequence[Sequence[Key]]) -> None:
        """Find what is there, a query for each field. What no field takes is nothing to be known by."""
        if len(self.there) > REMEMBERED:
            self.there.clear()
        missing = [k for k in dict.fromkeys(k for keys in rows for k in keys) if not self.there.get(k)]
        if not missing or not access.may(ctx.actor, entity, "read"):
            return
        free = [k for k in missing if k[0].startswith(FREE)]
        plain = [k for k in missing if not k[0].startswith(FREE)]
        for key, ids in zip(plain, await find_by_keys(ctx, entity, [dict([k]) for k in plain]), strict=True):
            self.there[key] = [] if isinstance(ids, Bad) else ids
        shared = [id for k in plain if not self._decides(k) for id in self.there[k] if id not in self.who]
        if shared and self._numbers:
            names = ("id", entity.title, *self._numbers)
            page = await find(ctx, Query(self.object, where("id", "in", sorted(set(shared))), fields=names, limit=None))
            self.who |= {record["id"]: record for record in map(loads, page.rows)}
        if free:
            await self._look_among_the_numberless(ctx, entity, free)

    async def _look_among_the_numberless(self, ctx: Context, entity: Entity, keys: Sequence[Key]) -> None:
        """Find by name what has no number yet."""
        title = entity.title
        wanted = [
            where(title, "in", [text for _, text in keys]),
            *(where(n, "is_empty", True) for n in self._numbers),
        ]
        page = await find(ctx, Query(self.object, And(tuple(wanted)), fields=("id", title), limit=None))
        self.there |= {key: [] for key in keys}
        for record in map(loads, page.rows):
            self.there.setdefault((FREE + title, str(record[title])), []).append(record["id"])

    def _another(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether two are not the same although they share an address: they have other numbers, and are called otherwise."""
        numbers = any((a := one.get(n)) and (b := other.get(n)) and a != b for n in self._numbers)
        a, b = one.get(self.title), other.get(self.title)
        return numbers and isinstance(a, str) and isinstance(b, str) and loose(a) != loose(b)

    def _ids(self, keys: Sequence[Key], told: Mapping[str, Any]) -> list[str]:
        """The records that a row may mean: its number decides, else all that its addresses lead to."""
        found: dict[str, None] = {}
        for key in keys:
            if found and key[0].startswith(FREE):
                break
            ids = self.there.get(key, [])
            if len(ids) == 1 and self._decides(key):
                return ids
            found |= dict.fromkeys(id for id in ids if not self._another(self.who.get(id, {}), told))
        return list(found)

    def _decides(self, key: Key) -> bool:
        """Whether this is a number, that nothing else has."""
        return not key[0].startswith(FREE) and (
            next(self.told[i].target.field.type for i in self.keys if self.told[i].target.field.name == key[0])
            not in _SHARED
        )

    def _missed(self, converted: Converted, row: int, keys: Sequence[Key], code: str) -> None:
        """Refuse a row for the column of the file that its first key is of."""
        name = keys[0][0].removeprefix(FREE)
        i = next(i for i in self.keys if self.told[i].target.field.name == name)
        at = i if (source := self.told[i].source) is None else source
        text = converted.cells[row][at].strip() if at >= 0 else keys[0][1]
        values = {"value": text, "field": self.label}
        converted.fail(row, at, text, FieldError(f"{self.name}.{name}", code, values))

    def belongs(self, ctx: Context, entity: Entity) -> dict[str, str]:
        """Which links of these records lead where one of the row's leads: by name, that of the row."""
        links = {
            n: self.others[f.target] for n, f in entity.fields.items() if f.type == "link" and f.target in self.others
        }
        return {n: own for n, own in links.items() if access.writable(ctx.actor, entity, entity.fields[n])}

    async def _make(self, ctx: Context, entity: Entity, converted: Converted, new: Sequence[_New]) -> None:
        belongs = self.belongs(ctx, entity)
        for one in new:
            there = converted.values[one.rows[0]]
            one.values = {n: id for n, own in belongs.items() if isinstance(id := there.get(own), str)} | one.values
            if not one.values.get(entity.title):
                one.values[entity.title] = next(iter(one.keys))[1]
        try:
            async with ctx.db.savepoint():
                outcomes = await write(
                    ctx, self.object, [Create(one.values) for one in new], atomic=False, render=False
                )
        except Problem as problem:
            errors = problem.errors or [FieldError(None, problem.code, problem.values)]
            for one in new:
                self._refuse(converted, one, errors)
            return
        for one, outcome in zip(new, outcomes, strict=True):
            if outcome.problem is not None or outcome.id is None:
                problem = outcome.problem or Problem("invalid")
                self._refuse(converted, one, problem.errors or [FieldError(None, problem.code, problem.values)])
                continue
            for row in one.rows:
                converted.values[row][self.name] = outcome.id
            converted.tally.count(self.object, "created", outcome.id, *one.keys)
            for key in one.keys:
                self.there[key] = [*self.there.get(key, []), outcome.id]
                self.made.append(key)
            self.who[outcome.id] = one.values

    def _refuse(self, converted: Converted, one: _New, errors: Sequence[FieldError]) -> None:
        for row in one.rows:
            for e in errors:
                column = next((i for i, a in self.told.items() if a.target.field.name == e.field), -1)
                text = converted.cells[row][column].strip() if column >= 0 else ""
                converted.fail(row, max(column, -1), text, replace(e, field=f"{self.name}.{e.field}", row=None))
