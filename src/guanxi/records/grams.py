"""What the search index holds of a text, and what a query asks of it: short runs of characters as integers.

A text is folded (full width, case, accents), and for Chinese also spelt in pinyin and in initials, so that ``roder``
finds Röder and ``zgyd`` finds 中国移动. Its *grams* are all runs of two characters that touch a CJK character, all runs of
three others, and the first one and two characters of each word; each is hashed together with the object's name, so that
one index answers for each object alone. Pinyin has grams of its own: each syllable with the next as far as its first vowel,
for what is typed begins with a syllable, and the beginning of the whole. Grams only narrow: a hit is confirmed against the
folded text itself.

The grams of many records are made at once, as vectors: an import spends most of its time in the search index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from guanxi.cleaning import simplified

Codes = NDArray[np.uint32]

MAX_TEXT = 1000
"""Characters of one field that are indexed."""

LONGEST = 6
"""Letters of the longest syllable of pinyin (chuang)."""

WAYS = 16
"""Ways to part a word into syllables, from which on only the first syllable is looked for."""

SIGNED = 512
"""Bits of a signature."""

SIGNATURE = f"bit({SIGNED})"
"""The type of a signature in SQL."""

FEW = 4
"""Records up to which their grams are looked up one by one, which is quicker than beginning with vectors."""

_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_HAN = re.compile("[\u4e00-\u9fff]+")
_APART = re.compile("([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
_WORDS = re.compile("[0-9a-z\u00e0-\u024f\u0370-\u03ff\u0400-\u04ff]+")
_LETTERS = re.compile("[0-9a-z\u00e0-\u024f\u0370-\u03ff\u0400-\u04ff]")
_PHONE = re.compile(r"\+?[\d()\-.\s]{6,}\d")
_PARTED = re.compile(r"\d[()\-.\s]+\d")
_LATIN = re.compile("[a-z]+")
_VOWEL = re.compile("[aeiouvü]")


@lru_cache(maxsize=1)
def surnames() -> dict[str, tuple[str, ...]]:
    """How characters are read when they begin a person's name, where they have other readings."""
    lines = files("guanxi.records").joinpath("surnames.txt").read_text("utf-8").splitlines()
    return {name: tuple(read.split("-")) for name, read in map(str.split, lines)}


def fold(text: str) -> str:
    """Lower case, half width, without accents, simplified characters for traditional ones."""
    if text.isascii():
        return text.lower()
    if _HAN.fullmatch(text):
        return simplified(text)
    parts = unicodedata.normalize("NFKD", text)
    bare = "".join([c for c in parts if not unicodedata.combining(c)])
    return simplified(unicodedata.normalize("NFKC", bare)).lower().replace("ς", "σ").replace("ß", "ss")


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


def latin(text: str) -> str:
    """A text in small letters and digits, words apart by ``_``, Chinese in pinyin: ``VIP 客户级别`` is vip_kehujibie."""
    runs = re.findall(r"[a-z0-9]+|[^\x00-\x7f]+", fold(text))
    return "_".join(filter(None, ("".join(s for s in spell(run)[0] if s.isascii()) for run in runs)))


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    """All readings of characters."""
    first, phrases, _ = _readings()
    return frozenset(first.values()).union(*phrases.values(), *surnames().values())


@lru_cache(maxsize=1)
def _spoken() -> tuple[frozenset[str], frozenset[str]]:
    """The readings that have a vowel, and all that these begin with. Of the others (嗯, 呣) no name is made, and with them *shenzhen*
    would be 折 and what begins with n."""
    spoken = frozenset(s for s in _syllables() if _VOWEL.search(s))
    return spoken, frozenset(s[:n] for s in spoken for n in range(len(s) + 1))


@lru_cache(maxsize=5000)
def _onset(syllable: str) -> str:
    """A syllable as far as its first vowel."""
    vowel = _VOWEL.search(syllable)
    return syllable[: vowel.end()] if vowel else syllable


