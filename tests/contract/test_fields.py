"""A field that one may not see is as unknown as one that does not exist, on every door; one that is read-only is not written.

The clerk sees all records, but not all of each. What is hidden holds canaries: texts that nothing told to the clerk may hold.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests.world import HIDDEN, READ_ONLY, Desk, World, codes, exact, example, pages, renewed

from guanxi import records
from guanxi.base import Invalid, Problem
from guanxi.records import Create, Update
from guanxi.schema.query import read_query

CANARY = "CNRY7"
PLACES = [(o, n) for o, names in HIDDEN.items() for n in names]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def secrets(world: World) -> World:
    """Records whose hidden fields hold canaries, some of them changed since."""
    rng = random.Random(9)
    async with world.act() as ctx:
        ctx = ctx.as_system("test")
        links: dict[str, list[str]] = {"user": [world.id("rep1")]}
        for object_name in ("keeper", "account", "contact", "lead", "opportunity", "zoo"):
            entity = world.catalog.object(object_name)
            rows = []
            for i in range(4):
                values = example(entity, rng, links)
                values |= {
                    n: canary(entity.fields[n].type, i)
                    for n in HIDDEN.get(object_name, ())
                    if canary(entity.fields[n].type, i)
                }
                rows.append(values)
            made = await records.write(ctx, object_name, [Create(r) for r in rows])
            links[object_name] = [o.id or "" for o in made]
            changes = {n: v for n in HIDDEN.get(object_name, ()) if (v := canary(entity.fields[n].type, 7))}
            if changes:
                await records.write(ctx, object_name, [Update(links[object_name][0], changes)])
    return world


def canary(kind: str, n: int) -> Any:
    return {"text": f"{CANARY}-{n}", "person": f"{CANARY}-{n} X", "phone": f"CNRY 77770{n}", "money": 777_700 + n}.get(
        kind
    )


@pytest_asyncio.fixture
async def at(secrets: World) -> AsyncIterator[Desk]:
    async with secrets.desk() as desk:
        yield desk


def told(value: Any) -> None:
    """Nothing hidden is in what somebody was told."""
    text = repr(value)
    for word in (CANARY, "CNRY", "77770"):
        assert word not in text


def names_of(world: World, object_name: str, name: str) -> list[str]:
    """The field and those that go with it."""
    entity = world.catalog.object(object_name)
    return [name, *(n for n, f in entity.fields.items() if f.of == name)]


@pytest.mark.parametrize(("object_name", "hidden"), PLACES)
async def test_a_hidden_field_is_unknown_to_every_question(at: Desk, object_name: str, hidden: str) -> None:
    world = at.world
    ctx = at.as_("clerk")
    entity = world.catalog.object(object_name)
    parents = [
        (o, f"{n}.{{}}") for o, e in world.catalog.entities.items() for n, f in e.fields.items()
        if f.target == object_name and e.types[n].link and not e.types[n].many and n not in HIDDEN.get(o, ()) and not f.system
    ]  # fmt: skip
    for name in names_of(world, object_name, hidden):
        asked: list[tuple[str, dict[str, Any], Any]] = []
        ops = entity.types[name].operators
        for start, path in [(object_name, "{}"), *parents]:
            full = path.format(name)
            asked += [
                (start, {"fields": [full]}, full),
                (start, {"sort": full}, full),
                (start, {"sort": f"-{full}"}, full),
                *((start, {"filter": {"field": full, "op": op, "value": value}}, full)
                  for op in ops for value in ((["a", "b"], [1, 2]) if op in ("in", "not_in", "between") else (1, "a", None, True, ["a", "b"]))),
                *((start, {"filter": {"not": {"or": [{"field": full, "op": op, "value": []}]}}}, full) for op in ("in", "not_in")),
            ]  # fmt: skip
        for start, query, place in asked:
            with pytest.raises(Invalid) as refusal:
                await records.find(ctx, read_query(start, query))
            same = str(refusal.value).replace(place, "x")
            with pytest.raises(Invalid) as unknown:
                await records.find(
                    ctx,
                    read_query(
                        start,
                        exact(
                            repr_json(query)
                            .replace(b'"' + place.encode(), b'"nothing')
                            .replace(b"-" + place.encode(), b"-nothing")
                        ),
                    ),
                )
            assert (
                [(e.code) for e in refusal.value.errors]
                == [(e.code) for e in unknown.value.errors]
                == ["unknown_field"]
            )
            assert same == str(unknown.value).replace("nothing", "x")
        for what in (
            {"group": [name]},
            {"group": [{"field": name, "grain": "month"}]},
            *(
                {"measures": [{"fn": fn, "field": name}]}
                for fn in ("count", "count_distinct", "sum", "avg", "min", "max", "median")
            ),
        ):
            with pytest.raises(Invalid) as refusal:
                await at.aggregate(object_name, "clerk", **what)
            assert refusal.value.errors[0].code == "unknown_field"
        with pytest.raises(Invalid):
            await records.find(ctx, read_query(object_name, {"include": "totals", "totals": [name]}))


def repr_json(value: Any) -> bytes:
    from guanxi.base.json import dumps

    return dumps(value)


async def test_children_by_a_hidden_link_are_unknown(at: Desk) -> None:
    for object_name, child in (("account", "opportunities"), ("keeper", "animals")):
        for asked in ({"any": child}, {"none": child}, {"related": child, "count": {"gte": 2}}):
            with pytest.raises(Invalid) as refusal:
                await at.find(object_name, "clerk", filter=asked)
            assert refusal.value.errors[0].code == "unknown_field"


async def test_no_figure_is_told_of_a_hidden_field_of_related_records(at: Desk) -> None:
    for object_name, child, field in (("account", "leads", "budget"), ("keeper", "stays", "text")):
        if child not in at.world.catalog.object(object_name).children:
            continue
        for figure in ({"max": {"field": field, "is_empty": False}}, {"count": {"field": field, "gte": 2}}):
            with pytest.raises(Invalid) as refusal:
                await at.find(object_name, "clerk", filter={"related": child, **figure})
            assert refusal.value.errors[0].code == "unknown_field"


@pytest.mark.parametrize("object_name", sorted(HIDDEN))
async def test_nothing_that_is_told_holds_what_is_hidden(at: Desk, object_name: str) -> None:
    ctx = at.as_("clerk")
    everything = await pages(ctx, object_name, {})
    hidden = {n for name in HIDDEN[object_name] for n in names_of(at.world, object_name, name)}
    assert everything
    assert not hidden & set(everything[0])
    told(everything)
    told(await at.find(object_name, "clerk", include=["totals", "count"]))
    page = await records.find(ctx, read_query(object_name, {"include": ["totals"]}))
    assert not hidden & set(exact(page.totals or b"{}"))
    for row in everything:
        id = row["id"]
        answers = [
            exact(await records.get(ctx, object_name, id)),
            await records.history(ctx, object_name, id),
            await records.timeline(ctx, object_name, id),
            await records.get(ctx.then(ctx.now), object_name, id),
            await records.explain(ctx, object_name, id),
        ]
        told(answers)
        assert not hidden & set(answers[0])
        assert not hidden & set(answers[3])
        assert not hidden & set(answers[4]["fields"])
        for entry in answers[1]["data"]:
            assert not hidden & set(entry["changes"])
    changed = [
        e for r in everything for e in (await records.history(ctx, object_name, r["id"]))["data"] if e.get("hidden")
    ]
    assert changed, "that something one cannot see changed may be said"
    rows = [exact(r) async for part in records.stream(ctx, read_query(object_name, {})) for r in part]
    told(rows)
    [outcome] = await records.write(ctx, object_name, [Update(everything[0]["id"], {})])
    told(exact(outcome.record or b""))


async def test_titles_of_links_that_are_hidden_are_null(at: Desk) -> None:
    rows = await at.find("lead", "clerk") + await at.find("opportunity", "clerk")
    links = [r["contact"] for r in rows if r.get("contact")]
    assert links
    assert {link["title"] for link in links} == {None}
    with pytest.raises(Invalid):
        await at.find("opportunity", "clerk", sort="contact")


async def test_the_search_box_is_no_oracle(at: Desk) -> None:
    """Neither what is found nor its order depends on what is hidden."""
    ctx = at.as_("clerk")
    for text in (CANARY, "CNRY", "CNRY7-0", "CNRY 777701", "777701", f"{CANARY}-1 X", "cnry"):
        assert await records.search(ctx, text) == []
        for object_name in HIDDEN:
            assert await at.ids(object_name, "clerk", q=text) == []
    assert await records.search(at.as_(), CANARY), "it is there for who may see it"
    for row in await at.find("account"):
        for hit in await records.search(ctx, row["name"]):
            told(hit)


@pytest.mark.parametrize(("object_name", "name"), [(o, n) for o, names in READ_ONLY.items() for n in names])
async def test_a_read_only_field_is_read_and_not_written(at: Desk, object_name: str, name: str) -> None:
    ctx = at.as_("clerk")
    row = (await at.find(object_name, "clerk"))[0]
    assert name in row
    before = await at.digest()
    for each in names_of(at.world, object_name, name):
        for value in (None, "x", row[each]):
            for operation in (Update(row["id"], {each: value}), Create({"name": "N", each: value})):
                assert codes(await at.refused(ctx, object_name, operation))[each] == "read_only"
    assert await at.digest() == before


@pytest.mark.parametrize(("object_name", "name"), PLACES)
async def test_a_hidden_field_cannot_be_written(at: Desk, object_name: str, name: str) -> None:
    ctx = at.as_("clerk")
    id = (await at.ids(object_name, "clerk"))[0]
    before = await at.digest()
    for each in names_of(at.world, object_name, name):
        for value in (None, "x", 5, {"match": {"name": "A"}}):
            for operation in (Update(id, {each: value}), Create({"name": "N", each: value})):
                problem = await at.refused(ctx, object_name, operation)
                assert codes(problem)[each] == "unknown_field"
                [error] = [e for e in problem.errors if e.field == each]
                assert error.message("en") == error.message("en").replace(
                    at.world.catalog.object(object_name).fields[each].label["en"], each
                )
    assert await at.digest() == before


async def test_links_cannot_be_matched_by_what_is_hidden(at: Desk) -> None:
    row = (await at.find("account"))[0]
    problem = await at.refused(
        at.as_("clerk"), "contact", Create({"name": "N", "account": {"match": {"phone": row["phone"]}}})
    )
    assert codes(problem)["account"] == "unknown_field"


async def test_rights_are_those_of_now(at: Desk) -> None:
    """A statement that was compiled for an actor is not used for another."""
    clerk = at.world.actors["clerk"]
    query = read_query("account", {"limit": 1})
    ctx = at.as_("clerk")
    page = await records.find(ctx, query, key="same")
    assert "phone" not in exact(page.rows[0])
    page = await records.find(at.as_("admin"), query, key="same")
    assert "phone" in exact(page.rows[0])
    again = records.Context(
        at.connection,
        at.world.workspace,
        at.world.catalog,
        renewed(clerk, grants=at.world.actors["admin"].grants),
        "test",
    )
    assert "phone" in exact((await records.find(again, query, key="same")).rows[0])


async def test_a_workspace_role_reads_nothing_of_another_schema(at: Desk) -> None:
    """The second wall: even a statement of ours that is wrong cannot leave the workspace."""
    for sql in (
        "SELECT * FROM guanxi.workspace",
        "SELECT * FROM guanxi.session",
        "CREATE TABLE x (y int)",
        "SELECT * FROM pg_authid",
    ):
        with pytest.raises(Exception) as refusal:
            async with at.connection.savepoint():
                await at.connection.fetch(sql)
        assert not isinstance(refusal.value, Problem)
