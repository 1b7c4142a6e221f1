"""Change sets: what belongs together is taken back together, and what others did since is kept unless one insists."""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import replace
from typing import Any

import pytest
from tests.world import Desk, World, exact, example

from guanxi import records
from guanxi.base import Conflict, NotFound, Unavailable, new_id
from guanxi.pg import jobs
from guanxi.records import Context, Create, Delete, Restore, Update, undoing, wholesale

BOOKS = {"version", "updated_at", "updated_by"}


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the books that every change keeps."""
    return {n: v for n, v in record.items() if n not in BOOKS}


async def bulk(
    desk: Desk, object_name: str, *operations: records.Operation, name: str = "admin", atomic: bool = True
) -> Context:
    """Carry out a bulk act; its context, which knows the change set."""
    ctx = desk.as_(name, bulk="batch", label="test")
    await records.write(ctx, object_name, list(operations), atomic=atomic)
    return ctx


async def listed(desk: Desk, id: str, name: str = "admin") -> dict[str, Any]:
    sets = (await records.change_sets(desk.as_(name)))["data"]
    return next(s for s in sets if s["id"] == id)


async def test_created_changed_and_deleted_records_come_back(desk: Desk) -> None:
    changed, deleted = await desk.make("account", {"name": "Changed", "employees": 1}, {"name": "Deleted"})
    before = [plain(await desk.get("account", i)) for i in (changed, deleted)]
    ctx = await bulk(
        desk,
        "account",
        Create({"name": "Created"}),
        Update(changed, {"name": "New", "employees": 2, "phone": "12345"}),
        Delete(deleted),
    )
    entry = await listed(desk, ctx.change_set)
    assert entry["counts"] == {"created": 1, "updated": 1, "deleted": 1}
    assert (entry["kind"], entry["label"], entry["object"], entry["undoable"]) == ("batch", "test", "account", True)
    answer = await records.undo(desk.as_(), ctx.change_set)
    assert (answer["undone"], answer["kept"]) == (3, [])
    assert [plain(await desk.get("account", i)) for i in (changed, deleted)] == before
    assert await desk.ids("account", sort="id") == [changed, deleted]
    entry = await listed(desk, ctx.change_set)
    assert (entry["undone_by"], entry["undoable"]) == (answer["change_set"], False)
    undoing = await listed(desk, answer["change_set"])
    assert (undoing["kind"], undoing["undoes"], undoing["counts"]) == (
        "undo",
        ctx.change_set,
        {"created": 1, "updated": 1, "deleted": 1},
    )


async def test_an_undo_can_be_undone_and_that_too(desk: Desk) -> None:
    id = await desk.one("account", name="A", employees=1)
    ctx = await bulk(desk, "account", Update(id, {"employees": 2}), Create({"name": "B"}))
    last = ctx.change_set
    for turn in range(4):
        answer = await records.undo(desk.as_(), last)
        assert (answer["undone"], answer["kept"]) == (2, [])
        last = answer["change_set"]
        assert (await desk.get("account", id))["employees"] == (1 if turn % 2 == 0 else 2)
        assert len(await desk.ids("account")) == (1 if turn % 2 == 0 else 2)
        assert (await listed(desk, ctx.change_set))["undoable"] is (turn % 2 == 1)


async def test_what_was_undone_is_not_undone_again(desk: Desk) -> None:
    ctx = await bulk(desk, "account", Create({"name": "B"}))
    await records.undo(desk.as_(), ctx.change_set)
    with pytest.raises(Conflict):
        await records.undo(desk.as_(), ctx.change_set)


async def test_records_edited_since_are_kept_unless_forced(desk: Desk) -> None:
    a, b = await desk.make("account", {"name": "A", "employees": 1}, {"name": "B", "employees": 1})
    ctx = await bulk(
        desk,
        "account",
        Update(a, {"employees": 2}),
        Update(b, {"employees": 2}),
        Create({"name": "C"}),
        Create({"name": "D"}),
    )
    [c] = [r["id"] for r in await desk.find("account") if r["name"] == "C"]
    await records.write(
        desk.as_("admin"), "account", [Update(a, {"employees": 3, "phone": "12345"}), Update(c, {"phone": "12345"})]
    )
    answer = await records.undo(desk.as_(), ctx.change_set)
    assert answer["undone"] == 2
    assert {(k["id"], k["object"], k["title"], k["reason"]) for k in answer["kept"]} == {
        (a, "account", "A", "edited_since"), (c, "account", "C", "edited_since")
    }  # fmt: skip
    assert [(await desk.get("account", i))["employees"] for i in (a, b)] == [3, 1]
    answer = await records.undo(desk.as_(), ctx.change_set, force=True)
    assert (await desk.get("account", a))["employees"] == 1
    assert (await desk.get("account", a))["phone"] == "12345", "what others changed beside it stays"
    assert {r["name"] for r in await desk.find("account")} == {"A", "B"}


async def test_a_change_of_one_record_is_undone_by_its_own_change_set(desk: Desk) -> None:
    id = await desk.one("account", name="A")
    ctx = desk.as_()
    await records.write(ctx, "account", [Update(id, {"name": "B"})])
    assert (await records.undo(desk.as_(), ctx.change_set))["undone"] == 1
    assert (await desk.get("account", id))["name"] == "A"
    again = await records.undo(desk.as_(), ctx.change_set)
    assert (again["undone"], [k["reason"] for k in again["kept"]]) == (0, ["edited_since"])


@pytest.mark.parametrize("seed", range(8))
async def test_every_type_gets_its_former_value_back(desk: Desk, seed: int) -> None:
    rng = random.Random(seed)
    keepers = [await desk.one("keeper", name=f"K{i}") for i in range(3)]
    other = await desk.one("zoo", name="other")
    links = {"keeper": keepers, "user": [desk.world.id("rep1"), desk.world.id("rep2")], "zoo": [other], "_file": []}
    entity = desk.world.catalog.object("zoo")
    empty: dict[str, Any] = {"name": "N"}
    first = example(entity, rng, links)
    second = example(entity, rng, links) | {"name": "N2"}
    for before, after in ((first, second), (first, dict.fromkeys(set(first) - {"name"})), (empty, second)):
        before = {n: v for n, v in before.items() if n != "code"}
        after = {n: v for n, v in after.items() if n != "code"}
        id = await desk.one("zoo", **before)
        shown = plain(await desk.get("zoo", id))
        ctx = await bulk(desk, "zoo", Update(id, after))
        answer = await records.undo(desk.as_(), ctx.change_set)
        assert answer["kept"] == []
        assert plain(await desk.get("zoo", id)) == shown


@pytest.mark.parametrize(
    "object_name",
    ["account", "contact", "lead", "opportunity", "product", "task", "note", "call", "meeting", "comment", "team"],
)
async def test_every_object_gets_its_former_values_back(desk: Desk, object_name: str) -> None:
    rng = random.Random(11)
    accounts = await desk.make("account", {"name": "A"}, {"name": "B"}, {"name": "C"})
    contacts = await desk.make("contact", {"name": "A"}, {"name": "B"})
    links = {
        "account": accounts,
        "contact": contacts,
        "user": [desk.world.id("rep1"), desk.world.id("admin")],
        "product": [await desk.one("product", name="P")],
    }
    entity = desk.world.catalog.object(object_name)
    id = await desk.one(object_name, **example(entity, rng, links))
    shown = plain(await desk.get(object_name, id))
    after = example(entity, rng, links)
    if entity.stage:
        after |= {"stage": "won", "amount": 5}
    ctx = await bulk(desk, object_name, Update(id, after))
    assert plain(await desk.get(object_name, id)) != shown
    answer = await records.undo(desk.as_(), ctx.change_set)
    assert answer["kept"] == []
    assert plain(await desk.get(object_name, id)) == shown


async def test_a_name_whose_parts_are_its_own_comes_back_with_them(desk: Desk) -> None:
    name = {"family": "Nagy", "given": "Éva", "full": "Nagy Éva"}
    id = await desk.one("contact", name=name)
    shown = plain(await desk.get("contact", id))
    ctx = await bulk(desk, "contact", Update(id, {"name": name | {"full": "Éva Nagy"}}))
    await records.undo(desk.as_(), ctx.change_set)
    assert plain(await desk.get("contact", id)) == shown
    assert shown["name_family"] == "Nagy"


async def test_what_cannot_come_back_is_kept_with_the_reason(desk: Desk) -> None:
    a = await desk.one("zoo", name="A", code="X")
    ctx = await bulk(desk, "zoo", Delete(a))
    await desk.one("zoo", name="B", code="X")
    answer = await records.undo(desk.as_(), ctx.change_set)
    assert (answer["undone"], [(k["id"], k["reason"]) for k in answer["kept"]]) == (0, [(a, "invalid")])
    assert answer["kept"][0]["errors"][0]["code"] == "not_unique"
    ctx = await bulk(desk, "account", Create({"name": "Held"}), Create({"name": "Free"}))
    [held] = await desk.ids("account", filter={"field": "name", "op": "eq", "value": "Held"})
    await desk.one("opportunity", name="O", account=held)
    answer = await records.undo(desk.as_(), ctx.change_set)
    assert (answer["undone"], [(k["id"], k["title"], k["reason"]) for k in answer["kept"]]) == (
        1,
        [(held, "Held", "still_referenced")],
    )


async def test_several_changes_of_a_record_in_one_set_are_undone_to_the_first(desk: Desk) -> None:
    id = await desk.one("account", name="A", employees=1)
    before = plain(await desk.get("account", id))
    ctx = desk.as_(bulk="batch")
    await records.write(ctx, "account", [Update(id, {"employees": 2})])
    await records.write(ctx, "account", [Update(id, {"employees": 3, "name": "B"})])
    await records.write(ctx, "account", [Delete(id)])
    await records.write(ctx, "account", [Restore(id)])
    [made] = await records.write(ctx, "account", [Create({"name": "C"})])
    await records.write(ctx, "account", [Update(made.id or "", {"name": "D"})])
    assert (await records.undo(desk.as_(), ctx.change_set))["kept"] == []
    assert plain(await desk.get("account", id)) == before
    assert await desk.ids("account") == [id]


async def test_an_undo_over_several_objects_takes_the_last_first(desk: Desk) -> None:
    ctx = desk.as_(bulk="batch")
    [account] = await records.write(ctx, "account", [Create({"name": "A"})])
    await records.write(ctx, "opportunity", [Create({"name": "O", "account": account.id})])
    answer = await records.undo(desk.as_(), ctx.change_set)
    assert (answer["undone"], answer["kept"]) == (2, [])


@pytest.mark.parametrize("portion", [5000, 2])
async def test_what_stays_keeps_what_it_is_about(
    own_world: World, monkeypatch: pytest.MonkeyPatch, portion: int
) -> None:
    """A deal that somebody worked on keeps its contact and their company; another's go with it. So by a job in portions too."""
    monkeypatch.setattr(sys.modules["guanxi.records.undo"], "CHUNK", portion)
    w = own_world
    async with w.act(bulk="import") as ctx:
        companies = await records.write(ctx, "account", [Create({"name": n}) for n in ("Worked on", "Not")])
        people = await records.write(
            ctx, "contact", [Create({"name": f"P{i}", "account": c.id}) for i, c in enumerate(companies)]
        )
        deals = await records.write(
            ctx,
            "opportunity",
            [
                Create({"name": f"D{i}", "account": c.id, "contact": p.id})
                for i, (c, p) in enumerate(zip(companies, people, strict=True))
            ],
        )
        await records.write(
            ctx, "task", [Create({"subject": "Call", "about": {"object": "contact", "id": p.id}}) for p in people]
        )
    async with w.act() as edit:
        await records.write(edit, "opportunity", [Update(deals[0].id or "", {"name": "Bigger"})])
    async with w.act() as again:
        await records.begin_undo(again, ctx.change_set)
    await run(w)
    async with w.desk() as desk:
        told = await records.undo_status(desk.as_(), ctx.change_set)
        assert (told["undone"], {(k["title"], k["reason"]) for k in told["kept"]}) == (
            5,
            {("Bigger", "edited_since"), ("P0", "still_referenced"), ("Worked on", "still_referenced")},
        )
        deal = await desk.get("opportunity", deals[0].id or "")
        assert (deal["contact"]["title"], deal["account"]["title"]) == ("P0", "Worked on")
        assert await desk.ids("account") == [companies[0].id]


