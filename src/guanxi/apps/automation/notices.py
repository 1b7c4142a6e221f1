"""Who owns a webhook is told when the program switches it off, and those who see to settings when its owner is gone."""

from __future__ import annotations

from guanxi import notify, webhooks
from guanxi.base import Label
from guanxi.pg import Connection, quote
from guanxi.records import Workspace, load_actors

WEBHOOK = notify.kind("webhook", ("A webhook of mine is switched off", "我的 Webhook 被停用"), mail="now")

_WHY: dict[str, Label] = {
    "failing": {
        "en": "The webhook “{name}” is switched off: there had been no good answer for three days.",
        "zh": "Webhook“{name}”已停用：连续三天没有成功应答。",
    },
    "gone": {
        "en": "The webhook “{name}” is switched off: nobody listens there any more.",
        "zh": "Webhook“{name}”已停用：对方不再接收。",
    },
    "owner_gone": {
        "en": "The webhook “{name}” is switched off: its owner has left. Give it to somebody in Settings → Webhooks.",
        "zh": "Webhook“{name}”已停用：其负责人已离开。请在“设置 → Webhook”中改由他人负责。",
    },
}


@webhooks.on_off
async def tell_owner(db: Connection, workspace: Workspace, webhook: str, reason: str) -> None:
    """In the transaction that switches it off."""
    row = await db.row(
        f"SELECT owner, name FROM {quote(workspace.schema)}._webhook WHERE id = %(id)s::uuid", {"id": webhook}
    )
    if row is not None and reason in _WHY:
        text = {language: said.replace("{name}", row[1]) for language, said in _WHY[reason].items()}
        whom = [row[0]]
        if reason == "owner_gone":
            whom = [a.id for a in await load_actors(db, workspace) if "settings" in a.grants.system]
        await notify.tell(db, workspace, [notify.Told(user, WEBHOOK.name, data={"text": text}) for user in whom])
