"""Notifications by mail: one by itself, several as a digest, each with what its reader may see when it goes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi import mail
from guanxi.base import say
from guanxi.mail import Letter
from guanxi.notify.reading import COLUMNS, Row, told
from guanxi.pg import Database, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Context, Workspace, load_actor, load_catalog, load_workspace, workspaces

MOST = 50
"""Notifications in one mail."""
KEPT_DAYS = 90
SUBJECT = {"en": "{n} news", "zh": "{n} 条消息"}
SETTINGS = {
    "en": "You choose what you are told of, and how: {url}",
    "zh": "在这里选择要接收哪些消息：{url}",
}


@task("notify.mail", every=60)
async def mail_what_is_due(job: Job) -> None:
    """Mail what is due, of one workspace or of all, and forget what is old."""
    if mail.off():
        return
    async with job.db.connection() as db:
        one = job.args.get("workspace")
        known = [await load_workspace(db, one)] if one else await workspaces(db)
    for workspace in known:
        if workspace is not None:
            await send_due(job.db, workspace)


@task("notify.tidy", every=6 * 3600)
async def tidy(job: Job) -> None:
    """What was read long ago is forgotten."""
    async with job.db.connection() as db:
        known = await workspaces(db)
    for workspace in known:
        async with job.db.transaction(workspace.role) as db:
            await db.execute(
                f"DELETE FROM {quote(workspace.schema)}._notification WHERE at < now() - make_interval(days => %(d)s)"
                " AND (read_at IS NOT NULL OR NOT page)",
                {"d": KEPT_DAYS},
            )


async def send_due(database: Database, workspace: Workspace) -> int:
    """Queue a mail for every user for whom something is due; how many. What was read meanwhile is not mailed."""
    schema = quote(workspace.schema)
    due = "mail_at <= now() AND mailed_at IS NULL"
    async with database.transaction(workspace.role) as db:
        users = [r[0] for r in await db.fetch(f"SELECT DISTINCT user_id::text FROM {schema}._notification WHERE {due}")]
    n = 0
    async with database.connection() as db:
        catalog = await load_catalog(db, workspace) if users else None
    for user in users:
        async with database.transaction(workspace.role) as db:
            rows = [
                Row(*r)
                for r in await db.fetch(
                    f"SELECT {COLUMNS} FROM {schema}._notification WHERE user_id = %(u)s::uuid AND {due} ORDER BY at, id LIMIT %(n)s FOR UPDATE SKIP LOCKED",
                    {"u": user, "n": MOST},
                )
            ]
            await db.execute(
                f"UPDATE {schema}._notification SET mailed_at = now() WHERE id = ANY(%(ids)s::uuid[])",
                {"ids": [r.id for r in rows]},
            )
            actor = await load_actor(db, workspace, user)
            if actor is None or not actor.email or catalog is None:
                continue
            ctx = Context(db, workspace, catalog, actor, "notify", "")
            wanted = [r for r in rows if r.read_at is None]
            seen = await told(ctx, wanted)
            items = [seen[r.id] for r in wanted if r.id in seen]
            if items:
                await mail.send(
                    db, workspace, _letter(ctx, items)
                )  # once: by the transaction that marks them as mailed
                n += 1
    return n


def _letter(ctx: Context, items: Sequence[dict[str, Any]]) -> Letter:
    server = mail.outgoing()
    base = server.base_url if server else ""
    lines: list[str] = []
    for item in items:
        lines.append(item["text"])
        if item["body"] and item["body"] != item["text"]:
            lines += [f"    {line}" for line in item["body"].splitlines()]
        if item["record"] and base:
            lines.append(f"{base}/o/{item['record']['object']}/{item['record']['id']}")
        lines.append("")
    if base:
        lines += ["--", say(SETTINGS, ctx.actor.language, url=f"{base}/settings/notifications")]
    one = items[0] if len(items) == 1 else None
    subject = one["text"] if one else say(SUBJECT, ctx.actor.language, n=len(items))
    place = one["record"] if one else None
    return Letter(
        "notification",
        ctx.actor.email,
        f"{subject} · {ctx.workspace.name}",
        "\n".join(lines),
        name=ctx.actor.name,
        object=place["object"] if place else None,
        record=place["id"] if place else None,
    )
