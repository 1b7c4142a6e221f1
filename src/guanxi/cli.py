"""The command ``guanxi``."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import click

from guanxi.base import Unavailable, log
from guanxi.base.settings import Settings
from guanxi.commands import COMMANDS
from guanxi.commands.surroundings import guarded, settings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="guanxi", prog_name="guanxi")
def main() -> None:
    """Guanxi: customer relationships, for teams of any size. Start with `guanxi serve`."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that serve.")
def serve(host: str, port: int, workers: int) -> None:
    """Run everything: the database (unless DATABASE_URL names one), the web and the background work."""
    # The modules are imported inside the commands, so that `guanxi --help` and shell completion answer at once.
    from guanxi import main as program

    guarded(lambda: program.serve(settings(), host, port, workers, lambda text: print(text, flush=True)))


@main.command("serve-one", hidden=True)
@click.option("--host", required=True)
@click.option("--port", required=True, type=int)
@click.option("--pool", required=True, type=int)
def serve_one(host: str, port: int, pool: int) -> None:
    """One of the processes of `guanxi serve --workers N`."""
    from guanxi import main as program

    guarded(lambda: program.serve_one(settings(), host, port, pool))


@main.command()
@click.option("--queue", "queues", multiple=True, help="Only this queue; may be repeated.")
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Jobs at a time.")
def worker(queues: tuple[str, ...], concurrency: int) -> None:
    """Run background work, on this host or another, beside what `guanxi serve` does."""
    from guanxi import main as program

    guarded(lambda: program.work(settings(), list(queues) or None, concurrency))


@main.command()
@click.option("--phase", type=click.Choice(["pre", "post", "all"]), default="all", show_default=True)
def migrate(phase: str) -> None:
    """Bring the database to this version. `pre` before the new processes start, `post` when the old ones are gone."""
    from guanxi import main as program

    force = settings()

    def run() -> list[str]:
        with program.running(force) as url:
            return asyncio.run(program.migrated(url, ("pre", "post") if phase == "all" else (phase,)))  # type: ignore[arg-type]

    done = guarded(run)
    for step in done:
        print(step)
    print(f"{len(done)} steps." if done else "Nothing to do.")


@main.command()
def doctor() -> None:
    """Print the settings in force and what is wrong with them; ends with 1 when something is."""
    try:
        force = Settings.load()
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    log.setup("error")
    wrong: list[str] = [f"{name} is not a setting (misspelt?)" for name in force.unknown]
    rows = {
        "GUANXI_DATA": str(force.data),
        "DATABASE_URL": log.mask(force.database_url) if force.database_url else "(embedded)",
        "GUANXI_SECRET": "***" if force.secret else "(made at the first start)",
        "GUANXI_NETWORKS": ", ".join(map(str, force.networks)) or "(the public internet only)",
        "GUANXI_RATE": f"{force.rate} a minute" if force.rate else "(no limit)",
        "GUANXI_BASE_URL": force.base_url or "(as requests say)",
        "GUANXI_FILES": log.mask(force.files),
        "GUANXI_LOG": force.log_level,
        "GUANXI_MAIL": log.mask(force.mail) or "(no mail is sent)",
        "GUANXI_MAIL_FROM": force.mail_from,
    }
    for name, value in rows.items():
        print(f"{name:16} {value}")
    wrong += _look(force)
    for sentence in wrong:
        print(f"! {sentence}")
    if wrong:
        sys.exit(1)
    print("All is well.")


def _look(force: Settings) -> list[str]:
    """What is wrong with the data folder and the database."""
    from guanxi import main as program
    from guanxi.pg import Connection
    from guanxi.pg.migrate import pending
    from guanxi.pg.server import ServerError, check

    wrong: list[str] = []
    if force.data.exists() and force.data.stat().st_mode & 0o007:
        wrong.append(f"Everybody can look into {force.data}: chmod 700 {force.data}")
    if (
        force.database_url
        and "GUANXI_SECRET" not in os.environ
        and (not force.secret or force.data.joinpath("secret").exists())
    ):
        wrong.append("Set GUANXI_SECRET: with DATABASE_URL, processes on other hosts must share it")
    if force.mail:
        from guanxi import mail

        try:
            if trouble := mail.check(mail.read_outgoing(force.mail, force.mail_from)):
                wrong.append(f"The mail server cannot be used: {log.mask(trouble)}")
        except ValueError as error:
            wrong.append(str(error))
    if not force.database_url and not force.data.joinpath("postgres").exists():
        print("database         not made yet; `guanxi serve` makes it")
        return wrong

    async def ask(url: str) -> list[str]:
        found = await check(url)
        connection = await Connection.open(url)
        try:
            print(f"{'PostgreSQL':16} {await connection.value('show server_version')}")
            return found + [f"Migration {name} is pending: guanxi migrate" for name in await pending(connection)]
        finally:
            await connection.close()

    try:
        with program.running(force) as url:
            wrong += asyncio.run(ask(url))
    except ServerError as error:
        wrong.append(str(error))
    except Unavailable as error:
        wrong.append(f"The database cannot be reached: {log.mask(str(error.__cause__ or error))}")
    return wrong


@main.command("run-task", hidden=True)
def run_task() -> None:
    """One task in a process of its own: its order is a line of JSON on standard input, its end one on standard output."""
    import resource

    import guanxi.main  # noqa: F401 - brings all tasks
    from guanxi.base import garbage, json
    from guanxi.pg import jobs

    garbage.seldom()
    log.setup(os.environ.get("GUANXI_LOG", "info"))
    resource.setrlimit(resource.RLIMIT_DATA, (jobs.TASK_MEMORY, jobs.TASK_MEMORY))
    url = os.environ.pop("GUANXI_TASK_URL")
    order = json.loads(sys.stdin.buffer.readline())

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        os._exit(3)

    threading.Thread(target=end_with_parent, daemon=True).start()
    answer = asyncio.run(jobs.run_task(url, order))
    sys.stdout.buffer.write(json.dumps(answer) + b"\n")
    sys.stdout.flush()
    os._exit(0 if answer["end"] == "done" else 1)  # the thread above holds standard input


for _command in COMMANDS:
    main.add_command(_command)


if __name__ == "__main__":
    main()
