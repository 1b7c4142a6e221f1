"""Links by what a file calls their targets: found for all rows of a batch at once, remembered, or made.

An exact name comes first; then a unique field; then its number in another system; then a name that differs only in case, spaces and marks, if there is just
one. All as the actor, so that nobody learns of a record that they may not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guanxi.base import FieldError, Problem
from guanxi.base.ids import is_id
from guanxi.base.json import loads
from guanxi.records import Context, Create, access, count_of, find, write
from guanxi.records.links import find as find_by_keys
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Query
from guanxi.schema.types import Bad
from guanxi.transfer.convert import Converted, Converter, Note
from guanxi.transfer.knowing import Known
from guanxi.transfer.mapping import BOOKED, REFERENCE, Assignment, spoken_of
from guanxi.transfer.synonyms import loose
from guanxi.transfer.table import Batch

LOOSE = 20_000
"""Names are compared loosely when the target has at most so many records that the actor sees."""

REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Found:
    """What a text stands for: an id, or why there is none, and ``at`` which of its own fields. ``title`` is set when it is called a
    little differently."""

    id: str = ""
    title: str = ""
    code: str = ""
    made: bool = False
    at: str = ""
    object: str = ""


class Finder:
    """Finds records of one object by text. ``match`` names the field to go by; empty: its title and what is unique."""

    def __init__(self, object: str, match: str = "") -> None:
        self.object, self.match = object, match
        self.known: dict[str, Found] = {}
        self.names: dict[str, list[tuple[str, str]]] | None = None
        self.made: list[str] = []

    async def look(self, ctx: Context, texts: Iterable[str]) -> None:
        """Find out about texts that are not known yet: a query for each field to go by."""
        if len(self.known) > REMEMBERED:
            self.known.clear()
        missing = [t for t in dict.fromkeys(texts) if t not in self.known]
        self.known |= {t: Found(code="link_not_found") for t in missing if "\0" in t}
        missing = [t for t in missing if "\0" not in t]
        if not missing:
            return
        entity = ctx.catalog.object(self.object)
        if not access.may(ctx.actor, entity, "read"):
            self.known |= dict.fromkeys(missing, Found(code="link_not_found"))
            return
        for name in self._fields(ctx, entity):
            named = (
                [t for t in missing if name == REFERENCE or not is_id(t.lower())]
                if name != "id"
                else [t for t in missing if is_id(t.lower())]
            )
            if not named:
                continue
            keys: list[Mapping[str, Any]] = [{name: t.lower() if name in ("id", "email") else t} for t in named]
            for text, ids in zip(named, await find_by_keys(ctx, entity, keys), strict=True):
                if isinstance(ids, Bad) or not ids:
                    continue
                self.known[text] = Found(ids[0]) if len(ids) == 1 else Found(code="link_ambiguous")
            missing = [t for t in missing if t not in self.known]
        if missing:
            await self._look_loosely(ctx, entity, missing)

    def _fields(self, ctx: Context, entity: Entity) -> list[str]:
        if self.match:
            return list(dict.fromkeys(("id", self.match)))
        unique = [
            n
            for n, f in sorted(entity.fields.items(), key=lambda one: one[0] == REFERENCE)
            if (f.unique or (n == REFERENCE and entity.types[n].sql == "text"))
            and access.readable(ctx.actor, entity, f)
            and "eq" in entity.types[n].operators
        ]
        return list(dict.fromkeys(("id", entity.title, *unique)))

    async def _look_loosely(self, ctx: Context, entity: Entity, texts: list[str]) -> None:
        by = self.match or entity.title
        if self.names is None:
            names: dict[str, list[tuple[str, str]]] = {}
            if entity.types[by].sql == "text":
                count, _ = await count_of(ctx, Query(self.object))
                if count is not None and count <= LOOSE:
                    page = await find(ctx, Query(self.object, fields=("id", by), limit=None))
                    for row in page.rows:
                        record = loads(row)
                        if isinstance(record[by], str):
                            names.setdefault(loose(record[by]), []).append((record["id"], record[by]))
            self.names = names
        for text in texts:
            near = self.names.get(loose(text), [])
            if len(near) == 1:
                self.known[text] = Found(near[0][0], near[0][1])
            else:
                self.known[text] = Found(code="link_ambiguous" if near else "link_not_found")

    def missing(self, texts: Iterable[str]) -> list[str]:
        """Which of these are not there and could be made, once each."""
        return [
            t
            for t in dict.fromkeys(texts)
            if self.known.get(t, Found(code="x")).code == "link_not_found" and not is_id(t.lower())
        ]

    async def make(
        self, ctx: Context, texts: Iterable[str], told: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Create the targets that are not there, with what is ``told`` of each."""
        wanted = self.missing(texts)
        if not wanted:
            return
        entity = ctx.catalog.object(self.object)
        by = self.match or entity.title
        kind, f = entity.types[by], entity.fields[by]
        operations: list[Create] = []
        texts = []
        groups: dict[str, str] = {}
        for text in wanted:
            if groups.setdefault(loose(text), text) != text:
                continue  # the same name in another dress
            try:
                operations.append(Create({**(told or {}).get(text, {}), by: kind.read_text(f, text, ctx.env)}))
                texts.append(text)
            except Bad as bad:
                self.known[text] = Found(code=bad.code)
        try:
            async with ctx.db.savepoint():
                outcomes = await write(ctx, self.object, operations, atomic=False, render=False)
        except Problem as problem:
            self.known |= dict.fromkeys(texts, Found(code=problem.errors[0].code if problem.errors else problem.code))
            return
        for text, outcome in zip(texts, outcomes, strict=True):
            if outcome.problem is None and outcome.id:
                self.known[text] = Found(outcome.id, made=True)
                self.made.append(text)
                if self.names is not None:
                    self.names.setdefault(loose(text), []).append((outcome.id, text))
            else:
                errors = outcome.problem.errors if outcome.problem else []
                first = errors[0] if errors else FieldError("", "link_not_found")
                self.known[text] = Found(code=first.code, at=first.field or "")
        for text in wanted:
            if text not in texts and self.known[text].code == "link_not_found":
                same = self.known[groups[loose(text)]]
                self.known[text] = replace(same, title=groups[loose(text)])

    def forget_made(self) -> None:
        """What was made is not there any more: its transaction was rolled back."""
        for text in self.made:
            self.known.pop(text, None)
        if self.made:
            self.names = None
        self.made = []

    def error(self, field_name: str, text: str, found: Found) -> FieldError:
        """Why there is no link."""
        return FieldError(field_name, found.code, {"value": text, "object": self.object})


