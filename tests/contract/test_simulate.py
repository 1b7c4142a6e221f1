"""What a change of access would mean is what it then means, for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from tests.world import World

from guanxi import records
from guanxi.base import Forbidden, Invalid
from guanxi.records import Create

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


async def seen(world: World) -> dict[tuple[str, str], set[str]]:
    async with world.desk() as desk:
        out: dict[tuple[str, str], set[str]] = {}
        for person in world.actors:
            for name in OBJECTS:
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
