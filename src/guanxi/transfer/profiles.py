"""Files that are known by their headings: the exports of shops, each a declaration of what its columns mean.

A column means one target or several; of several columns for one target the first that the file has is taken, and what is empty
there the others say where the entry has ``instead``. How an entry is written says :func:`guanxi.transfer.mapping.read`. To know another shop is one more :class:`Profile`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanxi.base import Label
from guanxi.transfer.mapping import Target, normal, target_of
from guanxi.transfer.table import Column

Entry = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of file: ``needs`` are headings that it has, each in one of several ways (normalised, between bars); ``columns`` say what
    headings mean, ``fixed`` what every row gets; ``without`` are headings that it never has; it is
    ``general`` where any other that fits is meant first. ``shop`` is the name that stands before the numbers of a shop which are its own
    alone (``scoped``)."""

    name: str
    label: Label
    object: str
    key: str
    needs: tuple[str, ...]
    columns: Sequence[tuple[str, Entry]]
    fixed: Mapping[str, str] = field(default_factory=dict[str, str])
    mode: str = "upsert"
    shop: str = ""
    scoped: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    general: bool = False


def known(field: str, **how: Any) -> Entry:
    """A column by which the customer is known."""
    return {"field": field, "known": True, "unknown": "empty", **how}


def said(field: str, **how: Any) -> Entry:
    """A column that is left empty where the field does not take what it says."""
    return {"field": field, "unknown": "empty", **how}


BLANK = {"": "", "null": "", "'null": "", "-": "", "--": "", "##*": "", "$$*": "", "**": ""}
"""What cells say in which nothing stands, or what the shop has masked."""
PAID: Mapping[str, Any] = {"needed": True, "values": {**BLANK, "无*": ""}}
"""An amount, or a moment, without which nothing was paid."""
BACK: Mapping[str, Any] = {**PAID, "prefix": "-"}


Entries = tuple[tuple[str, Entry], ...]


def _place(of: str, *headings: str) -> Entries:
    """Where somebody is, by the headings of street, its second line, city, province, postal code and country."""
    parts = ("street", "street", "city", "province", "postal_code", "country")
    return tuple(
        (heading, {"field": f"{of}.{part}", "join": ", "} if at == 1 else said(f"{of}.{part}"))
        for at, (part, heading) in enumerate(zip(parts, headings, strict=True))
        if heading
    )


def _money(number: str, when: str, amount: str, back: str = "", word: str = "退款 ", dated: bool = True) -> Entries:
    """What was paid (where ``dated`` only with its day) and what was given back, by the number of each."""
    own = number.split("|", 1)[1] if number.startswith("payment") else number
    return (
        (when, said("payments.paid_on", **(PAID if dated else {}))),
        (amount, {"field": "payments.amount", **PAID}),
        (number, "payments.reference"),
        (back, {"field": "payments.2.amount", **BACK}),
        (own, {"field": "payments.2.reference", "prefix": word}),
    )


def _spelt(states: Mapping[str, str], *before: str) -> dict[str, str]:
    """States as shops write them: in capitals or not, in one word or several."""
    ways = (lambda s: s, str.capitalize, str.title, str.upper)
    words = {s: m for state, m in states.items() for s in (state, state.replace("-", " "), state.replace("-", "_"))}
    return {way(b + s): m for s, m in words.items() for way in ways for b in ("", *before)}


