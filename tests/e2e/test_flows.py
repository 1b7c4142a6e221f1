"""A flow built by hand: from nothing, tried on the past and on a record, switched on, seen at work, and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Site
from tests.e2e.test_admin import panel
from tests.e2e.test_rules import choose

Visit = Callable[..., Page]


@pytest.fixture
def office(fresh_site: Site) -> Site:
    fresh_site.set_up()
    return fresh_site


def line(page: Page, label: str) -> Locator:
    """A line of the step's form."""
    return panel(page).get_by_label(label, exact=False).first


def card(where: Page | Locator, kind: str) -> Locator:
    """A step in the picture, and not a place to add one after it."""
    return where.get_by_role("button", name=re.compile(f"^{kind}"))


def add(page: Page, at: int, kind: str) -> None:
    page.get_by_role("button", name=re.compile("^Add a step")).nth(at).click()
    page.get_by_role("menuitem", name=kind).click()
    expect(line(page, "Name")).to_be_focused()


def drag(page: Page, card: Locator, above: Locator, key: str) -> None:
    """A step by the mouse to right under another; ``key`` is pressed before it is put down."""
    here, there = card.bounding_box(), above.bounding_box()
    assert here
    assert there
    page.mouse.move(here["x"] + 40, here["y"] + 20)
    page.mouse.down()
    page.mouse.move(here["x"] + 60, here["y"] + 50, steps=4)
    page.mouse.move(there["x"] + there["width"] / 2, there["y"] + there["height"] + 24, steps=8)
    expect(page.get_by_text("Put it here")).to_be_visible()
    if key:
        page.keyboard.press(key)
        expect(page.get_by_text("Put it here")).to_be_hidden()
    page.mouse.up()


