"""Approvals: levels in order and together, any and all, handing on, returning, time running out; the record stays as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.flows.conftest import Office
from tests.world import exact

from guanxi import flows, identity, records
from guanxi.base import Conflict, Forbidden, Invalid, NotFound, Problem
from guanxi.flows import absence, approvals, tending
from guanxi.notify import reading
from guanxi.records.explain import explain


def flow(*levels: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = {"id": "s1", "kind": "approval", "record": "record", "title": "Buy {name}", "levels": list(levels), **more}
    marks = {
        n: [{"id": f"{n}1", "kind": "update", "record": "record", "values": {"text": n}}]
        for n in ("approved", "rejected")
    }
    return {"object": "zoo", "trigger": {"kind": "created"}, "steps": [asked | marks]}


class Desk:
    """A record that waits for approval."""

    def __init__(self, office: Office, id: str) -> None:
        self.office, self.id = office, id

    def user(self, name: str) -> str:
        return self.office.world.id(name)

    async def waits_for(self) -> list[str]:
        out: list[str] = []
        for name in ("boss", "captain", "rep1", "rep2", "agent"):
            async with self.office.world.act(name) as ctx:
                out += [name for a in await approvals.approvals(ctx) if a["record"] == self.id]
        return out

    async def decide(self, by: str, act: Any, **more: Any) -> dict[str, Any]:
        async with self.office.world.act(by) as ctx:
            [mine] = [a for a in await approvals.approvals(ctx, "all") if a["record"] == self.id]
            done = await approvals.decide(ctx, mine["id"], act, **more)
        await self.office.settle()
        return done

    async def unread(self) -> list[str]:
        """Who has not read yet that they are asked."""
        out: list[str] = []
        for name in ("captain", "rep1", "rep2", "agent"):
            async with self.office.world.act(name) as ctx:
                news = (await reading.listing(ctx, limit=100, fresh=True, kind="approval"))["data"]
            out += [name for one in news if one["record"] and one["record"]["id"] == self.id]
        return out

    async def text(self) -> Any:
        return (await self.office.get("zoo", self.id))["text"]


async def asked(office: Office, *levels: dict[str, Any], values: dict[str, Any] | None = None, **more: Any) -> Desk:
    await office.flow(flow(*levels, **more))
    [id] = await office.make("zoo", {"name": "Lion", **(values or {})})
    await office.settle()
    return Desk(office, id)


def people(office: Office, *names: str) -> list[dict[str, str]]:
    return [{"user": office.world.id(n)} for n in names]


async def test_levels_are_asked_one_after_the_other(office: Office) -> None:
    desk = await asked(
        office,
        {"who": people(office, "rep1", "rep2"), "need": "any"},
        {"who": people(office, "captain", "agent"), "need": "all"},
    )
    assert await desk.waits_for() == ["rep1", "rep2"]
    await desk.decide("rep2", "approve", note="fine")
    assert await desk.waits_for() == ["captain", "agent"], "one of the first level is enough"
    await desk.decide("captain", "approve")
    assert (await desk.waits_for(), await desk.text()) == (["agent"], None)
    done = await desk.decide("agent", "approve")
    assert (done["state"], await desk.waits_for(), await desk.text()) == ("approved", [], "approved")
    assert [(v["level"], v["state"], v["note"]) for v in done["votes"]] == [
        (0, "void", ""), (0, "approved", "fine"), (1, "approved", ""), (1, "approved", ""),
    ]  # fmt: skip
    with pytest.raises(Conflict):
        await desk.decide("agent", "reject", note="late")


async def test_a_matrix_passes_over_levels_that_do_not_apply(office: Office) -> None:
    levels = (
        {"who": people(office, "rep1"), "need": "any"},
        {"who": people(office, "boss"), "need": "any", "filter": {"field": "integer", "op": "gte", "value": 100}},
    )
    small = await asked(office, *levels, values={"integer": 5})
    [id] = await office.make("zoo", {"name": "Whale", "integer": 500})
    await office.settle()
    big = Desk(office, id)
    for desk in (small, big):
        await desk.decide("rep1", "approve")
    assert (await small.text(), await big.text()) == ("approved", None)
    assert await big.waits_for() == ["boss"]


async def test_together_all_are_asked_and_all_must_agree(office: Office) -> None:
    desk = await asked(
        office,
        {"who": people(office, "rep1"), "need": "any"},
        {"who": people(office, "boss"), "need": "any"},
        together=True,
    )
    assert await desk.waits_for() == ["boss", "rep1"]
    await desk.decide("boss", "approve")
    assert await desk.text() is None
    await desk.decide("rep1", "approve")
    assert await desk.text() == "approved"


async def test_a_signer_hands_on_and_asks_for_another(office: Office) -> None:
    desk = await asked(office, {"who": people(office, "rep1", "agent"), "need": "any"})
    await desk.decide("rep1", "delegate", to=desk.user("rep2"))
    assert await desk.waits_for() == await desk.unread() == ["rep2", "agent"]
    await desk.decide("agent", "add", to=desk.user("captain"))
    await desk.decide("rep2", "approve")
    assert (await desk.waits_for(), await desk.text()) == (["captain", "agent"], None), (
        "who was added must sign as well"
    )
    assert await desk.unread() == ["captain", "agent"], "what one has answered is news no more"
    await desk.decide("captain", "approve")
    assert (await desk.text(), await desk.unread()) == ("approved", [])
    for act, to, problem in (("delegate", None, NotFound), ("add", desk.user("rep1"), NotFound)):
        with pytest.raises((problem, Conflict, ValueError)):
            await desk.decide("outsider", act, to=to)


@pytest.mark.parametrize(("act", "state"), [("reject", "rejected"), ("return", "returned")])
async def test_a_no_needs_a_reason_and_ends_it(office: Office, act: str, state: str) -> None:
    desk = await asked(office, {"who": people(office, "rep1"), "need": "any"}, {"who": people(office, "boss")})
    with pytest.raises(Invalid):
        await desk.decide("rep1", act)
    done = await desk.decide("rep1", act, note="too dear")
    assert (done["state"], await desk.text(), await desk.waits_for()) == (state, "rejected", [])


async def test_who_asked_may_withdraw_and_remind_and_nobody_else(office: Office) -> None:
    desk = await asked(office, {"who": people(office, "rep1"), "need": "any"})
    with pytest.raises(Forbidden):
        await desk.decide("rep1", "withdraw")
    await desk.decide("admin", "remind")
    with pytest.raises(Conflict):
        await desk.decide("admin", "remind")
    assert (await desk.decide("admin", "withdraw"))["state"] == "withdrawn"
    assert await desk.text() == "rejected"


async def test_the_record_is_locked_until_it_is_decided_and_kept_as_it_was(office: Office) -> None:
    desk = await asked(office, {"who": people(office, "rep1"), "need": "any"}, values={"integer": 7})
    with pytest.raises(Problem) as refused:
        await office.change("zoo", desk.id, integer=8)
    assert refused.value.code == "record_locked"
    async with office.world.act() as ctx:
        [made] = [e for e in (await records.history(ctx, "zoo", desk.id))["data"] if e["kind"] == "create"]
        [kept] = (await records.undo(ctx, made["change_set"]))["kept"]
    assert (kept["reason"], kept["errors"][0]["message"]) == ("record_locked", refused.value.title("en"))
    async with office.world.act("rep1") as ctx:
        assert (await approvals.approvals(ctx))[0]["snapshot"]["integer"] == 7
        assert exact(await records.get(ctx, "zoo", desk.id))["integer"] == 7, "lent for as long as it is asked"
        why = await explain(ctx, "zoo", desk.id)
    assert [g["kind"] for g in why["verbs"]["read"]["grounds"] if g["true"]] == ["share"]
    done = await desk.decide("rep1", "approve")
    assert done["snapshot"] == {}, "the signer does not see the record any more, nor what was asked"
    async with office.world.act("rep1") as ctx:
        with pytest.raises(NotFound):
            await records.get(ctx, "zoo", desk.id)
    await office.change("zoo", desk.id, integer=8)
    async with office.world.act() as ctx:
        [kept] = await approvals.approvals(ctx, record=desk.id)
    assert (kept["snapshot"]["integer"], kept["state"]) == (7, "approved")


async def test_only_some_fields_are_locked(office: Office) -> None:
    desk = await asked(office, {"who": people(office, "rep1")}, lock="fields", fields=["integer"])
    await office.change("zoo", desk.id, decimal=3)
    with pytest.raises(Problem):
        await office.change("zoo", desk.id, integer=3)
    await desk.decide("rep1", "approve")


async def test_time_runs_out_and_runs_are_cancelled(office: Office) -> None:
    desk = await asked(office, {"who": people(office, "rep1")}, timeout={"days": 2}, late="approved")
    now = datetime.now(UTC)
    await flows.tick(office.world.db, office.world.workspace, now.replace(year=now.year + 1))
    await office.settle()
    assert (await desk.text(), await desk.waits_for()) == ("approved", [])
    async with office.world.act() as ctx:
        news = (await reading.listing(ctx, kind="approval"))["data"]
    assert news[0]["text"] == "Approved: Buy Lion · nobody decided in time", "who asked hears, also of an own flow"

    [id] = await office.make("zoo", {"name": "Tiger"})
    await office.settle()
    other = Desk(office, id)
    async with office.world.act() as ctx:
        run = await ctx.db.value(f"SELECT id FROM \"{ctx.workspace.schema}\"._flow_run WHERE state = 'waiting'")
        await tending.cancel(ctx, run)
    assert await other.waits_for() == []
    await office.change("zoo", id, integer=1)


async def test_a_signer_sees_of_the_record_what_the_role_shows(office: Office) -> None:
    desk = await asked(office, {"who": people(office, "clerk")}, values={"text": "secret", "integer": 4})
    async with office.world.act("clerk") as ctx:
        [mine] = await approvals.approvals(ctx)
    assert mine["snapshot"]["integer"] == 4
    assert "text" not in mine["snapshot"]
    async with office.world.act("outsider") as ctx:
        assert await approvals.approvals(ctx, "all") == []
        with pytest.raises(NotFound):
            await approvals.one_approval(ctx, mine["id"])
    assert await desk.text() == "secret"


async def test_a_share_of_ones_own_outlives_an_approval(office: Office) -> None:
    desk = await asked(office, {"who": people(office, "rep1")}, {"who": people(office, "boss")})
    async with office.world.act() as ctx:
        await records.share(ctx, "zoo", desk.id, desk.user("rep2"), "user")
    await desk.decide("rep1", "delegate", to=desk.user("rep2"))
    await desk.decide("rep2", "reject", note="no")
    async with office.world.act("rep2") as ctx:
        assert exact(await records.get(ctx, "zoo", desk.id))["name"] == "Lion"


async def test_who_takes_over_signs_for_who_leaves(office: Office) -> None:
    desk = await asked(
        office,
        {"who": people(office, "rep1"), "need": "any"},
        {"who": people(office, "rep1", "captain", "agent"), "need": "all"},
    )
    await office.make("account", {"name": "Theirs", "owner": desk.user("rep1")})
    async with office.world.act() as ctx:
        told = await identity.hand_over(
            ctx, desk.user("rep1"), {"to": {"user": desk.user("agent")}, "deactivate": False}
        )
        left = ctx.change_set
    assert [b["count"] for b in told["belongings"] if b["name"] == "approvals"] == [2]
    assert await desk.waits_for() == ["agent"]
    async with office.world.act() as ctx:
        await records.undo(ctx, left)
    assert await desk.waits_for() == ["rep1"]
    async with office.world.act() as ctx:
        counts = await identity.hand_over(ctx, desk.user("rep1"), {"to": {"user": desk.user("boss")}}, dry_run=True)
        assert [b["count"] for b in counts["belongings"] if b["name"] == "approvals"] == [2], (
            "also where both were asked"
        )
        await identity.hand_over(ctx, desk.user("rep1"), {"to": {"user": desk.user("agent")}, "deactivate": False})
    await desk.decide("agent", "approve")
    assert await desk.waits_for() == ["captain", "agent"]


async def test_who_has_signed_signs_once_more_for_who_leaves(office: Office) -> None:
    desk = await asked(office, {"who": people(office, "rep1", "agent"), "need": "all"})
    await desk.decide("agent", "approve")
    async with office.world.act() as ctx:
        await identity.hand_over(ctx, desk.user("rep1"), {"to": {"user": desk.user("agent")}, "deactivate": False})
    assert await desk.waits_for() == ["agent"], "else it would wait for nobody"
    await desk.decide("agent", "approve")
    assert await desk.text() == "approved"


async def test_a_deputy_signs_for_who_is_away(office: Office) -> None:
    """Also what was asked before, once the time has come; what came back is one's own again."""
    before = await asked(office, {"who": people(office, "rep1", "rep2"), "need": "all"})
    now = datetime.now(UTC)
    week = timedelta(days=7)
    async with office.world.act("rep1") as ctx:
        for since, until, deputy in (
            (now, now - week, before.user("agent")),
            (now, now + week, before.user("rep1")),
            (now, now + week, "nobody"),
        ):
            with pytest.raises(Invalid):
                await absence.away(ctx, since, until, deputy)
        await absence.away(ctx, now + week, now + 2 * week, before.user("captain"))
    assert await before.waits_for() == ["rep1", "rep2"], "not yet"
    async with office.world.act("rep1") as ctx:
        set_to = await absence.away(ctx, now - week, now + week, before.user("agent"))
    assert set_to is not None
    assert set_to["deputy"]["id"] == before.user("agent")
    assert await before.waits_for() == ["rep2", "agent"]
    [id] = await office.make("zoo", {"name": "Tiger"})
    await office.settle()
    assert await Desk(office, id).waits_for() == ["rep2", "agent"]
    async with office.world.act("agent") as ctx:
        told = [str(r) for r in (await reading.listing(ctx))["data"]]
    assert any("Rep1 is away until" in one for one in told), told
    done = await before.decide("agent", "approve")
    assert [(v["state"], v["added_by"] and v["added_by"]["id"]) for v in done["votes"]] == [
        ("delegated", None), ("waiting", None), ("approved", before.user("rep1")),
    ]  # fmt: skip
    async with office.world.act("rep1") as ctx:
        await absence.back(ctx)
        assert await absence.absence(ctx) is None
    [id] = await office.make("zoo", {"name": "Puma"})
    await office.settle()
    assert await Desk(office, id).waits_for() == ["rep1", "rep2"]


