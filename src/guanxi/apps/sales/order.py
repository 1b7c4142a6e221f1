"""What a customer bought, by whichever channel it came in."""

from __future__ import annotations

from guanxi.schema.declare import (
    Address,
    DateTime,
    Link,
    LongText,
    Money,
    Record,
    Rollup,
    Select,
    Text,
    User,
    alike,
    board,
    form,
    table,
)


class Order(
    Record,
    label=("Order", "订单"),
    plural=("Orders", "订单"),
    title="number",
    area="sales",
    icon="cart",
    owner="owner",
    inherits="account",
    subtitle=("account", "ordered_at"),
    moment="ordered_at",
    channel="channel",
):
    """An order with its lines and what was paid for it."""

    number = Text("Order number", "订单号", required=True, max=60, unique=True, search="A")
    account = Link(
        "account", "Account", "客户", inverse="orders", inverse_label=("Orders", "订单"), on_delete="restrict"
    )
    contact = Link("contact", "Contact", "联系人", inverse="orders", inverse_label=("Orders", "订单"))
    channel = Select(
        "Channel",
        "渠道",
        "rep Sales_rep 销售 | shop Shop 门店 | web Web_shop 网店 | marketplace Marketplace 电商平台 | dealer Dealer 经销商 | phone Phone 电话 | other Other 其他",
        index=True,
    )
    store = Text("Store", "店铺", max=120, search="C")
    ordered_at = DateTime("Ordered", "下单时间", required=True, default="now", index=True)
    status = Select(
        "Status",
        "状态",
        "draft Draft 草稿 gray | placed Placed 已下单 blue | paid Paid 已付款 cyan | shipped Shipped 已发货 gold | completed Completed 已完成 green"
        " | cancelled Cancelled 已取消 gray | returned Returned 已退货 red",
        required=True,
        default="placed",
        track=True,
        index=True,
    )
    amount = Money(
        "Amount", "金额", track=True, index=True, help=("The sum of the lines, unless given.", "留空时为明细之和。")
    )
    discount = Money("Discount", "优惠")
    lines_amount = Rollup("Sum of lines", "明细合计", children="lines", function="sum", field="amount")
    paid = Rollup("Paid", "已付金额", children="payments", function="sum", field="amount",
                  where={"field": "status", "op": "eq", "value": "received"})  # fmt: skip
    opportunity = Link("opportunity", "Opportunity", "商机", inverse="orders", inverse_label=("Orders", "订单"))
    contract = Link("contract", "Contract", "合同", inverse="orders", inverse_label=("Orders", "订单"))
    ship_to = Address("Ship to", "收货地址")
    reference = Text("Reference", "外部编号", max=120, search="C", index=True,
                     help=("Its key in another system.", "在其他系统中的编号。"))  # fmt: skip
    description = LongText("Description", "备注")
    owner = User("Owner", "负责人", default="$me", index=True)

    rules = (alike("same_reference", "Same reference", "外部编号相同", "reference"),)
    layout = form(
        ("Order", "订单", "number account contact channel store ordered_at status amount discount owner"),
        ("Delivery", "收货", "ship_to"),
        ("More", "更多", "lines_amount paid opportunity contract reference description"),
        related="lines payments cases",
        header="amount paid status",
    )
    views = (
        table("recent", "Recent", "最近订单", "number account ordered_at channel status amount owner", sort="-ordered_at"),
        table("open", "Open", "进行中", "number account ordered_at status amount paid owner", sort="-ordered_at",
              filter={"field": "status", "op": "in", "value": ["placed", "paid", "shipped"]}),
        board("board", "By status", "按状态", by="status", card="number account amount ordered_at", sum="amount",
              filter={"field": "status", "op": "in", "value": ["draft", "placed", "paid", "shipped"]}),
    )  # fmt: skip
