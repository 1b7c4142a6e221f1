"""Files of shops come in as customers, orders and lines; once more they change nothing, later ones bring what is new."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from guanxi import transfer
from guanxi.base import Invalid
from guanxi.records import Create, write
from guanxi.records.undo import undo
from guanxi.transfer import groups, running
from guanxi.transfer.table import Batch

if TYPE_CHECKING:
    from conftest import World

RETAIL = Path(__file__).parent / "files" / "online_retail.csv"

TAOBAO = """\
订单编号,买家会员名,买家应付货款,总金额,买家实际支付金额,订单状态,收货人姓名,收货地址 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题,宝贝总数量,店铺名称,退款金额
="2026010100001",lulu_wang,178.00,178.00,178.00,买家已付款，等待卖家发货,王璐,广东省 深圳市 南山区 科技园路1号,138****1234,2026-01-01 10:00:00,2026-01-01 10:00:05,保温杯 500ml,2,远航旗舰店,0.00
="2026010100002",,59.90,59.90,0.00,等待买家付款,李雷,上海市 黄浦区 人民大道1号,'13912345678,2026-01-01 11:00:00,,茶叶礼盒,1,远航旗舰店,0.00
="2026010100003",han_mei,99.00,99.00,99.00,交易成功,韩*,北京市 海淀区 ***,'+86-13712345678,2026-01-01 12:00:00,2026-01-01 12:01:00,笔记本,3,远航旗舰店,30.00
="2026010100004",,20.00,20.00,0.00,交易关闭,张**,浙江省 ***,186****0000,2026-01-01 13:00:00,,贴纸,1,远航旗舰店,0.00
"""

SHOPIFY = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing City,Billing Country,Shipping Name,Shipping Street,Shipping City,Shipping Zip,Notes,Refunded Amount,Phone
#1001,Ann@Example.com,paid,2026-02-01 09:00:00 +0000,fulfilled,EUR,30.00,0.00,0.00,30.00,0.00,2026-02-01 08:59:00 +0000,2,Mug,10.00,M-1,Ann Lee,Berlin,DE,Ann Lee,Hauptstr. 1,Berlin,10115,,0.00,
#1001,Ann@Example.com,,,,,,,,,,2026-02-01 08:59:00 +0000,1,Spoon,10.00,S-1,,,,,,,,,,
#1002,bob@example.com,refunded,2026-02-02 09:00:00 +0000,unfulfilled,EUR,15.00,5.00,0.00,20.00,0.00,2026-02-02 08:00:00 +0000,1,Plate,15.00,P-1,Bob,Paris,FR,Bob,,,,,20.00,
#1003,bob@example.com,paid,2026-02-02 09:00:00 +0000,unfulfilled,EUR,15.00,5.00,2.00,50.00,1.00,2026-02-02 08:00:00 +0000,1,Plate,15.00,P-1,Bob,Paris,FR,Bob,,,,,,
"""


async def come(world: World, content: bytes, **how: Any) -> dict[str, Any]:
    """Import a file as the wizard would begin."""
    seen = await world.send(content, object="order")
    how = {"mapping": seen["mapping"], "mode": seen["profile"]["mode"], "key": seen["key"], **how}
    return await world.run(content, "order", **how)


def of(status: dict[str, Any], object: str) -> dict[str, int]:
    """What became of the records of one object."""
    found = next((o for o in status["objects"] if o["object"] == object), {"created": 0, "updated": 0, "found": 0})
    return {n: found[n] for n in ("created", "updated", "found")}


async def test_invoices_become_customers_orders_and_lines(world: World) -> None:
    content = RETAIL.read_bytes()
    seen = await world.send(content, object="order")
    assert seen["profile"]["name"] == "invoice_lines"
    assert seen["key"] == "number"
    tried = await come(world, content, dry_run=True)
    assert (of(tried, "order")["created"], of(tried, "account")["created"]) == (8, 5), tried["problems"]
    assert await world.all("order") == []
    done = await world.run(content, "order")
    assert (done["read"], done["created"], done["failed"]) == (108, 108, 0), done["problems"]
    assert of(done, "order_line")["created"] == 108
    orders = {o["number"]: o for o in await world.all("order")}
    assert len(orders) == 8
    first = orders["536365"]
    assert (first["account"]["title"], first["status"], first["amount"], first["channel"]) == (
        "17850",
        "completed",
        139.12,
        "web",
    )
    assert first["ordered_at"].startswith("2010-12-01T08:26")
    lines = await world.all("order_line", sort="id", order=first["id"])
    assert [(x["code"], x["quantity"], x["price"], x["amount"]) for x in lines][:2] == [
        ("85123A", 6, 2.55, 15.30),
        ("71053", 6, 3.39, 20.34),
    ]
    assert (orders["C536379"]["status"], orders["C536379"]["amount"]) == ("returned", -27.50)
    assert orders["536544"]["account"] is None, "a guest is nobody's order"
    assert [x["name"] for x in await world.all("order_line", order=orders["536414"]["id"])] == ["22139"], (
        "a line without a name has its code"
    )
    assert len(await world.all("order_line", order=orders["536409"]["id"])) == 58, "equal lines are lines all the same"
    [customer] = [a for a in await world.all("account") if a["reference"] == "17850"]
    assert (customer["kind"], customer["address"]["country"]) == ("person", "United Kingdom")
    again = await come(world, content)
    assert (again["created"], again["updated"], again["failed"], again["skipped"]) == (0, 0, 0, 108), again
    async with world.ctx() as ctx:
        await undo(ctx, done["change_set"])
    assert [await world.all(o) for o in ("order", "order_line", "account")] == [[], [], []]


