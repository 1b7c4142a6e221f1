"""The queue of mail: each letter is one job. Before the message goes out the attempt is on record, and so is how it ended; of an
attempt whose end is missing nobody knows whether it arrived, which is shown and not repeated by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from guanxi.base import Conflict, Invalid, NotFound
from guanxi.base.ids import is_id, new_id
from guanxi.base.json import dumps
from guanxi.mail.letter import Letter, address, mail_id, message, plain
from guanxi.mail.sending import Result, deliver, off, outgoing, read_sender
from guanxi.pg import Connection, quote
from guanxi.pg.jobs import Again, Job, defer, task
from guanxi.records import Context, Workspace, catalog_of, load_workspace, system_actor
from guanxi.records.cursor import make_cursor, open_cursor
from guanxi.records.journal import titles_of
from guanxi.schema.query import Query

WAITS = (60, 300, 900, 3600, 4 * 3600, 8 * 3600, 12 * 3600, 24 * 3600)
"""Seconds before each further try; after the last one it is given up."""

STATES = ("queued", "sending", "sent", "failed", "unknown", "withheld")

Guard = Callable[[Context, Letter], Awaitable[str | datetime | None]]
_guards: list[Guard] = []


def guard(ask: Guard) -> Guard:
    """Register what is asked right before a letter goes out: why it must not, as a word that the page knows; the moment before which
    it must not; or None. It asks as the system, about every letter, whoever sends it."""
    _guards.append(ask)
    return ask


async def withheld(ctx: Context, letter: Letter) -> str | datetime | None:
    """Why this letter must not go out, or the moment before which it must not, or None."""
    said = [answer for ask in _guards if (answer := await ask(ctx.as_system("mail"), letter))]
    return next((a for a in said if isinstance(a, str)), None) or max(
        (a for a in said if isinstance(a, datetime)), default=None
    )


async def _withheld(db: Connection, workspace: Workspace, letter: Letter) -> str | datetime | None:
    catalog = await catalog_of(db, workspace)
    return await withheld(Context(db, workspace, catalog, system_actor(workspace), "mail", ""), letter)


class MailOff(Conflict):
    """This installation sends no mail."""

    code = "mail_off"


async def send(db: Connection, workspace: Workspace, letter: Letter, key: str = "") -> str:
    """Queue a letter in the caller's transaction; its id. What was queued for the same ``key`` before is the same letter.

    Raises MailOff, and Invalid when the address is none.
    """
    if off():
        raise MailOff
    if address(letter.to) is None:
        raise Invalid.one("to", "not_an_email", value=letter.to[:100])
    id = mail_id(workspace.id, key) if key else new_id()
    made = await db.execute(
        f"INSERT INTO {quote(workspace.schema)}._mail (id, kind, recipient, recipient_name, reply_to, subject, body, html, object,"
        " record, by, purpose) VALUES (%(id)s::uuid, %(kind)s, %(to)s, %(name)s, %(reply_to)s, %(subject)s, %(text)s, %(html)s, %(object)s,"
        " %(record)s::uuid, %(by)s::uuid, %(purpose)s) ON CONFLICT (id) DO NOTHING",
        {
            "id": id,
            "kind": letter.kind,
            "to": letter.to,
            "name": plain(letter.name),
            "reply_to": letter.reply_to,
            "subject": plain(letter.subject),
            "text": letter.text.replace("\0", ""),
            "html": letter.html.replace("\0", ""),
            "object": letter.object,
            "record": letter.record,
            "by": letter.by,
            "purpose": letter.purpose,
        },
    )
    if made:
        await defer(db, "mail.send", {"workspace": workspace.id, "mail": id})
    return id


@task("mail.send", queue="mail")
async def carry(job: Job) -> None:
    """One attempt at a letter."""
    async with job.db.connection() as db:
        workspace = await load_workspace(db, job.args["workspace"])
        if workspace is None:
            return
    server = outgoing()
    if server is None:
        raise Again(WAITS[0])
    schema, id = quote(workspace.schema), job.args["mail"]
    async with job.db.transaction(workspace.role) as db:
        await job.fence(db)
        row = await db.row(
            "SELECT state, attempt, tries, kind, recipient, recipient_name, reply_to, subject, body, html, at, purpose"
            f" FROM {schema}._mail WHERE id = %(id)s::uuid FOR UPDATE",
            {"id": id},
        )
        if row is None or row[0] not in ("queued", "sending"):
            return
        state, attempt, tries, kind, to, name, reply_to, subject, text, html, at, purpose = row
        if state == "sending":  # whoever was at it is gone: it may have arrived
            await db.execute(f"UPDATE {schema}._mail SET state = 'unknown' WHERE id = %(id)s::uuid", {"id": id})
            return
        letter = Letter(kind, to, subject, text, html, name, reply_to, purpose=purpose)
        # Asked as late as can be: between the queue and now somebody may have said no.
        reason = await _withheld(db, workspace, letter)
        if isinstance(reason, str):
            await db.execute(
                f"UPDATE {schema}._mail SET state = 'withheld', answer = %(reason)s WHERE id = %(id)s::uuid",
                {"id": id, "reason": reason},
            )
            return
        if reason:
            await db.execute(
                f"UPDATE {schema}._mail SET answer = 'hours', due_at = %(at)s WHERE id = %(id)s::uuid",
                {"id": id, "at": reason},
            )
        else:
            attempt += 1
            await db.execute(
                f"UPDATE {schema}._mail SET state = 'sending', attempt = %(n)s WHERE id = %(id)s::uuid",
                {"id": id, "n": attempt},
            )
        sender, now = await read_sender(db, workspace), datetime.now(UTC)
    if reason:
        raise Again(max(1.0, (reason - now).total_seconds()))
    letter = replace(letter, reply_to=reply_to or sender["reply_to"])
    data = message(letter, id, at, server.sender, sender["name"])
    result, said = await asyncio.to_thread(deliver, server, to, data)
    wait = WAITS[tries] if result is Result.LATER and tries < len(WAITS) else None
    ends = {Result.SENT: "sent", Result.REFUSED: "failed", Result.UNKNOWN: "unknown", Result.LATER: "failed"}
    async with job.db.transaction(workspace.role) as db:
        # The number of the attempt is the fence: the end of this one holds even where it was taken for lost meanwhile.
        await db.execute(
            f"UPDATE {schema}._mail SET state = %(state)s, answer = %(said)s, tries = tries + 1,"
            " due_at = now() + make_interval(secs => %(wait)s), sent_at = CASE WHEN %(state)s = 'sent' THEN now() END"
            " WHERE id = %(id)s::uuid AND attempt = %(n)s AND state IN ('sending', 'unknown')",
            {"id": id, "n": attempt, "said": said, "wait": wait, "state": "queued" if wait else ends[result]},
        )
    if wait:
        raise Again(wait)


async def retry(ctx: Context, id: str) -> None:
    """Send again what failed or is not known to have arrived: under the same Message-ID. NotFound, Conflict."""
    schema = quote(ctx.workspace.schema)
    if not is_id(id) or not await ctx.db.value(f"SELECT TRUE FROM {schema}._mail WHERE id = %(id)s::uuid", {"id": id}):
        raise NotFound
    if not await ctx.db.execute(
        f"UPDATE {schema}._mail SET state = 'queued', tries = 0, due_at = NULL WHERE id = %(id)s::uuid AND state IN ('failed', 'unknown')",
        {"id": id},
    ):
        raise Conflict
    await defer(ctx.db, "mail.send", {"workspace": ctx.workspace.id, "mail": id})


async def listing(ctx: Context, limit: int = 50, cursor: str | None = None, state: str | None = None) -> dict[str, Any]:
    """``{"data": [{id, at, kind, to, subject, record, state, tries, due_at, sent_at, answer}], "next"}``, newest first.

    The subject of mail about a record that the reader may not see is not told.
    """
    after = open_cursor(cursor, Query("mail"))[1:] if cursor else [None, None]
    rows = await ctx.db.fetch(
        "SELECT id::text, at, kind, recipient, subject, object, record::text, state, tries, due_at, sent_at, answer"
        f" FROM {quote(ctx.workspace.schema)}._mail WHERE (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(id)s::uuid IS NULL OR (at, id) < (%(at)s::timestamptz, %(id)s::uuid))"
        " ORDER BY at DESC, id DESC LIMIT %(n)s",
        {"state": state, "at": after[0], "id": after[1], "n": limit + 1},
    )
    titles: dict[str, dict[str, str]] = {}
    for name in {r[5] for r in rows if r[5] in ctx.catalog.entities}:
        titles[name] = await titles_of(ctx, name, {r[6] for r in rows if r[5] == name})
    data: list[dict[str, Any]] = []
    for id, at, kind, to, subject, name, record, found, tries, due_at, sent_at, answer in rows[:limit]:
        seen = titles.get(name or "", {}).get(record)
        data.append(
            {
                "id": id,
                "at": at,
                "kind": kind,
                "to": to,
                "subject": subject if name is None or seen is not None else None,
                "record": {"object": name, "id": record, "title": seen} if seen is not None else None,
                "state": found,
                "tries": tries,
                "due_at": due_at if found == "queued" else None,
                "sent_at": sent_at,
                "answer": answer,
            }
        )
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return {
        "data": data,
        "next": make_cursor(dumps([0, last[1].isoformat(), last[0]]), Query("mail")) if last else None,
    }