@lru_cache(maxsize=100)
def _onsets(begun: str) -> frozenset[str]:
    """How a syllable that begins like this, before any vowel, may go on as far as its first."""
    return frozenset(_onset(s) for s in _spoken()[0] if s.startswith(begun))


@lru_cache(maxsize=1000)
def _ways(word: str) -> tuple[frozenset[str], ...] | None:
    """What a text has in which syllables spell a word from one of its own on: each syllable with the onset after it, once for each
    way to part the word, the last syllable of which may be cut off. None when syllables do not spell it."""
    known, begun = _spoken()
    on = [False] * len(word) + [True]
    for i in reversed(range(len(word))):
        ends = range(i + 1, min(i + LONGEST, len(word)) + 1)
        on[i] = word[i:] in begun or any(word[i:n] in known and on[n] for n in ends)
    if not on[0]:
        return None
    ways: list[frozenset[str]] = []
    left: list[tuple[int, frozenset[str]]] = [(0, frozenset())]
    while left and len(ways) < WAYS:
        i, runs = left.pop()
        if word[i:] in begun and runs:
            ways.append(runs)  # whatever it goes on with has these
            continue
        for n in range(i + 1, min(i + LONGEST + 1, len(word))):
            if word[i:n] not in known or not on[n]:
                continue
            if _VOWEL.search(word, n):
                left.append((n, runs | {word[i:n] + _onset(word[n:])}))
            else:  # the last one is cut off before its vowel
                ways += [runs] if runs else [frozenset({word[i:n] + onset}) for onset in _onsets(word[n:])]
    return tuple(ways if len(ways) < WAYS else _beginning(word, on))


def _beginning(word: str, on: Sequence[bool]) -> list[frozenset[str]]:
    """Where there are too many ways, by the first syllable alone."""
    ends = [n for n in range(1, min(LONGEST + 1, len(word))) if word[:n] in _spoken()[0] and on[n]]
    after = {n: {_onset(word[n:])} if _VOWEL.search(word, n) else _onsets(word[n:]) for n in ends}
    return [frozenset({word[:n] + onset}) for n in ends for onset in after[n]]


def surname(name: str) -> tuple[str, ...]:
    """The reading of the family name with which a name begins, where it is another than elsewhere; else nothing."""
    return surnames().get(name[:2]) or surnames().get(name[:1]) or ()


def _spelt(folded: str) -> tuple[list[str], list[str]]:
    """A name as it is spelt, whole and in initials, a person's also with the surname as it is read there: lines of text, and
    the grams of pinyin. Among other letters the lines are text like any other."""
    short = folded[:200]
    read, mixed = spell(short)
    ways = [read]
    if len(short) <= 4 and (found_as := surname(short)):
        way = [*found_as, *spell(short[len(found_as) :])[0]]
        if way != read:
            ways.append(way)
    lines: list[str] = []
    found: list[str] = []
    for way in ways:
        whole, initials = "".join(way), "".join([r[0] for r in way])
        lines += (whole, initials)
        if not mixed:
            found += [whole[:2], whole[:3], whole[:4]]
            found += map(str.__add__, way, map(_onset, way[1:]))
    return lines, found


class Index(NamedTuple):
    """Records as the search index holds them. ``parts`` are their texts by field; record ``i`` has the grams from
    ``ends[i - 1]`` to ``ends[i]`` of all."""

    titles: list[str]
    parts: list[dict[str, str]]
    grams: NDArray[np.int32]
    ends: list[int]

    def signatures(self) -> list[str]:
        """The signature of each record."""
        return _signatures(self.grams, self.ends)


