"""Text: one line, several lines, formatted."""

from __future__ import annotations

import html
import random
import re
from typing import Any, ClassVar

import nh3

from guanxi.base import Label
from guanxi.schema.model import Field
from guanxi.schema.types.base import Bad, Bind, Env, FieldType, setting
from guanxi.schema.types.standards import STANDARDS, bare

REFUSED = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters (PostgreSQL cannot store NUL, XLSX none of them) and halves of surrogate pairs."""
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What is cut off both ends of a text: white space, and the zero-width space and byte order mark that files bring."""
_MASK = re.compile(r"(1?\d|20)\*(1?\d|20)")
_BREAK = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_NEWLINE = re.compile("\r\n|[\v\f\r\x85\u2028\u2029]")

TEXT_OPERATORS = (
    "eq", "ne", "in", "not_in", "contains", "starts_with", "gt", "gte", "lt", "lte", "between", "is_empty",
)  # fmt: skip


def one_line(value: str) -> str:
    """``value`` on one line without space at its ends; raises Bad for what cannot be stored."""
    if not value.isprintable():  # plain text, nearly always, needs no further look
        if REFUSED.search(value):
            raise Bad("control_characters")
        value = _BREAK.sub(" ", value)
    return value.strip(SPACE)


class TextType(FieldType):
    """What all kinds of text share: a ``text`` column in code point order, whatever the server's locale."""

    sql = "text"
    operators = TEXT_OPERATORS
    formula = "text"
    longest: ClassVar[int] = 255
    """Characters, unless the setting ``max`` says otherwise."""
    most: ClassVar[int] = 500
    """Greatest ``max``; an index entry of PostgreSQL holds 2,704 bytes."""
    expected = {"en": "a text", "zh": "文本"}
    config = {"max": "Greatest number of characters."}

    def ddl(self, field: Field) -> str:
        return 'text COLLATE "C"'

    def problems(self, field: Field) -> list[Label]:
        return super().problems(field) + (setting(field, "max", 1, self.most) if "max" in self.config else [])

    def accept(self, field: Field, value: Any) -> str:
        """``value`` if it is a text of at most the length that the field takes."""
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        if len(value) > field.config.get("max", self.longest):
            raise Bad("too_long", max=field.config.get("max", self.longest))
        return value

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        text = one_line(value)
        longest = field.config.get("max", self.longest)
        if len(text) > longest:
            raise Bad("too_long", max=longest)
        return text or None

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        """The text as it is: every character counts, spaces too."""
        if not isinstance(value, str):
            raise Bad("wrong_type", expected=self.expected)
        if not value.isprintable() and REFUSED.search(value):
            raise Bad("control_characters")
        return value

    def invalid_sql(self, field: Field, column: str) -> str:
        return f"length({column}) > {field.config['max']}" if "max" in field.config else ""

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        """Without the control characters that other programs leave in their files."""
        return text if text.isprintable() else REFUSED.sub("", text)

    def to_text(self, field: Field, value: Any, env: Env) -> str:
        return str(value)

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "maxLength": field.config.get("max", self.longest)}


class Text(TextType):
    """One line of text.

    Stored as ``text``. Line breaks and tabs become a space and space at both ends is cut off; nothing else is changed.
    Control characters are refused. At most 255 characters unless ``max`` says otherwise. Where ``standard`` says what the text
    is, it is kept in the one form in which that is written, and one with a wrong check digit is refused.
    """

    name = "text"
    label = {"en": "Text", "zh": "文本"}
    config = {
        "max": "Greatest number of characters.",
        "mask": "What stays of a masked value: so many first and so many last characters, such as 6*4; by default 1*0.",
        "standard": "What the text is: " + ", ".join(STANDARDS) + "; it is then kept in one form.",
    }
    choices = {"standard": {name: known.label for name, known in STANDARDS.items()}}

    def problems(self, field: Field) -> list[Label]:
        mask = field.config.get("mask")
        wrong = mask is not None and not (isinstance(mask, str) and _MASK.fullmatch(mask))
        return super().problems(field) + (
            [{"en": "mask is two numbers up to 20, such as 6*4", "zh": "脱敏保留位数应为两个不超过 20 的数，如 6*4"}]
            if wrong
            else []
        )

    def standardises(self, field: Field) -> bool:
        return "standard" in field.config

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        text = super().parse(field, value, env)
        known = STANDARDS.get(field.config.get("standard", "")) if text and field.config else None
        return (self.accept(field, known.write(text)) or None) if known else text

    def invalid_sql(self, field: Field, column: str) -> str:
        known = STANDARDS.get(field.config.get("standard", ""))
        tests = (super().invalid_sql(field, column), known.wrong.format(column) if known else "")
        return " OR ".join(t for t in tests if t)

    def typed(self, field: Field, value: Any, stored: Any) -> Any:
        return value if bare(value) != bare(stored or "") else None

    def operand(self, field: Field, op: str, value: Any, env: Env) -> Any:
        """For ``eq`` and its like in the form that is stored, where there is one."""
        if op in ("eq", "ne", "in", "not_in") and "standard" in field.config:
            try:
                return self.parse(field, value, env) or value
            except Bad:
                pass
        return super().operand(field, op, value, env)

    def mask_sql(self, field: Field, text: str) -> str:
        found = _MASK.fullmatch(field.config.get("mask", "1*0"))
        first, last = (int(n) for n in found.groups()) if found else (0, 0)
        shown = f"left({text}, {first}) || '***' || right({text}, {last})"
        return f"CASE WHEN length({text}) > {first + last + 2} THEN {shown} WHEN {text} IS NOT NULL THEN '***' END"

    def example(self, field: Field, rng: random.Random) -> Any:
        words = ["Harbour", "Northwind", "Lumen", "恒达", "远航", "Café", "Röder", "No. 7", "GTX Pro", "100%", "O'Neil"]
        return " ".join(rng.sample(words, 2)) if (field.config.get("max") or 255) >= 24 else rng.choice("ABC")


