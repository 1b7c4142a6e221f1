"""Records that may be one: looked for, compared side by side and decided about with the keyboard, at the desk and on the phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from bench.quality.duplicates import people
from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


def choose(page: Page, name: str, option: str) -> None:
    """An option of a select."""
    page.get_by_role("combobox", name=name).click()
    page.locator(".ant-select-item-option", has_text=option).first.click()


@pytest.mark.slow
def test_duplicates_are_found_compared_and_decided_about(fresh_site: Site, visit: Visit) -> None:
    site = fresh_site
    site.set_up()
    rows, _ = people(60, 11)
    for _, values in rows:
        site.create("contact", {n: v for n, v in values.items() if n in ("name", "mobile", "email", "birthday") and v})
    # Before anybody has looked the board says no more than that, and has it done.
    page = visit(site, "/quality/contact")
    unique = page.get_by_role("region", name="No duplicates")
    expect(unique).to_contain_text("Nobody has compared these records yet")
    expect(unique).not_to_contain_text("%")
    unique.get_by_role("button", name="Compare now").click()
    expect(unique).to_contain_text("%", timeout=120_000)
    page.goto(f"{site.url}/duplicates/contact")
    expect(page.get_by_role("button", name="Look now")).to_be_visible()
    group = page.get_by_role("article")
    expect(group).to_be_visible(timeout=120_000)
    expect(group.get_by_text("likely the same")).to_be_visible()
    expect(group.get_by_text("equal").first).to_be_visible()
    assert violations(page) == []

    before = site.call("GET", "/duplicates/contact")["count"]
    page.keyboard.press("j")
    expect(page.get_by_role("article", name=f"2 of {before}")).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("d")
    expect(page.get_by_text("They will not be shown again")).to_be_visible()
    assert site.call("GET", "/duplicates/contact")["count"] == before - 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("article", name=f"1 of {before}")).to_be_visible()

    page.get_by_role("link", name="Merge many…").click()
    go = page.get_by_role("button", name=re.compile("^Make .* one"))
    expect(go).to_be_visible()
    assert violations(page) == []
    page.get_by_text("The same value").click()
    # By the name to begin with, whether some share theirs or none.
    expect(page.get_by_text(re.compile(r"^\d+ groups?, \d+ records$|No groups of this kind\."))).to_be_visible()
    choose(page, "Of field", "E-mail")
    expect(page.get_by_text(re.compile(r"^\d+ groups?, \d+ records$"))).to_be_visible()
    people_before = site.call("GET", "/records/contact?include=count&limit=1")["count"]
    go.click()
    expect(page.get_by_text(re.compile(r"groups? (is|are) one"))).to_be_visible()
    fewer = site.call("GET", "/records/contact?include=count&limit=1")["count"]
    assert fewer < people_before
    page.get_by_role("button", name="Undo").click()
    expect(go).to_be_visible()
    assert site.call("GET", "/records/contact?include=count&limit=1")["count"] == people_before

    small = visit(site, "/duplicates/contact", width=390)
    card = small.get_by_role("article")
    expect(card).to_be_visible()
    assert small.evaluate("document.documentElement.scrollWidth") <= 390
    card.get_by_role("button", name="Not the same").click()
    expect(small.get_by_text("They will not be shown again")).to_be_visible()
