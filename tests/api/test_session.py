"""First run, signing in and out, CSRF, limits, tokens, invitations."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guanxi.api import App, create_app
from guanxi.base.settings import Settings


async def fresh(database_url: str, tmp_path: Path, **more: Any) -> App:
    app = create_app(Settings(data=tmp_path, secret="s" * 40, **more), url=database_url)
    await app.open()
    return app


SETUP = {
    "company": "新公司",
    "name": "Ann",
    "email": "ann@example.com",
    "password": "Corr3ct-horse-battery",
    "language": "zh",
}


async def test_the_first_run_happens_once_and_signs_in(database_url: str, tmp_path: Path, make: Any) -> None:
    app = await fresh(database_url, tmp_path)
    try:
        a, b = make(app), make(app)
        assert (await a.get("/api/v1/setup")).json["needed"] is True
        assert (await a.get("/api/v1/session")).status == 401
        replies = await asyncio.gather(a.post("/api/v1/setup", SETUP), b.post("/api/v1/setup", SETUP))
        assert sorted(r.status for r in replies) == [201, 409]
        winner = (a, b)[[r.status for r in replies].index(201)]
        me = await winner.get("/api/v1/session")
        assert me.status == 200
        assert me.json["user"]["role"] == "administrator"
        assert me.json["workspace"] == {
            "id": me.json["workspace"]["id"],
            "name": "新公司",
            "language": "zh",
            "currency": "CNY",
            "timezone": "Asia/Shanghai",
        }
        assert (await a.get("/api/v1/setup")).json == {"needed": False}
        assert (await a.post("/api/v1/setup", SETUP)).json["code"] == "already_set_up"
    finally:
        await app.close()


async def test_sample_data_that_did_not_come_in_is_said_and_can_be_tried_again(
    database_url: str, tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guanxi import sample

    load = sample.load
    app = await fresh(database_url, tmp_path)
    try:
        client, tries = make(app), []

        async def fails_once(*args: Any) -> dict[str, int]:
            tries.append(args)
            if len(tries) == 1:
                raise OSError("no room on the disk")
            return await load(*args, size=3)

        monkeypatch.setattr(sample, "load", fails_once)
        r = await client.post("/api/v1/setup", {**SETUP, "sample_data": True})
        assert (r.status, r.json["sample_data"]) == (201, "failed")
        assert (await client.get("/api/v1/records/account?include=count")).json["count"] == 0
        client.http.headers["x-csrf-token"] = r.json["csrf"]
        r = await client.call("POST", "/api/v1/setup/sample_data")
        assert r.status == 201, r.body
        assert r.json["created"]["account"] == 3
        assert (await client.get("/api/v1/records/account?include=count")).json["count"] == 3
    finally:
        await app.close()


async def test_only_who_may_change_settings_brings_sample_data_in(rep: Any) -> None:
    assert (await rep.call("POST", "/api/v1/setup/sample_data")).status == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"email": "no"}, "email"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"company": ""}, "company"),
        ({"is_admin": True}, "is_admin"),
        ({"language": "fr"}, "language"),
    ],
)
async def test_a_bad_first_run_names_the_field_and_leaves_nothing(
    database_url: str, tmp_path: Path, make: Any, change: dict[str, Any], field: str
) -> None:
    app = await fresh(database_url, tmp_path)
    try:
        client = make(app)
        r = await client.post("/api/v1/setup", {**SETUP, **change})
        assert r.status == 422
        assert field in r.codes
        assert (await client.get("/api/v1/setup")).json["needed"] is True
    finally:
        await app.close()


async def test_the_cookie_cannot_be_read_by_scripts(stranger: Any) -> None:
    r = await stranger.post("/api/v1/session", {"email": "admin@example.com", "password": "Corr3ct-horse-battery"})
    cookie = r.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert len(cookie.split(";")[0].split("=")[1]) >= 43


async def test_the_cookie_is_secure_behind_https(database_url: str, tmp_path: Path, make: Any) -> None:
    app = await fresh(database_url, tmp_path, base_url="https://crm.example.com")
    try:
        r = await make(app).post("/api/v1/setup", SETUP)
        assert r.headers["set-cookie"].startswith("__Host-guanxi=")
        assert "; Secure" in r.headers["set-cookie"]
    finally:
        await app.close()


async def test_signing_out_ends_the_session_everywhere(admin: Any) -> None:
    cookie = dict(admin.http.cookies)
    assert (await admin.call("DELETE", "/api/v1/session")).status == 204
    assert (await admin.get("/api/v1/session")).status == 401
    r = await admin.call("GET", "/api/v1/session", headers={"cookie": "; ".join(f"{k}={v}" for k, v in cookie.items())})
    assert r.status == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/records/account"),
        ("PATCH", "/api/v1/records/account/x"),
        ("DELETE", "/api/v1/records/account/x"),
        ("POST", "/api/v1/records/account/query"),
        ("POST", "/api/v1/catalog/changes"),
        ("POST", "/api/v1/tokens"),
        ("DELETE", "/api/v1/session"),
        ("PATCH", "/api/v1/session"),
        ("POST", "/api/v1/views"),
    ],
)
async def test_a_cookie_that_changes_something_needs_its_csrf_token(standing: Any, method: str, path: str) -> None:
    for token in ("", "wrong"):
        r = await standing.call(method, path, {}, headers={"x-csrf-token": token})
        assert (r.status, r.json["code"]) == (403, "csrf")


async def test_wrong_unknown_inactive_and_locked_answer_alike(app: App, admin: Any, make: Any) -> None:
    gone = await admin.create(
        "user",
        name="Gone",
        email="gone@example.com",
        password="Corr3ct-horse-battery",
        role={"match": {"name": "rep"}},
        active=False,
    )
    assert gone["active"] is False

    async def attempt(client: Any, email: str, password: str) -> tuple[int, dict[str, Any], list[str]]:
        r = await client.post("/api/v1/session", {"email": email, "password": password})
        body = {k: v for k, v in r.json.items() if k != "request_id"}
        return r.status, body, sorted(k for k in r.headers if k != "x-request-id")

    wrong = await attempt(make(app, "10.0.0.1"), "admin@example.com", "wrong-password")
    assert wrong[0] == 401
    assert await attempt(make(app, "10.0.0.2"), "nobody@example.com", "wrong-password") == wrong
    assert await attempt(make(app, "10.0.0.3"), "gone@example.com", "Corr3ct-horse-battery") == wrong
    assert await attempt(make(app, "10.0.0.4"), "", "") == wrong
    assert await attempt(make(app, "10.0.0.4"), "a\0b@example.com", "x") != wrong  # a character that nothing can store
    locked = make(app, "10.0.0.5")
    for _ in range(10):
        assert (await attempt(locked, "rep@example.com", "wrong-password"))[0] == 401
    assert await attempt(locked, "rep@example.com", "Corr3ct-horse-battery") == wrong
    # Only for that address: a stranger cannot lock somebody out.
    await make(app, "10.0.0.6").sign_in("rep@example.com")


async def test_wrong_and_unknown_take_the_same_time(app: App, make: Any) -> None:
    """Processor time, which others at work on the machine do not change: all but the look at the database is this process's."""

    async def took(email: str, address: str) -> float:
        start = time.process_time()
        r = await make(app, address).post("/api/v1/session", {"email": email, "password": "wrong-password"})
        assert r.status == 401
        return time.process_time() - start

    known, unknown = [], []
    for i in range(12):
        known.append(await took("admin@example.com", f"10.1.0.{i}"))
        unknown.append(await took(f"nobody{i}@example.com", f"10.2.0.{i}"))
    assert min(unknown) > 0.5 * min(known)
    assert statistics.median(unknown) < 2 * statistics.median(known)


