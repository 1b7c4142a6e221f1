"""What the clock starts: dates in both calendars, schedules across the change of clocks, each once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.flows.conftest import Office

from guanxi import flows, records
from guanxi.base import Invalid
from guanxi.flows import backtesting, templates
from guanxi.flows import definition as definitions
from guanxi.flows.clocks import anniversaries, moments
from guanxi.flows.steering import after, next_time
from guanxi.pg.jobs import Job, tasks
from guanxi.records import Delete
from guanxi.records.evolve import declared
from guanxi.schema.catalog import fold

STANDARD = fold(declared())


@pytest.mark.parametrize(
    ("today", "born", "is_it"),
    [
        ("2026-03-05", "1990-03-05", True),
        ("2026-03-05", "1990-03-06", False),
        ("2026-02-28", "1992-02-29", True),  # a year without that day
        ("2028-02-28", "1992-02-29", False),
        ("2028-02-29", "1992-02-29", True),
    ],
)
def test_solar_anniversaries(today: str, born: str, is_it: bool) -> None:
    assert (date.fromisoformat(born) in anniversaries(date.fromisoformat(today))) is is_it


@pytest.mark.parametrize(
    ("today", "born", "is_it"),
    [
        ("2026-02-17", "1988-02-17", True),  # New Year's day of the lunar year
        ("2026-02-17", "1988-02-18", False),
        ("2026-09-25", "1991-09-22", True),  # 15th of the eighth month
        ("2025-06-25", "1990-06-23", False),  # the first day of the leap sixth month 2025 is nobody's birthday
        ("2025-07-25", "1990-06-23", False),
        ("2026-07-29", "2017-07-09", True),  # born on the 16th of the sixth month, or of the leap month of that year
        ("2026-07-29", "2017-08-07", True),
    ],
)
def test_lunar_anniversaries(today: str, born: str, is_it: bool) -> None:
    from guanxi.flows.clocks import lunar

    if is_it and lunar(date.fromisoformat(today))[:2] != lunar(date.fromisoformat(born))[:2]:
        pytest.fail(f"{lunar(date.fromisoformat(today))} is not {lunar(date.fromisoformat(born))}")
    assert (date.fromisoformat(born) in anniversaries(date.fromisoformat(today), "lunar")) is is_it


def test_who_was_born_on_the_thirtieth_has_a_birthday_in_a_short_month() -> None:
    from guanxi.flows.clocks import lunar, solar

    day = next(
        d
        for i in range(400)
        if lunar(d := date(2026, 1, 1) + timedelta(days=i))[1] == 29 and lunar(d + timedelta(days=1))[1] == 1
    )
    month = lunar(day)[0]
    born = next(b for y in range(1950, 2020) if (b := solar(y, month, 30)) is not None)
    assert born in anniversaries(day, "lunar")


def test_what_the_chinese_calendar_does_not_reach_has_no_day_in_it() -> None:
    from guanxi.flows.clocks import lunar

    assert lunar(date(1900, 1, 30)) is None
    assert lunar(date(1900, 1, 31)) == (1, 1, False)
    assert lunar(date(2150, 1, 1)) is None
    assert anniversaries(date(2150, 1, 1), "lunar") == []


def moment(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "at", "since", "until", "hours"),
    [
        ("Asia/Shanghai", "09:00", "2026-03-01T00:00", "2026-03-04T00:00", ["01", "01", "01"]),
        ("Europe/Berlin", "09:00", "2026-03-28T00:00", "2026-03-30T23:00", ["08", "07", "07"]),
        ("Europe/Berlin", "02:30", "2026-03-28T00:00", "2026-03-30T23:00", ["01", "01", "00"]),  # passed over on the 29th
        ("Europe/Berlin", "02:30", "2026-10-24T00:00", "2026-10-26T23:00", ["00", "00", "01"]),  # shown twice on the 25th
    ],
)  # fmt: skip
def test_a_day_has_its_moment_once(zone: str, at: str, since: str, until: str, hours: list[str]) -> None:
    found = moments({"at": at, "zone": zone}, moment(since), moment(until), "UTC")
    assert [f"{m:%H}" for m in found] == hours
    assert len({m.astimezone(ZoneInfo(zone)).date() for m in found}) == len(hours)


def test_days_of_the_week_and_of_the_month() -> None:
    week = moments({"days": ["mon", "fri"]}, moment("2026-03-01"), moment("2026-03-15"), "UTC")
    assert [m.day for m in week] == [2, 6, 9, 13]
    month = moments({"month_day": 31}, moment("2026-01-01"), moment("2026-05-01"), "UTC")
    assert [(m.month, m.day) for m in month] == [(1, 31), (2, 28), (3, 31), (4, 30)]
    monday = next_time(moment("2026-03-06T18:00"), "09:00", "UTC", working=True)
    assert monday == moment("2026-03-09T09:00")


async def test_dates_start_a_flow_once_each(office: Office) -> None:
    what: dict[str, Any] = {
        "object": "zoo",
        "trigger": {"kind": "date", "field": "date", "offset_days": -30, "at": "09:00", "filter": {"field": "name", "op": "ne", "value": "Not"}},
        "steps": [{"id": "s1", "kind": "update", "record": "record", "values": {"text": {"text": "ends on {date}"}}}],
    }  # fmt: skip
    flow = await office.flow(what, "ending")
    yearly = await office.flow(
        {**what, "trigger": {"kind": "date", "field": "date", "yearly": True, "calendar": "lunar"}}, "birthdays"
    )
    now = datetime.now(UTC)
    today = (now + timedelta(days=1)).astimezone(ZoneInfo(office.world.workspace.timezone)).date()
    born = next(d for d in anniversaries(today, "lunar") if d.year == 1990 or d.year == 1991)
    soon, _, old, _ = await office.make(
        "zoo",
        {"name": "Soon", "date": (today + timedelta(days=30)).isoformat()},
        {"name": "Not", "date": (today + timedelta(days=30)).isoformat()},
        {"name": "Old", "date": born.isoformat()},
        {"name": "Other", "date": (born + timedelta(days=2)).isoformat()},
    )
    world = office.world
    for _ in range(2):
        await flows.tick(world.db, world.workspace, now + timedelta(days=1, hours=12))
        await office.settle()
    assert [r["record"]["id"] for r in await office.runs(flow)] == [soon]
    assert [r["record"]["id"] for r in await office.runs(yearly)] == [old]
    assert (await office.get("zoo", soon))["text"] == f"ends on {(today + timedelta(days=30)).isoformat()}"


async def test_a_schedule_runs_for_each_record_or_once(office: Office) -> None:
    each = await office.flow(
        {
            "object": "keeper",
            "trigger": {"kind": "schedule", "at": "09:00", "filter": {"field": "salary", "op": "gt", "value": 10}},
            "steps": [
                {"id": "s1", "kind": "update", "record": "record", "values": {"salary": {"formula": "salary - 1"}}}
            ],
        },
        "each",
    )
    once = await office.flow(
        {"trigger": {"kind": "schedule", "at": "09:00"}, "steps": [{"id": "s1", "kind": "create", "object": "keeper", "values": {"name": "new"}}]},
        "once",
    )  # fmt: skip
    await office.make("keeper", {"name": "A", "salary": 20}, {"name": "B", "salary": 5})
    world, now = office.world, datetime.now(UTC)
    await flows.tick(world.db, world.workspace, now + timedelta(days=3, hours=1))
    await office.settle()
    assert [r["record"]["title"] for r in await office.runs(each)] == ["A"], (
        "of the moments that were missed, the last counts"
    )
    assert [r["record"] for r in await office.runs(once)] == [None]


async def test_it_is_tried_on_the_past_before_it_is_switched_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would have begun it is judged on the records as they were then, and nothing of it is kept."""
    [ann] = await office.make("keeper", {"name": "Ann"})
    ids = await office.make("zoo", *({"name": f"Past {i}", "integer": i, "keeper": ann} for i in range(20)))
    for i, id in enumerate(ids):
        await office.change("zoo", id, select="gold" if i % 2 else "silver")
    await office.age(*ids, days=4)
    for id in ids:
        await office.change("zoo", id, select="bronze")
    await office.age(*ids, days=1)
    what: dict[str, Any] = {
        "object": "zoo",
        "trigger": {
            "kind": "changed",
            "fields": ["select"],
            "filter": {"and": [{"field": "name", "op": "starts_with", "value": "Past"}, {"field": "select", "op": "eq", "value": "gold"}]},
        },
        "steps": [
            {"id": "s1", "kind": "update", "record": "record", "values": {"text": "seen"}},
            {"id": "s2", "kind": "wait", "how": "duration", "duration": {"days": 3}},
            {"id": "s6", "kind": "branch", "cases": [{"id": "then", "filter": {"field": "select", "op": "eq", "value": "gold"}, "steps": [
                {"id": "s3", "kind": "update", "record": "record.keeper", "values": {"salary": {"formula": "ifempty(integer, 0)"}}},
            ]}]},
            {"id": "s4", "kind": "loop", "object": "zoo", "via": "parent", "steps": [{"id": "s5", "kind": "stop"}]},
        ],
    }  # fmt: skip
    made = await office.call(flows.create, "past", what)
    async with office.world.desk() as desk:
        ctx = desk.as_()
        before = await desk.digest()
        found = await flows.backtest(ctx, made["id"], 90)
        assert await desk.digest() == before
        assert (found["fired"], found["records"], found["records_changed"], found["failed"]) == (10, 10, 11, 0)
        assert found["today"] == 0, "each is tried as it was then: golden, and three days later still"
        assert found["sample"][0]["record"]["title"].startswith("Past")
        tried = await flows.trial(ctx, made["id"], ids[0])
        assert [(s["id"], s["state"]) for s in tried["steps"]] == [(f"s{i}", "done") for i in (1, 2, 6, 4)]
        assert {c["title"] for c in tried["changes"]} == {"Past 0"}, "it is bronze now"
        assert await desk.digest() == before
    # Where there is much to look at a worker does, in portions, until it is cancelled.
    monkeypatch.setattr(backtesting, "LARGE", 5)
    monkeypatch.setattr(backtesting, "PORTION", 3)
    [first, second] = [(await office.call(flows.backtest, made["id"], 90))["trial"] for _ in range(2)]
    await office.call(flows.progress, second, cancel=True)
    for trial in (first, second):
        args = {"workspace": office.world.workspace.id, "trial": trial}
        await tasks["flows.backtest"].run(Job(0, "flows.backtest", args, 1, office.world.db))
    later = await office.call(flows.progress, first)
    assert (later["state"], later["done"], later["total"]) == ("done", 10, 10)
    figures = {"fired": 10, "records": 10, "failed": 0, "records_created": 0, "records_changed": 11}
    assert {n: later["result"][n] for n in figures} == figures, "what several portions change is one record"
    assert (await office.call(flows.progress, second))["state"] == "cancelled"
    assert (await office.call(flows.runs, made["id"]))["data"] == [], "nothing is kept"
    await office.call(
        flows.change, made["id"], definition={**what, "trigger": {"kind": "button", "label": {"en": "x", "zh": "x"}}}
    )
    with pytest.raises(Invalid):
        await office.call(flows.backtest, made["id"], 90)


