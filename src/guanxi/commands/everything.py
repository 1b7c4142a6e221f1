"""Everything of a workspace as one file, and back into an empty one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guanxi.commands.surroundings import Progress, acting, at_work, only_workspace, say

if TYPE_CHECKING:
    from guanxi.base.settings import Settings
    from guanxi.pg import Database
    from guanxi.whole import Came

LOST = 20
"""How many of those that did not come are named."""


def take_everything(output: Path, user: str | None) -> None:
    """Write all that the user may take out to ``output``."""

    async def job(database: Database, force: Settings) -> dict[str, Any]:
        from guanxi import records, whole

        workspace = await only_workspace(database)
        async with database.connection() as db:
            catalog, actor = await records.load_catalog(db, workspace), await acting(db, workspace, user)
        progress = Progress(output.name)
        async with database.transaction(workspace.role, snapshot=True, timeout=0) as db:
            ctx = records.Context(db, workspace, catalog, actor, "command")
            rows = await whole.rows_of(ctx)
            async with database.transaction(workspace.role) as other:
                await records.spend(replace(ctx, db=other), "export", rows)
                await records.note(
                    replace(ctx, db=other), "export", rows=rows, format="zip", asked={"everything": True}
                )

            async def tell(done: int) -> None:
                progress(done, rows)

            manifest = await whole.put_together(ctx, Path(force.files), output, tell)
        progress.end()
        return manifest

    made = at_work(job)
    say(
        f"{output}: {sum(made['records'].values()):,} records of {len(made['records'])} objects, {sum(made['archive'].values()):,} in the"
        f" archive, {sum(made['bin'].values()):,} in the bin, {sum(made['history'].values()):,} changes, {made['files']:,} files,"
        f" {output.stat().st_size:,} bytes"
    )
    if made["files_missing"]:
        say(f"{made['files_missing']:,} files were not there any more; files.csv lists them without a SHA-256.")
    if made["left_out"]:
        say(f"Left out, for lack of rights: {', '.join(made['left_out'])}")


def bring_everything(file: Path, user: str | None) -> None:
    """Bring an export of everything into the workspace, with ids, links, makers and dates."""

    async def job(database: Database, force: Settings) -> Came:
        from guanxi import whole

        workspace = await only_workspace(database)
        async with database.connection() as db:
            actor = await acting(db, workspace, user)
        progress = Progress(file.name)
        try:
            came = await whole.bring(
                database, workspace, actor, Path(force.files), file, lambda _, n: progress(n, None)
            )
        except whole.Unfit as unfit:
            raise click.ClickException(str(unfit)) from unfit
        progress.end()
        return came

    came = at_work(job)
    for name, count in came.created.items():
        say(f"{count:>10,} {name}")
    say(f"{came.files:,} files; {sum(came.there.values()):,} records were there already.")
    for name, count in came.sealed.items():
        say(f"! {count:,} values of {name} were sealed, and did not come back")
    for line in came.lost[:LOST]:
        say(f"! {line}")
    if len(came.lost) > LOST:
        say(f"! and {len(came.lost) - LOST:,} more")
    say("Passwords did not come back: people set new ones by an invitation. History stays in the file, for reading.")
    if came.lost:
        sys.exit(1)
