"""A telephone call."""

from __future__ import annotations

from guanxi.apps.work.activity import Activity
from guanxi.schema.declare import DateTime, Duration, Reference, Select, form, table


class Call(
    Activity,
    label=("Call", "电话"),
    plural=("Calls", "电话"),
    title="subject",
    area="today",
    icon="phone",
    owner="owner",
    inherits="about",
    activity="call",
    moment="starts_at",
    channel="phone",
):
    """A call that was made, received or is planned."""

    about = Reference("About", "相关记录", inverse="calls", inverse_label=("Calls", "电话"))
    direction = Select("Direction", "方向", "out Outgoing 呼出 | in Incoming 呼入", default="out")
    result = Select(
        "Result",
        "结果",
        "reached Reached 已接通 green | missed No_answer 未接通 gray | planned Planned 计划中 blue",
        default="reached",
    )
    starts_at = DateTime("When", "时间", index=True, default="now")
    duration = Duration("Duration", "时长")

    layout = form(("Call", "电话", "subject about direction result starts_at duration owner body"))
    views = (
        table(
            "all", "All calls", "全部电话", "subject about direction result starts_at duration owner", sort="-starts_at"
        ),
    )