async def test_what_it_waits_for_is_looked_up_in_the_past(office: Office) -> None:
    """A run goes on by what came in time, or when the time was up, and finds the record as it was at that moment."""
    names = ("In time", "Too late", "Never", "Gone", "Waits")
    ids = await office.make("zoo", *({"name": name, "integer": 1} for name in names))
    soon, late, never, gone, waits = ids
    await office.age(soon, late, never, gone, days=1)
    await office.change("zoo", soon, select="gold")
    await office.change("zoo", never, integer=5)
    await office.age(soon, late, never, gone, days=2)
    for id in (late, never, gone):
        await office.change("zoo", id, integer=7)
    await office.change("zoo", late, select="gold")
    await office.call(records.write, "zoo", [Delete(gone)])
    await office.age(soon, late, never, gone, days=7)
    named = {"field": "name", "op": "in", "value": list(names)}

    def step(id: str, **values: Any) -> dict[str, Any]:
        return {"id": id, "kind": "update", "record": "record", "values": values}

    def when(id: str, field: str, value: Any, *steps: Any) -> dict[str, Any]:
        case = {"id": "then", "filter": {"field": field, "op": "eq", "value": value}, "steps": list(steps)}
        return {"id": id, "kind": "branch", "cases": [case]}

    gold = {"kind": "changed", "record": "record", "filter": {"field": "select", "op": "eq", "value": "gold"}}
    what: dict[str, Any] = {
        "object": "zoo",
        "trigger": {"kind": "created", "filter": named},
        "steps": [
            {"id": "w", "kind": "wait", "how": "event", "event": gold, "timeout": {"days": 2}, "timed_out": [
                step("s1", text="late"),
                when("b1", "select", "gold", {"id": "s2", "kind": "create", "object": "keeper", "values": {"name": "of gold"}}),
                when("b2", "integer", 5, {"id": "s3", "kind": "create", "object": "keeper", "values": {"name": "of five"}}),
            ]},
            when("b3", "integer", 7, {"id": "s4", "kind": "stop", "outcome": "failed"}),
        ],
    }  # fmt: skip
    made = await office.call(flows.create, "waiting", what)
    found = await office.call(flows.backtest, made["id"], 90)
    figures = {n: found[n] for n in ("fired", "waiting", "records_changed", "records_created", "failed", "today")}
    assert figures == {"fired": 5, "waiting": 1, "records_changed": 3, "records_created": 1, "failed": 0, "today": 0}
    # A trial of one record tells both ways.
    for happens, steps in ((True, ["w", "b3"]), (False, ["w", "s1", "b1", "b2", "b3"])):
        tried = await office.call(flows.trial, made["id"], waits, late=not happens)
        assert [s["id"] for s in tried["steps"]] == steps
    # A schedule, and conditions on the time, are judged at that moment too.
    daily = {"kind": "schedule", "filter": {"and": [named, {"field": "select", "op": "eq", "value": "gold"}]}}
    old = {"id": "old", "filter": {"formula": "updated_at < now() - 5"}, "steps": [step("s1", text="old")]}
    branch = {"id": "b1", "kind": "branch", "cases": [old]}
    made = await office.call(flows.create, "daily", {"object": "zoo", "trigger": daily, "steps": [branch]})
    found = await office.call(flows.backtest, made["id"], 90)
    assert found["fired"] == 9 + 7, "of each, the mornings since it was golden"
    assert found["records_changed"] == 2
    days = {"kind": "schedule", "filter": {"and": [named, {"formula": "updated_at < now() - 8"}]}}
    await office.call(
        flows.change, made["id"], definition={"object": "zoo", "trigger": days, "steps": [step("s1", text="old")]}
    )
    found = await office.call(flows.backtest, made["id"], 90)
    assert (found["fired"], found["records"]) == (1, 1), "only one was left alone for more than eight days"


