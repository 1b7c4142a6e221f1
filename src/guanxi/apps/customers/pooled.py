"""What has an owner and can be in a pool."""

from __future__ import annotations

from collections.abc import Mapping

from guanxi.records import Context, merges
from guanxi.schema.declare import Date, DateTime, Link, Record, YesNo


class Pooled(Record):
    """In a pool is what belongs to one and has no owner; what has one goes back to the pool that it belongs to."""

    pool = Link("pool", "Pool", "公海", readonly=True)
    pool_since = DateTime("In the pool since", "进入公海时间", readonly=True)
    held_since = DateTime("With its owner since", "归属时间", readonly=True)
    protected = YesNo(
        "Protected",
        "免回收",
        help=(
            "Never falls into a pool by itself. Given by whoever administers a pool.",
            "不会被自动回收到公海，由公海管理员设置。",
        ),
    )
    protected_until = Date("Protected until", "免回收至", help=("Left empty: without an end.", "留空表示长期有效。"))


def protection_is_given(record: Pooled, ctx: Context) -> tuple[str, str, Mapping[str, object]] | None:
    """Nobody keeps their own from falling: whoever has a place in pools and administers none takes protection away at most."""
    seats = [s for s in ctx.actor.seats if s.object == record.object.name]
    if ctx.actor.system or ctx.bulk in ("undo", "merge", merges.APART) or not seats or any(s.admin for s in seats):
        return None
    for name in ("protected", "protected_until"):
        if record.row.get("protected") and record.row.get(name) != record.old.get(name):
            return name, "protection_is_given", {}
    return None


def held_from_now(record: Pooled, ctx: Context) -> None:
    """Whoever becomes the owner begins now."""
    owner = record.row.get("owner")
    if owner != record.old.get("owner"):
        record.held_since = ctx.now if owner else None