def index(
    object_name: str,
    records: Iterable[Iterable[tuple[str, str, bool]]],
    title: str,
    marks: Iterable[Sequence[int]] = (),
) -> Index:
    """The entries of records, each given as (field, text, whether it is a name to be spelt); ``title`` is the title's field,
    ``marks`` what else each is to be found by."""
    made = _Batch(object_name)
    titles: list[str] = []
    every: list[dict[str, str]] = []
    for row, texts in enumerate(records):
        parts: dict[str, str] = {}
        for name, text, spelt in texts:
            if not text:
                continue
            folded = fold(text[:MAX_TEXT])
            made.text(row, folded)
            lines = [folded]
            if spelt and not folded.isascii() and _CJK.search(folded):
                spellings, found = _spelt(folded)
                for line in spellings[1::2] if found else spellings:
                    made.text(row, line)
                made.pinyin(row, found)
                lines += dict.fromkeys(spellings)
            if _PARTED.search(folded):
                for number in _PHONE.findall(folded):
                    digits = re.sub(r"\D", "", number)
                    if digits not in folded:
                        made.text(row, digits)
                        lines.append(digits)
            parts[name] = "\n".join(lines)
        head = parts.get(title, "").partition("\n")[0]
        made.title(row, head)
        titles.append(head)
        every.append(parts)
    for row, those in enumerate(marks):
        made.single += [mark & 0xFFFFFFFF for mark in those]
        made.single_rows += [row] * len(those)
    return Index(titles, every, *made.done(len(titles)))


# -- signatures --------------------------------------------------------------------------------------------------------


def signature(grams: Sequence[int]) -> str:
    """What the signature of a record has whose text has these grams."""
    return _signatures(np.array(grams, np.int32), [len(grams)])[0]


