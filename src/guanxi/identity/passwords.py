"""Passwords: checked off the event loop, at most two at a time.

Checking costs the same whether there is such a user or not: without one, a hash of something random is checked.
"""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from argon2.exceptions import InvalidHashError, VerificationError

from guanxi.base import FieldError, Invalid
from guanxi.schema.types import Bad
from guanxi.schema.types.internal import HASHER
from guanxi.schema.types.internal import refuse_weak as _refuse_weak

# Two threads: argon2 releases the interpreter lock, and needs a whole core and 19 MiB at a time.
_threads = ThreadPoolExecutor(2, thread_name_prefix="password")


@lru_cache(1)
def _dummy() -> str:
    return HASHER.hash(secrets.token_urlsafe(32))


def _matches(stored: str | None, password: str) -> bool:
    try:
        return HASHER.verify(stored or _dummy(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


async def matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one that ``stored`` was made from; never for None, after the same time."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _matches, stored, password)


def refuse_weak(password: str, field: str = "password") -> None:
    """Raise Invalid for a password that the field type would not take either."""
    try:
        _refuse_weak(password)
    except Bad as bad:
        raise Invalid(errors=[FieldError(field, bad.code, bad.values)]) from None


def warm() -> None:
    """Make the dummy hash now, so that the first unknown user does not wait for it."""
    _threads.submit(_dummy)
