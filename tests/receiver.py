"""A web server of a test's own, which notes what it is sent and answers as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Received:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """``answer`` makes (status, headers, body) of a request, or hangs up; ``got`` is what came in; ``connections`` how many were opened."""

    url: str = ""
    got: list[Received] = field(default_factory=list)
    connections: int = 0
    answer: Callable[[Received], tuple[int, dict[str, str], bytes] | None] = lambda _: (200, {}, b"ok")
    gate: asyncio.Event | None = None
    """Where set, answers wait for it."""
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody waits at the gate."""
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = head[0].split(" ", 2)
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                one = Received(method, path, headers, body)
                self.got.append(one)
                if self.gate is not None:
                    self.waiting.set()
                    await self.gate.wait()
                answer = self.answer(one)
                if answer is None:
                    break
                status, more, said = answer
                lines = "".join(f"{k}: {v}\r\n" for k, v in {"content-length": str(len(said)), **more}.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + said)
                await writer.drain()
        self.open.discard(writer)
        writer.close()


@contextlib.asynccontextmanager
async def receiver(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A server on a port of its own while inside."""
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        if made.gate is not None:
            made.gate.set()
        for writer in tuple(made.open):
            writer.close()
        await asyncio.sleep(0)
