"""Webhooks and secrets by hand: one is made, tried, looked into and dropped, on a desk and on a phone."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site

Visit = Callable[..., Page]


@pytest.fixture
def other() -> Iterator[tuple[str, list[bytes]]]:
    """Another system: where it listens, and what it was sent."""
    got: list[bytes] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(503 if b'"test"' in got[-1] else 200)
            self.end_headers()
            self.wfile.write(b"maintenance")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/in", got
    server.shutdown()
    server.server_close()


def test_a_webhook_is_made_tried_and_looked_into(site: Site, visit: Visit, other: tuple[str, list[bytes]]) -> None:
    url, got = other
    page = visit(site, "/settings/webhooks")
    page.locator("main").get_by_role("button", name="New webhook").last.click()
    page.get_by_label("Name").fill("ERP")
    page.get_by_label("Address").fill("http://10.0.0.1/in")
    page.get_by_role("button", name="Make webhook").click()
    expect(page.get_by_role("alert").first).to_contain_text("inner network")
    page.get_by_label("Address").fill(url)
    page.get_by_role("combobox", name="About").click()
    page.keyboard.type("Accounts")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("secret")).to_contain_text("whsec_")
    page.get_by_role("button", name="I have kept it").click()
    page.get_by_role("button", name="ERP").click()
    page.get_by_role("button", name="Send a trial").click()
    row = page.get_by_role("row").filter(has_text="test")
    expect(row).to_contain_text("503", timeout=15_000)
    row.get_by_role("button").click()
    expect(page.get_by_text("Next attempt")).to_be_visible()
    page.locator("summary").first.click()
    expect(page.get_by_text("maintenance").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Edit").click()
    assert violations(page) == []
    page.get_by_role("button", name="New secret").click()
    expect(page.get_by_test_id("secret")).to_contain_text("whsec_")
    assert got

    phone = visit(site, "/settings/webhooks", language="zh", width=390)
    phone.get_by_role("button", name="ERP").click()
    expect(phone.get_by_role("button", name="发送测试")).to_be_visible()
    assert violations(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="补发").click()
    phone.get_by_role("button", name="补发").last.click()
    expect(phone.get_by_text("条消息正在发送")).to_be_visible()
    phone.get_by_role("button", name="编辑").click()
    phone.get_by_role("button", name="删除", exact=True).click()
    phone.get_by_role("dialog", name="删除 Webhook“ERP”？").get_by_role("button", name="删除").click()
    expect(phone.get_by_text("还没有通知任何系统")).to_be_visible()

    phone.goto(f"{site.url}/settings/secrets")
    phone.get_by_role("button", name="新建密钥").first.click()
    phone.get_by_label("名称").fill("partner")
    phone.get_by_label(re.compile("^密钥")).fill("CNRY-page")
    phone.get_by_role("button", name="保存").click()
    expect(phone.get_by_role("row").filter(has_text="partner")).to_be_visible()
    assert violations(phone) == []
    assert "CNRY-page" not in phone.content()
    phone.get_by_role("row").filter(has_text="partner").get_by_role("button", name="删除：partner").click()
    phone.get_by_role("dialog", name="删除密钥“partner”？").get_by_role("button", name="删除").click()
    expect(phone.get_by_text("还没有密钥")).to_be_visible()
