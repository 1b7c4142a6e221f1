from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from guanxi import transfer
from guanxi.base import Invalid, NotFound
from guanxi.base.json import loads
from guanxi.pg import Connection
from guanxi.pg.jobs import tasks
from guanxi.records import undo
from guanxi.transfer import running
from guanxi.transfer.mapping import targets

if TYPE_CHECKING:
    from conftest import World

ACCOUNTS = """客户名称,行业,电话,年营收,员工人数,成立年份,城市,负责人
苏州澜石精密制造有限公司,制造业,0512-6255 8800,￥386.4万,120,2001,苏州,Ann Admin
宁波沅海汽车零部件,machinery,13812346021,"5,128,000.50",300人,1999,宁波,ann@example.com
"""


async def test_a_file_becomes_records(world: World) -> None:
    sent = await world.send(ACCOUNTS.encode("gbk"))
    assert (sent["encoding"], sent["format"], sent["rows"], sent["header_row"]) == ("gb18030", "csv", 2, 1)
    assert sent["mapping"] == {
        "客户名称": "name", "行业": "industry", "电话": "phone", "年营收": "revenue", "员工人数": "employees",
        "成立年份": "founded", "城市": "address.city", "负责人": "owner",
    }  # fmt: skip
    assert sent["columns"][0]["suggestion"]["field"] == "name"
    assert {"field": "address.city", "label": {"en": "Address · city", "zh": "地址 · 市"}}.items() <= next(
        t for t in sent["targets"] if t["field"] == "address.city"
    ).items()
    done = await world.run(ACCOUNTS.encode("gbk"))
    assert (done["status"], done["read"], done["created"], done["failed"], done["problems"]) == ("done", 2, 2, 0, [])
    first, second = await world.all("account", "name")
    assert (second["name"], second["industry"], float(second["revenue"]), second["employees"]) == (
        "苏州澜石精密制造有限公司", "manufacturing", 3864000.0, 120)  # fmt: skip
    assert second["address"]["city"] == "苏州市"
    assert second["owner"]["title"] == "Ann Admin"
    assert (first["industry"], float(first["revenue"]), first["employees"]) == ("machinery", 5128000.5, 300)


async def test_bad_rows_are_listed_and_can_be_sent_again(world: World) -> None:
    file = "name,industry,revenue,phone\nGood,retail,100,13800138000\nBad one,nonsense,many,13800138001\n,retail,5,\n=cmd(),retail,7,\n"
    done = await world.run(file.encode())
    assert (done["created"], done["failed"], done["read"]) == (2, 2, 4)
    assert {(p["field"], p["code"], p["count"]) for p in done["problems"]} == {
        ("industry", "not_an_option", 1), ("revenue", "not_a_number", 1), ("name", "required", 1),
    }  # fmt: skip
    assert next(p for p in done["problems"] if p["field"] == "revenue")["samples"] == [
        {"line": 3, "value": "many", "count": 1}
    ]
    rows = await world.errors(done["id"])
    assert rows[0] == [
        "Line (import)",
        "Column (import)",
        "Value (import)",
        "Reason (import)",
        "name",
        "industry",
        "revenue",
        "phone",
    ]
    assert rows[1][:3] == ["3", "industry; revenue", "nonsense; many"]
    assert "“nonsense” is not an option of “industry”" in rows[1][3]
    assert rows[1][4:] == ["Bad one", "nonsense", "many", "13800138001"]
    mended = (
        "\n".join(",".join(f'"{c}"' for c in row) for row in rows)
        .replace("nonsense", "retail")
        .replace("many", "3")
        .replace(',"","retail"', ',"C","retail"')
    )
    again = await world.run(mended.encode())
    assert (again["created"], again["failed"]) == (2, 0)
    assert sorted(a["name"] for a in await world.all("account")) == ["=cmd()", "Bad one", "C", "Good"]


