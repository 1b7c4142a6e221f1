"""A real server for the browser tests: the program as it is started by hand, on a database of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.conftest import drop_database, make_database

PASSWORD = "correct horse battery staple"
EMAIL = "lin@example.com"
DIST = Path(__file__).parents[2] / "src/guanxi/web_dist/index.html"
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
"""What is looked for; the first, without windows to draw, takes half the time of the others for each page."""
expect.set_options(timeout=20_000)  # what is waited for comes at once, but on a machine that others use as well
STARTED = 30.0
"""Seconds that a server may take to be ready on a busy machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are browser tests."""
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for what comes by itself."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.2)


@dataclass
class Site:
    """A running server, and its API for an administrator."""

    url: str
    cookie: str = ""
    csrf: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    """Ids of records that tests know, by their titles."""

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer to a request below ``/api/v1``; refusals raise."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Cookie": self.cookie, "X-CSRF-Token": self.csrf}
        request = Request(f"{self.url}/api/v1{path}", data=data, headers=headers, method=method)
        try:
            with urlopen(request, timeout=60) as answer:
                for name, value in answer.headers.items():
                    if name.lower() == "set-cookie":
                        self.cookie = value.split(";")[0]
                text = answer.read()
        except HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()[:2000]}") from error
        return json.loads(text) if text else None

    def set_up(self, **values: Any) -> None:
        """The first run, through the API."""
        first = {"company": "Qiheng", "name": "Lin Xiaolan", "email": EMAIL, "password": PASSWORD, "language": "en"}
        self.csrf = self.call("POST", "/setup", {**first, "sample_data": False, **values})["csrf"]

    def create(self, object_name: str, *rows: dict[str, Any]) -> list[str]:
        """Ids of new records."""
        operations = [{"op": "create", "values": row} for row in rows]
        results = self.call("POST", f"/records/{object_name}/batch", {"operations": operations})["results"]
        return [result["record"]["id"] for result in results]


def program(database_url: str, data: Path, *command: str) -> subprocess.Popen[bytes]:
    """``guanxi`` with a command, on a database and a folder of its own; what it says is in ``serve.log`` there."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "serve.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "guanxi", *command],
            env={
                **os.environ,
                "DATABASE_URL": database_url,
                "GUANXI_DATA": str(data),
                "GUANXI_LOG": "warning",
                "GUANXI_NETWORKS": "127.0.0.0/8",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def start(database_url: str, data: Path, *more: str) -> tuple[subprocess.Popen[bytes], Site]:
    """``guanxi serve`` on a free port, ready to answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = program(database_url, data, "serve", "--port", str(port), *more)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + STARTED
    while True:
        try:
            with urlopen(f"{url}/readyz", timeout=2):
                return process, Site(url)
        except (URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                said = (data / "serve.log").read_text(errors="replace")
                raise AssertionError(f"the server did not start:\n{said}") from None
            time.sleep(0.1)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a server of :func:`start`."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def serving(server_url: str, template: str, data: Path) -> Generator[Site]:
    """A server on a database of its own, whose first run is still to come."""
    database_url = make_database(server_url, template)
    process, site = start(database_url, data)
    try:
        yield site
    finally:
        stop(process)
        drop_database(database_url)


@pytest.fixture
def fresh_site(server_url: str, template: str, tmp_path: Path) -> Iterator[Site]:
    """A server of the test's own, whose first run is still to come."""
    with serving(server_url, template, tmp_path) as site:
        yield site


@pytest.fixture(scope="session")
def site(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a small company in it, shared by all tests of a worker; see :func:`as_it_was`."""
    with serving(server_url, template, tmp_path_factory.mktemp("site")) as running:
        running.set_up()
        names = [
            "Lanshi Precision",
            "宁波沅海汽车零部件",
            "Röder Messtechnik",
            "Qiyun Aero Parts",
            "Hexu Robotics",
            "苏州棠序光学",
        ]
        accounts = running.create(
            "account", *({"name": name, "phone": f"139 1000 {n:04}"} for n, name in enumerate(names))
        )
        running.ids.update(zip(names, accounts, strict=True))
        stages = ["qualification", "needs", "proposal", "negotiation"]
        deals = [
            {
                "name": f"Deal {n:02}",
                "account": accounts[n % len(accounts)],
                "pipeline": "sales",
                "stage": stages[n % 4],
                "amount": 10_000 * (n + 1),
                "close_date": f"2030-0{n % 9 + 1}-15",
            }
            for n in range(16)
        ]
        running.ids.update(
            zip([str(deal["name"]) for deal in deals], running.create("opportunity", *deals), strict=True)
        )
        yield running


MADE = ("opportunity", "order", "payment", "case", "contact", "lead", "task", "call", "account")
"""Objects whose lists tests count, what points to others before what is pointed to."""


@pytest.fixture(autouse=True)
def as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    """Takes away what a test has made in the shared site and left there, also where it failed: others count what they see."""
    if "site" not in request.fixturenames:
        yield
        return
    site: Site = request.getfixturevalue("site")
    begun = datetime.now(UTC).isoformat()
    yield
    asked = {"filter": {"field": "created_at", "op": "gte", "value": begun}, "fields": ["id"], "limit": 200}
    for name in MADE:
        if left := site.call("POST", f"/records/{name}/query", asked)["data"]:
            operations = [{"op": "delete", "id": one["id"]} for one in left]
            site.call("POST", f"/records/{name}/batch", {"operations": operations, "atomic": False})


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a worker. Without it, or without the built page, browser tests are skipped by name."""
    if not DIST.exists():
        pytest.skip("the page is not built: make web")
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not chromium:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield running
        running.close()


EXPECTED = (401, 404, 409, 412, 422)
"""Refusals that the page handles; the browser logs them as failed resources all the same."""


def watch(page: Page, faults: list[str]) -> None:
    """Collects everything that must not happen: errors on the page, in its console, and 500s."""
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 500 else None)
    page.on(
        "console",
        lambda message: (
            faults.append(f"console: {message.text}")
            if message.type == "error"
            and "ERR_INTERNET_DISCONNECTED" not in message.text
            and not any(f"status of {code}" in message.text for code in EXPECTED)
            else None
        ),
    )


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``visit(site, path, language=, width=, signed_in=, user=)`` opens a page; what goes wrong on it fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(
        site: Site,
        path: str = "/",
        *,
        language: str = "en",
        width: int = 1440,
        signed_in: bool = True,
        user: str = EMAIL,
    ) -> Page:
        context = browser.new_context(
            locale="zh-CN" if language == "zh" else "en-GB",
            viewport={"width": width, "height": 844 if width < 500 else 900},
            has_touch=width < 500,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        if signed_in:
            answer = context.request.post(f"{site.url}/api/v1/session", data={"email": user, "password": PASSWORD})
            assert answer.ok, answer.text()
            headers = {"X-CSRF-Token": answer.json()["csrf"]}
            context.request.patch(f"{site.url}/api/v1/session", data={"language": language}, headers=headers)
        page = context.new_page()
        watch(page, faults)
        page.goto(site.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)
