"""What the page costs on a slow machine: `.venv/bin/python scripts/speed.py [screens|interactions|memory|scroll …] [--slow 4]`.

Starts a workspace with sample data and measures what is named, or everything:

- `screens`: cold loads; the time until the first meaningful row, the script over the wire until then, how far things moved.
- `interactions`: keys and clicks on a list of 10,000, each until the next picture.
- `memory`: what stays behind after walking through many screens.
- `scroll`: frames while a list of 100,000 is scrolled with the wheel, and what was in sight before its rows were.

`--only` takes some of a part's screens or acts, `--data` keeps the workspace for the next time. Figures, not verdicts:
machines differ, and the load beside each figure says what else this one was doing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from look import EMAIL, PASSWORD, serving
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

PAGES = {
    "list": ("/o/account?view=all", "main [role=row] a"),
    "board": ("/o/opportunity?view=pipeline", "main a[href^='/o/opportunity/']"),
    "today": ("/", "main li a"),
    "record": ("/o/account/{account}", "main dl dd"),
    "calendar": ("/o/opportunity?view=all&kind=calendar", "main a[href^='/o/opportunity/']"),
    "settings": ("/settings", "main h1"),
}
WATCH = """window.seen = {};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.shift = (window.seen.shift ?? 0) + entry.value;
}).observe({ type: 'layout-shift', buffered: true });
const look = () => {
  if (window.wanted && document.querySelector(window.wanted)) {
    window.seen.at = performance.now();
    window.seen.script = performance.getEntriesByType('resource')
      .filter((one) => one.name.endsWith('.js')).reduce((sum, one) => sum + one.encodedBodySize, 0);
  } else requestAnimationFrame(look);
};
requestAnimationFrame(look);"""
PARTS = ("screens", "interactions", "memory", "scroll")
TIMES = 5
SETTLED = 2000
"""Milliseconds after the first row in which things might still move."""
DEALS = {"interactions": 10_000, "scroll": 100_000}
"""Records of the list that is worked in."""

FELT = """window.act = ''; window.felt = [];
for (const type of ['pointerdown', 'pointerup', 'click', 'keydown', 'keyup']) window.addEventListener(type, (event) => {
  const { act } = window;
  requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => window.felt.push([act, performance.now() - event.timeStamp]);
    after.port2.postMessage(0);
  });
}, true);"""
"""Until the frame that follows is drawn. (The browser's own event timing waits for the next change on the screen after an
act that changes nothing there, however long nobody does anything.)"""

FRAMES = """() => {
  const frames = { seen: [], last: 0 };
  window.frames = frames;
  const grid = document.querySelector('main [role=grid]');
  const box = grid.getBoundingClientRect();
  const there = (y) => document.elementFromPoint(box.x + 120, y)?.closest('[role=row]:not([aria-busy])') != null;
  const look = (now) => {
    if (frames.last) frames.seen.push([now - frames.last, there(box.y + 60) && there(box.bottom - 60)]);
    frames.last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
"""Milliseconds of each frame, and whether rows stood at the top and at the bottom of the list."""

WHEEL = 3000
"""Pixels a second."""

BETWEEN = 250
"""Milliseconds between two acts."""

WALK = ("/", "/o/account", "/o/lead")


def cold(browser: Browser, url: str, state: object, path: str, wanted: str, slow: float) -> tuple[float, float, float]:
    """Milliseconds to the first row, kilobytes of script until then, layout shift."""
    # The browser speaks the workspace's language, as it nearly always does.
    context = browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=state, locale="zh-CN")  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(f"window.wanted = {wanted!r};" + WATCH)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slow})
    page.goto(url + path)
    for _ in range(600):  # the policy lets no text be evaluated, which waiting would do
        if page.evaluate("window.seen.at"):
            break
        page.wait_for_timeout(100)
    else:
        raise SystemExit(f"{path}: nothing there is {wanted!r}")
    # What comes beside the rows is here by then. The network stays busy for longer, with what may be needed one day.
    page.wait_for_timeout(SETTLED)
    seen = page.evaluate("window.seen")
    context.close()
    return seen["at"], seen["script"] / 1024, seen.get("shift", 0)


