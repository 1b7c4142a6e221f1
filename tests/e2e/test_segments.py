"""Segments in the browser: a list becomes one, others are picked by hand, and one is asked for in the other's conditions."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site


def test_from_a_list_to_a_segment_and_into_another(site: Site, visit: Callable[..., Page]) -> None:
    accounts = site.create("account", *({"name": f"Segment {n}", "employees": 100 * n} for n in range(1, 6)))
    deal = {"stage": "qualification", "pipeline": "sales", "close_date": "2030-01-01"}
    deals = site.create(
        "opportunity",
        *({"name": f"Deal {n}", "account": accounts[n // 2], "amount": 1000, **deal} for n in range(5)),
    )
    page = visit(site, '/o/account?view=all&filter={"field":"name","op":"starts_with","value":"Segment "}')
    # A question about related records, put together by hand.
    page.get_by_role("button", name="Condition", exact=True).click()
    page.get_by_role("button", name="Related", exact=True).click()
    finder = page.get_by_role("textbox", name="Find a field")
    finder.fill("Opportunities")
    option = page.get_by_role("option", name="Opportunities", exact=True)
    # What the keys stand on is heard.
    expect(finder).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    option.click()
    asking = page.get_by_role("dialog", name="Opportunities")
    asking.get_by_role("combobox", name="What to ask").click()
    page.get_by_title("How many", exact=True).click()
    expect(asking.get_by_role("textbox")).to_have_value("2")
    asking.get_by_role("button", name="Add the condition").click()
    expect(page.get_by_role("button", name="Opportunities at least 2")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(4)  # with the head and the sums
    # The list as it stands is kept under a name.
    page.get_by_role("button", name="Save as a segment").click()
    page.get_by_role("textbox", name="Name").fill("Two deals")
    page.get_by_role("button", name="Make the segment").click()
    expect(page.get_by_role("heading", name="Two deals")).to_be_visible()
    expect(page.get_by_text("Segment 1", exact=True)).to_be_visible()
    expect(page.get_by_text("Segment 3", exact=True)).to_have_count(0)
    # A change that is not kept yet tells at once how many it would find.
    page.get_by_role("button", name="Opportunities at least 2").click()
    editor = page.get_by_role("dialog", name="Opportunities")
    editor.get_by_role("textbox").fill("1")
    editor.get_by_role("button", name="Done").click()
    expect(page.get_by_role("status").filter(has_text="3 accounts")).to_be_visible()
    page.get_by_role("button", name="Save conditions").click()
    expect(page.get_by_text("Segment 3", exact=True)).to_be_visible()
    # On a phone too.
    phone = visit(site, '/o/account?view=all&filter={"field":"name","op":"starts_with","value":"Segment "}', width=390)
    phone.get_by_role("button", name="Save as a segment").click()
    phone.get_by_role("textbox", name="Name").fill("On the way")
    phone.get_by_role("button", name="Make the segment").click()
    expect(phone.get_by_role("heading", name="On the way")).to_be_visible()
    # By hand: picked in a list, into a new segment.
    page.goto(f'{site.url}/o/account?view=all&filter={{"field":"name","op":"starts_with","value":"Segment "}}')
    page.get_by_role("checkbox", name="Select Segment 1").check()
    page.get_by_role("checkbox", name="Select Segment 5").check()
    page.get_by_role("button", name="Add to segment").click()
    page.get_by_role("menuitem", name="New segment…").click()
    page.get_by_role("textbox", name="Name").fill("Picked")
    page.get_by_role("textbox", name="Name").press("Enter")
    expect(page.get_by_text("Added 2 to “Picked”")).to_be_visible()
    # In one and not in the other.
    page.goto(f"{site.url}/segments")
    page.get_by_text("Two deals").click()
    page.get_by_role("button", name="Condition", exact=True).click()
    page.get_by_role("button", name="Segments", exact=True).click()
    page.get_by_role("combobox", name="Comparison").click()
    page.get_by_title("not in segment").click()
    page.get_by_role("combobox", name="Segments").click()
    page.get_by_title("Picked").click()
    page.get_by_role("button", name="Add the condition").click()
    page.get_by_role("button", name="Save conditions").click()
    expect(page.get_by_text("Segment 2", exact=True)).to_be_visible()
    expect(page.get_by_text("Segment 1", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Overlap").click()
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_title("Picked").click()
    expect(page.get_by_role("dialog", name="Overlap").locator("dd").first).to_have_text("0")
    assert not violations(page), "while it is compared"
    for object_name, ids in (("opportunity", deals), ("account", accounts)):
        for id in ids:
            site.call("DELETE", f"/records/{object_name}/{id}")
