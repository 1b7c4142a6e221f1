"""PostgreSQL, knowing nothing of CRM. The only place that imports its driver."""

from guanxi.pg.connection import Connection, Copy, Notice, Quick, Settled, Tailored, as_installation, quote, settled
from guanxi.pg.errors import (
    BadValue,
    CheckViolation,
    DatabaseError,
    ForeignKeyViolation,
    Moved,
    NotNullViolation,
    Retry,
    Timeout,
    UniqueViolation,
)
from guanxi.pg.pool import Database, listen
from guanxi.pg.values import Integers

__all__ = [
    "BadValue",
    "CheckViolation",
    "Connection",
    "Copy",
    "Database",
    "DatabaseError",
    "ForeignKeyViolation",
    "Integers",
    "Moved",
    "NotNullViolation",
    "Notice",
    "Quick",
    "Retry",
    "Settled",
    "Tailored",
    "Timeout",
    "UniqueViolation",
    "as_installation",
    "listen",
    "quote",
    "settled",
]
