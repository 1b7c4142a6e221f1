"""An approval on the phone: who is asked sees what it is about and says yes with one tap, or no with a reason."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


def test_an_approval_is_decided_on_the_phone(fresh_site: Site, visit: Visit) -> None:
    site = fresh_site
    site.set_up()
    me = site.call("GET", "/session")["user"]["id"]
    asked = {
        "object": "account",
        "trigger": {"kind": "created"},
        "steps": [
            {
                "id": "s1",
                "kind": "approval",
                "title": "A new account",
                "levels": [{"who": [{"user": me}], "need": "any"}],
                "approved": [{"id": "s2", "kind": "update", "record": "record", "values": {"status": "customer"}}],
                "rejected": [],
            }
        ],
    }
    flow = site.call("POST", "/flows", {"label": "New accounts", "definition": asked})["id"]
    site.call("POST", f"/flows/{flow}/activate", {"active": True})
    [harbour] = site.create("account", {"name": "Harbour", "employees": 500})
    page = visit(site, "/approvals", width=390)
    # Whatever was asked, it says about whom.
    about = page.get_by_role("link", name="Open the account “Harbour”")
    card = page.get_by_role("article", name="A new account").filter(has=about)
    expect(card).to_be_visible(timeout=60_000)
    expect(card.get_by_text("500")).to_be_visible()

    page.goto(f"{site.url}/o/account/{harbour}")
    expect(page.get_by_text("Waits for approval")).to_be_visible()
    # Two taps, from what one sees first.
    page.goto(site.url)
    page.get_by_role("link", name="1 approval waits for you").tap()
    card.get_by_role("button", name="Approve").tap()
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.goto(f"{site.url}/o/account/{harbour}")
    expect(page.get_by_text("Customer", exact=True).first).to_be_visible(timeout=60_000)

    site.create("account", {"name": "Quay"})
    page.goto(f"{site.url}/approvals")
    other = page.get_by_role("article").filter(has_text="Quay")
    expect(other).to_be_visible(timeout=60_000)
    other.get_by_role("button", name="Reject · A new account · Quay").click()
    expect(other.get_by_role("button", name="Reject")).to_be_disabled()
    other.get_by_role("textbox").fill("Not our trade")
    other.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.get_by_text("All of mine").click()
    expect(page.get_by_text("Not our trade")).to_be_visible()
