"""Looking whether journal and audit are what was sealed: a row that was changed, taken away or put in is named.

Whoever may do everything in the database can also make all seals anew. The heads of past days, kept elsewhere, tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from guanxi.audit.sealing import SOURCES, digest, linked, plain_forms
from guanxi.base.json import dumps
from guanxi.pg import Connection, Database, quote
from guanxi.pg.jobs import Job, defer, task
from guanxi.records import Context, Workspace, load_workspace, note

STEP = 32
"""Blocks that are read at once."""

MOST = 100
"""Problems that are named; of more only the number is told."""

Tell = Callable[[int, int], None]


@dataclass
class Problem:
    """Something that is not as it was sealed. ``what``: changed, missing, inserted (a row, by ``seq``); block, chain (the
    seals from ``block`` on); head (that of ``day``)."""

    what: str
    source: str = ""
    seq: int | None = None
    object: str | None = None
    record: str | None = None
    at: str | None = None
    block: int | None = None
    day: str | None = None


@dataclass
class Report:
    """What was found. ``rows`` were as sealed; ``removed`` had been taken away by retention, which the audit tells;
    ``unsealed`` are too new to have a seal. ``head`` is the chain now: day, block, hash."""

    ok: bool = True
    rows: int = 0
    blocks: int = 0
    removed: int = 0
    unsealed: int = 0
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])
    head: dict[str, Any] | None = None

    def add(self, problem: Problem) -> None:
        """One more that is wrong."""
        self.ok = False
        self.problem_count += 1
        if len(self.problems) < MOST:
            self.problems.append(problem)


def numbers(ranges: str) -> Iterator[int]:
    """The numbers in a multirange as PostgreSQL prints it: ``{[1,4),[7,8)}``."""
    for low, high in re.findall(r"\[(\d+),(\d+)\)", ranges):
        yield from range(int(low), int(high))


async def verify(
    database: Database,
    workspace: Workspace,
    *,
    since: date | None = None,
    kept: Mapping[str, str] | None = None,
    tell: Tell | None = None,
) -> Report:
    """Look at everything that was sealed (``since``: from that day on), in one snapshot.

    ``kept`` are heads that were kept elsewhere, by day as ``YYYY-MM-DD``, in hex digits. ``tell`` hears of progress: rows
    done, of how many.
    """
    schema = quote(workspace.schema)
    report = Report()
    async with database.transaction(snapshot=True, timeout=0) as db:
        await plain_forms(db)
        last = await db.row(
            f"SELECT day::text, block, encode(chain, 'hex') FROM {schema}._head ORDER BY block DESC LIMIT 1"
        )
        report.head = dict(zip(("day", "block", "chain"), last, strict=True)) if last else None
        begin = 0
        if since:
            begin = await db.value(
                f"SELECT coalesce(max(block), 0) FROM {schema}._seal WHERE at < %(day)s::timestamp AT TIME ZONE %(zone)s",
                {"day": since.isoformat(), "zone": workspace.timezone},
            )
        told = {source: await _told_removals(db, schema, source) for source in SOURCES}
        of = await db.value(
            f"SELECT coalesce(sum(rows), 0)::bigint FROM {schema}._seal WHERE block > %(b)s", {"b": begin}
        )
        before = b""
        if begin:
            before = bytes(await db.value(f"SELECT chain FROM {schema}._seal WHERE block = %(b)s", {"b": begin}))
        at = begin
        while True:
            blocks = await db.fetch(
                "SELECT block, source, seqs::text, rows, marks, body, chain, gone::text, digests,"
                f" seqs = gone AS empty FROM {schema}._seal WHERE block > %(at)s ORDER BY block LIMIT {STEP}",
                {"at": at},
            )
            if not blocks:
                break
            bodies = await _bodies(db, schema, [b[0] for b in blocks])
            for b in blocks:
                if b[0] != at + 1:
                    report.add(Problem("block", block=at + 1))
                chain = linked(before, b[1], b[2], bytes(b[5]))
                if chain != bytes(b[6]):
                    report.add(Problem("chain", b[1], block=b[0]))
                before, at = bytes(b[6]), b[0]
                report.blocks += 1
                await _look(db, schema, report, b, bodies.get(b[0]), told[b[1]])
                if tell:
                    tell(report.rows + report.removed, of)
        await _heads(db, schema, report, kept or {}, at)
        for source in SOURCES:
            await _others(db, schema, report, source)
    return report


async def _bodies(db: Connection, schema: str, blocks: Sequence[int]) -> dict[int, tuple[int, bytes]]:
    """How many rows of each block there are, and the SHA-256 over theirs."""
    found: dict[int, tuple[int, bytes]] = {}
    for source in SOURCES:
        rows = await db.fetch(
            f"SELECT s.block, count(*)::int, sha256(string_agg(q.d, ''::bytea ORDER BY q.seq)) FROM {schema}._seal AS s"
            f" CROSS JOIN LATERAL (SELECT r.seq, {digest(source)} AS d FROM unnest(s.seqs) AS u JOIN {schema}._{source} AS r"
            " ON r.seq >= lower(u) AND r.seq < upper(u)) AS q"
            " WHERE s.block = ANY(%(blocks)s::bigint[]) AND s.source = %(source)s GROUP BY s.block",
            {"blocks": list(blocks), "source": source},
        )
        found |= {block: (n, bytes(body)) for block, n, body in rows}
    return found


async def _look(
    db: Connection, schema: str, report: Report, b: Sequence[Any], body: tuple[int, bytes] | None, told: set[int]
) -> None:
    """One block; only when it is not whole its rows are looked at one by one."""
    block, source, seqs, rows, marks, sealed, _, gone, digests, empty = b
    if body and body == (rows, bytes(sealed)):
        report.rows += rows
        return
    away = list(numbers(gone))
    if empty and body is None and told.issuperset(away):
        report.removed += rows
        return
    there = {
        r[0]: r[1:]
        for r in await db.fetch(
            f"SELECT r.seq, {digest(source)}, r.object, r.record, r.at::text FROM {schema}._seal AS s, unnest(s.seqs) AS u"
            f" JOIN {schema}._{source} AS r ON r.seq >= lower(u) AND r.seq < upper(u) WHERE s.block = %(block)s",
            {"block": block},
        )
    }
    keep = dict(zip(away, _pieces(bytes(digests), 32), strict=False))
    parts: list[bytes] = []
    named = 0
    for seq, mark in zip(numbers(seqs), _pieces(bytes(marks), 4), strict=False):
        hash_, object_name, record, at = there.get(seq, (keep.get(seq), None, None, None))
        if seq in keep and seq in told and seq not in there:
            report.removed += 1
        elif seq not in there:
            named += 1
            report.add(Problem("missing", source, seq, block=block))
        elif bytes(hash_)[:4] != mark:
            named += 1
            report.add(Problem("changed", source, seq, object_name, record, at, block))
        else:
            report.rows += 1
        parts.append(bytes(hash_ or b""))
    if not named and not empty and sha256(b"".join(parts)).digest() != bytes(sealed):
        report.add(Problem("block", source, block=block))


def _pieces(whole: bytes, size: int) -> list[bytes]:
    return [whole[at : at + size] for at in range(0, len(whole), size)]


async def _told_removals(db: Connection, schema: str, source: str) -> set[int]:
    """What retention has taken away, as the audit tells."""
    rows = await db.fetch(
        f"SELECT details->'gone'->>%(source)s FROM {schema}._audit WHERE kind = 'retention' AND details->'gone' ? %(source)s",
        {"source": source},
    )
    return {seq for (ranges,) in rows for seq in numbers(ranges or "")}


async def _others(db: Connection, schema: str, report: Report, source: str) -> None:
    """Rows that are in no block: put in where everything is settled, or too new."""
    settled = await db.value(f"SELECT settled FROM {schema}._sealing WHERE source = %(source)s", {"source": source})
    rows = await db.fetch(
        f"SELECT r.seq, r.object, r.record, r.at::text FROM {schema}._{source} AS r WHERE NOT r.seq <@ (SELECT"
        f" coalesce(range_agg(u), '{{}}') FROM {schema}._seal AS s, unnest(s.seqs) AS u WHERE s.source = %(source)s)"
        f" ORDER BY r.seq LIMIT 100000",
        {"source": source},
    )
    for seq, object_name, record, at in rows:
        if seq <= settled:
            report.add(Problem("inserted", source, seq, object_name, record, at))
        else:
            report.unsealed += 1


async def _heads(db: Connection, schema: str, report: Report, kept: Mapping[str, str], last: int) -> None:
    """The heads of the days against the seals, and those kept elsewhere against both."""
    rows = await db.fetch(
        f"SELECT h.day::text, encode(h.chain, 'hex'), encode(s.chain, 'hex') FROM {schema}._head AS h"
        f" LEFT JOIN {schema}._seal AS s ON s.block = h.block ORDER BY h.day"
    )
    now = {day: chain for day, chain, _ in rows}
    for day, chain, sealed in rows:
        if chain != sealed:
            report.add(Problem("head", day=day))
    for day, chain in kept.items():
        if now.get(day) != chain.lower():
            report.add(Problem("head", day=day))
    top = await db.value(f"SELECT max(block) FROM {schema}._head")
    if top is not None and top != last:
        report.add(Problem("block", block=top))


# -- asked for on the page ---------------------------------------------------------------------------------------------

NAME = "audit.verify"


async def begin_verify(ctx: Context, kept: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Have a worker verify; how it goes is told by :func:`last_verify`."""
    state = {"status": "queued", "done": 0, "of": 0, "at": ctx.now.isoformat(), "by": ctx.actor.id}
    await _keep(ctx.db, ctx.workspace, state)
    await note(ctx, "audit_verify")
    await defer(
        ctx.db, NAME, {"workspace": ctx.workspace.id, "kept": dict(kept or {})}, lock=f"verify {ctx.workspace.id}"
    )
    return state


async def last_verify(ctx: Context) -> dict[str, Any] | None:
    """How the last one goes or went: ``status`` queued, running or done; then also what :class:`Report` has."""
    return await ctx.db.value(
        f"SELECT value FROM {quote(ctx.workspace.schema)}._setting WHERE name = %(name)s", {"name": NAME}
    )


async def _keep(db: Connection, workspace: Workspace, state: Mapping[str, Any]) -> None:
    await db.execute(
        f"INSERT INTO {quote(workspace.schema)}._setting (name, value) VALUES (%(name)s, %(value)s::jsonb)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = now()",
        {"name": NAME, "value": dumps(state).decode()},
    )


@task(NAME, retries=1)
async def verify_later(job: Job) -> None:
    """As it was asked for."""
    from guanxi.audit.sealing import seal

    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
    if workspace is None:
        return
    await seal(job.db, workspace)
    async with job.db.connection() as db:
        await _keep(db, workspace, {"status": "running", "done": 0, "of": 0})
    report = await verify(job.db, workspace, kept=job.args.get("kept"))
    async with job.db.connection() as db:
        at = await db.value("SELECT now()")
        await _keep(db, workspace, {"status": "done", "at": at, **asdict(report)})
