"""A person whom we know, usually at an account."""

from __future__ import annotations

from guanxi.apps.customers import ATTITUDES, BUYING_ROLES, CALENDARS, ELSEWHERE, GENDERS, INFLUENCE, KEPT_BY
from guanxi.apps.customers.reachable import PREFERENCES, Reachable, one_refusal
from guanxi.records.rules import before_save
from guanxi.schema.declare import (
    Address,
    Date,
    Email,
    File,
    Link,
    LongText,
    Person,
    Phone,
    Select,
    Tags,
    Text,
    User,
    alike,
    form,
    table,
)


class Contact(
    Reachable,
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
    role = Select("Buying role", "决策角色", BUYING_ROLES)
    influence = Select("Influence", "影响力", INFLUENCE)
    attitude = Select("Attitude", "态度", ATTITUDES, track=True)
    reports_to = Link("contact", "Reports to", "上级", inverse="reports", inverse_label=("Reports", "下属"), tree=True)
    gender = Select("Gender", "性别", GENDERS)
    birthday = Date("Birthday", "生日", yearly="birthday_calendar")
    birthday_calendar = Select("Birthday by", "生日历法", CALENDARS, help=KEPT_BY)
    address = Address("Address", "地址")
    photo = File("Photo", "照片", image=True)
    reference = Text("Reference", "外部编号", max=120, search="C", index=True, help=ELSEWHERE)
    tags = Tags("Tags", "标签")
    description = LongText("Description", "备注")
    owner = User("Owner", "负责人", default="$me", index=True)

    rules = (
        alike("same_name", "Similar name", "姓名相近", "name", "similar"),
        alike("same_phone", "Same phone", "电话相同", "mobile phone"),
        alike("same_email", "Same e-mail", "邮箱相同", "email"),
    )
    layout = form(
        ("Basics", "基本信息", "name account job_title department owner tags"),
        ("Contact", "联系方式", "mobile phone email wechat address"),
        ("Decision", "决策链", "role influence attitude reports_to"),
        ("Preferences", "联系偏好", PREFERENCES),
        ("More", "更多", "photo gender birthday birthday_calendar reference description"),
        related="affiliations opportunities cases reports consents",
        header="opportunities.open opportunities.won",
    )
    views = (
        table("mine", "My contacts", "我的联系人", "name account job_title mobile email updated_at", sort="-updated_at",
              filter={"field": "owner", "op": "eq", "value": "$me"}),
        table("all", "All contacts", "全部联系人", "name account job_title mobile email owner updated_at", sort="-updated_at"),
    )  # fmt: skip


before_save(Contact, Contact.do_not_call, Contact.do_not_email, Contact.unwanted_channels)(one_refusal)
