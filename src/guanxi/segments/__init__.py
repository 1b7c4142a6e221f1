"""Segments: records of one object under a name, by a filter or by hand, kept as records change; who enters and leaves is told."""

from guanxi.segments import telling
from guanxi.segments.filling import overlap, past, put, trend
from guanxi.segments.following import find_due
from guanxi.segments.keeping import change, create, get, listing, remove
from guanxi.segments.telling import tell_all

__all__ = [
    "change",
    "create",
    "find_due",
    "get",
    "listing",
    "overlap",
    "past",
    "put",
    "remove",
    "tell_all",
    "telling",
    "trend",
]
