"""The write path as its callers meet it: batches, versions, keys, defaults, stages, numbers, uniqueness, the bin."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from tests.world import CUSTOM, FILE, Desk, World, codes, exact, example, problems

from guanxi import records
from guanxi.base import Conflict, Forbidden, Invalid, NotFound, Problem, Stale, new_id
from guanxi.records import Context, Create, Delete, Restore, Update, Upsert, access
from guanxi.records import rules as engine_rules
from guanxi.records.evolve import declared
from guanxi.records.rules import Rule
from guanxi.records.write import MAX_BATCH, MAX_DEPTH
from guanxi.schema.catalog import fold
from guanxi.schema.filter import where
from guanxi.schema.model import RESERVED
from guanxi.schema.query import Query
from guanxi.schema.types import TYPES


async def write(
    desk: Desk, object_name: str, *operations: records.Operation, name: str = "admin", **more: Any
) -> list[records.Outcome]:
    return await records.write(desk.as_(name), object_name, list(operations), **more)


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
async def test_every_type_is_written_and_read_back_alike(desk: Desk, seed: int) -> None:
    """What is read can be written again, and nothing changes by it."""
    rng = random.Random(seed)
    keepers = [await desk.one("keeper", name=f"K{i}") for i in range(3)]
    entity = desk.world.catalog.object("zoo")
    other = await desk.one("zoo", name="other")
    values = example(entity, rng, {"keeper": keepers, "user": [desk.world.id("rep1")], "zoo": [other], "_file": []})
    assert len(values) >= 25
    [made] = await write(desk, "zoo", Create(values))
    shown = exact(made.record or b"")
    writable = {n for n, f in entity.fields.items() if not f.system and not f.readonly and not TYPES[f.type].made}
    for name in sorted(writable):
        before = await desk.digest()
        [outcome] = await write(desk, "zoo", Update(made.id or "", {name: shown[name]}))
        assert exact(outcome.record or b"") == shown
        assert await desk.digest() == before, f"{name} changed by being written as it was read"
    [cleared] = await write(desk, "zoo", Update(made.id or "", dict.fromkeys(writable - {"name", "owner"})))
    for name in writable - {"name", "owner"}:
        assert exact(cleared.record or b"")[name] in (None, []), name


async def test_numbers_keep_all_their_digits(desk: Desk) -> None:
    from decimal import Decimal

    values = {"decimal": Decimal("999999999999999999.123456"), "integer": 2**63 - 1, "money": Decimal("0.10")}
    id = await desk.one("zoo", name="n", **values)
    found = await desk.get("zoo", id)
    assert {n: found[n] for n in values} == values
    [entry] = (await records.history(desk.as_(), "zoo", id))["data"]
    assert {n: entry["changes"][n][1] for n in values} == values


async def test_json_as_the_api_reads_it_is_kept(desk: Desk) -> None:
    from guanxi.base.json import loads

    value = loads('{"a": 1.5, "b": [1e2, null, {"c": null}], "d": 12345678901234567890, "e": ""}', exact=True)
    id = await desk.one("zoo", name="n", json=value)
    assert (await desk.get("zoo", id))["json"] == value


async def test_an_empty_text_is_no_value(desk: Desk) -> None:
    id = await desk.one("account", name="A", phone="", website="  ", tags=[], description="\n")
    found = await desk.get("account", id)
    assert [found[n] for n in ("phone", "website", "tags", "description")] == [None, None, [], None]


async def test_defaults_are_taken_by_what_is_left_out_and_not_by_what_is_null(desk: Desk) -> None:
    id = await desk.one("account", name="A", by="rep1")
    found = await desk.get("account", id)
    assert (found["kind"], found["status"], found["owner"]["id"]) == ("company", "prospect", desk.world.id("rep1"))
    id = await desk.one("account", name="A", kind=None, owner=None)
    found = await desk.get("account", id)
    assert (found["kind"], found["owner"]) == (None, None)


async def test_a_name_brings_its_parts_and_money_its_currency(desk: Desk) -> None:
    id = await desk.one("lead", name="欧阳娜娜", budget={"amount": 5, "currency": "EUR"})
    found = await desk.get("lead", id)
    assert (found["name_family"], found["name_given"], found["budget"], found["budget_currency"]) == (
        "欧阳",
        "娜娜",
        5,
        "EUR",
    )
    await write(desk, "lead", Update(id, {"name": {"family": "Curie", "given": "Marie"}, "budget": 7}))
    found = await desk.get("lead", id)
    assert (found["name"], found["name_family"], found["budget"], found["budget_currency"]) == (
        "Marie Curie",
        "Curie",
        7,
        "EUR",
    )


async def test_all_that_is_wrong_is_said_at_once(desk: Desk) -> None:
    wrong = {
        "website": "javascript:alert(1)",
        "employees": -1,
        "owner": new_id(),
        "industry": "none",
        "nothing": 1,
        "version": 3,
    }
    expected = {"name": "required", "website": "not_a_url", "employees": "too_small", "owner": "reference_not_found",
                "industry": "not_an_option", "nothing": "unknown_field", "version": "read_only"}  # fmt: skip
    assert codes(await desk.refused(desk.as_(), "account", Create(wrong))) == expected
    id = await desk.one("account", name="A")
    assert codes(await desk.refused(desk.as_(), "account", Update(id, wrong | {"name": None}))) == expected


@pytest.mark.parametrize(
    "name", sorted(RESERVED | {"workspace_id", "is_admin", "role_id", "__class__", "id; drop table", "name_object"})
)
async def test_nobody_assigns_what_is_not_theirs(desk: Desk, name: str) -> None:
    id = await desk.one("account", name="A")
    before = await desk.digest()
    for operation in (Create({"name": "B", name: new_id()}), Update(id, {name: new_id()})):
        problem = await desk.refused(desk.as_(), "account", operation)
        assert codes(problem)[name] in ("unknown_field", "read_only")
    assert await desk.digest() == before


async def test_read_only_fields_and_running_numbers_are_not_written(desk: Desk) -> None:
    lead, zoo = await desk.one("lead", name="L"), await desk.one("zoo", name="Z")
    for object_name, id, name in (
        ("lead", lead, "account"),
        ("zoo", zoo, "autonumber"),
        ("task", "", "done"),
        ("opportunity", "", "stage_kind"),
    ):
        operation = Update(id, {name: None}) if id else Create({"name": "x", name: None})
        assert codes(await desk.refused(desk.as_(), object_name, operation))[name] == "read_only"


# -- batches -----------------------------------------------------------------------------------------------------------


async def test_an_atomic_batch_is_all_or_nothing(desk: Desk) -> None:
    id = await desk.one("account", name="A")
    before = await desk.digest()
    problem = await desk.refused(
        desk.as_(), "account", Create({"name": "B"}), Create({}), Update(id, {"employees": "many"}), Delete(new_id())
    )
    assert await desk.digest() == before
    assert problem.status in (404, 422)
    problem = await desk.refused(
        desk.as_(), "account", Create({"name": "B"}), Create({}), Update(id, {"employees": "many"})
    )
    assert {(e.row, e.field, e.code) for e in problem.errors} == {
        (1, "name", "required"),
        (2, "employees", "wrong_type"),
    }
    assert await desk.digest() == before


async def test_a_batch_that_is_not_atomic_answers_for_each_in_order(desk: Desk) -> None:
    a, b, c = await desk.make("account", {"name": "A"}, {"name": "B"}, {"name": "C"})
    await desk.one("opportunity", name="O", account=c)
    outcomes = await write(
        desk,
        "account",
        Delete(b),
        Create({"name": "D"}),
        Update(a, {"employees": "many"}),
        Create({"nothing": 1}),
        Update(new_id(), {"name": "X"}),
        Update(a, {"name": "A2"}, version=7),
        Delete(c),
        Update(a, {"name": "A3"}),
        Delete("nonsense"),
        atomic=False,
    )
    assert [o.status for o in outcomes] == [204, 201, 422, 422, 404, 412, 409, 200, 404]
    assert problems(outcomes)[6] == "still_referenced"
    names = {r["name"] for r in await desk.find("account")}
    assert names == {"A3", "C", "D"}


async def test_a_batch_has_a_greatest_size(desk: Desk) -> None:
    with pytest.raises(Invalid):
        await write(desk, "account", *[Create({"name": "A"})] * (MAX_BATCH + 1))
    assert await desk.ids("account") == []


async def test_a_full_batch_goes_in_and_comes_back(desk: Desk) -> None:
    rows = [Create({"name": f"A{i}", "employees": i}) for i in range(MAX_BATCH)]
    ctx = desk.as_(bulk="batch")
    outcomes = await records.write(ctx, "account", rows, render=False)
    assert len({o.id for o in outcomes}) == MAX_BATCH
    [total] = await desk.aggregate(
        "account", measures=[{"fn": "count", "as": "n"}, {"fn": "sum", "field": "employees", "as": "s"}]
    )
    assert total["values"] == {"n": MAX_BATCH, "s": sum(range(MAX_BATCH))}
    changed = [Update(o.id or "", {"employees": 1}) for o in outcomes]
    await records.write(desk.as_(bulk="batch"), "account", changed, render=False)
    undone = await records.undo(desk.as_(), ctx.change_set, force=True)
    assert undone["undone"] == MAX_BATCH
    assert await desk.ids("account") == []


async def test_the_same_record_twice_in_a_batch_is_refused(desk: Desk) -> None:
    id = await desk.one("account", name="A")
    problem = await desk.refused(desk.as_(), "account", Update(id, {"name": "B"}), Update(id, {"name": "C"}))
    assert problem.errors[0].code == "not_unique"
    outcomes = await write(desk, "account", Update(id, {"name": "B"}), Update(id, {"name": "C"}), atomic=False)
    assert [o.status for o in outcomes] == [200, 422]


# -- versions ----------------------------------------------------------------------------------------------------------


async def test_versions_count_changes_and_refuse_stale_ones(desk: Desk) -> None:
    id = await desk.one("account", name="A")
    [first] = await write(desk, "account", Update(id, {"name": "B"}, version=1))
    assert exact(first.record or b"")["version"] == 2
    for operation in (Update(id, {"name": "C"}, version=1), Delete(id, version=1)):
        assert isinstance(await desk.refused(desk.as_(), "account", operation), Stale)
    assert (await desk.get("account", id))["name"] == "B"
    before = await desk.digest()
    [same] = await write(desk, "account", Update(id, {"name": "B"}, version=2))
    assert exact(same.record or b"")["version"] == 2, "nothing changed"
    assert await desk.digest() == before


async def test_two_who_change_at_once_both_get_in_or_one_is_told(own_world: World) -> None:
    async with own_world.act() as ctx:
        [made] = await records.write(ctx, "account", [Create({"name": "A"})])
    id = made.id or ""

    async def change(values: dict[str, Any], version: int | None = None) -> str:
        try:
            async with own_world.act() as ctx:
                await records.write(ctx, "account", [Update(id, values, version)])
            return "ok"
        except Stale:
            return "stale"

    answers = await asyncio.gather(
        change({"employees": 1}), change({"founded": 1990}), change({"phone": "010-62345678"})
    )
    assert answers == ["ok"] * 3
    async with own_world.desk() as desk:
        found = await desk.get("account", id)
        assert (found["version"], found["employees"], found["founded"], found["phone"]) == (4, 1, 1990, "010-62345678")
    answers = await asyncio.gather(*(change({"employees": 10 + i}, 4) for i in range(4)))
    assert sorted(answers) == ["ok", "stale", "stale", "stale"]


# -- keys --------------------------------------------------------------------------------------------------------------


async def test_upsert_changes_what_its_key_finds_and_makes_the_rest(desk: Desk) -> None:
    [kept] = await desk.make("opportunity", {"name": "Old", "reference": "R1", "amount": 1})
    outcomes = await write(
        desk,
        "opportunity",
        Upsert({"reference": "R1"}, {"amount": 2}),
        Upsert({"reference": "R2"}, {"name": "New", "amount": 3}),
        Upsert({"name": "Old", "reference": "R1"}, {"next_step": "call"}),
        atomic=False,
    )
    assert [o.status for o in outcomes] == [200, 201, 422], "one record is not changed twice in a batch"
    assert outcomes[0].id == kept
    found = await desk.get("opportunity", kept)
    assert (found["amount"], found["name"]) == (2, "Old")
    made = await desk.get("opportunity", outcomes[1].id or "")
    assert (made["reference"], made["amount"]) == ("R2", 3)


async def test_upsert_reads_its_key_as_the_field_does(desk: Desk) -> None:
    id = await desk.one("account", name="A", email="a@example.com", employees=5)
    outcomes = await write(desk, "account", Upsert({"email": "A@Example.com "}, {"name": "B"}))
    assert [(o.status, o.id) for o in outcomes] == [(200, id)]
    [o] = await write(desk, "account", Upsert({"employees": 5}, {"name": "C"}))
    assert o.id == id
    outcomes = await write(
        desk,
        "account",
        Upsert({"email": "new@example.com"}, {"name": "N"}),
        Upsert({"email": "NEW@example.com"}, {"name": "N2"}),
        atomic=False,
    )
    assert [o.status for o in outcomes] == [201, 422], "the same key twice makes one record"


async def test_upsert_by_what_several_have_or_nobody_may_see_is_refused(desk: Desk) -> None:
    await desk.make("account", {"name": "A"}, {"name": "A"})
    assert codes(await desk.refused(desk.as_(), "account", Upsert({"name": "A"}, {}))) == {
        "name": "reference_ambiguous"
    }
    for key in ({"nothing": 1}, {"phone": "1"}, {"password": "x"}):
        code = codes(await desk.refused(desk.as_("clerk"), "account", Upsert(key, {"name": "X"})))
        assert set(code.values()) == {"unknown_field"}
    for key in ({}, {"name": None}, {"name": ""}, {"description": {"a": 1}}, {"tags": "x"}):
        assert (await desk.refused(desk.as_(), "account", Upsert(key, {"name": "X"}))).status == 422
    hidden = await desk.one("account", name="Hidden", by="rep3", owner=desk.world.id("rep3"))
    [made] = await write(desk, "account", Upsert({"name": "Hidden"}, {"employees": 1}), name="rep1")
    assert made.status == 201
    assert made.id != hidden


@pytest.mark.parametrize(
    "key", [{"close_date": "2026-03-05"}, {"stage_since": "2026-03-05"}, {"owner": "$my_team"}, {"closed_on": "today"}]
)
async def test_any_comparable_field_can_be_a_key(desk: Desk, key: dict[str, Any]) -> None:
    id = await desk.one("opportunity", name="O", close_date="2026-03-05")
    outcomes = await write(desk, "opportunity", Update(id, {"next_step": "x"}), name="admin")
    assert outcomes[0].status == 200
    [outcome] = await write(desk, "opportunity", Upsert(key, {"name": "P"}), atomic=False)
    assert outcome.status in (200, 201, 422)


# -- links -------------------------------------------------------------------------------------------------------------


async def test_links_are_written_by_id_by_match_and_as_they_are_read(desk: Desk) -> None:
    a, b = await desk.make("account", {"name": "A", "email": "a@example.com"}, {"name": "B"})
    for value in (a, {"id": a}, {"id": a, "title": "A"}, {"match": {"name": "A"}}, {"match": {"email": "A@example.com"}},
                  {"match": {"name": "A", "email": "a@example.com"}}, a.upper()):  # fmt: skip
        id = await desk.one("contact", name="C", account=value)
        assert (await desk.get("contact", id))["account"] == {"id": a, "title": "A"}
    meeting = await desk.one(
        "meeting", subject="M", attendees=["$me", {"match": {"email": "rep1@example.com"}}, desk.world.id("rep1")]
    )
    assert [u["title"] for u in (await desk.get("meeting", meeting))["attendees"]] == ["Admin", "Rep1"]
    note = await desk.one("note", body="N", about={"object": "account", "id": b})
    assert (await desk.get("note", note))["about"] == {"object": "account", "id": b, "title": "B"}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("nonsense", "reference_not_found"),
        (5, "wrong_type"),
        ([], "wrong_type"),
        ({"match": {}}, "required"),
        ({"match": {"nothing": 1}}, "unknown_field"),
        ({"match": {"name": "Nobody"}}, "reference_not_found"),
        ({"match": {"name": "Twin"}}, "reference_ambiguous"),
        ({"match": {"name": {"a": 1}}}, "wrong_type"),
        ({"match": {"description": "x"}}, "reference_not_found"),
        ({"match": {"address": "x"}}, "unknown_operator"),
        ({"match": {"password": "x"}}, "unknown_field"),
        ({"match": {"name": "A"}, "x": 1}, "wrong_type"),
        ({"id": 5}, "wrong_type"),
        ({"match": {"created_at": "2026-03-05"}}, "reference_not_found"),
        ({"match": {"tags": ["x"]}}, "reference_not_found"),
    ],
)
async def test_a_link_that_leads_nowhere_is_refused(desk: Desk, value: Any, code: str) -> None:
    await desk.make("account", {"name": "Twin"}, {"name": "Twin"})
    assert codes(await desk.refused(desk.as_(), "contact", Create({"name": "C", "account": value}))) == {
        "account": code
    }


async def test_a_record_that_one_may_not_see_is_as_unknown_as_one_that_there_is_not(desk: Desk) -> None:
    hidden = await desk.one("account", name="Hidden", email="h@example.com", owner=desk.world.id("rep3"))
    gone = await desk.one("account", name="Gone")
    await write(desk, "account", Delete(gone))
    mine = await desk.one("account", name="Mine", owner=desk.world.id("rep1"))
    person = await desk.one("contact", name="C", owner=desk.world.id("rep1"), account=mine)
    before = await desk.digest()

    async def told(object_name: str, field: str, value: Any, other: str = "") -> list[tuple[Any, ...]]:
        out = []
        for operation in (Create({"name": "X", "subject": "X", field: value}), Update(person, {field: value})):
            if object_name != "contact" and isinstance(operation, Update):
                continue
            values = {k: v for k, v in (operation.values).items() if k in desk.world.catalog.object(object_name).fields}
            operation = Create(values) if isinstance(operation, Create) else Update(person, values)
            problem = await desk.refused(desk.as_("rep1"), object_name, operation)
            out += [(problem.status, e.field, e.code, e.message("en").replace(str(value), "…")) for e in problem.errors]
        return out

    unknown = await told("contact", "account", new_id())
    assert unknown == await told("contact", "account", hidden) == await told("contact", "account", gone)
    assert await told("contact", "account", {"match": {"name": "Hidden"}}) == await told(
        "contact", "account", {"match": {"name": "None"}}
    )
    assert await told("task", "about", {"object": "account", "id": hidden}) == await told(
        "task", "about", {"object": "account", "id": new_id()}
    )
    assert await desk.digest() == before


async def test_what_somebody_else_linked_is_null_and_may_stay(desk: Desk) -> None:
    hidden = await desk.one("account", name="Hidden", owner=desk.world.id("rep3"))
    id = await desk.one("contact", name="C", owner=desk.world.id("rep1"), account=hidden)
    assert (await desk.get("contact", id, "rep1"))["account"] is None
    assert (await desk.find("contact", "rep1", fields=["account.name", "account.industry"]))[0]["account.name"] is None
    [outcome] = await write(desk, "contact", Update(id, {"job_title": "CTO"}), name="rep1")
    assert exact(outcome.record or b"")["account"] is None
    assert (await desk.get("contact", id))["account"]["id"] == hidden
    for wanted in (
        {"field": "account.name", "op": "eq", "value": "Hidden"},
        {"field": "account.name", "op": "is_empty", "value": False},
    ):
        assert await desk.ids("contact", "rep1", filter=wanted) == []
    [entry] = [e for e in (await records.history(desk.as_("rep1"), "contact", id))["data"] if e["kind"] == "create"]
    assert hidden not in repr(entry)
    assert hidden not in repr(await records.timeline(desk.as_("rep1"), "contact", id))
    groups = await desk.aggregate("contact", "rep1", group=["account"])
    assert hidden not in repr(groups)


async def test_a_file_is_ones_own_upload(desk: Desk) -> None:
    id = await desk.one("product", name="P", image=FILE)
    assert (await desk.get("product", id))["image"] == FILE
    lie = FILE | {"name": "b.exe", "size": 99, "type": "text/html"}
    [outcome] = await write(desk, "product", Update(id, {"image": lie}))
    assert exact(outcome.record or b"")["image"] == FILE
    problem = await desk.refused(desk.as_("boss"), "product", Create({"name": "Q", "image": FILE}))
    assert codes(problem) == {"image": "reference_not_found"}


# -- required and stages -----------------------------------------------------------------------------------------------


async def test_a_required_field_cannot_be_emptied(desk: Desk) -> None:
    id = await desk.one("account", name="A")
    for value in (None, "", "  "):
        assert codes(await desk.refused(desk.as_(), "account", Update(id, {"name": value}))) == {"name": "required"}


async def test_a_new_opportunity_begins_at_the_first_open_stage(desk: Desk) -> None:
    id = await desk.one("opportunity", name="O")
    found = await desk.get("opportunity", id)
    assert (found["pipeline"], found["stage"], found["stage_kind"], found["probability"]) == (
        "sales",
        "qualification",
        "open",
        10,
    )
    assert found["stage_since"] is not None
    id = await desk.one("opportunity", name="O", pipeline="renewal")
    assert (await desk.get("opportunity", id))["stage"] == "due"
    id = await desk.one("opportunity", name="O", stage="talking")
    assert (await desk.get("opportunity", id))["pipeline"] == "renewal"


async def test_stages_ask_for_their_fields_and_bring_kind_and_probability(desk: Desk) -> None:
    id = await desk.one("opportunity", name="O")
    assert codes(await desk.refused(desk.as_(), "opportunity", Update(id, {"stage": "won"}))) == {"amount": "required"}
    assert codes(await desk.refused(desk.as_(), "opportunity", Update(id, {"stage": "lost"}))) == {
        "lost_reason": "required"
    }
    assert codes(await desk.refused(desk.as_(), "opportunity", Create({"name": "P", "stage": "won"}))) == {
        "amount": "required"
    }
    [outcome] = await write(desk, "opportunity", Update(id, {"stage": "won", "amount": 5}))
    found = exact(outcome.record or b"")
    assert (found["stage_kind"], found["probability"], found["closed_on"] is not None) == ("won", 100, True)
    assert codes(await desk.refused(desk.as_(), "opportunity", Update(id, {"amount": None}))) == {"amount": "required"}
    [outcome] = await write(desk, "opportunity", Update(id, {"stage": "needs"}))
    found = exact(outcome.record or b"")
    assert (found["stage_kind"], found["probability"], found["closed_on"]) == ("open", 30, None)
    [outcome] = await write(desk, "opportunity", Update(id, {"stage": "proposal", "probability": 77}))
    assert exact(outcome.record or b"")["probability"] == 77


async def test_a_stage_belongs_to_its_pipeline(desk: Desk) -> None:
    id = await desk.one("opportunity", name="O")
    assert codes(await desk.refused(desk.as_(), "opportunity", Update(id, {"stage": "due"}))) == {
        "stage": "not_an_option"
    }
    assert codes(await desk.refused(desk.as_(), "opportunity", Update(id, {"stage": "nowhere"}))) == {
        "stage": "not_an_option"
    }
    problem = await desk.refused(desk.as_(), "opportunity", Create({"name": "P", "pipeline": "sales", "stage": "due"}))
    assert codes(problem) == {"stage": "not_an_option"}
    [outcome] = await write(desk, "opportunity", Update(id, {"pipeline": "renewal"}))
    assert exact(outcome.record or b"")["stage"] == "due"


async def test_time_in_a_stage_starts_when_it_is_entered(own_world: World) -> None:
    async with own_world.act() as ctx:
        [made] = await records.write(ctx, "opportunity", [Create({"name": "O"})])
    async with own_world.act() as ctx:
        [named] = await records.write(ctx, "opportunity", [Update(made.id or "", {"name": "P"})])
    async with own_world.act() as ctx:
        [moved] = await records.write(ctx, "opportunity", [Update(made.id or "", {"stage": "needs"})])
    first, second, third = (exact(o.record or b"")["stage_since"] for o in (made, named, moved))
    assert first == second < third


async def test_finishing_a_task_notes_when(desk: Desk) -> None:
    id = await desk.one("task", subject="T")
    [outcome] = await write(desk, "task", Update(id, {"status": "done"}))
    found = exact(outcome.record or b"")
    assert found["done"] is True
    assert found["done_at"] is not None
    [outcome] = await write(desk, "task", Update(id, {"status": "open"}))
    found = exact(outcome.record or b"")
    assert (found["done"], found["done_at"]) == (False, None)


# -- running numbers and uniqueness ------------------------------------------------------------------------------------


async def test_running_numbers_run(desk: Desk) -> None:
    ids = await desk.make("zoo", *[{"name": f"Z{i}"} for i in range(5)])
    numbers = [(await desk.get("zoo", i))["autonumber"] for i in ids]
    first = int(numbers[0].removeprefix("ZOO-"))
    assert numbers == [f"ZOO-{first + i:04d}" for i in range(5)]


async def test_a_unique_value_is_taken_once(desk: Desk) -> None:
    a = await desk.one("zoo", name="A", code="X")
    b = await desk.one("zoo", name="B", code=None)
    for operation in (Create({"name": "C", "code": "X"}), Update(b, {"code": "X"})):
        assert codes(await desk.refused(desk.as_(), "zoo", operation)) == {"code": "not_unique"}
    problem = await desk.refused(
        desk.as_(), "zoo", Create({"name": "C", "code": "Y"}), Create({"name": "D", "code": "Y"})
    )
    assert [(e.row, e.code) for e in problem.errors] == [(1, "not_unique")]
    await write(desk, "zoo", Update(a, {"code": "X", "name": "A2"}), Create({"name": "E", "code": None}))
    await write(desk, "zoo", Delete(a))
    [again] = await write(desk, "zoo", Create({"name": "F", "code": "X"}))
    assert codes(await desk.refused(desk.as_(), "zoo", Restore(a))) == {"code": "not_unique"}
    outcomes = await write(desk, "zoo", Restore(a), atomic=False)
    assert [o.status for o in outcomes] == [422]
    await write(desk, "zoo", Delete(again.id or ""))
    await write(desk, "zoo", Restore(a))
    assert (await desk.get("zoo", a))["code"] == "X"


async def test_two_who_take_a_unique_value_at_once_are_told_apart(own_world: World) -> None:
    started = asyncio.Event()

    async def first() -> int:
        async with own_world.act() as ctx:
            [made] = await records.write(ctx, "zoo", [Create({"name": "A", "code": "RACE"})])
            started.set()
            await asyncio.wait_for(waiting(own_world), 10)
            return made.status

    async def second() -> Any:
        await started.wait()
        async with own_world.act("boss") as ctx:
            return await records.write(
                ctx, "zoo", [Create({"name": "B", "code": "RACE"}), Create({"name": "C", "code": "FREE"})], atomic=False
            )

    one, two = await asyncio.gather(first(), second())
    assert one == 201
    assert [o.status for o in two] == [422, 201]
    assert codes(two[0].problem) == {"code": "not_unique"}


async def waiting(world: World) -> None:
    """Returns when somebody waits for a lock in this database."""
    async with world.db.connection() as c:
        while not await c.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ):
            await asyncio.sleep(0)


# -- the bin -----------------------------------------------------------------------------------------------------------


async def test_what_is_deleted_is_gone_everywhere_and_comes_back_whole(desk: Desk) -> None:
    a = await desk.one("account", name="Findable", tags=["x"])
    c = await desk.one("contact", name="C", account=a)
    before = await desk.get("account", a)
    [outcome] = await write(desk, "account", Delete(a))
    assert (outcome.status, outcome.record) == (204, None)
    assert await desk.ids("account") == []
    assert await records.search(desk.as_(), "Findable") == []
    assert (await desk.get("contact", c))["account"] is None
    for call in (
        records.get(desk.as_(), "account", a),
        records.history(desk.as_(), "account", a),
        records.timeline(desk.as_(), "account", a),
    ):
        with pytest.raises(NotFound):
            await call
    for operation in (Update(a, {"name": "B"}), Delete(a)):
        assert (await desk.refused(desk.as_(), "account", operation)).status == 404
    assert codes(await desk.refused(desk.as_(), "contact", Create({"name": "D", "account": a}))) == {
        "account": "reference_not_found"
    }
    assert await desk.ids("account", bin=True) == [a]
    [outcome] = await write(desk, "account", Restore(a))
    after = exact(outcome.record or b"")
    assert after == before | {"version": 3}
    assert (await desk.get("contact", c))["account"]["id"] == a
    assert [h["id"] for h in await records.search(desk.as_(), "Findable")] == [a]
    assert (await desk.refused(desk.as_(), "account", Restore(a))).status == 404


async def test_what_others_must_not_lose_cannot_be_deleted(desk: Desk) -> None:
    held, free = await desk.make("account", {"name": "Held"}, {"name": "Free"})
    deal = await desk.one("opportunity", name="O", account=held)
    before = await desk.digest()
    for operations in ([Delete(held)], [Delete(held), Delete(free)], [Delete(free), Delete(held)]):
        problem = await desk.refused(desk.as_(), "account", *operations)
        assert (problem.status, problem.code) == (409, "still_referenced")
        assert await desk.digest() == before
    outcomes = await write(desk, "account", Delete(held), atomic=False)
    assert [o.status for o in outcomes] == [409]
    await write(desk, "opportunity", Delete(deal))
    await write(desk, "account", Delete(held))


# -- the journal -------------------------------------------------------------------------------------------------------


async def test_the_journal_has_a_row_for_each_change_with_the_changed_keys_alone(desk: Desk) -> None:
    id = await desk.one("account", name="A", employees=5)
    ctx = desk.as_("boss", cause="test door").as_system("why")
    await records.write(ctx, "account", [Update(id, {"name": "A", "employees": 6, "phone": "12345", "grade": None})])
    await write(desk, "account", Update(id, {"employees": 6}))
    await write(desk, "account", Delete(id))
    await write(desk, "account", Restore(id))
    rows = await desk.journal(id)
    assert [(r["kind"], r["version"]) for r in rows] == [("create", 1), ("update", 2), ("delete", 3), ("restore", 4)]
    assert rows[0]["before"] is None
    assert {n: v for n, v in rows[0]["after"].items() if n != "held_since"} == {
        "name": "A", "employees": 5, "kind": "company", "status": "prospect", "owner": desk.world.id("admin"), "revenue_currency": "USD"
    }  # fmt: skip
    assert (rows[1]["before"], rows[1]["after"]) == (
        {"employees": 5, "phone": None},
        {"employees": 6, "phone": "12345"},
    )
    assert rows[1]["actor"] == desk.world.id("boss")
    assert rows[1]["cause"].startswith("test door")
    assert "why" in rows[1]["cause"]
    assert rows[1]["change_set"] == ctx.change_set
    assert (rows[2]["before"], rows[2]["after"]) == (None, None)


async def test_the_journal_can_only_be_added_to(desk: Desk) -> None:
    from guanxi.pg import DatabaseError

    await desk.one("account", name="A")
    schema = desk.world.workspace.schema
    for sql in (
        f"UPDATE \"{schema}\"._journal SET cause = 'x'",
        f'DELETE FROM "{schema}"._journal',
        f'TRUNCATE "{schema}"._journal',
    ):
        with pytest.raises(DatabaseError):
            async with desk.connection.savepoint():
                await desk.connection.execute(sql)


async def test_a_password_is_nowhere_to_be_read(desk: Desk) -> None:
    secret = "CNRY-correct-horse-7"
    id = await desk.one("user", name="U", email="u@example.com", role={"match": {"name": "rep"}}, password=secret)
    await write(desk, "user", Update(id, {"password": secret + "x"}))
    stored = await desk.connection.value(
        f"SELECT password FROM \"{desk.world.workspace.schema}\".user WHERE id = '{id}'"
    )
    assert stored.startswith("$argon2id$")
    told = [await desk.get("user", id), await records.history(desk.as_(), "user", id), await desk.journal(id),
            await records.get(desk.as_().then(desk.as_().now), "user", id), await desk.find("user")]  # fmt: skip
    assert "argon2" not in repr(told)
    assert "CNRY" not in repr(told)
    assert "password" not in told[0]
    assert [r["version"] for r in await desk.journal(id)] == [1, 2]
    for query in ({"fields": "password"}, {"sort": "password"}, {"filter": {"field": "password", "op": "is_empty"}}):
        with pytest.raises(Invalid) as refusal:
            await desk.find("user", **query)
        assert refusal.value.errors[0].code == "unknown_field"


# -- rules -------------------------------------------------------------------------------------------------------------


async def test_rules_that_set_each_other_off_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    depths: list[int] = []

    async def again(ctx: Context, saved: list[engine_rules.Saved]) -> None:
        depths.append(ctx.depth)
        assert ctx.cause.endswith("again")
        await records.write(ctx, "keeper", [Update(s.id, {"salary": (s.after["salary"] or 0) + 1}) for s in saved])

    monkeypatch.setitem(engine_rules._after, "keeper", [Rule(again, frozenset({"salary"}), None)])
    problem = await desk.refused(desk.as_(), "keeper", Create({"name": "K", "salary": 1}))
    assert isinstance(problem, Conflict)
    assert problem.code == "too_deep"
    assert depths == list(range(1, MAX_DEPTH + 2))
    assert await desk.ids("keeper") == []


async def test_a_reaction_is_called_once_a_batch_with_what_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[tuple[str, Any, Any]]] = []

    async def note(ctx: Context, saved: list[engine_rules.Saved]) -> None:
        calls.append([(s.kind, s.before.get("salary"), s.after.get("salary")) for s in saved])

    ids = await desk.make("keeper", {"name": "A", "salary": 1}, {"name": "B", "salary": 2})
    monkeypatch.setitem(engine_rules._after, "keeper", [Rule(note, frozenset({"salary"}), None)])
    await write(
        desk,
        "keeper",
        Update(ids[0], {"salary": 5}),
        Update(ids[1], {"name": "B2"}),
        Create({"name": "C", "salary": 9}),
    )
    await write(desk, "keeper", Update(ids[0], {"name": "A2"}))
    await write(desk, "keeper", Delete(ids[0]))
    assert calls[0] == [("update", 1, 5), ("create", None, 9)]
    assert [[k for k, _, _ in c] for c in calls[1:]] == [["delete"]]


async def test_a_problem_in_a_reaction_takes_everything_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(ctx: Context, saved: list[engine_rules.Saved]) -> None:
        raise Forbidden

    monkeypatch.setitem(engine_rules._after, "keeper", [Rule(refuse, frozenset(), None)])
    before = await desk.digest()
    assert isinstance(await desk.refused(desk.as_(), "keeper", Create({"name": "K"})), Problem)
    assert await desk.digest() == before


# -- people ------------------------------------------------------------------------------------------------------------


async def test_nobody_rises_above_themselves(desk: Desk) -> None:
    """Who may manage users hands out no more than they have, and touches nobody who has more."""
    world = desk.world
    hr = await desk.one(
        "role",
        name="hr",
        label="HR",
        grants={
            "objects": {
                "user": dict.fromkeys(("read", "create", "update", "delete"), True),
                "role": {"read": True, "update": True, "create": True},
            }
        },
    )
    me = await desk.one("user", name="H", email="hr@example.com", role=hr)
    actor = await records.load_actor(desk.connection, world.workspace, me)
    assert actor is not None
    ctx = Context(desk.connection, world.workspace, world.catalog, actor, "test")
    before = await desk.digest()
    everything = {"objects": {"*": {"read": "all"}}}
    for object_name, operation in (
        ("user", Update(me, {"role": world.roles["administrator"]})),
        ("user", Create({"name": "X", "email": "x@example.com", "role": world.roles["administrator"]})),
        ("user", Update(world.id("admin"), {"password": "correct-horse-battery"})),
        ("user", Update(world.id("admin"), {"active": False})),
        ("user", Update(world.id("admin"), {"email": "mine@example.com"})),
        ("user", Update(world.id("boss"), {"role": hr})),
        ("user", Delete(world.id("admin"))),
        ("role", Update(hr, {"grants": everything})),
        ("role", Create({"name": "r2", "label": "R", "grants": everything})),
        ("role", Update(world.roles["rep"], {"grants": everything})),
    ):
        problem = await desk.refused(ctx, object_name, operation)
        assert problem.status in (403, 422), operation
        assert await desk.digest() == before
    [made] = await records.write(ctx, "user", [Create({"name": "Y", "email": "y@example.com", "role": hr})])
    assert made.status == 201


async def test_one_administrator_stays(desk: Desk) -> None:
    admin = desk.world.id("admin")
    for operation in (
        Update(admin, {"active": False}),
        Update(admin, {"role": desk.world.roles["rep"]}),
        Delete(admin),
    ):
        assert codes(await desk.refused(desk.as_(), "user", operation)) == {"role": "last_administrator"}


@pytest.mark.parametrize(
    ("before", "written", "after"),
    [
        ("张伟", {"name_family": "王"}, ("王伟", "王", "伟")),
        ("张伟", {"name_given": "小明"}, ("张小明", "张", "小明")),
        ("Wei Zhang", {"name_family": "Wang"}, ("Wei Wang", "Wang", "Wei")),
        ("Wei Zhang", {"name_given": ""}, ("Zhang", "Zhang", None)),
        ({"family": "Nagy", "given": "Éva", "full": "Nagy Éva"}, {"name_given": "Anna"}, ("Nagy Anna", "Nagy", "Anna")),
        ("山田 太郎", {"name_family": "田中"}, ("田中 太郎", "田中", "太郎")),
        ("张伟", {"name": "李雷"}, ("李雷", "李", "雷")),
        ("张伟", {"name": "Li Lei", "name_family": "Li", "name_given": "Lei"}, ("Li Lei", "Li", "Lei")),
        ("张伟", {"name": "阿伟", "name_family": "张"}, ("阿伟", "张", "伟")),
        (None, {"name_family": "Curie", "name_given": "Marie"}, ("Marie Curie", "Curie", "Marie")),
    ],
)
async def test_a_name_and_its_parts_go_together(desk: Desk, before: Any, written: Any, after: Any) -> None:
    if before is None:
        id = await desk.one("contact", **written)
    else:
        id = await desk.one("contact", name=before)
        await write(desk, "contact", Update(id, written))
    found = await desk.get("contact", id)
    assert (found["name"], found["name_family"], found["name_given"]) == after
    assert id in {h["id"] for h in await records.search(desk.as_(), after[0], ["contact"])}
    problem = await desk.refused(desk.as_(), "contact", Update(id, {"name_family": None, "name_given": None}))
    assert [(e.field, e.code) for e in problem.errors] == [("name", "required")]


@pytest.mark.parametrize("object_name", sorted(fold(declared(), CUSTOM).entities))
async def test_what_says_what_is_there_already_changes_nothing_and_says_so(desk: Desk, object_name: str) -> None:
    """For every object: the values that a record shows, written again one by one and by a mass change."""
    entity, world = desk.world.catalog.object(object_name), desk.world
    links = {"user": [world.id("rep1")], "role": [world.roles["rep"]], "team": [world.teams["east"]], "_file": []}
    for other in ("account", "contact", "keeper"):
        links[other] = [await desk.one(other, name=other)]
    links["order"] = [await desk.one("order", number="1")]
    id = await desk.one(object_name, **example(entity, random.Random(9), links))
    shown = await desk.get(object_name, id)
    values = {
        n: [{"id": i["id"]} for i in v] if entity.types[n].link and entity.types[n].many else v
        for n, v in shown.items()
        if not entity.fields[n].system and access.writable(world.actors["admin"], entity, entity.fields[n])
    }
    ctx = desk.as_(bulk="mass")
    [outcome] = await records.write(ctx, object_name, [Update(id, values)])
    assert (outcome.changed, exact(outcome.record or b"")) == (False, shown)
    only = Query(object_name, where("id", "eq", id))
    assert await records.mass(ctx, only, values) == (1, 0)
    assert len(await desk.journal(id)) == 1
    assert ctx.change_set not in {s["id"] for s in (await records.change_sets(desk.as_()))["data"]}


async def test_what_points_at_a_record_is_written_while_that_changes(world: World) -> None:
    async with world.act() as ctx:
        [account] = await records.write(ctx, "account", [Create({"name": "Held"})])
    for change in (Update(account.id or "", {"name": "Held on"}), Delete(account.id or "")):
        async with world.act() as ctx:
            await records.write(ctx, "account", [change])
            async with world.act() as other:
                await other.db.execute("SET LOCAL lock_timeout = '1ms'")
                [made] = await records.write(
                    other, "contact", [Create({"name": "Mei", "account": account.id})], atomic=True
                )
                assert made.id
