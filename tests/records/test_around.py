"""Panels, alerts and trees around a record: right over all departments, and nothing in them that their reader may not see."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.world import Desk

from guanxi import records, transfer
from guanxi.apps.circle.agenda import next_birthday
from guanxi.apps.circle.worth import year_before
from guanxi.base import Invalid, NotFound
from guanxi.base.json import dumps
from guanxi.records import Update, paging
from guanxi.records.compile import Compiler
from guanxi.schema.query import read_query


def soon(days: int) -> str:
    """That many days from today."""
    return (datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days)).isoformat()


async def customer(desk: Desk, owner: str = "rep1") -> dict[str, str]:
    """A customer with something of every department, all of it its owner's."""
    mine = {"owner": desk.world.id(owner)}
    account = await desk.one("account", name="Acme", grade="strategic", **mine)
    boss, buyer = await desk.make(
        "contact",
        {
            "name": "Boss",
            "account": account,
            "role": "decider",
            "attitude": "supporter",
            "birthday": "1980-03-06",
            **mine,
        },
        {"name": "Buyer", "account": account, "role": "buyer", "attitude": "opponent", **mine},
    )
    await records.write(desk.system(), "contact", [Update(buyer, {"reports_to": boss})])
    here = {"account": account, **mine}
    product = await desk.one("product", name="Pump", family="Pumps")
    order, _ = await desk.make(
        "order",
        {
            "number": "S1",
            "amount": 300,
            "ordered_at": f"{soon(-40)}T02:00:00Z",
            "status": "completed",
            "channel": "shop",
            **here,
        },
        {"number": "S2", "amount": 900, "ordered_at": f"{soon(-5)}T02:00:00Z", "status": "cancelled", **here},
    )
    await desk.one("order_line", name="Pump", order=order, product=product, quantity=3, price=100)
    late, _ = await desk.make(
        "payment",
        {"reference": "P1", "amount": 120, "status": "planned", "due_on": soon(-7), **here},
        {"reference": "P2", "amount": 180, "status": "received", "paid_on": soon(-9), **here},
    )
    contract = await desk.one("contract", name="Frame", status="active", ends_on=soon(20), **here)
    case = await desk.one("case", subject="It leaks", kind="complaint", status="open", satisfaction=2, **here)
    about = {"about": {"object": "contact", "id": boss}, **mine}
    await desk.one("call", subject="Rang", starts_at=f"{soon(-3)}T02:00:00Z", **about)
    await desk.one("task", subject="Send the offer", due_at=f"{soon(2)}T02:00:00Z", **about)
    await desk.one("opportunity", name="Deal", amount=1000, next_step="Offer", **here)
    return {
        "account": account,
        "boss": boss,
        "buyer": buyer,
        "payment": late,
        "contract": contract,
        "case": case,
        "order": order,
    }


