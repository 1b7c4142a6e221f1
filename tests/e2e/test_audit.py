"""Masks and the audit by hand: what is masked is looked behind for a while, told, proven, and kept for as long as one says."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import PASSWORD, Site

Visit = Callable[..., Page]


@pytest.fixture
def office(fresh_site: Site) -> Site:
    """A company in which somebody sees telephone numbers masked."""
    fresh_site.set_up()
    fresh_site.create("contact", {"name": "张伟", "mobile": "+8613812341234"})
    grants = {"objects": {"*": {"read": "all"}}, "fields": {"contact.mobile": "reveal"}, "limits": {"reveal": 5}}
    fresh_site.create("role", {"name": "masked", "label": "Masked", "grants": grants})
    role = {"match": {"name": "masked"}}
    fresh_site.create("user", {"name": "Mask", "email": "mask@example.com", "password": PASSWORD, "role": role})
    return fresh_site


def shoot(page: Page, name: str) -> None:
    """A picture, for who wants to look."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_a_mask_is_looked_behind_and_the_audit_tells(office: Site, visit: Visit) -> None:
    page = visit(office, "/", signed_in=False)
    answer = page.request.post(f"{office.url}/api/v1/session", data={"email": "mask@example.com", "password": PASSWORD})
    assert answer.ok
    contact = page.request.get(f"{office.url}/api/v1/records/contact").json()["data"][0]["id"]
    page.goto(f"{office.url}/o/contact/{contact}")
    expect(page.get_by_text("138****1234").first).to_be_visible()
    shoot(page, "mask")
    show = page.get_by_role("button", name="Show it for 30 seconds").first
    show.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("138 1234 1234").first).to_be_visible()
    shoot(page, "clear")
    page.get_by_role("button", name="Mask it again").first.click()
    expect(page.get_by_text("138 1234 1234")).to_have_count(0)

    admin = visit(office, "/settings/audit")
    row = admin.get_by_role("row").filter(has_text="Looked behind a mask")
    expect(row).to_contain_text("Mask")
    expect(row).to_contain_text("张伟")
    row.get_by_role("button").click()
    told = admin.locator("dl")
    expect(told).to_contain_text("Mobile")
    expect(told).not_to_contain_text("mobile")
    # People, teams and roles stand there by their names, rights in a sentence.
    details = admin.get_by_role("table")
    expect(details).to_contain_text("Role: Masked")
    expect(details).to_contain_text("Grants: Everything: sees all")
    admin.get_by_role("button", name="Verify now").click()
    expect(admin.get_by_text("are as they were sealed")).to_be_visible(timeout=30_000)
    shoot(admin, "audit")
    assert violations(admin) == []
    with admin.expect_download() as file:
        admin.get_by_role("button", name="Export").click()
    assert file.value.suggested_filename == "audit.csv"
    admin.get_by_role("link", name="Heads of the days").click()
    expect(admin.get_by_role("row")).to_have_count(2)
    shoot(admin, "heads")


def test_the_audit_calls_things_by_their_names(office: Site, visit: Visit) -> None:
    step = {"id": "s1", "kind": "create", "object": "lead", "values": {"name": {"text": "Somebody"}}}
    label = {"en": "Visitors of the fair", "zh": "展会登记"}
    trigger = {"kind": "button", "label": {"en": "Go", "zh": "走"}}
    made = {"label": label, "definition": {"object": "account", "trigger": trigger, "steps": [step]}}
    flow = office.call("POST", "/flows", made)["id"]
    office.call("POST", f"/flows/{flow}/activate", {"active": True})
    page = visit(office, "/settings/audit")
    told = page.get_by_role("row").filter(has_text="Flow: Visitors of the fair")
    expect(told.first).to_be_visible()
    expect(page.get_by_text("visitors_of_the_fair")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 390])
def test_how_long_things_are_kept(office: Site, visit: Visit, width: int) -> None:
    page = visit(office, "/settings/retention", language="zh", width=width)
    page.get_by_role("button", name="添加规则").first.click()
    expect(page.get_by_role("row").last).to_contain_text("没有")
    page.get_by_label("天数").fill("60")
    page.get_by_role("button", name="保存", exact=True).click()
    # What goes for good is typed out first.
    sure = page.get_by_role("dialog")
    expect(sure.get_by_role("button", name="保存")).to_be_disabled()
    sure.get_by_role("textbox").fill("清除")
    sure.get_by_role("button", name="保存").click()
    expect(page.get_by_text("今晚起生效")).to_be_visible()
    assert office.call("GET", "/retention")["rules"] == [{"what": "bin", "days": 60, "object": "*", "kind": "*"}]
    shoot(page, f"keep{width}")
    assert violations(page) == []
    by_date = {"what": "to_archive", "object": "account", "days": 1, "since": "updated_at"}
    office.call("PUT", "/retention", {"rules": [by_date], "holds": []})
    page.reload()
    expect(page.get_by_label("起算日期")).to_be_visible()
    expect(page.get_by_text("保护")).to_be_visible()
    assert violations(page) == []
    office.call("PUT", "/retention", {"rules": [{"what": "bin", "days": 60}], "holds": []})
    page.goto(f"{office.url}/settings/audit")
    expect(page.get_by_text("设置变更").first).to_be_visible()
    shoot(page, f"audit-zh{width}")
