"""The record page: facts in place, two people at once, stages, timeline and composer, related, forms, history, phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Site, until

Visit = Callable[..., Page]


@pytest.fixture
def account(site: Site) -> Iterator[str]:
    """An account of the test's own; gone with its deals when the test ends."""
    values = {"name": "Hengli Measuring", "industry": "machinery", "phone": "0512-62889100", "revenue": 320_000_000}
    [made] = site.create("account", values)
    yield made
    query = {"filter": {"field": "account", "op": "eq", "value": made}, "limit": 200}
    for deal in site.call("POST", "/records/opportunity/query", query)["data"]:
        site.call("DELETE", f"/records/opportunity/{deal['id']}")
    site.call("DELETE", f"/records/account/{made}")


@pytest.fixture
def deal(site: Site, account: str) -> str:
    """An open deal of that account."""
    values = {"name": "Second machine", "account": account, "pipeline": "sales", "stage": "needs", "amount": 1_280_000}
    return site.create("opportunity", values)[0]


def fact(page: Page, name: str) -> Locator:
    """The row of a fact."""
    return page.locator(f"[data-fact={name}]")


def edit(page: Page, name: str, text: str) -> None:
    """Types over a fact, without completing it."""
    fact(page, name).get_by_role("button").click()
    fact(page, name).locator("input").first.fill(text)


def form_field(page: Page, name: str) -> Locator:
    """The field of an open form."""
    return page.locator(f".ant-drawer [data-form-field={name}]")


def saved(page: Page) -> None:
    """Waits until nothing is on its way to the server: a row shows its new value before it is kept."""
    expect(page.get_by_label("Saving")).to_have_count(0)


def value(site: Site, object_name: str, record: str, name: str) -> object:
    """A field's value as the server has it."""
    return site.call("GET", f"/records/{object_name}/{record}")[name]


def test_a_fact_is_edited_where_it_stands(site: Site, visit: Visit, account: str) -> None:
    page = visit(site, f"/o/account/{account}")
    expect(page.get_by_role("heading", name="Hengli Measuring")).to_be_visible()

    edit(page, "revenue", "3.5亿")
    expect(page.get_by_text("= 350,000,000")).to_be_visible()
    page.keyboard.press("Enter")
    expect(fact(page, "revenue")).to_contain_text("350,000,000")
    expect(page.get_by_role("status").filter(has_text=re.compile(": saved$"))).to_be_attached()
    expect(page.get_by_text("320,000,000")).to_be_visible()  # in the timeline, beside what it became
    assert value(site, "account", account, "revenue") == 350_000_000

    edit(page, "website", "nowhere")
    page.keyboard.press("Escape")
    expect(fact(page, "website")).to_contain_text("—")
    assert value(site, "account", account, "website") is None

    fact(page, "industry").get_by_role("button").click()
    page.get_by_title("Electronics", exact=True).click()
    expect(fact(page, "industry")).to_contain_text("Electronics")
    saved(page)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("status").filter(has_text="Undone: Industry")).to_be_visible()
    expect(fact(page, "industry")).not_to_contain_text("Electronics")
    assert value(site, "account", account, "revenue") == 350_000_000

    edit(page, "email", "no address")
    page.keyboard.press("Enter")
    expect(fact(page, "email").get_by_role("alert")).to_contain_text("not an e-mail address")
    expect(fact(page, "email").locator("input")).to_have_value("no address")

    # What is not saved yet outlives a closed tab, and what others wrote meanwhile is not written over unseen.
    fact(page, "email").locator("input").fill("desk@hengli.example")
    until(lambda: page.evaluate("JSON.stringify(localStorage).includes('desk@hengli')"), "it is kept")
    site.call("PATCH", f"/records/account/{account}", {"values": {"email": "theirs@hengli.example"}})
    page.reload()
    expect(fact(page, "email").locator("input")).to_have_value("desk@hengli.example")
    expect(fact(page, "email")).to_contain_text("Picked up what you wrote")
    expect(fact(page, "email")).to_contain_text("theirs@hengli.example")
    fact(page, "email").locator("input").press("Enter")
    page.get_by_role("button", name="Use mine").click()
    saved(page)
    assert value(site, "account", account, "email") == "desk@hengli.example"
    page.reload()
    expect(fact(page, "email")).to_contain_text("desk@hengli.example")
    expect(fact(page, "email").locator("input")).to_have_count(0)


