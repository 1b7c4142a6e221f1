"""The embedded server under what happens to it: kills, a second process, orphans, long paths, other versions."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from guanxi.pg import runner
from guanxi.pg.server import Server, ServerError, check

# A process that starts (or joins) the server of a folder, says so, and waits for its end.
HOLDER = """
import sys
from guanxi.pg.server import Server
server = Server(sys.argv[1])
server.start()
print(server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


def deadline(condition, seconds: float = 30) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


@pytest.fixture
def folder(short_dir: Path) -> Iterator[Path]:
    yield short_dir
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and str(short_dir) in process.cwd():
                process.kill()
        except psutil.Error:
            continue


class Holder:
    """Another process that uses the folder."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.postmaster = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self._close()

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self._close()

    def _close(self) -> None:
        self.process.wait(30)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            pipe.close()


def test_private_and_on_a_socket_only(folder: Path) -> None:
    with Server(folder) as server, psycopg.connect(server.url) as c:
        assert (folder / "postgres").stat().st_mode & 0o077 == 0
        assert (folder / "run").stat().st_mode & 0o077 == 0
        shown = {name: c.execute(f"show {name}").fetchone() for name in ("listen_addresses", "data_checksums", "fsync")}
        assert shown == {"listen_addresses": ("",), "data_checksums": ("on",), "fsync": ("on",)}
        shown = {
            n: c.execute(f"show {n}").fetchone() for n in ("synchronous_commit", "full_page_writes", "server_encoding")
        }
        assert shown == {"synchronous_commit": ("on",), "full_page_writes": ("on",), "server_encoding": ("UTF8",)}
        connections = psutil.Process(server.pid).net_connections(kind="inet")
        assert connections == []


async def test_it_is_fit(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await check(server_url) == []
    monkeypatch.setattr("guanxi.pg.server.NEEDED", ("pg_trgm", "no_such_extension"))
    assert await check(server_url) == [
        "The server lacks the extensions no_such_extension (package postgresql-contrib)."
    ]


def test_an_unfit_database_is_told_in_sentences(folder: Path) -> None:
    import asyncio

    with Server(folder) as server:
        with psycopg.connect(server.url, autocommit=True) as c:
            c.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
            c.execute("create role weak login")
        found = asyncio.run(check(server.url.replace("guanxi@/guanxi?", "weak@/latin?")))
    text = " ".join(found)
    assert "LATIN1" in text
    assert "schemas" in text
    assert "CREATEROLE" in text


def test_a_long_path_gets_its_socket_elsewhere(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    with Server(deep) as server:
        assert answers(server.url)
        assert str(deep) not in server.url


def test_a_folder_with_odd_letters(folder: Path) -> None:
    with Server(folder / "客户 data, 'x'") as server:
        assert answers(server.url)


def test_starting_again_keeps_the_data(folder: Path) -> None:
    with Server(folder) as server, psycopg.connect(server.url, autocommit=True) as c:
        c.execute("create table kept as select 1 as n")
    with Server(folder) as server, psycopg.connect(server.url) as c:
        assert c.execute("select n from kept").fetchone() == (1,)
    assert server.pid is None


def test_a_second_process_joins_and_the_last_one_stops_it(folder: Path) -> None:
    with Server(folder) as ours:
        other = Holder(folder)
        assert other.postmaster == ours.pid
    assert ours.pid == other.postmaster  # we left, it is still in use
    assert answers(ours.url)
    other.end()
    assert ours.pid is None


def test_two_that_start_at_once_share_one_server(folder: Path) -> None:
    servers = [Server(folder) for _ in range(3)]
    threads = [threading.Thread(target=server.start) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({server.pid for server in servers}) == 1
    for server in servers:
        server.stop()
    assert servers[0].pid is None


def test_a_server_whose_process_was_killed_is_taken_over(folder: Path) -> None:
    other = Holder(folder)
    other.kill()
    with Server(folder) as server:
        assert server.pid == other.postmaster
        assert answers(server.url)
    assert server.pid is None


def test_after_kill_9_of_everything_what_was_committed_is_there(folder: Path) -> None:
    other = Holder(folder)
    url = f"postgresql://guanxi@/guanxi?host={folder}/run"
    with psycopg.connect(url, autocommit=True) as c, psycopg.connect(url) as busy:
        c.execute("create table kept (n int)")
        for n in range(50):
            c.execute("insert into kept values (%s)", (n,))
        busy.execute("insert into kept values (-1)")
        os.kill(other.postmaster, signal.SIGKILL)
        other.kill()
        assert (folder / "postgres/postmaster.pid").exists()
        with Server(folder) as server, psycopg.connect(server.url) as again:
            assert server.pid != other.postmaster
            assert again.execute("select count(*), min(n) from kept").fetchone() == (50, 0)
        busy.close()


def test_a_folder_in_use_in_another_container_is_refused(folder: Path) -> None:
    with Server(folder):
        (folder / "postgres.where").write_text("pid:[1]")
        with pytest.raises(ServerError, match="another container"):
            Server(folder).start()
    with Server(folder) as server:  # it was left behind there
        assert answers(server.url)


def test_a_pid_file_that_names_somebody_else_now(folder: Path) -> None:
    with Server(folder):
        pass
    (folder / "postgres/postmaster.pid").write_text(
        f"{os.getpid()}\n{folder}/postgres\n1\n5432\n{folder}/run\n\n\nready\n"
    )
    with Server(folder) as server:
        assert answers(server.url)
        assert server.pid != os.getpid()


def test_a_postmaster_killed_while_we_run_is_started_again(folder: Path) -> None:
    with Server(folder) as server:
        before = server.pid
        assert before
        os.kill(before, signal.SIGKILL)
        deadline(lambda: server.pid not in (None, before) and answers(server.url))
    assert server.pid is None


def test_an_interrupted_initdb_leaves_nothing_in_the_way(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new/PG_VERSION").write_text("half")
    with Server(folder) as server:
        assert answers(server.url)


def test_another_major_version_is_told(folder: Path) -> None:
    with Server(folder):
        pass
    (folder / "postgres/PG_VERSION").write_text("17\n")
    with pytest.raises(ServerError, match="PostgreSQL 17"):
        Server(folder).start()


def test_a_folder_of_something_else_is_not_touched(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres/thesis.txt").write_text("mine")
    with pytest.raises(ServerError, match="not a PostgreSQL folder"):
        Server(folder).start()
    assert (folder / "postgres/thesis.txt").read_text() == "mine"


def test_why_it_cannot_start_is_told(folder: Path) -> None:
    with Server(folder):
        pass
    (folder / "postgres/local.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(ServerError, match="no_such_setting"):
        Server(folder).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root cannot run PostgreSQL itself")
def test_root_where_user_namespaces_are_forbidden(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("there is no account to become")
    monkeypatch.setattr(runner, "_AS_ORDINARY", "import sys; sys.exit('forbidden')")
    monkeypatch.setattr(runner, "_account", lambda owner: account)
    for _ in range(2):
        with Server(folder) as server:
            assert psutil.Process(server.pid).uids().real == account.pw_uid
            assert answers(server.url)
            assert (folder / "postgres").stat().st_mode & 0o077 == 0
            assert (folder / "run").stat().st_mode & 0o077 == 0
            assert folder.stat().st_mode & 0o007 == 0
    monkeypatch.undo()
    with Server(folder) as server:  # the owner of the files decides, also when namespaces are allowed again
        assert psutil.Process(server.pid).uids().real == account.pw_uid