async def test_update_and_upsert_go_by_a_key(world: World) -> None:
    await world.run(b"name,registration,phone\nA,1,0512-62558800\nB,2,0512-62558801\n")
    done = await world.run(
        b"registration,name,phone\n1,A2,\n3,C,0512-62558803\n1,A3,0512-62558804\n,D,\n",
        mode="upsert",
        key="registration",
    )
    assert (done["created"], done["updated"], done["failed"], done["skipped"]) == (2, 2, 0, 0)
    found = {a["registration"]: a for a in await world.all("account")}
    assert (found["1"]["name"], found["1"]["phone"][-4:]) == ("A3", "8804")
    assert found["2"]["name"] == "B"
    done = await world.run(b"registration,name\n1,A4\n9,X\n,Y\n", mode="update", key="registration")
    assert (done["created"], done["updated"], done["failed"], done["skipped"]) == (0, 1, 1, 1)
    assert {p["code"] for p in done["problems"]} == {"key_missing", "key_not_found"}
    done = await world.run(b"registration,name\n1,A5\n10,Z\n", mode="create", key="registration")
    assert (done["created"], done["skipped"]) == (1, 1)
    async with world.ctx() as ctx:
        sent = await world.send(b"registration,name\n1,A5\n")
        for how, code in (
            ({"mode": "update"}, "key_needed"),
            ({"mode": "upsert", "key": "phone"}, "key_not_mapped"),
            ({"key": "nope"}, "unknown_field"),
        ):
            with pytest.raises(Invalid) as caught:
                await transfer.start(ctx, world.folder, upload=sent["id"], object="account", **how)
            assert caught.value.errors[0].code == code


ONCE = [  # what a sheet without its key says twice, and what is another
    ("account", "name,email,phone\n北方科技,,0512-62558800\n北方科技,,\nNorth,n@x.example,\nNorth,,\nSouth,,0512-62558800\n", 3),
    ("contact", "name,email,mobile,account\nLi Lei,,13800138000,\nLi Lei,,138 0013 8000,\nLi Lei,,13900139000,\nHan,,13800138000,\nWei,,,North\nWei,,,North\nWei,,,\nWei,,,\n", 6),
    ("contact", "".join(f"BEGIN:VCARD\nVERSION:3.0\nN:{n}\nFN:Li {n}\nTEL;CELL:13800138009\nEND:VCARD\n" for n in ("Lei", "Lei", "Na")) + "BEGIN:VCARD\nFN:A\nEMAIL:a@x.example\nEND:VCARD\n", 3),
]  # fmt: skip


@pytest.mark.parametrize(("object", "text", "records"), ONCE, ids=["account", "contact", "cards"])
async def test_rows_without_the_key_are_known_by_what_else_tells_them(
    world: World, object: str, text: str, records: int
) -> None:
    rows = text.count("\nEND:VCARD") or text.count("\n") - 1
    if object == "contact":
        await world.run(b"name\nNorth\n")
    for dry in (True, False):
        done = await world.run(text.encode(), object, key="email", dry_run=dry)
        assert (done["created"], done["skipped"], done["failed"]) == (records, rows - records, 0), (
            dry,
            done["problems"],
        )
        assert {p["code"] for p in done["problems"] if p["kind"] == "note"} >= {"already_there"}
    # Against what is there by now: only the two who share no more than a name come again.
    again = await world.run(text.encode(), object, key="email", mode="upsert")
    assert (again["created"], again["failed"]) == (text.count("Wei,,,\n"), 0), again["problems"]


async def test_empty_cells_are_left_alone_unless_told_otherwise(world: World) -> None:
    await world.run(b"name,registration,phone\nA,1,0512-62558800\n")
    await world.run(b"registration,phone\n1,\n", mode="update", key="registration")
    assert (await world.all("account"))[0]["phone"]
    await world.run(b"registration,phone\n1,\n", mode="update", key="registration", options={"empty": "clear"})
    assert (await world.all("account"))[0]["phone"] is None


async def test_links_are_found_made_or_refused(world: World) -> None:
    await world.run("name,phone\nGTX Pro 有限公司,\nTwin,1234567\nTwin,1234568\n".encode())
    file = (
        "name,account\nAnn,GTX Pro 有限公司\nBob,gtxpro有限公司\nCid,Newcomer\nDan,newcomer \nEve,Twin\nFay,\n".encode()
    )
    how: dict[str, Any] = {"mapping": {"name": "name", "account": {"field": "account", "missing": "fail"}}}
    done = await world.run(file, "contact", **how)
    assert (done["created"], done["failed"]) == (3, 3)
    assert {(p["code"], p["count"]) for p in done["problems"]} == {
        ("link_not_found", 2),
        ("link_ambiguous", 1),
        ("link_loose", 1),
    }
    how["mapping"]["account"]["missing"] = "empty"
    done = await world.run(file, "contact", **how)
    assert (done["created"], done["failed"]) == (6, 0)
    assert {(p["code"], p["count"]) for p in done["problems"]} == {("left_empty", 3), ("link_loose", 1)}
    how["mapping"]["account"]["missing"] = "create"
    done = await world.run(file, "contact", **how)
    assert (done["created"], done["failed"]) == (5, 1)
    assert len(await world.all("account", name="Newcomer")) == 1
    contacts = {c["name"]: c["account"] for c in await world.all("contact")}
    assert contacts["Cid"]["title"] == contacts["Dan"]["title"] == "Newcomer"
    how["mapping"]["account"] |= {"missing": "fail", "values": {"Twin": "Newcomer"}}
    assert (await world.run(file, "contact", **how))["failed"] == 0


