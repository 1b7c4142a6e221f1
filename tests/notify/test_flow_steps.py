"""A flow tells people in the page and by mail, once, whatever happens to its worker."""

from __future__ import annotations

import pytest
from tests.flows.conftest import Office, office
from tests.postbox import Postbox

from guanxi import flows, notify
from guanxi.base import Invalid
from guanxi.records import deliver

__all__ = ["office"]


def definition(**step: object) -> dict[str, object]:
    return {"object": "account", "trigger": {"kind": "created"}, "steps": [{"id": "s1", **step}]}


async def test_a_flow_notifies_those_who_may_see_the_record(office: Office) -> None:
    world = office.world
    people = [{"field": "owner"}, {"user": world.id("outsider")}]
    flow = await office.flow(definition(kind="notify", to=people, text="请跟进 {name}（{industry}）"))
    [made] = await office.make("account", {"name": "兰石 {owner}", "industry": "machinery", "owner": world.id("rep1")})
    await office.settle()
    await office.settle()
    [run] = await office.runs(flow)
    assert (run["state"], run["steps"][0]["output"]) == ("done", {"told": 2})
    async with world.act("rep1") as ctx:
        [one] = (await notify.listing(ctx, kind="flow"))["data"]
    assert one["text"] == "请跟进 兰石 {owner}（Machinery）", "what somebody wrote is no place to fill in"
    assert one["record"]["id"] == made
    async with world.act("outsider") as ctx:
        assert (await notify.listing(ctx))["data"] == []


async def test_what_a_flow_hands_over_is_told_as_the_flows_also_to_whoever_switched_it_on(office: Office) -> None:
    world = office.world
    async with world.act() as ctx:
        me = ctx.actor.id
    await deliver(world.db, world.workspace, "notify")
    for name, owner in (("mine", me), ("theirs", world.id("rep1"))):
        values = {"subject": name, "about": {"from": "record"}, "owner": owner}
        await office.flow(definition(kind="create", object="task", values=values), name)
    await office.make("account", {"name": "兰石"})
    await office.settle()
    await deliver(world.db, world.workspace, "notify")
    for who, subject in (("admin", "mine"), ("rep1", "theirs")):
        async with world.act(who) as ctx:
            one = (await notify.listing(ctx, kind="assigned"))["data"][0]
        assert (one["text"], one["actor"]) == (f"A flow gave you {subject}", None)


async def test_a_flow_sends_mail_once(office: Office, postbox: Postbox) -> None:
    world = office.world
    told = {"to": [{"field": "owner"}], "address": "{email}", "subject": "Hello {name}", "body": "…"}
    flow = await office.flow(definition(kind="email", **told))
    async with world.act() as ctx:
        [tried] = (await flows.trial(ctx, flow, (await office.make("account", {"name": "T", "email": "t@x.cn"}))[0]))[
            "steps"
        ]
    assert (tried["state"], tried["output"]) == ("done", {"mails": 2})
    await office.settle()
    await office.make("account", {"name": "A\nBcc: x@y.cn", "email": "a@b.cn", "owner": world.id("rep1")})
    await office.settle()
    async with world.act() as ctx:
        rows = await ctx.db.fetch(
            f"SELECT recipient, subject, kind FROM \"{ctx.workspace.schema}\"._mail WHERE subject LIKE 'Hello A%%' ORDER BY 1"
        )
    assert [r[0] for r in rows] == ["a@b.cn", "rep1@example.com"]
    assert "\n" not in rows[0][1]
    [none] = await office.make("account", {"name": "No address", "owner": world.id("rep1")})
    for address in ("{email}{email}", "a@b.cn, c@d.cn", "nobody"):
        with pytest.raises(Invalid) as refused:
            await office.flow(definition(kind="email", address=address, subject="x", body="y"), "no address")
        assert "not_an_email" in {e.code for e in refused.value.errors}, address
    wrong = await office.flow(definition(kind="email", address="{name}", subject="x", body="y"), "wrong")
    await office.change("account", none, name="still none")
    await office.make("account", {"name": "no address at all"})
    await office.settle()
    run = (await office.runs(wrong))[-1]
    assert (run["state"], run["steps"][0]["state"]) == ("failed", "failed")
    assert "not an e-mail address" in str(run["steps"][0]["error"])
