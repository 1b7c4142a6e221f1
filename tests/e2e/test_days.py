"""A day of a rep, a manager and an administrator among a team's 8,800 deals: ten things of each, at a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.conftest import drop_database, make_database
from tests.e2e.conftest import PASSWORD, Site, program, start, stop
from tests.e2e.test_import import MAVEN, SLOW

Visit = Callable[..., Page]
REP, MANAGER, ADMIN = "Darcel Schlecht", "Melvin Marxen", "admin@example.com"
both = pytest.mark.parametrize("width", [1440, 390])
pytestmark = pytest.mark.skipif(not MAVEN.is_dir(), reason="the files of the sales team are not on this machine")


def prepared(site: Site) -> Site:
    """Signed in as the administrator; the rep and the manager can sign in too."""
    site.csrf = site.call("POST", "/session", {"email": ADMIN, "password": PASSWORD})["csrf"]
    for name in (REP, MANAGER):
        asked = {"filter": {"field": "name", "op": "eq", "value": name}}
        [user] = site.call("POST", "/records/user/query", asked)["data"]
        site.ids[name] = user["id"]
        mail = f"{name.split()[0].lower()}@example.com"
        site.call("PATCH", f"/records/user/{user['id']}", {"values": {"password": PASSWORD, "email": mail}})
    return site


@pytest.fixture(scope="module")
def team(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    url, data = make_database(server_url, template), tmp_path_factory.mktemp("team")
    filling = program(url, data, "demo", "--source", str(MAVEN), "--email", ADMIN, "--password", PASSWORD)
    assert filling.wait(300) == 0, (data / "serve.log").read_text()
    process, site = start(url, data)
    yield prepared(site)
    stop(process)
    drop_database(url)


def fits(page: Page) -> None:
    """Nothing is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def find(page: Page, words: str) -> None:
    """By the box over everything, from wherever one is."""
    page.locator("search input, [role=combobox]").first.click()
    page.keyboard.type(words)
    page.get_by_role("option", name=re.compile(words)).first.click()
    expect(page.get_by_role("heading", name=words)).to_be_visible()


def write(page: Page, kind: str, text: str) -> None:
    """Something for the timeline of the open record."""
    if page.viewport_size and page.viewport_size["width"] < 500:
        page.get_by_role("toolbar", name="Actions").get_by_role("button", name="Add a note").click()
    page.get_by_role("tab", name=kind, exact=True).click()
    page.get_by_role("textbox", name=kind, exact=True).fill(text)
    if kind == "Task":
        # Nothing lies over what was understood.
        page.get_by_role("button", name="Without a time").click(trial=True)
    page.get_by_role("textbox", name=kind, exact=True).press("Control+Enter")
    said = page.get_by_role("listitem").filter(has_text=text.partition(" tomorrow")[0])
    expect(said.first).to_be_visible(timeout=SLOW)


def step(page: Page, stage: str) -> None:
    """The stage path, one step on."""
    path = page.get_by_role("navigation", name="Stage")
    path.get_by_role("button", name=stage).click()
    expect(page.get_by_text(f"Moved to {stage}")).to_be_visible()
    expect(path.locator("[aria-current=step]")).to_contain_text(stage)


def facts(page: Page) -> None:
    """Facts stand beside the timeline, on a phone behind a tab."""
    tab = page.get_by_role("tab", name="Details")
    if tab.count():
        tab.click()


def fact(page: Page, name: str) -> Locator:
    return page.locator(f"[data-fact={name}]")


@both
def test_a_rep(team: Site, visit: Visit, width: int) -> None:
    phone, deal = width < 500, f"Retrofit {width}"
    page = visit(team, "/", user="darcel@example.com", width=width)
    # 1 what waits  2 a customer is found  3 what was said is noted  4 the next thing is planned
    expect(page.locator("main h1")).to_be_visible()
    find(page, "Hottechi · GTXPro")
    write(page, "Note", f"They like the trial {width}.")
    write(page, "Task", f"Send the quote {width} tomorrow 10:00")
    fits(page)
    # 5 one's own open deals, the largest first
    page.goto(f"{team.url}/o/opportunity?view=mine&sort=-amount")
    expect(page.get_by_role("link", name=re.compile("^Mine|^My")).first).to_have_attribute("aria-current", "page")
    # 6 a new deal
    page.get_by_role("button", name="New opportunity").click()
    form = page.get_by_role("dialog")
    form.locator("[data-form-field=name] input").fill(deal)
    form.locator("[data-form-field=close_date] input").fill("in 3 days")
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    page.goto(f"{team.url}/o/opportunity?view=mine&sort=-created_at")
    page.get_by_role("link", name=re.compile(deal)).first.click()
    expect(page.get_by_role("heading", name=deal)).to_be_visible()
    # 7 its amount is put right in place  8 what comes next is written down
    facts(page)
    for name, text in (("amount", "3.5k"), ("next_step", "Visit the plant")):
        fact(page, name).get_by_role("button").click()
        fact(page, name).locator("input").first.fill(text)
        fact(page, name).locator("input").first.press("Enter")
        expect(page.get_by_label("Saving")).to_have_count(0)
    expect(fact(page, "amount")).to_contain_text("3,500" if not phone else "3")
    # 9 it moves on  10 it is won, and taken back
    step(page, "Needs analysis")
    step(page, "Won")
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text("Undone")).to_be_visible()
    fits(page)


