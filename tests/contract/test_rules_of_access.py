"""Rules by what stands in a record and cascades along links: they give and take exactly what they say, on the list, on one
record and in the explanation alike.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.world import CUSTOM, Desk, World, renewed

from guanxi import records
from guanxi.base import Forbidden, Invalid, NotFound
from guanxi.records import Context, Delete, Update
from guanxi.records.evolve import declared
from guanxi.schema.catalog import Catalog, fold
from guanxi.schema.difference import changes_between


def shaped(*changes: dict[str, Any]) -> Catalog:
    """The world's catalog with more changes."""
    return fold(declared(), CUSTOM, 7, changes)


def seen_by(desk: Desk, person: str, catalog: Catalog, **more: Any) -> Context:
    """A person in a workspace of another catalog."""
    return replace(desk.as_(person, **more), catalog=catalog, actor=renewed(desk.world.actors[person]))


def rule(**more: Any) -> dict[str, Any]:
    return {"op": "put_access_rule", "object": "account", "name": "vip", "label": {"en": "Big ones", "zh": "大客户"},
            "when": {"field": "industry", "op": "eq", "value": "finance"}, **more}  # fmt: skip


async def may(ctx: Context, object_name: str, id: str) -> dict[str, bool]:
    """What the doors do: list, one record, change, delete; each taken back. The explanation says the same."""
    out: dict[str, bool] = {}
    page = await records.find(ctx, records_query(object_name, id))
    out["list"] = bool(page.rows)
    for verb, call in {
        "read": lambda: records.get(ctx, object_name, id),
        "update": lambda: records.write(ctx, object_name, [Update(id, {ctx.catalog.object(object_name).title: "new"})]),
        "delete": lambda: records.write(ctx, object_name, [Delete(id)]),
    }.items():
        try:
            async with ctx.db.savepoint():
                await call()
                raise _Undone
        except _Undone:
            out[verb] = True
        except (NotFound, Forbidden):
            out[verb] = False
    assert out.pop("list") is out["read"]
    system = replace(ctx, actor=replace(ctx.actor, system=True, statements={}))
    told = await records.explain(
        replace(system, actor=replace(system.actor, id="00000000-0000-0000-0000-000000000001")),
        object_name,
        id,
        ctx.actor.id,
    )
    assert {v: told["verbs"][v]["may"] for v in out} == out
    if out["read"]:
        own = await records.explain(ctx, object_name, id)
        assert {v: own["verbs"][v]["may"] for v in out} == out
    return out


class _Undone(Exception):
    pass


def records_query(object_name: str, id: str) -> Any:
    from guanxi.schema.query import read_query

    return read_query(object_name, {"filter": {"field": "id", "op": "eq", "value": id}})


NOTHING = {"read": False, "update": False, "delete": False}
READ = {**NOTHING, "read": True}
CHANGE = {**READ, "update": True}
ALL = {**CHANGE, "delete": True}


@pytest.mark.parametrize(
    ("to", "person", "reached"),
    [
        ({"role": "rep"}, "rep3", True),
        ({"role": "manager"}, "rep3", False),
        ({"user": "rep3"}, "rep3", True),
        ({"user": "rep2"}, "rep3", False),
        ({"team": "west"}, "rep3", True),
        ({"team": "east"}, "rep3", False),
        ({"team": "east"}, "captain", True),  # who leads it
        ({"everyone": True}, "rep3", True),
        ({"everyone": True}, "outsider", False),  # a rule is no leave for what the role does not grant
        ([{"role": "agent"}, {"user": "rep3"}], "rep3", True),
        ({"owner": True}, "rep3", False),
    ],
)
async def test_a_rule_reaches_whom_it_names(desk: Desk, to: Any, person: str, reached: bool) -> None:
    world = desk.world

    def named(one: dict[str, Any]) -> dict[str, Any]:
        return {k: world.id(v) if k == "user" else world.teams[v] if k == "team" else v for k, v in one.items()}

    given = [named(one) for one in to] if isinstance(to, list) else named(to)
    mine = await desk.one("account", name="One", industry="finance", owner=world.id("admin"))
    other = await desk.one("account", name="Two", industry="retail", owner=world.id("admin"))
    ctx = seen_by(desk, person, shaped(rule(to=given)))
    if person == "outsider":
        with pytest.raises(Forbidden):
            await records.get(ctx, "account", mine)
        return
    assert await may(ctx, "account", mine) == (READ if reached else NOTHING)
    assert await may(ctx, "account", other) == NOTHING


