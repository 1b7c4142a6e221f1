"""A form from the editor to a lead: built, opened to strangers, filled in on a phone, and once more by a colleague."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.axe import violations as faults
from tests.e2e.conftest import Site
from tests.e2e.test_admin import panel
from tests.e2e.test_rules import choose

Visit = Callable[..., Page]


@pytest.fixture
def office(fresh_site: Site) -> Site:
    fresh_site.set_up()
    return fresh_site


def test_a_form_is_built_filled_in_by_a_stranger_and_makes_a_lead(office: Site, visit: Visit, browser: Browser) -> None:
    page = visit(office, "/settings/flows")
    page.get_by_role("button", name="New flow").first.click()
    panel(page).get_by_label("English label").fill("Fair visitors")
    panel(page).get_by_role("button", name="Make it").click()
    page.get_by_role("button", name="A record is created").click()
    choose(page, panel(page).get_by_label("Begins when"), "A form is sent")

    # Two fields, in the other order; one only beside a choice.
    for n, (english, chinese) in enumerate((("Topic", "主题"), ("Your name", "姓名"), ("Which one", "哪一种"))):
        panel(page).get_by_role("button", name="Add a field").click()
        # Its name is written at once.
        expect(panel(page).get_by_label("Label · English").nth(n)).to_be_focused()
        panel(page).get_by_label("Label · English").nth(n).fill(english)
        panel(page).get_by_label("Label · 中文").nth(n).fill(chinese)
    choose(page, panel(page).get_by_label("Type").first, "One of a list")
    for n, english in enumerate(("Tea", "Other")):
        panel(page).get_by_role("button", name="Add an option").click()
        panel(page).get_by_label(f"Option {n + 1} · English").fill(english)
    third = panel(page).get_by_role("group", name="Which one")
    third.get_by_text("Help, name, when it is asked").click()
    choose(page, third.get_by_label("Asked when"), "Depends on “Topic”")
    choose(page, third.get_by_label("With one of these"), "Other")
    page.keyboard.press("Escape")
    panel(page).get_by_role("switch", name="Required").nth(1).click()
    panel(page).get_by_role("button", name="Move Your name up").click()
    expect(panel(page).get_by_role("group").first).to_have_attribute("aria-label", "Your name")
    panel(page).get_by_label("Asks to agree to · English").fill("You may call me.")
    panel(page).get_by_role("button", name="Preview").click()
    drawer = page.get_by_role("dialog", name="Preview")
    expect(drawer.get_by_label("Your name")).to_be_visible()
    expect(drawer.get_by_label("Which one")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()

    page.get_by_role("button", name=re.compile("^Add a step")).first.click()
    page.get_by_role("menuitem", name="Create a record").click()
    choose(page, panel(page).get_by_label("Object", exact=False).first, "Lead")
    choose(page, panel(page).get_by_label("Values"), "Name")
    choose(page, panel(page).get_by_label("Where the value comes from"), "Taken from")
    panel(page).get_by_role("combobox").nth(2).click()
    page.locator(".ant-select-item-option").filter(has_text="Your name").first.click()
    expect(page.get_by_text("Saved · all is well")).to_be_visible()
    page.get_by_role("switch", name="On or off").click()
    expect(page.get_by_text("The flow is on")).to_be_visible()
    page.get_by_role("button", name="A form is sent").click()
    panel(page).get_by_role("switch", name="Public address").click()
    address = panel(page).get_by_label("Address", exact=True)
    expect(address).to_have_value(re.compile(r"/f/[0-9a-f]{32}\S{20,}$"))

    # A stranger with a phone.
    phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", java_script_enabled=True)
    visitor = phone.new_page()
    visitor.goto(address.input_value())
    assert not faults(visitor)
    assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("alert")).to_have_text("Please mend what is marked below.")
    expect(visitor.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")
    assert not faults(visitor)
    visitor.emulate_media(color_scheme="dark")
    assert visitor.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 22)"
    assert not faults(visitor)
    visitor.emulate_media(color_scheme="light")
    expect(visitor.get_by_label("Which one")).to_be_hidden()
    visitor.get_by_label("Topic").select_option("Other")
    visitor.get_by_label("Which one").fill("Oolong")
    visitor.get_by_label("Your name").fill("Chen Yu")
    visitor.get_by_label("You may call me.").check()
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("status")).to_have_text("Thank you, we have received it.")
    assert not faults(visitor)
    phone.close()

    panel(page).get_by_role("button", name="Close", exact=True).click()
    page.get_by_text("Sent", exact=True).click()
    row = page.get_by_role("row", name="Chen Yu")
    expect(row).to_contain_text("Which one: Oolong")
    expect(row.get_by_text("Done")).to_be_visible(timeout=30_000)

    # What looks like a machine's is held, and thrown away.
    [flow] = office.call("GET", "/flows")["data"]
    form = office.call("GET", f"/flows/{flow['id']}")
    field = form["live"]["trigger"]["fields"][0]["name"]
    assert urlopen(office.url + form["form"], f"{field}=Bot&_consent=true&_site=x.example".encode()).status == 200
    held = page.get_by_role("row", name="Looks automated")
    expect(held).to_be_visible()
    held.get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(held).to_be_hidden()
    expect(row).to_be_visible()

    # A colleague, from anywhere; what the flow made is one click away.
    page.get_by_role("combobox", name="Search").fill("> fair vis")
    page.get_by_role("option", name="Fair visitors").click()
    form = page.get_by_role("dialog", name="Fair visitors")
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_role("alert").first).to_be_visible()
    form.get_by_label("Your name").fill("Lin Hao")
    form.get_by_role("button", name="Send").click()
    expect(form).to_be_hidden(timeout=30_000)
    page.get_by_role("button", name="Open Lin Hao").click()
    expect(page.get_by_role("heading", name="Lin Hao")).to_be_visible()