def test_a_flow_is_built_tried_switched_on_seen_and_taken_back(office: Site, visit: Visit) -> None:
    [harbour] = office.create("account", {"name": "Harbour", "employees": 500})
    page = visit(office, "/settings/flows")
    page.get_by_role("button", name="New flow").first.click()
    panel(page).get_by_label("English label").fill("Big accounts")
    panel(page).get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Big accounts")).to_be_visible()

    # What begins it, and for which.
    page.get_by_role("button", name="A record is created").click()
    panel(page).get_by_role("button", name="Condition", exact=True).click()
    page.get_by_placeholder("Find a field").fill("employees")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Value").or_(page.get_by_role("spinbutton", name="Value")).fill("100")
    page.get_by_role("button", name="Add the condition").click()

    # A branch with a step inside it.
    add(page, 0, "Branch")
    add(page, 1, "Change a record")
    choose(page, panel(page).get_by_label("Values"), "Description")
    choose(page, panel(page).get_by_label("Where the value comes from"), "Text")
    panel(page).get_by_role("textbox").last.fill("Large: {name}")
    choose(page, panel(page).get_by_label("Values"), "Status")
    expect(page.get_by_text(re.compile("thing.? to mend"))).to_be_visible()
    choose(page, panel(page).get_by_label("Where the value comes from").last, "Text")
    panel(page).get_by_role("textbox").last.fill("customer")
    card(page, "Branch").click()
    panel(page).get_by_role("button", name="Condition", exact=True).click()
    page.get_by_placeholder("Find a field").fill("employees")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Value").or_(page.get_by_role("spinbutton", name="Value")).fill("300")
    page.get_by_role("button", name="Add the condition").click()
    expect(page.get_by_text("Saved · all is well")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text(re.compile("thing.? to mend"))).to_be_visible()
    page.get_by_role("button", name="Redo", exact=True).click()
    expect(page.get_by_role("button", name="Add a step after “Branch”")).to_be_visible()
    expect(page.get_by_text("Saved · all is well")).to_be_visible()

    # On the past and on one record; nothing is kept.
    page.get_by_text("Try", exact=True).click()
    page.get_by_role("button", name="Try on the past").click()
    expect(page.get_by_text("It would have begun 1 time, for 1 record.")).to_be_visible()
    expect(page.get_by_text("It would have changed 1 record.")).to_be_visible()
    expect(page.get_by_role("list", name="Some of them").get_by_role("link", name="Harbour")).to_be_visible()
    page.get_by_role("combobox", name="Account").fill("Harbour")
    page.locator(".ant-select-item-option").filter(has_text="Harbour").first.click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text(re.compile("Description: — → Large: Harbour"))).to_be_visible()
    assert not office.call("GET", f"/records/account/{harbour}")["description"]

    # On, and at work.
    page.get_by_role("switch", name="On or off").click()
    expect(page.get_by_text("The flow is on")).to_be_visible()
    [quay] = office.create("account", {"name": "Quay", "employees": 301})
    office.create("account", {"name": "Jetty", "employees": 99})
    page.get_by_text("Runs", exact=True).click()
    expect(page.get_by_role("cell", name="Quay")).to_be_visible(timeout=30_000)
    page.get_by_role("cell", name="Quay").click()
    expect(page.get_by_role("button", name="Take back")).to_be_visible(timeout=30_000)
    assert office.call("GET", f"/records/account/{quay}")["description"] == "Large: Quay"
    assert office.call("GET", f"/records/account/{quay}")["status"] == "customer"

    # Drawn: the steps that it went through, in colour the lines between them.
    expect(page.get_by_role("application", name="Steps of the flow").locator("path[style*=accent]")).not_to_have_count(
        0
    )

    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
    assert not office.call("GET", f"/records/account/{quay}")["description"]

    # Steps are dragged onto a place between two others in the picture; let go with Escape, one stays where it was.
    page.get_by_text("Steps", exact=True).click()
    add(page, 0, "Stop")
    page.keyboard.press("Escape")
    picture = page.get_by_role("application", name="Steps of the flow")
    cards = picture.locator("button[aria-pressed]")
    expect(cards).to_contain_text(["A record is created", "Stop", "Branch", "Change a record"])
    for key, last in (("Escape", "Change a record"), ("", "Stop")):
        drag(page, card(picture, "Stop"), card(picture, "Change a record"), key)
        expect(cards.last).to_contain_text(last)
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(cards).to_have_count(3)
    expect(page.get_by_text("Saved · all is well")).to_be_visible()

    # They are moved in the outline by keyboard alone; what changed is told, and the version before comes back.
    page.get_by_role("button", name="Show as an outline").click()
    add(page, 0, "Stop")
    page.keyboard.press("Escape")
    steps = page.get_by_role("list", name="Steps of the flow").locator("button[aria-pressed]")
    expect(steps.nth(1)).to_contain_text("Stop")
    page.get_by_role("button", name="Move Stop").focus()
    for key in ("Space", "ArrowDown", "ArrowDown", "Space"):
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    inside = page.get_by_role("list", name="Case 1").locator("button[aria-pressed]")
    expect(inside.first).to_contain_text("Stop")
    expect(page.get_by_text("Saved · all is well")).to_be_visible()
    page.get_by_role("button", name="Put changes in force").click()
    page.get_by_text("Versions", exact=True).click()
    changes = page.get_by_role("region", name="What changed")
    expect(changes.get_by_role("listitem")).to_have_text([re.compile("AddedStop")])
    page.get_by_role("button", name="Version 1").click()
    page.get_by_role("button", name="Put this one in force").click()
    expect(page.get_by_role("button", name="Version 3 In force")).to_be_visible()
    expect(changes.get_by_role("listitem")).to_have_text([re.compile("RemovedStop")])

    # Called something else, switched off, and dropped.
    page.get_by_text("Steps", exact=True).click()
    page.get_by_role("button", name="Name and end of the flow").click()
    panel(page).get_by_label("English label").fill("Large accounts")
    panel(page).get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Large accounts")).to_be_visible()
    page.get_by_role("switch", name="On or off").click()
    expect(page.get_by_text("The flow is off")).to_be_visible()
    page.get_by_role("link", name="All flows").click()
    row = page.get_by_role("row", name="Large accounts")
    expect(row.get_by_text("Account · A record is created")).to_be_visible()
    row.get_by_text("Large accounts").click()
    page.get_by_role("button", name="Name and end of the flow").click()
    panel(page).get_by_role("button", name="Drop the flow").click()
    page.get_by_role("dialog", name="Drop “Large accounts”?").get_by_role("button", name="Drop the flow").click()
    expect(page.get_by_text("No flows yet")).to_be_visible()
