"""What colleagues say to each other about a record."""

from __future__ import annotations

from guanxi.apps.work.activity import Activity
from guanxi.records import Context
from guanxi.records.rules import before_save
from guanxi.schema.declare import LongText, Reference, Text, form, table


class Comment(
    Activity,
    label=("Comment", "评论"),
    plural=("Comments", "评论"),
    title="subject",
    icon="message",
    owner="owner",
    inherits="about",
    activity="comment",
):
    """A remark for colleagues; whom it mentions is told."""

    subject = Text("Subject", "主题", max=255, readonly=True)
    about = Reference("About", "相关记录", inverse="comments", inverse_label=("Comments", "评论"))
    body = LongText("Comment", "内容", required=True, search="C")

    layout = form(("Comment", "评论", "about body mentions owner"))
    views = (table("all", "All comments", "全部评论", "subject about owner created_at", sort="-created_at"),)


@before_save(Comment, Comment.body)
def subject_is_the_beginning(comment: Comment, ctx: Context) -> None:
    """A comment goes by its first line."""
    comment.subject = (comment.body or "").strip().partition("\n")[0][:80] or None
