"""Values of the past: what the journal tells of a field whose type was changed since."""

from __future__ import annotations

from typing import Any

from guanxi.base.shape import mapping, sequence
from guanxi.schema.model import Field
from guanxi.schema.types import TYPES
from guanxi.schema.types.base import Bad, Env
from guanxi.schema.types.choices import join_list


def fitting(f: Field, value: Any, env: Env) -> Any:
    """A value of the past as the field tells it now; None where it cannot."""
    if value is None or not f.former:
        return value
    kind = TYPES[f.type]
    try:
        kind.parse(f, value, env)
    except Bad:
        if kind.link or mapping(value) is not None:
            return None
    else:
        return value
    several = sequence(value)
    text = (join_list(str(v) for v in several) if several is not None else str(value)).strip()
    try:
        stored = kind.parse(f, kind.read_text(f, text, env), env) if text else None
    except Bad:
        return None
    return None if stored is None else kind.dump(f, stored)
