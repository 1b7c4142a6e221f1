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
