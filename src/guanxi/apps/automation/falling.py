"""Who is about to lose customers to a pool is told ahead, and who lost some, afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi import notify, pools
from guanxi.base.text import noun
from guanxi.pg import Connection
from guanxi.records import Workspace, catalog_of
from guanxi.schema.catalog import Catalog

FALLING = notify.kind(
    "falling",
    ("Customers of mine are about to fall into a pool", "我的客户即将被回收"),
    ("{record} falls into a pool soon: {text}", "“{record}”即将被回收：{text}"),
    ("{n} {objects} fall into a pool soon: {text}", "{n} 条{objects}即将被回收：{text}"),
    mail="now",
)
FALLEN = notify.kind("fallen", ("Customers of mine fell into a pool", "我的客户已被回收"), mail="now")


@pools.on_warning
async def tell_owners(db: Connection, workspace: Workspace, warnings: Sequence[pools.Warned]) -> None:
    """Once for each record: what, into which pool, in how many days; and once a night of each pool, how many fell into it."""
    catalog = await catalog_of(db, workspace)
    told: list[notify.Told] = []
    for w in warnings:
        if not w.days:
            told.append(_fallen(catalog, w))
            continue
        several = len(w.records) > 1
        en, zh = f"within {w.days} days", f"{w.days} 天内"
        if w.on:
            day = f"{w.on.day} {w.on:%B}"
            en, zh = (
                (f"from {day} on", f"最早 {w.on.month}月{w.on.day}日起")
                if several
                else (f"on {day}", f"{w.on.month}月{w.on.day}日")
            )
        text = {
            "en": f"“{w.pool}”, {en} unless somebody gets in touch",
            "zh": f"若无有效跟进，{zh}将落入“{w.pool}”",
        }
        told += [
            notify.Told(w.user, FALLING.name, w.object, record, data={"text": text}, change_set=w.set)
            for record in w.records
        ]
    await notify.tell(db, workspace, told)


def _fallen(catalog: Catalog, w: pools.Warned) -> notify.Told:
    """Of no record: whoever lost them may not see them any more, and hears of it all the same."""
    nouns = catalog.object(w.object).definition
    one = w.count == 1
    text = {
        "en": f"{w.count} {noun(nouns.label if one else nouns.plural, 'en')} of yours fell into “{w.pool}”",
        "zh": f"你的 {w.count} 条{noun(nouns.plural, 'zh')}已被回收到“{w.pool}”",
    }
    return notify.Told(w.user, FALLEN.name, data={"text": text, "link": {"to": "pool", "id": w.into}})
