"""What flows leave behind is forgotten in time, and nothing that is still needed."""

from __future__ import annotations

from typing import Any

from tests.flows.conftest import Office

from guanxi import flows
from guanxi.flows import forms, keeping
from guanxi.schema.types import Env

ASK: dict[str, Any] = {
    "trigger": {"kind": "form", "fields": [{"name": "name", "type": "text", "required": True}], "keep_days": 40},
    "steps": [{"id": "s1", "kind": "create", "object": "zoo", "values": {"name": {"from": "input.name"}}}],
}


async def test_what_was_sent_is_forgotten_when_the_form_says_so(office: Office) -> None:
    world = office.world
    id = await office.flow(ASK, "ask")
    key = (await office.call(forms.address, id, "open"))["form"].rsplit("/", 1)[1]
    sent = {"done": 41, "young": 39, "held": 31, "held young": 29, "waits": 41}
    async with world.db.transaction(world.workspace.role) as db:
        form = await forms.opened(db, world.workspace, key)
        assert form is not None
        for name in sent:
            await forms.send(db, form, {"name": name}, env=Env(), key=name, held=name.startswith("held"))
    await office.settle()
    async with world.act() as ctx:
        schema = f'"{ctx.workspace.schema}"'
        await ctx.db.execute(f"UPDATE {schema}._flow_run SET state = 'waiting' WHERE input->>'name' = 'waits'")
        for name, days in sent.items():
            await ctx.db.execute(
                f"UPDATE {schema}._flow_submission SET at = now() - make_interval(days => %(days)s) WHERE key = %(key)s",
                {"days": days, "key": name},
            )
    await keeping.tidy(world.db, world.workspace)
    kept = (await office.call(forms.submissions, id))["data"]
    assert {one["input"]["name"] for one in kept} == {"young", "held young", "waits"}
    runs = await office.runs(id)
    assert sum("'done'" in str(run["steps"][0]["input"]) + str(run["steps"][0]["output"]) for run in runs) == 0
    assert sum("young" in str(run["steps"]) for run in runs) == 1
    assert len(await office.find("zoo", filter={"field": "name", "op": "eq", "value": "done"})) == 1, (
        "what it made stays"
    )
    await office.call(flows.activate, id, False)
    await office.call(flows.remove, id)
    for days, left in ((29, 2), (31, 0)):  # what no run is under way with, and that run is cancelled
        async with world.act() as ctx:
            await ctx.db.execute(
                f"UPDATE {schema}._flow SET deleted_at = now() - make_interval(days => %(days)s)", {"days": days}
            )
        await keeping.tidy(world.db, world.workspace)
        assert len((await office.call(forms.submissions, id))["data"]) == left


async def test_a_run_is_forgotten_long_after_its_end(office: Office) -> None:
    what = {"object": "zoo", "trigger": {"kind": "created"}, "steps": [{"id": "s1", "kind": "loop", "object": "keeper", "limit": 2, "steps": [{"id": "s2", "kind": "stop"}]}]}  # fmt: skip
    id = await office.flow(what)
    await office.make("keeper", {"name": "A"}, {"name": "B"})
    await office.make("zoo", {"name": "Old"}, {"name": "New"})
    await office.settle()
    old, new = await office.runs(id)
    async with office.world.act() as ctx:
        schema = f'"{ctx.workspace.schema}"'
        await ctx.db.execute(
            f"UPDATE {schema}._flow_run SET ended_at = now() - interval '401 days' WHERE id = %(id)s::uuid",
            {"id": old["id"]},
        )
    await keeping.tidy(office.world.db, office.world.workspace)
    assert [run["id"] for run in await office.runs(id)] == [new["id"]]
    async with office.world.act() as ctx:
        left = await ctx.db.fetch(f"SELECT DISTINCT root FROM {schema}._flow_run")
        logs = await ctx.db.value(
            f"SELECT count(*) FROM {schema}._flow_step WHERE run NOT IN (SELECT id FROM {schema}._flow_run)"
        )
        assert len((await flows.run(ctx, new["id"]))["steps"]) == 3
    assert ([r[0] for r in left], logs) == ([new["id"]], 0)
