"""Formulas and roll-ups by hand: made in Settings, seen in a list, sorted and filtered by."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


@pytest.fixture
def office(fresh_site: Site) -> Site:
    """A company of its own with two accounts and three deals."""
    fresh_site.set_up()
    a, b = fresh_site.create("account", {"name": "Lanshi Precision"}, {"name": "Hexu Robotics"})
    fresh_site.create(
        "opportunity",
        {"name": "Press line", "account": a, "amount": 1000, "probability": 50, "close_date": "2026-05-01"},
        {"name": "Robot arm", "account": b, "amount": 4000, "probability": 10, "close_date": "2026-06-01"},
        {"name": "Spare parts", "account": b, "amount": 90, "probability": 90, "close_date": "2026-07-01"},
    )
    return fresh_site


def panel(page: Page) -> Locator:
    """What is being edited, beside the list."""
    return page.get_by_role("complementary")


def pick(page: Page, label: str, option: str) -> None:
    """Choose from a list of the panel."""
    panel(page).get_by_label(label).click()
    page.locator(".ant-select-dropdown:visible .ant-select-item-option").filter(has_text=option).first.click()


def test_a_formula_and_a_rollup_are_made_and_used(office: Site, visit: Visit) -> None:
    page = visit(office, "/settings/objects/opportunity")
    page.get_by_role("button", name="New field").click()
    panel(page).get_by_role("button", name="Formula", exact=True).click()
    panel(page).get_by_label("English label").fill("Weighted")
    box = panel(page).get_by_label("Formula", exact=True)
    box.fill("amount * probabilty / 100")
    expect(panel(page).locator("mark")).to_have_text("probabilty")
    expect(panel(page).get_by_text("there is no field “probabilty”").first).to_be_visible()
    box.fill("amount * probability / ")
    panel(page).get_by_text("Fields and functions").click()
    panel(page).get_by_role("button", name="abs(number)").click()
    expect(box).to_have_value("amount * probability / abs(")
    box.press_sequentially("100)")
    expect(panel(page).get_by_text("Results in: Money")).to_be_visible()
    expect(panel(page).get_by_text("Spare parts")).to_be_visible()
    assert violations(page) == []
    panel(page).get_by_role("button", name="Add field").click()
    expect(page.get_by_role("row").filter(has_text="weighted")).to_contain_text("Formula")

    page.goto(f"{office.url}/settings/objects/account")
    page.get_by_role("button", name="New field").click()
    panel(page).get_by_role("button", name="Roll-up", exact=True).click()
    panel(page).get_by_label("English label").fill("Expected")
    pick(page, "Over which list", "Opportunities")
    pick(page, "What is told", "Sum")
    pick(page, "Of which field", "Weighted")
    panel(page).get_by_label("Only those where").fill("amount >= 100")
    expect(panel(page).get_by_text("The condition fits")).to_be_visible()
    panel(page).get_by_role("button", name="Add field").click()
    expect(page.get_by_role("row").filter(has_text="expected")).to_contain_text("Roll-up")

    columns, totals = (quote(json.dumps(["name", n])) for n in ("weighted", "expected"))
    wanted = quote(json.dumps({"field": "weighted", "op": "gt", "value": 100}))
    page.goto(f"{office.url}/o/opportunity?view=all&columns={columns}&sort=-weighted&filter={wanted}")
    rows = page.get_by_role("row").filter(has=page.get_by_role("gridcell")).filter(has=page.get_by_role("link"))
    expect(rows.first).to_contain_text("Press line")
    expect(rows.first).to_contain_text("500")
    expect(page.get_by_text("Spare parts")).not_to_be_visible()

    page.goto(f"{office.url}/o/account?view=all&columns={totals}&sort=expected")
    rows = page.get_by_role("row").filter(has=page.get_by_role("gridcell")).filter(has=page.get_by_role("link"))
    expect(rows.first).to_contain_text("Hexu Robotics")
    expect(rows.first).to_contain_text("400")