def test_two_people_keep_both_edits(site: Site, visit: Visit, account: str) -> None:
    page = visit(site, f"/o/account/{account}")
    edit(page, "website", "https://mine.example")
    site.call("PATCH", f"/records/account/{account}", {"values": {"employees": 520}})
    page.keyboard.press("Enter")
    expect(fact(page, "website")).to_contain_text("mine.example")
    expect(fact(page, "employees")).to_contain_text("520")

    edit(page, "website", "https://again.example")
    site.call("PATCH", f"/records/account/{account}", {"values": {"website": "https://theirs.example"}})
    page.keyboard.press("Enter")
    expect(fact(page, "website").get_by_role("alert")).to_contain_text("theirs.example")
    assert value(site, "account", account, "website") == "https://theirs.example"
    page.get_by_role("button", name="Use mine").click()
    expect(fact(page, "website").get_by_role("alert")).to_have_count(0)
    expect(fact(page, "website")).to_contain_text("again.example")
    saved(page)
    assert value(site, "account", account, "website") == "https://again.example"


def test_a_stage_asks_for_what_it_needs_and_can_be_undone(site: Site, visit: Visit, deal: str) -> None:
    page = visit(site, f"/o/opportunity/{deal}")
    path = page.get_by_role("navigation", name="Stage")
    expect(path.locator("[aria-current=step]")).to_contain_text("Needs analysis")

    path.get_by_role("button", name="Lost").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This stage needs a little more")
    dialog.get_by_role("combobox").click()
    page.get_by_title("Price", exact=True).click()
    dialog.get_by_role("button", name="Move to Lost").click()
    expect(path.locator("[aria-current=step]")).to_contain_text("Lost")
    saved(page)
    expect(dialog).to_have_count(0)
    assert value(site, "opportunity", deal, "lost_reason") == "price"

    page.get_by_role("button", name="Undo").click()
    expect(path.locator("[aria-current=step]")).to_contain_text("Needs analysis")
    assert value(site, "opportunity", deal, "lost_reason") is None


def test_the_composer_understands_and_remembers(site: Site, visit: Visit, account: str) -> None:
    page = visit(site, f"/o/account/{account}")
    page.get_by_role("tab", name="Task").click()
    page.keyboard.type("Send the quote tomorrow 10:00")
    expect(page.get_by_text(re.compile(r"^Due .*10:00$"))).to_be_visible()
    expect(page.get_by_text("Draft kept")).to_be_visible()

    # A closed tab loses nothing.
    page.reload()
    expect(page.get_by_role("textbox", name="Task")).to_have_value("Send the quote tomorrow 10:00")
    page.get_by_role("textbox", name="Task").press("Control+Enter")
    entry = page.locator("li[data-kind=task]").filter(has_text="Send the quote")
    expect(entry).to_be_visible()
    expect(page.get_by_role("textbox", name="Task")).to_have_value("")
    entry.get_by_role("checkbox").click()
    expect(page.get_by_text("“Send the quote” is done")).to_be_visible()
    expect(entry.get_by_role("checkbox")).to_be_checked()

    page.get_by_role("tab", name="Note").click()
    page.keyboard.type("They want it by May.\nPrice is not the point.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("listitem").filter(has_text="Price is not the point.")).to_contain_text("Last contact")

    page.get_by_role("toolbar", name="What to show").get_by_role("button", name="Notes").click()
    expect(page).to_have_url(re.compile("show=note"))
    expect(entry).to_have_count(0)


def test_related_records_are_counted_summed_and_added(site: Site, visit: Visit, account: str, deal: str) -> None:
    page = visit(site, f"/o/account/{account}")
    deals = page.get_by_role("region", name="Opportunities")
    expect(deals).to_contain_text("Second machine")
    expect(deals).to_contain_text("1.28")
    deals.get_by_role("button", name="Add Opportunity").click()
    expect(form_field(page, "account")).to_contain_text("Hengli Measuring")
    form_field(page, "name").locator("input").fill("Third machine")
    form_field(page, "close_date").locator("input").fill("in 3 days")
    page.keyboard.press("Control+Enter")
    expect(deals).to_contain_text("Third machine")
    found = site.call("GET", "/records/opportunity?q=Third machine".replace(" ", "%20"))["data"]
    assert [row["account"]["id"] for row in found] == [account]
    assert found[0]["close_date"]

    # What is told of a record is read whole where its name is short.
    job = "Assistant to the Plant Manager"
    [met] = site.create("contact", {"name": "Li Na", "account": account, "job_title": job})
    told = page.get_by_role("region", name="Contacts").get_by_text(job)
    expect(told).to_be_visible()
    assert told.evaluate("one => one.scrollWidth <= one.clientWidth")
    site.call("DELETE", f"/records/contact/{met}")

    # What begins with a moment need not be filled, and says so.
    page.get_by_role("region", name="Cases").get_by_role("button", name="Add Case").click()
    page.get_by_role("button", name=re.compile("more field")).click()
    opened = form_field(page, "opened_at")
    expect(opened).not_to_contain_text("Required")
    expect(opened).to_contain_text("Now, if left empty")
    form_field(page, "subject").locator("input").fill("It squeaks")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="Cases")).to_contain_text("It squeaks")


