"""Work for later: named tasks with JSON arguments, put into the queue in the transaction that makes them necessary.

A job is leased to a worker for some seconds and the lease renewed while it runs. When the worker dies the lease runs
out and another worker starts the job again, with the next attempt number. That number is a fence: the end of an attempt
is only recorded, and its writes only kept (:meth:`Job.fence`), while it is the current one. So every job is done at
least once, and what it writes behind its fence exactly once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guanxi.base import Unavailable, json, log, new_id
from guanxi.pg import children
from guanxi.pg.connection import Connection
from guanxi.pg.errors import DatabaseError, Retry, UniqueViolation
from guanxi.pg.pool import Database, listen

LEASE = 15.0
"""Seconds that a job stays with a worker that gives no sign of life."""

GRACE = 5.0
"""Seconds that running jobs have to end when a worker stops."""

CRASHES = 4
"""How many times a job may take its worker with it before it is given up."""

KEPT_DAYS = 7
"""How long jobs that ended can be looked at."""

TASK_MEMORY = 1 << 30
"""Bytes that a task in a process of its own may have."""

CHILD = (sys.executable, "-m", "guanxi", "run-task")
"""The command that runs a task in a process of its own: it must import all tasks and call :func:`run_task`."""

_COUNTS = ("waiting", "running", "failed", "late", "stalled")
_POLL = 5.0  # seconds between looks into the queue without a notification: jobs that became due, leases that ran out
_log = log.get(__name__)


class Lost(Exception):
    """The attempt is no longer the current one: somebody else runs the job. Nothing more may be written."""


class _InChild(Exception):
    """A task failed in its own process; the text is its error, already told there."""


class Again(Exception):
    """Raised by a task to be run again after ``seconds``, without that being a failure."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


@dataclass(slots=True)
class Job:
    """An attempt at a job, as its task sees it."""

    id: int
    name: str
    args: dict[str, Any]
    attempt: int
    """1 on the first start; more after failures and after workers that died."""
    db: Database = field(repr=False)

    async def fence(self, connection: Connection) -> None:
        """Raises Lost unless this attempt is current, and keeps it so until the transaction ends."""
        sql = "select guanxi.fence(%(id)s, %(attempt)s)"
        if not await connection.value(sql, {"id": self.id, "attempt": self.attempt}):
            raise Lost


