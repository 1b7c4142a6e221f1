"""Forms that people fill in: inside, and strangers at an address of its own, which opens nothing else."""

from __future__ import annotations

import asyncio
import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

from tests.api.conftest import Client, Reply
from tests.api.test_flows import settle

from guanxi.identity.gate import CHANNEL
from guanxi.pg import listen

FIELDS: list[dict[str, Any]] = [
    {"name": "name", "type": "text", "required": True, "label": {"en": "Your name", "zh": "您的姓名"}},
    {"name": "email", "type": "email", "label": {"en": "E-mail", "zh": "邮箱"}},
    {
        "name": "about",
        "type": "select",
        "options": [{"name": "buy", "label": {"en": "Buying", "zh": "采购"}}, {"name": "other"}],
    },
    {"name": "what", "type": "text", "required": True, "when": {"field": "about", "op": "eq", "value": "other"}},
    {"name": "seats", "type": "number"},
]
CREATE = {
    "id": "s1",
    "kind": "create",
    "object": "lead",
    "values": {"name": {"from": "input.name"}, "email": {"from": "input.email"}, "need": {"text": "{input.what}"}},
}


def what(fields: list[dict[str, Any]] = FIELDS, **trigger: Any) -> dict[str, Any]:
    return {"trigger": {"kind": "form", "fields": fields, **trigger}, "steps": [CREATE]}


async def made(admin: Client, definition: dict[str, Any], label: str = "Ask us") -> dict[str, Any]:
    flow = (await admin.post("/api/v1/flows", {"label": label, "definition": definition})).json["id"]
    r = await admin.post(f"/api/v1/flows/{flow}/activate", {"active": True})
    assert r.status == 200, r.body
    return r.json


async def opened(admin: Client, flow: dict[str, Any], act: str = "open") -> str:
    r = await admin.post(f"/api/v1/flows/{flow['id']}/address", {"act": act})
    assert r.status == 200, r.body
    return r.json["form"]


async def fill(visitor: Client, address: str, *pairs: tuple[str, str], language: str = "en", **headers: str) -> Reply:
    body = urlencode(list(pairs)).encode()
    sent = {"content-type": "application/x-www-form-urlencoded", "accept-language": language, **headers}
    return await visitor.call("POST", address, body, headers=sent)


async def sent_by(admin: Client, flow: dict[str, Any]) -> list[dict[str, Any]]:
    return (await admin.get(f"/api/v1/flows/{flow['id']}/submissions")).json["data"]


async def test_a_stranger_fills_in_a_form_and_a_lead_is_there(admin: Client, rep: Client, stranger: Client) -> None:
    await settle(admin)
    flow = await made(admin, what(consent={"en": "You may call me.", "zh": "同意致电。"}, purpose="calls"))
    assert flow["form"] is None
    assert (await rep.post(f"/api/v1/flows/{flow['id']}/address", {"act": "open"})).status == 403
    address = await opened(admin, flow)
    assert await opened(admin, flow) == address

    page = await stranger.get(address)
    text = page.body.decode()
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Your name" in text
    assert "<script" not in text
    assert "set-cookie" not in page.headers
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "您的姓名" in (await stranger.call("GET", address, headers={"accept-language": "zh-CN"})).body.decode()
    assert "您的姓名" in (await stranger.get(address, lang="zh")).body.decode()
    [key] = re.findall(r'name="_key" value="([^"]+)"', text)

    # What is wrong is said at the field, and what was typed stays.
    r = await fill(stranger, address, ("_key", key), ("email", "no mail"), ("seats", "many"), ("about", "other"))
    shown = unescape(r.body.decode())
    assert r.status == 422
    for field in ("name", "email", "seats", "what"):
        assert re.search(rf'id="f-{field}"[^>]*aria-invalid="true"[^>]*aria-describedby="f-{field}-bad"', shown), field
    assert "Please tick this box" in shown
    assert 'value="no mail"' in shown
    assert f'value="{key}"' in shown
    assert await sent_by(admin, flow) == []

    good = [
        ("_key", key),
        ("name", "<b>Wang</b>"),
        ("email", "w@x.cn"),
        ("about", "buy"),
        ("_consent", "true"),
        ("what", "hidden"),
    ]
    for _ in range(2):  # sent twice, begun once
        r = await fill(stranger, address, *good)
        assert (r.status, r.headers["location"]) == (303, f"{address}?sent=1&lang=en")
    assert "we have received it" in (await stranger.get(r.headers["location"])).body.decode()
    [kept] = await sent_by(admin, flow)
    assert kept["input"] == {"name": "<b>Wang</b>", "email": "w@x.cn", "about": "buy", "consent": True}
    assert kept["consent"] == {"given": True, "purpose": "calls", "text": "You may call me.", "language": "en"}
    await settle(admin)
    [kept] = await sent_by(admin, flow)
    assert (kept["state"], kept["actor"]) == ("done", None)
    found = (await admin.get("/api/v1/records/lead")).json["data"]
    assert [(lead["name"], lead["email"]) for lead in found] == [("<b>Wang</b>", "w@x.cn")]