async def test_links_within_the_file_are_made_at_the_end(world: World) -> None:
    file = b"account,subsidiary_of\nChild,Parent\nParent,\nOrphan,Nobody\nGrandchild,child\n"
    for dry_run in (True, False):
        done = await world.run(
            file, mapping={"account": "name", "subsidiary_of": {"field": "parent", "missing": "empty"}}, dry_run=dry_run
        )
        assert (done["status"], done["created"]) == ("done", 4)
        assert ("left_empty", 1) in {(p["code"], p["count"]) for p in done["problems"]}
    parents = {a["name"]: a["parent"] and a["parent"]["title"] for a in await world.all("account")}
    assert parents == {"Child": "Parent", "Parent": None, "Orphan": None, "Grandchild": "Child"}


async def test_options_are_added_left_empty_or_refused(world: World) -> None:
    file = "name,sector\nA,technolgy\nB,Technology\nC,太空\nD,太空\n".encode()

    async def run(unknown: str, **how: Any) -> dict[str, Any]:
        return await world.run(
            file, mapping={"name": "name", "sector": {"field": "industry", "unknown": unknown}}, **how
        )

    done = await run("fail")
    assert (done["created"], done["failed"]) == (1, 3)
    near = next(p for p in done["problems"] if p["code"] == "not_an_option_but_near")
    assert near["samples"][0] == {"line": 2, "value": "technolgy", "count": 1, "near": "technology"}
    done = await run("empty")
    assert (done["created"], done["failed"]) == (4, 0)
    done = await run("add", dry_run=True)
    assert (done["created"], done["failed"]) == (4, 0)
    done = await run("add")
    assert (done["created"], done["failed"]) == (4, 0)
    assert [a["industry"] for a in (await world.all("account"))[-4:]] == ["technolgy", "technology", "太空", "太空"]
    rep = await world.person("Rep", "rep")
    with pytest.raises(Invalid) as caught:
        await world.run(file, user=rep, mapping={"name": "name", "sector": {"field": "industry", "unknown": "add"}})
    assert caught.value.errors[0].code == "may_not_add_options"


async def test_a_dry_run_says_the_same_and_changes_nothing(world: World) -> None:
    file = b"name,industry,account\nGood,retail,\nBad,xx,\n"
    dry = await world.run(file, dry_run=True)
    assert (dry["created"], dry["failed"], dry["change_set"]) == (1, 1, None)
    assert await world.all("account") == []
    real = await world.run(file)
    for key in ("created", "failed", "read", "problems"):
        assert dry[key] == real[key]


async def test_a_dry_run_knows_the_rows_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 3)
    products = b"name,code\n" + b"".join(b"P%d,%d\n" % (i, i % 4) for i in range(10))
    accounts = b"name,registration\n" + b"".join(b"A%d,%d\n" % (i, i % 4) for i in range(10))
    for how in (
        {"object": "product"},
        {"mode": "upsert", "key": "registration"},
        {"mode": "create", "key": "registration"},
    ):
        file = products if "object" in how else accounts
        dry = await world.run(file, dry_run=True, **how)
        real = await world.run(file, **how)
        for name in ("read", "created", "updated", "skipped", "failed"):
            assert dry[name] == real[name], (how, name)
        async with world.ctx() as ctx:
            await undo(ctx, real["change_set"])


async def test_an_import_is_undone_as_one(world: World) -> None:
    done = await world.run(
        b"name,account\nAnn,Newcomer\nBob,Newcomer\n",
        "contact",
        mapping={"name": "name", "account": {"field": "account", "missing": "create"}},
    )
    async with world.ctx() as ctx:
        undone = await undo(ctx, done["change_set"])
    assert undone["undone"] == 3
    assert await world.all("contact") == []
    assert await world.all("account") == []


