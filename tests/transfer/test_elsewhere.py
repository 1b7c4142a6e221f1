"""What other systems write is read: their files, under the headings that they are documented with, come in by what is suggested for
them, with who made the records and when; and what could not be taken is told."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from guanxi import records
from guanxi.schema.catalog import Catalog, fold

if TYPE_CHECKING:
    from conftest import World

# name, object, file, what the first record is to hold (links by their titles), what no column is suggested for
FILES: list[tuple[str, str, str, dict[str, Any], set[str]]] = [
    ("salesforce", "lead", """\
Id,IsDeleted,LastName,FirstName,Salutation,Title,Company,Street,City,State,PostalCode,Country,Phone,MobilePhone,Email,Website,LeadSource,Status,Industry,Rating,AnnualRevenue,NumberOfEmployees,OwnerId,HasOptedOutOfEmail,DoNotCall,CreatedDate,CreatedById,SystemModstamp
00QIU000001aAbC2AU,0,Snyder,Kathy,Ms.,Regional Manager,TNR Corp.,1 High St,Hartford,CT,06103,USA,+1 860 273 0123,+1 860 555 0111,ksynder@tnr.example,http://tnr.example,Partner Referral,Working,Technology,Hot,120000,40,ming@example.com,0,1,2024-03-05T09:30:00.000Z,ming@example.com,2024-04-01T00:00:00.000Z
""", {"name": "Kathy Snyder", "company": "TNR Corp.", "email": "ksynder@tnr.example", "mobile": "+18605550111", "job_title": "Regional Manager", "owner": "Ming", "created_by": "Ming", "created_at": "2024-03-05T09:30", "do_not_call": True, "source": "partner", "reference": "00QIU000001aAbC2AU"}, {"IsDeleted", "SystemModstamp"}),
    ("hubspot", "opportunity", """\
Record ID,Deal Name,Pipeline,Deal Stage,Amount,Close Date,Create Date,Deal owner,Associated Company,Associated Contact,Last Activity Date
8812345,Line 3,Sales Pipeline,Contract Sent,45000,2024-09-30 10:00,2024-03-05 09:30,Ming,Polaris Machines,Li Lei,2024-08-01 08:00
""", {"name": "Line 3", "stage": "negotiation", "amount": 45000, "account": "Polaris Machines", "contact": "Li Lei", "owner": "Ming", "close_date": "2024-09-30", "created_at": "2024-03-05T09:30", "reference": "8812345"}, {"Last Activity Date"}),
    ("zoho", "lead", """\
Record Id,Lead Owner.id,Lead Owner,Company,First Name,Last Name,Title,Email,Phone,Fax,Mobile,Website,Lead Source,Lead Status,Industry,No of Employees,Annual Revenue,Rating,Created By.id,Created By,Modified By,Created Time,Modified Time,Salutation,Secondary Email,Email Opt Out,Skype ID,Street,City,State,Zip Code,Country,Description
zcrm_4876876000000411,zcrm_1,Ming,Hillcrest Foods,Mary,Ames,Buyer,mary@hillcrest.example,614-555-0400,,614-555-0401,hillcrest.example,Web,Not Contacted,Retail,12,90000,,zcrm_1,Ming,Ming,2024-03-05 09:30:00,2024-06-01 10:00:00,Ms.,,true,,5 Hill St,Columbus,OH,43221,United States,Wants a quote
""", {"name": "Mary Ames", "company": "Hillcrest Foods", "email": "mary@hillcrest.example", "job_title": "Buyer", "owner": "Ming", "created_by": "Ming", "created_at": "2024-03-05T09:30", "need": "Wants a quote", "status": "new", "source": "website", "do_not_email": True, "reference": "zcrm_4876876000000411"}, {"Lead Owner.id", "Created By.id", "Fax", "Modified Time", "Skype ID"}),
    ("espocrm", "account", """\
name,website,emailAddress,phoneNumber,type,industry,sicCode,billingAddressStreet,billingAddressCity,billingAddressState,billingAddressCountry,billingAddressPostalCode,shippingAddressStreet,shippingAddressCity,description,assignedUserId,assignedUserName,createdById,createdByName,createdAt,modifiedAt
Nordwind GmbH,https://nordwind.example,info@nordwind.example,+49 30 901820,Customer,Technology,7372,Hauptstr. 1,Berlin,BE,Germany,10115,Nebenstr. 2,Potsdam,Old customer,66a1,Ming,66a1,Ming,2024-03-05 09:30:00,2024-06-01 10:00:00
""", {"name": "Nordwind GmbH", "website": "https://nordwind.example", "email": "info@nordwind.example", "phone": "+4930901820", "owner": "Ming", "created_by": "Ming", "created_at": "2024-03-05T09:30", "address.street": "Hauptstr. 1", "address.city": "Berlin", "address.postal_code": "10115", "description": "Old customer"}, {"sicCode", "modifiedAt", "shippingAddressStreet", "assignedUserId"}),
    ("fxiaoke", "account", """\
