"""Records of one standard form are found by the rules that compare it, in whatever way they are written."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from tests.world import CUSTOM, Desk, World, codes, problems

from guanxi import linkage, records
from guanxi.linkage import forms
from guanxi.records import Context, Create, Update
from guanxi.records.consult import consult
from guanxi.records.evolve import declared
from guanxi.schema.catalog import fold
from guanxi.schema.model import HIDDEN

VERSIONS = count(4_000_000)

ALIKE = [
    ("text", "瑞昌科技（厦门）有限公司", "厦门市瑞昌科技有限公司"),
    ("text", "深圳市腾讯计算机系统有限公司", "腾讯计算机系统(深圳)有限公司"),
    ("text", "深圳市腾讯计算机系统有限公司", "深圳騰訊計算機系統有限責任公司"),
    ("text", "Acme  Widgets, Ltd.", "ＡＣＭＥ widgets ltd"),
    ("text", "91440300708461136T", "9144 0300 7084 61136t"),
    ("person", "张伟", "張 偉"),
    ("email", "li.wei+news@example.cn", "LI.WEI@example.cn"),
    ("phone", "+8613800138000", "+8613800138000;ext=12"),
    ("url", "https://www.example.com.cn/about", "http://shop.example.com.cn"),
]
DIFFERENT = [
    ("text", "上海巨海企业管理顾问有限公司", "北京巨海企业管理顾问有限公司"),
    ("text", "中国工商银行股份有限公司深圳分行", "中国工商银行股份有限公司"),
    ("text", "杭州朝阳橡胶有限公司", "朝阳橡胶有限公司"),
    ("text", "新华百货有限公司", "光明百货有限公司"),
    ("text", "瑞昌科技（厦门）有限公司", "隆昌科技（厦门）有限公司"),
    ("person", "张伟", "张薇"),
    ("phone", "+8613800138000", "+8613800138001"),
]


@pytest.mark.parametrize(("type", "one", "other"), ALIKE)
def test_what_is_meant_alike_has_one_key_and_one_mark(type: str, one: str, other: str) -> None:
    assert linkage.key(type, one) == linkage.key(type, other) is not None
    assert linkage.mark(type, one) == linkage.mark(type, other)


@pytest.mark.parametrize(("type", "one", "other"), DIFFERENT)
def test_what_is_meant_otherwise_has_another_key(type: str, one: str, other: str) -> None:
    assert linkage.key(type, one) != linkage.key(type, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("新华百货有限公司", "上海新华百货有限公司"), ("长安汽车股份有限公司", "重庆长安汽车股份有限公司")],
)
def test_a_company_that_is_called_by_a_division_is_looked_for_by_that_name(one: str, other: str) -> None:
    found, again = forms.company(one), forms.company(other)
    third = forms.company("光明百货有限公司")
    assert found is not None
    assert again is not None
    assert third is not None
    assert found.alt == again.alt != third.alt


def ruled(world: World, object_name: str, **rule: Any) -> Any:
    put = {"name": "r", "kind": "duplicate", "label": {"en": "R"}, **rule}
    return fold(declared(), CUSTOM, next(VERSIONS), [{"op": "put_rule", "object": object_name, "rule": put}])


def under(desk: Desk, object_name: str, who: str = "admin", **rule: Any) -> Context:
    return replace(desk.as_(who), catalog=ruled(desk.world, object_name, **rule))


STANDARD = {"match": [{"fields": ["name"], "how": "standard"}], "act": "block"}
TENCENT, AGAIN = "深圳市腾讯计算机系统有限公司", "腾讯计算机系统(深圳)有限公司"


async def test_a_company_is_refused_in_whatever_order_its_name_is_written(desk: Desk) -> None:
    ctx = under(desk, "account", **STANDARD)
    await records.write(ctx, "account", [Create({"name": TENCENT})])
    assert codes(await desk.refused(ctx, "account", Create({"name": AGAIN}))) == {"name": "duplicate"}
    [other] = await records.write(ctx, "account", [Create({"name": "腾讯计算机系统(北京)有限公司"})])
    assert codes(await desk.refused(ctx, "account", Update(other.id or "", {"name": AGAIN}))) == {"name": "duplicate"}
    outcomes = await records.write(
        ctx,
        "account",
        [Create({"name": "大连海昌食品有限公司"}), Create({"name": "海昌食品（大连）有限公司"})],
        atomic=False,
    )
    assert problems(outcomes) == [None, "invalid"]


async def test_a_field_that_is_not_searched_is_found_too_and_after_it_was_changed(desk: Desk) -> None:
    ctx = under(desk, "account", match=[{"fields": ["website"], "how": "standard"}], act="block")
    [made] = await records.write(ctx, "account", [Create({"name": "A"})])
    await records.write(ctx, "account", [Update(made.id or "", {"website": "https://www.example.com.cn/start"})])
    assert codes(await desk.refused(ctx, "account", Create({"name": "B", "website": "http://example.com.cn"}))) == {
        "website": "duplicate"
    }


async def test_a_form_is_told_of_the_same_company_as_it_comes_with_the_program(desk: Desk) -> None:
    id = await desk.one("account", name=TENCENT)
    told = (await consult(desk.as_(), "account", {"name": AGAIN}))["alike"]
    same = next(t for t in told if t["rule"] == "same_company")
    assert ([r["id"] for r in same["records"]], same["how"], same["hidden"]) == ([id], "standard", False)


@pytest.mark.parametrize("taken", [{"name": TENCENT}, {"registration": "91440300708461136T"}])
async def test_that_a_colleague_has_the_company_is_said_without_saying_who(desk: Desk, taken: dict[str, str]) -> None:
    boss = desk.world.actors["boss"].name
    await desk.one("account", **{"name": "Other", **taken, "owner": desk.world.id("boss")})
    ctx = desk.as_("peeper")
    grants = replace(ctx.actor.grants, objects={"*": {"read": "own", "create": True}}, fields={})
    ctx = replace(ctx, actor=replace(ctx.actor, grants=grants, statements={}))
    written = {"name": AGAIN, **{n: v for n, v in taken.items() if n != "name"}}
    [told] = [t for t in (await consult(ctx, "account", written))["alike"] if t["act"] == "warn"]
    assert (told["records"], told["hidden"]) == ([], True)
    assert told["holders"] == [{"owner": f"{boss[:1]}**", "pool": None}]


@pytest.mark.parametrize("how", ["exact", "standard"])
@pytest.mark.parametrize("act", ["warn", "block"])
@pytest.mark.parametrize("hidden", HIDDEN)
async def test_of_what_others_have_no_more_is_told_than_the_rule_says(
    desk: Desk, hidden: str, act: str, how: str
) -> None:
    boss = desk.world.actors["boss"].name
    rule: dict[str, Any] = {"match": [{"fields": ["registration"], "how": how}], "act": act, "hidden": hidden}
    secret = {"name": "Secret Ltd", "registration": "91440300708461136T", "owner": desk.world.id("boss")}
    [made] = await records.write(under(desk, "account", **rule), "account", [Create(secret)])
    id = made.id or ""
    ctx = under(desk, "account", "peeper", **rule)
    grants = replace(ctx.actor.grants, objects={"*": {"read": "own", "create": True}}, fields={})
    ctx = replace(ctx, actor=replace(ctx.actor, grants=grants, statements={}))
    values = {"name": "Other", "registration": "91440300708461136T"}
    answer = await consult(ctx, "account", values)
    told = next((t for t in answer["alike"] if t["rule"] == "r"), None)
    tells = hidden in ("owner", "masked") or (hidden == "refuse" and act == "block")
    assert (told is not None) == tells
    if told is not None:
        assert (told["records"], told["hidden"]) == ([], True)
        owner = {"owner": boss, "masked": f"{boss[:1]}**"}.get(hidden)
        assert told["holders"] == ([{"owner": owner, "pool": None}] if owner else [])
    texts = [repr(answer)]
    if act == "block" and hidden != "ignore":
        texts += [
            e.message(x) for e in (await desk.refused(ctx, "account", Create(values))).errors for x in ("en", "zh")
        ]
    else:
        await records.write(ctx, "account", [Create(values)])
    for text in texts:
        assert "Secret" not in text
        assert id not in text
        assert (boss in text) == (hidden == "owner" and bool(told))
