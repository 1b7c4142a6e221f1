"""Uploaded files: kept under random names, typed by their content, read only through a record that one may see.

A file belongs to who uploaded it until it stands in a field of a record; from then on whoever may see that field of that
record may read it. Nothing is ever served as a page of our own.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guanxi.base import Invalid, NotFound, TooLarge, new_id
from guanxi.base.ids import is_id
from guanxi.pg import quote
from guanxi.records import Context, access
from guanxi.records.compile import Compiler

MOST = 50 * 1024 * 1024
"""Bytes of one file."""

# What a browser may show in place; everything else is offered for saving. SVG is not among them: it can carry scripts.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"})

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (0, b"BM", "image/bmp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-office"),
)
_OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """An uploaded file: its media type as its content says, where its bytes lie."""

    id: str
    name: str
    size: int
    type: str
    path: Path

    def value(self) -> dict[str, Any]:
        """The value that a field of type file takes."""
        return {"id": self.id, "name": self.name, "size": self.size, "type": self.type}


def kind_of(head: bytes, name: str) -> str:
    """The media type by content; the name decides only between formats that share a container."""
    for at, magic, kind in _MAGIC:
        if head[at : at + len(magic)] == magic:
            if kind == "application/zip":
                return _OFFICE.get(Path(name).suffix.lower(), kind)
            return kind
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"


def path_of(folder: Path, workspace: str, id: str) -> Path:
    """Where the bytes of a file of a workspace lie."""
    return folder / workspace / id[-2:] / id


async def receive(ctx: Context, folder: Path, name: str, chunks: AsyncIterator[bytes]) -> Stored:
    """Keep an upload. Raises TooLarge as soon as it is, and leaves nothing behind then."""
    id = new_id()
    path = path_of(folder, ctx.workspace.id, id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    clean = os.path.basename(name.replace("\\", "/")).replace("\0", "").strip()[:200] or "file"
    try:
        size, digest, head = await _keep(path, chunks)
        stored = Stored(id, clean, size, kind_of(head, clean), path)
        await ctx.db.execute(
            f"INSERT INTO {quote(ctx.workspace.schema)}._file (id, name, size, type, digest, by)"
            " VALUES (%(id)s::uuid, %(name)s, %(size)s, %(type)s, %(digest)s, %(by)s::uuid)",
            {**stored.value(), "digest": digest, "by": ctx.actor.id},
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return stored


async def _keep(path: Path, chunks: AsyncIterator[bytes]) -> tuple[int, str, bytes]:
    """Write the bytes; their number, their SHA-256 and the first of them."""
    size, digest, head = 0, hashlib.sha256(), b""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        async for chunk in chunks:
            size += len(chunk)
            if size > MOST:
                raise TooLarge(limit=f"{MOST // 1024 // 1024} MB")
            head = head or chunk[:1024]
            digest.update(chunk)
            out.write(chunk)
    if not size:
        raise Invalid.one("file", "required")
    return size, digest.hexdigest(), head


async def open_file(ctx: Context, folder: Path, id: str) -> Stored:
    """An uploaded file that the actor may read; NotFound for any other."""
    row = is_id(id) and await ctx.db.row(
        f"SELECT id, name, size, type, by FROM {quote(ctx.workspace.schema)}._file WHERE id = %(id)s::uuid", {"id": id}
    )
    if not row:
        raise NotFound
    stored = Stored(row[0], row[1], row[2], row[3], path_of(folder, ctx.workspace.id, row[0]))
    if not (row[4] == ctx.actor.id or await _seen(ctx, id)) or not stored.path.exists():
        raise NotFound
    return stored


async def _seen(ctx: Context, id: str) -> bool:
    """Whether a record that the actor may see holds the file in a field that the actor may see."""
    c = Compiler(ctx)
    tests: list[str] = []
    for entity in ctx.catalog.entities.values():
        names = [
            n for n, f in entity.fields.items() if entity.types[n].holds_file and access.readable(ctx.actor, entity, f)
        ]
        if not names or not access.may(ctx.actor, entity, "read"):
            continue
        alias = c.alias()
        source, visible = c.source(entity, alias)
        held = " OR ".join(f"{alias}.{quote(n)}->>'id' = {c.bind(id, 'text')}" for n in names)
        tests.append(f"EXISTS (SELECT 1 FROM {source} WHERE ({held}) AND {visible})")
    return bool(tests) and bool(await ctx.db.value(f"SELECT {' OR '.join(tests)}", c.args))
