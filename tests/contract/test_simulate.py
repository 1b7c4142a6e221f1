"""What a change of access would mean is what it then means, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.world import World

from guanxi import records
from guanxi.base import Forbidden, Invalid
from guanxi.records import Create, Update

RULE = {
    "op": "put_access_rule",
    "object": "account",
    "name": "tenders",
    "when": {"field": "tags", "op": "contains", "value": "tender"},
}
CHANGES: list[list[dict[str, Any]]] = [
    [{**RULE, "to": {"role": "rep"}}],
    [{**RULE, "to": {"role": "manager"}, "kind": "only"}],
    [{"op": "set_cascade", "object": "contact", "field": "account", "level": "read"}],
    [{**RULE, "to": {"everyone": True}}, {"op": "set_cascade", "object": "opportunity", "field": "account", "level": "read"}],
]  # fmt: skip
OBJECTS = ("account", "contact", "opportunity")


async def seen(world: World, objects: tuple[str, ...] = OBJECTS) -> dict[tuple[str, str], set[str]]:
    async with world.desk() as desk:
        out: dict[tuple[str, str], set[str]] = {}
        for person in world.actors:
            for name in objects:
                try:
                    out[name, world.id(person)] = set(await desk.ids(name, person))
                except Forbidden:
                    out[name, world.id(person)] = set()
        return out


@pytest.mark.parametrize("changes", CHANGES, ids=["rule", "only", "cascade", "both"])
async def test_what_is_said_is_what_then_is(own_world: World, changes: list[dict[str, Any]]) -> None:
    async with own_world.act() as ctx:
        for i, person in enumerate(("rep1", "rep3", "boss", "admin")):
            owner = own_world.id(person)
            values = {"name": f"A{i}", "owner": owner, "tags": ["tender"] if i % 2 else ["x"]}
            [account] = await records.write(ctx.as_system("t"), "account", [Create(values)])
            for name in ("contact", "opportunity"):
                more = {"name": "N", "account": account.id, "owner": own_world.id("agent")}
                await records.write(ctx.as_system("t"), name, [Create(more)])
    before = await seen(own_world)
    async with own_world.desk() as desk:
        said = (await records.simulate(desk.as_(), changes))["objects"]
        with pytest.raises(Forbidden):
            await records.simulate(desk.as_("rep1"), changes)
        with pytest.raises(Invalid):
            await records.simulate(
                desk.as_(), [{**RULE, "when": {"field": "no_such", "op": "eq", "value": 1}, "to": {"role": "rep"}}]
            )
    assert await seen(own_world) == before, "nothing was changed"
    async with own_world.db.transaction() as db:
        own_world.catalog = (await records.evolve(db, own_world.workspace, changes)).catalog
    for actor in own_world.actors.values():
        actor.statements.clear()
    after = await seen(own_world)
    told = {(o["object"], e["user"]["id"]): (e["gains"], e["losses"]) for o in said for e in o["each"]}
    true = {k: (len(after[k] - before[k]), len(before[k] - after[k])) for k in before if after[k] != before[k]}
    assert told == true
    assert true, "the change means something"


def grants(**objects: str) -> dict[str, Any]:
    return {"objects": {"*": {"read": "own"}, **{o: {"read": scope} for o, scope in objects.items()}}}


PEOPLE: dict[str, Callable[[World], dict[str, list[Any]]]] = {
    "a role's grants": lambda w: {"role": [Update(w.roles["rep"], {"grants": grants(account="team", contact="none")})]},
    "somebody's role": lambda w: {"user": [Update(w.id("rep3"), {"role": w.roles["manager"]})]},
    "somebody's teams": lambda w: {"user": [Update(w.id("boss"), {"teams": [w.teams["service"]]})]},
    "a team's place": lambda w: {"team": [Update(w.teams["service"], {"parent": w.teams["hq"]})]},
    "somebody goes": lambda w: {"user": [Update(w.id("rep1"), {"active": False})]},
}  # fmt: skip


@pytest.mark.parametrize("change", PEOPLE.values(), ids=list(PEOPLE))
async def test_so_it_is_of_people_teams_and_roles(
    own_world: World, change: Callable[[World], dict[str, list[Any]]]
) -> None:
    async with own_world.act() as ctx:
        for i, person in enumerate(("rep1", "rep2", "rep3", "agent", "mate", "admin")):
            owner = own_world.id(person)
            [account] = await records.write(ctx.as_system("t"), "account", [Create({"name": f"A{i}", "owner": owner})])
            await records.write(
                ctx.as_system("t"), "contact", [Create({"name": "N", "account": account.id, "owner": owner})]
            )
            await records.write(
                ctx.as_system("t"),
                "task",
                [
                    Create(
                        {
                            "subject": "N",
                            "about": {"object": "account", "id": account.id},
                            "owner": own_world.id("admin"),
                        }
                    )
                ],
            )
            if i == 5:
                await records.share(ctx, "account", account.id or "", own_world.teams["service"], "team")
    objects = (*OBJECTS, "task")
    people = change(own_world)
    before = await seen(own_world, objects)
    async with own_world.desk() as desk:
        digest = await desk.digest()
        said = await records.simulate(desk.as_(), [], people)
        assert await desk.digest() == digest, "nothing was changed"
        with pytest.raises(Forbidden):
            await records.simulate(desk.as_("rep1"), [], people)
    async with own_world.act() as ctx:
        for name, operations in people.items():
            await records.write(ctx, name, operations)
    async with own_world.db.connection() as c:
        actors = {n: await records.load_actor(c, own_world.workspace, a.id) for n, a in own_world.actors.items()}
    own_world.actors = {n: a for n, a in actors.items() if a is not None}
    after = await seen(own_world, objects)
    told = {
        (o["object"], e["user"]["id"]): (e["gains"], e["losses"])
        for o in said["objects"]
        if o["object"] in objects
        for e in o["each"]
    }
    true = {k: (len(after.get(k, set()) - v), len(v - after.get(k, set()))) for k, v in before.items()}
    assert told == {k: v for k, v in true.items() if any(v)}
    assert told, "the change means something"


async def test_fields_that_are_seen_otherwise_are_told(own_world: World) -> None:
    hidden = {**grants(), "fields": {"account.phone": "masked", "account.revenue": "none"}}
    async with own_world.desk() as desk:
        said = await records.simulate(desk.as_(), [], {"role": [Update(own_world.roles["mate"], {"grants": hidden})]})
    told = {(f["field"], f["before"], f["after"], f["people"]) for f in said["fields"] if f["object"] == "account"}
    assert told == {("phone", "write", "masked", 1), ("revenue", "write", "none", 1)}