def test_a_form_shows_all_errors_and_survives_a_closed_tab(site: Site, visit: Visit, account: str) -> None:
    page = visit(site, f"/o/account/{account}")
    page.get_by_role("region", name="Contacts").get_by_role("button", name="Add Contact").click()
    page.get_by_role("button", name=re.compile("more field")).click()
    form_field(page, "email").locator("input").fill("wrong")
    form_field(page, "birthday").locator("input").fill("someday")
    page.get_by_role("button", name="Create Contact").click()
    for name in ("name", "email", "birthday"):
        expect(form_field(page, name).get_by_role("alert")).to_be_visible()

    form_field(page, "job_title").locator("input").fill("Buyer")
    until(lambda: page.evaluate("Object.values(localStorage).some((kept) => kept.includes('Buyer'))"), "it is kept")
    page.reload()
    page.get_by_role("region", name="Contacts").get_by_role("button", name="Add Contact").click()
    expect(page.get_by_text("Picked up what you wrote")).to_be_visible()
    expect(form_field(page, "job_title").locator("input")).to_have_value("Buyer")
    page.get_by_role("button", name="Start afresh").click()
    expect(form_field(page, "job_title").locator("input")).to_have_value("")


def test_every_field_at_once_and_the_way_back(site: Site, visit: Visit, account: str) -> None:
    page = visit(site, f"/o/account/{account}")
    expect(page.get_by_role("heading", name="Hengli Measuring")).to_be_visible()
    page.keyboard.press("e")
    form_field(page, "name").locator("input").fill("Hengli Metrology")
    form_field(page, "tags").locator("input").fill("vip,")
    page.get_by_role("button", name="Save 2 changes").click()
    expect(page.get_by_role("heading", name="Hengli Metrology")).to_be_visible()
    assert value(site, "account", account, "tags") == ["vip"]

    # By keys the menu leads on to where the history is.
    page.get_by_role("button", name="More", exact=True).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_role("menuitem")
    page.get_by_role("menuitem", name="History").press("Enter")
    kind = page.get_by_role("toolbar", name="What to show").get_by_role("button", name="History")
    expect(kind).to_be_focused()
    row = page.get_by_role("row").filter(has_text="Hengli Metrology")
    expect(row).to_contain_text("Hengli Measuring")
    page.get_by_role("button", name=re.compile("^Put back · ")).first.click()
    expect(page.get_by_role("heading", name="Hengli Measuring")).to_be_visible()
    assert value(site, "account", account, "tags") in (None, [])


def test_a_lead_is_converted_with_its_form(site: Site, visit: Visit) -> None:
    [lead] = site.create("lead", {"name": "Wang Min", "company": "Hexu Automation", "budget": 350_000})
    page = visit(site, f"/o/lead/{lead}")
    page.get_by_role("button", name="Convert").click()
    form_field(page, "opportunity_name").locator("input").fill("Two vision systems")
    page.locator(".ant-drawer-footer").get_by_role("button", name="Convert").click()
    expect(fact(page, "status")).to_contain_text("Converted")
    expect(fact(page, "opportunity")).to_contain_text("Two vision systems")
    expect(page.get_by_role("button", name="Convert")).to_have_count(0)

    # One act, one undo: what it made is gone again.
    page.get_by_role("button", name="Undo").click()
    expect(fact(page, "status")).to_contain_text("New")
    assert site.call("GET", "/records/account?q=Hexu%20Automation")["data"] == []
    site.call("DELETE", f"/records/lead/{lead}")


