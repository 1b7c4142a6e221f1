"""What records go by that have no name of their own."""

from __future__ import annotations

from guanxi.records import Context


def option_name(ctx: Context, object_name: str, field: str, value: str | None) -> str | None:
    """What an option of a choice is called, in the language of the company."""
    options = {o.name: o.label for o in ctx.catalog.object(object_name).fields[field].options}
    label = options.get(value or "", {})
    return label.get(ctx.workspace.language) or label.get("en") or value
