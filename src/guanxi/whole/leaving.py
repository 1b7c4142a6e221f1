"""Putting everything together: object by object as a table and as exact lines, then the files, then the manifest."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any

from guanxi import files, packs, transfer
from guanxi.base.json import dumps, loads
from guanxi.records import Context, access
from guanxi.records.read import everything
from guanxi.schema.catalog import Entity
from guanxi.whole.archive import FILES, FORMAT, MANIFEST, NOT_IN, PACK, README, Archive, file_path

BLOCK = 1 << 18

Tell = Callable[[int], Awaitable[None]]
"""Hears how many records are in; raises to stop."""


class Stopped(Exception):
    """Somebody asked to stop."""


def objects_of(ctx: Context) -> tuple[list[Entity], list[str]]:
    """The objects that the actor may take out, and the names of the others that there are."""
    may = [e for e in ctx.catalog.entities.values() if all(access.may(ctx.actor, e, v) for v in ("read", "export"))]
    return may, [e.name for e in ctx.catalog.entities.values() if e not in may]


async def rows_of(ctx: Context) -> int:
    """How many records everything is, for this actor."""
    return sum([await transfer.count_rows(ctx, everything(e.name)) for e in objects_of(ctx)[0]])


async def put_together(ctx: Context, folder: Path, path: Path, tell: Tell) -> dict[str, Any]:
    """Write the archive to ``path``, in a transaction that sees one moment; the manifest. ``folder`` holds uploaded files."""
    archive = Archive(path)
    try:
        return await _fill(ctx, archive, folder, tell)
    finally:
        archive.close()


async def _fill(ctx: Context, archive: Archive, folder: Path, tell: Tell) -> dict[str, Any]:
    facts = {
        "workspace": ctx.workspace.name,
        "at": ctx.now.isoformat(timespec="seconds"),
        "by": f"{ctx.actor.name} <{ctx.actor.email}>",
        "timezone": ctx.actor.timezone,
    }
    for name, text in README.items():
        archive.put(name, text.format(**facts).encode())
    label = {"en": ctx.workspace.name, "zh": ctx.workspace.name}
    archive.put(PACK, dumps(packs.export(ctx.catalog, ctx.workspace.name, label).file()))
    may, others = objects_of(ctx)
    counts: dict[str, int] = {}
    done = 0
    with tempfile.TemporaryFile() as held:
        for entity in may:
            counts[entity.name] = await _records(ctx, archive, entity, held, tell, done)
            done += counts[entity.name]
        missing, number = await _files(ctx, archive, held, folder, tell, done)
    manifest = {
        "guanxi": FORMAT,
        **facts,
        "language": ctx.actor.language,
        "currency": ctx.env.currency,
        "records": counts,
        "files": number,
        "files_missing": missing,
        "left_out": others,
        "not_in": NOT_IN,
        "parts": [{"path": path, "size": size, "sha256": digest} for path, size, digest in archive.parts],
    }
    archive.put(MANIFEST, dumps(manifest), listed=False)
    return manifest


async def _records(ctx: Context, archive: Archive, entity: Entity, held: IO[bytes], tell: Tell, done: int) -> int:
    """One object; its files are noted in ``held`` as lines of JSON. How many records."""
    query = everything(entity.name)
    with archive.part(f"records/{entity.name}.csv") as part:
        async for piece in transfer.export(ctx, query, "csv", headings="name", ids=True):
            part.write(piece)
    holding = [n for n in access.visible_fields(ctx.actor, entity) if entity.types[n].holds_file]
    count = 0
    with archive.part(f"records/{entity.name}.jsonl") as part:
        async for piece in transfer.export(ctx, query, "jsonl"):
            part.write(piece)
            count += piece.count(b"\n")
            await tell(done + count)
            for line in piece.splitlines() if holding else ():
                record: dict[str, Any] = loads(line)
                for name in holding:
                    if isinstance(value := record.get(name), dict):
                        held.write(dumps([entity.name, record["id"], name, value]) + b"\n")
    return count


async def _files(
    ctx: Context, archive: Archive, held: IO[bytes], folder: Path, tell: Tell, done: int
) -> tuple[int, int]:
    """The files that records hold, and a list of them: (how many are not there any more, how many are)."""
    held.seek(0)
    missing = number = 0
    with tempfile.TemporaryFile() as listed:
        text = io.TextIOWrapper(listed, "utf-8", newline="", write_through=True)
        out = csv.writer(text)
        out.writerow(["path", "object", "record", "field", "name", "size", "type", "sha256"])
        for line in held:
            object, record, name, value = loads(line)
            source = files.path_of(folder, ctx.workspace.id, value["id"])
            path, digest, size = file_path(object, record, name, value["name"]), "", value["size"]
            await tell(done)
            if source.exists():
                packed = not value["type"].startswith(("image/", "video/", "application/zip"))
                with source.open("rb") as file, archive.part(path, listed=False, packed=packed) as part:
                    while block := file.read(BLOCK):
                        part.write(block)
                digest, size = part.digest.hexdigest(), part.size
                number += 1
            else:
                missing += 1
            out.writerow([path, object, record, name, value["name"], size, value["type"], digest])
        text.detach()
        listed.seek(0)
        with archive.part(FILES) as part:
            while block := listed.read(BLOCK):
                part.write(block)
    return missing, number
