"""Back from an archive: the shape, the people, then every record with its id, links, maker and date.

Records are made through the one write path, those first that others need; links that run both ways, and what nobody writes by
hand, are put right when all are there. A record whose id is there already stays as it is, so that a run that ended in the
middle can be begun again.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from guanxi import files, packs
from guanxi.base import Problem, new_id
from guanxi.base.json import loads
from guanxi.pg import Database, quote
from guanxi.records import (
    Actor,
    Archive,
    Context,
    Create,
    Delete,
    Operation,
    Update,
    Workspace,
    evolve,
    find,
    load_catalog,
    note,
    piecemeal,
    write,
)
from guanxi.records.tables import sequence_name
from guanxi.schema.catalog import Catalog, Entity
from guanxi.schema.filter import where
from guanxi.schema.model import Field
from guanxi.schema.query import Query
from guanxi.whole.archive import FORMAT, MANIFEST, PACK, file_path

CHUNK = 500
PEOPLE = ("role", "team", "user")
_SAME = {"role": "name", "user": "email"}
"""By which field people and roles that are there already are the same."""
_NEVER = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at")


class Unfit(Exception):
    """A file that is no archive of everything, or not whole; the text says why, in English."""


@dataclass(slots=True)
class Came:
    """What came back: how many records of each object, how many were there, and what did not, each with its reason."""

    created: Counter[str] = field(default_factory=Counter[str])
    there: Counter[str] = field(default_factory=Counter[str])
    files: int = 0
    sealed: Counter[str] = field(default_factory=Counter[str])
    """Values of sealed fields, which are masked in the archive."""
    lost: list[str] = field(default_factory=list[str])
    change_set: str = ""


def opened(path: Path) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """The archive and its manifest, after its parts were compared with it. Raises Unfit."""
    try:
        archive = zipfile.ZipFile(path)
        manifest = json.loads(archive.read(MANIFEST))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Unfit(f"{path} is no export of everything: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("guanxi") != FORMAT:
        raise Unfit(f"{path} is no export of everything that this version reads ({FORMAT})")
    for part in manifest["parts"]:
        try:
            with archive.open(part["path"]) as file:
                digest = hashlib.sha256()
                while block := file.read(1 << 20):
                    digest.update(block)
        except (KeyError, zipfile.BadZipFile) as error:
            raise Unfit(f"{part['path']} cannot be read: {error}") from error
        if digest.hexdigest() != part["sha256"]:
            raise Unfit(f"{part['path']} is not what the manifest says")
    return archive, manifest


async def bring(
    database: Database,
    workspace: Workspace,
    actor: Actor,
    folder: Path,
    path: Path,
    tell: Callable[[str, int], None] = lambda *_: None,
) -> Came:
    """Bring an archive into a workspace, as an administrator. Raises Unfit before anything is written, Invalid where its shape does
    not fit; what else does not come is told."""
    archive, manifest = opened(path)
    with archive:
        async with database.transaction() as db:
            catalog = await load_catalog(db, workspace)
            pack = packs.read(loads(archive.read(PACK)))
            if changes := packs.compare(catalog, pack).changes:
                catalog = (await evolve(db, workspace, changes, actor=actor.id)).catalog
                actor.statements.clear()
        return await _Coming(database, workspace, catalog, actor, folder, archive, manifest, tell).go()


class _Coming:
    def __init__(
        self, database: Database, workspace: Workspace, catalog: Catalog, actor: Actor, folder: Path,
        archive: zipfile.ZipFile, manifest: Mapping[str, Any], tell: Callable[[str, int], None],
    ) -> None:  # fmt: skip
        self.database, self.workspace, self.catalog, self.actor = database, workspace, catalog, actor
        self.folder, self.archive, self.manifest, self.tell = folder, archive, manifest, tell
        self.came = Came(change_set=new_id())
        self.ids: dict[str, str] = {}
        """Ids of people and roles that are others here."""
        self.done: set[str] = set()
        self.place = ""
        """Where the records at hand were: in use, in the archive, in the bin."""
        self.last: dict[tuple[str, str], int] = {}
        """The highest running number by object and field."""
        self.twins: dict[str, dict[str, Any]] = {}
        """What records of the bin share with one in use that may be there once only, by their id: they get it when they lie there."""

    async def go(self) -> Came:
        """All objects, in an order in which each finds what it needs."""
        names = self._order([n for n in self.manifest["records"] if n in self.catalog.entities])
        parts = set(self.archive.namelist())
        self.places = {n: [p for p in ("records", "archive", "bin") if f"{p}/{n}.jsonl" in parts] for n in names}
        for name in names:
            async for ctx, rows in self._batches(name):
                await self._make(ctx, self.catalog.object(name), rows)
            self.done.add(name)
        for name in names:
            async for ctx, rows in self._batches(name):
                await self._settle(ctx, self.catalog.object(name), rows)
        for (name, numbered), last in self.last.items():
            async with self.database.transaction(self.workspace.role) as db:
                await _count_on(self._context(db), name, numbered, last)
        for place, act in (("archive", Archive), ("bin", Delete)):
            for name in reversed(names):  # what others hold goes after those
                async for ctx, rows in self._batches(name, place):
                    await self._put_away(ctx, self.catalog.object(name), rows, act)
        async with self.database.transaction(self.workspace.role) as db:
            ctx = self._context(db)
            await note(ctx, "import", id=self.came.change_set, file="everything", rows=sum(self.came.created.values()))
        return self.came

    def _context(self, db: Any) -> Context:
        return Context(
            db,
            self.workspace,
            self.catalog,
            self.actor,
            "import",
            change_set=self.came.change_set,
            bulk="import",
            label=str(self.manifest["workspace"]),
        )

    def _order(self, names: Sequence[str]) -> list[str]:
        """People first; then each object after those to which it must point, as far as that goes; what points anywhere last."""
        left = [n for n in PEOPLE if n in names] + sorted(
            (n for n in names if n not in PEOPLE),
            key=lambda n: any(t.anywhere for t in self.catalog.object(n).types.values()),
        )
        out: list[str] = []
        while left:
            at = next((i for i, n in enumerate(left) if not (self._needs(n) & set(left)) - {n}), 0)
            out.append(left.pop(at))
        return out

    def _needs(self, name: str) -> set[str]:
        entity = self.catalog.object(name)
        return {f.target for n, f in entity.fields.items() if f.required and f.target and entity.types[n].link}

    async def _batches(self, name: str, only: str = "") -> AsyncIterator[tuple[Context, list[dict[str, Any]]]]:
        """The records of an object in portions, each with a transaction of its own; ``only`` those that were in one place."""
        count = 0
        for place in (p for p in self.places[name] if only in ("", p)):
            self.place = place
            for rows in self._rows(f"{place}/{name}"):
                async with self.database.transaction(self.workspace.role) as db:
                    yield self._context(db), rows
                count += len(rows)
                self.tell(name, count)

    def _rows(self, path: str) -> Iterator[list[dict[str, Any]]]:
        rows: list[dict[str, Any]] = []
        with self.archive.open(f"{path}.jsonl") as file:
            for line in file:
                rows.append(loads(line, exact=True))
                if len(rows) >= CHUNK:
                    yield rows
                    rows = []
        if rows:
            yield rows

    # -- first: they are there ---------------------------------------------------------------------------------------

    async def _make(self, ctx: Context, entity: Entity, rows: list[dict[str, Any]]) -> None:
        await self._same(ctx, entity, rows)
        mine = [self._id(r["id"]) for r in rows]
        there = {r["id"] for r in await self._there(ctx, entity, mine, ("id",), "with")}
        there |= {r["id"] for r in await self._there(ctx, entity, mine, ("id",), "bin")}
        fresh = [r for r in rows if self._id(r["id"]) not in there]
        self.came.there[entity.name] += len(rows) - len(fresh)
        operations: list[Create] = []
        for record in fresh:
            values = self._given(entity, record)
            await self._bring_files(ctx, entity, record, values)
            maker = record.get("created_by")
            book = {"created_at": str(record["created_at"])}
            if isinstance(maker, Mapping):
                book["created_by"] = self._id(str(maker["id"]))
            operations.append(Create(values, record["id"], book))
        if operations:
            outcomes = await piecemeal(ctx, entity.name, [*operations])
            for record, operation, outcome in zip(fresh, operations, outcomes, strict=True):
                problem = outcome.problem
                if problem is not None and self.place == "bin":
                    problem = await self._beside_its_twin(ctx, entity, operation, problem)
                self._told(entity, record, problem)

    async def _beside_its_twin(self, ctx: Context, entity: Entity, create: Create, problem: Problem) -> Problem | None:
        """Make what lies in the bin beside one in use that has the same number; what is wrong with it all the same."""
        taken = [e.field for e in problem.errors if e.code == "not_unique" and e.field in create.values]
        if not taken or len(taken) != len(problem.errors):
            return problem
        instead = {n: str(create.id)[-12:] if entity.fields[n].required else None for n in taken if n}
        twin = replace(create, values={**create.values, **instead})
        [outcome] = await piecemeal(ctx, entity.name, [twin])
        if outcome.problem is None:
            self.twins[str(create.id)] = {n: create.values[n] for n in instead}
        return outcome.problem

    def _told(self, entity: Entity, record: Mapping[str, Any], problem: Problem | None, made: int = 1) -> None:
        if problem is None:
            self.came.created[entity.name] += made
            return
        why = "; ".join(f"{e.field or ''}: {e.message('en')}" for e in problem.errors) or problem.code
        self.came.lost.append(f"{entity.name} {record['id']}: {why}")

    async def _same(self, ctx: Context, entity: Entity, rows: Sequence[Mapping[str, Any]]) -> None:
        """People and roles that are there under another id: what pointed to them will point to those."""
        by = _SAME.get(entity.name)
        if by is None:
            return
        page = await find(
            ctx, Query(entity.name, where(by, "in", [r[by] for r in rows]), fields=("id", by), limit=None)
        )
        known = {r[by]: r["id"] for r in map(loads, page.rows)}
        self.ids |= {r["id"]: known[r[by]] for r in rows if r[by] in known}

    def _id(self, id: str) -> str:
        return self.ids.get(id, id)

    def _given(self, entity: Entity, record: Mapping[str, Any]) -> dict[str, Any]:
        """What a new record is made of: what people write, with links to what is there."""
        out: dict[str, Any] = {}
        for name in entity.fields:
            f, kind = entity.fields[name], entity.types[name]
            value = record.get(name)
            if not self._carried(entity, name) or f.readonly or value is None or kind.holds_file:
                continue
            if f.of and f.type != "currency":
                continue
            if kind.anywhere:
                if value["object"] in self.done:
                    out[name] = {"object": value["object"], "id": self._id(value["id"])}
            elif kind.link:
                if f.target in self.done or (f.target == entity.name and f.required):
                    out[name] = [self._id(v["id"]) for v in value] if kind.many else self._id(value["id"])
            else:
                out[name] = value
        return out

    def _carried(self, entity: Entity, name: str) -> bool:
        """Whether a field comes back: what is computed is computed here, what is sealed is masked in the archive."""
        kind = entity.types[name]
        return (
            name not in _NEVER
            and not entity.fields[name].system
            and name in entity.stored
            and kind.readable
            and not (kind.made or kind.sealed)
        )

    async def _bring_files(
        self, ctx: Context, entity: Entity, record: Mapping[str, Any], values: dict[str, Any]
    ) -> None:
        for name in entity.stored:
            value = record.get(name)
            if entity.types[name].sealed and value:
                self.came.sealed[f"{entity.name}.{name}"] += 1
            if not entity.types[name].holds_file or not isinstance(value, dict):
                continue
            try:
                with self.archive.open(file_path(entity.name, record["id"], name, value["name"])) as file:

                    async def chunks(file: Any = file) -> AsyncIterator[bytes]:
                        while block := file.read(1 << 18):
                            yield block

                    stored = await files.receive(ctx, self.folder, value["name"], chunks())
            except (KeyError, Problem) as error:
                self.came.lost.append(f"{entity.name} {record['id']}: {name}: {value['name']}: {error}")
                continue
            values[name] = stored.value()
            self.came.files += 1

    # -- then: they are as they were ---------------------------------------------------------------------------------

    async def _there(
        self, ctx: Context, entity: Entity, ids: Sequence[str], names: Sequence[str] | None, place: str = ""
    ) -> list[dict[str, Any]]:
        """Those of these ids that are in use; ``with`` the archive too, or in the ``bin``."""
        query = Query(entity.name, where("id", "in", list(ids)), fields=tuple(names) if names else None, limit=None)
        query = replace(query, deleted=True) if place == "bin" else replace(query, archived=place)
        return [loads(r, exact=True) for r in (await find(ctx, query)).rows]

    async def _settle(self, ctx: Context, entity: Entity, rows: Sequence[Mapping[str, Any]]) -> None:
        """What differs yet: links to what came later, and what is only kept by the program."""
        own = await self._untouched(ctx, rows)
        now = {r["id"]: r for r in await self._there(ctx, entity, [r["id"] for r in own], None)}
        operations: list[Operation] = []
        told: list[Mapping[str, Any]] = []
        for f in entity.autonumbers:
            here = max(_running(f, r.get(f.name)) for r in rows)
            if here > self.last.get((entity.name, f.name), 0):
                self.last[entity.name, f.name] = here
        for record in own:
            values = self._differing(entity, record, now.get(record["id"]))
            values = {n: v for n, v in values.items() if n not in self.twins.get(record["id"], ())}
            if values:
                operations.append(Update(record["id"], values, trusted=True, exact=True))
                told.append(record)
        if not operations:
            return
        for record, outcome in zip(
            told, await write(ctx, entity.name, operations, atomic=False, render=False), strict=True
        ):
            self._told(entity, record, outcome.problem, 0)

    async def _untouched(self, ctx: Context, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those that nobody has written to here meanwhile: the others stay as they are."""
        own = [r for r in rows if r["id"] not in self.ids]
        written = await ctx.db.fetch(
            f"SELECT DISTINCT record FROM {quote(ctx.workspace.schema)}._journal WHERE record = ANY(%(ids)s::uuid[])"
            " AND actor IS NOT NULL AND cause NOT LIKE 'import%%'",
            {"ids": [r["id"] for r in own]},
        )
        kept = {r[0] for r in written}
        return [r for r in own if r["id"] not in kept]

    async def _put_away(
        self, ctx: Context, entity: Entity, rows: Sequence[Mapping[str, Any]], act: type[Archive | Delete]
    ) -> None:
        """Back into the archive or the recycle bin, where they came from."""
        own = await self._untouched(ctx, rows)
        there = {r["id"] for r in await self._there(ctx, entity, [r["id"] for r in own], ("id",))}
        away = [r for r in own if r["id"] in there]
        for record, outcome in zip(away, await piecemeal(ctx, entity.name, [act(r["id"]) for r in away]), strict=True):
            self._told(entity, record, outcome.problem, 0)
            own = self.twins.get(record["id"]) if outcome.problem is None else None
            if own:  # nothing in the bin is changed by the write path, and here nothing is: it is as it was
                values = ", ".join(f"{quote(n)} = %({n})s" for n in own)
                await ctx.db.execute(
                    f"UPDATE {quote(ctx.workspace.schema)}.{quote(entity.name)} SET {values}"
                    " WHERE id = %(_id)s::uuid AND deleted_at IS NOT NULL",
                    {**own, "_id": record["id"]},
                )

    def _differing(self, entity: Entity, record: Mapping[str, Any], now: Mapping[str, Any] | None) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if now is None:
            return out
        numbers = {f.name for f in entity.autonumbers}  # made anew with the record, but known to people outside
        for name in entity.stored:
            f, kind = entity.fields[name], entity.types[name]
            if (
                not (self._carried(entity, name) or name in numbers)
                or kind.holds_file
                or name not in record
                or name not in now
            ):
                continue
            want, have = record[name], now[name]
            if kind.anywhere:
                want, have = ((v["object"], self._id(v["id"])) if v else None for v in (want, have))
                if want != have:
                    out |= {name: want and want[1], f"{name}_object": want and want[0]}
            elif kind.link and kind.many:
                ids, mine = [self._id(v["id"]) for v in want or ()], [v["id"] for v in have or ()]
                if sorted(ids) != sorted(mine):
                    out[name] = ids
            elif kind.link:
                id = self._id(want["id"]) if want else None
                if id != (have["id"] if have else None):
                    out[name] = id
            elif want != have and not (f.of and entity.types[f.of].anywhere):
                out[name] = want
        return out


def _running(f: Field, text: Any) -> int:
    """The running number in a text such as ``OPP-2026-0042``; 0 where there is none."""
    places = re.escape(str(f.config.get("pattern", "{0}")))
    shape = re.sub(
        r"\\\{(0+|yyyy|yy|mm|dd)\\\}",
        lambda place: r"(\d+)" if place[1][0] == "0" else rf"\d{{{len(place[1])}}}",
        places,
    )
    found = re.fullmatch(shape, str(text or ""))
    return int(found[1]) if found else 0


async def _count_on(ctx: Context, object: str, field: str, last: int) -> None:
    """What is made here from now on has numbers after this one."""
    sequence = f"{quote(ctx.workspace.schema)}.{quote(sequence_name(object, field))}"
    now = await ctx.db.value("SELECT nextval(%(sequence)s)", {"sequence": sequence})
    await ctx.db.execute(
        "SELECT max(nextval(%(sequence)s)) FROM generate_series(1, %(left)s)",
        {"sequence": sequence, "left": last - int(now)},
    )
