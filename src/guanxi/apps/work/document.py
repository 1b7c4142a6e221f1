"""A file or a picture kept with a record."""

from __future__ import annotations

from guanxi.apps.work.activity import Activity
from guanxi.records import Context
from guanxi.records.rules import before_save
from guanxi.schema.declare import File, LongText, Reference, Text, form, table


class Document(
    Activity,
    label=("File", "文件"),
    plural=("Files", "文件"),
    title="subject",
    icon="file",
    owner="owner",
    inherits="about",
    activity="document",
):
    """A file that belongs to a record: a drawing, a photograph, a signed paper."""

    subject = Text("Name", "名称", max=255, search="A")
    about = Reference("About", "相关记录", inverse="documents", inverse_label=("Files", "文件"))
    file = File("File", "文件", required=True)
    body = LongText("Details", "内容", search="C")

    layout = form(("File", "文件", "subject about file body owner"))
    views = (table("all", "All files", "全部文件", "subject about file owner created_at", sort="-created_at"),)


@before_save(Document, Document.file)
def named_by_its_file(document: Document, ctx: Context) -> None:
    """What has no name goes by that of its file."""
    if not document.subject and document.file:
        document.subject = str(document.file.get("name") or "")[:255] or None
