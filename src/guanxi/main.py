"""The composition root: settings, database, application and worker, put together into processes."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import uvloop

from guanxi import (
    apps,
    audit,
    egress,
    flows,
    identity,
    linkage,
    mail,
    notify,
    quality,
    records,
    segments,
    transfer,
    vault,
    webhooks,
    whole,
)
from guanxi.base import garbage, log
from guanxi.base.settings import Settings
from guanxi.pg import Connection, Database, jobs
from guanxi.pg.migrate import Phase, migrate, pending
from guanxi.pg.server import Server, check
from guanxi.upgrade import upgrade

__all__ = [
    "Unsuitable",
    "apps",
    "audit",
    "flows",
    "identity",
    "linkage",
    "mail",
    "migrated",
    "notify",
    "opened",
    "quality",
    "running",
    "segments",
    "serve",
    "transfer",
    "webhooks",
    "whole",
    "work",
]

_UPGRADE = 7_242_060_452  # the lock under which workspaces are brought to this version
_POOL = 24  # database connections of a process that serves
_CONNECTIONS = 80  # of all processes together; the database takes 100
_DRAIN = 5.0  # seconds that running requests have to end when the program is asked to stop
_log = log.get(__name__)


class Unsuitable(Exception):
    """The installation cannot run like this; the text says what to do."""


@contextlib.contextmanager
def running(settings: Settings) -> Generator[str]:
    """The database's URL, with the embedded server running while inside, unless the settings name another."""
    if settings.database_url:
        yield settings.database_url
        return
    with Server(settings.data) as server:
        yield server.url


async def migrated(url: str, phases: tuple[Phase, ...] = ("pre", "post")) -> list[str]:
    """Brings the database and its workspaces to this version; what was done. Raises Unsuitable."""
    if wrong := await check(url):
        raise Unsuitable("\n".join(wrong))
    done = await migrate(url, phases)
    database = await Database.open(url, max_size=2, statement_timeout=0, lock_timeout=0, idle_timeout=0)
    try:
        async with database.connection() as c:
            known = await records.workspaces(c)
            if left := await pending(c, "post"):
                _log.info("run `guanxi migrate` when no process of the earlier version runs any more", pending=left)
        for workspace in known:
            async with database.transaction() as c:
                await c.execute("select pg_advisory_xact_lock(%(lock)s)", {"lock": _UPGRADE})
                done += [f"{workspace.schema}: {step}" for step in await upgrade(c, workspace)]
    finally:
        await database.close()
    return done


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Database]:
    """The migrated database, for a command that works on it directly; the embedded server is joined or started."""
    with running(settings) as url:
        await migrated(url)
        database = await Database.open(url, statement_timeout=0)
        try:
            yield database
        finally:
            await database.close()


def send_mail(settings: Settings) -> None:
    """Lets this process send mail as the settings say. Raises Unsuitable."""
    try:
        mail.configure(settings.mail, settings.mail_from, settings.base_url)
    except ValueError as error:
        raise Unsuitable(str(error)) from None


class Application:
    """What one process serves: the API and the page (``app``, the ASGI callable), with a worker beside them."""

    def __init__(self, settings: Settings, url: str, pool: int) -> None:
        self._settings = settings
        self._url = url
        self._pool = pool
        self._stop = asyncio.Event()

    async def open(self) -> None:
        """Opens the database, the application and the worker."""
        from guanxi.api.app import create_app  # here: commands that serve nothing need not load the web

        send_mail(self._settings)
        self._database = await Database.open(self._url, max_size=self._pool)
        self.app = create_app(self._settings, self._database)
        await self.app.open()
        self._workers = (
            asyncio.create_task(jobs.Worker(self._database).run(self._stop)),
            asyncio.create_task(records.Deliveries(self._database).run(self._stop)),
            asyncio.create_task(webhooks.Sender(self._database).run(self._stop)),
        )

    def end_streams(self) -> None:
        """Ends the event streams, which have no end of their own and would keep the web server from stopping."""
        self.app.close_streams()

    async def close(self) -> None:
        """Undoes :meth:`open`; running jobs are given back."""
        self._stop.set()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self.app.close()
        await self._database.close()


def serve(settings: Settings, host: str, port: int, workers: int, say: Callable[[str], None]) -> None:
    """Everything: the database, its upgrade, the web and the worker, until SIGTERM or SIGINT.

    ``say`` prints for the person who started it. One process does it all unless ``workers`` is more.
    """
    _refuse_taken(host, port)
    with _ended_by_signal():
        if workers == 1:  # the database starts while this process loads the web; of several, each loads its own
            threading.Thread(target=import_module, args=("guanxi.api.app",), daemon=True).start()
        with running(settings) as url:
            new = uvloop.run(_upgraded(settings, url))
            shown = settings.base_url or f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
            if workers > 1:
                say(_welcome(shown, settings, new))
                uvloop.run(_serve_many(replace(settings, database_url=url), host, port, workers))
            else:
                uvloop.run(_serve_one(settings, url, host, port, _POOL, lambda: say(_welcome(shown, settings, new))))