class Anyone(Finder):
    """Finds records of any of the objects that a note may be about: by the number of another system, then by name, where just one is
    called so; ``account:`` before an id names its object."""

    def __init__(self) -> None:
        super().__init__("")
        self.finders: list[Finder] | None = None

    async def look(self, ctx: Context, texts: Iterable[str]) -> None:
        """Find out about texts that are not known yet, object by object."""
        if self.finders is None:
            self.finders = [Finder(e.name) for e in spoken_of(ctx.catalog, ctx.actor)]
        if len(self.known) > REMEMBERED:
            self.known.clear()
        missing = [t for t in dict.fromkeys(texts) if t not in self.known]
        for text in [t for t in missing if is_id(t.partition(":")[2].strip().lower())]:
            name, _, id = text.partition(":")
            if name.strip() in ctx.catalog.entities:
                finder = Finder(name.strip())
                await finder.look(ctx, [id.strip()])
                self.known[text] = replace(finder.known[id.strip()], object=finder.object)
        missing = [t for t in missing if t not in self.known]
        hits: dict[str, list[Found]] = {t: [] for t in missing}
        for finder in self.finders:
            await finder.look(ctx, missing)
            for text in missing:
                if (found := finder.known[text]).code != "link_not_found":
                    hits[text].append(replace(found, object=finder.object))
        for text, found in hits.items():
            code = "link_ambiguous" if found else "link_not_found"
            self.known[text] = found[0] if len(found) == 1 else Found(code=code)

    def missing(self, texts: Iterable[str]) -> list[str]:
        """None: what is made would have to be of some object."""
        return list(texts)[:0]

    def kind_of(self, texts: Iterable[str]) -> str:
        """The object of the first record that these texts stand for."""
        return next((f.object for t in texts if (f := self.known.get(t)) and f.id), "")


