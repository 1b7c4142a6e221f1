"""Standard forms as duplicate rules compare them, and the marks by which records are found that have one."""

from __future__ import annotations

import re
from typing import Any

from guanxi.cleaning import credit_code
from guanxi.cleaning.characters import HAN
from guanxi.linkage.forms import KINDS, form
from guanxi.records import grams
from guanxi.records.standard import standards

_APART = re.compile(r"[\W_省市区县]|有限责任公司|股份有限公司|有限公司|公司")
"""What two ways to write one name need not have in common."""


def key(type: str, value: Any) -> str | None:
    """The standard form of a value, its kind before it; None where a type has none."""
    kind = KINDS.get(type)
    made = form(kind, value) if kind not in (None, "number", "choice", "date") else None
    return f"{kind}:{made.std}" if made is not None else None


def mark(type: str, value: Any) -> str | None:
    """Equal where the forms are. Of Chinese text the characters in their order, wherever in the name its region stands."""
    if type == "text" and HAN.search(value) and credit_code(value) is None:
        bare = _APART.sub("", grams.fold(value))
        return "text:" + "".join(sorted(set(bare)))
    return key(type, value)


standards(key, mark)
