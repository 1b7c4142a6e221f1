"""Merging in the browser: two records side by side, one that comes out, its old link, and taking it apart months later."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site, until

Visit = Callable[..., Page]


def shot(page: Page, name: str) -> None:
    """Pictures for whoever looks at them: desk and phone."""
    if os.environ.get("SHOT"):
        page.screenshot(path=f"{os.environ['SHOT']}/{name}.png")
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.screenshot(path=f"{os.environ['SHOT']}/{name}-dark.png")
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=f"{os.environ['SHOT']}/{name}-phone.png")
        page.set_viewport_size({"width": 1440, "height": 900})


def test_two_customers_become_one_and_are_taken_apart(site: Site, visit: Visit) -> None:
    one = site.call("POST", "/records/account", {"values": {"name": "Twin Ltd", "employees": 3, "tags": ["a"]}})
    other = {"name": "Twin Limited", "employees": 7, "phone": "010-62345678", "tags": ["b"], "industry": "retail"}
    two = site.call("POST", "/records/account", {"values": other})
    site.call("POST", "/records/contact", {"values": {"name": "Li Lei", "account": two["id"]}})

    # From the list: the two are chosen and looked at side by side.
    page = visit(site, "/o/account?view=all&sort=-created_at")
    for name in ("Twin Ltd", "Twin Limited"):
        page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_role("heading", name="Make them one")).to_be_visible()
    stays = page.get_by_role("radiogroup", name="Stays")
    stays.get_by_role("radio", name="Twin Ltd").check()
    employees = page.get_by_role("radiogroup", name="Employees")
    expect(employees.get_by_role("radio", name="3")).to_be_checked()
    expect(page.get_by_role("radiogroup", name="Phone", exact=True).get_by_role("radio", checked=True)).to_have_count(1)
    expect(page.get_by_text("1 together").first).to_be_visible()
    assert violations(page) == []
    shot(page, "merge")

    # A choice with the keyboard, a value of one's own, and it is done.
    employees.get_by_role("radio", name="3").focus()
    page.keyboard.press("ArrowRight")
    expect(employees.get_by_role("radio", name="7")).to_be_checked()
    page.get_by_role("button", name="Another value for Name").click()
    page.get_by_role("textbox", name="Name").fill("The Twins")
    page.get_by_role("button", name="Take this value").click()
    expect(page.get_by_role("radiogroup", name="Name", exact=True)).to_contain_text("The Twins")
    page.get_by_role("button", name="Merge into").click()
    expect(page.get_by_role("heading", name="The Twins")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()

    # The old link leads to the one that stays, and its history names what went in.
    page = visit(site, f"/o/account/{two['id']}?show=history")
    expect(page).to_have_url(re.compile(one["id"]))
    expect(page.get_by_text("What you opened was merged into The Twins")).to_be_visible()
    page = visit(site, f"/o/account/{one['id']}?show=history")
    expect(page.get_by_text("Twin Limited went into it")).to_be_visible()
    page.get_by_text("History of Twin Limited").click()
    expect(page.get_by_text("went into another record")).to_be_visible()
    shot(page, "merge-history")

    # Later: somebody came since, and is asked about when it is taken apart.
    site.call("POST", "/records/contact", {"values": {"name": "Han Mei", "account": one["id"]}})
    page = visit(site, f"/apart/account/{one['id']}")
    name = page.get_by_role("radiogroup", name="Name", exact=True)
    expect(name.get_by_role("radio", name="Before the merge")).to_be_checked()
    name.get_by_role("radio", name="Now").check()
    page.get_by_role("combobox", name="Han Mei").select_option(label="goes with Twin Limited")
    assert violations(page) == []
    shot(page, "apart")
    page.get_by_role("button", name="Take apart", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("^The Twins"))).to_be_visible()
    contacts = site.call("GET", f"/records/account/{two['id']}/related/contacts?sort=created_at")["data"]
    assert [c["name"] for c in contacts] == ["Li Lei", "Han Mei"]
    again = site.call("GET", f"/records/account/{one['id']}")
    assert (again["name"], again["employees"], again["phone"], again["tags"]) == ("The Twins", 3, None, ["a"])


def test_what_was_being_written_goes_on_where_the_record_went(site: Site, visit: Callable[..., Page]) -> None:
    stays, went = site.create("account", {"name": "Stays Works"}, {"name": "Went Works"})
    page = visit(site, f"/o/account/{went}")
    fact = page.locator("[data-fact=website]")
    fact.get_by_role("button").click()
    fact.locator("input").fill("went.example")
    site.call("POST", "/records/account/merge", {"survivor": stays, "ids": [went]})
    expect(page).to_have_url(re.compile(stays))
    expect(page.get_by_role("heading", name="Stays Works")).to_be_visible()
    expect(fact).to_contain_text("Picked up what you wrote")
    expect(fact.locator("input")).to_have_value("went.example")
    fact.locator("input").press("Enter")
    until(
        lambda: site.call("GET", f"/records/account/{stays}")["website"] == "https://went.example", "it is saved there"
    )


def test_the_bin_says_where_a_record_went(site: Site, visit: Callable[..., Page]) -> None:
    stays, went = site.create("account", {"name": "Binned and whole"}, {"name": "Binned and merged"})
    site.call("POST", "/records/account/merge", {"survivor": stays, "ids": [went]})
    page = visit(site, "/bin?object=account")
    row = page.get_by_role("row").filter(has_text="Binned and merged")
    expect(row).to_contain_text("went into Binned and whole")
    expect(row.get_by_role("button", name="Restore")).to_have_count(0)
    expect(row.get_by_role("checkbox")).to_have_count(0)
    row.get_by_role("link", name="Take apart").click()
    expect(page.get_by_role("heading", name="Take Binned and whole apart")).to_be_visible()
