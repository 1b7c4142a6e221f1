"""Cards of contacts (vCard 2.1, 3.0, 4.0) as a table: one row a card, as phones, Outlook and address books write them.

What a card has and a table of contacts has no column for goes into the note, each line with its name; :class:`Batch` tells of
it. Nothing of a card is left out
but what describes the file itself, and large pictures, sounds and keys, of which it is told. A picture has a column: its bytes in base64.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from guanxi.base import Invalid
from guanxi.transfer.encoding import detect, known, national
from guanxi.transfer.table import Batch, Column, Inspection, Limits, refuse

_WEIGHT = 16 << 20
"""Characters of pictures in a batch."""
PHOTO = 4 << 20
"""Bytes of a picture that is taken from a card."""
_LARGEST = 256 << 20
_PROPERTY = re.compile(rb"\s*(?:([\w-]+)\.)?([A-Za-z][\w-]*)[ \t]*((?:;(?:[^\":;]|\"[^\"]*\")*)*):", re.ASCII)
_DAY = re.compile(r"(\d{4})(?:(\d{2})(\d{2})|[-/.年](\d{1,2})[-/.月](\d{1,2})日?)(?:T|\Z|\s)")
_BASE64 = re.compile(rb"\s*[A-Za-z0-9+/]+={0,2}\s*")
_PARAMETER = re.compile(r";((?:[^\";]|\"[^\"]*\")*)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_OF_THE_FILE = frozenset(("BEGIN", "END", "VERSION", "PRODID", "X-ABSHOWAS", "X-MS-OL-DESIGN"))
_OF_THE_WRITING = re.compile(
    r"ENCODING|CHARSET|VALUE|TYPE|PREF|LANGUAGE|ALTID|PID|INDEX|MEDIATYPE|X-APPLE-OMIT-YEAR|.*[-_]U?U?ID"
)
"""Parameters that say how a value is written; the others say something about it."""
_CODED = re.compile(rb"\A(?!.*CHARSET).*QUOTED-PRINTABLE", re.DOTALL)
"""Parameters of a value in quoted-printable that do not say in which characters."""
_CUSTOM = re.compile(rb"X-CUSTOM\([^()]*QUOTED-PRINTABLE,([^()]*)\)", re.IGNORECASE)
"""How Android writes a kind of its own: the name of it, in quoted-printable."""
_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_CARETS = {"n": "\n", "'": '"', "^": "^"}
_BINARY = frozenset(("PHOTO", "LOGO", "SOUND", "KEY"))
_WECHAT = re.compile(r"wechat|weixin|微信", re.IGNORECASE)
_LEAST = 101
"""How much a value is preferred that nobody prefers; 1 is the most."""

COLUMNS: Mapping[str, tuple[str, str]] = {
    "name": ("Full name", "姓名"),
    "family": ("Last name", "姓"),
    "given": ("First name", "名"),
    "salutation": ("Salutation", "称呼"),
    "company": ("Company", "公司"),
    "department": ("Department", "部门"),
    "title": ("Job title", "职务"),
    "mobile": ("Mobile", "手机"),
    "phone": ("Phone", "电话"),
    "email": ("E-mail", "邮箱"),
    "website": ("Website", "网址"),
    "street": ("Street", "街道"),
    "city": ("City", "市"),
    "province": ("Province", "省"),
    "postal": ("Postal code", "邮编"),
    "country": ("Country", "国家"),
    "birthday": ("Birthday", "生日"),
    "wechat": ("WeChat", "微信"),
    "language": ("Language", "语言"),
    "photo": ("Photo", "照片"),
    "tags": ("Tags", "标签"),
    "note": ("Note", "备注"),
}
"""The columns of the table, each with its heading in English and in Chinese; the file's own language decides."""
TONGUES, OTHER_TONGUE = ("zh", "en"), "other"
"""Languages in which people are written to, as contacts name them."""


