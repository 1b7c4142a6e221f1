"""Forms: who is here already, business cards, both of two edits, lost connections, fields that depend on others."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site, until
from tests.e2e.test_record import Visit, fact, form_field, value

CARD = """许 海 涛  采购部经理
公司：苏州棠序光学
M: +86 13812345678  T: 0574-87654321
E: xu.ht@yuanhai.example
A: 浙江省宁波市北仑区大港路100号"""


@pytest.fixture
def contact(site: Site) -> Iterator[str]:
    """A contact of the test's own."""
    [made] = site.create("contact", {"name": "Gu Jianping", "mobile": "+8613900001111", "email": "gu@lanshi.example"})
    yield made
    site.call("DELETE", f"/records/contact/{made}")


def new_contact(page: Page) -> None:
    """Opens the form for one."""
    page.get_by_role("button", name=re.compile("^(New contact|新建联系人)$", re.IGNORECASE)).last.click()
    expect(form_field(page, "name")).to_be_visible()


def sweep(site: Site, name: str) -> dict[str, object]:
    """The one contact of that name, taken away again."""
    query = {"filter": {"field": "name", "op": "eq", "value": name}}
    [found] = site.call("POST", "/records/contact/query", query)["data"]
    record: dict[str, object] = site.call("GET", f"/records/contact/{found['id']}")
    site.call("DELETE", f"/records/contact/{found['id']}")
    return record


def test_who_is_here_already_is_told_while_typing(site: Site, visit: Visit, contact: str) -> None:
    page = visit(site, "/o/contact")
    new_contact(page)
    form_field(page, "name").locator("input").fill("gu jianping")
    expect(form_field(page, "name").get_by_role("status")).to_contain_text("Already here")
    form_field(page, "name").locator("input").fill("Somebody Else")
    expect(form_field(page, "name").get_by_role("status")).to_have_count(0)
    page.get_by_role("button", name=re.compile("more field")).click()
    # The same number, however it is written and whichever of the two it is.
    form_field(page, "phone").locator("input").fill("+86 139 0000 1111")
    expect(form_field(page, "phone").get_by_role("link", name="Gu Jianping")).to_be_visible()
    form_field(page, "email").locator("input").fill("GU@lanshi.example")
    form_field(page, "email").get_by_role("link", name="Gu Jianping").click()
    expect(page.get_by_role("heading", name="Gu Jianping")).to_be_visible()
    expect(page.get_by_text("Kept as a draft")).to_be_visible()


