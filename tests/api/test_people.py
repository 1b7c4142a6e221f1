"""Acts about people at the door: seeing as somebody else, handing over, what was shared."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from tests.api.conftest import PEOPLE, App, Client

from guanxi.api.system import ROUTERS


async def person(admin: Client, role: str) -> str:
    found = await admin.get("/api/v1/records/user", filter={"field": "email", "op": "eq", "value": PEOPLE[role]})
    return str(found.json["data"][0]["id"])


async def audit(admin: Client, kind: str) -> list[dict[str, Any]]:
    return list((await admin.get("/api/v1/audit", kinds=kind)).json["data"])


async def test_one_sees_what_the_other_sees_and_changes_nothing(admin: Client, rep: Client) -> None:
    mine = await admin.create("account", name="Not for reps")
    theirs = await rep.create("account", name="The rep's")
    other = await person(admin, "rep")
    begun = await admin.call("POST", "/api/v1/session/view_as", {"user": other})
    assert begun.status == 200
    assert (begun.json["user"]["id"], begun.json["viewer"]["name"]) == (other, "Admin")
    for path in (
        "/api/v1/records/account",
        "/api/v1/catalog",
        f"/api/v1/records/account/{mine['id']}",
        "/api/v1/search?q=rep",
    ):
        assert (await admin.get(path)).json == (await rep.get(path)).json or path.endswith(mine["id"])
    assert (await admin.get(f"/api/v1/records/account/{mine['id']}")).status == 404
    assert (await admin.post("/api/v1/records/account/query", {})).json["data"][0]["id"] == theirs["id"]

    refused: list[str] = []
    writes = [
        ("POST", "/api/v1/records/account", {"values": {"name": "x"}}),
        ("PATCH", f"/api/v1/records/account/{theirs['id']}", {"values": {"name": "x"}}),
        ("DELETE", f"/api/v1/records/account/{theirs['id']}", None),
        *(("POST", f"/api/v1/records/account/{part}", {}) for part in ("batch", "mass", f"{theirs['id']}/shares", f"{theirs['id']}/reveal")),
        *(
            (method, route.path.replace("{id}", theirs["id"]), {})
            for router in ROUTERS
            for route in router.routes
            if isinstance(route, APIRoute)
            for method in sorted(route.methods or ())
            if method != "GET" and route.path not in ("/api/v1/session", "/api/v1/formula/check") and "public" not in route.endpoint.__dict__
            if (method, route.path) != ("DELETE", "/api/v1/session/view_as")
        ),
    ]  # fmt: skip
    for method, path, body in writes:
        answer = await admin.call(method, path, body)
        assert (answer.status, answer.json["code"]) == (403, "viewing_as"), (method, path, answer.body)
        refused.append(path)
    assert len(refused) > 30
    assert (await admin.call("PATCH", "/api/v1/session", {"theme": "dark"})).json["code"] == "viewing_as"

    ended = await admin.call("DELETE", "/api/v1/session/view_as")
    assert (ended.json["user"]["name"], ended.json["viewer"]) == ("Admin", None)
    assert (await admin.get(f"/api/v1/records/account/{mine['id']}")).status == 200
    acts = [
        (e["details"]["act"], e["record"]["id"] if isinstance(e["record"], dict) else e["record"])
        for e in await audit(admin, "view_as")
    ]
    assert acts == [("end", other), ("begin", other)]


async def test_only_a_session_with_the_right_sees_as_somebody_who_may_no_more(admin: Client, rep: Client) -> None:
    me, other = (await admin.get("/api/v1/session")).json["user"]["id"], await person(admin, "rep")
    for who, whom in ((rep, other), (rep, me), (admin, me), (admin, "nobody")):
        answer = await who.call("POST", "/api/v1/session/view_as", {"user": whom})
        assert (answer.status, answer.json["code"]) == (403, "forbidden_view_as")
    token = (await admin.post("/api/v1/tokens", {"name": "t"})).json["token"]
    bearer = Client(admin.app)
    bearer.http.headers["authorization"] = f"Bearer {token}"
    assert (await bearer.call("POST", "/api/v1/session/view_as", {"user": other})).json["code"] == "session_only"
    # Who is deactivated while being looked at is no longer looked at.
    await admin.call("POST", "/api/v1/session/view_as", {"user": other})
    second = await Client(admin.app).sign_in()
    await second.call("PATCH", f"/api/v1/records/user/{other}", {"values": {"active": False}})
    assert (await admin.get("/api/v1/session")).json["user"]["id"] == me


@pytest.mark.parametrize("way", ["hand_over", "deactivate"])
async def test_a_leaver_is_out_at_once_and_stays_out(admin: Client, app: App, way: str) -> None:
    rep = await Client(app).sign_in(PEOPLE["rep"])
    account = await rep.create("account", name="To be kept")
    token = (await rep.post("/api/v1/tokens", {"name": "t"})).json["token"]
    bearer = Client(app)
    bearer.http.headers["authorization"] = f"Bearer {token}"
    assert (await bearer.get("/api/v1/session")).status == 200
    leaver, heir = await person(admin, "rep"), await person(admin, "manager")
    path = f"/api/v1/users/{leaver}/hand_over"
    if way == "hand_over":
        said = await admin.post(path, {"to": {"user": heir}, "dry_run": True})
        assert [(o["object"], o["to"][0]["user"]["title"], o["to"][0]["records"]) for o in said.json["objects"]] == [
            ("account", "manager", 1)
        ]
        done = await admin.post(path, {"to": {"user": heir}})
        assert (done.json["sessions"], done.json["tokens"]) == (1, 1)
        undone = await admin.post(f"/api/v1/change_sets/{done.json['change_set']}/undo")
        assert undone.json["kept"] == []
    else:
        await admin.call("PATCH", f"/api/v1/records/user/{leaver}", {"values": {"active": False}})
        await admin.call("PATCH", f"/api/v1/records/user/{leaver}", {"values": {"active": True}})
    for client in (rep, bearer):
        assert (await client.get("/api/v1/session")).status == 401, "what was revoked does not come to life again"
    assert (
        await (await Client(app).sign_in(PEOPLE["rep"])).get(f"/api/v1/records/account/{account['id']}")
    ).status == 200
    assert [e["details"]["name"] for e in await audit(admin, "token_revoked")] == ["t"]


async def test_what_is_wrong_with_a_hand_over_is_named(admin: Client, rep: Client) -> None:
    leaver = await person(admin, "rep")
    path = f"/api/v1/users/{leaver}/hand_over"
    assert (await rep.post(path, {"dry_run": True})).status == 403
    assert (await admin.post("/api/v1/users/x/hand_over", {})).status == 404
    assert (await admin.post(path, {"to": {}})).status == 422
    assert (await admin.post(path, {"to": {"user": "x"}})).codes == {"to.user": "reference_not_found"}
    assert (await admin.post(path, {"rules": [{"object": "nope"}]})).status in (404, 422)
    both = {"user": leaver, "team": leaver}
    assert (await admin.post(path, {"to": both})).status == 422


async def test_what_was_shared_is_listed_for_both_sides(admin: Client, rep: Client) -> None:
    account = await admin.create("account", name="Ours")
    other = await person(admin, "rep")
    await admin.post(f"/api/v1/records/account/{account['id']}/shares", {"user": other, "level": "update"})
    [mine] = (await rep.get("/api/v1/shares")).json["data"]
    assert (mine["record"]["title"], mine["level"], mine["by"]["title"]) == ("Ours", "update", "Admin")
    assert [s["id"] for s in (await admin.get("/api/v1/shares", whose="by_me")).json["data"]] == [mine["id"]]
    assert (await admin.get("/api/v1/shares")).json["data"] == []