# -- who may -----------------------------------------------------------------------------------------------------------


async def test_ones_own_bulk_acts_are_ones_own(desk: Desk) -> None:
    ctx = await bulk(desk, "account", Create({"name": "A"}), name="rep1")
    assert ctx.change_set not in {s["id"] for s in (await records.change_sets(desk.as_("rep2")))["data"]}
    before = await desk.digest()
    for id in (ctx.change_set, new_id(), "nonsense"):
        with pytest.raises(NotFound):
            await records.undo(desk.as_("rep2"), id)
    assert await desk.digest() == before
    assert (await listed(desk, ctx.change_set, "rep1"))["actor"]["title"] == "Rep1"
    assert (await records.undo(desk.as_("admin"), ctx.change_set))["undone"] == 1


async def test_an_undo_reaches_no_further_than_its_actor(desk: Desk) -> None:
    mine = await desk.one("account", name="A", owner=desk.world.id("rep1"))
    ctx = await bulk(desk, "account", Update(mine, {"employees": 2}), name="rep1")
    await records.write(desk.as_("boss"), "account", [Update(mine, {"owner": desk.world.id("rep3")})])
    before = await desk.digest()
    answer = await records.undo(desk.as_("rep1"), ctx.change_set, force=True)
    assert answer["undone"] == 0
    assert [k["reason"] for k in answer["kept"]] == ["not_found"]
    assert answer["kept"][0]["title"] is None
    assert await desk.digest() == before


