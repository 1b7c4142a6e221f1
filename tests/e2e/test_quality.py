"""The quality board: figures lead to lists in which they are mended; a record says what its score is made of; administrators weigh."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


def test_what_is_missing_is_found_filled_in_and_counted(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality/account")
    board = page.get_by_test_id("quality")
    expect(board.get_by_role("region", name="Score")).to_contain_text("of 100")
    assert violations(page) == []
    row = board.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Website"))
    missing = row.get_by_role("link").first
    before = int(missing.inner_text())
    asked = {"filter": {"field": "website", "op": "is_empty"}, "include": ["count"]}
    assert before == site.call("POST", "/records/account/query", asked)["count"]
    missing.click()
    expect(page.get_by_text("Website").first).to_be_visible()
    expect(page).to_have_url(re.compile("is_empty"))
    page.go_back()
    expect(missing).to_have_text(str(before))

    person = board.get_by_role("table").last.locator("tbody").get_by_role("link").first
    person.click()
    expect(board.get_by_text("Only Owner")).to_be_visible()
    board.get_by_role("button", name="Show all").click()

    page.get_by_role("button", name="What counts").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Website").fill("10")
    assert violations(page) == []
    dialog.get_by_role("button", name="Save").click()
    expect(row.get_by_role("rowheader")).to_have_text("Website×10")
    page.get_by_role("button", name="What counts").click()
    page.get_by_role("button", name="Reset to default").click()
    expect(row.get_by_role("rowheader")).to_have_text("Website×1")

    record = visit(site, f"/o/account/{site.ids['Hexu Robotics']}")
    record.get_by_role("button", name="% complete").click()
    score = record.get_by_test_id("score")
    expect(score).to_contain_text("missing")
    expect(score).to_contain_text("of 100")
    # Two figures are two things, each by its name.
    expect(score).to_contain_text("Fields filled in")
    expect(score).to_contain_text("Data quality")
    assert violations(record) == []

    small = visit(site, "/quality/account", width=390)
    expect(small.get_by_test_id("quality")).to_be_visible()
    assert small.evaluate("document.documentElement.scrollWidth") <= 390
