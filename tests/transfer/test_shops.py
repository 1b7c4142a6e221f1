"""Files of shops as these write them: nothing lost, nothing twice, no strangers taken for one, and all of it taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from guanxi.records import Create, write
from guanxi.records.undo import undo
from guanxi.transfer import uploads
from guanxi.transfer.table import Inspection

if TYPE_CHECKING:
    from conftest import World

JD = """\
订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,应付金额,订单状态,下单帐号,客户姓名,客户地址,联系电话,付款确认时间,货号
"285010000001\t",100001,电饭煲,1,在线支付,2026-02-01 10:00:00,299.00,399.00,389.00,389.00,完成,jd_48a7f2,冯颖,广东深圳市福田区农园路66号,1******6198,2026-02-01 10:00:30,H1
"285010000002\t",100002,砂锅,1,在线支付,2026-02-02 10:00:00,50.00,50.00,50.00,50.00,等待付款确认,jd_9x,冯*,北京朝阳区三环以内,1******6198,,H2
"285010000001\t",100002,砂锅,2,在线支付,2026-02-01 10:00:00,50.00,399.00,389.00,389.00,完成,jd_48a7f2,冯颖,广东深圳市福田区农园路66号,1******6198,2026-02-01 10:00:30,H2
"285010000003\t",100002,砂锅,1,在线支付,2026-02-02 10:00:00,50.00,50.00,50.00,50.00,全新的状态,jd_9x,冯*,北京朝阳区三环以内,1******6198,,H2
"""
PINDUODUO = """\
商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),用户实付金额(元),商家实收金额(元),商品数量(件),收货人,手机,国家,省,市,区,街道,支付时间,商品id,商家编码-规格维度,售后状态,订单成交时间
苹果 5斤,"260201-1\t",已收货,39.90,0.00,5.00,34.90,36.90,2,赵*,*******1234,中国,浙江省,杭州市,余杭区,*****,"2026-02-01 09:00:00\t","63\t",PG-5,无售后或售后取消,"2026-02-01 09:00:00\t"
苹果 5斤,"260202-1\t","已取消，退款成功",19.90,0.00,0.00,19.90,19.90,1,钱*,*******1234,中国,北京市,北京市,朝阳区,,"2026-02-02 09:00:00\t","63\t",PG-5,退款成功,"2026-02-02 09:00:00\t"
梨 3斤,"260203-1\t",待发货,10.00,3.00,0.00,13.00,13.00,1,孙芳,13700002222,中国,上海市,上海市,闵行区,莘庄镇1号,"2026-02-03 09:00:00\t","64\t",L-3,无售后或售后取消,"2026-02-03 09:00:00\t"
"""
DOUYIN = """\
主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,收件人,收件人手机号,省,市,区,街道,详细地址,订单提交时间,订单完成时间,支付完成时间,订单状态,售后状态
"\t691","\t691","\t辣丝丝",1袋,1,"\t35","\t3004",30.00,28.90,0.00,##密文,$$密文,江苏省,南京市,玄武区,新街口街道,##密文,2026-02-01 00:54:10,2026-02-03 13:18:29,2026-02-01 00:54:20,已完成,-
"\t692","\t692","\t辣丝丝",1袋,2,"\t35","\t3004",30.00,60.00,0.00,##密文,$$密文,江苏省,南京市,玄武区,新街口街道,##密文,2026-02-02 00:54:10,,2026-02-02 00:54:20,已发货,-
"\t692","\t693","\t酱菜",1袋,1,"\t36","\t3005",12.00,12.00,0.00,##密文,$$密文,江苏省,南京市,玄武区,新街口街道,##密文,2026-02-02 00:54:10,,2026-02-02 00:54:20,已发货,-
"\t694","\t694","\t酱菜",1袋,1,"\t36","\t3005",12.00,12.00,0.00,王*,138******56,江苏省,南京市,玄武区,新街口街道,***,2026-02-03 00:54:10,,2026-02-03 00:54:20,已关闭,退款成功
"\t695","\t695","\t酱菜",1袋,1,"\t36","\t3005",12.00,12.00,0.00,周明,13600003333,江苏省,南京市,玄武区,新街口街道,中山路1号,2026-02-03 00:54:10,,-,待支付,-
"""
TMALL = """\
子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,备注,订单状态,商家编码,买家应付货款,买家实际支付金额,退款状态,退款金额,订单创建时间,订单付款时间
="311",="301",保温杯,84.00,1,BW,'null,交易成功,BW-B,84.00,80.00,没有申请退款,无退款申请,2026-01-01 10:00:00,2026-01-01 10:00:05
="312",="301",茶叶,42.00,2,CY,'null,交易成功,CY,84.00,80.00,退款成功,80.00,2026-01-01 10:00:00,2026-01-01 10:00:05
="321",="321",贴纸,10.00,1,TZ,'null,等待买家付款,TZ,10.00,0.00,没有申请退款,无退款申请,2026-01-02 10:00:00,
"""
YOUZAN = """\
订单号,归属店铺,订单状态,订单创建时间,买家付款时间,商品金额合计,运费,店铺优惠合计,应收订单金额,订单实付金额,全部商品名称,商品种类数,收货人省份,收货人城市,收货人地区,详细收货地址/提货地址,收货人/提货人,收货人手机号/提货人手机号,买家备注,分销员,买家昵称,买家手机号,订单已退款金额,商家订单备注,分销员
E1,芸熙烘焙,交易完成,2026-06-19 10:00:00,2026-06-19 10:01:00,100.00,5.00,10.00,95.00,95.00,草莓蛋糕,1,山东省,济南市,历城区,山东省济南市历城区示例街道1号,Alice,13800138000,,,艾丽,,0.00,,
E2,芸熙烘焙,已关闭,2026-06-19 11:00:00,2026-06-19 11:01:00,200.00,0,0,200.00,200.00,蓝莓蛋糕,1,山东省,济南市,历城区,山东省济南市历城区示例街道1号,沙拉,13200000000,,,艾丽,13800138000,200.00,放门口,
E3,芸熙烘焙,待付款,2026-06-19 12:00:00,,30.00,0,0,30.00,0.00,曲奇;面包,2,山东省,济南市,历城区,山东省济南市历城区示例街道1号,Bob,132****0000,,,bob,,0.00,,
"""
WOOCOMMERCE = """\
Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Last Name (Billing),Email (Billing),Customer User ID,Order Refund Amount,Order Total Amount,SKU,Item Name,Quantity (- Refund),Item Cost
5001,Completed,2026-03-01 12:00,,Eva,Meyer,eva@meyer.de,0,0,40,W-1,Book,1,20
5001,Completed,2026-03-01 12:00,,Eva,Meyer,eva@meyer.de,0,0,40,W-2,Map,2,10
5002,Refunded,2026-03-02 12:00,,Max,Moser,max@moser.at,0,40,40,W-1,Book,1,20
5002,Refunded,2026-03-02 12:00,,Max,Moser,max@moser.at,0,40,40,W-2,Map,2,10
5003,Pending payment,2026-03-03 12:00,,,,,0,0,20,W-1,Book,1,20
"""
AMAZON = """\
amazon-order-id\tmerchant-order-id\tpurchase-date\torder-status\tsales-channel\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\titem-price\titem-tax\tshipping-price\titem-promotion-discount\tship-city\tship-postal-code\tship-country
112-1\t\t2026-04-10T09:15:00+02:00\tShipped\tAmazon.de\tSheet\tOCH\tB01\tShipped\t1\tEUR\t89.90\t17.08\t\t10.00\tBERLIN\t01011\tDE
112-2\t\t2026-04-11T14:42:00+00:00\tShipped\tAmazon.de\tMugs\tMUG\tB02\tShipped\t2\tEUR\t42.00\t7.98\t5.99\t\tBERLIN\t01011\tDE
112-2\t\t2026-04-11T14:42:00+00:00\tShipped\tAmazon.de\tNapkins\tNAP\tB03\tShipped\t1\tEUR\t18.00\t3.42\t\t\tBERLIN\t01011\tDE
112-3\t\t2026-04-12T14:42:00+00:00\tCancelled\tAmazon.de\tNapkins\tNAP\tB03\tCancelled\t0\tEUR\t\t\t\t\tBERLIN\t01011\tDE
"""
EBAY = """\

