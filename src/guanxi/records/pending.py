"""Changes of the catalog that wait until a job has made the values that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guanxi.base import FieldError, Invalid, NotFound, new_id
from guanxi.base.ids import is_id
from guanxi.base.json import dumps
from guanxi.pg import Connection
from guanxi.pg.jobs import defer
from guanxi.records.compile import quote
from guanxi.records.context import Context, Workspace

OPEN = "state IN ('waiting', 'running')"


async def put(
    db: Connection, workspace: Workspace, changes: Sequence[Mapping[str, Any]], actor: str | None, total: int
) -> str:
    """Keep the changes for a job; the id under which they wait."""
    id = new_id()
    await db.execute(
        f"INSERT INTO {quote(workspace.schema)}._pending (id, actor, changes, total)"
        " VALUES (%(id)s::uuid, %(actor)s::uuid, %(changes)s::jsonb, %(total)s)",
        {"id": id, "actor": actor, "changes": dumps(list(changes)).decode(), "total": total},
    )
    await defer(db, "records.turn", {"workspace": workspace.id, "pending": id}, lock=f"turn {workspace.id}")
    return id


async def free(db: Connection, workspace: Workspace, changes: Sequence[Mapping[str, Any]]) -> None:
    """Raise Invalid for changes of a field whose values are being made."""
    rows = await db.fetch(f"SELECT changes FROM {quote(workspace.schema)}._pending WHERE {OPEN}")
    # A list, for what is asked may be anything: the fold says what of it is no name.
    busy = [(c.get("object"), c.get("field")) for (waiting,) in rows for c in waiting if c.get("op") == "change_type"]
    errors = [
        FieldError(f"{c['object']}.{c['field']}", "being_changed")
        for c in changes
        if (c.get("object"), c.get("field")) in busy
    ]
    if errors:
        raise Invalid(errors=errors)


async def pendings(ctx: Context, limit: int = 20) -> list[dict[str, Any]]:
    """``[{"id", "at", "state", "done", "total", "changes", "errors"}]``: what waits, is made or was made lately, newest first."""
    rows = await ctx.db.fetch(
        f"SELECT id, at, state, done, total, changes, error FROM {quote(ctx.workspace.schema)}._pending"
        f" WHERE {OPEN} OR at > now() - interval '7 days' ORDER BY at DESC, id DESC LIMIT %(n)s",
        {"n": limit},
    )
    language = ctx.actor.language
    return [
        {
            "id": r[0],
            "at": r[1],
            "state": r[2],
            "done": r[3],
            "total": r[4],
            "changes": r[5],
            "errors": [
                {"field": e["field"], "code": e["code"], "message": FieldError(**e).message(language)}
                for e in r[6] or ()
            ],
        }
        for r in rows
    ]


async def cancel(ctx: Context, id: str) -> None:
    """Give up changes that are not in force yet. Raises NotFound when there are none of this id."""
    found = is_id(id) and await ctx.db.execute(
        f"UPDATE {quote(ctx.workspace.schema)}._pending SET state = 'cancelled' WHERE id = %(id)s::uuid AND {OPEN}",
        {"id": id},
    )
    if not found:
        raise NotFound
