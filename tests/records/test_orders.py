"""What an order comes to: the sum of its lines, unless somebody said another."""

from __future__ import annotations

from typing import Any

from tests.world import Desk

from guanxi import records
from guanxi.records import Create, Delete, Restore, Update


def line(order: str, amount: int, **values: Any) -> dict[str, Any]:
    return {"order": order, "name": "Pump", "quantity": 1, "price": amount, **values}


async def amount(desk: Desk, order: str) -> Any:
    return (await desk.get("order", order))["amount"]


async def change(desk: Desk, object_name: str, id: str, **values: Any) -> None:
    await records.write(desk.as_(), object_name, [Update(id, values)])


async def test_an_order_comes_to_what_its_lines_come_to(desk: Desk) -> None:
    account = await desk.one("account", name="Hengrui")
    order, other = await desk.make("order", {"number": "A", "account": account}, {"number": "B", "account": account})
    first, second = await desk.make("order_line", line(order, 100), line(order, 50))
    assert await amount(desk, order) == 150
    assert (await desk.get("account", account))["orders_amount"] == 150
    await change(desk, "order_line", first, quantity=3)
    assert await amount(desk, order) == 350
    await change(desk, "order_line", second, order=other)
    assert (await amount(desk, order), await amount(desk, other)) == (300, 50)
    await records.write(desk.as_(), "order_line", [Delete(second)])
    assert await amount(desk, other) is None
    await records.write(desk.as_(), "order_line", [Restore(second)])
    assert await amount(desk, other) == 50


async def test_another_amount_stays_as_it_was_said(desk: Desk) -> None:
    order = await desk.one("order", number="A", amount=99)
    await desk.make("order_line", line(order, 100), line(order, 20))
    assert await amount(desk, order) == 99
    await change(desk, "order", order, amount=None)
    await desk.make("order_line", line(order, 30))
    assert await amount(desk, order) == 150


async def test_lines_of_several_currencies_have_no_sum(desk: Desk) -> None:
    order = await desk.one("order", number="A")
    await desk.make("order_line", line(order, 100, price_currency="CNY"))
    await desk.make("order_line", line(order, 100, price_currency="USD"))
    assert await amount(desk, order) == 100


async def test_lines_that_are_taken_back_take_the_amount_along(desk: Desk) -> None:
    order = await desk.one("order", number="A")
    kept = await desk.one("order_line", **line(order, 10))
    ctx = desk.as_("admin", bulk="batch", label="test")
    await records.write(ctx, "order_line", [Create(line(order, 100)), Update(kept, {"price": 20})])
    assert await amount(desk, order) == 120
    answer = await records.undo(desk.as_(), ctx.change_set)
    assert (answer["kept"], await amount(desk, order)) == ([], 10)


async def test_the_amount_that_followed_stands_in_the_history(desk: Desk) -> None:
    order = await desk.one("order", number="A", owner=desk.world.id("rep1"))
    await records.write(desk.as_("rep1"), "order_line", [Create(line(order, 70))])
    entries = (await records.history(desk.as_(), "order", order))["data"]
    assert next(e["changes"]["amount"] for e in entries if "amount" in e["changes"]) == [None, 70]
