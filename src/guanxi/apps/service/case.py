"""What a customer asked, complained of or needs done."""

from __future__ import annotations

from guanxi.records import Context
from guanxi.records.rules import before_save
from guanxi.schema.declare import (
    AutoNumber,
    DateTime,
    Link,
    LongText,
    Rating,
    Record,
    Select,
    Text,
    User,
    board,
    form,
    table,
)

OPEN = {"field": "status", "op": "in", "value": ["new", "open", "waiting"]}


class Case(
    Record,
    label=("Case", "工单"),
    plural=("Cases", "工单"),
    title="subject",
    area="service",
    icon="lifebuoy",
    owner="owner",
    inherits="account",
    subtitle=("account", "status"),
    moment="opened_at",
    channel="channel",
):
    """A question, complaint, fault or request, until it is closed."""

    subject = Text("Subject", "主题", required=True, max=255, search="A")
    number = AutoNumber("Case number", "工单号", search="A")
    account = Link("account", "Account", "客户", inverse="cases", inverse_label=("Cases", "工单"))
    contact = Link("contact", "Contact", "联系人", inverse="cases", inverse_label=("Cases", "工单"))
    order = Link("order", "Order", "订单", inverse="cases", inverse_label=("Cases", "工单"))
    kind = Select(
        "Kind",
        "类型",
        "question Question 咨询 blue | complaint Complaint 投诉 red | fault Fault 报修 gold | request Request 需求 gray",
        default="question",
        index=True,
    )
    priority = Select(
        "Priority",
        "优先级",
        "urgent Urgent 紧急 red | high High 高 gold | normal Normal 中 | low Low 低 gray",
        required=True,
        default="normal",
        track=True,
    )
    status = Select(
        "Status",
        "状态",
        "new New 新建 blue | open Open 处理中 gold | waiting Waiting 等待客户 gray | resolved Resolved 已解决 green | closed Closed 已关闭 gray",
        required=True,
        default="new",
        track=True,
        index=True,
    )
    channel = Select(
        "Channel",
        "渠道",
        "phone Phone 电话 | email E-mail 邮件 | chat Chat 在线聊天 | wechat WeChat 微信 | visit Visit 上门 | web Web_form 网页 | other Other 其他",
    )
    opened_at = DateTime("Opened", "提出时间", required=True, default="now", index=True)
    due_at = DateTime("Due", "应解决时间", index=True)
    resolved_at = DateTime("Resolved", "解决时间", readonly=True)
    satisfaction = Rating("Satisfaction", "满意度")
    reference = Text("Reference", "外部编号", max=120, search="C", index=True,
                     help=("Its key in another system.", "在其他系统中的编号。"))  # fmt: skip
    description = LongText("Description", "描述", search="C")
    resolution = LongText("Resolution", "处理结果")
    owner = User("Owner", "负责人", default="$me", index=True)

    layout = form(
        ("Case", "工单", "subject account contact order kind priority status channel owner description"),
        ("Times", "时间", "opened_at due_at resolved_at"),
        ("Outcome", "结果", "resolution satisfaction number reference"),
        header="priority status due_at",
    )
    views = (
        table("mine", "My open cases", "我的工单", "subject account priority status due_at opened_at", sort="due_at",
              filter={"and": [{"field": "owner", "op": "eq", "value": "$me"}, OPEN]}),
        table("open", "Open", "未结工单", "subject account priority status owner due_at", sort="due_at", filter=OPEN),
        table("all", "All cases", "全部工单", "number subject account kind status owner opened_at", sort="-opened_at"),
        board("board", "By status", "按状态", by="status", card="subject account priority owner", filter=OPEN),
    )  # fmt: skip


@before_save(Case, Case.status)
def resolved_has_a_time(case: Case, ctx: Context) -> None:
    """Resolving notes when; taking it up again forgets it."""
    if case.status not in ("resolved", "closed"):
        case.resolved_at = None
    elif case.resolved_at is None:
        case.resolved_at = ctx.now