def fill(context: BrowserContext, url: str, many: int) -> None:
    """So many deals that a list of them is long."""
    token = context.request.get(f"{url}/api/v1/session").json()["csrf"]
    accounts = context.request.get(f"{url}/api/v1/records/account?limit=100").json()["data"]
    stages = ("qualification", "needs", "proposal", "negotiation")
    known = context.request.get(f"{url}/api/v1/records/opportunity?limit=1&include=count").json()
    # Of very many the number is only guessed.
    there = many if known["count"] is None else known["count"]
    for start in range(there, many, 500):
        deals = [
            {
                "name": f"Deal {n:05}", "account": accounts[n % len(accounts)]["id"], "pipeline": "sales",
                "stage": stages[n % 4], "amount": 1000 * (n % 997 + 1), "close_date": f"2030-{n % 12 + 1:02}-15",
            }
            for n in range(start, min(start + 500, many))
        ]  # fmt: skip
        answer = context.request.post(
            f"{url}/api/v1/records/opportunity/batch",
            data={"operations": [{"op": "create", "values": deal} for deal in deals]},
            headers={"X-CSRF-Token": token},
            timeout=120_000,
        )
        if not answer.ok:
            raise SystemExit(answer.text())


def acts(page: Page, at: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """What one does in a list, in the order in which it is done; each is ready when it is handed out."""

    def click(where: Locator) -> Callable[[], None]:
        # By the bare mouse: what a driver runs in the page to be sure of its aim would be measured too. A hand has come to
        # rest before it presses.
        where.hover()
        page.wait_for_timeout(BETWEEN)

        def press() -> None:
            page.mouse.down()
            page.mouse.up()

        return press

    def key(name: str) -> Callable[[], None]:
        return lambda: page.keyboard.press(name)

    yield "choose", click(page.locator("main [role=rowgroup] input[type=checkbox]").nth(1 + at))
    yield "menu", click(page.locator("main [role=columnheader] button[aria-haspopup=menu]").nth(at % 3))
    yield "close menu", key("Escape")
    yield "sort", click(page.locator("main [role=columnheader] button:not([aria-haspopup])").nth(at % 3))
    # A cell without a link in it: a link would lead away.
    yield "cell", click(page.locator("main [role=rowgroup] [role=gridcell]:not(:has(a, input))").nth(10))
    yield "down", key("ArrowDown")
    yield "right", key("ArrowRight")
    yield "preview", key("Space")
    yield "first cell", key("Escape")
    yield "close preview", key("Escape")
    yield "page down", key("PageDown")
    yield "on", key("ArrowRight")
    yield "edit", key("F2")
    yield "leave edit", key("Escape")
    yield "end", key("End")
    yield "home", key("Home")
    yield "search", key("/")
    yield "leave search", key("Escape")


def long_list(browser: Browser, url: str, state: object, slow: float, *scripts: str) -> Page:
    """The list of all deals, on a processor that is slowed down once it stands."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=state).new_page()  # type: ignore[arg-type]
    for script in scripts:
        page.add_init_script(script)
    page.goto(url + "/o/opportunity?view=all")
    page.locator("main [role=row] a").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slow})
    return page


def interactions(browser: Browser, url: str, state: object, slow: float, only: list[str]) -> dict[str, list[float]]:
    """Milliseconds from a key or a click until the next picture is drawn, by what was done."""
    page = long_list(browser, url, state, slow, FELT)
    felt: dict[str, list[float]] = {}
    for at in range(TIMES):
        for name, act in acts(page, at):
            page.evaluate(f"window.act = {name!r}; window.felt = []")
            act()
            page.wait_for_timeout(BETWEEN)
            # An act is as slow as the slowest of its events.
            own = [ms for of, ms in page.evaluate("window.felt") if of == name]
            if wanted(name, only):
                felt.setdefault(name, []).append(max(own, default=BETWEEN))
    page.context.close()
    return felt


def frames(browser: Browser, url: str, state: object, slow: float) -> str:
    """Five seconds of the wheel through a long list, at some 80 rows a second."""
    page = long_list(browser, url, state, slow)
    box = page.locator("main [role=grid]").bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    page.evaluate(FRAMES)
    # A mouse, not a finger: neither end of what it does is smoothed.
    session.send(
        "Input.synthesizeScrollGesture",
        {
            "x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2,
            "yDistance": -WHEEL * 5, "speed": WHEEL, "gestureSourceType": "mouse", "preventFling": True,
        },
    )  # fmt: skip
    seen = page.evaluate("window.frames.seen")
    page.context.close()
    every = sorted(ms for ms, _ in seen)
    bare = sum(1 for _, there in seen if not there)
    return (
        f"{len(every)} frames in {sum(every) / 1000:.1f} s, median {statistics.median(every):.1f} ms, 95th percentile "
        f"{every[int(len(every) * 0.95)]:.1f} ms, at most {every[-1]:.0f} ms; rows were on their way in {bare}"
    )


def counted(page: Page) -> str:
    """What is in memory after the garbage is collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("HeapProfiler.collectGarbage")
    found = session.send("Memory.getDOMCounters")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1024 / 1024
    return f"{heap:6.1f} MB, {found['nodes']} nodes, {found['jsEventListeners']} listeners"


def walk(browser: Browser, url: str, state: object, rounds: int) -> None:
    """Through the same screens again and again."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=state).new_page()  # type: ignore[arg-type]
    page.goto(url)
    page.locator("main h1").wait_for()  # a handle would keep the screen alive
    for at in range(rounds):
        page.locator(f"nav a[href='{WALK[at % len(WALK)]}']").first.click()
        page.locator("main h1").wait_for()  # a handle would keep the screen alive
        if at in (30, rounds // 2, rounds - 1):
            print(f"after {at + 1:4} screens: {counted(page)}, {load()}")


def wanted(name: str, only: list[str]) -> bool:
    """Whether something is to be measured."""
    return not only or name in only


def load() -> str:
    """How busy the machine is."""
    return f"load {os.getloadavg()[0]:.1f}"


def entered(context: BrowserContext, url: str) -> None:
    """A workspace with sample data, made where there is none, and its administrator signed in."""
    who = {"email": EMAIL, "password": PASSWORD}
    first = {"company": "Qiheng", "name": "Lin", **who, "language": "zh", "sample_data": True}
    answer = context.request.post(f"{url}/api/v1/setup", data=first, timeout=120_000)
    if not answer.ok:
        answer = context.request.post(f"{url}/api/v1/session", data=who)
    if not answer.ok:
        raise SystemExit(answer.text())


def measure(browser: Browser, url: str, options: argparse.Namespace) -> None:
    """What was asked for, part after part."""
    context = browser.new_context()
    entered(context, url)
    state = context.storage_state()
    slow, only = options.slow, options.only
    print(f"processor slowed {slow:g} times")
    if "screens" in options.parts:
        first = context.request.get(f"{url}/api/v1/records/account?limit=1&sort=name").json()["data"][0]["id"]
        for name, (path, row) in PAGES.items():
            if not wanted(name, only):
                continue
            seen = [cold(browser, url, state, path.format(account=first), row, slow) for _ in range(TIMES)]
            at, script, shift = (statistics.median(column) for column in zip(*seen, strict=True))
            print(
                f"{name:13} first row after {at:5.0f} ms (median of {TIMES}), {script:4.0f} KB of script, "
                f"layout shift {shift:.4f}, {load()}"
            )
    if "interactions" in options.parts:
        fill(context, url, DEALS["interactions"])
        felt = interactions(browser, url, state, slow, only)
        for name, times in felt.items():
            print(f"{name:13} median {statistics.median(times):4.0f} ms, at most {max(times):4.0f} ms")
        every = sorted(ms for times in felt.values() for ms in times)
        print(
            f"{len(every)} interactions on a list of {DEALS['interactions']}: median {statistics.median(every):.0f} ms, "
            f"95th percentile {every[int(len(every) * 0.95)]:.0f} ms, {load()}"
        )
    if "memory" in options.parts:
        walk(browser, url, state, options.rounds)
    if "scroll" in options.parts:
        fill(context, url, DEALS["scroll"])
        for rate in sorted({1, slow}):
            print(f"scroll, slowed {rate:g} times: {frames(browser, url, state, rate)}, {load()}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=PARTS, default=PARTS, metavar="part", help=", ".join(PARTS))
    parser.add_argument("--slow", type=float, default=4, help="how many times slower the processor is made")
    parser.add_argument("--rounds", type=int, default=500, help="screens to walk through")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="some of the screens or acts")
    parser.add_argument("--data", type=Path, help="a data folder to make, or to use again")
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    data = options.data or Path(tempfile.mkdtemp(prefix="gxspeed"))
    try:
        with serving(data) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            measure(browser, url, options)
            browser.close()
    finally:
        if not options.data:
            shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
