"""Packs over HTTP: offered before there is a workspace, begun with, taken out, compared."""

from __future__ import annotations

from typing import Any

import pytest


async def test_a_pack_is_taken_out_compared_and_put_in(admin: Any) -> None:
    listed = (await admin.get("/api/v1/packs")).json["data"]
    assert {"fmcg", "retail"} <= {p["name"] for p in listed}
    # Deals that are under way stay where they are, beside the stages that come.
    account = await admin.create("account", name="A")
    start = {"account": account["id"], "close_date": "2030-01-01", "amount": 1}
    deal = await admin.create("opportunity", name="D", pipeline="sales", stage="needs", **start)
    found = (await admin.post("/api/v1/packs/compare", {"name": "fmcg"})).json
    assert found["kept"] == []
    [stages] = [[s["name"] for s in c["stages"]] for c in found["changes"] if c["op"] == "change_pipeline"]
    assert stages.index("needs") < stages.index("won")
    assert "qualification" not in stages, "nothing is in it"
    plan = (await admin.post("/api/v1/catalog/changes", {"changes": found["changes"], "dry_run": True})).json["plan"]
    assert any(s["step"] == "create table dealer_agreement" for s in plan)
    assert (await admin.post("/api/v1/catalog/changes", {"changes": found["changes"]})).status == 200
    assert (await admin.post("/api/v1/packs/compare", {"name": "fmcg"})).json["changes"] == []
    assert (await admin.get(f"/api/v1/records/opportunity/{deal['id']}")).json["stage"] == "needs"
    file = (await admin.get("/api/v1/packs/export")).json
    assert (await admin.post("/api/v1/packs/compare", {"pack": file, "mode": "same"})).json["changes"] == []


@pytest.mark.parametrize("body", [{"name": "nope"}, {"pack": {}}, {}, {"pack": {"guanxi": "pack/1", "name": "x", "changes": [{"op": "no"}]}}, {"name": "fmcg", "mode": "x"}])  # fmt: skip
async def test_what_is_no_pack_is_refused(admin: Any, body: Any) -> None:
    assert (await admin.post("/api/v1/packs/compare", body)).status == 422


async def test_a_change_of_the_catalog_is_taken_back_over_http(admin: Any, rep: Any) -> None:
    field = {"op": "add_field", "object": "account", "name": "shelf", "type": "text"}
    made = (await admin.post("/api/v1/catalog/changes", {"changes": [field]})).json["change_set"]
    path = f"/api/v1/change_sets/{made}/undo"
    assert (await rep.post(path)).status == 403
    tried = (await admin.post(path, {"dry_run": True})).json
    assert tried["changes"][0]["op"] == "retire_field"
    done = await admin.post(path)
    assert (done.status, done.json["undone"]) == (200, tried["undone"])
    names = {f["name"] for o in (await admin.get("/api/v1/catalog")).json["objects"] for f in o["fields"]}
    assert "shelf" not in names
    assert (await admin.post(path)).status == 409