客户名称（必填）,客户编号,客户类型,客户级别,成交状态,1级行业,2级行业,来源,电话,传真,邮件,网址,国家,省,市,区,详细地址,备注,负责人,负责人主属部门,创建人,创建时间,最后修改时间,统一社会信用代码
远航贸易有限公司,C0001,企业,重要客户,已成交,零售,超市,展会,0755-26012345,,info@yuanhang.example,yuanhang.example,中国,广东省,深圳市,南山区,科技园路1号,老客户,Ming,销售部,Ming,2024-03-05 09:30,2024-06-01 10:00,91350100M000100Y43
""", {"name": "远航贸易有限公司", "phone": "+8675526012345", "email": "info@yuanhang.example", "owner": "Ming", "created_by": "Ming", "created_at": "2024-03-05T09:30", "address.province": "广东省", "address.district": "南山区", "address.street": "科技园路1号", "registration": "91350100M000100Y43", "description": "老客户", "reference": "C0001", "source": "exhibition"}, {"传真", "最后修改时间", "负责人主属部门", "2级行业"}),
    ("cordys", "account", """\
客户名称,客户行业,客户等级,客户类型,客户来源,线上来源详情,客户标签,地区,负责人,部门,领取时间,归属公海,剩余归属天数,最新跟进人,最新跟进日期,创建人,创建时间,更新人,更新时间
星河机械有限公司,制造业,重要客户,最终客户,线下,,老客户,广东省-深圳市-南山区,Ming,销售一部,2024-05-01 08:00:00,,12,Ming,2024-06-01,Ming,2024-03-05 09:30:00,Ming,2024-06-01 10:00:00
""", {"name": "星河机械有限公司", "industry": "manufacturing", "owner": "Ming", "created_by": "Ming", "created_at": "2024-03-05T09:30", "region": "广东省-深圳市-南山区", "tags": ["老客户"]}, {"部门", "领取时间", "剩余归属天数", "更新时间", "线上来源详情"}),
]  # fmt: skip


MADE = ("account", "contact")


def load_declared() -> Catalog:
    return fold(records.declared())


def held(record: dict[str, Any], path: str) -> Any:
    """A value of a record: of a link its title, of a moment its minutes."""
    value: Any = record
    for part in path.split("."):
        value = value[part] if value else None
    if isinstance(value, dict) and "title" in value:
        return value["title"]
    return value[:16] if path == "created_at" else value


@pytest.mark.parametrize(("system", "object", "text", "wanted", "left"), FILES, ids=[f[0] for f in FILES])
async def test_files_of_other_systems_come_in_as_they_are(
    world: World, system: str, object: str, text: str, wanted: dict[str, Any], left: set[str]
) -> None:
    await world.person("Ming", "rep")
    seen = await world.send(text.encode(), object=object)
    assert (seen["profile"]["name"], seen["profile"]["object"]) == (system, object)
    entity = load_declared().object(object)
    chosen: dict[str, Any] = {}
    for column, target in seen["mapping"].items():
        path = target["field"] if isinstance(target, dict) else target
        f = entity.fields.get(path or "")
        how = {"unknown": "empty"} if f and f.options else {"missing": "create"} if f and f.target in MADE else {}
        chosen[column] = {**(target if isinstance(target, dict) else {"field": path}), **how} if how else target
    done = await world.run(text.encode(), object, mapping=chosen)
    assert (done["created"], done["failed"]) == (1, 0), done["problems"]
    [record] = await world.all(object)
    found = {path: held(record, path) for path in wanted}
    assert found == wanted, (seen["mapping"], done["problems"])
    assert {c for c, target in seen["mapping"].items() if target is None} >= left
    # What one of the choices did not take is told with the value that it was.
    assert {p["kind"] for p in done["problems"]} <= {"note"}
    for p in done["problems"]:
        assert p["samples"][0]["value"] in text


GONE = [  # object, file, the heading that tells, the heading of names
    ("account", "Id,IsDeleted,Name,OwnerId,SystemModstamp\n001A1,0,North,ming@example.com,x\n001A2,1,South,ming@example.com,x\n", "IsDeleted", "Name"),
    ("account", "客户名称（必填）,负责人,生命状态,唯一性ID\nNorth,Ming,正常,a1\nSouth,Ming,作废,a2\n", "生命状态", "客户名称（必填）"),
    ("account", "Domain Name / Link URL,Name,Deleted at\nnorth.example,North,\nsouth.example,South,2024-03-05\n", "Deleted at", "Name"),
]  # fmt: skip


@pytest.mark.parametrize(("object", "text", "heading", "names"), GONE, ids=["salesforce", "fxiaoke", "twenty"])
async def test_what_was_deleted_there_stays_out_and_is_told(
    world: World, object: str, text: str, heading: str, names: str
) -> None:
    await world.person("Ming", "rep")
    done = await world.run(text.encode(), object)
    assert (done["read"], done["created"], done["skipped"], done["failed"]) == (2, 1, 1, 0), done["problems"]
    assert [r["name"] for r in await world.all(object)] == ["North"]
    [told] = [p for p in done["problems"] if p["code"] == "deleted_there"]
    assert (told["count"], told["samples"][0]["line"]) == (1, 3)
    assert heading in told["message"]
    # Whoever gives the column a field of its own has said what it means.
    again = await world.run(text.encode(), object, mapping={names: "name", heading: "description"})
    assert again["created"] == 2, again["problems"]


REPORT = """\
Account Name,Billing City,Employees,Annual Revenue
North,Berlin,12,"1,200"
Total,Paris,7,300
Sum,,3,
Name Alone,,,
合计,,22,"1,500"

