"""The journal as outbox: what was committed, handed to those who follow it.

A follower takes entries in batches, in the transaction that moves its place forward: what it writes there is written once
for each entry, whatever dies meanwhile. Entries of one record come in the order in which they happened; those of slow
transactions come when they are committed, and none is passed over. Whoever begins to follow hears of what comes from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.base import Unavailable, json, log
from guanxi.pg import Connection, Database, DatabaseError, Retry, listen
from guanxi.records.compile import quote
from guanxi.records.context import Workspace
from guanxi.records.sweeping import Sweep, beside

BATCH = 500
"""Entries of a delivery at most."""

SKIPPED = 50_000
"""Entries that nobody wants and that are passed at a time."""

ALONE = 2
"""Failures after which entries are handed over one by one, to find the one that cannot be taken."""

TRIES = 6
"""Failures after which a single entry is put aside."""

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the journal. ``before`` and ``after`` hold the changed fields as stored; a create has no ``before``."""

    seq: int
    at: datetime
    object: str
    record: str
    kind: str
    """``create``, ``update``, ``delete`` (to the bin) or ``restore``."""
    actor: str | None
    cause: str
    change_set: str
    version: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Entries, oldest first, and the transaction (as the workspace's role) in which they count as handled."""

    db: Connection
    workspace: Workspace
    entries: Sequence[Entry]


Handle = Callable[[Delivery], Awaitable[None]]
Wants = Callable[[Connection, Workspace], Awaitable[Collection[str] | None]]


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows: ``wants`` says of which objects in a workspace (None: of all)."""

    name: str
    handle: Handle
    wants: Wants | None


followers: dict[str, Follower] = {}
"""All followers of the modules that were imported, by name."""


def subscriber(name: str, wants: Wants | None = None) -> Callable[[Handle], Handle]:
    """Makes ``async def f(delivery: Delivery)`` a follower of the journal, in every workspace.

    The name is its place: another name begins anew. What it does outside the database may happen again after a crash, and
    belongs into a job that it defers on ``delivery.db``.
    """

    def register(handle: Handle) -> Handle:
        if name in followers:
            raise ValueError(f"there are two followers {name!r}")
        followers[name] = Follower(name, handle, wants)
        return handle

    return register


async def deliver(database: Database, workspace: Workspace, *names: str) -> int:
    """Hand over everything that waits in a workspace, to these followers or to all; how many entries they took."""
    total = 0
    for name in names or tuple(followers):
        passed = True
        while passed:
            passed, taken = await _deliver(database, workspace, followers[name])
            total += taken
    return total


async def _deliver(database: Database, workspace: Workspace, follower: Follower) -> tuple[bool, int]:
    """One batch: whether to look again at once, and how many entries were taken."""
    size, first = BATCH, 0
    try:
        async with database.transaction(workspace.role, timeout=0) as db:
            place = await _place(db, workspace, follower.name)
            if place is None:
                return False, 0
            failures, due = place
            size = 1 if failures >= ALONE else BATCH
            wanted = None if follower.wants is None else await follower.wants(db, workspace)
            passed, entries = await _waiting(db, workspace, follower.name, wanted, size)
            if entries:
                first = entries[0].seq
                await follower.handle(Delivery(db, workspace, entries))
            await _pass(db, workspace, follower.name, passed, due)
            return passed is not None, len(entries)
    except (Unavailable, Retry):
        return False, 0
    except Exception as error:  # noqa: BLE001 - whatever it was, the others go on and this follower tries again
        _log.error("a follower of the journal failed", error, follower=follower.name, workspace=workspace.id)
        return await _failed(database, workspace, follower.name, first, size, error), 0


async def follow(db: Connection, workspace: Workspace, name: str) -> None:
    """Let a follower begin here, if it has not begun: it will hear of what is noted after this transaction's statement.

    Whoever lets somebody rely on it says so in the same transaction, and need not wait for the next sweep.
    """
    schema = quote(workspace.schema)
    await db.execute(
        f"INSERT INTO {schema}._outbox (follower, settled, next_settled) SELECT %(name)s, last, last"
        f" FROM (SELECT coalesce(max(seq), 0) AS last FROM {schema}._journal) AS j ON CONFLICT DO NOTHING",
        {"name": name},
    )


async def _place(db: Connection, workspace: Workspace, name: str) -> tuple[int, bool] | None:
    """The follower's place, locked: its failures, and whether its next settled place holds. None where somebody else is at
    it, it waits after a failure, or it has only now begun."""
    schema = quote(workspace.schema)
    # Who had taken a number by then has ended since, and what they stored is visible to the statements that follow. In a
    # restored database ids of transactions begin anew, and nobody is under way.
    row = await db.row(
        "SELECT failures, coalesce(next_after < pg_snapshot_xmin(pg_current_snapshot())"
        " OR next_after > pg_snapshot_xmax(pg_current_snapshot()), TRUE), due_at <= now()"
        f" FROM {schema}._outbox WHERE follower = %(name)s FOR UPDATE SKIP LOCKED",
        {"name": name},
    )
    if row is None:
        await follow(db, workspace, name)
        return None
    failures, settled, due = row
    return (failures, settled) if due else None


async def _waiting(
    db: Connection, workspace: Workspace, name: str, wanted: Collection[str] | None, size: int
) -> tuple[str | None, list[Entry]]:
    """The next numbers as a multirange (None: there are none), and of them the entries that are wanted."""
    schema = quote(workspace.schema)
    asked = wanted is None or len(wanted) > 0
    args = {"name": name, "wanted": None if wanted is None else list(wanted), "n": size if asked else SKIPPED}
    numbers = await db.value(
        "SELECT range_agg(int8range(f.seq, f.seq, '[]'))::text FROM ("
        # Sub-selects of one value, not a join: the journal is then entered where the follower stands, however long it is.
        f"SELECT j.seq FROM {schema}._journal AS j WHERE j.seq > (SELECT o.settled FROM {schema}._outbox AS o WHERE o.follower = %(name)s)"
        f" AND NOT j.seq <@ (SELECT o.done FROM {schema}._outbox AS o WHERE o.follower = %(name)s) ORDER BY j.seq LIMIT %(n)s) AS f",
        args,
    )
    if numbers is None or not asked:
        return numbers, []
    rows = await db.fetch(
        "SELECT j.seq, j.at, j.object, j.record::text, j.kind, j.actor::text, j.cause, j.change_set::text, j.version, j.before,"
        f" j.after FROM {schema}._journal AS j WHERE j.seq >= lower(%(numbers)s::int8multirange)"
        " AND j.seq < upper(%(numbers)s::int8multirange) AND j.seq <@ %(numbers)s::int8multirange"
        " AND (%(wanted)s::text[] IS NULL OR j.object = ANY(%(wanted)s::text[])) ORDER BY j.seq",
        {**args, "numbers": numbers},
    )
    return numbers, [Entry(*row) for row in rows]


async def _pass(db: Connection, workspace: Workspace, name: str, numbers: str | None, settled: bool) -> None:
    """Move the place forward. What is handled up to ``next_settled`` needs no telling apart any more once all who had taken
    one of those numbers have ended (``settled``) and none of them waits: numbers are taken from the lowest, so none does
    below the last of a batch. The journal is then entered there, and a long backlog costs no more for each batch."""
    schema = quote(workspace.schema)
    if numbers is not None:
        await db.execute(
            f"UPDATE {schema}._outbox SET done = done + %(numbers)s::int8multirange, failures = 0 WHERE follower = %(name)s",
            {"name": name, "numbers": numbers},
        )
    if settled:
        await db.execute(
            f"UPDATE {schema}._outbox SET settled = next_settled, done = done - int8multirange(int8range(NULL, next_settled, '[]')),"
            " next_settled = greatest(next_settled, upper(done) - 1), next_after = pg_snapshot_xmax(pg_current_snapshot())"
            " WHERE follower = %(name)s AND (settled < next_settled OR next_settled < upper(done) - 1)"
            " AND (%(numbers)s::int8multirange IS NULL OR next_settled < upper(%(numbers)s::int8multirange))",
            {"name": name, "numbers": numbers},
        )


async def _failed(database: Database, workspace: Workspace, name: str, seq: int, size: int, error: Exception) -> bool:
    """Note a failure: the follower tries again later and later, entries one by one, and goes on without one that fails
    again and again. Whether to look again at once."""
    schema = quote(workspace.schema)
    with suppress(Unavailable, DatabaseError):
        async with database.transaction(workspace.role) as db:
            failures = await db.value(
                f"UPDATE {schema}._outbox SET failures = failures + 1,"
                " due_at = now() + make_interval(secs => CASE WHEN failures < %(alone)s THEN 0 ELSE least(2 ^ failures, 300) END)"
                " WHERE follower = %(name)s RETURNING failures",
                {"name": name, "alone": ALONE},
            )
            if failures and failures >= TRIES and size == 1 and seq:
                await db.execute(
                    f"INSERT INTO {schema}._outbox_aside (follower, seq, error) VALUES (%(name)s, %(seq)s, %(error)s)"
                    " ON CONFLICT DO NOTHING",
                    {"name": name, "seq": seq, "error": log.mask(f"{type(error).__name__}: {error}"[:2000])},
                )
                await db.execute(
                    f"UPDATE {schema}._outbox SET failures = 0, due_at = now(),"
                    " done = done + int8multirange(int8range(%(seq)s, %(seq)s, '[]')) WHERE follower = %(name)s",
                    {"name": name, "seq": seq},
                )
                return True
            return failures is not None and failures <= ALONE
    return False


class Deliveries:
    """Hands over what is committed, soon after it is told and at every sweep, until stopped. Any number of processes may do
    so: each entry is one's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sweeps = {name: Sweep(database, name) for name in followers}

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop``; what is under way then is finished or rolled back."""
        await beside(stop, self._hear(), *(self._follow(name, sweep) for name, sweep in self._sweeps.items()))

    async def _hear(self) -> None:
        async for notice in listen(self._database.url, "guanxi"):
            told: dict[str, Any] = json.loads(notice.payload) if notice is not None else {"kind": "records"}
            if told.get("kind") == "records":
                for sweep in self._sweeps.values():
                    sweep.tell(told.get("w"))

    async def _follow(self, name: str, sweep: Sweep) -> None:
        await sweep.run(lambda workspace: deliver(self._database, workspace, name))
