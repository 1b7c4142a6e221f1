"""Who leaves hands everything over in one act, which can be taken back; what hangs together stays together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.world import Desk, World, renewed

from guanxi import flows, identity, records, vault, views, webhooks
from guanxi.base import Conflict, Forbidden, Invalid, NotFound, Unavailable
from guanxi.identity import handover
from guanxi.pg import as_installation, jobs
from guanxi.records import Context, Update
from guanxi.records.context import Grants

assert views.listing


async def belongings(desk: Desk) -> dict[str, Any]:
    """What rep1 has: four accounts with a deal each (one is won) and a task about each, a share, a view, a team, a token."""
    me = desk.world.id("rep1")
    accounts = [await desk.one("account", name=f"A{i}", owner=me) for i in range(4)]
    deals = [
        await desk.one(
            "opportunity",
            name=f"D{i}",
            account=a,
            owner=me,
            close_date="2026-04-01",
            amount=5,
            pipeline="sales",
            stage="won" if i == 0 else "qualification",
        )
        for i, a in enumerate(accounts)
    ]
    tasks = [
        await desk.one("task", subject="T", owner=me, about={"object": "account", "id": a}, status="open")
        for a in accounts
    ]
    other = await desk.one("account", name="Shared", owner=desk.world.id("rep3"))
    await records.share(desk.as_(), "account", other, me, "user")
    await records.write(desk.system(), "team", [Update(desk.world.teams["west"], {"lead": me})])
    await views.create(desk.as_("rep1"), "account", {"label": "Mine", "columns": ["name"]}, "personal")
    async with as_installation(desk.connection):
        await identity.create_token(desk.connection, desk.world.workspace.id, me, "script")
        await identity.open_session(desk.connection, desk.world.workspace.id, me, "", "")
    return {"accounts": accounts, "deals": deals, "tasks": tasks, "shared": other}


def told(done: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {(o["object"], o["field"]): o["records"] - o["stays"] for o in done["objects"]}


async def owners(desk: Desk, object_name: str, ids: list[str]) -> list[str]:
    return [(await desk.get(object_name, i))["owner"]["id"] for i in ids]


async def test_everything_goes_to_one_person_and_comes_back_by_undo(desk: Desk) -> None:
    had = await belongings(desk)
    me, heir = desk.world.id("rep1"), desk.world.id("rep2")
    flow = await flows.create(desk.as_(), "Hello", {"object": "account", "trigger": {"kind": "created"}, "steps": [{"id": "s1", "kind": "stop"}]})  # fmt: skip
    vault.unlock("s" * 40)
    hook, _ = await webhooks.create(desk.as_(), {"name": "Till", "url": "https://example.com", "kinds": webhooks.KINDS})
    await flows.activate(desk.as_(), flow["id"], True)
    schema = desk.world.workspace.schema
    for table, field, id in (("_flow", "runs_as", flow["id"]), ("_webhook", "owner", hook["id"])):
        sql = f'UPDATE "{schema}".{table} SET {field} = %(me)s::uuid WHERE id = %(id)s::uuid'
        await desk.connection.execute(sql, {"me": me, "id": id})

    async def act_for() -> list[str]:
        found = (await flows.get(desk.as_(), flow["id"]))["runs_as"]
        return [found, (await webhooks.get(desk.as_(), hook["id"]))["owner"]["id"]]

    before = await desk.digest()
    wanted = {"to": {"user": heir}}
    said = await identity.hand_over(desk.as_(), me, wanted, dry_run=True)
    assert await desk.digest() == before, "a trial leaves nothing"
    ctx = desk.as_()
    done = await identity.hand_over(ctx, me, wanted)
    assert {**said, "change_set": ctx.change_set} == done
    assert told(done) == {
        ("account", "owner"): 4,
        ("opportunity", "owner"): 4,
        ("task", "owner"): 4,
        ("team", "lead"): 1,
    }
    had_besides = {b["name"]: b["count"] for b in done["belongings"] if b["count"]}
    assert had_besides == {"shares": 1, "views": 1, "flows": 1, "webhooks": 1}
    assert await act_for() == [heir, heir]
    assert (done["sessions"], done["tokens"]) == (1, 1)
    for name in ("account", "opportunity", "task"):
        assert set(await owners(desk, name, had[name + "s" if name != "opportunity" else "deals"])) == {heir}
    assert await records.load_actor(desk.connection, desk.world.workspace, me) is None
    [seen] = [s for s in await records.shared(desk.as_("rep2"), "with_me") if s["record"]["id"] == had["shared"]]
    assert seen["level"] == "read"
    assert [v["label"]["en"] for v in await views.listing(desk.as_("rep2"))] == ["Mine"]
    async with as_installation(desk.connection):
        left = await identity.hand_over.__globals__["_doors"](desk.as_(), me)
    assert left == {"sessions": 0, "tokens": 0}, "revoked, not only stopped"

    undone = await records.undo(desk.as_(), ctx.change_set)
    assert undone["kept"] == []
    assert await act_for() == [me, me]
    for name, key in (("account", "accounts"), ("opportunity", "deals"), ("task", "tasks")):
        assert set(await owners(desk, name, had[key])) == {me}
    assert await records.load_actor(desk.connection, desk.world.workspace, me) is not None
    assert [s for s in await records.shared(desk.as_("rep2"), "with_me") if s["record"]["id"] == had["shared"]] == []
    assert await views.listing(desk.as_("rep2")) == []
    assert len(await views.listing(desk.as_("rep1"))) == 1


async def test_what_was_given_beside_records_is_taken_back_alone_too(desk: Desk) -> None:
    me, heir = desk.world.id("rep1"), desk.world.id("rep2")
    [id] = await desk.make("account", {"name": "Lent", "owner": desk.world.id("boss")})
    await records.share(desk.as_("admin"), "account", id, me, "user")
    ctx = desk.as_()
    done = await identity.hand_over(
        ctx, me, {"to": {"user": heir}, "deactivate": False, "rules": [{"object": "team", "to": None}]}
    )
    assert [o["to"] for o in done["objects"] if o["to"]] == []
    assert await records.shared(desk.as_("rep2"), "with_me")
    [listed] = (await records.change_sets(desk.as_(), kind="hand_over"))["data"]
    assert (listed["id"], listed["undoable"]) == (ctx.change_set, True)
    undone = await records.undo(desk.as_(), ctx.change_set)
    assert undone["kept"] == []
    assert await records.shared(desk.as_("rep2"), "with_me") == []
    assert await records.shared(desk.as_("rep1"), "with_me")


async def test_a_team_takes_in_turn_and_deals_and_tasks_go_where_their_account_goes(desk: Desk) -> None:
    had = await belongings(desk)
    me = desk.world.id("rep1")
    mates = [desk.world.id("mate"), desk.world.id("rep3")]
    await identity.hand_over(desk.as_(), me, {"to": {"team": desk.world.teams["west"]}})
    now = await owners(desk, "account", had["accounts"])
    assert Counter(now) == dict.fromkeys(mates, 2)
    assert await owners(desk, "opportunity", had["deals"]) == now
    assert await owners(desk, "task", had["tasks"]) == now


async def test_rules_go_before_what_holds_for_the_rest(desk: Desk) -> None:
    had = await belongings(desk)
    me, heir, clerk = desk.world.id("rep1"), desk.world.id("rep2"), desk.world.id("clerk")
    won = {"field": "stage_kind", "op": "eq", "value": "won"}
    wanted = {
        "to": {"user": heir},
        "rules": [
            {"object": "opportunity", "filter": won, "to": None},
            {"object": "task", "to": {"user": clerk}},
            {"object": "team", "field": "lead", "to": None},
        ],
        "deactivate": False,
    }
    done = await identity.hand_over(desk.as_(), me, wanted)
    assert told(done)["opportunity", "owner"] == 3
    assert await owners(desk, "opportunity", had["deals"]) == [me, heir, heir, heir]
    assert set(await owners(desk, "task", had["tasks"])) == {clerk}
    assert (await desk.get("team", desk.world.teams["west"]))["lead"]["id"] == me
    assert await records.load_actor(desk.connection, desk.world.workspace, me) is not None


async def test_a_rule_for_writing_does_not_hold_a_leaver_back(own_world: World) -> None:
    """What was stored before a rule came is handed over all the same: nothing but the owner is written."""
    me, heir = own_world.id("rep1"), own_world.id("rep2")
    async with own_world.act() as ctx:
        [made] = await records.write(ctx.as_system("t"), "account", [records.Create({"name": "Old", "owner": me})])
    rule = {"op": "put_rule", "object": "account", "rule": {"name": "web", "kind": "require", "fields": ["website"]}}
    async with own_world.db.transaction() as db:
        own_world.catalog = (await records.evolve(db, own_world.workspace, [rule])).catalog
    async with own_world.act() as ctx:
        await identity.hand_over(ctx, me, {"to": {"user": heir}})
        assert heir.encode() in await records.get(ctx, "account", made.id or "")


async def test_who_may_hand_over_what_to_whom(desk: Desk) -> None:
    await belongings(desk)
    me, heir = desk.world.id("rep1"), desk.world.id("rep2")
    before = await desk.digest()

    async def refused(problem: type[Exception], ctx: Context, user: str, wanted: dict[str, Any]) -> Any:
        with pytest.raises(problem) as told:
            await identity.hand_over(ctx, user, wanted, dry_run=True)
        return told.value

    everything = {"to": {"user": heir}}
    await refused(Forbidden, desk.as_("boss"), me, everything)
    # The right to manage users alone does not bring records that one does not have.
    narrow = renewed(
        desk.world.actors["boss"], grants=Grants({**desk.world.actors["boss"].grants.objects}, {}, frozenset({"users"}))
    )
    await refused(
        Forbidden, Context(desk.connection, desk.world.workspace, desk.world.catalog, narrow, "t"), me, everything
    )
    await refused(NotFound, desk.as_(), "01a20226-01fe-7e2d-8185-52ca506c0000", everything)
    await refused(Invalid, desk.as_(), desk.world.id("admin"), everything)
    for where in ({"user": me}, {"user": "x"}, {"team": desk.world.teams["hq"]}):
        await refused(Invalid, desk.as_(), me, {"to": where})
    await refused(
        Invalid, desk.as_(), me, {**everything, "rules": [{"object": "account", "field": "name", "to": None}]}
    )
    bad = {"field": "no_such", "op": "eq", "value": 1}
    await refused(Invalid, desk.as_(), me, {**everything, "rules": [{"object": "account", "filter": bad, "to": None}]})
    assert await desk.digest() == before


async def work(world: World) -> None:
    """Carry out the hand-over that waits, as a worker does."""
    async with world.db.transaction() as c:
        row = await c.row(
            "UPDATE guanxi.job SET state = 'running', attempt = 1, lease_until = now() + interval '1 hour' WHERE id ="
            " (SELECT id FROM guanxi.job WHERE name = 'identity.hand_over' AND state IN ('waiting', 'running')) RETURNING id, name, args"
        )
    assert row is not None
    await jobs.tasks[row[1]].run(jobs.Job(row[0], row[1], row[2], 1, world.db))
    async with world.db.transaction() as c:
        await c.execute("UPDATE guanxi.job SET state = 'done' WHERE id = %(id)s", {"id": row[0]})


async def test_very_much_is_handed_over_by_a_job_that_goes_on_where_it_was(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In portions, across which deals follow their accounts and the team takes in turn; one change set, which is undone as one."""
    w, me, team = own_world, own_world.id("rep1"), own_world.teams["west"]
    real, calls = handover.portion, list[int]()

    async def dies(own: Context, user: str, plan: Any, progress: Any) -> bool:
        calls.append(1)
        if len(calls) == 3:
            raise Unavailable
        return await real(own, user, plan, progress, 2)

    monkeypatch.setattr(handover, "portion", dies)
    async with w.act() as ctx:
        desk = Desk(w, ctx.db)
        had = await belongings(desk)
        said = await identity.hand_over(ctx, me, {"to": {"team": team}}, dry_run=True)
    async with w.act() as ctx:
        begun = await identity.begin_hand_over(ctx, me, {"to": {"team": team}})
        assert (begun["status"], begun["total"], begun["done"]) == ("queued", 13, 0)
    async with w.act() as ctx:
        assert await records.load_actor(ctx.db, w.workspace, me) is None, "out before anything of theirs goes"
        with pytest.raises(Conflict) as refusal:
            await identity.begin_hand_over(ctx, me, {"to": {"team": team}})
        assert refusal.value.code == "hand_over_under_way"
    with pytest.raises(Unavailable):
        await work(w)
    async with w.desk() as desk:
        assert (await identity.hand_over_status(desk.as_(), me))["done"] == 3
        with pytest.raises(Forbidden):
            await identity.hand_over_status(desk.as_("boss"), me)
    await work(w)
    async with w.desk() as desk:
        now = await identity.hand_over_status(desk.as_(), me)
        assert (now["status"], now["done"], now["objects"]) == ("done", 13, said["objects"])
        of = await owners(desk, "account", had["accounts"])
        assert Counter(of) == dict.fromkeys([w.id("mate"), w.id("rep3")], 2)
        assert await owners(desk, "opportunity", had["deals"]) == of
        assert await owners(desk, "task", had["tasks"]) == of
    async with w.act() as ctx:
        undone = await records.undo(ctx, now["change_set"])
        assert undone["kept"] == []
        assert set(await owners(Desk(w, ctx.db), "opportunity", had["deals"])) == {me}
        assert await records.load_actor(ctx.db, w.workspace, me) is not None
    # Stopped before it begins: what went stays, and what did not is still theirs.
    async with w.act() as ctx:
        await identity.begin_hand_over(ctx, me, {"to": {"team": team}})
    async with w.act() as ctx:
        await identity.stop_hand_over(ctx, me)
    await work(w)
    async with w.desk() as desk:
        assert (await identity.hand_over_status(desk.as_(), me))["status"] == "cancelled"
        assert set(await owners(desk, "account", had["accounts"])) == {me}


async def test_of_very_much_a_trial_says_how_many_go_to_each(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await belongings(desk)
    monkeypatch.setattr(handover, "LOOKED_AT", 3)
    wanted = {"to": {"team": desk.world.teams["west"]}, "rules": [{"object": "opportunity", "filter": {"field": "stage_kind", "op": "eq", "value": "won"}, "to": None}]}  # fmt: skip
    said = await identity.hand_over(desk.as_(), desk.world.id("rep1"), wanted, dry_run=True)
    by = {o["object"]: (o["records"], o["stays"], [t["records"] for t in o["to"]]) for o in said["objects"]}
    assert by == {"account": (4, 0, [2, 2]), "opportunity": (4, 1, [2, 1]), "task": (4, 0, [2, 2]), "team": (1, 0, [1])}