async def test_an_address_that_keeps_failing_is_asked_to_wait(app: App, make: Any) -> None:
    client = make(app, "10.9.9.9")
    statuses = set()
    for i in range(70):
        r = await client.post("/api/v1/session", {"email": f"guess{i}@example.com", "password": "wrong-password"})
        statuses.add(r.status)
        if r.status == 429:
            break
    assert statuses == {401, 429}
    assert 0 < int(r.headers["retry-after"]) <= 900
    assert r.headers["content-type"] == "application/problem+json"
    right = await client.post("/api/v1/session", {"email": "admin@example.com", "password": "Corr3ct-horse-battery"})
    assert right.status == 429
    await make(app, "10.9.9.8").sign_in()


async def test_many_guesses_at_once_gain_nothing(app: App, make: Any) -> None:
    client = make(app, "10.7.7.7")
    body = {"email": "admin@example.com", "password": "wrong-password"}
    replies = await asyncio.gather(*(client.post("/api/v1/session", body) for _ in range(20)))
    assert {r.status for r in replies} == {401}
    assert (await client.post("/api/v1/session", {**body, "password": "Corr3ct-horse-battery"})).status == 401


async def test_preferences_and_password_of_oneself(app: App, rep: Any, make: Any) -> None:
    r = await rep.call("PATCH", "/api/v1/session", {"language": "zh", "timezone": "Europe/Berlin", "theme": "dark"})
    assert r.status == 200, r.body
    assert (r.json["user"]["language"], r.json["user"]["timezone"], r.json["user"]["theme"]) == (
        "zh",
        "Europe/Berlin",
        "dark",
    )
    pins = [{"object": "account", "view": "mine"}, {"object": "contact", "id": "01900000-0000-7000-8000-000000000000"}]
    assert (await rep.call("PATCH", "/api/v1/session", {"pins": pins})).json["user"]["pins"] == pins
    assert (await rep.get("/api/v1/session")).json["user"]["pins"] == pins
    assert "pins.0.title" in (await rep.call("PATCH", "/api/v1/session", {"pins": [{**pins[0], "title": "X"}]})).codes
    starts = {"account": "mine", "opportunity": "01900000-0000-7000-8000-000000000000"}
    assert (await rep.call("PATCH", "/api/v1/session", {"starts": starts})).json["user"]["starts"] == starts
    assert (await rep.call("PATCH", "/api/v1/session", {"starts": {"account": "x" * 101}})).status == 422
    assert (await rep.get("/api/v1/session")).json["user"]["starts"] == starts
    assert (await rep.call("PATCH", "/api/v1/session", {"timezone": "UTC')--"})).codes == {"timezone": "not_a_timezone"}
    assert (await rep.call("PATCH", "/api/v1/session", {"role": "administrator"})).codes == {
        "role": "unknown_parameter"
    }
    other = await make(app).sign_in("rep@example.com")
    r = await rep.call("PATCH", "/api/v1/session", {"password": "another-Password-9", "current_password": "nope"})
    assert r.codes == {"current_password": "wrong_password"}
    r = await rep.call("PATCH", "/api/v1/session", {"password": "short", "current_password": "Corr3ct-horse-battery"})
    assert "password" in r.codes
    r = await rep.call(
        "PATCH", "/api/v1/session", {"password": "another-Password-9", "current_password": "Corr3ct-horse-battery"}
    )
    assert r.status == 200, r.body
    assert (await rep.get("/api/v1/session")).status == 200
    assert (await other.get("/api/v1/session")).status == 401
    await make(app).sign_in("rep@example.com", "another-Password-9")


