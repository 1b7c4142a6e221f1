"""Sealed fields: nothing but their mask is shown, stored or told, until somebody who may looks behind it, with a trace."""

from __future__ import annotations

import pytest
from tests.world import Desk, codes, exact

from guanxi import records
from guanxi.base import Invalid, sealing
from guanxi.records import Create, Update
from guanxi.records.resealing import reseal_fields
from guanxi.records.reveal import reveal

NUMBER, OTHER = "11010519491231002X", "440524188001010014"
MASK = "110***********002X"


async def test_a_sealed_number_is_masked_at_every_door(desk: Desk) -> None:
    ctx = desk.as_()
    id = await desk.one("account", name="王芳", kind="person", identity_number=f" {NUMBER[:6]} {NUMBER[6:]}".lower())
    assert exact(await records.get(ctx, "account", id))["identity_number"] == MASK
    everything = await ctx.db.fetch(
        f"SELECT (SELECT to_jsonb(t)::text FROM {ctx.workspace.schema}.account t WHERE id = %(id)s::uuid)"
        f" || (SELECT string_agg(coalesce(after::text, ''), ' ') FROM {ctx.workspace.schema}._journal WHERE record = %(id)s::uuid)",
        {"id": id},
    )
    assert NUMBER not in everything[0][0]
    assert MASK in everything[0][0]
    [entry] = (await records.history(ctx, "account", id))["data"]
    assert MASK in str(entry["changes"]["identity_number"])
    assert NUMBER not in str(entry)


async def test_looking_behind_it_leaves_a_trace(desk: Desk) -> None:
    ctx = desk.as_()
    id = await desk.one("account", name="王芳", kind="person", identity_number=NUMBER)
    assert exact(await reveal(ctx, "account", id, ["identity_number"]))["identity_number"] == NUMBER
    traces = await ctx.db.value(
        f"SELECT count(*) FROM {ctx.workspace.schema}._audit WHERE kind = 'reveal' AND record = %(id)s::uuid",
        {"id": id},
    )
    assert traces == 1


async def test_a_mask_that_is_sent_back_destroys_nothing(desk: Desk) -> None:
    ctx = desk.as_()
    id = await desk.one("account", name="王芳", kind="person", identity_number=NUMBER)
    [same] = await records.write(ctx, "account", [Update(id, {"identity_number": MASK})])
    assert not same.changed, "what says what is there changes nothing"
    with pytest.raises(Invalid) as refused:
        await records.write(ctx, "account", [Update(id, {"identity_number": MASK.replace("X", "1")})])
    assert codes(refused.value) == {"identity_number": "masked_value"}
    assert exact(await reveal(ctx, "account", id, ["identity_number"]))["identity_number"] == NUMBER


@pytest.mark.parametrize("wrong", [NUMBER[:-1] + "1", "123", "11010519491331002X"])
async def test_what_is_no_number_of_a_card_is_refused(desk: Desk, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        await records.write(
            desk.as_(), "account", [Create({"name": "王芳", "kind": "person", "identity_number": wrong})]
        )
    assert codes(refused.value) == {"identity_number": "bad_identity"}


async def test_while_it_is_written_only_what_is_wrong_is_said(desk: Desk) -> None:
    draft = {"name": "王芳", "kind": "person", "phone": "13800001111"}
    wrong = (await records.consult(desk.as_(), "account", {**draft, "identity_number": "123"}))["standard"]
    assert "message" in wrong["identity_number"]
    told = await records.consult(desk.as_(), "account", {**draft, "identity_number": NUMBER})
    assert "identity_number" not in told["standard"]
    assert NUMBER not in str(told)


async def test_it_is_no_way_to_ask(desk: Desk) -> None:
    await desk.one("account", name="王芳", kind="person", identity_number=NUMBER)
    with pytest.raises(Invalid):
        await desk.ids("account", filter={"field": "identity_number", "op": "eq", "value": NUMBER})


async def test_an_undone_change_has_the_number_that_was(desk: Desk) -> None:
    id = await desk.one("account", name="王芳", kind="person", identity_number=NUMBER)
    ctx = desk.as_()
    await records.write(ctx, "account", [Update(id, {"identity_number": OTHER})])
    await records.undo(desk.as_(), ctx.change_set)
    assert exact(await reveal(ctx, "account", id, ["identity_number"]))["identity_number"] == NUMBER


async def test_values_follow_the_secret_of_the_installation(desk: Desk) -> None:
    ctx = desk.as_()
    id = await desk.one("account", name="王芳", kind="person", identity_number=NUMBER)
    try:
        sealing.unlock("another secret", ["s" * 40])
        assert await reseal_fields(ctx.db, ctx.workspace, ctx.catalog) == 1
        assert await reseal_fields(ctx.db, ctx.workspace, ctx.catalog) == 0
        sealing.unlock("another secret")
        assert exact(await reveal(ctx, "account", id, ["identity_number"]))["identity_number"] == NUMBER
    finally:
        sealing.unlock("s" * 40)