def work(settings: Settings, queues: list[str] | None, concurrency: int) -> None:
    """Runs jobs until SIGTERM or SIGINT."""
    with _ended_by_signal(), running(settings) as url:

        async def run() -> None:
            vault.unlock(settings.secret, settings.earlier_secrets)
            egress.allow(settings.networks)
            await migrated(url, ("pre",))
            send_mail(settings)
            stop = _stop_event()
            database = await Database.open(url, max_size=concurrency + 4)
            garbage.seldom()
            try:
                async with asyncio.TaskGroup() as together:
                    together.create_task(jobs.Worker(database, queues=queues, concurrency=concurrency).run(stop))
                    together.create_task(records.Deliveries(database).run(stop))
                    together.create_task(webhooks.Sender(database).run(stop))
            finally:
                await database.close()

        uvloop.run(run())


async def _upgraded(settings: Settings, url: str) -> bool:
    """Brings the database to this version; whether nobody has used it yet."""
    # Somebody else's server may have processes of the earlier version on it, which `post` would not suit.
    await migrated(url, ("pre",) if settings.database_url else ("pre", "post"))
    connection = await Connection.open(url)
    try:
        return await identity.setup_needed(connection)
    finally:
        await connection.close()


def _welcome(address: str, settings: Settings, new: bool) -> str:
    where = "the database at DATABASE_URL" if settings.database_url else str(settings.data)
    first = "Open it in a browser and name your company; that takes a minute." if new else "Open it in a browser."
    return f"Guanxi is at {address}\n{first}\nIts data: {where}. Ctrl-C stops it; start it again any time."


async def _serve_one(
    settings: Settings,
    url: str,
    host: str,
    port: int,
    pool: int,
    ready: Callable[[], None],
    metrics: Path | None = None,
) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server as Web

    application = Application(settings, url, pool)
    await application.open()
    application.app.watch.shared = metrics
    try:
        web = Web(
            application.app,
            address=host,
            port=port,
            interface=Interfaces.ASGINL,
            websockets=False,
            log_enabled=False,
            backlog=1024,
        )
        stop = _stop_event()
        serving = asyncio.create_task(web.serve())
        stopping = asyncio.create_task(stop.wait())
        ready()
        garbage.seldom()
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        application.end_streams()
        web.stop()
        stopping.cancel()
        # Requests that are being answered end first; one whose sender is stuck does not hold us up.
        _, stuck = await asyncio.wait((serving,), timeout=_DRAIN)
        if stuck:
            serving.cancel()
        else:
            await serving
    finally:
        await application.close()


async def _serve_many(settings: Settings, host: str, port: int, workers: int) -> None:
    """Keeps ``workers`` processes that share the port; they end with us, since their standard input does."""
    stop = _stop_event()
    shutil.rmtree(settings.data / "metrics", ignore_errors=True)  # what earlier processes counted
    pool = min(_POOL, max(4, _CONNECTIONS // workers))
    command = [sys.executable, "-m", "guanxi", "serve-one", "--host", host, "--port", str(port), "--pool", str(pool)]
    env = {**os.environ, "DATABASE_URL": settings.database_url or "", "GUANXI_DATA": str(settings.data)}

    async def keep() -> None:
        while not stop.is_set():
            child = await asyncio.create_subprocess_exec(*command, env=env, stdin=asyncio.subprocess.PIPE)
            ended, stopping = asyncio.create_task(child.wait()), asyncio.create_task(stop.wait())
            await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                child.terminate()
                await asyncio.wait((ended,), timeout=20)
                if not ended.done():
                    child.kill()
                await ended
            elif not stop.is_set():
                _log.error("a process that served ended; starting another", code=child.returncode)
                await asyncio.wait((stopping,), timeout=1)
            stopping.cancel()

    await asyncio.gather(*(keep() for _ in range(workers)))


def serve_one(settings: Settings, host: str, port: int, pool: int) -> None:
    """One of several processes that serve, until SIGTERM or the end of standard input."""
    url = settings.database_url
    if not url:
        raise Unsuitable("DATABASE_URL is needed here; `guanxi serve` brings its own database.")

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_parent, daemon=True).start()
    uvloop.run(_serve_one(settings, url, host, port, pool, lambda: None, settings.data / "metrics"))


def _stop_event() -> asyncio.Event:
    """Set by SIGTERM, SIGINT or SIGHUP."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in _ending():
        loop.add_signal_handler(name, stop.set)
    return stop


def _ending() -> list[signal.Signals]:
    """The signals that end us: not those that whoever started us wants ignored (nohup)."""
    all_of_them = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    return [name for name in all_of_them if signal.getsignal(name) != signal.SIG_IGN]


@contextlib.contextmanager
def _ended_by_signal() -> Generator[None]:
    """SIGTERM, SIGINT and SIGHUP leave the block in order, and are no error."""

    def leave(*_: object) -> None:
        raise SystemExit(0)

    before = {name: signal.signal(name, leave) for name in _ending()}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _refuse_taken(host: str, port: int) -> None:
    """Raises Unsuitable when somebody listens there already: the web server itself would share the port silently."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Unsuitable(f"Port {port} is taken. Choose another: guanxi serve --port {port + 1}") from None
            raise Unsuitable(f"Cannot listen on {host}:{port}: {error.strerror}") from None
