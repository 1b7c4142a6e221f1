from __future__ import annotations

from pathlib import Path

import pytest

import guanxi.apps
import guanxi.identity  # noqa: F401 - and the people
from guanxi import records
from guanxi.base import Invalid
from guanxi.records.context import EVERYTHING, Actor, Grants
from guanxi.schema.catalog import Catalog, fold
from guanxi.transfer.mapping import normal, read, signature, targets, to_json
from guanxi.transfer.reading import inspect
from guanxi.transfer.suggesting import brought, suggest, suggest_key
from guanxi.transfer.table import Column

ME = Actor("0190b0c0-0000-7000-8000-000000000001", "Me", grants=EVERYTHING)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return fold(records.declared())


def columns(names: str) -> list[Column]:
    return [Column(i, n) for i, n in enumerate(names.split(","))]


MADE = {"创建时间": "created_at", "创建人": "created_by"}

# file (or headings), object, the fields that its columns mean; every other column means none of ours.
EXPECTED: list[tuple[str, str, dict[str, str]]] = [
    ("cn_opensource_crm_customer_export_header.csv", "account", {
        "客户名称": "name", "电话": "phone", "地址": "address", "备注": "description", "来源": "source", "客户等级": "grade",
        "客户行业": "industry", "客户状态": "status", "客户类型": "kind", "归属人": "owner", **MADE}),
    ("cn_opensource_crm_customer_export_header.csv", "lead", {
        "客户名称": "company", "联系人": "name", "手机": "mobile", "电话": "phone", "备注": "need", "来源": "source",
        "客户行业": "industry", "客户状态": "status", "归属人": "owner", **MADE}),
    ("cn_opensource_crm_customer_export_header.csv", "contact", {
        "客户名称": "account", "联系人": "name", "手机": "mobile", "电话": "phone", "微信": "wechat", "地址": "address",
        "备注": "description", "归属人": "owner", "客户等级": "account.grade", "客户行业": "account.industry", "客户状态": "account.status",
        "客户类型": "account.kind", **MADE}),
    ("google_contacts_legacy_header.csv", "contact", {
        "Name": "name", "Given Name": "name.given", "Family Name": "name.family", "Birthday": "birthday", "Notes": "description",
        "Gender": "gender", "Language": "language", "Group Membership": "tags", "E-mail 1 - Value": "email", "Phone 1 - Value": "phone", "Organization 1 - Name": "account",
        "Organization 1 - Title": "job_title", "Organization 1 - Department": "department"}),
    ("outlook_csv_header.csv", "contact", {
        "First Name": "name.given", "Last Name": "name.family", "Birthday": "birthday", "Notes": "description", "Gender": "gender", "Language": "language",
        "E-mail Address": "email", "Mobile Phone": "mobile", "Business Phone": "phone", "Company": "account",
        "Job Title": "job_title", "Department": "department", "Business Street": "address.street", "Business City": "address.city",
        "Business State": "address.province", "Business Postal Code": "address.postal_code", "Business Country": "address.country"}),
    ("pipedrive_official_sample_header.csv", "contact", {
        "Person - Name*": "name", "Person - First name": "name.given", "Person - Last name": "name.family",
        "Person - Phone": "phone", "Person - Email (Work)": "email", "Organization - Name*": "account",
        "Organization - Address": "address"}),
    ("pipedrive_official_sample_header.csv", "opportunity", {
        "Person - Name*": "contact", "Organization - Name*": "account", "Deal - Title": "name", "Deal - Value": "amount"}),
    ("salesforce_account_api_fields.txt", "account", {
        "Name": "name", "Type": "kind", "ParentId": "parent", "BillingStreet": "address.street", "BillingCity": "address.city",
        "BillingState": "address.province", "BillingPostalCode": "address.postal_code", "BillingCountry": "address.country",
        "Phone": "phone", "Website": "website", "Industry": "industry", "AnnualRevenue": "revenue",
        "NumberOfEmployees": "employees", "Description": "description", "Rating": "grade", "OwnerId": "owner",
        "AccountSource": "source", "Id": "reference"}),
    ("suitecrm8_leads_export.csv", "lead", {
        "First Name": "name.given", "Last Name": "name.family", "Job Title": "job_title", "Account Name": "company",
        "Website": "website", "Email Address": "email", "Mobile": "mobile", "Office Phone": "phone", "Status": "status",
        "Lead Source": "source", "Description": "need", "Opportunity Amount": "budget", "Assigned to": "owner", "Salutation": "name.salutation", "Do Not Call": "do_not_call", "Created By": "created_by", "ID": "reference"}),
    ("Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Create Date,Associated Company,Country/Region,Contact owner", "contact", {
        "First Name": "name.given", "Last Name": "name.family", "Email": "email", "Phone Number": "phone", "Record ID": "reference",
        "Associated Company": "account", "Country/Region": "address.country", "Contact owner": "owner", "Create Date": "created_at"}),
    ("Record ID,Company name,Website URL,Company owner,Create Date", "account", {
        "Record ID": "reference", "Company name": "name", "Website URL": "website", "Company owner": "owner", "Create Date": "created_at"}),
    ("Record ID,Company name,Domain,Company owner,Industry", "account", {
        "Record ID": "reference", "Company name": "name", "Domain": "website", "Company owner": "owner", "Industry": "industry"}),
    ("Record ID,Deal Name,Deal Stage,Amount,Deal owner,Close Date,Create Date,Last Activity Date", "opportunity", {
        "Record ID": "reference", "Deal Name": "name", "Deal Stage": "stage", "Amount": "amount", "Deal owner": "owner",
        "Close Date": "close_date", "Create Date": "created_at"}),
    (("Contact ID,First Name,Last Name,Annual Revenue,Associated Company ID,Company Name,Country/Region,Contact owner,Associated Deals,"
     "Lifecycle Stage,Lead Status,Email,Phone Number,Website URL,Original Source,HubSpot Score,City,Number of Associated Deals,"
     "State/Region,Total Revenue,Create Date"), "lead", {
        "First Name": "name.given", "Last Name": "name.family", "Company Name": "company", "Contact owner": "owner",
        "Lead Status": "status", "Email": "email", "Phone Number": "phone", "Website URL": "website", "Original Source": "source", "Create Date": "created_at"}),
    ("公司名称,税号,客户级别,联系电话,最后成交,累计金额,业务员,地址,网址,行业", "account", {
        "公司名称": "name", "税号": "registration", "客户级别": "grade", "联系电话": "phone", "业务员": "owner", "地址": "address",
        "网址": "website", "行业": "industry"}),
    ("商机名称,客户名称,销售阶段,预计金额,预计成交日期,赢率,负责人,产品名称,丢单原因", "opportunity", {
        "商机名称": "name", "客户名称": "account", "销售阶段": "stage", "预计金额": "amount", "预计成交日期": "close_date",
        "赢率": "probability", "负责人": "owner", "产品名称": "product", "丢单原因": "lost_reason"}),
]  # fmt: skip


