"""Who has a page open at one server hears of what came in through another, and of what a worker did."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from urllib.request import Request, urlopen

import pytest
from tests.e2e.conftest import EMAIL, PASSWORD, Site, drop_database, make_database, start, stop

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


def hears(heard: Queue[tuple[str, str]], object_name: str, id: str | None = None) -> None:
    """Fails unless it is told that a record of the object changed."""
    end = time.monotonic() + WAIT
    while (left := end - time.monotonic()) > 0:
        try:
            kind, data = heard.get(timeout=left)
        except Empty:
            break
        news = json.loads(data) if data else {}
        if kind == "records" and news.get("object") in (object_name, None):
            ids = news.get("ids")
            if id is None or ids is None or id in ids:
                return
    pytest.fail(f"nobody told of {object_name} {id}")


def test_every_server_hears_of_every_other_and_of_workers(server_url: str, template: str, tmp_path: Path) -> None:
    url = make_database(server_url, template)
    one, here = start(url, tmp_path / "one")
    here.set_up()
    two, there = start(url, tmp_path / "two")
    try:
        there.csrf = there.call("POST", "/session", {"email": EMAIL, "password": PASSWORD})["csrf"]
        with listening(there) as heard:
            [account] = here.create("account", {"name": "Harbour"})
            hears(heard, "account", account)
            # A flow, carried on by whichever worker comes first, makes a task.
            step = {"id": "s1", "kind": "create", "object": "task", "values": {"subject": {"text": "Call {name}"}}}
            what = {"object": "account", "trigger": {"kind": "created"}, "steps": [step]}
            flow = here.call("POST", "/flows", {"label": "Call", "definition": what})["id"]
            here.call("POST", f"/flows/{flow}/activate", {"active": True})
            here.create("account", {"name": "Quay"})
            hears(heard, "task")
    finally:
        stop(two)
        stop(one)
        drop_database(url)
