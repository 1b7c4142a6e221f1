"""The processes that are measured: started, waited for, weighed, and ended."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(port: int, path: str, process: subprocess.Popen[bytes], seconds: float = 60) -> float:
    """Seconds until ``path`` answers 200."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        if process.poll() is not None:
            raise RuntimeError("the server ended")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status < 400:
                return time.perf_counter() - begin
        time.sleep(0.005)
    raise RuntimeError(f"no answer on {path} in {seconds} s")


@contextlib.contextmanager
def guanxi(folder: Path) -> Generator[tuple[int, float, subprocess.Popen[bytes]]]:
    """``guanxi serve`` on a data folder: its port, seconds from the command to the first 200, the process."""
    port = free_port()
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {
        "GUANXI_DATA": str(folder),
        "GUANXI_LOG": "error",
        "GUANXI_RATE": "100000000",  # counted as for everybody, and never too many
    }
    command = [str(Path(sys.executable).with_name("guanxi")), "serve", "--port", str(port)]
    with _running(command, env) as process:
        yield port, wait(port, "/readyz", process), process


@contextlib.contextmanager
def ceiling(url: str, schema: str) -> Generator[tuple[int, subprocess.Popen[bytes]]]:
    """The bare application on the same database: its port and the process."""
    port = free_port()
    command = [sys.executable, "-m", "bench.ceiling", url, schema, str(port)]
    with _running(command, dict(os.environ)) as process:
        wait(port, "/list", process)
        yield port, process


@contextlib.contextmanager
def _running(command: list[str], env: dict[str, str]) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        if process.poll() is None:
            process.kill()


def _family(process: subprocess.Popen[bytes], folder: Path) -> tuple[set[int], set[int]]:
    """The processes of a server and those of the data folder's PostgreSQL."""
    root = psutil.Process(process.pid)
    mine = {root.pid, *(p.pid for p in root.children(recursive=True))}
    postmaster = int((folder / "postgres/postmaster.pid").read_text().split()[0])
    database = {postmaster, *(p.pid for p in psutil.Process(postmaster).children(recursive=True))}
    return mine - database, database


def spent(process: subprocess.Popen[bytes], folder: Path) -> float:
    """Seconds of processor time that a server and the database have used so far."""
    total = 0.0
    for pid in set[int]().union(*_family(process, folder)):
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(pid).cpu_times()
            total += times.user + times.system
    return total


def memory(process: subprocess.Popen[bytes], folder: Path) -> dict[str, float]:
    """Proportional set size in MB of the server with its children and of the data folder's PostgreSQL."""
    mine, database = _family(process, folder)
    server = sum(map(_pss, mine))
    base = sum(map(_pss, database))
    return {"server": round(server, 1), "postgresql": round(base, 1), "all": round(server + base, 1)}


def _pss(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def cold_starts(folder: Path, times: int = 5) -> list[float]:
    """Seconds from the command to the first 200 of the page's API, several times over, the database stopped between."""
    out: list[float] = []
    for _ in range(times):
        with guanxi(folder) as (_, seconds, _):
            out.append(seconds)
    return sorted(out)
