"""Formulas: what they answer on real rows, wherever a column would stand, and what they keep to themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.records.test_evolve import evolve, refused
from tests.world import Desk, World, exact, renewed

from guanxi import records, transfer
from guanxi.base import Invalid
from guanxi.records import Update, check_formula, describe, write
from guanxi.schema.query import read_aggregation, read_query


def formula(name: str, expression: str, object: str = "opportunity", **config: Any) -> dict[str, Any]:
    """The change that adds a formula."""
    settings = {"expression": expression, **config}
    return {"op": "add_field", "object": object, "name": name, "type": "formula", "config": settings}


def rated(expression: str) -> dict[str, Any]:
    """A filter."""
    return {"formula": expression}


# -- conditions --------------------------------------------------------------------------------------------------------


async def test_a_condition_is_a_filter(desk: Desk) -> None:
    await desk.make(
        "account",
        {"name": "Big", "industry": "software", "employees": 500},
        {"name": "Small", "employees": 5},
        {"name": "None"},
    )

    async def found(text: str) -> list[str]:
        return [r["name"] for r in await desk.find("account", sort="name", filter=rated(text))]

    assert await found("employees * 2 > 100 and industry = 'software'") == ["Big"]
    assert await found("not (employees > 100)") == ["None", "Small"], "what is unknown is not true"
    assert await found("employees = empty") == ["None"]
    assert await found("employees <> empty") == ["Big", "Small"]
    assert await found("industry in ('software', 'retail')") == ["Big"]
    assert await found("len(name) = 4") == ["None"]
    assert await found("startswith(name, 'ＢＩ')") == ["Big"], "capitals and width do not count"
    assert await found("employees / 0 > 1 or employees < 10") == ["Small"], "a division by zero is empty"
    assert await found("owner = me()") == ["Big", "None", "Small"]


async def test_a_condition_follows_links(desk: Desk) -> None:
    account = await desk.one("account", name="A", industry="software")
    await desk.one("contact", name="In", account=account)
    await desk.one("contact", name="Out")
    assert [r["name"] for r in await desk.find("contact", filter=rated("account.industry = 'software'"))] == ["In"]
    assert [r["name"] for r in await desk.find("contact", filter=rated("account.owner.name <> empty"))] == ["In"]
    both = {"and": [rated("account <> empty"), {"not": rated("name = 'x'")}]}
    assert [r["name"] for r in await desk.find("contact", filter=both)] == ["In"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nothing > 1", "formula_unknown_field"),
        ("account.nothing = 1", "formula_unknown_field"),
        ("name.x = 1", "formula_no_link"),
        ("amount", "formula_kind"),
        ("amount >", "formula_ends"),
        ("amount > 1)", "formula_unexpected"),
        ("amount > name", "formula_operator"),
        ("stage = 'nowhere'", "formula_option"),
        ("close_date > 'soon'", "formula_date"),
        ("nope(amount)", "formula_unknown_function"),
        ("left(name) = 'x'", "formula_arguments"),
        ("name = 'x", "formula_open_text"),
        ("amount ; 1", "formula_character"),
        ("", "formula_empty"),
        ("(" * 100 + "true" + ")" * 100, "too_complex"),
        ("true" + " and true" * 401, "too_complex"),
        ("'\0' = 'x'", "formula_character"),
        ("not " * 3000 + "true", "too_complex"),
    ],
)
async def test_what_is_wrong_is_said(desk: Desk, text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await desk.find("opportunity", filter=rated(text))
    [error] = refusal.value.errors
    assert error.code == code
    for language in ("en", "zh"):
        assert "{" not in error.message(language), error.message(language)


async def test_an_error_calls_objects_as_people_do(own_world: World) -> None:
    async def said(*changes: Any) -> dict[str, str]:
        with pytest.raises(Invalid) as refusal:
            await evolve(own_world, *changes)
        [error] = refusal.value.errors[:1]
        return {language: error.message(language) for language in ("en", "zh")}

    told = await said(formula("bad", "account.nothing + 1"))
    assert ("“Account”" in told["en"], "“客户”" in told["zh"]) == (True, True), told
    told = await said(formula("bad", "stage = 'nowhere'"))
    assert ("Needs analysis (needs)" in told["en"], "赢单 (won)" in told["zh"]) == (True, True), told
    told = await said(formula("bad", "close_date.x"))
    assert ("“Expected close (close_date)”" in told["en"], "“预计成交日期 (close_date)”" in told["zh"]) == (
        True,
        True,
    ), told
    told = await said(formula("bad", "name", result="decimal"))
    assert ("“Number”" in told["en"], "decimal" in told["zh"]) == (True, False), told
    told = await said(formula("one", "two + 1"), formula("two", "one + 1"))
    assert ("Opportunity.one" in told["en"], "商机.one" in told["zh"]) == (True, True), told
    rollup = {"children": "contacts", "function": "sum", "field": "nothing"}
    told = await said({"op": "add_field", "object": "account", "name": "r", "type": "rollup", "config": rollup})
    assert ("“Contact”" in told["en"], "“联系人”" in told["zh"]) == (True, True), told
    async with own_world.desk() as desk:
        with pytest.raises(Invalid) as refusal:
            await desk.find("contact", filter=rated("account.nothing = 1"))
        assert "“客户”" in refusal.value.errors[0].message("zh")


# -- a field -----------------------------------------------------------------------------------------------------------


async def test_a_formula_stands_wherever_a_column_would(own_world: World) -> None:
    await evolve(
        own_world,
        formula("weighted", "amount * probability / 100"),
        formula("size_class", "if(amount > 1000, 'big', 'small')"),
        formula("twice", "weighted * 2", result="decimal"),
        formula("of_account", "account.industry & ' / ' & name"),
        formula("far", "account.headcount * 2", object="contact"),
        formula("headcount", "employees + 1", object="account"),
        formula("month_end", "endof(close_date, 'month')"),
    )
    async with own_world.desk() as desk:
        account = await desk.one("account", name="A", industry="software", employees=9)
        base = {"account": account, "close_date": "2026-02-10", "stage": "qualification"}
        await desk.make(
            "opportunity",
            {"name": "one", "amount": 100, "probability": 50, **base},
            {"name": "two", "amount": 4000, "probability": 10, **base},
            {"name": "three", "probability": 10, **base},
        )
        rows = {r["name"]: r for r in await desk.find("opportunity", sort="-weighted")}
        assert list(rows) == ["two", "one", "three"], "empty values last"
        assert [rows[n]["weighted"] for n in ("one", "two", "three")] == [50, 400, None]
        assert rows["one"]["weighted_currency"] == "USD"
        assert rows["one"]["twice"] == 100
        assert rows["two"]["size_class"] == "big"
        assert rows["one"]["of_account"] == "software / one"
        assert rows["one"]["month_end"] == "2026-02-28"
        assert await desk.ids("opportunity", filter={"field": "weighted", "op": "gte", "value": 400}) == [
            rows["two"]["id"]
        ]
        assert await desk.ids("opportunity", filter={"field": "weighted", "op": "is_empty"}) == [rows["three"]["id"]]
        assert await desk.ids("opportunity", filter={"field": "size_class", "op": "contains", "value": "BI"}) == [
            rows["two"]["id"]
        ]
        groups = await desk.aggregate(
            "opportunity",
            group=["size_class", {"field": "month_end", "grain": "year"}],
            measures=[{"fn": "sum", "field": "weighted", "as": "w"}, {"fn": "avg", "field": "twice", "as": "t"}],
        )
        assert {g["group"]["size_class"]: g["values"] for g in groups} == {
            "big": {"w": 400, "t": 800},
            "small": {"w": 50, "t": 100},
        }
        person = await desk.one("contact", name="P", account=account)
        assert (await desk.get("contact", person))["far"] == 20
        [shown] = await desk.find("contact", fields=["account.headcount"], sort="-account.headcount")
        assert shown["account.headcount"] == 10
        # the answer of a change shows what follows from it
        [outcome] = await write(desk.as_(), "opportunity", [Update(rows["one"]["id"], {"amount": 300})])
        assert b'"weighted":150' in (outcome.record or b"")


async def test_nobody_writes_a_formula(own_world: World) -> None:
    await evolve(own_world, formula("weighted", "amount * 2"))
    async with own_world.desk() as desk:
        account = await desk.one("account", name="A")
        id = await desk.one("opportunity", name="o", account=account, close_date="2026-01-01")
        for ctx in (desk.as_(), desk.system()):
            problem = await desk.refused(ctx, "opportunity", Update(id, {"weighted": 3}))
            assert [(e.field, e.code) for e in problem.errors] == [("weighted", "read_only")]


async def test_amounts_in_several_currencies_make_none(own_world: World) -> None:
    await evolve(
        own_world,
        {"op": "add_field", "object": "opportunity", "name": "cost", "type": "money"},
        formula("margin", "amount - cost"),
        formula("share", "cost / amount"),
        formula("best", "max(amount, cost)"),
        formula("chosen", "if(name = 'yuan', amount, cost)"),
    )
    async with own_world.desk() as desk:
        account = await desk.one("account", name="A")
        base = {"account": account, "close_date": "2026-01-01", "amount": 100}
        await desk.make(
            "opportunity",
            {"name": "yuan", **base, "cost": 40},
            {"name": "euro", **base, "cost": 40, "cost_currency": "EUR"},
        )
        rows = {r["name"]: r for r in await desk.find("opportunity")}
        assert [rows["yuan"][n] for n in ("margin", "margin_currency", "share", "best")] == [
            60,
            "USD",
            rows["yuan"]["share"],
            100,
        ]
        assert float(rows["yuan"]["share"]) == 0.4
        assert [rows["euro"][n] for n in ("margin", "share", "best")] == [None, None, None]
        assert [rows[n]["chosen_currency"] for n in ("yuan", "euro")] == ["USD", "EUR"]
        assert await desk.ids("opportunity", filter=rated("amount > cost")) == [rows["yuan"]["id"]]


async def test_a_bad_formula_is_no_field(own_world: World) -> None:
    await evolve(own_world, formula("weighted", "amount * 2"))
    for change, code in [
        (formula("bad", "amount *"), "formula_ends"),
        (formula("bad", "owner"), "formula_result"),
        (formula("bad", "amount", result="integer") | {"required": True}, "bad_config"),
        (formula("bad", "name", result="decimal"), "formula_result_type"),
        (formula("bad", "bad + 1"), "formula_circle"),
        (
            {"op": "change_field", "object": "opportunity", "field": "weighted", "config": {"expression": "weighted"}},
            "formula_circle",
        ),
    ]:
        assert code in (await refused(own_world, change)).values(), change
    found = await refused(own_world, formula("one", "two + 1"), formula("two", "one + 1"))
    assert set(found.values()) == {"formula_circle"}
    await evolve(
        own_world,
        {"op": "add_field", "object": "opportunity", "name": "extra", "type": "integer"},
        formula("uses", "extra + 1"),
    )
    found = await refused(own_world, {"op": "retire_field", "object": "opportunity", "field": "extra"})
    assert found == {"opportunity.uses": "formula_unknown_field"}, "the formula that would break is named"


async def test_formulas_of_formulas_do_not_grow_without_end(own_world: World) -> None:
    changes = [formula("f0", "amount + 1", result="decimal")]
    changes += [formula(f"f{i}", f"f{i - 1} * f{i - 1} + f{i - 1}") for i in range(1, 12)]
    assert "too_complex" in (await refused(own_world, *changes)).values()


# -- who may see -------------------------------------------------------------------------------------------------------


async def test_a_formula_tells_nobody_what_is_hidden(own_world: World) -> None:
    """The clerk may not see an opportunity's amount, nor an account's revenue."""
    await evolve(
        own_world,
        formula("weighted", "amount * 2"),
        formula("again", "weighted + 1"),
        formula("of_revenue", "if(isempty(account.revenue), 0, 1)", object="contact"),
        formula("grown", "account.more", object="contact"),
        formula("more", "revenue + 1", object="account"),
    )
    async with own_world.desk() as desk:
        account = await desk.one("account", name="A", revenue=5)
        await desk.one("opportunity", name="o", account=account, close_date="2026-01-01", amount=5)
        await desk.one("contact", name="c", account=account)
        [seen] = await desk.find("opportunity", "clerk")
        assert not {"weighted", "again", "weighted_currency"} & set(seen)
        for name in ("weighted", "again"):
            for query in (
                {"sort": name},
                {"filter": {"field": name, "op": "gt", "value": 1}},
                {"filter": rated(f"{name} > 1")},
                {"filter": rated("amount > 1")},
                {"fields": [name]},
            ):
                with pytest.raises(Invalid):
                    await desk.find("opportunity", "clerk", **query)
            with pytest.raises(Invalid):
                await desk.aggregate("opportunity", "clerk", measures=[{"fn": "max", "field": name, "as": "m"}])
        [seen] = await desk.find("contact", "clerk", fields=["of_revenue", "grown"])
        assert (seen["of_revenue"], seen["grown"]) == (0, None), "what lies behind the link is empty"
        [full] = await desk.find("contact", fields=["of_revenue", "grown"])
        assert (full["of_revenue"], full["grown"]) == (1, 6)
        for name, told in (("admin", True), ("clerk", False)):  # not even what hidden fields are called
            catalog = str(await describe(desk.as_(name)))
            assert ("account.revenue" in catalog) is told
        with pytest.raises(Invalid) as refusal:
            await desk.find("contact", "clerk", filter=rated("account.revenue > 1"))
        assert refusal.value.errors[0].code == "formula_unknown_field"
        # a record that may not be seen at all is empty too
        mine = await desk.one("contact", name="mine", account=account, by="rep1", owner=own_world.id("rep1"))
        assert (await desk.get("contact", mine, "rep1"))["of_revenue"] == 0


async def test_what_follows_from_masked_values_tells_them_to_nobody(own_world: World) -> None:
    """Formulas, formulas of formulas, along a link, and roll-ups with a condition or without: at every door to them."""
    roll = {"op": "add_field", "object": "account", "type": "rollup"}
    deals = {"children": "opportunities", "field": "amount"}
    dear = {"field": "amount", "op": "gt", "value": 5}
    await evolve(
        own_world,
        formula("said", "'x' & upper(email)", object="contact"),
        formula("again", "said & '!'", object="contact"),
        formula("doubled", "amount * 2"),
        formula("of_contact", "contact.email & contact.again"),
        *({**roll, "name": fn, "config": {**deals, "function": fn}} for fn in ("sum", "max", "latest")),
        {**roll, "name": "dear", "config": {"children": "opportunities", "function": "count", "where": dear}},
        formula("on_top", "sum + dear", object="account"),
    )
    fields = {"contact": ("said", "again"), "opportunity": ("doubled", "of_contact"), "account": ("sum", "max", "latest", "dear", "on_top")}  # fmt: skip
    async with own_world.desk() as desk:
        account = await desk.one("account", name="A")
        contact = await desk.one("contact", name="C", account=account, email="canary@cage.example")
        deal = {"name": "o", "account": account, "contact": contact, "close_date": "2026-01-01", "amount": 918273}
        ids = {"account": account, "contact": contact, "opportunity": await desk.one("opportunity", **deal)}
        for level in ("none", "masked", "reveal"):
            rights = replace(
                own_world.actors["admin"].grants,
                fields={"contact.email": level, "opportunity.amount": level, "opportunity.amount_currency": level},
            )
            seer = replace(desk.as_("clerk"), actor=renewed(own_world.actors["clerk"], grants=rights))
            for ctx, told in ((seer, False), (desk.as_(), True)):
                answers: list[Any] = []
                for name, id in ids.items():
                    answers.append(exact(await records.get(ctx, name, id)))
                    answers.append(exact(await records.get(ctx.then(ctx.now.replace(year=2100)), name, id)))
                    answers.append(await transfer.brief(ctx, name, id))
                    answers.append(await records.history(ctx, name, id))
                    answers += [p async for p in transfer.export(ctx, read_query(name, {}), "csv")]
                    for f in fields[name]:
                        for query in (
                            {"fields": [f]},
                            {"sort": f},
                            {"filter": {"field": f, "op": "is_empty", "value": False}, "fields": ["id"]},
                        ):
                            answers.append(await said(records.find(ctx, read_query(name, query))))
                            if not told and f != "of_contact" and "fields" not in query:
                                assert answers[-1].startswith("refused"), (level, f, query)
                        what = {"measures": [{"fn": "count_distinct", "field": f, "as": "n"}], "group": [f]}
                        answers.append(await said(records.aggregate(ctx, read_aggregation(name, what))))
                whole = repr(answers).replace(",", "").lower()
                found = [c for c in ("canary@", "918273", "1836546") if c in whole]
                assert bool(found) is told, (level, found)


async def said(call: Any) -> str:
    """What a door answers, or that it refuses."""
    try:
        answer = await call
    except Invalid as refusal:
        return "refused " + str([e.message("en") for e in refusal.errors])
    return repr(answer.body() if hasattr(answer, "body") else answer)


async def test_rules_ask_formulas(own_world: World) -> None:
    """A rule is woken by what its formula is made of, through a formula field too."""
    rule = {
        "kind": "validate",
        "label": {"en": "Not so much"},
        "message": {"en": "Too much", "zh": "过多"},
    }
    await evolve(
        own_world,
        formula("weighted", "amount * 2", result="decimal"),
        {"op": "put_rule", "object": "opportunity", "rule": {**rule, "name": "a", "when": rated("amount / 2 > 100")}},
        {
            "op": "put_rule",
            "object": "opportunity",
            "rule": {**rule, "name": "b", "when": {"field": "weighted", "op": "lt", "value": 10}},
        },
    )
    async with own_world.desk() as desk:
        account = await desk.one("account", name="A")
        id = await desk.one("opportunity", name="o", account=account, close_date="2026-01-01", amount=50)
        for bad in (500, 3):
            problem = await desk.refused(desk.as_(), "opportunity", Update(id, {"amount": bad}))
            assert "Too much" in str(problem)
        await write(desk.as_(), "opportunity", [Update(id, {"amount": 60})])
    bad_rule = {**rule, "name": "c", "when": rated("nothing > 1")}
    found = await refused(own_world, {"op": "put_rule", "object": "opportunity", "rule": bad_rule})
    assert found == {"opportunity.c.when": "formula_unknown_field"}


async def test_a_formula_is_tried_before_it_is_a_field(desk: Desk) -> None:
    account = await desk.one("account", name="A", employees=3, revenue=5)
    told = await check_formula(desk.as_(), "account", "if(employees > 1, revenue * 2, 0)")
    assert (told["type"], told["fields"], told["error"]) == ("money", ["employees", "revenue"], None)
    assert [s["value"] for s in told["samples"] if s["id"] == account] == [10]
    told = await check_formula(desk.as_("clerk"), "account", "revenue + 1")
    assert told["error"]["code"] == "formula_unknown_field", "what is hidden is not tried"
    assert (told["error"]["at"], told["error"]["end"]) == (0, 7)
    told = await check_formula(desk.as_("rep1"), "account", "name & '!'")
    assert told["samples"] == [], "nor is a record that is not one's own"
