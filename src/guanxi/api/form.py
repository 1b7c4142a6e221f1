"""Reading a form with a file (multipart/form-data) without holding the file: fields into memory, the file to disk."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from python_multipart.multipart import MultipartParser, parse_options_header

from guanxi.api.edge import Exchange
from guanxi.api.wire import FILE_LIMIT, MIB, Gone, too_large
from guanxi.base import FieldError, Invalid, Malformed

FIELD_LIMIT = MIB
"""Bytes of one field that is not the file."""

HEADER_LIMIT = 16 * 1024
PARTS = 30
"""Parts of a form."""


@dataclass(slots=True)
class Upload:
    """A form that was read: its fields, and its file as it lies on disk until the request is over."""

    fields: dict[str, str] = field(default_factory=dict)
    name: str = ""
    path: Path | None = None
    size: int = 0
    digest: bytes = b""

    async def chunks(self, size: int = MIB) -> AsyncIterator[bytes]:
        """The file in pieces."""
        if self.path is None:
            return
        with self.path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, size):
                yield chunk


def described(*fields: str, json_of: str = "") -> dict[str, Any]:
    """A form with a file for the description of the API; ``json_of`` names the schema of a body that is taken as well."""
    properties: dict[str, Any] = {"file": {"type": "string", "contentMediaType": "application/octet-stream"}}
    properties |= {name: {"type": "string"} for name in fields}
    form = {"type": "object", "required": ["file"], "properties": properties, "additionalProperties": False}
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}}
    if json_of:
        content["application/json"] = {"schema": {"$ref": f"#/components/schemas/{json_of}"}}
    return {"requestBody": {"required": True, "content": content}}


class _Reader:
    """What the parser calls; gathers parts."""

    def __init__(self, boundary: bytes, folder: Path) -> None:
        self.upload = Upload()
        self.errors: list[FieldError] = []
        self._folder = folder
        self._hash = sha256()
        self._file: BinaryIO | None = None
        self._parts = 0
        self._header: list[bytes] = []
        self._value: list[bytes] = []
        self._headers: dict[bytes, bytes] = {}
        self._size = 0
        self._key = ""
        self._is_file = False
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, a, b: self._grow(self._header, data[a:b]),
                "on_header_value": lambda data, a, b: self._grow(self._value, data[a:b]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end,
                "on_part_data": lambda data, a, b: self._data(data[a:b]),
                "on_part_end": self._end,
            },
        )

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS:
            raise Malformed("not_an_upload")
        self._headers, self._header, self._value, self._size = {}, [], [], 0

    def _grow(self, parts: list[bytes], data: bytes) -> None:
        self._size += len(data)
        if self._size > HEADER_LIMIT:
            raise Malformed("not_an_upload")
        parts.append(data)

    def _header_end(self) -> None:
        self._headers[b"".join(self._header).lower()] = b"".join(self._value)
        self._header, self._value = [], []

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        try:
            self._key = options.get(b"name", b"").decode()
            name = options.get(b"filename")
            self._is_file = name is not None
            if name is not None:
                if self._key != "file" or self.upload.path is not None:
                    self.errors.append(FieldError(self._key[:100] or "file", "unknown_parameter"))
                self.upload.name = name.decode().replace("\0", "").replace("\\", "/").rpartition("/")[2][-200:]
        except UnicodeDecodeError:
            raise Malformed from None
        self._size, self._value = 0, []
        if self._is_file and self.upload.path is None:
            self.upload.path = self._folder / f"incoming-{secrets.token_hex(16)}"
            self._file = os.fdopen(os.open(self.upload.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")

    def _data(self, data: bytes) -> None:
        self._size += len(data)
        if self._is_file:
            if self._file is not None:
                self._file.write(data)
                self._hash.update(data)
                self.upload.size += len(data)
            return
        if self._size > FIELD_LIMIT:
            raise too_large(FIELD_LIMIT)
        self._value.append(data)

    def _end(self) -> None:
        if self._is_file:
            if self._file is not None:
                self._file.close()
                self._file = None
            return
        try:
            text = b"".join(self._value).decode()
        except UnicodeDecodeError:
            raise Malformed from None
        if "\0" in text:
            self.errors.append(FieldError(self._key[:100], "control_characters"))
        elif self._key in self.upload.fields:
            self.errors.append(FieldError(self._key[:100], "repeated_parameter"))
        else:
            self.upload.fields[self._key] = text

    def finish(self) -> Upload:
        """The form, once all of it was fed."""
        self.upload.digest = self._hash.digest()
        return self.upload

    def close(self) -> None:
        """Let go of the file, and remove it from the disk."""
        if self._file is not None:
            self._file.close()
        if self.upload.path is not None:
            self.upload.path.unlink(missing_ok=True)


@asynccontextmanager
async def reading_form(x: Exchange, folder: Path, allowed: frozenset[str]) -> AsyncGenerator[Upload]:
    """The form of a request, which must hold a file ``file``; gone from disk at the end. Raises as bodies do."""
    kind, options = parse_options_header(x.headers.get(b"content-type", b""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        raise Malformed("not_an_upload")
    declared = x.headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > FILE_LIMIT:
        raise too_large(FILE_LIMIT)
    await asyncio.to_thread(folder.mkdir, 0o700, parents=True, exist_ok=True)
    reader = _Reader(boundary, folder)
    size, ended = 0, False
    try:
        while not ended:
            message = await x.receive()
            if message["type"] == "http.disconnect":
                raise Gone
            chunk = message.get("body", b"")
            ended = not message.get("more_body", False)
            size += len(chunk)
            if size > FILE_LIMIT:
                raise too_large(FILE_LIMIT)
            try:
                reader.parser.write(chunk)
            except ValueError:
                raise Malformed("not_an_upload") from None
        upload = reader.finish()
        errors = [
            *reader.errors,
            *(FieldError(k[:100], "unknown_parameter") for k in upload.fields if k not in allowed),
        ]
        if upload.path is None:
            errors.append(FieldError("file", "required"))
        if errors:
            raise Invalid(errors=errors)
        yield upload
    finally:
        reader.close()
