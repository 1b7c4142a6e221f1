"""What a screen costs: script until the first list, movement while it loads, what is left behind after many screens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from tests.e2e.conftest import Site

KILOBYTES = 240
"""Script over the wire, compressed, until the first list stands."""

FILES = 10
"""Files of script before the rows are asked for: each is a way to the server and back."""

WHOLE = 12
"""Files of script until a screen stands."""

FIRST = """window.needed = null;
const look = () => {
  if (document.querySelector('WANTED')) {
    const files = performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js'));
    window.needed = [files.reduce((sum, one) => sum + one.encodedBodySize, 0) / 1024, files.length];
  } else requestAnimationFrame(look);
};
requestAnimationFrame(look);"""
"""Script until what a screen is opened for stands; what is fetched after that, for later, is none of it."""

WATCH = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}"""


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/", "main li a"),
        ("/o/account?view=all", "main [role=row] a"),
        ("/o/opportunity?view=pipeline", "main a[href^='/o/opportunity/']"),
        ("/o/opportunity?kind=calendar", "main button[aria-label^='New opportunity']"),
        ("/o/account/{account}", "main dl dd"),
        ("/settings", "main tbody tr"),
    ],
)
def test_a_screen_needs_little_script(site: Site, visit: Callable[..., Page], path: str, wanted: str) -> None:
    page = visit(site, "/sign-in", signed_in=True)
    page.context.add_init_script(FIRST.replace("WANTED", wanted.replace("'", '"')))
    page.goto(site.url + path.format(account=site.ids["Hexu Robotics"]))
    expect(page.locator(wanted).first).to_be_visible()
    while not (needed := page.evaluate("window.needed")):
        page.wait_for_timeout(20)
    size, files = needed
    assert size <= KILOBYTES
    assert files <= WHOLE


def test_the_rows_are_asked_for_first(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/sign-in", signed_in=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(site.url)))
    opened = page.goto(f"{site.url}/o/account?view=all")
    expect(page.get_by_role("link", name="Hexu Robotics")).to_be_visible()
    page.wait_for_load_state("networkidle")
    # The words and the screen come with the scripts, not after them.
    assert opened
    for ahead in ("(en|zh)", "ListPage"):
        assert re.search(rf"/assets/{ahead}-\S+>; rel=modulepreload", opened.all_headers()["link"])
    api = [url.removeprefix("/api/v1") for url in asked if url.startswith("/api/")]
    # Who is there and what there is; then the rows; badges, counts and the stream of news after them.
    rows = next(at for at, url in enumerate(api) if url.startswith("/records/account?"))
    assert sorted(api[:rows]) == ["/catalog", "/session"]
    assert [url for url in api if url.startswith("/records/account?") and "include=count" in url and "sort" in url] == [
        api[rows]
    ]
    before = asked[: asked.index("/api/v1" + api[rows])]
    assert len([url for url in before if url.endswith(".js")]) <= FILES
    # A board asks for all of its lanes before anything beside them.
    asked.clear()
    page.goto(f"{site.url}/o/opportunity?view=pipeline")
    expect(page.get_by_role("link", name="Deal 15")).to_be_visible()
    page.wait_for_load_state("networkidle")
    first = [url.removeprefix("/api/v1").partition("?")[0] for url in asked if url.startswith("/api/")][:8]
    assert [first.count(f"/records/opportunity{rest}") for rest in ("", "/aggregate")] == [4, 2], first


def test_nothing_moves_while_a_screen_loads(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/sign-in", signed_in=True)
    page.context.add_init_script(f"({WATCH})()")
    board, calendar = "/o/opportunity?view=pipeline", "/o/opportunity?kind=calendar"
    for path in ("/", "/o/account?view=all", board, calendar, "/settings", "/changes", "/duplicates"):
        page.goto(site.url + path)
        page.wait_for_load_state("networkidle")
        # Tabs make room for large numbers.
        assert page.evaluate("window.shifted") <= (0.002 if path in (board, calendar) else 0), path
    # Related lists are as long as what is in them, which nobody knows before it is here.
    page.goto(f"{site.url}/o/account/{site.ids['Hexu Robotics']}")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifted") < 0.02


def test_nothing_moves_where_the_cards_of_a_board_come_late(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/sign-in", signed_in=True)
    page.context.add_init_script(f"({WATCH})()")
    held: list[Route] = []

    def hold(route: Route) -> None:
        # How many each pipeline has says which one is shown.
        if '"group":["pipeline"]' in (route.request.post_data or ""):
            route.continue_()
        else:
            held.append(route)

    page.route(re.compile(r"/records/opportunity[?/]"), hold)
    page.goto(f"{site.url}/o/opportunity?view=pipeline")
    lane = page.get_by_role("region", name="Qualification")
    expect(lane.locator("[aria-busy=true]")).to_be_visible()
    expect(lane.get_by_text("New opportunity")).to_be_hidden()
    page.evaluate("window.shifted = 0")
    page.route(re.compile(r"/records/opportunity[?/]"), lambda route: route.continue_())
    for route in held:
        route.continue_()
    expect(page.get_by_role("link", name="Deal 15")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifted") < 0.01


def test_many_screens_leave_nothing_behind(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/o/account?view=all")
    expect(page.get_by_role("link", name="Hexu Robotics")).to_be_visible()
    session = page.context.new_cdp_session(page)

    def rounds(n: int) -> None:
        for _ in range(n):
            for href in ("/", "/o/account", "/o/lead"):
                page.locator(f"nav a[href='{href}']").first.click()
                expect(page.locator("main h1")).to_be_visible()

    def left() -> tuple[int, int]:
        session.send("HeapProfiler.collectGarbage")
        counters = session.send("Memory.getDOMCounters")
        return counters["nodes"], counters["jsEventListeners"]

    rounds(6)  # everything that is loaded once has been
    nodes, listeners = left()
    rounds(20)
    after, heard = left()
    # Screens come and go: what each leaves behind would be there twenty times.
    assert after < nodes * 1.5, (nodes, after)
    assert heard < listeners * 1.5, (listeners, heard)
