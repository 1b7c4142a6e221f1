"""Masked fields: shown in their masked form at every door, of no use for asking, and looked behind only with a trace."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from tests.world import CUSTOM, Desk, World, codes, exact, example, pages, renewed

from guanxi import records, transfer, whole
from guanxi.apps.customers.lead import convert
from guanxi.base import Forbidden, Invalid, Problem, TooMany
from guanxi.base.json import dumps
from guanxi.records import Context, Create, Grants, Update
from guanxi.records.evolve import declared
from guanxi.schema.catalog import fold
from guanxi.schema.query import read_aggregation, read_query

PHONE, EMAIL, NAME = "+8613812341234", "zhang.san@example.cn", "欧阳晓明"
CLEAR = (PHONE, EMAIL, NAME, PHONE[3:], "zhang.san", "阳晓明")


def masked(world: World, level: str = "masked", **limits: int) -> Grants:
    """All rights, with these fields of a contact behind a mask."""
    every = world.actors["admin"].grants
    return replace(
        every, fields={f"contact.{n}": level for n in ("name", "mobile", "email", "birthday")}, limits=limits
    )


def reader(desk: Desk, level: str = "masked", **limits: int) -> Context:
    """Somebody who sees masks."""
    actor = renewed(desk.world.actors["clerk"], grants=masked(desk.world, level, **limits))
    return replace(desk.as_("clerk"), actor=actor)


@pytest.fixture
async def contact(desk: Desk) -> str:
    """Somebody with everything that is masked."""
    account = await desk.one("account", name="远航贸易")
    id = await desk.one("contact", name=NAME, mobile=PHONE, email=EMAIL, account=account, job_title="经理")
    await records.write(desk.system(), "contact", [Update(id, {"email": "z@example.cn"})])
    await records.write(desk.system(), "contact", [Update(id, {"email": EMAIL})])
    return id


async def archived(ctx: Context, folder: Path) -> Path:
    """The export of everything that somebody may see."""

    async def on(done: int) -> None:
        return None

    (folder / "parts").mkdir()
    await whole.put_together(ctx, folder / "parts", folder / "all.zip", on)
    return folder / "all.zip"


async def test_every_door_shows_the_masked_form_and_nothing_else(desk: Desk, contact: str, tmp_path: Path) -> None:
    ctx = reader(desk)
    record = exact(await records.get(ctx, "contact", contact))
    assert (record["name"], record["mobile"], record["email"]) == ("欧**", "138****1234", "z***@example.cn")
    assert (record["name_family"], record["name_given"], record["birthday"]) == ("***", "***", None)
    [row] = await pages(
        ctx, "contact", {"fields": ["name", "email"], "filter": {"field": "id", "op": "eq", "value": contact}}
    )
    assert (row["name"], row["email"]) == ("欧**", "z***@example.cn")
    account = exact(await records.get(desk.as_(), "contact", contact))["account"]["id"]
    call = await desk.one("call", subject="x", about={"object": "contact", "id": contact})
    answers: list[Any] = [
        record,
        row,
        await records.history(ctx, "contact", contact),
        exact(await records.get(ctx.then(ctx.now.replace(year=2100)), "contact", contact)),
        await records.timeline(ctx, "contact", contact),
        await records.timeline(ctx, "account", account),
        exact(await records.get(ctx, "call", call)),
        await records.search(ctx, "远航"),
        await records.describe(ctx),
        await records.explain(ctx, "contact", contact),
        (await records.find(ctx, read_query("contact", {"include": ["count", "totals"]}))).body().decode(),
    ]
    for form in ("csv", "jsonl"):
        answers += [piece.decode() async for piece in transfer.export(ctx, read_query("contact", {}), form)]
    with ZipFile(await archived(ctx, tmp_path)) as everything:
        answers += [everything.read(name).decode(errors="replace") for name in everything.namelist()]
    told = repr(answers)
    assert not [c for c in CLEAR if c in told]
    assert "138****1234" in repr(answers[-len(everything.namelist()) :])
    assert "138****1234" in told
    assert await records.search(ctx, NAME) == await records.search(ctx, "zhang.san") == []
    changes = (await records.history(ctx, "contact", contact))["data"][0]["changes"]
    assert changes == {"email": ["z***@example.cn", "z***@example.cn"]}


async def test_what_is_masked_is_of_no_use_for_asking(desk: Desk, contact: str) -> None:
    ctx = reader(desk, "reveal")
    one = {"field": "email", "op": "eq", "value": EMAIL}
    for query in (
        {"filter": one},
        {"sort": "email"},
        {"sort": "-name"},
        {"filter": {"field": "email", "op": "is_empty"}},
    ):
        with pytest.raises(Invalid) as refused:
            await records.find(ctx, read_query("contact", query))
        assert set(codes(refused.value).values()) == {"masked_field"}
    for what in ({"group": ["email"]}, {"measures": [{"fn": "count_distinct", "field": "mobile", "as": "n"}]}):
        with pytest.raises(Invalid) as refused:
            await records.aggregate(ctx, read_aggregation("contact", what))
        assert set(codes(refused.value).values()) == {"masked_field"}
    with pytest.raises(Invalid):
        await records.find(ctx, read_query("opportunity", {"filter": {**one, "field": "contact.email"}}))
    problem = await desk.refused(ctx, "contact", Update(contact, {"email": "new@example.cn"}))
    assert codes(problem) == {"email": "read_only"}
    problem = await desk.refused(
        ctx, "call", Create({"subject": "x", "about": {"object": "contact", "match": {"email": EMAIL}}})
    )
    assert problem.status == 422
    [described] = [o for o in (await records.describe(ctx))["objects"] if o["name"] == "contact"]
    [email] = [f for f in described["fields"] if f["name"] == "email"]
    assert (email["masked"], email["sortable"], email["operators"], email["readonly"]) == ("reveal", False, (), True)


async def test_looking_behind_the_mask_leaves_a_trace(desk: Desk, contact: str) -> None:
    ctx = reader(desk, "reveal")
    shown = exact(await records.reveal(ctx, "contact", contact, ["mobile", "email"], "他要我回电"))
    assert (shown["mobile"], shown["email"]) == (PHONE, EMAIL)
    rows = await desk.connection.fetch(
        f"SELECT actor, object, record, details FROM \"{desk.world.workspace.schema}\"._audit WHERE kind = 'reveal'"
    )
    assert rows == [
        (ctx.actor.id, "contact", contact, {"fields": ["mobile", "email"], "rows": 2, "reason": "他要我回电"})
    ]
    with pytest.raises(Forbidden):
        await records.reveal(reader(desk), "contact", contact, ["mobile"])
    with pytest.raises(Invalid):
        await records.reveal(ctx, "contact", contact, ["nothing"])
    with pytest.raises(Problem) as gone:
        await records.reveal(ctx, "contact", desk.world.id("admin"), ["mobile"])
    assert gone.value.status == 404


async def test_the_day_has_its_limit(desk: Desk, contact: str) -> None:
    ctx = reader(desk, "reveal", reveal=3)
    ctx = replace(ctx, now=await desk.connection.value("SELECT now()"))
    await records.reveal(ctx, "contact", contact, ["mobile", "email"])
    with pytest.raises(TooMany) as refused:
        await records.reveal(ctx, "contact", contact, ["mobile", "email"])
    assert refused.value.values["left"] == 1
    assert 0 < (refused.value.retry_after or 0) <= 86_400
    await records.reveal(ctx, "contact", contact, ["mobile"])


async def test_nobody_gives_more_than_a_mask_who_sees_only_a_mask(desk: Desk) -> None:
    ctx = reader(desk, "masked", reveal=5)
    grants = {
        "objects": {"*": {"read": "all"}},
        "fields": {f"contact.{n}": "masked" for n in ("name", "mobile", "email", "birthday")},
    }
    for more in ({"fields": {**grants["fields"], "contact.email": "reveal"}}, {"limits": {"reveal": 6}}, {}):
        problem = await desk.refused(ctx, "role", Create({"name": "x", "label": "X", "grants": {**grants, **more}}))
        assert codes(problem) == {"grants": "more_than_own"}
    [made] = await records.write(
        ctx, "role", [Create({"name": "x", "label": "X", "grants": {**grants, "limits": {"reveal": 5}}})]
    )
    assert made.status == 201
    for wrong in ({"limits": {"reveal": -1}}, {"limits": {"beer": 3}}, {"fields": {"contact.email": "half"}}):
        problem = await desk.refused(desk.as_(), "role", Create({"name": "y", "label": "Y", "grants": wrong}))
        assert codes(problem) == {"grants": "bad_config"}


async def test_a_masked_lead_is_converted_without_being_seen(desk: Desk) -> None:
    lead = await desk.one("lead", name="张三", mobile=PHONE, email=EMAIL, company="三山")
    hidden = {f"{o}.{n}": "masked" for o in ("lead", "contact") for n in ("mobile", "email")}
    every = desk.world.actors["admin"].grants
    ctx = replace(desk.as_("clerk"), actor=renewed(desk.world.actors["clerk"], grants=replace(every, fields=hidden)))
    done = await convert(ctx, lead, {"create_opportunity": False})
    made = exact(dumps(done["contact"]))
    assert made["mobile"] == "138****1234"
    assert (await desk.get("contact", made["id"]))["mobile"] == PHONE


@pytest.fixture
async def every_type(desk: Desk) -> str:
    """An animal with a value of every type."""
    keeper = await desk.one("keeper", name="K")
    links = {"keeper": [keeper], "user": [desk.world.id("admin")], "account": [await desk.one("account", name="A")]}
    values = example(desk.world.catalog.object("zoo"), random.Random(5), links)
    return await desk.one("zoo", **values)


async def test_a_value_of_any_type_can_be_masked(desk: Desk, every_type: str) -> None:
    entity = desk.world.catalog.object("zoo")
    fields = {f"zoo.{n}": "masked" for n, f in entity.fields.items() if not f.system and not f.of}
    every = desk.world.actors["admin"].grants
    ctx = replace(desk.as_("clerk"), actor=renewed(desk.world.actors["clerk"], grants=replace(every, fields=fields)))
    clear, seen = await desk.get("zoo", every_type), exact(await records.get(ctx, "zoo", every_type))
    gone = {entity.fields[n].type for n in clear.keys() - seen.keys()}
    assert gone <= {"formula", "rollup"}, "what is made of masked values is hidden"
    for name, value in seen.items():
        if entity.fields[name].system:
            continue
        assert value is None or (isinstance(value, str) and "**" in value), name
        assert value is None or value != clear[name] or entity.types[name].sealed, "sealed: nobody sees more"
    history = repr(await records.history(ctx, "zoo", every_type))
    for name, value in clear.items():
        if (
            isinstance(value, str)
            and len(value) > 5
            and not entity.fields[name].system
            and not entity.types[name].sealed
        ):
            assert value not in history, name


async def test_nobody_learns_by_a_duplicate_whose_masked_number_it_is(desk: Desk, contact: str) -> None:
    """A rule compares phone and mobile: who sees only masks of mobiles is neither told nor refused by what stands there."""
    match = {"fields": ["phone", "mobile"], "how": "phone"}
    rule = {"name": "same", "kind": "duplicate", "act": "block", "match": [match]}
    catalog = fold(declared(), CUSTOM, 7, [{"op": "put_rule", "object": "contact", "rule": rule}])
    full, ctx = replace(desk.as_(), catalog=catalog), replace(reader(desk), catalog=catalog)
    told = await records.consult(full, "contact", {"phone": PHONE})
    assert [r["id"] for r in told["alike"][0]["records"]] == [contact]
    assert (await records.consult(ctx, "contact", {"phone": PHONE}))["alike"] == []
    other = await desk.one("contact", name="Other", account=None)
    assert codes(await desk.refused(full, "contact", Update(other, {"phone": PHONE}))) == {"phone": "duplicate"}
    [done] = await records.write(ctx, "contact", [Update(other, {"phone": PHONE})])
    assert done.problem is None
