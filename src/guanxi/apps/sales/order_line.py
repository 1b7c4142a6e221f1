"""One product of an order: how many, at which price."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from guanxi.base.json import loads
from guanxi.records import Context, Operation, Update, find, write
from guanxi.records.rules import Saved, after_save, before_save
from guanxi.schema.declare import Link, Money, Number, Percent, Record, Text, form, table
from guanxi.schema.filter import where
from guanxi.schema.query import Query

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


@after_save(OrderLine, OrderLine.order, OrderLine.amount)
async def order_follows(ctx: Context, saved: list[Saved]) -> None:
    """What an order comes to follows its lines, unless it was given another amount: where it has none, or what they came to
    before. Lines in several currencies have no sum, and it stays as it is."""
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for line in saved:
        was = line.before if line.kind != "restore" else {}
        now = line.after if line.kind != "delete" else {}
        for image, sign in ((was, -1), (now, 1)):
            if order := image.get("order"):
                moved[order] += sign * (image.get("amount") or 0)
    ctx = ctx.as_system("lines")
    fields = ("id", "amount", "lines_amount", "lines_amount_currency")
    page = await find(ctx, Query("order", where("id", "in", list(moved)), fields=fields, limit=None))
    changes: list[Operation] = []
    for row in page.rows:
        found: dict[str, Any] = loads(row, exact=True)
        total, whole = found["lines_amount"], found["amount"]
        if total is None or total == (whole or 0) or (whole is not None and whole != total - moved[found["id"]]):
            continue
        values = {"amount": total or None, "amount_currency": found["lines_amount_currency"] if total else None}
        changes.append(Update(found["id"], values))
    await write(ctx, "order", changes, atomic=False, render=False)
