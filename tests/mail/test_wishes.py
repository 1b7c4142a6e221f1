"""Nothing goes to who does not want it: by preference or by a consent that was taken back, up to the moment of sending."""

from __future__ import annotations

from typing import Any

from tests.mail.test_mail import carried, queued, state
from tests.postbox import Postbox
from tests.world import World

from guanxi import records
from guanxi.records import Create, Update


async def make(world: World, name: str, values: dict[str, Any]) -> str:
    async with world.act() as ctx:
        [made] = await records.write(ctx, name, [Create(values)])
        return str(made.id)


async def said(world: World, party: str, **values: Any) -> None:
    await make(world, "consent", {"party": {"object": "contact", "id": party}, "purpose": "marketing", **values})


async def test_a_consent_counts_until_it_is_taken_back_even_after_queueing(world: World, postbox: Postbox) -> None:
    to = "wish@example.cn"
    who = await make(world, "contact", {"name": "王芳", "email": to})
    await said(world, who, state="given", at="2026-01-01T00:00:00Z")
    late = await queued(world, to=to, purpose="marketing")
    await said(world, who, state="withdrawn", at="2026-02-01T00:00:00Z", channel="email")
    await carried(world, late)
    assert (await state(world, late))["answer"] == "withdrawn"
    other = await queued(world, to=to, purpose="service")
    await carried(world, other)
    assert (await state(world, other))["state"] == "sent", "it was taken back for marketing alone"
    await said(world, who, state="given", at="2026-03-01T00:00:00Z")
    again = await queued(world, to=to, purpose="marketing")
    await carried(world, again)
    assert (await state(world, again))["state"] == "sent"
    await said(world, who, state="given", at="2026-03-02T00:00:00Z", until="2026-03-03")
    lapsed = await queued(world, to=to, purpose="marketing")
    await carried(world, lapsed)
    assert (await state(world, lapsed))["answer"] == "lapsed"


async def test_a_wish_counts_though_the_record_is_hidden_or_new(world: World, postbox: Postbox) -> None:
    to = "hidden@example.cn"
    who = await make(world, "contact", {"name": "隐", "email": to, "owner": world.id("boss")})
    id = await queued(world, to=to, purpose="service")
    async with world.act() as ctx:
        await records.write(ctx, "contact", [Update(who, {"do_not_email": True})])
    await carried(world, id)
    assert (await state(world, id))["state"] == "withheld"
    assert postbox.came == []
