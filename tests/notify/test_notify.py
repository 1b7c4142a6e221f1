"""Whom it concerns is told once, in their own words, and never of what they may not see."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.postbox import Postbox
from tests.world import World

from guanxi import notify, records
from guanxi.base import Invalid, NotFound, new_id
from guanxi.notify import due, preferences
from guanxi.records import Create, Delete, Ended, Update, deliver
from guanxi.schema.query import read_query


@pytest.fixture
async def fresh(world: World) -> World:
    """The world with nothing told yet."""
    async with world.act() as ctx:
        for table in ("_notification", "_notify_preference", "_follow", "_mail"):
            await ctx.db.execute(f'DELETE FROM "{ctx.workspace.schema}".{table}')
    await deliver(world.db, world.workspace)
    await deliver(world.db, world.workspace)
    async with world.act() as ctx:
        await ctx.db.execute(f'DELETE FROM "{ctx.workspace.schema}"._notification')
    return world


async def write(world: World, who: str, object_name: str, *operations: Any, **more: Any) -> list[str]:
    async with world.act(who, **more) as ctx:
        ids = [o.id or "" for o in await records.write(ctx, object_name, operations)]
    await deliver(world.db, world.workspace)
    return ids


async def told(world: World, who: str, **more: Any) -> list[dict[str, Any]]:
    async with world.act(who) as ctx:
        found = await notify.listing(ctx, **more)
    assert found["unread"] == sum(not n["read"] for n in found["data"]) or found["next"]
    return found["data"]


async def test_who_gets_a_record_is_told_and_who_takes_it_is_not(fresh: World) -> None:
    [id] = await write(fresh, "boss", "account", Create({"name": "兰石", "owner": fresh.id("rep1")}))
    [one] = await told(fresh, "rep1")
    assert (one["kind"], one["text"], one["read"]) == ("assigned", "Boss gave you 兰石", False)
    assert one["record"] == {"object": "account", "id": id, "title": "兰石"}
    assert one["actor"] == {"id": fresh.id("boss"), "title": "Boss"}
    assert await told(fresh, "boss") == []
    await deliver(fresh.db, fresh.workspace)
    assert len(await told(fresh, "rep1")) == 1, "what was handled is not told again"
    await write(fresh, "boss", "account", Update(id, {"owner": fresh.id("rep2")}))
    assert [n["kind"] for n in await told(fresh, "rep2")] == ["assigned"]
    assert await told(fresh, "rep1") == [], "they may not see it any more"


async def test_many_records_of_one_act_are_one_notification(fresh: World) -> None:
    rows = [Create({"name": f"N{n}", "owner": fresh.id("rep1")}) for n in range(60)]
    await write(fresh, "boss", "lead", *(Create({**dict(r.values), "company": "X"}) for r in rows), bulk="import")
    [one] = await told(fresh, "rep1")
    assert (one["text"], one["count"], one["records"]) == ("Boss gave you 60 leads", 60, None), "more than are kept"
    async with fresh.act("rep1") as ctx:
        found = await records.find(ctx, read_query("lead", {"filter": one["filter"], "include": "count"}))
    assert found.count == 60, "and the way leads to all of them"
    few = await write(fresh, "boss", "lead", *(Create({**r.values, "company": "Y"}) for r in rows[:3]), bulk="import")
    [one, _] = await told(fresh, "rep1")
    assert (one["records"], one["filter"]) == (few, None), "the way leads to these and no others"
    await write(fresh, "boss", "lead", Update(few[0], {"owner": fresh.id("rep3")}))
    async with fresh.act("rep1") as ctx:
        assert await notify.unread(ctx) == (2, False), "two of the three are theirs"
    await write(fresh, "boss", "lead", *(Update(id, {"owner": fresh.id("rep3")}) for id in few[1:]))
    async with fresh.act("rep1") as ctx:
        assert await notify.unread(ctx) == (1, False)


async def derive(world: World, account: str, stage: str) -> None:
    """A stage of the lifecycle as the program gives it."""
    async with world.act() as ctx:
        await records.write(ctx.as_system("standing"), "account", [Update(account, {"lifecycle": stage})], render=False)
    await deliver(world.db, world.workspace)


async def test_what_one_follows_is_told_with_what_one_may_see_of_it(fresh: World) -> None:
    [id] = await write(fresh, "rep1", "account", Create({"name": "A", "phone": "139 1000 0001"}))
    async with fresh.act("clerk") as ctx:
        assert (await notify.follow(ctx, "account", id, True))["following"]
    await derive(fresh, id, "lead")
    assert await told(fresh, "rep1") == [], "its first stage is part of making the record"
    await write(fresh, "boss", "account", Update(id, {"name": "B", "phone": "139 1000 0002"}))
    await write(fresh, "boss", "account", Update(id, {"name": "C"}))
    [one] = await told(fresh, "rep1")
    assert (one["kind"], one["text"]) == ("changed", "Boss changed C")
    assert one["changes"]["name"] == ["A", "C"], "one after the other they are one"
    assert "phone" in one["changes"]
    [theirs] = await told(fresh, "clerk")
    assert theirs["changes"] == {"name": ["A", "C"]}, "the clerk may not see the phone"
    await derive(fresh, id, "opportunity")
    assert [n["changes"]["lifecycle"] for n in await told(fresh, "rep1") if "lifecycle" in n["changes"]] == [
        ["lead", "opportunity"]
    ]
    async with fresh.act("clerk") as ctx:
        await notify.mark(ctx, None)
    await write(fresh, "boss", "account", Update(id, {"phone": "139 1000 0003"}))
    assert [n for n in await told(fresh, "clerk") if not n["read"]] == [], "nor that it changed"
    assert await told(fresh, "boss") == [], "one's own doing is no news"
    async with fresh.act("rep1") as ctx:
        await notify.mark(ctx, None)
        assert not (await notify.follow(ctx, "account", id, False))["following"]
    await write(fresh, "boss", "account", Update(id, {"name": "D"}))
    assert [n["read"] for n in await told(fresh, "rep1")] == [True, True], "nothing new"
    await write(fresh, "admin", "account", Delete(id))
    assert await told(fresh, "rep1") == [], "what is gone is told of no more"
    async with fresh.act("rep1") as ctx:
        with pytest.raises(NotFound):
            await notify.follow(ctx, "account", id, True)


async def test_a_mention_reaches_who_may_see_it_and_the_writer_hears_of_the_others(fresh: World) -> None:
    [id] = await write(fresh, "rep1", "account", Create({"name": "A"}))
    about = {"object": "account", "id": id}
    mentions = [fresh.id("boss"), fresh.id("rep3"), fresh.id("rep1")]
    text = {"body": "@Boss @Rep3 请看报价\n谢谢", "about": about, "mentions": mentions}
    [comment] = await write(fresh, "rep1", "comment", Create(text))
    [one] = await told(fresh, "boss")
    assert (one["kind"], one["text"], one["body"]) == ("mention", "Rep1 mentioned you: A", "@Boss @Rep3 请看报价\n谢谢")
    assert one["record"] == {"object": "account", "id": id, "title": "A"}, "it leads to what it is about"
    assert await told(fresh, "rep3") == []
    [back] = await told(fresh, "rep1")
    assert (back["kind"], back["text"].startswith("Rep3 cannot see A")) == ("not_told", True)
    # Whoever is mentioned follows from now on: the answer is told without another mention.
    await write(fresh, "rep1", "comment", Create({"body": "Thanks", "about": about}))
    assert [n["kind"] for n in await told(fresh, "boss")] == ["comment", "mention"]
    await write(fresh, "rep1", "comment", Update(comment, {"mentions": [*mentions, fresh.id("admin")]}))
    assert [n["kind"] for n in await told(fresh, "admin")] == ["mention"], "a mention that is added later counts"
    assert [n["kind"] for n in await told(fresh, "boss")] == ["comment", "mention"], "one that stays does not"
    async with fresh.act("rep1") as ctx:
        who = {p["title"]: p["can_see"] for p in await notify.people(ctx, "account", id, "rep")}
        everybody = await notify.people(ctx, "account", id, "")
    assert who == {"Rep2": False, "Rep3": False}, "oneself is not among them"
    assert [p["can_see"] for p in everybody] == sorted((p["can_see"] for p in everybody), reverse=True)
    assert everybody[0]["can_see"]


async def test_comments_are_their_writers(fresh: World) -> None:
    [id] = await write(fresh, "boss", "account", Create({"name": "A", "owner": fresh.id("rep1")}))
    [comment] = await write(
        fresh, "boss", "comment", Create({"body": "Mine", "about": {"object": "account", "id": id}})
    )
    async with fresh.act("rep1") as ctx:
        page = await records.timeline(ctx, "account", id, kinds=["comment"])
        assert [(e["kind"], e["body"]) for e in page["data"]] == [("comment", "Mine")]
        outcomes = await records.write(
            ctx, "comment", [Update(comment, {"body": "Not mine"}), Delete(comment)], atomic=False
        )
        assert [o.status for o in outcomes] == [403, 403]
    await write(fresh, "boss", "comment", Update(comment, {"body": "Changed"}))
    await write(fresh, "boss", "comment", Delete(comment))


async def test_preferences_decide(fresh: World, postbox: Postbox) -> None:
    async with fresh.act("rep1") as ctx:
        await notify.save_preferences(
            ctx,
            notify.read_preferences(
                {
                    "kinds": {"assigned": {"page": False, "mail": "never"}, "comment": {"mail": "now"}},
                    "follow": {"own": False},
                }
            ),
        )
    [id] = await write(fresh, "boss", "account", Create({"name": "A", "owner": fresh.id("rep1")}))
    await write(fresh, "boss", "account", Update(id, {"name": "B"}))
    assert await told(fresh, "rep1") == [], "neither told of what is theirs nor following it"
    assert await notify.send_due(fresh.db, fresh.workspace) == 0
    for wrong in (
        {"kinds": {"nonsense": {"page": True}}},
        {"kinds": {"mention": {"mail": "often"}}},
        {"kinds": {"mention": {"page": "yes"}}},
        {"quiet": {"from": "25:00", "to": "08:00"}},
        {"digest": "nine"},
        {"follow": {"everything": True}},
    ):
        with pytest.raises(Invalid):
            notify.read_preferences(wrong)


async def test_wishes_said_at_once_are_all_kept(fresh: World) -> None:
    async def wish(kind: str) -> None:
        async with fresh.act("rep1") as ctx:
            await notify.save_preferences(ctx, notify.read_preferences({"kinds": {kind: {"page": False}}}))

    kinds = ("assigned", "changed", "mention", "comment")
    await asyncio.gather(*map(wish, kinds))
    me = fresh.id("rep1")
    async with fresh.act("rep1") as ctx:
        said = (await notify.load_preferences(ctx.db, ctx.workspace, [me]))[me].told("en")
    assert {k["name"] for k in said["kinds"] if not k["page"]} >= set(kinds)


async def test_mail_tells_what_is_seen_when_it_goes_out(fresh: World, postbox: Postbox) -> None:
    ids = await write(
        fresh, "boss", "account", *(Create({"name": n, "owner": fresh.id("rep1")}) for n in ("Secret", "Open"))
    )
    await write(
        fresh,
        "boss",
        "opportunity",
        Create({"name": "Deal", "account": ids[1], "owner": fresh.id("rep1"), "close_date": "2030-01-01"}),
    )
    await write(fresh, "boss", "account", Update(ids[0], {"owner": fresh.id("rep3")}))
    assert await notify.send_due(fresh.db, fresh.workspace) == 2
    assert await notify.send_due(fresh.db, fresh.workspace) == 0, "once"
    async with fresh.act() as ctx:
        rows = await ctx.db.fetch(
            f'SELECT recipient, subject, body FROM "{ctx.workspace.schema}"._mail ORDER BY recipient'
        )
    assert [r[0] for r in rows] == ["rep1@example.com", "rep3@example.com"]
    assert rows[0][1] == "2 news · Zoo & Co"
    assert "Secret" not in rows[0][2]
    assert f"https://crm.guanxi.test/o/account/{ids[1]}" in rows[0][2]
    async with fresh.act("rep1") as ctx:
        await notify.mark(ctx, None)
    await write(fresh, "boss", "account", Create({"name": "Read", "owner": fresh.id("rep1")}))
    async with fresh.act("rep1") as ctx:
        await notify.mark(ctx, None)
    assert await notify.send_due(fresh.db, fresh.workspace) == 0, "what was read in the page is not mailed"


async def test_no_mail_tells_what_is_hidden(fresh: World, postbox: Postbox) -> None:
    """By itself or in a digest: neither records nor fields, nor what is behind a mask, nor that such a field changed."""
    half = {
        "objects": {"*": {"read": "all", "update": "all"}},
        "fields": {"contact.name": "masked", "contact.mobile": "masked", "account.phone": "none"},
    }
    async with fresh.act() as ctx:
        await records.write(ctx, "role", [Create({"name": "half", "label": "Half", "grants": half})])
        made = {"name": "Half", "email": "half@example.com", "role": {"match": {"name": "half"}}}
        [user] = await records.write(ctx, "user", [Create(made)])
        actor = await records.load_actor(ctx.db, ctx.workspace, user.id or "")
        assert actor is not None
    fresh.actors["half"] = actor
    bodies: dict[str, list[str]] = {}
    for i, way in enumerate(("now", "digest")):
        wish = {"kinds": {k: {"mail": way} for k in ("assigned", "changed", "mention", "comment")}}
        for who in ("clerk", "half", "rep3"):
            async with fresh.act(who) as ctx:
                await notify.save_preferences(ctx, notify.read_preferences(wish))
        [account] = await write(fresh, "admin", "account", Create({"name": f"Seen{i}", "phone": "13900000000"}))
        for who in ("clerk", "half"):
            async with fresh.act(who) as ctx:
                await notify.follow(ctx, "account", account, True)
        contact = {"name": "Kanarienvogel", "mobile": "13987654321", "account": account}
        for who in ("clerk", "half"):
            [id] = await write(fresh, "admin", "contact", Create({**contact, "owner": fresh.id(who)}))
            async with fresh.act(who) as ctx:
                await notify.follow(ctx, "contact", id, True)
            await write(fresh, "admin", "contact", Update(id, {"name": "Kanarienvogel!", "mobile": "13987654322"}))
        await write(fresh, "admin", "account", Update(account, {"phone": "13987654323"}))
        [gone] = await write(fresh, "admin", "account", Create({"name": "Kanarienvogel AG", "owner": fresh.id("rep3")}))
        about = {"about": {"object": "account", "id": gone}}
        named = {"body": "@Rep3 Kanarienvogel", "mentions": [fresh.id("rep3")]}
        await write(fresh, "admin", "comment", Create({**about, **named}))
        await write(fresh, "admin", "account", Update(gone, {"owner": fresh.id("admin")}))
        async with fresh.act() as ctx:
            await ctx.db.execute(f'UPDATE "{ctx.workspace.schema}"._notification SET mail_at = now()')
        await notify.send_due(fresh.db, fresh.workspace)
    async with fresh.act() as ctx:
        for to, subject, body in await ctx.db.fetch(
            f'SELECT recipient, subject, body FROM "{ctx.workspace.schema}"._mail'
        ):
            bodies.setdefault(to.partition("@")[0], []).append(f"{subject}\n{body}")
    assert {"clerk", "half"} <= bodies.keys()
    assert bodies.get("rep3", []) == [], "what one does not see any more is no news"
    for who in ("clerk", "half"):
        told = "\n".join(bodies[who])
        assert not [c for c in ("Kanarienvogel", "139876543", "Seen") if c in told], told
        assert "Admin" in told


async def test_what_comes_after_the_mail_is_mailed_too_but_not_at_once(fresh: World, postbox: Postbox) -> None:
    act = new_id()

    async def given(name: str) -> int:
        await write(fresh, "boss", "account", Create({"name": name, "owner": fresh.id("rep1")}), change_set=act)
        return await notify.send_due(fresh.db, fresh.workspace)

    assert await given("First") == 1
    assert (await given("Second"), await given("Third")) == (0, 0), "one act that goes on is not a mail each time"
    async with fresh.act() as ctx:
        await ctx.db.execute(
            f"UPDATE \"{ctx.workspace.schema}\"._notification SET mail_at = mail_at - interval '30 minutes'"
        )
    assert await notify.send_due(fresh.db, fresh.workspace) == 1
    async with fresh.act() as ctx:
        rows = await ctx.db.fetch(f'SELECT subject FROM "{ctx.workspace.schema}"._mail ORDER BY at, subject')
    assert [r[0] for r in rows] == ["Boss gave you First · Zoo & Co", "Boss gave you 3 accounts · Zoo & Co"]
    assert await notify.send_due(fresh.db, fresh.workspace) == 0


async def test_a_digest_gathers_what_comes_until_its_hour(fresh: World, postbox: Postbox) -> None:
    clock = [f"{(datetime.now(UTC) + timedelta(hours=h)).astimezone(ZoneInfo('Asia/Shanghai')):%H:%M}" for h in (-1, 3)]
    hour = clock[1]
    wish = {"kinds": {"assigned": {"mail": "digest"}}, "digest": hour}
    async with fresh.act("rep1") as ctx:
        await notify.save_preferences(ctx, notify.read_preferences(wish))
    for name in ("Morning", "Noon"):
        await write(fresh, "boss", "account", Create({"name": name, "owner": fresh.id("rep1")}))

    async def later(hours: float) -> int:
        async with fresh.act() as ctx:
            await ctx.db.execute(
                f'UPDATE "{ctx.workspace.schema}"._notification SET mail_at = mail_at - make_interval(secs => %(s)s)',
                {"s": hours * 3600},
            )
        return await notify.send_due(fresh.db, fresh.workspace)

    assert (await later(0), await later(2.9)) == (0, 0)
    assert (await later(0.2), await later(24)) == (1, 0)
    async with fresh.act() as ctx:
        [(subject, body)] = await ctx.db.fetch(f'SELECT subject, body FROM "{ctx.workspace.schema}"._mail')
    assert subject == "2 news · Zoo & Co"
    assert ("Morning" in body, "Noon" in body) == (True, True)

    # What comes at once otherwise waits until the night is over.
    night = {"kinds": {"assigned": {"mail": "now"}}, "quiet": {"from": clock[0], "to": clock[1]}}
    async with fresh.act("rep1") as ctx:
        await notify.save_preferences(ctx, notify.read_preferences(night))
    await write(fresh, "boss", "account", Create({"name": "Midnight", "owner": fresh.id("rep1")}))
    assert (await later(0), await later(2.9), await later(0.2)) == (0, 0, 1)


def test_when_mail_goes_out_by_ones_own_clock() -> None:
    noon = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
    wants = preferences._of(
        {"quiet": {"from": "22:00", "to": "08:00"}, "digest": "09:30", "kinds": {"due": {"mail": "digest"}}}
    )
    at = lambda kind, now: wants.mail_at(kind, now, "Asia/Shanghai")  # noqa: E731
    assert at("mention", noon) == noon
    night = noon + timedelta(hours=12)
    assert at("mention", night) == datetime(2026, 3, 6, 0, 0, tzinfo=UTC), "08:00 in Shanghai"
    assert at("mention", noon - timedelta(hours=5)) == datetime(2026, 3, 5, 0, 0, tzinfo=UTC)
    assert at("due", noon) == datetime(2026, 3, 6, 1, 30, tzinfo=UTC), "tomorrow at 09:30"
    assert at("changed", noon) is None


async def test_a_task_is_told_when_it_is_due_and_once(fresh: World) -> None:
    await due.tell_due(fresh.db, fresh.workspace)
    now = datetime.now(UTC)
    values = {"subject": "Call", "owner": fresh.id("rep1"), "due_at": now.isoformat()}
    done = {**values, "status": "done"}
    late = {**values, "due_at": (now + timedelta(days=1)).isoformat()}
    [id, _, later] = await write(fresh, "rep1", "task", Create(values), Create(done), Create(late))
    assert await due.tell_due(fresh.db, fresh.workspace) == 1
    assert await due.tell_due(fresh.db, fresh.workspace) == 0
    [one] = await told(fresh, "rep1")
    assert (one["kind"], one["text"], one["record"]["id"]) == ("due", "Call is due", id)
    await write(fresh, "rep1", "task", Update(later, {"due_at": datetime.now(UTC).isoformat()}))
    assert await due.tell_due(fresh.db, fresh.workspace) == 1


async def test_who_began_it_hears_when_it_is_over(fresh: World) -> None:
    end = Ended(
        "import",
        records_id := new_id(),
        fresh.id("rep1"),
        "done",
        {"name": "客户.xlsx", "object": "account", "n": 3, "failed": 1},
    )
    for _ in range(2):
        async with fresh.db.transaction() as db:  # as the installation, which is how imports end
            await records.ended(db, fresh.workspace, end)
    [one] = await told(fresh, "rep1")
    assert one["text"] == "The import of 客户.xlsx is done. Records that came in: 3, rows left out: 1"
    assert one["link"] == {"to": "import", "id": records_id, "object": "account"}


async def test_pages_of_notifications_pass_over_what_is_hidden(fresh: World) -> None:
    for n in range(7):
        [id] = await write(fresh, "boss", "account", Create({"name": f"N{n}", "owner": fresh.id("rep1")}))
        if n % 2:
            await write(fresh, "boss", "account", Update(id, {"owner": fresh.id("rep3")}))
    async with fresh.act("rep1") as ctx:
        first = await notify.listing(ctx, 2)
        second = await notify.listing(ctx, 2, first["next"])
    texts = [n["record"]["title"] for n in (*first["data"], *second["data"])]
    assert texts == ["N6", "N4", "N2", "N0"]
    assert (first["unread"], second["next"]) == (4, None)
