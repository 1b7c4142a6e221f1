"""Somebody of ours at a customer's, or a customer at ours."""

from __future__ import annotations

from guanxi.apps.work.activity import Activity
from guanxi.schema.declare import DateTime, Links, Reference, Select, Text, form, table


class Visit(
    Activity,
    label=("Visit", "拜访"),
    plural=("Visits", "拜访"),
    title="subject",
    area="today",
    icon="map",
    owner="owner",
    inherits="about",
    activity="visit",
    moment="starts_at",
    channel="visit",
    subtitle=("starts_at",),
):
    """A visit: planned, made, and what came of it."""

    about = Reference("About", "相关记录", inverse="visits", inverse_label=("Visits", "拜访"))
    starts_at = DateTime("Starts", "开始时间", required=True, index=True, default="now")
    ends_at = DateTime("Ends", "结束时间")
    purpose = Select(
        "Purpose",
        "目的",
        "first First_visit 初访 | follow_up Follow_up 跟进 | demo Demonstration 演示 | delivery Delivery 交付 | payment Payment 催款 | care Care 关怀 | other Other 其他",
    )
    place = Text("Place", "地点", max=255)
    status = Select(
        "Status",
        "状态",
        "planned Planned 计划中 blue | done Done 已完成 green | cancelled Cancelled 已取消 gray",
        default="planned",
        index=True,
    )
    result = Text("Result", "结果", max=255)
    next_step = Text("Next step", "下一步", max=255)
    contacts = Links(
        "contact", "Whom", "拜访对象", inverse="visits_received", inverse_label=("Visits received", "被拜访")
    )

    layout = form(
        ("Visit", "拜访", "subject about starts_at ends_at purpose place status contacts result next_step owner body")
    )
    views = (
        table("coming", "Coming", "即将拜访", "subject about starts_at place owner", sort="starts_at",
              filter={"and": [{"field": "status", "op": "eq", "value": "planned"}, {"field": "starts_at", "op": "gte", "value": "today"}]}),
        table("all", "All visits", "全部拜访", "subject about starts_at status result owner", sort="-starts_at"),
    )  # fmt: skip