async def test_panels_tell_what_every_department_knows(desk: Desk) -> None:
    made = await customer(desk)
    mine = {"owner": desk.world.id("rep1")}
    elsewhere = await desk.one("account", name="Elsewhere", **mine)
    adviser, former, theirs = await desk.make(
        "contact",
        *({"name": name, "account": elsewhere, **mine} for name in ("Adviser", "Former")),
        {"name": "Not seen", "account": elsewhere, "owner": desk.world.id("rep3")},
    )
    here = {"account": made["account"], "title": "Director", "role": "influencer"}
    for contact, until in ((adviser, soon(0)), (former, soon(-1)), (theirs, None), (made["boss"], None)):
        await desk.one("affiliation", contact=contact, until=until, **here)
    told = await records.panels(desk.as_("rep1"), "account", made["account"])
    assert (told["worth"]["all"]["orders"], told["worth"]["all"]["amount"]) == (1, 300), (
        "what was cancelled does not count"
    )
    assert sum(m["amount"] for m in told["worth"]["months"]) == 300
    assert [(f["group"]["product.family"], f["amount"]) for f in told["bought"]["families"]] == [("Pumps", 300)]
    assert {r["name"]: r["count"] for r in told["open"]["rows"]} == {
        "deals": 1,
        "cases": 1,
        "unpaid": 1,
        "ending": 1,
        "tasks": 1,
    }
    for row in told["open"]["rows"]:
        assert len(await desk.find(row["object"], "rep1", filter=row["filter"])) == row["count"], (
            "its list is what it counts"
        )
    assert [r["text"] for r in told["promised"]["rows"]] == ["Send the offer", "Offer"]
    assert [u["times"] for u in told["known"]["users"]] == [1]
    people = {p["title"]: p for p in told["chain"]["people"]}
    assert (people["Boss"]["times"], people["Buyer"]["times"]) == (1, 0)
    assert people["Buyer"]["reports_to"]["id"] == made["boss"]
    assert list(people) == ["Boss", "Buyer", "Adviser"], (
        "those with a role here in force, as far as the reader sees them"
    )
    assert (people["Adviser"]["job_title"], people["Adviser"]["role"]) == ("Director", "influencer")
    assert (people["Boss"]["role"], people["Boss"].get("place")) == ("decider", None), (
        "its own people say it themselves"
    )
    assert (told["feelings"]["complaints"], told["feelings"]["open"], told["feelings"]["satisfaction"]) == (1, 1, 2)
    assert "contract" in [r["kind"] for r in told["next"]["rows"]]
    assert list(await records.panels(desk.as_("rep1"), "account", made["account"], ["open"])) == ["open"]
    with pytest.raises(Invalid):
        await records.panels(desk.as_("rep1"), "account", made["account"], ["no such"])
    with pytest.raises(NotFound):
        await records.panels(desk.as_("rep3"), "account", made["account"])


async def test_a_relation_is_told_at_both_ends_whatever_they_are(desk: Desk) -> None:
    account, product = await desk.one("account", name="Acme"), await desk.one("product", name="Pump")
    here, there = {"object": "account", "id": account}, {"object": "product", "id": product}
    for until in ("2020-01-01", None):
        await desk.one("relation", from_record=here, role="dealer", to_record=there, until=until)
    for object_name, id, other, out in (("account", account, "Pump", True), ("product", product, "Acme", False)):
        rows = (await records.panels(desk.as_(), object_name, id, ["relations"]))["relations"]["rows"]
        assert [(r["other"]["title"], r["out"], r.get("until")) for r in rows] == [
            (other, out, None),
            (other, out, "2020-01-01"),
        ]