async def test_an_address_is_guessed_by_nobody_renewed_and_taken_away(admin: Client, stranger: Client) -> None:
    flow = await made(admin, what())
    first = await opened(admin, flow)
    second = await opened(admin, flow, "renew")
    assert len(first) > 60
    assert first != second
    hook = (await made(admin, {"trigger": {"kind": "webhook"}, "steps": [CREATE]}, "H"))["hook"]
    near = second[:-1] + ("a" if second[-1] == "b" else "b")
    for gone in (first, near, "/f/x", "/f/" + "0" * 60, hook.replace("/api/v1/hooks/", "/f/")):
        r = await stranger.get(gone)
        assert (r.status, "This form is closed" in r.body.decode()) == (404, True), gone
        assert (await fill(stranger, gone, ("name", "A"))).status == 404
    assert (await stranger.post(second.replace("/f/", "/api/v1/hooks/"), {})).status == 404, "one door is no other"
    assert (await stranger.get(second)).status == 200
    await admin.post(f"/api/v1/flows/{flow['id']}/activate", {"active": False})
    assert (await stranger.get(second)).status == 404
    await admin.post(f"/api/v1/flows/{flow['id']}/activate", {"active": True})
    assert (await stranger.get(second)).status == 200, "it is the same when the flow is on again"
    assert (await admin.post(f"/api/v1/flows/{flow['id']}/address", {"act": "close"})).json["form"] is None
    assert (await stranger.get(second)).status == 404


async def test_what_strangers_may_not_be_asked_is_not_open_to_them(admin: Client, stranger: Client) -> None:
    inside = await made(admin, what([*FIELDS, {"name": "who", "type": "user"}]))
    about = await made(admin, {**what(), "object": "account"}, "B")
    hook = await made(admin, {"trigger": {"kind": "created"}, "object": "account", "steps": [CREATE]}, "C")
    for flow, code in ((inside, "form_inside"), (about, "form_inside"), (hook, "form_not_on")):
        r = await admin.post(f"/api/v1/flows/{flow['id']}/address", {"act": "open"})
        assert (r.status, r.json["code"]) == (409, code)
    # A form that is open and then asks for people is closed until it does not.
    flow = await made(admin, what(), "D")
    address = await opened(admin, flow)
    path = f"/api/v1/flows/{flow['id']}"
    await admin.call("PATCH", path, {"definition": what([*FIELDS, {"name": "who", "type": "user"}])})
    assert (await stranger.get(address)).status == 200, "a draft changes nothing"
    await admin.post(f"{path}/activate", {"active": True})
    assert (await stranger.get(address)).status == 404


