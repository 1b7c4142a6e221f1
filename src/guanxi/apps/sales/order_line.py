"""One product of an order: how many, at which price."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from guanxi.records import Context
from guanxi.records.rules import before_save
from guanxi.schema.declare import Link, Money, Number, Percent, Record, Text, form, table

CENT = Decimal("0.01")


class OrderLine(
    Record,
    name="order_line",
    label=("Order line", "订单明细"),
    plural=("Order lines", "订单明细"),
    icon="list",
    inherits="order",
    subtitle=("order", "quantity"),
):
    """A line of an order."""

    name = Text("Name", "名称", required=True, max=255, search="A")
    order = Link("order", "Order", "订单", required=True, inverse="lines", inverse_label=("Lines", "明细"))
    product = Link("product", "Product", "产品", inverse="order_lines", inverse_label=("Order lines", "订单明细"))
    code = Text("Code", "编码", max=60, search="B", index=True)
    quantity = Number("Quantity", "数量", required=True, default=1)
    price = Money("Price", "单价")
    discount = Percent("Discount", "折扣")
    amount = Money(
        "Amount", "金额", help=("Quantity by price less the discount, unless given.", "留空时按数量、单价与折扣计算。")
    )

    layout = form(("Line", "明细", "name order product code quantity price discount amount"))
    views = (table("all", "All lines", "全部明细", "name order product quantity price amount", sort="-created_at"),)


@before_save(OrderLine, OrderLine.quantity, OrderLine.price, OrderLine.discount)
def amount_follows(line: OrderLine, ctx: Context) -> None:
    """The amount follows from quantity, price and discount, unless it was given with them."""
    if line.quantity is None or line.price is None:
        return
    if line.amount is not None and line.amount != line.old.get("amount"):
        return
    if line.old and all(line.row.get(n) == line.old.get(n) for n in ("quantity", "price", "discount")):
        return
    share = (Decimal(100) - (line.discount or Decimal(0))) / 100
    line.amount = (line.quantity * line.price * share).quantize(CENT, ROUND_HALF_UP)
    line.row["amount_currency"] = line.row.get("price_currency")
