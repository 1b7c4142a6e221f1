"""A pool from making to claiming: rules are tried before they are saved, a member sees masks and takes what is there."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import PASSWORD, Site

Visit = Callable[..., Page]
REP = "rep@example.com"


def test_a_pool_is_made_tried_and_claimed_from(fresh_site: Site, visit: Visit) -> None:
    site = fresh_site
    site.set_up()
    rep = {"name": "Rep", "email": REP, "password": PASSWORD, "role": {"match": {"name": "rep"}}}
    user = site.call("POST", "/records/user", {"values": rep})["id"]
    [idle, kept] = site.create(
        "account", {"name": "Idle Ltd", "owner": user, "status": "inactive"}, {"name": "Kept Ltd", "owner": user}
    )
    free = site.create("account", *({"name": f"Free {n}", "phone": f"+8613812345{n:03}"} for n in range(3)))

    # Settings: a pool with its rule as a sentence, tried before it is saved.
    page = visit(site, "/settings/pools")
    page.get_by_role("button", name="New pool").first.click()
    panel = page.get_by_role("complementary")
    panel.get_by_role("textbox").first.fill("Open sea")
    page.get_by_label("Member roles").click()
    page.keyboard.type("Sales")
    page.get_by_role("option", name="Sales rep").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="What would fall tonight?").click()
    expect(page.get_by_test_id("tonight")).to_contain_text("0 would fall tonight")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Pool saved").first).to_be_visible()
    expect(page.get_by_role("button", name="Open sea")).to_be_visible()
    [pool] = site.call("GET", "/records/pool")["data"]
    assert pool["masked"] == ["phone", "email"]
    rule = {"name": "Inactive", "when": {"field": "status", "op": "eq", "value": "inactive"}}
    site.call("PATCH", f"/records/pool/{pool['id']}", {"values": {"recycling": [rule], "grace_days": 0}})
    page.goto(f"{site.url}/settings/pools")
    page.get_by_role("button", name="Open sea").click()
    page.get_by_role("button", name="What would fall tonight?").click()
    expect(page.get_by_test_id("tonight")).to_contain_text("1 would fall tonight. Inactive: 1")
    page.get_by_text("1 of Rep’s").click()
    expect(page.get_by_test_id("tonight").get_by_text("Idle Ltd")).to_be_visible()
    assert violations(page) == []
    site.call("POST", "/pools/act", {"object": "account", "act": "transfer", "ids": free, "pool": pool["id"]})

    # A member: what is there, masked; one row and then two at once.
    page = visit(site, "/pools", user=REP)
    expect(page.get_by_role("status").filter(has_text="masked until you claim")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Free 0")
    expect(row).to_contain_text("138****5000")
    expect(page.get_by_role("button", name="Owner is empty")).to_have_count(0)  # no condition of its own is taken away
    assert violations(page) == []
    row.hover()
    row.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("Claimed 1")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Free 0")).to_have_count(0)
    assert site.call("GET", f"/records/account/{free[0]}")["owner"]["id"] == user
    for n in (1, 2):
        page.get_by_role("row").filter(has_text=f"Free {n}").get_by_role("checkbox").click()
    # Pressed twice, it is done once and told of once; so is what went wrong with it.
    sent: list[Route] = []
    page.route(re.compile("/api/v1/pools/act$"), lambda route: sent.insert(0, route))
    claim = page.get_by_role("toolbar").get_by_role("button", name="Claim")
    claim.dblclick()
    problem = '{"title": "Not now", "detail": "The books are closed.", "errors": []}'
    sent.pop().fulfill(status=409, content_type="application/problem+json", body=problem)
    expect(page.get_by_text("The books are closed.")).to_have_count(1)
    claim.dblclick()
    sent.pop().continue_()
    assert not sent
    page.unroute_all()
    expect(page.get_by_text("Claimed 2")).to_have_count(1)
    expect(page.get_by_role("link", name="Go to accounts")).to_be_visible()
    page.goto(f"{site.url}/o/account/{free[1]}")
    expect(page.get_by_text("+86 138 1234 5001").or_(page.get_by_text("138 1234 5001")).first).to_be_visible()

    # Given up again from any list, with the reason that the pool asks for.
    page.goto(f"{site.url}/o/account?view=all")
    page.get_by_role("row").filter(has_text="Free 2").get_by_role("checkbox").click()
    page.get_by_role("toolbar").get_by_role("button", name="Give up to a pool").click()
    asked = page.get_by_role("dialog")
    asked.get_by_role("button", name="Give up to a pool").click()
    expect(asked.get_by_text("Please fill this in")).to_be_visible()
    asked.get_by_label("Reason").click()
    page.get_by_role("option", name="No budget").click()
    asked.get_by_role("button", name="Give up to a pool").click()
    expect(page.get_by_text("Gave up 1")).to_be_visible()

    # What falls is back on the record's own page, with the reason, and one click takes it, also on a phone.
    site.call("POST", "/pools/recycle", {})
    assert site.call("GET", f"/records/account/{kept}")["owner"]["id"] == user
    phone = visit(site, f"/o/account/{idle}", user=REP, width=390)
    expect(phone.get_by_text("In the pool “Open sea”")).to_be_visible()
    expect(phone.get_by_text("It fell by the rule “Inactive”.")).to_be_visible()
    phone.get_by_role("status").get_by_role("button", name="Claim").click()
    expect(phone.get_by_text("In the pool “Open sea”")).to_have_count(0)
    page = visit(site, f"/pools/{pool['id']}/report")
    line = page.get_by_role("row").filter(has_text="Rep")
    expect(line).to_contain_text("100%")
    assert violations(page) == []

    # Several go back to those who had them, from the pool's own list.
    page.goto(f"{site.url}/pools/{pool['id']}")
    page.get_by_role("row").filter(has_text="Free 2").get_by_role("checkbox").click()
    page.get_by_role("toolbar").get_by_role("button", name="Back to former owner").click()
    expect(page.get_by_text("Gave back 1")).to_be_visible()
    assert site.call("GET", f"/records/account/{free[2]}")["owner"]["id"] == user
