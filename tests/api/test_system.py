"""Catalog, saved views, description, live events, health, the page: everything besides records."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.api.conftest import settings

from guanxi import records
from guanxi.api import App, create_app
from guanxi.api.watch import Watch

FIELD = {
    "op": "add_field",
    "object": "account",
    "name": "tier",
    "type": "select",
    "label": {"en": "Tier", "zh": "层级"},
    "options": [{"name": "gold", "label": {"en": "Gold", "zh": "金"}}],
}
SITE = {
    "op": "add_object",
    "name": "site",
    "label": {"en": "Site", "zh": "站点"},
    "fields": [
        {"name": "name", "type": "text", "label": {"en": "Name", "zh": "名称"}, "required": True},
        {"name": "account", "type": "link", "target": "account", "label": {"en": "Account", "zh": "客户"}},
    ],
}


async def test_the_catalog_and_its_etag(admin: Any, rep: Any) -> None:
    one = await admin.get("/api/v1/catalog")
    assert one.status == 200
    assert {"version", "workspace", "me", "objects", "pipelines", "types", "roles"} <= set(one.json)
    again = await admin.call("GET", "/api/v1/catalog", headers={"if-none-match": one.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    theirs = await rep.call("GET", "/api/v1/catalog", headers={"if-none-match": one.headers["etag"]})
    assert theirs.status == 200
    assert theirs.json["me"]["role"] == "rep"
    plan = await admin.post("/api/v1/catalog/changes", {"changes": [FIELD], "dry_run": True})
    assert plan.status == 200
    assert {"step": "add account.tier", "later": False, "rows": 0} in plan.json["plan"]
    assert (await admin.call("GET", "/api/v1/catalog", headers={"if-none-match": one.headers["etag"]})).status == 304
    done = await admin.post("/api/v1/catalog/changes", {"changes": [FIELD, SITE]})
    assert done.status == 200, done.body
    assert done.json["version"] > one.json["version"]
    new = await admin.call("GET", "/api/v1/catalog", headers={"if-none-match": one.headers["etag"]})
    assert new.status == 200
    assert "site" in {o["name"] for o in new.json["objects"]}
    account = await admin.create("account", name="A", tier="gold")
    site = await admin.create("site", name="S1", account=account["id"])
    assert site["account"] == {"id": account["id"], "title": "A"}
    found = await admin.get("/api/v1/records/account", filter={"field": "tier", "op": "eq", "value": "gold"})
    assert len(found.json["data"]) == 1


async def test_the_catalog_is_changed_all_or_nothing_by_those_who_may(admin: Any, rep: Any) -> None:
    before = (await admin.get("/api/v1/catalog")).json["version"]
    bad = await admin.post(
        "/api/v1/catalog/changes",
        {
            "changes": [
                FIELD,
                {"op": "add_field", "object": "account", "name": "x", "type": "nonsense", "label": {"en": "X"}},
            ]
        },
    )
    assert bad.status == 422, bad.body
    assert (await admin.post("/api/v1/catalog/changes", {"changes": [{"op": "drop_everything"}]})).status == 422
    assert (
        await admin.post(
            "/api/v1/catalog/changes",
            {"changes": [{"op": "add_field", "object": "account", "name": "n; drop table", "type": "text"}]},
        )
    ).status == 422
    assert (await admin.post("/api/v1/catalog/changes", {})).codes == {"changes": "required"}
    assert (await rep.post("/api/v1/catalog/changes", {"changes": [FIELD]})).status == 403
    assert (await admin.get("/api/v1/catalog")).json["version"] == before


async def test_a_repeated_change_of_the_catalog_is_done_once(admin: Any) -> None:
    one = await admin.post("/api/v1/catalog/changes", {"changes": [FIELD]}, idempotency_key="c1")
    two = await admin.post("/api/v1/catalog/changes", {"changes": [FIELD]}, idempotency_key="c1")
    assert (one.status, two.status, one.body) == (200, 200, two.body)


async def test_views_of_ones_own_and_shared(admin: Any, rep: Any) -> None:
    async def seen(client: Any) -> set[str]:
        catalog = (await client.get("/api/v1/catalog")).json
        account = next(o for o in catalog["objects"] if o["name"] == "account")
        return {v["label"].get("en", "") for v in account["views"] if v["id"]}

    body = {
        "object": "account",
        "label": "Mine",
        "columns": ["name", "owner"],
        "filter": {"field": "owner", "op": "eq", "value": "$me"},
        "sort": "-name",
    }
    made = await rep.post("/api/v1/views", body)
    assert made.status == 201, made.body
    assert (await seen(rep), await seen(admin)) == ({"Mine"}, set())
    path = f"/api/v1/views/{made.json['id']}"
    assert (await rep.call("PATCH", path, {"label": {"en": "Renamed", "zh": "改名"}})).json["columns"] == [
        "name",
        "owner",
    ]
    assert await seen(rep) == {"Renamed"}
    assert (await rep.call("PATCH", path, {"scope": "shared"})).status == 403
    assert (await rep.post("/api/v1/views", {**body, "scope": "shared"})).status == 403
    for method in ("PATCH", "DELETE"):
        assert (await admin.call(method, path, {} if method == "PATCH" else None)).status == 404
    shared = await admin.post("/api/v1/views", {**body, "label": "Ours", "scope": "shared"})
    assert shared.status == 201
    assert await seen(rep) == {"Renamed", "Ours"}
    assert (await rep.call("DELETE", f"/api/v1/views/{shared.json['id']}")).status == 403
    assert (await rep.call("DELETE", path)).status == 204
    assert (await rep.call("DELETE", path)).status == 404
    assert await seen(rep) == {"Ours"}


async def test_a_view_is_shared_with_a_team(admin: Any, rep: Any, reader: Any) -> None:
    """Its members see it, nobody else does but whoever made it; who leads the team may share in it and change what it has."""

    async def seen(client: Any) -> dict[str, bool]:
        account = next(o for o in (await client.get("/api/v1/catalog")).json["objects"] if o["name"] == "account")
        return {v["label"]["en"]: v["mine"] for v in account["views"] if v["id"] and v["team"]}

    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    them = (await reader.get("/api/v1/session")).json["user"]["id"]
    team = (await admin.create("team", name="North"))["id"]
    body = {"object": "account", "label": "North", "columns": ["name"]}
    assert (await admin.post("/api/v1/views", {**body, "scope": "team"})).codes == {"team": "required"}
    for no_team in (me, "x"):
        refused = await admin.post("/api/v1/views", {**body, "scope": "team", "team": no_team})
        assert refused.codes == {"team": "reference_not_found"}
    made = await admin.post("/api/v1/views", {**body, "scope": "team", "team": team})
    assert (made.json["scope"], made.json["team"]) == ("team", team), made.body
    path = f"/api/v1/views/{made.json['id']}"
    assert (await seen(admin), await seen(rep), await seen(reader)) == ({"North": True}, {}, {})
    assert (await rep.call("PATCH", path, {})).status == 404

    await admin.call("PATCH", f"/api/v1/records/user/{me}", {"values": {"teams": [team]}})
    assert (await seen(rep), await seen(reader)) == ({"North": False}, {})
    assert (await rep.call("DELETE", path)).status == 403
    assert (await rep.post("/api/v1/views", {**body, "team": team})).status == 403
    await admin.call("PATCH", f"/api/v1/records/team/{team}", {"values": {"lead": them}})
    assert await seen(reader) == {"North": True}
    assert (await reader.post("/api/v1/views", {**body, "label": "Led", "team": team})).status == 201
    assert await seen(rep) == {"North": False, "Led": False}
    assert (await reader.call("PATCH", path, {"scope": "personal"})).json["team"] is None
    assert await seen(rep) == {"Led": False}
    await admin.call("PATCH", f"/api/v1/records/user/{me}", {"values": {"teams": []}})
    assert await seen(rep) == {}


async def test_one_view_opens_first(rep: Any) -> None:
    """For its owner; how a view is drawn is kept as the page sends it."""
    look = {"widths": {"name": 320}, "shape": "line"}
    body = {"object": "account", "label": "V", "group": "industry", "look": look, "first": True}
    made = [(await rep.post("/api/v1/views", body)).json for _ in range(2)]
    assert (made[0]["group"], made[0]["look"]) == ("industry", look)

    async def first() -> list[bool]:
        account = next(o for o in (await rep.get("/api/v1/catalog")).json["objects"] if o["name"] == "account")
        return [next(v["first"] for v in account["views"] if v["id"] == one["id"]) for one in made]

    assert await first() == [False, True]
    await rep.call("PATCH", f"/api/v1/views/{made[0]['id']}", {"first": True})
    assert await first() == [True, False]
    for one in made:
        await rep.call("DELETE", f"/api/v1/views/{one['id']}")


@pytest.mark.parametrize(
    "change",
    [
        {"columns": ["nope"]},
        {"group": "nope"},
        {"look": {"x": "x" * 5000}},
        {"filter": {"field": "nope", "op": "eq", "value": 1}},
        {"sort": "password"},
        {"by": "nope"},
        {"kind": "pie"},
        {"label": ""},
        {"user": "x"},
        {"columns": "name"},
    ],
)
async def test_a_view_that_cannot_be_used_is_not_saved(standing: Any, change: dict[str, Any]) -> None:
    r = await standing.post("/api/v1/views", {"object": "account", "label": "V", "columns": ["name"], **change})
    assert r.status == 422, r.body
    assert (await standing.post("/api/v1/views", {"object": "nothing", "label": "V"})).status == 404


async def test_openapi_describes_this_workspace(admin: Any, stranger: Any) -> None:
    await admin.post("/api/v1/catalog/changes", {"changes": [SITE]})
    r = await admin.get("/api/openapi.json")
    spec = r.json
    assert spec["openapi"].startswith("3.1")
    assert "/api/v1/records/site/{id}" in spec["paths"]
    assert "account" in spec["components"]["schemas"]["site_values"]["properties"]
    assert "password" not in spec["components"]["schemas"]["user"]["properties"]
    assert (await admin.call("GET", "/api/openapi.json", headers={"if-none-match": r.headers["etag"]})).status == 304
    ids = [o["operationId"] for operations in spec["paths"].values() for o in operations.values()]
    assert len(ids) == len(set(ids))
    public = (await stranger.get("/api/openapi.json")).json
    assert "/api/v1/records/{object}" in public["paths"]
    assert "site" not in json.dumps(public)


async def test_the_page_about_the_api_needs_nothing_from_elsewhere(admin: Any) -> None:
    r = await admin.get("/api/docs")
    assert r.status == 200
    assert r.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in r.headers["content-security-policy"]
    assert b"/api/v1/records/account/{id}" in r.body
    assert b"<script" not in r.body
    assert b"https://" not in r.body.replace(b"https://crm", b"")


async def test_health(app: App, stranger: Any, admin: Any, rep: Any) -> None:
    assert (await stranger.get("/healthz")).json == {"status": "ok"}
    r = await stranger.get("/readyz")
    assert (r.status, r.json["checks"]) == (503, {"database": True, "migrated": True, "worker": False})
    async with app.edge.database.connection() as db:
        await db.execute("INSERT INTO guanxi.worker (id, host, pid, seen_at) VALUES (gen_random_uuid(), 'h', 1, now())")
    assert (await stranger.get("/readyz")).status == 200
    assert (await stranger.get("/metrics")).status == 401
    assert (await rep.get("/metrics")).status == 403
    await admin.get("/api/v1/records/account?limit=7")
    r = await admin.get("/metrics")
    assert r.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = r.body.decode()
    assert 'guanxi_requests_total{method="GET",route="/api/v1/records/{object}",status="200"} 1' in text
    assert 'guanxi_request_seconds_bucket{route="/readyz",le="+Inf"} 2' in text


def test_numbers_are_those_of_all_processes_that_serve_together(tmp_path: Path) -> None:
    """Whichever of them is asked; one that ended leaves what it counted, and nothing of what it had open."""

    def process(pid: int, answered: int) -> Watch:
        watch = Watch()
        watch.shared, watch.streams = tmp_path, 2
        watch.gauges = lambda: {'guanxi_connections{state="lent"}': 3}
        for _ in range(answered):
            watch.note("GET", "/x", 200, 0.003, b"r", "/x", "u", "a")
        watch.share()
        [written] = [f for f in tmp_path.glob("*.json") if f.stem == str(os.getpid())]
        numbers = json.loads(written.read_text()) | {"pid": pid}
        (tmp_path / f"{pid}.json").write_text(json.dumps(numbers))
        return watch

    gone = subprocess.Popen(["true"])
    gone.wait()
    process(os.getppid(), 5)
    process(gone.pid, 7)
    text = process(os.getpid(), 1).metrics()
    assert 'guanxi_requests_total{method="GET",route="/x",status="200"} 13' in text
    assert 'guanxi_request_seconds_bucket{route="/x",le="0.0025"} 0' in text
    assert 'guanxi_request_seconds_bucket{route="/x",le="0.005"} 13' in text
    assert "guanxi_streams 4" in text
    assert 'guanxi_connections{state="lent"} 6' in text
    assert f'process_resident_memory_bytes{{process="{os.getppid()}"}}' in text
    assert f'process="{gone.pid}"' not in text


async def test_every_answer_has_the_safe_headers(admin: Any, stranger: Any) -> None:
    for path in (
        "/",
        "/o/account",
        "/assets/app-1a2b.js",
        "/api/v1/session",
        "/api/v1/records/account",
        "/healthz",
        "/api/nope",
        "/api/docs",
        "/missing.png",
    ):
        r = await admin.get(path)
        assert r.headers["x-content-type-options"] == "nosniff", path
        assert r.headers["referrer-policy"] == "same-origin", path
        assert "frame-ancestors 'none'" in r.headers["content-security-policy"], path
        assert r.headers["x-request-id"], path
        assert "unsafe-eval" not in r.headers["content-security-policy"]
    assert (await stranger.get("/api/v1/session")).headers["cache-control"] == "no-store"


async def test_who_is_signed_in_is_told_with_the_page_what_it_asks_for(admin: Any, stranger: Any) -> None:
    told = (await admin.get("/o/account")).headers["link"]
    assert [part in told for part in ("</api/v1/session>", "</api/v1/catalog>", "rel=preload")] == [True] * 3
    assert "link" not in (await stranger.get("/o/account")).headers


async def test_the_page_is_served_for_its_own_addresses(stranger: Any) -> None:
    pages = [await stranger.get(path) for path in ("/", "/o/account", "/settings/users", "/invitation/abc")]
    assert {p.status for p in pages} == {200}
    nonces = {p.body.decode().split('content="')[1].split('"')[0] for p in pages}
    assert len(nonces) == 4
    assert (
        f"'nonce-{pages[0].body.decode().split('content=')[1].split(chr(34))[1]}'"
        in pages[0].headers["content-security-policy"]
    )
    assert "unsafe-inline" not in pages[0].headers["content-security-policy"]
    asset = await stranger.call("GET", "/assets/app-1a2b.js", headers={"accept-encoding": "identity"})
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"].startswith("text/javascript")
    assert (
        await stranger.call("GET", "/assets/app-1a2b.js", headers={"if-none-match": asset.headers["etag"]})
    ).status == 304
    for path in (
        "/assets/missing.js",
        "/favicon.ico",
        "/../secret.txt",
        "/%2e%2e/%2e%2e/etc/passwd.txt",
        "/assets/../../x.js",
    ):
        r = await stranger.get(path)
        assert r.status == 404, path
        assert r.headers["content-type"] == "application/problem+json"
    assert (await stranger.call("POST", "/o/account", {})).status == 404


async def test_a_compressed_form_goes_to_who_takes_it(app: App) -> None:
    status, body, headers = (await app.pages.answer("/assets/app-1a2b.js", {b"accept-encoding": b"gzip, br"})) or (
        0,
        b"",
        [],
    )
    assert (status, body) == (200, b"not really brotli")
    assert (b"content-encoding", b"br") in headers
    assert (b"vary", b"accept-encoding") in headers


async def test_addresses_have_one_spelling(admin: Any) -> None:
    for path in (
        "/api/v1/session/",
        "/API/v1/session",
        "/api/v1/session;.json",
        "/api",
        "/api/v2/session",
        "/api/v1/records",
    ):
        r = await admin.get(path)
        assert r.status == 404, path
    r = await admin.call("POST", "/api/v1/session?_method=DELETE", {})
    assert r.status == 422


async def test_system_endpoints_refuse_what_they_do_not_know(admin: Any) -> None:
    assert (await admin.get("/api/v1/session?x=1")).codes == {"x": "unknown_parameter"}
    assert (await admin.get("/api/v1/change_sets?limit=0")).codes == {"limit": "too_small"}
    assert (await admin.get("/api/v1/change_sets?limit=x")).codes == {"limit": "must_be_number"}
    assert (await admin.get("/api/v1/change_sets?cursor=x")).status == 422
    assert (await admin.get("/api/v1/change_sets?limit=1&limit=1")).codes == {"limit": "repeated_parameter"}
    assert (
        await admin.call("POST", "/api/v1/views", b"x=1", headers={"content-type": "application/x-www-form-urlencoded"})
    ).json["code"] == "not_json"
    assert (await admin.call("POST", "/api/v1/views", b'{"object": "a\\u0000"}')).codes == {
        "object": "control_characters"
    }
    assert (await admin.post("/api/v1/views", [1])).status == 422


@asynccontextmanager
async def listening(app: App, client: Any, ago: int = 0) -> AsyncIterator[Callable[[float], Any]]:
    """An open event stream; the function answers the next event within so many seconds, or None."""
    events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
    gone = asyncio.Event()
    begun = asyncio.Event()
    headers = [(b"cookie", "; ".join(f"{k}={v}" for k, v in client.http.cookies.items()).encode())]
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
            assert (b"content-type", b"text/event-stream; charset=utf-8") in message["headers"]
            begun.set()
            return
        for part in message.get("body", b"").decode().split("\n\n"):
            if part.startswith("event: "):
                kind, _, data = part.partition("\n")
                events.put_nowait((kind[7:], json.loads(data[6:])))
        if not message.get("more_body"):
            events.put_nowait(("end", None))

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/stream",
        "query_string": f"ago={ago}".encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }
    task = asyncio.create_task(app(scope, receive, send))
    await begun.wait()

    async def next_event(seconds: float = 3.0) -> Any:
        try:
            async with asyncio.timeout(seconds):
                return await events.get()
        except TimeoutError:
            return None

    try:
        yield next_event
    finally:
        gone.set()
        async with asyncio.timeout(5):
            await asyncio.gather(task, return_exceptions=True)


async def test_the_stream_tells_what_one_may_see(app: App, admin: Any, rep: Any) -> None:
    async with listening(app, rep) as next_event:
        hidden = await admin.create("account", name="Not theirs")
        assert await next_event(0.6) is None
        mine = await rep.create("account", name="Mine")
        assert await next_event() == ("records", {"object": "account", "ids": [mine["id"]]})
        await admin.call("PATCH", f"/api/v1/records/account/{hidden['id']}", {"values": {"name": "Still not"}})
        await rep.call("DELETE", f"/api/v1/records/account/{mine['id']}")
        assert await next_event() == ("records", {"object": "account", "ids": [mine["id"]]})
        await admin.post("/api/v1/catalog/changes", {"changes": [FIELD]})
        kind, data = await next_event()
        assert (kind, data["version"] > 1) == ("catalog", True)
        await rep.call("DELETE", "/api/v1/session")
        assert await next_event() == ("signed_out", {})
        assert await next_event() == ("end", None)
    assert app.watch.streams == 0


async def test_a_page_hears_what_happened_between_reading_and_listening(app: App, admin: Any, rep: Any) -> None:
    async with listening(app, rep, 9_000_000) as next_event:
        assert (await next_event())[0] == "catalog"
        assert await next_event() == ("records", {"object": None, "ids": None}), "the program has begun since"
        assert await next_event() == ("notification", {})
    begun = time.monotonic()
    mine = await rep.create("account", name="Mine")
    await admin.create("account", name="Not theirs")
    async with listening(app, rep, int((time.monotonic() - begun) * 1000) + 100) as next_event:
        assert await next_event() == ("records", {"object": "account", "ids": [mine["id"]]})
        assert await next_event(0.6) is None
    async with listening(app, rep) as next_event:
        assert await next_event(0.6) is None
    assert (await rep.get("/api/v1/stream?ago=-1")).status == 422


async def test_the_stream_is_silent_about_the_hidden_also_to_who_has_no_bin(app: App, admin: Any, make: Any) -> None:
    client = await make(app).sign_in("agent@example.com")
    async with listening(app, client) as next_event:
        lead = await admin.create("lead", name="Not theirs", company="X")
        assert await next_event(0.6) is None
        await admin.call("DELETE", f"/api/v1/records/lead/{lead['id']}")
        assert await next_event(0.6) is None
        account = await admin.create("account", name="Seen by all agents")
        assert await next_event() == ("records", {"object": "account", "ids": [account["id"]]})
        await admin.call("DELETE", f"/api/v1/records/account/{account['id']}")
        assert await next_event() == ("records", {"object": "account", "ids": [account["id"]]})
    await client.http.aclose()


async def test_streams_hear_what_is_done_in_other_processes(app: App, admin: Any, rep: Any, tmp_path: Path) -> None:
    """Two applications on one database, each with its own connections, as two processes or hosts have."""
    other = create_app(settings(tmp_path / "other"), url=app._url)
    await other.open()
    try:
        count = {"op": "add_field", "object": "account", "name": "deals", "type": "rollup", "label": {"en": "Deals"}}
        count["config"] = {"children": "opportunities", "function": "count"}
        assert (await admin.post("/api/v1/catalog/changes", {"changes": [count]})).status == 200
        account = await rep.create("account", name="Theirs")
        async with listening(other, rep) as next_event:
            deal = await rep.create("opportunity", name="D", account=account["id"], close_date="2030-01-01")
            told = [await next_event(), await next_event()]
            assert ("records", {"object": "opportunity", "ids": [deal["id"]]}) in told
            assert ("records", {"object": "account", "ids": [account["id"]]}) in told, "its roll-up changed"
            # What one is told comes out of the journal, whichever process follows it.
            me = (await rep.get("/api/v1/session")).json["user"]["id"]
            given = await admin.create("account", name="Given", owner=me)
            assert await next_event() == ("records", {"object": "account", "ids": [given["id"]]})
            async with app.edge.database.connection() as db:
                [workspace] = await records.workspaces(db)
            await records.deliver(app.edge.database, workspace, "notify")
            await admin.call("PATCH", f"/api/v1/records/account/{given['id']}", {"values": {"name": "Given twice"}})
            await records.deliver(app.edge.database, workspace, "notify")
            seen = [await next_event(), await next_event()]
            assert ("notification", {}) in seen
        async with listening(other, admin) as next_event:
            assert await next_event(0.5) is None, "nobody else hears of it"
    finally:
        await other.close()


async def test_a_stream_of_a_user_who_is_shut_out_ends(app: App, admin: Any, rep: Any) -> None:
    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    async with listening(app, rep) as next_event:
        await admin.call("PATCH", f"/api/v1/records/user/{me}", {"values": {"active": False}})
        assert await next_event() == ("signed_out", {})


async def test_asking_about_the_stream_does_not_open_it(app: App, admin: Any) -> None:
    async with asyncio.timeout(2):
        r = await admin.call("HEAD", "/api/v1/stream")
    assert (r.status, r.headers["content-type"], app.watch.streams) == (200, "text/event-stream; charset=utf-8", 0)


async def test_streams_end_when_the_program_stops(app: App, admin: Any) -> None:
    async with listening(app, admin) as next_event:
        app.close_streams()
        assert await next_event() == ("end", None)


async def test_the_log_has_no_secrets(app: App, stranger: Any) -> None:
    class Lines(list[str]):
        def write(self, text: str) -> None:
            self.append(text)

        def flush(self) -> None: ...

    lines = Lines()
    app.watch._stream = lines  # type: ignore[assignment]
    app.watch._loud = True
    await stranger.post("/api/v1/session", {"email": "admin@example.com", "password": "hunter2-hunter2"})
    await stranger.get("/api/v1/invitations/SECRET-INVITATION")
    await stranger.get("/invitation/SECRET-INVITATION")
    await stranger.call(
        "GET", "/api/v1/search", headers={"authorization": "Bearer gx_SECRETTOKEN"}, params={"q": "SECRETQUERY"}
    )
    app.watch.flush()
    text = "".join(lines)
    assert text.count('"event":"request"') == 4
    for secret in ("hunter2", "SECRET"):
        assert secret not in text


async def test_large_answers_are_packed_for_who_takes_it(app: App, admin: Any) -> None:
    for path in ("/api/v1/catalog", "/api/openapi.json"):
        plain = await admin.call("GET", path, headers={"accept-encoding": "identity"})
        packed = await admin.call("GET", path, headers={"accept-encoding": "gzip"})
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < len(plain.body) / 3
        assert packed.body == plain.body
        assert packed.headers["etag"] == plain.headers["etag"]
    big = app.pages.folder / "assets/big-9f9f.js"
    big.write_text("// " + "x" * 5000)
    app.pages.load()
    packed = await admin.call("GET", "/assets/big-9f9f.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.body == big.read_bytes()


async def test_seeded_roles_are_called_as_their_reader_says(admin: Any) -> None:
    async def titles() -> dict[str, str]:
        return {role["name"]: role["title"] for role in (await admin.get("/api/v1/catalog")).json["roles"]}

    assert (await titles())["rep"] == "Sales rep"
    await admin.call("PATCH", "/api/v1/session", {"language": "zh"})
    assert (await titles())["rep"] == "销售"
    [rep] = (await admin.get("/api/v1/records/role?filter=" + quote('{"field":"name","op":"eq","value":"rep"}'))).json[
        "data"
    ]
    await admin.call("PATCH", f"/api/v1/records/role/{rep['id']}", {"values": {"label": "华东销售"}})
    assert (await titles())["rep"] == "华东销售"
    await admin.call("PATCH", f"/api/v1/records/role/{rep['id']}", {"values": {"label": "Sales rep"}})
    await admin.call("PATCH", "/api/v1/session", {"language": "en"})


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/nonsense"), ("PUT", "/api/v1/imports")])
async def test_an_unknown_address_is_refused_in_the_callers_language(admin: Any, method: str, path: str) -> None:
    await admin.call("PATCH", "/api/v1/session", {"language": "zh"})
    try:
        refused = await admin.call(method, path)
        assert refused.headers["content-language"] == "zh"
        assert "该地址" in refused.json["title"]
    finally:
        await admin.call("PATCH", "/api/v1/session", {"language": "en"})
