"""What a caller sends never makes a 500: requests made from the description of the API itself."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server

from guanxi import identity
from guanxi.api import create_app
from guanxi.base.settings import Settings
from guanxi.pg.jobs import Worker


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server in a thread, set up: its address and an administrator's token."""
    port, ready, token = free_port(), threading.Event(), []
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        app = create_app(Settings(data=tmp_path, secret="s" * 40), url=database_url)
        app.watch._loud = False
        await app.open()
        database = app.edge.database
        await identity.set_up(database, identity.FirstRun("Co", "Admin", "admin@example.com", "Corr3ct-horse-battery"))
        async with database.transaction() as db:
            token.append(await identity.create_token_for(db, "admin@example.com", "fuzz"))
        web = Server(
            app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False
        )
        serving = asyncio.create_task(web.serve())
        ended = asyncio.Event()
        working = asyncio.create_task(Worker(database).run(ended))
        stop.append((asyncio.get_running_loop(), ended))
        ready.set()
        await ended.wait()
        web.stop()
        await serving
        await working
        await app.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield f"http://127.0.0.1:{port}", token[0]
    loop, ended = stop[0]
    loop.call_soon_threadsafe(ended.set)
    thread.join(20)


FILTER = {"$ref": "#/components/schemas/Filter"}


def description(address: str, token: str) -> dict[str, Any]:
    """What the API says of itself, with filters inside filters only where records are queried.

    One function reads them all. At each of seven doors they were two thousand requests, most of all there are.
    """
    with httpx.Client(transport=httpx.HTTPTransport(retries=6)) as client:
        answer = client.get(f"{address}/api/openapi.json", headers={"Authorization": f"Bearer {token}"})
    whole = answer.raise_for_status().json()
    parts = whole["components"]["schemas"]
    deep = {name: parts.pop(name) for name in ("Filter", "Query")}
    flat = json.dumps(deep["Filter"]).replace(json.dumps(FILTER), json.dumps({"type": ["object", "null"]}))
    whole = json.loads(json.dumps(whole).replace(json.dumps(FILTER), json.dumps({"$ref": "#/components/schemas/Flat"})))
    whole["components"]["schemas"] |= deep | {"Flat": json.loads(flat)}
    return whole


@pytest.mark.slow
def test_no_request_made_from_the_description_is_a_500(served: tuple[str, str], tmp_path: Path) -> None:
    address, token = served
    (tmp_path / "openapi.json").write_text(json.dumps(description(address, token)))
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        *("run", str(tmp_path / "openapi.json"), "--url", address, "-H", f"Authorization: Bearer {token}"),
        *("--checks", "not_a_server_error", "--phases", "coverage,fuzzing", "--max-examples", "6"),
        *(
            "--include-path-regex",
            # Records of all objects take one path; the contract tests range over objects.
            "^/(api/v1/(records/account(/|$)|(?!records/))|healthz|readyz|metrics)",
        ),
        *("--exclude-path-regex", "^/api/v1/(stream|setup|setup/sample_data)$|/related/"),
        *("--request-timeout", "20", "--generation-database", "none", "--seed", "20261122"),
    ]
    # It goes through the whole environment several times for each request.
    few = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False, env=few)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "passed" in done.stdout