async def test_names_of_people_and_addresses_come_in_parts(world: World) -> None:
    file = "First Name,Last Name,Business Street,Business City,Business Country\nAda,Lovelace,1 Main St,London,UK\n,王小明,,,\n".encode()
    done = await world.run(file, "contact")
    assert done["created"] == 2, done
    ada, wang = await world.all("contact")
    assert (ada["name"], ada["name_family"], ada["name_given"]) == ("Ada Lovelace", "Lovelace", "Ada")
    assert ada["address"] == {"street": "1 Main St", "city": "London", "country": "UK"}
    assert wang["name"] == "王小明"


async def test_what_is_put_into_its_standard_form_is_told_with_both(world: World) -> None:
    file = (
        "客户名称,地址,统一社会信用代码\n"
        "ＡＢＣ科技(上海)有限公司,深圳南山区科技园路 1 号,9131 0115 MA1K 3BTP 2B\n"
        "远航贸易有限公司,,91310115MA1K3BTP2A\n"
    ).encode()
    done = await world.run(file)
    assert (done["created"], done["failed"]) == (1, 1), done
    [made] = await world.all("account")
    assert (made["name"], made["registration"]) == ("ABC科技（上海）有限公司", "91310115MA1K3BTP2B")
    assert made["address"]["city"] == "深圳市"
    told = {(p["field"], p["code"]): p for p in done["problems"]}
    name = told["name", "written_so"]
    assert name["samples"][0]["value"] == "ＡＢＣ科技(上海)有限公司"
    assert name["samples"][0]["near"] == "ABC科技（上海）有限公司"
    assert "ABC科技（上海）有限公司" in name["message"]
    assert ("registration", "credit_code_check") in told
    assert ("registration", "written_so") not in told  # spaces alone


async def test_nobody_imports_what_they_may_not(world: World) -> None:
    agent, rep = await world.person("Agent", "agent"), await world.person("Rep", "rep")
    with pytest.raises(Exception, match="may not import"):
        await world.run(b"name\nA\n", user=agent)
    done = await world.run(b"name,owner\nMine,Rep\nYours,Ann Admin\nAlso mine,\n", user=rep)
    assert (done["created"], done["failed"]) == (2, 1)
    assert {p["code"] for p in done["problems"]} == {"forbidden_scope"}
    assert sorted(a["name"] for a in await world.all("account")) == ["Also mine", "Mine"]
    async with world.ctx(agent) as ctx:
        with pytest.raises(NotFound):
            await transfer.status(ctx, done["id"])
    async with world.ctx() as ctx:
        assert [i["id"] for i in (await transfer.listing(ctx))["data"]] == [done["id"]]
    async with world.ctx(agent) as ctx:
        assert (await transfer.listing(ctx))["data"] == []


async def test_a_mapping_is_remembered(world: World) -> None:
    await world.run(b"Title,Kanal\nA,x@y.cn\n", mapping={"Title": "name", "Kanal": "email"})
    sent = await world.send(b"kanal,TITLE\nb@y.cn,B\n")
    assert sent["mapping"] == {"TITLE": "name", "kanal": "email"}
    # What was left out then, and what the headings say today, are told apart.
    await world.run(b"Name,Phone\nA,13912345678\n", mapping={"Name": "name", "Phone": None})
    again = await world.send(b"Name,Phone\nB,13912345679\n")
    assert (again["mapping"]["Phone"], again["afresh"]["Phone"]) == (None, "phone")
    await world.run(b"Name,E-mail\nA,a@y.cn\n", mapping={"Name": "name", "E-mail": "email"})
    assert (await world.send(b"Name,E-mail\nB,b@y.cn\n"))["afresh"] is None


async def test_workbooks_too(world: World, tmp_path: Path) -> None:
    import datetime as dt

    import xlsxwriter

    path = tmp_path / "deals.xlsx"
    with xlsxwriter.Workbook(path) as wb:
        ws, day = wb.add_worksheet(), wb.add_format({"num_format": "d/m/yy"})
        ws.write_row(0, 0, ["Deal Name", "Amount", "Close Date", "Deal Stage"])
        ws.write_row(1, 0, ["D", 1234.5])
        ws.write_datetime(1, 2, dt.date(2026, 3, 5), day)
        ws.write_string(1, 3, "needs analysis")
        ws.write_row(2, 0, ["E", 3, 46086, "Won"])
    mapping = {"Deal Name": "name", "Amount": "amount", "Close Date": "close_date", "Deal Stage": "stage"}
    done = await world.run(path, "opportunity", mapping=mapping)
    assert (done["created"], done["failed"]) == (2, 0), done
    first, second = await world.all("opportunity")
    assert (first["amount"], first["close_date"], first["stage"], second["close_date"]) == (
        1234.5,
        "2026-03-05",
        "needs",
        "2026-03-05",
    )


