"""The run of an import: a table's rows into records, in batches that each commit together with how far the import is.

So a run that dies goes on where it was, with no row lost and none twice; all of it is one change set, to be undone as
one. A dry run takes the same way and takes every batch back.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from guanxi.base import FieldError, Invalid, Problem, Unavailable, log
from guanxi.base.json import dumps
from guanxi.base.settings import Settings
from guanxi.pg import Connection, Retry, quote
from guanxi.pg.jobs import Job, Lost, task
from guanxi.records import (
    Actor,
    Context,
    Ended,
    Workspace,
    ended,
    evolve,
    load_actor,
    load_catalog,
    load_workspace,
    rules,
    settle,
    workspaces,
)
from guanxi.schema.catalog import Catalog
from guanxi.schema.types import Env
from guanxi.transfer import closing
from guanxi.transfer import mapping as mappings
from guanxi.transfer.convert import CellError, Converted, Converter, Note, Tally
from guanxi.transfer.groups import Groups, charges, whole
from guanxi.transfer.later import TITLES, Later
from guanxi.transfer.linking import Linker
from guanxi.transfer.pictures import keep
from guanxi.transfer.reading import batches
from guanxi.transfer.report import BadRows, Problems
from guanxi.transfer.storing import Counts, Result, Store, fallbacks, other_ways
from guanxi.transfer.systems import living
from guanxi.transfer.table import Batch, Inspection
from guanxi.transfer.uploads import upload_path

CHUNK = 1_000
STALE = 60
"""Seconds without a sign of life after which a running import counts as interrupted."""
KEPT_DAYS = 30
"""How long files of imports are kept."""
TRIES = 4
WAITING = "32MB"
"""How much of an import's search entries waits to be sorted into the index together."""
ABREAST = 6
"""Batches that are written at the same time: while one is being prepared the database is busy with others."""
GIVE_WAY = 10.0
"""Seconds that a batch waits for the one before it; then they may be waiting for each other."""

_log = log.get(__name__)

