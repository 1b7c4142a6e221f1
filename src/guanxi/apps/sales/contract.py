"""What was agreed with an account, from when to when."""

from __future__ import annotations

from guanxi.schema.declare import (
    Date,
    File,
    Link,
    LongText,
    Money,
    Record,
    Rollup,
    Select,
    Text,
    User,
    YesNo,
    form,
    table,
)

COMING = {
    "and": [
        {"field": "status", "op": "eq", "value": "active"},
        {"field": "ends_on", "op": "lte", "value": {"in_days": 60}},
    ]
}


class Contract(
    Record,
    label=("Contract", "合同"),
    plural=("Contracts", "合同"),
    area="sales",
    icon="file",
    owner="owner",
    inherits="account",
    subtitle=("account", "ends_on"),
    moment="signed_on",
):
    """A contract with its term and its paper."""

    name = Text("Name", "合同名称", required=True, max=255, search="A")
    number = Text("Contract number", "合同编号", max=60, unique=True, search="A")
    account = Link(
        "account", "Account", "客户", inverse="contracts", inverse_label=("Contracts", "合同"), on_delete="restrict"
    )
    opportunity = Link("opportunity", "Opportunity", "商机", inverse="contracts", inverse_label=("Contracts", "合同"))
    status = Select(
        "Status",
        "状态",
        "draft Draft 草稿 gray | in_approval In_approval 审批中 gold | signed Signed 已签署 blue | active Active 执行中 green | ended Ended 已到期 gray"
        " | terminated Terminated 已终止 red",
        required=True,
        default="draft",
        track=True,
        index=True,
    )
    amount = Money("Amount", "金额", track=True, index=True)
    paid = Rollup("Paid", "已付金额", children="payments", function="sum", field="amount",
                  where={"field": "status", "op": "eq", "value": "received"})  # fmt: skip
    signed_on = Date("Signed on", "签署日期")
    starts_on = Date("Starts", "开始日期")
    ends_on = Date("Ends", "到期日期", index=True, track=True)
    auto_renew = YesNo("Renews by itself", "自动续约")
    paper = File("Paper", "合同文件")
    description = LongText("Description", "备注")
    owner = User("Owner", "负责人", default="$me", index=True)

    layout = form(
        ("Contract", "合同", "name number account opportunity status amount owner"),
        ("Term", "期限", "signed_on starts_on ends_on auto_renew"),
        ("More", "更多", "paid paper description"),
        related="orders payments",
        header="amount paid ends_on",
    )
    views = (
        table("active", "Active", "执行中", "name account amount starts_on ends_on owner", sort="ends_on",
              filter={"field": "status", "op": "in", "value": ["signed", "active"]}),
        table("ending", "Ending soon", "即将到期", "name account amount ends_on auto_renew owner", sort="ends_on", filter=COMING),
        table("all", "All contracts", "全部合同", "name account status amount ends_on owner", sort="-updated_at"),
    )  # fmt: skip
