from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi import transfer
from guanxi.base import Forbidden, Invalid
from guanxi.base.text import guard
from guanxi.records import Create, Update, write
from guanxi.schema.query import read_query
from guanxi.transfer.table import unguard

if TYPE_CHECKING:
    from conftest import World

MEAN = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\ttab",
    "＝1",
    "'=quoted",
    "''=twice",
    "plain",
    "O'Neil",
    'a, "b"\nc',
    "#N/A",
    "007",
]


async def export(
    world: World,
    object: str = "account",
    format: Any = "csv",
    user: str | None = None,
    what: dict[str, Any] | None = None,
    **how: Any,
) -> bytes:
    async with world.ctx(user) as ctx:
        pieces = [p async for p in transfer.export(ctx, read_query(object, what or {}), format, **how)]
    return b"".join(pieces)


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


async def fill(world: World) -> None:
    async with world.ctx() as ctx:
        first = await write(ctx, "account", [Create({"name": "母公司", "industry": "retail", "revenue": Decimal("1234567.89"), "revenue_currency": "USD",
            "address": {"province": "江苏省", "city": "苏州市", "street": "星湖街 1 号"}, "tags": ["a", "b, c"], "employees": 7, "phone": "13800138000",
            "description": "two\nlines"})])  # fmt: skip
        await write(ctx, "account", [Create({"name": n, "parent": first[0].id}) for n in MEAN])
        await write(
            ctx,
            "contact",
            [Create({"name": "王小明", "account": first[0].id, "birthday": "1990-02-28", "do_not_call": True})],
        )
        await write(
            ctx,
            "opportunity",
            [
                Create(
                    {
                        "name": "D",
                        "account": first[0].id,
                        "amount": 5,
                        "close_date": "2026-03-05",
                        "probability": Decimal("33.5"),
                    }
                )
            ],
        )


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize(("headings", "language"), [("label", "en"), ("label", "zh"), ("name", "en")])
async def test_an_export_is_imported_again_without_a_difference(
    world: World, tmp_path: Path, format: str, headings: Any, language: str
) -> None:
    await fill(world)
    async with world.ctx() as ctx:
        await write(ctx, "user", [Update(world.user, {"language": language, "timezone": "Asia/Shanghai"})])
    for object in ("account", "contact", "opportunity"):
        before = await world.all(object, "id")
        file = tmp_path / f"a.{format}"
        file.write_bytes(await export(world, object, format, headings=headings, ids=True))
        done = await world.run(file, object, mode="update", key="id", options={"empty": "clear"})
        assert (done["updated"], done["failed"], done["skipped"]) == (0, 0, len(before)), done["problems"]
        after = await world.all(object, "id")
        for old, new in zip(before, after, strict=True):
            for name in ("version", "updated_at"):
                old.pop(name), new.pop(name)
        assert after == before
    async with world.ctx() as ctx:
        assert (
            await ctx.db.value(
                f"SELECT count(*) FROM \"{world.workspace.schema}\"._journal WHERE kind = 'update' AND cause = 'import'"
            )
            == 0
        )


async def test_what_spreadsheets_would_compute_is_guarded(world: World) -> None:
    await fill(world)
    rows = table(await export(world))
    names = {r["Name"] for r in rows}
    assert names == {guard(a["name"]) for a in await world.all("account")}
    assert {"'=1+1", "'@SUM(A1)", "'=1", "''=quoted", "'''=twice", "plain"} <= names
    assert not any(n[0] in "=+-@\t\r＝" for n in names)
    first = next(r for r in rows if r["Name"] == "母公司")
    assert (first["Industry"], first["Annual revenue"], first["Owner"], first["Tags"]) == (
        "Retail",
        "1234567.89",
        "Ann Admin",
        'a, "b, c"',
    )
    assert next(r for r in rows if r["Name"] == "plain")["Parent account"] == "母公司"


async def test_json_lines_are_the_records(world: World) -> None:
    await fill(world)
    lines = (await export(world, format="jsonl", what={"sort": "name"})).splitlines()
    shown = await world.all("account", "name")
    assert [json.loads(line) for line in lines] == shown


async def test_filter_sort_fields_and_paths(world: World) -> None:
    await fill(world)
    what = {
        "filter": {"field": "name", "op": "contains", "value": "plain"},
        "fields": ["name", "parent.name", "parent.address"],
        "sort": "-name",
    }
    assert table(await export(world, what=what)) == [
        {"Name": "plain", "Parent account · Name": "母公司", "Parent account · Address": "江苏省苏州市星湖街 1 号"}
    ]
    assert table(await export(world, what=what, headings="name"))[0].keys() == {"name", "parent.name", "parent.address"}


async def test_only_what_one_may(world: World) -> None:
    await fill(world)
    rep, manager = await world.person("Rep", "rep"), await world.person("Boss", "manager")
    with pytest.raises(Forbidden):
        await export(world, user=rep)
    assert table(await export(world, user=manager)) == []
    with pytest.raises(Invalid):
        await export(world, what={"fields": ["nope"]})
    with pytest.raises(Invalid):
        await export(world, format="pdf")
    async with world.ctx() as ctx:
        assert transfer.export_file(ctx, "account", "xlsx")[0].endswith(".xlsx")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_guarding_is_undone(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in tuple("=+-@\t\r\n＝＋－＠")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.text(
            st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cf", "Cn", "Co"]),
            min_size=1,
            max_size=15,
        ),
        min_size=1,
        max_size=5,
        unique=True,
    )
)
def test_guarded_tables_are_read_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["name", "note"], *([guard(n), "x"] for n in names)])
    path = tmp_path_factory.mktemp("guard") / "a.csv"
    path.write_text("\ufeff" + out.getvalue(), encoding="utf-8", newline="")
    found = transfer.inspect(path, {"header_row": 1, "delimiter": ",", "quote": '"'})
    assert [unguard(cells[0]) for _, cells in transfer.rows(path, found)] == names
