"""Who has a page open at one server hears of what came in through another, and of what a worker did."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, Queue
from urllib.request import Request, urlopen

import pytest
from tests.e2e.conftest import EMAIL, PASSWORD, Site, drop_database, make_database, program, start, stop

from guanxi.pg import Connection

WAIT = 30.0
"""Seconds within which something is heard at the latest; it takes a fraction of one."""


@contextmanager
def listening(site: Site) -> Iterator[Queue[tuple[str, str]]]:
    """Events of a server's stream, as they come: kind and data."""
    heard: Queue[tuple[str, str]] = Queue()
    answer = urlopen(Request(f"{site.url}/api/v1/stream", headers={"Cookie": site.cookie}), timeout=WAIT)

    def read() -> None:
        kind = ""
        try:
            for line in answer:
                text = line.decode().strip()
                if text.startswith("event:"):
                    kind = text[6:].strip()
                elif text.startswith("data:"):
                    heard.put((kind, text[5:].strip()))
        except (OSError, ValueError, AttributeError):
            return

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    yield heard


def hears(
    heard: Queue[tuple[str, str]],
    object_name: str = "",
    id: str | None = None,
    kind: str = "records",
    unless: str | None = None,
) -> None:
    """Fails unless it is told that a record of the object changed, or of something of another kind; or when ``unless`` is named
    before."""
    end = time.monotonic() + WAIT
    while (left := end - time.monotonic()) > 0:
        try:
            what, data = heard.get(timeout=left)
        except Empty:
            break
        assert unless is None or unless not in data
        news = json.loads(data) if data else {}
        if what == kind and (kind != "records" or news.get("object") in (object_name, None)):
            ids = news.get("ids")
            if id is None or ids is None or id in ids:
                return
    pytest.fail(f"nobody told of {kind} {object_name} {id}")


async def did_something(url: str, pid: int) -> bool:
    """Whether the worker with this process id has carried out a job."""
    connection = await Connection.open(url)
    try:
        return bool(
            await connection.value(
                "SELECT exists (SELECT FROM guanxi.job AS j JOIN guanxi.worker AS w ON w.id = j.worker"
                " WHERE w.pid = %(pid)s AND j.name LIKE 'flows.%%' AND j.state = 'done')",
                {"pid": pid},
            )
        )
    finally:
        await connection.close()


def test_every_server_hears_of_every_other_and_of_workers(server_url: str, template: str, tmp_path: Path) -> None:
    url = make_database(server_url, template)
    one, here = start(url, tmp_path / "one")
    here.set_up()
    two, there = start(url, tmp_path / "two", "--workers", "2")
    worker = program(url, tmp_path / "three", "worker")
    try:
        there.csrf = there.call("POST", "/session", {"email": EMAIL, "password": PASSWORD})["csrf"]
        me = there.call("GET", "/session")["user"]["id"]
        rep = {"name": "Rep", "email": "rep@example.com", "password": PASSWORD, "role": {"match": {"name": "rep"}}}
        here.create("user", rep)
        theirs = Site(there.url)
        theirs.csrf = theirs.call("POST", "/session", {"email": rep["email"], "password": PASSWORD})["csrf"]
        with ExitStack() as open_:
            # Several, so that either process of the second server has one.
            pages = [open_.enter_context(listening(there)) for _ in range(6)]
            narrow = [open_.enter_context(listening(theirs)) for _ in range(6)]
            [account] = here.create("account", {"name": "Harbour"})
            for heard in pages:
                hears(heard, "account", account)
            # Who may not see it hears of their own, and before that of nothing of it.
            [own] = theirs.create("account", {"name": "Cove"})
            for heard in narrow:
                hears(heard, "account", own, unless=account)
            # A flow, carried on by whichever worker comes first, makes a task and tells somebody.
            steps = [
                {"id": "s1", "kind": "create", "object": "task", "values": {"subject": {"text": "Call {name}"}}},
                {"id": "s2", "kind": "notify", "to": [{"user": me}], "text": "{name} is here"},
            ]
            what = {"object": "account", "trigger": {"kind": "created"}, "steps": steps}
            flow = here.call("POST", "/flows", {"label": "Call", "definition": what})["id"]
            here.call("POST", f"/flows/{flow}/activate", {"active": True})
            here.create("account", {"name": "Quay"})
            for heard in pages:
                hears(heard, "task")
                hears(heard, kind="notification")
            told = {n["text"] for n in there.call("GET", "/notifications")["data"]}
            assert told == {"Quay is here", "A flow gave you Call Quay"}
        # The worker that serves nobody does its share.
        end = time.monotonic() + 2 * WAIT
        while not asyncio.run(did_something(url, worker.pid)):
            assert time.monotonic() < end, "the worker has done nothing"
            here.create("account", {"name": "Pier"})
    finally:
        stop(worker)
        stop(two)
        stop(one)
        drop_database(url)
