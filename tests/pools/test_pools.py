"""Pools: who sees what is in them and how much of it, who may take how many, one winner of a race, and the way back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.world import Desk, World, codes, exact, renewed

from guanxi import linkage, merging, pools, records, transfer
from guanxi.base import Conflict, Forbidden, Invalid, NotFound, Problem, TooMany, new_id
from guanxi.records import Context, Create, Grants, Update, reach
from guanxi.records.act import act
from guanxi.records.compile import Compiler
from guanxi.schema.query import read_aggregation, read_query

PHONE, EMAIL = "13812345678", "wang@yuanhang.example"
ORDER = {"field": "phone", "op": "contains", "value": "1234567"}


async def pool(desk: Desk, **more: Any) -> str:
    """A pool of accounts for the team west (rep3, mate), that the captain manages."""
    world = desk.world
    values = {
        "name": "East sea",
        "holds": "account",
        "teams": [world.teams["west"]],
        "admins": [world.id("captain")],
        **more,
    }
    return await desk.one("pool", **values)


async def seated(desk: Desk, name: str, **more: Any) -> Context:
    """A person as they are signed in now, with their places in pools."""
    actor = await records.load_actor(desk.connection, desk.world.workspace, desk.world.id(name))
    assert actor is not None
    now = more.pop("now", datetime.now(UTC))
    return replace(desk.as_(name, **more), actor=actor, now=now)


async def inside(desk: Desk, pool_id: str, **values: Any) -> str:
    """An account in a pool."""
    given = {"name": "Yuanhang", "phone": PHONE, "email": EMAIL, **values}
    id = await desk.one("account", **given)
    await records.write(desk.system(), "account", [Update(id, {"owner": None, "pool": pool_id}, trusted=True)])
    return id


async def row(desk: Desk, id: str) -> dict[str, Any]:
    return exact(await records.get(desk.system(), "account", id))


async def test_members_see_what_is_in_their_pools_and_nobody_else_does(desk: Desk) -> None:
    sea = await pool(desk)
    id = await inside(desk, sea)
    for name, seen in {
        "rep3": True,
        "mate": True,
        "captain": True,
        "rep1": False,
        "agent": True,
        "loner": False,
        "boss": False,
    }.items():
        ctx = await seated(desk, name)
        ids = [exact(r)["id"] for r in (await records.find(ctx, read_query("account", {}))).rows]
        assert (id in ids) is seen, name
        told = await records.explain(await seated(desk, "admin"), "account", id, desk.world.id(name))
        assert told["verbs"]["read"]["may"] is seen, name
        if seen:
            assert exact(await records.get(ctx, "account", id))["name"] == "Yuanhang"
        else:
            with pytest.raises(NotFound):
                await records.get(ctx, "account", id)
    own = await records.explain(await seated(desk, "rep3"), "account", id)
    assert [g["reason"] for g in own["verbs"]["read"]["grounds"] if g["true"]] == [
        "it is in the pool “East sea”, which one is a member of"
    ]
    assert own["verbs"]["update"]["may"] is own["verbs"]["delete"]["may"] is False
    assert (await records.explain(await seated(desk, "captain"), "account", id))["verbs"]["update"]["may"] is True
    # What somebody owns is theirs again, whatever pool it belongs to; so is what is in a pool that is in use no more.
    await records.write(desk.system(), "account", [Update(id, {"owner": desk.world.id("rep1")}, trusted=True)])
    with pytest.raises(NotFound):
        await records.get(await seated(desk, "rep3"), "account", id)
    other = await inside(desk, sea)
    await records.write(desk.as_(), "pool", [Update(sea, {"active": False})])
    with pytest.raises(NotFound):
        await records.get(await seated(desk, "rep3"), "account", other)


@pytest.mark.parametrize("name", ["rep3", "captain", "mate", "loner"])
async def test_little_and_much_in_pools_is_seen_alike(desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    sea = await pool(desk, masked=["phone"])
    world, admin = desk.world, desk.as_()
    floating, alone = await inside(desk, sea), await desk.one("account", name="Yuanhang too", owner=world.id("boss"))
    own = await desk.one("account", name="Yuanhang three", owner=world.id(name))
    lent = await desk.one("account", name="Yuanhang four", owner=world.id("boss"))
    await records.share(admin, "account", lent, world.id(name), "user")
    for account in (floating, alone, own, lent):
        await desk.one("contact", name="Zhao", account=account, owner=world.id("boss"))
    answers: list[Any] = []
    for most in (-1, 10**9):
        monkeypatch.setattr(reach, "MANY", most)
        ctx = await seated(desk, name)
        told: list[Any] = []
        for object_name in ("account", "contact"):
            for query in (
                {"include": "count"},
                {"sort": "name"},
                {"filter": {"search": "uan" if object_name == "account" else "zhao"}},
            ):
                page = await records.find(ctx, read_query(object_name, query))
                told.append((page.count, sorted(exact(r)["id"] for r in page.rows)))
            whole = {"measures": [{"fn": "count", "as": "n"}]}
            told += [exact(g) for g in await records.aggregate(ctx, read_aggregation(object_name, whole))]
        told.append(sorted(h["id"] for h in await records.search(ctx, "Yuanhang")))
        answers.append(told)
        if ctx.actor.seats:
            assert Compiler(ctx).wide(ctx.catalog.object("account"), "read") is (most < 0)
    assert answers[0] == answers[1]
    there = set(answers[0][0][1])
    assert {own, lent} <= there
    assert (floating in there) is (name != "loner")
    assert alone not in there


async def test_until_it_is_claimed_the_details_are_masked_at_every_door(desk: Desk) -> None:
    sea = await pool(desk, masked=["phone", "email", "address"])
    id = await inside(desk, sea, industry="finance")
    own = await desk.one("account", name="Mine", phone=PHONE, email=EMAIL, owner=desk.world.id("rep3"))
    await records.write(desk.system(), "account", [Update(id, {"phone": "13912345678"})])
    await records.write(desk.system(), "account", [Update(id, {"phone": PHONE})])
    ctx = await seated(desk, "rep3")
    record = exact(await records.get(ctx, "account", id))
    assert (record["phone"], record["email"], record["industry"]) == ("138****5678", "w***@yuanhang.example", "finance")
    assert exact(await records.get(ctx, "account", own))["email"] == EMAIL
    answers: list[Any] = [
        record,
        await records.history(ctx, "account", id),
        await records.timeline(ctx, "account", id),
        await records.explain(ctx, "account", id),
        exact(await records.get(ctx.then(ctx.now + timedelta(days=1)), "account", id)),
        [
            exact(r)
            for r in (
                await records.find(ctx, read_query("account", {"filter": {"field": "id", "op": "eq", "value": id}}))
            ).rows
        ],
    ]
    told = repr(answers)
    assert EMAIL not in told
    assert PHONE not in told
    assert PHONE[3:] not in told
    assert record["id"] in told
    # Of no use for asking: not found by it, sorted and grouped as if there were nothing.
    for wanted in ({"field": "email", "op": "eq", "value": EMAIL}, ORDER, {"field": "email", "op": "starts_with", "value": "wang"},
                   {"search": "wang@yuanhang"}, {"search": "12345678"}, {"formula": f"email = '{EMAIL}'"}):  # fmt: skip
        assert [exact(r)["id"] for r in (await records.find(ctx, read_query("account", {"filter": wanted}))).rows] == [
            own
        ], wanted
    assert [h["id"] for h in await records.search(ctx, "wang@yuanhang")] == [own]
    assert {h["id"] for h in await records.search(ctx, "Yuanhang")} == {id, own}
    groups = [
        exact(g)
        for g in await records.aggregate(
            ctx, read_aggregation("account", {"group": ["email"], "measures": [{"fn": "count", "as": "n"}]})
        )
    ]
    assert {g["group"]["email"]: g["values"]["n"] for g in groups} == {EMAIL: 1, None: 1}
    for order, first in (("email", own), ("-email", own)):
        page = await records.find(ctx, read_query("account", {"sort": order}))
        assert exact(page.rows[0])["id"] == first
    for about in ({"match": {"email": EMAIL}}, {"match": {"phone": PHONE, "email": EMAIL}}):
        [made] = await records.write(ctx, "contact", [Create({"name": "Li", "account": about})])
        assert exact(made.record or b"{}")["account"]["id"] == own
    alike = await records.consult(ctx, "account", {"name": "New", "email": EMAIL})
    assert [r["id"] for a in alike["alike"] for r in a["records"]] == [own]
    # Its administrator sees it, and so does whoever claimed it.
    assert exact(await records.get(await seated(desk, "captain"), "account", id))["email"] == EMAIL
    await pools.claim(ctx, "account", [id])
    assert exact(await records.get(ctx, "account", id))["email"] == EMAIL


async def test_what_is_masked_is_no_reason_and_differs_from_nothing(desk: Desk) -> None:
    sea = await pool(desk, masked=["phone", "tags"])
    hidden = {"phone": PHONE, "tags": ["secret"]}
    a, b = [await inside(desk, sea, name=f"No {i}", **hidden) for i in range(2)]
    await desk.connection.execute(
        f'INSERT INTO "{desk.world.workspace.schema}"._twin (a, b, object, score, bits, why)'
        " VALUES (least(%(a)s::uuid, %(b)s::uuid), greatest(%(a)s::uuid, %(b)s::uuid), 'account', 1, 0, %(why)s::jsonb)",
        {"a": a, "b": b, "why": '{"name": ["similar", 9, 1, 9], "phone": ["equal", 11, 1, 11]}'},
    )
    rep, boss = await seated(desk, "rep3"), await seated(desk, "captain")
    for who, seen in ((rep, set[str]()), (boss, {"phone", "tags"})):
        [twins] = (await linkage.groups(who, "account"))["data"]
        assert {w["field"] for w in twins["pairs"][0]["why"]} & hidden.keys() == seen & {"phone"}, who.actor.name
        told = {f["name"] for f in (await merging.preview(who, "account", a, [b]))["fields"]}
        assert told & hidden.keys() == seen, who.actor.name
    with pytest.raises(Invalid) as refused:
        await merging.preview(rep, "account", a, [b], {"phone": {"from": b}})
    assert codes(refused.value) == {"phone": "masked_field"}


async def test_looking_behind_the_mask_is_counted(desk: Desk) -> None:
    sea = await pool(desk, masked=["phone", "email"], views_per_day=2)
    ids = [await inside(desk, sea, name=f"No {i}") for i in range(3)]
    ctx = await seated(desk, "rep3", now=await desk.connection.value("SELECT now()"))
    for id in (*ids[:2], ids[0]):  # the same one again costs nothing
        assert exact(await records.reveal(ctx, "account", id, ["phone"]))["phone"].endswith(PHONE)
    with pytest.raises(TooMany) as refused:
        await records.reveal(ctx, "account", ids[2], ["email"])
    assert refused.value.code == "pool_views"
    [mine] = [p for p in (await pools.my_pools(ctx))["data"] if p["id"] == sea]
    assert mine["views"] == {"limit": 2, "used": 2}
    boss = await seated(desk, "captain")
    assert exact(await records.reveal(boss, "account", ids[2], ["email"]))["email"] == EMAIL


async def test_limits_of_claiming(desk: Desk) -> None:
    sea = await pool(
        desk, claims_per_day=3, held_most=4, capacity_by="grade", capacity={"strategic": 1}, cooldown_days=7
    )
    big = [await inside(desk, sea, name=f"Big {i}", grade="strategic") for i in range(2)]
    small = [await inside(desk, sea, name=f"Small {i}") for i in range(4)]
    now = await desk.connection.value("SELECT now()")
    ctx = await seated(desk, "rep3", now=now)
    done = await pools.claim(ctx, "account", [*big, *small])
    assert [(d["status"], d["problem"].code if d["problem"] else None) for d in done] == [
        (200, None), (409, "capacity_full"), (200, None), (200, None), (409, "claims_used_up"), (409, "claims_used_up"),
    ]  # fmt: skip
    assert {(await row(desk, i))["owner"]["id"] for i in (big[0], small[0])} == {ctx.actor.id}
    tomorrow = replace(ctx, now=now + timedelta(days=1))
    await pools.release(tomorrow, "account", [small[0]], reason="no_answer")
    with pytest.raises(Conflict) as refused:
        await pools.claim(tomorrow, "account", [small[0]])
    assert refused.value.code == "cooling_down"
    assert "-" not in str(refused.value), "a day as people write it"
    await pools.claim(replace(ctx, now=now + timedelta(days=8)), "account", [small[0]])
    await pools.claim(tomorrow, "account", [small[2]])
    with pytest.raises(Conflict) as refused:
        await pools.claim(tomorrow, "account", [small[3]])
    assert refused.value.code == "held_most"
    # Its administrator has no limits.
    await pools.claim(await seated(desk, "captain"), "account", [big[1]])
    [mine] = [p for p in (await pools.my_pools(tomorrow))["data"] if p["id"] == sea]
    assert (mine["held"], mine["capacity"]) == (
        {"limit": 4, "used": 4},
        [{"option": "strategic", "limit": 1, "used": 1}],
    )


async def test_a_race_has_one_winner_and_the_others_are_told(own_world: World) -> None:
    world = own_world
    async with world.db.transaction(world.workspace.role) as c:
        desk = Desk(world, c)
        sea = await pool(desk, roles=[world.roles["rep"]])
        id = await inside(desk, sea)

    async def attempt(name: str) -> str:
        async with world.db.transaction(world.workspace.role) as c:
            ctx = await seated(Desk(world, c), name)
            await act(ctx, "account", id, "claim", {})
            return name

    answers = await asyncio.gather(*(attempt(n) for n in ("rep1", "rep2", "rep3")), return_exceptions=True)
    won = [a for a in answers if isinstance(a, str)]
    assert len(won) == 1
    assert [a.code for a in answers if isinstance(a, Problem)] == ["already_claimed"] * 2
    # Who comes a little later hears the same; who was never a member hears nothing.
    async with world.db.transaction(world.workspace.role) as c:
        desk = Desk(world, c)
        late = next(n for n in ("rep1", "rep2", "rep3") if n not in won)
        with pytest.raises(Conflict):
            await act(await seated(desk, late), "account", id, "claim", {})
        with pytest.raises(NotFound):
            await act(await seated(desk, "loner"), "account", id, "claim", {})


async def test_giving_up_handing_on_and_back(desk: Desk) -> None:
    world, sea = desk.world, await pool(desk)
    id = await desk.one("account", name="Mine", owner=world.id("rep3"))
    rep, boss = await seated(desk, "rep3"), await seated(desk, "captain")
    problem = None
    try:
        await act(rep, "account", id, "release", {})
    except Problem as refused:
        problem = refused
    assert problem is not None
    assert codes(problem) == {"reason": "required"}
    await act(rep, "account", id, "release", {"reason": "no_need", "note": "next year"})
    stored = await row(desk, id)
    assert (stored["owner"], stored["pool"]["id"], stored["held_since"]) == (None, sea, None)
    assert stored["pool_since"] is not None
    entry = (await desk.journal(id))[-1]
    assert (entry["actor"], entry["after"]["owner"]) == (world.id("rep3"), None)
    stands = await pools.standing(rep, "account", id)
    assert (stands["pool"]["title"], stands["last"]["kind"], stands["last"]["reason"]) == (
        "East sea",
        "release",
        "no_need",
    )
    with pytest.raises(Forbidden):  # a member does not give away what is the pool's
        await act(rep, "account", id, "give_back", {})
    await act(boss, "account", id, "give_back", {})
    assert (await row(desk, id))["owner"]["id"] == world.id("rep3")
    with pytest.raises(NotFound):  # whose it is, is no business of other members
        await pools.transfer(
            await seated(desk, "mate", now=rep.now),
            "account",
            [await desk.one("account", name="X", owner=world.id("rep1"))],
            world.id("mate"),
        )
    await pools.transfer(rep, "account", [id], pool=sea)
    await pools.transfer(boss, "account", [id], to=world.id("loner"))
    assert (await row(desk, id))["owner"]["id"] == world.id("loner")


async def test_members_take_back_what_they_did_and_nobody_else_does(desk: Desk) -> None:
    world, sea = desk.world, await pool(desk, claims_per_day=2)
    id = await inside(desk, sea)

    async def did(name: str, verb: str, **input: Any) -> str:
        ctx = await seated(desk, name, bulk="action", label=verb, change_set=new_id())
        await act(ctx, "account", id, verb, input)
        return ctx.change_set

    async def undone(name: str, change_set: str, **more: Any) -> dict[str, Any]:
        return await records.undo(await seated(desk, name, change_set=new_id()), change_set, **more)

    async def owner() -> str | None:
        held = (await row(desk, id))["owner"]
        return held["id"] if held else None

    claimed = await did("rep3", "claim")
    with pytest.raises(NotFound):
        await undone("mate", claimed)
    back = await undone("rep3", claimed)
    assert (back["undone"], back["kept"], await owner()) == (1, [], None)
    again = await undone("rep3", back["change_set"])
    assert (again["undone"], await owner()) == (1, world.id("rep3")), "taking back is taken back"
    released = await did("rep3", "release", reason="no_need")
    assert (await undone("rep3", released))["undone"] == 1
    assert await owner() == world.id("rep3")

    released = await did("rep3", "release", reason="no_need")
    await did("mate", "claim")
    told = await undone("rep3", released, force=True)
    assert (told["undone"], [k["reason"] for k in told["kept"]]) == (0, ["edited_since"]), "whose it is now, it stays"
    assert await owner() == world.id("mate")

    # Somebody who sets up the workspace and may not change records takes nothing back of others, insisting or not.
    grants = Grants.of({"objects": {"*": {"read": "all"}}, "system": ["settings"]})
    keeper = replace(desk.as_("viewer"), actor=renewed(desk.world.actors["viewer"], grants=grants), change_set=new_id())
    for force in (False, True):
        told = await records.undo(keeper, released, force)
        assert (told["undone"], [k["reason"] for k in told["kept"]]) == (0, ["forbidden"])
    assert await owner() == world.id("mate")

    late = await did("mate", "release", reason="no_need")
    two_days = timedelta(days=2)
    when = await seated(desk, "mate", change_set=new_id(), now=datetime.now(UTC) + two_days)
    told = await records.undo(when, late)
    assert [k["reason"] for k in told["kept"]] == ["too_late"]


async def test_who_administers_a_pool_takes_back_what_was_done_in_it(desk: Desk) -> None:
    sea = await pool(desk)
    id = await inside(desk, sea)

    async def claimed() -> str:
        ctx = await seated(desk, "rep3", bulk="action", change_set=new_id())
        await pools.claim(ctx, "account", [id])
        return ctx.change_set

    async def undone(name: str, change_set: str) -> dict[str, Any]:
        return await records.undo(await seated(desk, name, change_set=new_id()), change_set)

    first = await claimed()
    for stranger in ("mate", "boss"):
        with pytest.raises(NotFound):
            await undone(stranger, first)
    assert (await undone("captain", first))["undone"] == 1
    assert (await row(desk, id))["owner"] is None
    # What would lie where nobody looks stays with whom it is.
    second = await claimed()
    await records.write(desk.system(), "pool", [Update(sea, {"active": False})])
    told = await undone("admin", second)
    assert (told["undone"], [k["reason"] for k in told["kept"]]) == (0, ["pool_not_in_use"])
    assert (await row(desk, id))["owner"]["id"] == desk.world.id("rep3")


async def test_what_was_given_up_comes_back_where_there_is_room_for_it(desk: Desk) -> None:
    sea = await pool(desk, held_most=1)
    first, second = await inside(desk, sea, name="A"), await inside(desk, sea, name="B")
    ctx = await seated(desk, "rep3", bulk="action", now=await desk.connection.value("SELECT now()"))
    own = replace(ctx, change_set=new_id())
    await pools.claim(ctx, "account", [first])
    await pools.release(own, "account", [first], reason="no_need")
    taken = replace(ctx, change_set=new_id())
    await pools.claim(taken, "account", [second])
    told = await records.undo(replace(ctx, change_set=new_id()), own.change_set)
    assert (told["undone"], [k["reason"] for k in told["kept"]]) == (0, ["held_most"])
    assert "1" in told["kept"][0]["errors"][0]["message"]
    await records.undo(replace(ctx, change_set=new_id()), taken.change_set)
    assert (await records.undo(replace(ctx, change_set=new_id()), own.change_set))["undone"] == 1
    assert (await row(desk, first))["owner"]["id"] == ctx.actor.id


async def test_a_claim_that_was_taken_back_counts_for_the_day(desk: Desk) -> None:
    sea = await pool(desk, claims_per_day=1)
    first, second = await inside(desk, sea, name="A"), await inside(desk, sea, name="B")
    ctx = await seated(
        desk, "rep3", bulk="action", change_set=new_id(), now=await desk.connection.value("SELECT now()")
    )
    await pools.claim(ctx, "account", [first])
    await records.undo(replace(ctx, change_set=new_id()), ctx.change_set)
    with pytest.raises(Conflict) as refused:
        await pools.claim(replace(ctx, change_set=new_id()), "account", [second])
    assert refused.value.code == "claims_used_up"


async def test_handing_on_keeps_to_what_one_may_hold(desk: Desk) -> None:
    world, sea = desk.world, await pool(desk, held_most=1)
    mine = [await desk.one("account", name=n, owner=world.id("rep3"), pool=sea) for n in ("A", "B")]
    ctx = await seated(desk, "rep3")
    done = await pools.transfer(ctx, "account", mine, to=world.id("mate"))
    assert [(d["status"], d["problem"] and d["problem"].code) for d in done] == [(200, None), (409, "held_most")]
    done = await pools.transfer(await seated(desk, "admin"), "account", [mine[0]], to=world.id("rep3"))
    assert done[0]["status"] == 200, "who decides about the pool is free to"
    with pytest.raises(Invalid):
        await pools.release(ctx, "account", mine[:1], reason="whatever")


async def test_what_is_masked_is_told_nowhere_of_what_was_merged_or_typed(desk: Desk) -> None:
    """Neither as it was typed, nor by being the same as something, nor once its record is in another."""
    sea = await pool(desk, masked=["phone", "email", "tags"])
    typed = "  138 1234 5678 "
    ids = [await inside(desk, sea, name=f"Yuan {n}", phone=None, tags=["vip-secret"]) for n in range(2)]
    for id in ids:
        await records.write(desk.as_(), "account", [Update(id, {"phone": typed})])
    ctx = await seated(desk, "rep3")
    words = await records.tags(ctx, "account", "tags")
    assert "vip-secret" not in repr(words)
    groups = await merging.groups_of(ctx, read_query("account", {}), {"field": "email", "how": "exact"})
    assert groups == []
    await merging.merge(desk.as_(), "account", ids[0], [ids[1]])
    apart = await merging.taking_apart(ctx, "account", ids[0])
    assert {"phone", "email", "tags"} & {f["name"] for f in apart["fields"]} == set()
    with pytest.raises(Invalid):
        await merging.unmerge(ctx, "account", ids[0], fields={"email": "before"})
    answers = repr([apart, *[await records.history(ctx, "account", id) for id in ids]])
    assert answers.count("138****") == 2
    for secret in (PHONE, typed, typed.strip(), EMAIL, "wang@"):
        assert secret not in answers, secret


async def test_protection_is_given_by_who_administers_a_pool(desk: Desk) -> None:
    await pool(desk)
    rep, above = await seated(desk, "rep3"), await seated(desk, "admin")
    own = await desk.one("account", name="Yuanhang", owner=desk.world.id("rep3"))
    with pytest.raises(Invalid) as refused:
        await records.write(rep, "account", [Update(own, {"protected": True})])
    assert codes(refused.value) == {"protected": "protection_is_given"}
    await records.write(above, "account", [Update(own, {"protected": True, "protected_until": "2100-01-01"})])
    with pytest.raises(Invalid):
        await records.write(rep, "account", [Update(own, {"protected_until": None})])
    await records.write(rep, "account", [Update(own, {"phone": PHONE, "protected": False})])
    assert (await row(desk, own))["protected"] is False


async def test_who_holds_least_is_given_first(desk: Desk) -> None:
    world, sea = desk.world, await pool(desk, held_most=3)
    for i in range(2):
        await desk.one("account", name=f"Old {i}", owner=world.id("rep3"))
    ids = [await inside(desk, sea, name=f"New {i}") for i in range(5)]
    with pytest.raises(Forbidden):
        await pools.assign(await seated(desk, "rep3"), "account", [ids[0]])
    done = await pools.assign(await seated(desk, "captain"), "account", ids)
    got = [d["to"] for d in done]
    assert sorted(got[:4], key=str) == sorted([world.id("mate")] * 3 + [world.id("rep3")], key=str)
    assert (done[4]["status"], done[4]["problem"].code) == (409, "nobody_free")


async def test_pools_are_made_by_who_sets_rights(desk: Desk) -> None:
    world = desk.world
    values = {"name": "Private", "holds": "account", "members": [world.id("rep3")]}
    assert (await desk.refused(desk.as_("rep3"), "pool", Create(values))).status == 403
    for wrong, field in (({"holds": "product"}, "holds"), ({"masked": ["name"]}, "masked"), ({"recycling": [{"name": " ", "idle_days": 1}]}, "recycling"),
                         ({"recycling": [{"name": "x", "idle_days": 1}, {"name": "x", "idle_days": 2}]}, "recycling"),
                         ({"recycling": [{"name": "x", "when": {"field": "nothing", "op": "eq", "value": 1}}]}, "recycling"),
                         ({"capacity_by": "grade", "capacity": {"none": 1}}, "capacity")):  # fmt: skip
        assert list(codes(await desk.refused(desk.as_(), "pool", Create({**values, **wrong})))) == [field]
    for rule in ({"name": "Quiet"}, {"name": "Quiet", "idle_days": 0}):
        refused = await desk.refused(desk.as_(), "pool", Create({**values, "recycling": [rule]}))
        assert [(e.field, "“Quiet”" in e.message("en")) for e in refused.errors] == [("recycling", True)]
    sea = await pool(desk)
    [seen] = [exact(r) for r in (await records.find(await seated(desk, "rep3"), read_query("pool", {}))).rows]
    assert seen["id"] == sea
    assert (await records.find(await seated(desk, "rep1"), read_query("pool", {}))).rows == []


async def test_what_is_in_a_pool_does_not_go_out(desk: Desk) -> None:
    sea = await pool(desk)
    await inside(desk, sea)
    grants = replace(desk.world.actors["rep3"].grants, objects={**desk.world.actors["rep3"].grants.objects,
                     "account": {"read": "own", "export": True}})  # fmt: skip
    ctx = await seated(desk, "rep3")
    ctx = replace(ctx, actor=renewed(ctx.actor, grants=grants))
    out = b"".join([piece async for piece in transfer.export(ctx, read_query("account", {}), "jsonl")])
    assert b"Yuanhang" not in out
