"""Sealing: AES-256-GCM under keys that are derived of the installation's secret and of earlier ones.

A sealed value is a byte for the form (1), four bytes that name the key, a nonce of twelve, and the ciphertext. What it is
about (a workspace and a name) is authenticated with it, so that it opens at no other place.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from guanxi.base.errors import Problem

FORM = b"\x01"
_NAMED, _NONCE = 4, 12

_keys: dict[bytes, AESGCM] = {}
_current = b""


class Sealed(Problem):
    """A value cannot be opened with the secrets at hand: the installation has another one than when it was sealed."""

    status, code = 409, "secret_sealed"


def unlock(secret: str, earlier: Sequence[str] = ()) -> None:
    """Say the installation's secret, and earlier ones under which values may still be sealed."""
    global _current
    _keys.clear()
    for one in (*reversed(earlier), secret):
        name, key = _derived(one)
        _keys[name] = AESGCM(key)
        _current = name


def _derived(secret: str) -> tuple[bytes, bytes]:
    made = HKDF(SHA256(), 32 + _NAMED, salt=None, info=b"guanxi vault 1").derive(secret.encode())
    return made[32:], made[:32]


def current() -> bytes:
    """What names the key in force."""
    return _current


def seal(value: bytes, about: str) -> bytes:
    """``value`` sealed, to be opened with the same ``about`` only."""
    if not _current:
        raise RuntimeError("the vault was not unlocked")
    nonce = os.urandom(_NONCE)
    return FORM + _current + nonce + _keys[_current].encrypt(nonce, value, about.encode())


def unseal(sealed: bytes, about: str) -> bytes:
    """What was sealed. Raises Sealed."""
    data = bytes(sealed)
    key = _keys.get(data[1 : 1 + _NAMED])
    if data[:1] != FORM or key is None:
        raise Sealed
    at = 1 + _NAMED
    try:
        return key.decrypt(data[at : at + _NONCE], data[at + _NONCE :], about.encode())
    except InvalidTag:
        raise Sealed from None


def reseal(sealed: bytes, about: str) -> bytes | None:
    """The same under the secret in force; None where it is so already, or cannot be opened."""
    data = bytes(sealed)
    if data[1 : 1 + _NAMED] == _current:
        return None
    try:
        return seal(unseal(data, about), about)
    except Sealed:
        return None
