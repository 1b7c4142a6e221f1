"""Something worth remembering."""

from __future__ import annotations

from guanxi.apps.work.activity import Activity
from guanxi.records import Context
from guanxi.records.rules import before_save
from guanxi.schema.declare import LongText, Reference, Text, form, table


class Note(
    Activity,
    label=("Note", "跟进记录"),
    plural=("Notes", "跟进记录"),
    title="subject",
    area="today",
    icon="note",
    owner="owner",
    inherits="about",
    activity="note",
):
    """What was learnt or agreed."""

    subject = Text("Subject", "主题", max=255, search="A")
    about = Reference("About", "相关记录", inverse="notes", inverse_label=("Notes", "跟进记录"))
    body = LongText("Note", "内容", required=True, search="C")

    layout = form(("Note", "跟进记录", "subject about body owner"))
    views = (table("all", "All notes", "全部跟进", "subject about owner created_at", sort="-created_at"),)


@before_save(Note, Note.body)
def subject_is_the_first_line(note: Note, ctx: Context) -> None:
    """A note without a subject goes by its first line."""
    if not note.subject and note.body:
        note.subject = note.body.strip().partition("\n")[0][:80]
