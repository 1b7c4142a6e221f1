"""What the search index holds of a text, and what a query asks of it: short runs of characters as integers.

A text is folded (full width, case, accents), and for Chinese also spelt in pinyin and in initials, so that ``roder``
finds Röder and ``zgyd`` finds 中国移动. Its *grams* are all runs of two characters that touch a CJK character, all runs of
three others, and the first one and two characters of each word; each is hashed together with the object's name, so that
one index answers for each object alone. Grams only narrow: a hit is confirmed against the folded text itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT

MAX_TEXT = 1000
"""Characters of one field that are indexed."""

_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[0-9a-z\u00e0-\u024f\u0370-\u03ff\u0400-\u04ff]+")
_PHONE = re.compile(r"\+?[\d()\-.\s]{6,}\d")
_COMMON_READINGS = 1


def fold(text: str) -> str:
    """Lower case, half width, without accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in parts if not unicodedata.combining(c))
    return unicodedata.normalize("NFKC", bare).lower().replace("ς", "σ").replace("ß", "ss")


@lru_cache(maxsize=1)
def _several() -> frozenset[str]:
    """Characters that are read in more than one way, where the phrase decides."""
    plain = {k: {unicodedata.normalize("NFD", r)[:1] for r in v.split(",")} for k, v in PINYIN_DICT.items()}
    return frozenset(chr(k) for k, v in plain.items() if len(v) > 1)


@lru_cache(maxsize=30_000)
def _reading(char: str) -> str:
    return lazy_pinyin(char, style=Style.NORMAL, errors="ignore")[0] if _CJK.match(char) else ""


def spell(text: str) -> tuple[str, str]:
    """The pinyin of the Chinese characters of a folded text and their initials, other letters kept: ``("zhongguoyidong", "zgyd")``.

    A character with several readings is read as its phrase asks (重庆: chongqing).
    """
    if any(c in _several() for c in text):
        read = lazy_pinyin(text, style=Style.NORMAL, errors=lambda run: list(run))
    else:
        read = [_reading(c) or c for c in text]
    keep = [r for r in read if r.isalnum()]
    return "".join(keep), "".join(r[0] for r in keep)


def index_text(text: str) -> str:
    """What is kept of one field's text to be matched: folded, then pinyin, initials and bare phone digits on lines of their own."""
    folded = fold(text[:MAX_TEXT])
    lines = [folded]
    if _CJK.search(folded):
        short = folded[:200]
        lines += dict.fromkeys(spell(short))
    for found in _PHONE.findall(folded) if any(c.isdigit() for c in folded) else ():
        digits = re.sub(r"\D", "", found)
        if digits not in folded:
            lines.append(digits)
    return "\n".join(lines)


def words(query: str) -> list[str]:
    """The folded words of what somebody typed; each must be found."""
    folded = fold(query.replace("\0", " ")[:200])
    if re.fullmatch(r"[\d()+\-.\s]{6,}", folded):
        return [re.sub(r"\D", "", folded)]
    return list(dict.fromkeys(folded.split()))[:8]


def escape(word: str) -> str:
    """A word as a literal inside a LIKE pattern."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def runs(text: str) -> set[str]:
    """Every gram that a text holds."""
    out: set[str] = set()
    for line in text.split("\n"):
        if line.isascii():
            out.update(line[i : i + 3] for i in range(len(line) - 2))
        else:
            cjk = [bool(_CJK.match(c)) for c in line]
            for i, c in enumerate(line):
                if cjk[i]:
                    out.add(c)
                if i + 1 < len(line) and (cjk[i] or cjk[i + 1]):
                    out.add(line[i : i + 2])
                if i + 2 < len(line) and not (cjk[i] or cjk[i + 1] or cjk[i + 2]):
                    out.add(line[i : i + 3])
        for word in _WORD.findall(line):
            out.add("^" + word[:1])
            out.add("^" + word[:2])
    return out


def of_index(object_name: str, texts: Iterable[str], title: str) -> list[int]:
    """The hashed grams of a record's texts, with a mark for the beginning of its title."""
    found: set[str] = set()
    for text in texts:
        found |= runs(text)
    found.add("=" + title[:2])
    salt = crc32(object_name.encode())
    return [_signed(crc32(g.encode(), salt)) for g in found]


def of_word(object_name: str, word: str) -> list[int]:
    """The hashed grams that every text with this word in it has; empty when the word is too short to narrow."""
    found: set[str] = set()
    cjk = [bool(_CJK.match(c)) for c in word]
    for i in range(len(word)):
        if i + 1 < len(word) and (cjk[i] or cjk[i + 1]):
            found.add(word[i : i + 2])
        if i + 2 < len(word) and not (cjk[i] or cjk[i + 1] or cjk[i + 2]):
            found.add(word[i : i + 3])
    if not found and len(word) == 1 and cjk[0]:
        found.add(word)
    if not found and word and word.isascii() and word.isalnum():
        found.add("^" + word)
    salt = crc32(object_name.encode())
    return sorted(_signed(crc32(g.encode(), salt)) for g in found)


def of_start(object_name: str, text: str) -> int:
    """The hashed mark of a title that begins like ``text`` (two characters)."""
    return _signed(crc32(("=" + text[:2]).encode(), crc32(object_name.encode())))


def of_query(object_name: str, text: str) -> list[int]:
    """The grams that any text containing ``text`` has, for narrowing ``contains``; empty when they would not be sure to be there."""
    folded = fold(text)
    runs_of = [r for r in re.split(r"\s+", folded) if r]
    found = {g for r in runs_of if len(r) > 2 or _CJK.search(r) for g in of_word(object_name, r)}
    return sorted(found) if len(folded) <= 100 and text.isprintable() else []


def _signed(value: int) -> int:
    return value - (1 << 32) if value >= 1 << 31 else value