async def test_a_token_may_what_its_owner_may_and_no_more_than_its_scopes(app: App, admin: Any, make: Any) -> None:
    made = await admin.post("/api/v1/tokens", {"name": "reader", "scopes": ["records:read"]})
    assert made.status == 201
    secret = made.json["token"]
    assert secret.startswith("gx_")
    client = make(app)
    client.http.headers["authorization"] = f"Bearer {secret}"
    assert (await client.get("/api/v1/records/account")).status == 200
    assert (await client.get("/api/v1/catalog")).status == 200
    for method, path, body in (
        ("POST", "/api/v1/records/account", {"values": {"name": "x"}}),
        ("POST", "/api/v1/catalog/changes", {"changes": []}),
        ("GET", "/api/v1/tokens", None),
        ("POST", "/api/v1/tokens", {"name": "wider"}),
        ("GET", "/metrics", None),
        ("PATCH", "/api/v1/records/account/x", {"values": {}}),
    ):
        r = await client.call(method, path, body)
        assert (r.status, r.json["code"]) == (403, "scope_missing"), (path, r.body)
    assert (await client.call("DELETE", "/api/v1/session")).json["code"] == "session_only"
    listed = (await admin.get("/api/v1/tokens")).json
    assert [t["name"] for t in listed["data"]] == ["reader"]
    assert secret not in str(listed)
    assert (await admin.call("DELETE", f"/api/v1/tokens/{made.json['id']}")).status == 204
    assert (await client.get("/api/v1/records/account")).status == 401
    assert (await admin.call("DELETE", f"/api/v1/tokens/{made.json['id']}")).status == 404


