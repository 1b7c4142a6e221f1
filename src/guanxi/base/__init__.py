"""What every module may use; imports nothing of ours."""

from guanxi.base.errors import (
    Among,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    Problem,
    Stale,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    bad_config,
)
from guanxi.base.ids import new_id
from guanxi.base.text import Label, fold, say

__all__ = [
    "Among",
    "Conflict",
    "FieldError",
    "Forbidden",
    "Invalid",
    "Label",
    "Malformed",
    "NotFound",
    "Problem",
    "Stale",
    "TooLarge",
    "TooMany",
    "Unauthorized",
    "Unavailable",
    "bad_config",
    "fold",
    "new_id",
    "say",
]
