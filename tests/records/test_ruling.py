"""Rules as data: what is refused, asked for, locked, begun with, let through and taken for a duplicate, in every write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from tests.world import CUSTOM, Desk, World, codes, problems

from guanxi import records
from guanxi.base import Invalid
from guanxi.pg import Connection
from guanxi.records import Context, Create, Update, Upsert
from guanxi.records.evolve import declared
from guanxi.records.read import everything
from guanxi.schema.catalog import fold

VERSIONS = count(1_000)


def rule(kind: str, name: str = "r", **more: Any) -> dict[str, Any]:
    """A rule, with a message where its kind needs one."""
    said = {"message": {"en": f"Not {name}.", "zh": f"不可 {name}。"}} if kind in ("validate", "gate") else {}
    return {"name": name, "kind": kind, "label": {"en": name.title()}, **said, **more}


def on(field: str, op: str = "eq", value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def ruled(world: World, object_name: str, *rules: Mapping[str, Any]) -> Any:
    """The catalog with these rules."""
    changes = [{"op": "put_rule", "object": object_name, "rule": r} for r in rules]
    return fold(declared(), CUSTOM, next(VERSIONS), changes)


def under(desk: Desk, object_name: str, *rules: Mapping[str, Any], name: str = "admin") -> Context:
    """The context of a person in a company with these rules."""
    return replace(desk.as_(name), catalog=ruled(desk.world, object_name, *rules))


async def said(desk: Desk, ctx: Context, object_name: str, *operations: records.Operation) -> list[tuple[Any, str]]:
    """Field and message of a refusal."""
    return [(e.field, e.message("en")) for e in (await desk.refused(ctx, object_name, *operations)).errors]


BIG = rule("validate", "big", when={"and": [on("revenue", "gt", 100), on("industry", "is_empty")]}, fields=["industry"])


async def test_a_record_that_breaks_a_rule_is_refused_with_its_message(desk: Desk) -> None:
    ctx = under(desk, "account", BIG)
    assert await said(desk, ctx, "account", Create({"name": "A", "revenue": 101})) == [("industry", "Not big.")]
    [made] = await records.write(ctx, "account", [Create({"name": "A", "revenue": 100})])
    assert await said(desk, ctx, "account", Update(made.id or "", {"revenue": 101})) == [("industry", "Not big.")]
    await records.write(ctx, "account", [Update(made.id or "", {"revenue": 101, "industry": "retail"})])
    whole = under(desk, "account", {**BIG, "fields": []})
    assert await said(desk, whole, "account", Create({"name": "A", "revenue": 101})) == [(None, "Not big.")]


async def test_the_message_is_in_the_language_of_the_reader(desk: Desk) -> None:
    problem = await desk.refused(under(desk, "account", BIG), "account", Create({"name": "A", "revenue": 101}))
    assert [e.message("zh") for e in problem.errors] == ["不可 big。"]


async def test_what_a_change_does_not_touch_is_not_judged(desk: Desk) -> None:
    id = await desk.one("account", name="Old", revenue=500)
    ctx = under(desk, "account", BIG)
    await records.write(ctx, "account", [Update(id, {"name": "New", "revenue": 500})])
    assert await said(desk, ctx, "account", Update(id, {"revenue": 600})) == [("industry", "Not big.")]


async def test_bad_rows_do_not_hold_up_the_others(desk: Desk) -> None:
    ctx = under(desk, "account", BIG)
    rows = [Create({"name": f"A{i}", "revenue": 50 + 60 * (i % 2)}) for i in range(10)]
    assert problems(await records.write(ctx, "account", rows, atomic=False)) == [None, "invalid"] * 5


async def test_one_statement_asks_for_the_whole_batch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [rule("validate", f"v{i}", when=on("employees", "gt", 10_000 + i)) for i in range(20)]
    fetch, asked = Connection.fetch, list[str]()

    async def counted(self: Connection, sql: str, *args: Any, **more: Any) -> Any:
        asked.append(sql)
        return await fetch(self, sql, *args, **more)

    monkeypatch.setattr(Connection, "fetch", counted)
    counts: list[int] = []
    for several in (rules, []):
        ctx = under(desk, "account", *several)
        asked.clear()
        await records.write(ctx, "account", [Create({"name": f"A{i}"}) for i in range(50)], render=False)
        counts.append(len(asked))
    assert counts[0] - counts[1] == 1


async def test_far_fields_children_and_the_past_can_be_asked_for(desk: Desk) -> None:
    far = rule("validate", "far", when=on("account.grade", "eq", "ordinary"), fields=["account"])
    small = await desk.one("account", name="Small", grade="ordinary")
    large = await desk.one("account", name="Large", grade="strategic")
    ctx = under(desk, "contact", far)
    assert await said(desk, ctx, "contact", Create({"name": "A", "account": small})) == [("account", "Not far.")]
    await records.write(ctx, "contact", [Create({"name": "A", "account": large})])

    busy = {"any": "contacts", "where": on("name", "eq", "A")}
    kept = rule("validate", "kept", when={"and": [on("status", "eq", "inactive"), busy]})
    ctx = under(desk, "account", kept)
    assert await said(desk, ctx, "account", Update(large, {"status": "inactive"})) == [(None, "Not kept.")]
    await records.write(ctx, "account", [Update(small, {"status": "inactive"})])

    fall = rule(
        "validate",
        "fall",
        when={"and": [{"was": on("grade", "eq", "strategic")}, {"changed": "revenue", "way": "down"}]},
    )
    ctx = under(desk, "account", fall)
    await records.write(ctx, "account", [Update(large, {"revenue": 100})])
    await records.write(ctx, "account", [Update(large, {"revenue": 110})])
    assert await said(desk, ctx, "account", Update(large, {"revenue": 90})) == [(None, "Not fall.")]
    assert await said(desk, ctx, "account", Update(large, {"revenue": 90, "grade": "ordinary"})) == [
        (None, "Not fall.")
    ]
    back = under(desk, "account", rule("validate", "back", when={"changed": "grade", "way": "up"}))
    assert await said(desk, back, "account", Update(large, {"grade": "ordinary"})) == [(None, "Not back.")]


async def test_a_rule_sees_what_its_writer_does_not(desk: Desk) -> None:
    """The clerk sees no phones; a rule about them holds all the same, and says no more than its message."""
    no = rule(
        "validate",
        "no",
        when={"and": [on("phone", "is_empty", False), on("status", "eq", "customer")]},
        fields=["phone"],
    )
    id = await desk.one("account", name="A", phone="+8613800138000")
    ctx = under(desk, "account", no, name="clerk")
    assert await said(desk, ctx, "account", Update(id, {"status": "customer"})) == [(None, "Not no.")]


async def test_what_is_required_beside_something_else(desk: Desk) -> None:
    ctx = under(desk, "account", rule("require", when=on("status", "eq", "customer"), fields=["registration", "phone"]))
    problem = await desk.refused(ctx, "account", Create({"name": "A", "status": "customer", "phone": "+8613800138000"}))
    assert codes(problem) == {"registration": "required"}
    await records.write(ctx, "account", [Create({"name": "A"})])
    own = under(desk, "account", rule("require", when=None, fields=["tags"], message={"en": "Tag it."}))
    assert await said(desk, own, "account", Create({"name": "A", "tags": []})) == [("tags", "Tag it.")]


async def test_what_is_hidden_is_not_required_and_keeps_its_value(desk: Desk) -> None:
    show = rule("show", "s", when=on("kind", "eq", "company"), fields=["registration"])
    also = rule("show", "t", when=on("status", "eq", "customer"), fields=["registration"])
    want = rule("require", "w", when=None, fields=["registration"])
    ctx = under(desk, "account", show, also, want)
    [made] = await records.write(ctx, "account", [Create({"name": "P", "kind": "person"})])
    for values in ({"kind": "company"}, {"kind": "person", "status": "customer"}):
        problem = await desk.refused(ctx, "account", Create({"name": "P", **values}))
        assert codes(problem) == {"registration": "required"}
    await records.write(ctx, "account", [Update(made.id or "", {"registration": "R1"})])
    assert (await desk.get("account", made.id or ""))["registration"] == "R1"


async def test_what_is_locked_goes_by_what_is_stored(desk: Desk) -> None:
    ctx = under(desk, "account", rule("readonly", when=on("status", "eq", "customer"), fields=["revenue"]))
    id = await desk.one("account", name="A", revenue=10)
    await records.write(ctx, "account", [Update(id, {"status": "customer", "revenue": 20})])
    for values in ({"revenue": 30}, {"revenue": 30, "status": "prospect"}, {"revenue_currency": "EUR"}):
        problem = await desk.refused(ctx, "account", Update(id, values))
        assert set(codes(problem).values()) == {"rule_readonly"}
    await records.write(ctx, "account", [Update(id, {"revenue": 20, "name": "B"})])
    assert codes(await desk.refused(ctx, "account", Create({"name": "C", "status": "customer", "revenue": 1}))) == {
        "revenue": "rule_readonly"
    }
    fixed = under(desk, "account", rule("readonly", when=None, fields=["kind"]))
    await records.write(fixed, "account", [Create({"name": "D", "kind": "company"})])
    assert codes(await desk.refused(fixed, "account", Create({"name": "D", "kind": "person"}))) == {
        "kind": "rule_readonly"
    }


async def test_what_a_new_record_begins_with(desk: Desk) -> None:
    ctx = under(
        desk,
        "account",
        rule("default", "a", when=on("kind", "eq", "person"), fields=["status"], value="customer"),
        rule("default", "b", when=None, fields=["grade"], value="ordinary"),
        rule("default", "c", when=on("kind", "eq", "person"), fields=["grade"], value="strategic"),
    )
    rows = [{"kind": "person"}, {"kind": "company"}, {"kind": "person", "status": "inactive", "grade": None}, {}]
    made = await records.write(ctx, "account", [Create({"name": "A", **r}) for r in rows])
    found = [await desk.get("account", o.id or "") for o in made]
    assert [(f["status"], f["grade"]) for f in found] == [
        ("customer", "ordinary"),
        ("prospect", "ordinary"),
        ("inactive", None),
        ("prospect", "ordinary"),
    ]
    today = under(desk, "opportunity", rule("default", when=None, fields=["close_date"], value={"in_days": 7}))
    account = await desk.one("account", name="A")
    [made_one] = await records.write(today, "opportunity", [Create({"name": "O", "account": account})])
    assert (await desk.get("opportunity", made_one.id or ""))["close_date"] is not None


async def test_options_depend_on_other_values(desk: Desk) -> None:
    only = rule("options", when=on("kind", "eq", "person"), fields=["grade"], value=["ordinary", "important"])
    ctx = under(desk, "account", only)
    new = Create({"name": "A", "kind": "person", "grade": "strategic"})
    assert await said(desk, ctx, "account", new) == [("grade", "“Grade” can only be Important, Ordinary here.")]
    [made] = await records.write(ctx, "account", [Create({"name": "A", "kind": "company", "grade": "strategic"})])
    assert codes(await desk.refused(ctx, "account", Update(made.id or "", {"kind": "person"}))) == {
        "grade": "rule_options"
    }
    await records.write(ctx, "account", [Update(made.id or "", {"kind": "person", "grade": None})])


async def test_a_table_of_options_is_one_rule_whatever_its_size(desk: Desk) -> None:
    """300 options, each with another set beside it; what the table does not name leaves everything."""
    by = [{"name": f"b{i}", "label": {"en": f"B{i}"}} for i in range(300)]
    of = [{"name": f"o{i}", "label": {"en": f"O{i}"}} for i in range(300)]
    table = {f"b{i}": [f"o{i}", f"o{i + 1}"] for i in range(298)} | {"b298": ["o299"]}
    add = {"op": "add_field", "object": "account", "type": "select"}
    changes = [
        {**add, "name": "province", "label": {"en": "Province"}, "options": by},
        {**add, "name": "city", "label": {"en": "City"}, "options": of},
        {
            "op": "put_rule",
            "object": "account",
            "rule": rule("options", "t", fields=["city"], by="province", value=table),
        },
    ]
    await desk.connection.execute("SET LOCAL ROLE NONE")
    catalog = (await records.evolve(desk.connection, desk.world.workspace, changes)).catalog
    ctx = replace(desk.as_(), catalog=catalog)
    fits = {"name": "A", "province": "b7", "city": "o8"}
    [made] = await records.write(ctx, "account", [Create(fits)])
    assert await said(desk, ctx, "account", Create({**fits, "city": "o9"})) == [
        ("city", "“City” can only be O7, O8 here.")
    ]
    await records.write(ctx, "account", [Update(made.id or "", {"province": "b8"})])
    assert codes(await desk.refused(ctx, "account", Update(made.id or "", {"province": "b9"}))) == {
        "city": "rule_options"
    }
    await records.write(ctx, "account", [Update(made.id or "", {"province": "b299"})])
    asked = await records.consult(ctx, "account", {"province": "b298"})
    assert asked["options"] == [{"field": "city", "rule": "t", "options": ["o299"]}]
    put = {"op": "put_rule", "object": "account", "rule": rule("options", "t", fields=["city"], by="province", value={"b299": ["o0"]})}  # fmt: skip
    [told] = await records.effects(ctx, fold(declared(), [*CUSTOM, *changes, put], next(VERSIONS)), [put])
    assert (told["applies"], told["breaks"]) == (1, 1)


async def test_formulas_stand_in_conditions_and_begin_fields(desk: Desk) -> None:
    account = await desk.one("account", name="A")
    ctx = under(
        desk,
        "opportunity",
        rule(
            "default", "a", when={"formula": "amount > 100"}, fields=["next_step"], value={"formula": '"Call " & name'}
        ),
        rule("default", "b", when=None, fields=["close_date"], value={"formula": "today() + 7"}),
        rule("validate", "v", when={"formula": "amount > 1000 and isempty(description)"}, fields=["description"]),
    )
    start = {"name": "O", "account": account}
    made = await records.write(ctx, "opportunity", [Create({**start, "amount": a}) for a in (101, 99)])
    found = [await desk.get("opportunity", o.id or "") for o in made]
    assert [f["next_step"] for f in found] == ["Call O", None]
    assert found[0]["close_date"] == (ctx.env.today + timedelta(days=7)).isoformat()
    assert await said(desk, ctx, "opportunity", Create({**start, "amount": 1001})) == [("description", "Not v.")]
    assert await said(desk, ctx, "opportunity", Update(made[0].id or "", {"amount": 1001})) == [
        ("description", "Not v.")
    ]


async def test_a_gate_lets_through_what_it_wants(desk: Desk) -> None:
    account = await desk.one("account", name="A")
    enter = rule("gate", "enter", when=on("amount", "gte", 1000), stages=["proposal"], pipeline="sales")
    leave = rule("gate", "leave", when=on("next_step", "is_empty", False), stages=["qualification"], way="leave")
    ctx = under(desk, "opportunity", enter, leave)
    start = {"name": "O", "account": account, "close_date": "2026-06-01", "pipeline": "sales"}
    assert await said(desk, ctx, "opportunity", Create({**start, "stage": "proposal"})) == [("stage", "Not enter.")]
    [made] = await records.write(ctx, "opportunity", [Create({**start, "stage": "qualification"})])
    id = made.id or ""
    refusals = await said(desk, ctx, "opportunity", Update(id, {"stage": "proposal"}))
    assert refusals[0] == ("stage", "Not enter.")
    assert await said(desk, ctx, "opportunity", Update(id, {"stage": "proposal", "amount": 1000})) == [
        ("stage", "Not leave.")
    ]
    await records.write(ctx, "opportunity", [Update(id, {"stage": "proposal", "amount": 1000, "next_step": "Call"})])
    await records.write(ctx, "opportunity", [Update(id, {"amount": 1})])


PHONE = rule("duplicate", "phone", match=[{"fields": ["mobile", "phone"], "how": "phone"}], act="block")


async def test_duplicates_are_refused_whichever_field_holds_the_value(desk: Desk) -> None:
    await desk.one("contact", name="Li Wei", mobile="+8613800138000")
    ctx = under(desk, "contact", PHONE)
    assert await said(desk, ctx, "contact", Create({"name": "Other", "phone": "138 0013 8000"})) == [
        ("phone", "“Li Wei” is there already (Phone).")
    ]
    [made] = await records.write(ctx, "contact", [Create({"name": "Other", "phone": "+8613900139000"})])
    await records.write(ctx, "contact", [Update(made.id or "", {"name": "Same", "phone": "+8613900139000"})])
    assert codes(await desk.refused(ctx, "contact", Update(made.id or "", {"mobile": "13800138000"}))) == {
        "mobile": "duplicate"
    }
    await records.write(
        under(desk, "contact", {**PHONE, "act": "warn"}), "contact", [Create({"name": "O", "phone": "13800138000"})]
    )


async def test_duplicates_within_a_batch_are_refused_but_for_the_first(desk: Desk) -> None:
    ctx = under(desk, "contact", PHONE)
    rows = [
        Create({"name": "A", "mobile": "13700000001"}),
        Create({"name": "B", "phone": "+86 137 0000 0001"}),
        Create({"name": "C"}),
    ]
    outcomes = await records.write(ctx, "contact", [*rows, Create({"name": "D"})], atomic=False)
    assert problems(outcomes) == [None, "invalid", None, None]
    assert codes(outcomes[1].problem) == {"phone": "duplicate_in_batch"}  # type: ignore[arg-type]


async def test_all_parts_of_a_match_must_be_alike(desk: Desk) -> None:
    match = [{"fields": ["name"], "how": "folded"}, {"fields": ["industry"], "how": "exact"}]
    only = rule("duplicate", "twice", match=match, act="block", when=on("kind", "eq", "company"))
    await desk.one("account", name="Ａcme  Ltd", industry="retail")
    ctx = under(desk, "account", only)
    assert codes(await desk.refused(ctx, "account", Create({"name": "acme ltd", "industry": "retail"}))) == {
        "name": "duplicate"
    }
    for values in ({"industry": "finance"}, {"industry": None}, {"industry": "retail", "kind": "person"}):
        await records.write(ctx, "account", [Create({"name": "ACME LTD", **values})])


@pytest.mark.parametrize(
    ("hidden", "message"),
    [
        ("refuse", "This one is there already, and you may not see it (Phone)."),
        ("owner", "This one is there already, and you may not see it. It belongs to {boss} (Phone)."),
        ("ignore", ""),
    ],
)
async def test_of_a_hidden_duplicate_only_what_the_rule_says_is_told(desk: Desk, hidden: str, message: str) -> None:
    await desk.one("contact", name="Secret", mobile="+8613800138000", owner=desk.world.id("boss"))
    ctx = under(desk, "contact", {**PHONE, "hidden": hidden}, name="peeper")
    ctx = replace(
        ctx, actor=replace(ctx.actor, grants=replace(ctx.actor.grants, objects={"*": {"read": "own", "create": True}}))
    )
    new = Create({"name": "Mine", "mobile": "13800138000"})
    if not message:
        await records.write(ctx, "contact", [new])
        return
    boss = desk.world.actors["boss"].name
    [(field, text)] = await said(desk, ctx, "contact", new)
    assert (field, text) == ("mobile", message.format(boss=boss))
    assert "Secret" not in text


async def test_an_undo_is_not_judged(desk: Desk) -> None:
    id = await desk.one("account", name="A", revenue=500)
    plain = desk.as_()
    await records.write(plain, "account", [Update(id, {"revenue": 10})])
    rules = [BIG, rule("readonly", "lock", when=None, fields=["revenue"])]
    ctx = under(desk, "account", *rules)
    undone = await records.undo(ctx, plain.change_set)
    assert undone["undone"] == 1
    assert (await desk.get("account", id))["revenue"] == 500


async def test_upserts_and_mass_changes_are_judged(desk: Desk) -> None:
    id = await desk.one("account", name="A", registration="R", revenue=10)
    ctx = under(desk, "account", BIG)
    assert codes(await desk.refused(ctx, "account", Upsert({"registration": "R"}, {"revenue": 999}))) == {
        "industry": "rule"
    }
    with pytest.raises(Invalid):
        async with desk.connection.savepoint():
            await records.mass(ctx, everything("account"), {"revenue": 999}, [id])


async def test_an_inactive_rule_does_nothing(desk: Desk) -> None:
    ctx = under(desk, "account", {**BIG, "active": False})
    await records.write(ctx, "account", [Create({"name": "A", "revenue": 101})])


BAD: list[tuple[dict[str, Any], str, str]] = [
    (rule("validate", when=on("nothing", "eq", 1)), "when", "unknown_field"),
    (rule("validate", when=on("revenue", "contains", "1")), "when", "unknown_operator"),
    (rule("validate", when=on("revenue", "gt", "many")), "when", "wrong_type"),
    (rule("validate", when=on("industry", "in", ["retail", "nonsense"])), "when", "not_an_option"),
    (rule("validate", when=on("parent.nothing", "eq", 1)), "when", "unknown_field"),
    (rule("validate", when={"search": "x"}), "when", "bad_filter"),
    (rule("validate", when={"any": "nothing"}), "when", "unknown_field"),
    (rule("validate", when={"changed": "tags", "way": "up"}), "when", "not_sortable"),
    (rule("show", when={"changed": "name"}, fields=["phone"]), "when", "bad_filter"),
    (rule("validate"), "when", "required"),
    ({**BIG, "message": {}}, "message", "required"),
    (rule("require", when=None), "fields", "required"),
    (rule("require", when=None, fields=["nothing"]), "fields", "unknown_field"),
    (rule("require", when=None, fields=["created_at"]), "fields", "read_only"),
    (rule("default", when=None, fields=["grade"], value="nonsense"), "value", "bad_config"),
    (rule("default", when=None, fields=["grade"]), "value", "bad_config"),
    (rule("default", when=None, fields=["employees"], value={"formula": "name"}), "value", "formula_result_type"),
    (rule("default", when=None, fields=["employees"], value={"formula": "employees +"}), "value", "formula_ends"),
    (rule("validate", when={"formula": "nothing > 1"}), "when", "formula_unknown_field"),
    (rule("options", when=None, fields=["grade"], value=["nonsense"]), "value", "bad_config"),
    (rule("options", when=None, fields=["name"], value=["x"]), "value", "bad_config"),
    (rule("options", when=None, fields=["grade"], by="name", value={"x": ["important"]}), "by", "bad_config"),
    (rule("options", when=None, fields=["grade"], by="kind", value={"nobody": ["important"]}), "by", "bad_config"),
    (rule("options", when=None, fields=["grade"], by="kind", value={"person": ["nonsense"]}), "value", "bad_config"),
    (rule("gate", stages=["won"]), "kind", "bad_config"),
    (rule("duplicate", match=[]), "match", "required"),
    (rule("duplicate", match=[{"fields": ["revenue"], "how": "folded"}]), "match", "bad_config"),
    (rule("duplicate", match=[{"fields": ["name"], "how": "similar"}], act="block"), "act", "bad_config"),
]


@pytest.mark.parametrize(("bad", "part", "code"), BAD)
def test_a_rule_that_makes_no_sense_is_refused_at_its_place(bad: dict[str, Any], part: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        fold(declared(), CUSTOM, 1, [{"op": "put_rule", "object": "account", "rule": bad}])
    assert (f"account.r.{part}".replace(".r.", f".{bad['name']}."), code) in [
        (e.field, e.code) for e in refusal.value.errors
    ]
    assert all(e.message("zh") and "{" not in e.message("en") for e in refusal.value.errors)


def test_rules_are_replaced_and_retired_by_name() -> None:
    def put(r: Mapping[str, Any]) -> dict[str, Any]:
        return {"op": "put_rule", "object": "account", "rule": r}

    def names(*changes: Mapping[str, Any]) -> list[str]:
        found = fold(declared(), CUSTOM, 1, changes).objects["account"].rules
        return [r.name for r in found if r.custom]

    assert names(put(BIG), put(rule("require", "w", fields=["phone"])), put({**BIG, "active": False})) == ["big", "w"]
    assert names(put(BIG), {"op": "retire_rule", "object": "account", "rule": "big"}) == []
    with pytest.raises(Invalid):
        names_after = fold(declared(), CUSTOM, 1, [{"op": "retire_rule", "object": "account", "rule": "nothing"}])
        assert names_after
