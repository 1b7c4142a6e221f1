"""The embedded PostgreSQL: one cluster in the data folder, reachable through a socket only.

- Any number of processes may use one folder. Each holds a shared lock on it while it does; who leaves last stops the
  server. A kernel lock cannot be left behind by ``kill -9``.
- A postmaster that outlived the process that started it is taken over. One that was killed is started again, at start
  and while we run, after its orphaned backends are gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import quote as url_quote

import psutil
import psycopg

from guanxi.base import log
from guanxi.pg.connection import Connection
from guanxi.pg.runner import Runner, ServerError, environment, find_runner

NEEDED: tuple[str, ...] = ()
"""Extensions that a database must offer; migrations find them in the schema ``guanxi``. None so far: search has an
index of its own making."""

OLDEST = 150000
"""The oldest PostgreSQL that will do, as ``server_version_num``."""

_SOCKET_PATH = 107 - len("/.s.PGSQL.5432")  # a kernel limit on the bytes of a socket's address
_READY_WITHIN = 300.0  # seconds; recovery after a crash may take a while on a slow disk
_LOG_KEPT = 8 << 20  # bytes of the server's log before it is rotated

_log = log.get(__name__)

_INITDB = (
    "--username=guanxi",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)


class Server:
    """The cluster in ``data``/postgres, running between :meth:`start` and :meth:`stop` (or ``with``/``async with``).

    ``url`` is its address once started. Raises :class:`ServerError`.
    """

    def __init__(self, data: Path) -> None:
        self.data = Path(data).absolute()
        self.cluster = self.data / "postgres"
        self.url = ""
        self._uses: int | None = None  # the descriptor that holds the shared lock
        self._child: subprocess.Popen[bytes] | None = None
        self._runner: Runner | None = None
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Server:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, or None when none runs."""
        return _postmaster(self.cluster)

    def start(self) -> None:
        """Joins the running server of this folder, or starts it; makes the cluster first when there is none."""
        with contextlib.suppress(FileExistsError):  # also when another process makes it at this moment
            self.data.mkdir(mode=0o700, parents=True)
            self.data.chmod(0o700)
        with self._exclusive():
            self._refuse_elsewhere()
            uses = os.open(self.data / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(uses, fcntl.LOCK_SH)
            try:
                self._ensure()
            except BaseException:
                os.close(uses)
                raise
            self._uses = uses
        self._stopping.clear()
        self._watcher = threading.Thread(target=self._watch, name="postgresql", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Leaves the server, and stops it when nobody else uses it."""
        if self._uses is None:
            return
        self._stopping.set()
        if self._watcher:
            self._watcher.join()
        with self._exclusive():
            os.close(self._uses)
            self._uses = None
            with _lock(self.data / "postgres.users", wait=0) as alone:
                if alone:
                    self._shut_down()
        if self._child:  # it goes on for others; Popen would complain about that when it is dropped
            self._child.returncode = 0
            self._child = None

    def _shut_down(self) -> None:
        pid = _postmaster(self.cluster)
        if pid is None:
            return
        for sent, seconds in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)
            if self._gone(pid, seconds):
                return

    def _gone(self, pid: int, seconds: float) -> bool:
        for _ in _until(seconds):
            self._reap()
            if not _runs(pid):
                return True
        return False

    def _reap(self) -> None:
        """A child that ended stays as a zombie until it is asked for."""
        if self._child and self._child.poll() is not None:
            self._child = None

    def _ensure(self) -> None:
        """Makes sure that a postmaster runs and is ready. The exclusive lock is held."""
        self._runner = runner = self._runner or find_runner(self.data, self.cluster)
        _find_cluster(runner, self.cluster)
        pid = _postmaster(self.cluster)
        if pid is None:
            self._end_orphans()
            folder = self._socket_folder()
            # PostgreSQL would believe files that name a process which has ended but was not collected by its parent, or
            # somebody else's process that has the number now.
            for left in (self.cluster / "postmaster.pid", folder / ".s.PGSQL.5432.lock", folder / ".s.PGSQL.5432"):
                left.unlink(missing_ok=True)
            self._configure(folder)
            pid = self._spawn(runner)
        socket = self._wait_ready(pid)
        self.url = f"postgresql://guanxi@/guanxi?host={url_quote(socket, safe='')}"
        _ensure_database(socket)

    def _spawn(self, runner: Runner) -> int:
        if self._child:  # it has ended, or _postmaster would have found it
            self._child.kill()
            self._child.wait()
        (self.data / "postgres.where").write_text(_namespace())
        path = self.data / "postgres.log"
        if path.exists() and path.stat().st_size > _LOG_KEPT:
            path.replace(path.with_suffix(".log.1"))
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
            self._child = subprocess.Popen(
                runner.command("postgres", "-D", str(self.cluster)),
                user=runner.user,
                group=runner.group,
                extra_groups=None if runner.user is None else [],
                cwd="/",
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C on the terminal is for us; we stop the server when we have finished
            )
        return self._child.pid

    def _wait_ready(self, pid: int) -> str:
        """The socket's folder, once the postmaster ``pid`` accepts connections."""
        for _ in _until(_READY_WITHIN):
            lines = _pid_file(self.cluster)
            if len(lines) >= 8 and int(lines[0]) == pid and lines[7].strip() == "ready":
                return lines[4].strip()
            self._reap()
            if not _runs(pid):
                raise ServerError(f"PostgreSQL did not start. The end of its log:\n{self._log_end()}")
        raise ServerError(f"PostgreSQL was not ready after {_READY_WITHIN:.0f} s. Its log: {self.data}/postgres.log")

    def _log_end(self) -> str:
        try:
            return "\n".join((self.data / "postgres.log").read_text(errors="replace").splitlines()[-12:])
        except OSError:
            return "(no log)"

    def _refuse_elsewhere(self) -> None:
        """Raises when the folder is in use from where we cannot see its processes: another container."""
        mark = self.data / "postgres.where"
        if mark.exists() and mark.read_text() != _namespace():
            with _lock(self.data / "postgres.users", wait=0) as alone:
                if not alone:
                    raise ServerError(f"{self.data} is in use by another container. Give each a folder of its own.")

    def _end_orphans(self) -> None:
        """Ends backends whose postmaster was killed: a new one cannot start while they hold its shared memory."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.name().startswith("postgres") and Path(process.cwd()) == self.cluster.resolve():
                    process.send_signal(signal.SIGKILL)  # safe: their work is recovered from the log anyway
                    process.wait(10)

    def _configure(self, folder: Path) -> None:
        """Writes the settings anew, so that an upgrade's better ones arrive. A person's own go to local.conf."""
        lines = [
            "# Written by Guanxi at every start. Put settings of your own into local.conf beside this file.",
            *(f"{name} = {_quoted(value)}" for name, value in _settings(folder).items()),
            "include_if_exists = 'local.conf'",
        ]
        path = self.cluster / "postgresql.conf"
        path.write_text("\n".join(lines) + "\n")
        self._own(path)

    def _socket_folder(self) -> Path:
        folder = self.data / "run"
        if len(os.fsencode(folder)) > _SOCKET_PATH or not re.fullmatch(r"[\w./+-]+", str(folder), re.ASCII):
            short = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:16]
            base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
            if len(os.fsencode(base)) > _SOCKET_PATH - 32:
                base = Path("/tmp")  # noqa: S108 - the folder made in it is checked to be ours and private
            folder = base / f"guanxi-{os.geteuid()}-{short}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        self._own(folder)
        seen = folder.lstat()
        owner = self._runner.user if self._runner and self._runner.user is not None else os.geteuid()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != owner:
            raise ServerError(f"{folder} belongs to somebody else. Remove it, or set GUANXI_DATA to a shorter path.")
        folder.chmod(0o700)
        return folder

    def _own(self, path: Path) -> None:
        if self._runner and self._runner.user is not None:
            os.chown(path, self._runner.user, self._runner.group or -1, follow_symlinks=False)

    def _watch(self) -> None:
        """Starts the server again when it ends without having been asked to."""
        pause = 0.2
        while not self._stopping.is_set():
            pid = _postmaster(self.cluster)
            if pid is not None and not self._ends(pid):
                continue
            if self._stopping.is_set():
                return
            _log.warning("PostgreSQL ended; starting it again", data=str(self.data))
            try:
                with self._exclusive():
                    self._ensure()
                pause = 0.2
            except (ServerError, OSError, psycopg.Error) as error:
                _log.error("PostgreSQL cannot be started", error)
                self._stopping.wait(pause)
                pause = min(pause * 2, 10.0)

    def _ends(self, pid: int) -> bool:
        """Waits up to half a second; whether the process ended."""
        try:
            handle = os.pidfd_open(pid)  # Linux; elsewhere we look twice a second
        except (AttributeError, OSError):
            self._stopping.wait(0.5)
            return not _runs(pid)
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            ended = bool(poll.poll(500))
        finally:
            os.close(handle)
        self._reap()
        return ended

    @contextlib.contextmanager
    def _exclusive(self) -> Generator[None]:
        """Held while the server is started or stopped."""
        with _lock(self.data / "postgres.lock", wait=_READY_WITHIN) as held:
            if not held:
                raise ServerError(
                    f"Another process has been starting or stopping PostgreSQL in {self.data} for minutes."
                )
            yield


async def check(url: str) -> list[str]:
    """What keeps the database at ``url`` from serving Guanxi, as sentences; Unavailable when it cannot be reached."""
    connection = await Connection.open(url)
    try:
        row = await connection.row(
            """select current_setting('server_version_num')::int, current_setting('server_version'),
                      current_setting('server_encoding'),
                      has_database_privilege(current_database(), 'create'),
                      (select rolsuper or rolcreaterole from pg_roles where rolname = current_user),
                      array(select name::text from pg_available_extensions),
                      array(select extname::text from pg_extension)"""
        )
    finally:
        await connection.close()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    number, version, encoding, may_create, may_roles, offered, present = row
    wrong: list[str] = []
    if number < OLDEST:
        wrong.append(f"PostgreSQL {version} is too old; {OLDEST // 10000} or newer is needed.")
    if encoding != "UTF8":
        wrong.append(f"The database's encoding is {encoding}; create it with ENCODING 'UTF8'.")
    if missing := [name for name in NEEDED if name not in offered and name not in present]:
        wrong.append(f"The server lacks the extensions {', '.join(missing)} (package postgresql-contrib).")
    if not may_create:
        wrong.append("The user may not create schemas: GRANT CREATE ON DATABASE ... TO ...")
    if not may_roles:
        wrong.append("The user may not create roles (each workspace gets its own): ALTER ROLE ... CREATEROLE")
    return wrong


def _namespace() -> str:
    """Which processes we can see."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _settings(socket_folder: Path) -> dict[str, str]:
    memory = psutil.virtual_memory().total >> 20  # MB
    shared = min(1024, max(16, memory // 16))  # taken from the system page by page, as they are used
    small_shm = _free(Path("/dev/shm")) < 512 << 20  # noqa: S108 - containers have 64 MB there, too little for queries
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "port": "5432",
        "max_connections": "100",
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(128, memory // 2)}MB",
        "work_mem": f"{min(32, max(4, memory // 512))}MB",
        "maintenance_work_mem": f"{min(256, max(32, memory // 32))}MB",
        "dynamic_shared_memory_type": "mmap" if small_shm and sys.platform == "linux" else "posix",
        "max_wal_size": "2GB",
        "min_wal_size": "80MB",
        "checkpoint_timeout": "10min",
        "random_page_cost": "1.1",
        "jit": "off",
        "io_workers": "2",
        "max_parallel_workers_per_gather": str(min(2, max(0, (os.cpu_count() or 1) - 1))),
        "autovacuum_naptime": "30s",
        "autovacuum_vacuum_scale_factor": "0.1",
        "autovacuum_analyze_scale_factor": "0.05",
        "track_io_timing": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        # A log must not repeat people's data: neither statements nor the values in errors.
        "log_min_messages": "warning",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_checkpoints": "off",
    }


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _free(path: Path) -> int:
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return 0


def _find_cluster(runner: Runner, cluster: Path) -> None:
    """Makes the cluster when there is none; refuses one of another major version."""
    version = cluster / "PG_VERSION"
    if version.exists():
        ours = runner.run("postgres", "--version").stdout.split()[-1].partition(".")[0]
        theirs = version.read_text().strip()
        if theirs != ours:
            raise ServerError(
                f"{cluster} was made by PostgreSQL {theirs} and this is {ours}. "
                "Dump it with the earlier version, move the folder away, and restore the dump into a new one."
            )
        return
    if cluster.exists() and any(cluster.iterdir()):
        raise ServerError(f"{cluster} is not a PostgreSQL folder, and not empty. Move it away.")
    fresh = cluster.with_name("postgres.new")  # under another name until it is whole
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if runner.user is not None:
        os.chown(fresh, runner.user, runner.group or -1)
    # The C library's part of the locale decides what a letter is for trigrams; the order is PostgreSQL's own either way.
    for locale in ("C.UTF-8", "en_US.UTF-8", "C"):
        made = runner.run("initdb", "--pgdata", str(fresh), f"--locale={locale}", *_INITDB)
        if made.returncode == 0:
            break
    else:
        shutil.rmtree(fresh, ignore_errors=True)
        raise ServerError(f"The database cannot be created in {cluster.parent}:\n{made.stderr.strip()[-1000:]}")
    # Through the socket only, and the socket's folder lets only its owner in.
    (fresh / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n")
    if cluster.exists():
        cluster.rmdir()
    fresh.rename(cluster)


def _ensure_database(folder: str) -> None:
    with psycopg.connect(
        host=folder, user="guanxi", dbname="postgres", autocommit=True, connect_timeout=10
    ) as connection:
        if connection.execute("select 1 from pg_database where datname = 'guanxi'").fetchone() is None:
            connection.execute("create database guanxi")


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _postmaster(cluster: Path) -> int | None:
    """The process id of the postmaster of ``cluster``, or None: a file left behind, perhaps naming somebody else now."""
    lines = _pid_file(cluster)
    try:
        process = psutil.Process(int(lines[0]))
        if process.status() == psutil.STATUS_ZOMBIE or Path(process.cwd()) != cluster.resolve():
            return None
    except (IndexError, ValueError, psutil.Error, OSError):
        return None
    return process.pid


def _until(seconds: float) -> Iterator[None]:
    """Repeats until ``seconds`` have passed, slower and slower."""
    deadline, pause = time.monotonic() + seconds, 0.005
    while time.monotonic() < deadline:
        yield
        time.sleep(pause)
        pause = min(pause * 1.3, 0.1)


@contextlib.contextmanager
def _lock(path: Path, wait: float) -> Generator[bool]:
    """An exclusive lock on ``path``; False when it was not to be had within ``wait`` seconds."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        held = False
        for _ in _until(max(wait, 0.001)):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
                break
            except BlockingIOError:
                if not wait:
                    break
        yield held
    finally:
        os.close(handle)
