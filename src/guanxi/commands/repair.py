"""Whether what is computed and kept still says what it is computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from guanxi.commands.surroundings import at_work, say

if TYPE_CHECKING:
    from guanxi.base.settings import Settings
    from guanxi.pg import Database


@click.command()
@click.option("--check", is_flag=True, help="Only tell what is wrong; ends with 1 when something is.")
def repair(check: bool) -> None:
    """Take all roll-ups anew, and put right those that are not."""

    async def job(database: Database, _: Settings) -> int:
        from guanxi import records

        wrong = 0
        async with database.connection() as db:
            workspaces = [(w, await records.load_catalog(db, w)) for w in await records.workspaces(db)]
        for workspace, catalog in workspaces:
            flaws = await records.repair(database, workspace, catalog, check=check)
            for flaw in flaws:
                done = "wrong" if check else "put right"
                say(f"{flaw.object}.{flaw.field}: {flaw.count:,} records {done}, such as {', '.join(flaw.examples)}")
            wrong += sum(f.count for f in flaws)
            kept = sum(len(r) for r in catalog.rolls.values())
            say(f"{workspace.name}: {kept} roll-ups looked through, {sum(f.count for f in flaws):,} records wrong.")
        return wrong

    if at_work(job) and check:
        raise SystemExit(1)
