"""A meeting or a visit."""

from __future__ import annotations

from guanxi.apps.work.activity import Activity
from guanxi.schema.declare import DateTime, Links, Reference, Select, Text, form, table


class Meeting(
    Activity,
    label=("Meeting", "会议"),
    plural=("Meetings", "会议"),
    title="subject",
    area="today",
    icon="calendar",
    owner="owner",
    inherits="about",
    activity="meeting",
    moment="starts_at",
    channel="visit",
):
    """People in one place, or on one line."""

    about = Reference("About", "相关记录", inverse="meetings", inverse_label=("Meetings", "会议"))
    starts_at = DateTime("Starts", "开始时间", required=True, index=True, default="now")
    ends_at = DateTime("Ends", "结束时间")
    place = Text("Place", "地点", max=255)
    status = Select(
        "Status",
        "状态",
        "planned Planned 计划中 blue | held Held 已召开 green | cancelled Cancelled 已取消 gray",
        default="planned",
    )
    attendees = Links("user", "Attendees", "参会人")
    contacts = Links(
        "contact",
        "Contacts",
        "参会联系人",
        inverse="meetings_attended",
        inverse_label=("Meetings attended", "参加的会议"),
    )

    layout = form(("Meeting", "会议", "subject about starts_at ends_at place status attendees contacts owner body"))
    views = (
        table("coming", "Coming", "即将召开", "subject about starts_at place owner", sort="starts_at",
              filter={"field": "starts_at", "op": "gte", "value": "today"}),
        table("all", "All meetings", "全部会议", "subject about starts_at place status owner", sort="-starts_at"),
    )  # fmt: skip
