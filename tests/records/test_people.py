"""Who acts: role, teams and zone of a user, also where what they point to is gone or makes no sense."""

from __future__ import annotations

from typing import Any

import pytest
from tests.world import Desk

from guanxi import records
from guanxi.base import Conflict, Invalid
from guanxi.base.json import dumps, loads
from guanxi.records import Actor, Context, Create, Delete, Restore, Update
from guanxi.schema.query import read_query


async def load(desk: Desk, id: str) -> Actor | None:
    return await records.load_actor(desk.connection, desk.world.workspace, id)


async def user(desk: Desk, name: str, **values: Any) -> str:
    return await desk.one(
        "user", name=name, email=f"{name}@x.example", role={"match": {"name": values.pop("role", "rep")}}, **values
    )


async def test_teams_are_a_tree_and_leads_belong_to_theirs(desk: Desk) -> None:
    a, b, c = [await user(desk, n) for n in "abc"]
    top = await desk.one("team", name="top", lead=a)
    middle = await desk.one("team", name="middle", parent=top)
    low = await desk.one("team", name="low", parent=middle)
    await records.write(desk.as_(), "user", [Update(b, {"teams": [middle]}), Update(c, {"teams": [low]})])
    actor = await load(desk, a)
    assert actor is not None
    assert (actor.teams, set(actor.team), set(actor.below)) == ((top,), {a}, {a, b, c})
    actor = await load(desk, b)
    assert actor is not None
    assert (actor.teams, set(actor.team), set(actor.below)) == ((middle,), {b}, {b, c})


async def test_a_circle_of_teams_ends(desk: Desk) -> None:
    a = await user(desk, "a")
    one = await desk.one("team", name="one", lead=a)
    two = await desk.one("team", name="two", parent=one)
    schema = desk.world.workspace.schema  # the write path refuses it; other hands may have made one
    await desk.connection.execute(f"UPDATE \"{schema}\".team SET parent = '{two}' WHERE id = '{one}'")
    actor = await load(desk, a)
    assert actor is not None
    assert set(actor.below) == {a}


async def test_a_team_that_is_gone_gives_nothing(desk: Desk) -> None:
    a, b = await user(desk, "a"), await user(desk, "b")
    team = await desk.one("team", name="t")
    await records.write(desk.as_(), "user", [Update(a, {"teams": [team]}), Update(b, {"teams": [team]})])
    await records.write(desk.as_(), "team", [Delete(team)])
    actor = await load(desk, a)
    assert actor is not None
    assert (actor.teams, actor.team, actor.below) == ((), (a,), (a,))


async def test_who_is_gone_or_switched_off_is_nobody(desk: Desk) -> None:
    a, b = await user(desk, "a", active=False), await user(desk, "b")
    await records.write(desk.as_(), "user", [Delete(b)])
    assert await load(desk, a) is None
    assert await load(desk, b) is None


async def test_a_role_goes_when_nobody_has_it_and_gives_nothing_then(desk: Desk) -> None:
    role = await desk.one("role", name="temp", label="Temp", grants={"objects": {"*": {"read": "all"}}})
    a = await desk.one("user", name="a", email="a@x.example", role=role)
    with pytest.raises(Conflict):
        await records.write(desk.as_(), "role", [Delete(role)])
    await records.write(desk.as_(), "user", [Delete(a)])
    await records.write(desk.as_(), "role", [Delete(role)])
    await records.write(desk.as_(), "user", [Restore(a)])
    actor = await load(desk, a)
    assert actor is not None
    assert actor.grants.scope("account", "read") == "none"


PRIVATE = [("role", "grants"), ("user", "pins"), ("user", "starts")]


@pytest.mark.parametrize(("object_name", "name"), PRIVATE)
async def test_what_roles_give_and_people_pin_is_for_those_who_set_it(desk: Desk, object_name: str, name: str) -> None:
    """A rep reads roles and users, and these fields of them on no door; one's own rights are in one's catalog."""
    id = desk.world.roles["rep"] if object_name == "role" else desk.world.id("rep2")
    await records.write(desk.system(), object_name, [Update(id, {name: {"objects": {"zoo": {"read": "all"}}}})])
    assert (await desk.get(object_name, id))[name] == {"objects": {"zoo": {"read": "all"}}}
    assert name in dumps(await records.describe(desk.as_())).decode()
    for person in ("rep1", "boss", "viewer"):
        ctx = desk.as_(person)
        assert name not in await desk.get(object_name, id, person)
        for query in ({"fields": [name]}, {"filter": {"field": name, "op": "is_empty"}}, {"sort": name}):
            with pytest.raises(Invalid) as refusal:
                await records.find(ctx, read_query(object_name, query))
            assert refusal.value.errors[0].code == "unknown_field"
        assert "zoo" not in dumps(await records.history(ctx, object_name, id)).decode()
        [mine] = [o for o in (await records.describe(ctx))["objects"] if o["name"] == object_name]
        assert name not in {f["name"] for f in mine["fields"]}


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "UTC'; select 1 --", "Europe", ""])
async def test_a_zone_that_there_is_not_is_that_of_the_workspace(desk: Desk, zone: str) -> None:
    a = await user(desk, "a", role="administrator")
    await desk.connection.execute(
        f'UPDATE "{desk.world.workspace.schema}".user SET timezone = %(z)s WHERE id = %(id)s::uuid',
        {"z": zone, "id": a},
    )
    actor = await load(desk, a)
    assert actor is not None
    assert actor.timezone == desk.world.workspace.timezone
    ctx = Context(desk.connection, desk.world.workspace, desk.world.catalog, actor, "test")
    await records.find(ctx, read_query("account", {"filter": {"field": "created_at", "op": "eq", "value": "today"}}))
    await records.write(ctx, "meeting", [Create({"subject": "M"})])


async def test_days_are_those_of_the_readers_zone(desk: Desk) -> None:
    """The same moment is another day in another zone."""
    await desk.one("meeting", subject="M", starts_at="2026-03-04T20:00:00Z")
    for zone, day in (("Asia/Shanghai", "2026-03-05"), ("America/New_York", "2026-03-04")):
        a = await user(desk, zone[:4].lower(), role="administrator", timezone=zone)
        actor = await load(desk, a)
        assert actor is not None
        ctx = Context(desk.connection, desk.world.workspace, desk.world.catalog, actor, "test")
        from guanxi.schema.query import read_aggregation

        [group] = await records.aggregate(
            ctx, read_aggregation("meeting", {"group": [{"field": "starts_at", "grain": "day"}]})
        )
        assert loads(group)["group"] == {"starts_at": day}
        found = await records.find(
            ctx, read_query("meeting", {"filter": {"field": "starts_at", "op": "eq", "value": day}})
        )
        assert len(found.rows) == 1


@pytest.mark.parametrize("text", ['"\\ud800"', '{"a": ["x\\uDFFFy"]}', '{"\\udc00": 1}', '["\\ud83d\\u0041"]'])
def test_half_a_character_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        loads(text, exact=True)


def test_a_whole_character_is_json_however_it_is_written() -> None:
    assert loads('["\\ud83d\\ude00", "\\\\ud800", "中"]', exact=True) == ["😀", "\\ud800", "中"]
