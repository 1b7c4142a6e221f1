"""Flows tell people: in the page as they want it, and by mail to anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from guanxi import mail, notify
from guanxi.base import FieldError, Invalid
from guanxi.flows import Done, Fail, StepContext, parameter, step
from guanxi.flows.kinds import Next
from guanxi.mail import Letter, MailOff
from guanxi.notify import Told
from guanxi.records import load_actor


@step(
    "notify",
    ("Notify", "发通知"),
    parameter("to", "who", ("Whom", "通知谁"), required=True),
    parameter("text", "words", ("Text", "内容"), required=True),
    group="tell",
    icon="bell",
    counts="messages",
    hint=("In the bell, and by mail where somebody wants that.", "显示在消息里，按个人设置同时发邮件。"),
)
async def tell(one: StepContext) -> Next:
    """Each person once; who may not see the record hears nothing."""
    people: list[str] = one.input["to"]
    if one.dry:
        return Done({"told": len(people)})
    ctx, run = one.within, one.run
    told = [
        Told(
            user,
            "flow",
            run.object if run.record else None,
            run.record,
            None,
            None,
            {"text": one.input["text"]},
            f"{one.key} {user}",
        )
        for user in people
    ]
    await notify.tell(ctx.db, ctx.workspace, told)
    return Done({"told": len(people)})


PURPOSES = (("service", "Service", "服务"), ("marketing", "Marketing", "营销"), ("survey", "A survey", "调研"))
"""As consents name them."""


_PLACE = re.compile(r"\{[^{}]*\}")


def _somebody(given: Mapping[str, Any]) -> Iterator[FieldError]:
    if not given.get("to") and not given.get("address"):
        yield FieldError("to", "required", {"field": {"en": "To users, or to an address", "zh": "收件用户或地址"}})
    text = str(given.get("address") or "").strip()
    if text and not _PLACE.fullmatch(text) and mail.address(_PLACE.sub("a", text)) is None:
        yield FieldError("address", "not_an_email", {"value": text[:100]})


@step(
    "email",
    ("Send an e-mail", "发邮件"),
    parameter("to", "who", ("To users", "收件用户")),
    parameter(
        "address",
        "words",
        ("To an address", "收件地址"),
        told=("An address, or a place such as {email}", "邮箱地址，或 {email} 这样的字段"),
    ),
    parameter("subject", "words", ("Subject", "主题"), required=True),
    parameter("body", "words", ("Text", "正文"), required=True),
    parameter(
        "purpose",
        "choice",
        ("Sent for", "用途"),
        options=PURPOSES,
        told=("Who refused it, or took back their consent, gets nothing", "拒绝接收或已撤回同意的人不会收到"),
    ),
    group="tell",
    icon="mail",
    counts="mails",
    faults=_somebody,
    hint=("What became of each stands in Settings → Mail.", "发送结果见“设置 → 邮件”。"),
)
async def send(one: StepContext) -> Next:
    """Queued in the transaction that moves the run on, under a key of this visit: each letter is sent once."""
    ctx, run = one.within, one.run
    to: dict[str, str] = {}
    for user in one.input.get("to") or ():
        actor = await load_actor(ctx.db, ctx.workspace, user)
        if actor is not None and actor.email:
            to[actor.email] = actor.name
    if address := str(one.input.get("address") or "").strip():
        to.setdefault(address, "")
    held: dict[str, str] = {}
    later: dict[str, str] = {}
    if mail.off():
        return Fail(MailOff())
    for where in () if one.dry else to:
        letter = Letter(
            "flow",
            where,
            one.input["subject"],
            one.input["body"],
            name=to[where],
            object=run.object if run.record else None,
            record=run.record,
            by=ctx.actor.id,
            purpose=(one.input.get("purpose") or "service") if where == address else "",
        )
        reason = await mail.withheld(ctx, letter)
        if isinstance(reason, str):
            held[where] = reason
            continue
        if reason:  # it stands in the queue until then
            later[where] = reason.isoformat(timespec="minutes")
        try:
            await mail.send(ctx.db, ctx.workspace, letter, f"{one.key} {where}")
        except Invalid as problem:
            return Fail(problem)
    told = {"withheld": held, "later": later}
    return Done({"mails": len(to) - len(held)} | {name: those for name, those in told.items() if those})
