"""The run of an import: a table's rows into records, in batches that each commit together with how far the import is.

So a run that dies goes on where it was, with no row lost and none twice; all of it is one change set, to be undone as
one. A dry run takes the same way and takes every batch back.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from guanxi.base import FieldError, Forbidden, Problem, Unavailable, log
from guanxi.base.json import dumps, loads
from guanxi.base.settings import Settings
from guanxi.pg import Connection, DatabaseError, Retry, quote
from guanxi.pg.jobs import Job, Lost, task
from guanxi.records import (
    Actor,
    Context,
    Create,
    Operation,
    Outcome,
    Update,
    Workspace,
    evolve,
    load_actor,
    load_catalog,
    load_workspace,
    rules,
    workspaces,
    write,
)
from guanxi.records.links import find as find_by_keys
from guanxi.schema.catalog import Catalog
from guanxi.schema.types import Bad, Env
from guanxi.transfer import mapping as mappings
from guanxi.transfer.convert import CellError, Converted, Converter, Note, loose
from guanxi.transfer.linking import Finder, Found
from guanxi.transfer.reading import batches
from guanxi.transfer.report import BadRows, Problems
from guanxi.transfer.table import Batch, Inspection
from guanxi.transfer.uploads import upload_path

CHUNK = 2_000
STALE = 60
"""Seconds without a sign of life after which a running import counts as interrupted."""
KEPT_DAYS = 30
"""How long files of imports are kept."""
TRIES = 4
GIVE_WAY = 10.0
"""Seconds that a batch waits for the one before it; then they may be waiting for each other."""

_log = log.get(__name__)

_LOAD = (
    "owner, upload, folder, name, object, mode, key, mapping, options, inspection, dry_run, change_set, status, stop, job, read,"
    " created, updated, skipped, failed, errors_size, later_size, later_done, problems, seconds"
)


def bad_rows_path(folder: Path, id: str) -> Path:
    """Where the rows that did not go in are listed."""
    return folder / "imports" / f"{id}.csv"


def later_path(folder: Path, id: str) -> Path:
    """Where links wait whose targets may come later in the same file."""
    return folder / "imports" / f"{id}.later"


class _Stopped(Exception):
    """The batch before this one was not kept, or the last to be."""


@dataclass(slots=True)
class _Flight:
    """A batch that is being written, and what the next one must not share with it."""

    task: asyncio.Task[None]
    marks: set[tuple[str, Any]] | None


class _TakeBack(Exception):
    """Undoes the batch of a dry run."""


@dataclass(slots=True)
class _Counts:
    read: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0

    def add(self, other: _Counts) -> None:
        for name in ("read", "created", "updated", "skipped", "failed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class _Result:
    """What became of a batch: counts, refused rows by index, notes, links to be made at the end."""

    counts: _Counts = field(default_factory=_Counts)
    notes: list[Note] = field(default_factory=list)
    later: list[dict[str, Any]] = field(default_factory=list)


@task("transfer.import", queue="import", retries=2, process=True)
async def run_import(job: Job) -> None:
    """Carry out an import, from its beginning or from where an earlier attempt was."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
        if workspace is None:
            return
        row = await db.row(
            f"SELECT {_LOAD} FROM {quote(workspace.schema)}._import WHERE id = %(id)s::uuid", {"id": job.args["import"]}
        )
        if row is None:
            return
        state: dict[str, Any] = dict(zip(map(str, _LOAD.split(", ")), row, strict=True))
        if state["status"] in ("done", "failed", "cancelled") or state["job"] != job.id:
            return
        catalog = await load_catalog(db, workspace)
        actor = await load_actor(db, workspace, state["owner"])
        await db.execute(
            f"UPDATE {quote(workspace.schema)}._import SET status = 'running', started_at = coalesce(started_at, now()),"
            " seen_at = now() WHERE id = %(id)s::uuid AND job = %(job)s",
            {"id": job.args["import"], "job": job.id},
        )
    error: str | None = None
    stopped = False
    try:
        if actor is None:
            error = "import_no_user"
        else:
            stopped = await _Run(job, workspace, catalog, actor, job.args["import"], state).go()
    except (Lost, Unavailable, Retry):
        raise
    except Problem as problem:
        error = problem.errors[0].code if problem.errors else problem.code
    except Exception as failure:  # noqa: BLE001 - whatever it was, the import says that it failed
        _log.error("an import failed", failure)
        error = "internal"
    async with job.db.transaction() as db:
        await job.fence(db)
        await db.execute(
            f"UPDATE {quote(workspace.schema)}._import SET status = %(status)s, error = %(error)s, ended_at = now(), seen_at = now()"
            " WHERE id = %(id)s::uuid AND job = %(job)s",
            {
                "status": "failed" if error else "cancelled" if stopped else "done",
                "error": error,
                "id": job.args["import"],
                "job": job.id,
            },
        )


