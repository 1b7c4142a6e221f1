"""The past in the browser: a list and a record as they were, what has come of it since, and the way back."""

from __future__ import annotations

import os
from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


def test_a_list_and_a_record_are_looked_at_as_they_were(site: Site, visit: Visit) -> None:
    made = site.call("POST", "/records/account", {"values": {"name": "Then Ltd", "employees": 3}})
    moment = made["created_at"]
    site.call("PATCH", f"/records/account/{made['id']}", {"values": {"name": "Now Ltd", "employees": 7}})
    site.call("POST", "/records/account", {"values": {"name": "Newcomer Ltd"}})
    page = visit(site, f"/o/account?view=all&sort=-created_at&moment={moment.replace('+', '%2B')}")
    expect(page.get_by_role("link", name="Then Ltd")).to_be_visible()
    expect(page.get_by_role("link", name="Newcomer Ltd")).to_have_count(0)
    banner = page.get_by_role("status").filter(has_text="As it was on")
    expect(banner).to_contain_text("1 new, 0 gone")
    expect(page.get_by_role("button", name="New account")).to_have_count(0)
    if os.environ.get("SHOT"):
        page.screenshot(path=f"{os.environ['SHOT']}/past-list.png")

    # What came of it: the bridge, and each record with what it was and what it became.
    banner.get_by_role("button", name="What changed").click()
    drawer = page.get_by_role("dialog", name="What changed")
    counted = drawer.get_by_role("row").filter(has_text="Records").get_by_role("cell")
    expect(counted.nth(1)).to_have_text("+1")
    entries = drawer.get_by_role("list", name="What changed").get_by_role("listitem")
    expect(entries.filter(has_text="Newcomer Ltd")).to_contain_text("New")
    changed = entries.filter(has_text="Now Ltd").get_by_role("row").filter(has_text="Employees")
    expect(changed.get_by_role("cell")).to_have_text(["3", "7"])
    assert violations(page) == []
    if os.environ.get("SHOT"):
        page.screenshot(path=f"{os.environ['SHOT']}/compare.png")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=f"{os.environ['SHOT']}/compare-phone.png")
        page.set_viewport_size({"width": 1440, "height": 900})
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_have_count(0)
    banner.get_by_role("button", name="Back to now").click()
    expect(page.get_by_role("link", name="Newcomer Ltd")).to_be_visible()
    expect(page.get_by_role("link", name="Now Ltd")).to_be_visible()

    # From the tool: a moment before anything was there.
    page.get_by_role("button", name="Time", exact=True).click()
    page.get_by_role("button", name="30 days ago").click()
    expect(page.get_by_text("As it was on")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="Now Ltd")).to_be_visible()

    page.goto(page.url.split("/o/")[0] + f"/o/account/{made['id']}?moment={moment.replace('+', '%2B')}")
    expect(page.get_by_role("heading", name="Then Ltd")).to_be_visible()
    expect(page.get_by_text("As it was on")).to_be_visible()
    if os.environ.get("SHOT"):
        page.screenshot(path=f"{os.environ['SHOT']}/past-record.png")
    page.get_by_role("button", name="Back to now").click()
    expect(page.get_by_role("heading", name="Now Ltd")).to_be_visible()
