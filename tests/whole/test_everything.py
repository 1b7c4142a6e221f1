"""Everything goes out as one archive, and comes back into an empty workspace as it was."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.transfer.conftest import World

from guanxi import files, identity, sample, whole
from guanxi.base import Conflict, Forbidden, NotFound, TooMany
from guanxi.base.json import loads
from guanxi.identity import FirstRun
from guanxi.pg import Database, quote
from guanxi.records import (
    Archive,
    Context,
    Create,
    Delete,
    Update,
    evolve,
    find,
    load_actor,
    load_catalog,
    workspaces,
    write,
)
from guanxi.schema.query import read_query
from guanxi.whole.coming import opened

PICTURE = b"\x89PNG\r\n\x1a\n" + b"picture" * 40
OUT_OF_HERE = {"version", "updated_at", "updated_by"}


async def nothing(_: int) -> None:
    """Nobody listens."""


async def fill(world: World) -> dict[str, str]:
    """A workspace with a field and an object of its own, a file, a chain of accounts, and sample data."""
    await sample.load(world.database, world.workspace, 12, 1)
    async with world.database.transaction() as db:
        await evolve(db, world.workspace, [
            {"op": "add_field", "object": "account", "name": "tier", "type": "text", "label": {"en": "Tier", "zh": "档次"}},
            {"op": "add_object", "name": "site", "label": {"en": "Site", "zh": "场地"}, "fields": [
                {"name": "name", "type": "text", "label": {"en": "Name", "zh": "名称"}, "required": True},
                {"name": "account", "type": "link", "target": "account", "label": {"en": "Account", "zh": "客户"}}]},
        ], actor=world.user)  # fmt: skip

    async def chunks() -> AsyncIterator[bytes]:
        yield PICTURE

    async with world.ctx() as ctx:
        stored = await files.receive(ctx, world.folder / "files", "合同 1:2.png", chunks())
        top, below = [
            str(o.id)
            for o in await write(ctx, "account", [Create({"name": n, "tier": "=1+1"}) for n in ("甲公司", "乙公司")])
        ]
        await write(ctx, "account", [Update(top, {"parent": below})])
        [site] = await write(ctx, "site", [Create({"name": "North", "account": top})])
        [paper] = await write(ctx, "contract", [Create({"name": "框架合同", "account": top, "paper": stored.value()})])
        names = ("归档公司", "删除公司")
        old, binned = [
            str(o.id) for o in await write(ctx, "account", [Create({"name": n, "phone": "13800138000"}) for n in names])
        ]
        [left] = await write(ctx, "contact", [Create({"name": "旧联系人", "account": binned, "photo": None})])
        await write(ctx, "contact", [Create({"name": "仍在", "account": old})])
        await write(ctx, "case", [Create({"subject": "漏油"})])
    async with world.ctx() as ctx:
        await write(ctx, "account", [Update(old, {"employees": 7})])
        await write(ctx, "account", [Archive(old)])
        await write(ctx, "contact", [Delete(str(left.id))])
        await write(ctx, "account", [Delete(binned)])
    # One number twice: of an order in the bin with its line, and of the one that came in its place.
    for gone in (True, False):
        async with world.ctx() as ctx:
            [order] = await write(ctx, "order", [Create({"number": "5001", "account": top})])
            [line] = await write(ctx, "order_line", [Create({"order": str(order.id), "name": "雨伞", "quantity": 1})])
        async with world.ctx() as ctx:
            for name, one in (("order_line", line), ("order", order)) if gone else ():
                await write(ctx, name, [Delete(str(one.id))])
    away = {"old": old, "binned": binned, "left": str(left.id)}
    return {"top": top, "below": below, "site": str(site.id), "paper": str(paper.id), **away}


async def away(world: World) -> dict[str, set[str]]:
    """The names of accounts and contacts, and the numbers of orders, that are in the archive, and of those that are in the bin."""
    async with world.ctx() as ctx:
        return {
            place: {
                (name, loads(row)[title])
                for name, title in (
                    ("account", "name"),
                    ("contact", "name"),
                    ("order", "number"),
                    ("order_line", "name"),
                )
                for row in (await find(ctx, read_query(name, {"limit": 200, **asked}))).rows
            }
            for place, asked in (("archive", {"archived": "only"}), ("bin", {"bin": True}))
        }


async def records_of(world: World) -> dict[str, dict[str, dict[str, Any]]]:
    """Every record of every object, as the API shows it, by object and id."""
    async with world.ctx() as ctx:
        names = [e.name for e in ctx.catalog.entities.values()]
    return {n: {r["id"]: r for r in await world.all(n)} for n in names}


async def test_everything_goes_out_and_comes_back(world: World, tmp_path: Path, database_of_its_own: Database) -> None:
    ids = await fill(world)
    path = tmp_path / "all.zip"
    async with world.ctx() as ctx:
        manifest = await whole.put_together(ctx, world.folder / "files", path, nothing)
    before = await records_of(world)
    assert manifest["records"] == {n: len(rows) for n, rows in before.items()}
    assert manifest["left_out"] == []
    assert all(set(why) == {"en", "zh"} for why in manifest["not_in"].values()), "what is not in it is said"
    assert {"audit", "secrets"} <= set(manifest["not_in"])
    assert (manifest["archive"], manifest["bin"]) == (
        {"account": 1},
        {"account": 1, "contact": 1, "order": 1, "order_line": 1},
    )
    with zipfile.ZipFile(path) as archive:
        told = [json.loads(line) for line in archive.read("history/account.jsonl").splitlines()]
        assert len(told) == manifest["history"]["account"]
        mine = [e for e in told if e["record"] == ids["old"]]
        assert [e["kind"] for e in mine] == ["create", "update", "archive"]
        assert mine[1]["changes"] == {"employees": [None, 7]}
        assert mine[1]["actor"]["title"]
        assert {json.loads(line)["id"] for line in archive.read("bin/contact.jsonl").splitlines()} == {ids["left"]}
    async with world.ctx() as ctx:  # what its reader may not see is in no line of it
        grants = replace(
            ctx.actor.grants, system=frozenset(), fields={"account.employees": "none", "account.phone": "masked"}
        )
        less = replace(ctx, actor=replace(ctx.actor, grants=grants, statements={}))
        await whole.put_together(less, world.folder / "files", tmp_path / "less.zip", nothing)
    with zipfile.ZipFile(tmp_path / "less.zip") as archive:
        assert not [n for n in archive.namelist() if n.startswith("bin/")], "the bin is for who may open it"
        told = [
            e
            for line in archive.read("history/account.jsonl").splitlines()
            if (e := json.loads(line))["record"] == ids["old"]
        ]
        assert "employees" not in str(told)
        assert "13800138000" not in archive.read("history/account.jsonl").decode()
        assert told[1]["hidden"] == 1
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        assert {
            "README.md",
            "README.zh.md",
            "catalog/pack.json",
            "files.csv",
            "manifest.json",
            "records/user.jsonl",
        } <= names
        assert f"files/contract/{ids['paper']}/paper-合同 1_2.png" in names
        assert archive.read(f"files/contract/{ids['paper']}/paper-合同 1_2.png") == PICTURE
        for part in manifest["parts"]:
            assert hashlib.sha256(archive.read(part["path"])).hexdigest() == part["sha256"], part["path"]
        table = list(csv.DictReader(io.StringIO(archive.read("records/account.csv").decode("utf-8-sig"))))
        mine = next(r for r in table if r["id"] == ids["top"])
        assert (mine["name"], mine["tier"], mine["parent"], mine["parent_id"]) == (
            "甲公司",
            "'=1+1",
            "乙公司",
            ids["below"],
        )
        [listed] = list(csv.DictReader(io.StringIO(archive.read("files.csv").decode())))
        assert (listed["record"], listed["sha256"]) == (ids["paper"], hashlib.sha256(PICTURE).hexdigest())
        assert "password" not in json.loads(archive.read("records/user.jsonl").splitlines()[0])

    await identity.set_up(
        database_of_its_own,
        FirstRun("New Co", "Ann Admin", "ann@example.com", "Corr3ct-horse-battery", "en", currency="CNY"),
    )
    async with database_of_its_own.connection() as db:
        [workspace] = await workspaces(db)
        user = await db.value(f'SELECT id FROM {quote(workspace.schema)}."user"')
        actor = await load_actor(db, workspace, user)
    assert actor is not None
    other = World(database_of_its_own, tmp_path / "other", workspace, user)
    came = await whole.bring(other.database, workspace, actor, other.folder / "files", path)
    assert came.lost == []
    assert came.files == 1
    after = await records_of(other)
    last = max(int(r["number"]) for r in before["case"].values())
    async with other.ctx() as ctx:  # numbers stay those that people know, and are counted on after the last
        [case] = await write(ctx, "case", [Create({"subject": "Next"})])
    [number] = [r["number"] for r in await other.all("case") if r["id"] == case.id]
    assert int(number) > last
    assert await away(other) == await away(world), "what was put away is where it was"
    same = {r["id"]: o["id"] for n, by in (("user", "email"), ("role", "name")) for r in before[n].values()
            for o in after[n].values() if r[by] == o[by]}  # fmt: skip

    def plain(record: dict[str, Any], file: bool = True) -> dict[str, Any]:
        def of(value: Any) -> Any:
            if isinstance(value, dict) and "title" in value:
                return same.get(value["id"], value["id"])
            if isinstance(value, dict) and {"id", "size"} <= value.keys():
                return {k: v for k, v in value.items() if k != "id"} if file else None
            return sorted(map(of, value), key=str) if isinstance(value, list) else value

        return {n: of(v) for n, v in record.items() if n not in OUT_OF_HERE}

    for name, rows in before.items():
        if name in ("user", "role"):
            assert {r["name"] for r in rows.values()} <= {r["name"] for r in after[name].values()}
            continue
        assert rows.keys() == after[name].keys(), name
        for id, record in rows.items():
            wanted, found = plain(record), plain(after[name][id])
            if wanted["created_by"] is None:  # made by the program: whoever brings it in stands for it
                del wanted["created_by"]
            assert {k: v for k, v in wanted.items() if v != found.get(k)} == {}, (
                name,
                id,
                {k: found.get(k) for k in wanted if wanted[k] != found.get(k)},
            )
    async with other.database.connection() as db:
        catalog = await load_catalog(db, workspace)
    async with other.database.transaction(workspace.role) as db:
        here = Context(db, workspace, catalog, actor, "page")
        await write(here, "account", [Update(ids["below"], {"name": "丙公司"})])
    again = await whole.bring(other.database, workspace, actor, other.folder / "files", path)
    assert (sum(again.created.values()), again.lost) == (0, [])
    kept = (await records_of(other))["account"][ids["below"]]
    assert kept["name"] == "丙公司", "what was edited here since stays"


async def test_an_archive_that_was_tampered_with_is_refused_before_anything_is_written(
    world: World, tmp_path: Path
) -> None:
    path, spoilt = tmp_path / "all.zip", tmp_path / "spoilt.zip"
    async with world.ctx() as ctx:
        await whole.put_together(ctx, world.folder / "files", path, nothing)
        actor = ctx.actor
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(spoilt, "w") as out:
        for name in archive.namelist():
            data = archive.read(name)
            out.writestr(name, data.replace(b"Ann", b"Eve") if name == "records/user.jsonl" else data)
    for bad in (spoilt, Path(__file__)):
        with pytest.raises(whole.Unfit):
            await whole.bring(world.database, world.workspace, actor, world.folder, bad)
    assert opened(path)[1]["guanxi"] == "everything/1"


async def test_it_is_a_job_of_an_administrator_told_to_the_audit_within_limits_and_expires(world: World) -> None:
    rep = await world.person("Rep", "rep")
    async with world.ctx(rep) as ctx:
        with pytest.raises(Forbidden):
            await whole.start(ctx, world.folder, world.folder / "files")
    async with world.ctx() as ctx:
        tight = replace(ctx, actor=replace(ctx.actor, grants=replace(ctx.actor.grants, limits={"export": 1})))
        with pytest.raises(TooMany):
            await whole.start(tight, world.folder, world.folder / "files")
    async with world.ctx() as ctx:
        begun = await whole.start(ctx, world.folder, world.folder / "files")
    async with world.ctx() as ctx:
        with pytest.raises(Conflict):
            await whole.start(ctx, world.folder, world.folder / "files")
    await whole.keeping.run(await world.take())
    async with world.ctx() as ctx:
        done = await whole.status(ctx, begun["id"])
        assert (done["status"], done["done"]) == ("done", done["rows"])
        path, name = await whole.file_of(ctx, world.folder, begun["id"])
        assert zipfile.is_zipfile(path)
        assert name.endswith(".zip")
        # Named by the reader's day: these two never share one.
        far = [replace(ctx, actor=replace(ctx.actor, timezone=zone)) for zone in ("Etc/GMT+12", "Etc/GMT-14")]
        assert len({(await whole.file_of(one, world.folder, begun["id"]))[1] for one in far}) == 2
        told = await ctx.db.value(
            f"SELECT details::text FROM {quote(world.workspace.schema)}._audit WHERE kind = 'export' ORDER BY at DESC LIMIT 1"
        )
        assert loads(told)["rows"] == done["rows"]
    async with world.ctx(rep) as ctx:
        with pytest.raises(Forbidden):
            await whole.file_of(ctx, world.folder, begun["id"])
    async with world.database.connection() as db:
        await db.execute(f"UPDATE {quote(world.workspace.schema)}._whole SET expires_at = now() - interval '1 second'")
    async with world.ctx() as ctx:
        assert (await whole.status(ctx, begun["id"]))["status"] == "expired"
        with pytest.raises(NotFound):
            await whole.file_of(ctx, world.folder, begun["id"])
    await whole.keeping.tidy(await world.take())
    assert not path.exists()
