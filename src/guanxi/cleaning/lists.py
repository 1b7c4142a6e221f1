"""Short lists of words, a line each in ``lists.txt``: its name, then the words."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    lines = (files("guanxi.cleaning") / "lists.txt").read_text("utf-8").splitlines()
    return {name: tuple(words) for name, *words in map(str.split, lines)}


def listed(name: str) -> tuple[str, ...]:
    """The words of a list."""
    return _lists()[name]
