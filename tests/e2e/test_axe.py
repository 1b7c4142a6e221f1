"""axe-core over every screen, light and dark, wide and narrow, there with room for a thumb; and a walk by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect
from tests.e2e.axe import hindrances, violations
from tests.e2e.conftest import Site
from tests.e2e.screens import ELSEWHERE, SCREENS

TARGETS = Path(__file__).with_name("targets.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def flow(site: Site) -> dict[str, str]:
    """A flow with a branch, something to mend, a run that waits, and an approval."""
    me = site.call("GET", "/session")["user"]["id"]
    ask = {"kind": "approval", "title": "{name}", "levels": [{"who": [{"user": me}], "need": "any"}], "approved": []}
    cases = [{"name": "", "filter": {"field": "name", "op": "eq", "value": "Zhou"}, "steps": [{"id": "s2", **ask}]}]
    steps: list[dict[str, Any]] = [{"id": "s1", "kind": "branch", "cases": cases, "otherwise": []}]
    what = {"object": "lead", "trigger": {"kind": "button", "label": {"en": "Ask"}}, "steps": steps}
    id = site.call("POST", "/flows", {"label": "Asked", "definition": what})["id"]
    site.call("POST", f"/flows/{id}/activate", {"active": True})
    [lead] = site.create("lead", {"name": "Zhou", "company": "Quay"})
    run = site.call("POST", f"/flows/{id}/start", {"record": lead})["run"]
    site.call("PATCH", f"/flows/{id}", {"definition": {**what, "steps": [*steps, {"id": "s3", "kind": "create"}]}})
    ask = {"kind": "form", "fields": [{"name": "name", "type": "text", "required": True}]}
    form = site.call(
        "POST", "/flows", {"label": "Form", "definition": {"trigger": ask, "steps": [{"id": "s1", "kind": "stop"}]}}
    )["id"]
    site.call("POST", f"/flows/{form}/activate", {"active": True})
    site.call("POST", f"/flows/{form}/start", {"input": {"name": "Zhou"}})
    return {"flow": id, "run": run, "form": form}


@pytest.mark.parametrize(("width", "language"), [(1440, "en"), (390, "zh")])
def test_axe_finds_nothing(
    site: Site, visit: Callable[..., Page], flow: dict[str, str], width: int, language: str
) -> None:
    page = visit(site, "/", width=width, language=language)
    known = {"account": site.ids["Hexu Robotics"], "deal": site.ids["Deal 01"], **flow}
    assert looked_at(page, site, SCREENS, known) == {}


def test_axe_finds_nothing_elsewhere(site: Site, visit: Callable[..., Page], flow: dict[str, str]) -> None:
    account, other = site.create(
        "account", {"name": "Twin Ltd", "employees": 3}, {"name": "Twin Limited", "employees": 7}
    )
    site.call("POST", "/records/account/merge", {"survivor": account, "ids": [other]})
    sizes = {"field": "employees", "op": "gte", "value": 5}
    segment = site.call("POST", "/segments", {"object": "account", "label": "Large", "filter": sizes})["id"]
    pool = site.call("POST", "/records/pool", {"values": {"name": "Open sea", "holds": "account"}})["id"]
    page = visit(site, "/", language="zh")
    known = {"account": account, "other": site.ids["Qiyun Aero Parts"], "segment": segment, "pool": pool, **flow}
    try:
        assert looked_at(page, site, ELSEWHERE, known) == {}
    finally:
        site.call("DELETE", f"/records/pool/{pool}")
        site.call("DELETE", f"/segments/{segment}")


def looked_at(page: Page, site: Site, screens: Sequence[str], known: dict[str, str]) -> dict[str, list[str]]:
    """What is wrong with each screen, light and dark."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    still = stillness(page)
    found: dict[str, list[str]] = {}
    for screen in screens:
        page.goto(site.url + screen.format(**known))
        still()
        expect(page.locator("main").locator("h1, h2").or_(page.locator("h1")).first).to_be_attached()
        wrong = hindrances(page) + violations(page, also_dark=True)
        if page.evaluate("innerWidth < 500"):
            wrong += page.evaluate(TARGETS)
        if wrong:
            found[screen] = wrong
    return found


BUSY = """new Promise((done) => requestIdleCallback(() => setTimeout(() => requestAnimationFrame(done), 100)))
.then(() => document.querySelector("[aria-busy=true]") !== null)"""


