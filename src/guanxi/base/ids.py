"""Record identifiers: UUID version 7 (RFC 9562), so that identity order is creation order within a millisecond."""

from __future__ import annotations

import os
import re
import threading
import time

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A new UUIDv7 in canonical text form; strictly increasing within this process.

    The 12 bits after the version hold a fraction of the millisecond (RFC 9562, section 6.2, method 3), moved on by
    one when two ids fall into the same fraction.
    """
    global _last
    with _lock:
        now = time.time_ns()
        tick = (now // 1_000_000 << 12) | (now % 1_000_000 * 4096 // 1_000_000)
        _last = tick = max(tick, _last + 1)
    tail = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    text = f"{tick >> 12:012x}7{tick & 0xFFF:03x}{tail:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: object) -> bool:
    """Whether ``text`` is a UUID in canonical lower-case form."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def is_ours(text: str) -> bool:
    """Whether an id may be one of ours: other systems number by UUIDs of other versions."""
    return is_id(text) and text[14] == "7"
