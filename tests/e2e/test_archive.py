"""What is archived leaves the lists, is found where it is asked for, says that it is archived, and comes back."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


def test_records_go_into_the_archive_and_come_back(site: Site, visit: Visit) -> None:
    one, two = site.create("account", {"name": "Archivable One"}, {"name": "Archivable Two"})
    deal = {"name": "Old deal", "account": one, "pipeline": "sales", "stage": "needs", "close_date": "2030-01-15"}
    [deal_id] = site.create("opportunity", deal)
    page = visit(site, f"/o/account/{one}")
    page.get_by_role("button", name="More").first.click()
    page.get_by_role("menuitem", name="Archive").click()
    strip = page.get_by_test_id("archived")
    expect(page.get_by_role("region", name="Contacts")).to_be_visible()
    expect(page.get_by_role("button", name="Add Contact")).to_have_count(0)
    expect(strip).to_contain_text("Nothing of it changes until it is restored")
    assert violations(page) == []
    assert one not in [r["id"] for r in site.call("GET", "/records/account?limit=200&fields=name")["data"]]

    linked = visit(site, f"/o/opportunity/{deal_id}")
    expect(linked.get_by_text("archived").first).to_be_visible()

    box = linked.get_by_role("combobox", name="Search")
    box.fill("Archivable One")
    wider = linked.get_by_role("option", name="Search the archive too")
    wider.click()
    expect(linked.get_by_role("option").filter(has_text="archived").first).to_be_visible()

    strip.get_by_role("button", name="Restore").click()
    expect(strip).to_have_count(0)

    found = visit(site, "/o/account?view=all&q=Archivable")
    for name in ("Archivable One", "Archivable Two"):
        found.get_by_role("checkbox", name=name).check()
    found.get_by_role("toolbar").get_by_role("button", name="Archive").click()
    expect(found.get_by_text("2 records archived")).to_be_visible()
    expect(found.get_by_role("link", name="Archivable One")).to_have_count(0)
    found.get_by_role("button", name="Archive", exact=True).click()
    expect(found.get_by_role("link", name="Archivable One")).to_be_visible()
    assert violations(found) == []
    for name in ("Archivable One", "Archivable Two"):
        found.get_by_role("checkbox", name=name).check()
    # What can be done with them stands in the search box too, before what was opened last.
    found.keyboard.press("Control+k")
    expect(found.get_by_role("option").first).to_have_text("Restore")
    found.get_by_role("option").first.click()
    expect(found.get_by_text("2 records restored")).to_be_visible()
    site.call("DELETE", f"/records/opportunity/{deal_id}")
    for id in (one, two):
        site.call("DELETE", f"/records/account/{id}")
