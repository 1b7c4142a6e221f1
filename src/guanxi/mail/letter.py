"""What is sent: a letter, and the message that is made of it. Nothing that somebody wrote can become a header of its own."""

from __future__ import annotations

import html as markup
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import nh3

LONGEST = 200
"""Characters of a subject or a name."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[^\s@<>()\[\],;:\\\"]+")
_BREAK = re.compile(r"<(?:br|hr|/p|/div|/li|/h\d|/tr|/blockquote|/pre)\b[^>]*>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]*\n[^\S\n]*")
_LINK = re.compile(r"https?://[^\s<>\"'）。，]+")
_CLEANER = nh3.Cleaner(
    tags={"a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "hr", "i", "li", "ol", "p", "pre", "s",
          "small", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"},
    attributes={"a": {"href"}, "td": {"colspan"}, "th": {"colspan"}},
    url_schemes={"http", "https", "mailto", "tel"},
    strip_comments=True,
    link_rel="noopener noreferrer",
)  # fmt: skip
_STRIPPER = nh3.Cleaner(tags=set[str](), attributes={}, clean_content_tags={"script", "style"})
NAMESPACE = uuid.UUID("5d1f6f1c-0f0b-4d3e-9a57-1b1c3e7a9f10")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent to one address. ``text`` is plain; ``html`` is reduced to what is safe, made of ``text`` when empty.

    ``object`` and ``record`` say what it tells of, ``by`` who caused it.
    """

    kind: str
    to: str
    subject: str
    text: str
    html: str = ""
    name: str = ""
    reply_to: str = ""
    object: str | None = None
    record: str | None = None
    by: str | None = None
    purpose: str = ""
    """What it is sent to a customer for: marketing, service and so on, as consents name it. Left empty, it is service to whoever
    is none of our own people."""


def plain(text: str) -> str:
    """One line that can stand in a header: no line breaks, no control or direction marks."""
    return " ".join(_CONTROL.sub(" ", text).split())[:LONGEST]


def address(text: str) -> str | None:
    """The address as servers take it (its domain in ASCII); None when it is none."""
    local, _, domain = text.strip().rpartition("@")
    if len(text) > 254 or not _ADDRESS.fullmatch(f"{local}@{domain}"):
        return None
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None


def clean(html: str) -> str:
    """HTML reduced to an allow-list; scripts, styles, pictures and handlers are dropped."""
    return _CLEANER.clean(html)


def words(html: str) -> str:
    """What a piece of HTML says, in lines."""
    text = markup.unescape(_STRIPPER.clean(_BREAK.sub("\n", html)))
    return re.sub(r"\n{3,}", "\n\n", _SPACES.sub("\n", text)).strip()


def dressed(text: str) -> str:
    """A plain text as HTML: its lines, and its addresses as links."""
    out, at = "", 0
    for found in _LINK.finditer(text):
        href = markup.escape(found[0])
        out += markup.escape(text[at : found.start()]) + f'<a href="{href}">{href}</a>'
        at = found.end()
    lines = (out + markup.escape(text[at:])).split("\n")
    return "<div>" + "<br>\n".join(lines) + "</div>"


def mail_id(workspace: str, key: str) -> str:
    """The id of the letter that is sent for ``key``: the same whoever asks, however often."""
    return str(uuid.uuid5(NAMESPACE, f"{workspace} {key}"))


def message(letter: Letter, id: str, at: datetime, sender: str, sender_name: str) -> bytes:
    """The message in the form of RFC 5322, lines ended by CR LF; ValueError when an address is none."""
    to, own = address(letter.to), address(sender)
    if to is None or own is None:
        raise ValueError("an address cannot be used")
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(plain(sender_name), addr_spec=own)
    made["To"] = Address(plain(letter.name), addr_spec=to)
    if answer := address(letter.reply_to):
        made["Reply-To"] = Address(addr_spec=answer)
    made["Subject"] = plain(letter.subject)
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{id}@{own.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text or words(letter.html), cte="base64")
    made.add_alternative(clean(letter.html) if letter.html else dressed(letter.text), subtype="html", cte="base64")
    return made.as_bytes()
