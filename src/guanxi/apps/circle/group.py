"""The group of companies that a customer belongs to, with what each part of it bought and may buy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.apps.circle.asking import Row, among, both, eq, figures
from guanxi.apps.customers.account import BOUGHT
from guanxi.records import Context, panel, tree

SHOWN = 60
"""Companies of one tree that are listed; the figures are of all."""


@panel("account", "group", "Group", "集团")
async def group(ctx: Context, id: str) -> Mapping[str, Any] | None:
    """``{"nodes": [{"id", "title", "parent", "depth", "orders", "amount", "pipeline", "sum": {...}}], "more"}``.

    Figures are in the company's own currency; ``sum`` has those of a company with all that is below it.
    """
    nodes, more = await tree(ctx, "account", "parent", id)
    if len(nodes) < 2:
        return None
    ids = [n.id for n in nodes]
    own: dict[str, dict[str, Any]] = {n.id: {"orders": 0, "amount": 0, "pipeline": 0} for n in nodes}
    orders = await figures(
        ctx,
        "order",
        both(among("account", ids), BOUGHT),
        {"orders": "count", "amount": "sum amount"},
        ["account"],
        limit=len(ids),
    )
    deals = both(among("account", ids), eq("stage_kind", "open"))
    pipeline = await figures(ctx, "opportunity", deals, {"pipeline": "sum amount"}, ["account"], limit=len(ids))
    for found in (*orders, *pipeline):
        of: str = (found["group"]["account"] or {}).get("id", "")
        for name in own.get(of, {}):
            if name in found:
                own[of][name] = amount_of(ctx, found, name)
    sums = {i: dict(f) for i, f in own.items()}
    for node in reversed(nodes):
        if node.parent in sums:
            for name, value in sums[node.id].items():
                sums[node.parent][name] += value
    listed = nodes if len(nodes) <= SHOWN else [n for n in nodes if n.depth < 2 or n.id == id][:SHOWN]
    return {
        "nodes": [
            {"id": n.id, "title": n.title, "parent": n.parent or None, "depth": n.depth, **own[n.id], "sum": sums[n.id]}
            for n in listed
        ],
        "count": len(nodes),
        "more": more,
    }


def amount_of(ctx: Context, found: Row, name: str) -> Any:
    """A figure in the company's own currency."""
    if found.get(f"{name}_currency") in (None, ctx.workspace.currency):
        return found[name] or (found.get(f"{name}_by_currency") or {}).get(ctx.workspace.currency, 0)
    return 0