async def test_a_token_undoes_no_more_than_it_could_write(app: App, admin: Any, make: Any) -> None:
    operations = [
        {"op": "create", "values": {"name": "N", "email": "n@example.com", "role": {"match": {"name": "rep"}}}}
    ]
    done = (await admin.post("/api/v1/records/user/batch", {"operations": operations})).json
    path = f"/api/v1/records/user/{done['results'][0]['record']['id']}"
    for scopes, undone in ((["records:read", "records:write"], 0), (["records:write", "admin"], 1)):
        made = (await admin.post("/api/v1/tokens", {"name": "t", "scopes": scopes})).json
        client = make(app)
        client.http.headers["authorization"] = f"Bearer {made['token']}"
        answer = (await client.post(f"/api/v1/change_sets/{done['change_set']}/undo")).json
        assert (answer["undone"], [k["reason"] for k in answer["kept"]]) == (undone, [] if undone else ["forbidden"])
        assert (await admin.get(path)).status == (404 if undone else 200)


async def test_a_token_cannot_make_a_wider_one(app: App, admin: Any, make: Any) -> None:
    narrow = (await admin.post("/api/v1/tokens", {"name": "n", "scopes": ["records:read", "admin"]})).json["token"]
    client = make(app)
    client.http.headers["authorization"] = f"Bearer {narrow}"
    assert (await client.post("/api/v1/tokens", {"name": "all"})).status == 403
    assert (await client.post("/api/v1/tokens", {"name": "w", "scopes": ["records:write"]})).status == 403
    assert (await client.post("/api/v1/tokens", {"name": "r", "scopes": ["records:read"]})).status == 201
    assert (await admin.post("/api/v1/tokens", {"name": "x", "scopes": ["everything"]})).codes == {
        "scopes": "not_an_option"
    }
    assert (await admin.post("/api/v1/tokens", {"name": "x", "expires_at": "2020-01-01T00:00:00Z"})).status == 422


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer gx_no", "Basic YTpi", "gx_x", "Bearer " + "x" * 5000])
async def test_a_credential_that_is_not_ours_is_401(standing: Any, make: Any, value: str) -> None:
    r = await make(standing.app).call("GET", "/api/v1/records/account", headers={"authorization": value})
    assert r.status == 401
    assert r.headers["www-authenticate"].startswith("Bearer")


