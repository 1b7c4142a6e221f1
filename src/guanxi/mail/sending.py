"""Giving a message to the server that sends it on, and knowing what became of it."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from guanxi.base import FieldError, Invalid
from guanxi.base.json import dumps
from guanxi.mail.letter import address, plain
from guanxi.pg import Connection, quote
from guanxi.records import Context, Workspace, note

TIMEOUT = 30.0
"""Seconds that the server may take for each answer."""

NAME = "mail"


class Result(StrEnum):
    """What became of an attempt."""

    SENT = "sent"
    LATER = "later"
    """It was not taken, and may be taken later."""
    REFUSED = "refused"
    """It was not taken, and never will be."""
    UNKNOWN = "unknown"
    """The connection was lost after the whole message had gone out, before the server said whether it takes it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The server that sends mail on. ``tls`` is ``tls`` (from the beginning), ``starttls`` (required) or ``none``."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    base_url: str = ""
    """Where links in mail lead."""


_outgoing: Outgoing | None = None


def configure(url: str, sender: str, base_url: str) -> None:
    """Says once for the process which server sends mail; without a URL none does. ValueError as :func:`read_outgoing`."""
    global _outgoing
    _outgoing = read_outgoing(url, sender, base_url) if url else None


def outgoing() -> Outgoing | None:
    """The server that sends mail, if there is one."""
    return _outgoing


def off() -> bool:
    """Whether this installation sends no mail."""
    return _outgoing is None


def read_outgoing(url: str, sender: str, base_url: str = "") -> Outgoing:
    """``smtp://user:password@host:587`` (STARTTLS is required unless ``?tls=none``) or ``smtps://…``; ValueError."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or set(asked) - {"tls"}:
        raise ValueError("GUANXI_MAIL is written smtp://user:password@host:587 or smtps://user:password@host:465")
    tls = "tls" if parts.scheme == "smtps" else asked.get("tls", ["starttls"])[0]
    if tls not in ("tls", "starttls", "none"):
        raise ValueError("GUANXI_MAIL: tls is starttls or none")
    if address(sender) is None:
        raise ValueError("GUANXI_MAIL_FROM must be an e-mail address")
    port = parts.port or (465 if tls == "tls" else 587 if tls == "starttls" else 25)
    return Outgoing(
        parts.hostname, port, tls, unquote(parts.username or ""), unquote(parts.password or ""), sender, base_url
    )


@contextlib.contextmanager
def _connected(server: Outgoing) -> Generator[smtplib.SMTP]:
    """A connection, encrypted and signed in as the settings say."""
    own = server.sender.rpartition("@")[2] or "localhost"
    safe = ssl.create_default_context()
    if server.tls == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=own, timeout=TIMEOUT, context=safe
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, local_hostname=own, timeout=TIMEOUT)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            smtp.starttls(context=safe)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
        yield smtp
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


def deliver(server: Outgoing, to: str, data: bytes) -> tuple[Result, str]:
    """Hands the message over (blocking); what became of it and what the server said."""
    gone = False
    try:
        with _connected(server) as smtp:
            steps = (
                lambda: smtp.mail(server.sender),
                lambda: smtp.rcpt(address(to) or to),
                lambda: smtp.docmd("DATA"),
            )
            for step in steps:
                code, said = step()
                if code >= 400:
                    return _refused(code), _answer(code, said)
            gone = True
            smtp.send(re.sub(rb"(?m)^\.", b"..", data) + (b"" if data.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            code, said = smtp.getreply()
            return (_refused(code) if code >= 400 else Result.SENT), _answer(code, said)
    except (OSError, smtplib.SMTPException) as error:
        return (Result.UNKNOWN if gone else Result.LATER), _reason(error)


def check(server: Outgoing) -> str:
    """Connects, encrypts and signs in, without sending anything (blocking); what is wrong, or nothing."""
    try:
        with _connected(server) as smtp:
            code, said = smtp.noop()
            return _answer(code, said) if code >= 400 else ""
    except (OSError, smtplib.SMTPException) as error:
        return _reason(error)


def _refused(code: int) -> Result:
    return Result.REFUSED if code >= 500 else Result.LATER


def _answer(code: int, said: bytes) -> str:
    return plain(f"{code} {said.decode(errors='replace')}")


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return _answer(error.smtp_code, said if isinstance(said, bytes) else said.encode())
    return plain(f"{type(error).__name__}: {error}")


# -- what a workspace says -------------------------------------------------------------------------------------------------


async def read_sender(db: Connection, workspace: Workspace) -> dict[str, str]:
    """``{"name", "reply_to"}``: how mail of a workspace is signed, and where answers to it go."""
    found: Any = await db.value(f"SELECT value FROM {quote(workspace.schema)}._setting WHERE name = %(n)s", {"n": NAME})
    return {"name": workspace.name, "reply_to": "", **(found or {})}


async def save_sender(ctx: Context, name: str, reply_to: str) -> dict[str, str]:
    """Changes it; the audit tells what it was. Raises Invalid."""
    if reply_to and address(reply_to) is None:
        raise Invalid(errors=[FieldError("reply_to", "not_an_email", {"value": reply_to[:100]})])
    before = await read_sender(ctx.db, ctx.workspace)
    after = {"name": plain(name) or ctx.workspace.name, "reply_to": reply_to}
    await ctx.db.execute(
        f"INSERT INTO {quote(ctx.workspace.schema)}._setting (name, value, by) VALUES (%(n)s, %(v)s::jsonb, %(by)s::uuid)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = now(), by = excluded.by",
        {"n": NAME, "v": dumps(after).decode(), "by": ctx.actor.id},
    )
    await note(ctx, "settings", name=NAME, before=before, after=after)
    return after
