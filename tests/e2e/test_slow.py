"""Answers that come late: nothing is sent twice, it is told that something is under way, and what was opened meanwhile stays."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


class Held:
    """What a page writes, or reads, below a path is kept back until it is let go."""

    def __init__(self, page: Page, path: str, *, reads: bool = False) -> None:
        self.page = page
        self.reads = reads
        self.what: list[Route] = []
        self.free = False
        page.route(re.compile(path), self.take)

    def take(self, route: Route) -> None:
        if self.free or (route.request.method == "GET") != self.reads:
            route.continue_()
        else:
            self.what.append(route)

    def let_go(self) -> None:
        self.free = True
        for route in self.what:
            route.continue_()


@pytest.fixture
def leads(site: Site) -> list[str]:
    return site.create("lead", *({"name": f"Late {n}"} for n in range(3)))


def test_what_is_pressed_twice_is_sent_once(site: Site, visit: Visit, leads: list[str]) -> None:
    page = visit(site, "/o/lead?view=all")
    held = Held(page, "/records/lead/mass$")
    for name in ("Late 0", "Late 1"):
        page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    bar = page.get_by_role("toolbar", name="With the selected records")
    bar.get_by_role("button", name="Change a field").click()
    page.get_by_placeholder("Find a field").fill("mobile")
    page.keyboard.press("Enter")
    page.keyboard.type("139 1000 0001")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Working on it")).to_be_visible()
    assert len(held.what) == 1
    held.let_go()
    expect(page.get_by_text("changed in 2 records")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Working on it")).to_have_count(0)

    again = Held(page, "/records/lead/mass$")
    page.get_by_role("row").filter(has_text="Late 0").get_by_role("checkbox").check()
    bar.get_by_role("button", name="Delete").dblclick()
    expect(page.get_by_role("status").filter(has_text="Working on it")).to_be_visible()
    assert len(again.what) == 1
    again.let_go()
    expect(page.get_by_role("link", name="Late 0")).to_have_count(0)
    expect(page.get_by_text("1 record moved to the recycle bin")).to_have_count(1)


def test_a_form_that_was_left_takes_nothing_along(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/lead?view=all")
    held = Held(page, "/records/contact$")

    expect(page.get_by_role("button", name=re.compile("^Create"))).to_be_visible()

    def begin(noun: str, name: str) -> None:
        page.keyboard.press("c")
        page.get_by_role("menuitem", name=noun, exact=True).click()
        page.get_by_role("dialog").get_by_role("textbox", name="Name").first.fill(name)

    begin("Contact", "Left behind")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(held.what) == 1
    begin("Account", "Begun meanwhile")
    held.let_go()
    expect(page.get_by_text("Contact created")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("textbox", name="Name").first).to_have_value("Begun meanwhile")
    expect(page).to_have_url(re.compile("/o/lead"))
    page.keyboard.press("Escape")

    # What is refused after it was left is told, and kept.
    refused = Held(page, "/records/contact$")
    begin("Contact", "Refused later")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    problem = '{"title": "Not now", "detail": "The books are closed.", "errors": []}'
    refused.what[0].fulfill(status=409, content_type="application/problem+json", body=problem)
    expect(page.get_by_text("“Contact” was not saved: The books are closed.")).to_be_visible()
    begin("Contact", "Refused later")
    expect(page.get_by_role("dialog").get_by_text("Picked up what you wrote")).to_be_visible()


def test_a_read_without_an_answer_is_told_of_and_asked_again(site: Site, visit: Visit, leads: list[str]) -> None:
    page = visit(site, "/sign-in", signed_in=True)
    page.clock.install()
    held = Held(page, r"/records/lead\?.*sort", reads=True)
    page.goto(f"{site.url}/o/lead?view=all&preview={leads[1]}")
    expect(page.get_by_role("heading", name="Leads")).to_be_visible()
    # What is opened beside the list does not wait for it.
    expect(page.get_by_role("complementary", name="Late 1")).to_be_visible()
    said = page.get_by_role("alert").filter(has_text="has not answered yet")
    expect(said).to_have_count(0)
    page.clock.fast_forward(10_000)
    expect(said).to_be_visible()
    # The one that was asked first still has no answer.
    held.free = True
    said.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name="Late 0")).to_be_visible()
    expect(said).to_have_count(0)


def test_what_is_opened_beside_a_list_stays_when_the_other_is_saved(site: Site, visit: Visit) -> None:
    page = visit(site, "/settings/teams")
    for name in ("Late north", "Late south"):
        site.create("team", {"name": name})
    page.reload()
    held = Held(page, "/records/team/")
    page.get_by_role("button", name="Late north", exact=True).click()
    panel = page.get_by_role("complementary", name="Late north")
    panel.get_by_role("textbox", name="Name").fill("Late north-west")
    panel.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Late south", exact=True).click()
    typed = page.get_by_role("complementary", name="Late south").get_by_role("textbox", name="Name")
    typed.fill("Late south-east")
    held.let_go()
    expect(page.get_by_role("button", name="Late north-west", exact=True)).to_be_visible()
    expect(typed).to_have_value("Late south-east")


def test_the_search_box_says_that_it_is_looking(site: Site, visit: Visit) -> None:
    page = visit(site, "/")
    expect(page.get_by_role("combobox", name="Search")).to_be_visible()
    # Today has a heading, and room for its numbers, before there is anything to say.
    late = Held(page, "/records/", reads=True)
    page.reload()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Today")
    late.let_go()
    expect(heading).not_to_have_text("Today")
    held = Held(page, r"/search\?", reads=True)
    page.keyboard.press("Control+k")
    page.keyboard.type("hexu")
    found = page.get_by_role("listbox", name="Search")
    expect(found).to_have_attribute("aria-busy", "true")
    held.let_go()
    expect(found.get_by_role("option", name="Hexu Robotics")).to_be_visible()
    expect(found).not_to_have_attribute("aria-busy", "true")


def test_a_page_that_has_nothing_to_show_yet_says_why(site: Site, visit: Visit) -> None:
    page = visit(site, "/sign-in", signed_in=True)
    page.clock.install()
    held = Held(page, r"/api/v1/catalog$", reads=True)
    page.goto(f"{site.url}/o/account?view=all")
    expect(page.locator("[data-toasts]")).to_be_attached()
    said = page.get_by_role("alert").filter(has_text="has not answered yet")
    expect(said).to_have_count(0)
    page.clock.fast_forward(10_000)
    expect(said).to_be_visible()
    held.free = True
    said.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name="Hexu Robotics")).to_be_visible()
    expect(said).to_have_count(0)
