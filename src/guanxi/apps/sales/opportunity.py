"""A possible sale to an account, moving along a pipeline until won or lost."""

from __future__ import annotations

from decimal import Decimal

from guanxi.apps.customers import SOURCES
from guanxi.records import Context
from guanxi.records.rules import before_save
from guanxi.schema.declare import (
    Date,
    Link,
    LongText,
    Money,
    Percent,
    PipelineOf,
    Record,
    Select,
    StageOf,
    Text,
    User,
    board,
    form,
    table,
)
from guanxi.schema.model import Pipeline, Stage

PIPELINES = (
    Pipeline(
        "sales",
        "opportunity",
        {"en": "Sales", "zh": "标准销售"},
        (
            Stage("qualification", {"en": "Qualification", "zh": "初步接洽"}, "open", 10, "gray"),
            Stage("needs", {"en": "Needs analysis", "zh": "需求确认"}, "open", 30, "blue"),
            Stage("proposal", {"en": "Proposal", "zh": "方案报价"}, "open", 50, "cyan"),
            Stage("negotiation", {"en": "Negotiation", "zh": "商务谈判"}, "open", 80, "gold", ("amount",)),
            Stage("won", {"en": "Won", "zh": "赢单"}, "won", 100, "green", ("amount",)),
            Stage("lost", {"en": "Lost", "zh": "输单"}, "lost", 0, "gray", ("lost_reason",)),
        ),
    ),
    Pipeline(
        "renewal",
        "opportunity",
        {"en": "Renewal", "zh": "续约"},
        (
            Stage("due", {"en": "Due", "zh": "到期提醒"}, "open", 60, "gray"),
            Stage("talking", {"en": "In talks", "zh": "续约沟通"}, "open", 80, "blue"),
            Stage("won", {"en": "Renewed", "zh": "已续约"}, "won", 100, "green", ("amount",)),
            Stage("lost", {"en": "Not renewed", "zh": "未续约"}, "lost", 0, "gray", ("lost_reason",)),
        ),
    ),
)


class Opportunity(
    Record,
    label=("Opportunity", "商机"),
    plural=("Opportunities", "商机"),
    area="sales",
    icon="target",
    owner="owner",
    subtitle=("account", "stage", "close_date"),
    moment="closed_on",
):
    """What somebody may buy, for how much, by when, and how far we are."""

    name = Text("Name", "商机名称", required=True, max=255, search="A")
    account = Link(
        "account",
        "Account",
        "客户",
        inverse="opportunities",
        inverse_label=("Opportunities", "商机"),
        on_delete="restrict",
    )
    contact = Link("contact", "Contact", "联系人", inverse="opportunities", inverse_label=("Opportunities", "商机"))
    product = Link("product", "Product", "产品", inverse="opportunities", inverse_label=("Opportunities", "商机"))
    pipeline = PipelineOf("Pipeline", "销售流程", required=True, track=True)
    stage = StageOf("Stage", "阶段", required=True, track=True, index=True)
    amount = Money("Amount", "金额", track=True, index=True)
    probability = Percent("Probability", "赢率", track=True)
    close_date = Date("Expected close", "预计成交日期", index=True, track=True)
    closed_on = Date("Closed on", "成交日期", index=True)
    source = Select("Source", "来源", SOURCES)
    lost_reason = Select(
        "Reason lost",
        "输单原因",
        "price Price 价格 | competitor Competitor 竞争对手 | no_budget No_budget 没有预算 | no_need No_need 没有需求 | timing Timing 时机不对"
        " | no_answer No_answer 失去联系 | other Other 其他",
    )
    next_step = Text("Next step", "下一步", max=255)
    reference = Text(
        "Reference",
        "外部编号",
        max=60,
        unique=True,
        search="C",
        help=("Its key in another system.", "在其他系统中的编号。"),
    )
    description = LongText("Description", "备注")
    owner = User("Owner", "负责人", default="$me", required=True, index=True)

    layout = form(
        ("Deal", "商机信息", "name account contact product amount stage probability close_date next_step owner"),
        ("More", "更多", "pipeline source lost_reason closed_on reference description"),
        header="amount probability close_date",
    )
    views = (
        table("mine", "My open deals", "我的商机", "name account stage amount probability close_date next_step", sort="close_date",
              filter={"and": [{"field": "owner", "op": "eq", "value": "$me"}, {"field": "stage_kind", "op": "eq", "value": "open"}]}),
        board("pipeline", "Pipeline", "销售看板", by="stage", card="name account amount close_date next_step owner", sum="amount",
              filter={"field": "stage_kind", "op": "eq", "value": "open"}),
        table("open", "Open", "进行中", "name account stage amount probability close_date owner", sort="close_date",
              filter={"field": "stage_kind", "op": "eq", "value": "open"}),
        table("won", "Won", "已赢单", "name account amount closed_on owner", sort="-closed_on",
              filter={"field": "stage_kind", "op": "eq", "value": "won"}),
        table("all", "All", "全部商机", "name account stage amount close_date owner updated_at", sort="-updated_at"),
    )  # fmt: skip


@before_save(Opportunity, Opportunity.stage, Opportunity.pipeline)
def probability_follows_stage(opportunity: Opportunity, ctx: Context) -> None:
    """Entering a stage brings its probability, unless one was given; closing brings the day. What another system had closed was
    closed on the day that it says."""
    stage = ctx.catalog.find_stage("opportunity", opportunity.pipeline, opportunity.stage)
    if stage is None or opportunity.old.get("stage") == opportunity.stage:
        return
    if opportunity.probability is None or opportunity.probability == opportunity.old.get("probability"):
        opportunity.probability = Decimal(stage.probability)
    if stage.kind in ("open", "on_hold"):
        opportunity.closed_on = None
    elif opportunity.closed_on is None:
        there = None if opportunity.old or ctx.cause != "import" else opportunity.close_date
        opportunity.closed_on = min(there or ctx.env.today, ctx.env.today)
