"""The record routes as an integrator meets them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from guanxi.api import App

UNKNOWN = "01900000-0000-7000-8000-000000000000"


async def test_a_record_lives(admin: Any) -> None:
    r = await admin.post("/api/v1/records/account", {"values": {"name": "华为"}})
    assert r.status == 201
    assert r.headers["etag"] == '"1"'
    assert r.headers["guanxi-change-set"]
    record = r.json
    assert {"id", "version", "created_at", "updated_at", "created_by", "updated_by", "name"} <= set(record)
    path = f"/api/v1/records/account/{record['id']}"
    got = await admin.get(path)
    assert got.json == record
    assert got.headers["etag"] == '"1"'
    changed = await admin.call("PATCH", path, {"values": {"name": "华为技术"}}, headers={"if-match": '"1"'})
    assert (changed.status, changed.json["version"], changed.headers["etag"]) == (200, 2, '"2"')
    stale = await admin.call("PATCH", path, {"values": {"name": "x"}}, headers={"if-match": '"1"'})
    assert (stale.status, stale.json["code"]) == (412, "stale")
    then = await admin.get(path, as_of=record["created_at"])
    assert then.json["name"] == "华为"
    history = (await admin.get(f"{path}/history")).json
    assert history["data"][0]["changes"]["name"] == ["华为", "华为技术"]
    assert (await admin.call("DELETE", path, headers={"if-match": '"1"'})).status == 412
    assert (await admin.call("DELETE", path)).status == 204
    assert (await admin.get(path)).status == 404
    binned = (await admin.get("/api/v1/records/account", bin="true")).json["data"]
    assert [b["id"] for b in binned] == [record["id"]]
    restored = await admin.post(f"{path}/restore")
    assert (restored.status, restored.json["name"]) == (200, "华为技术")


async def test_all_that_is_wrong_is_said_at_once_in_the_callers_language(admin: Any) -> None:
    body = {"values": {"nope": 1, "amount": "abc"}}
    r = await admin.post("/api/v1/records/opportunity", body)
    assert r.status == 422
    assert r.headers["content-type"] == "application/problem+json"
    assert {"nope", "amount", "name"} <= set(r.codes)
    assert r.codes["nope"] == "unknown_field"
    await admin.call("PATCH", "/api/v1/session", {"language": "zh"})
    r = await admin.post("/api/v1/records/opportunity", body)
    assert r.headers["content-language"] == "zh"
    assert "没有字段" in r.json["detail"]


async def test_a_stranger_is_spoken_to_as_the_browser_asks(stranger: Any) -> None:
    for asked, language in (
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("fr, zh;q=0.1", "zh"),
        ("*;q=x", "en"),
    ):
        r = await stranger.call("GET", "/api/v1/records/account", headers={"accept-language": asked})
        assert (r.status, r.headers["content-language"]) == (401, language)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/records/nothing", None, 404),
        ("POST", "/api/v1/records/nothing", {"values": {}}, 404),
        ("POST", "/api/v1/records/nothing/batch", {"operations": []}, 404),
        ("POST", "/api/v1/records/nothing/aggregate", {}, 404),
        ("POST", "/api/v1/records/nothing/mass", {"ids": [], "delete": True}, 404),
        ("GET", f"/api/v1/records/account/{UNKNOWN}", None, 404),
        ("GET", "/api/v1/records/account/not-an-id", None, 404),
        ("PATCH", f"/api/v1/records/account/{UNKNOWN}", {"values": {"name": "x"}}, 404),
        ("PATCH", "/api/v1/records/account/not-an-id", {"values": {"name": "x"}}, 404),
        ("DELETE", f"/api/v1/records/account/{UNKNOWN}", None, 404),
        ("POST", f"/api/v1/records/account/{UNKNOWN}/restore", None, 404),
        ("GET", f"/api/v1/records/account/{UNKNOWN}/history", None, 404),
        ("GET", f"/api/v1/records/account/{UNKNOWN}/timeline", None, 404),
        ("GET", f"/api/v1/records/account/{UNKNOWN}/explain", None, 404),
        ("GET", f"/api/v1/records/account/{UNKNOWN}/shares", None, 404),
        ("GET", f"/api/v1/records/account/{UNKNOWN}/related/opportunities", None, 404),
        ("POST", f"/api/v1/records/account/{UNKNOWN}/related", {"lists": {"opportunities": {}}}, 404),
        ("POST", f"/api/v1/records/account/{UNKNOWN}/actions/nothing", {}, 404),
        ("GET", "/api/v1/records/", None, 404),
        ("GET", "/api/v1/records/account/", None, 404),
        ("GET", "/api/v1/records/account/x/y/z/q", None, 404),
        ("GET", "/api/v1/records/account/a\0b", None, 404),
        ("PUT", "/api/v1/records/account", {}, 405),
        ("DELETE", "/api/v1/records/account", None, 405),
        ("GET", "/api/v1/records/account/query", None, 405),
        ("POST", f"/api/v1/records/account/{UNKNOWN}", {}, 405),
        ("GET", f"/api/v1/records/account/{UNKNOWN}/restore", None, 405),
        ("POST", "/api/v1/search", {}, 405),
        ("POST", "/api/v1/records/account", b"{", 400),
        ("POST", "/api/v1/records/account", b"[]", 400),
        ("POST", "/api/v1/records/account", b'{"values": {"name": "\\ud800"}}', 400),
        ("POST", "/api/v1/records/account", b'{"values": {"employees": 1e999}}', 400),
        ("POST", "/api/v1/records/account", b'{"values": {"employees": NaN}}', 400),
        ("POST", "/api/v1/records/account", b"[" * 5000, 400),
        ("POST", "/api/v1/records/account", b'{"values":' * 100 + b"1" + b"}" * 100, 400),
        ("POST", "/api/v1/records/account", b"\xff\xfe", 400),
        ("POST", "/api/v1/records/account", b'{"values": {"name": "a\\u0000b"}}', 422),
        ("POST", "/api/v1/records/account", {}, 422),
        ("POST", "/api/v1/records/account", {"values": 1}, 422),
        ("POST", "/api/v1/records/account", {"values": {"name": "x"}, "more": 1}, 422),
        ("POST", "/api/v1/records/account?x=1", {"values": {"name": "x"}}, 422),
        ("GET", "/api/v1/records/account?nope=1", None, 422),
        ("GET", "/api/v1/records/account?limit=0", None, 422),
        ("GET", "/api/v1/records/account?limit=201", None, 422),
        ("GET", "/api/v1/records/account?limit=1&limit=2", None, 422),
        ("GET", "/api/v1/records/account?filter={", None, 422),
        ("GET", "/api/v1/records/account?filter=1", None, 422),
        ("GET", "/api/v1/records/account?sort=name;drop", None, 422),
        ("GET", "/api/v1/records/account?fields=password", None, 422),
        ("GET", "/api/v1/records/account?cursor=abc", None, 422),
        ("GET", "/api/v1/records/account?include=all", None, 422),
        ("GET", "/api/v1/records/account?q=a%00b", None, 422),
        ("GET", "/api/v1/records/account?q=%ff", None, 400),
        ("GET", "/api/v1/search", None, 422),
        ("GET", "/api/v1/search?q=x&objects=nothing", None, 422),
        ("GET", "/api/v1/search?q=x&limit=1000", None, 422),
        ("POST", "/api/v1/records/account/query", {"nope": 1}, 422),
        ("POST", "/api/v1/records/account/query", {"filter": {"field": "nope", "op": "eq", "value": 1}}, 422),
        ("POST", "/api/v1/records/account/aggregate", {"measures": [{"fn": "sum(1)) from users--", "as": "x"}]}, 422),
        ("POST", "/api/v1/records/account/batch", {}, 422),
        ("POST", "/api/v1/records/account/batch", {"operations": [{"op": "nope"}]}, 422),
        ("POST", "/api/v1/records/account/batch", {"operations": [{"op": "update", "values": {}}]}, 422),
        (
            "POST",
            "/api/v1/records/account/batch",
            {"operations": [{"op": "create", "values": {"name": "x"}}] * 1001},
            413,
        ),
        ("POST", "/api/v1/records/account/mass", {"delete": True}, 422),
        ("POST", "/api/v1/records/account/mass", {"ids": ["x"], "delete": True}, 422),
        ("POST", "/api/v1/records/account/mass", {"ids": [UNKNOWN] * 10_001, "delete": True}, 413),
        ("POST", "/api/v1/records/account/mass", {"ids": [UNKNOWN], "delete": True, "values": {}}, 422),
    ],
)
async def test_bad_input_has_its_status_and_is_a_problem(
    standing: Any, method: str, path: str, body: Any, status: int
) -> None:
    r = await standing.call(method, path.replace("\0", "%00"), body)
    assert r.status == status, r.body[:500]
    assert r.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= set(r.json)
    assert r.json["status"] == status
    if status == 405:
        assert method not in r.headers["allow"]


async def test_if_match_must_be_a_version(admin: Any) -> None:
    record = await admin.create("account", name="A")
    path = f"/api/v1/records/account/{record['id']}"
    for given in ("abc", '"-1"', '"99999999999999999999"'):
        assert (await admin.call("PATCH", path, {"values": {"name": "B"}}, headers={"if-match": given})).status == 400
    assert (await admin.call("PATCH", path, {"values": {"name": "B"}}, headers={"if-match": "*"})).status == 200


async def test_head_and_options(admin: Any) -> None:
    record = await admin.create("account", name="A")
    for path in (
        "/api/v1/records/account",
        f"/api/v1/records/account/{record['id']}",
        "/api/v1/session",
        "/healthz",
        "/",
    ):
        got, head = await admin.get(path), await admin.call("HEAD", path)
        assert head.status == got.status == 200, path
        assert head.body == b""
        assert head.headers["content-length"] == str(len(got.body)), path
    for path in ("/api/v1/records/account", "/api/v1/session"):
        r = await admin.call("OPTIONS", path)
        assert r.status == 204
        assert "POST" in r.headers["allow"]
        assert "access-control-allow-origin" not in r.headers


async def test_lists_page_through_everything(admin: Any) -> None:
    operations = [{"op": "create", "values": {"name": f"B{i:03d}"}} for i in range(25)]
    r = await admin.post("/api/v1/records/account/batch", {"operations": operations})
    assert [x["status"] for x in r.json["results"]] == [201] * 25
    assert r.json["change_set"] == r.headers["guanxi-change-set"]
    seen, cursor = [], None
    while True:
        page = (
            await admin.get(
                "/api/v1/records/account",
                sort="-name",
                limit=10,
                fields="name",
                **({"cursor": cursor} if cursor else {}),
            )
        ).json
        seen += [x["name"] for x in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"B{i:03d}" for i in reversed(range(25))]
    counted = (await admin.post("/api/v1/records/account/query", {"include": ["count"], "limit": 1})).json
    assert counted["count"] == 25
    found = await admin.get("/api/v1/records/account", filter={"field": "name", "op": "starts_with", "value": "b00"})
    assert len(found.json["data"]) == 10


async def test_the_same_query_again_sees_what_changed(admin: Any) -> None:
    path = "/api/v1/records/account"
    first = await admin.get(path, sort="name")
    await admin.create("account", name="New")
    again = await admin.get(path, sort="name")
    assert len(again.json["data"]) == len(first.json["data"]) + 1


async def test_a_batch_is_all_or_nothing_or_each_by_itself(admin: Any) -> None:
    operations = [{"op": "create", "values": {"name": "Z1"}}, {"op": "create", "values": {}}]
    r = await admin.post("/api/v1/records/account/batch", {"operations": operations})
    assert r.status == 422
    assert r.json["errors"][0]["row"] == 1
    assert (await admin.get("/api/v1/records/account")).json["data"] == []
    r = await admin.post("/api/v1/records/account/batch", {"operations": operations, "atomic": False})
    assert r.status == 200
    assert [x["status"] for x in r.json["results"]] == [201, 422]
    assert r.json["results"][1]["errors"][0]["field"] == "name"
    assert len((await admin.get("/api/v1/records/account")).json["data"]) == 1


async def test_upsert_by_key(admin: Any) -> None:
    for key in ("email", ["email"], {"email": "a@b.cn"}):
        r = await admin.post(
            "/api/v1/records/contact/batch",
            {"operations": [{"op": "upsert", "key": key, "values": {"name": "张三", "email": "a@b.cn"}}]},
        )
        assert r.status == 200, r.body
    assert len((await admin.get("/api/v1/records/contact")).json["data"]) == 1


async def test_a_batch_is_tried_without_being_done(admin: Any) -> None:
    made = (await admin.post("/api/v1/records/account", {"values": {"name": "Tried Ltd"}})).json["id"]
    body = {
        "operations": [
            {"op": "update", "id": made, "values": {"name": "Otherwise Ltd"}},
            {"op": "update", "id": made, "values": {"status": "no such"}},
        ],
        "atomic": False,
    }
    r = await admin.post("/api/v1/records/account/batch", {**body, "dry_run": True})
    assert "guanxi-change-set" not in r.headers
    assert r.json["change_set"] is None
    would, wrong = r.json["results"]
    assert (would["status"], would["record"]["name"]) == (200, "Otherwise Ltd")
    assert (wrong["status"], wrong["errors"][0]["field"]) == (422, "status")
    assert (await admin.get(f"/api/v1/records/account/{made}")).json["name"] == "Tried Ltd"
    r = await admin.post("/api/v1/records/account/batch", {**body, "dry_run": "yes"})
    assert (r.status, r.json["errors"][0]["field"]) == (422, "dry_run")


async def test_a_batch_tells_what_changed_nothing(admin: Any) -> None:
    record = await admin.create("account", name="A", phone="+8613800138000")
    operations = [
        {"op": "update", "id": record["id"], "values": {"phone": "+86 138 0013 8000"}},
        {"op": "upsert", "key": {"name": "B"}, "values": {"name": "B"}},
    ]
    first, second = (await admin.post("/api/v1/records/account/batch", {"operations": operations})).json["results"]
    assert (first["status"], first["changed"], first["record"]["version"]) == (200, False, 1)
    assert (second["status"], "changed" in second) == (201, False)


async def test_mass_change_and_its_undo(admin: Any) -> None:
    for i in range(3):
        await admin.create("account", name=f"M{i}")
    r = await admin.post(
        "/api/v1/records/account/mass",
        {"filter": {"field": "name", "op": "starts_with", "value": "m"}, "values": {"phone": "+8613800138000"}},
    )
    assert r.status == 200, r.body
    assert (r.json["matched"], r.json["changed"]) == (3, 3)
    body = {"filter": {"field": "name", "op": "starts_with", "value": "m"}, "values": {"phone": "+86 138 0013 8000"}}
    again = (await admin.post("/api/v1/records/account/mass", body)).json
    assert (again["matched"], again["changed"]) == (3, 0)
    sets = (await admin.get("/api/v1/change_sets")).json["data"]
    assert sets[0]["id"] == r.json["change_set"]
    undone = await admin.post(f"/api/v1/change_sets/{r.json['change_set']}/undo")
    assert (undone.status, undone.json["undone"], undone.json["kept"]) == (200, 3, [])
    assert {x["phone"] for x in (await admin.get("/api/v1/records/account")).json["data"]} == {None}
    assert (await admin.post(f"/api/v1/change_sets/{UNKNOWN}/undo")).status == 404
    assert (await admin.post("/api/v1/change_sets/x/undo")).status == 404


async def test_aggregate(admin: Any) -> None:
    account = await admin.create("account", name="A")
    for amount in (1000, 234.5):
        await admin.create("opportunity", name="O", account=account["id"], amount=amount, close_date="2026-12-31")
    body = {
        "group": [{"field": "close_date", "grain": "month"}],
        "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "t"}],
    }
    r = await admin.post("/api/v1/records/opportunity/aggregate", body)
    assert r.json["data"] == [
        {"group": {"close_date": "2026-12-01"}, "values": {"n": 2, "t": 1234.5}, "currencies": {"t_currency": "USD"}}
    ]
    listed = (await admin.get("/api/v1/records/opportunity", include="totals", totals="amount")).json
    assert (listed["totals"], listed["currencies"]) == ({"amount": 1234.5}, {"amount_currency": "USD"})
    related = (await admin.get(f"/api/v1/records/account/{account['id']}/related/opportunities", limit=1)).json
    assert len(related["data"]) == 1
    assert related["next"]
    assert (await admin.get(f"/api/v1/records/account/{account['id']}/related/nothing")).status == 404
    several = f"/api/v1/records/account/{account['id']}/related"
    asked = {"opportunities": {"limit": 1}, "contacts": {"include": "count", "fields": "name"}}
    told = (await admin.post(several, {"lists": asked})).json["data"]
    assert told == {"opportunities": related, "contacts": {"data": [], "next": None, "count": 0}}
    assert (await admin.post(several, {"lists": {"nothing": {}}})).status == 404
    for lists in ({}, [], {"contacts": {"sort": "nothing"}}, {"contacts": []}):
        r = await admin.post(several, {"lists": lists})
        assert r.status in (400, 422), (lists, r.body)
    assert (await admin.post(several, {"lists": {"contacts": {"sort": "nothing"}}})).json["errors"][0]["field"] == (
        "lists.contacts.nothing"
    )


async def test_exact_decimals_survive(admin: Any) -> None:
    account = await admin.create("account", name="A")
    body = b'{"values": {"name": "O", "account": "%s", "amount": 12345678901234567.89}}' % account["id"].encode()
    r = await admin.call("POST", "/api/v1/records/opportunity", body)
    assert r.status == 201, r.body
    assert b"12345678901234567.89" in r.body


async def test_what_one_may_not_see_is_not_there(admin: Any, rep: Any, reader: Any) -> None:
    record = await admin.create("account", name="Secret")
    path = f"/api/v1/records/account/{record['id']}"
    for method, suffix, body in (
        ("GET", "", None),
        ("PATCH", "", {"values": {"name": "x"}}),
        ("DELETE", "", None),
        ("GET", "/history", None),
        ("GET", "/timeline", None),
        ("GET", "/explain", None),
        ("GET", "/shares", None),
        ("POST", "/shares", {"user": UNKNOWN}),
        ("GET", "/related/opportunities", None),
        ("POST", "/related", {"lists": {"opportunities": {}}}),
        ("POST", "/restore", {}),
    ):
        r = await rep.call(method, path + suffix, body)
        assert r.status == 404, (method, suffix, r.body)
    assert (await reader.get(path)).status == 200
    for method, body in (("PATCH", {"values": {"name": "x"}}), ("DELETE", None)):
        assert (await reader.call(method, path, body)).status == 403
    assert (await reader.post("/api/v1/records/account", {"values": {"name": "x"}})).status == 403
    assert (await admin.get(path)).json == record
    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    shared = await admin.post(f"{path}/shares", {"user": me, "level": "read"})
    assert shared.status == 201, shared.body
    assert (await rep.get(path)).status == 200
    assert (await rep.call("PATCH", path, {"values": {"name": "x"}})).status == 403
    why = (await admin.get(f"{path}/explain", user=me)).json
    assert any(g["true"] for g in why["verbs"]["read"]["grounds"])
    assert (await admin.call("DELETE", f"{path}/shares/{shared.json['id']}")).status == 204
    assert (await rep.get(path)).status == 404


async def test_a_request_made_twice_at_once_is_carried_out_once(admin: Any) -> None:
    body = {"values": {"name": "Twice"}}
    made = await asyncio.gather(
        *(admin.post("/api/v1/records/account", body, idempotency_key="both") for _ in range(4))
    )
    assert {m.status for m in made} <= {201, 409}, [m.body for m in made]
    assert len({m.body for m in made if m.status == 201}) == 1
    assert all(m.json["code"] == "idempotency_busy" for m in made if m.status == 409), [m.json for m in made]
    found = (await admin.get("/api/v1/records/account", q="Twice")).json["data"]
    assert len(found) == 1


async def test_a_repeated_request_gets_the_first_answer(app: App, admin: Any) -> None:
    body = {"values": {"name": "Once"}}
    one = await admin.post("/api/v1/records/account", body, idempotency_key="k1")
    two = await admin.post("/api/v1/records/account", body, idempotency_key="k1")
    assert one.status == two.status == 201
    assert one.body == two.body
    assert (one.headers["etag"], two.headers["idempotency-replayed"]) == (two.headers["etag"], "true")
    assert len((await admin.get("/api/v1/records/account")).json["data"]) == 1
    other = await admin.post("/api/v1/records/account", {"values": {"name": "Other"}}, idempotency_key="k1")
    assert (other.status, other.json["code"]) == (409, "idempotency_conflict")
    assert (await admin.post("/api/v1/records/contact", body, idempotency_key="k1")).status == 409
    assert (await admin.post("/api/v1/records/account", body, idempotency_key="x" * 256)).status == 400
    async with app.edge.database.connection() as db:
        await db.execute("UPDATE guanxi.idempotency SET at = now() - interval '25 hours'")
    assert (
        await admin.post("/api/v1/records/account", {"values": {"name": "Other"}}, idempotency_key="k1")
    ).status == 201


async def test_a_refusal_is_repeated_too_and_leaves_nothing(admin: Any) -> None:
    one = await admin.post("/api/v1/records/account", {"values": {}}, idempotency_key="bad")
    two = await admin.post("/api/v1/records/account", {"values": {}}, idempotency_key="bad")
    assert one.status == two.status == 422
    assert one.body == two.body
    assert two.headers["content-type"] == "application/problem+json"


async def test_the_same_key_many_times_at_once_is_done_once(admin: Any) -> None:
    body = {"values": {"name": "Once"}}
    replies = await asyncio.gather(
        *(admin.post("/api/v1/records/account", body, idempotency_key="race") for _ in range(8))
    )
    assert {r.status for r in replies} == {201}
    assert len({r.json["id"] for r in replies}) == 1
    assert len((await admin.get("/api/v1/records/account")).json["data"]) == 1


async def test_keys_are_ones_own(admin: Any, rep: Any) -> None:
    one = await admin.post("/api/v1/records/account", {"values": {"name": "A"}}, idempotency_key="same")
    two = await rep.post("/api/v1/records/account", {"values": {"name": "B"}}, idempotency_key="same")
    assert (one.status, two.status, two.json["name"]) == (201, 201, "B")


async def test_a_body_that_is_too_long_is_not_read(app: App, admin: Any) -> None:
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    cookie = "; ".join(f"{k}={v}" for k, v in admin.http.cookies.items()).encode()
    headers = [
        (b"cookie", cookie),
        (b"x-csrf-token", admin.http.headers["x-csrf-token"].encode()),
        (b"content-type", b"application/json"),
    ]
    for path in ("/api/v1/records/account", "/api/v1/catalog/changes", "/api/v1/views"):
        read, sent[:] = 0, []
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
        }
        await app(scope, receive, send)
        assert sent[0]["status"] == 413, path
        assert read <= 5
        assert json.loads(sent[1]["body"])["code"] == "too_large"
        read, sent[:] = 0, []
        await app({**scope, "headers": [*headers, (b"content-length", b"99999999999")]}, receive, send)
        assert sent[0]["status"] == 413
        assert read == 0


async def test_the_database_away_is_503(app: App, admin: Any) -> None:
    await app.edge.database.close()
    for path in ("/api/v1/records/account", "/api/v1/catalog", "/readyz"):
        r = await admin.get(path)
        assert r.status == 503, path
    r = await admin.get("/api/v1/records/account")
    assert int(r.headers["retry-after"]) > 0
    assert r.headers["content-type"] == "application/problem+json"
    assert (await admin.get("/healthz")).status == 200


async def test_what_is_asked_of_a_field_that_was_just_taken_away_is_asked_again(app: App, admin: Any) -> None:
    """A request reads the catalog first; what is taken away before its statement runs is missing there, and is no fault."""
    async with app.edge.database.transaction() as db:
        schema = await db.value(
            "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'account' AND relkind = 'r'"
        )
        await db.execute(f"ALTER TABLE {schema}.account RENAME COLUMN website TO taken_away")
    asked = {"filter": {"field": "website", "op": "is_empty"}, "measures": [{"fn": "count", "as": "n"}]}
    r = await admin.post("/api/v1/records/account/aggregate", asked)
    assert (r.status, r.json["code"]) == (503, "busy")
    assert int(r.headers["retry-after"]) > 0


async def test_what_nobody_expected_is_a_500_with_a_reference(
    app: App, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("guanxi.records.find", broken)
    r = await admin.get("/api/v1/records/account")
    assert r.status == 500
    assert r.json["request_id"] == r.headers["x-request-id"]
    assert b"hunter2" not in r.body


async def test_search(admin: Any, rep: Any) -> None:
    account = await admin.create("account", name="中国移动")
    r = await admin.get("/api/v1/search", q="zgyd")
    assert [(x["object"], x["id"]) for x in r.json["data"]] == [("account", account["id"])]
    assert (await rep.get("/api/v1/search", q="zgyd")).json["data"] == []
    assert (await admin.get("/api/v1/search", q="移动", objects="contact")).json["data"] == []


async def test_request_ids(stranger: Any) -> None:
    assert (await stranger.call("GET", "/healthz", headers={"x-request-id": "abc-1"})).headers[
        "x-request-id"
    ] == "abc-1"
    r = await stranger.call("GET", "/healthz", headers={"x-request-id": "a b\tc"})
    assert r.headers["x-request-id"] != "a b\tc"


async def test_a_verb_says_what_its_form_begins_with(admin: Any, rep: Any) -> None:
    account = await admin.create("account", name="Hexu Automation")
    lead = await admin.create("lead", name="Wang Min", company="Hexu Automation", budget=350_000)
    path = f"/api/v1/records/lead/{lead['id']}/actions"
    begun = (await admin.get(f"{path}/convert")).json["input"]
    assert begun["account"] == {"id": account["id"], "title": "Hexu Automation"}
    assert (begun["opportunity_name"], begun["amount"]) == ("Hexu Automation", 350_000)
    assert (await admin.call("GET", f"{path}/nothing")).status == 404
    assert (await rep.call("GET", f"{path}/convert")).status == 404
    assert (await admin.call("DELETE", f"{path}/convert")).status == 405


async def test_figures_of_the_head_are_fields_or_sums_of_what_one_may_see(admin: Any) -> None:
    objects = {o["name"]: o for o in (await admin.get("/api/v1/catalog")).json["objects"]}
    assert objects["account"]["layout"]["header"] == ["opportunities.won", "opportunities.open", "orders_amount"]
    layout = {"sections": [], "header": ["opportunities.nothing", "nothing.open", "contacts.all", "phone"]}
    await admin.post(
        "/api/v1/catalog/changes", {"changes": [{"op": "set_layout", "object": "account", "layout": layout}]}
    )
    objects = {o["name"]: o for o in (await admin.get("/api/v1/catalog")).json["objects"]}
    assert objects["account"]["layout"]["header"] == ["contacts.all", "phone"]


async def test_a_timeline_is_counted_and_searched(admin: Any) -> None:
    account = await admin.create("account", name="Hengli")
    for body in ("About the price", "Lunch"):
        await admin.create("note", body=body, about={"object": "account", "id": account["id"]})
    path = f"/api/v1/records/account/{account['id']}/timeline"
    found = (await admin.get(f"{path}?q=price&include=count")).json
    assert [e["body"] for e in found["data"]] == ["About the price"]
    assert found["counts"] == {"note": 2, "created": 1}
    [me] = found["users"]
    assert me["count"] == 3
    assert len((await admin.get(f"{path}?user={me['id']}&kinds=note")).json["data"]) == 2
    for wrong in ("include=all", "user=me", "kinds=nothing", "who=me"):
        assert (await admin.call("GET", f"{path}?{wrong}")).status == 422, wrong


async def test_the_past_and_what_changed_since(admin: Any) -> None:
    record = await admin.create("account", name="Then", employees=1)
    path = "/api/v1/records/account"
    await admin.call("PATCH", f"{path}/{record['id']}", {"values": {"name": "Now", "employees": 5}})
    moment = record["created_at"]
    for page in (
        (await admin.get(path, as_of=moment, include="count,totals")).json,
        (await admin.post(f"{path}/query", {"as_of": moment, "include": ["count", "totals"]})).json,
    ):
        assert ([r["name"] for r in page["data"]], page["count"], page["totals"]["employees"]) == (["Then"], 1, 1)
    figures = {"measures": [{"fn": "max", "field": "employees", "as": "m"}], "as_of": moment}
    assert (await admin.post(f"{path}/aggregate", figures)).json["data"][0]["values"] == {"m": 1}
    assert (await admin.get(path, as_of="2020-01-01T00:00:00Z")).json["data"] == []
    told = (await admin.get(f"{path}/changes", **{"from": moment, "include": "summary", "totals": "employees"})).json
    [change] = told["data"]
    assert (change["kind"], change["title"], change["actor"]["title"]) == ("changed", "Now", "Admin")
    assert change["changes"] == {"name": ["Then", "Now"], "employees": [1, 5]}
    assert told["summary"] == {
        "count": {"before": 1, "new": 0, "gone": 0, "changed": 0, "after": 1},
        "sums": {"employees": {"": {"before": 1, "new": 0, "gone": 0, "changed": 4, "after": 5}}},
    }
    for asked, field in (
        ({}, "from"),
        ({"from": "x"}, "from"),
        ({"from": moment, "to": moment}, "to"),
        ({"from": moment, "include": "count"}, "include"),
        ({"from": moment, "totals": "name"}, None),
        ({"from": moment, "fields": "nothing"}, "nothing"),
        ({"from": moment, "cursor": "x"}, "cursor"),
    ):
        refused = await admin.get(f"{path}/changes", **asked)
        assert refused.status == (422 if field else 200), refused.body
        if field:
            assert refused.json["errors"][0]["field"] == field
    assert (await admin.get(path, as_of=moment, q="x")).status == 422
    assert (await admin.post(f"{path}/changes")).status == 405


async def test_a_large_undo_is_left_to_a_job(admin: Any) -> None:
    r = await admin.post(
        "/api/v1/records/account/batch",
        {"operations": [{"op": "create", "values": {"name": f"B{i}"}} for i in range(3)]},
    )
    door = f"/api/v1/change_sets/{r.json['change_set']}/undo"
    assert (await admin.get(door)).status == 404
    begun = await admin.post(door, {"background": True})
    assert (begun.status, begun.json["status"], begun.json["total"]) == (202, "queued", 3)
    assert (await admin.get(door)).json["status"] in ("queued", "running", "done")
    assert (await admin.call("DELETE", door)).status == 200