async def test_an_undo_writes_no_field_that_its_actor_may_not_write_any_more(desk: Desk) -> None:
    id = await desk.one("account", name="A", phone="010-12345678")
    ctx = await bulk(desk, "account", Update(id, {"phone": "010-87654321"}))
    actor = replace(ctx.actor, grants=replace(ctx.actor.grants, fields={"account.phone": "read"}), statements={})
    answer = await records.undo(replace(ctx, actor=actor, change_set=new_id()), ctx.change_set)
    assert (answer["undone"], [k["reason"] for k in answer["kept"]]) == (0, ["forbidden"])
    assert "87654321" in (await desk.get("account", id))["phone"]


async def test_an_undo_writes_no_field_whose_right_its_actor_has_lost(desk: Desk) -> None:
    role = await desk.one("role", name="r", label="R", grants={"objects": {}})
    ctx = await bulk(desk, "role", Update(role, {"grants": {"objects": {"account": {"read": "own"}}}}))
    grants = replace(ctx.actor.grants, system=ctx.actor.grants.system - {"roles"})
    actor = replace(ctx.actor, grants=grants, statements={})
    answer = await records.undo(replace(ctx, actor=actor, change_set=new_id()), ctx.change_set)
    assert (answer["undone"], [k["reason"] for k in answer["kept"]]) == (0, ["forbidden"])