STATES_ZH = {
    "等待买家付款": "placed", "等待付款*": "placed", "待付款": "placed", "待支付": "placed", "未付款": "placed", "已下单": "placed",
    "买家已付款*": "paid", "等待卖家发货": "paid", "等待发货": "paid", "待发货": "paid", "已付款": "paid", "待成团": "paid", "备货中": "paid",
    "已支付": "paid", "等待出库": "paid",
    "卖家已发货*": "shipped", "等待买家确认收货": "shipped", "等待买家确认": "shipped", "已发货": "shipped", "待收货": "shipped", "已发货，待收货": "shipped",
    "卖家部分发货": "shipped", "部分发货": "shipped", "等待确认收货": "shipped", "运输中": "shipped",
    "交易成功": "completed", "交易完成": "completed", "已完成": "completed", "完成": "completed", "已签收": "completed", "已收货": "completed",
    "交易关闭": "cancelled", "已取消*": "cancelled", "已关闭*": "cancelled", "交易取消": "cancelled", "未发货，退款成功": "cancelled", "待发货，退款成功": "cancelled",
    "(删除)*": "cancelled", "(锁定)*": "placed",
    "退款成功": "returned", "已退款": "returned", "退货*": "returned", "已发货，退款成功": "returned", "已收货，退款成功": "returned",
}  # fmt: skip
STATES_EN = _spelt({
    "pending": "placed", "pending-payment": "placed", "on-hold": "placed", "holded": "placed", "open": "placed", "unpaid": "placed",
    "awaiting-payment": "placed", "authorized": "placed", "processing": "paid", "paid": "paid", "unshipped": "paid", "awaiting-shipment": "paid",
    "awaiting-fulfillment": "paid", "shipped": "shipped", "partially-shipped": "shipped", "shipping": "shipped", "complete": "completed",
    "completed": "completed", "delivered": "completed", "shipped - delivered to buyer": "completed", "fulfilled": "completed",
    "cancelled": "cancelled", "canceled": "cancelled", "failed": "cancelled", "declined": "cancelled", "voided": "cancelled",
    "expired": "cancelled", "refunded": "returned", "returned": "returned", "closed": "returned", "partially-refunded": "paid",
}, "wc-")  # fmt: skip
CAME = {s: "received" if m in ("paid", "shipped", "completed", "returned") else "" for s, m in STATES_EN.items()} | {
    "": "", "*": ""
}  # fmt: skip
"""Whether there is money of an order, where only its state tells."""
NUMBER_ZH = "主订单编号|主订单号|订单编号|订单号|平台订单号|线上订单号|原始单号|交易单号|订单id"
ORDERED_ZH = "订单创建时间|下单时间|订单提交时间|订单成交时间|拼单成功时间|成交时间|交易创建时间|创建时间|下单日期|订单时间|订单日期"
GOODS_ZH = "宝贝标题|商品标题|商品名称|货品标题|选购商品|全部商品名称|货品名称|标题|商品|商品信息|产品名称"
RECEIVER_ZH = "买家姓名|收货人姓名|收件人姓名|收货人|收件人|收货人名称|收件人名称|收货人 提货人|客户姓名|买家昵称"
STATUS_ZH: tuple[str, Entry] = ("订单状态|交易状态|订单商品状态", said("status", values=STATES_ZH))
STORE_ZH: tuple[str, Entry] = ("店铺名称|归属店铺|所属店铺|店铺", "store")
LINES_ZH: Sequence[tuple[str, Entry]] = (
    (GOODS_ZH, "lines.name"),
    ("商家编码|商家编码 规格维度|商家sku编码|sku编码|规格编码|商品编码|商品编号|商家skuid|外部系统编号|单品货号|货号|商家编码 商品维度|商品id|sku id|sku", said("lines.code", values=BLANK)),
    ("宝贝总数量|宝贝数量|购买数量|商品数量|订购数量|成交数量|购买件数|商品件数|sku件数|下单数量|销售数量|数量|件数", "lines.quantity"),
    ("价格|单价|成交单价|销售单价|商品单价|商品价格|京东价|售价", "lines.price"),
)  # fmt: skip
PHONE_ZH: tuple[str, Entry] = (
    (
        "买家手机号|联系手机|收货人手机|收件人手机|收货人手机号|收件人手机号|收货人手机号 提货人手机号|收货人电话|收件人电话|收货人联系方式|收件人联系方式|收货手机|收件手机|收货电话|收件电话|买家手机|买家电话"
        "|手机号|手机|联系电话|联系方式|电话"
    ),
    known("account.phone", values=BLANK, instead=True),
)
BUYER_ZH: Sequence[tuple[str, Entry]] = (
    PHONE_ZH,
    (RECEIVER_ZH, said("account.name", values=BLANK, instead=True)),
    *(
        (headings, said(f"{of}.{part}", values=BLANK))
        for of in ("account.address", "ship_to")
        for part, headings in (
            ("province", "省|省份|收货人省份|收件人省份|收货省份|收件省份"),
            ("city", "市|城市|收货人城市|收件人城市|收货城市|收件城市"),
            ("district", "区|区县|收货人地区|收货人区县|收件人区县|收件人地区|收货区县|收件区县"),
            (
                "street",
                "详细地址|收货详细地址|详细收货地址|详细收货地址 提货地址|收货人详细地址|收件人详细地址|收货人地址|收件人地址|收货地址|收件地址|街道",
            ),
        )
    ),
)
NOTES_ZH: Sequence[tuple[str, Entry]] = (
    (
        "买家留言|买家备注|客户留言|订单备注|商家备注|卖家备注|商家订单备注|备注",
        said("description", values=BLANK, instead=True),
    ),
)