class LongText(TextType):
    """Several lines of plain text.

    Stored as ``text``. Line ends become ``\\n`` and space at both ends is cut off. At most 100,000 characters unless
    ``max`` says otherwise. Not sorted or grouped by.
    """

    name = "longtext"
    label = {"en": "Long text", "zh": "多行文本"}
    operators = ("contains", "starts_with", "eq", "ne", "is_empty")
    aggregates = ("count",)
    sortable = False
    groupable = False
    index = ""
    longest = 100_000
    most = 1_000_000

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        text = self.accept(field, value)
        if not text.isprintable():
            if REFUSED.search(text):
                raise Bad("control_characters")
            text = _NEWLINE.sub("\n", text)
        return text.strip(SPACE) or None

    def example(self, field: Field, rng: random.Random) -> Any:
        lines = [
            "Met at the fair.",
            "Wants an offer by Friday;",
            "预算大约 50 万。",
            "  – delivery: May",
            "Ask for Ms. Li <3",
        ]
        text = "\n".join(rng.sample(lines, rng.randint(1, 4)))
        return text[: field.config.get("max", self.longest)]


_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p", "pre", "s",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    strip_comments=True,
    link_rel="noopener noreferrer nofollow",
)
_STRIPPER = nh3.Cleaner(tags=set[str](), attributes={}, clean_content_tags={"script", "style"})
_BLOCK_END = re.compile(r"<(?:br|hr|/p|/li|/h\d|/tr|/td|/th|/blockquote|/pre)\b[^>]*>", re.IGNORECASE)
_LOOKS_LIKE_HTML = re.compile(
    r"</?(?:" + "|".join(sorted(_TAGS, key=len, reverse=True)) + r"|div|script|style)\b[^>]*>", re.IGNORECASE
)


class RichText(TextType):
    """Formatted text.

    Stored as ``text``: HTML reduced to an allow-list of tags and attributes (paragraphs, headings, lists, tables, links,
    pictures by http), so that it is safe to show. Scripts, styles, event handlers and other URL schemes are dropped.
    Searched without its tags. From a spreadsheet, text without tags becomes paragraphs.
    """

    name = "richtext"
    label = {"en": "Formatted text", "zh": "富文本"}
    expected = {"en": "a text in HTML", "zh": "HTML 文本"}
    operators = ("contains", "is_empty")
    aggregates = ("count",)
    sortable = False
    groupable = False
    index = ""
    longest = 200_000
    most = 1_000_000

    def parse(self, field: Field, value: Any, env: Env) -> Any:
        text = self.accept(field, value)
        if REFUSED.search(text):
            raise Bad("control_characters")
        for _ in range(3):  # cleaning can unwrap something that wants cleaning again; it settles at once or is refused
            before, text = text, _CLEANER.clean(text)
            if before == text:
                break
        else:
            if _CLEANER.clean(text) != text:
                raise Bad("wrong_type", expected=self.expected)
        if REFUSED.search(text):  # &#1; is a control character only once it is read
            raise Bad("control_characters")
        text = self.accept(field, _NEWLINE.sub("\n", text))
        return text if "<img" in text or plain(text) else None

    def read_text(self, field: Field, text: str, env: Env) -> Any:
        if _LOOKS_LIKE_HTML.search(text):
            return text
        return "".join(
            f"<p>{html.escape(line, quote=False)}</p>" for line in _NEWLINE.sub("\n", text).split("\n") if line
        )

    def search_text(self, field: Field, value: Any) -> str:
        return plain(value)

    def formula_sql(self, field: Field, column: str) -> str:
        return f"guanxi.plain({column})"

    def condition(self, field: Field, op: str, column: str, value: Any, bind: Bind) -> str:
        """What is written counts, not how it is formatted."""
        return super().condition(field, op, f"guanxi.plain({column})", value, bind)

    def example(self, field: Field, rng: random.Random) -> Any:
        return (
            f"<p>{rng.choice(['Kick-off', '启动会', 'Rollout'])} <strong>{rng.randint(1, 99)}</strong> &amp; more</p>"
        )


def plain(markup: str) -> str:
    """The words of a piece of HTML, on one line."""
    text = html.unescape(_STRIPPER.clean(_BLOCK_END.sub(" ", markup)))
    return " ".join(text.split()).strip(SPACE)
