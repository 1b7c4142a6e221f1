"""Merging as an integrator meets it: one call, old ids that lead on, and a way back."""

from __future__ import annotations

from typing import Any


async def made(who: Any, **values: Any) -> str:
    return (await who.post("/api/v1/records/account", {"values": values})).json["id"]


async def test_records_become_one_and_their_old_ids_lead_on(admin: Any) -> None:
    a, b = await made(admin, name="A"), await made(admin, name="B", phone="010-62345678")
    contact = (await admin.post("/api/v1/records/contact", {"values": {"name": "Li", "account": b}})).json["id"]
    asked = {"survivor": a, "ids": [a, b], "dry_run": True}
    told = (await admin.post("/api/v1/records/account/merge", asked)).json
    assert ([r["id"] for r in told["records"]], told["lost"], told["conflicts"]) == ([a, b], [b], [])
    assert [(r["name"], r["counts"]) for r in told["related"]] == [("contact.account", {b: 1})]
    assert {f["name"]: (f["how"], f["from"]) for f in told["fields"] if f["differs"] and f["name"] != "held_since"} == {
        "name": ("kept", a), "phone": ("filled", b)
    }  # fmt: skip
    assert (await admin.get(f"/api/v1/records/account/{b}")).status == 200, "nothing was done yet"
    versions = {r["id"]: r["version"] for r in told["records"]}
    done = await admin.post("/api/v1/records/account/merge", {"survivor": a, "ids": [b], "versions": versions})
    assert (done.status, done.json["record"]["phone"], done.headers["guanxi-change-set"]) == (
        200, "010-62345678", done.json["change_set"]
    )  # fmt: skip
    old = await admin.get(f"/api/v1/records/account/{b}")
    assert (old.status, old.headers["location"]) == (307, f"/api/v1/records/account/{a}")
    assert old.json == {"merged_into": {"object": "account", "id": a}}
    assert (await admin.get(f"/api/v1/records/account/{b}/history")).json["data"][0]["into"] == {"id": a}
    again = await admin.post("/api/v1/records/account/merge", {"survivor": b, "ids": [a]})
    assert (again.status, again.json["code"]) == (409, "merged_meanwhile")
    back = await admin.post(f"/api/v1/records/account/{b}/restore")
    assert (back.status, back.json["code"]) == (409, "merged_away")

    gone = (await admin.get("/api/v1/records/account/merged", ids=f"{a},{b},nobody")).json["data"]
    assert gone == [{"id": b, "into": {"id": a, "title": "A"}}]
    [merge] = (await admin.get(f"/api/v1/records/account/{a}/merges")).json["data"]
    assert merge["lost"] == [{"id": b, "title": "B"}]
    apart = (await admin.get(f"/api/v1/records/account/{a}/unmerge", merge=merge["id"])).json
    assert [(f["name"], f["before"], f["now"], f["choice"]) for f in apart["fields"]] == [
        ("phone", None, "010-62345678", "before"),
        ("former_names", None, ["B"], "before"),
    ]
    out = await admin.post(f"/api/v1/records/account/{a}/unmerge", {"merge": merge["id"], "version": apart["version"]})
    assert (out.status, out.json["lost"], out.json["moved"]) == (200, [b], [{"object": "contact", "count": 1}])
    assert (await admin.get(f"/api/v1/records/contact/{contact}")).json["account"]["id"] == b
    assert (await admin.get(f"/api/v1/records/account/{b}")).json["phone"] == "010-62345678"
    undone = await admin.post(f"/api/v1/change_sets/{out.json['change_set']}/undo")
    assert (undone.status, undone.json["kept"]) == (200, [])
    assert (await admin.get(f"/api/v1/records/account/{b}")).status == 307


async def test_what_cannot_be_read_is_refused(admin: Any) -> None:
    a, b = await made(admin, name="A"), await made(admin, name="B")
    for path, body, status, code in (
        ("merge", {}, 422, "required"),
        ("merge", {"survivor": "x", "ids": []}, 422, "not_an_id"),
        ("merge", {"survivor": a, "ids": "x"}, 422, "must_be_list"),
        ("merge", {"survivor": a, "ids": [a]}, 422, "merge_needs_two"),
        ("merge", {"survivor": a, "ids": ["nonsense"]}, 404, None),
        ("merge", {"survivor": a, "ids": [b], "choices": []}, 422, "must_be_object"),
        ("merge", {"survivor": a, "ids": [b], "versions": {b: "1"}}, 422, "must_be_number"),
        ("merge", {"survivor": a, "ids": [b], "dry_run": 1}, 422, "must_be_boolean"),
        ("merge", {"survivor": a, "ids": [b], "more": 1}, 422, "unknown_parameter"),
        (f"{a}/unmerge", {}, 404, None),
        (f"{a}/unmerge", {"merge": "x"}, 422, "not_an_id"),
        (f"{a}/unmerge", {"lost": "x"}, 422, "must_be_list"),
        (f"{a}/unmerge", {"children": [1]}, 422, "must_be_list"),
        (f"{a}/unmerge", {"version": "1"}, 422, "must_be_number"),
    ):
        r = await admin.post(f"/api/v1/records/account/{path}", body)
        assert (r.status, code) == (status, code and next(iter(r.codes.values()))), (path, body, r.json)
