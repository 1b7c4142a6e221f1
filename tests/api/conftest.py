"""The application in this process, on a real database, without a network between."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest
import pytest_asyncio

import guanxi.apps  # the nouns, as the composition root declares them
from guanxi import identity
from guanxi.api import App, create_app
from guanxi.base.settings import Settings
from guanxi.identity import FirstRun
from guanxi.pg import Database

ADMIN = "admin@example.com"
PASSWORD = "Corr3ct-horse-battery"
PEOPLE = {
    "manager": "mgr@example.com",
    "rep": "rep@example.com",
    "agent": "agent@example.com",
    "read_only": "ro@example.com",
}

assert guanxi.apps.NOUNS


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def codes(self) -> dict[str | None, str]:
        return {e["field"]: e["code"] for e in self.json.get("errors", [])}


class Client:
    """Somebody who talks to the application; keeps cookies and the CSRF token as a browser does."""

    def __init__(self, app: App, address: str = "127.0.0.1") -> None:
        self.app = app
        transport = httpx.ASGITransport(app=app, client=(address, 1234))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://guanxi.test")

    async def call(self, method: str, path: str, body: Any = None, /, **options: Any) -> Reply:
        """One request; ``body`` is sent as JSON unless it is bytes."""
        headers = {"accept-language": "en", **options.pop("headers", {})}
        if isinstance(body, bytes):
            options["content"] = body
            headers.setdefault("content-type", "application/json")
        elif body is not None:
            options["content"] = json.dumps(body).encode()
            headers.setdefault("content-type", "application/json")
        if "params" in options:
            options["params"] = {
                k: json.dumps(v) if isinstance(v, (dict, list)) else v for k, v in options["params"].items()
            }
        r = await self.http.request(method, path, headers=headers, **options)
        return Reply(r.status_code, r.headers, r.content)

    async def get(self, path: str, **params: Any) -> Reply:
        return await self.call("GET", path, params=params) if params else await self.call("GET", path)

    async def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        return await self.call("POST", path, {} if body is None else body, headers=named)

    async def sign_in(self, email: str = ADMIN, password: str = PASSWORD) -> Client:
        r = await self.post("/api/v1/session", {"email": email, "password": password})
        assert r.status == 200, r.body
        self.http.headers["x-csrf-token"] = r.json["csrf"]
        return self

    async def create(self, object_name: str, **values: Any) -> dict[str, Any]:
        r = await self.post(f"/api/v1/records/{object_name}", {"values": values})
        assert r.status == 201, r.body
        return r.json


def on(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path="/" + name))


def clone(server_url: str, template: str) -> str:
    """A new database like ``template``: its name."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(on(server_url, "postgres"), autocommit=True) as c:
        c.execute(f"create database {name} template {template} strategy wal_log")  # type: ignore[arg-type]
    return name


def drop(server_url: str, name: str) -> None:
    """Drop a database."""
    with psycopg.connect(on(server_url, "postgres"), autocommit=True) as c:
        c.execute(f"drop database if exists {name} with (force)")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def peopled(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with a workspace, an administrator, and one user of each role in :data:`PEOPLE`."""
    name = clone(server_url, template)

    async def fill() -> None:
        database = await Database.open(on(server_url, name))
        await identity.set_up(database, FirstRun("Example Co", "Admin", ADMIN, PASSWORD))
        app = create_app(settings(tmp_path_factory.mktemp("peopled")), database)
        await app.open()
        admin = await Client(app).sign_in()
        for role, email in PEOPLE.items():
            await admin.create("user", name=role, email=email, password=PASSWORD, role={"match": {"name": role}})
        await admin.http.aclose()
        await app.close()
        await database.close()

    asyncio.run(fill())
    yield name
    drop(server_url, name)


def settings(data: Path, **more: Any) -> Settings:
    """Settings of a test."""
    return Settings(data=data, secret="s" * 40, **more)


@asynccontextmanager
async def running(server_url: str, peopled: str, folder: Path) -> AsyncGenerator[App]:
    """The application on a workspace of its own, with a page of three files."""
    name = clone(server_url, peopled)
    web = folder / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text('<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__"><div id=root></div>')
    (web / "assets/app-1a2b.js").write_text("console.log(1)")
    (web / "assets/app-1a2b.js.br").write_bytes(b"not really brotli")
    made = create_app(settings(folder / "data"), url=on(server_url, name), web=web)
    await made.open()
    try:
        yield made
    finally:
        await made.close()
        drop(server_url, name)


@pytest_asyncio.fixture
async def app(server_url: str, peopled: str, tmp_path: Path) -> AsyncIterator[App]:
    """The application on a workspace of the test's own."""
    async with running(server_url, peopled, tmp_path) as made:
        yield made


@pytest_asyncio.fixture(scope="session")
async def standing(server_url: str, peopled: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The administrator of a workspace that stands for all tests which leave nothing behind."""
    async with running(server_url, peopled, tmp_path_factory.mktemp("standing")) as made:
        client = await Client(made).sign_in()
        yield client
        await client.http.aclose()


@pytest.fixture
def make() -> type[Client]:
    """Makes a client: ``make(app)``, or from another address ``make(app, "10.0.0.1")``."""
    return Client


@pytest_asyncio.fixture
async def stranger(app: App) -> AsyncIterator[Client]:
    """Nobody in particular."""
    client = Client(app)
    yield client
    await client.http.aclose()


@pytest_asyncio.fixture
async def admin(app: App) -> AsyncIterator[Client]:
    """The administrator, signed in."""
    client = await Client(app).sign_in()
    yield client
    await client.http.aclose()


@pytest_asyncio.fixture
async def rep(app: App) -> AsyncIterator[Client]:
    """A sales rep, signed in."""
    client = await Client(app).sign_in(PEOPLE["rep"])
    yield client
    await client.http.aclose()


@pytest_asyncio.fixture
async def reader(app: App) -> AsyncIterator[Client]:
    """Somebody who may only read, signed in."""
    client = await Client(app).sign_in(PEOPLE["read_only"])
    yield client
    await client.http.aclose()
