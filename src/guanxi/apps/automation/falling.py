"""Who is about to lose customers to a pool is told ahead."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi import notify, pools
from guanxi.pg import Connection
from guanxi.records import Workspace

FALLING = notify.kind(
    "falling",
    ("Customers of mine are about to fall into a pool", "我的客户即将被回收"),
    ("{record} falls into a pool soon: {text}", "“{record}”即将被回收：{text}"),
    ("{n} {objects} fall into a pool soon: {text}", "{n} 条{objects}即将被回收：{text}"),
    mail="now",
)


@pools.on_warning
async def tell_owners(db: Connection, workspace: Workspace, warnings: Sequence[pools.Warned]) -> None:
    """Once for each record: what, into which pool, in how many days."""
    told: list[notify.Told] = []
    for w in warnings:
        text = {
            "en": f"“{w.pool}”, within {w.days} days unless somebody gets in touch",
            "zh": f"{w.days} 天内若无有效跟进，将落入“{w.pool}”",
        }
        told += [
            notify.Told(w.user, FALLING.name, w.object, record, data={"text": text}, change_set=w.set)
            for record in w.records
        ]
    await notify.tell(db, workspace, told)
