"""A change of the catalog is taken back whole, keeps what was changed since, and can be brought back."""

from __future__ import annotations

from typing import Any

import pytest
from tests.world import World

from guanxi import records
from guanxi.base import Conflict, Invalid, NotFound, new_id
from guanxi.records import Create
from guanxi.schema.difference import changes_between

TIER = {"op": "add_field", "object": "account", "name": "tier", "type": "text"}
SITE = {"op": "add_object", "name": "site", "fields": [{"name": "name", "type": "text"}]}


async def carry(world: World, *changes: dict[str, Any]) -> str:
    async with world.db.transaction() as db:
        done = await records.evolve(db, world.workspace, changes, actor=world.id("admin"))
    world.catalog = done.catalog
    return done.change_set or ""


async def back(world: World, change_set: str, **how: bool) -> dict[str, Any]:
    async with world.db.transaction() as db:
        done = await records.take_back(db, world.workspace, change_set, actor=world.id("admin"), **how)
        world.catalog = await records.load_catalog(db, world.workspace)
    return done


async def test_what_was_changed_is_as_before_and_comes_back(own_world: World) -> None:
    before = own_world.catalog
    change_set = await carry(
        own_world,
        TIER,
        SITE,
        {"op": "change_object", "object": "account", "label": {"en": "Client", "zh": "客户"}},
        {"op": "change_field", "object": "account", "field": "industry", "required": True},
        {"op": "add_view", "object": "account", "view": {"name": "tiers", "columns": ["name", "tier"]}},
        {"op": "add_pipeline", "object": "opportunity", "name": "project", "stages": [{"name": "idea"}]},
        {"op": "set_layout", "object": "contact", "layout": {"sections": []}},
    )
    made = own_world.catalog
    async with own_world.act() as ctx:
        [row] = await records.write(ctx, "account", [Create({"name": "A", "tier": "gold", "industry": "retail"})])
    tried = await back(own_world, change_set, dry_run=True)
    assert tried["undone"] == len(tried["changes"]) > 5
    assert tried["kept_count"] == 0
    assert {"retire account.tier", "drop index account.tier.filled.order"} & {s["step"] for s in tried["plan"]}
    assert changes_between(own_world.catalog, made) == [], "it was only tried"
    done = await back(own_world, change_set)
    assert changes_between(before, own_world.catalog) == changes_between(own_world.catalog, before) == []
    async with own_world.desk() as desk:
        listed = {s["id"]: s for s in (await records.change_sets(desk.as_()))["data"]}
        assert listed[change_set]["undone_by"] == done["change_set"]
        assert not listed[change_set]["undoable"]
        assert listed[done["change_set"]]["undoes"] == change_set
        assert listed[done["change_set"]]["undoable"]
        rep = {s["id"]: s for s in (await records.change_sets(desk.as_("boss")))["data"]}
        assert not any(s["undoable"] for s in rep.values() if s["kind"] == "catalog")
    with pytest.raises(Conflict):
        await back(own_world, change_set)
    await back(own_world, done["change_set"])
    assert changes_between(made, own_world.catalog) == []
    async with own_world.desk() as desk:
        again = {s["id"]: s for s in (await records.change_sets(desk.as_()))["data"]}
        assert again[change_set]["undoable"], "it holds again"
        assert (await desk.get("account", row.id or ""))["tier"] == "gold", "no value was lost on the way"


async def test_what_was_changed_since_is_kept_and_told_unless_insisted(own_world: World) -> None:
    industry = {"op": "change_field", "object": "account", "field": "industry"}
    change_set = await carry(own_world, {**industry, "label": {"en": "Trade"}, "help": {"en": "Which?"}}, TIER)
    await carry(own_world, {**industry, "label": {"en": "Branch"}})
    await carry(own_world, {"op": "add_field", "object": "account", "name": "later", "type": "text"})
    tried = await back(own_world, change_set, dry_run=True)
    assert [k["title"] for k in tried["kept"]] == ["account.industry.label"]
    with_force = await back(own_world, change_set, force=True, dry_run=True)
    assert with_force["kept"] == []
    await back(own_world, change_set)
    fields = own_world.catalog.entities["account"].fields
    assert fields["industry"].label["en"] == "Branch"
    assert "tier" not in fields
    assert any("later" in s.fields for s in own_world.catalog.objects["account"].layout.sections), "it has its place"


@pytest.mark.parametrize(("kind", "value"), [("select", "fair"), ("multiselect", ["fair"])])
async def test_an_option_that_was_chosen_meanwhile_stays_with_who_has_it(
    own_world: World, kind: str, value: object
) -> None:
    seen = {"op": "add_option", "object": "account", "field": "seen"}
    field = {"name": "seen", "type": kind, "options": [{"name": "web"}]}
    await carry(own_world, {"op": "add_field", "object": "account", **field})
    before = own_world.catalog
    chosen = await carry(own_world, {**seen, "option": {"name": "fair", "label": {"en": "Fair"}}})
    async with own_world.act() as ctx:
        await records.write(ctx, "account", [Create({"name": "A", "seen": value})])
    await back(own_world, chosen)
    options = own_world.catalog.entities["account"].fields["seen"].options
    assert [(o.name, o.label.get("en"), o.active) for o in options][1:] == [("fair", "Fair", False)]
    unused = await carry(own_world, {**seen, "option": {"name": "call"}})
    await back(own_world, unused)
    assert own_world.catalog.entities["account"].fields["seen"].options == options
    assert before.entities["account"].fields["seen"].options == options[:1]


async def test_what_something_later_needs_cannot_go(own_world: World) -> None:
    change_set = await carry(own_world, SITE)
    await carry(own_world, {"op": "add_field", "object": "account", "name": "site", "type": "link", "target": "site"})
    with pytest.raises(Invalid) as refused:
        await back(own_world, change_set)
    assert "Account › site points to it" in str(refused.value)


async def test_what_is_no_change_of_the_catalog_is_not_found(own_world: World) -> None:
    with pytest.raises(NotFound):
        await back(own_world, new_id())