GOODS = {"field": "lines.product", "match": "code", "missing": "empty"}
"""What a shop numbers its goods by is the code of a product here, where there is one; a file's own column of codes says so by itself."""
GIVEN_BACK: tuple[str, Entry] = (
    "售后状态", {"field": "payments.2.status", "needed": True, "values": {"退款成功*": "received", "*": "", "": ""}}
)  # fmt: skip
"""All of it, where only a state tells."""

PROFILES: tuple[Profile, ...] = (
    Profile(
        "taobao",
        {"en": "Orders of Taobao or Tmall", "zh": "淘宝/天猫订单"},
        "order",
        "number",
        ("订单编号", "订单创建时间|创建时间", "买家实际支付金额|买家应付货款|总金额"),
        (
            ("订单编号", "number"),
            STORE_ZH,
            ("订单创建时间|创建时间", "ordered_at"),
            STATUS_ZH,
            ("订单付款时间|付款时间", said("status", values={"": "placed", "*": "paid"})),
            ("总金额|买家应付货款|买家应付金额", "amount"),
            ("买家会员名|买家昵称|买家会员昵称", known("account.reference", values=BLANK)),
            PHONE_ZH,
            ("收货人姓名|收货人|收件人", said("account.name", values=BLANK)),
            ("收货地址|收件地址|地址", said("ship_to")),
            ("收货地址|收件地址|地址", said("account.address")),
            *LINES_ZH,
            *_money("订单编号", "订单付款时间|付款时间", "买家实际支付金额|实际支付金额", "退款金额", dated=False),
            *NOTES_ZH,
        ),
        {"channel": "marketplace", "account.kind": "person"},
    ),
    Profile(
        "taobao_items",
        {"en": "What was bought in orders of Taobao or Tmall", "zh": "淘宝/天猫订单的宝贝明细"},
        "order",
        "number",
        ("订单编号", "标题", "价格", "购买数量"),
        (("订单编号", "number"), STATUS_ZH, *LINES_ZH),
        mode="update",
    ),
    Profile(
        "tmall_items",
        {"en": "Orders of Taobao or Tmall, a row a line", "zh": "淘宝/天猫订单（每行一件宝贝）"},
        "order",
        "number",
        ("主订单编号", "子订单编号", "标题", "购买数量", "买家实际支付金额"),
        (
            ("主订单编号", "number"),
            STORE_ZH,
            ("订单创建时间|创建时间", "ordered_at"),
            STATUS_ZH,
            ("买家会员名|买家昵称|买家会员昵称", known("account.reference", values=BLANK)),
            *LINES_ZH,
            ("买家应付货款", "lines.amount"),
            *_money("子订单编号", "订单付款时间|付款时间", "买家实际支付金额", "退款金额", dated=False),
            *NOTES_ZH,
        ),
        {"channel": "marketplace", "account.kind": "person"},
    ),
    Profile(
        "jd",
        {"en": "Orders of JD", "zh": "京东订单"},
        "order",
        "number",
        ("订单号|订单编号", "下单时间", "订单金额|应付金额", "下单帐号|下单账号|客户姓名"),
        (
            ("订单号|订单编号", "number"),
            STORE_ZH,
            ("下单时间", "ordered_at"),
            STATUS_ZH,
            ("订单金额|应付金额", "amount"),
            ("下单帐号|下单账号", known("account.reference", values=BLANK)),
            PHONE_ZH,
            ("客户姓名|收货人", said("account.name", values=BLANK)),
            ("客户地址|收货地址", said("ship_to")),
            ("货号", {**GOODS, "values": BLANK}),
            ("商品id|sku|sku编码|货号", "lines.code"),
            *LINES_ZH,
            *_money("订单号|订单编号", "付款确认时间", "应付金额|结算金额|订单金额"),
            *NOTES_ZH,
        ),
        {"channel": "marketplace", "account.kind": "person"},
    ),
    Profile(
        "pinduoduo",
        {"en": "Orders of Pinduoduo", "zh": "拼多多订单"},
        "order",
        "number",
        ("订单号", "商品总价", "用户实付金额|商家实收金额", "商品数量", "订单状态"),
        (
            ("订单号", "number"),
            STORE_ZH,
            (f"{ORDERED_ZH}|支付时间", said("ordered_at", values=BLANK, instead=True)),
            STATUS_ZH,
            ("用户实付金额|商家实收金额", "amount"),
            ("店铺优惠折扣", said("discount")),
            *BUYER_ZH,
            *LINES_ZH,
            ("商品总价", "lines.amount"),
            *_money("订单号", "支付时间", "用户实付金额|商家实收金额", "用户实付金额|商家实收金额"),
            GIVEN_BACK,
            *NOTES_ZH,
        ),
        {"channel": "marketplace", "account.kind": "person"},
    ),
    Profile(
        "douyin",
        {"en": "Orders of Douyin", "zh": "抖店订单"},
        "order",
        "number",
        ("主订单编号|主订单号", "子订单编号|子订单号", "选购商品|商品名称", "订单应付金额|商品金额", "商品数量"),
        (
            ("主订单编号|主订单号", "number"),
            STORE_ZH,
            (ORDERED_ZH, "ordered_at"),
            STATUS_ZH,
            *BUYER_ZH,
            *LINES_ZH,
            ("订单应付金额|商品金额", "lines.amount"),
            *_money("子订单编号|子订单号", "支付完成时间|支付时间", "订单应付金额", "订单应付金额"),
            GIVEN_BACK,
            *NOTES_ZH,
        ),
        {"channel": "marketplace", "account.kind": "person"},
    ),
    Profile(
        "alibaba",
        {"en": "Orders of 1688", "zh": "1688 订单"},
        "order",
        "number",
        ("订单编号", "买家公司名|买家会员名", "货品标题", "数量", "实付款|货品总价"),
        (
            ("订单编号", "number"),
            ("订单创建时间|创建时间", "ordered_at"),
            STATUS_ZH,
            ("实付款|货品总价", "amount"),
            ("买家会员名", known("account.reference", values=BLANK)),
            ("联系手机|联系电话", known("account.phone", values=BLANK, instead=True)),
            ("买家公司名|收货人姓名", said("account.name", values=BLANK, instead=True)),
            ("收货地址", said("ship_to")),
            ("收货地址", said("account.address")),
            *LINES_ZH,
            *_money("订单编号", "订单付款时间|付款时间", "实付款", "退款金额"),
            *NOTES_ZH,
        ),
        {"channel": "marketplace", "account.kind": "company"},
    ),
    Profile(
        "shop_zh",
        {"en": "Orders of a Chinese shop", "zh": "店铺订单"},
        "order",
        "number",
        (NUMBER_ZH, ORDERED_ZH, GOODS_ZH, f"{RECEIVER_ZH}|{PHONE_ZH[0]}"),
        (
            (NUMBER_ZH, "number"),
            STORE_ZH,
            (ORDERED_ZH, "ordered_at"),
            STATUS_ZH,
            ("应收订单金额|订单总金额|订单应付金额|订单金额|应付金额|用户应付金额|买家应付金额|订单实付金额|总金额|实付金额|实付款|买家实付|买家实付金额|商家实收|实收金额", "amount"),
            ("买家会员名|买家账号|买家id|用户id|会员账号|会员名", known("account.reference", values=BLANK)),
            ("店铺优惠合计|优惠金额|订单优惠|优惠", said("discount")),
            *BUYER_ZH,
            *LINES_ZH,
            ("商品总价|商品金额|小计", said("lines.amount")),
            *_money(NUMBER_ZH, "买家付款时间|付款时间|订单付款时间|支付时间|订单支付时间|支付成功时间|支付完成时间",
                    "订单实付金额|实付金额|实付款|买家实付|买家实付金额|用户应付金额|实际支付金额|支付金额|订单实收金额|商家实收",
                    "订单已退款金额|退款金额|已退款金额"),
            *NOTES_ZH,
        ),
        {"channel": "web", "account.kind": "person"},
        without=("客户", "客户名称", "公司名称", "单位名称"),
        general=True,
    ),
    Profile(
        "shopify",
        {"en": "Orders of Shopify", "zh": "Shopify 订单"},
        "order",
        "number",
        ("name", "financial status", "lineitem name", "lineitem quantity"),
        (
            ("name", "number"),
            ("created at", "ordered_at"),
            ("financial status", said("status", values={
                **STATES_EN, "partially_paid": "placed", "refunded": "returned", "partially_refunded": "paid"})),
            ("total", "amount"),
            ("discount amount", said("discount")),
            ("currency", "amount_currency"),
            ("email", known("account.email")),
            ("phone|billing phone|shipping phone", known("account.phone", instead=True)),
            ("billing name|shipping name", said("account.name", instead=True)),
            *_place("account.address", "billing address1|billing street", "billing address2", "billing city",
                    "billing province|billing province name", "billing zip", "billing country"),
            *_place("ship_to", "shipping address1|shipping street", "shipping address2", "shipping city",
                    "shipping province|shipping province name", "shipping zip", "shipping country"),
            ("lineitem name", "lines.name"),
            ("lineitem sku", "lines.code"),
            ("lineitem quantity", "lines.quantity"),
            ("lineitem price", "lines.price"),
            *_money("payment reference|name", "paid at", "total", "refunded amount", "Refund "),
            ("notes|note", "description"),
        ),
        {"channel": "web", "account.kind": "person"},
        shop="Shopify",
        scoped=("number",),
    ),
    Profile(
        "woocommerce",
        {"en": "Orders of WooCommerce", "zh": "WooCommerce 订单"},
        "order",
        "number",
        ("order number|order id", "order status|status", "order date|date", "item name|product name|name", "quantity|quantity refund|item quantity|qty"),
        (
            ("order number|order id", "number"),
            ("order date|date", "ordered_at"),
            ("order status|status", said("status", values=STATES_EN)),
            ("order total amount|order total|total", "amount"),
            ("cart discount amount|order discount|discount total", said("discount")),
            ("order currency|currency", "amount_currency"),
            ("customer id|customer user id", known("account.reference", values={"0": ""})),
            ("email billing|billing email|customer email", known("account.email")),
            ("phone billing|billing phone", known("account.phone")),
            ("first name billing|billing first name", said("account.name")),
            ("last name billing|billing last name", {"field": "account.name", "join": " "}),
            *_place("account.address", "address 1&2 billing|address 1 billing|billing address 1", "", "city billing|billing city",
                    "state code billing|state name billing|billing state", "postcode billing|billing postcode", "country code billing|billing country"),
            *_place("ship_to", "address 1&2 shipping|address 1 shipping|shipping address 1", "", "city shipping|shipping city",
                    "state code shipping|state name shipping|shipping state", "postcode shipping|shipping postcode", "country code shipping|shipping country"),
            ("item name|product name|name", "lines.name"),
            ("sku|product sku", "lines.code"),
            ("quantity|quantity refund|item quantity|qty", "lines.quantity"),
            ("item cost|item price|product price", "lines.price"),
            ("order status|status", {"field": "payments.status", "needed": True, "values": CAME}),
            *_money("order number|order id", "paid date|date paid|order paid date", "order total amount|order total|total",
                    "order refund amount|refunded amount", "Refund ", dated=False),
            ("customer note|order notes", "description"),
        ),
        {"channel": "web", "account.kind": "person"},
        shop="WooCommerce",
        scoped=("number", "account.reference"),
    ),
    Profile(
        "amazon",
        {"en": "Orders of Amazon", "zh": "亚马逊订单"},
        "order",
        "number",
        ("amazon order id|order id", "purchase date", "sku", "quantity|quantity purchased|quantity shipped", "item price|quantity to ship"),
        (
            ("amazon order id|order id", "number"),
            ("sales channel", "store"),
            ("purchase date", "ordered_at"),
            ("order status", said("status", values=STATES_EN)),
            ("payments date", said("status", values={"": "placed", "*": "paid"})),
            ("currency", "amount_currency"),
            ("buyer email", known("account.email")),
            ("buyer phone number", known("account.phone")),
            ("buyer name|recipient name", said("account.name")),
            *_place("ship_to", "ship address 1", "ship address 2", "ship city", "ship state", "ship postal code", "ship country"),
            ("product name", "lines.name"),
            ("sku", "lines.code"),
            ("quantity|quantity purchased|quantity shipped", "lines.quantity"),
            ("item price", said("lines.amount")),
            ("shipping price", {"field": "lines.2.amount", **PAID}),
            ("item promotion discount", {"field": "lines.3.amount", **BACK}),
        ),
        {"channel": "marketplace", "account.kind": "person", "lines.2.name": "Shipping", "lines.3.name": "Promotion"},
    ),
    Profile(
        "ebay",
        {"en": "Orders of eBay", "zh": "eBay 订单"},
        "order",
        "number",
        ("order number|sales record number", "buyer username", "item title", "quantity", "sold for|sale price"),
        (
            ("order number|sales record number", {"field": "number", "values": {"record(s) downloaded": ""}}),
            ("sale date", "ordered_at"),
            ("paid on date", said("status", values={"": "placed", "*": "paid"})),
            ("total price", "amount"),
            ("buyer username", known("account.reference")),
            ("buyer email", known("account.email")),
            ("ship to phone|buyer phone", known("account.phone")),
            ("buyer name|ship to name", said("account.name")),
            *_place("account.address", "buyer address 1", "buyer address 2", "buyer city", "buyer state", "buyer zip", "buyer country"),
            *_place("ship_to", "ship to address 1", "ship to address 2", "ship to city", "ship to state", "ship to zip", "ship to country"),
            ("item title", {"field": "lines.name", "needed": True}),
            ("custom label", said("lines.code")),
            ("quantity", "lines.quantity"),
            ("sold for|sale price", "lines.price"),
            *_money("order number|sales record number", "paid on date", "total price"),
            ("buyer note", "description"),
        ),
        {"channel": "marketplace", "account.kind": "person"},
    ),
    Profile(
        "magento",
        {"en": "Orders of Magento or Adobe Commerce", "zh": "Magento 订单"},
        "order",
        "number",
        ("id|order", "purchase date", "grand total purchased|grand total base", "status", "customer email|bill to name"),
        (
            ("id|order", "number"),
            ("purchase date", "ordered_at"),
            ("status", said("status", values=STATES_EN)),
            ("grand total purchased|grand total base", "amount"),
            ("customer email", known("account.email")),
            ("phone number", known("account.phone")),
            ("customer name|bill to name", said("account.name", instead=True)),
            ("billing address", said("account.address")),
            ("shipping address", said("ship_to")),
            ("status", {"field": "payments.status", "needed": True, "values": CAME}),
            *_money("id|order", "", "grand total purchased|grand total base", "total refunded", "Refund ", dated=False),
            ("order note", "description"),
        ),
        {"channel": "web", "account.kind": "person"},
        shop="Magento",
        scoped=("number",),
    ),
    Profile(
        "invoice_lines",
        {"en": "Invoices, a row a line", "zh": "发票明细（每行一项）"},
        "order",
        "number",
        ("invoice no|invoice number|invoice", "stock code|sku|item code|product code", "quantity|qty", "unit price|price"),
        (
            ("invoice no|invoice number|invoice", "number"),
            ("invoice date|date", "ordered_at"),
            # What a shop has delivered is completed; a credit note has a C before its number.
            ("invoice no|invoice number|invoice", {"field": "status", "values": {"C*": "returned", "*": "completed"}}),
            ("customer id|customer no|customer number|customer", known("account.reference")),
            ("email|customer email", known("account.email")),
            ("customer name", said("account.name")),
            ("country", said("account.address.country")),
            ("description|item name|product name", "lines.name"),
            ("stock code|sku|item code|product code", "lines.code"),
            ("quantity|qty", "lines.quantity"),
            ("unit price|price", "lines.price"),
            ("currency", "amount_currency"),
        ),
        {"channel": "web", "account.kind": "person"},
        scoped=("number", "account.reference"),
    ),
    Profile(
        "purchases",
        {"en": "Purchases, a row each", "zh": "购买记录（每行一笔）"},
        "order",
        "number",
        ("customer id|customer", "date|purchase date", "dollar value|dollars|amount|value", "number of cds|cds|quantity|items"),
        (
            ("customer id|customer", {"field": "number", "join": "-"}),
            ("date|purchase date", {"field": "number", "join": "-"}),
            ("date|purchase date", "ordered_at"),
            ("customer id|customer", known("account.reference")),
            ("customer id|customer", {"field": "status", "values": {"*": "completed"}}),
            ("number of cds|cds|quantity|items", "lines.quantity"),
            ("dollar value|dollars|amount|value", "lines.amount"),
        ),
        {"channel": "web", "account.kind": "person"},
        scoped=("number", "account.reference"),
    ),
)  # fmt: skip


