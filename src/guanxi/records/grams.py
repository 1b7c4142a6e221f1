"""What the search index holds of a text, and what a query asks of it: short runs of characters as integers.

A text is folded (full width, case, accents), and for Chinese also spelt in pinyin and in initials, so that ``roder``
finds Röder and ``zgyd`` finds 中国移动. Its *grams* are all runs of two characters that touch a CJK character, all runs of
three others, and the first one and two characters of each word; each is hashed together with the object's name, so that
one index answers for each object alone. Grams only narrow: a hit is confirmed against the folded text itself.

Pinyin has grams of its own: the first three and the first five letters from the beginning of each syllable on, for what
is typed begins with a syllable, and where else in it one begins can mostly be told from the letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from zlib import crc32

MAX_TEXT = 1000
"""Characters of one field that are indexed."""

_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SPLIT = re.compile("([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
_HAN = re.compile("[\u4e00-\u9fff]+")
_WORD = re.compile(r"[0-9a-z\u00e0-\u024f\u0370-\u03ff\u0400-\u04ff]+")
_PHONE = re.compile(r"\+?[\d()\-.\s]{6,}\d")
_DIGIT = re.compile(r"\d")
_LATIN = re.compile("[a-z]+")
_VOWEL = re.compile("[aeiouv]")
_SYLLABLE = re.compile("(?=[bpmfdtlkjqxzcsyw][aeiouv]|[zcs]h[aeiouv])")
"""Where, in pinyin, only a syllable can begin (n, g and r may also end one)."""
MOST = 8
"""Ways in which the words of one query may be taken, each as text or as pinyin."""

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
    if _HAN.fullmatch(text):
        return text
    parts = unicodedata.normalize("NFKD", text)
    bare = "".join([c for c in parts if not unicodedata.combining(c)])
    return unicodedata.normalize("NFKC", bare).lower().replace("ς", "σ").replace("ß", "ss")


class _Readings(NamedTuple):
    """The first reading of each character, phrases that are read otherwise, and the first two characters of those."""

    first: dict[str, str]
    phrases: dict[str, tuple[str, ...]]
    starts: frozenset[str]


@lru_cache(maxsize=1)
def _readings() -> _Readings:
    first: dict[str, str] = {}
    phrases: dict[str, tuple[str, ...]] = {}
    chars, _, rest = files("guanxi.records").joinpath("pinyin.txt").read_text("utf-8").partition("\n#\n")
    for line in chars.splitlines():
        syllable, _, those = line.partition(" ")
        first |= dict.fromkeys(those, syllable)
    for line in rest.splitlines():
        phrase, *syllables = line.split()
        phrases[phrase] = tuple(syllables)
    return _Readings(first, phrases, frozenset(p[:2] for p in phrases))


def spell(text: str) -> tuple[list[str], bool]:
    """The pinyin of the Chinese characters of a folded text, each a syllable, and whether other letters are among them.

    A character with several readings is read as its phrase asks (重庆: chong qing). Marks are left out.
    """
    first, phrases, starts = _readings()
    read: list[str] = []
    mixed = False
    i, end = 0, len(text)
    while i < end:
        if text[i : i + 2] in starts:
            found = next((f for n in (4, 3, 2) if (f := phrases.get(text[i : i + n]))), None)
            if found is not None:
                read.extend(found)
                i += len(found)
                continue
        c = text[i]
        syllable = first.get(c)
        if syllable is not None:
            read.append(syllable)
        elif c.isalnum():
            read.append(c)
            mixed = True
        i += 1
    return read, mixed


def _spelt(folded: str, out: set[str]) -> list[str]:
    """A name as it is spelt: whole and in initials; a person's also with the surname as it is read there. Grams go to ``out``."""
    short = folded[:200]
    read, mixed = spell(short)
    ways = [read]
    if len(short) <= 4 and short[0] in SURNAMES:
        ways.append([SURNAMES[short[0]], *spell(short[1:])[0]])
    lines: list[str] = []
    for way in ways:
        whole, initials = "".join(way), "".join([r[0] for r in way])
        lines += (whole, initials)
        runs(initials, out)
        if mixed:
            runs(whole, out)
        else:
            out.add("^" + whole[:2])
            i = 0
            for syllable in way:
                out.add("~" + whole[i : i + 3])
                out.add("~" + whole[i : i + 5])
                i += len(syllable)
    return list(dict.fromkeys(lines))


