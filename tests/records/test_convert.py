"""A lead becomes account, contact and opportunity; what is there already is taken, and nothing is converted twice."""

from __future__ import annotations

from typing import Any

import pytest
from tests.world import Desk, exact

import guanxi.linkage  # noqa: F401 - what names have in common
from guanxi import records
from guanxi.base import Conflict, Forbidden, Invalid, NotFound, Problem
from guanxi.base.json import dumps
from guanxi.records import Delete
from guanxi.records.rules import actions

LEAD = {"name": "王小明", "company": "华为技术有限公司", "mobile": "13812345678", "email": "wang@example.com", "budget": 5000,
        "industry": "electronics", "source": "referral", "need": "Wants much", "job_title": "CTO", "tags": ["hot"]}  # fmt: skip


async def convert(desk: Desk, id: str, name: str = "rep1", **input: Any) -> dict[str, Any]:
    answer: dict[str, Any] = exact(
        dumps(await actions(desk.world.catalog.object("lead"))["convert"].run(desk.as_(name), id, input))
    )
    return answer


async def lead(desk: Desk, **values: Any) -> str:
    return await desk.one("lead", **{**LEAD, "owner": desk.world.id("rep1"), **values})


async def test_a_lead_becomes_three_records(desk: Desk) -> None:
    id = await lead(desk)
    answer = await convert(desk, id, amount=7000, close_date="2026-12-31", opportunity_name="Big deal")
    assert answer["created"] == ["account", "contact", "opportunity"]
    account, contact, deal = answer["account"], answer["contact"], answer["opportunity"]
    assert (account["name"], account["kind"], account["industry"], account["source"], account["tags"]) == (
        "华为技术有限公司", "company", "electronics", "referral", ["hot"],
    )  # fmt: skip
    assert (contact["name"], contact["mobile"], contact["email"], contact["job_title"], contact["account"]["id"]) == (
        "王小明", (await desk.get("lead", id))["mobile"], "wang@example.com", "CTO", account["id"],
    )  # fmt: skip
    assert (deal["name"], deal["amount"], deal["close_date"], deal["account"]["id"], deal["contact"]["id"], deal["description"]) == (
        "Big deal", 7000, "2026-12-31", account["id"], contact["id"], "Wants much",
    )  # fmt: skip
    assert {r["owner"]["id"] for r in (account, contact, deal)} == {desk.world.id("rep1")}
    found = await desk.get("lead", id)
    assert found["status"] == "converted"
    assert [found[n]["id"] for n in ("account", "contact", "opportunity")] == [account["id"], contact["id"], deal["id"]]


async def test_it_is_one_change_set_and_can_be_undone(desk: Desk) -> None:
    id = await lead(desk)
    before = await desk.get("lead", id)
    answer = await convert(desk, id)
    undone = await records.undo(desk.as_("rep1"), answer["change_set"])
    assert undone["kept"] == []
    for object_name in ("account", "contact", "opportunity"):
        assert await desk.ids(object_name) == []
    after = await desk.get("lead", id)
    assert {n: v for n, v in after.items() if n not in ("version", "updated_at", "updated_by")} == {
        n: v for n, v in before.items() if n not in ("version", "updated_at", "updated_by")
    }
    assert (await convert(desk, id))["created"] == ["account", "contact", "opportunity"]


async def test_a_lead_is_converted_once(desk: Desk) -> None:
    id = await lead(desk)
    await convert(desk, id)
    before = await desk.digest()
    with pytest.raises(Conflict) as refusal:
        await convert(desk, id)
    assert refusal.value.code == "already_converted"
    assert await desk.digest() == before


@pytest.mark.parametrize("key", ["email", "mobile"])
async def test_what_is_there_is_taken(desk: Desk, key: str) -> None:
    owner = desk.world.id("rep1")
    account = await desk.one("account", name=LEAD["company"], owner=owner)
    contact = await desk.one("contact", name="Wang", owner=owner, **{key: LEAD[key]})
    answer = await convert(desk, await lead(desk))
    assert answer["created"] == ["opportunity"]
    assert (answer["account"]["id"], answer["contact"]["id"]) == (account, contact)


async def test_what_one_may_not_see_is_not_taken(desk: Desk) -> None:
    other = desk.world.id("rep3")
    hidden = await desk.one("account", name=LEAD["company"], owner=other)
    await desk.one("contact", name="Wang", owner=other, email=LEAD["email"])
    answer = await convert(desk, await lead(desk))
    assert answer["created"] == ["account", "contact", "opportunity"]
    assert answer["account"]["id"] != hidden