def test_a_business_card_fills_the_form(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/contact", language="zh")
    new_contact(page)
    page.get_by_role("button", name="粘贴名片").click()
    page.get_by_role("textbox", name="名片或邮件签名的文字").fill(CARD)
    expect(page.get_by_text("认出 8 项")).to_be_visible()
    expect(form_field(page, "account")).to_contain_text("苏州棠序光学")
    # What was understood wrongly is put right before it is taken over.
    expect(form_field(page, "job_title").locator("input")).to_have_value("经理")
    form_field(page, "job_title").locator("input").fill("采购经理")
    page.get_by_role("button", name="填进表单").click()
    expect(form_field(page, "name").locator("input")).to_have_value("许海涛")
    expect(form_field(page, "email").locator("input")).to_have_value("xu.ht@yuanhai.example")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    made = sweep(site, "许海涛")
    assert (made["job_title"], made["department"], made["mobile"]) == ("采购经理", "采购部", "+8613812345678")
    assert made["account"] == {"id": site.ids["苏州棠序光学"], "title": "苏州棠序光学"}


def test_both_of_two_edits_are_kept(site: Site, visit: Visit, contact: str) -> None:
    page = visit(site, f"/o/contact/{contact}")
    expect(page.get_by_role("heading", name="Gu Jianping")).to_be_visible()
    page.keyboard.press("e")
    form_field(page, "job_title").locator("input").fill("Director")
    form_field(page, "department").locator("input").fill("Purchasing")
    theirs = {"job_title": "General manager", "wechat": "gu_jp"}
    site.call("PATCH", f"/records/contact/{contact}", {"values": theirs})
    # What only they changed arrives; what both changed asks.
    expect(form_field(page, "wechat").locator("input")).to_have_value("gu_jp")
    clash = form_field(page, "job_title").get_by_role("alert")
    expect(clash).to_contain_text("General manager")
    expect(page.get_by_role("button", name="1 to decide")).to_be_visible()
    expect(form_field(page, "job_title").locator("input")).to_have_value("Director")
    clash.get_by_role("button", name="Keep theirs").click()
    expect(form_field(page, "job_title").locator("input")).to_have_value("General manager")
    page.get_by_role("button", name="Save 1 change").click()
    expect(fact(page, "department")).to_contain_text("Purchasing")
    assert value(site, "contact", contact, "job_title") == "General manager"
    assert value(site, "contact", contact, "wechat") == "gu_jp"


def test_a_lost_connection_loses_nothing_and_makes_nothing_twice(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/account")
    page.get_by_role("button", name=re.compile("^New account$", re.IGNORECASE)).last.click()
    form_field(page, "name").locator("input").fill("Once Only Ltd")
    # The record is made, but the answer never arrives.
    page.evaluate(
        """() => {
          const real = window.fetch;
          window.fetch = async (url, options) => {
            const answer = await real(url, options);
            if (options?.method !== "POST" || !String(url).endsWith("/records/account")) return answer;
            window.fetch = real;
            throw new TypeError("lost");
          };
        }"""
    )
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="still here")).to_be_visible()
    expect(form_field(page, "name").locator("input")).to_have_value("Once Only Ltd")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_role("dialog")).to_have_count(0)
    found = site.call("GET", "/records/account?q=Once%20Only")["data"]
    assert len(found) == 1, found
    made = found[0]["id"]

    # What is written in place waits likewise: a fact, a note, a cell of a list.
    network = page.context
    page.goto(f"{site.url}/o/account/{made}")
    fact = page.locator("[data-fact=short_name]")
    fact.get_by_role("button").click()
    fact.locator("input").fill("Once")
    note = page.get_by_role("textbox", name="Note", exact=True)
    network.set_offline(True)
    fact.locator("input").press("Enter")
    expect(fact.get_by_role("alert")).to_contain_text("still here")
    note.fill("Said in a tunnel")
    note.press("Control+Enter")
    kept = page.get_by_role("alert").filter(has_text="Your text is kept")
    expect(kept).to_be_visible()
    network.set_offline(False)
    expect(fact.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text="Said in a tunnel")).to_be_visible()
    until(lambda: site.call("GET", f"/records/account/{made}")["short_name"] == "Once", "the fact is saved")
    expect(kept).to_have_count(0)

    columns = '["name","website"]'
    page.goto(f"{site.url}/o/account?view=all&q=Once+Only&columns={columns}")
    page.get_by_role("gridcell").nth(2).click()
    page.keyboard.type("once.example")
    network.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("gridcell").get_by_role("alert")).to_contain_text("still here")
    away = page.get_by_text("The server is out of reach. Try again in a moment.")
    expect(away).to_have_count(0)
    network.set_offline(False)
    expect(page.get_by_role("gridcell").filter(has_text="once.example")).to_be_visible()
    until(lambda: site.call("GET", f"/records/account/{made}")["website"] is not None, "the cell is saved")
    # The form of a row holds what its list does not show.
    page.keyboard.press("Home")
    page.keyboard.press("F2")
    expect(form_field(page, "short_name").locator("input")).to_have_value("Once")
    page.keyboard.press("Escape")

    # What could not be looked for is not said to be nowhere, and whoever could not be signed out is not shown out.
    network.set_offline(True)
    page.get_by_role("combobox", name="Search").fill("Once Only")
    expect(page.get_by_role("alert").filter(has_text="Records: did not load")).to_be_visible()
    expect(page.get_by_text("Nothing found")).to_have_count(0)
    network.set_offline(False)
    expect(page.get_by_role("option", name=re.compile("Once Only Ltd"))).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{site.url}/import/account")
    network.set_offline(True)
    page.locator("input[type=file]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"Name\nA"})
    expect(away).to_be_visible()
    page.get_by_role("button", name="My account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(away).to_have_count(2)
    expect(page).to_have_url(re.compile("/import/account"))
    network.set_offline(False)
    site.call("DELETE", f"/records/account/{made}")


def test_a_form_asks_for_what_the_stage_needs(site: Site, visit: Visit) -> None:
    # The view is of open deals; that they are open is worked out, and no value for a new one.
    page = visit(site, "/o/opportunity?view=open")
    page.get_by_role("button", name=re.compile("^New opportunity$", re.IGNORECASE)).last.click()
    expect(form_field(page, "name")).to_be_visible()
    expect(form_field(page, "lost_reason")).to_have_count(0)
    form_field(page, "stage").get_by_role("combobox").click()
    page.get_by_title("Lost", exact=True).click()
    expect(form_field(page, "lost_reason").locator("label")).to_contain_text("Required")
    page.keyboard.press("Control+Enter")
    expect(form_field(page, "name").get_by_role("alert")).to_be_visible()
    expect(form_field(page, "lost_reason").get_by_role("alert")).to_be_visible()
    expect(form_field(page, "name").locator("input")).to_be_focused()
    expect(form_field(page, "stage").get_by_role("alert")).to_have_count(0)


def test_a_conversion_begins_with_what_is_known(site: Site, visit: Visit) -> None:
    [lead] = site.create("lead", {"name": "Wang Min", "company": "Hexu Robotics", "budget": 350_000})
    page = visit(site, f"/o/lead/{lead}")
    page.get_by_role("button", name="Convert").click()
    expect(form_field(page, "account")).to_contain_text("Hexu Robotics")
    expect(form_field(page, "opportunity_name").locator("input")).to_have_value("Hexu Robotics")
    expect(form_field(page, "amount").locator("input").first).to_have_value("350,000")
    form_field(page, "create_opportunity").get_by_role("switch").click()
    expect(form_field(page, "amount")).to_have_count(0)
    page.locator(".ant-drawer-footer").get_by_role("button", name="Convert").click()
    expect(fact(page, "account")).to_contain_text("Hexu Robotics")
    expect(fact(page, "opportunity")).to_contain_text("—")
    page.get_by_role("button", name="Undo").click()
    expect(fact(page, "account")).to_contain_text("—")
    site.call("DELETE", f"/records/lead/{lead}")
