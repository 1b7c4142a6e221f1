"""From an empty database to the first screen, and back in again."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect
from tests.e2e.axe import hindrances, violations
from tests.e2e.conftest import PASSWORD, Site


def lose_an_answer(page: Page, path: str) -> None:
    """The server does what is sent to this path next, and what it says of it is lost on the way."""

    def lose(route: Route) -> None:
        assert route.fetch().ok
        route.fulfill(content_type="application/json", body="{")

    page.route(re.compile(path), lose, times=1)


def test_setting_up_signing_out_and_in(fresh_site: Site, visit: Callable[..., Page]) -> None:
    page = visit(fresh_site, "/o/account", signed_in=False)
    expect(page.get_by_role("heading", name="Create your workspace")).to_be_visible()
    # The language is chosen on the first screen, before anything else.
    page.get_by_text("简体中文").first.click()
    expect(page.get_by_role("heading", name="建一个工作区")).to_be_visible()

    # Each choice is called by its own words, not by what the choice is about.
    expect(page.get_by_role("radio", name="通用标准版", exact=True)).to_be_checked()

    assert hindrances(page) + violations(page, also_dark=True) == []
    page.get_by_label("公司名称").fill("启衡仪器")
    page.get_by_label("你的名字").fill("顾南")
    page.get_by_label("登录邮箱").fill("gunan@qiheng")
    page.get_by_label("密码", exact=False).first.fill("短")
    page.get_by_role("button", name="建好并进入").click()
    expect(page.get_by_text("少了一部分")).to_be_visible()
    expect(page.get_by_text("至少 10 位")).to_be_visible()

    page.get_by_label("登录邮箱").fill("gunan@qiheng.com")
    page.get_by_label("密码", exact=False).first.fill(PASSWORD)
    page.get_by_role("switch").click()
    # What was done, and told by an answer that was lost, is not asked for in vain.
    lose_an_answer(page, "/api/v1/setup$")
    page.get_by_role("button", name="建好并进入").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="建好并进入").click()
    expect(page.get_by_role("navigation", name="导航")).to_be_visible()
    expect(page.get_by_text("启衡仪器")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"

    # Of what never was it is not said that it is done.
    expect(page.get_by_role("heading", name="还没有安排任何事")).to_be_visible()
    expect(page.get_by_role("link", name="导入客户")).to_be_visible()

    page.get_by_role("button", name="我的账号").click()
    page.get_by_text("退出登录").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.get_by_label("邮箱").fill("gunan@qiheng.com")
    page.get_by_label("密码", exact=True).fill("not this one at all")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_text("启衡仪器")).to_be_visible()

    # There is one first run only.
    page.goto(f"{fresh_site.url}/setup")
    expect(page.get_by_text("启衡仪器")).to_be_visible()


def test_a_link_is_kept_through_signing_in(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site, "/o/opportunity?view=all&q=Deal", signed_in=False)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("E-mail").fill("lin@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Deal 03")).to_be_visible()
    expect(page).to_have_url(re.compile("q=Deal"))


def test_an_invitation_lets_a_colleague_in(site: Site, visit: Callable[..., Page]) -> None:
    guest = {"name": "Anna Larsson", "email": "anna@example.com", "role": {"match": {"name": "rep"}}}
    [user] = site.create("user", guest)
    link = site.call("POST", f"/records/user/{user}/actions/invite", {"input": {}})["link"]
    page = visit(site, link, signed_in=False)
    expect(page.get_by_role("heading", name="Welcome, Anna Larsson")).to_be_visible()
    assert hindrances(page) + violations(page, also_dark=True) == []
    # Whatever keeps passwords learns with which address one signs in.
    expect(page.locator("form [autocomplete=username]")).to_have_value("anna@example.com")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    lose_an_answer(page, "/api/v1/invitations/")
    page.get_by_role("button", name="Set it and sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Set it and sign in").click()
    expect(page.get_by_role("navigation", name="Navigation")).to_be_visible()
    # Who may not share a view is not asked with whom.
    page.goto(f"{site.url}/o/account?view=all&sort=-name")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name="For", exact=True)).to_be_hidden()
    page.keyboard.press("Escape")
    # A link works once.
    page = visit(site, link, signed_in=False)
    expect(page.get_by_text("not valid any more")).to_be_visible()