def test_deleting_can_be_undone(site: Site, visit: Visit) -> None:
    [contact] = site.create("contact", {"name": "Short Lived"})
    page = visit(site, f"/o/contact/{contact}")
    expect(page.get_by_role("heading", name="Short Lived", exact=True)).to_be_visible()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("response", lambda answer: seen.append("gone") if answer.request.method == "DELETE" else None)
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page).to_have_url(re.compile("/o/contact$|/o/contact\\?"))
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    asked = [url for url in seen[seen.index("gone") :] if contact in url]
    assert asked == [], "what is gone is not asked for"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Short Lived").first).to_be_visible()
    site.call("DELETE", f"/records/contact/{contact}")


def test_a_phone_has_tabs_and_nothing_is_cut(site: Site, visit: Visit, account: str, deal: str) -> None:
    page = visit(site, f"/o/account/{account}", language="zh", width=390)
    expect(page.get_by_role("heading", name="Hengli Measuring")).to_be_visible()
    page.get_by_role("tab", name="资料").click()
    expect(page).to_have_url(re.compile("tab=facts"))
    expect(fact(page, "revenue")).to_contain_text("3.20亿")
    page.get_by_role("tab", name=re.compile("^商机")).click()
    page.get_by_role("link", name=re.compile("Second machine")).click()
    expect(page.locator("[aria-current=step]")).to_contain_text("需求确认")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_names_from_right_to_left_keep_their_own_order(site: Site, visit: Visit, account: str) -> None:
    name = "\u0645\u0634\u0631\u0648\u0639 5G - \u0627\u0644\u0645\u0631\u062d\u0644\u0629 2"
    where = {"account": account, "pipeline": "sales", "stage": "needs", "close_date": "2030-01-01"}
    [id] = site.create("opportunity", {"name": name, **where})
    # Where its second word begins: left of the first, of which it is the continuation.
    order = """one => { const text = document.createTreeWalker(one, NodeFilter.SHOW_TEXT).nextNode();
        const at = n => { const range = document.createRange(); range.setStart(text, n); range.setEnd(text, n + 1);
            return range.getBoundingClientRect().left };
        return at(0) > at(6) && at(6) < at(7) && at(7) > at(11) }"""
    page = visit(site, f"/o/opportunity/{id}")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert page.get_by_role("heading", name=name).evaluate(order)
    page.goto(f"{site.url}/o/account/{account}")
    assert page.get_by_role("link", name=name).first.locator("[dir=auto]").first.evaluate(order)
    page.goto(f'{site.url}/o/opportunity?view=all&filter={{"field":"id","op":"eq","value":"{id}"}}')
    link = page.get_by_role("grid").get_by_role("link", name=name)
    assert link.evaluate(order)
    page.goto(f'{site.url}/o/opportunity?view=pipeline&filter={{"field":"id","op":"eq","value":"{id}"}}')
    assert page.get_by_role("group", name=name).get_by_role("heading").evaluate(order)
    # What it was stands before what it is.
    was = "\u0645\u0634\u0631\u0648\u0639"
    site.call("PATCH", f"/records/opportunity/{id}", {"values": {"name": was}})
    page.goto(f"{site.url}/o/opportunity/{id}")
    change = page.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True)).last
    before, after = (change.get_by_text(one, exact=True).bounding_box() for one in (name, was))
    assert before
    assert after
    assert before["x"] + before["width"] < after["x"]
    site.call("PATCH", f"/records/opportunity/{id}", {"values": {"name": name}})
    # In a sentence it stands apart from the words around it.
    site.call("DELETE", f"/records/opportunity/{id}")
    page.goto(f"{site.url}/bin?object=opportunity")
    assert page.get_by_role("row").get_by_text(name, exact=True).first.evaluate(order)
    page.get_by_role("button", name=f"Restore \u2068{name}\u2069").click()
    expect(page.get_by_role("status").filter(has_text=f"\u2068{name}\u2069")).to_be_visible()


