"""Customers are graded and go through stages by rules on facts, one by one and all at once alike, and one is told why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.standing.scene import all_of_it, change, heard, make, one, told
from tests.world import World, codes

from guanxi import notify, records, standing
from guanxi.base import Forbidden, Invalid, NotFound
from guanxi.records import Delete, deliver


async def test_a_record_follows_what_it_is_graded_by(graded: World) -> None:
    world = graded
    [a] = await make(world, {"name": "A", "employees": 1000, "industry": "finance"})
    await heard(world)
    found = await one(world, a)
    # (100 + 0) / 2 = 50 for value; (50 * 2 + 100) / 3 = 67
    assert (found["value_score"], found["potential_score"], found["score"], found["grade"]) == (
        50,
        100,
        67,
        "important",
    )
    assert found["lifecycle"] == "active"
    [deal] = await make(
        world,
        {"name": "D", "account": a, "amount": 900, "close_date": "2026-01-01", "stage": "won"},
        object="opportunity",
    )
    await heard(world)
    found = await one(world, a)
    assert (found["value_score"], found["score"], found["grade"]) == (95, 97, "strategic")
    # A deal that moves to another customer changes both.
    [b] = await make(world, {"name": "B"})
    await change(world, deal, "opportunity", account=b)
    await heard(world)
    assert ((await one(world, a))["grade"], (await one(world, b))["value_score"]) == ("important", 45)
    assert (await one(world, b))["potential_score"] is None  # the factor does not count where it is not known
    async with world.act() as ctx:
        await records.write(ctx, "opportunity", [Delete(deal)])
    await heard(world)
    assert (await one(world, b))["value_score"] == 0
    # Figures are kept beside the record: its version stands for what was written; grades are changes that everybody hears of.
    async with world.act() as ctx:
        entries = (await records.history(ctx, "account", a))["data"]
    assert next(sorted(e["changes"]) for e in reversed(entries) if e["kind"] == "update") == [
        "grade",
        "lifecycle",
        "lifecycle_since",
    ]  # written at once
    assert not any("score" in e["changes"] for e in entries)
    # Whoever takes the passage back does not keep the record from its grade.
    async with world.act() as ctx:
        await records.undo(ctx, next(e["change_set"] for e in entries if "grade" in e["changes"]))
    assert (await one(world, a))["grade"] == "strategic"
    await heard(world)
    assert (await one(world, a))["grade"] == "important"


async def test_all_at_once_and_one_by_one_give_the_same(graded: World) -> None:
    world = graded
    rows = [
        {
            "name": str(i),
            "employees": i * 37 % 1500 or None,
            "industry": ("finance", "retail", "education", None)[i % 4],
        }
        for i in range(40)
    ]
    ids = await make(world, *rows)
    await heard(world)
    names = ("grade", "score", "value_score", "potential_score", "lifecycle", "service_due")
    single = [[(await one(world, id))[n] for n in names] for id in ids]
    async with world.act() as ctx:  # as if nobody had reckoned yet
        await ctx.db.execute(
            f'UPDATE "{world.workspace.schema}".account SET grade = NULL, score = NULL, lifecycle = NULL, value_score = 7, service_due = NULL'
        )
    result = await all_of_it(world)
    assert [[(await one(world, id))[n] for n in names] for id in ids] == single
    assert result["moved"] >= 40
    assert (await all_of_it(world))["moved"] == 0


async def test_stages_have_an_order_and_remember(graded: World) -> None:
    """The furthest stage that applies wins; won back is only who was lost, and for a time."""
    world = graded
    [a] = await make(world, {"name": "A"})
    await heard(world)
    assert (await one(world, a))["lifecycle"] == "first_touch"
    steps: list[tuple[dict[str, Any], str]] = [
        ({"employees": 50}, "active"),  # never lost: what follows "lost" is not for it
        ({"status": "inactive"}, "lost"),
        ({"status": "customer"}, "won_back"),
        ({"employees": 51}, "won_back"),
        ({"employees": 5}, "first_touch"),
        ({"employees": 50}, "active"),
        ({"status": "inactive"}, "lost"),
        ({"status": "customer"}, "won_back"),
    ]
    for values, wanted in steps:
        await change(world, a, **values)
        await heard(world)
        assert (await one(world, a))["lifecycle"] == wanted, values
    later = datetime.now(UTC) + timedelta(days=31)
    await all_of_it(world, now=later)
    assert (await one(world, a))["lifecycle"] == "active"
    found = await told(world, a)
    passed = [(p["from"], p["to"]) for p in found["passages"] if p["kind"] == "lifecycle"]
    assert passed[:2] == [("won_back", "active"), ("lost", "won_back")]
    assert passed[-1] == (None, "first_touch")
    times = [p["at"] for p in found["passages"] if p["kind"] == "lifecycle"]
    assert times == sorted(times, reverse=True)
    assert [p["left_at"] for p in found["passages"] if p["kind"] == "lifecycle"][1:] == times[:-1]


async def test_why_it_has_its_grade(graded: World) -> None:
    world = graded
    [a] = await make(world, {"name": "A", "employees": 120, "industry": "retail"})
    await heard(world)
    found = (await told(world, a))["grade"]
    value, potential = found["axes"]
    people, deals = value["factors"]
    assert (people["value"], people["points"], deals["value"], deals["points"]) == (120, 60, 0, 0)
    assert (value["points"], potential["points"], found["points"], found["value"]) == (30, 50, 37, "ordinary")
    assert found["next"] == {"name": "important", "from": 40}
    ways = {w["factor"]: w for w in found["raises"]}
    assert (ways["deals"]["to"], ways["deals"]["gain"], ways["deals"]["reaches"]) == (1000, 33.3, "strategic")
    assert (ways["people"]["to"], ways["people"]["reaches"]) == (1000, "important")
    # What is said to lift it does.
    await change(world, a, employees=1000)
    await heard(world)
    assert (await one(world, a))["grade"] == "important"
    async with world.act("mate") as ctx:
        with pytest.raises(NotFound):
            await standing.standing(ctx, "account", a)


async def test_what_one_may_not_see_does_not_show(graded: World) -> None:
    world = graded
    [a] = await make(world, {"name": "A", "employees": 120, "owner": world.id("rep1")})
    await make(
        world,
        {
            "name": "D",
            "account": a,
            "amount": 500,
            "close_date": "2026-01-01",
            "stage": "won",
            "owner": world.id("boss"),
        },
        object="opportunity",
    )
    await heard(world)
    mine = (await told(world, a, by="rep1"))["grade"]["axes"][0]["factors"]
    full = (await told(world, a))["grade"]["axes"][0]["factors"]
    assert full[1]["value"] == 500
    assert (mine[0]["value"], mine[0].get("hidden")) == (120, None)
    assert (mine[1].get("hidden", False), mine[1].get("value")) in ((True, None), (False, 500))
    clerk = (await told(world, a, by="clerk"))["grade"]["axes"][0]["factors"]
    assert clerk[1] == {**clerk[1], "hidden": True, "points": None}
    assert "value" not in clerk[1]
    assert (await told(world, a, by="clerk"))["grade"]["axes"][0]["points"] is None, "it would say what the factor has"


async def test_figures_of_hidden_fields_are_not_told(graded: World) -> None:
    world = graded
    [a] = await make(world, {"name": "A", "employees": 1000, "industry": "finance"})
    await heard(world)
    full = await told(world, a)
    passage = next(p for p in full["passages"] if p["kind"] == "grade")
    assert (passage["reason"]["points"][1], set(passage["reason"]["axes"])) == (67, {"value", "potential"})
    names = ("score", "value_score", "service_due", "lifecycle_since")
    async with world.act() as ctx:
        grants = replace(ctx.actor.grants, fields={f"account.{n}": "none" for n in names})
        ctx = replace(ctx, actor=replace(ctx.actor, grants=grants))
        found = await standing.standing(ctx, "account", a)
    grade = found["grade"]
    assert (grade["value"], grade["points"], grade["due"]) == ("important", None, None)
    assert [axis["points"] for axis in grade["axes"]] == [None, 100]
    assert {w["reaches"] for w in grade["raises"]} == {None}, "it would say how far it is"
    assert [(c["due"], c["late"]) for c in grade["contacts"]] == [(None, 0)]
    assert full["grade"]["contacts"][0]["due"]
    assert found["lifecycle"]["since"] is None
    assert full["lifecycle"]["since"]
    reason = next(p for p in found["passages"] if p["kind"] == "grade")["reason"]
    assert "points" not in reason
    assert set(reason["axes"]) == {"potential"}


async def test_by_hand_until_it_ends(graded: World) -> None:
    world = graded
    [a] = await make(world, {"name": "A", "owner": world.id("rep1")})
    await heard(world)
    until = datetime.now(UTC) + timedelta(days=3)
    async with world.act("rep1") as ctx:
        found = await standing.override(ctx, "account", a, "grade", "strategic", "Chosen by the board", until)
    assert (found["grade"]["value"], found["grade"]["override"]["reason"]) == ("strategic", "Chosen by the board")
    assert found["grade"]["reckoned"] == "ordinary", "what the rules would say"
    assert (await one(world, a))["grade"] == "strategic"
    await change(world, a, employees=3)
    await heard(world)
    await all_of_it(world)
    assert (await one(world, a))["grade"] == "strategic"
    passage = next(p for p in (await told(world, a))["passages"] if p["kind"] == "grade")
    assert (passage["to"], passage["reason"]["by"], passage["reason"]["said"]) == (
        "strategic",
        "override",
        "Chosen by the board",
    )
    assert passage["reason"]["user"]["id"] == world.id("rep1")
    await all_of_it(world, now=until + timedelta(hours=1))
    assert (await one(world, a))["grade"] == "ordinary"
    async with world.act("rep1") as ctx:
        laid = await standing.override(ctx, "account", a, "lifecycle", "lost", "Closed down", None)
        assert (laid["lifecycle"]["value"], laid["lifecycle"]["reckoned"]) == ("lost", "first_touch")
        assert (await standing.release(ctx, "account", a, "lifecycle"))["lifecycle"]["value"] == "first_touch"
    async with world.act("rep1") as ctx:
        for values, wrong in (
            (("grade", "nonsense", "x", None), "value"),
            (("grade", "strategic", " ", None), "reason"),
            (("grade", "strategic", "x", ctx.now), "until"),
        ):
            with pytest.raises(Invalid) as refused:
                await standing.override(ctx, "account", a, *values)
            assert list(codes(refused.value)) == [wrong]
    async with world.act("viewer") as ctx:
        with pytest.raises((NotFound, Forbidden)):
            await standing.override(ctx, "account", a, "grade", "strategic", "x", None)
    async with world.act("rep1") as ctx:
        grants = replace(ctx.actor.grants, fields={"account.grade": "read"})
        reader = replace(ctx, actor=replace(ctx.actor, grants=grants))
        with pytest.raises(Forbidden):
            await standing.override(reader, "account", a, "grade", "strategic", "x", None)
        with pytest.raises(Forbidden):
            await standing.release(reader, "account", a, "grade")
        found = await standing.standing(reader, "account", a)
        assert (found["grade"]["may"], found["lifecycle"]["may"]) == (False, True)


async def test_contacts_that_a_grade_asks_for_are_due(graded: World) -> None:
    world = graded
    [a] = await make(world, {"name": "A", "employees": 1000, "industry": "finance"})
    await heard(world)
    found = (await told(world, a))["grade"]
    today = datetime.now(UTC).date()
    assert found["contacts"][0]["late"] == 0
    before = datetime.now(UTC) - timedelta(days=42)
    await make(
        world,
        {
            "subject": "M",
            "about": {"object": "account", "id": a},
            "starts_at": before.isoformat(),
            "ends_at": before.isoformat(),
        },
        object="meeting",
    )
    await heard(world)
    late = (await told(world, a))["grade"]["contacts"][0]
    assert late["late"] in (11, 12, 13), late  # the workspace's day may be another one
    due = (await one(world, a))["service_due"]
    assert due == late["due"]
    assert abs((datetime.fromisoformat(due).date() - today).days + 12) <= 1


async def test_the_owner_is_told_when_a_grade_falls(graded: World) -> None:
    world = graded
    [a] = await make(world, {"name": "Falling", "employees": 1000, "industry": "finance", "owner": world.id("rep1")})
    await heard(world)
    await deliver(world.db, world.workspace, "notify")
    await change(world, a, employees=1, industry=None)
    await heard(world)
    await deliver(world.db, world.workspace, "notify")
    async with world.act("rep1") as ctx:
        found = (await notify.listing(ctx))["data"]
    [fell] = [n["text"] for n in found if n["kind"] == "grade_fell" and "Falling" in n["text"]]
    assert fell == "Falling: Important → Ordinary (67 → 10 points)"
    assert not [n["text"] for n in found if n["kind"] == "changed" and n["actor"] is None]  # once is enough


async def listed(world: World, stage: str) -> list[str]:
    async with world.act() as ctx:
        rows = await ctx.db.fetch(
            f'SELECT id FROM "{world.workspace.schema}".account WHERE lifecycle = %(s)s AND deleted_at IS NULL',
            {"s": stage},
        )
        return [r[0] for r in rows]


async def test_the_journey(graded: World) -> None:
    world = graded
    since = datetime.now(UTC)
    ids = await make(world, *({"name": str(i)} for i in range(4)))
    await heard(world)
    for id in ids[:3]:
        await change(world, id, employees=50)
    await heard(world)
    await change(world, ids[0], status="inactive")
    await heard(world)
    async with world.act() as ctx:
        found = await standing.journey(ctx, "account", since=since, until=since + timedelta(days=1))
        past = await standing.journey(ctx, "account", until=datetime(2020, 1, 1, tzinfo=UTC))
    stages = {s["name"]: s for s in found["stages"]}
    assert (
        stages["first_touch"]["entered"],
        stages["first_touch"]["went_on"],
        stages["first_touch"]["conversion"],
    ) == (4, 3, 0.75)
    assert (stages["active"]["entered"], stages["lost"]["entered"]) == (3, 1)
    assert stages["active"]["now"] == len(await listed(world, "active"))
    assert stages["active"]["went_on"] == 0
    assert {"from": "first_touch", "to": "active", "count": 3} in found["moves"]
    assert all(s["entered"] == 0 for s in past["stages"])
