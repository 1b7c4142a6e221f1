"""The shape of a workspace as a file: every shipped pack fits, fills, and goes out and in again."""

from __future__ import annotations

import json

import pytest

import guanxi.apps  # noqa: F401 - brings the objects
from guanxi import identity, packs, records, sample
from guanxi.base import Invalid
from guanxi.records import Context
from guanxi.schema.query import read_aggregation, read_query

NAMES = sorted(packs.shipped())


async def _workspace(database, pack=None, language="en"):
    changes = packs.find(pack).changes if pack else ()
    run = identity.FirstRun("T", "Admin", "admin@example.com", "Corr3ct-horse-battery", language, changes=changes)
    await identity.set_up(database, run)
    async with database.connection() as db:
        [workspace] = await records.workspaces(db)
        return workspace, await records.load_catalog(db, workspace)


def test_the_industries_that_are_promised() -> None:
    assert NAMES == ["agriculture", "finance", "fmcg", "high_tech", "home_decoration", "manufacturing", "retail"]


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_says_everything_in_both_languages(name: str) -> None:
    def labels(part: object) -> list[dict[str, str]]:
        if isinstance(part, dict):
            here = [part] if {"en", "zh"} & part.keys() else []
            return here + [x for v in part.values() for x in labels(v)]
        return [x for v in part for x in labels(v)] if isinstance(part, list | tuple) else []

    found = labels(packs.find(name).file())
    assert len(found) > 40
    for label in found:
        assert all(label.get(language, "").strip() for language in ("en", "zh")), label


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_workspace_begun_with_a_pack_is_shaped_and_filled_by_it(database, name: str, language: str) -> None:
    workspace, catalog = await _workspace(database, name, language)
    assert packs.compare(catalog, packs.find(name), whole=True).changes == []
    assert packs.compare(catalog, packs.find(name)).changes == []
    counts = await sample.load(database, workspace, 25)
    async with database.connection() as db:
        ctx = Context(db, workspace, catalog, records.system_actor(workspace), "test")
        for o in catalog.entities.values():
            if o.definition.custom:
                assert counts[o.name] > 3, f"{o.name} has records to look at"
            for view in o.definition.views:  # every view of every object can be asked
                query = {"filter": view.filter, "sort": view.sort, "fields": list(view.columns)}
                await records.find(ctx, read_query(o.name, {k: v for k, v in query.items() if v}))
        reached = await records.aggregate(ctx, read_aggregation("opportunity", {"group": ["pipeline", "stage"]}))
        stages = {json.loads(g)["group"]["stage"] for g in reached}
        assert stages <= {s.name for p in catalog.pipelines_of("opportunity") for s in p.stages}
        assert len(stages) > 3


async def test_a_shape_goes_out_and_in_again(database) -> None:
    workspace, _ = await _workspace(database, "retail")
    mine = [
        {"op": "add_field", "object": "account", "name": "badge", "type": "select", "options": ["a", "b"]},
        {"op": "change_field", "object": "account", "field": "industry", "label": {"en": "Trade", "zh": "行当"}},
    ]
    async with database.transaction() as db:
        await records.evolve(db, workspace, mine)
    async with database.connection() as db:
        catalog = await records.load_catalog(db, workspace)
    file = json.loads(json.dumps(packs.export(catalog, "ours", {"en": "Ours"}).file()))
    assert packs.compare(catalog, packs.read(file), whole=True).changes == []
    assert packs.compare(catalog, packs.read(file), whole=True).changes == []
    back = packs.compare(catalog, packs.find("retail"), whole=True).changes
    assert [c["op"] for c in back] == ["change_field", "retire_field"]
    async with database.transaction() as db:
        done = await records.evolve(db, workspace, back)
    assert packs.compare(done.catalog, packs.find("retail"), whole=True).changes == []


async def test_two_packs_stand_one_over_the_other(database) -> None:
    workspace, catalog = await _workspace(database, "manufacturing")
    await sample.load(database, workspace, 10)
    over = packs.compare(catalog, packs.find("retail")).changes
    with pytest.raises(Invalid) as refused:  # the deals stand in stages that retail does not know
        async with database.transaction() as db:
            await records.evolve(db, workspace, over)
    assert {e.code for e in refused.value.errors} == {"still_in_stage"}
    over = [c for c in over if c["op"] != "change_pipeline"]
    async with database.transaction() as db:
        done = await records.evolve(db, workspace, over)
    names = done.catalog.entities.keys()
    assert {"equipment", "sample_request", "shop", "purchase"} <= names


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "pack"),
        ([], "pack"),
        ({"guanxi": "pack/9", "name": "x", "changes": []}, "pack"),
        ({"guanxi": "pack/1", "changes": []}, "name"),
        ({"guanxi": "pack/1", "name": "x", "changes": {}}, "changes"),
        ({"guanxi": "pack/1", "name": "x", "changes": [1]}, "changes"),
        ({"guanxi": "pack/1", "name": "x", "changes": [], "more": 1}, "more"),
        ({"guanxi": "pack/1", "name": "x", "changes": [], "label": {"fr": "x"}}, "label"),
    ],
)
def test_what_is_no_pack_is_refused_with_its_place(raw: object, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        packs.read(raw)
    assert refused.value.errors[0].field == field
