"""What somebody, or a team, is to reach within a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from guanxi.apps.customers.naming import option_name
from guanxi.records import Context
from guanxi.records.rules import before_save, check
from guanxi.schema.declare import Date, Link, LongText, Number, Record, Select, Text, User, form, table

RUNNING = {"and": [{"field": "starts_on", "op": "lte", "value": "today"}, {"field": "ends_on", "op": "gte", "value": "today"}]}  # fmt: skip


class Target(
    Record,
    label=("Target", "目标"),
    plural=("Targets", "目标"),
    area="sales",
    icon="flag",
    owner="owner",
    subtitle=("owner", "ends_on"),
):
    """An amount or a number to reach from one day to another, by its owner or by everybody of a team and the teams below it."""

    name = Text(
        "Name",
        "目标名称",
        max=255,
        search="A",
        help=("Left empty, it is made of the measure and the month.", "留空则由指标和月份组成。"),
    )
    measure = Select(
        "Measure",
        "指标",
        "won Deals_won 签约金额 | ordered Orders 订单金额 | received Payments_received 回款金额 | visits Visits_made 有效拜访"
        " | calls Calls_made 有效通话 | customers New_customers 新客户数",
        required=True,
        index=True,
    )
    amount = Number(
        "To reach",
        "目标值",
        required=True,
        min=0,
        scale=2,
        help=("Money in the company's currency, or how many.", "金额按公司币种，其余为次数或个数。"),
    )
    starts_on = Date(
        "From",
        "开始日期",
        index=True,
        help=("Left empty, the first day of this month.", "留空则从本月第一天算起。"),
    )
    ends_on = Date(
        "To", "结束日期", index=True, help=("Left empty, the last day of the month.", "留空则到当月最后一天。")
    )
    team = Link(
        "team",
        "Team",
        "团队",
        inverse="targets",
        inverse_label=("Targets", "目标"),
        help=(
            "What everybody in it reaches counts; empty, what the owner does.",
            "填写则团队及下级团队的业绩都算；留空只算负责人的。",
        ),
    )
    description = LongText("Description", "备注")
    owner = User("Owner", "负责人", default="$me", required=True, index=True)

    layout = form(
        ("Target", "目标", "measure amount starts_on ends_on team owner name description"),
        header="measure amount ends_on",
    )
    views = (
        table("running", "Running", "进行中", "name measure amount starts_on ends_on team owner", sort="ends_on", filter=RUNNING),
        table("all", "All targets", "全部目标", "name measure amount starts_on ends_on team owner", sort="-starts_on"),
    )  # fmt: skip


@before_save(Target, Target.name, Target.measure, Target.starts_on, Target.ends_on)
def whole(target: Target, ctx: Context) -> None:
    """A target is for this month, or ends with the one that it begins in, and goes by its measure and month, unless it says otherwise."""
    start = target.starts_on = target.starts_on or ctx.env.today.replace(day=1)
    if target.ends_on is None:
        target.ends_on = (start.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    if not target.name:
        target.name = f"{option_name(ctx, 'target', 'measure', target.measure)} {start:%Y-%m}"


@check(Target, Target.starts_on, Target.ends_on)
def ends_after_it_begins(target: Target, ctx: Context) -> tuple[str, str, Mapping[str, object]] | None:
    """A target does not end before it begins."""
    if target.starts_on and target.ends_on and target.ends_on < target.starts_on:
        return "ends_on", "too_small", {"min": target.starts_on.isoformat()}
    return None