_LOAD = (
    "owner, upload, folder, name, object, mode, key, mapping, options, inspection, dry_run, change_set, status, stop, job, read,"
    " created, updated, skipped, failed, errors_size, later_size, later_done, problems, seconds, made"
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
    marks: set[tuple[Any, ...]] | None


def _meet(some: set[tuple[Any, ...]] | None, others: set[tuple[Any, ...]] | None) -> bool:
    """Whether two batches may touch a common record."""
    return some is None or others is None or not some.isdisjoint(others)


async def _end(flights: deque[_Flight]) -> None:
    """Give up what is still being written."""
    for flight in flights:
        flight.task.cancel()
    if flights:
        await asyncio.wait([flight.task for flight in flights])
    flights.clear()


class _TakeBack(Exception):
    """Undoes the batch of a dry run."""


async def run_import(job: Job) -> None:
    """Carry out an import, from its beginning or from where an earlier attempt was; which worker does so, :mod:`telling` says."""
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
        status = "failed" if error else "cancelled" if stopped else "done"
        row = await db.row(
            f"UPDATE {quote(workspace.schema)}._import SET status = %(status)s, error = %(error)s, ended_at = now(), seen_at = now()"
            " WHERE id = %(id)s::uuid AND job = %(job)s RETURNING created + updated, failed",
            {
                "status": status,
                "error": error,
                "id": job.args["import"],
                "job": job.id,
            },
        )
        if row is not None and not state["dry_run"] and status != "cancelled":
            facts = {"name": state["name"], "object": state["object"], "n": row[0], "failed": row[1]}
            await ended(db, workspace, Ended("import", job.args["import"], state["owner"], status, facts))
        if row is not None and not state["dry_run"]:
            await settle(db, workspace, state["object"], row[0])


class _Run:
    """One attempt at an import."""

    def __init__(
        self, job: Job, workspace: Workspace, catalog: Catalog, actor: Actor, id: str, state: Mapping[str, Any]
    ) -> None:
        self.job, self.workspace, self.catalog, self.actor, self.id = job, workspace, catalog, actor, id
        self.object: str = state["object"]
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
        self.counts = Counts(*(state[n] for n in ("read", "created", "updated", "skipped", "failed")))
        self.problems, self.made = Problems(state["problems"]), Counter[str](state["made"])
        self.met = set[int]()
        headings = [c.name for c in self.inspection.columns]
        self.bad = BadRows(bad_rows_path(folder, id), headings, actor.language, state["errors_size"])
        self.seconds = float(state["seconds"])
        self.clock = time.monotonic()
        self.linker = Linker(entity, self.mapping, self.converter.clear)
        unique = frozenset(n for n in self.converter.by_field if entity.fields[n].unique)
        self.groups = any(a.target.child for a in self.mapping.values())
        kind = Groups if self.groups else Store
        self.store = kind(self.object, state["mode"], state["key"], self.converter, unique if self.dry else None)
        if isinstance(self.store, Groups):
            self.store.prepare(catalog, entity, self.mapping)
            self.store.charges = charges(self.inspection.columns, self._columns())
        self.store.fill = self.options.get("existing") == "fill"
        self.store.others = other_ways(entity, self.converter.by_field, self.store.key)
        self.store.otherwise, _ = fallbacks(entity, self.mapping, self.converter.env)
        self.later = Later(
            later_path(folder, id), self.linker, self.store, state["later_size"], state["later_done"], self.dry
        )
        self.alone = (
            self.dry or self.groups or self.linker.makes or bool(rules.afters(self.object) or entity.ruling.blocking)
        )
        self.distinct = {*unique, state["key"]} - {""}

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
        await self._index_key()
        rows = batches(self.path, self.inspection, size=CHUNK, skip=self.counts.read)
        if self.inspection.format != "vcard":
            rows = closing.records(rows, self.inspection.columns)
        if self.groups:
            rows = whole(rows, self.converter.column_of(self.store.key))
        rows = living(rows, self.inspection.columns, self._columns())
        ahead = asyncio.create_task(asyncio.to_thread(self._next, rows))
        flights: deque[_Flight] = deque()
        try:
            while not self.stop:
                batch, converted = await ahead
                if batch is None or converted is None:
                    break
                # The next rows are read and understood while the database is busy with these, and those before them.
                ahead = asyncio.create_task(asyncio.to_thread(self._next, rows))
                marks = self._marks(converted)
                while flights and (len(flights) >= ABREAST or any(_meet(marks, f.marks) for f in flights)):
                    await self._land(flights)
                if self.stop:
                    break
                before = flights[-1].task if flights else None
                flights.append(_Flight(asyncio.create_task(self._commit(batch, converted, before)), marks))
            while flights:
                await self._land(flights)
        finally:
            await _end(flights)
            with suppress(Exception):
                await ahead
            await asyncio.to_thread(rows.close)  # type: ignore[attr-defined]
        while not self.stop and await self._link_later():
            pass
        return self.stop

    def _columns(self) -> set[int]:
        """The columns of the file that go into a field."""
        return {
            at
            for i, a in self.mapping.items()
            for at in (i if a.source is None else a.source, *(n for n, _ in a.joined))
        }

    async def _land(self, flights: deque[_Flight]) -> None:
        """Wait for the first batch; when it fails those after it are given up."""
        first = flights.popleft()
        await asyncio.wait((first.task,))
        if first.task.exception():
            await _end(flights)
        first.task.result()

    async def _index_key(self) -> None:
        """A field that many rows are looked up by gets an index; without one each batch would go through the whole table."""
        key = self.catalog.object(self.object).fields.get(self.store.key)
        if key is None or key.index or key.unique or self.dry or self.inspection.rows <= CHUNK:
            return
        change = {"op": "change_field", "object": self.object, "field": key.name, "index": True}
        with suppress(Invalid):  # of a kind that has none
            async with self.job.db.transaction(timeout=0) as db:
                await self.job.fence(db)
                self.catalog = (await evolve(db, self.workspace, [change], actor=self.actor.id)).catalog
            self.actor.statements.clear()

    def _marks(self, converted: Converted) -> set[tuple[Any, ...]] | None:
        """What two batches must not share to be written side by side; None when a batch must be alone.

        Side by side may go what touches no common record: other keys, other unique values, nothing made on the way.
        """
        if self.alone or converted.unknown:
            return None
        try:
            unique = {(n, v[n]) for v in converted.values for n in self.distinct if v.get(n) is not None}
            return unique.union(*map(self.store.marks, converted.values))
        except TypeError:  # a key that has parts
            return None

    def _next(self, rows: Iterator[Batch]) -> tuple[Batch, Converted] | tuple[None, None]:
        batch = next(rows, None)
        if batch is None:
            return None, None
        converted = self.converter.convert(batch)
        if isinstance(self.store, Groups):
            self.store.convert(batch, converted)
        return batch, converted

    async def _commit(self, batch: Batch, converted: Converted, before: asyncio.Task[None] | None = None) -> None:
        """One batch, tried again when it collides with somebody else's work; it is kept only after the one ``before``."""
        for attempt in range(TRIES):
            trial = replace(
                converted,
                errors={i: list(e) for i, e in converted.errors.items()},
                notes=list(converted.notes),
                tally=Tally(self.met),
            )
            try:
                await self._once(batch, trial, before)
            except _Stopped:
                return
            except Retry:
                self.linker.forget_made()
                if attempt == TRIES - 1:
                    raise
                if before:
                    await asyncio.wait((before,))
                await asyncio.sleep(0.05 * 4**attempt)
            else:
                return

    async def _once(self, batch: Batch, converted: Converted, before: asyncio.Task[None] | None) -> None:
        pictures: list[Path] = []
        try:
            await self._written(batch, converted, before, pictures)
        except BaseException:
            for path in pictures:
                path.unlink(missing_ok=True)
            raise

    async def _written(
        self, batch: Batch, converted: Converted, before: asyncio.Task[None] | None, pictures: list[Path]
    ) -> None:
        await self._add_options(converted)
        result = Result()
        async with self.job.db.transaction(self.workspace.role) as db:
            await self.job.fence(db)
            await db.execute(f"SET LOCAL gin_pending_list_limit = '{WAITING}'")
            ctx = self._context(db) if self.alone else replace(self._context(db), bulk="")
            with suppress(_TakeBack):
                async with db.savepoint() if self.dry else nullcontext():
                    await self.linker.link(ctx, converted)
                    if converted.pictures:
                        folder = Path(Settings.load().files)
                        pictures += await keep(ctx, folder, converted, self.mapping, self.dry)
                    await self.store.write(ctx, converted, result)
                    self._take_back_if_dry()
            if before:
                await self._wait_for(before)
            if not self.alone:
                await self._count(db, result.counts)
            await self._settle(db, batch, converted, result)
        self.store.seen |= result.marks
        self.linker.keep_made()

    async def _wait_for(self, before: asyncio.Task[None]) -> None:
        """Batches are kept in their order; one that stands in the other's way gives way."""
        done, _ = await asyncio.wait((before,), timeout=GIVE_WAY)
        if not done:
            raise Retry("two batches are in each other's way", "40001")
        if before.cancelled() or before.exception() or self.stop:
            raise _Stopped

    async def _count(self, db: Connection, counts: Counts) -> None:
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
            self.linker.forget_made()
            raise _TakeBack

    async def _settle(self, db: Connection, batch: Batch, converted: Converted, result: Result) -> None:
        """Note what became of a batch, in its own transaction: counts, problems, bad rows, links for the end."""
        refused = [(converted.lines[i], converted.cells[i], errors) for i, errors in converted.errors.items()]
        refused += [(b.line, b.cells, [CellError(-1, "", FieldError(None, b.code))]) for b in batch.bad]
        result.counts.read += len(batch)
        result.counts.failed += len(refused)
        result.counts.skipped += len(batch.gone)
        problems, counts = self._copy(), replace(self.counts)
        counts.add(result.counts)
        made, self.made = self.made, self.made + self._newly(converted)
        for line, _, errors in refused:
            for e in errors:
                problems.add("error", line, e.value, e.error)
        for note in (*converted.notes, *result.notes):
            problems.add("note", note.line, note.value, note.error)
        for line, name, value in batch.aside:
            problems.add("note", line, value, FieldError(name, "kept_in_note", {"field": name}))
        for line, why, value in batch.gone:
            problems.add("note", line, value, why)
        for line in batch.short:
            problems.add("note", line, "", FieldError(None, "short_row"))
        errors_size, later_size = self.bad.size, self.later.size
        waiting = self.later.entries(converted, result.ids, self.catalog.object(self.object).title)
        if refused:
            await asyncio.to_thread(self.bad.write, sorted(refused, key=lambda r: r[0]))
        if waiting:
            later_size = await asyncio.to_thread(self.later.write, waiting)
        try:
            await self._save(db, counts, problems, later_size, self.later.done)
        except BaseException:
            self.bad.size, self.made = errors_size, made
            raise
        self.counts, self.problems, self.later.size = counts, problems, later_size

    def _newly(self, converted: Converted) -> Counter[str]:
        """How many records a batch has made or found that were not counted before."""
        if len(self.met) < TITLES:
            self.met |= converted.tally.marks
        return converted.tally.counts

    async def _save(self, db: Connection, counts: Counts, problems: Problems, later_size: int, later_done: int) -> None:
        seconds = self.seconds + time.monotonic() - self.clock
        stop = await db.value(
            f"UPDATE {quote(self.workspace.schema)}._import SET read = %(read)s, created = %(created)s, updated = %(updated)s,"
            " skipped = %(skipped)s, failed = %(failed)s, errors_size = %(errors)s, later_size = %(later)s, later_done = %(done)s,"
            " problems = %(problems)s::jsonb, made = %(made)s::jsonb, seconds = %(seconds)s, seen_at = now()"
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
                "made": dumps(self.made).decode(),
                "seconds": seconds,
                "id": self.id,
                "job": self.job.id,
            },
        )
        if stop is None:
            raise Lost
        self.stop = stop

    async def _link_later(self) -> bool:
        """Some links between rows of the file; False when all are made."""
        if self.later.done >= self.later.size:
            return False
        entries, done = await asyncio.to_thread(self.later.read, CHUNK)
        problems, errors_size = self._copy(), self.bad.size
        try:
            async with self.job.db.transaction(self.workspace.role) as db:
                await self.job.fence(db)
                if unlinked := await self.later.carry_out(self._context(db), entries, problems):
                    await asyncio.to_thread(self.bad.write, unlinked)
                await self._save(db, self.counts, problems, self.later.size, done)
        except BaseException:
            self.bad.size = errors_size
            raise
        self.problems, self.later.done = problems, done
        return True

    def _copy(self) -> Problems:
        """The problems so far, to be added to: what is added counts when it is kept."""
        return Problems(json.loads(json.dumps(self.problems.stored())))

    # -- options ----------------------------------------------------------------------------------------------

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
                        cell = converted.cells[row][i].strip() if i >= 0 else text
                        read = entity.types[f.name].read_text(f, cell, self.converter.env)
                        converted.values[row][f.name] = read if many else text[:100]
                    elif f.required and f.options:
                        converted.values[row][f.name] = [f.options[0].name] if many else f.options[0].name
                    error = FieldError(f.name, "option_added", {"value": text})
                    converted.notes.append(Note(converted.lines[row], i, text, error))


@task("transfer.watch", every=60)
async def watch(job: Job) -> None:
    """Say of imports that they failed when their job has ended without saying anything."""
    async with job.db.connection() as db:
        for workspace in await workspaces(db):
            await db.execute(
                f"UPDATE {quote(workspace.schema)}._import i SET status = 'failed', error = 'import_interrupted', ended_at = now()"
                " FROM guanxi.job j WHERE j.id = i.job AND j.state IN ('failed', 'done') AND j.ended_at < now() - interval '5 seconds'"
                " AND i.status IN ('queued', 'running')"
            )


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
