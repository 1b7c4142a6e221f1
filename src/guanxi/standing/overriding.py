"""What somebody lays down by hand holds until it ends, whatever the rules say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from guanxi.base import Forbidden, Invalid, NotFound
from guanxi.pg import quote
from guanxi.records import Context, note, visible
from guanxi.records.attached import Attached, attached
from guanxi.standing.model import Grading, Scheme
from guanxi.standing.reckoning import Wanted
from guanxi.standing.schemes import load
from guanxi.standing.settling import settle
from guanxi.standing.telling import may_lay_down, standing

attached(Attached("_standing_override", {"en": "Laid down by hand", "zh": "人工指定"}, ("object", "kind")))


async def override(
    ctx: Context, object_name: str, id: str, kind: str, value: str, reason: str, until: datetime | None
) -> dict[str, Any]:
    """Lay down the grade or stage of a record that the actor may change, in a field that the role may write. Answers its standing.

    Raises NotFound, Forbidden, Invalid."""
    scheme = await _scheme(ctx, object_name, id, kind)
    plan = scheme.plan
    names = [g.name for g in plan.grades] if isinstance(plan, Grading) else [s.name for s in plan.stages]
    if value not in names:
        raise Invalid.one("value", "not_an_option", value=value[:60])
    if not reason.strip():
        raise Invalid.one("reason", "required")
    if until is not None and until <= ctx.now:
        raise Invalid.one("until", "not_to_come")
    args = {
        "o": object_name,
        "id": id,
        "k": kind,
        "value": value,
        "reason": reason.strip(),
        "until": until,
        "by": ctx.actor.id,
    }
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._standing_override (object, record, kind, value, reason, until, by) VALUES"
        " (%(o)s, %(id)s::uuid, %(k)s, %(value)s, %(reason)s, %(until)s, %(by)s::uuid) ON CONFLICT (record, object, kind) DO UPDATE SET"
        " value = excluded.value, reason = excluded.reason, until = excluded.until, by = excluded.by, at = now()",
        args,
    )
    more = {"value": value, "reason": reason.strip(), "until": until.isoformat() if until else None}
    return await _told(ctx, scheme, id, "override", more)


async def release(ctx: Context, object_name: str, id: str, kind: str) -> dict[str, Any]:
    """Let the rules decide again. Answers its standing."""
    scheme = await _scheme(ctx, object_name, id, kind)
    gone = await ctx.db.execute(
        f"DELETE FROM {quote(ctx.workspace.schema)}._standing_override WHERE object = %(o)s AND record = %(id)s::uuid AND kind = %(k)s",
        {"o": object_name, "id": id, "k": kind},
    )
    return await _told(ctx, scheme, id, "released", {}) if gone else await standing(ctx, object_name, id)


async def _scheme(ctx: Context, object_name: str, id: str, kind: str) -> Scheme:
    await visible(ctx, object_name, id)
    await visible(ctx, object_name, id, "update")
    found = [s for s in await load(ctx.db, ctx.workspace, ctx.catalog, object_name, kind) if s.active]
    if not found:
        raise NotFound
    if not may_lay_down(ctx, ctx.catalog.object(object_name), found[0].plan):
        raise Forbidden
    return found[0]


async def _told(ctx: Context, scheme: Scheme, id: str, act: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The record follows at once, and the audit knows who did it."""
    await note(ctx, "settings", object=scheme.object, record=id, name="standing", scheme=scheme.kind, act=act, **more)
    by = {"user": ctx.actor.id, **({"said": more["reason"]} if more else {})}
    await settle(ctx, scheme, Wanted(ids=[id]), act, by)
    return await standing(ctx, scheme.object, id)
