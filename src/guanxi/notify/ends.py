"""Who began an import or an undoing, and went on to other things, is told when it is over."""

from __future__ import annotations

import re

from guanxi.base import Label
from guanxi.notify.making import Told, tell
from guanxi.pg import Connection
from guanxi.records import Ended, Workspace, hears_of_ends

_LEFT = re.compile(r"\[([^]]*)\]")
"""What is said only where something was left as it was."""

SAID: dict[tuple[str, str], Label] = {
    ("import", "done"): {
        "en": "The import of {name} is done. Records that came in: {n}[, rows left out: {failed}]",
        "zh": "“{name}”导入完成：进来 {n} 条[，{failed} 行没进来]",
    },
    ("import", "failed"): {"en": "The import of {name} failed", "zh": "“{name}”导入失败"},
    ("merge", "done"): {
        "en": "The merging is done. Groups merged: {n}[, left as they were: {failed}]",
        "zh": "合并完成：{n} 组[，{failed} 组未合并]",
    },
    ("merge", "failed"): {"en": "The merging failed", "zh": "合并失败"},
    ("undo", "done"): {
        "en": "The undoing is done. Changes taken back: {n}[, kept: {failed}]",
        "zh": "撤销完成：撤回 {n} 处[，保留 {failed} 处]",
    },
    ("undo", "failed"): {"en": "The undoing failed", "zh": "撤销失败"},
    ("hand_over", "done"): {
        "en": "{name} has handed over: {n} records were gone through",
        "zh": "{name} 的交接已完成：共处理 {n} 条记录",
    },
    ("hand_over", "failed"): {"en": "A hand-over failed", "zh": "交接失败"},
}


@hears_of_ends
async def over(db: Connection, workspace: Workspace, end: Ended) -> None:
    """Once for each end; it leads to where one sees what came of it."""
    said = SAID.get((end.what, end.status))
    if said is None:
        return
    kept = r"\1" if end.facts.get("failed") else ""
    text = {language: _LEFT.sub(kept, words) for language, words in said.items()}
    for name, value in end.facts.items():
        text = {language: words.replace("{" + name + "}", str(value)) for language, words in text.items()}
    link = {"to": end.what, "id": end.id, **({"object": end.facts["object"]} if "object" in end.facts else {})}
    key = f"{end.what} {end.id} {end.status}"
    await tell(db, workspace, [Told(end.user, "done", data={"text": text, "link": link}, key=key)])