async def test_an_undo_keeps_what_its_actor_may_not_write_and_takes_back_the_rest(desk: Desk) -> None:
    ctx = desk.as_(bulk="batch")
    await records.write(ctx, "team", [Create({"name": "T"})])
    [account] = await records.write(ctx, "account", [Create({"name": "A"})])
    grants = replace(ctx.actor.grants, objects={**ctx.actor.grants.objects, "team": {"read": "all"}})
    actor = replace(ctx.actor, grants=grants, statements={})
    answer = await records.undo(replace(ctx, actor=actor, change_set=new_id()), ctx.change_set)
    assert (answer["undone"], [(k["title"], k["reason"]) for k in answer["kept"]]) == (1, [("T", "forbidden")])
    assert account.id not in await desk.ids("account")


async def test_change_sets_are_listed_newest_first_page_by_page(own_world: World) -> None:
    made = []
    for i in range(5):
        async with own_world.act(bulk="batch", label=f"b{i}") as ctx:
            await records.write(ctx, "account", [Create({"name": "A"})])
            made.append(ctx.change_set)
    async with own_world.desk() as desk:
        seen: list[str] = []
        cursor = None
        while True:
            page = await records.change_sets(desk.as_(), limit=2, cursor=cursor)
            seen += [s["id"] for s in page["data"] if s["kind"] == "batch"]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == made[::-1]


async def test_two_who_undo_at_once_undo_once(own_world: World) -> None:
    async with own_world.act(bulk="batch") as ctx:
        await records.write(ctx, "account", [Create({"name": "A"}), Create({"name": "B"})])
        change_set = ctx.change_set

    async def undo() -> Any:
        try:
            async with own_world.act() as ctx:
                return (await records.undo(ctx, change_set))["undone"]
        except Conflict:
            return "already"

    assert sorted(map(str, await asyncio.gather(undo(), undo()))) == ["2", "already"]


# -- the past ----------------------------------------------------------------------------------------------------------


