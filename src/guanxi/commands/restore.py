"""A backup brought back, into an installation that has nothing yet."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guanxi.commands.backup import DUMP, FOLDERS, FORM, MANIFEST, Manifest, digest, place, told
from guanxi.commands.surroundings import Progress, guarded, say, settings

if TYPE_CHECKING:
    from guanxi.base.settings import Settings


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Give up what this installation has.")
def restore(folder: Path, replace: bool) -> None:
    """Bring back a backup that `guanxi backup DIR` made. Stop `guanxi serve` and all workers before."""
    force = settings()
    manifest = _read(folder)

    def run() -> None:
        from guanxi import main as program
        from guanxi.pg import dump

        with program.running(force) as url:
            major = asyncio.run(_make_room(url, manifest, replace))
            progress = Progress("Database")
            dump.restore(url, folder / DUMP, major, manifest.tables, progress)
            progress.end()
            _copy(force, folder, manifest)
            missing = asyncio.run(_settle(force, url))
            asyncio.run(program.migrated(url))
            # The same digest as in the entry of the backup says which one it was, where that entry is known.
            kept = {"at": manifest.at, "tables": manifest.tables, "files": len(manifest.files)}
            asyncio.run(told(url, "restore", **kept, digest=manifest.digest, missing=len(missing)))
        for sentence in missing:
            say(f"! {sentence}", error=True)

    guarded(run)
    names = ", ".join(w["name"] for w in manifest.workspaces)
    say(f"{names}: as of {manifest.at}, with {len(manifest.files)} files. Start with `guanxi serve`.")


def _read(folder: Path) -> Manifest:
    """The manifest of a backup that is whole; ends with a message otherwise."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise click.ClickException(
            f"{folder} is no backup, or one that was cut short: {MANIFEST} is missing."
        ) from None
    except (ValueError, TypeError) as error:
        raise click.ClickException(f"{folder / MANIFEST} cannot be read: {error}") from None
    if manifest.form > FORM:
        raise click.ClickException(f"The backup was made by Guanxi {manifest.program}, which is newer than this.")
    if not (folder / DUMP).exists() or digest(folder / DUMP) != manifest.digest:
        raise click.ClickException(f"{folder / DUMP} is not what was written.")
    for name, size in manifest.files.items():
        path = folder / name
        if path.resolve().is_relative_to(folder.resolve()) and path.is_file() and path.stat().st_size == size:
            continue
        raise click.ClickException(f"{path} is missing or is not what was written.")
    return manifest


async def _make_room(url: str, manifest: Manifest, replace: bool) -> int:
    """Make sure that nothing and nobody is in the way; the server's version."""
    from guanxi.pg import Connection, quote

    db = await Connection.open(url, statement_timeout="0")
    try:
        others = await db.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        if others:
            raise click.ClickException("Somebody works on this database. Stop `guanxi serve` and all workers first.")
        schemas: list[str] = []
        if await db.value("SELECT to_regclass('guanxi.workspace') IS NOT NULL"):
            rows = await db.fetch("SELECT schema, name FROM guanxi.workspace ORDER BY created_at")
            if rows and not replace:
                names = ", ".join(name for _, name in rows)
                raise click.ClickException(
                    f"There is {names} here already. To give it up: --replace (back it up first)."
                )
            schemas = [schema for schema, _ in rows]
        wanted = {w["schema"] for w in manifest.workspaces}
        for schema in (*schemas, *(wanted if replace else ()), "guanxi"):
            await db.script(f"DROP SCHEMA IF EXISTS {quote(schema)} CASCADE")
        for workspace in manifest.workspaces:
            role = workspace["role"]
            if not await db.value("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(r)s)", {"r": role}):
                await db.script(f"CREATE ROLE {quote(role)} NOLOGIN")
            await db.script(f"GRANT {quote(role)} TO CURRENT_USER")
        return int(await db.value("SELECT current_setting('server_version_num')::int")) // 10_000
    finally:
        await db.close()


def _copy(force: Settings, folder: Path, manifest: Manifest) -> None:
    progress = Progress("Files")
    for n, name in enumerate(manifest.files):
        kind, _, rest = name.partition("/")
        if kind in FOLDERS:
            target = place(force, kind) / rest
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copy2(folder / name, target)
        progress(n + 1, len(manifest.files))
    progress.end()


async def _settle(force: Settings, url: str) -> list[str]:
    """What depends on the place: permissions, where imports lie, statistics. What is missing, in sentences."""
    from guanxi import files, records
    from guanxi.pg import Database, quote
    from guanxi.records.evolve import grant

    missing: list[str] = []
    database = await Database.open(url, max_size=1, statement_timeout=0)
    try:
        async with database.connection() as db:
            found = await records.workspaces(db)
        for workspace in found:
            schema = quote(workspace.schema)
            async with database.transaction() as db:
                await grant(db, workspace)
                await db.execute(f"UPDATE {schema}._import SET folder = %(f)s", {"f": str(place(force, "transfer"))})
                held = await db.fetch(f"SELECT id, name, size FROM {schema}._file")
            for id, name, size in held:
                path = files.path_of(place(force, "files"), workspace.id, id)
                if not path.exists() or path.stat().st_size != size:
                    missing.append(f"The file {name} ({id}) of {workspace.name} was not in the backup.")
        async with database.connection() as db:
            await db.script("ANALYZE")
    finally:
        await database.close()
    return missing
