"""Values in their standard form, by which rules find duplicates: ``(010) 8888-1234`` and ``+861088881234`` have one.

What a standard form is, is told from above by :func:`standards`. The search entry of a record holds marks of them, so that
one index answers for all objects; a mark only narrows, the form itself decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from zlib import crc32

from guanxi.schema.catalog import Entity

Of = Callable[[str, Any], str | None]
"""Of a type's name and a stored value (not None); None for what has no such form."""

FORM = 1
"""To be raised when the same value has another mark."""


def _none(_type: str, _value: Any) -> str | None:
    return None


_key: Of = _none
_mark: Of = _none


def standards(key: Of, mark: Of) -> None:
    """Have values compared by ``key`` and found by ``mark``, which is quick to make and equal wherever the keys are."""
    global _key, _mark
    _key, _mark = key, mark


def key(entity: Entity, name: str, value: Any) -> str | None:
    """The standard form of a field's stored value."""
    return None if value in (None, "", []) else _key(entity.fields[name].type, value)


def marks(entity: Entity, names: Iterable[str], values: Callable[[str], Any]) -> list[int]:
    """The marks of a record's values, each once."""
    found: set[int] = set()
    for name in names:
        value = values(name)
        made = None if value in (None, "", []) else _mark(entity.fields[name].type, value)
        if made:
            hashed = crc32(made.encode("utf-8", "surrogatepass"), crc32(f"{entity.name}\0=".encode()))
            found.add(hashed - (1 << 32) if hashed >= 1 << 31 else hashed)
    return sorted(found)
