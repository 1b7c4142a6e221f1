"""What hangs on a record beside the records that link to it: rows of tables of the workspace's own that name it.

A feature registers its table here; when records become one, the rows go along with them, and come back when they are taken
apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guanxi.base import Label
from guanxi.pg import Connection, quote


@dataclass(frozen=True, slots=True)
class Attached:
    """A table whose column ``record`` holds a record's id. ``key`` are the columns that tell apart the rows of one record: a row
    stays behind where the other record has one with the same key. ``only`` is SQL of which rows go along, with ``{a}`` for the row and
    ``{schema}`` for the workspace's."""

    table: str
    label: Label
    key: tuple[str, ...] = ("id",)
    only: str = "TRUE"


_tables: dict[str, Attached] = {}


def attached(table: Attached) -> None:
    """Register a table."""
    _tables[table.table] = table


def attachments() -> list[Attached]:
    """All of them, in the order in which they were registered."""
    return list(_tables.values())


def _key(t: Attached, alias: str) -> str:
    return f"ARRAY[{', '.join(f'{alias}.{quote(k)}::text' for k in t.key)}]"


async def counts(db: Connection, schema: str, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """By table and record how many rows there are; ``schema`` is the quoted name of the workspace's."""
    parts = [
        f"SELECT %(t{i})s::text, record, count(*) FROM {schema}.{t.table} AS a"
        f" WHERE record = ANY(%(ids)s::uuid[]) AND {t.only.format(a='a', schema=schema)} GROUP BY record"
        for i, t in enumerate(_tables.values())
    ]
    out: dict[str, dict[str, int]] = {}
    names = {f"t{i}": name for i, name in enumerate(_tables)}
    for table, record, n in await db.fetch(" UNION ALL ".join(parts), {"ids": list(ids), **names}) if parts else ():
        out.setdefault(table, {})[record] = n
    return out


async def lead(db: Connection, schema: str, merges: Sequence[str], lost: Sequence[str], to: Sequence[str]) -> None:
    """Lead the rows of each record of ``lost`` to that of ``to`` beside it, and note them with the merge beside it."""
    for t in _tables.values():
        table = f"{schema}.{t.table}"
        await db.execute(
            "WITH pairs AS (SELECT * FROM unnest(%(merges)s::uuid[], %(lost)s::uuid[], %(to)s::uuid[])"
            " AS p(merge, lost, survivor)),"
            f" chosen AS (SELECT DISTINCT ON (p.survivor, {_key(t, 'a')}) p.*, {_key(t, 'a')} AS key FROM pairs AS p"
            f" JOIN {table} AS a ON a.record = p.lost WHERE {t.only.format(a='a', schema=schema)} AND NOT EXISTS (SELECT 1 FROM {table} AS b"
            f" WHERE b.record = p.survivor AND {_key(t, 'b')} = {_key(t, 'a')}) ORDER BY p.survivor, {_key(t, 'a')}, p.lost),"
            f" up AS (UPDATE {table} AS a SET record = c.survivor FROM chosen AS c WHERE a.record = c.lost AND {_key(t, 'a')} = c.key"
            " RETURNING c.merge, c.lost, c.survivor, c.key)"
            f" INSERT INTO {schema}._merge_moved (merge, place, key, was, became)"
            " SELECT merge, %(table)s, key, ARRAY[lost], ARRAY[survivor] FROM up",
            {"merges": list(merges), "lost": list(lost), "to": list(to), "table": t.table},
        )


async def back(db: Connection, schema: str, lost: Sequence[str], merges: Sequence[str]) -> None:
    """Give records that were taken out of these merges the rows that they brought."""
    for t in _tables.values():
        table = f"{schema}.{t.table}"
        await db.execute(
            f"WITH mine AS (DELETE FROM {schema}._merge_moved WHERE merge = ANY(%(merges)s::uuid[]) AND place = %(table)s"
            " AND was[1] = ANY(%(lost)s::uuid[]) RETURNING was[1] AS lost, became[1] AS survivor, key)"
            f" UPDATE {table} AS a SET record = m.lost FROM mine AS m WHERE a.record = m.survivor AND {_key(t, 'a')} = m.key"
            f" AND NOT EXISTS (SELECT 1 FROM {table} AS b WHERE b.record = m.lost AND {_key(t, 'b')} = m.key)",
            {"lost": list(lost), "merges": list(merges), "table": t.table},
        )
