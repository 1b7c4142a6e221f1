"""Structured logs: one JSON object a line (text on a terminal), without secrets.

``log = log.get(__name__)``, then ``log.info("opened", path=..., seconds=...)``: a short constant event and its facts as
named values. A value whose name speaks of a secret is never printed, wherever it is nested; credentials inside texts
(``user:password@host``, ``Bearer ...``, our own tokens) are masked. ``bind`` adds facts to all lines of a task.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import traceback
from collections.abc import Generator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import IO, Any, cast

import orjson

_context: ContextVar[Mapping[str, object]] = ContextVar("guanxi_log", default={})  # noqa: B039 - replaced, never changed
_SECRET_NAME = re.compile(
    r"passw|secret|token|authori[sz]ation|cookie|csrf|otp|api_?key|credential|dsn$", re.IGNORECASE
)
_SECRET_TEXT = (
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s@/]+@", re.IGNORECASE), r"\1:***@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"\bgx_[\w-]{6,}"), "gx_***"),
    (re.compile(r"\b((?:password|passwd|secret|token|sslpassword)\s*[=:]\s*)[^\s&,;]+", re.IGNORECASE), r"\1***"),
)
_DEPTH = 4


def mask(text: str) -> str:
    """``text`` with credentials replaced by ``***``."""
    for pattern, instead in _SECRET_TEXT:
        text = pattern.sub(instead, text)
    return text


class Log:
    """A named source of log lines."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **facts: object) -> None:
        """For whoever looks for a fault."""
        self._say(logging.DEBUG, event, facts)

    def info(self, event: str, **facts: object) -> None:
        """Something worth knowing happened, as it should."""
        self._say(logging.INFO, event, facts)

    def warning(self, event: str, **facts: object) -> None:
        """Something is not as it should be; work goes on."""
        self._say(logging.WARNING, event, facts)

    def error(self, event: str, error: BaseException | None = None, **facts: object) -> None:
        """Something failed; ``error`` adds its type, message and places, without the values of variables."""
        self._say(logging.ERROR, event, facts, error)

    def _say(self, level: int, event: str, facts: Mapping[str, object], error: BaseException | None = None) -> None:
        if self._logger.isEnabledFor(level):
            info = (type(error), error, error.__traceback__) if error else None
            self._logger.log(level, event, exc_info=info, extra={"facts": facts})


def get(name: str) -> Log:
    """The log of a module: ``log.get(__name__)``."""
    return Log(name)


@contextlib.contextmanager
def bind(**facts: object) -> Generator[None]:
    """Adds ``facts`` (a request's id, a job's name) to every line written inside, in this task."""
    token = _context.set({**_context.get(), **facts})
    try:
        yield
    finally:
        _context.reset(token)


def setup(level: str = "info", *, json: bool | None = None, stream: IO[str] | None = None) -> None:
    """Sends all logs of this process to ``stream`` (stderr); as JSON unless that is a terminal."""
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Json() if (json if json is not None else not out.isatty()) else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("psycopg", "asyncio", "_granian", "granian.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _clean(value: object, depth: int = _DEPTH) -> object:
    if isinstance(value, str):
        return mask(value)
    if value is None or isinstance(value, (bool, int, float, datetime)):
        return value
    if depth and isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {str(k): "***" if _SECRET_NAME.search(str(k)) else _clean(v, depth - 1) for k, v in items}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(v, depth - 1) for v in cast("list[object]", value)]
    return mask(str(value))


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    given = cast("Mapping[str, object]", getattr(record, "facts", {}))
    return cast("dict[str, Any]", _clean({**_context.get(), **given}))


def _error(record: logging.LogRecord) -> dict[str, object] | None:
    kind, error, trace = record.exc_info or (None, None, None)
    if kind is None or error is None:
        return None
    places = [f"{f.filename.rsplit('site-packages/', 1)[-1]}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]
    return {"type": kind.__name__, "message": mask(str(error)), "at": places[-12:]}


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, object] = {"at": at, "level": record.levelname.lower(), "from": record.name}
        line["event"] = mask(record.getMessage())
        line |= _facts(record)
        if error := _error(record):
            line["error"] = error
        return orjson.dumps(line, default=str).decode()


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        facts = " ".join(f"{k}={v}" for k, v in _facts(record).items())
        line = f"{at} {record.levelname.lower():7} {mask(record.getMessage())} {facts}".rstrip()
        if error := _error(record):
            line += f"\n  {error['type']}: {error['message']}\n    " + "\n    ".join(cast("list[str]", error["at"]))
        return line
