"""What follows rules happens by itself, exactly once, and can be seen, tended and taken back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.flows.conftest import Office
from tests.world import World

from guanxi import flows, records
from guanxi.base import Conflict, Invalid, Problem, new_id
from guanxi.flows import advancing, kinds, running
from guanxi.records import Delete, deliver


def steps(run: dict[str, Any]) -> list[tuple[str, str]]:
    return [(s["step"], s["state"]) for s in run["steps"]]


UPDATE = {"id": "s1", "kind": "update", "record": "record", "values": {"text": "touched"}}


async def test_a_change_starts_a_flow_once_and_it_can_be_taken_back(office: Office) -> None:
    flow = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "changed", "fields": ["select"], "to": "gold", "filter": {"changed": "select"}},
            "steps": [
                {
                    "id": "s1",
                    "kind": "branch",
                    "cases": [
                        {
                            "name": "kept",
                            "filter": {"field": "keeper.name", "op": "eq", "value": "Ann"},
                            "steps": [
                                {
                                    "id": "s2",
                                    "kind": "create",
                                    "object": "task",
                                    "values": {
                                        "subject": {"text": "{name}: {select}, {keeper.name}"},
                                        "about": None,
                                        "owner": {"from": "record.created_by"},
                                        "due_at": {"formula": "todatetime(todate(created_at) + 3)"},
                                    },
                                },
                                {"id": "s3", "kind": "update", "record": "steps.s2.record", "values": {"priority": "high"}},
                            ],
                        }
                    ],
                    "otherwise": [UPDATE | {"id": "s4"}],
                },
                {
                    "id": "s5",
                    "kind": "update",
                    "record": "record",
                    "values": {"integer": {"formula": "ifempty(integer, 0) + 1"}, "text": {"from": "steps.s2.record.subject"}},
                },
            ],
        }
    )  # fmt: skip
    [ann] = await office.make("keeper", {"name": "Ann"})
    mine, other = await office.make("zoo", {"name": "Leo", "keeper": ann, "select": "silver"}, {"name": "Max"})
    await office.change("zoo", mine, select="gold")
    await office.change("zoo", other, select="bronze")
    await office.settle()
    await office.settle()
    [run] = await office.runs(flow)
    assert (run["state"], run["record"]["title"], run["version"]) == ("done", "Leo", 1)
    assert steps(run) == [("s1", "done"), ("s2", "done"), ("s3", "done"), ("s5", "done")]
    [task] = await office.find("task")
    assert task["subject"] == "Leo: Gold, Ann"
    assert (task["priority"], task["owner"]["title"]) == ("high", "Admin")
    leo = await office.get("zoo", mine)
    assert (leo["integer"], leo["text"]) == (1, "Leo: Gold, Ann")
    async with office.world.act() as ctx:
        causes = await ctx.db.fetch(
            f'SELECT cause, count(*) FROM "{office.world.workspace.schema}"._journal WHERE change_set = %(id)s::uuid GROUP BY 1',
            {"id": run["change_set"]},
        )
        told = (await records.timeline(ctx, "zoo", mine))["data"]
        history = (await records.history(ctx, "zoo", mine))["data"]
    assert causes == [("flow:f", 3)]
    assert [item.get("by") for item in told if item["change_set"] == run["change_set"]] == ["flow"]
    [through] = [e["through"] for e in history if e["change_set"] == run["change_set"]]
    assert (through["label"], through["by"]["title"]) == (run["flow"]["label"], "Admin"), "who had set it off is told"
    assert not any("through" in e for e in history if e["change_set"] != run["change_set"])
    done = await office.call(flows.undo, run["id"])
    assert done["undone"] == 3
    assert await office.find("task") == []
    assert (await office.get("zoo", mine))["integer"] is None
    with pytest.raises(Conflict):
        await office.call(flows.undo, run["id"])


async def test_created_removed_and_what_a_record_was_then(office: Office) -> None:
    created = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "created", "filter": {"field": "integer", "op": "gt", "value": 5}},
            "steps": [UPDATE],
        },
        "made",
    )
    removed = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "removed"},
            "steps": [{"id": "s1", "kind": "create", "object": "keeper", "values": {"name": {"text": "{name} left"}}}],
        },
        "gone",
    )
    big, small = await office.make("zoo", {"name": "Big", "integer": 9}, {"name": "Small", "integer": 1})
    await office.change("zoo", big, integer=2)  # what counts is what it was when it was made
    await office.change("zoo", small, integer=100)
    await office.settle()
    assert [r["record"]["title"] for r in await office.runs(created)] == ["Big"]
    async with office.world.act() as ctx:
        await records.write(ctx, "zoo", [Delete(small)])
    await office.settle()
    [run] = await office.runs(removed)
    assert run["state"] == "done"
    assert "Small left" in [k["name"] for k in await office.find("keeper")]


async def test_waits_end_by_time_by_event_and_by_time_out(office: Office) -> None:
    event = {"kind": "changed", "record": "record", "fields": ["boolean"], "filter": {"field": "boolean", "op": "eq", "value": True}}  # fmt: skip
    flow = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "created"},
            "steps": [
                {"id": "s1", "kind": "wait", "how": "duration", "duration": {"hours": 2}},
                {
                    "id": "s2",
                    "kind": "wait",
                    "how": "event",
                    "event": event,
                    "timeout": {"days": 3},
                    "timed_out": [UPDATE | {"id": "s3"}, {"id": "s4", "kind": "stop", "note": "too late"}],
                },
                {"id": "s5", "kind": "update", "record": "record", "values": {"text": "in time"}},
            ],
        }
    )
    quick, slow = await office.make("zoo", {"name": "Quick"}, {"name": "Slow"})
    await office.settle()
    first, second = await office.runs(flow)
    assert {first["state"], second["state"]} == {"waiting"}
    async with office.world.act() as ctx:
        now = ctx.now
    await flows.tick(office.world.db, office.world.workspace, now.replace(year=now.year + 1))
    await office.settle()
    assert [steps(r)[-1] for r in await office.runs(flow)] == [("s2", "waiting")] * 2
    await office.change("zoo", quick, text="not this")
    await office.settle()
    assert (await office.runs(flow))[0]["state"] == "waiting"
    await office.change("zoo", quick, boolean=True)
    await office.settle()
    assert (await office.get("zoo", quick))["text"] == "in time"
    await flows.tick(office.world.db, office.world.workspace, now.replace(year=now.year + 1))
    await office.settle()
    assert (await office.get("zoo", slow))["text"] == "touched"
    done, late = await office.runs(flow)
    assert steps(done) == [("s1", "done"), ("s2", "done"), ("s5", "done")]
    assert steps(late) == [("s1", "done"), ("s2", "done"), ("s3", "done"), ("s4", "done")]
    assert (await office.call(flows.figures, flow))["steps"]["s2"]["done"] == 2


async def test_a_loop_is_gone_through_whole_and_what_failed_is_retried(office: Office) -> None:
    flow = await office.flow(
        {
            "object": "keeper",
            "trigger": {"kind": "changed", "fields": ["skill"]},
            "steps": [
                {
                    "id": "s1",
                    "kind": "loop",
                    "object": "zoo",
                    "via": "keeper",
                    "filter": {"field": "integer", "op": "gte", "value": 0},
                    "steps": [
                        {
                            "id": "s2",
                            "kind": "update",
                            "record": "loop.record",
                            "values": {"code": {"text": "{loop.record.name}-{record.name}"}, "integer": {"formula": "integer + 1"}},
                        }
                    ],
                },
                {"id": "s3", "kind": "update", "record": "record", "values": {"salary": 7}},
            ],
        }
    )  # fmt: skip
    [ann] = await office.make("keeper", {"name": "Ann"})
    animals = await office.make("zoo", *({"name": f"A{i}", "integer": i, "keeper": ann} for i in range(1200)))
    [block] = await office.make("zoo", {"name": "block", "code": "A7-Ann"})
    await office.change("keeper", ann, skill="gold")
    await office.settle()
    [run] = await office.runs(flow)
    assert run["state"] == "failed"
    assert run["error"]["message"].startswith("1 of 1200 failed")
    assert [s["error"]["code"] for s in run["steps"] if s["state"] == "failed"] == [
        "flow_passes_failed",
        "invalid",
    ] or [s["error"]["code"] for s in run["steps"] if s["state"] == "failed"] == ["invalid"]
    await office.change("zoo", block, code="free")
    await office.call(flows.retry, run["id"])
    await office.settle()
    [run] = await office.runs(flow)
    assert run["state"] == "done", run
    assert (await office.get("keeper", ann))["salary"] == 7
    found = await office.call(records.ask, "zoo", animals, ("code", "integer"))
    assert all(found[id].values["code"] == f"A{i}-Ann" for i, id in enumerate(animals))
    assert all(found[id].values["integer"] == i + 1 for i, id in enumerate(animals)), "each once"


async def test_what_fails_stays_and_is_retried_skipped_or_cancelled(office: Office) -> None:
    flow = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "created"},
            "steps": [
                {"id": "s1", "kind": "update", "record": "record", "values": {"integer": {"formula": "ifempty(integer, 0) + 1"}}},
                {"id": "s2", "kind": "update", "record": "record.keeper", "values": {"salary": 1}},
                UPDATE | {"id": "s3"},
            ],
        }
    )  # fmt: skip
    a, b, c = await office.make("zoo", {"name": "A"}, {"name": "B"}, {"name": "C"})
    await office.settle()
    runs = await office.runs(flow)
    assert [r["state"] for r in runs] == ["failed"] * 3
    assert runs[0]["error"]["code"] == "flow_record_gone"
    by = {r["record"]["title"]: r["id"] for r in runs}
    [keeper] = await office.make("keeper", {"name": "Ann"})
    await office.change("zoo", a, keeper=keeper)
    await office.call(flows.retry, by["A"])
    await office.call(flows.skip, by["B"])
    await office.call(flows.cancel, by["C"])
    await office.settle()
    by_state = {r["record"]["title"]: (r["state"], [s["state"] for s in r["steps"]]) for r in await office.runs(flow)}
    assert by_state == {
        "A": ("done", ["done", "failed", "done", "done"]),
        "B": ("done", ["done", "failed", "skipped", "done"]),
        "C": ("cancelled", ["done", "failed"]),
    }
    assert [(await office.get("zoo", id))["integer"] for id in (a, b, c)] == [1, 1, 1], (
        "what was done is not done again"
    )
    assert [(await office.get("zoo", id))["text"] for id in (a, b, c)] == ["touched", "touched", None]
    with pytest.raises(Conflict):
        await office.call(flows.retry, by["A"])


async def test_flows_that_set_each_other_off_are_stopped_and_shown(office: Office) -> None:
    add = {"formula": "ifempty(integer, 0) + 1"}
    to_keeper = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "changed"},
            "steps": [{"id": "s1", "kind": "update", "record": "record.keeper", "values": {"salary": {"formula": "ifempty(integer, 0)"}}}],
        },
        "to keeper",
    )  # fmt: skip
    to_zoo = await office.flow(
        {
            "object": "keeper",
            "trigger": {"kind": "changed"},
            "steps": [
                {
                    "id": "s1",
                    "kind": "loop",
                    "object": "zoo",
                    "via": "keeper",
                    "steps": [{"id": "s2", "kind": "update", "record": "loop.record", "values": {"integer": add}}],
                }
            ],
        },
        "to zoo",
    )
    [ann] = await office.make("keeper", {"name": "Ann"})
    [leo] = await office.make("zoo", {"name": "Leo", "keeper": ann})
    await office.settle()
    await office.change("zoo", leo, integer=1)
    await office.settle()
    first, second = await office.runs(to_keeper), await office.runs(to_zoo)
    assert [r["state"] for r in first] == ["done", "stopped"]
    assert [r["state"] for r in second] == ["done"]
    assert first[1]["error"]["code"] == "flow_loop"
    assert [(link["flow"], bool(link["label"])) for link in first[1]["cause"]] == [(to_keeper, True), (to_zoo, True)]
    assert first[1]["acts"] == ["retry", "cancel"], "it wrote nothing that could be taken back"
    assert first[0]["acts"] == ["undo"]
    assert (await office.get("zoo", leo))["integer"] == 2


async def test_a_flow_starts_another_and_waits_for_it(office: Office) -> None:
    inner = await office.flow(
        {
            "object": "keeper",
            "trigger": {"kind": "flow"},
            "steps": [
                {"id": "s1", "kind": "update", "record": "record", "values": {"name": {"text": "{name} of {input.animal}"}}},
            ],
        },
        "inner",
    )  # fmt: skip
    outer = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "created"},
            "steps": [
                {"id": "s1", "kind": "flow", "flow": inner, "record": "record.keeper", "input": {"animal": {"from": "record.name"}}},
                {"id": "s2", "kind": "update", "record": "record", "values": {"text": {"from": "record.keeper.name"}}},
            ],
        },
        "outer",
    )  # fmt: skip
    [ann] = await office.make("keeper", {"name": "Ann"})
    [leo] = await office.make("zoo", {"name": "Leo", "keeper": ann})
    await office.settle()
    [run] = await office.runs(outer)
    assert run["state"] == "done", run
    assert (await office.get("zoo", leo))["text"] == "Ann of Leo"
    [below] = await office.runs(inner)
    assert (below["parent"], below["change_set"]) == (run["id"], run["change_set"])


async def test_a_run_ends_on_the_version_it_began_with(office: Office) -> None:
    what: dict[str, Any] = {
        "object": "zoo",
        "trigger": {"kind": "created"},
        "steps": [
            {"id": "s1", "kind": "wait", "how": "duration", "duration": {"hours": 1}},
            {"id": "s2", "kind": "update", "record": "record", "values": {"text": "first"}},
        ],
    }
    flow = await office.flow(what)
    [old] = await office.make("zoo", {"name": "Old"})
    await office.settle()
    what["steps"][1]["values"] = {"text": "second"}
    await office.call(flows.change, flow, definition=what)
    await office.call(flows.activate, flow, True)
    [new] = await office.make("zoo", {"name": "New"})
    await office.settle()
    for run in await office.runs(flow):
        await office.call(flows.resume, run["id"])
    await office.settle()
    assert (await office.get("zoo", old))["text"] == "first"
    assert (await office.get("zoo", new))["text"] == "second"


async def test_people_get_records_in_turn_and_by_what_they_have(office: Office) -> None:
    world = office.world
    among = [world.id("rep1"), world.id("rep2"), world.id("rep3")]
    turn = await office.flow(
        {
            "object": "lead",
            "trigger": {"kind": "created"},
            "steps": [{"id": "s1", "kind": "assign", "record": "record", "field": "owner", "by": "round_robin", "users": among}],
        },
        "turn",
    )  # fmt: skip
    leads = await office.make("lead", *({"name": f"L{i}", "company": f"C{i}"} for i in range(4)))
    await office.settle()
    leads += await office.make("lead", *({"name": f"M{i}", "company": f"D{i}"} for i in range(5)))
    await office.settle()
    assert {r["state"] for r in await office.runs(turn)} == {"done"}
    owners = [(await office.get("lead", id))["owner"]["id"] for id in leads]
    assert sorted(owners.count(u) for u in among) == [3, 3, 3]
    await office.call(flows.activate, turn, False)
    await office.flow(
        {
            "object": "lead",
            "trigger": {"kind": "created"},
            "steps": [
                {"id": "s1", "kind": "assign", "record": "record", "field": "owner", "by": "capacity", "capacity": 4, "users": among}
            ],
        },
        "room",
    )  # fmt: skip
    more = await office.make("lead", *({"name": f"N{i}", "company": f"E{i}"} for i in range(4)))
    await office.settle()
    assert len({(await office.get("lead", id))["owner"]["id"] for id in more[:3]}) == 3
    [full] = [r for f in await office.call(flows.listing) if f["name"] == "room" for r in await office.runs(f["id"]) if r["state"] == "failed"]  # fmt: skip
    assert full["error"]["code"] == "flow_nobody_free"


async def test_no_more_than_so_many_in_an_hour_and_none_is_lost(office: Office) -> None:
    flow = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "created"},
            "limits": {"runs_per_hour": 3},
            "steps": [UPDATE],
        }
    )
    await office.make("zoo", *({"name": f"A{i}"} for i in range(7)))
    await office.settle()
    assert sorted(r["state"] for r in await office.runs(flow)) == ["done"] * 3 + ["waiting"] * 4
    async with office.world.act() as ctx:
        await ctx.db.execute(
            f"UPDATE \"{ctx.workspace.schema}\"._flow_run SET started_at = started_at - interval '61 minutes',"
            " due_at = due_at - interval '61 minutes' WHERE flow = %(flow)s::uuid",
            {"flow": flow},
        )
    await office.make("zoo", {"name": "B"})
    await office.settle()
    states = [(r["record"]["title"], r["state"]) for r in await office.runs(flow)]
    assert [title for title, state in states if state == "done"] == [f"A{i}" for i in range(6)]
    assert [title for title, state in states if state == "waiting"] == ["A6", "B"], "nobody passes those who wait"


async def test_it_acts_with_the_rights_of_who_switched_it_on(office: Office) -> None:
    """A flow sees and changes what its user may, also when somebody else starts it."""
    flow = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "changed", "fields": ["text"]},
            "steps": [{"id": "s1", "kind": "update", "record": "record", "values": {"integer": 1}}],
        }
    )
    [leo] = await office.make("zoo", {"name": "Leo"})
    await office.change("zoo", leo, by="clerk", name="Leo II")
    await office.settle()
    assert await office.runs(flow) == []
    async with office.world.act() as ctx:
        await ctx.db.execute(
            f"UPDATE \"{office.world.workspace.schema}\"._flow SET runs_as = '{office.world.id('viewer')}'"
        )
    await office.change("zoo", leo, text="x")
    await office.settle()
    [run] = await office.runs(flow)
    assert (run["state"], run["error"]["code"]) == ("failed", "forbidden_verb")


@pytest.fixture
def outside() -> Any:
    """A kind of step that acts outside; what it was called with."""
    calls: list[str] = []
    behave: dict[str, Any] = {"then": flows.Done({"ok": True})}

    @flows.step(
        "outside_test", ("Out", "外"), flows.parameter("text", "words", ("Text", "文")), outside=True, seconds=5
    )
    async def out(step: flows.StepContext) -> kinds.Next:
        calls.append(f"{step.key} {step.input['text']}")
        then = behave["then"]
        if isinstance(then, BaseException):
            raise then
        return then

    yield calls, behave
    del kinds.steps["outside_test"]


async def test_what_acts_outside_is_intended_done_and_noted(office: Office, outside: Any) -> None:
    calls, behave = outside
    flow = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "created"},
            "steps": [{"id": "s1", "kind": "outside_test", "text": "hello {name}"}, UPDATE | {"id": "s2"}],
        }
    )
    [leo] = await office.make("zoo", {"name": "Leo"})
    await office.settle()
    [run] = await office.runs(flow)
    assert (run["state"], run["steps"][0]["input"]) == ("done", {"text": "hello Leo"})
    assert calls == [f"{run['id']}:s1:0 hello Leo"]
    assert (await office.get("zoo", leo))["text"] == "touched"
    behave["then"] = RuntimeError("the line broke")
    await office.make("zoo", {"name": "Max"})
    await office.settle()
    run = (await office.runs(flow))[1]
    assert (run["state"], run["error"]["code"]) == ("unknown", "flow_unknown"), "nobody knows whether it took place"
    behave["then"] = flows.Done()
    await office.call(flows.retry, run["id"])
    await office.settle()
    assert (await office.runs(flow))[1]["state"] == "done"
    assert calls[1] == calls[2], "it can be recognised as the same"
    behave["then"] = flows.Fail(Problem("invalid"))
    await office.make("zoo", {"name": "Tim"})
    await office.settle()
    run = (await office.runs(flow))[2]
    assert run["state"] == "failed"
    behave["then"] = flows.Done()
    await office.call(flows.retry, run["id"])
    await office.settle()
    assert calls[3] != calls[4], "what certainly failed is another call"


async def test_a_worker_that_died_outside_leaves_it_unknown_unless_that_can_be_known(
    office: Office, outside: Any
) -> None:
    calls, _ = outside
    flow = await office.flow(
        {"object": "zoo", "trigger": {"kind": "created"}, "steps": [{"id": "s1", "kind": "outside_test", "text": "x"}]}
    )
    await office.make("zoo", {"name": "Leo"})
    await deliver(office.world.db, office.world.workspace, "flows")
    moved, waiting = await advancing.portion(office.world.db, office.world.workspace)
    assert (moved, len(waiting), calls) == (1, 1, []), "the intent is committed, and here the worker dies"

    async def passed() -> None:
        async with office.world.act() as ctx:
            await ctx.db.execute(
                f"UPDATE \"{office.world.workspace.schema}\"._flow_run SET due_at = now() - interval '1 second' WHERE state = 'running'"
            )
        await flows.tick(office.world.db, office.world.workspace)
        await office.settle()

    await flows.tick(office.world.db, office.world.workspace)
    assert [r["state"] for r in await office.runs(flow)] == ["running"], "it may still be at it"
    await passed()
    assert [r["state"] for r in await office.runs(flow)] == ["unknown"]
    assert calls == []
    assert not await advancing.settle(office.world.db, office.world.workspace, waiting[0].run.id, 1, flows.Done()), (
        "too late"
    )

    kind = kinds.steps["outside_test"]
    known: list[Any] = [None, flows.Done({"found": True})]

    async def certain(key: str, ctx: Any, _given: Any) -> Any:
        assert ctx.cause == "flow:f"
        return known.pop(0)

    kinds.steps["outside_test"] = replace(kind, certain=certain)
    running._programs.clear()
    await office.make("zoo", {"name": "Max"})
    await deliver(office.world.db, office.world.workspace, "flows")
    await advancing.portion(office.world.db, office.world.workspace)
    await passed()  # it never took place: it is done now
    assert len(calls) == 1
    assert [r["state"] for r in await office.runs(flow)] == ["unknown", "done"]


async def test_workers_share_the_runs(office: Office) -> None:
    flow = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "created"},
            "steps": [{"id": "s1", "kind": "update", "record": "record", "values": {"integer": {"formula": "ifempty(integer, 0) + 1"}}}],
        }
    )  # fmt: skip
    ids = await office.make("zoo", *({"name": f"A{i}"} for i in range(300)))
    world = office.world
    await asyncio.gather(*(deliver(world.db, world.workspace, "flows") for _ in range(3)))
    await asyncio.gather(*(flows.advance(world.db, world.workspace) for _ in range(4)))
    await office.settle()
    found = await office.call(records.ask, "zoo", ids, ("integer",))
    assert {t.values["integer"] for t in found.values()} == {1}
    async with world.act() as ctx:
        assert (await flows.listing(ctx))[0]["counts"]["done_30d"] == 300
    assert flow


async def test_a_flow_that_the_catalog_left_behind_keeps_nobody_else_from_going_on(office: Office) -> None:
    broken = await office.flow(
        {
            "object": "zoo",
            "trigger": {"kind": "created", "filter": {"field": "name", "op": "eq", "value": "x"}},
            "steps": [UPDATE],
        },
        "broken",
    )
    sound = await office.flow({"object": "zoo", "trigger": {"kind": "created"}, "steps": [UPDATE]}, "sound")
    async with office.world.act() as ctx:
        await ctx.db.execute(
            f'UPDATE "{office.world.workspace.schema}"._flow_version SET definition ='
            " jsonb_set(definition, '{trigger,filter,field}', '\"gone\"') WHERE flow = %(id)s::uuid",
            {"id": broken},
        )
    await office.make("zoo", {"name": "Leo"})
    await office.settle()
    assert [r["state"] for r in await office.runs(sound)] == ["done"]
    [run] = await office.runs(broken)
    assert (run["state"], run["error"]["message"]) == ("failed", "There is no field “gone”.")


async def test_people_are_found_by_role_team_field_and_whose_manager_they_are(office: Office) -> None:
    world = office.world
    from guanxi.flows.resolving import People

    async with world.act() as ctx:
        people = People(ctx)
        at = {"owner": {"id": world.id("rep1"), "title": "x"}, "empty": None}
        wanted = [
            {"user": world.id("mate")},
            {"role": "agent"},
            {"field": "owner"},
            {"field": "empty"},
            {"manager_of": "owner"},
        ]
        found = await people.ids(wanted, at.get)
        assert found == [world.id(n) for n in ("mate", "agent", "rep1", "captain")]
        assert set(await people.ids([{"team": world.teams["east"]}], at.get)) == {
            world.id(n) for n in ("rep1", "rep2", "peeper")
        }
        at["owner"] = {"id": world.id("captain"), "title": "x"}
        assert await people.ids([{"manager_of": "owner"}], at.get) == [world.id("boss")], "above who leads the team"


async def test_it_hears_of_the_first_change_after_it_was_switched_on(own_world: World) -> None:
    office = Office(own_world)  # nobody has looked into the journal of this workspace yet
    flow = await office.flow({"object": "zoo", "trigger": {"kind": "created"}, "steps": [UPDATE]})
    await office.make("zoo", {"name": "First"})
    await office.settle()
    assert [r["state"] for r in await office.runs(flow)] == ["done"]


async def test_a_form_is_filled_in_and_starts_a_flow(office: Office) -> None:
    """What it asks for is checked, and stands under ``input``."""
    made = await office.flow(
        {
            "trigger": {
                "kind": "form",
                "fields": [
                    {"name": "animal", "type": "text", "required": True, "label": {"en": "Animal", "zh": "动物"}},
                    {"name": "age", "type": "number"},
                ],
            },
            "steps": [
                {
                    "id": "s1",
                    "kind": "create",
                    "object": "zoo",
                    "values": {"name": {"from": "input.animal"}, "integer": {"from": "input.age"}},
                }
            ],
        }
    )
    with pytest.raises(Invalid):
        await office.call(flows.start, made, None, {"age": 3})
    async with office.world.act("rep1") as ctx:
        await flows.start(ctx, made, None, {"animal": "Okapi", "age": 3})
    await office.settle()
    [run] = await office.runs(made)
    assert (run["state"], run["record"]) == ("done", None)
    [okapi] = await office.find("zoo", filter={"field": "name", "op": "eq", "value": "Okapi"})
    assert okapi["integer"] == 3


async def test_a_segment_starts_those_flows_that_watch_it_once(office: Office) -> None:
    segment = new_id()
    watching: dict[str, Any] = {"object": "zoo", "trigger": {"kind": "segment", "segment": segment, "way": "entered"}}
    steps = [{"id": "s1", "kind": "update", "record": "record", "values": {"text": "in"}}]
    made = await office.flow({**watching, "steps": steps}, "entered")
    other = await office.flow({**watching, "trigger": {**watching["trigger"], "way": "left"}, "steps": steps}, "left")
    [leo] = await office.make("zoo", {"name": "Leo"})
    for _ in range(2):
        async with office.world.db.transaction(office.world.workspace.role) as db:
            begun = [flows.Start(f"{segment}:7", "zoo", leo)]
            await flows.fire(
                db,
                office.world.workspace,
                "segment",
                begun,
                object_name="zoo",
                where={"segment": segment, "way": "entered"},
            )
        await office.settle()
    assert [r["record"]["id"] for r in await office.runs(made)] == [leo]
    assert await office.runs(other) == []
    assert (await office.get("zoo", leo))["text"] == "in"
