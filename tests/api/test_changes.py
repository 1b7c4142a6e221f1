"""Bulk acts over HTTP: narrowed lists of them, what they touched, and an undo that is only tried."""

from __future__ import annotations

from typing import Any

import pytest


async def mass(admin: Any, ids: list[str], **values: Any) -> str:
    """A bulk change; its change set."""
    done = await admin.post("/api/v1/records/account/mass", {"ids": ids, "values": values})
    assert done.status == 200, done.text
    return done.json["change_set"]


async def accounts(admin: Any, *names: str) -> list[str]:
    operations = [{"op": "create", "values": {"name": name}} for name in names]
    done = await admin.post("/api/v1/records/account/batch", {"operations": operations})
    return [result["record"]["id"] for result in done.json["results"]]


async def test_an_undo_can_be_tried(admin: Any) -> None:
    ids = await accounts(admin, "Tried A", "Tried B")
    change_set = await mass(admin, ids, employees=10)
    await admin.call("PATCH", f"/api/v1/records/account/{ids[0]}", {"values": {"employees": 11}})
    tried = await admin.post(f"/api/v1/change_sets/{change_set}/undo", {"dry_run": True})
    assert tried.status == 200
    assert (tried.json["undone"], tried.json["change_set"]) == (1, None)
    assert [(k["id"], k["title"], k["reason"]) for k in tried.json["kept"]] == [(ids[0], "Tried A", "edited_since")]
    found = [(await admin.get(f"/api/v1/records/account/{id}")).json["employees"] for id in ids]
    assert found == [11, 10]
    done = await admin.post(f"/api/v1/change_sets/{change_set}/undo")
    assert (done.json["undone"], done.json["kept_count"]) == (1, 1)
    assert (await admin.get(f"/api/v1/records/account/{ids[1]}")).json["employees"] is None


async def test_bulk_acts_are_narrowed_and_say_what_they_touched(admin: Any) -> None:
    [account] = await accounts(admin, "Narrowed")
    change_set = await mass(admin, [account], employees=3)

    async def listed(**params: str) -> list[str]:
        query = "&".join(f"{name}={value}" for name, value in params.items())
        return [s["id"] for s in (await admin.get(f"/api/v1/change_sets?limit=200&{query}")).json["data"]]

    assert change_set in await listed(kind="mass")
    assert change_set in await listed(kind="mass", object="account", mine="true")
    assert change_set not in await listed(kind="import")
    assert change_set not in await listed(object="contact")
    assert change_set not in await listed(q="no such label")
    entry = next(s for s in (await admin.get("/api/v1/change_sets?kind=mass")).json["data"] if s["id"] == change_set)
    assert entry["objects"] == [{"object": "account", "created": 0, "updated": 1, "deleted": 0}]


@pytest.mark.parametrize("path", ["/api/v1/change_sets?mine=perhaps", "/api/v1/change_sets?who=me"])
async def test_what_a_list_does_not_know_is_refused(admin: Any, path: str) -> None:
    assert (await admin.get(path)).status == 422