Accounts by Owner
"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."
Confidential Information - Do Not Distribute
Generated By: Ann Admin  11/30/2026 10:00 AM
Acme Inc
"""


@pytest.mark.parametrize("kind", ["csv", "html"])
async def test_sums_and_what_a_report_says_below_its_table_are_no_customers(world: World, kind: str) -> None:
    text = REPORT
    if kind == "html":
        rows = [next(csv.reader([line]), []) for line in REPORT.splitlines()]
        rows = [(row + [""] * 4)[:4] for row in rows if row]
        cells = ["".join(f"<td>{c}</td>" for c in row) for row in rows]
        text = "<html><table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table></html>"
    done = await world.run(text.encode(), "account")
    names = {r["name"] for r in await world.all("account")}
    told = {p["code"]: p for p in done["problems"]}
    title = {"Accounts by Owner"} if kind == "html" else set[str]()  # nothing tells it from a name there
    assert names == {"North", "Total", "Name Alone"} | title, done["problems"]
    assert (done["failed"], done["skipped"]) == (0, 7 - len(title))
    assert [s["value"] for s in told["sum_row"]["samples"]] == ["Sum", "合计"]
    assert told["below_table"]["count"] == 5 - len(title)
    assert "Acme Inc" in [s["value"] for s in told["below_table"]["samples"]]
    # What only looks like it at the foot of a list is taken.
    more = await world.run("客户名称,城市,员工人数\n注册公司,,\n总计科技,北京,3\n合计,,\n".encode(), "account")
    assert (more["created"], more["skipped"]) == (2, 1), more["problems"]


async def test_a_sheet_of_many_batches_ends_at_its_end(world: World) -> None:
    rows = "".join(f"C{i},{i}\n" for i in range(1_005))
    done = await world.run(f"name,employees\n{rows}共 1005 条,\n导出时间：2026-11-30,\n".encode(), "account")
    assert (done["read"], done["created"], done["skipped"], done["failed"]) == (1_007, 1_005, 2, 0), done["problems"]


async def test_numbers_that_nobody_counted_go_in_and_are_told(world: World) -> None:
    rows = 'A,"5,000+",$1M - $5M\nB,~200,10-50万\nC,约200余人,¥3万以上\nD,"1,001-5,000 employees",1.5M+\nE,1k-5k,7\nF,300 人,20%\nG,010-1234567,9\n'
    done = await world.run(f"name,employees,revenue\n{rows}".encode(), "account")
    found = {r["name"]: (r["employees"], float(r["revenue"])) for r in await world.all("account")}
    assert found == {"A": (5000, 1e6), "B": (200, 1e5), "C": (200, 3e4), "D": (1001, 1.5e6), "E": (1000, 7)}, done
    told = {(p["field"], p["code"], p["count"]) for p in done["problems"]}
    assert told == {
        ("employees", "taken_as_exact", 5), ("revenue", "taken_as_exact", 4),
        ("employees", "not_a_number", 1), ("revenue", "not_a_number", 1),
    }  # fmt: skip


async def test_thousands_that_a_point_groups_are_thousands_where_the_column_has_decimal_commas(world: World) -> None:
    text = "name;revenue;employees\nNorth;1.234.567,89;12\nSouth;1.500;7\nWest;1,5;3\n"
    done = await world.run(text.encode("cp1252"))
    assert (done["created"], done["failed"]) == (3, 0), done["problems"]
    assert {r["name"]: r["revenue"] for r in await world.all("account")} == {
        "North": 1234567.89,
        "South": 1500,
        "West": 1.5,
    }


ODD = """\
name,email,mobile,birthday,account,reference
Ann,"ann@x.example; a2@x.example",13800138000.0,0/0/00,无,4711.0
Bob,"Bob <bob@x.example>, b2@x.example",暂无,-,n/a,30101.0
Cai,无,1.3800138000E+10,0000-00-00,,N-3
Dov,dov@x.example,1.38E+10,,,N-4
Eve,eve@x.example,,,,3.01E+18
"""


async def test_what_stands_in_cells_for_nothing_is_nothing_and_lost_digits_are_told(world: World) -> None:
    mapping: dict[str, Any] = {n: n for n in ("name", "email", "mobile", "birthday", "reference")}
    done = await world.run(
        ODD.encode(), "contact", mapping={**mapping, "account": {"field": "account", "missing": "create"}}
    )
    told = {(p["field"], p["code"], tuple(s["value"] for s in p["samples"])) for p in done["problems"]}
    assert told == {
        ("email", "first_taken", ("ann@x.example; a2@x.example", "Bob <bob@x.example>, b2@x.example")),
        ("mobile", "digits_lost", ("1.38E+10",)),
        ("reference", "digits_lost", ("3.01E+18",)),
    }
    people = {r["name"]: r for r in await world.all("contact")}
    found = {n: (p["email"], p["mobile"], p["birthday"], p["account"], p["reference"]) for n, p in people.items()}
    assert found == {
        "Ann": ("ann@x.example", "+8613800138000", None, None, "4711.0"),
        "Bob": ("bob@x.example", None, None, None, "30101"),
        "Cai": (None, "+8613800138000", None, None, "N-3"),
    }
    assert await world.all("account") == [], "无 is no company"


@pytest.mark.parametrize(
    ("text", "moment", "day"),
    [
        ("1709630000", "2024-03-05T09:13:20", "2024-03-05"), ("1709630000000", "2024-03-05T09:13:20", "2024-03-05"),
        ("1709596800000", "2024-03-05T00:00:00", "2024-03-05"), ("20240305093000", "2024-03-05T09:30:00", "2024-03-05"),
        ("45356.5", "2024-03-05T12:00:00", "2024-03-05"),
    ],
)  # fmt: skip
async def test_moments_that_programs_wrote_as_numbers_are_read(world: World, text: str, moment: str, day: str) -> None:
    mapping = {"name": "name", "at": "created_at", "born": "birthday"}
    done = await world.run(f"name,at,born\nAnn,{text},{text}\n".encode(), "contact", mapping=mapping)
    assert done["failed"] == 0, done["problems"]
    [ann] = await world.all("contact")
    assert (ann["created_at"][:19], ann["birthday"]) == (moment, day)


IN_TURN = [
    ("user", "Id,Username,Name,Email,ProfileId,IsActive,CreatedById\n005A1,li@example.com,Li Lei,li@example.com,00e1,1,005A1\n"),
    ("account", "Id,Name,ParentId,BillingCity,OwnerId,SystemModstamp\n001A2,North Works,001A1,Kiel,005A1,x\n001A1,North,,Kiel,005A1,x\n"),
    ("contact", "Id,AccountId,LastName,FirstName,ReportsToId,OwnerId\n003A1,001A2,Ames,Mary,003A2,005A1\n003A2,001A2,Berg,Per,,005A1\n"),
    ("opportunity", ("Id,AccountId,Name,StageName,CloseDate,Amount,ContactId,OwnerId\n"
                    "006A1,001A2,Line 3,Closed Lost,2024-03-05,100,003A1,005A1\n006A2,001A2,Line 4,Prospecting,2031-03-05,100,003A1,005A1\n")),
]  # fmt: skip


async def test_files_of_one_system_brought_in_one_after_another_find_each_other_by_its_numbers(world: World) -> None:
    """So they do when a file comes a second time; and a lost deal whose reason nobody noted takes the one that was said for it."""
    for again in (False, True):
        for object, text in IN_TURN:
            seen = await world.send(text.encode(), object=object)
            assert seen["profile"]["label"]["en"].endswith("exported from Salesforce"), object
            assert seen["profile"]["object"] == object
            mapping, how = dict(seen["mapping"]), {"mode": seen["profile"]["mode"], "key": seen["key"]}
            existing = seen["profile"]["existing"]
            assert (how["key"], existing) == (("email", "fill") if object == "user" else ("reference", "overwrite"))
            how["options"] = {"existing": existing}
            if object == "user":
                mapping["ProfileId"], mapping["=role"] = None, {"field": "role", "value": "rep"}
            if object == "opportunity":
                refused = await world.run(text.encode(), object, mapping=mapping, dry_run=True, **how)
                assert [(p["field"], p["code"]) for p in refused["problems"] if p["kind"] == "error" and not again] == (
                    [] if again else [("lost_reason", "required")]
                )
                mapping["=lost"] = {"field": "lost_reason", "otherwise": "no_need"}
            tried = await world.run(text.encode(), object, mapping=mapping, dry_run=True, **how)
            assert not any(p["kind"] == "error" for p in tried["problems"]), "what comes further down is known to come"
            done = await world.run(text.encode(), object, mapping=mapping, **how)
            assert done["failed"] == 0, (object, done["problems"])
            assert done["created"] == (0 if again else text.count("\n") - 1), (object, done["problems"])
            if object == "opportunity" and not again:
                told = {p["code"]: [s["value"] for s in p["samples"]] for p in done["problems"]}
                assert told["used_otherwise"] == ["No need"]
    accounts = {a["name"]: a for a in await world.all("account")}
    assert accounts["North Works"]["parent"]["title"] == "North"
    people = {c["name"]: c for c in await world.all("contact")}
    assert {c["account"]["title"] for c in people.values()} == {"North Works"}
    assert people["Mary Ames"]["reports_to"]["title"] == "Per Berg"
    deals = {d["name"]: d for d in await world.all("opportunity")}
    assert {n: (d["account"]["title"], d["contact"]["title"], d["owner"]["title"], d["lost_reason"]) for n, d in deals.items()} == {
        "Line 3": ("North Works", "Mary Ames", "Li Lei", "no_need"),
        "Line 4": ("North Works", "Mary Ames", "Li Lei", None),
    }  # fmt: skip


NOTES = """\
Record ID,Activity assigned to,Create date,Note body,Associated Contact IDs,Associated Company IDs,Associated Deal IDs
9001,Ming,2024-03-10 11:05,"<div dir=""auto""><p>Wants a <b>second</b> line &amp; a discount.</p><p>Budget &lt; 50k</p></div>",451;452,77,88
9002,Ming,2024-03-11 11:05,Only the company,,77,
9003,Ming,2024-03-12 11:05,Of nobody here,999,,
"""
TASKS = """\
Record Id,Task Owner,Subject,Due Date,Contact Name.id,Related To.id,Status,Priority,Closed Time,Created Time
1,Ming,Send offer,2030-05-06,451,77,Not Started,Highest,,2024-04-05 09:30:00
2,Ming,Call back,2023-05-06,452,88,Completed,Normal,2023-05-05 10:00:00,2023-04-05 09:30:00
"""
CALLS = """\
Record Id,Call Owner,Subject,Call Type,Contact Name.id,Call Start Time,Call Status,Created Time
1,Ming,Asked for the price,Inbound,451,2024-04-06 09:30:00,Received,2024-04-06 09:30:00
2,Ming,Rang twice,Missed,451,2024-04-06 10:30:00,,2024-04-06 10:30:00
3,Ming,Of no use,Outbound,451,2024-04-06 11:30:00,Unattended Dialled,2024-04-06 11:30:00
"""


async def test_notes_and_tasks_of_another_system_stand_with_whom_they_are_about(world: World) -> None:
    """With a deal before its contact, a contact before the company; done when they were done, and what is not there said."""
    await world.person("Ming", "rep")
    await world.run(b"reference,name\n77,Polaris\n", mapping={"reference": "reference", "name": "name"})
    people = b"reference,name,account,email\n451,Li Lei,Polaris,\n452,,Polaris,ann@polaris.example\n"
    await world.run(people, "contact", mapping={n: n for n in ("reference", "name", "account", "email")})
    assert {c["name"] for c in await world.all("contact")} == {"Li Lei", "ann@polaris.example"}
    deal = b"reference,name,account,stage,close_date,amount\n88,Line 3,Polaris,proposal,2030-01-01,5\n"
    fields = {n: n for n in ("reference", "name", "account", "stage", "close_date", "amount")}
    assert (await world.run(deal, "opportunity", mapping=fields))["failed"] == 0
    seen = await world.send(NOTES.encode(), object="note")
    assert (seen["profile"]["name"], seen["profile"]["object"]) == ("hubspot", "note")
    done = await world.run(NOTES.encode(), "note", mapping=seen["mapping"])
    assert (done["created"], done["failed"]) == (2, 1)
    assert {(p["field"], p["code"], p["samples"][0]["value"]) for p in done["problems"]} == {
        ("about", "link_not_found", "999"),
        ("about", "first_taken", "451;452"),
    }
    notes = {n["body"]: (n["about"]["title"], n["created_at"][:10]) for n in await world.all("note")}
    assert notes == {
        "Wants a second line & a discount.\nBudget < 50k": ("Line 3", "2024-03-10"),
        "Only the company": ("Polaris", "2024-03-11"),
    }
    seen = await world.send(TASKS.encode(), object="task")
    assert (seen["profile"]["name"], seen["profile"]["object"]) == ("zoho", "task")
    done = await world.run(TASKS.encode(), "task", mapping=seen["mapping"])
    assert done["failed"] == 0, done["problems"]
    tasks = {
        t["subject"]: (t["about"]["title"], t["status"], t["priority"], (t["done_at"] or "")[:10])
        for t in await world.all("task")
    }
    assert tasks == {
        "Send offer": ("Polaris", "open", "high", ""),
        "Call back": ("Line 3", "done", "normal", "2023-05-05"),
    }
    for name, text in (("note", NOTES), ("task", TASKS)):  # the same file again: all of it is known by its number
        again = await world.send(text.encode(), object=name)
        assert (again["key"], again["profile"]["mode"]) == ("reference", "upsert")
        done = await world.run(text.encode(), name, mapping=again["mapping"], mode="upsert", key="reference")
        assert (done["created"], done["updated"], done["skipped"]) == (0, 0, 2)
    # Of calls that nobody answered the direction says so, with a column of outcomes and without.
    for text in (CALLS, CALLS.replace("Call Status", "Weather")):
        seen = await world.send(text.encode(), object="call")
        done = await world.run(text.encode(), "call", mapping=seen["mapping"], mode="upsert", key="reference")
        assert done["failed"] == 0, done["problems"]
        calls = {c["subject"]: (c["direction"], c["result"]) for c in await world.all("call")}
        assert calls == {
            "Asked for the price": ("in", "reached"),
            "Rang twice": ("in", "missed"),
            "Of no use": ("out", "missed"),
        }


ZOHO = """\
Record Id,Contact Owner,Last Name,Account Name.id,Account Name,Created Time
zcrm_11,,Ames,zcrm_1,Acme,2024-03-05 09:30:00
zcrm_12,,Berg,zcrm_2,Acme,2024-03-05 09:30:00
zcrm_13,,Cole,zcrm_3,North,2024-03-05 09:30:00
"""


async def test_what_has_a_name_and_a_number_is_known_by_its_number_first(world: World) -> None:
    """Two companies of one name stay two; one that was entered by hand is taken for the one of that name, and gets its number."""
    await world.run(b"name\nNorth\n")
    seen = await world.send(ZOHO.encode(), object="contact")
    assert seen["profile"]["name"] == "zoho"
    done = await world.run(ZOHO.encode(), "contact", mapping=seen["mapping"])
    assert done["failed"] == 0, done["problems"]
    accounts = {a["reference"]: (a["id"], a["name"]) for a in await world.all("account")}
    assert {n: name for n, (_, name) in accounts.items()} == {"zcrm_1": "Acme", "zcrm_2": "Acme", "zcrm_3": "North"}
    people = {c["name"]: c["account"]["id"] for c in await world.all("contact")}
    assert people == {"Ames": accounts["zcrm_1"][0], "Berg": accounts["zcrm_2"][0], "Cole": accounts["zcrm_3"][0]}


async def test_whom_a_number_means_is_said_once_for_all_files(world: World) -> None:
    ming = await world.person("Ming", "rep")
    text = b"Id,Name,OwnerId\n001A2,North,005A1\n"
    refused = await world.run(text, mapping={"Id": "reference", "Name": "name", "OwnerId": "owner"}, dry_run=True)
    assert [p["code"] for p in refused["problems"]] == ["link_not_found"]
    owner = {"field": "owner", "values": {"005A1": ming}}
    await world.run(text, mapping={"Id": "reference", "Name": "name", "OwnerId": owner})
    seen = await world.send(b"Id,LastName,OwnerId\n003A1,Ames,005A1\n", object="contact")
    assert seen["mapping"]["OwnerId"] == owner


WOO = """\
Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Last Name (Billing),Company (Billing),Address 1&2 (Billing),City (Billing),State Code (Billing),Postcode (Billing),Country Code (Billing),Email (Billing),Phone (Billing),First Name (Shipping),Last Name (Shipping),Address 1&2 (Shipping),City (Shipping),State Code (Shipping),Postcode (Shipping),Country Code (Shipping),Payment Method Title,Cart Discount Amount,Order Subtotal Amount,Shipping Method Title,Order Shipping Amount,Order Refund Amount,Order Total Amount,Order Total Tax Amount,SKU,Item #,Item Name,Quantity (- Refund),Item Cost,Coupon Code,Discount Amount
1001,Completed,2024-03-05 09:30,Ring twice,Mary,Ames,,5 Hill St,Columbus,OH,43221,US,mary@example.org,614-555-0400,Mary,Ames,5 Hill St,Columbus,OH,43221,US,Card,0,30,Flat,5,0,35,0,A-1,1,Mug,2,10,,
1001,Completed,2024-03-05 09:30,Ring twice,Mary,Ames,,5 Hill St,Columbus,OH,43221,US,mary@example.org,614-555-0400,Mary,Ames,5 Hill St,Columbus,OH,43221,US,Card,0,30,Flat,5,0,35,0,B-2,2,Plate,1,10,,
"""
JD = """\
订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,订单备注,发票类型,发票抬头,发票内容,商家备注,商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,增值税发票,货号,订单完成时间,订单来源,订单渠道
290001,100012,茶杯,2,在线支付,2024-03-05 09:30:00,10.00,30.00,30.00,0.00,30.00,完成,SOP,jd_wang,王芳,广东省深圳市南山区科技园路1号,13812341234,,,,,,,0.00,2024-03-05 09:31:00,,T-1,2024-03-08 10:00:00,APP,京东
290001,100013,茶盘,1,在线支付,2024-03-05 09:30:00,10.00,30.00,30.00,0.00,30.00,完成,SOP,jd_wang,王芳,广东省深圳市南山区科技园路1号,13812341234,,,,,,,0.00,2024-03-05 09:31:00,,T-2,2024-03-08 10:00:00,APP,京东
"""


@pytest.mark.parametrize(
    ("text", "profile", "number", "amount", "customer", "codes"),
    [
        (WOO, "woocommerce", "WooCommerce-1001", 35, "Mary Ames", ["A-1", "B-2"]),
        (JD, "jd", "290001", 30, "王芳", ["100012", "100013"]),
    ],
    ids=["woocommerce", "jd"],
)
async def test_orders_of_shops_come_in_under_their_own_headings(
    world: World, text: str, profile: str, number: str, amount: int, customer: str, codes: list[str]
) -> None:
    seen = await world.send(text.encode(), object="order")
    assert (seen["profile"] or {}).get("name") == profile
    how = {"mapping": seen["mapping"], "mode": seen["profile"]["mode"], "key": seen["key"]}
    done = await world.run(text.encode(), "order", **how)
    assert done["failed"] == 0, done["problems"]
    [order] = await world.all("order")
    assert (order["number"], order["status"], order["amount"]) == (number, "completed", amount)
    assert (order["account"]["title"], order["ordered_at"][:10]) == (customer, "2024-03-05")
    lines = await world.all("order_line", sort="id")
    assert [(x["code"], x["quantity"]) for x in lines] == [(codes[0], 2), (codes[1], 1)]


async def bring(world: World, object: str, text: str) -> dict[str, Any]:
    """Import a file as the wizard would begin."""
    seen = await world.send(text.encode(), object=object)
    how = {"mode": seen["profile"]["mode"], "key": seen["key"], "options": {"existing": seen["profile"]["existing"]}}
    return await world.run(text.encode(), object, mapping=seen["mapping"], **how)


SUITE = """\
Name,ID,Type,Parent Account ID,Assigned User Name,Date Created,Date Modified,Created By,Deleted
Holding,1c0f9a2e-5b1d-4f6a-8c7e-5f3a1b2c4d5e,Customer,,Ann Admin,2021-03-04 08:30,2024-01-01 00:00,Ann Admin,0
Works,2d0f9a2e-5b1d-9f6a-2c7e-5f3a1b2c4d5e,Customer,1c0f9a2e-5b1d-4f6a-8c7e-5f3a1b2c4d5e,Ann Admin,2021-03-04 08:30,2024-01-01 00:00,Ann Admin,0
"""


async def test_uuids_of_another_system_are_numbers_and_not_our_ids(world: World) -> None:
    for made in (2, 0):
        done = await bring(world, "account", SUITE)
        assert (done["created"], done["failed"], done["updated"]) == (made, 0, 0), done["problems"]
    works = {a["name"]: a for a in await world.all("account")}["Works"]
    assert (works["reference"][:8], works["parent"]["title"]) == ("2d0f9a2e", "Holding")


NOBODY = "000000000000000AAA"


async def test_what_salesforce_links_to_nothing_is_linked_to_nothing(world: World) -> None:
    accounts = f"""\