async def test_alerts_tell_what_one_must_know_first(desk: Desk) -> None:
    made = await customer(desk)
    account, quiet = made["account"], await desk.one("account", name="Quiet", owner=desk.world.id("rep1"))
    await records.write(
        desk.system(),
        "account",
        [Update(account, {"grade": "ordinary", "unwanted_channels": ["phone", "sms"], "service_due": "2026-01-01"})],
    )
    party = {"object": "account", "id": account}
    await desk.one("consent", party=party, purpose="marketing", state="given", at="2026-01-02T00:00:00Z")
    taken = await desk.one("consent", party=party, purpose="marketing", state="withdrawn", at="2026-01-03T00:00:00Z")
    found = await records.alerts(desk.as_("rep1"), "account", [account, quiet])
    assert found.keys() == {account}
    told = {a["name"]: a for a in found[account]}
    assert {n: a["id"] for n, a in told.items()} == {
        "complaint": made["case"],
        "overdue": made["payment"],
        "ending": made["contract"],
        "channels": account,
        "consent": taken,
        "untouched": account,
        "grade": account,
    }
    assert told["channels"]["text"]["zh"] == "电话、短信"
    assert told["untouched"]["text"]["zh"].startswith("拜访或联系已超期")
    assert "It leaks" in told["complaint"]["text"]["zh"]
    assert "7 days late" in told["overdue"]["text"]["en"]
    assert "120" in told["overdue"]["text"]["zh"]
    assert told["grade"]["text"]["en"].startswith("Strategic → Ordinary")
    await desk.one("consent", party=party, purpose="marketing", state="given", at="2026-01-04T00:00:00Z")
    await records.write(desk.system(), "case", [Update(made["case"], {"status": "closed"})])
    names = {a["name"] for a in (await records.alerts(desk.as_("rep1"), "account", [account]))[account]}
    assert not names & {"consent", "complaint"}, "an alert is there while it is true"
    # It says what mail obeys: what is said of all ways later holds for each, and a consent that ran out is none.
    said = {"party": party, "purpose": "survey"}
    await desk.one("consent", **said, state="withdrawn", channel="email", at="2026-01-03T00:00:00Z")
    await desk.one("consent", **said, state="given", at="2026-01-04T00:00:00Z")
    assert "consent" not in {a["name"] for a in (await records.alerts(desk.as_("rep1"), "account", [account]))[account]}
    past = await desk.one("consent", **said, state="given", at="2026-01-05T00:00:00Z", until="2026-02-01")
    told = {a["name"]: a for a in (await records.alerts(desk.as_("rep1"), "account", [account]))[account]}
    assert (told["consent"]["id"], told["consent"]["title"]["en"]) == (past, "Consent lapsed")
    assert told["consent"]["text"]["zh"] == "调研 · 2026年2月1日"


async def test_what_is_hidden_is_in_no_panel_and_no_alert(desk: Desk) -> None:
    """The mate sees the team's records; what belongs to others is not told, whoever the account is shared with."""
    made = await customer(desk)
    await records.share(desk.as_(), "account", made["account"], desk.world.id("rep3"), "user")
    secret = await desk.one("case", subject="Secret case", kind="complaint", status="open", owner=desk.world.id("rep1"))
    assert secret
    found = dumps([
        await records.panels(desk.as_("peeper"), "account", (await desk.make("account", {"name": "P", "owner": desk.world.id("peeper")}))[0]),
        await records.alerts(desk.as_("peeper"), "account", [made["account"]]),
    ]).decode()  # fmt: skip
    assert "leaks" not in found
    blind = desk.as_("clerk")  # all records, but neither a contact's name nor a deal's amount nor its account
    told = await records.panels(blind, "account", made["account"])
    text = dumps(told).decode()
    assert "Boss" not in text
    assert "Buyer" not in text
    assert "deals" not in [r["name"] for r in (told["open"] or {"rows": []})["rows"]]


async def test_a_group_is_summed_over_all_that_is_below(desk: Desk) -> None:
    top, middle, leaf = await desk.make("account", {"name": "Top"}, {"name": "Middle"}, {"name": "Leaf"})
    await records.write(desk.system(), "account", [Update(middle, {"parent": top}), Update(leaf, {"parent": middle})])
    for account, amount in ((top, 1), (middle, 10), (leaf, 100)):
        await desk.one("order", number=f"G{amount}", account=account, amount=amount)
    group = (await records.panels(desk.as_(), "account", leaf, ["group"]))["group"]
    sums = {n["title"]: (n["depth"], n["amount"], n["sum"]["amount"]) for n in group["nodes"]}
    assert sums == {"Top": (0, 1, 111), "Middle": (1, 10, 110), "Leaf": (2, 100, 100)}
    schema = desk.world.workspace.schema  # the write path refuses it; other hands may have made one
    await desk.connection.execute(f"UPDATE \"{schema}\".account SET parent = '{leaf}' WHERE id = '{top}'")
    nodes, more = await records.tree(desk.as_(), "account", "parent", middle)
    assert (len({n.id for n in nodes}), more) == (3, False), "a circle is walked once"
    await records.write(
        desk.system(), "account", [Update(top, {"parent": None}), Update(leaf, {"owner": desk.world.id("rep1")})]
    )
    nodes, _ = await records.tree(desk.as_("rep1"), "account", "parent", leaf)
    assert [n.title for n in nodes] == ["Leaf"], "what is hidden above ends the way up"


