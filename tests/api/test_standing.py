"""Where customers stand, over HTTP: schemes, explanations, overrides and the journey, each for whom it is."""

from __future__ import annotations

from typing import Any

from guanxi import standing
from guanxi.api import App
from guanxi.records import deliver, workspaces

PLAN: dict[str, Any] = {
    "axes": [
        {
            "name": "size",
            "label": {"en": "Size", "zh": "规模"},
            "factors": [
                {
                    "name": "people",
                    "input": {"formula": "employees"},
                    "scale": {"kind": "bands", "bands": [{"from": 9.5, "points": 50}, {"from": 100, "points": 100}]},
                }
            ],
        }
    ],
    "grades": [{"name": "strategic", "from": 80}, {"name": "ordinary", "from": 0}],
}


async def settle(app: App) -> None:
    async with app.edge.database.connection() as db:
        [workspace] = await workspaces(db)
    await deliver(app.edge.database, workspace, "standing")
    await standing.everything(app.edge.database, workspace)


async def test_a_scheme_from_trial_to_journey(app: App, admin: Any, rep: Any) -> None:
    there = (await admin.get("/api/v1/standing/schemes/account/grade")).json
    assert there["active"]
    assert [a["name"] for a in there["plan"]["axes"]] == ["value", "potential", "loyalty"]
    catalog = (await admin.get("/api/v1/catalog")).json
    assert next(o for o in catalog["objects"] if o["name"] == "account")["standing"] == ["grade", "lifecycle"]
    made = await admin.create("account", name="A", employees=100)
    path = "/api/v1/standing/schemes/account/grade"
    tried = await admin.post(f"{path}/preview", {"plan": PLAN})
    assert tried.json["after"]["strategic"] >= 1
    kept = await admin.call("PUT", path, {"plan": PLAN}, headers={"if-match": '"1"'})
    assert (kept.status, kept.json["edit"]) == (200, 2)
    assert (await admin.call("PUT", path, {"plan": PLAN}, headers={"if-match": '"1"'})).status == 412
    await settle(app)
    told = (await admin.get(f"/api/v1/standing/records/account/{made['id']}")).json
    assert (told["grade"]["value"], told["grade"]["points"]) == ("strategic", 100)
    over = f"/api/v1/standing/records/account/{made['id']}/override/grade"
    set_by_hand = await admin.call("PUT", over, {"value": "ordinary", "reason": "Pays late"})
    assert set_by_hand.json["grade"]["value"] == "ordinary"
    soon = {"value": "ordinary", "reason": "Pays late", "until": "2031-01-01T00:00:00"}
    assert (await admin.call("PUT", over, soon)).status == 422, "a moment without its zone is none"
    assert (await admin.call("DELETE", over)).json["grade"]["value"] == "strategic"
    journey = (await admin.get("/api/v1/standing/journey/account")).json
    assert sum(s["now"] for s in journey["stages"]) >= 1
    # Schemes are for who shapes the workspace, and an explanation for who sees the record.
    assert (await rep.get(path)).status == 403
    assert (await rep.call("PUT", path, {"plan": PLAN})).status == 403
    assert (await rep.get(f"/api/v1/standing/records/account/{made['id']}")).status == 404


async def test_what_is_wrong_is_named(admin: Any) -> None:
    path = "/api/v1/standing/schemes/account"
    wrong = {
        **PLAN,
        "axes": [{**PLAN["axes"][0], "factors": [{**PLAN["axes"][0]["factors"][0], "input": {"formula": "nonsense"}}]}],
    }
    for body in ({"plan": wrong}, {"plan": {**PLAN, "grades": [{"name": "a", "from": 5}]}}, {"plan": {}}):
        for method, to in (("POST", f"{path}/grade/preview"), ("PUT", f"{path}/grade")):
            refused = await admin.call(method, to, body)
            assert refused.status == 422, refused.body
            assert refused.json["errors"]
    assert (await admin.call("PUT", f"{path}/grade", {"plan": {"nonsense": 1}})).status == 422
    assert (await admin.get(f"{path}/nonsense")).status == 404
    assert (await admin.get("/api/v1/standing/schemes/nobody/grade")).status == 404
    assert (await admin.get("/api/v1/standing/records/account/nonsense")).status == 404
    assert (await admin.get("/api/v1/standing/journey/account", since="nonsense")).status == 422
    assert (await admin.call("PUT", "/api/v1/standing/schemes/task/grade", {"plan": PLAN})).status in (409, 422)


async def test_a_report_of_a_time_before_all_time_is_refused(admin: Any) -> None:
    pool = "01a20226-01fe-7e2d-8185-52ca506c078f"
    refused = await admin.get(f"/api/v1/pools/{pool}/report?until=0001-01-01T00:00:00Z")
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "until")
