from __future__ import annotations

import csv
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import guanxi.apps  # noqa: F401 - the nouns, as the composition root declares them
from guanxi import identity, transfer
from guanxi.base.json import loads
from guanxi.identity import FirstRun
from guanxi.pg import Database, quote
from guanxi.pg.jobs import Job
from guanxi.records import Context, Create, Workspace, find, load_actor, load_catalog, workspaces, write
from guanxi.schema.filter import TRUE, parse
from guanxi.schema.query import Query, read_sort

DATA = Path(os.environ.get("GUANXI_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data" / "open")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of public data sets that are measured against; they do not come with the program."""
    if not DATA.is_dir():
        pytest.skip("the public data sets are not here (GUANXI_TEST_DATA)")
    return DATA


class World:
    """A workspace with its administrator, and what tests do with it."""

    def __init__(self, database: Database, folder: Path, workspace: Workspace, user: str) -> None:
        self.database, self.folder, self.workspace, self.user = database, folder, workspace, user

    @asynccontextmanager
    async def ctx(self, user: str | None = None) -> AsyncIterator[Context]:
        """A request of the administrator's, or somebody else's."""
        async with self.database.connection() as db:
            catalog = await load_catalog(db, self.workspace)
            actor = await load_actor(db, self.workspace, user or self.user)
        assert actor is not None
        async with self.database.transaction(self.workspace.role) as db:
            yield Context(db, self.workspace, catalog, actor, "test")

    async def person(self, name: str, role: str) -> str:
        """Another user; their id."""
        async with self.ctx() as ctx:
            values = {"name": name, "email": f"{name.lower()}@example.com", "role": {"match": {"name": role}}}
            [made] = await write(ctx, "user", [Create(values)])
        assert made.id
        return made.id

    async def send(
        self, content: bytes | Path, name: str = "a.csv", object: str = "account", **options: Any
    ) -> dict[str, Any]:
        """Upload a file."""
        data = content if isinstance(content, bytes) else content.read_bytes()  # noqa: ASYNC240 - a small file

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        async with self.ctx() as ctx:
            return await transfer.receive(ctx, self.folder, name, chunks(), object, options)

    async def begin(
        self, content: bytes | Path, object: str = "account", user: str | None = None, **how: Any
    ) -> tuple[str, Job]:
        """Upload a file and queue its import; the id, and the job as a worker would take it."""
        data = content if isinstance(content, bytes) else content.read_bytes()  # noqa: ASYNC240 - a small file

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        name = content.name if isinstance(content, Path) else "a.csv"
        async with self.ctx(user) as ctx:
            sent = await transfer.receive(ctx, self.folder, name, chunks(), object, how.get("options"))
            begun = await transfer.start(ctx, self.folder, upload=sent["id"], object=object, **how)
        return begun["id"], await self.take()

    async def take(self) -> Job:
        """The newest job, as started by a worker."""
        async with self.database.connection() as db:
            row = await db.row(
                "UPDATE guanxi.job SET state = 'running', attempt = attempt + 1, lease_until = now() + interval '1 hour'"
                " WHERE id = (SELECT max(id) FROM guanxi.job) RETURNING id, name, args, attempt"
            )
        assert row is not None
        return Job(*row, self.database)

    async def run(
        self, content: bytes | Path, object: str = "account", user: str | None = None, **how: Any
    ) -> dict[str, Any]:
        """Import a file; how it ended."""
        id, job = await self.begin(content, object, user, **how)
        await transfer.run_import(job)
        async with self.ctx(user) as ctx:
            return await transfer.status(ctx, id)

    async def all(self, object: str, sort: str = "created_at", **filter: Any) -> list[dict[str, Any]]:
        """Every record of an object."""
        wanted = parse({"and": [{"field": k, "op": "eq", "value": v} for k, v in filter.items()]}) if filter else TRUE
        async with self.ctx() as ctx:
            page = await find(ctx, Query(object, wanted, read_sort(sort), limit=None))
        return [loads(r) for r in page.rows]

    async def errors(self, id: str) -> list[list[str]]:
        """The rows that did not go in, as the file of them has them."""
        async with self.ctx() as ctx:
            path = await transfer.errors_path(ctx, self.folder, id)
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))


@pytest_asyncio.fixture
async def world(database: Database, tmp_path: Path) -> World:
    """An empty workspace of the test's own."""
    await identity.set_up(
        database, FirstRun("Example Co", "Ann Admin", "ann@example.com", "Corr3ct-horse-battery", "en", currency="CNY")
    )
    async with database.connection() as db:
        [workspace] = await workspaces(db)
        user = await db.value(f'SELECT id FROM {quote(workspace.schema)}."user"')
    return World(database, tmp_path / "transfer", workspace, user)
