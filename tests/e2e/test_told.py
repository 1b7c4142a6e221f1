"""Being told: a colleague mentions one, the bell says so while one looks, and one says how one wants to be told."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import PASSWORD, Site, until

Visit = Callable[..., Page]
MATE = "zhou@example.com"


def colleague(site: Site) -> Site:
    """A sales rep, signed in by themselves."""
    role = {"match": {"name": "rep"}}
    site.create("user", {"name": "Zhou Mei", "email": MATE, "password": PASSWORD, "role": role, "language": "en"})
    theirs = Site(site.url)
    theirs.csrf = theirs.call("POST", "/session", {"email": MATE, "password": PASSWORD})["csrf"]
    return theirs


def test_what_colleagues_write_reaches_whom_they_name(site: Site, visit: Visit) -> None:
    mate = colleague(site)
    me = site.call("GET", "/session")["user"]["id"]
    [account] = mate.create("account", {"name": "Told Instruments"})
    page = visit(site, "/")
    bell = page.get_by_role("button", name=re.compile("^News"))
    expect(bell).to_be_visible()
    text = {"body": "@Lin Xiaolan have a look", "about": {"object": "account", "id": account}, "mentions": [me]}
    mate.create("comment", text)
    expect(bell).to_have_accessible_name(re.compile(r"^News: [1-9]\d* not seen yet"), timeout=20_000)  # by itself
    expect(page.get_by_role("status").filter(has_text="not seen yet")).to_be_attached()  # and it is heard
    until(
        lambda: "mention" in [n["kind"] for n in site.call("GET", "/notifications?unread=true")["data"]], "one is named"
    )
    bell.click()
    panel = page.get_by_role("dialog", name="News")
    expect(panel.get_by_text("Zhou Mei mentioned you: Told Instruments")).to_be_visible()
    assert violations(page) == []
    panel.get_by_role("link", name=re.compile("have a look")).click()
    expect(page.get_by_role("heading", name="Told Instruments")).to_be_visible()
    until(
        lambda: [n["read"] for n in site.call("GET", "/notifications")["data"] if n["kind"] == "mention"] == [True],
        "it is read",
    )

    page.get_by_role("tab", name="Comment").click()
    box = page.get_by_role("textbox", name="Comment")
    box.focus()
    page.keyboard.insert_text("Yes @")
    expect(page.get_by_role("option").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.insert_text("zhou")  # as an input method writes, without keys
    page.keyboard.press("Enter")  # before the answer, perhaps
    expect(box).to_have_value("Yes @Zhou Mei ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Yes @Zhou Mei")).to_be_visible()
    page.wait_for_function("fetch('/api/v1/notifications').then((r) => r.ok)")
    until(lambda: bool(mate.call("GET", "/notifications?unread=true")["unread"]), "the colleague is told")
    [one] = mate.call("GET", "/notifications")["data"]
    assert (one["kind"], one["body"]) == ("mention", "Yes @Zhou Mei")

    page.get_by_role("button", name=re.compile("^Follow")).click()
    follow = page.get_by_role("switch", name="Follow")
    expect(follow).to_be_checked()  # who was mentioned and wrote there follows
    expect(page.get_by_role("dialog", name="Follow").get_by_text("Zhou Mei")).to_be_visible()
    follow.click()
    expect(follow).not_to_be_checked()
    page.keyboard.press("Escape")
    until(lambda: not site.call("GET", f"/following/account/{account}")["following"], "it is followed no more")


def test_one_says_how_one_wants_to_be_told(site: Site, visit: Visit) -> None:
    page = visit(site, "/settings/notifications", language="zh")
    page.get_by_role("switch", name="我关注的记录有变更：页面提醒").click()
    page.get_by_role("switch", name="免打扰时段").click()
    expect(page.get_by_label("免打扰从")).to_have_value("22:00")
    assert violations(page) == []
    wants = lambda: site.call("GET", "/notifications/preferences")  # noqa: E731
    assert wants()["quiet"] == {"from": "22:00", "to": "08:00"}
    until(
        lambda: not next(k for k in wants()["kinds"] if k["name"] == "changed")["page"], "the first of both is kept too"
    )
    site.call("PATCH", "/notifications/preferences", {"quiet": None, "kinds": {"changed": {"page": True}}})
    page.goto(f"{site.url}/settings/mail")
    expect(page.get_by_text("系统没有配置发信服务器")).to_be_visible()
    assert violations(page) == []
    small = visit(site, "/settings/notifications", width=390)
    expect(small.get_by_role("switch", name="Quiet hours")).to_be_visible()
    assert small.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(small) == []
