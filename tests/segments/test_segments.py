"""Who is in a segment is what its filter says, whatever changes; who enters and leaves is told once."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.segments.conftest import Shop
from tests.world import codes

from guanxi import flows, notify, records, segments
from guanxi.base import Conflict, Forbidden, Invalid, NotFound
from guanxi.base.json import loads
from guanxi.records import Restore, deliver
from guanxi.schema.query import read_query


def on(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


BIG = on("employees", "gte", 100)


async def found(shop: Shop, wanted: Any, object_name: str = "account") -> set[str]:
    """What the filter finds now."""
    async with shop.world.act() as ctx:
        query = read_query(object_name, {"filter": wanted, "fields": ["id"], "limit": 200})
        return {loads(r)["id"] for r in (await records.find(ctx, query)).rows}


async def test_a_change_moves_who_it_concerns_and_nobody_else(shop: Shop) -> None:
    a, b = await shop.make("account", {"name": "A", "employees": 500}, {"name": "B", "employees": 5})
    big = await shop.segment(BIG, scope="shared")
    assert {a} == await shop.kept(big) & {a, b}, "a small workspace knows at once"
    await shop.change("account", b, employees=200)
    await shop.change("account", a, employees=10)
    await shop.follow()
    assert {b} == await shop.kept(big) & {a, b}
    await shop.drop("account", b)
    await shop.follow()
    assert not await shop.kept(big) & {a, b}, "what is in the bin is in no segment"
    async with shop.world.act() as ctx:
        await records.write(ctx, "account", [Restore(b)])
    await shop.follow()
    assert {b} == await shop.kept(big) & {a, b}
    listed = await shop.call(segments.get, big)
    assert listed["size"] == len(await shop.kept(big)) == len(await shop.seen(big))


WAYS: list[tuple[str, Any]] = [
    ("account", {"related": "opportunities", "where": on("amount", "gte", 100), "count": {"gte": 2}}),
    ("account", {"related": "opportunities", "sum": {"field": "amount", "lt": 250}}),
    ("account", {"none": "contacts"}),
    ("account", {"any": "contacts", "where": on("name", "starts_with", "Z")}),
    ("account", {"related": "opportunities", "where": {"any": "products", "where": on("name", "contains", "x")}, "count": {"gte": 1}}),
    ("account", on("parent.industry", "eq", "finance")),
    ("opportunity", on("account.industry", "eq", "finance")),
    ("opportunity", on("account.parent.name", "eq", "P")),
    ("account", {"any": "notes", "where": on("body", "contains", "lunch")}),
    ("contact", {"formula": "account.employees > 50"}),
    ("account", {"search": "zebra"}),
    ("opportunity", on("account", "is_empty")),
    ("account", {"related": "orders", "where": {"related": "lines", "where": on("quantity", "gte", 2), "count": {"gte": 1}}, "count": {"gte": 2}}),
    ("account", {"related": "visits", "after": {"field": "starts_at", "related": "orders", "latest": "ordered_at"}, "count": {"eq": 0}}),
    ("account", on("orders_count", "gte", 2)),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_kept_is_what_the_filter_finds_after_any_changes(shop: Shop, seed: int) -> None:
    rng = random.Random(seed)
    catalog = shop.world.catalog
    ways: list[tuple[str, Any]] = []
    for object_name, wanted in WAYS:
        try:
            await found(shop, wanted, object_name)
        except Invalid:  # the shape of this workspace has no such list
            continue
        ways.append((object_name, wanted))
    assert len(ways) >= 12
    kept = [
        (o, w, await shop.segment(w, object=o, scope="shared" if rng.random() < 0.5 else "personal")) for o, w in ways
    ]
    parents = await shop.make("account", {"name": "P", "industry": "finance"}, {"name": "Q", "industry": "retail"})
    accounts = parents + await shop.make("account", *({"name": f"A{n}"} for n in range(6)))
    contacts = await shop.make("contact", *({"name": f"C{n}"} for n in range(5)))
    deal = {"stage": "qualification", "pipeline": "sales", "close_date": "2026-05-01"}
    deals = await shop.make(
        "opportunity", *({"name": f"O{n}", "account": rng.choice(accounts), "amount": 50 * n, **deal} for n in range(8))
    )
    notes = await shop.make("note", *({"body": "lunch", "about": {"object": "account", "id": a}} for a in accounts[:2]))
    products = await shop.make("product", {"name": "P1"})
    days = [f"2026-0{m}-05T10:00:00Z" for m in range(1, 9)]
    orders = await shop.make(
        "order",
        *(
            {"number": f"N{seed}-{n}", "account": rng.choice(accounts), "ordered_at": rng.choice(days)}
            for n in range(6)
        ),
    )
    lines = await shop.make(
        "order_line", *({"order": o, "name": "L", "product": products[0], "quantity": 1, "price": 5} for o in orders)
    )
    visits = await shop.make(
        "visit",
        *(
            {"subject": "V", "starts_at": d, "about": {"object": "account", "id": rng.choice(accounts)}}
            for d in days[:4]
        ),
    )
    parent = "parent" if "parent" in catalog.object("account").fields else None
    for _ in range(25):
        match rng.randint(0, 11):
            case 0:
                await shop.change("opportunity", rng.choice(deals), amount=rng.choice([10, 100, 150, 300]))
            case 1:
                await shop.change("opportunity", rng.choice(deals), account=rng.choice(accounts))
            case 2:
                await shop.change(
                    "contact",
                    rng.choice(contacts),
                    account=rng.choice([*accounts, None]),
                    name=rng.choice(["Zoe", "C"]),
                )
            case 3:
                await shop.change(
                    "account",
                    rng.choice(accounts),
                    industry=rng.choice(["finance", "retail"]),
                    employees=rng.choice([10, 90]),
                )
            case 4 if parent:
                child, above = rng.sample(accounts, 2)
                if above in parents:
                    await shop.change("account", child, parent=above)
            case 5:
                await shop.change(
                    "note",
                    rng.choice(notes),
                    body=rng.choice(["lunch", "dinner"]),
                    about={"object": "account", "id": rng.choice(accounts)},
                )
            case 6:
                await shop.change("account", rng.choice(accounts[2:]), name=rng.choice(["Zebra", "P", "A"]))
            case 7:
                await shop.change(
                    "order", rng.choice(orders), account=rng.choice(accounts), ordered_at=rng.choice(days)
                )
            case 8:
                await shop.change("order_line", rng.choice(lines), quantity=rng.choice([1, 3]))
            case 9:
                await shop.change("order_line", rng.choice(lines), order=rng.choice(orders))
            case 10:
                await shop.change(
                    "visit",
                    rng.choice(visits),
                    starts_at=rng.choice(days),
                    about={"object": "account", "id": rng.choice(accounts)},
                )
            case _:
                [gone] = await shop.make(
                    "opportunity", {"name": "Gone", "account": rng.choice(accounts), "amount": 999, **deal}
                )
                await shop.drop("opportunity", gone)
        if rng.random() < 0.4:
            await shop.follow()
    await shop.follow()
    for object_name, wanted, id in kept:
        assert await shop.kept(id) == await found(shop, wanted, object_name), wanted
        assert (await shop.call(segments.get, id))["size"] == len(await shop.kept(id))


async def test_in_a_and_not_in_b(shop: Shop) -> None:
    a, b, c = await shop.make("account", *({"name": n, "employees": 500} for n in ("iA", "iB", "iC")))
    big = await shop.segment({"and": [BIG, on("name", "in", ["iA", "iB", "iC"])]})
    picked = await shop.segment(None)
    assert await shop.call(segments.put, picked, {"ids": [b]}) == {"moved": 1, "size": 1}
    both = await shop.segment({"and": [{"in_segment": big}, {"not": {"in_segment": picked}}]})
    third = await shop.segment({"in_segment": both})
    assert await shop.kept(both) == await shop.kept(third) == {a, c}
    await shop.call(segments.put, picked, {"ids": [c]})
    assert await shop.kept(both) == await shop.kept(third) == {a}, "by hand: at once"
    await shop.call(segments.put, picked, {"filter": on("name", "eq", "iC")}, entered=False)
    await shop.change("account", a, employees=1)
    await shop.follow()
    assert await shop.kept(both) == await shop.kept(third) == {c}
    assert await shop.call(segments.overlap, big, picked) == {"this": 2, "other": 1, "both": 1}
    with pytest.raises(Invalid) as circle:
        await shop.call(segments.change, big, {"filter": {"not": {"in_segment": third}}})
    assert codes(circle.value) == {"in_segment": "segment_circle"}
    with pytest.raises(Conflict) as used:
        await shop.call(segments.remove, picked)
    assert used.value.code == "segment_used"
    await shop.call(segments.change, picked, {"scope": "shared"})
    with pytest.raises(Conflict):
        await shop.call(segments.change, picked, {"scope": "personal"})
    with pytest.raises(Conflict):
        await shop.call(segments.put, big, {"ids": [a]})
    await shop.call(segments.remove, third)
    with pytest.raises(NotFound):
        await shop.call(segments.get, third)


async def test_a_segment_of_ones_own_knows_no_more_than_its_owner(shop: Shop) -> None:
    rep1, rep2 = shop.world.id("rep1"), shop.world.id("rep3")
    mine, theirs = await shop.make(
        "account", {"name": "M", "employees": 300, "owner": rep1}, {"name": "T", "employees": 300, "owner": rep2}
    )
    own = await shop.segment(BIG, by="rep1")
    everybodys = await shop.segment(BIG, scope="shared")
    assert {mine} == await shop.kept(own) & {mine, theirs}
    assert {mine, theirs} == await shop.kept(everybodys) & {mine, theirs}
    assert {mine} == await shop.seen(everybodys, "rep1") & {mine, theirs}, (
        "of a shared one everybody sees what is theirs"
    )
    assert await shop.seen(own) == set(), "somebody else's own segment finds nothing"
    await shop.change("account", theirs, owner=rep1)
    await shop.follow()
    assert {mine, theirs} == await shop.kept(own) & {mine, theirs}, "who sees it changed with its owner"
    assert own not in {s["id"] for s in await shop.call(segments.listing)}
    assert everybodys in {s["id"] for s in await shop.call(segments.listing, by="rep1")}
    with pytest.raises(NotFound):
        await shop.call(segments.get, own, by="rep3")
    with pytest.raises(Forbidden):
        await shop.segment(BIG, by="rep1", scope="shared")
    with pytest.raises(Forbidden):
        await shop.call(segments.change, everybodys, {"label": "Mine"}, by="rep1")
    with pytest.raises(Invalid) as hidden:
        await shop.segment(on("revenue", "gt", 1), by="clerk")
    assert codes(hidden.value) == {"revenue": "unknown_field"}
    with pytest.raises(Invalid) as personal:
        await shop.segment({"in_segment": own}, scope="shared")
    assert codes(personal.value) == {"in_segment": "segment_unknown"}
    with pytest.raises(Invalid) as other:
        await shop.segment({"in_segment": everybodys}, object="contact")
    assert codes(other.value) == {"in_segment": "segment_other"}


async def test_entering_and_leaving_begin_flows_and_tell_the_owner_once(shop: Shop) -> None:
    there, later = await shop.make("account", {"name": "There", "employees": 400}, {"name": "Later", "employees": 4})
    big = await shop.segment(BIG, scope="shared", tells=True, label={"en": "Big ones", "zh": "大客户"})
    flow: dict[str, Any] = {}
    for way in ("entered", "left"):
        steps = [{"id": "s1", "kind": "update", "record": "record", "values": {"description": way}}]
        trigger = {"kind": "segment", "segment": big} | ({"way": way} if way == "left" else {})
        what = {"object": "account", "trigger": trigger, "steps": steps}
        async with shop.world.act() as ctx:
            made = await flows.create(ctx, f"on_{way}", what)
            await flows.activate(ctx, made["id"], True)
            flow[way] = made["id"]

    async def runs(way: str) -> list[str]:
        return [r["record"]["id"] for r in (await shop.call(flows.runs, flow[way]))["data"]]

    await shop.settle()
    assert await runs("entered") == [], "who was there at first did not enter"
    await shop.change("account", later, employees=1000)
    await shop.settle()
    await shop.settle()
    assert await runs("entered") == [later]
    assert await runs("left") == []
    async with shop.world.act() as ctx:
        assert loads(await records.get(ctx, "account", later))["description"] == "entered"
    await shop.change("account", later, employees=1)
    await shop.change("account", there, employees=2)
    await shop.settle()
    assert sorted(await runs("left")) == sorted([there, later])
    texts = [n["text"] for n in await shop.told("admin") if n["kind"] in ("entered", "left")]
    assert texts == [
        "2 accounts are no longer in “Big ones”",
        "“Later” is now in “Big ones”".replace("“Later”", "Later"),
    ]
    await shop.call(segments.change, big, {"filter": on("employees", "gte", 1)})
    await shop.settle()
    assert len(await runs("entered")) == 1, "what another filter brings did not enter"
    assert {there, later} <= await shop.kept(big)


async def test_what_the_clock_changes_is_found_when_it_is_due(shop: Shop) -> None:
    today = datetime.now(UTC).date()
    [soon, far] = await shop.make(
        "opportunity",
        *(
            {
                "name": n,
                "account": a,
                "stage": "qualification",
                "pipeline": "sales",
                "close_date": str(today + timedelta(days=d)),
            }
            for (n, d), a in zip(
                (("Soon", 3), ("Far", 90)), await shop.make("account", {"name": "X"}, {"name": "Y"}), strict=True
            )
        ),
    )
    id = await shop.segment(
        {"and": [on("name", "in", ["Soon", "Far"]), on("close_date", "within", {"next_days": 7})]}, object="opportunity"
    )
    assert await shop.kept(id) == {soon}
    told = await shop.call(segments.get, id)
    assert told["due_at"] - datetime.now(UTC) < timedelta(hours=25)
    assert told["due_at"].astimezone().second == 0
    fixed = await shop.segment(on("name", "eq", "Far"), object="opportunity")
    assert await segments.find_due(shop.world.db, shop.world.workspace) == 0, "nothing is due"
    later = datetime.now(UTC) + timedelta(days=2)
    assert await segments.find_due(shop.world.db, shop.world.workspace, later) == 2
    assert await shop.kept(fixed) == {far}
    by_hand = await shop.segment(None, object="opportunity")
    assert await shop.call(segments.trend, by_hand) == []
    assert await segments.find_due(shop.world.db, shop.world.workspace) == 0
    assert [d["size"] for d in await shop.call(segments.trend, by_hand)] == [0], "each day has a size, whatever was due"


async def test_days_samples_imports_and_the_past(shop: Shop) -> None:
    async with shop.world.act(bulk="import") as ctx:
        made = await records.write(
            ctx, "account", [records.Create({"name": f"I{n}", "employees": n}) for n in range(20)]
        )
        change_set = ctx.change_set
    ids = [o.id or "" for o in made]
    static = await shop.segment(None)
    assert (await shop.call(segments.put, static, {"change_set": change_set}))["moved"] == 20
    assert await shop.kept(static) == set(ids)
    sample = await shop.segment(None)
    assert (await shop.call(segments.put, sample, {"filter": {"in_segment": static}, "sample": 5}))["size"] == 5
    assert await shop.kept(sample) < set(ids)
    before = datetime.now(UTC)
    old = await shop.segment({"and": [{"in_segment": static}, on("employees", "gte", 10)]})
    assert (await shop.call(segments.get, old))["size"] == 10
    await shop.change("account", ids[0], employees=99)
    await shop.change("account", ids[19], employees=1)
    await shop.call(segments.put, static, {"ids": ids[15:17]}, entered=False)
    await shop.follow()
    assert (await shop.call(segments.get, old))["size"] == 8
    assert await shop.call(segments.past, old, before) == {"then": 10, "now": 8, "stayed": 7}
    assert await shop.seen(static, as_of=before.isoformat()) == set(ids), "who was in it then"
    [day] = await shop.call(segments.trend, old)
    assert (day["size"], day["entered"], day["left"]) == (8, 1, 3)
    with pytest.raises(Conflict):
        await shop.call(segments.past, static, before)
    for wrong, code in (({}, "required"), ({"ids": ["x"]}, "not_an_id"), ({"ids": ids, "filter": BIG}, "required")):
        with pytest.raises(Invalid) as refusal:
            await shop.call(segments.put, static, wrong)
        assert [e.code for e in refusal.value.errors] == [code]


async def test_a_segment_whose_filter_is_not_understood_any_more_says_so(shop: Shop) -> None:
    id = await shop.segment(BIG)
    members = await shop.kept(id)
    async with shop.world.act() as ctx:
        schema = ctx.workspace.schema
        await ctx.db.execute(
            f'UPDATE "{schema}"._segment SET filter = \'{{"field": "gone", "op": "eq", "value": 1}}\', due_at = now()'
            f" WHERE id = '{id}'"
        )
    await shop.settle()
    told = await shop.call(segments.get, id)
    assert told["fault"] == "unknown_field"
    assert await shop.kept(id) == members, "and its members stay"


async def test_a_change_that_came_to_nothing_leaves_nothing_behind(shop: Shop) -> None:
    [a] = await shop.make("account", {"name": "A", "employees": 500})
    big = await shop.segment(BIG)
    with pytest.raises(ZeroDivisionError):
        async with shop.world.act() as ctx:
            await segments.change(ctx, big, {"filter": on("employees", "lt", 0)})
            raise ZeroDivisionError
    await shop.call(segments.change, big, {"filter": on("employees", "gte", 200)})
    assert await shop.kept(big) >= {a}


async def test_two_changes_at_once_both_count(shop: Shop) -> None:
    id = await shop.segment(BIG, scope="shared")
    started = asyncio.Event()

    async def first() -> None:
        async with shop.world.act() as ctx:
            await segments.change(ctx, id, {"label": "First"})
            started.set()
            async with shop.world.db.connection() as c:
                while not await c.value(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                ):
                    await asyncio.sleep(0)

    async def second() -> None:
        await started.wait()
        await shop.call(segments.change, id, {"about": "Second"})

    await asyncio.wait_for(asyncio.gather(first(), second()), 20)
    found = await shop.call(segments.get, id)
    assert (found["label"]["en"], found["about"]) == ("First", "Second")


async def test_whose_owner_is_gone_stays_as_it_was(shop: Shop) -> None:
    [a] = await shop.make("account", {"name": "A", "employees": 300, "owner": shop.world.id("rep1")})
    own = await shop.segment(BIG, by="rep1", tells=True)
    assert await shop.kept(own) >= {a}
    gone = f"UPDATE \"{shop.world.workspace.schema}\".user SET active = %(on)s WHERE id = '{shop.world.id('rep1')}'"
    async with shop.world.act() as ctx:
        await ctx.db.execute(gone, {"on": False})
    try:
        await shop.change("account", a, employees=301)
        await shop.follow()
        assert await shop.kept(own) >= {a}
    finally:
        async with shop.world.act() as ctx:
            await ctx.db.execute(gone, {"on": True})


async def test_telling_goes_on_where_it_stopped(shop: Shop) -> None:
    """Two workers tell each move once between them."""
    id = await shop.segment(None, tells=True)
    ids = await shop.make("account", *({"name": f"T{n}"} for n in range(3)))
    await shop.call(segments.put, id, {"ids": ids})
    assert await segments.tell_all(shop.world.db, shop.world.workspace) == 3
    assert await segments.tell_all(shop.world.db, shop.world.workspace) == 0
    assert [n["count"] for n in await shop.told("admin") if n["kind"] == "entered"] == [3]
    assert await deliver(shop.world.db, shop.world.workspace, "segments") >= 0
    assert notify.KINDS["entered"].mail == "digest"
