"""Companies, people and deals of one sheet come in together, linked; and with when and by whom they were made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from guanxi import records
from guanxi.base import Invalid

if TYPE_CHECKING:
    from conftest import World

SHEET = """\
商机名称,客户,客户电话,客户行业,联系人,联系人手机,联系人邮箱,金额,创建时间,创建人
年度采购,远航贸易有限公司,0755-26012345,零售,王芳,13812341234,wang@example.cn,120000,2024-03-05 09:30,ming@example.com
追加采购,远航贸易有限公司,,,王芳,,,30000,2024-06-01,nobody@example.com
新线体,星河机械有限公司,010-62345678,制造业,李雷,13912345678,li@example.cn,560000,2023-12-31,
"""
MAPPING: dict[str, Any] = {
    "商机名称": "name",
    "客户": "account",
    "客户电话": "account.phone",
    "客户行业": "account.industry",
    "联系人": "contact",
    "联系人手机": "contact.mobile",
    "联系人邮箱": "contact.email",
    "金额": "amount",
    "创建时间": "created_at",
    "创建人": {"field": "created_by", "match": "email", "missing": "empty"},
}


async def test_one_sheet_makes_the_company_its_people_and_the_deal(world: World) -> None:
    ming = await world.person("Ming", "rep")
    done = await world.run(SHEET.encode(), "opportunity", mapping=MAPPING)
    assert (done["created"], done["failed"]) == (3, 0), done
    accounts = {a["name"]: a for a in await world.all("account")}
    assert set(accounts) == {"远航贸易有限公司", "星河机械有限公司"}
    first = accounts["远航贸易有限公司"]
    assert (first["phone"], first["industry"]) == ("+8675526012345", "retail")
    people = {c["name"]: c for c in await world.all("contact")}
    assert set(people) == {"王芳", "李雷"}
    assert (people["王芳"]["mobile"], people["王芳"]["email"]) == ("+8613812341234", "wang@example.cn")
    assert people["王芳"]["account"]["id"] == first["id"], "who is made beside a company works there"
    deals = {d["name"]: d for d in await world.all("opportunity")}
    assert deals["追加采购"]["contact"]["id"] == people["王芳"]["id"]
    assert deals["年度采购"]["created_at"].startswith("2024-03-05T09:30")
    assert deals["年度采购"]["created_by"]["id"] == ming
    async with world.ctx() as ctx:
        [told] = (await records.timeline(ctx, "opportunity", deals["年度采购"]["id"], kinds=["created"]))["data"]
        [own] = (await records.timeline(ctx, "account", first["id"], kinds=["created"]))["data"]
    assert "origin" not in own
    assert told["actor"]["id"] == world.user
    assert told["origin"]["actor"]["id"] == ming
    assert told["origin"]["at"].year == 2024
    assert deals["新线体"]["created_at"].startswith("2023-12-3")
    assert deals["追加采购"]["created_by"]["id"] == world.user, "whom nobody knows here leaves it to whoever imports"


async def test_what_is_wrong_with_a_company_refuses_the_row_that_brings_it(world: World) -> None:
    sheet = "name,company,company phone,person,e-mail\nA,Alpha,not a number at all,Al,al@x.example\nB,Beta,010-62345678,Bo,bo@x.example\n"
    mapping: dict[str, Any] = {
        "name": "name",
        "company": "account",
        "company phone": "account.phone",
        "person": "contact",
        "e-mail": "contact.email",
    }
    done = await world.run(sheet.encode(), "opportunity", mapping=mapping)
    assert (done["created"], done["failed"]) == (1, 1)
    assert [a["name"] for a in await world.all("account")] == ["Beta"]
    assert [c["name"] for c in await world.all("contact")] == ["Bo"], "nobody is made for a row that does not go in"
    assert {p["field"] for p in done["problems"] if p["kind"] == "error"} == {"account.phone"}
    mapping["company phone"] = {"field": "account.phone", "unknown": "empty"}
    done = await world.run(sheet.encode(), "opportunity", mapping=mapping)
    assert (done["created"], done["failed"]) == (2, 0)
    told = [(p["field"], p["code"], p["samples"][0]["value"]) for p in done["problems"]]
    assert ("account.phone", "left_empty", "not a number at all") in told, "what was left out is said"


async def test_a_description_without_a_name_is_refused_before_anything_is_read(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        await world.run(b"name,phone\nA,1\n", "opportunity", mapping={"name": "name", "phone": "account.phone"})
    assert refused.value.errors[0].code == "link_unnamed"


async def test_the_headings_say_whose_they_are(world: World) -> None:
    found = await world.send(SHEET.encode(), object="opportunity")
    suggested = found["mapping"]
    assert {k: suggested[k] for k in ("客户", "客户电话", "客户行业", "联系人手机", "联系人邮箱", "创建时间")} == {
        "客户": {"field": "account", "missing": "create"},
        "客户电话": "account.phone",
        "客户行业": "account.industry",
        "联系人手机": "contact.mobile",
        "联系人邮箱": "contact.email",
        "创建时间": "created_at",
    }


async def test_only_who_administers_carries_over_when_it_was_made(world: World) -> None:
    rep = await world.person("Rep", "rep")
    with pytest.raises(Invalid):
        await world.run(
            b"name,made\nA,2020-01-01\n", "account", user=rep, mapping={"name": "name", "made": "created_at"}
        )


async def test_a_number_without_a_country_is_one_of_the_country_of_its_row(world: World) -> None:
    file = (
        "name,phone,land\nShop,(310) 555-0123,USA\nLaden,030 901820,Deutschland\n店,0755-26012345,\n行,0755-26012346,中国\n"
        "Alone,030 901820,Atlantis\nAbroad,+44 20 7946 0958,美国\nTwelve,1 310 555 0124,United States\n"
    )
    mapping = {"name": "name", "phone": "phone", "land": "address.country"}
    done = await world.run(file.encode(), mapping=mapping)
    assert (done["created"], done["failed"]) == (7, 0), done["problems"]
    assert {a["name"]: a["phone"] for a in await world.all("account")} == {
        "Shop": "+13105550123", "Laden": "+4930901820", "店": "+8675526012345", "行": "+8675526012346",
        "Alone": "030 901820", "Abroad": "+442079460958", "Twelve": "+13105550124",
    }  # fmt: skip
    people = {"name": "name", "mobile": "mobile", "firm": "account", "land": "account.address.country"}
    await world.run(b"name,mobile,firm,land\nJo,(310) 555-0125,Shop,US\n", "contact", mapping=people)
    assert [c["mobile"] for c in await world.all("contact")] == ["+13105550125"], "of the firm that the row names, too"