@dataclass(slots=True)
class Property:
    """A line of a card: its name in capital letters, its types in small ones, its group, and its value as text."""

    name: str
    types: frozenset[str]
    group: str
    value: str
    told: Mapping[str, str] = field(default_factory=dict[str, str])
    """What its parameters say about the value."""
    pref: int = _LEAST
    binary: int = 0
    """Bytes, where the value is no text."""
    data: str = ""
    """Those of a picture in base64, unless they are too many."""

    def parts(self, sign: str = ";") -> list[str]:
        """The value at its unescaped signs."""
        pieces = [""]
        for piece in re.findall(rf"\\.|[^\\{sign}]+|.", self.value, re.DOTALL):
            if piece == sign:
                pieces.append("")
            else:
                pieces[-1] += piece
        return [_plain(piece).strip() for piece in pieces]

    @property
    def text(self) -> str:
        """The whole value, readable."""
        return (
            " ".join(p for p in self.parts() if p) if self.name in ("N", "ADR", "ORG") else _plain(self.value).strip()
        )


@dataclass(slots=True)
class Card:
    """A card and the line on which it begins."""

    line: int
    properties: list[Property] = field(default_factory=list[Property])


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda m: "\n" if m[1] in "nN" else m[1] if m[1] in ';,:\\"' else m[0], text)


# -- lines -------------------------------------------------------------------------------------------------------------


def is_card(head: bytes) -> bool:
    """Whether a file that begins so is one of cards, of any width of characters."""
    plain = re.sub(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)", b"", head.replace(b"\0", b""))
    return re.match(rb"\s*(?:[\w-]+\.)?BEGIN:VCARD", plain, re.IGNORECASE) is not None


def _encoding(path: Path) -> str:
    """The encoding of a file of cards; lines may be folded within a character, or have all that tells in quoted-printable."""
    found = detect(path)
    if found.startswith(("utf-16", "utf-32", "utf-8-sig")) or path.stat().st_size > _LARGEST:
        return found
    raw = path.read_bytes()
    if raw.isascii():
        lines = (line for _, line in _logical(raw.splitlines()))
        coded = (line for line in lines if (head := _PROPERTY.match(line)) and _CODED.search(head[3].upper()))
        raw = b"\n".join(quopri.decodestring(line) for line in coded)
    try:
        re.sub(rb"\r?\n[ \t]", b"", raw).decode("utf-8")
    except UnicodeDecodeError:
        return national(raw) if found == "utf-8" else found
    return "utf-8"


