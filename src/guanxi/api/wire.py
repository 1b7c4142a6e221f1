"""Requests and answers as bytes: what both the record routes and the framework's routes read and send with.

Nothing here knows records or PostgreSQL. Everything is written to cost microseconds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

from guanxi.base import FieldError, Invalid, Malformed, Problem, TooLarge
from guanxi.base import json as codec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

KIB, MIB, GIB = 1024, 1024**2, 1024**3
RECORD_LIMIT, BATCH_LIMIT, SYSTEM_LIMIT, FILE_LIMIT = 4 * MIB, 32 * MIB, 1 * MIB, 1 * GIB + MIB
"""Bytes of a body: one record or a query, a batch, a system endpoint, an upload (the file's own limit is 1 GiB)."""

DEPTH = 64
"""How deep a JSON body may be nested."""

SAFE: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(self), microphone=(), payment=(), usb=()"),
)
"""Headers of every answer."""

DATA: tuple[Header, ...] = (
    *SAFE,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
"""Headers of every answer that is data and not a page."""

JSON: Header = (b"content-type", b"application/json")
PROBLEM: Header = (b"content-type", b"application/problem+json")

# More digits than a float is sure to keep: then the body is read a second time, exactly. (The first reading is the
# stricter one about text, so both are needed.)
_LONG_NUMBER = re.compile(rb"[0-9.]{16}")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Gone(Exception):
    """The caller hung up before the request was read."""


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The headers by lower-case name; cookies that came apart (HTTP/2) are joined again."""
    raw: list[Header] = scope["headers"]
    found = dict(raw)
    if len(found) < len(raw):
        cookies = [v for k, v in raw if k == b"cookie"]
        if len(cookies) > 1:
            found[b"cookie"] = b"; ".join(cookies)
        if sum(k == b"authorization" for k, _ in raw) > 1:
            raise Malformed
    return found


def request_id(headers: Mapping[bytes, bytes]) -> bytes:
    """The caller's own X-Request-Id when it is harmless, else a new one."""
    given = headers.get(b"x-request-id")
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return os.urandom(8).hex().encode()


def accepted_language(headers: Mapping[bytes, bytes]) -> str:
    """``zh`` or ``en`` by Accept-Language; English when it says neither."""
    given = headers.get(b"accept-language")
    if not given:
        return "en"
    best, language = 0.0, "en"
    for part in given[:500].decode("latin-1").lower().split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if weight > best and tag.startswith(("zh", "en")):
            best, language = weight, tag[:2]
    return language


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """The whole body; raises TooLarge as soon as it is longer than ``limit`` bytes, without reading on."""
    declared = headers.get(b"content-length")
    if declared is not None and (not declared.isdigit() or int(declared) > limit):
        raise too_large(limit)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise too_large(limit)
        return body
    parts, size = [body], len(body)
    while size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        parts.append(part)
        if not message.get("more_body", False):
            if size > limit:
                break
            return b"".join(parts)
    raise too_large(limit)


def too_large(limit: int) -> TooLarge:
    """The refusal of a body longer than ``limit``."""
    text = f"{limit // MIB} MiB" if limit >= MIB else f"{limit // KIB} KiB"
    return TooLarge(limit=text)


def parse_json(body: bytes) -> Any:
    """The JSON value of a body; raises Malformed, and Invalid for characters that nothing can store."""
    try:
        value = codec.loads(body)
        if _LONG_NUMBER.search(body):
            value = codec.loads(body, exact=True)
    except (ValueError, RecursionError):
        raise Malformed("malformed_json") from None
    # Only a body that is suspiciously nested or escaped is walked through: one look at the bytes tells.
    if body.count(b"[") + body.count(b"{") > DEPTH and _depth(value) > DEPTH:
        raise Malformed("malformed_json")
    if b"\\u0000" in body:
        places = list(_nul(value, ""))
        if places:
            raise Invalid(errors=[FieldError(place, "control_characters") for place in places[:20]])
    return value


def _depth(value: Any) -> int:
    deepest, stack = 0, [(value, 1)]
    while stack:
        item, depth = stack.pop()
        deepest = max(deepest, depth)
        if deepest > DEPTH:
            break
        if isinstance(item, dict):
            stack.extend((v, depth + 1) for v in item.values())
        elif isinstance(item, list):
            stack.extend((v, depth + 1) for v in item)
    return deepest


def _nul(value: Any, place: str) -> Iterable[str]:
    if isinstance(value, str):
        if "\0" in value:
            yield place
    elif isinstance(value, dict):
        for k, v in value.items():
            name = k.replace("\0", "")
            if "\0" in k:
                yield f"{place}.{name}".lstrip(".")
            yield from _nul(v, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield from _nul(v, f"{place}.{i}".lstrip("."))


def parse_object(body: bytes, headers: Mapping[bytes, bytes]) -> dict[str, Any]:
    """A body that must be a JSON object; an empty one counts as ``{}``."""
    if not body:
        return {}
    kind = headers.get(b"content-type")
    if kind is not None and not is_json(kind):
        raise Malformed("not_json")
    value = parse_json(body)
    if not isinstance(value, dict):
        raise Malformed("not_an_object")
    return value


def is_json(content_type: bytes) -> bool:
    """Whether a content type is JSON's."""
    kind = content_type.partition(b";")[0].strip().lower()
    return kind == b"application/json" or (kind.startswith(b"application/") and kind.endswith(b"+json"))


def only(body: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """Raise Invalid naming each key of ``body`` that is not ``allowed``."""
    if not allowed.issuperset(body):
        raise Invalid(errors=[FieldError(key, "unknown_parameter") for key in body if key not in allowed])


def parse_query(raw: bytes, allowed: frozenset[str]) -> dict[str, str]:
    """The query string's parameters, each at most once; raises Invalid naming unknown and repeated ones."""
    if not raw:
        return {}
    found: dict[str, str] = {}
    errors: list[FieldError] = []
    for part in raw.split(b"&"):
        if not part:
            continue
        name, _, value = part.partition(b"=")
        try:
            key = unquote_to_bytes(name.replace(b"+", b" ")).decode() if b"%" in name or b"+" in name else name.decode()
            text = (
                unquote_to_bytes(value.replace(b"+", b" ")).decode()
                if b"%" in value or b"+" in value
                else value.decode()
            )
        except UnicodeDecodeError:
            raise Malformed from None
        if key not in allowed:
            errors.append(FieldError(key.replace("\0", "")[:100], "unknown_parameter"))
        elif key in found:
            errors.append(FieldError(key, "repeated_parameter"))
        elif "\0" in text:
            errors.append(FieldError(key, "control_characters"))
        else:
            found[key] = text
    if errors:
        raise Invalid(errors=errors)
    return found


async def answer(send: Send, status: int, body: bytes, headers: list[Header]) -> None:
    """Send a whole answer."""
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def problem_answer(problem: Problem, language: str, reference: bytes) -> tuple[int, bytes, list[Header]]:
    """A refusal as (status, body, headers)."""
    content = problem.body(language)
    content["request_id"] = reference.decode()
    headers: list[Header] = [PROBLEM, (b"content-language", language.encode())]
    if problem.retry_after is None and problem.status == 503:
        problem.retry_after = 2
    if problem.retry_after is not None:
        headers.append((b"retry-after", str(problem.retry_after).encode()))
    if problem.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="guanxi"'))
    return problem.status, codec.dumps(content), headers
