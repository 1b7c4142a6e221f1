"""Values that people write in several ways are kept in one, whichever door they come by; what they wrote stays with the history."""

from __future__ import annotations

from typing import Any

from tests.world import Desk, codes, exact

from guanxi import records
from guanxi.records import Create, Update, search

CODE = "91310115MA1K3BTP2B"


async def history(desk: Desk, object_name: str, id: str, name: str = "admin") -> list[dict[str, Any]]:
    return (await records.history(desk.as_(name), object_name, id))["data"]


async def test_a_name_is_kept_in_one_form_and_found_by_any(desk: Desk) -> None:
    id = await desk.one("account", name="ＡＢＣ科技( 上海 )有限公司", registration="9131 0115-ma1k3btp2b")
    found = await desk.get("account", id)
    assert (found["name"], found["registration"]) == ("ABC科技（上海）有限公司", CODE)
    typed = {"field": "name", "op": "eq", "value": "ＡＢＣ科技（上海）有限公司"}
    assert await desk.ids("account", filter=typed) == [id]
    assert [entry.get("typed") for entry in await history(desk, "account", id)] == [
        {"name": "ＡＢＣ科技( 上海 )有限公司", "registration": "9131 0115-ma1k3btp2b"}
    ]
    # White space alone is nothing to tell, and one who may not see the field does not see what was written into it.
    await records.write(
        desk.as_(), "account", [Update(id, {"name": " ABC 科技（上海）有限公司", "phone": "+86 21-6255 8800"})]
    )
    last = (await history(desk, "account", id))[0]
    assert "typed" not in last
    assert last["changes"]["phone"] == [None, "+862162558800"]


async def test_what_was_written_is_seen_by_those_who_see_the_field(desk: Desk) -> None:
    id = await desk.one("contact", name="张伟先生")
    assert (await history(desk, "contact", id))[0]["typed"] == {"name": "张伟先生"}
    assert "typed" not in (await history(desk, "contact", id, "clerk"))[0]


async def test_a_code_that_does_not_check_is_refused_with_the_remedy(desk: Desk) -> None:
    for code, why in (
        (CODE[:-1] + "A", "credit_code_check"),
        (CODE.replace("K", "O"), "credit_code_letter"),
        (CODE[:-1], "credit_code_length"),
    ):
        problem = await desk.refused(desk.as_(), "account", Create({"name": "甲", "registration": code}))
        assert codes(problem) == {"registration": why}
        for language in ("en", "zh"):
            assert code in problem.errors[0].message(language)
    assert (await desk.get("account", await desk.one("account", name="Acme", registration="HRB 12345")))[
        "registration"
    ] == "HRB 12345"


async def test_a_form_is_told_what_will_become_of_what_is_typed(desk: Desk) -> None:
    told = (
        await records.consult(
            desk.as_(),
            "account",
            {"name": "ＡＢＣ(上海)公司", "address": "深圳南山区科技园路 1 号", "registration": CODE[:-1] + "A"},
        )
    )["standard"]
    assert told["name"]["value"] == "ABC（上海）公司"
    parts = {"province": "广东省", "city": "深圳市", "district": "南山区", "street": "科技园路 1 号"}
    assert told["address"]["value"] == parts
    assert "校验位" in told["registration"]["message"] or "check digit" in told["registration"]["message"]
    person = (await records.consult(desk.as_(), "contact", {"name": "欧阳娜娜女士"}))["standard"]["name"]
    assert person == {
        "value": "欧阳娜娜",
        "parts": {"name_family": "欧阳", "name_given": "娜娜", "name_salutation": "女士"},
        "guess": None,
    }
    # Which of several districts of a name is meant is said as a guess, and never filled in.
    open_one = (await records.consult(desk.as_(), "account", {"address": "西湖区文三路 90 号"}))["standard"]["address"]
    assert open_one["value"] == {"district": "西湖区", "street": "文三路 90 号"}
    assert open_one["guess"] == {"province": "浙江省", "city": "杭州市", "district": "西湖区", "street": "文三路 90 号"}


async def test_a_field_made_today_has_a_standard_too(desk: Desk) -> None:
    entity = desk.world.catalog.object("account")
    assert entity.types["name"].standardises(entity.fields["name"])
    described = await records.describe(desk.as_())
    kinds = {t["name"]: t for t in described["types"]}
    assert set(kinds["text"]["choices"]["standard"]) == {"company", "uscc", "identity", "domain", "plain"}
    account = next(o for o in described["objects"] if o["name"] == "account")
    assert {f["name"] for f in account["fields"] if f["standard"]} >= {"name", "registration", "phone", "address"}


