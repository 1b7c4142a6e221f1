"""From the queue to the receiver.

Each webhook has its own task, so that a slow receiver delays nobody else. A message that fails is due again later and later;
a receiver that fails three times in a row is left alone and asked with a single message from time to time, and gets
everything as soon as it answers. Messages under way are leased: who dies with one leaves it to another.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanxi import egress, vault
from guanxi.base import Problem, Unavailable, log
from guanxi.base.json import dumps
from guanxi.pg import Connection, Database, DatabaseError, listen, quote
from guanxi.records import Workspace
from guanxi.records.sweeping import Sweep, beside
from guanxi.webhooks.queueing import CHANNEL, switch_off
from guanxi.webhooks.shaping import about
from guanxi.webhooks.signing import sign

SCHEDULE = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 28800, 43200, 43200)
"""Seconds after each failed try until the next: a little more than two days in all. Then the message has failed."""
PATIENCE_DAYS = 3
"""A receiver that has failed for so long is switched off."""
TROUBLE = 3
"""Failures in a row after which a receiver is left alone for a while."""
LONGEST_PAUSE = 300.0
LEASE = 60.0
EACH = 8
"""Messages under way to one receiver from this process."""
ANSWER = 2_000
"""Characters of an answer that are kept."""

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Taken:
    id: str
    attempt: int
    tries: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Target:
    url: str
    headers: dict[str, str]
    secret: bytes
    old_secret: bytes | None
    failures: int


async def _take(database: Database, workspace: Workspace, hook: str) -> tuple[_Target, list[_Taken]] | None:
    """The next messages, leased; None when nothing is due."""
    schema = quote(workspace.schema)
    async with database.transaction(workspace.role) as db:
        row = await db.row(
            "SELECT url, headers, secret, CASE WHEN old_until > now() THEN old_secret END, failures"
            f" FROM {schema}._webhook WHERE id = %(id)s::uuid AND active AND coalesce(paused_until <= now(), TRUE)",
            {"id": hook},
        )
        if row is None:
            return None
        target = _Target(*row)
        rows = await db.fetch(
            f"WITH found AS (SELECT id FROM {schema}._webhook_message WHERE webhook = %(id)s::uuid AND state = 'waiting'"
            " AND due_at <= now() ORDER BY seq NULLS FIRST LIMIT %(n)s FOR UPDATE SKIP LOCKED)"
            f" UPDATE {schema}._webhook_message AS m SET due_at = now() + make_interval(secs => %(lease)s), tries = tries + 1,"
            " attempts = attempts + 1 FROM found WHERE m.id = found.id RETURNING m.id, m.attempts, m.tries, m.payload",
            {"id": hook, "n": 1 if target.failures >= TROUBLE else EACH, "lease": LEASE},
        )
    return (target, [_Taken(id, attempt, tries, text.encode()) for id, attempt, tries, text in rows]) if rows else None


@dataclass(frozen=True, slots=True)
class _Ended:
    ok: bool
    status: int | None
    ms: int
    headers: Mapping[str, str]
    answer: str | None = None
    problem: Problem | None = None
    pause: float = 0.0
    gone: bool = False


async def _send(database: Database, workspace: Workspace, hook: str, target: _Target, message: _Taken) -> _Ended:
    began, stamp = time.perf_counter(), int(time.time())
    shown = {
        "content-type": "application/json",
        "webhook-id": f"msg_{message.id}",
        "webhook-timestamp": str(stamp),
        **target.headers,
    }
    try:
        keys = [
            vault.unseal(one, about(workspace.id, hook)).decode() for one in (target.secret, target.old_secret) if one
        ]
        own: dict[str, str] = {}
        if any(vault.PLACE.search(text) for text in target.headers.values()):
            async with database.transaction(workspace.role) as db:
                own = await vault.filled(db, workspace, target.headers)
        headers = {**shown, **own, "webhook-signature": sign(keys, f"msg_{message.id}", stamp, message.payload)}
        reply = await egress.send("POST", target.url, headers=headers, body=message.payload)
    except (Unavailable, DatabaseError):
        raise
    except Problem as problem:
        return _Ended(False, None, round((time.perf_counter() - began) * 1000), shown, problem=problem)
    pause = 0.0
    if reply.status in (429, 502, 503, 504):
        later = reply.headers.get("retry-after", "")
        pause = min(float(later), 3600.0) if later.isascii() and later.isdigit() and len(later) < 9 else 0.0
    ok = 200 <= reply.status < 300
    return _Ended(ok, reply.status, reply.ms, shown, reply.text[:ANSWER], pause=pause, gone=reply.status == 410)


async def _record(database: Database, workspace: Workspace, hook: str, done: Sequence[tuple[_Taken, _Ended]]) -> None:
    """Write down how attempts ended, those aside whose messages somebody else has by now."""
    schema = quote(workspace.schema)
    jitter = 0.8 + random.random() * 0.4  # noqa: S311 - spreads attempts only
    rows: list[dict[str, Any]] = []
    for message, ended in done:
        more = message.tries <= len(SCHEDULE) and not ended.gone
        problem = ended.problem
        told = {} if problem is None else problem.errors[0].values if problem.errors else problem.values
        rows.append(
            {
                "id": message.id,
                "attempt": message.attempt,
                "state": "done" if ended.ok else "waiting" if more else "failed",
                "wait": SCHEDULE[message.tries - 1] * jitter if more else 0.0,
                "ms": ended.ms,
                "status": ended.status,
                "headers": ended.headers,
                "answer": ended.answer,
                "error": None if problem is None else problem.errors[0].code if problem.errors else problem.code,
                "detail": {k: str(v) for k, v in told.items()} or None,
            }
        )
    async with database.transaction(workspace.role) as db:
        held = await db.fetch(
            "WITH ins AS (SELECT * FROM json_to_recordset(%(rows)s::json) AS r(id uuid, attempt integer, state text, wait float8,"
            " ms integer, status integer, headers jsonb, answer text, error text, detail jsonb)),"
            f" up AS (UPDATE {schema}._webhook_message AS m SET state = ins.state, due_at = now() + make_interval(secs => ins.wait),"
            " ended_at = CASE WHEN ins.state <> 'waiting' THEN now() END FROM ins"
            " WHERE m.id = ins.id AND m.attempts = ins.attempt AND m.state = 'waiting' RETURNING m.id),"
            f" noted AS (INSERT INTO {schema}._webhook_attempt (message, attempt, ms, status, headers, answer, error, detail)"
            " SELECT ins.id, ins.attempt, ins.ms, ins.status, ins.headers, ins.answer, ins.error, ins.detail"
            " FROM ins WHERE ins.id IN (SELECT id FROM up) RETURNING 1)"
            " SELECT id FROM up",
            {"rows": dumps(rows).decode()},
        )
        mine = {id for (id,) in held}
        if mine:
            await _fares(db, workspace, hook, [ended for message, ended in done if message.id in mine], jitter)


async def _fares(db: Connection, workspace: Workspace, hook: str, done: Sequence[_Ended], jitter: float) -> None:
    """What attempts say about the receiver: it answers, or is left alone for a while, or is given up."""
    schema = quote(workspace.schema)
    gone, pause = any(e.gone for e in done), max(e.pause for e in done)
    if any(e.ok for e in done):
        recovered = await db.value(
            f"WITH found AS (SELECT id, failures FROM {schema}._webhook WHERE id = %(hook)s::uuid FOR UPDATE)"
            f" UPDATE {schema}._webhook AS h SET failures = 0, failing_since = NULL, last_ok = now(),"
            " paused_until = CASE WHEN %(pause)s > 0 THEN now() + make_interval(secs => %(pause)s) END"
            " FROM found WHERE h.id = found.id RETURNING found.failures",
            {"hook": hook, "pause": pause},
        )
        if recovered:  # what waits for its turn need not wait any longer, bar what is under way
            await db.execute(
                f"UPDATE {schema}._webhook_message SET due_at = now() WHERE webhook = %(hook)s::uuid AND state = 'waiting'"
                " AND tries > 0 AND due_at > now() + make_interval(secs => %(lease)s)",
                {"hook": hook, "lease": LEASE},
            )
        late = False
    else:
        late = await db.value(
            f"UPDATE {schema}._webhook SET failures = failures + %(n)s, failing_since = coalesce(failing_since, now()),"
            " paused_until = CASE WHEN failures + %(n)s >= %(trouble)s OR %(pause)s > 0 THEN now() + make_interval(secs =>"
            " greatest(%(pause)s, least(5 * 2 ^ least(failures + %(n)s - %(trouble)s, 10), %(longest)s) * %(jitter)s)) END"
            " WHERE id = %(hook)s::uuid RETURNING failing_since < now() - make_interval(days => %(days)s)",
            {
                "hook": hook,
                "n": len(done),
                "trouble": TROUBLE,
                "pause": pause,
                "longest": LONGEST_PAUSE,
                "jitter": jitter,
                "days": PATIENCE_DAYS,
            },
        )
    if gone or late:
        await switch_off(db, workspace, hook, "gone" if gone else "failing")


async def _drain(database: Database, workspace: Workspace, hook: str) -> int:
    """Send what is due to one receiver, a few at a time; how many were sent or failed."""
    total = 0
    while (taken := await _take(database, workspace, hook)) is not None:
        target, messages = taken
        tried = await asyncio.gather(
            *(_send(database, workspace, hook, target, message) for message in messages), return_exceptions=True
        )
        both = list(zip(messages, tried, strict=True))
        # What went out is written down, whatever kept another message from it: else it would go out again.
        await _record(database, workspace, hook, [(m, e) for m, e in both if not isinstance(e, BaseException)])
        if failed := next((e for e in tried if isinstance(e, BaseException)), None):
            raise failed
        total += len(messages)
    return total


async def _due(database: Database, workspace: Workspace) -> list[str]:
    schema = quote(workspace.schema)
    async with database.connection(workspace.role) as db:
        rows = await db.fetch(
            f"SELECT w.id FROM {schema}._webhook AS w WHERE w.active AND coalesce(w.paused_until <= now(), TRUE) AND EXISTS ("
            f"SELECT FROM {schema}._webhook_message AS m WHERE m.webhook = w.id AND m.state = 'waiting' AND m.due_at <= now())"
        )
    return [row[0] for row in rows]


async def send_due(database: Database, workspace: Workspace) -> int:
    """Send everything that is due in a workspace now, receivers side by side; how many attempts were made."""
    return sum(await asyncio.gather(*(_drain(database, workspace, hook) for hook in await _due(database, workspace))))


class Sender:
    """Sends what is due, soon after it is told and at every sweep, until stopped. Any number of processes may do so."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._sweep = Sweep(database, "webhooks")

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop``; what is under way then is somebody else's after its lease."""
        try:
            await beside(stop, self._hear(), self._sweep.run(self._look))
        finally:
            tasks = list(self._busy.values())
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await egress.close()

    async def _hear(self) -> None:
        async for notice in listen(self._database.url, CHANNEL):
            self._sweep.tell(None if notice is None else notice.payload)

    async def _look(self, workspace: Workspace) -> None:
        for hook in await _due(self._database, workspace):
            if hook not in self._busy:
                self._busy[hook] = asyncio.create_task(self._serve(workspace, hook))

    async def _serve(self, workspace: Workspace, hook: str) -> None:
        try:
            await _drain(self._database, workspace, hook)
        except (Unavailable, DatabaseError) as error:
            _log.warning("a webhook waits for the database", reason=str(error))
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again after the lease
            _log.error("a webhook could not be served", error, webhook=hook)
        finally:
            self._busy.pop(hook, None)
