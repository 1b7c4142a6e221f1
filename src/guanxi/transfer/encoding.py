"""Which encoding a text file is in: byte order marks, zero bytes, UTF-8, then Chinese, Japanese and Korean, then the rest.

The cheap checks are exact and come first; only what none of them decides is given to ``charset-normalizer``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from guanxi.base import Invalid

ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "big5hkscs", "cp932", "euc_jp",
    "cp949", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859_2",
    "iso8859_5", "iso8859_7", "iso8859_9", "iso8859_15", "latin_1", "koi8_r", "mac_roman", "mac_cyrillic", "cp866",
    "tis_620", "iso2022_jp",
)  # fmt: skip
"""The encodings that a caller may name, under Python's names."""

UNDECODABLE = "\udcff"
"""What stands in a decoded text where bytes could not be read: no well-formed text contains it."""

_WHOLE = 64 << 20
"""Up to this size a file is checked from end to end; beyond it, in samples."""
_BLOCK = 1 << 20
_SAMPLES = 16

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# The characters that Chinese text is made of, by frequency, with those of company names, addresses and table headings.
_SIMPLIFIED = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动"
    "面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向"
    "头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活"
    "尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强"
    "即像难且权思王象完设式色路记南品住告类求据程北边张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运客户称联址号邮箱备注限公集团股份技贸易商省"
    "州京深圳沪杭镇村室楼街县款元销售单价状态来源负责手机创跟级职性编"
)
_TRADITIONAL = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動"
    "面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向"
    "頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活"
    "爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強"
    "客戶稱聯址號郵箱備註限集團股份技貿易商省州鎮村室樓街縣款單價狀態源負責編"
)
_HANGUL = frozenset(
    "이다는의가에을하고지로사한기도를인어은자리서대시정그나부수해일아들보구라스전제장과게면으여만원있것안주상동학생공관물화성신용조적거년"
)