@pytest.mark.parametrize(("level", "expected"), [("read", READ), ("update", CHANGE), ("delete", ALL)])
async def test_a_rule_gives_no_more_than_its_level(desk: Desk, level: str, expected: dict[str, bool]) -> None:
    id = await desk.one("account", name="One", industry="finance", owner=desk.world.id("admin"))
    assert await may(seen_by(desk, "rep3", shaped(rule(to={"role": "rep"}, level=level))), "account", id) == expected
    # A role that may only read does not change by a rule.
    assert (await may(seen_by(desk, "viewer", shaped(rule(to={"everyone": True}, level=level))), "account", id)) == READ


@pytest.mark.parametrize(("level", "expected"), [("read", NOTHING), ("update", READ), ("delete", CHANGE)])
async def test_only_takes_from_all_others_whatever_they_have(desk: Desk, level: str, expected: dict[str, bool]) -> None:
    world = desk.world
    id = await desk.one("account", name="One", industry="finance", owner=world.id("rep3"))
    free = await desk.one("account", name="Two", industry="retail", owner=world.id("rep3"))
    empty = await desk.one("account", name="Three", owner=world.id("rep3"))
    catalog = shaped(rule(to={"role": "manager"}, level=level, kind="only"))
    for person in ("rep3", "admin"):  # its owner, and who may do everything
        ctx = seen_by(desk, person, catalog)
        assert await may(ctx, "account", id) == expected, person
        assert await may(ctx, "account", free) == ALL
        assert await may(ctx, "account", empty) == ALL
    assert await may(seen_by(desk, "boss", catalog), "account", id) == ALL
    await records.share(desk.system("rep3"), "account", id, world.id("rep2"), "user", "update")
    assert (await may(seen_by(desk, "rep2", catalog), "account", id))["read"] is (level != "read")
    owner = shaped(rule(to=[{"role": "manager"}, {"owner": True}], level=level, kind="only"))
    assert await may(seen_by(desk, "rep3", owner), "account", id) == ALL
    assert await may(seen_by(desk, "admin", owner), "account", id) == expected


async def test_nobody_writes_what_a_rule_would_take_from_them(desk: Desk) -> None:
    id = await desk.one("account", name="One", industry="retail", owner=desk.world.id("rep3"))
    ctx = seen_by(desk, "rep3", shaped(rule(to={"role": "manager"}, kind="only")))
    before = await desk.digest()
    problem = await desk.refused(ctx, "account", Update(id, {"industry": "finance"}))
    assert problem.code == "forbidden_scope"
    assert await desk.digest() == before


async def test_a_rule_looks_where_its_reader_may_not(desk: Desk) -> None:
    """By a hidden field, along a link to what is hidden, and at children that are hidden."""
    world = desk.world
    keeper = await desk.one("keeper", name="K", salary=900, owner=world.id("admin"))
    animal = await desk.one("zoo", name="Z", keeper=keeper, text="t", owner=world.id("admin"))
    plain = await desk.one("zoo", name="Y", owner=world.id("admin"))
    rich = {"field": "keeper.salary", "op": "gt", "value": 100}
    zoo = {"op": "put_access_rule", "object": "zoo", "name": "rich", "to": {"role": "rep"}, "when": rich}
    ctx = seen_by(desk, "rep3", shaped(zoo))
    with pytest.raises(NotFound):
        await records.get(ctx, "keeper", keeper)
    assert await may(ctx, "zoo", animal) == READ
    assert await may(ctx, "zoo", plain) == NOTHING
    taken = {**zoo, "kind": "only", "to": {"role": "manager"}}
    ctx = seen_by(desk, "clerk", shaped(taken))  # who may not see zoo.keeper
    assert await may(ctx, "zoo", animal) == NOTHING
    assert (await may(ctx, "zoo", plain))["read"]
    back = {
        "op": "put_access_rule",
        "object": "keeper",
        "name": "has",
        "to": {"role": "rep"},
        "when": {"any": "animals"},
    }
    assert await may(seen_by(desk, "rep3", shaped(back)), "keeper", keeper) == READ


CASCADE = {"op": "set_cascade", "object": "contact", "field": "account", "level": "read"}


