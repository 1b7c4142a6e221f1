"""Pictures in a small form, drawn when it is first asked for and kept beside the file."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import replace
from pathlib import Path

from guanxi.base import log, new_id
from guanxi.files import Stored
from guanxi.files.drawing import SECONDS

EDGE = 480
"""Dots of the longer side: a card on a screen with two dots to a point."""
LEAST = 64 * 1024
"""Bytes from which a picture is worth drawing anew."""
FORMATS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}

_log = log.get(__name__)
_at_once = asyncio.Semaphore(2)


async def small(stored: Stored) -> Stored:
    """A file that the actor may read in its small form; itself where it is small enough, or cannot be drawn."""
    kind = FORMATS.get(stored.type)
    if kind is None or stored.size < LEAST:
        return stored
    made = stored.path.with_name(f"{stored.path.name}.small.png")
    if not made.exists():
        async with _at_once:
            if not made.exists():
                await _drawn(stored, kind, made)
    if not made.exists():
        return stored  # there was no time; it is tried again
    size = made.stat().st_size
    # An empty one says that it was tried in vain.
    return replace(stored, path=made, size=size, type="image/png") if 0 < size < stored.size else stored


async def _drawn(stored: Stored, kind: str, made: Path) -> None:
    part = made.with_name(f"{made.name}.{new_id()}")
    try:
        code = await _run(str(stored.path), kind, str(part), str(EDGE))
        if code is None:
            _log.warning("there was no time to draw a picture small", file=stored.id)
            return
        if code != 0:
            _log.warning("a picture could not be drawn small", file=stored.id, code=code)
            part.write_bytes(b"")
        part.chmod(0o600)
        part.replace(made)
    finally:
        part.unlink(missing_ok=True)


async def _run(*told: str) -> int | None:
    """What the drawing process ends with; None when it was not done in time."""
    command = (sys.executable, "-I", str(Path(__file__).with_name("drawing.py")), *told)
    quiet = asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(*command, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        async with asyncio.timeout(2 * SECONDS):
            return await child.wait()
    except TimeoutError:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
