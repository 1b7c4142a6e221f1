"""The first run without a browser, and tokens for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from guanxi.commands.surroundings import Progress, at_work, only_workspace, say

if TYPE_CHECKING:
    from guanxi.base.settings import Settings
    from guanxi.pg import Database


@click.command()
@click.option("--company", required=True, help="Name of the company.")
@click.option("--name", required=True, help="The administrator's name.")
@click.option("--email", required=True, help="The administrator's e-mail address, to sign in with.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="At least ten characters.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--timezone", help="IANA name; by default as usual for the language.")
@click.option("--currency", help="ISO 4217 code; by default as usual for the language.")
@click.option("--pack", help="Industry pack to begin with.")
@click.option(
    "--sample-data",
    type=click.Choice(["small", "medium", "large"]),
    is_flag=False,
    flag_value="small",
    help="Fill it with invented companies, people and deals.",
)
def setup(
    company: str, name: str, email: str, password: str, language: str, timezone: str | None, currency: str | None,
    pack: str | None, sample_data: str | None,
) -> None:  # fmt: skip
    """Make the workspace and its administrator: the first run, without a browser."""

    async def job(database: Database, _: Settings) -> None:
        from guanxi import identity, packs

        changes = packs.find(pack).changes if pack else ()
        first = identity.FirstRun(company, name, email, password, language, timezone, currency, changes)
        await identity.set_up(database, first)
        say(f"{company} is ready; {email} is its administrator.")
        if sample_data:
            await fill(database, sample_data)
        say("Start with `guanxi serve`.")

    at_work(job)


async def fill(database: Database, size: str | int, seed: int = 1) -> None:
    """Sample data into the installation's workspace, with progress and a line of figures."""
    from guanxi import sample

    progress = Progress("Sample data")
    made = await sample.load(database, await only_workspace(database), size, seed, progress)
    progress.end()
    say("Sample data: " + ", ".join(f"{n:,} {name}" for name, n in made.items() if n))


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--user", required=True, help="E-mail address of the user as whom it acts.")
@click.option("--name", required=True, help="What it is for.")
def create(user: str, name: str) -> None:
    """Make a token that may do all that the user may, and print it: it cannot be shown again."""

    async def job(database: Database, _: Settings) -> None:
        from guanxi import identity
        from guanxi.base import NotFound

        async with database.transaction() as db:
            try:
                secret = await identity.create_token_for(db, user, name)
            except NotFound:
                raise click.ClickException(f"There is no active user {user}.") from None
        say(secret)

    at_work(job)
