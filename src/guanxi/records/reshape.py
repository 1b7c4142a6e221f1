"""Taking back a change of the catalog: the changes that lead from what it made to what was there before.

What was changed again since is kept and told, unless the caller insists. Taking back is itself a change of the catalog, on
the same road, and can be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from guanxi.base import Conflict, NotFound
from guanxi.base.ids import is_id
from guanxi.pg import Connection
from guanxi.records.compile import quote
from guanxi.records.context import Workspace
from guanxi.records.evolve import declared, evolve
from guanxi.records.undo import turn
from guanxi.schema.catalog import Catalog, fold
from guanxi.schema.difference import PARTS, changes_between
from guanxi.schema.types import TYPES


async def reshapes(db: Connection, workspace: Workspace, change_set: str) -> bool:
    """Whether this change set changed the catalog."""
    return is_id(change_set) and bool(
        await db.value(
            f"SELECT version IS NOT NULL FROM {quote(workspace.schema)}._change_set WHERE id = %(id)s::uuid",
            {"id": change_set},
        )
    )


async def take_back(
    db: Connection, workspace: Workspace, change_set: str, *, actor: str, force: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    """``{"undone", "kept": [{"object", "id", "title", "reason"}], "kept_count", "changes", "plan", "change_set"}``.

    ``changes`` are those that take it back, as the API takes them, ``plan`` their steps; ``title`` of what is kept is its
    path. ``db`` is a transaction of the owner of the schema. Raises Invalid where what came later needs what would go.
    """
    schema = quote(workspace.schema)
    row = await db.row(
        f"SELECT version, undone_by FROM {schema}._change_set WHERE id = %(id)s::uuid FOR UPDATE", {"id": change_set}
    )
    if row is None or row[0] is None:
        raise NotFound
    version, undone_by = row
    if undone_by and not force:
        raise Conflict("already_undone")
    layer = await db.fetch(f"SELECT version, change FROM {schema}._layer ORDER BY seq")
    before = fold(declared(), [c for v, c in layer if v < version])
    after = fold(declared(), [c for v, c in layer if v <= version])
    now = fold(declared(), [c for _, c in layer])
    later = set[str]().union(*(places(c) for c in changes_between(after, now)))
    back: list[Mapping[str, Any]] = []
    kept: list[dict[str, Any]] = []
    for change in changes_between(after, before):
        mine = places(change)
        met = sorted(p for p in mine if any(_overlap(p, other) for other in later))
        o = str(change.get("object") or change.get("name") or "")
        if change["op"] == "set_layout" and "role" not in change and now.objects[o].layout != after.objects[o].layout:
            continue  # a later change found its place in the layout; the rest of it goes with what it shows
        if met and not force:
            kept += [{"object": o, "id": p, "title": p, "reason": "edited_since"} for p in met]
        else:
            back.append(await _with_chosen(db, schema, now, change))
    done = await evolve(db, workspace, back, actor=actor, dry_run=dry_run, undoes=change_set) if back else None
    if done and done.change_set and not dry_run:
        await turn(db, schema, change_set, done.change_set)
    return {
        "undone": len(back),
        "kept": kept,
        "kept_count": len(kept),
        "changes": back,
        "plan": done.steps if done else [],
        "change_set": done.change_set if done else None,
    }


async def _with_chosen(db: Connection, schema: str, now: Catalog, change: Mapping[str, Any]) -> Mapping[str, Any]:
    """An option that records have by now goes as any other does: it stays with them, and can be chosen no more."""
    if change["op"] != "change_field" or "options" not in change:
        return change
    field = now.entities[change["object"]].fields[change["field"]]
    left = {o["name"] for o in change["options"]}
    gone = {o.name: o for o in field.options if o.name not in left}
    if not gone:
        return change
    column = quote(field.name) if TYPES[field.type].many else f"ARRAY[{quote(field.name)}]"
    had = await db.fetch(
        f"SELECT gone.option FROM unnest(%(gone)s::text[]) gone (option) WHERE EXISTS"
        f" (SELECT FROM {schema}.{quote(change['object'])} WHERE {column}::text[] @> ARRAY[gone.option])",
        {"gone": list(gone)},
    )
    kept = [{**asdict(gone[name]), "active": False} for (name,) in had]
    return {**change, "options": [*change["options"], *kept]}


def places(change: Mapping[str, Any]) -> set[str]:
    """What a change touches, as paths; one that begins another holds it."""
    o = str(change.get("object") or change.get("name") or "")
    match change["op"]:
        case "change_object" | "change_field":
            path = f"{o}.{change['field']}" if "field" in change else o
            return {f"{path}.{k}" for k in change if k not in ("op", "object", "field")}
        case "set_layout":
            return {f"{o}.(layout).{change.get('role') or 'all'}"}
        case "add_pipeline" | "change_pipeline" | "retire_pipeline":
            return {f"({change['name']})"}
        case "put_access_rule" | "retire_access_rule":
            return {f"{o}.(access).{change['name']}"}
        case "add_field":
            return {f"{o}.{change['name']}"}
        case op if "field" in change:
            return {f"{o}.{change['field']}" + (".options" if op.endswith("_option") else "")}
        case _:
            for attribute, (key, *_) in PARTS.items():
                if key in change:
                    part = change[key]
                    return {f"{o}.({attribute}).{part if isinstance(part, str) else part['name']}"}
            return {o}


def _overlap(a: str, b: str) -> bool:
    return a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.")