def test_what_stands_beside_a_name_is_of_the_record_that_it_names(catalog: Catalog) -> None:
    known = columns("公司名称,网址,地址,联系人,手机,职位,商机名称,金额,销售阶段")
    found = suggest(catalog, catalog.object("opportunity"), ME, known)
    assert {c.name: found.get(c.index, (None,))[0] for c in known} == {
        "公司名称": "account", "网址": "account.website", "地址": "account.address", "联系人": "contact", "手机": "contact.mobile",
        "职位": "contact.job_title", "商机名称": "name", "金额": "amount", "销售阶段": "stage",
    }  # fmt: skip
    begins = brought(catalog, catalog.object("opportunity"), to_json(known, found))
    assert begins["联系人"] == {"field": "contact", "missing": "create"}
    assert begins["公司名称"] == {"field": "account", "missing": "create"}
    plain = columns("公司名称,联系人,商机名称")
    named = to_json(plain, suggest(catalog, catalog.object("opportunity"), ME, plain))
    assert brought(catalog, catalog.object("opportunity"), named) == named, "names alone make nothing"


@pytest.mark.parametrize("country", ["Deutschland", "Österreich", "Narnia"])
def test_what_is_called_just_so_is_not_only_nearly_called_so(catalog: Catalog, country: str) -> None:
    known = [Column(0, "City", ["Berlin"]), Column(1, "Country", [country])]
    found = suggest(catalog, catalog.object("contact"), ME, known)
    assert found[1][0] == "address.country", "and not the county"