@pytest.mark.parametrize(("level", "expected"), [("none", NOTHING), ("read", READ), ("update", CHANGE)])
async def test_a_cascade_follows_its_link(desk: Desk, level: str, expected: dict[str, bool]) -> None:
    world = desk.world
    account = await desk.one("account", name="One", owner=world.id("rep3"))
    contact = await desk.one("contact", name="Ann", account=account, owner=world.id("admin"))
    loose = await desk.one("contact", name="Bob", owner=world.id("admin"))
    ctx = seen_by(desk, "rep3", shaped({**CASCADE, "level": level}))
    assert await may(ctx, "contact", contact) == expected
    assert await may(ctx, "contact", loose) == NOTHING
    assert await may(seen_by(desk, "rep1", shaped({**CASCADE, "level": level})), "contact", contact) == NOTHING
    told = await records.explain(seen_by(desk, "admin", shaped(CASCADE)), "contact", contact, world.id("rep3"))
    [ground] = [g for g in told["verbs"]["read"]["grounds"] if g["kind"] == "cascade"]
    assert ground["true"]
    assert ground["via"] == {"object": "account", "id": account, "title": "One"}


async def test_cascades_go_on_from_one_to_the_next_and_end_in_circles(desk: Desk) -> None:
    """A note about a contact of an account that is shared: three steps; and accounts that belong to each other."""
    world = desk.world
    account = await desk.one("account", name="One", owner=world.id("admin"))
    contact = await desk.one("contact", name="Ann", account=account, owner=world.id("admin"))
    note = await desk.one("note", by="admin", body="Hm", about={"object": "contact", "id": contact})
    await records.share(desk.system(), "account", account, world.id("rep3"), "user", "read")
    ctx = seen_by(desk, "rep3", shaped(CASCADE))
    assert (await may(ctx, "note", note))["read"]
    assert not (await may(seen_by(desk, "rep3", shaped()), "note", note))["read"]
    circle = shaped({"op": "set_cascade", "object": "zoo", "field": "parent", "level": "read"})
    mother = await desk.one("zoo", name="M", owner=world.id("rep3"))
    child = await desk.one("zoo", name="C", parent=mother, owner=world.id("admin"))
    await records.write(desk.system(), "zoo", [Update(mother, {"parent": child})])
    assert await may(seen_by(desk, "rep3", circle), "zoo", child) == READ


async def test_a_declared_cascade_can_be_taken_back(desk: Desk) -> None:
    world = desk.world
    account = await desk.one("account", name="One", owner=world.id("rep3"))
    note = await desk.one("note", by="admin", body="Hm", about={"object": "account", "id": account})
    assert (await may(seen_by(desk, "rep3", shaped()), "note", note))["read"]
    off = shaped({"op": "set_cascade", "object": "note", "field": "about", "level": "none"})
    assert not (await may(seen_by(desk, "rep3", off), "note", note))["read"]


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        (
            rule(to={"role": "rep"}, when={"field": "wings", "op": "eq", "value": 1}),
            "account.vip.when",
            "unknown_field",
        ),
        (
            rule(to={"role": "rep"}, when={"field": "name", "op": "flies", "value": 1}),
            "account.vip.when",
            "unknown_operator",
        ),
        (rule(to={"role": "rep"}, when={"field": "revenue", "op": "gt", "value": "much"}), "account.vip.when", None),
        (rule(to={"role": "rep"}, when={"search": "x"}), "account.vip.when", "bad_filter"),
        (
            rule(to={"role": "rep"}, when={"not": {"in_segment": "01900000-0000-7000-8000-00000000000a"}}),
            "account.vip.when",
            "bad_config",
        ),
        (rule(to={"role": "rep"}, when=None), "when", "required"),
        (rule(to=[]), "to", "required"),
        (rule(to={"user": "x"}), "to", "not_an_id"),
        (rule(to={"everyone": True}, kind="only"), "to", "not_an_option"),
        (rule(to={"role": "rep"}, level="export"), "level", "not_an_option"),
        ({**CASCADE, "field": "owner"}, "field", "bad_config"),
        ({**CASCADE, "field": "name"}, "field", "bad_config"),
        ({**CASCADE, "level": "delete"}, "level", "not_an_option"),
        ({"op": "retire_access_rule", "object": "account", "name": "no"}, "name", "not_an_option"),
    ],
)
def test_what_says_nothing_is_refused_by_its_name(change: dict[str, Any], place: str, code: str | None) -> None:
    with pytest.raises(Invalid) as refusal:
        shaped(change)
    [error] = refusal.value.errors
    assert error.field == place
    assert code is None or error.code == code


def test_a_rule_may_ask_for_a_text_that_looks_like_a_segment() -> None:
    assert shaped(rule(to={"role": "rep"}, when={"field": "name", "op": "eq", "value": "in_segment"}))


