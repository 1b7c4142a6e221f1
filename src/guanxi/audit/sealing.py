"""Seals over the journal and the audit, made behind the writers, who never wait for them.

Rows are sealed as they become visible, in blocks: the SHA-256 of every row goes into the block's, the block's into the
chain. A row that a slow transaction stores late is sealed in a later block; up to ``settled`` nothing can come any more.
"""

from __future__ import annotations

from hashlib import sha256

from guanxi.pg import Connection, Database, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Workspace, workspaces

SOURCES = {
    "journal": "seq, xid, at, object, record, kind, actor, cause, change_set, version, before, after, typed",
    "audit": "seq, at, kind, actor, cause, object, record, details",
}
"""What is sealed, and of it all columns: what they print as together is what a row's hash is of."""

LATER = {"journal": "typed"}
"""A last column that came later: rows without a value in it keep the hash that they had before."""

BLOCK = 4096
"""Rows of a block at most."""


def digest(source: str, alias: str = "r") -> str:
    """SQL of a row's SHA-256; it needs :func:`plain_forms`."""
    columns = ", ".join(f"{alias}.{name}" for name in SOURCES[source].split(", "))
    text = f"ROW({columns})::text"
    if later := LATER.get(source):
        before = columns.removesuffix(f", {alias}.{later}")
        text = f"CASE WHEN {alias}.{later} IS NULL THEN ROW({before})::text ELSE {text} END"
    return f"sha256(convert_to({text}, 'UTF8'))"


async def plain_forms(db: Connection) -> None:
    """In this transaction, times print as one and the same text wherever it runs."""
    await db.execute("SET LOCAL TimeZone = 'UTC'")
    await db.execute("SET LOCAL DateStyle = 'ISO, YMD'")


def linked(before: bytes, source: str, seqs: str, body: bytes) -> bytes:
    """The chain at a block."""
    return sha256(before + source.encode() + b"\0" + seqs.encode() + b"\0" + body).digest()


async def seal(database: Database, workspace: Workspace) -> int:
    """Seal everything that is visible and was not; how many rows. Each block is a transaction of its own: what is cut
    short goes on where it was."""
    total = 0
    for source in SOURCES:
        n = BLOCK
        while n == BLOCK:
            async with database.transaction(timeout=0) as db:
                n = await _block(db, workspace, source)
            total += n
    return total


async def _block(db: Connection, workspace: Workspace, source: str) -> int:
    schema = quote(workspace.schema)
    await plain_forms(db)
    await db.fetch(f"SELECT 1 FROM {schema}._sealing ORDER BY source FOR UPDATE")  # one chain, one who adds to it
    # Who had taken a number by then has ended since, and what they stored is visible to what follows. A number is taken just
    # before its transaction gets an id; what lies between is far shorter than the pause between two looks. In a restored
    # database ids begin anew, and nobody is under way.
    settled, due = await db.row(
        "SELECT settled, coalesce(next_after < pg_snapshot_xmin(pg_current_snapshot()) OR"
        f" next_after > pg_snapshot_xmax(pg_current_snapshot()), TRUE) FROM {schema}._sealing WHERE source = %(source)s",
        {"source": source},
    ) or (0, False)
    found = await db.row(
        f"WITH found AS MATERIALIZED (SELECT r.seq, {digest(source)} AS d FROM {schema}._{source} AS r"
        f" WHERE r.seq > %(settled)s AND NOT r.seq <@ (SELECT coalesce(range_agg(u), '{{}}') FROM {schema}._seal AS s,"
        " unnest(s.seqs) AS u WHERE s.source = %(source)s AND upper(s.seqs) > %(settled)s)"
        f" ORDER BY r.seq LIMIT {BLOCK})"
        " SELECT count(*), range_agg(int8range(seq, seq, '[]'))::text, sha256(string_agg(d, ''::bytea ORDER BY seq)),"
        " string_agg(substr(d, 1, 4), ''::bytea ORDER BY seq) FROM found",
        {"source": source, "settled": settled},
    )
    n, seqs, body, marks = found or (0, "", b"", b"")
    if n:
        last = await db.row(f"SELECT block, chain FROM {schema}._seal ORDER BY block DESC LIMIT 1")
        block, before = (last[0] + 1, bytes(last[1])) if last else (1, b"")
        chain = linked(before, source, seqs, bytes(body))
        await db.execute(
            f"INSERT INTO {schema}._seal (block, source, seqs, rows, marks, body, chain) VALUES"
            " (%(block)s, %(source)s, %(seqs)s::int8multirange, %(n)s, %(marks)s, %(body)s, %(chain)s)",
            {"block": block, "source": source, "seqs": seqs, "n": n, "marks": marks, "body": body, "chain": chain},
        )
        await db.execute(
            f"INSERT INTO {schema}._head AS h (day, block, rows, chain) SELECT (now() AT TIME ZONE %(zone)s)::date, %(block)s,"
            f" %(n)s + coalesce((SELECT rows FROM {schema}._head ORDER BY block DESC LIMIT 1), 0), %(chain)s"
            " ON CONFLICT (day) DO UPDATE SET block = excluded.block, rows = excluded.rows, chain = excluded.chain, at = now()",
            {"zone": workspace.timezone, "block": block, "n": n, "chain": chain},
        )
    if n < BLOCK and due:
        await db.execute(
            f"UPDATE {schema}._sealing SET settled = next_settled, next_after = pg_snapshot_xmax(pg_current_snapshot()),"
            f" next_settled = coalesce((SELECT max(upper(s.seqs)) - 1 FROM {schema}._seal AS s WHERE s.source = %(source)s), 0)"
            " WHERE source = %(source)s",
            {"source": source},
        )
    return n


@task("audit.seal", every=60)
async def seal_all(job: Job) -> None:
    """Everything of every workspace."""
    async with job.db.connection() as db:
        known = await workspaces(db)
    for workspace in known:
        await seal(job.db, workspace)
