"""The audit through the API: who did what is told, proven, exported, and kept for as long as somebody says."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

from guanxi import audit
from guanxi.api import App
from guanxi.records import load_catalog, workspaces


async def test_the_audit_tells_who_did_what(admin: Any, stranger: Any, rep: Any) -> None:
    assert (
        await stranger.post("/api/v1/session", {"email": "rep@example.com", "password": "wrong password"})
    ).status == 401
    assert (
        await stranger.post("/api/v1/session", {"email": "secret word@x.cn", "password": "wrong password"})
    ).status == 401
    made = (await admin.post("/api/v1/tokens", {"name": "script"})).json
    assert (
        await stranger.call("GET", "/api/v1/session", headers={"authorization": f"Bearer {made['token']}"})
    ).status == 200
    account = await admin.create("account", name="远航")
    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    assert (
        await admin.post(f"/api/v1/records/account/{account['id']}/shares", {"user": me, "level": "read"})
    ).status == 201
    change = {"op": "add_field", "object": "account", "name": "tier", "type": "text", "label": {"en": "Tier"}}
    assert (await admin.post("/api/v1/catalog/changes", {"changes": [change]})).status == 200
    assert (await admin.call("PATCH", f"/api/v1/records/user/{me}", {"values": {"active": False}})).status == 200
    told = (await admin.get("/api/v1/audit", limit=200)).json["data"]
    kinds = [e["kind"] for e in told]
    assert set(kinds) >= {"sign_in", "sign_in_failed", "token_made", "token_used", "share", "catalog", "permission"}
    assert "secret word" not in json.dumps(told)
    [share] = [e for e in told if e["kind"] == "share"]
    # A file of it says the same, ids beside names; a name is never a formula where the file is opened.
    assert (
        await admin.call("PATCH", f"/api/v1/records/account/{account['id']}", {"values": {"name": "=远航"}})
    ).status == 200
    [line] = csv.DictReader(
        (await admin.post("/api/v1/audit/export", {"format": "csv", "kinds": ["share"]}))
        .body.decode("utf-8-sig")
        .splitlines()
    )
    assert (line["actor_name"], line["record"], line["record_name"]) == ("Admin", account["id"], "'=远航")
    assert line["names"] == f"{share['names'][me]} ({me})"
    assert (share["actor"]["title"], share["record"]["title"], share["details"]) == (
        "Admin",
        "远航",
        {"user": me, "level": "read"},
    )
    # What is there by id is read, and found, by its name.
    name = share["names"][me]
    assert name == (await admin.get(f"/api/v1/records/user/{me}")).json["name"]
    by_name = (await admin.get("/api/v1/audit", q=name.lower(), kinds="share")).json["data"]
    assert [e["seq"] for e in by_name] == [share["seq"]]
    changed = next(e for e in told if e["kind"] == "permission")
    assert (
        changed["details"]
        | {"change": "update", "fields": ["active"], "before": {"active": True}, "after": {"active": False}}
        == changed["details"]
    )
    found = (await admin.get("/api/v1/audit", kinds="share,catalog", object="account")).json["data"]
    assert [e["kind"] for e in found] == ["share"]
    assert [e["kind"] for e in (await admin.get("/api/v1/audit", q="TIER")).json["data"]][-1] == "catalog"
    first = (await admin.get("/api/v1/audit", limit=2)).json
    second = (await admin.get("/api/v1/audit", limit=2, cursor=first["next"])).json
    assert len({e["seq"] for e in first["data"] + second["data"]}) == 4
    assert (await admin.get("/api/v1/audit")).json["data"][0]["kind"] == "audit_read", "who looks is told as well"


async def test_only_whose_role_may_reads_it(rep: Any) -> None:
    for method, path, body in (
        ("GET", "/api/v1/audit", None),
        ("GET", "/api/v1/audit/heads", None),
        ("GET", "/api/v1/audit/verify", None),
        ("POST", "/api/v1/audit/verify", {}),
        ("POST", "/api/v1/audit/export", {"format": "csv"}),
        ("GET", "/api/v1/retention", None),
        ("PUT", "/api/v1/retention", {"rules": []}),
    ):
        assert (await rep.call(method, path, body)).status == 403, path


async def test_it_is_exported_and_refuses_what_it_cannot_read(admin: Any) -> None:
    file = await admin.post("/api/v1/audit/export", {"format": "csv", "kinds": ["sign_in"]})
    assert (file.status, file.body[:3]) == (200, b"\xef\xbb\xbf")
    lines = file.body.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("seq,at,kind")
    assert len(lines) > 1
    rows = (await admin.post("/api/v1/audit/export", {"format": "jsonl"})).body.splitlines()
    assert {json.loads(r)["kind"] for r in rows} >= {"sign_in", "audit_export"}
    for query in (
        {"kinds": "beer"},
        {"user": "x"},
        {"record": "x"},
        {"object": "nothing"},
        {"since": "yesterday"},
        {"beer": "1"},
    ):
        assert (await admin.get("/api/v1/audit", **query)).status == 422, query
    assert (await admin.post("/api/v1/audit/export", {"format": "csv", "user": "x"})).status == 422


async def test_an_export_is_told_marked_and_counted(app: App, admin: Any) -> None:
    for n in range(3):
        await admin.create("account", name=f"A{n}")
    made = await admin.post(
        "/api/v1/exports",
        {"object": "account", "format": "xlsx", "filter": {"field": "name", "op": "ne", "value": "A2"}},
    )
    id = made.headers["guanxi-export"]
    assert id[-8:] in made.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(made.body)) as book:
        assert id in b"".join(book.read(n) for n in book.namelist()).decode("utf-8", "replace")
    [told] = (await admin.get("/api/v1/audit", kinds="export")).json["data"]
    assert (told["object"], told["details"]["id"], told["details"]["rows"]) == ("account", id, 2)
    assert told["details"]["asked"]["filter"] == {"field": "name", "op": "ne", "value": "A2"}
    grants = {"objects": {"*": {"read": "all", "export": True}}, "limits": {"export": 4}}
    await admin.create("role", name="limited", label="Limited", grants=grants)
    await admin.create(
        "user", name="L", email="l@example.com", password="Corr3ct-horse-battery", role={"match": {"name": "limited"}}
    )
    limited = await type(admin)(app).sign_in("l@example.com")
    body = {"object": "account", "format": "csv"}
    assert (await limited.post("/api/v1/exports", body)).status == 200
    refused = await limited.post("/api/v1/exports", body)
    assert (refused.status, refused.json["code"]) == (429, "export_limit")
    assert int(refused.headers["retry-after"]) > 0
    assert "1 are left" in refused.json["title"]
    one = {**body, "filter": {"field": "name", "op": "eq", "value": "A1"}}
    assert (await limited.post("/api/v1/exports", one)).status == 200


async def test_a_mask_is_looked_behind_through_the_api(app: App, admin: Any) -> None:
    contact = await admin.create("contact", name="张三", mobile="+8613812341234")
    grants = {"objects": {"*": {"read": "all"}}, "fields": {"contact.mobile": "reveal"}, "limits": {"reveal": 1}}
    await admin.create("role", name="masked", label="Masked", grants=grants)
    await admin.create(
        "user", name="M", email="m@example.com", password="Corr3ct-horse-battery", role={"match": {"name": "masked"}}
    )
    m = await type(admin)(app).sign_in("m@example.com")
    path = f"/api/v1/records/contact/{contact['id']}"
    assert (await m.get(path)).json["mobile"] == "138****1234"
    assert (await m.call("GET", f"{path}/reveal")).status == 405
    for wrong in (
        {},
        {"fields": []},
        {"fields": "mobile"},
        {"fields": ["mobile"], "reason": 3},
        {"fields": ["nothing"]},
    ):
        assert (await m.post(f"{path}/reveal", wrong)).status == 422, wrong
    shown = await m.post(f"{path}/reveal", {"fields": ["mobile"], "reason": "call"})
    assert (shown.status, shown.json["mobile"]) == (200, "+8613812341234")
    again = await m.post(f"{path}/reveal", {"fields": ["mobile"]})
    assert (again.status, again.json["code"]) == (429, "reveal_limit")
    [told] = (await admin.get("/api/v1/audit", kinds="reveal")).json["data"]
    assert (told["actor"]["title"], told["record"]["title"], told["details"]["reason"]) == ("M", "张三", "call")


async def test_proof_and_keeping(app: App, admin: Any) -> None:
    assert (await admin.get("/api/v1/audit/verify")).json == {"status": "never"}
    begun = await admin.post("/api/v1/audit/verify", {})
    assert (begun.status, begun.json["status"]) == (202, "queued")
    async with app.edge.database.connection() as db:
        [workspace] = await workspaces(db)
        await load_catalog(db, workspace)
    await audit.seal(app.edge.database, workspace)
    assert (await audit.verify(app.edge.database, workspace)).ok
    [head] = (await admin.get("/api/v1/audit/heads")).json["data"]
    assert len(head["chain"]) == 64
    rules = [{"what": "bin", "days": 30}, {"what": "audit", "kind": "sign_in", "days": 1}]
    tried = await admin.call("PUT", "/api/v1/retention", {"rules": rules, "dry_run": True})
    assert [p["rows"] for p in tried.json["preview"]] == [0, 0]
    assert (await admin.get("/api/v1/retention")).json["rules"] == []
    assert (await admin.call("PUT", "/api/v1/retention", {"rules": rules})).status == 200
    assert [r["days"] for r in (await admin.get("/api/v1/retention")).json["rules"]] == [30, 1]
    wrong = await admin.call("PUT", "/api/v1/retention", {"rules": [{"what": "bin", "days": 0}]})
    assert (wrong.status, wrong.codes) == (422, {"rules.0.days": "too_small"})
