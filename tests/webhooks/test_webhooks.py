"""Another system is told what changed: signed, as far as the webhook's owner may see it, and until it has it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.receiver import Received, Receiver, receiver
from tests.world import NOW, World, codes

from guanxi import egress, notify, records, vault, webhooks
from guanxi.base import Forbidden, Invalid, NotFound, Unavailable
from guanxi.records import Create, Delete, Restore, Update, deliver
from guanxi.webhooks import sending


@pytest_asyncio.fixture
async def other() -> AsyncIterator[Receiver]:
    """The other system."""
    async with receiver() as made:
        yield made


async def hook(world: World, other: Receiver, name: str = "admin", **what: Any) -> tuple[str, str]:
    """A webhook to it, which hears of what comes from now on: its id and secret."""
    await deliver(world.db, world.workspace, "webhooks")
    async with world.act(name) as ctx:
        given = {"name": "x", "url": f"{other.url}/in", "kinds": webhooks.KINDS, "objects": ["account"], **what}
        made, secret = await webhooks.create(ctx.as_system("test") if what.pop("system", False) else ctx, given)
    return made["id"], secret


async def send(world: World) -> int:
    """Everything that is to be told and is due."""
    await deliver(world.db, world.workspace, "webhooks")
    return await webhooks.send_due(world.db, world.workspace)


async def make(world: World, *rows: dict[str, Any], object: str = "account", by: str = "admin") -> list[str]:
    async with world.act(by) as ctx:
        return [o.id or "" for o in await records.write(ctx, object, [Create(r) for r in rows])]


async def do(world: World, *operations: Any, object: str = "account") -> None:
    for one in operations:
        async with world.act() as ctx:
            await records.write(ctx, object, [one])


async def later(world: World, id: str, **by: float) -> None:
    """Time goes by for a webhook and its messages."""
    s = f'"{world.workspace.schema}"'
    by_then = {"by": timedelta(**by), "id": id}
    async with world.db.transaction() as c:
        await c.execute(
            f"UPDATE {s}._webhook SET paused_until = paused_until - %(by)s::interval, failing_since = failing_since - %(by)s::interval,"
            " old_until = old_until - %(by)s::interval WHERE id = %(id)s::uuid",
            {**by_then, "by": str(by_then["by"])},
        )
        await c.execute(
            f"UPDATE {s}._webhook_message SET due_at = due_at - %(by)s::interval WHERE webhook = %(id)s::uuid",
            {**by_then, "by": str(by_then["by"])},
        )


async def state(world: World, id: str) -> dict[str, Any]:
    async with world.act() as ctx:
        return await webhooks.get(ctx, id)


async def log(world: World, id: str, **more: Any) -> list[dict[str, Any]]:
    async with world.act() as ctx:
        return (await webhooks.listing(ctx, id, **more))["data"]


def test_the_vector_of_standard_webhooks() -> None:
    secret, id, at, body = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert webhooks.sign([secret], id, at, body) == wanted
    assert webhooks.verify(secret, id, str(at), f"v1,AAAA {wanted}", body, at + 299)
    assert not webhooks.verify(secret, id, str(at), wanted, body, at + 301)
    assert not webhooks.verify(secret, id, str(at), wanted, body + b" ", at)
    assert not webhooks.verify(secret, id, "1٣", wanted, body, at)


async def test_what_happens_to_a_record_is_told_in_its_four_ways(own_world: World, other: Receiver) -> None:
    world = own_world
    id, secret = await hook(world, other)
    [one] = await make(world, {"name": "甲"})
    await send(world)
    await do(world, Update(one, {"industry": "finance"}))
    await send(world)
    await do(world, Delete(one))
    await send(world)
    await do(world, Restore(one))
    await send(world)
    assert [r.json["type"] for r in other.got] == [f"account.{k}" for k in ("created", "changed", "removed", "created")]
    assert [r.json["data"]["name"] for r in other.got] == ["甲"] * 4
    assert other.got[1].json["changed"] == ["industry"]
    assert other.got[1].json["data"]["industry"] == "finance"
    sequence = [r.json["sequence"] for r in other.got]
    assert sequence == sorted(set(sequence))
    for r in other.got:
        h = r.headers
        assert (r.method, r.path, h["content-type"]) == ("POST", "/in", "application/json")
        assert webhooks.verify(
            secret, h["webhook-id"], h["webhook-timestamp"], h["webhook-signature"], r.body, time.time()
        )
    assert await send(world) == 0, "everything is told once"
    assert (await state(world, id))["counts"] == {"waiting": 0, "failed": 0, "done_7d": 4}


async def test_no_more_is_told_than_the_owner_may_see(own_world: World, other: Receiver) -> None:
    """The clerk may not see phone and revenue; the peeper sees own records only."""
    world = own_world
    s = f'"{world.workspace.schema}"'
    ids = [(await hook(world, other, url=f"{other.url}/{who}"))[0] for who in ("clerk", "peeper")]
    async with world.db.transaction() as c:
        for id, who in zip(ids, ("clerk", "peeper"), strict=True):
            await c.execute(
                f"UPDATE {s}._webhook SET owner = %(u)s::uuid WHERE id = %(id)s::uuid", {"u": world.id(who), "id": id}
            )
    [theirs, own] = await make(
        world,
        {"name": "theirs", "phone": "+86 138 0013 8000", "owner": world.id("admin")},
        {"name": "own", "phone": "+86 138 0013 8001", "owner": world.id("peeper")},
    )
    await do(world, Update(theirs, {"phone": "+86 138 0013 8002", "industry": "finance"}))
    await send(world)
    told = {who: [r.json for r in other.got if r.path == f"/{who}"] for who in ("clerk", "peeper")}
    assert {m["data"]["id"] for m in told["clerk"]} == {theirs, own}
    assert [m["data"]["id"] for m in told["peeper"]] == [own]
    assert all("phone" not in m["data"] and "phone" not in m.get("changed", ()) for m in told["clerk"])
    assert b"8613800138" not in b"".join(r.body for r in other.got if r.path == "/clerk").replace(b" ", b"")
    assert "phone" in told["peeper"][0]["data"]


async def test_objects_kinds_fields_filter_and_thin(own_world: World, other: Receiver) -> None:
    world = own_world
    await hook(world, other, url=f"{other.url}/filter", kinds=["changed"], fields=["industry"], filter={"field": "name", "op": "starts_with", "value": "a"})  # fmt: skip
    await hook(world, other, url=f"{other.url}/thin", objects=[], kinds=["created"], thin=True)
    [a, b] = await make(world, {"name": "a"}, {"name": "b"})
    [task] = await make(world, {"subject": "t"}, object="task")
    await do(world, Update(a, {"name": "a2"}), Update(a, {"industry": "finance"}), Update(b, {"industry": "finance"}))
    await send(world)
    by = {p: [r.json for r in other.got if r.path == p] for p in ("/filter", "/thin")}
    assert [m["data"]["id"] for m in by["/filter"]] == [a]
    assert {(m["type"], m["data"]["id"]) for m in by["/thin"]} == {
        ("account.created", a),
        ("account.created", b),
        ("task.created", task),
    }
    assert all(set(m["data"]) == {"id"} for m in by["/thin"])


async def test_a_receiver_that_is_down_for_an_hour_gets_everything_afterwards(
    own_world: World, other: Receiver
) -> None:
    world = own_world
    id, _ = await hook(world, other)
    other.answer = lambda _: (503, {}, b"no")
    await make(world, *({"name": f"n{i}"} for i in range(40)))
    await send(world)
    tried = len(other.got)
    assert tried <= sending.EACH, "it is left alone once it has failed some times in a row"
    now = await state(world, id)
    assert now["failing_since"]
    assert now["paused_until"]
    for _ in range(60):
        await later(world, id, minutes=1)
        await send(world)
    probes = len(other.got) - tried
    assert 0 < probes <= 40, "a hand full of questions instead of everything again and again"
    other.answer = lambda _: (204, {}, b"")
    other.got.clear()
    await later(world, id, minutes=6)
    await send(world)
    came = [r.json["sequence"] for r in other.got[1:]]  # after the one that was a question
    assert max(abs(at - sorted(came).index(seq)) for at, seq in enumerate(came)) <= sending.EACH, (
        "first what came first"
    )
    await later(world, id, minutes=2)  # what was under way
    await send(world)
    assert {r.json["data"]["name"] for r in other.got} == {f"n{i}" for i in range(40)}
    assert len({r.headers["webhook-id"] for r in other.got}) == len(other.got) == 40
    now = await state(world, id)
    assert (now["failures"], now["failing_since"], now["counts"]["waiting"], now["counts"]["failed"]) == (0, None, 0, 0)
    other.answer = lambda _: (429, {"retry-after": "600"}, b"")
    await make(world, {"name": "late"})
    await send(world)
    other.answer = lambda _: (204, {}, b"")
    other.got.clear()
    await send(world)
    assert other.got == []
    async with world.act() as ctx:
        await webhooks.try_out(ctx, id)
    await send(world)
    assert [r.json["type"] for r in other.got] == ["test"], "what somebody asks for does not wait for the pause to end"


async def test_each_try_is_later_than_the_last_and_the_last_one_fails(own_world: World, other: Receiver) -> None:
    world = own_world
    id, _ = await hook(world, other)
    other.answer = lambda r: (500, {}, "坏".encode() * 9000) if r.json["data"]["name"] == "bad" else (200, {}, b"")
    await make(world, {"name": "bad"})
    for n in range(len(sending.SCHEDULE) + 1):
        await send(world)
        assert len(other.got) == n + 1
        assert await send(world) == 0, "not before its time"
        await later(world, id, days=2)
        async with world.db.transaction() as c:  # others arrive in between
            await c.execute(
                f'UPDATE "{world.workspace.schema}"._webhook SET failing_since = NULL, failures = 0, paused_until = NULL'
            )
    assert sum(sending.SCHEDULE) > 86_400
    assert list(sending.SCHEDULE) == sorted(sending.SCHEDULE)
    assert len({r.headers["webhook-id"] for r in other.got}) == 1, "a receiver can tell what it has"
    [message] = await log(world, id, state="failed")
    async with world.act() as ctx:
        found = await webhooks.delivery(ctx, id, message["id"])
    assert (found["status"] if "status" in found else found["log"][0]["status"]) == 500
    assert len(found["log"][0]["answer"]) == sending.ANSWER
    assert found["payload"]["data"]["name"] == "bad"
    await later(world, id, days=2)
    assert await send(world) == 0
    other.answer = lambda _: (200, {}, b"")
    async with world.act() as ctx:
        assert await webhooks.replay(ctx, id, [message["id"]]) == {"messages": 1, "new": 0}
    await send(world)
    assert [m["state"] for m in await log(world, id)] == ["done"]
    assert other.got[-1].headers["webhook-id"] == other.got[0].headers["webhook-id"]


async def test_who_does_not_answer_for_days_or_is_gone_is_switched_off(own_world: World, other: Receiver) -> None:
    world = own_world
    [slow, gone] = [(await hook(world, other, url=f"{other.url}/{p}"))[0] for p in ("slow", "gone")]
    other.answer = lambda r: (410 if r.path == "/gone" else 500, {}, b"")
    await make(world, {"name": "x"})
    await send(world)
    assert (await state(world, gone))["off"]["reason"] == "gone"
    await later(world, slow, days=4)
    await send(world)
    found = await state(world, slow)
    assert (found["active"], found["off"]["reason"]) == (False, "failing")
    async with world.act() as ctx:
        told = [n["text"] for n in (await notify.listing(ctx))["data"] if n["kind"] == "webhook"]
    assert len(told) == 2, "its owner is told, once for each"
    assert all("switched off" in text for text in told)
    other.got.clear()
    await make(world, {"name": "missed"})
    await send(world)
    assert other.got == []
    other.answer = lambda _: (200, {}, b"")
    async with world.act() as ctx:
        again = await webhooks.change(ctx, slow, {"active": True})
        assert (again["off"], again["failures"]) == (None, 0)
        told = await webhooks.replay(ctx, slow, since=NOW)
    assert told["new"] >= 1, "what happened meanwhile is made up for"
    await send(world)
    assert {"x", "missed"} <= {r.json["data"]["name"] for r in other.got if r.path == "/slow"}


async def test_a_slow_receiver_holds_up_nobody(own_world: World, other: Receiver) -> None:
    world = own_world
    async with receiver() as slow:
        slow.gate = asyncio.Event()
        await hook(world, slow)
        await hook(world, other)
        sender = webhooks.Sender(world.db)
        stop = asyncio.Event()
        await make(world, *({"name": f"n{i}"} for i in range(10)))
        await deliver(world.db, world.workspace, "webhooks")
        running = asyncio.create_task(sender.run(stop))
        async with asyncio.timeout(20):
            await slow.waiting.wait()
            while len(other.got) < 10:
                await asyncio.sleep(0.02)
        assert len(slow.got) <= sending.EACH
        stop.set()
        await running


async def test_a_message_whose_sender_died_is_another_ones(own_world: World, other: Receiver) -> None:
    world = own_world
    id, _ = await hook(world, other)
    await make(world, {"name": "x"})
    await deliver(world.db, world.workspace, "webhooks")
    assert await sending._take(world.db, world.workspace, id), "taken, and never heard of again"
    assert await send(world) == 0
    await later(world, id, seconds=sending.LEASE + 1)
    assert await send(world) == 1
    assert [m["state"] for m in await log(world, id)] == ["done"]


async def test_what_keeps_one_message_back_does_not_send_the_others_again(
    own_world: World, other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = own_world
    id, _ = await hook(world, other)
    await make(world, {"name": "good"}, {"name": "bad"})
    really = egress.send

    async def broken(method: str, url: str, **more: Any) -> Any:
        if b'"bad"' in more["body"]:
            raise Unavailable
        return await really(method, url, **more)

    monkeypatch.setattr(egress, "send", broken)
    with pytest.raises(Unavailable):
        await send(world)
    monkeypatch.setattr(egress, "send", really)
    assert sorted(m["state"] for m in await log(world, id)) == ["done", "waiting"]
    await later(world, id, seconds=sending.LEASE + 1)
    assert await send(world) == 1
    assert [r.json["data"]["name"] for r in other.got] == ["good", "bad"]


async def test_what_somebody_else_has_by_now_says_nothing_of_the_receiver(own_world: World, other: Receiver) -> None:
    world = own_world
    id, _ = await hook(world, other)
    await make(world, {"name": "a"}, {"name": "b"})
    await deliver(world.db, world.workspace, "webhooks")
    taken = await sending._take(world.db, world.workspace, id)
    assert taken
    [one, two] = taken[1]
    failed = sending._Ended(False, 500, 1, {})
    lost = (replace(two, attempt=two.attempt + 1), replace(failed, status=410, gone=True))
    await sending._record(world.db, world.workspace, id, [(one, failed), lost])
    found = await state(world, id)
    assert (found["active"], found["failures"]) == (True, 1)


async def test_secrets_are_changed_with_both_signatures_for_a_day(own_world: World, other: Receiver) -> None:
    world = own_world
    id, old = await hook(world, other)
    async with world.act() as ctx:
        found, new = await webhooks.rotate(ctx, id)
        assert found["old_secret_until"]
        await webhooks.try_out(ctx, id)
    await send(world)
    await later(world, id, hours=25)
    async with world.act() as ctx:
        await webhooks.try_out(ctx, id)
    await send(world)
    takes = [[_signed(k, r) for k in (old, new)] for r in other.got]
    assert takes == [[True, True], [False, True]]
    assert [r.json["type"] for r in other.got] == ["test", "test"]


def _signed(secret: str, r: Received) -> bool:
    h = r.headers
    return webhooks.verify(secret, h["webhook-id"], h["webhook-timestamp"], h["webhook-signature"], r.body, time.time())


async def test_secrets_go_out_by_name_and_stand_nowhere_in_clear(own_world: World, other: Receiver) -> None:
    world = own_world
    id, secret = await hook(world, other, headers={"Authorization": "Bearer {secret.partner}", "X-Plain": "p"})
    async with world.act() as ctx:
        await webhooks.try_out(ctx, id)
    await send(world)
    assert other.got == []
    assert "partner" in (await log(world, id))[0]["error"]
    async with world.act() as ctx:
        await vault.put(ctx, "partner", "CNRY-partner-1")
    await later(world, id, minutes=10)
    await send(world)
    assert other.got[0].headers["authorization"] == "Bearer CNRY-partner-1"
    async with world.act() as ctx:
        [message] = (await webhooks.listing(ctx, id))["data"]
        shown = await webhooks.delivery(ctx, id, message["id"])
        assert shown["log"][0]["headers"]["Authorization"] == "Bearer {secret.partner}"
        [kept] = await vault.listing(ctx)
        assert kept["name"] == "partner"
        assert kept["used_at"]
        tables = await ctx.db.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = %(s)s", {"s": ctx.workspace.schema}
        )
        for (table,) in tables:
            text = await ctx.db.value(f'SELECT string_agg(t::text, \'\') FROM "{ctx.workspace.schema}"."{table}" AS t')
            assert "CNRY-partner" not in (text or ""), table
            assert secret not in (text or ""), table
            assert secret.removeprefix("whsec_") not in (text or ""), table


async def test_what_is_sealed_opens_at_its_place_and_moves_to_a_new_secret(own_world: World) -> None:
    world = own_world
    async with world.act() as ctx:
        await vault.put(ctx, "one", "value")
        await vault.put(ctx, "two", "other")
    vault.unlock("t" * 40)
    async with world.act() as ctx:
        with pytest.raises(vault.Sealed):
            await vault.value(ctx.db, ctx.workspace, "one")
        assert await vault.renew(ctx.db, ctx.workspace, ctx.catalog) == 0
    vault.unlock("t" * 40, ["s" * 40])
    async with world.act() as ctx:
        assert await vault.value(ctx.db, ctx.workspace, "one") == "value"
        await webhooks.tidy(ctx.db, ctx.workspace, ctx.catalog)
    vault.unlock("t" * 40)
    async with world.act() as ctx:
        assert await vault.value(ctx.db, ctx.workspace, "one") == "value"
        await ctx.db.execute(
            f'UPDATE "{ctx.workspace.schema}"._secret SET value = (SELECT value FROM "{ctx.workspace.schema}"._secret WHERE name = \'two\')'
        )
        with pytest.raises(vault.Sealed):
            await vault.value(ctx.db, ctx.workspace, "one")
        await vault.remove(ctx, "one")
        with pytest.raises(NotFound):
            await vault.remove(ctx, "one")


async def test_only_who_may_change_settings(own_world: World, other: Receiver) -> None:
    world = own_world
    id, _ = await hook(world, other)
    for who in ("boss", "rep1", "viewer", "clerk", "outsider"):
        async with world.act(who) as ctx:
            assert "settings" not in ctx.actor.grants.system
            for call in (
                webhooks.webhooks(ctx),
                webhooks.get(ctx, id),
                webhooks.create(ctx, {}),
                webhooks.change(ctx, id, {}),
                webhooks.remove(ctx, id),
                webhooks.rotate(ctx, id),
                webhooks.try_out(ctx, id),
                webhooks.replay(ctx, id, since=NOW),
                webhooks.listing(ctx, id),
                webhooks.delivery(ctx, id, id),
                vault.listing(ctx),
                vault.put(ctx, "x", "y"),
                vault.remove(ctx, "x"),
            ):
                with pytest.raises(Forbidden):
                    await call


async def test_what_is_wrong_is_named(own_world: World, other: Receiver) -> None:
    world = own_world
    async with world.act() as ctx:
        with pytest.raises(Invalid) as refused:
            await webhooks.create(ctx, {"name": " ", "url": "http://10.0.0.1/", "kinds": ["boom"], "objects": ["nothing"], "fields": ["x"], "filter": {}, "headers": {"webhook-id": "x"}})  # fmt: skip
        assert codes(refused.value) == {
            "name": "required",
            "url": "egress_closed",
            "kinds": "not_an_option",
            "objects": "not_an_option",
            "fields": "webhook_one_object",
            "filter": "webhook_one_object",
            "headers": "egress_header",
        }
    async with world.act() as ctx:
        with pytest.raises(Invalid):
            await webhooks.create(ctx, {"name": "x", "url": other.url, "kinds": ["created"], "objects": ["account"], "filter": {"field": "nope", "op": "eq", "value": 1}})  # fmt: skip


async def test_an_owner_who_left_is_not_spoken_for(own_world: World, other: Receiver) -> None:
    world = own_world
    id, _ = await hook(world, other)
    async with world.act() as ctx:
        await records.write(ctx, "user", [Update(world.id("captain"), {"role": world.roles["administrator"]})])
    async with world.db.transaction() as c:
        await c.execute(
            f'UPDATE "{world.workspace.schema}"."user" SET active = false WHERE id = %(u)s::uuid',
            {"u": world.id("admin")},
        )
    async with world.act("boss") as ctx:
        await records.write(ctx, "account", [Create({"name": "x"})])
    await send(world)
    assert other.got == []
    async with world.act() as ctx:
        assert (await webhooks.get(ctx, id))["off"]["reason"] == "owner_gone"
    async with world.act("captain") as ctx:
        [told] = (await notify.listing(ctx))["data"]
        assert "its owner has left" in told["text"]
