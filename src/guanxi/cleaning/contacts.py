"""What an e-mail address and a web address have in common: the domain of whoever they belong to."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

_TWO_PARTS = frozenset(
    [
        "com.cn",
        "net.cn",
        "org.cn",
        "gov.cn",
        "edu.cn",
        "ac.cn",
        "com.hk",
        "com.tw",
        "com.sg",
        "com.my",
        "com.au",
        "net.au",
        "co.uk",
        "org.uk",
        "ac.uk",
        "co.jp",
        "ne.jp",
        "or.jp",
        "co.kr",
        "co.in",
        "com.br",
        "com.mx",
        "co.nz",
        "co.za",
        "com.tr",
        "com.vn",
        "co.th",
        "co.id",
        "com.ph",
    ]
)
_FOR_ANYBODY = frozenset(
    [
        "qq.com",
        "foxmail.com",
        "163.com",
        "126.com",
        "yeah.net",
        "sina.com",
        "sina.cn",
        "sohu.com",
        "aliyun.com",
        "139.com",
        "189.cn",
        "21cn.com",
        "tom.com",
        "gmail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "icloud.com",
        "me.com",
        "aol.com",
        "proton.me",
        "protonmail.com",
        "gmx.de",
        "web.de",
        "mail.ru",
    ]
)


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
