"""Characters: widths, spaces, and traditional Chinese as simplified.

``simplified.txt`` holds a line for each simplified character, followed by the traditional ones that are written so; it is
made of the character table of OpenCC (Apache-2.0).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_BETWEEN = re.compile(rf"(?<=[（）])\s+|\s+(?=[（）])|(?<=[{_HAN}])\s+(?=[{_HAN}])")
_KANA = re.compile(r"[\u3040-\u309f\u30a1-\u30fa]")
_UNSEEN = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]")
HAN = re.compile(rf"[{_HAN}]")


@cache
def _table() -> dict[int, str]:
    lines = (files("guanxi.cleaning") / "simplified.txt").read_text("utf-8").split()
    return {ord(old): line[0] for line in lines for old in line[1:]}


_BOTH = frozenset("乾於徵薹夥吒摺甯麴麽")
"""Characters of traditional text that simplified text has, too: 乾隆, 哪吒, 於潜."""


@cache
def _sure() -> dict[int, str]:
    return {old: new for old, new in _table().items() if chr(old) not in _BOTH}


def simplified(text: str) -> str:
    """Chinese text in simplified characters, one for one; Japanese (with kana) and all else as it is."""
    if text.isascii() or _KANA.search(text):
        return text
    plain = text.translate(_sure())
    return plain if plain == text else plain.translate(_table())


def tidy(text: str) -> str:
    """One line in plain widths, without invisible characters and without spaces between Chinese characters.

    Round brackets are full width where Chinese stands in the text, plain elsewhere; other brackets stay.
    """
    text = " ".join(_UNSEEN.sub("", unicodedata.normalize("NFKC", text)).split())
    if not HAN.search(text):
        return text
    return _BETWEEN.sub("", text.replace("(", "（").replace(")", "）"))
