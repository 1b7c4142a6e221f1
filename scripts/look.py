"""Pictures of every main screen: both languages, light and dark, desktop and phone, into build/look/.

`make look` takes them all; `make look ARGS="list board"` those screens; `--language zh --theme dark --width 390` narrow it.
Each language gets a workspace of its own with sample data in it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, Route, sync_playwright

OUT = Path(__file__).parents[1] / "build/look"
EMAIL, PASSWORD = "look@example.com", "correct horse battery staple"
COMPANY = {"zh": "启衡仪器", "en": "Qiheng Instruments"}
NAME = {"zh": "林晓岚", "en": "Lin Xiaolan"}
FILTER = json.dumps(
    {"and": [{"field": "stage_kind", "op": "eq", "value": "open"}, {"field": "amount", "op": "gte", "value": 100000}]}
)


@dataclass(frozen=True)
class Screen:
    """A place, and what to do there before the picture. ``path`` may hold {account}, {contact}, {opportunity}."""

    name: str
    path: str
    act: Callable[[Page], None] | None = None
    signed_in: bool = True
    phone: bool = True
    state: str = "loaded"
    """What the server does: it answers, is slow (`loading`), fails (`error`), or has nothing (`empty`)."""


def select_rows(page: Page) -> None:
    """Three chosen rows and the bulk bar."""
    boxes = page.locator("[role=rowgroup] input[type=checkbox]")
    for row in (1, 3, 4):
        boxes.nth(row).click()


def add_condition(page: Page) -> None:
    """The editor of a new condition."""
    page.locator("button[aria-expanded]").filter(has=page.locator("svg.lucide-plus")).last.click()
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")


def open_search(page: Page) -> None:
    """The box over everything, with something found."""
    page.locator("input[role=combobox]").first.click()
    page.keyboard.type("a" if page.evaluate("document.documentElement.lang") == "en" else "公司")
    page.wait_for_timeout(700)


def create(page: Page) -> None:
    """The drawer for a new record."""
    page.locator("main [data-kind=primary]").last.click()
    page.wait_for_timeout(700)


def commands(page: Page) -> None:
    """The box of places and commands."""
    page.keyboard.press("Control+k")
    page.keyboard.type(">x" if page.evaluate("document.documentElement.lang") != "en" else ">new")
    page.wait_for_timeout(500)


def notices(page: Page) -> None:
    """The news, opened."""
    page.locator("header button:has(svg.lucide-bell)").click()


def held(page: Page, state: str) -> None:
    """Lets the server be slow, fail, or have nothing where records are asked for."""

    def answer(route: Route) -> None:
        if state == "error":
            route.fulfill(status=500, json={"title": "Internal error", "status": 500, "errors": []})
        elif state == "empty":
            route.fulfill(json={"data": [], "next": None, "count": 0})
        # A slow answer is one that never comes.

    page.route(re.compile(r"/api/v1/records/"), answer)


SCREENS = (
    Screen("sign-in", "/sign-in", signed_in=False),
    Screen("today", "/"),
    Screen("today-team", "/?scope=team"),
    Screen("today-loading", "/", state="loading"),
    Screen("today-empty", "/", state="empty"),
    Screen("today-error", "/", state="error"),
    Screen("list", "/o/account?view=all"),
    Screen("list-filtered", f"/o/opportunity?view=all&filter={FILTER}&sort=-amount"),
    Screen("list-selected", "/o/opportunity?view=all", select_rows, phone=False),
    Screen("list-condition", "/o/contact?view=all", add_condition, phone=False),
    Screen("list-loading", "/o/account?view=all", state="loading"),
    Screen("list-error", "/o/account?view=all", state="error"),
    Screen("record-loading", "/o/account/{account}", state="loading"),
    Screen("record-error", "/o/account/{account}", state="error"),
    Screen("list-none", "/o/account?view=all&q=zzzzzz"),
    Screen("list-empty", "/o/lead?view=all&filter=" + json.dumps({"field": "name", "op": "eq", "value": "-"})),
    Screen("board", "/o/opportunity?view=pipeline"),
    Screen("record-account", "/o/account/{account}"),
    Screen("record-contact", "/o/contact/{contact}"),
    Screen("record-opportunity", "/o/opportunity/{opportunity}"),
    Screen("record-gone", "/o/account/01900000-0000-7000-8000-000000000000"),
    Screen("search", "/o/account?view=all", open_search),
    Screen("commands", "/o/account?view=all", commands, phone=False),
    Screen("news", "/o/account?view=all", notices),
    Screen("kit", "/dev/kit"),
    Screen("create", "/o/opportunity?view=all", create),
    Screen("import", "/import/account"),
    Screen("settings-objects", "/settings/objects"),
    Screen("settings-users", "/settings/users"),
    Screen("settings-pipelines", "/settings/pipelines"),
    Screen("settings-roles", "/settings/roles"),
    Screen("settings-me", "/settings/me"),
    *(
        Screen(f"settings-{name}", f"/settings/{name}")
        for name in (
            "rules",
            "flows",
            "standing",
            "layouts",
            "tags",
            "packs",
            "teams",
            "pools",
            "access",
            "everything",
            "mail",
            "audit",
            "retention",
            "webhooks",
            "secrets",
            "notifications",
            "shared",
            "tokens",
        )
    ),
    Screen("calendar", "/o/opportunity?view=all&kind=calendar"),
    Screen("chart", "/o/opportunity?view=all&kind=chart"),
    Screen("gallery", "/o/account?view=all&kind=gallery"),
    Screen("preview", "/o/account?view=all&preview={account}", phone=False),
    Screen("approvals", "/approvals"),
    Screen("segments", "/segments"),
    Screen("pools", "/pools"),
    Screen("duplicates", "/duplicates"),
    Screen("quality", "/quality/account"),
    Screen("journey", "/journey/account"),
    Screen("imports", "/import"),
    Screen("bin", "/bin"),
    Screen("changes", "/changes"),
)


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """The program on a free port with a data folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = subprocess.Popen(
        [sys.executable, "-m", "guanxi", "serve", "--port", str(port)],
        env={**environment, "GUANXI_DATA": str(data), "GUANXI_LOG": "warning"},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                with urlopen(f"{url}/readyz", timeout=2):
                    break
            except (URLError, OSError):
                if process.poll() is not None:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def settle(page: Page) -> None:
    """Everything that was asked for has arrived and been drawn."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(350)


def first_ids(call: Callable[[str], Any]) -> dict[str, str]:
    """A record of each kind that has something to show."""
    ids = {}
    for name, sort in (("account", "name"), ("contact", "name"), ("opportunity", "-amount")):
        rows = call(f"/records/{name}?limit=1&sort={sort}")["data"]
        ids[name] = rows[0]["id"] if rows else ""
    return ids


def take(browser: Browser, url: str, language: str, options: argparse.Namespace) -> None:
    """The pictures of one language."""
    context = browser.new_context()
    page = context.new_page()
    for theme in options.theme:
        for width in options.width:
            if wanted("setup", options):
                shoot_setup(browser, url, language, theme, width)
    answer = context.request.post(
        f"{url}/api/v1/setup",
        data={
            "company": COMPANY[language],
            "name": NAME[language],
            "email": EMAIL,
            "password": PASSWORD,
            "language": language,
            "sample_data": True,
        },
        timeout=120_000,
    )
    if not answer.ok:
        raise SystemExit(answer.text())
    ids = first_ids(lambda path: context.request.get(f"{url}/api/v1{path}").json())
    page.close()
    state: Any = context.storage_state()
    for theme in options.theme:
        for width in options.width:
            shoot(browser, url, state, ids, (language, theme, width), options)


def wanted(name: str, options: argparse.Namespace) -> bool:
    """Whether a screen was asked for."""
    return not options.screens or any(name.startswith(prefix) for prefix in options.screens)


def opened(browser: Browser, language: str, theme: str, width: int, state: Any = None) -> Page:
    """A page of that size, in that theme."""
    context = browser.new_context(
        locale="zh-CN" if language == "zh" else "en-GB",
        color_scheme=theme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 844 if width < 500 else 900},
        device_scale_factor=2 if width < 500 else 1,
        has_touch=width < 500,
        reduced_motion="reduce",
        storage_state=state,
    )
    page = context.new_page()
    page.on("pageerror", lambda error: print(f"  error on the page: {error}"))
    return page


def save(page: Page, name: str, language: str, theme: str, width: int) -> None:
    """One picture, named after what is in it."""
    page.screenshot(path=OUT / f"{name}-{language}-{theme}-{width}.png")


def shoot_setup(browser: Browser, url: str, language: str, theme: str, width: int) -> None:
    """The first screen of all, while there is no workspace."""
    page = opened(browser, language, theme, width)
    page.goto(url)
    settle(page)
    save(page, "setup", language, theme, width)
    page.context.close()


def shoot(
    browser: Browser, url: str, state: Any, ids: dict[str, str], look: tuple[str, str, int], options: argparse.Namespace
) -> None:
    """All screens of one language, theme and width."""
    language, theme, width = look
    page = opened(browser, language, theme, width, state)
    for screen in SCREENS:
        if not wanted(screen.name, options) or (width < 500 and not screen.phone):
            continue
        apart = not screen.signed_in or screen.state != "loaded"
        target = opened(browser, language, theme, width, state if screen.signed_in else None) if apart else page
        if screen.state != "loaded":
            held(target, screen.state)
        try:
            target.goto(
                url
                + screen.path.replace("{account}", ids["account"])
                .replace("{contact}", ids["contact"])
                .replace("{opportunity}", ids["opportunity"])
            )
            if screen.state == "loading":
                target.wait_for_timeout(1500)
            else:
                settle(target)
            if screen.act:
                screen.act(target)
                target.wait_for_timeout(400)
            save(target, screen.name, language, theme, width)
        except Exception as error:  # noqa: BLE001 - one screen that fails must not hide the others
            print(f"  {screen.name} {language} {theme} {width}: {str(error).splitlines()[0]}")
        if target is not page:
            target.unroute_all(behavior="ignoreErrors")
            target.context.close()
    page.context.close()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "screens", nargs="*", help="beginnings of names: " + " ".join(screen.name for screen in SCREENS)
    )
    parser.add_argument("--language", nargs="+", default=["zh", "en"], choices=["zh", "en"])
    parser.add_argument("--theme", nargs="+", default=["light", "dark"], choices=["light", "dark"])
    parser.add_argument("--width", nargs="+", type=int, default=[1440, 390])
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("there is no Chromium on this machine: apt-get install chromium fonts-noto-cjk")
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        for language in options.language:
            # A short path: the database's socket lies in it.
            data = Path(tempfile.mkdtemp(prefix="gxlook"))
            try:
                with serving(data) as url:
                    take(browser, url, language, options)
            finally:
                shutil.rmtree(data, ignore_errors=True)
        browser.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")


if __name__ == "__main__":
    main()