async def test_a_brief_is_what_its_reader_sees_on_one_page_and_is_told_to_the_audit(desk: Desk) -> None:
    made = await customer(desk)
    told = await transfer.brief(desk.as_("rep1"), "account", made["account"])
    assert told["title"] == "Acme"
    assert {p["label"] for p in told["panels"]} >= {"Worth", "Decision chain", "Open"}
    assert told["alerts"][0][0] == "Open complaint"
    assert "It leaks" in dumps(told["events"]).decode()
    worth = {p["label"]: dict(p["rows"]) for p in told["panels"]}
    assert worth["Worth"]["Bought in all"].endswith(" · 1 order")
    assert any(way.startswith("by ") for way in worth["What they bought"])
    assert not any("-" in at for at, *_ in told["events"]), "days are written as people write them, everywhere"
    paper = await transfer.printed("brief.typ", told | {"title": "澜石 #panic() $x$ *a* <b>"})
    assert paper[:5] == b"%PDF-"
    assert paper.count(b"/Type/Page\n") + paper.count(b"/Type /Page\n") <= 1
    rows = await desk.connection.fetch(
        f"SELECT kind, record, details->>'format' FROM \"{desk.world.workspace.schema}\"._audit ORDER BY seq DESC LIMIT 1"
    )
    assert [tuple(r) for r in rows] == [("export", made["account"], "pdf")]
    blind = dumps(await transfer.brief(desk.as_("clerk"), "account", made["account"])).decode()
    assert "Boss" not in blind
    with pytest.raises(NotFound):
        await transfer.brief(desk.as_("rep3"), "account", made["account"])


@pytest.mark.parametrize(
    ("born", "today", "by_moon", "expected"),
    [
        ("1980-03-06", "2026-03-05", False, "2026-03-06"),
        ("1980-03-04", "2026-03-05", False, "2027-03-04"),
        ("1980-02-29", "2026-02-01", False, "2026-02-28"),
        ("1980-02-29", "2028-02-01", False, "2028-02-29"),
        ("1980-02-16", "2026-01-01", True, "2026-02-17"),
        ("1980-02-15", "2026-01-01", True, "2026-02-16"),
    ],
)
def test_a_birthday_comes_by_the_sun_or_by_the_moon(born: str, today: str, by_moon: bool, expected: str) -> None:
    found = next_birthday(date.fromisoformat(born), date.fromisoformat(today), by_moon)
    assert found == date.fromisoformat(expected)


def test_days_that_a_calendar_does_not_have() -> None:
    assert next_birthday(date(1899, 5, 1), date(2026, 3, 5), by_moon=True) is None
    assert year_before(date(2026, 3, 31)) == date(2025, 3, 31)
    assert year_before(date(2028, 2, 29)) == date(2027, 2, 28)


async def test_who_sees_what_hangs_on_a_known_record_is_not_asked_again(desk: Desk) -> None:
    account = (await customer(desk))["account"]
    await desk.one("task", subject="Ask again", about={"object": "account", "id": account})
    asked = {"filter": {"field": "about", "op": "eq", "value": account}, "fields": ["subject"]}
    query = read_query("task", asked)
    knowing = await records.visible(desk.as_("rep1"), "account", account)
    statement = paging.page(Compiler(knowing), query)
    assert "_share" in paging.page(Compiler(desk.as_("rep1")), query).sql
    assert "_share" not in statement.sql
    found = (await records.find(desk.as_("rep1"), query)).rows
    assert [row[0] for row in await knowing.db.fetch(statement.sql, statement.args)] == found != []
    with pytest.raises(NotFound):
        await records.visible(desk.as_("rep3"), "account", account)