Id,IsDeleted,MasterRecordId,Name,ParentId,CreatedDate,SystemModstamp
001Ax000003DGbXIAW,0,{NOBODY},Acme,{NOBODY},2021-03-04T08:30:00.000Z,x
001Ax000003DGbXIAX,0,{NOBODY},Acme Sub,001Ax000003DGbXIAW,2021-03-05T23:30:00.000+0000,x
"""
    contacts = f"""\
Id,IsDeleted,AccountId,LastName,FirstName,ReportsToId,CreatedDate,SystemModstamp
003Ax000004DGbXIAW,0,001Ax000003DGbXIAW,Doe,Jane,{NOBODY},2021-03-04T08:30:00.000Z,x
"""
    tasks = f"""\
Id,IsDeleted,WhoId,WhatId,Subject,ActivityDate,Status,Priority,IsHighPriority,AccountId,CreatedDate,SystemModstamp,CallType,TaskSubtype
00TAx000004DGbXIAW,0,003Ax000004DGbXIAW,{NOBODY},Call Jane,2024-02-01,Not Started,Normal,0,001Ax000003DGbXIAW,2024-01-20T10:00:00.000Z,x,,Task
00TAx000004DGbXIAX,0,00QAx000004DGbXIAW,{NOBODY},A lead,2024-02-02,Not Started,High,1,{NOBODY},2024-01-20T10:00:00.000Z,x,,Task
"""
    for object, text in (("account", accounts), ("contact", contacts), ("task", tasks)):
        assert (await world.send(text.encode(), object=object))["profile"]["object"] == object
        done = await bring(world, object, text)
        assert done["failed"] == 0, done["problems"]
    assert [(a["name"], (a["parent"] or {}).get("title")) for a in await world.all("account", sort="name")] == [
        ("Acme", None), ("Acme Sub", "Acme"),
    ]  # fmt: skip
    [jane] = await world.all("contact")
    assert (jane["account"]["title"], jane["reports_to"]) == ("Acme", None)
    assert [(t["subject"], (t["about"] or {}).get("title")) for t in await world.all("task", sort="due_at")] == [
        ("Call Jane", "Jane Doe"), ("A lead", None),
    ]  # fmt: skip


DEALS = """\
Deal - ID,Deal - Title,Deal - Creator,Deal - Owner,Deal - Value,Deal - Currency of Value,Deal - Organization,Deal - Organization ID,Deal - Contact person,Deal - Contact person ID,Deal - Pipeline,Deal - Stage,Deal - Status,Deal - Deal created,Deal - Deal closed on,Deal - Lost reason,Deal - Expected close date
1,Alpha,Ann Admin,Ann Admin,1000,EUR,Acme,7,Jo Doe,9,Pipeline,Qualified,Won,2024-01-02 10:00:00,2024-02-02 11:00:00,,2024-02-01
2,Beta,Ann Admin,Ann Admin,2000,USD,Acme,7,Jo Doe,9,Pipeline,Proposal Made,Lost,2024-01-03 10:00:00,,Price,2024-02-01
3,Gamma,Ann Admin,Ann Admin,2000,USD,Acme,7,,,Pipeline,Negotiations Started,Open,2024-01-03 10:00:00,,,2024-02-01
"""


async def test_what_became_of_a_deal_is_kept_with_its_day_and_whose_it_was(world: World) -> None:
    for made in (3, 0):
        done = await bring(world, "opportunity", DEALS)
        assert (done["created"], done["failed"], done["updated"]) == (made, 0, 0), done["problems"]
    deals = [
        (d["name"], d["stage"], d["closed_on"], d["amount_currency"], (d["contact"] or {}).get("title"))
        for d in await world.all("opportunity", sort="name")
    ]
    assert deals == [
        ("Alpha", "won", "2024-02-02", "EUR", "Jo Doe"),
        ("Beta", "lost", "2024-02-01", "USD", "Jo Doe"),
        ("Gamma", "negotiation", None, "USD", None),
    ]
    assert [(c["name"], c["account"]["title"]) for c in await world.all("contact")] == [("Jo Doe", "Acme")]


async def test_people_and_companies_of_one_list_stay_what_they_are(world: World) -> None:
    text = """\
