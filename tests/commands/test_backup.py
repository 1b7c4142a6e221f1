"""A backup taken while people work comes back whole, elsewhere and in place."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import drop_database, make_database

import guanxi.apps
from guanxi import files, identity, records
from guanxi.identity import Gate
from guanxi.pg import Database, jobs
from guanxi.records import Context, Create, Update
from guanxi.schema.query import read_query

assert guanxi.apps.NOUNS
GUANXI = Path(sys.executable).with_name("guanxi")
PASSWORD = "Corr3ct-horse-battery"
BYTES = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300


class Place:
    """An installation: a database and a data folder."""

    def __init__(self, url: str, data: Path) -> None:
        self.url, self.data = url, data

    def guanxi(self, *arguments: str | Path, code: int = 0) -> str:
        """Run a command here; what it printed."""
        env = os.environ | {
            "DATABASE_URL": self.url,
            "GUANXI_DATA": str(self.data),
            "GUANXI_SECRET": "s" * 40,
            "GUANXI_LOG": "error",
        }
        done = subprocess.run([GUANXI, *arguments], env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    async def opened(self) -> Database:
        return await Database.open(self.url, max_size=3)

    async def rows(self) -> dict[str, tuple[int, Any]]:
        """Of every table how many rows it has, and a hash of them; but for the audit, which tells of backups themselves."""
        db = await self.opened()
        async with db.connection() as c:
            [(schema,)] = await c.fetch("SELECT schema FROM guanxi.workspace")
            tables = await c.fetch(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = 'guanxi' OR schemaname = %(s)s",
                {"s": schema},
            )
            found = {
                f"{s}.{t}": (await c.row(f'SELECT count(*), sum(hashtextextended(t::text, 7)) FROM "{s}"."{t}" AS t'))
                for s, t in tables
                if t != "_audit"
            }
        await db.close()
        return found

    async def audited(self) -> list[tuple[str, dict[str, Any]]]:
        """What the audit tells of backups, the first one first."""
        db = await self.opened()
        async with db.connection() as c:
            [workspace] = await records.workspaces(c)
            found = await c.fetch(
                f'SELECT kind, details FROM "{workspace.schema}"._audit'
                " WHERE kind IN ('backup', 'restore') AND actor IS NULL ORDER BY seq"
            )
        await db.close()
        return [(kind, details if isinstance(details, dict) else json.loads(details)) for kind, details in found]


@pytest.fixture
def places(server_url: str, tmp_path: Path) -> Iterator[Any]:
    """Makes installations; their databases are dropped afterwards."""
    urls: list[str] = []

    def make() -> Place:
        urls.append(make_database(server_url))
        return Place(urls[-1], tmp_path / f"data{len(urls)}")

    yield make
    for url in urls:
        drop_database(url)


async def context(db: Database) -> Context:
    async with db.connection() as c:
        [workspace] = await records.workspaces(c)
        catalog = await records.load_catalog(c, workspace)
        id = await c.value(f'SELECT id FROM "{workspace.schema}".user')
        actor = await records.load_actor(c, workspace, id)
    assert actor is not None
    return Context(None, workspace, catalog, actor, "test")  # type: ignore[arg-type]


async def worked_in(place: Place) -> dict[str, Any]:
    """An installation with records, changes of the catalog, a file, a session and a job that waits."""
    place.guanxi(
        "setup", "--company", "示例", "--name", "W", "--email", "a@b.cn", "--password", PASSWORD, "--language", "zh"
    )
    db = await place.opened()
    base = await context(db)
    workspace = base.workspace
    async with db.transaction() as c:
        fields = [
            {"name": "name", "type": "text"},
            {"name": "plan", "type": "file"},
            {"name": "no", "type": "autonumber"},
        ]
        changed = await records.evolve(c, workspace, [{"op": "add_object", "name": "site", "fields": fields}])
        await jobs.defer(c, "records.index", {"workspace": workspace.id})

    async def sent() -> AsyncIterator[bytes]:
        yield BYTES

    async with db.transaction(workspace.role) as c:
        ctx = Context(c, workspace, changed.catalog, base.actor, "test", bulk="batch")
        stored = await files.receive(ctx, place.data / "files", "图.png", sent())
        [site] = await records.write(ctx, "site", [Create({"name": "S", "plan": stored.value()})])
        [made] = await records.write(ctx, "account", [Create({"name": "华为"})])
        await records.write(ctx, "account", [Update(made.id or "", {"employees": 5})])
    gate = Gate(db)
    cookie = await identity.sign_in(gate, "a@b.cn", PASSWORD, "10.0.0.1", "test")
    await db.close()
    return {"cookie": cookie, "file": stored.id, "site": site.id, "account": made.id, "change_set": ctx.change_set}


async def test_a_backup_comes_back_byte_for_byte(places: Any, tmp_path: Path) -> None:
    here, there = places(), places()
    known = await worked_in(here)
    before = await here.rows()
    told = here.guanxi("backup", tmp_path / "b")
    assert "示例" in told
    assert "1 files" in told
    assert await here.rows() == before
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0
    there.guanxi("restore", tmp_path / "b")
    assert await there.rows() == before
    manifest = json.loads((tmp_path / "b/backup.json").read_text())
    same = {n: manifest[n] for n in ("at", "tables", "digest")} | {"files": 1}
    assert await here.audited() == [("backup", same)]
    assert await there.audited() == [("restore", same | {"missing": 0})]
    [original] = [p for p in (here.data / "files").rglob("*") if p.is_file()]
    assert (there.data / "files" / original.relative_to(here.data / "files")).read_bytes() == BYTES

    db = await there.opened()
    caller = await Gate(db).caller(None, f"guanxi={known['cookie']}".encode())
    assert caller.actor.email == "a@b.cn"
    async with db.transaction(caller.workspace.role) as c:  # as the workspace's role: permissions came along
        ctx = Context(c, caller.workspace, caller.catalog, caller.actor, "test", bulk="batch")
        assert (await files.open_file(ctx, there.data / "files", known["file"])).path.read_bytes() == BYTES
        assert [h["id"] for h in await records.search(ctx, "huawei")] == [known["account"]]
        assert len((await records.history(ctx, "account", known["account"]))["data"]) == 2
        [next_one] = await records.write(ctx, "site", [Create({"name": "T"})])
        assert b'"no":"2"' in (next_one.record or b"").replace(b" ", b"")
        assert (await records.undo(ctx, known["change_set"]))["undone"] == 3
    async with db.connection() as c:
        assert await c.value("SELECT count(*) FROM guanxi.job WHERE name = 'records.index' AND state = 'waiting'") == 1
        acl = "SELECT has_table_privilege(%(r)s, %(t)s, 'UPDATE')"
        journal = {"r": caller.workspace.role, "t": f'"{caller.workspace.schema}"._journal'}
        assert await c.value(acl, journal) is False
    await db.close()


async def test_a_backup_is_of_one_moment_while_others_write(places: Any, tmp_path: Path) -> None:
    here, there = places(), places()
    await worked_in(here)
    db = await here.opened()
    base = await context(db)
    stop = asyncio.Event()

    async def write() -> None:
        n = 0
        while not stop.is_set():
            async with db.transaction(base.workspace.role) as c:
                ctx = Context(c, base.workspace, base.catalog, base.actor, "test")
                await records.write(
                    ctx, "account", [Create({"name": f"A{n}"}), Create({"name": f"B{n}"})], render=False
                )
            n += 1

    writing = asyncio.create_task(write())
    await asyncio.to_thread(here.guanxi, "backup", tmp_path / "b")
    stop.set()
    await writing
    async with db.connection() as c:
        here_now = await c.value(f'SELECT count(*) FROM "{base.workspace.schema}".account')
    await db.close()
    there.guanxi("restore", tmp_path / "b")
    db = await there.opened()
    schema = base.workspace.schema
    async with db.connection() as c:
        accounts = await c.value(f'SELECT count(*) FROM "{schema}".account')
        told = await c.value(f"SELECT count(*) FROM \"{schema}\"._journal WHERE object = 'account' AND kind = 'create'")
        found = await c.value(f"SELECT count(*) FROM \"{schema}\"._search WHERE object = 'account'")
    await db.close()
    assert 1 < accounts <= here_now
    assert accounts == told == found
    assert accounts % 2 == 1  # the one of before, and pairs


async def test_a_restore_overwrites_nothing_unless_told(places: Any, tmp_path: Path) -> None:
    here = places()
    known = await worked_in(here)
    here.guanxi("backup", tmp_path / "b")
    assert "not empty" in here.guanxi("backup", tmp_path / "b", code=1)
    before = await here.rows()
    assert "示例 here already" in here.guanxi("restore", tmp_path / "b", code=1)
    assert await here.rows() == before
    db = await here.opened()
    base = await context(db)
    async with db.transaction(base.workspace.role) as c:
        ctx = Context(c, base.workspace, base.catalog, base.actor, "test")
        await records.write(ctx, "account", [Update(known["account"], {"name": "Changed"})])
        assert "Stop" in await asyncio.to_thread(here.guanxi, "restore", "--replace", tmp_path / "b", code=1)
    await db.close()
    here.guanxi("restore", "--replace", tmp_path / "b")
    assert await here.rows() == before


async def test_what_is_not_whole_is_not_restored(places: Any, tmp_path: Path) -> None:
    here, there = places(), places()
    assert "nothing to back up" in here.guanxi("backup", tmp_path / "nothing", code=1)
    await worked_in(here)
    here.guanxi("backup", tmp_path / "b")
    damage = {
        "cut short": lambda b: (b / "backup.json").unlink(),
        "cannot be read": lambda b: (b / "backup.json").write_text("{"),
        "is newer": lambda b: (b / "backup.json").write_text(
            json.dumps(json.loads((b / "backup.json").read_text()) | {"form": 99})
        ),
        "not what was written": lambda b: (b / "database.dump").write_bytes((b / "database.dump").read_bytes()[:-1]),
        "is missing": lambda b: shutil.rmtree(b / "files"),
    }
    for told, harm in damage.items():
        copy = tmp_path / told
        shutil.copytree(tmp_path / "b", copy)
        harm(copy)
        assert told in there.guanxi("restore", copy, code=1)
    there.guanxi("restore", tmp_path / "b")  # nothing of those attempts is in the way
    db = await there.opened()
    base = await context(db)
    async with db.connection(base.workspace.role) as c:
        page = await records.find(
            Context(c, base.workspace, base.catalog, base.actor, "test"), read_query("account", {})
        )
    await db.close()
    assert len(page.rows) == 1
