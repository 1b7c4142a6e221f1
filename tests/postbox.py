"""A mail server for tests: takes what it is given over a real connection, or answers as it is told to."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest_asyncio
from tests.world import World

from guanxi import mail, notify
from guanxi.pg.jobs import Job, tasks
from guanxi.records import deliver


@dataclass
class Postbox:
    """What came in. ``says`` are answers to be given instead of the usual ones, by command, each once."""

    port: int = 0
    came: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    safe: int = 0
    """Connections that STARTTLS made safe."""
    says: dict[str, list[str]] = field(default_factory=dict)
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    tls: ssl.SSLContext | None = None
    """With it a connection can be made safe by STARTTLS."""
    hold: asyncio.Event | None = None
    """Waited for after a whole message came in, before it is answered."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""

        def say(command: str, usual: str) -> bool:
            told = self.says.get(command) or []
            answer = told.pop(0) if told else usual
            if answer == "hang up":
                writer.close()
                return False
            writer.write(answer.encode() + b"\r\n")
            return answer[0] in "23"

        say("connect", "220 here")
        while line := await reader.readline():
            command = line[:4].decode().strip().upper()
            if command == "DATA" and say("DATA", "354 go on"):
                body = b""
                while (part := await reader.readline()) != b".\r\n":
                    if not part:
                        return
                    body += part[1:] if part.startswith(b".") else part
                self.raw.append(body)
                self.came.append(email.message_from_bytes(body, policy=email.policy.default))  # type: ignore[arg-type]
                self.taken.set()
                if self.hold is not None:
                    await self.hold.wait()
                say("message", "250 taken")
            elif command == "STAR" and self.tls is not None and say("STAR", "220 go on"):
                await writer.start_tls(self.tls)
                self.safe += 1
            elif command == "EHLO" and self.tls is not None:
                writer.write(b"250-here\r\n250 STARTTLS\r\n")
            elif command != "DATA":
                say(command, "250 yes" if command != "QUIT" else "221 bye")
            if writer.is_closing():
                return
        writer.close()


@pytest_asyncio.fixture
async def postbox() -> AsyncIterator[Postbox]:
    """The server, which the program sends its mail to while the test runs."""
    box = Postbox()
    server = await asyncio.start_server(box.talk, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    mail.configure(f"smtp://127.0.0.1:{box.port}?tls=none", "crm@guanxi.test", "https://crm.guanxi.test")
    yield box
    mail.configure("", "", "")
    server.close()


async def post(world: World, box: Postbox) -> list[tuple[str, str]]:
    """Let people be told and send all that is queued, over the server: to whom, with which subject, as it came in."""
    before = len(box.came)
    await deliver(world.db, world.workspace)
    await notify.send_due(world.db, world.workspace)
    async with world.db.connection() as db:
        jobs = await db.fetch(
            "UPDATE guanxi.job SET state = 'running', attempt = attempt + 1, lease_until = now() + interval '1 minute'"
            " WHERE name = 'mail.send' AND state = 'waiting' RETURNING id, args, attempt"
        )
    for id, args, attempt in sorted(jobs):
        await tasks["mail.send"].run(Job(id, "mail.send", args, attempt, world.db))
    return sorted((str(m["To"].addresses[0].addr_spec), str(m["Subject"])) for m in box.came[before:])