async def test_the_region_follows_the_address(desk: Desk) -> None:
    id = await desk.one("account", name="甲", address="上海浦东新区张江路 1 号")
    assert (await desk.get("account", id))["region"] == "上海市/浦东新区"
    await records.write(desk.as_(), "account", [Update(id, {"address": {"city": "杭州", "street": "文三路 9 号"}})])
    assert (await desk.get("account", id))["region"] == "浙江省/杭州市"
    await records.write(desk.as_(), "account", [Update(id, {"address": None})])
    assert (await desk.get("account", id))["region"] is None
    told = await desk.one("account", name="乙", region="广东省/深圳市")
    assert (await desk.get("account", told))["region"] == "广东省/深圳市", "without an address it is what was said"


# -- names -------------------------------------------------------------------------------------------------------------


async def test_people_are_found_and_sorted_by_how_their_family_name_is_read(desk: Desk) -> None:
    names = ["单雄信", "曾国藩", "仇英", "查良镛", "尉迟恭", "赵云", "李鑫", "李白", "宋江", "区志明"]
    ids = await desk.make("contact", *({"name": n} for n in names))
    where = {"field": "id", "op": "in", "value": ids}
    sorted_names = [r["name"] for r in await desk.find("contact", filter=where, sort="name", limit=3)]
    assert sorted_names == ["李白", "李鑫", "区志明", "仇英", "单雄信", "宋江", "尉迟恭", "曾国藩", "查良镛", "赵云"]
    assert [r["name"] for r in await desk.find("contact", filter=where, sort="-name", limit=3)] == sorted_names[::-1]
    for typed, name in (
        ("shanxiongxin", "单雄信"),
        ("qiuying", "仇英"),
        ("yuchi", "尉迟恭"),
        ("zhaliangyong", "查良镛"),
        ("ouzhiming", "区志明"),
    ):
        assert name in [hit["title"] for hit in await search(desk.as_(), typed, ["contact"])]


async def test_traditional_and_simplified_characters_are_one_to_the_search(desk: Desk) -> None:
    await desk.make("account", {"name": "遠航貿易有限公司"}, {"name": "远洋贸易有限公司"})
    for typed in ("远航贸易", "遠航貿易"):
        found = await desk.find("account", q=typed)
        assert [r["name"] for r in found] == ["遠航貿易有限公司"]


async def test_a_number_is_of_the_country_that_its_record_names(desk: Desk) -> None:
    """In the API, in a form while it is filled in, and where only one of the two is changed; what says its country stays."""
    ctx = desk.as_()
    away = {"address": {"city": "Berlin", "country": "德国"}, "phone": "030 2345678"}
    [made] = await records.write(ctx, "account", [Create({"name": "Röder", **away})])
    id = str(made.id)

    async def phone() -> str:
        return exact(await records.get(ctx, "account", id))["phone"]

    assert await phone() == "+49302345678"
    asked = await records.consult(ctx, "account", {"name": "Röder", **away}, None)
    assert asked["standard"]["phone"]["value"] == "+49302345678"
    asked = await records.consult(ctx, "account", {"phone": "030 7654321"}, id)
    assert asked["standard"]["phone"]["value"] == "+49307654321"
    for written, kept in (("030 7654321", "+49307654321"), ("+86 21 6255 8800", "+862162558800")):
        await records.write(ctx, "account", [Update(id, {"phone": written})])
        assert await phone() == kept
    for country, written in (
        ("中国", "+86 21 6255 8800"),
        ("USA", "+1 212 736 5000"),
    ):  # also where it is that of the workspace
        await records.write(ctx, "account", [Update(id, {"address": {"country": country}, "phone": written})])
        assert await phone() == written.replace(" ", "")
    for address in (
        "北京市海淀区学院路5号",
        "Room 501, No. 8 Xueyuan Rd, Haidian, Beijing",
    ):  # which names a place, if not its country
        await records.write(ctx, "account", [Update(id, {"address": address, "phone": "010-6234 5678"})])
        assert await phone() == "+861062345678"
    await records.write(ctx, "account", [Update(id, {"address": "台北市信義區市府路45號", "phone": "02 2720 8889"})])
    assert await phone() == "+886227208889"
    await records.write(ctx, "account", [Update(id, {"address": None, "phone": "030 7654321"})])
    assert await phone() != "+49307654321"
