"""What PostgreSQL can refuse, by what the caller can do about it.

Loss of the database, shutdown and a full disk are :class:`guanxi.base.Unavailable`, because every caller up to the
browser treats them alike. Nothing of the driver passes this module's border.
"""

from __future__ import annotations

import psycopg
from psycopg import errors as driver

from guanxi.base import Unavailable

# Classes of SQLSTATE that mean: not now, and not the fault of this statement.
_AWAY = ("08", "57P", "53", "58", "25006", "28", "3D000")
_BUSY = ("40001", "40P01", "55P03")
_STALE_PLAN = ("26000", "0A000")


class DatabaseError(Exception):
    """PostgreSQL refused the statement. ``sqlstate`` is its code; the text has no values of rows (no DETAIL)."""

    def __init__(self, message: str, sqlstate: str = "", *, constraint: str = "", table: str = "", column: str = ""):
        super().__init__(message)
        self.sqlstate = sqlstate
        self.constraint = constraint
        self.table = table
        self.column = column


class UniqueViolation(DatabaseError):
    """Another row has the value; ``constraint`` is the constraint's or index's name."""


class ForeignKeyViolation(DatabaseError):
    """The row that is pointed to is missing, or the row is still pointed to; ``constraint`` names the key."""


class CheckViolation(DatabaseError):
    """A check ``constraint`` does not hold."""


class NotNullViolation(DatabaseError):
    """``column`` of ``table`` must have a value."""


class BadValue(DatabaseError):
    """A value cannot be what the statement needs (out of range, not of the type, a NUL character)."""


class Timeout(DatabaseError):
    """The statement took longer than it may."""


class Moved(DatabaseError):
    """What the statement names is not there any more: its object or field was taken away while the request was under way."""


class Retry(DatabaseError):
    """Somebody else was in the way (deadlock, serialization, a lock not had in time); the transaction can be redone."""


_KINDS: dict[str, type[DatabaseError]] = {
    "23505": UniqueViolation,
    "23P01": UniqueViolation,
    "23503": ForeignKeyViolation,
    "23001": ForeignKeyViolation,
    "23514": CheckViolation,
    "23502": NotNullViolation,
    "57014": Timeout,
    "25P04": Timeout,
    "42703": Moved,
    "42P01": Moved,
    **dict.fromkeys(_BUSY, Retry),
}


def translate(error: psycopg.Error, *, committing: bool = False) -> Exception:
    """Ours for the driver's ``error``. ``committing``: it is not known whether the transaction was kept."""
    state = error.sqlstate or ""
    if kind := _KINDS.get(state):
        return _of(kind, error, state)
    lost = not state and isinstance(error, (driver.OperationalError, driver.InterfaceError))
    if lost or state.startswith(_AWAY):
        away = Unavailable("unavailable_commit" if committing else "unavailable", retry_after=1)
        away.__cause__ = error
        return away
    if state.startswith("22") or isinstance(error, driver.DataError):
        return _of(BadValue, error, state)
    return _of(DatabaseError, error, state)


def is_stale_plan(error: psycopg.Error) -> bool:
    """Whether a prepared statement no longer fits (its table changed, or the server forgot it)."""
    text = error.diag.message_primary or ""
    return (error.sqlstate or "") in _STALE_PLAN and ("cached plan" in text or "prepared statement" in text)


def _of(kind: type[DatabaseError], error: psycopg.Error, state: str) -> DatabaseError:
    said = error.diag
    ours = kind(
        said.message_primary or str(error).partition("\n")[0],
        state,
        constraint=said.constraint_name or "",
        table=said.table_name or "",
        column=said.column_name or "",
    )
    ours.__cause__ = error
    return ours
