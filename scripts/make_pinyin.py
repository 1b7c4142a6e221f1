"""Write src/guanxi/records/pinyin.txt from pypinyin's dictionaries (MIT licence): the readings that search spells with.

The file has a line for each syllable with all characters that are read so first, then a line ``#``, then a line for each
phrase of two to four characters that is read otherwise than its characters alone. Kept as a file because the whole
dictionary costs every process 60 MB. Run it again when pypinyin's data has been mended.
"""

import unicodedata
from pathlib import Path

from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

# Readings that names of companies and people want first, where the dictionary begins with another.
FIRST = {
    "长": "chang",
    "行": "hang",
    "厦": "xia",
    "曾": "zeng",
    "调": "diao",
    "传": "chuan",
    "会": "hui",
    "重": "zhong",
    "弹": "dan",
}


def bare(reading: str) -> str:
    """A syllable without its tone; ü is v, as it is typed."""
    decomposed = unicodedata.normalize("NFD", reading.replace("ü", "v").replace("ê", "e"))
    plain = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", plain) if plain.isascii() else ""


def main() -> None:
    """Write the file."""
    first: dict[str, str] = {}
    for code, readings in PINYIN_DICT.items():
        char = chr(code)
        decomposed = readings.split(",")[0].replace("ǖ", "v").replace("ǘ", "v").replace("ǚ", "v").replace("ǜ", "v")
        reading = FIRST.get(char) or bare(decomposed)
        if reading and 0x3400 <= code <= 0x9FFF:
            first[char] = reading
    by_reading: dict[str, list[str]] = {}
    for char, reading in first.items():
        by_reading.setdefault(reading, []).append(char)
    lines = [f"{reading} {''.join(sorted(chars))}" for reading, chars in sorted(by_reading.items())]
    lines.append("#")
    for phrase, readings in sorted(PHRASES_DICT.items()):
        syllables = [
            bare(r[0].replace("ǖ", "v").replace("ǘ", "v").replace("ǚ", "v").replace("ǜ", "v")) for r in readings
        ]
        whole = 2 <= len(phrase) <= 4 and len(phrase) == len(syllables) and all(syllables)
        if whole and any(first.get(c) != s for c, s in zip(phrase, syllables, strict=True)):
            lines.append(f"{phrase} {' '.join(syllables)}")
    target = Path(__file__).parents[1] / "src/guanxi/records/pinyin.txt"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(
        f"{target.name}: {len(first)} characters, {len(lines) - len(by_reading) - 1} phrases, {target.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
