"""What became of messages: the log of deliveries, replays, and for how long all that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from guanxi import vault
from guanxi.base import FieldError, Invalid, NotFound
from guanxi.base.errors import FieldError as Told
from guanxi.base.ids import is_id
from guanxi.base.json import loads
from guanxi.pg import Connection, quote
from guanxi.pg.jobs import Job, task
from guanxi.records import Context, Entry, Workspace, catalog_of, note, workspaces
from guanxi.records.journal import titles_of
from guanxi.schema.catalog import Catalog
from guanxi.webhooks.queueing import hooks, hurry, queue
from guanxi.webhooks.shaping import about, get, schema

STATES = ("waiting", "done", "failed")
KEPT_DAYS = 30
PAGE = 50
MOST = 10_000
"""Messages or entries of one replay."""
BATCH = 500

_NAMES = "m.id, m.event, m.object, m.record, m.seq, m.state, m.tries, m.attempts, m.due_at, m.created_at, m.ended_at"


def _message(row: Sequence[Any]) -> dict[str, Any]:
    keys = (
        "id", "event", "object", "record", "sequence", "state", "tries", "attempts", "due_at", "created_at",
        "ended_at",
    )  # fmt: skip
    return dict(zip(keys, row, strict=True))


async def listing(ctx: Context, id: str, state: str | None = None, cursor: str | None = None) -> dict[str, Any]:
    """Messages of a webhook, the newest first, each with how its last attempt ended: ``{"data", "next"}``."""
    await get(ctx, id)
    if state is not None and state not in STATES:
        raise Invalid.one("state", "not_an_option", value=state[:60])
    if cursor is not None and not is_id(cursor):
        raise Invalid.one("cursor", "bad_cursor")
    s = schema(ctx)
    rows = await ctx.db.fetch(
        f"SELECT {_NAMES}, a.status, a.ms, a.error, a.detail FROM {s}._webhook_message AS m LEFT JOIN LATERAL ("
        f"SELECT status, ms, error, detail FROM {s}._webhook_attempt WHERE message = m.id ORDER BY attempt DESC LIMIT 1) AS a ON TRUE"
        " WHERE m.webhook = %(id)s::uuid AND (%(state)s::text IS NULL OR m.state = %(state)s)"
        " AND (%(after)s::uuid IS NULL OR m.id < %(after)s::uuid) ORDER BY m.id DESC LIMIT %(n)s",
        {"id": id, "state": state, "after": cursor, "n": PAGE + 1},
    )
    data = [{**_message(r[:-4]), "status": r[-4], "ms": r[-3], "error": _error(ctx, r[-2], r[-1])} for r in rows[:PAGE]]
    titles: dict[str, str] = {}
    for name in {one["object"] for one in data} & set(ctx.catalog.entities):
        titles |= await titles_of(ctx, name, {one["record"] for one in data if one["object"] == name})
    for one in data:
        one["record"] = one["record"] and {"id": one["record"], "title": titles.get(one["record"])}
    return {"data": data, "next": data[-1]["id"] if len(rows) > PAGE else None}


def _error(ctx: Context, code: str | None, detail: Any) -> str | None:
    return None if code is None else Told(None, code, detail or {}).message(ctx.actor.language)


async def delivery(ctx: Context, id: str, message: str) -> dict[str, Any]:
    """One message with its payload and all attempts, the newest first. NotFound."""
    await get(ctx, id)
    s = schema(ctx)
    row = None
    if is_id(message):
        row = await ctx.db.row(
            f"SELECT {_NAMES}, m.payload FROM {s}._webhook_message AS m WHERE m.id = %(m)s::uuid AND m.webhook = %(id)s::uuid",
            {"id": id, "m": message},
        )
    if row is None:
        raise NotFound
    attempts = await ctx.db.fetch(
        f"SELECT attempt, at, ms, status, headers, answer, error, detail FROM {s}._webhook_attempt WHERE message = %(m)s::uuid"
        " ORDER BY attempt DESC LIMIT 100",
        {"m": message},
    )
    return {
        **_message(row[:-1]),
        "payload": loads(row[-1]),
        "log": [
            {"attempt": n, "at": at, "ms": ms, "status": status, "headers": h, "answer": a, "error": _error(ctx, e, d)}
            for n, at, ms, status, h, a, e, d in attempts
        ],
    }


async def replay(
    ctx: Context,
    id: str,
    messages: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    state: str | None = None,
) -> dict[str, int]:
    """Send again: these messages, or everything of a span of time, also what happened while the webhook was off.

    A message keeps its id, so that a receiver recognises what it has. ``state`` narrows a span to messages that are so, and
    then nothing is made anew. Answers ``{"messages", "new"}``.
    """
    await get(ctx, id, lock=True)
    s = schema(ctx)
    reset = f"UPDATE {s}._webhook_message SET state = 'waiting', tries = 0, due_at = now(), ended_at = NULL WHERE webhook = %(id)s::uuid"
    new = 0
    if messages is not None:
        if not messages or len(messages) > MOST or not all(is_id(m) for m in messages):
            raise Invalid.one("messages", "must_be_list")
        many = await ctx.db.execute(f"{reset} AND id = ANY(%(m)s::uuid[])", {"id": id, "m": list(messages)})
        if not many:
            raise NotFound
    else:
        if since is None or (until is not None and until <= since):
            raise Invalid(errors=[FieldError("since", "required")])
        if state is not None and state not in STATES:
            raise Invalid.one("state", "not_an_option", value=state[:60])
        args: dict[str, Any] = {"id": id, "since": since, "until": until, "state": state}
        within = " AND created_at >= %(since)s AND (%(until)s::timestamptz IS NULL OR created_at < %(until)s)"
        many = await ctx.db.value(
            f"WITH found AS ({reset}{within} AND (%(state)s::text IS NULL OR state = %(state)s) RETURNING 1) SELECT count(*) FROM found",
            args,
        )
        if state is None:
            new = await _missed(ctx, id, since, until)
    await hurry(ctx, id)
    await note(ctx, "settings", name="webhook", act="replayed", webhook=id, messages=many + new)
    return {"messages": many + new, "new": new}


async def _missed(ctx: Context, id: str, since: datetime, until: datetime | None) -> int:
    """Messages of what the journal tells of a span and was never queued; Invalid when that is too much at once."""
    [hook] = await hooks(ctx.db, ctx.workspace, id)
    s = schema(ctx)
    rows = await ctx.db.fetch(
        "SELECT j.seq, j.at, j.object, j.record::text, j.kind, j.actor::text, j.cause, j.change_set::text, j.version, j.before, j.after"
        f" FROM {s}._journal AS j WHERE j.at >= %(since)s AND (%(until)s::timestamptz IS NULL OR j.at < %(until)s)"
        " AND (cardinality(%(objects)s::text[]) = 0 OR j.object = ANY(%(objects)s::text[]))"
        f" AND NOT EXISTS (SELECT FROM {s}._webhook_message AS m WHERE m.webhook = %(id)s::uuid AND m.seq = j.seq)"
        " ORDER BY j.seq LIMIT %(n)s",
        {"id": id, "since": since, "until": until, "objects": sorted(hook.objects), "n": MOST + 1},
    )
    if len(rows) > MOST:
        raise Invalid.one("since", "too_complex", limit=MOST)
    entries = [Entry(*row) for row in rows]
    new = 0
    for start in range(0, len(entries), BATCH):
        new += await queue(ctx.db, ctx.workspace, [hook], entries[start : start + BATCH])
    return new


async def tidy(db: Connection, workspace: Workspace, catalog: Catalog) -> None:
    """Drop what ended long ago; seal anew what was sealed under an earlier secret. ``db`` is a transaction."""
    s = quote(workspace.schema)
    await db.execute(
        f"DELETE FROM {s}._webhook_message WHERE state <> 'waiting' AND ended_at < now() - make_interval(days => %(days)s)",
        {"days": KEPT_DAYS},
    )
    await db.execute(f"UPDATE {s}._webhook SET old_secret = NULL, old_until = NULL WHERE old_until < now()")
    for id, sealed in await db.fetch(f"SELECT id, secret FROM {s}._webhook"):
        if (anew := vault.reseal(sealed, about(workspace.id, id))) is not None:
            await db.execute(f"UPDATE {s}._webhook SET secret = %(v)s WHERE id = %(id)s::uuid", {"id": id, "v": anew})
    await vault.renew(db, workspace, catalog)


@task("webhooks.tidy", every=3600)
async def _tidy(job: Job) -> None:
    async with job.db.connection() as db:
        known = await workspaces(db)
    for workspace in known:
        async with job.db.transaction(workspace.role) as db:
            await tidy(db, workspace, await catalog_of(db, workspace))
