"""Flows over HTTP: made, checked, tried, switched on, started by a button, a form and another system, seen to."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Client

from guanxi import flows, records


async def settle(client: Client) -> None:
    """Carry on until nothing moves."""
    database = client.app.edge.database
    async with database.connection() as db:
        [workspace] = await records.workspaces(db)
    while await records.deliver(database, workspace, "flows") + await flows.advance(database, workspace):
        pass


DONE = {"kind": "update", "record": "record", "values": {"next_step": {"text": "{input.why}: {name}"}}}


async def test_from_a_draft_to_a_run(admin: Client, rep: Client) -> None:
    await settle(admin)
    kinds = (await admin.get("/api/v1/flows/kinds")).json
    assert {"created", "button", "webhook"} <= {t["name"] for t in kinds["triggers"]}
    assert {"branch", "wait", "loop", "update"} <= {s["name"] for s in kinds["steps"]}
    r = await admin.post(
        "/api/v1/flows",
        {"label": {"en": "Rush", "zh": "加急"}, "definition": {"steps": [{"id": "s1", "kind": "stop"}]}},
    )
    assert (r.status, r.json["name"], r.headers["etag"]) == (201, "rush", '"1"')
    flow = r.json["id"]
    r = await admin.post(f"/api/v1/flows/{flow}/check")
    assert r.json["problems"][0] | {"message": ""} == {
        "step": "trigger",
        "field": "kind",
        "code": "required",
        "message": "",
    }
    assert (await admin.post(f"/api/v1/flows/{flow}/activate", {"active": True})).status == 422
    what = {
        "object": "opportunity",
        "trigger": {
            "kind": "button",
            "label": {"en": "Rush it", "zh": "加急处理"},
            "fields": [{"name": "why", "type": "text", "required": True, "label": {"en": "Why", "zh": "原因"}}],
            "filter": {"field": "amount", "op": "gt", "value": 10},
        },
        "steps": [{"id": "s1", **DONE}],
    }
    r = await admin.call("PATCH", f"/api/v1/flows/{flow}", {"definition": what}, headers={"if-match": '"7"'})
    assert r.status == 412
    r = await admin.call("PATCH", f"/api/v1/flows/{flow}", {"definition": what}, headers={"if-match": b'"\xb2"'})
    assert r.status == 422
    assert (
        await admin.call("PATCH", f"/api/v1/flows/{flow}", {"definition": what}, headers={"if-match": '"1"'})
    ).status == 200
    account = await admin.create("account", name="Acme")
    deal = await admin.create("opportunity", name="Big", account=account["id"], amount=100, close_date="2027-01-01")
    small = await admin.create("opportunity", name="Small", account=account["id"], amount=1, close_date="2027-01-01")
    r = await admin.post(f"/api/v1/flows/{flow}/test", {"record": deal["id"], "input": {"why": "Now"}})
    assert [(s["id"], s["state"], s["would"]["values"]) for s in r.json["steps"]] == [
        ("s1", "done", {"next_step": "Now: Big"})
    ]
    assert [(c["title"], c["fields"]) for c in r.json["changes"]] == [("Big", {"next_step": [None, "Now: Big"]})]
    assert (await admin.get(f"/api/v1/records/opportunity/{deal['id']}")).json["next_step"] is None, "nothing is kept"
    assert (await admin.get(f"/api/v1/flows/{flow}/runs")).json["data"] == []
    assert (await admin.post(f"/api/v1/flows/{flow}/activate", {"active": True})).json["active"]

    entry = next(o for o in (await rep.get("/api/v1/catalog")).json["objects"] if o["name"] == "opportunity")
    button = next(a for a in entry["actions"] if a["name"] == "flow_rush")
    assert (button["label"]["zh"], button["input"][0]["name"]) == ("加急处理", "why")
    address = "/api/v1/records/opportunity/{}/actions/flow_rush"
    assert (await admin.post(address.format(deal["id"]), {"input": {}})).codes == {"why": "required"}
    assert (await admin.post(address.format(small["id"]), {"input": {"why": "x"}})).status == 409
    assert (await rep.post(address.format(deal["id"]), {"input": {"why": "x"}})).status == 404, "rep may not see it"
    r = await admin.post(address.format(deal["id"]), {"input": {"why": "Please"}})
    assert r.status == 200
    await settle(admin)
    assert (await admin.get(f"/api/v1/records/opportunity/{deal['id']}")).json["next_step"] == "Please: Big"
    run = (await admin.get(f"/api/v1/flows/runs/{r.json['run']}")).json
    assert (run["state"], run["steps"][0]["state"], run["record"]["title"]) == ("done", "done", "Big")
    assert (await admin.get(f"/api/v1/flows/{flow}/figures")).json["steps"]["s1"]["done"] == 1
    assert (await admin.post(f"/api/v1/flows/runs/{run['id']}/retry")).status == 409
    assert (await admin.post(f"/api/v1/flows/runs/{run['id']}/undo")).json["undone"] == 1
    assert (await admin.post(f"/api/v1/flows/runs/{run['id']}/dance")).status == 404
    assert (await rep.get("/api/v1/flows")).status == 403
    await admin.call(
        "PATCH", f"/api/v1/flows/{flow}", {"definition": {**what, "steps": [{"id": "s9", "kind": "stop"}]}}
    )
    await admin.post(f"/api/v1/flows/{flow}/activate", {"active": True})
    kept = (await admin.get(f"/api/v1/flows/{flow}/versions")).json["data"]
    assert [(v["version"], v["actor"]["title"]) for v in kept] == [(2, "Admin"), (1, "Admin")]
    older = (await admin.get(f"/api/v1/flows/{flow}/versions/1")).json["definition"]
    assert (older["steps"], run["version"]) == ([{"id": "s1", **DONE}], 1), "what a run went through can be seen later"
    assert (await admin.get(f"/api/v1/flows/{flow}/versions/3")).status == 404
    assert (await rep.get(f"/api/v1/flows/{flow}/versions")).status == 403
    [listed] = (await admin.get("/api/v1/flows")).json["data"]
    assert (listed["trigger"], listed["counts"]["done_30d"]) == ("button", 1)
    assert (await admin.call("DELETE", f"/api/v1/flows/{flow}")).status == 204
    assert (await admin.get(f"/api/v1/flows/{flow}")).status == 404
    assert (await admin.get(f"/api/v1/flows/runs/{run['id']}")).status == 200, "what happened can still be seen"


async def test_another_system_starts_a_flow_once(admin: Client, stranger: Client) -> None:
    what: dict[str, Any] = {
        "trigger": {"kind": "webhook"},
        "steps": [
            {
                "id": "s1",
                "kind": "create",
                "object": "lead",
                "values": {"name": {"from": "input.person.name"}, "company": "C"},
            }
        ],
    }
    flow = (await admin.post("/api/v1/flows", {"label": "Hook", "definition": what})).json["id"]
    assert (await admin.get(f"/api/v1/flows/{flow}")).json["hook"] is None
    hook = (await admin.post(f"/api/v1/flows/{flow}/activate", {"active": True})).json["hook"]
    for _ in range(2):
        r = await stranger.post(hook, {"person": {"name": "Zhang San"}}, idempotency_key="k1")
        assert r.status == 202, r.body
    assert (await stranger.post("/api/v1/hooks/" + "x" * 32, {})).status == 404
    await settle(admin)
    found = (await admin.get("/api/v1/records/lead")).json["data"]
    assert [lead["name"] for lead in found] == ["Zhang San"]


async def test_one_says_when_one_is_away(admin: Client, rep: Client) -> None:
    me = (await rep.get("/api/v1/session")).json["user"]["id"]
    other = (await admin.get("/api/v1/session")).json["user"]["id"]
    week = {"since": "2026-01-01T00:00:00Z", "until": "2999-01-01T00:00:00+08:00"}
    assert (await rep.get("/api/v1/approvals/absence")).json == {"absence": None}
    assert (await rep.call("PUT", "/api/v1/approvals/absence", {**week, "deputy": me})).codes == {
        "deputy": "reference_not_found"
    }
    assert (
        await rep.call("PUT", "/api/v1/approvals/absence", {**week, "until": "soon", "deputy": other})
    ).status == 422
    r = await rep.call("PUT", "/api/v1/approvals/absence", {**week, "deputy": other})
    assert r.json["absence"]["deputy"]["title"] == "Admin"
    told = (await admin.get("/api/v1/notifications")).json["data"]
    assert any("is away until" in n["text"] for n in told), told
    assert (await rep.call("DELETE", "/api/v1/approvals/absence")).status == 204
    assert (await rep.get("/api/v1/approvals/absence")).json == {"absence": None}