async def test_who_goes_away_later_is_stood_in_for_then(office: Office) -> None:
    desk = await asked(office, {"who": people(office, "rep1")})
    async with office.world.act("rep1") as ctx:
        await absence.away(ctx, ctx.now + timedelta(days=1), ctx.now + timedelta(days=2), desk.user("agent"))
        await ctx.db.execute(f"UPDATE \"{ctx.workspace.schema}\"._absence SET since = now() - interval '1 hour'")
    assert await desk.waits_for() == ["rep1"]
    await flows.tick(office.world.db, office.world.workspace)
    assert await desk.waits_for() == ["agent"]


async def test_what_a_signer_may_not_see_is_not_in_what_was_asked(office: Office) -> None:
    """The record itself, and what it points to, stand behind the same lock as everywhere."""
    [keeper] = await office.make("keeper", {"name": "Hidden keeper"})
    await asked(office, {"who": people(office, "peeper"), "need": "any"}, values={"integer": 4, "keeper": keeper})
    async with office.world.act("peeper") as ctx:
        [mine] = await approvals.approvals(ctx)
    assert (mine["snapshot"]["integer"], mine["snapshot"]["keeper"]) == (4, None), (
        "the record is lent, not what it points to"
    )
    owned = {"integer": 5, "keeper": keeper, "owner": office.world.id("peeper")}
    [id] = await office.make("zoo", {"name": "Own", **owned})
    await office.settle()
    async with office.world.act("peeper") as ctx:
        [own] = [a for a in await approvals.approvals(ctx) if a["record"] == id]
    assert own["snapshot"]["integer"] == 5
    assert own["snapshot"]["keeper"] is None
    assert "Hidden keeper" not in str(own)


