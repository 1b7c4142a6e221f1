"""Proof that what happened is what is told."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from guanxi.commands.surroundings import Progress, at_work, say

if TYPE_CHECKING:
    from guanxi.base.settings import Settings
    from guanxi.pg import Database


@click.group()
def audit() -> None:
    """The audit and its seals."""


def _head(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        day, sign, chain = value.partition("=")
        try:
            datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007 - a day of the workspace, not a moment
            bytes.fromhex(chain)
        except ValueError:
            sign = ""
        if not sign:
            raise click.BadParameter("write it as 2026-11-28=HASH")
        found[day] = chain
    return found


@audit.command("verify")
@click.option("--workspace", "name", help="Only this one, by its name; by default all.")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was sealed from this day on.")
@click.option(
    "--head", "kept", multiple=True, callback=_head, metavar="DAY=HASH", help="A head that was kept elsewhere."
)
def verify(name: str | None, since: datetime | None, kept: dict[str, str]) -> None:
    """Look whether journal and audit are what was sealed; ends with 1 when they are not, and names the rows."""

    async def job(database: Database, _: Settings) -> bool:
        from guanxi import audit, records

        async with database.connection() as db:
            found = [w for w in await records.workspaces(db) if name is None or w.name == name]
        if not found:
            raise click.ClickException(f"There is no workspace {name}." if name else "There is no workspace yet.")
        good = True
        for workspace in found:
            progress = Progress(workspace.name)
            report = await audit.verify(
                database, workspace, since=since.date() if since else None, kept=kept, tell=progress
            )
            progress.end()
            _tell(workspace.name, report)
            good &= report.ok
            await audit.seal(database, workspace)
        return good

    if not at_work(job):
        sys.exit(1)


def _tell(name: str, report: Any) -> None:
    for p in report.problems:
        place = f"{p.source} {p.seq}" if p.seq is not None else f"block {p.block}" if p.block else f"day {p.day}"
        more = " ".join(str(v) for v in (p.object, p.record, p.at) if v)
        say(f"{p.what}: {place}{' (' + more + ')' if more else ''}")
    if report.problem_count > len(report.problems):
        say(f"and {report.problem_count - len(report.problems):,} more")
    state = "as sealed" if report.ok else f"NOT as sealed: {report.problem_count:,} problems"
    say(
        f"{name}: {report.rows:,} entries in {report.blocks:,} blocks, {state}; {report.removed:,} taken away by retention,"
        f" {report.unsealed:,} not sealed yet."
    )
    if report.head:
        say(f"Head of {report.head['day']}: {report.head['chain']}")
