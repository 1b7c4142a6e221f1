"""What a night did to records by the rules of how long they are kept is told to those who look after that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guanxi import audit, notify
from guanxi.base import Label, say
from guanxi.base.text import LANGUAGES, noun
from guanxi.pg import Connection
from guanxi.records import Workspace, load_actors, load_catalog

LEFT = notify.kind("night", ("Rules moved or removed records", "规则移动或清除了记录"), mail="digest")
SAID: Mapping[str, Label] = {
    "to_archive": {"en": "{n} {objects} archived", "zh": "{n} 条{objects}已归档"},
    "to_bin": {"en": "{n} {objects} moved to the recycle bin", "zh": "{n} 条{objects}已移到回收站"},
    "bin": {"en": "{n} {objects} removed from the recycle bin for good", "zh": "{n} 条{objects}已从回收站永久清除"},
    "archived": {"en": "{n} {objects} removed from the archive for good", "zh": "{n} 条{objects}已从归档永久清除"},
}


@audit.on_night
async def tell_administrators(db: Connection, workspace: Workspace, done: Sequence[audit.Done]) -> None:
    """Each act of a night once, with how many."""
    catalog = await load_catalog(db, workspace)
    told: list[notify.Told] = []
    for actor in await load_actors(db, workspace):
        if "audit" not in actor.grants.system:
            continue
        for one in done:
            entity = catalog.entities.get(one.object)
            label = (entity.definition.label if one.count == 1 else entity.definition.plural) if entity else {}
            text = {
                n: say(SAID[one.what], n, n=one.count, objects=noun(label or {"en": one.object}, n)) for n in LANGUAGES
            }
            told.append(notify.Told(actor.id, LEFT.name, data={"text": text}))
    await notify.tell(db, workspace, told)