def test_a_record_that_is_not_there_says_so(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/account/01900000-0000-7000-8000-000000000000")
    expect(page.get_by_role("alert")).to_be_visible()


def test_what_one_must_know_comes_first(site: Site, visit: Visit, account: str, deal: str) -> None:
    late = {
        "subject": "Send the offer",
        "due_at": "2026-01-05T10:00:00Z",
        "about": {"object": "account", "id": account},
    }
    [task] = site.create("task", late)
    site.call("PATCH", f"/records/account/{account}", {"values": {"do_not_call": True}})
    page = visit(site, f"/o/account/{account}")
    # It is heard after the name of the page, and never in its place.
    known = page.get_by_role("status").filter(has_text="Not to be reached by Phone")
    expect(known).to_contain_text("Send the offer")
    # The number stays to be read, but nothing calls it.
    expect(fact(page, "phone")).to_contain_text("62889100")
    expect(page.locator("a[href^='tel:']")).to_have_count(0)
    expect(page.get_by_role("img", name="No calls")).to_be_visible()

    # Whoever comes from the deal knows it too.
    page.goto(f"{site.url}/o/opportunity/{deal}")
    expect(page.get_by_role("status").filter(has_text="Hengli Measuring")).to_be_visible()

    page.goto(f"{site.url}/o/task/{task}")
    page.get_by_role("button", name="Mark as done").click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()

    site.call("PATCH", f"/records/account/{account}", {"values": {"do_not_call": False}})
    page.goto(f"{site.url}/o/account/{account}")
    expect(fact(page, "phone").locator("a[href^='tel:']")).to_be_visible()
    expect(page.get_by_text("Task overdue")).to_have_count(0)
    site.call("DELETE", f"/records/task/{task}")


def test_the_head_sums_up_what_is_related(site: Site, visit: Visit, account: str, deal: str) -> None:
    page = visit(site, f"/o/account/{account}")
    figure = page.get_by_role("link", name="Open opportunities").locator("xpath=ancestor::div[1]")
    expect(figure).to_contain_text("1.28M")
    page.get_by_role("link", name="Open opportunities").click()
    expect(page).to_have_url(re.compile("/o/opportunity"))
    expect(page.get_by_role("link", name="Second machine").first).to_be_visible()
    expect(page.get_by_role("link", name="Deal 01")).to_have_count(0)


def test_what_stands_among_the_figures_is_not_said_again(site: Site, visit: Visit, account: str) -> None:
    [case] = site.create("case", {"subject": "Spindle noise at 6,000 turns", "account": account, "status": "new"})
    page = visit(site, f"/o/case/{case}")
    head = (
        page.locator("main header").filter(has=page.get_by_role("heading", name="Spindle noise at 6,000 turns")).first
    )
    expect(head.get_by_role("link", name="Hengli Measuring")).to_be_visible()
    expect(head.get_by_text("New", exact=True)).to_have_count(1)
    # On a small screen the figures make room for the name.
    page.set_viewport_size({"width": 1024, "height": 768})
    name = head.get_by_role("heading", name="Spindle noise at 6,000 turns")
    assert name.evaluate("one => one.clientHeight < 2 * parseFloat(getComputedStyle(one).lineHeight)")
    site.call("DELETE", f"/records/case/{case}")


def test_what_others_do_arrives_by_itself(site: Site, visit: Visit, account: str) -> None:
    page = visit(site, f"/o/account/{account}")
    expect(fact(page, "employees")).to_contain_text("—")
    site.call("PATCH", f"/records/account/{account}", {"values": {"employees": 77}})
    expect(fact(page, "employees")).to_contain_text("77")
    site.create("note", {"body": "Written elsewhere", "about": {"object": "account", "id": account}})
    expect(page.get_by_role("listitem").filter(has_text="Written elsewhere")).to_be_visible()

    # While one types into a field, its new value is told, and nothing is typed over.
    edit(page, "website", "https://mine.example")
    site.call("PATCH", f"/records/account/{account}", {"values": {"website": "https://theirs.example"}})
    expect(fact(page, "website").get_by_role("status")).to_contain_text("theirs.example")
    expect(fact(page, "website").locator("input")).to_have_value("https://mine.example")
    page.keyboard.press("Escape")
    expect(fact(page, "website")).to_contain_text("theirs.example")


def test_empty_facts_are_filled_in_one_after_the_other(site: Site, visit: Visit) -> None:
    [product] = site.create("lead", {"name": "Wang Min", "company": "Hexu"})
    page = visit(site, f"/o/lead/{product}")
    page.get_by_role("button", name=re.compile("^Fill in")).click()
    expect(fact(page, "job_title").locator("input")).to_be_focused()
    page.keyboard.type("Buyer")
    page.keyboard.press("Enter")
    # A choice is one of the walk too; Escape ends it.
    expect(fact(page, "job_title")).to_contain_text("Buyer")
    expect(fact(page, "source").get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(fact(page, "source").get_by_role("combobox")).to_have_count(0)
    saved(page)
    assert value(site, "lead", product, "job_title") == "Buyer"
    site.call("DELETE", f"/records/lead/{product}")


def test_the_timeline_is_counted_and_searched(site: Site, visit: Visit, account: str) -> None:
    here = {"object": "account", "id": account}
    site.create("note", *({"body": f"Talk {n} about granite", "about": here} for n in range(3)))
    site.create("call", {"subject": "Delivery date", "about": here, "result": "missed"})
    page = visit(site, f"/o/account/{account}")
    kinds = page.get_by_role("toolbar", name="What to show")
    expect(kinds.get_by_role("button", name="Notes")).to_contain_text("3")
    expect(kinds.get_by_role("button", name="Calls")).to_contain_text("1")
    page.get_by_role("button", name="Search here").click()
    page.keyboard.type("delivery")
    expect(page.get_by_role("listitem").filter(has_text="granite")).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text="Delivery date")).to_be_visible()
    expect(page).to_have_url(re.compile("q=delivery"))
    page.keyboard.press("Escape")
    entries = page.get_by_role("listitem").filter(has_text="granite")
    expect(entries).to_have_count(3)

    # How it stands is said where it is not as expected.
    call = page.get_by_role("listitem").filter(has_text="Delivery date")
    expect(call).to_contain_text("No answer")
    site.call("POST", "/records/consent", {"values": {"party": here, "purpose": "survey", "state": "withdrawn"}})
    expect(page.get_by_role("listitem").filter(has_text="Consent").filter(has_text="Withdrawn")).to_be_visible()
    expect(page.get_by_role("region", name="Consents").get_by_role("link", name="Surveys")).to_contain_text("Withdrawn")

    # Put right, and taken away, where it stands.
    first = entries.filter(has_text="Talk 1")
    first.hover()
    first.get_by_role("button", name=re.compile("^More")).click()
    whole = re.compile(r"/api/v1/records/note/[0-9a-f-]{36}(\?|$)")
    page.route(whole, lambda route: route.fulfill(status=422, json={"title": "Refused", "status": 422, "errors": []}))
    page.get_by_role("menuitem", name="Edit").click()
    form = page.get_by_role("dialog")
    expect(form.get_by_role("alert")).to_be_visible()
    page.unroute(whole)
    form.get_by_role("button", name="Try again").click()
    form_field(page, "body").locator("textarea").fill("Talk 1 about marble")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("listitem").filter(has_text="marble")).to_be_visible()
    second = entries.filter(has_text="Talk 2")
    second.hover()
    second.get_by_role("button", name=re.compile("^More")).click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(second).to_have_count(0)
    expect(page.get_by_text("moved to the recycle bin")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(second).to_be_visible()


def test_a_note_may_ask_to_be_reminded(site: Site, visit: Visit, account: str) -> None:
    page = visit(site, f"/o/account/{account}", language="zh")
    box = page.get_by_role("textbox", name="跟进记录")
    box.fill("他们要等恒温间方案，明天 10:00 提醒我")
    chip = page.get_by_text(re.compile("10:00 提醒我$"))
    expect(chip.last).to_be_visible()
    box.press("Control+Enter")
    expect(box).to_have_value("")
    task = page.get_by_role("listitem").filter(has=page.get_by_role("checkbox"))
    expect(task).to_contain_text("他们要等恒温间方案")
    expect(page.get_by_role("listitem").filter(has_text="提醒我")).to_be_visible()
    # One way back for both.
    page.get_by_role("button", name="撤销").click()
    expect(task).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text="提醒我")).to_have_count(0)

    # A call that asks for it took place now, and is not planned for the moment of its reminder.
    page.get_by_role("tab", name="电话").click()
    box = page.get_by_role("textbox", name="电话")
    box.fill("客户要报价，明天 10:00 提醒我")
    box.press("Control+Enter")
    expect(box).to_have_value("")
    query = {"filter": {"field": "about", "op": "eq", "value": {"object": "account", "id": account}}}
    call = site.call("POST", "/records/call/query", query)["data"][0]
    assert call["result"] != "planned"
    assert datetime.fromisoformat(call["starts_at"]) <= datetime.now(UTC)
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("listitem").filter(has_text="提醒我")).to_have_count(0)

    # The moment can be refused: then it is only text.
    page.get_by_role("tab", name="任务").click()
    box = page.get_by_role("textbox", name="任务")
    box.fill("下周三下午3点发合同")
    expect(page.get_by_text(re.compile("15:00 截止$"))).to_be_visible()
    page.get_by_role("button", name="不要时间").click()
    box.press("Control+Enter")
    entry = page.get_by_role("listitem").filter(has=page.get_by_role("checkbox"))
    expect(entry).to_contain_text("下周三下午3点发合同")
    expect(entry).not_to_contain_text("截止")


