"""The API described: for programs (OpenAPI) and for people (one page, without anything from elsewhere)."""

from __future__ import annotations

import asyncio
import gzip
from hashlib import sha256
from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response

from guanxi.api.edge import Answer, Exchange, squeezed
from guanxi.api.openapi import document
from guanxi.api.route import Route, X, public, reply
from guanxi.api.wire import JSON
from guanxi.base import json as codec

router = APIRouter(route_class=Route, prefix="/api", tags=["system"])

STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:15px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif;max-width:1080px;margin:0 auto;padding:24px}
h1{font-size:26px}h2{font-size:18px;margin-top:36px;border-bottom:1px solid var(--line);padding-bottom:4px}
details{border:1px solid var(--line);border-radius:6px;margin:6px 0;padding:0 12px}
summary{cursor:pointer;padding:7px 0;display:flex;gap:12px;align-items:baseline}
summary b{min-width:58px;font:600 12px ui-monospace,monospace}summary code{font-size:13px}summary span{opacity:.75;margin-left:auto;text-align:right}
code,pre{font-family:ui-monospace,monospace}table{border-collapse:collapse;width:100%;font-size:13px;margin:6px 0 12px}
td,th{text-align:left;padding:4px 8px;border-bottom:1px solid var(--line);vertical-align:top}pre{background:var(--soft);padding:8px;overflow:auto}
nav{columns:4 180px}nav a{display:block}
"""


async def _spec(x: Exchange, request: Request) -> dict[str, Any]:
    caller, base = x.caller, x.edge.settings.base_url
    if caller is not None:
        return caller.memo.get("openapi") or x.edge.keep(caller, "openapi", document(request.app, caller, base))
    kept = getattr(request.app.state, "openapi", None)
    if kept is None:
        kept = request.app.state.openapi = document(request.app, None, base)
    return kept


@router.get("/openapi.json", summary="OpenAPI 3.1 of this workspace")
@public
async def openapi(x: X, request: Request) -> Response:
    """Signed in: with every object that one may see; else with one generic object."""
    body = codec.dumps(await _spec(x, request))
    etag = b'"' + sha256(body).hexdigest()[:16].encode() + b'"'
    headers = [(b"etag", etag), (b"cache-control", b"private, no-cache")]
    if x.headers.get(b"if-none-match") == etag:
        return reply(Answer(304, b"", headers))
    body, form = squeezed(x, body, await asyncio.to_thread(gzip.compress, body, 5))
    return reply(Answer(200, body, [JSON, *headers, *form]))


@router.get("/docs", summary="This page")
@public
async def docs(x: X, request: Request) -> Response:
    """The same for people."""
    spec = await _spec(x, request)
    by_tag: dict[str, list[str]] = {}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault((operation.get("tags") or ["system"])[0], []).append(
                _operation(path, method, operation, spec)
            )
    titles = {name: schema.get("title", "") for name, schema in spec["components"]["schemas"].items()}
    nav = "".join(f'<a href="#{escape(tag)}">{escape(tag)} {escape(titles.get(tag, ""))}</a>' for tag in by_tag)
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Guanxi API</title><style>{STYLE}</style>",
        f"<h1>Guanxi API</h1><p>{escape(spec['info']['description']).replace(chr(10) * 2, '</p><p>')}</p>",
        f"<p><a href='/api/openapi.json'>OpenAPI 3.1</a></p><nav>{nav}</nav>",
    ]
    for tag, rows in by_tag.items():
        parts.append(
            f'<h2 id="{escape(tag)}">{escape(tag)} {escape(titles.get(tag, ""))}</h2>{"".join(rows)}{_fields(spec, tag)}'
        )
    policy = (
        b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return reply(
        Answer(
            200,
            "".join(parts).encode(),
            [
                (b"content-type", b"text/html; charset=utf-8"),
                (b"content-security-policy", policy),
                (b"cache-control", b"private, no-cache"),
            ],
        )
    )


def _operation(path: str, method: str, operation: dict[str, Any], spec: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code><td>{p['in']}{' · required' if p.get('required') else ''}"
        f"<td>{escape(_kind(p.get('schema', {})))}<td>{escape(p.get('description', ''))}"
        for p in operation.get("parameters", ())
    )
    table = f"<table><tr><th>Parameter<th>In<th>Type<th>{rows}</table>" if rows else ""
    body = operation.get("requestBody", {}).get("content", {})
    shown = "".join(
        f"<p>Body <code>{escape(kind)}</code></p>{_properties(_resolve(part['schema'], spec))}"
        for kind, part in body.items()
    )
    about = f"<p>{escape(operation['description'])}</p>" if operation.get("description") else ""
    return (
        f"<details><summary><b>{method.upper()}</b><code>{escape(path)}</code><span>{escape(operation.get('summary', ''))}</span></summary>"
        f"{about}{table}{shown}</details>"
    )


def _resolve(schema: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    return spec["components"]["schemas"].get(reference.rpartition("/")[2], {}) if reference else schema


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(str(v) for v in schema["enum"][:12])
    for many in ("anyOf", "oneOf"):
        if many in schema:
            return " or ".join(dict.fromkeys(_kind(s) for s in schema[many]))
    kind = schema.get("type", "any")
    name = " or ".join(kind) if isinstance(kind, list) else kind
    if "items" in schema:
        name += f" of {_kind(schema['items'])}"
    return name + (f" ({schema['format']})" if "format" in schema else "")


def _properties(schema: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{' · required' if name in schema.get('required', ()) else ''}<td>{escape(_kind(p))}"
        f"<td>{escape(p.get('title', ''))} {escape(p.get('description', ''))}"
        for name, p in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>" if rows else ""


def _fields(spec: dict[str, Any], tag: str) -> str:
    schema = spec["components"]["schemas"].get(tag)
    return f"<details><summary><b>FIELDS</b></summary>{_properties(schema)}</details>" if schema else ""