def stillness(page: Page) -> Callable[[], None]:
    """Waits until the page has drawn all that it asked for and asks for nothing more.

    The browser's own word for that comes half a second later, which over eighty screens is most of their time.
    """
    asked: list[Request] = []
    under_way: set[Request] = set()

    def begun(request: Request) -> None:
        asked.append(request)
        if request.resource_type != "eventsource":  # the news never end
            under_way.add(request)

    def ended(request: Request) -> None:
        under_way.discard(request)

    page.on("request", begun)
    page.on("requestfinished", ended)
    page.on("requestfailed", ended)

    def still() -> None:
        seen = len(asked)
        while page.evaluate(BUSY) or under_way or seen < len(asked):
            seen = len(asked)

    return still


def test_what_closes_gives_the_focus_back(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/o/account?view=all")
    expect(page.get_by_role("link", name="Hexu Robotics")).to_be_visible()
    over = page.locator("[role=dialog], [role=menu]")
    for opener in (
        page.get_by_role("button", name="New account"),
        page.get_by_role("button", name="Save as a new view"),
        page.locator("[role=columnheader] button").nth(1),
        page.get_by_role("button", name="News"),
    ):
        opener.focus()
        page.keyboard.press("Enter")
        expect(over.first).to_be_visible()
        page.keyboard.press("Escape")
        expect(over).to_have_count(0)
        expect(opener).to_be_focused()
    # A panel that follows another gives it back to where the first was opened.
    page.goto(f"{site.url}/settings/objects/account")
    opener = page.get_by_role("button", name="New field")
    opener.press("Enter")
    # It begins where there is something to do.
    types = page.get_by_role("complementary", name="New field").get_by_role("button")
    expect(types.and_(page.get_by_text("Text", exact=True))).to_be_focused()
    types.and_(page.get_by_text("Choice", exact=True)).press("Enter")
    expect(page.get_by_role("textbox", name="English label")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    # Past the navigation is also past that of the settings.
    page.get_by_role("button", name="Skip to content").press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Objects and fields").and_(page.locator(":focus"))).to_have_count(0)
    expect(page.locator("[data-begin] :focus")).to_have_count(1)
    # What is drawn anew under the same name keeps it, and what goes leaves it to what is there instead.
    page.goto(f"{site.url}/settings/roles")
    tab = page.get_by_role("navigation", name="Roles").get_by_role("link").nth(2)
    tab.press("Enter")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(tab).to_be_focused()
    page.get_by_role("combobox", name="Accounts: delete").select_option(index=1)
    page.get_by_role("combobox", name="Accounts: delete").press("Tab")
    page.get_by_role("button", name="Discard").press("Enter")
    expect(page.get_by_role("button", name="Discard")).to_have_count(0)
    expect(page.locator("main :focus, main:focus")).to_have_count(1)
    # A row that is put elsewhere keeps it, and where it stands is said.
    page.goto(f"{site.url}/settings/pipelines")
    handle = page.get_by_role("button", name="Move Qualification", exact=True)
    handle.press("Enter")
    page.get_by_role("menuitem", name="To the end").press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Move ")).last).to_have_accessible_name("Move Qualification")
    expect(handle).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Qualification stands at place")).to_have_count(1)


def test_signing_in_and_working_by_keyboard_alone(site: Site, visit: Callable[..., Page]) -> None:
    site.call("PATCH", "/session", {"language": "en"})
    page = visit(site, "/sign-in", signed_in=False)
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("lin@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery staple")
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Navigation")).to_be_visible()
    # The first stop leads past the navigation.
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
    page.keyboard.press("c")
    expect(page.get_by_role("menuitem", name="Account")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("hexu")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hexu Robotics")).to_be_visible()
    # The page that came is said by its name, and reading begins in it, not at what led there.
    said = page.get_by_role("status").and_(page.locator("[data-announced]"))
    expect(said).to_have_text("Hexu Robotics")
    # Past the facts, each with a stop of its own.
    page.get_by_role("button", name="Skip to the timeline").press("Enter")
    expect(page.get_by_role("region", name="Timeline")).to_be_focused()
    page.get_by_role("navigation", name="Navigation").get_by_role("link", name="Sales").press("Enter")
    expect(said).to_contain_text("Leads")
    expect(page.locator("main")).to_be_focused()
    # Where several values can be chosen Tab leads on from the open list, and chooses nothing.
    page.get_by_role("button", name="Condition", exact=True).press("Enter")
    page.get_by_placeholder("Find a field").fill("status")
    page.keyboard.press("Enter")
    value = page.get_by_role("combobox", name="Value")
    expect(value).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add the condition")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Status is one of New", exact=True)).to_be_visible()
