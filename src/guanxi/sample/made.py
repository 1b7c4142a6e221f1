"""What the sample is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guanxi.base import new_id


@dataclass(slots=True)
class Made:
    """A record to be stored: ``at`` is when it came into being, ``by`` who made it, ``then`` what was changed later."""

    object: str
    values: dict[str, Any]
    at: datetime
    by: str
    then: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    id: str = field(default_factory=new_id)