async def test_lines_by_the_code_of_their_goods_find_their_products(world: World) -> None:
    async with world.ctx() as ctx:
        await write(ctx, "product", [Create({"name": "保温杯", "code": "BWB-500"})])
        await write(ctx, "order", [Create({"number": "D-1"})])
    content = "订单号,商品编码,数量,备注名称\nD-1,BWB-500,2,保温杯 500ml\n".encode()
    seen = await world.send(content, object="order_line")
    mapping = {**seen["mapping"], "备注名称": "name"}
    done = await world.run(content, "order_line", mapping=mapping)
    assert (done["created"], done["failed"]) == (1, 0), done["problems"]
    [line] = await world.all("order_line")
    assert (line["order"]["title"], line["product"]["title"]) == ("D-1", "保温杯")


async def test_rows_of_an_order_may_stand_anywhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 3)
    head, *rows = RETAIL.read_text().splitlines()[:40]
    mixed = "\n".join([head, *rows[::2], *rows[1::2]]).encode()
    done = await come(world, mixed)
    assert (done["created"], done["failed"], of(done, "order_line")["created"]) == (39, 0, 39), done["problems"]
    orders = {o["number"]: o for o in await world.all("order")}
    assert orders["536365"]["amount"] == 139.12
    assert orders["536370"]["lines_amount"] == orders["536370"]["amount"]
    again = await come(world, mixed)
    assert (again["created"], again["updated"]) == (0, 0), again


async def test_customers_of_a_marketplace_are_known_by_number_or_phone_and_never_by_a_masked_name(world: World) -> None:
    async with world.ctx() as ctx:
        made = await write(ctx, "account", [
            Create({"name": "李雷商店", "phone": "139 1234 5678"}), Create({"name": "张**"}), Create({"name": "王璐"}),
        ], atomic=False)  # fmt: skip
    lei = made[0].id
    content = TAOBAO.encode("gbk")
    assert (await world.send(content, object="order"))["profile"]["name"] == "taobao"
    done = await come(world, content)
    assert (done["read"], done["failed"], of(done, "order")["created"]) == (4, 0, 4), done["problems"]
    assert of(done, "account") == {"created": 2, "updated": 0, "found": 1}
    orders = {o["number"]: o for o in await world.all("order")}
    assert {n[-1]: o["status"] for n, o in orders.items()} == {
        "1": "paid",
        "2": "placed",
        "3": "completed",
        "4": "cancelled",
    }
    first, second, third, fourth = (orders[f"202601010000{n}"] for n in "1234")
    assert second["account"]["id"] == lei, "his number is known, however it is written"
    accounts = {a["id"]: a for a in await world.all("account")}
    assert accounts[lei]["name"] == "李雷商店", "what is there is not written over"
    assert (first["account"]["title"], accounts[first["account"]["id"]]["phone"]) == ("王璐", None)
    assert len([a for a in accounts.values() if a["name"] == "王璐"]) == 2, "a name alone makes nobody the same"
    assert (third["account"]["title"], accounts[third["account"]["id"]]["phone"]) == ("han_mei", "+8613712345678")
    assert fourth["account"] is None
    assert {(p["code"], p["kind"]) for p in done["problems"]} == {("masked", "note")}, (
        "lines without a price have no sum"
    )
    assert (first["store"], first["channel"], first["ship_to"]["city"]) == ("远航旗舰店", "marketplace", "深圳市")
    assert (first["amount"], first["paid"], third["paid"]) == (178, 178, 69)
    payments = {(p["reference"], p["amount"], p["paid_on"]) for p in await world.all("payment")}
    assert payments == {
        ("2026010100001", 178, "2026-01-01"),
        ("2026010100003", 99, "2026-01-01"),
        ("退款 2026010100003", -30, None),
    }
    assert [(x["name"], x["quantity"]) for x in await world.all("order_line", order=first["id"])] == [
        ("保温杯 500ml", 2)
    ]
    later = TAOBAO.replace("买家已付款，等待卖家发货", "交易成功").replace(
        "59.90,0.00,等待买家付款", "59.90,59.90,等待卖家发货"
    )
    again = await come(world, later.encode("gbk"))
    assert (again["created"], again["updated"], again["skipped"], again["failed"]) == (1, 1, 2, 0), again["problems"]
    orders = {o["number"][-1]: o for o in await world.all("order")}
    assert (orders["1"]["status"], orders["2"]["status"], orders["2"]["paid"]) == ("completed", "paid", 59.9)
    assert (await come(world, later.encode("gbk")))["skipped"] == 4


