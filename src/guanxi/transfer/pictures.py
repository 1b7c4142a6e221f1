"""Pictures that a file brings along in its cells, as ``data:…;base64,…``: kept as uploaded files of the records."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from guanxi import files
from guanxi.base import FieldError
from guanxi.records import Context
from guanxi.transfer.convert import Converted, Note
from guanxi.transfer.mapping import Assignment

_END = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/bmp": "bmp",
}


async def keep(
    ctx: Context, folder: Path, converted: Converted, mapping: Mapping[int, Assignment], dry: bool
) -> list[Path]:
    """Put the pictures of rows that were not refused into their fields; what is none is left out, and told. Where they lie, for
    whoever takes the rows back."""
    kept: list[Path] = []
    for column, texts in converted.pictures.items():
        name = mapping[column].target.field.name
        for i, text in enumerate(texts):
            text = text.strip()
            if not text or i in converted.errors:
                continue
            data = read(text)
            kind = files.kind_of(data[:1024], "") if data else ""
            if kind not in _END:
                told = {"value": text[:40]}
                converted.notes.append(
                    Note(converted.lines[i], column, text[:40], FieldError(name, "left_empty", told))
                )
            elif len(data) > files.MOST:
                told = {"limit": f"{files.MOST >> 20} MB"}
                converted.notes.append(Note(converted.lines[i], column, text[:40], FieldError(name, "too_large", told)))
            elif not dry:
                stored = await files.receive(ctx, folder, f"{name}.{_END[kind]}", _one(data))
                kept.append(stored.path)
                converted.values[i][name] = stored.value()
    return kept


def read(text: str) -> bytes:
    """The bytes of a ``data:`` address; none for what is not one."""
    head, sign, coded = text.partition(",")
    if not sign or not head.startswith("data:") or not head.endswith("base64"):
        return b""
    try:
        return base64.b64decode(coded, validate=False)
    except (binascii.Error, ValueError):
        return b""


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data
