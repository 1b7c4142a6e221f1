"""Rules as an administrator makes them and everybody meets them: through the catalog, in forms, records and imports."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.api.test_transfer import ended, send, worker

from guanxi.api import App

__all__ = ["worker"]

CHANGES = "/api/v1/catalog/changes"
ACCOUNTS = "/api/v1/records/account"


async def put(admin: Any, *rules: dict[str, Any], object: str = "account", **more: Any) -> Any:
    full = [{"label": {"en": r["name"].title(), "zh": r["name"]}, **r} for r in rules]
    changes = [{"op": "put_rule", "object": object, "rule": r} for r in full]
    return await admin.post(CHANGES, {"changes": changes, **more})


BIG = {
    "name": "big",
    "kind": "validate",
    "when": {"and": [{"field": "revenue", "op": "gt", "value": 100}, {"field": "industry", "op": "is_empty"}]},
    "fields": ["industry"],
    "message": {"en": "Large customers need an industry.", "zh": "大客户需要填写行业。"},
}
REGISTERED = {
    "name": "registered",
    "kind": "require",
    "when": {"field": "status", "op": "eq", "value": "customer"},
    "fields": ["registration"],
}
COMPANY = {
    "name": "company",
    "kind": "show",
    "when": {"field": "kind", "op": "eq", "value": "company"},
    "fields": ["employees"],
}
LOCKED = {
    "name": "locked",
    "kind": "readonly",
    "when": {"field": "status", "op": "eq", "value": "inactive"},
    "fields": ["size"],
}
BEGINS = {
    "name": "begins",
    "kind": "default",
    "when": {"field": "kind", "op": "eq", "value": "person"},
    "fields": ["size"],
    "value": "small",
}
PHONE = {"name": "one_phone", "kind": "duplicate", "match": [{"fields": ["phone"], "how": "phone"}], "act": "block"}


async def test_a_rule_is_tried_then_made_then_met(admin: Any, rep: Any) -> None:
    for name, revenue in (("A", 200), ("B", 50)):
        await admin.post(ACCOUNTS, {"values": {"name": name, "revenue": revenue}})
    tried = (await put(admin, BIG, dry_run=True)).json["plan"]
    assert tried == [{"step": "rule account.big", "later": False, "rows": 2, "applies": 2, "breaks": 1}]
    assert (await put(admin, BIG)).status == 200
    refused = await rep.post(ACCOUNTS, {"values": {"name": "C", "revenue": 200}})
    assert (refused.status, refused.json["errors"]) == (
        422,
        [{"field": "industry", "code": "rule", "message": "Large customers need an industry."}],
    )
    shown = next(o for o in (await rep.get("/api/v1/catalog")).json["objects"] if o["name"] == "account")["rules"]
    [mine] = [r for r in shown if r["name"] == "big"]
    assert (mine["when"], mine["fields"], mine["custom"]) == (BIG["when"], ["industry"], True)
    retired = await admin.post(CHANGES, {"changes": [{"op": "retire_rule", "object": "account", "rule": "big"}]})
    assert retired.status == 200
    made = await admin.post(ACCOUNTS, {"values": {"name": "Dong Li", "kind": "person", "size": "large"}})
    assert made.status == 201, made.json
    few = {
        "name": "few",
        "kind": "options",
        "when": {"field": "kind", "op": "eq", "value": "person"},
        "fields": ["size"],
        "value": ["small"],
    }
    [told] = (await put(admin, few, dry_run=True)).json["plan"]
    assert (told["applies"], told["breaks"]) == (1, 1)
    assert (await rep.post(ACCOUNTS, {"values": {"name": "C", "revenue": 200}})).status == 201


async def test_a_form_is_told_what_the_rules_say(admin: Any) -> None:
    await admin.post(ACCOUNTS, {"values": {"name": "Huawei", "phone": "010-62345678", "status": "inactive"}})
    assert (await put(admin, BIG, REGISTERED, COMPANY, LOCKED, BEGINS, PHONE)).status == 200
    values = {"name": "x", "kind": "person", "status": "customer", "revenue": 200, "phone": "+86 10 6234 5678"}
    said = (await admin.post(f"{ACCOUNTS}/rules", {"values": values})).json
    assert said["hidden"] == ["employees"]
    assert [(r["field"], r["rule"]) for r in said["required"]] == [("registration", "registered")]
    assert said["readonly"] == []
    assert [(p["field"], p["message"]) for p in said["problems"]] == [("industry", "Large customers need an industry.")]
    assert said["defaults"] == {"size": "small"}
    twins = {t["rule"]: t for t in said["alike"]}
    assert twins["one_phone"]["act"] == "block"
    assert [r["name"] for r in twins["one_phone"]["records"]] == ["Huawei"]
    [there] = (await admin.get(ACCOUNTS)).json["data"]
    said = (
        await admin.post(
            f"{ACCOUNTS}/rules", {"values": {"status": "customer", "revenue": "half ty"}, "id": there["id"]}
        )
    ).json
    assert {r["field"] for r in said["readonly"]} == {"size"}
    assert {r["field"] for r in said["required"]} == {"registration"}
    assert (said["alike"], said["problems"]) == ([], [])
    for body, status in (
        ({"values": {"nope": 1}}, 422),
        ({"values": []}, 422),
        ({"nope": 1}, 422),
        ({"values": {}, "id": "x"}, 404),
        ({"values": {}, "id": "01900000-0000-7000-8000-000000000000"}, 404),
    ):
        assert (await admin.post(f"{ACCOUNTS}/rules", body)).status == status, body
    assert (await admin.get(f"{ACCOUNTS}/rules")).status == 405


async def test_similar_names_are_told_and_never_refused(admin: Any) -> None:
    for name in ("恒达科技", "恒达贸易"):
        assert (await admin.post(ACCOUNTS, {"values": {"name": name}})).status == 201
    said = (await admin.post(f"{ACCOUNTS}/rules", {"values": {"name": "恒达"}})).json["alike"]
    assert [(t["rule"], t["how"], {r["name"] for r in t["records"]}) for t in said] == [
        ("same_name", "similar", {"恒达科技", "恒达贸易"})
    ]
    off = {"name": "same_name", "kind": "duplicate", "match": [{"fields": ["name"], "how": "similar"}], "active": False}
    assert (await put(admin, off)).status == 200
    assert (await admin.post(f"{ACCOUNTS}/rules", {"values": {"name": "恒达"}})).json["alike"] == []
    gone = await admin.post(CHANGES, {"changes": [{"op": "retire_rule", "object": "account", "rule": "same_name"}]})
    assert gone.codes == {"rule": "standard_part"}


async def test_two_who_write_the_same_at_once_are_told_apart(admin: Any, rep: Any) -> None:
    assert (await put(admin, PHONE)).status == 200
    for turn in range(5):
        values = {"name": f"A{turn}", "phone": f"+861380013800{turn}"}
        both = await asyncio.gather(*(who.post(ACCOUNTS, {"values": values}) for who in (admin, rep)))
        assert sorted(r.status for r in both) == [201, 422]


async def test_an_import_leaves_out_what_a_rule_refuses(app: App, admin: Any, worker: None) -> None:
    assert (await put(admin, BIG, PHONE)).status == 200
    rows = "Name,Revenue,Phone\nA,50,13800138000\nB,200,\nC,60,138 0013 8000\nD,70,\n"
    mapping = json.dumps({"Name": "name", "Revenue": "revenue", "Phone": "phone"})
    begun = await send(admin, "/api/v1/imports", rows.encode(), object="account", mapping=mapping)
    status = await ended(admin, begun.json["id"])
    assert (status["created"], status["failed"]) == (2, 2)
    errors = (await admin.get(f"/api/v1/imports/{begun.json['id']}/errors.csv")).body.decode("utf-8-sig")
    assert "Large customers need an industry." in errors
    assert "One_Phone" in errors


async def test_a_lead_is_not_converted_against_a_rule(admin: Any) -> None:
    lead = (await admin.post("/api/v1/records/lead", {"values": {"name": "李雷", "company": "甲"}})).json["id"]
    wanted = {"name": "sized", "kind": "require", "when": None, "fields": ["employees"]}
    assert (await put(admin, wanted)).status == 200
    path = f"/api/v1/records/lead/{lead}/actions/convert"
    refused = await admin.post(path, {"input": {"create_opportunity": False}})
    assert (refused.status, refused.codes) == (422, {"account.employees": "required"})


async def test_what_a_rule_needs_is_not_retired(admin: Any) -> None:
    field = {"op": "add_field", "object": "account", "name": "tier", "type": "text", "label": {"en": "Tier"}}
    assert (await admin.post(CHANGES, {"changes": [field]})).status == 200
    assert (await put(admin, {"name": "t", "kind": "require", "when": None, "fields": ["tier"]})).status == 200
    retire = {"op": "retire_field", "object": "account", "field": "tier"}
    assert (await admin.post(CHANGES, {"changes": [retire]})).status == 422
    assert (
        await put(admin, {"name": "u", "kind": "validate", "when": {"field": "tier", "op": "gt", "value": 1}})
    ).codes == {
        "account.u.when": "wrong_type",
        "account.u.message": "required",
    }
