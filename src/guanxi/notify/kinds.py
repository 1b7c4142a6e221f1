"""What people are told of: each kind with its name, its sentence, and how it is told unless somebody wants it otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from guanxi.base import Label

Way = Literal["now", "digest", "never"]
"""How something goes out by mail: at once, in the day's digest, not at all."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``said`` is its sentence: ``{who}``, ``{record}``, ``{object}`` (its noun), ``{text}``, ``{names}``; ``many`` where it is
    about ``{n}`` records of ``{objects}``."""

    name: str
    label: Label
    said: Label
    many: Label
    mail: Way = "never"


KINDS: dict[str, Kind] = {}
"""All kinds of the modules that were imported, in the order in which settings show them."""


def kind(
    name: str,
    label: tuple[str, str],
    said: tuple[str, str] = ("{text}", "{text}"),
    many: tuple[str, str] | None = None,
    mail: Way = "never",
) -> Kind:
    """Registers a kind, each text in English and Chinese."""
    if name in KINDS:
        raise ValueError(f"there are two kinds {name!r}")
    one, two, three = ({"en": en, "zh": zh} for en, zh in (label, said, many or said))
    KINDS[name] = made = Kind(name, one, two, three, mail)
    return made


kind(
    "mention",
    ("Somebody mentions me", "有人提到我"),
    ("{who} mentioned you: {record}", "{who}在“{record}”提到了你"),
    mail="now",
)
kind(
    "assigned",
    ("Something becomes mine", "有记录分配给我"),
    ("{who} gave you {record}", "{who}把“{record}”交给了你"),
    ("{who} gave you {n} {objects}", "{who}把 {n} 条{objects}交给了你"),
    mail="now",
)
kind("approval", ("An approval concerns me", "审批与我有关"), mail="now")
kind("due", ("Something is due", "任务到期"), ("{record} is due", "“{record}”到期了"), mail="digest")
kind(
    "comment",
    ("A comment on what I follow", "我关注的记录有新评论"),
    ("{who} commented on {record}", "{who}评论了“{record}”"),
    ("{who} left {n} comments on what you follow", "{who}在你关注的记录上写了 {n} 条评论"),
    mail="digest",
)
kind(
    "activity",
    ("Something happens on what I follow", "我关注的记录有新动态"),
    ("{who} · {object} · {record}", "{who} · {object} · {record}"),
    ("{who} added {n} {objects} to what you follow", "{who}在你关注的记录上新增了 {n} 条{objects}"),
)
kind(
    "changed",
    ("What I follow changes", "我关注的记录有变更"),
    ("{who} changed {record}", "{who}修改了“{record}”"),
    ("{who} changed {n} {objects} that you follow", "{who}修改了你关注的 {n} 条{objects}"),
)
kind(
    "entered",
    ("Somebody enters a segment of mine", "有记录进入我的客群"),
    ("{record} is now in “{text}”", "“{record}”进入了客群“{text}”"),
    ("{n} {objects} are now in “{text}”", "{n} 条{objects}进入了客群“{text}”"),
    mail="digest",
)
kind(
    "left",
    ("Somebody leaves a segment of mine", "有记录离开我的客群"),
    ("{record} is no longer in “{text}”", "“{record}”离开了客群“{text}”"),
    ("{n} {objects} are no longer in “{text}”", "{n} 条{objects}离开了客群“{text}”"),
)
kind("flow", ("A flow tells me something", "流程通知我"), mail="now")
kind("done", ("What I started is done", "我发起的操作已完成"))
kind(
    "not_told",
    ("Somebody whom I mentioned cannot see it", "我提到的人看不到记录"),
    (
        "{names} cannot see {record}, and was not told that you mentioned them",
        "{names}看不到“{record}”，没有收到你的提及",
    ),
)