async def test_what_was_asked_of_several_objects_is_shown_with_its_links(office: Office) -> None:
    lion = await asked(office, {"who": people(office, "rep1")}, values={"owner": office.world.id("rep2")})
    await office.flow({**flow({"who": people(office, "rep1")}), "object": "task"} | {"steps": [
        {"id": "s1", "kind": "approval", "record": "record", "title": "Do it", "levels": [{"who": people(office, "rep1")}]},
    ]}, "tasks")  # fmt: skip
    [task] = await office.make("task", {"subject": "Feed", "owner": office.world.id("captain")})
    await office.settle()
    async with office.world.act() as ctx:
        found = {a["record"]: a["snapshot"] for a in await approvals.approvals(ctx, "asked")}
    assert (found[lion.id]["owner"]["id"], found[task]["owner"]["id"]) == (
        office.world.id("rep2"),
        office.world.id("captain"),
    )


async def test_who_signs_twice_about_a_record_sees_it_until_the_second_is_decided(office: Office) -> None:
    await office.flow({**flow({"who": people(office, "rep1")}, lock="none")}, "first")
    await office.flow({**flow({"who": people(office, "rep1")}, lock="none")}, "second")
    [id] = await office.make("zoo", {"name": "Lion", "integer": 7})
    await office.settle()
    for left in (1, 0):
        async with office.world.act("rep1") as ctx:
            await records.get(ctx, "zoo", id)
            mine = [a for a in await approvals.approvals(ctx) if a["record"] == id]
            assert [a["snapshot"]["integer"] for a in mine] == [7] * (left + 1)
            await approvals.decide(ctx, mine[0]["id"], "approve")
        await office.settle()
    async with office.world.act("rep1") as ctx:
        with pytest.raises(NotFound):
            await records.get(ctx, "zoo", id)
