"""The whole program as a person starts it: one command, signals, kills, a second one beside it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

GUANXI = (sys.executable, "-m", "guanxi")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """`guanxi serve` in a process of its own."""

    def __init__(self, data: Path, *args: str, **env: str) -> None:
        self.data = data
        self.port = free_port()
        self.log = data / f"serve-{self.port}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*GUANXI, "serve", "--port", str(self.port), *args],
                env={**os.environ, "GUANXI_DATA": str(data), **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def get(self, path: str) -> int:
        """The status, or 0 when nobody answers."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            connection.close()
        except (OSError, http.client.HTTPException):
            return 0
        return answer.status

    def until(self, status: int, path: str = "/readyz", seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while (got := self.get(path)) != status:
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < end, f"{path} is {got}: {self.log.read_text()[-2000:]}"
            time.sleep(0.02)

    def end(self, name: signal.Signals) -> int:
        self.process.send_signal(name)
        return self.process.wait(60)

    @property
    def postmaster(self) -> int:
        """The database's process id, 0 while there is none."""
        try:
            return int((self.data / "postgres/postmaster.pid").read_text().split()[0])
        except (OSError, IndexError):
            return 0


@pytest.fixture
def data(short_dir: Path) -> Iterator[Path]:
    yield short_dir
    for process in psutil.process_iter():
        try:
            if process.environ().get("GUANXI_DATA") == str(short_dir) or str(short_dir) in " ".join(process.cmdline()):
                process.kill()
        except psutil.Error:
            continue


@pytest.mark.slow
def test_start_stop_and_start_again(data: Path) -> None:
    first = Program(data)
    first.until(200)
    assert first.get("/healthz") == first.get("/api/v1/setup") == 200
    assert (data / "secret").stat().st_mode & 0o777 == 0o600
    secret = (data / "secret").read_text()
    assert first.end(signal.SIGTERM) == 0
    assert not (data / "postgres/postmaster.pid").exists()
    again = Program(data)
    again.until(200)
    assert (data / "secret").read_text() == secret
    assert secret.strip() not in again.log.read_text() + first.log.read_text()
    assert again.end(signal.SIGINT) == 0
    assert not (data / "postgres/postmaster.pid").exists()


@pytest.mark.slow
def test_kill_9_of_everything_and_start_again(data: Path) -> None:
    first = Program(data)
    first.until(200)
    os.kill(first.postmaster, signal.SIGKILL)
    os.killpg(first.process.pid, signal.SIGKILL)
    first.process.wait(10)
    again = Program(data)
    again.until(200)
    assert again.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_the_database_is_killed_while_we_serve(data: Path) -> None:
    program = Program(data)
    program.until(200)
    before = program.postmaster
    os.kill(before, signal.SIGKILL)
    seen, end = set(), time.monotonic() + 60
    while not (program.get("/readyz") == 200 and program.postmaster != before):
        seen |= {program.get("/readyz"), program.get("/api/v1/setup")}
        assert time.monotonic() < end, seen
    assert seen <= {200, 503}
    assert program.get("/healthz") == 200
    assert program.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_a_second_one_on_the_same_folder_joins(data: Path) -> None:
    first = Program(data)
    first.until(200)
    second = Program(data)
    second.until(200)
    assert first.end(signal.SIGTERM) == 0
    assert second.get("/readyz") == 200
    assert second.end(signal.SIGTERM) == 0
    assert not (data / "postgres/postmaster.pid").exists()


@pytest.mark.slow
def test_several_processes(data: Path) -> None:
    program = Program(data, "--workers", "2")
    program.until(200)
    children = [c for c in psutil.Process(program.process.pid).children() if "serve-one" in c.cmdline()]
    assert len(children) == 2
    children[0].kill()
    program.until(200)
    program.end(signal.SIGKILL)  # nobody is left behind
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == []


@pytest.mark.slow
def test_another_database(data: Path, fresh_url: str) -> None:
    program = Program(data, DATABASE_URL=fresh_url)
    program.until(200)
    assert not (data / "postgres").exists()
    assert program.end(signal.SIGTERM) == 0


def run(data: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GUANXI, *args],
        env={**os.environ, "GUANXI_DATA": str(data), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_taken_port_is_told(data: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        done = run(data, "serve", "--port", str(holder.getsockname()[1]))
    assert done.returncode == 1
    assert "is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_wrong_is_told_in_a_sentence(data: Path, fresh_url: str) -> None:
    done = run(data, "serve", "--port", str(free_port()), DATABASE_URL="postgresql://u:s3cret@127.0.0.1:1/x")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "s3cret" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "32 characters" in run(data, "serve", GUANXI_SECRET="short").stderr


def test_doctor_and_migrate(data: Path, fresh_url: str) -> None:
    env = {"DATABASE_URL": fresh_url, "GUANXI_SECRET": "x" * 40, "GUANXI_DATE": "1"}
    told = run(data, "doctor", **env)
    assert told.returncode == 1
    assert "GUANXI_DATE is not a setting" in told.stdout
    assert "is pending" in told.stdout
    assert "x" * 40 not in told.stdout
    assert "steps" in run(data, "migrate", **env).stdout
    assert "Nothing to do" in run(data, "migrate", **env).stdout
    del env["GUANXI_DATE"]
    healthy = run(data, "doctor", **env)
    assert (healthy.returncode, healthy.stdout.splitlines()[-1]) == (0, "All is well.")


def test_a_database_that_is_unfit(data: Path, server_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as c:
        c.execute("drop database if exists latin")
        c.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
    try:
        done = run(data, "serve", "--port", str(free_port()), DATABASE_URL=server_url.replace("/guanxi?", "/latin?"))
        assert done.returncode == 1
        assert "LATIN1" in done.stderr
    finally:
        with psycopg.connect(server_url, autocommit=True) as c:
            c.execute("drop database latin with (force)")