def _by_name(columns: Sequence[Column]) -> dict[str, str]:
    """Headings by how they read, with and without what stands in brackets."""
    return {
        normal(c.name, aside): c.name for aside in (False, True) for c in reversed(columns) if normal(c.name, aside)
    }


def recognised(columns: Sequence[Column]) -> Profile | None:
    """The kind of file whose headings these are; of several the one that needs most."""
    there = _by_name(columns).keys()
    fitting = [
        p for p in PROFILES if all(there & set(names.split("|")) for names in p.needs) and there.isdisjoint(p.without)
    ]
    return max(fitting, key=lambda p: (not p.general, len(p.needs)), default=None)


def mapping_of(
    profile: Profile, columns: Sequence[Column], offered: Mapping[str, Target], shop: str | None = None
) -> dict[str, Any]:
    """The mapping of a file of this kind, as the API writes it; targets that are not offered are left out."""
    by_name = _by_name(columns)
    shop = profile.shop if shop is None else shop
    out: dict[str, Any] = {c.name: None for c in columns}
    taken: set[str] = set()
    for headings, entry in profile.columns:
        how: dict[str, Any] = {"field": entry} if isinstance(entry, str) else dict(entry)
        path: str = how["field"]
        named = [by_name[h] for h in headings.split("|") if h in by_name]
        joins = "join" in how
        if not named or target_of(offered, path) is None or (path in taken and not joins):
            continue
        if joins and path not in taken and how["join"] != "-":
            del how["join"]
        if shop and path in profile.scoped and path not in taken:
            how["prefix"] = f"{shop}-"
        taken.add(path)
        more = named[1:] if how.pop("instead", False) else ()
        _put(out, named[0], how)
        for heading in more:
            _put(out, heading, {"field": path, "instead": True})
        goods = GOODS["field"]
        if path == "lines.code" and goods not in taken and target_of(offered, goods) is not None:
            taken.add(goods)
            _put(out, named[0], {**GOODS, "values": how.get("values", {})})
    for path, value in {**({"store": shop} if shop else {}), **profile.fixed}.items():
        _fix(out, taken, offered, path, value)
    return _without_the_lost(out)


