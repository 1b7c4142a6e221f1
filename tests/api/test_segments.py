"""Segments over HTTP: made, filled, asked and dropped, each refusal in its words."""

from __future__ import annotations

from typing import Any

S = "/api/v1/segments"


async def test_a_segment_from_its_making_to_its_end(admin: Any, rep: Any) -> None:
    ids = [(await admin.create("account", name=f"Seg {n}", employees=n * 100))["id"] for n in range(4)]
    asked = {
        "and": [
            {"field": "name", "op": "starts_with", "value": "Seg "},
            {"field": "employees", "op": "gte", "value": 200},
        ]
    }
    given = {"object": "account", "label": {"en": "Large", "zh": "大客户"}, "filter": asked, "scope": "shared"}
    dynamic = await admin.post(S, given, idempotency_key="s1")
    assert dynamic.status == 201, dynamic.body
    assert (dynamic.json["size"], dynamic.json["scope"], dynamic.json["may_change"]) == (2, "shared", True)
    again = await admin.post(S, given, idempotency_key="s1")
    assert again.json["id"] == dynamic.json["id"], "a repeated request makes no second one"
    one = f"{S}/{dynamic.json['id']}"
    static = await admin.post(
        S, {"object": "account", "label": "Picked", "kind": "static", "members": {"ids": ids[:2]}}
    )
    assert (static.status, static.json["size"]) == (201, 2)
    two = f"{S}/{static.json['id']}"
    in_both = {"and": [{"in_segment": dynamic.json["id"]}, {"not": {"in_segment": static.json["id"]}}]}
    listed = await admin.post(
        "/api/v1/records/account/query", {"filter": in_both, "fields": ["id"], "include": "count"}
    )
    assert listed.json["count"] == 2
    assert (await admin.post(f"{two}/members", {"filter": {"in_segment": dynamic.json["id"]}})).json == {
        "moved": 2,
        "size": 4,
    }
    assert (await admin.get(f"{one}/overlap", **{"with": static.json["id"]})).json == {"this": 2, "other": 4, "both": 2}
    assert (await admin.post(f"{two}/members/remove", {"ids": ids})).json == {"moved": 4, "size": 0}
    assert (await admin.get(f"{one}/trend")).json["data"][0]["size"] == 2
    now = (await admin.get(f"{one}/past", as_of="2020-01-01T00:00:00Z")).json
    assert now == {"then": 0, "now": 2, "stayed": 0}
    seen = (await rep.get(S, object="account")).json["data"]
    assert [(s["label"]["zh"], s["may_change"]) for s in seen] == [("大客户", False)]
    assert (await rep.get(two)).status == 404
    assert (await rep.call("PATCH", one, {"label": "Mine"})).status == 403
    assert (await rep.call("DELETE", one)).status == 403
    changed = await admin.call("PATCH", one, {"filter": {"field": "name", "op": "eq", "value": "Seg 1"}, "tells": True})
    assert (changed.json["size"], changed.json["tells"]) == (1, True)
    assert (await admin.call("DELETE", one)).status == 204
    assert (await admin.get(one)).status == 404
    assert (await admin.call("DELETE", two)).status == 204


async def test_what_makes_no_sense_is_refused_by_name(admin: Any, rep: Any) -> None:
    def body(**more: Any) -> dict[str, Any]:
        return {"object": "account", "label": "X", **more}

    bad: list[tuple[dict[str, Any], dict[str, str]]] = [
        (body(), {"filter": "required"}),
        (body(label=""), {"label": "required", "filter": "required"}),
        (body(filter={"field": "nope", "op": "eq", "value": 1}), {"nope": "unknown_field"}),
        (body(filter={"related": "nope", "count": {"gte": 1}}), {"nope": "unknown_field"}),
        (body(filter={"in_segment": "x"}), {"in_segment": "not_an_id"}),
        (body(kind="static", filter={"and": []}), {"filter": "segment_static"}),
        (body(kind="static", members={"ids": ["x"]}), {"ids": "not_an_id"}),
        (body(kind="static", members={"sample": 3}), {"ids": "required"}),
        (body(kind="living"), {"kind": "not_an_option"}),
        (body(filter={"and": []}, color="red"), {"color": "unknown_parameter"}),
    ]
    for given, codes in bad:
        answer = await admin.post(S, given)
        assert (answer.status, answer.codes) == (422, codes), (given, answer.body)
    assert (await admin.post(S, {"object": "nope", "label": "X"})).status == 404
    assert (await rep.post(S, body(filter={"and": []}, scope="shared"))).status == 403
    assert (await admin.get(f"{S}/x")).status == 404