async def test_what_would_stop_working_is_named_before_and_works_again_after(admin: Any) -> None:
    """A field goes that a view, a segment, a pool, a webhook, a grade and a rule of data life ask for; then it comes back."""

    async def change(*changes: dict[str, Any], dry: bool = False) -> dict[str, Any]:
        done = await admin.post("/api/v1/catalog/changes", {"changes": list(changes), "dry_run": dry})
        assert done.status == 200, done.body
        return done.json

    at = {"object": "account", "field": "rank"}
    options = {"type": "select", "options": ["high", "low"]}
    await change({"op": "add_field", "object": "account", "name": "rank", "label": {"en": "Rank"}, **options})
    asked = {"field": "rank", "op": "eq", "value": "high"}
    view = {"name": "ranked", "label": {"en": "Ranked"}, "columns": ["name"], "filter": asked}
    await change({"op": "add_view", "object": "account", "view": view})
    retention = {"what": "to_bin", "object": "account", "days": 900, "since": "created_at", "filter": asked}
    made = [
        await admin.post("/api/v1/segments", {"object": "account", "label": {"en": "Top"}, "filter": asked}),
        await admin.post("/api/v1/records/pool", {"values": {"name": "Sea", "holds": "account", "within": asked}}),
        await admin.post("/api/v1/webhooks", {"name": "Till", "url": "https://example.com", "objects": ["account"], "kinds": ["created"], "filter": asked}),
        await admin.call("PUT", "/api/v1/retention", {"rules": [retention]}),
    ]  # fmt: skip
    assert [m.status for m in made] == [201, 201, 201, 200], [m.body for m in made]
    grade = "/api/v1/standing/schemes/account/grade"
    now = (await admin.get(grade)).json
    factor = {"name": "rank", "input": {"formula": "rank"}, "scale": {"kind": "options", "options": {"high": 100}}}
    axis = {**now["plan"]["axes"][0], "factors": [factor]}
    plan = {**now["plan"], "axes": [axis]}
    put = await admin.call("PUT", grade, {"plan": plan}, headers={"if-match": f'"{now["edit"]}"'})
    assert put.status == 200, put.body

    async def stops(op: str) -> dict[str, str]:
        told = await change({"op": op, **at}, dry=True)
        return {s["step"].split()[0]: s["label"]["en"] for s in told["plan"] if isinstance(s.get("breaks"), str)}

    named = await stops("retire_field")
    assert named == {
        "view": "Ranked",
        "segment": "Top",
        "pool": "Sea",
        "webhook": "Till",
        "grade": "Account",
        "retention": "Accounts",
    }
    await change({"op": "retire_field", **at})
    assert (await admin.post("/api/v1/records/account/query", {"filter": asked})).status == 422
    await change({"op": "restore_field", **at})
    assert (await admin.post("/api/v1/records/account/query", {"filter": asked})).status == 200
    assert await stops("retire_field") == named, "each of them asks for it again"
    assert [f["name"] for f in (await admin.get(grade)).json["plan"]["axes"][0]["factors"]] == ["rank"]
    # An option that goes is named where it is asked for; what asks goes on, as do the records that have it.
    off = {"op": "change_field", **at, "options": [{"name": "high", "active": False}, "low"], "default": "low"}
    plan = (await change(off, dry=True))["plan"]
    assert {s["step"].split()[0]: s["names"] for s in plan if "names" in s} == {
        kind: [["account.rank", "high"]] for kind in named
    }
    assert not any(isinstance(s.get("breaks"), str) for s in plan)
    # What reckons with a field holds it: the change is refused at its place.
    formula = {"type": "formula", "config": {"expression": 'if(rank = "high", 1, 0)'}}
    await change({"op": "add_field", "object": "account", "name": "rank_points", "label": {"en": "Points"}, **formula})
    refused = await admin.post("/api/v1/catalog/changes", {"changes": [{"op": "retire_field", **at}], "dry_run": True})
    assert refused.status == 422
    assert [e["field"] for e in refused.json["errors"]] == ["account.rank_points"]
    # What is no name is refused like a name that is not there.
    for odd in ({"object": {"a": 1}}, {"object": "account", "field": {"a": [1]}}, {"object": "account", "field": [1]}):
        body = {"changes": [{"op": "retire_field", **odd}], "dry_run": True}
        assert (await admin.post("/api/v1/catalog/changes", body)).status == 422, odd


async def test_a_refused_change_of_many_says_for_which(admin: Any) -> None:
    rule = {"op": "put_rule", "object": "account", "rule": {"name": "small", "kind": "validate", "label": {"en": "Small"}, "message": {"en": "Too many at once."}, "when": {"and": [{"field": "employees", "op": "gt", "value": 900}, {"field": "status", "op": "eq", "value": "prospect"}]}}}  # fmt: skip
    made = await admin.post("/api/v1/catalog/changes", {"changes": [rule]})
    assert made.status == 200, made.text
    ids = await accounts(admin, *(f"Of {n}" for n in "ABCDE"))
    await mass(admin, ids[:4], status="prospect")
    await mass(admin, ids[4:], status="customer")
    done = await admin.post("/api/v1/records/account/mass", {"ids": ids, "values": {"employees": 1000}})
    assert done.status == 422
    [error] = done.json["errors"]
    assert error["message"].startswith("Too many at once. 4 records are concerned: Of ")
    assert error["message"].endswith(", …")
    alone = await admin.post("/api/v1/records/account/mass", {"ids": ids[:1], "values": {"employees": 1000}})
    assert [e["message"] for e in alone.json["errors"]] == ["Too many at once."]
    for values in ({"nonsense": 1}, {"employees": "many"}, {"owner": ids[0]}, {"name": None}):
        told = await admin.post("/api/v1/records/account/mass", {"ids": ids, "values": values})
        assert (told.status, told.json["errors"][0]["field"]) == (422, next(iter(values)))
