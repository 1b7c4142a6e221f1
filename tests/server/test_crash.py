"""What was acknowledged survives the death of everything: server, database, and the machine's patience."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PASSWORD = "Corr3ct-horse-battery"
DEADLINE = 60.0


class Program:
    """``guanxi serve`` on a data folder of its own, talked to over HTTP."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port: int = s.getsockname()[1]
        self.cookie = self.csrf = ""

    def start(self) -> None:
        """Start, and wait until it is ready."""
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"GUANXI_DATA": str(self.data)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "guanxi", "serve", "--port", str(self.port)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.until(lambda: self.call("GET", "/readyz")[0] == 200)

    def until(self, holds: object) -> None:
        """Ask again until it holds."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if holds():  # type: ignore[operator]
                    return
            time.sleep(0.05)
        pytest.fail("not in time")

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        """One request on a connection of its own."""
        headers = {"Accept-Language": "en", "Cookie": self.cookie, "X-CSRF-Token": self.csrf}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            raw = response.read()
            for cookie in response.headers.get_all("Set-Cookie") or []:
                self.cookie = cookie.partition(";")[0]
        finally:
            connection.close()
        return response.status, json.loads(raw) if raw.startswith((b"{", b"[")) else {}

    def kill(self) -> None:
        """SIGKILL to the program and to every process that works on its data folder."""
        os.killpg(self.process.pid, signal.SIGKILL)
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if str(self.data).encode() in (entry / "cmdline").read_bytes():
                        os.kill(int(entry.name), signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.terminate()
        return self.process.wait(DEADLINE)


@pytest.fixture
def program(short_dir: Path) -> Iterator[Program]:
    made = Program(short_dir / "data")
    made.start()
    status, answer = made.call(
        "POST",
        "/api/v1/setup",
        {"company": "C", "name": "A", "email": "a@example.com", "password": PASSWORD, "language": "en"},
    )
    assert status in (200, 201), answer
    made.csrf = answer["csrf"]
    yield made
    if made.process.poll() is None:
        made.stop()


def test_what_was_acknowledged_is_there_after_kill_9_of_everything(program: Program) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def write(worker: int) -> None:
        n = 0
        while not stop.is_set():
            n += 1
            try:
                status, answer = program.call("POST", "/api/v1/records/account", {"values": {"name": f"w{worker} {n}"}})
            except (OSError, http.client.HTTPException):
                return
            if status == 201:
                acknowledged.append(answer["id"])

    writers = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for writer in writers:
        writer.start()
    program.until(lambda: len(acknowledged) >= 200)
    program.kill()
    stop.set()
    for writer in writers:
        writer.join()

    program.start()
    there: set[str] = set()
    cursor = None
    while True:
        status, page = program.call(
            "POST",
            "/api/v1/records/account/query",
            {"fields": ["name"], "limit": 200, **({"cursor": cursor} if cursor else {})},
        )
        assert status == 200, page
        there |= {r["id"] for r in page["data"]}
        cursor = page["next"]
        if cursor is None:
            break
    assert set(acknowledged) <= there
    # Each has its line in the journal: the record and its history were committed together.
    status, history = program.call("GET", f"/api/v1/records/account/{acknowledged[-1]}/history")
    assert status == 200
    assert history["data"][-1]["kind"] == "create"  # what follows from it may be there as well


def test_while_the_database_is_away_the_answer_is_503_and_then_it_goes_on(program: Program) -> None:
    postmaster = int((program.data / "postgres" / "postmaster.pid").read_text().split("\n")[0])
    os.kill(postmaster, signal.SIGKILL)
    seen: list[int] = []

    def again() -> bool:
        status, answer = program.call("POST", "/api/v1/records/account", {"values": {"name": "during"}})
        seen.append(status)
        assert status in (201, 503), answer
        return status == 201

    program.until(again)
    status, found = program.call(
        "POST",
        "/api/v1/records/account/query",
        {"filter": {"field": "name", "op": "eq", "value": "during"}, "include": ["count"]},
    )
    assert status == 200
    assert found["count"] >= seen.count(201)


def test_a_second_start_on_the_same_folder_works_with_the_first(program: Program) -> None:
    second = Program(program.data)
    second.cookie, second.csrf = program.cookie, program.csrf
    second.start()
    status, made = second.call("POST", "/api/v1/records/account", {"values": {"name": "from the second"}})
    assert status == 201, made
    assert second.stop() == 0
    status, found = program.call("GET", f"/api/v1/records/account/{made['id']}")
    assert (status, found["name"]) == (200, "from the second")
