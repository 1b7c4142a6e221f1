"""People by hand: a record is shared for a while, it is seen why who sees it, seen as somebody else, and a leaver hands over."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site


def test_somebody_is_let_in_looked_through_and_hands_over(site: Site, visit: Callable[..., Page]) -> None:
    role = {"match": {"name": "rep"}}
    people = [
        {"name": n, "email": f"{n.split()[0].lower()}@x.example", "role": role} for n in ("Gao Leaver", "Wu Heir")
    ]
    leaver, heir = site.create("user", *people)
    mine, other = site.create("account", {"name": "Gao's account", "owner": leaver}, {"name": "Lin's account"})
    page = visit(site, f"/o/account/{other}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Access and sharing").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("Role Administrator may read records: all")).to_be_visible()
    drawer.get_by_label("Share with", exact=True).last.fill("Gao")
    page.locator(".ant-select-item-option").filter(has_text="Gao Leaver").click()
    drawer.get_by_role("textbox", name="Last day").fill("2035-03-05")
    drawer.get_by_role("textbox", name="Last day").press("Tab")
    drawer.get_by_role("button", name="Share", exact=True).press("Enter")
    expect(drawer.get_by_role("listitem").filter(has_text="until 5 Mar 2035")).to_be_visible()
    expect(drawer.get_by_label("Share with", exact=True).last).to_be_focused()
    # Somebody new is among those who see it; the ground that holds says so.
    drawer.get_by_role("button", name="Gao Leaver").filter(has_text="shared").click()
    expect(drawer.get_by_text("it is shared with one or one's team", exact=False).last).to_be_visible()
    assert violations(page) == []

    page.goto(f"{site.url}/settings/users")
    page.get_by_role("row").filter(has_text="Gao Leaver").click()
    page.get_by_role("button", name="View as").click()
    expect(page.get_by_text("You see Guanxi as Gao Leaver.")).to_be_visible()
    page.goto(f"{site.url}/settings/shared")
    expect(page.get_by_role("row").filter(has_text="Lin's account")).to_contain_text("Lin Xiaolan")
    assert violations(page) == []
    page.get_by_role("button", name="End the view").click()
    expect(page.get_by_text("You see Guanxi as")).to_have_count(0)

    page.goto(f"{site.url}/settings/users")
    page.get_by_role("button", name="Gao Leaver").press("Enter")
    page.get_by_role("button", name="Hand over").click()
    panel = page.get_by_role("complementary")
    panel.get_by_label("Everything goes to").last.fill("Heir")
    page.locator(".ant-select-item-option").filter(has_text="Wu Heir").click()
    expect(panel.get_by_role("listitem").filter(has_text="Accounts")).to_contain_text("Wu Heir 1")
    # What was chosen from is gone, not half faded.
    expect(page.locator(".ant-select-dropdown:visible")).to_have_count(0)
    assert violations(page) == []
    panel.get_by_role("button", name="Hand over 1 record").click()
    expect(page.get_by_text("Gao Leaver has handed over")).to_be_visible()
    assert site.call("GET", f"/records/account/{mine}")["owner"]["id"] == heir
    assert site.call("GET", f"/records/user/{leaver}")["active"] is False

    # Before a role is saved it is said what it would mean.
    page.goto(f"{site.url}/settings/roles/rep")
    page.get_by_label("Accounts: See", exact=True).select_option("all")
    expect(page.get_by_text("Accounts: ", exact=False).filter(has_text="more in sight")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    for name, ids in (("account", [mine, other]), ("user", [leaver, heir])):
        site.call("POST", f"/records/{name}/mass", {"ids": ids, "delete": True})
