"""A file into the workspace by the same import as the page's, carried out to its end while the command waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from guanxi.pg import Database
    from guanxi.records import Actor, Context, Workspace

ENDS = ("done", "failed", "cancelled")


@contextlib.asynccontextmanager
async def importing(database: Database) -> AsyncGenerator[None]:
    """A worker of this command's own that carries out imports, beside those of a server that may be running."""
    from guanxi.pg.jobs import Worker

    stop = asyncio.Event()
    worker = asyncio.create_task(Worker(database, queues=["import"], concurrency=1).run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(worker, return_exceptions=True)


async def carry(
    database: Database,
    workspace: Workspace,
    actor: Actor,
    folder: Path,
    path: Path,
    object_name: str,
    *,
    mapping: Mapping[str, Any] | None = None,
    mode: str = "create",
    key: str | None = None,
    options: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    name: str = "",
    tell: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """Import a file as ``actor``, inside :func:`importing`: the status when it has ended. Raises what the API would."""
    from guanxi import records, transfer

    @contextlib.asynccontextmanager
    async def asking() -> AsyncGenerator[Context]:
        async with database.connection() as db:
            catalog = await records.load_catalog(db, workspace)
        async with database.transaction(workspace.role) as db:
            yield records.Context(db, workspace, catalog, actor, "command")

    async with asking() as ctx:
        seen = await transfer.receive(ctx, folder, name or path.name, _chunks(path), object_name, options)
        begun = await transfer.start(
            ctx, folder, upload=seen["id"], object=object_name, mapping=mapping, mode=mode, key=key, options=options, dry_run=dry_run
        )  # fmt: skip
    while True:
        async with asking() as ctx:
            status = await transfer.status(ctx, begun["id"])
        if tell:
            tell(status["read"], status["rows"] or None)
        if status["status"] in ENDS:
            return status
        await asyncio.sleep(0.1)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def tale(status: Mapping[str, Any], indent: str = "  ") -> list[str]:
    """What an import did, and what it has to say about rows, grouped, in lines."""
    counts = [f"{status[n]:,} {n}" for n in ("created", "updated", "skipped", "failed") if status[n]]
    lines = [f"{status['read']:,} rows: {', '.join(counts) or 'nothing to do'} ({status['rate']:,} rows a second)"]
    if status.get("error"):
        lines.append(f"{indent}stopped: {status['error']}")
    for problem in status["problems"]:
        sample = problem["samples"][0] if problem["samples"] else {}
        where = f" (first in line {sample['line']})" if sample else ""
        sign = "!" if problem["kind"] == "error" else "·"
        lines.append(f"{indent}{sign} {problem['count']:,} × {problem['message']}{where}")
    return lines
