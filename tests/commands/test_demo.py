"""A real sales team's four files: every figure that is known of them comes out of the API's own questions."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

import guanxi.apps  # noqa: F401 - brings the objects
from guanxi import identity, records
from guanxi.base.json import loads
from guanxi.commands.demo import bring
from guanxi.commands.surroundings import Progress
from guanxi.records import Context
from guanxi.sample import team_files
from guanxi.schema.query import read_aggregation, read_query

SOURCE = Path(__file__).parents[3] / "shared/data/open/maven_crm_sales"
needs_files = pytest.mark.skipif(not SOURCE.exists(), reason="the exercise's files are not part of the project")


async def _brought(database, folder, source, language="en"):
    await identity.set_up(
        database,
        identity.FirstRun(
            "T", "Admin", "admin@example.com", "Corr3ct-horse-battery", language=language, currency="USD"
        ),
    )
    async with database.connection() as db:
        [workspace] = await records.workspaces(db)
    return workspace, await _again(database, workspace, folder, source)


async def _again(database, workspace, folder, source):
    told: list[str] = []
    assert await bring(database, workspace, folder / "transfer", team_files.read(source), told.append, Progress("x"))
    return "\n".join(told)


async def _context(db, workspace):
    return Context(db, workspace, await records.load_catalog(db, workspace), records.system_actor(workspace), "test")


async def _groups(ctx, group, where=None, object_name="opportunity", field="amount"):
    asked = {"group": group, "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": field, "as": "total"}]}
    if where:
        asked["filter"] = where
    found = {}
    for row in await records.aggregate(ctx, read_aggregation(object_name, asked)):
        value = loads(row, exact=True)
        key = next(iter(value["group"].values()), None)
        found[key["title"] if isinstance(key, dict) else key] = value["values"]
    return found


async def _all(ctx, name, **query):
    return [json.loads(r) for r in (await records.find(ctx, read_query(name, {"limit": 200, **query}))).rows]


WON = {"field": "stage", "op": "eq", "value": "won"}


@needs_files
async def test_the_figures_of_the_exercise(database, tmp_path):
    workspace, told = await _brought(database, tmp_path, SOURCE)
    assert "GTXPro" in told
    assert "technolgy" in told
    for _ in range(2):
        async with database.connection() as db:
            ctx = await _context(db, workspace)
            stages = await _groups(ctx, ["stage"])
            assert {s: v["n"] for s, v in stages.items()} == {
                "prospecting": 500,
                "engaging": 1589,
                "won": 4238,
                "lost": 2473,
            }
            assert stages["won"]["total"] == 10_005_534
            regions = await _groups(ctx, ["owner.region"], WON)
            assert {r: v["total"] for r, v in regions.items()} == {
                "Central": 3_346_293,
                "East": 3_090_594,
                "West": 3_568_647,
            }
            owners = await _groups(ctx, ["owner"], WON)
            assert max((v["total"], name) for name, v in owners.items()) == (Decimal(1_153_214), "Darcel Schlecht")
            quarters = await _groups(ctx, [{"field": "closed_on", "grain": "quarter"}], WON)
            assert [v["total"] for _, v in sorted(quarters.items())] == [1_134_672, 3_086_111, 2_982_255, 2_802_496]
            products = await _groups(ctx, ["product"], WON)
            assert set(products) == {
                "GTX Basic",
                "GTX Pro",
                "MG Special",
                "MG Advanced",
                "GTX Plus Pro",
                "GTX Plus Basic",
                "GTK 500",
            }
            without = (await _groups(ctx, ["pipeline"], {"field": "account", "op": "is_empty", "value": True}))[
                "engagement"
            ]
            assert without["n"] == 1425
            unengaged = (await _groups(ctx, ["pipeline"], {"field": "engage_date", "op": "is_empty", "value": True}))[
                "engagement"
            ]
            assert unengaged["n"] == 500
            users, teams, accounts = await _all(ctx, "user"), await _all(ctx, "team"), await _all(ctx, "account")
            assert len(users) == 42
            assert sum(u["role"]["title"] == "Manager" for u in users) == 6
            assert len(teams) == 9
            assert sum(bool(t["parent"]) for t in teams) == 6
            assert all(t["lead"] for t in teams if t["parent"])
            assert len(accounts) == 85
            assert sum(bool(a["parent"]) for a in accounts) == 15
            by_name = {a["name"]: a for a in accounts}
            assert by_name["Acme Corporation"]["industry"] == "technology"
            assert by_name["Acme Corporation"]["revenue"] == 1_100_040_000
            assert by_name["Betatech"]["address"] == {"country": "Kenya"}
            assert by_name["Betatech"]["founded"] == 1986
            [pro] = await _all(ctx, "product", filter={"field": "name", "op": "eq", "value": "GTX Pro"})
            assert (pro["price"], pro["family"]) == (4821, "GTX")
            passwords = await db.fetch(f'SELECT count(*) FROM "{workspace.schema}"."user" WHERE password IS NOT NULL')
            assert passwords == [(1,)]
        await _again(database, workspace, tmp_path, SOURCE)


def _write(folder, name, rows):
    with (folder / f"{name}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([team_files.FILES[name], *rows])


async def test_a_bad_row_does_not_keep_the_others_out(database, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    _write(
        source,
        "accounts",
        [["Alpha", "retail", "1999", "12.5", "10", "China", ""], ["Beta", "softwear", "x", "n/a", "-", "", "Nobody"]],
    )
    _write(source, "products", [["GTX Pro", "GTX", "4821"], ["MG", "MG", "dear"]])
    _write(
        source,
        "sales_teams",
        [["Ann Lee", "Max Zimmer", "North"], ["José Ruiz", "Max Zimmer", "North"], ["Ann Lee", "", ""]],
    )
    _write(
        source,
        "sales_pipeline",
        [
            ["A1", "Ann Lee", "gtx pro", "Alpha", "Won", "2017-01-01", "2017-02-01", "100"],
            ["A2", "José Ruiz", "GTX Pro", "Gamma", "Engaging", "2017-01-01", "", ""],
            ["A3", "Nobody", "GTX Pro", "Alpha", "Won", "2017-01-01", "2017-02-01", "100"],
            ["A4", "Ann Lee", "GTX Pro", "", "Somewhere", "", "", ""],
            ["A5", "Ann Lee", "GTX Pro", "Alpha", "Lost", "yesterday", "2017-02-01", "0"],
            ["A6", "Ann Lee", "GTX Pro", "", "Prospecting", "", "", ""],
        ],
    )
    workspace, told = await _brought(database, tmp_path, source, "zh")
    async with database.connection() as db:
        ctx = await _context(db, workspace)
        deals = {d["reference"]: d for d in await _all(ctx, "opportunity")}
        assert set(deals) == {"A1", "A2", "A6"}
        assert deals["A1"]["product"]["title"] == "GTX Pro"
        assert deals["A1"]["account"]["title"] == "Alpha"
        assert deals["A2"]["account"]["title"] == "Gamma"
        assert deals["A6"]["account"] is None
        assert {a["name"] for a in await _all(ctx, "account")} == {"Alpha", "Gamma"}
        [jose] = await _all(ctx, "user", filter={"field": "name", "op": "eq", "value": "José Ruiz"})
        assert jose["email"] == "jose.ruiz@example.com"
        assert jose["region"] == "North"
    assert "3 failed" in told
    assert told.count("!") >= 4


def test_missing_files_are_named(tmp_path):
    _write(tmp_path, "accounts", [["Alpha", "retail", "1999", "12.5", "10", "China", ""]])
    with pytest.raises(team_files.Unfit, match="products"):
        team_files.read(tmp_path)
