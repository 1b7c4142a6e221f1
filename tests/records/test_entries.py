"""Search entries follow the catalog: other labels, other searched fields, another form of the index."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.world import World

from guanxi import records
from guanxi.pg.jobs import Job
from guanxi.records import Create, Delete, Restore, Update, entries, grams, wholesale
from guanxi.records.evolve import make_entries
from guanxi.records.workspaces import migrate

FIELD = {"op": "add_field", "object": "account", "name": "league", "type": "select", "search": "B",
         "options": [{"name": "top", "label": {"en": "Premier", "zh": "顶级"}}, {"name": "low"}]}  # fmt: skip
OTHER_LABEL = {"op": "change_option", "object": "account", "field": "league",
               "option": {"name": "top", "label": {"en": "Champions", "zh": "冠军"}}}  # fmt: skip


async def evolve(world: World, *changes: Any, **more: Any) -> records.Evolution:
    async with world.db.transaction() as c:
        done = await records.evolve(c, world.workspace, list(changes), **more)
    if not more:
        world.catalog = done.catalog
    return done


async def work(world: World) -> int:
    """Do the jobs that wait to make entries; how many."""
    async with world.db.connection() as c:
        rows = await c.fetch(
            "UPDATE guanxi.job SET state = 'running', attempt = attempt + 1, lease_until = now() + interval '1 hour' WHERE name = 'records.entries' AND state = 'waiting'"
            " RETURNING id, name, args, attempt"
        )
    for row in rows:
        await make_entries(Job(*row, world.db))
        async with world.db.connection() as c:
            await c.execute("UPDATE guanxi.job SET state = 'done' WHERE id = %(id)s", {"id": row[0]})
    return len(rows)


async def hits(world: World, text: str) -> list[tuple[str, str]]:
    """What the search box finds in accounts: title, and the field that was hit; a list finds the same."""
    async with world.desk() as desk:
        found = await records.search(desk.as_(), text, ["account"])
        assert sorted(h["id"] for h in found) == sorted(await desk.ids("account", q=text))
        return sorted((h["title"], h["matched"]) for h in found)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several portions of a few records."""
    monkeypatch.setattr(entries, "CHUNK", 2)


async def test_what_an_option_is_called_is_found_in_records_of_before(own_world: World) -> None:
    await evolve(own_world, FIELD)
    assert await work(own_world) == 0  # nobody has a value in it yet
    async with own_world.act() as ctx:
        made = await records.write(ctx, "account", [Create({"name": f"A{i}", "league": "top"}) for i in range(5)])
        await records.write(ctx, "account", [Create({"name": "B", "league": "low"}), Delete(made[4].id or "")])
    assert len(await hits(own_world, "premier")) == 4
    plan = await evolve(own_world, OTHER_LABEL, dry_run=True)
    assert [(s["step"], s["later"]) for s in plan.steps] == [("search account", True)]
    assert await work(own_world) == 0
    await evolve(own_world, OTHER_LABEL)
    assert await work(own_world) == 1
    assert [await hits(own_world, t) for t in ("premier", "顶级")] == [[], []]
    expected = [(f"A{i}", "league") for i in range(4)]
    assert [await hits(own_world, t) for t in ("champion", "冠军")] == [expected, expected]
    async with own_world.act() as ctx:
        await records.write(ctx, "account", [Restore(made[4].id or "")])
    assert len(await hits(own_world, "champions")) == 5


async def test_a_field_is_searched_in_records_of_before_or_no_more(own_world: World) -> None:
    async with own_world.act() as ctx:
        await records.write(
            ctx, "account", [Create({"name": f"A{i}", "address": {"street": "Harbin"}}) for i in range(3)]
        )
    assert await hits(own_world, "harbin") == []
    for search, expected in (("C", 3), ("A", 3), ("", 0)):
        await evolve(own_world, {"op": "change_field", "object": "account", "field": "address", "search": search})
        assert await work(own_world) == 1
        assert len(await hits(own_world, "harbin")) == expected
    async with own_world.db.connection() as c:
        parts = await c.fetch(f"SELECT parts FROM \"{own_world.workspace.schema}\"._search WHERE object = 'account'")
    assert all("Harbin" not in str(p) and "harbin" not in str(p) for p in parts)


async def test_what_searches_do_not_see_makes_no_entries_anew(own_world: World) -> None:
    async with own_world.act() as ctx:
        await records.write(ctx, "account", [Create({"name": "A"})])
    grade = {"object": "account", "field": "grade"}
    await evolve(
        own_world, {"op": "add_option", **grade, "option": "new"}, {"op": "change_field", **grade, "label": "G"}
    )
    await evolve(own_world, {"op": "add_object", "name": "site", "label": "Site"})
    assert await work(own_world) == 0


