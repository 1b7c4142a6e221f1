"""Something to do, by a day."""

from __future__ import annotations

from guanxi import notify
from guanxi.apps.work.activity import Activity
from guanxi.records import Context
from guanxi.records.rules import before_save
from guanxi.schema.declare import DateTime, Reference, Select, YesNo, board, form, table
from guanxi.schema.filter import where


class Task(
    Activity,
    label=("Task", "任务"),
    plural=("Tasks", "任务"),
    title="subject",
    area="today",
    icon="check",
    owner="owner",
    inherits="about",
    activity="task",
    moment="done_at",
    subtitle=("due_at",),
):
    """Work that somebody has promised."""

    about = Reference("About", "相关记录", inverse="tasks", inverse_label=("Tasks", "任务"))
    due_at = DateTime("Due", "截止时间", index=True)
    priority = Select("Priority", "优先级", "high High 高 red | normal Normal 中 | low Low 低", default="normal")
    status = Select(
        "Status",
        "状态",
        "open Open 待办 blue | done Done 已完成 green | dropped Dropped 已取消 gray",
        default="open",
        index=True,
    )
    done = YesNo("Done", "已完成", readonly=True)
    done_at = DateTime("Done at", "完成时间", readonly=True)

    layout = form(("Task", "任务", "subject about due_at priority status owner body done_at"))
    views = (
        table("mine", "My open tasks", "我的待办", "subject about due_at priority status", sort="due_at",
              filter={"and": [{"field": "owner", "op": "eq", "value": "$me"}, {"field": "status", "op": "eq", "value": "open"}]}),
        table("overdue", "Overdue", "已逾期", "subject about due_at priority owner", sort="due_at",
              filter={"and": [{"field": "status", "op": "eq", "value": "open"}, {"field": "due_at", "op": "lt", "value": "now"}]}),
        table("all", "All tasks", "全部任务", "subject about due_at priority status owner", sort="-created_at"),
        board("board", "By status", "按状态", by="status", card="subject about due_at owner"),
    )  # fmt: skip


@before_save(Task, Task.status)
def done_has_a_time(task: Task, ctx: Context) -> None:
    """Finishing a task notes when."""
    task.done = task.status == "done"
    if task.done and task.old.get("status") != "done":
        task.done_at = ctx.now
    elif not task.done:
        task.done_at = None


notify.remind(Task, Task.due_at, where("status", "eq", "open"))
