"""What the search index holds of a text, and what a query asks of it: short runs of characters as integers.

A text is folded (full width, case, accents), and for Chinese also spelt in pinyin and in initials, so that ``roder``
finds Röder and ``zgyd`` finds 中国移动. Its *grams* are all runs of two characters that touch a CJK character, all runs of
three others, and the first one and two characters of each word; each is hashed together with the object's name, so that
one index answers for each object alone. Grams only narrow: a hit is confirmed against the folded text itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from zlib import crc32

MAX_TEXT = 1000
"""Characters of one field that are indexed."""

_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SPLIT = re.compile("([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
_WORD = re.compile(r"[0-9a-z\u00e0-\u024f\u0370-\u03ff\u0400-\u04ff]+")
_PHONE = re.compile(r"\+?[\d()\-.\s]{6,}\d")

SURNAMES = {
    "单": "shan",
    "仇": "qiu",
    "解": "xie",
    "查": "zha",
    "朴": "piao",
    "区": "ou",
    "任": "ren",
    "盖": "ge",
    "华": "hua",
    "乐": "yue",
}
"""Characters that are read in another way when they begin a person's name."""


def fold(text: str) -> str:
    """Lower case, half width, without accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in parts if not unicodedata.combining(c))
    return unicodedata.normalize("NFKC", bare).lower().replace("ς", "σ").replace("ß", "ss")


@lru_cache(maxsize=1)
def _readings() -> tuple[dict[str, str], dict[str, tuple[str, ...]], frozenset[str]]:
    """The first reading of each character, phrases that are read otherwise, and the characters of those phrases."""
    first: dict[str, str] = {}
    phrases: dict[str, tuple[str, ...]] = {}
    chars, _, rest = files("guanxi.records").joinpath("pinyin.txt").read_text("utf-8").partition("\n#\n")
    for line in chars.splitlines():
        syllable, _, those = line.partition(" ")
        first |= dict.fromkeys(those, syllable)
    for line in rest.splitlines():
        phrase, *syllables = line.split()
        phrases[phrase] = tuple(syllables)
    return first, phrases, frozenset(p[0] for p in phrases)


def spell(text: str) -> tuple[str, str]:
    """The pinyin of the Chinese characters of a folded text and their initials, other letters kept: ``("zhongguoyidong", "zgyd")``.

    A character with several readings is read as its phrase asks (重庆: chongqing).
    """
    first, phrases, starts = _readings()
    read: list[str] = []
    i = 0
    while i < len(text):
        c = text[i]
        if c in starts:
            for n in (4, 3, 2):
                found = phrases.get(text[i : i + n])
                if found is not None:
                    read.extend(found)
                    i += n
                    break
            else:
                read.append(first.get(c, c))
                i += 1
            continue
        read.append(first.get(c) or (c if c.isalnum() else ""))
        i += 1
    return "".join(read), "".join([r[0] for r in read if r])


def index_text(text: str, spelt: bool = True) -> str:
    """What is kept of one field's text to be matched: folded, then on lines of their own pinyin and initials (of what is
    to be ``spelt``: names) and the bare digits of phones."""
    folded = fold(text[:MAX_TEXT])
    lines = [folded]
    if spelt and not folded.isascii() and _CJK.search(folded):
        short = folded[:200]
        lines += dict.fromkeys(spell(short))
        if len(short) <= 4 and short[0] in SURNAMES:
            full, initials = spell(short[1:])
            lines += [SURNAMES[short[0]] + full, SURNAMES[short[0]][0] + initials]
    for found in _PHONE.findall(folded) if any(c.isdigit() for c in folded) else ():
        digits = re.sub(r"\D", "", found)
        if digits not in folded:
            lines.append(digits)
    return "\n".join(lines)


def words(query: str) -> list[str]:
    """The folded words of what somebody typed; each must be found."""
    folded = fold(query.replace("\0", " ")[:200])
    if re.fullmatch(r"[\d()+\-.\s]{6,}", folded) and (digits := re.sub(r"\D", "", folded)):
        return [digits]
    return list(dict.fromkeys(folded.split()))[:8]


def escape(word: str) -> str:
    """A word as a literal inside a LIKE pattern."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def runs(text: str, out: set[str] | None = None) -> set[str]:
    """Every gram that a text holds, added to ``out`` where there is one."""
    out = set() if out is None else out
    for line in text.split("\n"):
        if line.isascii():
            out.update([line[i : i + 3] for i in range(len(line) - 2)])
        else:
            parts = _SPLIT.split(line)  # other, CJK, other, CJK, ..., other
            for k, part in enumerate(parts):
                if k % 2:
                    out.update(part)
                    edged = parts[k - 1][-1:] + part + parts[k + 1][:1]
                    out.update(map(str.__add__, edged, edged[1:]))
                elif len(part) > 2:
                    out.update([part[i : i + 3] for i in range(len(part) - 2)])
        for word in _WORD.findall(line):
            out.add("^" + word[0])
            out.add("^" + word[:2])
    return out


class _Hashes(dict[str, str]):
    """Grams of one object as signed 32-bit integers, written out; remembered, because the same few make up most texts."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.salt = crc32(object_name.encode())

    def __missing__(self, gram: str) -> str:
        raw = crc32(gram.encode("utf-8", "surrogatepass"), self.salt)
        if len(self) > 300_000:
            self.clear()
        value = self[gram] = str(raw - (1 << 32) if raw >= 1 << 31 else raw)
        return value


_hashes: dict[str, _Hashes] = {}


def _hashed(object_name: str, found: Iterable[str]) -> Iterator[str]:
    known = _hashes.get(object_name)
    if known is None:
        known = _hashes[object_name] = _Hashes(object_name)
    return map(known.__getitem__, found)


def of_index(object_name: str, texts: Iterable[str], title: str) -> list[str]:
    """The hashed grams of a record's texts, with a mark for the beginning of its title; numbers as PostgreSQL writes them."""
    found: set[str] = set()
    for text in texts:
        runs(text, found)
    found.add("=" + title[:2])
    return list(_hashed(object_name, found))


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
    return sorted(map(int, _hashed(object_name, found)))


def of_start(object_name: str, text: str) -> int:
    """The hashed mark of a title that begins like ``text`` (two characters)."""
    return int(next(_hashed(object_name, ["=" + text[:2]])))


def of_query(object_name: str, text: str) -> list[int]:
    """The grams that any text containing ``text`` has, for narrowing ``contains``; empty when they would not be sure to be there."""
    folded = fold(text)
    runs_of = [r for r in re.split(r"\s+", folded) if r]
    found = {g for r in runs_of if len(r) > 2 or _CJK.search(r) for g in of_word(object_name, r)}
    return sorted(found) if len(folded) <= 100 and text.isprintable() else []
