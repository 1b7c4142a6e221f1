"""The timeline of a record: everything once, by kind, channel, person and team, and nothing that its reader may not see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.records.test_evolve import evolve
from tests.world import Desk, World, exact, renewed

from guanxi import records
from guanxi.base import Invalid
from guanxi.base.json import dumps
from guanxi.records import Update

SURVEY = {
    "op": "add_object",
    "name": "survey",
    "label": {"en": "Survey", "zh": "调研"},
    "moment": "held_on",
    "channel": "way",
    "fields": [
        {"name": "held_on", "type": "date"},
        {"name": "way", "type": "select", "options": ["phone", "web"]},
        {"name": "account", "type": "link", "target": "account", "inverse": "surveys"},
        {"name": "contact", "type": "link", "target": "contact", "inverse": "surveys"},
        {"name": "said", "type": "longtext"},
    ],
}


async def test_the_timeline_tells_everything_once_page_by_page(desk: Desk) -> None:
    account = await desk.one("account", name="A")
    deal = await desk.one("opportunity", name="O", account=account)
    for i in range(3):
        await desk.one("note", body=f"N{i}", about={"object": "account", "id": account})
        await desk.one("task", subject=f"T{i}", about={"object": "opportunity", "id": deal})
    await records.write(desk.as_(), "account", [Update(account, {"employees": 5})])
    seen: list[tuple[Any, ...]] = []
    cursor = None
    while True:
        page = await records.timeline(desk.as_(), "account", account, limit=2, cursor=cursor)
        seen += [(e["kind"], e["title"]) for e in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(
        [("note", f"N{i}") for i in range(3)]
        + [("task", f"T{i}") for i in range(3)]
        + [("created", ""), ("change", "")]
    )
    page = await records.timeline(desk.as_(), "opportunity", deal, kinds=["task"])
    assert [e["kind"] for e in page["data"]] == ["task"] * 3
    await records.write(desk.as_(), "opportunity", [Update(deal, {"stage": "needs"})])
    page = await records.timeline(desk.as_(), "opportunity", deal, kinds=["stage"])
    assert [e["changes"]["stage"] for e in page["data"]] == [["qualification", "needs"]]


async def test_it_says_whom_a_moment_is_about_and_leaves_others_of_its_kind_to_their_own(desk: Desk) -> None:
    account = await desk.one("account", name="Parent", kind="person", birthday="2000-02-29")
    below = await desk.one("account", name="Below", parent=account)
    await desk.one("order", number="O-below", account=below, amount=1, ordered_at="2026-01-02T00:00:00Z")
    await desk.one("order", number="O", account=account, amount=1, ordered_at="2026-01-02T00:00:00Z")
    person = await desk.one("contact", name="Ann", account=account)
    await desk.one("consent", party={"object": "contact", "id": person}, purpose="survey", state="given")
    found = (await records.timeline(desk.as_(), "account", account, kinds=["order", "consent"]))["data"]
    assert {e["title"]: e.get("about") for e in found} == {
        "O": None,
        "Surveys": {"object": "contact", "id": person, "title": "Ann"},
    }
    assert exact(await records.get(desk.as_(), "account", account))["age"] in range(25, 60)


async def test_the_timeline_is_counted_searched_and_asked_by_person(desk: Desk) -> None:
    account = await desk.one("account", name="A", owner=desk.world.id("rep1"))
    here = {"object": "account", "id": account}
    await desk.one("note", body="They want a lower price", about=here, owner=desk.world.id("rep1"))
    await desk.one("note", body="Lunch", about=here)
    await desk.one("call", subject="About the price", about=here)
    page = await records.timeline(desk.as_(), "account", account, limit=1, kinds=["call"], counted=True)
    assert page["counts"] == {"note": 2, "call": 1, "created": 1}
    assert {u["id"]: u["count"] for u in page["users"]} == {desk.as_().actor.id: 3, desk.world.id("rep1"): 1}
    assert [e["title"] for e in page["data"]] == ["About the price"]
    page = await records.timeline(desk.as_(), "account", account, q="price")
    assert sorted(e["kind"] for e in page["data"]) == ["call", "note"]
    assert "counts" not in page
    page = await records.timeline(desk.as_(), "account", account, q="PRICE", kinds=["note"])
    assert [e["body"] for e in page["data"]] == ["They want a lower price"]
    page = await records.timeline(desk.as_(), "account", account, user=desk.world.id("rep1"))
    assert [e["kind"] for e in page["data"]] == ["note"]
    page = await records.timeline(desk.as_(), "account", account, q="no such word", counted=True)
    assert (page["data"], page["next"], page["counts"]["note"]) == ([], None, 2)
    with pytest.raises(Invalid):
        await records.timeline(desk.as_(), "account", account, user="rep1")


async def test_an_object_made_today_stands_on_the_timeline(own_world: World) -> None:
    await evolve(own_world, SURVEY)
    async with own_world.desk() as desk:
        account = await desk.one("account", name="A")
        contact = await desk.one("contact", name="C", account=account)
        await desk.make(
            "survey",
            {"name": "Of the company", "held_on": "2026-03-02", "way": "web", "account": account, "said": "Fine"},
            {"name": "Of the person", "held_on": "2026-03-03", "way": "phone", "contact": contact},
            {"name": "Not yet held", "account": account},
        )
        await desk.one("call", subject="Rang", about={"object": "contact", "id": contact})
        page = await records.timeline(desk.as_(), "account", account, kinds=["survey"], counted=True)
        assert [e["title"] for e in page["data"]] == ["Of the person", "Of the company"], (
            "newest first, its people's too"
        )
        assert page["data"][1]["body"] == "Fine"
        assert page["data"][0]["at"].isoformat() == "2026-03-02T16:00:00+00:00", "a day begins in the reader's own time"
        assert (page["counts"]["survey"], page["channels"]) == (2, {"phone": 2, "web": 1})
        by_phone = await records.timeline(desk.as_(), "account", account, channel="phone")
        assert sorted(e["title"] for e in by_phone["data"]) == ["Of the person", "Rang"]
        hidden = records.Grants({"*": {"read": "all"}}, {"survey.held_on": "none"})
        blind = replace(desk.as_(), actor=renewed(desk.as_().actor, grants=hidden))
        page = await records.timeline(blind, "account", account, counted=True)
        assert "survey" not in dumps(page).decode(), "without its moment it has no place there"


async def test_a_deal_stands_where_it_was_decided_and_a_team_sees_its_own(desk: Desk) -> None:
    account = await desk.one("account", name="A")
    here = {"object": "account", "id": account}
    [won, _] = await desk.make(
        "opportunity",
        {"name": "Won", "account": account, "amount": 5, "stage": "won", "closed_on": "2026-03-01"},
        {"name": "Open", "account": account},
    )
    page = await records.timeline(desk.as_(), "account", account, kinds=["opportunity"])
    assert [(e["id"], e["title"]) for e in page["data"]] == [(won, "Won")]
    await desk.one("note", body="From the east", about=here, owner=desk.world.id("rep1"))
    await desk.one("note", body="From the west", about=here, owner=desk.world.id("rep3"))
    east = desk.world.teams["east"]
    page = await records.timeline(desk.as_(), "account", account, team=east, counted=True)
    assert [e["body"] for e in page["data"]] == ["From the east"]
    assert {"id": east, "title": "east", "count": 1} in page["teams"]
    with pytest.raises(Invalid):
        await records.timeline(desk.as_(), "account", account, team="east")
