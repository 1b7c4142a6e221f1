"""A real sales team's files into a workspace: people, accounts, products and a whole pipeline."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guanxi.commands.carrying import carry, importing, tale
from guanxi.commands.surroundings import Progress, acting, at_work, only_workspace, say

if TYPE_CHECKING:
    from guanxi.base.settings import Settings
    from guanxi.pg import Database
    from guanxi.records import Context, Workspace
    from guanxi.sample.team_files import TeamFiles


@click.command()
@click.option(
    "--source",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with accounts.csv, products.csv, sales_teams.csv and sales_pipeline.csv.",
)
@click.option("--company", default="Demo", show_default=True, help="Name of the company, if there is none yet.")
@click.option(
    "--email", default="admin@example.com", show_default=True, help="Of the administrator, if there is none yet."
)
@click.option("--password", help="Of the administrator, if there is none yet; otherwise one is made and printed.")
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="If there is none yet."
)
def demo(source: Path, company: str, email: str, password: str | None, language: str) -> None:
    """Import a sales team's four files; a second time brings the same records up to date."""

    async def job(database: Database, force: Settings) -> bool:
        from guanxi import identity
        from guanxi.sample.team_files import Unfit, read

        try:
            files = read(source)
        except Unfit as unfit:
            raise click.ClickException(str(unfit)) from unfit
        async with database.connection() as db:
            fresh = await identity.setup_needed(db)
        if fresh:
            made = password or secrets.token_urlsafe(12)
            # The exercise's amounts are in dollars.
            await identity.set_up(
                database, identity.FirstRun(company, "Administrator", email, made, language, currency="USD")
            )
            say(
                f"Made the workspace {company}. Sign in as {email}"
                + ("." if password else f" with the password {made}")
            )
        return await bring(
            database, await only_workspace(database), force.data / "transfer", files, say, Progress("Importing")
        )

    if not at_work(job):
        raise click.ClickException("Some of it could not be imported.")
    say(
        "Start with `guanxi serve` and look at Opportunities: the board of the pipeline “Engagement”, and its owners by region."
    )


async def bring(
    database: Database,
    workspace: Workspace,
    folder: Path,
    files: TeamFiles,
    tell: Callable[[str], None],
    progress: Progress,
) -> bool:
    """Carry the files into a workspace and say what came of it; False when an import did not end well."""
    from guanxi import records
    from guanxi.sample import team_files

    async with database.transaction() as db:
        catalog = await records.load_catalog(db, workspace)
        administrator = await acting(db, workspace, None)
        wanted = team_files.changes(files, catalog)
        if wanted:
            catalog = (await records.evolve(db, workspace, wanted, actor=administrator.id)).catalog
            tell(f"Catalog: {len(wanted)} changes ({', '.join(_say(c) for c in wanted)})")
        ctx = records.Context(db, workspace, catalog, administrator, "command", bulk="import", label="sales_teams")
        tell(await _people(ctx.as_system("demo"), files))
    good = True
    with tempfile.TemporaryDirectory() as made:
        async with importing(database):
            for table in team_files.tables(files, catalog):
                path = Path(made, f"{table.source}.csv")
                table.write(path)
                status = await carry(
                    database, workspace, administrator, folder, path, table.object,
                    mapping=table.mapping, mode="upsert", key=table.key, options={"encoding": "utf-8", "delimiter": ","},
                    tell=progress,
                )  # fmt: skip
                progress.end()
                tell(f"{table.source}.csv → {table.object}: " + "\n".join(tale(status)))
                good = good and status["status"] == "done"
    for remark in files.remarks:
        tell(f"· {remark}")
    return good


def _say(change: dict[str, Any]) -> str:
    name = change.get("name") or change.get("option", {}).get("name", "")
    return f"{change['op'].replace('_', ' ')} {change.get('object', '')} {name}".replace("  ", " ")


async def _people(ctx: Context, files: TeamFiles) -> str:
    """Regions as teams, a manager's team below each, agents in their manager's; all without a password."""
    from guanxi.records import Operation, Outcome, Update, Upsert, write

    async def put(name: str, operations: list[Operation]) -> list[Outcome]:
        found = await write(ctx, name, operations, atomic=False, render=False)
        done.extend(found)
        return found

    done: list[Outcome] = []
    regions = await put("team", [Upsert({"name": r}, {}) for r in files.regions])
    region = {r: o.id for r, o in zip(files.regions, regions, strict=True)}
    teams = await put(
        "team",
        [
            Upsert({"name": f"{m.region} · {m.name}".strip(" ·")}, {"parent": region.get(m.region)})
            for m in files.managers
        ],
    )
    team = {m.name: o.id for m, o in zip(files.managers, teams, strict=True)}
    users = await put(
        "user",
        [
            Upsert(
                {"email": p.email},
                {
                    "name": p.name,
                    "role": {"match": {"name": "rep" if p.manager else "manager"}},
                    "teams": [t for t in (team.get(p.manager or p.name) or region.get(p.region),) if t],
                    "region": p.region or None,
                },
            )
            for p in files.people
        ],
    )
    lead = {p.name: o.id for p, o in zip(files.people, users, strict=True)}
    await put(
        "team",
        [Update(team[m.name] or "", {"lead": lead[m.name]}) for m in files.managers if team[m.name] and lead[m.name]],
    )
    text = f"sales_teams.csv → {len(users)} users ({len(files.managers)} managers) in {len(regions) + len(teams)} teams of {len(regions)} regions"
    bad = [str(o.problem) for o in done if o.problem is not None]
    return "\n".join((text, *(f"  ! {sentence}" for sentence in dict.fromkeys(bad))))
