"""Orders of shops: how many of the rows of real files arrive, and whether their sums are those of the files."""

from __future__ import annotations

import asyncio
import csv
import gzip
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import guanxi.main  # noqa: F401 - the nouns and all tasks
from guanxi import identity
from guanxi.commands.carrying import carry, importing
from guanxi.identity import FirstRun
from guanxi.pg import Database, quote
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server
from guanxi.records import load_actor, workspaces

Figure = tuple[str, float, str]


def _retail(folder: Path, into: Path) -> tuple[Path, Decimal]:
    """The file of UCI, and the sum of all its lines."""
    path, total = into / "online_retail.csv", Decimal(0)
    with gzip.open(folder / "online_retail_uci/online_retail.csv.gz", "rb") as packed, path.open("wb") as out:
        shutil.copyfileobj(packed, out)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            total += (Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])).quantize(Decimal("0.01"))
    return path, total


def _cdnow(folder: Path, into: Path) -> tuple[Path, Decimal]:
    """CDNOW's columns of a fixed width as a table."""
    path, total = into / "cdnow.csv", Decimal(0)
    with gzip.open(folder / "cdnow/CDNOW_master.txt.gz", "rt") as file, path.open("w") as out:
        for line in file:
            cells = line.split()
            out.write(",".join(cells) + "\n")
            total += Decimal(cells[3]) if cells[3][0].isdigit() else 0
    return path, total


def _tmall(folder: Path, _into: Path) -> tuple[Path, Decimal]:
    path = folder / "tmall_orders_zh/tmall_order_report.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return path, sum((Decimal(row["总金额"]) for row in csv.DictReader(file)), Decimal(0))


READS: tuple[tuple[str, Callable[[Path, Path], tuple[Path, Decimal]]], ...] = (
    ("Tmall", _tmall),
    ("CDNOW", _cdnow),
    ("Online Retail (UCI)", _retail),
)


async def _arrive(folder: Path) -> list[Figure]:
    out: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="guanxi-orders-") as at:
        server = Server(Path(at) / "database")
        await asyncio.to_thread(server.start)
        try:
            await migrate(server.url)
            database = await Database.open(server.url)
            try:
                await identity.set_up(
                    database,
                    FirstRun("Orders", "Ann", "ann@example.com", "Corr3ct-horse-battery", "en", currency="GBP"),
                )
                for name, read in READS:
                    path, total = await asyncio.to_thread(read, folder, Path(at))
                    out += await _one(database, Path(at) / "transfer", name, path, total)
            finally:
                await database.close()
        finally:
            await asyncio.to_thread(server.stop)
    return out


async def _one(database: Database, folder: Path, name: str, path: Path, total: Decimal) -> list[Figure]:
    async with database.connection() as db:
        [workspace] = await workspaces(db)
        user = await db.value(f'SELECT id FROM {quote(workspace.schema)}."user"')
        actor = await load_actor(db, workspace, user)
        before = await db.value(f'SELECT coalesce(sum(amount), 0) FROM {quote(workspace.schema)}."order"')
    if actor is None:
        raise RuntimeError("nobody to import as")
    async with importing(database):
        done: dict[str, Any] = await carry(database, workspace, actor, folder, path, "order")
    async with database.connection() as db:
        sum_ = await db.value(f'SELECT sum(amount) FROM {quote(workspace.schema)}."order"') - before
    made = {o["object"]: o["created"] for o in done["objects"]}
    said = ", ".join(f"{n:,} {o}" for o, n in made.items())
    return [
        (f"orders of {name}: rows that arrive", done["created"] + done["updated"], f"{done['read']} ({said})"),
        (f"  sum of the orders ({done['rate']:,} rows a second)", float(sum_), f"{total} in the file"),
    ]


def measure(folder: Path) -> Iterator[Figure]:
    """What arrives of the files of three shops; takes minutes."""
    with closing(asyncio.new_event_loop()) as loop:
        yield from loop.run_until_complete(_arrive(folder))
