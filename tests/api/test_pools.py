"""Pools as an integrator meets them: what is sent is looked at before anything is done."""

from __future__ import annotations

from typing import Any


async def test_what_is_no_act_and_no_rule_is_refused(admin: Any) -> None:
    me = (await admin.get("/api/v1/session")).json["user"]["id"]
    made = await admin.post("/api/v1/records/account", {"values": {"name": "A"}})
    asked = {"object": "account", "ids": [made.json["id"]]}
    for act, codes in (
        ({"act": "release", "reason": "because"}, {"reason": "not_an_option"}),
        ({"act": "release"}, {"reason": "required"}),
        ({"act": "transfer", "to": [me, me]}, {"to": "one_of"}),
    ):
        answer = await admin.post("/api/v1/pools/act", {**asked, **act})
        assert (answer.status, answer.codes) == (422, codes), act
    draft = {"holds": "account", "members": [me], "recycling": [{"name": "idle", "idle_days": 30}]}
    told = await admin.post("/api/v1/pools/simulate", {"pool": draft})
    assert (told.status, told.json["count"]) == (200, 0)
    refused = await admin.post("/api/v1/pools/simulate", {"pool": {**draft, "active": False}})
    assert (refused.status, refused.codes) == (422, {"active": "required"})
    assert (await admin.get("/api/v1/records/pool")).json["data"] == []