MESS = st.text(
    st.sampled_from("aZ0é中文　 ,;\t|'\"=+-@<>%/\\.:年月日¥$万\u200b\x01\x7f\0\ufeff\U0001f600\r\n（）٣"), max_size=14
)


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(st.lists(MESS, min_size=24, max_size=24), min_size=1, max_size=6),
    policy=st.sampled_from(["fail", "empty", "create"]),
    dry=st.booleans(),
)
async def test_no_cell_breaks_an_import(world: World, rows: list[list[str]], policy: str, dry: bool) -> None:
    """Whatever cells hold, every row is created or listed; nothing else happens."""
    for object in ("account", "contact", "opportunity"):
        async with world.ctx() as ctx:
            found = targets(ctx.catalog, ctx.catalog.object(object), ctx.actor)
        offered = [path for path, target in found.items() if not target.via]
        names = [n for n in offered if "." not in n][:12] + [n for n in offered if "." in n][:12]
        mapping = {
            n: {
                "field": n,
                "missing": policy,
                "unknown": "add"
                if policy == "create" and n in ("industry", "status", "role", "source")
                else "empty"
                if policy == "empty"
                else "fail",
            }
            for n in names
        }
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows([names, *[row[: len(names)] for row in rows]])
        how = {"encoding": "utf-8", "delimiter": ",", "quote": '"', "header_row": 1}
        done = await world.run(out.getvalue().encode(), object, mapping=mapping, options=how, dry_run=dry)
        assert (done["status"], done["error"]) == ("done", None)
        assert done["created"] + done["failed"] == done["read"]
        if done["failed"]:
            assert len(await world.errors(done["id"])) == done["failed"] + 1


async def test_columns_are_joined_and_fields_filled_without_a_column(world: World) -> None:
    file = "省,名称,分公司,备注\n江苏,澜石,苏州,\n浙江,沅海,,展会认识\n".encode()
    mapping: dict[str, Any] = {
        "省": "address.province",
        "名称": "name",
        "分公司": {"field": "name", "join": " · "},
        "备注": "description",
        "source": {"field": "source", "value": "展会"},
        "owner": {"field": "owner", "value": "Ann Admin"},
        "revenue": {"field": "revenue", "value": "3.5万"},
    }
    done = await world.run(file, mapping=mapping)
    assert (done["created"], done["failed"], done["problems"]) == (2, 0, [])
    found = {a["name"]: a for a in await world.all("account")}
    assert set(found) == {"澜石 · 苏州", "沅海"}
    assert {a["source"] for a in found.values()} == {"exhibition"}
    assert {float(a["revenue"]) for a in found.values()} == {35000.0}
    assert {a["owner"]["title"] for a in found.values()} == {"Ann Admin"}
    # The next file of this kind begins with the same decisions.
    assert (await world.send(file))["mapping"] == mapping


async def test_a_value_for_all_rows_is_refused_at_once_where_its_field_does_not_take_it(world: World) -> None:
    wrong: dict[str, Any] = {
        "name": "name",
        "a": {"field": "source", "value": "nowhere"},
        "b": {"field": "parent", "value": "Nobody Ltd"},
        "c": {"field": "founded", "value": "12"},
        "d": {"field": "email", "value": "x"},
    }
    with pytest.raises(Invalid) as refused:
        await world.begin(b"name\nA\n", mapping=wrong)
    assert {e.field for e in refused.value.errors} == {
        "mapping.a.value", "mapping.c.value", "mapping.d.value",
    }  # fmt: skip


async def test_what_a_field_does_not_take_is_left_empty_when_that_is_wanted(world: World) -> None:
    file = b"name,founded,email,revenue\nA,last year,nobody,100\nB,1999,b@example.com,a lot\nC,99,,5\n"
    how = {"founded": "founded", "email": "email", "revenue": "revenue"}
    mapping = {"name": "name"} | {c: {"field": f, "unknown": "empty"} for c, f in how.items()}
    done = await world.run(file, mapping=mapping)
    assert (done["created"], done["failed"]) == (3, 0)
    assert {(p["field"], p["kind"], p["code"], p["count"]) for p in done["problems"]} == {
        ("founded", "note", "left_empty", 2), ("email", "note", "left_empty", 1), ("revenue", "note", "left_empty", 1),
    }  # fmt: skip
    found = {
        a["name"]: (a["founded"], a["email"], a["revenue"] and float(a["revenue"])) for a in await world.all("account")
    }
    assert found == {"A": (None, None, 100.0), "B": (1999, "b@example.com", None), "C": (None, None, 5.0)}
    with pytest.raises(Invalid):  # a number becomes no option
        await world.begin(file, mapping={"name": "name", "founded": {"field": "founded", "unknown": "add"}})


