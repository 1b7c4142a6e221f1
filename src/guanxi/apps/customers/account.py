"""A customer, real or possible: a company or a person."""

from __future__ import annotations

from guanxi.apps.customers import INDUSTRIES, NO_CALLS, NO_EMAIL, SOURCES
from guanxi.schema.declare import (
    Address,
    Email,
    Integer,
    Link,
    LongText,
    Money,
    Phone,
    Record,
    Select,
    Tags,
    Text,
    Url,
    User,
    YesNo,
    alike,
    board,
    form,
    table,
)


class Account(
    Record,
    label=("Account", "客户"),
    plural=("Accounts", "客户"),
    area="customers",
    icon="building",
    owner="owner",
    subtitle=("industry", "phone"),
):
    """A company or a person that buys, bought or may buy."""

    name = Text("Name", "客户名称", required=True, max=255, search="A")
    kind = Select("Kind", "类型", "company Company 企业 | person Person 个人", default="company")
    status = Select(
        "Status",
        "状态",
        "prospect Prospect 潜在 blue | customer Customer 成交 green | inactive Inactive 停用 gray",
        default="prospect",
        track=True,
        index=True,
    )
    grade = Select(
        "Grade",
        "等级",
        "strategic Strategic 战略 | important Important 重要 | ordinary Ordinary 普通",
        seal=True,
        track=True,
        index=True,
    )
    industry = Select("Industry", "行业", INDUSTRIES, index=True)
    source = Select("Source", "来源", SOURCES)
    phone = Phone("Phone", "电话", search="B")
    email = Email("E-mail", "邮箱", search="B", index=True)
    website = Url("Website", "网址")
    address = Address("Address", "地址")
    do_not_call = YesNo("Do not call", "勿电话联系", help=NO_CALLS)
    do_not_email = YesNo("Do not e-mail", "勿发邮件", help=NO_EMAIL)
    parent = Link(
        "account", "Parent account", "上级客户", inverse="subsidiaries", inverse_label=("Subsidiaries", "下级客户")
    )
    registration = Text(
        "Registration number",
        "统一社会信用代码",
        max=40,
        search="C",
        index=True,
        help=("The number under which the company is registered.", "企业的统一社会信用代码或注册号。"),
    )
    employees = Integer("Employees", "员工人数", min=0)
    revenue = Money("Annual revenue", "年营收")
    founded = Integer("Founded", "成立年份", min=1000, max=2200)
    tags = Tags("Tags", "标签", index=True)
    description = LongText("Description", "备注")
    owner = User("Owner", "负责人", default="$me", index=True)

    rules = (
        alike("same_name", "Similar name", "名称相近", "name", "similar"),
        alike("same_phone", "Same phone", "电话相同", "phone"),
        alike("same_email", "Same e-mail", "邮箱相同", "email"),
        alike("same_registration", "Same registration number", "统一社会信用代码相同", "registration"),
    )
    layout = form(
        ("Basics", "基本信息", "name kind status grade industry source owner tags"),
        ("Contact", "联系方式", "phone email website address do_not_call do_not_email"),
        ("Company", "企业信息", "parent registration employees revenue founded description"),
        related="opportunities contacts subsidiaries",
        header="opportunities.won opportunities.open revenue",
    )
    views = (
        table("mine", "My accounts", "我的客户", "name grade status industry phone updated_at", sort="-updated_at",
              filter={"field": "owner", "op": "eq", "value": "$me"}),
        table("all", "All accounts", "全部客户", "name grade status industry phone owner updated_at", sort="-updated_at"),
        table("important", "Important", "重要客户", "name grade industry phone owner updated_at", sort="-updated_at",
              filter={"field": "grade", "op": "in", "value": ["strategic", "important"]}),
        board("grades", "By grade", "按等级", by="grade", card="name industry owner"),
    )  # fmt: skip
