"""JSON in and out, with exact decimals.

Lists and records are rendered by PostgreSQL and never pass through here; this is for everything else.
"""

from __future__ import annotations

import json as stdlib_json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NoReturn

import orjson

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def dumps(value: object) -> bytes:
    """``value`` as UTF-8 JSON.

    A Decimal becomes a number with exactly its digits, a datetime RFC 3339 in UTC (``Z``), a date ISO 8601;
    a Fragment is passed through. Raises TypeError for what JSON cannot say (NaN as a Decimal included).
    """
    return orjson.dumps(value, _default, _OPTIONS)


def loads(data: bytes | bytearray | memoryview | str, *, exact: bool = False) -> Any:
    """The value of a JSON text; ValueError when it is not valid JSON.

    ``exact`` reads numbers with a fraction as Decimal with all their digits (for what people send us); without it
    they are floats, and reading is about four times as fast.
    """
    if not exact:
        return orjson.loads(data)
    text = data if isinstance(data, str) else str(data, "utf-8-sig")
    try:
        value = stdlib_json.loads(text, parse_float=_decimal, parse_constant=_refuse)
        if "\\ud" in text or "\\uD" in text:
            _refuse_halves(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def fragment(data: bytes) -> orjson.Fragment:
    """JSON that is already rendered, to be put into a larger value as it is."""
    return orjson.Fragment(data)


def _decimal(text: str) -> Decimal:
    if len(text) > 200:  # a longer number is an attack on whoever computes with it
        raise ValueError("number too long")
    value = Decimal(text)
    if value and not -400 < value.adjusted() < 400:
        raise ValueError("number out of range")
    return value


def _refuse_halves(value: object) -> None:
    """ValueError for half of a surrogate pair, which is no character: it can neither be stored nor be sent."""
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError("half of a surrogate pair")
    elif isinstance(value, dict):
        for key, one in value.items():  # pyright: ignore[reportUnknownVariableType]
            _refuse_halves(key)  # pyright: ignore[reportUnknownArgumentType]
            _refuse_halves(one)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for one in value:  # pyright: ignore[reportUnknownVariableType]
            _refuse_halves(one)  # pyright: ignore[reportUnknownArgumentType]


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _default(value: object) -> object:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise TypeError(f"{value} is not a JSON number")
        return orjson.Fragment(format(value, "f"))
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a datetime needs a time zone")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    raise TypeError(f"{type(value).__name__} is not JSON")