async def test_every_value_that_caused_a_problem_is_told_with_its_count(world: World) -> None:
    rows = "".join(f"A{i},{'GTXPro' if i % 3 else 'GTX Ultra'}\n" for i in range(60))
    done = await world.run(f"name,industry\n{rows}".encode(), dry_run=True)
    [problem] = done["problems"]
    assert [(s["value"], s["count"], s["line"]) for s in problem["samples"]] == [
        ("GTX Ultra", 20, 2),
        ("GTXPro", 40, 3),
    ]


async def test_a_small_import_is_run_by_the_worker_and_tells_how_far_it_is(world: World) -> None:
    id, job = await world.begin(b"name\nA\nB\n")
    assert job.name == "transfer.small"
    heard: list[dict[str, Any]] = []
    connection = await Connection.open(world.database.url)
    try:
        await connection.script("LISTEN guanxi")
        await tasks[job.name].run(job)
        async for notice in connection.notices():
            heard.append(loads(notice.payload.encode()))
            if heard[-1]["kind"] == "records":
                break
    finally:
        await connection.close()
    told = next(n for n in heard if n["kind"] == "jobs")
    assert (told["import"], told["user"], told["status"], told["read"], told["created"]) == (
        id,
        world.user,
        "done",
        2,
        2,
    )
    assert (heard[-1]["object"], heard[-1]["ids"]) == ("account", None)


async def test_a_large_file_is_imported_in_a_process_of_its_own(world: World) -> None:
    _, job = await world.begin(b"name\n" + b"A\n" * 1_001)
    assert job.name == "transfer.large"
    assert tasks[job.name].process


async def test_a_key_that_many_rows_are_found_by_gets_an_index(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one every batch would go through all that is there; a trial run leaves the catalog alone."""
    monkeypatch.setattr(running, "CHUNK", 2)

    async def indexed() -> bool:
        async with world.ctx() as ctx:
            found = await ctx.db.fetch(
                "SELECT FROM pg_indexes WHERE tablename = 'account' AND indexname = 'account.website.filled.order'"
            )
        return bool(found)

    file = b"name,website\nA,https://a.example\nB,https://b.example\nC,https://c.example\n"
    for how, there in (({"dry_run": True}, False), ({}, True)):
        done = await world.run(file, mode="upsert", key="website", **how)
        assert (done["created"], await indexed()) == (3, there)


async def test_what_was_only_tried_can_be_left_out_of_the_list(world: World) -> None:
    tried, done = await world.run(b"name\nA\n", dry_run=True), await world.run(b"name\nA\n")
    async with world.ctx() as ctx:
        assert [i["id"] for i in (await transfer.listing(ctx))["data"]] == [done["id"], tried["id"]]
        assert [i["id"] for i in (await transfer.listing(ctx, dry_run=False))["data"]] == [done["id"]]
        assert [i["id"] for i in (await transfer.listing(ctx, dry_run=True))["data"]] == [tried["id"]]


async def test_an_update_may_fill_only_what_is_empty(world: World) -> None:
    await world.run(b"name,phone,employees,tags\nA,13800138000,,x\nB,,7,\n")
    file = b"name,phone,employees,tags\nA,13900139000,12,y\nB,13700137000,8,z\nC,,1,\nA,13600136000,13,\n"
    how: dict[str, Any] = {"mode": "upsert", "key": "name", "options": {"existing": "fill"}}
    tried = await world.run(file, **how, dry_run=True)
    done = await world.run(file, **how)
    assert (done["created"], done["updated"], done["skipped"], done["failed"]) == (1, 2, 1, 0)
    assert (tried["created"], tried["failed"]) == (1, 0)
    found = {a["name"]: (a["phone"], a["employees"], a["tags"]) for a in await world.all("account")}
    assert found == {
        "A": ("+8613800138000", 12, ["x"]), "B": ("+8613700137000", 7, ["z"]), "C": (None, 1, []),
    }  # fmt: skip
    again = await world.run(file, **how)
    assert (again["created"], again["updated"], again["skipped"]) == (0, 0, 4)
    with pytest.raises(Invalid):
        await world.begin(file, **{**how, "options": {"existing": "sometimes"}})