@both
def test_a_manager(team: Site, visit: Visit, width: int) -> None:
    phone = width < 500
    page = visit(team, "/?scope=team", user="melvin@example.com", width=width)
    # 1 the team's day  2 the figures of the pipeline
    expect(page.locator("main h1")).to_be_visible()
    fits(page)
    # Who has no deals of their own begins with everybody's.
    page.goto(f"{team.url}/o/opportunity")
    expect(page).to_have_url(re.compile("view=pipeline"))
    expect(page.get_by_text("Open", exact=True).first).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("Engaging|Prospecting")).first).to_be_visible()
    # 3 what is open, narrowed  4 by whom  5 as a chart, and back to the records behind a figure
    open_ = '{"field":"stage_kind","op":"eq","value":"open"}'
    page.goto(f"{team.url}/o/opportunity?view=all&filter={open_}&group=owner")
    expect(page.get_by_text(REP).first).to_be_visible()
    page.goto(f"{team.url}/o/opportunity?view=all&kind=chart&filter={open_}&by=owner")
    page.get_by_text("The same as a table").click()
    page.get_by_role("table").get_by_role("link", name=REP).first.click()
    expect(page).to_have_url(re.compile("filter="))
    row = page.get_by_role("row").nth(1).get_by_role("link").first if not phone else page.locator("main li a").first
    # 6 one of them is opened  7 its past is looked at  8 it is handed over  9 and back  10 a word is left on it
    row.click()
    expect(page.get_by_role("navigation", name="Stage")).to_be_visible()
    page.get_by_role("toolbar", name="What to show").get_by_role("button", name="History").click()
    expect(page.get_by_role("listitem").first).to_be_visible()
    facts(page)
    for name in ("Gladys Colclough", REP):
        fact(page, "owner").get_by_role("button").last.click()
        fact(page, "owner").locator("input").first.fill(name)
        page.get_by_role("option").filter(has_text=name).first.click()
        expect(fact(page, "owner").locator("input")).to_have_count(0)
        expect(page.get_by_label("Saving")).to_have_count(0)
        expect(fact(page, "owner")).to_contain_text(name)
    if phone:
        page.get_by_role("tab", name="Activity").click()
    page.get_by_role("toolbar", name="What to show").get_by_role("button", name=re.compile("^All")).click()
    write(page, "Comment", f"Well done {width}.")
    fits(page)


@both
def test_an_administrator(team: Site, visit: Visit, width: int) -> None:
    page = visit(team, "/settings/users", user=ADMIN, width=width)
    drawer = page.get_by_role("complementary").or_(page.get_by_role("dialog"))
    # 1 a colleague is let in
    page.get_by_role("button", name="New user").click()
    drawer.get_by_label("Name", exact=False).first.fill(f"Kim {width}")
    drawer.get_by_label("E-mail", exact=False).first.fill(f"kim{width}@example.com")
    drawer.get_by_role("button", name="Add and invite").click()
    expect(page.get_by_text(f"Kim {width}").first).to_be_visible()
    # 2 what a role may  3 who is whose  4 what became of every change, which can be undone  5 who saw what
    for section, words in (
        ("roles", "Roles"),
        ("teams", "Teams"),
        ("audit", "Audit"),
        ("pipelines", "Pipelines"),
        ("layouts", "Page layouts"),
        ("flows", "Automation"),
    ):
        page.goto(f"{team.url}/settings/{section}")
        expect(page.get_by_role("heading", name=re.compile(words)).first).to_be_visible()
        expect(page.get_by_label("Loading")).to_have_count(0)
        fits(page)
    page.goto(f"{team.url}/changes")
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()
    # 8 a field is added  9 something comes back from the bin  10 duplicates are looked for
    page.goto(f"{team.url}/settings/objects/account")
    page.get_by_role("button", name="New field").click()
    page.get_by_role("button", name="Text", exact=True).click()
    drawer.get_by_label("English label").fill(f"Brand {width}")
    drawer.get_by_role("button", name=re.compile("^Add|^Make")).click()
    expect(page.get_by_text(f"Brand {width}").first).to_be_visible()
    [gone] = team.create("lead", {"name": f"Gone {width}", "company": "Quay"})
    team.call("DELETE", f"/records/lead/{gone}")
    page.goto(f"{team.url}/bin")
    page.get_by_role("row").filter(has_text=f"Gone {width}").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("row").filter(has_text=f"Gone {width}")).to_have_count(0)
    assert team.call("GET", f"/records/lead/{gone}")["name"] == f"Gone {width}"
    page.goto(f"{team.url}/quality/account")
    expect(page.get_by_role("heading", name="Data quality")).to_be_visible()
    fits(page)
    if width < 500:
        # What the sidebar leads to beside lists is under the thumb too.
        page.get_by_role("button", name="More").last.tap()
        page.get_by_role("link", name="Duplicates", exact=True).tap()
        expect(page).to_have_url(re.compile("/duplicates"))
