"""A trace of contact that is no call, meeting or visit: mail, chat, web visit, social mention, answer to a campaign."""

from __future__ import annotations

from guanxi.apps.work.activity import Activity
from guanxi.schema.declare import DateTime, Link, Reference, Select, Text, Url, form, table


class Interaction(
    Activity,
    label=("Interaction", "互动"),
    plural=("Interactions", "互动"),
    title="subject",
    icon="activity",
    owner="owner",
    inherits="about",
    activity="interaction",
    moment="at",
    channel="kind",
    subtitle=("kind", "at"),
):
    """Something that passed between a customer and the company."""

    about = Reference("About", "相关记录", inverse="interactions", inverse_label=("Interactions", "互动"))
    kind = Select(
        "Kind",
        "类型",
        "email E-mail 邮件 | sms Text_message 短信 | wechat WeChat 微信 | chat Chat 在线聊天 | web_visit Web_visit 网页访问"
        " | social_mention Social_mention 社交提及 | campaign_response Campaign_response 活动响应 | other Other 其他",
        required=True,
        default="other",
        index=True,
    )
    direction = Select("Direction", "方向", "in In 客户发起 | out Out 我方发起", default="in")
    at = DateTime("When", "时间", required=True, default="now", index=True)
    channel = Text("Channel", "渠道", max=120)
    department = Text("Department", "部门", max=120)
    contact = Link(
        "contact", "Contact", "联系人", inverse="contact_interactions", inverse_label=("Interactions", "互动")
    )
    url = Url("Link", "链接")

    layout = form(("Interaction", "互动", "subject about kind direction at channel department contact url owner body"))
    views = (table("all", "All interactions", "全部互动", "subject about kind direction at owner", sort="-at"),)
