"""The frame around every screen: the box that finds and does, favourites, the day's work, an upgrade under an open page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route, expect
from tests.e2e.conftest import PASSWORD, Site, until


def test_the_box_goes_makes_and_does(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/")
    box = page.get_by_role("combobox", name="Search")
    expect(box).to_be_visible()
    # Enter before the answer is here opens what was asked for, not whatever stood there.
    page.keyboard.press("Control+k")
    page.keyboard.type("hexu")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hexu Robotics")).to_be_visible()
    # Where the keyboard was is never lost: the next screen has it, a fact that was written, and who left the box.
    expect(page.get_by_role("main")).to_be_focused()
    fact = page.get_by_role("button", name="Edit Phone", exact=True)
    fact.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("+1 617 555 0199")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Saved")).to_be_visible()
    expect(fact).to_be_focused()
    page.keyboard.press("Control+k")
    # The box is heard before what it offers, and then what Enter takes.
    expect(page.get_by_role("option", selected=True)).to_be_visible()
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    expect(box).to_have_accessible_description(re.compile("."))
    page.keyboard.press("ArrowDown")
    expect(box).to_have_accessible_description("")
    page.keyboard.press("Escape")
    expect(fact).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type(">new cont")
    page.get_by_role("option", name="New contact").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.keyboard.press("Control+k")
    page.keyboard.type(">dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Control+k")
    page.keyboard.type(">light")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_who_hears_the_page_is_told_how_many_are_found(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/")
    said = page.get_by_role("status")
    box = page.get_by_role("combobox", name="Search")
    expect(box).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("hexu rob")
    expect(said.filter(has_text="Found: 1")).to_be_attached()
    expect(box).to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.type(" nobody")
    expect(said.filter(has_text="hexu rob nobody")).to_be_attached()


def test_commands_are_found_by_pinyin_initials(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/", language="zh")
    expect(page.get_by_role("navigation", name="导航")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type(">hsz")
    page.get_by_role("option", name="回收站").click()
    expect(page).to_have_url(re.compile("/bin$"))


def test_favourites_are_kept_with_the_account(site: Site, visit: Callable[..., Page]) -> None:
    account = site.ids["Hexu Robotics"]
    page = visit(site, f"/o/account/{account}")
    star = page.get_by_role("button", name="Add to favourites")
    star.click()
    side = page.get_by_role("navigation", name="Navigation")
    expect(side.get_by_text("Favourites", exact=True)).to_be_visible()
    until(lambda: bool(site.call("GET", "/session")["user"]["pins"]), "it is kept")
    # On another machine too.
    other = visit(site, "/")
    link = other.get_by_role("navigation", name="Navigation").get_by_role("link", name="Hexu Robotics").first
    expect(link).to_be_visible()
    box = other.get_by_role("search").bounding_box()
    link.click()
    expect(other.get_by_role("heading", name="Hexu Robotics")).to_be_visible()
    other.get_by_role("button", name="Take out of favourites").click()
    assert other.get_by_role("search").bounding_box() == box  # the star moves nothing
    until(lambda: not site.call("GET", "/session")["user"]["pins"], "it is kept")
    other.reload()
    expect(other.get_by_role("button", name="Add to favourites")).to_be_visible()
    expect(other.get_by_text("Favourites", exact=True)).to_have_count(0)


def test_the_day_is_worked_through_in_place(site: Site, visit: Callable[..., Page]) -> None:
    now = datetime.now(UTC)
    stamp = (now - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    [task] = site.create("task", {"subject": "Answer the tender", "due_at": stamp, "body": "They decide on Friday."})
    [call] = site.create("call", {"subject": "Ring Röder", "starts_at": stamp, "result": "planned", "direction": "out"})
    page = visit(site, "/")
    expect(page.get_by_role("heading", name=re.compile("cannot wait|can wait"))).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="Answer the tender")
    expect(row).to_contain_text("They decide on Friday.")
    expect(row).to_contain_text("2 days late")

    row.get_by_role("button", name="Mark as done").click()
    page.get_by_role("button", name="Undo", exact=True).click()
    # What was taken back is said by its name.
    expect(page.get_by_text("Undone: “Answer the tender” is done", exact=True)).to_be_visible()
    assert site.call("GET", f"/records/task/{task}")["status"] == "open"

    # Put off by keyboard.
    row.get_by_role("button", name="Later").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Tomorrow").press("Enter")
    expect(page.get_by_text("put off to")).to_be_visible()
    moved = site.call("GET", f"/records/task/{task}")["due_at"]
    assert moved > now.strftime("%Y-%m-%d")

    # A call ends in more than one way: it asks.
    page.get_by_role("listitem").filter(has_text="Ring Röder").get_by_role("button", name="Mark as done").click()
    page.get_by_role("menuitem", name="Reached", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="Ring Röder")).to_have_count(0)
    assert site.call("GET", f"/records/call/{call}")["result"] == "reached"
    site.call("DELETE", f"/records/task/{task}")
    site.call("DELETE", f"/records/call/{call}")


def test_the_tour_is_put_away_and_comes_back(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/")
    page.get_by_role("button", name="Open a customer").click()
    expect(page).to_have_url(re.compile("/o/account"))
    page.get_by_role("link", name="Today").click()
    # To be shown the way is not to have gone it.
    expect(page.get_by_text("5 of 5 left")).to_be_visible()
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_text("First things to do")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("First things to do")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Show the first things to do").click()
    expect(page.get_by_text("5 of 5 left")).to_be_visible()
    # What is done counts, however one came to do it.
    page.keyboard.press("Control+k")
    page.keyboard.type("hexu")
    page.get_by_role("option", name="Hexu Robotics").click()
    expect(page.get_by_role("heading", name="Hexu Robotics")).to_be_visible()
    page.keyboard.press("c")
    page.get_by_role("menuitem", name="Task", exact=True).click()
    page.get_by_role("dialog").get_by_role("textbox", name="Subject").fill("Ring Hexu")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Task created")).to_be_visible()
    page.get_by_role("link", name="Today").click()
    expect(page.get_by_text("2 of 5 left")).to_be_visible()


def test_an_open_page_outlives_an_upgrade(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    gone: list[str] = []

    def miss(route: Route) -> None:
        # The files of the page's earlier build are not there any more, until it is opened again.
        if "SettingsPage" in route.request.url and not gone:
            gone.append(route.request.url)
            route.fulfill(status=404, body="")
        else:
            route.continue_()

    page.route("**/assets/*.js", miss)
    page.get_by_role("link", name="Settings").click()
    expect(
        page.get_by_role("heading", name="Settings").or_(page.get_by_text("Objects and fields")).first
    ).to_be_visible()
    assert len(gone) == 1


def test_what_was_typed_outlives_an_upgrade(site: Site, visit: Callable[..., Page]) -> None:
    path = f"/o/account/{site.ids['Hexu Robotics']}"
    page = visit(site, path)
    box = page.get_by_role("tabpanel").get_by_role("textbox")
    box.fill("They decide on Friday")
    expect(page.get_by_text("Draft kept")).to_be_visible()
    gone: list[str] = []

    def miss(route: Route) -> None:
        if "SettingsPage" in route.request.url and not gone:
            gone.append(route.request.url)
            route.fulfill(status=404, body="")
        else:
            route.continue_()

    page.route("**/assets/*.js", miss)
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_text("Objects and fields").first).to_be_visible()
    assert len(gone) == 1
    page.goto(site.url + path)
    expect(box).to_have_value("They decide on Friday")
    box.fill("")
    page.reload()
    expect(box).to_have_value("")


def test_sample_data_that_failed_is_said_and_tried_again(fresh_site: Site, visit: Callable[..., Page]) -> None:
    page = visit(fresh_site, "/", signed_in=False)
    page.get_by_label("Company").fill("Qiheng")
    page.get_by_label("Your name").fill("Lin")
    page.get_by_label("E-mail").fill("lin@example.com")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)

    def fail(route: Route) -> None:
        body = {**route.request.post_data_json, "sample_data": False}
        answer = route.fetch(post_data=json.dumps(body))
        route.fulfill(response=answer, json={**answer.json(), "sample_data": "failed"})

    page.route("**/api/v1/setup", lambda route: fail(route) if route.request.method == "POST" else route.continue_())
    page.get_by_role("button", name="Create workspace").click()
    expect(page.get_by_role("heading", name="Your workspace is ready")).to_be_visible()
    page.get_by_role("button", name="Bring it in now").click()
    expect(page.get_by_role("navigation", name="Navigation")).to_be_visible(timeout=60_000)
    page.goto(f"{fresh_site.url}/o/account?view=all")
    expect(page.get_by_role("row").nth(5)).to_be_visible()


def test_what_fails_is_said_and_the_rest_of_the_page_stays(site: Site, visit: Callable[..., Page]) -> None:
    # What fails on this page is meant to.
    page = visit(site, "/sign-in").context.new_page()

    def breaks(part: str) -> re.Pattern[str]:
        found = re.compile(rf"/api/v1/{part}")
        page.route(found, lambda route: route.fulfill(status=500, json={"title": "Broken", "status": 500}))
        return found

    # Of what no part of the page tells, the page tells.
    part = breaks(r"records/account/[^/]+/alerts")
    page.goto(f"{site.url}/o/account/{site.ids['Hexu Robotics']}")
    expect(page.get_by_role("heading", name="Hexu Robotics")).to_be_visible()
    said = page.get_by_role("alert").filter(has_text="Part of this page did not load")
    page.unroute(part)
    said.get_by_role("button", name="Try again").click()
    expect(said).to_have_count(0)
    # Lists that are asked for together are told of together, and the page asks again for all that failed.
    # What is counted beside the page is no part of it.
    parts = [breaks(r"records/account/[^/]+/related$"), breaks("approvals.*box=mine")]
    with page.expect_response(re.compile("/api/v1/approvals.*box=mine")):
        page.goto(f"{site.url}/o/account/{site.ids['Hexu Robotics']}")
    expect(page.get_by_role("alert").filter(has_text="Related: did not load")).to_have_count(1)
    expect(said).to_have_count(0)
    parts.append(breaks(r"records/account/[^/]+/alerts"))
    page.reload()
    expect(said).to_be_visible()
    for part in parts:
        page.unroute(part)
    said.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("region", name="Contacts")).to_be_visible()
    # Where nothing arrives there is one way to try again, and it asks for everything.
    everything = breaks(r"(records/account|approvals|notifications)")
    page.goto(f"{site.url}/o/account?view=all")
    expect(page.get_by_text("This did not load")).to_be_visible()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_have_count(1)
    with page.expect_request(re.compile("approvals")):
        page.unroute(everything)
        again.click()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    expect(again).to_have_count(0)
    # A part that tells it itself is told of once.
    breaks(r"imports\?")
    page.goto(f"{site.url}/import")
    earlier = page.get_by_role("region").or_(page.locator("section")).filter(has_text="Imports so far").last
    expect(earlier.get_by_role("alert")).to_contain_text("This did not load")
    expect(page.get_by_role("heading", name="Import accounts")).to_be_visible()
    # What is looked for and does not come is not taken for something that is not there.
    breaks(r"search\?")
    page.get_by_role("combobox", name="Search").fill("hexu")
    expect(page.get_by_text("Records: did not load")).to_be_visible()


def test_a_target_is_set_from_today_and_says_how_far_it_is(site: Site, visit: Callable[..., Page]) -> None:
    today = datetime.now(UTC).date().isoformat()
    deal = {"name": "Won for a target", "stage": "won", "amount": 500, "closed_on": today}
    won = str(site.call("POST", "/records/opportunity", {"values": deal})["id"])
    page = visit(site, "/")
    figures = page.get_by_role("complementary", name="Figures")
    figures.get_by_role("button", name="Set a target").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Measure").click()
    page.get_by_role("option", name="Deals won").click()
    form.get_by_label(re.compile("^To reach")).fill("4000000")
    form.get_by_role("button", name="Create target").click()
    expect(form).to_have_count(0)
    goal = figures.get_by_role("link", name=re.compile("Deals won This month.*% reached"))
    expect(goal).to_contain_text("/ 4")
    goal.click()
    expect(page.get_by_role("link", name="Won for a target")).to_be_visible()
    [target] = site.call("GET", "/records/target")["data"]
    page.goto(f"{site.url}/o/target/{target['id']}")
    expect(page.get_by_role("region", name="Progress").get_by_text("% reached")).to_be_visible()
    site.call("DELETE", f"/records/target/{target['id']}")
    site.call("DELETE", f"/records/opportunity/{won}")


def test_any_number_of_tabs_is_open_and_each_knows_what_happened(site: Site, visit: Callable[..., Page]) -> None:
    deal = site.ids["Deal 01"]
    first = visit(site, f"/o/opportunity/{deal}")
    look_away = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    heading = first.get_by_role("heading", level=1)
    page = first
    for _ in range(7):
        expect(page.get_by_role("heading", name="Deal 01")).to_be_visible()
        page.evaluate(look_away, True)
        page = first.context.new_page()
        page.goto(first.url)
    site.call("PATCH", f"/records/opportunity/{deal}", {"values": {"name": "Changed meanwhile"}})
    expect(page.get_by_role("heading", name="Changed meanwhile")).to_be_visible()
    expect(heading).to_have_text("Deal 01")
    first.evaluate(look_away, False)
    expect(heading).to_have_text("Changed meanwhile")
    site.call("PATCH", f"/records/opportunity/{deal}", {"values": {"name": "Deal 01"}})