Handler = Callable[[Job], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Task:
    """A named function and how it is run."""

    name: str
    run: Handler
    queue: str
    retries: int
    process: bool
    every: float | None


tasks: dict[str, Task] = {}
"""All tasks of the modules that were imported, by name."""


def task(
    name: str, *, queue: str = "default", retries: int = 3, process: bool = False, every: float | None = None
) -> Callable[[Handler], Handler]:
    """Makes ``async def f(job: Job)`` the task ``name``.

    ``retries``: how often an exception is followed by another try, later and later. ``process``: run in a process of
    its own, with bounded memory, so that the web stays quick. ``every``: also put into the queue each so many seconds.
    """

    def register(run: Handler) -> Handler:
        if name in tasks:
            raise ValueError(f"there are two tasks {name!r}")
        tasks[name] = Task(name, run, queue, retries, process, every)
        return run

    return register


async def defer(
    connection: Connection,
    name: str,
    args: Mapping[str, object] | None = None,
    *,
    lock: str | None = None,
    at: datetime | None = None,
) -> int:
    """Puts a job into the queue, in the connection's transaction; its id.

    Of the jobs with one ``lock`` one runs at a time, in the order they came. ``at``: not before that instant. A
    workspace's role may do this too.
    """
    known = tasks.get(name)
    if known is None:
        raise LookupError(f"there is no task {name!r}")
    return await connection.value(
        "select guanxi.defer(%(queue)s, %(name)s, %(args)s, %(lock)s, %(at)s)",
        {"queue": known.queue, "name": name, "args": dict(args or {}), "lock": lock, "at": at},
    )


Step = Callable[[Connection], Awaitable[bool]]


async def in_portions(
    job: Job, role: str, portion: Step, failed: Callable[[Connection], Awaitable[object]], limit: float | None = None
) -> None:
    """Carry a job out as a workspace's role, portion by portion, each a transaction of its own behind the fence, until
    ``portion`` says that there is no more. What another attempt mends is raised; of anything else ``failed`` keeps the books.
    ``limit``: other seconds that a statement may take, 0 for any.
    """
    try:
        going = True
        while going:
            async with job.db.transaction(role, timeout=limit) as db:
                await job.fence(db)
                going = await portion(db)
    except (Lost, Unavailable, Retry):
        raise
    except Exception as failure:  # noqa: BLE001 - whatever it was, the books say that it failed
        _log.error("a job in portions failed", failure)
        async with job.db.transaction(role) as db:
            await job.fence(db)
            await failed(db)


async def alive(connection: Connection) -> bool:
    """Whether a worker gave a sign of life lately."""
    sql = "select exists (select from guanxi.worker where seen_at > now() - make_interval(secs => %(s)s))"
    return bool(await connection.value(sql, {"s": LEASE * 2}))


async def counts(connection: Connection) -> dict[str, float]:
    """``waiting`` (due now), ``running``, ``failed`` jobs, ``late`` (seconds that the oldest due job has waited) and
    ``stalled`` (seconds since the oldest lease ran out)."""
    row = await connection.row(
        """select count(*) filter (where state = 'waiting' and due_at <= now()),
                  count(*) filter (where state = 'running'), count(*) filter (where state = 'failed'),
                  greatest(0, extract(epoch from now() - min(due_at) filter (where state = 'waiting')))::float8,
                  greatest(0, extract(epoch from now() - min(lease_until) filter (where state = 'running')))::float8
           from guanxi.job where state <> 'done'"""
    )
    assert row is not None  # noqa: S101 - an aggregate has one row
    return {name: value or 0 for name, value in zip(_COUNTS, row, strict=True)}


class Worker:
    """Runs jobs of ``queues`` (all, when None) and of the tasks ``names`` (likewise), up to ``concurrency`` at a time."""

    def __init__(
        self,
        database: Database,
        *,
        queues: Iterable[str] | None = None,
        names: Iterable[str] | None = None,
        concurrency: int = 4,
        lease: float = LEASE,
    ) -> None:
        self.id = new_id()
        self._db = database
        self._queues = list(queues) if queues is not None else None
        self._names = list(names) if names is not None else None
        self._places = asyncio.Semaphore(concurrency)
        self._lease = lease
        self._spare = children.Spare(database.url)
        self._running: dict[asyncio.Task[None], tuple[int, int]] = {}
        self._woken = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop``, then gives the jobs that do not end within GRACE back to the queue."""
        beside = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep())]
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._woken.set())
        try:
            while not stop.is_set():
                self._woken.clear()
                try:
                    while not stop.is_set() and await self._take():
                        pass
                except (Unavailable, DatabaseError) as error:
                    _log.warning("the queue cannot be read", reason=str(error))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL * (0.8 + random.random() * 0.4)):  # noqa: S311 - spreads polls
                        await self._woken.wait()
        finally:
            if self._running:
                await asyncio.wait(self._running, timeout=GRACE)
            stopping.cancel()
            for running in (*self._running, *beside):
                running.cancel()
            await asyncio.gather(*self._running, *beside, return_exceptions=True)
            await self._spare.close()
            with contextlib.suppress(Unavailable, DatabaseError):
                await self._leave()

    def _tasks(self) -> dict[str, Task]:
        return tasks if self._names is None else {name: tasks[name] for name in self._names}

    async def _take(self) -> bool:
        """Starts one job; False when there is none, or no place for one."""
        if self._places.locked():
            return False
        await self._places.acquire()
        taken = None
        try:
            async with self._db.connection() as c:
                taken = await c.row(
                    _TAKE,
                    {"queues": self._queues, "names": list(self._tasks()), "worker": self.id, "lease": self._lease},
                )
        except UniqueViolation:  # another job of the same lock was started at this moment
            return False
        finally:
            if taken is None:
                self._places.release()
        if taken is None:
            return False
        id, name, args, attempt, failures, crashes = taken
        job = Job(id, name, args, attempt, self._db)
        running = asyncio.create_task(self._attempt(job, failures, crashes))
        self._running[running] = (id, attempt)
        running.add_done_callback(self._ended)
        return True

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._running.pop(running, None)
        self._places.release()
        if not running.cancelled() and (error := running.exception()):
            _log.error("the end of a job could not be recorded; it will run again", error)
        self._woken.set()

    async def _attempt(self, job: Job, failures: int, crashes: int) -> None:
        known = tasks[job.name]
        with log.bind(job=job.id, task=job.name, attempt=job.attempt):
            if crashes >= CRASHES:
                await self._record(job, _GIVE_UP, {"error": f"its worker died {crashes} times"})
                return
            try:
                await (_in_process(job, self._spare) if known.process else known.run(job))
            except Lost:
                _log.warning("the job is somebody else's now")
            except Again as again:
                await self._record(job, _AGAIN, {"seconds": again.seconds})
            except Unavailable:  # no failure of the job's: it goes back as soon as that can be written
                _log.warning("the database went away under a job")
                await self._record(job, _AGAIN, {"seconds": 1})
            except Exception as error:  # noqa: BLE001 - whatever it was, the job is recorded as failed
                _log.error("a job failed", error)
                text = str(error) if isinstance(error, _InChild) else f"{type(error).__name__}: {error}"
                last = failures >= known.retries
                wait = min(5 * 4**failures, 3600) * (0.8 + random.random() * 0.4)  # noqa: S311 - spreads retries
                how = _GIVE_UP if last else _RETRY
                await self._record(job, how, {"error": log.mask(text[:2000]), "seconds": wait})
            else:
                await self._record(job, _DONE, {})

    async def _record(self, job: Job, sql: str, args: Mapping[str, object]) -> None:
        """Writes the end of an attempt, if it is still the current one."""
        for pause in (0.2, 1.0, 3.0, None):
            try:
                async with self._db.connection() as c:
                    if not await c.execute(sql, {"id": job.id, "attempt": job.attempt, **args}):
                        _log.warning("the end of a lost attempt is not recorded")
                return
            except Unavailable:
                if pause is None:
                    _log.warning("the end of a job could not be recorded; it will run again")
                    return
                await asyncio.sleep(pause)

    async def _listen(self) -> None:
        async for _ in listen(self._db.url, "guanxi_job"):
            self._woken.set()

    async def _keep(self) -> None:
        """Says that this worker lives, renews its leases, puts recurring tasks into the queue and tidies."""
        while True:
            try:
                async with self._db.transaction() as c:
                    await c.execute(_SEEN, {"id": self.id, "host": socket.gethostname(), "pid": os.getpid()})
                    if held := list(self._running.values()):
                        ids, attempts = [h[0] for h in held], [h[1] for h in held]
                        await c.execute(_RENEW, {"ids": ids, "attempts": attempts, "lease": self._lease})
                    for known in self._tasks().values():
                        if known.every and await c.execute(_RECUR, {"name": known.name, "s": known.every}):
                            await defer(c, known.name, lock=f"every:{known.name}")
                async with self._db.connection() as c:
                    await c.execute(_TIDY, {"days": KEPT_DAYS})
                    await c.execute("delete from guanxi.worker where seen_at < now() - interval '1 hour'")
            except (Unavailable, DatabaseError) as error:
                _log.warning("the worker cannot say that it lives", reason=str(error))
            await asyncio.sleep(self._lease / 3)

    async def _leave(self) -> None:
        async with self._db.transaction() as c:
            await c.execute("delete from guanxi.worker where id = %(id)s", {"id": self.id})
            # What was cancelled is waiting again at once, and not a crash.
            await c.execute(_GIVE_BACK, {"id": self.id})


async def _in_process(job: Job, spare: children.Spare) -> None:
    """Runs the task in a child that ends when we do (its standard input is closed) and answers by its last line."""
    child = await spare.take(CHILD)
    assert child.stdin is not None  # noqa: S101 - it was asked for
    assert child.stdout is not None  # noqa: S101 - it was asked for
    try:
        order = {"id": job.id, "name": job.name, "args": job.args, "attempt": job.attempt}
        child.stdin.write(json.dumps(order) + b"\n")
        await child.stdin.drain()
        answer = await child.stdout.read()
        code = await child.wait()
    finally:
        await children.end(child)
    spare.prepare(CHILD)
    said: dict[str, Any] = json.loads(answer.splitlines()[-1]) if answer.strip() else {}
    if code == 0 and said.get("end") == "done":
        return
    if said.get("end") == "again":
        raise Again(float(said["seconds"]))
    if said.get("end") == "lost":
        raise Lost
    if said.get("end") == "unavailable":
        raise Unavailable
    raise _InChild(said.get("error") or f"the task's process ended with {code}")


async def run_task(url: str, order: Mapping[str, Any]) -> dict[str, object]:
    """The other end of a task in a process of its own: runs ``order`` and says how it ended."""
    database = await Database.open(url, min_size=0, max_size=4)
    try:
        await tasks[order["name"]].run(Job(order["id"], order["name"], order["args"], order["attempt"], database))
    except Lost:
        return {"end": "lost"}
    except Again as again:
        return {"end": "again", "seconds": again.seconds}
    except Unavailable:
        return {"end": "unavailable"}
    except MemoryError:
        return {"end": "failed", "error": f"it needed more than {TASK_MEMORY >> 20} MB of memory"}
    except Exception as error:  # noqa: BLE001 - the parent records it
        _log.error("a task failed", error)
        return {"end": "failed", "error": f"{type(error).__name__}: {error}"[:2000]}
    finally:
        await database.close()
    return {"end": "done"}


_TAKE = """
with next as (
    select j.id from guanxi.job j
    where (j.state = 'waiting' and j.due_at <= now() or j.state = 'running' and j.lease_until < now())
      and (%(queues)s::text[] is null or j.queue = any(%(queues)s::text[])) and j.name = any(%(names)s::text[])
      and (j.lock is null or not exists (
            select from guanxi.job o where o.lock = j.lock and o.id <> j.id
            and (o.state = 'running' or o.state = 'waiting' and o.due_at <= now() and o.id < j.id)))
    order by j.due_at, j.id limit 1 for update of j skip locked)
update guanxi.job set state = 'running', attempt = attempt + 1, worker = %(worker)s,
       crashes = crashes + (state = 'running')::int, lease_until = now() + make_interval(secs => %(lease)s)
from next where job.id = next.id
returning job.id, job.name, job.args, job.attempt, job.failures, job.crashes"""
_CURRENT = " where id = %(id)s and attempt = %(attempt)s and state = 'running'"
_DONE = "update guanxi.job set state = 'done', ended_at = now(), error = null" + _CURRENT
_GIVE_UP = (
    "update guanxi.job set state = 'failed', ended_at = now(), failures = failures + 1, error = %(error)s" + _CURRENT
)
_RETRY = (
    """update guanxi.job set state = 'waiting', failures = failures + 1, error = %(error)s,
            due_at = now() + make_interval(secs => %(seconds)s)"""
    + _CURRENT
)
_AGAIN = (
    """update guanxi.job set state = 'waiting',
            due_at = now() + make_interval(secs => %(seconds)s)"""
    + _CURRENT
)
_RENEW = """update guanxi.job set lease_until = now() + make_interval(secs => %(lease)s)
            from unnest(%(ids)s::bigint[], %(attempts)s::int[]) held (id, attempt)
            where job.id = held.id and job.attempt = held.attempt and job.state = 'running'"""
_GIVE_BACK = """update guanxi.job set state = 'waiting', lease_until = null
                where worker = %(id)s and state = 'running'"""
_SEEN = """insert into guanxi.worker (id, host, pid) values (%(id)s, %(host)s, %(pid)s)
           on conflict (id) do update set seen_at = now()"""
_RECUR = """insert into guanxi.recurring (name, at) select %(name)s, now()
            where not exists (select from guanxi.job where name = %(name)s and state in ('waiting', 'running'))
            on conflict (name) do update set at = now() where recurring.at <= now() - make_interval(secs => %(s)s)"""
_TIDY = (
    "delete from guanxi.job where state in ('done', 'failed') and ended_at < now() - make_interval(days => %(days)s)"
)
