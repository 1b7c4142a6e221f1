"""The same records on a calendar, as a chart, and on a board under a finger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

Visit = Callable[..., Page]
FILTER = 'filter={"field":"name","op":"starts_with","value":"Dated"}'
AT = "2031-05-14"


@pytest.fixture
def dated(site: Site) -> Iterator[str]:
    """Five deals of May 2031 that the test may change."""
    ids = site.create(
        "opportunity",
        *(
            {
                "name": f"Dated {n}",
                "pipeline": "sales",
                "stage": "proposal" if n < 3 else "needs",
                "amount": 1000 * (n + 1),
                "close_date": f"2031-05-{12 + n}",
            }
            for n in range(5)
        ),
    )
    site.ids.update({f"Dated {n}": one for n, one in enumerate(ids)})
    yield f"/o/opportunity?view=all&{FILTER}"
    operations = [{"op": "delete", "id": one} for one in ids]
    site.call("POST", "/records/opportunity/batch", {"operations": operations})


def close_date(site: Site, name: str) -> str:
    return site.call("GET", f"/records/opportunity/{site.ids[name]}")["close_date"]


def test_a_date_is_moved_by_mouse_and_by_keys(site: Site, visit: Visit, dated: str) -> None:
    page = visit(site, f"{dated}&kind=calendar&by=close_date&at={AT}")
    expect(page.get_by_role("heading", name="May 2031")).to_be_visible()
    entry = page.get_by_role("group", name="Dated 2")
    there = page.get_by_role("group", name=re.compile("22 May 2031"))
    here, target = entry.bounding_box(), there.bounding_box()
    assert here
    assert target
    page.mouse.move(here["x"] + 30, here["y"] + 10)
    page.mouse.down()
    page.mouse.move(here["x"] + 50, here["y"] + 30, steps=4)
    page.mouse.move(target["x"] + 60, target["y"] + 60, steps=8)
    page.mouse.up()
    expect(there.get_by_role("group", name="Dated 2")).to_be_visible()
    expect(page.get_by_text(re.compile("“Dated 2” moved to 22 May"))).to_be_visible()
    assert close_date(site, "Dated 2") == "2031-05-22"
    page.get_by_role("button", name="Undo").click()
    home = page.get_by_role("group", name=re.compile("14 May 2031"))
    expect(home.get_by_role("group", name="Dated 2")).to_be_visible()

    # A week later by one key.
    page.get_by_role("group", name="Dated 2").focus()
    said = page.locator("[id^=DndLiveRegion]")
    page.keyboard.press("Space")
    expect(said).to_have_text("Dated 2 over 14 May 2031.")
    page.keyboard.press("ArrowDown")
    expect(said).to_have_text("Dated 2 over 21 May 2031.")
    page.keyboard.press("Space")
    week = page.get_by_role("group", name=re.compile("21 May 2031"))
    expect(week.get_by_role("group", name="Dated 2")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(home.get_by_role("group", name="Dated 2")).to_be_visible()

    page.get_by_role("button", name="Week", exact=True).click()
    expect(page).to_have_url(re.compile("span=week"))
    expect(page.get_by_role("group", name=re.compile("22 May 2031"))).to_be_hidden()
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_role("group", name=re.compile("22 May 2031"))).to_be_visible()

    # March has days in six weeks, and all of them stand in the window.
    page.get_by_role("button", name="Month", exact=True).click()
    for _ in range(2):
        page.get_by_role("button", name="Earlier").click()
    month = page.get_by_role("application", name="Mar 2031", exact=True)
    expect(month.locator("[data-place]")).to_have_count(42)
    expect(month.locator("[data-place]").last).to_be_in_viewport(ratio=1)


def test_the_keys_go_through_a_calendar(site: Site, visit: Visit, dated: str) -> None:
    page = visit(site, f"{dated}&kind=calendar&by=close_date&at={AT}")
    at = page.locator(":focus")
    expect(page.get_by_role("group", name="Dated 2")).to_be_visible()
    page.get_by_role("application", name="May 2031", exact=True).focus()
    # From the first day on by days and by weeks, through what a day has.
    page.keyboard.press("ArrowRight")
    expect(at).to_have_attribute("aria-label", re.compile("^New opportunity"))
    page.get_by_role("group", name="Dated 2").focus()
    page.keyboard.press("ArrowUp")
    expect(at).to_have_attribute("aria-label", "New opportunity · 14 May 2031")
    page.keyboard.press("ArrowRight")
    expect(at).to_have_attribute("aria-label", "New opportunity · 15 May 2031")
    page.keyboard.press("ArrowDown")
    expect(at).to_have_accessible_name(re.compile(r"^Dated 3\b"))
    page.keyboard.press("ArrowDown")
    expect(at).to_have_attribute("aria-label", "New opportunity · 22 May 2031")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('[data-place]')")
    # Who carries an entry to another day, and back, goes with it; what moves is said once, when it has moved.
    page.get_by_role("group", name="Dated 2").focus()
    said = page.locator("[id^=DndLiveRegion]")
    page.keyboard.press("Space")
    expect(said).to_have_text("Dated 2 over 14 May 2031.")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("Dated 2 over 15 May 2031.")
    page.keyboard.press("Space")
    expect(page.get_by_text("“Dated 2” moved to 15 May 2031")).to_be_visible()
    expect(said).to_have_text("")
    expect(at).to_have_accessible_name(re.compile(r"^Dated 2\b"))
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Undone: “Dated 2” moved to 15 May 2031")).to_be_visible()
    expect(at).to_have_accessible_name(re.compile(r"^Dated 2\b"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Dated 2")).to_be_visible()


def test_a_phone_shows_the_days_that_have_something(site: Site, visit: Visit, dated: str) -> None:
    page = visit(site, f"{dated}&kind=calendar&by=close_date&at={AT}", width=390)
    expect(page.get_by_role("link", name=re.compile("Dated 4"))).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("20 May 2031"))).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_reads_a_long_name_whole(site: Site, visit: Visit, dated: str) -> None:
    name = "Dated with a name longer than one line"
    site.call("PATCH", f"/records/opportunity/{site.ids['Dated 4']}", {"values": {"name": name}})
    [task] = site.create("task", {"subject": name, "due_at": datetime.now(UTC).isoformat()})
    for path in ("/", f"{dated}&kind=calendar&by=close_date&at={AT}"):
        page = visit(site, path, width=390)
        words = page.get_by_text(name, exact=True).first
        expect(words).to_be_visible()
        box = words.evaluate_handle("one => one.closest('a, b')")
        assert box.evaluate("one => one.scrollWidth <= one.clientWidth"), path
    site.call("DELETE", f"/records/task/{task}")


def test_a_phone_opens_where_today_is(site: Site, visit: Visit) -> None:
    today = datetime.now(UTC).date()
    deals = [
        {"name": f"Dated {day}.{n}", "pipeline": "sales", "stage": "needs", "close_date": f"{today:%Y-%m}-{day:02}"}
        for day in range(1, today.day)
        for n in range(14 // today.day + 1)
    ]
    ids = site.create("opportunity", *deals) if deals else []
    page = visit(site, f"/o/opportunity?view=all&{FILTER}&kind=calendar&by=close_date", width=390)
    expect(page.get_by_role("link", name=re.compile("Dated"))).to_have_count(len(deals))
    expect(page.locator("[data-place=today] header")).to_be_in_viewport()
    operations = [{"op": "delete", "id": one} for one in ids]
    if operations:
        site.call("POST", "/records/opportunity/batch", {"operations": operations})


def test_a_chart_leads_to_its_records(site: Site, visit: Visit, dated: str) -> None:
    # It begins with what people look at, not with whatever comes first.
    page = visit(site, "/o/account?view=all&kind=chart")
    expect(page.get_by_role("img", name=re.compile("Grade"))).to_be_visible()
    page = visit(site, f"{dated}&kind=chart&by=stage")
    chart = page.get_by_role("img", name=re.compile("Number of opportunities"))
    expect(chart.locator("canvas")).to_be_visible()
    page.get_by_role("button", name="Number of opportunities").click()
    page.get_by_role("menuitemradio", name="Sum of Amount").click()
    expect(page.get_by_text("$15.0K", exact=True)).to_be_visible()

    # The same in words, for who does not see it.
    page.get_by_text("The same as a table").click()
    line = page.get_by_role("row", name=re.compile("Proposal"))
    expect(line).to_contain_text("$6.00K")

    with page.expect_download() as image:
        page.get_by_role("button", name="Save as an image").click()
    assert image.value.path().read_bytes()[:4] == b"\x89PNG"
    with page.expect_download() as data:
        page.get_by_role("button", name="Save the data").click()
    assert "Proposal,6000" in data.value.path().read_text("utf-8-sig")

    for shape in ("Line", "Funnel", "Bars"):
        page.get_by_role("button", name=shape, exact=True).click()
        expect(chart.or_(page.get_by_role("img", name=re.compile("Sum of Amount"))).locator("canvas")).to_be_visible()
    line.get_by_role("link", name="Proposal").click()
    expect(page.get_by_text("3 records")).to_be_visible()
    expect(page).to_have_url(re.compile("kind=table|view=all"))
    page.go_back()
    expect(page.get_by_role("img", name=re.compile("Sum of Amount"))).to_be_visible()

    # A second field splits each mark, in the picture and in the table; the address holds it, each part leads to its records.
    page.get_by_role("button", name="Split", exact=True).click()
    page.get_by_role("dialog", name="Split").get_by_role("textbox").fill("Owner")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("split=owner"))
    page.reload()
    legend = page.get_by_role("list", name="Split").get_by_role("link")
    expect(legend).to_have_count(1)
    expect(legend).to_contain_text("$15.0K")
    page.get_by_text("The same as a table").click()
    line.get_by_role("link").last.click()
    expect(page.get_by_text("3 records")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Split by Owner").click()
    page.get_by_role("button", name="Not split").click()
    expect(legend).to_have_count(0)

    # A press on a mark goes there too: the first bar stands in the first half.
    box = page.get_by_role("img", name=re.compile("Sum of Amount")).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.27, box["y"] + box["height"] * 0.9)
    expect(page.get_by_role("grid")).to_be_visible()


def test_a_card_is_dragged_by_a_finger(site: Site, visit: Visit, dated: str) -> None:
    page = visit(site, f"/o/opportunity?view=pipeline&{FILTER}", width=390)
    # The room over the cards is for what narrows them: what is shown is the page's title.
    expect(page.get_by_role("button", name=re.compile("starts with Dated"))).to_be_visible()
    expect(page.get_by_text("Show opportunities where")).to_be_hidden()
    card = page.get_by_role("group", name="Dated 3")
    card.scroll_into_view_if_needed()
    here = card.bounding_box()
    assert here
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, x: float, y: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = here["x"] + 60, here["y"] + 30
    target = page.locator("section[aria-label='Proposal']").bounding_box()
    assert target
    touch("touchStart", x, y)
    # A long touch lifts it; a short one would scroll.
    expect(page.locator("[class*=lifted]")).to_be_visible()
    goal = min(380.0, target["x"] + 30)
    for step in range(1, 9):
        touch("touchMove", x + (goal - x) * step / 8, y)
    expect(page.get_by_text("Drop into “Proposal”")).to_be_visible()
    touch("touchEnd", goal, y)
    expect(page.get_by_text("“Dated 3” moved to Proposal")).to_be_visible()
    # It is seen where it is now.
    expect(page.get_by_role("group", name="Dated 3")).to_be_in_viewport(ratio=1)
    assert site.call("GET", f"/records/opportunity/{site.ids['Dated 3']}")["stage"] == "proposal"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone")).to_be_visible()
