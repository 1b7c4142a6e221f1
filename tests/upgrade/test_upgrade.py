"""A new version of the program meets workspaces that were changed under an earlier one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from tests.world import World, renewed

from guanxi import records
from guanxi.base.json import dumps
from guanxi.records import Create, Grants, Update, evolve
from guanxi.schema.catalog import Declared
from guanxi.schema.model import Field, Object, Option, Section
from guanxi.schema.query import Query, read_query
from guanxi.upgrade import upgrade

evolve_module = evolve.__globals__


@pytest.fixture
def declare() -> Iterator[Any]:
    """Change what the program declares of accounts, as an upgrade does."""
    layers: list[Declared] = evolve_module["_declared"]
    kept = list(layers)

    def change(*fields: Field, without: str = "") -> None:
        for i, layer in enumerate(kept):
            objects = [o for o in layer.objects if o.name == "account"]
            if objects:
                own = tuple(f for f in objects[0].fields if f.name != without)
                changed = replace(objects[0], fields=(*own, *fields))
                layers[i] = replace(layer, objects=tuple(changed if o.name == "account" else o for o in layer.objects))

    yield change
    layers[:] = kept


async def upgraded(world: World) -> list[str]:
    """Start the new version on the workspace."""
    async with world.db.transaction() as c:
        done = await upgrade(c, world.workspace)
        world.catalog = await records.load_catalog(c, world.workspace)
    for actor in world.actors.values():
        actor.statements.clear()
    return [step for step in done if not step.startswith("search ")]  # a job makes search entries


async def customised(world: World, *changes: dict[str, Any]) -> None:
    async with world.db.transaction() as c:
        world.catalog = (await records.evolve(c, world.workspace, changes)).catalog


@pytest_asyncio.fixture
async def old(own_world: World) -> AsyncIterator[World]:
    """A workspace with fields of its own, used everywhere."""
    account = {"object": "account"}
    fields = ["name", "tier", "fee", "rank"]
    await customised(
        own_world,
        {"op": "add_field", **account, "name": "tier", "type": "text", "search": "B", "unique": True, "index": True,
         "label": {"en": "tier", "zh": "层级"}},
        {"op": "add_field", **account, "name": "fee", "type": "money"},
        {"op": "add_field", **account, "name": "rank", "type": "autonumber", "config": {"pattern": "R-{00}"}},
        {"op": "add_field", **account, "name": "guide", "type": "link", "target": "contact", "inverse": "guided"},
        {"op": "add_field", **account, "name": "gone", "type": "text"},
        {"op": "add_field", **account, "name": "x_fee", "type": "text"},
        {"op": "set_layout", **account, "layout": {"sections": [{"label": "tier", "fields": fields}], "header": ["tier"]}},
        {"op": "add_view", **account, "view": {"name": "tier", "columns": fields, "sort": "-tier,name", "by": "tier",
         "filter": {"and": [{"field": "tier", "op": "eq", "value": "tier"}]}}},
    )  # fmt: skip
    yield own_world


VALUES = {"name": "A", "tier": "gold", "fee": {"amount": 5, "currency": "EUR"}, "gone": "kept", "x_fee": "other"}


async def test_a_custom_field_gives_its_name_to_a_standard_one_and_keeps_everything_else(
    old: World, declare: Any
) -> None:
    async with old.act(bulk="batch") as ctx:
        [guide] = await records.write(ctx, "contact", [Create({"name": "G"})])
        [made] = await records.write(ctx, "account", [Create({**VALUES, "guide": guide.id})])
        definition = {"label": "V", "kind": "table", "columns": ["name", "tier"], "sort": "-tier", "filter": None}
        await ctx.db.execute(
            f'INSERT INTO "{old.workspace.schema}"._view (id, object, definition)'
            " VALUES (gen_random_uuid(), 'account', %(d)s::jsonb)",
            {"d": dumps(definition).decode()},
        )
        grants = {"objects": {"*": {"read": "all"}}, "fields": {"account.tier": "none"}}
        await records.write(ctx.as_system("test"), "role", [Update(old.roles["clerk"], {"grants": grants})])
    id = made.id or ""
    async with old.act(bulk="batch") as ctx:
        await records.write(ctx, "account", [Update(id, {"tier": "silver"})])
        changed = ctx.change_set
    await customised(old, {"op": "retire_field", "object": "account", "field": "gone"})
    declare(
        Field("tier", "select", {"en": "Tier"}, options=(Option("a", {"en": "A"}),), index=True),
        Field("fee_currency", "text", {"en": "Currency of the fee"}),
        Field("rank", "autonumber", {"en": "Rank"}, config={"pattern": "N-{0}"}),
        Field("gone", "date", {"en": "Gone on"}),
        Field("guide", "user", {"en": "Guide"}, target="user"),
    )
    done = await upgraded(old)
    assert [s for s in done if s.startswith("rename")] == [
        "rename account.tier to x_tier",
        "rename account.fee to x1_fee",
        "rename account.rank to x_rank",
        "rename account.guide to x_guide",
        "rename account.gone to x_gone",
    ]
    account = old.catalog.object("account")
    assert (account.fields["tier"].custom, account.fields["x_tier"].label) == (False, {"en": "tier", "zh": "层级"})
    assert account.fields["x_tier"].unique
    assert account.definition.layout.sections[0] == Section(
        {"en": "tier", "zh": "tier"}, ("name", "x_tier", "x1_fee", "x_rank")
    )
    view = next(v for v in account.definition.views if v.name == "tier")
    assert (view.columns, view.sort, view.by) == (("name", "x_tier", "x1_fee", "x_rank"), "-x_tier,name", "x_tier")
    assert view.filter == {"and": [{"field": "x_tier", "op": "eq", "value": "tier"}]}
    async with old.desk() as desk:
        found = await desk.get("account", id)
        assert (found["x_tier"], found["x1_fee"], found["x1_fee_currency"], found["x_fee"]) == (
            "silver",
            5,
            "EUR",
            "other",
        )
        assert (found["tier"], found["fee_currency"], found["rank"], found["guide"]) == (None,) * 4
        assert (found["x_rank"], found["x_guide"]["title"]) == ("R-01", "G")
        [update, create] = (await records.history(desk.as_(), "account", id))["data"]
        assert update["changes"] == {"x_tier": ["gold", "silver"]}
        assert create["changes"]["x_tier"] == [None, "gold"]
        assert await desk.ids("account", q="silver") == [id]
        clerk = renewed(old.actors["clerk"], grants=Grants.of((await desk.get("role", old.roles["clerk"]))["grants"]))
        ctx = replace(desk.as_(), actor=clerk)
        assert not {"tier", "x_tier"} & set(records.access.readable_fields(clerk, account))
        assert "silver" not in dumps(await records.history(ctx, "account", id)).decode()
        [saved] = await desk.connection.fetch(f'SELECT definition FROM "{old.workspace.schema}"._view')
        assert (saved[0]["columns"], saved[0]["sort"]) == (["name", "x_tier"], "-x_tier")
        [other] = await desk.make("account", {"name": "B", "tier": "a", "x_tier": "bronze"})
        assert [(r["rank"], r["x_rank"]) for r in [await desk.get("account", other)]] == [("N-1", "R-02")]
        problem = await desk.refused(desk.as_(), "account", Create({"name": "C", "x_tier": "bronze"}))
        assert [(e.field, e.code) for e in problem.errors] == [("x_tier", "not_unique")]
        assert (await records.undo(desk.as_(), changed))["undone"] == 1
        assert (await desk.get("account", id))["x_tier"] == "gold"
    await customised(old, {"op": "restore_field", "object": "account", "field": "x_gone"})
    async with old.desk() as desk:
        found = await desk.get("account", id)
        assert (found["x_gone"], found["gone"]) == ("kept", None)
    assert await upgraded(old) == []


async def test_an_upgrade_again_renames_no_more(old: World, declare: Any) -> None:
    assert [s for s in await upgraded(old) if s.startswith("rename")] == []
    declare(Field("tier", "integer", {"en": "Tier"}))
    assert "rename account.tier to x_tier" in await upgraded(old)
    assert await upgraded(old) == []


@pytest.mark.parametrize(
    "change",
    [
        {"op": "add_option", "object": "account", "field": "extra", "option": "new"},
        {"op": "retire_option", "object": "account", "field": "extra", "option": "old"},
        {"op": "change_field", "object": "account", "field": "extra", "label": {"en": "Mine"}, "required": True},
        {
            "op": "set_layout",
            "object": "account",
            "layout": {"sections": [{"label": "L", "fields": ["name", "extra"]}]},
        },
    ],
)
async def test_what_a_workspace_said_of_a_standard_part_that_is_no_more_keeps_nothing_from_starting(
    own_world: World, declare: Any, change: dict[str, Any]
) -> None:
    options = tuple(Option(n, {"en": n}) for n in ("old", "other"))
    declare(Field("extra", "select", {"en": "Extra"}, options=options))
    await upgraded(own_world)
    await customised(own_world, change)
    declare()
    await upgraded(own_world)
    assert "extra" not in own_world.catalog.object("account").fields
    async with own_world.desk() as desk:
        await desk.one("account", name="A")
        await records.find(desk.as_(), read_query("account", {}))
    await customised(own_world, {"op": "add_field", "object": "account", "name": "another", "type": "text"})
    options = (*options, Option("new", {"en": "new"}))
    declare(Field("extra", "select", {"en": "Extra"}, options=options))
    await upgraded(own_world)
    assert len(own_world.catalog.object("account").fields["extra"].options) == 3


async def test_a_custom_object_gives_its_name_to_a_standard_one_and_keeps_everything_else(
    own_world: World, declare: Any
) -> None:
    fields = [
        {"name": "name", "type": "text", "unique": True},
        {"name": "no", "type": "autonumber", "config": {"pattern": "Q-{00}"}},
        {"name": "account", "type": "link", "target": "account", "inverse": "quotes"},
        {"name": "before", "type": "link", "target": "quote"},
    ]
    await customised(
        own_world,
        {"op": "add_object", "name": "quote", "label": "Quote", "fields": fields[:3]},
        {"op": "add_field", "object": "quote", **fields[3]},
        {"op": "add_field", "object": "contact", "name": "quote", "type": "link", "target": "quote"},
    )
    async with own_world.act(bulk="batch") as ctx:
        [account] = await records.write(ctx, "account", [Create({"name": "A"})])
        [first] = await records.write(ctx, "quote", [Create({"name": "Erstes", "account": account.id})])
        [second] = await records.write(ctx, "quote", [Create({"name": "Zweites", "before": first.id})])
        [contact] = await records.write(ctx, "contact", [Create({"name": "C", "quote": first.id})])
        about = {"object": "quote", "id": first.id}
        [note] = await records.write(ctx, "note", [Create({"body": "N", "about": about})])
        await records.share(ctx, "quote", first.id or "", own_world.id("rep1"), "user", "read")
        grants = {"objects": {"quote": {"read": "own"}}, "fields": {"quote.no": "none"}}
        await records.write(ctx.as_system("test"), "role", [Update(own_world.roles["clerk"], {"grants": grants})])
    async with own_world.act(bulk="batch") as ctx:
        await records.write(ctx, "quote", [Update(second.id or "", {"name": "Drittes"})])
        changed = ctx.change_set
    layers: list[Declared] = evolve_module["_declared"]
    title = Field("name", "text", {"en": "Name"}, required=True, unique=True, search="A")
    price = Field("price", "money", {"en": "Price"})
    layers.append(Declared((Object("quote", {"en": "Quote"}, {"en": "Quotes"}, (title, price), area="sales"),)))
    assert "rename quote to x_quote" in await upgraded(own_world)
    assert (
        own_world.catalog.object("quote").definition.custom,
        own_world.catalog.object("x_quote").definition.custom,
    ) == (
        False,
        True,
    )
    async with own_world.desk() as desk:
        assert await desk.ids("quote") == []
        found = await desk.get("x_quote", second.id or "")
        assert (found["name"], found["no"], found["before"]["title"]) == ("Drittes", "Q-02", "Erstes")
        assert (await desk.get("contact", contact.id or ""))["quote"] == {"id": first.id, "title": "Erstes"}
        assert (await desk.get("note", note.id or ""))["about"] == {
            "object": "x_quote",
            "id": first.id,
            "title": "Erstes",
        }
        _, wanted = records.related(desk.as_(), "account", "quotes", account.id or "")
        assert len((await records.find(desk.as_(), Query("x_quote", wanted))).rows) == 1
        [update, _] = (await records.history(desk.as_(), "x_quote", second.id or ""))["data"]
        assert update["changes"] == {"name": ["Zweites", "Drittes"]}
        assert [s["user"]["title"] for s in await records.shares(desk.as_(), "x_quote", first.id or "")] == ["Rep1"]
        assert await desk.ids("x_quote", "rep1") == [first.id]
        given = Grants.of((await desk.get("role", own_world.roles["clerk"]))["grants"])
        assert (given.scope("x_quote", "read"), given.field("x_quote", "no")) == ("own", "none")
        problem = await desk.refused(desk.as_(), "x_quote", Create({"name": "Erstes"}))
        assert [(e.field, e.code) for e in problem.errors] == [("name", "not_unique")]
        [third] = await desk.make("x_quote", {"name": "Viertes"})
        assert (await desk.get("x_quote", third))["no"] == "Q-03"
        standard = await desk.one("quote", name="Erstes", price=5)
        assert await desk.ids("quote", q="erstes") == [standard]
        assert (await records.undo(desk.as_(), changed))["undone"] == 1
    assert await upgraded(own_world) == []
