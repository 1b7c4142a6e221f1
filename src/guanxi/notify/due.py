"""What is due is told to its owner when its time has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from guanxi import records
from guanxi.base.json import dumps, loads
from guanxi.notify.making import Told, tell
from guanxi.pg import Database, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Context, Workspace, load_catalog, system_actor, workspaces
from guanxi.schema.declare import Declared, Record
from guanxi.schema.filter import Filter, both, where
from guanxi.schema.query import Query, read_query

BACK = timedelta(hours=24)
"""How far back is looked when nobody looked for a while."""
NAME = "notify_due"


@dataclass(frozen=True, slots=True)
class Reminder:
    """Records of ``object`` are due at their ``field``, as long as ``when`` holds."""

    object: str
    field: str
    when: Filter


reminders: list[Reminder] = []


def remind(record: type[Record], field: Declared[datetime], when: Filter) -> None:
    """The owner of a record is told when the moment in ``field`` has come and ``when`` still holds."""
    reminders.append(Reminder(record.object.name, field.name, when))


@task("notify.due", every=60)
async def look(job: Job) -> None:
    """Tell of what became due since the last look, in every workspace."""
    async with job.db.connection() as db:
        known = await workspaces(db)
    for workspace in known:
        await tell_due(job.db, workspace)


async def tell_due(database: Database, workspace: Workspace) -> int:
    """What became due since the last look, told once for each moment; how many were told."""
    schema = quote(workspace.schema)
    async with database.connection() as db:
        catalog = await load_catalog(db, workspace)
    async with database.transaction(workspace.role) as db:
        await db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(n)s, 11))", {"n": f"{NAME} {workspace.id}"})
        ctx = Context(db, workspace, catalog, system_actor(workspace), "notify", "")
        raw = await db.value(f"SELECT value->>'until' FROM {schema}._setting WHERE name = %(n)s", {"n": NAME})
        since = max(datetime.fromisoformat(raw), ctx.now - BACK) if raw else ctx.now
        told: list[Told] = []
        for one in reminders:
            entity = ctx.catalog.entities.get(one.object)
            if entity is None:
                continue
            span = [where(one.field, op, at.isoformat()) for op, at in (("gt", since), ("lte", ctx.now))]
            fields = read_query(one.object, {"fields": [entity.owner, one.field]}).fields
            async for rows in records.stream(ctx, Query(one.object, both(one.when, *span), (), fields)):
                for row in map(loads, rows):
                    if owner := row.get(entity.owner):
                        key = f"due {row['id']} {row[one.field]}"
                        told.append(Told(owner["id"], "due", one.object, row["id"], key=key))
        await db.execute(
            f"INSERT INTO {schema}._setting (name, value) VALUES (%(n)s, %(v)s::jsonb)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = now()",
            {"n": NAME, "v": dumps({"until": ctx.now.isoformat()}).decode()},
        )
        return await tell(db, workspace, told)