def test_one_field_of_an_old_change_is_put_back(site: Site, visit: Visit, account: str) -> None:
    site.call("PATCH", f"/records/account/{account}", {"values": {"industry": "electronics", "employees": 12}})
    page = visit(site, f"/o/account/{account}?show=history")
    page.get_by_role("button", name="Put Industry back").click()
    expect(fact(page, "industry")).to_contain_text("Machinery")
    expect(fact(page, "employees")).to_contain_text("12")
    assert value(site, "account", account, "employees") == 12


def test_a_deleted_record_comes_back_from_its_own_address(site: Site, visit: Visit) -> None:
    [contact] = site.create("contact", {"name": "Gone Soon"})
    site.call("DELETE", f"/records/contact/{contact}")
    page = visit(site, f"/o/contact/{contact}")
    expect(page.get_by_role("heading", name="Gone Soon is in the recycle bin")).to_be_visible()
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_role("heading", name="Gone Soon", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    site.call("DELETE", f"/records/contact/{contact}")


def test_paper_shows_the_record_alone(site: Site, visit: Visit, account: str, deal: str) -> None:
    page = visit(site, f"/o/account/{account}", width=390)
    expect(page.get_by_role("heading", name="Hengli Measuring")).to_be_visible()
    page.emulate_media(media="print")
    expect(fact(page, "revenue")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Second machine"))).to_be_visible()
    for part in (page.get_by_role("textbox"), page.get_by_role("navigation"), page.locator("[data-thumb-bar]")):
        expect(part.filter(visible=True)).to_have_count(0)
    # So does every other page: what scrolls on the screen goes on over the paper.
    page.emulate_media(media="screen")
    page.get_by_role("link", name="All Accounts").click()
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    expect(page.get_by_role("navigation", name="Navigation").filter(visible=True)).to_have_count(0)
    page.goto(f"{site.url}/quality/account")
    last = page.get_by_role("table").last
    expect(last).to_be_visible()
    assert last.evaluate("one => document.documentElement.scrollHeight >= one.getBoundingClientRect().bottom")


def test_on_a_phone_nothing_is_wider_than_it(site: Site, visit: Visit) -> None:
    name = "Measuring and Automation Instruments of Suzhou Industrial Park Holding Company Limited"
    [made] = site.create("account", {"name": name, "phone": "+44 20 7946 0958", "email": "hello@measuring.example"})
    page = visit(site, "/o/opportunity?view=all", width=390)
    page.get_by_role("button", name="New opportunity").click()
    page.get_by_role("combobox", name="Account").fill("Measuring and Auto")
    expect(page.get_by_title(name)).to_be_visible()
    assert page.get_by_title(name).evaluate("one => one.getBoundingClientRect().right") <= 390
    # What is pressed most is whole on the narrowest too.
    page = visit(site, f"/o/account/{made}", width=320)
    act = page.get_by_role("toolbar", name="Actions").get_by_role("button", name="Add a note")
    assert act.evaluate("one => one.getBoundingClientRect().right") <= 320
    # What is understood while one writes moves nothing that can be pressed.
    act.click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("tab", name="Task").click()
    high = sheet.evaluate("one => one.clientHeight")
    sheet.get_by_role("textbox", name="Task").fill("Call tomorrow 10:00")
    expect(sheet.get_by_text(re.compile("^Due .*10:00$"))).to_be_visible()
    assert sheet.evaluate("one => one.clientHeight") == high
    site.call("DELETE", f"/records/account/{made}")


def test_on_a_phone_the_acts_lie_under_the_thumb(site: Site, visit: Visit, account: str) -> None:
    page = visit(site, f"/o/account/{account}", language="zh", width=390)
    bar = page.get_by_role("toolbar", name="操作")
    expect(bar.get_by_role("link", name="打电话")).to_have_attribute("href", re.compile("^tel:"))
    bar.get_by_role("button", name="写跟进").click()
    page.get_by_role("textbox", name="跟进记录").fill("见到了设备部")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text="见到了设备部")).to_be_visible()
    bottom = page.evaluate("document.querySelector('[data-thumb-bar]').getBoundingClientRect().bottom")
    assert bottom == page.evaluate("innerHeight")

    # A sheet of more than a screen keeps its head; what the sheet of new things leads to has the keyboard, and gives it back.
    page.goto(site.url)
    page.get_by_role("button", name="更多").click()
    close = page.get_by_role("dialog").get_by_role("button", name="关闭")
    expect(close).to_be_in_viewport(ratio=1)
    close.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    new = page.get_by_role("navigation").get_by_role("button", name="新建")
    new.click()
    page.get_by_role("dialog").get_by_role("button", name="任务").click()
    expect(page.get_by_role("textbox", name="主题")).to_be_focused()
    page.keyboard.press("Escape")
    expect(new).to_be_focused()


