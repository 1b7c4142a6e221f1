"""Imports as jobs: where each is run, and how those who wait for it hear how far it is.

A large import has a process of its own. A small one would wait longer for that process than it takes, so it is run by the
worker itself; its rows have been counted and its file is small, and workbooks are read in their limited process anyway.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from guanxi.base import Unavailable
from guanxi.base.json import dumps
from guanxi.pg import Connection, DatabaseError, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Workspace, load_workspace
from guanxi.transfer.running import run_import

SMALL_ROWS, SMALL_SIZE = 1_000, 1 << 20
"""Up to so many rows, and bytes of the file, an import is small."""
LOOK = 0.4
"""Seconds between looks at how far an import is."""

_COLUMNS = "owner::text, object, dry_run, status, read, rows, created, updated, skipped, failed, seconds, name"


def task_for(size: int, rows: int) -> str:
    """The task that imports a file of ``size`` bytes with ``rows`` rows, both known and not estimated when small."""
    return "transfer.small" if size <= SMALL_SIZE and rows <= SMALL_ROWS else "transfer.large"


@task("transfer.small", queue="import", retries=2)
async def run_small(job: Job) -> None:
    """Carry out a small import in the worker."""
    await _told(job)


@task("transfer.large", queue="import", retries=2, process=True)
async def run_large(job: Job) -> None:
    """Carry out a large import in a process of its own."""
    await _told(job)


async def _told(job: Job) -> None:
    """Run an import and tell its owner, and whoever looks at the records that come in, while it goes on and at the end."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
    if workspace is None:
        return
    telling = _Telling(job, workspace)
    beside = asyncio.create_task(telling.go())
    try:
        await run_import(job)
    finally:
        beside.cancel()
        with suppress(asyncio.CancelledError):
            await beside
        with suppress(Unavailable, DatabaseError):
            await telling.look()


class _Telling:
    """What was told last of one import."""

    def __init__(self, job: Job, workspace: Workspace) -> None:
        self.job, self.workspace = job, workspace
        self.last: dict[str, Any] = {}

    async def go(self) -> None:
        """Tell of every change, until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            with suppress(Unavailable, DatabaseError):
                await self.look()

    async def look(self) -> None:
        """Tell what has changed. The progress is told apart from the writing: no commit waits for it."""
        id: str = self.job.args["import"]
        async with self.job.db.connection() as db:
            row = await db.row(
                f"SELECT {_COLUMNS} FROM {quote(self.workspace.schema)}._import WHERE id = %(id)s::uuid", {"id": id}
            )
            if row is None:
                return
            names = ("owner", "object", "dry_run", "status", "read", "rows", "created", "updated", "skipped", "failed")
            now: dict[str, Any] = dict(zip((*names, "seconds", "name"), row, strict=True))
            if {**now, "seconds": 0} == {**self.last, "seconds": 0}:
                return
            came = now["created"] + now["updated"] - self.last.get("created", 0) - self.last.get("updated", 0)
            self.last = now
            shown = {k: v for k, v in now.items() if k != "owner"}
            await self._tell(db, kind="jobs", user=now["owner"], **{"import": id}, **shown)
            if came and not now["dry_run"]:
                await self._tell(db, kind="records", object=now["object"], ids=None)

    async def _tell(self, db: Connection, **news: Any) -> None:
        payload = dumps({"w": self.workspace.id, **news}).decode()
        await db.execute("SELECT pg_notify('guanxi', %(p)s)", {"p": payload})