async def test_an_invitation_sets_a_password_once(app: App, admin: Any, rep: Any, make: Any) -> None:
    user = await admin.create("user", name="New", email="new@example.com", role={"match": {"name": "rep"}})
    assert (await rep.post(f"/api/v1/records/user/{user['id']}/actions/invite")).status == 403
    r = await admin.post(f"/api/v1/records/user/{user['id']}/actions/invite")
    assert r.status == 200, r.body
    token = r.json["link"].rpartition("/")[2]
    client = make(app)
    assert (await client.get(f"/api/v1/invitations/{token}")).json == {
        "name": "New",
        "email": "new@example.com",
        "company": "Example Co",
        "language": "en",
    }
    assert (await client.post(f"/api/v1/invitations/{token}", {"password": "weak"})).status == 422
    r = await client.post(f"/api/v1/invitations/{token}", {"password": "my-own-Secret-1"})
    assert r.status == 200, r.body
    assert r.json["user"]["email"] == "new@example.com"
    assert (await client.get("/api/v1/session")).status == 200
    assert (await client.post(f"/api/v1/invitations/{token}", {"password": "my-own-Secret-2"})).status == 404
    assert (await client.get("/api/v1/invitations/nonsense")).status == 404
    await make(app).sign_in("new@example.com", "my-own-Secret-1")


async def test_what_an_administrator_changes_holds_for_the_next_request(admin: Any, rep: Any) -> None:
    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    assert (await rep.post("/api/v1/records/account", {"values": {"name": "x"}})).status == 201
    role = (await admin.get("/api/v1/records/role", filter={"field": "name", "op": "eq", "value": "read_only"})).json[
        "data"
    ][0]["id"]
    r = await admin.call("PATCH", f"/api/v1/records/user/{me}", {"values": {"role": role}})
    assert r.status == 200, r.body
    assert (await rep.post("/api/v1/records/account", {"values": {"name": "y"}})).status == 403
    r = await admin.call("PATCH", f"/api/v1/records/user/{me}", {"values": {"active": False}})
    assert r.status == 200, r.body
    assert (await rep.get("/api/v1/records/account")).status == 401


async def test_another_process_forgets_too(app: App, admin: Any, rep: Any, tmp_path: Path, make: Any) -> None:
    other = create_app(app.settings, url=app.edge.database.url)
    await other.open()
    try:
        there = make(other)
        there.http.cookies = rep.http.cookies
        assert (await there.get("/api/v1/session")).status == 200
        await rep.call("DELETE", "/api/v1/session")
        for _ in range(50):
            if (await there.get("/api/v1/session")).status == 401:
                break
            await asyncio.sleep(0.02)
        else:
            pytest.fail("the other process still knows the session")
    finally:
        await other.close()


async def test_nothing_is_kept_while_nobody_listens(app: App, admin: Any) -> None:
    assert (await admin.get("/api/v1/session")).status == 200
    gate = app.edge.gate
    await gate.stop()
    async with app.edge.database.connection() as db:
        await db.execute("DELETE FROM guanxi.session")
    assert (await admin.get("/api/v1/session")).status == 401


async def test_a_password_that_somebody_else_sets_ends_the_sessions(app: App, admin: Any, rep: Any, make: Any) -> None:
    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    r = await admin.call("PATCH", f"/api/v1/records/user/{me}", {"values": {"password": "given-By-admin-7"}})
    assert r.status == 200, r.body
    assert b"given-By" not in r.body
    assert (await rep.get("/api/v1/session")).status == 401
    await make(app).sign_in("rep@example.com", "given-By-admin-7")
    history = (await admin.get(f"/api/v1/records/user/{me}/history")).body
    assert b"argon2" not in history
    own = (await admin.get("/api/v1/session")).json["user"]["id"]
    r = await admin.call("PATCH", f"/api/v1/records/user/{own}", {"values": {"password": "my-Own-new-one-7"}})
    assert r.status == 200
    assert (await admin.get("/api/v1/session")).status == 200


