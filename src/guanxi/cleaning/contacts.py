"""What an e-mail address and a web address have in common: the domain of whoever they belong to."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from guanxi.cleaning.lists import listed

_TWO_PARTS = frozenset(listed("suffixes"))
_FOR_ANYBODY = frozenset(listed("mail"))


def domain_of(address: str) -> str | None:
    """The registered domain of an e-mail or web address, e.g. ``example.com.cn``; None where anybody may have an address."""
    text = address.strip().lower()
    host = text.rpartition("@")[2] if "@" in text and "//" not in text else _host(text)
    labels = host.strip(".").split(".")
    if len(labels) < 2 or all(label.isdigit() for label in labels) or not all(labels):
        return None
    size = 3 if len(labels) > 2 and ".".join(labels[-2:]) in _TWO_PARTS else 2
    domain = ".".join(labels[-size:])
    return None if domain in _FOR_ANYBODY or domain in _TWO_PARTS else domain


_HOST = re.compile(r"(?=.{4,253}\Z)(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")


def host_of(address: str) -> str:
    """The host of a web address, an e-mail address or a bare domain, without ``www.``; empty when it is none."""
    text = unicodedata.normalize("NFKC", address).strip().lower()
    host = (
        (text.rpartition("@")[2] if "@" in text and "//" not in text else _host(text)).strip(".").removeprefix("www.")
    )
    return host if _HOST.fullmatch(host) else ""


def _host(text: str) -> str:
    try:
        return urlsplit(text if "//" in text else "//" + text).hostname or ""
    except ValueError:
        return ""
