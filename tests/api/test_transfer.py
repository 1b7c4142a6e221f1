"""Uploads, imports and exports over HTTP; what they do inside is tested where they live."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from guanxi.api import App
from guanxi.pg import jobs

CSV = "Name,Phone\n甲公司,+86 138 0013 8000\n乙公司,\n".encode()


def form(file: bytes | None = CSV, name: str = "客户.csv", **fields: str) -> tuple[bytes, dict[str, str]]:
    parts = [f'--xyz\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    if file is not None:
        parts.append(
            f'--xyz\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + file + b"\r\n"
        )
    return b"".join(parts) + b"--xyz--\r\n", {"content-type": "multipart/form-data; boundary=xyz"}


async def send(
    client: Any, path: str, file: bytes | None = CSV, headers: dict[str, str] | None = None, **fields: str
) -> Any:
    body, kind = form(file, **fields)
    return await client.call("POST", path, body, headers={**kind, **(headers or {})})


@pytest_asyncio.fixture
async def worker(app: App, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setenv("GUANXI_DATA", str(app.settings.data))
    stop = asyncio.Event()
    task = asyncio.create_task(jobs.Worker(app.edge.database).run(stop))
    yield
    stop.set()
    await task


async def ended(client: Any, id: str) -> dict[str, Any]:
    for _ in range(200):
        status = (await client.get(f"/api/v1/imports/{id}")).json
        if status["status"] not in ("queued", "running"):
            return status
        await asyncio.sleep(0.1)
    raise AssertionError(status)


async def test_a_table_is_looked_at_then_imported(app: App, admin: Any, rep: Any, worker: None) -> None:
    seen = await send(admin, "/api/v1/uploads?object=account")
    assert seen.status == 201, seen.body
    assert [c["suggestion"]["field"] for c in seen.json["columns"]] == ["name", "phone"]
    again = await admin.get(f"/api/v1/uploads/{seen.json['id']}", object="account", delimiter=";")
    assert again.status == 200, again.body
    assert len(again.json["columns"]) == 1
    assert (await rep.get(f"/api/v1/uploads/{seen.json['id']}", object="account")).status == 404
    await admin.get(f"/api/v1/uploads/{seen.json['id']}", object="account", delimiter=",")
    begun = await admin.post("/api/v1/imports", {"upload": seen.json["id"], "object": "account"})
    assert begun.status == 202, begun.body
    status = await ended(admin, begun.json["id"])
    assert (status["status"], status["created"], status["failed"]) == ("done", 2, 0), status
    assert (await rep.get(f"/api/v1/imports/{begun.json['id']}")).status == 404
    assert [i["id"] for i in (await admin.get("/api/v1/imports")).json["data"]] == [begun.json["id"]]
    assert len((await admin.get("/api/v1/records/account")).json["data"]) == 2
    undone = await admin.post(f"/api/v1/change_sets/{status['change_set']}/undo")
    assert undone.json["undone"] == 2


async def test_a_form_imports_at_once_and_only_once(app: App, admin: Any, worker: None) -> None:
    mapping = json.dumps({"Name": "name", "Phone": None})
    key = {"idempotency-key": "import-1"}
    one = await send(
        admin, "/api/v1/imports", object="account", mapping=mapping, mode="upsert", key="name", headers=key
    )
    assert one.status == 202, one.body
    two = await send(
        admin, "/api/v1/imports", object="account", mapping=mapping, mode="upsert", key="name", headers=key
    )
    assert two.json == one.json
    other = await send(
        admin,
        "/api/v1/imports",
        CSV + b"x,\n",
        object="account",
        mapping=mapping,
        mode="upsert",
        key="name",
        headers=key,
    )
    assert other.status == 409
    assert (await ended(admin, one.json["id"]))["created"] == 2
    bad = await send(
        admin,
        "/api/v1/imports",
        "Name,Phone\n丙,not a phone\n".encode(),
        object="account",
        mapping=json.dumps({"Name": "name", "Phone": "phone"}),
    )
    status = await ended(admin, bad.json["id"])
    assert status["failed"] == 1, status
    errors = await admin.get(f"/api/v1/imports/{bad.json['id']}/errors.csv")
    assert errors.status == 200
    assert errors.headers["content-type"].startswith("text/csv")
    assert "not a phone" in errors.body.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("path", "file", "fields", "status"),
    [
        ("/api/v1/uploads", None, {}, 422),
        ("/api/v1/uploads", b"", {}, 422),
        ("/api/v1/uploads", CSV, {"nope": "1"}, 422),
        ("/api/v1/uploads?nope=1", CSV, {}, 422),
        ("/api/v1/uploads", CSV, {"object": "nothing"}, 404),
        ("/api/v1/uploads", CSV, {"options": "{"}, 422),
        ("/api/v1/imports", CSV, {}, 422),
        ("/api/v1/imports", CSV, {"object": "account", "mode": "replace"}, 422),
        ("/api/v1/imports", CSV, {"object": "account", "mapping": "[]"}, 422),
        ("/api/v1/imports", CSV, {"object": "account", "mapping": '{"Name": "nope"}'}, 422),
        ("/api/v1/imports", CSV, {"object": "account", "dry_run": "perhaps"}, 422),
        ("/api/v1/imports", CSV, {"object": "account", "mode": "upsert"}, 422),
    ],
)
async def test_a_form_that_cannot_be_used_is_refused(
    standing: Any, path: str, file: bytes | None, fields: dict[str, str], status: int
) -> None:
    r = await send(standing, path, file, **fields)
    assert r.status == status, r.body
    assert r.headers["content-type"] == "application/problem+json"
    assert not list((standing.app.settings.data / "transfer").glob("incoming-*"))


async def test_a_form_that_is_none_is_malformed(app: App, admin: Any) -> None:
    whole, kind = form()
    for body, headers in (
        (b"", kind),
        (b"--xyz", kind),
        (b"garbage", kind),
        (whole[:60], kind),
        (whole, {"content-type": "multipart/form-data"}),
        (whole, {"content-type": "application/json"}),
        (b"--xyz\r\n" + b"X" * 20_000 + b": 1\r\n\r\n\r\n--xyz--\r\n", kind),
        (
            b"".join(b'--xyz\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n' % i for i in range(100))
            + b"--xyz--\r\n",
            kind,
        ),
    ):
        r = await admin.call("POST", "/api/v1/uploads", body, headers=headers)
        assert r.status in (400, 422), r.body
    assert (
        await admin.call("POST", "/api/v1/imports", b"{", headers={"content-type": "application/json"})
    ).status == 400
    assert (await admin.post("/api/v1/imports", {})).codes == {"upload": "required", "object": "required"}
    for path in ("/api/v1/imports/x", "/api/v1/imports/x/errors.csv"):
        assert (await admin.get(path)).status == 404
    for path in ("/api/v1/imports/x/cancel", "/api/v1/imports/x/resume"):
        assert (await admin.post(path)).status == 404
    assert not list((app.settings.data / "transfer").glob("incoming-*"))


async def test_a_name_of_a_file_is_only_a_name(app: App, admin: Any) -> None:
    r = await send(admin, "/api/v1/uploads", name="../../../etc/passwd")
    assert r.status == 201, r.body
    assert r.json["name"] == "passwd"


@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl"])
async def test_a_list_is_exported_whole(admin: Any, rep: Any, format: str) -> None:
    await admin.post(
        "/api/v1/records/account/batch",
        {"operations": [{"op": "create", "values": {"name": f"=A{i:03d}"}} for i in range(250)]},
    )
    body = {
        "object": "account",
        "format": format,
        "fields": ["name"],
        "sort": "-name",
        "filter": {"field": "name", "op": "ne", "value": "=A000"},
    }
    r = await admin.post("/api/v1/exports", body)
    assert r.status == 200, r.body
    assert f".{format}" in r.headers["content-disposition"]
    assert r.headers["x-content-type-options"] == "nosniff"
    if format == "csv":
        rows = list(csv.reader(io.StringIO(r.body.decode("utf-8-sig"))))
        assert len(rows) == 250
        assert rows[1][0] == "'=A249"  # a spreadsheet does not compute it
    elif format == "jsonl":
        assert [json.loads(line)["name"] for line in r.body.splitlines()][:2] == ["=A249", "=A248"]
    else:
        assert r.body[:2] == b"PK"
    assert (await rep.post("/api/v1/exports", body)).status == 403


async def test_a_list_is_exported_as_it_was(app: App, admin: Any) -> None:
    kept = await admin.create("account", name="Before")
    moment = (await admin.get(f"/api/v1/records/account/{kept['id']}")).json["updated_at"]
    await admin.call("PATCH", f"/api/v1/records/account/{kept['id']}", {"values": {"name": "After"}})
    await admin.create("account", name="Later")
    body = {"object": "account", "format": "jsonl", "fields": ["name"], "as_of": moment}
    r = await admin.post("/api/v1/exports", body)
    assert [json.loads(line)["name"] for line in r.body.splitlines()] == ["Before"]
    assert (await admin.post("/api/v1/exports", {**body, "as_of": "then"})).codes == {"as_of": "not_a_datetime"}


async def test_an_export_that_cannot_be_is_refused_before_it_begins(app: App, admin: Any) -> None:
    for change, status in (
        ({"object": "nothing"}, 404),
        ({"format": "pdf"}, 422),
        ({"fields": ["nope"]}, 422),
        ({"fields": ["password"], "object": "user"}, 422),
        ({"filter": {"field": "nope", "op": "eq", "value": 1}}, 422),
        ({"filter": {"field": "name", "op": "nope", "value": 1}}, 422),
        ({"sort": "nope"}, 422),
        ({"limit": 5}, 422),
    ):
        r = await admin.post("/api/v1/exports", {"object": "account", **change})
        assert r.status == status, (change, r.body)
    assert app.edge.database.stats()["lent"] == 0


async def test_who_hangs_up_in_an_export_holds_no_connection(app: App, admin: Any) -> None:
    await admin.post(
        "/api/v1/records/account/batch",
        {"operations": [{"op": "create", "values": {"name": f"A{i}"}} for i in range(900)]},
    )
    for _ in range(3):
        await admin.post(
            "/api/v1/records/account/batch",
            {"operations": [{"op": "create", "values": {"name": f"A{i}"}} for i in range(900)]},
        )
    body = json.dumps({"object": "account", "format": "jsonl"}).encode()
    headers = [
        (b"cookie", "; ".join(f"{k}={v}" for k, v in admin.http.cookies.items()).encode()),
        (b"x-csrf-token", admin.http.headers["x-csrf-token"].encode()),
        (b"content-type", b"application/json"),
    ]
    asked = False
    begun = asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send_slowly(message: Any) -> None:
        if message["type"] == "http.response.body":
            begun.set()
            await asyncio.sleep(30)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/exports",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }
    async with asyncio.timeout(10):
        await app(scope, receive, send_slowly)
    await asyncio.sleep(0.05)
    assert app.edge.database.stats()["lent"] == 0