def _marked(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNDECODABLE, error.end


codecs.register_error("guanxi.mark", _marked)


def known(name: str) -> str:
    """Python's name of an encoding that a caller named; raises Invalid when it is not one that is read."""
    try:
        found = codecs.lookup(name.strip()).name.replace("-", "_")
    except (LookupError, ValueError):
        found = ""
    found = {"ascii": "utf_8", "gbk": "gb18030", "gb2312": "gb18030", "big5": "big5hkscs", "cp950": "big5hkscs",
             "shift_jis": "cp932", "euc_kr": "cp949", "iso8859_1": "cp1252"}.get(found, found)  # fmt: skip
    for encoding in ENCODINGS:
        if encoding.replace("-", "_") == found:
            return encoding
    raise Invalid.one("encoding", "unknown_encoding", value=name)


def detect(path: Path) -> str:
    """The encoding of a text file, as one of :data:`ENCODINGS`.

    Raises Invalid ``not_a_table`` when the file holds binary data.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_BLOCK)
        for bom, encoding in _BOMS:
            if head.startswith(bom):
                return encoding
        if b"\0" in head:
            return _wide(head)
        if b"\x1b$" in head and head.isascii():
            return "iso2022_jp"
        if _is_utf8(path, size):
            return "utf-8"
        sample = head if size <= _BLOCK else b"\n".join(_samples(path, size))
    return national(sample)


def _samples(path: Path, size: int) -> Iterator[bytes]:
    """Pieces from all over the file, each of whole lines as far as there are any."""
    width = min(_BLOCK // _SAMPLES, size)
    with path.open("rb") as file:
        for i in range(_SAMPLES):
            file.seek((size - width) * i // (_SAMPLES - 1))
            piece = file.read(width)
            start = 0 if i == 0 else piece.find(b"\n") + 1
            end = piece.rfind(b"\n")
            yield piece[start : end if end > start else len(piece)]


def _wide(head: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: zero bytes stand on one side of the ASCII characters of a table."""
    head = head[: len(head) // 4 * 4]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    quarters = [head[i::4].count(0) for i in range(4)]
    if quarters[2] == quarters[3] == len(head) // 4 > 0 or quarters[0] == quarters[1] == len(head) // 4 > 0:
        candidates = ["utf-32"]
    else:
        candidates = ["utf-16-le"] if odd > even * 4 else ["utf-16-be"] if even > odd * 4 else []
    for encoding in candidates:
        text = head.decode(encoding, "replace")
        if text.count("�") <= len(text) // 100 and "\0" not in text and any(c in text for c in ",;\t|\n\r"):
            return encoding
    # A few stray zero bytes in what is otherwise text: the rows that hold them will say so.
    if even + odd <= len(head) // 1000 + 1 and not _binary(head):
        return "utf-8" if _mostly_utf8(head) else national(head)
    raise Invalid.one("file", "not_a_table")


def _binary(head: bytes) -> bool:
    controls = sum(head.count(bytes((c,))) for c in range(32) if c not in (0, 9, 10, 12, 13, 26, 27, 31))
    return controls > len(head) // 200


def _is_utf8(path: Path, size: int) -> bool:
    if size > _WHOLE:
        return all(_mostly_utf8(piece) for piece in _samples(path, size))
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            file.seek(0)
            return _mostly_utf8(file.read(4 * _BLOCK))
    return True


def _mostly_utf8(data: bytes) -> bool:
    """Whether the bytes are UTF-8 but for a few broken places among many good ones."""
    text = data.decode("utf-8", "guanxi.mark")
    broken = text.count(UNDECODABLE)
    if not broken:
        return True
    good = sum(1 for c in text if c > "\x7f") - broken
    return good > broken * 20


def _share(text: str, common: frozenset[str], low: str, high: str) -> tuple[float, int]:
    """How many of the characters outside ASCII are ``common``, and how many there are between ``low`` and ``high``."""
    foreign = [c for c in text if c > "\x7f" and c not in "　、。，．：；？！（）《》“”‘’·—…"]
    hits = sum(1 for c in foreign if c in common)
    inside = sum(1 for c in foreign if low <= c <= high)
    return (hits / len(foreign) if foreign else 0.0), inside


def _decoded(data: bytes, encoding: str) -> tuple[str, float]:
    """The text and the share of its foreign characters that could not be read."""
    text = data.decode(encoding, "guanxi.mark")
    foreign = sum(1 for c in text if c > "\x7f")
    return text, text.count(UNDECODABLE) / foreign if foreign else 0.0


def national(data: bytes) -> str:
    """The encoding of text that is in none of Unicode's."""
    if _binary(data):
        raise Invalid.one("file", "not_a_table")
    scores: dict[str, float] = {}
    for encoding, common in (("gb18030", _SIMPLIFIED), ("big5hkscs", _TRADITIONAL), ("cp949", _HANGUL)):
        text, broken = _decoded(data, encoding)
        if broken < 0.02:
            scores[encoding] = _share(text, common, "一", "鿿")[0]
    for encoding in ("cp932", "euc_jp"):
        text, broken = _decoded(data, encoding)
        kana = sum(1 for c in text if "ぁ" <= c <= "ヿ")
        half = sum(1 for c in text if "｡" <= c <= "ﾟ")  # what cp932 makes of almost any other encoding
        foreign = sum(1 for c in text if c > "\x7f")
        if broken < 0.02 and foreign and half < foreign / 4:
            scores[encoding] = 0.9 * kana / foreign
    best = max(scores, key=lambda name: scores[name], default="")
    if best and scores[best] >= 0.18:
        return best
    if latin := _european(data):
        return latin
    guess = from_bytes(data[: 1 << 16], cp_isolation=[e for e in ENCODINGS if not e.startswith("utf")]).best()
    if guess is not None:
        name = guess.encoding.replace("-", "_")
        return {"latin_1": "cp1252", "iso8859_1": "cp1252", "big5": "big5hkscs", "gbk": "gb18030"}.get(name, name)
    return "gb18030" if scores.get("gb18030", 0) > 0.1 else "cp1252"


_SIGNS = frozenset("’‘“”„‚–—…€°§©®™·•«»¿¡£¥²˛\u00a0")
"""What any language may hold, and the code pages of Europe have at one place."""
_WESTERN = {
    "fr": "éèêëàâîïôùûüçœæ", "de": "äöüßé", "es": "áéíóúñü", "pt": "áâãàçéêíóôõú", "it": "àèéìíòóù", "nordic": "åäöæøéü",
    "nl": "éèëïöüáó", "ca": "àèéíïòóúüç", "is": "áéíóúýþæðö",
}  # fmt: skip
_LANGUAGES: tuple[tuple[str, float, frozenset[str]], ...] = (
    *(("cp1252", 1.0, frozenset(letters)) for letters in _WESTERN.values()),
    *(
        (encoding, 1.0, frozenset(letters))
        for encoding in ("cp1250", "iso8859_2")
        for letters in ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž")
    ),
    ("cp1254", 1.0, frozenset("çğıi̇öşüâîû")),
    ("cp1252", 0.97, frozenset("".join(_WESTERN.values()))),  # names from all over
    *(("mac_roman", 0.96, frozenset(letters)) for letters in _WESTERN.values()),
)
"""The letters that a language adds to those of ASCII, by its code page: one page's letters are another's, and few are of one language."""


_INNER = re.compile("(?<=[a-z])[À-ÖØ-ÞĀĂĄĆČĎĐĘĚĞĹĽŁŃŇŐŒŔŘŚŞŠŢŤŮŰŸŹŻŽ]")
"""A capital letter after a small one, as no word has: CafŽ is Café."""


def _european(data: bytes) -> str:
    """The code page in which the letters are those of one language; empty where there is none, or where they stand beside each
    other as those of another script do."""
    high = [i for i, b in enumerate(data) if b > 127]
    alone = sum(not (data[i - 1 : i] > b"\x7f" or data[i + 1 : i + 2] > b"\x7f") for i in high)
    best, found = 0.9 if alone >= len(high) * 0.2 else 2.0, ""
    foreign: dict[str, list[str]] = {}
    for encoding, weight, letters in _LANGUAGES:
        if encoding not in foreign:
            text = _INNER.sub("�", data.decode(encoding, "replace"))
            text = re.sub("(?<=[n0-9.])[ºª]", "", text.lower())  # nº 5, 2ª
            foreign[encoding] = [c for c in text if c > "\x7f" and c not in _SIGNS]
        of = foreign[encoding]
        share = weight * (sum(c in letters for c in of) / len(of) if of else 1.0)
        if share > best:
            best, found = share, encoding
    return found