async def test_an_upgrade_whose_index_has_another_form_makes_all_entries_anew(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with own_world.act() as ctx:
        [made] = await records.write(ctx, "account", [Create({"name": "Northwind"})])
        await ctx.db.execute(
            f"UPDATE \"{own_world.workspace.schema}\"._search SET grams = '{{}}' WHERE id = %(id)s::uuid",
            {"id": made.id},
        )
    assert await hits(own_world, "northwind") == []
    monkeypatch.setattr(entries, "FORM", entries.FORM + 1)
    async with own_world.db.transaction() as c:
        assert "search account" in await migrate(c, own_world.workspace)
    assert await work(own_world) == 1
    assert await hits(own_world, "northwind") == [("Northwind", "name")]
    async with own_world.db.transaction() as c:
        assert await migrate(c, own_world.workspace) == []


async def test_entries_that_are_right_are_not_written_again(own_world: World) -> None:
    async with own_world.act() as ctx:
        made = await records.write(ctx, "contact", [Create({"name": n}) for n in ("张伟", "Ann", "Bo")])
    await evolve(own_world, {"op": "change_field", "object": "contact", "field": "department", "search": "C"})
    where = f"\"{own_world.workspace.schema}\"._search WHERE object = 'contact'"
    async with own_world.db.connection() as c:
        before = await c.fetch(f"SELECT id, xmin::text FROM {where}")
    assert await work(own_world) == 1
    async with own_world.db.connection() as c:
        assert sorted(await c.fetch(f"SELECT id, xmin::text FROM {where}")) == sorted(before)
    async with own_world.act() as ctx:
        await records.write(ctx, "contact", [Update(made[1].id or "", {"department": "Navigation"})])
    async with own_world.desk() as desk:
        assert await desk.ids("contact", q="navigation") == [made[1].id]


async def unsigned(world: World) -> list[str]:
    """The accounts whose signature is not that of their search entry, so that they would be passed over."""
    schema = f'"{world.workspace.schema}"'
    async with world.db.connection() as c:
        rows = await c.fetch(
            f"SELECT t.name, t._signature::text, g.grams FROM {schema}.account AS t JOIN {schema}._search AS g ON g.id = t.id"
        )
        signed = [await c.value("SELECT %(s)s::bit(512)::text", {"s": grams.signature(g)}) for _, _, g in rows]
    return [name for (name, said, _), own in zip(rows, signed, strict=True) if said != own]


async def test_a_record_is_signed_by_whoever_writes_it(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await evolve(own_world, FIELD)
    async with own_world.act() as ctx:
        made = await records.write(
            ctx,
            "account",
            [Create({"name": f"{n} 上海精密 Röder", "league": "top"}) for n in range(4)] + [Create({"name": "B"})],
        )
    first, second, third, *_ = [m.id or "" for m in made]
    async with own_world.act() as ctx:
        await records.write(ctx, "account", [Update(first, {"name": "苏州"}), Update(second, {"tags": ["vip"]})])
        await records.write(ctx, "account", [Delete(third)])
    assert await unsigned(own_world) == []
    monkeypatch.setattr(wholesale, "LEAST", 1)
    async with own_world.act(bulk="batch") as ctx:
        await records.write(ctx, "account", [Update(m.id or "", {"name": f"北京 {i}"}) for i, m in enumerate(made[3:])])
        set_ = ctx.change_set
    async with own_world.act() as ctx:
        await records.undo(ctx, set_)
        await records.write(ctx, "account", [Restore(third)])
    assert await hits(own_world, "jingmi") != []
    assert await unsigned(own_world) == []
    await evolve(own_world, OTHER_LABEL)
    assert await work(own_world) == 1
    assert len(await hits(own_world, "champion")) == 4
    assert await unsigned(own_world) == []


async def test_records_of_before_there_were_signatures_are_found_and_signed(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with own_world.act() as ctx:
        await records.write(ctx, "account", [Create({"name": f"A{i} 上海精密"}) for i in range(3)])
        await ctx.db.execute(f'UPDATE "{own_world.workspace.schema}".account SET _signature = NULL')
    assert len(await hits(own_world, "jingmi")) == 3
    monkeypatch.setattr(entries, "FORM", entries.FORM + 1)
    async with own_world.db.transaction() as c:
        await migrate(c, own_world.workspace)
    assert len(await unsigned(own_world)) == 3
    assert await work(own_world) == 1
    assert await unsigned(own_world) == []
    assert len(await hits(own_world, "jingmi")) == 3


async def test_what_is_written_meanwhile_stays(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record is changed between being read for its entry and the entry being written: the newer one holds."""
    await evolve(own_world, FIELD)
    async with own_world.act() as ctx:
        made = await records.write(ctx, "account", [Create({"name": f"A{i}", "league": "top"}) for i in range(4)])
    await evolve(own_world, OTHER_LABEL)
    plain, changed = entries.search_rows, list[str]()

    def read(entity: Any, rows: Any) -> Any:
        if made[2].id in [r.id for r in rows] and not changed:
            changed.append("once")
            with psycopg.connect(own_world.db.url, autocommit=True) as c:
                schema = own_world.workspace.schema
                c.execute(f"UPDATE \"{schema}\".account SET name = 'Newer' WHERE id = %s", [made[2].id])  # type: ignore[arg-type]
                c.execute(
                    f'UPDATE "{schema}"._search SET title = \'newer\', parts = \'{{"name": "newer"}}\' WHERE id = %s',  # type: ignore[arg-type]
                    [made[2].id],
                )
        return plain(entity, rows)

    monkeypatch.setattr(entries, "search_rows", read)
    assert await work(own_world) == 1
    assert changed
    async with own_world.db.connection() as c:
        found = dict(
            await c.fetch(f"SELECT id, title FROM \"{own_world.workspace.schema}\"._search WHERE object = 'account'")
        )
    assert found[made[2].id] == "newer"
    assert len(await hits(own_world, "champions")) == 4
