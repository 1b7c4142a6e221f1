"""No record is above itself, whichever door it comes in by."""

from __future__ import annotations

import pytest
from tests.world import Desk, codes, problems

from guanxi import merging, records
from guanxi.base import Problem, new_id
from guanxi.records import Create, Delete, Restore, Update, Upsert
from guanxi.records.undo import undo
from guanxi.schema.query import Query

TREES = {"account": "parent", "contact": "reports_to", "team": "parent"}


async def chain(desk: Desk, object: str = "account", by: str = "parent") -> tuple[str, str, str]:
    """A record, one below it, and one below that."""
    top, middle, leaf = [await desk.one(object, name=n) for n in ("Top", "Middle", "Leaf")]
    await records.write(desk.as_(), object, [Update(middle, {by: top}), Update(leaf, {by: middle})])
    return top, middle, leaf


async def test_a_record_never_comes_to_be_above_itself(desk: Desk) -> None:
    for object, by in TREES.items():
        top, middle, leaf = await chain(desk, object, by)
        for id, above in ((top, top), (top, middle), (top, leaf), (middle, leaf)):
            problem = await desk.refused(desk.as_(), object, Update(id, {by: above}))
            assert codes(problem) == {by: "above_itself"}, (object, above)
        await records.write(desk.as_(), object, [Update(leaf, {by: top})])
        await records.write(desk.as_(), object, [Update(leaf, {by: None}), Update(top, {by: leaf})])
        assert (await desk.get(object, top))[by]["id"] == leaf, "what is no circle any more may be"


async def test_a_batch_is_judged_as_it_will_be(desk: Desk) -> None:
    top, middle, leaf = await chain(desk)
    ids = [new_id(), new_id()]
    ring = [Create({"name": "A", "parent": ids[1]}, ids[0]), Create({"name": "B", "parent": ids[0]}, ids[1])]
    assert problems(await records.write(desk.system(), "account", ring, atomic=False)).count(None) <= 1
    turned = [Update(top, {"parent": leaf}), Update(middle, {"parent": None}), Update(leaf, {"parent": middle})]
    await records.write(desk.as_(), "account", turned)
    one, two = await desk.make("account", {"name": "One"}, {"name": "Two"})
    outcomes = await records.write(
        desk.as_(), "account", [Update(one, {"parent": two}), Update(two, {"parent": one})], atomic=False
    )
    assert [o.problem is None for o in outcomes] == [True, False], "the other rows of a batch go in"
    upsert = Upsert({"name": "Two"}, {"parent": one})
    assert codes(await desk.refused(desk.as_(), "account", upsert)) == {"parent": "above_itself"}


async def test_every_other_door_has_the_same_lock(desk: Desk) -> None:
    top, middle, leaf = await chain(desk)

    with pytest.raises(Problem) as refused:
        async with desk.connection.savepoint():
            await records.mass(desk.as_(), Query("account"), {"parent": leaf}, [top])
    assert codes(refused.value) == {"parent": "above_itself"}
    # In the bin a record is above others still, for it may come back.
    await records.write(desk.as_(), "account", [Delete(middle)])
    assert codes(await desk.refused(desk.as_(), "account", Update(top, {"parent": leaf}))) == {"parent": "above_itself"}
    await records.write(desk.as_(), "account", [Restore(middle)])
    # Nor does taking back make one.
    cut = new_id()
    ctx = desk.as_(change_set=cut, bulk="update", label="cut")
    await records.write(ctx, "account", [Update(middle, {"parent": None})])
    await records.write(desk.as_(), "account", [Update(top, {"parent": leaf})])
    undone = await undo(desk.as_(), cut)
    assert (undone["undone"], [k["id"] for k in undone["kept"]]) == (0, [middle])


async def test_a_parent_and_its_child_become_one(desk: Desk) -> None:
    top, middle, leaf = await chain(desk)
    await merging.merge(desk.as_(), "account", top, [middle])
    assert (await desk.get("account", top))["parent"] is None
    assert (await desk.get("account", leaf))["parent"]["id"] == top
    top, middle, leaf = await chain(desk)
    await merging.merge(desk.as_(), "account", top, [leaf])
    assert (await desk.get("account", middle))["parent"]["id"] == top
    assert (await desk.get("account", top))["parent"] is None
    top, middle, leaf = await chain(desk)
    done = await merging.merge(desk.as_(), "account", leaf, [top])
    assert (await desk.get("account", middle))["parent"]["id"] == leaf
    assert (await desk.get("account", leaf))["parent"] is None, "who takes the place of the first is the first"
    await undo(desk.as_(), done["change_set"])
    assert (await desk.get("account", top))["parent"] is None
    assert (await desk.get("account", leaf))["parent"]["id"] == middle
    assert (await desk.get("account", middle))["parent"]["id"] == top