async def test_sites_that_may_show_and_send_it(admin: Client, stranger: Client) -> None:
    bad = [
        {"origins": ["https://www.example.com/path"]},
        {"origins": ["http://www.example.com"]},
        {"origins": ["javascript:alert(1)"]},
        {"origins": ["https://a.cn; script-src *"]},
        {"origins": ["https://a.cn"], "redirect": "https://b.cn/thanks"},
        {"redirect": "//evil.example"},
    ]
    for trigger in bad:
        flow = (await admin.post("/api/v1/flows", {"label": "X", "definition": what(**trigger)})).json["id"]
        found = (await admin.post(f"/api/v1/flows/{flow}/check")).json["problems"]
        assert [p["code"] for p in found] == [f"form_{'origin' if 'redirect' not in trigger else 'redirect'}"], trigger
    site = "https://www.example.com"
    flow = await made(admin, what(origins=[site], redirect=f"{site}/thanks"))
    address = await opened(admin, flow)
    policy = (await stranger.get(address)).headers["content-security-policy"]
    assert f"frame-ancestors {site}" in policy
    assert f"form-action 'self' {site}" in policy
    r = await fill(stranger, address, ("name", "A"))
    assert (r.status, r.headers["location"]) == (303, f"{site}/thanks")
    assert (await fill(stranger, address, ("name", "A"), origin="https://other.example")).status == 403
    assert (await fill(stranger, address, ("name", "A"), origin="http://guanxi.test")).status == 303
    assert (await fill(stranger, address, ("name", "A"), origin="http://[")).status == 403
    sent = {"values": {"nope": 1}}
    refused = await stranger.call("POST", address, sent, headers={"origin": site})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (422, site), "the page may read why"

    # With a form of their own, in JSON.
    asked = await stranger.call("OPTIONS", address, headers={"origin": site})
    assert (asked.status, asked.headers["access-control-allow-origin"]) == (204, site)
    r = await stranger.call("POST", address, {"values": {"name": "J"}}, headers={"origin": site})
    assert (r.status, r.json["redirect"]) == (202, f"{site}/thanks")
    r = await stranger.call("POST", address, {"values": {"email": 1, "owner": "x"}}, headers={"origin": site})
    assert (r.status, r.codes) == (422, {"name": "required", "email": "wrong_type", "owner": "unknown_field"})
    assert [s["origin"] for s in await sent_by(admin, flow)] == [site, None, None]


async def test_machines_are_held_back_and_nothing_is_lost(admin: Client, stranger: Client) -> None:
    await settle(admin)
    flow = await made(admin, what())
    address = await opened(admin, flow)
    notices = listen(admin.app.edge.database.url, CHANNEL)
    assert await anext(notices) is None
    r = await fill(stranger, address, ("name", "Bot"), ("_site", "http://spam.example"))
    assert r.status == 303, "a machine is not told"
    told: dict[str, Any] = {}
    while told.get("kind") != "flow":  # who shapes it sees it at once
        notice = await asyncio.wait_for(anext(notices), 20)
        told = json.loads(notice.payload) if notice else {}
    await notices.aclose()
    assert told["flow"] == flow["id"]
    [kept] = await sent_by(admin, flow)
    assert (kept["held"], kept["run"]) == (True, None)
    path = f"/api/v1/flows/{flow['id']}/submissions/{kept['id']}/release"
    assert (await admin.post(path)).status == 204
    assert (await admin.post(path)).status == 404
    await settle(admin)
    [kept] = await sent_by(admin, flow)
    assert (kept["held"], kept["state"]) == (False, "done")

    # One that is discarded is gone for good.
    assert (await fill(stranger, address, ("name", "Bot"), ("_site", "http://spam.example"))).status == 303
    path = f"/api/v1/flows/{flow['id']}/submissions/{(await sent_by(admin, flow))[0]['id']}"
    assert (await admin.call("DELETE", path)).status == 204
    assert (await admin.call("DELETE", path)).status == 404
    assert [one["id"] for one in await sent_by(admin, flow)] == [kept["id"]]

    # So are all that look so, and of a flow that is dropped everything, one by one or at once.
    for _ in range(2):
        assert (await fill(stranger, address, ("name", "Bot"), ("_site", "http://spam.example"))).status == 303
    listed = f"/api/v1/flows/{flow['id']}/submissions"
    assert (await admin.call("DELETE", f"{listed}?held=true")).json == {"discarded": 2}
    assert [one["id"] for one in await sent_by(admin, flow)] == [kept["id"]]
    gone = await made(admin, what(), "Gone")
    assert (await fill(stranger, await opened(admin, gone), ("name", "Zhao"))).status == 303
    await settle(admin)
    assert (await admin.call("DELETE", f"/api/v1/flows/{gone['id']}")).status == 204
    [left] = (await admin.get("/api/v1/flows/dropped")).json["data"]
    assert (left["id"], left["sent"], left["fields"][0]["name"]) == (gone["id"], 1, "name")
    assert [one["input"]["name"] for one in await sent_by(admin, gone)] == ["Zhao"]
    assert (await admin.call("DELETE", f"/api/v1/flows/{gone['id']}/submissions")).json == {"discarded": 1}
    assert (await admin.get("/api/v1/flows/dropped")).json["data"] == []

    # A run that fails takes nothing of what was sent with it.
    failing = await made(admin, {**what(), "steps": [{**CREATE, "values": {"email": "x@y.cn"}}]}, "Fails")
    assert (await fill(stranger, await opened(admin, failing), ("name", "Li"))).status == 303
    await settle(admin)
    [kept] = await sent_by(admin, failing)
    assert (kept["state"], kept["input"]["name"]) == ("failed", "Li")

    for junk in (b"\xff=1", b"a=%ff", b"&".join([b"a=1"] * 3000)):
        assert (
            await stranger.call("POST", address, junk, headers={"content-type": "application/x-www-form-urlencoded"})
        ).status == 400
    assert (
        await stranger.call(
            "POST", address, b"name=" + b"a" * 200_000, headers={"content-type": "application/x-www-form-urlencoded"}
        )
    ).status == 413
    assert (await fill(stranger, address, ("name", "A" * 300))).status == 422
    assert (await fill(stranger, address, ("name", "A\0B"), ("owner", "x"))).status == 422
    seen = {(await fill(stranger, address, ("name", "Again"))).status for _ in range(14)}
    assert seen == {303, 429}, "so many from one place"
    assert (await fill(Client(admin.app, "203.0.113.9"), address, ("name", "Another"))).status == 303


