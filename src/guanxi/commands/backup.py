"""A backup: everything of an installation in one folder, taken while it serves."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guanxi.commands.surroundings import Progress, guarded, say, settings

if TYPE_CHECKING:
    from guanxi.base.settings import Settings

MANIFEST, DUMP = "backup.json", "database.dump"
FOLDERS = ("files", "transfer")
"""What lies beside the database: uploaded files, and the tables of imports."""
FORM = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds; written last, so that a folder with one is whole."""

    form: int
    at: str
    program: str
    postgresql: int
    tables: int
    digest: str
    workspaces: list[dict[str, str]]
    files: dict[str, int] = field(default_factory=dict[str, int])
    """Path below the folder, size."""


def place(force: Settings, folder: str) -> Path:
    """Where an installation keeps one of :data:`FOLDERS`."""
    return Path(force.files) if folder == "files" else force.data / folder


def within(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order; what is being written is not there yet."""
    return (p for p in sorted(folder.rglob("*")) if p.is_file()) if folder.is_dir() else iter(())


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def backup(folder: Path) -> None:
    """Write the database and all files into DIR, which must be new or empty. Nobody has to stop working."""
    force = settings()
    if force.files.startswith("s3://"):
        raise click.ClickException(f"Files lie in {force.files}, which keeps copies of its own: see its versions.")
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty. Give each backup a folder of its own.")

    def run() -> Manifest:
        from guanxi import main as program
        from guanxi.pg import dump

        with program.running(force) as url:
            found = asyncio.run(_look(url))
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            progress = Progress("Database")
            schemas = ["guanxi", *(w["schema"] for w in found["workspaces"])]
            dump.dump(url, folder / DUMP, schemas, found["postgresql"], found["tables"], progress)
            progress.end()
            files = _copy(force, folder)  # after the database, which then names no file that is missing
            at = datetime.now(UTC).isoformat(timespec="seconds")
            manifest = Manifest(FORM, at, version("guanxi"), digest=digest(folder / DUMP), files=files, **found)
            # Told before the manifest makes it whole: no backup is there of which nothing is told.
            asyncio.run(told(url, "backup", at=at, tables=manifest.tables, files=len(files), digest=manifest.digest))
            (folder / MANIFEST).write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), encoding="utf-8")
        return manifest

    made = guarded(run)
    size = (folder / DUMP).stat().st_size + sum(made.files.values())
    names = ", ".join(w["name"] for w in made.workspaces)
    say(f"{folder}: {names}; {made.tables} tables and {len(made.files)} files, {size / 1e6:,.1f} MB.")


async def _look(url: str) -> dict[str, Any]:
    from guanxi.pg import Connection

    db = await Connection.open(url)
    try:
        if await db.value("SELECT to_regclass('guanxi.workspace') IS NULL"):
            raise click.ClickException("There is nothing to back up yet.")
        rows = await db.fetch("SELECT id, schema, role, name FROM guanxi.workspace ORDER BY created_at")
        tables = await db.value(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'guanxi' OR schemaname IN (SELECT schema FROM guanxi.workspace)"
        )
        major = int(await db.value("SELECT current_setting('server_version_num')::int")) // 10_000
    finally:
        await db.close()
    workspaces = [dict(zip(("id", "schema", "role", "name"), row, strict=True)) for row in rows]
    return {"postgresql": major, "tables": tables, "workspaces": workspaces}


async def told(url: str, kind: str, **details: Any) -> None:
    """An entry in the audit of each workspace, of what the program was told to do with all of them."""
    from guanxi import records
    from guanxi.pg import Connection

    db = await Connection.open(url)
    try:
        for workspace in await records.workspaces(db):
            await records.note_in(db, workspace.schema, kind, None, f"guanxi {kind}", **details)
    finally:
        await db.close()


def _copy(force: Settings, folder: Path) -> dict[str, int]:
    wanted = [(name, path) for name in FOLDERS for path in within(place(force, name))]
    progress = Progress("Files")
    copied: dict[str, int] = {}
    for n, (name, path) in enumerate(wanted):
        relative = Path(name) / path.relative_to(place(force, name))
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            shutil.copy2(path, target)
        except FileNotFoundError:  # the file of an import that was tidied up meanwhile
            continue
        copied[str(relative)] = target.stat().st_size
        progress(n + 1, len(wanted))
    progress.end()
    return copied
