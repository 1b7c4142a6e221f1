"""Clean data in the page: what becomes of what is typed, what was typed, and tags put in order."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.e2e.axe import violations
from tests.e2e.conftest import Site
from tests.e2e.test_record import Visit, form_field


def test_values_are_put_into_one_form_before_ones_eyes_and_tags_into_one_word(site: Site, visit: Visit) -> None:
    page = visit(site, "/o/account", language="zh")
    page.get_by_role("button", name="新建客户").last.click()
    form_field(page, "name").locator("input").fill("ＡＢＣ光学(苏州)有限公司")
    expect(form_field(page, "name").locator("[data-standard]")).to_contain_text("ABC光学（苏州）有限公司")
    page.get_by_role("button", name=re.compile("个字段")).click()
    address = form_field(page, "address")
    address.locator("[data-field='address.street']").fill("西湖区文三路 90 号")
    expect(address.locator("[data-standard]")).to_contain_text("可能是 浙江省 杭州市 西湖区 · 文三路 90 号")
    address.get_by_role("button", name="采用").click()
    expect(address.locator("[data-field='address.city']")).to_have_value("杭州市")
    form_field(page, "registration").locator("input").fill("91310115MA1K3BTP2A")
    expect(form_field(page, "registration").locator("[data-standard]")).to_contain_text("校验位不符")
    form_field(page, "registration").locator("input").fill("9131 0115 MA1K 3BTP 2B")
    expect(form_field(page, "registration").locator("[data-standard]")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    named = {"filter": {"field": "name", "op": "eq", "value": "ABC光学（苏州）有限公司"}}
    id = site.call("POST", "/records/account/query", named)["data"][0]["id"]
    page.goto(f"{site.url}/o/account/{id}")
    page.get_by_role("toolbar").get_by_role("button", name=re.compile("^变更")).click()
    expect(page.get_by_text("客户名称原文：")).to_be_visible()
    expect(page.get_by_text("ＡＢＣ光学(苏州)有限公司")).to_be_visible()

    made = site.create("account", {"name": "甲", "tags": ["VIP客户"]}, {"name": "乙", "tags": ["vip", "华东"]})
    page.goto(f"{site.url}/settings/tags")
    for word in ("VIP客户", "vip"):
        page.get_by_role("checkbox", name=word, exact=True).check()
    page.get_by_role("button", name="合并 2 个标签").click()
    page.get_by_label("改为").fill("VIP")
    assert violations(page) == []
    page.get_by_role("button", name="修改 2 条记录").click()
    expect(page.get_by_text("已修改 2 条记录")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("VIP客户"))).to_have_count(0)
    page.get_by_role("switch", name="只能使用这些标签").click()
    expect(page.get_by_text("从现在起只能使用这些标签")).to_be_visible()
    with pytest.raises(AssertionError, match="not_a_tag"):
        site.call("PATCH", f"/records/account/{made[0]}", {"values": {"tags": ["新词"]}})
    page.get_by_role("switch", name="只能使用这些标签").click()
    expect(page.get_by_text("所有人又可以新增标签了")).to_be_visible()
    assert site.call("GET", f"/records/account/{made[1]}")["tags"] == ["VIP", "华东"]
    for one in (*made, id):
        site.call("DELETE", f"/records/account/{one}")