@pytest.mark.parametrize(
    "heading", ["商品编码", "商品编号", "货号", "SKU", "SKU编码", "产品编码", "商家编码", "Item code"]
)
def test_a_code_of_goods_says_which_product_is_meant(catalog: Catalog, heading: str) -> None:
    lines = catalog.object("order_line")

    def means(names: str) -> list[str | None]:
        found = suggest(catalog, lines, ME, columns(names))
        return [found.get(c.index, (None,))[0] for c in columns(names)]

    assert means(f"订单号,{heading},数量") == ["order", "product", "quantity"], "alone it stands for the product"
    assert means(f"订单号,产品名称,{heading},数量") == ["order", "product", "product.code", "quantity"]


def test_columns_of_other_systems_find_their_fields(catalog: Catalog, data: Path) -> None:
    right = total = 0
    wrong: list[str] = []
    for source, name, expected in EXPECTED:
        known = columns(source) if "," in source else inspect(data / "crm_export_headers" / source).columns
        found = suggest(catalog, catalog.object(name), ME, known)
        assert expected.keys() <= {c.name for c in known}
        for column in known:
            got = found.get(column.index, (None,))[0]
            total += 1
            if got == expected.get(column.name):
                right += 1
            else:
                wrong.append(f"{name}: {column.name} → {got}, not {expected.get(column.name)}")
    print(f"{right} of {total} columns as expected; {wrong}")  # noqa: T201 - shown by pytest -s
    assert right / total >= 0.97, "\n".join(wrong)


def test_the_sales_files_are_mapped(catalog: Catalog, data: Path) -> None:
    folder = data / "maven_crm_sales"
    found = {}
    for file, name in (
        ("accounts", "account"),
        ("products", "product"),
        ("sales_pipeline", "opportunity"),
        ("sales_teams", "user"),
    ):
        known = inspect(folder / f"{file}.csv").columns
        found[file] = to_json(known, suggest(catalog, catalog.object(name), ME, known))
    assert found["accounts"] == {
        "account": "name", "sector": "industry", "year_established": "founded", "revenue": "revenue", "employees": "employees",
        "office_location": "address.country", "subsidiary_of": "parent",
    }  # fmt: skip
    assert found["sales_pipeline"] == {
        "opportunity_id": "reference", "sales_agent": "owner", "product": "product", "account": "account", "deal_stage": "stage",
        "engage_date": None, "close_date": "close_date", "close_value": "amount",
    }  # fmt: skip
    assert found["products"] == {"product": "name", "series": "family", "sales_price": "price"}
    assert found["sales_teams"]["sales_agent"] == "name"


def test_values_speak_too(catalog: Catalog) -> None:
    mail = Column(0, "Kanal", ["a@x.cn", "b@x.cn"], "email")
    date = Column(1, "Amount", ["2026-01-01"], "date")
    found = suggest(catalog, catalog.object("opportunity"), ME, [date])
    assert found == {}
    assert suggest(catalog, catalog.object("contact"), ME, [mail]) == {0: ("email", 0.62)}
    for values, field in ((["Customer - Direct", "Prospect", "Channel Partner / Reseller"], "status"), (["Company", "Person"], "kind")):  # fmt: skip
        kind = Column(0, "Type", values, "select")
        assert suggest(catalog, catalog.object("account"), ME, [kind])[0][0] == field, values


def test_names_of_columns_are_compared_without_their_dress() -> None:
    assert normal("BillingPostalCode") == "billing postal code"
    assert normal(" E-mail 1 - Value*") == "email 1 value"
    assert normal("客户名称（必填）", aside=False) == "客户名称"
    assert normal("ＰＨＯＮＥ_Number") == "phone number"
    assert signature(columns("Phone,Name")) == signature(columns("name,PHONE"))