async def test_a_record_is_shown_as_it_was_at_any_moment(own_world: World) -> None:
    states: list[tuple[Any, dict[str, Any]]] = []
    keeper_id = ""
    async with own_world.act() as ctx:
        [keeper] = await records.write(ctx, "keeper", [Create({"name": "K"})])
        keeper_id = keeper.id or ""
    rng = random.Random(5)
    entity = own_world.catalog.object("zoo")
    links = {"keeper": [keeper_id], "user": [own_world.id("rep1")], "_file": []}
    id = ""
    for turn in range(4):
        values = example(entity, rng, links)
        if turn == 2:
            values = dict.fromkeys(set(values) - {"name"})
        async with own_world.act() as ctx:
            operation = Update(id, values) if id else Create(values)
            [outcome] = await records.write(ctx, "zoo", [operation])
            id = outcome.id or ""
        async with own_world.db.connection() as c:
            moment = await c.value("SELECT clock_timestamp()")
        async with own_world.desk() as desk:
            states.append((moment, await desk.get("zoo", id)))
    async with own_world.desk() as desk:
        for moment, state in states:
            then = exact(await records.get(desk.as_().then(moment), "zoo", id))
            assert {n: v for n, v in then.items() if not n.endswith("_at") and n != "datetime"} == {
                n: v for n, v in state.items() if not n.endswith("_at") and n != "datetime"
            }
        with pytest.raises(NotFound):
            await records.get(desk.as_().then(states[0][0].replace(year=2020)), "zoo", id)


NULLS = {"source": None, "tags": [None, {"a": None}], "deep": {"er": {"x": None}}}


async def test_nothing_inside_of_json_is_lost_by_the_journal(own_world: World) -> None:
    """Null inside of a value is part of the value: in history, in the past, and when a change is taken back."""
    async with own_world.act(bulk="batch") as ctx:
        [made] = await records.write(ctx, "zoo", [Create({"name": "Z", "json": NULLS})])
    id = made.id or ""
    async with own_world.act(bulk="batch") as ctx:
        await records.write(ctx, "zoo", [Update(id, {"json": {"other": None}})])
        changed = ctx.change_set
        moment = ctx.now
    async with own_world.desk() as desk:
        [second, first] = (await records.history(desk.as_(), "zoo", id))["data"]
        assert first["changes"]["json"] == [None, NULLS]
        assert second["changes"]["json"] == [NULLS, {"other": None}]
        assert exact(await records.get(desk.as_().then(first["at"]), "zoo", id))["json"] == NULLS
        assert exact(await records.get(desk.as_().then(moment.replace(year=2100)), "zoo", id))["json"] == {
            "other": None
        }
        assert (await records.undo(desk.as_(), changed))["undone"] == 1
        assert (await desk.get("zoo", id))["json"] == NULLS