async def test_several_who_may_be_meant_are_a_problem_that_a_choice_settles(world: World) -> None:
    async with world.ctx() as ctx:
        one, two = [
            o.id
            for o in await write(
                ctx, "account", [Create({"name": n, "email": "ann@example.com"}) for n in ("Ann", "Anna")]
            )
        ]
    done = first = await come(world, SHOPIFY.encode())
    assert (done["failed"], of(done, "order")["created"]) == (2, 2)
    [problem] = [p for p in done["problems"] if p["kind"] == "error"]
    assert (problem["code"], problem["field"], problem["samples"][0]["value"]) == (
        "known_several",
        "account.email",
        "Ann@Example.com",
    )
    mapping = (await world.send(SHOPIFY.encode(), object="order"))["mapping"]
    mapping["Email"]["values"] = {"Ann@Example.com": two}
    done = await come(world, SHOPIFY.encode(), mapping=mapping)
    assert (done["failed"], of(done, "order")["created"]) == (0, 1), done["problems"]
    orders = {o["number"]: o for o in await world.all("order")}
    mug = orders["Shopify-#1001"]
    assert (mug["account"]["id"], mug["amount"], mug["amount_currency"], mug["status"], mug["store"]) == (
        two,
        30,
        "EUR",
        "paid",
        "Shopify",
    )
    assert one != two
    lines = await world.all("order_line", sort="id", order=mug["id"])
    assert [(x["name"], x["code"], x["quantity"], x["amount_currency"]) for x in lines] == [
        ("Mug", "M-1", 2, "EUR"),
        ("Spoon", "S-1", 1, "EUR"),
    ]
    assert (orders["Shopify-#1002"]["status"], orders["Shopify-#1002"]["paid"]) == ("returned", 0)
    assert [s["value"] for p in first["problems"] if p["code"] == "total_differs" for s in p["samples"]] == [
        "Shopify-#1003: 50 ≠ 15"
    ], "5 of shipping make 20 of 15"
    assert (orders["Shopify-#1003"]["discount"], orders["Shopify-#1003"]["discount_currency"]) == (1, "EUR")


async def test_two_shops_may_count_alike(world: World) -> None:
    sheet = "Invoice No,Stock Code,Quantity,Unit Price,Customer ID\n1,A,1,10,7\n"
    mapping = (await world.send(sheet.encode(), object="order"))["mapping"]
    for shop in ("North", "South"):
        named = {**mapping, "Invoice No": {"field": "number", "prefix": f"{shop}-"},
                 "Customer ID": {**mapping["Customer ID"], "prefix": f"{shop}-"}}  # fmt: skip
        done = await come(world, sheet.encode(), mapping=named)
        assert of(done, "order")["created"] == 1
    assert {o["number"]: o["account"]["title"] for o in await world.all("order")} == {
        "North-1": "North-7",
        "South-1": "South-7",
    }


async def test_what_is_wrong_with_a_mapping_is_said_before_anything_is_read(world: World) -> None:
    sheet = b"no,name,mail\n1,A,a@example.com\n"
    for mapping, key, code in (
        ({"no": "number", "name": "lines.name"}, None, "key_needed"),
        ({"no": "number", "name": {"field": "account.name", "known": True}}, "number", "not_an_option"),
        ({"no": "number", "=x": {"field": "status", "column": "gone"}}, "number", "unknown_column"),
        ({"no": {"field": "number", "prefix": 3}}, "number", "wrong_type"),
        ({"no": "number", "name": "lines.order"}, "number", "unknown_field"),
        ({"no": "number", "name": "account.2.name"}, "number", "unknown_field"),
    ):
        with pytest.raises(Invalid) as refused:
            await world.run(sheet, "order", mapping=mapping, mode="upsert" if key else "create", key=key)
        assert refused.value.errors[0].code == code, mapping


def test_rows_are_cut_between_orders() -> None:
    rows = [["1"], ["1"], ["2"], ["2"], ["2"], ["3"]]
    given = iter([Batch([1, 2, 3], rows[:3]), Batch([4, 5, 6], rows[3:])])
    assert [b.cells for b in groups.whole(given, (0,))] == [rows[:2], rows[2:5], rows[5:]]


async def test_a_run_that_died_in_the_middle_goes_on_without_a_line_lost_or_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 10)
    real, calls = groups.Groups.write, 0

    async def dies(self: Any, *given: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise RuntimeError("the power is off")
        await real(self, *given)

    monkeypatch.setattr(groups.Groups, "write", dies)
    content = RETAIL.read_bytes()
    first = await world.run(content, "order")
    assert first["status"] == "failed"
    assert 0 < first["read"] < 108
    async with world.database.connection() as db:
        await db.execute("UPDATE guanxi.job SET state = 'done' WHERE state = 'running'")
    async with world.ctx() as ctx:
        await transfer.resume(ctx, first["id"])
    await transfer.run_import(await world.take())
    async with world.ctx() as ctx:
        done = await transfer.status(ctx, first["id"])
    assert (done["status"], done["read"], done["created"]) == ("done", 108, 108), done["problems"]
    assert of(done, "order")["created"] == 8
    assert len(await world.all("order_line")) == 108