def test_every_type_shows_and_edits(fresh_site: Site, visit: Visit) -> None:
    site = fresh_site
    site.set_up()
    [friend] = site.create("account", {"name": "Lanshi Precision"})
    options = [
        {"name": "one", "label": {"en": "One", "zh": "一"}},
        {"name": "two", "label": {"en": "Two", "zh": "二"}, "color": "green"},
    ]
    rich = "<p>Made of <strong>granite</strong></p>"
    values: dict[str, tuple[object, str]] = {
        "text": ("Röder", "Röder"),
        "longtext": ("one\ntwo", "one"),
        "richtext": (rich, "granite"),
        "integer": (12345, "12,345"),
        "decimal": (1.5, "1.5"),
        "money": (2500, "$2,500"),
        "percent": (12.5, "12.5%"),
        "boolean": (True, "Yes"),
        "date": ("2030-03-05", "5 Mar 2030"),
        "datetime": ("2030-03-05T10:00:00Z", "5 Mar 2030"),
        "select": ("one", "One"),
        "multiselect": (["one", "two"], "Two"),
        "tags": (["vip"], "vip"),
        "email": ("a@example.com", "a@example.com"),
        "phone": ("+14155552671", "+1 415 555 2671"),
        "url": ("https://www.example.com/", "example.com"),
        "address": ({"street": "1 Main St", "city": "Austin"}, "1 Main St, Austin"),
        "person": ("Wang Min", "Wang Min"),
        "link": (friend, "Lanshi Precision"),
        "links": ([friend], "Lanshi Precision"),
        "user": ({"match": {"email": "lin@example.com"}}, "Lin Xiaolan"),
        "rating": (4, ""),
        "duration": (5100, "1 h 25 min"),
        "file": (None, "—"),
        "autonumber": (None, "S-0001"),
        "json": (None, ""),
        "sealed": ("11010519491231002X", "110***********002X"),
    }
    # What is computed is shown as what it is and never edited; it has tests of its own.
    computed = {"formula", "rollup"}
    known = {one["name"] for one in site.call("GET", "/catalog")["types"] if one["custom"]} - computed
    assert known <= set(values), known - set(values)
    fields = [
        {
            "name": f"f_{name}",
            "type": name,
            "label": {"en": f"A {name}", "zh": name},
            **({"options": options} if name in ("select", "multiselect") else {}),
            **({"target": "account"} if name in ("link", "links") else {}),
            **({"config": {"pattern": "S-{0000}"}} if name == "autonumber" else {}),
        }
        for name in values
        if name in known
    ]
    name_field = {"name": "name", "type": "text", "label": {"en": "Name", "zh": "名称"}, "required": True}
    change = {
        "op": "add_object",
        "name": "sample",
        "label": {"en": "Sample", "zh": "样品"},
        "fields": [name_field, *fields],
    }
    site.call("POST", "/catalog/changes", {"changes": [change]})
    given = {f"f_{name}": value for name, (value, _) in values.items() if name in known and value is not None}
    [record] = site.create("sample", {"name": "All of them", **given})

    page = visit(site, f"/o/sample/{record}")
    for name, (_, words) in values.items():
        if name in known:
            expect(fact(page, f"f_{name}")).to_contain_text(words)
    page.keyboard.press("e")
    for name in sorted(known - {"autonumber", "json"}):
        expect(form_field(page, f"f_{name}")).to_be_visible()
    form_field(page, "f_integer").locator("input").fill("3.5万")
    page.get_by_role("button", name="Save 1 change").click()
    expect(fact(page, "f_integer")).to_contain_text("35,000")

    page = visit(site, f"/o/sample/{record}", language="zh")
    expect(fact(page, "f_duration")).to_contain_text("1 小时 25 分钟")
    expect(fact(page, "f_date")).to_contain_text("2030年3月5日")
    page.goto(f"{site.url}/o/sample")
    expect(page.get_by_role("link", name="All of them").first).to_be_visible()
