"""How far targets are: counted of whose it is and in its time, for those who may see it."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.world import Desk

from guanxi import records
from guanxi.records import Create, Update

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
FIRST = TODAY.replace(day=1)
LAST = TODAY.replace(day=monthrange(TODAY.year, TODAY.month)[1])
BEFORE, AFTER = FIRST - timedelta(days=1), LAST + timedelta(days=1)
MONTH = {"starts_on": FIRST.isoformat(), "ends_on": LAST.isoformat()}


async def all_told(desk: Desk, panel: str, of: str, by: str | None = None) -> list[dict[str, Any]]:
    """A panel about somebody as somebody reads it."""
    found = await records.panels(desk.as_(by or of), "user", desk.world.id(of), [panel])
    return list((found[panel] or {"rows": []})["rows"])


async def told(desk: Desk, panel: str, of: str, by: str | None = None) -> list[dict[str, Any]]:
    """What it says of targets that somebody set."""
    return [one for one in await all_told(desk, panel, of, by) if not one["before"]]


async def won(desk: Desk, owner: str, amount: int, day: date) -> str:
    """A deal that somebody won."""
    return await desk.one(
        "opportunity",
        name=f"{owner} {day}",
        amount=amount,
        stage="won",
        closed_on=day.isoformat(),
        owner=desk.world.id(owner),
    )


async def test_a_target_counts_what_its_owner_reached_in_its_time(desk: Desk) -> None:
    await won(desk, "rep1", 300, FIRST)
    await won(desk, "rep1", 50, LAST)
    await won(desk, "rep1", 1000, BEFORE)
    await won(desk, "rep2", 500, FIRST)
    target = await desk.one("target", measure="won", amount=1000, owner=desk.world.id("rep1"), **MONTH)
    [one] = await told(desk, "targets", "rep1")
    assert (one["amount"], one["done"], one["money"]) == (1000, 350, True)
    assert one["by"] == pytest.approx(1000 * TODAY.day / LAST.day)
    listed = await desk.find("opportunity", "rep1", filter=one["filter"])
    assert sorted(r["amount"] for r in listed) == [50, 300], "the filter lists what counted"
    [there] = (await records.panels(desk.as_("rep1"), "target", target, ["progress"]))["progress"]["rows"]
    assert there == one
    assert await told(desk, "targets", "rep2") == []


async def test_a_target_of_a_team_counts_the_teams_below_it(desk: Desk) -> None:
    for owner, amount in (("rep1", 100), ("rep2", 20), ("rep3", 3), ("agent", 4000)):
        await won(desk, owner, amount, FIRST)
    teams = {r["name"]: r["id"] for r in await desk.find("team")}
    await records.write(desk.system(), "team", [Update(teams["west"], {"parent": teams["east"]})])
    for team, amount in (("hq", 900), ("east", 500), ("service", 80)):
        await desk.one("target", measure="won", amount=amount, team=teams[team], owner=desk.world.id("boss"), **MONTH)
    rows = await told(desk, "team_targets", "admin")
    assert [(r["team"]["title"], r["done"]) for r in rows] == [("hq", 123), ("east", 123), ("service", 4000)]
    assert await told(desk, "team_targets", "boss", by="admin") == [], "what one answers for is one's own to know"
    assert await told(desk, "targets", "boss") == [], "what a team is to reach is not what its owner is"


async def test_without_targets_of_teams_those_of_people_are_added_up(desk: Desk) -> None:
    await won(desk, "rep1", 100, FIRST)
    await won(desk, "rep3", 7, FIRST)
    for owner in ("rep1", "rep2"):
        await desk.one("target", measure="won", amount=200, owner=desk.world.id(owner), **MONTH)
    await desk.one("target", measure="visits", amount=4, owner=desk.world.id("rep1"), **MONTH)
    rows = await told(desk, "team_targets", "admin")
    assert {r["measure"]: (r["amount"], r["done"]) for r in rows} == {"won": (400, 107), "visits": (4, 0)}


@pytest.mark.parametrize(
    ("measure", "object_name", "counts", "not_counted"),
    [
        ("ordered", "order", {"number": "1", "amount": 5, "status": "paid"}, {"number": "2", "amount": 7, "status": "cancelled"}),
        ("received", "payment", {"reference": "1", "amount": 5, "status": "received"}, {"reference": "2", "amount": 7, "status": "planned"}),
        ("visits", "visit", {"subject": "1", "status": "done"}, {"subject": "2", "status": "planned"}),
        ("calls", "call", {"subject": "1", "result": "reached"}, {"subject": "2", "result": "missed"}),
    ],
)  # fmt: skip
async def test_every_measure_counts_what_it_says(
    desk: Desk, measure: str, object_name: str, counts: dict[str, Any], not_counted: dict[str, Any]
) -> None:
    mine = {"owner": desk.world.id("rep1")}
    at = {"order": "ordered_at", "payment": "paid_on"}.get(object_name, "starts_at")
    # The last evening of the month, where the company is.
    late = LAST.isoformat() if at == "paid_on" else f"{LAST}T15:30:00Z"
    await desk.make(object_name, {**counts, at: late, **mine}, {**not_counted, at: late, **mine})
    await desk.one("target", measure=measure, amount=10, **mine, **MONTH)
    [one] = await told(desk, "targets", "rep1")
    assert one["done"] == counts.get("amount", 1)


async def test_a_target_that_is_not_running_or_not_seen_is_not_told(desk: Desk) -> None:
    mine = {"measure": "won", "amount": 10, "owner": desk.world.id("rep1")}
    await desk.one("target", starts_on=BEFORE.replace(day=1).isoformat(), **mine)
    await desk.one("target", starts_on=AFTER.isoformat(), **mine)
    assert await told(desk, "targets", "rep1") == []
    await desk.one("target", starts_on=FIRST.isoformat(), **mine)
    assert len(await told(desk, "targets", "rep1")) == 1
    assert await told(desk, "targets", "rep1", by="rep2") == []
    assert await told(desk, "targets", "rep1", by="clerk") == [], (
        "who may not see amounts is not told what they come to"
    )


async def test_what_hangs_on_a_hidden_field_is_left_out_and_the_rest_is_told(desk: Desk) -> None:
    mine = {"amount": 10, "owner": desk.world.id("clerk"), **MONTH}
    target, _ = await desk.make("target", {"measure": "visits", **mine}, {"measure": "customers", **mine})
    ctx = desk.as_("clerk")
    grants = ctx.actor.grants
    hidden = replace(grants, fields={**grants.fields, "visit.status": "none"})
    ctx = replace(ctx, actor=replace(ctx.actor, grants=hidden, statements={}))
    found = await records.panels(ctx, "user", desk.world.id("clerk"), ["targets"])
    assert [one["measure"] for one in found["targets"]["rows"]] == ["customers"]
    for name in ("measure", "amount", "team"):
        less = replace(grants, fields={**grants.fields, f"target.{name}": "none"})
        ctx = replace(ctx, actor=replace(ctx.actor, grants=less, statements={}))
        assert await records.panels(ctx, "target", target, ["progress"]) == {"progress": None}


async def test_a_target_ends_with_its_month_and_has_a_name(desk: Desk) -> None:
    id = await desk.one("target", measure="won", amount=10, starts_on="2028-02-10")
    found = await desk.get("target", id)
    assert (found["ends_on"], found["name"]) == ("2028-02-29", "Deals won 2028-02")
    here = await desk.get("target", await desk.one("target", measure="visits", amount=10))
    assert {n: here[n] for n in MONTH} == MONTH, "this month, where nothing is said"
    wrong = await desk.refused(desk.as_("admin"), "target", Update(id, {"ends_on": "2028-02-09"}))
    assert wrong.errors[0].field == "ends_on"
    negative = Create({"measure": "won", "amount": -1, "starts_on": "2028-02-10"})
    assert (await desk.refused(desk.as_("admin"), "target", negative)).errors[0].field == "amount"


async def test_without_any_target_what_was_won_is_compared_with_the_period_before(desk: Desk) -> None:
    await won(desk, "rep1", 300, TODAY)
    await won(desk, "rep2", 1000, TODAY)
    await won(desk, "rep1", 70, BEFORE.replace(day=1))
    await won(desk, "rep1", 5, BEFORE)
    month, quarter = await all_told(desk, "targets", "rep1")
    assert (month["done"], month["amount"], month["before"]) == (300, 75, True)
    assert month["by"] == (75 if TODAY.day >= BEFORE.day else 70), "the same day of the month before"
    assert quarter["done"] >= 300
    assert sum(r["amount"] for r in await desk.find("opportunity", "rep1", filter=month["filter"])) == 300
    assert (await all_told(desk, "team_targets", "admin"))[0]["done"] == 1300
    assert await all_told(desk, "targets", "rep1", by="clerk") != [], "who may not see amounts is told how many"
