"""Signatures as Standard Webhooks has them: HMAC-SHA256 over ``id.timestamp.body``, under a secret ``whsec_...``."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
TOLERANCE = 300
"""Seconds by which clocks may differ."""


def new_secret() -> str:
    """A new secret of 256 bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _key(secret: str) -> bytes:
    text = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return secret.encode()  # a secret that was chosen elsewhere


def sign(keys: Sequence[str], id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: one signature for each key, while a secret is being changed there are two."""
    signed = f"{id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{base64.b64encode(hmac.digest(_key(secret), signed, 'sha256')).decode()}" for secret in keys)


def verify(secret: str, id: str, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether a message that came in was signed with this secret, and lately."""
    if (
        not timestamp.isascii()
        or not timestamp.isdigit()
        or len(timestamp) > 12
        or abs(now - int(timestamp)) > TOLERANCE
    ):
        return False
    wanted = sign([secret], id, int(timestamp), body)
    return any(hmac.compare_digest(one.encode(), wanted.encode()) for one in signature.split()[:10])
