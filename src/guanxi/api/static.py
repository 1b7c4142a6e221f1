"""The built page: files as they lie in ``web_dist``, and its index for every address that is the page's own business."""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from guanxi.api.wire import SAFE, Header

NONCE = b"__CSP_NONCE__"
"""Where it stands in index.html, every answer puts a fresh nonce, and styles need it."""

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".map": "application/json",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}

EARLY: tuple[Header, ...] = tuple(
    (b"link", f"</api/v1/{name}>; rel=preload; as=fetch; crossorigin".encode()) for name in ("session", "catalog")
)
"""What the page asks for first, named to the browser of somebody who is signed in: it comes while the scripts are still being read."""

SCREENS = (
    (re.compile(r"/"), "Today"),
    (re.compile(r"/o/[^/]+"), "ListPage"),
    (re.compile(r"/o/[^/]+/[^/]+"), "RecordPage"),
)
"""The script that draws what is at an address, of those who are signed in."""

AHEAD = re.compile(r"/assets/(en|zh|" + "|".join(name for _, name in SCREENS) + r")-[\w-]{8}\.js")
"""What the page needs for its first picture and cannot ask for before it runs: the words of the language that the browser names, and the screen."""

PACKED = frozenset({".js", ".mjs", ".css", ".svg", ".json", ".map", ".txt", ".webmanifest"})

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Guanxi</title>
<body><h1>Guanxi 关系</h1><p>The server is running, but its page has not been built. Run <code>make web</code>.</p>
<p>服务已启动，但页面尚未构建，请运行 <code>make web</code>。</p><p><a href="/api/docs">API</a></p></body></html>"""


def policy(style: str) -> bytes:
    """The page's content security policy; ``style`` is what besides our own files may give styles."""
    return (
        "default-src 'self'; script-src 'self'; style-src 'self' "
        + style
        + "; img-src 'self' data: blob:; font-src 'self' data:;"
        " connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    ).encode()


@dataclass(frozen=True, slots=True)
class Asset:
    """A file to serve, with the compressed forms that lie beside it."""

    path: Path
    kind: bytes
    etag: bytes
    forms: dict[bytes, Path]
    packs: bool
    """Whether packing it here is worth it: a text that has no packed form beside it."""


class Pages:
    """Serves the folder of the built page; what is in it is looked up once, at the start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._assets: dict[str, Asset] = {}
        self._packed: dict[bytes, bytes] = {}
        self._ahead: dict[str, Header] = {}
        self._index = NOT_BUILT.encode()
        self._nonce = False
        self._stamp = 0.0
        self.load()

    def load(self) -> None:
        """Look the folder up again."""
        self._assets, self._packed, self._ahead = {}, {}, {}
        index = self.folder / "index.html"
        self._index = index.read_bytes() if index.is_file() else NOT_BUILT.encode()
        self._stamp = index.stat().st_mtime if index.is_file() else 0.0
        self._nonce = NONCE in self._index
        if not self.folder.is_dir():
            return
        for path in self.folder.rglob("*"):
            if not path.is_file() or path.suffix in (".br", ".gz") or path == index:
                continue
            forms = {name: path.with_name(path.name + end) for name, end in ((b"br", ".br"), (b"gzip", ".gz"))}
            status = path.stat()
            kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            self._assets["/" + path.relative_to(self.folder).as_posix()] = Asset(
                path,
                kind.encode(),
                b'"'
                + sha256(f"{path.name} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:16].encode()
                + b'"',
                found := {name: form for name, form in forms.items() if form.is_file()},
                not found and status.st_size > 1024 and path.suffix in PACKED,
            )
        for address in self._assets:
            if ahead := AHEAD.fullmatch(address):
                self._ahead[ahead[1]] = (b"link", f"<{address}>; rel=modulepreload".encode())

    async def answer(self, path: str, headers: dict[bytes, bytes]) -> tuple[int, bytes, list[Header]] | None:
        """The file at ``path``, or the index for an address without a file's ending; None when there is no such file."""
        asset = self._assets.get(path)
        if asset is not None:
            try:
                return await self._file(asset, path, headers)
            except FileNotFoundError:  # an update has taken it away while this process runs
                return None
        if path != "/" and "." in path.rpartition("/")[2]:
            return None
        language = "zh" if headers.get(b"accept-language", b"").lower().startswith(b"zh") else "en"
        known = b"guanxi=" in headers.get(b"cookie", b"")
        screens = [name for pattern, name in SCREENS if known and pattern.fullmatch(path)]
        return self._page(known, [language, *screens])

    def _page(self, known: bool, ahead: list[str]) -> tuple[int, bytes, list[Header]]:
        index = self.folder / "index.html"
        try:
            if index.stat().st_mtime != self._stamp:
                self.load()
        except OSError:
            pass
        body, style = self._index, "'unsafe-inline'"
        if self._nonce:
            nonce = secrets.token_urlsafe(16)
            body, style = body.replace(NONCE, nonce.encode()), f"'nonce-{nonce}'"
        return 200, body, [
            *SAFE,
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-security-policy", policy(style)),
            (b"cache-control", b"no-cache"),
            *(EARLY if known else ()),
            *(self._ahead[name] for name in ahead if name in self._ahead),
        ]  # fmt: skip

    async def _file(self, asset: Asset, path: str, headers: dict[bytes, bytes]) -> tuple[int, bytes, list[Header]]:
        lasting = b"public, max-age=31536000, immutable" if path.startswith("/assets/") else b"no-cache"
        out: list[Header] = [
            *SAFE,
            (b"etag", asset.etag),
            (b"cache-control", lasting),
            (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        ]
        if asset.forms or asset.packs:
            out.append((b"vary", b"accept-encoding"))
        if headers.get(b"if-none-match") == asset.etag:
            return 304, b"", out
        accepted = headers.get(b"accept-encoding", b"")
        out.append((b"content-type", asset.kind))
        chosen = asset.path
        for name, form in asset.forms.items():
            if name in accepted:
                chosen = form
                out.append((b"content-encoding", name))
                break
        else:
            if asset.packs and b"gzip" in accepted:
                out.append((b"content-encoding", b"gzip"))
                return 200, await self._pack(asset), out
        try:
            return 200, chosen.read_bytes(), out
        except OSError:
            self.load()
            return 404, b"", [*SAFE]

    async def _pack(self, asset: Asset) -> bytes:
        """The file packed; done once for each file, since they are few and do not change."""
        packed = self._packed.get(asset.etag)
        if packed is None:
            packed = self._packed[asset.etag] = await asyncio.to_thread(gzip.compress, asset.path.read_bytes(), 6)
        return packed
