"""Pictures of every screen: both languages, light and dark, desktop and phone, into build/look/.

`make look` takes them all; `make look ARGS="list board"` those screens; `--language zh --theme dark --width 390` narrow it.
`--targets` says of each screen what a thumb would miss; `--states` adds to each screen how it looks while the server is slow, fails, or has nothing; `--sheets` lays all that is in
build/look/ side by side, a sheet a look; `--beside MOCK` takes the drawn screens anew for docs/explanation/pictures/.
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
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, Route, sync_playwright

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build/look"
TARGETS = ROOT / "tests/e2e/targets.js"
PICTURES = ROOT / "docs/explanation/pictures"
EMAIL, PASSWORD = "look@example.com", "correct horse battery staple"
COMPANY = {"zh": "启衡仪器", "en": "Qiheng Instruments"}
NAME = {"zh": "林晓岚", "en": "Lin Xiaolan"}
FILTER = json.dumps(
    {"and": [{"field": "stage_kind", "op": "eq", "value": "open"}, {"field": "amount", "op": "gte", "value": 100000}]}
)


@dataclass(frozen=True)
class Screen:
    """A place, and what to do there before the picture. ``path`` may hold names that :func:`world` knows."""

    name: str
    path: str
    act: Callable[[Page], None] | None = None
    signed_in: bool = True
    phone: bool = True


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


def top(page: Page) -> None:
    """From its beginning, wherever the focus went."""
    page.locator("[data-part]").first.scroll_into_view_if_needed()


def keys(page: Page) -> None:
    """The keys, shown."""
    page.keyboard.press("?")


def column(page: Page) -> None:
    """How a column's values lie, and what can be done with it."""
    page.locator("[role=columnheader] button").nth(1).click()


def field(page: Page) -> None:
    """A field beside the list of fields."""
    page.locator("main tbody tr button").nth(4).click()


def panel(page: Page) -> None:
    """What the page's one button opens."""
    page.locator("main [data-kind=primary]").first.click()


