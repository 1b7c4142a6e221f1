"""Looking at values of unknown shape (JSON from a caller) without losing their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def mapping(value: object) -> Mapping[str, Any] | None:
    """``value`` if it is an object of JSON (keys are texts), else None."""
    if isinstance(value, Mapping) and all(isinstance(k, str) for k in cast("Mapping[object, object]", value)):
        return cast("Mapping[str, Any]", value)
    return None


def sequence(value: object) -> list[Any] | None:
    """``value`` as a list if it is a list or tuple, else None."""
    return list(cast("list[Any] | tuple[Any, ...]", value)) if isinstance(value, list | tuple) else None


def names(value: object) -> tuple[str, ...] | None:
    """``value`` as a tuple if it is a list of texts, else None."""
    found = sequence(value)
    return tuple(found) if found is not None and all(isinstance(v, str) for v in found) else None