class _Run:
    """One attempt at an import."""

    def __init__(
        self, job: Job, workspace: Workspace, catalog: Catalog, actor: Actor, id: str, state: Mapping[str, Any]
    ) -> None:
        self.job, self.workspace, self.catalog, self.actor, self.id = job, workspace, catalog, actor, id
        self.object, self.mode, self.key = state["object"], state["mode"], state["key"]
        self.dry: bool = state["dry_run"]
        self.name, self.change_set = state["name"], state["change_set"]
        self.stop: bool = state["stop"]
        self.inspection = Inspection.from_json(state["inspection"])
        self.options = state["options"]
        folder = Path(state["folder"])
        self.path = upload_path(folder, state["upload"])
        entity = catalog.object(self.object)
        self.mapping = mappings.read(catalog, entity, actor, self.inspection.columns, state["mapping"])
        language = self.options.get("language") or actor.language
        self.converter = Converter(entity, self.mapping, self._env(language), self.options.get("empty") == "clear")
        self.counts = _Counts(*(state[n] for n in ("read", "created", "updated", "skipped", "failed")))
        self.problems = Problems(state["problems"])
        headings = [c.name for c in self.inspection.columns]
        self.bad = BadRows(bad_rows_path(folder, id), headings, actor.language, state["errors_size"])
        self.later = later_path(folder, id)
        self.later_size, self.later_done = state["later_size"], state["later_done"]
        if self.later.exists():
            with self.later.open("r+b") as file:
                file.truncate(self.later_size)
        self.seconds = float(state["seconds"])
        self.clock = time.monotonic()
        self.finders: dict[int, Finder] = {}
        self.selves: set[int] = set()
        for i, assigned in self.mapping.items():
            f = assigned.target.field
            if entity.types[f.name].link or entity.types[f.name].anywhere:
                object_name, _, match = (
                    assigned.match.partition(".") if f.type == "reference" else (f.target, "", assigned.match)
                )
                self.finders[i] = Finder(object_name or "", match)
                if object_name == self.object:
                    self.selves.add(i)
        self.titles: set[str] = set()
        makes = any(
            a.missing == "create" and i in self.finders and i not in self.selves for i, a in self.mapping.items()
        )
        self.alone = self.dry or makes or bool(rules.afters(self.object))
        self.distinct = {n for n in self.converter.by_field if n == self.key or entity.fields[n].unique}

    def _env(self, language: str) -> Env:
        env = self._context(None).env  # type: ignore[arg-type]
        order = self.options.get("date_order") or self.inspection.date_order
        return replace(env, language=language, **({"date_order": order} if order else {}))

    def _context(self, db: Connection) -> Context:
        return Context(
            db,
            self.workspace,
            self.catalog,
            self.actor,
            "import",
            change_set=self.change_set,
            bulk="import",
            label=self.name,
        )

    # -- all batches -------------------------------------------------------------------------------------------------

    async def go(self) -> bool:
        """Everything that is left to do; True when it was stopped."""
        if not await asyncio.to_thread(self.path.exists):
            raise Problem("import_file_gone")
        rows = batches(self.path, self.inspection, size=CHUNK, skip=self.counts.read)
        ahead = asyncio.create_task(asyncio.to_thread(self._next, rows))
        before: _Flight | None = None
        try:
            while not self.stop:
                batch, converted = await ahead
                if batch is None or converted is None:
                    break
                # The next rows are read and understood while the database is busy with these, and those before them.
                ahead = asyncio.create_task(asyncio.to_thread(self._next, rows))
                marks = self._marks(converted)
                if before and (marks is None or before.marks is None or marks & before.marks):
                    await before.task
                    before = None
                    if self.stop:
                        break
                flight = _Flight(
                    asyncio.create_task(self._commit(batch, converted, before.task if before else None)), marks
                )
                if before:
                    await asyncio.wait((before.task,))
                    if before.task.exception():
                        flight.task.cancel()
                        await asyncio.wait((flight.task,))
                    before.task.result()
                before = flight
            if before:
                await before.task
        finally:
            if before and not before.task.done():
                before.task.cancel()
                await asyncio.wait((before.task,))
            with suppress(Exception):
                await ahead
            await asyncio.to_thread(rows.close)  # type: ignore[attr-defined]
        while not self.stop and await self._link_later():
            pass
        return self.stop

    def _marks(self, converted: Converted) -> set[tuple[str, Any]] | None:
        """What two batches must not share to be written side by side; None when a batch must be alone.

        Side by side may go what touches no common record: other keys, other unique values, nothing made on the way.
        """
        if self.alone or converted.unknown:
            return None
        try:
            return {(n, v[n]) for v in converted.values for n in self.distinct if v.get(n) is not None}
        except TypeError:  # a key that has parts
            return None

    def _next(self, rows: Iterator[Batch]) -> tuple[Batch, Converted] | tuple[None, None]:
        batch = next(rows, None)
        return (batch, self.converter.convert(batch)) if batch is not None else (None, None)

    async def _commit(self, batch: Batch, converted: Converted, before: asyncio.Task[None] | None = None) -> None:
        """One batch, tried again when it collides with somebody else's work; it is kept only after the one ``before``."""
        for attempt in range(TRIES):
            trial = replace(
                converted,
                values=[dict(v) for v in converted.values],
                errors={i: list(e) for i, e in converted.errors.items()},
                notes=list(converted.notes),
            )
            try:
                await self._once(batch, trial, before)
            except _Stopped:
                return
            except Retry:
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(0.05 * 4**attempt)
            else:
                return

    async def _once(self, batch: Batch, converted: Converted, before: asyncio.Task[None] | None) -> None:
        await self._add_options(converted)
        result = _Result()
        async with self.job.db.transaction(self.workspace.role) as db:
            await self.job.fence(db)
            ctx = self._context(db) if self.alone else replace(self._context(db), bulk="")
            with suppress(_TakeBack):
                async with db.savepoint() if self.dry else nullcontext():
                    await self._link(ctx, converted)
                    await self._write(ctx, converted, result)
                    self._take_back_if_dry()
            if before:
                await self._wait_for(before)
            if not self.alone:
                await self._count(db, result.counts)
            await self._settle(db, batch, converted, result)

    async def _wait_for(self, before: asyncio.Task[None]) -> None:
        """Batches are kept in their order; one that stands in the other's way gives way."""
        done, _ = await asyncio.wait((before,), timeout=GIVE_WAY)
        if not done:
            raise Retry("two batches are in each other's way", "40001")
        if before.cancelled() or before.exception() or self.stop:
            raise _Stopped

    async def _count(self, db: Connection, counts: _Counts) -> None:
        """Keep the books of the change set: side by side, batches cannot do that while they write."""
        await db.execute(
            f"INSERT INTO {quote(self.workspace.schema)}._change_set AS c (id, actor, kind, label, object, created, updated)"
            " VALUES (%(id)s::uuid, %(actor)s::uuid, 'import', %(label)s, %(object)s, %(created)s, %(updated)s)"
            " ON CONFLICT (id) DO UPDATE SET created = c.created + excluded.created, updated = c.updated + excluded.updated",
            {
                "id": self.change_set,
                "actor": self.actor.id,
                "label": self.name,
                "object": self.object,
                "created": counts.created,
                "updated": counts.updated,
            },
        )

    def _take_back_if_dry(self) -> None:
        if self.dry:
            for finder in self.finders.values():
                finder.forget_made()
            raise _TakeBack

    async def _settle(self, db: Connection, batch: Batch, converted: Converted, result: _Result) -> None:
        """Note what became of a batch, in its own transaction: counts, problems, bad rows, links for the end."""
        refused = [(converted.lines[i], converted.cells[i], errors) for i, errors in converted.errors.items()]
        refused += [(b.line, b.cells, [CellError(-1, "", FieldError(None, b.code))]) for b in batch.bad]
        result.counts.read += len(batch)
        result.counts.failed += len(refused)
        problems, counts = Problems(json.loads(json.dumps(self.problems.stored()))), replace(self.counts)
        counts.add(result.counts)
        for line, _, errors in refused:
            for e in errors:
                problems.add("error", line, e.value, e.error)
        for note in (*converted.notes, *result.notes):
            problems.add("note", note.line, note.value, note.error)
        for line in batch.short:
            problems.add("note", line, "", FieldError(None, "short_row"))
        errors_size, later_size = self.bad.size, self.later_size
        if refused:
            await asyncio.to_thread(self.bad.write, sorted(refused, key=lambda r: r[0]))
        if result.later:
            later_size = await asyncio.to_thread(self._write_later, result.later)
        try:
            await self._save(db, counts, problems, later_size, self.later_done)
        except BaseException:
            self.bad.size = errors_size
            raise
        self.counts, self.problems, self.later_size = counts, problems, later_size

    async def _save(
        self, db: Connection, counts: _Counts, problems: Problems, later_size: int, later_done: int
    ) -> None:
        seconds = self.seconds + time.monotonic() - self.clock
        stop = await db.value(
            f"UPDATE {quote(self.workspace.schema)}._import SET read = %(read)s, created = %(created)s, updated = %(updated)s,"
            " skipped = %(skipped)s, failed = %(failed)s, errors_size = %(errors)s, later_size = %(later)s, later_done = %(done)s,"
            " problems = %(problems)s::jsonb, seconds = %(seconds)s, seen_at = now()"
            " WHERE id = %(id)s::uuid AND job = %(job)s RETURNING stop",
            {
                "read": counts.read,
                "created": counts.created,
                "updated": counts.updated,
                "skipped": counts.skipped,
                "failed": counts.failed,
                "errors": self.bad.size,
                "later": later_size,
                "done": later_done,
                "problems": dumps(problems.stored()).decode(),
                "seconds": seconds,
                "id": self.id,
                "job": self.job.id,
            },
        )
        if stop is None:
            raise Lost
        self.stop = stop

    # -- options, links ----------------------------------------------------------------------------------------------

    async def _add_options(self, converted: Converted) -> None:
        """Values that are to become options: one change of the catalog for all of a batch, through its one road."""
        wanted: dict[int, dict[str, list[int]]] = {i: texts for i, texts in converted.unknown.items() if texts}
        if not wanted:
            return
        entity = self.catalog.object(self.object)
        if not self.dry:
            async with self.job.db.transaction() as db:
                await self.job.fence(db)
                fresh = await load_catalog(db, self.workspace)
                changes: list[dict[str, Any]] = []
                for i, texts in wanted.items():
                    f = fresh.object(self.object).fields[self.mapping[i].target.field.name]
                    there = {o.name for o in f.options}
                    for text in texts:
                        if text[:100] not in there:
                            option = {"name": text[:100], "label": {"en": text[:100], "zh": text[:100]}}
                            changes.append(
                                {"op": "add_option", "object": self.object, "field": f.name, "option": option}
                            )
                            there.add(text[:100])
                self.catalog = (
                    (await evolve(db, self.workspace, changes, actor=self.actor.id)).catalog if changes else fresh
                )
            self.actor.statements.clear()
            entity = self.catalog.object(self.object)
            self.converter.relearn(entity)
        for i, texts in wanted.items():
            f = entity.fields[self.mapping[i].target.field.name]
            many = entity.types[f.name].many
            for text, rows in texts.items():
                for row in rows:
                    if not self.dry:
                        read = entity.types[f.name].read_text(f, converted.cells[row][i].strip(), self.converter.env)
                        converted.values[row][f.name] = read if many else text[:100]
                    elif f.required and f.options:
                        converted.values[row][f.name] = [f.options[0].name] if many else f.options[0].name
                    error = FieldError(f.name, "option_added", {"value": text})
                    converted.notes.append(Note(converted.lines[row], i, text, error))

    async def _link(self, ctx: Context, converted: Converted) -> None:
        """Ids in place of what links are called."""
        entity = self.catalog.object(self.object)
        for i, rows in converted.links.items():
            assigned, name = self.mapping[i], self.mapping[i].target.field.name
            many = entity.types[name].many
            if i in self.selves:  # it may come further down: when all rows are in, we shall see
                continue
            finder = self.finders[i]
            await finder.look(ctx, (text for texts in rows for text in texts))
            if assigned.missing == "create":
                await finder.make(ctx, (text for texts in rows for text in texts))
            for row, texts in enumerate(rows):
                ids = self._found(finder, i, texts, converted, row)
                if ids is None:
                    continue
                if texts or self.converter.clear:
                    self._put(converted.values[row], name, ids, many)

    def _put(self, values: dict[str, Any], name: str, ids: list[str], many: bool) -> None:
        f = self.catalog.object(self.object).fields[name]
        if many:
            values[name] = ids
        elif f.type == "reference":
            finder = next(x for i, x in self.finders.items() if self.mapping[i].target.field.name == name)
            if ids:
                values[name] = {"object": finder.object, "id": ids[0]}
        else:
            values[name] = ids[0] if ids else None

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
                converted.fail(row, column, text, finder.error(name, text, found))
                good = False
        return ids if good else None

    # -- writing -----------------------------------------------------------------------------------------------------

    async def _write(self, ctx: Context, converted: Converted, result: _Result) -> None:
        """The good rows through the one write path. Rows with the same key go in one after the other."""
        good = [i for i in range(len(converted.values)) if i not in converted.errors]
        values = converted.values
        if not self.key:
            for v in values:
                v.pop("id", None)
            await self._write_rows(ctx, converted, result, {i: Create(values[i]) for i in good})
            return
        turns: list[list[int]] = []
        seen: dict[bytes, int] = {}
        for i in good:
            value = values[i].get(self.key)
            if value is None or value == "":
                if self.mode == "update":
                    converted.fail(i, self._column(self.key), "", FieldError(self.key, "key_missing"))
                    continue
                turn = 0
            else:
                mark = dumps(value)
                turn = seen.get(mark, 0)
                seen[mark] = turn + 1
            while len(turns) <= turn:
                turns.append([])
            turns[turn].append(i)
        for rows in turns:
            await self._write_rows(ctx, converted, result, await self._keyed(ctx, converted, result, rows))

    async def _keyed(
        self, ctx: Context, converted: Converted, result: _Result, rows: Sequence[int]
    ) -> dict[int, Operation]:
        """What is to be done with rows, by whether a record with their key is there."""
        key, values = self.key, converted.values
        entity = ctx.catalog.object(self.object)
        column = self._column(key)
        keyed = [i for i in rows if values[i].get(key) not in (None, "")]
        found = dict(zip(keyed, await find_by_keys(ctx, entity, [{key: values[i][key]} for i in keyed]), strict=True))
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
                result.counts.skipped += 1
                result.notes.append(
                    Note(converted.lines[i], column, text, FieldError(key, "already_there", {"value": text}))
                )
            elif ids:
                operations[i] = Update(ids[0], {n: v for n, v in rest.items() if n != key})
            elif self.mode == "update":
                result.counts.skipped += 1
                result.notes.append(
                    Note(converted.lines[i], column, text, FieldError(key, "key_not_found", {"value": text}))
                )
            else:
                operations[i] = Create(rest)
        return operations

    async def _write_rows(
        self, ctx: Context, converted: Converted, result: _Result, operations: Mapping[int, Operation]
    ) -> None:
        rows = list(operations)
        for i, outcome in zip(rows, await self._outcomes(ctx, list(operations.values())), strict=True):
            if outcome.problem is None:
                if outcome.kind == "create":
                    result.counts.created += 1
                else:
                    result.counts.updated += 1
                self._note_later(converted, result, i, outcome.id or "")
                continue
            errors = outcome.problem.errors or [FieldError(None, outcome.problem.code, outcome.problem.values)]
            for e in errors:
                column = self._column(e.field or "")
                converted.fail(i, column, converted.cells[i][column] if column >= 0 else "", replace(e, row=None))

    async def _outcomes(self, ctx: Context, operations: list[Operation]) -> list[Outcome]:
        """What became of each; a refusal of the whole is narrowed down to the rows that caused it."""
        if not operations:
            return []
        try:
            async with ctx.db.savepoint():
                return await write(ctx, self.object, operations, atomic=False, render=False)
        except (Retry, Unavailable):
            raise
        except (Problem, DatabaseError) as refusal:
            if len(operations) == 1:
                problem = refusal if isinstance(refusal, Problem) else Problem("invalid")
                kind = "create" if isinstance(operations[0], Create) else "update"
                if isinstance(refusal, DatabaseError):
                    _log.warning("a row was refused by the database", reason=str(refusal)[:300])
                return [Outcome(problem.status, None, kind, problem)]
            if isinstance(refusal, Forbidden) and refusal.code == "forbidden_verb":
                raise
            middle = len(operations) // 2
            return await self._outcomes(ctx, operations[:middle]) + await self._outcomes(ctx, operations[middle:])

    def _column(self, name: str) -> int:
        """The column that goes into a field; -1 when none does."""
        return self.converter.by_field.get(name, self.converter.by_field.get(name.partition("_currency")[0], -1))

    # -- links within the file ---------------------------------------------------------------------------------------

    def _note_later(self, converted: Converted, result: _Result, row: int, id: str) -> None:
        for i in self.selves:
            texts = converted.links[i][row]
            if texts:
                result.later.append({"id": id, "line": converted.lines[row], "column": i, "texts": texts})
        if self.dry and self.selves:
            entity = self.catalog.object(self.object)
            title = converted.values[row].get(entity.title)
            if isinstance(title, str) and len(self.titles) < 2_000_000:
                self.titles.add(loose(title))

    def _write_later(self, entries: Sequence[Mapping[str, Any]]) -> int:
        data = b"".join(dumps(e) + b"\n" for e in entries)
        self.later.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.later.open("r+b" if self.later.exists() else "w+b") as file:
            file.truncate(self.later_size)
            file.seek(self.later_size)
            file.write(data)
        return self.later_size + len(data)

    def _read_later(self) -> tuple[list[dict[str, Any]], int]:
        entries: list[dict[str, Any]] = []
        with self.later.open("rb") as file:
            file.seek(self.later_done)
            while len(entries) < CHUNK and file.tell() < self.later_size:
                entries.append(loads(file.readline()))
            return entries, file.tell()

    async def _link_later(self) -> bool:
        """Some links between rows of the file; False when all are made."""
        if self.later_done >= self.later_size:
            return False
        entries, done = await asyncio.to_thread(self._read_later)
        entity = self.catalog.object(self.object)
        problems = Problems(json.loads(json.dumps(self.problems.stored())))
        async with self.job.db.transaction(self.workspace.role) as db:
            await self.job.fence(db)
            ctx = self._context(db)
            for i in self.selves:
                mine = [e for e in entries if e["column"] == i]
                if mine:
                    await self._link_column(
                        ctx, i, mine, problems, entity.types[self.mapping[i].target.field.name].many
                    )
            await self._save(db, self.counts, problems, self.later_size, done)
        self.problems, self.later_done = problems, done
        return True

    async def _link_column(
        self, ctx: Context, i: int, entries: Sequence[Mapping[str, Any]], problems: Problems, many: bool
    ) -> None:
        assigned, finder = self.mapping[i], self.finders[i]
        name = assigned.target.field.name
        texts = [t for e in entries for t in e["texts"]]
        finder.names = None  # of what came in since
        await finder.look(ctx, (t for t in texts if not (self.dry and loose(t) in self.titles)))
        if assigned.missing == "create" and not self.dry:
            await finder.make(ctx, texts)
        updates: list[Operation] = []
        told: list[Mapping[str, Any]] = []
        for e in entries:
            ids: list[str] = []
            for text in e["texts"]:
                if self.dry and loose(text) in self.titles:
                    continue
                found = finder.known.get(text, Found(code="link_not_found"))
                if found.id:
                    ids.append(found.id)
                    if found.title:
                        problems.add(
                            "note",
                            e["line"],
                            text,
                            FieldError(name, "link_loose", {"value": text, "near": found.title}),
                        )
                elif assigned.missing == "empty":
                    problems.add("note", e["line"], text, FieldError(name, "left_empty", {"value": text}))
                elif not (self.dry and assigned.missing == "create"):
                    problems.add("error", e["line"], text, finder.error(name, text, found))
            if ids and not self.dry:
                updates.append(Update(e["id"], {name: ids if many else ids[0]}))
                told.append(e)
        for e, outcome in zip(told, await self._outcomes(ctx, updates), strict=True):
            if outcome.problem is not None:
                for error in outcome.problem.errors or [FieldError(name, outcome.problem.code)]:
                    problems.add("error", e["line"], "; ".join(e["texts"]), replace(error, row=None))


@task("transfer.tidy", every=6 * 3600)
async def tidy(job: Job) -> None:
    """Remove the files of uploads and imports that nobody needs any more."""
    folder = Settings.load().data / "transfer"
    async with job.db.connection() as db:
        for workspace in await workspaces(db):
            schema = quote(workspace.schema)
            gone = await db.fetch(
                f"DELETE FROM {schema}._upload u WHERE at < now() - make_interval(days => {KEPT_DAYS}) AND NOT EXISTS"
                f" (SELECT FROM {schema}._import i WHERE i.upload = u.id AND i.status IN ('queued', 'running')) RETURNING id"
            )
            old = await db.fetch(
                f"UPDATE {schema}._import SET errors_size = 0 WHERE at < now() - make_interval(days => {KEPT_DAYS})"
                " AND status NOT IN ('queued', 'running') AND errors_size > 0 RETURNING id"
            )
            for (id,) in gone:
                await asyncio.to_thread(upload_path(folder, id).unlink, True)
            for (id,) in old:
                await asyncio.to_thread(bad_rows_path(folder, id).unlink, True)
                await asyncio.to_thread(later_path(folder, id).unlink, True)