def read_file(page: Page) -> None:
    """A file whose columns were recognised."""
    lines = ["客户名称;城市;行业;手机;备注", "杭州启明光学;杭州;制造;13800001234;老客户", "宁波远舟;宁波;航天;138;"]
    page.locator("input[type=file]").first.set_input_files(
        {"name": "客户名单.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode("gb18030")}
    )
    page.wait_for_timeout(1500)


def checked_file(page: Page) -> None:
    """What would come of it, and what is wrong with it."""
    read_file(page)
    page.locator("main [data-kind=primary]").last.click()
    page.wait_for_timeout(2500)


def step(page: Page) -> None:
    """A step of a flow, opened."""
    page.locator("main [data-step], main svg + * button, main li button").first.click()


ASKED = re.compile(r"/api/v1/(?!session|catalog|setup|events|stream)")
"""What a screen asks for itself: not who is there, and what there is."""

LISTED = re.compile(r"/records/\w+\?")
"""A list of records: what can have nothing in it."""


def held(page: Page, state: str) -> list[Route]:
    """Lets the server be slow, fail, or have nothing, in all but who is there and what there is.

    What waits for a slow answer is in the list that comes back: whoever closes the page ends it first.
    """
    waiting: list[Route] = []

    def answer(route: Route) -> None:
        if state == "error":
            problem = {"title": "Internal error", "status": 500, "errors": [], "request_id": "298ad9f97b4fc532"}
            route.fulfill(status=500, json=problem)
        elif state == "empty":
            if route.request.method == "GET" and LISTED.search(route.request.url):
                route.fulfill(json={"data": [], "next": None, "count": 0})
            else:
                route.fallback()
        else:
            waiting.append(route)

    page.route(ASKED, answer)
    return waiting


PLACE = re.compile(r"\{(\w+)\}")
NOBODY = "01900000-0000-7000-8000-000000000000"
SECTIONS = ("objects", "rules", "flows", "standing", "pipelines", "layouts", "tags", "packs", "users", "teams", "roles", "pools", "access", "everything", "mail", "audit", "retention", "webhooks", "secrets", "me", "notifications", "shared", "tokens")  # fmt: skip
SCREENS = (
    Screen("sign-in", "/sign-in", signed_in=False),
    Screen("invitation", "/invitation/gone", signed_in=False),
    Screen("form-public", "{form}", signed_in=False),
    Screen("today", "/"),
    Screen("today-team", "/?scope=team"),
    Screen("list", "/o/account?view=all"),
    Screen("list-filtered", f"/o/opportunity?view=all&filter={FILTER}&sort=-amount"),
    Screen("list-grouped", "/o/account?view=all&group=industry", phone=False),
    Screen("list-selected", "/o/opportunity?view=all", select_rows, phone=False),
    Screen("list-condition", "/o/contact?view=all", add_condition, phone=False),
    Screen("list-column", "/o/account?view=all", column, phone=False),
    Screen("list-none", "/o/account?view=all&q=zzzzzz"),
    Screen("board", "/o/opportunity?view=pipeline"),
    Screen("calendar", "/o/opportunity?view=all&kind=calendar"),
    Screen("chart", "/o/opportunity?view=all&kind=chart"),
    Screen("gallery", "/o/account?view=all&kind=gallery"),
    Screen("preview", "/o/account?view=all&preview={account}", phone=False),
    Screen("record-account", "/o/account/{account}"),
    Screen("record-contact", "/o/contact/{contact}"),
    Screen("record-opportunity", "/o/opportunity/{opportunity}"),
    Screen("record-case", "/o/case/{case}"),
    Screen("record-gone", f"/o/account/{NOBODY}"),
    Screen("search", "/o/account?view=all", open_search),
    Screen("commands", "/o/account?view=all", commands, phone=False),
    Screen("keys", "/o/account?view=all", keys, phone=False),
    Screen("news", "/o/account?view=all", notices),
    Screen("kit", "/dev/kit", top),
    Screen("create", "/o/opportunity?view=all", create),
    Screen("approvals", "/approvals"),
    Screen("segments", "/segments"),
    Screen("segment", "/segments/{segment}"),
    Screen("pools", "/pools"),
    Screen("pool", "/pools/{pool}"),
    Screen("pool-report", "/pools/{pool}/report"),
    Screen("duplicates", "/duplicates"),
    Screen("duplicates-contact", "/duplicates/contact"),
    Screen("merge", "/merge/account?ids={account},{second}"),
    Screen("merge-many", "/merge/contact/many"),
    Screen("apart", "/apart/account/{merged}"),
    Screen("quality", "/quality/account"),
    Screen("journey", "/journey/account"),
    Screen("import", "/import/account"),
    Screen("import-columns", "/import/account", read_file),
    Screen("import-check", "/import/account", checked_file),
    Screen("imports", "/import"),
    Screen("bin", "/bin"),
    Screen("changes", "/changes"),
    Screen("settings", "/settings"),
    *(Screen(f"settings-{name}", f"/settings/{name}") for name in SECTIONS),
    Screen("settings-objects-account", "/settings/objects/account"),
    Screen("settings-field", "/settings/objects/account", field),
    Screen("settings-new-field", "/settings/objects/account", panel),
    Screen("settings-rules-account", "/settings/rules/account"),
    Screen("settings-layouts-account", "/settings/layouts/account"),
    Screen("flow", "/settings/flows/{flow}"),
    Screen("flow-form", "/settings/flows/{asked}"),
    Screen("flow-run", "/settings/flows/{flow}/runs/{run}"),
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


def world(call: Callable[..., Any]) -> dict[str, str]:
    """Names in the screens' paths: records that have something to show, and what sample data leaves out."""
    ids = {"second": "", "flow": "", "run": "", "asked": "", "form": "", "segment": "", "merged": ""}
    for name, sort in (("account", "name"), ("contact", "name"), ("opportunity", "-amount"), ("case", "-created_at")):
        ids[name] = call(f"/records/{name}?limit=1&sort={sort}")["data"][0]["id"]
    ids["account"] = call(f"/records/opportunity/{ids['opportunity']}")["account"]["id"]
    ids["second"] = call("/records/account?limit=2&sort=name")["data"][1]["id"]
    ids["pool"] = call("/records/pool?limit=1")["data"][0]["id"]
    large = {"field": "amount", "op": "gte", "value": 100_000}
    me = call("/session")["user"]["id"]
    ask = {"kind": "approval", "title": "{name}", "levels": [{"who": [{"user": me}], "need": "any"}]}
    agreed = [{"id": "s3", "kind": "update", "record": "record", "values": {"next_step": {"text": "{name}"}}}]
    cases = [{"name": "> 10", "filter": large, "steps": [{"id": "s2", **ask, "approved": agreed, "rejected": []}]}]
    steps = [{"id": "s1", "kind": "branch", "cases": cases, "otherwise": []}]
    flow = {
        "object": "opportunity",
        "trigger": {"kind": "button", "label": {"en": "Approve", "zh": "审批"}},
        "steps": steps,
    }
    label = {"en": "Large deals are agreed to", "zh": "大单审批"}
    ids["flow"] = call("/flows", {"label": label, "definition": flow})["id"]
    call(f"/flows/{ids['flow']}/activate", {"active": True})
    ids["run"] = call(f"/flows/{ids['flow']}/start", {"record": ids["opportunity"]})["run"]
    fields = [{"name": "name", "type": "text", "label": {"en": "Your name", "zh": "姓名"}, "required": True}]
    fields += [{"name": "need", "type": "long_text", "label": {"en": "What do you need?", "zh": "您需要什么？"}}]
    made = {"id": "s1", "kind": "create", "object": "lead", "values": {"name": {"from": "input.name"}}}
    asked = {"label": {"en": "Visitors of the fair", "zh": "展会登记"}, "definition": {"trigger": {"kind": "form", "fields": fields}, "steps": [made]}}  # fmt: skip
    ids["asked"] = call("/flows", asked)["id"]
    call(f"/flows/{ids['asked']}/activate", {"active": True})
    ids["form"] = call(f"/flows/{ids['asked']}/address", {"act": "open"})["form"]
    own = {"object": "opportunity", "label": {"en": "Large deals", "zh": "大单"}, "filter": large, "scope": "shared"}
    ids["segment"] = call("/segments", own)["id"]
    pair = [call("/records/account", {"values": {"name": name}})["id"] for name in ("Yuanhang", "Yuan Hang Ltd")]
    call("/records/account/merge", {"survivor": pair[0], "ids": pair[1:]})
    ids["merged"] = pair[0]
    call("/duplicates/contact/find", {})
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
    headers = {"X-CSRF-Token": answer.json()["csrf"]}

    def call(path: str, body: Any = None) -> Any:
        to = f"{url}/api/v1{path}"
        reply = context.request.get(to) if body is None else context.request.post(to, data=body, headers=headers)
        if not reply.ok:
            print(f"  {path}: {reply.status} {reply.text()[:300]}")
        return reply.json() if reply.ok else {"id": NOBODY, "run": NOBODY, "form": "/sign-in"}

    ids = world(call)
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


def states(screen: Screen, asked: set[str]) -> tuple[str, ...]:
    """How a screen also looks, by what it asks the server for: while that is slow, fails, or has nothing."""
    if screen.act or not screen.signed_in or not asked:
        return ()
    lists = any(LISTED.search(url) for url in asked)
    return ("loading", "error", "empty") if lists else ("loading", "error")


def shoot(
    browser: Browser, url: str, state: Any, ids: dict[str, str], look: tuple[str, str, int], options: argparse.Namespace
) -> None:
    """All screens of one language, theme and width."""
    language, theme, width = look
    page = opened(browser, language, theme, width, state)
    for screen in SCREENS:
        if not wanted(screen.name, options) or (width < 500 and not screen.phone):
            continue
        asked: set[str] = set()
        held_ins = [""]
        for held_in in held_ins:  # grows when it is known what the screen asks for
            apart = not screen.signed_in or held_in
            target = opened(browser, language, theme, width, state if screen.signed_in else None) if apart else page
            waiting = held(target, held_in) if held_in else []
            name = f"{screen.name}-{held_in}" if held_in else screen.name
            note = lambda request: ASKED.search(request.url) and asked.add(request.url)  # noqa: E731, B023
            try:
                target.on("request", note)
                target.goto(url + PLACE.sub(lambda found: ids.get(found[1], found[0]), screen.path))
                if held_in in ("loading", "error"):
                    target.wait_for_timeout(1500 if held_in == "loading" else 3000)
                else:
                    settle(target)
                if screen.act and not held_in:
                    screen.act(target)
                    target.wait_for_timeout(400)
                if target.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    print(f"  {name} {language} {theme} {width}: wider than the screen")
                save(target, name, language, theme, width)
                for small in target.evaluate(TARGETS.read_text(encoding="utf-8")) if options.targets else ():
                    print(f"  {name} {language} {theme} {width}: {small}")
            except Exception as error:  # noqa: BLE001 - one screen that fails must not hide the others
                print(f"  {name} {language} {theme} {width}: {str(error).splitlines()[0]}")
            target.remove_listener("request", note)
            if options.states and not held_in:
                held_ins += states(screen, asked)
            if target is not page:
                for route in waiting:
                    route.abort()
                target.unroute_all(behavior="ignoreErrors")
                target.context.close()
    page.context.close()


def lay(browser: Browser, pictures: list[Path], out: Path, columns: int, wide: int, **how: Any) -> None:
    """Pictures side by side as one."""
    figures = "".join(
        f"<figure><img src='data:image/png;base64,{b64encode(one.read_bytes()).decode()}'><figcaption>{one.stem}</figcaption></figure>"
        for one in pictures
    )
    page = browser.new_page(viewport={"width": columns * (wide + 8) + 8, "height": 400})
    page.set_content(
        f"<style>body{{margin:8px;display:grid;grid-template-columns:repeat({columns},{wide}px);gap:8px;background:#888;font:12px sans-serif}}"
        f"figure{{margin:0}}img{{width:100%}}</style>{figures}"
    )
    page.wait_for_timeout(300)
    page.screenshot(path=out, full_page=True, **how)
    page.close()


def sheets(browser: Browser) -> None:
    """Everything that was taken, six screens a sheet, or twelve of a phone."""
    for language, theme, width in product(("zh", "en"), ("light", "dark"), (1440, 390)):
        ending = f"{language}-{theme}-{width}"
        taken = sorted(one for one in OUT.glob(f"*-{ending}.png") if not one.name.startswith("sheet"))
        columns, wide, most = (2, 780, 6) if width > 500 else (6, 260, 12)
        for at in range(0, len(taken), most):
            lay(browser, taken[at : at + most], OUT / f"sheet-{ending}-{at // most + 1}.png", columns, wide)


DRAWN = {
    "today": "today-zh-light-1440",
    "today-phone": "today-team-zh-light-390",
    "list": "list-zh-light-1440",
    "list-dark": "list-zh-dark-1440",
    "list-phone": "list-zh-light-390",
    "board": "board-zh-light-1440",
    "record": "record-account-zh-light-1440",
    "record-dark": "record-account-zh-dark-1440",
    "record-phone": "record-account-zh-light-390",
    "import": "import-columns-zh-light-1440",
    "settings-fields": "settings-field-zh-light-1440",
    "login": "setup-zh-light-1440",
    "states": "kit-zh-light-1440",
    "flow": "flow-zh-light-1440",
    "approval-phone": "approvals-zh-light-390",
    "case": "record-case-zh-light-1440",
}
"""What was drawn, and the picture of what was built of it."""


def beside(browser: Browser, mock: Path) -> None:
    """Each drawn screen beside the built one, left and right, for docs/explanation/pictures/."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, built in DRAWN.items():
        wide = 330 if built.endswith("390") else 800
        lay(
            browser,
            [mock / f"{name}.png", OUT / f"{built}.png"],
            PICTURES / f"{name}.jpg",
            2,
            wide,
            type="jpeg",
            quality=72,
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "screens", nargs="*", help="beginnings of names: " + " ".join(screen.name for screen in SCREENS)
    )
    parser.add_argument("--language", nargs="+", default=["zh", "en"], choices=["zh", "en"])
    parser.add_argument("--theme", nargs="+", default=["light", "dark"], choices=["light", "dark"])
    parser.add_argument("--width", nargs="+", type=int, default=[1440, 390])
    parser.add_argument("--states", action="store_true", help="also while loading, failing, and empty")
    parser.add_argument("--targets", action="store_true", help="say what can be pressed and is under 44 pixels")
    parser.add_argument("--sheets", action="store_true", help="lay side by side what was taken, and take nothing")
    parser.add_argument("--beside", type=Path, metavar="MOCK", help="a folder of drawn screens to stand beside")
    options = parser.parse_args()
    if options.beside:
        options.screens = options.screens or [built.rsplit("-", 3)[0] for built in DRAWN.values()]
        options.language = ["zh"]
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("there is no Chromium on this machine: apt-get install chromium fonts-noto-cjk")
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        for language in [] if options.sheets else options.language:
            # A short path: the database's socket lies in it.
            data = Path(tempfile.mkdtemp(prefix="gxlook"))
            try:
                with serving(data) as url:
                    take(browser, url, language, options)
            finally:
                shutil.rmtree(data, ignore_errors=True)
        if options.sheets:
            sheets(browser)
        if options.beside:
            beside(browser, options.beside)
        browser.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")


if __name__ == "__main__":
    main()
