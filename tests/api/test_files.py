"""Pictures are shown small: for whoever may see the file and nobody else, drawn once, and whatever is brought as one."""

from __future__ import annotations

import os
import struct
import zlib

from tests.api.conftest import Client

HEAD = b"\x89PNG\r\n\x1a\n"


def picture(width: int, height: int, dots: bytes) -> bytes:
    """A PNG that says it is that large, of these rows."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return HEAD + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(dots, 1)) + chunk(b"IEND", b"")


async def brought(client: Client, name: str, data: bytes) -> str:
    r = await client.http.request("POST", "/api/v1/files", files={"file": (name, data)})
    assert r.status_code == 201, r.text
    return str(r.json()["id"])


async def test_a_picture_is_shown_small_to_who_may_see_it(admin: Client, rep: Client) -> None:
    wide = picture(1200, 600, b"".join(b"\0" + os.urandom(3600) for _ in range(600)))
    id = await brought(admin, "wide.png", wide)
    small = await admin.get(f"/api/v1/files/{id}?size=small")
    assert (small.status, small.headers["content-type"]) == (200, "image/png")
    assert struct.unpack(">II", small.body[16:24]) == (480, 240)
    assert len(small.body) < len(wide)
    assert (await admin.get(f"/api/v1/files/{id}?size=small")).body == small.body
    assert (await admin.get(f"/api/v1/files/{id}")).body == wide, "the file itself stays as it is"
    assert (await rep.get(f"/api/v1/files/{id}?size=small")).status == 404, "the same lock"
    assert (await admin.get(f"/api/v1/files/{id}?size=huge")).status == 422


async def test_what_is_no_picture_or_too_large_a_one_is_shown_as_it_is(admin: Client) -> None:
    bomb = picture(60_000, 60_000, b"\0" * 1000) + os.urandom(100_000)
    for name, data in (
        ("broken.png", HEAD + os.urandom(100_000)),
        ("bomb.png", bomb),
        ("note.txt", b"hello"),
        ("icon.png", picture(1, 1, b"\0abc")),
    ):
        id = await brought(admin, name, data)
        for _ in range(2):
            r = await admin.get(f"/api/v1/files/{id}?size=small")
            assert (r.status, r.body) == (200, data), name
