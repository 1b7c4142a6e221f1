"""Notifications, following and mail through the API."""

from __future__ import annotations

from typing import Any

from tests.postbox import Postbox, postbox

from guanxi import records
from guanxi.api import App

__all__ = ["postbox"]

NOBODY = "01a20226-01fe-7e2d-8185-52ca506c078f"


async def deliver(app: App) -> None:
    async with app.edge.database.connection() as db:
        [workspace] = await records.workspaces(db)
    await records.deliver(app.edge.database, workspace, "notify")


async def test_what_concerns_one_is_listed_and_read(app: App, admin: Any, rep: Any) -> None:
    await deliver(app)
    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    account = await admin.create("account", name="Given", owner=me)
    await deliver(app)
    found = (await rep.get("/api/v1/notifications")).json
    assert (found["unread"], found["more"], found["next"]) == (1, False, None)
    [one] = found["data"]
    assert one["record"] == {"object": "account", "id": account["id"], "title": "Given"}
    r = await rep.post("/api/v1/notifications/read", {"ids": [one["id"]]})
    assert (r.status, r.json) == (200, {"unread": 0, "more": False})
    assert (await rep.get("/api/v1/notifications?unread=true")).json["data"] == []
    assert (await rep.post("/api/v1/notifications/read", {"read": False})).json["unread"] == 1
    for body, codes in (
        ({"ids": ["x"]}, {"ids": "not_an_id"}),
        ({"ids": 1}, {"ids": "must_be_list"}),
        ({"id": 1}, {"id": "unknown_parameter"}),
    ):
        assert (await rep.post("/api/v1/notifications/read", body)).codes == codes
    assert (await rep.get("/api/v1/notifications?kind=nonsense")).codes == {"kind": "not_an_option"}
    assert (await rep.get("/api/v1/notifications?cursor=x")).codes == {"cursor": "bad_cursor"}


async def test_preferences_are_ones_own(app: App, admin: Any, rep: Any) -> None:
    path = "/api/v1/notifications/preferences"
    first = (await rep.get(path)).json
    assert {k["name"] for k in first["kinds"]} >= {
        "mention",
        "assigned",
        "comment",
        "changed",
        "due",
        "done",
        "flow",
        "approval",
    }
    wanted = {"kinds": {"mention": {"mail": "never"}}, "quiet": {"from": "22:00", "to": "07:30"}, "digest": "08:15"}
    changed = (await rep.call("PATCH", path, wanted)).json
    assert (changed["quiet"], changed["digest"]) == ({"from": "22:00", "to": "07:30"}, "08:15")
    assert (await rep.call("PATCH", path, {"follow": {"created": True}})).json["quiet"] == changed["quiet"]
    assert (await rep.call("PATCH", path, {"quiet": None})).json["quiet"] is None
    assert (await admin.get(path)).json == first
    r = await rep.call(
        "PATCH", path, {"kinds": {"x": {}}, "digest": "9", "quiet": {"from": "1"}, "follow": {"x": True}}
    )
    assert r.codes == {
        "kinds.x": "not_an_option",
        "digest": "wrong_type",
        "quiet": "wrong_type",
        "follow.x": "not_an_option",
    }


async def test_only_what_one_sees_is_followed(app: App, admin: Any, rep: Any) -> None:
    hidden = await admin.create("account", name="Not theirs")
    mine = await rep.create("account", name="Theirs")
    for id in (hidden["id"], NOBODY, "x"):
        assert (await rep.get(f"/api/v1/following/account/{id}")).status == 404
        assert (await rep.call("PUT", f"/api/v1/following/account/{id}", {"following": True})).status == 404
        assert (await rep.get(f"/api/v1/following/account/{id}/people")).status == 404
    assert (await rep.get(f"/api/v1/following/nonsense/{NOBODY}")).status == 404
    found = (await rep.get(f"/api/v1/following/account/{mine['id']}")).json
    assert (found["following"], found["count"], found["data"][0]["why"]) == (True, 1, "own")
    r = await rep.call("PUT", f"/api/v1/following/account/{mine['id']}", {"following": False})
    assert (r.json["following"], r.json["count"]) == (False, 0)
    people = (await rep.get(f"/api/v1/following/account/{mine['id']}/people?q=adm")).json["data"]
    assert [(p["title"], p["can_see"]) for p in people] == [("Admin", True)]


async def test_mail_is_the_administrators(app: App, admin: Any, rep: Any, postbox: Postbox) -> None:
    for method, path in (
        ("GET", ""),
        ("GET", "/settings"),
        ("PUT", "/settings"),
        ("POST", "/test"),
        ("POST", f"/{NOBODY}/retry"),
    ):
        r = await rep.call(
            method, f"/api/v1/mail{path}", {"name": "X"} if method == "PUT" else {} if method == "POST" else None
        )
        assert r.status == 403, path
    found = (await admin.get("/api/v1/mail/settings")).json
    assert (found["server"]["from"], found["name"]) == ("crm@guanxi.test", "Example Co")
    assert "password" not in str(found)
    r = await admin.call(
        "PUT", "/api/v1/mail/settings", {"name": "Sales\r\nBcc: x@y.cn", "reply_to": "sales@example.com"}
    )
    assert (r.status, r.json["name"]) == (200, "Sales Bcc: x@y.cn")
    assert (await admin.call("PUT", "/api/v1/mail/settings", {"name": "S", "reply_to": "no"})).codes == {
        "reply_to": "not_an_email"
    }
    r = await admin.post("/api/v1/mail/test")
    assert (r.status, r.json["to"]) == (200, "admin@example.com")
    [came] = postbox.came
    assert (came["Reply-To"], came["Bcc"]) == ("sales@example.com", None)
    postbox.says = {"RCPT": ["550 no such user"]}
    r = await admin.post("/api/v1/mail/test")
    assert (r.status, "550 no such user" in r.json["detail"]) == (409, True)
    assert (await admin.get("/api/v1/mail?state=nonsense")).codes == {"state": "not_an_option"}
    assert (await admin.post(f"/api/v1/mail/{NOBODY}/retry")).status == 404
