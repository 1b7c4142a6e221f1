"""Each flow that comes with the program, from what begins it to the mails that it sends, which a real server takes in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest_asyncio
from tests.flows.conftest import Office
from tests.postbox import Postbox, post, postbox

from guanxi import flows
from guanxi.flows import approvals, forms, templates
from guanxi.flows.clocks import anniversaries
from guanxi.schema.types import Env

__all__ = ["postbox"]

REP, CAPTAIN = "rep1@example.com", "captain@example.com"


class Company:
    """The office with one template switched on, and its mails."""

    def __init__(self, office: Office, box: Postbox) -> None:
        self.office, self.box = office, box
        self.rep = office.world.id("rep1")
        self.now = datetime.now(UTC)
        self.today = self.now.astimezone(ZoneInfo(office.world.workspace.timezone)).date()
        self.id = ""

    async def begin(self, name: str) -> None:
        self.id = await self.office.flow(dict(templates.templates[name].definition), name)

    async def pass_(self, **time: float) -> None:
        """So much later, with everything done that is due then."""
        world = self.office.world
        async with world.act() as ctx:
            await ctx.db.execute(f"UPDATE \"{ctx.workspace.schema}\"._notification SET at = at - interval '1 hour'")
        await flows.tick(world.db, world.workspace, self.now + timedelta(**time))
        await self.office.settle()

    async def mails(self) -> list[tuple[str, str]]:
        """What came in since: to whom, and the subject without the name of the company."""
        return [(to, subject.rsplit(" · ", 1)[0]) for to, subject in await post(self.office.world, self.box)]

    def said(self) -> str:
        """What the last mail says."""
        text = self.box.came[-1].get_body(("plain",))
        return text.get_content() if text else ""

    async def tasks(self, about: str) -> list[tuple[str, str]]:
        """Subject and owner of the tasks about a record."""
        found = await self.office.find("task", filter={"field": "about", "op": "eq", "value": about}, sort="subject")
        return [(t["subject"], t["owner"]["title"]) for t in found]

    async def ended(self) -> list[str]:
        return [r["state"] for r in await self.office.runs(self.id)]


@pytest_asyncio.fixture
async def company_at_work(office: Office, postbox: Postbox) -> AsyncIterator[Company]:
    await post(office.world, postbox)
    yield Company(office, postbox)


async def test_a_lead_is_followed_up(company_at_work: Company) -> None:
    at = company_at_work
    await at.begin("lead_follow_up")
    [zhou, wu] = await at.office.make("lead", *({"name": n, "owner": at.rep} for n in ("Zhou Lan", "Wu Jing")))
    await at.office.settle()
    assert await at.tasks(zhou) == [("Get in touch with Zhou Lan", "Rep1")]
    told = await at.mails()
    assert len(told) == 1, "what is told together is one mail"
    assert told[0][0] == REP
    await at.office.change("lead", wu, by="rep1", need="A quote")
    await at.office.settle()
    await at.pass_(days=3)
    assert await at.tasks(zhou) == [
        ("Get in touch with Zhou Lan", "Rep1"),
        ("Zhou Lan has waited for two days", "Rep1"),
    ]
    assert len(await at.tasks(wu)) == 1, "somebody saw to it"
    assert await at.ended() == ["done", "done"]
    assert [to for to, _ in await at.mails()] == [REP]


async def test_a_stale_deal_is_asked_about(company_at_work: Company) -> None:
    at = company_at_work
    [old, new] = await at.office.make("opportunity", *({"name": n, "owner": at.rep} for n in ("Old", "New")))
    async with at.office.world.act() as ctx:
        await ctx.db.execute(
            f"UPDATE \"{ctx.workspace.schema}\".opportunity SET updated_at = now() - interval '20 days' WHERE id = %(id)s::uuid",
            {"id": old},
        )
    await at.begin("stale_deal")
    await at.mails()
    await at.pass_(days=8)
    assert (await at.tasks(old), await at.tasks(new)) == ([("What is next for Old?", "Rep1")], [])
    assert await at.ended() == ["done"]
    assert [to for to, _ in await at.mails()] == [REP]


async def test_a_birthday_by_the_lunar_calendar_is_thought_of(company_at_work: Company) -> None:
    at = company_at_work
    tomorrow = at.today + timedelta(days=1)
    born = next(d for d in anniversaries(tomorrow, "lunar") if d.year in (1990, 1991))
    [he] = await at.office.make("contact", {"name": "He Rui", "birthday": born.isoformat(), "owner": at.rep})
    await at.office.make(
        "contact", {"name": "Not", "birthday": (born + timedelta(days=3)).isoformat(), "owner": at.rep}
    )
    await at.begin("birthday")
    await at.mails()
    for _ in range(2):
        await at.pass_(days=1, hours=18)
    assert await at.tasks(he) == [("It is He Rui’s birthday", "Rep1")]
    assert await at.ended() == ["done"]
    assert [to for to, _ in await at.mails()] == [REP]


async def test_a_contract_is_renewed_or_the_manager_hears_of_it(company_at_work: Company) -> None:
    at = company_at_work
    [lanshi] = await at.office.make("account", {"name": "Lanshi", "owner": at.rep})
    ends = (at.today + timedelta(days=31)).isoformat()
    one = {"name": "Service", "account": lanshi, "status": "active", "owner": at.rep, "ends_on": ends}
    [service, other] = await at.office.make("contract", one, {**one, "name": "Parts"})
    await at.begin("contract_renewal")
    await at.mails()
    await at.pass_(days=1, hours=18)
    assert len(await at.tasks(service)) == 1
    [(to, subject)] = await at.mails()
    assert (to, subject) == (REP, "4 news"), "two tasks and two notices"
    assert f"Service of Lanshi ends on {ends}" in at.said()
    await at.office.change("contract", other, by="rep1", ends_on=(at.today + timedelta(days=400)).isoformat())
    await at.office.settle()
    await at.mails()
    await at.pass_(days=10)
    assert await at.mails() == [(CAPTAIN, "Nobody has renewed Service yet")]
    assert await at.ended() == ["done", "done"]


async def test_a_discount_is_approved_level_by_level_or_goes_back(company_at_work: Company) -> None:
    at = company_at_work
    [lanshi] = await at.office.make("account", {"name": "Lanshi", "owner": at.rep})

    async def order(number: str, discount: int) -> str:
        cny = {"currency": "CNY"}
        values = {"number": number, "account": lanshi, "owner": at.rep, "status": "placed"}
        amounts = {"amount": {"amount": "1000", **cny}, "discount": {"amount": str(discount), **cny}}
        return (await at.office.make("order", values | amounts))[0]

    async def decide(by: str, act: Any, note: str = "") -> None:
        async with at.office.world.act(by) as ctx:
            [mine] = await approvals.approvals(ctx)
            await approvals.decide(ctx, mine["id"], act, note)
        await at.office.settle()

    await at.begin("discount_approval")
    await at.mails()
    await order("A-1", 50)
    small = await order("A-2", 150)
    await at.office.settle()
    asked = dict(await at.mails())
    assert "¥150 off order A-2 of Lanshi" in asked.pop(CAPTAIN)
    await decide("captain", "approve", "This once")
    told = await at.mails()
    assert ("rep1@example.com", "The discount on A-2 is approved") in told
    assert dict(told)["admin@example.com"].endswith(" · Captain: This once"), "who asked reads what was said to it"
    large = await order("A-3", 300)
    await at.office.settle()
    await at.mails()
    await decide("captain", "approve")
    assert "off order A-3 of Lanshi" in dict(await at.mails())["admin@example.com"], "the matrix asks one more"
    await decide("admin", "reject", "Too much")
    assert (REP, "The discount on A-3 is not approved. Too much") in await at.mails()
    assert [(await at.office.get("order", id))["status"] for id in (small, large)] == ["placed", "draft"]
    assert await at.ended() == ["done", "done"]


async def test_a_case_that_nobody_resolves_is_escalated(company_at_work: Company) -> None:
    at = company_at_work
    await at.begin("case_escalation")
    one = {"priority": "urgent", "owner": at.rep}
    [hot, solved, _] = await at.office.make(
        "case", {**one, "subject": "Hot"}, {**one, "subject": "Solved"}, {**one, "subject": "Calm", "priority": "low"}
    )
    await at.office.settle()
    await at.office.change("case", solved, by="rep1", status="resolved")
    await at.office.settle()
    await at.mails()
    await at.pass_(hours=1)
    assert await at.mails() == []
    await at.pass_(days=5)
    assert await at.mails() == [(CAPTAIN, "2 news")], "of the notice, and of the case that is the captain's now"
    assert "Not resolved in four hours: Hot" in at.said()
    owners = [(await at.office.get("case", id))["owner"]["title"] for id in (hot, solved)]
    assert owners == ["Captain", "Rep1"]
    assert await at.ended() == ["done", "done"]


async def test_who_writes_from_a_web_site_is_answered_and_given_to_somebody(company_at_work: Company) -> None:
    at, world = company_at_work, company_at_work.office.world
    await at.begin("web_lead")
    key = (await at.office.call(forms.address, at.id, "open"))["form"].rsplit("/", 1)[1]
    async with world.db.transaction(world.workspace.role) as db:
        form = await forms.opened(db, world.workspace, key)
        assert form is not None
        given = {"name": "Lena Moor", "email": "lena@moor.example", "need": "Forty seats"}
        for _ in range(2):
            await forms.send(db, form, given, env=Env(language="en"), key="once", agreed=True)
    await at.office.settle()
    mails = await at.mails()
    assert ("lena@moor.example", "We have received your request") in [(t, s) for t, s in mails if "moor" in t]
    [lead] = await at.office.find("lead", filter={"field": "email", "op": "eq", "value": "lena@moor.example"})
    assert (lead["need"], lead["source"]) == ("Forty seats", "website")
    assert lead["owner"]["title"] in ("Rep1", "Rep2", "Rep3")
    assert f"{lead['owner']['title'].lower()}@example.com" in [to for to, _ in mails]
    assert await at.ended() == ["done"]
