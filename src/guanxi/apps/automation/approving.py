"""Who is asked for an approval is told, who asked hears how it was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from guanxi import notify
from guanxi.flows import absence, approvals
from guanxi.records import Context
from guanxi.records.journal import titles_of

LATE = {"en": " · nobody decided in time", "zh": " · 逾期未审"}
NOTE = 300
"""Characters of a note that are told."""
SAYS = {
    "asked": {"en": "Waits for your decision: {title}", "zh": "待你审批：{title}"},
    "reminded": {"en": "Still waits for your decision: {title}", "zh": "催办：请审批“{title}”"},
    "approved": {"en": "Approved: {title}", "zh": "审批通过：{title}"},
    "rejected": {"en": "Rejected: {title}", "zh": "审批驳回：{title}"},
    "returned": {"en": "Returned to you: {title}", "zh": "审批退回：{title}"},
    "withdrawn": {"en": "Withdrawn: {title}", "zh": "审批已撤回：{title}"},
    "expired": {"en": "Nobody decided in time: {title}", "zh": "审批已过期：{title}"},
    "cancelled": {"en": "No longer needed: {title}", "zh": "审批已取消：{title}"},
}


async def tell(ctx: Context, approval: Mapping[str, Any], users: Sequence[str], what: str) -> None:
    """Through whatever way each of them wants to be told."""
    if what == "settled":
        await notify.settle(ctx.db, ctx.workspace, users, approval["id"])
        return
    ended = what in ("decided", "late")
    said = SAYS[approval["state"] if ended else what]
    word = await _word(ctx, approval, what)
    late = what == "late" and approval["state"] != "expired"
    text = {
        language: words.format(title=approval["title"]) + (LATE[language] if late else word)
        for language, words in said.items()
    }
    data = {"text": text} if ended else {"text": text, "asks": approval["id"]}
    told = [notify.Told(user, "approval", approval["object"], approval["record"], None, None, data) for user in users]
    if told:
        await notify.tell(ctx.db, ctx.workspace, told)


async def _word(ctx: Context, approval: Mapping[str, Any], what: str) -> str:
    """What was written to those who are told now: why it was decided so, or why it was handed on."""
    state = "delegated" if what == "asked" else approval["state"] if what == "decided" else ""
    now = {v["level"] for v in approval["votes"] if v["state"] == "waiting"}
    written = [
        v for v in approval["votes"] if v["state"] == state and v["note"] and (what == "decided" or v["level"] in now)
    ]
    if not written:
        return ""
    last = max(written, key=lambda v: v["at"])
    names = await titles_of(ctx.as_system("approval: who wrote"), "user", [last["signer"]])
    return f" · {names.get(last['signer'], '')}: {last['note'][:NOTE]}"


async def tell_deputy(ctx: Context, deputy: str, until: datetime | None) -> None:
    """Who signs for somebody hears so, and when it is over early."""
    zone = ZoneInfo(ctx.workspace.timezone)
    if until is None:
        text = {
            "en": f"{ctx.actor.name} is back: you sign for yourself alone",
            "zh": f"{ctx.actor.name}已返岗，不再由你代审",
        }
    else:
        day = until.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        text = {
            "en": f"{ctx.actor.name} is away until {day}: you decide approvals meanwhile",
            "zh": f"{ctx.actor.name}外出至 {day}，期间由你代为审批",
        }
    await notify.tell(ctx.db, ctx.workspace, [notify.Told(deputy, "approval", None, None, None, None, {"text": text})])


approvals.tellers.append(tell)
absence.tellers.append(tell_deputy)
