"""PostgreSQL, knowing nothing of CRM. The only place that imports its driver."""

from guanxi.pg.connection import Connection, Copy, Integers, Notice, as_installation, quote
from guanxi.pg.errors import (
    BadValue,
    CheckViolation,
    DatabaseError,
    ForeignKeyViolation,
    NotNullViolation,
    Retry,
    Timeout,
    UniqueViolation,
)
from guanxi.pg.pool import Database, listen

__all__ = [
    "BadValue",
    "CheckViolation",
    "Connection",
    "Copy",
    "Database",
    "DatabaseError",
    "ForeignKeyViolation",
    "Integers",
    "NotNullViolation",
    "Notice",
    "Retry",
    "Timeout",
    "UniqueViolation",
    "as_installation",
    "listen",
    "quote",
]