class Linker:
    """The links of one import's rows. ``selves`` are the columns that link to records of the same object: those may come
    further down in the file, and are left for the end."""

    def __init__(self, entity: Entity, mapping: Mapping[int, Assignment], clear: bool) -> None:
        self.object, self.mapping, self.clear = entity.name, mapping, clear
        self.finders: dict[int, Finder] = {}
        self.told: dict[int, dict[int, Assignment]] = {}
        """What is said of linked records, by the column that names them."""
        links = {a.target.path: i for i, a in mapping.items() if not (a.target.via or a.target.child)}
        unnamed: dict[str, dict[int, Assignment]] = {}
        for i, assigned in mapping.items():
            if assigned.target.child:
                continue
            if assigned.target.via:
                named = links.get(assigned.target.via)
                if named is None:
                    unnamed.setdefault(assigned.target.via, {})[i] = replace(
                        assigned, target=replace(assigned.target, via="")
                    )
                    continue
                self.told.setdefault(named, {})[i] = replace(assigned, target=replace(assigned.target, via=""))
                continue
            f = assigned.target.field
            if (entity.types[f.name].link or entity.types[f.name].anywhere) and not assigned.target.part:
                if f.type == "reference":
                    object_name, _, match = assigned.match.partition(".")
                else:
                    object_name, match = f.target or "", assigned.match
                self.finders[i] = Finder(object_name, match) if object_name else Anyone()
        self.selves = {
            i for i, f in self.finders.items() if f.object == entity.name and mapping[i].target.path not in BOOKED
        }
        self.known = [Known(entity, link, told) for link, told in unnamed.items()]
        self.makes = any(mapping[i].missing == "create" for i in self.finders if i not in self.selves)
        self.makes = self.makes or any(known.makes for known in self.known)

    def forget_made(self) -> None:
        """What was made is not there any more: its transaction was rolled back."""
        for one in (*self.finders.values(), *self.known):
            one.forget_made()

    def keep_made(self) -> None:
        """What was made is there to stay."""
        for one in (*self.finders.values(), *self.known):
            one.made.clear()

    async def link(self, ctx: Context, converted: Converted) -> None:
        """Ids in place of what links are called."""
        for known in sorted(self.known, key=lambda k: len(k.belongs(ctx, ctx.catalog.object(k.object)))):
            await known.link(ctx, converted)
        for i in self._in_turn(ctx, converted.links):
            rows, assigned = converted.links[i], self.mapping[i]
            if i in self.selves:  # it may come further down: when all rows are in, we shall see
                continue
            finder = self.finders[i]
            await finder.look(ctx, (text for texts in rows for text in texts))
            makes = assigned.missing == "create"
            if makes:  # for rows that are refused nothing is made
                wanted = (text for row, texts in enumerate(rows) if row not in converted.errors for text in texts)
                missing = finder.missing(wanted)
                await finder.make(ctx, missing, self._described(ctx, converted, i, missing))
            for row, texts in enumerate(rows):
                if makes and row in converted.errors:
                    continue
                ids = self._found(finder, i, texts, converted, row)
                if ids is None:
                    continue
                # What is left empty because nobody was found takes the default of a new record (an owner: whoever imports).
                if ids or (self.clear and not assigned.target.of):
                    self._put(
                        ctx,
                        converted.values[row],
                        i,
                        ids,
                        finder.kind_of(texts) if isinstance(finder, Anyone) else finder.object,
                    )

    def _in_turn(self, ctx: Context, links: Iterable[int]) -> list[int]:
        """Columns of links in the order in which their records can be made: a company before the people who work there."""
        known = list(links)
        # Of several that a note may be about the one that says most has the last word: a deal after its company.
        says = {"": len(ctx.catalog.entities)} | {
            e.name: -n
            for n, e in enumerate(spoken_of(ctx.catalog, ctx.actor))
            if any(self.mapping[i].target.of for i in known)
        }

        def rank(i: int) -> tuple[int, int]:
            target = self.mapping[i].target
            belongs = sum(1 for _ in self._belongs(ctx, i)) if self.told else 0
            return belongs, says.get(target.of, 0) if target.field.type == "reference" else 0

        return sorted(known, key=rank)

    def _belongs(self, ctx: Context, column: int) -> Iterator[tuple[str, str]]:
        """Which link of the records of one column points to the record of another column of the same row: (link, this object's field)."""
        target = ctx.catalog.entities.get(self.finders[column].object)
        for j, finder in self.finders.items():
            if (
                target is None
                or j == column
                or finder.object == target.name
                or self.mapping[j].target.field.type != "link"
            ):
                continue
            for name, f in target.fields.items():
                if f.type == "link" and f.target == finder.object and access.writable(ctx.actor, target, f):
                    yield name, self.mapping[j].target.field.name
                    break

    def _described(
        self, ctx: Context, converted: Converted, column: int, missing: Sequence[str]
    ) -> dict[str, dict[str, Any]]:
        """What the first row that names each of these records says of it. What cannot be read refuses that row."""
        if not missing or (column not in self.told and not self._brings(ctx, column)):
            return {}
        first: dict[str, int] = {}
        for row, texts in enumerate(converted.links[column]):
            for text in texts if row not in converted.errors else ():
                first.setdefault(text, row)
        rows = [first[text] for text in missing]
        batch = Batch([converted.lines[r] for r in rows], [converted.cells[r] for r in rows])
        entity = ctx.catalog.object(self.finders[column].object)
        said = Converter(entity, self.told.get(column, {}), ctx.env).convert(batch)
        link = self.mapping[column].target.field.name
        converted.notes += [n._replace(error=replace(n.error, field=f"{link}.{n.error.field}")) for n in said.notes]
        out: dict[str, dict[str, Any]] = {}
        for at, (text, row) in enumerate(zip(missing, rows, strict=True)):
            for wrong in said.errors.get(at, ()):
                path = self.mapping[wrong.column].target.path if wrong.column in self.mapping else wrong.error.field
                told = wrong._replace(error=replace(wrong.error, field=path))
                converted.errors.setdefault(row, []).append(told)
            links = {name: converted.values[row].get(own) for name, own in self._belongs(ctx, column)}
            out[text] = {n: v for n, v in links.items() if v} | said.values[at]
        return out

    def _brings(self, ctx: Context, column: int) -> bool:
        return bool(self.told) and any(True for _ in self._belongs(ctx, column))

    def _put(self, ctx: Context, values: dict[str, Any], column: int, ids: list[str], kind: str) -> None:
        f = self.mapping[column].target.field
        if ctx.catalog.object(self.object).types[f.name].many:
            values[f.name] = ids
        elif f.type == "reference":
            values[f.name] = {"object": kind, "id": ids[0]} if ids else None
        else:
            values[f.name] = ids[0] if ids else None

    def _found(
        self, finder: Finder, column: int, texts: Sequence[str], converted: Converted, row: int
    ) -> list[str] | None:
        """The ids of a cell's links; None when the row is refused."""
        name, missing = self.mapping[column].target.field.name, self.mapping[column].missing
        line, ids, good = converted.lines[row], list[str](), True
        for text in texts:
            found = finder.known.get(text, Found(code="link_not_found"))
            if found.id:
                ids.append(found.id)
                if found.title:
                    error = FieldError(name, "link_loose", {"value": text, "near": found.title})
                    converted.notes.append(Note(line, column, text, error))
                elif found.made:
                    converted.notes.append(Note(line, column, text, FieldError(name, "link_made", {"value": text})))
                    finder.known[text] = Found(found.id)
            elif missing == "empty":
                converted.notes.append(Note(line, column, text, FieldError(name, "left_empty", {"value": text})))
            else:
                said = next(
                    (c for c, a in self.told.get(column, {}).items() if found.at and a.target.field.name == found.at),
                    None,
                )
                if said is None:
                    converted.fail(row, column, text, finder.error(name, text, found))
                else:  # it is not there and could not be made: the cell that says more of it is at fault
                    cell = converted.cells[row][said]
                    converted.fail(
                        row, said, cell, FieldError(self.mapping[said].target.path, found.code, {"value": cell})
                    )
                good = False
        return ids if good else None
