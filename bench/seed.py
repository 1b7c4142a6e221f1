"""A workspace with many accounts, opportunities and activities, written straight into the engine's tables.

Everything that the write path would leave behind is there too: search entries, journal rows, system fields. What is
skipped is the checking, so that a million of each takes minutes. Distributions are those of a company that has grown
for three years: skewed owners, stages and amounts, changes more often of late.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import guanxi.apps
import guanxi.linkage  # noqa: F401 - both bring the objects and their standard forms
from bench.rows import KINDS, SPAN, START, Plan, Row
from guanxi import identity, records
from guanxi.pg import Connection, Database, quote
from guanxi.pg.migrate import migrate
from guanxi.records import Context, Create, grams, rollups, standard
from guanxi.records.tables import SYSTEM_COLUMNS
from guanxi.sample.story import TONGUES
from guanxi.schema.catalog import Catalog, Entity

ADMIN = identity.FirstRun(
    company="Bench", name="管理员", email="admin@example.com", password="a bench's own long password", language="zh"
)
OWNERS = 40
CHUNK = 2_000
MOLDS = 20_000
"""Records of a kind that are made one by one, all accounts aside; the others are casts of these with links and times of their own."""
VERSION = 3
"""Raised when what is seeded changes, so that folders seeded before are made anew."""

TABLES = (*KINDS, "_search", "_journal")


async def seed(url: str, folder: Path, rows: int, say: Callable[[str], None]) -> None:
    """Makes sure that ``folder`` holds ``rows`` accounts with all that :data:`bench.rows.KINDS` says."""
    marker = folder / "seeded.json"
    if marker.exists() and json.loads(marker.read_text()) == {"rows": rows, "version": VERSION}:
        say(f"{rows:,} of each are there already")
        return
    begin = time.monotonic()
    await migrate(url)
    database = await Database.open(url, statement_timeout=0)
    async with database.connection() as db:
        if not await identity.setup_needed(db):
            raise SystemExit(f"{folder} holds something else, or half of it: remove it and start again.")
    await identity.set_up(database, ADMIN)
    async with database.connection() as db:
        [workspace] = await records.workspaces(db)
        catalog = await records.load_catalog(db, workspace)
    users = await _users(database, workspace, catalog)
    schema = quote(workspace.schema)
    async with database.connection() as db:
        indexes = await db.fetch(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i LEFT JOIN pg_constraint c ON c.conname = i.indexname"
            " WHERE i.schemaname = %(s)s AND c.oid IS NULL"
            " AND i.tablename = ANY(%(t)s)",
            {"s": workspace.schema, "t": list(TABLES)},
        )
        for name, _ in indexes:
            await db.execute(f"DROP INDEX {schema}.{quote(name)}")
    plan = Plan(url, workspace.schema, rows, tuple(users), catalog)
    processes = [multiprocessing.get_context("fork").Process(target=_work, args=(plan, part, 2)) for part in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join)
    if any(p.exitcode for p in processes):
        raise RuntimeError("seeding failed")
    kinds = [name for name in KINDS if name != "account"][::-1]

    async def cast() -> None:
        async with database.connection() as db:
            await db.script(
                "SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '256MB'"
            )
            while kinds:
                await _cast(db, plan, kinds.pop())
            await db.script("RESET ALL")

    await cast()
    say(f"rows stored after {time.monotonic() - begin:.0f} s")
    async with database.connection() as db:
        for name in KINDS:
            await _journal(db, schema, name, users[0])
    await _figures(database, workspace, catalog)
    async with database.connection() as db:
        await db.script(f"VACUUM FULL {schema}.account")
    say(f"journal and figures after {time.monotonic() - begin:.0f} s")
    queue = [definition for _, definition in indexes]

    async def build() -> None:
        async with database.connection() as db:
            await db.script("SET maintenance_work_mem = '1GB'")
            while queue:
                await db.script(queue.pop())

    await asyncio.gather(build(), build())
    say(f"indexes after {time.monotonic() - begin:.0f} s")
    async with database.connection() as db:
        for name in (*TABLES, "user"):
            await db.script(f"VACUUM (ANALYZE) {schema}.{quote(name)}")
        await db.script("CHECKPOINT")
    await database.close()
    marker.write_text(json.dumps({"rows": rows, "version": VERSION}))
    say(f"seeded {rows:,} accounts and what belongs to them in {time.monotonic() - begin:.0f} s")


async def _users(database: Database, workspace: records.Workspace, catalog: Catalog) -> list[str]:
    """Sales people in four teams; the first is a plain rep with a password, to ask as."""
    rng = random.Random(1)
    async with database.transaction() as db:
        ctx = Context(db, workspace, catalog, records.system_actor(workspace), "bench")
        teams = await records.write(
            ctx, "team", [Create({"name": f"{n} 组"}) for n in ("华东", "华南", "华北", "西南")], render=False
        )
        people = [
            Create(
                {
                    "name": TONGUES["zh"].person(rng).full,
                    "email": f"rep{i}@example.com",
                    "role": {"match": {"name": "rep"}},
                    "teams": [teams[i % 4].id],
                }
            )
            for i in range(OWNERS)
        ]
        return [o.id or "" for o in await records.write(ctx, "user", people, render=False)]


async def _figures(database: Database, workspace: records.Workspace, catalog: Catalog) -> None:
    """Roll-ups, and when somebody last got through to an account."""
    async with database.transaction(timeout=0) as db:
        await rollups.fill(db, workspace, catalog, [r for d in catalog.derived.values() if (r := d.roll)])
        s = quote(workspace.schema)
        reached = " UNION ALL ".join(
            f"SELECT CASE a.about_object WHEN 'account' THEN a.about ELSE o.account END AS id, a.{at} AS at FROM {s}.{name} AS a"
            f" LEFT JOIN {s}.opportunity AS o ON a.about_object = 'opportunity' AND o.id = a.about WHERE a.{field} = '{value}'"
            for name, at, field, value in (
                ("call", "starts_at", "result", "reached"),
                ("interaction", "at", "direction", "in"),
            )
        )
        await db.execute(
            f"UPDATE {s}.account AS k SET last_contact_at = x.at FROM (SELECT id, max(at) AS at FROM ({reached}) AS y GROUP BY 1) AS x"
            " WHERE x.id = k.id"
        )


async def _journal(db: Connection, schema: str, name: str, actor: str) -> None:
    """One "create" row for each record, as the write path leaves it."""
    await db.execute(
        f"INSERT INTO {schema}._journal (at, object, record, kind, actor, cause, change_set, version, after)"
        f" SELECT created_at, %(name)s, id, 'create', %(actor)s::uuid, 'api', gen_random_uuid(), 1,"
        f" jsonb_strip_nulls(to_jsonb(t.*) - %(drop)s::text[]) FROM {schema}.{quote(name)} AS t",
        {"name": name, "actor": actor, "drop": list(SYSTEM_COLUMNS)},
    )


def _work(plan: Plan, part: int, parts: int) -> None:
    asyncio.run(_fill(plan, part, parts))


async def _fill(plan: Plan, part: int, parts: int) -> None:
    database = await Database.open(plan.url, statement_timeout=0, max_size=1)
    try:
        async with database.connection() as db:
            # Links are right by construction; checking each would take longer than everything else.
            await db.script("SET session_replication_role = replica; SET synchronous_commit = off")
            for name, (make, _) in KINDS.items():
                n = plan.number(name) if name == "account" else min(plan.number(name), MOLDS)
                mine = range(part * n // parts, (part + 1) * n // parts)
                chunk: list[Row] = []
                for row in make(plan, mine):
                    chunk.append(row)
                    if len(chunk) == CHUNK:
                        await _copy(db, plan, name, chunk)
                        chunk = []
                await _copy(db, plan, name, chunk)
    finally:
        await database.close()


async def _cast(db: Connection, plan: Plan, name: str) -> None:
    """What there is of a kind beyond its molds: the words of a mold, and its search entry, at another time and about another
    account. An order is not found by its number, which its mold does not have."""
    left = plan.number(name) - MOLDS
    if left <= 0:
        return
    s = quote(plan.schema)
    table = f"{s}.{quote(name)}"
    await db.execute(f"CREATE TEMP TABLE _mold AS SELECT row_number() OVER () - 1 AS _k, t.* FROM {table} AS t")
    for object_name in ("account", "opportunity"):
        await db.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS _{object_name} AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM {s}.{object_name}"
        )
    await db.script("ANALYZE _mold; ANALYZE _account; ANALYZE _opportunity")
    await db.execute(
        "CREATE TEMP TABLE _new AS SELECT g.g, g.g %% %(molds)s AS k, g.at, g.at + (%(end)s::timestamptz - g.at) * (1 - random() ^ 0.4) AS changed,"
        " (lpad(to_hex((extract(epoch FROM g.at) * 1000)::bigint), 12, '0') || '7' || substr(g.tail, 1, 3) || '8' || substr(g.tail, 5, 15))::uuid AS id,"
        " floor(%(rows)s * random() ^ 2)::bigint AS account, floor(%(rows)s * random())::bigint AS about"
        " FROM (SELECT g, %(start)s::timestamptz + (%(end)s::timestamptz - %(start)s::timestamptz) * (g / %(n)s::float) AS at, md5(%(name)s || g) AS tail"
        " FROM generate_series(%(molds)s, %(n)s - 1) AS g) AS g",
        {"molds": MOLDS, "n": plan.number(name), "rows": plan.rows, "name": name, "start": START, "end": START + SPAN},
    )
    made = {"id": "n.id", "created_at": "n.at", "updated_at": "n.changed", "account": "a.id", "about": "coalesce(b.id, o.id)",
            "number": "'SO-' || lpad(n.g::text, 8, '0')", "ordered_at": "n.at", "starts_at": "n.at", "at": "n.at"}  # fmt: skip
    columns = [r[0] for r in await db.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = %(t)s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''", {"t": table}
    )]  # fmt: skip
    of = "LEFT JOIN _account AS a ON a.n = n.account" if "account" in columns else ""
    if "about" in columns:
        of = (
            "LEFT JOIN _account AS b ON b.n = n.about AND m.about_object = 'account'"
            " LEFT JOIN _opportunity AS o ON o.n = n.about AND m.about_object = 'opportunity'"
        )
    shown = ", ".join(made.get(c, f"m.{quote(c)}") for c in columns)
    await db.execute(
        f"INSERT INTO {table} ({', '.join(map(quote, columns))}) SELECT {shown} FROM _new AS n JOIN _mold AS m ON m._k = n.k {of}"
    )
    await db.execute(
        f"INSERT INTO {s}._search (id, object, title, parts, grams) SELECT n.id, g.object, g.title, g.parts, g.grams"
        f" FROM _new AS n JOIN _mold AS m ON m._k = n.k JOIN {s}._search AS g ON g.id = m.id"
    )
    await db.script("DROP TABLE _new, _mold" + (", _opportunity" if name == "opportunity" else ""))


async def _copy(db: Connection, plan: Plan, name: str, chunk: list[Row]) -> None:
    if not chunk:
        return
    entity = plan.catalog.object(name)
    searched = [(n, entity.types[n], entity.fields[n]) for n in entity.searched]
    found = _index(entity, searched, chunk)
    for row, signature in zip(chunk, found.signatures(), strict=True):
        row["_signature"] = signature
    schema, columns = quote(plan.schema), list(chunk[0])
    async with db.copy(f"COPY {schema}.{quote(name)} ({', '.join(map(quote, columns))}) FROM STDIN") as copy:
        await copy.write("".join("\t".join(_cell(r[c]) for c in columns) + "\n" for r in chunk).encode())
    async with db.copy(f"COPY {schema}._search (id, object, title, parts, grams) FROM STDIN") as copy:
        await copy.write("".join(_entries(entity, found, chunk)).encode())


def _cell(value: object) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    return str(value).replace("\\", "\\\\").replace("\t", " ").replace("\n", "\\n")


def _index(entity: Entity, searched: list, rows: list[Row]) -> grams.Index:
    title = entity.title
    texts = [
        [(n, t.search_text(f, row[n]), f.search == "A" or n == title) for n, t, f in searched if row.get(n) is not None]
        for row in rows
    ]
    marks = [standard.marks(entity, entity.ruling.standard, row.get) for row in rows] if entity.ruling.standard else ()
    return grams.index(entity.name, texts, title, marks)


def _entries(entity: Entity, found: grams.Index, rows: list[Row]) -> Iterator[str]:
    for row, head, parts, first, last in zip(
        rows, found.titles, found.parts, [0, *found.ends], found.ends, strict=False
    ):
        held = ",".join(map(str, found.grams[first:last].tolist()))
        yield f"{row['id']}\t{entity.name}\t{_cell(head)}\t{_cell(parts)}\t{{{held}}}\n"
