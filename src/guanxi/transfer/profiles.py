"""Files that are known by their headings: the exports of shops, each a declaration of what its columns mean.

A column means one target or several; of several columns for one target the first that the file has is taken. How an entry
is written says :func:`guanxi.transfer.mapping.read`. To know another shop is one more :class:`Profile`.
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
    headings mean, ``fixed`` what every row gets. ``shop`` is the name that stands before the numbers of a shop which are its own
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


def known(field: str, **how: Any) -> Entry:
    """A column by which the customer is known."""
    return {"field": field, "known": True, "unknown": "empty", **how}


def said(field: str, **how: Any) -> Entry:
    """A column that is left empty where the field does not take what it says."""
    return {"field": field, "unknown": "empty", **how}


NOTHING = {"": "", "0": "", "0.0": "", "0.00": "", "-0": "", "-0.0": "", "-0.00": ""}
"""What amounts say where nothing was paid."""
PAID: Mapping[str, Any] = {"needed": True, "values": NOTHING}
BACK: Mapping[str, Any] = {"needed": True, "values": NOTHING, "prefix": "-"}

TAOBAO_STATES = {
    "等待买家付款": "placed", "等待付款": "placed", "待付款": "placed", "已下单": "placed",
    "买家已付款*": "paid", "等待卖家发货": "paid", "等待发货": "paid", "待发货": "paid", "已付款": "paid",
    "卖家已发货*": "shipped", "等待买家确认收货": "shipped", "等待买家确认": "shipped", "已发货": "shipped", "待收货": "shipped",
    "卖家部分发货": "shipped",
    "交易成功": "completed", "已完成": "completed", "已签收": "completed", "已收货": "completed",
    "交易关闭": "cancelled", "已取消": "cancelled", "已关闭": "cancelled", "交易取消": "cancelled",
    "退款成功": "returned", "已退款": "returned", "退货*": "returned",
}  # fmt: skip

PROFILES: tuple[Profile, ...] = (
    Profile(
        "taobao",
        {"en": "Orders of Taobao or Tmall", "zh": "淘宝/天猫订单"},
        "order",
        "number",
        ("订单编号", "订单创建时间|创建时间", "买家实际支付金额|买家应付货款|总金额"),
        (
            ("订单编号", "number"),
            ("店铺名称", "store"),
            ("订单创建时间|创建时间", "ordered_at"),
            ("订单状态|交易状态", {"field": "status", "values": TAOBAO_STATES}),
            ("订单付款时间|付款时间", {"field": "status", "values": {"": "placed", "*": "paid"}}),
            ("总金额|买家应付货款|买家应付金额", "amount"),
            ("买家会员名|买家昵称|买家会员昵称", known("account.reference")),
            ("联系手机|收货人手机|手机", known("account.phone")),
            ("联系电话", known("account.phone")),
            ("收货人姓名|收货人|收件人", said("account.name")),
            ("收货地址|收件地址|地址", said("ship_to")),
            ("收货地址|收件地址|地址", said("account.address")),
            ("宝贝标题|商品标题|商品名称", "lines.name"),
            ("商家编码|sku编码|外部系统编号", "lines.code"),
            ("宝贝总数量|宝贝数量|购买数量|商品数量", "lines.quantity"),
            ("价格|单价|商品价格", "lines.price"),
            ("订单付款时间|付款时间", said("payments.paid_on")),
            ("买家实际支付金额|实际支付金额", {"field": "payments.amount", **PAID}),
            ("订单编号", "payments.reference"),
            ("退款金额", {"field": "payments.2.amount", **BACK}),
            ("订单编号", {"field": "payments.2.reference", "prefix": "退款 "}),
            ("订单备注|卖家备注|买家留言", "description"),
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
            ("店铺名称", "store"),
            ("下单时间", "ordered_at"),
            ("订单状态", {"field": "status", "values": {
                **TAOBAO_STATES, "完成": "completed", "等待出库": "paid", "(删除)*": "cancelled", "(锁定)*": "placed", "已取消*": "cancelled"}}),
            ("订单金额|应付金额", "amount"),
            ("下单帐号|下单账号", known("account.reference")),
            ("联系电话|手机", known("account.phone")),
            ("客户姓名|收货人", said("account.name")),
            ("客户地址|收货地址", said("ship_to")),
            ("商品id|sku|sku编码|货号", "lines.code"),
            ("商品名称", "lines.name"),
            ("订购数量|数量", "lines.quantity"),
            ("京东价|单价", "lines.price"),
            ("订单备注|商家备注", "description"),
        ),
        {"channel": "marketplace", "account.kind": "person"},
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
            ("financial status", {"field": "status", "values": {
                "paid": "paid", "pending": "placed", "authorized": "placed", "partially_paid": "placed", "refunded": "returned",
                "partially_refunded": "paid", "voided": "cancelled", "expired": "cancelled"}}),
            ("total", "amount"),
            ("discount amount", said("discount")),
            ("currency", "amount_currency"),
            ("email", known("account.email")),
            ("phone|billing phone|shipping phone", known("account.phone")),
            ("billing name|shipping name", said("account.name")),
            ("billing address1|billing street", said("account.address.street")),
            ("billing city", said("account.address.city")),
            ("billing province|billing province name", said("account.address.province")),
            ("billing zip", said("account.address.postal_code")),
            ("billing country", said("account.address.country")),
            ("shipping address1|shipping street", said("ship_to.street")),
            ("shipping city", said("ship_to.city")),
            ("shipping province|shipping province name", said("ship_to.province")),
            ("shipping zip", said("ship_to.postal_code")),
            ("shipping country", said("ship_to.country")),
            ("lineitem name", "lines.name"),
            ("lineitem sku", "lines.code"),
            ("lineitem quantity", "lines.quantity"),
            ("lineitem price", "lines.price"),
            ("paid at", {"field": "payments.paid_on", "needed": True}),
            ("total", {"field": "payments.amount", **PAID}),
            ("payment reference|name", "payments.reference"),
            ("refunded amount", {"field": "payments.2.amount", **BACK}),
            ("name", {"field": "payments.2.reference", "prefix": "Refund "}),
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
            ("order status|status", {"field": "status", "values": {
                name: meant for state, meant in (
                    ("pending", "placed"), ("pending payment", "placed"), ("on-hold", "placed"), ("on hold", "placed"), ("failed", "cancelled"),
                    ("processing", "paid"), ("completed", "completed"), ("cancelled", "cancelled"), ("refunded", "returned"))
                for name in (state, state.capitalize(), f"wc-{state}")}}),
            ("order total amount|order total|total", "amount"),
            ("cart discount amount|order discount|discount total", said("discount")),
            ("order currency|currency", "amount_currency"),
            ("customer id|customer user id", known("account.reference", values={"0": ""})),
            ("email billing|billing email|customer email", known("account.email")),
            ("phone billing|billing phone", known("account.phone")),
            ("first name billing|billing first name", said("account.name")),
            ("last name billing|billing last name", {"field": "account.name", "join": " "}),
            ("address 1&2 billing|address 1 billing|billing address 1", said("account.address.street")),
            ("city billing|billing city", said("account.address.city")),
            ("state code billing|state name billing|billing state", said("account.address.province")),
            ("postcode billing|billing postcode", said("account.address.postal_code")),
            ("country code billing|billing country", said("account.address.country")),
            ("address 1&2 shipping|address 1 shipping|shipping address 1", said("ship_to.street")),
            ("city shipping|shipping city", said("ship_to.city")),
            ("state code shipping|state name shipping|shipping state", said("ship_to.province")),
            ("postcode shipping|shipping postcode", said("ship_to.postal_code")),
            ("country code shipping|shipping country", said("ship_to.country")),
            ("item name|product name|name", "lines.name"),
            ("sku|product sku", "lines.code"),
            ("quantity|quantity refund|item quantity|qty", "lines.quantity"),
            ("item cost|item price|product price", "lines.price"),
            ("order refund amount|refunded amount", {"field": "payments.2.amount", **BACK}),
            ("order number|order id", {"field": "payments.2.reference", "prefix": "Refund "}),
            ("customer note|order notes", "description"),
        ),
        {"channel": "web", "account.kind": "person"},
        shop="WooCommerce",
        scoped=("number", "account.reference"),
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


def recognised(columns: Sequence[Column]) -> Profile | None:
    """The kind of file whose headings these are; of several the one that needs most."""
    there = {normal(c.name) for c in columns}
    fitting = [p for p in PROFILES if all(there & set(names.split("|")) for names in p.needs)]
    return max(fitting, key=lambda p: len(p.needs), default=None)


def mapping_of(
    profile: Profile, columns: Sequence[Column], offered: Mapping[str, Target], shop: str | None = None
) -> dict[str, Any]:
    """The mapping of a file of this kind, as the API writes it; targets that are not offered are left out."""
    by_name = {normal(c.name): c.name for c in reversed(columns)}
    shop = profile.shop if shop is None else shop
    out: dict[str, Any] = {c.name: None for c in columns}
    taken: set[str] = set()
    for headings, entry in profile.columns:
        how: dict[str, Any] = {"field": entry} if isinstance(entry, str) else dict(entry)
        path: str = how["field"]
        heading = next((by_name[h] for h in headings.split("|") if h in by_name), None)
        joins = "join" in how
        if heading is None or target_of(offered, path) is None or (path in taken and not joins):
            continue
        if joins and path not in taken and how["join"] == " ":
            del how["join"]
        if shop and path in profile.scoped and path not in taken:
            how["prefix"] = f"{shop}-"
        taken.add(path)
        place = heading
        if out[heading] is not None:
            place, how["column"] = _free(out, f"={path}"), heading
        out[place] = how if len(how) > 1 else path
    for path, value in {**({"store": shop} if shop else {}), **profile.fixed}.items():
        _fix(out, taken, offered, path, value)
    return _without_the_lost(out)


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
    slots = {p.rpartition(".")[0] for p in paths.values() if p.startswith("payments.")}
    empty = {s for s in slots if f"{s}.amount" not in paths.values()}
    lost = {k for k, p in paths.items() if p.rpartition(".")[0] in empty or (p.startswith("account.") and not knows)}
    return {
        k: (None if k in lost else v)
        for k, v in out.items()
        if k not in lost or not isinstance(v, Mapping) or not ({"column", "value"} & v.keys())
    }