"Sales Record Number","Order Number","Buyer Username","Buyer Name","Buyer Email","Ship To Phone","Item Title","Custom Label","Quantity","Sold For","Shipping And Handling","Total Price","Sale Date","Paid On Date"

"101","12-34","buyer_1","Pat Smith","pat@x.com","512-555-0101","Lamp, brass","L-1","1","$45.99","$12.00","$57.99","Jul-21-25","Jul-21-25"
"102","13-34","buyer_2","Kim Lo","kim@x.com","512-555-0101","","","2","$30.00","$4.00","$34.00","Jul-22-25","Jul-22-25"
"102","13-34","buyer_2","","","","Postcard","P-1","1","$10.00","","","",""
"102","13-34","buyer_2","","","","Poster","P-2","1","$20.00","","","",""

3,record(s) downloaded,,
Seller ID : my-shop,,
"""
MAGENTO = """\
ID,Purchase Point,Purchase Date,Bill-to Name,Ship-to Name,Grand Total (Base),Grand Total (Purchased),Status,Billing Address,Shipping Address,Customer Email,Customer Name,Total Refunded
000000299,Main,"May 31, 2026 2:55:09 AM",Sarah Miller,Sarah Miller,$219.40,$219.40,Pending,"1 Main,New York","1 Main,New York",sarah@x.com,Sarah Miller,$0.00
000000300,Main,"Jun 1, 2026 11:05:00 PM",Tom Ray,Tom Ray,$50.00,$50.00,Closed,,,tom@x.com,Tom Ray,$50.00
000000301,Main,"Jun 2, 2026 11:05:00 PM",Tom Ray,Tom Ray,$70.00,$70.00,Complete,,,tom@x.com,Tom Ray,$0.00
"""

# name of the kind of file; per order: state, amount, what was paid, pieces on its lines, customer
ALIBABA = """\
订单编号,买家公司名,买家会员名,卖家公司名,货品总价(元),运费(元),实付款(元),订单状态,订单创建时间,订单付款时间,收货人姓名,收货地址,联系手机,货品标题,单价(元),数量,单位,货号
88001,杭州远航贸易有限公司,hz_buyer,我司,100.00,0.00,100.00,交易成功,2026-03-01 10:00:00,2026-03-01 10:05:00,张三,浙江省 杭州市 余杭区 文一西路969号,13612340001,不锈钢杯,8.00,10,个,BW
88001,杭州远航贸易有限公司,hz_buyer,我司,100.00,0.00,100.00,交易成功,2026-03-01 10:00:00,2026-03-01 10:05:00,张三,浙江省 杭州市 余杭区 文一西路969号,13612340001,杯盖,2.00,10,个,BG
"""
XIAOHONGSHU = """\
订单号,订单状态,订单创建时间,订单支付时间,收件人姓名,收件人电话,收件人省份,收件人城市,收件人区县,收件人详细地址,商品名称,商家编码,SKU件数,商品总价(元),用户应付金额(元)
P71,已完成,2026-03-02 10:00:00,2026-03-02 10:01:00,李*,138****0001,上海市,上海市,黄浦区,***,杯子,M-1,2,40.00,40.00
P72,已发货,2026-03-02 11:00:00,2026-03-02 11:01:00,周芳,13612340002,上海市,上海市,黄浦区,人民大道1号,杯子,M-1,1,20.00,20.00
"""
AMAZON_OPEN = """\
order-id\torder-item-id\tpurchase-date\tpayments-date\tbuyer-email\tbuyer-name\tsku\tproduct-name\tquantity-purchased\tquantity-to-ship\trecipient-name\tship-address-1\tship-city\tship-postal-code\tship-country
113-1\t1\t2026-04-01T00:00:00+00:00\t2026-04-01T00:10:00+00:00\tzed@marketplace.example\tZed\tM-1\tMug\t2\t2\tZed\tStr 2\tBerlin\t10115\tDE
"""
FILES: dict[str, tuple[str, dict[str, tuple[str, float | None, float, float, str | None]]]] = {
    "jd": (JD, {
        "285010000001": ("completed", 399, 389, 3, "冯颖"), "285010000002": ("placed", 50, 0, 1, "jd_9x"),
        "285010000003": ("placed", 50, 0, 1, "jd_9x"),
    }),
    "pinduoduo": (PINDUODUO, {
        "260201-1": ("completed", 34.9, 34.9, 2, None), "260202-1": ("cancelled", 19.9, 0, 1, None), "260203-1": ("paid", 13, 13, 1, "孙芳"),
    }),
    "douyin": (DOUYIN, {
        "691": ("completed", 28.9, 28.9, 1, None), "692": ("shipped", 72, 72, 3, None), "694": ("cancelled", 12, 0, 1, None),
        "695": ("placed", 12, 0, 1, "周明"),
    }),
    "tmall_items": (TMALL, {"301": ("completed", 168, 80, 3, None), "321": ("placed", 10, 0, 1, None)}),
    "shop_zh": (YOUZAN, {
        "E1": ("completed", 95, 95, 1, "Alice"), "E2": ("cancelled", 200, 0, 1, "Alice"), "E3": ("placed", 30, 0, 1, None),
    }),
    "alibaba": (ALIBABA, {"88001": ("completed", 100, 100, 20, "杭州远航贸易有限公司")}),
    "shop_zh:xiaohongshu": (XIAOHONGSHU, {"P71": ("completed", 40, 40, 2, None), "P72": ("shipped", 20, 20, 1, "周芳")}),
    "amazon:open": (AMAZON_OPEN, {"113-1": ("paid", None, 0, 2, "Zed")}),
    "woocommerce": (WOOCOMMERCE, {
        "WooCommerce-5001": ("completed", 40, 40, 3, "Eva Meyer"), "WooCommerce-5002": ("returned", 40, 0, 3, "Max Moser"),
        "WooCommerce-5003": ("placed", 20, 0, 1, None),
    }),
    "amazon": (AMAZON, {
        "112-1": ("shipped", 79.9, 0, 2, None), "112-2": ("shipped", 65.99, 0, 4, None), "112-3": ("cancelled", 0, 0, 0, None),
    }),
    "ebay": (EBAY, {"12-34": ("paid", 57.99, 57.99, 1, "Pat Smith"), "13-34": ("paid", 34, 34, 2, "Kim Lo")}),
    "magento": (MAGENTO, {
        "Magento-000000299": ("placed", 219.4, 0, 0, "Sarah Miller"), "Magento-000000300": ("returned", 50, 0, 0, "Tom Ray"),
        "Magento-000000301": ("completed", 70, 70, 0, "Tom Ray"),
    }),
}  # fmt: skip


async def come(world: World, content: bytes, kind: str = "") -> dict[str, Any]:
    """Import a file as the wizard would begin."""
    seen = await world.send(content, object="order")
    assert not kind or (seen["profile"] or {}).get("name") == kind
    return await world.run(content, "order", mapping=seen["mapping"], mode=seen["profile"]["mode"], key=seen["key"])


async def orders(world: World) -> dict[str, tuple[Any, ...]]:
    """What is there of orders: state, amount, what was paid, pieces, customer."""
    pieces: dict[str, float] = {}
    for line in await world.all("order_line"):
        pieces[line["order"]["id"]] = pieces.get(line["order"]["id"], 0) + line["quantity"]
    return {
        o["number"]: (
            o["status"],
            o["amount"],
            o["paid"],
            pieces.get(o["id"], 0),
            o["account"] and o["account"]["title"],
        )
        for o in await world.all("order")
    }


@pytest.mark.parametrize("kind", FILES)
async def test_a_shops_orders_arrive_once_with_their_sums(world: World, kind: str) -> None:
    text, expected = FILES[kind]
    content = text.encode("utf-8-sig" if kind == "ebay" else "gb18030" if kind == "jd" else "utf-8")
    done = await come(world, content, kind.partition(":")[0])
    assert await orders(world) == expected, done["problems"]
    assert {p["code"] for p in done["problems"] if p["kind"] == "error"} <= {"key_missing"}, "the end of eBay's file"
    again = await come(world, content)
    assert (again["created"], again["updated"]) == (0, 0), again["objects"]
    assert await orders(world) == expected
    async with world.ctx() as ctx:
        await undo(ctx, done["change_set"])
    assert [await world.all(o) for o in ("order", "order_line", "payment", "account")] == [[], [], [], []]


async def test_goods_with_the_code_of_a_product_are_linked_to_it_and_other_codes_are_told(world: World) -> None:
    async with world.ctx() as ctx:
        await write(
            ctx, "product", [Create({"name": "蛋白粉", "code": "W-1"}), Create({"name": "电饭煲", "code": "H1"})]
        )
    for kind, of, unknown in (("woocommerce", WOOCOMMERCE, "W-2"), ("jd", JD, "H2")):
        done = await come(world, of.encode(), kind)
        [told] = [p for p in done["problems"] if p["field"] == "lines.product"]
        assert (told["kind"], {s["value"] for s in told["samples"]}) == ("note", {unknown})
    linked = {(line["code"], line["product"] and line["product"]["title"]) for line in await world.all("order_line")}
    assert linked == {("W-1", "蛋白粉"), ("W-2", None), ("100001", "电饭煲"), ("100002", None)}
    again = await come(world, WOOCOMMERCE.encode())
    assert (again["created"], again["updated"]) == (0, 0), again["objects"]


async def test_what_shops_mask_or_encipher_is_written_nowhere(world: World) -> None:
    for text in (DOUYIN, PINDUODUO, JD, YOUZAN):
        await come(world, text.encode())
    for object in ("account", "order"):
        for record in await world.all(object):
            assert not any(sign in str(record) for sign in ("*", "##", "$$")), record
    assert sorted(a["name"] for a in await world.all("account")) == sorted(["冯颖", "jd_9x", "孙芳", "周明", "Alice"])


async def test_guests_of_a_shop_are_not_one_customer(world: World) -> None:
    await come(world, WOOCOMMERCE.encode(), "woocommerce")
    assert [(a["name"], a["reference"]) for a in await world.all("account", sort="name")] == [
        ("Eva Meyer", None), ("Max Moser", None),
    ]  # fmt: skip


async def test_two_buyers_with_one_phone_stay_two_now_and_later(world: World) -> None:
    head, *rows = EBAY.strip().splitlines()[0:1], *EBAY.strip().splitlines()[2:6]
    await come(world, "\n".join([*head, rows[0]]).encode(), "ebay")
    await come(world, "\n".join([*head, *rows[1:]]).encode(), "ebay")
    assert {n: o[4] for n, o in (await orders(world)).items()} == {"12-34": "Pat Smith", "13-34": "Kim Lo"}
    elsewhere = "\n".join(
        [*head, rows[0].replace("buyer_1", "pat-2").replace("pat@x.com", "").replace("12-34", "14-34")]
    )
    await come(world, elsewhere.encode(), "ebay")
    assert (await orders(world))["14-34"][4] == "Pat Smith"
    assert len(await world.all("account")) == 2, "one of the same name and phone is the same"


SUMMARY = """\
订单编号,买家会员名,买家应付货款,总金额,买家实际支付金额,订单状态,收货人姓名,收货地址,联系手机,订单创建时间,订单付款时间,宝贝标题,宝贝种类,宝贝总数量,店铺名称,退款金额,订单备注
="301",lulu,168.00,178.00,178.00,交易成功,王璐,广东省 深圳市 南山区 科技园路1号,138****1234,2026-01-01 10:00:00,2026-01-01 10:00:05,保温杯 500ml，茶叶礼盒,2,3,远航旗舰店,0.00,'null
="302",tb**89,59.90,59.90,0.00,等待买家付款,李*,上海 上海市 黄浦区 ***,139****5678,2026-01-01 11:00:00,,茶叶礼盒,1,1,远航旗舰店,0.00,'null
"""
ITEMS = """\
订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码
="301",保温杯 500ml,84.00,1,BW-500,蓝色,,null,交易成功,BW-500-B
="301",茶叶礼盒,42.00,2,CY-1,500g,,null,交易成功,CY-1
="302",茶叶礼盒,59.90,1,CY-1,1000g,,null,等待买家付款,CY-1
="399",贴纸,1.00,1,TZ,,,null,交易成功,TZ
"""


async def test_a_shops_two_files_make_each_line_once(world: World) -> None:
    whole = {"301": ("completed", 178, 178, 3, "王璐"), "302": ("placed", 59.9, 0, 1, None)}
    await come(world, SUMMARY.encode("gb18030"), "taobao")
    assert await orders(world) == whole
    done = await come(world, ITEMS.encode("gb18030"), "taobao_items")
    assert [p["code"] for p in done["problems"] if p["field"] == "number"] == ["key_not_found"], "of an order not there"
    for text in (SUMMARY, ITEMS, SUMMARY):
        lines = [
            (x["name"], x["code"], x["quantity"], x["amount"]) for x in await world.all("order_line", sort="amount")
        ]
        assert lines == [("茶叶礼盒", "CY-1", 1, 59.9), ("保温杯 500ml", "BW-500-B", 1, 84), ("茶叶礼盒", "CY-1", 2, 84)] or lines == [
            ("茶叶礼盒", "CY-1", 1, 59.9), ("茶叶礼盒", "CY-1", 2, 84), ("保温杯 500ml", "BW-500-B", 1, 84)
        ]  # fmt: skip
        assert await orders(world) == whole
        again = await come(world, text.encode("gb18030"))
        assert (again["created"], again["updated"]) == (0, 0)
    assert [o["description"] for o in await world.all("order")] == [None, None]


async def test_of_several_columns_the_first_that_says_anything_counts(world: World) -> None:
    sheet = b"mail,phone,billing,name\nann@example.com,,'+1 617-555-0100,Ann\nbob@example.com,n/a,'6175550101,Bob\n"
    mapping = {
        "name": "name",
        "mail": "email",
        "phone": {"field": "phone", "values": {"n/a": ""}},
        "billing": {"field": "phone", "instead": True},
    }
    await world.run(sheet, "account", mapping=mapping)
    assert [a["phone"] for a in await world.all("account", sort="name")] == ["+16175550100", "6175550101"]


async def test_what_was_chosen_for_a_file_before_its_kind_was_known_gives_way(world: World) -> None:
    """A mapping without the number by which orders are known was kept, and the number was asked for nonetheless."""
    async with world.ctx() as ctx:
        seen = await world.send(XIAOHONGSHU.encode(), object="order")
        await uploads.remember(ctx, "order", Inspection.from_json(seen), {"商品名称": "description"})
    again = await world.send(XIAOHONGSHU.encode(), object="order")
    assert again["mapping"]["订单号"] == "number"