def _signatures(grams: NDArray[np.int32], ends: Sequence[int]) -> list[str]:
    """Superimposed codes, as PostgreSQL reads bits: each gram sets two of them, taken from its hash. A record that lacks a bit of a
    text's grams has not the text (C. Faloutsos, S. Christodoulakis: Signature files, ACM TOIS 2 (1984) 4, 267-288)."""
    rows = np.repeat(np.arange(len(ends)), np.diff([0, *ends]))
    bits = np.zeros((len(ends), SIGNED), bool)
    bits[rows, grams % SIGNED] = bits[rows, grams // SIGNED % SIGNED] = True
    return ["x" + row.tobytes().hex() for row in np.packbits(bits, axis=1)]


# -- hashing -----------------------------------------------------------------------------------------------------------

# A gram is hashed as FNV-1a does, over code points, the kind of gram first: here one by one, in _Batch as vectors.
_PRIME = 16777619
_TEXT, _WORD, _SPELT, _BEGINS = range(4)


@lru_cache(maxsize=5000)
def _start(object_name: str, kind: int) -> int:
    return _hash(2166136261, object_name + chr(kind))


def _hash(seed: int, text: str) -> int:
    for c in text:
        seed = (seed ^ ord(c)) * _PRIME & 0xFFFFFFFF
    return seed


@lru_cache(maxsize=100_000)
def _gram(object_name: str, kind: int, text: str) -> int:
    return _signed(_hash(_start(object_name, kind), text))


def _signed(found: int) -> int:
    return found - (1 << 32) if found >= 1 << 31 else found


def _title(object_name: str, text: str) -> int:
    return crc32(text.encode("utf-8", "surrogatepass"), crc32(object_name.encode()))


class _Table(dict[str, int]):
    """Hashes of one object's and kind's grams, remembered: there are a few thousand of pinyin."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def __missing__(self, text: str) -> int:
        if len(self) > 100_000:
            self.clear()
        found = self[text] = _hash(self.seed, text)
        return found


@lru_cache(maxsize=1000)
def _tables(object_name: str) -> tuple[_Table, _Table, _Table, _Table]:
    kinds = (_TEXT, _WORD, _SPELT, _BEGINS)
    return tuple(_Table(_start(object_name, kind)) for kind in kinds)  # pyright: ignore[reportReturnType]


_OTHER, _HAN_LIKE, _LETTER, _END = range(4)
_KINDS = np.zeros(0x110000, np.uint8)
"""What each character is."""
for _first, _last in ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)):
    _KINDS[_first : _last + 1] = _HAN_LIKE
_KINDS[[c for c in range(0x501) if _LETTERS.match(chr(c))]] = _LETTER
_KINDS[10] = _END


class _Batch:
    """The grams of many records."""

    def __init__(self, object_name: str) -> None:
        self.object = object_name
        self.lines: list[str] = []
        self.sizes: list[int] = []
        self.rows: list[int] = []
        self.single: list[int] = []
        self.single_rows: list[int] = []
        self.texts, self.words, self.spelt, self.begins = _tables(object_name)

    def text(self, row: int, line: str) -> None:
        """A line of text."""
        self.lines.append(line)
        self.sizes.append(len(line) + 1)
        self.rows.append(row)

    def pinyin(self, row: int, found: list[str]) -> None:
        """Grams of pinyin."""
        self.single += map(self.spelt.__getitem__, found)
        self.single_rows += [row] * len(found)

    def title(self, row: int, head: str) -> None:
        """The marks of a title."""
        self.single += (self.begins[head[:2]], _title(self.object, head))
        self.single_rows += (row, row)

    def done(self, count: int) -> tuple[NDArray[np.int32], list[int]]:
        """All grams, those of a record together in order, and where those of each end."""
        if count <= FEW:
            return self._few(count)
        text = "".join([line + "\n" for line in self.lines])
        codes: Codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        rows = np.repeat(np.array(self.rows, np.int32), self.sizes)
        kinds = _KINDS[codes]
        cjk, word, inner = kinds == _HAN_LIKE, kinds == _LETTER, kinds != _END
        prime = np.uint32(_PRIME)
        one = (np.uint32(_start(self.object, _TEXT)) ^ codes) * prime
        two = (one[:-1] ^ codes[1:]) * prime
        three = (two[:-1] ^ codes[2:]) * prime
        first = (np.uint32(_start(self.object, _WORD)) ^ codes) * prime
        second = (first[:-1] ^ codes[1:]) * prime
        pairs = inner[:-1] & inner[1:]
        doubles = pairs & (cjk[:-1] | cjk[1:])
        plain = inner & ~cjk
        triples = plain[:-2] & plain[1:-1] & plain[2:]
        starts = word.copy()
        starts[1:] &= ~word[:-1]
        twos = starts[:-1] & word[1:]
        found = [one[cjk], two[doubles], three[triples], first[starts], second[twos], np.array(self.single, np.uint32)]
        owners = [
            rows[cjk],
            rows[:-1][doubles],
            rows[:-2][triples],
            rows[starts],
            rows[:-1][twos],
            np.array(self.single_rows, np.int32),
        ]
        marked = np.concatenate(owners).astype(np.int64) << 32 | np.concatenate(found)
        marked.sort()
        once = np.ones(len(marked), bool)
        once[1:] = marked[1:] != marked[:-1]
        marked = marked[once]
        ends = np.searchsorted(marked >> 32, np.arange(count), "right")
        return (marked & 0xFFFFFFFF).astype(np.uint32).view(np.int32), ends.tolist()

    def _few(self, count: int) -> tuple[NDArray[np.int32], list[int]]:
        found: list[set[int]] = [set() for _ in range(count)]
        for row, line in zip(self.rows, self.lines, strict=True):
            for part in line.split("\n"):
                found[row].update(_one_by_one(part, self.texts, self.words))
        for row, gram in zip(self.single_rows, self.single, strict=True):
            found[row].add(gram)
        every = [gram for grams in found for gram in sorted(grams)]
        return np.array(every, np.uint32).view(np.int32), list(accumulate(map(len, found)))


def _one_by_one(line: str, texts: _Table, words: _Table) -> list[int]:
    """The grams of a line."""
    found: list[int] = []
    if line.isascii():
        found += [texts[line[i : i + 3]] for i in range(len(line) - 2)]
    else:
        parts = _APART.split(line)  # other, CJK, other, CJK, ..., other
        for k, part in enumerate(parts):
            if k % 2:
                edged = parts[k - 1][-1:] + part + parts[k + 1][:1]
                found += map(texts.__getitem__, part)
                found += [texts[edged[i : i + 2]] for i in range(len(edged) - 1)]
            else:
                found += [texts[part[i : i + 3]] for i in range(len(part) - 2)]
    for word in _WORDS.findall(line):
        found += (words[word[0]], words[word[:2]])
    return found


# -- asking ------------------------------------------------------------------------------------------------------------


def words(query: str) -> list[str]:
    """The folded words of what somebody typed; each must be found."""
    folded = fold(query.replace("\0", " ")[:200])
    if re.fullmatch(r"[\d()+\-.\s]{6,}", folded) and (digits := re.sub(r"\D", "", folded)):
        return [digits]
    return list(dict.fromkeys(folded.split()))[:8]


def escape(word: str) -> str:
    """A word as a literal inside a LIKE pattern."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class Word(NamedTuple):
    """What has a word in it has all grams of ``text``, or all of one of ``spelt``. A word that is too short to narrow has none."""

    text: tuple[int, ...]
    spelt: tuple[tuple[int, ...], ...] = ()


def of_words(object_name: str, words: Iterable[str]) -> list[Word]:
    """The hashed grams of the words that narrow."""
    found: list[Word] = []
    for word in words:
        spelt: tuple[tuple[int, ...], ...] = ()
        if len(word) > 1 and _LATIN.fullmatch(word) and (ways := _ways(word)) is not None:
            ways += (frozenset({word[:4]}),) * (word in _spoken()[1])  # how a text begins
            spelt = tuple(sorted({tuple(sorted(_gram(object_name, _SPELT, run) for run in way)) for way in ways}))
        if text := of_text(object_name, word):
            found.append(Word(tuple(text), spelt))
    return found


def of_text(object_name: str, text: str) -> list[int]:
    """The hashed grams that every text with this piece in it has; empty when it is too short to narrow."""
    found: set[tuple[int, str]] = set()
    cjk = [bool(_CJK.match(c)) for c in text]
    for i in range(len(text)):
        if i + 1 < len(text) and (cjk[i] or cjk[i + 1]):
            found.add((_TEXT, text[i : i + 2]))
        # Of a long word every second run says as much and costs half.
        if i + 2 < len(text) and not (cjk[i] or cjk[i + 1] or cjk[i + 2]) and (i % 2 == 0 or i + 3 == len(text)):
            found.add((_TEXT, text[i : i + 3]))
    if not found and len(text) == 1 and cjk[0]:
        found.add((_TEXT, text))
    if not found and text and text.isascii() and text.isalnum():
        found.add((_WORD, text))
    return sorted(_gram(object_name, kind, run) for kind, run in found)


def of_start(object_name: str, text: str, words: Iterable[str]) -> list[int]:
    """The hashed grams of what has a title that begins with ``text`` (two characters or more), of these words."""
    found = {_gram(object_name, _BEGINS, text[:2])}.union(*(of_text(object_name, word) for word in words))
    return sorted(found)


def of_title(object_name: str, text: str) -> int:
    """The hashed mark of the title that is ``text``."""
    return _signed(_title(object_name, text))


def of_query(object_name: str, text: str) -> list[int]:
    """The grams that any text containing ``text`` has, for narrowing ``contains``; empty when they would not be sure to be there."""
    folded = fold(text)
    if len(folded) > 100 or not text.isprintable():
        return []
    runs = [run for run in re.split(r"\s+", folded) if len(run) > 2 or _CJK.search(run)]
    return sorted({gram for run in runs for gram in of_text(object_name, run)})
