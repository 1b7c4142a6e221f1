"""A person whom we know, usually at an account."""

from __future__ import annotations

from guanxi.apps.customers import NO_CALLS, NO_EMAIL
from guanxi.schema.declare import (
    Address,
    Date,
    Email,
    Link,
    LongText,
    Person,
    Phone,
    Record,
    Select,
    Tags,
    Text,
    User,
    YesNo,
    alike,
    form,
    table,
)


class Contact(
    Record,
    label=("Contact", "联系人"),
    plural=("Contacts", "联系人"),
    area="customers",
    icon="user",
    owner="owner",
    subtitle=("account", "job_title"),
):
    """Somebody one writes to, calls and visits."""

    name = Person("Name", "姓名", required=True, search="A")
    account = Link("account", "Account", "客户", inverse="contacts", inverse_label=("Contacts", "联系人"))
    job_title = Text("Job title", "职务", max=120, search="C")
    department = Text("Department", "部门", max=120)
    mobile = Phone("Mobile", "手机", search="B", index=True)
    phone = Phone("Phone", "电话", search="B")
    email = Email("E-mail", "邮箱", search="B", index=True)
    wechat = Text("WeChat", "微信", max=60, search="C")
    role = Select(
        "Buying role",
        "决策角色",
        "decider Decides 决策者 | influencer Influences 影响者 | buyer Buys 采购 | user Uses 使用者 | gatekeeper Gatekeeper 把关人",
    )
    do_not_call = YesNo("Do not call", "勿电话联系", help=NO_CALLS)
    do_not_email = YesNo("Do not e-mail", "勿发邮件", help=NO_EMAIL)
    birthday = Date("Birthday", "生日")
    address = Address("Address", "地址")
    tags = Tags("Tags", "标签")
    description = LongText("Description", "备注")
    owner = User("Owner", "负责人", default="$me", index=True)

    rules = (
        alike("same_name", "Similar name", "姓名相近", "name", "similar"),
        alike("same_phone", "Same phone", "电话相同", "mobile phone"),
        alike("same_email", "Same e-mail", "邮箱相同", "email"),
    )
    layout = form(
        ("Basics", "基本信息", "name account job_title department role owner tags"),
        ("Contact", "联系方式", "mobile phone email wechat address do_not_call do_not_email"),
        ("More", "更多", "birthday description"),
        related="opportunities",
        header="opportunities.open opportunities.won",
    )
    views = (
        table("mine", "My contacts", "我的联系人", "name account job_title mobile email updated_at", sort="-updated_at",
              filter={"field": "owner", "op": "eq", "value": "$me"}),
        table("all", "All contacts", "全部联系人", "name account job_title mobile email owner updated_at", sort="-updated_at"),
    )  # fmt: skip
