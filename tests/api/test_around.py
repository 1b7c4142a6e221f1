"""What is told around a record, over the API."""

from __future__ import annotations

from typing import Any


async def test_panels_alerts_and_the_brief_of_a_record(admin: Any) -> None:
    account = (await admin.post("/api/v1/records/account", {"values": {"name": "Acme"}})).json["id"]
    wrong = {"subject": "It leaks", "kind": "complaint", "account": account}
    await admin.post("/api/v1/records/case", {"values": wrong})
    here = f"/api/v1/records/account/{account}"
    assert (await admin.get(f"{here}/panels?names=open")).json["data"]["open"]["rows"][0]["count"] == 1
    assert (await admin.get(f"{here}/panels?names=nothing")).status == 422
    assert [a["name"] for a in (await admin.get(f"{here}/alerts")).json["data"]] == ["complaint"]
    paper = await admin.post(f"{here}/brief.pdf")
    assert paper.status == 200
    assert (await admin.get(f"{here}/brief.pdf")).status == 405, "looking costs nothing, and this does"
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.body.startswith(b"%PDF-")
    assert (await admin.post("/api/v1/records/account/01a20226-01fe-7e2d-8185-52ca506c078f/brief.pdf")).status == 404
    catalog = (await admin.get("/api/v1/catalog")).json
    shown = next(o for o in catalog["objects"] if o["name"] == "account")
    layout = {**shown["layout"], "panels": ["open", "worth"]}
    done = await admin.post(
        "/api/v1/catalog/changes", {"changes": [{"op": "set_layout", "object": "account", "layout": layout}]}
    )
    assert done.status == 200
    assert list((await admin.get(f"{here}/panels")).json["data"]) == ["open", "worth"]


async def test_a_brief_is_made_of_any_record_also_one_without_figures(admin: Any) -> None:
    me = (await admin.get("/api/v1/records/user")).json["data"][0]["id"]
    made = await admin.post(f"/api/v1/records/user/{me}/brief.pdf")
    assert (made.status, made.body[:5]) == (200, b"%PDF-")
