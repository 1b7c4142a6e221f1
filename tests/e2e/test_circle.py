"""The page of a customer from all sides: what every department knows, the chain edited by keyboard, and a brief on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


def day(days: int) -> str:
    """That many days from today."""
    return (datetime.now(UTC).date() + timedelta(days)).isoformat()


def test_a_customer_is_known_from_all_sides(site: Site, visit: Visit) -> None:
    [account] = site.create("account", {"name": "Circle Works"})
    here = {"account": account}
    boss, buyer = site.create("contact", {"name": "Ada Boss", **here, "role": "decider"}, {"name": "Ben Buyer", **here})
    [elsewhere] = site.create("account", {"name": "Elsewhere"})
    [adviser] = site.create("contact", {"name": "Cid Adviser", "account": elsewhere})
    site.create("affiliation", {"title": "Director", "contact": adviser, **here})
    site.create(
        "order", {"number": "C-1", "amount": 4200, "ordered_at": f"{day(-3)}T03:00:00Z", "channel": "shop", **here}
    )
    site.create("payment", {"reference": "C-P", "amount": 700, "status": "planned", "due_on": day(-5), **here})
    site.create("case", {"subject": "It rattles", "kind": "complaint", "status": "open", **here})
    site.create("call", {"subject": "Rang Ada", "about": {"object": "contact", "id": boss}})

    page = visit(site, f"/o/account/{account}", width=1440)
    strip = page.get_by_role("status").filter(has_text="Open complaint")
    expect(strip).to_contain_text("It rattles", timeout=30_000)
    expect(strip).to_contain_text("Overdue payment")
    timeline = page.get_by_role("list", name="Timeline")
    expect(timeline.get_by_text("C-1")).to_be_visible()
    expect(timeline.get_by_text("Rang Ada")).to_be_visible()
    page.get_by_role("toolbar", name="What to show").get_by_role("button", name="Orders").click()
    expect(timeline.get_by_text("Rang Ada")).to_be_hidden()
    expect(timeline.get_by_text("Shop")).to_be_visible()

    worth = page.get_by_role("region", name="Worth")
    expect(worth).to_contain_text("4.20")
    page.get_by_role("region", name="Open", exact=True).get_by_role("link", name="Cases").click()
    expect(page).to_have_url(re.compile("/o/case"))
    expect(page.get_by_role("main").get_by_role("row", name=re.compile("It rattles"))).to_be_visible()
    page.go_back()

    chain = page.get_by_role("region", name="Decision chain")
    expect(chain.get_by_role("button", name="Add a person")).to_be_visible()
    chain.get_by_role("button", name="Ben Buyer").press("Enter")
    card = page.get_by_role("dialog", name="Ben Buyer")
    card.get_by_label("Reports to").select_option(label="Ada Boss")
    expect(page.get_by_text("Ben Buyer changed")).to_be_visible()
    assert site.call("GET", f"/records/contact/{buyer}")["reports_to"]["id"] == boss
    page.keyboard.press("Escape")
    page.reload()  # all stand where they belong then, and nothing is on its way
    expect(page.get_by_text("Overdue payment")).to_be_visible()
    expect(chain.locator("svg[aria-hidden]:not(.lucide) > path")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    # A person is dropped with the whole of what they are drawn by, and on the whole of another.
    chain.get_by_text("Cid Adviser", exact=True).hover(position={"x": 9, "y": 6})
    page.mouse.down()
    cid = chain.get_by_text("Cid Adviser", exact=True).bounding_box()
    assert cid
    page.mouse.move(cid["x"] + 20, cid["y"] + 16, steps=4)
    ben = chain.get_by_text("Ben Buyer", exact=True).bounding_box()
    assert ben
    page.mouse.move(ben["x"] + 9, ben["y"] + 22, steps=8)
    expect(chain.get_by_role("listitem").filter(has_text="Ben Buyer")).to_have_class(re.compile("over"))
    page.mouse.up()
    expect(page.get_by_text("Cid Adviser changed")).to_be_visible()
    assert site.call("GET", f"/records/contact/{adviser}")["reports_to"]["id"] == buyer
    chain.get_by_role("button", name="Cid Adviser").press("Enter")
    page.get_by_role("dialog", name="Cid Adviser").get_by_role("button", name="Remove from the chain").click()
    gone = page.get_by_text("Cid Adviser is no longer here").locator("..")
    expect(chain.get_by_role("button", name="Cid Adviser")).to_be_hidden()
    gone.get_by_role("button", name="Undo").click()
    expect(chain.get_by_role("button", name="Cid Adviser")).to_be_visible()
    ada = chain.get_by_role("button", name="Ada Boss")
    ada.press("Enter")
    options = page.get_by_role("dialog", name="Ada Boss").get_by_label("Reports to").locator("option")
    expect(options).to_have_text(["Nobody here"])  # and not those who report to her
    page.keyboard.press("Escape")
    found = violations(page)
    assert not found, "\n".join(found)

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files({"name": "plan.txt", "mimeType": "text/plain", "buffer": b"two storeys"})
    page.get_by_role("toolbar", name="What to show").get_by_role("button", name="All", exact=False).first.click()
    expect(timeline.get_by_role("link", name="plan.txt").first).to_be_visible()
    page.get_by_role("button", name="Add Relation").click()
    form = page.get_by_role("dialog", name="New Relation")
    form.get_by_label("Is").click()
    page.get_by_role("option", name="Supplier of").click()
    form.get_by_label("Of").fill("Ada Boss")
    page.keyboard.press("Enter")  # before the answer is there
    expect(form.get_by_title("Ada Boss")).to_be_visible()
    form.get_by_role("button", name="Create Relation").click()
    expect(page.get_by_role("region", name="Relations")).to_contain_text("Supplier ofAda Boss")

    with page.expect_download() as paper:
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name="Brief as PDF").click()
    assert paper.value.suggested_filename == "Circle Works.pdf"
    assert paper.value.path().read_bytes().startswith(b"%PDF-")

    phone = visit(site, f"/o/account/{account}?tab=around", width=390)
    expect(phone.get_by_role("region", name="Worth")).to_be_visible()
    expect(phone.get_by_role("status").filter(has_text="It rattles")).to_be_visible()
