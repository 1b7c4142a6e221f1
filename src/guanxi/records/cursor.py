"""Cursors: where the next page of a list begins, as a text that only this installation can have made."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from guanxi.base import Invalid
from guanxi.base.json import loads
from guanxi.base.shape import sequence
from guanxi.schema.query import Query

_secret = b""


def set_cursor_secret(secret: str) -> None:
    """The key that cursors are signed with; every process of an installation uses the same."""
    global _secret
    _secret = hashlib.sha256(b"cursor:" + secret.encode()).digest()


def _sign(keys: bytes, query: Query) -> bytes:
    order = ",".join(("-" if s.descending else "") + ".".join(s.path) for s in query.sort)
    return hmac.digest(_secret, f"{query.object}:{order}:".encode() + keys, "sha256")[:9]


def make_cursor(keys: bytes, query: Query) -> str:
    """An opaque cursor from a row's sort keys (JSON), bound to the object and the order."""
    return base64.urlsafe_b64encode(_sign(keys, query) + keys).decode().rstrip("=")


def open_cursor(cursor: str, query: Query) -> list[Any]:
    """``[part, key, ...]`` of a cursor; raises Invalid ``bad_cursor`` for any that is not ours."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        raise Invalid.one("cursor", "bad_cursor") from None
    ours = hmac.compare_digest(raw[:9], _sign(raw[9:], query))
    keys = sequence(loads(raw[9:])) if ours else None
    if not keys or keys[0] not in (0, 1):
        raise Invalid.one("cursor", "bad_cursor")
    return keys
