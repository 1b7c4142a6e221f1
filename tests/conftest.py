"""The database of the tests: one embedded server for all workers of a run, a clone of a template for each test.

TEST_DATABASE_URL uses another server instead (its user must be able to create databases and roles).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest
import pytest_asyncio

from guanxi.base import log, sealing
from guanxi.pg import Database
from guanxi.pg.migrate import migrate
from guanxi.pg.server import Server

log.setup("warning", json=False)
sealing.unlock("s" * 40)


# Programs are started a hundred times in a run: none of them is to be compiled anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

LONGEST = (
    "api/test_openapi_fuzz.py",
    "contract/test_access.py",
    "flows/test_killed.py",
    "linkage/test_finding.py",
    "contract/test_canaries.py",
    "commands/test_backup.py",
    "commands/test_commands.py",
    "contract/test_leaks.py",
    "records/test_past.py",
    "api/test_leaks.py",
    "api/test_session.py",
    "e2e/test_axe.py",
    "e2e/test_admin.py",
    "e2e/test_days.py",
    "e2e/test_record.py",
    "e2e/test_import.py",
    "e2e/test_shell.py",
    "e2e/test_sheet.py",
    "e2e/test_lists.py",
    "e2e/test_rules.py",
    "e2e/test_speed.py",
    "e2e/test_form.py",
    "e2e/test_audit.py",
    "e2e/test_duplicates.py",
    "e2e/test_kit.py",
    "e2e/test_flows.py",
    "e2e/test_pools.py",
    "e2e/test_circle.py",
)
"""Files that take longest, to begin with: what is short fills the gap at the end.

A file is one worker's, so that what it builds is built once.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: as long as a worker has a browser open, no other loop can run in it."""
    places = {name: place for place, name in enumerate(LONGEST)}

    def place(item: pytest.Item) -> tuple[bool, int]:
        return item.path.parent.name == "e2e", places.get(f"{item.path.parent.name}/{item.path.name}", len(places))

    items.sort(key=place)


MEMORY = Path("/dev/shm")
ROOM = 6 << 30
"""Bytes that must be free in memory for the database to be kept there: making and dropping a database is a thousand
files, and most of the time that a disk takes for them is the system's."""


def place_of(run: Path) -> Path:
    """Where the database of this run is kept: in memory where there is room, or in the run's folder."""
    try:
        if min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) < ROOM:
            return run / "database"
    except OSError:
        return run / "database"
    for left in MEMORY.glob("guanxi-tests-*/postgres.users"):  # of a run that was killed: nobody holds its lock
        with contextlib.suppress(OSError), left.open() as uses:
            fcntl.flock(uses, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left.parent, ignore_errors=True)
    return MEMORY / f"guanxi-tests-{hashlib.sha256(os.fsencode(run)).hexdigest()[:12]}"


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The URL of a server's database, shared by all workers of this run."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    # With xdist every worker has a folder of its own below the run's. All join the same server there: the first one
    # starts it, the last one stops it, as any two processes on one data folder do.
    base = tmp_path_factory.getbasetemp()
    run = base if worker_id == "master" else base.parent
    (run / "where").touch()
    with (run / "where").open("r+") as where:  # one decides for all
        fcntl.flock(where, fcntl.LOCK_EX)
        place = Path(where.read() or place_of(run))
        where.seek(0)
        where.write(str(place))
    server = Server(place)
    server.start()
    with psycopg.connect(server.url, autocommit=True) as connection:
        # A test database is worth nothing after a crash of the machine.
        for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '256MB'"):
            connection.execute(f"alter system set {setting}")  # type: ignore[arg-type]
        connection.execute("select pg_reload_conf()")
    try:
        yield server.url
    finally:
        server.stop()
        if server.pid is None:  # we were the last
            shutil.rmtree(server.data, ignore_errors=True)


def on(url: str, database: str) -> str:
    """``url`` with another database's name."""
    return urlunsplit(urlsplit(url)._replace(path="/" + database))


def make_database(server_url: str, template: str = "template0") -> str:
    """A new database as a copy of ``template``; its URL."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(on(server_url, "postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} template {template} strategy wal_log")  # type: ignore[arg-type]
    return on(server_url, name)


def drop_database(url: str) -> None:
    """Drops a database made by :func:`make_database`, whoever is still connected."""
    name = urlsplit(url).path.lstrip("/")
    with psycopg.connect(on(url, "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a migrated database without a workspace, to be cloned."""
    url = make_database(server_url)
    asyncio.run(migrate(url))
    yield urlsplit(url).path.lstrip("/")
    drop_database(url)


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A migrated database of the test's own."""
    url = make_database(server_url, template)
    yield url
    drop_database(url)


@pytest.fixture
def fresh_url(server_url: str) -> Iterator[str]:
    """An empty database of the test's own."""
    url = make_database(server_url)
    yield url
    drop_database(url)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on a migrated database of the test's own."""
    pool = await Database.open(database_url, max_size=8)
    yield pool
    await pool.close()


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A private folder with a short path, for what puts a socket into it."""
    folder = Path(tempfile.mkdtemp(prefix="gxt"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