async def test_what_uses_a_field_is_said_before_it_is_retired(office: Office) -> None:
    await office.call(
        flows.create,
        "uses",
        {
            "object": "zoo",
            "trigger": {"kind": "created"},
            "steps": [{"id": "s1", "kind": "update", "record": "record", "values": {"text": {"text": "{url}"}}}],
        },
    )
    async with office.world.db.transaction() as db:
        done = await records.evolve(
            db, office.world.workspace, [{"op": "retire_field", "object": "zoo", "field": "url"}], dry_run=True
        )
    assert [s["breaks"] for s in done.steps if s["step"] == "flow uses"] == ["flow_unknown_path"]


def test_templates_are_those_that_the_workspace_has_the_objects_for() -> None:
    assert {t["name"] for t in flows.offered(STANDARD)} == set(templates.templates)
    assert flows.offered(fold(())) == []


def test_all_templates_fit_the_standard_objects() -> None:
    wrong = {name: definitions.check(t.definition, STANDARD) for name, t in templates.templates.items()}
    assert {name: [f.error for f in faults] for name, faults in wrong.items() if faults} == {}
    assert {"contract_renewal", "discount_approval", "case_escalation"} <= set(wrong)


@pytest.mark.parametrize(
    ("now", "duration", "over"),
    [
        ("2026-11-27 16:30", {"hours": 4}, "2026-11-30 11:30"),  # a Friday
        ("2026-11-28 12:00", {"hours": 4}, "2026-11-30 13:00"),
        ("2026-11-26 07:00", {"minutes": 30}, "2026-11-26 09:30"),
        ("2026-11-26 22:00", {"hours": 9}, "2026-11-27 18:00"),
        ("2026-11-27 16:30", {"days": 1}, "2026-11-30 16:30"),
        ("2026-11-27 16:30", {"weeks": 1}, "2026-12-04 16:30"),
    ],
)
def test_working_time_passes_over_nights_and_weekends(now: str, duration: dict[str, int], over: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    at = datetime.fromisoformat(now).replace(tzinfo=zone).astimezone(UTC)
    assert after(at, duration, "Asia/Shanghai", working=True) == datetime.fromisoformat(over).replace(tzinfo=zone)