def _put(out: dict[str, Any], heading: str, how: dict[str, Any]) -> None:
    """Send a column into a target, once more where it has one."""
    place = heading
    if out[heading] is not None:
        place, how["column"] = _free(out, f"={how['field']}"), heading
    out[place] = how if len(how) > 1 else how["field"]


def _fix(out: dict[str, Any], taken: set[str], offered: Mapping[str, Target], path: str, value: str) -> None:
    if path not in taken and target_of(offered, path) is not None:
        out[_free(out, f"={path}")] = {"field": path, "value": value}
        taken.add(path)


def _free(out: Collection[str], name: str) -> str:
    while name in out:
        name += "'"
    return name


def _without_the_lost(out: dict[str, Any]) -> dict[str, Any]:
    """Without what is said of customers that the file says nothing to know them by, and of payments without an amount."""
    paths = {k: v["field"] if isinstance(v, Mapping) else v for k, v in out.items() if v}
    knows = any(isinstance(v, Mapping) and v.get("known") for v in out.values())
    slots = {p.rpartition(".")[0] for p in paths.values() if p.startswith(("payments.", "lines.2", "lines.3"))}
    empty = {s for s in slots if f"{s}.amount" not in paths.values()}
    lost = {k for k, p in paths.items() if p.rpartition(".")[0] in empty or (p.startswith("account.") and not knows)}
    return {
        k: (None if k in lost else v)
        for k, v in out.items()
        if k not in lost or not isinstance(v, Mapping) or not ({"column", "value"} & v.keys())
    }