def _lines(text: str, spelt: bool, out: set[str]) -> str:
    """What is kept of one field's text to be matched: folded, then on lines of their own pinyin and initials (of what is
    to be ``spelt``: names) and the bare digits of phones. Their grams go to ``out``."""
    folded = fold(text[:MAX_TEXT])
    runs(folded, out)
    lines = [folded]
    if spelt and not folded.isascii() and _CJK.search(folded):
        lines += _spelt(folded, out)
    if _DIGIT.search(folded):
        for found in _PHONE.findall(folded):
            digits = re.sub(r"\D", "", found)
            if digits not in folded:
                lines.append(digits)
                runs(digits, out)
    return "\n".join(lines)


class Entry(NamedTuple):
    """A record in the search index: ``parts`` are its texts by field, ``grams`` as PostgreSQL writes integers."""

    title: str
    parts: dict[str, str]
    grams: list[str]


def entry(object_name: str, texts: Iterable[tuple[str, str, bool]], title: str) -> Entry:
    """The entry of a record: ``texts`` are (field, text, whether it is a name to be spelt); ``title`` is the title's field."""
    found: set[str] = set()
    parts = {name: _lines(text, spelt, found) for name, text, spelt in texts if text}
    head = parts.get(title, "").partition("\n")[0]
    found |= {"=" + head[:2], "==" + head}
    return Entry(head, parts, list(_hashed(object_name, found)))


def words(query: str) -> list[str]:
    """The folded words of what somebody typed; each must be found."""
    folded = fold(query.replace("\0", " ")[:200])
    if re.fullmatch(r"[\d()+\-.\s]{6,}", folded) and (digits := re.sub(r"\D", "", folded)):
        return [digits]
    return list(dict.fromkeys(folded.split()))[:8]


def escape(word: str) -> str:
    """A word as a literal inside a LIKE pattern."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def runs(text: str, out: set[str]) -> None:
    """Add every gram of a text to ``out``."""
    if text.isascii():
        out.update([text[i : i + 3] for i in range(len(text) - 2)])
    else:
        parts = _SPLIT.split(text)  # other, CJK, other, CJK, ..., other
        for k, part in enumerate(parts):
            if k % 2:
                out.update(part)
                edged = parts[k - 1][-1:] + part + parts[k + 1][:1]
                out.update(map(str.__add__, edged, edged[1:]))
            elif len(part) > 2:
                out.update([part[i : i + 3] for i in range(len(part) - 2)])
        if len(parts) == 3 and not parts[0] and not parts[2]:
            return  # Chinese only
    for word in _WORD.findall(text):
        out.add("^" + word[0])
        out.add("^" + word[:2])


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


def of_words(object_name: str, words: Sequence[str]) -> list[list[int]]:
    """The hashed grams of what has all of the words, once for each way of taking them: as text, or spelt in pinyin.

    What has the words has all grams of one of the ways. Empty when the words are too short to narrow.
    """
    ways: list[set[str]] = [set()]
    for word in words:
        meant = [_runs_of(word)]
        if len(word) > 2 and len(ways) < MOST and _LATIN.fullmatch(word) and _VOWEL.search(word):
            starts = {0, *(m.start() for m in _SYLLABLE.finditer(word, 0, len(word) - 1))}
            meant.append({"~" + word[i : i + (5 if len(word) >= i + 5 else 3)] for i in starts})
        ways = [way | grams for way in ways for grams in meant]
    return [sorted(map(int, _hashed(object_name, way))) for way in ways] if all(ways) else []


def _runs_of(word: str) -> set[str]:
    """The grams of a word in a text."""
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
    return found


def of_start(object_name: str, text: str, words: Sequence[str]) -> list[int]:
    """The hashed grams of what has a title that begins with ``text`` (two characters or more), of these words."""
    found = {"=" + text[:2]}.union(*(_runs_of(word) for word in words))
    return sorted(map(int, _hashed(object_name, found)))


def of_title(object_name: str, text: str) -> int:
    """The hashed mark of the title that is ``text``."""
    return int(next(_hashed(object_name, ["==" + text])))


def of_query(object_name: str, text: str) -> list[int]:
    """The grams that any text containing ``text`` has, for narrowing ``contains``; empty when they would not be sure to be there."""
    folded = fold(text)
    runs_of = [r for r in re.split(r"\s+", folded) if r]
    found = {g for r in runs_of if len(r) > 2 or _CJK.search(r) for g in _runs_of(r)}
    return sorted(map(int, _hashed(object_name, found))) if len(folded) <= 100 and text.isprintable() else []