def test_what_may_not_be_written_is_no_target(catalog: Catalog) -> None:
    clerk = Actor(
        "x",
        "Clerk",
        grants=Grants({"*": {"read": "all", "create": True}}, {"account.phone": "read", "account.email": "none"}),
    )
    offered = targets(catalog, catalog.object("account"), clerk)
    assert {"phone", "email", "id", "created_at", "version"}.isdisjoint(offered)
    assert {"name", "address", "address.city", "revenue_currency", "owner"} <= set(offered)


def test_a_mapping_is_checked_as_a_whole(catalog: Catalog) -> None:
    entity = catalog.object("contact")
    known = columns("a,b,c,d,e")
    good = read(
        catalog,
        entity,
        ME,
        known,
        {"a": "name", "b": {"field": "account", "match": "name", "missing": "create"}, "c": None},
    )
    assert {i: (g.target.path, g.match, g.missing) for i, g in good.items()} == {
        0: ("name", "", "fail"),
        1: ("account", "name", "create"),
    }
    with pytest.raises(Invalid) as caught:
        read(catalog, entity, ME, known, {
            "z": "name", "a": "nothing", "b": "updated_at", "c": {"field": "role", "unknown": "ask"},
            "d": {"field": "account", "match": "nope", "why": 1}, "e": 5,
        })  # fmt: skip
    assert {(e.field, e.code) for e in caught.value.errors} == {
        ("mapping.z", "unknown_column"), ("mapping.a", "unknown_field"), ("mapping.b", "read_only"),
        ("mapping.c.unknown", "not_an_option"), ("mapping.d.why", "unknown_parameter"), ("mapping.d.match", "unknown_field"),
        ("mapping.e", "wrong_type"),
    }  # fmt: skip
    with pytest.raises(Invalid):
        read(catalog, entity, ME, known, {"a": "name", "b": "name"})
    with pytest.raises(Invalid) as caught:
        read(catalog, entity, ME, known, {
            "a": {"field": "name", "otherwise": 1}, "b": {"field": "account", "otherwise": "x"},
        })  # fmt: skip
    assert {(e.field, e.code) for e in caught.value.errors} == {
        ("mapping.a.otherwise", "wrong_type"), ("mapping.b.otherwise", "otherwise_not_here"),
    }  # fmt: skip
    with pytest.raises(Invalid):
        read(catalog, entity, ME, known, {"a": None})


@pytest.mark.parametrize(
    ("object", "mapping", "key"),
    [
        ("account", {"名称": "name", "电话": "phone"}, "name"),
        ("account", {"名称": "name", "邮箱": {"field": "email"}}, "email"),
        ("account", {"编号": "id", "邮箱": "email"}, "id"),
        ("contact", {"姓名": "name", "手机": "mobile"}, "mobile"),  # people share names
        ("contact", {"姓名": "name"}, None),
        ("opportunity", {"商机": "name"}, None),  # and deals do
        ("account", {"电话": "phone", "=": {"field": "email", "value": "a@b.cn"}}, "phone"),
    ],
)
def test_the_field_by_which_records_are_known_again_is_suggested(
    catalog: Catalog, object: str, mapping: dict[str, object], key: str | None
) -> None:
    assert suggest_key(catalog.object(object), mapping) == key


def test_columns_share_a_field_only_when_it_is_said_what_stands_between(catalog: Catalog) -> None:
    entity, three = catalog.object("account"), columns("a,b,c")
    joined = read(catalog, entity, ME, three, {"c": {"field": "name", "join": "-"}, "a": "name", "b": "phone"})
    assert {i: (a.target.path, a.joined) for i, a in joined.items()} == {0: ("name", ((2, "-"),)), 1: ("phone", ())}
    with pytest.raises(Invalid) as refused:
        read(catalog, entity, ME, three, {"a": "name", "c": "name"})
    assert [(e.field, e.code) for e in refused.value.errors] == [("mapping.c", "target_taken")]
    with pytest.raises(Invalid):  # what every row gets is not joined to what a column gives
        read(catalog, entity, ME, three, {"a": "name", "all": {"field": "name", "value": "x", "join": " "}})
    with pytest.raises(Invalid) as refused:  # an import without a column is none
        read(catalog, entity, ME, three, {"all": {"field": "name", "value": "x"}})
    assert [e.code for e in refused.value.errors] == ["nothing_mapped"]