async def test_people_need_the_scope_admin(admin: Any, app: App, make: Any) -> None:
    scopes = ["records:read", "records:write"]
    client = make(app)
    made = await admin.post("/api/v1/tokens", {"name": "w", "scopes": scopes})
    client.http.headers["authorization"] = f"Bearer {made.json['token']}"
    me = (await client.get("/api/v1/session")).json["user"]["id"]
    assert (await client.post("/api/v1/records/account", {"values": {"name": "x"}})).status == 201
    for method, path, body in (
        ("POST", "/api/v1/records/user", {"values": {"name": "x"}}),
        ("PATCH", f"/api/v1/records/user/{me}", {"values": {"name": "x"}}),
        ("DELETE", f"/api/v1/records/user/{me}", None),
        ("POST", "/api/v1/records/role/batch", {"operations": []}),
        ("POST", "/api/v1/records/team/mass", {"ids": [], "delete": True}),
        ("POST", f"/api/v1/records/user/{me}/actions/invite", {}),
        ("POST", "/api/v1/imports", {"upload": me, "object": "user"}),
        ("PATCH", "/api/v1/session", {"name": "x"}),
    ):
        r = await client.call(method, path, body)
        assert (r.status, r.json["code"]) == (403, "scope_missing"), (path, r.body)


async def test_nobody_rises(app: App, admin: Any, make: Any) -> None:
    hr = {
        "objects": {
            "user": {"read": "all", "create": True, "update": "all"},
            "role": {"read": "all", "create": True, "update": "all"},
        },
        "system": ["users"],
    }
    await admin.create("role", name="hr", label="HR", grants=hr)
    await admin.create(
        "user", name="Hr", email="hr@example.com", password="Corr3ct-horse-battery", role={"match": {"name": "hr"}}
    )
    client = await make(app).sign_in("hr@example.com")
    me = (await client.get("/api/v1/session")).json["user"]["id"]
    boss = (await admin.get("/api/v1/session")).json["user"]["id"]
    administrator = {"match": {"name": "administrator"}}
    for method, path, body in (
        ("PATCH", f"/api/v1/records/user/{me}", {"values": {"role": administrator}}),
        ("POST", "/api/v1/records/user", {"values": {"name": "x", "email": "x@example.com", "role": administrator}}),
        ("PATCH", f"/api/v1/records/user/{boss}", {"values": {"password": "taken-Over-now-1"}}),
        ("PATCH", f"/api/v1/records/user/{boss}", {"values": {"active": False}}),
        ("PATCH", f"/api/v1/records/user/{boss}", {"values": {"email": "mine@example.com"}}),
        ("POST", f"/api/v1/records/user/{boss}/actions/invite", {}),
        ("POST", "/api/v1/records/role", {"values": {"name": "r", "label": "R", "grants": {"system": ["catalog"]}}}),
    ):
        r = await client.call(method, path, body)
        assert r.status in (403, 422), (path, body, r.body)
    # A role that people have stays with them, and that of administrators stays what it is.
    [held] = (await admin.get('/api/v1/records/role?filter={"field":"name","op":"eq","value":"hr"}')).json["data"]
    kept = await admin.call("DELETE", f"/api/v1/records/role/{held['id']}")
    assert (kept.status, kept.json["code"]) == (409, "still_referenced")
    [role] = (await admin.get('/api/v1/records/role?filter={"field":"name","op":"eq","value":"administrator"}')).json[
        "data"
    ]
    path = f"/api/v1/records/role/{role['id']}"
    for values in ({"grants": {"objects": {}}}, {"name": "boss"}):
        assert (await admin.call("PATCH", path, {"values": values})).codes == {
            next(iter(values)): "administrator_stays"
        }
    assert (await admin.call("PATCH", path, {"values": {"label": "Chiefs", "grants": role["grants"]}})).status == 200
    assert (await admin.get("/api/v1/session")).json["user"]["email"] == "admin@example.com"
    await make(app).sign_in()