async def test_inside_a_form_is_offered_and_leads_to_what_it_made(admin: Client, rep: Client) -> None:
    await settle(admin)
    flow = await made(admin, what([*FIELDS, {"name": "who", "type": "user"}]))
    about = await made(admin, {"object": "account", **what()}, "About")
    catalog = (await rep.get("/api/v1/catalog")).json
    [form] = [f for f in catalog["forms"] if f["flow"] == flow["id"]]
    assert [f["type"] for f in form["input"]] == ["text", "email", "select", "text", "decimal", "user"]
    assert form["input"][3]["config"]["when"] == {"field": "about", "op": "eq", "value": "other"}
    [account] = [o for o in catalog["objects"] if o["name"] == "account"]
    assert about["name"] in [a["name"].removeprefix("flow_") for a in account["actions"]]
    r = await rep.post(f"/api/v1/flows/{flow['id']}/start", {"input": {"name": "Zhao", "who": "0" * 36}})
    assert (r.status, set(r.codes)) == (422, {"who"})
    r = await rep.post(f"/api/v1/flows/{flow['id']}/start", {"input": {"name": "Zhao"}})
    assert r.status == 202
    run = r.json["run"]
    assert (await rep.get(f"/api/v1/flows/sent/{run}")).json == {"state": "running", "made": None}
    await settle(admin)
    assert (await admin.get(f"/api/v1/flows/sent/{run}")).status == 404, "it was somebody else's"
    done = (await rep.get(f"/api/v1/flows/sent/{run}")).json
    # Made with the rights of who switched the flow on: shown to whoever may see it.
    assert (done["state"], done["made"]) == ("done", None)
    lead = (await admin.get("/api/v1/records/lead")).json["data"][0]
    await admin.call(
        "PATCH",
        f"/api/v1/records/lead/{lead['id']}",
        {"values": {"owner": (await rep.get("/api/v1/session")).json["user"]["id"]}},
    )
    assert (await rep.get(f"/api/v1/flows/sent/{run}")).json["made"] == {
        "object": "lead",
        "id": lead["id"],
        "title": "Zhao",
    }
    [kept] = await sent_by(admin, flow)
    assert kept["actor"] == (await rep.get("/api/v1/session")).json["user"]["id"]
