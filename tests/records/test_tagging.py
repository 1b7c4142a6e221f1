"""Tags in order: which there are, one for several in every record, and who may bring new ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.world import Desk, codes

from guanxi import records
from guanxi.base import Forbidden, Invalid, NotFound
from guanxi.pg import as_installation
from guanxi.records import Create, Update
from guanxi.schema.catalog import Catalog
from guanxi.schema.model import Field


def only(desk: Desk, words: list[str] | None) -> Catalog:
    """The catalog in which accounts take no other tags."""
    catalog = desk.world.catalog
    account = catalog.objects["account"]

    def limited(f: Field) -> Field:
        return replace(f, config={"words": words}) if f.name == "tags" and words else f

    fields = tuple(map(limited, account.fields))
    return Catalog(
        catalog.version + 1, {**catalog.objects, "account": replace(account, fields=fields)}, catalog.pipelines
    )


async def test_words_become_one_in_every_record_and_can_be_taken_back(desk: Desk) -> None:
    a, b, c = await desk.make(
        "account",
        {"name": "A", "tags": ["VIP客户", "华东"]},
        {"name": "B", "tags": ["vip", "VIP", "渠道"]},
        {"name": "C", "tags": ["渠道"]},
    )
    counts = {w["tag"]: w["count"] for w in await records.tags(desk.as_(), "account", "tags")}
    assert {w: counts[w] for w in ("渠道", "VIP客户", "vip", "VIP", "华东")} == {
        "渠道": 2,
        "VIP客户": 1,
        "vip": 1,
        "VIP": 1,
        "华东": 1,
    }
    ctx = desk.as_()
    done = await records.retag(ctx, "account", "tags", ["VIP客户", "vip"], "VIP")
    assert done == {"changed": 2, "change_set": ctx.change_set}
    assert [(await desk.get("account", i))["tags"] for i in (a, b, c)] == [["VIP", "华东"], ["VIP", "渠道"], ["渠道"]]
    [entry, *_] = (await records.history(desk.as_(), "account", a))["data"]
    assert entry["changes"]["tags"] == [["VIP客户", "华东"], ["VIP", "华东"]]
    assert entry["actor"]["id"] == desk.world.id("admin")
    undone = await records.undo(desk.as_(), ctx.change_set)
    assert undone["undone"] == 2
    assert (await desk.get("account", b))["tags"] == ["vip", "VIP", "渠道"]
    await records.retag(desk.as_(), "account", "tags", ["渠道"], None)
    assert (await desk.get("account", c))["tags"] == []


async def test_putting_words_together_reaches_all_records_and_is_for_those_who_shape(desk: Desk) -> None:
    id = await desk.one("account", name="A", tags=["x1"], owner=desk.world.id("rep3"))
    with pytest.raises(Forbidden):
        await records.retag(desk.as_("rep1"), "account", "tags", ["x1"], "y1")
    assert "x1" not in {w["tag"] for w in await records.tags(desk.as_("rep1"), "account", "tags")}
    with pytest.raises(Invalid):
        await records.tags(desk.as_(), "account", "name")
    with pytest.raises(NotFound):
        await records.tags(desk.as_("outsider"), "account", "tags")
    await records.retag(desk.as_(), "account", "tags", ["x1"], "y1")
    assert (await desk.get("account", id))["tags"] == ["y1"]


async def test_where_words_are_listed_no_others_are_taken(desk: Desk) -> None:
    ctx = replace(desk.as_(), catalog=only(desk, ["VIP", "渠道"]))
    problem = await desk.refused(ctx, "account", Create({"name": "A", "tags": ["VIP", "新词"]}))
    assert codes(problem) == {"tags": "not_a_tag"}
    assert "新词" in problem.errors[0].message("zh")
    [made] = await records.write(ctx, "account", [Create({"name": "A", "tags": ["ｖｉｐ", "渠道"]})])
    assert (await desk.get("account", made.id or ""))["tags"] == ["VIP", "渠道"]
    # What a record has from before stays, and is found, until it is written again.
    old = await desk.one("account", name="B", tags=["旧词"])
    await records.write(ctx, "account", [Update(old, {"name": "B2"})])
    assert await desk.ids("account", filter={"field": "tags", "op": "contains", "value": "旧词"}) == [old]
    told = {w["tag"]: w["count"] for w in await records.tags(ctx, "account", "tags")}
    assert told["旧词"] == 1
    with pytest.raises(Invalid):
        await records.retag(ctx, "account", "tags", ["旧词"], "无此词")


async def test_a_word_that_takes_the_place_of_others_is_allowed_in_their_stead(desk: Desk) -> None:
    words = {
        "op": "change_field",
        "object": "account",
        "field": "tags",
        "config": {"words": ["vip", "VIP客户", "渠道"]},
    }
    async with as_installation(desk.connection):
        limited = (await records.evolve(desk.connection, desk.world.workspace, [words])).catalog
    ctx = replace(desk.as_(), catalog=limited)
    [made] = await records.write(ctx, "account", [Create({"name": "A", "tags": ["vip", "渠道"]})])
    with pytest.raises(Invalid):
        await records.retag(ctx, "account", "tags", ["vip"], "Vip!")
    done = await records.retag(ctx, "account", "tags", ["vip", "VIP客户"], "VIP!", new=True)
    assert done["changed"] == 1
    assert (await desk.get("account", made.id or ""))["tags"] == ["VIP!", "渠道"]
    async with as_installation(desk.connection):
        now = await records.load_catalog(desk.connection, desk.world.workspace)
    assert list(now.entities["account"].fields["tags"].config["words"]) == ["渠道", "VIP!"]
