"""Putting everything together: object by object as a table and as exact lines, then the files, then the manifest."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

from guanxi import files, packs, transfer
from guanxi.base.json import dumps, loads
from guanxi.records import Context, access, histories
from guanxi.records.read import everything
from guanxi.schema.catalog import Entity
from guanxi.schema.query import Query
from guanxi.whole.archive import FILES, FORMAT, MANIFEST, NOT_IN, ONE_WAY, PACK, README, Archive, file_path

BLOCK = 1 << 18
PORTION = 500
"""Records whose history is read at once."""

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
    return sum([await transfer.count_rows(ctx, q) for e in objects_of(ctx)[0] for q in places(ctx, e).values()])


def places(ctx: Context, entity: Entity) -> dict[str, Query]:
    """Where records of an object are that the actor may take out, by the folder of the archive that they go into."""
    here = everything(entity.name)
    found = {"records": here, "archive": replace(here, archived="only"), "bin": replace(here, deleted=True)}
    if not (ctx.actor.system or "bin" in ctx.actor.grants.system):
        del found["bin"]
    return found


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
    counts: dict[str, dict[str, int]] = {"records": {}, "archive": {}, "bin": {}, "history": {}}
    done = 0
    with tempfile.TemporaryFile() as held:
        for entity in may:
            with tempfile.TemporaryFile() as ids:
                for folder_in, query in places(ctx, entity).items():
                    count = await _records(ctx, archive, folder_in, entity, query, held, ids, tell, done)
                    done += count
                    if count or folder_in == "records":
                        counts[folder_in][entity.name] = count
                counts["history"][entity.name] = await _history(ctx, archive, entity, ids, tell, done)
        missing, number = await _files(ctx, archive, held, folder, tell, done)
    manifest = {
        "guanxi": FORMAT,
        **facts,
        "language": ctx.actor.language,
        "currency": ctx.env.currency,
        **counts,
        "files": number,
        "files_missing": missing,
        "left_out": others,
        "not_in": NOT_IN,
        "one_way": ONE_WAY,
        "parts": [{"path": path, "size": size, "sha256": digest} for path, size, digest in archive.parts],
    }
    archive.put(MANIFEST, dumps(manifest), listed=False)
    return manifest


async def _records(
    ctx: Context,
    archive: Archive,
    folder: str,
    entity: Entity,
    query: Query,
    held: IO[bytes],
    ids: IO[bytes],
    tell: Tell,
    done: int,
) -> int:
    """Those of one object that are in one place; their files are noted in ``held`` as lines of JSON, their ids in ``ids`` as lines. How many."""
    if folder == "records":
        with archive.part(f"{folder}/{entity.name}.csv") as part:
            async for piece in transfer.export(ctx, query, "csv", headings="name", ids=True):
                part.write(piece)
    elif not await transfer.count_rows(ctx, query):
        return 0
    holding = [n for n in access.visible_fields(ctx.actor, entity) if entity.types[n].holds_file]
    count = 0
    with archive.part(f"{folder}/{entity.name}.jsonl") as part:
        async for piece in transfer.export(ctx, query, "jsonl"):
            part.write(piece)
            count += piece.count(b"\n")
            await tell(done + count)
            for line in piece.splitlines():
                record: dict[str, Any] = loads(line)
                ids.write(f"{record['id']}\n".encode())
                for name in holding:
                    if isinstance(value := record.get(name), dict):
                        held.write(dumps([entity.name, record["id"], name, value]) + b"\n")
    return count


async def _history(ctx: Context, archive: Archive, entity: Entity, ids: IO[bytes], tell: Tell, done: int) -> int:
    """What was done to the records of these lines, an entry a line, as its reader may know it. How many entries."""
    count = 0
    if not ids.tell():
        return count
    ids.seek(0)
    with archive.part(f"history/{entity.name}.jsonl") as part:
        while portion := [line.decode().strip() for line in islice(ids, PORTION)]:
            for entry in await histories(ctx, entity.name, portion):
                part.write(dumps(entry) + b"\n")
                count += 1
            await tell(done)
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