External ID,Name,Is a Company,Related Company,City,Salesperson,Created on
__export__.res_partner_7,Azure Interior,True,,Fremont,Ann Admin,2024-01-02 10:00:00
__export__.res_partner_8,Brandon Freeman,False,Azure Interior,Fremont,Ann Admin,2024-01-02 10:00:00
"""
    done = await bring(world, "account", text)
    assert (done["created"], done["failed"]) == (2, 0), done["problems"]
    assert [
        (a["kind"], a["reference"], (a["parent"] or {}).get("title")) for a in await world.all("account", sort="name")
    ] == [
        ("company", "__export__.res_partner_7", None),
        ("person", "__export__.res_partner_8", "Azure Interior"),
    ]


async def test_a_case_of_another_system_keeps_its_number_and_its_day(world: World) -> None:
    text = f"""\
Id,IsDeleted,CaseNumber,AccountId,Status,Origin,Subject,Priority,CreatedDate,SystemModstamp
500Ax000004DGbXIAW,0,00001001,{NOBODY},New,Phone,No light,High,2024-03-05T09:30:00.000Z,x
"""
    for made in (1, 0):
        done = await bring(world, "case", text)
        assert (done["created"], done["failed"], done["updated"]) == (made, 0, 0), done["problems"]
    [case] = await world.all("case")
    assert (case["reference"], case["opened_at"], case["created_at"]) == (
        "500Ax000004DGbXIAW",
        "2024-03-05T09:30:00+00:00",
        "2024-03-05T09:30:00+00:00",
    )
