"""Links by what a file calls their targets: found for all rows of a batch at once, remembered, or made.

An exact name comes first; then a unique field; then a name that differs only in case, spaces and marks, if there is just
one. All as the actor, so that nobody learns of a record that they may not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from guanxi.transfer.convert import loose

LOOSE = 20_000
"""Names are compared loosely when the target has at most so many records that the actor sees."""

REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Found:
    """What a text stands for: an id, or why there is none. ``title`` is set when it is called a little differently."""

    id: str = ""
    title: str = ""
    code: str = ""
    made: bool = False


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
        if not missing:
            return
        entity = ctx.catalog.object(self.object)
        if not access.may(ctx.actor, entity, "read"):
            self.known |= dict.fromkeys(missing, Found(code="link_not_found"))
            return
        for name in self._fields(ctx, entity):
            named = (
                [t for t in missing if not (is_id(t.lower()) and name != "id")]
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
            return [self.match]
        unique = [
            n
            for n, f in entity.fields.items()
            if f.unique and access.readable(ctx.actor, entity, f) and "eq" in entity.types[n].operators
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

    async def make(self, ctx: Context, texts: Iterable[str]) -> None:
        """Create the targets that are not there."""
        wanted = [
            t
            for t in dict.fromkeys(texts)
            if self.known.get(t, Found(code="x")).code == "link_not_found" and not is_id(t.lower())
        ]
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
                operations.append(Create({by: kind.read_text(f, text, ctx.env)}))
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
                self.known[text] = Found(code=errors[0].code if errors else "link_not_found")
        for text in wanted:
            if text not in texts and self.known[text].code == "link_not_found":
                first = self.known[groups[loose(text)]]
                self.known[text] = replace(first, title=groups[loose(text)])

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