async def test_of_several_alike_none_is_taken_by_itself_but_one_can_be_named(desk: Desk) -> None:
    a, _ = await desk.make("account", *[{"name": LEAD["company"], "owner": desk.world.id("rep1")}] * 2)
    assert "account" in (await convert(desk, await lead(desk)))["created"]
    answer = await convert(
        desk, await lead(desk, email="other@example.com", mobile=None), account=a, create_opportunity=False
    )
    assert answer["account"]["id"] == a
    assert answer["opportunity"] is None
    assert answer["created"] == ["contact"]


async def test_a_person_without_a_company_is_an_account_of_their_own(desk: Desk) -> None:
    answer = await convert(desk, await lead(desk, company=None))
    assert (answer["account"]["name"], answer["account"]["kind"], answer["account"]["email"]) == (
        "王小明",
        "person",
        "wang@example.com",
    )


async def test_who_may_not_cannot(desk: Desk) -> None:
    id = await lead(desk)
    hidden = await desk.one("account", name="Hidden", owner=desk.world.id("rep3"))
    before = await desk.digest()
    for name, kinds in (
        ("rep3", (NotFound,)),
        ("viewer", (Forbidden,)),
        ("outsider", (Forbidden,)),
        ("marketer", (Forbidden,)),
    ):
        with pytest.raises(Problem) as refusal:
            async with desk.connection.savepoint():
                await convert(desk, id, name)
        assert isinstance(refusal.value, kinds), name
        assert await desk.digest() == before
    for input in ({"account": hidden}, {"account": "nonsense"}, {"close_date": "someday"}, {"contact": hidden}):
        with pytest.raises((Invalid, NotFound)):
            async with desk.connection.savepoint():
                await convert(desk, id, "rep1", **input)
        assert await desk.digest() == before


async def test_a_deleted_lead_is_not_there(desk: Desk) -> None:
    id = await lead(desk)
    await records.write(desk.as_(), "lead", [Delete(id)])
    with pytest.raises(NotFound):
        await convert(desk, id)


async def test_the_form_begins_with_what_is_known(desk: Desk) -> None:
    async def begun(id: str, name: str = "rep1") -> dict[str, Any]:
        begin = actions(desk.world.catalog.object("lead"))["convert"].begin
        assert begin is not None
        values: dict[str, Any] = exact(dumps(await begin(desk.as_(name), id)))
        return values

    id = await lead(desk)
    values = await begun(id)
    assert (values["account"], values["contact"]) == (None, None)
    assert (values["opportunity_name"], values["amount"], values["amount_currency"]) == (
        "华为技术有限公司",
        5000,
        "USD",
    )
    account = await desk.one("account", name="华为技术有限公司", owner=desk.world.id("rep1"))
    contact = await desk.one("contact", name="小明", mobile="13812345678", owner=desk.world.id("rep1"))
    await desk.one("account", name="Elsewhere Ltd", owner=desk.world.id("rep2"))
    values = await begun(id)
    assert values["account"] == {"id": account, "title": "华为技术有限公司"}
    assert values["contact"] == {"id": contact, "title": "小明"}
    # Nothing is told of what somebody else keeps.
    assert (await begun(await lead(desk, company="Elsewhere Ltd", mobile=None, email=None)))["account"] is None


async def test_the_wish_to_be_left_alone_goes_along(desk: Desk) -> None:
    answer = await convert(desk, await lead(desk, do_not_call=True))
    assert (answer["contact"]["do_not_call"], answer["contact"]["do_not_email"]) == (True, None)


async def test_a_lead_shows_the_customer_that_it_probably_belongs_to(desk: Desk) -> None:
    owner = desk.world.id("rep1")
    [known, other] = await desk.make(
        "account", *({"name": n, "owner": owner} for n in ("深圳市远航贸易有限公司", "明德机械有限公司"))
    )
    await desk.one("contact", name="Li Lei", account=other, email="lilei@mingde.example", owner=owner)
    spelt = await lead(desk, company="远航贸易（深圳）有限公司", mobile=None, email=None)
    written = await lead(desk, company="Mingde", mobile=None, email="LiLei@Mingde.example")
    nobody = await lead(desk, company="恒达食品有限公司", mobile=None, email=None)

    async def told(name: str = "rep1") -> dict[str, str]:
        found = await records.alerts(desk.as_(name), "lead", [spelt, written, nobody])
        return {id: a["id"] for id, some in found.items() for a in some if a["name"] == "belongs"}

    assert await told() == {spelt: known, written: other}
    for id, account in ((spelt, known), (written, other)):
        begun = await actions(desk.world.catalog.object("lead"))["convert"].begin(desk.as_("rep1"), id)  # type: ignore[misc]
        assert begun["account"]["id"] == account
    # Who may not see the customer is not told that there is one.
    await records.write(desk.system(), "account", [records.Update(known, {"owner": desk.world.id("rep3")})])
    assert spelt not in await told()
    await convert(desk, written, account=other)
    assert await told("admin") == {spelt: known}