async def test_who_asks_too_often_is_told_when_to_come_again(app: App, admin: Any, rep: Any, make: Any) -> None:
    r = await admin.post("/api/v1/tokens", {"name": "slow", "scopes": ["records:read:account"], "per_minute": 3})
    assert r.status == 201, r.body
    slow = make(app)
    slow.http.headers["authorization"] = f"Bearer {r.json['token']}"
    for left in (2, 1, 0):
        found = await slow.get("/api/v1/records/account")
        assert found.status == 200
        assert found.headers["ratelimit-policy"] == '"token";q=3;w=60'
        assert found.headers["ratelimit"].startswith(f'"token";r={left};')
    refused = await slow.get("/api/v1/records/account")
    assert (refused.status, refused.json["code"]) == (429, "too_many")
    assert 0 < int(refused.headers["retry-after"]) <= 20
    assert refused.headers["ratelimit"].startswith('"token";r=0;')
    assert (await slow.get("/healthz")).status == 200
    assert (await admin.get("/api/v1/records/account")).headers["ratelimit-policy"] == '"user";q=60000;w=60'
    fast = make(app)
    mine = await rep.post("/api/v1/tokens", {"name": "fast", "scopes": ["records:read"]})
    fast.http.headers["authorization"] = f"Bearer {mine.json['token']}"

    async def afresh() -> None:
        app.edge.allowance._purses.clear()
        async with app.edge.database.connection() as db:
            await db.execute("DELETE FROM guanxi.allowance WHERE key LIKE 'u:%%'")

    usual = app.edge.settings
    await afresh()
    app.edge.settings = replace(usual, rate=4)
    try:  # whoever asks by a token and by the page is one user, and nobody pays for another
        seen = [await one.get("/api/v1/records/account") for one in (fast, rep, fast, rep, fast)]
        assert [one.status for one in seen] == [200, 200, 200, 200, 429]
        assert 0 < int(seen[-1].headers["retry-after"]) <= 15
        assert seen[-1].headers["ratelimit"].startswith('"user";r=0;')
        assert (await admin.get("/api/v1/records/account")).status == 200
    finally:
        app.edge.settings = usual
        await afresh()
    everybody = await admin.get("/api/v1/tokens", everybody=True)
    [shown] = [t for t in everybody.json["data"] if t["name"] == "slow"]
    assert (shown["per_minute"], shown["user"]["title"]) == (3, "Admin")
    assert (await rep.get("/api/v1/tokens", everybody=True)).status == 403
    theirs = (await rep.post("/api/v1/tokens", {"name": "theirs"})).json["id"]
    assert (await rep.call("DELETE", f"/api/v1/tokens/{shown['id']}")).status == 404
    assert (await admin.call("DELETE", f"/api/v1/tokens/{theirs}")).status == 204
    assert [t["name"] for t in (await rep.get("/api/v1/tokens")).json["data"]] == ["fast"]


async def test_a_token_may_be_for_some_objects_alone(app: App, admin: Any, make: Any) -> None:
    account = await admin.create("account", name="A")
    contact = await admin.create("contact", name="C", account=account["id"])
    unknown = await admin.post("/api/v1/tokens", {"name": "x", "scopes": ["records:read:nothing"]})
    assert unknown.codes == {"scopes": "not_an_option"}
    scopes = ["records:read:contact", "records:write:account", "admin"]
    r = await admin.post("/api/v1/tokens", {"name": "some", "scopes": scopes})
    some = make(app)
    some.http.headers["authorization"] = f"Bearer {r.json['token']}"
    assert (await some.get(f"/api/v1/records/account/{account['id']}")).status == 200
    assert (
        await some.call("PATCH", f"/api/v1/records/account/{account['id']}", {"values": {"name": "Beta"}})
    ).status == 200
    assert (await some.get(f"/api/v1/records/contact/{contact['id']}")).status == 200
    assert (
        await some.call("PATCH", f"/api/v1/records/contact/{contact['id']}", {"values": {"name": "Beta"}})
    ).status == 403
    assert (await some.get("/api/v1/records/lead")).json["detail"] == "This token may not read leads."
    assert (await some.get("/api/v1/search", q="Beta")).json["data"][0]["object"] == "account"
    wider = await some.post("/api/v1/tokens", {"name": "wider", "scopes": ["records:read"]})
    assert wider.status == 403
    assert (await some.post("/api/v1/tokens", {"name": "less", "scopes": ["records:write:account"]})).status == 201
