"""Where a customer stands: why, laid down by hand, shaped and tried in the settings."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


def test_why_by_hand_and_shaped(site: Site, visit: Visit) -> None:
    id = site.call("POST", "/records/account", {"values": {"name": "Weiming Tools", "employees": 400}})["id"]
    page = visit(site, f"/o/account/{id}")
    panel = page.get_by_test_id("standing")
    panel.get_by_role("button", name="Why").click(timeout=20_000)
    expect(panel.get_by_text("Annual revenue")).to_be_visible()
    panel.get_by_role("button", name="Set by hand").click()
    page.get_by_label("Grade or stage").click()
    page.get_by_role("option", name="Strategic").or_(page.get_by_title("Strategic")).last.click()
    page.get_by_label("Reason").fill("Chosen by the board")
    assert violations(page) == []
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("button", name="Set it")).to_be_hidden()
    expect(panel.get_by_text("Chosen by the board").first).to_be_visible()
    expect(panel.get_by_text("By the rules:")).to_be_visible()
    panel.get_by_role("button", name="Set by hand").click()
    page.get_by_role("button", name="Let the rules decide").click()
    expect(panel.get_by_text("Set by hand by")).to_be_hidden()

    page = visit(site, "/settings/standing/account/grade")
    weight = page.get_by_label("Weight · Potential")
    weight.fill("90")
    weight.press("Tab")
    expect(page.get_by_text("Not in force yet")).to_be_visible()
    expect(page.get_by_test_id("trial")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Annual revenue").click()
    expect(page.get_by_text("Becomes points")).to_be_visible()
    assert violations(page) == []

    # A stage further on that says for nobody would take everybody: it is written, its name first, and says so.
    page = visit(site, "/settings/standing/account/lifecycle")
    page.get_by_role("button", name="Another stage").click()
    expect(page.get_by_label("Name (English) · New stage")).to_be_focused()
    page.keyboard.type("Founders")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Say to whom “Founders” applies")).to_be_visible()
    site.call("DELETE", f"/records/account/{id}")
