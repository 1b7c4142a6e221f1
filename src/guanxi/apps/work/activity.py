"""What all activities have: what they are about, what was said, who did it."""

from __future__ import annotations

from guanxi.schema.declare import Links, LongText, Record, Reference, Text, User


class Activity(Record):
    """Something that happens on another record; who may see that record may see it too."""

    subject = Text("Subject", "主题", required=True, max=255, search="A")
    about = Reference("About", "相关记录", inverse="activities")
    body = LongText("Details", "内容", search="C")
    owner = User("Owner", "负责人", default="$me", index=True)
    mentions = Links("user", "Mentions", "提到的人")
    reference = Text("Reference", "外部编号", max=120, index=True,
                     help=("Its number in another system.", "在其他系统中的编号。"))  # fmt: skip
