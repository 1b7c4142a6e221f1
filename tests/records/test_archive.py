"""What is archived has left every list, count and figure, is kept whole, found when it is asked for, and comes back."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from tests.world import FILE, Desk, World, exact, example

from guanxi import records
from guanxi.base import Conflict, Forbidden, Invalid, NotFound
from guanxi.records import Archive, Context, Create, Delete, Restore, Update, bydifference
from guanxi.schema.query import Query, read_aggregation, read_query


async def ids(ctx: Context, name: str, **asked: Any) -> set[str]:
    page = await records.find(ctx, read_query(name, {"limit": 200, **asked}))
    return {exact(r)["id"] for r in page.rows}


async def test_it_leaves_every_list_and_is_found_when_it_is_asked_for(desk: Desk) -> None:
    ctx = desk.as_("admin")
    gone, kept = await desk.make("account", {"name": "恒达仓储"}, {"name": "恒达冷链"})
    deal = await desk.one("opportunity", name="D", account=gone, close_date="2026-05-01", amount=5)
    one = {"field": "id", "op": "in", "value": [gone, kept]}
    [outcome] = await records.write(ctx, "account", [Archive(gone)])
    assert outcome.status == 204
    assert await ids(ctx, "account", filter=one) == {kept}
    assert await ids(ctx, "account", filter=one, archived="only") == {gone}
    assert await ids(ctx, "account", filter=one, archived="with") == {gone, kept}
    assert gone not in await ids(ctx, "account", bin=True)
    assert (await records.count_of(ctx, read_query("account", {"filter": one})))[0] == 1
    asked = {"filter": one, "measures": [{"fn": "count", "as": "n"}]}
    for archived, n in ((None, 1), ("only", 1), ("with", 2)):
        what = read_aggregation("account", asked | ({"archived": archived} if archived else {}))
        assert exact((await records.aggregate(ctx, what))[0])["values"]["n"] == n
    assert {h["id"] for h in await records.search(ctx, "恒达")} == {kept}
    found = {h["id"]: h for h in await records.search(ctx, "恒达", archived=True)}
    assert found.keys() == {gone, kept}
    assert found[gone]["archived"] is True
    assert "archived" not in found[kept]

    record = exact(await records.get(ctx, "account", gone))
    assert record["archived_at"]
    assert record["archived_by"]["id"] == ctx.actor.id
    assert "archived_at" not in exact(await records.get(ctx, "account", kept))
    shown = exact(await records.get(ctx, "opportunity", deal))
    assert shown["account"] == {"id": gone, "title": "恒达仓储", "archived": True}
    assert deal in await ids(ctx, "opportunity", filter={"field": "account.name", "op": "eq", "value": "恒达仓储"})
    assert deal in await ids(ctx, "opportunity", filter={"field": "account", "op": "eq", "value": gone})
    assert deal not in await ids(ctx, "opportunity", filter={"field": "account", "op": "is_empty"})
    await records.visible(ctx, "account", gone)
    assert next(e["kind"] for e in (await records.history(ctx, "account", gone))["data"]) == "archive"


async def test_nothing_of_it_changes_until_it_is_restored(desk: Desk) -> None:
    ctx = desk.as_("admin")
    [id] = await desk.make("account", {"name": "A"})
    await records.write(ctx, "account", [Archive(id)])
    with pytest.raises(Conflict) as refused:
        await records.write(ctx, "account", [Update(id, {"name": "B"})])
    assert refused.value.code == "archived"
    with pytest.raises(Conflict):
        await records.write(ctx, "account", [Archive(id)])
    with pytest.raises(NotFound):
        await records.write(desk.as_("peeper"), "account", [Update(id, {"name": "B"})])
    [outcome] = await records.write(ctx, "account", [Restore(id)])
    assert exact(outcome.record or b"")["name"] == "A"
    await records.write(ctx, "account", [Update(id, {"name": "B"})])
    await records.write(ctx, "account", [Archive(id)])
    with pytest.raises(Conflict):
        await records.write(ctx, "account", [Delete(id)])
    await records.write(ctx, "account", [Restore(id)])
    await records.write(ctx, "account", [Delete(id)])
    assert id in await ids(ctx, "account", bin=True)
    assert id not in await ids(ctx, "account", archived="with")


async def test_rights_are_those_of_deleting_and_who_acts_is_never_archived(desk: Desk) -> None:
    [id] = await desk.make("account", {"name": "A", "owner": desk.world.id("rep1")})
    with pytest.raises(Forbidden):
        await records.write(desk.as_("viewer"), "account", [Archive(id)])
    with pytest.raises(NotFound):
        await records.write(desk.as_("peeper"), "account", [Archive(id)])
    await records.write(desk.as_("admin"), "account", [Archive(id)])
    assert id in await ids(desk.as_("rep1"), "account", archived="only")
    assert id not in await ids(desk.as_("peeper"), "account", archived="with")
    with pytest.raises(NotFound):
        await records.get(desk.as_("peeper"), "account", id)
    with pytest.raises(Conflict):
        await records.write(desk.as_("admin"), "user", [Archive(desk.world.id("rep1"))])


async def test_an_undo_takes_either_way_back(desk: Desk) -> None:
    ctx = desk.as_("admin")
    mine = await desk.make("account", *({"name": f"A{n}"} for n in range(30)))
    away = replace(desk.as_("admin"), bulk="mass")
    query = Query("account")
    assert await records.mass(away, query, Archive, mine) == (30, 30)
    assert await ids(ctx, "account", archived="only") >= set(mine)
    told = await records.undo(desk.as_("admin"), away.change_set)
    assert told["undone"] == 30
    assert not set(mine) & await ids(ctx, "account", archived="only")
    again = replace(desk.as_("admin"), bulk="mass")
    await records.mass(again, query, Archive, mine)
    back = replace(desk.as_("admin"), bulk="mass")
    assert await records.mass(back, replace(query, archived="only"), Restore, mine) == (30, 30)
    assert (await records.undo(desk.as_("admin"), back.change_set))["undone"] == 30
    assert await ids(ctx, "account", archived="only") >= set(mine)
    assert not set(mine) & await ids(ctx, "account", bin=True)


async def test_many_that_came_back_go_back_into_the_archive_and_not_into_the_bin(desk: Desk) -> None:
    mine = await desk.make("account", *({"name": f"A{n}"} for n in range(60)))
    away = replace(desk.as_("admin"), bulk="mass")
    await records.mass(away, Query("account"), Archive, mine)
    back = await records.undo(desk.as_("admin"), away.change_set)
    assert (await records.undo(desk.as_("admin"), back["change_set"]))["undone"] == 60
    assert await ids(desk.as_("admin"), "account", archived="only") >= set(mine)
    assert not set(mine) & await ids(desk.as_("admin"), "account", bin=True)


async def test_figures_of_very_many_leave_it_out_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bydifference, "MANY", 1)
    ctx = desk.as_("admin")
    [account] = await desk.make("account", {"name": "A"})
    paid = {"account": account, "status": "paid", "ordered_at": "2026-03-01T08:00:00Z"}
    [first, *_] = await desk.make("order", *({"number": f"O-{n}", **paid} for n in range(4)))
    await records.write(ctx, "order", [Archive(first)])
    assert exact(await records.get(ctx, "account", account))["orders_count"] == 3
    await records.write(ctx, "order", [Restore(first)])
    assert exact(await records.get(ctx, "account", account))["orders_count"] == 4


async def test_figures_leave_it_out_and_take_it_in_again(desk: Desk) -> None:
    ctx = desk.as_("admin")
    [account] = await desk.make("account", {"name": "A"})
    paid = {"number": "O-1", "account": account, "status": "paid", "ordered_at": "2026-03-01T08:00:00Z"}
    [id] = await desk.make("order", paid)

    async def count() -> int:
        return exact(await records.get(ctx, "account", account))["orders_count"]

    assert await count() == 1
    await records.write(ctx, "order", [Archive(id)])
    assert await count() == 0
    await records.write(ctx, "order", [Restore(id)])
    assert await count() == 1


async def test_records_of_every_object_are_archived_and_come_back(desk: Desk) -> None:
    ctx = desk.as_("admin")
    made = {"role": [desk.world.roles["rep"]], "user": [desk.world.id("rep1")], "team": [desk.world.teams["east"]]}
    made["_file"] = [FILE["id"]]
    left = [e for e in desk.world.catalog.entities.values() if e.archivable]
    while left:
        able = [e for e in left if all(made.get(e.fields[n].target or "") for n in e.required if e.types[n].link)]
        assert able, [e.name for e in left]
        for entity in able:
            made[entity.name] = await desk.make(entity.name, example(entity, random.Random(3), made))
        left = [e for e in left if e not in able]
    for entity in desk.world.catalog.entities.values():
        if not entity.archivable:
            continue
        [id] = made[entity.name]
        before = exact(await records.get(ctx, entity.name, id))
        await records.write(ctx, entity.name, [Archive(id)])
        assert id not in await ids(ctx, entity.name), entity.name
        assert id in await ids(ctx, entity.name, archived="only"), entity.name
        archived = exact(await records.get(ctx, entity.name, id))
        stored = [n for n in entity.stored if n in before and not entity.follows(n)]
        assert {n: archived[n] for n in stored} == {n: before[n] for n in stored}, entity.name
        await records.write(ctx, entity.name, [Restore(id)])
        assert id in await ids(ctx, entity.name), entity.name


async def test_a_link_to_what_is_archived_may_stay_and_is_not_made_anew(desk: Desk) -> None:
    ctx = desk.as_("admin")
    gone, other = await desk.make("account", {"name": "A"}, {"name": "B"})
    deal = await desk.one("opportunity", name="D", account=gone, close_date="2026-05-01", amount=5)
    note = await desk.one("task", subject="T", about={"object": "account", "id": gone})
    await records.write(ctx, "account", [Archive(gone)])
    shown = exact(await records.get(ctx, "task", note))["about"]
    assert shown == {"object": "account", "id": gone, "title": "A", "archived": True}
    [saved] = await records.write(ctx, "opportunity", [Update(deal, {"account": gone, "amount": 6})])
    assert exact(saved.record or b"")["account"]["id"] == gone
    await records.write(ctx, "task", [Update(note, {"about": {"object": "account", "id": gone}})])
    await records.write(ctx, "opportunity", [Update(deal, {"account": other})])
    made = {"name": "E", "account": gone, "close_date": "2026-05-01"}
    for operation in (Update(deal, {"account": gone}), Create(made)):
        with pytest.raises(Invalid) as refused:
            await records.write(ctx, "opportunity", [operation])
        assert [(e.field, e.code) for e in refused.value.errors] == [("account", "reference_archived")]
    # Whoever does not see it learns nothing of its being archived.
    with pytest.raises(Invalid) as refused:
        await records.write(desk.as_("rep3"), "opportunity", [Create(made)])
    assert [(e.field, e.code) for e in refused.value.errors] == [("account", "reference_not_found")]


@pytest.mark.parametrize("archived", ["with", "only"])
async def test_the_bin_and_the_archive_are_two_places(archived: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_query("account", {"bin": True, "archived": archived})
    assert refused.value.errors[0].code == "not_with_bin"


async def test_the_past_knows_what_was_in_the_archive(own_world: World) -> None:
    w = own_world

    async def moment() -> Any:
        async with w.desk() as desk:
            return await desk.connection.value("SELECT clock_timestamp()")

    async with w.act() as ctx:
        made = await records.write(ctx, "account", [Create({"name": n}) for n in ("stays", "comes back", "binned")])
        stays, back, binned = (o.id or "" for o in made)
        deal = {"name": "D", "account": back, "close_date": "2026-05-01"}
        [linked] = await records.write(ctx, "opportunity", [Create(deal)])
    start = await moment()
    async with w.act() as ctx:
        await records.write(ctx, "account", [Archive(stays), Archive(back), Delete(binned)])
    then = await moment()
    async with w.act() as ctx:
        await records.write(ctx, "account", [Restore(back)])
        await records.write(ctx, "account", [Restore(binned)])
    async with w.desk() as desk:
        one = {"field": "id", "op": "in", "value": [stays, back, binned]}

        async def listed(at: Any, **asked: Any) -> set[str]:
            return await ids(desk.as_("admin"), "account", filter=one, as_of=at.isoformat(), **asked)

        assert await listed(start) == {stays, back, binned}
        assert await listed(start, archived="only") == set()
        assert await listed(then) == set()
        assert await listed(then, archived="only", sort="name") == {stays, back}
        assert await listed(then, archived="with") == {stays, back}
        asked = {"filter": one, "measures": [{"fn": "count", "as": "n"}], "archived": "only", "as_of": then.isoformat()}
        rows = await records.aggregate(desk.as_("admin").then(then), read_aggregation("account", asked))
        assert exact(rows[0])["values"]["n"] == 2
        was = exact(await records.get(desk.as_("admin").then(then), "account", back))
        assert was["archived_at"] <= then.isoformat().replace("+00:00", "Z")
        assert was["archived_by"]["id"] == w.id("admin")
        shown = exact(await records.get(desk.as_("admin").then(then), "opportunity", linked.id or ""))["account"]
        assert shown == {"id": back, "title": "comes back", "archived": True}
        with pytest.raises(NotFound):
            await records.get(desk.as_("peeper").then(then), "account", back)
        query = read_query("account", {"filter": one, "archived": "only"})
        told = await records.between(desk.as_("admin"), query, start, then)
        assert {(d["kind"], d["id"]) for d in told["data"]} == {("new", stays), ("new", back)}
