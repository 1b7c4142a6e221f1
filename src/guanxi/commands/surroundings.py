"""What every command stands on: settings, a database that runs, a workspace, and errors told in a sentence."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from guanxi.base import Problem, Unavailable, log
from guanxi.base.settings import Settings

if TYPE_CHECKING:
    from guanxi.pg import Connection, Database
    from guanxi.records import Actor, Workspace

T = TypeVar("T")


def settings() -> Settings:
    """The settings in force, with logs set up as they say; ends with a message when they are wrong."""
    try:
        found = Settings.load()
        log.setup(found.log_level)
        return found.prepared()
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


def guarded(run: Callable[[], Any]) -> Any:
    """``run()``, with what cannot be as it is told in a sentence instead of a traceback."""
    from guanxi.main import Unsuitable
    from guanxi.pg.migrate import MigrationError
    from guanxi.pg.server import ServerError

    try:
        return run()
    except (Unsuitable, MigrationError, ServerError) as error:
        raise click.ClickException(str(error)) from error
    except Unavailable as error:
        raise click.ClickException(
            f"The database cannot be reached: {log.mask(str(error.__cause__ or error))}"
        ) from error
    except Problem as problem:
        raise click.ClickException(str(problem)) from problem


def at_work(job: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """The result of ``job(database, settings)`` on the migrated database, embedded or not, joined or started."""
    force = settings()

    async def run() -> T:
        from guanxi.base import sealing
        from guanxi.main import opened
        from guanxi.records.cursor import set_cursor_secret

        sealing.unlock(force.secret, force.earlier_secrets)
        set_cursor_secret(force.secret)
        async with opened(force) as database:
            return await job(database, force)

    return guarded(lambda: asyncio.run(run()))


async def only_workspace(database: Database) -> Workspace:
    """The installation's workspace; ends with a message when there is none yet."""
    from guanxi import records

    async with database.connection() as db:
        found = await records.workspaces(db)
    if not found:
        raise click.ClickException("There is no workspace yet: open the page, or run `guanxi setup`.")
    return found[0]


async def acting(db: Connection, workspace: Workspace, email: str | None) -> Actor:
    """The user with this e-mail address, or the first administrator when none is named."""
    from guanxi import records
    from guanxi.pg import quote

    schema = quote(workspace.schema)
    live = "u.active AND u.deleted_at IS NULL"
    if email:
        id = await db.value(
            f'SELECT u.id FROM {schema}."user" u WHERE u.email = lower(%(email)s) AND {live}', {"email": email.strip()}
        )
    else:
        id = await db.value(
            f'SELECT u.id FROM {schema}."user" u JOIN {schema}.role r ON r.id = u.role'
            f" WHERE r.name = 'administrator' AND {live} ORDER BY u.id LIMIT 1"
        )
    actor = await records.load_actor(db, workspace, id) if id else None
    if actor is None:
        raise click.ClickException(
            f"There is no active user {email}." if email else "There is no active administrator."
        )
    return actor


def say(text: str = "", error: bool = False) -> None:
    """A line for the person who gave the command."""
    click.echo(text, err=error)


class Progress:
    """Progress on one line of a terminal; silent in a pipe."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.shown = sys.stderr.isatty()

    def __call__(self, done: int, of: int | None) -> None:
        """Show how far it is."""
        if self.shown:
            part = f"{done:,} of {of:,}" if of else f"{done:,}"
            click.echo(f"\r\x1b[K{self.what}: {part}", nl=False, err=True)

    def end(self) -> None:
        """Clear the line."""
        if self.shown:
            click.echo("\r\x1b[K", nl=False, err=True)