async def test_a_rule_whose_field_is_gone_gives_nothing_and_takes_all(desk: Desk) -> None:
    id = await desk.one("account", name="One", owner=desk.world.id("rep3"))
    with pytest.raises(Invalid):  # nobody retires a field that a rule speaks of
        added = {"op": "add_field", "object": "account", "name": "region", "type": "text"}
        ruled = rule(to={"role": "manager"}, when={"field": "region", "op": "eq", "value": "x"})
        shaped(added, ruled, {"op": "retire_field", "object": "account", "field": "region"})
    gone = {"field": "wings", "op": "eq", "value": 1}  # as after an upgrade that took it away
    for kind, person, expected in (("grant", "rep1", NOTHING), ("only", "rep3", NOTHING)):
        stale = fold(declared(), [*CUSTOM, rule(to={"role": "manager"}, when=gone, kind=kind)], 8)
        assert await may(seen_by(desk, person, stale), "account", id) == expected


def test_a_difference_of_catalogs_has_its_rules_of_access_and_cascades() -> None:
    before, after = (
        shaped(),
        shaped(rule(to={"role": "rep"}), CASCADE, {**CASCADE, "object": "note", "field": "about", "level": "none"}),
    )
    there = changes_between(before, after)
    assert {c["op"] for c in there} == {"put_access_rule", "set_cascade"}
    assert shaped(*there).objects == after.objects
    again = shaped(*there, *changes_between(after, before))
    assert {n: e.cascades for n, e in again.entities.items()} == {n: e.cascades for n, e in before.entities.items()}
    assert not any(o.access for o in again.objects.values())


async def test_a_share_ends_by_itself_on_every_door(desk: Desk) -> None:
    world = desk.world
    id = await desk.one("account", name="One", owner=world.id("rep1"))
    ctx = desk.as_("rep1")
    with pytest.raises(Invalid) as refusal:
        await records.share(ctx, "account", id, world.id("rep3"), "user", "read", ctx.now - timedelta(seconds=1))
    assert refusal.value.errors[0].code == "not_to_come"
    until = ctx.now + timedelta(hours=1)
    await records.share(ctx, "account", id, world.id("rep3"), "user", "update", until)
    assert await may(desk.as_("rep3"), "account", id) == CHANGE
    with pytest.raises(Invalid) as refusal:  # it is not handed on for longer
        await records.share(desk.as_("rep3"), "account", id, world.id("mate"), "user", "read")
    assert refusal.value.errors[0].code == "share_ends"
    await records.share(desk.as_("rep3"), "account", id, world.id("mate"), "user", "read", until)
    [mine, _] = await records.shared(desk.as_("rep1"), "by_me") + await records.shared(desk.as_("rep3"), "by_me")
    assert mine["until"] == until
    [got] = [s for s in await records.shared(desk.as_("rep3"), "with_me") if s["record"]["id"] == id]
    assert got["record"]["title"] == "One"
    await desk.connection.execute(f'UPDATE "{world.workspace.schema}"._share SET until = now()')
    assert await may(desk.as_("rep3"), "account", id) == NOTHING
    assert await desk.ids("account", "rep3", q="One") == []
    assert await records.shares(ctx, "account", id) == []
    assert await records.shared(desk.as_("rep3"), "with_me") == []


async def test_all_actors_at_once_are_those_loaded_one_by_one(desk: Desk, world: World) -> None:
    together = {a.id: a for a in await records.load_actors(desk.connection, world.workspace)}
    for actor in world.actors.values():
        alone = await records.load_actor(desk.connection, world.workspace, actor.id)
        assert alone is not None
        found = together.pop(actor.id)
        assert (set(found.team), set(found.below)) == (set(alone.team), set(alone.below))
        assert replace(found, team=(), below=()) == replace(alone, team=(), below=())
    assert not together


async def test_who_may_see_a_record_is_told_to_who_manages_people(desk: Desk) -> None:
    world = desk.world
    id = await desk.one("account", name="One", industry="finance", owner=world.id("rep1"))
    catalog = shaped(rule(to={"user": world.id("rep3")}))
    told = (await records.who(seen_by(desk, "admin", catalog), "account", id))["data"]
    able = {one["user"]["id"]: one["verbs"] for one in told}
    for person in world.actors:
        ctx = seen_by(desk, person, catalog)
        try:
            found = await may(ctx, "account", id)
        except Forbidden:
            found = NOTHING
        assert [v for v in found if found[v]] == [v for v in able.get(world.id(person), []) if v != "export"], person
    with pytest.raises(Forbidden):
        await records.who(seen_by(desk, "rep1", catalog), "account", id)