def _logical(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """(line, bytes) of each property: folded lines, soft breaks of quoted-printable and lines of base64 put together."""
    numbered = enumerate(lines, 1)
    ahead = next(numbered, None)
    while ahead is not None:
        start, line = ahead
        ahead = next(numbered, None)
        if start == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        head = _PROPERTY.match(line)
        params = head[3].upper() if head else b""
        pieces = [line]
        if b"QUOTED-PRINTABLE" in params:
            while ahead is not None and pieces[-1].endswith(b"="):
                pieces[-1] = pieces[-1][:-1]
                pieces.append(ahead[1].lstrip(b" \t"))
                ahead = next(numbered, None)
        else:
            coded = re.search(rb"ENCODING=(?:BASE64|B)\b|;BASE64\b", params) is not None
            while (
                ahead is not None
                and (
                    not ahead[1].strip()  # some phones end each line twice
                    or ahead[1][:1] in (b" ", b"\t")
                    or (coded and ahead[1].strip() and b":" not in ahead[1] and _BASE64.fullmatch(ahead[1]))
                )
            ):
                pieces.append(ahead[1].strip() if coded else ahead[1][1:])
                ahead = next(numbered, None)
        yield start, b"".join(pieces)


def _property(line: bytes, encoding: str) -> Property | None:
    head = _PROPERTY.match(line)
    if head is None:
        return None
    raw = line[head.end() :]
    said = _CUSTOM.sub(lambda m: quopri.decodestring(m[1]), head[3]).decode(encoding, "replace")
    given = [p.strip() for p in _PARAMETER.findall(said)]
    named = {k.strip().upper(): v.strip().strip('"') for k, sign, v in (p.partition("=") for p in given) if sign}
    bare = [p for p in given if p and "=" not in p]
    several = [
        v.strip().strip('"') for p in given if p.upper().startswith("TYPE=") for v in p[5:].replace('"', "").split(",")
    ]
    types = frozenset(t.lower() for t in (*bare, *several)) - {"base64", "quoted-printable", "pref"}
    preferred = re.fullmatch(r"\d{1,3}", named.get("PREF", ""))
    pref = int(preferred[0]) if preferred else 1 if "PREF" in {n.upper() for n in (*bare, *several, *named)} else _LEAST
    told = {
        k: re.sub(r"\^([n'^])", lambda m: _CARETS[m[1]], _plain(v)).replace("\n", ", ")
        for k, v in named.items()
        if v and not _OF_THE_WRITING.fullmatch(k)
    }
    coding = named.get("ENCODING", "").upper() or next(
        (b.upper() for b in bare if b.upper() in ("QUOTED-PRINTABLE", "BASE64")), ""
    )
    name = head[2].decode().upper()
    group = (head[1] or b"").decode().lower()
    with suppress(Invalid):  # a name of a character set that nobody knows
        encoding = known(named["CHARSET"]) if named.get("CHARSET") else encoding
    if coding in ("BASE64", "B") or (name in _BINARY and raw[:5] == b"data:"):
        coded = raw.rpartition(b",")[2] if raw[:5] == b"data:" else raw
        try:
            data = base64.b64decode(coded, validate=False)
        except (binascii.Error, ValueError):
            data = raw
        if name in _BINARY or not _readable(data, encoding):
            kept = coded.decode("ascii", "ignore") if name == "PHOTO" and len(data) <= PHOTO else ""
            return Property(name, types, group, "", told, pref, max(len(data), 1), kept)
        raw = data
    if coding == "QUOTED-PRINTABLE":
        raw = quopri.decodestring(raw)
    text = raw.decode(encoding, "replace").replace("\r\n", "\n")
    if (year := named.get("X-APPLE-OMIT-YEAR")) and text.startswith(year):
        text = "--" + text.removeprefix(year).lstrip("-")
    return Property(name, types, group, text, told, pref)


def _readable(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\r\n\t" for c in text)


def cards(lines: Iterable[bytes], encoding: str) -> Iterator[Card]:
    """Every card of a file, which is read line by line (each without its end). One inside another (of an assistant) is told as part of it; one
    that has no end ends where the next begins."""
    card: Card | None = None
    depth = 0
    for line, raw in _logical(lines):
        found = _property(raw, encoding)
        if found is None:
            if card is not None and raw.strip():
                card.properties.append(Property("X", frozenset(), "", raw.decode(encoding, "replace")))
            continue
        value = found.value.strip().upper()
        if found.name == "BEGIN" and value == "VCARD":
            last = card.properties[-1] if card is not None and card.properties else None
            if depth == 1 and card is not None and not (last and last.name == "AGENT" and not last.value.strip()):
                yield card
                depth = 0
            depth += 1
            if depth == 1:
                card = Card(line)
        elif found.name == "END" and value == "VCARD":
            depth = max(depth - 1, 0)
            if depth == 0 and card is not None:
                yield card
                card = None
        elif card is not None and found.name == "AGENT" and value == "BEGIN:VCARD":
            depth += 1
        elif card is not None:
            if depth > 1:
                found.name = f"AGENT {found.name}"
            card.properties.append(found)
    if card is not None and card.properties:  # the file ends in the middle
        yield card


# -- a card as a row ---------------------------------------------------------------------------------------------------


def row(card: Card) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The columns of a card, and what had none: (name, value)."""
    out: dict[str, str] = {}
    rest: list[tuple[str, str]] = []
    beside: list[tuple[str, str]] = []
    labels = {p.group: _LABEL.sub(r"\1", p.text) for p in card.properties if p.name == "X-ABLABEL" and p.group}
    own = {p.group: p.text for p in card.properties if p.name == "X-ABLABEL" and not _LABEL.fullmatch(p.text)}
    shown = {f"{p.name} {p.text.lower()}" for p in card.properties if p.name in ("KIND", "X-ABSHOWAS")}
    every = [
        p
        for p in card.properties
        if p.name not in _OF_THE_FILE
        and not (p.name == "X-ABLABEL" and p.group)
        and not (p.name == "KIND" and p.text.lower() in ("individual", "org"))
        and not (p.name == "X-ABADR" and re.fullmatch("[a-zA-Z]{2}", p.text))  # the country whose form it has
    ]

    def keep(p: Property) -> None:
        label = labels.get(p.group) if p.group else None
        said = ", ".join([*([label] if label else sorted(p.types - {"internet", "voice"})), *p.told.values()])
        value = f"[{p.binary} B]" if p.binary else p.text
        if value:
            rest.append((f"{p.name} ({said})" if said else p.name, value))

    def take(p: Property) -> None:
        """The value goes into a column; what is said about it stays."""
        every.remove(p)
        if p.group in own:
            beside.append((f"{p.name} ({own[p.group]})", p.text))
        beside.extend((f"{p.name} ({what})", said) for what, said in p.told.items())

    def first(names: str, wanted: frozenset[str], column: str) -> None:
        """The best value of these properties goes into the column; the others stay, and what is no such value: 110 is a number to
        call, and no field takes it."""
        mine = [
            p
            for p in every
            if p.name in names.split()
            and not p.binary
            and (not wanted or p.types & wanted)
            and _SHAPES.get(p.name, _ANY).search(p.text)
        ]
        if mine:
            best = min(mine, key=lambda p: (p.pref, "work" not in p.types))
            out[column] = re.sub(r"^(?:tel|mailto):", "", best.text, flags=re.IGNORECASE)
            take(best)

    picture = next((p for p in every if p.name == "PHOTO" and p.data), None)
    if picture is not None:
        every.remove(picture)
        out["photo"] = f"data:;base64,{picture.data}"
    first("FN", frozenset(), "name")
    name = next((p for p in every if p.name == "N"), None)
    if name is not None:
        take(name)
        rest += [("N", more) for more in name.parts()[5:] if more]
        family, given, more, said, suffix = (name.parts() + [""] * 5)[:5]
        western = any(c.isascii() and c.isalpha() for c in family + given)
        whole = (" " if western else "").join(t for t in (given, *more.replace(",", " ").split()) if t)
        out |= {"family": family, "given": whole, "salutation": said}
        if "name" not in out:
            known_parts = [said, whole, family, suffix] if western else [family, whole, said]
            out["name"] = (" " if western else "").join(t for t in known_parts if t)
        elif suffix and suffix not in out["name"]:
            rest.append(("N", suffix))
        if said and out["name"].startswith(f"{said} "):
            out["name"] = out["name"][len(said) + 1 :]
    org = next((p for p in every if p.name == "ORG"), None)
    if org is not None:
        take(org)
        company, *units = [part for part in org.parts() if part] or [""]
        out |= {"company": company, "department": " / ".join(units)}
    elif shown & {"KIND org", "X-ABSHOWAS company"} and out.get("name"):
        out["company"] = out["name"]
    fax = frozenset(("fax", "pager"))
    faxes = [p for p in every if p.name == "TEL" and p.types & fax]
    every = [p for p in every if p.name != "TEL" or not p.types & fax]
    for p in faxes:
        keep(p)
    first("TEL", frozenset(("cell", "mobile", "iphone", "text")), "mobile")
    first("TEL", frozenset(), "phone")
    first("EMAIL", frozenset(), "email")
    first("TITLE", frozenset(), "title")
    first("URL", frozenset(), "website")
    first("X-WECHAT X-WEIXIN", frozenset(), "wechat")
    chat = next(
        (p for p in every if p.name == "IMPP" and _WECHAT.search(" ".join((*p.told.values(), p.text.split(":")[0])))),
        None,
    )
    if chat is not None and "wechat" not in out:
        every.remove(chat)
        out["wechat"] = re.sub(r"^[\w-]+:", "", chat.text)
    tongues = [p for p in every if p.name == "LANG" and p.text]
    if tongues:  # written as zh-Hans-CN, of which the first part is the language; what it says beside that is kept
        best = min(tongues, key=lambda p: p.pref)
        tongue = re.split(r"[-_]", best.text.lower())[0]
        out["language"] = tongue if tongue in TONGUES else OTHER_TONGUE
        if best.text.lower() == out["language"]:
            every.remove(best)
    words = [p for p in every if p.name == "CATEGORIES"]
    if words:
        out["tags"] = "、".join(dict.fromkeys(w for p in words for w in p.parts(",") if w))
        every = [p for p in every if p.name != "CATEGORIES"]
    birthday = next((p for p in every if p.name == "BDAY" and _day(p.text)), None)
    if birthday is not None:
        take(birthday)
        out["birthday"] = _day(birthday.text)
    places = [p for p in every if p.name == "ADR" and p.text]
    if places:
        best = min(places, key=lambda p: (p.pref, "work" not in p.types))
        take(best)
        box, extra, street, city, province, postal, country = (best.parts() + [""] * 7)[:7]
        lines = [" ".join(t.split("\n")) for t in (street, extra, box) if t]
        rest += [("ADR", more) for more in best.parts()[7:] if more and more not in lines]
        out |= {"street": ", ".join(lines), "city": city, "province": province, "postal": postal, "country": country}
    notes = [p.text for p in every if p.name == "NOTE" and p.text]
    for p in every:
        if p.name != "NOTE":
            keep(p)
    out["note"] = "\n".join([*notes, *(f"{what}: {value}" for what, value in (*rest, *beside))])
    called = next((p.text for p in every if p.name == "NICKNAME"), "")
    out["name"] = next(
        filter(None, (out.get("name"), called, *map(out.get, ("company", "email", "mobile", "phone")))), ""
    )
    return {n: v for n, v in out.items() if v}, rest


_SHAPES = {"TEL": re.compile(r"(?:\d\D*){5}"), "EMAIL": re.compile(r"[^\s@]@[^\s@]")}
_ANY = re.compile(".", re.DOTALL)


def _day(text: str) -> str:
    """A whole date; empty for one without its year, and for what is none."""
    found = _DAY.match(text)
    if found is None:
        return ""
    try:
        return date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5])).isoformat()
    except ValueError:
        return ""


# -- the table ---------------------------------------------------------------------------------------------------------


def _read(path: Path, encoding: str) -> Iterator[Card]:
    if path.stat().st_size > _LARGEST:
        raise refuse("workbook_too_large", reason=f"vCard > {_LARGEST >> 20} MB")
    wide = encoding.startswith(("utf-16", "utf-32"))
    # Bytes as they are, at any kind of line end; wide characters in UTF-8.
    with path.open(encoding=encoding if wide else "latin-1", newline=None, errors="replace") as file:
        inner = "utf-8" if wide else "latin-1"
        lines = (line.removesuffix("\n").removeprefix("\ufeff").encode(inner) for line in file)
        yield from cards(lines, "utf-8" if wide else encoding)


def inspect(path: Path, limits: Limits, *, encoding: str = "") -> tuple[Inspection, list[list[str]]]:
    """What the cards hold, and the first of them as rows."""
    found = Inspection("vcard", encoding=known(encoding) if encoding else _encoding(path))
    found.header_row = 0
    held: dict[str, None] = {}
    first: list[dict[str, str]] = []
    for card in _read(path, found.encoding):
        found.rows += 1
        values, _ = row(card)
        held |= dict.fromkeys(values)
        if "photo" in values:  # what it is, not what it holds
            values["photo"] = f"[{len(values['photo']) * 3 // 4:,} B]"
        if len(first) < 300:
            first.append(values)
    if not first:
        raise refuse("empty_file")
    chinese = any(re.search(r"[\u4e00-\u9fff]", v.get("name", "") + v.get("company", "")) for v in first)
    names = [n for n in COLUMNS if n in held]
    found.columns = [Column(i, COLUMNS[n][chinese]) for i, n in enumerate(names)]
    return found, [[values.get(n, "")[: limits.cell] for n in names] for values in first]


def batches(path: Path, inspection: Inspection, limits: Limits, size: int = 2_000, skip: int = 0) -> Iterator[Batch]:
    """The cards as rows, ``size`` at a time, after leaving out the first ``skip``."""
    by_heading = {heading: name for name, both in COLUMNS.items() for heading in both}
    names = [by_heading[c.name] for c in inspection.columns]
    batch, weight = Batch(), 0
    for n, card in enumerate(_read(path, inspection.encoding)):
        if n < skip:
            continue
        values, rest = row(card)
        batch.lines.append(card.line)
        batch.cells.append([values.get(name, "")[: None if name == "photo" else limits.cell] for name in names])
        weight += len(values.get("photo", ""))
        batch.aside += [(card.line, what.partition(" ")[0], value) for what, value in rest]
        if len(batch.lines) >= size or weight > _WEIGHT:
            yield batch
            batch, weight = Batch(), 0
    if len(batch):
        yield batch


# -- writing -----------------------------------------------------------------------------------------------------------

MEDIA = "text/vcard; charset=utf-8"


def write(values: Mapping[str, str]) -> str:
    """A card (3.0, which every phone reads) of values by the names of :data:`COLUMNS`; what is empty is left out."""
    get = values.get
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{_escaped(get('name', ''))}"]
    parts = (get("family", ""), get("given", ""), "", get("salutation", ""), "")
    lines.append("N:" + ";".join(map(_escaped, parts if any(parts) else (get("name", ""), "", "", "", ""))))
    if get("company") or get("department"):
        units = [u for u in get("department", "").split(" / ") if u]
        lines.append("ORG:" + ";".join(_escaped(u) for u in (get("company", ""), *units)))
    for name, column in (
        ("TITLE", "title"),
        ("TEL;TYPE=CELL,VOICE", "mobile"),
        ("TEL;TYPE=WORK,VOICE", "phone"),
        ("EMAIL;TYPE=INTERNET", "email"),
        ("URL", "website"),
        ("BDAY", "birthday"),
        ("X-WECHAT", "wechat"),
        ("NOTE", "note"),
    ):
        if get(column):
            lines.append(f"{name}:{_escaped(get(column, ''))}")
    if get("language") in TONGUES:  # of the others nobody knows which
        lines.append(f"LANG:{get('language')}")
    place = [get(n, "") for n in ("street", "city", "province", "postal", "country")]
    if any(place):
        lines.append("ADR;TYPE=WORK:;;" + ";".join(map(_escaped, place)))
    if get("photo"):
        kind, _, data = get("photo", "").partition(",")
        lines.append(f"PHOTO;ENCODING=b;TYPE={kind.upper()}:{data}")
    if get("tags"):
        lines.append("CATEGORIES:" + ",".join(_escaped(tag) for tag in get("tags", "").split("\n")))
    return "".join(map(_folded, [*lines, "END:VCARD"]))


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return re.sub(r"\r\n|\r|\n", r"\\n", text)


def _folded(line: str) -> str:
    """A line in pieces of at most 75 bytes, none of which cuts a character."""
    pieces: list[str] = []
    piece, size = "", 0
    for sign in line:
        width = len(sign.encode("utf-8", "replace"))
        if size + width > 74:
            pieces.append(piece)
            piece, size = " ", 1
        piece += sign
        size += width
    return "\r\n".join([*pieces, piece]) + "\r\n"
