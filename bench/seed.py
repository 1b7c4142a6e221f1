"""A workspace with many accounts, opportunities and activities, written straight into the engine's tables.

Everything that the write path would leave behind is there too: search entries, journal rows, system fields. What is
skipped is the checking, so that a million of each takes minutes. Distributions are those of a company that has grown
for three years: skewed owners, stages and amounts, changes more often of late.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import guanxi.apps  # noqa: F401 - brings the objects
from guanxi import identity, records
from guanxi.pg import Connection, Database, quote
from guanxi.pg.migrate import migrate
from guanxi.records import Context, Create, grams
from guanxi.sample.story import INDUSTRIES, LOST, SOURCES, TONGUES, WEIGHTS
from guanxi.schema.catalog import Catalog

ADMIN = identity.FirstRun(
    company="Bench", name="管理员", email="admin@example.com", password="a bench's own long password", language="zh"
)
START = datetime(2023, 11, 1, tzinfo=UTC)
SPAN = timedelta(days=1095)
OWNERS = 40
CHUNK = 2_000
STAGES = ("qualification", "needs", "proposal", "negotiation", "won", "lost")
STAGE_WEIGHTS = (9, 8, 8, 6, 42, 27)
CHANCE = {"qualification": 10, "needs": 30, "proposal": 50, "negotiation": 80, "won": 100, "lost": 0}
VERSION = 2
"""Raised when what is seeded changes, so that folders seeded before are made anew."""

Row = dict[str, object]


@dataclass(frozen=True)
class Plan:
    """What a seeding process needs to know."""

    url: str
    schema: str
    rows: int
    users: tuple[str, ...]
    catalog: Catalog


async def seed(url: str, folder: Path, rows: int, say: Callable[[str], None]) -> None:
    """Makes sure that ``folder`` holds ``rows`` accounts, as many opportunities, and as many activities."""
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
            " AND i.tablename IN ('account', 'opportunity', 'note', 'task', '_search', '_journal')",
            {"s": workspace.schema},
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
    say(f"rows stored after {time.monotonic() - begin:.0f} s")
    async with database.connection() as db:
        for name in ("account", "opportunity", "note", "task"):
            await _journal(db, schema, name, users[0])
    say(f"journal after {time.monotonic() - begin:.0f} s")
    queue = [definition for _, definition in indexes]

    async def build() -> None:
        async with database.connection() as db:
            await db.script("SET maintenance_work_mem = '1GB'")
            while queue:
                await db.script(queue.pop())

    await asyncio.gather(build(), build())
    say(f"indexes after {time.monotonic() - begin:.0f} s")
    async with database.connection() as db:
        for name in ("account", "opportunity", "note", "task", "_search", "_journal", "user"):
            await db.script(f"VACUUM (ANALYZE) {schema}.{quote(name)}")
        await db.script("CHECKPOINT")
    await database.close()
    marker.write_text(json.dumps({"rows": rows, "version": VERSION}))
    say(f"seeded {rows:,} accounts, opportunities and activities in {time.monotonic() - begin:.0f} s")


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


async def _journal(db: Connection, schema: str, name: str, actor: str) -> None:
    """One "create" row for each record, as the write path leaves it."""
    drop = ["id", "version", "created_at", "updated_at", "created_by", "updated_by", "deleted_at", "deleted_by"]
    await db.execute(
        f"INSERT INTO {schema}._journal (at, object, record, kind, actor, cause, change_set, version, after)"
        f" SELECT created_at, %(name)s, id, 'create', %(actor)s::uuid, 'api', gen_random_uuid(), 1,"
        f" jsonb_strip_nulls(to_jsonb(t.*) - %(drop)s::text[]) FROM {schema}.{quote(name)} AS t",
        {"name": name, "actor": actor, "drop": drop},
    )


def record_id(kind: str, i: int, at: datetime) -> str:
    """The id of the ``i``-th record of a kind: a UUIDv7 of its time, the same in every process."""
    tail = hashlib.blake2b(f"{kind}:{i}".encode(), digest_size=10).hexdigest()
    text = f"{int(at.timestamp() * 1000):012x}7{tail[:3]}{'89ab'[int(tail[3], 16) % 4]}{tail[4:19]}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def moment(i: int, n: int) -> datetime:
    """When the ``i``-th of ``n`` records came into being."""
    return START + SPAN * (i / n)


def _work(plan: Plan, part: int, parts: int) -> None:
    asyncio.run(_fill(plan, range(part * plan.rows // parts, (part + 1) * plan.rows // parts)))


async def _fill(plan: Plan, mine: range) -> None:
    database = await Database.open(plan.url, statement_timeout=0, max_size=1)
    try:
        async with database.connection() as db:
            # Links are right by construction; checking each would take longer than everything else.
            await db.script("SET session_replication_role = replica; SET synchronous_commit = off")
            for name, make in (("account", accounts), ("opportunity", opportunities), ("note", notes), ("task", tasks)):
                chunk: list[Row] = []
                for row in make(plan, mine):
                    chunk.append(row)
                    if len(chunk) == CHUNK:
                        await _copy(db, plan, name, chunk)
                        chunk = []
                await _copy(db, plan, name, chunk)
    finally:
        await database.close()


async def _copy(db: Connection, plan: Plan, name: str, chunk: list[Row]) -> None:
    if not chunk:
        return
    entity = plan.catalog.object(name)
    searched = [(n, entity.types[n], entity.fields[n]) for n in entity.searched]
    schema, columns = quote(plan.schema), list(chunk[0])
    async with db.copy(f"COPY {schema}.{quote(name)} ({', '.join(map(quote, columns))}) FROM STDIN") as copy:
        await copy.write("".join("\t".join(_cell(r[c]) for c in columns) + "\n" for r in chunk).encode())
    async with db.copy(f"COPY {schema}._search (id, object, title, parts, grams) FROM STDIN") as copy:
        await copy.write("".join(_entries(name, entity.title, searched, chunk)).encode())


def _cell(value: object) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    return str(value).replace("\\", "\\\\").replace("\t", " ").replace("\n", "\\n")


def _entries(name: str, title: str, searched: list, rows: list[Row]) -> Iterator[str]:
    texts = [
        [(n, t.search_text(f, row[n]), f.search == "A" or n == title) for n, t, f in searched if row.get(n) is not None]
        for row in rows
    ]
    found = grams.index(name, texts, title)
    for row, head, parts, first, last in zip(
        rows, found.titles, found.parts, [0, *found.ends], found.ends, strict=False
    ):
        held = ",".join(map(str, found.grams[first:last].tolist()))
        yield f"{row['id']}\t{name}\t{_cell(head)}\t{_cell(parts)}\t{{{held}}}\n"


def _system(kind: str, i: int, n: int, rng: random.Random, owner: str) -> Row:
    made = moment(i, n)
    left = START + SPAN - made
    changed = made + left * (1 - rng.random() ** 0.4)
    return {
        "id": record_id(kind, i, made),
        "created_at": made.isoformat(),
        "updated_at": changed.isoformat(),
        "created_by": owner,
        "updated_by": owner,
    }


def _owner(plan: Plan, rng: random.Random) -> str:
    return plan.users[int(rng.paretovariate(0.8)) % len(plan.users)]


def accounts(plan: Plan, mine: range) -> Iterator[Row]:
    """Companies, seven in ten of them Chinese."""
    rng = random.Random(mine.start)
    places = {tongue.language: [tongue.address(rng) for _ in range(500)] for tongue in TONGUES.values()}
    for i in mine:
        tongue = TONGUES["zh" if rng.random() < 0.7 else "en"]
        place = rng.choice(places[tongue.language])
        industry = rng.choices(INDUSTRIES, WEIGHTS)[0]
        firm = tongue.firm(rng, industry, place)
        people = int(rng.lognormvariate(4.5, 1.2)) + 3
        yield {
            **_system("account", i, plan.rows, rng, _owner(plan, rng)),
            "name": firm.name,
            "kind": "company",
            "status": rng.choices(("prospect", "customer", "inactive"), (60, 30, 10))[0],
            "grade": rng.choices(("strategic", "important", "ordinary", None), (3, 12, 60, 25))[0],
            "industry": industry,
            "source": rng.choice(SOURCES),
            "phone": tongue.phone(rng, place).replace(" ", ""),
            "email": f"info@{firm.slug}.example" if rng.random() < 0.6 else None,
            "website": f"https://www.{firm.slug}.example",
            "address": place,
            "employees": people,
            "revenue": people * rng.randint(200, 1500) * 1000,
            "revenue_currency": "CNY",
            "founded": rng.randint(1950, 2025),
            "owner": _owner(plan, rng),
        }


def opportunities(plan: Plan, mine: range) -> Iterator[Row]:
    """Deals of those companies; few have many."""
    rng = random.Random(mine.start + 1)
    for i in mine:
        tongue = TONGUES["zh" if rng.random() < 0.7 else "en"]
        good = rng.choice(tongue.goods)
        stage = rng.choices(STAGES, STAGE_WEIGHTS)[0]
        system = _system("opportunity", i, plan.rows, rng, _owner(plan, rng))
        account = int(plan.rows * rng.random() ** 2)
        closed = stage in ("won", "lost")
        day = datetime.fromisoformat(str(system["created_at"])) + timedelta(days=rng.randint(5, 150))
        yield {
            **system,
            "name": rng.choice(tongue.deals).format(firm=f"{rng.choice(tongue.tags)} {i}", product=good.short),
            "account": record_id("account", account, moment(account, plan.rows)),
            "pipeline": "sales",
            "stage": stage,
            "stage_kind": stage if closed else "open",
            "stage_since": system["updated_at"],
            "amount": int(rng.lognormvariate(11.5, 1.1)),
            "amount_currency": "CNY",
            "probability": CHANCE[stage],
            "close_date": day.date().isoformat(),
            "closed_on": day.date().isoformat() if closed else None,
            "source": rng.choice(SOURCES),
            "lost_reason": rng.choice(LOST[0]) if stage == "lost" else None,
            "owner": _owner(plan, rng),
        }


def _activity(plan: Plan, kind: str, i: int, rng: random.Random) -> tuple[Row, dict[str, str]]:
    at = rng.randrange(plan.rows)
    about = ("account", "opportunity")[rng.random() < 0.6]
    owner = _owner(plan, rng)
    row = _system(kind, i, plan.rows, rng, owner)
    row |= {"about_object": about, "about": record_id(about, at, moment(at, plan.rows)), "owner": owner}
    return row, {"person": TONGUES["zh"].person(rng).full, "firm": "", "product": "", "amount": "30 万", "day": "周三"}


def notes(plan: Plan, mine: range) -> Iterator[Row]:
    """Every other activity is a note."""
    rng = random.Random(mine.start + 2)
    for i in mine[::2]:
        row, words = _activity(plan, "note", i, rng)
        line = rng.choice(TONGUES["zh"].notes)
        yield {**row, "subject": line.subject, "body": line.body.format(**words)}


def tasks(plan: Plan, mine: range) -> Iterator[Row]:
    """And every other a task."""
    rng = random.Random(mine.start + 3)
    for i in mine[1::2]:
        row, words = _activity(plan, "task", i, rng)
        line = rng.choice(TONGUES["zh"].tasks)
        done = rng.random() < 0.8
        yield {
            **row,
            "subject": line.subject.format(**words),
            "body": line.body or None,
            "due_at": row["updated_at"],
            "priority": rng.choice(("high", "normal", "normal", "low")),
            "status": "done" if done else "open",
            "done": done,
            "done_at": row["updated_at"] if done else None,
        }
