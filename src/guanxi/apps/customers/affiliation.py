"""What a person is at a company: one contact may have a role at many accounts."""

from __future__ import annotations

from guanxi.apps.customers import ATTITUDES, BUYING_ROLES, INFLUENCE
from guanxi.schema.declare import Date, Link, Record, Select, Text, YesNo, form, table


class Affiliation(
    Record,
    label=("Affiliation", "任职"),
    plural=("Affiliations", "任职"),
    title="title",
    icon="badge",
    inherits="account",
    subtitle=("contact", "account"),
):
    """A contact's role at an account, beside or after the one that the contact itself names."""

    title = Text("Role", "职务", required=True, max=120, search="B")
    contact = Link(
        "contact", "Contact", "联系人", required=True, inverse="affiliations", inverse_label=("Roles", "任职")
    )
    account = Link(
        "account",
        "Account",
        "客户",
        required=True,
        inverse="affiliations",
        inverse_label=("People in roles", "任职人员"),
    )
    department = Text("Department", "部门", max=120)
    role = Select("Buying role", "决策角色", BUYING_ROLES)
    influence = Select("Influence", "影响力", INFLUENCE)
    attitude = Select("Attitude", "态度", ATTITUDES, track=True)
    primary = YesNo("Main role", "主要任职")
    since = Date("Since", "开始日期")
    until = Date("Until", "结束日期")

    layout = form(
        ("Role", "任职", "title contact account department role influence attitude primary since until"),
    )
    views = (
        table("current", "Current roles", "现任", "title contact account role influence attitude", sort="title",
              filter={"or": [{"field": "until", "op": "is_empty", "value": True}, {"field": "until", "op": "gte", "value": "today"}]}),
        table("all", "All roles", "全部任职", "title contact account since until", sort="-since"),
    )  # fmt: skip
