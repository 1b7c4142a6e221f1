"""Processes for tasks that want one of their own. Each does one task; the next is loaded while nobody waits for it.

Loading the program takes longer than many tasks. After a task another process is started, and waits for a while, loaded,
for the next order on its standard input: whoever puts a file right and tries again does not wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Sequence

IDLE = 120.0
"""Seconds that a loaded process waits for an order."""


async def start(command: Sequence[str], url: str) -> Process:
    """A process that runs ``command`` and will read its order. It ends when we do: its standard input is closed then."""
    return await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "GUANXI_TASK_URL": url},  # not an argument: the list of processes is public
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


async def end(child: Process) -> None:
    """Stop a process that is still there, gently and then not."""
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            await child.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


class Spare:
    """At most one process that waits, loaded, for an order."""

    def __init__(self, url: str, idle: float = IDLE) -> None:
        self._url, self._idle = url, idle
        self._child: Process | None = None
        self._command: Sequence[str] = ()
        self._keeping: asyncio.Task[None] | None = None

    async def take(self, command: Sequence[str]) -> Process:
        """A process for a task: the one that waits, or a new one."""
        child, self._child = self._child, None
        if child is not None and self._keeping is not None:
            self._keeping.cancel()  # it is kept no longer: it has something to do
        if child is not None and child.returncode is None and self._command == command:
            return child
        if child is not None:
            await end(child)
        return await start(command, self._url)

    def prepare(self, command: Sequence[str]) -> None:
        """Load the next process, beside whatever goes on."""
        if self._child is None and (self._keeping is None or self._keeping.done()):
            self._command = command
            self._keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        child: Process | None = None
        try:
            child = self._child = await start(self._command, self._url)
            await asyncio.sleep(self._idle)
        except OSError:  # none can be started now: the next task starts its own, or says why it cannot
            return
        finally:
            if child is not None and self._child is child:
                self._child = None
                await end(child)

    async def close(self) -> None:
        """Let go of the process that waits."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
