"""The shape of a workspace as a file: out, compared, put over another workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guanxi.commands.surroundings import acting, at_work, only_workspace, say

if TYPE_CHECKING:
    from guanxi.base.settings import Settings
    from guanxi.packs import Pack
    from guanxi.pg import Database


@click.group()
def pack() -> None:
    """The shape of the workspace as a readable file."""


@pack.command("list")
def listing() -> None:
    """The packs of industries that come with the program."""
    from guanxi import packs

    for found in packs.shipped().values():
        say(f"{found.name:20} {found.label['en']} {found.label.get('zh', '')}: {found.description['en']}")


@pack.command("export")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
def export(output: Path) -> None:
    """Write in what the workspace differs from the standard."""

    async def job(database: Database, _: Settings) -> Pack:
        from guanxi import packs, records

        workspace = await only_workspace(database)
        async with database.connection() as db:
            catalog = await records.load_catalog(db, workspace)
        return packs.export(catalog, workspace.name, {"en": workspace.name, "zh": workspace.name})

    found = at_work(job)
    output.write_text(json.dumps(found.file(), ensure_ascii=False, indent=2) + "\n")
    say(f"{len(found.changes)} changes in {output}.")


@pack.command("diff")
@click.argument("source")
@click.option("--same", is_flag=True, help="Also what the pack lacks.")
def diff(source: str, same: bool) -> None:
    """What leads from the workspace to a pack: SOURCE is a file or the name of a pack."""

    async def job(database: Database, _: Settings) -> None:
        await _carry(database, source, same, dry_run=True)

    at_work(job)


@pack.command("apply")
@click.argument("source")
@click.option("--same", is_flag=True, help="Retire what the pack lacks.")
@click.option("--as", "email", help="E-mail address of the user who does it; the first administrator by default.")
def put(source: str, same: bool, email: str | None) -> None:
    """Put a pack over the workspace: SOURCE is a file or the name of a pack."""

    async def job(database: Database, _: Settings) -> None:
        await _carry(database, source, same, dry_run=False, email=email)

    at_work(job)


async def _carry(database: Database, source: str, same: bool, *, dry_run: bool, email: str | None = None) -> None:
    from guanxi import packs, records

    workspace = await only_workspace(database)
    async with database.transaction() as db:
        catalog = await records.load_catalog(db, workspace)
        standing = await records.standing(db, workspace, catalog)
        found = packs.compare(catalog, _pack(source), whole=same, standing=standing)
        for kept in found.kept:
            say(f"· {kept.object}.{kept.field} stays {kept.mine}; the pack has {kept.theirs}.")
        for change in found.changes:
            say(f"{change['op']:16} {_what(change)}")
        if not found.changes:
            say("Nothing to do.")
            return
        actor = await acting(db, workspace, email)
        done = await records.evolve(db, workspace, found.changes, actor=actor.id, dry_run=dry_run)
    say(f"{len(found.changes)} changes, {len(done.steps)} steps{' to be done' if dry_run else ' done'}.")


def _pack(source: str) -> Pack:
    from guanxi import packs
    from guanxi.base.json import loads

    path = Path(source)
    if not path.exists():
        return packs.find(source)
    try:
        return packs.read(loads(path.read_bytes()))
    except ValueError as error:
        raise click.ClickException(f"{source} is no JSON: {error}") from error


def _what(change: Any) -> str:
    names = [change.get("object"), change.get("name") or change.get("field")]
    names += [part.get("name") for part in (change.get(k) for k in ("view", "option")) if isinstance(part, dict)]
    return ".".join(n for n in names if n)
