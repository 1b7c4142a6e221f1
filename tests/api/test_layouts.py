"""Layouts: for everybody, and in their place for a role."""

from __future__ import annotations

from typing import Any

SHORT = {
    "sections": [{"label": {"en": "Short"}, "fields": ["name", "phone"]}],
    "header": ["revenue"],
    "actions": [],
    "flows": False,
}


def layout_of(catalog: Any, name: str = "account") -> Any:
    return next(o for o in catalog.json["objects"] if o["name"] == name)


async def change(admin: Any, *changes: dict[str, Any]) -> Any:
    return await admin.post("/api/v1/catalog/changes", {"changes": list(changes)})


async def test_a_role_has_its_own_layout_and_everybody_else_the_common_one(admin: Any, rep: Any) -> None:
    before = layout_of(await admin.get("/api/v1/catalog"))["layout"]
    done = await change(admin, {"op": "set_layout", "object": "account", "role": "rep", "layout": SHORT})
    assert done.status == 200
    seen = layout_of(await rep.get("/api/v1/catalog"))
    assert [s["fields"] for s in seen["layout"]["sections"]] == [["name", "phone"]]
    assert (seen["layout"]["actions"], seen["layout"]["flows"]) == ([], False)
    assert before["flows"]
    assert "layouts" not in seen, "only who shapes the catalog sees the others'"
    mine = layout_of(await admin.get("/api/v1/catalog"))
    assert mine["layout"] == mine["layouts"][""] == before
    assert mine["layouts"]["rep"]["header"] == ["revenue"]
    await admin.post(f"/api/v1/change_sets/{done.json['change_set']}/undo")
    assert layout_of(await rep.get("/api/v1/catalog"))["layout"]["sections"] == before["sections"]


async def test_what_no_layout_can_name_is_refused(admin: Any) -> None:
    for wrong in (
        {"role": "rep", "layout": {"sections": [{"fields": ["no_such"]}]}},
        {"role": 1, "layout": SHORT},
        {"layout": None},
        {"layout": {"sections": [], "actions": "all"}},
        {"layout": {"sections": [], "flows": "none"}},
    ):
        assert (await change(admin, {"op": "set_layout", "object": "account", **wrong})).status == 422, wrong
