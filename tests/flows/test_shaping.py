"""A flow is kept as a draft, checked against kinds and catalog, and switched on as a version that nobody changes any more."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from tests.flows.conftest import Office
from tests.world import Desk

from guanxi import flows
from guanxi.base import Conflict, Forbidden, Invalid, NotFound, Stale, new_id
from guanxi.flows import definition, kinds, parameters

FOLLOW_UP: dict[str, Any] = {
    "object": "opportunity",
    "trigger": {"kind": "changed", "fields": ["stage"], "filter": {"field": "amount", "op": "gt", "value": 100}},
    "steps": [
        {
            "id": "s1",
            "kind": "branch",
            "cases": [
                {
                    "name": "big",
                    "filter": {"field": "account.industry", "op": "is_empty"},
                    "steps": [
                        {
                            "id": "s2",
                            "kind": "create",
                            "object": "task",
                            "values": {
                                "subject": {"text": "请跟进 {name}（{account.name}）"},
                                "owner": {"from": "record.owner"},
                            },
                        },
                        {"id": "s3", "kind": "update", "record": "steps.s2.record", "values": {"body": "x"}},
                    ],
                }
            ],
            "otherwise": [{"id": "s4", "kind": "stop"}],
        },
        {
            "id": "s5",
            "kind": "loop",
            "object": "contact",
            "via": "account",
            "steps": [{"id": "s6", "kind": "update", "record": "loop.record", "values": {"job_title": "x"}}],
        },
    ],
}


def wrong(what: dict[str, Any], desk: Desk) -> dict[tuple[str | None, str | None], str]:
    """Step and field to code."""
    found = definition.check(what, desk.world.catalog)
    return {(f.step, f.error.field): f.error.code for f in found}


ASKING = {
    "kind": "button",
    "label": {"en": "Ask", "zh": "问"},
    "fields": [{"name": "why", "type": "text", "label": {"en": "Why", "zh": "原因"}}],
}


def with_step(**step: Any) -> dict[str, Any]:
    return {**FOLLOW_UP, "steps": [{"id": "s1", **step}]}


async def test_a_sound_flow_has_no_problems(desk: Desk) -> None:
    assert wrong(FOLLOW_UP, desk) == {}
    assert wrong({**with_step(kind="stop", note="{input.why}"), "trigger": ASKING}, desk) == {}
    program = definition.read(FOLLOW_UP, desk.world.catalog)
    assert program.first == "s1"
    assert program.steps["s1"].into == {"cases.0": "s2", "otherwise": "s4"}
    assert [program.steps[s].next for s in ("s2", "s3", "s4", "s5", "s6")] == ["s3", "s5", "s5", None, None]
    assert program.steps["s6"].loop == "s5"


@pytest.mark.parametrize(
    ("what", "where", "code"),
    [
        ({"object": "opportunity", "trigger": {"kind": "changed"}, "steps": []}, (None, "steps"), "flow_no_steps"),
        ({"object": "nothing", "trigger": {"kind": "created"}}, (None, "object"), "unknown_object"),
        ({"trigger": {"kind": "created"}}, ("trigger", "object"), "required"),
        ({"trigger": {"kind": "full moon"}}, ("trigger", "kind"), "not_an_option"),
        ({**FOLLOW_UP, "trigger": {"kind": "changed", "fields": ["nope"]}}, ("trigger", "fields"), "flow_unknown_field"),
        ({**FOLLOW_UP, "trigger": {"kind": "date", "field": "amount"}}, ("trigger", "field"), "flow_field_kind"),
        ({**FOLLOW_UP, "trigger": {"kind": "schedule", "at": "25:00"}}, ("trigger", "at"), "wrong_type"),
        (with_step(kind="update", record="record", values={"nope": 1}), ("s1", "values"), "flow_unknown_field"),
        (with_step(kind="update", record="record", values={"created_at": 1}), ("s1", "values"), "read_only"),
        (with_step(kind="update", record="record", values={"amount": "many"}), ("s1", "values"), "wrong_type"),
        (with_step(kind="update", record="record.amount", values={"name": "x"}), ("s1", "record"), "flow_no_record"),
        (with_step(kind="update", values={"name": "x"}), ("s1", "record"), "required"),
        (with_step(kind="create", object="task", values={"subject": {"text": "{nope}"}}), ("s1", "values"), "flow_unknown_path"),
        (with_step(kind="create", object="task", values={"subject": {"from": "loop.record.name"}}), ("s1", "values"), "flow_unknown_path"),
        (with_step(kind="create", object="task", values={"subject": {"formula": "amount +"}}), ("s1", "values"), "formula_ends"),
        (with_step(kind="wait", how="duration", duration={"years": 1}), ("s1", "duration"), "wrong_type"),
        (with_step(kind="stop", colour="red"), ("s1", "colour"), "unknown_parameter"),
        (with_step(kind="loop", object="task", sort="-nope"), ("s1", "sort"), "flow_unknown_field"),
        (with_step(kind="action", record="record", action="dance"), ("s1", "action"), "not_an_option"),
        ({**FOLLOW_UP, "trigger": {"kind": "changed", "fields": ["amount"], "to": "many"}}, ("trigger", "to"), "wrong_type"),
        ({**FOLLOW_UP, "trigger": {"kind": "changed", "to": "won"}}, ("trigger", "to"), "flow_unknown_field"),
        (with_step(kind="approval", title="x", levels=[]), ("s1", "levels"), "required"),
        (with_step(kind="approval", title="x", levels=[{"who": []}]), ("s1", "levels"), "flow_who"),
        (with_step(kind="dance"), ("s1", "kind"), "not_an_option"),
        ({**with_step(kind="stop", note="{input.gone}"), "trigger": ASKING}, ("s1", "note"), "flow_unknown_path"),
        ({**FOLLOW_UP, "steps": [{"id": "s1", "kind": "stop"}, {"id": "s1", "kind": "stop"}]}, (None, "steps"), "flow_step_id"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_where_it_is(desk: Desk, what: Any, where: Any, code: str) -> None:
    assert wrong(what, desk).get(where) == code, wrong(what, desk)


async def test_a_flow_is_a_draft_then_a_version(desk: Desk) -> None:
    ctx = desk.as_()
    made = await flows.create(ctx, {"en": "Follow up", "zh": "跟进"}, {"object": "opportunity", "trigger": {}})
    assert (made["name"], made["active"], made["version"], made["draft"]) == ("follow_up", False, None, True)
    with pytest.raises(Invalid):
        await flows.activate(ctx, made["id"], True)
    with pytest.raises(Stale):
        await flows.change(ctx, made["id"], label="x", edit=made["edit"] + 1)
    await flows.change(ctx, made["id"], definition=FOLLOW_UP, edit=made["edit"])
    on = await flows.activate(ctx, made["id"], True)
    assert (on["active"], on["version"], on["draft"], on["runs_as"]) == (True, 1, False, ctx.actor.id)
    await flows.change(ctx, made["id"], definition={**FOLLOW_UP, "limits": {"runs_per_hour": 5}})
    found = await flows.get(ctx, made["id"])
    assert (found["draft"], found["live"]) == (True, FOLLOW_UP), "what is switched on stays as it is"
    assert (await flows.change(ctx, made["id"], label="Follow"))["draft"]
    discarded = await flows.change(ctx, made["id"], definition=FOLLOW_UP)
    assert not discarded["draft"], "a draft that says what is in force is none"
    await flows.change(ctx, made["id"], definition=found["definition"])
    assert (await flows.activate(ctx, made["id"], True))["version"] == 2
    [listed] = await flows.listing(ctx)
    assert listed["counts"] == {"running": 0, "waiting": 0, "failed": 0, "done_30d": 0}
    assert (listed["object"], listed["trigger"]) == ("opportunity", "changed")
    assert (await flows.create(ctx, "Follow up", None))["name"] == "follow_up_2"
    await flows.remove(ctx, made["id"])
    with pytest.raises(NotFound):
        await flows.get(ctx, made["id"])


async def test_only_who_shapes_objects_shapes_flows(desk: Desk) -> None:
    for name in ("rep1", "boss", "clerk"):
        with pytest.raises(Forbidden):
            await flows.listing(desk.as_(name))
        with pytest.raises(Forbidden):
            await flows.create(desk.as_(name), "Mine", FOLLOW_UP)


def test_every_kind_says_itself_in_both_languages() -> None:
    for kind in (*kinds.triggers.values(), *kinds.steps.values()):
        assert set(kind.label) == {"en", "zh"}, kind.name
        for p in kind.parameters:
            assert p.type in parameters.TYPES, (kind.name, p.name)
            for label in (p.label, *([p.help] if p.help else []), *(label for _, label in p.options)):
                assert set(label) == {"en", "zh"}, (kind.name, p.name)
            assert p.of in ("flow", *(q.name for q in kind.parameters)), (kind.name, p.name)
            assert all(n in [q.name for q in kind.parameters] for n in p.when), (kind.name, p.name)


STRANGE: list[Any] = [None, True, 0, -1, 1e30, "", "x", "record", "{name}", [], [None], ["x"], {}, {"x": 1}, {"from": 1}, {"formula": None}, {"text": {}}, [[]], {"steps": 1}, {"en": 1}, "9" * 300, [{"user": 1}], {"kind": "created"}, {"days": -1}, {"and": 1}, {"field": "name"}]  # fmt: skip


def places_of(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [p for k, v in inner for p in places_of(v, (*at, k))]


async def test_no_definition_whatever_is_in_it_is_an_error_of_ours(desk: Desk) -> None:
    """Anything in the place of anything is a problem that is told, or none."""
    every = [
        {
            "id": f"k{i}",
            "kind": kind.name,
            **{p.name: p.default for p in kind.parameters},
            **{n: [] for n in kind.nested},
        }
        for i, kind in enumerate(kinds.steps.values())
    ]
    whole = {**FOLLOW_UP, "steps": [*FOLLOW_UP["steps"], *every], "limits": {"runs_per_hour": 1}}
    rng = random.Random(7)
    sound = 0
    for trigger in kinds.triggers.values():
        began = {"kind": trigger.name, **{p.name: p.default for p in trigger.parameters}}
        base = {**whole, "trigger": began}
        for path in rng.sample(places_of(base), 25):
            what = copy.deepcopy(base)
            at = what
            for name in path[:-1]:
                at = at[name]
            at[path[-1]] = rng.choice(STRANGE)
            found = definition.check(what, desk.world.catalog)
            for fault in found:
                assert fault.told("zh")["message"]
                assert fault.told("en")["message"] != fault.error.code, fault
            if not found:
                definition.read(what, desk.world.catalog)
                sound += 1
    for strange in STRANGE:
        assert definition.check(strange, desk.world.catalog)
    for p in (p for kind in (*kinds.steps.values(), *kinds.triggers.values()) for p in kind.parameters):
        scope = definition.begin(FOLLOW_UP, desk.world.catalog)
        for strange in STRANGE:
            list(parameters.check(p, {p.name: strange, "object": "task", "record": "record", "kind": "changed"}, scope))


async def test_a_flow_whose_user_has_left_is_shown_and_says_so(office: Office) -> None:
    what = {
        "object": "zoo",
        "trigger": {"kind": "button", "label": {"en": "Press"}},
        "steps": [{"id": "s1", "kind": "stop"}],
    }
    made = await office.flow(what, "pressed")
    [leo] = await office.make("zoo", {"name": "Leo"})
    assert [f["orphan"] for f in await office.call(flows.listing)] == [False]
    async with office.world.act() as ctx:
        await ctx.db.execute(f'UPDATE "{ctx.workspace.schema}"._flow SET runs_as = %(id)s::uuid', {"id": new_id()})
    assert [f["orphan"] for f in await office.call(flows.listing)] == [True]
    with pytest.raises(Conflict) as refused:
        await office.call(flows.start, made, leo)
    assert refused.value.code == "flow_actor_gone"
    await office.call(flows.activate, made, True)  # whoever switches it on again gives it their rights
    assert [f["orphan"] for f in await office.call(flows.listing)] == [False]
    assert (await office.call(flows.start, made, leo))["run"]
