"""How somebody wants to be reached, and how not."""

from __future__ import annotations

from guanxi.apps.customers import CHANNELS, NO_CALLS, NO_EMAIL
from guanxi.schema.declare import MultiSelect, Record, Select, Tags, Text, YesNo


class Reachable(Record):
    """What accounts and contacts say about being written to, called and visited; kept wherever something is sent."""

    do_not_call = YesNo("Do not call", "勿电话联系", help=NO_CALLS)
    do_not_email = YesNo("Do not e-mail", "勿发邮件", help=NO_EMAIL)
    wanted_channels = MultiSelect("Prefers", "希望的联系方式", CHANNELS)
    unwanted_channels = MultiSelect(
        "Not by",
        "不希望的联系方式",
        CHANNELS,
        help=("Nothing is sent to them this way.", "不会以这些方式联系或发送内容。"),
    )
    contact_times = Text("Best times", "方便联系的时间", max=120)
    language = Select("Language", "沟通语言", "zh Chinese 中文 | en English 英文 | other Other 其他")
    topics = Tags("Topics", "感兴趣的话题")


PREFERENCES = "wanted_channels unwanted_channels do_not_call do_not_email contact_times language topics"
"""The fields as a section of a form."""