async def test_history_is_paged_newest_first(desk: Desk) -> None:
    id = await desk.one("account", name="A")
    for i in range(7):
        await records.write(desk.as_(), "account", [Update(id, {"employees": i})])
    seen: list[int] = []
    cursor = None
    while True:
        page = await records.history(desk.as_(), "account", id, limit=3, cursor=cursor)
        seen += [e["version"] for e in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list(range(8, 0, -1))


async def test_what_it_was_about_is_shown_by_title_in_history(desk: Desk) -> None:
    a, b = await desk.make("account", {"name": "A"}, {"name": "B"})
    id = await desk.one("task", subject="T", about={"object": "account", "id": a}, owner=desk.world.id("rep1"))
    await records.write(desk.as_(), "task", [Update(id, {"about": {"object": "account", "id": b}})])
    [entry, _] = (await records.history(desk.as_(), "task", id))["data"]
    assert entry["changes"]["about"] == [
        {"object": "account", "id": a, "title": "A"},
        {"object": "account", "id": b, "title": "B"},
    ]
    [entry, _] = (await records.history(desk.as_("rep1"), "task", id))["data"]
    assert a not in repr(entry)
    assert entry["hidden"] == 1


# -- three sides, and by a job -----------------------------------------------------------------------------------------


async def test_what_somebody_edited_beside_it_stays_and_what_they_edited_of_it_is_shown(desk: Desk) -> None:
    owner, other = desk.world.id("rep1"), desk.world.id("rep2")
    a, b = await desk.make("account", {"name": "A", "employees": 1}, {"name": "B", "employees": 1, "owner": owner})
    ctx = await bulk(desk, "account", Update(a, {"employees": 2}), Update(b, {"employees": 2, "owner": other}))
    last = [Update(a, {"phone": "12345"}), Update(b, {"employees": 3, "owner": None, "phone": "12345"})]
    await records.write(desk.as_(), "account", last)
    answer = await records.undo(desk.as_(), ctx.change_set)
    assert (answer["undone"], [k["id"] for k in answer["kept"]]) == (1, [b])
    assert answer["kept"][0]["changes"] == {
        "employees": [1, 2, 3],
        "owner": [{"id": owner, "title": "Rep1"}, {"id": other, "title": "Rep2"}, None],
    }
    found = await desk.get("account", a)
    assert (found["employees"], found["phone"]) == (1, "12345")


async def test_three_sides_show_no_field_that_the_reader_may_not_see(desk: Desk) -> None:
    [a] = await desk.make("account", {"name": "A", "revenue": 1, "employees": 1})
    ctx = replace(desk.system("clerk"), bulk="batch")
    await records.write(ctx, "account", [Update(a, {"revenue": 2, "employees": 2})])
    await records.write(desk.system(), "account", [Update(a, {"revenue": 3, "employees": 3})])
    [kept] = (await records.undo(desk.as_("clerk"), ctx.change_set))["kept"]
    assert kept["changes"] == {"employees": [1, 2, 3]}


async def test_of_what_one_does_not_see_any_more_no_values_are_shown(desk: Desk) -> None:
    a = await desk.one("account", name="A", owner=desk.world.id("rep1"), employees=1)
    ctx = await bulk(desk, "account", Update(a, {"employees": 2}), name="rep1")
    await records.write(desk.system(), "account", [Update(a, {"owner": desk.world.id("rep3"), "employees": 3})])
    [kept] = (await records.undo(desk.as_("rep1"), ctx.change_set))["kept"]
    assert (kept["reason"], kept["title"], "changes" in kept) == ("edited_since", None, False)


async def run(world: World, attempt: int = 1) -> None:
    """Carry out the oldest waiting undoing, as a worker does."""
    async with world.db.transaction() as c:
        row = await c.row(
            "UPDATE guanxi.job SET state = 'running', attempt = %(n)s, lease_until = now() + interval '1 hour' WHERE id ="
            " (SELECT id FROM guanxi.job WHERE name = 'records.undo' AND state IN ('waiting', 'running') ORDER BY id LIMIT 1)"
            " RETURNING id, name, args",
            {"n": attempt},
        )
    assert row is not None
    job = jobs.Job(row[0], row[1], row[2], attempt, world.db)
    await jobs.tasks[row[1]].run(job)
    async with world.db.transaction() as c:
        await c.execute("UPDATE guanxi.job SET state = 'done' WHERE id = %(id)s", {"id": row[0]})


async def test_a_job_takes_back_portion_by_portion_and_is_taken_back_itself(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["guanxi.records.undo"], "CHUNK", 3)
    monkeypatch.setattr(undoing, "MAX_KEPT", 0)
    w = own_world
    async with w.act("rep1", bulk="import", label="file.csv") as ctx:
        made = await records.write(ctx, "account", [Create({"name": f"A{i}"}) for i in range(10)])
        [person] = await records.write(ctx, "contact", [Create({"name": "B", "account": made[0].id})])
        change_set = ctx.change_set
    async with w.act() as ctx:
        await records.write(ctx, "account", [Update(made[4].id or "", {"name": "Edited"})])
        await records.write(ctx, "contact", [Update(person.id or "", {"name": "Edited, too"})])
    async with w.act("rep1") as ctx:
        begun = await records.begin_undo(ctx, change_set)
        assert (begun["status"], begun["total"], begun["done"]) == ("queued", 11, 0)
    async with w.act("rep1") as ctx:
        with pytest.raises(Conflict) as refusal:
            await records.begin_undo(ctx, change_set)
        assert refusal.value.code == "undo_under_way"
    async with w.act("rep2") as ctx:
        for call in (records.undo_status, records.stop_undo, records.begin_undo):
            with pytest.raises(NotFound):
                await call(ctx, change_set)
    await run(w)
    async with w.desk() as desk:
        told = await records.undo_status(desk.as_("rep1"), change_set)
        assert (told["status"], told["done"], told["undone"], told["kept_count"]) == ("done", 11, 8, 3)
        assert [(k["title"], k["reason"]) for k in told["kept"]] == [
            ("Edited, too", "edited_since"),
            ("Edited", "edited_since"),
        ], "one of each object is told, however many there are"
        kept = {r["name"] for r in await desk.find("account", "rep1")}
        assert kept == {"Edited", "A0"}, "what somebody worked on stays with what it is about"
        assert (await listed(desk, change_set, "rep1"))["undone_by"] == told["change_set"]
    async with w.act("rep1") as ctx:
        await records.begin_undo(ctx, told["change_set"])
    await run(w)
    async with w.desk() as desk:
        assert len(await desk.find("account", "rep1")) == 10
        assert (await listed(desk, change_set, "rep1"))["undoable"]


async def test_a_job_that_is_stopped_or_dies_leaves_what_it_did_and_another_goes_on(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["guanxi.records.undo"], "CHUNK", 4)
    w = own_world
    async with w.act(bulk="import") as ctx:
        await records.write(ctx, "account", [Create({"name": f"A{i}"}) for i in range(10)])
        change_set = ctx.change_set
    async with w.act() as ctx:
        await records.begin_undo(ctx, change_set)
    real = undoing.portion
    calls: list[int] = []

    async def dies(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            async with w.act() as ctx:
                await records.stop_undo(ctx, change_set)
            raise Unavailable
        return await real(*args)

    monkeypatch.setattr(undoing, "portion", dies)
    with pytest.raises(Unavailable):
        await run(w)
    await run(w, attempt=2)  # finds that it is to stop
    async with w.desk() as desk:
        told = await records.undo_status(desk.as_(), change_set)
        assert (told["status"], told["done"], told["undone"]) == ("cancelled", 4, 4)
        assert len(await desk.find("account")) == 6
        assert (await listed(desk, change_set))["undoable"]
        assert (await listed(desk, told["change_set"]))["counts"]["deleted"] == 4
    async with w.act() as ctx:
        await records.begin_undo(ctx, change_set)
    await run(w)
    async with w.desk() as desk:
        assert await desk.find("account") == []


# -- many at once ------------------------------------------------------------------------------------------------------


async def a_big_act(desk: Desk, rng: random.Random, name: str) -> str:
    """A bulk act of many kinds by somebody, and what others did to some of its records since; the change set."""
    keepers = await desk.make("keeper", *({"name": f"K{i}"} for i in range(3)))
    accounts = await desk.make("account", *({"name": f"A{i}", "owner": desk.world.id(name)} for i in range(4)))
    links = {"keeper": keepers, "account": accounts, "user": [desk.world.id("rep1"), desk.world.id("rep3")]}
    ids: dict[str, list[str]] = {}
    for object_name in ("zoo", "opportunity", "contact"):
        entity = desk.world.catalog.object(object_name)
        made = [example(entity, rng, links) for _ in range(6)]
        ids[object_name] = await desk.make(object_name, *({**m, "owner": desk.world.id(name)} for m in made))
        links[object_name] = ids[object_name]
    ctx = desk.as_(name, bulk="batch")
    for _ in range(6):
        object_name = rng.choice(["zoo", "opportunity", "contact", "account"])
        entity = desk.world.catalog.object(object_name)
        known = ids.setdefault(object_name, list(accounts))
        some = rng.sample(known, min(len(known), 5))
        kind = rng.choice(["create", "update", "update", "mass", "delete", "restore"])
        values = {n: v for n, v in example(entity, rng, links).items() if n not in ("code", "owner", entity.title)}
        operations: dict[str, list[records.Operation]] = {
            "create": [Create(example(entity, rng, links)) for _ in range(4)],
            "update": [
                Update(i, {n: rng.choice([v, None]) for n, v in rng.sample(sorted(values.items()), 3)}) for i in some
            ],
            "mass": [
                Update(i, {"stage": "won", "amount": 5} if entity.stage else {entity.title: "同一个"}) for i in some
            ],
            "delete": [Delete(i) for i in some],
            "restore": [Restore(i) for i in known],
        }
        done = await records.write(ctx, object_name, operations[kind], atomic=False)
        known += [o.id or "" for o in done if o.status == 201]
    for object_name, known in ids.items():
        for id in rng.sample(known, 2):
            by = desk.as_(rng.choice(["admin", "boss", "clerk"]))
            act = rng.choice([Delete(id), Update(id, {"owner": desk.world.id("rep2")}), Update(id, {"owner": None})])
            await records.write(by, object_name, [act], atomic=False)
    if rng.random() < 0.5:
        sql = 'INSERT INTO "{}"._lock (record, holder, approval) VALUES (%(r)s::uuid, %(h)s::uuid, %(h)s::uuid)'
        lock = {"r": rng.choice(ids["zoo"]), "h": new_id()}
        await desk.connection.execute(sql.format(desk.world.workspace.schema), lock)
    return ctx.change_set


async def taken_back(desk: Desk, name: str, change_set: str, force: bool) -> dict[str, Any]:
    """Everything that an undo answers, stores and tells; of the database nothing stays as it makes it."""
    schema, out = desk.world.workspace.schema, dict[str, Any]()

    class Done(Exception):
        pass

    last = await desk.connection.value(f'SELECT max(seq) FROM "{schema}"._journal')
    try:
        async with desk.connection.savepoint():
            answer = await records.undo(desk.as_(name), change_set, force)
            out["undone"], own = answer["undone"], answer["change_set"]
            out["kept"] = sorted(answer["kept"], key=repr)
            for table in ("account", "zoo", "keeper", "opportunity", "contact", "_search"):
                rows = await desk.connection.fetch(
                    f'SELECT row_to_json(t)::text FROM "{schema}"."{table}" AS t ORDER BY id'
                )
                out[table] = [r[0] for r in rows]
            told = "object, record, kind, actor, cause, version, before, after, typed"
            sql = f'SELECT {told} FROM "{schema}"._journal WHERE seq > %(last)s ORDER BY record, version'
            out["journal"] = await desk.connection.fetch(sql, {"last": last})
            sql = f'SELECT kind, created, updated, deleted, undoes FROM "{schema}"._change_set WHERE id = %(id)s::uuid'
            out["books"] = await desk.connection.fetch(sql, {"id": own})
            raise Done
    except Done:
        return out


@pytest.mark.parametrize("seed", range(4))
async def test_many_at_once_are_taken_back_as_one_by_one(
    desk: Desk, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    real = wholesale.take_back

    async def counted(*args: Any) -> set[str]:
        ids = await real(*args)
        taken.append(len(ids))
        return ids

    monkeypatch.setattr(wholesale, "take_back", counted)
    for rng in (random.Random(seed), random.Random(seed + 4)):
        name, force = rng.choice(["admin", "rep1", "boss"]), rng.random() < 0.4
        change_set = await a_big_act(desk, rng, name)
        monkeypatch.setattr(wholesale, "LEAST", 1 << 30)
        tried = len(taken)
        slowly = await taken_back(desk, name, change_set, force)
        assert len(taken) == tried
        monkeypatch.setattr(wholesale, "LEAST", 1)
        at_once = await taken_back(desk, name, change_set, force)
        for what, told in slowly.items():
            assert at_once[what] == told, what
    assert sum(taken) > 0  # of a single act all may be refused


async def test_records_with_more_than_a_hundred_fields_are_taken_back_all_at_once(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures of 120 fields are kept elsewhere, and 20 links lead away."""
    world = own_world
    numbers = [f"n{i}" for i in range(120)]
    fields = [{"name": n, "type": "integer"} for n in numbers]
    links = [{"name": f"l{i}", "type": "link", "target": "zoo"} for i in range(20)]
    wide = {"op": "add_object", "name": "wide", "label": {"en": "Wide", "zh": "宽表"}, "fields": [*fields, *links]}
    wide["fields"].append({"name": "of", "type": "link", "target": "zoo", "inverse": "wides"})
    rolled = {"op": "add_field", "object": "zoo", "type": "rollup"}
    how = {"children": "wides", "function": "sum"}
    sums = [{**rolled, "name": f"sum_{n}", "config": {**how, "field": n}} for n in numbers]
    async with world.db.transaction() as c:
        world.catalog = (await records.evolve(c, world.workspace, [wide, *sums])).catalog
    monkeypatch.setattr(wholesale, "LEAST", 1)
    async with world.desk() as desk:
        zoo = await desk.one("zoo", name="Z")
        ids = await desk.make("wide", *({"name": str(i), "of": zoo, **dict.fromkeys(numbers, i)} for i in range(3)))
        changed = await bulk(desk, "wide", *(Update(i, dict.fromkeys(numbers, 100)) for i in ids))
        assert (await desk.get("zoo", zoo))["sum_n119"] == 300
        assert (await records.undo(desk.as_(), changed.change_set))["undone"] == 3
        gone = await bulk(desk, "wide", *(Delete(i) for i in ids))
        assert (await desk.get("zoo", zoo))["sum_n119"] == 0
        assert (await records.undo(desk.as_(), gone.change_set))["undone"] == 3
        told = await desk.get("zoo", zoo)
        assert {told[f"sum_{n}"] for n in numbers} == {3}
