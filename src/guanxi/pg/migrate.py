"""System migrations: ``system/NNNN_{pre,post}_name.sql``, each applied once, in order, in a transaction of its own.

``pre`` runs before the new program does and must suit the old one too; ``post`` takes away what only the old one
needed. They run with ``search_path = guanxi`` under a lock, so that any number of processes may start at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from guanxi.base import log
from guanxi.pg.connection import Connection
from guanxi.pg.errors import DatabaseError
from guanxi.pg.server import NEEDED

Phase = Literal["pre", "post"]

_LOCK = 0x67756178  # any number that nobody else locks: "guax"
_NAME = re.compile(r"(\d{4})_(pre|post)_\w+")
_log = log.get(__name__)


class MigrationError(Exception):
    """The database cannot be brought to this version; the text says why."""


@dataclass(frozen=True, slots=True, order=True)
class Migration:
    """One file: its name without ``.sql``, when it runs, and its statements."""

    name: str
    phase: Phase
    sql: str


def known() -> list[Migration]:
    """The migrations of this version, in order."""
    found: list[Migration] = []
    for file in files("guanxi.pg").joinpath("system").iterdir():
        if file.name.endswith(".sql"):
            name = file.name.removesuffix(".sql")
            match = _NAME.fullmatch(name)
            if not match:
                raise MigrationError(f"{file.name} is not named NNNN_pre_name.sql or NNNN_post_name.sql")
            found.append(Migration(name, "pre" if match[2] == "pre" else "post", file.read_text()))
    return sorted(found)


async def pending(connection: Connection, phase: Phase = "pre") -> list[str]:
    """The names of ``phase``'s migrations that were not applied; empty when the database is ready for this program."""
    done = await _applied(connection)
    return [m.name for m in known() if m.phase == phase and m.name not in done]


async def migrate(url: str, phases: tuple[Phase, ...] = ("pre", "post")) -> list[str]:
    """Applies what is missing, and answers the names. A new database gets all, whatever the ``phases``.

    Raises MigrationError when a newer version was here, or a statement fails (nothing of that file is kept).
    """
    connection = await Connection.open(url, statement_timeout="0", lock_timeout="0", search_path="guanxi")
    applied: list[str] = []
    try:
        await connection.fetch("select pg_advisory_lock(%(key)s)", {"key": _LOCK})
        await _first(connection)
        done, ours = await _applied(connection), known()
        if newer := sorted(done - {m.name for m in ours}):
            raise MigrationError(f"The database was used by a newer version of Guanxi (it has {newer[-1]}).")
        for migration in ours:
            if migration.name not in done and (migration.phase in phases or not done):
                await _apply(connection, migration)
                applied.append(migration.name)
    finally:
        await connection.close()
    return applied


async def _apply(connection: Connection, migration: Migration) -> None:
    # One multi-statement query is one transaction; the name is one of our own files.
    done = f"insert into guanxi.migration (name) values ('{migration.name}')"
    try:
        await connection.script(f"begin;\n{migration.sql}\n;\n{done};\ncommit")
    except DatabaseError as error:
        raise MigrationError(f"{migration.name}: {error}") from error
    _log.info("migrated", name=migration.name)


async def _first(connection: Connection) -> None:
    try:
        await connection.script(_FIRST)
    except DatabaseError as error:
        raise MigrationError(f"The database is not fit for Guanxi: {error}. See `guanxi doctor`.") from error


async def _applied(connection: Connection) -> set[str]:
    if await connection.value("select to_regclass('guanxi.migration')") is None:
        return set()
    return {name for (name,) in await connection.fetch("select name from guanxi.migration")}


_FIRST = "\n".join(
    (
        "create schema if not exists guanxi;",
        *(f"create extension if not exists {name} with schema guanxi;" for name in NEEDED),
        "create table if not exists guanxi.migration (name text primary key, at timestamptz not null default now());",
    )
)
