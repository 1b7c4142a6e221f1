"""Links between rows of one file: they wait in a file of their own until all rows are in, for their targets may come later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from guanxi.base import FieldError
from guanxi.base.json import dumps, loads
from guanxi.records import Context, Operation, Update
from guanxi.transfer.convert import CellError, Converted
from guanxi.transfer.linking import Found, Linker
from guanxi.transfer.mapping import REFERENCE
from guanxi.transfer.report import Problems
from guanxi.transfer.storing import Store
from guanxi.transfer.synonyms import loose

TITLES = 2_000_000
"""Names that a dry run remembers, to say what will be found."""

Unlinked = tuple[int, list[str], list[CellError]]
"""A row that went in without one of its links: its line, its cells, what is wrong with it."""


class Later:
    """What waits. ``size`` bytes of the file are settled, ``done`` of them carried out."""

    def __init__(self, path: Path, linker: Linker, store: Store, size: int, done: int, dry: bool) -> None:
        self.path, self.linker, self.store, self.dry = path, linker, store, dry
        self.size, self.done = size, done
        self.titles: set[str] = set()

    def entries(self, converted: Converted, ids: Mapping[int, str], title: str) -> list[dict[str, Any]]:
        """The links of rows that went in (``ids`` by index) which wait."""
        found: list[dict[str, Any]] = []
        for i in self.linker.selves:
            for row, id in ids.items():
                if texts := converted.links[i][row]:
                    line, cells = converted.lines[row], converted.cells[row]
                    found.append({"id": id, "line": line, "column": i, "texts": texts, "cells": cells})
        if self.dry and self.linker.selves:
            for row in ids:
                for by in (title, REFERENCE):
                    name = converted.values[row].get(by)
                    if isinstance(name, str) and len(self.titles) < TITLES:
                        self.titles.add(loose(name))
        return found

    def write(self, entries: Sequence[Mapping[str, Any]]) -> int:
        """Put entries behind what is settled; the size that the file then has."""
        data = b"".join(dumps(e) + b"\n" for e in entries)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.open("r+b" if self.path.exists() else "w+b") as file:
            file.truncate(self.size)  # what a run that died had written but not settled
            file.seek(self.size)
            file.write(data)
        return self.size + len(data)

    def read(self, most: int) -> tuple[list[dict[str, Any]], int]:
        """The next entries, and how far they reach."""
        entries: list[dict[str, Any]] = []
        with self.path.open("rb") as file:
            file.seek(self.done)
            while len(entries) < most and file.tell() < self.size:
                entries.append(loads(file.readline()))
            return entries, file.tell()

    async def carry_out(self, ctx: Context, entries: Sequence[Mapping[str, Any]], problems: Problems) -> list[Unlinked]:
        """Make the links of entries, now that every row is there; the rows that stay without theirs, and why."""
        unlinked: list[Unlinked] = []
        for i in self.linker.selves:
            mine = [e for e in entries if e["column"] == i]
            if mine:
                unlinked += await self._column(ctx, i, mine, problems)
        return sorted(unlinked, key=lambda row: row[0])

    async def _column(
        self, ctx: Context, i: int, entries: Sequence[Mapping[str, Any]], problems: Problems
    ) -> list[Unlinked]:
        assigned, finder = self.linker.mapping[i], self.linker.finders[i]
        name = assigned.target.field.name
        many = ctx.catalog.object(self.linker.object).types[name].many
        texts = [t for e in entries for t in e["texts"] if not (self.dry and loose(t) in self.titles)]
        finder.names = None  # more have come in since
        await finder.look(ctx, texts)
        if assigned.missing == "create" and not self.dry:
            await finder.make(ctx, texts)
        updates: list[Operation] = []
        told: list[Mapping[str, Any]] = []
        unlinked: list[Unlinked] = []

        def refuse(e: Mapping[str, Any], text: str, error: FieldError) -> None:
            problems.add("error", e["line"], text, error)
            unlinked.append((e["line"], e.get("cells", []), [CellError(i, text, error)]))

        for e in entries:
            ids: list[str] = []
            for text in e["texts"]:
                if self.dry and loose(text) in self.titles:
                    continue
                found = finder.known.get(text, Found(code="link_not_found"))
                if found.id:
                    ids.append(found.id)
                    if found.title:
                        error = FieldError(name, "link_loose", {"value": text, "near": found.title})
                        problems.add("note", e["line"], text, error)
                elif assigned.missing == "empty":
                    problems.add("note", e["line"], text, FieldError(name, "left_empty", {"value": text}))
                elif not (self.dry and assigned.missing == "create"):
                    refuse(e, text, finder.error(name, text, found))
            if ids and not self.dry:
                updates.append(Update(e["id"], {name: ids if many else ids[0]}))
                told.append(e)
        for e, outcome in zip(told, await self.store.outcomes(ctx, updates), strict=True):
            if outcome.problem is not None:
                for error in outcome.problem.errors or [FieldError(name, outcome.problem.code)]:
                    refuse(e, "; ".join(e["texts"]), replace(error, row=None))
        return unlinked
