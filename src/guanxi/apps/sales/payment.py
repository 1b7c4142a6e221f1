"""Money that came in, or is to."""

from __future__ import annotations

from guanxi.schema.declare import Date, Link, LongText, Money, Record, Select, Text, User, form, table


class Payment(
    Record,
    label=("Payment", "回款"),
    plural=("Payments", "回款"),
    title="reference",
    area="sales",
    icon="card",
    owner="owner",
    inherits="account",
    subtitle=("account", "paid_on"),
    moment="paid_on",
):
    """A payment by an account, planned or received; negative when money went back."""

    reference = Text("Reference", "回款编号", required=True, max=120, search="A")
    account = Link(
        "account", "Account", "客户", inverse="payments", inverse_label=("Payments", "回款"), on_delete="restrict"
    )
    order = Link("order", "Order", "订单", inverse="payments", inverse_label=("Payments", "回款"))
    contract = Link("contract", "Contract", "合同", inverse="payments", inverse_label=("Payments", "回款"))
    amount = Money("Amount", "金额", required=True, track=True)
    status = Select(
        "Status",
        "状态",
        "planned Planned 计划中 blue | received Received 已到账 green | failed Failed 失败 red | cancelled Cancelled 已取消 gray",
        required=True,
        default="received",
        track=True,
        index=True,
    )
    due_on = Date("Due", "应收日期", index=True)
    paid_on = Date("Paid on", "到账日期", index=True)
    method = Select(
        "Method",
        "方式",
        "transfer Bank_transfer 银行转账 | alipay Alipay 支付宝 | wechat WeChat_Pay 微信支付 | card Card 银行卡 | cash Cash 现金"
        " | acceptance Acceptance_draft 承兑汇票 | other Other 其他",
    )
    description = LongText("Description", "备注")
    owner = User("Owner", "负责人", default="$me", index=True)

    layout = form(
        ("Payment", "回款", "reference account order contract amount status due_on paid_on method owner description")
    )
    views = (
        table("recent", "Received", "已到账", "reference account amount paid_on method owner", sort="-paid_on",
              filter={"field": "status", "op": "eq", "value": "received"}),
        table("due", "Overdue", "逾期未收", "reference account amount due_on owner", sort="due_on",
              filter={"and": [{"field": "status", "op": "eq", "value": "planned"}, {"field": "due_on", "op": "lt", "value": "today"}]}),
        table("all", "All payments", "全部回款", "reference account amount status due_on paid_on owner", sort="-created_at"),
    )  # fmt: skip
